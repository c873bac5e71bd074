//! Owns findings as GitHub's workflow commands, which it shows beside the lines they are about.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

use super::{Region, in_full, path_below};

/// One command a line. `root` is the repository's folder.
pub fn render(findings: &Diagnostics, root: &Path) -> String {
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| command(finding, root))
        .collect();
    lines.join("\n")
}

fn command(finding: &Diagnostic, root: &Path) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = finding.place().filter(|place| !place.source.is_typed()) {
        let region = Region::of(place);
        properties.push(format!("file={}", property(&path_below(place, root))));
        properties.push(format!("line={}", region.line));
        properties.push(format!("endLine={}", region.end_line));
        // Columns only count where the place is on one line.
        if region.line == region.end_line {
            properties.push(format!("col={}", region.column));
            properties.push(format!("endColumn={}", region.end_column));
        }
    }
    properties.push(format!("title={}", property(finding.code.as_str())));
    format!(
        "::{kind} {}::{}",
        properties.join(","),
        data(&in_full(finding))
    )
}

/// A text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
