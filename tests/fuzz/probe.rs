//! What is done with bytes that may be anything: as a manifest, answers, a contract, a script, a data file. Each probe
//! panics where a promise is broken: findings in our own words, at places that exist, in texts that can be drawn.
//!
//! The fuzz targets call these functions, and an ordinary test calls them with the files of `corpus/`.

#![allow(dead_code)] // each target uses one of them

use std::path::Path;
use std::sync::{Once, OnceLock};
use std::{fs, panic};

use runtime_test::analysis::{self, Analysis, Options};
use runtime_test::answers::refresh::{self, Renames, Scope};
use runtime_test::answers::{Answers, load};
use runtime_test::diagnostic::Diagnostics;
use runtime_test::extract::{self, contract};
use runtime_test::requirement::{Claim, DataType, Note, Reading};
use runtime_test::script::Language;
use runtime_test::source::{Place, Source};
use runtime_test::ui::{Ui, Verbosity};
use runtime_test::{check, manifest, proof, yaml};

/// What our libraries say when they are left to speak for themselves.
pub const FOREIGN: &[&str] = &[
    "panicked",
    "RUST_BACKTRACE",
    "invalid type:",
    "missing field",
    "did not match any variant",
    "os error",
    "recursion limit",
    "at line ",
    "SCAN",
    "JSON Schema",
    "granit",
    "serde",
];

/// The largest text that is worth the time of a fuzzer, in bytes.
const LARGEST: usize = 64 * 1024;

/// A text as it would come from a file that has to be UTF-8.
fn text(bytes: &[u8]) -> Option<Source> {
    let text = std::str::from_utf8(bytes).ok()?;
    (bytes.len() <= LARGEST).then(|| Source::new("/probed/file", "file", text))
}

/// Findings can be drawn, in our own words, at places inside their texts.
#[track_caller]
pub fn findings(problems: &Diagnostics, given: &str) {
    for problem in problems.iter() {
        let help = problem.help.iter().map(String::as_str);
        let labels = problem.labels.iter().map(|label| label.text.as_str());
        for said in help.chain(labels).chain([problem.message.as_str()]) {
            for words in FOREIGN {
                // What the user wrote is repeated to them.
                assert!(
                    !said.contains(words) || given.contains(words),
                    "{words:?} in {said:?}"
                );
            }
        }
        assert!(!problem.message.is_empty());
        for label in &problem.labels {
            place(&label.place);
        }
    }
    let (mut ui, printed) = Ui::kept(80, Verbosity::Normal);
    ui.diagnostics(problems);
    assert!(problems.is_empty() != printed.err().contains('['));
}

/// A place is inside its text, and between characters.
#[track_caller]
fn place(place: &Place) {
    let range = place.span.range();
    assert!(
        place.source.text().get(range.clone()).is_some(),
        "{range:?} of {} bytes",
        place.source.text().len()
    );
}

fn claims(claims: &[Claim], notes: &[Note]) {
    for claim in claims {
        for evidence in &claim.evidence {
            place(&evidence.place);
        }
    }
    for note in notes {
        place(&note.place);
        // A reader that panics is caught, and told by this note.
        assert_ne!(note.code, "not-read", "{}", note.message);
    }
}

/// A manifest.
pub fn manifest(bytes: &[u8]) {
    let Some(source) = text(bytes) else { return };
    for profile in [None, Some("ci")] {
        let (manifest, mut problems) =
            manifest::load::load(&source, Path::new("/probed"), profile.map(Into::into));
        if let Some(manifest) = &manifest {
            assert_eq!(manifest.graph.order().len(), manifest.steps.len());
        } else {
            assert!(problems.has_errors());
        }
        problems = problems.sorted();
        findings(&problems, source.text());
    }
    let Ok(document) = yaml::parse(&source) else {
        return;
    };
    let again = Source::new("/probed/again", "again", yaml::dump(&document.value));
    let again = yaml::parse(&again).expect("what we write we read");
    assert_eq!(document.value, again.value);
}

