//! Owns the names of a Parquet file's columns, read from its last bytes: as much of Thrift's compact protocol as leads
//! there. A file can claim anything, so everything is bounded, and what is odd has no names.

use std::io::{Read, Seek, SeekFrom};

/// The longest description of a file that is read, in bytes.
const LONGEST: u64 = 8 * 1024 * 1024;
/// How deep structures may lie in each other.
const DEEPEST: usize = 32;
/// Columns that tables of pandas have for their index.
const INDEX: &str = "__index_level_";

/// The names of the columns at the top, in order; nothing where the file is no Parquet that is understood.
pub(super) fn columns(file: &mut (impl Read + Seek)) -> Option<Vec<String>> {
    let length = file.seek(SeekFrom::End(-8)).ok()?;
    let mut end = [0; 8];
    file.read_exact(&mut end).ok()?;
    let (size, magic) = end.split_at(4);
    let size = u64::from(u32::from_le_bytes(size.try_into().ok()?));
    if magic != b"PAR1" || size > length.min(LONGEST) {
        return None;
    }
    file.seek(SeekFrom::Start(length - size)).ok()?;
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    file.read_exact(&mut bytes).ok()?;
    let elements = schema(&mut Reader { rest: &bytes })?;
    top(&elements)
}

/// An element of the schema: its name, and how many elements right behind it lie in it.
struct Element {
    name: String,
    children: usize,
}

/// The elements of the schema: the second field of a file's description.
fn schema(reader: &mut Reader<'_>) -> Option<Vec<Element>> {
    let mut field = 0;
    loop {
        let kind = reader.field(&mut field)?;
        if (field, kind) != (2, LIST) {
            reader.skip(kind, 0)?;
            continue;
        }
        let (count, kind) = reader.list()?;
        if kind != STRUCT {
            return None;
        }
        return (0..count).map(|_| element(reader)).collect();
    }
}

fn element(reader: &mut Reader<'_>) -> Option<Element> {
    let (mut field, mut name, mut children) = (0, None, 0);
    loop {
        match (reader.field(&mut field)?, field) {
            (STOP, _) => break,
            (BINARY, 4) => name = Some(String::from_utf8(reader.binary()?.to_vec()).ok()?),
            (I32, 5) => children = usize::try_from(reader.signed()?).ok()?,
            (kind, _) => reader.skip(kind, 0)?,
        }
    }
    Some(Element {
        name: name?,
        children,
    })
}

/// The names right below the root.
fn top(elements: &[Element]) -> Option<Vec<String>> {
    let (root, rest) = elements.split_first()?;
    let mut names = Vec::new();
    let mut at = 0;
    for _ in 0..root.children {
        let element = rest.get(at)?;
        if !element.name.starts_with(INDEX) {
            names.push(element.name.clone());
        }
        // Everything in it is passed over, whatever lies in that.
        let mut left = element.children;
        at += 1;
        while left > 0 {
            left = (left - 1).checked_add(rest.get(at)?.children)?;
            at += 1;
        }
    }
    Some(names)
}

const STOP: u8 = 0;
const I32: u8 = 5;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Bytes in the compact protocol.
struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number whose last bit is its sign.
    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn binary(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// The type of the next field, whose number becomes `field`.
    fn field(&mut self, field: &mut i64) -> Option<u8> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        if kind != STOP {
            *field = match head >> 4 {
                0 => self.signed()?,
                more => field.checked_add(i64::from(more))?,
            };
        }
        Some(kind)
    }

    /// How many items a list has, and of which type; never more than there are bytes.
    fn list(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            few => usize::from(few),
        };
        (count <= self.rest.len()).then_some((count, head & 0x0f))
    }

    /// Passes over a value. The end of a structure is none, so nothing is found behind it.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            // What a field's type says already.
            1 | 2 => {}
            3 => drop(self.byte()?),
            4..=6 => drop(self.number()?),
            7 => drop(self.take(8)?),
            BINARY => drop(self.binary()?),
            LIST | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.item(kind, depth)?;
                }
            }
            11 => {
                let count = self.number()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.item(kinds >> 4, depth)?;
                    self.item(kinds & 0x0f, depth)?;
                }
            }
            STRUCT => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        STOP => break,
                        kind => self.skip(kind, depth + 1)?,
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Passes over an item of a list or a map, in which truth takes a byte.
    fn item(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => self.byte().map(drop),
            kind => self.skip(kind, depth + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A file whose description is this.
    fn file(description: &[u8]) -> Vec<u8> {
        let length = (description.len() as u32).to_le_bytes();
        [b"PAR1", description, &length, b"PAR1"].concat()
    }

    /// `version: 2`, then a schema: a root with two children, of which the second has one itself.
    const DESCRIPTION: &[u8] = b"\x15\x04\x19\x4c\
        \x48\x06schema\x15\x04\0\
        \x15\x0c\x25\x02\x18\x07species\x25\0\0\
        \x48\x04size\x15\x02\0\
        \x15\x0a\x25\x02\x18\x02mm\0\
        \x16\x02\0";

    #[test]
    fn the_names_at_the_top_are_read() {
        let names = columns(&mut Cursor::new(file(DESCRIPTION)));
        assert_eq!(
            names.as_deref(),
            Some(&["species".to_owned(), "size".to_owned()][..])
        );
        let cut = &DESCRIPTION[..DESCRIPTION.len() - 12];
        assert_eq!(columns(&mut Cursor::new(file(cut))), None);
        assert_eq!(columns(&mut Cursor::new(b"PAR1".to_vec())), None);
    }

    proptest! {
        /// Whatever a file holds, it is read to the end without a panic.
        #[test]
        fn any_bytes_will_do(at in 0..40usize, with in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut description = DESCRIPTION[..at].to_vec();
            description.extend(with);
            let _ = columns(&mut Cursor::new(file(&description)));
        }
    }
}
