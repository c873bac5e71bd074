//! Answers from several texts: which one counts, and where findings point.

use insta::assert_snapshot;

use super::*;
use crate::answers::sources::Sources;

/// What every step gets from three texts, a line each, and all findings.
fn layered(answers: &str, profile: &str, settings: &[&str]) -> String {
    let text = |name: &str, text: &str| (!text.is_empty()).then(|| Source::new(name, name, text));
    let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
    let sources = Sources {
        answers: text("a.yaml", answers),
        profile: text("a.ci.yaml", profile),
        settings: Vec::new(),
    }
    .with_settings(&settings);
    let owned = pipeline();
    let loaded = load::load_all(&sources, &borrowed(&owned), &environment);
    let mut lines = Vec::new();
    for (step, answers) in loaded.answers.steps() {
        for (kind, name, given) in answers.iter() {
            let value = match &given.answer {
                Answer::Value(value) => value.to_string(),
                Answer::From(from) => format!("from {from}"),
            };
            let section = kind.section();
            let origin = given.origin.as_str();
            lines.push(format!(
                "{step}.{section}.{name} = {value}, {origin} ({})",
                given.place
            ));
        }
    }
    for finding in &loaded.findings {
        let d = &finding.diagnostic;
        if d.code != Code::AnswerMissing {
            let place = d.place().expect("a place");
            let text = place.source.slice(place.span);
            let help = d.help.as_deref().unwrap_or_default();
            lines.push(format!(
                "{place} `{text}` {}: {} ({help})",
                d.code.as_str(),
                d.message
            ));
        }
    }
    lines.join("\n")
}

