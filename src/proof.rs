//! Owns cheap proof that a file is what its type says: first bytes, last bytes, or a look at its first rows. Reads
//! JSON whole, in bounded memory, and nothing else. A doubt is no proof against a file: only what no reader of that
//! type could take is refused.

mod parquet;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::de::IgnoredAny;

use crate::disk;
use crate::requirement::DataType;

/// How much is read of a file's beginning, and of its end.
const LOOK: usize = 64 * 1024;

/// JSON files longer than this are looked at, not read.
const READ_WHOLE: u64 = 256 * 1024 * 1024;

/// The same where the answer has to come at once.
const READ_AT_A_GLANCE: u64 = 1024 * 1024;

/// What is wrong with a file that is not empty, if anything is.
///
/// # Errors
/// It cannot be read.
pub fn of_file(path: &Path, data_type: DataType) -> io::Result<Option<String>> {
    within(path, data_type, READ_WHOLE)
}

/// What is wrong with a file that is not empty, as far as milliseconds can tell.
///
/// # Errors
/// It cannot be read.
pub fn at_a_glance(path: &Path, data_type: DataType) -> io::Result<Option<String>> {
    within(path, data_type, READ_AT_A_GLANCE)
}

/// The names of a table's columns: in its header, or in the description at the end of a Parquet file; nothing for other
/// types, and where there is none to be read.
pub fn header(path: &Path, data_type: DataType) -> Option<Vec<String>> {
    let delimiter = match data_type {
        DataType::Csv => None,
        DataType::Tsv => Some('\t'),
        DataType::Parquet => return parquet::columns(&mut disk::open(path).ok()?),
        _ => return None,
    };
    let head = read_up_to(&mut disk::open(path).ok()?, LOOK).ok()?;
    let is_whole = head.len() < LOOK;
    let text = text_of(&head)?;
    let (at, line) = first_row(&text)?;
    let delimiter = delimiter.or_else(|| delimiter_of(line)).unwrap_or(',');
    fields(&text[at..], delimiter, is_whole)
}

/// The byte order mark that a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Of UTF-8.
    Utf8,
    /// Of UTF-16, either way round.
    Utf16,
}

/// The byte order mark of a file, where it has one. (io: reads three bytes)
pub fn mark(path: &Path) -> Option<Mark> {
    let head = read_up_to(&mut disk::open(path).ok()?, 3).ok()?;
    match head.as_slice() {
        [0xef, 0xbb, 0xbf] => Some(Mark::Utf8),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(Mark::Utf16),
        _ => None,
    }
}

/// The first line that is not blank and no remark, and where it begins.
fn first_row(text: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end();
        if !shown.trim().is_empty() && !shown.starts_with('#') {
            return Some((at, shown));
        }
        at += line.len();
    }
    None
}

/// The fields of the first row of a text, without their quotes; nothing where the row does not end in it.
fn fields(text: &str, delimiter: char, is_whole: bool) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = characters.next() {
        let name = names.last_mut()?;
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                name.push('"');
            }
            '"' if is_quoted || name.is_empty() => is_quoted = !is_quoted,
            _ if is_quoted => name.push(c),
            '\n' => return Some(names),
            '\r' => {}
            c if c == delimiter => names.push(String::new()),
            c => name.push(c),
        }
    }
    (is_whole && !is_quoted).then_some(names)
}

