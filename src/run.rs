//! Owns the run: carries out a plan and tells of it in events. One thread owns all state, asks the scheduler what may
//! start, and waits on a channel; each step at work has a thread of the crew that does nothing but see it to its end.

pub mod cache;
pub mod cargo;
pub mod clean;
pub mod command;
mod crew;
pub mod expect;
mod group;
mod images;
mod inputs;
pub mod interrupt;
pub mod journal;
pub mod live;
mod outputs;
mod process;
pub mod scheduler;
pub mod settled;
pub mod staging;
pub mod step;
mod teller;

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use self::cache::key::Facts;
use self::cache::{Cache, Reuse};
use self::crew::{AHEAD, Ahead, Crew, Finished, Message, Turn, Work};
use self::expect::Snapshots;
use self::interrupt::{Interrupt, Wish};
use self::journal::{Journal, Lock, LockError};
use self::process::{Limits, Variables};
pub use self::scheduler::OnFailure;
use self::scheduler::{Rules, Scheduler, Task, Verdict};
use self::step::Context;
use self::teller::{Teller, Unwritten};
pub use crate::event::Live;
use crate::event::{Event, RunSummary};
use crate::file;
use crate::plan::{Invocation, Plan, Program};
use crate::program;
use crate::script::CargoTarget;

/// How often a wish to end is looked for while nothing happens.
const TICK: Duration = Duration::from_millis(50);

/// Why a step of an interrupted run did not have its turn.
const INTERRUPTED: &str = "the run was interrupted before its turn";

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How many places there are for steps that run at the same time.
    pub jobs: usize,
    /// What happens to other steps when one fails.
    pub on_failure: OnFailure,
    /// How long processes have between being asked to end and being made to.
    pub grace: Duration,
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
    /// How what steps print is told while they run.
    pub live: Live,
    /// What becomes of snapshots that outputs are compared with.
    pub snapshots: Snapshots,
    /// The wish to end early.
    pub interrupt: Interrupt,
    /// The environment that steps inherit.
    pub environment: Vec<(OsString, OsString)>,
    /// The `cargo` that builds Cargo targets: a name to find on PATH or a path.
    pub cargo: PathBuf,
    /// Whether earlier results may stand for steps that have not changed.
    pub reuse: Reuse,
}

impl Default for RunOptions {
    /// A place for each processor, this process's environment, five seconds of grace; nobody interrupts.
    fn default() -> Self {
        Self {
            jobs: thread::available_parallelism().map_or(1, usize::from),
            on_failure: OnFailure::default(),
            grace: Duration::from_secs(5),
            timeout: None,
            live: Live::default(),
            snapshots: Snapshots::default(),
            interrupt: Interrupt::new(),
            environment: std::env::vars_os().collect(),
            cargo: std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
            reuse: Reuse::default(),
        }
    }
}

/// Why there is no full run to speak of. A step that fails is not among these.
#[derive(Debug)]
pub enum RunError {
    /// Another run of this pipeline is under way.
    Busy {
        /// Its process, where it is known.
        pid: Option<u32>,
        /// The folder it works in.
        home: PathBuf,
    },
    /// Cargo targets could not be built, so that no step was started. The summary has been written and told.
    Build {
        /// Their names.
        targets: Vec<String>,
        /// Why.
        reason: String,
    },
    /// Something could not be written or read; what ran was ended.
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { pid, home } => {
                write!(f, "another run of this pipeline is under way")?;
                if let Some(pid) = pid {
                    write!(f, " (process {pid})")?;
                }
                write!(f, "; it works in `{}`", home.display())
            }
            Self::Build { reason, .. } => write!(f, "no step was started: {reason}"),
            Self::Io { path, source } => {
                write!(
                    f,
                    "cannot use `{}`: {}",
                    path.display(),
                    file::plain(source)
                )
            }
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Busy { .. } | Self::Build { .. } => None,
        }
    }
}

impl From<(PathBuf, io::Error)> for RunError {
    fn from((path, source): (PathBuf, io::Error)) -> Self {
        Self::Io { path, source }
    }
}

