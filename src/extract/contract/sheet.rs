//! Owns what readers of contracts share: a document, the claims made from it, and what is said of what they do not
//! understand. Knows no format.

use serde_json::Value;

use super::Contract;
use crate::diagnostic::{Code, Diagnostic};
use crate::requirement::{Claim, Evidence, Kind, Layer, Note};
use crate::source::Place;
use crate::yaml::Document;

/// A contract as it is read.
pub(super) struct Sheet<'d> {
    pub(super) document: &'d Document,
    /// How evidence names the format.
    rule: &'static str,
    /// What was read so far.
    pub(super) contract: Contract,
}

impl<'d> Sheet<'d> {
    pub(super) fn new(document: &'d Document, rule: &'static str) -> Self {
        Self {
            document,
            rule,
            contract: Contract::default(),
        }
    }

    /// The whole document.
    pub(super) fn value(&self) -> &'d Value {
        &self.document.value
    }

    /// The place of what a JSON pointer names, or of the nearest that exists.
    pub(super) fn place(&self, at: &str) -> Place {
        self.document.source.at(self.document.nearest(at))
    }

    /// Notes a flag that the command line passes without a value of ours.
    pub(super) fn pass(&mut self, flag: &str, at: &str) {
        let place = self.place(at);
        self.contract.passed.push((flag.to_owned(), place));
    }

    /// A claim that says nothing yet but that there is something of this name.
    pub(super) fn claim(&self, name: &str, kind: Kind, at: &str) -> Claim {
        let evidence = Evidence {
            place: self.place(at),
            layer: Layer::Contract,
            rule: self.rule,
        };
        Claim::new(name, kind, evidence)
    }

    /// Says what is not understood: a lower-case fragment.
    pub(super) fn note(&mut self, at: &str, message: impl Into<String>) {
        let place = self.place(at);
        self.contract.notes.push(Note {
            code: "contract-not-understood",
            message: message.into(),
            place,
        });
    }

    /// Notes each key of a mapping that is none of `known`.
    pub(super) fn note_others(&mut self, at: &str, known: &[&str], what: &str) {
        let Some(map) = self.value().pointer(at).and_then(Value::as_object) else {
            return;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("`{key}` of {what} is not understood");
            self.note(&crate::yaml::join(at, key), message);
        }
    }

    /// A value that is of another type than its format asks for.
    pub(super) fn wrong(&mut self, at: &str, expected: &str) {
        let place = self.place(at);
        self.contract.problems.push(wrong_type(place, expected));
    }
}

/// A text, or nothing.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// A description: a text, or the lines of one.
pub(super) fn prose(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(lines) => {
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            (!lines.is_empty()).then(|| lines.join(" "))
        }
        _ => None,
    })
}

fn wrong_type(place: Place, expected: &str) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        "a value of the contract is of the wrong type",
    )
    .at(place, format!("{expected} is expected here"))
    .help("compare it with other contracts of this format")
}
