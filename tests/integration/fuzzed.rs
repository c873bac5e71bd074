//! What the fuzzers of `tests/fuzz` found or began with, once more: every file goes through the probe of its folder.

use std::fs;
use std::path::Path;

#[path = "../fuzz/probe.rs"]
mod probe;

/// A probe and its name, which is that of its folder.
type Probe = (&'static str, fn(&[u8]));

const PROBES: &[Probe] = &[
    ("manifest", probe::manifest),
    ("answers", probe::answers),
    ("contract", probe::contract),
    ("python", probe::python),
    ("script", probe::script),
    ("data", probe::data),
];

#[test]
fn what_fuzzers_found_stays_mended() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, probe) in PROBES {
        let files = fs::read_dir(corpus.join(name)).expect("a folder of the corpus");
        let mut count = 0;
        for file in files.flatten() {
            let bytes = fs::read(file.path()).expect("a file");
            let probed = std::panic::catch_unwind(|| probe(&bytes));
            assert!(probed.is_ok(), "{}", file.path().display());
            count += 1;
        }
        assert!(count > 0, "nothing in {name}");
    }
}
