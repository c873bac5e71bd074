//! Owns stages of `dvc.yaml`: the command of the stage that runs the script, the files it reads and writes, and the
//! parameters it takes from `params.yaml`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Subject;
use super::command::{self, Part};
use super::sheet::{Sheet, text};
use crate::file;
use crate::requirement::{Binding, Claim, DataType, Kind, Pass, ValueType};
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
    let mut fitting = Vec::new();
    for (name, stage) in stages {
        let at = join("/stages", name);
        let (stage, at) = match stage.get("do") {
            Some(inner) => (inner, join(&at, "do")),
            None => (stage, at),
        };
        let workdir =
            text(stage, "wdir").map_or_else(|| folder.clone(), |wdir| file::resolve(&folder, wdir));
        let commands = lines(stage)
            .iter()
            .flat_map(|line| command::commands(line))
            .collect::<Vec<_>>();
        let runs = match subject.script {
            Some(_) => command::after_script(&commands, subject, &workdir).is_some(),
            None => name == subject.step,
        };
        if runs {
            fitting.push((name, stage, at, workdir, commands));
        }
    }
    let named = fitting.iter().position(|(name, ..)| *name == subject.step);
    let Some(chosen) = named.or((!fitting.is_empty()).then_some(0)) else {
        sheet.contract.is_elsewhere = true;
        return;
    };
    if fitting.len() > 1 && named.is_none() {
        let names: Vec<&str> = fitting.iter().map(|(name, ..)| name.as_str()).collect();
        let message = format!(
            "several stages run this script ({}) and none has the step's name, so none is read",
            names.join(", ")
        );
        return sheet.note(&fitting[0].2, message);
    }
    let (_, stage, at, workdir, commands) = fitting.swap_remove(chosen);
    if at.ends_with("/do") || stage.get("matrix").is_some() {
        return sheet.note(&at, "a stage that stands for several is not followed");
    }
    sheet.note_others(&at, KNOWN, "the stage");
    let words = command::after_script(&commands, subject, &workdir).unwrap_or_default();
    let known = known_values(document, stage, &folder, subject);
    let stage = Stage {
        stage,
        at,
        workdir,
        known,
    };
    stage.read(sheet, subject, words);
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
            let (name, word, binding) = match part {
                Part::Flag {
                    flag,
                    value,
                    is_joined,
                } => {
                    let Some(value) = value else {
                        sheet
                            .contract
                            .passed
                            .push((flag.to_owned(), sheet.place(&at)));
                        continue;
                    };
                    let pass = if is_joined { Pass::Joined } else { Pass::Value };
                    let name = flag.trim_start_matches('-').replace('-', "_");
                    (
                        name,
                        value,
                        Binding::Flag {
                            flag: flag.to_owned(),
                            short: None,
                            pass,
                        },
                    )
                }
                Part::Word(positional, word) => (
                    format!("argument_{}", positional + 1),
                    word,
                    Binding::Positional { positional },
                ),
            };
            let Some(value) = self.value(word) else {
                sheet.note(&at, format!("what `{word}` stands for is not known here"));
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
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            match self.known_at(name)? {
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
    fn value(&self, word: &str) -> Option<Value> {
        let name = word
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        match name.filter(|name| !name.contains("${")) {
            Some(name) => self
                .known_at(name)
                .filter(|value| !value.is_object())
                .cloned(),
            None => self.filled(word).map(|text| yaml::resolve(&text)),
        }
    }

    fn known_at(&self, name: &str) -> Option<&Value> {
        let parts = name
            .trim()
            .split(['.', '['])
            .map(|part| part.trim_end_matches(']'));
        parts
            .filter(|part| !part.is_empty())
            .try_fold(&self.known, |value, part| match value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                other => other.get(part),
            })
    }
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
