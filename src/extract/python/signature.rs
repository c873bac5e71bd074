//! Owns command lines that are made from a function's signature: typer's, fire's, and those that `CLI(f)` makes.

use std::rc::Rc;

use ruff_python_ast as ast;
use serde_json::Value as Json;

use super::annotations::Annotation;
use super::call::Args;
use super::click::{command_name, keyword, texts};
use super::engine::Engine;
use super::slots::{Default_, Direction, Param};
use super::value::{At, Class, Code, Function, Object, SeqKind, Value};
use crate::requirement::{Pass, ValueType};

/// How parameters become flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// typer: positionals without default, `--on/--no-on`.
    Typer,
    /// fire: every parameter a flag of its own name.
    Fire,
    /// tyro and the like: every parameter a flag with dashes.
    Dashes,
    /// jsonargparse: a flag of its own name, a position where it has no default.
    Json,
    /// The same without positions.
    JsonFlags,
}

impl<'a> Engine<'a> {
    /// A function of typer.
    pub(super) fn call_typer(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        Some(match rest {
            "Typer" => {
                let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "typer") else {
                    return None;
                };
                let made = Value::object("typer.Typer…", vec![Value::Parser(parser)]);
                if let Value::Object(object) = &made {
                    self.made_at.insert(Rc::as_ptr(object), args.at);
                }
                self.keep(made)
            }
            "run" => {
                let function = super::click::function_of(args.first()?)?;
                let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "typer") else {
                    return None;
                };
                self.signature_params(&function, parser, Style::Typer, false);
                self.run_command(&function, parser);
                Value::Unknown
            }
            "Option" | "Argument" => {
                let made = Value::object(format!("typer.{rest}"), args.pos.clone());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                    self.made_at.insert(Rc::as_ptr(object), args.at);
                }
                self.keep(made)
            }
            "Exit" | "Abort" => Value::Unknown,
            "echo" | "secho" => Value::None,
            _ => return None,
        })
    }

    /// A method of a typer application.
    pub(super) fn typer_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        Some(match name {
            "command" | "callback" => {
                if let [function @ Value::Function(_)] = args.pos.as_slice() {
                    return Some(function.clone());
                }
                let made = Value::object(format!("typer.{name} of"), args.pos.clone());
                if let Value::Object(maker) = &made {
                    let mut names = maker.names.borrow_mut();
                    names.extend(args.kw.clone());
                    names.insert("…app".into(), Value::Object(object.clone()));
                    self.made_at.insert(Rc::as_ptr(maker), args.at);
                }
                self.keep(made)
            }
            "add_typer" => {
                if let Some(Value::Object(inner)) = args.first() {
                    let mut names = object.names.borrow_mut();
                    let count = names.keys().filter(|key| key.starts_with("…sub")).count();
                    let key = format!("…sub {count:03}");
                    let sub = Value::seq(
                        SeqKind::Tuple,
                        vec![
                            Value::Object(inner.clone()),
                            args.kw("name").cloned().unwrap_or_default(),
                        ],
                    );
                    names.insert(key.into(), sub);
                }
                Value::None
            }
            "__call__" => self.run_typer(object),
            _ => return None,
        })
    }

    /// Applies `@app.command()`.
    pub(super) fn decorate_typer(
        &mut self,
        object: &Rc<Object<'a>>,
        value: &Value<'a>,
    ) -> Option<Value<'a>> {
        let kind = match &*object.class {
            "typer.command of" => "command",
            "typer.callback of" => "callback",
            _ => return None,
        };
        let Some(Value::Object(app)) = keyword(object, "…app") else {
            return None;
        };
        let function = super::click::function_of(value)?;
        let named = keyword(object, "name").or_else(|| object.args.borrow().first().cloned());
        let name = named
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_else(|| command_name(function.name()));
        let mut names = app.names.borrow_mut();
        let count = names.len();
        let entry = Value::seq(
            SeqKind::Tuple,
            vec![Value::Function(function.clone()), Value::Str(name.into())],
        );
        names.insert(format!("…{kind} {count:03}").into(), entry);
        drop(names);
        self.typer_apps.push(app);
        Some(Value::Function(function))
    }

    /// Builds the command line of an application and walks its commands.
    pub(super) fn run_typer(&mut self, app: &Rc<Object<'a>>) -> Value<'a> {
        let Some(Value::Parser(parser)) = app.args.borrow().first().cloned() else {
            return Value::Unknown;
        };
        if std::mem::replace(&mut self.parsers[parser].parsed, true) {
            return Value::Unknown;
        }
        let mut entries: Vec<_> = app
            .names
            .borrow()
            .iter()
            .map(|(k, v)| (k.to_string(), v.clone()))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let of = |kind: &str| -> Vec<Value<'a>> {
            let fitting = entries.iter().filter(|(key, _)| key.starts_with(kind));
            fitting.map(|(_, value)| value.clone()).collect()
        };
        let (callbacks, mut commands, subs) = (of("…callback"), of("…command"), of("…sub"));
        commands.dedup_by(|a, b| a.same(b));
        for callback in &callbacks {
            if let (Value::Function(function), _) = self.pair(callback) {
                self.signature_params(&function, parser, Style::Typer, false);
                self.run_command(&function, parser);
            }
        }
        let is_alone = callbacks.is_empty() && subs.is_empty() && of("…part").is_empty();
        if let ([only], true) = (commands.as_slice(), is_alone) {
            if let (Value::Function(function), _) = self.pair(only) {
                self.signature_params(&function, parser, Style::Typer, false);
                self.run_command(&function, parser);
            }
            return Value::Unknown;
        }
        for command in &commands {
            if let (Value::Function(function), Value::Str(name)) = self.pair(command) {
                let at = self.at_of(&function);
                let Value::Parser(child) = self.make_parser(&Args::new(at), "typer") else {
                    continue;
                };
                self.signature_params(&function, child, Style::Typer, false);
                self.add_subcommand(parser, &name, child, at);
                self.run_command(&function, child);
            }
        }
        for sub in &subs {
            if let (Value::Object(inner), name) = self.pair(sub) {
                let Some(Value::Parser(child)) = inner.args.borrow().first().cloned() else {
                    continue;
                };
                // A single command keeps its name where its application is part of another.
                inner
                    .names
                    .borrow_mut()
                    .insert("…part".into(), Value::Bool(true));
                self.run_typer(&inner);
                let at = At {
                    module: 0,
                    range: Default::default(),
                };
                if let Value::Str(name) = name {
                    self.add_subcommand(parser, &name, child, at);
                }
            }
        }
        Value::Unknown
    }

    fn pair(&mut self, value: &Value<'a>) -> (Value<'a>, Value<'a>) {
        let (items, _) = self.iterate(value);
        let mut items = items.into_iter();
        (
            items.next().unwrap_or_default(),
            items.next().unwrap_or_default(),
        )
    }

    /// Where a function is defined.
    pub(super) fn at_of(&self, function: &Function<'a>) -> At {
        let range = match function.code {
            Code::Def(def) => def.name.range,
            Code::Lambda(lambda) => lambda.range,
        };
        At {
            module: function.module,
            range,
        }
    }

    /// The functions that are defined in a class's own body, in the order in which they are met.
    pub(super) fn members(&self, class: &Rc<Class<'a>>) -> Vec<Rc<Function<'a>>> {
        let is_own = |function: &&Rc<Function<'a>>| {
            let owner = function.class.borrow();
            owner.as_ref().is_some_and(|owner| Rc::ptr_eq(owner, class))
        };
        let own: Vec<_> = self.defined.iter().filter(is_own).cloned().collect();
        if !own.is_empty() {
            return own;
        }
        // Those of other modules are known by their class alone.
        let names = class.scope.names.borrow();
        let functions = names.values().filter_map(|value| match value {
            Value::Function(function) => Some(function),
            _ => None,
        });
        functions.filter(is_own).cloned().collect()
    }

    /// Gives a parser the parameters of a function.
    pub(super) fn signature_params(
        &mut self,
        function: &Rc<Function<'a>>,
        parser: usize,
        style: Style,
        skip_first: bool,
    ) {
        let Some(parameters) = function.parameters() else {
            return;
        };
        let all = parameters
            .iter_non_variadic_params()
            .skip(usize::from(skip_first));
        let all: Vec<&'a ast::ParameterWithDefault> = all.collect();
        for parameter in all {
            let name = parameter.parameter.name.as_str();
            let annotation = match &parameter.parameter.annotation {
                Some(annotation) => {
                    let value = self.eval_in(&function.scope, annotation);
                    self.annotation(&value)
                }
                None => Annotation::default(),
            };
            let is_context = parameter
                .parameter
                .annotation
                .as_deref()
                .and_then(|a| a.as_attribute_expr())
                .is_some_and(|a| a.attr.as_str() == "Context");
            if is_context || annotation.hidden {
                continue;
            }
            let default = function
                .defaults
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.clone());
            let at = At {
                module: function.module,
                range: parameter.range,
            };
            let param = match style {
                Style::Typer => self.typer_param(name, annotation, default, at),
                Style::Fire | Style::Dashes | Style::Json | Style::JsonFlags => {
                    self.plain_param(name, annotation, default, style, at)
                }
            };
            if let Some(param) = param {
                self.add_click_param(parser, param);
            }
        }
    }

    /// A parameter of typer.
    fn typer_param(
        &mut self,
        name: &str,
        annotation: Annotation<'a>,
        default: Option<Value<'a>>,
        at: At,
    ) -> Option<Param> {
        let maker = annotation
            .details
            .iter()
            .chain(default.iter())
            .find_map(|value| match value {
                Value::Object(object) if object.class.starts_with("typer.") => Some(object.clone()),
                _ => None,
            });
        let annotated = annotation
            .details
            .iter()
            .any(|value| matches!(value, Value::Object(_)));
        let mut held = maker
            .as_ref()
            .map(|maker| maker.args.borrow().clone())
            .unwrap_or_default();
        // Behind `=`, the maker's first argument is the default; in `Annotated`, every one is a flag.
        let default = match (&maker, annotated) {
            (Some(maker), false) => {
                let first = if held.is_empty() {
                    None
                } else {
                    Some(held.remove(0))
                };
                first
                    .or_else(|| keyword(maker, "default"))
                    .or_else(|| keyword(maker, "default_factory"))
            }
            _ => default,
        };
        // `...` asks for a value.
        let default = default.filter(|value| !self.is_ellipsis(value));
        let is_argument = match &maker {
            Some(maker) => &*maker.class == "typer.Argument",
            None => default.is_none(),
        };
        let mut param = Param {
            dest: name.to_owned(),
            at: maker
                .as_ref()
                .and_then(|m| self.made_at.get(&Rc::as_ptr(m)).copied())
                .or(Some(at)),
            rule: "typer",
            confidence: self.confidence,
            ..Param::default()
        };
        self.typed_param(&mut param, &annotation, default.as_ref());
        let mut explicit = Vec::new();
        let mut off = None;
        for text in texts(&held).filter(|text| text.starts_with('-')) {
            match text.split_once('/') {
                Some((on, no)) => {
                    explicit.push(on.trim().to_owned());
                    off = Some(no.trim().to_owned());
                }
                None => explicit.push(text.to_string()),
            }
        }
        explicit.retain(|flag| !flag.is_empty());
        if is_argument {
            param.position = Some(0);
        } else {
            let is_switch = param.value_type == Some(ValueType::Bool);
            if is_switch {
                let made = format!("--no-{}", name.replace('_', "-"));
                param.pass = match &off {
                    Some(off) if !off.starts_with("--no-") => Pass::Switch,
                    None if explicit.iter().any(|flag| flag.starts_with("--")) => Pass::Switch,
                    _ if explicit.is_empty() || off == Some(made) || off.is_some() => Pass::OnOff,
                    _ => Pass::Switch,
                };
            } else if matches!(param.value_type, Some(ValueType::List(_))) {
                param.pass = Pass::Repeat;
            }
            if !explicit.iter().any(|flag| flag.starts_with("--"))
                && explicit.len() < 2
                && (explicit.is_empty())
            {
                explicit.push(format!("--{}", name.replace('_', "-")));
            }
            param.flags = explicit;
        }
        if let Some(maker) = &maker {
            param.help = super::click::named(keyword(maker, "help").as_ref())
                .map(|help| help.split_whitespace().collect::<Vec<_>>().join(" "));
            param.envs = self.env_names(keyword(maker, "envvar").as_ref());
            if keyword(maker, "count").and_then(|value| value.truth()) == Some(true) {
                param.pass = Pass::Count;
            }
            if keyword(maker, "exists").and_then(|value| value.truth()) == Some(true) {
                param.direction = Some(Direction::Names);
            }
        }
        param.required = default.is_none();
        param.default = match &default {
            None => Default_::Absent,
            Some(Value::Function(_)) => Default_::Computed,
            Some(value) => self.default_for(value, param.value_type.as_ref()),
        };
        if param.default == Default_::Computed {
            self.note(
                "computed-default",
                format!("the default of `{name}` is worked out when the script runs"),
                at,
            );
        }
        Some(param)
    }

    /// A parameter that is a flag of its own name.
    pub(super) fn plain_param(
        &mut self,
        name: &str,
        annotation: Annotation<'a>,
        default: Option<Value<'a>>,
        style: Style,
        at: At,
    ) -> Option<Param> {
        let flag = match style {
            Style::Dashes => format!("--{}", name.replace('_', "-")),
            _ => format!("--{name}"),
        };
        let mut param = Param {
            dest: name.to_owned(),
            flags: vec![flag],
            at: Some(at),
            rule: match style {
                Style::Fire => "fire",
                Style::Json | Style::JsonFlags => "jsonargparse",
                _ => "tyro",
            },
            confidence: self.confidence,
            ..Param::default()
        };
        self.typed_param(&mut param, &annotation, default.as_ref());
        if param.value_type == Some(ValueType::Bool) {
            param.pass = if style == Style::Dashes {
                Pass::OnOff
            } else {
                Pass::Joined
            };
        }
        param.required = default.is_none();
        if style == Style::Json && param.required {
            param.flags.clear();
            param.position = Some(0);
        }
        param.default = match &default {
            None => Default_::Absent,
            Some(value) => self.default_for(value, param.value_type.as_ref()),
        };
        if param.default == Default_::Computed {
            self.note(
                "computed-default",
                format!("the default of `{name}` is worked out when the script runs"),
                at,
            );
        }
        Some(param)
    }

    /// Fills in the type that an annotation gives, or else the default.
    pub(super) fn typed_param(
        &mut self,
        param: &mut Param,
        annotation: &Annotation<'a>,
        default: Option<&Value<'a>>,
    ) {
        param.choices.clone_from(&annotation.choices);
        param.value_type = Some(annotation.value_type.clone().unwrap_or(match default {
            Some(Value::Int(_)) => ValueType::Int,
            Some(Value::Float(_)) => ValueType::Float,
            Some(Value::Bool(_)) => ValueType::Bool,
            Some(Value::Seq(seq)) if seq.kind != SeqKind::Set => {
                let item = match seq.items.borrow().first() {
                    Some(Value::Int(_)) => ValueType::Int,
                    Some(Value::Float(_)) => ValueType::Float,
                    _ => ValueType::String,
                };
                ValueType::List(Box::new(item))
            }
            _ => ValueType::String,
        }));
    }

    /// Whether a value is `...`.
    pub(super) fn is_ellipsis(&self, value: &Value<'a>) -> bool {
        matches!(value, Value::Lib(name) if &**name == "...")
    }

    /// `fire.Fire(component)`.
    pub(super) fn call_fire(&mut self, args: &Args<'a>) -> Value<'a> {
        let component = args.get(0, "component").cloned();
        match component {
            Some(value) => self.fire(&value, args.at, 0),
            None => {
                let functions: Vec<_> = self
                    .defined
                    .iter()
                    .filter(|f| f.scope.parent.is_none() && !f.name().starts_with('_'))
                    .cloned()
                    .collect();
                let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "fire") else {
                    return Value::Unknown;
                };
                for function in functions {
                    self.fire_command(parser, function.name(), &function, false);
                }
            }
        }
        Value::Unknown
    }

    fn fire(&mut self, component: &Value<'a>, at: At, depth: usize) {
        let Value::Parser(parser) = self.make_parser(&Args::new(at), "fire") else {
            return;
        };
        match component {
            Value::Function(function) => {
                self.signature_params(function, parser, Style::Fire, false);
                self.run_command(function, parser);
            }
            Value::Bound(bound) => {
                if let super::value::Method::Function(function) = &bound.method {
                    self.signature_params(function, parser, Style::Fire, true);
                }
            }
            Value::Dict(dict) => {
                let entries = dict.items.borrow().clone();
                for (name, value) in entries {
                    if let (Value::Str(name), Value::Function(function)) = (&name, &value) {
                        self.fire_command(parser, name, function, false);
                    }
                }
            }
            Value::Class(class) => {
                for function in self.members(class) {
                    if function.name() == "__init__" {
                        self.signature_params(&function, parser, Style::Fire, true);
                        self.make_of_params(class, parser, 0, at);
                        self.fire_kept(class, parser);
                    } else if !function.name().starts_with('_') {
                        self.fire_command(parser, function.name(), &function, true);
                    }
                }
            }
            Value::Instance(instance) if depth == 0 => {
                let class = Value::Class(instance.class.clone());
                self.fire(&class, at, depth + 1);
            }
            _ => self.note(
                "dynamic-parser",
                "what the command line is made of is worked out when the script runs".to_owned(),
                at,
            ),
        }
    }

    /// Functions that an object of a class keeps under names of its own are commands like its methods.
    fn fire_kept(&mut self, class: &Rc<Class<'a>>, parser: usize) {
        let Some(Value::Instance(made)) = self.specimens.get(&Rc::as_ptr(class)).cloned() else {
            return;
        };
        let mut kept = Vec::new();
        for (name, value) in made.names.borrow().iter() {
            if let (Value::Function(function), false) = (value, name.starts_with('_')) {
                kept.push((name.clone(), function.clone()));
            }
        }
        for (name, function) in kept {
            self.fire_command(parser, &name, &function, false);
        }
    }

    /// Makes an object of the parameters of its class that a parser has from some number on.
    pub(super) fn make_of_params(
        &mut self,
        class: &Rc<Class<'a>>,
        parser: usize,
        from: usize,
        at: At,
    ) {
        let mut args = Args::new(at);
        let params = self.parsers[parser].params.clone();
        for index in params.into_iter().skip(from) {
            let param = &self.slots.params[index];
            args.kw
                .push((param.dest.clone().into(), Value::slot(param.slot)));
        }
        self.make(class, args);
    }

    fn fire_command(
        &mut self,
        parser: usize,
        name: &str,
        function: &Rc<Function<'a>>,
        method: bool,
    ) {
        let at = self.at_of(function);
        let Value::Parser(child) = self.make_parser(&Args::new(at), "fire") else {
            return;
        };
        self.signature_params(function, child, Style::Fire, method);
        self.add_subcommand(parser, name, child, at);
        self.run_subcommand(function, child, method, at);
    }

    /// Walks what a subcommand runs, with its parameters.
    pub(super) fn run_subcommand(
        &mut self,
        function: &Rc<Function<'a>>,
        child: usize,
        method: bool,
        at: At,
    ) {
        if method {
            let class = function.class.borrow().clone();
            let receiver = class.map(|class| self.specimen(&class, at));
            let mut args = Args::new(at);
            for index in self.parsers[child].params.clone() {
                let param = &self.slots.params[index];
                args.kw
                    .push((param.dest.clone().into(), Value::slot(param.slot)));
            }
            args.open = true;
            self.walk_function(function, receiver, args);
        } else {
            self.run_command(function, child);
        }
    }

    /// A default of JSON, for tests of absence.
    pub(super) fn is_null(default: &Default_) -> bool {
        matches!(default, Default_::Absent | Default_::Known(Json::Null))
    }
}
