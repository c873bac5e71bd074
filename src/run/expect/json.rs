//! Owns JSON documents as they are looked into: values at pointers, and the differences between two documents.

use std::path::Path;

use serde_json::Value;

use crate::manifest::expect::Wanted;

/// The longest value that is told, in characters.
const LONGEST: usize = 60;

/// A JSON document.
pub(super) struct Document(Value);

impl Document {
    /// Reads one, with what Python writes beyond the standard (`NaN`, `Infinity`) as texts.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        Self::parse(&super::read(path)?)
    }

    /// The same from bytes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let parsed =
            serde_json::from_slice(bytes).or_else(|_| serde_json::from_slice(&quoted(bytes)));
        let value = parsed.map_err(|error| format!("cannot be read as JSON: {error}"))?;
        Ok(Self(value))
    }

    /// Whether the value at a pointer is as wanted.
    pub(super) fn judge(&self, pointer: &str, wanted: &Wanted) -> Result<String, String> {
        let place = match pointer {
            "" => "the whole".to_owned(),
            pointer => format!("`{pointer}`"),
        };
        let Some(value) = self.0.pointer(pointer) else {
            return Err(self.missing(pointer));
        };
        let holds = match (wanted, value.as_f64()) {
            (Wanted::Exactly(wanted), _) => differences(wanted, value, 0.0).is_empty(),
            (_, None) => {
                let told = shown(value);
                return Err(format!(
                    "has {told} at {place}, expected a number, {wanted}"
                ));
            }
            (Wanted::Between(range), Some(number)) => range.holds(number),
            (Wanted::About { value, within }, Some(number)) => is_close(*value, number, *within),
        };
        let told = format!("has {} at {place}", shown(value));
        match holds {
            true => Ok(told),
            false => Err(format!("{told}, expected {wanted}")),
        }
    }

    /// Up to which key a pointer leads, and which keys are there.
    fn missing(&self, pointer: &str) -> String {
        let (mut at, mut last) = (String::new(), &self.0);
        for part in pointer.split('/').skip(1) {
            let next = format!("{at}/{part}");
            match self.0.pointer(&next) {
                Some(value) => (at, last) = (next, value),
                None => break,
            }
        }
        let above = if at.is_empty() {
            "it".to_owned()
        } else {
            format!("`{at}`")
        };
        let there = match last {
            Value::Object(map) if map.is_empty() => "an empty object".to_owned(),
            Value::Object(map) => {
                let keys: Vec<String> = map.keys().take(8).map(|key| format!("`{key}`")).collect();
                let more = if map.len() > 8 { ", …" } else { "" };
                format!("the keys {}{more}", keys.join(", "))
            }
            Value::Array(items) => format!("{} items", items.len()),
            value => shown(value),
        };
        format!("has nothing at `{pointer}`; {above} holds {there}")
    }

    /// Where two documents differ: pointers, with what is found and what was expected.
    pub(super) fn differences(&self, expected: &Self, within: f64) -> Vec<String> {
        differences(&expected.0, &self.0, within)
    }
}

/// Whether two numbers differ by no more than that; equal ones always do, however large.
pub(super) fn is_close(expected: f64, found: f64, within: f64) -> bool {
    // A tolerance is written in decimals, which binary fractions miss by a little.
    let rounding = f64::EPSILON * 4.0 * expected.abs().max(found.abs());
    expected == found || (within > 0.0 && (expected - found).abs() <= within + rounding)
}

fn differences(expected: &Value, found: &Value, within: f64) -> Vec<String> {
    let mut told = Vec::new();
    // Documents nest no deeper than their parser allows.
    walk(expected, found, within, "", &mut told);
    told
}

fn walk(expected: &Value, found: &Value, within: f64, at: &str, told: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, wanted) in expected {
                let at = format!("{at}/{}", escape(key));
                match found.get(key) {
                    Some(found) => walk(wanted, found, within, &at, told),
                    None => told.push(format!("nothing at `{at}`, expected {}", shown(wanted))),
                }
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                let at = format!("{at}/{}", escape(key));
                told.push(format!("{} at `{at}`, expected nothing", shown(value)));
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                let (found, expected) = (found.len(), expected.len());
                told.push(format!("{found} items at `{at}`, expected {expected}"));
            }
            for (index, (wanted, found)) in expected.iter().zip(found).enumerate() {
                walk(wanted, found, within, &format!("{at}/{index}"), told);
            }
        }
        (expected, found) => {
            let same = match (expected.as_f64(), found.as_f64()) {
                (Some(a), Some(b)) => is_close(a, b, within),
                _ => expected == found,
            };
            if !same {
                told.push(format!(
                    "{} at `{at}`, expected {}",
                    shown(found),
                    shown(expected)
                ));
            }
        }
    }
}

/// A value as people are told it.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// The same text with `NaN`, `Infinity` and `-Infinity` in quotes.
fn quoted(bytes: &[u8]) -> Vec<u8> {
    const WORDS: &[&[u8]] = &[b"NaN", b"Infinity", b"-Infinity"];
    let mut text = Vec::with_capacity(bytes.len());
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        let word = WORDS.iter().find(|word| bytes[at..].starts_with(word));
        match (in_string, bytes[at], word) {
            (true, b'\\', _) => {
                text.extend(&bytes[at..bytes.len().min(at + 2)]);
                at += 2;
                continue;
            }
            (false, _, Some(word)) => {
                text.push(b'"');
                text.extend(*word);
                text.push(b'"');
                at += word.len();
                continue;
            }
            (_, b'"', _) => in_string = !in_string,
            _ => {}
        }
        text.push(bytes[at]);
        at += 1;
    }
    text
}
