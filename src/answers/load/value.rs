//! Owns a single answer's value: the type that its text means, the shape it has to have, and what is left to check
//! once variables are filled in.

use std::collections::HashMap;

use serde_json::Value;

use crate::answers::words::{self, Asker};
use crate::diagnostic::Diagnostic;
use crate::requirement::{Kind, Requirement, ValueType};
use crate::schema::{self, Reader};
use crate::shape::{self, Fault, Misfit, Pattern, Shape};
use crate::source::{Place, Source};
use crate::yaml::{self, Node};

/// Whether values of a type are passed on as they are written.
fn is_text(value_type: &ValueType) -> bool {
    matches!(
        value_type,
        ValueType::String | ValueType::Path | ValueType::Choice
    )
}

/// What is written at a node, with the type that is asked for where its text leaves no doubt: `2020` where a text is
/// asked for is the text as written, `1e3` where a whole number is asked for is 1000.
pub(super) fn coerced(
    requirement: &Requirement,
    value_type: &ValueType,
    node: &Node,
    source: &Source,
) -> Value {
    let value = match (&node.kind, value_type) {
        (yaml::Kind::Seq(items), ValueType::List(of)) => {
            return items
                .iter()
                .map(|item| coerced(requirement, of, item, source))
                .collect();
        }
        (yaml::Kind::Scalar(value), _) if value.is_number() || value.is_boolean() => value,
        _ => return node.to_value(),
    };
    let text = || Value::String(source.slice(node.span).to_owned());
    if !requirement.choices.is_empty() {
        let only_as_text =
            !requirement.choices.contains(value) && requirement.choices.contains(&text());
        return if only_as_text { text() } else { value.clone() };
    }
    match value_type {
        ValueType::Path if value.is_boolean() => value.clone(),
        _ if is_text(value_type) => text(),
        ValueType::Int if value.is_f64() => {
            let whole = value
                .as_f64()
                .and_then(schema::number)
                .filter(Value::is_i64);
            whole.unwrap_or_else(|| value.clone())
        }
        _ => value.clone(),
    }
}

/// Shapes of answers, each made when it is first needed. Most answers of a pipeline share a few.
#[derive(Default)]
pub(super) struct Shapes<'a>(HashMap<Looks<'a>, Shape>);

/// What decides about the shape of an answer.
type Looks<'a> = (
    (Kind, &'a ValueType, bool),
    &'a [Value],
    Option<&'a str>,
    [Option<u64>; 2],
);

impl<'a> Shapes<'a> {
    /// What does not fit in a value; nothing where the requirement's own pattern cannot be used, which is a finding
    /// in the manifest.
    pub(super) fn misfits(&mut self, requirement: &'a Requirement, value: &Value) -> Vec<Misfit> {
        let looks: Looks<'a> = (
            (
                requirement.kind,
                &requirement.value_type,
                requirement.required,
            ),
            &requirement.choices,
            requirement.pattern.as_deref(),
            [requirement.min, requirement.max].map(|limit| limit.map(f64::to_bits)),
        );
        let shape = || Shape::new(schema::value(&[], 0, requirement, Reader::Check));
        self.0.entry(looks).or_insert_with(shape).misfits(value)
    }
}

/// Checks a value once its variables are filled in; `literal` where it had none, so that the schema has seen it.
pub(super) fn check_filled(
    asker: Asker<'_>,
    value_type: &ValueType,
    value: &Value,
    literal: bool,
    place: &Place,
) -> Result<(), Diagnostic> {
    let requirement = asker.requirement;
    if let (ValueType::List(of), Value::Array(items)) = (value_type, value) {
        return items
            .iter()
            .try_for_each(|item| check_filled(asker, of, item, literal, place));
    }
    let told = |fault: Fault| Err(words::unfit(asker, &fault, value, place));
    if !requirement.choices.is_empty() {
        let text = Value::String(shape::written(value));
        return match requirement.choices.contains(value) || requirement.choices.contains(&text) {
            true => Ok(()),
            false => told(Fault::Choice {
                options: requirement.choices.clone(),
            }),
        };
    }
    let number = value
        .as_f64()
        .or_else(|| yaml::resolve(value.as_str()?).as_f64());
    match value_type {
        ValueType::Int if number.is_none() || value.is_f64() => {
            return told(Fault::Type {
                expected: vec!["integer"],
            });
        }
        ValueType::Float if number.is_none() => {
            return told(Fault::Type {
                expected: vec!["number"],
            });
        }
        ValueType::Bool if !value.is_boolean() && requirement.kind != Kind::Env => {
            return told(Fault::Type {
                expected: vec!["boolean"],
            });
        }
        _ => {}
    }
    if matches!(value_type, ValueType::Int | ValueType::Float)
        && let Some(number) = number
    {
        let limit = |limit: f64| schema::number(limit).unwrap_or(Value::Null);
        if let Some(min) = requirement.min.filter(|min| number < *min) {
            return told(Fault::TooSmall {
                limit: limit(min),
                exclusive: false,
            });
        }
        if let Some(max) = requirement.max.filter(|max| number > *max) {
            return told(Fault::TooLarge {
                limit: limit(max),
                exclusive: false,
            });
        }
    }
    if let (Some(pattern), Some(text), false) = (&requirement.pattern, value.as_str(), literal)
        && is_text(value_type)
        && Pattern::compile(pattern).is_ok_and(|compiled| !compiled.fits(text))
    {
        return told(Fault::Pattern {
            pattern: pattern.clone(),
        });
    }
    Ok(())
}
