//! Owns what the runner tells and reporters hear: the whole interface between the two.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file;
use crate::plan::Configured;

mod running;

pub use self::running::{Left, Running};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It ran and all its outputs are right.
    Passed,
    /// It ended with another status than 0, by a signal, could not start, or an output is not right.
    Failed,
    /// It took longer than its `timeout`, or the whole run took longer than its own.
    TimedOut,
    /// A step it needs did not pass.
    Skipped,
    /// Nothing it depends on has changed since it passed.
    Cached,
    /// It passed after a failed attempt.
    Flaky,
    /// The run ended before its turn.
    NotRun,
    /// It was under way when the run was interrupted or killed, or still is.
    Unfinished,
}

impl StepState {
    /// Whether steps that need it may start.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Passed | Self::Cached | Self::Flaky)
    }

    /// Whether the step itself went wrong.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }

    /// Whether a reader wants to know more of it than that: it went wrong, or was ended on its way.
    pub fn needs_a_look(self) -> bool {
        self.is_failure() || self == Self::Unfinished
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunEnding {
    /// It has not: it is under way, or was killed.
    Unfinished,
    /// Of itself, whatever became of its steps.
    #[default]
    Finished,
    /// Somebody asked for the end.
    Interrupted,
    /// It took longer than the whole run was allowed to take.
    OutOfTime,
}

/// The output of an attempt at a step, from 1, relative to the run's folder.
pub fn log_of(step: &str, attempt: u32) -> PathBuf {
    PathBuf::from(format!("logs/{}.{attempt}.log", file::name_for(step)))
}

/// All that is known of a step when it has ended; a step's entry in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepOutcome {
    /// How it ended.
    pub state: StepState,
    /// Who configured it.
    pub configured: Configured,
    /// The framework its script uses.
    pub framework: Option<String>,
    /// What it runs, as people are told of it; nothing for an external step.
    pub script: Option<String>,
    /// How often it was started; 0 for an external step and for one that never began.
    pub attempts: u32,
    /// How long all attempts took, in seconds.
    pub seconds: f64,
    /// The last attempt's exit status.
    pub exit_code: Option<i32>,
    /// The signal that ended the last attempt.
    pub signal: Option<i32>,
    /// What was started, as it could be pasted into a shell.
    pub command: Option<String>,
    /// The last attempt's output, relative to the run's folder.
    pub log: Option<PathBuf>,
    /// Where each output lies: absolute, or relative to the manifest's folder.
    pub outputs: IndexMap<String, PathBuf>,
    /// What became of what the manifest expects of the outputs, where it was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Judged>,
    /// Why it ended so, for a reader.
    pub reason: Option<String>,
}

impl StepOutcome {
    /// Whether nobody runs it here: its outputs only had to be there.
    pub fn is_external(&self) -> bool {
        self.script.is_none()
    }

    /// The output of one of its attempts, from 1, relative to the run's folder; nothing where that is not known.
    pub fn log_of_attempt(&self, attempt: usize) -> Option<PathBuf> {
        let log = self.log.as_ref()?;
        let name = log.file_name()?.to_str()?;
        let step = name.strip_suffix(&format!(".{}.log", self.attempts))?;
        Some(log.with_file_name(format!("{step}.{attempt}.log")))
    }
}

/// Whether an output is as the manifest expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The output's name.
    pub output: String,
    /// Where it lies: absolute, or relative to the manifest's folder.
    pub path: PathBuf,
    /// The key under `expect`: `rows`, `columns`, `json`, `files`, `matches`, `lacks`, `snapshot`.
    pub expected: String,
    /// Where the manifest says so: file, line and column.
    pub at: String,
    /// Whether it is so.
    pub holds: bool,
    /// What was found, and what was expected where that is something else.
    pub found: String,
}

