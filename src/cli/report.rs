//! The command `report`: tells again of runs that have ended.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;

use crate::analysis;
use crate::diagnostic::nearest;
use crate::duration::measured;
use crate::event::{Left, RunSummary};
use crate::exit_code::Exit;
use crate::file;
use crate::report::compare::{Comparison, compare};
use crate::report::record::{self, Record};
use crate::report::{html, junit, markdown, trace, words};
use crate::run::journal::{self, Lock};
use crate::ui::{Tone, Ui, paint, shown_path};

use super::args::Global;
use super::table::{self, plain, toned};

/// Render a past run again, list runs, or compare two
///
/// Runs are named by their id, the beginning of it, or `latest`. Without options, the page of the latest run is written
/// anew to its folder.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As what to render the run
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Which run
    #[arg(long, value_name = "RUN", default_value = "latest")]
    run: String,
    /// Where to write it; `-` prints it. The page goes to the run's folder, everything else is printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the page in a browser: the program that BROWSER names, or the desktop's own
    #[arg(long, conflicts_with_all = ["compare", "list", "format"])]
    open: bool,
    /// List all runs, the latest first
    #[arg(long, conflicts_with_all = ["compare", "output"])]
    list: bool,
    /// Tell what changed from run A to run B: newly failing, mended, flaky, slower
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "output")]
    compare: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One page with everything.
    #[default]
    Html,
    /// JUnit XML.
    Junit,
    /// A summary in Markdown, with the DAG as Mermaid.
    Markdown,
    /// The summary for programs.
    Json,
    /// A trace for Perfetto and Chrome.
    Trace,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    let home = analysis.home.as_path();
    if args.list {
        return list(home, ui);
    }
    if let Some([a, b]) = args.compare.as_deref() {
        let load = |name: &str| -> Result<RunSummary, String> {
            let folder = find(home, name)?;
            let loaded = load(home, &folder).map_err(|error| unreadable(&folder, &error))?;
            Ok(loaded.summary)
        };
        return match load(a).and_then(|a| Ok((a, load(b)?))) {
            Ok((a, b)) => {
                ui.out(&compared(&compare(&a, &b)));
                Exit::Done
            }
            Err(why) => usage(&why, ui),
        };
    }
    let record = match find(home, &args.run) {
        Ok(folder) => match load(home, &folder) {
            Ok(record) => record,
            Err(error) => return super::failed(&unreadable(&folder, &error), ui),
        },
        Err(why) => return usage(&why, ui),
    };
    let rendered = match args.format {
        Format::Html => html::render(&record),
        Format::Junit => Ok(junit::render(&record)),
        Format::Markdown => Ok(markdown::render(&record)),
        Format::Json => serde_json::to_string_pretty(&record.summary).map_err(io::Error::from),
        Format::Trace => Ok(trace::render(&record)),
    };
    let text = match rendered {
        Ok(text) => text,
        Err(error) => return super::failed(&format!("cannot render the run: {error}"), ui),
    };
    let path = match (&args.output, args.format) {
        (Some(path), _) if path == Path::new("-") => None,
        (Some(path), _) => Some(file::resolve(&global.folder(), path)),
        (None, Format::Html) => Some(record.folder.join("report.html")),
        (None, _) => None,
    };
    let Some(path) = path else {
        ui.out(&text);
        return Exit::Done;
    };
    match file::write(&path, &text) {
        Ok(()) => {
            ui.out(&shown_path(&path));
            match args.open.then(|| open(&path)) {
                None | Some(Ok(())) => Exit::Done,
                Some(Err(why)) => super::failed(&why, ui),
            }
        }
        Err(error) => {
            let why = file::plain(&error);
            super::failed(&format!("cannot write `{}`: {why}", path.display()), ui)
        }
    }
}

