//! Owns snapshots: files that outputs equal, value by value where they are tables or JSON documents, to the byte
//! elsewhere; and their renewal.

use std::fs;
use std::io;
use std::path::Path;

use super::json::{Document, is_close};
use super::{read, table, type_of};
use crate::disk;
use crate::manifest::expect::Expected;
use crate::plan::PlannedExpectation;
use crate::requirement::DataType;

/// How many differences are told.
const TOLD: usize = 3;

/// How many differences are counted.
const COUNTED: usize = 1000;

/// Whether an output equals its snapshot.
pub(super) fn compare(expectation: &PlannedExpectation) -> Result<String, String> {
    let Expected::Snapshot {
        path: snapshot,
        written,
        within,
    } = &expectation.what
    else {
        return Ok(String::new());
    };
    if !disk::exists(snapshot) {
        return Err(format!(
            "has no snapshot `{written}` yet; accept what came out with `run --bless`"
        ));
    }
    let output = expectation.path.as_path();
    let data_type = type_of(output, expectation.data_type);
    let differences = differences(output, snapshot, data_type, *within)?;
    if differences.is_empty() {
        return Ok(format!("equals `{written}`"));
    }
    let count = differences.len();
    let more = match count.saturating_sub(TOLD) {
        0 => String::new(),
        _ if count >= COUNTED => "; and many more differences".to_owned(),
        1 => "; and 1 more difference".to_owned(),
        more => format!("; and {more} more differences"),
    };
    let told: Vec<String> = differences.into_iter().take(TOLD).collect();
    let told = told.join("; ");
    Err(format!(
        "differs from its snapshot `{written}`: {told}{more}; accept it with `run --bless` if that is right"
    ))
}

/// Makes an output the new snapshot where it differs from it.
pub(super) fn bless(expectation: &PlannedExpectation) -> Result<String, String> {
    let Expected::Snapshot { path, written, .. } = &expectation.what else {
        return Ok(String::new());
    };
    if let Ok(same) = compare(expectation) {
        return Ok(same);
    }
    copy(&expectation.path, path)
        .map_err(|error| format!("cannot be kept as `{written}`: {error}"))?;
    Ok(format!("was kept as the new `{written}`"))
}

/// Copies a file, whole or not at all.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut disk::open(from)?, &mut new)?;
    fs::set_permissions(new.path(), disk::metadata(from)?.permissions())?;
    new.persist(to)?;
    Ok(())
}

/// What differs, as far as it is counted.
fn differences(
    output: &Path,
    snapshot: &Path,
    data_type: Option<DataType>,
    within: f64,
) -> Result<Vec<String>, String> {
    if disk::is_dir(output) {
        return Err("is a folder, which has no snapshot".to_owned());
    }
    match data_type {
        Some(DataType::Csv | DataType::Tsv) => tables(output, snapshot, data_type, within),
        Some(DataType::Json) => {
            let expected =
                Document::read(snapshot).map_err(|why| format!("has a snapshot that {why}"))?;
            Ok(Document::read(output)?.differences(&expected, within))
        }
        Some(DataType::Jsonl) => lines_of_json(output, snapshot, within),
        _ => Ok(bytes(&read(output)?, &read(snapshot)?)),
    }
}

