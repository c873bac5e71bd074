//! Owns getopt: the options that its two descriptions name, and the pairs it gives for a loop to look at.

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Param};
use super::value::{SeqKind, Value};
use crate::requirement::{Pass, ValueType};

/// The rule that sees them.
const RULE: &str = "getopt";

/// An option: its spellings, and whether a value follows.
struct Described {
    flags: Vec<String>,
    takes_value: bool,
}

impl<'a> Engine<'a> {
    /// AWS Glue's `getResolvedOptions(sys.argv, ["JOB_NAME"])`: a required option for each name, in a dictionary.
    pub(super) fn call_glue(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let names = args.get(1, "options")?.clone();
        let (names, open) = self.iterate(&names);
        let made = self.make_parser(&Args::new(args.at), "awsglue");
        let Value::Parser(parser) = made else {
            return None;
        };
        self.parsers[parser].parsed = true;
        let mut items = Vec::new();
        for name in names {
            let Value::Str(text) = &name else { continue };
            let index = self.slots.add_param(Param {
                dest: text.to_string(),
                flags: vec![format!("--{}", &**text)],
                value_type: Some(ValueType::String),
                required: true,
                at: Some(args.at),
                rule: "awsglue",
                confidence: self.confidence,
                parser: Some(parser),
                ..Param::default()
            });
            self.parsers[parser].params.push(index);
            items.push((name, Value::slot(self.slots.params[index].slot)));
        }
        Some(self.dict(items, open))
    }

    /// `getopt.getopt(args, "hi:o:", ["help", "input="])`: pairs of options and values, and the rest.
    pub(super) fn call_getopt(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let short = args.get(1, "shortopts")?.as_str()?.to_owned();
        let long = match args.get(2, "longopts").cloned() {
            Some(Value::Str(one)) => vec![one.to_string()],
            Some(list) => {
                let (items, _) = self.iterate(&list);
                let texts = items.iter().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), RULE) else {
            return None;
        };
        self.parsers[parser].parsed = true;
        let mut pairs = Vec::new();
        for option in described(&short, &long) {
            let name = option.flags.last()?.trim_start_matches('-').to_owned();
            if matches!(name.as_str(), "help" | "h" | "version") {
                continue;
            }
            let value = if option.takes_value {
                (
                    Pass::Value,
                    ValueType::String,
                    Default_::Known(serde_json::Value::Null),
                )
            } else {
                (Pass::Switch, ValueType::Bool, Default_::Known(false.into()))
            };
            let (pass, value_type, default) = value;
            let index = self.slots.add_param(Param {
                dest: name.replace('-', "_"),
                flags: option.flags.clone(),
                pass,
                value_type: Some(value_type),
                default,
                at: Some(args.at),
                rule: RULE,
                confidence: self.confidence,
                parser: Some(parser),
                ..Param::default()
            });
            self.parsers[parser].params.push(index);
            let slot = self.slots.params[index].slot;
            for flag in option.flags {
                let value = if option.takes_value {
                    Value::slot(slot)
                } else {
                    Value::str("")
                };
                pairs.push(self.seq(SeqKind::Tuple, vec![Value::Str(flag.into()), value]));
            }
        }
        let pairs = self.seq(SeqKind::List, pairs);
        let rest = self.argv_rest(1);
        Some(self.seq(SeqKind::Tuple, vec![pairs, rest]))
    }
}

/// The options of both descriptions; a letter and the only word that begins with it are one.
fn described(short: &str, long: &[String]) -> Vec<Described> {
    let words: Vec<(&str, bool)> = long
        .iter()
        .take(200)
        .map(|word| (word.trim_end_matches(['=', '?']), word.ends_with('=')))
        .collect();
    let mut used = vec![false; words.len()];
    let mut all = Vec::new();
    let letters: Vec<char> = short
        .trim_start_matches(['+', '-'])
        .chars()
        .take(200)
        .collect();
    for (at, letter) in letters.iter().enumerate() {
        if *letter == ':' {
            continue;
        }
        let takes_value = letters.get(at + 1) == Some(&':');
        let mut flags = vec![format!("-{letter}")];
        let mut fitting = words
            .iter()
            .enumerate()
            .filter(|(_, (word, takes))| word.starts_with(*letter) && *takes == takes_value);
        if let (Some((index, (word, _))), None) = (fitting.next(), fitting.next())
            && !used[index]
        {
            used[index] = true;
            flags.push(format!("--{word}"));
        }
        all.push(Described { flags, takes_value });
    }
    for (index, (word, takes_value)) in words.iter().enumerate() {
        if !used[index] && !word.is_empty() {
            all.push(Described {
                flags: vec![format!("--{word}")],
                takes_value: *takes_value,
            });
        }
    }
    all
}
