//! Owns one entry of a contract: the fields that are written of a requirement, and the comment that says where it is read.

use std::path::{Component, Path};

use serde_json::{Map, Value};

use crate::requirement::{
    Binding, Confidence, Evidence, Field, Kind, MainParameter, Requirement, ValueType,
};
use crate::yaml;

/// A requirement as a contract spells it.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Its fields, in the order in which they are written.
    pub(super) value: Map<String, Value>,
    /// Comments that stand before it; the last is the evidence.
    comments: Vec<String>,
}

impl Pinned {
    /// Keeps only what another one of the same name says too.
    pub(super) fn share(&mut self, other: &Self) {
        self.value
            .retain(|key, value| other.value.get(key) == Some(value));
        if self.value.is_empty() {
            self.value
                .insert("description".to_owned(), "several of one name".into());
        }
        self.comments.retain(|comment| is_evidence(comment));
    }

    /// Its lines, at an indentation.
    pub(super) fn block(&self, indent: usize) -> String {
        let margin = " ".repeat(indent);
        let mut text = String::new();
        for comment in &self.comments {
            text.push_str(&format!("{margin}{comment}\n"));
        }
        text.push_str(&format!("{margin}{}:\n", yaml::quoted(&self.name)));
        for (key, value) in &self.value {
            text.push_str(&format!("{margin}  {key}: {}\n", yaml::inline(value)));
        }
        text
    }
}

/// A requirement that the code alone shows.
pub(super) fn of(requirement: &Requirement, name: String, contract: &Path) -> Pinned {
    let mut value = Map::new();
    let mut put = |key: &str, given: Option<Value>| {
        if let Some(given) = given {
            value.insert(key.to_owned(), given);
        }
    };
    put(
        "description",
        requirement.description.clone().map(Value::String),
    );
    put("type", type_word(requirement).map(Value::from));
    if let ValueType::List(items) = &requirement.value_type {
        let is_plain = !matches!(**items, ValueType::Choice | ValueType::List(_));
        put("items", is_plain.then(|| items.as_str().into()));
    }
    // What the code does not say, the contract does not say either.
    let is_said = requirement.origins.of(Field::Required).is_some();
    let is_implied = requirement.default.is_some() && !requirement.required;
    put(
        "required",
        (is_said && !is_implied).then_some(requirement.required.into()),
    );
    put("default", requirement.default.clone());
    put(
        "choices",
        (!requirement.choices.is_empty()).then(|| requirement.choices.clone().into()),
    );
    put("pattern", requirement.pattern.clone().map(Value::String));
    put("min", requirement.min.map(Value::from));
    put("max", requirement.max.map(Value::from));
    put("secret", requirement.secret.then_some(true.into()));
    put("path", requirement.path.clone().map(Value::String));
    put(
        "binding",
        requirement
            .bindings
            .first()
            .and_then(|way| binding(way, requirement.kind, &name)),
    );
    if value.is_empty() {
        // A name alone asks for a value in every format; so does this, and it can be told from a slip.
        value.insert("type".to_owned(), requirement.value_type.as_str().into());
    }
    let mut comments = Vec::new();
    if let Some(when) = &requirement.when {
        comments.push(format!(
            "# only where {} is {}",
            when.arg,
            yaml::inline(&when.equals)
        ));
    }
    if let Some(group) = &requirement.exclusive {
        comments.push(format!("# at most one of the group {}", one_line(group)));
    }
    comments.extend(match requirement.confidence {
        Confidence::Certain => None,
        Confidence::Likely => Some("# likely, not certain".to_owned()),
        Confidence::Possible => Some("# possible, not certain".to_owned()),
    });
    comments.extend(
        requirement
            .evidence
            .first()
            .map(|seen| evidence(seen, contract)),
    );
    Pinned {
        kind: requirement.kind,
        name,
        value,
        comments,
    }
}

/// The word under `type`; none where the heading or the choices say it already.
fn type_word(requirement: &Requirement) -> Option<&'static str> {
    match (&requirement.value_type, requirement.data_type) {
        (ValueType::List(_), _) => Some("list"),
        (ValueType::Path, Some(data_type)) => Some(data_type.as_str()),
        (ValueType::Path, None) if requirement.kind.is_path() => None,
        (ValueType::Choice, _) if requirement.choices.is_empty() => None,
        // A text is what is taken where the code says nothing.
        (ValueType::String, _) if requirement.origins.of(Field::Type).is_none() => None,
        (other, _) => Some(other.as_str()),
    }
}

/// How it reaches the script; none for a variable of its own name, which goes without saying.
fn binding(way: &Binding, kind: Kind, name: &str) -> Option<Value> {
    let mut map = Map::new();
    match way {
        Binding::Env { env } if kind == Kind::Env && env == name => return None,
        Binding::Main { main, key } => {
            let main_word = match main {
                MainParameter::InputPaths => "input_paths",
                MainParameter::OutputPaths => "output_paths",
                MainParameter::EnvironVars => "environ_vars",
                MainParameter::JobArgs => "job_args",
            };
            map.insert("main".to_owned(), main_word.into());
            map.insert("key".to_owned(), key.as_str().into());
        }
        way => {
            map = serde_json::to_value(way).ok()?.as_object()?.clone();
        }
    }
    Some(Value::Object(map))
}

/// A name that a contract can have as a key, and no other entry has.
pub(super) fn name_for(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let fits = |c: char| !matches!(c, '{' | '}' | '[' | ']') && !c.is_control();
    let name: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    let name = if name.trim().is_empty() {
        "_".to_owned()
    } else {
        name
    };
    let mut names =
        std::iter::once(name.clone()).chain((2..).map(|count| format!("{name}_{count}")));
    names.find(|name| !is_taken(name)).unwrap_or(name)
}

/// `# read at train.py:12 (argparse)`, relative to the contract.
pub(super) fn evidence(seen: &Evidence, contract: &Path) -> String {
    let (line, _) = seen.place.line_column();
    let file = one_line(&shown(seen.place.source.path(), contract));
    format!("# read at {file}:{line} ({})", seen.rule)
}

/// Whether a comment is one of those.
pub(super) fn is_evidence(comment: &str) -> bool {
    let place = comment
        .strip_prefix("# read at ")
        .and_then(|rest| rest.strip_suffix(')'));
    let place = place
        .and_then(|rest| rest.rsplit_once(" ("))
        .and_then(|(place, _)| place.rsplit_once(':'));
    place.is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
}

/// A path as it is told in a contract: relative to its folder.
pub(super) fn shown(path: &Path, contract: &Path) -> String {
    let folder: Vec<Component<'_>> = contract
        .parent()
        .map(|at| at.components().collect())
        .unwrap_or_default();
    let parts: Vec<Component<'_>> = path.components().collect();
    let common = folder
        .iter()
        .zip(&parts)
        .take_while(|(one, other)| one == other)
        .count();
    let up = std::iter::repeat_n("..".to_owned(), folder.len() - common);
    let down = parts[common..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}
