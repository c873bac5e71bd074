//! Owns docopt as R and Rust use it: a text that people read as help is the command line. Python's reader has its own,
//! which knows more of a library that is used more there.

use serde_json::Value as Json;

use super::arguments::Argument;
use crate::requirement::{Binding, Pass, ValueType};
use crate::source::Place;

/// What stands in a text for what is only known when the program runs.
pub const COMPUTED: char = '\u{1}';

/// A word of the command line, as a usage line shows it.
struct Shown {
    name: String,
    optional: bool,
    list: bool,
}

/// The arguments that a text describes: the words of its first usage line, then its options.
pub fn arguments(doc: &str, place: &Place) -> Vec<Argument> {
    let (lines, words) = words_of_usage(doc);
    let words = words.into_iter().enumerate().map(|(at, word)| {
        let mut argument = Argument::new(word.name.replace('-', "_"), place.clone(), "docopt");
        argument
            .bindings
            .push(Binding::Positional { positional: at });
        // Where there are several lines, another one may do without it.
        argument.required = !word.optional && lines == 1;
        if word.list {
            argument.value_type = ValueType::List(Box::new(ValueType::String));
        }
        argument
    });
    let options = doc.lines().filter_map(|line| option_of(line.trim(), place));
    words.chain(options).collect()
}

/// `-o FILE --output=FILE  Where to write [default: out.csv].`
fn option_of(line: &str, place: &Place) -> Option<Argument> {
    if !line.starts_with('-') {
        return None;
    }
    let (head, help) = line.split_once("  ").unwrap_or((line, ""));
    let mut long = None;
    let mut short = None;
    let mut valued = false;
    for word in head.replace([',', '='], " ").split_whitespace() {
        if let Some(name) = word.strip_prefix("--") {
            long = Some(name.to_owned());
        } else if word.len() == 2 && word.starts_with('-') {
            short = Some(word.to_owned());
        } else {
            valued = true;
        }
    }
    let name = long
        .clone()
        .or_else(|| short.as_ref().map(|s| s[1..].to_owned()))?;
    if matches!(name.as_str(), "help" | "version" | "h") {
        return None;
    }
    let mut argument = Argument::new(name.replace('-', "_"), place.clone(), "docopt");
    let flag = long.map_or_else(|| format!("-{name}"), |long| format!("--{long}"));
    argument.bindings.push(Binding::Flag {
        short: short.filter(|s| *s != flag),
        flag,
        pass: if valued { Pass::Value } else { Pass::Switch },
    });
    let (help, default) = match help.split_once("[default:") {
        Some((help, default)) => (help, default.split(']').next().map(str::trim)),
        None => (help, None),
    };
    argument.description = Some(help.trim().to_owned()).filter(|h| !h.is_empty());
    match valued {
        true => {
            argument.default = default
                .filter(|text| !text.contains(COMPUTED))
                .map(Json::from);
        }
        false => argument.switch(),
    }
    Some(argument)
}

/// How many usage lines there are, and the words of the first one that are neither options nor their values:
/// `<file>`, `FILE...`, `[TARGET]`.
fn words_of_usage(doc: &str) -> (usize, Vec<Shown>) {
    let lower = doc.to_ascii_lowercase();
    let usage = lower
        .find("usage:")
        .and_then(|at| doc.get(at + 6..))
        .unwrap_or_default();
    let usage = usage.split("\n\n").next().unwrap_or_default();
    let mut lines = usage.lines().filter(|line| !line.trim().is_empty());
    let line = lines.next().unwrap_or_default();
    let program = line.split_whitespace().next().unwrap_or_default();
    let others = lines.filter(|line| line.split_whitespace().next() == Some(program));
    let count = 1 + others.count();
    let mut words: Vec<Shown> = Vec::new();
    let mut depth = 0_i32;
    // Whether the brackets around this word hold an option, whose value the word is then.
    let mut option = false;
    for word in line.split_whitespace().skip(1) {
        // `[FILE ...]`
        if word.starts_with("...")
            && let Some(last) = words.last_mut()
        {
            last.list = true;
        }
        let opened = word.starts_with(['[', '(']);
        let bare = word.trim_matches(['[', ']', '(', ')', '.', '|']);
        if bare.starts_with('-') {
            option = !bare.contains('=');
        } else if opened && depth == 0 {
            option = false;
        }
        depth += word.matches(['[', '(']).count() as i32;
        let name = bare.trim_start_matches('<').trim_end_matches('>');
        let placeholder = bare.starts_with('<')
            || name.len() > 1
                && name.chars().all(|c| {
                    c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-')
                });
        if placeholder
            && !option
            && !bare.starts_with('-')
            && !matches!(name, "OPTIONS" | "options")
        {
            words.push(Shown {
                name: name.to_owned(),
                optional: depth > 0 && word.starts_with('['),
                list: word.trim_end_matches([']', ')']).ends_with("...") || word.ends_with("..."),
            });
        }
        depth -= word.matches([']', ')']).count() as i32;
        if depth <= 0 && !bare.starts_with('-') || word.ends_with([']', ')']) {
            option = false;
        }
    }
    (count, words)
}
