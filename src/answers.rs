//! Owns the answers: the values that the user gives, by step, kind and requirement, each with its place. Knows
//! nothing of files on disk.

pub(crate) mod edit;
pub mod give;
pub mod load;
pub mod refresh;
pub mod skeleton;
pub mod sources;
pub mod variable;
pub mod words;

use indexmap::IndexMap;
use serde_json::Value;

pub use self::sources::{Origin, Sources};
pub use self::variable::{Filled, Resolved, Unset, fill, has_variable, resolve};
pub use crate::asked::StepRequirements;
use crate::diagnostic::Diagnostic;
use crate::requirement::{Kind, OutputRef, Requirement};
use crate::source::Place;
use crate::yaml::Node;

/// The section at the top of an answers file whose values hold for every step that asks for them.
pub const COMMON: &str = "common";

/// What a file gives under `common` to every step that asks for it.
fn given_to_all(root: &Node, requirement: &Requirement) -> Option<Value> {
    if !Kind::SHARED.contains(&requirement.kind) {
        return None;
    }
    let section = root
        .entry(COMMON)?
        .value
        .entry(requirement.kind.section())?;
    let value = section.value.entry(&requirement.name)?.value.to_value();
    (!value.is_null()).then_some(value)
}

/// What the user answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A value, of the requirement's type unless it is a text with `${VAR}` in it. Texts are as they were written.
    Value(Value),
    /// An upstream output: `{from: step.output}`.
    From(OutputRef),
}

/// An answer and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// What was answered.
    pub answer: Answer,
    /// Where its key is written.
    pub key: Place,
    /// Where its value is written.
    pub place: Place,
    /// Which of the texts that may give it did.
    pub origin: Origin,
}

/// The answers of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepAnswers {
    by_kind: [IndexMap<String, Given>; 4],
    mentioned: bool,
}

/// All answers that fit, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    steps: IndexMap<String, StepAnswers>,
}

impl Answers {
    /// The answer to a requirement, where one is given and fits.
    pub fn get(&self, step: &str, kind: Kind, name: &str) -> Option<&Given> {
        self.steps.get(step)?.get(kind, name)
    }

    /// The answers of a step, where there are any or a file names it.
    pub fn step(&self, step: &str) -> Option<&StepAnswers> {
        self.steps.get(step)
    }

    /// Whether a file names a step at all, be it with `{}`.
    pub fn mentions(&self, step: &str) -> bool {
        self.steps.get(step).is_some_and(|step| step.mentioned)
    }

    /// Remembers that a file names a step.
    fn mention(&mut self, step: &str) {
        self.steps.entry(step.to_owned()).or_default().mentioned = true;
    }

    /// Adds an answer.
    fn insert(&mut self, step: &str, kind: Kind, name: &str, given: Given) {
        let answers = match self.steps.get_mut(step) {
            Some(answers) => answers,
            None => self.steps.entry(step.to_owned()).or_default(),
        };
        answers.by_kind[kind as usize].insert(name.to_owned(), given);
    }

    /// Every step that has answers or is named in a file.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &StepAnswers)> {
        self.steps
            .iter()
            .map(|(name, answers)| (name.as_str(), answers))
    }
}

impl StepAnswers {
    /// The answer to a requirement.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Given> {
        self.by_kind[kind as usize].get(name)
    }

    /// Every answer, inputs first.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &str, &Given)> {
        Kind::ALL.into_iter().flat_map(|kind| {
            self.by_kind[kind as usize]
                .iter()
                .map(move |(name, given)| (kind, name.as_str(), given))
        })
    }

    /// Whether it has no answer.
    pub fn is_empty(&self) -> bool {
        self.by_kind.iter().all(IndexMap::is_empty)
    }
}

/// A finding in the answers, with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The step, where it is one of the pipeline.
    pub step: Option<String>,
    /// The answer below its step (`args.job_type`), where it is one that the step asks for or was given.
    pub answer: Option<String>,
    /// The finding itself.
    pub diagnostic: Diagnostic,
}

#[cfg(test)]
pub(crate) mod tests;
