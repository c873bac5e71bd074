//! Owns the arguments that are made of options and words read by hand.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Taken, Word};
use crate::extract::arguments::{Argument, Found, type_named};
use crate::extract::help::Help;
use crate::extract::rust::model::Model;
use crate::extract::rust::syntax::{plain, shape};
use crate::requirement::{Binding, Pass, ValueType};

/// Adds what an option was found to be.
pub(super) fn arguments_of(
    taken: Taken,
    initial: &HashMap<String, Option<Json>>,
    musts: &[String],
    types: &HashMap<String, ValueType>,
    help: &Help,
    found: &mut Found,
) {
    let help_or_version = taken
        .names
        .iter()
        .any(|n| matches!(n.as_str(), "--help" | "--version" | "-h" | "-V" | "-help"));
    if help_or_version {
        return;
    }
    let long = taken.names.iter().find(|n| n.starts_with("--")).cloned();
    let short = taken.names.iter().find(|n| n.len() == 2).cloned();
    let (flag, short) = match (long, short) {
        (Some(long), short) => (long, short),
        (None, Some(short)) => (short, None),
        (None, None) => match taken.names.first() {
            Some(first) => (first.clone(), None),
            None => return,
        },
    };
    let name = flag.trim_start_matches('-').replace('-', "_");
    let name = match (&taken.kept, name.len()) {
        (Some(kept), 1) => kept.clone(),
        _ => name,
    };
    let mut argument = Argument::new(name.clone(), taken.place, "env-args");
    argument.when = taken.when;
    let pass = match (taken.valued, taken.list) {
        (false, _) if taken.counted => Pass::Count,
        (false, _) => Pass::Switch,
        (true, true) => Pass::Repeat,
        (true, false) if taken.joined => Pass::Joined,
        (true, false) => Pass::Value,
    };
    argument.bindings.push(Binding::Flag { flag, short, pass });
    argument.description = help.of_flag(&taken.names);
    argument.likely = true;
    let kept = taken.kept.unwrap_or(name);
    if taken.valued {
        if let Some(ty) = taken.value_type.as_ref().or_else(|| types.get(&kept)) {
            argument.value_type = ty.clone();
        }
        argument.default = initial.get(&kept).cloned().flatten();
        // What takes the place of a number is one.
        if let (ValueType::String, Some(Json::Number(number))) =
            (&argument.value_type, &argument.default)
        {
            argument.value_type = match number.is_f64() {
                true => ValueType::Float,
                false => ValueType::Int,
            };
        }
        argument.required = musts.contains(&kept) && argument.default.is_none();
        if taken.list {
            argument.value_type = ValueType::List(Box::new(argument.value_type));
        }
    } else if taken.counted {
        argument.value_type = ValueType::Int;
        argument.default = initial.get(&kept).cloned().flatten();
    } else {
        argument.switch();
    }
    let known = found.arguments.iter().any(|other| {
        other.when == argument.when
            && other
                .bindings
                .iter()
                .any(|b| argument.bindings.iter().any(|a| a.same(b)))
    });
    if !known {
        found.arguments.push(argument);
    }
}

/// Adds the words of the command line, in their order.
pub(super) fn words_of(
    mut words: Vec<Word>,
    types: &HashMap<String, ValueType>,
    help: &Help,
    found: &mut Found,
) {
    words.sort_by_key(|word| word.at);
    for word in words {
        let shown = help.position(word.at).map(|shown| shown.name.clone());
        let name = word
            .name
            .or(shown)
            .unwrap_or_else(|| format!("arg{}", word.at + 1));
        let mut argument = Argument::new(name.clone(), word.place, "env-args");
        argument.bindings.push(Binding::Positional {
            positional: word.at,
        });
        argument.required = word.required;
        argument.default = word.default;
        argument.description = help.of_operand(&name);
        argument.likely = true;
        argument.when = word.when;
        if word.rest {
            argument.value_type = ValueType::List(Box::new(ValueType::String));
            argument.required = false;
        } else if !word.choices.is_empty() {
            argument.value_type = ValueType::Choice;
            argument.choices = Some(word.choices);
        } else if let Some(ty) = word.value_type.as_ref().or_else(|| types.get(&name)) {
            argument.value_type = ty.clone();
        }
        let known = found
            .arguments
            .iter()
            .any(|other| other.bindings == argument.bindings && other.when == argument.when);
        if !known {
            found.arguments.push(argument);
        }
    }
}

/// Types of fields and of what functions declare, by name, where they are paths or numbers.
pub(super) fn field_types(model: &Model<'_>) -> HashMap<String, ValueType> {
    let mut types = HashMap::new();
    for declared in &model.structs {
        for field in &declared.item.fields {
            if let Some(ident) = &field.ident {
                let ty = type_named(&shape(&field.ty).inner);
                if ty != ValueType::String && ty != ValueType::Bool {
                    types.entry(plain(ident)).or_insert(ty);
                }
            }
        }
    }
    types
}
