//! Owns what is known of the process's environment: reads, guards, defaults, and variables the script sets itself.

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Env, Owner};
use super::value::{At, Form, Piece, SlotId, Value};
use crate::requirement::ValueType;

/// How a variable is read.
pub(super) struct Read<'a> {
    /// Whether the script stops without it.
    pub(super) required: bool,
    /// What it takes then.
    pub(super) default: Option<Value<'a>>,
    /// Where.
    pub(super) at: At,
    /// The rule that saw it.
    pub(super) rule: &'static str,
}

impl<'a> Engine<'a> {
    /// `os.path.expandvars("$NAME/x")`: what is not set stays as it is written.
    pub(super) fn expand_variables(&mut self, value: &Value<'a>, at: At) -> Value<'a> {
        let Value::Str(text) = value else {
            return value.clone();
        };
        let mut pieces = Vec::new();
        let mut rest = &**text;
        while let Some((before, after)) = rest.split_once('$') {
            pieces.push(Piece::Text(before.to_owned().into()));
            let (name, after) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
                None => {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    let end = after.find(|c| !is_word(c)).unwrap_or(after.len());
                    after.split_at(end)
                }
            };
            let read = Read {
                required: false,
                default: None,
                at,
                rule: "os.path.expandvars",
            };
            let value = self.read_env_named(&Value::str(name.to_owned()), read);
            pieces.extend(value.pieces().unwrap_or_else(|| vec![Piece::Unknown]));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned().into()));
        self.text_of(pieces)
    }

    /// Reads a variable.
    pub(super) fn read_env(&mut self, name: &str, read: Read<'a>) -> Value<'a> {
        if let Some(value) = self.env_set.get(name) {
            return value.clone();
        }
        let guarded = self.lenient > 0 || self.guards.iter().any(|guard| guard == name);
        let default = match &read.default {
            None => Default_::Absent,
            Some(value) => match self.json(value) {
                Some(json) => Default_::Known(json),
                None => Default_::Computed,
            },
        };
        let required = read.required && !guarded;
        let index = match self.slots.env_names.get(name) {
            Some(index) => *index,
            None => self.add_env(name, read.at, read.rule),
        };
        let (confidence, fallback) = (self.confidence, read.default.clone());
        let env = &mut self.slots.envs[index];
        env.confidence = env.confidence.max(confidence);
        env.required |= required;
        if !env.read {
            env.read = true;
            env.at = read.at;
            env.rule = read.rule;
        }
        if matches!(env.default, Default_::Absent | Default_::Known(Json::Null))
            && default != Default_::Absent
        {
            env.default = default;
        }
        let slot = Value::slot(env.slot);
        match fallback {
            Some(Value::None) | None => slot,
            Some(value) => slot.join(&value),
        }
    }

    fn add_env(&mut self, name: &str, at: At, rule: &'static str) -> usize {
        let index = self.slots.envs.len();
        let slot = self.slots.add(Owner::Env(index));
        self.slots.envs.push(Env {
            name: name.to_owned(),
            required: false,
            read: false,
            default: Default_::Absent,
            at,
            rule,
            slot,
            confidence: self.confidence,
            value_type: None,
            help: None,
            handed: false,
        });
        self.slots.env_names.insert(name.to_owned(), index);
        index
    }

    /// Reads the variable that a value names, if it names one.
    pub(super) fn read_env_named(&mut self, key: &Value<'a>, read: Read<'a>) -> Value<'a> {
        match key {
            Value::Str(name) if is_variable(name) => self.read_env(name, read),
            Value::Str(_) => Value::Typed(ValueType::String),
            Value::Alt(values) => {
                let mut results = Vec::new();
                for value in values.iter() {
                    let again = Read {
                        default: read.default.clone(),
                        ..read
                    };
                    if !value.is_unknown() {
                        results.push(self.read_env_named(value, again));
                    }
                }
                Value::join_all(results).unwrap_or_default()
            }
            Value::Pieces(pieces) => {
                self.note(
                    "computed-variable",
                    format!(
                        "the name of a variable is put together when the script runs: `{}`",
                        pattern(pieces)
                    ),
                    read.at,
                );
                Value::Typed(ValueType::String)
            }
            _ => {
                self.note(
                    "computed-variable",
                    "the name of a variable is worked out when the script runs".to_owned(),
                    read.at,
                );
                Value::Typed(ValueType::String)
            }
        }
    }

    /// `os.environ[key]`.
    pub(super) fn environ_item(&mut self, key: &Value<'a>, at: At) -> Value<'a> {
        let read = Read {
            required: true,
            default: None,
            at,
            rule: "os.environ",
        };
        self.read_env_named(key, read)
    }

    /// `os.environ.get(…)` and its kin.
    pub(super) fn environ_method(&mut self, name: &str, args: Args<'a>) -> Value<'a> {
        let default = args.get(1, "default").cloned();
        let at = args.at;
        match (name, args.get(0, "key")) {
            ("get", Some(key)) => {
                let read = Read {
                    required: false,
                    default: Some(default.unwrap_or(Value::None)),
                    at,
                    rule: "os.environ.get",
                };
                self.read_env_named(&key.clone(), read)
            }
            ("setdefault", Some(key)) => {
                let key = key.clone();
                let read = Read {
                    required: false,
                    default,
                    at,
                    rule: "os.environ.setdefault",
                };
                self.read_env_named(&key, read)
            }
            ("pop", Some(key)) => {
                let key = key.clone();
                let read = Read {
                    required: default.is_none(),
                    default,
                    at,
                    rule: "os.environ.pop",
                };
                self.read_env_named(&key, read)
            }
            ("__getitem__", Some(key)) => self.environ_item(&key.clone(), at),
            ("update", Some(Value::Dict(dict))) => {
                for (key, value) in dict.items.borrow().iter() {
                    self.environ_set(key, value.clone());
                }
                Value::None
            }
            ("update", None) => {
                for (key, value) in args.kw {
                    self.environ_set(&Value::Str(key), value);
                }
                Value::None
            }
            ("copy" | "__copy__", _) => Value::Environ,
            _ => Value::Unknown,
        }
    }

    /// `os.getenv(…)`.
    pub(super) fn getenv(&mut self, args: &Args<'a>) -> Value<'a> {
        let Some(key) = args.get(0, "key").cloned() else {
            return Value::Unknown;
        };
        let default = args.get(1, "default").cloned().unwrap_or(Value::None);
        let read = Read {
            required: false,
            default: Some(default),
            at: args.at,
            rule: "os.getenv",
        };
        self.read_env_named(&key, read)
    }

    /// `name in os.environ`: looks at it, and at nothing else.
    pub(super) fn environ_contains(&mut self, key: &Value<'a>, at: At) -> Option<bool> {
        let name = key.as_str().filter(|name| is_variable(name))?;
        if self.env_set.contains_key(name) {
            return Some(true);
        }
        let index = match self.slots.env_names.get(name) {
            Some(index) => *index,
            None => self.add_env(name, at, "os.environ"),
        };
        let confidence = self.confidence;
        let env = &mut self.slots.envs[index];
        env.read = true;
        env.confidence = env.confidence.max(confidence);
        None
    }

    /// `os.environ[key] = value`: from here on, reading it asks nothing of the user.
    pub(super) fn environ_set(&mut self, key: &Value<'a>, value: Value<'a>) {
        let Some(name) = key.as_str() else { return };
        let known = self.slots.env_names.get(name).copied();
        if let Some(index) = known
            && self.uncertain > 0
        {
            // Set only where it was missing: a default.
            let default = self
                .json(&value)
                .map_or(Default_::Computed, Default_::Known);
            let env = &mut self.slots.envs[index];
            if env.default == Default_::Absent && !env.required {
                env.default = default;
            }
            self.guards_for_good(name);
            return;
        }
        if self.uncertain == 0 {
            self.env_set.insert(name.to_owned(), value);
        }
    }

    /// A variable that was given a value on some branch is there afterwards.
    fn guards_for_good(&mut self, name: &str) {
        if !self.guards.iter().any(|guard| guard == name) {
            self.guards.insert(0, name.to_owned());
        }
    }

    /// The script stops unless this variable is there.
    pub(super) fn demand(&mut self, name: &str) {
        let is_chosen = self.among_commands > 0;
        if is_chosen || self.uncertain > 0 && self.lenient > 0 {
            return;
        }
        let slots = &mut self.slots;
        let (required, default) = match slots.env_names.get(name) {
            Some(index) => {
                let env = &mut slots.envs[*index];
                (&mut env.required, &mut env.default)
            }
            None => match slots.keys.iter_mut().find(|key| key.guard() == name) {
                Some(key) => (&mut key.required, &mut key.default),
                None => return,
            },
        };
        if !matches!(default, Default_::Known(value) if !value.is_null()) {
            *required = true;
            *default = Default_::Absent;
        }
    }

    /// The variable whose value this is.
    pub(super) fn env_of(&self, value: &Value<'a>) -> Option<usize> {
        match self.slots.all[value.as_slot()?].owner {
            Owner::Env(env) => Some(env),
            _ => None,
        }
    }

    /// `first or second`: what is taken for a variable that is not there.
    pub(super) fn fallback(&mut self, first: &Value<'a>, second: &Value<'a>) {
        let slots = first.alternatives().iter().filter_map(Value::as_slot);
        let owners = slots.map(|slot| self.slots.all[slot].owner);
        let Some(owner) = owners
            .into_iter()
            .find(|owner| !matches!(owner, Owner::Param(_)))
        else {
            return;
        };
        let Some(json) = self.json(second) else {
            return;
        };
        let (required, default) = match owner {
            Owner::Env(env) => {
                let env = &mut self.slots.envs[env];
                (env.required, &mut env.default)
            }
            Owner::Main(key) => {
                let key = &mut self.slots.keys[key];
                (key.required, &mut key.default)
            }
            Owner::Param(_) => return,
        };
        if matches!(default, Default_::Absent | Default_::Known(Json::Null)) && !required {
            *default = Default_::Known(json);
        }
    }

    /// Notes that a slot's value is turned into a type.
    pub(super) fn turned_into(&mut self, value: &Value<'a>, value_type: ValueType) {
        for value in value.alternatives() {
            if let Value::Pieces(pieces) = value
                && let [Piece::Slot(slot, Form::Whole)] = **pieces
            {
                self.slots.typed(slot, value_type.clone());
            }
        }
    }

    /// The type that a variable with a default was turned into.
    pub(super) fn turned_type_of(&self, value: &Value<'a>) -> Option<ValueType> {
        match value {
            Value::Turned(slot) => {
                super::verdict::turned_type(&self.slots.all[*slot].types).cloned()
            }
            _ => None,
        }
    }

    /// The JSON of a constant.
    pub(super) fn json(&self, value: &Value<'a>) -> Option<Json> {
        self.json_at(value, 0)
    }

    fn json_at(&self, value: &Value<'a>, depth: usize) -> Option<Json> {
        if depth > 8 {
            return None;
        }
        Some(match value {
            Value::None => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) if value.is_finite() => Json::from(*value),
            Value::Float(value) => Json::from(format!("{value:?}").to_lowercase()),
            Value::Str(text) if text.starts_with(super::paths::SCRIPT_FOLDER) => return None,
            Value::Str(text) => Json::from(&**text),
            Value::Seq(seq) if !seq.open.get() && seq.items.borrow().len() <= 1_000 => seq
                .items
                .borrow()
                .iter()
                .map(|item| self.json_at(item, depth + 1))
                .collect::<Option<Vec<_>>>()?
                .into(),
            Value::Dict(dict) if !dict.open.get() && dict.items.borrow().len() <= 200 => {
                let mut map = serde_json::Map::new();
                for (key, value) in dict.items.borrow().iter() {
                    let key = match key {
                        Value::Str(text) => text.to_string(),
                        Value::Int(value) => value.to_string(),
                        _ => return None,
                    };
                    map.insert(key, self.json_at(value, depth + 1)?);
                }
                Json::Object(map)
            }
            Value::Instance(instance) => {
                let value = instance.names.borrow().get("value").cloned()?;
                self.json_at(&value, depth + 1)?
            }
            Value::Turned(slot) => match self.slots.all[*slot].owner {
                Owner::Env(env) => match &self.slots.envs[env].default {
                    Default_::Known(json) => {
                        super::verdict::typed(json, self.turned_type_of(value).as_ref())
                    }
                    _ => return None,
                },
                _ => return None,
            },
            // A variable with a default stands for it; `a or b` for what is left when nothing is given.
            Value::Pieces(_) => match &self.slots.envs[self.env_of(value)?].default {
                Default_::Known(json) => json.clone(),
                _ => return None,
            },
            Value::Alt(values) => {
                let env = values.iter().find_map(|value| self.env_of(value))?;
                match &self.slots.envs[env].default {
                    Default_::Known(json) => json.clone(),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// Whether a slot's value is a list.
    pub(super) fn holds_many(&self, slot: SlotId) -> bool {
        match self.slots.all[slot].owner {
            Owner::Param(param) => {
                matches!(
                    self.slots.params[param].value_type,
                    Some(ValueType::List(_))
                )
            }
            _ => false,
        }
    }
}

/// Whether a text can be a variable's name.
fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.contains(['=', '\0'])
}

/// A text with its unknown parts shown as `…`.
pub(super) fn pattern(pieces: &[Piece<'_>]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => &**text,
            _ => "…",
        })
        .collect()
}
