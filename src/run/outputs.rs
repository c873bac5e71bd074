//! Owns what becomes of a step's outputs: room for them before it starts, and the proof afterwards that each is there,
//! is not empty, was written by this very attempt, and looks like its type.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{listed, nearest};
use crate::disk;
use crate::plan::PlannedPath;
use crate::proof;
use crate::requirement::DataType;

/// How many entries of a folder are looked at.
const ENTRIES: usize = 10_000;

/// How many names are shown of files that may have been meant.
const NEAR_MISSES: usize = 4;

/// What was at each output's place before an attempt.
#[derive(Debug)]
pub struct Before(Vec<Option<u64>>);

/// Makes room for what a step will write: folders for its outputs, and for those in the run's own folder `home` nothing
/// left of an earlier attempt.
///
/// # Errors
/// A folder cannot be made or a leftover cannot be removed; the path tells which.
pub fn prepare(outputs: &[PlannedPath], home: &Path) -> Result<Before, (PathBuf, io::Error)> {
    for output in outputs.iter().filter(|output| is_ours(output, home)) {
        let at = |error| (output.path.clone(), error);
        remove(&output.path).map_err(at)?;
        let folder = match output.data_type {
            Some(DataType::Folder) => Some(output.path.as_path()),
            _ => output.path.parent(),
        };
        folder.map_or(Ok(()), fs::create_dir_all).map_err(at)?;
    }
    // Where the user wants an output, its folder is made as well; nothing that is there is touched.
    for output in outputs
        .iter()
        .filter(|output| output.required && !output.ours)
    {
        let folder = output.path.parent().map_or(Ok(()), fs::create_dir_all);
        folder.map_err(|error| (output.path.clone(), error))?;
    }
    Ok(Before(
        outputs
            .iter()
            .map(|output| signature(&output.path))
            .collect(),
    ))
}

/// Whether a path may be emptied: it says so, and it does lie inside.
fn is_ours(output: &PlannedPath, home: &Path) -> bool {
    let climbs = output
        .path
        .components()
        .any(|part| part.as_os_str() == "..");
    output.ours && !climbs && output.path != home && output.path.starts_with(home)
}

/// Removes a file, a link itself, or a whole folder; nothing there is fine.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Why a step that ended well has nevertheless failed: the first required output that is not right.
pub fn prove(outputs: &[PlannedPath], before: &Before, root: &Path) -> Result<(), String> {
    let known = outputs.iter().zip(&before.0);
    for (output, before) in known.filter(|(output, _)| output.required) {
        prove_one(output, root)?;
        if before.is_some() && *before == signature(&output.path) {
            return Err(not_fresh(output, root));
        }
    }
    Ok(())
}

/// The same for a step that nobody runs: its outputs only have to be there.
pub fn prove_external(outputs: &[PlannedPath], root: &Path) -> Result<(), String> {
    let mut required = outputs.iter().filter(|output| output.required);
    required.try_for_each(|output| prove_one(output, root))
}

/// Whether an output is there, is not empty, and looks like its type.
fn prove_one(output: &PlannedPath, root: &Path) -> Result<(), String> {
    let found = match disk::metadata(&output.path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(output, root)),
        Err(error) => return Err(unreadable(output, root, &error)),
    };
    match (output.data_type, found.is_dir()) {
        (Some(DataType::Folder) | None, true) => {
            let mut entries =
                disk::read_dir(&output.path).map_err(|error| unreadable(output, root, &error))?;
            if entries.next().is_none() {
                Err(empty(output, root))
            } else {
                Ok(())
            }
        }
        (Some(DataType::Folder), false) => Err(not_a_folder(output, root)),
        (Some(_), true) => Err(not_a_file(output, root)),
        _ if !found.is_file() => Ok(()),
        _ if found.len() == 0 => Err(empty(output, root)),
        (None, false) => Ok(()),
        (Some(data_type), false) => match proof::of_file(&output.path, data_type) {
            Ok(None) => Ok(()),
            Ok(Some(wrong)) => Err(not_its_type(output, data_type, &wrong, root)),
            Err(error) => Err(unreadable(output, root, &error)),
        },
    }
}

