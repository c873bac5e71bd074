//! Owns the question whether an input is what its type, or its name, says. (io: reads the beginning of files)

use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::file;
use crate::proof;
use crate::requirement::{Confidence, DataType};
use crate::source::Source;

use super::filesystem::{Subject, asked};

/// Endings under which many readers take a packed file for what it holds.
const PACKED: &[&str] = &["gz", "zip", "bz2", "xz", "zst", "tgz"];

/// Looks at a file that is there and is not empty.
pub(super) fn check(subject: &Subject<'_>, path: &Path) -> Option<Diagnostic> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let by_name = DataType::of_name(&name);
    let asked = subject
        .requirement
        .data_type
        .filter(|t| !matches!(t, DataType::File | DataType::Folder));
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    let is_packed = suffix.is_some_and(|suffix| PACKED.contains(&suffix));
    let expected = match (asked, by_name) {
        (Some(asked), by_name) if !is_packed || by_name == Some(asked) => asked,
        (_, Some(by_name)) => by_name,
        _ => return None,
    };
    let wrong = proof::at_a_glance(path, expected).ok()?;
    if let Some(wrong) = wrong {
        return Some(not_its_type(
            subject,
            path,
            expected,
            asked.is_some(),
            &wrong,
        ));
    }
    if let Some((encoding, help)) = foreign(subject, path, expected) {
        return Some(encoded(subject, path, encoding, help));
    }
    // Much text could be anything; then its name decides, where the content bears it out.
    let other = by_name.filter(|by_name| !expected.is_readable_as(*by_name))?;
    let fits = |data_type| proof::at_a_glance(path, data_type).is_ok_and(|wrong| wrong.is_none());
    (is_told_apart(other) && fits(other)).then(|| named_otherwise(subject, path, expected, other))
}

/// How a table is encoded, and what helps, where its script most likely trips over that.
fn foreign(
    subject: &Subject<'_>,
    path: &Path,
    expected: DataType,
) -> Option<(&'static str, &'static str)> {
    if !matches!(expected, DataType::Csv | DataType::Tsv) {
        return None;
    }
    let script = subject.script.map(Source::text).unwrap_or_default();
    let knows = |words: &[&str]| {
        let script = script.to_ascii_lowercase();
        words.iter().any(|word| script.contains(word))
    };
    match proof::mark(path)? {
        proof::Mark::Utf16 if !knows(&["utf-16", "utf_16", "utf16", "ucs-2", "ucs2"]) => Some((
            "UTF-16",
            "save it as UTF-8: `iconv -f UTF-16 -t UTF-8`; or let the script say which encoding it reads",
        )),
        // These pass over a mark, or are told to.
        proof::Mark::Utf8
            if !knows(&[
                "pandas",
                "polars",
                "duckdb",
                "readr",
                "fread",
                "utf-8-sig",
                "utf-8-bom",
                "utf_8_sig",
            ]) =>
        {
            Some((
                "UTF-8 with a byte order mark",
                "save it without the mark, for most readers take it for a part of the first column's name",
            ))
        }
        _ => None,
    }
}

fn encoded(subject: &Subject<'_>, path: &Path, encoding: &str, help: &str) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` is {encoding}",
        requirement.kind, requirement.name, subject.step.name
    );
    let mut finding = Diagnostic::new(Code::InputFormat, message).maybe_at(
        subject.place.clone(),
        format!(
            "`{}` begins with its mark",
            file::display(path, subject.folder)
        ),
    );
    finding.severity = Severity::Warning;
    asked(finding, subject).help(help)
}

/// Whether a file can be shown to be of this type, not only not to be.
fn is_told_apart(data_type: DataType) -> bool {
    !matches!(
        data_type,
        DataType::Csv
            | DataType::Tsv
            | DataType::Yaml
            | DataType::Toml
            | DataType::Text
            | DataType::Markdown
            | DataType::Html
            | DataType::Pickle
            | DataType::Rds
    )
}

fn found(subject: &Subject<'_>, message: String) -> Diagnostic {
    let mut finding = Diagnostic::new(Code::InputFormat, message);
    if subject.requirement.confidence != Confidence::Certain {
        finding.severity = Severity::Warning;
    }
    finding
}

fn not_its_type(
    subject: &Subject<'_>,
    path: &Path,
    expected: DataType,
    is_asked: bool,
    wrong: &str,
) -> Diagnostic {
    let (requirement, expected) = (subject.requirement, expected.as_str());
    let (step, shown) = (&subject.step.name, file::display(path, subject.folder));
    let message = format!(
        "{} `{}` of step `{step}` is not {expected}",
        requirement.kind, requirement.name
    );
    let mut finding =
        found(subject, message).maybe_at(subject.place.clone(), format!("`{shown}`: {wrong}"));
    if is_asked {
        return asked(finding, subject).help(format!(
            "give a file that is {expected}, or mend the input's `type` in the manifest"
        ));
    }
    // Only the file's name says so.
    finding.severity = Severity::Warning;
    asked(finding, subject).help("the file's name says so; give another file, or another name")
}

fn named_otherwise(
    subject: &Subject<'_>,
    path: &Path,
    expected: DataType,
    other: DataType,
) -> Diagnostic {
    let requirement = subject.requirement;
    let message = format!(
        "{} `{}` of step `{}` is {}, not {}",
        requirement.kind,
        requirement.name,
        subject.step.name,
        other.as_str(),
        expected.as_str()
    );
    let shown = file::display(path, subject.folder);
    let finding = found(subject, message).maybe_at(
        subject.place.clone(),
        format!("`{shown}` is {} by name and content", other.as_str()),
    );
    asked(finding, subject).help(format!(
        "give a file that is {}, or mend the input's `type` in the manifest",
        expected.as_str()
    ))
}
