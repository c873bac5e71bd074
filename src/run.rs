//! Owns the run: carries out a plan and tells of it in events. One thread owns all state, asks the scheduler what may
//! start, and waits on a channel; each running step has a thread of its own that does nothing but see it to its end.

pub mod cargo;
mod group;
pub mod interrupt;
pub mod journal;
pub mod mask;
mod outputs;
mod process;
pub mod scheduler;
pub mod step;

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use self::interrupt::{Interrupt, Wish};
use self::journal::{Journal, Lock, LockError};
use self::mask::Mask;
use self::process::Limits;
pub use self::scheduler::OnFailure;
use self::scheduler::{Scheduler, Task};
use self::step::{Context, Progress};
use crate::event::{Event, RunSummary, StepOutcome, StepState};
use crate::plan::{Invocation, Plan, Program};
use crate::program;
use crate::script::CargoTarget;

/// The version of the events and the summary.
const VERSION: u32 = 1;

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
    /// The wish to end early.
    pub interrupt: Interrupt,
    /// The environment that steps inherit.
    pub environment: Vec<(OsString, OsString)>,
    /// The `cargo` that builds Cargo targets: a name to find on PATH or a path.
    pub cargo: PathBuf,
}

impl Default for RunOptions {
    /// A place for each processor, this process's environment, five seconds of grace; nobody interrupts.
    fn default() -> Self {
        Self {
            jobs: thread::available_parallelism().map_or(1, usize::from),
            on_failure: OnFailure::default(),
            grace: Duration::from_secs(5),
            interrupt: Interrupt::new(),
            environment: std::env::vars_os().collect(),
            cargo: std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
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
            Self::Io { path, source } => write!(f, "cannot use `{}`: {source}", path.display()),
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

/// What a step's thread says.
enum Message {
    Progress(usize, Progress),
    Finished(usize, StepOutcome),
    /// It met a bug of ours.
    Panicked(Box<dyn Any + Send>),
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
        recover(&plan.home, &left.run_id, options.grace);
    }
    let costs = earlier_costs(&plan.home);
    let journal = Journal::create(&plan.home)?;
    lock.sign(journal.run_id())
        .map_err(|error| (plan.home.join("lock"), error))?;
    let mut teller = Teller::new(plan, journal, on_event);
    let ended = carry_out(plan, options, &costs, &mut teller);
    teller.finish(options.interrupt.is_asked())?;
    lock.release();
    ended.map(|()| teller.summary)
}

/// Ends what a killed run has left behind and completes its summary.
fn recover(home: &Path, run_id: &str, grace: Duration) {
    group::end_marked(&[format!("{}={run_id}", step::RUN_ID)], step::STEP, grace);
    let folder = Path::new(run_id);
    // A name of ours is a single word; anything else in that file is nobody's run.
    if folder.components().count() == 1 && folder.file_name().is_some() {
        journal::repair(&home.join("runs").join(folder));
    }
}

/// How long steps took in the latest run.
fn earlier_costs(home: &Path) -> HashMap<String, f64> {
    let summary = journal::latest(home).and_then(|folder| journal::load_summary(&folder).ok());
    let steps = summary.into_iter().flat_map(|summary| summary.steps);
    let ran = steps.filter(|(_, outcome)| outcome.attempts > 0);
    ran.map(|(step, outcome)| (step, outcome.seconds / f64::from(outcome.attempts)))
        .collect()
}

/// Builds what has to be built and runs all steps; whatever happens, the summary knows of each step at the end.
fn carry_out(
    plan: &Plan,
    options: &RunOptions,
    costs: &HashMap<String, f64>,
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
    let context = Context {
        plan,
        run_id: &run_id,
        folder: &folder,
        environment: &options.environment,
        mask: &mask,
        grace: options.grace,
        interrupt: &interrupt,
    };
    let tasks: Vec<Task> = plan
        .invocations
        .iter()
        .map(|step| task(step, costs))
        .collect();
    let mut scheduler = Scheduler::new(&tasks, options.jobs, options.on_failure);
    let ended = run_steps(&context, &executables, &mut scheduler, teller);
    for (step, name) in group::end_marked(
        &[format!("{}={run_id}", step::RUN_ID)],
        step::STEP,
        options.grace,
    ) {
        teller.note_stray(&step, &name);
    }
    ended
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
    }
}

/// The loop: start what may start, wait for news, tell it.
fn run_steps(
    context: &Context<'_>,
    executables: &HashMap<CargoTarget, PathBuf>,
    scheduler: &mut Scheduler,
    teller: &mut Teller<'_>,
) -> Result<(), RunError> {
    let (sender, news) = mpsc::channel();
    let mut result = Ok(());
    let mut told = Wish::None;
    thread::scope(|scope| {
        let _end = EndOnPanic(context.interrupt);
        loop {
            let wish = context.interrupt.wish();
            if wish > told {
                told = wish;
                scheduler.stop();
                if result.is_ok() {
                    result = teller.tell(&Event::Interrupted {
                        forced: wish == Wish::Forced,
                    });
                }
            }
            if result.is_err() && !context.interrupt.is_asked() {
                // Nothing can be written down any more, so nothing may go on.
                context.interrupt.ask();
                continue;
            }
            while let Some(index) = scheduler.start_next() {
                let sender = sender.clone();
                scope.spawn(move || {
                    let invocation = &context.plan.invocations[index];
                    let program = program(invocation, executables);
                    // Receiving ends only after every step has.
                    let mut progress =
                        |progress| drop(sender.send(Message::Progress(index, progress)));
                    let run = || step::run(context, invocation, program, &mut progress);
                    let message = match panic::catch_unwind(AssertUnwindSafe(run)) {
                        Ok(outcome) => Message::Finished(index, outcome),
                        Err(panic) => Message::Panicked(panic),
                    };
                    drop(sender.send(message));
                });
            }
            if scheduler.running() == 0 {
                break;
            }
            let told = match news.recv_timeout(TICK) {
                Ok(Message::Progress(index, progress)) => teller.progress(index, progress),
                Ok(Message::Finished(index, outcome)) => {
                    let skipped = scheduler.finish(index, outcome.state.is_good());
                    let step = context.plan.invocations[index].step.clone();
                    let told = teller.end(index, outcome);
                    skipped
                        .into_iter()
                        .fold(told, |told, skipped| told.and(teller.skip(skipped, &step)))
                }
                Ok(Message::Panicked(panic)) => panic::resume_unwind(panic),
                Err(_) => Ok(()),
            };
            result = std::mem::replace(&mut result, Ok(())).and(told);
        }
    });
    let why = match (told, &result) {
        (Wish::None, Ok(())) => "another step failed first",
        (_, Ok(())) => INTERRUPTED,
        (_, Err(_)) => "the run could not go on",
    };
    for left in scheduler.close() {
        result = result.and(teller.leave_out(left, why));
    }
    result
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

/// An outcome without secrets.
fn hidden(mut outcome: StepOutcome, mask: &Mask) -> StepOutcome {
    if mask.is_empty() {
        return outcome;
    }
    let texts = [
        &mut outcome.command,
        &mut outcome.reason,
        &mut outcome.script,
    ];
    for text in texts.into_iter().flatten() {
        *text = mask.text(text);
    }
    for path in outcome.outputs.values_mut() {
        *path = PathBuf::from(mask.text(&path.to_string_lossy()));
    }
    outcome
}

/// Says what happens: first to the journal, then to who listens; and keeps the summary.
struct Teller<'a> {
    plan: &'a Plan,
    journal: Journal,
    mask: Mask,
    began: Instant,
    summary: RunSummary,
    on_event: &'a mut dyn FnMut(&Event),
}

impl<'a> Teller<'a> {
    fn new(plan: &'a Plan, journal: Journal, on_event: &'a mut dyn FnMut(&Event)) -> Self {
        let secrets = plan
            .invocations
            .iter()
            .flat_map(|invocation| &invocation.secrets);
        let mask = Mask::new(secrets);
        let not_run = |invocation: &Invocation| {
            let outcome = step::not_started(plan, invocation, StepState::NotRun, None);
            (invocation.step.clone(), hidden(outcome, &mask))
        };
        let steps: IndexMap<String, StepOutcome> = plan.invocations.iter().map(not_run).collect();
        let summary = RunSummary {
            version: VERSION,
            run_id: journal.run_id().to_owned(),
            pipeline: plan.pipeline.clone(),
            success: false,
            started: jiff::Timestamp::now().to_string(),
            seconds: 0.0,
            steps,
        };
        Self {
            plan,
            journal,
            mask,
            began: Instant::now(),
            summary,
            on_event,
        }
    }

