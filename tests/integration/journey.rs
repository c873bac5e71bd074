//! The journey of a newcomer: from a manifest to a green run, with every stop on the way.

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: tiny
steps:
  make:
    script: make.py
    outputs: { rows: { type: csv } }
  count:
    script: count.sh
    needs: [make]
";

const MAKE: &str = "\
import argparse

parser = argparse.ArgumentParser()
parser.add_argument('--rows', required=True, help='where to write the rows')
parser.add_argument('--number', type=int, required=True, help='how many rows to make')
parser.add_argument('--style', choices=['plain', 'loud'], default='plain')
args = parser.parse_args()
with open(args.rows, 'w') as file:
    file.write('n\\n')
    for n in range(args.number):
        file.write(f'{n}\\n')
";

const COUNT: &str = "\
#!/bin/sh
set -eu
rows=${1:?the rows}
result=${2:?where to write the count}
wc -l < \"$rows\" > \"$result\"
";

fn tiny() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("make.py", MAKE),
        ("count.sh", COUNT),
    ])
}

#[test]
fn init_writes_a_skeleton_that_lacks_only_what_is_required() {
    let project = tiny();
    let init = project.run(&["init"]).code(0);
    insta::assert_snapshot!(init.out);
    insta::assert_snapshot!(project.read("runtime-test.answers.yaml"));
    let check = project.run(&["check"]).code(121);
    insta::assert_snapshot!(check.err);
    assert!(!project.exists(".runtime-test/runs"), "nothing was run");
}

#[test]
fn what_may_feed_an_input_is_suggested_and_never_wired() {
    let count = COUNT
        .replace("rows=${1", "table=${1")
        .replace("$rows", "$table");
    let project = Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("make.py", MAKE),
        ("count.sh", &count),
    ]);
    project.run(&["init"]).code(0);
    let answers = project.read("runtime-test.answers.yaml");
    assert!(
        answers.contains("; perhaps {from: make.rows} (count.sh:3)\n      table:\n"),
        "{answers}"
    );
    let status = project.run(&["status", "--format", "json"]).code(121);
    assert!(status.out.contains("\"inputs.table\""), "{}", status.out);
}

#[test]
fn init_proposes_a_manifest_where_there_is_none() {
    let project = Project::new(&[("make.py", MAKE), ("count.sh", COUNT)]);
    let init = project.run(&["init"]).code(0);
    assert!(init.out.contains("wrote runtime-test.yaml"), "{}", init.out);
    assert!(
        project.read("runtime-test.yaml").contains("needs: [make]"),
        "{}",
        project.read("runtime-test.yaml")
    );
    let proposed = project.read("runtime-test.yaml");
    project.run(&["init"]).code(0);
    assert_eq!(project.read("runtime-test.yaml"), proposed);
    project.run(&["status"]).code(121);

    let misspelt = Project::new(&[("make.py", MAKE), ("runtime-test.yml", MANIFEST)]);
    misspelt
        .run(&["init"])
        .code(120)
        .tells("manifest-not-found");
    assert!(!misspelt.exists("runtime-test.yaml"));
}

