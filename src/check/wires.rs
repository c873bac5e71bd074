//! Owns what edges carry: whether an output can be read by the input that it is wired to, and whether anything of a step
//! reaches those that need it. Touches no disk.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::analysis::Analysis;
use crate::answers::{Answer, Answers};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, listed};
use crate::extract::python::NOTHING_CALLED;
use crate::manifest::Runs;
use crate::requirement::{Binding, Confidence, DataType, Kind, Layer, OutputRef, Requirement};
use crate::source::Place;

use super::values::{Taken, Values, is_path, paths};

/// Looks at every edge into the selected steps.
pub fn check(
    analysis: &Analysis,
    answers: &Answers,
    values: &Values,
    selected: &[usize],
) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for &index in selected {
        let analysed = &analysis.steps[index];
        for (input, taken) in analysed.requirements.iter().zip(values.of(index)) {
            let Taken::Upstream(from) = taken else {
                continue;
            };
            let upstream = analysis.manifest.find(&from.step);
            let output =
                upstream.and_then(|at| analysis.steps[at].requirement(Kind::Output, &from.output));
            if let Some(output) = output
                && let (Some(written), Some(read)) = (output.data_type, input.data_type)
                && !written.is_readable_as(read)
            {
                problems.push(mismatch(analysis, answers, index, input, output, from));
            }
        }
    }
    let taken = TakenAnywhere::of(analysis, values);
    for (step, _) in analysis.manifest.steps.iter().enumerate() {
        problems.extend(unread(analysis, values, &taken, step));
        problems.extend(gives_nothing(analysis, step));
        problems.extend(only_defines(analysis, step));
        problems.extend(arriving_twice(analysis, step));
        problems.extend(wired_twice(analysis, answers, step));
    }
    problems
}

/// Where the wire is decided: the answer, the `from` in the manifest, or the step whose names agree.
pub(super) fn place_of_wire(
    analysis: &Analysis,
    answers: &Answers,
    step: usize,
    input: &Requirement,
) -> Place {
    let manifest = &analysis.manifest;
    let name = &manifest.steps[step].name;
    if let Some(given) = answers.get(name, input.kind, &input.name)
        && matches!(given.answer, Answer::From(_))
    {
        return given.place.clone();
    }
    let declared = |binding| input.bindings.iter().any(|b| b.same(binding));
    let claim = manifest.steps[step].claims.iter().find(|claim| {
        claim.kind == Kind::Input
            && (claim.name == input.name || claim.bindings.iter().any(declared))
    });
    match claim {
        Some(claim) => match (&claim.from, claim.evidence.first()) {
            (Some((_, place)), _) => place.clone(),
            (None, Some(evidence)) => evidence.place.clone(),
            (None, None) => manifest.at(manifest.steps[step].span),
        },
        None => manifest.at(manifest.steps[step].span),
    }
}

/// An external step without outputs: it stands for data that somebody else makes, and makes none.
fn gives_nothing(analysis: &Analysis, step: usize) -> Option<Diagnostic> {
    let declared = &analysis.manifest.steps[step];
    let is_empty = matches!(declared.runs, Runs::External)
        && analysis.steps[step]
            .requirements
            .iter()
            .all(|r| r.kind != Kind::Output);
    is_empty.then(|| no_effect(analysis, step))
}

/// A script that defines functions and calls none.
fn only_defines(analysis: &Analysis, step: usize) -> Option<Diagnostic> {
    let mut notes = analysis.steps[step].notes.iter();
    let note = notes.find(|note| note.code == NOTHING_CALLED)?;
    Some(nothing_called(analysis, step, &note.place))
}

/// Two declarations of a step that reach its script by one and the same way.
fn arriving_twice(analysis: &Analysis, step: usize) -> Vec<Diagnostic> {
    let requirements = &analysis.steps[step].requirements;
    let is_written = |r: &Requirement| r.evidence.iter().any(|e| e.layer == Layer::Manifest);
    let mut problems = Vec::new();
    for (index, second) in requirements.iter().enumerate() {
        let shares = |first: &&Requirement| {
            let mut ways = first
                .bindings
                .iter()
                .filter(|way| !matches!(way, Binding::ContainerPath { .. }));
            is_written(first)
                && is_written(second)
                && first.when == second.when
                && ways.any(|way| second.bindings.iter().any(|other| other.same(way)))
        };
        if let Some(first) = requirements[..index].iter().find(shares) {
            problems.push(same_way(analysis, step, first, second));
        }
    }
    problems
}