/// Lets the steps end when the thread that owns them unwinds, instead of waiting for them to their own end.
struct EndOnPanic<'a>(&'a Interrupt);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.ask();
        }
    }
}

/// Carries out a plan. Every event is in the run's journal before `on_event` hears it. The plan lists each step after
/// all that it needs; one that does not is a bug of whoever made it, and panics.
///
/// # Errors
/// Another run is under way, Cargo targets do not build, or the run's own files cannot be written.
pub fn run(
    plan: &Plan,
    options: &RunOptions,
    on_event: &mut dyn FnMut(&Event),
) -> Result<RunSummary, RunError> {
    let (mut lock, left) = Lock::take(&plan.home).map_err(|error| match error {
        LockError::Busy(pid) => RunError::Busy {
            pid,
            home: plan.home.clone(),
        },
        LockError::Io(path, source) => RunError::Io { path, source },
    })?;
    if let Some(left) = left {
        recover(plan, &left.run_id, options);
    }
    let journal = Journal::create(&plan.home)?;
    lock.sign(journal.run_id())
        .map_err(|error| (plan.home.join("lock"), error))?;
    let cache = Cache::load(&plan.home, options.reuse, journal.run_id());
    let mut teller = Teller::new(plan, options.timeout, journal, on_event);
    let ended = carry_out(plan, options, &cache, &mut teller);
    cache.close();
    let (summary, told) = teller.finish(options.interrupt.is_asked());
    told?;
    lock.release();
    ended.map(|()| summary)
}

/// Ends what a killed run has left behind and completes its summary.
fn recover(plan: &Plan, run_id: &str, options: &RunOptions) {
    let marks = step::marks_of(run_id, &plan.home);
    group::end_marked(&marks, step::STEP, options.grace);
    let folder = Path::new(run_id);
    // A name of ours is a single word; anything else in that file is nobody's run.
    if folder.components().count() == 1 && folder.file_name().is_some() {
        let folder = plan.home.join("runs").join(folder);
        images::end_left(&folder, &plan.root, &options.environment);
        journal::repair(&folder);
    }
}

/// Builds what has to be built and runs all steps; whatever happens, the summary knows of each step at the end.
fn carry_out(
    plan: &Plan,
    options: &RunOptions,
    cache: &Cache,
    teller: &mut Teller<'_>,
) -> Result<(), RunError> {
    teller.begin()?;
    let executables = match build(plan, options, teller) {
        Ok(executables) => executables,
        Err(error) => return not_built(plan, options, error, teller),
    };
    // Trouble of our own ends steps as a user's wish does, but is not the user's wish.
    let interrupt = options.interrupt.below();
    let mask = teller.mask.clone();
    let run_id = teller.summary.run_id.clone();
    let folder = teller.journal.folder().to_owned();
    let environment: Variables = options.environment.as_slice().into();
    let context = Context {
        plan,
        run_id: &run_id,
        folder: &folder,
        environment: &environment,
        mask: &mask,
        grace: options.grace,
        interrupt: &interrupt,
        snapshots: options.snapshots,
        cache,
        facts: &Facts::new(&plan.root, &options.environment, &mask),
    };
    let costs = cache.costs();
    let tasks: Vec<Task> = plan
        .invocations
        .iter()
        .map(|step| task(step, &costs))
        .collect();
    let rules = Rules {
        jobs: options.jobs,
        on_failure: options.on_failure,
        timeout: options.timeout,
    };
    let mut scheduler = Scheduler::new(&tasks, &rules);
    let ended = run_steps(&context, &executables, &mut scheduler, options, teller);
    let marks = step::marks_of(&run_id, &plan.home);
    for (step, name) in group::end_marked(&marks, step::STEP, options.grace) {
        teller.note_stray(&step, &name);
    }
    Ok(ended?)
}

