//! What is run and what is not: by what has changed, in parts, and by hand in a shell.

use std::process::Command;

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: chosen
steps:
  raw:
    external: true
    outputs: { rows: raw.csv }
  clean:
    script: clean.py
    needs: [raw]
    inputs: { rows: { from: raw.rows, binding: { positional: 0 } } }
    outputs: { cleaned: { type: csv, binding: { positional: 1 } } }
  count:
    script: count.sh
    needs: [clean]
    inputs: { cleaned: { from: clean.cleaned, binding: { env: CLEANED } } }
    environment: clean
    env: { TITLE: \"it's $5\" }
    outputs: { result: { type: text, binding: { positional: 0 } } }
  score:
    script: score.py
    entry: main
    needs: [clean]
    inputs: { cleaned: { from: clean.cleaned, binding: { main: input_paths, key: IN } } }
    outputs: { scores: { type: json, binding: { main: output_paths, key: OUT } } }
  alone: { command: [sh, -c, \"echo 1 > alone.txt\"], cwd: sub }
";

/// A pipeline that git keeps.
fn project() -> Project {
    let project = Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("raw.csv", "a\n1\n2\n"),
        (
            "clean.py",
            "import sys\nimport helper\nopen(sys.argv[2], 'w').write(helper.cleaned(open(sys.argv[1]).read()))\n",
        ),
        ("helper.py", "def cleaned(text):\n    return text\n"),
        (
            "count.sh",
            "wc -l < \"${CLEANED:?}\" > \"${1:?}\"\n[ \"$RUNTIME_TEST_STEP $RUNTIME_TEST_ATTEMPT\" = 'count 1' ] || exit 9\necho x > \"$RUNTIME_TEST_OUTPUT_DIR/more\"\necho \"${TITLE:?}\" >> \"$1\"\n! env | grep -q ^LEAKED=\n",
        ),
        (
            "score.py",
            "import json\n\ndef main(input_paths, output_paths, environ_vars, job_args):\n    \
             json.dump(len(open(input_paths['IN']).read()), open(output_paths['OUT'], 'w'))\n",
        ),
        ("sub/keep", ""),
        (".gitignore", ".runtime-test/\n__pycache__/\nalone.txt\n"),
    ])
    .env("LEAKED", "yes");
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    commit(&project);
    project
}

fn git(project: &Project, args: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.c",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(args)
        .current_dir(project.path())
        .status();
    assert!(status.expect("git").success(), "{args:?}");
}

fn commit(project: &Project) {
    git(project, &["commit", "-q", "-a", "--allow-empty", "-m", "x"]);
}

/// The steps that would be run.
fn chosen(project: &Project, args: &[&str]) -> String {
    let args = [&["run", "--message-format", "json"], args].concat();
    let ran = project.run(&args);
    let first = ran.out.lines().next().unwrap_or_default();
    let event: serde_json::Value = serde_json::from_str(first).unwrap_or_default();
    let steps = event["steps"].as_array().cloned().unwrap_or_default();
    let steps: Vec<&str> = steps.iter().filter_map(|step| step.as_str()).collect();
    steps.join(" ")
}

#[test]
fn what_has_changed_is_run_with_what_needs_it() {
    let project = project();
    project.run(&["run"]).code(0);
    project
        .run(&["run", "--changed-since", "HEAD"])
        .code(4)
        .tells("nothing has changed since `HEAD`");
    for (file, from, to, expected) in [
        ("score.py", "import json", "import json  # same", "score"),
        (
            "helper.py",
            "return text",
            "return text + ''",
            "clean count score",
        ),
        ("raw.csv", "1", "7", "raw clean count score"),
        ("runtime-test.yaml", "it's $5", "it's $6", "count"),
        (
            "runtime-test.yaml",
            "pipeline: chosen",
            "pipeline: chosen\ntimeout: 1h",
            "raw clean count score alone",
        ),
    ] {
        project.edit(file, from, to);
        assert_eq!(
            chosen(&project, &["--changed-since", "HEAD"]),
            expected,
            "{file}"
        );
        commit(&project);
    }
    // A file that git does not keep counts as new, always.
    git(&project, &["rm", "-q", "--cached", "helper.py"]);
    commit(&project);
    assert_eq!(
        chosen(&project, &["--changed-since", "HEAD"]),
        "clean count score"
    );
    project
        .run(&["run", "--changed-since", "nope"])
        .code(1)
        .tells("git knows no revision `nope`");
    std::fs::remove_dir_all(project.path().join(".git")).expect("removed");
    project
        .run(&["run", "--changed-since", "HEAD"])
        .code(1)
        .tells("not a git repository");
}

#[test]
fn parts_make_a_whole_and_patterns_name_steps() {
    let project = project();
    assert_eq!(chosen(&project, &["--shard", "1/3"]), "raw clean count");
    assert_eq!(chosen(&project, &["--shard", "2/3"]), "raw clean score");
    assert_eq!(chosen(&project, &["--shard", "3/3"]), "alone");
    project
        .run(&["run", "--shard", "4/4"])
        .code(4)
        .tells("part 4 of 4 is empty");
    project
        .run(&["run", "--shard", "0/3"])
        .code(2)
        .tells("`2/5`");
    assert_eq!(chosen(&project, &["s*", "[a]*"]), "raw clean score alone");
    project
        .run(&["run", "x*"])
        .code(2)
        .tells("no step fits `x*`");
}

#[test]
fn what_a_dry_run_prints_can_be_pasted() {
    let project = project();
    let dry = project.run(&["run", "--dry-run"]).code(0);
    assert!(!project.exists(".runtime-test/runs"));
    let script = dry
        .out
        .replace("[project]", &project.path().to_string_lossy());
    let pasted = Command::new("sh")
        .args(["-e", "-c", &script])
        .current_dir(project.path())
        .env("LEAKED", "yes")
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&pasted.stderr);
    assert!(pasted.status.success(), "{script}\n{told}");
    let output = |name: &str| project.read(&format!(".runtime-test/outputs/{name}"));
    assert_eq!(output("clean/cleaned.csv"), "a\n1\n2\n");
    assert_eq!(output("count/result.txt"), "3\nit's $5\n");
    assert_eq!(output("count/more"), "x\n", "facts of the run are set");
    assert_eq!(output("score/scores.json"), "6");
    assert_eq!(project.read("sub/alone.txt"), "1\n");
}