/// Compares two tables cell by cell.
fn tables(
    output: &Path,
    snapshot: &Path,
    data_type: Option<DataType>,
    within: f64,
) -> Result<Vec<String>, String> {
    let (mut found, mut expected) = (
        table::open(output, data_type)?,
        table::open(snapshot, data_type)?,
    );
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let header: Vec<String> = found
        .byte_headers()
        .map_err(table::broken)?
        .iter()
        .map(text)
        .collect();
    let wanted: Vec<String> = expected
        .byte_headers()
        .map_err(table::broken)?
        .iter()
        .map(text)
        .collect();
    let mut told = Vec::new();
    if header != wanted {
        told.push(format!(
            "the columns are {}, expected {}",
            header.join(", "),
            wanted.join(", ")
        ));
        return Ok(told);
    }
    let (mut row, mut of_found, mut of_expected) =
        (0_u64, csv::ByteRecord::new(), csv::ByteRecord::new());
    loop {
        let here = found
            .read_byte_record(&mut of_found)
            .map_err(table::broken)?;
        let there = expected
            .read_byte_record(&mut of_expected)
            .map_err(table::broken)?;
        match (here, there) {
            (false, false) => return Ok(told),
            (true, true) => row += 1,
            (here, _) => {
                let (mut more, rest) = match here {
                    true => (1, &mut found),
                    false => (1, &mut expected),
                };
                while rest
                    .read_byte_record(&mut of_found)
                    .map_err(table::broken)?
                {
                    more += 1;
                }
                let (found, expected) = if here {
                    (row + more, row)
                } else {
                    (row, row + more)
                };
                told.insert(0, format!("{found} rows, expected {expected}"));
                return Ok(told);
            }
        }
        let width = of_found.len().max(of_expected.len());
        for column in 0..width {
            let [a, b] = [&of_expected, &of_found].map(|record| record.get(column));
            if told.len() < COUNTED && !is_same_cell(a, b, within) {
                let name = header.get(column).map_or("?", String::as_str);
                let cell = |cell: Option<&[u8]>| {
                    cell.map_or("nothing".to_owned(), |c| format!("`{}`", text(c)))
                };
                told.push(format!(
                    "row {row}, `{name}` is {}, expected {}",
                    cell(b),
                    cell(a)
                ));
            }
        }
    }
}

/// Whether two cells are the same, or numbers that are close.
fn is_same_cell(expected: Option<&[u8]>, found: Option<&[u8]>, within: f64) -> bool {
    let number = |cell: &[u8]| std::str::from_utf8(cell).ok()?.trim().parse::<f64>().ok();
    match (expected, found) {
        (Some(a), Some(b)) if a == b => true,
        (Some(a), Some(b)) => match (number(a), number(b)) {
            (Some(a), Some(b)) => is_close(a, b, within),
            _ => false,
        },
        (a, b) => a == b,
    }
}

/// Compares two files with a JSON value a line.
fn lines_of_json(output: &Path, snapshot: &Path, within: f64) -> Result<Vec<String>, String> {
    let (found, expected) = (read(output)?, read(snapshot)?);
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let lines = bytes.split(|byte| *byte == b'\n');
        let filled = lines.filter(|line| !line.trim_ascii().is_empty());
        filled.map(<[u8]>::to_vec).collect()
    };
    let (found, expected) = (lines(&found), lines(&expected));
    let mut told = Vec::new();
    if found.len() != expected.len() {
        told.push(format!(
            "{} lines, expected {}",
            found.len(),
            expected.len()
        ));
    }
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let differences = Document::parse(found)?.differences(&Document::parse(expected)?, within);
        let differences = differences
            .into_iter()
            .map(|d| format!("line {}: {d}", at + 1));
        told.extend(differences.take(COUNTED - told.len().min(COUNTED)));
    }
    Ok(told)
}

/// Compares bytes; of texts, line by line.
fn bytes(found: &[u8], expected: &[u8]) -> Vec<String> {
    if found == expected {
        return Vec::new();
    }
    let (Ok(found_text), Ok(expected_text)) = (str::from_utf8(found), str::from_utf8(expected))
    else {
        let at = found
            .iter()
            .zip(expected)
            .take_while(|(a, b)| a == b)
            .count();
        let (found, expected) = (found.len(), expected.len());
        return vec![format!(
            "it differs from byte {} on ({found} bytes, expected {expected})",
            at + 1
        )];
    };
    let (mut a, mut b) = (found_text.lines(), expected_text.lines());
    let mut told = Vec::new();
    for line in 1_u64.. {
        let shown = |line: Option<&str>| match line {
            Some(line) => format!("`{}`", line.chars().take(60).collect::<String>()),
            None => "nothing".to_owned(),
        };
        match (a.next(), b.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) if told.len() < COUNTED => {
                told.push(format!(
                    "line {line} is {}, expected {}",
                    shown(a),
                    shown(b)
                ));
            }
            _ => break,
        }
    }
    if told.is_empty() {
        told.push("only the ends of lines differ".to_owned());
    }
    told
}
