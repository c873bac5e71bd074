//! Owns namespaces: what the attributes of a parsed command line stand for.

use super::call::Args;
use super::engine::Engine;
use super::value::{At, SeqKind, Text, Value};

impl<'a> Engine<'a> {
    /// The parameter behind an attribute of a parser's namespace.
    pub(super) fn param_named(&self, parser: usize, name: &str) -> Option<usize> {
        let found = self.parsers[parser]
            .params
            .iter()
            .copied()
            .find(|param| self.slots.params[*param].dest == name);
        found.or_else(|| {
            self.parsers[parser]
                .children
                .iter()
                .find_map(|child| self.param_named(*child, name))
        })
    }

    /// Every value that an attribute of a parser's namespace may have.
    fn named_values(&self, parser: usize, name: &str, all: &mut Vec<Value<'a>>) {
        let found = &self.parsers[parser];
        let params = found
            .params
            .iter()
            .filter(|param| self.slots.params[**param].dest == name);
        all.extend(params.map(|param| Value::slot(self.slots.params[*param].slot)));
        all.extend(found.extras.get(name).cloned());
        for child in &found.children {
            self.named_values(*child, name, all);
        }
    }

    /// An attribute of a namespace.
    pub(super) fn namespace_attribute(&mut self, parser: usize, name: &str, _at: At) -> Value<'a> {
        if name == "__dict__" {
            return Value::Namespace(parser);
        }
        self.touch(parser, name);
        let set = self.parsers[parser].extras.get(name).cloned();
        if let Some(value) = set
            && self.parsers[parser].children.is_empty()
        {
            return value;
        }
        let mut all = Vec::new();
        self.named_values(parser, name, &mut all);
        if all.is_empty() {
            self.values_above(parser, name, &mut all);
        }
        Value::join_all(all).unwrap_or_default()
    }

    /// What the parsers above a subcommand's have under a name.
    fn values_above(&mut self, parser: usize, name: &str, all: &mut Vec<Value<'a>>) {
        let mut above = self.parsers[parser].sub_of.clone();
        while let Some((parser, _)) = above {
            for index in self.parsers[parser].params.clone() {
                let param = &self.slots.params[index];
                if param.dest == name {
                    let slot = param.slot;
                    self.slots.all[slot].is_touched = true;
                    all.push(Value::slot(slot));
                }
            }
            all.extend(self.parsers[parser].extras.get(name).cloned());
            above = self.parsers[parser].sub_of.clone();
        }
    }

    /// The subcommands that keep a function of their own under a name, `set_defaults(func=train)`, and these functions.
    fn kept_functions(&self, parser: usize, name: &str, all: &mut Vec<(usize, Value<'a>)>) {
        for child in &self.parsers[parser].children {
            let kept = self.parsers[*child].extras.get(name);
            if let Some(kept @ (Value::Function(_) | Value::Bound(_))) = kept {
                all.push((*child, kept.clone()));
            }
            self.kept_functions(*child, name, all);
        }
    }

    /// `args.func(args)`: each subcommand's function gets what that subcommand's command line holds.
    fn call_kept(&mut self, parser: usize, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let mut kept = Vec::new();
        self.kept_functions(parser, name, &mut kept);
        let mut results = Vec::new();
        let is_one_of_several = usize::from(kept.len() > 1);
        self.among_commands += is_one_of_several;
        for (child, function) in kept {
            let own = |value: &mut Value<'a>| {
                if matches!(value, Value::Namespace(given) if *given == parser) {
                    *value = Value::Namespace(child);
                }
            };
            let mut call = args.clone();
            call.pos.iter_mut().for_each(own);
            call.kw.iter_mut().for_each(|(_, value)| own(value));
            call.spread.iter_mut().for_each(own);
            results.push(self.call(&function, call));
        }
        self.among_commands -= is_one_of_several;
        Value::join_all(results)
    }

    /// An attribute of a namespace is looked at.
    fn touch(&mut self, parser: usize, name: &str) {
        for index in self.parsers[parser].params.clone() {
            let param = &self.slots.params[index];
            if param.dest == name {
                self.slots.all[param.slot].is_touched = true;
            }
        }
        for child in self.parsers[parser].children.clone() {
            self.touch(child, name);
        }
    }

    /// Who takes a namespace as a whole may look at everything in it.
    pub(super) fn hand_out(&mut self, args: &Args<'a>) {
        for value in args.values().chain(&args.spread) {
            self.hand_out_value(value, 0);
        }
    }

    fn hand_out_value(&mut self, value: &Value<'a>, depth: usize) {
        match value {
            Value::Namespace(parser) => self.parsers[*parser].handed_out = true,
            Value::Seq(seq) if depth < 2 => {
                for item in seq.items.borrow().iter().take(16) {
                    self.hand_out_value(item, depth + 1);
                }
            }
            Value::Alt(values) if depth < 2 => {
                for value in values.iter() {
                    self.hand_out_value(value, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Sets an attribute of a namespace.
    pub(super) fn set_namespace(&mut self, parser: usize, name: Text<'a>, value: Value<'a>) {
        let before = {
            let mut all = Vec::new();
            self.named_values(parser, &name, &mut all);
            Value::join_all(all)
        };
        let value = match before {
            Some(before) if self.uncertain > 0 => before.join(&value),
            _ => value,
        };
        let extras = &mut self.parsers[parser].extras;
        self.changes += usize::from(!extras.get(&name).is_some_and(|old| old.alike(&value)));
        extras.insert(name, value);
    }

    /// A method of a namespace, or of its dictionary.
    pub(super) fn namespace_method(
        &mut self,
        parser: usize,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match (name, args.first()) {
            ("get" | "pop" | "__getattribute__", Some(Value::Str(key))) => {
                let key = key.clone();
                let value = self.namespace_attribute(parser, &key, args.at);
                match args.pos.get(1) {
                    Some(default) if value.is_unknown() => default.clone(),
                    _ => value,
                }
            }
            ("items", _) => {
                let items: Vec<_> = self.namespace_items(parser);
                let mut pairs = Vec::new();
                for (name, value) in items {
                    pairs.push(self.seq(SeqKind::Tuple, vec![Value::Str(name), value]));
                }
                self.seq(SeqKind::List, pairs)
            }
            ("keys", _) => {
                let items = self.namespace_items(parser).into_iter();
                let names = items.map(|(name, _)| Value::Str(name)).collect();
                self.seq(SeqKind::List, names)
            }
            ("values", _) => {
                let values = self
                    .namespace_items(parser)
                    .into_iter()
                    .map(|(_, v)| v)
                    .collect();
                self.seq(SeqKind::List, values)
            }
            ("copy" | "_get_kwargs", _) => Value::Namespace(parser),
            ("update", Some(Value::Dict(dict))) => {
                let entries = dict.items.borrow().clone();
                for (key, value) in entries {
                    if let Value::Str(name) = key {
                        self.set_namespace(parser, name, value);
                    }
                }
                Value::None
            }
            ("set_default", Some(_)) if self.flags_parser == Some(parser) => {
                self.call_set_default(&args).unwrap_or(Value::None)
            }
            // A callback kept in the namespace: `args.func(args)`.
            _ => {
                if let Some(result) = self.call_kept(parser, name, &args) {
                    return result;
                }
                let member = self.namespace_attribute(parser, name, args.at);
                match member {
                    Value::Unknown => Value::Unknown,
                    member if member.as_slot().is_some() => {
                        self.call_method(&member, "__call__".into(), args)
                    }
                    member => self.call(&member, args),
                }
            }
        }
    }

    /// What a namespace holds, by name.
    pub(super) fn namespace_items(&mut self, parser: usize) -> Vec<(Text<'a>, Value<'a>)> {
        self.parsers[parser].handed_out = true;
        self.parsers[parser]
            .params
            .iter()
            .map(|param| {
                let param = &self.slots.params[*param];
                (param.dest.clone().into(), Value::slot(param.slot))
            })
            .collect()
    }
}