/// A pipeline that asks for every kind of answer.
const ASKING: &[(&str, &str)] = &[
    (
        "runtime-test.yaml",
        "version: 1
pipeline: probed
steps:
  supplier:
    external: true
    outputs: { raw: { type: csv } }
  prepare:
    script: prepare.py
    needs: [supplier]
    inputs: { table: { from: supplier.raw } }
    env: { API_TOKEN: { required: true }, SITE: { pattern: '^[a-z]+$' } }
    args: { ratio: { type: float, min: 0, max: 1 } }
  train:
    script: train.sh
    needs: [prepare]
    outputs: { model: { type: file } }
",
    ),
    (
        "prepare.py",
        "import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument('table')
parser.add_argument('--out', required=True, help='where to write')
parser.add_argument('--ratio', type=float, required=True)
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--columns', nargs='+')
parser.add_argument('--dry', action='store_true')
parser.add_argument('--mode', choices=['fast', 'slow'], required=True)
group = parser.add_mutually_exclusive_group()
group.add_argument('--only')
group.add_argument('--except')
args = parser.parse_args()
token, site = os.environ['API_TOKEN'], os.environ['SITE']
open(args.out, 'w').write(open(args.table).read())
",
    ),
    (
        "train.sh",
        "model=${1:?where to write}\necho \"${LEVEL:?how much} ${NAME:-nobody}\" > \"$model\"\n",
    ),
];

fn asking() -> &'static Analysis {
    static ASKED: OnceLock<Analysis> = OnceLock::new();
    ASKED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in ASKING {
            fs::write(folder.path().join(name), text).expect("written");
        }
        let options = Options {
            folder: folder.path().to_owned(),
            ..Options::default()
        };
        let analysis = analysis::analyse(&options).expect("it can be read");
        assert!(!analysis.problems.has_errors(), "{:?}", analysis.problems);
        analysis
    })
}

/// What is given, by step, and without places.
fn given(answers: &Answers) -> Vec<String> {
    let mut all: Vec<String> = answers
        .steps()
        .flat_map(|(step, answers)| {
            answers
                .iter()
                .map(move |(kind, name, given)| format!("{step} {kind} {name} {:?}", given.answer))
        })
        .collect();
    all.sort();
    all
}

/// Answers: read, weighed, and brought up to date.
pub fn answers(bytes: &[u8]) {
    let Some(source) = text(bytes) else { return };
    let steps = check::asked(asking());
    let environment = |name: &str| (name == "HOME").then(|| "/home/probed".to_owned());
    let loaded = load::load(&source, &steps, &environment);
    findings(&loaded.diagnostics(), source.text());
    let Ok(refreshed) = refresh::refresh(&source, &steps, Scope::Whole, Renames::Suggest) else {
        return;
    };
    let after = Source::new("/probed/after", "after", refreshed.text.as_str());
    let again = load::load(&after, &steps, &environment);
    assert_eq!(
        given(&loaded.answers),
        given(&again.answers),
        "no answer is lost by a refresh:\n{}",
        refreshed.text
    );
}

/// A contract beside a script.
pub fn contract(bytes: &[u8]) {
    let Some(source) = text(bytes) else { return };
    let subject = contract::Subject {
        step: "prepare",
        script: Some(Path::new("/probed/prepare.py")),
        folder: Path::new("/probed"),
        code: &[],
        files: &|_| None,
    };
    let read = contract::read(&source, &subject);
    findings(&read.problems.clone().sorted(), source.text());
    claims(&read.claims, &read.notes);
}

fn read(language: Language, bytes: &[u8]) -> Reading {
    // A fuzzer ends at any panic; those of others' grammars are caught, and ours are told in a note, which is looked for.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !extract::is_guarded() {
                usual(panic);
            }
        }));
    });
    let source = Source::from_bytes("/probed/script", "script", bytes);
    // The project's other files are the script itself: what loads itself must come to an end.
    let own = source.clone();
    let files = move |path: &Path| {
        (path.to_string_lossy().len() < 60).then(|| Source::new(path, "other", own.text()))
    };
    let folders = |path: &Path| path.to_string_lossy().len() < 40;
    let project = extract::Project::new(&files, &folders);
    let reading = extract::extract(language, &source, None, &project);
    claims(&reading.claims, &reading.notes);
    if let Some((at, why)) = &reading.syntax_error {
        place(at);
        assert!(!why.is_empty());
    }
    extract::merge::merge(&[&reading.claims]);
    reading
}

/// A Python script.
pub fn python(bytes: &[u8]) {
    if bytes.len() <= LARGEST {
        read(Language::Python, bytes);
    }
}

/// A script in one of the other languages, which its first byte chooses.
pub fn script(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let language = match first % 4 {
        0 => Language::Shell,
        1 => Language::Rust,
        2 => Language::R,
        _ => Language::Notebook,
    };
    if bytes.len() <= LARGEST {
        read(language, text);
    }
}

/// A data file of every type.
pub fn data(bytes: &[u8]) {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("data");
    fs::write(&path, bytes).expect("written");
    for data_type in DataType::ALL {
        let wrong = proof::of_file(&path, *data_type).expect("it can be read");
        for words in FOREIGN {
            let is_foreign = wrong.as_ref().is_some_and(|wrong| wrong.contains(words));
            assert!(!is_foreign, "{wrong:?}");
        }
    }
}
