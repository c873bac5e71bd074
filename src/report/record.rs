//! Owns all that is known of a run: gathered from its events as they come, or later from its folder. What a killed run
//! left is read as far as it goes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use indexmap::IndexMap;

use super::files::Files;
use super::words::state;
use crate::duration::{chosen, measured};
use crate::event::{Event, Left, RunEnding, RunSummary, Running, StepOutcome, StepState};
use crate::graph::condense::MANY;
use crate::graph::{Dag, Look};
use crate::outline::Outline;
use crate::plan::Configured;
use crate::ui::Tone;

/// The outline's file in a run's folder.
pub const OUTLINE: &str = "plan.json";
/// The file in a run's folder that tells of inputs and outputs.
pub const FILES: &str = "files.json";

/// A run, under way or ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its own folder.
    pub folder: PathBuf,
    /// The manifest's folder.
    pub root: PathBuf,
    /// What it was to do, where that is known.
    pub outline: Option<Arc<Outline>>,
    /// What became of it; of a run that has not ended, as far as it came.
    pub summary: RunSummary,
    /// Of a run that has not ended, whether it goes on or was killed.
    pub left: Left,
    /// The steps that are under way.
    running: Running,
    /// How long it was allowed to take, in seconds, where it took longer.
    pub out_of_time: Option<f64>,
    /// What Cargo built first.
    pub build: Option<Build>,
    /// When each step ran.
    pub times: IndexMap<String, Times>,
    /// Why each step that ran was not spared.
    pub because: HashMap<String, Vec<String>>,
    /// What lay at the steps' paths when they had ended.
    pub files: Files,
    /// The run before it, once that was looked for.
    earlier: Arc<OnceLock<Option<RunSummary>>>,
}

/// What Cargo built.
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// The targets' names.
    pub targets: Vec<String>,
    /// Whether all were built; nothing while they are.
    pub success: Option<bool>,
    /// How long it took.
    pub seconds: f64,
}

/// When a step ran, in seconds since the run began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    /// Its attempts.
    pub attempts: Vec<Attempt>,
    /// When it had ended.
    pub ended: Option<f64>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// When it began.
    pub start: f64,
    /// When it ended; nothing while it runs.
    pub end: Option<f64>,
    /// Why it failed, where another followed.
    pub reason: Option<String>,
}

impl Record {
    /// A run that begins; nothing for any other event.
    pub fn begin(event: &Event, outline: Option<Arc<Outline>>) -> Option<Self> {
        let Event::RunStarted {
            version,
            run_id,
            pipeline,
            root,
            folder,
            steps,
            at,
        } = event
        else {
            return None;
        };
        let summary = RunSummary {
            version: *version,
            run_id: run_id.clone(),
            pipeline: pipeline.clone(),
            success: false,
            ending: RunEnding::Unfinished,
            started: at.clone(),
            seconds: 0.0,
            steps: steps.iter().map(|step| (step.clone(), not_run())).collect(),
        };
        Some(Self {
            folder: folder.clone(),
            root: root.clone(),
            outline,
            summary,
            left: Left::UnderWay,
            running: Running::default(),
            out_of_time: None,
            build: None,
            times: IndexMap::new(),
            because: HashMap::new(),
            files: Files::default(),
            earlier: Arc::default(),
        })
    }

