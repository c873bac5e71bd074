//! Owns what variables hold while branches that exclude each other are read.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::fallbacks::Presence;
use super::value::{self, Value};
use super::walk::{Fork, Walk};

impl Walk<'_> {
    /// Puts a value into a variable; what it held before is kept for the other branches.
    pub fn put(&mut self, name: String, value: Value) {
        if self.branches == 0 {
            self.perhaps.remove(&name);
        }
        self.note_giver(&name);
        self.vars_of_branches(name, value);
    }

    /// Notes which option's branch sets a variable.
    fn note_giver(&mut self, name: &str) {
        let option = self.arm.as_ref().and_then(|arm| arm.flag);
        match self.givers.get_mut(name) {
            Some(known) if *known != option => *known = None,
            Some(_) => {}
            None => {
                let first = option.filter(|_| !self.vars.contains_key(name));
                self.givers.insert(name.to_owned(), first);
            }
        }
    }

    fn vars_of_branches(&mut self, name: String, value: Value) {
        let before = self.vars.insert(name.clone(), value);
        if self.branches > 0 && self.journal.len() < 100_000 {
            self.journal.push((name, before));
        }
    }

    /// Takes a variable away.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let before = self.vars.remove(name);
        if self.branches > 0 && self.journal.len() < 100_000 {
            self.journal.push((name.to_owned(), before.clone()));
        }
        before
    }

    /// Where the branches of one statement begin. Of them one at most is taken: none sees what another sets, and
    /// afterwards a variable may hold what any of them gave it.
    pub fn fork(&self) -> Fork {
        Fork {
            start: self.journal.len(),
            branches: 0,
            outcomes: IndexMap::new(),
            covers: false,
            asked: Presence::default(),
        }
    }

    /// One branch ends: variables hold again what they held before it.
    pub fn end_branch(&mut self, fork: &mut Fork) {
        let start = fork.start.min(self.journal.len());
        fork.branches += 1;
        let mut seen: HashSet<String> = HashSet::new();
        for (name, before) in self.journal.split_off(start).into_iter().rev() {
            let now = match before {
                Some(value) => self.vars.insert(name.clone(), value),
                None => self.vars.remove(&name),
            };
            if seen.contains(&name) {
                continue;
            }
            if let Some(now) = now {
                let (set, values) = fork.outcomes.entry(name.clone()).or_default();
                *set += 1;
                if !values.contains(&now) {
                    values.push(now);
                }
            }
            seen.insert(name);
        }
    }

    /// One branch ends the script: what it sets is seen by nobody.
    pub fn lose_branch(&mut self, fork: &mut Fork) {
        let mut lost = Fork {
            start: fork.start,
            ..self.fork()
        };
        self.end_branch(&mut lost);
    }

    /// The branches meet again.
    pub fn join(&mut self, fork: Fork) {
        for (name, (set, values)) in fork.outcomes {
            let everywhere = fork.covers && set == fork.branches;
            let values = match self.vars.get(&name).filter(|_| everywhere) {
                Some(before) => without(before, values),
                None => values,
            };
            self.told_by_branches(&fork.asked, everywhere, &values);
            if !everywhere && !self.vars.contains_key(&name) {
                self.perhaps.insert(name.clone());
            }
            let value = value::one_of(values);
            self.vars_of_branches(name, value);
        }
    }

    /// Does something whose changes to the working folder stay its own.
    pub fn apart(&mut self, inside: impl FnOnce(&mut Self)) {
        let cwd = self.cwd.clone();
        inside(self);
        self.cwd = cwd;
    }
}

/// The values that branches leave, without what stood there before: each of them puts something else there.
fn without(before: &Value, values: Vec<Value>) -> Vec<Value> {
    let set = |value: Value| match value.as_slice() {
        [value::Atom::OneOf(both)] if both.len() == 2 && both[0] == *before => both[1].clone(),
        _ => value,
    };
    values.into_iter().map(set).collect()
}
