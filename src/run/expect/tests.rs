use std::fs;

use super::*;
use crate::manifest::load;
use crate::source::Source;

/// A folder with one output, judged by what stands under `expect`: each judgement on a line.
struct Output {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Output {
    fn new(name: &'static str, text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), text).expect("written");
        Self { folder, name }
    }

    fn told(&self, snapshots: Snapshots, expect: &str) -> Vec<String> {
        let judged = self.judged(snapshots, expect);
        let told = |judged: &Judged| {
            let sign = if judged.holds { '+' } else { '-' };
            format!("{sign} {}", judged.found)
        };
        judged.iter().map(told).collect()
    }

    fn judged(&self, snapshots: Snapshots, expect: &str) -> Vec<Judged> {
        let folder = self.folder.path();
        let text = format!(
            "version: 1\nsteps:\n  s:\n    command: [x]\n    outputs:\n      out:\n        expect: {expect}\n"
        );
        let path = folder.join("runtime-test.yaml");
        let (manifest, problems) = load::load(&Source::new(path, "m", text), folder, None);
        assert!(problems.is_empty(), "{problems:#?}");
        let manifest = manifest.expect("a manifest");
        let expectations = manifest.steps[0].expectations["out"].iter();
        let planned: Vec<PlannedExpectation> = expectations
            .map(|expectation| PlannedExpectation {
                output: "out".to_owned(),
                path: folder.join(self.name),
                data_type: DataType::of_name(self.name),
                required: true,
                what: expectation.what.clone(),
                place: expectation.place.clone(),
            })
            .collect();
        judge(&planned, snapshots, folder)
    }
}

#[test]
fn what_is_expected_is_held_against_what_came_out() {
    let table = "# made today\n\nid,label,\"a, b\"\n1,x,\"two\nlines\"\n2,y,\n3,z,w\n";
    let json = r#"{"model": "xgb", "n": 3, "loss": NaN, "auc": 0.9, "tags": ["a", "b"], "deep": {"/a~": null}}"#;
    for (name, text, expect, expected) in [
        ("t.csv", table, "{ rows: 3 }", "+ has 3 rows"),
        ("t.csv", table, "{ rows: 4 }", "- has 3 rows, expected 4"),
        (
            "t.csv",
            table,
            "{ rows: { min: 5 } }",
            "- has 3 rows, expected at least 5",
        ),
        (
            "t.csv",
            table,
            "{ rows: { min: 1, max: 2 } }",
            "- has 3 rows, expected 1 to 2",
        ),
        (
            "t.csv",
            "a;b\n1;2",
            "{ rows: 1, columns: [b] }",
            "+ has 1 row|+ has 2 columns",
        ),
        ("t.tsv", "a\tb\n", "{ rows: 0 }", "+ has 0 rows"),
        ("t.jsonl", "{}\n\n{}", "{ rows: 2 }", "+ has 2 rows"),
        (
            "t.csv",
            table,
            "{ columns: [label, \"a, b\"] }",
            "+ has 3 columns",
        ),
        (
            "t.csv",
            table,
            "{ columns: [label, lable, nope] }",
            "- lacks the columns `lable`, `nope`; its columns are id, label, a, b",
        ),
        (
            "t.json",
            json,
            "{ json: { /model: xgb, /n: 3, /tags: [a, b], /deep/~1a~0: null } }",
            "+ has \"xgb\" at `/model`|+ has 3 at `/n`|+ has [\"a\",\"b\"] at `/tags`|+ has null at `/deep/~1a~0`",
        ),
        (
            "t.json",
            json,
            "{ json: { /n: 4 } }",
            "- has 3 at `/n`, expected 4",
        ),
        ("t.json", json, "{ json: { /n: 3.0 } }", "+ has 3 at `/n`"),
        (
            "t.json",
            json,
            "{ json: { /auc: { about: 0.8, within: 0.1 }, /n: { about: 3.2, within: 0.1 } } }",
            "+ has 0.9 at `/auc`|- has 3 at `/n`, expected 3.2 ± 0.1",
        ),
        (
            "t.json",
            json,
            "{ json: { /loss: { max: 1 }, /auc: { min: 0.95 } } }",
            "- has \"NaN\" at `/loss`, expected a number, at most 1|- has 0.9 at `/auc`, expected at least 0.95",
        ),
        (
            "t.json",
            json,
            "{ json: { /deep/x/y: 1, /tags/7: a, /n/x: 1 } }",
            "- has nothing at `/deep/x/y`; `/deep` holds the keys `/a~`|- has nothing at `/tags/7`; `/tags` holds 2 items|- has nothing at `/n/x`; `/n` holds 3",
        ),
        (
            "t.json",
            "{",
            "{ json: { /a: 1 } }",
            "- cannot be read as JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "t.txt",
            "accuracy: 0.93\ndone\n",
            "{ matches: [\"^accuracy: 0\\\\.9\", \"^done$\"], lacks: Traceback }",
            "+ contains `^accuracy: 0\\.9`|+ contains `^done$`|+ does not contain `Traceback`",
        ),
        (
            "t.txt",
            "Traceback\n",
            "{ matches: ok, lacks: Traceback }",
            "- does not contain `ok`|- contains `Traceback`, which it should not",
        ),
    ] {
        let told = Output::new(name, text).told(Snapshots::Compared, expect);
        assert_eq!(told.join("|"), expected, "{expect}");
    }
}

#[test]
fn files_of_a_folder_are_counted() {
    let output = Output::new("note", "");
    for name in ["out/a.png", "out/b.png", "out/deep/c.png", "out/d.txt"] {
        let path = output.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, "x").expect("written");
    }
    let output = Output {
        name: "out",
        ..output
    };
    let told = output.told(
        Snapshots::Compared,
        "{ files: { \"*.png\": 2, \"**/*.png\": { max: 2 }, \"*.{txt,md}\": { min: 1 } } }",
    );
    let expected = [
        "+ holds 2 files like `*.png`",
        "- holds 3 files like `**/*.png`, expected at most 2",
        "+ holds 1 file like `*.{txt,md}`",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_snapshot_is_missed_blessed_equalled_and_missed_again() {
    for (name, first, close, other, differences) in [
        (
            "t.csv",
            "id,x\n1,0.50\n2,b\n",
            "id,x\r\n1,0.5004\r\n2,b\r\n",
            "id,x\n1,0.6\n2,c\n",
            "row 1, `x` is `0.6`, expected `0.50`; row 2, `x` is `c`, expected `b`",
        ),
        (
            "t.csv",
            "id\n1\n",
            "id\n1.0005\n",
            "id\n1\n2\n3\n",
            "3 rows, expected 1",
        ),
        (
            "t.csv",
            "id\n1\n",
            "id\n1\n",
            "ID\n1\n",
            "the columns are ID, expected id",
        ),
        (
            "t.json",
            r#"{"a": [1, 2], "b": {"c": "x"}}"#,
            r#"{"b": {"c": "x"}, "a": [1.0001, 2]}"#,
            r#"{"a": [1], "b": {"d": 1}, "e": 2}"#,
            "1 items at `/a`, expected 2; nothing at `/b/c`, expected \"x\"; 1 at `/b/d`, expected nothing; and 1 more difference",
        ),
        (
            "t.jsonl",
            "{\"a\": 1}\n",
            "{\"a\": 1.0001}\n",
            "{\"a\": 2}\n",
            "line 1: 2 at `/a`, expected 1",
        ),
        (
            "t.txt",
            "a\nb\n",
            "a\nb\n",
            "a\nc\n",
            "line 2 is `c`, expected `b`",
        ),
        (
            "t.txt",
            "a\n",
            "a\n",
            "a\r\n",
            "only the ends of lines differ",
        ),
        (
            "t.bin",
            "\u{0}\u{1}",
            "\u{0}\u{1}",
            "\u{0}\u{2}",
            "line 1 is `\u{0}\u{2}`, expected `\u{0}\u{1}`",
        ),
    ] {
        let output = Output::new(name, first);
        let expect = "{ snapshot: { path: kept/it, within: 0.001 } }";
        let tell = |text: &str, snapshots| {
            fs::write(output.folder.path().join(name), text).expect("written");
            output.told(snapshots, expect).join("|")
        };
        assert_eq!(
            tell(first, Snapshots::Compared),
            "- has no snapshot `kept/it` yet; accept what came out with `run --bless`"
        );
        assert_eq!(
            tell(first, Snapshots::Blessed),
            "+ was kept as the new `kept/it`"
        );
        assert_eq!(tell(close, Snapshots::Compared), "+ equals `kept/it`");
        // What equals the old one well enough does not become a new one.
        assert_eq!(tell(close, Snapshots::Blessed), "+ equals `kept/it`");
        let kept = fs::read_to_string(output.folder.path().join("kept/it")).expect("kept");
        assert_eq!(kept, first);
        assert_eq!(
            tell(other, Snapshots::Compared),
            format!(
                "- differs from its snapshot `kept/it`: {differences}; accept it with `run --bless` if that is right"
            )
        );
        assert_eq!(
            tell(other, Snapshots::Blessed),
            "+ was kept as the new `kept/it`"
        );
    }
}

#[test]
fn nothing_is_blessed_that_is_wrong_otherwise() {
    let output = Output::new("t.csv", "a\n1\n");
    let told = output.told(Snapshots::Blessed, "{ rows: 7, snapshot: kept }");
    assert!(told.iter().all(|line| line.starts_with('-')), "{told:?}");
    assert!(!output.folder.path().join("kept").exists());
    let judged = output.judged(Snapshots::Compared, "{ rows: 7, columns: [b] }");
    assert_eq!(
        reason(&judged).as_deref(),
        Some("output `out` (`t.csv`) has 1 row, expected 7; 1 more expectation does not hold")
    );
    assert_eq!(judged[0].at, "m:7:19");
}
