use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::event::{StepOutcome, StepState};
use crate::manifest::retries::Retries;
use crate::plan::{Configured, Document, Inherits, PlannedPath, Reads};
use crate::requirement::DataType;

/// A pipeline of shell scripts in a folder of its own.
struct Pipeline {
    /// Removed at the end.
    folder: tempfile::TempDir,
    plan: Plan,
    options: RunOptions,
}

/// What a run left to look at.
struct Ran {
    result: Result<RunSummary, RunError>,
    events: Vec<Event>,
}

impl Pipeline {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        let plan = Plan {
            pipeline: "test".to_owned(),
            timeout: None,
            home: root.join("home"),
            root,
            invocations: Vec::new(),
        };
        let options = RunOptions {
            jobs: 4,
            grace: Duration::from_millis(300),
            ..RunOptions::default()
        };
        Self {
            folder,
            plan,
            options,
        }
    }

    /// Adds a step that needs those named.
    fn step(&mut self, name: &str, needs: &[&str], script: &str) -> &mut Invocation {
        let place = |need: &&str| {
            self.plan
                .invocations
                .iter()
                .position(|step| step.step == **need)
        };
        let needs = needs
            .iter()
            .map(|need| place(need).expect("an earlier step"))
            .collect();
        self.plan.invocations.push(Invocation {
            step: name.to_owned(),
            script: format!("{name}.sh"),
            program: Program::At("/bin/sh".into()),
            container: None,
            args: vec!["-c".to_owned(), script.to_owned()],
            dir: self.plan.root.clone(),
            env: Vec::new(),
            documents: Vec::new(),
            stages: Vec::new(),
            needs,
            inputs: Vec::new(),
            outputs: Vec::new(),
            expectations: Vec::new(),
            timeout: None,
            retries: Retries::default(),
            slow: None,
            priority: 0,
            inherits: Inherits::All,
            weight: 1,
            mutex: None,
            secrets: Vec::new(),
            configured: Configured::Auto,
            framework: None,
            reads: Reads::default(),
            reuse: false,
        });
        self.plan
            .invocations
            .last_mut()
            .expect("the step just added")
    }

    fn run(&self) -> Ran {
        self.run_with(|_| {})
    }

    /// Runs, with a look at each event.
    fn run_with(&self, mut look: impl FnMut(&Event)) -> Ran {
        let mut events = Vec::new();
        let result = run(&self.plan, &self.options, &mut |event| {
            look(event);
            events.push(event.clone());
        });
        Ran { result, events }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.plan.root.join(name)
    }

    fn latest(&self) -> PathBuf {
        journal::latest(&self.plan.home).expect("a latest run")
    }
}

impl Ran {
    fn summary(&self) -> &RunSummary {
        self.result.as_ref().expect("a summary")
    }

    fn outcome(&self, step: &str) -> &StepOutcome {
        &self.summary().steps[step]
    }

    /// `name: state` of each step.
    fn states(&self) -> Vec<String> {
        let told = |(name, outcome): (&String, &StepOutcome)| {
            let state = serde_json::to_value(outcome.state).expect("a word");
            format!("{name}: {}", state.as_str().expect("a word"))
        };
        self.summary().steps.iter().map(told).collect()
    }

    fn reason(&self, step: &str) -> &str {
        self.outcome(step).reason.as_deref().unwrap_or_default()
    }
}

/// An output below the run's own folder, or where the user wants it.
fn output(name: &str, path: PathBuf, data_type: Option<DataType>, ours: bool) -> PlannedPath {
    PlannedPath {
        name: name.to_owned(),
        path,
        data_type,
        required: true,
        ours,
        columns: Vec::new(),
    }
}

/// Waits until something can be seen, and not for ever.
fn eventually(what: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if what() {
            return true;
        }
        thread::yield_now();
    }
    false
}

/// Whether a process with this id runs.
fn is_alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit_once(')')
            .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    })
}

