//! Owns the form of answers files: the walk from the top of each down to its answers, of which the strongest counts, and
//! what is told of keys that mean nothing.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

use super::index::Asked;
use super::setting::Setting;
use super::{finding, pointer, remarks};
use crate::answers::sources::Origin;
use crate::answers::{COMMON, Finding, words};
use crate::asked::StepRequirements;
use crate::diagnostic::nearest;
use crate::requirement::Kind;
use crate::secret;
use crate::shape;
use crate::source::{Place, Source};
use crate::yaml::{self, Entry, Node, Tree};

/// How many unknown keys are told.
const STRANGERS: usize = 1000;

/// An answers file, with the origins of the answers under its steps and of those it gives to all.
pub(super) struct Sheet {
    /// What is written.
    pub(super) tree: Tree,
    /// Of what stands under a step.
    pub(super) own: Origin,
    /// Of what is given to all.
    pub(super) common: Origin,
}

/// An answer as it stands in a text.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) source: &'a Source,
    pub(super) entry: &'a Entry,
    pub(super) origin: Origin,
}

impl Hit<'_> {
    /// Where its value is written.
    pub(super) fn place(self) -> Place {
        self.source.at(self.entry.value.shown())
    }

    /// Where its name is written.
    pub(super) fn key(self) -> Place {
        self.source.at(self.entry.key_span)
    }
}

/// What all texts hold.
pub(super) struct Gathered<'a> {
    asked: &'a Asked<'a>,
    steps: &'a [StepRequirements<'a>],
    /// The strongest answer to each name, by step and kind; none is empty.
    pub(super) hits: Vec<[IndexMap<&'a str, Hit<'a>>; 4]>,
    /// Whether a text names each step.
    pub(super) mentioned: Vec<bool>,
    /// Each step's entry in the weakest file, where answers that are missing are to be written.
    pub(super) written: Vec<Option<Hit<'a>>>,
    /// Pointers below which something is wrong already, so that nothing is said to be missing there.
    pub(super) meant: HashSet<String>,
    /// What is told.
    pub(super) findings: Vec<Finding>,
    /// How many unknown keys were told.
    strangers: usize,
}

/// Gathers all answers; `sheets` come with the strongest first.
pub(super) fn gather<'a>(
    asked: &'a Asked<'a>,
    steps: &'a [StepRequirements<'a>],
    settings: &'a [Setting],
    sheets: &'a [Sheet],
) -> Gathered<'a> {
    let mut gathered = Gathered {
        asked,
        steps,
        hits: steps.iter().map(|_| Default::default()).collect(),
        mentioned: vec![false; steps.len()],
        written: vec![None; steps.len()],
        meant: HashSet::new(),
        findings: Vec::new(),
        strangers: 0,
    };
    // Of two for the same, the last one typed counts.
    for setting in settings.iter().rev() {
        gathered.setting(setting);
    }
    for sheet in sheets {
        gathered.file(sheet);
    }
    for sheet in sheets {
        gathered.common(sheet);
    }
    gathered
}

impl<'a> Gathered<'a> {
    /// An answer of the command line.
    fn setting(&mut self, setting: &'a Setting) {
        let name = setting.source.slice(setting.step);
        let place = setting.source.at(setting.step);
        let Some(index) = self.step_at(name, None, place) else {
            return;
        };
        let hit = Hit {
            source: &setting.source,
            entry: &setting.entry,
            origin: Origin::CommandLine,
        };
        self.answer(index, setting.kind, hit);
    }

    /// A whole file, from the top; what it gives to all comes later, for it is weaker.
    fn file(&mut self, sheet: &'a Sheet) {
        let source = &sheet.tree.source;
        for entry in self.mapping(source, &sheet.tree.root, &[], None) {
            match entry.key.as_str() {
                "steps" => {
                    let steps = self.mapping(source, &entry.value, &["steps"], None);
                    for step in steps {
                        self.step(source, sheet.own, step, steps);
                    }
                }
                COMMON => {}
                key if self.asked.steps.contains_key(key) => {
                    self.meant.insert(yaml::join("/steps", key));
                    let told = words::outside_of_steps(key, source.at(entry.key_span));
                    self.findings.push(finding(Some(key), None, told));
                }
                key => {
                    let known = ["steps".to_owned(), COMMON.to_owned()];
                    if nearest(key, ["steps"]).is_some() {
                        self.meant.insert("/steps".to_owned());
                    }
                    let place = source.at(entry.key_span);
                    let told = shape::unknown_key(key, &known, "the answers", place);
                    self.findings.push(finding(None, None, told));
                }
            }
        }
    }