/// Tells of each step that it was not run, because there is nothing to run. An interrupted build is an interrupted run.
fn not_built(
    plan: &Plan,
    options: &RunOptions,
    error: RunError,
    teller: &mut Teller<'_>,
) -> Result<(), RunError> {
    let wish = options.interrupt.wish();
    let interrupted = wish != Wish::None && matches!(error, RunError::Build { .. });
    if interrupted {
        teller.tell(&Event::Interrupted {
            forced: wish == Wish::Forced,
        })?;
    }
    let why = if interrupted {
        INTERRUPTED
    } else {
        "the Cargo targets of this run were not built"
    };
    for index in 0..plan.invocations.len() {
        teller.leave_out(index, why)?;
    }
    if interrupted { Ok(()) } else { Err(error) }
}

/// What the scheduler needs to know of a step.
fn task(invocation: &Invocation, costs: &HashMap<String, f64>) -> Task {
    Task {
        needs: invocation.needs.clone(),
        weight: invocation.weight,
        mutex: invocation.mutex.clone(),
        cost: match invocation.program {
            Program::Nothing => 0.0,
            _ => costs.get(&invocation.step).copied().unwrap_or(1.0),
        },
        priority: invocation.priority,
        retries: invocation.retries,
        slow: invocation.slow,
    }
}

/// The loop: start what may start, wait for news, tell it.
fn run_steps(
    context: &Context<'_>,
    executables: &HashMap<CargoTarget, PathBuf>,
    scheduler: &mut Scheduler,
    options: &RunOptions,
    teller: &mut Teller<'_>,
) -> Result<(), Unwritten> {
    let mut result: Result<(), Unwritten> = Ok(());
    let mut told = Wish::None;
    let work = Work {
        context,
        events: Arc::clone(teller.journal.events()),
        began: teller.began,
        live: options.live,
        ahead: Ahead::until(
            options
                .timeout
                .and_then(|timeout| teller.began.checked_add(timeout)),
        ),
    };
    let turn = |teller: &mut Teller<'_>, index: usize, number| {
        let invocation = &context.plan.invocations[index];
        let program = program(invocation, executables);
        let shown = program.map(|program| step::shown_command(context, invocation, program));
        if let Some(shown) = &shown {
            teller.will_start(index, shown.clone());
        }
        Turn {
            index,
            invocation,
            program,
            command: shown.unwrap_or_default(),
            number,
        }
    };
    thread::scope(|scope| {
        let _end = EndOnPanic(context.interrupt);
        // In here, so that nobody waits for an answer, or for a turn, where this thread panics.
        let (mut crew, (sender, news)) = (Crew::default(), mpsc::channel());
        loop {
            let wish = context.interrupt.wish();
            if wish > told {
                told = wish;
                if result.is_ok() && !teller.out_of_time {
                    result = teller.tell(&Event::Interrupted {
                        forced: wish == Wish::Forced,
                    });
                }
                also(&mut result, teller.changed(&scheduler.stop()));
            }
            if result.is_err() && !context.interrupt.is_asked() {
                // Nothing can be written down any more, so nothing may go on.
                context.interrupt.ask();
                continue;
            }
            let now = teller.elapsed();
            if scheduler.is_out_of_time(now) {
                also(&mut result, teller.run_out_of_time());
                context.interrupt.ask();
                continue;
            }
            for (index, took) in scheduler.slow(now) {
                also(&mut result, teller.slow(index, took));
            }
            if scheduler.has_room() || context.interrupt.is_asked() {
                let left = work.ahead.recall();
                left.into_iter().for_each(|step| scheduler.take_back(step));
            }
            while let Some((index, number)) = scheduler.start_next(teller.elapsed()) {
                let turn = turn(teller, index, number);
                // Whether the first attempt is made at all is found out by the thread that makes it.
                if number > 1 && turn.program.is_some() {
                    also(&mut result, teller.start(index, number));
                }
                crew.take(turn, &work, scope, &sender);
            }
            while work.ahead.len() < AHEAD
                && let Some(index) = scheduler.promise()
            {
                work.ahead.push(turn(teller, index, 1));
            }
            if scheduler.is_done() {
                break;
            }
            let next = scheduler.next_moment();
            let wait = next.map_or(TICK, |next| next.saturating_sub(teller.elapsed()).min(TICK));
            let told = match news.recv_timeout(wait) {
                Ok(Message::Begun(events, written)) => teller.begun(&events, written),
                Ok(Message::Finished(ended)) => {
                    let Finished { index, attempt, .. } = ended;
                    let verdict = match (attempt.state.is_good(), attempt.worth_retrying) {
                        (true, _) => Verdict::Good,
                        (false, true) => Verdict::Bad,
                        (false, false) => Verdict::Hopeless,
                    };
                    teller.attempted(index, attempt);
                    let changes = scheduler.finish(index, verdict, teller.elapsed(), luck());
                    match ended.next {
                        Some(next) => scheduler.take_over(next, teller.elapsed()),
                        None => crew.is_back(ended.thread),
                    }
                    teller.changed(&changes)
                }
                Ok(Message::Prints(index, number, text, is_told)) => {
                    teller.printed(index, number, text);
                    let _ = is_told.send(());
                    Ok(())
                }
                Ok(Message::Panicked(panic)) => panic::resume_unwind(panic),
                Err(_) => teller.goes_on(),
            };
            also(&mut result, told);
        }
    });
    let why = match (told, &result) {
        (_, Ok(())) if teller.out_of_time => "the run was out of time before its turn",
        (Wish::None, Ok(())) => "another step failed first",
        (_, Ok(())) => INTERRUPTED,
        (_, Err(_)) => "the run could not go on",
    };
    for left in scheduler.close() {
        also(&mut result, teller.leave_out(left, why));
    }
    result
}