#[test]
fn a_run_ends_as_its_steps_do() {
    let mut pipeline = Pipeline::new();
    pipeline.step("good", &[], "echo fine");
    pipeline.step("bad", &[], "echo broken >&2; exit 3");
    pipeline.step("after good", &["good"], "true");
    pipeline.step("after bad", &["bad"], "true");
    pipeline.step("far after bad", &["after good", "after bad"], "true");
    pipeline.step("killed", &[], "kill -9 $$");
    let ran = pipeline.run();
    assert_eq!(
        ran.states(),
        [
            "good: passed",
            "bad: failed",
            "after good: passed",
            "after bad: skipped",
            "far after bad: skipped",
            "killed: failed",
        ]
    );
    assert!(!ran.summary().success);
    assert_eq!(ran.outcome("bad").exit_code, Some(3));
    assert_eq!(ran.reason("bad"), "exited with 3");
    assert_eq!(ran.outcome("killed").signal, Some(9));
    assert!(ran.reason("killed").starts_with("ended by SIGKILL"));
    assert_eq!(
        ran.reason("after bad"),
        "it needs `bad`, which did not pass"
    );
    assert_eq!(
        ran.reason("far after bad"),
        "it needs `after bad`, which was skipped because `bad` did not pass"
    );
    assert_eq!(
        ran.outcome("good").command.as_deref(),
        Some("/bin/sh -c 'echo fine'")
    );
    let log = pipeline
        .latest()
        .join(ran.outcome("bad").log.as_ref().expect("a log"));
    assert_eq!(fs::read_to_string(log).expect("a log"), "broken\n");
}

#[test]
fn events_come_in_order_and_the_journal_holds_them_all() {
    let mut pipeline = Pipeline::new();
    pipeline.step("a", &[], "true");
    pipeline.step("b", &["a"], "exit 1");
    pipeline.step("c", &["b"], "true");
    let ran = pipeline.run();
    let told: Vec<String> = ran
        .events
        .iter()
        .map(
            |event| match serde_json::to_value(event).expect("an event") {
                Value::Object(map) => {
                    let word = |key: &str| {
                        map.get(key)
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                            .to_owned()
                    };
                    format!("{} {}", word("event"), word("step"))
                        .trim()
                        .to_owned()
                }
                other => other.to_string(),
            },
        )
        .collect();
    assert_eq!(
        told,
        [
            "run_started",
            "step_explained a",
            "step_started a",
            "step_finished a",
            "step_explained b",
            "step_started b",
            "step_finished b",
            "step_finished c",
            "run_finished",
        ]
    );
    let journal = fs::read_to_string(pipeline.latest().join("events.jsonl")).expect("a journal");
    let written: Vec<Event> = journal
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect();
    assert_eq!(written, ran.events);
    let summary = journal::load_summary(&pipeline.latest()).expect("a summary");
    assert_eq!(&summary, ran.summary());
}

#[test]
fn a_flaky_step_passes_on_a_later_attempt_and_keeps_each_log() {
    let mut pipeline = Pipeline::new();
    let script = "echo attempt $RUNTIME_TEST_ATTEMPT; [ $RUNTIME_TEST_ATTEMPT = 3 ]";
    pipeline.step("flaky", &[], script).retries = Retries::times(5);
    pipeline.step("after", &["flaky"], "true");
    pipeline.step("hopeless", &[], "exit 7").retries = Retries::times(1);
    let ran = pipeline.run();
    assert_eq!(
        ran.states(),
        ["flaky: flaky", "after: passed", "hopeless: failed"]
    );
    assert_eq!(ran.outcome("flaky").attempts, 3);
    assert_eq!(ran.outcome("hopeless").attempts, 2);
    for attempt in 1..=3 {
        let log = pipeline.latest().join(format!("logs/flaky.{attempt}.log"));
        assert_eq!(
            fs::read_to_string(log).expect("a log"),
            format!("attempt {attempt}\n")
        );
    }
    let retried = |event: &&Event| matches!(event, Event::StepRetried { .. });
    assert_eq!(ran.events.iter().filter(retried).count(), 3);
}

