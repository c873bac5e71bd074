//! Owns what is said of paths: a function for each finding, nothing else.

use std::path::Path;

use super::{Subject, Written};
use crate::analysis::Analysis;
use crate::answers::variable::{Almost, almost};
use crate::diagnostic::{Code, Diagnostic};
use crate::discovery::instead;
use crate::file;
use crate::requirement::{Binding, Kind, Requirement};

/// The second place: what in the script asks for this path.
pub(in crate::check) fn asked(finding: Diagnostic, subject: &Subject<'_>) -> Diagnostic {
    let asked = subject
        .requirement
        .asked_at()
        .filter(|place| Some(*place) != subject.place.as_ref())
        .cloned();
    finding.maybe_at(
        asked,
        format!("{} is asked for here", subject.requirement.shown_binding()),
    )
}

/// The output of a step that a path was most likely meant to be, for it is written like one: `clean.rows`.
pub(super) fn output_named(analysis: &Analysis, path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let (step, output) = name.split_once('.')?;
    let step = analysis.manifest.find(step)?;
    let mut outputs = analysis.steps[step].requirements.iter();
    let is_it = |r: &Requirement| r.kind == Kind::Output && r.name == output;
    outputs.any(is_it).then(|| name.to_owned())
}

pub(super) fn wired_instead(output: &str) -> String {
    format!("the output of a step is written `{{from: {output}}}`; this is a path")
}

pub(super) fn not_found(subject: &Subject<'_>, path: &Path) -> Diagnostic {
    let (step, requirement) = (&subject.step.name, subject.requirement);
    let name = file::display(path, subject.folder);
    let place = subject.place.as_ref();
    let given = place.map(|place| place.source.slice(place.span).trim_matches(['"', '\'']));
    let written = requirement.path.as_deref().or(given).unwrap_or_default();
    let help = match almost(written) {
        Some(_) if requirement.path.is_some() => Some(format!(
            "the manifest takes no variables: give `{}` in the answers",
            requirement.name
        )),
        Some(Almost { meant, .. }) => Some(format!("write `{meant}` for the variable")),
        None => instead(written, path, subject.folder),
    };
    let message = format!(
        "{} `{}` of step `{step}` does not exist",
        requirement.kind, requirement.name
    );
    let mut finding = Diagnostic::new(Code::InputNotFound, message)
        .maybe_at(subject.place.clone(), format!("there is no `{name}`"));
    if !requirement.is_answerable() {
        finding.severity = crate::diagnostic::Severity::Warning;
        let container = requirement
            .bindings
            .iter()
            .find_map(|binding| match binding {
                Binding::ContainerPath { container_path } => Some(container_path),
                _ => None,
            });
        return finding.help(match container.filter(|path| path.starts_with("/opt/")) {
            Some(container) => format!(
                "say in the manifest what stands there: `inputs: {{ {}: {{ path: FILE, binding: {{ container_path: {container} }} }} }}`",
                requirement.name
            ),
            None => "the path is written into the script; make it, or let the script take it as a parameter".to_owned(),
        });
    }
    asked(finding, subject)
        .help(help.unwrap_or_else(|| "paths are relative to the manifest's folder".to_owned()))
}

pub(super) fn no_match(subject: &Subject<'_>, path: &Path) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` matches no file",
        requirement.kind, requirement.name, subject.step.name
    );
    let shown = file::display(path, subject.folder);
    let finding = Diagnostic::new(Code::InputNotFound, message)
        .maybe_at(subject.place.clone(), format!("nothing fits `{shown}`"));
    asked(finding, subject)
        .help("`*` and `?` stand for parts of a name, `**` for any folders below")
}

pub(super) fn dangling(subject: &Subject<'_>, path: &Path, target: &Path) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` is a link that leads nowhere",
        requirement.kind, requirement.name, subject.step.name
    );
    let (shown, target) = (file::display(path, subject.folder), target.display());
    let finding = Diagnostic::new(Code::InputNotFound, message).maybe_at(
        subject.place.clone(),
        format!("`{shown}` leads to `{target}`, which does not exist"),
    );
    asked(finding, subject).help("make its target, or give a file that is there")
}

