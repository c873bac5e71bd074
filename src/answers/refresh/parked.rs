//! Owns answers that became comments because nothing asks for them any more: how they are written, and how they are
//! found again.

use std::ops::Range;

use serde_json::Value;

use crate::answers::COMMON;
use crate::answers::edit::lines::{Lines, line_break};
use crate::source::Source;
use crate::yaml::{self, Entry};

/// The comment that goes before an answer nobody asks for any more.
const MARK: &str = "# no longer asked for:";

/// An answer that is a comment.
pub(super) struct Parked {
    /// The keys that lead to its mapping.
    pub(super) path: Vec<String>,
    /// Its name.
    pub(super) key: String,
    /// Its value.
    pub(super) value: Value,
    /// The lines of the comment, the mark included.
    pub(super) range: Range<usize>,
    /// The lines as they were.
    pub(super) text: String,
}

/// The lines of a key as a comment. `range` are whole lines of `text`, and `margin` is what stands before the key.
pub(super) fn comment(text: &str, range: Range<usize>, margin: &str) -> String {
    let mut parked = format!("{margin}{MARK}{}", line_break(text));
    let begin = parked.len();
    for line in text[range.clone()].split_inclusive('\n') {
        let own = line.len() - line.trim_start_matches(' ').len();
        let (before, after) = line.split_at(own.min(margin.len()));
        match line.trim().is_empty() {
            true => parked.push_str(&format!("{margin}#{}", line.trim_matches(' '))),
            false => parked.push_str(&format!("{before}# {after}")),
        }
    }
    // What follows must not read as if it belonged to it.
    let end = parked.len();
    let following = format!("{}{}", &parked[begin..], &text[range.end..]);
    if extent(&following, margin.len()) > end - begin {
        parked.push_str(line_break(text));
    }
    parked
}

/// Every answer that is a comment, with the mapping it was in.
pub(super) fn find(lines: Lines<'_>) -> Vec<Parked> {
    let source = &lines.document.source;
    let text = source.text();
    let marks = lines.document.comments.iter().filter(|span| {
        source.slice(**span).trim_end() == MARK
            && text[lines.start(span.start)..span.start]
                .bytes()
                .all(|b| b == b' ')
    });
    let read = |start: usize| {
        let line = lines.start(start);
        let column = start - line;
        let begin = lines.end(start);
        let end = begin + extent(&text[begin..], column);
        let plain: String = text[begin..end]
            .split_inclusive('\n')
            .map(uncommented)
            .collect();
        let document =
            yaml::parse(&Source::new(source.path(), source.name(), plain.clone())).ok()?;
        let [entry] = document.root.entries() else {
            return None;
        };
        Some(Parked {
            path: parent(lines, start, column)?,
            key: entry.key.clone(),
            value: entry.value.to_value(),
            range: line..end,
            text: plain,
        })
    };
    marks.filter_map(|span| read(span.start)).collect()
}

/// How many bytes of commented lines belong to one key that stood at a column, from the first line on.
fn extent(text: &str, column: usize) -> usize {
    let (mut at, mut end) = (0, 0);
    for (count, line) in text.split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start_matches(' ').len();
        if own > column || !line[own..].starts_with('#') {
            break;
        }
        let plain = uncommented(line);
        let indent = plain.len() - plain.trim_start_matches(' ').len();
        let word = plain.trim();
        let belongs = match word {
            "" => false,
            _ if count == 0 => indent == column,
            _ => indent > column || indent == column && (word == "-" || word.starts_with("- ")),
        };
        // Empty lines and comments belong where something that belongs comes after them.
        if !belongs && (count == 0 || !word.is_empty() && !word.starts_with('#')) {
            break;
        }
        at += line.len();
        if belongs {
            end = at;
        }
    }
    end
}

/// A line without its mark.
fn uncommented(line: &str) -> String {
    let own = line.len() - line.trim_start_matches(' ').len();
    let rest = line[own..].strip_prefix('#').unwrap_or(&line[own..]);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    match rest.trim().is_empty() {
        true => rest.to_owned(),
        false => format!("{}{rest}", &line[..own]),
    }
}

/// The keys that lead to the mapping in which a comment stands: those above it that stand further to the left.
fn parent(lines: Lines<'_>, offset: usize, column: usize) -> Option<Vec<String>> {
    let above = |entries: &[Entry]| {
        entries
            .iter()
            .rposition(|entry| !entry.merged && entry.key_span.start < offset)
    };
    let left = |entry: &Entry| entry.key_span.start - lines.start(entry.key_span.start) < column;
    let root = lines.document.root.entries();
    let top = &root[above(root)?];
    if !(top.key == "steps" || top.key == COMMON) || !left(top) {
        return None;
    }
    let mut path = vec![top.key.clone()];
    let mut at = top;
    while let Some(below) = above(at.value.entries()).map(|index| &at.value.entries()[index]) {
        if path.len() == 3 || !left(below) {
            break;
        }
        path.push(below.key.clone());
        at = below;
    }
    Some(path)
}
