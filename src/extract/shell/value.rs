//! Owns what is known of a shell word without running anything: its literal parts, and where the others come from.

use std::rc::Rc;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    /// Literal text.
    Lit(String),
    /// What the user gives: an entry of the ledger.
    Need(usize),
    /// One of several values, by which branch was taken.
    OneOf(Rc<Vec<Value>>),
    /// All words of the command line from a place on.
    All(usize),
    /// Several words, as an array holds them.
    Words(Rc<Vec<Value>>),
    /// The folder that what the user gives lies in.
    Parent(usize),
    /// The last part of the path that the user gives.
    Last(usize),
    /// How many words of the command line there are from a place on.
    Count(usize),
    /// The option that is being looked at.
    Option,
    /// A word of the command line that is no option, as an option loop meets it.
    Operand,
    /// The file that `mktemp` made.
    Temporary,
    /// The folder the script starts in.
    Start,
    /// The root of the repository the script lies in.
    Repository,
    /// The folder the script lies in.
    ScriptFolder,
    /// The script itself.
    ScriptFile,
    /// Not known.
    Other,
}

/// A word: its parts in order.
pub type Value = Vec<Atom>;

/// More parts than this are not followed.
const LARGEST: usize = 48;

/// How a need stands in a word that is used as a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is the path.
    Whole,
    /// It is a folder above the path.
    Folder,
}

/// A word of literal text.
pub fn literal(text: impl Into<String>) -> Value {
    vec![Atom::Lit(text.into())]
}

/// The text, where all of it is literal.
pub fn text_of(value: &[Atom]) -> Option<String> {
    let mut text = String::new();
    for atom in value {
        match atom {
            Atom::Lit(part) => text.push_str(part),
            Atom::OneOf(values) if values.len() == 1 => text.push_str(&text_of(&values[0])?),
            _ => return None,
        }
    }
    Some(text)
}

/// Whether some literal part of the word has a colon, as the addresses of other machines have.
pub fn has_colon(value: &[Atom]) -> bool {
    value
        .iter()
        .any(|atom| matches!(atom, Atom::Lit(text) if text.contains(':')))
}

/// What stands behind the folder the script starts in, where the word is a path in it.
pub fn below_start(value: &[Atom]) -> Option<Value> {
    let (Atom::Start, rest) = value.split_first()? else {
        return None;
    };
    let mut rest = rest.to_vec();
    match rest.first_mut() {
        Some(Atom::Lit(first)) if first.starts_with('/') => {
            *first = first.trim_start_matches('/').to_owned();
            Some(rest)
        }
        None => Some(literal(".")),
        _ => None,
    }
}

/// The literal text a word begins with.
pub fn prefix_of(value: &[Atom]) -> String {
    value
        .iter()
        .map_while(|atom| match atom {
            Atom::Lit(part) => Some(part.as_str()),
            _ => None,
        })
        .collect()
}

/// The literal text a word begins with, whichever of its values it has.
pub fn common_prefix(value: &[Atom]) -> String {
    let [Atom::OneOf(values), ..] = value else {
        return prefix_of(value);
    };
    let mut prefixes = values.iter().map(|value| prefix_of(value));
    let first = prefixes.next().unwrap_or_default();
    prefixes.fold(first, |common, prefix| {
        let same = common.chars().zip(prefix.chars());
        same.take_while(|(one, other)| one == other)
            .map(|(one, _)| one)
            .collect()
    })
}

/// The need that is the whole word, if one is.
pub fn sole_need(value: &[Atom]) -> Option<usize> {
    match value {
        [Atom::Need(id)] => Some(*id),
        [Atom::OneOf(values)] if values.len() == 1 => sole_need(&values[0]),
        _ => None,
    }
}

/// The need that gives the word where it is given: the word itself, or the first of its values.
pub fn first_need(value: &[Atom]) -> Option<usize> {
    match value {
        [Atom::OneOf(values)] => values.first().and_then(|first| first_need(first)),
        value => sole_need(value),
    }
}

/// Every need in a word, however deep.
pub fn needs_in(value: &[Atom], found: &mut Vec<usize>) {
    for atom in value {
        match atom {
            Atom::Need(id) if !found.contains(id) => found.push(*id),
            Atom::OneOf(values) | Atom::Words(values) => {
                values.iter().for_each(|value| needs_in(value, found));
            }
            _ => {}
        }
    }
}

