//! Owns findings as SARIF 2.1.0, which code scanning services and editors read.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};

use super::{Region, in_full, path_below};

/// The schema of what is written here.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Findings as a SARIF log of one run. `root` is the repository's folder.
pub fn render(findings: &Diagnostics, root: &Path) -> Value {
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, root))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-runtime-test",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.meaning() },
        "fullDescription": { "text": code.story() },
        "help": { "text": code.story() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(finding: &Diagnostic, root: &Path) -> Value {
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": in_full(finding) },
        "locations": finding.labels.first().filter(in_file).map(|label| location(label, root)).into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "runtimeTest/v1": fingerprint(finding, root) },
    });
    let related: Vec<Value> = finding
        .labels
        .iter()
        .skip(1)
        .filter(in_file)
        .enumerate()
        .map(|(at, label)| related(at, label, root))
        .collect();
    if let (Some(object), false) = (result.as_object_mut(), related.is_empty()) {
        object.insert("relatedLocations".to_owned(), related.into());
    }
    result
}

/// What stays the same when the lines around a finding change.
fn fingerprint(finding: &Diagnostic, root: &Path) -> String {
    let file = finding
        .place()
        .map_or(String::new(), |place| path_below(place, root));
    format!("{}:{file}:{}", finding.code, finding.message)
}

/// Whether a place lies in a file, and not in what was typed.
fn in_file(label: &&Label) -> bool {
    !label.place.source.is_typed()
}

fn location(label: &Label, root: &Path) -> Value {
    let Region {
        line,
        column,
        end_line,
        end_column,
    } = Region::of(&label.place);
    json!({
        "physicalLocation": {
            "artifactLocation": artifact(&path_below(&label.place, root)),
            "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
        },
    })
}

fn related(at: usize, label: &Label, root: &Path) -> Value {
    let mut location = location(label, root);
    if let Some(object) = location.as_object_mut() {
        object.insert("id".to_owned(), at.into());
        if !label.text.is_empty() {
            object.insert("message".to_owned(), json!({ "text": label.text }));
        }
    }
    location
}

/// A file by its URI: relative to the repository, or absolute.
fn artifact(path: &str) -> Value {
    let mut artifact = Map::new();
    if path.starts_with('/') {
        artifact.insert("uri".to_owned(), format!("file://{}", uri(path)).into());
    } else {
        artifact.insert("uri".to_owned(), uri(path).into());
        artifact.insert("uriBaseId".to_owned(), "%SRCROOT%".into());
    }
    Value::Object(artifact)
}

/// A path with everything escaped that has a meaning in a URI.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
