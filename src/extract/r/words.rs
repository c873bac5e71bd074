//! Owns the words of the command line and what a parser of options gave: how a script takes them out, names them and
//! falls back.

use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Unit, Walk, arguments, text};
use crate::extract::arguments::Argument;
use crate::requirement::{Binding, Pass, ValueType};

/// Whether a name is that of something given, not of a column or place that names and values are kept in.
fn is_key(name: &str) -> bool {
    let is_column = name
        .strip_prefix(['V', 'X'])
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    let is_listed = matches!(
        name,
        "key" | "keys" | "name" | "names" | "value" | "values" | "arg" | "args"
    );
    !name.is_empty() && !is_column && !is_listed
}

impl Walk<'_> {
    /// What is taken where nothing is given.
    pub fn fallback(&mut self, id: usize, default: Json) {
        let argument = &mut self.arguments[id];
        argument.required = false;
        // Nothing is what an empty text stands for.
        if default.is_null()
            || default.as_str().is_some_and(str::is_empty) && !self.states[id].by_hand
            || matches!(argument.value_type, ValueType::List(_)) && !default.is_array()
        {
            self.states[id].optional = true;
            return;
        }
        if argument.default.as_ref().is_none_or(Json::is_null) {
            if argument.value_type == ValueType::String {
                argument.value_type = match &default {
                    Json::Number(n) if n.is_f64() => ValueType::Float,
                    Json::Number(_) => ValueType::Int,
                    _ => ValueType::String,
                };
            }
            argument.default = Some(default);
        }
    }

    /// A word of the command line takes the name of the variable it is kept in.
    pub fn named(&mut self, id: usize, name: &str) {
        let argument = &mut self.arguments[id];
        if argument.name.starts_with("arg")
            && argument.name[3..].bytes().all(|b| b.is_ascii_digit())
            && argument.rule == "commandArgs"
        {
            argument.name = name.replace('.', "_");
        }
    }

    /// `opt$name`, `parser$add_argument`, `snakemake@input`.
    pub fn extract(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("lhs"),
            node.child_by_field_name("rhs"),
        ) else {
            return Val::Unknown;
        };
        if text(unit, left) == "snakemake" {
            self.snakemake(unit, node);
            return Val::Unknown;
        }
        let value = self.eval(unit, left);
        let name = text(unit, right).trim_matches(['`', '"', '\'']).to_owned();
        match value {
            Val::Options => match self.option(&name) {
                // `parse_args(parser, positional_arguments = 1)`
                Val::Left if self.one_left => self.word(unit, node, 0),
                value => value,
            },
            Val::Pairs if is_key(&name) => Val::Need(self.pair(unit, node, &name)),
            Val::Pairs => Val::Pairs,
            named @ Val::Named(_) => named.under(&name).cloned().unwrap_or(Val::Unknown),
            Val::Table(table) => {
                self.column(unit, right, &table, &name);
                Val::Unknown
            }
            _ => Val::Unknown,
        }
    }

    /// What a parser of options gave under a name.
    pub fn option(&mut self, name: &str) -> Val {
        let plain = name.trim_start_matches('-').replace(['-', '.'], "_");
        if let Some(id) = self
            .arguments
            .iter()
            .position(|a| a.name == plain && a.rule != "Sys.getenv")
        {
            self.states[id].used = true;
            return Val::Need(id);
        }
        // `opt$i` is `opt$input` where nothing else begins so.
        let mut begins = self.arguments.iter().enumerate().filter(|(_, argument)| {
            argument.name.starts_with(&plain)
                && !matches!(argument.rule, "Sys.getenv" | "commandArgs")
        });
        if let (Some((id, _)), None, false) = (
            begins.next(),
            begins.next(),
            matches!(name, "options" | "args"),
        ) {
            self.states[id].used = true;
            return Val::Need(id);
        }
        match name {
            "options" => Val::Options,
            "args" => Val::Left,
            _ => Val::Unknown,
        }
    }

    /// `args[1]`, `opt[["name"]]`.
    pub fn subset(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let Some(object) = node.child_by_field_name("function") else {
            return Val::Unknown;
        };
        let value = self.eval(unit, object);
        if let Val::Table(table) = &value {
            return self.columns(unit, node, &Rc::clone(table));
        }
        let given = arguments(unit, node);
        let index = given.first().map(|first| self.eval(unit, first.node));
        match (value, index) {
            (Val::Words(from), Some(Val::Lit(Json::Number(n)))) => {
                let Some(n) = n.as_i64() else {
                    return Val::Unknown;
                };
                match usize::try_from(n) {
                    Ok(n @ 1..) => self.word(unit, node, from + n - 1),
                    // `args[-1]` leaves out the first.
                    Err(_) if n == -1 => Val::Words(from + 1),
                    _ => Val::Unknown,
                }
            }
            (Val::Words(_), Some(Val::At(id) | Val::Need(id))) if self.states[id].by_hand => {
                self.takes_value(id, Pass::Value);
                Val::Need(id)
            }
            (Val::Words(_), _)
                if self.manner.by_hand
                    && given
                        .first()
                        .is_some_and(|first| !text(unit, first.node).contains(':')) =>
            {
                self.value_of_flag(Pass::Value).unwrap_or(Val::Word)
            }
            (Val::Word, _) => self.value_of_flag(Pass::Value).unwrap_or(Val::Word),
            (Val::All, index) => self.of_all(unit, node, index.as_ref()),
            (Val::Own, _) => Val::Own,
            (Val::Pairs, Some(Val::Lit(Json::String(name)))) if is_key(&name) => {
                Val::Need(self.pair(unit, node, &name))
            }
            (Val::Pairs, _) => Val::Pairs,
            (Val::Words(from), _) => {
                // `args[2:length(args)]`
                let shown = given.first().map_or("", |first| text(unit, first.node));
                let start = shown
                    .split(':')
                    .next()
                    .and_then(|n| n.trim().parse::<usize>().ok());
                // `args[2 + i]`: all behind the second.
                let before = shown
                    .split('+')
                    .find_map(|n| n.trim().parse::<usize>().ok())
                    .filter(|n| shown.contains('+') && *n < 64);
                let from = from + before.unwrap_or(0);
                match (start, shown.contains(':')) {
                    (Some(start @ 1..), true) => Val::Words(from + start - 1),
                    // `args[grep("[.]csv$", args)]`: some of them, whichever they are.
                    (_, false) if !shown.is_empty() => {
                        let name = (object.kind() == "identifier").then(|| text(unit, object));
                        self.rest(unit, node, from, name)
                    }
                    _ => Val::Unknown,
                }
            }
            (Val::Left, Some(Val::Lit(Json::Number(n)))) => match n.as_u64() {
                Some(n @ 1..) => self.word(unit, node, n as usize - 1),
                _ => Val::Unknown,
            },
            (Val::Options, Some(Val::Lit(Json::String(name)))) => self.option(&name),
            (Val::Need(id), _) => Val::Need(id),
            (named @ Val::Named(_), Some(Val::Lit(Json::String(name)))) => {
                named.under(&name).cloned().unwrap_or(Val::Unknown)
            }
            (Val::Many(values), Some(Val::Lit(Json::Number(n)))) => n
                .as_u64()
                .and_then(|n| values.get((n as usize).checked_sub(1)?).cloned())
                .unwrap_or(Val::Unknown),
            _ => Val::Unknown,
        }
    }

    /// A word of the command line.
    pub fn word(&mut self, unit: &Unit, node: Node<'_>, at: usize) -> Val {
        let mut argument = Argument::new(
            format!("arg{}", at + 1),
            self.place(unit, node),
            "commandArgs",
        );
        argument
            .bindings
            .push(Binding::Positional { positional: at });
        argument.required = self.branches == 0;
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].used = true;
        self.states[id].counted = false;
        self.arguments[id].required |= self.branches == 0 && self.arguments[id].default.is_none();
        Val::Need(id)
    }

    /// A word that has to be there, for the script counts them.
    pub fn counted(&mut self, unit: &Unit, node: Node<'_>, at: usize) -> Option<usize> {
        let known = self.arguments.len();
        let Val::Need(id) = self.word(unit, node, at) else {
            return None;
        };
        self.states[id].counted = id >= known;
        Some(id)
    }

    /// All words of the command line from one on.
    pub fn rest(&mut self, unit: &Unit, node: Node<'_>, from: usize, name: Option<&str>) -> Val {
        let name = name.map_or_else(|| "args".to_owned(), |name| name.replace('.', "_"));
        let mut argument = Argument::new(name, self.place(unit, node), "commandArgs");
        argument
            .bindings
            .push(Binding::Positional { positional: from });
        argument.value_type = ValueType::List(Box::new(ValueType::String));
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].used = true;
        self.states[id].optional = true;
        Val::Need(id)
    }
}
