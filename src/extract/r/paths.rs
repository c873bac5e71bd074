//! Owns files: what is read and written, by which value.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk, arguments, text};
use super::{commands, files, texts};
use crate::extract::arguments::{Argument, Direction};
use crate::requirement::{Binding, Note, ValueType};

/// As many paths of one list are looked at.
const MOST_FILES: usize = 100;

impl Walk<'_> {
    /// A function reads or writes a path.
    pub fn used(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        name: &str,
        used: &files::Use,
        given: &[Given<'_>],
        first: Option<Val>,
    ) -> Val {
        let shift = usize::from(first.is_some());
        let mut path = first.clone().filter(|_| used.at == 0);
        let others = files::further(name);
        let mut other_paths: Vec<Option<Val>> = vec![None; others.len()];
        let mut unnamed = shift;
        for g in given {
            let value = self.eval(unit, g.node);
            for (other, path) in others.iter().zip(&mut other_paths) {
                let here = match &g.name {
                    Some(name) => other.names.contains(&name.as_str()),
                    None => unnamed == other.at,
                };
                if here {
                    *path = Some(value.clone());
                }
            }
            match &g.name {
                Some(argument) if used.names.contains(&argument.as_str()) => path = Some(value),
                Some(argument)
                    if path.is_none()
                        && !files::is_listed(name)
                        && files::is_called_path(argument) =>
                {
                    path = Some(value);
                }
                Some(argument) if name == "fread" && argument == "cmd" => {
                    self.command(unit, node, &value);
                }
                Some(_) => {}
                None => {
                    if unnamed == used.at && path.is_none() {
                        path = Some(value);
                    }
                    unnamed += 1;
                }
            }
        }
        // `fread("zcat a.gz | cut -f 1")`
        if name == "fread"
            && let Some(value) = path.take_if(|path| commands::is_command(path))
        {
            self.command(unit, node, &value);
        }
        // `write.csv(x, "")` and `read.csv(text = …)` have no path; `save(a, b, file = …)` names it.
        let table = path.clone().unwrap_or(Val::Unknown);
        let moved_to = match &path {
            Some(Val::Need(id)) => Some(*id),
            _ => None,
        };
        // Whose own folder it is the script is told by hand: what it reads there lies wherever it runs.
        let is_personal = table.text().is_some_and(|path| {
            let at = ["~", "/Users/", "/home/", "C:", "D:", "c:", "d:"];
            at.iter().any(|top| path.starts_with(top))
        });
        let named = |wanted: &str| given.iter().find(|g| g.name.as_deref() == Some(wanted));
        let path = path.filter(|_| name != "setwd" || !is_personal);
        if let Some(path) = path.filter(|path| files::fits(name, path.text())) {
            self.taken_as = Some(files::format(name).filter(|_| {
                // What is set apart otherwise, or packed, is something else.
                let tells = |g: &Given<'_>| {
                    matches!(g.name.as_deref(), Some("sep" | "delim"))
                        || text(unit, g.node).contains("file(")
                };
                !given.iter().any(tells)
            }));
            if matches!(name, "list.files" | "dir" | "dir_ls") {
                let pattern = match (named("pattern").or(named("regexp")), named("glob")) {
                    (_, Some(glob)) => self.quietly(unit, glob.node).text().map(str::to_owned),
                    (Some(pattern), None) => self.pattern(unit, pattern.node),
                    // `list.files(folder, "[.]csv$")`
                    (None, None) if name != "dir_ls" && shift == 0 => {
                        let unnamed = given.iter().filter(|g| g.name.is_none()).nth(1);
                        unnamed.and_then(|g| self.pattern(unit, g.node))
                    }
                    _ => None,
                };
                let is_set = |wanted: &str| {
                    named(wanted).is_some_and(|g| !matches!(text(unit, g.node), "FALSE" | "F"))
                };
                self.files_looked_for = Some(match is_set("ignore.case") {
                    true => None,
                    false if is_set("recursive") || is_set("recurse") => {
                        pattern.map(|pattern| format!("**/{pattern}"))
                    }
                    false => pattern,
                });
            }
            self.path(unit, node, &path, used.direction);
            self.taken_as = None;
            self.files_looked_for = None;
        }
        for (other, path) in others.iter().zip(other_paths) {
            if let Some(path) = path {
                self.path(unit, node, &path, other.direction);
            }
        }
        if name == "setwd" && !is_personal {
            self.moved = true;
            self.moved_to = moved_to;
        }
        self.table(unit, name, given, &table)
    }

    /// The file names that a regular expression fits, as a pattern; nothing where none says the same.
    fn pattern(&mut self, unit: &Unit, node: Node<'_>) -> Option<String> {
        // `glob2rx("*.csv")`
        if let ("call", Some(glob)) = (node.kind(), arguments(unit, node).first())
            && text(unit, node).starts_with("glob2rx")
        {
            return self.quietly(unit, glob.node).text().map(str::to_owned);
        }
        files::glob_of(self.quietly(unit, node).text()?)
    }

    /// `Sys.glob("data/*.csv")`: a folder in which files are looked for.
    pub fn globbed(&mut self, unit: &Unit, node: Node<'_>, value: &Val) -> Val {
        let parts = match value {
            Val::Text(parts) => parts.to_vec(),
            value => vec![value.clone()],
        };
        let is_pattern = |part: &Val| {
            part.text()
                .is_some_and(|text| text.contains(['*', '?', '[']))
        };
        let Some(first) = parts.iter().position(is_pattern) else {
            return value.clone();
        };
        let pattern = parts[first].text().unwrap_or_default();
        let end = pattern.find(['*', '?', '[']).unwrap_or(0);
        let Some(slash) = pattern[..end].rfind('/') else {
            self.path(
                unit,
                node,
                &texts::joined(&parts[..first], ""),
                Direction::Read(true),
            );
            return Val::Unknown;
        };
        let mut folder = parts[..first].to_vec();
        folder.push(Val::Lit(Json::from(&pattern[..slash])));
        let is_known = first + 1 == parts.len();
        self.files_looked_for = Some(is_known.then(|| pattern[slash + 1..].to_owned()));
        self.path(
            unit,
            node,
            &texts::joined(&folder, ""),
            Direction::Read(true),
        );
        self.files_looked_for = None;
        Val::Unknown
    }

    /// What is known of a file or folder from the function that takes it.
    fn told_of(&mut self, id: usize) {
        let argument = &mut self.arguments[id];
        argument.formats.extend(self.taken_as);
        argument.files.extend(self.files_looked_for.clone());
    }

    /// A value is used as a path.
    pub fn path(&mut self, unit: &Unit, node: Node<'_>, value: &Val, direction: Direction) {
        // Lists of lists double with each of them.
        if self.is_enough() {
            return;
        }
        match value {
            Val::Need(id) => {
                self.states[*id].used = true;
                self.told_of(*id);
                let argument = &mut self.arguments[*id];
                if matches!(argument.value_type, ValueType::String | ValueType::Path)
                    && argument.choices.is_none()
                    || argument.is_path()
                    || matches!(argument.value_type, ValueType::List(_))
                {
                    argument.direction.get_or_insert(direction);
                    if argument.rule == "Sys.getenv"
                        && self.branches == 0
                        && argument.default.is_none()
                    {
                        argument.required = true;
                        argument.likely = true;
                    }
                }
            }
            Val::Text(parts) => self.path_of_parts(unit, node, parts, direction),
            Val::Many(values) if values.len() <= MOST_FILES => {
                for value in values.iter() {
                    self.path(unit, node, value, direction);
                }
            }
            Val::Named(values) if values.len() <= MOST_FILES => {
                for (_, value) in values.iter() {
                    self.path(unit, node, value, direction);
                }
            }
            Val::Words(from) => {
                if let Val::Need(id) = self.rest(unit, node, *from, None) {
                    self.arguments[id].direction.get_or_insert(direction);
                }
            }
            Val::Word if self.flag.is_none() => {
                if let Val::Need(id) = self.rest(unit, node, 0, None) {
                    self.arguments[id].direction.get_or_insert(direction);
                }
            }
            Val::Lit(Json::String(text)) => self.literal(unit, node, text, direction),
            _ => {}
        }
    }

    /// A path that is put together: what it begins with says where it lies.
    fn path_of_parts(&mut self, unit: &Unit, node: Node<'_>, parts: &[Val], direction: Direction) {
        // What lies somewhere below a folder says nothing of the folder.
        self.taken_as = None;
        self.files_looked_for = None;
        let as_folder = match direction {
            Direction::Read(_) => Direction::Read(true),
            Direction::Write(_) => Direction::Write(true),
        };
        match parts {
            [folder @ Val::Need(_), below, ..]
                if below.text().is_some_and(|text| text.starts_with('/')) =>
            {
                self.path(unit, node, folder, as_folder);
            }
            // `paste0(opt$prefix, ".csv")`: what is done with the whole of it says more.
            [Val::Need(id), ..] => {
                self.states[*id].used = true;
                self.states[*id].begins.get_or_insert(direction);
            }
            [Val::Lit(Json::String(text)), ..] if !text.contains("://") => {
                if let Some((folder, _)) = text.rsplit_once('/') {
                    let known = self.made.len();
                    self.literal(unit, node, folder, as_folder);
                    // Other files may have been there before.
                    for (_, is_whole) in self.made.iter_mut().skip(known) {
                        *is_whole = false;
                    }
                }
            }
            _ => {}
        }
    }

    /// `gzfile(path, "w")`: what a connection is opened for.
    pub fn opened(&mut self, unit: &Unit, node: Node<'_>, function: &str, given: &[Given<'_>]) {
        if !matches!(function, "file" | "gzfile" | "bzfile" | "xzfile") {
            return;
        }
        let unnamed = given.iter().filter(|g| g.name.is_none()).nth(1);
        let mode = given.iter().find(|g| g.name.as_deref() == Some("open"));
        let Some(mode) = mode.or(unnamed) else { return };
        let mode = text(unit, mode.node).trim_matches(['"', '\'']);
        let direction = match mode.as_bytes().first() {
            Some(b'r') if mode.len() <= 3 => Direction::Read(false),
            Some(b'w' | b'a') if mode.len() <= 3 => Direction::Write(false),
            _ => return,
        };
        if let Some(path) = given.first() {
            let path = self.quietly(unit, path.node);
            self.path(unit, node, &path, direction);
        }
    }

    /// What is taken away again the script has not left behind.
    pub fn taken_away(&mut self, value: &Val) {
        if self.is_enough() {
            return;
        }
        match value {
            Val::Many(values) if values.len() <= MOST_FILES => {
                for value in values.iter() {
                    self.taken_away(value);
                }
            }
            Val::Lit(Json::String(path)) => {
                let plain = path.strip_prefix("./").unwrap_or(path);
                let plain = plain.trim_end_matches('/');
                let here = |argument: &Argument| {
                    argument.rule == "path"
                        && matches!(argument.direction, Some(Direction::Write(_)))
                        && argument.bindings.iter().any(|binding| {
                            matches!(binding, Binding::ContainerPath { container_path } if container_path == plain)
                        })
                };
                if let Some(id) = self.arguments.iter().position(here) {
                    self.states[id].gone = true;
                }
            }
            _ => {}
        }
    }

    /// A path written into the script.
    pub fn literal(&mut self, unit: &Unit, node: Node<'_>, path: &str, direction: Direction) {
        let plain = path
            .strip_prefix("./")
            .unwrap_or(path)
            .trim_end_matches('/');
        // R puts nothing into its texts: a template engine fills them before R sees the script.
        if plain.contains('$') || plain.contains("{{") {
            self.notes.push(Note {
                code: "computed-path",
                message: format!("`{plain}` is filled in by a template before the script runs"),
                place: self.place(unit, node),
            });
            return;
        }
        let system = [
            "/dev", "/proc", "/sys", "/tmp", "/etc", "/usr", "/var", "/root",
        ];
        if plain.is_empty()
            || matches!(plain, "." | ".." | "stdin" | "clipboard")
            || plain.contains("://")
            || plain.contains(['*', '\n', '%', '<', '|'])
            || plain.contains('~') && !plain.starts_with("~/")
            || plain.len() > 200
            || is_home(plain)
            || system.iter().any(|top| {
                plain == *top || plain.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
            })
        {
            return;
        }
        let writes = matches!(direction, Direction::Write(_));
        // `setwd(folder)`: what is written then lies there.
        if self.moved && !plain.starts_with(['/', '~']) {
            if let Some(id) = self.moved_to.filter(|_| writes) {
                self.arguments[id].direction = Some(Direction::Write(true));
            }
            return;
        }
        let made = self.made.iter().any(|(made, is_whole)| {
            plain == made
                || *is_whole
                    && plain
                        .strip_prefix(made.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
        });
        if !writes && made {
            return;
        }
        if writes {
            self.made.push((plain.to_owned(), true));
        }
        let last = plain.rsplit('/').next().unwrap_or(plain);
        let stem = last
            .split('.')
            .find(|part| !part.is_empty())
            .unwrap_or(last);
        let name: String = stem
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let mut argument = Argument::new(name, self.place(unit, node), "path");
        argument.bindings.push(Binding::ContainerPath {
            container_path: plain.to_owned(),
        });
        argument.direction = Some(direction);
        argument.value_type = ValueType::Path;
        argument.required = self.branches == 0;
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].gone = false;
        self.told_of(id);
    }
}

/// Whether a path is the folder of a person.
fn is_home(path: &str) -> bool {
    let below = ["/home", "/Users"]
        .iter()
        .find_map(|top| path.strip_prefix(top));
    below.is_some_and(|rest| !rest.trim_start_matches('/').contains('/'))
}
