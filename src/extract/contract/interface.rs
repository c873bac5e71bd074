//! Owns step-interface files: `contract: {entry_point, inputs, outputs, job_arguments, env_vars}` with container paths,
//! as orchestrators of containers keep them.

use serde_json::Value;

use super::Subject;
use super::sheet::{Sheet, prose, text};
use crate::requirement::{Binding, DataType, Kind, ValueType};
use crate::yaml::join;

/// Keys of the contract that are read, or say nothing about requirements.
const KNOWN: &[&str] = &[
    "entry_point",
    "inputs",
    "outputs",
    "arguments",
    "job_arguments",
    "env_vars",
    "description",
    "name",
    "framework",
];

/// Whether a document is such a file.
pub(super) fn fits(value: &Value) -> bool {
    value.get("contract").is_some_and(Value::is_object)
}

/// Reads it.
pub(super) fn read(sheet: &mut Sheet<'_>, _: &Subject<'_>) {
    let Some(body) = sheet.value().get("contract").and_then(Value::as_object) else {
        return;
    };
    // What older files say of arguments is weaker than what `job_arguments` says of the same.
    let is_old = |key: &String| key == "arguments";
    let newer = body.iter().filter(|(key, _)| !is_old(key));
    for (key, value) in newer.chain(body.iter().filter(|(key, _)| is_old(key))) {
        let at = join("/contract", key);
        match key.as_str() {
            "entry_point" => sheet.contract.script = value.as_str().map(str::to_owned),
            "inputs" => paths(sheet, Kind::Input, value, &at),
            "outputs" => paths(sheet, Kind::Output, value, &at),
            "job_arguments" | "arguments" => arguments(sheet, value, &at),
            "env_vars" => variables(sheet, value, &at),
            known if KNOWN.contains(&known) => {}
            other => sheet.note(&at, format!("`{other}` of the contract is not understood")),
        }
    }
}

/// `NAME: {path, required}` or `NAME: path`.
fn paths(sheet: &mut Sheet<'_>, kind: Kind, value: &Value, at: &str) {
    let Some(entries) = value.as_object() else {
        if !value.is_null() {
            sheet.wrong(at, "a mapping of names to paths");
        }
        return;
    };
    for (name, entry) in entries {
        let at = join(at, name);
        let mut claim = sheet.claim(name, kind, &at);
        claim.value_type = Some(ValueType::Path);
        let path = entry
            .as_str()
            .or_else(|| entry.get("path").and_then(Value::as_str));
        claim.required = Some(
            entry
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or(true),
        );
        claim.description = prose(entry, &["description"]);
        if let Some(path) = path {
            claim.data_type = DataType::of_name(path);
            claim.bindings.push(Binding::ContainerPath {
                container_path: path.to_owned(),
            });
        }
        sheet.contract.claims.push(claim);
    }
}

/// A list of `{flag: --name}`, or a mapping of flags to their defaults.
fn arguments(sheet: &mut Sheet<'_>, value: &Value, at: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                let flag = item
                    .as_str()
                    .or_else(|| item.get("flag").and_then(Value::as_str));
                match flag {
                    Some(flag) => argument(sheet, flag, item, &at),
                    None => sheet.note(
                        &at,
                        "an argument without a `flag` is not understood".to_owned(),
                    ),
                }
            }
        }
        Value::Object(entries) => {
            for (flag, item) in entries {
                argument(sheet, flag, item, &join(at, flag));
            }
        }
        _ => sheet.wrong(at, "a list of `{ flag: --name }`"),
    }
}

fn argument(sheet: &mut Sheet<'_>, flag: &str, item: &Value, at: &str) {
    let name = flag.trim_start_matches('-').replace('-', "_");
    let flag = if flag.starts_with('-') {
        flag.to_owned()
    } else {
        format!("--{}", flag.replace('_', "-"))
    };
    let binding = Binding::flag(flag);
    let described = prose(item, &["description", "help"]);
    // Older files list their arguments once more, by what they are for.
    let described = described.or_else(|| {
        let told = item.as_str()?.trim();
        (told.contains(' ')).then(|| told.to_owned())
    });
    let claims = &mut sheet.contract.claims;
    let known = claims
        .iter_mut()
        .find(|claim| claim.kind == Kind::Arg && claim.bindings.iter().any(|b| b.same(&binding)));
    if let Some(known) = known {
        known.description = known.description.take().or(described);
        return;
    }
    let mut claim = sheet.claim(&name, Kind::Arg, at).bound(binding);
    let field = |key: &str| item.get(key);
    claim.required = field("required").and_then(Value::as_bool);
    // In a mapping of flags the value itself is the default.
    let own = Some(item).filter(|item| item.is_number() || item.is_boolean());
    claim.default = field("default").or(own).cloned();
    claim.choices = field("choices").and_then(Value::as_array).cloned();
    claim.description = described;
    claim.value_type = text(item, "type").and_then(ValueType::parse);
    sheet.contract.claims.push(claim);
}

/// `required: [NAME]`, `optional: {NAME: default}`.
fn variables(sheet: &mut Sheet<'_>, value: &Value, at: &str) {
    let Some(groups) = value.as_object() else {
        if !value.is_null() {
            sheet.wrong(at, "`required` and `optional`");
        }
        return;
    };
    for (group, names) in groups {
        let at = join(at, group);
        match (group.as_str(), names) {
            (_, Value::Null) => {}
            ("required", Value::Array(names)) => {
                for (index, name) in names.iter().enumerate() {
                    match name.as_str() {
                        Some(name) => variable(sheet, name, true, None, &format!("{at}/{index}")),
                        None => sheet.wrong(&format!("{at}/{index}"), "a variable's name"),
                    }
                }
            }
            ("optional", Value::Array(names)) => {
                for (index, name) in names.iter().enumerate() {
                    if let Some(name) = name.as_str() {
                        variable(sheet, name, false, None, &format!("{at}/{index}"));
                    }
                }
            }
            ("required" | "optional", Value::Object(names)) => {
                for (name, default) in names {
                    let default =
                        (group == "optional" && !default.is_object()).then(|| default.clone());
                    variable(sheet, name, group == "required", default, &join(&at, name));
                }
            }
            _ => sheet.note(
                &at,
                format!("`env_vars.{group}` of the contract is not understood"),
            ),
        }
    }
}

fn variable(sheet: &mut Sheet<'_>, name: &str, required: bool, default: Option<Value>, at: &str) {
    let mut claim = sheet.claim(name, Kind::Env, at).bound(Binding::env(name));
    claim.required = Some(required);
    claim.default = default.filter(|value| !value.is_null());
    sheet.contract.claims.push(claim);
}
