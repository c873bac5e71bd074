//! Owns Boutiques descriptors: JSON files that describe a command-line tool by a template of its command, its inputs and
//! its output files.

use std::collections::HashMap;

use serde_json::Value;

use super::Subject;
use super::command::{self, Part};
use super::sheet::{Sheet, prose, text};
use crate::requirement::{Binding, Claim, DataType, Kind, Pass, ValueType};
use crate::yaml::join;

/// Keys of a descriptor that are read, or say nothing about requirements.
const KNOWN: &[&str] = &[
    "name",
    "id",
    "description",
    "tool-version",
    "schema-version",
    "command-line",
    "inputs",
    "output-files",
    "groups",
    "environment-variables",
    "container-image",
    "author",
    "url",
    "descriptor-url",
    "doi",
    "tool-doi",
    "tags",
    "custom",
    "tests",
    "error-codes",
    "suggested-resources",
    "walltime-estimate",
    "online-platform-urls",
    "invocation-schema",
    "shell",
    "deprecated-by-doi",
];

/// Whether a document is one. Its own JSON schema has the same keys, as names of properties.
pub(super) fn fits(value: &Value) -> bool {
    value.get("command-line").is_some_and(Value::is_string)
        && value.get("inputs").is_some_and(Value::is_array)
        && (value.get("schema-version").is_some() || value.get("tool-version").is_some())
}

/// What stands for a value in the command line: nothing that people write.
fn mark(index: usize) -> String {
    format!("\u{1}{index}\u{1}")
}

/// Reads it.
pub(super) fn read(sheet: &mut Sheet<'_>, subject: &Subject<'_>) {
    sheet.note_others("", KNOWN, "the descriptor");
    let descriptor = sheet.value();
    let mut keys: Vec<String> = Vec::new();
    let mut claims: Vec<(Claim, String)> = Vec::new();
    let list = |key: &str| {
        descriptor
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
    };
    let mut given_flags: Vec<Option<(String, Pass)>> = Vec::new();
    for (index, declared) in list("inputs") {
        let at = format!("/inputs/{index}");
        let Some(claim) = input(sheet, declared, &at) else {
            continue;
        };
        keys.push(key_of(declared));
        given_flags.push(flag(sheet, declared, &at, claim.value_type.as_ref()));
        claims.push((claim, at));
    }
    if list("inputs").any(|(_, input)| {
        [
            "requires-inputs",
            "disables-inputs",
            "value-requires",
            "value-disables",
        ]
        .iter()
        .any(|key| input.get(key).is_some())
    }) {
        sheet.note(
            "/inputs",
            "which inputs require or disable others is not checked",
        );
    }
    for (index, declared) in list("output-files") {
        let at = format!("/output-files/{index}");
        let Some(claim) = output(sheet, declared, &at, &keys, &mut claims) else {
            continue;
        };
        keys.push(key_of(declared));
        given_flags.push(flag(sheet, declared, &at, None));
        claims.push((claim, at));
    }
    bind(sheet, subject, &keys, &given_flags, &mut claims);
    for (index, declared) in list("environment-variables") {
        variable(
            sheet,
            declared,
            &format!("/environment-variables/{index}"),
            &keys,
            &mut claims,
        );
    }
    groups(sheet, descriptor, &mut claims);
    for (claim, at) in claims {
        match claim.bindings.is_empty() {
            false => sheet.contract.claims.push(claim),
            true => sheet.note(
                &at,
                format!(
                    "`{}` has no place of its own on the command line",
                    claim.name
                ),
            ),
        }
    }
}

fn key_of(declared: &Value) -> String {
    let key = text(declared, "value-key").or_else(|| text(declared, "command-line-key"));
    key.unwrap_or_default().to_owned()
}

fn name_of(declared: &Value) -> Option<&str> {
    text(declared, "id").or_else(|| text(declared, "name"))
}

