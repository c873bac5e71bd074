//! Owns text that came from a file, and places in it. Knows nothing of what the text means.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A file's text, shared cheaply by everything that points into it.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    /// Where the file lies, to open it.
    path: PathBuf,
    /// How people are told of it: relative to where they stand where that is possible.
    name: String,
    text: Arc<str>,
    /// Whether it was typed on the command line, so that there is no file and no line to speak of.
    typed: bool,
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// Wraps `text` read from `path`, spoken of as `name`.
    pub fn new(
        path: impl Into<PathBuf>,
        name: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> Self {
        Self(Arc::new(Inner {
            path: path.into(),
            name: name.into(),
            text: text.into(),
            typed: false,
            lines: OnceLock::new(),
        }))
    }

    /// Wraps what was typed after an option of the command line, spoken of by that option's name.
    pub fn typed(option: &str, text: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Inner {
            path: option.into(),
            name: option.to_owned(),
            text: text.into(),
            typed: true,
            lines: OnceLock::new(),
        }))
    }

    /// The same file with another text.
    #[must_use]
    pub fn with_text(&self, text: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Inner {
            path: self.0.path.clone(),
            name: self.0.name.clone(),
            text: text.into(),
            typed: self.0.typed,
            lines: OnceLock::new(),
        }))
    }

    /// Whether it was typed on the command line: there is no such file then.
    pub fn is_typed(&self) -> bool {
        self.0.typed
    }

    /// Wraps bytes from disk: what is not UTF-8 becomes U+FFFD, a byte order mark is dropped.
    pub fn from_bytes(path: impl Into<PathBuf>, name: impl Into<String>, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self::new(path, name, String::from_utf8_lossy(bytes))
    }

    /// The file's path, as it can be opened.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The file's name, as people are told it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text of `span`; empty where the span does not fit.
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.range()).unwrap_or_default()
    }

    /// The place of `span` in this source.
    pub fn at(&self, span: Span) -> Place {
        Place {
            source: self.clone(),
            span,
        }
    }

    /// Offsets at which lines begin, found once.
    pub fn line_starts(&self) -> &[usize] {
        self.0.lines.get_or_init(|| {
            std::iter::once(0)
                .chain(self.text().match_indices('\n').map(|(at, _)| at + 1))
                .collect()
        })
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset).max(1);
        let start = starts[line - 1];
        let column = self
            .text()
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// The span of a whole line (from 1) without its line break and indentation.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(self.text().len());
        let end = starts.get(line).copied().unwrap_or(self.text().len());
        let text = &self.text()[start..end];
        let indent = text.len() - text.trim_start().len();
        Span::new(
            start + indent.min(text.trim_end().len()),
            start + text.trim_end().len(),
        )
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.path() == other.path() && self.text() == other.text())
    }
}

/// A half-open range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A span together with the source it lies in.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The text.
    pub source: Source,
    /// Where in it.
    pub span: Span,
}

impl Place {
    /// Line and column of its first byte, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.span.start)
    }
}

/// `file:line`, the form that terminals and editors turn into a link; of what was typed, the option.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source.is_typed() {
            true => f.write_str(self.source.name()),
            false => write!(f, "{}:{}", self.source.name(), self.line_column().0),
        }
    }
}

/// A value with the span it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value and its span.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let source = Source::new("a.yaml", "a.yaml", "a: 1\né: 2\r\nb: 3");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(
            source.line_column(7),
            (2, 2),
            "é takes two bytes and one column"
        );
        assert_eq!(source.line_column(source.text().len()), (3, 5));
        assert_eq!(source.slice(source.line_span(2)), "é: 2");
        assert_eq!(source.slice(source.line_span(9)), "");
    }

    #[test]
    fn bytes_that_are_not_text_never_fail() {
        let source = Source::from_bytes("x", "x", b"\xef\xbb\xbfa\xff");
        assert_eq!(source.text(), "a\u{fffd}");
    }
}
