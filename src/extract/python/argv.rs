//! Owns `sys.argv` read by hand: which places are read, and what the script calls them.

use std::ops::Range;
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Owner, Param};
use super::value::{At, Object, SlotId, Value};
use crate::requirement::ValueType;

/// The place of the last word, wherever that is.
const LAST: usize = 1_000;

impl<'a> Engine<'a> {
    /// Gives the last word of the command line its place behind all others that are read.
    pub(super) fn place_last_word(&mut self) {
        let of_argv = |param: &&mut Param| param.rule == "sys.argv";
        let places = self.slots.params.iter_mut().filter(of_argv);
        let next = places
            .filter_map(|param| param.position.filter(|at| *at < LAST))
            .max();
        let next = next.map_or(0, |at| at + 1);
        for param in self.slots.params.iter_mut().filter(of_argv) {
            if param.position == Some(LAST) {
                param.position = Some(next);
                if param.dest.starts_with("argument_") {
                    param.dest = format!("argument_{}", next + 1);
                }
            }
        }
    }

    /// What has been taken off the front of this view of `sys.argv`; none where it is something else.
    pub(super) fn argv_offset(object: &Object<'a>) -> Option<i64> {
        if &*object.class != "sys.argv" {
            return None;
        }
        match object.args.borrow().first() {
            Some(Value::Int(offset)) => Some(*offset),
            _ => Some(0),
        }
    }

