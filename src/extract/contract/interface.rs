//! Owns step-interface files: `contract: {entry_point, inputs, outputs, job_arguments, env_vars}` with container paths,
//! as orchestrators of containers keep them.

use serde_json::Value;

use super::Contract;
use crate::diagnostic::{Code, Diagnostic};
use crate::requirement::{Binding, Claim, DataType, Evidence, Kind, Layer, Note, ValueType};
use crate::source::Span;
use crate::yaml::{Document, join};

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
pub(super) fn read(document: &Document) -> Contract {
    let mut reader = Reader {
        document,
        contract: Contract::default(),
    };
    let Some(body) = document.value.get("contract").and_then(Value::as_object) else {
        return reader.contract;
    };
    for (key, value) in body {
        let at = join("/contract", key);
        match key.as_str() {
            "entry_point" => reader.contract.script = value.as_str().map(str::to_owned),
            "inputs" => reader.paths(Kind::Input, value, &at),
            "outputs" => reader.paths(Kind::Output, value, &at),
            "job_arguments" | "arguments" => reader.arguments(value, &at),
            "env_vars" => reader.variables(value, &at),
            known if KNOWN.contains(&known) => {}
            other => reader.note(&at, format!("`{other}` of the contract is not understood")),
        }
    }
    reader.contract
}

struct Reader<'d> {
    document: &'d Document,
    contract: Contract,
}

impl Reader<'_> {
    fn span(&self, at: &str) -> Span {
        self.document.nearest(at)
    }

    fn claim(&self, name: &str, kind: Kind, at: &str) -> Claim {
        let place = self.document.source.at(self.span(at));
        Claim::new(
            name,
            kind,
            Evidence {
                place,
                layer: Layer::Contract,
                rule: "step-interface",
            },
        )
    }

    fn note(&mut self, at: &str, message: String) {
        let place = self.document.source.at(self.span(at));
        self.contract.notes.push(Note {
            code: "contract-not-understood",
            message,
            place,
        });
    }

    fn wrong(&mut self, at: &str, expected: &str) {
        let place = self.document.source.at(self.span(at));
        self.contract.problems.push(wrong_type(place, expected));
    }

    /// `NAME: {path, required}` or `NAME: path`.
    fn paths(&mut self, kind: Kind, value: &Value, at: &str) {
        let Some(entries) = value.as_object() else {
            if !value.is_null() {
                self.wrong(at, "a mapping of names to paths");
            }
            return;
        };
        for (name, entry) in entries {
            let at = join(at, name);
            let mut claim = self.claim(name, kind, &at);
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
            claim.description = entry
                .get("description")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if let Some(path) = path {
                claim.data_type = DataType::of_name(path);
                claim.bindings.push(Binding::ContainerPath {
                    container_path: path.to_owned(),
                });
            }
            self.contract.claims.push(claim);
        }
    }

    /// A list of `{flag: --name}`, or a mapping of flags to their defaults.
    fn arguments(&mut self, value: &Value, at: &str) {
        match value {
            Value::Null => {}
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let at = format!("{at}/{index}");
                    let flag = item
                        .as_str()
                        .or_else(|| item.get("flag").and_then(Value::as_str));
                    match flag {
                        Some(flag) => self.argument(flag, item, &at),
                        None => self.note(
                            &at,
                            "an argument without a `flag` is not understood".to_owned(),
                        ),
                    }
                }
            }
            Value::Object(entries) => {
                for (flag, item) in entries {
                    self.argument(flag, item, &join(at, flag));
                }
            }
            _ => self.wrong(at, "a list of `{ flag: --name }`"),
        }
    }

    fn argument(&mut self, flag: &str, item: &Value, at: &str) {
        let name = flag.trim_start_matches('-').replace('-', "_");
        let flag = if flag.starts_with('-') {
            flag.to_owned()
        } else {
            format!("--{}", flag.replace('_', "-"))
        };
        let mut claim = self.claim(&name, Kind::Arg, at).bound(Binding::flag(flag));
        let field = |key: &str| item.get(key);
        claim.required = field("required").and_then(Value::as_bool);
        // In a mapping of flags the value itself is the default.
        let own = Some(item).filter(|item| item.is_number() || item.is_boolean());
        claim.default = field("default").or(own).cloned();
        claim.choices = field("choices").and_then(Value::as_array).cloned();
        claim.description = field("description")
            .or_else(|| field("help"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        claim.value_type = field("type")
            .and_then(Value::as_str)
            .and_then(ValueType::parse);
        self.contract.claims.push(claim);
    }

    /// `required: [NAME]`, `optional: {NAME: default}`.
    fn variables(&mut self, value: &Value, at: &str) {
        let Some(groups) = value.as_object() else {
            if !value.is_null() {
                self.wrong(at, "`required` and `optional`");
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
                            Some(name) => self.variable(name, true, None, &format!("{at}/{index}")),
                            None => self.wrong(&format!("{at}/{index}"), "a variable's name"),
                        }
                    }
                }
                ("optional", Value::Array(names)) => {
                    for (index, name) in names.iter().enumerate() {
                        if let Some(name) = name.as_str() {
                            self.variable(name, false, None, &format!("{at}/{index}"));
                        }
                    }
                }
                ("required" | "optional", Value::Object(names)) => {
                    for (name, default) in names {
                        let default =
                            (group == "optional" && !default.is_object()).then(|| default.clone());
                        self.variable(name, group == "required", default, &join(&at, name));
                    }
                }
                _ => self.note(
                    &at,
                    format!("`env_vars.{group}` of the contract is not understood"),
                ),
            }
        }
    }

    fn variable(&mut self, name: &str, required: bool, default: Option<Value>, at: &str) {
        let mut claim = self.claim(name, Kind::Env, at).bound(Binding::env(name));
        claim.required = Some(required);
        claim.default = default.filter(|value| !value.is_null());
        self.contract.claims.push(claim);
    }
}

fn wrong_type(place: crate::source::Place, expected: &str) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        "a value of the contract is of the wrong type",
    )
    .at(place, format!("{expected} is expected here"))
    .help("compare it with other contracts of the catalog")
}
