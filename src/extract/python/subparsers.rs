//! Owns the subcommands of argparse's parsers: the word that chooses one, what it is asked for as, and the parsers below.

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Param};
use super::value::{At, Value};
use crate::requirement::{ValueType, When};

impl<'a> Engine<'a> {
    /// `parser.add_subparsers(…)`: the choice among subcommands.
    pub(super) fn add_subparsers(&mut self, parser: usize, args: Args<'a>) -> Value<'a> {
        let dest = args
            .kw("dest")
            .and_then(|value| value.as_str())
            .unwrap_or("command");
        let required = args.kw("required").and_then(Value::truth).unwrap_or(false);
        let help = args
            .kw("help")
            .and_then(|value| value.as_str())
            .map(str::to_owned);
        let param = Param {
            dest: dest.to_owned(),
            asked_as: self.choice_name(parser, dest, args.at),
            position: Some(self.parsers[parser].positions),
            value_type: Some(ValueType::Choice),
            required,
            default: if required {
                Default_::Absent
            } else {
                Default_::Known(Json::Null)
            },
            choices: Some(Vec::new()),
            help,
            at: Some(args.at),
            rule: self.parsers[parser].rule,
            confidence: self.confidence,
            parser: Some(parser),
            when: self.parsers[parser]
                .sub_of
                .as_ref()
                .map(|(_, when)| when.clone()),
            ..Param::default()
        };
        self.parsers[parser].positions += 1;
        self.insert_param(parser, param);
        let selector = self.parsers[parser].params.last().copied();
        self.parsers[parser].selector = selector;
        Value::Subparsers(parser)
    }

    /// What the choice among a subcommand's own subcommands is asked for as, where another choice bears its name:
    /// `kernels_command` beside `command`. So every condition names one choice, and that has its own condition.
    pub(super) fn choice_name(&self, parser: usize, dest: &str, at: At) -> Option<String> {
        let (_, when) = self.parsers[parser].sub_of.as_ref()?;
        let is_taken = |name: &str| {
            let mut choices = self.parsers.iter().filter_map(|parser| parser.selector);
            choices.any(|choice| {
                let choice = &self.slots.params[choice];
                let is_same = choice.at == Some(at) && choice.when.as_ref() == Some(when);
                choice.name() == name && !is_same
            })
        };
        if !is_taken(dest) {
            return None;
        }
        let below = when.equals.as_str().unwrap_or_default().replace('-', "_");
        let mut name = format!("{below}_{dest}");
        if is_taken(&name) {
            name = format!("{}_{name}", when.arg);
        }
        Some(name)
    }

    /// A method of a parser's subcommands: `add_parser`.
    pub(super) fn subparsers_method(
        &mut self,
        parser: usize,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        if name != "add_parser" {
            return Value::Unknown;
        }
        let Some(Value::Str(command)) = args.get(0, "name").cloned() else {
            self.note(
                "computed-argument",
                "the name of a subcommand is worked out when the script runs".to_owned(),
                args.at,
            );
            return self.make_parser(&args, "argparse");
        };
        let made = self.make_parser(&args, "argparse");
        let Value::Parser(child) = made else {
            return made;
        };
        let choice = Json::from(&*command);
        if let Some(selector) = self.parsers[parser].selector {
            let param = &mut self.slots.params[selector];
            let when = When {
                arg: param.name().to_owned(),
                equals: choice.clone(),
            };
            let choices = param.choices.get_or_insert_with(Vec::new);
            if choices.contains(&choice) {
                // The same statement walked again.
                let known = self.parsers[parser].children.iter().copied().find(|known| {
                    self.parsers[*known]
                        .sub_of
                        .as_ref()
                        .is_some_and(|(_, w)| *w == when)
                });
                if let Some(known) = known {
                    return Value::Parser(known);
                }
            } else {
                choices.push(choice);
            }
            self.parsers[child].sub_of = Some((parser, when.clone()));
            // What it has of its parents holds under it alone.
            let inherited = std::mem::take(&mut self.parsers[child].params);
            for index in inherited {
                let mut param = self.slots.params[index].clone();
                param.when = Some(when.clone());
                param.parser = Some(child);
                let index = self.slots.add_param(param);
                self.parsers[child].params.push(index);
            }
        }
        self.parsers[child].positions += self.parsers[parser].positions;
        self.parsers[parser].children.push(child);
        Value::Parser(child)
    }
}
