//! Hostile and strange input: everything is told in our own words, in bounded time and memory.

use std::fs;
use std::time::{Duration, Instant};

use crate::common::{Project, Ran};

const MANIFEST: &str = "\
version: 1
pipeline: hostile
steps:
  supplier:
    external: true
    outputs: { raw: { type: csv } }
  show:
    command: [cat, \"${inputs.raw}\"]
    needs: [supplier]
    inputs: { raw: { from: supplier.raw } }
";

const ANSWERS: &str = "steps:\n  supplier:\n    outputs:\n      raw: data/raw.csv\n";

/// What our libraries say when they are left to speak for themselves.
const FOREIGN: &[&str] = &[
    "panicked",
    "RUST_BACKTRACE",
    "invalid type:",
    "missing field",
    "did not match any variant",
    "os error",
    "recursion limit",
    "at line ",
    "SCAN",
    "JSON Schema",
    "granit",
    "serde",
];

/// Far more than any of it takes, even in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("runtime-test.answers.yaml", ANSWERS),
        ("data/raw.csv", "a,b\n1,2\n"),
    ])
}

/// Checks, and looks at time, exit code, words and the amount of what is told.
#[track_caller]
fn checked(project: &Project, what: &str) -> Ran {
    let begun = Instant::now();
    let ran = project.run(&["check"]);
    assert!(
        begun.elapsed() < PATIENCE,
        "{what} took {:?}",
        begun.elapsed()
    );
    assert!(
        (120..=122).contains(&ran.code),
        "{what}: {}\n{}",
        ran.code,
        clip(&ran.err)
    );
    for words in FOREIGN {
        assert!(
            !ran.err.contains(words),
            "{what}: {words:?} in\n{}",
            clip(&ran.err)
        );
    }
    assert!(ran.err.contains("error["), "{what}: {}", clip(&ran.err));
    assert!(ran.err.len() < 2_000_000, "{what}: {} bytes", ran.err.len());
    ran
}

fn clip(text: &str) -> String {
    text.chars().take(2000).collect()
}

/// Documents that are no manifest and no answers, each by its name.
fn documents() -> Vec<(&'static str, Vec<u8>)> {
    let levels = (0..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let item = format!("*a{n}");
        format!("{text}a{}: &a{} [{item}, {item}, {item}, {item}, {item}, {item}, {item}, {item}, {item}]\n", n + 1, n + 1)
    });
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    let deep_blocks = (0..3000).fold(String::new(), |text, n| {
        format!("{text}{}a:\n", " ".repeat(n))
    });
    vec![
        ("a bomb", levels.into_bytes()),
        ("open brackets", b"[".repeat(100_000)),
        ("open braces", b"{a: ".repeat(100_000)),
        (
            "closed brackets",
            [b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
        ),
        ("dashes", b"- ".repeat(100_000)),
        ("question marks", b"? ".repeat(100_000)),
        ("exclamation marks", b"!".repeat(100_000)),
        ("anchors", b"&a ".repeat(100_000)),
        ("deep blocks", deep_blocks.into_bytes()),
        (
            "a merge of itself",
            b"a: &a\n  <<: *a\nsteps: {}\n".to_vec(),
        ),
        (
            "a merge of merges",
            b"a: &a { <<: [*b] }\nb: &b { <<: [*a] }\n".to_vec(),
        ),
        ("UTF-16", utf16(MANIFEST)),
        ("NUL", b"version: 1\0\nsteps: {}\n".to_vec()),
        ("only NUL", vec![0; 100_000]),
        ("Latin-1", b"version: 1\npipeline: caf\xe9\n".to_vec()),
        (
            "a huge scalar",
            [b"pipeline: ".to_vec(), b"x".repeat(1_000_000)].concat(),
        ),
        (
            "a huge key",
            [b"x".repeat(1_000_000), b": 1\n".to_vec()].concat(),
        ),
        (
            "a huge quoted key",
            [b"\"".to_vec(), b"y".repeat(500_000), b"\": [1]\n".to_vec()].concat(),
        ),
        ("the same key", b"steps: {}\n".repeat(20_000)),
        ("two documents", b"version: 1\n---\nversion: 1\n".to_vec()),
        ("a list", b"- steps\n".to_vec()),
        ("a number", b"42".to_vec()),
        (
            "huge numbers",
            b"version: 99999999999999999999999999999999999999999\nsteps: 1e999999\n".to_vec(),
        ),
        (
            "control characters",
            b"version: \x1b[31m1\x07\nsteps: {}\n".to_vec(),
        ),
        ("a directive", b"%YAML 9.9\n---\nversion: 1\n".to_vec()),
        ("carriage returns", b"version: 1\rsteps: [\r".to_vec()),
    ]
}

