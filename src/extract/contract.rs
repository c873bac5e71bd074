//! Owns contracts: requirements that an author declared in a file beside the script, in one of several formats. Each
//! format is a file below; what a reader does not understand it says.

mod interface;
mod own;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::requirement::{Claim, Note};
use crate::source::Source;
use crate::yaml::{self, Document};

/// What a contract declares.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// What it says of requirements.
    pub claims: Vec<Claim>,
    /// What in it was not understood.
    pub notes: Vec<Note>,
    /// The script it speaks of, where it says so.
    pub script: Option<String>,
    /// What is wrong with it.
    pub problems: Diagnostics,
}

/// A format: whether a document is written in it, and its reader.
type Format = (fn(&Value) -> bool, fn(&Document) -> Contract);

/// The formats, the first that fits is taken; our own comes last and takes anything.
const FORMATS: &[Format] = &[(interface::fits, interface::read), (|_| true, own::read)];

/// Reads a contract, whatever its format.
pub fn read(source: &Source) -> Contract {
    match yaml::parse(source) {
        Ok(document) => {
            let (_, read) = FORMATS
                .iter()
                .find(|(fits, _)| fits(&document.value))
                .unwrap_or(&FORMATS[FORMATS.len() - 1]);
            read(&document)
        }
        Err(problems) => Contract {
            problems,
            ..Contract::default()
        },
    }
}

/// The schema of our own format.
pub fn schema() -> Value {
    own::schema()
}

#[cfg(test)]
mod tests;
