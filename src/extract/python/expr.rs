//! Owns the walk over expressions.

use ruff_python_ast::{self as ast, Expr};

use super::call::Args;
use super::engine::{Engine, ITERATIONS};
use super::value::{Code, Piece, Scope, SeqKind, Text, Value, Wrap};
use crate::requirement::ValueType;

impl<'a> Engine<'a> {
    /// The value of an expression, as far as it can be followed.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Value<'a> {
        if !self.enter() {
            return Value::Unknown;
        }
        let value = self.eval_inner(expr);
        self.leave();
        value
    }

    fn eval_inner(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            Expr::StringLiteral(literal) => Value::str(literal.value.to_str()),
            Expr::NumberLiteral(literal) => number(&literal.value),
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => self.name(name.id.as_str()),
            Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value);
                self.attribute(&object, attribute.attr.as_str().into(), self.at(attribute))
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Call(call) => self.eval_call(call),
            Expr::BinOp(_) => self.binary(expr),
            Expr::UnaryOp(unary) => {
                let value = self.eval(&unary.operand);
                match (unary.op, value) {
                    (ast::UnaryOp::Not, value) => value
                        .truth()
                        .map_or(Value::Typed(ValueType::Bool), |truth| Value::Bool(!truth)),
                    (ast::UnaryOp::USub, Value::Int(value)) => Value::Int(value.wrapping_neg()),
                    (ast::UnaryOp::USub, Value::Float(value)) => Value::Float(-value),
                    (ast::UnaryOp::UAdd, value) => value,
                    (_, Value::Typed(value_type)) => Value::Typed(value_type),
                    _ => Value::Unknown,
                }
            }
            Expr::BoolOp(op) => self.bool_op(op),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(expr) => self.conditional(expr),
            Expr::FString(literal) => self.f_string(literal),
            Expr::List(list) => self.display(SeqKind::List, &list.elts),
            Expr::Tuple(tuple) => self.display(SeqKind::Tuple, &tuple.elts),
            Expr::Set(set) => self.display(SeqKind::Set, &set.elts),
            Expr::Dict(dict) => self.dict_display(dict),
            Expr::ListComp(comp) => self.comprehension(SeqKind::List, &comp.elt, &comp.generators),
            Expr::SetComp(comp) => self.comprehension(SeqKind::Set, &comp.elt, &comp.generators),
            Expr::Generator(comp) => self.comprehension(SeqKind::List, &comp.elt, &comp.generators),
            Expr::DictComp(comp) => self.dict_comprehension(comp),
            Expr::Lambda(lambda) => {
                Value::Function(self.make_function(Code::Lambda(lambda), Wrap::Plain))
            }
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::Await(inner) => self.eval(&inner.value),
            Expr::Yield(inner) => {
                let value = inner.value.as_ref().map(|value| self.eval(value));
                self.yielded(value.unwrap_or(Value::None))
            }
            Expr::YieldFrom(inner) => {
                let value = self.eval(&inner.value);
                let (items, _) = self.iterate(&value);
                for item in items.into_iter().take(ITERATIONS) {
                    self.yielded(item);
                }
                Value::Unknown
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.eval(part);
                }
                Value::Unknown
            }
            Expr::EllipsisLiteral(_) => Value::Lib("...".into()),
            Expr::BytesLiteral(_) | Expr::TString(_) | Expr::IpyEscapeCommand(_) => Value::Unknown,
        }
    }

    fn yielded(&mut self, value: Value<'a>) -> Value<'a> {
        if let Some(frame) = self.frames.last_mut() {
            frame.yields.push(value);
        }
        Value::Unknown
    }

    fn name(&mut self, name: &'a str) -> Value<'a> {
        let scope = self.scope();
        if let Some(value) = scope.lookup(name) {
            return value;
        }
        let outermost = scope.outermost();
        if self.ask(outermost.module, name)
            && let Some(value) = scope.lookup(name)
        {
            return value;
        }
        let stars = outermost.stars.borrow().clone();
        for star in stars {
            let is_known = || !is_builtin(name) && is_known_function(&star, name);
            if exports(&star, name) || is_known() {
                return self.library_attribute(&star, name);
            }
        }
        if !outermost.stars.borrow().is_empty()
            && let Some(home) = usual_home(name)
        {
            return Value::Lib(home.into());
        }
        if is_builtin(name) {
            return Value::Lib(name.into());
        }
        Value::Unknown
    }

    fn subscript(&mut self, subscript: &'a ast::ExprSubscript) -> Value<'a> {
        let object = self.eval(&subscript.value);
        let at = self.at(subscript);
        if let Expr::Slice(slice) = &*subscript.slice {
            let mut bound = |expr: &'a Option<Box<Expr>>| {
                expr.as_ref().map(|expr| match self.eval(expr) {
                    Value::Int(value) => Some(value),
                    _ => None,
                })
            };
            let (lower, upper) = (bound(&slice.lower), bound(&slice.upper));
            let step = bound(&slice.step);
            return self.slice(&object, lower, upper, step.is_some(), at);
        }
        let key = self.eval(&subscript.slice);
        self.index(&object, &key, at)
    }

    /// Evaluates the arguments of a call.
    pub(super) fn arguments(
        &mut self,
        arguments: &'a ast::Arguments,
        at: super::value::At,
    ) -> Args<'a> {
        let mut args = Args::new(at);
        args.pos.reserve_exact(arguments.args.len());
        args.kw.reserve_exact(arguments.keywords.len());
        for arg in &arguments.args {
            if let Expr::Starred(starred) = arg {
                let value = self.eval(&starred.value);
                let (items, open) = self.iterate(&value);
                if open {
                    args.open = true;
                    if let Some(slot) = value.as_slot() {
                        args.pos.push(Value::slot(slot));
                    }
                } else {
                    args.pos.extend(items);
                }
            } else {
                let value = self.eval(arg);
                args.pos.push(value);
            }
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value);
            match &keyword.arg {
                Some(name) => args.kw.push((name.as_str().into(), value)),
                None => self.spread(&mut args, value),
            }
        }
        args
    }

    /// Adds the entries of `**value` to arguments.
    fn spread(&mut self, args: &mut Args<'a>, value: Value<'a>) {
        match &value {
            Value::Dict(dict) => {
                args.open |= dict.open.get();
                for (key, value) in dict.items.borrow().iter() {
                    if let Value::Str(name) = key {
                        args.kw.push((name.clone(), value.clone()));
                    }
                }
            }
            Value::Namespace(_) | Value::MainDict(_) => {
                args.open = true;
                args.spread = Some(value);
            }
            _ => args.open = true,
        }
    }

    /// `locals()`: what a function's names are bound to by now.
    fn locals(&mut self) -> Value<'a> {
        let Some(frame) = self.frames.last().filter(|frame| frame.function.is_some()) else {
            return Value::Unknown;
        };
        let names = frame.scope.names.borrow();
        let bound = names.iter().take(64);
        let items = bound
            .map(|(name, value)| (Value::Str(name.clone()), value.clone()))
            .collect();
        drop(names);
        // Some may be bound on other branches only.
        self.dict(items, true)
    }

    fn eval_call(&mut self, call: &'a ast::ExprCall) -> Value<'a> {
        let at = self.at(call);
        match &*call.func {
            Expr::Attribute(func) => {
                let object = self.eval(&func.value);
                let args = self.arguments(&call.arguments, at);
                self.call_method(&object, func.attr.as_str().into(), args)
            }
            Expr::Name(func) if func.id.as_str() == "super" && call.arguments.args.is_empty() => {
                self.super_object()
            }
            Expr::Name(func) if func.id.as_str() == "locals" => self.locals(),
            func => {
                let callee = self.eval(func);
                if matches!(&callee, Value::Lib(name) if &**name == "super") {
                    return self.super_object();
                }
                let args = match self.argv_arguments(&callee, &call.arguments, at) {
                    Some(args) => args,
                    None => self.arguments(&call.arguments, at),
                };
                self.call(&callee, args)
            }
        }
    }

    fn bool_op(&mut self, op: &'a ast::ExprBoolOp) -> Value<'a> {
        let mark = self.guards.len();
        let before = self.uncertain;
        let mut result: Option<Value<'a>> = None;
        let mut doubtful = false;
        let (guards, tests) = (self.argv_guards, self.argv_tests);
        for (index, operand) in op.values.iter().enumerate() {
            // `len(sys.argv) > 4 and sys.argv[4] == "x"`
            self.argv_guards = guards + usize::from(self.argv_tests > tests);
            let seen = self.argv_seen.len();
            let value = self.eval(operand);
            if let Expr::BoolOp(_) | Expr::UnaryOp(_) | Expr::If(_) = operand {
                // Which way of these it was read in is not told apart.
                self.argv_seen.truncate(seen);
            }
            let last = index + 1 == op.values.len();
            let truth = value.truth();
            match op.op {
                ast::BoolOp::And => {
                    if last || truth == Some(false) {
                        let decided = truth == Some(false) || !doubtful;
                        result = Some(if decided {
                            value
                        } else {
                            value.join(&Value::Unknown)
                        });
                        break;
                    }
                    let presence = self.presence(operand);
                    self.guards.extend(presence.when_true);
                }
                ast::BoolOp::Or => {
                    if matches!(value, Value::Never) && index > 0 && before <= self.base_uncertain {
                        self.demand_absent(&op.values[index - 1], false);
                    }
                    if last || truth != Some(false) {
                        if let (Some(first), Some(Expr::Call(_))) = (&result, op.values.first()) {
                            self.fallback(first, &value);
                        }
                        result = Some(result.map_or(value.clone(), |first| first.join(&value)));
                    }
                    if truth == Some(true) {
                        break;
                    }
                }
            }
            if truth.is_none() {
                doubtful = true;
                self.uncertain = before + 1;
            }
        }
        self.uncertain = before;
        self.argv_guards = guards;
        self.guards.truncate(mark);
        result.unwrap_or_default()
    }

    fn conditional(&mut self, expr: &'a ast::ExprIf) -> Value<'a> {
        let argv_tests = self.argv_tests;
        let test = self.eval(&expr.test);
        let counted = usize::from(self.argv_tests > argv_tests);
        match test.truth() {
            Some(true) => return self.eval(&expr.body),
            Some(false) => return self.eval(&expr.orelse),
            None => {}
        }
        let presence = self.presence(&expr.test);
        self.uncertain += 1;
        self.argv_guards += counted;
        let before = self.last_argv.take();
        let body = self.on_side(&presence, true, |engine| engine.eval(&expr.body));
        let taken = self.last_argv;
        let orelse = self.on_side(&presence, false, |engine| engine.eval(&expr.orelse));
        self.argv_guards -= counted;
        self.uncertain -= 1;
        if let (Some(slot), 1) = (taken.or(self.last_argv), counted) {
            let other = if taken.is_some() { &orelse } else { &body };
            self.argv_fallback(&Value::slot(slot), other);
        }
        self.last_argv = self.last_argv.or(taken).or(before);
        let named = matches!(&*expr.body, Expr::Name(_) | Expr::Attribute(_));
        if !named
            || presence
                .when_true
                .iter()
                .any(|name| self.named_by(&body).contains(name))
        {
            self.fallback(&body, &orelse);
        }
        body.join(&orelse)
    }

    fn f_string(&mut self, literal: &'a ast::ExprFString) -> Value<'a> {
        let mut pieces: Vec<Piece<'a>> = Vec::new();
        for part in literal.value.as_slice() {
            match part {
                ast::FStringPart::Literal(text) => pieces.push(Piece::Text((&*text.value).into())),
                ast::FStringPart::FString(text) => {
                    for element in text.elements.iter() {
                        match element {
                            ast::InterpolatedStringElement::Literal(text) => {
                                pieces.push(Piece::Text((&*text.value).into()));
                            }
                            ast::InterpolatedStringElement::Interpolation(inner) => {
                                let value = self.eval(&inner.expression);
                                let plain = inner.format_spec.is_none()
                                    && !matches!(inner.conversion, ast::ConversionFlag::Repr);
                                match value.pieces().filter(|_| plain) {
                                    Some(more) => pieces.extend(more),
                                    None => pieces.push(shown(&value, plain)),
                                }
                            }
                        }
                    }
                }
            }
        }
        self.text_of(pieces)
    }

    fn display(&mut self, kind: SeqKind, elements: &'a [Expr]) -> Value<'a> {
        let mut items = Vec::with_capacity(elements.len());
        let mut open = false;
        for element in elements {
            if let Expr::Starred(starred) = element {
                let value = self.eval(&starred.value);
                let (more, more_open) = self.iterate(&value);
                items.extend(more);
                open |= more_open;
            } else {
                items.push(self.eval(element));
            }
        }
        let seq = self.seq(kind, items);
        if let Value::Seq(seq) = &seq {
            seq.open.set(open);
        }
        seq
    }

    fn dict_display(&mut self, display: &'a ast::ExprDict) -> Value<'a> {
        let mut items: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(display.items.len());
        let mut open = false;
        for item in &display.items {
            let value = self.eval(&item.value);
            match &item.key {
                Some(key) => {
                    let key = self.eval(key);
                    items.push((key, value));
                }
                None => match &value {
                    Value::Dict(dict) => {
                        open |= dict.open.get();
                        items.extend(dict.items.borrow().iter().cloned());
                    }
                    Value::Environ => return Value::Environ,
                    Value::Namespace(parser) => {
                        let held = self.namespace_items(*parser).into_iter();
                        items.extend(held.map(|(name, value)| (Value::Str(name), value)));
                    }
                    _ => open = true,
                },
            }
        }
        self.dict(items, open)
    }

    fn comprehension(
        &mut self,
        kind: SeqKind,
        element: &'a Expr,
        generators: &'a [ast::Comprehension],
    ) -> Value<'a> {
        let mut items = Vec::new();
        let mut witnesses = Vec::new();
        let outer = self.missing.len();
        let open = self.generate(generators, &mut |engine| {
            let item = engine.eval(element);
            items.push(item);
            witnesses.extend_from_slice(&engine.missing[outer..]);
        });
        let seq = self.seq(kind, items);
        if let Value::Seq(seq) = &seq {
            seq.open.set(open);
            *seq.witnesses.borrow_mut() = witnesses;
        }
        seq
    }

    fn dict_comprehension(&mut self, comp: &'a ast::ExprDictComp) -> Value<'a> {
        let mut items = Vec::new();
        let open = self.generate(&comp.generators, &mut |engine| {
            let key = match &comp.key {
                Some(key) => engine.eval(key),
                None => Value::Unknown,
            };
            let value = engine.eval(&comp.value);
            items.push((key, value));
        });
        self.dict(items, open)
    }

    /// Walks a comprehension's loops in a scope of their own; true where it is not known what they run over.
    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        body: &mut dyn FnMut(&mut Self),
    ) -> bool {
        let outer = self.scope();
        let scope = Scope::new(outer.module, Some(outer.clone()), false);
        if let Some(frame) = self.frames.last_mut() {
            frame.scope = scope;
        }
        let open = self.generate_level(generators, body);
        if let Some(frame) = self.frames.last_mut() {
            frame.scope = outer;
        }
        open
    }

    fn generate_level(
        &mut self,
        generators: &'a [ast::Comprehension],
        body: &mut dyn FnMut(&mut Self),
    ) -> bool {
        let Some((generator, rest)) = generators.split_first() else {
            body(self);
            return false;
        };
        let iterable = self.eval(&generator.iter);
        let (items, mut open) = self.iterate(&iterable);
        open |= items.len() > ITERATIONS;
        self.uncertain += usize::from(open);
        let mut inner_open = open;
        let mut tally = self.tally();
        let count = items.len().min(ITERATIONS);
        for (at, item) in items.into_iter().take(ITERATIONS).enumerate() {
            if self.is_fruitless(&mut tally, at, count - at) {
                inner_open = true;
                break;
            }
            self.assign(&generator.target, item);
            let (guards, missing) = (self.guards.len(), self.missing.len());
            let mut kept = true;
            for test in &generator.ifs {
                match self.eval(test).truth() {
                    Some(true) => {}
                    Some(false) => {
                        kept = false;
                        break;
                    }
                    None => {
                        inner_open = true;
                        let presence = self.presence(test);
                        self.guards.extend(presence.when_true);
                        self.missing.extend(presence.when_false);
                    }
                }
            }
            if kept {
                inner_open |= self.generate_level(rest, body);
            }
            self.guards.truncate(guards);
            self.missing.truncate(missing);
            if self.exhausted() {
                break;
            }
        }
        self.uncertain -= usize::from(open);
        inner_open
    }
}

/// How a value that is not text appears within one.
fn shown<'a>(value: &Value<'a>, plain: bool) -> Piece<'a> {
    match (value, plain) {
        (Value::Float(value), true) => Piece::Text(format!("{value:?}").into()),
        _ => Piece::Unknown,
    }
}

fn number<'a>(number: &ast::Number) -> Value<'a> {
    match number {
        ast::Number::Int(value) => value.as_i64().map_or(Value::Unknown, Value::Int),
        ast::Number::Float(value) => Value::Float(*value),
        ast::Number::Complex { .. } => Value::Unknown,
    }
}

/// Whether something is known of a library's function.
fn is_known_function(library: &str, name: &str) -> bool {
    let mut full = String::with_capacity(library.len() + 1 + name.len());
    full.extend([library, ".", name]);
    !super::path_table::sinks_named(&super::library_names::canonical(&full)).is_empty()
}

/// Whether `from library import *` gives `name`.
fn exports(library: &Text<'_>, name: &str) -> bool {
    let known: &[&str] = match &**library {
        "argparse" => &[
            "ArgumentParser",
            "FileType",
            "BooleanOptionalAction",
            "SUPPRESS",
        ],
        "os" => &["environ", "getenv", "path", "listdir", "makedirs", "mkdir"],
        "os.path" => &["join", "exists", "dirname", "basename", "abspath"],
        "pathlib" => &["Path", "PurePath", "PosixPath"],
        "sys" => &["argv", "exit"],
        "glob" => &["glob", "iglob"],
        _ => return false,
    };
    known.contains(&name)
}

/// What a name most likely is that a library hands on together with all its own: `from fastai.vision.all import *`.
fn usual_home(name: &str) -> Option<&'static str> {
    Some(match name {
        "SimpleNamespace" => "types.SimpleNamespace",
        "Path" => "pathlib.Path",
        "partial" => "functools.partial",
        "np" => "numpy",
        "pd" => "pandas",
        "plt" => "matplotlib.pyplot",
        "os" => "os",
        "sys" => "sys",
        "json" => "json",
        "pickle" => "pickle",
        "shutil" => "shutil",
        "torch" => "torch",
        _ => return None,
    })
}

/// Builtins that the reader knows something about.
fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "int"
            | "float"
            | "str"
            | "bool"
            | "list"
            | "tuple"
            | "set"
            | "frozenset"
            | "dict"
            | "bytes"
            | "complex"
            | "object"
            | "type"
            | "open"
            | "file"
            | "execfile"
            | "range"
            | "xrange"
            | "len"
            | "enumerate"
            | "zip"
            | "map"
            | "filter"
            | "sorted"
            | "reversed"
            | "iter"
            | "next"
            | "min"
            | "max"
            | "sum"
            | "abs"
            | "round"
            | "any"
            | "all"
            | "getattr"
            | "setattr"
            | "hasattr"
            | "isinstance"
            | "issubclass"
            | "callable"
            | "vars"
            | "dir"
            | "print"
            | "repr"
            | "format"
            | "eval"
            | "exec"
            | "exit"
            | "quit"
            | "super"
            | "input"
            | "raw_input"
            | "unicode"
            | "basestring"
            | "long"
            | "property"
            | "staticmethod"
            | "classmethod"
            | "__import__"
    )
}
