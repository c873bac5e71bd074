//! Owns the types behind `check --format json`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Label, Severity};

use super::{Region, Told};

/// What a check found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "What `cargo runtime-test check --format json` prints")]
pub struct Report {
    /// The version of this format: 1.
    pub version: u32,
    /// The pipeline's name; null where the manifest could not be read.
    pub pipeline: Option<String>,
    /// Whether a run would start.
    pub ready: bool,
    /// How many findings there are.
    pub summary: Summary,
    /// All findings that are told, by file and place.
    pub findings: Vec<Finding>,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// A run is refused for these.
    pub errors: usize,
    /// A run is possible, but probably not what was meant.
    pub warnings: usize,
    /// Worth knowing.
    pub advice: usize,
    /// Not told because their code is allowed.
    pub allowed: usize,
    /// Not told because the baseline has them.
    pub in_baseline: usize,
}

/// One finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Its stable name, which `explain` takes.
    pub code: &'static str,
    /// How much it matters: `error`, `warning` or `advice`.
    #[schemars(extend("enum" = ["error", "warning", "advice"]))]
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Where: the first is the place to edit, the others tell why. Empty only where no file is to blame.
    pub places: Vec<Location>,
}

/// A place and what is to be said there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Location {
    /// The file, relative to the manifest's folder where it lies in it.
    pub file: String,
    /// The first line, from 1.
    pub line: usize,
    /// The first column, from 1, in characters.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
    /// What is to be said there; may be empty.
    pub text: String,
}

/// Findings as a value; `ready` tells whether a run would start.
pub fn report(told: &Told, pipeline: Option<&str>, ready: bool) -> Report {
    Report {
        version: 1,
        pipeline: pipeline.map(str::to_owned),
        ready,
        summary: Summary {
            errors: told.findings.count(Severity::Error),
            warnings: told.findings.count(Severity::Warning),
            advice: told.findings.count(Severity::Advice),
            allowed: told.allowed,
            in_baseline: told.known,
        },
        findings: told.findings.iter().map(finding).collect(),
    }
}

fn finding(diagnostic: &Diagnostic) -> Finding {
    Finding {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        places: diagnostic.labels.iter().map(location).collect(),
    }
}

fn location(label: &Label) -> Location {
    let Region {
        line,
        column,
        end_line,
        end_column,
    } = Region::of(&label.place);
    Location {
        file: label.place.source.name().to_owned(),
        line,
        column,
        end_line,
        end_column,
        text: label.text.clone(),
    }
}
