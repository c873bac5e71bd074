//! Owns calls: of functions, classes and methods of the project, and the way to everything else that can be called.

use std::rc::Rc;

use super::engine::{CALLS, Engine, Flow, Frame};
use super::paths::{holds_given, is_written, touches};
use super::value::{
    At, Class, Code, Function, Instance, Method, Scope, SeqKind, Super, Text, Value, Wrap,
};
use crate::extract::hints;
use crate::requirement::ValueType;

/// The arguments of a call.
#[derive(Clone)]
pub(super) struct Args<'a> {
    /// By position.
    pub(super) pos: Vec<Value<'a>>,
    /// By name.
    pub(super) kw: Vec<(Text<'a>, Value<'a>)>,
    /// Whether there may be more.
    pub(super) open: bool,
    /// A namespace or dictionary of the user's values that was spread with `**`.
    pub(super) spread: Option<Value<'a>>,
    /// Where the call is.
    pub(super) at: At,
}

impl<'a> Args<'a> {
    /// No arguments.
    pub(super) fn new(at: At) -> Self {
        Self {
            pos: Vec::new(),
            kw: Vec::new(),
            open: false,
            spread: None,
            at,
        }
    }

    /// The argument of this name, or at this position.
    pub(super) fn get(&self, index: usize, name: &str) -> Option<&Value<'a>> {
        self.kw(name).or_else(|| self.pos.get(index))
    }

    /// The argument of this name.
    pub(super) fn kw(&self, name: &str) -> Option<&Value<'a>> {
        self.kw.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// The first argument whose name is one under which libraries are told where something lies.
    pub(super) fn path_kw(&self) -> Option<&Value<'a>> {
        let mut named = self.kw.iter();
        named.find(|(n, _)| hints::is_place(n)).map(|(_, v)| v)
    }

    /// The first argument.
    pub(super) fn first(&self) -> Option<&Value<'a>> {
        self.pos.first()
    }

    /// All values given.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.pos.iter().chain(self.kw.iter().map(|(_, v)| v))
    }
}

