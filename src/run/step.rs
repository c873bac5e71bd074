//! Owns one step from its first attempt to its outcome: its command as people can paste it, its environment, its log,
//! its attempts, and the judgement of each. Runs on a thread of the step's own and tells what happens as it happens.

mod ending;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use crate::event::{Judged, StepOutcome, StepState, log_of};
use crate::plan::{Container, Document, Inherits, Invocation, Plan, Program};
use crate::run::cache::key::Facts;
use crate::run::cache::{Cache, Decision, explain};
use crate::run::command;
use crate::run::expect::{self, Snapshots};
use crate::run::group::{self, Mark};
use crate::run::images::{Place, Running};
use crate::run::inputs;
use crate::run::interrupt::Interrupt;
use crate::run::live::Ear;
use crate::run::outputs;
use crate::run::process::{self, Child, Ended, Ending, Limits, Output, Variables};
use crate::run::staging::{stage, write_document};
use crate::secret::mask::Mask;

pub use self::ending::strayed;

/// The variable that names the run.
pub const RUN_ID: &str = "RUNTIME_TEST_RUN_ID";
/// The variable that names the step.
pub const STEP: &str = "RUNTIME_TEST_STEP";
/// The variable that counts the attempt, from 1.
pub const ATTEMPT: &str = "RUNTIME_TEST_ATTEMPT";
/// The variable that names the folder for the step's outputs.
pub const OUTPUT_DIR: &str = "RUNTIME_TEST_OUTPUT_DIR";
/// All of them.
const FACTS: [&str; 4] = [RUN_ID, STEP, ATTEMPT, OUTPUT_DIR];

/// What is the same for all steps of a run.
#[derive(Debug)]
pub struct Context<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The run's name.
    pub run_id: &'a str,
    /// The run's own folder.
    pub folder: &'a Path,
    /// The environment that steps inherit.
    pub environment: &'a Variables,
    /// What is never shown.
    pub mask: &'a Mask,
    /// Between being asked to end and being made to.
    pub grace: Duration,
    /// The wish to end early.
    pub interrupt: &'a Interrupt,
    /// What becomes of snapshots.
    pub snapshots: Snapshots,
    /// What is remembered of earlier runs.
    pub cache: &'a Cache,
    /// What is the same for all steps when they are compared with earlier runs.
    pub facts: &'a Facts<'a>,
}

/// How one attempt went.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// How it ended.
    pub state: StepState,
    /// How long it took.
    pub took: Duration,
    /// Its exit status.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why it ended so.
    pub reason: Option<String>,
    /// Its output, relative to the run's folder.
    pub log: Option<PathBuf>,
    /// What became of what is expected of its outputs.
    pub judged: Vec<Judged>,
    /// Whether another attempt could go better.
    pub worth_retrying: bool,
    /// Whether it was ended because somebody wished the end.
    pub was_interrupted: bool,
}

/// The command of an attempt, as people may see it.
pub fn shown_command(context: &Context<'_>, invocation: &Invocation, program: &Path) -> String {
    context
        .mask
        .text(&command::command(context.plan, invocation, program))
}

/// Makes one attempt at a step, the first of which is number 1; where nothing has changed since the step passed, it is
/// spared instead. `program` is what to start; nothing for an external step. `begins` hears why the first attempt is made,
/// `ear` what it prints.
pub fn run(
    context: &Context<'_>,
    invocation: &Invocation,
    program: Option<&Path>,
    number: u32,
    begins: &mut dyn FnMut(Vec<String>),
    ear: Option<Ear>,
) -> Attempt {
    let (cache, facts) = (context.cache, context.facts);
    let Some(program) = program else {
        let attempt = external(context, invocation);
        if attempt.state.is_good() {
            cache.keep_external(facts, invocation);
        }
        return shown(context, attempt);
    };
    if let Err(attempt) = fetch(context, invocation, number, begins) {
        return shown(context, attempt);
    }
    if let (1, Some(reason)) = (
        number,
        inputs::lacking(&invocation.inputs, &context.plan.root),
    ) {
        begins(Vec::new());
        return shown(context, failed(reason));
    }
    if number == 1 {
        let (because, parts) = match cache.decide(facts, invocation, program) {
            Decision::Run { because, parts } => (because, parts),
            Decision::Spare { reason, parts } => {
                let attempt = judged(context, invocation, spared(reason));
                if attempt.state.is_good() {
                    return shown(context, attempt);
                }
                // It is made again, for what is expected may be new, and what is compared may not be all that counts.
                let why = context.mask.text(&attempt.reason.unwrap_or_default());
                (explain::not_expected(&why), Some(parts))
            }
        };
        begins(because);
        if let Err((path, error)) = cache.begin(&invocation.step, parts) {
            return shown(context, failed(cannot_write(&path, &error)));
        }
    }
    let began = Instant::now();
    let attempt = attempt(context, invocation, program, number, ear);
    let took = began.elapsed();
    if attempt.state.is_good() {
        cache.keep(facts, invocation, program, took);
    }
    shown(context, Attempt { took, ..attempt })
}

