//! Owns the one table of readers: which file knows which language. A reader is a plain function from a script's
//! text to what it needs; none of them runs anything or opens a file by itself.

mod arguments;
mod help;
pub mod merge;
pub mod python;
pub mod r;
pub mod rust;
pub mod shell;
mod words;

use std::path::Path;

use crate::requirement::Reading;
use crate::script::{Entry, Language};
use crate::source::Source;

/// Gives readers the text of other files of the same project, by the path they are looked for at.
pub type Files<'a> = &'a (dyn Fn(&Path) -> Option<Source> + Sync);

/// Reads a script. `entry` says how it is entered, where the manifest does; otherwise its code shows it.
///
/// A language without a reader gives an empty reading: its requirements are what the manifest and contracts declare.
pub fn extract(
    language: Language,
    source: &Source,
    entry: Option<Entry>,
    files: Files<'_>,
) -> Reading {
    match language {
        Language::Python => python::read(source, entry, files),
        Language::Shell => shell::read(source, files),
        Language::Rust => rust::read(source, files),
        Language::R => r::read(source, files),
        Language::Notebook | Language::Other => Reading::default(),
    }
}

/// Whether a language has a reader, so that what it does not find is not there.
pub fn can_read(language: Language) -> bool {
    matches!(
        language,
        Language::Python | Language::Shell | Language::R | Language::Rust
    )
}
