//! Bad input: each mistake gets its own finding, with a place and an exit code, in one `check`; nothing is started and
//! nothing is lost.

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: mistakes
steps:
  supplier:
    external: true
    outputs: { raw: { type: csv } }
  prepare:
    script: prepare.py
    needs: [supplier]
    inputs: { raw: { from: supplier.raw } }
";

const SCRIPT: &str = "\
import argparse

parser = argparse.ArgumentParser()
parser.add_argument('--raw', required=True)
parser.add_argument('--out', required=True)
parser.add_argument('--mode', choices=['fast', 'slow'], required=True, help='how to go about it')
parser.add_argument('--rate', type=float, required=True)
args = parser.parse_args()
with open(args.raw) as raw, open(args.out, 'w') as out:
    out.write(raw.read())
";

const ANSWERS: &str = "\
steps:
  supplier:
    outputs:
      raw: data/raw.csv
  prepare:
    args:
      mode: fast
      rate: 0.5
";

fn good() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("prepare.py", SCRIPT),
        ("runtime-test.answers.yaml", ANSWERS),
        ("data/raw.csv", "a,b\n1,2\n"),
        ("data/empty.csv", ""),
    ])
}

/// One mistake: the file, what is replaced by what; then the exit code, the finding's code, its place, and words of it.
type Mistake<'a> = (&'a str, &'a str, &'a str, i32, &'a str, &'a str, &'a str);

const MISTAKES: &[Mistake<'_>] = &[
    (
        "runtime-test.yaml",
        "version: 1",
        "version: [",
        120,
        "yaml-syntax",
        "runtime-test.yaml:",
        "not valid YAML",
    ),
    (
        "runtime-test.yaml",
        "script: prepare.py",
        "args: { mode: { default: fast } }",
        120,
        "step-kind",
        "runtime-test.yaml:7:3",
        "does not say what it runs",
    ),
    (
        "runtime-test.yaml",
        "steps:",
        "defaults: { interpreters: { ipynb: papermill } }\nsteps:",
        120,
        "unknown-key",
        "runtime-test.yaml:3:29",
        "`notebook`",
    ),
    (
        "runtime-test.yaml",
        "steps:",
        "profiles: { ci: { steps: { prepaer: { args: { mode: { default: fast } } } } } }\nsteps:",
        120,
        "unknown-step",
        "runtime-test.yaml:3:28",
        "did you mean `prepare`?",
    ),
    (
        "runtime-test.yaml",
        "steps:",
        "profiles: { ci: { defaults: { timeout: 1 fortnight } } }\nsteps:",
        120,
        "invalid-value",
        "runtime-test.yaml:3:40",
        "`1 fortnight` is not a duration",
    ),
    (
        "runtime-test.yaml",
        "script:",
        "scrip:",
        120,
        "unknown-key",
        "runtime-test.yaml:8:5",
        "did you mean `script`?",
    ),
    (
        "runtime-test.yaml",
        "needs: [supplier]",
        "needs: [suplier]",
        120,
        "unknown-step",
        "runtime-test.yaml:9:13",
        "did you mean `supplier`?",
    ),
    (
        "runtime-test.yaml",
        "external: true",
        "external: true\n    needs: [prepare]",
        120,
        "dependency-cycle",
        "runtime-test.yaml:",
        "supplier → prepare → supplier",
    ),
    (
        "runtime-test.yaml",
        "supplier.raw",
        "supplier.row",
        120,
        "unknown-output",
        "runtime-test.yaml:10:28",
        "did you mean `raw`?",
    ),
    (
        "runtime-test.yaml",
        "script: prepare.py",
        "script: preprae.py",
        120,
        "script-not-found",
        "runtime-test.yaml:8:13",
        "did you mean `prepare.py`?",
    ),
    (
        "runtime-test.yaml",
        "script: prepare.py",
        "script: prepare.py\n    interpreter: no-such-python",
        120,
        "interpreter-not-found",
        "runtime-test.yaml:9:18",
        "`no-such-python` is not installed",
    ),
    (
        "prepare.py",
        "parser = argparse.ArgumentParser()",
        "parser = argparse.ArgumentParser(",
        120,
        "script-syntax",
        "prepare.py:",
        "does not parse",
    ),
    (
        "runtime-test.answers.yaml",
        "      mode: fast\n",
        "",
        121,
        "answer-missing",
        "runtime-test.answers.yaml:6:5",
        "`args.mode`",
    ),
    (
        "runtime-test.answers.yaml",
        "rate: 0.5",
        "rate:",
        121,
        "answer-missing",
        "runtime-test.answers.yaml:8:7",
        "`args.rate`",
    ),
    (
        "runtime-test.answers.yaml",
        "rate: 0.5",
        "rate: quick",
        122,
        "answer-type",
        "runtime-test.answers.yaml:8:13",
        "a number",
    ),
    (
        "runtime-test.answers.yaml",
        "mode: fast",
        "mode: fats",
        122,
        "answer-choice",
        "runtime-test.answers.yaml:7:13",
        "did you mean `fast`?",
    ),
    (
        "runtime-test.answers.yaml",
        "mode: fast",
        "mod: fast",
        122,
        "unknown-answer",
        "runtime-test.answers.yaml:7:7",
        "did you mean `mode`?",
    ),
    (
        "runtime-test.answers.yaml",
        "data/raw.csv",
        "data/rwa.csv",
        122,
        "input-not-found",
        "runtime-test.answers.yaml:4:12",
        "did you mean `data/raw.csv`?",
    ),
    (
        "runtime-test.answers.yaml",
        "data/raw.csv",
        "data/empty.csv",
        122,
        "input-empty",
        "runtime-test.answers.yaml:4:12",
        "nothing in it",
    ),
    (
        "runtime-test.answers.yaml",
        "data/raw.csv",
        "data",
        122,
        "input-kind",
        "runtime-test.answers.yaml:4:12",
        "is a folder",
    ),
    (
        "runtime-test.answers.yaml",
        "rate: 0.5",
        "rate: ${NOT_SET}",
        122,
        "variable-not-set",
        "runtime-test.answers.yaml:8:13",
        "NOT_SET",
    ),
    (
        "runtime-test.answers.yaml",
        "    args:",
        "    outputs: { out: prepare.py }\n    args:",
        122,
        "output-overwrites-input",
        "runtime-test.answers.yaml:6:21",
        "source code",
    ),
];