/// A whole run; `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// The version of this format: 1.
    pub version: u32,
    /// The run's name: the folder under `runs/`.
    pub run_id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Whether every selected step passed.
    pub success: bool,
    /// How it ended, if it did.
    #[serde(default)]
    pub ending: RunEnding,
    /// When it began (RFC 3339).
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Each step, in the order of the plan.
    pub steps: IndexMap<String, StepOutcome>,
}

impl RunSummary {
    /// How many steps ended so.
    pub fn count(&self, state: StepState) -> usize {
        self.steps
            .values()
            .filter(|step| step.state == state)
            .count()
    }
}

/// How what steps print is told while they run; it is in their logs in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Live {
    /// Not at all.
    #[default]
    Kept,
    /// In whole lines, so that steps that run at the same time do not tear each other's.
    Lines,
    /// As it comes.
    Raw,
}

/// Something that happened in a run; a line of `events.jsonl`. `RunStarted` comes first, `RunFinished` last. Each step
/// has exactly one `StepFinished`; before it come `StepExplained` and its `StepStarted`s, one an attempt, each but the
/// last followed by a `StepRetried`. A step that never started, is external, or is spared has neither. `StepOutput` is
/// told only to who asked for it, and is no line of `events.jsonl`: what steps print is in their logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// The version of this format: 1.
        version: u32,
        /// The run's name.
        run_id: String,
        /// The pipeline's name.
        pipeline: String,
        /// The manifest's folder, to which relative paths belong; absolute.
        root: PathBuf,
        /// The run's own folder; absolute.
        folder: PathBuf,
        /// Its steps, in order.
        steps: Vec<String>,
        /// When (RFC 3339).
        at: String,
    },
    /// Cargo builds targets.
    BuildStarted {
        /// Their names.
        targets: Vec<String>,
    },
    /// Cargo has built them, or not.
    BuildFinished {
        /// Their names.
        targets: Vec<String>,
        /// Whether all are there.
        success: bool,
        /// How long it took.
        seconds: f64,
        /// What Cargo printed, as it printed it.
        output: String,
    },
    /// A step has to run.
    StepExplained {
        /// The step.
        step: String,
        /// Why: what is not as it was when it last passed.
        because: Vec<String>,
        /// Seconds since the run began.
        at: f64,
    },
    /// An attempt begins.
    StepStarted {
        /// The step.
        step: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// What is started, as it could be pasted into a shell.
        command: String,
        /// Seconds since the run began.
        at: f64,
    },
    /// An attempt failed and another follows.
    StepRetried {
        /// The step.
        step: String,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// Why.
        reason: String,
        /// How long it is waited before the next one, in seconds.
        #[serde(default)]
        pause: f64,
        /// Seconds since the run began.
        at: f64,
    },
    /// An attempt takes longer than the step's `slow`; told again after as long again.
    StepSlow {
        /// The step.
        step: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// How long it takes already, in seconds.
        seconds: f64,
        /// Seconds since the run began.
        at: f64,
    },
    /// An attempt has printed something; told where that was asked for.
    StepOutput {
        /// The step.
        step: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// What it printed, on either stream, without secrets: whole lines, or whatever came where that was asked for.
        text: String,
        /// Seconds since the run began.
        at: f64,
    },
    /// A step has ended.
    StepFinished {
        /// The step.
        step: String,
        /// How.
        outcome: StepOutcome,
        /// Seconds since the run began.
        at: f64,
    },
    /// Nothing has happened for a while, and the run goes on: of one that is killed it is known how far it came. Told less
    /// and less often, so that the time since it was last told is a small part of the whole.
    StillRunning {
        /// Seconds since the run began.
        at: f64,
    },
    /// Somebody asked for the end.
    Interrupted {
        /// Whether it was asked twice, so that nothing is waited for.
        forced: bool,
    },
    /// The whole run has taken too long: what runs is ended, and nothing more is started.
    OutOfTime {
        /// How long it was allowed to take, in seconds.
        timeout: f64,
        /// Seconds since the run began.
        at: f64,
    },
    /// The run has ended.
    RunFinished {
        /// All of it.
        summary: RunSummary,
    },
}
