//! Owns argparse: what its calls do to a parser, and what a namespace gives.

use std::rc::Rc;

use serde_json::Value as Json;

use super::call::Args;
use super::dataclasses::Flavour;
use super::engine::Engine;
use super::names::Names;
use super::slots::{Default_, Direction, Param};
use super::value::{At, Instance, SeqKind, Text, Value};
use crate::requirement::{Pass, ValueType, When};

/// A parser of command lines.
pub(super) struct Parser<'a> {
    /// Its parameters.
    pub(super) params: Vec<usize>,
    /// The parser it is a subcommand of, and which.
    pub(super) sub_of: Option<(usize, When)>,
    /// Its subcommands' parsers.
    pub(super) children: Vec<usize>,
    /// Attributes that its namespace has besides.
    pub(super) extras: Names<'a>,
    /// How many positionals come before its own.
    pub(super) positions: usize,
    /// The parameter that chooses the subcommand.
    pub(super) selector: Option<usize>,
    /// Characters that begin a flag.
    pub(super) prefix: String,
    /// What every parameter without a default gets.
    pub(super) general_default: Option<Value<'a>>,
    /// The rule that saw it.
    pub(super) rule: &'static str,
    /// Whether its parameters are the script's own command line.
    pub(super) parsed: bool,
    /// Whether the script parses a command line of its own with it.
    pub(super) detached: bool,
    /// Whether parameters were added to it that the script has no parser for.
    pub(super) anonymous: bool,
    /// Whether other parsers have its parameters.
    pub(super) is_lent: bool,
    /// How many words of the command line it leaves out.
    pub(super) skipped: usize,
    /// Whether something that is not walked got it, or the whole of what it parsed.
    pub(super) handed_out: bool,
}