#[test]
fn attempts_are_told_with_the_pause_between_them() {
    let mut pipeline = Pipeline::new();
    let script = "test -e again || { touch again; exit 75; }";
    pipeline.step("flaky", &[], script).retries = Retries {
        delay: Duration::from_millis(30),
        ..Retries::times(1)
    };
    let ran = pipeline.run();
    assert_eq!(ran.states(), ["flaky: flaky"]);
    let at = |wanted: &dyn Fn(&Event) -> Option<f64>| ran.events.iter().filter_map(wanted).last();
    let retried = at(&|event| match event {
        Event::StepRetried { at, pause, .. } if (*pause - 0.03).abs() < 1e-9 => Some(*at),
        _ => None,
    });
    let started = at(&|event| match event {
        Event::StepStarted { at, attempt: 2, .. } => Some(*at),
        _ => None,
    });
    let (retried, started) = (retried.expect("retried"), started.expect("started"));
    assert!(started >= retried + 0.029, "{retried} {started}");
}

#[test]
fn a_clean_environment_holds_what_is_named() {
    let mut pipeline = Pipeline::new();
    pipeline.options.environment = [
        ("KEPT", "1"),
        ("LC_ALL", "C"),
        ("LEAKED", "2"),
        ("SET", "3"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec();
    let step = pipeline.step("clean", &[], "/usr/bin/env | sort > out");
    step.inherits = Inherits::Only(vec!["KEPT".to_owned(), "LC_*".to_owned()]);
    step.env = vec![("SET".to_owned(), "4".to_owned())];
    pipeline.run();
    let text = fs::read_to_string(pipeline.path("out")).expect("written");
    let names = ["KEPT", "LC_ALL", "LEAKED", "SET"];
    let of = |line: &&str| names.iter().any(|name| line.starts_with(*name));
    let seen: Vec<&str> = text.lines().filter(of).collect();
    assert_eq!(seen, ["KEPT=1", "LC_ALL=C", "SET=4"]);
}

#[test]
fn steps_are_told_the_facts_of_the_run() {
    let mut pipeline = Pipeline::new();
    pipeline
        .options
        .environment
        .push(("FROM_OUTSIDE".into(), "outside".into()));
    let script = "echo $RUNTIME_TEST_RUN_ID $RUNTIME_TEST_STEP $RUNTIME_TEST_OUTPUT_DIR $FROM_OUTSIDE $SET; pwd";
    pipeline
        .step("facts", &[], script)
        .env
        .push(("SET".to_owned(), "two words".to_owned()));
    let ran = pipeline.run();
    let log = fs::read_to_string(pipeline.latest().join("logs/facts.1.log")).expect("a log");
    let folder = pipeline.plan.home.join("outputs/facts");
    let expected = format!(
        "{} facts {} outside two words\n{}\n",
        ran.summary().run_id,
        folder.display(),
        pipeline.plan.root.display()
    );
    assert_eq!(log, expected);
    assert!(folder.is_dir());
    let command = ran.outcome("facts").command.as_deref().unwrap_or_default();
    assert!(
        command.starts_with("SET='two words' /bin/sh -c"),
        "{command}"
    );
}

#[test]
fn outputs_are_given_room_and_proven() {
    let mut pipeline = Pipeline::new();
    let home = pipeline.plan.home.clone();
    let ours = |name: &str| home.join("outputs/s").join(name);
    let csv = Some(DataType::Csv);
    for (name, script, path, data_type, expected) in [
        (
            "good",
            "printf 'a,b\\n1,2\\n' > \"$O\"",
            ours("deep/er/x.csv"),
            csv,
            "",
        ),
        (
            "folder",
            "touch \"$O/x\"",
            ours("d"),
            Some(DataType::Folder),
            "",
        ),
        (
            "missing",
            "touch \"$O.tmp\"",
            ours("m/x.csv"),
            csv,
            "was not written; beside it there is `x.csv.tmp`",
        ),
        ("empty", ": > \"$O\"", ours("e.csv"), csv, "is empty"),
        (
            "none in",
            "true",
            ours("n"),
            Some(DataType::Folder),
            "is empty",
        ),
        (
            "wrong",
            "echo '{\"a\": ' > \"$O\"",
            ours("x.json"),
            Some(DataType::Json),
            "cannot be read as json: its JSON ends too early",
        ),
        (
            "a folder",
            "mkdir \"$O\"",
            ours("y.json"),
            Some(DataType::Json),
            "is a folder, not a file",
        ),
        (
            "stale",
            "true",
            pipeline.path("old.csv"),
            csv,
            "was there before and was not written again",
        ),
        (
            "fresh",
            "echo a,b > \"$O\"",
            pipeline.path("old2.csv"),
            csv,
            "",
        ),
    ] {
        let at = output("it", path.clone(), data_type, path.starts_with(&home));
        let step = pipeline.step(name, &[], script);
        step.env
            .push(("O".to_owned(), path.to_string_lossy().into_owned()));
        step.outputs.push(at);
        step.framework = Some(expected.to_owned());
    }
    fs::write(pipeline.path("old.csv"), "a,b\n").expect("a file");
    fs::write(pipeline.path("old2.csv"), "a,b\n").expect("a file");
    let ran = pipeline.run();
    for (name, outcome) in &ran.summary().steps {
        let expected = outcome.framework.as_deref().unwrap_or_default();
        let reason = outcome.reason.as_deref().unwrap_or_default();
        assert_eq!(
            outcome.state.is_good(),
            expected.is_empty(),
            "{name}: {reason}"
        );
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}

#[test]
fn leftovers_of_an_earlier_attempt_count_for_nothing() {
    let mut pipeline = Pipeline::new();
    let path = pipeline.plan.home.join("outputs/s/x.txt");
    let script = format!(
        "if [ $RUNTIME_TEST_ATTEMPT = 1 ]; then echo half > {0}; exit 1; fi; test ! -e {0}",
        path.display()
    );
    let step = pipeline.step("s", &[], &script);
    step.retries = Retries::times(1);
    step.outputs.push(output("x", path, None, true));
    let ran = pipeline.run();
    assert_eq!(ran.states(), ["s: failed"]);
    assert!(
        ran.reason("s").contains("was not written"),
        "{}",
        ran.reason("s")
    );
}

#[test]
fn only_our_own_folder_is_ever_emptied() {
    let mut pipeline = Pipeline::new();
    let precious = pipeline.path("precious.txt");
    fs::write(&precious, "years of work").expect("a file");
    let climbing = pipeline.plan.home.join("outputs/../../precious.txt");
    let outputs = [precious.clone(), climbing].map(|path| output("x", path, None, true));
    pipeline.step("s", &[], "exit 1").outputs.extend(outputs);
    pipeline.run();
    assert_eq!(
        fs::read_to_string(precious).expect("a file"),
        "years of work"
    );
}

#[test]
fn an_external_step_only_has_to_be_there() {
    let mut pipeline = Pipeline::new();
    let there = pipeline.path("there.csv");
    fs::write(&there, "a,b\n1,2\n").expect("a file");
    for (name, path) in [("good", there), ("bad", pipeline.path("gone.csv"))] {
        let step = pipeline.step(name, &[], "");
        step.program = Program::Nothing;
        step.outputs
            .push(output("raw", path, Some(DataType::Csv), false));
    }
    pipeline.step("after", &["good"], "true");
    let ran = pipeline.run();
    assert_eq!(
        ran.states(),
        ["good: passed", "bad: failed", "after: passed"]
    );
    assert!(ran.outcome("good").is_external() && !ran.outcome("after").is_external());
    assert_eq!(
        ran.outcome("good").outputs["raw"],
        PathBuf::from("there.csv")
    );
    assert!(
        ran.reason("bad").contains("beside it there is `there.csv`"),
        "{}",
        ran.reason("bad")
    );
    let started = |event: &&Event| matches!(event, Event::StepStarted { .. });
    assert_eq!(ran.events.iter().filter(started).count(), 1);
}

#[test]
fn secrets_are_shown_nowhere() {
    let mut pipeline = Pipeline::new();
    let secret = "hunter2-is-long";
    let step = pipeline.step(
        "s",
        &[],
        "printf hunter2; printf -- '-is-'; echo long; echo \"$1\"; test -e \"$2\"",
    );
    step.args
        .extend(["sh", secret, "document"].map(str::to_owned));
    step.env.push(("PASSWORD".to_owned(), secret.to_owned()));
    step.secrets.push(secret.to_owned());
    step.documents.push(Document {
        path: step.dir.join("document"),
        text: format!("{{\"p\": \"{secret}\"}}"),
    });
    let named = step.dir.join(format!("{secret}.csv"));
    step.outputs.push(output("x", named, None, false));
    pipeline.step("other", &[], "echo hunter2-is-long");
    let ran = pipeline.run();
    assert!(ran.reason("s").contains("`***.csv`"), "{}", ran.reason("s"));
    let log = |name: &str| fs::read_to_string(pipeline.latest().join(name)).expect("a log");
    assert_eq!(log("logs/s.1.log"), "***\n***\n");
    assert_eq!(log("logs/other.1.log"), "***\n");
    assert!(!pipeline.path("document").exists());
    for file in ["events.jsonl", "summary.json"] {
        assert!(!log(file).contains(secret), "{file}");
    }
    assert!(!format!("{:?}", ran.events).contains(secret));
    assert!(!format!("{:?}", ran.summary()).contains(secret));
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let mut pipeline = Pipeline::new();
    pipeline.step("s", &[], "true");
    let mut second = None;
    let ran = pipeline.run_with(|event| {
        if matches!(event, Event::StepStarted { .. }) {
            second = Some(pipeline.run().result);
        }
    });
    assert!(ran.summary().success);
    match second {
        Some(Err(RunError::Busy { pid, .. })) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("not busy: {other:?}"),
    }
    assert!(pipeline.run().summary().success);
}

#[test]
fn an_interrupted_run_leaves_nothing_running_and_a_valid_summary() {
    let mut pipeline = Pipeline::new();
    pipeline.options.jobs = 2;
    let pid = pipeline.path("pid");
    let script = format!(
        "trap '' TERM; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 60; done",
        pid.display()
    );
    pipeline.step("stubborn", &[], &script);
    pipeline.step("quick", &[], "true");
    pipeline.step("later", &["stubborn"], "true");
    let interrupt = pipeline.options.interrupt.clone();
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            eventually(|| pid.exists());
            interrupt.ask();
        });
        pipeline.run()
    });
    assert_eq!(
        ran.states(),
        ["stubborn: unfinished", "quick: passed", "later: skipped"]
    );
    assert_eq!(ran.reason("stubborn"), "ended by the interruption");
    assert!(
        ran.events
            .iter()
            .any(|event| matches!(event, Event::Interrupted { forced: false }))
    );
    assert!(matches!(ran.events.last(), Some(Event::RunFinished { summary }) if !summary.success));
    assert!(!is_alive(fs::read_to_string(pid).expect("a pid").trim()));
}