impl<'a> Engine<'a> {
    /// Calls a value.
    pub(super) fn call(&mut self, callee: &Value<'a>, args: Args<'a>) -> Value<'a> {
        if self.tells_flags && !matches!(callee, Value::Lib(name) if &**name == "print") {
            args.values().for_each(|value| self.word_taken(value));
        }
        match callee {
            Value::Function(function) => self.call_function(function, None, args),
            Value::Class(class) => self.make(class, args),
            Value::Lib(name) => self.call_library(name, args),
            Value::Bound(bound) => match &bound.method {
                Method::Function(function) => {
                    self.call_function(function, Some(bound.object.clone()), args)
                }
                Method::Named(name) => self.call_method(&bound.object, name.clone(), args),
            },
            Value::Instance(instance) => match self.class_member(&instance.class, "__call__") {
                Some(Value::Function(function)) => {
                    self.call_function(&function, Some(callee.clone()), args)
                }
                _ => {
                    let native = instance.native.borrow().clone();
                    match native {
                        Some(native) => self.call(&native, args),
                        None => self.call_unknown(args),
                    }
                }
            },
            Value::Object(object) => self.call_object(&object.clone(), args),
            Value::Alt(values) => {
                let results: Vec<_> = values
                    .iter()
                    .map(|value| self.call(value, args.clone()))
                    .collect();
                Value::join_all(results).unwrap_or_default()
            }
            _ => self.call_unknown(args),
        }
    }

    /// Calls something unknown: it may call the functions it is given, and fill the parser it is given.
    pub(super) fn call_unknown(&mut self, args: Args<'a>) -> Value<'a> {
        self.hand_out(&args);
        let parser = args
            .pos
            .iter()
            .find(|value| matches!(value, Value::Parser(_)))
            .cloned();
        self.call_back(&args);
        match parser {
            Some(parser) => {
                if let Value::Parser(parser) = parser {
                    self.parsers[parser].handed_out = true;
                }
                self.note(
                    "dynamic-parser",
                    "code that is not part of the script may add arguments to its command line"
                        .to_owned(),
                    args.at,
                );
                parser
            }
            None => Value::Unknown,
        }
    }

    /// Calls the functions among arguments, as `Thread(target=f, args=(x,))` and `spawn(f, args=(x,))` do.
    pub(super) fn call_back(&mut self, args: &Args<'a>) {
        let Some(target) = called_back(args) else {
            return;
        };
        let given = args.kw("args").or_else(|| args.kw("op_args")).or_else(|| {
            args.pos
                .get(1)
                .filter(|v| matches!(v, Value::Seq(seq) if seq.kind == SeqKind::Tuple))
        });
        let by_name = ["kwargs", "op_kwargs", "fn_kwargs"]
            .iter()
            .find_map(|name| args.kw(name))
            .cloned();
        if given.is_none() && by_name.is_none() {
            self.hand_over(&target, args);
            return;
        }
        let items = match given.cloned() {
            Some(given) => self.iterate(&given).0,
            None => Vec::new(),
        };
        let takes = match &target {
            Value::Function(function) => function.parameters().map_or(0, |p| p.args.len()),
            _ => items.len(),
        };
        let mut call = Args::new(args.at);
        // `torch.multiprocessing.spawn` puts the rank before the arguments.
        let is_launched = by_name.is_none();
        call.pos.extend(
            (items.len()..takes)
                .take(usize::from(is_launched))
                .map(|_| Value::Unknown),
        );
        call.pos.extend(items);
        match by_name {
            Some(Value::Dict(dict)) => {
                for (name, value) in dict.items.borrow().iter() {
                    if let Value::Str(name) = name {
                        call.kw.push((name.clone(), value.clone()));
                    }
                }
                // Who calls it may give more.
                call.open = true;
            }
            Some(_) => call.open = true,
            None => {}
        }
        self.call(&target, call);
    }

    /// Calls a function with what stands behind it, as `submit(f, x)` and `launch(main, x)` do.
    fn hand_over(&mut self, target: &Value<'a>, args: &Args<'a>) {
        let Value::Function(function) = target else {
            return;
        };
        // `table.apply(lambda row: …)`: nobody else will call it.
        if let Code::Lambda(_) = function.code {
            let mut call = Args::new(args.at);
            call.open = true;
            self.uncertain += 1;
            self.call(target, call);
            self.uncertain -= 1;
            return;
        }
        let Some(given) = args.pos.get(1..).filter(|given| !given.is_empty()) else {
            return;
        };
        let Some(parameters) = function.parameters() else {
            return;
        };
        let takes = parameters.posonlyargs.len() + parameters.args.len();
        let named = |name: &str| {
            let all = parameters.iter_non_variadic_params();
            all.into_iter().any(|p| p.parameter.name.as_str() == name)
        };
        let kw: Vec<_> = args.kw.iter().filter(|(n, _)| named(n)).cloned().collect();
        let count = given.len() + kw.len();
        let needs = takes.saturating_sub(function.defaults.len());
        let mut call = Args::new(args.at);
        // Who launches a function may put something of its own before the arguments.
        if count + 1 == needs {
            call.pos.push(Value::Unknown);
        } else if count < needs || given.len() > takes {
            return;
        }
        call.pos.extend(given.iter().cloned());
        call.kw = kw;
        self.call(target, call);
    }

    /// Calls a function with each item of what stands behind it, as `pool.map(f, items)` does.
    pub(super) fn call_each(&mut self, args: &Args<'a>) {
        let Some(target) = called_back(args) else {
            return;
        };
        let mut call = Args::new(args.at);
        for given in args.pos.iter().skip(1).take(8).cloned().collect::<Vec<_>>() {
            let (items, _) = self.iterate(&given);
            call.pos
                .push(Value::join_all(items.into_iter().take(16)).unwrap_or_default());
        }
        if call.pos.is_empty() {
            return;
        }
        let takes = match &target {
            Value::Function(function) => function.parameters().map_or(0, |p| p.args.len()),
            _ => 1,
        };
        // `starmap` gives a tuple of arguments for each.
        if let ([Value::Seq(seq)], true) = (call.pos.as_slice(), takes > 1)
            && seq.kind == SeqKind::Tuple
        {
            let items = seq.items.borrow().clone();
            call.pos = items;
        }
        self.call(&target, call);
    }

    /// Calls a method.
    pub(super) fn call_method(
        &mut self,
        object: &Value<'a>,
        name: Text<'a>,
        args: Args<'a>,
    ) -> Value<'a> {
        match object {
            Value::Alt(values) => {
                let given = touches(&name) && holds_given(values);
                let results: Vec<_> = values
                    .iter()
                    .filter(|value| !matches!(value, Value::None))
                    .filter(|value| !given || !is_written(value))
                    .map(|value| self.call_method(value, name.clone(), args.clone()))
                    .collect();
                Value::join_all(results).unwrap_or_default()
            }
            Value::Instance(instance) => {
                let own = instance.names.borrow().get(&name).cloned();
                if let Some(value) = own {
                    return self.call(&value, args);
                }
                match self.class_member(&instance.class, &name) {
                    Some(Value::Function(function)) => self.call_member(&function, object, args),
                    Some(value) => self.call(&value, args),
                    None => {
                        let native = instance.native.borrow().clone();
                        match native {
                            Some(native) => self.call_method(&native, name, args),
                            None => match self.holder_method(instance, &name, &args) {
                                Some(value) => value,
                                None => self.method_of_unknown(object, &name, args),
                            },
                        }
                    }
                }
            }
            Value::Class(class) => match self.class_member(class, &name) {
                Some(Value::Function(function)) => match function.wrap {
                    Wrap::Class => self.call_function(&function, Some(object.clone()), args),
                    Wrap::Static => self.call_function(&function, None, args),
                    _ => self.call_unbound(&function, args),
                },
                Some(value) => self.call(&value, args),
                None => self.method_of_class(class, &name, args),
            },
            Value::Module(module) => {
                let member = self.member_of_module(*module, &name);
                self.call(&member, args)
            }
            Value::Lib(library) => {
                let member = self.library_attribute(library, &name);
                match member {
                    Value::Lib(name) => self.call_library(&name, args),
                    member => self.call(&member, args),
                }
            }
            Value::Parser(_) | Value::Group(..) | Value::Subparsers(_) => {
                self.parser_method(object, &name, args)
            }
            Value::Namespace(parser) => self.namespace_method(*parser, &name, args),
            Value::Environ => self.environ_method(&name, args),
            Value::MainDict(dict) => self.main_dict_method(*dict, &name, args),
            Value::File(file) => self.file_method(&file.clone(), &name, args),
            Value::Str(_) | Value::Pieces(_) => self.text_method(object, &name, args),
            Value::Seq(seq) => self.seq_method(&seq.clone(), &name, args),
            Value::Dict(dict) => self.dict_method(&dict.clone(), &name, args),
            Value::Object(made) => {
                let own = made.names.borrow().get(&name).cloned();
                match own {
                    Some(value) => self.call(&value, args),
                    None => self.object_method(&made.clone(), &name, args),
                }
            }
            Value::Function(function) => self.function_method(&function.clone(), &name, args),
            Value::Super(above) => self.call_super(&above.clone(), name, args),
            Value::Typed(ValueType::String) if &*name == "split" => {
                Value::many(Value::Typed(ValueType::String))
            }
            _ => self.method_of_unknown(object, &name, args),
        }
    }

    /// `Class.method(…)`: with the object among the arguments, where there is one.
    fn call_unbound(&mut self, function: &Rc<Function<'a>>, mut args: Args<'a>) -> Value<'a> {
        let first = function
            .parameters()
            .and_then(|p| p.posonlyargs.iter().chain(&p.args).next())
            .map(|p| p.parameter.name.as_str());
        let has_self = first == Some("self");
        if has_self && !args.pos.is_empty() {
            let object = args.pos.remove(0);
            return self.call_function(function, Some(object), args);
        }
        self.call_function(function, None, args)
    }

    fn call_member(
        &mut self,
        function: &Rc<Function<'a>>,
        object: &Value<'a>,
        args: Args<'a>,
    ) -> Value<'a> {
        match function.wrap {
            Wrap::Static => self.call_function(function, None, args),
            Wrap::Class => {
                let class = match object {
                    Value::Instance(instance) => Value::Class(instance.class.clone()),
                    other => other.clone(),
                };
                self.call_function(function, Some(class), args)
            }
            _ => self.call_function(function, Some(object.clone()), args),
        }
    }

    /// A member of a class, its own or that of a base.
    pub(super) fn class_member(&mut self, class: &Rc<Class<'a>>, name: &str) -> Option<Value<'a>> {
        self.class_member_at(class, name, 0)
    }

    fn class_member_at(
        &mut self,
        class: &Rc<Class<'a>>,
        name: &str,
        depth: usize,
    ) -> Option<Value<'a>> {
        if depth > 12 || !self.pay(1) {
            return None;
        }
        if let Some(value) = class.scope.names.borrow().get(name) {
            return Some(value.clone());
        }
        for base in &class.bases {
            for base in base.alternatives() {
                if let Value::Class(base) = base
                    && let Some(value) = self.class_member_at(base, name, depth + 1)
                {
                    return Some(value);
                }
            }
        }
        None
    }

    /// The library classes among a class's bases, nearest first.
    pub(super) fn library_bases(&self, class: &Rc<Class<'a>>) -> Vec<Text<'a>> {
        let mut found = Vec::new();
        let mut open = vec![class.clone()];
        let mut seen = 0;
        while let Some(class) = open.pop() {
            seen += 1;
            if seen > 64 {
                break;
            }
            for base in class.bases.iter().flat_map(|base| base.alternatives()) {
                match base {
                    Value::Class(base) => open.push(base.clone()),
                    Value::Lib(name) => found.push(name.clone()),
                    _ => {}
                }
            }
        }
        found
    }

    /// Makes an object of a class.
    pub(super) fn make(&mut self, class: &Rc<Class<'a>>, args: Args<'a>) -> Value<'a> {
        if let Some(value) = self.make_enum(class, &args) {
            return value;
        }
        // A project's own copy of the parser that makes options of dataclasses.
        if self
            .class_member(class, "parse_args_into_dataclasses")
            .is_some()
        {
            return self.make_hf_parser(&args);
        }
        let instance = Rc::new(Instance {
            class: class.clone(),
            names: Default::default(),
            native: Default::default(),
        });
        let object = self.keep(Value::Instance(instance.clone()));
        self.specimens.insert(Rc::as_ptr(class), object.clone());
        match self.class_member(class, "__init__") {
            Some(Value::Function(init)) => {
                self.native_of(&instance, None);
                if matches!(
                    self.call_function(&init, Some(object.clone()), args),
                    Value::Never
                ) {
                    return Value::Never;
                }
            }
            _ if self.is_lightning_cli(class) => self.make_lightning_cli(&instance, &args),
            _ if self.is_settings(class) => {
                self.settings(class, &instance, &args);
                for (name, value) in args.kw {
                    instance.names.borrow_mut().insert(name, value);
                }
            }
            _ => {
                self.native_of(&instance, Some(&args));
                self.fill_fields(&instance, args);
            }
        }
        object
    }

    /// Binds the arguments to the fields of a class without `__init__`, such as a dataclass.
    fn fill_fields(&mut self, instance: &Rc<Instance<'a>>, args: Args<'a>) {
        let fields = super::fields::fields(self, &instance.class);
        for (index, field) in fields.iter().enumerate() {
            let value = match args.get(index, field.name) {
                Some(value) => Some(value.clone()),
                None => args
                    .spread
                    .as_ref()
                    .map(|spread| self.attribute(&spread.clone(), field.name.into(), args.at)),
            };
            if let Some(value) = value {
                instance.names.borrow_mut().insert(field.name.into(), value);
            }
        }
        for (name, value) in args.kw {
            instance.names.borrow_mut().insert_new(name, value);
        }
        let object = Value::Instance(instance.clone());
        if let Some(Value::Function(after)) = self.class_member(&instance.class, "__post_init__") {
            self.call_function(&after, Some(object), Args::new(args.at));
        }
    }

    /// What `super()` stands for: the object, seen from the class above.
    pub(super) fn super_object(&mut self) -> Value<'a> {
        let Some(frame) = self.frames.iter().rev().find(|f| f.function.is_some()) else {
            return Value::Unknown;
        };
        let (Some(receiver), Some(function)) = (frame.receiver.clone(), frame.function.clone())
        else {
            return Value::Unknown;
        };
        let class = function.class.borrow().clone();
        let Some(class) = class else {
            return Value::Unknown;
        };
        Value::Super(Rc::new(Super {
            object: receiver,
            class,
        }))
    }

    /// Calls a method through `super()`.
    fn call_super(&mut self, above: &Rc<Super<'a>>, name: Text<'a>, args: Args<'a>) -> Value<'a> {
        for base in &above.class.bases {
            if let Value::Class(base) = base
                && let Some(Value::Function(function)) = self.class_member(base, &name)
            {
                return self.call_member(&function, &above.object, args);
            }
        }
        let Value::Instance(instance) = &above.object else {
            return Value::Unknown;
        };
        if &*name == "__init__" {
            self.native_of(instance, Some(&args));
            return Value::None;
        }
        let native = instance.native.borrow().clone();
        match native {
            Some(native) => self.call_method(&native, name, args),
            None => Value::Unknown,
        }
    }

    /// Calls a function of the project.
    pub(super) fn call_function(
        &mut self,
        function: &Rc<Function<'a>>,
        receiver: Option<Value<'a>>,
        args: Args<'a>,
    ) -> Value<'a> {
        if let Some(value) = self.call_main(function, &args) {
            return value;
        }
        if hints::verb(function.name()).is_none() {
            return self.walk_function(function, receiver, args);
        }
        let value = self.walk_function(function, receiver, args.clone());
        self.project_sink(function.name(), &args);
        value
    }

    /// Walks the body of a function with arguments.
    pub(super) fn walk_function(
        &mut self,
        function: &Rc<Function<'a>>,
        receiver: Option<Value<'a>>,
        args: Args<'a>,
    ) -> Value<'a> {
        let active = self
            .frames
            .iter()
            .filter(|frame| frame.function.as_ref().is_some_and(|f| f.id == function.id))
            .count();
        if self.frames.len() >= CALLS || active >= 2 || self.exhausted() {
            return Value::Unknown;
        }
        let plain = args.values().all(Value::is_unknown)
            && args.spread.is_none()
            && receiver.as_ref().is_none_or(Value::is_unknown);
        if plain && let Some(value) = self.plain_results.get(&function.id) {
            return value.clone();
        }
        if let Some(value) = self.known_result(function, receiver.as_ref(), &args) {
            return value;
        }
        let began = self.tally();
        self.reached.insert(function.id);
        let scope = Scope::new(function.module, self.seen_from(function), false);
        self.bind_parameters(function, &scope, receiver.as_ref(), &args);
        self.frames.push(Frame {
            function: Some(function.clone()),
            receiver: receiver.clone(),
            returns: Vec::new(),
            yields: Vec::new(),
            scope,
        });
        let value = match function.code {
            Code::Lambda(lambda) => {
                let value = self.eval(&lambda.body);
                self.frames.pop();
                value
            }
            Code::Def(def) => {
                let flow = self.run_body(&def.body);
                let Some(frame) = self.frames.pop() else {
                    return Value::Unknown;
                };
                result_of(flow, frame)
            }
        };
        self.note_walk(function, receiver.as_ref(), args, began, &value);
        if plain {
            self.plain_results.insert(function.id, value.clone());
        }
        value
    }

    /// The scope that a function's body sees around it: class bodies are not seen.
    fn seen_from(&self, function: &Rc<Function<'a>>) -> Option<Rc<Scope<'a>>> {
        let mut scope = Some(function.scope.clone());
        while let Some(candidate) = &scope {
            if !candidate.is_class {
                break;
            }
            scope = candidate.parent.clone();
        }
        scope
    }

    fn bind_parameters(
        &mut self,
        function: &Rc<Function<'a>>,
        scope: &Rc<Scope<'a>>,
        receiver: Option<&Value<'a>>,
        args: &Args<'a>,
    ) {
        let Some(parameters) = function.parameters() else {
            return;
        };
        let mut names = scope.names.borrow_mut();
        let mut given = receiver
            .into_iter()
            .cloned()
            .chain(args.pos.iter().cloned());
        let mut used = vec![false; args.kw.len()];
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let keyword_only = parameters.kwonlyargs.len();
        let total = parameters.posonlyargs.len() + parameters.args.len();
        for (index, parameter) in positional.chain(&parameters.kwonlyargs).enumerate() {
            let name = parameter.parameter.name.as_str();
            let by_position = (index < total || keyword_only == 0)
                .then(|| given.next())
                .flatten();
            let value = by_position.or_else(|| {
                let at = args.kw.iter().position(|(n, _)| &**n == name)?;
                used[at] = true;
                Some(args.kw[at].1.clone())
            });
            let value = match value {
                Some(value) => value,
                None if args.spread.is_some() => {
                    drop(names);
                    let spread = args.spread.clone().unwrap_or_default();
                    let value = self.attribute(&spread, name.into(), args.at);
                    names = scope.names.borrow_mut();
                    value
                }
                None => {
                    let default = function.defaults.iter().find(|(n, _)| *n == name);
                    match default {
                        Some((_, value)) if args.open => value.join(&Value::Unknown),
                        Some((_, value)) => value.clone(),
                        None => Value::Unknown,
                    }
                }
            };
            names.insert(name.into(), value);
        }
        if let Some(rest) = &parameters.vararg {
            let items: Vec<_> = given.collect();
            let value = Value::seq(SeqKind::Tuple, items);
            if let Value::Seq(seq) = &value {
                seq.open.set(args.open);
            }
            names.insert(rest.name.as_str().into(), self.keep(value));
        }
        if let Some(rest) = &parameters.kwarg {
            let items = args
                .kw
                .iter()
                .zip(&used)
                .filter(|(_, used)| !**used)
                .map(|((name, value), _)| (Value::Str(name.clone()), value.clone()))
                .collect();
            let value = match &args.spread {
                Some(spread) => spread.clone(),
                None => self.dict(items, args.open),
            };
            names.insert(rest.name.as_str().into(), value);
        }
    }
}