impl<'a> Engine<'a> {
    /// `ArgumentParser(…)`.
    pub(super) fn make_parser(&mut self, args: &Args<'a>, rule: &'static str) -> Value<'a> {
        let index = self.parsers.len();
        self.parsers.push(Parser {
            params: Vec::new(),
            sub_of: None,
            children: Vec::new(),
            extras: Names::default(),
            positions: 0,
            selector: None,
            prefix: args
                .kw("prefix_chars")
                .and_then(|value| value.as_str())
                .unwrap_or("-")
                .to_owned(),
            general_default: args.kw("argument_default").cloned(),
            rule,
            parsed: false,
            detached: false,
            anonymous: false,
            skipped: 0,
            handed_out: false,
            is_lent: false,
        });
        if let Some(parents) = args.kw("parents").cloned() {
            for parent in self.iterate(&parents).0 {
                if let Value::Parser(parent) = parent
                    && parent != index
                {
                    self.parsers[parent].is_lent = true;
                    let inherited = self.parsers[parent].params.clone();
                    let positions = self.parsers[parent].positions;
                    self.parsers[index].params.extend(inherited);
                    self.parsers[index].positions += positions;
                }
            }
        }
        Value::Parser(index)
    }

    /// The parser that stands for one the script gets from somewhere else.
    pub(super) fn anonymous_parser(&mut self, at: At) -> usize {
        if let Some(index) = self.parsers.iter().position(|parser| parser.anonymous) {
            return index;
        }
        let index = self.parsers.len();
        self.make_parser(&Args::new(at), "argparse");
        self.parsers[index].anonymous = true;
        index
    }

    /// Gives an object of a project's class what its library base makes of it.
    pub(super) fn native_of(&mut self, instance: &Rc<Instance<'a>>, args: Option<&Args<'a>>) {
        if instance.native.borrow().is_some() {
            return;
        }
        let bases = self.library_bases(&instance.class);
        if bases.iter().any(|base| base.ends_with("HfArgumentParser")) {
            if let Some(args) = args {
                let native = self.make_hf_parser(args);
                *instance.native.borrow_mut() = Some(native);
            }
            return;
        }
        if bases
            .iter()
            .any(|base| super::namespaces_made::is_dict(base))
        {
            if let Some(args) = args {
                self.fill_holder(instance, args);
            }
            return;
        }
        let base = bases.iter().find(|base| is_parser_class(base));
        let rule = match base.map(|base| &**base) {
            None => return,
            Some("optparse.OptionParser") => super::optparse::RULE,
            Some(_) => "argparse",
        };
        let none = Args::new(At {
            module: instance.class.module,
            range: instance.class.def.range,
        });
        let native = self.make_parser(args.unwrap_or(&none), rule);
        *instance.native.borrow_mut() = Some(native);
    }

    /// A method of a parser, a group or a set of subcommands.
    pub(super) fn parser_method(
        &mut self,
        object: &Value<'a>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        let (parser, group) = match object {
            Value::Parser(parser) => (*parser, None),
            Value::Group(parser, group) => (*parser, *group),
            Value::Subparsers(parser) => return self.subparsers_method(*parser, name, args),
            _ => return Value::Unknown,
        };
        if let Some(value) = self.parsed_objects(parser, name, &args) {
            return value;
        }
        if let Some(value) = self.optparse_method(parser, name, &args) {
            return value;
        }
        if let Some(value) = self.json_parser_method(parser, name, &args) {
            return value;
        }
        match name {
            "add_argument" | "add" | "add_arg" | "add_argument_with_config" => {
                self.add_argument(parser, group, args)
            }
            "add_argument_group" | "add_group" => Value::Group(parser, group),
            "add_mutually_exclusive_group" => {
                self.next_group += 1;
                if args.get(0, "required").and_then(Value::truth) == Some(true) {
                    self.demanded_groups.insert(self.next_group);
                }
                Value::Group(parser, Some(self.next_group))
            }
            "add_subparsers" => self.add_subparsers(parser, args),
            "set_defaults" => {
                for (name, value) in args.kw {
                    self.set_default(parser, name, value);
                }
                Value::None
            }
            "parse_args" | "parse_intermixed_args" => {
                self.mark_parsed(parser, args.get(0, "args"));
                Value::Namespace(parser)
            }
            "parse_known_args" | "parse_known_intermixed_args" => {
                self.mark_parsed(parser, args.get(0, "args"));
                let rest = Value::many(Value::Typed(ValueType::String));
                self.seq(SeqKind::Tuple, vec![Value::Namespace(parser), rest])
            }
            "error" | "exit" => Value::Never,
            "add_arguments" => {
                if let Some(Value::Class(class)) = args.first() {
                    let dest = args
                        .get(1, "dest")
                        .and_then(|dest| dest.as_str())
                        .map(str::to_owned);
                    let object = self.object_of_fields(&class.clone(), parser, Flavour::Simple, "");
                    if let Some(dest) = dest {
                        self.parsers[parser].extras.insert(dest.into(), object);
                    }
                }
                Value::None
            }
            "get_default" => match args.first() {
                Some(Value::Str(name)) => {
                    let found = self.param_named(parser, name);
                    match found.map(|param| self.slots.params[param].default.clone()) {
                        Some(Default_::Known(json)) => value_of(&json),
                        _ => Value::Unknown,
                    }
                }
                _ => Value::Unknown,
            },
            "format_help" | "format_usage" => Value::Typed(ValueType::String),
            "_add_action" | "register" | "print_help" | "print_usage" => Value::None,
            _ => Value::Unknown,
        }
    }

    /// A command line is parsed: the user's, unless the script hands over one of its own.
    fn mark_parsed(&mut self, parser: usize, given: Option<&Value<'a>>) {
        if let Some(Value::Object(argv)) = given {
            let skipped = Self::argv_offset(argv).unwrap_or(1) - 1;
            self.parsers[parser].skipped = usize::try_from(skipped).unwrap_or(0);
        }
        if given.is_some_and(|given| self.is_own_line(given)) {
            self.parsers[parser].detached = true;
        } else {
            self.parsers[parser].parsed = true;
        }
    }

    /// Whether a command line is one that the script makes up: of options that it writes itself, and no words of the user's.
    fn is_own_line(&self, given: &Value<'a>) -> bool {
        let Value::Seq(seq) = given else { return false };
        let items = seq.items.borrow();
        let names_option =
            matches!(items.first(), Some(Value::Str(first)) if first.starts_with('-'));
        (names_option || !seq.open.get()) && !items.iter().any(|item| self.is_from_argv(item))
    }

    pub(super) fn set_default(&mut self, parser: usize, name: Text<'a>, value: Value<'a>) {
        match self.param_named(parser, &name) {
            Some(param) => {
                let default = self.default_of(&value, param);
                let param = &mut self.slots.params[param];
                param.default = default;
            }
            None => {
                self.parsers[parser].extras.insert(name, value);
            }
        }
    }

    /// `add_argument(…)`.
    fn add_argument(&mut self, parser: usize, group: Option<usize>, args: Args<'a>) -> Value<'a> {
        let at = args.at;
        let mut names: Vec<String> = Vec::new();
        for value in &args.pos {
            match value {
                Value::Str(name) => names.push(name.to_string()),
                _ => {
                    self.note(
                        "computed-argument",
                        "the name of an argument is worked out when the script runs".to_owned(),
                        at,
                    );
                    return Value::Unknown;
                }
            }
        }
        let dest = args
            .kw("dest")
            .and_then(|value| value.as_str())
            .map(str::to_owned);
        if names.is_empty() {
            match &dest {
                Some(dest) if !args.open => names.push(dest.clone()),
                _ => {
                    self.note(
                        "computed-argument",
                        "an argument is described by data that is worked out when the script runs"
                            .to_owned(),
                        at,
                    );
                    return Value::Unknown;
                }
            }
        }
        if args.open {
            self.note(
                "computed-argument",
                format!(
                    "part of what describes `{}` is worked out when the script runs",
                    names[0]
                ),
                at,
            );
        }
        let prefix = self.parsers[parser].prefix.clone();
        let is_flag = names[0].starts_with(|c| prefix.contains(c));
        let dest = dest.unwrap_or_else(|| {
            if is_flag {
                let long = names
                    .iter()
                    .find(|name| name.chars().take(2).all(|c| prefix.contains(c)));
                long.unwrap_or(&names[0])
                    .trim_start_matches(|c| prefix.contains(c))
                    .replace('-', "_")
            } else {
                names[0].clone()
            }
        });
        let mut param = Param {
            dest,
            at: Some(at),
            rule: self.parsers[parser].rule,
            confidence: self.confidence,
            parser: Some(parser),
            exclusive: group.map(|group| format!("group-{group}")),
            when: self.parsers[parser]
                .sub_of
                .as_ref()
                .map(|(_, when)| when.clone()),
            ..Param::default()
        };
        if is_flag {
            param.flags = names;
        } else {
            param.position = Some(self.parsers[parser].positions);
        }
        if !self.describe(&mut param, parser, &args, is_flag) {
            return Value::Unknown;
        }
        if !is_flag {
            self.parsers[parser].positions += 1;
        }
        // One of such a group has to be given: each asks for it, unless another is there.
        if group.is_some_and(|group| self.demanded_groups.contains(&group)) {
            param.required = true;
            param.default = Default_::Absent;
        }
        self.insert_param(parser, param)
    }

    /// Adds a parameter to a parser, or replaces the one it stands for again.
    pub(super) fn insert_param(&mut self, parser: usize, param: Param) -> Value<'a> {
        let same = self.parsers[parser].params.iter().copied().find(|known| {
            let known = &self.slots.params[*known];
            known.at == param.at && known.dest == param.dest && known.when == param.when
        });
        if let Some(known) = same {
            // The same statement walked again, perhaps on another branch.
            let slot = self.slots.params[known].slot;
            let position = self.slots.params[known].position;
            if position.is_some() {
                self.parsers[parser].positions -= 1;
            }
            self.slots.params[known] = Param {
                slot,
                position,
                ..param
            };
            return Value::Unknown;
        }
        let index = self.slots.add_param(param);
        self.parsers[parser].params.push(index);
        let slot = self.slots.params[index].slot;
        let dest = self.slots.params[index].dest.clone();
        let action = Value::object("argparse.Action", Vec::new());
        if let Value::Object(object) = &action {
            let mut names = object.names.borrow_mut();
            names.insert("dest".into(), Value::Str(dest.into()));
            names.insert("slot".into(), Value::slot(slot));
        }
        self.keep(action)
    }

    /// Fills in what the keywords say; false for actions that take no part, such as `help`.
    fn describe(
        &mut self,
        param: &mut Param,
        parser: usize,
        args: &Args<'a>,
        is_flag: bool,
    ) -> bool {
        let action = args.kw("action").cloned();
        let mut default = args.kw("default").cloned();
        let nargs = args.kw("nargs").cloned();
        let mut item = None;
        if let Some(value) = args.kw("type").cloned() {
            let (value_type, pass, direction) = self.type_named(&value, args.at);
            param.direction = direction;
            match value_type {
                Some(ValueType::List(_)) => {
                    param.pass = pass;
                    item = value_type;
                }
                Some(ValueType::Choice) => {
                    param.choices = self.enum_choices(&value);
                    item = value_type;
                }
                value_type => item = value_type,
            }
        }
        let declared = item.clone();
        if let Some(choices) = args.kw("choices").cloned() {
            param.chooses = !matches!(choices, Value::None);
            match self.choices_of(&choices) {
                Some(choices) => {
                    param.choices = Some(choices);
                    item = Some(ValueType::Choice);
                }
                None => self.note(
                    "computed-choices",
                    format!(
                        "the choices of `{}` are worked out when the script runs",
                        param.dest
                    ),
                    args.at,
                ),
            }
        }
        let item = item.unwrap_or(ValueType::String);
        let mut switch = |pass, value| {
            param.pass = pass;
            param.value_type = Some(ValueType::Bool);
            if default.is_none() {
                default = Some(Value::Bool(value));
            }
        };
        match action.as_ref().map(action_name) {
            Some("store_true") => switch(Pass::Switch, false),
            Some("store_false") => switch(Pass::SwitchOff, true),
            Some("on_off") => {
                param.pass = Pass::OnOff;
                param.value_type = Some(ValueType::Bool);
            }
            Some("store_const" | "append_const") => {
                param.pass = Pass::Switch;
                param.value_type = Some(ValueType::Bool);
            }
            Some("count") => {
                param.pass = Pass::Count;
                param.value_type = Some(ValueType::Int);
            }
            Some("append" | "extend") => {
                let nested = nargs.is_some() && action.as_ref().map(action_name) == Some("append");
                let inner = if nested {
                    ValueType::List(Box::new(item))
                } else {
                    item
                };
                param.pass = if nargs.is_some() && !nested {
                    Pass::Value
                } else {
                    Pass::Repeat
                };
                param.value_type = Some(ValueType::List(Box::new(inner)));
            }
            Some("help" | "version") => return false,
            _ => {
                let takes_none = matches!(nargs, Some(Value::Int(0)));
                if takes_none {
                    param.pass = Pass::Switch;
                    param.value_type = Some(ValueType::Bool);
                } else {
                    param.value_type = Some(item);
                }
            }
        }
        let many = match &nargs {
            Some(Value::Str(text)) => matches!(&**text, "*" | "+" | "..." | "A..."),
            Some(Value::Int(count)) => *count > 0,
            Some(Value::Lib(name)) => name.ends_with("REMAINDER"),
            _ => false,
        };
        if many
            && !matches!(param.value_type, Some(ValueType::List(_)))
            && let Some(item) = param.value_type.take()
        {
            param.value_type = Some(ValueType::List(Box::new(item)));
        }
        let optional = match &nargs {
            Some(Value::Str(text)) => matches!(&**text, "?" | "*" | "..." | "A..."),
            Some(Value::Lib(_)) => true,
            _ => false,
        };
        param.required = if is_flag {
            match args.kw("required") {
                Some(value) => value.truth().unwrap_or(false),
                None => false,
            }
        } else {
            !optional
        };
        let is_so = |name| args.kw(name).and_then(Value::truth) == Some(true);
        if is_so("is_config_file") || is_so("is_config_file_arg") {
            param.direction = Some(Direction::Reads);
        } else if is_so("is_write_out_config_file_arg") {
            param.direction = Some(Direction::Writes);
        }
        param.metavar = super::click::named(args.kw("metavar"));
        param.default_env = default
            .as_ref()
            .and_then(|value| {
                value
                    .alternatives()
                    .iter()
                    .find_map(|value| self.env_of(value))
            })
            .map(|env| self.slots.envs[env].name.clone());
        let general = self.parsers[parser].general_default.clone();
        param.default = match default.or(general) {
            Some(Value::Lib(name)) if name.ends_with("SUPPRESS") => Default_::Absent,
            // What must be given has no use for one.
            Some(_) if param.required && is_flag => Default_::Absent,
            Some(value) => {
                let value = self.converted_default(value, args);
                let value_type = match (&param.value_type, declared) {
                    (Some(ValueType::Choice), Some(declared)) => Some(declared),
                    (value_type, _) => value_type.clone(),
                };
                let default = self.default_for(&value, value_type.as_ref());
                if default == Default_::Computed {
                    self.note(
                        "computed-default",
                        format!(
                            "the default of `{}` is worked out when the script runs",
                            param.dest
                        ),
                        args.at,
                    );
                }
                default
            }
            None if param.required => Default_::Absent,
            None => Default_::Known(Json::Null),
        };
        let help = args
            .kw("help")
            .and_then(|value| value.as_str())
            .map(str::to_owned);
        param.help = help
            .map(|help| interpolate(&help, param))
            .filter(|help| !help.is_empty());
        true
    }

    /// A default that is a text goes through a converter of the project, as it does when the script runs.
    fn converted_default(&mut self, value: Value<'a>, args: &Args<'a>) -> Value<'a> {
        let converter = match (args.kw("type"), &value) {
            (Some(converter @ (Value::Function(_) | Value::Bound(_))), Value::Str(_)) => {
                converter.clone()
            }
            _ => return value,
        };
        let mut call = Args::new(args.at);
        call.pos.push(value.clone());
        let result = self.call(&converter, call);
        if self.json(&result).is_some() {
            result
        } else {
            value
        }
    }

    fn default_of(&mut self, value: &Value<'a>, param: usize) -> Default_ {
        let value_type = self.slots.params[param].value_type.clone();
        self.default_for(value, value_type.as_ref())
    }

    /// A default, turned into the parameter's type where that turns texts.
    pub(super) fn default_for(
        &self,
        value: &Value<'a>,
        value_type: Option<&ValueType>,
    ) -> Default_ {
        let Some(json) = self.json(value) else {
            return Default_::Computed;
        };
        Default_::Known(match (&json, value_type) {
            (Json::String(text), Some(ValueType::Int)) => {
                text.trim().parse::<i64>().map_or(json, Json::from)
            }
            (Json::String(text), Some(ValueType::Float)) => match text.trim().parse::<f64>() {
                Ok(value) if value.is_finite() => Json::from(value),
                _ => json,
            },
            _ => json,
        })
    }

    /// The choices that a value lists.
    pub(super) fn choices_of(&mut self, value: &Value<'a>) -> Option<Vec<Json>> {
        let (items, open) = self.iterate(value);
        if open || items.len() > 2_000 {
            return None;
        }
        items.iter().map(|item| self.json(item)).collect()
    }
}

