//! Owns annotations: which type, choices and details `Optional[int]`, `Literal["a"]` or `Annotated[…]` stand for.

use std::rc::Rc;

use ruff_python_ast::Expr;
use serde_json::Value as Json;

use super::engine::{Engine, Frame};
use super::value::{Scope, Value};
use crate::requirement::ValueType;

/// The class of objects that stand for `X[…]`.
pub(super) const SUBSCRIPT: &str = "typing.…[…]";

/// What an annotation says.
#[derive(Clone, Default)]
pub(super) struct Annotation<'a> {
    /// The type.
    pub(super) value_type: Option<ValueType>,
    /// The choices of a `Literal` or an enumeration.
    pub(super) choices: Option<Vec<Json>>,
    /// Whether `None` is among the types.
    pub(super) optional: bool,
    /// What `Annotated` adds.
    pub(super) details: Vec<Value<'a>>,
    /// The class of the project, where it is one.
    pub(super) class: Option<Rc<super::value::Class<'a>>>,
    /// The classes of the project among which a union lets choose, with the names that it gives them.
    pub(super) union: Vec<(Option<String>, Rc<super::value::Class<'a>>)>,
    /// Whether it is a variable of the class, not a field.
    pub(super) hidden: bool,
}

impl<'a> Engine<'a> {
    /// `X[key]`, for annotations.
    pub(super) fn subscripted(&mut self, head: &Value<'a>, key: &Value<'a>) -> Value<'a> {
        self.keep(Value::object(SUBSCRIPT, vec![head.clone(), key.clone()]))
    }

    /// The value of an expression as another scope sees it.
    pub(super) fn eval_in(&mut self, scope: &Rc<Scope<'a>>, expr: &'a Expr) -> Value<'a> {
        self.frames.push(Frame {
            function: None,
            receiver: None,
            returns: Vec::new(),
            yields: Vec::new(),
            scope: scope.clone(),
        });
        let value = self.eval(expr);
        self.frames.pop();
        value
    }

    /// What an annotation says.
    pub(super) fn annotation(&mut self, value: &Value<'a>) -> Annotation<'a> {
        self.annotation_at(value, 0)
    }

    fn annotation_at(&mut self, value: &Value<'a>, depth: usize) -> Annotation<'a> {
        let plain = |value_type| Annotation {
            value_type: Some(value_type),
            ..Annotation::default()
        };
        if depth > 6 {
            return Annotation::default();
        }
        match value {
            Value::None => Annotation {
                optional: true,
                ..Annotation::default()
            },
            Value::Str(text) => match text.trim() {
                "int" => plain(ValueType::Int),
                "float" => plain(ValueType::Float),
                "bool" => plain(ValueType::Bool),
                "str" => plain(ValueType::String),
                "Path" | "pathlib.Path" => plain(ValueType::Path),
                _ => Annotation::default(),
            },
            Value::Lib(name) => match name.rsplit('.').next().unwrap_or(name) {
                "int" | "PositiveInt" | "NonNegativeInt" | "conint" => plain(ValueType::Int),
                "float" | "PositiveFloat" | "NonNegativeFloat" => plain(ValueType::Float),
                "bool" | "StrictBool" => plain(ValueType::Bool),
                "str" | "SecretStr" | "StrictStr" => plain(ValueType::String),
                "list" | "List" | "Sequence" | "tuple" | "Tuple" | "set" | "Set" | "Iterable" => {
                    plain(ValueType::List(Box::new(ValueType::String)))
                }
                "FilePath" | "DirectoryPath" | "NewPath" | "PathLike" | "FileText" => {
                    plain(ValueType::Path)
                }
                _ if super::library::is_path_class(name) => plain(ValueType::Path),
                _ => Annotation::default(),
            },
            Value::Class(class) => match self.enum_choices(value) {
                Some(choices) => Annotation {
                    value_type: Some(ValueType::Choice),
                    choices: Some(choices),
                    ..Annotation::default()
                },
                None => Annotation {
                    class: Some(class.clone()),
                    ..Annotation::default()
                },
            },
            Value::Object(object) if &*object.class == SUBSCRIPT => {
                let held = object.args.borrow().clone();
                let [head, key] = held.as_slice() else {
                    return Annotation::default();
                };
                self.subscript_annotation(head, key, depth)
            }
            Value::Alt(values) => {
                let first = values.iter().find(|value| !value.is_unknown()).cloned();
                first
                    .map(|value| self.annotation_at(&value, depth + 1))
                    .unwrap_or_default()
            }
            _ => Annotation::default(),
        }
    }

    fn subscript_annotation(
        &mut self,
        head: &Value<'a>,
        key: &Value<'a>,
        depth: usize,
    ) -> Annotation<'a> {
        let Value::Lib(head) = head else {
            return Annotation::default();
        };
        let parts = match key {
            Value::Seq(seq) => seq.items.borrow().clone(),
            other => vec![other.clone()],
        };
        match head.rsplit('.').next().unwrap_or(head) {
            "Optional" => {
                let mut inner = self.annotation_at(key, depth + 1);
                inner.optional = true;
                inner
            }
            "Union" => {
                let mut all: Option<Annotation<'a>> = None;
                let mut optional = false;
                let mut union = Vec::new();
                for part in &parts {
                    let inner = self.annotation_at(part, depth + 1);
                    if matches!(part, Value::None) {
                        optional = true;
                        continue;
                    }
                    optional |= inner.optional;
                    match inner.union.is_empty() {
                        true => {
                            let name = inner.details.iter().find_map(subcommand_name);
                            union.extend(inner.class.clone().map(|class| (name, class)));
                        }
                        false => union.extend(inner.union.iter().cloned()),
                    }
                    all = Some(match all {
                        None => inner,
                        Some(mut known) => {
                            if known.value_type != inner.value_type {
                                known.value_type = Some(ValueType::String);
                                known.choices = None;
                            }
                            known
                        }
                    });
                }
                union.truncate(if union.len() > 1 { 64 } else { 0 });
                Annotation {
                    optional,
                    union,
                    ..all.unwrap_or_default()
                }
            }
            "Annotated" => {
                let Some((first, details)) = parts.split_first() else {
                    return Annotation::default();
                };
                let mut inner = self.annotation_at(first, depth + 1);
                inner.details.extend(details.iter().cloned());
                inner
            }
            "Literal" => {
                let choices: Option<Vec<Json>> = parts.iter().map(|part| self.json(part)).collect();
                let optional = parts.iter().any(|part| matches!(part, Value::None));
                Annotation {
                    value_type: Some(ValueType::Choice),
                    choices: choices.map(|all| all.into_iter().filter(|c| !c.is_null()).collect()),
                    optional,
                    ..Annotation::default()
                }
            }
            "ClassVar" | "InitVar" => Annotation {
                hidden: true,
                ..Annotation::default()
            },
            "Final" | "Required" | "NotRequired" | "Positional" | "Conf" | "Suppress" => {
                self.annotation_at(parts.first().unwrap_or(&Value::Unknown), depth + 1)
            }
            "list" | "List" | "Sequence" | "tuple" | "Tuple" | "set" | "Set" | "Iterable"
            | "FrozenSet" => {
                let inner = parts
                    .first()
                    .map(|part| self.annotation_at(part, depth + 1));
                let inner = inner.unwrap_or_default();
                Annotation {
                    value_type: Some(ValueType::List(Box::new(
                        inner.value_type.unwrap_or(ValueType::String),
                    ))),
                    choices: inner.choices,
                    ..Annotation::default()
                }
            }
            _ => Annotation::default(),
        }
    }
}

/// The name that `Annotated[Class, subcommand("name")]` gives a class.
fn subcommand_name(detail: &Value<'_>) -> Option<String> {
    let Value::Object(object) = detail else {
        return None;
    };
    let names = object.names.borrow();
    let args = object.args.borrow();
    let name = args.first().or_else(|| names.get("name"))?.as_str()?;
    object
        .class
        .ends_with(".subcommand")
        .then(|| name.to_owned())
}