/// As many words are kept of an array or a text that is taken apart.
const MOST_WORDS: usize = 256;

/// An array of words: nothing for none, the word itself for one.
pub fn array(mut words: Vec<Value>) -> Value {
    match words.len() {
        0 => Vec::new(),
        1 => words.remove(0),
        2..=MOST_WORDS => vec![Atom::Words(Rc::new(words))],
        _ => vec![Atom::Other],
    }
}

/// The words of an array; any other value is one word.
pub fn items(value: Value) -> Vec<Value> {
    match value.as_slice() {
        [Atom::Words(words)] => words.to_vec(),
        [] => Vec::new(),
        _ => vec![value],
    }
}

/// The words that a value comes to where it stands without quotes.
pub fn split(value: Value) -> Vec<Value> {
    let spaced = |value: &Value| {
        value
            .iter()
            .any(|atom| matches!(atom, Atom::Lit(text) if text.contains(char::is_whitespace)))
    };
    match value.as_slice() {
        [Atom::Words(words)] => return words.to_vec(),
        // A text that a branch adds to: what any of them holds.
        [Atom::OneOf(values)] if values.iter().any(spaced) => {
            let longest = values.iter().map(|value| split_text(value));
            return longest.max_by_key(Vec::len).unwrap_or_default();
        }
        _ if spaced(&value) => {}
        _ => return vec![value],
    }
    split_text(&value)
}