#[test]
fn init_again_brings_answers_up_to_date_and_keeps_every_byte_of_the_users() {
    let project = tiny();
    let mine =
        "# mine\r\nsteps:   # all\r\n  make: {args: {number: 3}}   # as I like it\r\n  count: {}";
    project.write("runtime-test.answers.yaml", mine);
    project.write("runtime-test.answers.schema.json", "{}");
    let init = project.run(&["init"]).code(0);
    assert_eq!(project.read("runtime-test.answers.yaml"), mine);
    assert!(init.out.contains("wrote runtime-test.answers.schema.json"));
    assert!(
        init.out.contains("runtime-test.answers.yaml is up to date"),
        "{}",
        init.out
    );
    let moment = |name: &str| {
        let file = std::fs::metadata(project.path().join(name)).expect("a file");
        file.modified().expect("a time")
    };
    let files = [
        "runtime-test.answers.yaml",
        "runtime-test.answers.schema.json",
    ];
    let before = files.map(moment);
    project.run(&["init"]).code(0);
    project.run(&["init", "--check"]).code(0);
    assert_eq!(
        files.map(moment),
        before,
        "nothing is touched where nothing changes"
    );

    // A flag gets another name, another is new, and a choice is gone.
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  make:\n    args:\n      number: 3 # three\n      style: 'loud'\n  count: {}\n",
    );
    project.edit("make.py", "'--number'", "'--numbers'");
    project.edit("make.py", "'loud'", "'noisy'");
    project.edit(
        "make.py",
        "args = parser",
        "parser.add_argument('--seed', type=int, required=True)\nargs = parser",
    );
    project.edit("make.py", "range(args.number)", "range(args.numbers)");
    let suggested = project.again().run(&["init"]).code(0).out;
    assert!(
        suggested.contains("make.args.number seems to be numbers now"),
        "{suggested}"
    );
    assert!(!suggested.contains("up to date"), "{suggested}");
    let check = project.run(&["init", "--check"]).code(122);
    assert!(
        check.out.contains("would write runtime-test.answers.yaml"),
        "{}",
        check.out
    );
    assert!(!project.read("runtime-test.answers.yaml").contains("seed"));
    let init = project.run(&["init"]).code(0).tells("cannot be `loud`");
    insta::assert_snapshot!(init.out);
    project.run(&["init", "--apply-renames"]).code(0);
    insta::assert_snapshot!(project.read("runtime-test.answers.yaml"), @r#"
steps:
  make:
    args:
      numbers: 3 # three
      style: 'loud'
      # --seed, required, a whole number (make.py:7)
      seed:
  count: {}
"#);

    // What nothing asks for becomes a comment, and comes back with its value.
    let script = project.read("make.py");
    project.edit(
        "make.py",
        "parser.add_argument('--style', choices=['plain', 'noisy'], default='plain')\n",
        "",
    );
    project.run(&["init"]).code(0);
    assert!(
        project
            .read("runtime-test.answers.yaml")
            .contains("      # no longer asked for:\n      # style: 'loud'\n")
    );
    project.write("make.py", &script);
    let init = project.run(&["init"]).code(0);
    assert!(
        init.out
            .contains("restored make.args.style: asked for again"),
        "{}",
        init.out
    );
    assert!(
        project
            .read("runtime-test.answers.yaml")
            .contains("\n      style: 'loud'\n")
    );
}

#[test]
fn init_prints_the_skeleton_of_a_step_and_refuses_what_it_cannot_edit() {
    let project = tiny();
    let step = project.run(&["init", "--step", "make", "--all"]).code(0);
    assert!(
        step.out.contains("# style: plain") && step.out.contains("  rows:"),
        "{}",
        step.out
    );
    assert!(!step.out.contains("count") && !project.exists("runtime-test.answers.yaml"));
    project
        .run(&["init", "--step", "mkae"])
        .code(2)
        .tells("did you mean `make`?");
    let shared = "steps:\n  make: &m {args: {style: loud}}\n  count: *m\n";
    project.write("runtime-test.answers.yaml", shared);
    project
        .run(&["init"])
        .code(0)
        .tells("paste these lines")
        .tells("      number:");
    assert_eq!(project.read("runtime-test.answers.yaml"), shared);
}

#[test]
fn shells_complete_the_command_line() {
    let project = tiny();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]).code(0).out;
        assert!(script.contains("cargo-runtime-test"), "{shell}");
    }
    project.write("runtime-test.answers.ci.yaml", "steps: {}\n");
    let script = project.run(&["completions", "bash"]).code(0).out;
    project.write("complete.bash", &script);
    let mut told = String::new();
    for typed in [
        "sta",
        "run m",
        "run --only ",
        "status --explain c",
        "--profile ",
        "check --set count.",
        "explain answer-c",
        "-C / run m",
    ] {
        let words = format!("cargo-runtime-test {typed}");
        let last = typed.rsplit(' ').next().unwrap_or_default();
        let index = words.matches(' ').count();
        let asked = format!(
            "source complete.bash; COMP_WORDS=({words} ''); COMP_CWORD={index}; PATH=$1:$PATH\n\
             _clap_complete_cargo_runtime_test cargo-runtime-test '{last}' x; echo \"${{COMPREPLY[*]}}\""
        );
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_cargo-runtime-test"));
        let output = std::process::Command::new("bash")
            .args(["-c", &asked, "bash"])
            .arg(program.parent().expect("a folder"))
            .current_dir(project.path())
            .output()
            .expect("bash starts");
        let offered = String::from_utf8_lossy(&output.stdout);
        told.push_str(&format!("{typed}|\n  {}\n", offered.trim_end()));
    }
    insta::assert_snapshot!(told, @r"
    sta|
      status
    run m|
      make
    run --only |
      make count
    status --explain c|
      count
    --profile |
      ci
    check --set count.|
      count.inputs.rows= count.outputs.result=
    explain answer-c|
      answer-choice answer-conflict
    -C / run m|
    ");
}

