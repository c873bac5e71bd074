//! The command `contract`: writes what a script's code says as its contract, and brings it up to date.

use std::path::{Path, PathBuf};

use crate::analysis::{self, ReadScript};
use crate::diagnostic::Diagnostics;
use crate::exit_code::Exit;
use crate::extract::{self, contract};
use crate::file::{self, ReadError};
use crate::pin::{self, Pin};
use crate::plan::select::{self, Selection};
use crate::report::words::counted;
use crate::script::Entry;
use crate::ui::{Tone, Ui, paint};

use super::args::Global;

/// Pin what a script's code says in a contract beside it
///
/// Writes `<script>.contract.yaml`, with the place in the code as a comment on each requirement. Where there is one
/// already, what is new in the code is added to it, and everything else stays byte for byte; where the two contradict each
/// other, both places are told. From then on `check --deny-drift` refuses a script that no longer keeps its contract. No
/// script is run.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub(super) struct Args {
    /// The steps whose scripts are meant
    #[arg(value_name = "STEP", group = "what")]
    steps: Vec<String>,
    /// Scripts by their paths; no manifest is needed
    #[arg(long, value_name = "FILE", group = "what")]
    script: Vec<PathBuf>,
    /// All scripts of the pipeline
    #[arg(long, group = "what", conflicts_with_all = ["steps", "script"])]
    all: bool,
    /// Print the contracts instead of writing them
    #[arg(long)]
    stdout: bool,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let folder = global.folder();
    let mut targets: Vec<Target> = Vec::new();
    for path in &args.script {
        targets.push(Target {
            path: file::resolve(&folder, path),
            entry: None,
            named: None,
        });
    }
    if args.all || !args.steps.is_empty() {
        match of_steps(global, args, ui) {
            Ok(found) => targets.extend(found),
            Err(exit) => return exit,
        }
    }
    let mut done: Vec<PathBuf> = Vec::new();
    let mut exit = Exit::Done;
    for target in targets {
        if done.contains(&target.path) {
            continue;
        }
        done.push(target.path.clone());
        if let Some(failed) = one(&target, &folder, args.stdout, ui) {
            exit = failed;
        }
    }
    exit
}

/// A script to pin.
struct Target {
    path: PathBuf,
    entry: Option<Entry>,
    /// The contract that the manifest names for it.
    named: Option<PathBuf>,
}

fn of_steps(global: &Global, args: &Args, ui: &mut Ui) -> Result<Vec<Target>, Exit> {
    let analysis =
        analysis::analyse(&global.options()).map_err(|problems| super::refuse(problems, ui))?;
    let selection = Selection {
        only: args.steps.clone(),
        ..Selection::default()
    };
    let selected = select::select(&analysis.manifest, &selection).map_err(|problems| {
        ui.diagnostics(&problems);
        Exit::Usage
    })?;
    let mut targets = Vec::new();
    for index in selected {
        let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
        let source = analysed.script.source.as_ref();
        match source.filter(|_| extract::can_read(analysed.script.language)) {
            Some(source) => targets.push(Target {
                path: source.path().to_owned(),
                entry: Some(analysed.script.entry),
                named: step
                    .contract
                    .as_ref()
                    .map(|named| file::resolve(&analysis.manifest.folder, &named.value)),
            }),
            None if args.all => {}
            None => {
                ui.error(&format!("step `{}` has no script that can be read: declare what it needs in the manifest", step.name));
                return Err(Exit::Usage);
            }
        }
    }
    if targets.is_empty() {
        ui.error("no step has a script that can be read");
        return Err(Exit::NothingSelected);
    }
    Ok(targets)
}

/// Pins one script; the exit code where that fails.
fn one(target: &Target, folder: &Path, to_stdout: bool, ui: &mut Ui) -> Option<Exit> {
    let read = match analysis::read_script(&target.path, folder, target.entry) {
        Ok(read) => read,
        Err(problems) => return Some(told(problems, ui)),
    };
    let script = file::display(&target.path, folder);
    if !extract::can_read(read.script.language) {
        ui.error(&format!(
            "`{script}` is in no language that can be read: write its contract by hand"
        ));
        return Some(Exit::ManifestInvalid);
    }
    if let Some((place, why)) = &read.reading.syntax_error {
        ui.error(&format!(
            "`{script}` does not parse from {place}: {why}; mend it first"
        ));
        return Some(Exit::ManifestInvalid);
    }
    let path = target
        .named
        .clone()
        .unwrap_or_else(|| existing(&target.path));
    let shown = file::display(&path, folder);
    let (pin, is_new) = match file::read(&path, folder) {
        Ok(source) if contract::recognise(&source).is_ok_and(|is_one| is_one) => {
            ui.error(&format!(
                "`{shown}` is a contract in another format, which is only read: edit it by hand"
            ));
            return Some(Exit::ManifestInvalid);
        }
        Ok(source) => match pin::refresh(&read, &source) {
            Ok(pin) => (pin, false),
            Err(problems) => return Some(told(problems, ui)),
        },
        Err(ReadError::NotFound) => (pin::write(&read, &path), true),
        Err(ReadError::Refused(why)) => {
            ui.error(&format!("`{shown}` cannot be read: {why}"));
            return Some(Exit::Failure);
        }
    };
    if to_stdout {
        ui.out(pin.text.trim_end());
    } else {
        let is_changed = is_new || !pin.added.is_empty() || pin.moved > 0;
        if is_changed && let Err(error) = file::write(&path, &pin.text) {
            return Some(super::failed(
                &format!("cannot write `{shown}`: {}", file::plain(&error)),
                ui,
            ));
        }
        ui.out(&summary(&pin, &read, &shown, is_new));
    }
    for note in &read.reading.notes {
        ui.note(&format!(
            "{} ({}): declare by hand what that hides",
            note.message, note.place
        ));
    }
    ui.diagnostics(&pin.drift);
    for lines in &pin.refused {
        ui.warning(&format!("`{shown}` is written in a way that nothing can be added to; paste this yourself:\n\n{lines}"));
    }
    None
}

/// The contract that is there, or the place for a new one.
fn existing(script: &Path) -> PathBuf {
    let [own, _] = contract::customary(script, script.parent().unwrap_or(script));
    own.into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| contract::own_path(script))
}

fn summary(pin: &Pin, read: &ReadScript, shown: &str, is_new: bool) -> String {
    let name = paint(Tone::Strong, shown);
    let mut facts = Vec::new();
    if !pin.added.is_empty() {
        facts.push(format!("added {}", pin.added.join(", ")));
    }
    if pin.moved > 0 {
        facts.push(format!("corrected {}", counted(pin.moved, "place")));
    }
    match (is_new, facts.is_empty()) {
        (true, _) => format!(
            "wrote {name}: {}",
            counted(read.reading.claims.len(), "requirement")
        ),
        (false, true) => format!("kept {name}: nothing in the script is new"),
        (false, false) => format!("{name}: {}", facts.join("; ")),
    }
}

fn told(problems: Diagnostics, ui: &mut Ui) -> Exit {
    super::refuse(problems, ui)
}
