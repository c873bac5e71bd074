//! Owns docopt: a text that people read as help is the command line.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::walk::{Given, Unit, Val, Walk};
use crate::extract::arguments::Argument;
use crate::requirement::{Binding, Pass, ValueType};

/// What stands in a text for what is only known when the script runs.
pub const COMPUTED: char = '\u{1}';

/// A word of the command line, as a usage line shows it.
struct Shown {
    name: String,
    optional: bool,
    list: bool,
}

impl Walk<'_> {
    /// `docopt(doc)`.
    pub fn docopt(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        let Some(first) = given.first() else {
            return Val::Options;
        };
        let doc = self.eval(unit, first.node);
        let Some(doc) = doc.text().map(str::to_owned) else {
            return Val::Options;
        };
        for (at, word) in words_of_usage(&doc).into_iter().enumerate() {
            let mut argument = Argument::new(
                word.name.replace('-', "_"),
                self.place(unit, node),
                "docopt",
            );
            argument
                .bindings
                .push(Binding::Positional { positional: at });
            argument.required = !word.optional;
            if word.list {
                argument.value_type = ValueType::List(Box::new(ValueType::String));
            }
            let id = self.entry(argument);
            self.states[id].used = true;
        }
        for line in doc.lines().map(str::trim) {
            if !line.starts_with('-') {
                continue;
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
            let Some(name) = long
                .clone()
                .or_else(|| short.as_ref().map(|s| s[1..].to_owned()))
            else {
                continue;
            };
            if matches!(name.as_str(), "help" | "version" | "h") {
                continue;
            }
            let mut argument =
                Argument::new(name.replace('-', "_"), self.place(unit, node), "docopt");
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
            self.entry(argument);
        }
        Val::Options
    }
}

/// The words of the first usage line that are neither options nor their values: `<file>`, `FILE...`, `[TARGET]`.
fn words_of_usage(doc: &str) -> Vec<Shown> {
    let lower = doc.to_ascii_lowercase();
    let usage = lower.find("usage:").map_or("", |at| &doc[at + 6..]);
    let usage = usage.split("\n\n").next().unwrap_or_default();
    let line = usage
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let mut words = Vec::new();
    let mut depth = 0_i32;
    // Whether the brackets around this word hold an option, whose value the word is then.
    let mut option = false;
    for word in line.split_whitespace().skip(1) {
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
    words
}
