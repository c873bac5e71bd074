//! Owns click: options, arguments, commands and groups, from their decorators; and what typer shares with it.

use std::rc::Rc;

use serde_json::Value as Json;

use super::call::Args;
use super::click_groups::AUTO_ENVVAR;
use super::engine::Engine;
use super::slots::Param;
use super::value::{At, Function, Object, Text, Value};
use crate::requirement::{Confidence, ValueType, When};

impl<'a> Engine<'a> {
    /// A function of click.
    pub(super) fn call_click(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        Some(match rest {
            "option" | "argument" => {
                let made = Value::object(format!("click.{rest}"), args.pos.clone());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                    self.made_at.insert(Rc::as_ptr(object), args.at);
                }
                self.keep(made)
            }
            "command" | "group" | "Command" | "Group" => {
                if let [function @ Value::Function(_)] = args.pos.as_slice() {
                    return Some(self.command(&function.clone(), rest, None, args));
                }
                let made = Value::object(format!("click.{rest}"), args.pos.clone());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                    self.made_at.insert(Rc::as_ptr(object), args.at);
                }
                self.keep(made)
            }
            "Path" | "File" | "Choice" | "IntRange" | "FloatRange" | "Tuple" | "DateTime" => {
                let made = Value::object(format!("click.{rest}"), args.pos.clone());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                }
                self.keep(made)
            }
            "pass_context" | "pass_obj" => args.first().cloned().unwrap_or_default(),
            "echo" | "secho" => Value::None,
            _ => return None,
        })
    }

    /// Applies what click's decorators made to a function; none where the object is no such decorator.
    pub(super) fn decorate_click(
        &mut self,
        object: &Rc<Object<'a>>,
        value: &Value<'a>,
    ) -> Option<Value<'a>> {
        let at = self.made_at.get(&Rc::as_ptr(object)).copied();
        let names = object.names.borrow().clone();
        let mut args = Args::new(at.unwrap_or(self.at_start()));
        args.pos = object.args.borrow().clone();
        args.kw = names
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match &*object.class {
            "click.option" | "click.argument" => {
                let is_option = &*object.class == "click.option";
                let param = self.click_param(&args, is_option);
                if let (Some(param), Some(function)) = (param, function_of(value)) {
                    self.pending.entry(function.id).or_default().push(param);
                }
                Some(value.clone())
            }
            "click.command" | "click.group" => {
                let kind = if &*object.class == "click.group" {
                    "group"
                } else {
                    "command"
                };
                Some(self.command(value, kind, None, &args))
            }
            "click.command of" | "click.group of" => {
                let group = args.kw("…group").cloned();
                args.kw.retain(|(name, _)| &**name != "…group");
                let kind = if &*object.class == "click.group of" {
                    "group"
                } else {
                    "command"
                };
                Some(self.command(value, kind, group, &args))
            }
            _ => None,
        }
    }

    fn at_start(&self) -> At {
        At {
            module: self.module(),
            range: Default::default(),
        }
    }

    /// Makes a command of a function and the options that were put on it.
    fn command(
        &mut self,
        value: &Value<'a>,
        kind: &str,
        group: Option<Value<'a>>,
        args: &Args<'a>,
    ) -> Value<'a> {
        let Some(function) = function_of(value) else {
            return value.clone();
        };
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "click") else {
            return value.clone();
        };
        let name = args
            .get(0, "name")
            .and_then(|name| name.as_str())
            .map(str::to_owned);
        let name = name.unwrap_or_else(|| command_name(function.name()));
        if let Some(Value::Object(group)) = group {
            self.add_command(&group, &name, parser, args.at);
        }
        let mut params = self.pending.remove(&function.id).unwrap_or_default();
        params.reverse();
        for param in params {
            self.add_click_param(parser, param);
        }
        let made = self.command_object(kind, function, parser);
        if let Value::Object(object) = &made {
            let mut names = object.names.borrow_mut();
            names.insert("name".into(), Value::Str(name.into()));
        }
        let prefix = match args.kw("context_settings") {
            Some(Value::Dict(settings)) => self.dict_get(settings, &Value::str(AUTO_ENVVAR)),
            _ => None,
        };
        self.prefix_variables(parser, prefix.as_ref());
        if let (Some(Value::Class(class)), Value::Object(object)) = (args.kw("cls"), &made) {
            self.add_lazy_commands(object, &class.clone(), args);
        }
        made
    }

    /// Adds a parameter to a command's parser.
    pub(super) fn add_click_param(&mut self, parser: usize, mut param: Param) {
        param.parser = Some(parser);
        param.when = self.parsers[parser]
            .sub_of
            .as_ref()
            .map(|(_, when)| when.clone());
        if param.position.is_some() {
            param.position = Some(self.parsers[parser].positions);
            self.parsers[parser].positions += 1;
        }
        let index = self.slots.add_param(param);
        self.parsers[parser].params.push(index);
    }

    /// The object that stands for a command: calling it walks its function.
    pub(super) fn command_object(
        &mut self,
        kind: &str,
        function: Rc<Function<'a>>,
        parser: usize,
    ) -> Value<'a> {
        let class = if kind.eq_ignore_ascii_case("group") {
            "click.Group…"
        } else {
            "click.Command…"
        };
        let made = Value::object(class, vec![Value::Parser(parser)]);
        if let Value::Object(object) = &made {
            object
                .names
                .borrow_mut()
                .insert("callback".into(), Value::Function(function.clone()));
        }
        self.commands.push((function, parser));
        self.keep(made)
    }

    /// Makes a parser the subcommand of a group.
    pub(super) fn add_command(
        &mut self,
        group: &Rc<Object<'a>>,
        name: &str,
        parser: usize,
        at: At,
    ) {
        let Some(Value::Parser(above)) = group.args.borrow().first().cloned() else {
            return;
        };
        self.add_subcommand(above, name, parser, at);
    }

    /// Makes a parser the subcommand of another.
    pub(super) fn add_subcommand(&mut self, above: usize, name: &str, parser: usize, at: At) {
        // A group that is made a command of its own would never end.
        let mut outer = Some(above);
        while let Some(known) = outer {
            if known == parser {
                return;
            }
            let next = self.parsers[known].sub_of.as_ref();
            outer = next.map(|(next, _)| *next);
        }
        let selector = match self.parsers[above].selector {
            Some(selector) => selector,
            None => {
                let param = Param {
                    dest: "command".to_owned(),
                    asked_as: self.choice_name(above, "command", at),
                    position: Some(self.parsers[above].positions),
                    value_type: Some(ValueType::Choice),
                    required: true,
                    choices: Some(Vec::new()),
                    at: Some(at),
                    rule: self.parsers[above].rule,
                    confidence: self.confidence,
                    parser: Some(above),
                    when: self.parsers[above]
                        .sub_of
                        .as_ref()
                        .map(|(_, when)| when.clone()),
                    ..Param::default()
                };
                self.parsers[above].positions += 1;
                let selector = self.slots.add_param(param);
                self.parsers[above].params.push(selector);
                self.parsers[above].selector = Some(selector);
                selector
            }
        };
        let choice = Json::from(name);
        let param = &mut self.slots.params[selector];
        let when = When {
            arg: param.name().to_owned(),
            equals: choice.clone(),
        };
        let choices = param.choices.get_or_insert_with(Vec::new);
        if !choices.contains(&choice) {
            choices.push(choice);
        }
        let before = self.parsers[above].positions;
        self.parsers[parser].sub_of = Some((above, when.clone()));
        self.parsers[parser].positions += before;
        for param in self.parsers[parser].params.clone() {
            let param = &mut self.slots.params[param];
            param.when = Some(when.clone());
            param.position = param.position.map(|position| position + before);
        }
        self.parsers[above].children.push(parser);
    }

    /// A method of a command or group.
    pub(super) fn command_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let is_group = &*object.class == "click.Group…";
        Some(match name {
            "command" | "group" if is_group => {
                if let [function @ Value::Function(_)] = args.pos.as_slice() {
                    let group = Some(Value::Object(object.clone()));
                    let mut none = Args::new(args.at);
                    none.kw.clone_from(&args.kw);
                    return Some(self.command(&function.clone(), name, group, &none));
                }
                let made = Value::object(format!("click.{name} of"), args.pos.clone());
                if let Value::Object(maker) = &made {
                    let mut names = maker.names.borrow_mut();
                    names.extend(args.kw.clone());
                    names.insert("…group".into(), Value::Object(object.clone()));
                    self.made_at.insert(Rc::as_ptr(maker), args.at);
                }
                self.keep(made)
            }
            "add_command" if is_group => {
                let Some(Value::Object(command)) = args.get(0, "cmd").cloned() else {
                    return Some(Value::None);
                };
                let parser = command.args.borrow().first().cloned();
                let callback = command.names.borrow().get("callback").cloned();
                if let (Some(Value::Parser(parser)), Some(Value::Function(function))) =
                    (parser, callback)
                {
                    let name = named(args.get(1, "name"))
                        .or_else(|| named(keyword(&command, "name").as_ref()));
                    let name = name.unwrap_or_else(|| command_name(function.name()));
                    self.add_command(object, &name, parser, args.at);
                }
                Value::None
            }
            "main" => self.call_command(object, args),
            _ => return None,
        })
    }

    /// Calls a command: its function gets the user's values.
    pub(super) fn call_command(&mut self, object: &Rc<Object<'a>>, args: &Args<'a>) -> Value<'a> {
        let callback = object.names.borrow().get("callback").cloned();
        let parser = object.args.borrow().first().cloned();
        if let Some(Value::Parser(parser)) = parser {
            self.prefix_variables(parser, args.kw(AUTO_ENVVAR));
        }
        if let (Some(Value::Function(function)), Some(Value::Parser(parser))) = (callback, parser) {
            self.run_command(&function, parser);
        }
        Value::Unknown
    }

    /// Walks a command's function with the user's values.
    pub(super) fn run_command(&mut self, function: &Rc<Function<'a>>, parser: usize) {
        let mut args = Args::new(self.at_start());
        for index in self.parsers[parser].params.clone() {
            let param = &self.slots.params[index];
            args.kw
                .push((param.dest.clone().into(), Value::slot(param.slot)));
        }
        args.open = true;
        self.reached.insert(function.id);
        self.parsers[parser].parsed = true;
        let mut above = self.parsers[parser].sub_of.clone();
        while let Some((parser, _)) = above {
            self.parsers[parser].parsed = true;
            above = self.parsers[parser].sub_of.clone();
        }
        let is_one_of_several = usize::from(self.commands.len() > 1);
        self.among_commands += is_one_of_several;
        self.walk_function(function, None, args);
        self.among_commands -= is_one_of_several;
    }

    /// Whether a command is the script's own, or one of a group that is.
    fn is_own(&self, parser: usize) -> bool {
        let mut root = parser;
        while let Some((above, _)) = &self.parsers[root].sub_of {
            root = *above;
        }
        let mut own = self
            .commands
            .iter()
            .filter(|(function, _)| function.module == 0);
        own.any(|(_, own)| *own == root || *own == parser)
    }

    /// Walks the commands that nobody called: each may be the one the user chooses.
    pub(super) fn walk_commands(&mut self) {
        let mut next = 0;
        // What they declare is known before the first is walked, however long that takes.
        let declared = self.commands.iter().map(|(_, parser)| *parser);
        for parser in declared.collect::<Vec<_>>() {
            if self.is_own(parser) && !self.parsers[parser].parsed {
                self.parsers[parser].parsed = true;
                self.waiting.insert(parser);
            }
        }
        while let Some((function, parser)) = self.commands.get(next).cloned() {
            next += 1;
            // Other code may call its function too, which does not make it less of a command.
            let is_new = !self.reached.contains(&function.id)
                || !self.parsers[parser].parsed
                || self.waiting.remove(&parser);
            if is_new && self.is_own(parser) {
                self.confidence = Confidence::Certain;
                self.run_command(&function, parser);
            }
        }
    }
}

