//! Owns the plan of a refresh: what is new, gone or renamed, and which bytes each change touches. Whether a change is
//! kept is decided elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Action, Change, Rename, Renames, line_break};
use crate::answers::skeleton::{self, Detail};
use crate::asked::{Family, StepRequirements, is_required};
use crate::diagnostic::nearest;
use crate::requirement::{Kind, Requirement};
use crate::yaml::{self, Document, Entry, Node};

/// The comment that goes before an answer nobody asks for any more.
const PARKED: &str = "# no longer asked for:";
/// How many pairs of gone and new names are compared to find renames; beyond it everything has changed.
const COMPARED: usize = 20_000;
/// The beginning of the comment that the skeleton puts behind `{}`.
const NOTHING: &str = "# nothing to answer";

/// Everything to be done, in the order of the steps, and the renames that are only suggested.
pub(super) fn plan(
    document: &Document,
    steps: &[StepRequirements<'_>],
    renames: Renames,
) -> (Vec<Change>, Vec<Rename>) {
    let mut planner = Planner {
        document,
        steps,
        renames,
        changes: Vec::new(),
        suggested: Vec::new(),
    };
    planner.steps();
    (planner.changes, planner.suggested)
}

/// A plan as it comes together.
struct Planner<'a> {
    document: &'a Document,
    steps: &'a [StepRequirements<'a>],
    renames: Renames,
    changes: Vec<Change>,
    suggested: Vec<Rename>,
}

/// Something to add to a mapping.
struct Child<'c> {
    key: String,
    /// Its place among its siblings.
    rank: usize,
    /// What it adds, by name.
    what: Vec<String>,
    value: Value,
    /// Its lines, at an indentation.
    block: Box<dyn Fn(usize) -> String + 'c>,
}

/// A mapping in the file, with what is needed to change it.
#[derive(Clone, Copy)]
struct Spot<'a> {
    entry: &'a Entry,
    /// Whether the mapping that holds its key is written in braces.
    in_flow: bool,
    /// Whether it is reached through an alias or a merge, so that a change would show up elsewhere.
    shared: bool,
}

impl<'a> Spot<'a> {
    /// A key's spot within another.
    fn inside(self, entry: &'a Entry) -> Self {
        Self {
            entry,
            in_flow: self.entry.value.flow,
            shared: self.shared || entry.merged || entry.value.alias.is_some(),
        }
    }

    /// The keys written in the mapping itself.
    fn own(self) -> impl Iterator<Item = &'a Entry> {
        self.entry
            .value
            .entries()
            .iter()
            .filter(|entry| !entry.merged)
    }
}

impl<'a> Planner<'a> {
    /// Steps: new ones, gone ones, and what is in the others.
    fn steps(&mut self) {
        let steps = self.steps;
        let Some(entry) = self.document.root.entry("steps") else {
            return self.first_steps();
        };
        let spot = Spot {
            entry,
            in_flow: self.document.root.flow,
            shared: entry.value.alias.is_some(),
        };
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
        let new: Vec<&str> = steps
            .iter()
            .map(|s| s.step)
            .filter(|s| !written.contains_key(s))
            .collect();
        let taken = self.retire(spot, &["steps"], &gone, &new);
        let children: Vec<Child<'_>> = new
            .iter()
            .filter(|name| !taken.contains(**name))
            .filter_map(|name| places.get(name))
            .map(|&at| step_child(at, &steps[at]))
            .collect();
        self.add(spot, &["steps"], children, &|key| places.get(key).copied());
        for step in steps {
            if let Some(entry) = written.get(step.step) {
                self.sections(step, spot.inside(entry));
            }
        }
    }

