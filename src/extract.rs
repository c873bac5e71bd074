//! Owns the one table of readers: which file knows which language. A reader is a plain function from a script's
//! text to what it needs; none of them runs anything or opens a file by itself.

mod arguments;
pub mod contract;
pub mod drift;
mod help;
pub mod merge;
pub mod notebook;
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

/// A reader: a script's text, how it is entered where that is said, and the project's other files.
type Reader = fn(&Source, Option<Entry>, Files<'_>) -> Reading;

/// Which language is read by whom.
const READERS: &[(Language, Reader)] = &[
    (Language::Python, python::read),
    (Language::Shell, |source, _, files| {
        shell::read(source, files)
    }),
    (Language::Rust, |source, _, files| rust::read(source, files)),
    (Language::R, |source, _, files| r::read(source, files)),
    (Language::Notebook, |source, _, files| {
        notebook::read(source, files)
    }),
];

fn reader(language: Language) -> Option<Reader> {
    READERS
        .iter()
        .find(|(known, _)| *known == language)
        .map(|(_, reader)| *reader)
}

/// Reads a script. `entry` says how it is entered, where the manifest does; otherwise its code shows it.
///
/// A language without a reader gives an empty reading: its requirements are what the manifest and contracts declare.
pub fn extract(
    language: Language,
    source: &Source,
    entry: Option<Entry>,
    files: Files<'_>,
) -> Reading {
    reader(language).map_or_else(Reading::default, |read| read(source, entry, files))
}

/// Whether a language has a reader, so that what it does not find is not there.
pub fn can_read(language: Language) -> bool {
    reader(language).is_some()
}
