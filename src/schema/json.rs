//! Owns JSON as a schema comes together: keys are mostly words of ours, which cost nothing to name, texts may be borrowed,
//! and entries stand in the order in which they came. Thousands of small mappings that are written once and never looked
//! into need neither hashes nor names of their own.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Entries<'a>),
}

/// The entries of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entries<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Entries<'a> {
    /// Adds an entry whose key is not there yet.
    pub(super) fn push(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) {
        self.0.push((key.into(), value.into()));
    }

    /// Gives a key its value, in place of the one it has.
    pub(super) fn set(&mut self, key: &'a str, value: impl Into<Json<'a>>) {
        match self.get_mut(key) {
            Some(old) => *old = value.into(),
            None => self.push(key, value),
        }
    }

    /// Puts an entry whose key is not there yet before all others.
    pub(super) fn push_first(&mut self, key: &'a str, value: impl Into<Json<'a>>) {
        self.0.insert(0, (Cow::Borrowed(key), value.into()));
    }

    /// Sets all entries of another object.
    pub(super) fn set_all(&mut self, other: Self) {
        for (key, value) in other.0 {
            match self.get_mut(&key) {
                Some(old) => *old = value,
                None => self.0.push((key, value)),
            }
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Json<'a>> {
        let entry = self.0.iter_mut().find(|(name, _)| name == key);
        entry.map(|(_, value)| value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| name == key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }
}

/// The entries of an object of these keys, each once.
pub(super) fn entries<'a, const N: usize>(entries: [(&'a str, Json<'a>); N]) -> Entries<'a> {
    let mut all = Vec::with_capacity(N + 2);
    all.extend(entries.map(|(key, value)| (Cow::Borrowed(key), value)));
    Entries(all)
}

/// An object of these keys, each once.
pub(super) fn object<'a, const N: usize>(all: [(&'a str, Json<'a>); N]) -> Json<'a> {
    Json::Object(entries(all))
}

/// A list of texts.
pub(super) fn words<'a>(words: &[&'a str]) -> Json<'a> {
    Json::List(words.iter().map(|word| Json::from(*word)).collect())
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Json<'_> {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl<'a> From<Vec<Self>> for Json<'a> {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl<'a> From<Entries<'a>> for Json<'a> {
    fn from(entries: Entries<'a>) -> Self {
        Self::Object(entries)
    }
}

/// A user's value, its texts borrowed.
impl<'a> From<&'a Value> for Json<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (&'a String, &'a Value)| {
                    (Cow::Borrowed(key.as_str()), Self::from(value))
                };
                Self::Object(Entries(map.iter().map(entry).collect()))
            }
        }
    }
}

impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(Cow::Owned(text)),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (String, Value)| (Cow::Owned(key), Self::from(value));
                Self::Object(Entries(map.into_iter().map(entry).collect()))
            }
        }
    }
}

/// As those need it who look into a schema.
impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::Text(text) => Self::String(text.into_owned()),
            Json::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(Entries(entries)) => {
                let entry =
                    |(key, value): (Cow<'_, str>, Json<'_>)| (key.into_owned(), value.into());
                Self::Object(entries.into_iter().map(entry).collect::<Map<_, _>>())
            }
        }
    }
}