/// Inputs that the manifest wires, and the answers give something else for.
fn wired_twice(analysis: &Analysis, answers: &Answers, step: usize) -> Vec<Diagnostic> {
    let name = &analysis.manifest.steps[step].name;
    let claims = analysis.manifest.steps[step].claims.iter();
    let wired = claims.filter_map(|claim| {
        let (from, place) = claim.from.as_ref()?;
        let given = answers.get(name, claim.kind, &claim.name)?;
        Some(given_again(name, &claim.name, from, place, &given.place))
    });
    wired.collect()
}

/// What the steps of a pipeline take, gathered once for all of them.
struct TakenAnywhere<'a> {
    /// The steps that need each step.
    needing: Vec<Vec<usize>>,
    /// The steps whose outputs are wired to others' inputs.
    wired: HashSet<&'a str>,
    /// The paths that are known to be read, each with the step that reads it.
    read: Vec<(usize, PathBuf)>,
}

impl<'a> TakenAnywhere<'a> {
    fn of(analysis: &Analysis, values: &'a Values) -> Self {
        let steps = &analysis.manifest.steps;
        let mut needing = vec![Vec::new(); steps.len()];
        let mut wired = HashSet::new();
        let mut read = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            for need in &step.needs {
                needing[need.value].push(index);
            }
            wired.extend(values.of(index).iter().filter_map(|taken| match taken {
                Taken::Upstream(from) if from.step != step.name => Some(from.step.as_str()),
                _ => None,
            }));
            let paths = paths_of(analysis, values, index, |r| r.kind != Kind::Output);
            read.extend(paths.into_iter().map(|path| (index, path)));
        }
        Self {
            needing,
            wired,
            read,
        }
    }
}

/// The needs of steps through which nothing of `step` reaches anybody.
fn unread(
    analysis: &Analysis,
    values: &Values,
    taken: &TakenAnywhere<'_>,
    step: usize,
) -> Option<Diagnostic> {
    let analysed = &analysis.steps[step];
    let outputs: Vec<&str> = analysed
        .requirements
        .iter()
        .filter(|r| r.kind == Kind::Output)
        .map(|r| r.name.as_str())
        .collect();
    let needing = &taken.needing[step];
    let is_external = matches!(analysis.manifest.steps[step].runs, Runs::External);
    if outputs.is_empty() || needing.is_empty() && !is_external || !analysed.is_whole {
        return None;
    }
    // What somebody takes whose script cannot be read is not known.
    if needing.iter().any(|&other| !is_known(analysis, other)) {
        return None;
    }
    let is_wired = taken
        .wired
        .contains(analysis.manifest.steps[step].name.as_str());
    let written = paths_of(analysis, values, step, |r| r.kind == Kind::Output);
    let is_read = is_wired
        || taken.read.iter().any(|(reader, path)| {
            let meets = |w: &PathBuf| w.starts_with(path) || path.starts_with(w);
            *reader != step && written.iter().any(meets)
        });
    (!is_read).then(|| unused(analysis, step, &outputs, needing))
}

/// Whether all that a step takes is known.
fn is_known(analysis: &Analysis, step: usize) -> bool {
    let analysed = &analysis.steps[step];
    let runs = &analysis.manifest.steps[step].runs;
    analysed.is_whole
        && analysed.notes.is_empty()
        && !matches!(runs, Runs::Command(_))
        && crate::extract::can_read(analysed.script.language)
}

/// The paths of a step's requirements that are known.
fn paths_of(
    analysis: &Analysis,
    values: &Values,
    step: usize,
    wanted: impl Fn(&Requirement) -> bool,
) -> Vec<PathBuf> {
    let folder = &analysis.manifest.folder;
    let requirements = &analysis.steps[step].requirements;
    requirements
        .iter()
        .zip(values.of(step))
        .filter(|(requirement, _)| wanted(requirement) && is_path(requirement))
        .flat_map(|(_, taken)| match taken {
            Taken::Answer { value, .. } | Taken::Declared(value) => paths(value, folder),
            Taken::Fixed(path) | Taken::Ours(path) => vec![path.clone()],
            Taken::Upstream(_) | Taken::Own => Vec::new(),
        })
        .collect()
}

/// The place in the script where a path is opened, where one is known; else the place that asks for it.
fn used_at(requirement: &Requirement) -> Option<&Place> {
    let mut shown = requirement.evidence.iter().rev();
    let used = shown.find(|evidence| evidence.layer == Layer::Static);
    used.map(|evidence| &evidence.place)
        .or_else(|| requirement.asked_at())
}

