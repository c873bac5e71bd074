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
