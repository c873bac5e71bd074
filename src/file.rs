//! Owns reading and writing whole text files safely: bounded in size, never a pipe or a device, written at once or
//! not at all. (io)

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use crate::disk;
use crate::source::Source;

/// The largest text file that is read, in bytes.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// There is none.
    NotFound,
    /// There is one, and it is no text file that may be read; the words go after "it is" or stand alone.
    Refused(String),
}

/// Reads a text file. `folder` is what its name is told relative to.
///
/// # Errors
/// Where it is not there, not a regular file, too large, not readable, or not UTF-8.
pub fn read(path: &Path, folder: &Path) -> Result<Source, ReadError> {
    let bytes = read_bytes(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, display(path, folder), text)),
        Err(error) => {
            let line = bytes[..error.valid_up_to()]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            Err(ReadError::Refused(format!(
                "it is not UTF-8 text (line {line})"
            )))
        }
    }
}

/// Reads a file that may hold anything: what is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// As [`read`], but for the encoding.
pub fn read_lossy(path: &Path, folder: &Path) -> Result<Source, ReadError> {
    Ok(Source::from_bytes(
        path,
        display(path, folder),
        &read_bytes(path)?,
    ))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let refused = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::NotFound,
        _ => ReadError::Refused(plain(error)),
    };
    let metadata = disk::metadata(path).map_err(|e| refused(&e))?;
    if metadata.is_dir() {
        return Err(ReadError::Refused("it is a folder".to_owned()));
    }
    if !metadata.is_file() {
        return Err(ReadError::Refused("it is not a regular file".to_owned()));
    }
    let file = disk::open(path).map_err(|e| refused(&e))?;
    let mut bytes =
        Vec::with_capacity(usize::try_from(metadata.len().min(LARGEST)).unwrap_or_default());
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| refused(&e))?;
    match bytes.len() as u64 > LARGEST {
        true => Err(ReadError::Refused(format!(
            "it is larger than {} MiB",
            LARGEST / 1024 / 1024
        ))),
        false => Ok(bytes),
    }
}

/// Writes a file as a whole: readers see the old text or the new one. Follows a symlink, keeps permissions, makes
/// missing folders.
///
/// # Errors
/// What the filesystem says.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".runtime-test-");
    #[cfg(unix)]
    let mut file = {
        // As readable as any new file of the user's: the umask takes away what it takes from others.
        use std::os::unix::fs::PermissionsExt;
        builder
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)?
    };
    #[cfg(not(unix))]
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    if let Ok(metadata) = fs::metadata(&path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.persist(&path).map_err(|e| e.error)?;
    Ok(())
}

/// How people are told of a path: relative to `folder` where it lies in it, with `/`.
pub fn display(path: &Path, folder: &Path) -> String {
    let shown = path.strip_prefix(folder).unwrap_or(path);
    match shown.as_os_str().is_empty() {
        true => ".".to_owned(),
        false if cfg!(windows) => shown.to_string_lossy().replace('\\', "/"),
        // Elsewhere a backslash is part of a name.
        false => shown.to_string_lossy().into_owned(),
    }
}

/// A name for files of a step: the step's own where every file system takes it, else close to it and still unique.
pub fn name_for(step: &str) -> String {
    const LONGEST: usize = 80;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let kept: String = step
        .chars()
        .take(LONGEST)
        .enumerate()
        .map(|(at, c)| {
            if plain(c) || c == '.' && at > 0 {
                c
            } else {
                '_'
            }
        })
        .collect();
    if kept == step && !kept.ends_with('.') && !is_reserved(&kept) {
        return kept;
    }
    // FNV-1a: any fixed function does, as long as it never changes between versions.
    let hash = step.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}~{:08x}", kept.trim_end_matches('.'), hash & 0xffff_ffff)
}

/// Whether it is empty, or one of the names that Windows keeps for devices.
fn is_reserved(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "" | "con" | "prn" | "aux" | "nul")
        || numbered("com")
        || numbered("lpt")
}

/// Joins and tidies a path without asking the disk: `a/./b/../c` is `a/c`.
pub fn resolve(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !tidy.pop() && !tidy.has_root() {
                    tidy.push(part);
                }
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// What the system says, without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied_without_the_disk() {
        let tidy = |path: &str| {
            resolve(Path::new("/a/b"), path)
                .to_string_lossy()
                .into_owned()
        };
        assert_eq!(tidy("./x/../y"), "/a/b/y");
        assert_eq!(tidy("../../../.."), "/");
        assert_eq!(tidy("/c"), "/c");
    }

    #[test]
    fn writing_replaces_the_whole_and_keeps_permissions_and_links() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("deep/answers.yaml");
        write(&file, "one")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&file, &link)?;
            write(&link, "two")?;
            assert!(fs::symlink_metadata(&link)?.is_symlink());
            assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_to_string(&file)?, "two");
        assert_eq!(
            fs::read_dir(folder.path().join("deep"))?.count(),
            1,
            "no temporary file is left"
        );
        Ok(())
    }

    #[test]
    fn what_is_no_text_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |name: &str| match read(&folder.path().join(name), folder.path()) {
            Ok(source) => source.name().to_owned(),
            Err(ReadError::NotFound) => "not found".to_owned(),
            Err(ReadError::Refused(why)) => why,
        };
        fs::write(folder.path().join("latin"), b"a\n\xe9").expect("written");
        fs::write(folder.path().join("plain"), b"a").expect("written");
        assert_eq!(told("."), "it is a folder");
        assert_eq!(told("latin"), "it is not UTF-8 text (line 2)");
        assert_eq!(told("plain/below"), "not found");
        assert_eq!(told("plain"), "plain");
        #[cfg(unix)]
        assert_eq!(
            match read(Path::new("/dev/zero"), folder.path()) {
                Err(ReadError::Refused(why)) => why,
                other => format!("{other:?}"),
            },
            "it is not a regular file"
        );
    }

    #[test]
    fn files_of_a_step_have_safe_and_different_names() {
        for name in ["clean", "train_bill", "v1.2", "A-b"] {
            assert_eq!(name_for(name), name);
        }
        let odd = [
            "", ".", "..", "a/b", "a b", "a_b/", "../x", "nul", "COM1.txt", "é", "e", "x.", "a\0b",
        ];
        let long = "x".repeat(300);
        let mut names: Vec<String> = odd
            .into_iter()
            .chain([long.as_str()])
            .map(name_for)
            .collect();
        for name in &names {
            assert!(name.len() < 100 && !name.starts_with('.') && !name.contains(['/', '\0', ' ']));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), odd.len() + 1);
    }
}
