//! Owns `${NAME}` in answers: the values of variables put into texts, and which of them are secrets.

use serde_json::Value;

use crate::requirement::{Requirement, ValueType};
use crate::secret::is_secret_name;
use crate::yaml;

/// What `${…}` makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The text with each variable's value in its place.
    pub text: String,
    /// The variables it named, in order.
    pub variables: Vec<String>,
    /// Whether one of them has a name that speaks of a secret.
    pub secret: bool,
}

/// A variable that is not set, or set to nothing, and has no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset(pub String);

/// Whether a text takes something from the environment.
pub fn has_variable(text: &str) -> bool {
    variables(text).any(|part| matches!(part, Part::Variable { .. }))
}

/// Puts the values of variables into a text: `${NAME}`, `${NAME:-default}`; `$${` stands for `${` itself.
///
/// # Errors
/// The first variable that is not set, or empty, and has no default.
///
/// ```
/// # use runtime_test::answers::variable::{resolve, Unset};
/// let environment = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
/// assert_eq!(resolve("${HOME}/data", &environment).expect("set").text, "/home/ada/data");
/// assert_eq!(resolve("${SIZE:-small} $${HOME}", &environment).expect("default").text, "small ${HOME}");
/// assert_eq!(resolve("${NOWHERE}", &environment), Err(Unset("NOWHERE".to_owned())));
/// ```
pub fn resolve(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Resolved, Unset> {
    let mut resolved = Resolved {
        text: String::new(),
        variables: Vec::new(),
        secret: false,
    };
    for part in variables(text) {
        match part {
            Part::Text(text) => resolved.text.push_str(text),
            Part::Variable { name, default } => {
                let value = environment(name).filter(|value| !value.is_empty());
                match value.as_deref().or(default) {
                    Some(value) => resolved.text.push_str(value),
                    None => return Err(Unset(name.to_owned())),
                }
                resolved.secret |= is_secret_name(name);
                resolved.variables.push(name.to_owned());
            }
        }
    }
    Ok(resolved)
}

/// A piece of a text with variables.
enum Part<'t> {
    Text(&'t str),
    Variable {
        name: &'t str,
        default: Option<&'t str>,
    },
}

/// Splits a text at its variables. What is not exactly a variable is text: `$5`, `${`, `${a b}`.
fn variables(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix("$${") {
            let (part, _) = rest[1..].split_at(2);
            rest = after;
            return Some(Part::Text(part));
        }
        if let Some((name, default, after)) = variable(rest) {
            rest = after;
            return Some(Part::Variable { name, default });
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest[first..].find('$').map_or(rest.len(), |at| first + at);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(Part::Text(part))
    })
}

/// Something in a text that is nearly a variable, and stays as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Almost {
    /// What is written.
    pub written: String,
    /// The variable that was most likely meant.
    pub meant: String,
}

/// The first part of a text that is nearly a variable.
///
/// ```
/// # use runtime_test::answers::variable::almost;
/// let meant = |text: &str| almost(text).map(|almost| almost.meant);
/// assert_eq!(meant("$HOME/data").as_deref(), Some("${HOME}"));
/// assert_eq!(meant("${HOME/data").as_deref(), Some("${HOME}"));
/// assert_eq!(meant("${ HOME }"), Some("${HOME}".to_owned()));
/// assert_eq!(meant("${SIZE-small}").as_deref(), Some("${SIZE:-small}"));
/// assert_eq!([meant("${HOME}"), meant("$${HOME}"), meant("$5"), meant("^a$")], [None, None, None, None]);
/// ```
pub fn almost(text: &str) -> Option<Almost> {
    let mut before = None;
    for part in variables(text) {
        let Part::Text(part) = part else {
            before = None;
            continue;
        };
        // A backslash or a second `$` says that the text is meant as it is.
        if !matches!(before, Some('\\' | '$'))
            && let Some(almost) = part.strip_prefix('$').and_then(almost_after)
        {
            return Some(almost);
        }
        before = part.chars().last();
    }
    None
}

