//! Owns what becomes of findings once all are known: which of them are told, how much they matter here, and the forms in
//! which programs read them.

pub mod baseline;
pub mod github;
pub mod json;
pub mod sarif;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::Place;

use self::baseline::Baseline;

/// What somebody decided about findings.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Warnings are errors.
    pub deny_warnings: bool,
    /// Drift between declarations and code is an error.
    pub deny_drift: bool,
    /// Codes that are not told.
    pub allow: Vec<Code>,
    /// Codes that are warnings.
    pub warn: Vec<Code>,
}

/// Findings as they are told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Those that are told, in source order.
    pub findings: Diagnostics,
    /// How many are not told because their code is allowed.
    pub allowed: usize,
    /// How many are not told because the baseline has them.
    pub known: usize,
    /// How many entries of the baseline fit nothing any more.
    pub stale: usize,
}

impl Policy {
    /// How much a finding matters; nothing where it is not told.
    fn judge(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        let is_free = finding.severity != Severity::Error || finding.code.may_be_allowed();
        if is_free && self.allow.contains(&finding.code) {
            return None;
        }
        if is_free && self.warn.contains(&finding.code) {
            finding.severity = Severity::Warning;
        }
        let is_denied = self.deny_warnings || self.deny_drift && finding.code.is_drift();
        if is_denied && finding.severity == Severity::Warning {
            finding.severity = Severity::Error;
        }
        Some(finding)
    }
}

/// Decides which findings are told, and how much each matters.
pub fn decide(findings: Diagnostics, policy: &Policy, baseline: &Baseline) -> Told {
    let all = findings.len();
    let judged = findings.changed(|finding| policy.judge(finding));
    let allowed = all - judged.len();
    let (findings, known, stale) = baseline.without_known(judged);
    Told {
        findings,
        allowed,
        known,
        stale,
    }
}

impl Told {
    /// What is said after the findings: in how many files they are, and what is not told; nothing where there is
    /// nothing to say.
    pub fn summary(&self) -> Option<String> {
        let files: BTreeSet<&str> = self
            .findings
            .iter()
            .filter_map(|finding| Some(finding.place()?.source.name()))
            .collect();
        let in_files = (files.len() > 1).then(|| format!("in {} files", files.len()));
        let counts = [
            (self.allowed, "1 allowed", "{} allowed"),
            (self.known, "1 in the baseline", "{} in the baseline"),
            (
                self.stale,
                "1 entry of the baseline fits nothing any more",
                "{} entries of the baseline fit nothing any more",
            ),
        ];
        let counted = counts.into_iter().filter(|(count, ..)| *count > 0).map(
            |(count, one, many)| match count {
                1 => one.to_owned(),
                _ => many.replace("{}", &count.to_string()),
            },
        );
        let said: Vec<String> = in_files.into_iter().chain(counted).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

/// Lines and columns of a place, as programs are told them: from 1, columns count characters, the end is one past the
/// last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Region {
    fn of(place: &Place) -> Self {
        let (line, column) = place.line_column();
        let (end_line, end_column) = place
            .source
            .line_column(place.span.end.max(place.span.start));
        Self {
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// The folder that other tools take paths relative to: the one of the repository that holds `folder`, else `folder`. (io)
pub fn root_of(folder: &Path) -> PathBuf {
    let repository = folder.ancestors().find(|above| above.join(".git").exists());
    repository.unwrap_or(folder).to_owned()
}

/// A file's path as other tools read it: below `root` where it lies there, with `/`.
fn path_below(place: &Place, root: &Path) -> String {
    let path = place.source.path();
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// A finding in one piece: what is wrong, what to do, and which other places tell why.
fn in_full(finding: &Diagnostic) -> String {
    let mut text = finding.message.clone();
    let own = finding.labels.first().map(|label| label.text.as_str());
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        text += &format!(": {own}");
    }
    if let Some(help) = &finding.help {
        text += &format!("\nhelp: {help}");
    }
    for label in finding.labels.iter().skip(1) {
        text += &match label.text.as_str() {
            "" => format!("\nsee {}", label.place),
            said => format!("\n{}: {said}", label.place),
        };
    }
    text
}

#[cfg(test)]
mod tests;