/// A number that differs when what lies there has been written since; none where nothing lies there. A folder's
/// number follows from all below it.
fn signature(path: &Path) -> Option<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::os::unix::fs::MetadataExt;
    let mut hasher = DefaultHasher::new();
    let mut open = vec![path.to_owned()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let found = match seen {
            0 => fs::metadata(&path).ok()?,
            _ => match fs::symlink_metadata(&path) {
                Ok(found) => found,
                Err(_) => continue,
            },
        };
        // The time of the last change is the system's own; `cp -p` and `touch` cannot set it.
        (
            &path,
            found.ino(),
            found.len(),
            found.mtime(),
            found.mtime_nsec(),
        )
            .hash(&mut hasher);
        (found.ctime(), found.ctime_nsec()).hash(&mut hasher);
        seen += 1;
        if seen > ENTRIES {
            return None;
        }
        if found.is_dir() {
            let mut entries: Vec<PathBuf> = disk::read_dir(&path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|e| e.path())
                .collect();
            entries.sort();
            open.extend(entries);
        }
    }
    Some(hasher.finish())
}

/// A path as people are told it: relative to the manifest's folder where it lies there.
pub fn shown(path: &Path, root: &Path) -> PathBuf {
    match path.strip_prefix(root) {
        Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inside) => inside.to_owned(),
        Err(_) => path.to_owned(),
    }
}

/// `output `model` (`out/model.json`)`: how every reason begins.
fn named(output: &PlannedPath, root: &Path) -> String {
    format!(
        "output `{}` (`{}`)",
        output.name,
        shown(&output.path, root).display()
    )
}

fn missing(output: &PlannedPath, root: &Path) -> String {
    let near = near_misses(&output.path, output.data_type == Some(DataType::Folder));
    let hint = match near.as_slice() {
        [] => String::new(),
        near => format!(
            "; beside it there is {}",
            listed(near.iter().map(String::as_str))
        ),
    };
    format!("{} was not written{hint}", named(output, root))
}

fn empty(output: &PlannedPath, root: &Path) -> String {
    format!("{} is empty", named(output, root))
}

fn not_fresh(output: &PlannedPath, root: &Path) -> String {
    format!(
        "{} was there before and was not written again",
        named(output, root)
    )
}

fn not_a_folder(output: &PlannedPath, root: &Path) -> String {
    format!("{} is a file, not a folder", named(output, root))
}

fn not_a_file(output: &PlannedPath, root: &Path) -> String {
    format!("{} is a folder, not a file", named(output, root))
}

fn not_its_type(output: &PlannedPath, data_type: DataType, wrong: &str, root: &Path) -> String {
    format!(
        "{} cannot be read as {}: {wrong}",
        named(output, root),
        data_type.as_str()
    )
}

fn unreadable(output: &PlannedPath, root: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", named(output, root))
}

/// Names of files, or of folders, beside one that is not there, the most similar one first; where any are alike, only those.
fn near_misses(path: &Path, folders: bool) -> Vec<String> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let entries = disk::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .take(ENTRIES);
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir() == folders)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let name = name.to_string_lossy();
    if let Some(best) = nearest(&name, names.iter().map(String::as_str)).map(str::to_owned) {
        names.retain(|name| *name != best);
        names.insert(0, best);
    }
    let suffix = Path::new(name.as_ref()).extension();
    let is_alike = |other: &String| {
        nearest(&name, [other.as_str()]).is_some()
            || suffix.is_some() && Path::new(other).extension() == suffix
    };
    if names.iter().any(is_alike) {
        names.retain(is_alike);
    }
    names.truncate(NEAR_MISSES);
    names
}

#[cfg(test)]
mod tests;
