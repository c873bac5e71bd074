//! The published schemas are those of the types; `UPDATE_SCHEMAS=1 cargo test schemas` writes them anew.

use std::fs;
use std::path::Path;

use runtime_test::published;

#[test]
fn published_schemas_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut names = Vec::new();
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
        names.push(format!("{name}.schema.json"));
    }
    for entry in fs::read_dir(&folder).expect("schemas").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "schemas/{name} belongs to no format");
    }
}
