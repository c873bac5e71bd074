//! Owns words of the form `key=value` that a script takes from `sys.argv` apart and puts into a dictionary.

use std::rc::Rc;

use serde_json::Value as Json;

use super::engine::Engine;
use super::slots::{Default_, Owner, Param};
use super::value::{At, Dict, SeqKind, SlotId, Value};
use crate::requirement::{Pass, ValueType};

/// The class of objects that stand for a part of such a word.
const PART: &str = "sys.argv word…";

/// The rule that sees them.
const RULE: &str = "sys.argv";

impl<'a> Engine<'a> {
    /// `word.split("=")` and `word.partition("=")` of a word of the command line: what stands before and behind.
    pub(super) fn split_word(
        &mut self,
        word: &Value<'a>,
        method: &str,
        separator: Option<&Value<'a>>,
    ) -> Option<Value<'a>> {
        let slot = word.as_slot()?;
        let Owner::Param(index) = self.slots.all[slot].owner else {
            return None;
        };
        let param = &self.slots.params[index];
        let is_word = param.rule == RULE && matches!(param.value_type, Some(ValueType::List(_)));
        if !is_word || separator.and_then(Value::as_str) != Some("=") {
            return None;
        }
        let mut parts = ["key", "=", "value"]
            .map(|part| self.keep(Value::object(PART, vec![Value::str(part)])))
            .to_vec();
        if method != "partition" {
            parts.remove(1);
        }
        self.splits_words = true;
        Some(self.seq(SeqKind::List, parts))
    }

    /// What a dictionary of such words holds under a key: a word of the command line; none where it is another one.
    pub(super) fn word_of(
        &mut self,
        dict: &Rc<Dict<'a>>,
        key: &Value<'a>,
        fallback: Option<&Value<'a>>,
        at: At,
    ) -> Option<Value<'a>> {
        let key = key.as_str().filter(|_| self.splits_words)?;
        let items = dict.items.borrow();
        let is_key = |value: &Value<'a>| match value {
            Value::Object(object) => {
                let args = object.args.borrow();
                &*object.class == PART && args.first().and_then(Value::as_str) == Some("key")
            }
            _ => false,
        };
        if !items.iter().any(|(key, _)| is_key(key)) {
            return None;
        }
        let declared = items
            .iter()
            .find(|(known, _)| known.as_str() == Some(key))
            .map(|(_, value)| value.alternatives()[0].clone());
        let default = match declared.as_ref().or(fallback) {
            None => Default_::Absent,
            Some(value) => self.json(value).map_or(Default_::Computed, Default_::Known),
        };
        drop(items);
        Some(Value::slot(self.word_slot(key, default, at)))
    }

    fn word_slot(&mut self, key: &str, default: Default_, at: At) -> SlotId {
        let mut params = self.slots.params.iter();
        let known = params.position(|param| is_word(param) && param.dest == key);
        let index = known.unwrap_or_else(|| {
            self.slots.add_param(Param {
                dest: key.to_owned(),
                flags: vec![key.to_owned()],
                pass: Pass::Joined,
                value_type: Some(ValueType::String),
                required: true,
                default: Default_::Absent,
                at: Some(at),
                rule: RULE,
                confidence: self.confidence,
                ..Param::default()
            })
        });
        let param = &mut self.slots.params[index];
        if default != Default_::Absent {
            param.required = false;
            let is_better = matches!(
                param.default,
                Default_::Absent | Default_::Known(Json::Null)
            );
            if is_better {
                param.default = default;
            }
        }
        param.slot
    }

    /// Whether the words of the command line are taken apart, so that there is no list of them.
    pub(super) fn has_words(&self) -> bool {
        self.slots.params.iter().any(is_word)
    }
}

/// Whether a parameter is such a word.
fn is_word(param: &Param) -> bool {
    let is_bare = |flag: &String| !flag.starts_with('-');
    param.rule == RULE && param.pass == Pass::Joined && param.flags.iter().any(is_bare)
}
