use super::*;

fn contract(text: &str) -> Contract {
    read(&Source::new("c.yaml", "c.yaml", text))
}

/// Each claim on a line, then what was not understood and what is wrong.
fn told(text: &str) -> String {
    let contract = contract(text);
    let mut lines: Vec<String> = contract
        .claims
        .iter()
        .map(|c| {
            let ways: Vec<String> = c.bindings.iter().map(ToString::to_string).collect();
            let line = c.evidence[0].place.line_column().0;
            let default = c
                .default
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!(
                "{line}: {} {} [{}] {:?} {default}",
                c.kind,
                c.name,
                ways.join(", "),
                c.required
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    lines.extend(
        contract
            .notes
            .iter()
            .map(|n| format!("{}: note: {}", n.place.line_column().0, n.message)),
    );
    lines.extend(
        contract
            .problems
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message)),
    );
    lines.join("\n")
}

#[test]
fn our_own_format_says_what_a_manifest_can_say() {
    insta::assert_snapshot!(told("\
version: 1
inputs: { raw: { type: csv, binding: { flag: --raw } } }
env: { SEED: 7, TOKEN: { secret: true, required: true } }
args:
  rounds: { type: int, default: 300, binding: { flag: --rounds } }
"), @"
    2: input raw [--raw] None
    3: variable SEED [] None 7
    3: variable TOKEN [] Some(true)
    5: argument rounds [--rounds] None 300
    ");
}

#[test]
fn mistakes_in_our_own_format_are_told_where_they_are() {
    insta::assert_snapshot!(told("version: 1\ninput: {}\nargs: { a: { typ: int } }\ninputs: { x: { from: a.b } }\n"), @"
    4: input x [] None
    3: argument a [] None
    unknown-key: unknown key `input` in the contract
    unknown-key: unknown key `typ` in `args.a`
    invalid-value: `from` in a contract
    ");
    assert!(told("a: [").starts_with("yaml-syntax"));
}

#[test]
fn step_interface_files_are_read_in_their_variants() {
    insta::assert_snapshot!(told("\
contract:
  entry_point: scripts/train.py
  inputs:
    DATA: { path: /opt/ml/input/data.csv, required: false }
    MODEL: /opt/ml/model
  outputs:
    METRICS: { path: /opt/ml/output/metrics.json }
  job_arguments:
    - { flag: --job-type, required: true, choices: [training, testing] }
    - --verbose
    - { name: odd }
  env_vars:
    required: [LABEL_FIELD]
    optional: { SEED: '7', EMPTY: }
    forbidden: [X]
  gpu: 1
"), @"
    4: input DATA [/opt/ml/input/data.csv] Some(false)
    5: input MODEL [/opt/ml/model] Some(true)
    7: output METRICS [/opt/ml/output/metrics.json] Some(true)
    9: argument job_type [--job-type] Some(true)
    10: argument verbose [--verbose] None
    13: variable LABEL_FIELD [$LABEL_FIELD] Some(true)
    14: variable SEED [$SEED] Some(false) \"7\"
    14: variable EMPTY [$EMPTY] Some(false)
    11: note: an argument without a `flag` is not understood
    15: note: `env_vars.forbidden` of the contract is not understood
    16: note: `gpu` of the contract is not understood
    ");
}
