//! A small pipeline written by hand, and one driver: text in, findings out.

mod layered;
mod random;
mod refreshing;

use insta::assert_snapshot;
use serde_json::json;

use super::load::{self, Loaded};
use super::skeleton::{self, Detail};
use super::*;
use crate::asked;
use crate::diagnostic::Code;
use crate::requirement::{
    Binding, DataType, Evidence, Layer, Origins, Requirement, ValueType, Wire,
};
use crate::schema;
use crate::secret::is_secret_name;
use crate::shape::Shape;
use crate::source::{Source, Span};
use crate::yaml;

/// A requirement about which nothing is known but its name, bound as its kind usually is.
pub(crate) fn requirement(kind: Kind, name: &str) -> Requirement {
    let script = Source::new("scripts/a.py", "scripts/a.py", "import os\nask()\n");
    Requirement {
        name: name.to_owned(),
        kind,
        bindings: match kind {
            Kind::Env => vec![Binding::env(name)],
            _ => vec![Binding::flag(format!("--{}", name.replace('_', "-")))],
        },
        value_type: if kind.is_path() {
            ValueType::Path
        } else {
            ValueType::String
        },
        required: true,
        default: None,
        own_default: None,
        choices: Vec::new(),
        pattern: None,
        min: None,
        max: None,
        example: None,
        description: None,
        data_type: None,
        secret: false,
        aliases: Vec::new(),
        path: None,
        columns: None,
        files: None,
        only_tested: false,
        supplied: false,
        from: None,
        suggested: None,
        when: None,
        exclusive: None,
        confidence: Default::default(),
        evidence: vec![Evidence {
            place: script.at(Span::new(10, 15)),
            layer: Layer::Static,
            rule: "argparse",
        }],
        origins: Origins::default(),
    }
}

fn typed(kind: Kind, name: &str, value_type: ValueType) -> Requirement {
    Requirement {
        value_type,
        ..requirement(kind, name)
    }
}

fn optional(requirement: Requirement, default: Value) -> Requirement {
    Requirement {
        required: false,
        default: Some(default),
        ..requirement
    }
}

/// Steps, each with the places of those it needs.
pub(crate) type Owned = Vec<(&'static str, Vec<usize>, Vec<Requirement>)>;

pub(crate) fn borrowed(owned: &Owned) -> Vec<StepRequirements<'_>> {
    owned
        .iter()
        .map(|(step, needs, requirements)| StepRequirements {
            step,
            description: None,
            requirements,
            needs: needs.clone(),
        })
        .collect()
}