    /// Takes in what happened.
    pub fn hear(&mut self, event: &Event) {
        self.running.hear(event, &mut self.summary);
        match event {
            Event::BuildStarted { targets } => {
                self.build = Some(Build {
                    targets: targets.clone(),
                    success: None,
                    seconds: 0.0,
                });
            }
            Event::BuildFinished {
                targets,
                success,
                seconds,
                ..
            } => {
                self.build = Some(Build {
                    targets: targets.clone(),
                    success: Some(*success),
                    seconds: *seconds,
                });
            }
            Event::StepStarted { step, at, .. } => {
                let attempts = &mut self.times.entry(step.clone()).or_default().attempts;
                attempts.push(Attempt {
                    start: *at,
                    end: None,
                    reason: None,
                });
            }
            Event::StepRetried {
                step, reason, at, ..
            } => self.end_attempt(step, *at, Some(reason.clone())),
            Event::StepFinished { step, outcome, at } => {
                let at = self.ended_then(step, outcome, *at);
                self.end_attempt(step, at, None);
                match self.times.get_mut(step) {
                    Some(times) => times.ended = Some(at),
                    None => {
                        let ended = Some(at);
                        let times = Times {
                            ended,
                            ..Times::default()
                        };
                        self.times.insert(step.clone(), times);
                    }
                }
            }
            Event::OutOfTime { timeout, .. } => self.out_of_time = Some(*timeout),
            Event::RunFinished { summary } => {
                // Nearly all of its steps are known already, and there may be very many.
                for (step, outcome) in &summary.steps {
                    if self.summary.steps.get(step) != Some(outcome) {
                        self.running.ended(step, outcome.clone(), &mut self.summary);
                    }
                }
                self.summary.success = summary.success;
                self.summary.ending = summary.ending;
                self.summary.seconds = summary.seconds;
            }
            Event::StepExplained { step, because, .. } if !because.is_empty() => {
                self.because.insert(step.clone(), because.clone());
            }
            Event::RunStarted { .. }
            | Event::StepExplained { .. }
            | Event::StepSlow { .. }
            | Event::StepOutput { .. }
            | Event::StillRunning { .. }
            | Event::Interrupted { .. } => {}
        }
    }

    /// Whether the run has ended.
    pub fn has_ended(&self) -> bool {
        self.summary.ending != RunEnding::Unfinished
    }

    /// Makes a record of a run that has not ended tell how far its steps have come, and whether they go on.
    pub fn leave(&mut self, left: Left) {
        self.left = left;
        self.running.leave(left, &mut self.summary);
    }

    /// When a step ended of which that was told at this time: what is told may have had to wait. How long each of several
    /// attempts took by itself is not known.
    fn ended_then(&self, step: &str, outcome: &StepOutcome, told: f64) -> f64 {
        let attempts = self.times.get(step).map(|times| times.attempts.as_slice());
        match attempts {
            Some([only]) => told.min(only.start + outcome.seconds),
            _ => told,
        }
    }

    fn end_attempt(&mut self, step: &str, at: f64, reason: Option<String>) {
        let last = self
            .times
            .get_mut(step)
            .and_then(|times| times.attempts.last_mut());
        if let Some(attempt) = last.filter(|attempt| attempt.end.is_none()) {
            attempt.end = Some(at);
            attempt.reason = reason;
        }
    }

