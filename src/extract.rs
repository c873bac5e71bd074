//! Owns the one table of readers: which file knows which language. A reader is a plain function from a script's
//! text to what it needs; none of them runs anything or opens a file by itself.

mod arguments;
pub mod contract;
mod docopt;
pub mod drift;
mod grammar;
mod help;
mod hints;
pub mod merge;
pub mod notebook;
pub mod python;
pub mod r;
pub mod rust;
pub mod shell;
#[cfg(test)]
mod shown;
mod words;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::requirement::Reading;
use crate::script::{Entry, Language};
use crate::source::Source;

/// Gives readers the text of other files of the same project, by the path they are looked for at.
pub type Files<'a> = &'a (dyn Fn(&Path) -> Option<Source> + Sync);

/// Tells readers whether there is a folder.
pub type Folders<'a> = &'a (dyn Fn(&Path) -> bool + Sync);

/// What the scripts of one project have in common while they are read: its other files, each read and parsed once.
pub struct Project<'a> {
    files: Files<'a>,
    folders: Folders<'a>,
    python: python::Shared,
}

impl<'a> Project<'a> {
    /// A project of which nothing was read yet.
    pub fn new(files: Files<'a>, folders: Folders<'a>) -> Self {
        Self {
            files,
            folders,
            python: python::Shared::default(),
        }
    }
}

/// A reader: a script's text, how it is entered where that is said, and the project it belongs to.
type Reader = fn(&Source, Option<Entry>, &Project<'_>) -> Reading;

/// Which language is read by whom.
const READERS: &[(Language, Reader)] = &[
    (Language::Python, python::read),
    (Language::Shell, |source, _, project| {
        shell::read(source, project.files)
    }),
    (Language::Rust, |source, _, project| {
        rust::read(source, project.files)
    }),
    (Language::R, |source, _, project| {
        r::read(source, project.files)
    }),
    (Language::Notebook, |source, _, project| {
        notebook::read(source, project)
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
    project: &Project<'_>,
) -> Reading {
    reader(language).map_or_else(Reading::default, |read| read(source, entry, project))
}

/// The stack on which scripts are walked, in bytes of address space: deep code must not end the process.
const STACK: usize = 256 << 20;

thread_local! {
    static ROOMY: Cell<bool> = const { Cell::new(false) };
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` where there is stack for the deepest script: here, where this is such a place, else on a thread of its
/// own. None where it panicked or no thread was to be had.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    if ROOMY.get() {
        return unless_it_panics(work);
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                ROOMY.set(true);
                unless_it_panics(work)
            })
            .ok()
            .and_then(|thread| thread.join().ok().flatten())
    })
}

/// What `work` gives, unless it panics: readers of what others wrote rest on grammars that others wrote as well.
fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    GUARDED.set(before);
    done
}

/// Whether a panic of this thread would be told in a note about the script that is being read.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Whether a language has a reader, so that what it does not find is not there.
pub fn can_read(language: Language) -> bool {
    reader(language).is_some()
}
