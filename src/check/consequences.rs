//! Owns what is *not* told: findings that are there only because of another one. One mistake, one finding.

use std::collections::HashMap;

use crate::analysis::Analysis;
use crate::answers::Finding;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::requirement::OutputRef;

/// Labels of a finding that many places share.
const PLACES: usize = 6;

/// Keys of a step that say nothing about what it needs and gives, nor from whom.
const HARMLESS: &[&str] = &[
    "description",
    "timeout",
    "retries",
    "slow",
    "priority",
    "environment",
    "weight",
    "mutex",
    "cwd",
    "interpreter",
    "image",
];

/// Steps of which the manifest does not say clearly what they need and give.
#[derive(Clone, Debug)]
pub struct Unclear(Vec<bool>);

impl Unclear {
    /// Finds them by what is wrong with the manifest.
    pub fn of(analysis: &Analysis) -> Self {
        let mut unclear = vec![false; analysis.steps.len()];
        for problem in analysis.problems.iter().filter(|p| is_of_shape(p)) {
            if let Some(step) = step_at(analysis, problem) {
                unclear[step] = true;
            }
        }
        Self(unclear)
    }

    /// Whether a step is one of them.
    pub fn has(&self, step: usize) -> bool {
        self.0[step]
    }

    /// Whether a step needs one of them.
    fn feeds(&self, analysis: &Analysis, step: usize) -> bool {
        let needs = &analysis.manifest.steps[step].needs;
        needs.iter().any(|need| self.has(need.value))
    }
}

/// Whether a finding says that the manifest has not the form that it must have, so that some of it was not read.
fn is_of_shape(problem: &Diagnostic) -> bool {
    match problem.code {
        Code::WrongType | Code::MissingKey | Code::InvalidValue | Code::StepKind => true,
        Code::UnknownKey => problem.place().is_none_or(|place| {
            let key = place.source.slice(place.span);
            let known = HARMLESS
                .iter()
                .copied()
                .chain(["needs", "script", "inputs"]);
            !nearest(key, known).is_some_and(|near| HARMLESS.contains(&near))
        }),
        _ => false,
    }
}

/// The step of the manifest in whose lines a finding is.
fn step_at(analysis: &Analysis, problem: &Diagnostic) -> Option<usize> {
    let place = problem.place()?;
    if place.source != analysis.manifest.source {
        return None;
    }
    let steps = analysis.manifest.steps.iter().enumerate();
    let before = steps.filter(|(_, step)| step.span.start <= place.span.start);
    before
        .max_by_key(|(_, step)| step.span.start)
        .map(|(index, _)| index)
}

/// Whether a finding in the answers is told: not where it only follows from another, or is about a step that was not
/// selected.
pub fn is_told(
    analysis: &Analysis,
    unclear: &Unclear,
    finding: &Finding,
    selected: &[usize],
) -> bool {
    let step = finding.step.as_deref();
    let Some(at) = step.and_then(|step| analysis.manifest.find(step)) else {
        return true;
    };
    // Of a script that could not be read, nobody knows what it asks for, and what it takes by itself.
    let is_known = analysis.steps[at].is_whole && !unclear.has(at);
    match finding.diagnostic.code {
        Code::AnswerMissing => {
            let answer = finding.answer.as_deref();
            let is_input = answer.is_some_and(|answer| answer.starts_with("inputs."));
            let may_be_wired =
                is_input && (analysis.manifest.steps[at].lost_needs || unclear.feeds(analysis, at));
            selected.contains(&at) && is_known && !may_be_wired
        }
        Code::UnknownAnswer => is_known,
        _ => true,
    }
}

/// All findings without those that follow from others, and those that many places share as one.
pub fn without(analysis: &Analysis, unclear: &Unclear, problems: Diagnostics) -> Diagnostics {
    let is_broken = problems.has_errors();
    let is_unclear = |problem: &Diagnostic| {
        step_at(analysis, problem)
            .is_some_and(|step| unclear.has(step) || unclear.feeds(analysis, step))
    };
    let told = problems.changed(|problem| {
        let follows = match problem.code {
            // Who reads what is only known once the manifest says it clearly.
            Code::UnusedOutput => is_broken,
            Code::UnboundRequirement
            | Code::MisspeltName
            | Code::DriftNotRead
            | Code::DriftNotParsed
            | Code::NotUpstream
            | Code::InvalidReference
            | Code::InputNotFound
            | Code::InputKind => is_unclear(&problem),
            Code::UnknownOutput | Code::AnswerReference => {
                names_unclear(analysis, unclear, &problem)
            }
            _ => false,
        };
        (!follows).then_some(problem)
    });
    one_for_each_name(told)
}

/// Whether the finding is about an output of a step of which the outputs are not known.
fn names_unclear(analysis: &Analysis, unclear: &Unclear, problem: &Diagnostic) -> bool {
    let step = written(problem)
        .and_then(OutputRef::parse)
        .and_then(|from| analysis.manifest.find(&from.step));
    step.is_some_and(|step| unclear.has(step))
}

/// What is written where a finding is.
fn written(problem: &Diagnostic) -> Option<&str> {
    let place = problem.place()?;
    Some(place.source.slice(place.span).trim_matches(['"', '\'']))
}

/// A step that does not exist, told once however many places name it.
fn one_for_each_name(problems: Diagnostics) -> Diagnostics {
    let (unknown, mut told): (Vec<Diagnostic>, Vec<Diagnostic>) = problems
        .into_iter()
        .partition(|problem| problem.code == Code::UnknownStep);
    let mut places: HashMap<String, usize> = HashMap::new();
    // `needs` say it best: what else follows names the same step.
    let is_need = |problem: &Diagnostic| problem.message.contains(" needs ");
    let (needs, others): (Vec<_>, Vec<_>) = unknown.into_iter().partition(is_need);
    for problem in needs.into_iter().chain(others) {
        let name = match written(&problem) {
            Some(written) => OutputRef::parse(written)
                .filter(|_| problem.message.contains(&format!("`{written}` names")))
                .map_or_else(|| written.to_owned(), |from| from.step),
            None => String::new(),
        };
        match places.get(&name).filter(|_| !name.is_empty()) {
            Some(&at) if told[at].labels.len() < PLACES => {
                let labels = problem.labels.into_iter().take(1);
                told[at].labels.extend(labels);
            }
            Some(_) => {}
            None => {
                places.insert(name, told.len());
                told.push(problem);
            }
        }
    }
    told.into_iter().collect()
}
