//! Owns the giving of one answer: it is put into the text of an answers file, and everything else stays as it is.

use serde_json::{Map, Value};

use super::edit::add::{Child, Spot, add, keys};
use super::edit::lines::Lines;
use super::edit::{self, Action, Change};
use super::skeleton;
use crate::asked::{StepRequirements, takes_output};
use crate::diagnostic::Diagnostics;
use crate::requirement::{Kind, Requirement, ValueType};
use crate::source::Source;
use crate::yaml::{self, Document, Entry};

/// Why an answer was not put into a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Ungiven {
    /// The text is not valid YAML.
    Broken(Diagnostics),
    /// The step does not ask for it, or there is no such step.
    NotAsked,
    /// The text has a form that cannot be changed safely here; these lines have to be put in by hand.
    Refused(String),
}

/// Puts an answer into the text of an answers file, in place of the one that is there, or where it belongs. Whether the
/// value fits is for the check to say.
///
/// # Errors
/// Where the text cannot be changed safely, or nothing asks for the answer.
///
/// ```
/// # use runtime_test::{answers::{StepRequirements, give}, requirement::{Claim, Evidence, Kind, Layer}};
/// # use runtime_test::{extract::merge::merge, source::{Source, Span}};
/// # let script = Source::new("a.py", "a.py", "");
/// # let evidence = Evidence { place: script.at(Span::default()), layer: Layer::Static, rule: "argparse" };
/// # let requirements = merge(&[&[Claim::new("rounds", Kind::Arg, evidence)]]);
/// let steps = [StepRequirements { step: "train", description: None, requirements: &requirements, needs: vec![] }];
/// let source = Source::new("a.yaml", "a.yaml", "steps:\n  train:\n    args:\n      rounds: 3  # few\n");
/// let text = give::give(&source, &steps, "train", Kind::Arg, "rounds", &5.into()).expect("simple YAML");
/// assert_eq!(text, "steps:\n  train:\n    args:\n      rounds: 5  # few\n");
/// ```
pub fn give(
    source: &Source,
    steps: &[StepRequirements<'_>],
    step: &str,
    kind: Kind,
    name: &str,
    value: &Value,
) -> Result<String, Ungiven> {
    let document = yaml::parse(source).map_err(Ungiven::Broken)?;
    let at = steps
        .iter()
        .position(|s| s.step == step)
        .ok_or(Ungiven::NotAsked)?;
    let asked = steps[at]
        .answerable()
        .find(|r| r.kind == kind && r.name == name);
    let gift = Gift {
        steps,
        step: &steps[at],
        rank: at,
        requirement: asked.ok_or(Ungiven::NotAsked)?,
        value,
    };
    let changes = gift.changes(Lines {
        document: &document,
    });
    let all: Vec<&Change> = changes.iter().collect();
    let is_safe = all.iter().all(|change| change.possible) && edit::holds(&document, &all);
    match is_safe {
        true => Ok(edit::apply(source.text(), &all)),
        false => Err(Ungiven::Refused(gift.paste())),
    }
}

/// What a person means who types a text for a requirement: `a, b` is a list where one is asked for, `from clean.rows` an
/// upstream output where one can be given.
///
/// ```
/// # use runtime_test::{answers::give, requirement::{Claim, Evidence, Kind, Layer, ValueType}};
/// # use runtime_test::{extract::merge::merge, source::{Source, Span}};
/// # let script = Source::new("a.py", "a.py", "");
/// # let evidence = Evidence { place: script.at(Span::default()), layer: Layer::Static, rule: "argparse" };
/// # let claim = Claim { value_type: Some(ValueType::List(Box::new(ValueType::Int))), ..Claim::new("sizes", Kind::Arg, evidence) };
/// # let requirement = &merge(&[&[claim]])[0];
/// assert_eq!(give::read(requirement, "1, 2"), serde_json::json!([1, 2]));
/// ```
pub fn read(requirement: &Requirement, typed: &str) -> Value {
    let typed = typed.trim();
    if let (true, Some(output)) = (takes_output(requirement), typed.strip_prefix("from ")) {
        return map("from", output.trim().into());
    }
    let ValueType::List(items) = &requirement.value_type else {
        return scalar(requirement, &requirement.value_type, typed);
    };
    let source = Source::new("", "", typed);
    match yaml::parse(&source) {
        Ok(document) if typed.starts_with('[') => document.value,
        _ => typed
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| scalar(requirement, items, item))
            .collect(),
    }
}

/// A single value of a type, as typed.
fn scalar(requirement: &Requirement, value_type: &ValueType, typed: &str) -> Value {
    let read = yaml::resolve(typed);
    let is_meant = match value_type {
        _ if !requirement.choices.is_empty() => {
            requirement.choices.contains(&read) && !requirement.choices.contains(&typed.into())
        }
        ValueType::Int | ValueType::Float => read.is_number(),
        ValueType::Bool => read.is_boolean(),
        _ => false,
    };
    if is_meant { read } else { typed.into() }
}

/// An answer to be given.
struct Gift<'a> {
    steps: &'a [StepRequirements<'a>],
    step: &'a StepRequirements<'a>,
    /// The step's place.
    rank: usize,
    requirement: &'a Requirement,
    value: &'a Value,
}

