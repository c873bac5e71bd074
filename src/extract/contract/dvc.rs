//! Owns stages of `dvc.yaml`: the command of the stage that runs the script, the files it reads and writes, and the
//! parameters it takes from `params.yaml`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Subject;
use super::command::{self, Part};
use super::sheet::{Sheet, text};
use crate::file;
use crate::requirement::{Binding, Claim, DataType, Kind, ValueType};
use crate::yaml::{self, join};

/// Keys of a stage that are read, or say nothing about requirements.
const KNOWN: &[&str] = &[
    "cmd",
    "wdir",
    "deps",
    "params",
    "outs",
    "metrics",
    "plots",
    "vars",
    "desc",
    "meta",
    "frozen",
    "always_changed",
    "live",
    "matrix",
];

/// Where parameters are, unless a stage says otherwise.
const PARAMS: &str = "params.yaml";

/// Whether a document is such a file.
pub(super) fn fits(value: &Value) -> bool {
    value.get("stages").is_some_and(Value::is_object)
}

/// Reads the stage whose command runs the script: the one named like the step, else the only one.
pub(super) fn read(sheet: &mut Sheet<'_>, subject: &Subject<'_>) {
    let document = sheet.value();
    let Some(stages) = document.get("stages").and_then(Value::as_object) else {
        return;
    };
    let folder = sheet
        .document
        .source
        .path()
        .parent()
        .map(ToOwned::to_owned)
        .unwrap_or_default();
    let mut fitting: Vec<Call<'_>> = Vec::new();
    for (name, stage) in stages {
        let at = join("/stages", name);
        let (inner, at) = match stage.get("do") {
            Some(inner) => (inner, join(&at, "do")),
            None => (stage, at),
        };
        let known = known_values(document, inner, &folder, subject);
        for each in instances(name, stage, &known) {
            let known = with(&known, &each.given);
            let workdir = text(inner, "wdir")
                .and_then(|wdir| filled(&known, wdir))
                .map_or_else(|| folder.clone(), |wdir| file::resolve(&folder, &wdir));
            let commands: Vec<Vec<String>> = lines(inner)
                .iter()
                .flat_map(|line| command::commands(line))
                .collect();
            // The script's own path may be one of the values.
            let told: Vec<Vec<String>> = commands
                .iter()
                .map(|words| {
                    let word = |word: &String| filled(&known, word).unwrap_or_else(|| word.clone());
                    words.iter().map(word).collect()
                })
                .collect();
            let words = match subject.script {
                Some(_) => command::after_script(&told, subject, &workdir)
                    .map(|after| (after.len(), &told))
                    .and_then(|(count, told)| {
                        // The same words, as they are written.
                        let line = told.iter().position(|words| {
                            command::after_script(std::slice::from_ref(words), subject, &workdir)
                                .is_some()
                        })?;
                        let words = &commands[line];
                        Some(words[words.len() - count..].to_vec())
                    }),
                None => (name == subject.step || same(&each.name, subject.step)).then(Vec::new),
            };
            if let Some(words) = words {
                fitting.push(Call {
                    base: name,
                    name: each.name,
                    stage: inner,
                    at: at.clone(),
                    workdir,
                    known,
                    words,
                });
            }
        }
    }
    let named = fitting
        .iter()
        .position(|call| same(&call.name, subject.step));
    let of_base: Vec<&Call<'_>> = fitting
        .iter()
        .filter(|call| call.base == subject.step)
        .collect();
    let first = match (named, of_base.first(), fitting.first()) {
        (Some(named), ..) => &fitting[named],
        (None, Some(call), _) => call,
        (None, None, Some(call)) => call,
        (None, None, None) => {
            sheet.contract.is_elsewhere = true;
            return;
        }
    };
    let siblings: Vec<&Call<'_>> = match named {
        Some(_) => Vec::new(),
        None => fitting
            .iter()
            .filter(|call| call.base == first.base)
            .collect(),
    };
    let others = fitting.iter().any(|call| call.base != first.base);
    if named.is_none() && of_base.is_empty() && others {
        let mut names: Vec<&str> = fitting.iter().map(|call| call.base).collect();
        names.dedup();
        let message = format!(
            "several stages run this script ({}) and none has the step's name, so none is read",
            names.join(", ")
        );
        return sheet.note(&first.at, message);
    }
    sheet.note_others(&first.at, KNOWN, "the stage");
    if siblings.len() > 1 {
        let names: Vec<&str> = siblings
            .iter()
            .map(|call| call.name.as_str())
            .take(5)
            .collect();
        let more = if siblings.len() > 5 { ", …" } else { "" };
        let message = format!(
            "this stage stands for {} ({}{more}) and none has the step's name, so what differs between them is left open",
            siblings.len(),
            names.join(", ")
        );
        sheet.note(&first.at, message);
    }
    let stage = Stage {
        stage: first.stage,
        at: first.at.clone(),
        workdir: first.workdir.clone(),
        known: match siblings.len() {
            0 | 1 => first.known.clone(),
            _ => known_values(document, first.stage, &folder, subject),
        },
        all: siblings.iter().map(|call| call.known.clone()).collect(),
    };
    stage.read(sheet, subject, &first.words);
}

