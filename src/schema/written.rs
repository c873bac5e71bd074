//! Owns the looks of a schema's file: what fits on a line stands on one, everything else on lines of its own. That keeps
//! the file small for editors, and its changes readable.

use serde_json::Value;

/// Lines are no longer than this where they can be broken.
const WIDTH: usize = 100;

/// Writes a value and a line break.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.value(value, 0, 0);
    writer.out.push(b'\n');
    writer.out
}

/// Writes the value of a key that stands on a line of its own, so far indented.
pub(super) fn part(key: &str, value: &Value, indent: usize) -> Vec<u8> {
    let mut writer = Writer {
        out: vec![b' '; indent],
        line: 0,
    };
    writer.key(key);
    let start = writer.out.len();
    writer.value(value, indent, 1);
    writer.out.split_off(start)
}

/// Writes a value of which the entries at the end of a path are written already. All objects along the path have to need
/// lines of their own; what stands in the value for the parts does not count.
pub(super) fn around(value: &Value, path: &[&str], parts: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.along(value, path, parts, 0);
    writer.out.push(b'\n');
    writer.out
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
    /// Writes a value, on lines of its own where it does not fit on this one; `after` is how much follows it there.
    fn value(&mut self, value: &Value, indent: usize, after: usize) {
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
            Value::Array(items) => {
                self.out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.new_line(at > 0, indent + 2);
                    self.value(item, indent + 2, 1);
                }
                self.new_line(false, indent);
                self.out.push(b']');
            }
            Value::Object(entries) => {
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

    /// Writes an object that leads to the parts, or holds them.
    fn along(&mut self, value: &Value, path: &[&str], parts: &[Vec<u8>], indent: usize) {
        let Value::Object(entries) = value else {
            return self.value(value, indent, 1);
        };
        self.out.push(b'{');
        for (at, (key, value)) in entries.iter().enumerate() {
            self.new_line(at > 0, indent + 2);
            self.key(key);
            match (path.split_first(), parts.get(at)) {
                (None, Some(part)) => self.out.extend_from_slice(part),
                (Some((next, rest)), _) if next == key => {
                    self.along(value, rest, parts, indent + 2);
                }
                _ => self.value(value, indent + 2, 1),
            }
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
    fn on_this_line(&mut self, value: &Value) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                self.out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.out.extend_from_slice(if at > 0 { b", " } else { b"" });
                    self.on_this_line(item);
                }
                self.out.push(b']');
            }
            Value::Object(entries) if !entries.is_empty() => {
                self.out.extend_from_slice(b"{ ");
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.out.extend_from_slice(if at > 0 { b", " } else { b"" });
                    self.key(key);
                    self.on_this_line(value);
                }
                self.out.extend_from_slice(b" }");
            }
            Value::String(text) => self.text(text),
            // Writing to memory does not fail.
            other => drop(serde_json::to_writer(&mut self.out, other)),
        }
    }

    fn key(&mut self, key: &str) {
        self.text(key);
        self.out.extend_from_slice(b": ");
    }

    fn text(&mut self, text: &str) {
        let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        if text.bytes().any(is_escaped) {
            drop(serde_json::to_writer(&mut self.out, text));
            return;
        }
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
    }
}

/// Whether a value has no lines of its own.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => true,
    }
}

/// Whether a value may fit into what is left of a line, of which it takes its part away: it needs no less than that.
fn may_fit(value: &Value, left: &mut usize) -> bool {
    match value {
        Value::String(text) => take(text.len() + 2, left),
        Value::Array(items) => {
            take(items.len() * 2, left) && items.iter().all(|item| may_fit(item, left))
        }
        Value::Object(entries) => entries
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
    use serde_json::json;

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
            let out = write(&value);
            assert_eq!(String::from_utf8_lossy(&out), expected);
            let again: Value = serde_json::from_slice(&out).expect("JSON");
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
        let written: Vec<Vec<u8>> = parts
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| part(key, value, indent_at(&path)))
            .collect();
        let mut frame = whole.clone();
        for (_, value) in frame["properties"]["steps"]["properties"]
            .as_object_mut()
            .into_iter()
            .flatten()
        {
            *value = Value::Null;
        }
        let out = around(&frame, &path, &written);
        assert_eq!(
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&write(&whole))
        );
    }
}
