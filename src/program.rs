//! Owns the search for programs along PATH. (io: looks, and starts nothing)

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Finds a program as a shell that stands in `folder` would: a name along `path`, anything with a `/` from the folder.
pub fn find(program: impl AsRef<OsStr>, path: Option<&OsStr>, folder: &Path) -> Option<PathBuf> {
    which::which_in(program, path, folder).ok()
}