#[test]
fn hostile_documents_are_refused_as_manifest_and_as_answers() {
    for (what, bytes) in documents() {
        for file in ["runtime-test.yaml", "runtime-test.answers.yaml"] {
            let project = project();
            fs::write(project.path().join(file), &bytes).expect("written");
            checked(&project, &format!("{what} as {file}"));
        }
    }
}

#[test]
fn megabytes_of_answers_are_read_or_refused() {
    let project = project();
    let mut text = ANSWERS.to_owned();
    for n in 0..30_000 {
        text += &format!(
            "  unknown_{n}: {{ args: {{ rate: 1.0, name: \"some text to fill it\" }} }}\n"
        );
    }
    assert!(text.len() > 2_000_000);
    project.write("runtime-test.answers.yaml", &text);
    checked(&project, "megabytes of unknown steps");

    let comments = format!(
        "{ANSWERS}{}",
        "# a remark, as people write them\n".repeat(60_000)
    );
    project.write("runtime-test.answers.yaml", &comments);
    let begun = Instant::now();
    project.run(&["check"]).code(0);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn a_thousand_findings_in_a_large_file_are_drawn_in_time() {
    let project = project();
    let mut text = MANIFEST.to_owned();
    for n in 0..1000 {
        text += &format!(
            "  step_{n}:\n    command: [cat]\n    tiemout: 3\n    description: {}\n",
            "long ".repeat(200)
        );
    }
    assert!(text.len() > 1_000_000);
    project.write("runtime-test.yaml", &text);
    let ran = checked(&project, "1000 findings");
    assert_eq!(ran.err.matches("error[unknown-key]").count(), 1000);
    for format in ["json", "sarif", "github"] {
        let begun = Instant::now();
        let ran = project.run(&["check", "--format", format]).code(120);
        assert!(
            begun.elapsed() < PATIENCE,
            "{format}: {:?}",
            begun.elapsed()
        );
        assert_eq!(
            ran.out.matches("did you mean `timeout`?").count(),
            1000,
            "{format}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    use std::os::unix::fs::symlink;
    for file in [
        "runtime-test.yaml",
        "runtime-test.answers.yaml",
        "data/raw.csv",
    ] {
        for what in ["folder", "pipe", "itself", "nowhere", "device"] {
            let project = project();
            let path = project.path().join(file);
            fs::remove_file(&path).expect("removed");
            match what {
                "folder" => fs::create_dir(&path).expect("a folder"),
                "pipe" => {
                    let made = std::process::Command::new("mkfifo").arg(&path).status();
                    assert!(made.expect("mkfifo").success());
                }
                "itself" => symlink(&path, &path).expect("a link"),
                "nowhere" => symlink("nowhere", &path).expect("a link"),
                _ => symlink("/dev/zero", &path).expect("a link"),
            }
            // A device may be what is meant where data is read.
            if (file, what) == ("data/raw.csv", "device") {
                project.run(&["check"]).code(0);
                continue;
            }
            let ran = checked(&project, &format!("{file} is {what}"));
            assert!(!ran.err.contains("os error"), "{}", ran.err);
        }
    }
}

#[test]
fn scripts_may_be_anything() {
    for (what, bytes) in documents().into_iter().chain([
        (
            "deep brackets",
            [b"x = ".to_vec(), b"(".repeat(100_000)].concat(),
        ),
        (
            "a long sum",
            [b"x = ".to_vec(), b"1 + ".repeat(50_000), b"1\n".to_vec()].concat(),
        ),
        (
            "a long line",
            [b"x = '".to_vec(), b"y".repeat(2_000_000), b"'\n".to_vec()].concat(),
        ),
    ]) {
        for script in ["work.py", "work.sh"] {
            let project = project();
            let manifest =
                format!("{MANIFEST}  work:\n    script: {script}\n    needs: [supplier]\n");
            project.write("runtime-test.yaml", &manifest);
            fs::write(project.path().join(script), &bytes).expect("written");
            let begun = Instant::now();
            let ran = project.run(&["check"]);
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} as {script}: {:?}",
                begun.elapsed()
            );
            assert!(
                [0, 120, 121].contains(&ran.code) && !ran.err.contains("panicked"),
                "{what} as {script}: {}\n{}",
                ran.code,
                clip(&ran.err)
            );
        }
    }
}
