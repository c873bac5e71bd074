//! Owns the reading of variables and of the words of the command line: where a value comes from, and what the manner of
//! reading says of it.

use tree_sitter::Node;

use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::{Loaded, Walk};
use crate::extract::words;

impl Walk<'_> {
    /// The value that an option was given.
    pub fn option_value(&mut self, joined: bool) -> Value {
        match self.arm.as_ref().and_then(|arm| arm.flag) {
            Some(flag) => {
                let need = &mut self.ledger.needs[flag];
                need.joined = joined && (!need.valued || need.joined);
                need.valued = true;
                vec![Atom::Need(flag)]
            }
            None => vec![Atom::Other],
        }
    }

    /// Reads a variable.
    pub fn variable(&mut self, file: &Loaded, node: Node<'_>, name: &str, read: Read) -> Value {
        if name.bytes().all(|b| b.is_ascii_digit()) {
            let value = match name.parse::<usize>() {
                Ok(0) => vec![Atom::ScriptFile],
                Ok(n) => self.positional(file, node, n),
                Err(_) => vec![Atom::Other],
            };
            self.apply(&value, &read, true);
            return value;
        }
        match name {
            "@" | "*" => return self.all_words(),
            "#" => {
                return self
                    .all()
                    .map_or_else(|| vec![Atom::Other], |from| vec![Atom::Count(from)]);
            }
            "?" | "$" | "!" | "-" | "_" => return vec![Atom::Other],
            "OPTARG" => return self.option_value(false),
            "BASH_SOURCE" => return vec![Atom::ScriptFile],
            "PWD" if !self.vars.contains_key(name) => return self.working_folder(),
            _ => {}
        }
        if let Some(value) = self.vars.get(name).cloned() {
            if read == Read::Plain && self.is_given_otherwise(name, &value) {
                self.perhaps.remove(name);
                let held = self.vars.remove(name);
                let given = self.environment(file, node, name, &Read::Optional);
                self.vars.extend(held.map(|held| (name.to_owned(), held)));
                return value::one_of(vec![value, given]);
            }
            self.apply(&value, &read, false);
            if let Read::Plain = read {
                self.needs_giver(name);
            }
            return value;
        }
        // Only zsh sets these; a script that has a default for them asks the caller.
        let is_asked = matches!(name, "HOST" | "USERNAME" | "GID")
            && matches!(read, Read::Default(Some(_)) | Read::Required(_));
        if words::is_system(name) && !is_asked {
            return vec![Atom::Other];
        }
        if !words::is_name(name) {
            return vec![Atom::Other];
        }
        self.environment(file, node, name, &read)
    }

    /// `if [ $# -gt 0 ]; then TARGET=$1; fi` under `set -u`: without the word the caller's variable is read.
    fn is_given_otherwise(&self, name: &str, value: &[Atom]) -> bool {
        self.strict
            && self.arm.is_none()
            && self.perhaps.contains(name)
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && value::sole_need(value)
                .is_some_and(|id| matches!(self.ledger.needs[id].origin, Origin::Position(_)))
    }

    /// `"$@"`: the words that a function is called with, and behind them the script's own.
    pub fn all_words(&self) -> Value {
        let own = self.all().map(|from| vec![Atom::All(from)]);
        if self.frame.words.is_empty() {
            return own.unwrap_or_else(|| vec![Atom::Other]);
        }
        let given = self.frame.words.iter().cloned();
        value::array(given.chain(own).collect())
    }

    /// Reads a variable that the script has put nothing into so far.
    pub fn environment(&mut self, file: &Loaded, node: Node<'_>, name: &str, read: &Read) -> Value {
        let plain = matches!(read, Read::Plain);
        let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
        let later = self.assigned.contains(name);
        let in_own = self.assigning.iter().any(|assigned| assigned == name);
        // What the script sets later in a loop or a function is its own; so is what a file not read may set.
        if plain && later && (lower || self.loops > 0 || !self.at_top()) && !in_own
            || !plain && later && lower && self.loops > 0 && !in_own
            || self.trapped && later && !in_own
            || self.opaque && (lower || plain && self.settable)
        {
            return vec![Atom::Other];
        }
        let place = self.place(file, node);
        let id = self
            .ledger
            .entry(Origin::Env(name.to_owned()), place, "expansion");
        let value = vec![Atom::Need(id)];
        self.ledger.needs[id].live = true;
        if plain && later && !self.strict {
            self.ledger.needs[id].optional = true;
            self.ledger.needs[id].likely = true;
        }
        self.apply(&value, read, true);
        value
    }

    /// What a way of reading says of the needs in a value.
    pub fn apply(&mut self, value: &[Atom], read: &Read, bare: bool) {
        let Some(id) = value::likely_need(value) else {
            if let Read::Plain = read {
                self.mark_live(value);
            }
            return;
        };
        match read {
            Read::Plain => {
                self.ledger.needs[id].live = true;
                self.ledger.needs[id].always |= self.branches == 0;
                self.strictly(id, bare);
            }
            Read::Optional => self.ledger.optional(id),
            Read::Default(text) => {
                self.ledger.needs[id].live = true;
                self.ledger.optional(id);
                if let Some(text) = text {
                    self.ledger.fallback(id, Some(text.clone()));
                }
            }
            Read::Required(message) => {
                self.ledger.needs[id].live = true;
                if self.branches == 0 {
                    self.ledger.stops(id);
                } else {
                    self.ledger.needs[id].optional = true;
                }
                if let Some(message) = message {
                    self.ledger.needs[id]
                        .description
                        .get_or_insert_with(|| message.clone());
                }
            }
        }
    }

    pub fn strictly(&mut self, id: usize, bare: bool) {
        let need = &self.ledger.needs[id];
        let flag = matches!(need.origin, Origin::Flag(_) | Origin::Rest(_));
        if bare
            && self.strict
            && self.branches == 0
            && !flag
            && !need.optional
            && need.default.is_none()
        {
            self.ledger.stops(id);
        }
    }

    /// Under `set -u`, the option that alone sets a variable has to be given where the variable is read.
    fn needs_giver(&mut self, name: &str) {
        let reached = self.branches == 0 && self.arm.is_none() && !self.trapped;
        if let Some(Some(id)) = self.givers.get(name).copied()
            && self.strict
            && reached
            && !self.opaque
            && self.ledger.needs[id].valued
            && self.ledger.variable(name).is_none()
        {
            let need = &mut self.ledger.needs[id];
            // `${name:-}` elsewhere is no default of what is read barely here.
            need.default = need.default.take().filter(|default| !default.is_null());
            self.ledger.stops(id);
        }
    }

    pub fn mark_live(&mut self, value: &[Atom]) {
        let mut needs = Vec::new();
        value::needs_in(value, &mut needs);
        for id in needs {
            self.ledger.needs[id].live = true;
        }
    }

    /// `$n`.
    pub fn positional(&mut self, file: &Loaded, node: Node<'_>, n: usize) -> Value {
        if let Some(value) = self.frame.words.get(n - 1) {
            return value.clone();
        }
        let Some(from) = self.frame.from else {
            return Vec::new();
        };
        if let Some(arm) = &self.arm {
            let place = arm.shifted + n;
            return match (arm.flag, place) {
                (Some(_), 1) => vec![Atom::Option],
                (Some(_), 2) => self.option_value(false),
                (None, 1) => vec![Atom::Operand],
                _ => vec![Atom::Other],
            };
        }
        let at = from + n - self.frame.words.len() - 1;
        let place = self.place(file, node);
        let id = self.ledger.entry(Origin::Position(at), place, "positional");
        vec![Atom::Need(id)]
    }

    /// Reads a word whose emptiness is looked at.
    pub fn eval_tested(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        // A positional that is only looked at may be an option: it is needed only once it is used.
        let before: Vec<(bool, bool)> = self
            .ledger
            .words
            .iter()
            .map(|&id| (self.ledger.needs[id].live, self.ledger.needs[id].always))
            .collect();
        let value = self.eval(file, node);
        for (index, id) in self.ledger.words.clone().into_iter().enumerate() {
            let need = &mut self.ledger.needs[id];
            (need.live, need.always) = before.get(index).copied().unwrap_or_default();
        }
        value
    }
}

/// How a variable is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// `$name`.
    Plain,
    /// `${name+x}`: the script can do without.
    Optional,
    /// `${name:-text}`: the text, where it is literal.
    Default(Option<String>),
    /// `${name:?message}`.
    Required(Option<String>),
}
