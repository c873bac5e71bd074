//! Owns the reading of Rust programs, and with its folder is the only place that names `syn`. A Cargo target's own
//! modules are followed from its first file, and what it names of other packages of its workspace; what crates from elsewhere
//! do is not looked at.
//!
//! Read are clap's derive (and structopt's, its forerunner) and builder, argh, getopts, docopt, hand-written loops over `env::args`, and
//! variables of the environment. A path gets its direction from what the program does with it.

mod argh;
mod builder;
mod by_hand;
mod chains;
mod derive;
mod directions;
mod docopt;
mod environ;
mod expand;
mod getopts;
mod model;
mod names;
mod package;
mod patterns;
mod syntax;

use self::model::{Model, Unit};
use crate::extract::Files;
use crate::extract::arguments::Found;
use crate::extract::help::Help;
use crate::requirement::{Note, Reading};
use crate::source::{Place, Source, Span};

/// Larger files are not parsed.
const LARGEST: usize = 2 * 1024 * 1024;
/// Brackets nested deeper than this overflow the parser's stack.
const DEEPEST: usize = 256;
/// Words in a row that no separator ends: each may nest in the one before it.
const LONGEST: usize = 12_000;
/// As many items and statements may stand in a file: more are written by programs only, and take the parser long.
const MOST_PARTS: usize = 200_000;
/// The stack of the thread that parses: parsers nest as deep as their sources.
const STACK: usize = 256 * 1024 * 1024;

/// Reads a Rust program.
pub fn read(source: &Source, files: Files<'_>) -> Reading {
    let read = || read_here(source, files);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, read);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(reading)) => reading,
            _ => {
                let mut reading = Reading::default();
                reading.notes.push(unread(source));
                reading
            }
        }
    })
}

fn read_here(source: &Source, files: Files<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut units = Vec::new();
    match parse(source, vec![String::new()], true) {
        Ok(unit) => units.push(unit),
        Err(Refused::Guard) => {
            reading.notes.push(unread(source));
            return reading;
        }
        Err(Refused::Syntax(span, message)) => {
            reading.syntax_error = Some((source.at(span), message));
            return reading;
        }
    }
    package::follow(&mut units, files, &mut reading);
    reading.local_files = units[1..].iter().map(|unit| unit.source.clone()).collect();

    let model = Model::of(&units);
    let mut help = Help::default();
    let program = source.path().file_stem().and_then(|name| name.to_str());
    for (unit, text) in &model.texts {
        if units.len() == 1 || *unit == 0 {
            help.read(text, program.unwrap_or_default());
        }
    }
    let mut found = Found::default();
    derive::read(&model, &mut found);
    builder::read(&model, &mut found);
    argh::read(&model, &mut found);
    getopts::read(&model, &mut found);
    if found.arguments.is_empty() {
        docopt::read(&model, &mut found);
    }
    if found.arguments.is_empty() {
        by_hand::read(&model, &help, &mut found);
    }
    if found.arguments.is_empty() {
        reading.notes.extend(
            units
                .iter()
                .filter(|unit| unit.own)
                .find_map(unknown_parser),
        );
    }
    directions::read(&model, &mut found);
    environ::read(&model, &mut found);
    reading.notes.append(&mut found.notes);
    reading.claims = found.claims();
    reading
}

/// Why a file was not parsed.
enum Refused {
    /// It could overflow the parser.
    Guard,
    /// The parser refused it.
    Syntax(Span, String),
}

fn parse(source: &Source, module: Vec<String>, own: bool) -> Result<Unit, Refused> {
    let text = source.text();
    if text.len() > LARGEST || text.bytes().take(8_192).any(|b| b == 0) || !is_shallow(text) {
        return Err(Refused::Guard);
    }
    match syn::parse_file(text) {
        Ok(mut syntax) => {
            expand::expand(&mut syntax);
            Ok(Unit {
                source: source.clone(),
                module,
                own,
                syntax,
            })
        }
        Err(error) => Err(Refused::Syntax(
            Span::from(error.span().byte_range()),
            error.to_string(),
        )),
    }
}

/// Whether a parser that recurses can take the text: brackets, and words between separators, outside of texts and
/// comments.
fn is_shallow(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut run, mut elses) = (0_usize, 0_usize, 0_usize);
    let mut parts = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            }
            b'/' if rest.starts_with(b"/*") => {
                let end = rest[2..].windows(2).position(|two| two == b"*/");
                at += end.map_or(rest.len(), |end| end + 4);
            }
            b'"' => {
                let mut end = 1;
                while let Some(&b) = rest.get(end) {
                    end += match b {
                        b'\\' => 2,
                        b'"' => break,
                        _ => 1,
                    };
                }
                at += end + 1;
            }
            b'r' if rest.len() > 2 && matches!(rest[1], b'#' | b'"') => {
                let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
                if rest.get(1 + hashes) == Some(&b'"') {
                    let close: Vec<u8> = std::iter::once(b'"')
                        .chain(vec![b'#'; hashes.min(255)])
                        .collect();
                    let body = &rest[2 + hashes..];
                    let end = body.windows(close.len()).position(|w| w == close);
                    at += end.map_or(rest.len(), |end| end + 2 + hashes + close.len());
                } else {
                    at += 1;
                }
            }
            b'\'' => {
                // A character, or a lifetime.
                at += match rest {
                    [_, b'\\', ..] => {
                        3 + rest[3.min(rest.len())..]
                            .iter()
                            .take(8)
                            .position(|b| *b == b'\'')
                            .unwrap_or(0)
                    }
                    [_, _, b'\'', ..] => 3,
                    _ => 1,
                };
            }
            _ => {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                parts += usize::from(matches!(byte, b';' | b','));
                if parts > MOST_PARTS {
                    return false;
                }
                match byte {
                    b';' | b',' | b'{' | b'}' => run = 0,
                    b if b.is_ascii_punctuation() => run += 1,
                    _ => {}
                }
                if rest.starts_with(b"else") {
                    elses += 1;
                } else if byte == b';' {
                    elses = 0;
                }
                if depth > DEEPEST || run > LONGEST || elses > LONGEST {
                    return false;
                }
                at += 1;
            }
        }
    }
    true
}

/// Crates that declare a command line in a way that is not read.
const UNKNOWN_PARSERS: &[&str] = &[
    "bpaf", "gumdrop", "xflags", "seahorse", "clap_lex", "argmap",
];

/// A note where the program's command line is declared by a crate that is not read.
fn unknown_parser(unit: &Unit) -> Option<Note> {
    let source = &unit.source;
    let mut names = UNKNOWN_PARSERS.iter().filter_map(|name| {
        let used = [format!("{name}::"), format!("{name}!")];
        let at = used.iter().find_map(|used| source.text().find(used))?;
        Some((at, *name))
    });
    let (at, name) = names.next()?;
    Some(Note {
        code: "command-line-not-read",
        message: format!(
            "the command line is declared with `{name}`, which is not read: its options are not known here, declare them in \
             the manifest or a contract"
        ),
        place: source.at(Span::new(at, at + name.len())),
    })
}

fn unread(source: &Source) -> Note {
    Note {
        code: "not-parsed",
        message: format!(
            "`{}` is no Rust that can be parsed safely: nothing in it was read",
            source.name()
        ),
        place: Place {
            source: source.clone(),
            span: Span::new(0, 0),
        },
    }
}

#[cfg(test)]
mod tests;
