//! Owns the looks that decide something: every stage asks the disk through here, so that whoever wants to can know what a
//! result was made from. While nobody watches, these functions are those of the standard library. (io: reads)
//!
//! What is seen for other reasons, such as a report's own words about the machine, is asked of the standard library.

use std::collections::HashMap;
use std::fs::{self, File, Metadata, ReadDir};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How coarse a clock of files may be: ticks of a kernel are at most 10 ms long.
pub const TICK: i64 = 20_000_000;

/// The same where a file system keeps whole seconds, or every second of them.
const COARSE: i64 = 2_100_000_000;

/// What the system says of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// When its content was last written, in nanoseconds since 1970.
    pub written: i64,
    /// When anything of it was last changed; programs cannot set it.
    pub changed: i64,
    /// Its number in its file system.
    pub number: u64,
}

impl Stat {
    /// Takes over what was asked.
    pub fn of(found: &Metadata) -> Self {
        let time = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
        Self {
            size: found.len(),
            written: time(found.mtime(), found.mtime_nsec()),
            changed: time(found.ctime(), found.ctime_nsec()),
            number: found.ino(),
        }
    }

    /// From when on it is at rest, in nanoseconds since 1970: a file that is written in the very moment in which it is
    /// looked at could be written once more within the same tick of the clock and look as before.
    pub fn rests_from(&self) -> i64 {
        let coarse = self.written % 1_000_000_000 == 0 && self.changed % 1_000_000_000 == 0;
        let slack = if coarse { COARSE } else { TICK };
        self.written.max(self.changed).saturating_add(slack)
    }
}

/// Now, in nanoseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

/// How a path looks: what it leads to, and where it is a link that was read, the link itself. Nothing where nothing lies
/// there, or nothing can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it leads to.
    pub file: Option<Stat>,
    /// The link.
    pub link: Option<Stat>,
}

impl Look {
    /// How a path looks now; the link that it may be counts where `is_read`.
    pub fn at(path: &Path, is_read: bool) -> Self {
        let stat = |found: io::Result<Metadata>| found.ok().map(|found| Stat::of(&found));
        Self {
            file: stat(fs::metadata(path)),
            link: is_read.then(|| stat(fs::symlink_metadata(path))).flatten(),
        }
    }

    /// From when on it is at rest, in nanoseconds since 1970.
    pub fn rests_from(&self) -> i64 {
        let both = self.file.iter().chain(&self.link);
        both.map(Stat::rests_from).max().unwrap_or(i64::MIN)
    }
}

/// Every path that was looked at, and how it looked then.
pub type Looks = HashMap<PathBuf, Look>;

/// What has been looked at since somebody began to watch. There is one for the whole process, for every stage takes part
/// and none is to know for what.
static WATCHED: Mutex<Option<Looks>> = Mutex::new(None);

fn watched() -> MutexGuard<'static, Option<Looks>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, remembers what is looked at.
pub fn watch() {
    *watched() = Some(Looks::new());
}

/// All that was looked at since [`watch`] was called; the watch ends.
pub fn seen() -> Option<Looks> {
    watched().take()
}

/// Remembers that something depends on what lies at a path.
pub fn note(path: &Path) {
    note_as(path, false);
}

fn note_as(path: &Path, is_link: bool) {
    if let Some(seen) = watched().as_mut() {
        match seen.get(path) {
            Some(look) if look.link.is_some() || !is_link => {}
            _ => drop(seen.insert(path.to_owned(), Look::at(path, is_link))),
        }
    }
}

/// What the system says of what a path leads to.
///
/// # Errors
/// What the system says.
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    let is_new = |seen: &Looks| !seen.contains_key(path);
    if !watched().as_ref().is_some_and(is_new) {
        return fs::metadata(path);
    }
    // What is answered is how it looked: one question is enough for both.
    let found = fs::metadata(path);
    if let Some(seen) = watched().as_mut() {
        seen.entry(path.to_owned()).or_insert(Look {
            file: found.as_ref().ok().map(Stat::of),
            link: None,
        });
    }
    found
}

/// Whether it is there and may be asked.
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// Whether it is a regular file.
pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_file())
}

/// Whether it is a folder.
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_dir())
}

/// Opens a file for reading.
///
/// # Errors
/// What the system says.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    note(path.as_ref());
    File::open(path)
}

/// Reads a text file.
///
/// # Errors
/// What the system says, or it is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    note(path.as_ref());
    fs::read_to_string(path)
}

/// The entries of a folder.
///
/// # Errors
/// What the system says.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    note(path.as_ref());
    fs::read_dir(path)
}

/// What the kernel says of itself in a file below `/proc`. It looks new to each process, and is not remembered.
///
/// # Errors
/// What the system says.
pub fn kernel_says(name: &str) -> io::Result<String> {
    fs::read_to_string(Path::new("/proc").join(name))
}

/// Whether the kernel has something of this name below `/proc`; not remembered either.
pub fn kernel_has(name: &str) -> bool {
    Path::new("/proc").join(name).exists()
}

/// Where a link leads.
///
/// # Errors
/// What the system says, or it is no link.
pub fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    note_as(path.as_ref(), true);
    fs::read_link(path)
}

/// The path without links.
///
/// # Errors
/// What the system says.
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    note_as(path.as_ref(), true);
    fs::canonicalize(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other tests look at the disk at the same time, and what they see is remembered as well.
    #[test]
    fn what_is_looked_at_is_remembered_as_it_looked_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "text").expect("a file");
        std::os::unix::fs::symlink("nowhere", path("link")).expect("a link");
        watch();
        assert!(is_file(path("file")) && !exists(path("none")) && !exists(path("link")));
        assert!(read_link(path("link")).is_ok());
        fs::write(path("none"), "now").expect("a file");
        assert!(is_file(path("none")));
        let seen = seen().expect("what was seen");
        assert_eq!(seen[&path("file")].file.map(|stat| stat.size), Some(4));
        assert_eq!(seen[&path("none")], Look::at(&path("never"), false));
        assert!(seen[&path("link")].file.is_none() && seen[&path("link")].link.is_some());
        assert!(super::seen().is_none());
    }
}
