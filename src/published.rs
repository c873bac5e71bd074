//! Owns the list of formats whose schemas are published under `schemas/`: each is made from the types that read or write
//! it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::check::status::Status;
use crate::event::{Event, RunSummary};
use crate::extract::contract;
use crate::findings::baseline::Baseline;
use crate::findings::json::Report;
use crate::inspect::Inspection;
use crate::manifest::load;
use crate::outline::Outline;
use crate::report::files::Files;

/// Each format's name and its schema as text: `schemas/<name>.schema.json`.
pub fn all() -> Vec<(&'static str, String)> {
    let text = |schema: serde_json::Value| {
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    };
    vec![
        ("manifest", text(load::schema())),
        ("contract", text(contract::schema())),
        ("inspect", text(written::<Inspection>())),
        ("status", text(written::<Status>())),
        ("check", text(written::<Report>())),
        ("baseline", text(written::<Baseline>())),
        ("summary", text(written::<RunSummary>())),
        ("events", text(written::<Event>())),
        ("plan", text(written::<Outline>())),
        ("files", text(written::<Files>())),
    ]
}

/// The schema of what is written, not read: fields that may be left out are not required.
fn written<T: JsonSchema>() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
