//! Owns the judgement of answers: each by its own requirement, then those that exclude each other, then what is missing.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use serde_json::Value;

use super::gather::{Gathered, Hit};
use super::index::Asked;
use super::remarks;
use super::value::{self, Shapes};
use super::{Environment, Loaded, finding, pointer};
use crate::answers::sources::Origin;
use crate::answers::words::{self, Asker};
use crate::answers::{Answer, Given, fill};
use crate::asked::{self, Family, StepRequirements, upstream};
use crate::diagnostic::Diagnostic;
use crate::requirement::{DataType, Kind, OutputRef, Requirement, When};
use crate::shape::{self, Fault, Misfit};
use crate::source::Place;
use crate::yaml;

/// What judges.
pub(super) struct Judge<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) steps: &'a [StepRequirements<'a>],
    pub(super) environment: Environment<'a>,
    pub(super) gathered: &'a Gathered<'a>,
    /// Where answers that are missing belong, unless their step is written somewhere.
    pub(super) top: Option<Place>,
    pub(super) shapes: Shapes<'a>,
    /// What was told of answers given to all steps, by place: one mistake is one finding.
    pub(super) told: HashMap<(Origin, usize), Vec<Diagnostic>>,
    pub(super) loaded: Loaded,
}

/// An answer with what asks for it.
struct Written<'a> {
    index: usize,
    requirement: &'a Requirement,
    hit: Hit<'a>,
    value: Value,
}

impl<'a> Judge<'a> {
    /// Everything about one step.
    pub(super) fn step(&mut self, index: usize) {
        let gathered = self.gathered;
        for kind in Kind::ALL {
            for (name, hit) in &gathered.hits[index][kind as usize] {
                self.answer(index, kind, name, *hit);
            }
        }
        self.conflicts(index);
        self.missing(index);
    }

    /// One answer: taken over where it fits.
    fn answer(&mut self, index: usize, kind: Kind, name: &'a str, hit: Hit<'a>) {
        let Some(requirement) = self.active(index, self.asked.find(index, kind, name)) else {
            return;
        };
        let shared = matches!(hit.origin, Origin::Common | Origin::ProfileCommon);
        if shared && !self.is_for(index, requirement) {
            return;
        }
        let value = value::coerced(
            requirement,
            &requirement.value_type,
            &hit.entry.value,
            hit.source,
        );
        let misfits = self.shapes.misfits(requirement, &value);
        let written = Written {
            index,
            requirement,
            hit,
            value,
        };
        let told = match misfits.as_slice() {
            [] => match self.given(written) {
                Ok(given) => {
                    let step = self.steps[index].step;
                    self.loaded.answers.insert(step, kind, name, given);
                    // They stand in no step's way.
                    let told = remarks::of(self.asker(index, requirement), hit);
                    let told = told.into_iter().map(|told| finding(None, None, told));
                    self.loaded.findings.extend(told);
                    return;
                }
                Err(told) => vec![told],
            },
            [first, ..] if first.at.is_empty() => vec![self.unfit(&written, first)],
            items => items
                .iter()
                .map(|misfit| self.unfit(&written, misfit))
                .collect(),
        };
        let told = match shared {
            true => {
                let place = (hit.origin, hit.entry.key_span.start);
                self.told.entry(place).or_insert(told).clone()
            }
            false => told,
        };
        let answer = format!("{}.{name}", kind.section());
        let step = self.steps[index].step;
        let findings = told
            .into_iter()
            .map(|told| finding(Some(step), Some(answer.clone()), told));
        self.loaded.findings.extend(findings);
    }

    /// Whether what is given to all counts for a requirement: not where its condition does not hold, nor where the step
    /// itself gives what excludes it.
    fn is_for(&self, index: usize, requirement: &Requirement) -> bool {
        let holds = |when| self.holds(index, when) != Some(false);
        let Some(group) = &requirement.exclusive else {
            return requirement.when.as_ref().is_none_or(holds);
        };
        let is_own = |r: &Requirement| {
            let hit = self.gathered.hits[index][r.kind as usize].get(r.name.as_str());
            hit.is_some_and(|hit| hit.origin <= Origin::Answers)
        };
        let others = self.steps[index].answerable();
        !others
            .filter(|r| r.exclusive.as_ref() == Some(group))
            .any(is_own)
    }

    /// A value, or a part of it, that does not have the right shape.
    fn unfit(&self, written: &Written<'a>, misfit: &Misfit) -> Diagnostic {
        let asker = self.asker(written.index, written.requirement);
        let part = written.value.pointer(&misfit.at).unwrap_or(&Value::Null);
        words::unfit(asker, &misfit.fault, part, &place_in(written.hit, misfit))
    }