#[test]
fn a_second_wish_does_not_wait_for_grace() {
    let mut pipeline = Pipeline::new();
    pipeline.options.grace = Duration::from_secs(3600);
    let ready = pipeline.path("ready");
    let script = format!(
        "trap '' TERM; touch {}; while :; do sleep 60; done",
        ready.display()
    );
    pipeline.step("stubborn", &[], &script);
    pipeline.step("never", &["stubborn"], "true");
    pipeline.plan.invocations[1].needs.clear();
    pipeline.options.jobs = 1;
    let interrupt = pipeline.options.interrupt.clone();
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            eventually(|| ready.exists());
            interrupt.ask();
            interrupt.ask();
        });
        pipeline.run()
    });
    assert_eq!(ran.states(), ["stubborn: unfinished", "never: not_run"]);
    assert_eq!(ran.outcome("stubborn").signal, Some(9));
}

#[test]
fn fail_fast_starts_nothing_more() {
    let mut pipeline = Pipeline::new();
    pipeline.options.jobs = 1;
    pipeline.options.on_failure = OnFailure::FailFast;
    pipeline.step("bad", &[], "exit 1");
    pipeline.step("other", &[], "true");
    let ran = pipeline.run();
    assert_eq!(ran.states(), ["bad: failed", "other: not_run"]);
    assert_eq!(ran.reason("other"), "another step failed first");
}