impl<'a> Engine<'a> {
    /// `Parameter("name", default=…)` of a metaflow flow: a flag of its `run` command.
    pub(super) fn call_metaflow(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let name = args
            .get(0, "name")
            .and_then(|name| name.as_str())
            .map(str::to_owned)?;
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "metaflow") else {
            return None;
        };
        let mut call = args.clone();
        call.pos = vec![
            Value::Str(format!("--{name}").into()),
            Value::Str(name.into()),
        ];
        let mut param = self.click_param(&call, true)?;
        param.rule = "metaflow";
        param.when = None;
        self.add_click_param(parser, param);
        let index = self.parsers[parser].params.last().copied()?;
        self.slots.params[index].when = Some(When {
            arg: "command".to_owned(),
            equals: Json::from("run"),
        });
        Some(Value::slot(self.slots.params[index].slot))
    }
}

/// The function behind a value that decorators were put on.
pub(super) fn function_of<'a>(value: &Value<'a>) -> Option<Rc<Function<'a>>> {
    match value {
        Value::Function(function) => Some(function.clone()),
        Value::Object(object) => match object.names.borrow().get("callback") {
            Some(Value::Function(function)) => Some(function.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a command, from its function's.
pub(super) fn command_name(function: &str) -> String {
    function.to_lowercase().replace('_', "-")
}

/// The name of a followed text.
pub(super) fn named(value: Option<&Value<'_>>) -> Option<String> {
    value.and_then(|value| value.as_str()).map(str::to_owned)
}

/// A keyword of an object that a library made.
pub(super) fn keyword<'a>(object: &Object<'a>, name: &str) -> Option<Value<'a>> {
    object.names.borrow().get(name).cloned()
}

/// The texts among values.
pub(super) fn texts<'v, 'a>(values: &'v [Value<'a>]) -> impl Iterator<Item = &'v Text<'a>> {
    values.iter().filter_map(|value| match value {
        Value::Str(text) => Some(text),
        _ => None,
    })
}
