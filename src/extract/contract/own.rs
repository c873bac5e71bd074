//! Owns our own contract format, `<script>.contract.yaml`: the same declarations as under a manifest's step.

use std::sync::OnceLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::sheet::Sheet;
use super::{Contract, Subject};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::declare::Declarer;
use crate::manifest::raw::RawDeclaration;
use crate::requirement::{Kind, Layer};
use crate::shape::{Shape, dotted};
use crate::yaml::Document;

/// What a script needs and gives, declared by its author.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(
    deny_unknown_fields,
    title = "A script's contract for cargo runtime-test"
)]
struct RawContract {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "checked by the schema")]
    version: u32,
    /// The script's path, relative to this file's folder; needed only in a catalog.
    script: Option<String>,
    /// What the script is for.
    #[expect(dead_code, reason = "for readers of the file")]
    description: Option<String>,
    /// Paths the script reads.
    #[serde(default)]
    inputs: IndexMap<String, RawDeclaration>,
    /// Paths the script writes.
    #[serde(default)]
    outputs: IndexMap<String, RawDeclaration>,
    /// Variables the script reads.
    #[serde(default)]
    env: IndexMap<String, RawDeclaration>,
    /// Parameters on the script's command line.
    #[serde(default)]
    args: IndexMap<String, RawDeclaration>,
}

/// The JSON Schema of contracts, out of the types that read them.
pub(super) fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    settings
        .into_generator()
        .into_root_schema_for::<RawContract>()
        .to_value()
}

/// Reads a contract.
pub(super) fn read(sheet: &mut Sheet<'_>, _: &Subject<'_>) {
    let document = sheet.document;
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    let shape = SHAPE.get_or_init(|| Shape::new(schema()));
    let problems = shape.check(document, &|keys| match keys {
        [] => "the contract".to_owned(),
        keys => dotted(keys),
    });
    let raw: RawContract = match serde_json::from_value(document.value.clone()) {
        Ok(raw) => raw,
        Err(_) => {
            sheet.contract.problems = match problems.is_empty() {
                true => misfit(document).into(),
                false => problems,
            };
            return;
        }
    };
    let mut declarer = Declarer {
        document,
        layer: Layer::Contract,
        rule: "contract",
        problems,
        expectations: IndexMap::new(),
    };
    let sections = [
        (Kind::Input, &raw.inputs),
        (Kind::Output, &raw.outputs),
        (Kind::Env, &raw.env),
        (Kind::Arg, &raw.args),
    ];
    let mut claims = declarer.all(sections, "");
    let mut problems: Diagnostics = std::mem::take(&mut declarer.problems);
    for claim in &mut claims {
        if let Some((_, place)) = claim.from.take() {
            problems.push(wired(place));
        }
    }
    sheet.contract = Contract {
        claims,
        script: raw.script,
        problems,
        ..Contract::default()
    };
}

fn misfit(document: &Document) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        "the contract has a value that does not fit",
    )
    .at(
        document.source.at(document.root.shown()),
        "this cannot be read",
    )
    .help("`cargo runtime-test schema contract` prints the format")
}

fn wired(place: crate::source::Place) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`from` in a contract")
        .at(
            place,
            "a contract speaks of its script alone and knows no steps",
        )
        .help("wire the input in the manifest")
}
