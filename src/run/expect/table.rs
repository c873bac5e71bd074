//! Owns tables as they are looked into: their rows and columns, read as a stream.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::{type_of, unreadable};
use crate::disk;
use crate::proof;
use crate::requirement::DataType;

/// How many names of columns are told.
const NAMES: usize = 12;

/// A table's rows, one after the other, as text.
pub(super) type Table = csv::Reader<Box<dyn Read>>;

/// How many rows a table has without its header; how many values a file with a JSON value a line has.
pub(super) fn rows(path: &Path, data_type: Option<DataType>) -> Result<u64, String> {
    if type_of(path, data_type) == Some(DataType::Jsonl) {
        let file = disk::open(path).map_err(|error| unreadable(&error))?;
        return filled_lines(BufReader::new(file));
    }
    let mut table = open(path, data_type)?;
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while table.read_byte_record(&mut record).map_err(broken)? {
        rows += 1;
    }
    Ok(rows)
}

/// Counts lines that are not blank, however long they are.
fn filled_lines(mut reader: impl BufRead) -> Result<u64, String> {
    let (mut lines, mut is_filled) = (0, false);
    loop {
        let buffer = reader.fill_buf().map_err(|error| unreadable(&error))?;
        if buffer.is_empty() {
            return Ok(lines + u64::from(is_filled));
        }
        for &byte in buffer {
            match byte {
                b'\n' => lines += u64::from(std::mem::take(&mut is_filled)),
                byte => is_filled |= !byte.is_ascii_whitespace(),
            }
        }
        let used = buffer.len();
        reader.consume(used);
    }
}

/// Whether a table's header names all of these columns.
pub(super) fn has_columns(
    path: &Path,
    data_type: Option<DataType>,
    columns: &[String],
) -> Result<String, String> {
    let mut table = open(path, data_type)?;
    let header = table.byte_headers().map_err(broken)?;
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    let lacks = columns.iter().filter(|column| !names.contains(column));
    let lacks: Vec<String> = lacks.map(|column| format!("`{column}`")).collect();
    if lacks.is_empty() {
        return Ok(format!("has {} columns", names.len()));
    }
    let shown: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    let more = if names.len() > NAMES { ", …" } else { "" };
    Err(format!(
        "lacks the column{} {}; its columns are {}{more}",
        if lacks.len() > 1 { "s" } else { "" },
        lacks.join(", "),
        shown.join(", ")
    ))
}

/// Opens a table behind remarks and blank lines that stand above its header.
pub(super) fn open(path: &Path, data_type: Option<DataType>) -> Result<Table, String> {
    /// How much may stand before the end of the header.
    const LOOK: u64 = 64 * 1024;
    let file = disk::open(path).map_err(|error| unreadable(&error))?;
    let mut reader = BufReader::new(file);
    let mut header = Vec::new();
    loop {
        header.clear();
        let line = (&mut reader).take(LOOK).read_until(b'\n', &mut header);
        let read = line.map_err(|error| unreadable(&error))?;
        let text = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&header);
        let is_remark = text.trim_ascii().is_empty() || text.starts_with(b"#");
        if read == 0 || !is_remark {
            break;
        }
    }
    let delimiter = match type_of(path, data_type) {
        Some(DataType::Tsv) => b'\t',
        _ => proof::delimiter_of(&String::from_utf8_lossy(&header))
            .and_then(|c| u8::try_from(c).ok())
            .unwrap_or(b','),
    };
    let rest: Box<dyn Read> = Box::new(std::io::Cursor::new(header).chain(reader));
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(rest))
}

/// What is wrong with a table that cannot be read on.
pub(super) fn broken(error: csv::Error) -> String {
    format!("cannot be read as a table: {error}")
}
