//! Owns Python's builtin functions.

use super::call::Args;
use super::engine::{Engine, ITERATIONS};
use super::slots::Default_;
use super::value::{SeqKind, Value};
use crate::requirement::ValueType;

impl<'a> Engine<'a> {
    /// Calls a builtin; none where the reader knows nothing about it.
    pub(super) fn call_builtin(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.first().cloned();
        Some(match name {
            "int" | "long" => match first {
                Some(Value::Int(value)) => Value::Int(value),
                Some(Value::Bool(value)) => Value::Int(i64::from(value)),
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "as Python's `int` does, within range"
                )]
                Some(Value::Float(value)) if value.abs() < 9e15 => Value::Int(value as i64),
                Some(Value::Str(text)) => text
                    .trim()
                    .parse()
                    .map_or(Value::Typed(ValueType::Int), Value::Int),
                None => Value::Int(0),
                Some(value) => self.converted(&value, ValueType::Int),
            },
            "float" => match first {
                Some(Value::Int(value)) => Value::Float(value as f64),
                Some(Value::Float(value)) => Value::Float(value),
                Some(Value::Str(text)) => text
                    .trim()
                    .parse()
                    .map_or(Value::Typed(ValueType::Float), Value::Float),
                Some(value) => self.converted(&value, ValueType::Float),
                None => Value::Float(0.0),
            },
            "bool" => match first {
                Some(value) => match value.truth() {
                    Some(truth) => Value::Bool(truth),
                    None => self.converted(&value, ValueType::Bool),
                },
                None => Value::Bool(false),
            },
            "str" | "unicode" | "repr" => match first {
                Some(value @ (Value::Str(_) | Value::Pieces(_) | Value::Alt(_))) => value,
                Some(Value::Int(value)) => Value::Str(value.to_string().into()),
                Some(Value::Float(value)) => Value::Str(format!("{value:?}").into()),
                Some(Value::Instance(instance)) => instance
                    .names
                    .borrow()
                    .get("value")
                    .cloned()
                    .unwrap_or(Value::Typed(ValueType::String)),
                None => Value::str(""),
                Some(Value::None) => Value::str("None"),
                Some(_) => Value::Typed(ValueType::String),
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" => {
                let kind = match name {
                    "tuple" => SeqKind::Tuple,
                    "set" | "frozenset" => SeqKind::Set,
                    _ => SeqKind::List,
                };
                match first {
                    None => self.seq(kind, Vec::new()),
                    Some(value) if value.as_slot().is_some() => value,
                    Some(Value::Object(argv)) if Self::argv_offset(&argv).is_some() => {
                        Value::Object(argv)
                    }
                    Some(value) => {
                        let (mut items, open) = self.iterate(&value);
                        if name == "reversed" {
                            items.reverse();
                        }
                        if name == "sorted" {
                            sort(&mut items);
                        }
                        let seq = self.seq(kind, items);
                        if let Value::Seq(seq) = &seq {
                            seq.open.set(open);
                        }
                        seq
                    }
                }
            }
            "dict" => match first {
                Some(value @ (Value::Environ | Value::Namespace(_) | Value::MainDict(_))) => value,
                Some(Value::Dict(dict)) => {
                    let items = dict.items.borrow().clone();
                    let copy = self.dict(items, dict.open.get());
                    if let Value::Dict(copy) = &copy {
                        for (name, value) in args.kw.clone() {
                            self.dict_set(copy, Value::Str(name), value);
                        }
                    }
                    copy
                }
                Some(value) => {
                    let (pairs, mut open) = self.iterate(&value);
                    let mut items = Vec::new();
                    for pair in pairs {
                        match self.iterate(&pair) {
                            (pair, false) if pair.len() == 2 => {
                                items.push((pair[0].clone(), pair[1].clone()));
                            }
                            _ => open = true,
                        }
                    }
                    self.dict(items, open)
                }
                None => match &args.spread {
                    Some(spread) => spread.clone(),
                    None => {
                        let items = args
                            .kw
                            .iter()
                            .map(|(n, v)| (Value::Str(n.clone()), v.clone()))
                            .collect();
                        self.dict(items, args.open)
                    }
                },
            },
            "range" | "xrange" => self.range(args),
            "len" => match first {
                Some(Value::Seq(seq)) if !seq.open.get() => {
                    Value::Int(i64::try_from(seq.items.borrow().len()).unwrap_or(i64::MAX))
                }
                Some(Value::Dict(dict)) if !dict.open.get() => {
                    Value::Int(i64::try_from(dict.items.borrow().len()).unwrap_or(i64::MAX))
                }
                Some(Value::Str(text)) => {
                    Value::Int(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
                }
                Some(Value::Object(object)) => self.object_length(&object),
                _ => Value::Typed(ValueType::Int),
            },
            "enumerate" => {
                let start = match args.get(1, "start") {
                    Some(Value::Int(start)) => *start,
                    _ => 0,
                };
                let (items, open) = self.iterate(&first?);
                let mut pairs = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    let index = i64::try_from(index)
                        .unwrap_or(i64::MAX)
                        .saturating_add(start);
                    let index = if open {
                        Value::Typed(ValueType::Int)
                    } else {
                        Value::Int(index)
                    };
                    pairs.push(self.seq(SeqKind::Tuple, vec![index, item]));
                }
                self.opened(pairs, open)
            }
            "zip" => {
                let mut columns = Vec::new();
                let mut open = false;
                for value in args.pos.clone() {
                    let (items, column_open) = self.iterate(&value);
                    open |= column_open;
                    columns.push(items);
                }
                let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
                let mut pairs = Vec::new();
                for row in 0..rows {
                    let items = columns.iter().map(|column| column[row].clone()).collect();
                    pairs.push(self.seq(SeqKind::Tuple, items));
                }
                self.opened(pairs, open)
            }
            "map" => {
                let callee = first?;
                let (items, open) = self.iterate(&args.pos.get(1).cloned().unwrap_or_default());
                let mut results = Vec::new();
                for item in items.into_iter().take(ITERATIONS) {
                    let mut call = Args::new(args.at);
                    call.pos.push(item);
                    results.push(self.call(&callee, call));
                }
                self.opened(results, open)
            }
            "filter" => {
                let (items, _) = self.iterate(&args.pos.get(1).cloned().unwrap_or_default());
                self.opened(items, true)
            }
            "next" => {
                let (items, _) = self.iterate(&first?);
                items.into_iter().next().unwrap_or_default()
            }
            "min" | "max" => {
                let items = match args.pos.as_slice() {
                    [one] => self.iterate(&one.clone()).0,
                    many => many.to_vec(),
                };
                if items.iter().all(|item| matches!(item, Value::Int(_))) && !items.is_empty() {
                    let numbers = items.iter().filter_map(|item| match item {
                        Value::Int(value) => Some(*value),
                        _ => None,
                    });
                    let best = if name == "min" {
                        numbers.min()
                    } else {
                        numbers.max()
                    };
                    best.map_or(Value::Unknown, Value::Int)
                } else {
                    items
                        .iter()
                        .find_map(|item| match item {
                            Value::Typed(value_type) => Some(Value::Typed(value_type.clone())),
                            _ => None,
                        })
                        .unwrap_or_default()
                }
            }
            "abs" => match first? {
                Value::Int(value) => Value::Int(value.wrapping_abs()),
                Value::Float(value) => Value::Float(value.abs()),
                Value::Typed(value_type) => Value::Typed(value_type),
                _ => Value::Unknown,
            },
            "isinstance" => match (first, args.pos.get(1)) {
                (Some(value), Some(class)) => {
                    is_instance(&value, class).map_or(Value::Typed(ValueType::Bool), Value::Bool)
                }
                _ => Value::Typed(ValueType::Bool),
            },
            "any" | "all" | "issubclass" | "callable" => Value::Typed(ValueType::Bool),
            "hasattr" => self.has_attribute(args),
            "sum" | "round" => Value::Unknown,
            "getattr" => match args.pos.get(1) {
                Some(Value::Str(attribute))
                    if args.pos.len() > 2
                        && let Value::MainDict(dict) = args.pos[0] =>
                {
                    self.main_key(dict, attribute, false, args.pos.get(2).cloned(), args.at)
                }
                Some(Value::Str(attribute)) => {
                    let attribute = attribute.clone();
                    let value = self.attribute(&first?, attribute, args.at);
                    match args.pos.get(2) {
                        Some(default) if value.is_unknown() => default.join(&Value::Unknown),
                        _ => value,
                    }
                }
                _ => Value::Unknown,
            },
            "setattr" => {
                if let [object, Value::Str(attribute), value] = args.pos.as_slice() {
                    self.set_attribute(&object.clone(), attribute.clone(), value.clone());
                }
                Value::None
            }
            "vars" => match first? {
                value @ (Value::Namespace(_) | Value::Instance(_) | Value::Object(_)) => value,
                _ => Value::Unknown,
            },
            "open" | "file" => {
                let path = args.get(0, "file").cloned()?;
                let mode = args.get(1, "mode").cloned();
                self.open(&path, mode.as_ref(), None, args.at, "open")
            }
            "print" => Value::None,
            "exit" | "quit" => Value::Never,
            "input" | "raw_input" => Value::Typed(ValueType::String),
            "eval" => Value::Unknown,
            "type" if args.pos.len() == 1 => type_of(&args.pos[0]),
            "object" | "type" | "dir" | "format" | "bytes" | "complex" => Value::Unknown,
            _ => return None,
        })
    }

    fn opened(&mut self, items: Vec<Value<'a>>, open: bool) -> Value<'a> {
        let seq = self.seq(SeqKind::List, items);
        if let Value::Seq(seq) = &seq {
            seq.open.set(open);
        }
        seq
    }

    /// A value turned into another type.
    fn converted(&mut self, value: &Value<'a>, value_type: ValueType) -> Value<'a> {
        self.turned_into(value, value_type.clone());
        let env = value.alternatives().iter().find_map(|v| self.env_of(v));
        match env.map(|env| &self.slots.envs[env]) {
            Some(env)
                if value_type != ValueType::Bool
                    && matches!(&env.default, Default_::Known(json) if !json.is_null()) =>
            {
                Value::Turned(env.slot)
            }
            _ => Value::Typed(value_type),
        }
    }

    fn range(&mut self, args: &Args<'a>) -> Value<'a> {
        let mut bounds = Vec::new();
        for value in &args.pos {
            match value {
                Value::Int(value) => bounds.push(*value),
                _ => return Value::many(Value::Typed(ValueType::Int)),
            }
        }
        let (start, end, step) = match bounds.as_slice() {
            [end] => (0, *end, 1),
            [start, end] => (*start, *end, 1),
            [start, end, step] if *step != 0 => (*start, *end, *step),
            _ => return Value::many(Value::Typed(ValueType::Int)),
        };
        let mut items = Vec::new();
        let mut value = start;
        while (step > 0 && value < end) || (step < 0 && value > end) {
            if items.len() >= 1_000 {
                return Value::many(Value::Typed(ValueType::Int));
            }
            items.push(Value::Int(value));
            value = value.saturating_add(step);
        }
        self.seq(SeqKind::List, items)
    }

    fn has_attribute(&mut self, args: &Args<'a>) -> Value<'a> {
        let unknown = Value::Typed(ValueType::Bool);
        match args.pos.as_slice() {
            [Value::Namespace(parser), Value::Str(name)] => match self.param_named(*parser, name) {
                Some(_) => Value::Bool(true),
                None => unknown,
            },
            _ => unknown,
        }
    }

    fn object_length(&mut self, object: &std::rc::Rc<super::value::Object<'a>>) -> Value<'a> {
        if Self::argv_offset(object).is_some() {
            self.argv_tests += 1;
        }
        Value::Typed(ValueType::Int)
    }
}

/// Sorts items, where all are of one kind that has an order.
fn sort(items: &mut [Value<'_>]) {
    let texts = items.iter().all(|item| matches!(item, Value::Str(_)));
    let numbers = items.iter().all(|item| matches!(item, Value::Int(_)));
    if texts {
        items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    } else if numbers {
        items.sort_by_key(|item| match item {
            Value::Int(value) => *value,
            _ => 0,
        });
    }
}

/// Whether a value is of a builtin class, where that is known.
fn is_instance(value: &Value<'_>, class: &Value<'_>) -> Option<bool> {
    let class = match class {
        Value::Lib(class) => class,
        // `isinstance(x, (list, tuple))`: one or many.
        Value::Seq(classes) => {
            let classes = classes.items.borrow();
            let told: Vec<_> = classes
                .iter()
                .map(|class| is_instance(value, class))
                .collect();
            let is_any = told.contains(&Some(true));
            let are_many = classes.iter().all(|class| {
                matches!(class, Value::Lib(name) if matches!(&**name, "list" | "tuple" | "set"))
            });
            let is_none = are_many && told.iter().all(Option::is_some);
            return (is_any || is_none).then_some(is_any);
        }
        _ => return None,
    };
    let own = match value {
        Value::Seq(seq) if !seq.open.get() => match seq.kind {
            SeqKind::List => "list",
            SeqKind::Tuple => "tuple",
            SeqKind::Set => "set",
        },
        Value::Str(_) | Value::Typed(ValueType::String) => "str",
        Value::Bool(_) | Value::Typed(ValueType::Bool) => "bool",
        Value::Int(_) | Value::Typed(ValueType::Int) => "int",
        Value::Float(_) | Value::Typed(ValueType::Float) => "float",
        Value::Dict(_) => "dict",
        Value::None => "NoneType",
        _ => return None,
    };
    let builtin = matches!(
        &**class,
        "str" | "bool" | "int" | "float" | "list" | "dict" | "tuple" | "set" | "bytes"
    );
    builtin.then(|| own == &**class || (own == "bool" && &**class == "int"))
}

/// The type of a value, where it is known.
fn type_of<'a>(value: &Value<'a>) -> Value<'a> {
    let name = match value {
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "str",
        Value::Dict(_) => "dict",
        Value::Seq(seq) => match seq.kind {
            SeqKind::List => "list",
            SeqKind::Tuple => "tuple",
            SeqKind::Set => "set",
        },
        Value::Instance(instance) => return Value::Class(instance.class.clone()),
        _ => return Value::Unknown,
    };
    Value::Lib(name.into())
}