/// Makes sure that the image is here that a step runs in; the failed attempt where it cannot be had.
fn fetch(
    context: &Context<'_>,
    invocation: &Invocation,
    number: u32,
    begins: &mut dyn FnMut(Vec<String>),
) -> Result<(), Attempt> {
    let Some(container) = &invocation.container else {
        return Ok(());
    };
    let place = Place {
        dir: &context.plan.root,
        environment: context.environment,
        interrupt: context.interrupt,
    };
    let log = log_of(&invocation.step, number);
    let began = Instant::now();
    let fetched = (context.facts.images).fetch(container, place, &context.folder.join(&log));
    fetched.map_err(|reason| {
        if number == 1 {
            begins(explain::no_image(&container.image));
        }
        let was_interrupted = context.interrupt.is_asked();
        Attempt {
            took: began.elapsed(),
            log: Some(log),
            worth_retrying: !was_interrupted,
            was_interrupted,
            ..failed(reason)
        }
    })
}

/// An attempt as people may see it.
fn shown(context: &Context<'_>, attempt: Attempt) -> Attempt {
    Attempt {
        reason: attempt.reason.map(|reason| context.mask.text(&reason)),
        ..attempt
    }
}

/// A step that need not run, for this reason.
fn spared(reason: String) -> Attempt {
    Attempt {
        state: StepState::Cached,
        ..failed(reason)
    }
}

/// The outcome of a step whose last attempt was this one: the `attempts`th, all of which together took `took`.
pub fn outcome(
    plan: &Plan,
    invocation: &Invocation,
    attempt: Attempt,
    attempts: u32,
    took: Duration,
    command: Option<String>,
) -> StepOutcome {
    let state = match attempt.state {
        StepState::Passed if attempts > 1 => StepState::Flaky,
        state => state,
    };
    let started = invocation.program != Program::Nothing && state != StepState::Cached;
    StepOutcome {
        attempts: if started { attempts } else { 0 },
        seconds: took.as_secs_f64(),
        exit_code: attempt.exit_code,
        signal: attempt.signal,
        command,
        log: attempt.log,
        expectations: attempt.judged,
        ..not_started(plan, invocation, state, attempt.reason)
    }
}

/// The outcome of a step that was never started.
pub fn not_started(
    plan: &Plan,
    invocation: &Invocation,
    state: StepState,
    reason: Option<String>,
) -> StepOutcome {
    let place = |output: &crate::plan::PlannedPath| {
        (
            output.name.clone(),
            outputs::shown(&output.path, &plan.root),
        )
    };
    StepOutcome {
        state,
        configured: invocation.configured,
        framework: invocation.framework.clone(),
        script: (invocation.program != Program::Nothing).then(|| invocation.script.clone()),
        attempts: 0,
        seconds: 0.0,
        exit_code: None,
        signal: None,
        command: None,
        log: None,
        outputs: invocation
            .outputs
            .iter()
            .map(place)
            .collect::<IndexMap<_, _>>(),
        expectations: Vec::new(),
        reason,
    }
}

/// An attempt that failed before anything began.
fn failed(reason: String) -> Attempt {
    Attempt {
        state: StepState::Failed,
        took: Duration::ZERO,
        exit_code: None,
        signal: None,
        reason: Some(reason),
        log: None,
        judged: Vec::new(),
        worth_retrying: false,
        was_interrupted: false,
    }
}