    /// A file that has no `steps` yet.
    fn first_steps(&mut self) {
        let text = self.document.source.text();
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
            edits: vec![self.insertion(text.len(), &lines)],
            loose: None,
            paste: lines,
            possible: !self.document.root.flow && !end_mark,
        });
    }

    /// What is in a step: sections that are new, gone, or changed.
    fn sections(&mut self, step: &'a StepRequirements<'a>, spot: Spot<'a>) {
        let path = ["steps", step.step];
        let mut children = Vec::new();
        let mut gone = Vec::new();
        for (rank, kind) in Kind::ALL.into_iter().enumerate() {
            let asked = step.answerable().any(|r| r.kind == kind);
            match spot.entry.value.entry(kind.section()) {
                Some(section) if asked => self.keys(step, kind, spot.inside(section)),
                Some(section) => gone.push(section),
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
        self.add(spot, &path, children, &rank);
    }

    /// What is in a section: answers that are new, gone, or renamed.
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
        let entries = spot.entry.value.entries();
        let written: HashSet<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let families: Vec<Family<'_>> = asked
            .keys()
            .filter_map(|name| Family::parse(name))
            .collect();
        let is_gone = |entry: &&Entry| {
            !asked.contains_key(entry.key.as_str()) && !families.iter().any(|f| f.has(&entry.key))
        };
        let gone: Vec<&Entry> = entries.iter().filter(is_gone).collect();
        let open: Vec<&str> = asked
            .keys()
            .copied()
            .filter(|name| !written.contains(name))
            .collect();
        let taken = self.retire(spot, &path, &gone, &open);
        let children = asked
            .values()
            .filter(|r| {
                is_required(r) && !written.contains(r.name.as_str()) && !taken.contains(&r.name)
            })
            .map(|requirement| Child {
                key: requirement.name.clone(),
                rank: ranks[requirement.name.as_str()],
                what: vec![format!("{}.{}", step.step, requirement.key())],
                value: Value::Null,
                block: Box::new(move |indent| skeleton::entry(step, requirement, indent)),
            });
        let children = children.collect();
        self.add(spot, &path, children, &|key| ranks.get(key).copied());
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
        let text = self.document.source.text();
        let start = self.line_start(entry.key_span.start);
        let end = self.line_end(last_byte(entry));
        let margin = &text[start..entry.key_span.start];
        let line_break = line_break(text);
        let mut parked = format!("{margin}{PARKED}{line_break}");
        for line in text[start..end].split_inclusive('\n') {
            let own = line.len() - line.trim_start_matches(' ').len();
            let (before, after) = line.split_at(own.min(margin.len()));
            match line.trim().is_empty() {
                true => parked.push_str(&format!("{margin}#{}", line.trim_matches(' '))),
                false => parked.push_str(&format!("{before}# {after}")),
            }
        }
        self.changes.push(Change {
            action: Action::Park,
            what: vec![named(path, &entry.key)],
            paths: vec![(keys(path, &entry.key), Value::Null)],
            edits: vec![(start..end, parked)],
            loose: Some(start..end),
            paste: String::new(),
            possible: !spot.in_flow && !entry.merged && margin.bytes().all(|b| b == b' '),
        });
    }

    /// Adds children to a mapping, each after the sibling that comes before it in `rank`.
    fn add(
        &mut self,
        spot: Spot<'a>,
        path: &[&str],
        children: Vec<Child<'_>>,
        rank: &dyn Fn(&str) -> Option<usize>,
    ) {
        if children.is_empty() {
            return;
        }
        let node = &spot.entry.value;
        let own: Vec<&Entry> = spot.own().collect();
        match (&node.kind, own.first()) {
            (yaml::Kind::Map(_), Some(first)) if !node.flow => {
                let spaced = path.len() == 1 && self.is_spaced(&own);
                let mut ranked: Vec<(usize, &Entry)> = own
                    .iter()
                    .filter_map(|entry| Some((rank(&entry.key)?, *entry)))
                    .collect();
                ranked.sort_by_key(|(rank, _)| *rank);
                for child in children {
                    let before = ranked.partition_point(|(rank, _)| *rank < child.rank);
                    let before = before.checked_sub(1).map(|at| ranked[at].1);
                    self.add_line(spot, path, first, before, spaced, child);
                }
            }
            (yaml::Kind::Map(all), _)
                if node.flow
                    && (all.is_empty() || !own.is_empty())
                    && (spot.in_flow || !own.is_empty()) =>
            {
                self.add_in_braces(spot, path, &own, children);
            }
            (yaml::Kind::Map(all), None) if all.is_empty() && !spot.in_flow => {
                self.fill(spot, path, children)
            }
            (yaml::Kind::Scalar(Value::Null), _) if !spot.in_flow => {
                self.fill(spot, path, children)
            }
            _ => {
                let change = self.addition(path, children, Vec::new(), false);
                self.changes.push(change);
            }
        }
    }

    /// Adds a child between the lines of a mapping: after `before`, or else first of all.
    fn add_line(
        &mut self,
        spot: Spot<'a>,
        path: &[&str],
        first: &Entry,
        before: Option<&Entry>,
        spaced: bool,
        child: Child<'_>,
    ) {
        let start = self.line_start(first.key_span.start);
        let column = first.key_span.start - start;
        let text = self.document.source.text();
        let aligned = text[start..first.key_span.start].bytes().all(|b| b == b' ');
        let block = (child.block)(column);
        let (offset, lines) = match before {
            Some(entry) => {
                let offset = self.block_end(entry, column);
                (offset, if spaced { format!("\n{block}") } else { block })
            }
            None => {
                let offset = self.line_end(spot.entry.key_span.end);
                (offset, if spaced { format!("{block}\n") } else { block })
            }
        };
        let edits = vec![self.insertion(offset, &lines)];
        let change = self.addition(path, vec![child], edits, aligned && !spot.shared);
        self.changes.push(change);
    }

    /// Adds children to a mapping in braces.
    fn add_in_braces(
        &mut self,
        spot: Spot<'a>,
        path: &[&str],
        own: &[&Entry],
        children: Vec<Child<'_>>,
    ) {
        let node = &spot.entry.value;
        let pairs: Vec<String> = children
            .iter()
            .map(|child| in_braces(&child.key, &child.value))
            .collect();
        let pairs = pairs.join(", ");
        let (edit, possible) = match own.last() {
            Some(last) => {
                let end = last.value.shown().end;
                ((end..end, format!(", {pairs}")), !last.value.is_absent())
            }
            None => ((node.span.range(), format!("{{{pairs}}}")), true),
        };
        let change = self.addition(path, children, vec![edit], possible && !spot.shared);
        self.changes.push(change);
    }

    /// Adds children to a key that has no value, or `{}`, or `~`.
    fn fill(&mut self, spot: Spot<'a>, path: &[&str], children: Vec<Child<'_>>) {
        let (node, key) = (&spot.entry.value, spot.entry.key_span);
        let text = self.document.source.text();
        let start = self.line_start(key.start);
        let column = key.start - start;
        let aligned = text[start..key.start].bytes().all(|b| b == b' ');
        let blocks: Vec<String> = children
            .iter()
            .map(|child| (child.block)(column + 2))
            .collect();
        let blocks = blocks.join(if path.len() == 1 { "\n" } else { "" });
        let mut edits = Vec::new();
        let mut loose = None;
        let mut one_line = true;
        if !node.span.is_empty() {
            let gap =
                text[..node.span.start].len() - text[..node.span.start].trim_end_matches(' ').len();
            let rest = &text[node.span.end..self.line_end(node.span.end)];
            let note = rest.trim_start().starts_with(NOTHING);
            let tail = if note {
                rest.trim_end_matches(['\r', '\n']).len()
            } else {
                0
            };
            let range = node.span.start - gap..node.span.end + tail;
            one_line = !text[range.clone()].contains('\n') && range.start > key.end;
            loose = Some(range.clone());
            edits.push((range, String::new()));
        }
        let offset = self.block_end(spot.entry, column);
        edits.push(self.insertion(offset, &blocks));
        let mut change = self.addition(path, children, edits, aligned && one_line && !spot.shared);
        change.loose = loose;
        self.changes.push(change);
    }

    /// A change that adds children, with the lines to paste where it cannot be made.
    fn addition(
        &self,
        path: &[&str],
        children: Vec<Child<'_>>,
        edits: Vec<(Range<usize>, String)>,
        possible: bool,
    ) -> Change {
        let mut paste = String::new();
        for (depth, key) in path.iter().enumerate() {
            paste.push_str(&format!("{}{}:\n", "  ".repeat(depth), yaml::quoted(key)));
        }
        for child in &children {
            paste.push_str(&(child.block)(path.len() * 2));
        }
        Change {
            action: Action::Add,
            what: children
                .iter()
                .flat_map(|child| child.what.clone())
                .collect(),
            paths: children
                .into_iter()
                .map(|child| (keys(path, &child.key), child.value))
                .collect(),
            edits,
            loose: None,
            paste,
            possible,
        }
    }

    /// Lines put in at an offset, with the file's own line breaks, and without one at the end where it has none.
    fn insertion(&self, offset: usize, lines: &str) -> (Range<usize>, String) {
        let text = self.document.source.text();
        let line_break = line_break(text);
        let unfinished = offset == text.len() && !text.is_empty() && !text.ends_with('\n');
        let lines = match unfinished {
            true => format!("\n{}", lines.trim_end_matches('\n')),
            false => lines.to_owned(),
        };
        (offset..offset, lines.replace('\n', line_break))
    }

    /// Whether there are empty lines between the steps.
    fn is_spaced(&self, own: &[&Entry]) -> bool {
        let text = self.document.source.text();
        own.windows(2).any(|pair| {
            let between = &text[self
                .line_end(last_byte(pair[0]))
                .min(pair[1].key_span.start)
                ..pair[1].key_span.start];
            between
                .split('\n')
                .rev()
                .skip(1)
                .any(|line| line.trim().is_empty())
        })
    }

    fn line_start(&self, offset: usize) -> usize {
        let starts = self.document.source.line_starts();
        starts[starts
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)]
    }

    /// One past the line break of the line that an offset lies in.
    fn line_end(&self, offset: usize) -> usize {
        let starts = self.document.source.line_starts();
        let text = self.document.source.text();
        starts
            .get(starts.partition_point(|&start| start <= offset))
            .copied()
            .unwrap_or(text.len())
    }

    /// Where the lines of a key end, with the comments below it that stand deeper than its column.
    fn block_end(&self, entry: &Entry, column: usize) -> usize {
        let text = self.document.source.text();
        let mut end = self.line_end(last_byte(entry));
        let mut at = end;
        while at < text.len() {
            let next = self.line_end(at);
            let line = &text[at..next];
            let indent = line.len() - line.trim_start_matches(' ').len();
            match line.trim() {
                "" => {}
                comment if comment.starts_with('#') && indent > column => end = next,
                _ => break,
            }
            at = next;
        }
        end
    }
}

/// A step that the file lacks.
fn step_child<'c>(rank: usize, step: &'c StepRequirements<'c>) -> Child<'c> {
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

/// The offset of the last byte of a key and its value.
fn last_byte(entry: &Entry) -> usize {
    let end = node_end(&entry.value).max(entry.key_span.end);
    end.saturating_sub(1)
}

/// One past the last byte of a value, as it is written here.
fn node_end(node: &Node) -> usize {
    node.shown().end
}

/// A key and its value inside braces.
fn in_braces(key: &str, value: &Value) -> String {
    let value = match value {
        Value::Object(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| in_braces(key, value))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        _ => String::new(),
    };
    format!("{}: {value}", yaml::quoted(key))
}

fn keys(path: &[&str], key: &str) -> Vec<String> {
    path.iter()
        .copied()
        .chain([key])
        .map(str::to_owned)
        .collect()
}

/// `train.args.rounds`, below `steps`.
fn named(path: &[&str], key: &str) -> String {
    path.iter()
        .copied()
        .skip(1)
        .chain([key])
        .collect::<Vec<_>>()
        .join(".")
}
