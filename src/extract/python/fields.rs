//! Owns the fields of classes that declare them by annotation: dataclasses, named tuples and their kin.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};

use super::engine::Engine;
use super::value::{Class, Value};

/// A field of a class.
#[derive(Clone)]
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) name: &'a str,
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
    for stmt in &class.def.body {
        let Stmt::AnnAssign(stmt) = stmt else {
            continue;
        };
        let Expr::Name(name) = &*stmt.target else {
            continue;
        };
        if is_class_variable(&stmt.annotation) {
            continue;
        }
        let field = Field {
            name: name.id.as_str(),
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
