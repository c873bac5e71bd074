//! Owns what values are made of: attributes, items, iteration, and their change.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::value::{At, Bound, Dict, Form, Method, Piece, SeqKind, Text, Value, Wrap};
use crate::requirement::{MainParameter, ValueType};

impl<'a> Engine<'a> {
    /// An attribute of a value.
    pub(super) fn attribute(&mut self, object: &Value<'a>, name: Text<'a>, at: At) -> Value<'a> {
        match object {
            Value::Lib(library) => self.library_attribute(library, &name),
            Value::Module(module) => self.member_of_module(*module, &name),
            Value::Instance(instance) => {
                let own = instance.names.borrow().get(&name).cloned();
                if let Some(value) = own {
                    return value;
                }
                if &*name == "__class__" {
                    return Value::Class(instance.class.clone());
                }
                if &*name == "__dict__" {
                    return object.clone();
                }
                match self.class_member(&instance.class, &name) {
                    Some(Value::Function(function)) if function.wrap == Wrap::Property => {
                        self.call_function(&function, Some(object.clone()), Args::new(at))
                    }
                    Some(Value::Function(function)) => self.bound(object, function),
                    Some(value) => value,
                    None => {
                        let native = instance.native.borrow().clone();
                        match native {
                            Some(native) => self.attribute(&native, name, at),
                            None => self.enum_attribute(object, &name),
                        }
                    }
                }
            }
            Value::Class(class) => match &*name {
                "__name__" => Value::str(class.def.name.as_str()),
                "__doc__" => Value::Unknown,
                _ => match self.class_member(class, &name) {
                    Some(Value::Function(function)) if function.wrap == Wrap::Class => {
                        self.bound(object, function)
                    }
                    Some(value) => self.enum_member(class, &name, value),
                    None => Value::Unknown,
                },
            },
            Value::Namespace(parser) => self.namespace_attribute(*parser, &name, at),
            Value::MainDict(MainParameter::JobArgs) => {
                self.main_key(MainParameter::JobArgs, &name, true, None, at)
            }
            Value::Str(_) | Value::Pieces(_) => self.text_attribute(object, &name),
            Value::Object(made) => {
                let own = made.names.borrow().get(&name).cloned();
                own.unwrap_or_else(|| self.object_attribute(&made.clone(), &name, at))
            }
            Value::Alt(values) => {
                let results: Vec<_> = values
                    .iter()
                    .filter(|value| !matches!(value, Value::None))
                    .map(|value| self.attribute(value, name.clone(), at))
                    .collect();
                Value::join_all(results).unwrap_or_default()
            }
            Value::Function(function) => match &*name {
                "__name__" => Value::str(function.name()),
                _ => self.function_attribute(object, &name),
            },
            Value::File(file) if &*name == "name" => file.path.clone(),
            Value::Parser(parser) if super::argparse::is_group_list(&name) => {
                Value::many(Value::Group(*parser, None))
            }
            Value::Parser(parser) if matches!(&*name, "_optionals" | "_positionals") => {
                Value::Group(*parser, None)
            }
            Value::Parser(_)
            | Value::Group(..)
            | Value::Subparsers(_)
            | Value::Environ
            | Value::MainDict(_)
            | Value::Seq(_)
            | Value::Dict(_)
            | Value::File(_)
            | Value::Super(_) => Value::Bound(Rc::new(Bound {
                object: object.clone(),
                method: Method::Named(name),
            })),
            Value::Unknown => self.spark_attribute(&name).unwrap_or_default(),
            _ => Value::Unknown,
        }
    }

    fn bound(&mut self, object: &Value<'a>, function: Rc<super::value::Function<'a>>) -> Value<'a> {
        if function.wrap == Wrap::Static {
            return Value::Function(function);
        }
        Value::Bound(Rc::new(Bound {
            object: object.clone(),
            method: Method::Function(function),
        }))
    }

    /// Sets an attribute; on a branch that may not be taken, it keeps its old value too.
    pub(super) fn set_attribute(&mut self, object: &Value<'a>, name: Text<'a>, value: Value<'a>) {
        let names = match object {
            Value::Instance(instance) => &instance.names,
            Value::Object(made) => &made.names,
            Value::Namespace(parser) => {
                self.set_namespace(*parser, name, value);
                return;
            }
            Value::Alt(values) => {
                for object in values.iter() {
                    self.set_attribute(object, name.clone(), value.clone());
                }
                return;
            }
            Value::Class(class) => {
                self.changes += 1;
                class.scope.names.borrow_mut().insert(name, value);
                return;
            }
            Value::Module(module) => {
                if let Some(scope) = self.module_scopes.get(*module).cloned() {
                    self.bind_in(&scope, name, value);
                }
                return;
            }
            _ => return,
        };
        if let Value::Namespace(_) = value {
            self.namespaces.insert(name.clone(), value.clone());
        }
        let mut names = names.borrow_mut();
        let value = match names.get(&name) {
            Some(before) if self.uncertain > 0 => before.join(&value),
            _ => value,
        };
        self.changes += usize::from(!names.get(&name).is_some_and(|old| old.alike(&value)));
        names.insert(name, value);
    }

    /// An item of a value.
    pub(super) fn index(&mut self, object: &Value<'a>, key: &Value<'a>, at: At) -> Value<'a> {
        match object {
            Value::Seq(seq) => {
                let items = seq.items.borrow();
                match key {
                    Value::Int(index) if !seq.open.get() => {
                        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                        let index = if *index < 0 { index + length } else { *index };
                        usize::try_from(index)
                            .ok()
                            .and_then(|index| items.get(index).cloned())
                            .unwrap_or_default()
                    }
                    _ => Value::join_all(items.iter().take(8).cloned())
                        .map_or(Value::Unknown, |value| value.join(&Value::Unknown)),
                }
            }
            Value::Dict(dict) => match self.word_of(dict, key, None, at) {
                Some(word) => word,
                None => self.dict_get(dict, key).unwrap_or_default(),
            },
            Value::Environ => self.environ_item(key, at),
            Value::Namespace(parser) => match key {
                Value::Str(name) => self.namespace_attribute(*parser, &name.clone(), at),
                _ => Value::Unknown,
            },
            Value::MainDict(dict) => self.main_dict_item(*dict, key, at),
            Value::Pieces(pieces) => self.index_pieces(pieces, key, at),
            Value::Alt(values) => {
                let results: Vec<_> = values
                    .iter()
                    .filter(|value| !matches!(value, Value::None))
                    .map(|value| self.index(value, key, at))
                    .collect();
                Value::join_all(results).unwrap_or_default()
            }
            Value::Instance(instance) => match self.class_member(&instance.class, "__getitem__") {
                Some(Value::Function(function)) => {
                    let mut args = Args::new(at);
                    args.pos.push(key.clone());
                    self.call_function(&function, Some(object.clone()), args)
                }
                _ => match key {
                    Value::Str(name) => instance
                        .names
                        .borrow()
                        .get(name)
                        .cloned()
                        .unwrap_or_default(),
                    _ => Value::Unknown,
                },
            },
            Value::Class(class) => match key {
                Value::Str(name) => self
                    .class_member(class, name)
                    .map(|value| self.enum_member(class, name, value))
                    .unwrap_or_default(),
                _ => Value::Unknown,
            },
            Value::Object(made) => self.object_item(&made.clone(), key, at),
            Value::Lib(_) => self.subscripted(object, key),
            Value::Str(text) => match key {
                Value::Int(index) => usize::try_from(*index)
                    .ok()
                    .and_then(|index| text.chars().nth(index))
                    .map_or(Value::Typed(ValueType::String), |c| {
                        Value::Str(c.to_string().into())
                    }),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// An item of a followed value: of a list, the value itself.
    fn index_pieces(&mut self, pieces: &Rc<[Piece<'a>]>, _key: &Value<'a>, _at: At) -> Value<'a> {
        match **pieces {
            [Piece::Slot(slot, Form::Whole)] => {
                if self.holds_many(slot) {
                    Value::Pieces(pieces.clone())
                } else {
                    Value::Pieces(Rc::new([Piece::Slot(slot, Form::Part)]))
                }
            }
            _ => Value::Unknown,
        }
    }

    /// A stretch of a value.
    pub(super) fn slice(
        &mut self,
        object: &Value<'a>,
        lower: Option<Option<i64>>,
        upper: Option<Option<i64>>,
        stepped: bool,
        at: At,
    ) -> Value<'a> {
        match object {
            Value::Seq(seq) => {
                let items = seq.items.borrow().clone();
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let clamp = |index: i64| {
                    let index = if index < 0 { index + length } else { index };
                    usize::try_from(index.clamp(0, length)).unwrap_or(0)
                };
                let known =
                    !seq.open.get() && !stepped && lower != Some(None) && upper != Some(None);
                if known {
                    let from = clamp(lower.flatten().unwrap_or(0));
                    let to = upper.flatten().map_or(items.len(), clamp);
                    let part = items.get(from..to.max(from)).unwrap_or_default().to_vec();
                    return self.seq(seq.kind, part);
                }
                let part = self.seq(seq.kind, items);
                if let Value::Seq(seq) = &part {
                    seq.open.set(true);
                }
                part
            }
            Value::Str(text) if !stepped && lower != Some(None) && upper != Some(None) => {
                let chars: Vec<char> = text.chars().take(10_000).collect();
                let length = i64::try_from(chars.len()).unwrap_or(i64::MAX);
                let clamp = |index: i64| {
                    let index = if index < 0 { index + length } else { index };
                    usize::try_from(index.clamp(0, length)).unwrap_or(0)
                };
                let from = clamp(lower.flatten().unwrap_or(0));
                let to = upper.flatten().map_or(chars.len(), clamp);
                let part: String = chars
                    .get(from..to.max(from))
                    .unwrap_or_default()
                    .iter()
                    .collect();
                Value::Str(part.into())
            }
            Value::Pieces(_)
                if self.tells_flags
                    && let Some(value) = self.value_in_word(object, "[:]") =>
            {
                value
            }
            Value::Pieces(pieces) => match **pieces {
                [Piece::Slot(slot, Form::Whole)] if self.holds_many(slot) => object.clone(),
                [Piece::Slot(slot, _)] => Value::Pieces(Rc::new([Piece::Slot(slot, Form::Part)])),
                _ => Value::Typed(ValueType::String),
            },
            Value::Object(made) => {
                self.object_slice(&made.clone(), lower.flatten(), upper.flatten(), at)
            }
            Value::Alt(values) => {
                let results: Vec<_> = values
                    .iter()
                    .map(|value| self.slice(value, lower, upper, stepped, at))
                    .collect();
                Value::join_all(results).unwrap_or_default()
            }
            _ => Value::Unknown,
        }
    }

    /// Sets an item.
    pub(super) fn set_item(&mut self, object: &Value<'a>, key: Value<'a>, value: Value<'a>) {
        match object {
            Value::Dict(dict) => self.dict_set(dict, key, value),
            Value::Seq(seq) => {
                self.changes += 1;
                let mut items = seq.items.borrow_mut();
                match key {
                    Value::Int(index) if self.uncertain == 0 => {
                        if let Some(item) = usize::try_from(index)
                            .ok()
                            .and_then(|index| items.get_mut(index))
                        {
                            *item = value;
                        }
                    }
                    _ => seq.open.set(true),
                }
            }
            Value::Environ => self.environ_set(&key, value),
            Value::Namespace(parser) => {
                if let Value::Str(name) = key {
                    self.set_namespace(*parser, name, value);
                }
            }
            Value::Instance(_) | Value::Object(_) => {
                if let Value::Str(name) = key {
                    self.set_attribute(object, name, value);
                }
            }
            Value::Alt(values) => {
                for object in values.iter() {
                    self.set_item(object, key.clone(), value.clone());
                }
            }
            _ => {}
        }
    }

    /// A dictionary.
    pub(super) fn dict(&mut self, items: Vec<(Value<'a>, Value<'a>)>, open: bool) -> Value<'a> {
        self.keep(Value::Dict(Rc::new(Dict {
            items: RefCell::new(items),
            open: Cell::new(open),
        })))
    }

    /// What a dictionary holds under a key; none where it surely holds nothing.
    pub(super) fn dict_get(&mut self, dict: &Rc<Dict<'a>>, key: &Value<'a>) -> Option<Value<'a>> {
        let items = dict.items.borrow();
        self.pay(items.len() / 16);
        if is_constant(key) {
            if let Some((_, value)) = items.iter().rev().find(|(k, _)| k.same(key)) {
                return Some(value.clone());
            }
            return (dict.open.get() || items.iter().any(|(k, _)| !is_constant(k)))
                .then_some(Value::Unknown);
        }
        Some(
            Value::join_all(items.iter().take(8).map(|(_, value)| value.clone()))
                .map_or(Value::Unknown, |value| value.join(&Value::Unknown)),
        )
    }

    /// Sets what a dictionary holds under a key.
    pub(super) fn dict_set(&mut self, dict: &Rc<Dict<'a>>, key: Value<'a>, value: Value<'a>) {
        self.changes += 1;
        let mut items = dict.items.borrow_mut();
        self.pay(items.len() / 16);
        if items.len() > 10_000 {
            dict.open.set(true);
            return;
        }
        if self.uncertain > 0 {
            dict.open.set(true);
        }
        match items
            .iter_mut()
            .find(|(k, _)| is_constant(&key) && k.same(&key))
        {
            Some((_, known)) if self.uncertain > 0 => *known = known.join(&value),
            Some((_, known)) => *known = value,
            None => items.push((key, value)),
        }
    }

    /// The items a value is made of, and whether there may be others.
    pub(super) fn iterate(&mut self, value: &Value<'a>) -> (Vec<Value<'a>>, bool) {
        match value {
            Value::Seq(seq) => (seq.items.borrow().clone(), seq.open.get()),
            Value::Dict(dict) => {
                let keys = dict
                    .items
                    .borrow()
                    .iter()
                    .map(|(key, _)| key.clone())
                    .collect();
                (keys, dict.open.get())
            }
            Value::Str(text) if text.len() <= 64 => {
                let chars = text
                    .chars()
                    .map(|c| Value::Str(c.to_string().into()))
                    .collect();
                (chars, false)
            }
            Value::Class(class) => match self.enum_members(class) {
                Some(members) => (members, false),
                None => (vec![Value::Unknown], true),
            },
            Value::Pieces(pieces) => match **pieces {
                [Piece::Slot(slot, Form::Whole)] if self.holds_many(slot) => {
                    (vec![value.clone()], true)
                }
                [Piece::Slot(slot, _)] => (
                    vec![Value::Pieces(Rc::new([Piece::Slot(slot, Form::Part)]))],
                    true,
                ),
                _ => (vec![Value::Unknown], true),
            },
            Value::Alt(values) => {
                let mut all = Vec::new();
                for value in values.iter() {
                    if !matches!(value, Value::None) {
                        all.extend(self.iterate(value).0);
                    }
                }
                (all, true)
            }
            Value::Object(made) => self.object_items(&made.clone()),
            _ => (vec![Value::Unknown], true),
        }
    }

    /// What `with value as x` binds.
    pub(super) fn entered(&mut self, value: Value<'a>) -> Value<'a> {
        match &value {
            // A generator-based context manager gives what it yields.
            Value::Seq(seq) if seq.open.get() && seq.kind == SeqKind::List => {
                seq.items.borrow().first().cloned().unwrap_or_default()
            }
            Value::Instance(instance) => match self.class_member(&instance.class, "__enter__") {
                Some(Value::Function(function)) => {
                    let at = At {
                        module: self.module(),
                        range: Default::default(),
                    };
                    self.call_function(&function, Some(value.clone()), Args::new(at))
                }
                _ => value,
            },
            _ => value,
        }
    }
}

/// Whether a value is a constant that can be a key.
pub(super) fn is_constant(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)
    )
}