/// The words of one text.
fn split_text(value: &[Atom]) -> Vec<Value> {
    let mut words: Vec<Value> = vec![Vec::new()];
    for atom in value {
        match atom {
            Atom::Lit(text) => {
                for (index, part) in text.split(char::is_whitespace).enumerate() {
                    if index > 0 && words.last().is_some_and(|word| !word.is_empty()) {
                        words.push(Vec::new());
                    }
                    if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                        word.push(Atom::Lit(part.to_owned()));
                    }
                }
            }
            Atom::Words(_) => words.push(vec![Atom::Other]),
            atom => {
                if let Some(word) = words.last_mut() {
                    word.push(atom.clone());
                }
            }
        }
        if words.len() > MOST_WORDS {
            return vec![vec![Atom::Other]];
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `$(dirname "$path")/$(basename "$path")` is the path.
pub fn rejoined(value: Value) -> Value {
    match value.as_slice() {
        [
            Atom::Parent(folder),
            Atom::Lit(slash),
            Atom::Last(name),
            rest @ ..,
        ] if folder == name && slash == "/" => {
            let mut whole = vec![Atom::Need(*folder)];
            whole.extend_from_slice(rest);
            whole
        }
        _ => value,
    }
}

/// The texts that a path may be, where nothing else comes into question.
pub fn alternatives(value: &[Atom]) -> Option<&[Value]> {
    match value {
        [Atom::OneOf(values)]
            if (2..=12).contains(&values.len()) && values.iter().all(|v| text_of(v).is_some()) =>
        {
            Some(values)
        }
        _ => None,
    }
}

/// The need that gives the word unless it is empty: the only one among its values, all others being empty.
pub fn likely_need(value: &[Atom]) -> Option<usize> {
    match value {
        [Atom::OneOf(values)] => {
            let mut found = None;
            for value in values.iter() {
                match text_of(value) {
                    Some(text) if text.is_empty() => {}
                    _ if found.is_none() => found = Some(likely_need(value)?),
                    _ if found == likely_need(value) => {}
                    _ => return None,
                }
            }
            found
        }
        value => sole_need(value),
    }
}

/// One of several words, as a loop gives them: texts, or what the user gives.
pub fn one_of_words(values: &[Value]) -> Option<Value> {
    let is_word = |value: &Value| {
        text_of(value).is_some_and(|text| !text.is_empty()) || likely_need(value).is_some()
    };
    let fits = (2..=LARGEST / 2).contains(&values.len()) && values.iter().all(is_word);
    fits.then(|| vec![Atom::OneOf(Rc::new(values.to_vec()))])
}

/// Every text the word may be, where its parts are known.
pub fn texts_of(value: &[Atom]) -> Vec<String> {
    let mut texts = vec![String::new()];
    for atom in value {
        let parts: Vec<String> = match atom {
            Atom::Lit(part) => vec![part.clone()],
            Atom::OneOf(values) if values.len() <= LARGEST => {
                values.iter().flat_map(|value| texts_of(value)).collect()
            }
            _ => return Vec::new(),
        };
        if texts.len() * parts.len() > LARGEST {
            return Vec::new();
        }
        texts = texts
            .iter()
            .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
            .collect();
    }
    texts
}

/// The word in capitals or without them, as far as it is literal.
pub fn cased(value: &[Atom], change: fn(&str) -> String) -> Value {
    value
        .iter()
        .map(|atom| match atom {
            Atom::Lit(part) => Atom::Lit(change(part)),
            Atom::OneOf(values) => Atom::OneOf(Rc::new(
                values.iter().map(|value| cased(value, change)).collect(),
            )),
            atom => atom.clone(),
        })
        .collect()
}

/// The needs that give the word, where each of its values is one.
pub fn each_need(value: &[Atom]) -> Vec<usize> {
    match value {
        [Atom::OneOf(values)] => values
            .iter()
            .map(|value| sole_need(value))
            .collect::<Option<Vec<_>>>()
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether the word holds this part, however deep.
pub fn holds(value: &[Atom], wanted: &Atom) -> bool {
    value.iter().any(|atom| match atom {
        Atom::OneOf(values) | Atom::Words(values) => {
            values.iter().any(|value| holds(value, wanted))
        }
        atom => atom == wanted,
    })
}

/// The needs that decide where a path lies.
pub fn path_roots(value: &[Atom]) -> Vec<(usize, Shape)> {
    let mut roots = Vec::new();
    collect_roots(value, &[], &mut roots);
    roots
}

/// Whether a word may be a text as well as what the user gives.
pub fn has_texts_beside(value: &[Atom]) -> bool {
    let is_text = |value: &Value| text_of(value).is_some_and(|text| !text.is_empty());
    matches!(value, [Atom::OneOf(values), ..] if values.iter().any(is_text))
}

fn collect_roots(value: &[Atom], after: &[Atom], roots: &mut Vec<(usize, Shape)>) {
    let Some((first, rest)) = value.split_first() else {
        return;
    };
    match first {
        Atom::Need(id) => {
            let shape = match rest.first().or_else(|| after.first()) {
                None => Shape::Whole,
                Some(Atom::Lit(text)) if text == "/" && rest.len() + after.len() == 1 => {
                    Shape::Whole
                }
                Some(Atom::Lit(text)) if text.starts_with('/') => Shape::Folder,
                Some(_) => return,
            };
            if !roots.contains(&(*id, shape)) {
                roots.push((*id, shape));
            }
        }
        Atom::OneOf(values) => {
            let after = if rest.is_empty() { after } else { rest };
            for value in values.iter() {
                collect_roots(value, after, roots);
            }
        }
        Atom::Lit(text) if text.is_empty() => collect_roots(rest, after, roots),
        _ => {}
    }
}

/// One of `values`; a single one as it is.
pub fn one_of(mut values: Vec<Value>) -> Value {
    values.dedup();
    if values.len() == 1 {
        return values.remove(0);
    }
    let value = vec![Atom::OneOf(Rc::new(values))];
    bounded(value)
}

/// The value, or nothing known of it where it grew beyond use.
pub fn bounded(value: Value) -> Value {
    if size(&value) > LARGEST {
        let mut needs = Vec::new();
        needs_in(&value, &mut needs);
        return match needs.as_slice() {
            [one] if sole_need(&value).is_some() => vec![Atom::Need(*one)],
            _ => beginning(&value),
        };
    }
    value
}

/// What a long word begins with, which tells where a path lies.
fn beginning(value: &[Atom]) -> Value {
    let cut = |value: &[Atom]| -> Value {
        let kept = value.iter().take(2);
        let plain = kept.take_while(|atom| !matches!(atom, Atom::OneOf(_) | Atom::Words(_)));
        plain.cloned().chain([Atom::Other]).collect()
    };
    match value {
        [Atom::OneOf(values)] if values.len() <= 8 => {
            let mut values: Vec<Value> = values.iter().map(|value| cut(value)).collect();
            values.dedup();
            match values.len() {
                1 => values.remove(0),
                _ => vec![Atom::OneOf(Rc::new(values))],
            }
        }
        value => cut(value),
    }
}

fn size(value: &[Atom]) -> usize {
    value
        .iter()
        .map(|atom| match atom {
            Atom::OneOf(values) => 1 + values.iter().map(|value| size(value)).sum::<usize>(),
            _ => 1,
        })
        .sum()
}