pub(super) fn outside(subject: &Subject<'_>, workspace: &Path) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` lies outside the workspace",
        requirement.kind, requirement.name, subject.step.name
    );
    Diagnostic::new(Code::OutsideWorkspace, message)
        .maybe_at(
            subject.place.clone(),
            format!("not below `{}`", workspace.display()),
        )
        .help("copy a small sample into the project, or write `${DATA_DIR}/…` with a variable of your choice")
}

pub(super) fn wrong_kind(
    subject: &Subject<'_>,
    path: &Path,
    found: &str,
    expected: &str,
) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` is {found}",
        requirement.kind, requirement.name, subject.step.name
    );
    let finding = Diagnostic::new(Code::InputKind, message).maybe_at(
        subject.place.clone(),
        format!("`{}` is {found}", file::display(path, subject.folder)),
    );
    asked(finding, subject).help(format!("give {expected}"))
}

pub(super) fn empty(subject: &Subject<'_>, path: &Path, what: &str) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` is an empty {what}",
        requirement.kind, requirement.name, subject.step.name
    );
    let finding = Diagnostic::new(Code::InputEmpty, message).maybe_at(
        subject.place.clone(),
        format!(
            "`{}` has nothing in it",
            file::display(path, subject.folder)
        ),
    );
    asked(finding, subject).help("give a small sample with real data in it")
}

pub(super) fn none_fits(subject: &Subject<'_>, path: &Path, files: &str) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` has no file that fits `{files}`",
        requirement.kind, requirement.name, subject.step.name
    );
    let shown = file::display(path, subject.folder);
    let finding = Diagnostic::new(Code::InputEmpty, message)
        .maybe_at(subject.place.clone(), format!("nothing in `{shown}` fits"));
    let looked = requirement
        .evidence
        .iter()
        .find(|e| e.rule.ends_with("glob"));
    match looked {
        Some(looked) => finding.at(looked.place.clone(), format!("looks for `{files}` here")),
        None => asked(finding, subject),
    }
    .help("give a folder with such files, or mend what looks for them")
}

pub(super) fn unreadable(subject: &Subject<'_>, path: &Path, why: &str) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` cannot be read: {why}",
        requirement.kind, requirement.name, subject.step.name
    );
    let finding = Diagnostic::new(Code::InputUnreadable, message).maybe_at(
        subject.place.clone(),
        format!("`{}` is there", file::display(path, subject.folder)),
    );
    asked(finding, subject).help("change its permissions, or give a copy that can be read")
}

pub(super) fn unwritable(subject: &Subject<'_>, path: &Path, why: &str) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "output `{}` of step `{}` cannot be written to `{}`",
        requirement.name,
        subject.step.name,
        file::display(path, subject.folder)
    );
    Diagnostic::new(Code::OutputUnwritable, message)
        .maybe_at(subject.place.clone(), why.to_owned())
        .help("give another path, or none: then it goes to the run's own folder")
}

pub(super) fn overwrites(subject: &Subject<'_>, path: &Path, what: &str) -> Diagnostic {
    let message = format!(
        "output `{}` of step `{}` would overwrite {what}",
        subject.requirement.name, subject.step.name
    );
    Diagnostic::new(Code::OutputOverwritesInput, message)
        .maybe_at(
            subject.place.clone(),
            format!(
                "`{}` is not to be lost",
                file::display(path, subject.folder)
            ),
        )
        .help("give another path, or none: then it goes to the run's own folder")
}

pub(super) fn collision(subject: &Subject<'_>, other: &Written) -> Diagnostic {
    let message = format!(
        "steps `{}` and `{}` write to one place",
        other.step, subject.step.name
    );
    Diagnostic::new(Code::OutputCollision, message)
        .maybe_at(subject.place.clone(), "the second output")
        .maybe_at(other.place.clone(), "the first output")
        .help("give one of them another path, or none: then it goes to the run's own folder")
}
