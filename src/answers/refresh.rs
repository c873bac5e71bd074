//! Owns bringing an answers file up to date: what is new is added where it belongs, what is gone becomes a comment,
//! and every other byte stays as it was.
//!
//! Edits are planned on the parsed file and applied to its bytes. The result is parsed again and kept only where it
//! holds exactly the old values plus the change and has lost no comment. What cannot be done so is refused, with the
//! lines to paste.

mod plan;

use std::cmp::Reverse;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::asked::StepRequirements;
use crate::diagnostic::Diagnostics;
use crate::source::{Source, Span};
use crate::yaml::{self, Document};

/// What is to be done with likely renames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renames {
    /// Only told; the old key stays as it is.
    #[default]
    Suggest,
    /// Carried out: the key changes, its value stays.
    Apply,
}

/// An answers file brought up to date.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refreshed {
    /// The new text; the old one where nothing changed.
    pub text: String,
    /// What was added: `train`, `train.args.rounds`.
    pub added: Vec<String>,
    /// What became a comment.
    pub parked: Vec<String>,
    /// What seems to have another name now.
    pub renamed: Vec<Rename>,
    /// What could not be done safely.
    pub refused: Vec<Refused>,
}

/// A likely rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name in the file: `train.args.round`.
    pub from: String,
    /// The name asked for now: `rounds`.
    pub to: String,
    /// Whether the file has the new name now.
    pub applied: bool,
}

/// A change that the file's own form does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it is about: `train.args.rounds`, or several of one section.
    pub what: Vec<String>,
    /// What to do by hand.
    pub how: By,
}

/// What the user is to do by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Paste these lines.
    Pasting(String),
    /// Remove the answer; nothing asks for it.
    Removing,
    /// Give it the name asked for now.
    Renaming(String),
}

/// Brings the text of an answers file up to date with what the steps ask.
///
/// # Errors
/// Where the file is not valid YAML: nothing is touched then.
///
/// ```
/// # use runtime_test::{answers::{StepRequirements, refresh::{self, Renames}}, source::Source};
/// let steps = [StepRequirements { step: "gate", description: None, requirements: &[], needs: vec![] }];
/// let source = Source::new("a.yaml", "a.yaml", "# mine\nsteps:\n  old: {}\n");
/// let refreshed = refresh::refresh(&source, &steps, Renames::Suggest).expect("YAML");
/// assert_eq!(refreshed.text,
///     "# mine\nsteps:\n  gate: {}  # nothing to answer\n  # no longer asked for:\n  # old: {}\n");
/// ```
pub fn refresh(
    source: &Source,
    steps: &[StepRequirements<'_>],
    renames: Renames,
) -> Result<Refreshed, Diagnostics> {
    let document = yaml::parse(source)?;
    let (changes, suggested) = plan::plan(&document, steps, renames);
    let (possible, mut refused): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.possible);
    let mut kept: Vec<&Change> = Vec::new();
    keep(&document, &possible, &mut kept, &mut refused);
    let mut refreshed = Refreshed {
        text: apply(source.text(), &kept),
        ..Refreshed::default()
    };
    for change in &kept {
        refreshed.tell(change);
    }
    // Under its new name, a step may be asked for more; and what was refused may be possible in the new text.
    let unfinished = !refused.is_empty() || kept.iter().any(|change| change.is_renamed_step());
    if unfinished && !kept.is_empty() {
        let text = std::mem::take(&mut refreshed.text);
        let again = refresh(
            &Source::new(source.path(), source.name(), text),
            steps,
            renames,
        )?;
        refreshed.text = again.text;
        refreshed.added.extend(again.added);
        refreshed.parked.extend(again.parked);
        refreshed.renamed.extend(again.renamed);
        refreshed.refused = again.refused;
        return Ok(refreshed);
    }
    for change in refused {
        let how = match &change.action {
            Action::Add => By::Pasting(change.paste.clone()),
            Action::Park => By::Removing,
            Action::Rename(to) => By::Renaming(to.clone()),
        };
        refreshed.refused.push(Refused {
            what: change.what.clone(),
            how,
        });
    }
    refreshed.renamed.extend(suggested);
    Ok(refreshed)
}

impl Refreshed {
    fn tell(&mut self, change: &Change) {
        match &change.action {
            Action::Add => self.added.extend(change.what.iter().cloned()),
            Action::Park => self.parked.extend(change.what.iter().cloned()),
            Action::Rename(to) => {
                let renamed = |from: &String| Rename {
                    from: from.clone(),
                    to: to.clone(),
                    applied: true,
                };
                self.renamed.extend(change.what.iter().map(renamed));
            }
        }
    }
}

/// What a change does.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Add,
    Park,
    Rename(String),
}

/// One change: edits of the text, and what they do to the file's value.
#[derive(Clone, Debug)]
struct Change {
    action: Action,
    /// What it is about, by name.
    what: Vec<String>,
    /// The keys it adds with their values, removes or renames, each from the top.
    paths: Vec<(Vec<String>, Value)>,
    /// Bytes to replace, and by what.
    edits: Vec<(Range<usize>, String)>,
    /// Bytes in which comments may change.
    loose: Option<Range<usize>>,
    /// Lines to paste where it is refused.
    paste: String,
    /// Whether the file's form allows it at all.
    possible: bool,
}

/// Keeps as many changes as leave the file what it has to be: all of them, or else each half by itself.
fn keep<'c>(
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
fn holds(document: &Document, changes: &[&Change]) -> bool {
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

    fn is_renamed_step(&self) -> bool {
        matches!(self.action, Action::Rename(_))
            && self.paths.iter().any(|(path, _)| path.len() == 2)
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
fn apply(text: &str, changes: &[&Change]) -> String {
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

/// The line break that a text uses.
fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
