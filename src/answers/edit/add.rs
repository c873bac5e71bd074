//! Owns the adding of keys to a mapping of an answers file, where they belong and in the mapping's own form.

use std::ops::Range;

use serde_json::Value;

use super::lines::Lines;
use super::{Action, Change};
use crate::yaml::{self, Entry};

/// The beginning of the comment that the skeleton puts behind `{}`.
const NOTHING: &str = "# nothing to answer";

/// Something to add to a mapping.
pub(in crate::answers) struct Child<'c> {
    /// Its name.
    pub(in crate::answers) key: String,
    /// Its place among its siblings.
    pub(in crate::answers) rank: usize,
    /// What it adds, by name.
    pub(in crate::answers) what: Vec<String>,
    /// Its value, as the lines have it.
    pub(in crate::answers) value: Value,
    /// Its lines, at an indentation.
    pub(in crate::answers) block: Box<dyn Fn(usize) -> String + 'c>,
}

/// A mapping in the file, with what is needed to change it.
#[derive(Clone, Copy)]
pub(in crate::answers) struct Spot<'a> {
    /// Its key and value.
    pub(in crate::answers) entry: &'a Entry,
    /// Whether the mapping that holds its key is written in braces.
    pub(in crate::answers) in_flow: bool,
    /// Whether it is reached through an alias or a merge, so that a change would show up elsewhere.
    pub(in crate::answers) shared: bool,
}

impl<'a> Spot<'a> {
    /// A key's spot within another.
    pub(in crate::answers) fn inside(self, entry: &'a Entry) -> Self {
        Self {
            entry,
            in_flow: self.entry.value.flow,
            shared: self.shared || entry.merged || entry.value.alias.is_some(),
        }
    }

    /// The keys written in the mapping itself.
    pub(in crate::answers) fn own(self) -> impl Iterator<Item = &'a Entry> {
        self.entry
            .value
            .entries()
            .iter()
            .filter(|entry| !entry.merged)
    }
}

/// Adds children to a mapping, each after the sibling that comes before it in `rank`.
pub(in crate::answers) fn add(
    lines: Lines<'_>,
    spot: Spot<'_>,
    path: &[&str],
    children: Vec<Child<'_>>,
    rank: &dyn Fn(&str) -> Option<usize>,
) -> Vec<Change> {
    if children.is_empty() {
        return Vec::new();
    }
    let node = &spot.entry.value;
    let own: Vec<&Entry> = spot.own().collect();
    match (&node.kind, own.first()) {
        (yaml::Kind::Map(_), Some(first)) if !node.flow => {
            let spaced = path.len() == 1 && lines.is_spaced(&own);
            let mut ranked: Vec<(usize, &Entry)> = own
                .iter()
                .filter_map(|entry| Some((rank(&entry.key)?, *entry)))
                .collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            let added = children.into_iter().map(|child| {
                let before = ranked.partition_point(|(rank, _)| *rank < child.rank);
                let before = before.checked_sub(1).map(|at| ranked[at].1);
                add_line(lines, spot, path, first, before, spaced, child)
            });
            added.collect()
        }
        (yaml::Kind::Map(all), _)
            if node.flow
                && (all.is_empty() || !own.is_empty())
                && (spot.in_flow || !own.is_empty()) =>
        {
            vec![add_in_braces(spot, path, &own, children)]
        }
        (yaml::Kind::Map(all), None) if all.is_empty() && !spot.in_flow => {
            vec![fill(lines, spot, path, children)]
        }
        (yaml::Kind::Scalar(Value::Null), _) if !spot.in_flow => {
            vec![fill(lines, spot, path, children)]
        }
        _ => {
            vec![addition(path, children, Vec::new(), false)]
        }
    }
}

/// Adds a child between the lines of a mapping: after `before`, or else first of all.
fn add_line(
    lines: Lines<'_>,
    spot: Spot<'_>,
    path: &[&str],
    first: &Entry,
    before: Option<&Entry>,
    spaced: bool,
    child: Child<'_>,
) -> Change {
    let start = lines.start(first.key_span.start);
    let column = first.key_span.start - start;
    let text = lines.text();
    let aligned = text[start..first.key_span.start].bytes().all(|b| b == b' ');
    let block = (child.block)(column);
    let (offset, added) = match before {
        Some(entry) => {
            let offset = lines.block_end(entry, column);
            (offset, if spaced { format!("\n{block}") } else { block })
        }
        None => {
            let offset = lines.end(spot.entry.key_span.end);
            (offset, if spaced { format!("{block}\n") } else { block })
        }
    };
    let edits = vec![lines.insertion(offset, &added)];
    addition(path, vec![child], edits, aligned && !spot.shared)
}

/// Adds children to a mapping in braces.
fn add_in_braces(
    spot: Spot<'_>,
    path: &[&str],
    own: &[&Entry],
    children: Vec<Child<'_>>,
) -> Change {
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
    addition(path, children, vec![edit], possible && !spot.shared)
}

/// Adds children to a key that has no value, or `{}`, or `~`.
fn fill(lines: Lines<'_>, spot: Spot<'_>, path: &[&str], children: Vec<Child<'_>>) -> Change {
    let (node, key) = (&spot.entry.value, spot.entry.key_span);
    let text = lines.text();
    let start = lines.start(key.start);
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
        let rest = &text[node.span.end..lines.end(node.span.end)];
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
    let offset = lines.block_end(spot.entry, column);
    edits.push(lines.insertion(offset, &blocks));
    Change {
        loose,
        ..addition(path, children, edits, aligned && one_line && !spot.shared)
    }
}

/// A change that adds children, with the lines to paste where it cannot be made.
fn addition(
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
        Value::Null => String::new(),
        other => yaml::inline(other),
    };
    format!("{}: {value}", yaml::quoted(key))
}

pub(in crate::answers) fn keys(path: &[&str], key: &str) -> Vec<String> {
    path.iter()
        .copied()
        .chain([key])
        .map(str::to_owned)
        .collect()
}
