//! Owns the words for why a step runs although it has run before: each part of it that is not as it was.

use super::key::{Kind, Part};
use super::store::Record;

/// How many differences are told.
const TOLD: usize = 8;

/// Why a step runs of which nothing is remembered.
pub fn never_passed() -> Vec<String> {
    vec!["it has not passed before".to_owned()]
}

/// Why a step runs that began and did not pass.
pub fn did_not_pass(record: &Record) -> Vec<String> {
    vec![format!(
        "it did not pass when it last ran ({})",
        record.run_id
    )]
}

/// Why a step runs whose image is not here.
pub fn no_image(image: &str) -> Vec<String> {
    vec![format!("its image `{image}` is not here")]
}

/// Why a step runs whenever it can.
pub fn never_reused() -> Vec<String> {
    vec!["the manifest says `cache: false`".to_owned()]
}

/// Why every step runs.
pub fn forced() -> Vec<String> {
    vec!["`--force` was given".to_owned()]
}

/// Why a step runs of which something cannot be compared.
pub fn not_comparable(why: &str) -> Vec<String> {
    vec![format!("it cannot be known what has changed: {why}")]
}

/// Why a step runs whose outputs are not what is expected of them.
pub fn not_expected(why: &str) -> Vec<String> {
    vec![format!("what it left is not what is expected now: {why}")]
}

/// Why a step does not run.
pub fn unchanged(record: &Record) -> String {
    format!("nothing has changed since run {}", record.run_id)
}

/// Each part that is not as it was; both lists are sorted by kind and name.
pub fn differences(before: &[Part], now: &[Part]) -> Vec<String> {
    let mut told = Vec::new();
    let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
    loop {
        let order = match (before.peek(), now.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => (old.kind, &old.name).cmp(&(new.kind, &new.name)),
        };
        let (old, new) = match order {
            std::cmp::Ordering::Less => (before.next(), None),
            std::cmp::Ordering::Greater => (None, now.next()),
            std::cmp::Ordering::Equal => (before.next(), now.next()),
        };
        told.extend(difference(old, new));
    }
    let more = told.len().saturating_sub(TOLD);
    if more > 1 {
        told.truncate(TOLD);
        told.push(format!("and {more} more changes"));
    }
    told
}

/// How one part is not as it was.
fn difference(old: Option<&Part>, new: Option<&Part>) -> Option<String> {
    let part = new.or(old)?;
    let is_same = |(old, new): (&Part, &Part)| {
        old.hash == new.hash
            && (part.kind != Kind::Input && part.kind != Kind::Program || old.told == new.told)
    };
    if old.zip(new).is_some_and(is_same) {
        return None;
    }
    let change = match (old, new) {
        (None, _) => "is new",
        (_, None) => "is gone",
        _ => "changed",
    };
    let name = &part.name;
    Some(match part.kind {
        Kind::Code => format!("code `{name}` {change}{}", sizes(old, new)),
        Kind::Program => format!("the program {}{}", moved(old, new), sizes(old, new)),
        Kind::Image => format!("the image {}", imaged(old, new)),
        Kind::Packages => format!("what is installed in `{}` changed", part.told),
        Kind::Argument => argument(old, new),
        Kind::Variable => match (old, new) {
            (None, _) => format!("variable {name} is set now"),
            (_, None) => format!("variable {name} is not set any more"),
            _ => format!("variable {name} changed"),
        },
        Kind::Input => format!("input `{name}` {}{}", moved(old, new), sizes(old, new)),
        Kind::Need => format!("step `{name}`, which it needs, ran again with another result"),
        Kind::Folder => format!(
            "its working folder is `{}` now, and was `{}`",
            part.told,
            old.map_or("", |old| old.told.as_str())
        ),
        Kind::Document => format!("what it is called with (`{name}`) {change}"),
        Kind::Asked => format!("what is asked of its output `{name}` {change}"),
        Kind::Output => output(old, new),
    })
}

/// ``is `python:3.13` now, and was `python:3.12` ``; the same name may stand for another image.
fn imaged(old: Option<&Part>, new: Option<&Part>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old.told == new.told => {
            format!(
                "`{}` is another one now, or is run with other options",
                new.told
            )
        }
        _ => moved(old, new),
    }
}

/// `changed: data/raw.csv`, `is `b.csv` now, and was `a.csv``.
fn moved(old: Option<&Part>, new: Option<&Part>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old.told != new.told => {
            format!("is `{}` now, and was `{}`", new.told, old.told)
        }
        (Some(_), Some(new)) => format!("changed: `{}`", new.told),
        (None, Some(new)) => format!("is new: `{}`", new.told),
        (Some(old), None) => format!("is gone: `{}`", old.told),
        (None, None) => String::new(),
    }
}

fn argument(old: Option<&Part>, new: Option<&Part>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old.told != new.told => {
            format!("argument `{}` is `{}` now", old.told, new.told)
        }
        (None, Some(new)) => format!("argument `{}` is new", new.told),
        (Some(old), None) => format!("argument `{}` is gone", old.told),
        _ => "an argument with a secret changed".to_owned(),
    }
}

/// How something that the step left is not as it left it.
fn output(old: Option<&Part>, new: Option<&Part>) -> String {
    let part = new.or(old);
    let (name, told) = part.map_or(("", ""), |part| (&part.name, &part.told));
    match new {
        Some(new) if new.hash == super::digest::Hash::NOTHING => {
            format!("output `{name}` is not there any more: `{told}`")
        }
        _ => format!(
            "output `{name}` is not as it left it: `{told}`{}",
            sizes(old, new)
        ),
    }
}

/// ` (size 12,034 → 12,080 B)`, where sizes are known.
fn sizes(old: Option<&Part>, new: Option<&Part>) -> String {
    let size = |part: Option<&Part>| part.and_then(|part| part.size);
    match (size(old), size(new)) {
        _ if old.map(|part| &part.told) != new.map(|part| &part.told) => String::new(),
        (Some(old), Some(new)) if old == new => format!(" (still {} B)", grouped(new)),
        (Some(old), Some(new)) => format!(" (size {} → {} B)", grouped(old), grouped(new)),
        _ => String::new(),
    }
}

/// `12,034`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
