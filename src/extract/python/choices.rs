//! Owns fields that let the user choose among classes, as simple-parsing has them: each choice brings its own options.

use std::rc::Rc;

use serde_json::Value as Json;

use super::annotations::Annotation;
use super::call::Args;
use super::dataclasses::Flavour;
use super::engine::Engine;
use super::fields::Field;
use super::slots::{Default_, Param};
use super::value::{At, Class, Value};
use crate::requirement::{ValueType, When};

/// The rule that sees them.
const RULE: &str = "simple-parsing";

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
        prefix: &str,
    ) -> Option<Value<'a>> {
        let choice = self.choice(field, annotation)?;
        let at = At {
            module: field.class.module,
            range: field.range,
        };
        if choice.by_flag {
            self.add_choosing_flag(parser, field, &choice, at);
        } else {
            let mut call = Args::new(at);
            let required = Value::Bool(choice.default.is_none());
            call.kw.push(("dest".into(), Value::str(field.name)));
            call.kw.push(("required".into(), required));
            self.parser_method(&Value::Parser(parser), "add_subparsers", call);
        }
        let mut objects = Vec::new();
        for (name, class) in &choice.classes {
            let Value::Parser(child) = self.make_parser(&Args::new(at), RULE) else {
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
            objects.push(self.object_of_fields(class, child, Flavour::Simple, prefix));
        }
        Value::join_all(objects)
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
            rule: RULE,
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
        let named = |class: &Rc<Class<'a>>| (class.def.name.as_str().to_lowercase(), class.clone());
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
