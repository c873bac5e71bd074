//! Owns the adding of keys to the sections of a YAML file, where a section is a key at its top: for files other than
//! answers that people edit too.

use serde_json::Value;

use super::add::{self, Child, Spot};
use super::lines::Lines;
use super::{Action, Change};
use crate::source::Source;
use crate::yaml::{self, Document};

/// A key to add.
pub(crate) struct Addition<'a> {
    /// The section it belongs to.
    pub(crate) section: &'a str,
    /// Its name.
    pub(crate) key: &'a str,
    /// Its value, as its lines have it.
    pub(crate) value: Value,
    /// Its lines, at an indentation.
    pub(crate) block: Box<dyn Fn(usize) -> String + 'a>,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// The new text.
    pub(crate) text: String,
    /// What was added: `args.rounds`.
    pub(crate) added: Vec<String>,
    /// Lines to paste by hand, where the file's own form does not allow a change.
    pub(crate) refused: Vec<String>,
}

/// Adds keys at the end of their sections; every other byte stays as it is.
pub(crate) fn add(document: &Document, additions: Vec<Addition<'_>>) -> Added {
    let lines = Lines { document };
    let mut sections: Vec<(&str, Vec<Child<'_>>)> = Vec::new();
    for addition in additions {
        let child = Child {
            what: vec![format!("{}.{}", addition.section, addition.key)],
            key: addition.key.to_owned(),
            rank: usize::MAX,
            value: addition.value,
            block: addition.block,
        };
        match sections
            .iter_mut()
            .find(|(name, _)| *name == addition.section)
        {
            Some((_, children)) => children.push(child),
            None => sections.push((addition.section, vec![child])),
        }
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut new: Vec<Change> = Vec::new();
    for (section, children) in sections {
        match document.root.entry(section) {
            Some(entry) => {
                let spot = Spot {
                    entry,
                    in_flow: document.root.flow,
                    shared: entry.value.alias.is_some() || entry.merged,
                };
                let places = |key: &str| spot.own().position(|entry| entry.key == key);
                changes.extend(add::add(lines, spot, &[section], children, &places));
            }
            None => new.push(new_section(lines, section, children)),
        }
    }
    // What ends the file belongs to the section that is there, and comes before a new one.
    changes.extend(new);
    let (possible, mut refused): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.possible);
    let mut kept = Vec::new();
    super::keep(document, &possible, &mut kept, &mut refused);
    Added {
        text: super::apply(document.source.text(), &kept),
        added: kept.iter().flat_map(|change| change.what.clone()).collect(),
        refused: refused.iter().map(|change| change.paste.clone()).collect(),
    }
}

/// A section that the file does not have yet, at its end.
fn new_section(lines: Lines<'_>, section: &str, children: Vec<Child<'_>>) -> Change {
    let text = lines.text();
    let mut block = format!("{}:\n", yaml::quoted(section));
    children
        .iter()
        .for_each(|child| block.push_str(&(child.block)(2)));
    let has_end = text.lines().any(|line| line.trim_end() == "...");
    Change {
        action: Action::Add,
        what: children
            .iter()
            .flat_map(|child| child.what.clone())
            .collect(),
        paths: children
            .into_iter()
            .map(|child| (add::keys(&[section], &child.key), child.value))
            .collect(),
        edits: vec![lines.insertion(text.len(), &block)],
        loose: None,
        paste: block,
        possible: !lines.document.root.flow && !has_end,
    }
}

/// Whether another text holds the same values and as many comments.
pub(crate) fn same_but_comments(old: &Document, text: &str) -> bool {
    let source = Source::new(old.source.path(), old.source.name(), text);
    yaml::parse(&source)
        .is_ok_and(|new| new.value == old.value && new.comments.len() == old.comments.len())
}
