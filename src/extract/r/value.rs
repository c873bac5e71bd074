//! Owns what an R expression may stand for, and the reading of its literals.

use std::rc::Rc;

use serde_json::Value as Json;

use super::tables::Table;

/// What an expression stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// Not known.
    Unknown,
    /// A literal.
    Lit(Json),
    /// What the user gives: an entry of the ledger.
    Need(usize),
    /// A text of several parts: literals, what the user gives, and what is not known.
    Text(Rc<Vec<Val>>),
    /// Several values.
    Many(Rc<Vec<Val>>),
    /// Several values by their names: `list(raw = "a.csv")`.
    Named(Rc<Vec<(String, Val)>>),
    /// The words of the command line from a place on.
    Words(usize),
    /// How many there are.
    Count(usize),
    /// One of the words, whichever, where a script looks through them for flags.
    Word,
    /// Where a flag stands among the words: the flag.
    At(usize),
    /// Words that are split into names and values.
    Pairs,
    /// All words that R was started with, its own among them.
    All,
    /// The script's own place.
    Own,
    /// What a parser of options gave.
    Options,
    /// The positions that a parser of options left.
    Left,
    /// A function of the script.
    Function(usize),
    /// A table read from a file.
    Table(Rc<Table>),
}

impl Val {
    /// What is kept under a name, where values are.
    pub fn under(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Named(values) => values
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Lit(Json::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// `5`, `5L`, `1e-3`.
pub fn number(text: &str) -> Val {
    let text = text.trim_end_matches('L');
    match text.parse::<i64>() {
        Ok(n) => Val::Lit(Json::from(n)),
        Err(_) => match text.parse::<f64>() {
            Ok(n) if n.is_finite() => Val::Lit(Json::from(n)),
            _ => Val::Unknown,
        },
    }
}

/// A text without its backslashes.
pub fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            c => plain.push(c),
        }
    }
    plain
}