/// The name of an action; `on_off` for `BooleanOptionalAction`.
fn action_name<'v>(value: &'v Value<'_>) -> &'v str {
    match value {
        Value::Str(name) => name,
        Value::Lib(name) => match &**name {
            "argparse.BooleanOptionalAction" => "on_off",
            "argparse._StoreTrueAction" => "store_true",
            _ => "custom",
        },
        _ => "custom",
    }
}

/// Whether an attribute of a parser lists its groups: who takes one out goes on adding to the parser.
pub(super) fn is_group_list(attribute: &str) -> bool {
    matches!(attribute, "_action_groups" | "option_groups")
}

/// Whether a library's class is a parser like argparse's.
pub(super) fn is_parser_class(name: &str) -> bool {
    matches!(
        name,
        "argparse.ArgumentParser"
            | "configargparse.ArgumentParser"
            | "configargparse.ArgParser"
            | "configargparse.Parser"
            | "configargparse.get_argument_parser"
            | "configargparse.get_arg_parser"
            | "jsonargparse.ArgumentParser"
            | "pytorch_lightning.utilities.cli.LightningArgumentParser"
            | "rich_argparse.ArgumentParser"
            | "gooey.GooeyParser"
            | "argcomplete.ArgumentParser"
            | "optparse.OptionParser"
    )
}

