//! Owns the reading of R scripts, and with its folder is the only place that names tree-sitter's grammar of R.
//!
//! Read are `commandArgs`, optparse, argparse, argparser, getopt and docopt, `Sys.getenv`, and the functions by which
//! R reads and writes files; functions of the script are followed where they are called, sourced files of the project
//! where they are sourced.
//!
//! An option is required where the parser says so or where the script stops when it is missing; a word of the command
//! line is required unless the script looks whether it is there; a variable, unless unset, is optional, for R takes
//! it as an empty text.

mod calls;
mod commands;
mod conditions;
mod files;
mod functions;
mod hand;
mod options;
mod outside;
mod paths;
mod syntax;
mod tables;
mod texts;
mod value;
mod walk;
mod words;

use tree_sitter::Tree;

use self::hand::Manner;
use self::walk::Walk;
use crate::extract::arguments::Found;
use crate::extract::{Files, grammar};
use crate::requirement::{Confidence, Note, Reading};
use crate::source::{Place, Source, Span};

/// Reads an R script.
pub fn read(source: &Source, files: Files<'_>) -> Reading {
    let mut reading = Reading::default();
    let Some(tree) = parse(source) else {
        reading.notes.push(unread(source.at(Span::new(0, 0))));
        return reading;
    };
    let doubtful = tree.root_node().has_error();
    reading.syntax_error = syntax::error(source, &tree);
    let manner = hand::manner(source.text(), &tree);
    let mut walk = Walk::new(files, manner);
    walk.file(source, tree.clone());
    // What looked like flags were texts of something else.
    if manner.by_hand && !walk.states.iter().any(|state| state.by_hand) {
        walk = Walk::new(files, Manner::default());
        walk.file(source, tree);
    }
    if walk.cut {
        walk.notes.push(too_deep(source.at(source.line_span(1))));
    }
    let found = Found {
        arguments: walk.finish(),
        notes: Vec::new(),
    };
    reading.claims = found.claims();
    if doubtful {
        for claim in &mut reading.claims {
            claim.confidence = claim.confidence.min(Confidence::Likely);
        }
    }
    reading.notes = walk.notes;
    reading.local_files = walk.local_files;
    reading
}

/// Parses a source; none where it is no text that R could read.
fn parse(source: &Source) -> Option<Tree> {
    grammar::parse(&tree_sitter_r::LANGUAGE.into(), source.text())
}

fn unread(place: Place) -> Note {
    Note {
        code: "not-a-script",
        message:
            "the file is binary, or too large or too slow to parse to be an R script people write: \
                  nothing in it was read"
                .to_owned(),
        place,
    }
}

fn too_deep(place: Place) -> Note {
    Note {
        code: "too-deep",
        message: "the script nests too deeply or is too long: part of it was not read".to_owned(),
        place,
    }
}

#[cfg(test)]
mod tests;
