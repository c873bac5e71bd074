//! Owns what a condition says of the words it asks for: which the script stops without, which are empty in a branch,
//! which option is meant.

use tree_sitter::Node;

use super::commands::Role;
use super::condition::{Condition, Term};
use super::ledger::Origin;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Arm, Loaded, Walk};

impl Walk<'_> {
    /// The script stops where this holds.
    pub fn stops_if(&mut self, file: &Loaded, node: Node<'_>, condition: &Condition) {
        for all in condition {
            if let [term] = all.as_slice() {
                self.stops_on(file, node, term);
            }
            self.one_of_these(all.iter(), true);
        }
    }

    /// `[ "$x" != a ] && [ "$x" != b ]` before the script stops: it is one of the two.
    fn one_of_these<'c>(&mut self, terms: impl Iterator<Item = &'c Term>, unequal: bool) {
        let mut which = None;
        let mut choices = Vec::new();
        for term in terms {
            let differs = match term.operator.as_str() {
                "!=" => !term.negated,
                "=" | "==" => term.negated,
                _ => return,
            };
            let id = value::likely_need(&term.left);
            match (value::text_of(&term.right), id, differs == unequal) {
                (Some(text), Some(id), true)
                    if which.is_none_or(|known| known == id)
                        && !text.is_empty()
                        && !text.contains(['*', '?', '[']) =>
                {
                    which = Some(id);
                    choices.push(text);
                }
                _ => return,
            }
        }
        if let (Some(id), 2..) = (which, choices.len()) {
            let need = &mut self.ledger.needs[id];
            need.live = true;
            need.choices.get_or_insert(choices);
        }
    }

    /// The script stops unless this holds.
    pub fn stops_unless(&mut self, file: &Loaded, node: Node<'_>, condition: &Condition) {
        if condition.iter().all(|all| all.len() == 1) {
            self.one_of_these(condition.iter().flatten(), false);
        }
        if let [all] = condition.as_slice() {
            for term in all {
                let term = Term {
                    negated: !term.negated,
                    ..term.clone()
                };
                self.stops_on(file, node, &term);
            }
        }
    }

    pub fn stops_on(&mut self, file: &Loaded, node: Node<'_>, term: &Term) {
        if let Some(value) = asks_empty(term) {
            let ids = match value::likely_need(&value) {
                Some(id) if self.branches == 0 => vec![id],
                Some(_) => Vec::new(),
                // `for name in HOST PORT; do [ -n "${!name}" ] || exit 1; done`
                None if self.branches <= self.loops => value::each_need(&value),
                None => Vec::new(),
            };
            for id in ids {
                let need = &mut self.ledger.needs[id];
                need.stops |= need.default.as_ref().is_none_or(serde_json::Value::is_null);
                need.live = true;
                if need.stops {
                    need.default = None;
                }
            }
            return;
        }
        let (operator, negated) = (term.operator.as_str(), term.negated);
        // `[ "${2-none}" = none ]`: the default is but a mark that there is nothing.
        if let ("=" | "==", false, 0) = (operator, negated, self.branches)
            && let (Some(id), Some(mark)) = (
                value::first_need(&term.left),
                value::text_of(&term.right).filter(|text| !text.is_empty()),
            )
            && self.ledger.needs[id].default == Some(serde_json::Value::String(mark))
        {
            let need = &mut self.ledger.needs[id];
            (need.default, need.optional, need.stops) = (None, false, true);
            return;
        }
        match (operator, negated) {
            ("-f" | "-e" | "-s" | "-r" | "-d", true) => {
                let role = if operator == "-d" {
                    Role::ReadFolder
                } else if operator == "-e" {
                    Role::ReadAny
                } else {
                    Role::Read
                };
                for (id, shape) in value::path_roots(&term.left) {
                    let role = if shape == Shape::Whole {
                        role
                    } else {
                        Role::ReadFolder
                    };
                    let used = self.ledger.needs[id].used;
                    match shape {
                        Shape::Whole => self.ledger.sought(id, role),
                        Shape::Folder => self.ledger.must_exist(id, role),
                    }
                    self.ledger.needs[id].used = used || !matches!(operator, "-e" | "-f");
                    if self.branches == 0
                        && shape == Shape::Whole
                        && !matches!(self.ledger.needs[id].origin, Origin::Rest(_))
                    {
                        let need = &mut self.ledger.needs[id];
                        need.stops |= need.default.is_none();
                    }
                }
                if value::path_roots(&term.left).is_empty() {
                    let left = term.left.clone();
                    self.path(file, node, &left, role);
                }
            }
            ("=~", true) => {
                if let (Some(id), Some(pattern)) =
                    (value::likely_need(&term.left), value::text_of(&term.right))
                    && pattern.starts_with('^')
                    && !pattern.contains("[[:")
                {
                    self.ledger.needs[id].live = true;
                    self.ledger.needs[id].pattern.get_or_insert(pattern);
                }
            }
            _ => {
                if let ([Atom::Count(from)], Some(number)) = (
                    term.left.as_slice(),
                    value::text_of(&term.right).and_then(|text| text.trim().parse::<usize>().ok()),
                ) && let Some(least) = least_count(operator, negated, number)
                {
                    self.at_least(file, node, *from, least);
                }
            }
        }
    }

    /// The script stops unless it is given this many words.
    pub fn at_least(&mut self, file: &Loaded, node: Node<'_>, from: usize, least: usize) {
        if self.branches > 0 || !self.frame.words.is_empty() {
            return;
        }
        for at in from..(from + least).min(from + 32) {
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Position(at), place, "positional");
            let need = &mut self.ledger.needs[id];
            need.stops |= need.default.is_none();
        }
    }

    /// The needs that are empty where the condition holds.
    pub fn empty_if(&self, condition: &Condition) -> Vec<usize> {
        match condition.as_slice() {
            [all] => all
                .iter()
                .filter_map(|term| value::likely_need(&asks_empty(term)?))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The needs that are empty where the condition does not hold.
    pub fn empty_unless(&self, condition: &Condition) -> Vec<usize> {
        match condition.as_slice() {
            [all] => match all.as_slice() {
                [term] => {
                    let term = Term {
                        negated: !term.negated,
                        ..term.clone()
                    };
                    asks_empty(&term)
                        .and_then(|v| value::likely_need(&v))
                        .into_iter()
                        .collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// `[ "$1" != word ]`: the word is needed as it is.
    fn compared_with_a_word(&mut self, term: &Term) {
        let word = value::text_of(&term.right).unwrap_or_default();
        let is_word = !word.is_empty() && !word.starts_with('-');
        if let ("=" | "==" | "!=", true, Some(id)) = (
            term.operator.as_str(),
            is_word,
            value::likely_need(&term.left),
        ) && matches!(self.ledger.needs[id].origin, Origin::Position(_))
        {
            self.ledger.needs[id].looked = true;
        }
    }

    /// `[ "$1" != --flag ]`: an option whose absence is asked for.
    fn options_missed(&mut self, file: &Loaded, node: Node<'_>, condition: &Condition) {
        for term in condition.iter().flatten() {
            let differs = match term.operator.as_str() {
                "!=" => !term.negated,
                "=" | "==" => term.negated,
                _ => false,
            };
            let asks_word = value::likely_need(&term.left).is_some_and(|id| {
                matches!(
                    self.ledger.needs[id].origin,
                    Origin::Position(_) | Origin::Rest(_)
                )
            });
            let names = value::text_of(&term.right)
                .filter(|text| text.starts_with('-') && !matches!(text.as_str(), "-h" | "-?"));
            if let (true, true, Some(name)) = (differs, asks_word, names) {
                self.option(file, node, &[name], "option-test");
            }
        }
    }

    /// `[ "$1" = --flag ]`: the option that is asked for.
    pub fn option_of(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        condition: &Condition,
    ) -> Option<Arm> {
        self.options_missed(file, node, condition);
        let mut names = Vec::new();
        for all in condition {
            let [term] = all.as_slice() else { return None };
            if term.negated || !matches!(term.operator.as_str(), "=" | "==") {
                self.compared_with_a_word(term);
                return None;
            }
            let id = match term.left.as_slice() {
                [Atom::Lit(x), Atom::Need(id)] if x.len() == 1 => *id,
                value => value::likely_need(value)?,
            };
            if !matches!(
                self.ledger.needs[id].origin,
                Origin::Position(_) | Origin::Rest(_)
            ) {
                return None;
            }
            let text = value::text_of(&term.right).unwrap_or_else(|| value::prefix_of(&term.right));
            let text = text.trim_start_matches('x').to_owned();
            match text.starts_with('-') {
                true => names.push(text),
                false => {
                    // Compared with a word: it is needed as it is.
                    if !text.is_empty() {
                        self.ledger.needs[id].looked = true;
                    }
                    return None;
                }
            }
        }
        self.option(file, node, &names, "option-test")
    }
}

/// The word that a term finds empty.
fn asks_empty(term: &Term) -> Option<Value> {
    let right = value::text_of(&term.right);
    match (term.operator.as_str(), term.negated) {
        ("-z", false) | ("-n", true) | ("-v", true) => Some(term.left.clone()),
        ("=" | "==", false) | ("!=", true) => match (term.left.as_slice(), right.as_deref()) {
            (_, Some("")) => Some(term.left.clone()),
            // "x$name" = "x"
            ([Atom::Lit(mark), rest @ ..], Some(text))
                if mark == text && !rest.is_empty() && mark.len() <= 2 =>
            {
                Some(rest.to_vec())
            }
            ([rest @ .., Atom::Lit(mark)], Some(text))
                if mark == text && !rest.is_empty() && mark.len() <= 2 =>
            {
                Some(rest.to_vec())
            }
            _ => None,
        },
        _ => None,
    }
}

/// How many words there must be at least for a comparison of their number not to hold.
fn least_count(operator: &str, negated: bool, number: usize) -> Option<usize> {
    match (operator, negated) {
        ("-lt" | "<", false) | ("-ge" | ">=", true) => Some(number),
        ("-le" | "<=", false) | ("-gt" | ">", true) => Some(number + 1),
        ("-ne" | "!=", false) | ("-eq" | "=" | "==", true) => Some(number),
        ("-eq" | "=" | "==", false) if number == 0 => Some(1),
        ("-ne" | "!=", true) if number == 0 => Some(1),
        _ => None,
    }
}
