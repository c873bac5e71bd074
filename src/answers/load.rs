//! Owns the way from the text of an answers file to answers: what fits comes as values with their places, everything
//! else as findings, all at once.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use serde_json::Value;

use super::words::{self, Asker};
use super::{
    Answer, Answers, Family, Finding, Given, StepAnswers, StepRequirements, feeds, fill, upstream,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::requirement::{Kind, OutputRef, Requirement, ValueType, When};
use crate::schema::{self, Reader};
use crate::shape::{self, Fault, Misfit, Pattern, Shape};
use crate::source::{Place, Source};
use crate::yaml::{self, Document, Node};

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
        unfit: HashSet::new(),
        meant: HashSet::new(),
        loaded: Loaded::default(),
    };
    let written = reading.written();
    let instance = reading.instance(&written);
    reading.compare(&instance);
    reading.collect(&written, &instance);
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

/// What is missing where there is no answers file.
pub fn absent(steps: &[StepRequirements<'_>]) -> Loaded {
    let mut loaded = Loaded::default();
    for step in steps {
        let alone = step.requirements.iter().filter(|r| schema::is_required(r));
        let groups = schema::required_groups(step).filter_map(|members| members.first().copied());
        for requirement in alone.chain(groups) {
            let asker = Asker {
                step: step.step,
                requirement,
            };
            let diagnostic = words::missing(asker, None, None);
            loaded.findings.push(finding(
                Some(step.step),
                Some(requirement.key()),
                diagnostic,
            ));
        }
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
}

/// One file being read.
struct Reading<'a> {
    asked: Asked<'a>,
    steps: &'a [StepRequirements<'a>],
    document: &'a Document,
    environment: Environment<'a>,
    /// Pointers of answers that have a finding.
    unfit: HashSet<String>,
    /// Pointers below which something is wrong already, so that nothing is said to be missing there.
    meant: HashSet<String>,
    loaded: Loaded,
}

/// An answer as it stands in the file.
struct Written<'a> {
    index: usize,
    requirement: &'a Requirement,
    /// Its name there; the requirement's own, or one of a family.
    name: &'a str,
    pointer: String,
    key: Place,
    node: &'a Node,
}

impl<'a> Reading<'a> {
    /// Every answer in the file that is asked for, in the file's order.
    fn written(&self) -> Vec<Written<'a>> {
        let document = self.document;
        let mut all = Vec::new();
        for step in document
            .root
            .entry("steps")
            .map_or(&[][..], |entry| entry.value.entries())
        {
            let Some(&index) = self.asked.steps.get(step.key.as_str()) else {
                continue;
            };
            let pointer = yaml::join("/steps", &step.key);
            for kind in Kind::ALL {
                let Some(section) = step.value.entry(kind.section()) else {
                    continue;
                };
                let pointer = yaml::join(&pointer, kind.section());
                for entry in section.value.entries() {
                    let found = self.asked.find(index, kind, &entry.key);
                    let Some(requirement) = self.active(index, found) else {
                        continue;
                    };
                    all.push(Written {
                        index,
                        requirement,
                        name: &entry.key,
                        pointer: yaml::join(&pointer, &entry.key),
                        key: document.source.at(entry.key_span),
                        node: &entry.value,
                    });
                }
            }
        }
        all
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

