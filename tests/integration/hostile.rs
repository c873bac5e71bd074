//! Hostile and strange input: everything is told in our own words, in bounded time and memory.

use std::fs;

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

/// What a process may take: seconds of a processor, and KiB of memory, much of which a debug build's stacks reserve and never
/// touch. Who takes more is ended by the system.
const LIMITS: &str = "ulimit -t 60 && ulimit -v 4000000";

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("runtime-test.answers.yaml", ANSWERS),
        ("data/raw.csv", "a,b\n1,2\n"),
    ])
}

/// Runs a command within the limits.
fn limited(project: &Project, args: &[&str]) -> Ran {
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            &format!("{LIMITS} && exec \"$0\" \"$@\""),
            env!("CARGO_BIN_EXE_cargo-runtime-test"),
        ])
        .args(args)
        .current_dir(project.path())
        .env_remove("CARGO_TARGET_DIR")
        .env("NO_COLOR", "1")
        .output()
        .expect("sh");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Checks within the limits, and looks at exit code, words and the amount of what is told.
#[track_caller]
fn checked(project: &Project, what: &str) -> Ran {
    let ran = limited(project, &["check"]);
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
    limited(&project, &["check"]).code(0);
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
        let ran = limited(&project, &["check", "--format", format]).code(120);
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
            let ran = limited(&project, &["check"]);
            assert!(
                [0, 120, 121].contains(&ran.code) && !ran.err.contains("panicked"),
                "{what} as {script}: {}\n{}",
                ran.code,
                clip(&ran.err)
            );
        }
    }
}

#[test]
fn ten_megabytes_of_answers_are_read_and_larger_files_are_refused() {
    let project = project();
    let filler = format!(
        "# {}\n",
        "a remark that fills the line to a hundred bytes ".repeat(2)
    );
    let answers = format!("{ANSWERS}{}", filler.repeat((10 << 20) / filler.len() + 1));
    assert!(answers.len() > 10 << 20);
    project.write("runtime-test.answers.yaml", &answers);
    limited(&project, &["check"]).code(0);
    let file = fs::File::create(project.path().join("runtime-test.answers.yaml")).expect("a file");
    file.set_len(65 << 20).expect("a large file");
    checked(&project, "a file that is too large");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_told_as_one_or_the_other() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let project = project();
    let path = project.path().join("runtime-test.answers.yaml");
    let long = format!("{ANSWERS}{}", "# filler\n".repeat(100_000));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = fs::write(&path, &long);
                let _ = fs::write(&path, "steps: [");
            }
        });
        // What went wrong is told once nobody writes any more.
        let ran: Vec<_> = (0..20).map(|_| project.run(&["check"])).collect();
        done.store(true, Ordering::Relaxed);
        for ran in ran {
            assert!(
                [0, 121, 122].contains(&ran.code),
                "{}: {}",
                ran.code,
                clip(&ran.err)
            );
            for words in FOREIGN {
                assert!(!ran.err.contains(words), "{words:?} in\n{}", clip(&ran.err));
            }
        }
    });
}

#[cfg(unix)]
#[test]
fn links_in_circles_are_found_out() {
    use std::os::unix::fs::symlink;
    let project = project();
    let data = project.path().join("data");
    fs::remove_file(data.join("raw.csv")).expect("removed");
    symlink("other.csv", data.join("raw.csv")).expect("a link");
    symlink("raw.csv", data.join("other.csv")).expect("a link");
    let ran = checked(&project, "links in a circle");
    assert!(ran.err.contains("data/raw.csv"), "{}", ran.err);
    // A folder that holds itself, looked through by a pattern.
    symlink(".", data.join("again")).expect("a link");
    project.write(
        "runtime-test.answers.yaml",
        &ANSWERS.replace("raw.csv", "**/none.csv"),
    );
    let ran = checked(&project, "a pattern in a folder that holds itself");
    assert!(ran.err.contains("matches no file"), "{}", ran.err);
}
