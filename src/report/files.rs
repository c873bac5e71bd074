//! Owns what is remembered of the files of a run: `files.json`. Later runs write to the same places, so what a report
//! shows is taken when a step ends. Small, whatever lies there, and without secrets.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::log::without_controls;
use crate::outline::{Origin, StepOutline, ValueOutline};
use crate::requirement::{DataType, Kind};
use crate::secret::mask::Mask;
use crate::ui::clipped;

/// How much of a text is read for a preview, and how much of it is shown.
const READ: u64 = 16 * 1024;
const SHOWN: usize = 1_500;
/// Rows, columns and characters of a table's preview.
const ROWS: usize = 6;
const COLUMNS: usize = 12;
const CELL: usize = 32;
/// The largest picture that is kept, and the most of all of them.
const PICTURE: u64 = 48 * 1024;
const PICTURES: usize = 256 * 1024;
/// The most entries of folders that are looked at.
const ENTRIES: usize = 10_000;

/// What lay at the paths of a run; `files.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Files {
    /// The version of this format: 1.
    pub version: u32,
    /// The files of each step that ran.
    pub steps: IndexMap<String, Vec<Kept>>,
    /// How much room pictures take.
    #[serde(skip)]
    pictures: usize,
}

/// What lay at a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// The requirement's name.
    pub name: String,
    /// Input or output.
    pub kind: Kind,
    /// The path; absolute.
    pub path: PathBuf,
    /// Its size in bytes, of a folder that of all in it; nothing where nothing lay there.
    pub size: Option<u64>,
    /// A look at it.
    pub preview: Option<Preview>,
}

/// A look at a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Preview {
    /// The first rows of a table.
    Table {
        /// The first row.
        header: Vec<String>,
        /// The next ones.
        rows: Vec<Vec<String>>,
        /// Whether there are more rows or columns.
        cut: bool,
    },
    /// The beginning of a text.
    Text {
        /// The text.
        text: String,
        /// Whether there is more.
        cut: bool,
    },
    /// A picture.
    Picture {
        /// Its media type.
        media: String,
        /// Its bytes, in base 64.
        data: String,
    },
    /// The names in a folder.
    Folder {
        /// The first of them.
        names: Vec<String>,
        /// Whether there are more.
        cut: bool,
    },
}

impl Files {
    /// Takes in the files of a step that has ended.
    pub fn keep(&mut self, step: &str, outline: &StepOutline, secrets: &Mask) {
        self.version = 1;
        let mut room = PICTURES.saturating_sub(self.pictures);
        let mut all = Vec::new();
        for value in outline.values.iter().filter(|value| value.kind.is_path()) {
            for path in paths(value) {
                let kept = keep(value, path, secrets, &mut room);
                all.extend((kept.size.is_some() || value.kind == Kind::Output).then_some(kept));
            }
        }
        self.pictures = PICTURES.saturating_sub(room);
        self.steps.insert(step.to_owned(), all);
    }
}

/// The paths of a value.
fn paths(value: &ValueOutline) -> Vec<&Path> {
    let texts: Vec<&Value> = match &value.value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let paths = texts.into_iter().filter_map(Value::as_str).map(Path::new);
    paths.filter(|path| path.is_absolute()).collect()
}

fn keep(value: &ValueOutline, path: &Path, secrets: &Mask, room: &mut usize) -> Kept {
    let found = fs::metadata(path).ok();
    let is_folder = found.as_ref().is_some_and(fs::Metadata::is_dir);
    // What comes from another step has been shown there.
    let seen = matches!(value.origin, Origin::Upstream { .. });
    let preview = match &found {
        Some(_) if seen => None,
        Some(_) if is_folder => Some(folder(path)),
        Some(found) if found.is_file() => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let kind = DataType::of_name(&name).or(value.data_type);
            look(path, &name, found.len(), kind, secrets, room)
        }
        _ => None,
    };
    Kept {
        name: value.name.clone(),
        kind: value.kind,
        path: path.to_owned(),
        size: size_of(path),
        preview,
    }
}

fn look(
    path: &Path,
    name: &str,
    size: u64,
    kind: Option<DataType>,
    secrets: &Mask,
    room: &mut usize,
) -> Option<Preview> {
    if let Some(media) = media(name) {
        let data = (size <= PICTURE)
            .then(|| fs::read(path).ok())
            .flatten()
            .map(|bytes| base64(&bytes))?;
        *room = room.checked_sub(data.len())?;
        let media = media.to_owned();
        return Some(Preview::Picture { media, data });
    }
    let mut bytes = Vec::new();
    // A secret that the end of what is read cuts in two would not be found.
    let longest = secrets.longest() as u64;
    File::open(path)
        .ok()?
        .take(READ + longest)
        .read_to_end(&mut bytes)
        .ok()?;
    let whole = size <= bytes.len() as u64;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // Only the last character may be cut.
        Err(error) if !whole && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.contains('\0') || text.trim().is_empty() {
        return None;
    }
    let text = secrets.text(text);
    let text = match whole {
        true => text.as_str(),
        false => text
            .get(..text.floor_char_boundary(READ as usize))
            .unwrap_or_default(),
    };
    Some(match kind {
        Some(DataType::Csv) => table(text, ',', whole),
        Some(DataType::Tsv) => table(text, '\t', whole),
        _ => {
            let clean = without_controls(text);
            let end = clean.floor_char_boundary(SHOWN);
            let cut = end < clean.len() || !whole;
            Preview::Text {
                text: clean[..end].trim_end().to_owned(),
                cut,
            }
        }
    })
}

