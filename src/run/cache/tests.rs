use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use super::*;
use crate::event::{Event, StepState};
use crate::manifest::retries::Retries;
use crate::plan::{Configured, Document, Inherits, Plan, PlannedPath, Program, Reads};
use crate::requirement::DataType;
use crate::run::{OnFailure, RunOptions, run};

/// Three steps in a folder of their own: `first` turns data and a folder into a file, `second` reads that file, `third`
/// needs `first` and takes nothing from it.
struct Pipeline {
    folder: tempfile::TempDir,
    plan: Plan,
    options: RunOptions,
}

/// What became of the steps: `first: cached`, and why others ran.
struct Seen {
    states: Vec<String>,
    because: Vec<String>,
}

impl Pipeline {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        let path = |name: &str| root.join(name);
        fs::create_dir_all(path("data/parts/deep")).expect("folders");
        for (name, text) in [
            ("data/raw.csv", "a,b\n1,2\n"),
            ("data/parts/one", "1"),
            ("data/parts/deep/two", "2"),
            ("lib.sh", "# one\n"),
        ] {
            fs::write(path(name), text).expect("a file");
        }
        let first =
            "cat data/raw.csv data/parts/one | tr -d x > home/outputs/first/table; . ./lib.sh";
        let second = "sort home/outputs/first/table > home/outputs/second/sorted";
        let mut plan = Plan {
            pipeline: "test".to_owned(),
            home: path("home"),
            root: root.clone(),
            timeout: None,
            invocations: Vec::new(),
        };
        let input = |name: &str, place: &str| planned(name, path(place), false);
        let output = |name: &str, place: &str| planned(name, path(place), true);
        let table = "home/outputs/first/table";
        plan.invocations = vec![
            Invocation {
                inputs: vec![input("raw", "data/raw.csv"), input("parts", "data/parts")],
                outputs: vec![output("table", table)],
                reads: Reads {
                    code: vec![path("lib.sh"), path("gone.sh")],
                    variables: vec!["LABEL".to_owned(), "UNSET".to_owned()],
                    after: Vec::new(),
                },
                env: vec![("TOKEN".to_owned(), "hunter2hunter2".to_owned())],
                secrets: vec!["hunter2hunter2".to_owned()],
                ..shell(&root, "first", first)
            },
            Invocation {
                inputs: vec![input("table", table)],
                outputs: vec![output("sorted", "home/outputs/second/sorted")],
                needs: vec![0],
                ..shell(&root, "second", second)
            },
            Invocation {
                needs: vec![0],
                reads: Reads {
                    after: vec!["first".to_owned()],
                    ..Reads::default()
                },
                ..shell(&root, "third", "true")
            },
        ];
        let options = RunOptions {
            jobs: 2,
            grace: Duration::from_millis(300),
            on_failure: OnFailure::KeepGoing,
            environment: vec![
                ("LABEL".into(), "old".into()),
                ("PATH".into(), "/usr/bin:/bin".into()),
            ],
            ..RunOptions::default()
        };
        Self {
            folder,
            plan,
            options,
        }
    }

    fn step(&mut self, name: &str) -> &mut Invocation {
        let mut steps = self.plan.invocations.iter_mut();
        steps.find(|step| step.step == name).expect("a step")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.plan.root.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn run(&self) -> Seen {
        let mut because = Vec::new();
        let summary = run(&self.plan, &self.options, &mut |event| {
            if let Event::StepExplained {
                step, because: why, ..
            } = event
            {
                because.extend(why.iter().map(|why| format!("{step}: {why}")));
            }
        })
        .expect("a run");
        let word = |state: StepState| serde_json::to_value(state).expect("a word");
        let states = summary.steps.iter();
        because.sort();
        Seen {
            states: states
                .map(|(step, outcome)| {
                    format!("{step} {}", word(outcome.state).as_str().expect("a word"))
                })
                .collect(),
            because,
        }
    }
}

fn planned(name: &str, path: PathBuf, ours: bool) -> PlannedPath {
    PlannedPath {
        name: name.to_owned(),
        path,
        data_type: None,
        required: true,
        ours,
        columns: Vec::new(),
    }
}

fn shell(root: &Path, name: &str, script: &str) -> Invocation {
    Invocation {
        step: name.to_owned(),
        script: format!("{name}.sh"),
        program: Program::At("/bin/sh".into()),
        container: None,
        args: vec!["-c".to_owned(), script.to_owned()],
        dir: root.to_owned(),
        env: Vec::new(),
        documents: Vec::new(),
        stages: Vec::new(),
        needs: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
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
        expectations: Vec::new(),
        reads: Reads::default(),
        reuse: true,
    }
}