    /// `sys.argv` without its first items.
    pub(super) fn argv_rest(&mut self, offset: i64) -> Value<'a> {
        self.keep(Value::object("sys.argv", vec![Value::Int(offset)]))
    }

    /// An item of `sys.argv`.
    pub(super) fn argv_item(
        &mut self,
        object: &Rc<Object<'a>>,
        key: &Value<'a>,
        at: At,
    ) -> Option<Value<'a>> {
        let offset = Self::argv_offset(object)?;
        if let Value::Object(place) = key
            && let Some(value) = self.argv_behind(place, at)
        {
            return Some(value);
        }
        let Value::Int(index) = key else {
            // `sys.argv[i + 1]` where `sys.argv[i]` was found to be an option.
            let value = self.asked_value();
            return value.or_else(|| self.argv_items(object)?.0.pop());
        };
        if *index == -1 {
            return Some(Value::slot(self.argv_slot(LAST, false, at)));
        }
        let place = index + offset;
        if *index < 0 || place < 1 {
            return Some(Value::Typed(ValueType::String));
        }
        let position = usize::try_from(place - 1).ok()?;
        if position > 64 {
            return Some(Value::Unknown);
        }
        Some(Value::slot(self.argv_slot(position, false, at)))
    }

    /// The slot of a place on the command line.
    fn argv_slot(&mut self, position: usize, many: bool, at: At) -> SlotId {
        // What may follow other words may as well be missing.
        let is_rest = many && position > 0;
        let optional = self.argv_guards > 0 || self.lenient_index > 0 || is_rest;
        let known = self
            .slots
            .params
            .iter()
            .position(|param| param.rule == "sys.argv" && param.position == Some(position));
        let index = match known {
            Some(index) => {
                self.slots.params[index].required |= !optional;
                index
            }
            None => {
                let item = ValueType::String;
                let param = Param {
                    dest: if many {
                        "arguments".to_owned()
                    } else {
                        format!("argument_{}", position + 1)
                    },
                    position: Some(position),
                    value_type: Some(if many {
                        ValueType::List(Box::new(item))
                    } else {
                        item
                    }),
                    required: !optional,
                    default: if optional {
                        Default_::Known(Json::Null)
                    } else {
                        Default_::Absent
                    },
                    at: Some(at),
                    rule: "sys.argv",
                    confidence: self.confidence,
                    ..Param::default()
                };
                self.slots.add_param(param)
            }
        };
        if !optional {
            self.slots.params[index].default = Default_::Absent;
        }
        if self.argv_guards > 0 {
            self.argv_seen.push(index);
        }
        let slot = self.slots.params[index].slot;
        self.last_argv = Some(slot);
        slot
    }

    /// The script stops where the number of arguments is another: those read where it is right, which stand in this
    /// stretch of what was seen, are required.
    pub(super) fn argv_demanded(&mut self, seen: Range<usize>) {
        for &index in self.argv_seen.get(seen).unwrap_or_default() {
            let param = &mut self.slots.params[index];
            param.required = true;
            param.default = Default_::Absent;
        }
    }

    /// Everything from a place on: a list.
    pub(super) fn argv_items(&mut self, object: &Rc<Object<'a>>) -> Option<(Vec<Value<'a>>, bool)> {
        // Who goes through all of them, the script's own name among them, goes through the words behind it.
        let offset = Self::argv_offset(object)?.max(1);
        let position = usize::try_from(offset - 1).ok()?;
        let at = At {
            module: self.module(),
            range: self.here,
        };
        let slot = self.argv_slot(position.min(64), true, at);
        Some((vec![Value::slot(slot)], true))
    }

    /// What is left of `sys.argv` behind its first `count` items.
    pub(super) fn argv_behind_first(
        &mut self,
        value: &Value<'a>,
        count: usize,
    ) -> Option<Value<'a>> {
        let Value::Object(object) = value else {
            return None;
        };
        let offset = Self::argv_offset(object)?;
        Some(self.argv_rest(offset + i64::try_from(count).ok()?))
    }

    /// Items of `sys.argv` for `count` targets.
    pub(super) fn argv_unpacked(
        &mut self,
        value: &Value<'a>,
        count: usize,
    ) -> Option<Vec<Value<'a>>> {
        let Value::Object(object) = value else {
            return None;
        };
        Self::argv_offset(object)?;
        let at = At {
            module: self.module(),
            range: self.here,
        };
        let mut items = Vec::new();
        for index in 0..count.min(64) {
            let key = Value::Int(i64::try_from(index).unwrap_or(0));
            items.push(self.argv_item(object, &key, at)?);
        }
        Some(items)
    }

    /// The arguments of `main(*sys.argv[1:])`: as many places as the function takes, called what it calls them; those
    /// that it has defaults for may be missing.
    pub(super) fn argv_arguments(
        &mut self,
        callee: &Value<'a>,
        arguments: &'a ast::Arguments,
        at: At,
    ) -> Option<Args<'a>> {
        let (Value::Function(function), [first @ .., Expr::Starred(rest)], true) =
            (callee, &*arguments.args, arguments.keywords.is_empty())
        else {
            return None;
        };
        let parameters = function.parameters().filter(|p| p.vararg.is_none())?;
        let Value::Object(argv) = self.eval(&rest.value) else {
            return None;
        };
        Self::argv_offset(&argv)?;
        let mut args = Args::new(at);
        for arg in first {
            let value = self.eval(arg);
            args.pos.push(value);
        }
        let all = parameters.posonlyargs.iter().chain(&parameters.args);
        for (index, parameter) in all.skip(first.len()).take(64).enumerate() {
            let name = parameter.parameter.name.as_str();
            let default = function.defaults.iter().find(|(n, _)| *n == name);
            let (guards, seen) = (self.argv_guards, self.argv_seen.len());
            self.argv_guards += usize::from(default.is_some());
            let key = Value::Int(i64::try_from(index).unwrap_or(0));
            let item = self.argv_item(&argv, &key, at).unwrap_or_default();
            self.argv_guards = guards;
            self.argv_seen.truncate(seen);
            if let Some((_, default)) = default {
                self.argv_fallback(&item, default);
            }
            self.call_argv(name);
            args.pos.push(item);
        }
        Some(args)
    }

    /// Names the place that a statement read after the variable it is bound to.
    pub(super) fn name_argv(&mut self, target: &'a Expr) {
        let Some(slot) = self.last_argv.take() else {
            return;
        };
        let name = match target {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        // `_, model = sys.argv[1:3]`
        if name.trim_start_matches('_').is_empty() {
            return;
        }
        self.last_argv = Some(slot);
        self.call_argv(name);
    }

    /// Gives the place that was read last a name, where it has none yet.
    fn call_argv(&mut self, name: &str) {
        let Some(slot) = self.last_argv.take() else {
            return;
        };
        if let Owner::Param(index) = self.slots.all[slot].owner {
            let param = &mut self.slots.params[index];
            if param.rule == "sys.argv" && param.dest.starts_with("argument_") {
                param.dest = name.to_lowercase();
            }
        }
    }

    /// The default of a place that is only read where there are enough arguments.
    pub(super) fn argv_fallback(&mut self, first: &Value<'a>, second: &Value<'a>) {
        let Some(slot) = first.as_slot() else { return };
        let Owner::Param(index) = self.slots.all[slot].owner else {
            return;
        };
        if self.slots.params[index].rule != "sys.argv" || self.slots.params[index].required {
            return;
        }
        if let Some(json) = self.json(second)
            && Self::is_null(&self.slots.params[index].default)
        {
            self.slots.params[index].default = Default_::Known(json);
        }
    }
}
