//! The cost of answers: a made-up pipeline of 500 steps and 5,000 requirements, 2,000 of them answered, through the
//! commands and through the library, beside `check-jsonschema` on the same two files where that is installed (on the path,
//! or named by `CHECK_JSONSCHEMA`).
//!
//! `cargo bench --bench answers`; the least of several rounds counts, for everything else on the machine only ever adds.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use runtime_test::answers::refresh::{self, Renames, Scope};
use runtime_test::answers::{Sources, load, skeleton};
use runtime_test::source::Source;
use runtime_test::{analysis, check, schema};

/// As the command has it.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each is timed.
const ROUNDS: usize = 9;
/// Steps, each with ten requirements, four of which have to be answered.
const STEPS: usize = 500;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder);
    let options = analysis::Options {
        folder: folder.to_owned(),
        ..Default::default()
    };
    println!(
        "{STEPS} steps, {} requirements, {} answers",
        STEPS * 10,
        STEPS * 4
    );

    println!("\ncommands, each a process of its own, at most 100 ms");
    let answers = folder.join("runtime-test.answers.yaml");
    let init = least(|| {
        let _ = fs::remove_file(&answers);
        run(folder, &["init"]);
    });
    told("init", init, 100.0);
    let filled = filled(&fs::read_to_string(&answers).expect("a skeleton"));
    fs::write(&answers, &filled).expect("answers");
    told("init again", least(|| run(folder, &["init"])), 100.0);
    let check = least(|| run(folder, &["check"]));
    told("check", check, 100.0);
    told("status", least(|| run(folder, &["status"])), 100.0);

    println!("\nthe library");
    let analysed = || analysis::analyse(&options).expect("a pipeline");
    told("analyse", least(|| drop(analysed())), 100.0);
    let analysis = analysed();
    let steps = check::asked(&analysis);
    let source = Source::new(&answers, "a.yaml", filled.as_str());
    let sources = Sources::from(source.clone());
    let environment = |_: &str| None;
    let checked = least(|| drop(load::load_all(&sources, &steps, &environment)));
    told("check 2,000 answers", checked, 20.0);
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let whole = || drop(check::check(&analysis, &sources, &all, &environment));
    told("and paths, programs, wires", least(whole), 100.0);
    let refreshed = || {
        let refreshed = refresh::refresh(&source, &steps, Scope::Whole, Renames::Suggest);
        assert!(refreshed.expect("YAML").is_current());
    };
    told("refresh", least(refreshed), 100.0);
    told("schema", least(|| drop(schema::text("p", &steps))), 100.0);
    told(
        "skeleton",
        least(|| drop(skeleton::skeleton(&steps))),
        100.0,
    );

    let program = env::var("CHECK_JSONSCHEMA").unwrap_or_else(|_| "check-jsonschema".to_owned());
    let theirs = || {
        let status = Command::new(&program)
            .args([
                "--schemafile",
                "runtime-test.answers.schema.json",
                "runtime-test.answers.yaml",
            ])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !theirs() {
        println!("\ncheck-jsonschema is not installed, or does not take these answers");
        return;
    }
    let started = Instant::now();
    theirs();
    let theirs = started.elapsed();
    println!(
        "\ncheck-jsonschema on the same files {:8.1} ms",
        millis(theirs)
    );
    println!(
        "  our whole check, scripts included, takes 1/{:.0} of that",
        ratio(theirs, check)
    );
    println!(
        "  our check of the answers takes 1/{:.0} of that",
        ratio(theirs, checked)
    );
}

/// Writes the manifest and a script for each step.
fn write(folder: &Path) {
    let mut manifest = "version: 1\npipeline: wide\nsteps:\n".to_owned();
    for at in 0..STEPS {
        let script = format!(
            "import argparse\nimport os\n\nparser = argparse.ArgumentParser()\n\
             parser.add_argument('--label-field', required=True, help='column {at}')\n\
             parser.add_argument('--strategy', required=True, choices=['random', 'by-year'])\n\
             parser.add_argument('--rounds', type=int, required=True)\n\
             parser.add_argument('--rate', type=float, default=0.1, help='a rate')\n\
             parser.add_argument('--seed-{at}', type=int, default=7)\n\
             parser.add_argument('--title', default='none')\n\
             parser.add_argument('--depth', type=int, default=3)\n\
             parser.add_argument('--quiet', action='store_true')\n\
             args = parser.parse_args()\n\
             level = os.environ.get('LOG_LEVEL', 'INFO')\nregion = os.environ['REGION_{at}']\n\
             print(args.label_field, args.strategy, args.rounds, level, region)\n"
        );
        fs::write(folder.join(format!("step{at}.py")), script).expect("a script");
        let needs = at
            .checked_sub(1)
            .map(|before| format!(", needs: [step{before}]"));
        let _ = writeln!(
            manifest,
            "  step{at}: {{ script: step{at}.py{} }}",
            needs.unwrap_or_default()
        );
    }
    fs::write(folder.join("runtime-test.yaml"), manifest).expect("a manifest");
}

/// The skeleton with every answer given.
fn filled(skeleton: &str) -> String {
    let value = |line: &str| match line.trim() {
        "label_field:" => Some("species"),
        "strategy:" => Some("random"),
        "rounds:" => Some("300"),
        key if key.starts_with("REGION_") => Some("north"),
        _ => None,
    };
    let line = |line: &str| match value(line) {
        Some(value) => format!("{line} {value}\n"),
        None => format!("{line}\n"),
    };
    skeleton.lines().map(line).collect()
}

fn run(folder: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-runtime-test"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the command starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn least(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

fn told(what: &str, time: Duration, limit: f64) {
    let word = if millis(time) < limit {
        ""
    } else {
        "  more than it may take"
    };
    println!(
        "  {what:<30} {:8.1} ms, at most {limit}{word}",
        millis(time)
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64()
}
