//! Owns R's parsers of options: optparse, argparse, argparser, getopt and docopt.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk};
use crate::extract::arguments::{Argument, typed};
use crate::requirement::{Binding, Pass, ValueType};

/// What a call says of one option.
#[derive(Default)]
pub struct Said {
    names: Vec<String>,
    action: String,
    kind: String,
    help: Option<String>,
    default: Option<Val>,
    dest: Option<String>,
    required: bool,
    choices: Option<Vec<String>>,
    nargs: Option<Val>,
    flag: bool,
    short: Option<String>,
}

impl Walk<'_> {
    /// `make_option(c("-i", "--input"), type = "character", default = NULL, help = "…")`.
    pub fn make_option(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        given: &[Given<'_>],
        skip_first: bool,
    ) -> Val {
        const ORDER: &[&str] = &[
            "opt_str", "action", "type", "dest", "default", "help", "metavar",
        ];
        let given = match given.split_first() {
            Some((first, rest))
                if skip_first
                    && first.name.is_none()
                    && !matches!(first.node.kind(), "string" | "call") =>
            {
                rest
            }
            _ => given,
        };
        let said = self.said(unit, given, ORDER);
        if said.names.is_empty() || said.names.iter().any(|n| n == "--help") {
            return Val::Unknown;
        }
        let mut argument = self.option_named(unit, node, &said, "optparse");
        match said.action.as_str() {
            "store_true" | "store_false" => switch(&mut argument, &said),
            _ => {
                argument.default = literal(said.default.as_ref());
                argument.value_type = type_of(&said.kind, argument.default.as_ref());
                // optparse takes a default for what the type says.
                if let Some(Json::String(text)) = &argument.default
                    && !said.kind.is_empty()
                {
                    argument.default = Some(typed(text, &argument.value_type));
                }
            }
        }
        self.entry(argument);
        Val::Unknown
    }

    /// `parser$add_argument("-n", "--number", type = "integer", required = TRUE)`.
    pub fn argparse(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        let said = self.said(unit, given, &[]);
        if said.names.is_empty() {
            return Val::Unknown;
        }
        let positional = said.names.iter().all(|name| !name.starts_with('-'));
        let mut argument = self.option_named(unit, node, &said, "argparse");
        match said.action.as_str() {
            "store_true" | "store_false" => switch(&mut argument, &said),
            "count" => {
                argument.value_type = ValueType::Int;
                set_pass(&mut argument, Pass::Count);
            }
            action => {
                argument.default = literal(said.default.as_ref());
                let mut item = type_of(&said.kind, argument.default.as_ref());
                if said.choices.is_some() {
                    item = ValueType::Choice;
                }
                let several = match &said.nargs {
                    Some(Val::Lit(Json::String(n))) => n != "?",
                    Some(Val::Lit(Json::Number(_))) => true,
                    _ => false,
                };
                argument.value_type = match several || action == "append" {
                    true => ValueType::List(Box::new(item)),
                    false => item,
                };
                if action == "append" {
                    set_pass(&mut argument, Pass::Repeat);
                }
                let may_be_none =
                    matches!(&said.nargs, Some(Val::Lit(Json::String(n))) if n == "?" || n == "*");
                // What has to be given falls back to nothing.
                if said.required {
                    argument.default = None;
                }
                argument.required = (said.required || positional && !may_be_none)
                    && argument.default.as_ref().is_none_or(Json::is_null);
                argument.choices = said.choices;
            }
        }
        if positional {
            self.position(&mut argument);
        }
        let id = self.entry(argument);
        self.states[id].used = true;
        Val::Unknown
    }

    /// argparser's `add_argument(p, "--digits", help = "…", default = 0)`.
    pub fn argparser(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        given: &[Given<'_>],
        piped: bool,
    ) -> Val {
        const ORDER: &[&str] = &["arg", "help", "default", "type", "nargs", "flag", "short"];
        let given = match given.split_first() {
            Some((_, rest)) if !piped => rest,
            _ => given,
        };
        let said = self.said(unit, given, ORDER);
        if said.names.is_empty() {
            return Val::Unknown;
        }
        let positional = said.names.iter().all(|name| !name.starts_with('-'));
        let mut argument = self.option_named(unit, node, &said, "argparser");
        if said.flag {
            argument.switch();
            set_pass(&mut argument, Pass::Switch);
        } else {
            argument.default = literal(said.default.as_ref());
            argument.value_type = type_of(&said.kind, argument.default.as_ref());
            if matches!(&said.nargs, Some(Val::Lit(Json::Number(n))) if n.as_f64().is_some_and(|n| n > 1.0))
                || matches!(&said.nargs, Some(Val::Unknown))
            {
                argument.value_type = ValueType::List(Box::new(argument.value_type));
            }
            argument.required = positional && argument.default.as_ref().is_none_or(Json::is_null);
        }
        if positional {
            self.position(&mut argument);
        }
        let id = self.entry(argument);
        self.states[id].used = true;
        Val::Unknown
    }

    /// A parameter of mlflow: `--name`, required unless it has a default.
    pub fn mlflow_option(&mut self, unit: &Unit, node: Node<'_>, mut said: Said) -> Val {
        let [name] = said.names.as_slice() else {
            return Val::Unknown;
        };
        said.names = vec![format!("--{name}")];
        let mut argument = self.option_named(unit, node, &said, "mlflow");
        argument.default = literal(said.default.as_ref());
        argument.value_type = type_of(&said.kind, argument.default.as_ref());
        argument.required = said.default.is_none();
        let id = self.entry(argument);
        self.states[id].used = true;
        Val::Need(id)
    }

    /// The next place of the command line.
    fn position(&self, argument: &mut Argument) {
        let taken = self
            .arguments
            .iter()
            .filter(|a| matches!(a.bindings.first(), Some(Binding::Positional { .. })))
            .count();
        argument.bindings = vec![Binding::Positional { positional: taken }];
    }

    /// `getopt(matrix(c('verbose', 'v', 2, "integer", …), byrow = TRUE, ncol = 4))`.
    pub fn getopt(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        let Some(first) = given.first() else {
            return Val::Options;
        };
        // The specification is a matrix, often kept in a variable: its values were kept with it.
        let spec = self.eval(unit, first.node);
        let Val::Many(values) = spec else {
            return Val::Options;
        };
        // Rows hold four or five values: name, letter, whether a value follows, type, and what it is for.
        let is_type = |value: &Val| {
            let word = value.text().unwrap_or_default();
            matches!(
                word,
                "logical" | "integer" | "double" | "numeric" | "complex" | "character"
            )
        };
        let in_rows = |width: usize| {
            let mut rows = values.chunks(width);
            rows.all(|row| row.get(3).is_some_and(is_type))
        };
        let width = match (in_rows(4), in_rows(5)) {
            _ if values.len() <= 5 => values.len().max(4),
            (true, _) => 4,
            (false, true) => 5,
            _ => return Val::Options,
        };
        for row in values.chunks(width) {
            let [name, short, mode, kind, rest @ ..] = row else {
                continue;
            };
            let Some(name) = name
                .text()
                .filter(|name| !name.is_empty() && *name != "help")
            else {
                continue;
            };
            let mode = match mode {
                Val::Lit(Json::Number(n)) => n.as_u64().unwrap_or(0),
                Val::Lit(Json::String(n)) => n.trim().parse().unwrap_or(1),
                _ => 1,
            };
            let kind = kind.text().unwrap_or_default();
            let mut argument = Argument::new(
                name.replace(['-', '.'], "_"),
                self.place(unit, node),
                "getopt",
            );
            argument.place = self.place_of(unit, node, name);
            argument.bindings.push(Binding::Flag {
                flag: format!("--{name}"),
                short: short
                    .text()
                    .filter(|s| !s.is_empty())
                    .map(|s| format!("-{s}")),
                pass: if mode == 0 { Pass::Switch } else { Pass::Value },
            });
            argument.description = rest.first().and_then(Val::text).map(str::to_owned);
            match mode {
                0 => argument.switch(),
                _ => argument.value_type = type_of(kind, None),
            }
            self.entry(argument);
        }
        Val::Options
    }

    /// Where a name stands in quotes before a node, so that rows of one matrix have places of their own.
    fn place_of(&self, unit: &Unit, node: Node<'_>, name: &str) -> crate::source::Place {
        let source = &unit.source;
        let before = source.text().get(..node.end_byte()).unwrap_or_default();
        for quote in ['"', '\''] {
            let wanted = format!("{quote}{name}{quote}");
            if let Some(at) = before.rfind(&wanted) {
                return source.at(crate::source::Span::new(at, at + wanted.len()));
            }
        }
        self.place(unit, node)
    }

    /// What the arguments of a call say of an option; `order` names those without a name.
    pub fn said(&mut self, unit: &Unit, given: &[Given<'_>], order: &[&str]) -> Said {
        let mut said = Said::default();
        let mut at = 0;
        for g in given {
            let value = self.eval(unit, g.node);
            let name = match &g.name {
                Some(name) => name.as_str(),
                None => {
                    let name = order.get(at).copied().unwrap_or("opt_str");
                    at += 1;
                    name
                }
            };
            let text_of = |value: &Val| value.text().map(str::to_owned);
            match name {
                "opt_str" | "arg" | "name" => match &value {
                    Val::Many(values) => said.names.extend(values.iter().filter_map(text_of)),
                    value => said.names.extend(text_of(value)),
                },
                "action" => said.action = text_of(&value).unwrap_or_default(),
                "type" => said.kind = text_of(&value).unwrap_or_default(),
                "help" | "description" => said.help = text_of(&value),
                // `default = Sys.getenv("JOBS", 4)`
                "default" => {
                    said.default = Some(match value {
                        Val::Need(id) if self.arguments[id].rule == "Sys.getenv" => {
                            let default = self.arguments[id].default.clone();
                            default.map_or(Val::Unknown, Val::Lit)
                        }
                        value => value,
                    });
                }
                "dest" => said.dest = text_of(&value),
                "required" => said.required = value == Val::Lit(Json::Bool(true)),
                "choices" => {
                    if let Val::Many(values) = &value {
                        said.choices = values.iter().map(text_of).collect();
                    }
                }
                "nargs" => said.nargs = Some(value),
                "flag" => said.flag = value == Val::Lit(Json::Bool(true)),
                "short" => said.short = text_of(&value),
                _ => {}
            }
        }
        said
    }

    fn option_named(
        &self,
        unit: &Unit,
        node: Node<'_>,
        said: &Said,
        rule: &'static str,
    ) -> Argument {
        let long = said.names.iter().find(|name| name.starts_with("--"));
        let short = said
            .names
            .iter()
            .find(|name| name.len() == 2 && name.starts_with('-'))
            .cloned()
            .or_else(|| said.short.clone());
        let first = said.names.first().cloned().unwrap_or_default();
        let flag = long
            .cloned()
            .or_else(|| short.clone())
            .unwrap_or_else(|| first.clone());
        let name = said.dest.clone().unwrap_or_else(|| match long {
            Some(long) => long.trim_start_matches('-').to_owned(),
            None => first.trim_start_matches('-').to_owned(),
        });
        let mut argument =
            Argument::new(name.replace(['-', '.'], "_"), self.place(unit, node), rule);
        argument.description = said.help.as_deref().map(tidy);
        argument.bindings.push(Binding::Flag {
            short: short.filter(|short| *short != flag),
            flag,
            pass: Pass::Value,
        });
        argument
    }
}

/// A help text on one line, without the default that the code knows better.
fn tidy(help: &str) -> String {
    let joined = help.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.rfind("[default") {
        Some(at) if joined.ends_with(']') && at > 0 => joined[..at].trim_end().to_owned(),
        _ => joined,
    }
}

/// A flag without a value, which turns something on or off.
fn switch(argument: &mut Argument, said: &Said) {
    argument.switch();
    if said.action == "store_false" {
        argument.default = Some(Json::Bool(true));
        set_pass(argument, Pass::SwitchOff);
    } else {
        set_pass(argument, Pass::Switch);
    }
    if let Some(given @ Json::Bool(_)) = literal(said.default.as_ref()) {
        argument.default = Some(given);
    }
}

fn set_pass(argument: &mut Argument, wanted: Pass) {
    for binding in &mut argument.bindings {
        if let Binding::Flag { pass, .. } = binding {
            *pass = wanted;
        }
    }
}

/// A default, where it is literal.
fn literal(value: Option<&Val>) -> Option<Json> {
    match value? {
        Val::Lit(value) => Some(value.clone()),
        Val::Many(values) => values
            .iter()
            .map(|value| match value {
                Val::Lit(value) => Some(value.clone()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        _ => None,
    }
}

/// The type that a parser's word names, or that a default shows.
fn type_of(word: &str, default: Option<&Json>) -> ValueType {
    match word {
        "integer" | "int" => ValueType::Int,
        "double" | "numeric" | "float" => ValueType::Float,
        "logical" | "bool" => ValueType::Bool,
        "" => match default {
            Some(Json::Bool(_)) => ValueType::Bool,
            Some(Json::Number(_)) => ValueType::Float,
            _ => ValueType::String,
        },
        _ => ValueType::String,
    }
}
