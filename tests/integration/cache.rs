//! What is not run again and why, and what `clean` removes, as users see it.

use crate::common::Project;

const MANIFEST: &str = "version: 1
pipeline: words
steps:
  source:
    external: true
    outputs: { text: { type: text } }
  count:
    script: count.sh
    needs: [source]
    inputs: { text: { from: source.text, binding: { positional: 0 } } }
    outputs: { counts: { type: csv, binding: { positional: 1 } } }
  report:
    command: [sh, -c, 'sort \"$1\" > \"$2\"', sh, '${inputs.counts}', '${outputs.sorted}']
    needs: [count]
    inputs: { counts: { from: count.counts } }
    outputs: { sorted: { type: csv } }
  always:
    command: ['true']
    cache: false
";

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        (
            "runtime-test.answers.yaml",
            "steps:\n  source: { outputs: { text: data/text.txt } }\n",
        ),
        ("data/text.txt", "a b\na\n"),
        ("count.sh", ". ./lib.sh\ncount \"$1\" > \"$2\"\n"),
        (
            "lib.sh",
            "count() { echo word,times; tr ' ' '\\n' < \"$1\" | sort -u; }\n",
        ),
    ])
}

/// Each step's state in the latest summary, in the order of the plan.
fn states(project: &Project) -> Vec<String> {
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    let steps = summary["steps"].as_object().expect("steps");
    let state = |name: &str| steps[name]["state"].as_str().expect("a state").to_owned();
    ["source", "count", "report", "always"].map(state).into()
}

#[test]
fn only_what_has_changed_runs_again_and_says_why() {
    let project = project();
    let first = project.run(&["run", "--explain"]).code(0);
    first.tells("BECAUSE count: it has not passed before");
    assert_eq!(states(&project), ["passed"; 4]);

    let second = project.run(&["run", "--explain"]).code(0);
    let second = second
        .tells("CACHED")
        .tells("count: nothing has changed since run ");
    second.tells("BECAUSE always: the manifest says `cache: false`");
    assert_eq!(states(&project), ["passed", "cached", "cached", "passed"]);
    let events = project.read(".runtime-test/latest/events.jsonl");
    assert!(
        !events.contains("\"step_started\",\"step\":\"count\""),
        "{events}"
    );
    assert!(
        project
            .read(".runtime-test/latest/junit.xml")
            .contains("failures=\"0\"")
    );

    project.write("data/text.txt", "a c\na\n");
    let third = project.run(&["run", "--explain"]).code(0);
    third
        .tells("count: input `text` changed: `data/text.txt` (still 6 B)")
        .tells("report: input `counts` changed");

    project.write("data/text.txt", "c a\na\n");
    project.run(&["run"]).code(0);
    assert_eq!(
        states(&project),
        ["passed", "passed", "cached", "passed"],
        "the counts are the same"
    );

    project.edit("lib.sh", "sort -u", "sort");
    let fifth = project.run(&["run", "--explain"]).code(0);
    fifth.tells("count: code `lib.sh` changed (size ");

    project.run(&["run", "--force"]).code(0);
    assert_eq!(states(&project), ["passed"; 4]);
}

#[test]
fn a_part_of_the_pipeline_shares_what_is_remembered() {
    let project = project();
    project.run(&["run", "count"]).code(0);
    project.run(&["run"]).code(0);
    assert_eq!(states(&project), ["passed", "cached", "passed", "passed"]);
    let only = project.run(&["run", "--only", "report"]).code(0);
    only.tells("CACHED");
}

#[test]
fn clean_keeps_what_is_needed() {
    let project = project();
    let runs = |project: &Project| {
        let runs = std::fs::read_dir(project.path().join(".runtime-test/runs")).expect("runs");
        runs.count()
    };
    assert_eq!(project.run(&["clean"]).code(0).out, "");
    for _ in 0..3 {
        project.run(&["run"]).code(0);
    }
    project.write("count.sh", "exit 3\n");
    project.run(&["run"]).code(100);
    assert_eq!(runs(&project), 4);
    assert!(
        project
            .run(&["clean", "--older-than", "7d"])
            .code(0)
            .out
            .contains("nothing to remove")
    );
    let dry = project.run(&["clean", "--dry-run"]).code(0).out;
    assert!(
        dry.contains("would remove 2 runs") && dry.contains(".runtime-test/runs/"),
        "{dry}"
    );
    assert_eq!(runs(&project), 4);
    assert!(
        project
            .run(&["clean"])
            .code(0)
            .out
            .starts_with("removed 2 runs, ")
    );
    assert_eq!(runs(&project), 2, "the latest, and the latest that passed");
    let all = project.run(&["clean", "--all"]).code(0).out;
    assert!(all.starts_with("removed 2 runs, the outputs of "), "{all}");
    assert!(project.exists("data/text.txt") && !project.exists(".runtime-test/cache.jsonl"));
    project
        .run(&["clean", "--older-than", "soon"])
        .code(2)
        .tells("such as `7d`");
}

/// What is changed, and what is then said of the step.
type Factor = (&'static str, fn(&Project), &'static str);

const FACTORS: &[Factor] = &[
    ("nothing", |_| {}, "count: nothing has changed"),
    (
        "what is expected, and is so",
        |p| p.edit("runtime-test.yaml", "rows: 2", "rows: { min: 1 }"),
        "count: nothing has changed",
    ),
    (
        "what is expected, and is not so",
        |p| p.edit("runtime-test.yaml", "rows: 2", "rows: 3"),
        "count: what it left is not what is expected now: ",
    ),
    (
        "a variable that a clean environment keeps out",
        |p| p.write("variables", "OTHER=1\n"),
        "count: nothing has changed",
    ),
    (
        "a variable that it lets in",
        |p| p.write("variables", "KEPT=1\n"),
        "count: variable KEPT is set now",
    ),
    (
        "a variable that the script reads",
        |p| p.write("variables", "LIMIT=1\n"),
        "count: variable LIMIT is set now",
    ),
    (
        "a file that the script looks for",
        |p| p.write("flag", "x"),
        "count: code `flag` is new",
    ),
    (
        "a file that nobody looks for",
        |p| p.write("other", "x"),
        "count: nothing has changed",
    ),
    (
        "what the step is called",
        |p| p.edit("runtime-test.yaml", "  count:", "  tally:"),
        "tally: it has not passed before",
    ),
    (
        "what the step is for",
        |p| {
            p.edit(
                "runtime-test.yaml",
                "    script:",
                "    description: counts\n    script:",
            )
        },
        "count: nothing has changed",
    ),
];

#[test]
fn one_factor_at_a_time_has_exactly_its_effect() {
    for (name, change, told) in FACTORS {
        let project = Project::new(&[
            (
                "runtime-test.yaml",
                "version: 1\npipeline: p\nsteps:\n  count:\n    script: count.sh\n    environment: { keep: [KEPT] }\n    \
                 outputs: { out: { type: csv, binding: { positional: 0 }, expect: { rows: 2 } } }\n",
            ),
            (
                "count.sh",
                "[ -e flag ] && echo flagged\nprintf 'a\\n1\\n2\\n' > \"${1:?}\"\necho \"${LIMIT:-none}\"\n",
            ),
            ("variables", ""),
        ]);
        project.run(&["run"]).code(0);
        change(&project);
        let variables = project.read("variables");
        let set = variables.lines().filter_map(|line| line.split_once('='));
        let project = set.fold(project, |project, (name, value)| project.env(name, value));
        let ran = project.run(&["run", "--explain"]);
        assert!(
            ran.err.contains(told),
            "{name}: no {told:?} in\n{}",
            ran.err
        );
    }
}