fn input(sheet: &mut Sheet<'_>, declared: &Value, at: &str) -> Option<Claim> {
    let Some(name) = name_of(declared) else {
        sheet.note(at, "an input without an `id` is not understood");
        return None;
    };
    let is_list = declared.get("list").and_then(Value::as_bool) == Some(true);
    let word = text(declared, "type").unwrap_or_default();
    let (kind, one) = match word {
        "File" => (Kind::Input, ValueType::Path),
        "Number" | "Numeric" if declared.get("integer").and_then(Value::as_bool) == Some(true) => {
            (Kind::Arg, ValueType::Int)
        }
        "Number" | "Numeric" => (Kind::Arg, ValueType::Float),
        "Flag" => (Kind::Arg, ValueType::Bool),
        "String" | "Enum" => (Kind::Arg, ValueType::String),
        _ => {
            sheet.note(at, format!("the type of input `{name}` is not understood"));
            return None;
        }
    };
    let mut claim = sheet.claim(name, kind, at);
    claim.description = prose(declared, &["description", "name"]);
    claim.default = declared
        .get("default-value")
        .filter(|value| !value.is_null())
        .cloned();
    let is_optional = declared.get("optional").and_then(Value::as_bool) == Some(true);
    claim.required = Some(!is_optional && claim.default.is_none() && one != ValueType::Bool);
    let choices = declared
        .get("value-choices")
        .or_else(|| declared.get("enum-value-choices"));
    claim.choices = choices
        .and_then(Value::as_array)
        .filter(|choices| !choices.is_empty())
        .cloned();
    let is_whole = one == ValueType::Int;
    claim.min = bound(
        declared,
        "minimum",
        "exclusive-minimum",
        if is_whole { 1.0 } else { 0.0 },
    );
    claim.max = bound(
        declared,
        "maximum",
        "exclusive-maximum",
        if is_whole { -1.0 } else { 0.0 },
    );
    claim.value_type = Some(match (is_list, &claim.choices) {
        (true, _) => ValueType::List(Box::new(one)),
        (false, Some(_)) => ValueType::Choice,
        (false, None) => one,
    });
    Some(claim)
}

fn bound(declared: &Value, key: &str, exclusive: &str, step: f64) -> Option<f64> {
    let number = declared.get(key)?.as_f64()?;
    let is_exclusive = declared.get(exclusive).and_then(Value::as_bool) == Some(true);
    Some(if is_exclusive { number + step } else { number })
}

/// The flag that stands before a value, and how the two are joined.
fn flag(
    sheet: &mut Sheet<'_>,
    declared: &Value,
    at: &str,
    value_type: Option<&ValueType>,
) -> Option<(String, Pass)> {
    let flag = text(declared, "command-line-flag")
        .map(str::trim)
        .filter(|flag| !flag.is_empty())?;
    let separator = text(declared, "command-line-flag-separator").unwrap_or(" ");
    let items = text(declared, "list-separator").unwrap_or(" ");
    let is_list = matches!(value_type, Some(ValueType::List(_)));
    let pass = match (value_type, separator, items) {
        (Some(ValueType::Bool), ..) => Pass::Switch,
        (_, " ", ",") if is_list => Pass::Commas,
        (_, " ", " ") => Pass::Value,
        (_, " ", _) if !is_list => Pass::Value,
        (_, "=", _) if !is_list => Pass::Joined,
        (_, "", _) if !is_list && flag.ends_with('=') => Pass::Joined,
        (_, "", _) if !is_list => Pass::Glued,
        _ => {
            sheet.note(
                at,
                "the way in which flag and values are joined is not understood",
            );
            Pass::Value
        }
    };
    let flag = flag
        .strip_suffix('=')
        .filter(|_| pass == Pass::Joined)
        .unwrap_or(flag);
    Some((flag.to_owned(), pass))
}

/// An output file that is no input's value.
fn output(
    sheet: &mut Sheet<'_>,
    declared: &Value,
    at: &str,
    keys: &[String],
    inputs: &mut [(Claim, String)],
) -> Option<Claim> {
    let name = name_of(declared)?;
    let is_optional = declared.get("optional").and_then(Value::as_bool) == Some(true);
    let template = text(declared, "path-template").unwrap_or_default();
    if declared.get("file-template").is_some() {
        sheet.note(
            at,
            format!("`{name}` is a settings file made from a template, which is not made here"),
        );
        return None;
    }
    let mut claim = sheet.claim(name, Kind::Output, at);
    claim.required = Some(!is_optional);
    claim.value_type = Some(ValueType::Path);
    claim.description = prose(declared, &["description", "name"]);
    let used = keys
        .iter()
        .position(|key| !key.is_empty() && template.contains(key.as_str()));
    let is_many = declared.get("list").and_then(Value::as_bool) == Some(true)
        || template.contains(['*', '?']);
    if !key_of(declared).is_empty() {
        claim.data_type = DataType::of_name(template);
        claim.default = Some(Value::String(template.to_owned()))
            .filter(|_| used.is_none() && !template.is_empty());
        return Some(claim);
    }
    match used {
        None if !template.is_empty() && !is_many => {
            claim.data_type = DataType::of_name(template);
            let container_path = template.to_owned();
            Some(claim.bound(Binding::ContainerPath { container_path }))
        }
        // The caller says where the output goes.
        Some(index) if template == keys[index] && !is_many && inputs.get(index).is_some() => {
            let (given, _) = &mut inputs[index];
            match given.value_type {
                Some(ValueType::String | ValueType::Path) => {
                    given
                        .aliases
                        .push(std::mem::replace(&mut given.name, claim.name));
                    given.kind = Kind::Output;
                    given.value_type = Some(ValueType::Path);
                }
                _ => sheet.note(
                    at,
                    format!("where output `{name}` lies is known only when the tool has run"),
                ),
            }
            None
        }
        _ => {
            sheet.note(
                at,
                format!("where output `{name}` lies is known only when the tool has run"),
            );
            None
        }
    }
}

