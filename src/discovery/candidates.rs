//! Owns the search for scripts where no manifest names any: which files below a folder may be steps of a pipeline.
//! (io: lists folders, reads first lines)

use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::discovery::language;
use crate::script::Language;

/// How deep below the folder scripts are looked for.
const DEPTH: usize = 5;
/// How many files are looked at, at most.
const FILES: usize = 20_000;
/// How much of a file without a known suffix is read to find its `#!` line, in bytes.
const FIRST: u64 = 256;
/// Folders that hold no steps, whatever lies in them.
const FOLDERS: &[&str] = &[
    "tests",
    "test",
    "docs",
    "target",
    "build",
    "dist",
    "node_modules",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "renv",
];
/// Files that belong to tools, not to a pipeline.
const FILES_OF_TOOLS: &[&str] = &[
    "__init__.py",
    "setup.py",
    "conftest.py",
    "noxfile.py",
    "tasks.py",
];

/// The scripts below a folder that may be steps, in the order of their paths; `None` where there are more than `limit`.
/// What version control ignores is left out, as are hidden files, tests and what tools install.
pub fn candidates(folder: &Path, limit: usize) -> Option<Vec<PathBuf>> {
    let walk = WalkBuilder::new(folder)
        .max_depth(Some(DEPTH))
        .require_git(false)
        .follow_links(false)
        .sort_by_file_path(Path::cmp)
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            !(entry.depth() > 0
                && entry.file_type().is_some_and(|kind| kind.is_dir())
                && FOLDERS.contains(&&*name))
        })
        .build();
    let mut found = Vec::new();
    for entry in walk.flatten().take(FILES) {
        if entry.file_type().is_some_and(|kind| kind.is_file()) && may_be_step(entry.path()) {
            if found.len() == limit {
                return None;
            }
            found.push(entry.into_path());
        }
    }
    Some(found)
}

fn may_be_step(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_test = name.starts_with("test_") || name.contains("_test.");
    if is_test || FILES_OF_TOOLS.contains(&&*name) {
        return false;
    }
    let first = match path.extension() {
        Some(_) => String::new(),
        None => first_bytes(path).unwrap_or_default(),
    };
    // Rust's programs are found through Cargo.
    language::recognise(&name, &first)
        .is_some_and(|known| !matches!(known.language, Language::Rust | Language::Other))
}

fn first_bytes(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(FIRST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[test]
    fn scripts_are_found_and_what_is_not_the_users_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("b/clean.py", ""),
            ("a/go", "#!/bin/sh\n"),
            ("a/data.csv", ""),
            ("a/notes", "text"),
            ("fit.R", ""),
            ("x.ipynb", "{}"),
            ("tests/one.py", ""),
            ("test_two.py", ""),
            ("setup.py", ""),
            (".hidden/three.py", ""),
            ("made/four.py", ""),
            (".gitignore", "made/\n"),
            ("node_modules/five.sh", ""),
            ("1/2/3/4/5/deep.py", ""),
        ] {
            file::write(&folder.path().join(name), text).expect("written");
        }
        let found = candidates(folder.path(), 10).expect("few");
        let names: Vec<_> = found
            .iter()
            .map(|path| file::display(path, folder.path()))
            .collect();
        assert_eq!(names, ["a/go", "b/clean.py", "fit.R", "x.ipynb"]);
        assert_eq!(candidates(folder.path(), 3), None);
    }
}