    /// Reads a run's folder. `left` is what became of it where it has not ended.
    ///
    /// # Errors
    /// Its events are not there or do not begin as events do.
    pub fn load(folder: &Path, left: Left) -> io::Result<Self> {
        let mut lines = BufReader::new(File::open(folder.join("events.jsonl"))?).lines();
        let first: Event = match lines.next() {
            Some(line) => serde_json::from_str(&line?)?,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "events.jsonl is empty",
                ));
            }
        };
        let mut record = Self::begin(&first, json(&folder.join(OUTLINE)).map(Arc::new))
            .ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "events.jsonl has no beginning")
            })?;
        record.folder = folder.to_owned();
        // What its steps are was known before any of them began.
        let summary = json::<RunSummary>(&folder.join("summary.json"));
        if let Some(summary) = summary.filter(|summary| summary.run_id == record.summary.run_id) {
            record.summary = summary;
        }
        // The last line of a killed run may have been cut.
        for event in lines
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str(&line).ok())
        {
            record.hear(&event);
        }
        record.files = json(&folder.join(FILES)).unwrap_or_default();
        if !record.has_ended() {
            record.leave(left);
        }
        Ok(record)
    }

    /// The chain of steps that took longest together, first to last, each needed by the next: however many run at once,
    /// the whole takes at least as long.
    pub fn critical_path(&self) -> Vec<&str> {
        let Some(outline) = &self.outline else {
            return Vec::new();
        };
        let took = |step: &str| {
            let attempts = self.times.get(step).map(|times| &times.attempts);
            let first = attempts.and_then(|attempts| attempts.first());
            first.map(|first| self.ended_at(step).unwrap_or(first.start) - first.start)
        };
        // How long the longest chain up to each step took, and the step before it there. Needs come first.
        let mut longest: HashMap<&str, (f64, Option<&str>)> = HashMap::new();
        for (step, planned) in &outline.steps {
            let before = planned.needs.keys();
            let before =
                before.filter_map(|need| Some((longest.get(need.as_str())?.0, need.as_str())));
            let before = before.max_by(|a, b| a.0.total_cmp(&b.0));
            let so_far = before.map_or(0.0, |(seconds, _)| seconds);
            let seconds = so_far + took(step).unwrap_or_default();
            longest.insert(step, (seconds, before.map(|(_, need)| need)));
        }
        let ran = |step: &str| took(step).is_some();
        let steps = outline.steps.keys().map(String::as_str);
        // Of chains of one length the one that ended last counts.
        let ends = steps.filter(|step| ran(step)).map(|step| {
            (
                longest[step].0,
                self.ended_at(step).unwrap_or_default(),
                step,
            )
        });
        let end = ends.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut next = end.map(|(_, _, step)| step);
        let mut path = Vec::new();
        while let Some(step) = next.filter(|_| path.len() < outline.steps.len()) {
            path.push(step);
            next = longest.get(step).and_then(|(_, before)| *before);
        }
        path.retain(|step| ran(step));
        path.reverse();
        path
    }

    /// When a step had ended, or how far the run has come where it has not.
    fn ended_at(&self, step: &str) -> Option<f64> {
        let times = self.times.get(step)?;
        Some(times.ended.unwrap_or(self.summary.seconds))
    }

    /// How the whole ended, in a word, and how that looks.
    pub fn verdict(&self) -> (&'static str, Tone) {
        match (self.summary.ending, self.left, self.summary.success) {
            (RunEnding::Unfinished, Left::UnderWay, _) => ("not ended", Tone::Warn),
            (RunEnding::Unfinished, Left::Killed, _) => ("killed", Tone::Bad),
            (RunEnding::Interrupted, ..) => ("interrupted", Tone::Warn),
            (RunEnding::OutOfTime, ..) => ("out of time", Tone::Bad),
            (RunEnding::Finished, _, true) => ("passed", Tone::Good),
            (RunEnding::Finished, _, false) => ("failed", Tone::Bad),
        }
    }

    /// What a reader has to know of a run that did not end as runs do.
    pub fn remark(&self) -> Option<String> {
        let came = measured(self.summary.seconds);
        match (self.summary.ending, self.left) {
            (RunEnding::Unfinished, Left::UnderWay) => Some(format!(
                "This was written while the run was under way, {came} after it began. If the run is over, it was killed, and `cargo runtime-test report` tells how far it came."
            )),
            (RunEnding::Unfinished, Left::Killed) => Some(format!(
                "The run was killed before it could end, {came} or a little more after it began: what is here is what had happened by then."
            )),
            (RunEnding::Interrupted, _) => Some(
                "Somebody ended the run: what ran was ended, and nothing more was started."
                    .to_owned(),
            ),
            (RunEnding::OutOfTime, _) => Some(format!(
                "The whole run took longer than {}, which is all it was allowed to take: what ran was ended.",
                chosen(self.out_of_time.unwrap_or_default())
            )),
            (RunEnding::Finished, _) => None,
        }
    }

    /// The DAG with its states; nothing where it is not known what needs what.
    pub fn dag(&self) -> Option<Dag> {
        Some(Dag::of(self.outline.as_deref()?, |step| {
            let outcome = self.summary.steps.get(step);
            let (word, tone) = outcome.map_or(("not run", Tone::Dim), state);
            let failed = matches!(tone, Tone::Bad);
            let reason = outcome
                .filter(|_| failed)
                .and_then(|outcome| outcome.reason.clone());
            Look {
                state: match outcome.filter(|outcome| outcome.attempts > 0) {
                    Some(outcome) => format!("{word}, {}", measured(outcome.seconds)),
                    None => word.to_owned(),
                },
                tone,
                notes: reason.into_iter().collect(),
                gives: tone == Tone::Good || outcome.is_some_and(|outcome| outcome.state.is_good()),
            }
        }))
    }

    /// Whether everything is told of a step that ended so: of very many steps, those that were spared are told in a line,
    /// for all else of them is told by the run in which they ran.
    pub fn tells_all(&self, outcome: &StepOutcome) -> bool {
        self.summary.steps.len() <= MANY || outcome.state != StepState::Cached
    }

    /// The run before this one that got anywhere.
    pub fn previous(&self) -> Option<&RunSummary> {
        let find = || previous(&self.folder, &self.summary.run_id);
        self.earlier.get_or_init(find).as_ref()
    }

    /// Has a thread look for the run before this one, so that nobody has to wait for that in the end.
    pub fn look_back(&self) {
        let (earlier, folder) = (Arc::clone(&self.earlier), self.folder.clone());
        let run_id = self.summary.run_id.clone();
        let look = move || {
            earlier.get_or_init(|| previous(&folder, &run_id));
        };
        // Where there can be no thread, it is looked for when it is asked for.
        drop(thread::Builder::new().spawn(look));
    }
}

