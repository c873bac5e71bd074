//! Owns the reading of shell scripts (sh, bash, zsh), and with its folder is the only place that names tree-sitter's
//! grammar of bash.
//!
//! A script is walked in the order in which it would run, functions where they are called and files of the project
//! where they are sourced. What the reader takes for required:
//!
//! - `${V:?message}`, a test for emptiness that ends the script, and, under `set -u`, any bare read: certain; an option
//!   is needed so where nothing but its branch sets the variable;
//! - a bare read outside of branches, where an empty word breaks something (a redirect, a file operand, a command's
//!   name): likely;
//! - a word of the command line that is read and never tested or given a default: likely;
//! - everything else that is read before the script sets it is optional, and likely where only that follows.
//!
//! A read inside of a branch never makes anything required: the script may not get there.
//!
//! A path that is read is an input and one that is written an output; the first use decides. Paths below the
//! system's own folders, temporary files and files beside the script are nobody's to give.

mod assign;
mod branches;
mod calls;
mod carriage;
mod columns;
pub(super) mod commands;
mod condition;
mod demands;
mod endings;
mod eval;
mod expansions;
mod fallbacks;
mod handed;
mod inline;
mod launchers;
mod ledger;
mod options;
mod paths;
mod scopes;
mod sourcing;
mod spec;
mod tools;
mod value;
mod variables;
mod walk;

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use self::walk::{Loaded, Walk};
use crate::extract::help::Help;
use crate::extract::{Files, grammar};
use crate::requirement::{Note, Reading};
use crate::source::{Place, Source, Span};

/// Reads a shell script.
pub fn read(source: &Source, files: Files<'_>) -> Reading {
    let mut reading = Reading::default();
    let loaded = match load(source) {
        Some(loaded) => loaded,
        None => {
            reading.notes.push(not_a_script(source.at(Span::new(0, 0))));
            return reading;
        }
    };
    let doubtful = loaded.tree.root_node().has_error();
    reading.syntax_error = syntax_error(source, &loaded.tree);
    reading.carriage_return = carriage::first(source, &loaded.tree);
    let unclear = (doubtful && reading.syntax_error.is_none())
        .then(|| first_error(&loaded.tree))
        .flatten()
        .map(|at| not_understood(source.at(source.line_span(source.line_column(at).0))));
    let shown = help_of(&loaded);
    let mut walk = Walk::new(files);
    walk.strict = strict_by_shebang(source.text());
    walk.file(loaded);
    walk.rest();
    if walk.exhausted() {
        walk.notes.push(too_long(source.at(source.line_span(1))));
    }
    for path in &walk.programs {
        walk.ledger.is_program(path);
    }
    reading.notes = walk.notes;
    reading.notes.extend(unclear);
    reading.local_files = walk.local_files;
    reading.claims = ledger::claims(walk.ledger, &shown, doubtful);
    reading
}

/// Where the first part begins that the grammar does not know.
fn first_error(tree: &Tree) -> Option<usize> {
    let mut first = None;
    visit(tree, |node| {
        if node.is_error() || node.is_missing() {
            first = first.or(Some(node.start_byte()));
        }
    });
    first
}

fn not_understood(place: Place) -> Note {
    Note {
        code: "not-understood",
        message:
            "not every word is understood from here on: what the script needs there may be missing"
                .to_owned(),
        place,
    }
}

/// Parses a source; none where it is no text that a shell could read.
fn load(source: &Source) -> Option<Loaded> {
    let text = source.text();
    let lost = text.chars().take(2_048).filter(|c| *c == '\u{fffd}');
    if lost.count() > 64 {
        return None;
    }
    let tree = parse(text)?;
    let comments = comments(text, &tree);
    Some(Loaded {
        source: source.clone(),
        tree,
        comments,
    })
}

/// As often is a text parsed again, for the words that the grammar took apart.
const MOST_PARSES: usize = 6;
/// Longer texts are parsed once. In bytes.
const LARGEST_MENDED: usize = 200_000;

