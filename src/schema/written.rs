//! Owns the looks of a schema's file: what fits on a line stands on one, everything else on lines of its own. That keeps
//! the file small for editors, and its changes readable.

use super::json::Json;

/// Lines are no longer than this where they can be broken.
const WIDTH: usize = 100;

/// Writes a value and a line break.
pub(super) fn write(value: &Json<'_>) -> String {
    let mut writer = Writer::default();
    writer.value(value, 0, 0);
    writer.finish()
}

/// Adds an entry of an object on lines of its own, so far indented, to those that are written already.
pub(super) fn entry(entries: &mut Vec<u8>, key: &str, value: &Json<'_>, indent: usize) {
    let mut writer = Writer {
        out: std::mem::take(entries),
        line: 0,
    };
    writer.new_line(!writer.out.is_empty(), indent);
    writer.key(key);
    writer.value(value, indent, 1);
    *entries = writer.out;
}

/// Writes a value of which the entries at the end of a path are written already, in parts that hold some each. All objects
/// along the path have to need lines of their own.
pub(super) fn around(value: &Json<'_>, path: &[&str], parts: &[Vec<u8>]) -> String {
    let length: usize = parts.iter().map(Vec::len).sum();
    let mut writer = Writer {
        out: Vec::with_capacity(length + length / 4),
        line: 0,
    };
    writer.along(value, path, parts, 0);
    writer.finish()
}

/// How far the keys at the end of a path are indented.
pub(super) fn indent_at(path: &[&str]) -> usize {
    2 * (path.len() + 1)
}

/// A text as it comes together.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// Where its last line begins.
    line: usize,
}

impl Writer {
    fn finish(mut self) -> String {
        self.out.push(b'\n');
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// Writes a value, on lines of its own where it does not fit on this one; `after` is how much follows it there.
    fn value(&mut self, value: &Json<'_>, indent: usize, after: usize) {
        let start = self.out.len();
        let room = WIDTH.saturating_sub(start - self.line + after);
        let mut left = room;
        if may_fit(value, &mut left) {
            self.on_this_line(value);
            if self.out.len() - start <= room || is_plain(value) {
                return;
            }
            self.out.truncate(start);
        }
        match value {
            Json::List(items) => {
                self.out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.new_line(at > 0, indent + 2);
                    self.value(item, indent + 2, 1);
                }
                self.new_line(false, indent);
                self.out.push(b']');
            }
            Json::Object(entries) => {
                self.out.push(b'{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.new_line(at > 0, indent + 2);
                    self.key(key);
                    self.value(value, indent + 2, 1);
                }
                self.new_line(false, indent);
                self.out.push(b'}');
            }
            scalar => self.on_this_line(scalar),
        }
    }

    /// Writes an object that leads to the parts, or consists of them.
    fn along(&mut self, value: &Json<'_>, path: &[&str], parts: &[Vec<u8>], indent: usize) {
        self.out.push(b'{');
        match (path.split_first(), value) {
            (Some((next, rest)), Json::Object(entries)) => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.new_line(at > 0, indent + 2);
                    self.key(key);
                    match key == *next {
                        true => self.along(value, rest, parts, indent + 2),
                        false => self.value(value, indent + 2, 1),
                    }
                }
            }
            _ => self.out.extend_from_slice(&parts.join(&b',')),
        }
        self.new_line(false, indent);
        self.out.push(b'}');
    }

    /// Begins a line, after a comma where something stands before it.
    fn new_line(&mut self, goes_on: bool, indent: usize) {
        if goes_on {
            self.out.push(b',');
        }
        self.out.push(b'\n');
        self.line = self.out.len();
        self.out.resize(self.line + indent, b' ');
    }

    /// Writes a value without line breaks.
    fn on_this_line(&mut self, value: &Json<'_>) {
        match value {
            Json::List(items) if !items.is_empty() => {
                self.out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.out.extend_from_slice(if at > 0 { b", " } else { b"" });
                    self.on_this_line(item);
                }
                self.out.push(b']');
            }
            Json::Object(entries) if !entries.is_empty() => {
                self.out.extend_from_slice(b"{ ");
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.out.extend_from_slice(if at > 0 { b", " } else { b"" });
                    self.key(key);
                    self.on_this_line(value);
                }
                self.out.extend_from_slice(b" }");
            }
            Json::Text(text) => self.text(text),
            Json::Number(number) => self.out.extend_from_slice(number.to_string().as_bytes()),
            Json::Bool(true) => self.out.extend_from_slice(b"true"),
            Json::Bool(false) => self.out.extend_from_slice(b"false"),
            Json::Null => self.out.extend_from_slice(b"null"),
            Json::List(_) => self.out.extend_from_slice(b"[]"),
            Json::Object(_) => self.out.extend_from_slice(b"{}"),
        }
    }

    fn key(&mut self, key: &str) {
        self.text(key);
        self.out.extend_from_slice(b": ");
    }

    fn text(&mut self, text: &str) {
        let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        if text.bytes().any(is_escaped) {
            // Writing to memory does not fail.
            drop(serde_json::to_writer(&mut self.out, text));
            return;
        }
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
    }
}