/// A call of the script by a stage, or by one of those that a stage stands for.
struct Call<'v> {
    /// The stage's name in the file.
    base: &'v str,
    /// Its own: `train@us`.
    name: String,
    stage: &'v Value,
    at: String,
    workdir: PathBuf,
    /// What `${…}` stands for.
    known: Value,
    /// The words behind the script, as they are written.
    words: Vec<String>,
}

/// One of the stages that `foreach` or `matrix` makes of one.
struct Instance {
    name: String,
    /// `item` and `key`.
    given: Map<String, Value>,
}

/// As many stages are made of one.
const MOST: usize = 200;

/// The stages that one stands for, itself where it is only one.
fn instances(name: &str, stage: &Value, known: &Value) -> Vec<Instance> {
    let own = || {
        vec![Instance {
            name: name.to_owned(),
            given: Map::new(),
        }]
    };
    let named = |suffix: &str| format!("{name}@{suffix}");
    let given = |item: &Value, key: Option<&str>| {
        let mut given = Map::new();
        given.insert("item".to_owned(), item.clone());
        given.extend(key.map(|key| ("key".to_owned(), Value::from(key))));
        given
    };
    let listed = |value: &Value| match value {
        Value::String(text) => whole(known, text).cloned(),
        other => Some(other.clone()),
    };
    if let Some(each) = stage.get("foreach") {
        return match listed(each) {
            Some(Value::Array(items)) => items
                .iter()
                .take(MOST)
                .enumerate()
                .map(|(index, item)| Instance {
                    name: named(&shown(item).unwrap_or_else(|| index.to_string())),
                    given: given(item, None),
                })
                .collect(),
            Some(Value::Object(items)) => items
                .iter()
                .take(MOST)
                .map(|(key, item)| Instance {
                    name: named(key),
                    given: given(item, Some(key)),
                })
                .collect(),
            _ => own(),
        };
    }
    let Some(axes) = stage.get("matrix").and_then(Value::as_object) else {
        return own();
    };
    let mut all: Vec<(Vec<String>, Map<String, Value>)> = vec![(Vec::new(), Map::new())];
    for (axis, values) in axes {
        let Some(Value::Array(values)) = listed(values) else {
            return own();
        };
        let before = std::mem::take(&mut all);
        for (names, item) in &before {
            for (index, value) in values.iter().enumerate() {
                if all.len() < MOST {
                    let (mut names, mut item) = (names.clone(), item.clone());
                    names.push(shown(value).unwrap_or_else(|| format!("{axis}{index}")));
                    item.insert(axis.clone(), value.clone());
                    all.push((names, item));
                }
            }
        }
    }
    all.into_iter()
        .map(|(names, item)| Instance {
            name: named(&names.join("-")),
            given: given(&Value::Object(item), Some(&names.join("-"))),
        })
        .collect()
}

/// A value as it stands in the name of a stage.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a step has a stage's name: `train@us` may be called `train_us`.
fn same(stage: &str, step: &str) -> bool {
    let plain = |name: &str| name.replace(|c: char| !c.is_alphanumeric(), "_");
    stage == step || plain(stage) == plain(step)
}

fn with(known: &Value, given: &Map<String, Value>) -> Value {
    let mut known = known.clone();
    if let Some(known) = known.as_object_mut() {
        known.extend(given.clone());
    }
    known
}