    /// What a file gives to every step that asks for it.
    fn common(&mut self, sheet: &'a Sheet) {
        let source = &sheet.tree.source;
        let Some(common) = sheet.tree.root.entry(COMMON) else {
            return;
        };
        for section in self.mapping(source, &common.value, &[COMMON], None) {
            let kinds = Kind::SHARED.into_iter();
            let Some(kind) = kinds.into_iter().find(|kind| kind.section() == section.key) else {
                if self.tells_stranger() {
                    let told =
                        words::unknown_common_section(&section.key, source.at(section.key_span));
                    self.findings.push(finding(None, None, told));
                }
                continue;
            };
            for entry in self.mapping(source, &section.value, &[COMMON, kind.section()], None) {
                let hit = Hit {
                    source,
                    entry,
                    origin: sheet.common,
                };
                self.share(kind, hit);
            }
        }
    }

    /// One answer for every step that asks for it and has none of its own.
    fn share(&mut self, kind: Kind, hit: Hit<'a>) {
        let asks = |index: &usize| !self.asked.find(*index, kind, &hit.entry.key).is_empty();
        let asking: Vec<usize> = (0..self.steps.len()).filter(asks).collect();
        if asking.is_empty() {
            if self.tells_stranger() {
                let all = self.steps.iter().flat_map(StepRequirements::answerable);
                let known: IndexSet<&str> = all
                    .filter(|r| r.kind == kind)
                    .map(|r| r.name.as_str())
                    .collect();
                let told = words::unknown_common(&hit.entry.key, kind, &known, hit.key());
                self.findings.push(finding(None, None, told));
            }
            return;
        }
        for index in asking {
            self.keep(index, kind, hit);
        }
    }

    /// Keeps an answer, unless there is a stronger one, or nothing is written.
    fn keep(&mut self, index: usize, kind: Kind, hit: Hit<'a>) {
        if !is_nothing(&hit.entry.value) {
            self.hits[index][kind as usize]
                .entry(&hit.entry.key)
                .or_insert(hit);
        }
    }

