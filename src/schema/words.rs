//! Owns the words about a requirement: what an editor shows over an answer and under one that does not fit.

use serde_json::Value;

use super::number;
use crate::asked::{is_required, takes_output};
use crate::diagnostic::listed;
use crate::requirement::{Requirement, ValueType};

/// What an editor shows over an answer: what it is for, what asks for it, and what is taken without it.
pub(super) fn description(requirement: &Requirement) -> String {
    let mut text = requirement
        .description
        .as_deref()
        .map(tidy)
        .unwrap_or_default();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(match (is_required(requirement), &requirement.from) {
        (true, _) => "required",
        (false, Some(_)) => "wired",
        (false, None) => "optional",
    });
    text.push_str(&format!(", {}", wanted(requirement)));
    if let Some(wire) = &requirement.from {
        text.push_str(&format!("; comes from {}", wire.from));
    }
    if let Some(default) = requirement
        .default
        .as_ref()
        .filter(|v| !v.is_null() && !requirement.secret)
    {
        text.push_str(&format!("; default {}", plain(default)));
    }
    if let Some(when) = &requirement.when {
        text.push_str(&format!(
            "; only when {} is {}",
            when.arg,
            plain(&when.equals)
        ));
    }
    text.push_str(&format!(
        "\nasked for as {}",
        tidy(&requirement.shown_binding())
    ));
    if let Some(place) = requirement.asked_at() {
        text.push_str(&format!(" in {}", tidy(&place.to_string())));
    }
    text
}

/// What an editor says under an answer that does not fit.
pub(super) fn message(requirement: &Requirement) -> String {
    let purpose = requirement
        .description
        .as_deref()
        .map(tidy)
        .filter(|text| !text.is_empty());
    let purpose = purpose.map_or_else(String::new, |text| format!(": {text}"));
    let binding = tidy(&requirement.shown_binding());
    let wire = if takes_output(requirement) {
        " or {from: step.output}"
    } else {
        ""
    };
    format!("write {}{wire}{purpose} ({binding})", wanted(requirement))
}

/// The kind of value that is wanted, in words.
pub fn wanted(requirement: &Requirement) -> String {
    let choices: Vec<String> = requirement.choices.iter().map(plain).collect();
    let list = matches!(requirement.value_type, ValueType::List(_));
    let mut text = match choices.as_slice() {
        [] => requirement.value_type.described().to_owned(),
        _ if list => format!("a list of {}", alternatives(&choices)),
        _ => alternatives(&choices),
    };
    let limits = [requirement.min, requirement.max].map(|limit| limit.and_then(number));
    match limits {
        [Some(min), Some(max)] => text.push_str(&format!(" from {min} to {max}")),
        [Some(min), None] => text.push_str(&format!(" of {min} or more")),
        [None, Some(max)] => text.push_str(&format!(" of {max} or less")),
        [None, None] => {}
    }
    if let (Some(pattern), true) = (&requirement.pattern, choices.is_empty()) {
        text.push_str(&format!(" that matches {}", tidy(pattern)));
    }
    text.replace('`', "")
}

/// "a, b or c", as many as a reader can take in.
fn alternatives(words: &[String]) -> String {
    let text = listed(words.iter().map(String::as_str)).replace('`', "");
    match text.rsplit_once(" and ") {
        Some((most, last)) if words.len() <= 12 => format!("{most} or {last}"),
        _ => text,
    }
}

/// A value as a word in a sentence.
pub(super) fn plain(value: &Value) -> String {
    match value {
        // A word in a sentence that is no word has to be set apart from the sentence.
        Value::String(text) if !text.chars().any(char::is_alphanumeric) => {
            crate::yaml::inline(value)
        }
        Value::String(text) => tidy(text),
        other => crate::yaml::inline(other),
    }
}

/// A text on one line, without control characters, and not without end.
pub fn tidy(text: &str) -> String {
    const LONGEST: usize = 1000;
    // Most texts are tidy.
    let mut last = b' ';
    let is_tidy = text.len() <= LONGEST
        && text.bytes().all(|byte| {
            let before = std::mem::replace(&mut last, byte);
            byte.is_ascii_graphic() || byte == b' ' && before != b' '
        });
    if is_tidy && last != b' ' {
        return text.to_owned();
    }
    let mut tidy = String::with_capacity(text.len().min(LONGEST));
    let visible = text
        .chars()
        .map(|c| if c.is_control() || is_odd(c) { ' ' } else { c });
    for (count, c) in visible.enumerate() {
        if count == LONGEST {
            tidy.push('…');
            break;
        }
        if !(c.is_whitespace() && (tidy.is_empty() || tidy.ends_with(' '))) {
            tidy.push(if c.is_whitespace() { ' ' } else { c });
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

/// Characters that break lines for some readers, or turn the direction of text around.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}
