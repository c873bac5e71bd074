//! Owns drift: where what an author declared and what the code does contradict each other. Both places are told; which
//! of them is right is the author's to say.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::requirement::{Binding, Claim, Kind, Layer};

use super::merge::group;

/// Compares the layers of one script. `is_whole` says that all of the script could be read, so that what was not found
/// in it is not there.
pub fn drift(layers: &[&[Claim]], script: &str, is_whole: bool) -> Diagnostics {
    let groups = group(layers);
    let has_contract = layers
        .iter()
        .any(|claims| claims.iter().any(|claim| layer(claim) == Layer::Contract));
    let ways: Vec<String> = groups
        .iter()
        .flatten()
        .filter(|claim| layer(claim) == Layer::Static)
        .flat_map(|claim| claim.bindings.iter().map(ToString::to_string))
        .collect();
    let mut found = Diagnostics::new();
    for claims in &groups {
        let declared = claims
            .iter()
            .copied()
            .find(|claim| layer(claim) <= Layer::Contract);
        let contract = claims
            .iter()
            .copied()
            .find(|claim| layer(claim) == Layer::Contract);
        let code = claims
            .iter()
            .copied()
            .find(|claim| layer(claim) == Layer::Static);
        match (declared, code) {
            (Some(declared), None) if is_whole && is_checkable(declared) => {
                let near = did_you_mean(&way(declared), ways.iter().map(String::as_str));
                // A misspelt name in the manifest is a finding of its own.
                if near.is_none() || layer(declared) != Layer::Manifest {
                    found.push(not_read(declared, script, near));
                }
            }
            (None, Some(code)) if has_contract && is_parameter(code) => {
                found.push(not_declared(code))
            }
            (Some(_), Some(code)) => {
                found.extend(contract.and_then(|contract| contradiction(contract, code)))
            }
            _ => {}
        }
    }
    found
}

fn layer(claim: &Claim) -> Layer {
    claim
        .evidence
        .first()
        .map_or(Layer::Inference, |evidence| evidence.layer)
}

/// Whether a declaration says by which way it reaches the script; without one that is another finding.
fn is_checkable(claim: &Claim) -> bool {
    claim.kind == Kind::Env
        || claim
            .bindings
            .iter()
            .any(|binding| !matches!(binding, Binding::Positional { .. }))
}

/// Whether it is something that a caller gives, not a path that the script keeps to itself.
fn is_parameter(claim: &Claim) -> bool {
    claim
        .bindings
        .iter()
        .any(|binding| !matches!(binding, Binding::ContainerPath { .. }))
}

/// The first field in which contract and code differ.
fn contradiction(contract: &Claim, code: &Claim) -> Option<Diagnostic> {
    let known = |value: &Option<Value>| value.clone().filter(|value| !value.is_null());
    if let (Some(said), Some(done)) = (known(&contract.default), known(&code.default))
        && !same(&said, &done)
    {
        return Some(other_default(contract, code, &said, &done));
    }
    match (contract.required, code.required) {
        (Some(said), Some(done)) if said != done && code.default.is_none() => {
            Some(other_need(contract, code, done))
        }
        _ => None,
    }
}

/// Whether two defaults are one value: contracts often quote what scripts read as numbers.
fn same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let number = |value: &Value| text(value).parse::<f64>().ok();
    one == other
        || text(one).eq_ignore_ascii_case(&text(other))
        || number(one).is_some_and(|one| number(other) == Some(one))
}

fn way(claim: &Claim) -> String {
    claim
        .bindings
        .first()
        .map_or_else(|| claim.name.clone(), ToString::to_string)
}

fn place(claim: &Claim) -> Option<crate::source::Place> {
    claim
        .evidence
        .first()
        .map(|evidence| evidence.place.clone())
}

fn not_read(declared: &Claim, script: &str, near: Option<String>) -> Diagnostic {
    let message = format!(
        "{} `{}` is declared, and `{script}` never reads it",
        declared.kind,
        way(declared)
    );
    Diagnostic::new(Code::DriftNotRead, message)
        .maybe_at(place(declared), "declared here")
        .help(
            near.unwrap_or_else(|| "remove the declaration, or let the script read it".to_owned()),
        )
}

fn not_declared(code: &Claim) -> Diagnostic {
    Diagnostic::new(
        Code::DriftNotDeclared,
        format!(
            "the script reads {} `{}`, which its contract does not declare",
            code.kind,
            way(code)
        ),
    )
    .maybe_at(place(code), "read here")
    .help(format!(
        "add `{}` under `{}` of the contract",
        code.name,
        code.kind.section()
    ))
}

fn other_default(contract: &Claim, code: &Claim, said: &Value, done: &Value) -> Diagnostic {
    let message = format!(
        "the default of `{}` is {said} in the contract and {done} in the script",
        way(code)
    );
    Diagnostic::new(Code::DriftDefault, message)
        .maybe_at(place(contract), "declared here")
        .maybe_at(place(code), "read here")
        .help("make them the same")
}

fn other_need(contract: &Claim, code: &Claim, done: bool) -> Diagnostic {
    let word = |required| if required { "required" } else { "optional" };
    let message = format!(
        "`{}` is {} in the contract and {} in the script",
        way(code),
        word(!done),
        word(done)
    );
    Diagnostic::new(Code::DriftRequired, message)
        .maybe_at(place(contract), "declared here")
        .maybe_at(place(code), "read here")
        .help("make them the same")
}
