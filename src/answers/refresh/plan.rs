//! Owns the plan of a refresh: what is new, gone, renamed or back, and which bytes each change touches. Whether a change
//! is kept is decided elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::parked::{self, Parked};
use super::{Rename, Renames, Scope};
use crate::answers::COMMON;
use crate::answers::edit::add::{Child, Spot, add, keys};
use crate::answers::edit::lines::Lines;
use crate::answers::edit::{Action, Change};
use crate::answers::skeleton::{self, Detail};
use crate::asked::{Family, StepRequirements, is_required};
use crate::diagnostic::nearest;
use crate::requirement::{Kind, Requirement};
use crate::yaml::{self, Document, Entry};

/// How many pairs of gone and new names are compared to find renames; beyond it everything has changed.
const COMPARED: usize = 20_000;

/// Everything to be done, in the order of the steps, and the renames that are only suggested.
pub(super) fn plan(
    document: &Document,
    steps: &[StepRequirements<'_>],
    scope: Scope,
    renames: Renames,
) -> (Vec<Change>, Vec<Rename>) {
    let lines = Lines { document };
    let mut planner = Planner {
        lines,
        steps,
        scope,
        renames,
        parked: parked::find(lines),
        changes: Vec::new(),
        suggested: Vec::new(),
    };
    planner.common();
    planner.steps();
    (planner.changes, planner.suggested)
}

/// A plan as it comes together.
struct Planner<'a> {
    lines: Lines<'a>,
    steps: &'a [StepRequirements<'a>],
    scope: Scope,
    renames: Renames,
    /// Answers that are comments.
    parked: Vec<Parked>,
    changes: Vec<Change>,
    suggested: Vec<Rename>,
}

