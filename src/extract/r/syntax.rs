//! Owns what R would refuse for certain: brackets that do not fit, texts that are never closed, escapes that it does not
//! know, and words that its grammar has no place for.

use tree_sitter::Tree;

use crate::source::{Place, Source, Span};

/// What may follow a backslash in a text. R takes nothing else.
const ESCAPES: &str = "ntrbafv\\\"'` \n\r01234567xuU";
/// How much of a word is shown, in characters.
const SHOWN: usize = 30;

/// Where R would stop reading a script, and why; none where it reads all of it.
pub(super) fn error(source: &Source, tree: &Tree) -> Option<(Place, String)> {
    let (span, why) = unbalanced(source.text())
        .or_else(|| misplaced(source, tree))
        .or_else(|| adjoining(source, tree))?;
    Some((source.at(span), why))
}

/// The first text or bracket without its other end, or unknown escape.
fn unbalanced(text: &str) -> Option<(Span, String)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let here = Span::new(at, at + c.len_utf8());
        let after = &text[here.end..];
        at = here.end;
        match c {
            '#' => at += after.find('\n').unwrap_or(after.len()),
            '"' | '\'' | '`' => match end(&text[..here.start], after, c) {
                End::At(length) => at += length,
                End::Nowhere => return Some((here, never_closed(c))),
                End::Unknown(escape) => {
                    let escape = Span::new(at + escape.start, at + escape.end);
                    let why = unknown_escape(&text[escape.range()]);
                    return Some((escape, why));
                }
            },
            // An operator such as `%in%`, whatever it is made of.
            '%' => {
                let line = after.lines().next().unwrap_or_default();
                at += line.find('%').map_or(0, |end| end + 1);
            }
            '(' | '[' | '{' => open.push((here.start, c)),
            ')' | ']' | '}' => match open.pop() {
                Some((_, opening)) if closing(opening) == c => {}
                Some((start, opening)) => {
                    let line = 1 + text[..start].matches('\n').count();
                    return Some((here, other_closed(c, opening, line)));
                }
                None => return Some((here, never_opened(c))),
            },
            _ => {}
        }
    }
    let (start, opening) = open.pop()?;
    Some((Span::new(start, start + 1), never_closed(opening)))
}

fn closing(opening: char) -> char {
    match opening {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// Where a text ends, counted from behind its first quote.
enum End {
    /// Behind its last quote.
    At(usize),
    /// It has no last quote.
    Nowhere,
    /// R gives up before, at an escape.
    Unknown(Span),
}

/// The end of a text that begins with `quote`, between what stands before and what stands after it.
fn end(before: &str, after: &str, quote: char) -> End {
    if quote != '`'
        && is_raw(before)
        && let Some(last) = raw_end(after, quote)
    {
        let found = after.find(&last);
        return found.map_or(End::Nowhere, |found| End::At(found + last.len()));
    }
    let mut letters = after.char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            c if c == quote => return End::At(at + c.len_utf8()),
            '\\' => match letters.next() {
                Some((next, c)) if quote != '`' && !ESCAPES.contains(c) => {
                    return End::Unknown(Span::new(at, next + c.len_utf8()));
                }
                _ => {}
            },
            _ => {}
        }
    }
    End::Nowhere
}

/// Whether a quote that stands here begins a raw text, `r"(…)"`.
fn is_raw(before: &str) -> bool {
    let mut letters = before.chars().rev();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    matches!(letters.next(), Some('r' | 'R')) && !letters.next().is_some_and(is_name)
}

/// What ends a raw text, going by what follows its first quote.
fn raw_end(after: &str, quote: char) -> Option<String> {
    let dashes = after.len() - after.trim_start_matches('-').len();
    let opening = after[dashes..].chars().next()?;
    let is_bracket = matches!(opening, '(' | '[' | '{');
    is_bracket.then(|| format!("{}{}{quote}", closing(opening), "-".repeat(dashes)))
}

/// The first part that R's grammar has no place for, as small as the parser tells it.
fn misplaced(source: &Source, tree: &Tree) -> Option<(Span, String)> {
    let mut cursor = tree.walk();
    let mut found = None;
    while cursor.node().has_error() {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found = Some(node);
        }
        let mut more = cursor.goto_first_child();
        while more && !cursor.node().has_error() {
            more = cursor.goto_next_sibling();
        }
        if !more {
            break;
        }
    }
    let node = found?;
    let span = Span::from(node.byte_range());
    if node.is_missing() {
        return Some((span, missing(node.kind())));
    }
    let word = first_words(source, span);
    match word.is_empty() {
        false => Some((span, unexpected(&word))),
        // Of the spaces of other scripts R takes most for blanks.
        true => source
            .slice(span)
            .contains('\u{a0}')
            .then(|| (span, no_break_space())),
    }
}

