//! Owns the functions of a script: they are read where they are called, with what they are given.

use super::value::Val;
use super::walk::{Given, Unit, Walk, definition_at, text};

impl Walk<'_> {
    /// Runs a function of the script with its arguments.
    pub fn run(&mut self, unit: &Unit, at: usize, given: &[Given<'_>], first: Option<Val>) -> Val {
        let values: Vec<(Option<String>, Val)> = first
            .into_iter()
            .map(|value| (None, value))
            .chain(
                given
                    .iter()
                    .map(|g| (g.name.clone(), self.eval(unit, g.node)))
                    .collect::<Vec<_>>(),
            )
            .collect();
        if self.active.contains(&at) || self.active.len() > 24 {
            return Val::Unknown;
        }
        let Some(&(file, span)) = self.functions.get(at) else {
            return Val::Unknown;
        };
        let Some(home) = self.units.get(file).cloned() else {
            return Val::Unknown;
        };
        let Some(definition) = definition_at(&home.tree, span) else {
            return Val::Unknown;
        };
        let shared = self.shared.len();
        let mut names = Vec::new();
        let mut defaults = Vec::new();
        if let Some(parameters) = definition.child_by_field_name("parameters") {
            let mut walker = parameters.walk();
            for parameter in parameters.children_by_field_name("parameter", &mut walker) {
                let name = parameter
                    .child_by_field_name("name")
                    .map_or("", |n| text(&home, n));
                names.push(name.to_owned());
                defaults.push(parameter.child_by_field_name("default"));
            }
        }
        let mut bound: Vec<Option<Val>> = vec![None; names.len()];
        for (name, value) in &values {
            if let Some(name) = name
                && let Some(index) = names.iter().position(|n| n == name)
            {
                bound[index] = Some(value.clone());
            }
        }
        for (name, value) in values {
            if name.is_none()
                && let Some(slot) = bound.iter_mut().find(|slot| slot.is_none())
            {
                *slot = Some(value);
            }
        }
        let outer = self.vars.clone();
        for (index, name) in names.into_iter().enumerate() {
            let value = match bound[index].take() {
                Some(value) => value,
                None => defaults[index].map_or(Val::Unknown, |node| self.eval(&home, node)),
            };
            self.vars.insert(name, value);
        }
        self.active.push(at);
        self.returned.push(Val::Unknown);
        let inside = std::mem::replace(&mut self.unit, file);
        let value = definition
            .child_by_field_name("body")
            .map_or(Val::Unknown, |body| self.eval(&home, body));
        self.unit = inside;
        self.active.pop();
        self.vars = outer;
        for (name, value) in self.shared.iter().skip(shared) {
            self.vars.insert(name.clone(), value.clone());
        }
        match (self.returned.pop(), value) {
            (Some(returned), Val::Unknown) => returned,
            // `if (length(at) == 0) return(default)`
            (Some(Val::Lit(default)), Val::Need(id)) if self.states[id].by_hand => {
                self.fallback(id, default);
                Val::Need(id)
            }
            (_, value) => value,
        }
    }
}
