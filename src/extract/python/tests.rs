//! Small scripts, and what must be read in them.

use std::path::{Path, PathBuf};

use super::read;
use crate::requirement::{Binding, Claim, Kind, Pass, Reading};
use crate::script::Entry;
use crate::source::Source;

/// Reads a script from its text alone.
fn reading(text: &str) -> Reading {
    read(&Source::new("s.py", "s.py", text), None, &|_: &Path| None)
}

/// Reads a script of the example pipeline, with the modules beside it.
fn example(name: &str, entry: Option<Entry>) -> Reading {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/penguins/scripts");
    let open = |path: &Path| {
        let bytes = std::fs::read(path).ok()?;
        Some(Source::from_bytes(path, path.to_string_lossy(), &bytes))
    };
    let source = open(&folder.join(name)).expect("an example");
    read(&source, entry, &open)
}

/// One line a claim: enough to see everything about it.
fn show(reading: &Reading) -> String {
    let mut lines: Vec<String> = reading.claims.iter().map(line).collect();
    lines.extend(
        reading
            .notes
            .iter()
            .map(|note| format!("note {}", note.code)),
    );
    lines.join("\n")
}

fn line(claim: &Claim) -> String {
    let bindings: Vec<String> = claim.bindings.iter().map(binding).collect();
    let mut line = format!(
        "{} {} [{}]",
        word(claim.kind),
        claim.name,
        bindings.join(" ")
    );
    if let Some(value_type) = &claim.value_type {
        line += &format!(" {}", value_type.as_str());
        if let crate::requirement::ValueType::List(item) = value_type {
            line += &format!(" of {}", item.as_str());
        }
    }
    if let Some(data_type) = claim.data_type {
        line += &format!(" ({})", data_type.as_str());
    }
    if claim.required == Some(true) {
        line += " required";
    }
    if let Some(default) = &claim.default {
        line += &format!(" = {default}");
    }
    if let Some(choices) = &claim.choices {
        line += &format!(" in {}", serde_json::Value::from(choices.clone()));
    }
    if let Some(when) = &claim.when {
        line += &format!(" when {}={}", when.arg, when.equals);
    }
    if claim.exclusive.is_some() {
        line += " exclusive";
    }
    if let Some(description) = &claim.description {
        line += &format!(" # {description}");
    }
    line
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Env => "env",
        Kind::Arg => "arg",
    }
}

fn binding(binding: &Binding) -> String {
    let mut text = binding.to_string();
    if let Binding::Flag { short, pass, .. } = binding {
        if let Some(short) = short {
            text += &format!("/{short}");
        }
        if *pass != Pass::Value {
            text += &format!(":{pass:?}");
        }
    }
    text
}

#[test]
fn the_example_pipeline() {
    let scripts = [
        ("train.py", None),
        ("clean.py", None),
        ("evaluate.py", None),
        ("split.py", None),
        ("split.py", Some(Entry::Cli)),
    ];
    let mut all = String::new();
    for (name, entry) in scripts {
        let reading = example(name, entry);
        assert_eq!(reading.syntax_error, None);
        let files: Vec<PathBuf> = reading
            .local_files
            .iter()
            .map(|f| f.path().to_owned())
            .collect();
        let files: Vec<_> = files.iter().filter_map(|f| f.file_name()).collect();
        all += &format!(
            "== {name} {entry:?} -> {:?} {:?} {files:?}\n{}\n",
            reading.entry,
            reading.framework.as_ref().map(|f| f.0),
            show(&reading)
        );
    }
    insta::assert_snapshot!(all);
}

#[test]
fn nothing_but_notes_where_nothing_is_asked() {
    assert_eq!(show(&reading("import sys\nprint(sys.version)\n")), "");
}