/// A pipeline with a bit of everything.
pub(crate) fn pipeline() -> Owned {
    let wire = |step: &str, output: &str| {
        Some(Wire {
            from: OutputRef {
                step: step.into(),
                output: output.into(),
            },
            declared: true,
        })
    };
    let csv = Some(DataType::Csv);
    vec![
        (
            "supplier",
            vec![],
            vec![Requirement {
                supplied: true,
                bindings: vec![],
                data_type: csv,
                description: Some("the penguins as supplied".into()),
                ..requirement(Kind::Output, "raw")
            }],
        ),
        (
            "clean",
            vec![0],
            vec![
                Requirement {
                    from: wire("supplier", "raw"),
                    data_type: csv,
                    ..requirement(Kind::Input, "raw")
                },
                Requirement {
                    data_type: csv,
                    ..requirement(Kind::Output, "cleaned")
                },
                Requirement {
                    description: Some("how the supplier writes a gap".into()),
                    example: Some(json!("NA")),
                    ..requirement(Kind::Env, "MISSING_VALUE")
                },
                Requirement {
                    description: Some("column that holds the label\nto predict".into()),
                    pattern: Some("^[a-z_]+$".into()),
                    ..requirement(Kind::Arg, "label_field")
                },
                Requirement {
                    choices: vec![json!("drop"), json!("fill")],
                    ..optional(
                        typed(Kind::Arg, "missing", ValueType::Choice),
                        json!("drop"),
                    )
                },
                Requirement {
                    secret: true,
                    required: false,
                    ..requirement(Kind::Env, "API_TOKEN")
                },
            ],
        ),
        (
            "train",
            vec![1],
            vec![
                Requirement {
                    data_type: csv,
                    ..requirement(Kind::Input, "train")
                },
                Requirement {
                    data_type: Some(DataType::Json),
                    ..requirement(Kind::Output, "model")
                },
                typed(
                    Kind::Arg,
                    "features",
                    ValueType::List(Box::new(ValueType::String)),
                ),
                Requirement {
                    min: Some(1.0),
                    max: Some(500.0),
                    ..typed(Kind::Arg, "rounds", ValueType::Int)
                },
                optional(typed(Kind::Arg, "rate", ValueType::Float), json!(0.02)),
                Requirement {
                    required: false,
                    ..typed(Kind::Arg, "verbose", ValueType::Bool)
                },
                optional(typed(Kind::Env, "THREADS", ValueType::Int), json!(4)),
                Requirement {
                    choices: vec![json!(1), json!(2)],
                    required: false,
                    ..typed(Kind::Arg, "level", ValueType::Int)
                },
            ],
        ),
        (
            "serve",
            vec![2],
            vec![
                Requirement {
                    choices: vec![json!("batch"), json!("live")],
                    ..typed(Kind::Arg, "mode", ValueType::Choice)
                },
                Requirement {
                    when: Some(crate::requirement::When {
                        arg: "mode".into(),
                        equals: json!("live"),
                    }),
                    ..typed(Kind::Arg, "port", ValueType::Int)
                },
                Requirement {
                    exclusive: Some("g".into()),
                    required: false,
                    ..requirement(Kind::Arg, "quiet")
                },
                Requirement {
                    exclusive: Some("g".into()),
                    required: false,
                    ..requirement(Kind::Arg, "loud")
                },
                Requirement {
                    exclusive: Some("r".into()),
                    ..requirement(Kind::Arg, "by_name")
                },
                Requirement {
                    exclusive: Some("r".into()),
                    ..requirement(Kind::Arg, "by_id")
                },
            ],
        ),
        (
            "report",
            vec![2],
            vec![
                Requirement {
                    from: wire("train", "model"),
                    ..requirement(Kind::Input, "model")
                },
                optional(requirement(Kind::Arg, "title"), json!("Palmer penguins")),
                optional(requirement(Kind::Env, "LOG_LEVEL"), json!("INFO")),
            ],
        ),
        ("gate", vec![4], vec![]),
    ]
}

/// Answers that fit, to be spoilt by each test.
const GOOD: &str = "\
steps:
  supplier: {outputs: {raw: data/raw.csv}}
  clean:
    env: {MISSING_VALUE: NA}
    args: {label_field: species}
  train:
    inputs: {train: {from: clean.cleaned}}
    args: {features: [a, 2020, '${FEATURE}'], rounds: 300}
  serve: {args: {mode: live, port: 8080, by_name: x}}
  report: {}
";

fn environment(name: &str) -> Option<String> {
    match name {
        "FEATURE" => Some("mass".to_owned()),
        "ROUNDS" => Some("12".to_owned()),
        "MANY" => Some("9000".to_owned()),
        "EMPTY" => Some(String::new()),
        "WORD" => Some("drop".to_owned()),
        _ => None,
    }
}

fn loaded(text: &str) -> Loaded {
    let owned = pipeline();
    let source = Source::new("answers.yaml", "answers.yaml", text);
    load::load(&source, &borrowed(&owned), &environment)
}

