//! Owns the bounds on doing the same again: a loop or a function that was walked several times without anything being
//! learnt is not walked on and on.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::value::{Function, Value};
use crate::requirement::Confidence;

/// How often a loop or a function is walked at least, however little is learnt.
const AT_LEAST: u32 = 3;
/// What the rest of a loop may cost where nothing is learnt, in steps.
const REST: u32 = 1_500;
/// What all walks of a function may cost where nothing is learnt, in steps.
const WALKS: u32 = 2_500;

/// What a loop or function has cost, and what came of it.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    steps: u32,
    learnt: usize,
    walked: usize,
}

/// How dear a walk with the same arguments as before may be that is done again, in steps.
const AGAIN: u32 = 100;

/// What is known of the walks of a function.
#[derive(Default)]
pub(super) struct History<'a> {
    fruitless: u32,
    spent: u32,
    last: Value<'a>,
    receiver: Option<Value<'a>>,
    /// The last walk, where it was dear and taught nothing.
    in_vain: Option<InVain<'a>>,
}

/// A walk that taught nothing.
struct InVain<'a> {
    args: Args<'a>,
    standing: Standing,
}

/// What a walk depends on besides the arguments.
#[derive(Clone, PartialEq)]
struct Standing {
    is_certain: bool,
    confidence: Confidence,
    lenient: (usize, usize),
    argv_guards: usize,
    changes: usize,
    guards: Vec<String>,
    missing: Vec<String>,
}

impl<'a> Engine<'a> {
    /// Begins to count.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            steps: self.steps(),
            learnt: self.learnt(),
            walked: 0,
        }
    }

    /// How much is known: it grows with everything that is learnt about what the script takes and gives.
    fn learnt(&self) -> usize {
        self.slots.learnt
            + self.notes.len()
            + self.parsers.len()
            + self.module_names.len()
            + self.commands.len()
            + self.typer_apps.len()
            + self.env_set.len()
            + self.defined.len()
            + self.classes.len()
    }

    /// Whether a loop may stop before its remaining items: the last of the `walked` ones taught nothing, and the rest
    /// would be dear.
    pub(super) fn is_fruitless(&self, tally: &mut Tally, walked: usize, remaining: usize) -> bool {
        let learnt = self.learnt();
        if learnt > tally.learnt {
            *tally = Tally {
                steps: self.steps(),
                learnt,
                walked,
            };
        }
        let walked = u32::try_from(walked - tally.walked).unwrap_or(u32::MAX);
        if walked < AT_LEAST {
            return false;
        }
        let spent = self.steps().saturating_sub(tally.steps);
        let rest = u32::try_from(remaining).unwrap_or(u32::MAX);
        (spent / walked).saturating_mul(rest) > REST
    }

    /// What a function gives that was walked often enough, with arguments that nobody follows.
    pub(super) fn known_result(
        &self,
        function: &Rc<Function<'a>>,
        receiver: Option<&Value<'a>>,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let history = self.histories.get(&function.id)?;
        let same = match (receiver, &history.receiver) {
            (None, None) => true,
            (Some(one), Some(other)) => one.same(other),
            _ => false,
        };
        if let Some(walk) = history.in_vain.as_ref().filter(|_| same)
            && have_same_args(&walk.args, args)
            && walk.standing == self.standing()
        {
            return Some(history.last.clone());
        }
        let stops = same
            && history.fruitless >= AT_LEAST
            && history.spent > WALKS
            && args.spread.is_none()
            && !args.values().any(|value| is_followed(value, 2));
        stops.then(|| history.last.join(&Value::Unknown))
    }

    /// What a walk that begins here depends on besides its arguments.
    fn standing(&self) -> Standing {
        Standing {
            is_certain: self.uncertain <= self.base_uncertain,
            confidence: self.confidence,
            lenient: (self.lenient, self.lenient_index),
            argv_guards: self.argv_guards,
            changes: self.changes,
            guards: self.guards.clone(),
            missing: self.missing.clone(),
        }
    }

    /// Remembers a walk of a function.
    pub(super) fn note_walk(
        &mut self,
        function: &Rc<Function<'a>>,
        receiver: Option<&Value<'a>>,
        args: Args<'a>,
        began: Tally,
        value: &Value<'a>,
    ) {
        let taught = self.learnt() > began.learnt;
        let spent = self.steps().saturating_sub(began.steps);
        let standing = (!taught && spent > AGAIN).then(|| self.standing());
        let history = self.histories.entry(function.id).or_default();
        history.in_vain = standing.map(|standing| InVain { args, standing });
        if taught {
            history.fruitless = 0;
            history.spent = 0;
        } else {
            history.fruitless += 1;
            history.spent = history.spent.saturating_add(spent);
        }
        history.last = value.clone();
        history.receiver = receiver.cloned();
    }
}

/// Whether two calls give a function the same.
fn have_same_args<'a>(one: &Args<'a>, other: &Args<'a>) -> bool {
    let spread = match (&one.spread, &other.spread) {
        (None, None) => true,
        (Some(one), Some(other)) => one.alike(other),
        _ => false,
    };
    let mut pos = one.pos.iter().zip(&other.pos);
    let mut kw = one.kw.iter().zip(&other.kw);
    spread
        && one.open == other.open
        && one.pos.len() == other.pos.len()
        && one.kw.len() == other.kw.len()
        && pos.all(|(one, other)| one.alike(other))
        && kw.all(|(one, other)| one.0 == other.0 && one.1.alike(&other.1))
}

/// Whether a value holds something of the user's, or something that can be called or filled.
fn is_followed(value: &Value<'_>, deep: usize) -> bool {
    match value {
        Value::Seq(seq) => {
            deep == 0
                || seq
                    .items
                    .borrow()
                    .iter()
                    .take(16)
                    .any(|item| is_followed(item, deep - 1))
        }
        Value::Dict(dict) => {
            deep == 0
                || dict
                    .items
                    .borrow()
                    .iter()
                    .take(16)
                    .any(|(_, item)| is_followed(item, deep - 1))
        }
        Value::Alt(values) => values.iter().any(|value| is_followed(value, deep)),
        Value::Unknown
        | Value::Typed(_)
        | Value::Turned(_)
        | Value::Never
        | Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Lib(_)
        | Value::Module(_) => false,
        _ => true,
    }
}
