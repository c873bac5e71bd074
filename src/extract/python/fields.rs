//! Owns the fields of classes that declare them by annotation: dataclasses, named tuples and their kin.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::TextRange;

use super::engine::Engine;
use super::value::{Class, Value};

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
