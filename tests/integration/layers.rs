//! The layers of `src/`: imports go one way, and each dependency has one home.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src/`, lowest first: each may import only from those before it.
const ORDER: &[&str] = &[
    "both",
    "duration",
    "secret",
    "source",
    "diagnostic",
    "disk",
    "file",
    "program",
    "yaml",
    "shape",
    "pattern",
    "ui",
    "script",
    "requirement",
    "proof",
    "template",
    "outline",
    "graph",
    "manifest",
    "discovery",
    "extract",
    "analysis",
    "inspect",
    "asked",
    "proposal",
    "schema",
    "answers",
    "pin",
    "check",
    "findings",
    "plan",
    "event",
    "run",
    "report",
    "published",
    "exit_code",
    "cli",
];

/// Rooms that must not know each other although the order would allow it.
const STRANGERS: &[(&str, &str)] = &[
    ("report", "run"),
    ("report", "analysis"),
    ("run", "analysis"),
    ("run", "ui"),
];

/// Where each dependency is named, and nowhere else.
const HOMES: &[(&str, &[&str])] = &[
    ("petgraph", &["manifest/graph"]),
    ("duct", &["run/process"]),
    ("jsonschema", &["shape"]),
    ("cargo_metadata", &["discovery/workspace"]),
    ("granit_parser", &["yaml"]),
    ("serde_yaml", &["yaml"]),
    ("ruff_python_parser", &["extract/python"]),
    ("ruff_python_ast", &["extract/python"]),
    ("tree_sitter", &["extract"]),
    ("syn", &["extract/rust"]),
    ("miette", &["diagnostic", "ui"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli/completions"]),
    ("crossterm", &["ui/ask"]),
    ("unicode_width", &["ui/ask"]),
    ("indicatif", &["ui"]),
    ("minijinja", &["report/html"]),
    ("anstream", &["ui"]),
    ("signal_hook", &["run/interrupt"]),
    ("blake3", &["check/status", "run/cache"]),
    ("globset", &["pattern"]),
    ("regex", &["pattern"]),
    ("csv", &["run/expect"]),
    ("which", &["program"]),
    ("toml", &["discovery/workspace"]),
    ("ignore", &["discovery/candidates"]),
    ("tempfile", &["file", "program", "run"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|suffix| suffix == "rs") => found.push(path),
            false => {}
        }
    }
}

/// Each file by its module path, `manifest/graph`, with its text up to its tests.
fn modules() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !path.to_string_lossy().contains("/tests/"))
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .expect("below src")
                .with_extension("");
            let text = fs::read_to_string(&path).expect("source");
            let code = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default()
                .to_owned();
            (name.to_string_lossy().into_owned(), code)
        })
        .filter(|(name, _)| !matches!(name.as_str(), "lib" | "main"))
        .collect()
}

fn rank(room: &str) -> usize {
    ORDER
        .iter()
        .position(|known| *known == room)
        .unwrap_or_else(|| panic!("`src/{room}` has no place in the order"))
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in modules() {
        let room = name.split('/').next().expect("a room").to_owned();
        for (at, _) in text.match_indices("crate::") {
            let line = text[..at].lines().last().unwrap_or_default();
            if line.trim_start().starts_with("//") {
                continue;
            }
            let imported: String = text[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            if imported.is_empty() || imported == room {
                continue;
            }
            let stranger = STRANGERS.contains(&(room.as_str(), imported.as_str()));
            if rank(&imported) > rank(&room) || stranger {
                wrong.push(format!("src/{name}.rs imports `{imported}`"));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_dependency_has_one_home() {
    let mut wrong = Vec::new();
    for (name, text) in modules() {
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for (dependency, homes) in HOMES {
            let at_home = homes
                .iter()
                .any(|home| name == *home || name.starts_with(&format!("{home}/")));
            let names = |line: &&&str| {
                line.match_indices(&format!("{dependency}::"))
                    .any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                    })
            };
            if !at_home && let Some(line) = code.iter().find(names) {
                wrong.push(format!("src/{name}.rs names {dependency}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Files below the stages that lead to a run, and the parts of a run that decide whether a step has to be run, which ask
/// the system themselves: what they see decides nothing, or is asked anew each time.
const ASK_THEMSELVES: &[&str] = &[
    "check/space",
    "check/status",
    "discovery/candidates",
    "plan/changed",
    "plan/machine",
    "run/cache/store",
];

/// Where nothing has changed, nothing is read: so all that could change a verdict has to be known.
#[test]
fn what_decides_is_asked_of_the_disk_by_one_door() {
    let stages = [
        "discovery",
        "analysis",
        "check",
        "plan",
        "proof",
        "run/cache",
        "run/expect",
    ];
    let asks = |line: &str| {
        let words = [
            "metadata(",
            "read_dir(",
            "read_to_string(",
            "read_link(",
            "canonicalize(",
        ];
        let by_function = words.iter().any(|word| {
            let at = line.find(&format!("fs::{word}"));
            at.is_some_and(|at| !line[..at].ends_with("rustix::"))
        });
        let by_method = [".is_file()", ".is_dir()", ".exists()", ".metadata()"];
        let by_method = by_method.iter().any(|word| {
            let before = line
                .split(word)
                .next()
                .filter(|before| before.len() < line.len());
            let told = ["metadata", "found", "kind", "file"];
            before.is_some_and(|before| !told.iter().any(|known| before.ends_with(known)))
        });
        by_function || by_method || line.contains("File::open(")
    };
    let mut wrong = Vec::new();
    for (name, text) in modules() {
        let room = |room: &str| name == *room || name.starts_with(&format!("{room}/"));
        if stages.iter().any(|stage| room(stage)) && !ASK_THEMSELVES.contains(&name.as_str()) {
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let lines = lines.filter(|line| asks(line));
            wrong.extend(lines.map(|line| format!("src/{name}.rs: {}", line.trim())));
        }
    }
    assert!(wrong.is_empty(), "ask `disk` instead: {wrong:#?}");
}

#[test]
fn every_file_says_what_it_owns() {
    let silent: Vec<String> = modules()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "no first doc line: {silent:?}");
}

#[test]
fn dependencies_are_explained() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .expect("Cargo.toml");
    let dependencies = manifest
        .lines()
        .skip_while(|line| !line.starts_with("[dependencies]"))
        .skip(1)
        .take_while(|line| !line.starts_with("[profile"))
        .filter(|line| line.contains(" = "));
    for line in dependencies {
        assert!(line.contains(" # "), "no reason beside `{line}`");
    }
}
