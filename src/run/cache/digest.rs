//! Owns the contents of files and folders as hashes, and the short way to them: a file whose size, times and number are as
//! they were has the content it had, provided that it was at rest when it was read. (io: reads)
//!
//! What is known of a file is trusted only where it was [at rest](Stat::rests_from) when the reading began; all others are
//! read again. A file from the future is never at rest.

use std::collections::HashMap;
use std::fmt;
use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::de::Visitor;
use serde::{Deserialize, Serialize};

use crate::check::glob;
use crate::disk::{self, Stat, TICK, now};

/// From this size on, a file that was just written is waited for until it is at rest, for waiting takes less time than
/// reading it again next time.
const WORTH_WAITING: u64 = 16 * 1024 * 1024;

/// How often a file that changes while it is read is read again.
const TRIES: u32 = 3;

/// How many files and folders of a folder are compared.
const ENTRIES: usize = 1_000_000;

/// How deep folders may lie in each other.
const DEPTH: usize = 128;

/// Up to this size a file is read at once.
const SMALL: u64 = 1024 * 1024;

/// A content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 16]);

impl Hash {
    /// The content of nothing at all.
    pub const NOTHING: Self = Self([0; 16]);

    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from(blake3::hash(bytes))
    }

    /// The hash of several texts, which differs when any of them does or moves.
    pub fn of_all(parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.as_ref().len() as u64).to_le_bytes());
            hasher.update(part.as_ref());
        }
        Self::from(hasher.finalize())
    }

    /// Its bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<blake3::Hash> for Hash {
    fn from(hash: blake3::Hash) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&hash.as_bytes()[..16]);
        Self(half)
    }
}

impl From<[u8; 16]> for Hash {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its hash; [`Hash::NOTHING`] where nothing lies there.
    pub hash: Hash,
    /// Its size in bytes, of a folder that of all files in it.
    pub size: u64,
}

impl Content {
    /// Nothing lies there.
    pub const NOTHING: Self = Self {
        hash: Hash::NOTHING,
        size: 0,
    };
}

/// Why something cannot be compared.
#[derive(Debug)]
pub enum Unknown {
    /// It cannot be read.
    Unreadable(PathBuf, io::Error),
    /// It changes while it is read.
    Restless(PathBuf),
    /// It is a device, a pipe or a socket.
    Special(PathBuf),
    /// There are too many files, or folders too deep.
    TooMuch(PathBuf),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => {
                write!(f, "`{}` cannot be read: {error}", path.display())
            }
            Self::Restless(path) => write!(f, "`{}` changes while it is read", path.display()),
            Self::Special(path) => {
                write!(
                    f,
                    "`{}` is a device or a pipe, which cannot be compared",
                    path.display()
                )
            }
            Self::TooMuch(path) => {
                write!(f, "`{}` holds too much to be compared", path.display())
            }
        }
    }
}

/// All that is known of files; threads share it.
#[derive(Debug, Default)]
pub struct Digests {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    files: HashMap<PathBuf, (Stat, Hash)>,
    /// What was learned and has not been taken yet.
    learned: Vec<(PathBuf, Stat, Hash)>,
}

impl Digests {
    /// Begins with what was known before.
    pub fn new(files: HashMap<PathBuf, (Stat, Hash)>) -> Self {
        Self {
            known: Mutex::new(Known {
                files,
                learned: Vec::new(),
            }),
        }
    }

    /// What was learned of files since this was last asked.
    pub fn learned(&self) -> Vec<(PathBuf, Stat, Hash)> {
        std::mem::take(&mut self.lock().learned)
    }

    /// Everything known.
    pub fn all(&self) -> HashMap<PathBuf, (Stat, Hash)> {
        self.lock().files.clone()
    }

