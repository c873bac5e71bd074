//! Owns files: what is read and written, by which value.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk};
use super::{commands, files};
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
        if let Some(path) = path.filter(|path| files::fits(name, path.text())) {
            self.path(unit, node, &path, used.direction);
        }
        for (other, path) in others.iter().zip(other_paths) {
            if let Some(path) = path {
                self.path(unit, node, &path, other.direction);
            }
        }
        if name == "setwd" {
            self.moved = true;
            self.moved_to = moved_to;
        }
        self.table(unit, name, given, &table)
    }

    /// A value is used as a path.
    pub fn path(&mut self, unit: &Unit, node: Node<'_>, value: &Val, direction: Direction) {
        match value {
            Val::Need(id) => {
                self.states[*id].used = true;
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
            [Val::Lit(Json::String(text)), ..] => {
                if let Some((folder, _)) = text.rsplit_once('/') {
                    self.literal(unit, node, folder, as_folder);
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
            "/dev", "/proc", "/sys", "/tmp", "/etc", "/usr", "/var", "/home", "/root",
        ];
        if plain.is_empty()
            || matches!(plain, "." | ".." | "stdin" | "clipboard")
            || plain.contains("://")
            || plain.contains(['*', '\n', '%', '~', '<', '|'])
            || plain.len() > 200
            || system.iter().any(|top| {
                plain == *top || plain.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
            })
        {
            return;
        }
        let writes = matches!(direction, Direction::Write(_));
        // `setwd(folder)`: what is written then lies there.
        if self.moved && !plain.starts_with('/') {
            if let Some(id) = self.moved_to.filter(|_| writes) {
                self.arguments[id].direction = Some(Direction::Write(true));
            }
            return;
        }
        let made = self.made.iter().any(|made| {
            plain == made
                || plain
                    .strip_prefix(made.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        });
        if !writes && made {
            return;
        }
        if writes {
            self.made.push(plain.to_owned());
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
        self.entry(argument);
    }
}
