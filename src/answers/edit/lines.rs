//! Owns the lines of an answers file: where those of a key begin and end, and how the file breaks them.

use std::ops::Range;

use crate::yaml::{Document, Entry, Node};

/// The lines of a file.
#[derive(Clone, Copy)]
pub(in crate::answers) struct Lines<'a> {
    pub(in crate::answers) document: &'a Document,
}

impl<'a> Lines<'a> {
    /// The file's text.
    pub(in crate::answers) fn text(self) -> &'a str {
        self.document.source.text()
    }

    /// The lines of a key and its value, whole.
    pub(in crate::answers) fn of(self, entry: &Entry) -> Range<usize> {
        self.start(entry.key_span.start)..self.end(last_byte(entry))
    }

    /// Lines put in at an offset, with the file's own line breaks, and without one at the end where it has none.
    pub(in crate::answers) fn insertion(
        self,
        offset: usize,
        lines: &str,
    ) -> (Range<usize>, String) {
        let text = self.text();
        let line_break = line_break(text);
        let unfinished = offset == text.len() && !text.is_empty() && !text.ends_with('\n');
        let lines = match unfinished {
            true => format!("\n{}", lines.trim_end_matches('\n')),
            false => lines.to_owned(),
        };
        (offset..offset, lines.replace('\n', line_break))
    }

    /// Whether there are empty lines between the steps.
    pub(in crate::answers) fn is_spaced(self, own: &[&Entry]) -> bool {
        let text = self.text();
        own.windows(2).any(|pair| {
            let between = &text
                [self.end(last_byte(pair[0])).min(pair[1].key_span.start)..pair[1].key_span.start];
            between
                .split('\n')
                .rev()
                .skip(1)
                .any(|line| line.trim().is_empty())
        })
    }

    pub(in crate::answers) fn start(self, offset: usize) -> usize {
        let starts = self.document.source.line_starts();
        starts[starts
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)]
    }

    /// One past the line break of the line that an offset lies in.
    pub(in crate::answers) fn end(self, offset: usize) -> usize {
        let starts = self.document.source.line_starts();
        let text = self.text();
        starts
            .get(starts.partition_point(|&start| start <= offset))
            .copied()
            .unwrap_or(text.len())
    }

    /// Where the lines of a key end, with the comments below it that stand deeper than its column.
    pub(in crate::answers) fn block_end(self, entry: &Entry, column: usize) -> usize {
        let text = self.text();
        let mut end = self.end(last_byte(entry));
        let mut at = end;
        while at < text.len() {
            let next = self.end(at);
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

/// The offset of the last byte of a key and its value.
pub(in crate::answers) fn last_byte(entry: &Entry) -> usize {
    let end = node_end(&entry.value).max(entry.key_span.end);
    end.saturating_sub(1)
}

/// One past the last byte of a value, as it is written here.
fn node_end(node: &Node) -> usize {
    node.shown().end
}

/// The line break that a text uses.
pub(in crate::answers) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