/// Parses a script. The grammar ends `${a}-$b` before `b` unless it stands in quotes: there the `$` is hidden from it,
/// and what it takes for plain text is read for variables afterwards.
fn parse(text: &str) -> Option<Tree> {
    let language = tree_sitter_bash::LANGUAGE.into();
    let mut tree = grammar::parse(&language, text)?;
    let mut shown = text.as_bytes().to_vec();
    if tree.root_node().has_error() && blank_what_ends_lines(&mut shown) {
        tree = grammar::parse(&language, std::str::from_utf8(&shown).ok()?)?;
    }
    for _ in 1..MOST_PARSES {
        let lost = match text.len() > LARGEST_MENDED {
            true => Vec::new(),
            false => lost_expansions(&tree, text),
        };
        if lost.is_empty() {
            break;
        }
        for at in lost {
            shown[at] = b'_';
        }
        // A byte of one for a byte of one: all places stay what they are.
        tree = grammar::parse(&language, std::str::from_utf8(&shown).ok()?)?;
    }
    Some(tree)
}

/// Blanks what the grammar trips over at the ends of lines: a pipe behind the mark of a here document, whose text comes
/// first, and the backslash that a script ends in. Whether there was any.
fn blank_what_ends_lines(shown: &mut [u8]) -> bool {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let mut blanked = false;
    let end = shown.iter().rposition(|byte| !is_blank(byte));
    if let Some(at) = end.filter(|at| shown[*at] == b'\\') {
        shown[at] = b' ';
        blanked = true;
    }
    for line in shown.split_mut(|byte| *byte == b'\n') {
        let opens = line.windows(2).any(|pair| pair == b"<<")
            && !line.windows(3).any(|three| three == b"<<<");
        let Some(last) = line
            .iter()
            .rposition(|byte| !is_blank(byte))
            .filter(|_| opens)
        else {
            continue;
        };
        let ends = match line[..=last] {
            [.., b'|', b'|'] | [.., b'&', b'&'] => 2,
            [.., b'|'] => 1,
            _ => 0,
        };
        line[last + 1 - ends..=last].fill(b' ');
        blanked |= ends > 0;
    }
    blanked
}

/// Where a `$` ends a word although a name follows.
fn lost_expansions(tree: &Tree, text: &str) -> Vec<usize> {
    let mut lost = Vec::new();
    visit(tree, |node| {
        let named = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        if node.kind() == "$"
            && node.parent().is_some_and(|parent| {
                parent.kind() == "concatenation" && parent.end_byte() == node.end_byte()
            })
            && text.as_bytes().get(node.end_byte()).is_some_and(named)
        {
            lost.push(node.start_byte());
        }
    });
    lost
}

/// `#!/bin/bash -u`.
fn strict_by_shebang(text: &str) -> bool {
    text.lines().next().is_some_and(|line| {
        line.starts_with("#!")
            && line
                .split_whitespace()
                .skip(1)
                .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('u'))
    })
}