/// The lines of a stage's command.
fn lines(stage: &Value) -> Vec<&str> {
    match stage.get("cmd") {
        Some(Value::String(line)) => vec![line],
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What `${…}` stands for: `params.yaml` beside the file, then `vars` of the file and of the stage.
fn known_values(document: &Value, stage: &Value, folder: &Path, subject: &Subject<'_>) -> Value {
    let mut known =
        file_of(&folder.join(PARAMS), subject).unwrap_or_else(|| Value::Object(Map::new()));
    for vars in [document.get("vars"), stage.get("vars")] {
        for var in vars.and_then(Value::as_array).into_iter().flatten() {
            let more = match var {
                Value::String(path) => file_of(
                    &folder.join(path.split(':').next().unwrap_or(path)),
                    subject,
                ),
                other => Some(other.clone()),
            };
            if let (Some(Value::Object(more)), Some(known)) = (more, known.as_object_mut()) {
                known.extend(more);
            }
        }
    }
    known
}

fn file_of(path: &Path, subject: &Subject<'_>) -> Option<Value> {
    let is_yaml = path
        .extension()
        .is_some_and(|suffix| matches!(suffix.to_str(), Some("yaml" | "yml" | "json")));
    let source = is_yaml.then(|| (subject.files)(path)).flatten()?;
    yaml::parse(&source).ok().map(|document| document.value)
}

/// A stage, as it is read.
struct Stage<'v> {
    stage: &'v Value,
    at: String,
    /// The folder that the stage runs in.
    workdir: PathBuf,
    /// What `${…}` stands for.
    known: Value,
    /// The same for each of the stages that this one stands for, where it is not known which is meant.
    all: Vec<Value>,
}

impl Stage<'_> {
    fn read(&self, sheet: &mut Sheet<'_>, subject: &Subject<'_>, words: &[String]) {
        let mut claims: Vec<(Claim, String)> = Vec::new();
        self.paths(sheet, subject, "deps", Kind::Input, &mut claims);
        for section in ["outs", "metrics", "plots"] {
            self.paths(sheet, subject, section, Kind::Output, &mut claims);
        }
        self.params(sheet, &mut claims);
        self.arguments(sheet, subject, words, &mut claims);
        for (mut claim, path) in claims {
            if claim.bindings.is_empty() {
                claim.bindings.push(Binding::ContainerPath {
                    container_path: path,
                });
                claim.default = None;
            }
            sheet.contract.claims.push(claim);
        }
    }

    /// Files that the stage reads or writes, by their paths.
    fn paths(
        &self,
        sheet: &mut Sheet<'_>,
        subject: &Subject<'_>,
        section: &str,
        kind: Kind,
        claims: &mut Vec<(Claim, String)>,
    ) {
        let listed = self
            .stage
            .get(section)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (index, entry) in listed.enumerate() {
            let at = join(&join(&self.at, section), &index.to_string());
            let written = entry
                .as_str()
                .or_else(|| entry.as_object()?.keys().next().map(String::as_str));
            let Some(path) = written.and_then(|path| self.filled(path)) else {
                sheet.note(
                    &at,
                    format!("a path of `{section}` depends on what is not known here"),
                );
                continue;
            };
            let is_own = subject.is_script(&path, &self.workdir) || is_code(&path);
            if kind == Kind::Input && is_own || path.contains(['*', '?']) {
                continue;
            }
            if claims.iter().any(|(_, known)| *known == path) {
                continue;
            }
            let mut claim = sheet.claim(&name_of(&path, claims), kind, &at);
            claim.value_type = Some(ValueType::Path);
            claim.data_type = match path.ends_with('/') {
                true => Some(DataType::Folder),
                false => DataType::of_name(&path),
            };
            claim.required = Some(true);
            claim.default = Some(Value::String(subject.rebased(&path, &self.workdir)));
            claims.push((claim, path));
        }
    }

    /// The files that parameters are read from.
    fn params(&self, sheet: &mut Sheet<'_>, claims: &mut Vec<(Claim, String)>) {
        let listed = self
            .stage
            .get("params")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (index, entry) in listed.enumerate() {
            let at = join(&join(&self.at, "params"), &index.to_string());
            let files: Vec<&str> = match entry {
                Value::Object(map) => map.keys().map(String::as_str).collect(),
                _ => vec![PARAMS],
            };
            for path in files {
                if claims.iter().any(|(_, known)| known == path) {
                    continue;
                }
                let mut claim = sheet.claim(&name_of(path, claims), Kind::Input, &at);
                claim.value_type = Some(ValueType::Path);
                claim.data_type = DataType::of_name(path);
                claim.description = Some("parameters of the stage".to_owned());
                claims.push((claim, path.to_owned()));
            }
        }
    }

    /// The words that the command gives to the script.
    fn arguments(
        &self,
        sheet: &mut Sheet<'_>,
        subject: &Subject<'_>,
        words: &[String],
        claims: &mut Vec<(Claim, String)>,
    ) {
        let at = join(&self.at, "cmd");
        for part in command::parts(words, &|flag| subject.is_switch(flag)) {
            let name = match &part {
                Part::Flag { flag, .. } => flag.trim_start_matches('-').replace('-', "_"),
                Part::Word(positional, _) => format!("argument_{}", positional + 1),
            };
            if let Part::Flag {
                flag, value: None, ..
            } = &part
            {
                sheet.pass(flag, &at);
            }
            let (Some(word), binding) = part.bound() else {
                continue;
            };
            let Some(value) = value(&self.known, word) else {
                // What the stages give that this one stands for.
                let values: Option<Vec<Value>> =
                    self.all.iter().map(|known| value(known, word)).collect();
                match values.filter(|values| !values.is_empty()) {
                    Some(values) => {
                        let mut claim = sheet.claim(&name, Kind::Arg, &at).bound(binding);
                        claim.description = Some(one_of(&values));
                        claims.push((claim, String::new()));
                    }
                    None => sheet.note(&at, format!("what `{word}` stands for is not known here")),
                }
                continue;
            };
            let text = match &value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let path = claims
                .iter_mut()
                .find(|(_, path)| path.trim_end_matches('/') == text.trim_end_matches('/'));
            match path {
                Some((claim, _)) => {
                    if let Binding::Flag { .. } = binding {
                        claim.aliases.push(name);
                    }
                    claim.bindings.push(binding);
                }
                None => {
                    let mut claim = sheet.claim(&name, Kind::Arg, &at).bound(binding);
                    claim.default = Some(value);
                    claims.push((claim, String::new()));
                }
            }
        }
    }

    /// A text with `${…}` replaced.
    fn filled(&self, text: &str) -> Option<String> {
        filled(&self.known, text)
    }
}

