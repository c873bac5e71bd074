//! Owns where to look when a step has failed: the line of the pipeline's own files that its log names last, and the answer
//! that its last words are about. Both are read from what the step printed, so both may be missing.

use std::path::{Component, Path};

use serde_json::Value;

use super::record::Record;
use crate::event::StepOutcome;
use crate::outline::{Origin, StepOutline, ValueOutline};
use crate::secret::mask::MASK;
use crate::ui::clipped;

/// How many of the last lines that are not blank may be about an answer.
const WORDS: usize = 3;
/// Shorter texts stand in too many lines to mean anything.
const SHORTEST: usize = 3;
/// The most characters shown of a value.
const LONGEST: usize = 80;
/// Folders whose files are not the pipeline's own.
const FOREIGN: &[&str] = &["site-packages", "dist-packages", "node_modules", "target"];

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The line of a script.
    pub script: Option<Line>,
    /// The answer.
    pub answer: Option<Given>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file, relative to the manifest's folder.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Where it was given: file, relative to the manifest's folder, and line.
    pub at: String,
    /// The requirement's name.
    pub name: String,
    /// What was answered.
    pub value: String,
}

/// Where to look for what made a step fail whose log ends in these lines.
pub fn of(record: &Record, step: &str, lines: &[String]) -> Cause {
    let outline = record
        .outline
        .as_ref()
        .and_then(|outline| outline.steps.get(step));
    find(&record.root, outline, lines)
}

/// The same, where no record of the run is kept.
pub fn find(root: &Path, outline: Option<&StepOutline>, lines: &[String]) -> Cause {
    let script = lines.iter().rev().find_map(|line| {
        let (file, line) = named(line)?;
        let file = own(root, file)?;
        Some(Line { file, line })
    });
    let answer = outline.and_then(|outline| answer(&outline.values, lines));
    Cause { script, answer }
}

/// The step's script, where it is a file of the pipeline's own.
pub fn script(record: &Record, outcome: &StepOutcome) -> Option<String> {
    own(&record.root, outcome.script.as_deref()?)
}

/// A file of the pipeline's own, from the manifest's folder on.
fn own(root: &Path, name: &str) -> Option<String> {
    let path = root.join(name);
    let inside = path.strip_prefix(root).ok()?;
    let foreign = |part: Component<'_>| {
        let name = part.as_os_str().to_string_lossy();
        !matches!(part, Component::Normal(_) | Component::CurDir) || FOREIGN.contains(&&*name)
    };
    let is_own = !inside.components().any(foreign) && path.is_file();
    is_own.then(|| inside.display().to_string())
}

/// File and line of a line of a traceback: Python's `File "x", line 3`, a shell's `x: line 3:`, others' `x:3:`.
fn named(line: &str) -> Option<(&str, u32)> {
    let number = |text: &str| -> Option<u32> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok().filter(|line| *line > 0)
    };
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("File \"") {
        let (file, rest) = rest.split_once("\", line ")?;
        return Some((file, number(rest)?));
    }
    if let Some((file, rest)) = line.split_once(": line ") {
        return Some((file, number(rest)?));
    }
    let (file, rest) = line.split_once(':')?;
    Some((file.rsplit(' ').next()?, number(rest)?))
}

/// The answer that the last lines are about: the later the line the better; its value before its name, the longer first.
fn answer(values: &[ValueOutline], lines: &[String]) -> Option<Given> {
    let lines = lines.iter().rev().filter(|line| !line.trim().is_empty());
    lines.take(WORDS).find_map(|line| {
        let found = values.iter().filter_map(|value| {
            let Origin::Answer { at } = &value.origin else {
                return None;
            };
            let rank = rank(value, line)?;
            Some((rank, at, value))
        });
        let (_, at, value) = found.max_by_key(|(rank, ..)| *rank)?;
        Some(Given {
            at: at.clone(),
            name: value.name.clone(),
            value: clipped(&shown(&value.value), LONGEST),
        })
    })
}

