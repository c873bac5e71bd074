//! Owns sourced files: found among those of the project and read in place.

use std::path::{Component, Path, PathBuf};

use tree_sitter::Node;

use super::commands::Role;
use super::ledger::Origin;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Frame, Loaded, Walk};
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
        // What the system has is not the project's, and differs from machine to machine.
        let of_system = known_root && (tail.starts_with("/etc/") || tail.starts_with("/usr/"));
        let found = (self.loaded.len() < MOST_FILES && !tail.is_empty() && !of_system)
            .then(|| {
                self.find(
                    file,
                    &tail,
                    matches!(value.first(), Some(Atom::ScriptFolder)),
                )
            })
            .flatten();
        let Some(source) = found else {
            // `for f in /init.d/*; do . "$f"; done`
            if tail.contains('*') && value::text_of(value).is_some() {
                self.path(file, node, value, Role::Read);
            }
            for (id, shape) in value::path_roots(value) {
                let role = match shape {
                    Shape::Whole => Role::Read,
                    Shape::Folder => Role::ReadFolder,
                };
                self.ledger.role(id, role);
                self.ledger.needs[id].breaks |= self.branches == 0;
            }
            let system = of_system
                || tail.contains("/venv")
                || name == "activate"
                || tail.ends_with("bashrc");
            for name in system_variables(&tail) {
                self.put((*name).to_owned(), vec![Atom::Other]);
            }
            if !system {
                self.opaque = true;
                self.settable |= names_settings(&tail);
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
            // Words behind the file's name are what it takes for the command line.
            let given = values.get(1..).unwrap_or_default();
            let frame = (!given.is_empty()).then(|| {
                let (words, from) = super::calls::split_words(given);
                std::mem::replace(
                    &mut self.frame,
                    Frame {
                        words,
                        from,
                        gone: 0,
                    },
                )
            });
            self.file(loaded);
            if let Some(frame) = frame {
                self.frame = frame;
            }
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
            let line = place.line_column().0;
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
            if let Some(comment) = self.comment_on_line(file, line) {
                self.ledger.needs[id].description.get_or_insert(comment);
            }
            let both = value::one_of(vec![vec![Atom::Need(id)], value]);
            self.put(name, both);
        }
    }

    /// What stands behind code on a line, counted from 1.
    fn comment_on_line(&self, file: &Loaded, line: usize) -> Option<String> {
        let (trailing, comment) = file.comments.get(&line.checked_sub(1)?)?;
        trailing.then(|| comment.clone())
    }
}

/// What files of the system are known to set.
fn system_variables(path: &str) -> &'static [&'static str] {
    match path {
        "/etc/os-release" | "/usr/lib/os-release" => &[
            "ANSI_COLOR",
            "BUG_REPORT_URL",
            "CPE_NAME",
            "HOME_URL",
            "ID",
            "ID_LIKE",
            "NAME",
            "PLATFORM_ID",
            "PRETTY_NAME",
            "SUPPORT_URL",
            "UBUNTU_CODENAME",
            "VARIANT",
            "VARIANT_ID",
            "VERSION",
            "VERSION_CODENAME",
            "VERSION_ID",
        ],
        "/etc/lsb-release" => &[
            "DISTRIB_CODENAME",
            "DISTRIB_DESCRIPTION",
            "DISTRIB_ID",
            "DISTRIB_RELEASE",
        ],
        _ => &[],
    }
}

/// Whether a file is called after settings, which set variables, rather than after functions.
fn names_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    [
        "conf", "env", "settings", "param", "var", "default", "profile", "secrets", "path.sh",
        "cmd.sh",
    ]
    .iter()
    .any(|word| name.contains(word))
        || name.ends_with("rc")
        || name.is_empty()
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