/// Visits every node once, without recursion.
fn visit<'t>(tree: &'t Tree, mut each: impl FnMut(Node<'t>)) {
    let mut cursor = tree.walk();
    loop {
        each(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Comments by line, and whether code stands before them.
fn comments(text: &str, tree: &Tree) -> HashMap<usize, (bool, String)> {
    let mut found = HashMap::new();
    visit(tree, |node| {
        if node.kind() == "comment" {
            let start = node.start_byte();
            let line = text
                .get(..start)
                .and_then(|t| t.rfind('\n'))
                .map_or(0, |at| at + 1);
            let trailing = text
                .get(line..start)
                .is_some_and(|before| !before.trim().is_empty());
            let comment = text.get(node.byte_range()).unwrap_or_default();
            let comment = comment
                .trim_start_matches(['#', ' ', '\t'])
                .trim_end()
                .to_owned();
            if !comment.is_empty() {
                found.insert(node.start_position().row, (trailing, comment));
            }
        }
    });
    found
}

/// What the script tells people of itself: its header, here documents, printed texts.
fn help_of(loaded: &Loaded) -> Help {
    let source = &loaded.source;
    let mut help = Help::default();
    let script = source
        .path()
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    let mut printed = String::new();
    let mut size = 0;
    visit(&loaded.tree, |node| {
        if size > 400_000 {
            return;
        }
        match node.kind() {
            "heredoc_body" => {
                let text = source.slice(Span::from(node.byte_range()));
                size += text.len();
                texts.push(text.to_owned());
            }
            "command" => {
                let name = node.child_by_field_name("name");
                let name = name.map_or("", |n| source.slice(Span::from(n.byte_range())));
                if matches!(name, "echo" | "printf" | "print") || name.contains("usage") {
                    let mut walker = node.walk();
                    for word in node.children_by_field_name("argument", &mut walker) {
                        let text = source.slice(Span::from(word.byte_range()));
                        let text = text
                            .trim_matches(['"', '\''])
                            .replace("\\n", "\n")
                            .replace("\\t", "\t");
                        size += text.len();
                        printed.push_str(&text);
                        printed.push('\n');
                    }
                }
            }
            "variable_assignment" => {
                let name = node.child_by_field_name("name");
                let name = name.map_or("", |n| source.slice(Span::from(n.byte_range())));
                let lower = name.to_ascii_lowercase();
                if (lower.contains("usage") || lower.contains("help"))
                    && let Some(value) = node.child_by_field_name("value")
                {
                    let text = source.slice(Span::from(value.byte_range()));
                    size += text.len();
                    texts.push(
                        text.trim_matches(['"', '\''])
                            .replace("\\n", "\n")
                            .replace("\\t", "\t"),
                    );
                }
            }
            _ => {}
        }
    });
    let mut header = String::new();
    let first = source.text().lines();
    for line in first.take(200) {
        match line.strip_prefix('#') {
            Some(comment) => {
                header.push_str(comment.strip_prefix(' ').unwrap_or(comment));
                header.push('\n');
            }
            None if line.trim().is_empty() => header.push('\n'),
            None => break,
        }
    }
    for text in texts {
        help.read(&text, script);
    }
    help.read(&printed, script);
    help.read(&header, script);
    help
}

/// What the shell would refuse for certain: something opened and not closed before the end of the file. Any other
/// trouble of the parser is its own, for the grammar knows less than the shells do.
fn syntax_error(source: &Source, tree: &Tree) -> Option<(Place, String)> {
    if !tree.root_node().has_error() {
        return None;
    }
    let end = source.text().trim_end().len();
    let mut found = Vec::new();
    visit(tree, |node| {
        let at_end = node.end_byte() >= end;
        if node.is_missing() {
            let word = node.kind();
            let known = matches!(word, "fi" | "done" | "esac" | "}" | "\"") && at_end;
            let opened = node.parent().unwrap_or(node);
            found.push(known.then(|| (opened.start_byte(), word)));
        } else if node.is_error() {
            let opened = node.child(0).map_or("", |first| first.kind());
            let rest = source
                .text()
                .get(node.start_byte() + opened.len()..)
                .unwrap_or_default();
            let closing = match opened {
                "if" => "fi",
                "while" | "until" | "for" => "done",
                "case" => "esac",
                "\"" => "\"",
                _ => "",
            };
            let known = !closing.is_empty() && at_end && !rest.contains(closing);
            found.push(known.then_some((node.start_byte(), closing)));
        }
    });
    match found.as_slice() {
        [Some((start, word))] => {
            let line = source.line_span(source.line_column(*start).0);
            Some((
                source.at(Span::new(*start, line.end.max(*start))),
                unclosed(word),
            ))
        }
        _ => None,
    }
}

fn unclosed(word: &str) -> String {
    format!("`{word}` is missing before the end of the file")
}

fn not_a_script(place: Place) -> Note {
    Note {
        code: "not-a-script",
        message:
            "the file is binary, or too large or too slow to parse to be a shell script people \
                  write: nothing in it was read"
                .to_owned(),
        place,
    }
}

fn too_long(place: Place) -> Note {
    Note {
        code: "too-deep",
        message: "the script nests too deeply or is too long: part of it was not read".to_owned(),
        place,
    }
}

#[cfg(test)]
mod tests;
