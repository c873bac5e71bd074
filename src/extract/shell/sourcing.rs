//! Owns sourced files: found among those of the project and read in place.

use std::path::{Component, Path, PathBuf};

use tree_sitter::Node;

use super::commands::Role;
use super::ledger::Origin;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Loaded, Walk};
use crate::extract::words;
use crate::requirement::Note;
use crate::source::{Place, Source};

/// As many other files are followed.
const MOST_FILES: usize = 64;

impl Walk<'_> {
    /// `. file`: read as part of this script where it is a file of the project.
    pub fn source(&mut self, file: &Loaded, node: Node<'_>, values: &[Value]) {
        let Some(value) = values.first() else { return };
        let tail = tail_of(value);
        let name = tail.rsplit('/').next().unwrap_or(&tail).to_owned();
        if name == "parse_options.sh" {
            self.parse_options(file);
            return;
        }
        let known_root = matches!(value.first(), Some(Atom::ScriptFolder | Atom::Lit(_)));
        let found = (self.loaded.len() < MOST_FILES && !tail.is_empty())
            .then(|| {
                self.find(
                    file,
                    &tail,
                    matches!(value.first(), Some(Atom::ScriptFolder)),
                )
            })
            .flatten();
        let Some(source) = found else {
            for (id, shape) in value::path_roots(value) {
                if shape == Shape::Whole {
                    self.ledger.role(id, Role::Read);
                    self.ledger.needs[id].breaks |= self.branches == 0;
                }
            }
            let system = known_root && tail.starts_with("/etc/")
                || tail.contains("/venv")
                || name == "activate"
                || tail.ends_with("bashrc")
                || tail.starts_with("/usr/");
            if !system {
                self.opaque = true;
                let place = self.place(file, node);
                self.notes.push(unread_file(place, &tail));
            }
            return;
        };
        if self
            .loaded
            .iter()
            .any(|known| known.source.path() == source.path())
        {
            return;
        }
        if !self.enter() {
            return;
        }
        if let Some(loaded) = super::load(&source) {
            self.local_files.push(source);
            self.file(loaded);
        }
        self.leave();
    }

    /// Looks for a sourced file: beside the script, and below the folders above it.
    pub fn find(&self, file: &Loaded, tail: &str, beside: bool) -> Option<Source> {
        if let Some(absolute) = tail.strip_prefix('/').filter(|_| !beside) {
            if let Some(found) = (self.files)(Path::new(tail)) {
                return Some(found);
            }
            return self.find(file, absolute, true);
        }
        let here = file.source.path().parent()?;
        let main = self.loaded.first()?.source.path().parent()?;
        let relative = tail.trim_start_matches('/');
        let mut tried: Vec<PathBuf> = Vec::new();
        for start in [here, main] {
            for above in start.ancestors().take(6) {
                let path = plain_path(&above.join(relative));
                if tried.contains(&path) {
                    continue;
                }
                if let Some(found) = (self.files)(&path) {
                    return Some(found);
                }
                tried.push(path);
                if above.as_os_str().is_empty() {
                    break;
                }
            }
        }
        None
    }

    /// Kaldi's `parse_options.sh`: every variable set so far is an option of its name.
    pub fn parse_options(&mut self, file: &Loaded) {
        if self.arm.is_some() || self.frame.from.is_none() {
            return;
        }
        for (name, place) in self.top_level.clone() {
            let Some(value) = self.vars.get(&name).cloned() else {
                continue;
            };
            // Only the script's own: what it sources sets much more.
            let own = place.source == self.loaded[0].source;
            if !own || name == "help_message" || words::is_system(&name) {
                continue;
            }
            let flag = format!("--{}", name.replace('_', "-"));
            let id = self
                .ledger
                .entry(Origin::Flag(vec![flag]), place, "parse-options");
            let need = &mut self.ledger.needs[id];
            need.live = true;
            need.valued = true;
            need.optional = true;
            need.name = Some(name.clone());
            match value::text_of(&value) {
                Some(text) => self.ledger.fallback(id, Some(text)),
                None => {
                    if let Some(other) = value::likely_need(&value)
                        && matches!(self.ledger.needs[other].origin, Origin::Env(_))
                    {
                        self.ledger.needs[id].also = Some(other);
                    }
                }
            }
            if let Some(comment) = self.assignment_comment(file, &name) {
                self.ledger.needs[id].description.get_or_insert(comment);
            }
            let both = value::one_of(vec![vec![Atom::Need(id)], value]);
            self.put(name, both);
        }
    }

    /// What stands behind `name=` on its line.
    pub fn assignment_comment(&self, file: &Loaded, name: &str) -> Option<String> {
        let text = file.source.text();
        let start = text
            .match_indices(&format!("{name}="))
            .map(|(at, _)| at)
            .find(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n')?;
        let line = file.source.line_column(start).0 - 1;
        let (trailing, comment) = file.comments.get(&line)?;
        trailing.then(|| comment.clone())
    }
}

/// The literal end of a path whose beginning is not known.
fn tail_of(value: &[Atom]) -> String {
    let literal = match value.iter().rposition(|atom| !matches!(atom, Atom::Lit(_))) {
        Some(last) => &value[last + 1..],
        None => value,
    };
    value::text_of(literal).unwrap_or_default()
}

/// Without `.` and `..` where that can be done on paper.
fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn unread_file(place: Place, path: &str) -> Note {
    Note {
        code: "sourced-file",
        message: match path.is_empty() {
            true => {
                "a file is sourced whose name is computed: what it sets is not known".to_owned()
            }
            false => format!(
                "`{path}` is sourced and not among the project's files: what it sets is not known"
            ),
        },
        place,
    }
}