#[test]
fn what_leaves_its_group_is_found_and_ended() {
    let mut pipeline = Pipeline::new();
    let pid = pipeline.path("pid");
    let escape = format!(
        "setsid sh -c 'echo $$ > {0}.new; mv {0}.new {0}; exec sleep 300' & ",
        pid.display()
    );
    let wait = format!("while [ ! -e {} ]; do :; done; ", pid.display());
    pipeline.step("escapes", &[], &format!("{escape}{wait}"));
    let ran = pipeline.run();
    assert_eq!(ran.states(), ["escapes: passed"]);
    assert!(
        ran.reason("escapes").contains("outside its group"),
        "{}",
        ran.reason("escapes")
    );
    assert!(!is_alive(fs::read_to_string(&pid).expect("a pid").trim()));
}

#[test]
fn a_killed_run_is_tidied_up_by_the_next() {
    let mut pipeline = Pipeline::new();
    pipeline.step("s", &[], "true");
    assert!(pipeline.run().summary().success);
    // What a killed run looks like: its lock signed, its events cut, its child alive.
    let folder = pipeline.latest();
    let run_id = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let events = fs::read_to_string(folder.join("events.jsonl")).expect("events");
    let kept: Vec<&str> = events.lines().take(2).collect();
    fs::write(
        folder.join("events.jsonl"),
        format!("{}\n{{\"event\": \"st", kept.join("\n")),
    )
    .expect("a write");
    fs::write(pipeline.plan.home.join("lock"), format!("1 {run_id}\n")).expect("a write");
    let mut orphan = std::process::Command::new("sleep")
        .arg("300")
        .env(step::RUN_ID, &run_id)
        .env(step::OUTPUT_DIR, pipeline.plan.output_folder("s"))
        .spawn()
        .expect("a process");
    // The system shows a process's environment only a moment after it has been started.
    let environ = format!("/proc/{}/environ", orphan.id());
    let shown =
        || fs::read(&environ).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(&run_id));
    let deadline = Instant::now() + Duration::from_secs(20);
    while cfg!(target_os = "linux") && !shown() && Instant::now() < deadline {
        thread::yield_now();
    }
    assert!(pipeline.run().summary().success);
    assert!(!orphan.wait().expect("an end").success());
    let repaired = journal::load_summary(&folder).expect("a summary");
    assert_eq!(repaired.steps["s"].attempts, 1);
}