/// What is changed between two runs: a name, the change, the steps that then run, and what is said of the first of them.
type Factor = (
    &'static str,
    fn(&mut Pipeline),
    &'static [&'static str],
    &'static str,
);

const NOTHING: &[&str] = &[];
const ALL: &[&str] = &["first", "second", "third"];

const FACTORS: &[Factor] = &[
    ("nothing", |_| {}, NOTHING, ""),
    (
        "an input's content",
        |p| p.write("data/raw.csv", "a,b\n1,2\n3,4\n"),
        ALL,
        "first: input `raw` changed: `data/raw.csv` (size 8 → 12 B)",
    ),
    (
        "an input's content, of the same length",
        |p| p.write("data/raw.csv", "a,b\n1,3\n"),
        ALL,
        "first: input `raw` changed: `data/raw.csv` (still 8 B)",
    ),
    (
        "an input's content, with an output that stays the same",
        |p| p.write("data/raw.csv", "a,b\n1,2x\n"),
        &["first"],
        "first: input `raw` changed: `data/raw.csv` (size 8 → 9 B)",
    ),
    (
        "an input's times alone",
        |p| p.write("data/raw.csv", "a,b\n1,2\n"),
        NOTHING,
        "",
    ),
    (
        "an input's times, to the future",
        |p| {
            let file = fs::File::options()
                .append(true)
                .open(p.path("data/raw.csv"))
                .expect("a file");
            let later = std::time::SystemTime::now() + Duration::from_secs(100_000);
            file.set_modified(later).expect("a time");
        },
        NOTHING,
        "",
    ),
    (
        "a file deep in a folder",
        |p| p.write("data/parts/deep/two", "3"),
        &["first"],
        "first: input `parts` changed: `data/parts` (still 2 B)",
    ),
    (
        "a name in a folder",
        |p| {
            fs::rename(
                p.path("data/parts/deep/two"),
                p.path("data/parts/deep/three"),
            )
            .expect("a move")
        },
        &["first"],
        "first: input `parts` changed: `data/parts` (still 2 B)",
    ),
    (
        "an empty file more in a folder",
        |p| p.write("data/parts/deep/nothing", ""),
        &["first"],
        "first: input `parts` changed: `data/parts` (still 2 B)",
    ),
    (
        "a link in a folder",
        |p| symlink("nowhere", p.path("data/parts/link")).expect("a link"),
        &["first"],
        "first: input `parts` changed: `data/parts` (still 2 B)",
    ),
    (
        "code",
        |p| p.write("lib.sh", "# two\n"),
        &["first"],
        "first: code `lib.sh` changed (still 6 B)",
    ),
    (
        "code that was not there",
        |p| p.write("gone.sh", "# back\n"),
        &["first"],
        "first: code `gone.sh` is new",
    ),
    (
        "an argument",
        |p| p.step("second").args[1].push_str(" # again"),
        &["second"],
        "second: argument `sort home/outputs/first/table > home/outputs/second/sorted` is `sort \
         home/outputs/first/table > home/outputs/second/sorted # again` now",
    ),
    (
        "one argument more",
        |p| p.step("second").args.push("more".to_owned()),
        &["second"],
        "second: argument `more` is new",
    ),
    (
        "a variable that is read",
        |p| p.options.environment[0].1 = "new".into(),
        &["first"],
        "first: variable LABEL changed",
    ),
    (
        "a variable that is read and was not set",
        |p| p.options.environment.push(("UNSET".into(), "".into())),
        &["first"],
        "first: variable UNSET is set now",
    ),
    (
        "a variable that nobody reads",
        |p| p.options.environment.push(("OTHER".into(), "x".into())),
        NOTHING,
        "",
    ),
    (
        "a variable that a step in a clean environment gets, whether it reads it or not",
        |p| {
            p.step("third").inherits = Inherits::Only(vec!["LABEL".to_owned()]);
            p.step("first").inherits = Inherits::Only(Vec::new());
        },
        &["first", "third"],
        "first: variable LABEL is not set any more",
    ),
    (
        "a secret",
        |p| {
            p.step("first").env[0].1 = "correct-horse".to_owned();
            p.step("first").secrets = vec!["correct-horse".to_owned()];
        },
        &["first"],
        "first: variable TOKEN changed",
    ),
    (
        "the working folder",
        |p| p.step("third").dir = p.folder.path().canonicalize().expect("a path").join("data"),
        &["third"],
        "third: its working folder is `data` now, and was `.`",
    ),
    (
        "the program",
        |p| p.step("third").program = Program::At("/bin/bash".into()),
        &["third"],
        "third: the program is `/bin/bash` now, and was `/bin/sh`",
    ),
    (
        "what it is called with",
        |p| {
            let path = p.path("home/main/third.json");
            p.step("third").documents.push(Document {
                path,
                text: "{}".to_owned(),
            });
        },
        &["third"],
        "third: what it is called with (`home/main/third.json`) is new",
    ),
    (
        "an output's type",
        |p| p.step("second").outputs[0].data_type = Some(DataType::Csv),
        &["second"],
        "second: what is asked of its output `sorted home/outputs/second/sorted` changed",
    ),
    (
        "an output that is gone",
        |p| fs::remove_file(p.path("home/outputs/first/table")).expect("a removal"),
        &["first"],
        "first: output `table` is not there any more: `home/outputs/first/table`",
    ),
    (
        "an output that somebody else wrote",
        |p| p.write("home/outputs/second/sorted", "mine"),
        &["second"],
        "second: output `sorted` is not as it left it: `home/outputs/second/sorted` (size 10 → 4 B)",
    ),
    (
        "an output's times alone",
        |p| {
            let text = fs::read_to_string(p.path("home/outputs/second/sorted")).expect("a file");
            p.write("home/outputs/second/sorted", &text);
        },
        NOTHING,
        "",
    ),
    (
        "a step that is never spared",
        |p| p.step("second").reuse = false,
        &["second"],
        "second: the manifest says `cache: false`",
    ),
    (
        "force",
        |p| p.options.reuse = Reuse::Never,
        ALL,
        "first: `--force` was given",
    ),
    (
        "how it is carried out",
        |p| {
            p.step("first").retries = Retries::times(3);
            p.step("first").slow = Some(Duration::from_secs(9));
            p.step("first").timeout = Some(Duration::from_secs(1000));
            p.step("first").mutex = Some("m".to_owned());
            p.options.jobs = 1;
        },
        NOTHING,
        "",
    ),
];