#[test]
fn status_goes_from_pending_to_validated() {
    let project = tiny();
    let state = |step: &str| {
        let status = project.run(&["status", "--format", "json"]);
        let status: serde_json::Value = serde_json::from_str(&status.out).expect("JSON");
        status["steps"][step]["state"]
            .as_str()
            .expect("a state")
            .to_owned()
    };
    assert_eq!(
        (state("make"), state("count")),
        ("pending".into(), "auto_configurable".into())
    );
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  make: { args: { number: many } }\n  count: {}\n",
    );
    assert_eq!(
        (state("make"), state("count")),
        ("partial".into(), "auto_configured".into())
    );
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  make: { args: { number: 3 } }\n",
    );
    assert_eq!(state("make"), "complete");
    project.run(&["check"]).code(0);
    assert_eq!(state("make"), "validated");
    project.edit("make.py", "'loud'", "'loud', 'louder'");
    assert_eq!(
        state("make"),
        "complete",
        "other bytes than the ones that were checked"
    );
}

#[test]
fn run_is_refused_until_the_answers_are_right() {
    let project = tiny();
    for (answers, code, told) in [
        ("steps: {}\n", 121, "step `make` needs `args.number`"),
        (
            "steps: { make: { args: { number: many } } }\n",
            122,
            "number",
        ),
        (
            "steps: { make: { args: { number: 1, style: lout } } }\n",
            122,
            "did you mean `loud`?",
        ),
        ("steps: { mak: {} }\n", 122, "did you mean `make`?"),
        ("steps: [\n", 122, "yaml-syntax"),
    ] {
        project.write("runtime-test.answers.yaml", answers);
        project
            .run(&["run"])
            .code(code)
            .tells(told)
            .tells("nothing was started");
        assert!(!project.exists(".runtime-test/runs"), "{answers}");
    }
}

#[test]
fn a_green_run_leaves_outputs_logs_and_reports() {
    let project = tiny();
    project.write(
        "runtime-test.answers.yaml",
        "steps: { make: { args: { number: 3 } } }\n",
    );
    let run = project.run(&["run"]).code(0);
    assert!(
        run.out
            .contains("2 steps: 2 passed, 0 external, 0 failed, 0 skipped"),
        "{}",
        run.out
    );
    assert_eq!(
        project.read(".runtime-test/outputs/make/rows.csv"),
        "n\n0\n1\n2\n"
    );
    assert_eq!(
        project.read(".runtime-test/outputs/count/result").trim(),
        "4"
    );
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    assert_eq!(summary["steps"]["make"]["configured"], "by_user");
    assert_eq!(summary["steps"]["count"]["configured"], "auto");
    assert!(
        project
            .read(".runtime-test/latest/junit.xml")
            .contains("testsuite")
    );
    let log = summary["steps"]["make"]["log"].as_str().expect("a log");
    assert!(project.exists(&format!(".runtime-test/latest/{log}")));
    for line in project.read(".runtime-test/latest/events.jsonl").lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("an event a line");
    }
}

#[test]
fn a_failed_step_skips_what_needs_it_and_nothing_else() {
    let project = tiny();
    project.edit(
        "runtime-test.yaml",
        "  count:",
        "  other: { command: [\"true\"] }\n  count:",
    );
    project.edit(
        "make.py",
        "args = parser",
        "raise SystemExit(7)\nargs = parser",
    );
    project.write(
        "runtime-test.answers.yaml",
        "steps: { make: { args: { number: 3 } } }\n",
    );
    let run = project.run(&["run"]).code(100);
    assert!(
        run.out
            .contains("3 steps: 1 passed, 0 external, 1 failed, 1 skipped"),
        "{}",
        run.out
    );
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    assert_eq!(summary["success"], false);
    assert_eq!(summary["steps"]["make"]["exit_code"], 7);
    assert_eq!(summary["steps"]["count"]["state"], "skipped");
    assert_eq!(summary["steps"]["other"]["state"], "passed");

    project.edit("make.py", "raise SystemExit(7)\n", "");
    // A run of other steps says nothing of those that failed before it.
    project.run(&["run", "other"]).code(0);
    let again = project.run(&["run", "--failed"]).code(0);
    assert!(again.out.contains("2 steps: 2 passed"), "{}", again.out);
    let none = project.run(&["run", "--failed"]).code(4);
    assert!(
        none.err.contains("every step passed when it last ran"),
        "{}",
        none.err
    );
}

