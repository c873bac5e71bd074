//! Owns the search for programs along PATH. (io: looks, and starts nothing)

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::disk;

/// Finds a program as a shell that stands in `folder` would: a name along `path`, anything with a `/` from the folder.
pub fn find(program: impl AsRef<OsStr>, path: Option<&OsStr>, folder: &Path) -> Option<PathBuf> {
    let is_path = program.as_ref().as_encoded_bytes().contains(&b'/');
    match path {
        Some(path) if !is_path => {
            std::env::split_paths(path).for_each(|at| disk::note(&folder.join(at)))
        }
        _ => disk::note(&folder.join(program.as_ref())),
    }
    which::which_in(program, path, folder).ok()
}
