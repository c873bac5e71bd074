//! The published schemas are those of the types; `UPDATE_SCHEMAS=1 cargo test schemas` writes them anew.

use std::fs;
use std::path::Path;

use runtime_test::diagnostic::{Code, Severity};
use runtime_test::published;
use runtime_test::shape::Shape;

use crate::common::Project;

/// What commands print and runs leave is what the published schemas say.
#[test]
fn what_is_written_fits_its_schema() {
    let project = Project::copy_of("examples/penguins");
    project.run(&["run"]).code(0);
    let latest = |name: &str| project.read(&format!("target/runtime-test/penguins/latest/{name}"));
    let mut written = vec![
        (
            "inspect",
            project.run(&["inspect", "--format", "json"]).code(0).out,
        ),
        (
            "status",
            project.run(&["status", "--format", "json"]).code(0).out,
        ),
        (
            "check",
            project.run(&["check", "--format", "json"]).code(0).out,
        ),
        ("summary", latest("summary.json")),
        ("plan", latest("plan.json")),
        ("files", latest("files.json")),
    ];
    written.extend(
        latest("events.jsonl")
            .lines()
            .map(|line| ("events", line.to_owned())),
    );
    for (name, text) in written {
        let (_, schema) = published::all()
            .into_iter()
            .find(|(known, _)| *known == name)
            .expect("published");
        let shape = Shape::compile(serde_json::from_str(&schema).expect("JSON")).expect("a schema");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(shape.misfits(&value), [], "{name}: {text}");
    }
}

/// Every finding with its story, as a page.
fn page_of_findings() -> String {
    let mut page = "# Findings\n\nEverything that `check` and its like can tell, by its code. `cargo runtime-test explain CODE` tells the same \
        in a terminal. Warnings, remarks and the errors marked `*` can be ignored with `--allow CODE`.\n\n\
        | code | | what it means |\n| --- | --- | --- |\n"
        .to_owned();
    for code in Code::ALL {
        let severity = code.severity();
        let mark = match severity {
            Severity::Error if code.may_be_allowed() => "\\*",
            _ => "",
        };
        let (word, meaning) = (severity.as_str(), code.meaning());
        page += &format!("| [`{code}`](#{code}) | {word}{mark} | {meaning} |\n");
    }
    for code in Code::ALL {
        page += &format!("\n## {code}\n\n{}\n", code.story());
    }
    page
}

#[test]
fn the_page_of_findings_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/findings.md");
    let page = page_of_findings();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, &page).expect("written");
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == page,
        "schemas/findings.md is stale: run `UPDATE_SCHEMAS=1 cargo test schemas`"
    );
}

#[test]
fn published_schemas_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut names = vec!["findings.md".to_owned()];
    for (name, text) in published::all() {
        let file = folder.join(format!("{name}.schema.json"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&file, &text).expect("written");
        }
        let there = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            there == text,
            "schemas/{name}.schema.json is stale: run `UPDATE_SCHEMAS=1 cargo test schemas`"
        );
        let schema = serde_json::from_str(&text).expect("JSON");
        Shape::compile(schema).expect("a schema");
        names.push(format!("{name}.schema.json"));
    }
    for entry in fs::read_dir(&folder).expect("schemas").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "schemas/{name} belongs to no format");
    }
}
