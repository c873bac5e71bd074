//! Owns changes to an answers file that leave every other byte as it is: each is a few edits of the text together with
//! what they do to the file's value. Changes are kept only where the new text, read again, holds exactly the old values
//! plus the change and has lost no comment.

pub(super) mod add;
pub(super) mod lines;
pub(crate) mod sections;

use std::cmp::Reverse;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::source::{Source, Span};
use crate::yaml::{self, Document};

/// What a change does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::answers) enum Action {
    /// Adds keys.
    Add,
    /// Gives a value to a key that has another, or none.
    Set,
    /// Makes a comment of keys.
    Park,
    /// Makes a key of a comment.
    Restore,
    /// Gives a key another name.
    Rename(String),
}

/// One change: edits of the text, and what they do to the file's value.
#[derive(Clone, Debug)]
pub(in crate::answers) struct Change {
    /// What it does.
    pub(in crate::answers) action: Action,
    /// What it is about, by name.
    pub(in crate::answers) what: Vec<String>,
    /// The keys it adds with their values, removes or renames, each from the top.
    pub(in crate::answers) paths: Vec<(Vec<String>, Value)>,
    /// Bytes to replace, and by what.
    pub(in crate::answers) edits: Vec<(Range<usize>, String)>,
    /// Bytes in which comments may change.
    pub(in crate::answers) loose: Option<Range<usize>>,
    /// Lines to paste where it is refused.
    pub(in crate::answers) paste: String,
    /// Whether the file's form allows it at all.
    pub(in crate::answers) possible: bool,
}

/// Keeps as many changes as leave the file what it has to be: all of them, or else each half by itself.
pub(in crate::answers) fn keep<'c>(
    document: &Document,
    changes: &[&'c Change],
    kept: &mut Vec<&'c Change>,
    refused: &mut Vec<&'c Change>,
) {
    if changes.is_empty() {
        return;
    }
    let together: Vec<&Change> = kept.iter().chain(changes).copied().collect();
    if holds(document, &together) {
        kept.extend(changes);
    } else if let [alone] = changes {
        refused.push(alone);
    } else {
        let (first, second) = changes.split_at(changes.len() / 2);
        keep(document, first, kept, refused);
        keep(document, second, kept, refused);
    }
}

/// Whether the changes make of the file what they say, and nothing else.
pub(in crate::answers) fn holds(document: &Document, changes: &[&Change]) -> bool {
    let old = &document.source;
    let new = Source::new(old.path(), old.name(), apply(old.text(), changes));
    let Ok(new) = yaml::parse(&new) else {
        return false;
    };
    let mut expected = document.value.clone();
    for change in changes {
        change.foresee(&mut expected);
    }
    new.value == expected && comments_survive(document, &new, changes)
}

impl Change {
    /// How many keys lead to what it changes.
    fn depth(&self) -> usize {
        self.paths.first().map_or(0, |(path, _)| path.len())
    }

    /// Makes the change in a value.
    fn foresee(&self, value: &mut Value) {
        for (path, added) in &self.paths {
            let Some((last, parents)) = path.split_last() else {
                continue;
            };
            let mut at = &mut *value;
            for key in parents {
                let Some(map) = mapping(at) else { return };
                at = map.entry(key.clone()).or_insert(Value::Null);
            }
            let Some(map) = mapping(at) else { return };
            match &self.action {
                Action::Add => drop(map.entry(last.clone()).or_insert(added.clone())),
                Action::Set | Action::Restore => drop(map.insert(last.clone(), added.clone())),
                Action::Park => {
                    map.swap_remove(last);
                    if map.is_empty() {
                        *at = Value::Null;
                    }
                }
                Action::Rename(to) => {
                    if let Some(old) = map.swap_remove(last) {
                        map.insert(to.clone(), old);
                    }
                }
            }
        }
    }
}

/// The mapping that a value is, or becomes where it is nothing.
fn mapping(value: &mut Value) -> Option<&mut Map<String, Value>> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Whether every comment is still there, in order, but for those that a change may touch.
fn comments_survive(old: &Document, new: &Document, changes: &[&Change]) -> bool {
    let mut loose: Vec<&Range<usize>> = changes.iter().filter_map(|c| c.loose.as_ref()).collect();
    loose.sort_by_key(|range| range.start);
    let touched = |span: &Span| {
        let at = loose.partition_point(|range| range.start <= span.start);
        at > 0 && span.start < loose[at - 1].end
    };
    let mut after = new
        .comments
        .iter()
        .map(|span| new.source.slice(*span).trim_end());
    old.comments
        .iter()
        .filter(|span| !touched(span))
        .all(|span| after.any(|text| text == old.source.slice(*span).trim_end()))
}

/// Applies the edits of changes to a text.
pub(in crate::answers) fn apply(text: &str, changes: &[&Change]) -> String {
    let with_depth = |change: &&'_ Change| {
        let depth = change.depth();
        change
            .edits
            .clone()
            .into_iter()
            .map(move |edit| (depth, edit))
    };
    let mut edits: Vec<(usize, (Range<usize>, String))> =
        changes.iter().flat_map(with_depth).collect();
    // Where one line ends a key, its section and its step, what belongs deepest comes first.
    edits.sort_by_key(|(depth, (range, _))| (range.start, range.end, Reverse(*depth)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (_, (range, new)) in edits {
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            at = range.end;
        }
        out.push_str(&new);
    }
    out.push_str(&text[at..]);
    out
}