#[test]
fn a_dry_run_prints_commands_that_a_shell_takes() {
    let project = tiny();
    project.write(
        "runtime-test.answers.yaml",
        "steps: { make: { args: { number: 3 } } }\n",
    );
    let dry = project.run(&["run", "--dry-run"]).code(0);
    assert!(!project.exists(".runtime-test/runs"), "nothing was run");
    let script = dry
        .out
        .replace("[project]", &project.path().to_string_lossy());
    std::fs::create_dir_all(project.path().join(".runtime-test/outputs/count")).expect("a folder");
    let shell = std::process::Command::new("sh")
        .arg("-ec")
        .arg(script)
        .current_dir(project.path())
        .status();
    assert!(shell.expect("a shell").success());
    assert_eq!(
        project.read(".runtime-test/outputs/count/result").trim(),
        "4"
    );
}

#[test]
fn selection_takes_what_is_asked_for() {
    let project = tiny();
    project.write(
        "runtime-test.answers.yaml",
        "steps: { make: { args: { number: 3 } } }\n",
    );
    project
        .run(&["run", "--only", "count"])
        .code(2)
        .tells("no earlier run has left it");
    project.run(&["run", "make"]).code(0);
    let only = project.run(&["run", "--only", "count"]).code(0);
    assert!(only.out.contains("1 step: 1 passed"), "{}", only.out);
    project
        .run(&["run", "--from", "cuont"])
        .code(2)
        .tells("did you mean `count`?");
    project
        .run(&[
            "run", "--only", "make", "--only", "count", "--until", "make", "--from", "count",
        ])
        .code(4);
}

#[test]
fn it_works_in_a_workspace_in_a_member_and_without_cargo() {
    let project = Project::new(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"member\"]\nresolver = \"3\"\n",
        ),
        (
            "member/Cargo.toml",
            "[package]\nname = \"member\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        ),
        ("member/src/main.rs", "fn main() { println!(\"built\"); }\n"),
        (
            "member/runtime-test.yaml",
            "version: 1\npipeline: built\nsteps:\n  rust: { cargo: { bin: member } }\n",
        ),
    ]);
    for (folder, args) in [
        ("member/src", &["run"] as &[&str]),
        (
            "",
            &[
                "runtime-test",
                "run",
                "--pipeline",
                "member/runtime-test.yaml",
            ],
        ),
        ("", &["-C", "member", "run"]),
    ] {
        project.run_in(folder, args).code(0);
        assert!(
            project.exists("target/runtime-test/built/latest/summary.json"),
            "{folder} {args:?}"
        );
        std::fs::remove_dir_all(project.path().join("target/runtime-test")).expect("removed");
    }
    project.write("member/src/main.rs", "fn main() { nonsense }\n");
    project
        .run(&["-C", "member", "run"])
        .code(101)
        .tells("nonsense");
}

/// Shells start background jobs with Ctrl-C ignored: a run has to work there, and to end when it is asked to.
#[test]
fn a_run_in_the_background_works_and_can_be_ended() {
    let project = Project::new(&[(
        "runtime-test.yaml",
        "version: 1\npipeline: p\nsteps:\n  quick: { command: [\"true\"] }\n  slow: { command: [sh, -c, \"touch started; sleep 600\"], needs: [quick] }\n",
    )]);
    let script = format!(
        "trap '' INT HUP; '{}' run --grace 1 & while [ ! -e started ]; do :; done; kill -TERM $!; wait $!",
        env!("CARGO_BIN_EXE_cargo-runtime-test")
    );
    let status = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(project.path())
        .status();
    assert_eq!(status.expect("a shell").code(), Some(130));
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    assert_eq!(summary["steps"]["quick"]["state"], "passed");
    assert_eq!(summary["steps"]["slow"]["state"], "unfinished");
}

