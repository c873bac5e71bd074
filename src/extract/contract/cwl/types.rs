//! Owns the types of CWL: words, unions, arrays, enums, and those that a tool defines for itself.

use serde_json::Value;

use crate::extract::contract::sheet::text;
use crate::requirement::ValueType;

/// How many types deep one is followed.
const DEPTH: usize = 16;

/// A type, as far as requirements go.
#[derive(Clone, Debug, Default)]
pub(super) struct Type<'v> {
    /// The type of the value; none where any is taken.
    pub(super) value_type: Option<ValueType>,
    /// Whether nothing may be given.
    pub(super) is_optional: bool,
    /// The words of an enum.
    pub(super) choices: Option<Vec<String>>,
    /// Whether it is a file, or several.
    pub(super) is_file: bool,
    /// Whether it is a folder, or several.
    pub(super) is_folder: bool,
    /// How each item of an array is passed.
    pub(super) item_binding: Option<&'v Value>,
}

/// The types that a tool defines.
pub(super) struct Types<'v> {
    own: Vec<&'v Value>,
}

impl<'v> Types<'v> {
    pub(super) fn of(tool: &'v Value) -> Self {
        let lists = ["requirements", "hints"]
            .into_iter()
            .filter_map(|section| tool.get(section));
        let schemas = lists.flat_map(|list| match list {
            Value::Object(map) => map
                .get("SchemaDefRequirement")
                .into_iter()
                .collect::<Vec<_>>(),
            Value::Array(list) => list
                .iter()
                .filter(|value| text(value, "class") == Some("SchemaDefRequirement"))
                .collect(),
            _ => Vec::new(),
        });
        let own = schemas
            .filter_map(|schema| schema.get("types")?.as_array())
            .flatten();
        Self { own: own.collect() }
    }

    /// What a type is; none where it is not understood, such as a record.
    pub(super) fn read(&self, declared: &'v Value) -> Option<Type<'v>> {
        self.read_to(declared, DEPTH)
    }

    fn read_to(&self, declared: &'v Value, depth: usize) -> Option<Type<'v>> {
        let depth = depth.checked_sub(1)?;
        match declared {
            Value::String(word) => self.word(word, depth),
            Value::Array(union) => self.union(union, depth),
            Value::Object(_) => match declared.get("type")? {
                Value::String(word) if word == "array" => {
                    let items = self.read_to(declared.get("items")?, depth)?;
                    Some(list(
                        items,
                        declared.get("inputBinding").filter(|b| b.is_object()),
                    ))
                }
                Value::String(word) if word == "enum" => {
                    let symbols = declared.get("symbols")?.as_array()?;
                    let symbols = symbols.iter().filter_map(Value::as_str);
                    let symbols = symbols.map(|symbol| {
                        symbol
                            .rsplit(['#', '/'])
                            .next()
                            .unwrap_or(symbol)
                            .to_owned()
                    });
                    Some(Type {
                        value_type: Some(ValueType::Choice),
                        choices: Some(symbols.collect()),
                        ..Type::default()
                    })
                }
                inner => self.read_to(inner, depth),
            },
            _ => None,
        }
    }

    fn word(&self, word: &str, depth: usize) -> Option<Type<'v>> {
        if let Some(inner) = word.strip_suffix('?') {
            return Some(Type {
                is_optional: true,
                ..self.word(inner, depth)?
            });
        }
        if let Some(inner) = word.strip_suffix("[]") {
            return Some(list(self.word(inner, depth)?, None));
        }
        let plain = |value_type| {
            Some(Type {
                value_type: Some(value_type),
                ..Type::default()
            })
        };
        match word {
            "null" => Some(Type {
                is_optional: true,
                ..Type::default()
            }),
            "string" => plain(ValueType::String),
            "int" | "long" => plain(ValueType::Int),
            "float" | "double" => plain(ValueType::Float),
            "boolean" => plain(ValueType::Bool),
            "File" => Some(Type {
                is_file: true,
                value_type: Some(ValueType::Path),
                ..Type::default()
            }),
            "Directory" => Some(Type {
                is_folder: true,
                value_type: Some(ValueType::Path),
                ..Type::default()
            }),
            "Any" => Some(Type::default()),
            other => {
                let name = |name: &str| name.rsplit(['#', '/']).next().map(str::to_owned);
                let own = self
                    .own
                    .iter()
                    .find(|own| text(own, "name").and_then(name) == name(other))?;
                self.read_to(own, depth)
            }
        }
    }

    /// One of several types: what all of them have in common.
    fn union(&self, union: &'v [Value], depth: usize) -> Option<Type<'v>> {
        let is_null = |value: &Value| value.as_str() == Some("null");
        let mut types = union
            .iter()
            .filter(|value| !is_null(value))
            .map(|value| self.read_to(value, depth));
        let mut all = types.next()??;
        for next in types {
            let next = next?;
            all.is_file |= next.is_file;
            all.is_folder &= next.is_folder;
            all.item_binding = all.item_binding.or(next.item_binding);
            all.value_type = match (all.value_type, next.value_type) {
                (one, other) if one == other => one,
                // One or several: a list takes both.
                (Some(ValueType::List(items)), _) | (_, Some(ValueType::List(items))) => {
                    Some(ValueType::List(items))
                }
                (Some(ValueType::Int), Some(ValueType::Float))
                | (Some(ValueType::Float), Some(ValueType::Int)) => Some(ValueType::Float),
                _ => None,
            };
            // Where a free word is as good, the words of an enum are not the only ones.
            all.choices = all.choices.filter(|_| next.choices.is_some());
        }
        all.is_optional |= union.iter().any(is_null);
        Some(all)
    }
}

fn list<'v>(items: Type<'v>, item_binding: Option<&'v Value>) -> Type<'v> {
    let inner = items.value_type.unwrap_or(ValueType::String);
    Type {
        value_type: Some(ValueType::List(Box::new(inner))),
        is_optional: false,
        choices: None,
        item_binding,
        ..items
    }
}
