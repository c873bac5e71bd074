//! Owns files: what is read and written, by which value.

use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::files;
use super::value::Val;
use super::walk::{Given, Unit, Walk};
use crate::extract::arguments::{Argument, Direction};
use crate::requirement::{Binding, Note, ValueType};

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
        let mut path = first.filter(|_| used.at == 0);
        let mut unnamed = shift;
        for g in given {
            let value = self.eval(unit, g.node);
            match &g.name {
                Some(name) if used.names.contains(&name.as_str()) => path = Some(value),
                Some(_) => {}
                None => {
                    if unnamed == used.at && path.is_none() {
                        path = Some(value);
                    }
                    unnamed += 1;
                }
            }
        }
        // `write.csv(x, "")` and `read.csv(text = …)` have no path; `save(a, b, file = …)` names it.
        if let Some(path) = path {
            self.path(unit, node, &path, used.direction);
        }
        if name == "setwd" {
            self.moved = true;
        }
        Val::Unknown
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
            Val::Below(folder) => {
                let direction = match direction {
                    Direction::Read(_) => Direction::Read(true),
                    Direction::Write(_) => Direction::Write(true),
                };
                if matches!(**folder, Val::Need(_)) {
                    self.path(unit, node, folder, direction);
                }
            }
            Val::Words(from) => {
                if let Val::Need(id) = self.rest(unit, node, *from, None) {
                    self.arguments[id].direction.get_or_insert(direction);
                }
            }
            Val::Lit(Json::String(text)) => self.literal(unit, node, text, direction),
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
        if plain.contains("${") || plain.contains("{{") {
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
            || self.moved && !plain.starts_with('/')
        {
            return;
        }
        let writes = matches!(direction, Direction::Write(_));
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

    /// `file.path(folder, "x.csv")`, `paste0(folder, "/x.csv")`.
    pub fn below(&mut self, unit: &Unit, given: &[Given<'_>], separator: &str) -> Val {
        let parts: Vec<Val> = given
            .iter()
            .filter(|g| g.name.as_deref() != Some("sep") && g.name.as_deref() != Some("collapse"))
            .map(|g| self.eval(unit, g.node))
            .collect();
        if let Some(text) = parts
            .iter()
            .map(|part| part.text())
            .collect::<Option<Vec<_>>>()
        {
            return Val::Lit(Json::String(text.join(separator)));
        }
        let folder = match parts.as_slice() {
            [first, ..] if separator == "/" => Some(first),
            [first, second, ..] if second.text().is_some_and(|t| t.starts_with('/')) => Some(first),
            _ => None,
        };
        match folder {
            Some(Val::Below(inner)) => Val::Below(Rc::clone(inner)),
            Some(first @ Val::Need(_)) => Val::Below(Rc::new(first.clone())),
            _ => Val::Unknown,
        }
    }
}