#[test]
fn exactly_what_depends_on_a_change_runs_again() {
    for (name, change, expected, because) in FACTORS {
        let mut pipeline = Pipeline::new();
        assert_eq!(
            pipeline.run().states,
            ["first passed", "second passed", "third passed"]
        );
        change(&mut pipeline);
        let seen = pipeline.run();
        let ran: Vec<&str> = seen
            .states
            .iter()
            .filter_map(|state| state.strip_suffix(" passed"))
            .collect();
        assert_eq!(ran, *expected, "{name}: {:?}", seen.because);
        let told = seen
            .because
            .iter()
            .find(|why| why.starts_with(ran.first().unwrap_or(&"-")));
        assert_eq!(told.map_or("", String::as_str), *because, "{name}");
        let log = fs::read_to_string(pipeline.path("home/cache.jsonl")).expect("a log");
        assert!(!log.contains("hunter2") && !log.contains("horse"), "{name}");
        if pipeline.options.reuse == Reuse::Unchanged
            && pipeline.plan.invocations.iter().all(|step| step.reuse)
        {
            let again = pipeline.run();
            assert_eq!(
                again.because, NOTHING,
                "{name}: a second run has nothing to do"
            );
        }
    }
}

#[test]
fn what_did_not_pass_is_run_again_whatever_it_left() {
    let mut pipeline = Pipeline::new();
    pipeline.step("second").args[1].push_str("; test -e allowed");
    assert_eq!(pipeline.run().states[1], "second failed");
    assert_eq!(
        pipeline.run().because,
        [format!(
            "second: it did not pass when it last ran ({})",
            newest(&pipeline)
        )]
    );
    pipeline.write("allowed", "");
    assert_eq!(
        pipeline.run().states,
        ["first cached", "second passed", "third cached"]
    );
    // It passed once; failing later takes that back, though nothing that is compared has changed.
    fs::remove_file(pipeline.path("allowed")).expect("a removal");
    assert_eq!(pipeline.run().states[1], "second cached");
    pipeline.options.reuse = Reuse::Never;
    assert_eq!(pipeline.run().states[1], "second failed");
    pipeline.options.reuse = Reuse::Unchanged;
    assert_eq!(
        pipeline.run().states,
        ["first cached", "second failed", "third cached"]
    );
}