/// The function among the arguments of something that calls it.
fn called_back<'a>(args: &Args<'a>) -> Option<Value<'a>> {
    let named = ["target", "fn", "func", "function", "python_callable"];
    let named = named.iter().find_map(|name| args.kw(name));
    match named.or_else(|| args.first())? {
        target @ (Value::Function(_) | Value::Bound(_)) => Some(target.clone()),
        Value::Object(object) if &*object.class == "functools.partial" => {
            Some(Value::Object(object.clone()))
        }
        _ => None,
    }
}

/// What a call gives once its body was walked.
fn result_of<'a>(flow: Flow, frame: Frame<'a>) -> Value<'a> {
    if !frame.yields.is_empty() {
        return Value::join_all(frame.yields).map_or(Value::Unknown, Value::many);
    }
    let fell_through = flow > Flow::Return;
    let returned = Value::join_all(frame.returns);
    match (returned, fell_through) {
        (Some(value), false) => value,
        (Some(value), true) => value.join(&Value::None),
        (None, true) => Value::None,
        (None, false) => Value::Never,
    }
}

impl<'a> Engine<'a> {
    /// An object of a class to walk its methods with: the last one made, or one made of nothing known.
    pub(super) fn specimen(&mut self, class: &Rc<Class<'a>>, at: At) -> Value<'a> {
        if let Some(known) = self.specimens.get(&Rc::as_ptr(class)) {
            return known.clone();
        }
        let mut args = Args::new(at);
        args.open = true;
        self.make(class, args)
    }
}