#[test]
fn what_is_expected_is_shown_where_it_is_written_and_blessed() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  make:\n    script: make.sh\n    outputs:\n      rows:\n        type: csv\n        \
             binding: { positional: 0 }\n        expect:\n          rows: { min: 2 }\n          snapshot: kept/rows.csv\n",
        ),
        ("make.sh", "printf 'a\\n1\\n' > \"${1:?}\"\n"),
    ]);
    let ran = project.run(&["run", "--bless"]).code(100);
    let ran = ran
        .tells("error[unmet-expectation]")
        .tells("has 1 row, expected at least 2");
    assert!(ran.err.contains("runtime-test.yaml:11:11"), "{}", ran.err);
    assert!(!project.exists("kept"));
    project.edit("make.sh", "1\\n", "1\\n2\\n");
    project
        .run(&["run"])
        .code(100)
        .tells("has no snapshot `kept/rows.csv` yet");
    project.run(&["run", "--bless"]).code(0);
    assert_eq!(project.read("kept/rows.csv"), "a\n1\n2\n");
    project.run(&["run"]).code(0);
    project.edit("make.sh", "2\\n", "3\\n");
    project
        .run(&["run"])
        .code(100)
        .tells("row 2, `a` is `3`, expected `2`");
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    let judged = &summary["steps"]["make"]["expectations"];
    assert_eq!(judged[0]["holds"], true);
    assert_eq!(
        (&judged[1]["expected"], &judged[1]["holds"]),
        (&"snapshot".into(), &false.into())
    );
    // What can never be found out is told before anything runs.
    project.edit(
        "runtime-test.yaml",
        "rows: { min: 2 }",
        "files: { \"*\": 1 }",
    );
    project
        .run(&["check"])
        .code(120)
        .tells("`files` cannot be expected of output `rows`, which is csv");
}