#[test]
fn what_is_right_is_right() {
    good().run(&["check"]).code(0);
    good().run(&["run"]).code(0);
}

#[test]
fn each_mistake_gets_its_own_finding() {
    for (file, from, to, exit, code, place, words) in MISTAKES {
        let project = good();
        project.edit(file, from, to);
        let answers = project.read("runtime-test.answers.yaml");
        let check = project.run(&["check"]);
        let what = format!("{file}: {from:?} → {to:?}\n{}", check.err);
        assert_eq!(check.code, *exit, "{what}");
        for expected in [&format!("[{code}]"), *place, *words] {
            assert!(check.err.contains(expected), "no {expected:?} for {what}");
        }
        let errors = check.err.matches("error[").count();
        assert!(errors <= 2, "{errors} errors for one mistake: {what}");
        let run = project.run(&["run"]);
        assert_eq!(run.code, *exit, "run after {what}");
        assert!(
            !project.exists(".runtime-test/runs"),
            "started after {what}"
        );
        assert_eq!(project.read("runtime-test.answers.yaml"), answers);
    }
}

#[test]
fn many_mistakes_are_told_in_one_go() {
    let project = good();
    for (file, from, to, ..) in MISTAKES.iter().filter(|(_, _, _, exit, ..)| *exit >= 121) {
        let text = project.read(file);
        if text.contains(from) && !from.contains("data/") {
            project.write(file, &text.replacen(from, to, 1));
        }
    }
    project.edit("runtime-test.answers.yaml", "data/raw.csv", "data/rwa.csv");
    let check = project.run(&["check"]).code(122);
    for code in [
        "answer-missing",
        "input-not-found",
        "output-overwrites-input",
    ] {
        assert!(check.err.contains(code), "no {code} in\n{}", check.err);
    }
}

#[test]
fn without_a_manifest_every_command_says_so() {
    let project = Project::new(&[("runtime-test.yml", "version: 1\n")]);
    for command in ["init", "inspect", "status", "check", "run"] {
        let ran = project
            .run(&[command])
            .code(120)
            .tells("manifest-not-found");
        assert!(
            ran.err.contains("there is no `runtime-test.yaml`"),
            "{}",
            ran.err
        );
    }
    project
        .run(&["--pipeline", "runtime-test.yaml", "check"])
        .code(120)
        .tells("did you mean `runtime-test.yml`?");
}

#[test]
fn a_bad_command_line_is_told_apart() {
    let project = good();
    project.run(&["chekc"]).code(2).tells("check");
    project
        .run(&["explain", "anser-missing"])
        .code(2)
        .tells("did you mean `answer-missing`?");
    let told = project.run(&["explain", "answer-missing"]).code(0);
    assert!(
        told.out.contains("cannot run without this value"),
        "{}",
        told.out
    );
}

#[test]
fn strange_files_are_refused_in_words() {
    for (bytes, told) in [
        (&b"\xff\xfev\0e\0r\0"[..], "it is not UTF-8 text"),
        (&b"a: b\n\xc3\x28"[..], "it is not UTF-8 text (line 2)"),
    ] {
        let project = good();
        std::fs::write(project.path().join("runtime-test.yaml"), bytes).expect("written");
        project.run(&["check"]).code(120).tells(told);
        let project = good();
        std::fs::write(project.path().join("runtime-test.answers.yaml"), bytes).expect("written");
        project.run(&["check"]).code(122).tells(told);
    }
}