    fn asker<'r>(&self, index: usize, requirement: &'r Requirement) -> Asker<'r>
    where
        'a: 'r,
    {
        Asker {
            step: self.steps[index].step,
            requirement,
        }
    }

    /// Of several requirements of one name, the one whose condition holds.
    fn active(&self, index: usize, found: &[&'a Requirement]) -> Option<&'a Requirement> {
        let holds = |r: &&&Requirement| {
            r.when
                .as_ref()
                .is_none_or(|when| self.holds(index, when) == Some(true))
        };
        match found {
            [one] => Some(one),
            many => many.iter().find(holds).or_else(|| many.first()).copied(),
        }
    }

    /// Whether a condition holds; not known where the answer that decides is a variable that is not set.
    fn holds(&self, index: usize, when: &When) -> Option<bool> {
        let hits = &self.gathered.hits[index][Kind::Arg as usize];
        let given = hits
            .get(when.arg.as_str())
            .map(|hit| hit.entry.value.to_value());
        let decider = self.asked.find(index, Kind::Arg, &when.arg).first();
        let value = match (given, decider) {
            (Some(value), Some(decider)) => fill(decider, &value, self.environment).ok()?.value,
            (Some(value), None) => value,
            (None, decider) => decider
                .and_then(|r| r.default.clone())
                .unwrap_or(Value::Null),
        };
        Some(shape::written(&value) == shape::written(&when.equals))
    }

    /// An answer of the right shape, unless something else is wrong with it.
    fn given(&self, written: Written<'a>) -> Result<Given, Diagnostic> {
        let Written {
            index,
            requirement,
            hit,
            value,
        } = written;
        let asker = self.asker(index, requirement);
        let place = hit.place();
        let from = value.get("from").and_then(Value::as_str);
        let answer = match from.map(|from| (from, OutputRef::parse(from))) {
            Some((from, output)) => {
                let inner = hit.entry.value.entry("from");
                let inner = inner.map_or(place.span, |from| from.value.shown());
                self.reference(index, requirement, from, &hit.source.at(inner))?;
                output.map(Answer::From)
            }
            None => {
                let filled = fill(requirement, &value, self.environment)
                    .map_err(|unset| words::unset(asker, &unset.0, place.clone()))?;
                let literal = filled.value == value;
                value::check_filled(
                    asker,
                    &requirement.value_type,
                    &filled.value,
                    literal,
                    &place,
                )?;
                None
            }
        };
        if let Some(when) = &requirement.when
            && self.holds(index, when) == Some(false)
        {
            return Err(words::ignored(asker, when, hit.key()));
        }
        Ok(Given {
            answer: answer.unwrap_or(Answer::Value(value)),
            key: hit.key(),
            place,
            origin: hit.origin,
        })
    }

    /// Whether `from: step.output` leads to an output that can feed the requirement.
    fn reference(
        &self,
        index: usize,
        requirement: &Requirement,
        from: &str,
        place: &Place,
    ) -> Result<(), Diagnostic> {
        let asker = self.asker(index, requirement);
        let output = OutputRef::parse(from);
        let target = output
            .as_ref()
            .and_then(|o| self.asked.steps.get(o.step.as_str()).copied());
        let found = target.zip(output).and_then(|(at, output)| {
            let named = |r: &&Requirement| r.kind == Kind::Output && r.name == output.output;
            self.steps[at]
                .requirements
                .iter()
                .find(named)
                .map(|found| (at, found))
        });
        let Some((target, found)) = found else {
            return Err(words::no_such_output(
                asker,
                from,
                &self.candidates(index),
                place.clone(),
            ));
        };
        let meet = |at| match at == target {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        if upstream(self.steps, index, meet).is_none() {
            let target = self.steps[target].step;
            return Err(words::not_upstream(asker, from, target, place.clone()));
        }
        match DataType::feeds(found.data_type, requirement.data_type) {
            true => Ok(()),
            false => Err(words::other_data(asker, from, found, place.clone())),
        }
    }

    /// Outputs of steps that run before, to suggest.
    fn candidates(&self, index: usize) -> Vec<String> {
        const MOST: usize = 1000;
        let mut all = Vec::new();
        upstream(self.steps, index, |at| {
            let outputs = self.steps[at]
                .requirements
                .iter()
                .filter(|r| r.kind == Kind::Output);
            all.extend(outputs.map(|r| format!("{}.{}", self.steps[at].step, r.name)));
            match all.len() > MOST {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        all
    }

    /// Answers of one exclusive group.
    fn conflicts(&mut self, index: usize) {
        let step = &self.steps[index];
        for members in asked::groups(step).into_values() {
            let given = members.iter().filter_map(|requirement| {
                let given =
                    self.loaded
                        .answers
                        .get(step.step, requirement.kind, &requirement.name)?;
                // A switch that is off is no more given than one that is not written.
                let is_off = matches!(&given.answer, Answer::Value(Value::Bool(false)));
                (!is_off).then(|| (*requirement, given.key.clone()))
            });
            let mut given: Vec<_> = given.collect();
            given.sort_by_key(|(_, key)| key.span.start);
            for pair in given.windows(2) {
                let ((first, first_key), (second, second_key)) = (&pair[0], &pair[1]);
                if first.key() != second.key() {
                    let asker = Asker {
                        step: step.step,
                        requirement: second,
                    };
                    let told = words::conflict(asker, first, second_key.clone(), first_key.clone());
                    let answer = Some(second.key());
                    self.loaded
                        .findings
                        .push(finding(Some(step.step), answer, told));
                }
            }
        }
    }

    /// Required answers that are nowhere.
    fn missing(&mut self, index: usize) {
        let step = &self.steps[index];
        let conditional = |r: &Requirement| {
            r.needs_answer()
                && r.exclusive.is_none()
                && Family::parse(&r.name).is_none()
                && r.when
                    .as_ref()
                    .is_some_and(|when| self.holds(index, when) == Some(true))
        };
        let alone = step
            .requirements
            .iter()
            .filter(|r| asked::is_required(r) || conditional(r));
        let alone = alone.map(|requirement| vec![requirement]);
        let wanted: Vec<_> = alone.chain(asked::required_groups(step)).collect();
        let mut told = HashSet::new();
        for members in wanted {
            let Some(&requirement) = members.first() else {
                continue;
            };
            if members.iter().any(|r| self.is_written(index, r)) || !told.insert(requirement.key())
            {
                continue;
            }
            let place = self.place_for(index, requirement);
            let asker = Asker {
                step: step.step,
                requirement,
            };
            let diagnostic = match members.len() {
                1 => {
                    let feeder = asked::takes_output(requirement)
                        .then(|| asked::feeder(self.steps, index, requirement))
                        .flatten();
                    words::missing(asker, place, feeder.as_ref())
                }
                _ => words::missing_group(asker, &members, place),
            };
            let answer = Some(requirement.key());
            self.loaded
                .findings
                .push(finding(Some(step.step), answer, diagnostic));
        }
    }

    /// Where an answer that is missing belongs: at its key, or the nearest key above it that is there.
    fn place_for(&self, index: usize, requirement: &Requirement) -> Option<Place> {
        let Some(step) = self.gathered.written[index] else {
            return self.top.clone();
        };
        let section = step.entry.value.entry(requirement.kind.section());
        let answer = section.and_then(|section| section.value.entry(&requirement.name));
        let entry = answer.or(section).unwrap_or(step.entry);
        Some(step.source.at(entry.key_span))
    }

    /// Whether an answer is there, be it one that does not fit, or stands under a misspelt name.
    fn is_written(&self, index: usize, requirement: &Requirement) -> bool {
        let hits = &self.gathered.hits[index][requirement.kind as usize];
        if hits.contains_key(requirement.name.as_str()) {
            return true;
        }
        let meant = &self.gathered.meant;
        if meant.is_empty() {
            return false;
        }
        let pointer = pointer(self.steps[index].step, requirement.kind, &requirement.name);
        pointer
            .match_indices('/')
            .map(|(end, _)| &pointer[..end])
            .chain([pointer.as_str()])
            .any(|part| meant.contains(part))
    }
}

/// The bytes of an answer to point at: an unknown key itself, else the value, or its key where no value is written.
fn place_in(hit: Hit<'_>, misfit: &Misfit) -> Place {
    let node = &hit.entry.value;
    let located = match &misfit.fault {
        Fault::Unknown { key, .. } => node
            .locate(&yaml::join(&misfit.at, key))
            .and_then(|l| l.key),
        Fault::Missing { .. } => node.locate(&misfit.at).and_then(|l| l.key),
        _ => node.locate(&misfit.at).map(yaml::Located::shown),
    };
    let span = located.filter(|span| !span.is_empty());
    hit.source.at(span.unwrap_or(hit.entry.key_span))
}
