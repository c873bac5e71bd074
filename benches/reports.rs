//! What telling of a run costs: the same run of many steps that start a process which does nothing, told by all reporters
//! and by none, in turns. The ratio is what counts; it is of the same machine in the same minute.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime_test::event::Event;
use runtime_test::plan::{Plan, build, outline};
use runtime_test::report::{Console, Reporter, Reporters, Results, Written};
use runtime_test::run::cache::Reuse;
use runtime_test::run::{self, RunOptions};
use runtime_test::secret::mask::Mask;
use runtime_test::ui::{Color, Ui, Verbosity};
use runtime_test::{analysis, answers, check};

/// How many steps there are, and how often each way is measured.
const STEPS: usize = 1_000;
const ROUNDS: usize = 7;

fn main() {
    let folder = in_memory();
    write(folder.path());
    let options = analysis::Options {
        folder: folder.path().to_owned(),
        ..analysis::Options::default()
    };
    let analysis = analysis::analyse(&options).expect("a pipeline");
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(&analysis, &answers::Sources::default(), &all, &|name| {
        std::env::var(name).ok()
    });
    let plan = build::build(&analysis, &checked, &all);
    let outline = Arc::new(outline::outline(&analysis, &checked, &plan));
    let (mut told, mut untold) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        untold.push(timed(&plan, &mut |_| {}));
        let mut ui = Ui::new(Color::Never, Verbosity::Quiet);
        let console = Console::new(Results::Stderr).with_outline(outline.clone());
        let written = Written::new(outline.clone(), Mask::default());
        let mut reporters = Reporters::new(vec![
            Reporter::Console(console),
            Reporter::Written(Box::new(written)),
        ]);
        told.push(timed(&plan, &mut |event| reporters.hear(event, &mut ui)));
        assert!(reporters.failures().is_empty(), "all was written");
    }
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let ratio = |told: Duration, untold: Duration| told.as_secs_f64() / untold.as_secs_f64() - 1.0;
    let each = ratio(middle(told.clone()), middle(untold.clone())) * 100.0;
    let (told, untold) = (least(&told), least(&untold));
    println!("{STEPS} steps that each start a process, least of {ROUNDS} rounds in turns");
    println!("  told to nobody    {:>7.1} ms", untold.as_secs_f64() * 1e3);
    println!("  told to everybody {:>7.1} ms", told.as_secs_f64() * 1e3);
    let least = ratio(told, untold) * 100.0;
    println!("  reports add       {least:>7.2} % ({each:.2} % between the middle rounds)");
}

/// A pipeline whose steps start a process that does nothing, each tenth after one before it.
fn write(folder: &Path) {
    let mut manifest = "version: 1\npipeline: many\nsteps:\n".to_owned();
    for at in 0..STEPS {
        manifest += &format!("  step_{at}: {{ command: [\"true\"]");
        if at % 10 > 0 {
            manifest += &format!(", needs: [step_{}]", at - 1);
        }
        manifest += " }\n";
    }
    std::fs::write(folder.join("runtime-test.yaml"), manifest).expect("a manifest");
}

/// How long a run takes.
fn timed(plan: &Plan, hear: &mut dyn FnMut(&Event)) -> Duration {
    let began = Instant::now();
    let options = RunOptions {
        // Each step's process starts each time.
        reuse: Reuse::Never,
        ..RunOptions::default()
    };
    let summary = run::run(plan, &options, hear).expect("a run");
    assert!(summary.success && summary.steps.values().all(|step| step.attempts == 1));
    began.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A folder in memory where there is one. Each round of a benchmark leaves thousands of removed files behind, and some file
/// systems look long for room where that has just happened: ext4 took twice the time of the steps themselves.
fn in_memory() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    folder.expect("a folder")
}
