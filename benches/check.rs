//! The cost of `check`, as a process from beginning to end: the example pipeline, and a generated one of 500 steps with 5,000
//! answers, once with a script for every ten steps and once with one for each. Beside it, what a bare JSON Schema check of
//! the same answers costs, where `check-jsonschema` is on the path or `CHECK_JSONSCHEMA` names it:
//!
//!     cargo bench --bench check

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is timed; the least is taken, for everything else on the machine only ever adds.
const ROUNDS: usize = 20;

/// Steps of the generated pipeline, and answers of each.
const STEPS: usize = 500;
const ANSWERS: usize = 10;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let penguins = folder.path().join("penguins");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/penguins"),
        &penguins,
    );
    println!(
        "start-up            {:?}",
        least(&["--version"], folder.path())
    );
    println!("examples/penguins   {:?}", least(&["check"], &penguins));
    for scripts in [STEPS / 10, STEPS] {
        let many = folder.path().join(format!("many{scripts}"));
        generate(&many, scripts);
        let took = least(&["check"], &many);
        println!(
            "{STEPS} steps, {} answers, {scripts} scripts   {took:?}",
            STEPS * ANSWERS
        );
        peer(&many);
    }
}

/// The least time that a command takes; it has to succeed.
fn least(args: &[&str], folder: &Path) -> Duration {
    let once = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-runtime-test"));
        let target = folder.join("target");
        let command = command
            .args(args)
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", target);
        timed(command)
    };
    (0..ROUNDS).map(|_| once()).min().unwrap_or_default()
}

fn timed(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let took = begun.elapsed();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    took
}

/// A bare check of the same answers against the schema that `init` writes.
fn peer(folder: &Path) {
    let named = env::var_os("CHECK_JSONSCHEMA");
    let program = named.unwrap_or_else(|| "check-jsonschema".into());
    if Command::new(&program).arg("--version").output().is_err() {
        println!("  (check-jsonschema is not installed and is left out)");
        return;
    }
    least(&["init"], folder);
    let once = || {
        let mut command = Command::new(&program);
        let schema = ["--schemafile", "runtime-test.answers.schema.json"];
        timed(
            command
                .args(schema)
                .arg("runtime-test.answers.yaml")
                .current_dir(folder),
        )
    };
    let took = (0..3).map(|_| once()).min().unwrap_or_default();
    println!("  its answers against its schema, by check-jsonschema   {took:?}");
}

/// A pipeline of steps in rows of ten, each of which needs the one before it.
fn generate(folder: &Path, scripts: usize) {
    let mut manifest = "version: 1\npipeline: many\nsteps:\n".to_owned();
    let mut answers = "steps:\n".to_owned();
    fs::create_dir_all(folder.join("data")).expect("folders");
    for script in 0..scripts {
        let mut text = "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument('--out', required=True)\n".to_owned();
        for arg in 0..ANSWERS {
            let kind = [
                "type=int",
                "type=float",
                "choices=['fast', 'slow']",
                "help='a text'",
            ][arg % 4];
            let _ = writeln!(
                text,
                "parser.add_argument('--arg-{arg}', {kind}, required=True)"
            );
        }
        text += "args = parser.parse_args()\nwith open(args.out, 'w') as out:\n    out.write(str(args.arg_0))\n";
        fs::write(folder.join(format!("script{script}.py")), text).expect("written");
    }
    for step in 0..STEPS {
        let script = step % scripts;
        let _ = writeln!(manifest, "  step{step}:\n    script: script{script}.py");
        if step % 10 > 0 {
            let _ = writeln!(manifest, "    needs: [step{}]", step - 1);
        }
        let _ = writeln!(answers, "  step{step}:\n    args:");
        for arg in 0..ANSWERS {
            let value = ["7", "0.5", "fast", "some text"][arg % 4];
            let _ = writeln!(answers, "      arg_{arg}: {value}");
        }
    }
    fs::write(folder.join("runtime-test.yaml"), manifest).expect("written");
    fs::write(folder.join("runtime-test.answers.yaml"), answers).expect("written");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true if entry.file_name() == "target" => {}
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copied")),
        }
    }
}