    /// The entries of what has to be a mapping, or nothing at all; none, and a finding, where it is something else.
    fn mapping(
        &mut self,
        source: &Source,
        node: &'a Node,
        path: &[&str],
        step: Option<usize>,
    ) -> &'a [Entry] {
        if !(matches!(node.kind, yaml::Kind::Map(_)) || is_nothing(node)) {
            let told = shape::wrong_type(
                &["object"],
                &node.to_value(),
                &words::structure(path),
                source.at(node.shown()),
            );
            let step = step.map(|index| self.steps[index].step);
            self.findings.push(finding(step, None, told));
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

    /// The place of the step of that name; a finding where there is none. `written` is its entry, and those beside it.
    fn step_at(
        &mut self,
        name: &str,
        written: Option<(&Entry, &[Entry])>,
        place: Place,
    ) -> Option<usize> {
        let found = self.asked.steps.get(name).copied();
        if found.is_none() && self.tells_stranger() {
            let names = self.steps.iter().map(|step| step.step);
            let meant = nearest(name, names.clone());
            // Nothing is lost with the empty entry of a step that is gone; one that is misspelt is another matter.
            let is_lost = written.is_none_or(|(entry, others)| {
                let is_meant = |meant| !others.iter().any(|other| other.key == meant);
                has_value(&entry.value) || meant.is_some_and(is_meant)
            });
            if let Some(meant) = meant.filter(|_| is_lost) {
                self.meant.insert(yaml::join("/steps", meant));
            }
            let told = words::unknown_step(name, names, is_lost, place);
            self.findings.push(finding(None, None, told));
        }
        found
    }

    /// One step's answers.
    fn step(&mut self, source: &'a Source, origin: Origin, entry: &'a Entry, others: &'a [Entry]) {
        let Some(index) =
            self.step_at(&entry.key, Some((entry, others)), source.at(entry.key_span))
        else {
            return;
        };
        self.mentioned[index] = true;
        self.written[index] = Some(Hit {
            source,
            entry,
            origin,
        });
        let step = self.steps[index].step;
        for section in self.mapping(source, &entry.value, &["steps", step], Some(index)) {
            let Some(kind) = self.asked.kind(index, &section.key) else {
                self.unknown_section(index, source, section);
                continue;
            };
            let path = ["steps", step, kind.section()];
            for entry in self.mapping(source, &section.value, &path, Some(index)) {
                let hit = Hit {
                    source,
                    entry,
                    origin,
                };
                self.answer(index, kind, hit);
            }
        }
    }

    /// One answer, where the step asks for it.
    fn answer(&mut self, index: usize, kind: Kind, hit: Hit<'a>) {
        match self.asked.find(index, kind, &hit.entry.key) {
            [] => self.unknown_answer(index, kind, hit),
            _ => self.keep(index, kind, hit),
        }
    }

    /// Texts in which secrets are written, and the same with these covered.
    pub(super) fn covered(&self) -> Vec<(Source, Source)> {
        let mut found: Vec<(&Source, Vec<(usize, usize)>)> = Vec::new();
        for (index, by_kind) in self.hits.iter().enumerate() {
            for (kind, hits) in Kind::ALL.into_iter().zip(by_kind) {
                for (name, hit) in hits {
                    let is_secret = |text: &str| {
                        let mut asking = self.asked.find(index, kind, name).iter();
                        asking.any(|requirement| remarks::is_literal_secret(requirement, text))
                    };
                    let texts = remarks::texts(&hit.entry.value).into_iter();
                    let secret = texts.filter(|(_, text)| is_secret(text));
                    let parts: Vec<_> = secret
                        .map(|(node, _)| (node.span.start, node.span.end))
                        .collect();
                    if parts.is_empty() {
                        continue;
                    }
                    match found.iter_mut().find(|(source, _)| *source == hit.source) {
                        Some((_, all)) => all.extend(parts),
                        None => found.push((hit.source, parts)),
                    }
                }
            }
        }
        let cover = |(source, parts): (&Source, Vec<_>)| {
            let text = secret::covered_at(source.text(), &parts);
            (source.clone(), source.with_text(text))
        };
        found.into_iter().map(cover).collect()
    }

    fn unknown_section(&mut self, index: usize, source: &Source, entry: &Entry) {
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
        // What is in it may be right, and only the section wrong.
        let below = entry.value.entries().iter();
        let below: Vec<(&str, Kind)> = below
            .filter_map(|entry| Some((entry.key.as_str(), self.asked.kind_of(index, &entry.key)?)))
            .collect();
        let meant = match elsewhere {
            Some(kind) => Some(pointer(step, kind, &entry.key)),
            None => nearest(&entry.key, known.iter().copied())
                .map(|section| yaml::join(&yaml::join("/steps", step), section)),
        };
        self.meant.extend(meant.clone());
        let inner = below.iter().map(|(name, kind)| pointer(step, *kind, name));
        self.meant.extend(inner);
        let place = source.at(entry.key_span);
        let told = match below.first() {
            Some((name, kind)) if meant.is_none() => {
                words::other_section(&entry.key, step, name, kind.section(), place)
            }
            _ => {
                let elsewhere = elsewhere.map(Kind::section);
                words::unknown_section(&entry.key, step, elsewhere, &known, place)
            }
        };
        self.findings
            .push(finding(Some(step), Some(entry.key.clone()), told));
    }

    fn unknown_answer(&mut self, index: usize, kind: Kind, hit: Hit<'a>) {
        if !self.tells_stranger() {
            return;
        }
        let key = &hit.entry.key;
        let step = &self.steps[index];
        let known: IndexSet<&str> = step
            .answerable()
            .filter(|r| r.kind == kind)
            .map(|r| r.name.as_str())
            .collect();
        let elsewhere = self.asked.kind_of(index, key);
        let meant = match elsewhere {
            Some(kind) => Some(pointer(step.step, kind, key)),
            None => nearest(key, known.iter().copied()).map(|name| pointer(step.step, kind, name)),
        };
        self.meant.extend(meant);
        let elsewhere = elsewhere.map(Kind::section);
        let told = words::unknown_answer(key, kind, step.step, elsewhere, &known, hit.key());
        let answer = format!("{}.{key}", kind.section());
        self.findings
            .push(finding(Some(step.step), Some(answer), told));
    }
}

/// Whether there is a value anywhere in a node.
fn has_value(node: &Node) -> bool {
    match &node.kind {
        yaml::Kind::Map(entries) => entries.iter().any(|entry| has_value(&entry.value)),
        _ => !is_nothing(node),
    }
}

/// Whether a node has no value, be it that nothing is written.
fn is_nothing(node: &Node) -> bool {
    matches!(&node.kind, yaml::Kind::Scalar(value) if value.is_null())
}