fn mismatch(
    analysis: &Analysis,
    answers: &Answers,
    step: usize,
    input: &Requirement,
    output: &Requirement,
    from: &OutputRef,
) -> Diagnostic {
    let word = |requirement: &Requirement| requirement.data_type.map_or("file", DataType::as_str);
    let (written, read) = (word(output), word(input));
    let name = &analysis.manifest.steps[step].name;
    let message = format!(
        "`{from}` is {written}, and input `{}` of step `{name}` reads {read}",
        input.name
    );
    let place = place_of_wire(analysis, answers, step, input);
    let mut finding = Diagnostic::new(Code::WireMismatch, message).at(
        place.clone(),
        format!("`{from}` goes into `{}` here", input.name),
    );
    for (asked, text) in [
        (used_at(output), format!("{written} is written here")),
        (used_at(input), format!("{read} is read here")),
    ] {
        finding = finding.maybe_at(asked.filter(|asked| **asked != place).cloned(), text);
    }
    let is_sure = |r: &Requirement| r.confidence == Confidence::Certain;
    if !is_sure(output) || !is_sure(input) {
        finding.severity = Severity::Warning;
    }
    finding.help("wire another output, or mend the `type` of the side that is wrong")
}

fn no_effect(analysis: &Analysis, step: usize) -> Diagnostic {
    let step = &analysis.manifest.steps[step];
    Diagnostic::new(
        Code::NoEffect,
        format!("external step `{}` gives nothing", step.name),
    )
    .at(analysis.manifest.at(step.span), "it has no `outputs`")
    .help("declare what it gives: `outputs: { raw: { type: csv } }`; or remove it")
}

fn nothing_called(analysis: &Analysis, step: usize, defined: &Place) -> Diagnostic {
    let declared = &analysis.manifest.steps[step];
    let script = &analysis.steps[step].script;
    let message = format!("`{}` only defines functions, and calls none", script.name);
    let span = match &declared.runs {
        Runs::Script { path, .. } => path.span,
        Runs::Module(module) => module.span,
        _ => declared.span,
    };
    let mut finding = Diagnostic::new(Code::NoEffect, message)
        .at(
            analysis.manifest.at(span),
            format!("so step `{}` does nothing", declared.name),
        )
        .at(defined.clone(), "this is never called");
    finding.severity = Severity::Warning;
    let name = defined.source.slice(defined.span);
    finding.help(match name {
        "main" => "call it: `if __name__ == \"__main__\": main()`; or enter it by `entry: main` on the step".to_owned(),
        name => format!("call it at the end of the script: `if __name__ == \"__main__\": {name}()`"),
    })
}

fn same_way(
    analysis: &Analysis,
    step: usize,
    first: &Requirement,
    second: &Requirement,
) -> Diagnostic {
    let place = |r: &Requirement| {
        let evidence = r.evidence.iter().find(|e| e.layer == Layer::Manifest);
        evidence.map(|evidence| evidence.place.clone())
    };
    let message = format!(
        "{} `{}` and {} `{}` of step `{}` both reach the script as {}",
        first.kind,
        first.name,
        second.kind,
        second.name,
        analysis.manifest.steps[step].name,
        second.shown_binding()
    );
    Diagnostic::new(Code::WiredTwice, message)
        .maybe_at(place(second), "the script would be given this")
        .maybe_at(place(first), "and this")
        .help("declare it once, or give one of them another `binding`")
}

fn given_again(
    step: &str,
    input: &str,
    from: &OutputRef,
    wired: &Place,
    given: &Place,
) -> Diagnostic {
    let mut finding = Diagnostic::new(
        Code::WiredTwice,
        format!("input `{input}` of step `{step}` is wired, and answered too"),
    )
    .at(given.clone(), "this is what is taken")
    .at(wired.clone(), format!("`{from}` would come here"));
    finding.severity = Severity::Advice;
    finding.help("remove the answer, unless it is meant to replace the upstream output")
}

fn unused(analysis: &Analysis, step: usize, outputs: &[&str], needing: &[usize]) -> Diagnostic {
    let steps = &analysis.manifest.steps;
    let name = &steps[step].name;
    let mut finding = Diagnostic::new(
        Code::UnusedOutput,
        format!(
            "nothing reads what step `{name}` gives: {}",
            listed(outputs.iter().copied())
        ),
    )
    .at(analysis.manifest.at(steps[step].span), "");
    for &other in needing.iter().take(3) {
        let need = steps[other].needs.iter().find(|need| need.value == step);
        finding = finding.maybe_at(
            need.map(|need| analysis.manifest.at(need.span)),
            format!("`{}` needs it, and takes none of them", steps[other].name),
        );
    }
    finding.help(format!(
        "wire one of them: `inputs: {{ NAME: {{ from: {name}.{} }} }}`",
        outputs.first().unwrap_or(&"output")
    ))
}