/// The run before the latest.
fn newest(pipeline: &Pipeline) -> String {
    let mut runs: Vec<String> = fs::read_dir(pipeline.path("home/runs"))
        .expect("runs")
        .map(|run| {
            run.expect("a run")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    runs.sort();
    runs[runs.len() - 2].clone()
}

#[test]
fn what_changes_while_a_step_runs_is_nobodys_result() {
    let mut pipeline = Pipeline::new();
    pipeline.step("first").args[1]
        .push_str("; test -e once || { echo new >> data/raw.csv; touch once; }");
    pipeline.run();
    // Even back at what it was when the step began, nobody knows what the step has read.
    pipeline.write("data/raw.csv", "a,b\n1,2\n");
    let seen = pipeline.run();
    assert_eq!(
        seen.because[0],
        "first: it cannot be known what has changed: while it last ran, input `raw` changed: `data/raw.csv` (size 8 → \
         12 B)"
    );
    assert_eq!(pipeline.run().states[0], "first cached");
}

#[test]
fn a_log_that_was_cut_costs_only_what_was_cut() {
    let pipeline = Pipeline::new();
    pipeline.run();
    let log = pipeline.path("home/cache.jsonl");
    let whole = fs::read(&log).expect("a log");
    for cut in [whole.len() - 1, whole.len() - 20, whole.len() / 2, 10, 0] {
        fs::write(&log, &whole[..cut]).expect("a cut");
        let first = pipeline.run();
        assert!(first.states.iter().all(|state| !state.ends_with("failed")));
        let again = pipeline.run();
        assert_eq!(again.because, NOTHING, "cut at {cut}");
    }
    fs::write(&log, b"\xff\xfe{}\n[1]\n\"x\"\n").expect("rubbish");
    pipeline.run();
    assert_eq!(pipeline.run().because, NOTHING);
}

#[test]
fn a_log_does_not_grow_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, files) = Store::load(folder.path());
    for round in 0..1_500 {
        store.begin("step", &round.to_string()).expect("a line");
    }
    store.tidy(&files).expect("tidied");
    store.begin("other", "x").expect("a line");
    drop(store);
    let lines = fs::read_to_string(folder.path().join(store::FILE))
        .expect("a log")
        .lines()
        .count();
    assert_eq!(lines, 3);
    let (store, _) = Store::load(folder.path());
    assert_eq!(
        store.get("step").map(|record| record.run_id.as_str()),
        Some("1499")
    );
    assert!(store.get("other").is_some_and(|record| !record.passed));
}

#[test]
fn only_a_file_at_rest_is_known_by_its_looks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    fs::write(&path, "one").expect("a file");
    let found = fs::metadata(&path).expect("a file");
    let stat = crate::disk::Stat::of(&found);
    // Something wrong is known of it: whoever trusts its looks tells that.
    let wrong = digest::Hash::of(b"wrong");
    let digests = Digests::new([(path.clone(), (stat, wrong))].into());
    assert_eq!(digests.of(&path).expect("a content").hash, wrong);
    // A file just written is read, and not remembered, for it could be written again within this tick.
    let digests = Digests::default();
    fs::write(&path, "two").expect("a file");
    assert_eq!(
        digests.of(&path).expect("a content").hash,
        digest::Hash::of(b"two")
    );
    let file = fs::File::options()
        .append(true)
        .open(&path)
        .expect("a file");
    let future = std::time::SystemTime::now() + Duration::from_secs(1_000);
    file.set_modified(future).expect("a time");
    let digests = Digests::default();
    digests.of(&path).expect("a content");
    assert_eq!(
        digests.learned().len(),
        0,
        "a file from the future is never at rest"
    );
}

#[test]
fn folders_and_patterns_are_compared_whole_and_special_files_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("a/b")).expect("folders");
    fs::write(path("a/one.csv"), "1").expect("a file");
    fs::write(path("a/two.txt"), "2").expect("a file");
    symlink("..", path("a/b/up")).expect("a link back");
    let digests = Digests::default();
    let of = |name: &str| {
        digests
            .of(&path(name))
            .map(|content| content.hash)
            .map_err(|why| why.to_string())
    };
    assert_eq!(of("none"), Ok(digest::Hash::NOTHING));
    let (whole, pattern) = (of("a"), of("a/*.csv"));
    assert!(whole.is_ok() && pattern.is_ok() && of("a") == whole);
    fs::write(path("a/two.txt"), "3").expect("a file");
    assert_ne!(of("a"), whole);
    assert_eq!(of("a/*.csv"), pattern);
    fs::write(path("a/three.csv"), "3").expect("a file");
    assert_ne!(of("a/*.csv"), pattern);
    assert_eq!(
        digests
            .of(Path::new("/dev/null"))
            .map_err(|why| why.to_string())
            .err()
            .as_deref(),
        Some("`/dev/null` is a device or a pipe, which cannot be compared")
    );
}
