//! Owns the way from the text of an answers file to answers: what fits comes as values with their places, everything
//! else as findings, all at once.

pub(crate) mod value;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use indexmap::IndexSet;
use serde_json::Value;

use self::value::Shapes;
use super::words::{self, Asker};
use super::{Answer, Answers, Finding, Given, StepAnswers, fill};
use crate::asked::{self, Family, StepRequirements, upstream};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::requirement::{DataType, Kind, OutputRef, Requirement, When};
use crate::shape::{self, Misfit, Pattern};
use crate::source::{Place, Source, Span};
use crate::yaml::{self, Document, Entry, Node};

/// How many unknown keys are told.
const STRANGERS: usize = 1000;

/// Looks a variable of the environment up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What an answers file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The answers that fit.
    pub answers: Answers,
    /// Everything that does not, and everything missing, in the order of the file.
    pub findings: Vec<Finding>,
}

/// How far a step's answers are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing<'l> {
    /// Whether the file names the step.
    pub mentioned: bool,
    /// How many answers fit.
    pub given: usize,
    /// Required answers that nobody gave: `args.job_type`.
    pub missing: Vec<&'l str>,
    /// Answers that do not fit.
    pub invalid: Vec<&'l Finding>,
}

impl Loaded {
    /// The findings without what they are about.
    pub fn diagnostics(&self) -> Diagnostics {
        self.findings
            .iter()
            .map(|finding| finding.diagnostic.clone())
            .collect()
    }

    /// How far each step is, in the order of `steps`.
    ///
    /// ```
    /// # use runtime_test::answers::{StepRequirements, load};
    /// let steps = [StepRequirements { step: "a", description: None, requirements: &[], needs: vec![] }];
    /// assert!(!load::absent(&steps).standings(&steps)[0].mentioned);
    /// ```
    pub fn standings(&self, steps: &[StepRequirements<'_>]) -> Vec<Standing<'_>> {
        let places: HashMap<&str, usize> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.step, at))
            .collect();
        let standing = |step: &StepRequirements<'_>| Standing {
            mentioned: self.answers.mentions(step.step),
            given: self
                .answers
                .step(step.step)
                .map_or(0, |answers| answers.iter().count()),
            ..Standing::default()
        };
        let mut standings: Vec<Standing<'_>> = steps.iter().map(standing).collect();
        for finding in &self.findings {
            let at = finding.step.as_deref().and_then(|step| places.get(step));
            let Some(standing) = at.map(|&at| &mut standings[at]) else {
                continue;
            };
            match (&finding.answer, finding.diagnostic.code) {
                (Some(answer), Code::AnswerMissing) => standing.missing.push(answer),
                _ => standing.invalid.push(finding),
            }
        }
        standings
    }
}