/// `line:column code: message | help [answer]` of each finding.
fn told(loaded: &Loaded) -> String {
    let line = |finding: &Finding| {
        let d = &finding.diagnostic;
        let (line, column) = d.place().expect("a place").line_column();
        let about = format!(
            "{}.{}",
            finding.step.as_deref().unwrap_or("-"),
            finding.answer.as_deref().unwrap_or("-")
        );
        let others: String = d
            .labels
            .iter()
            .skip(1)
            .map(|l| format!(" [{} {}]", l.place, l.text))
            .collect();
        format!(
            "{line}:{column} {} {about}\n  {}\n  = {}{others}",
            d.code,
            d.message,
            d.help.as_deref().unwrap_or("-")
        )
    };
    loaded
        .findings
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The findings after replacing a part of the good answers.
fn spoilt(part: &str, with: &str) -> String {
    assert!(GOOD.contains(part), "{part}");
    told(&loaded(&GOOD.replacen(part, with, 1)))
}

#[test]
fn good_answers_come_out_as_values() {
    let loaded = loaded(GOOD);
    assert_eq!(told(&loaded), "");
    let answers = &loaded.answers;
    let value = |step, kind, name| {
        answers
            .get(step, kind, name)
            .map(|given| given.answer.clone())
    };
    assert_eq!(
        value("train", Kind::Arg, "rounds"),
        Some(Answer::Value(json!(300)))
    );
    assert_eq!(
        value("train", Kind::Arg, "features"),
        Some(Answer::Value(json!(["a", "2020", "${FEATURE}"])))
    );
    let from = OutputRef {
        step: "clean".into(),
        output: "cleaned".into(),
    };
    assert_eq!(
        value("train", Kind::Input, "train"),
        Some(Answer::From(from))
    );
    assert!(answers.mentions("report") && !answers.mentions("gate"));
    let given = answers
        .get("clean", Kind::Arg, "label_field")
        .expect("given");
    assert_eq!(given.place.to_string(), "answers.yaml:5");
}

#[test]
fn each_mistake_is_told_in_its_own_words() {
    let cases = [
        ("supplier:", "suplier:"),
        ("steps:", "step:"),
        ("outputs: {raw", "output: {raw"),
        ("label_field: species", "label_feild: species"),
        ("label_field: species", "label_field: Species"),
        (
            "label_field: species",
            "label_field: species, missing: dorp",
        ),
        (
            "label_field: species",
            "label_field: species, MISSING_VALUE: x",
        ),
        ("label_field: species", "label_field:"),
        ("rounds: 300", "rounds: \"300\""),
        ("rounds: 300", "rounds: 0"),
        ("rounds: 300", "rounds: [1]"),
        ("rounds: 300", "rounds: 3.5"),
        ("rounds: 300", "rounds: ${NOWHERE}"),
        ("rounds: 300", "rounds: '${WORD}'"),
        ("rounds: 300", "rounds: '${MANY}'"),
        ("rounds: 300", "rounds: 300, verbose: yes"),
        ("rounds: 300", "rounds: 300, level: 3"),
        ("rounds: 300", "rounds: 99999999999999999999"),
        ("[a, 2020, '${FEATURE}']", "a"),
        ("[a, 2020, '${FEATURE}']", "[]"),
        ("[a, 2020, '${FEATURE}']", "[a, {b: c}]"),
        ("clean.cleaned", "clean.claened"),
        ("clean.cleaned", "report.title"),
        ("clean.cleaned", "train.model"),
        ("{from: clean.cleaned}", "{form: clean.cleaned}"),
        ("{from: clean.cleaned}", "''"),
        ("data/raw.csv", "{from: clean.cleaned}"),
        ("port: 8080, ", ""),
        ("mode: live, port: 8080", "mode: batch, port: 8080"),
        ("by_name: x", "by_name: x, by_id: y"),
        (", by_name: x", ""),
        ("by_name: x", "by_name: x, quiet: a, loud: b"),
        ("report: {}", "report: nothing"),
        ("report: {}", "report: {args: [title]}"),
        ("report: {}", "report: {title: x}"),
        (
            "report: {}",
            "report: {inputs: {model: {from: train.model, to: x}}}",
        ),
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|(part, with)| format!("{part} -> {with}\n{}", spoilt(part, with)))
        .collect();
    assert_snapshot!(all.join("\n\n"), @r#"
supplier: -> suplier:
2:3 unknown-step -.-
  no step `suplier` in the pipeline
  = did you mean `supplier`?

steps: -> step:
1:1 unknown-key -.-
  unknown key `step` in the answers
  = did you mean `steps`?

outputs: {raw -> output: {raw
2:14 unknown-answer supplier.output
  unknown key `output` in the answers of step `supplier`
  = did you mean `outputs`?

label_field: species -> label_feild: species
5:12 unknown-answer clean.args.label_feild
  step `clean` has no argument `label_feild`
  = did you mean `label_field`?

label_field: species -> label_field: Species
5:25 answer-pattern clean.args.label_field
  `label_field` of step `clean` cannot be `Species`
  = write a text that matches `^[a-z_]+$` [scripts/a.py:2 asked for here, as `--label-field`]

label_field: species -> label_field: species, missing: dorp
5:43 answer-choice clean.args.missing
  `missing` of step `clean` cannot be `dorp`
  = did you mean `drop`? write one of `drop` and `fill` [scripts/a.py:2 asked for here, as `--missing`]

label_field: species -> label_field: species, MISSING_VALUE: x
5:34 unknown-answer clean.args.MISSING_VALUE
  step `clean` has no argument `MISSING_VALUE`
  = `MISSING_VALUE` belongs under `env:`

label_field: species -> label_field:
5:12 answer-missing clean.args.label_field
  step `clean` needs `args.label_field`
  = write a text that matches ^[a-z_]+$: column that holds the label to predict [scripts/a.py:2 asked for here, as `--label-field`]

rounds: 300 -> rounds: "300"
8:55 answer-type train.args.rounds
  `rounds` of step `train` is a text, expected a whole number from 1 to 500
  = write it without quotes: `300` [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: 0
8:55 answer-range train.args.rounds
  `rounds` of step `train` cannot be `0`
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: [1]
8:55 answer-type train.args.rounds
  `rounds` of step `train` is a list, expected a whole number from 1 to 500
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: 3.5
8:55 answer-type train.args.rounds
  `rounds` of step `train` is a number, expected a whole number from 1 to 500
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: ${NOWHERE}
8:56 yaml-syntax -.-
  not valid YAML: a bracket or brace is not closed, or a comma is missing
  = check the indentation, the brackets and the quotes here; quote a value that contains `: ` or ` #`

rounds: 300 -> rounds: '${WORD}'
8:55 answer-type train.args.rounds
  `rounds` of step `train` is a text, expected a whole number from 1 to 500
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: '${MANY}'
8:55 answer-range train.args.rounds
  `rounds` of step `train` cannot be `9000`
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

rounds: 300 -> rounds: 300, verbose: yes
8:69 answer-type train.args.verbose
  `verbose` of step `train` is a text, expected true or false
  = write `true` [scripts/a.py:2 asked for here, as `--verbose`]

rounds: 300 -> rounds: 300, level: 3
8:67 answer-choice train.args.level
  `level` of step `train` cannot be `3`
  = write one of `1` and `2` [scripts/a.py:2 asked for here, as `--level`]

rounds: 300 -> rounds: 99999999999999999999
8:55 answer-range train.args.rounds
  `rounds` of step `train` cannot be `1e+20`
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]

[a, 2020, '${FEATURE}'] -> a
8:22 answer-type train.args.features
  `features` of step `train` is a text, expected a list of texts
  = write a list: `[a]` [scripts/a.py:2 asked for here, as `--features`]

[a, 2020, '${FEATURE}'] -> []
8:22 answer-type train.args.features
  `features` of step `train` is empty
  = write a list of texts [scripts/a.py:2 asked for here, as `--features`]

[a, 2020, '${FEATURE}'] -> [a, {b: c}]
8:26 answer-type train.args.features
  `features` of step `train` is a mapping, expected a list of texts
  = write a list of texts [scripts/a.py:2 asked for here, as `--features`]

clean.cleaned -> clean.claened
7:28 answer-reference train.inputs.train
  no output `clean.claened` for `train` of step `train`
  = did you mean `clean.cleaned`?

clean.cleaned -> report.title
7:28 answer-reference train.inputs.train
  no output `report.title` for `train` of step `train`
  = the outputs of the steps before are `clean.cleaned` and `supplier.raw`

clean.cleaned -> train.model
7:28 answer-reference train.inputs.train
  step `train` cannot read its own output `train.model`
  = write a path, or an output of a step that runs before

{from: clean.cleaned} -> {form: clean.cleaned}
7:22 answer-type train.inputs.train
  unknown key `form` in `train` of step `train`
  = write a path, or `{from: step.output}` and nothing else in it [scripts/a.py:2 asked for here, as `--train`]

{from: clean.cleaned} -> ''
7:21 answer-type train.inputs.train
  `train` of step `train` is empty
  = write a path [scripts/a.py:2 asked for here, as `--train`]

data/raw.csv -> {from: clean.cleaned}
2:29 answer-type supplier.outputs.raw
  `raw` of step `supplier` is a mapping, expected a path
  = write a path [scripts/a.py:2 asked for here]

port: 8080,  -> 
9:11 answer-missing serve.args.port
  step `serve` needs `args.port`
  = write a whole number [scripts/a.py:2 asked for here, as `--port`]

mode: live, port: 8080 -> mode: batch, port: 8080
9:31 unknown-answer serve.args.port
  `port` of step `serve` only counts when `mode` is `live`
  = remove it, or set `mode` to `live` [scripts/a.py:2 asked for here, as `--port`]

by_name: x -> by_name: x, by_id: y
9:54 answer-conflict serve.args.by_id
  `by_name` and `by_id` of step `serve` exclude each other
  = keep one of them [answers.yaml:9 given here] [scripts/a.py:2 asked for here, as `--by-id`]

, by_name: x -> 
9:11 answer-missing serve.args.by_name
  step `serve` needs one of `args.by_name` and `args.by_id`
  = give exactly one of them [scripts/a.py:2 asked for here, as `--by-name`]

by_name: x -> by_name: x, quiet: a, loud: b
9:64 answer-conflict serve.args.loud
  `quiet` and `loud` of step `serve` exclude each other
  = keep one of them [answers.yaml:9 given here] [scripts/a.py:2 asked for here, as `--loud`]

report: {} -> report: nothing
10:11 wrong-type report.-
  step `report` is a text, expected a mapping
  = write a mapping here

report: {} -> report: {args: [title]}
10:18 wrong-type report.-
  `args` of step `report` is a list, expected a mapping
  = write a mapping here

report: {} -> report: {title: x}
10:12 unknown-answer report.title
  unknown key `title` in the answers of step `report`
  = `title` belongs under `args:`

report: {} -> report: {inputs: {model: {from: train.model, to: x}}}
10:48 answer-type report.inputs.model
  unknown key `to` in `model` of step `report`
  = write a path, or `{from: step.output}` and nothing else in it [scripts/a.py:2 asked for here, as `--model`]
"#);
}

#[test]
fn an_empty_file_lacks_all_that_is_required() {
    assert_snapshot!(told(&loaded("")), @r#"
1:1 answer-missing supplier.outputs.raw
  step `supplier` needs `outputs.raw`
  = write a path: the penguins as supplied [scripts/a.py:2 asked for here]
1:1 answer-missing clean.env.MISSING_VALUE
  step `clean` needs `env.MISSING_VALUE`
  = write a text, such as `NA`: how the supplier writes a gap [scripts/a.py:2 asked for here, as `$MISSING_VALUE`]
1:1 answer-missing clean.args.label_field
  step `clean` needs `args.label_field`
  = write a text that matches ^[a-z_]+$: column that holds the label to predict [scripts/a.py:2 asked for here, as `--label-field`]
1:1 answer-missing train.inputs.train
  step `train` needs `inputs.train`
  = write a path, or `{from: clean.cleaned}` [scripts/a.py:2 asked for here, as `--train`]
1:1 answer-missing train.args.features
  step `train` needs `args.features`
  = write a list of texts [scripts/a.py:2 asked for here, as `--features`]
1:1 answer-missing train.args.rounds
  step `train` needs `args.rounds`
  = write a whole number from 1 to 500 [scripts/a.py:2 asked for here, as `--rounds`]
1:1 answer-missing serve.args.mode
  step `serve` needs `args.mode`
  = write batch or live [scripts/a.py:2 asked for here, as `--mode`]
1:1 answer-missing serve.args.by_name
  step `serve` needs one of `args.by_name` and `args.by_id`
  = give exactly one of them [scripts/a.py:2 asked for here, as `--by-name`]
"#);
    let owned = pipeline();
    let absent = load::absent(&borrowed(&owned));
    let with_file = loaded("");
    let answers = |loaded: &Loaded| {
        let mut all: Vec<_> = loaded
            .findings
            .iter()
            .map(|f| (f.step.clone(), f.answer.clone()))
            .collect();
        all.sort();
        all
    };
    assert_eq!(answers(&absent), answers(&with_file));
    assert!(
        absent
            .findings
            .iter()
            .all(|f| f.diagnostic.code == Code::AnswerMissing)
    );
}

#[test]
fn what_is_not_given_is_not_an_error_where_nothing_is_required() {
    for good in [
        "report:",
        "report: {args: }",
        "report: {args: {title: }}",
        "report: ~",
        "report: {args: {title: null}}",
    ] {
        assert_eq!(spoilt("report: {}", good), "", "{good}");
    }
}

#[test]
fn scalars_are_passed_as_they_are_written() {
    for (written, passed) in [
        ("1.10", "1.10"),
        ("007", "007"),
        ("2020", "2020"),
        ("True", "True"),
        ("'x'", "x"),
        ("0x1F", "0x1F"),
        ("no", "no"),
    ] {
        let text = GOOD.replace(
            "report: {}",
            &format!("report: {{args: {{title: {written}}}}}"),
        );
        let loaded = loaded(&text);
        assert_eq!(told(&loaded), "");
        let given = loaded
            .answers
            .get("report", Kind::Arg, "title")
            .expect("given");
        assert_eq!(given.answer, Answer::Value(json!(passed)), "{written}");
    }
    let text = GOOD
        .replace("rounds: 300", "rounds: 1e2, level: '${EMPTY:-2}'")
        .replace("MISSING_VALUE: NA", "MISSING_VALUE: ''");
    let loaded = loaded(&text);
    assert_eq!(told(&loaded), "");
    let given = loaded
        .answers
        .get("train", Kind::Arg, "rounds")
        .expect("given");
    assert_eq!(given.answer, Answer::Value(json!(100)));
}

#[test]
fn standings_tell_missing_from_invalid() {
    let owned = pipeline();
    let steps = borrowed(&owned);
    let loaded = loaded("steps:\n  clean: {args: {label_field: 'A B'}}\n  gate: {}\n");
    let standings = loaded.standings(&steps);
    assert_eq!(standings[0].missing, ["outputs.raw"]);
    assert_eq!(standings[1].missing, ["env.MISSING_VALUE"]);
    assert_eq!(standings[1].invalid.len(), 1);
    assert_eq!((standings[1].given, standings[1].mentioned), (0, true));
    assert!(standings[5].mentioned && standings[5].missing.is_empty());
}

#[test]
fn the_skeleton_asks_for_what_is_required_and_shows_the_rest() {
    let owned = pipeline();
    let steps = borrowed(&owned);
    assert_snapshot!(skeleton::skeleton(&steps), @r#"
# yaml-language-server: $schema=runtime-test.answers.schema.json
steps:
  supplier:
    outputs:
      # raw, required: the penguins as supplied (scripts/a.py:2)
      raw:

  clean:
    # raw comes from supplier.raw
    env:
      # MISSING_VALUE, required: how the supplier writes a gap; such as NA (scripts/a.py:2)
      MISSING_VALUE:
      # API_TOKEN, optional; secret: give it as ${NAME} (scripts/a.py:2)
      # API_TOKEN:
    args:
      # --label-field, required, a text that matches ^[a-z_]+$: column that holds the label to
      # predict (scripts/a.py:2)
      label_field:
      # --missing, optional, drop or fill (scripts/a.py:2)
      # missing: drop

  train:
    inputs:
      # --train, required (scripts/a.py:2)
      train:
    # env:
    #   # THREADS, optional (scripts/a.py:2)
    #   THREADS: 4
    args:
      # --features, required, a list of texts (scripts/a.py:2)
      features:
      # --rounds, required, a whole number from 1 to 500 (scripts/a.py:2)
      rounds:
      # --rate, optional (scripts/a.py:2)
      # rate: 0.02
      # --verbose, optional, true or false (scripts/a.py:2)
      # verbose:
      # --level, optional, 1 or 2 (scripts/a.py:2)
      # level:

  serve:
    args:
      # --mode, required, batch or live (scripts/a.py:2)
      mode:
      # --port, required when mode is live, a whole number (scripts/a.py:2)
      # port:
      # --quiet, optional; not together with loud (scripts/a.py:2)
      # quiet:
      # --loud, optional; not together with quiet (scripts/a.py:2)
      # loud:
      # --by-name, optional; one of this and by_id is required (scripts/a.py:2)
      # by_name:
      # --by-id, optional; one of this and by_name is required (scripts/a.py:2)
      # by_id:

  report: {}  # nothing to answer; optional: args.title and env.LOG_LEVEL
    # model comes from train.model

  gate: {}  # nothing to answer
"#);
    assert_snapshot!(skeleton::render(steps[4..].iter(), Detail::All, skeleton::SCHEMA), @r#"
# yaml-language-server: $schema=runtime-test.answers.schema.json
steps:
  report:  # nothing has to be answered
    # model comes from train.model
    # inputs:
    #   # --model, optional (scripts/a.py:2)
    #   model: {from: train.model}
    # env:
    #   # LOG_LEVEL, optional (scripts/a.py:2)
    #   LOG_LEVEL: INFO
    # args:
    #   # --title, optional (scripts/a.py:2)
    #   title: "Palmer penguins"

  gate: {}  # nothing to answer
"#);
}

#[test]
fn the_skeleton_lacks_exactly_what_is_required() {
    let owned = pipeline();
    let loaded = loaded(&skeleton::skeleton(&borrowed(&owned)));
    assert!(
        loaded
            .findings
            .iter()
            .all(|f| f.diagnostic.code == Code::AnswerMissing),
        "{}",
        told(&loaded)
    );
    assert_eq!(
        loaded.findings.len(),
        load::absent(&borrowed(&owned)).findings.len()
    );
}

#[test]
fn the_schema_of_each_kind_of_answer() {
    let owned = pipeline();
    let steps = borrowed(&owned);
    let schema = schema::schema("penguins", &steps);
    assert_snapshot!(schema::render(&schema["properties"]["steps"]["properties"]["train"]), @r#"
{
  "type": "object",
  "properties": {
    "inputs": {
      "type": "object",
      "properties": {
        "train": {
          "description": "required, a path\nasked for as --train in scripts/a.py:2",
          "type": ["string", "number", "object"],
          "minLength": 1,
          "defaultSnippets": [
            { "label": "from clean.cleaned", "body": { "from": "clean.cleaned" } },
            { "label": "from supplier.raw", "body": { "from": "supplier.raw" } }
          ],
          "properties": { "from": { "enum": ["clean.cleaned", "supplier.raw"] } },
          "required": ["from"],
          "additionalProperties": false,
          "errorMessage": "write a path or {from: step.output} (--train)"
        }
      },
      "additionalProperties": false,
      "required": ["train"]
    },
    "outputs": {
      "type": ["object", "null"],
      "properties": {
        "model": {
          "description": "optional, a path\nasked for as --model in scripts/a.py:2",
          "errorMessage": "write a path (--model)",
          "anyOf": [
            {
              "type": ["string", "number"],
              "minLength": 1,
              "errorMessage": "write a path (--model)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        }
      },
      "additionalProperties": false
    },
    "env": {
      "type": ["object", "null"],
      "properties": {
        "THREADS": {
          "description": "optional, a whole number; default 4\nasked for as $THREADS in scripts/a.py:2",
          "default": 4,
          "errorMessage": "write a whole number ($THREADS)",
          "anyOf": [
            {
              "type": ["integer", "string"],
              "pattern": "^[-+]?[0-9]+$|^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$",
              "errorMessage": "write a whole number ($THREADS)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        }
      },
      "additionalProperties": false
    },
    "args": {
      "type": ["object", "null"],
      "properties": {
        "features": {
          "description": "required, a list of texts\nasked for as --features in scripts/a.py:2",
          "errorMessage": "write a list of texts (--features)",
          "anyOf": [
            {
              "type": ["array"],
              "items": { "type": ["string", "number", "boolean"] },
              "minItems": 1,
              "errorMessage": "write a list of texts (--features)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        },
        "rounds": {
          "description": "required, a whole number from 1 to 500\nasked for as --rounds in scripts/a.py:2",
          "errorMessage": "write a whole number from 1 to 500 (--rounds)",
          "anyOf": [
            {
              "type": ["integer", "string"],
              "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$",
              "minimum": 1,
              "maximum": 500,
              "errorMessage": "write a whole number from 1 to 500 (--rounds)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        },
        "rate": {
          "description": "optional, a number; default 0.02\nasked for as --rate in scripts/a.py:2",
          "default": 0.02,
          "errorMessage": "write a number (--rate)",
          "anyOf": [
            {
              "type": ["number", "string"],
              "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$",
              "errorMessage": "write a number (--rate)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        },
        "verbose": {
          "description": "optional, true or false\nasked for as --verbose in scripts/a.py:2",
          "errorMessage": "write true or false (--verbose)",
          "anyOf": [
            {
              "type": ["boolean", "string"],
              "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$",
              "errorMessage": "write true or false (--verbose)"
            },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        },
        "level": {
          "description": "optional, 1 or 2\nasked for as --level in scripts/a.py:2",
          "errorMessage": "write 1 or 2 (--level)",
          "anyOf": [
            { "enum": [1, 2], "errorMessage": "write 1 or 2 (--level)" },
            { "type": "string", "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$" },
            { "not": { "type": ["string", "number", "boolean", "array", "object"] } }
          ]
        }
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false,
  "required": ["inputs"]
}
"#);
    assert_eq!(
        schema["properties"]["steps"]["required"],
        json!(["supplier", "train"]),
        "what may be given to all steps is required by rules of its own"
    );
    let plain = Shape::compile(schema).expect("a schema");
    let value = yaml::parse(&Source::new("a", "a", GOOD))
        .expect("YAML")
        .value;
    assert_eq!(
        plain.misfits(&value),
        [],
        "the schema takes what the check takes"
    );
}

#[test]
fn secrets_are_known_by_their_names() {
    for name in [
        "API_TOKEN",
        "DB_PASSWORD",
        "AWS_SECRET_ACCESS_KEY",
        "OPENAI_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "SSH_PRIVATE_KEY_PATH",
        "RSA_PRIVATEKEY",
        "DEPLOY_PRIVATE",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "HOME",
        "KEYBOARD",
        "MONKEY",
        "PWD",
        "AUTHOR",
        "DATA_PATH",
        "PRIVATE_IP",
    ] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn variables_are_found_and_everything_else_is_text() {
    let resolved = |text: &str| resolve(text, &environment).map(|r| r.text);
    for (text, result) in [
        ("$5 ${} ${a b} $FEATURE ${1}", "$5 ${} ${a b} $FEATURE ${1}"),
        ("a${FEATURE}b${FEATURE}", "amassbmass"),
        ("${EMPTY:-}${X:-é}", "é"),
        ("$${FEATURE}", "${FEATURE}"),
        ("${FEATURE", "${FEATURE"),
        ("é$", "é$"),
    ] {
        assert_eq!(resolved(text).as_deref(), Ok(result), "{text}");
    }
    assert_eq!(resolved("${EMPTY}"), Err(Unset("EMPTY".into())));
}
