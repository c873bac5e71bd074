//! Owns `MLproject` files: the entry points of an MLflow project, with their parameters and the command that takes them.

use serde_json::{Map, Value};

use super::Subject;
use super::command::{self, Part};
use super::sheet::{Sheet, text};
use crate::requirement::{Claim, Kind, ValueType};
use crate::yaml::join;

/// Whether a document is such a file.
pub(super) fn fits(value: &Value) -> bool {
    value.get("entry_points").is_some_and(Value::is_object)
}

/// Reads the entry point whose command runs the script: the one named like the step, else `main`, else the first.
pub(super) fn read(sheet: &mut Sheet<'_>, subject: &Subject<'_>) {
    sheet.note_others(
        "",
        &[
            "name",
            "entry_points",
            "conda_env",
            "python_env",
            "docker_env",
        ],
        "the project",
    );
    let folder = sheet
        .document
        .source
        .path()
        .parent()
        .map(ToOwned::to_owned)
        .unwrap_or_default();
    let Some(entries) = sheet.value().get("entry_points").and_then(Value::as_object) else {
        return;
    };
    let line = |entry: &Value| {
        text(entry, "command")
            .map(command::commands)
            .unwrap_or_default()
    };
    let fitting: Vec<(&String, &Value)> = entries
        .iter()
        .filter(|(name, entry)| match subject.script {
            Some(_) => command::after_script(&line(entry), subject, &folder).is_some(),
            None => name.as_str() == subject.step,
        })
        .collect();
    let named = |wanted: &str| fitting.iter().find(|(name, _)| name.as_str() == wanted);
    let Some((name, entry)) = named(subject.step)
        .or_else(|| named("main"))
        .or(fitting.first())
    else {
        sheet.contract.is_elsewhere = true;
        return;
    };
    let at = join("/entry_points", name);
    if fitting.len() > 1 && name.as_str() != subject.step {
        let names: Vec<&str> = fitting.iter().map(|(name, _)| name.as_str()).collect();
        sheet.note(
            &at,
            format!(
                "several entry points run this script ({}); `{name}` is read, for no other has the step's name",
                names.join(", ")
            ),
        );
    }
    sheet.note_others(&at, &["parameters", "command"], "the entry point");
    let commands = line(entry);
    let words = match subject.script {
        Some(_) => command::after_script(&commands, subject, &folder).unwrap_or_default(),
        None => commands
            .first()
            .and_then(|words| words.get(1..))
            .unwrap_or_default(),
    };
    let none = Map::new();
    let parameters = entry
        .get("parameters")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let mut claims = Vec::new();
    for (name, declared) in parameters {
        let at = join(&join(&at, "parameters"), name);
        claims.push((parameter(sheet, name, declared, &at), at));
    }
    bind(sheet, subject, words, &mut claims, &join(&at, "command"));
    for (claim, at) in claims {
        match claim.bindings.is_empty() {
            false => sheet.contract.claims.push(claim),
            true => {
                let message = format!(
                    "parameter `{}` is declared, and the command does not pass it by itself",
                    claim.name
                );
                sheet.note(&at, message);
            }
        }
    }
}

/// `NAME: type`, or `NAME: {type, default}`.
fn parameter(sheet: &mut Sheet<'_>, name: &str, declared: &Value, at: &str) -> Claim {
    let mut claim = sheet.claim(name, Kind::Arg, at);
    let word = declared.as_str().or_else(|| text(declared, "type"));
    claim.value_type = word.and_then(value_type);
    if let Some(word) = word.filter(|_| claim.value_type.is_none()) {
        sheet.note(at, format!("the type `{word}` is not understood"));
    }
    // YAML's own word for nothing is no default; MLflow passes `None` as a text.
    claim.default = declared
        .get("default")
        .filter(|value| !value.is_null())
        .cloned();
    claim.required = Some(claim.default.is_none());
    sheet.note_others(at, &["type", "default"], "the parameter");
    claim
}

fn value_type(word: &str) -> Option<ValueType> {
    Some(match word {
        "string" | "str" => ValueType::String,
        "int" | "integer" => ValueType::Int,
        "float" | "double" | "number" => ValueType::Float,
        "bool" | "boolean" => ValueType::Bool,
        "path" | "uri" => ValueType::Path,
        _ => return None,
    })
}

/// Tells each parameter by which way the command passes it.
fn bind(
    sheet: &mut Sheet<'_>,
    subject: &Subject<'_>,
    words: &[String],
    claims: &mut [(Claim, String)],
    at: &str,
) {
    for part in command::parts(words, &|flag| subject.is_switch(flag)) {
        if let Part::Flag { flag, value, .. } = &part
            && !value.is_some_and(|value| value.contains('{'))
        {
            sheet.pass(flag, at);
        }
        let (Some(word), binding) = part.bound() else {
            continue;
        };
        let name = word
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .map(str::trim);
        if let Some((claim, _)) = claims
            .iter_mut()
            .find(|(claim, _)| Some(claim.name.as_str()) == name)
        {
            claim.bindings.push(binding);
        }
    }
}
