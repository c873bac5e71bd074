//! Owns the judgement of what a step wrote against what the manifest expects of it. The only folder that names csv. Reads
//! tables as a stream and everything else in bounded memory. (io)

mod json;
mod snapshot;
mod table;

use std::io::{self, Read};
use std::path::Path;

use self::json::Document;
use crate::disk;
use crate::event::Judged;
use crate::manifest::expect::{Expected, Range};
use crate::pattern::{Glob, Regex};
use crate::plan::PlannedExpectation;
use crate::requirement::DataType;
use crate::run::outputs::shown;

/// The longest file that is read into memory.
const LONGEST: u64 = 256 * 1024 * 1024;

/// How many files of a folder are looked at.
const FILES: usize = 100_000;

/// What becomes of snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshots {
    /// What comes out is compared with them.
    #[default]
    Compared,
    /// What comes out becomes the new one.
    Blessed,
}

/// Judges everything that is expected of a step that has ended well otherwise. Expectations of an output that may be
/// missing, and is, hold. A snapshot is blessed only where all else holds. `root` is the manifest's folder.
pub fn judge(
    expectations: &[PlannedExpectation],
    snapshots: Snapshots,
    root: &Path,
) -> Vec<Judged> {
    let is_snapshot = |e: &PlannedExpectation| matches!(e.what, Expected::Snapshot { .. });
    let others = expectations.iter().filter(|e| !is_snapshot(e));
    let mut judged: Vec<Judged> = others.map(|e| of(e, found(e), root)).collect();
    let all_hold = judged.iter().all(|judged| judged.holds);
    for expectation in expectations.iter().filter(|e| is_snapshot(e)) {
        let found = match snapshots {
            Snapshots::Blessed if all_hold => snapshot::bless(expectation),
            _ => found(expectation),
        };
        judged.push(of(expectation, found, root));
    }
    judged
}

/// Why a step has failed that ended well, if what was expected of it does not hold.
pub fn reason(judged: &[Judged]) -> Option<String> {
    let mut broken = judged.iter().filter(|judged| !judged.holds);
    let first = broken.next()?;
    let more = match broken.count() {
        0 => String::new(),
        1 => "; 1 more expectation does not hold".to_owned(),
        more => format!("; {more} more expectations do not hold"),
    };
    Some(format!(
        "output `{}` (`{}`) {}{more}",
        first.output,
        first.path.display(),
        first.found
    ))
}

/// A judgement with what people are told of it.
fn of(expectation: &PlannedExpectation, found: Result<String, String>, root: &Path) -> Judged {
    let (holds, found) = match found {
        Ok(found) => (true, found),
        Err(found) => (false, found),
    };
    Judged {
        output: expectation.output.clone(),
        path: shown(&expectation.path, root),
        expected: expectation.what.key().to_owned(),
        at: expectation.at(),
        holds,
        found,
    }
}

/// What is found of one expectation: fine where it holds.
fn found(expectation: &PlannedExpectation) -> Result<String, String> {
    let path = expectation.path.as_path();
    match disk::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !expectation.required => {
            return Ok("was not written".to_owned());
        }
        Err(error) => return Err(unreadable(&error)),
        Ok(_) => {}
    }
    let data_type = expectation.data_type;
    match &expectation.what {
        Expected::Rows(range) => {
            let rows = table::rows(path, data_type)?;
            let rows_are = |rows| format!("has {}", counted(rows, "row"));
            amount(rows, *range, rows_are(rows))
        }
        Expected::Columns(columns) => table::has_columns(path, data_type, columns),
        Expected::Json(pointer, wanted) => Document::read(path)?.judge(pointer, wanted),
        Expected::Files(pattern, range) => {
            let files = files(path, pattern)?;
            let told = format!("holds {} like `{pattern}`", counted(files, "file"));
            amount(files, *range, told)
        }
        Expected::Matches(pattern) => match is_in(path, pattern)? {
            true => Ok(format!("contains `{pattern}`")),
            false => Err(format!("does not contain `{pattern}`")),
        },
        Expected::Lacks(pattern) => match is_in(path, pattern)? {
            false => Ok(format!("does not contain `{pattern}`")),
            true => Err(format!("contains `{pattern}`, which it should not")),
        },
        Expected::Snapshot { .. } => snapshot::compare(expectation),
    }
}

/// Whether a number of things is the one expected.
fn amount(number: u64, range: Range, told: String) -> Result<String, String> {
    match range.holds(number as f64) {
        true => Ok(told),
        false => Err(format!("{told}, expected {range}")),
    }
}

/// `1 row`, `2 rows`.
fn counted(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// Whether a regular expression is found in a file.
fn is_in(path: &Path, pattern: &str) -> Result<bool, String> {
    Ok(Regex::new(pattern)?.is_in(&read(path)?))
}

/// A file in memory, unless it is too long.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = disk::open(path).map_err(|error| unreadable(&error))?;
    let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    match bytes.len() as u64 > LONGEST {
        true => Err("is too long to be looked into (more than 256 MB)".to_owned()),
        false => Ok(bytes),
    }
}

/// How many files below a folder fit a pattern. Links to folders are not followed.
fn files(folder: &Path, pattern: &str) -> Result<u64, String> {
    let glob = Glob::new(pattern)?;
    let (mut open, mut seen, mut found) = (vec![folder.to_owned()], 0, 0);
    while let Some(next) = open.pop() {
        for entry in disk::read_dir(&next)
            .map_err(|error| unreadable(&error))?
            .flatten()
        {
            seen += 1;
            if seen > FILES {
                return Err(format!(
                    "holds more than {FILES} files, too many to be counted"
                ));
            }
            let path = entry.path();
            match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                true => open.push(path),
                false => {
                    let inside = path.strip_prefix(folder).unwrap_or(&path);
                    found += u64::from(glob.fits(inside));
                }
            }
        }
    }
    Ok(found)
}

/// The type of an output for those that read it; without one, what its name tells.
fn type_of(path: &Path, data_type: Option<DataType>) -> Option<DataType> {
    data_type
        .filter(|data_type| *data_type != DataType::File)
        .or_else(|| DataType::of_name(&path.to_string_lossy()))
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}

#[cfg(test)]
mod tests;
