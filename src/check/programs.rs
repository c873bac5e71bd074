//! Owns the question whether the programs that steps start are there. (io: looks along PATH)

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::discovery::similar_files;
use crate::disk;
use crate::file;
use crate::manifest::{Runs, Step};
use crate::program;
use crate::script::Launcher;
use crate::source::{Place, Span};

use super::images;
use super::interpreters;
use super::values::working_folder;

/// Names under which an interpreter may also be installed.
const ALSO: &[(&str, &str)] = &[("python3", "python")];

/// The program that a launcher starts, by the name or path it is looked for; `None` where Cargo makes it, or there is
/// none.
fn wanted(launcher: &Launcher) -> Option<&str> {
    match launcher {
        Launcher::Command(words) => words.first().map(String::as_str),
        launcher => interpreters::program(launcher),
    }
}

/// Finds a program as a shell standing in `folder` would.
pub fn find(program: &str, folder: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH");
    let look = |name: &str| program::find(name, path.as_deref(), folder);
    let also = ALSO
        .iter()
        .filter(|(name, _)| *name == program)
        .map(|(_, other)| *other);
    std::iter::once(program).chain(also).find_map(look)
}

/// The program that a version manager's shim starts from this folder; none where it is no shim.
pub fn behind(program: &Path, folder: &Path) -> Option<PathBuf> {
    interpreters::chosen_by_shim(program, folder)
}

/// A finding for every program that is not there, each told once however many steps start it.
pub fn check(analysis: &Analysis, selected: &[usize]) -> Diagnostics {
    let mut missing: HashMap<(String, PathBuf), Vec<usize>> = HashMap::new();
    let mut found: HashMap<(String, PathBuf), bool> = HashMap::new();
    for &index in selected {
        let step = &analysis.manifest.steps[index];
        let Some(program) = wanted(&analysis.steps[index].script.launcher) else {
            continue;
        };
        // What an image has is known to nobody who does not start it.
        if program.contains("${") || images::image_of(analysis, index).is_some() {
            continue;
        }
        let key = (program.to_owned(), working_folder(analysis, step));
        let is_there = *found
            .entry(key.clone())
            .or_insert_with(|| find(&key.0, &key.1).is_some());
        if !is_there {
            missing.entry(key).or_default().push(index);
        }
    }
    missing
        .into_iter()
        .map(|((program, folder), steps)| not_installed(analysis, &program, &folder, &steps))
        .collect()
}

/// Where the manifest says that a step starts this program: its interpreter, its script or its command.
fn place(analysis: &Analysis, step: &Step) -> Place {
    let settings = &step.settings;
    let language = analysis
        .manifest
        .find(&step.name)
        .map(|at| analysis.steps[at].script.language);
    let chosen = settings
        .interpreter
        .as_ref()
        .or_else(|| settings.interpreters.get(&language?));
    let span: Span = match (&step.runs, chosen) {
        (Runs::Command(words), _) => words.first().map_or(step.span, |word| word.span),
        (_, Some(chosen)) => chosen.span,
        (Runs::Script { path, .. }, None) => path.span,
        (Runs::Module(module), None) => module.span,
        _ => step.span,
    };
    analysis.manifest.at(span)
}

/// A program along PATH that this one was most likely meant to be. (io)
fn similar_program(program: &str) -> Option<String> {
    /// Programs looked at: more than any system has.
    const MOST: usize = 50_000;
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path);
    let entries = folders.flat_map(|folder| disk::read_dir(folder).into_iter().flatten());
    let mut names: Vec<String> = entries
        .flatten()
        .take(MOST)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    nearest(program, names.iter().map(String::as_str)).map(str::to_owned)
}

fn not_installed(analysis: &Analysis, program: &str, folder: &Path, steps: &[usize]) -> Diagnostic {
    let shown = file::display(Path::new(program), &analysis.manifest.folder);
    let path = file::resolve(folder, program);
    let is_path = program.contains('/');
    if is_path && disk::is_file(&path) {
        let message = format!("`{shown}` is there, and may not be executed");
        let finding = Diagnostic::new(Code::NotExecutable, message);
        return at_steps(finding, analysis, steps).help(format!("`chmod +x {shown}`"));
    }
    let message = match is_path {
        true => format!("there is no program `{shown}`"),
        false => format!("the program `{shown}` is not installed"),
    };
    let near = match is_path {
        true => similar_files(&path, &analysis.manifest.folder),
        // What nobody wrote is not misspelt.
        false => steps
            .first()
            .map(|&index| place(analysis, &analysis.manifest.steps[index]))
            .filter(|place| place.source.slice(place.span).contains(program))
            .and_then(|_| similar_program(program)),
    };
    let help = match is_path {
        true => {
            "paths are relative to the manifest's folder; make the program there, or name another one"
        }
        false => {
            "install it, or name another one with `interpreter:`; it was looked for along PATH"
        }
    };
    let near = near.map_or(String::new(), |near| {
        format!("did you mean `{near}`? otherwise ")
    });
    at_steps(
        Diagnostic::new(Code::InterpreterNotFound, message),
        analysis,
        steps,
    )
    .help(format!("{near}{help}"))
}

/// The places where steps say that they are started by a program.
fn at_steps(mut finding: Diagnostic, analysis: &Analysis, steps: &[usize]) -> Diagnostic {
    let mut spans: Vec<Place> = Vec::new();
    for &index in steps {
        let place = place(analysis, &analysis.manifest.steps[index]);
        if !spans.contains(&place) && spans.len() < 3 {
            spans.push(place.clone());
            finding = finding.at(
                place,
                format!(
                    "step `{}` is started by it",
                    analysis.manifest.steps[index].name
                ),
            );
        }
    }
    finding
}
