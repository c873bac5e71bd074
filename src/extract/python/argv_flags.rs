//! Owns options that a script tells apart by hand among the words of `sys.argv`: by looking for them in all, or by
//! comparing word after word.

use std::rc::Rc;

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Owner, Param};
use super::value::{At, Object, Seq, SeqKind, Value};
use crate::requirement::{Pass, ValueType};

/// The rule that sees them.
const RULE: &str = "sys.argv";

impl<'a> Engine<'a> {
    /// `"--fast" in sys.argv`: a switch, unless what stands behind it is read too.
    pub(super) fn argv_contains(&mut self, item: &Value<'a>, at: At) {
        if let Some(flag) = item.as_str().filter(|flag| is_flag(flag)) {
            let flag = flag.to_owned();
            self.argv_flag(&flag, Pass::Switch, at);
        }
    }

    /// `sys.argv.index("--out")`.
    pub(super) fn argv_index(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let flag = args
            .first()
            .filter(|flag| flag.as_str().is_some_and(is_flag))?;
        let place = Value::object("sys.argv at", vec![flag.clone()]);
        Some(self.keep(place))
    }

    /// The place behind a flag.
    pub(super) fn argv_after(&mut self, place: &Rc<Object<'a>>) -> Option<Value<'a>> {
        if &*place.class != "sys.argv at" {
            return None;
        }
        let flag = place.args.borrow().clone();
        Some(self.keep(Value::object("sys.argv behind", flag)))
    }

    /// What stands behind a flag.
    pub(super) fn argv_behind(&mut self, place: &Rc<Object<'a>>, at: At) -> Option<Value<'a>> {
        if &*place.class != "sys.argv behind" {
            return None;
        }
        let flag = place.args.borrow().first()?.as_str()?.to_owned();
        let index = self.argv_flag(&flag, Pass::Value, at);
        Some(Value::slot(self.slots.params[index].slot))
    }

    /// `word == "--fast"`, `word in ("-f", "--fast")`: where this holds, the words that follow may be its value.
    pub(super) fn word_compared(&mut self, word: &Value<'a>, other: &Value<'a>, at: At) {
        if !self.is_word(word) {
            return;
        }
        match other {
            Value::Str(flag) if is_flag(flag) => self.flag_asked(flag, Pass::Switch, at),
            Value::Seq(flags) => self.flags_asked(flags, at),
            _ => {}
        }
    }

    fn flags_asked(&mut self, flags: &Rc<Seq<'a>>, at: At) {
        for flag in flags.items.borrow().iter().take(8) {
            if let Some(flag) = flag.as_str().filter(|flag| is_flag(flag)) {
                self.flag_asked(flag, Pass::Switch, at);
            }
        }
    }

    /// `word.startswith("--out=")`: an option with its value in the same word.
    pub(super) fn word_begins(&mut self, word: &Value<'a>, start: Option<&Value<'a>>, at: At) {
        let flag = start
            .and_then(Value::as_str)
            .and_then(|start| start.strip_suffix('='));
        if let Some(flag) = flag.filter(|flag| is_flag(flag) && self.is_word(word)) {
            let flag = flag.to_owned();
            self.flag_asked(&flag, Pass::Value, at);
        }
    }

    /// A word is compared with a flag; several in one condition are one option.
    fn flag_asked(&mut self, flag: &str, pass: Pass, at: At) {
        match self.asking_for {
            Some(index) => {
                let flags = &mut self.slots.params[index].flags;
                if !flags.iter().any(|known| known == flag) {
                    flags.push(flag.to_owned());
                }
                let long = flags.iter().find(|flag| flag.starts_with("--"));
                let dest = long.unwrap_or(&flags[0]).trim_start_matches('-');
                self.slots.params[index].dest = dest.replace('-', "_");
            }
            None => self.asking_for = Some(self.argv_flag(flag, pass, at)),
        }
        self.tells_flags = true;
    }

    /// The value of the option that the branch being walked has just seen; none where it saw none.
    pub(super) fn asked_value(&mut self) -> Option<Value<'a>> {
        let param = &mut self.slots.params[self.asked_flag?];
        take_value(param);
        Some(Value::slot(param.slot))
    }

    /// `word.split("=")[1]`, `word[len("--out="):]`: the value of the option that the word was just found to be.
    pub(super) fn value_in_word(&mut self, word: &Value<'a>, method: &str) -> Option<Value<'a>> {
        let takes_apart = matches!(
            method,
            "split" | "partition" | "replace" | "removeprefix" | "[:]"
        );
        if !takes_apart || !self.is_word(word) {
            return None;
        }
        let value = self.asked_value()?;
        Some(match method {
            "split" => self.seq(SeqKind::List, vec![Value::Unknown, value]),
            "partition" => self.seq(SeqKind::List, vec![Value::Unknown, Value::str("="), value]),
            _ => value,
        })
    }

    /// `words.pop(0)`: the value of the option just seen, or the next word.
    pub(super) fn argv_popped(
        &mut self,
        object: &Rc<Object<'a>>,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        if let Some(value) = self.asked_value() {
            return Some(value);
        }
        let is_first = matches!(args.first(), Some(Value::Int(0)));
        let (items, _) = self.argv_items(object).filter(|_| is_first)?;
        items.into_iter().next()
    }

    /// The parameter of `sys.argv` that a value is.
    fn argv_param(&self, value: &Value<'a>) -> Option<&Param> {
        let Owner::Param(index) = self.slots.all[value.as_slot()?].owner else {
            return None;
        };
        Some(&self.slots.params[index]).filter(|param| param.rule == RULE)
    }

    /// Whether a value is taken from `sys.argv`.
    pub(super) fn is_from_argv(&self, value: &Value<'a>) -> bool {
        self.argv_param(value).is_some()
    }

    /// Whether a value is one of any number of words of the command line.
    fn is_word(&self, value: &Value<'a>) -> bool {
        let param = self.argv_param(value);
        param.is_some_and(|param| matches!(param.value_type, Some(ValueType::List(_))))
    }

    /// A word that goes anywhere is more than the flags it was compared with.
    pub(super) fn word_taken(&mut self, value: &Value<'a>) {
        for value in value.alternatives() {
            if let (true, Some(slot)) = (self.is_word(value), value.as_slot()) {
                self.slots.all[slot].is_touched = true;
            }
        }
    }

    /// Whether a parameter stands for words of which the script only asks which flags they are.
    pub(super) fn is_told_apart(&self, index: usize) -> bool {
        let param = &self.slots.params[index];
        let slot = &self.slots.all[param.slot];
        self.tells_flags
            && param.rule == RULE
            && matches!(param.value_type, Some(ValueType::List(_)))
            && !slot.is_touched
            && slot.uses.is_empty()
            && slot.types.is_empty()
    }

    /// The option of a flag that is looked for by hand.
    fn argv_flag(&mut self, flag: &str, pass: Pass, at: At) -> usize {
        let params = &self.slots.params;
        let known = params
            .iter()
            .position(|param| param.rule == RULE && param.flags.iter().any(|f| f == flag));
        let index = known.unwrap_or_else(|| {
            self.slots.add_param(Param {
                dest: flag.trim_start_matches('-').replace('-', "_"),
                flags: vec![flag.to_owned()],
                pass: Pass::Switch,
                value_type: Some(ValueType::Bool),
                default: Default_::Known(Json::Bool(false)),
                at: Some(at),
                rule: RULE,
                confidence: self.confidence,
                ..Param::default()
            })
        });
        if pass == Pass::Value {
            take_value(&mut self.slots.params[index]);
        }
        index
    }
}

/// Makes an option of what was only a switch so far.
fn take_value(param: &mut Param) {
    if param.pass == Pass::Switch {
        param.pass = Pass::Value;
        param.value_type = Some(ValueType::String);
        param.default = Default_::Known(Json::Null);
    }
}

/// Whether a text is a flag that somebody looks for by hand; asking for help is none.
fn is_flag(text: &str) -> bool {
    let name = text.trim_start_matches('-');
    text.starts_with('-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(name, "h" | "help" | "version")
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