#[test]
fn the_strongest_answer_counts() {
    let answers = "common: {args: {label_field: all, rounds: 1, by_name: all}, env: {LOG_LEVEL: debug}}\n\
        steps:\n  train: {args: {rounds: 2, rate: 0.1, level: 1, features: [a]}}\n  serve: {args: {mode: live, by_id: 7, port: 1}}\n";
    let profile = "common: {args: {label_field: ci}}\nsteps: {train: {args: {rounds: 3, rate: , level: 2}}}\n";
    let settings = [
        "train.args.level=1",
        "train.args.features=[x, 'y']",
        "train.inputs.train={from: clean.cleaned}",
    ];
    assert_snapshot!(layered(answers, profile, &settings), @r#"
train.inputs.train = from clean.cleaned, command line (--set)
train.args.features = ["x","y"], command line (--set)
train.args.level = 1, command line (--set)
train.args.rounds = 3, profile's answers (a.ci.yaml:2)
train.args.rate = 0.1, answers (a.yaml:3)
serve.args.mode = "live", answers (a.yaml:4)
serve.args.by_id = "7", answers (a.yaml:4)
serve.args.port = 1, answers (a.yaml:4)
clean.args.label_field = "ci", profile's common answers (a.ci.yaml:1)
report.env.LOG_LEVEL = "debug", common answers (a.yaml:1)
"#);
    assert_snapshot!(layered(answers, "", &[]), @r#"
train.args.rounds = 2, answers (a.yaml:3)
train.args.rate = 0.1, answers (a.yaml:3)
train.args.level = 1, answers (a.yaml:3)
train.args.features = ["a"], answers (a.yaml:3)
serve.args.mode = "live", answers (a.yaml:4)
serve.args.by_id = "7", answers (a.yaml:4)
serve.args.port = 1, answers (a.yaml:4)
clean.args.label_field = "all", common answers (a.yaml:1)
report.env.LOG_LEVEL = "debug", common answers (a.yaml:1)
"#);
}

#[test]
fn what_stands_at_a_wrong_place_is_told_once_and_nothing_is_missing_because_of_it() {
    let told = |answers: &str| {
        let owned = pipeline();
        let loaded = load::load(
            &Source::new("a.yaml", "a.yaml", answers),
            &borrowed(&owned),
            &environment,
        );
        let of_step = |f: &&Finding| f.step.as_deref() == Some("clean");
        let lines = loaded.findings.iter().filter(of_step).map(|f| {
            let help = f.diagnostic.help.as_deref().unwrap_or_default();
            format!("{} ({help})", f.diagnostic.message)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(told("clean: {env: {MISSING_VALUE: NA}, args: {label_field: a}}\n"), @"the answers of step `clean` stand outside of `steps` (write `steps:` above it, and indent `clean` below that)");
    assert_snapshot!(told("steps: {clean: {outputs: {MISSING_VALUE: NA}, parameters: {label_field: a}}}\n"), @r"
    step `clean` has no output `MISSING_VALUE` (`MISSING_VALUE` belongs under `env:`)
    unknown key `parameters` in the answers of step `clean` (`label_field` belongs under `args:`)
    ");
}

#[test]
fn findings_point_at_the_text_that_is_wrong() {
    let answers = "common: {args: {label_field: A B, level: 9, lable_field: x}, inputs: {raw: a}, evn: {}}\nsteps: {}\n";
    let profile = "steps: {train: {args: {rounds: 1000, features: [[]]}}, trian: {}}\n";
    let settings = [
        "train.args.rat=5",
        "tarin.args.rate=5",
        "train.args.verbose=perhaps",
        "clean.env.MISSING_VALUE=",
        "serve.args.mode=",
        "report.args.title=${NOWHERE}",
        "train.inputs.train={from: a.b}",
    ];
    assert_snapshot!(layered(answers, profile, &settings), @r#"
clean.env.MISSING_VALUE = "", command line (--set)
a.yaml:1 `A B` answer-pattern: `label_field` of step `clean` cannot be `A B` (write a text that matches `^[a-z_]+$`)
a.yaml:1 `9` answer-choice: `level` of step `train` cannot be `9` (write one of `1` and `2`)
a.yaml:1 `lable_field` unknown-answer: no step has an argument `lable_field` (did you mean `label_field`?)
a.yaml:1 `inputs` unknown-answer: unknown key `inputs` in `common` (inputs differ from step to step: write them under their steps)
a.yaml:1 `evn` unknown-answer: unknown key `evn` in `common` (did you mean `env`?)
a.ci.yaml:1 `1000` answer-range: `rounds` of step `train` cannot be `1000` (write a whole number from 1 to 500)
a.ci.yaml:1 `[]` answer-type: `features` of step `train` is a list, expected a list of texts (write a list of texts)
a.ci.yaml:1 `trian` unknown-step: no step `trian` in the pipeline (did you mean `train`?)
--set `rat` unknown-answer: step `train` has no argument `rat` (did you mean `rate`?)
--set `tarin` unknown-step: no step `tarin` in the pipeline (did you mean `train`?)
--set `perhaps` answer-type: `verbose` of step `train` is a text, expected true or false (write true or false)
--set `mode` answer-choice: `mode` of step `serve` cannot be `` (write one of `batch` and `live`)
--set `${NOWHERE}` variable-not-set: `title` of step `report` takes its value from `NOWHERE`, which is not set (set `NOWHERE` before you run, or write `${NOWHERE:-default}`)
--set `a.b` answer-reference: no output `a.b` for `train` of step `train` (the outputs of the steps before are `clean.cleaned` and `supplier.raw`)
"#);
    assert_snapshot!(layered("steps: [", "steps: {", &["nonsense"]), @r#"
a.ci.yaml:1 `{` yaml-syntax: not valid YAML: a bracket or brace is not closed, or one too many is (check the indentation, the brackets and the quotes here; quote a value that contains `: ` or ` #`)
a.yaml:1 `[` yaml-syntax: not valid YAML: a bracket or brace is not closed, or one too many is (check the indentation, the brackets and the quotes here; quote a value that contains `: ` or ` #`)
--set `nonsense` unknown-answer: `nonsense` is not an answer (write `STEP.args.NAME=VALUE`, with `inputs`, `outputs`, `env` or `args` in the middle)
"#);
}
