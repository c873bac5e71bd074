use serde_json::json;

use super::*;
use crate::source::{Source, Span};

/// A finding of each severity, one of them in a file with a name that has to be escaped, one without a file.
fn findings() -> Diagnostics {
    let manifest = Source::new("/repo/sub dir/m.yaml", "m.yaml", "é: 100%\nneed: [x]\n");
    let script = Source::new("/else/a,b:c.py", "/else/a,b:c.py", "one\ntwo\n");
    let at = |start, end| manifest.at(Span::new(start, end));
    Diagnostics::from_iter([
        Diagnostic::new(Code::UnknownKey, "unknown key `need`")
            .at(at(9, 13), "nothing reads it")
            .at(script.at(Span::new(4, 7)), "asked for here")
            .help("did you mean `needs`?\nit is 100%"),
        Diagnostic::new(Code::RepeatedNeed, "twice").at(at(0, 20), ""),
        Diagnostic::new(Code::UnusedOutput, "unused").at(script.at(Span::new(0, 3)), ""),
        Diagnostic::new(Code::InputEmpty, "nothing in it"),
    ])
}

fn told(policy: &Policy) -> Vec<(Code, Severity)> {
    let told = decide(findings(), policy, &Baseline::default());
    assert_eq!(told.allowed + told.findings.len(), 4);
    told.findings
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

#[test]
fn people_decide_how_much_a_finding_matters_but_not_that_nothing_can_run() {
    use Code::{InputEmpty, RepeatedNeed, UnknownKey, UnusedOutput};
    use Severity::{Advice, Error, Warning};
    let usual = [
        (UnknownKey, Error),
        (RepeatedNeed, Warning),
        (UnusedOutput, Advice),
        (InputEmpty, Error),
    ];
    assert_eq!(told(&Policy::default()), usual);
    let all = vec![UnknownKey, RepeatedNeed, UnusedOutput, InputEmpty];
    let allow = Policy {
        allow: all.clone(),
        deny_warnings: true,
        ..Policy::default()
    };
    assert_eq!(told(&allow), [(UnknownKey, Error)]);
    let warn = Policy {
        warn: all,
        ..Policy::default()
    };
    let warned = [
        (UnknownKey, Error),
        (RepeatedNeed, Warning),
        (UnusedOutput, Warning),
        (InputEmpty, Warning),
    ];
    assert_eq!(told(&warn), warned);
    let deny = Policy {
        deny_warnings: true,
        ..Policy::default()
    };
    assert_eq!(told(&deny)[1], (RepeatedNeed, Error));
    assert_eq!(told(&deny)[2], (UnusedOutput, Advice));
}

#[test]
fn a_baseline_knows_findings_wherever_they_move_and_only_as_many_as_it_has_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/baseline.json");
    Baseline::of(&findings()).write(&path).expect("written");
    let baseline = Baseline::load(&path).expect("read");
    assert_eq!(baseline, Baseline::of(&findings()));

    let moved = Source::new("/repo/sub dir/m.yaml", "m.yaml", "\n\n\nneed: [x]\n");
    let key = Diagnostic::new(Code::UnknownKey, "unknown key `need`");
    let now = Diagnostics::from_iter([
        key.clone().at(moved.at(Span::new(3, 7)), ""),
        key.at(moved.at(Span::new(9, 10)), ""),
    ]);
    let told = decide(now, &Policy::default(), &baseline);
    assert_eq!((told.findings.len(), told.known, told.stale), (1, 1, 3));
    assert_eq!(
        told.summary().as_deref(),
        Some("1 in the baseline, 3 entries of the baseline fit nothing any more")
    );
    assert_eq!(Told::default().summary(), None);

    let refused = |text: &str| {
        std::fs::write(&path, text).expect("written");
        Baseline::load(&path).expect_err(text)
    };
    assert_eq!(refused("{"), "it is not a baseline (line 1)");
    assert!(refused("{\"version\": 2, \"findings\": []}").contains("version 2"));
    assert!(
        Baseline::load(folder.path().join("none").as_path())
            .expect_err("none")
            .contains("--write-baseline")
    );
}

#[test]
fn github_shows_findings_beside_their_lines() {
    insta::assert_snapshot!(github::render(&findings(), "/repo".as_ref()), @r"
    ::error file=sub dir/m.yaml,line=2,endLine=2,col=1,endColumn=5,title=unknown-key::unknown key `need`: nothing reads it%0Ahelp: did you mean `needs`?%0Ait is 100%25%0A/else/a,b:c.py:2: asked for here
    ::warning file=sub dir/m.yaml,line=1,endLine=3,title=repeated-need::twice
    ::notice file=/else/a%2Cb%3Ac.py,line=1,endLine=1,col=1,endColumn=4,title=unused-output::unused
    ::error title=input-empty::nothing in it
    ");
}

#[test]
fn json_tells_every_place() {
    let told = decide(findings(), &Policy::default(), &Baseline::default());
    let report = serde_json::to_value(json::report(&told, Some("p"), false)).expect("JSON");
    assert_eq!(
        report["findings"][0]["places"],
        json!([
            { "file": "m.yaml", "line": 2, "column": 1, "end_line": 2, "end_column": 5, "text": "nothing reads it" },
            { "file": "/else/a,b:c.py", "line": 2, "column": 1, "end_line": 2, "end_column": 4, "text": "asked for here" },
        ])
    );
    assert_eq!(
        report["summary"],
        json!({ "errors": 2, "warnings": 1, "advice": 1, "allowed": 0, "in_baseline": 0 })
    );
    assert_eq!(report["findings"][3]["places"], json!([]));
}

#[test]
fn sarif_has_a_rule_for_each_code_and_uris_that_can_be_followed() {
    let log = sarif::render(&findings(), "/repo".as_ref());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), Code::ALL.len());
    let results = run["results"].as_array().expect("results");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index");
        assert_eq!(
            rules[usize::try_from(index).expect("small")]["id"],
            result["ruleId"]
        );
    }
    let mut first = results[0].clone();
    first["ruleIndex"] = "[index]".into();
    insta::assert_json_snapshot!(first, @r#"
    {
      "ruleId": "unknown-key",
      "ruleIndex": "[index]",
      "level": "error",
      "message": {
        "text": "unknown key `need`: nothing reads it\nhelp: did you mean `needs`?\nit is 100%\n/else/a,b:c.py:2: asked for here"
      },
      "locations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "sub%20dir/m.yaml",
              "uriBaseId": "%SRCROOT%"
            },
            "region": {
              "startLine": 2,
              "startColumn": 1,
              "endLine": 2,
              "endColumn": 5
            }
          }
        }
      ],
      "partialFingerprints": {
        "runtimeTest/v1": "unknown-key:sub dir/m.yaml:unknown key `need`"
      },
      "relatedLocations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "file:///else/a%2Cb%3Ac.py"
            },
            "region": {
              "startLine": 2,
              "startColumn": 1,
              "endLine": 2,
              "endColumn": 4
            }
          },
          "id": 0,
          "message": {
            "text": "asked for here"
          }
        }
      ]
    }
    "#);
    assert_eq!(results[3]["locations"], json!([]));
    assert_eq!(results[2]["level"], "note");
}