/// What is wrong with a file; JSON up to `whole_json` bytes is read whole.
fn within(path: &Path, data_type: DataType, whole_json: u64) -> io::Result<Option<String>> {
    let mut file = disk::open(path)?;
    let length = file.metadata()?.len();
    let head = read_up_to(&mut file, LOOK)?;
    let whole = head.len() as u64 == length;
    let starts = |with: &[&[u8]]| with.iter().any(|magic| head.starts_with(magic));
    let right = match data_type {
        DataType::Csv => return Ok(table(&head, whole, None)),
        DataType::Tsv => return Ok(table(&head, whole, Some('\t'))),
        DataType::Json if length <= whole_json => return json(file),
        DataType::Json => starts_with_json(&head),
        DataType::Jsonl => return Ok(json_lines(&head, whole)),
        DataType::Parquet => {
            starts(&[b"PAR1", b"PARE"])
                && length >= 12
                && [b"PAR1", b"PARE"]
                    .iter()
                    .any(|m| tail(&mut file, 4).is_ok_and(|t| t == *m))
        }
        DataType::Arrow => starts(&[b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"]),
        DataType::Npy => starts(&[b"\x93NUMPY"]),
        DataType::Npz | DataType::Zip => is_zip(&head, &mut file)?,
        DataType::Torch => starts(&[b"\x80"]) || is_zip(&head, &mut file)?,
        DataType::Excel => starts(&[b"\xd0\xcf\x11\xe0"]) || is_zip(&head, &mut file)?,
        DataType::Hdf5 => {
            let at = |offset: usize| {
                head.get(offset..)
                    .is_some_and(|rest| rest.starts_with(b"\x89HDF\r\n\x1a\n"))
            };
            [0, 512, 1024, 2048, 4096].into_iter().any(at) || is_zip(&head, &mut file)?
        }
        DataType::Sqlite => starts(&[b"SQLite format 3\0"]),
        DataType::Gzip => starts(&[b"\x1f\x8b"]),
        DataType::Zstd => starts(&[b"\x28\xb5\x2f\xfd"]) || is_skippable_zstd(&head),
        DataType::Pdf => head.windows(5).take(1024).any(|window| window == b"%PDF-"),
        DataType::Tar => is_tar(&head),
        DataType::Image => is_image(&head),
        DataType::Svg => {
            text_of(&head).is_some_and(|text| text.contains("<svg")) || starts(&[b"\x1f\x8b"])
        }
        DataType::Xml => text_of(&head).is_some_and(|text| text.trim_start().starts_with('<')),
        DataType::Html | DataType::Markdown | DataType::Text | DataType::Yaml | DataType::Toml => {
            text_of(&head).is_some_and(|text| !text.trim().is_empty() || !whole)
        }
        // A pickle may be compressed in many ways, and an R object too.
        DataType::Pickle | DataType::Rds | DataType::File | DataType::Folder => true,
    };
    Ok((!right).then(|| sort_of(&head)))
}

/// What the beginning of a file looks like, to tell people who expected something else.
fn sort_of(head: &[u8]) -> String {
    match text_of(head) {
        Some(text) => {
            let line = text.lines().map(str::trim).find(|line| !line.is_empty());
            match line {
                Some(line) => format!(
                    "it begins with `{}`",
                    line.chars().take(40).collect::<String>()
                ),
                None => "it is blank".to_owned(),
            }
        }
        None => {
            let bytes: Vec<String> = head
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("it begins with the bytes {}", bytes.join(" "))
        }
    }
}

/// As much of the file as there is, up to `most` bytes.
fn read_up_to(file: &mut File, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(most as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The last bytes of a file that has at least as many.
fn tail(file: &mut File, bytes: usize) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let bytes = length.min(bytes as u64);
    file.seek(SeekFrom::Start(length - bytes))?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end)?;
    Ok(end)
}

/// The text of a file's beginning: UTF-8 (it may be cut in the middle of a character), another encoding of which only
/// the ASCII part is read, or UTF-16 with its mark. Nothing where it holds NUL, which no text does.
fn text_of(head: &[u8]) -> Option<String> {
    let wide: Option<fn([u8; 2]) -> u16> = match head {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    if let Some(of_bytes) = wide {
        let units = head[2..]
            .chunks_exact(2)
            .map(|pair| of_bytes([pair[0], pair[1]]));
        return Some(
            char::decode_utf16(units)
                .map(|c| c.unwrap_or('\u{fffd}'))
                .collect(),
        );
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    (!head.contains(&0)).then(|| String::from_utf8_lossy(head).into_owned())
}

/// What most likely stands between the fields of a table with this header.
pub fn delimiter_of(header: &str) -> Option<char> {
    let count = |c: char| header.matches(c).count();
    let likely = [',', ';', '\t', '|'].into_iter().rev();
    likely.max_by_key(|&c| count(c)).filter(|&c| count(c) > 0)
}

/// What is wrong with the first rows of a table.
fn table(head: &[u8], whole: bool, delimiter: Option<char>) -> Option<String> {
    const ROWS: usize = 200;
    let Some(text) = text_of(head) else {
        return Some("it is not text".to_owned());
    };
    let Some((before, header)) = first_row(&text) else {
        return whole.then(|| "it has no header".to_owned());
    };
    let delimiter = delimiter.or_else(|| delimiter_of(header))?;
    let rows = rows(&text[before..], delimiter, whole);
    let (&width, rows) = rows.split_first()?;
    let rows = &rows[..rows.len().min(ROWS)];
    // Where all agree, the header may lack a name for the first column, as R and pandas write and read it.
    let wider = rows.iter().position(|&row| row > width)?;
    rows.iter().any(|&row| row != rows[wider]).then(|| {
        format!(
            "its header has {width} columns, but row {} has {}",
            wider + 1,
            rows[wider]
        )
    })
}

/// How many fields each row has. Fields that begin with a quote may hold anything; the last row counts only where the
/// text is whole.
fn rows(text: &str, delimiter: char, whole: bool) -> Vec<usize> {
    #[derive(PartialEq)]
    enum Field {
        Begins,
        Plain,
        Quoted,
        Closed,
    }
    let (mut rows, mut fields, mut field) = (Vec::new(), 1, Field::Begins);
    for c in text.chars() {
        field = match (field, c) {
            (Field::Begins | Field::Closed, '"') => Field::Quoted,
            (Field::Quoted, '"') => Field::Closed,
            (Field::Quoted, _) => Field::Quoted,
            (field, '\n') => {
                if fields > 1 || field != Field::Begins {
                    rows.push(fields);
                }
                fields = 1;
                Field::Begins
            }
            (field, '\r') => field,
            (_, c) if c == delimiter => {
                fields += 1;
                Field::Begins
            }
            (Field::Closed, _) => Field::Closed,
            _ => Field::Plain,
        };
    }
    if whole && field != Field::Quoted && (fields > 1 || field != Field::Begins) {
        rows.push(fields);
    }
    rows
}

/// What is wrong with a JSON file, read as a stream.
fn json(mut file: File) -> io::Result<Option<String>> {
    file.seek(SeekFrom::Start(0))?;
    let reader =
        BufReader::with_capacity(LOOK, PythonJson::new(BufReader::with_capacity(LOOK, file)));
    match serde_json::from_reader::<_, IgnoredAny>(reader) {
        Ok(_) => Ok(None),
        Err(error) if error.is_io() => Err(error.into()),
        // Deeper than we care to follow is not wrong.
        Err(error) if error.to_string().starts_with("recursion limit") => Ok(None),
        Err(error) => Ok(Some(not_json(&error))),
    }
}

/// Where a text stops being JSON.
fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.is_eof() {
        true => format!("its JSON ends too early, in line {line}"),
        false => format!("it is not JSON from line {line}, column {column} on"),
    }
}

/// What is wrong with the first lines of a file with a JSON value a line.
fn json_lines(head: &[u8], whole: bool) -> Option<String> {
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    if !whole {
        lines.pop();
    }
    let mut values = 0;
    for (at, line) in lines.into_iter().enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        values += 1;
        let reader = BufReader::new(PythonJson::new(line));
        if let Err(error) = serde_json::from_reader::<_, IgnoredAny>(reader)
            && !error.to_string().starts_with("recursion limit")
        {
            return Some(format!("line {} is not JSON", at + 1));
        }
    }
    (values == 0 && whole).then(|| "it is blank".to_owned())
}

/// Whether the first character can begin a JSON value.
fn starts_with_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(
        head.trim_ascii_start().first(),
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
    )
}

/// Passes JSON on with what Python writes beyond the standard, `NaN` and `Infinity`, turned into numbers of the same
/// length, and without a byte order mark.
struct PythonJson<R> {
    from: R,
    in_string: bool,
    escaped: bool,
    /// What is still to come of such a word.
    word: &'static [u8],
    begun: bool,
}

impl<R: Read> PythonJson<R> {
    fn new(from: R) -> Self {
        Self {
            from,
            in_string: false,
            escaped: false,
            word: b"",
            begun: false,
        }
    }

    fn pass(&mut self, byte: u8) -> u8 {
        if let Some((&expected, rest)) = self.word.split_first() {
            self.word = rest;
            return if byte == expected { b' ' } else { b'!' };
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return byte;
        }
        match byte {
            b'"' => self.in_string = true,
            b'N' => self.word = b"aN",
            b'I' => self.word = b"nfinity",
            _ => return byte,
        }
        if byte == b'"' { byte } else { b'0' }
    }
}

impl<R: Read> Read for PythonJson<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        if !self.begun {
            self.begun = true;
            if buffer[..read].starts_with(b"\xef\xbb\xbf") {
                buffer[..3].fill(b' ');
            }
        }
        for byte in &mut buffer[..read] {
            *byte = self.pass(*byte);
        }
        Ok(read)
    }
}