    /// Seconds since the run began.
    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn tell(&mut self, event: &Event) -> Result<(), RunError> {
        let written = self.journal.append(event);
        (self.on_event)(event);
        Ok(written?)
    }

    /// The summary is there from the start, so that a killed run leaves a valid one: nothing has run, no success.
    fn begin(&mut self) -> Result<(), RunError> {
        self.journal.summarise(&self.summary)?;
        let event = Event::RunStarted {
            version: VERSION,
            run_id: self.summary.run_id.clone(),
            pipeline: self.summary.pipeline.clone(),
            root: self.plan.root.clone(),
            folder: self.journal.folder().to_owned(),
            steps: self.summary.steps.keys().cloned().collect(),
            at: self.summary.started.clone(),
        };
        self.tell(&event)
    }

    fn progress(&mut self, index: usize, progress: Progress) -> Result<(), RunError> {
        let (step, at) = (self.plan.invocations[index].step.clone(), self.now());
        self.tell(&match progress {
            Progress::Started { attempt, command } => Event::StepStarted {
                step,
                attempt,
                command,
                at,
            },
            Progress::Retried { attempt, reason } => Event::StepRetried {
                step,
                attempt,
                reason,
                at,
            },
        })
    }

    fn end(&mut self, index: usize, outcome: StepOutcome) -> Result<(), RunError> {
        let step = self.plan.invocations[index].step.clone();
        let outcome = hidden(outcome, &self.mask);
        self.summary.steps.insert(step.clone(), outcome.clone());
        let at = self.now();
        self.tell(&Event::StepFinished { step, outcome, at })
    }