/// Shows a page in a browser.
fn open(page: &Path) -> Result<(), String> {
    let chosen = super::environment("BROWSER").filter(|name| !name.trim().is_empty());
    let usual = match std::env::consts::OS {
        "macos" => "open",
        _ => "xdg-open",
    };
    // Such a list may name several: the first is who it prefers.
    let browser = chosen.as_deref().and_then(|names| names.split(':').next());
    let browser = browser.unwrap_or(usual);
    let ended = Command::new(browser)
        .arg(page)
        .stdin(Stdio::null())
        .status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{browser}` could not show the page: {status}")),
        Err(error) => Err(format!(
            "cannot start `{browser}` to show the page: {}; set BROWSER to a program that can",
            file::plain(&error)
        )),
    }
}

fn usage(why: &str, ui: &mut Ui) -> Exit {
    ui.error(why);
    Exit::Usage
}

fn unreadable(folder: &Path, error: &io::Error) -> String {
    format!(
        "cannot read the run in `{}`: {}",
        folder.display(),
        file::plain(error)
    )
}

/// The folder of a run: by `latest`, its id, or the beginning of one id only.
fn find(home: &Path, name: &str) -> Result<PathBuf, String> {
    let runs = home.join("runs");
    if name == "latest" {
        return journal::latest(home)
            .ok_or_else(|| "there is no run yet: see `cargo runtime-test run`".to_owned());
    }
    let all = record::names(&runs);
    let fitting: Vec<&String> = all.iter().filter(|run| run.starts_with(name)).collect();
    match fitting.as_slice() {
        _ if all.iter().any(|run| run == name) => Ok(runs.join(name)),
        [one] => Ok(runs.join(one)),
        [] => Err(match nearest(name, all.iter().map(String::as_str)) {
            Some(near) => format!("there is no run `{name}`; did you mean `{near}`?"),
            None => format!("there is no run `{name}`: see `cargo runtime-test report --list`"),
        }),
        [..] => Err(format!(
            "{} runs begin with `{name}`: say more of it",
            fitting.len()
        )),
    }
}

/// All that is known of a run. One that has not ended was killed, unless somebody is still at it.
fn load(home: &Path, folder: &Path) -> io::Result<Record> {
    let run_id = folder.file_name().unwrap_or_default().to_string_lossy();
    let left = match Lock::is_held_by(home, &run_id) {
        true => Left::UnderWay,
        false => Left::Killed,
    };
    Record::load(folder, left)
}

fn list(home: &Path, ui: &mut Ui) -> Exit {
    let runs = home.join("runs");
    let latest = journal::latest(home);
    let rows: Vec<Vec<table::Cell>> = record::names(&runs)
        .into_iter()
        .rev()
        .map(|name| {
            let folder = runs.join(&name);
            let mark = if latest.as_deref() == Some(&folder) {
                "latest"
            } else {
                ""
            };
            let Ok(record) = load(home, &folder) else {
                return vec![
                    toned(Tone::Name, &name),
                    toned(Tone::Warn, "unreadable"),
                    plain(String::new()),
                    plain(String::new()),
                    plain(String::new()),
                ];
            };
            let (word, tone) = record.verdict();
            vec![
                toned(Tone::Name, &name),
                toned(tone, word),
                plain(words::counted(record.summary.steps.len(), "step")),
                plain(measured(record.summary.seconds)),
                plain(mark.to_owned()),
            ]
        })
        .collect();
    if rows.is_empty() {
        ui.note("there is no run yet: see `cargo runtime-test run`");
    } else {
        ui.out(&table::render(&rows));
    }
    Exit::Done
}

/// A comparison for people.
fn compared(change: &Comparison) -> String {
    let mut lines = vec![format!(
        "{} ({}) → {} ({})",
        paint(Tone::Name, &change.earlier),
        measured(change.seconds.0),
        paint(Tone::Name, &change.later),
        measured(change.seconds.1)
    )];
    for (which, how) in &change.cut_short {
        lines.push(format!(
            "  {}",
            paint(Tone::Warn, &format!("the {which} run {how}"))
        ));
    }
    for (title, tone, steps) in change.lists() {
        if !steps.is_empty() {
            lines.push(format!("  {}: {}", paint(tone, title), steps.join(", ")));
        }
    }
    for (title, tone, timings) in [
        ("slower", Tone::Warn, &change.slower),
        ("faster", Tone::Good, &change.faster),
    ] {
        for timing in timings {
            let (before, after) = (measured(timing.before), measured(timing.after));
            lines.push(format!(
                "  {}: {}, from {before} to {after}",
                paint(tone, title),
                timing.step
            ));
        }
    }
    if change.is_empty() {
        lines.push("  nothing of note has changed".to_owned());
    }
    lines.join("\n")
}
