//! Owns the files that statements name by themselves, as DuckDB's do: `COPY … TO 'x.parquet'`, `FROM read_csv('x.csv')`.

use super::call::Args;
use super::engine::Engine;
use super::slots::Direction;
use super::value::{Piece, Value};
use crate::requirement::DataType;

/// How many quoted texts of a statement are looked at.
const QUOTED: usize = 64;

impl<'a> Engine<'a> {
    /// The files that a statement reads and writes; whether it names any.
    pub(super) fn run_statement(&mut self, statement: &Value<'a>, args: &Args<'a>) -> bool {
        let mut names_any = false;
        for statement in statement.alternatives() {
            let pieces = statement.pieces().unwrap_or_default();
            for (before, path) in quoted(&pieces) {
                if let Some((direction, data_type)) = told_by(&before) {
                    let path = self.text_of(path);
                    self.use_path(&path, direction, data_type, args.at, "execute");
                    names_any = true;
                }
            }
        }
        names_any
    }
}

/// The quoted texts of a statement, each with what stands before it.
fn quoted<'a>(pieces: &[Piece<'a>]) -> Vec<(String, Vec<Piece<'a>>)> {
    let mut found = Vec::new();
    let mut before = String::new();
    let mut inside: Option<Vec<Piece<'a>>> = None;
    for piece in pieces {
        let Piece::Text(text) = piece else {
            match &mut inside {
                Some(path) => path.push(piece.clone()),
                None => before.clear(),
            }
            continue;
        };
        for (index, part) in text.split('\'').enumerate() {
            if index > 0 {
                inside = match inside.take() {
                    Some(path) => {
                        found.push((std::mem::take(&mut before), path));
                        None
                    }
                    None => Some(Vec::new()),
                };
            }
            match &mut inside {
                Some(path) if !part.is_empty() => path.push(Piece::Text(part.to_owned().into())),
                Some(_) => {}
                None => before = part.to_owned(),
            }
        }
        if found.len() > QUOTED {
            break;
        }
    }
    found
}

/// What is done with the file that stands behind a text.
fn told_by(before: &str) -> Option<(Direction, Option<DataType>)> {
    let before = before.trim_end().trim_end_matches(['(', '[']).trim_end();
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()?;
    let word = word.to_ascii_lowercase();
    Some(match word.as_str() {
        "to" => (Direction::Writes, None),
        "from" | "attach" => (Direction::Reads, None),
        "read_csv" | "read_csv_auto" => (Direction::Reads, Some(DataType::Csv)),
        "read_parquet" | "parquet_scan" => (Direction::Reads, Some(DataType::Parquet)),
        "read_json" | "read_json_auto" | "read_ndjson" => (Direction::Reads, Some(DataType::Json)),
        _ => return None,
    })
}
