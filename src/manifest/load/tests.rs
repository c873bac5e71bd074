use std::path::Path;

use super::*;

/// Each finding on a line: code, line, message, and help.
fn told(text: &str, profile: Option<&str>) -> String {
    let source = Source::new("/p/runtime-test.yaml", "runtime-test.yaml", text);
    let elsewhere = &["night".to_owned()];
    let chosen = profile.map(|name| Chosen { name, elsewhere });
    let (_, problems) = load(&source, Path::new("/p"), chosen);
    problems
        .sorted()
        .iter()
        .map(|d| {
            let line = d.place().map_or(0, |place| place.line_column().0);
            format!(
                "{line}: {}: {} ({})\n",
                d.code,
                d.message,
                d.help.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

fn manifest(text: &str) -> Manifest {
    let source = Source::new("/p/runtime-test.yaml", "runtime-test.yaml", text);
    let (manifest, problems) = load(&source, Path::new("/p"), None);
    assert!(problems.is_empty(), "{problems:#?}");
    manifest.expect("a manifest")
}

#[test]
fn every_mistake_is_told_at_once_in_its_own_words() {
    insta::assert_snapshot!(told(
        "\
version: 2
pipelin: churn
steps:
  a/b: { script: x.py }
  none: {}
  both: { script: x.py, command: [sh], need: [nowhere] }
  prepare:
    script: x.py
    needs: [prepar, both]
    timeout: soon
    inputs: { raw: { from: nowhere } }
    outputs: { out: { from: prepare.x, typ: csv } }
    args: { n: { type: integer, binding: { flag: --n, env: N }, pattern: \"(\" } }
",
        None
    ));
}

#[test]
fn circles_are_spelled_out() {
    insta::assert_snapshot!(told(
        "version: 1\nsteps:\n  a: { script: a.py, needs: [b] }\n  b: { script: b.py, needs: [c] }\n  c: { script: c.py, needs: [a, c] }\n",
        None
    ), @"
    3: dependency-cycle: steps need each other in a circle: a → b → c → a (remove one of these from `needs`)
    ");
}

#[test]
fn what_is_no_manifest_is_said_to_be_none() {
    for (text, expected) in [
        ("", "1: missing-key"),
        ("version: 1\nsteps: {}\n", "2: no-steps"),
        ("version: 1\nsteps:\n", "2: wrong-type"),
        ("- a\n", "1: wrong-type"),
        ("a: [", "1: yaml-syntax"),
        (
            "version: 1\nversion: 1\nsteps: {a: {script: x}}\n",
            "2: duplicate-key",
        ),
        ("version: 1\nsteps: {a: {script: [x]}}\n", "2: wrong-type"),
        (
            "version: 1\nsteps: {a: {script: x, retries: -1}}\n",
            "2: invalid-value",
        ),
        (
            "version: 1\nsteps: {a: {script: x, external: true}}\n",
            "2: step-kind",
        ),
        ("version: 1\nsteps: {a: {cargo: {}}}\n", "2: invalid-value"),
        (
            "version: 1\nsteps: {a: {command: []}}\n",
            "2: invalid-value",
        ),
        (
            "version: 1\nsteps: {a: {module: x, entry: main}}\n",
            "2: invalid-value",
        ),
    ] {
        let told = told(text, None);
        assert!(told.starts_with(expected), "{text:?} gave\n{told}");
    }
}

#[test]
fn a_profile_is_laid_over_the_manifest_and_keeps_its_places() {
    let text = "\
version: 1
defaults: { timeout: 10m, env: { A: 1 } }
steps:
  a: { script: a.py, args: { n: 5, m: [1, x] } }
profiles:
  ci: { defaults: { timeout: 0s }, steps: { a: { args: { n: 7 }, needs: [b] } } }
";
    insta::assert_snapshot!(told(text, Some("ci")), @"
    6: invalid-value: `0s` is not a duration (write `90s`, `10m`, `1h 30m`, or a number of seconds)
    6: unknown-step: step `a` needs `b`, which does not exist (the other steps are none)
    ");
    // Whoever chooses it later is not to find that out then.
    insta::assert_snapshot!(told(text, Some("cj")), @"
    5: invalid-value: unknown profile `cj` (did you mean `ci`?)
    6: invalid-value: `0s` is not a duration (write `90s`, `10m`, `1h 30m`, or a number of seconds)
    6: unknown-step: step `a` needs `b`, which does not exist (the other steps are none)
    ");
    let right = text.replace("0s }", "5s }").replace(", needs: [b]", "");
    let step = &manifest(&right).steps[0];
    assert_eq!(step.settings.timeout, Some(Duration::from_mins(10)));
    assert_eq!(step.settings.env["A"], "1");
    assert_eq!(step.claims[0].default, Some(5.into()));
    assert_eq!(step.claims[1].default, Some(serde_json::json!([1, "x"])));
}

#[test]
fn pauses_and_environments_are_read_and_what_makes_no_sense_is_told() {
    let read = manifest(
        "\
version: 1
timeout: 2h
defaults: { retries: 2, slow: 1m, priority: -3, environment: clean }
steps:
  a: { script: a.py }
  b:
    script: b.py
    retries: { count: 3, backoff: exponential, delay: 1s, max_delay: 1m, jitter: true }
    priority: 7
    environment: { keep: [AWS_PROFILE, SLURM_*] }
",
    );
    let seconds = Duration::from_secs;
    assert_eq!(read.timeout, Some(seconds(7200)));
    let [a, b] = [&read.steps[0].settings, &read.steps[1].settings];
    assert_eq!((a.retries, a.priority), (Retries::times(2), -3));
    assert_eq!(
        (a.slow, &a.environment),
        (Some(seconds(60)), &Inherit::Clean(Vec::new()))
    );
    let full = Retries {
        count: 3,
        backoff: Backoff::Exponential,
        delay: seconds(1),
        max_delay: Some(seconds(60)),
        jitter: true,
    };
    assert_eq!((b.retries, b.priority), (full, 7));
    let kept = ["AWS_PROFILE", "SLURM_*"].map(str::to_owned).to_vec();
    assert_eq!(b.environment, Inherit::Clean(kept));
    insta::assert_snapshot!(told(
        "\
version: 1
timeout: never
steps:
  a: { script: a.py, retries: { count: 2, backoff: exponential, jitter: true }, slow: 0 }
  b: { script: b.py, retries: { count: 2, delay: 1s, max_delay: 2s }, environment: { keep: [A=1, \"*B\", ok] } }
",
        None
    ), @"
    2: invalid-value: `never` is not a duration (write `90s`, `10m`, `1h 30m`, or a number of seconds)
    4: invalid-value: `backoff` of `retries` changes nothing without `delay: 1s` (add `delay: 1s`, or remove `backoff`)
    4: invalid-value: `jitter` of `retries` changes nothing without `delay: 1s` (add `delay: 1s`, or remove `jitter`)
    4: invalid-value: `0` is not a duration (write `90s`, `10m`, `1h 30m`, or a number of seconds)
    5: invalid-value: `max_delay` of `retries` changes nothing without `backoff: exponential` (add `backoff: exponential`, or remove `max_delay`)
    5: invalid-value: `A=1` is no name of a variable (for example `keep: [AWS_PROFILE, SLURM_*]`; values are set under `env`)
    5: invalid-value: `*B` is no name of a variable (for example `keep: [AWS_PROFILE, SLURM_*]`; values are set under `env`)
    ");
    insta::assert_snapshot!(told(
        "\
version: 1
steps:
  a: { script: a.py, environment: dirty }
  c: { script: c.py, retries: { delay: 1s, wait: 2s }, priority: 1000, slow: -1 }
  d: { script: d.py, retries: often, environment: { drop: [A] } }
",
        None
    ), @"
    3: invalid-value: `environment` of step `a` cannot be `dirty` (these are allowed: `inherit` and `clean`)
    4: missing-key: `retries` of step `c` lacks the key `count` (add `count:`)
    4: unknown-key: unknown key `wait` in `retries` of step `c` (the keys here are `count`, `backoff`, `delay`, `max_delay` and `jitter`)
    4: invalid-value: `priority` of step `c` is `1000`, which is too large (write 100 or less)
    5: wrong-type: `retries` of step `d` is a text, expected a whole number or a mapping (write a whole number or a mapping here)
    5: missing-key: `environment` of step `d` lacks the key `keep` (add `keep:`)
    5: unknown-key: unknown key `drop` in `environment` of step `d` (the keys here are `keep`)
    ");
}

#[test]
fn expectations_that_make_no_sense_are_told() {
    insta::assert_snapshot!(told(
        "\
version: 1
steps:
  a:
    script: a.py
    inputs: { i: { expect: { rows: 1 } } }
    outputs:
      o:
        expect:
          rows: {}
          json: { a.b: 1, /x: { min: 2, max: 1 }, /y: { about: 1 }, /z: { about: 1, min: 0 } }
          files: { \"[a\": 1 }
          matches: [fine, \"(\", \"(?=x)\"]
",
        None
    ), @"
    5: invalid-value: `expect` on an input (put it under the output of the step that writes this)
    9: invalid-value: neither `min` nor `max` (for example `{ min: 1 }`, or a number)
    10: invalid-value: `a.b` is not a JSON pointer (write `/a/b`)
    10: invalid-value: `min: 2` is more than `max: 1` (swap the two)
    10: invalid-value: a number is either between `min` and `max`, or `within` so much of `about` (for example `{ min: 0.8 }` or `{ about: 0.31, within: 0.01 }`)
    10: invalid-value: a number is either between `min` and `max`, or `within` so much of `about` (for example `{ min: 0.8 }` or `{ about: 0.31, within: 0.01 }`)
    11: invalid-value: `[a` is not a pattern of file names (for example `*.png`, `part-??.csv` or `**/*.json`)
    12: invalid-value: this pattern is not a regular expression (for example `accuracy: 0\\.[89]`; look-around and backreferences are not known)
    12: invalid-value: this pattern is not a regular expression (for example `accuracy: 0\\.[89]`; look-around and backreferences are not known)
    ");
}