/// Whether a value has no lines of its own.
fn is_plain(value: &Json<'_>) -> bool {
    match value {
        Json::List(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => true,
    }
}

/// Whether a value may fit into what is left of a line, of which it takes its part away: it needs no less than that.
fn may_fit(value: &Json<'_>, left: &mut usize) -> bool {
    match value {
        Json::Text(text) => take(text.len() + 2, left),
        Json::List(items) => {
            take(items.len() * 2, left) && items.iter().all(|item| may_fit(item, left))
        }
        Json::Object(entries) => entries
            .iter()
            .all(|(key, value)| take(key.len() + 6, left) && may_fit(value, left)),
        _ => take(1, left),
    }
}

/// Takes a length away from what is left, where there is as much.
fn take(length: usize, left: &mut usize) -> bool {
    let rest = left.checked_sub(length);
    *left = rest.unwrap_or_default();
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_fits_on_a_line_stands_on_one() {
        let long = "x".repeat(60);
        let cases = [
            (json!({}), "{}\n".to_owned()),
            (json!([]), "[]\n".to_owned()),
            (
                json!({"a\"b": "\\\t\u{1}é"}),
                "{ \"a\\\"b\": \"\\\\\\t\\u0001é\" }\n".to_owned(),
            ),
            (
                json!({"type": ["string", "null"]}),
                "{ \"type\": [\"string\", \"null\"] }\n".to_owned(),
            ),
            (
                json!({"a": [1, true], "b": [long, long]}),
                format!(
                    "{{\n  \"a\": [1, true],\n  \"b\": [\n    \"{long}\",\n    \"{long}\"\n  ]\n}}\n"
                ),
            ),
        ];
        for (value, expected) in cases {
            let out = write(&Json::from(&value));
            assert_eq!(out, expected);
            let again: Value = serde_json::from_str(&out).expect("JSON");
            assert_eq!(again, value);
        }
    }

    #[test]
    fn what_is_written_in_parts_is_what_is_written_whole() {
        let long = "x".repeat(70);
        let parts = json!({
            "a": { "type": "object", "description": long, "items": [long, 1, { "b": long }] },
            "b\"": { "type": "null" },
            "c": [long, long],
        });
        let whole = json!({
            "first": long,
            "properties": {
                "common": { "type": long },
                "steps": { "type": "object", "properties": parts, "required": ["a"] },
            },
            "allOf": [],
        });
        let path = ["properties", "steps", "properties"];
        let mut written = [Vec::new(), Vec::new()];
        for (at, (key, value)) in parts.as_object().into_iter().flatten().enumerate() {
            entry(&mut written[at / 2], key, &value.into(), indent_at(&path));
        }
        let mut frame = whole.clone();
        frame["properties"]["steps"]["properties"] = json!({});
        let out = around(&frame.into(), &path, &written);
        assert_eq!(out, write(&whole.into()));
    }
}
