//! Owns the answers: the values that the user gives, by step, kind and requirement, each with its place; and what is
//! asked in the first place. Knows nothing of files on disk.

pub mod load;
pub mod refresh;
pub mod skeleton;
pub mod words;

use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::requirement::{DataType, Kind, OutputRef, Requirement, ValueType, is_secret_name};
use crate::source::Place;
use crate::yaml;

/// A step as the answers see it. A pipeline is a slice of these in the DAG's order: each after all that it needs.
///
/// ```
/// # use runtime_test::answers::StepRequirements;
/// let step = StepRequirements { step: "clean", description: None, requirements: &[], needs: vec![] };
/// assert_eq!(runtime_test::answers::skeleton::skeleton(&[step]),
///     "# yaml-language-server: $schema=runtime-test.answers.schema.json\nsteps:\n  clean: {}  # nothing to answer\n");
/// ```
#[derive(Clone, Debug)]
pub struct StepRequirements<'a> {
    /// The step's name.
    pub step: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// What it needs and gives.
    pub requirements: &'a [Requirement],
    /// The steps it needs directly, by their places in the slice; each smaller than its own.
    pub needs: Vec<usize>,
}

impl<'a> StepRequirements<'a> {
    /// The requirements that may be answered at all.
    pub fn answerable(&self) -> impl Iterator<Item = &'a Requirement> + use<'a> {
        self.requirements
            .iter()
            .filter(|requirement| requirement.is_answerable())
    }

    /// Whether nothing is required of the user.
    pub fn asks_nothing(&self) -> bool {
        !self.requirements.iter().any(Requirement::needs_answer)
    }
}

/// Visits the steps that run before the one at `index`, nearest first, until told to stop.
fn upstream<B>(
    steps: &[StepRequirements<'_>],
    index: usize,
    mut visit: impl FnMut(usize) -> ControlFlow<B>,
) -> Option<B> {
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([index]);
    while let Some(at) = queue.pop_front() {
        for &need in steps.get(at).map_or(&[][..], |step| &step.needs) {
            if need < steps.len() && seen.insert(need) {
                if let ControlFlow::Break(found) = visit(need) {
                    return Some(found);
                }
                queue.push_back(need);
            }
        }
    }
    None
}

/// The upstream outputs that could feed a requirement of the step at `index`, nearest first; at most `limit`, and
/// `None` where there are more.
pub fn feeders(
    steps: &[StepRequirements<'_>],
    index: usize,
    requirement: &Requirement,
    limit: usize,
) -> Option<Vec<OutputRef>> {
    let mut found = Vec::new();
    let overflow = upstream(steps, index, |at| {
        for output in steps[at]
            .requirements
            .iter()
            .filter(|r| r.kind == Kind::Output)
        {
            if feeds(output.data_type, requirement.data_type) {
                if found.len() == limit {
                    return ControlFlow::Break(());
                }
                found.push(OutputRef {
                    step: steps[at].step.to_owned(),
                    output: output.name.clone(),
                });
            }
        }
        ControlFlow::Continue(())
    });
    overflow.is_none().then_some(found)
}

/// Whether what lies at an output can be what an input reads.
pub fn feeds(output: Option<DataType>, input: Option<DataType>) -> bool {
    match (output, input) {
        (Some(DataType::Folder), Some(DataType::File))
        | (Some(DataType::File), Some(DataType::Folder)) => false,
        (Some(DataType::File), _) | (_, Some(DataType::File)) => true,
        (Some(output), Some(input)) => output == input,
        _ => true,
    }
}

/// Whether an answer may be an upstream output: inputs, and other paths whose direction is not known.
pub fn takes_output(requirement: &Requirement) -> bool {
    match requirement.kind {
        Kind::Input => true,
        Kind::Output => false,
        Kind::Env | Kind::Arg => requirement.value_type == ValueType::Path,
    }
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
}

/// The answers of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepAnswers {
    by_kind: [IndexMap<String, Given>; 4],
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

    /// The answers of a step, where the file names it.
    pub fn step(&self, step: &str) -> Option<&StepAnswers> {
        self.steps.get(step)
    }

    /// Whether the file names a step at all, be it with `{}`.
    pub fn mentions(&self, step: &str) -> bool {
        self.steps.contains_key(step)
    }

    /// Every step that the file names.
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

    fn insert(&mut self, kind: Kind, name: &str, given: Given) {
        self.by_kind[kind as usize].insert(name.to_owned(), given);
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

/// What `${…}` makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The text with each variable's value in its place.
    pub text: String,
    /// The variables it named, in order.
    pub variables: Vec<String>,
    /// Whether one of them has a name that speaks of a secret.
    pub secret: bool,
}

/// A variable that is not set, or set to nothing, and has no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset(pub String);

/// Whether a text takes something from the environment.
pub fn has_variable(text: &str) -> bool {
    variables(text).any(|part| matches!(part, Part::Variable { .. }))
}

/// Puts the values of variables into a text: `${NAME}`, `${NAME:-default}`; `$${` stands for `${` itself.
///
/// # Errors
/// The first variable that is not set, or empty, and has no default.
///
/// ```
/// # use runtime_test::answers::{resolve, Unset};
/// let environment = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
/// assert_eq!(resolve("${HOME}/data", &environment).expect("set").text, "/home/ada/data");
/// assert_eq!(resolve("${SIZE:-small} $${HOME}", &environment).expect("default").text, "small ${HOME}");
/// assert_eq!(resolve("${NOWHERE}", &environment), Err(Unset("NOWHERE".to_owned())));
/// ```
pub fn resolve(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Resolved, Unset> {
    let mut resolved = Resolved {
        text: String::new(),
        variables: Vec::new(),
        secret: false,
    };
    for part in variables(text) {
        match part {
            Part::Text(text) => resolved.text.push_str(text),
            Part::Variable { name, default } => {
                let value = environment(name).filter(|value| !value.is_empty());
                match value.as_deref().or(default) {
                    Some(value) => resolved.text.push_str(value),
                    None => return Err(Unset(name.to_owned())),
                }
                resolved.secret |= is_secret_name(name);
                resolved.variables.push(name.to_owned());
            }
        }
    }
    Ok(resolved)
}

/// A piece of a text with variables.
enum Part<'t> {
    Text(&'t str),
    Variable {
        name: &'t str,
        default: Option<&'t str>,
    },
}

/// Splits a text at its variables. What is not exactly a variable is text: `$5`, `${`, `${a b}`.
fn variables(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix("$${") {
            let (part, _) = rest[1..].split_at(2);
            rest = after;
            return Some(Part::Text(part));
        }
        if let Some((name, default, after)) = variable(rest) {
            rest = after;
            return Some(Part::Variable { name, default });
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest[first..].find('$').map_or(rest.len(), |at| first + at);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(Part::Text(part))
    })
}

/// Reads `${NAME}` or `${NAME:-default}` at the beginning of a text: name, default, and what follows.
fn variable(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let inside = text.strip_prefix("${")?;
    let end = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inside.len());
    let (name, after) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(after) = after.strip_prefix('}') {
        return Some((name, None, after));
    }
    let (default, after) = after.strip_prefix(":-")?.split_once('}')?;
    Some((name, Some(default), after))
}

/// A value with its variables filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// The value: of the requirement's type where the variable's text can be read as such.
    pub value: Value,
    /// Texts that came from variables whose names speak of a secret, or all of them where the requirement is secret.
    pub secrets: Vec<String>,
}