/// What stands on a line behind a whole expression, for which R's grammar has no place although the parser makes one: a
/// second expression, or the `else` of an `if` that ended with its line.
fn adjoining(source: &Source, tree: &Tree) -> Option<(Span, String)> {
    let root = tree.root_node();
    let mut cursor = root.walk();
    let mut before = None;
    for node in root.children(&mut cursor) {
        let is_else = source.slice(Span::from(node.byte_range())) == "else";
        let is_expression = node.is_named() && node.kind() != "comment";
        let follows = before.is_some_and(|end| {
            let between = source.slice(Span::new(end, node.start_byte()));
            !between.contains(['\n', '\r', ';'])
        });
        if is_else || is_expression && follows {
            let span = Span::from(node.byte_range());
            return Some((span, unexpected(&first_words(source, span))));
        }
        before = is_expression.then(|| node.end_byte());
    }
    None
}

/// The beginning of what is written somewhere.
fn first_words(source: &Source, span: Span) -> String {
    let line = source.slice(span).lines().next().unwrap_or_default();
    line.trim().chars().take(SHOWN).collect()
}

fn never_closed(opening: char) -> String {
    match opening {
        '(' | '[' | '{' => format!("this `{opening}` is never closed"),
        _ => "the text that begins here is never closed".to_owned(),
    }
}

fn never_opened(closing: char) -> String {
    format!("this `{closing}` closes nothing")
}

fn other_closed(closing: char, opening: char, line: usize) -> String {
    format!("this `{closing}` does not close the `{opening}` of line {line}")
}

fn unknown_escape(escape: &str) -> String {
    format!("R knows no `{escape}` in a text: a backslash itself is written `\\\\`")
}

fn missing(word: &str) -> String {
    format!("`{word}` is missing here")
}

fn no_break_space() -> String {
    "this is a no-break space, which R takes for no blank".to_owned()
}

fn unexpected(word: &str) -> String {
    format!("R has no place for `{word}` here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_r_surely_refuses_is_an_error() {
        let mut wrong = Vec::new();
        for (text, expected) in [
            ("", None),
            (
                "f <- function(x) {\n  x[[1]]\n",
                Some("1:18 this `{` is never closed"),
            ),
            (
                "x <- c(1, 2\ny <- 3}\n",
                Some("2:7 this `}` does not close the `(` of line 1"),
            ),
            ("x <- 1\n}\n", Some("2:1 this `}` closes nothing")),
            (
                "print('a)\n",
                Some("1:7 the text that begins here is never closed"),
            ),
            (
                "read.csv(\"data\\x.csv\")\nread.csv('C:\\data')",
                Some("2:13 R knows no `\\d` in a text: a backslash itself is written `\\\\`"),
            ),
            ("x y\n", Some("1:3 R has no place for `y` here")),
            (
                "if (a) 1\nelse 2\n",
                Some("2:1 R has no place for `else` here"),
            ),
            ("if (a) 1 else if (b) {\n} else 3 # c\nx; y\n# d\nz", None),
            (
                "if (a) 1 else if (b) 2\n\nelse 3\n",
                Some("3:1 R has no place for `else` here"),
            ),
            ("x[1]y <- 2\n", Some("1:5 R has no place for `y <- 2` here")),
            (
                "f(1,\u{a0}2)\n",
                Some("1:5 this is a no-break space, which R takes for no blank"),
            ),
            ("{\n  if (a) 1\n  else 2\n}\n", None),
            ("r\"(a\"b)\" + R'--[\\d]--' # it's\n", None),
            ("x %\"% y; `a'b` <- 'it\\'s'\n", None),
            ("sapply(x, \\(i) i |> f())\n", None),
            ("'\\u{e9}\\x41\\101'\r\nx <- 1\r\n", None),
            ("library(x)\n\u{c}\nf(, 1)[, 2]\n-1 -> y\n", None),
        ] {
            let source = Source::new("x.R", "x.R", text);
            let tree = super::super::parse(&source).expect("a text");
            let told = error(&source, &tree).map(|(place, why)| {
                let (line, column) = place.line_column();
                format!("{line}:{column} {why}")
            });
            if told.as_deref() != expected {
                wrong.push((text, told));
            }
        }
        assert_eq!(wrong, []);
    }
}
