//! Owns the first look at a value: whether it plainly fits a schema, without compiling that first. What it does not know
//! for certain it leaves to `jsonschema`.

use serde_json::{Map, Number, Value};

/// How deep schemas and values are followed.
const DEPTH: usize = 128;

/// Whether a value is certain to fit a schema.
pub(super) fn fits(schema: &Value, value: &Value) -> bool {
    looked(schema, value) == Some(true)
}

/// Whether a value fits a schema; `None` where that is not certain.
pub(super) fn looked(schema: &Value, value: &Value) -> Option<bool> {
    at(schema, schema, value, DEPTH)
}

/// Whether a value fits a part of the schema `root`; `None` where that is not certain.
fn at(root: &Value, schema: &Value, value: &Value, depth: usize) -> Option<bool> {
    let schema = match schema {
        Value::Bool(all) => return Some(*all),
        Value::Object(schema) => schema,
        _ => return None,
    };
    let depth = depth.checked_sub(1)?;
    let below = |schema: &Value, value: &Value| at(root, schema, value, depth);
    let mut is_known = true;
    for (keyword, rule) in schema {
        let fits = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format" => {
                continue;
            }
            "$ref" => {
                let place = rule.as_str()?.strip_prefix('#')?;
                below(root.pointer(place)?, value)
            }
            "type" => has_type(rule, value),
            "const" => same(rule, value),
            "enum" => any(rule.as_array()?.iter().map(|option| same(option, value))),
            "anyOf" => any(rule.as_array()?.iter().map(|branch| below(branch, value))),
            "allOf" => all(rule.as_array()?.iter().map(|branch| below(branch, value))),
            "oneOf" => {
                let mut count = 0;
                for branch in rule.as_array()? {
                    count += usize::from(below(branch, value)?);
                }
                Some(count == 1)
            }
            "not" => below(rule, value).map(|fits| !fits),
            "minimum" => limit(rule, value, |limit, number| number >= limit),
            "maximum" => limit(rule, value, |limit, number| number <= limit),
            "minLength" => {
                let least = usize::try_from(rule.as_u64()?).ok()?;
                let text = value.as_str();
                Some(text.is_none_or(|text| text.chars().take(least).count() == least))
            }
            "minItems" => {
                let least = usize::try_from(rule.as_u64()?).ok()?;
                Some(value.as_array().is_none_or(|items| items.len() >= least))
            }
            "items" if !schema.contains_key("prefixItems") => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                all(items.iter().map(|item| below(rule, item)))
            }
            "required" => match value {
                Value::Object(map) => {
                    let mut keys = rule.as_array()?.iter();
                    Some(keys.all(|key| key.as_str().is_some_and(|key| map.contains_key(key))))
                }
                _ => Some(true),
            },
            "properties" => match value {
                Value::Object(map) => {
                    let rules = rule.as_object()?;
                    let known = map
                        .iter()
                        .filter_map(|(key, value)| Some((rules.get(key)?, value)));
                    all(known.map(|(rule, value)| below(rule, value)))
                }
                _ => Some(true),
            },
            "additionalProperties" if !schema.contains_key("patternProperties") => match value {
                Value::Object(map) => {
                    let none = Map::new();
                    let known = schema.get("properties").and_then(Value::as_object);
                    let known = known.unwrap_or(&none);
                    let others = map.iter().filter(|(key, _)| !known.contains_key(*key));
                    all(others.map(|(_, value)| below(rule, value)))
                }
                _ => Some(true),
            },
            "pattern" if !value.is_string() => continue,
            _ => None,
        };
        match fits {
            Some(true) => {}
            Some(false) => return Some(false),
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

/// Whether one of them is so.
fn any(mut all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    let found = all.any(|one| {
        is_known &= one.is_some();
        one == Some(true)
    });
    (found || is_known).then_some(found)
}

/// Whether all of them are so.
fn all(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(all.map(|one| one.map(|one| !one))).map(|found| !found)
}

/// Whether a value has a type, or one of several.
fn has_type(types: &Value, value: &Value) -> Option<bool> {
    match types {
        Value::String(name) => is_a(name, value),
        Value::Array(names) => any(names.iter().map(|name| is_a(name.as_str()?, value))),
        _ => None,
    }
}

fn is_a(name: &str, value: &Value) -> Option<bool> {
    Some(match (name, value) {
        // A whole number may be written with a fraction.
        ("integer", Value::Number(number)) if number.is_f64() => return None,
        ("integer" | "number", Value::Number(_))
        | ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("null" | "boolean" | "integer" | "number" | "string" | "array" | "object", _) => false,
        _ => return None,
    })
}

/// Whether two values are the same; not certain for numbers inside of others, which have several forms.
fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        _ if left == right => Some(true),
        (Value::Number(left), Value::Number(right)) => Some(exact(left)? == exact(right)?),
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => None,
        _ => Some(false),
    }
}

/// Whether a number keeps to a limit; what is no number does.
fn limit(limit: &Value, value: &Value, keeps: fn(f64, f64) -> bool) -> Option<bool> {
    match value {
        Value::Number(number) => Some(keeps(exact(limit.as_number()?)?, exact(number)?)),
        _ => Some(true),
    }
}

/// A number that can be compared without loss.
fn exact(number: &Number) -> Option<f64> {
    number.as_f64().filter(|number| number.abs() < 9e15)
}