/// A help text with its `%(…)s` filled in.
fn interpolate(help: &str, param: &Param) -> String {
    let mut text = String::with_capacity(help.len());
    let mut rest = help;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let named = after
            .strip_prefix('(')
            .and_then(|after| after.split_once(')'));
        let Some((name, after)) = named else {
            text.push('%');
            rest = after;
            continue;
        };
        match name {
            "default" => match &param.default {
                Default_::Known(Json::String(text_)) => text.push_str(text_),
                Default_::Known(Json::Null) => text.push_str("None"),
                Default_::Known(Json::Bool(true)) => text.push_str("True"),
                Default_::Known(Json::Bool(false)) => text.push_str("False"),
                Default_::Known(json) => text.push_str(&json.to_string()),
                _ => text.push('…'),
            },
            "choices" => {
                let choices = param.choices.iter().flatten();
                let shown: Vec<String> = choices
                    .map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_owned))
                    .collect();
                text.push_str(&shown.join(", "));
            }
            "dest" => text.push_str(&param.dest),
            "type" => text.push_str(param.value_type.as_ref().map_or("", ValueType::as_str)),
            _ => text.push('…'),
        }
        rest = after
            .strip_prefix(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(after);
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of a JSON constant.
pub(super) fn value_of<'a>(json: &Json) -> Value<'a> {
    match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Float(value),
            _ => Value::Unknown,
        },
        Json::String(text) => Value::Str(text.clone().into()),
        _ => Value::Unknown,
    }
}
