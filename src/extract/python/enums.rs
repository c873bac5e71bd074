//! Owns enumerations of the project: their members and values.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::value::{Class, Instance, Value};

impl<'a> Engine<'a> {
    /// The members of an enumeration, in order; none where the class is not one.
    pub(super) fn enum_members(&mut self, class: &Rc<Class<'a>>) -> Option<Vec<Value<'a>>> {
        if !self.is_enum(class) {
            return None;
        }
        let mut members = Vec::new();
        for stmt in &class.def.body {
            let Stmt::Assign(stmt) = stmt else { continue };
            let [Expr::Name(name)] = stmt.targets.as_slice() else {
                continue;
            };
            let name = name.id.as_str();
            if name.starts_with('_') {
                continue;
            }
            let value = class.scope.names.borrow().get(name).cloned();
            if let Some(value) = value {
                members.push(self.enum_member(class, name, value));
            }
        }
        Some(members)
    }

    fn is_enum(&self, class: &Rc<Class<'a>>) -> bool {
        self.library_bases(class).iter().any(|base| {
            matches!(
                base.rsplit('.').next(),
                Some("Enum" | "StrEnum" | "IntEnum" | "Flag" | "IntFlag" | "ExplicitEnum")
            )
        })
    }

    /// A name of a class's body, as its users see it: a member of an enumeration has a name and a value.
    pub(super) fn enum_member(
        &mut self,
        class: &Rc<Class<'a>>,
        name: &str,
        value: Value<'a>,
    ) -> Value<'a> {
        if matches!(value, Value::Function(_) | Value::Instance(_)) || !self.is_enum(class) {
            return value;
        }
        let value = match value {
            // `auto()` gives the name in lower case to a `StrEnum`, which is where a choice may use it.
            Value::Object(object) if object.class.ends_with("auto") => {
                Value::Str(name.to_lowercase().into())
            }
            value => value,
        };
        let instance = Rc::new(Instance {
            class: class.clone(),
            names: Default::default(),
            native: Default::default(),
        });
        {
            let mut names = instance.names.borrow_mut();
            names.insert("value".into(), value);
            names.insert("name".into(), Value::Str(name.to_owned().into()));
        }
        let member = self.keep(Value::Instance(instance));
        class
            .scope
            .names
            .borrow_mut()
            .insert(name.to_owned().into(), member.clone());
        member
    }

    /// `Colour("red")`: the member of that value.
    pub(super) fn make_enum(
        &mut self,
        class: &Rc<Class<'a>>,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let members = self.enum_members(class)?;
        let wanted = args.first()?;
        let found = members.iter().find(|member| {
            let Value::Instance(member) = member else {
                return false;
            };
            member
                .names
                .borrow()
                .get("value")
                .is_some_and(|value| value.same(wanted))
        });
        Some(found.cloned().unwrap_or_default())
    }

    /// An attribute of an object that has none of that name.
    pub(super) fn enum_attribute(&mut self, _object: &Value<'a>, _name: &str) -> Value<'a> {
        Value::Unknown
    }

    /// The values of an enumeration's members.
    pub(super) fn enum_choices(&mut self, value: &Value<'a>) -> Option<Vec<Json>> {
        let Value::Class(class) = value else {
            return None;
        };
        let members = self.enum_members(class)?;
        members.iter().map(|member| self.json(member)).collect()
    }
}