#[test]
fn run_names_sort_by_time() {
    let mut pipeline = Pipeline::new();
    pipeline.step("s", &[], "true");
    let names: Vec<String> = (0..4)
        .map(|_| pipeline.run().summary().run_id.clone())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(pipeline.latest().ends_with(&names[3]));
    let runs = fs::read_dir(pipeline.plan.home.join("runs"))
        .expect("runs")
        .count();
    assert_eq!(runs, 4);
}

#[test]
fn trouble_with_our_own_files_ends_the_run() {
    let mut pipeline = Pipeline::new();
    fs::write(pipeline.path("home"), "a file").expect("a file");
    pipeline.step("s", &[], "true");
    assert!(matches!(pipeline.run().result, Err(RunError::Io { .. })));
    assert!(pipeline.folder.path().exists());
}

/// A pipeline with a Cargo step, and a shell script in Cargo's place.
fn with_cargo(script: &str) -> Pipeline {
    use std::os::unix::fs::PermissionsExt;
    let mut pipeline = Pipeline::new();
    let cargo = pipeline.path("cargo");
    fs::write(&cargo, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("permissions");
    pipeline.options.cargo = cargo;
    pipeline.step("plain", &[], "true");
    let step = pipeline.step("built", &["plain"], "exit 0");
    step.program = Program::Cargo(CargoTarget {
        manifest: "/w/Cargo.toml".into(),
        package: "p".to_owned(),
        kind: crate::script::TargetKind::Bin,
        name: "packager".to_owned(),
        release: false,
        features: Vec::new(),
    });
    pipeline
}

#[test]
fn a_cargo_step_runs_what_cargo_built() {
    let message = r#"{"reason":"compiler-artifact","manifest_path":"/w/Cargo.toml","target":{"name":"packager","kind":["bin"]},"executable":"/bin/sh"}"#;
    let ran = with_cargo(&format!("echo '{message}'")).run();
    assert_eq!(ran.states(), ["plain: passed", "built: passed"]);
    assert_eq!(
        ran.outcome("built").command.as_deref(),
        Some("/bin/sh -c 'exit 0'")
    );
}

#[test]
fn a_build_that_fails_starts_nothing_and_still_tells_the_whole_run() {
    let pipeline = with_cargo("echo 'error: mismatched types' >&2; exit 101");
    let ran = pipeline.run();
    match &ran.result {
        Err(RunError::Build { targets, reason }) => {
            assert_eq!(targets, &["packager"]);
            assert_eq!(reason, "cargo exited with 101");
        }
        other => panic!("{other:?}"),
    }
    let told = ran.events.iter().find_map(|event| match event {
        Event::BuildFinished {
            success, output, ..
        } => Some((*success, output.as_str())),
        _ => None,
    });
    assert_eq!(told, Some((false, "error: mismatched types\n")));
    assert!(
        !ran.events
            .iter()
            .any(|event| matches!(event, Event::StepStarted { .. }))
    );
    let Some(Event::RunFinished { summary }) = ran.events.last() else {
        panic!("no end: {:?}", ran.events);
    };
    assert_eq!(summary.count(StepState::NotRun), 2);
    assert_eq!(
        &journal::load_summary(&pipeline.latest()).expect("a summary"),
        summary
    );
    // The next run finds nothing in its way.
    assert!(matches!(pipeline.run().result, Err(RunError::Build { .. })));
}

#[test]
fn a_listener_that_panics_does_not_wait_for_the_steps() {
    let mut pipeline = Pipeline::new();
    let pid = pipeline.path("pid");
    let script = format!(
        "echo $$ > {0}.new; mv {0}.new {0}; exec sleep 300",
        pid.display()
    );
    pipeline.step("long", &[], &script);
    pipeline.step(
        "short",
        &[],
        &format!("while [ ! -e {} ]; do :; done", pid.display()),
    );
    let broken = AssertUnwindSafe(|| {
        pipeline.run_with(|event| {
            assert!(!matches!(event, Event::StepFinished { .. }), "a bug");
        })
    });
    assert!(panic::catch_unwind(broken).is_err());
    assert!(!is_alive(fs::read_to_string(pid).expect("a pid").trim()));
}

#[test]
fn an_interrupted_build_is_an_interrupted_run() {
    let pipeline = with_cargo("touch ready; exec sleep 300");
    let (ready, interrupt) = (pipeline.path("ready"), pipeline.options.interrupt.clone());
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            eventually(|| ready.exists());
            interrupt.ask();
        });
        pipeline.run()
    });
    assert_eq!(ran.states(), ["plain: not_run", "built: not_run"]);
    assert!(ran.events.contains(&Event::Interrupted { forced: false }));
}

#[test]
fn a_run_whose_folder_goes_away_ends_and_says_so() {
    let mut pipeline = Pipeline::new();
    pipeline.options.jobs = 1;
    pipeline.step("first", &[], "true");
    pipeline.step("second", &["first"], "true");
    let ran = pipeline.run_with(|event| {
        if matches!(event, Event::StepFinished { step, .. } if step == "first") {
            fs::remove_dir_all(pipeline.latest()).expect("a removal");
        }
    });
    assert!(
        matches!(ran.result, Err(RunError::Io { .. })),
        "{:?}",
        ran.result
    );
    let Some(Event::RunFinished { summary }) = ran.events.last() else {
        panic!("no end: {:?}", ran.events);
    };
    assert_eq!(summary.steps["second"].state, StepState::Failed);
    assert!(pipeline.run().summary().success);
}
