//! A run for the tests of all reporters: every way a step can end, with logs and outputs on disk.

use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::event::{Event, RunEnding, RunSummary, StepOutcome, StepState};
use crate::outline::{Environment, Origin, Outline, StepOutline, ValueOutline, Wire};
use crate::plan::Configured;
use crate::report::record::Record;
use crate::requirement::Kind;

/// A step as a row: name, state, attempts, seconds, script, reason.
type Row = (
    &'static str,
    StepState,
    u32,
    f64,
    Option<&'static str>,
    Option<&'static str>,
);

const ROWS: &[Row] = &[
    ("supplier", StepState::Passed, 0, 0.0, None, None),
    (
        "clean",
        StepState::Passed,
        1,
        0.0412,
        Some("scripts/clean.py"),
        None,
    ),
    (
        "split",
        StepState::Cached,
        0,
        0.0,
        Some("scripts/split.py"),
        None,
    ),
    (
        "train_bill",
        StepState::Flaky,
        2,
        83.2,
        Some("scripts/train.py"),
        None,
    ),
    (
        "train_body",
        StepState::Failed,
        1,
        1.5,
        Some("scripts/train.py"),
        Some("exited with 1"),
    ),
    (
        "slow",
        StepState::TimedOut,
        1,
        120.0,
        Some("sh -c 'sleep 1000'"),
        Some("took longer than 120s"),
    ),
    (
        "evaluate",
        StepState::Skipped,
        0,
        0.0,
        Some("scripts/evaluate.py"),
        Some("it needs `train_body`, which did not pass"),
    ),
    (
        "gate",
        StepState::NotRun,
        0,
        0.0,
        Some("grep"),
        Some("the run was interrupted before its turn"),
    ),
];

/// The events of a run of `states`, or of all ways to end, whose files lie in `root`.
pub fn events(root: &Path, keep: impl Fn(StepState) -> bool) -> Vec<Event> {
    let folder = root.join("runs/20261122T214541-123");
    fs::create_dir_all(folder.join("logs")).expect("a folder");
    fs::create_dir_all(root.join("out/model")).expect("a folder");
    fs::write(root.join("out/cleaned.csv"), "x".repeat(12_345)).expect("a file");
    fs::write(root.join("out/model/weights"), "x".repeat(987)).expect("a file");
    let log = "Traceback (most recent call last):\n  File \"scripts/train.py\", line 40, in <module>\n\
               \u{1b}[31mKeyError\u{1b}[0m: 'body_mass_g' & <more> \u{0}\n";
    fs::write(folder.join("logs/train_body.1.log"), log).expect("a log");
    fs::write(folder.join("logs/slow.1.log"), "").expect("a log");
    let rows = || ROWS.iter().filter(|row| keep(row.1));
    let mut events = vec![Event::RunStarted {
        version: 1,
        run_id: "20261122T214541-123".to_owned(),
        pipeline: "penguins".to_owned(),
        root: root.to_owned(),
        folder,
        steps: rows().map(|row| row.0.to_owned()).collect(),
        at: "2026-11-22T21:45:41Z".to_owned(),
    }];
    let mut steps = IndexMap::new();
    for &(step, state, attempts, seconds, script, reason) in rows() {
        let command = script.map(|script| format!("/usr/bin/python3 {script} --in 'a b.csv'"));
        for attempt in 1..=attempts {
            events.push(Event::StepStarted {
                step: step.to_owned(),
                attempt,
                command: command.clone().unwrap_or_default(),
                at: 0.0,
            });
            if attempt < attempts {
                let reason = "exited with 75".to_owned();
                events.push(Event::StepRetried {
                    step: step.to_owned(),
                    attempt,
                    reason,
                    pause: 0.0,
                    at: 0.0,
                });
            }
        }
        let outputs: IndexMap<String, PathBuf> = match step {
            "clean" => IndexMap::from([("cleaned".to_owned(), "out/cleaned.csv".into())]),
            "train_bill" => IndexMap::from([
                ("model".to_owned(), "out/model".into()),
                ("gone".to_owned(), "out/gone".into()),
            ]),
            _ => IndexMap::new(),
        };
        let outcome = StepOutcome {
            state,
            configured: Configured::Auto,
            framework: None,
            script: script.map(str::to_owned),
            attempts,
            seconds,
            exit_code: None,
            signal: None,
            command: command.filter(|_| attempts > 0),
            log: (attempts > 0).then(|| format!("logs/{step}.{attempts}.log").into()),
            outputs,
            expectations: Vec::new(),
            reason: reason.map(str::to_owned),
        };
        steps.insert(step.to_owned(), outcome.clone());
        events.push(Event::StepFinished {
            step: step.to_owned(),
            outcome,
            at: 0.0,
        });
    }
    let summary = RunSummary {
        version: 1,
        run_id: "20261122T214541-123".to_owned(),
        pipeline: "penguins".to_owned(),
        success: steps.values().all(|step| step.state.is_good()),
        ending: RunEnding::Finished,
        started: "2026-11-22T21:45:41Z".to_owned(),
        seconds: 204.74,
        steps,
    };
    events.push(Event::RunFinished { summary });
    events
}

/// A run of all ways to end, as it is known in the end, with an outline.
pub fn record(root: &Path) -> Record {
    let events = events(root, |_| true);
    let mut record = Record::begin(&events[0], Some(outline().into())).expect("a beginning");
    for event in &events {
        record.hear(event);
    }
    record
}

/// What the run was to do: each step needs the one before, and `evaluate` both models.
pub fn outline() -> Outline {
    let wire = |output: &str, input: &str| Wire {
        output: output.to_owned(),
        input: input.to_owned(),
    };
    let needs = |step: &str| match step {
        "clean" => vec![("supplier", vec![wire("raw", "raw")])],
        "split" => vec![("clean", vec![wire("cleaned", "cleaned")])],
        "train_bill" | "train_body" => vec![("split", vec![wire("train", "train")])],
        "slow" => vec![("split", vec![])],
        "evaluate" => vec![
            ("train_bill", vec![wire("model", "bill_model")]),
            ("train_body", vec![wire("model", "body_model")]),
        ],
        "gate" => vec![("evaluate", vec![])],
        _ => vec![],
    };
    let steps = ROWS.iter().map(|row| {
        let needs = needs(row.0).into_iter();
        let step = StepOutline {
            runs: row.4.unwrap_or("external").to_owned(),
            needs: needs
                .map(|(step, wires)| (step.to_owned(), wires))
                .collect(),
            values: match row.0 {
                "train_body" => vec![answer("features", "body_mass_g", 53)],
                _ => Vec::new(),
            },
            ..StepOutline::default()
        };
        (row.0.to_owned(), step)
    });
    Outline {
        version: 1,
        pipeline: "penguins".to_owned(),
        manifest: "runtime-test.yaml".to_owned(),
        environment: Environment::default(),
        steps: steps.collect(),
    }
}

/// An answer to an argument, given in a line of the answers.
fn answer(name: &str, value: &str, line: u32) -> ValueOutline {
    ValueOutline {
        name: name.to_owned(),
        kind: Kind::Arg,
        binding: format!("--{name}"),
        description: None,
        value: value.into(),
        data_type: None,
        origin: Origin::Answer {
            at: format!("runtime-test.answers.yaml:{line}"),
        },
        asked: None,
    }
}
