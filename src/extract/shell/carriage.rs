//! Owns the question whether a script has the line ends of Windows where a shell takes them for a part of its words.

use tree_sitter::Tree;

use crate::source::{Place, Source, Span};

/// Parts of a script in which a carriage return is content, or harmless.
const CONTENT: &[&str] = &[
    "ansi_c_string",
    "comment",
    "heredoc_body",
    "heredoc_content",
    "raw_string",
    "string",
    "string_content",
];

/// The first line whose end a shell would take for a part of it. Of a script that is not understood as a whole only
/// where most lines end so.
pub(super) fn first(source: &Source, tree: &Tree) -> Option<Place> {
    let text = source.text();
    let mut ends = text.match_indices("\r\n").map(|(at, _)| at).peekable();
    ends.peek()?;
    let root = tree.root_node();
    if root.has_error() && text.matches("\r\n").count() * 2 < text.matches('\n').count() {
        return None;
    }
    let is_code = |at: &usize| {
        let around = root.descendant_for_byte_range(*at, *at + 1);
        around.is_none_or(|node| !CONTENT.contains(&node.kind()))
    };
    let at = ends.find(is_code)?;
    let line = source.line_span(source.line_column(at).0);
    Some(source.at(Span::new(line.start.min(at), at)))
}
