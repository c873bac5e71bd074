//! Owns how a finding looks: a headline, the text it is about with its places marked, file by file, and what to do.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::{Tone, clean, paint};
use crate::diagnostic::{Diagnostic, Label, Severity, visible};
use crate::secret;
use crate::source::{Place, Source, Span};

/// Lines shown around a place.
const CONTEXT: usize = 1;

/// Lines longer than this, as minified files have them, are not drawn but quoted in part.
const LONGEST_LINE: usize = 500;

/// How much of such a line is quoted.
const QUOTED: usize = 60;

/// What the reader's terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Whether it has colours.
    pub colored: bool,
    /// Whether it has lines and arrows.
    pub unicode: bool,
    /// Its columns.
    pub width: usize,
}

/// A finding as it is shown.
pub fn draw(diagnostic: &Diagnostic, canvas: Canvas) -> String {
    let tone = match diagnostic.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Advice => Tone::Name,
    };
    let kind = format!("{}[{}]", diagnostic.severity.as_str(), diagnostic.code);
    let message = paint(Tone::Strong, &clean(&diagnostic.message));
    let mut text = format!("{}: {message}\n", paint(tone, &kind));
    for (source, labels) in by_source(diagnostic) {
        let covered = covered(source, &labels);
        let source = covered.as_ref().unwrap_or(source);
        text += &if is_drawable(source, &labels) {
            drawn(diagnostic.severity, source, &labels, canvas)
        } else {
            quoted(source, &labels)
        };
    }
    if let Some(help) = &diagnostic.help {
        for (at, line) in wrapped(&clean(help), canvas.width.saturating_sub(8))
            .iter()
            .enumerate()
        {
            let word = if at == 0 {
                paint(Tone::Name, "help:")
            } else {
                "     ".to_owned()
            };
            text += &format!("  {word} {line}\n");
        }
    }
    text
}

/// The labels of each file, files in the order in which they are first named.
fn by_source(diagnostic: &Diagnostic) -> Vec<(&Source, Vec<&Label>)> {
    let mut files: Vec<(&Source, Vec<&Label>)> = Vec::new();
    for label in &diagnostic.labels {
        match files
            .iter_mut()
            .find(|(source, _)| **source == label.place.source)
        {
            Some((_, labels)) => labels.push(label),
            None => files.push((&label.place.source, vec![label])),
        }
    }
    files
}

/// The same file with secrets covered, where any stand in the lines to show.
fn covered(source: &Source, labels: &[&Label]) -> Option<Source> {
    let is_yaml = |ending: &OsStr| ending == "yaml" || ending == "yml";
    if !source.path().extension().is_some_and(is_yaml) {
        return None;
    }
    let starts = source.line_starts();
    let holds_secret = |label: &&Label| {
        let (line, _) = source.line_column(visible(&label.place).start);
        let line_at = |line: usize| starts.get(line).copied().unwrap_or(source.text().len());
        let first = line_at(line.saturating_sub(1 + CONTEXT));
        let shown = source.slice(Span::new(first, line_at(line + CONTEXT)));
        matches!(secret::covered(shown), Cow::Owned(_))
    };
    let any = labels.iter().any(holds_secret);
    any.then(|| Source::new(source.path(), source.name(), secret::covered(source.text())))
}

/// Whether the lines to show are short enough to be read, and hold nothing that would take hold of the terminal.
fn is_drawable(source: &Source, labels: &[&Label]) -> bool {
    let starts = source.line_starts();
    labels.iter().all(|label| {
        let Some(span) = underlined(&label.place) else {
            return false;
        };
        let (line, _) = source.line_column(span.start);
        let first = line.saturating_sub(1 + CONTEXT);
        let lines = first..(line + CONTEXT).min(starts.len());
        lines.into_iter().all(|line| {
            let end = starts.get(line + 1).copied().unwrap_or(source.text().len());
            let text = source.slice(Span::new(starts[line], end));
            text.len() <= LONGEST_LINE
                && !text
                    .chars()
                    .any(|c| c.is_control() && !"\t\r\n".contains(c))
        })
    })
}

/// The characters that mark a place: its own or, where it has none because it lies at the end of a line, the one
/// before. None on an empty line.
fn underlined(place: &Place) -> Option<Span> {
    let Span { start, end } = visible(place);
    let text = place.source.text();
    if !text[start..].is_empty() && !text[start..].starts_with(['\r', '\n']) {
        return Some(Span::new(start, end));
    }
    let before = text[..start].chars().next_back()?;
    (before != '\n').then(|| Span::new(start - before.len_utf8(), start))
}

/// Places marked in their lines.
fn drawn(severity: Severity, source: &Source, labels: &[&Label], canvas: Canvas) -> String {
    let theme = GraphicalTheme {
        characters: if canvas.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if canvas.colored {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(canvas.width)
        .with_context_lines(CONTEXT);
    let snippet = Snippet {
        severity,
        source,
        labels,
    };
    let mut text = String::new();
    match handler.render_report(&mut text, &snippet) {
        // Its first line holds the icon of a headline that we have written already.
        Ok(()) => {
            let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
            match source.is_typed() {
                true => without_line(rest, source.name()),
                false => rest.to_owned(),
            }
        }
        Err(fmt::Error) => quoted(source, labels),
    }
}

/// A drawing whose head names what was typed without line and column: `[--set:1:7]` is `[--set]`.
fn without_line(drawing: &str, name: &str) -> String {
    let head = drawing.split_once(&format!("[{name}:"));
    match head.and_then(|(before, rest)| Some((before, rest.split_once(']')?.1))) {
        Some((before, after)) => format!("{before}[{name}]{after}"),
        None => drawing.to_owned(),
    }
}

/// Places named, with a part of their lines.
fn quoted(source: &Source, labels: &[&Label]) -> String {
    let mut text = String::new();
    for label in labels {
        let start = visible(&label.place).start;
        let (line, column) = source.line_column(start);
        let rest = source.text().get(start..).unwrap_or_default();
        let part: String = rest
            .chars()
            .take_while(|&c| c != '\n')
            .take(QUOTED)
            .collect();
        let part = clean(part.trim_end());
        let gap = if part.is_empty() { "" } else { ": " };
        let at = match source.is_typed() {
            true => source.name().to_owned(),
            false => format!("{}:{line}:{column}", source.name()),
        };
        text += &format!("   at {at}{gap}{part}\n");
        if !label.text.is_empty() {
            text += &format!("      {}\n", clean(&label.text));
        }
    }
    text
}

/// Text in lines of at most `width` characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let fits = line.chars().count() + 1 + word.chars().count() <= width;
            if !line.is_empty() && !fits {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        lines.push(line);
    }
    lines
}

/// One file's share of a finding, as `miette` draws it.
#[derive(Debug)]
struct Snippet<'a> {
    severity: Severity,
    source: &'a Source,
    labels: &'a [&'a Label],
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet<'_> {}

impl miette::Diagnostic for Snippet<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.labels.iter().enumerate().map(|(at, label)| {
            let text = (!label.text.is_empty()).then(|| clean(&label.text));
            let span = underlined(&label.place).unwrap_or_default().range();
            match at {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        });
        Some(Box::new(labels))
    }
}