/// How much a line is about a value: whether it holds what was answered, and how long that is.
fn rank(value: &ValueOutline, line: &str) -> Option<(bool, usize)> {
    let said = |text: &str| {
        let is_word = text.chars().count() >= SHORTEST && text != MASK && holds(line, text);
        is_word.then_some(text.len())
    };
    let texts = texts(&value.value);
    let values = texts.iter().filter_map(|text| {
        let name = Path::new(text).file_name().filter(|_| value.kind.is_path());
        said(text).or_else(|| said(&name?.to_string_lossy()))
    });
    if let Some(length) = values.max() {
        return Some((true, length));
    }
    let names = [value.binding.trim_start_matches('$'), &value.name];
    let length = names.into_iter().filter_map(said).max()?;
    Some((false, length))
}

/// The texts of a value, each of which may be spoken of; what is true or false is spoken of by its name.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Object(_) => Vec::new(),
    }
}

/// A value as it would be written.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Whether a text stands in a line as a word, not as part of one.
fn holds(line: &str, text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + text.len()..].chars().next();
        let goes_on = before.is_some_and(inner) && text.starts_with(inner)
            || after.is_some_and(inner) && text.ends_with(inner);
        !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Kind;

    #[test]
    fn lines_of_tracebacks_are_found() {
        for (line, expected) in [
            (
                "  File \"scripts/train.py\", line 40, in <module>",
                Some(("scripts/train.py", 40)),
            ),
            (
                "scripts/a.sh: line 12: x: unbound variable",
                Some(("scripts/a.sh", 12)),
            ),
            (
                "thread 'main' panicked at src/main.rs:7:5:",
                Some(("src/main.rs", 7)),
            ),
            ("KeyError: 'x'", None),
            ("12:30:01 hello", Some(("12", 30))),
            ("", None),
        ] {
            assert_eq!(named(line), expected, "{line}");
        }
    }

    fn value(kind: Kind, binding: &str, value: Value, line: u32) -> ValueOutline {
        ValueOutline {
            name: binding.trim_matches(['-', '$']).to_owned(),
            kind,
            binding: binding.to_owned(),
            description: None,
            value,
            data_type: None,
            origin: Origin::Answer {
                at: format!("answers.yaml:{line}"),
            },
            asked: None,
        }
    }

    #[test]
    fn the_last_words_are_about_one_answer_or_none() {
        let mut values = vec![
            value(
                Kind::Arg,
                "--features",
                serde_json::json!(["bill", "mass_g"]),
                1,
            ),
            value(Kind::Env, "$LABEL", "mass".into(), 2),
            value(Kind::Input, "--raw", "/data/pen guins.csv".into(), 3),
            value(Kind::Arg, "--epochs", 6000.into(), 4),
            value(Kind::Arg, "--seed", 7.into(), 5),
            value(Kind::Arg, "--token", MASK.into(), 6),
        ];
        let mut own = value(Kind::Arg, "--own", "anything".into(), 7);
        own.origin = Origin::Default;
        values.push(own);
        for (log, expected) in [
            ("no column bill in x.csv", Some(1)),
            ("KeyError: 'mass_g'", Some(1)),
            ("KeyError: 'mass'", Some(2)),
            ("mass\nargument --epochs: invalid value", Some(4)),
            ("LABEL is no column", Some(2)),
            ("cannot read pen guins.csv: no such file", Some(3)),
            ("6000 is too much, 7 is not", Some(4)),
            ("billing massive 60001 labels", None),
            ("anything *** at all", None),
            ("mass\n1\n2\n3", None),
            ("", None),
        ] {
            let lines: Vec<String> = log.lines().map(str::to_owned).collect();
            let given = answer(&values, &lines).map(|given| given.at);
            let expected = expected.map(|line| format!("answers.yaml:{line}"));
            assert_eq!(given, expected, "{log}");
        }
    }

    #[test]
    fn only_files_of_the_pipeline_are_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for file in ["a.py", "lib/b.py", "venv/site-packages/c.py"] {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let absolute = root.join("lib/b.py").display().to_string();
        let lines = |names: &[&str]| -> Vec<String> {
            let line = |name: &&str| format!("  File \"{name}\", line 3, in f");
            names.iter().map(line).collect()
        };
        for (names, expected) in [
            (
                vec!["a.py", "venv/site-packages/c.py", "/usr/lib/d.py"],
                Some("a.py"),
            ),
            (vec!["a.py", &absolute], Some("lib/b.py")),
            (vec!["../x.py", "gone.py", "/etc/passwd"], None),
        ] {
            let script = find(root, None, &lines(&names)).script;
            assert_eq!(
                script.map(|line| line.file).as_deref(),
                expected,
                "{names:?}"
            );
        }
    }
}