/// Fills the variables into an answer's value, items of lists included, and reads numbers and booleans from them.
///
/// # Errors
/// The first variable that is not set, or empty, and has no default.
pub fn fill(
    requirement: &Requirement,
    value: &Value,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Filled, Unset> {
    let mut secrets = Vec::new();
    let value = fill_as(
        &requirement.value_type,
        requirement,
        value,
        environment,
        &mut secrets,
    )?;
    Ok(Filled { value, secrets })
}

fn fill_as(
    value_type: &ValueType,
    requirement: &Requirement,
    value: &Value,
    environment: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Vec<String>,
) -> Result<Value, Unset> {
    match (value, value_type) {
        (Value::Array(items), ValueType::List(of)) => items
            .iter()
            .map(|item| fill_as(of, requirement, item, environment, secrets))
            .collect(),
        (Value::String(text), _) if text.contains("${") => {
            let resolved = resolve(text, environment)?;
            if resolved.secret || requirement.secret {
                secrets.push(resolved.text.clone());
            }
            Ok(match resolved.variables.is_empty() {
                true => Value::String(resolved.text),
                false => read_as(value_type, requirement, resolved.text),
            })
        }
        (Value::String(text), _) if requirement.secret => {
            secrets.push(text.clone());
            Ok(value.clone())
        }
        _ => Ok(value.clone()),
    }
}

/// A variable's text as a value of a type; a text where it cannot be one.
fn read_as(value_type: &ValueType, requirement: &Requirement, text: String) -> Value {
    let read = yaml::resolve(text.trim());
    let fits = match value_type {
        ValueType::Int | ValueType::Float => read.is_number(),
        ValueType::Bool => read.is_boolean(),
        _ => {
            !requirement.choices.contains(&Value::String(text.clone()))
                && requirement.choices.contains(&read)
        }
    };
    if fits { read } else { Value::String(text) }
}

/// A family of variables or arguments with one changing part: `COLUMN_STRATEGY_<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family<'a> {
    before: &'a str,
    after: &'a str,
}

impl<'a> Family<'a> {
    /// Reads a requirement's name as a family, where it is one.
    pub fn parse(name: &'a str) -> Option<Self> {
        let (before, rest) = name.split_once('<')?;
        let (inner, after) = rest.split_once('>')?;
        (!inner.is_empty()).then_some(Self { before, after })
    }

    /// Whether a name belongs to it.
    pub fn has(self, name: &str) -> bool {
        name.len() > self.before.len() + self.after.len()
            && name.starts_with(self.before)
            && name.ends_with(self.after)
    }

    /// The regular expression of its names.
    pub fn pattern(self) -> String {
        format!("^{}.+{}$", escaped(self.before), escaped(self.after))
    }
}

/// A text as a regular expression that matches just it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$/".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
pub(crate) mod tests;
