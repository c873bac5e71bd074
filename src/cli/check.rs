//! The command `check`: every problem at once.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::analysis::{self, Analysis};
use crate::check::{self, Checked, Verdict, status};
use crate::diagnostic::Diagnostics;
use crate::exit_code::Exit;
use crate::file;
use crate::findings::baseline::Baseline;
use crate::findings::{self, Told, github, json, sarif};
use crate::report::words::counted;
use crate::ui::{Tone, Ui, paint};

use super::args::{Global, Judging, Settings};

/// Report every problem in manifest, scripts and answers at once
///
/// Nothing is started: neither scripts nor interpreters. `cargo runtime-test explain CODE` tells more of a finding.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    judging: Judging,
    /// Tell only findings that this file does not know
    ///
    /// They are known by their file, code and message, wherever they move. `run` refuses errors all the same.
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    baseline: Option<PathBuf>,
    /// Write all findings there are now into the baseline
    #[arg(long, requires = "baseline", help_heading = "Findings")]
    write_baseline: bool,
    /// Look for every module that Python scripts import, too
    ///
    /// Where the interpreter keeps its packages is told by the folders around it; it is not started.
    #[arg(long)]
    imports: bool,
    /// For whom to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// For whom findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
    /// For code scanning services and editors: SARIF 2.1.0.
    Sarif,
    /// For GitHub: annotations beside the lines.
    Github,
}

/// What there is to tell, however far the check came.
struct Outcome {
    /// The pipeline, unless too little of its manifest could be read.
    analysis: Option<Analysis>,
    /// The check, unless the answers could not be read.
    checked: Option<Checked>,
    /// All findings.
    problems: Diagnostics,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let path = args
        .baseline
        .as_ref()
        .map(|path| file::resolve(&global.folder(), path));
    let outcome = outcome(global, args);
    if let (Some(path), true) = (&path, args.write_baseline) {
        return write_baseline(path, &outcome, args, ui);
    }
    let baseline = match path.as_deref().map(Baseline::load).transpose() {
        Ok(baseline) => baseline.unwrap_or_default(),
        Err(why) => {
            ui.error(&format!("the baseline cannot be read: {why}"));
            return Exit::Usage;
        }
    };
    let policy = args.judging.policy();
    let told = findings::decide(outcome.problems.clone(), &policy, &baseline);
    // What the baseline knows is not told, but still refuses a run.
    let all = findings::decide(outcome.problems.clone(), &policy, &Baseline::default());
    let is_ready = !all.findings.has_errors();
    tell(global, args.format, &outcome, &told, is_ready, ui);
    if !outcome.problems.has_errors()
        && is_ready
        && let (Some(analysis), Some(checked)) = (&outcome.analysis, &outcome.checked)
        && let Err(error) = status::remember_passed(analysis, checked)
    {
        let home = file::display(&analysis.home, &analysis.manifest.folder);
        return super::failed(
            &format!("cannot write to `{home}`: {}", file::plain(&error)),
            ui,
        );
    }
    match &outcome.analysis {
        Some(analysis) => check::verdict(&told.findings, analysis).into(),
        None if told.findings.has_errors() => Verdict::Unusable.into(),
        None => Exit::Done,
    }
}

/// Reads and checks as far as it goes.
fn outcome(global: &Global, args: &Args) -> Outcome {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => {
            return Outcome {
                analysis: None,
                checked: None,
                problems: problems.sorted(),
            };
        }
    };
    match check::read_answers(&analysis) {
        Ok(answers) => {
            let answers = answers.with_settings(&args.settings.set);
            let all: Vec<usize> = (0..analysis.steps.len()).collect();
            let checked = check::check(&analysis, &answers, &all, &super::environment);
            let mut problems = checked.problems.clone();
            if args.imports {
                problems.extend(check::imports::check(&analysis, &all));
            }
            Outcome {
                problems: problems.sorted(),
                checked: Some(checked),
                analysis: Some(analysis),
            }
        }
        Err(mut problems) => {
            problems.extend(analysis.problems.clone());
            Outcome {
                problems: problems.sorted(),
                checked: None,
                analysis: Some(analysis),
            }
        }
    }
}

fn write_baseline(path: &std::path::Path, outcome: &Outcome, args: &Args, ui: &mut Ui) -> Exit {
    let told = findings::decide(
        outcome.problems.clone(),
        &args.judging.policy(),
        &Baseline::default(),
    );
    let baseline = Baseline::of(&told.findings);
    match baseline.write(path) {
        Ok(()) => {
            let count = baseline.len();
            let word = if count == 1 { "finding" } else { "findings" };
            ui.out(&format!(
                "wrote {count} {word} to {}",
                crate::ui::shown_path(path)
            ));
            Exit::Done
        }
        Err(error) => super::failed(
            &format!("cannot write `{}`: {}", path.display(), file::plain(&error)),
            ui,
        ),
    }
}

fn tell(
    global: &Global,
    format: Format,
    outcome: &Outcome,
    told: &Told,
    is_ready: bool,
    ui: &mut Ui,
) {
    let root = || {
        let folder = outcome
            .analysis
            .as_ref()
            .map_or_else(|| global.folder(), |a| a.manifest.folder.clone());
        findings::root_of(&folder)
    };
    match format {
        Format::Human => {
            ui.diagnostics(&told.findings);
            if let Some(summary) = told.summary() {
                ui.note(&summary);
            }
            if let Some(analysis) = &outcome.analysis {
                super::no_answers(analysis, &told.findings, ui);
            }
            if let (true, Some(analysis)) = (is_ready, &outcome.analysis) {
                ui.out(&ready(analysis));
            }
        }
        Format::Json => {
            let pipeline = outcome
                .analysis
                .as_ref()
                .map(|analysis| analysis.manifest.pipeline.as_str());
            let report = json::report(told, pipeline, is_ready);
            ui.out(&serde_json::to_string_pretty(&report).unwrap_or_default());
        }
        Format::Sarif => {
            let log = sarif::render(&told.findings, &root());
            ui.out(&serde_json::to_string_pretty(&log).unwrap_or_default());
        }
        Format::Github => {
            let commands = github::render(&told.findings, &root());
            if !commands.is_empty() {
                ui.out(&commands);
            }
        }
    }
}

fn ready(analysis: &Analysis) -> String {
    let total: usize = analysis
        .steps
        .iter()
        .map(|step| step.requirements.len())
        .sum();
    format!(
        "{}: {} and {} checked, {}",
        paint(Tone::Strong, &analysis.manifest.pipeline),
        counted(analysis.steps.len(), "step"),
        counted(total, "requirement"),
        paint(Tone::Good, "ready to run")
    )
}