/// The first rows of separated values; quotes are read, rows with line breaks in them end early.
fn table(text: &str, separator: char, whole: bool) -> Preview {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut cut = !whole;
    let mut row = |line: &str| {
        let mut cells = cells(line, separator);
        cut |= cells.len() > COLUMNS;
        cells.truncate(COLUMNS);
        cells
    };
    let header = lines.next().map(&mut row).unwrap_or_default();
    let rows = lines.by_ref().take(ROWS).map(&mut row).collect();
    cut |= lines.next().is_some();
    Preview::Table { header, rows, cut }
}

fn cells(line: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == separator && !quoted => cells.push(std::mem::take(&mut cell)),
            c if c.is_control() => cell.push(' '),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
        .iter()
        .map(|cell| clipped(cell.trim(), CELL))
        .collect()
}

fn folder(path: &Path) -> Preview {
    let entries = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .take(ENTRIES);
    let mut names: Vec<String> = entries
        .map(|entry| without_controls(&entry.file_name().to_string_lossy()))
        .collect();
    names.sort();
    let cut = names.len() > 2 * ROWS;
    names.truncate(2 * ROWS);
    Preview::Folder { names, cut }
}

/// The size of a file, or of all files in a folder as far as they can be counted quickly; nothing where nothing lies.
pub(super) fn size_of(path: &Path) -> Option<u64> {
    let found = fs::metadata(path).ok()?;
    if !found.is_dir() {
        return Some(found.len());
    }
    let (mut size, mut seen, mut open) = (0, 0, vec![path.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES {
                return Some(size);
            }
            match fs::symlink_metadata(entry.path()) {
                Ok(found) if found.is_dir() => open.push(entry.path()),
                Ok(found) => size += found.len(),
                Err(_) => {}
            }
        }
    }
    Some(size)
}

/// The media type of a picture that browsers show.
fn media(name: &str) -> Option<&'static str> {
    Some(
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            "gif" => "image/gif",
            "webp" => "image/webp",
            "svg" => "image/svg+xml",
            _ => return None,
        },
    )
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() {
                char::from(sign)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::mask::MASK;

    fn value(kind: Kind, path: &Path) -> ValueOutline {
        ValueOutline {
            name: "x".to_owned(),
            kind,
            binding: "--x".to_owned(),
            description: None,
            value: Value::String(path.display().to_string()),
            data_type: None,
            origin: Origin::RunFolder,
            asked: None,
        }
    }

    #[test]
    fn bytes_in_base_64() {
        let texts =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(
            texts,
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
            ]
        );
    }

    #[test]
    fn previews_are_small_and_without_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Mask::new(["hunter2"]);
        let kept = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("a file");
            let mut files = Files::default();
            let outline = StepOutline {
                values: vec![value(Kind::Output, &path)],
                ..StepOutline::default()
            };
            files.keep("s", &outline, &secrets);
            files.steps["s"][0].preview.clone()
        };
        let rows = "a,\"b, c\"\n1,hunter2\n".to_owned() + &"2,3\n".repeat(9_000);
        let Some(Preview::Table { header, rows, cut }) = kept("t.csv", rows.as_bytes()) else {
            panic!("no table");
        };
        assert_eq!(
            (header, rows[0].clone(), rows.len(), cut),
            (
                vec!["a".into(), "b, c".into()],
                vec!["1".into(), MASK.into()],
                ROWS,
                true
            )
        );
        // A secret across the end of what is shown.
        let text = format!("{}hunter2 and more", "x".repeat(READ as usize - 3));
        let Some(Preview::Text { text, cut }) = kept("t.txt", text.as_bytes()) else {
            panic!("no text");
        };
        assert!(cut && text.len() <= SHOWN);
        assert!(kept("b.bin", b"\x7fELF\0\0").is_none() && kept("e.txt", b" \n").is_none());
        assert!(matches!(
            kept("p.png", b"png"),
            Some(Preview::Picture { .. })
        ));
        assert!(kept("p.png", &[0; PICTURE as usize + 1]).is_none());
    }

    #[test]
    fn what_is_not_there_is_told_of_outputs_only() {
        let gone = Path::new("/nowhere/at all");
        let mut files = Files::default();
        let values = vec![value(Kind::Output, gone), value(Kind::Input, gone)];
        files.keep(
            "s",
            &StepOutline {
                values,
                ..StepOutline::default()
            },
            &Mask::default(),
        );
        assert_eq!(files.steps["s"].len(), 1);
        assert_eq!(files.steps["s"][0].size, None);
    }
}
