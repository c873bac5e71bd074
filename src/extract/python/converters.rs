//! Owns converters: what `type=` makes of a parameter's text.

use super::call::Args;
use super::engine::Engine;
use super::slots::Direction;
use super::value::{At, Value};
use crate::requirement::{Pass, ValueType};

impl<'a> Engine<'a> {
    /// What a `type=` makes of a value: its type, how a list is passed, and a direction it tells.
    pub(super) fn type_named(
        &mut self,
        value: &Value<'a>,
        at: At,
    ) -> (Option<ValueType>, Pass, Option<Direction>) {
        let plain = |value_type| (Some(value_type), Pass::Value, None);
        match value {
            Value::Lib(name) => match &**name {
                "int" | "long" | "numpy.int32" | "numpy.int64" | "numpy.int" | "click.INT" => {
                    plain(ValueType::Int)
                }
                "float" | "numpy.float32" | "numpy.float64" | "numpy.float" | "click.FLOAT"
                | "decimal.Decimal" => plain(ValueType::Float),
                "bool"
                | "click.BOOL"
                | "distutils.util.strtobool"
                | "setuptools.distutils.util.strtobool"
                | "numpy.bool_" => plain(ValueType::Bool),
                name if super::library::is_path_class(name) || is_path_function(name) => {
                    plain(ValueType::Path)
                }
                _ => (None, Pass::Value, None),
            },
            Value::Object(object) if &*object.class == "argparse.FileType" => {
                let mode = object.args.borrow().first().cloned();
                let writes = mode
                    .as_ref()
                    .and_then(Value::as_str)
                    .is_some_and(|mode| mode.contains(['w', 'a', 'x']));
                let direction = if writes {
                    Direction::Writes
                } else {
                    Direction::Reads
                };
                (Some(ValueType::Path), Pass::Value, Some(direction))
            }
            Value::Class(class) if self.enum_members(class).is_some() => plain(ValueType::Choice),
            Value::Function(_) | Value::Class(_) | Value::Bound(_) => {
                let mut args = Args::new(at);
                args.pos.push(Value::Typed(ValueType::String));
                let uncertain = std::mem::replace(&mut self.uncertain, 1);
                let result = self.call(value, args);
                self.uncertain = uncertain;
                match result_type(&result) {
                    Some(ValueType::List(item)) => {
                        (Some(ValueType::List(item)), Pass::Commas, None)
                    }
                    value_type => (value_type, Pass::Value, None),
                }
            }
            _ => (None, Pass::Value, None),
        }
    }
}

/// The type that a converter's results share.
fn result_type(value: &Value<'_>) -> Option<ValueType> {
    let mut found = None;
    for value in value.alternatives() {
        let value_type = match value {
            Value::Bool(_) | Value::Typed(ValueType::Bool) => ValueType::Bool,
            Value::Int(_) | Value::Typed(ValueType::Int) => ValueType::Int,
            Value::Float(_) | Value::Typed(ValueType::Float) => ValueType::Float,
            Value::Typed(ValueType::Path) => ValueType::Path,
            Value::Seq(seq) => {
                let item = seq.items.borrow().first().and_then(result_type);
                ValueType::List(Box::new(item.unwrap_or(ValueType::String)))
            }
            Value::None | Value::Never => continue,
            _ => ValueType::String,
        };
        match &found {
            None => found = Some(value_type),
            Some(known) if *known == value_type => {}
            // `if isinstance(value, bool): return value` and the like.
            Some(ValueType::Bool) if value_type == ValueType::String => {}
            Some(ValueType::String) if value_type == ValueType::Bool => found = Some(value_type),
            // `int` where it can be, else something else: the value is what is written.
            Some(_) => return None,
        }
    }
    found.filter(|value_type| *value_type != ValueType::String)
}

fn is_path_function(name: &str) -> bool {
    matches!(
        name,
        "os.path.abspath" | "os.path.expanduser" | "os.path.realpath" | "os.path.normpath"
    )
}
