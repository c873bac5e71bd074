//! Findings as a product: the formats of `check`, what people decide about them, and the baseline.

use serde_json::Value;

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: found
steps:
  supplier:
    external: true
    outputs: { raw: { type: csv } }
  first:
    command: [cat, \"${inputs.raw}\"]
    needs: [supplier, supplier]
    inputs: { raw: { from: supplier.raw } }
";

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        (
            "runtime-test.answers.yaml",
            "steps:\n  supplier:\n    outputs: { raw: raw.csv }\n",
        ),
        ("raw.csv", ""),
    ])
}

/// The values of a key of all findings.
fn all<'v>(findings: &'v Value, key: &str) -> Vec<&'v str> {
    let findings = findings.as_array().expect("a list");
    findings
        .iter()
        .filter_map(|finding| finding[key].as_str())
        .collect()
}

#[test]
fn each_format_tells_the_same_findings_to_standard_output() {
    let project = project();
    std::fs::create_dir(project.path().join(".git")).expect("a folder");
    let json = project.run(&["check", "--format", "json"]).code(122);
    let report: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(
        all(&report["findings"], "code"),
        ["input-empty", "repeated-need"]
    );
    assert_eq!(report["ready"], false);
    assert_eq!(json.err, "");

    let sarif = project.run(&["check", "--format", "sarif"]).code(122);
    let log: Value = serde_json::from_str(&sarif.out).expect("JSON");
    assert_eq!(
        all(&log["runs"][0]["results"], "ruleId"),
        all(&report["findings"], "code")
    );

    let github = project.run(&["check", "--format", "github"]).code(122);
    let lines: Vec<&str> = github.out.lines().collect();
    assert!(
        lines[0].starts_with("::error file=runtime-test.answers.yaml,line=3,"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("::warning file=runtime-test.yaml,line=9,"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);

    project
        .run(&["check"])
        .code(122)
        .tells("1 error, 1 warning\nin 2 files");
}

#[test]
fn even_without_a_manifest_programs_get_their_format() {
    let project = Project::new(&[]);
    for (format, pointer) in [
        ("json", "/findings/0/code"),
        ("sarif", "/runs/0/results/0/ruleId"),
    ] {
        let ran = project.run(&["check", "--format", format]).code(120);
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(told.pointer(pointer).expect("a code"), "manifest-not-found");
    }
    let github = project.run(&["check", "--format", "github"]).code(120);
    assert!(
        github.out.starts_with("::error title=manifest-not-found::"),
        "{}",
        github.out
    );
}

#[test]
fn people_decide_what_matters() {
    let project = project();
    project
        .run(&["check", "--allow", "input-empty"])
        .code(0)
        .tells("1 allowed");
    project
        .run(&["check", "--allow", "input-empty", "--deny-warnings"])
        .code(120)
        .tells("error[repeated-need]");
    let both = [
        "check",
        "--allow",
        "input-empty",
        "--allow",
        "repeated-need",
        "--deny-warnings",
    ];
    let ran = project.run(&both).code(0);
    assert!(ran.out.contains("ready to run"), "{}", ran.out);
    project
        .run(&["check", "--warn", "input-empty"])
        .code(0)
        .tells("warning[input-empty]");
    project
        .run(&["check", "--allow", "input-emtpy"])
        .code(2)
        .tells("did you mean `input-empty`?");
    project
        .run(&["check", "--allow", "answer-missing"])
        .code(2)
        .tells("mend it");
    project.run(&["run", "--dry-run"]).code(122);
    project
        .run(&["run", "--dry-run", "--allow", "input-empty"])
        .code(0);
}

#[test]
fn an_old_project_can_start_today() {
    let project = project();
    let known = ["check", "--baseline", "known.json"];
    project.run(&known).code(2).tells("--write-baseline");
    let written = project
        .run(&["check", "--baseline", "known.json", "--write-baseline"])
        .code(0);
    assert!(
        written.out.contains("wrote 2 findings to"),
        "{}",
        written.out
    );
    let ran = project.run(&known).code(0).tells("2 in the baseline");
    assert!(
        !ran.out.contains("ready to run"),
        "a run is refused: {}",
        ran.out
    );
    project.run(&["run"]).code(122);

    // Lines may move; what is new is told.
    project.edit("runtime-test.yaml", "version: 1", "# moved\n\nversion: 1");
    project.run(&known).code(0);
    project.edit("runtime-test.yaml", "[cat,", "[no-such-program,");
    let ran = project.run(&known).code(120).tells("interpreter-not-found");
    assert!(!ran.err.contains("input-empty"), "{}", ran.err);

    project.write("raw.csv", "a\n1\n");
    project
        .run(&known)
        .tells("1 entry of the baseline fits nothing any more");
}

/// What is replaced by what in which file, and what has to be told of it.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

const CASES: &[Case<'_>] = &[
    (
        "runtime-test.answers.yaml",
        "raw.csv",
        "data/*.tsv",
        &["error[input-not-found]", "matches no file"],
    ),
    (
        "runtime-test.answers.yaml",
        "raw.csv",
        "/etc/hostname",
        &["warning[outside-workspace]", "${DATA_DIR}"],
    ),
    (
        "runtime-test.yaml",
        "{ from: supplier.raw }",
        "{ from: supplier.raw, type: parquet }",
        &[
            "error[wire-mismatch]",
            "`supplier.raw` is csv, and input `raw` of step `first` reads parquet",
        ],
    ),
    (
        "runtime-test.yaml",
        "{ from: supplier.raw }",
        "{ from: supplier.raw, type: folder }",
        &["error[wire-mismatch]", "reads folder"],
    ),
    (
        "runtime-test.yaml",
        "outputs: { raw: { type: csv } }",
        "outputs: { raw: { type: json } }",
        &["error[input-format]", "is not json"],
    ),
    (
        "runtime-test.yaml",
        "pipeline: found\nsteps:\n",
        "pipeline: found\nsteps:\n  other:\n    external: true\n    outputs: { left: raw.csv }\n",
        &["advice[unused-output]", "from: other.left"],
    ),
    (
        "runtime-test.yaml",
        "    inputs: {",
        "    inputs: { more: { from: supplier.raw },",
        &["warning[unbound-requirement]", "${inputs.more}"],
    ),
    (
        "runtime-test.yaml",
        "{ from: supplier.raw }",
        "{ from: supplier.raw, columns: [a, bb] }",
        &[
            "error[column-missing]",
            "`supplier.raw` lacks the column `bb`",
            "not in the header of `raw.csv`",
            "did you mean `b`? its columns are `a` and `b`",
        ],
    ),
    (
        "runtime-test.yaml",
        "{ raw: { type: csv } }",
        "{ raw: { type: csv, columns: [a, c] } }",
        &[
            "error[column-missing]",
            "`raw.csv` lacks the column `c`, which output `raw` of step `supplier` declares",
        ],
    ),
    (
        "runtime-test.answers.yaml",
        "  supplier:",
        "  first:\n    inputs: { raw: raw.csv }\n  supplier:",
        &["advice[wired-twice]", "is wired, and answered too"],
    ),
    (
        "runtime-test.yaml",
        "  first:\n",
        "  nobody:\n    external: true\n  first:\n",
        &["advice[no-effect]", "external step `nobody` gives nothing"],
    ),
    (
        "runtime-test.yaml",
        "[cat,",
        "[./raw.csv,",
        &["error[not-executable]", "chmod +x ./raw.csv"],
    ),
    (
        "runtime-test.yaml",
        "[cat,",
        "[gerp,",
        &["error[interpreter-not-found]", "did you mean `grep`?"],
    ),
    (
        "runtime-test.yaml",
        "{ raw: { type: csv } }",
        "{ raw: { type: csv, columns: a } }",
        &["error[wrong-type]", "columns"],
    ),
    (
        "runtime-test.yaml",
        "pipeline: found\n",
        "pipeline: found\ndefaults: { interpreters: { python: { version: new } } }\n",
        &["error[invalid-value]", "`new` does not name versions"],
    ),
    (
        "runtime-test.yaml",
        "    needs: [supplier]\n",
        "    needs: [supplier]\n    image: { nam: 'x:1' }\n",
        &[
            "error[unknown-key]: unknown key `nam` in `image` of step `first`",
            "did you mean `name`?",
        ],
    ),
    (
        "runtime-test.yaml",
        "    needs: [supplier]\n",
        "    needs: [supplier]\n    image: ''\n",
        &["error[invalid-value]: `image` of step `first` is empty"],
    ),
    (
        "runtime-test.yaml",
        "    needs: [supplier]\n",
        "    needs: [supplier]\n    image: { name: x, engine: no-such-engine }\n",
        &[
            "error[interpreter-not-found]: step `first` runs in the image `x`, and there is no program `no-such-engine`",
        ],
    ),
];

#[test]
fn each_kind_is_told_and_only_it() {
    let valid = |project: &Project| {
        project.write("raw.csv", "a,b\n1,2\n");
        project.edit("runtime-test.yaml", "[supplier, supplier]", "[supplier]");
    };
    for (file, from, to, told) in CASES {
        let project = project();
        valid(&project);
        project.run(&["check"]).code(0);
        project.edit(file, from, to);
        let ran = project.run(&["check"]);
        for words in *told {
            assert!(
                ran.err.contains(words),
                "{to}: no {words:?} in\n{}",
                ran.err
            );
        }
        let count = ["error[", "warning[", "advice["].map(|kind| ran.err.matches(kind).count());
        assert_eq!(count.iter().sum::<usize>(), 1, "{to}:\n{}", ran.err);
    }
}

const PIPELINE: &str = "\
version: 1
pipeline: tables
steps:
  make:
    script: make.py
  use:
    script: use.py
    needs: [make]
    inputs: { table: { from: make.out } }
";

const HEAD: &str = "\
import argparse
import csv
import pandas as pd
parser = argparse.ArgumentParser()
parser.add_argument('--table')
parser.add_argument('--out', required=True)
args = parser.parse_args()
";

/// What is written, what is read, and what has to be told; nothing where both go together.
const EDGES: &[(&str, &str, &[&str])] = &[
    (
        "pd.DataFrame({'x': [1], 'y': [2]}).to_csv(args.out)",
        "df = pd.read_csv(args.table)\nprint(df['x'])",
        &[],
    ),
    (
        "pd.DataFrame({'x': [1], 'year': [2]}).to_csv(args.out)",
        "df = pd.read_csv(args.table)\nprint(df['yaer'])",
        &[
            "warning[column-missing]",
            "`make.out` lacks the column `yaer`, which input `table` of step `use` needs",
            "runtime-test.yaml:9:30",
            "use.py:8:7",
            "make.py:8:1",
            "did you mean `year`?",
        ],
    ),
    (
        "csv.DictWriter(open(args.out, 'w'), ['x']).writeheader()",
        "df = pd.read_csv(args.table, usecols=['y'])",
        &["warning[column-missing]", "its columns are `x`"],
    ),
    (
        "something().to_csv(args.out)",
        "df = pd.read_csv(args.table, usecols=['y'])",
        &[],
    ),
    (
        "something().to_parquet(args.out)",
        "df = pd.read_csv(args.table)",
        &[
            "[wire-mismatch]",
            "`make.out` is parquet, and input `table` of step `use` reads csv",
            "make.py:8:",
            "use.py:7:",
        ],
    ),
];

#[test]
fn what_the_code_writes_is_weighed_against_what_the_code_reads() {
    for (writes, reads, told) in EDGES {
        let reader = HEAD.replace("parser.add_argument('--out', required=True)\n", "");
        let project = Project::new(&[
            ("runtime-test.yaml", PIPELINE),
            (
                "make.py",
                &format!("{HEAD}{writes}\n").replace("parser.add_argument('--table')\n", "\n"),
            ),
            (
                "use.py",
                &format!(
                    "{}{reads}\n",
                    reader.replace("('--table')", "('--table', required=True)")
                ),
            ),
        ]);
        let ran = project.run(&["check"]);
        for words in *told {
            assert!(ran.err.contains(words), "no {words:?} in\n{}", ran.err);
        }
        let count = ["error[", "warning[", "advice["].map(|kind| ran.err.matches(kind).count());
        let expected = usize::from(!told.is_empty());
        assert_eq!(
            count.iter().sum::<usize>(),
            expected,
            "{reads}:\n{}",
            ran.err
        );
    }
}

/// A folder that looks like a virtual environment; its Python is a shell script that must never be started.
fn environment(project: &Project, version: &str) {
    use std::os::unix::fs::PermissionsExt;
    project.write(
        "venv/pyvenv.cfg",
        &format!("home = /usr/bin\nversion = {version}\n"),
    );
    project.write("venv/bin/python", "#!/bin/sh\ntouch started\n");
    project.write("venv/lib/python3/site-packages/pandas/__init__.py", "");
    let path = project.path().join("venv/bin/python");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn an_interpreter_is_known_without_being_started() {
    let manifest = |version: &str| {
        format!(
            "version: 1\ndefaults:\n  interpreters:\n    python: {{ program: venv/bin/python, version: \"{version}\" }}\nsteps:\n  \
             show: {{ script: show.py }}\n"
        )
    };
    let project = Project::new(&[
        ("runtime-test.yaml", &manifest(">=3.10")),
        (
            "show.py",
            "import os, pandas, helper\nimport pandsa\nimport sklearn\ntry:\n    import fast\nexcept ImportError:\n    fast = None\nprint(1)\n",
        ),
        ("helper.py", "X = 1\n"),
    ]);
    environment(&project, "3.11.4");
    let ran = project.run(&["check"]).code(0);
    assert_eq!(ran.err, "", "nothing to tell");
    project.write("runtime-test.yaml", &manifest(">=3.12"));
    project
        .run(&["check"])
        .code(120)
        .tells("error[interpreter-version]: `venv/bin/python` is version 3.11.4");
    project
        .run(&["check", "--allow", "interpreter-version"])
        .code(0);
    std::fs::remove_file(project.path().join("venv/pyvenv.cfg")).expect("removed");
    project
        .run(&["check"])
        .code(0)
        .tells("advice[interpreter-version]: the version of `venv/bin/python` is not known");

    environment(&project, "3.12.1");
    let ran = project.run(&["check", "--imports"]).code(0);
    for words in [
        "finds no module `pandsa`",
        "did you mean `pandas`?",
        "finds no module `sklearn`",
        "pip install scikit-learn`",
        "show.py:2:8",
    ] {
        assert!(ran.err.contains(words), "no {words:?} in\n{}", ran.err);
    }
    assert_eq!(ran.err.matches("warning[").count(), 2, "{}", ran.err);
    assert!(!project.exists("started"), "nothing is started");
}

#[test]
fn a_folder_has_files_that_fit_and_a_script_does_something() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\nsteps:\n  pages:\n    external: true\n    outputs: { all: { type: folder, files: \"*.html\" } }\n  \
             idle: { script: idle.py }\n  read: { script: read.py }\n",
        ),
        (
            "read.py",
            "from pathlib import Path\nimport sys\nfor page in Path(sys.argv[1]).glob('*.xml'):\n    print(page.read_text())\n",
        ),
        ("idle.py", "def main():\n    print(1)\n"),
        (
            "runtime-test.answers.yaml",
            "steps:\n  pages:\n    outputs: { all: pages }\n  read: { inputs: { argument_1: pages } }\n",
        ),
        ("pages/one.txt", "x"),
    ]);
    let ran = project.run(&["check"]).code(122);
    for words in [
        "error[input-empty]: output `all` of step `pages` has no file that fits `*.html`",
        "error[input-empty]: input `argument_1` of step `read` has no file that fits `*.xml`",
        "read.py:3:13",
        "looks for `*.xml` here",
        "warning[no-effect]: `idle.py` only defines functions, and calls none",
        "if __name__ == \"__main__\": main()",
    ] {
        assert!(ran.err.contains(words), "no {words:?} in\n{}", ran.err);
    }
    project.write("pages/one.html", "<p>");
    project.write("pages/one.xml", "<p/>");
    project.write("idle.py", "def main():\n    print(1)\nmain()\n");
    project.run(&["check"]).code(0);
}

/// What could not be known before the step that writes it has run is weighed before the one that reads it starts.
#[test]
fn columns_that_only_a_run_shows_are_weighed_in_time() {
    let project = project();
    project.write("raw.csv", "a\n1\n");
    let other = "steps:\n  other:\n    external: true\n    outputs: { left: raw.csv }\n";
    project.edit("runtime-test.yaml", "steps:\n", other);
    for (args, advice) in [
        (&["check"][..], true),
        (&["run"], false),
        (&["run"], false),
        (&["-v", "run"], true),
    ] {
        let ran = project.run(args).code(0);
        let told = ran.out + &ran.err;
        assert!(told.contains("warning[repeated-need]"), "{told}");
        assert_eq!(told.contains("advice[unused-output]"), advice, "{told}");
    }
}
