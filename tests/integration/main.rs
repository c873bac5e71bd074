//! All tests that look at the project from outside: its layers, its published files, its commands.

mod answers;
mod cache;
mod codes;
mod common;
mod configure;
mod containers;
mod contracts;
mod crash;
mod editor;
mod examples;
mod findings;
mod fuzzed;
mod hostile;
mod images;
mod journey;
mod launch;
mod layers;
mod live;
mod mistakes;
mod months;
mod mutations;
mod reports;
mod schemas;
mod selection;
mod settled;

/// Every file beside this one is compiled; a forgotten one would be a test that never fails.
#[test]
fn every_file_here_is_a_module() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(folder)
        .expect("the folder of the tests")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            assert!(
                main.contains(&format!("mod {module};")),
                "`{name}` is not a module of main.rs"
            );
        }
    }
}
