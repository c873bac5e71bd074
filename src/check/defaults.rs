//! Owns the question whether the files are there that steps read by their scripts' own defaults. (io)

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::analysis::{AnalysedStep, Analysis};
use crate::answers::variable::almost;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::disk;
use crate::file;
use crate::manifest::Step;
use crate::requirement::{Confidence, Kind, Requirement};

use super::filesystem::{is_made, made_upstream};
use super::values::{Taken, Values, is_remote, working_folder};

/// Words of scripts that look whether a file is there, or go on without it.
const LOOKS: &[&str] = &[
    "exists", "isfile", "is_file", "isdir", "is_dir", "access(", "ENOENT", "NotFound", "OSError",
    "IOError", "try:", "try(", "tryCatch", "-e ", "-f ", "-d ", "-r ", "-s ",
];

/// A warning for every input that nobody gives, and that is not where the script looks for it.
pub(super) fn check(analysis: &Analysis, values: &Values, selected: &[usize]) -> Diagnostics {
    let made = made_upstream(analysis, values);
    let folder = &analysis.manifest.folder;
    let mut problems = Diagnostics::new();
    for &index in selected {
        let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
        for (requirement, taken) in analysed.requirements.iter().zip(values.of(index)) {
            let Some(path) = read_by_itself(analysis, step, analysed, requirement, taken) else {
                continue;
            };
            if !disk::exists(&path) && !is_made(&path, &made, folder) {
                problems.push(not_there(step, requirement, &path, folder));
            }
        }
    }
    problems
}

/// The path that a step surely reads although nobody gives it.
fn read_by_itself(
    analysis: &Analysis,
    step: &Step,
    analysed: &AnalysedStep,
    requirement: &Requirement,
    taken: &Taken,
) -> Option<PathBuf> {
    let (Kind::Input, Taken::Own, Some(Value::String(default))) =
        (requirement.kind, taken, &requirement.own_default)
    else {
        return None;
    };
    let is_sure = requirement.confidence == Confidence::Certain
        && requirement.when.is_none()
        && requirement.exclusive.is_none()
        && !requirement.only_tested;
    // A step that asks first, or has an image of its own, may do without.
    let source = analysed.script.source.as_ref()?;
    let looks = |word: &&str| source.text().contains(*word);
    let is_free = step.settings.image.is_some() || LOOKS.iter().any(looks);
    let is_plain = !default.trim().is_empty()
        && !is_remote(default)
        && !default.contains(['*', '?', '[', '{', '%', '~', '\\', '<'])
        && !default.contains(char::is_control)
        && almost(default).is_none();
    let depends = |cwd: &str| cwd.contains("${");
    let is_known = step
        .settings
        .cwd
        .as_ref()
        .is_none_or(|cwd| !depends(&cwd.value));
    (is_sure && !is_free && is_plain && is_known)
        .then(|| file::resolve(&working_folder(analysis, step), default))
}

fn not_there(step: &Step, requirement: &Requirement, path: &Path, folder: &Path) -> Diagnostic {
    let (name, shown) = (&requirement.name, file::display(path, folder));
    let mut finding = Diagnostic::new(
        Code::InputNotFound,
        format!(
            "input `{name}` of step `{}` is left to its default, which does not exist",
            step.name
        ),
    )
    .maybe_at(
        requirement.asked_at().cloned(),
        format!("its default leads to `{shown}`"),
    )
    .help(format!(
        "give `inputs: {{ {name}: … }}` under `{}` in the answers, or put a file there",
        step.name
    ));
    finding.severity = Severity::Warning;
    finding
}
