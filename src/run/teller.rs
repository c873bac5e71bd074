//! Owns the telling of a run: each event goes first to the journal, then to who listens, and into the summary. Knows
//! nothing of what may start when.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use crate::both::both;
use crate::duration::chosen;
use crate::event::{Event, Left, RunEnding, RunSummary, Running, StepOutcome, StepState};
use crate::plan::{Invocation, Plan};
use crate::run::journal::Journal;
use crate::run::scheduler::Change;
use crate::run::step::{self, Attempt};
use crate::secret::mask::Mask;

/// The version of the events and the summary.
const VERSION: u32 = 1;

/// How long the summary stays as it is while steps end, at least; and how many times longer than writing it takes.
const PAUSE: Duration = Duration::from_secs(1);
const REST: u32 = 50;

/// How long a run is silent before it is told that it goes on, at least; and which part of the time that it has been going.
const SILENCE: Duration = Duration::from_secs(1);
const SILENT: u32 = 20;

/// What cannot be written, and why.
pub(super) type Unwritten = (PathBuf, io::Error);

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
    for judged in &mut outcome.expectations {
        judged.found = mask.text(&judged.found);
        judged.path = PathBuf::from(mask.text(&judged.path.to_string_lossy()));
    }
    outcome
}

fn out_of_time(timeout: Duration) -> String {
    format!(
        "ended because the whole run took longer than {}",
        chosen(timeout.as_secs_f64())
    )
}

fn not_passed(step: &str) -> String {
    format!("it needs `{step}`, which did not pass")
}

fn skipped_too(step: &str, because_of: &str) -> String {
    format!("it needs `{step}`, which was skipped because `{because_of}` did not pass")
}

/// Says what happens: first to the journal, then to who listens; and keeps the summary.
pub(super) struct Teller<'a> {
    plan: &'a Plan,
    pub(super) journal: Journal,
    pub(super) mask: Mask,
    pub(super) began: Instant,
    pub(super) summary: RunSummary,
    /// Its steps that are under way.
    running: Running,
    /// When something was last told of, as how long the run had been going.
    last: Duration,
    /// What is known of each step that has started.
    tallies: Vec<Tally>,
    /// How long the whole run may take, and whether that is over.
    timeout: Option<Duration>,
    pub(super) out_of_time: bool,
    /// Before when the summary on disk stays as it is.
    next_summary: Instant,
    on_event: &'a mut dyn FnMut(&Event),
}