    /// The document as a value in which texts that look like numbers are texts where a text is asked for, and empty
    /// sections are empty mappings.
    fn instance(&self, all: &[Written<'_>]) -> Value {
        let mut instance = self.document.value.clone();
        let Some(steps) = instance.get_mut("steps") else {
            return instance;
        };
        for written in all {
            let requirement = written.requirement;
            let slot = steps
                .get_mut(self.steps[written.index].step)
                .and_then(|step| step.get_mut(requirement.kind.section()))
                .and_then(|section| section.get_mut(written.name));
            if let Some(slot) = slot {
                let source = &self.document.source;
                coerce(
                    requirement,
                    &requirement.value_type,
                    written.node,
                    source,
                    slot,
                );
            }
        }
        empty_for_null(steps);
        for step in steps
            .as_object_mut()
            .into_iter()
            .flat_map(|map| map.values_mut())
        {
            empty_for_null(step);
            for section in step
                .as_object_mut()
                .into_iter()
                .flat_map(|map| map.values_mut())
            {
                empty_for_null(section);
            }
        }
        instance
    }

    /// Compares the file with the schema.
    fn compare(&mut self, instance: &Value) {
        match Shape::compile(schema::schema("", self.steps, Reader::Check)) {
            Ok(shape) => {
                for misfit in shape.misfits(instance) {
                    self.tell(&misfit, instance);
                }
            }
            Err(_) => {
                let bad = bad_patterns(self.steps)
                    .into_iter()
                    .map(|d| finding(None, None, d));
                self.loaded.findings.extend(bad);
            }
        }
    }

    /// Turns what does not fit into a finding. What is missing, or excludes each other, is told by other functions.
    fn tell(&mut self, misfit: &Misfit, instance: &Value) {
        let parts = shape::parts(&misfit.at);
        let value = instance.pointer(&misfit.at).unwrap_or(&Value::Null);
        let told_elsewhere = match &misfit.fault {
            Fault::Missing { .. } => parts.len() < 4,
            Fault::Type { expected } => expected == &["null"],
            _ => false,
        };
        if told_elsewhere || value.is_null() && parts.len() <= 4 {
            return;
        }
        let place = misfit.place(self.document);
        let step = parts
            .get(1)
            .and_then(|name| self.asked.steps.get(name.as_str()).copied());
        let mut answer = None;
        if let Fault::Unknown { key, known } = &misfit.fault
            && parts.len() < 4
        {
            let meant = nearest(key, known.iter().map(String::as_str));
            self.meant
                .extend(meant.map(|meant| yaml::join(&misfit.at, meant)));
        }
        let diagnostic = match (parts.as_slice(), &misfit.fault, step) {
            ([], Fault::Unknown { key, known }, _) => {
                shape::unknown_key(key, known, "the answers", place)
            }
            ([_], Fault::Unknown { key, .. }, _) => {
                words::unknown_step(key, self.steps.iter().map(|step| step.step), place)
            }
            ([_, _], Fault::Unknown { key, known }, Some(index)) => {
                answer = Some(key.clone());
                let step = self.steps[index].step;
                let section = self.section_of(index, key);
                self.meant
                    .extend(section.map(|kind| pointer(step, kind, key)));
                words::unknown_section(key, step, section.map(Kind::section), known, place)
            }
            ([_, _, section], Fault::Unknown { key, known }, Some(index)) => {
                answer = Some(format!("{section}.{key}"));
                let step = self.steps[index].step;
                let elsewhere = self.section_of(index, key);
                self.meant
                    .extend(elsewhere.map(|kind| pointer(step, kind, key)));
                let elsewhere = elsewhere.map(Kind::section);
                words::unknown_answer(key, section, step, elsewhere, known, place)
            }
            ([_, _, section, key, deeper @ ..], fault, Some(index)) => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.section() == section);
                let found = kind.map_or(&[][..], |kind| self.asked.find(index, kind, key));
                let Some(requirement) = self.active(index, found) else {
                    return;
                };
                let first = self.unfit.insert(answer_pointer(&misfit.at));
                if !first && deeper.is_empty() {
                    return;
                }
                answer = Some(format!("{section}.{key}"));
                let asker = Asker {
                    step: self.steps[index].step,
                    requirement,
                };
                match deeper {
                    [from] if from == "from" => match value.as_str() {
                        Some(text) => match self.reference(index, requirement, text, &place) {
                            Err(diagnostic) => diagnostic,
                            Ok(()) => return,
                        },
                        None => words::unfit(asker, fault, value, &place),
                    },
                    _ => words::unfit(asker, fault, value, &place),
                }
            }
            (parts, Fault::Type { .. }, _) => {
                self.meant.insert(misfit.at.clone());
                shape::wrong_type(&["object"], value, &words::structure(parts), place)
            }
            _ => return,
        };
        let name = step.map(|index| self.steps[index].step);
        self.loaded.findings.push(finding(name, answer, diagnostic));
    }

    /// The section in which a step knows a name.
    fn section_of(&self, index: usize, name: &str) -> Option<Kind> {
        let knows = |kind: &Kind| !self.asked.find(index, *kind, name).is_empty();
        Kind::ALL.into_iter().find(knows)
    }

    /// Takes over every answer that fits, and checks what a schema cannot.
    fn collect(&mut self, all: &[Written<'a>], instance: &Value) {
        for step in self
            .document
            .root
            .entry("steps")
            .map_or(&[][..], |e| e.value.entries())
        {
            if self.asked.steps.contains_key(step.key.as_str()) {
                self.loaded
                    .answers
                    .steps
                    .insert(step.key.clone(), StepAnswers::default());
            }
        }
        for written in all {
            let value = instance.pointer(&written.pointer).unwrap_or(&Value::Null);
            if value.is_null() || self.unfit.contains(&written.pointer) {
                continue;
            }
            match self.answer(written, value) {
                Ok(given) => {
                    let step = self.steps[written.index].step;
                    if let Some(answers) = self.loaded.answers.steps.get_mut(step) {
                        answers.insert(written.requirement.kind, written.name, given);
                    }
                }
                Err(diagnostic) => {
                    let answer = format!("{}.{}", written.requirement.kind.section(), written.name);
                    let step = Some(self.steps[written.index].step);
                    self.loaded
                        .findings
                        .push(finding(step, Some(answer), diagnostic));
                }
            }
        }
    }

    /// An answer of the right shape, unless something else is wrong with it.
    fn answer(&self, written: &Written<'a>, value: &Value) -> Result<Given, Diagnostic> {
        let requirement = written.requirement;
        let asker = Asker {
            step: self.steps[written.index].step,
            requirement,
        };
        let place = self.document.source.at(written.node.shown());
        let from = value.get("from").and_then(Value::as_str);
        let answer = match from.map(|from| (from, OutputRef::parse(from))) {
            Some((from, output)) => {
                self.reference(written.index, requirement, from, &place)?;
                output.map(Answer::From)
            }
            None => {
                let filled = fill(requirement, value, self.environment)
                    .map_err(|unset| words::unset(asker, &unset.0, place.clone()))?;
                let literal = filled.value == *value;
                check_filled(
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
            return Err(words::ignored(asker, when, written.key.clone()));
        }
        let answer = answer.unwrap_or_else(|| Answer::Value(value.clone()));
        Ok(Given {
            answer,
            key: written.key.clone(),
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
        match feeds(found.data_type, requirement.data_type) {
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
        for members in schema::groups(step).into_values() {
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
            .filter(|r| schema::is_required(r) || conditional(r));
        let alone = alone.map(|requirement| vec![requirement]);
        let wanted: Vec<_> = alone.chain(schema::required_groups(step)).collect();
        let mut told = HashSet::new();
        for members in wanted {
            let Some(&requirement) = members.first() else {
                continue;
            };
            if members.iter().any(|r| self.is_written(index, r)) || !told.insert(requirement.key())
            {
                continue;
            }
            let at = pointer(step.step, requirement.kind, &requirement.name);
            let place = self.document.source.at(self.document.nearest(&at));
            let asker = Asker {
                step: step.step,
                requirement,
            };
            let diagnostic = match members.len() {
                1 => {
                    let feeders = super::takes_output(requirement)
                        .then(|| super::feeders(self.steps, index, requirement, 3))
                        .flatten();
                    words::missing(asker, Some(place), feeders.as_deref())
                }
                _ => words::missing_group(asker, &members, place),
            };
            let answer = Some(requirement.key());
            self.loaded
                .findings
                .push(finding(Some(step.step), answer, diagnostic));
        }
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

/// The pointer of the answer that a deeper pointer lies in.
fn answer_pointer(pointer: &str) -> String {
    let end = pointer
        .match_indices('/')
        .nth(4)
        .map_or(pointer.len(), |(at, _)| at);
    pointer[..end].to_owned()
}

fn empty_for_null(value: &mut Value) {
    if value.is_null() {
        *value = Value::Object(serde_json::Map::new());
    }
}

/// Whether values of a type are passed on as they are written.
fn is_text(value_type: &ValueType) -> bool {
    matches!(
        value_type,
        ValueType::String | ValueType::Path | ValueType::Choice
    )
}

/// Gives a value the type that is asked for where its text leaves no doubt: `2020` where a text is asked for is the
/// text as written, `1e3` where a whole number is asked for is 1000.
fn coerce(
    requirement: &Requirement,
    value_type: &ValueType,
    node: &Node,
    source: &Source,
    slot: &mut Value,
) {
    match (&node.kind, value_type) {
        (yaml::Kind::Seq(items), ValueType::List(of)) => {
            if let Value::Array(slots) = slot {
                for (item, slot) in items.iter().zip(slots) {
                    coerce(requirement, of, item, source, slot);
                }
            }
        }
        (yaml::Kind::Scalar(value), _) if value.is_number() || value.is_boolean() => {
            let text = Value::String(source.slice(node.span).to_owned());
            if !requirement.choices.is_empty() {
                if !requirement.choices.contains(value) && requirement.choices.contains(&text) {
                    *slot = text;
                }
            } else if is_text(value_type) && (value.is_number() || *value_type != ValueType::Path) {
                *slot = text;
            } else if *value_type == ValueType::Int
                && let Some(float) = value.as_f64().filter(|_| value.is_f64())
                && let Some(whole) = schema::number(float).filter(Value::is_i64)
            {
                *slot = whole;
            }
        }
        _ => {}
    }
}

/// Checks a value once its variables are filled in; `literal` where it had none, so that the schema has seen it.
fn check_filled(
    asker: Asker<'_>,
    value_type: &ValueType,
    value: &Value,
    literal: bool,
    place: &Place,
) -> Result<(), Diagnostic> {
    let requirement = asker.requirement;
    if let (ValueType::List(of), Value::Array(items)) = (value_type, value) {
        return items
            .iter()
            .try_for_each(|item| check_filled(asker, of, item, literal, place));
    }
    let told = |fault: Fault| Err(words::unfit(asker, &fault, value, place));
    if !requirement.choices.is_empty() {
        let text = Value::String(shape::written(value));
        return match requirement.choices.contains(value) || requirement.choices.contains(&text) {
            true => Ok(()),
            false => told(Fault::Choice {
                options: requirement.choices.clone(),
            }),
        };
    }
    let number = value
        .as_f64()
        .or_else(|| yaml::resolve(value.as_str()?).as_f64());
    match value_type {
        ValueType::Int if number.is_none() || value.is_f64() => {
            return told(Fault::Type {
                expected: vec!["integer"],
            });
        }
        ValueType::Float if number.is_none() => {
            return told(Fault::Type {
                expected: vec!["number"],
            });
        }
        ValueType::Bool if !value.is_boolean() && requirement.kind != Kind::Env => {
            return told(Fault::Type {
                expected: vec!["boolean"],
            });
        }
        _ => {}
    }
    if matches!(value_type, ValueType::Int | ValueType::Float)
        && let Some(number) = number
    {
        let limit = |limit: f64| schema::number(limit).unwrap_or(Value::Null);
        if let Some(min) = requirement.min.filter(|min| number < *min) {
            return told(Fault::TooSmall {
                limit: limit(min),
                exclusive: false,
            });
        }
        if let Some(max) = requirement.max.filter(|max| number > *max) {
            return told(Fault::TooLarge {
                limit: limit(max),
                exclusive: false,
            });
        }
    }
    if let (Some(pattern), Some(text), false) = (&requirement.pattern, value.as_str(), literal)
        && is_text(value_type)
        && Pattern::compile(pattern).is_ok_and(|compiled| !compiled.fits(text))
    {
        return told(Fault::Pattern {
            pattern: pattern.clone(),
        });
    }
    Ok(())
}
