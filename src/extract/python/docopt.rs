//! Owns docopt: the command line that a usage text describes.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::names::Names;
use super::slots::{Default_, Param};
use super::value::Value;
use crate::requirement::{Pass, ValueType};

/// An option, as its line of the text describes it.
struct Described {
    short: Option<String>,
    long: Option<String>,
    takes_value: bool,
    default: Option<String>,
    help: String,
}

impl<'a> Engine<'a> {
    /// `docopt(text)`: a dictionary of the user's values.
    pub(super) fn call_docopt(&mut self, args: &Args<'a>) -> Value<'a> {
        let Some(Value::Str(text)) = args.get(0, "doc").cloned() else {
            self.note(
                "dynamic-parser",
                "the usage text is worked out when the script runs".to_owned(),
                args.at,
            );
            return Value::Unknown;
        };
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "docopt") else {
            return Value::Unknown;
        };
        let options = described(&text);
        let usage = usage(&text);
        let mut extras = Names::default();
        for option in &options {
            let flag = option
                .long
                .clone()
                .or_else(|| option.short.clone())
                .unwrap_or_default();
            if matches!(flag.as_str(), "--help" | "--version" | "-h") {
                continue;
            }
            let mut flags: Vec<String> = option.long.iter().cloned().collect();
            flags.extend(option.short.iter().cloned());
            let param = Param {
                dest: flag.trim_start_matches('-').replace('-', "_"),
                flags,
                pass: if option.takes_value {
                    Pass::Joined
                } else {
                    Pass::Switch
                },
                value_type: Some(if option.takes_value {
                    ValueType::String
                } else {
                    ValueType::Bool
                }),
                default: Default_::Known(match (&option.default, option.takes_value) {
                    (Some(default), true) => Json::from(default.as_str()),
                    (None, true) => Json::Null,
                    (_, false) => Json::Bool(false),
                }),
                help: Some(option.help.clone()).filter(|help| !help.is_empty()),
                at: Some(args.at),
                rule: "docopt",
                confidence: self.confidence,
                ..Param::default()
            };
            self.add_click_param(parser, param);
            self.remember(parser, &mut extras, &flag);
        }
        let mut seen: HashSet<String> = HashSet::new();
        let mut required_everywhere: Vec<(String, bool, bool)> = Vec::new();
        for line in &usage {
            for (name, optional, many) in positionals(line, &options) {
                if seen.insert(name.clone()) {
                    required_everywhere.push((name, !optional, many));
                }
            }
        }
        for (name, required, many) in required_everywhere {
            let always = usage.iter().all(|line| {
                positionals(line, &options)
                    .iter()
                    .any(|(other, optional, _)| *other == name && !optional)
            });
            let param = Param {
                dest: name
                    .trim_matches(['<', '>'])
                    .replace('-', "_")
                    .to_lowercase(),
                position: Some(0),
                value_type: Some(if many {
                    ValueType::List(Box::new(ValueType::String))
                } else {
                    ValueType::String
                }),
                required: required && always,
                default: if required && always {
                    Default_::Absent
                } else {
                    Default_::Known(Json::Null)
                },
                at: Some(args.at),
                rule: "docopt",
                confidence: self.confidence,
                ..Param::default()
            };
            self.add_click_param(parser, param);
            self.remember(parser, &mut extras, &name);
        }
        self.parsers[parser].extras = extras;
        Value::Namespace(parser)
    }

    fn remember(&mut self, parser: usize, extras: &mut Names<'a>, key: &str) {
        if let Some(index) = self.parsers[parser].params.last() {
            let slot = self.slots.params[*index].slot;
            extras.insert(key.to_owned().into(), Value::slot(slot));
        }
    }
}

/// The lines of the usage section, without the program's name.
fn usage(text: &str) -> Vec<String> {
    let Some(at) = text.to_lowercase().find("usage:") else {
        return Vec::new();
    };
    let body = text.get(at + "usage:".len()..).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    let mut program = None;
    for (index, line) in body.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            if index == 0 {
                continue;
            }
            break;
        }
        let first = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        let is_new = program.as_ref().is_none_or(|known| *known == first);
        if is_new {
            let rest = line
                .strip_prefix(&first)
                .unwrap_or_default()
                .trim()
                .to_owned();
            program = Some(first);
            lines.push(rest);
        } else if let Some(last) = lines.last_mut() {
            last.push(' ');
            last.push_str(line);
        }
    }
    lines
}

/// The options that the text describes.
fn described(text: &str) -> Vec<Described> {
    let mut all: Vec<Described> = Vec::new();
    let mut after_usage = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let lower = trimmed.to_lowercase();
        if lower.starts_with("usage:") {
            after_usage = true;
            continue;
        }
        if !trimmed.starts_with('-') || trimmed.starts_with("---") || !after_usage {
            if let (Some(last), true) = (
                all.last_mut(),
                !trimmed.is_empty() && line.starts_with("   "),
            ) {
                if last.default.is_none() {
                    last.default = default_in(trimmed);
                }
                last.help = format!("{} {trimmed}", last.help).trim().to_owned();
            }
            continue;
        }
        let (names, help) = trimmed.split_once("  ").unwrap_or((trimmed, ""));
        let mut option = Described {
            short: None,
            long: None,
            takes_value: false,
            default: default_in(help),
            help: help.trim().to_owned(),
        };
        for word in names.replace([',', '='], " ").split_whitespace() {
            if word.starts_with("--") {
                option.long = Some(word.to_owned());
            } else if word.starts_with('-') && word.len() > 1 {
                option.short = Some(word.to_owned());
            } else {
                option.takes_value = true;
            }
        }
        all.push(option);
    }
    all
}

fn default_in(text: &str) -> Option<String> {
    let at = text.to_lowercase().find("[default:")?;
    let rest = text.get(at + "[default:".len()..)?;
    let end = rest.find(']')?;
    Some(rest[..end].trim().to_owned())
}

/// The positionals of a usage line: name, whether it may be left out, whether it repeats.
fn positionals(line: &str, options: &[Described]) -> Vec<(String, bool, bool)> {
    let spaced = line
        .replace('[', " [ ")
        .replace(']', " ] ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('|', " | ")
        .replace("...", " ... ");
    let mut found: Vec<(String, bool, bool)> = Vec::new();
    let mut depth = 0_usize;
    let mut value_next = false;
    for word in spaced.split_whitespace() {
        match word {
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            "(" | ")" | "|" => {}
            "..." => {
                if let Some(last) = found.last_mut() {
                    last.2 = true;
                }
            }
            _ if word.starts_with('-') => {
                let known = options.iter().any(|option| {
                    option.takes_value
                        && (option.long.as_deref() == Some(word)
                            || option.short.as_deref() == Some(word))
                });
                value_next = known;
                continue;
            }
            _ => {
                let is_name = word.starts_with('<')
                    || (word.chars().any(char::is_alphabetic)
                        && !word.chars().any(char::is_lowercase));
                let named_options = matches!(word, "options" | "OPTIONS");
                if is_name && !value_next && !named_options {
                    found.push((word.to_owned(), depth > 0, false));
                }
            }
        }
        value_next = false;
    }
    found
}
