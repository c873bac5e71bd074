//! Owns an answer on the command line: `step.section.name=value`, read with places in what was typed.

use serde_json::Value;

use crate::asked::StepRequirements;
use crate::requirement::Kind;
use crate::source::{Source, Span};
use crate::yaml::{self, Entry, Node, Tree};

/// An answer on the command line, as it was typed.
pub(super) struct Setting {
    /// What was typed.
    pub(super) source: Source,
    /// The bytes of the step's name.
    pub(super) step: Span,
    /// The section.
    pub(super) kind: Kind,
    /// The requirement's name and value.
    pub(super) entry: Entry,
}

/// Whether a text has the form of an answer.
pub fn is_setting(text: &str) -> bool {
    split(text, |_| true).is_some()
}

/// Reads what was typed; nothing where it has not the form of an answer.
pub(super) fn read(source: &Source, steps: &[StepRequirements<'_>]) -> Option<Setting> {
    let text = source.text();
    let is_step = |name: &str| steps.iter().any(|step| step.step == name);
    let (step, kind, name) = split(text, is_step)?;
    let value = Span::new(name.end + 1, text.len());
    Some(Setting {
        source: source.clone(),
        step,
        kind,
        entry: Entry {
            key: source.slice(name).to_owned(),
            key_span: name,
            value: node(source, value),
            merged: false,
        },
    })
}

/// Step, section and name in front of the `=`. Steps and names may have dots: the first reading in which the step is known
/// counts, or else the first.
fn split(text: &str, is_step: impl Fn(&str) -> bool) -> Option<(Span, Kind, Span)> {
    let end = text.find('=')?;
    let path = &text[..end];
    let mut readings: Vec<(Span, Kind, Span)> = Kind::ALL
        .into_iter()
        .flat_map(|kind| {
            let section = format!(".{}.", kind.section());
            let places = path
                .match_indices(&section)
                .map(|(at, _)| at)
                .collect::<Vec<_>>();
            places.into_iter().map(move |at| {
                let name = Span::new(at + section.len(), end);
                (Span::new(0, at), kind, name)
            })
        })
        .filter(|(step, _, name)| !step.is_empty() && !name.is_empty())
        .collect();
    readings.sort_by_key(|(step, ..)| step.end);
    let known = readings
        .iter()
        .find(|(step, ..)| is_step(&path[step.range()]));
    known.or(readings.first()).copied()
}

/// The value, as it would stand in a file: lists, mappings and quoted texts as YAML has them, all else as a scalar.
fn node(source: &Source, span: Span) -> Node {
    let text = source.slice(span);
    let scalar = |value| Node {
        kind: yaml::Kind::Scalar(value),
        span,
        alias: None,
        anchored: false,
        flow: false,
    };
    if text.is_empty() {
        return scalar(Value::String(String::new()));
    }
    if text.starts_with(['[', '{', '"', '\'']) {
        // Spaces in front keep the places.
        let padded = format!("{}{text}", " ".repeat(span.start));
        let parsed = yaml::tree(&Source::new(source.path(), source.name(), padded));
        if let Ok(Tree { root, .. }) = parsed {
            return root;
        }
    }
    scalar(yaml::resolve(text))
}