impl<'a> Planner<'a> {
    /// The spot of a key at the top of the file.
    fn top(&self, key: &str) -> Option<Spot<'a>> {
        let root = &self.lines.document.root;
        let entry = root.entry(key)?;
        Some(Spot {
            entry,
            in_flow: root.flow,
            shared: entry.value.alias.is_some(),
        })
    }

    /// What is given to all steps: nothing is ever added there.
    fn common(&mut self) {
        let Some(spot) = self.top(COMMON) else {
            return;
        };
        let steps = self.steps;
        for kind in Kind::SHARED {
            let Some(section) = spot.entry.value.entry(kind.section()) else {
                continue;
            };
            let path = [COMMON, kind.section()];
            let asked = steps.iter().flat_map(StepRequirements::answerable);
            let names: Vec<&str> = asked
                .filter(|r| r.kind == kind)
                .map(|r| r.name.as_str())
                .collect();
            let spot = spot.inside(section);
            self.known_keys(spot, &path, &names);
        }
    }

    /// Steps: new ones, gone ones, and what is in the others.
    fn steps(&mut self) {
        let steps = self.steps;
        let Some(spot) = self.top("steps") else {
            if self.scope == Scope::Whole {
                self.first_steps();
            }
            return;
        };
        let entry = spot.entry;
        let written: HashMap<&str, &Entry> = entry
            .value
            .entries()
            .iter()
            .map(|e| (e.key.as_str(), e))
            .collect();
        let places: HashMap<&str, usize> = steps
            .iter()
            .enumerate()
            .map(|(at, s)| (s.step, at))
            .collect();
        let gone: Vec<&Entry> = entry
            .value
            .entries()
            .iter()
            .filter(|e| !places.contains_key(e.key.as_str()))
            .collect();
        let back = self.restore(&["steps"], |key| {
            places.contains_key(key) && !written.contains_key(key)
        });
        let new: Vec<&str> = steps
            .iter()
            .map(|s| s.step)
            .filter(|s| !written.contains_key(s) && !back.contains(*s))
            .collect();
        let taken = self.retire(spot, &["steps"], &gone, &new);
        if self.scope == Scope::Whole {
            let children: Vec<Child<'_>> = new
                .iter()
                .filter(|name| !taken.contains(**name))
                .filter_map(|name| places.get(name))
                .map(|&at| step_child(at, &steps[at]))
                .collect();
            let rank = |key: &str| places.get(key).copied();
            self.changes
                .extend(add(self.lines, spot, &["steps"], children, &rank));
        }
        for step in steps {
            if let Some(entry) = written.get(step.step) {
                self.sections(step, spot.inside(entry));
            }
        }
    }

    /// A file that has no `steps` yet.
    fn first_steps(&mut self) {
        let text = self.lines.text();
        let blocks: Vec<String> = self
            .steps
            .iter()
            .map(|s| skeleton::block(s, Detail::Usual, 2))
            .collect();
        let lines = match blocks.is_empty() {
            true => "steps: {}\n".to_owned(),
            false => format!("steps:\n{}", blocks.join("\n")),
        };
        let children: Map<String, Value> = self
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.step.to_owned(), step_child(at, step).value))
            .collect();
        let end_mark = text.lines().any(|line| line.trim_end() == "...");
        self.changes.push(Change {
            action: Action::Add,
            what: self.steps.iter().map(|step| step.step.to_owned()).collect(),
            paths: vec![(vec!["steps".to_owned()], Value::Object(children))],
            edits: vec![self.lines.insertion(text.len(), &lines)],
            loose: None,
            paste: lines,
            possible: !self.lines.document.root.flow && !end_mark,
        });
    }

    /// What is in a step: sections that are new, gone, back, or changed.
    fn sections(&mut self, step: &'a StepRequirements<'a>, spot: Spot<'a>) {
        let path = ["steps", step.step];
        let mut children = Vec::new();
        let mut gone = Vec::new();
        let asks = |key: &str| step.answerable().any(|r| r.kind.section() == key);
        let back = self.restore(&path, |key| {
            asks(key) && spot.entry.value.entry(key).is_none()
        });
        for (rank, kind) in Kind::ALL.into_iter().enumerate() {
            let asked = asks(kind.section());
            match spot.entry.value.entry(kind.section()) {
                Some(section) if asked => self.keys(step, kind, spot.inside(section)),
                Some(section) => gone.push(section),
                None if back.contains(kind.section()) || self.scope == Scope::Profile => {}
                None => children.extend(section_child(rank, step, kind)),
            }
        }
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.section()).collect();
        let misplaced: HashSet<&str> = step.answerable().map(|r| r.name.as_str()).collect();
        gone.extend(spot.entry.value.entries().iter().filter(|entry| {
            let key = entry.key.as_str();
            !known.contains(&key)
                && !misplaced.contains(key)
                && nearest(key, known.iter().copied()).is_none()
        }));
        gone.sort_by_key(|entry| entry.key_span.start);
        self.retire(spot, &path, &gone, &[]);
        let rank = |key: &str| Kind::ALL.iter().position(|kind| kind.section() == key);
        self.changes
            .extend(add(self.lines, spot, &path, children, &rank));
    }

    /// What is in a section: answers that are new, gone, back, or renamed.
    fn keys(&mut self, step: &'a StepRequirements<'a>, kind: Kind, spot: Spot<'a>) {
        let path = ["steps", step.step, kind.section()];
        let mut ranks: HashMap<&str, usize> = HashMap::new();
        let mut asked: IndexMap<&str, &Requirement> = IndexMap::new();
        for (rank, requirement) in step.answerable().filter(|r| r.kind == kind).enumerate() {
            ranks.entry(&requirement.name).or_insert(rank);
            let known = asked.entry(&requirement.name).or_insert(requirement);
            if is_required(requirement) {
                *known = requirement;
            }
        }
        let names: Vec<&str> = asked.keys().copied().collect();
        let taken = self.known_keys(spot, &path, &names);
        if self.scope == Scope::Profile {
            return;
        }
        let written = |name: &str| spot.entry.value.entry(name).is_some();
        let children = asked
            .values()
            .filter(|r| is_required(r) && !written(&r.name) && !taken.contains(&r.name))
            .map(|requirement| Child {
                key: requirement.name.clone(),
                rank: ranks[requirement.name.as_str()],
                what: vec![format!("{}.{}", step.step, requirement.key())],
                value: Value::Null,
                block: Box::new(move |indent| skeleton::entry(step, requirement, indent)),
            });
        let children = children.collect();
        let rank = |key: &str| ranks.get(key).copied();
        self.changes
            .extend(add(self.lines, spot, &path, children, &rank));
    }

    /// Keys of which only `names`, or members of families among them, mean something: the others are retired, and what
    /// was is brought back. Returns the names that are taken by either.
    fn known_keys(&mut self, spot: Spot<'a>, path: &[&str], names: &[&'a str]) -> HashSet<String> {
        let known: HashSet<&str> = names.iter().copied().collect();
        let families: Vec<Family<'_>> = names.iter().filter_map(|n| Family::parse(n)).collect();
        let means = |key: &str| known.contains(key) || families.iter().any(|f| f.has(key));
        let entries = spot.entry.value.entries();
        let written: HashSet<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let gone: Vec<&Entry> = entries.iter().filter(|e| !means(&e.key)).collect();
        let mut taken = self.restore(path, |key| means(key) && !written.contains(key));
        let open: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !written.contains(name) && !taken.contains(*name))
            .collect();
        taken.extend(self.retire(spot, path, &gone, &open));
        taken
    }

    /// Makes keys again of comments that hold an answer which is asked for once more. Returns their names.
    fn restore(&mut self, path: &[&str], wanted: impl Fn(&str) -> bool) -> HashSet<String> {
        let mut back = HashSet::new();
        // Of several, the one parked last.
        for parked in self.parked.iter().rev() {
            if parked.path == path && wanted(&parked.key) && !back.contains(&parked.key) {
                back.insert(parked.key.clone());
                self.changes.push(Change {
                    action: Action::Restore,
                    what: vec![named(path, &parked.key)],
                    paths: vec![(keys(path, &parked.key), parked.value.clone())],
                    edits: vec![(parked.range.clone(), parked.text.clone())],
                    loose: Some(parked.range.clone()),
                    paste: String::new(),
                    possible: true,
                });
            }
        }
        back
    }

    /// Parks keys that are gone, or renames them to one of `open`. Returns the names that a gone key may mean.
    fn retire(
        &mut self,
        spot: Spot<'a>,
        path: &[&str],
        gone: &[&'a Entry],
        open: &[&str],
    ) -> HashSet<String> {
        let mut taken: HashSet<String> = HashSet::new();
        let few = gone.len().saturating_mul(open.len()) <= COMPARED;
        for &entry in gone {
            let free = open.iter().copied().filter(|name| !taken.contains(*name));
            let empty = match &entry.value.kind {
                yaml::Kind::Scalar(value) => value.is_null(),
                yaml::Kind::Map(entries) => entries.is_empty(),
                yaml::Kind::Seq(_) => false,
            };
            let meant = match empty || !few {
                true => None,
                false => nearest(&entry.key, free).map(str::to_owned),
            };
            let spot = spot.inside(entry);
            match meant {
                Some(to) => {
                    taken.insert(to.clone());
                    self.rename(spot, path, to);
                }
                None => self.park(spot, path),
            }
        }
        taken
    }

    fn rename(&mut self, spot: Spot<'a>, path: &[&str], to: String) {
        let entry = spot.entry;
        let from = named(path, &entry.key);
        if self.renames == Renames::Suggest {
            self.suggested.push(Rename {
                from,
                to,
                applied: false,
            });
            return;
        }
        self.changes.push(Change {
            what: vec![from],
            paths: vec![(keys(path, &entry.key), Value::Null)],
            edits: vec![(entry.key_span.range(), yaml::quoted(&to))],
            loose: None,
            paste: String::new(),
            possible: !spot.shared || !entry.merged && entry.value.alias.is_some(),
            action: Action::Rename(to),
        });
    }

    /// Turns the lines of a key and its value into a comment.
    fn park(&mut self, spot: Spot<'a>, path: &[&str]) {
        let entry = spot.entry;
        let Range { start, end } = self.lines.of(entry);
        let text = self.lines.text();
        let margin = &text[start..entry.key_span.start];
        // The comments below it go with it, lest they read as if they belonged to what stands above it.
        let range = start..end.max(self.lines.block_end(entry, margin.len()));
        self.changes.push(Change {
            action: Action::Park,
            what: vec![named(path, &entry.key)],
            paths: vec![(keys(path, &entry.key), Value::Null)],
            edits: vec![(range.clone(), parked::comment(text, range.clone(), margin))],
            loose: Some(range),
            paste: String::new(),
            possible: !spot.in_flow && !entry.merged && margin.bytes().all(|b| b == b' '),
        });
    }
}