/// Tells each value by which way the command line passes it.
fn bind(
    sheet: &mut Sheet<'_>,
    subject: &Subject<'_>,
    keys: &[String],
    given_flags: &[Option<(String, Pass)>],
    claims: &mut [(Claim, String)],
) {
    let mut line = text(sheet.value(), "command-line")
        .unwrap_or_default()
        .to_owned();
    let mut order: Vec<usize> = (0..keys.len())
        .filter(|index| !keys[*index].is_empty())
        .collect();
    order.sort_by_key(|index| std::cmp::Reverse(keys[*index].len()));
    for index in &order {
        let is_there = line.contains(&keys[*index]);
        if let (true, Some((flag, pass))) = (is_there, &given_flags[*index]) {
            let flag = flag.clone();
            claims[*index].0.bindings.push(Binding::Flag {
                flag,
                short: None,
                pass: *pass,
            });
        }
        // What brings its own flag, or is a flag that may be left out, takes no place of its own.
        let is_flag = claims[*index].0.value_type == Some(ValueType::Bool);
        let by = if given_flags[*index].is_some() || is_flag {
            " ".to_owned()
        } else {
            mark(*index)
        };
        line = line.replace(&keys[*index], &by);
    }
    let commands = command::commands(&line);
    let named = commands
        .iter()
        .find_map(|words| command::after_name(words, subject));
    // Without the script's name, the command that takes the most values is the tool.
    let takes = |words: &&Vec<String>| words.iter().filter(|word| word.contains('\u{1}')).count();
    let tool = || commands.iter().rev().max_by_key(takes)?.get(1..);
    let words = named.or_else(tool).unwrap_or_default();
    let marks: HashMap<String, usize> = order.iter().map(|index| (mark(*index), *index)).collect();
    for part in command::parts(words, &|flag| subject.is_switch(flag)) {
        if let Part::Flag { flag, value, .. } = &part
            && !flag.contains('\u{1}')
            && !value.is_some_and(|value| value.contains('\u{1}'))
        {
            sheet.pass(flag, "/command-line");
        }
        let (word, binding) = part.bound();
        if let Some(index) = word.and_then(|word| marks.get(word)) {
            claims[*index].0.bindings.push(binding);
        }
    }
}

fn variable(
    sheet: &mut Sheet<'_>,
    declared: &Value,
    at: &str,
    keys: &[String],
    claims: &mut [(Claim, String)],
) {
    let Some(name) = text(declared, "name") else {
        sheet.note(at, "a variable without a `name` is not understood");
        return;
    };
    let given = text(declared, "value").unwrap_or_default();
    let used = keys
        .iter()
        .position(|key| !key.is_empty() && given.contains(key.as_str()));
    match used {
        Some(index) if given == keys[index] => claims[index].0.bindings.push(Binding::env(name)),
        Some(_) => sheet.note(
            at,
            format!("the value of variable `{name}` is made of inputs"),
        ),
        None => {
            let mut claim = sheet.claim(name, Kind::Env, at).bound(Binding::env(name));
            claim.default = Some(Value::String(given.to_owned()));
            claim.description = prose(declared, &["description"]);
            sheet.contract.claims.push(claim);
        }
    }
}

/// Groups of inputs that exclude each other.
fn groups(sheet: &mut Sheet<'_>, descriptor: &Value, claims: &mut [(Claim, String)]) {
    let is = |group: &Value, key: &str| group.get(key).and_then(Value::as_bool) == Some(true);
    let all = descriptor
        .get("groups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for (index, group) in all.enumerate() {
        let at = join("/groups", &index.to_string());
        let name = name_of(group).unwrap_or("group");
        let exclusive = is(group, "mutually-exclusive");
        let members: Vec<&str> = group
            .get("members")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (claim, _) in claims.iter_mut().filter(|_| exclusive) {
            if members
                .iter()
                .any(|member| *member == claim.name || claim.aliases.iter().any(|a| a == member))
            {
                claim.exclusive = Some(name.to_owned());
                claim.required =
                    Some(is(group, "one-is-required") && claim.value_type != Some(ValueType::Bool));
            }
        }
        let is_told = exclusive && !is(group, "all-or-none");
        if !is_told && (is(group, "one-is-required") || is(group, "all-or-none")) {
            let rule = if is(group, "all-or-none") {
                "all or none"
            } else {
                "at least one"
            };
            sheet.note(
                &at,
                format!(
                    "that {rule} of {} has to be given is not checked",
                    members.join(", ")
                ),
            );
        }
    }
}
