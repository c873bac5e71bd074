//! Owns fields that let the user choose among classes, as simple-parsing and tyro have them: each choice brings its own
//! options.

use std::rc::Rc;

use serde_json::Value as Json;

use super::annotations::Annotation;
use super::call::Args;
use super::dataclasses::{Flavour, rule_of};
use super::engine::Engine;
use super::fields::Field;
use super::slots::{Default_, Param};
use super::value::{At, Class, Value};
use crate::requirement::{ValueType, When};

/// What a field lets choose among.
struct Choice<'a> {
    /// The choices, by name.
    classes: Vec<(String, Rc<Class<'a>>)>,
    /// The one that is taken when nothing is said; none where something must be.
    default: Option<Value<'a>>,
    /// Whether a flag makes the choice; else it is a subcommand.
    by_flag: bool,
}

impl<'a> Engine<'a> {
    /// Adds the choice that a field makes, and the options of all choices; none where it makes none.
    pub(super) fn choice_of_classes(
        &mut self,
        parser: usize,
        field: &Field<'a>,
        annotation: &Annotation<'a>,
        (flavour, prefix): (Flavour, &str),
    ) -> Option<Value<'a>> {
        let choice = match flavour {
            Flavour::Tyro => self.dotted_choice(field, annotation, prefix)?,
            _ => self.choice(field, annotation)?,
        };
        // tyro names options after the field that holds them.
        let dotted = format!("{prefix}{}.", field.name);
        let prefix = if flavour == Flavour::Tyro {
            &dotted
        } else {
            prefix
        };
        let at = At {
            module: field.class.module,
            range: field.range,
        };
        if choice.by_flag {
            self.add_choosing_flag(parser, field, &choice, at);
        } else {
            self.add_choosing_word(parser, field.name, choice.default.as_ref(), at);
        }
        let mut objects = Vec::new();
        for (name, class) in &choice.classes {
            let Value::Parser(child) = self.make_parser(&Args::new(at), rule_of(flavour)) else {
                continue;
            };
            if choice.by_flag {
                let when = When {
                    arg: field.name.to_owned(),
                    equals: Json::from(name.as_str()),
                };
                self.parsers[child].sub_of = Some((parser, when));
                self.parsers[parser].children.push(child);
            } else {
                self.add_subcommand(parser, name, child, at);
            }
            objects.push(self.object_of_fields(class, child, flavour, prefix));
        }
        Value::join_all(objects)
    }

    /// The word of the command line that makes a choice.
    fn add_choosing_word(
        &mut self,
        parser: usize,
        name: &'a str,
        default: Option<&Value<'a>>,
        at: At,
    ) {
        let mut call = Args::new(at);
        let required = Value::Bool(default.is_none());
        call.kw.push(("dest".into(), Value::str(name)));
        call.kw.push(("required".into(), required));
        self.parser_method(&Value::Parser(parser), "add_subparsers", call);
        let selector = self.parsers[parser].selector;
        if let (Some(selector), Some(Value::Str(default))) = (selector, default) {
            self.slots.params[selector].default = Default_::Known(Json::from(&**default));
        }
    }

    /// `tyro.cli(Union[A, B])`: a command for each; none where it is no union.
    pub(super) fn command_of_classes(
        &mut self,
        parser: usize,
        annotation: &Annotation<'a>,
        at: At,
    ) -> Option<Value<'a>> {
        if annotation.union.is_empty() {
            return None;
        }
        self.add_choosing_word(parser, "command", None, at);
        let mut objects = Vec::new();
        for (name, class) in &annotation.union {
            let Value::Parser(child) = self.make_parser(&Args::new(at), rule_of(Flavour::Tyro))
            else {
                continue;
            };
            let own = dashed(class.def.name.as_str());
            self.add_subcommand(parser, name.as_deref().unwrap_or(&own), child, at);
            objects.push(self.object_of_fields(class, child, Flavour::Tyro, ""));
        }
        Value::join_all(objects)
    }

    /// A union of classes as tyro takes it: `optimizer:adam`.
    fn dotted_choice(
        &mut self,
        field: &Field<'a>,
        annotation: &Annotation<'a>,
        prefix: &str,
    ) -> Option<Choice<'a>> {
        if annotation.union.is_empty() {
            return None;
        }
        let named = |(name, class): &(Option<String>, Rc<Class<'a>>)| {
            let own = dashed(class.def.name.as_str());
            let name = name.as_deref().unwrap_or(&own);
            let path = format!("{prefix}{}", field.name).replace('_', "-");
            (format!("{path}:{name}"), class.clone())
        };
        let classes: Vec<_> = annotation.union.iter().map(named).collect();
        let (default, _) = self.field_default(field)?;
        let default = default.map(|default| {
            let made = match &default {
                Value::Instance(instance) => Some(instance.class.clone()),
                Value::Class(class) => Some(class.clone()),
                _ => None,
            };
            let mut classes = classes.iter();
            let name = made.and_then(|made| classes.find(|(_, class)| Rc::ptr_eq(class, &made)));
            name.map_or(Value::Unknown, |(name, _)| Value::Str(name.clone().into()))
        });
        Some(Choice {
            classes,
            default,
            by_flag: false,
        })
    }

    fn add_choosing_flag(&mut self, parser: usize, field: &Field<'a>, choice: &Choice<'a>, at: At) {
        let default = choice.default.as_ref();
        let names = choice.classes.iter();
        let param = Param {
            dest: field.name.to_owned(),
            flags: vec![format!("--{}", field.name)],
            value_type: Some(ValueType::Choice),
            required: default.is_none(),
            default: match default {
                Some(value) => self.json(value).map_or(Default_::Computed, Default_::Known),
                None => Default_::Absent,
            },
            choices: Some(names.map(|(name, _)| Json::from(name.as_str())).collect()),
            help: field.help(),
            at: Some(at),
            rule: rule_of(Flavour::Simple),
            confidence: self.confidence,
            ..Param::default()
        };
        self.add_click_param(parser, param);
    }

    /// `subgroups({…})`, `subparsers({…})`, or a union of classes.
    fn choice(&mut self, field: &Field<'a>, annotation: &Annotation<'a>) -> Option<Choice<'a>> {
        let given = field
            .default
            .map(|expr| self.eval_in(&field.class.scope.clone(), expr));
        if let Some(Value::Object(object)) = &given
            && let Some(by_flag) = chooses(&object.class)
        {
            let named = object.args.borrow().first().cloned();
            let Some(Value::Dict(named)) = named else {
                return None;
            };
            let classes = named.items.borrow().iter().filter_map(by_name).collect();
            return Some(Choice {
                classes,
                default: object.names.borrow().get("default").cloned(),
                by_flag,
            });
        }
        if annotation.union.is_empty() {
            return None;
        }
        let named = |(_, class): &(Option<String>, Rc<Class<'a>>)| {
            (class.def.name.as_str().to_lowercase(), class.clone())
        };
        Some(Choice {
            classes: annotation.union.iter().map(named).collect(),
            default: given,
            by_flag: false,
        })
    }
}

/// Whether what makes a field lets choose, and by a flag.
fn chooses(maker: &str) -> Option<bool> {
    match maker.strip_prefix("simple_parsing.")?.rsplit('.').next()? {
        "subgroups" => Some(true),
        "subparsers" => Some(false),
        _ => None,
    }
}

/// A class and its name.
fn by_name<'a>((name, class): &(Value<'a>, Value<'a>)) -> Option<(String, Rc<Class<'a>>)> {
    match (name, class) {
        (Value::Str(name), Value::Class(class)) => Some((name.to_string(), class.clone())),
        _ => None,
    }
}

/// The name of a class with dashes between its words: `ImageNet` is `image-net`.
fn dashed(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut dashed = String::with_capacity(name.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
            || c.is_uppercase()
                && before.is_some_and(char::is_uppercase)
                && after.is_some_and(|a| a.is_lowercase());
        if begins {
            dashed.push('-');
        }
        match c {
            '_' => dashed.push('-'),
            c => dashed.extend(c.to_lowercase()),
        }
    }
    dashed
}