/// A step's attempts so far.
#[derive(Clone, Default)]
struct Tally {
    attempts: u32,
    took: Duration,
    command: Option<String>,
    last: Option<Attempt>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        timeout: Option<Duration>,
        journal: Journal,
        on_event: &'a mut dyn FnMut(&Event),
    ) -> Self {
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
            ending: RunEnding::Unfinished,
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
            running: Running::default(),
            last: Duration::ZERO,
            tallies: vec![Tally::default(); plan.invocations.len()],
            next_summary: Instant::now() + PAUSE,
            timeout,
            out_of_time: false,
            on_event,
        }
    }

    /// How long the run has been going.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The same in seconds.
    pub(super) fn now(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    pub(super) fn tell(&mut self, event: &Event) -> Result<(), Unwritten> {
        let written = self.journal.events().append(&[event]);
        self.heard(event);
        written
    }

    /// Tells who listens of what has been written down.
    fn heard(&mut self, event: &Event) {
        self.last = self.elapsed();
        (self.on_event)(event);
    }

    /// The summary is there from the start, so that a killed run leaves a valid one: nothing has run, no success.
    pub(super) fn begin(&mut self) -> Result<(), Unwritten> {
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

    /// A step is looked at that would start so.
    pub(super) fn will_start(&mut self, index: usize, command: String) {
        self.tallies[index].command = Some(command);
    }

    /// A step's first attempt begins; its own thread has written these events down, or failed to.
    pub(super) fn begun(
        &mut self,
        events: &[Event],
        written: Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        for event in events {
            self.running.hear(event, &mut self.summary);
            self.heard(event);
        }
        written
    }

    /// A later attempt begins.
    pub(super) fn start(&mut self, index: usize, attempt: u32) -> Result<(), Unwritten> {
        let (step, at) = (self.plan.invocations[index].step.clone(), self.now());
        let command = self.tallies[index].command.clone().unwrap_or_default();
        let event = Event::StepStarted {
            step,
            attempt,
            command,
            at,
        };
        self.running.hear(&event, &mut self.summary);
        self.tell(&event)
    }

    /// Nothing happens: tells that the run goes on, where that has not been told for long.
    pub(super) fn goes_on(&mut self) -> Result<(), Unwritten> {
        let elapsed = self.elapsed();
        if elapsed - self.last < SILENCE.max(elapsed / SILENT) {
            return Ok(());
        }
        let at = elapsed.as_secs_f64();
        let told = self.tell(&Event::StillRunning { at });
        told.and_then(|()| self.summarise_so_far())
    }

    /// An attempt prints something: who listens hears it, and the journal does not, for the log has it.
    pub(super) fn printed(&mut self, index: usize, attempt: u32, text: String) {
        let (step, at) = (self.plan.invocations[index].step.clone(), self.now());
        (self.on_event)(&Event::StepOutput {
            step,
            attempt,
            text,
            at,
        });
    }

    /// An attempt takes long.
    pub(super) fn slow(&mut self, index: usize, took: Duration) -> Result<(), Unwritten> {
        let (step, at) = (self.plan.invocations[index].step.clone(), self.now());
        self.tell(&Event::StepSlow {
            step,
            attempt: self.tallies[index].attempts + 1,
            seconds: took.as_secs_f64(),
            at,
        })
    }

    /// The whole run takes too long.
    pub(super) fn run_out_of_time(&mut self) -> Result<(), Unwritten> {
        self.out_of_time = true;
        let event = Event::OutOfTime {
            timeout: self.timeout.unwrap_or_default().as_secs_f64(),
            at: self.now(),
        };
        self.tell(&event)
    }

    /// Takes in how an attempt went.
    pub(super) fn attempted(&mut self, index: usize, mut attempt: Attempt) {
        if attempt.was_interrupted && self.out_of_time {
            attempt.state = StepState::TimedOut;
            attempt.reason = Some(out_of_time(self.timeout.unwrap_or_default()));
        }
        let tally = &mut self.tallies[index];
        tally.attempts += 1;
        tally.took += attempt.took;
        tally.last = Some(attempt);
    }

    /// Tells what has become of steps.
    pub(super) fn changed(&mut self, changes: &[Change]) -> Result<(), Unwritten> {
        changes.iter().try_for_each(|change| match *change {
            Change::Again(index, pause) => self.again(index, pause),
            Change::Ended(index) => self.ended(index),
            Change::Skipped(index, because_of) => self.skip(index, because_of),
        })
    }

    /// An attempt failed and another follows.
    fn again(&mut self, index: usize, pause: Duration) -> Result<(), Unwritten> {
        let (step, at) = (self.plan.invocations[index].step.clone(), self.now());
        let tally = &self.tallies[index];
        let reason = tally.last.as_ref().and_then(|last| last.reason.clone());
        let event = Event::StepRetried {
            step,
            attempt: tally.attempts,
            reason: reason.unwrap_or_else(|| "it failed".to_owned()),
            pause: pause.as_secs_f64(),
            at,
        };
        self.running.hear(&event, &mut self.summary);
        self.tell(&event)
    }

    /// A step has ended as its last attempt did.
    fn ended(&mut self, index: usize) -> Result<(), Unwritten> {
        let invocation = &self.plan.invocations[index];
        let tally = std::mem::take(&mut self.tallies[index]);
        let last = tally.last.expect("only a step that was tried can end");
        let outcome = step::outcome(
            self.plan,
            invocation,
            last,
            tally.attempts,
            tally.took,
            tally.command,
        );
        self.end(index, outcome)
    }

    fn end(&mut self, index: usize, outcome: StepOutcome) -> Result<(), Unwritten> {
        let step = self.plan.invocations[index].step.clone();
        let outcome = hidden(outcome, &self.mask);
        let at = self.now();
        let event = Event::StepFinished { step, outcome, at };
        let told = self.tell(&event);
        if let Event::StepFinished { step, outcome, .. } = event {
            self.running.ended(&step, outcome, &mut self.summary);
        }
        told.and_then(|()| self.summarise_so_far())
    }

    /// Writes the summary anew once in a while, so that a run that is killed leaves one of what had passed by then.
    fn summarise_so_far(&mut self) -> Result<(), Unwritten> {
        let began = Instant::now();
        if began < self.next_summary {
            return Ok(());
        }
        self.summary.seconds = self.now();
        self.running.leave(Left::UnderWay, &mut self.summary);
        let summarised = self.journal.summarise(&self.summary);
        self.next_summary = Instant::now() + PAUSE.max(began.elapsed() * REST);
        summarised
    }

    fn skip(&mut self, index: usize, because_of: usize) -> Result<(), Unwritten> {
        let named = |step: usize| self.plan.invocations[step].step.as_str();
        let is_skipped = |step: &&usize| {
            let outcome = self.summary.steps.get(named(**step));
            outcome.is_some_and(|outcome| outcome.state == StepState::Skipped)
        };
        let needs = &self.plan.invocations[index].needs;
        let between = needs.iter().find(is_skipped);
        let reason = match between.filter(|_| !needs.contains(&because_of)) {
            None => not_passed(named(because_of)),
            Some(&between) => skipped_too(named(between), named(because_of)),
        };
        let invocation = &self.plan.invocations[index];
        let outcome = step::not_started(self.plan, invocation, StepState::Skipped, Some(reason));
        self.end(index, outcome)
    }

    pub(super) fn leave_out(&mut self, index: usize, why: &str) -> Result<(), Unwritten> {
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
    pub(super) fn note_stray(&mut self, step: &str, name: &str) {
        if let Some(outcome) = self.summary.steps.get_mut(step) {
            let note = step::strayed(name);
            outcome.reason = Some(match outcome.reason.take() {
                Some(reason) => format!("{reason}; {note}"),
                None => note,
            });
        }
    }

    /// Writes and tells the whole, and gives it away.
    pub(super) fn finish(mut self, interrupted: bool) -> (RunSummary, Result<(), Unwritten>) {
        self.summary.seconds = self.now();
        self.summary.ending = match (interrupted, self.out_of_time) {
            (true, _) => RunEnding::Interrupted,
            (false, true) => RunEnding::OutOfTime,
            (false, false) => RunEnding::Finished,
        };
        self.summary.success =
            !interrupted && self.summary.steps.values().all(|step| step.state.is_good());
        let Self {
            journal,
            summary,
            on_event,
            ..
        } = self;
        // It may be of very many steps: it is told without a copy, and taken back.
        let finished = Event::RunFinished { summary };
        let summarise = || match &finished {
            Event::RunFinished { summary } => journal.summarise(summary),
            _ => Ok(()),
        };
        let (summarised, told) = both(&summarise, || journal.events().append(&[&finished]));
        on_event(&finished);
        let Event::RunFinished { summary } = finished else {
            unreachable!("it was made of a summary above");
        };
        (summary, told.and(summarised))
    }
}