/// Reads the text of an answers file for a pipeline. Variables named in it have to be set in `environment`.
///
/// ```
/// # use runtime_test::{answers::load, source::Source};
/// let source = Source::new("a.yaml", "a.yaml", "steps:\n  trian: {}\n");
/// let loaded = load::load(&source, &[], &|_| None);
/// assert_eq!(loaded.findings[0].diagnostic.message, "no step `trian` in the pipeline");
/// ```
pub fn load(
    source: &Source,
    steps: &[StepRequirements<'_>],
    environment: Environment<'_>,
) -> Loaded {
    let document = match yaml::parse(source) {
        Ok(document) => document,
        Err(problems) => {
            let findings = problems
                .into_iter()
                .map(|diagnostic| finding(None, None, diagnostic));
            return Loaded {
                answers: Answers::default(),
                findings: findings.collect(),
            };
        }
    };
    let mut reading = Reading {
        asked: Asked::new(steps),
        steps,
        document: &document,
        environment,
        shapes: Shapes::default(),
        meant: HashSet::new(),
        strangers: 0,
        written: vec![None; steps.len()],
        top: document.nearest("/steps"),
        loaded: Loaded::default(),
    };
    reading.file();
    for index in 0..steps.len() {
        reading.conflicts(index);
        reading.missing(index);
    }
    let mut loaded = reading.loaded;
    loaded.findings.sort_by_key(|finding| {
        (
            finding
                .diagnostic
                .place()
                .map_or(0, |place| place.span.start),
            finding.diagnostic.code,
        )
    });
    loaded
}

/// What is missing where there is no answers file; the places are those that ask.
pub fn absent(steps: &[StepRequirements<'_>]) -> Loaded {
    let nothing = Source::new("", "", "");
    let mut loaded = load(&nothing, steps, &|_| None);
    for finding in &mut loaded.findings {
        finding
            .diagnostic
            .labels
            .retain(|label| label.place.source != nothing);
    }
    loaded
}

/// Patterns in manifests and contracts that are no regular expressions, each at the place that declares it.
pub fn bad_patterns(steps: &[StepRequirements<'_>]) -> Diagnostics {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut findings = Diagnostics::new();
    for step in steps {
        for requirement in step.requirements {
            let Some(pattern) = requirement.pattern.as_deref() else {
                continue;
            };
            if !*known
                .entry(pattern)
                .or_insert_with(|| Pattern::compile(pattern).is_ok())
            {
                findings.push(words::bad_pattern(
                    Asker {
                        step: step.step,
                        requirement,
                    },
                    pattern,
                ));
            }
        }
    }
    findings
}

/// What is asked, found by name.
struct Asked<'a> {
    steps: HashMap<&'a str, usize>,
    by_step: Vec<[HashMap<&'a str, Vec<&'a Requirement>>; 4]>,
}

impl<'a> Asked<'a> {
    fn new(steps: &'a [StepRequirements<'a>]) -> Self {
        let names = steps
            .iter()
            .enumerate()
            .map(|(index, step)| (step.step, index));
        let by_step = steps.iter().map(|step| {
            let mut by_kind: [HashMap<&str, Vec<&Requirement>>; 4] = Default::default();
            for requirement in step.answerable() {
                let by_name = &mut by_kind[requirement.kind as usize];
                by_name
                    .entry(requirement.name.as_str())
                    .or_default()
                    .push(requirement);
            }
            by_kind
        });
        Self {
            steps: names.collect(),
            by_step: by_step.collect(),
        }
    }

    /// Requirements of that name, or the family that the name belongs to.
    fn find(&self, index: usize, kind: Kind, name: &str) -> &[&'a Requirement] {
        let by_name = &self.by_step[index][kind as usize];
        let family = || {
            let belongs = |key: &str| Family::parse(key).is_some_and(|family| family.has(name));
            by_name
                .iter()
                .filter(|(key, _)| belongs(key))
                .min_by_key(|(key, _)| **key)
        };
        by_name
            .get(name)
            .or_else(|| family().map(|(_, found)| found))
            .map_or(&[], Vec::as_slice)
    }

    /// The section of that name, where the step asks for something in it.
    fn kind(&self, index: usize, section: &str) -> Option<Kind> {
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.section() == section)?;
        (!self.by_step[index][kind as usize].is_empty()).then_some(kind)
    }

    /// The section in which a step knows a name.
    fn kind_of(&self, index: usize, name: &str) -> Option<Kind> {
        let knows = |kind: &Kind| !self.find(index, *kind, name).is_empty();
        Kind::ALL.into_iter().find(knows)
    }
}

/// One file being read.
struct Reading<'a> {
    asked: Asked<'a>,
    steps: &'a [StepRequirements<'a>],
    document: &'a Document,
    environment: Environment<'a>,
    shapes: Shapes,
    /// Pointers below which something is wrong already, so that nothing is said to be missing there.
    meant: HashSet<String>,
    /// How many unknown keys were told.
    strangers: usize,
    /// Each step's entry in the file, where it has one.
    written: Vec<Option<&'a Entry>>,
    /// Where `steps` is written, or the top of the file.
    top: Span,
    loaded: Loaded,
}

/// An answer as it stands in the file.
struct Written<'a> {
    index: usize,
    requirement: &'a Requirement,
    entry: &'a Entry,
    value: Value,
}

impl<'a> Reading<'a> {
    /// The whole file, from the top.
    fn file(&mut self) {
        let document = self.document;
        for entry in self.mapping(&document.root, &[], None) {
            if entry.key == "steps" {
                for step in self.mapping(&entry.value, &["steps"], None) {
                    self.step(step);
                }
                continue;
            }
            let place = document.source.at(entry.key_span);
            let known = ["steps".to_owned()];
            if nearest(&entry.key, ["steps"]).is_some() {
                self.meant.insert("/steps".to_owned());
            }
            let told = shape::unknown_key(&entry.key, &known, "the answers", place);
            self.loaded.findings.push(finding(None, None, told));
        }
    }

