//! Owns what branches say of words that may be missing: `X=a; [ $# -gt 0 ] && X=$1` takes `a` where nothing is given.

use super::condition::Condition;
use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::Walk;

/// Of what a condition asks whether it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presence {
    /// These needs.
    needs: Vec<usize>,
    /// How many words the command line has.
    counted: bool,
}

impl Presence {
    /// What a condition asks for.
    pub fn of(condition: &Condition) -> Self {
        let mut asked = Self::default();
        for term in condition.iter().flatten() {
            let is_empty = |value: &[Atom]| value::text_of(value).is_some_and(|t| t.is_empty());
            let of_presence = match term.operator.as_str() {
                "-z" | "-n" | "-v" => true,
                "=" | "==" | "!=" => is_empty(&term.right),
                _ => false,
            };
            if of_presence {
                asked.needs.extend(value::likely_need(&term.left));
            }
            asked.also(&Self::of_value(&term.left));
        }
        asked
    }

    /// `case $# in`.
    pub fn of_value(value: &[Atom]) -> Self {
        Self {
            needs: Vec::new(),
            counted: matches!(value, [Atom::Count(_)]),
        }
    }

    /// What another condition asks for, too.
    pub fn also(&mut self, other: &Self) {
        self.counted |= other.counted;
        if self.needs.len() < 64 {
            self.needs.extend(&other.needs);
        }
    }
}

impl Walk<'_> {
    /// Whether a condition asks whether this is there.
    fn asks_for(&self, asked: &Presence, id: usize) -> bool {
        let is_word = matches!(self.ledger.needs[id].origin, Origin::Position(_));
        asked.needs.contains(&id) || asked.counted && is_word
    }

    /// `X=a; [ $# -gt 0 ] && X=$1`: a word is put where a text stood, in a branch that asks whether it is there.
    pub fn told_by_condition(&mut self, value: &[Atom], before: Option<&Value>) {
        let Some(id) = value::sole_need(value) else {
            return;
        };
        if !self.asked.iter().any(|asked| self.asks_for(asked, id)) || self.arm.is_some() {
            return;
        }
        if !matches!(self.ledger.needs[id].origin, Origin::Position(_)) {
            return;
        }
        self.ledger.optional(id);
        let text = before.and_then(|before| value::text_of(before));
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.ledger.fallback(id, Some(text));
        }
    }

    /// `if [ $# -gt 0 ]; then X=$1; else X=a; fi`: one branch takes a word, the others a text; and where each branch
    /// takes the same word, it is needed.
    pub fn told_by_branches(&mut self, asked: &Presence, everywhere: bool, values: &[Value]) {
        let mut needs = Vec::new();
        let mut texts = Vec::new();
        for value in alternatives(values) {
            match (value::sole_need(value), value::text_of(value)) {
                (Some(id), _) if !needs.contains(&id) => needs.push(id),
                (Some(_), _) => {}
                (None, Some(text)) if text.is_empty() || texts.contains(&text) => {}
                (None, Some(text)) => texts.push(text),
                (None, None) => return,
            }
        }
        let [id] = needs.as_slice() else { return };
        if !self.asks_for(asked, *id) || self.arm.is_some() {
            return;
        }
        let is_word = matches!(self.ledger.needs[*id].origin, Origin::Position(_));
        match texts.as_slice() {
            _ if !is_word => {}
            [text] => self.ledger.fallback(*id, Some(text.clone())),
            [] if everywhere && self.branches == 0 && asked.counted => self.ledger.stops(*id),
            _ => {}
        }
    }
}

/// The values that come into question, those of one that has several each for itself.
fn alternatives(values: &[Value]) -> impl Iterator<Item = &Value> {
    values.iter().flat_map(|value| match value.as_slice() {
        [Atom::OneOf(values)] => values.as_slice(),
        _ => std::slice::from_ref(value),
    })
}
