//! Owns findings in the user's files: what is wrong, where, and what to write instead. Knows how `miette` reads the
//! lines it draws them over, and nothing of pipelines.

pub mod code;

use std::fmt;

use miette::{MietteError, SourceCode, SourceSpan, SpanContents};

pub use self::code::Code;
use crate::source::{Place, Source, Span};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A run is refused.
    Error,
    /// A run is possible, but probably not what was meant.
    Warning,
    /// Something worth knowing.
    Advice,
}

impl Severity {
    /// The word shown to people and written to JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

/// A place and what is to be said there.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How much it matters; the code's own unless changed.
    pub severity: Severity,
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    /// Where: the first label is the place to edit, the others tell why. Empty only where no file is to blame.
    pub labels: Vec<Label>,
    /// What to write instead: an instruction.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding that has no place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: readable(message.into()),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Adds a place; the first one added is where the user edits.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: readable(text.into()),
        });
        self
    }

    /// Adds a place where there is one.
    #[must_use]
    pub fn maybe_at(self, place: Option<Place>, text: impl Into<String>) -> Self {
        match place {
            Some(place) => self.at(place, text),
            None => self,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(readable(help.into()));
        self
    }

    /// Says what to do, where there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.map(readable).or(self.help);
        self
    }

    /// The place the user edits.
    pub fn place(&self) -> Option<&Place> {
        self.labels.first().map(|label| &label.place)
    }

    /// File name and offset, which is the order findings are told in.
    fn position(&self) -> (&str, usize) {
        self.place()
            .map_or(("", 0), |place| (place.source.name(), place.span.start))
    }
}

/// The longest text of a finding, in characters: names in it may be as long as their file.
const LONGEST_TEXT: usize = 600;

/// A text that people can be expected to read.
fn readable(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Findings as they come together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether any of them refuses a run.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|d| d.severity == severity).count()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The same with something done to each; those for which there is nothing left are left out.
    #[must_use]
    pub fn changed(self, change: impl FnMut(Diagnostic) -> Option<Diagnostic>) -> Self {
        Self(self.0.into_iter().filter_map(change).collect())
    }

    /// Puts them in the order of files and places, equal ones once.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0
            .sort_by(|a, b| a.position().cmp(&b.position()).then(a.code.cmp(&b.code)));
        self.0.dedup();
        self
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, iter: T) {
        self.0.extend(iter);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The candidate that `word` was most likely meant to be, if any is near enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are not compared letter by letter: nobody misspells a text.
    const LONGEST: usize = 128;
    let folded = word.to_lowercase().replace('-', "_");
    let length = folded.chars().count();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && word.len().max(candidate.len()) <= LONGEST)
        .filter_map(|candidate| {
            let other = candidate.to_lowercase().replace('-', "_");
            let longest = length.max(other.chars().count());
            let limit = longest.div_ceil(3).min(4);
            let begins = folded.len() >= 3 && other.starts_with(&folded)
                || other.len() >= 3 && folded.starts_with(other.as_str());
            if !begins && length.abs_diff(other.chars().count()) > limit {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&folded, &other);
            (begins || distance <= limit && distance < longest).then_some((distance, candidate))
        })
        .min_by_key(|(distance, ..)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?" where there is a near match.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// The candidate of which `word` is a slip of the pen: closer than [`nearest`], for words that may be right as they are.
pub fn misspelling<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let near = nearest(word, candidates)?;
    let distance = strsim::damerau_levenshtein(word, near);
    let shortest = word.chars().count().min(near.chars().count());
    // Short words differ by a letter often enough without being slips; few slips are in the first letter.
    let begins_alike = word.chars().next() == near.chars().next();
    let limit = if begins_alike { 4 } else { 5 };
    (distance <= 2 && distance * limit <= shortest).then_some(near)
}

/// `a`, `b` and `c`: names in backticks, as many as a reader can take in.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        many if many.len() > SHOWN => {
            format!(
                "{} and {} more",
                many[..SHOWN].join(", "),
                many.len() - SHOWN
            )
        }
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// The part of a place that is worth underlining: on one line, and inside the text.
pub fn visible(place: &Place) -> Span {
    let text = place.source.text();
    let start = place.span.start.min(text.len());
    let end = place.span.end.clamp(start, text.len());
    let first_line = text
        .get(start..end)
        .and_then(|t| t.find(['\n', '\r']))
        .map_or(end, |at| start + at);
    Span::new(start, first_line)
}

/// Lines around a span, found through the line index instead of reading the text from its start each time.
impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text();
        if span.offset() + span.len() > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let starts = self.line_starts();
        let line_of = |offset: usize| {
            starts
                .partition_point(|&start| start <= offset)
                .saturating_sub(1)
        };
        let first = line_of(span.offset()).saturating_sub(before);
        let last =
            line_of((span.offset() + span.len().saturating_sub(1)).max(span.offset())) + after;
        let start = starts[first];
        let end = starts.get(last + 1).copied().unwrap_or(text.len());
        let column = match before {
            0 => span.offset() - start,
            _ => 0,
        };
        let start = start + column;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.name().to_owned(),
            &text.as_bytes()[start..end],
            (start, end - start).into(),
            first,
            column,
            starts.len(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        let keys = ["needs", "script", "inputs", "timeout"];
        assert_eq!(nearest("need", keys), Some("needs"));
        assert_eq!(nearest("tiemout", keys), Some("timeout"));
        assert_eq!(nearest("Input", keys), Some("inputs"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("integer", ["path", "int"]), Some("int"));
        assert_eq!(nearest("job-type", ["job_type", "job"]), Some("job_type"));
    }

    #[test]
    fn a_slip_of_the_pen_is_closer_than_a_near_word() {
        let names = ["LOG_LEVEL", "epochs", "model", "seed"];
        assert_eq!(misspelling("LOG_LEVLE", names), Some("LOG_LEVEL"));
        assert_eq!(misspelling("epoch", names), Some("epochs"));
        assert_eq!(misspelling("model_dir", names), None);
        assert_eq!(misspelling("need", names), None);
        let long = "x".repeat(1 << 20);
        assert_eq!(misspelling(&long, [long.as_str(), "x"]), None);
        let finding = Diagnostic::new(Code::UnknownKey, long);
        assert!(finding.message.len() < 2000, "texts stay readable");
    }

    #[test]
    fn findings_come_in_the_order_of_their_places() {
        let source = Source::new("m", "m", "abc");
        let late = Diagnostic::new(Code::UnknownKey, "late").at(source.at(Span::new(2, 3)), "");
        let early = Diagnostic::new(Code::UnknownKey, "early").at(source.at(Span::new(0, 1)), "");
        let sorted = Diagnostics::from_iter([late.clone(), early.clone(), late.clone()]).sorted();
        assert_eq!(sorted.iter().collect::<Vec<_>>(), [&early, &late]);
    }

    #[test]
    fn lists_read_as_people_write_them() {
        assert_eq!(listed([]), "none");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("`11` and 8 more"));
    }
}
