//! Owns the baseline: the findings that a project has and knows of. An entry holds no line, so that it lives on when the
//! text around it changes.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::{self, ReadError};

/// Findings that are known and not told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The known findings, in order.
    findings: Vec<Known>,
}

/// Findings that are alike: in one file, of one code, in the same words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The file, relative to the manifest's folder; empty where no file is to blame.
    file: String,
    /// The code.
    code: String,
    /// What is wrong.
    message: String,
    /// How many times.
    count: usize,
}

/// What makes two findings alike.
type Key = (String, String, String);

fn key(finding: &Diagnostic) -> Key {
    let file = finding
        .place()
        .map_or("", |place| place.source.name())
        .to_owned();
    (
        file,
        finding.code.as_str().to_owned(),
        finding.message.clone(),
    )
}

impl Baseline {
    /// The baseline that knows these findings.
    pub fn of(findings: &Diagnostics) -> Self {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for finding in findings.iter() {
            *counts.entry(key(finding)).or_default() += 1;
        }
        let known = |((file, code, message), count)| Known {
            file,
            code,
            message,
            count,
        };
        Self {
            version: 1,
            findings: counts.into_iter().map(known).collect(),
        }
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.findings.iter().map(|known| known.count).sum()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The findings that it does not know; how many it knows; how many entries fit nothing.
    pub fn without_known(&self, findings: Diagnostics) -> (Diagnostics, usize, usize) {
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        for known in &self.findings {
            let key = (
                known.file.clone(),
                known.code.clone(),
                known.message.clone(),
            );
            *left.entry(key).or_default() += known.count;
        }
        let all = findings.len();
        let rest = findings.changed(|finding| match left.get_mut(&key(&finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                None
            }
            _ => Some(finding),
        });
        let known = all - rest.len();
        let stale = left.values().filter(|count| **count > 0).count();
        (rest, known, stale)
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// There is none, or it is not one; in words that follow the file's name.
    pub fn load(path: &Path) -> Result<Self, String> {
        let source = file::read(path, path).map_err(|error| match error {
            ReadError::NotFound => "it does not exist; `--write-baseline` writes it".to_owned(),
            ReadError::Refused(why) => why,
        })?;
        let baseline: Self = serde_json::from_str(source.text())
            .map_err(|error| format!("it is not a baseline (line {})", error.line()))?;
        match baseline.version {
            1 => Ok(baseline),
            version => Err(format!(
                "it has version {version}, and this version of the tool reads 1"
            )),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// What the filesystem says.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        file::write(path, &text)
    }
}