/// Looks whether somebody else has made what this step stands for.
fn external(context: &Context<'_>, invocation: &Invocation) -> Attempt {
    match outputs::prove_external(&invocation.outputs, &context.plan.root) {
        Err(reason) => failed(reason),
        Ok(()) => {
            let passed = Attempt {
                state: StepState::Passed,
                reason: None,
                ..failed(String::new())
            };
            judged(context, invocation, passed)
        }
    }
}

/// A passed attempt, held against what is expected of its outputs.
fn judged(context: &Context<'_>, invocation: &Invocation, mut attempt: Attempt) -> Attempt {
    attempt.judged = expect::judge(
        &invocation.expectations,
        context.snapshots,
        &context.plan.root,
    );
    if let Some(reason) = expect::reason(&attempt.judged) {
        attempt.state = StepState::Failed;
        attempt.reason = Some(reason);
    }
    attempt
}

/// One attempt: room for outputs, the process, the proof.
fn attempt(
    context: &Context<'_>,
    invocation: &Invocation,
    program: &Path,
    number: u32,
    ear: Option<Ear>,
) -> Attempt {
    if let Err((path, error)) = stage(context.plan, invocation) {
        return failed(cannot_write(&path, &error));
    }
    let before = match outputs::prepare(&invocation.outputs, &context.plan.home) {
        Ok(before) => before,
        Err((path, error)) => return failed(cannot_write(&path, &error)),
    };
    let output_dir = context.plan.output_folder(&invocation.step);
    if let Err(error) = fs::create_dir_all(&output_dir) {
        return failed(cannot_write(&output_dir, &error));
    }
    for Document { path, text } in &invocation.documents {
        if let Err(error) = write_document(path, text) {
            return failed(cannot_write(path, &error));
        }
    }
    let log = log_of(&invocation.step, number);
    let log_path = context.folder.join(&log);
    let file = match File::create(&log_path) {
        Ok(file) => file,
        Err(error) => return failed(cannot_write(&log_path, &error)),
    };
    let env = inherited(context, invocation);
    let own = own_variables(context, invocation, number, &output_dir);
    let (program, args, running) = match &invocation.container {
        None => (program, invocation.args.clone(), None),
        Some(container) => match enter(context, invocation, container, program, number, &env, &own)
        {
            Ok((args, running)) => (container.engine.as_path(), args, Some(running)),
            Err((path, error)) => return failed(cannot_write(&path, &error)),
        },
    };
    let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
    let child = Child {
        program,
        args: &args,
        dir: &invocation.dir,
        env: &env,
        own: &own,
    };
    let output = match ear {
        Some(ear) => Output::Heard(file, ear),
        None => Output::Together(file),
    };
    let limits = Limits {
        timeout: invocation.timeout,
        grace: context.grace,
    };
    let ended = process::run(&child, output, context.mask, limits, context.interrupt);
    for Document { path, text } in &invocation.documents {
        if context.mask.text(text) != *text {
            // A secret does not stay on the disk; whether it could be removed changes nothing for the step.
            let _ = fs::remove_file(path);
        }
    }
    if let Some(running) = running {
        match ended.ending {
            Ending::Exited(_) | Ending::CouldNotStart(_) => running.ended(),
            // It may have outlived what started it.
            _ => running.end(&context.plan.root, context.environment),
        }
    }
    let mut attempt = judge(ended, invocation, &log);
    if attempt.state == StepState::Passed
        && let Err(reason) = outputs::prove(&invocation.outputs, &before, &context.plan.root)
    {
        attempt.state = StepState::Failed;
        attempt.reason = Some(reason);
    }
    if attempt.state == StepState::Passed {
        attempt = judged(context, invocation, attempt);
    }
    if attempt.state != StepState::Passed {
        let strays = end_strays(context, invocation);
        // What was told to end, with all it had begun, has left nothing behind that it should not have.
        if attempt.state == StepState::Failed {
            let notes = strays.iter().map(|name| strayed(name));
            let all: Vec<String> = attempt.reason.take().into_iter().chain(notes).collect();
            attempt.reason = Some(all.join("; "));
        }
    }
    attempt
}