/// Keeps the first thing that went wrong.
fn also(result: &mut Result<(), Unwritten>, next: Result<(), Unwritten>) {
    if result.is_ok() {
        *result = next;
    }
}

/// A number from 0 to 1 that nobody can foresee.
fn luck() -> f64 {
    let number = RandomState::new().build_hasher().finish();
    number as f64 / u64::MAX as f64
}

/// What to start for a step; nothing for an external one.
fn program<'a>(
    invocation: &'a Invocation,
    executables: &'a HashMap<CargoTarget, PathBuf>,
) -> Option<&'a Path> {
    match &invocation.program {
        Program::At(path) => Some(path),
        // All of them have been built, or nothing would have started.
        Program::Cargo(target) => executables.get(target).map(PathBuf::as_path),
        Program::Nothing => None,
    }
}

/// Builds the Cargo targets of all steps.
fn build(
    plan: &Plan,
    options: &RunOptions,
    teller: &mut Teller<'_>,
) -> Result<HashMap<CargoTarget, PathBuf>, RunError> {
    let targets: BTreeSet<CargoTarget> = plan
        .invocations
        .iter()
        .filter_map(|invocation| match &invocation.program {
            Program::Cargo(target) => Some(target.clone()),
            Program::At(_) | Program::Nothing => None,
        })
        .collect();
    if targets.is_empty() || options.interrupt.is_asked() {
        return Ok(HashMap::new());
    }
    let names: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
    teller.tell(&Event::BuildStarted {
        targets: names.clone(),
    })?;
    let began = Instant::now();
    let cargo = program::find(
        &options.cargo,
        path_of(&options.environment).as_deref(),
        &plan.root,
    )
    .unwrap_or_else(|| options.cargo.clone());
    let logs = teller.journal.folder().join("logs");
    let settings = cargo::Settings {
        cargo: &cargo,
        dir: &plan.root,
        environment: &options.environment,
        logs: &logs,
        mask: &teller.mask.clone(),
        limits: Limits {
            timeout: None,
            grace: options.grace,
        },
        interrupt: &options.interrupt,
    };
    let built = cargo::build(&targets, &settings)?;
    teller.tell(&Event::BuildFinished {
        targets: names.clone(),
        success: built.failure.is_none(),
        seconds: began.elapsed().as_secs_f64(),
        output: built.output,
    })?;
    match built.failure {
        None => Ok(built.executables),
        Some(reason) => Err(RunError::Build {
            targets: names,
            reason,
        }),
    }
}

/// PATH in an environment.
fn path_of(environment: &[(OsString, OsString)]) -> Option<OsString> {
    environment
        .iter()
        .find(|(name, _)| name == "PATH")
        .map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests;