/// A text with `${…}` replaced by what is known.
fn filled(known: &Value, text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        match known_at(known, name)? {
            Value::String(text) => out.push_str(text),
            other @ (Value::Number(_) | Value::Bool(_)) => out.push_str(&other.to_string()),
            _ => return None,
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The value of a word: that of a parameter, of its type, or a text.
fn value(known: &Value, word: &str) -> Option<Value> {
    match word.starts_with("${") && word.ends_with('}') && !word[2..].contains("${") {
        true => whole(known, word)
            .filter(|value| !value.is_object())
            .cloned(),
        false => filled(known, word).map(|text| yaml::resolve(&text)),
    }
}

/// What a text stands for that is nothing but `${name}`.
fn whole<'v>(known: &'v Value, word: &str) -> Option<&'v Value> {
    let name = word.trim().strip_prefix("${")?.strip_suffix('}')?;
    known_at(known, name)
}

fn known_at<'v>(known: &'v Value, name: &str) -> Option<&'v Value> {
    let parts = name
        .trim()
        .split(['.', '['])
        .map(|part| part.trim_end_matches(']'));
    parts
        .filter(|part| !part.is_empty())
        .try_fold(known, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
}

/// What the stages give that one stands for.
fn one_of(values: &[Value]) -> String {
    let mut shown: Vec<String> = Vec::new();
    for value in values {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let more = if shown.len() > 5 { ", …" } else { "" };
    shown.truncate(5);
    format!("one of {}{more}, by the stage", shown.join(", "))
}

/// Whether a path is code, on which a stage depends and which it does not read.
fn is_code(path: &str) -> bool {
    const SUFFIXES: &[&str] = &[
        "py", "sh", "bash", "r", "R", "ipynb", "rs", "jl", "pl", "js", "lock",
    ];
    Path::new(path)
        .extension()
        .and_then(|suffix| suffix.to_str())
        .is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

/// A name for a path: its file's, without the ending, and still unique.
fn name_of(path: &str, claims: &[(Claim, String)]) -> String {
    let file = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path);
    let stem = file
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or(file);
    let name: String = stem
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    let is_taken = |name: &str| claims.iter().any(|(claim, _)| claim.name == name);
    let mut names =
        std::iter::once(name.clone()).chain((2..).map(|count| format!("{name}_{count}")));
    names.find(|name| !is_taken(name)).unwrap_or(name)
}