/// Whether it begins as a zip archive and has not lost its end, where the list of its files stands.
fn is_zip(head: &[u8], file: &mut File) -> io::Result<bool> {
    if ![b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"]
        .iter()
        .any(|magic| head.starts_with(*magic))
    {
        return Ok(false);
    }
    let end = tail(file, LOOK + 22)?;
    Ok(end.windows(4).any(|window| window == b"PK\x05\x06"))
}

/// Whether it begins as a zstd frame that readers pass over.
fn is_skippable_zstd(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Whether it begins as a tar archive, or as one of those compressed.
fn is_tar(head: &[u8]) -> bool {
    let magic = head.get(257..262).is_some_and(|magic| magic == b"ustar");
    let old = head.len() >= 512 && {
        let sum: u32 = (0..512)
            .map(|at| {
                if (148..156).contains(&at) {
                    32
                } else {
                    u32::from(head[at])
                }
            })
            .sum();
        let written = String::from_utf8_lossy(&head[148..156]);
        u32::from_str_radix(written.trim_matches(['\0', ' ']), 8) == Ok(sum)
    };
    let packed: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    magic || old || packed.iter().any(|magic| head.starts_with(magic))
}

/// Whether it begins as a picture of a known kind.
fn is_image(head: &[u8]) -> bool {
    let magics: [&[u8]; 8] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"II+\0",
        b"MM\0+",
    ];
    let webp = head.starts_with(b"RIFF") && head.get(8..12).is_some_and(|kind| kind == b"WEBP");
    webp || magics.iter().any(|magic| head.starts_with(magic))
}

#[cfg(test)]
mod tests;
