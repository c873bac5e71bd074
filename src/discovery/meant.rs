//! Owns the question which path was meant where one leads nowhere: one of a similar name, or the same one written as this
//! system writes it. (io: lists folders)

use std::path::{Path, PathBuf};

use crate::diagnostic::nearest;
use crate::disk;
use crate::file;

/// What to write instead of a path that leads nowhere: as it is `written`, and as it was resolved below `folder`.
pub fn instead(written: &str, path: &Path, folder: &Path) -> Option<String> {
    let written = written.trim_matches(['"', '\'']);
    if let Some(below) = written.strip_prefix('~')
        && (below.is_empty() || below.starts_with('/'))
    {
        return Some(format!(
            "`~` is for shells: write `${{HOME}}{below}` in the answers"
        ));
    }
    if written.contains('\\') {
        let forward = written.replace("\\\\", "/").replace('\\', "/");
        return Some(format!(
            "write `{forward}`: folders are separated by `/` on every system"
        ));
    }
    similar_files(path, folder).map(|near| format!("did you mean `{near}`?"))
}

/// Names of files that lie where `path` should, or in folders near it, and resemble it.
pub fn similar_files(path: &Path, folder: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let parent = path.ancestors().skip(1).find(|above| disk::is_dir(above))?;
    let names = |folder: &Path| -> Vec<String> {
        let entries = disk::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .take(10_000)
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    if path.parent() != Some(parent) {
        let missing = path
            .strip_prefix(parent)
            .ok()?
            .components()
            .next()?
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let folders = names(parent);
        let near = nearest(&missing, folders.iter().map(String::as_str))?;
        let rest: PathBuf = path
            .strip_prefix(parent)
            .ok()?
            .components()
            .skip(1)
            .collect();
        return Some(file::display(&parent.join(near).join(rest), folder));
    }
    let files = names(parent);
    let near = nearest(&name, files.iter().map(String::as_str))?;
    Some(file::display(&parent.join(near), folder))
}
