//! Owns command lines that are made from the fields of a class: `HfArgumentParser`, tyro, simple-parsing.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::fields::{Field, fields};
use super::signature::Style;
use super::slots::Param;
use super::value::{At, Class, Instance, Object, SeqKind, Value};
use crate::requirement::{Pass, ValueType};

/// How deep classes within classes are followed.
const CLASSES_WITHIN: usize = 8;

/// How the fields of a class become a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// `transformers.HfArgumentParser` and its kin.
    Hf,
    /// `tyro.cli`.
    Tyro,
    /// `simple_parsing`.
    Simple,
}

impl<'a> Engine<'a> {
    /// `tyro.cli(Class)` and its kin: the object it gives.
    pub(super) fn cli_of(&mut self, value: &Value<'a>, flavour: Flavour, at: At) -> Value<'a> {
        let Value::Parser(parser) = self.make_parser(&Args::new(at), rule_of(flavour)) else {
            return Value::Unknown;
        };
        match value {
            Value::Class(class) => self.object_of_fields(class, parser, flavour, ""),
            Value::Function(function) => {
                self.signature_params(function, parser, Style::Dashes, false);
                self.run_command(function, parser);
                Value::Unknown
            }
            _ => {
                let annotation = self.annotation(value);
                if flavour == Flavour::Tyro
                    && let Some(object) = self.command_of_classes(parser, &annotation, at)
                {
                    return object;
                }
                match annotation.class {
                    Some(class) => self.object_of_fields(&class, parser, flavour, ""),
                    None => {
                        self.note(
                            "dynamic-parser",
                            "what the command line is made of is worked out when the script runs"
                                .to_owned(),
                            at,
                        );
                        Value::Unknown
                    }
                }
            }
        }
    }

    /// `tyro.extras.subcommand_cli_from_dict({"train": train})`: a command for each function or class.
    pub(super) fn commands_of_functions(&mut self, args: &Args<'a>) -> Value<'a> {
        let given = args.get(0, "subcommands").cloned().unwrap_or_default();
        let made = self.make_parser(&Args::new(args.at), rule_of(Flavour::Tyro));
        let (Value::Dict(named), Value::Parser(parser)) = (given, made) else {
            return Value::Unknown;
        };
        let mut results = Vec::new();
        for (name, value) in named.items.borrow().clone() {
            let made = self.make_parser(&Args::new(args.at), rule_of(Flavour::Tyro));
            let (Value::Str(name), Value::Parser(child)) = (name, made) else {
                continue;
            };
            match value {
                Value::Function(function) => {
                    self.signature_params(&function, child, Style::Dashes, false);
                    self.add_subcommand(parser, &name, child, args.at);
                    self.run_subcommand(&function, child, false, args.at);
                }
                Value::Class(class) => {
                    self.add_subcommand(parser, &name, child, args.at);
                    results.push(self.object_of_fields(&class, child, Flavour::Tyro, ""));
                }
                _ => {}
            }
        }
        Value::join_all(results).unwrap_or_default()
    }

    /// `HfArgumentParser((A, B))`.
    pub(super) fn make_hf_parser(&mut self, args: &Args<'a>) -> Value<'a> {
        let given = args.get(0, "dataclass_types").cloned().unwrap_or_default();
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "dataclass") else {
            return Value::Unknown;
        };
        // `[types]` stands beside `types` where the code takes one class or several.
        let holds_classes = |value: &&Value<'a>| match value {
            Value::Seq(seq) => {
                let items = seq.items.borrow();
                items.iter().any(|item| matches!(item, Value::Class(_)))
            }
            value => matches!(value, Value::Class(_)),
        };
        let given = match given.alternatives().iter().find(holds_classes) {
            Some(found) => found.clone(),
            None => given,
        };
        let classes = match &given {
            Value::Seq(_) => self.iterate(&given).0,
            other => vec![other.clone()],
        };
        let mut objects = Vec::new();
        for class in &classes {
            objects.push(match class {
                Value::Class(class) => self.object_of_fields(class, parser, Flavour::Hf, ""),
                _ => {
                    self.note(
                        "library-arguments",
                        "the command line has the fields of a library's class too".to_owned(),
                        args.at,
                    );
                    Value::Unknown
                }
            });
        }
        let objects = self.seq(SeqKind::Tuple, objects);
        self.parsers[parser]
            .extras
            .insert("…objects".into(), objects);
        Value::Parser(parser)
    }

    /// What `parse_args_into_dataclasses()` and its kin give.
    pub(super) fn parsed_objects(
        &mut self,
        parser: usize,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let wanted = matches!(
            name,
            "parse_args_into_dataclasses"
                | "parse_args_and_config"
                | "parse_json_file"
                | "parse_yaml_file"
                | "parse_dict"
                | "parse"
        );
        if !wanted {
            return None;
        }
        let objects = self.parsers[parser].extras.get("…objects").cloned()?;
        if name == "parse_args_into_dataclasses"
            && args.kw("return_remaining_strings").and_then(Value::truth) == Some(true)
        {
            let (mut items, _) = self.iterate(&objects);
            items.push(Value::many(Value::Typed(ValueType::String)));
            return Some(self.seq(SeqKind::Tuple, items));
        }
        Some(objects)
    }

    /// Adds the fields of a class to a parser; the object whose attributes they become.
    pub(super) fn object_of_fields(
        &mut self,
        class: &Rc<Class<'a>>,
        parser: usize,
        flavour: Flavour,
        prefix: &str,
    ) -> Value<'a> {
        // A class may hold itself.
        let known = Rc::as_ptr(class);
        if self.classes_within.contains(&known) || self.classes_within.len() >= CLASSES_WITHIN {
            return Value::Unknown;
        }
        self.classes_within.push(known);
        let object = self.fill_object(class, parser, flavour, prefix);
        self.classes_within.pop();
        object
    }