    fn skip(&mut self, index: usize, because_of: &str) -> Result<(), RunError> {
        let reason = format!("it needs `{because_of}`, which did not pass");
        let invocation = &self.plan.invocations[index];
        let outcome = step::not_started(self.plan, invocation, StepState::Skipped, Some(reason));
        self.end(index, outcome)
    }

    fn leave_out(&mut self, index: usize, why: &str) -> Result<(), RunError> {
        let invocation = &self.plan.invocations[index];
        let outcome = step::not_started(
            self.plan,
            invocation,
            StepState::NotRun,
            Some(why.to_owned()),
        );
        self.end(index, outcome)
    }

    /// Adds to an ended step that it left a process behind.
    fn note_stray(&mut self, step: &str, name: &str) {
        if let Some(outcome) = self.summary.steps.get_mut(step) {
            let note = format!("left `{name}` running outside its group, which was ended");
            outcome.reason = Some(match outcome.reason.take() {
                Some(reason) => format!("{reason}; {note}"),
                None => note,
            });
        }
    }

    /// Writes and tells the whole.
    fn finish(&mut self, interrupted: bool) -> Result<(), RunError> {
        self.summary.seconds = self.now();
        self.summary.success =
            !interrupted && self.summary.steps.values().all(|step| step.state.is_good());
        let summarised = self.journal.summarise(&self.summary);
        self.tell(&Event::RunFinished {
            summary: self.summary.clone(),
        })?;
        Ok(summarised?)
    }
}

#[cfg(test)]
mod tests;
