//! Owns the fields of classes that declare them by annotation: dataclasses, named tuples and their kin.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::TextRange;

use super::call::Args;
use super::engine::Engine;
use super::value::{Class, SeqKind, Value};

/// A field of a class.
#[derive(Clone)]
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its annotation.
    pub(super) annotation: Option<&'a Expr>,
    /// The expression behind `=`.
    pub(super) default: Option<&'a Expr>,
    /// The class that declares it.
    pub(super) class: Rc<Class<'a>>,
    /// Where.
    pub(super) range: TextRange,
    /// The text that stands below it.
    pub(super) below: Option<&'a str>,
}

impl Field<'_> {
    /// What it is for, where a text below it says so.
    pub(super) fn help(&self) -> Option<String> {
        let text = self.below?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }
}

/// The fields of a class, those of its bases first, as a dataclass orders them.
pub(super) fn fields<'a>(engine: &mut Engine<'a>, class: &Rc<Class<'a>>) -> Vec<Field<'a>> {
    let mut all = Vec::new();
    collect(engine, class, &mut all, 0);
    all
}

fn collect<'a>(
    engine: &mut Engine<'a>,
    class: &Rc<Class<'a>>,
    all: &mut Vec<Field<'a>>,
    depth: usize,
) {
    if depth > 12 || !engine.pay(class.def.body.len()) {
        return;
    }
    for base in class.bases.iter().rev() {
        if let Value::Class(base) = base {
            collect(engine, base, all, depth + 1);
        }
    }
    for (place, stmt) in class.def.body.iter().enumerate() {
        let Stmt::AnnAssign(stmt) = stmt else {
            continue;
        };
        let below = match class.def.body.get(place + 1) {
            Some(Stmt::Expr(next)) => match &*next.value {
                Expr::StringLiteral(text) => Some(text.value.to_str()),
                _ => None,
            },
            _ => None,
        };
        let Expr::Name(name) = &*stmt.target else {
            continue;
        };
        if is_class_variable(&stmt.annotation) {
            continue;
        }
        let field = Field {
            name: name.id.as_str(),
            annotation: Some(&stmt.annotation),
            default: stmt.value.as_deref(),
            class: class.clone(),
            range: stmt.range,
            below,
        };
        match all.iter_mut().find(|known| known.name == field.name) {
            Some(known) => *known = field,
            None => all.push(field),
        }
    }
}

impl<'a> Engine<'a> {
    /// What `dataclasses` tells of fields: their list, or an object's as a dictionary.
    pub(super) fn call_dataclasses(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let object = args.first()?.clone();
        let class = match &object {
            Value::Instance(instance) => instance.class.clone(),
            Value::Class(class) => class.clone(),
            _ => return None,
        };
        match (rest, &object) {
            ("asdict", Value::Instance(_)) => {
                let mut items = Vec::new();
                for field in fields(self, &class) {
                    let value = self.attribute(&object, field.name.into(), args.at);
                    items.push((Value::str(field.name), self.declared_default(value, args)));
                }
                Some(self.dict(items, false))
            }
            ("fields", _) => {
                let mut items = Vec::new();
                for field in fields(self, &class) {
                    let declared = self.class_member(&class, field.name).unwrap_or_default();
                    let metadata = match &declared {
                        Value::Object(made) => made.names.borrow().get("metadata").cloned(),
                        _ => None,
                    };
                    let value_type = match field.annotation {
                        Some(annotation) => {
                            let scope = field.class.scope.clone();
                            self.eval_in(&scope, annotation)
                        }
                        None => Value::Unknown,
                    };
                    let default = match field.default {
                        Some(_) => self.declared_default(declared, args),
                        None => Value::Lib("dataclasses.MISSING".into()),
                    };
                    let made = Value::object("dataclasses.Field", Vec::new());
                    if let Value::Object(made) = &made {
                        let mut names = made.names.borrow_mut();
                        names.insert("name".into(), Value::str(field.name));
                        names.insert("default".into(), default);
                        names.insert("type".into(), value_type);
                        names.insert("metadata".into(), metadata.unwrap_or_default());
                    }
                    items.push(self.keep(made));
                }
                Some(self.seq(SeqKind::Tuple, items))
            }
            _ => None,
        }
    }

    /// The value behind `field(default=…)`; anything else is its own.
    fn declared_default(&mut self, value: Value<'a>, args: &Args<'a>) -> Value<'a> {
        let Value::Object(made) = &value else {
            return value;
        };
        if !made.class.ends_with("field") && !made.class.ends_with("attr.ib") {
            return value;
        }
        let given = |name: &str| made.names.borrow().get(name).cloned();
        match (
            given("default"),
            given("default_factory").or_else(|| given("factory")),
        ) {
            (Some(default), _) => default,
            (None, Some(factory)) => self.call(&factory, Args::new(args.at)),
            (None, None) => Value::Unknown,
        }
    }
}

fn is_class_variable(annotation: &Expr) -> bool {
    let head = match annotation {
        Expr::Subscript(subscript) => &subscript.value,
        other => other,
    };
    match head {
        Expr::Name(name) => name.id.as_str() == "ClassVar",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "ClassVar",
        _ => false,
    }
}