/// Reads what is nearly a variable behind its `$`.
fn almost_after(rest: &str) -> Option<Almost> {
    let length = |text: &str| {
        let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        text.find(other).unwrap_or(text.len())
    };
    let is_name = |name: &str| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    let Some(inside) = rest.strip_prefix('{') else {
        let name = &rest[..length(rest)];
        let is_loud = name.len() > 1 && !name.contains(|c: char| c.is_ascii_lowercase());
        return (is_loud && is_name(name)).then(|| Almost {
            written: format!("${name}"),
            meant: format!("${{{name}}}"),
        });
    };
    let trimmed = inside.trim_start();
    let (name, after) = trimmed.split_at(length(trimmed));
    // What has a dot belongs to the manifest.
    if !is_name(name) || after.starts_with('.') {
        return None;
    }
    let closed = inside.find('}');
    let written = closed.map_or(format!("${{{name}"), |end| {
        format!("${{{}}}", &inside[..end])
    });
    let default = closed.and_then(|_| {
        let (default, _) = after.trim_start().split_once('}')?;
        let default = default.strip_prefix([':', '-', '='])?;
        Some(default.trim_start_matches(['-', '=', '?']))
    });
    let meant = match default {
        Some(default) => format!("${{{name}:-{default}}}"),
        None => format!("${{{name}}}"),
    };
    Some(Almost { written, meant })
}

/// Reads `${NAME}` or `${NAME:-default}` at the beginning of a text: name, default, and what follows.
fn variable(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let inside = text.strip_prefix("${")?;
    let end = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inside.len());
    let (name, after) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(after) = after.strip_prefix('}') {
        return Some((name, None, after));
    }
    let (default, after) = after.strip_prefix(":-")?.split_once('}')?;
    Some((name, Some(default), after))
}

/// A value with its variables filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// The value: of the requirement's type where the variable's text can be read as such.
    pub value: Value,
    /// Texts that came from variables whose names speak of a secret, or all of them where the requirement is secret.
    pub secrets: Vec<String>,
}

/// Fills the variables into an answer's value, items of lists included, and reads numbers and booleans from them.
///
/// # Errors
/// The first variable that is not set, or empty, and has no default.
pub fn fill(
    requirement: &Requirement,
    value: &Value,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Filled, Unset> {
    let mut secrets = Vec::new();
    let value = fill_as(
        &requirement.value_type,
        requirement,
        value,
        environment,
        &mut secrets,
    )?;
    Ok(Filled { value, secrets })
}

fn fill_as(
    value_type: &ValueType,
    requirement: &Requirement,
    value: &Value,
    environment: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Vec<String>,
) -> Result<Value, Unset> {
    match (value, value_type) {
        (Value::Array(items), ValueType::List(of)) => items
            .iter()
            .map(|item| fill_as(of, requirement, item, environment, secrets))
            .collect(),
        (Value::String(text), _) if text.contains("${") => {
            let resolved = resolve(text, environment)?;
            if resolved.secret || requirement.secret {
                secrets.push(resolved.text.clone());
            }
            Ok(match resolved.variables.is_empty() {
                true => Value::String(resolved.text),
                false => read_as(value_type, requirement, resolved.text),
            })
        }
        (Value::String(text), _) if requirement.secret => {
            secrets.push(text.clone());
            Ok(value.clone())
        }
        _ => Ok(value.clone()),
    }
}

/// A variable's text as a value of a type; a text where it cannot be one.
fn read_as(value_type: &ValueType, requirement: &Requirement, text: String) -> Value {
    let read = yaml::resolve(text.trim());
    let fits = match value_type {
        ValueType::Int | ValueType::Float => read.is_number(),
        ValueType::Bool => read.is_boolean(),
        _ => {
            !requirement.choices.contains(&Value::String(text.clone()))
                && requirement.choices.contains(&read)
        }
    };
    if fits { read } else { Value::String(text) }
}