    /// What lies at a path: a file, a folder with all in it, the files that fit a pattern, or nothing.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn of(&self, path: &Path) -> Result<Content, Unknown> {
        match disk::metadata(path) {
            Ok(found) => {
                let mut walk = Walk {
                    digests: self,
                    left: ENTRIES,
                    above: Vec::new(),
                };
                walk.of(path, &found)
            }
            Err(error) if is_absent(&error) && glob::is_pattern(path) => self.of_pattern(path),
            Err(error) if is_absent(&error) => Ok(Content::NOTHING),
            Err(error) => Err(Unknown::Unreadable(path.to_owned(), error)),
        }
    }

    /// All that fits a pattern, by name and content.
    fn of_pattern(&self, pattern: &Path) -> Result<Content, Unknown> {
        let too_much = || Unknown::TooMuch(pattern.to_owned());
        let mut fitting = glob::all(pattern).ok_or_else(too_much)?;
        fitting.sort();
        let mut parts = Vec::new();
        let mut size = 0;
        for path in fitting {
            let content = self.of(&path)?;
            parts.push(path.as_os_str().as_encoded_bytes().to_vec());
            parts.push(content.hash.bytes().to_vec());
            size += content.size;
        }
        let hash = Hash::of_all(&parts);
        Ok(Content { hash, size })
    }

    /// The content of a regular file.
    fn of_file(&self, path: &Path, found: &Metadata) -> Result<Content, Unknown> {
        let mut stat = Stat::of(found);
        let content = |stat: Stat, hash| Content {
            hash,
            size: stat.size,
        };
        if let Some((known, hash)) = self.lock().files.get(path)
            && *known == stat
        {
            return Ok(content(stat, *hash));
        }
        let unreadable = |error| Unknown::Unreadable(path.to_owned(), error);
        for _ in 0..TRIES {
            let mut began = now();
            let wait = stat.rests_from() - began;
            if stat.size >= WORTH_WAITING && (1..=TICK).contains(&wait) {
                thread::sleep(Duration::from_nanos(wait.unsigned_abs()));
                began = now();
            }
            let hash = read(path, stat.size).map_err(unreadable)?;
            let after = Stat::of(&disk::metadata(path).map_err(unreadable)?);
            if after != stat {
                stat = after;
                continue;
            }
            if stat.rests_from() < began {
                let mut known = self.lock();
                known.files.insert(path.to_owned(), (stat, hash));
                known.learned.push((path.to_owned(), stat, hash));
            }
            return Ok(content(stat, hash));
        }
        Err(Unknown::Restless(path.to_owned()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing lies there.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The hash of a file's bytes.
fn read(path: &Path, size: u64) -> io::Result<Hash> {
    let mut file = disk::open(path)?;
    if size > SMALL {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        return Ok(hasher.finalize().into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.read_to_end(&mut bytes)?;
    Ok(Hash::of(&bytes))
}

/// A way through a folder.
struct Walk<'a> {
    digests: &'a Digests,
    left: usize,
    /// The folders that lead here, by device and number: a link back to one of them is not followed.
    above: Vec<(u64, u64)>,
}

impl Walk<'_> {
    fn of(&mut self, path: &Path, found: &Metadata) -> Result<Content, Unknown> {
        match () {
            () if found.is_file() => self.digests.of_file(path, found),
            () if found.is_dir() => self.of_folder(path, found),
            () => Err(Unknown::Special(path.to_owned())),
        }
    }

    /// Names and contents of all in a folder. A link counts with what it leads to; one that leads nowhere, or back to
    /// where it lies, by its target's name.
    fn of_folder(&mut self, path: &Path, found: &Metadata) -> Result<Content, Unknown> {
        let unreadable = |path: &Path, error| Unknown::Unreadable(path.to_owned(), error);
        if self.above.len() >= DEPTH {
            return Err(Unknown::TooMuch(path.to_owned()));
        }
        self.above.push((found.dev(), found.ino()));
        let mut names = Vec::new();
        for entry in disk::read_dir(path).map_err(|error| unreadable(path, error))? {
            self.left =
                (self.left.checked_sub(1)).ok_or_else(|| Unknown::TooMuch(path.to_owned()))?;
            names.push(entry.map_err(|error| unreadable(path, error))?.file_name());
        }
        names.sort();
        let mut parts: Vec<Vec<u8>> = Vec::with_capacity(3 * names.len());
        let mut size = 0;
        for name in names {
            let below = path.join(&name);
            let (kind, content): (&[u8], _) = match disk::metadata(&below) {
                Ok(found) if self.above.contains(&(found.dev(), found.ino())) => {
                    (b"link", link(&below))
                }
                Ok(found) if found.is_dir() => (b"folder", self.of(&below, &found)?),
                Ok(found) => (b"file", self.of(&below, &found)?),
                Err(error) if is_absent(&error) => (b"link", link(&below)),
                Err(error) => return Err(unreadable(&below, error)),
            };
            parts.push(kind.to_vec());
            parts.push(name.as_encoded_bytes().to_vec());
            parts.push(content.hash.bytes().to_vec());
            size += content.size;
        }
        self.above.pop();
        let hash = Hash::of_all(&parts);
        Ok(Content { hash, size })
    }
}

/// A link by the name of its target.
fn link(path: &Path) -> Content {
    let target = disk::read_link(path).unwrap_or_default();
    Content {
        hash: Hash::of(target.as_os_str().as_encoded_bytes()),
        size: 0,
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (two, byte) in text.chunks_exact_mut(2).zip(self.0) {
            two.copy_from_slice(&[byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]));
        }
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits)
    }
}

/// Reads the digits of a hash where they lie: there are many of them, and to copy each first takes longer.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = Hash;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hash")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hash, E> {
        let half = |digit: u8| char::from(digit).to_digit(16);
        let mut hash = [0; 16];
        let twos = text.as_bytes().chunks_exact(2);
        for (byte, two) in hash.iter_mut().zip(twos) {
            let both = half(two[0]).zip(half(two[1]));
            let value = both.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
            *byte = value.ok_or_else(|| E::custom("not a hash"))?;
        }
        match text.len() {
            32 => Ok(Hash(hash)),
            _ => Err(E::custom("not a hash")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_was_written_and_nothing_else_is_one() {
        for hash in [Hash::NOTHING, Hash::of(b""), Hash::of(b"one")] {
            let text = serde_json::to_string(&hash).expect("JSON");
            assert_eq!(text.len(), 34);
            assert_eq!(serde_json::from_str::<Hash>(&text).expect("a hash"), hash);
        }
        assert_eq!(
            serde_json::to_string(&Hash::from([0x0f; 16])).expect("JSON"),
            format!("\"{}\"", "0f".repeat(16))
        );
        for none in [
            "\"\"".to_owned(),
            format!("\"{}\"", "0".repeat(31)),
            format!("\"{}\"", "0".repeat(33)),
            format!("\"{}\"", "0".repeat(34)),
            format!("\"{}\"", "+0".repeat(16)),
            format!("\"{}\"", "é".repeat(16)),
            "7".to_owned(),
        ] {
            assert!(serde_json::from_str::<Hash>(&none).is_err(), "{none}");
        }
    }
}