/// The arguments by which a container's engine runs a program, and the container that is about to run.
fn enter(
    context: &Context<'_>,
    invocation: &Invocation,
    container: &Container,
    program: &Path,
    number: u32,
    env: &Variables,
    own: &Variables,
) -> Result<(Vec<String>, Running), (PathBuf, io::Error)> {
    // Engines are particular about names, and two steps may only differ in what they do not take.
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let step: String = invocation.step.chars().map(plain).collect();
    let mut places = context.plan.invocations.iter();
    let place = places.position(|other| other.step == invocation.step);
    let place = place.unwrap_or_default();
    let name = format!("runtime-test-{}-{place}-{step}-{number}", context.run_id);
    let is_set = |name: &OsString| {
        let set = invocation.env.iter().any(|(set, _)| name == set.as_str());
        set || FACTS.iter().any(|fact| name == fact) || container.takes(name)
    };
    let names = env.iter().chain(own.iter()).map(|(name, _)| name);
    let names: BTreeSet<&OsStr> = names
        .filter(|name| is_set(name))
        .map(|n| n.as_os_str())
        .collect();
    let names: Vec<&OsStr> = names.into_iter().collect();
    let running = Running::begin(context.folder, &container.engine, name)?;
    let name = Some(running.name());
    let args = container.arguments(context.plan, invocation, program, name, &names);
    Ok((args, running))
}

/// What an ending means for a step.
fn judge(ended: Ended, invocation: &Invocation, log: &Path) -> Attempt {
    let (code, signal) = match &ended.ending {
        Ending::Exited(code) => (Some(*code), None),
        Ending::Signalled(signal) => (None, Some(*signal)),
        Ending::TimedOut(status) | Ending::Interrupted(status) => (
            status.and_then(|status| status.code()),
            status.and_then(|status: ExitStatus| group::signal_of(status)),
        ),
        Ending::CouldNotStart(_) => (None, None),
    };
    let (state, reason) = ending::meaning(&ended, invocation);
    let began = !matches!(ended.ending, Ending::CouldNotStart(_));
    let was_interrupted = matches!(ended.ending, Ending::Interrupted(_));
    Attempt {
        state,
        took: Duration::ZERO,
        exit_code: code,
        signal,
        reason,
        log: began.then(|| log.to_owned()),
        judged: Vec::new(),
        worth_retrying: began && !was_interrupted,
        was_interrupted,
    }
}

/// Ends what a failed step has let out of its group, and tells the names of that.
fn end_strays(context: &Context<'_>, invocation: &Invocation) -> Vec<String> {
    let [run, place] = marks_of(context.run_id, &context.plan.home);
    let marks = [run, place, Mark::Is(STEP, invocation.step.clone().into())];
    let ended = group::end_marked(&marks, STEP, context.grace);
    ended.into_iter().map(|(_, name)| name).collect()
}

/// What all processes of a run bear, and those of no other: two runs may begin in the same moment and so have one name,
/// but not in one folder.
pub fn marks_of(run_id: &str, home: &Path) -> [Mark; 2] {
    [
        Mark::Is(RUN_ID, run_id.into()),
        Mark::Below(OUTPUT_DIR, home.to_owned()),
    ]
}

/// What an attempt inherits.
fn inherited(context: &Context<'_>, invocation: &Invocation) -> Variables {
    match invocation.inherits {
        Inherits::All => Arc::clone(context.environment),
        Inherits::Only(_) => {
            let all = context.environment.iter();
            let taken = all.filter(|(name, _)| invocation.inherits.takes(name));
            taken.cloned().collect()
        }
    }
}

/// What is laid over that: what the step sets, and the facts of the run.
fn own_variables(
    context: &Context<'_>,
    invocation: &Invocation,
    attempt: u32,
    output_dir: &Path,
) -> Variables {
    let set = invocation.env.iter();
    let set = set.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let facts: [(&str, OsString); 4] = [
        (RUN_ID, context.run_id.into()),
        (STEP, invocation.step.clone().into()),
        (ATTEMPT, attempt.to_string().into()),
        (OUTPUT_DIR, output_dir.into()),
    ];
    let facts = facts.map(|(name, value)| (OsString::from(name), value));
    set.chain(facts).collect()
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write `{}`: {error}", path.display())
}