/// `nohup` starts a run with SIGHUP ignored, which has to stay so; without it, SIGHUP ends a run.
#[test]
fn who_hangs_up_ends_a_run_unless_that_is_ignored() {
    for (before, code, state) in [("trap '' HUP", 0, "passed"), (":", 130, "unfinished")] {
        let project = Project::new(&[(
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  slow: { command: [sh, -c, \"touch started; while [ ! -e go ]; do :; done\"] }\n",
        )]);
        let script = format!(
            "{before}; '{}' run --grace 1 & while [ ! -e started ]; do :; done; kill -HUP $!; \
             [ {code} = 0 ] && touch go; wait $!",
            env!("CARGO_BIN_EXE_cargo-runtime-test")
        );
        let status = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(project.path())
            .status();
        assert_eq!(status.expect("a shell").code(), Some(code));
        let summary: serde_json::Value =
            serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
        assert_eq!(summary["steps"]["slow"]["state"], state);
    }
}

#[test]
fn a_run_out_of_time_ends_and_says_so() {
    let project = Project::new(&[(
        "runtime-test.yaml",
        "version: 1\npipeline: p\ntimeout: 1h\ndefaults: { slow: 20ms }\nsteps:\n  slow: { command: [sleep, \"600\"] }\n  after: { command: [\"true\"], needs: [slow] }\n",
    )]);
    project
        .run(&["run", "--timeout", "200ms"])
        .code(100)
        .tells("SLOW [")
        .tells("slow is still running")
        .tells("the whole run took longer than 0.2s");
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    assert_eq!(summary["steps"]["slow"]["state"], "timed_out");
    assert_eq!(summary["steps"]["after"]["state"], "skipped");
    project
        .run(&["run", "--timeout", "soon"])
        .code(2)
        .tells("1h 30m");
}

#[test]
fn secrets_are_never_shown() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: secret\nsteps:\n  say: { script: say.sh }\n",
        ),
        (
            "say.sh",
            "echo \"the token is ${API_TOKEN:?given by the vault}\"\nexit 3\n",
        ),
        (
            "runtime-test.answers.yaml",
            "steps: { say: { env: { API_TOKEN: \"${VAULT_TOKEN}\" } } }\n",
        ),
    ])
    .env("VAULT_TOKEN", "hunter2-is-long");
    let run = project.run(&["run"]).code(100);
    let dry = project.run(&["run", "--dry-run"]).code(0);
    let files = [
        "events.jsonl",
        "summary.json",
        "junit.xml",
        "logs/say.1.log",
    ];
    let kept = files.map(|name| project.read(&format!(".runtime-test/latest/{name}")));
    for text in [&run.out, &run.err, &dry.out].into_iter().chain(&kept) {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(kept[3].contains("the token is ***"), "{}", kept[3]);
}

#[test]
fn answers_that_cannot_all_apply_are_not_all_counted_as_left_to_the_user() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  fit: { script: fit.py }\n",
        ),
        (
            "fit.py",
            "import argparse\np = argparse.ArgumentParser()\ns = p.add_subparsers(dest='command', required=True)\n\
             t = s.add_parser('train')\nt.add_argument('--rounds', type=int, required=True)\n\
             e = s.add_parser('judge')\ne.add_argument('--metric', required=True)\n\
             e.add_argument('--folds', type=int, required=True)\nprint(p.parse_args())\n",
        ),
    ]);
    let cases = [
        (
            "{}",
            "1 of 4 requirements is left to you (25 %); 0 of 1 steps configure themselves",
        ),
        (
            "{command: train}",
            "2 of 4 requirements are left to you (50 %)",
        ),
        (
            "{command: judge, folds: 3}",
            "3 of 4 requirements are left to you (75 %)",
        ),
        (
            "{command: train, rounds: many}",
            "2 of 4 requirements are left to you (50 %)",
        ),
    ];
    for (args, expected) in cases {
        let answers = format!("steps:\n  fit:\n    args: {args}\n");
        project.write("runtime-test.answers.yaml", &answers);
        let told = project.run(&["init"]).out;
        assert!(told.contains(expected), "{args}: {told}");
    }
}