    fn fill_object(
        &mut self,
        class: &Rc<Class<'a>>,
        parser: usize,
        flavour: Flavour,
        prefix: &str,
    ) -> Value<'a> {
        let instance = Rc::new(Instance {
            class: class.clone(),
            names: Default::default(),
            native: Default::default(),
        });
        let object = self.keep(Value::Instance(instance.clone()));
        self.specimens.insert(Rc::as_ptr(class), object.clone());
        if self
            .library_bases(class)
            .iter()
            .any(|base| !is_plain_base(base))
        {
            let at = At {
                module: class.module,
                range: class.def.name.range,
            };
            self.note(
                "library-arguments",
                format!(
                    "the fields of `{}` include those of a library's class",
                    class.def.name.as_str()
                ),
                at,
            );
        }
        for field in fields(self, class) {
            let scope = field.class.scope.clone();
            let annotation = match field.annotation {
                Some(annotation) => {
                    let value = self.eval_in(&scope, annotation);
                    self.annotation(&value)
                }
                None => Default::default(),
            };
            if annotation.hidden {
                continue;
            }
            if flavour != Flavour::Hf
                && let Some(value) =
                    self.choice_of_classes(parser, &field, &annotation, (flavour, prefix))
            {
                instance.names.borrow_mut().insert(field.name.into(), value);
                continue;
            }
            let Some((default, metadata)) = self.field_default(&field) else {
                continue;
            };
            let nested = annotation
                .class
                .clone()
                .filter(|_| annotation.value_type.is_none());
            if let Some(inner) = nested
                && prefix.matches('.').count() < 4
                && flavour != Flavour::Hf
            {
                let prefix = match flavour {
                    Flavour::Tyro => format!("{prefix}{}.", field.name),
                    _ => prefix.to_owned(),
                };
                let value = self.object_of_fields(&inner, parser, flavour, &prefix);
                instance.names.borrow_mut().insert(field.name.into(), value);
                continue;
            }
            let at = At {
                module: field.class.module,
                range: field.range,
            };
            let param =
                self.field_param(&field, &annotation, default, &metadata, flavour, prefix, at);
            if let Some(param) = param {
                let name = field.name;
                self.add_click_param(parser, param);
                if let Some(index) = self.parsers[parser].params.last() {
                    let slot = self.slots.params[*index].slot;
                    instance
                        .names
                        .borrow_mut()
                        .insert(name.into(), Value::slot(slot));
                }
            }
        }
        if let Some(Value::Function(after)) = self.class_member(class, "__post_init__") {
            let at = At {
                module: class.module,
                range: class.def.name.range,
            };
            self.call_function(&after, Some(object.clone()), Args::new(at));
        }
        object
    }

    /// A field's default and metadata; none for a field that `__init__` does not take.
    pub(super) fn field_default(
        &mut self,
        field: &Field<'a>,
    ) -> Option<(Option<Value<'a>>, Value<'a>)> {
        let Some(expr) = field.default else {
            return Some((None, Value::Unknown));
        };
        let value = self.eval_in(&field.class.scope.clone(), expr);
        let Value::Object(object) = &value else {
            return Some((Some(value), Value::Unknown));
        };
        if object.class.ends_with(".list_field") {
            let items = object.args.borrow().clone();
            return Some((Some(self.seq(SeqKind::List, items)), Value::Unknown));
        }
        let is_field = object.class.ends_with(".field")
            || object.class.ends_with(".Field")
            || object.class.ends_with("HfArg")
            || object.class.ends_with(".flag")
            || object.class.ends_with(".choice");
        if !is_field {
            return Some((Some(value.clone()), Value::Unknown));
        }
        if object.class.starts_with("simple_parsing.") && object.class.ends_with(".choice") {
            return Some(self.choice_field(&object.clone()));
        }
        let names = object.names.borrow().clone();
        if names.get("init").and_then(Value::truth) == Some(false) {
            return None;
        }
        let first = object.args.borrow().first().cloned();
        let default = match (
            names.get("default").cloned().or(first),
            names.get("default_factory"),
        ) {
            (Some(value), _) => Some(value).filter(|value| !self.is_ellipsis(value)),
            (None, Some(factory)) => {
                let at = At {
                    module: field.class.module,
                    range: field.range,
                };
                Some(self.call(&factory.clone(), Args::new(at)))
            }
            (None, None) => None,
        };
        let metadata = names.get("metadata").cloned().unwrap_or_else(|| {
            let items = names
                .iter()
                .map(|(k, v)| (Value::Str(k.clone()), v.clone()))
                .collect();
            self.dict(items, false)
        });
        Some((default, metadata))
    }

    /// `choice("a", "b", default="a")`: its default, and its choices as what is said of it.
    fn choice_field(&mut self, object: &Object<'a>) -> (Option<Value<'a>>, Value<'a>) {
        let default = object.names.borrow().get("default").cloned();
        let mut choices = object.args.borrow().clone();
        if let [only @ (Value::Class(_) | Value::Seq(_) | Value::Dict(_))] = choices.as_slice() {
            choices = self.iterate(&only.clone()).0;
        }
        let choices = self.seq(SeqKind::List, choices);
        let said = self.dict(vec![(Value::str("choices"), choices)], false);
        (default, said)
    }

    #[expect(clippy::too_many_arguments, reason = "all that is known of one field")]
    fn field_param(
        &mut self,
        field: &Field<'a>,
        annotation: &super::annotations::Annotation<'a>,
        default: Option<Value<'a>>,
        metadata: &Value<'a>,
        flavour: Flavour,
        prefix: &str,
        at: At,
    ) -> Option<Param> {
        let style = if flavour == Flavour::Tyro {
            Style::Dashes
        } else {
            Style::Fire
        };
        let name = format!("{prefix}{}", field.name);
        let mut param = self.plain_param(&name, annotation.clone(), default.clone(), style, at)?;
        param.rule = rule_of(flavour);
        param.dest = name.replace('.', "_");
        match (flavour, &param.value_type) {
            (Flavour::Hf, Some(ValueType::Bool)) => param.pass = Pass::Joined,
            (Flavour::Hf | Flavour::Simple, Some(ValueType::List(_))) => param.pass = Pass::Value,
            (Flavour::Simple, Some(ValueType::Bool)) => param.pass = Pass::Joined,
            (Flavour::Tyro, Some(ValueType::Bool)) if param.required => param.pass = Pass::OnOff,
            _ => {}
        }
        if annotation.optional && default.is_none() && flavour == Flavour::Tyro {
            param.required = true;
        }
        let mut said = |key: &str| match metadata {
            Value::Dict(dict) => self.dict_get(dict, &Value::Str(key.to_owned().into())),
            _ => None,
        };
        let help = said("help").or_else(|| said("description"));
        let aliases = said("aliases").or_else(|| said("alias"));
        let choices = said("choices");
        let said_positional = said("positional").and_then(|value| value.truth()) == Some(true);
        param.help = help
            .and_then(|help| {
                help.as_str()
                    .map(|h| h.split_whitespace().collect::<Vec<_>>().join(" "))
            })
            .or_else(|| field.help());
        if let Some(aliases) = aliases {
            let (aliases, _) = self.iterate(&aliases);
            param.flags.extend(
                aliases
                    .iter()
                    .filter_map(|a| a.as_str())
                    .filter(|a| a.starts_with('-'))
                    .map(str::to_owned),
            );
        }
        if said_positional && flavour == Flavour::Simple {
            param.flags.clear();
            param.position = Some(0);
        }
        if let Some(choices) = choices
            && let Some(choices) = self.choices_of(&choices)
            && !choices.is_empty()
        {
            param.choices = Some(choices);
            param.value_type = Some(match param.value_type {
                Some(ValueType::List(_)) => ValueType::List(Box::new(ValueType::Choice)),
                _ => ValueType::Choice,
            });
        }
        Some(param)
    }
}

pub(super) fn rule_of(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Hf => "dataclass",
        Flavour::Tyro => "tyro",
        Flavour::Simple => "simple-parsing",
    }
}

/// Library bases that bring no fields.
fn is_plain_base(base: &str) -> bool {
    matches!(
        base.rsplit('.').next().unwrap_or(base),
        "object"
            | "Serializable"
            | "ABC"
            | "NamedTuple"
            | "BaseModel"
            | "Protocol"
            | "Generic"
            | "TypedDict"
    )
}