impl Gift<'_> {
    /// The changes that give it.
    fn changes(&self, lines: Lines<'_>) -> Vec<Change> {
        let root = &lines.document.root;
        let section = self.requirement.kind.section();
        let Some(steps) = root.entry("steps") else {
            return vec![self.first(lines)];
        };
        let top = Spot {
            entry: steps,
            in_flow: root.flow,
            shared: steps.value.alias.is_some(),
        };
        let own = |spot: Spot<'_>, key: &str| spot.entry.value.entry(key).is_some();
        let places = |key: &str| self.steps.iter().position(|s| s.step == key);
        if !own(top, self.step.step) {
            return add(lines, top, &["steps"], vec![self.step_child()], &places);
        }
        let path = ["steps", self.step.step, section];
        let Some(entry) = steps.value.entry(self.step.step) else {
            return Vec::new();
        };
        let spot = top.inside(entry);
        let Some(entry) = entry.value.entry(section) else {
            let rank = |key: &str| Kind::ALL.iter().position(|kind| kind.section() == key);
            return add(lines, spot, &path[..2], vec![self.section_child()], &rank);
        };
        let spot = spot.inside(entry);
        match entry.value.entry(&self.requirement.name) {
            Some(answer) => vec![self.replacement(lines, spot.inside(answer), &path)],
            None => {
                let names = || {
                    self.step
                        .answerable()
                        .filter(|r| r.kind == self.requirement.kind)
                };
                let rank = |key: &str| names().position(|r| r.name == key);
                add(lines, spot, &path, vec![self.answer_child(&rank)], &rank)
            }
        }
    }

    /// Its lines, at an indentation: what it is for, its name and its value.
    fn block(&self, indent: usize) -> String {
        let entry = skeleton::entry(self.step, self.requirement, indent);
        let comments: Vec<&str> = entry.lines().collect();
        let comments = comments
            .split_last()
            .map_or(&[][..], |(_, comments)| comments);
        let mut block: String = comments.iter().map(|line| format!("{line}\n")).collect();
        let key = yaml::quoted(&self.requirement.name);
        block.push_str(&format!(
            "{}{key}: {}\n",
            " ".repeat(indent),
            yaml::inline(self.value)
        ));
        block
    }

    fn answer_child(&self, rank: &dyn Fn(&str) -> Option<usize>) -> Child<'_> {
        Child {
            key: self.requirement.name.clone(),
            rank: rank(&self.requirement.name).unwrap_or_default(),
            what: vec![self.requirement.key()],
            value: self.value.clone(),
            block: Box::new(|indent| self.block(indent)),
        }
    }

    fn section_child(&self) -> Child<'_> {
        let section = self.requirement.kind.section();
        Child {
            key: section.to_owned(),
            rank: self.requirement.kind as usize,
            what: vec![self.requirement.key()],
            value: map(&self.requirement.name, self.value.clone()),
            block: Box::new(move |indent| {
                let margin = " ".repeat(indent);
                format!("{margin}{section}:\n{}", self.block(indent + 2))
            }),
        }
    }

    fn step_child(&self) -> Child<'_> {
        Child {
            key: self.step.step.to_owned(),
            rank: self.rank,
            what: vec![self.requirement.key()],
            value: self.section_value(),
            block: Box::new(|indent| {
                let key = yaml::quoted(self.step.step);
                let section = (self.section_child().block)(indent + 2);
                format!("{}{key}:\n{section}", " ".repeat(indent))
            }),
        }
    }

    fn section_value(&self) -> Value {
        let answer = map(&self.requirement.name, self.value.clone());
        map(self.requirement.kind.section(), answer)
    }

    /// The lines to put in by hand.
    fn paste(&self) -> String {
        format!("steps:\n{}", (self.step_child().block)(2))
    }

    /// The first step of a file that has none.
    fn first(&self, lines: Lines<'_>) -> Change {
        Change {
            action: Action::Add,
            what: vec![self.requirement.key()],
            paths: vec![(
                vec!["steps".to_owned()],
                map(self.step.step, self.section_value()),
            )],
            edits: vec![lines.insertion(lines.text().len(), &self.paste())],
            loose: None,
            paste: String::new(),
            possible: !lines.document.root.flow,
        }
    }

    /// Its value in place of the one that is there.
    fn replacement(&self, lines: Lines<'_>, spot: Spot<'_>, path: &[&str]) -> Change {
        let entry = spot.entry;
        let colon = colon(lines.document, entry);
        let old = entry.value.span;
        let on_line = |colon: usize| !lines.text()[colon..old.start.max(colon)].contains('\n');
        let value = yaml::inline(self.value);
        let edit = match colon {
            Some(colon) if old.is_empty() => Some((colon..colon, format!(" {value}"))),
            Some(colon) if on_line(colon) => Some((old.range(), value)),
            Some(colon) => Some((colon..old.end, format!(" {value}"))),
            None => None,
        };
        Change {
            action: Action::Set,
            what: vec![self.requirement.key()],
            paths: vec![(keys(path, &entry.key), self.value.clone())],
            possible: edit.is_some() && !spot.shared,
            edits: edit.into_iter().collect(),
            loose: None,
            paste: String::new(),
        }
    }
}

/// One past the colon behind a key, where it follows at once.
fn colon(document: &Document, entry: &Entry) -> Option<usize> {
    let after = &document.source.text()[entry.key_span.end..];
    let gap = after.len() - after.trim_start_matches(' ').len();
    after[gap..]
        .starts_with(':')
        .then_some(entry.key_span.end + gap + 1)
}

fn map(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}
