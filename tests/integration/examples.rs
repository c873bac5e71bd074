//! The examples run, and the annotated manifest is a manifest.

use std::fs;

use runtime_test::manifest::load;
use runtime_test::source::Source;

use crate::common::{Project, repository};

#[test]
fn the_annotated_manifest_is_valid_with_and_without_its_profile() {
    let text =
        fs::read_to_string(repository().join("runtime-test.yaml.example")).expect("the example");
    for profile in [None, Some("ci")] {
        let source = Source::new(
            "/p/runtime-test.yaml",
            "runtime-test.yaml.example",
            text.clone(),
        );
        let (manifest, problems) = load::load(&source, "/p".as_ref(), profile.map(Into::into));
        assert!(problems.is_empty(), "{problems:#?}");
        assert_eq!(manifest.expect("a manifest").steps.len(), 7);
    }
}

/// Keys that the types know and the annotated manifest does not show would never be found by its readers.
#[test]
fn the_annotated_manifest_shows_every_key() {
    let text =
        fs::read_to_string(repository().join("runtime-test.yaml.example")).expect("the example");
    let schema = load::schema();
    let mut missing = Vec::new();
    let definitions = schema["$defs"]
        .as_object()
        .expect("definitions")
        .values()
        .chain([&schema]);
    for properties in definitions.filter_map(|definition| definition["properties"].as_object()) {
        let rare = [
            "interpreter",
            "example",
            "package",
            "features",
            "short",
            "env",
            "main",
            "key",
            "parameter",
            "container_path",
        ];
        missing.extend(
            properties
                .keys()
                .filter(|key| !text.contains(key.as_str()) && !rare.contains(&key.as_str())),
        );
    }
    assert!(
        missing.is_empty(),
        "not in runtime-test.yaml.example: {missing:?}"
    );
}

#[test]
fn the_penguins_walk_the_whole_way() {
    let project = Project::copy_of("examples/penguins");
    let status = project.run(&["status", "--format", "json"]).code(0);
    let status: serde_json::Value = serde_json::from_str(&status.out).expect("JSON");
    assert_eq!(status["ready"], true);
    assert_eq!(status["total"], 9);

    project.run(&["check"]).code(0);
    let run = project.run(&["run"]).code(0);
    assert!(
        run.out
            .contains("9 steps: 8 passed, 1 external, 0 failed, 0 skipped"),
        "{}",
        run.out
    );

    let home = "target/runtime-test/penguins/latest";
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{home}/summary.json"))).expect("JSON");
    assert_eq!(summary["success"], true);
    let metrics = summary["steps"]["evaluate"]["outputs"]["metrics"]
        .as_str()
        .expect("a path");
    let metrics: serde_json::Value = serde_json::from_str(&project.read(metrics)).expect("JSON");
    assert!(metrics.is_object(), "{metrics}");
    assert!(
        project
            .read(&format!("{home}/junit.xml"))
            .contains("testcase name=\"train_bill\"")
    );

    let status = project.run(&["status", "--format", "json"]).code(0);
    let status: serde_json::Value = serde_json::from_str(&status.out).expect("JSON");
    assert_eq!(status["steps"]["clean"]["state"], "validated");
    assert_eq!(status["steps"]["evaluate"]["state"], "auto_configured");
}

/// What is committed is what `init` would ask: nothing is missing, nothing is too much, and the schema is fresh.
#[test]
fn the_penguins_answers_fit_a_fresh_skeleton() {
    let project = Project::copy_of("examples/penguins");
    let answers = project.read("runtime-test.answers.yaml");
    let init = project.run(&["init"]).code(0);
    assert!(
        init.out.contains("runtime-test.answers.yaml is up to date"),
        "{}",
        init.out
    );
    assert_eq!(project.read("runtime-test.answers.yaml"), answers);
    let committed = repository().join("examples/penguins/runtime-test.answers.schema.json");
    let fresh = project.read("runtime-test.answers.schema.json");
    assert!(
        fresh == fs::read_to_string(committed).expect("the committed schema"),
        "stale: run `cargo run -- -C examples/penguins init`"
    );
}