/// A step that the file lacks.
pub(super) fn step_child<'c>(rank: usize, step: &'c StepRequirements<'c>) -> Child<'c> {
    let mut sections = Map::new();
    for kind in Kind::ALL {
        sections.extend(required(step, kind).map(|answers| (kind.section().to_owned(), answers)));
    }
    let value = match (step.asks_nothing(), sections.is_empty()) {
        (true, _) => Value::Object(Map::new()),
        (false, true) => Value::Null,
        (false, false) => Value::Object(sections),
    };
    Child {
        key: step.step.to_owned(),
        rank,
        what: vec![step.step.to_owned()],
        value,
        block: Box::new(|indent| skeleton::block(step, Detail::Usual, indent)),
    }
}

/// A section that a step of the file lacks, where something in it is required.
fn section_child<'c>(rank: usize, step: &'c StepRequirements<'c>, kind: Kind) -> Option<Child<'c>> {
    let value = required(step, kind)?;
    let names = value.as_object().into_iter().flat_map(Map::keys);
    Some(Child {
        key: kind.section().to_owned(),
        rank,
        what: names
            .map(|name| format!("{}.{}.{name}", step.step, kind.section()))
            .collect(),
        value: value.clone(),
        block: Box::new(move |indent| skeleton::section(step, kind, Detail::Usual, indent)),
    })
}

/// The required answers of a section, all of them empty.
fn required(step: &StepRequirements<'_>, kind: Kind) -> Option<Value> {
    let names = step
        .answerable()
        .filter(|r| r.kind == kind && is_required(r));
    let map: Map<String, Value> = names.map(|r| (r.name.clone(), Value::Null)).collect();
    (!map.is_empty()).then_some(Value::Object(map))
}
/// `train.args.rounds`, below `steps`; `common.args.rounds`.
fn named(path: &[&str], key: &str) -> String {
    let below = usize::from(path.first() == Some(&"steps"));
    path.iter()
        .skip(below)
        .copied()
        .chain([key])
        .collect::<Vec<_>>()
        .join(".")
}
