//! Owns commands that an R script hands to the system: which of their words are files, told by what the command does
//! with them.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::texts;
use super::value::Val;
use super::walk::{Given, Unit, Walk};
use crate::extract::arguments::Direction;
use crate::extract::shell::commands::{Role, Word, roles};

/// As many words of a command are looked at.
const MOST_WORDS: usize = 256;

/// Whether a value is a command rather than a path: words with spaces between them.
pub fn is_command(value: &Val) -> bool {
    let spaced = |value: &Val| value.text().is_some_and(|text| text.trim().contains(' '));
    match value {
        Val::Text(parts) => parts.iter().any(spaced),
        value => spaced(value),
    }
}

impl Walk<'_> {
    /// `system("gzip a.csv")`, `system2("gzip", c("-f", path))`.
    pub fn runs(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        function: &str,
        given: &[Given<'_>],
    ) -> Val {
        let mut line = Vec::new();
        for g in given {
            let value = self.eval(unit, g.node);
            let takes = match g.name.as_deref() {
                None => line.is_empty() || function == "system2" && line.len() == 1,
                Some(name) => matches!(name, "command" | "args" | "description" | "cmd"),
            };
            if takes {
                line.push(match value {
                    Val::Many(words) => texts::joined(&words, " "),
                    value => value,
                });
            }
        }
        let line = texts::joined(&line, " ");
        self.command(unit, node, &line);
        Val::Unknown
    }

    /// A command line is run.
    pub fn command(&mut self, unit: &Unit, node: Node<'_>, line: &Val) {
        for mut command in split(line) {
            for (path, direction) in redirects(&mut command) {
                self.path(unit, node, &path, direction);
            }
            let Some(name) = command.first().and_then(Val::text) else {
                continue;
            };
            let name = name.to_owned();
            let words: Vec<Word<'_>> = command[1..]
                .iter()
                .map(|word| Word {
                    text: word.text(),
                    prefix: match word {
                        Val::Text(parts) => parts.first().and_then(Val::text).unwrap_or_default(),
                        word => word.text().unwrap_or_default(),
                    },
                    remote: match word {
                        Val::Text(parts) => parts
                            .iter()
                            .filter_map(Val::text)
                            .any(|text| text.contains(':')),
                        word => word.text().is_some_and(|text| text.contains(':')),
                    },
                })
                .collect();
            for (index, role, cut) in roles(&name, &words) {
                if let (Some(word), Some(direction)) = (command.get(index + 1), direction(role))
                    && cut == 0
                {
                    self.path(unit, node, word, direction);
                }
            }
        }
    }
}

/// Takes the redirects out of a command: `> out.csv`, `<in.csv`.
fn redirects(command: &mut Vec<Val>) -> Vec<(Val, Direction)> {
    let mut found = Vec::new();
    let mut waits = None;
    command.retain(|word| {
        if let Some(direction) = waits.take() {
            found.push((word.clone(), direction));
            return false;
        }
        let begins = match word {
            Val::Text(parts) => parts.first().and_then(Val::text),
            word => word.text(),
        };
        let (arrows, direction) = match begins.map(|text| text.as_bytes()) {
            Some([b'>', b'>', ..]) => (2, Direction::Write(false)),
            Some([b'>', ..]) => (1, Direction::Write(false)),
            Some([b'<', ..]) => (1, Direction::Read(false)),
            // Where messages go is nobody's concern.
            Some([b'1' | b'2' | b'&', b'>', ..]) => return false,
            _ => return true,
        };
        let rest = match word {
            Val::Text(parts) => {
                let mut parts = parts.to_vec();
                if let Some(Val::Lit(Json::String(first))) = parts.first_mut() {
                    first.drain(..arrows);
                }
                texts::joined(&parts, "")
            }
            word => Val::Lit(Json::from(word.text().map_or("", |text| &text[arrows..]))),
        };
        match rest.text() == Some("") {
            true => waits = Some(direction),
            false => found.push((rest, direction)),
        }
        false
    });
    found
}

fn direction(role: Role) -> Option<Direction> {
    match role {
        Role::Read | Role::ReadAny | Role::ReadNamed => Some(Direction::Read(false)),
        Role::ReadFolder => Some(Direction::Read(true)),
        Role::Write | Role::WriteAny | Role::WriteNamed => Some(Direction::Write(false)),
        Role::WriteFolder => Some(Direction::Write(true)),
        Role::Remove => None,
    }
}

/// The words of each command of a line, where what is put between `|`, `;`, `&&` and redirects ends one.
fn split(line: &Val) -> Vec<Vec<Val>> {
    let parts: Vec<Val> = match line {
        Val::Text(parts) => parts.to_vec(),
        line => vec![line.clone()],
    };
    let mut commands: Vec<Vec<Val>> = vec![Vec::new()];
    let mut word: Vec<Val> = Vec::new();
    let mut count = 0;
    for part in parts {
        let Some(text) = part.text() else {
            word.push(part);
            continue;
        };
        for piece in text.split_inclusive(char::is_whitespace) {
            let plain = piece.trim_end().trim_matches(['"', '\'']);
            let ends = plain.ends_with([';', '|', '&']);
            let plain = plain.trim_end_matches([';', '|', '&']);
            if !plain.is_empty() {
                word.push(Val::Lit(Json::from(plain)));
            }
            if piece.ends_with(char::is_whitespace) || ends {
                count += 1;
                finish(&mut commands, &mut word);
            }
            if ends {
                commands.push(Vec::new());
            }
            if count > MOST_WORDS {
                return commands;
            }
        }
    }
    finish(&mut commands, &mut word);
    commands
}

fn finish(commands: &mut [Vec<Val>], word: &mut Vec<Val>) {
    if word.is_empty() {
        return;
    }
    let whole = texts::joined(word, "");
    word.clear();
    if let Some(command) = commands.last_mut() {
        command.push(whole);
    }
}
