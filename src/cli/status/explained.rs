//! Owns what `status --explain` says: of each requirement of a step, its value and where that comes from.

use serde_json::Value;

use crate::analysis::Analysis;
use crate::check::Checked;
use crate::check::values::Taken;
use crate::diagnostic::{Code, Severity};
use crate::file;
use crate::requirement::{Field, Layer, Requirement};
use crate::shape;
use crate::ui::{Tone, clipped, paint};

use super::super::table::{self, Cell, plain, toned};

/// What stands for a value that must not be shown.
const HIDDEN: &str = "***";
/// How much of a value is shown, in characters.
const LONGEST: usize = 60;

/// One step: a line for each requirement.
pub(super) fn step(analysis: &Analysis, checked: &Checked, step: usize) -> String {
    let name = &analysis.manifest.steps[step].name;
    let analysed = &analysis.steps[step];
    let values = analysed.requirements.iter().zip(checked.values.of(step));
    let rows: Vec<Vec<Cell>> = values
        .map(|(requirement, taken)| {
            let (value, from, place) = origin(analysis, checked, name, requirement, taken);
            let is_lacking = value.is_none() && LACKING.contains(&from.as_str());
            vec![
                toned(Tone::Name, requirement.key()),
                plain(clipped(&value.unwrap_or_default(), LONGEST)),
                match is_lacking {
                    true => toned(Tone::Warn, from),
                    false => plain(from),
                },
                toned(Tone::Dim, place),
            ]
        })
        .collect();
    let head = format!("{}  {}", paint(Tone::Strong, name), analysed.script.name);
    match rows.is_empty() {
        true => format!("{head}\n\n  needs nothing\n"),
        false => format!("{head}\n\n{}", table::render(&rows)),
    }
}

/// What is said of a required answer that nobody gave.
const MISSING: &str = "missing";
/// What is said of an answer that takes its value from a variable which is not set.
const NOT_SET: &str = "variable not set";
/// What is said of an answer that cannot be taken.
const UNFIT: &str = "does not fit";
/// What people have to do something about.
const LACKING: [&str; 3] = [MISSING, NOT_SET, UNFIT];

/// A requirement's value, where it comes from in words, and the place.
fn origin(
    analysis: &Analysis,
    checked: &Checked,
    step: &str,
    requirement: &Requirement,
    taken: &Taken,
) -> (Option<String>, String, String) {
    let path = |path: &std::path::Path| file::display(path, &analysis.manifest.folder);
    let asked = || place_of(requirement, None);
    let key = requirement.key();
    let mut findings = checked.findings.iter().filter(|finding| {
        finding.step.as_deref() == Some(step) && finding.answer.as_deref() == Some(&key)
    });
    let unfit = findings.find_map(|finding| match finding.diagnostic.code {
        Code::AnswerMissing => None,
        _ if finding.diagnostic.severity != Severity::Error => None,
        Code::VariableNotSet => Some((NOT_SET, finding.diagnostic.place()?)),
        _ => Some((UNFIT, finding.diagnostic.place()?)),
    });
    if let Some((why, place)) = unfit {
        return (None, why.to_owned(), place.to_string());
    }
    let given = checked
        .answers
        .get(step, requirement.kind, &requirement.name);
    match (taken, given) {
        (Taken::Answer { value, secrets, .. }, Some(given)) => {
            let is_secret = requirement.secret || !secrets.is_empty();
            let value = if is_secret {
                HIDDEN.to_owned()
            } else {
                shape::written(value)
            };
            (
                Some(value),
                given.origin.as_str().to_owned(),
                given.place.to_string(),
            )
        }
        (Taken::Upstream(from), Some(given)) => {
            let from = format!("from {from}");
            (
                Some(from),
                given.origin.as_str().to_owned(),
                given.place.to_string(),
            )
        }
        (Taken::Upstream(from), None) => {
            let declared = requirement.from.as_ref().is_some_and(|wire| wire.declared);
            let why = if declared {
                "manifest"
            } else {
                "upstream, by name"
            };
            let place = place_of(requirement, declared.then_some(Layer::Manifest));
            (Some(format!("from {from}")), why.to_owned(), place)
        }
        (Taken::Declared(value), _) => {
            let layer = requirement
                .origins
                .of(Field::Default)
                .unwrap_or(Layer::Manifest);
            let value = hidden(requirement, value);
            (
                Some(value),
                layer_name(layer).to_owned(),
                place_of(requirement, Some(layer)),
            )
        }
        (Taken::Fixed(fixed), _) => {
            let layer = requirement.origins.of(Field::Path);
            let (why, place) = match layer {
                Some(layer) if layer < Layer::Static => {
                    (layer_name(layer), place_of(requirement, Some(layer)))
                }
                _ => ("written into the script", asked()),
            };
            (Some(path(fixed)), why.to_owned(), place)
        }
        (Taken::Ours(ours), _) => (Some(path(ours)), "the run's own folder".to_owned(), asked()),
        (Taken::Own | Taken::Answer { .. }, _) => match &requirement.default {
            Some(value) if !value.is_null() => {
                let layer = requirement
                    .origins
                    .of(Field::Default)
                    .unwrap_or(Layer::Static);
                let from = format!("default of the {}", layer_name(layer));
                (
                    Some(hidden(requirement, value)),
                    from,
                    place_of(requirement, Some(layer)),
                )
            }
            _ if requirement.needs_answer() && requirement.when.is_none() => {
                (None, MISSING.to_owned(), asked())
            }
            _ => (None, "not given".to_owned(), asked()),
        },
    }
}

fn hidden(requirement: &Requirement, value: &Value) -> String {
    match requirement.secret {
        true => HIDDEN.to_owned(),
        false => shape::written(value),
    }
}

/// What people call a layer.
fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Manifest => "manifest",
        Layer::Contract => "contract",
        Layer::Static => "script",
        Layer::Convention => "platform",
        Layer::Inference => "pipeline",
    }
}

/// The place where a layer speaks of a requirement, or else the one that asks for it.
fn place_of(requirement: &Requirement, layer: Option<Layer>) -> String {
    let of_layer = requirement.evidence.iter().find(|e| Some(e.layer) == layer);
    let place = of_layer
        .map(|evidence| &evidence.place)
        .or(requirement.asked_at());
    place.map(ToString::to_string).unwrap_or_default()
}
