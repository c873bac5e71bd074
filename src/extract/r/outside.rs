//! Owns what a script takes from around it: variables of the environment and files that it sources.

use std::path::Path;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk};
use crate::extract::arguments::{Argument, Direction};
use crate::extract::words;
use crate::requirement::{Binding, Note};
use crate::source::Place;

/// As many other files are followed.
const MOST_FILES: usize = 64;

impl Walk<'_> {
    /// `Sys.getenv("NAME", unset = "…")`.
    pub fn getenv(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        let mut names = None;
        let mut unset = None;
        let mut at = 0;
        for g in given {
            let value = self.eval(unit, g.node);
            match (g.name.as_deref(), at) {
                (Some("unset"), _) => unset = Some(value),
                (Some("x"), _) => names = Some(value),
                (Some(_), _) => {}
                (None, 0) => {
                    names = Some(value);
                    at += 1;
                }
                (None, 1) => {
                    unset = Some(value);
                    at += 1;
                }
                _ => {}
            }
        }
        let Some(names) = names else {
            return Val::Unknown;
        };
        let all: Vec<&str> = match &names {
            Val::Lit(Json::String(name)) => vec![name.as_str()],
            Val::Many(values) => values.iter().filter_map(Val::text).collect(),
            _ => Vec::new(),
        };
        if all.is_empty() {
            let place = self.place(unit, node);
            self.notes.push(computed_variable(place));
        }
        let mut last = Val::Unknown;
        for name in &all {
            if words::is_system(name) || name.starts_with("R_") {
                continue;
            }
            let mut argument = Argument::new(*name, self.place(unit, node), "Sys.getenv");
            argument.bindings.push(Binding::env(*name));
            let id = self.entry(argument);
            self.states[id].used = true;
            if let Some(Val::Lit(default)) = &unset {
                let default = match default {
                    Json::String(text) if text.is_empty() => Json::Null,
                    other => other.clone(),
                };
                self.fallback(id, default);
            }
            last = Val::Need(id);
        }
        match all.len() {
            1 => last,
            _ => Val::Unknown,
        }
    }

    /// `source("lib.R")`.
    pub fn source(&mut self, unit: &Unit, node: Node<'_>, path: &Val) -> Val {
        if let Val::Text(parts) = path
            && matches!(parts.first(), Some(Val::Need(_)))
        {
            self.path(unit, node, path, Direction::Read(false));
        }
        // `source(file.path(folder, "lib.R"))`, wherever the folder of the script is.
        let tail = match path {
            Val::Text(parts) => parts.last().and_then(Val::text),
            path => path.text(),
        };
        let Some(path) = tail.map(|tail| match path {
            Val::Text(_) => tail.trim_start_matches('/'),
            _ => tail,
        }) else {
            return Val::Unknown;
        };
        let own = unit.source.path().parent().unwrap_or(Path::new(""));
        let main = self.units[0]
            .source
            .path()
            .parent()
            .unwrap_or(Path::new(""))
            .to_owned();
        let found = [own, &main]
            .iter()
            .flat_map(|start| start.ancestors().take(5))
            .find_map(|above| (self.files)(&above.join(path)));
        match found {
            Some(source)
                if self.units.len() < MOST_FILES
                    && !self.units.iter().any(|u| u.source.path() == source.path()) =>
            {
                if let Some(tree) = super::parse(&source) {
                    self.local_files.push(source.clone());
                    let before = self.vars.clone();
                    self.file(&source, tree);
                    let given = self.vars.iter();
                    let given = given.filter(|(name, value)| before.get(*name) != Some(value));
                    let given: Vec<(String, Val)> = given
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect();
                    self.shared.extend(given);
                }
            }
            Some(_) => {}
            None => {
                let place = self.place(unit, node);
                self.notes.push(sourced_file(place, path));
            }
        }
        Val::Unknown
    }
}

fn computed_variable(place: Place) -> Note {
    Note {
        code: "computed-variable",
        message: "a variable is read whose name is computed".to_owned(),
        place,
    }
}

fn sourced_file(place: Place, path: &str) -> Note {
    Note {
        code: "sourced-file",
        message: format!(
            "`{path}` is sourced and not among the project's files: what it does is not known"
        ),
        place,
    }
}
