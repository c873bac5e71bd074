//! Owns what is asked of the user: the requirements of each step as the answers, their schema and their skeleton see
//! them, and which of them have to be answered. Knows nothing of what was answered.

use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;

use indexmap::IndexMap;

use crate::requirement::{DataType, Kind, OutputRef, Requirement, ValueType};

/// A step as the answers see it. A pipeline is a slice of these in the DAG's order: each after all that it needs.
///
/// ```
/// # use runtime_test::asked::StepRequirements;
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
pub fn upstream<B>(
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
            if DataType::feeds(output.data_type, requirement.data_type) {
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

/// The nearest upstream output that could feed a requirement of the step at `index`.
pub fn feeder(
    steps: &[StepRequirements<'_>],
    index: usize,
    requirement: &Requirement,
) -> Option<OutputRef> {
    upstream(steps, index, |at| {
        let mut outputs = steps[at]
            .requirements
            .iter()
            .filter(|r| r.kind == Kind::Output);
        match outputs.find(|output| DataType::feeds(output.data_type, requirement.data_type)) {
            Some(output) => ControlFlow::Break(OutputRef {
                step: steps[at].step.to_owned(),
                output: output.name.clone(),
            }),
            None => ControlFlow::Continue(()),
        }
    })
}

/// Whether an answer may be an upstream output: inputs, and other paths whose direction is not known.
pub fn takes_output(requirement: &Requirement) -> bool {
    match requirement.kind {
        Kind::Input => true,
        Kind::Output => false,
        Kind::Env | Kind::Arg => requirement.value_type == ValueType::Path,
    }
}

/// Whether an answer has to be there whatever the others are.
pub fn is_required(requirement: &Requirement) -> bool {
    requirement.needs_answer()
        && requirement.when.is_none()
        && requirement.exclusive.is_none()
        && Family::parse(&requirement.name).is_none()
}

/// Groups of which one member has to be answered.
pub fn required_groups<'a>(
    step: &StepRequirements<'a>,
) -> impl Iterator<Item = Vec<&'a Requirement>> + use<'a> {
    groups(step)
        .into_values()
        .filter(|members| members.iter().any(|r| r.needs_answer() && r.when.is_none()))
}

/// Requirements by the exclusive group they are in, under the same condition.
pub fn groups<'a>(
    step: &StepRequirements<'a>,
) -> IndexMap<(&'a str, String), Vec<&'a Requirement>> {
    let mut groups: IndexMap<(&str, String), Vec<&Requirement>> = IndexMap::new();
    for requirement in step.answerable() {
        if let Some(group) = &requirement.exclusive {
            let when = requirement
                .when
                .as_ref()
                .map(|w| format!("{}={}", w.arg, w.equals));
            groups
                .entry((group, when.unwrap_or_default()))
                .or_default()
                .push(requirement);
        }
    }
    groups
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