    /// The entries of what has to be a mapping, or nothing at all; none, and a finding, where it is something else.
    fn mapping(&mut self, node: &'a Node, path: &[&str], step: Option<usize>) -> &'a [Entry] {
        let is_mapping = match &node.kind {
            yaml::Kind::Map(_) => true,
            yaml::Kind::Scalar(value) => value.is_null(),
            yaml::Kind::Seq(_) => false,
        };
        if !is_mapping {
            let place = self.document.source.at(node.shown());
            let told = shape::wrong_type(
                &["object"],
                &node.to_value(),
                &words::structure(path),
                place,
            );
            let step = step.map(|index| self.steps[index].step);
            self.loaded.findings.push(finding(step, None, told));
            let pointer = path
                .iter()
                .fold(String::new(), |pointer, key| yaml::join(&pointer, key));
            self.meant.insert(pointer);
        }
        node.entries()
    }

    /// Whether one more unknown key is told. A file with this many is not an answers file, and comparing each with all
    /// names would take long.
    fn tells_stranger(&mut self) -> bool {
        self.strangers += 1;
        self.strangers <= STRANGERS
    }

    /// One step's answers.
    fn step(&mut self, entry: &'a Entry) {
        let place = self.document.source.at(entry.key_span);
        let Some(&index) = self.asked.steps.get(entry.key.as_str()) else {
            if !self.tells_stranger() {
                return;
            }
            let names = self.steps.iter().map(|step| step.step);
            if let Some(meant) = nearest(&entry.key, names.clone()) {
                self.meant.insert(yaml::join("/steps", meant));
            }
            let told = words::unknown_step(&entry.key, names, place);
            self.loaded.findings.push(finding(None, None, told));
            return;
        };
        self.written[index] = Some(entry);
        let step = self.steps[index].step;
        self.loaded
            .answers
            .steps
            .insert(entry.key.clone(), StepAnswers::default());
        for section in self.mapping(&entry.value, &["steps", step], Some(index)) {
            match self.asked.kind(index, &section.key) {
                Some(kind) => {
                    for answer in self.mapping(
                        &section.value,
                        &["steps", step, kind.section()],
                        Some(index),
                    ) {
                        self.answer(index, kind, answer);
                    }
                }
                None => self.unknown_section(index, section),
            }
        }
    }

    fn unknown_section(&mut self, index: usize, entry: &Entry) {
        if !self.tells_stranger() {
            return;
        }
        let step = self.steps[index].step;
        let known: Vec<&str> = Kind::ALL
            .iter()
            .map(|kind| kind.section())
            .filter(|section| self.asked.kind(index, section).is_some())
            .collect();
        let elsewhere = self.asked.kind_of(index, &entry.key);
        let meant = match elsewhere {
            Some(kind) => Some(pointer(step, kind, &entry.key)),
            None => nearest(&entry.key, known.iter().copied())
                .map(|section| yaml::join(&yaml::join("/steps", step), section)),
        };
        self.meant.extend(meant);
        let place = self.document.source.at(entry.key_span);
        let told = words::unknown_section(
            &entry.key,
            step,
            elsewhere.map(Kind::section),
            &known,
            place,
        );
        self.loaded
            .findings
            .push(finding(Some(step), Some(entry.key.clone()), told));
    }

    /// One answer: taken over where it fits.
    fn answer(&mut self, index: usize, kind: Kind, entry: &'a Entry) {
        let step = self.steps[index].step;
        let found = self.asked.find(index, kind, &entry.key);
        let Some(requirement) = self.active(index, found) else {
            return self.unknown_answer(index, kind, entry);
        };
        let value = value::coerced(
            requirement,
            &requirement.value_type,
            &entry.value,
            &self.document.source,
        );
        if value.is_null() {
            return;
        }
        let misfits = self.shapes.misfits(requirement, &value);
        let written = Written {
            index,
            requirement,
            entry,
            value,
        };
        let told = match misfits.as_slice() {
            [] => match self.given(&written) {
                Ok(given) => {
                    if let Some(answers) = self.loaded.answers.steps.get_mut(step) {
                        answers.insert(kind, &entry.key, given);
                    }
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
        let answer = format!("{}.{}", kind.section(), entry.key);
        let findings = told
            .into_iter()
            .map(|told| finding(Some(step), Some(answer.clone()), told));
        self.loaded.findings.extend(findings);
    }

    /// A value, or a part of it, that does not have the right shape.
    fn unfit(&self, written: &Written<'a>, misfit: &Misfit) -> Diagnostic {
        let requirement = written.requirement;
        let step = self.steps[written.index].step;
        let at = pointer(step, requirement.kind, &written.entry.key);
        let part = written.value.pointer(&misfit.at).unwrap_or(&Value::Null);
        let misfit = Misfit {
            at: format!("{at}{}", misfit.at),
            fault: misfit.fault.clone(),
        };
        words::unfit(
            Asker { step, requirement },
            &misfit.fault,
            part,
            &misfit.place(self.document),
        )
    }

    fn unknown_answer(&mut self, index: usize, kind: Kind, entry: &Entry) {
        if !self.tells_stranger() {
            return;
        }
        let step = &self.steps[index];
        let known: IndexSet<&str> = step
            .answerable()
            .filter(|r| r.kind == kind)
            .map(|r| r.name.as_str())
            .collect();
        let elsewhere = self.asked.kind_of(index, &entry.key);
        let meant = match elsewhere {
            Some(kind) => Some(pointer(step.step, kind, &entry.key)),
            None => nearest(&entry.key, known.iter().copied())
                .map(|name| pointer(step.step, kind, name)),
        };
        self.meant.extend(meant);
        let place = self.document.source.at(entry.key_span);
        let elsewhere = elsewhere.map(Kind::section);
        let told = words::unknown_answer(&entry.key, kind, step.step, elsewhere, &known, place);
        let answer = format!("{}.{}", kind.section(), entry.key);
        self.loaded
            .findings
            .push(finding(Some(step.step), Some(answer), told));
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
        let pointer = pointer(self.steps[index].step, Kind::Arg, &when.arg);
        let given = self
            .document
            .value
            .pointer(&pointer)
            .filter(|value| !value.is_null());
        let decider = self.asked.find(index, Kind::Arg, &when.arg).first();
        let value = match (given, decider) {
            (Some(value), Some(decider)) => fill(decider, value, self.environment).ok()?.value,
            (Some(value), None) => value.clone(),
            (None, decider) => decider
                .and_then(|r| r.default.clone())
                .unwrap_or(Value::Null),
        };
        Some(shape::written(&value) == shape::written(&when.equals))
    }

    /// An answer of the right shape, unless something else is wrong with it.
    fn given(&self, written: &Written<'a>) -> Result<Given, Diagnostic> {
        let value = &written.value;
        let requirement = written.requirement;
        let asker = Asker {
            step: self.steps[written.index].step,
            requirement,
        };
        let place = self.document.source.at(written.entry.value.shown());
        let key = || self.document.source.at(written.entry.key_span);
        let from = value.get("from").and_then(Value::as_str);
        let answer = match from.map(|from| (from, OutputRef::parse(from))) {
            Some((from, output)) => {
                let inner = written.entry.value.entry("from");
                let inner = inner.map_or(place.span, |from| from.value.shown());
                let place = self.document.source.at(inner);
                self.reference(written.index, requirement, from, &place)?;
                output.map(Answer::From)
            }
            None => {
                let filled = fill(requirement, value, self.environment)
                    .map_err(|unset| words::unset(asker, &unset.0, place.clone()))?;
                let literal = filled.value == *value;
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
            && self.holds(written.index, when) == Some(false)
        {
            return Err(words::ignored(asker, when, key()));
        }
        let answer = answer.unwrap_or_else(|| Answer::Value(value.clone()));
        Ok(Given {
            answer,
            key: key(),
            place,
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
        let asker = Asker {
            step: self.steps[index].step,
            requirement,
        };
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
                Some((*requirement, given.key.clone()))
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

    /// Required answers that are not in the file.
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
                    words::missing(asker, Some(place), feeder.as_ref())
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
    fn place_for(&self, index: usize, requirement: &Requirement) -> Place {
        let step = self.written[index];
        let section = step.and_then(|step| step.value.entry(requirement.kind.section()));
        let answer = section.and_then(|section| section.value.entry(&requirement.name));
        let span = match answer.or(section).or(step) {
            Some(entry) => entry.key_span,
            None => self.top,
        };
        self.document.source.at(span)
    }

    /// Whether an answer is there, be it one that does not fit, or stands under a misspelt name.
    fn is_written(&self, index: usize, requirement: &Requirement) -> bool {
        let pointer = pointer(self.steps[index].step, requirement.kind, &requirement.name);
        let value = self.document.value.pointer(&pointer);
        value.is_some_and(|value| !value.is_null())
            || pointer
                .match_indices('/')
                .map(|(end, _)| &pointer[..end])
                .chain([pointer.as_str()])
                .any(|part| self.meant.contains(part))
    }
}

fn finding(step: Option<&str>, answer: Option<String>, diagnostic: Diagnostic) -> Finding {
    Finding {
        step: step.map(str::to_owned),
        answer,
        diagnostic,
    }
}

/// Where an answer stands, or would.
pub(super) fn pointer(step: &str, kind: Kind, name: &str) -> String {
    yaml::join(
        &yaml::join(&yaml::join("/steps", step), kind.section()),
        name,
    )
}