/// The run before the one of this folder and name that got anywhere.
fn previous(folder: &Path, run_id: &str) -> Option<RunSummary> {
    const TRIES: usize = 5;
    let runs = folder.parent()?;
    let earlier = names(runs).into_iter().rev();
    let mut summaries = earlier
        .filter(|name| name.as_str() < run_id)
        .take(TRIES)
        .filter_map(|name| json::<RunSummary>(&runs.join(name).join("summary.json")));
    summaries.find(|summary| {
        let mut steps = summary.steps.values();
        steps.any(|step| step.state != StepState::NotRun)
    })
}

/// A step before anything is known of it.
fn not_run() -> StepOutcome {
    StepOutcome {
        state: StepState::NotRun,
        configured: Configured::Auto,
        framework: None,
        script: None,
        attempts: 0,
        seconds: 0.0,
        exit_code: None,
        signal: None,
        command: None,
        log: None,
        outputs: IndexMap::new(),
        expectations: Vec::new(),
        reason: None,
    }
}

/// The names of the runs in a pipeline's `runs` folder, oldest first.
pub fn names(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A JSON file, where it is there and can be understood.
fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    // From bytes that are all there this takes a third of the time that it takes while they come.
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_step_ended_when_its_only_attempt_did_however_late_that_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        // What it took by its own account, and when it had ended if that is told after three seconds.
        for (step, seconds, expected) in [
            ("clean", 0.5, 1.5),
            ("clean", 9.0, 3.0),
            ("train_bill", 0.5, 3.0),
        ] {
            let mut events = sample::events(folder.path(), |_| true);
            for event in &mut events {
                match event {
                    Event::StepStarted { at, .. } => *at = 1.0,
                    Event::StepFinished { outcome, at, .. } => {
                        *at = 3.0;
                        outcome.seconds = seconds;
                    }
                    _ => {}
                }
            }
            let mut record = Record::begin(&events[0], None).expect("a beginning");
            events.iter().for_each(|event| record.hear(event));
            let times = &record.times[step];
            assert_eq!(times.ended, Some(expected), "{step}");
            let last = times.attempts.last().expect("an attempt");
            assert_eq!(last.end, Some(expected), "{step}");
        }
    }
}
