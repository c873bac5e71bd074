//! Owns what is known of the steps of a run that are under way, so that the summary of a run that was killed tells of them
//! as well.

use std::collections::HashMap;

use super::{Event, RunSummary, StepOutcome, StepState, log_of};
use crate::duration::measured;

/// What a summary cannot tell of steps that are under way.
#[derive(Clone, Debug, Default)]
pub struct Running {
    attempts: HashMap<String, Attempt>,
}

/// The last attempt that began.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// How long the attempts before it took, in seconds.
    before: f64,
    /// When it began, in seconds since the run did; nothing when it has failed and another is to follow.
    began: Option<f64>,
}

/// Why steps are left as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// They go on.
    UnderWay,
    /// The run was killed.
    Killed,
}

impl Running {
    /// Takes into a summary what happened, but for the end of the run.
    pub fn hear(&mut self, event: &Event, summary: &mut RunSummary) {
        match event {
            Event::StepStarted {
                step,
                attempt,
                command,
                at,
            } => {
                passed(summary, *at);
                self.began(step, *attempt, command, *at, summary);
            }
            Event::StepRetried { step, at, .. } => {
                passed(summary, *at);
                let attempt = self.attempts.get_mut(step);
                if let (Some(attempt), Some(outcome)) = (attempt, summary.steps.get_mut(step)) {
                    outcome.seconds = attempt.until(*at);
                    attempt.before = outcome.seconds;
                    attempt.began = None;
                }
            }
            Event::StepFinished { step, outcome, at } => {
                passed(summary, *at);
                self.ended(step, outcome.clone(), summary);
            }
            Event::StepExplained { at, .. }
            | Event::StepSlow { at, .. }
            | Event::StillRunning { at }
            | Event::OutOfTime { at, .. } => passed(summary, *at),
            Event::RunStarted { .. }
            | Event::BuildStarted { .. }
            | Event::BuildFinished { .. }
            | Event::StepOutput { .. }
            | Event::Interrupted { .. }
            | Event::RunFinished { .. } => {}
        }
    }

    /// An attempt at a step begins.
    fn began(
        &mut self,
        step: &str,
        attempt: u32,
        command: &str,
        at: f64,
        summary: &mut RunSummary,
    ) {
        let Some(outcome) = summary.steps.get_mut(step) else {
            return;
        };
        let before = match attempt {
            0 | 1 => 0.0,
            _ => outcome.seconds,
        };
        outcome.state = StepState::Unfinished;
        outcome.attempts = attempt;
        outcome.command = Some(command.to_owned());
        outcome.log = Some(log_of(step, attempt));
        let began = Some(at);
        let attempt = Attempt { before, began };
        self.attempts.insert(step.to_owned(), attempt);
    }

    /// Takes into a summary how a step has ended.
    pub fn ended(&mut self, step: &str, outcome: StepOutcome, summary: &mut RunSummary) {
        self.attempts.remove(step);
        match summary.steps.get_mut(step) {
            Some(known) => *known = outcome,
            None => drop(summary.steps.insert(step.to_owned(), outcome)),
        }
    }

    /// Makes a summary tell of the steps under way how long they took so far, and why that is all.
    pub fn leave(&self, left: Left, summary: &mut RunSummary) {
        let now = summary.seconds;
        for (step, attempt) in &self.attempts {
            if let Some(outcome) = summary.steps.get_mut(step) {
                outcome.seconds = attempt.until(now);
                outcome.reason = Some(reason(left, attempt, now));
            }
        }
        let open = |outcome: &&mut StepOutcome| outcome.state == StepState::NotRun;
        for outcome in summary.steps.values_mut().filter(open) {
            if left == Left::Killed && outcome.reason.is_none() {
                outcome.reason = Some("the run was killed before its turn".to_owned());
            }
        }
    }
}

impl Attempt {
    /// How long all attempts took until then.
    fn until(&self, now: f64) -> f64 {
        let this = self.began.map_or(0.0, |began| (now - began).max(0.0));
        self.before + this
    }
}

/// The run has gone that far.
fn passed(summary: &mut RunSummary, at: f64) {
    summary.seconds = summary.seconds.max(at);
}

fn reason(left: Left, attempt: &Attempt, now: f64) -> String {
    let ran = attempt.began.map(|began| measured(now - began));
    match (left, ran) {
        (Left::UnderWay, Some(ran)) => format!("it had run for {ran} when this was written"),
        (Left::UnderWay, None) => "it was to be tried again when this was written".to_owned(),
        (Left::Killed, Some(ran)) => {
            format!("the run was killed while it ran, after {ran} or a little more")
        }
        (Left::Killed, None) => "the run was killed before it was tried again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RunEnding;
    use crate::plan::Configured;

    fn summary() -> RunSummary {
        let outcome = StepOutcome {
            state: StepState::NotRun,
            configured: Configured::Auto,
            framework: None,
            script: Some("a.py".to_owned()),
            attempts: 0,
            seconds: 0.0,
            exit_code: None,
            signal: None,
            command: None,
            log: None,
            outputs: Default::default(),
            expectations: Vec::new(),
            reason: None,
        };
        RunSummary {
            version: 1,
            run_id: "run".to_owned(),
            pipeline: "p".to_owned(),
            success: false,
            ending: RunEnding::Unfinished,
            started: String::new(),
            seconds: 0.0,
            steps: [("a".to_owned(), outcome)].into_iter().collect(),
        }
    }

    fn started(attempt: u32, at: f64) -> Event {
        Event::StepStarted {
            step: "a".to_owned(),
            attempt,
            command: "python a.py".to_owned(),
            at,
        }
    }

    fn failed(attempt: u32, at: f64) -> Event {
        Event::StepRetried {
            step: "a".to_owned(),
            attempt,
            reason: "exited with 1".to_owned(),
            pause: 5.0,
            at,
        }
    }

    /// What is told of a step at each moment at which its run could be killed.
    #[test]
    fn a_killed_run_tells_how_far_its_steps_came() {
        let alive = |at| Event::StillRunning { at };
        let mut passed = summary().steps["a"].clone();
        (passed.state, passed.seconds) = (StepState::Flaky, 5.5);
        let finished = Event::StepFinished {
            step: "a".to_owned(),
            outcome: passed,
            at: 15.5,
        };
        let run = [
            started(1, 1.0),
            alive(3.5),
            failed(1, 4.0),
            started(2, 9.0),
            alive(11.0),
            finished,
        ];
        let expected = [
            (
                1,
                0.0,
                "the run was killed while it ran, after 0.000s or a little more",
            ),
            (
                1,
                2.5,
                "the run was killed while it ran, after 2.500s or a little more",
            ),
            (1, 3.0, "the run was killed before it was tried again"),
            (
                2,
                3.0,
                "the run was killed while it ran, after 0.000s or a little more",
            ),
            (
                2,
                5.0,
                "the run was killed while it ran, after 2.000s or a little more",
            ),
        ];
        // Whatever an earlier reading has left in the summary, all is read anew.
        for mut summary in [summary(), {
            let mut read = summary();
            let mut running = Running::default();
            run[..5]
                .iter()
                .for_each(|event| running.hear(event, &mut read));
            running.leave(Left::UnderWay, &mut read);
            read.seconds = 0.0;
            read
        }] {
            let mut running = Running::default();
            for (event, (attempts, seconds, reason)) in run.iter().zip(expected) {
                running.hear(event, &mut summary);
                running.leave(Left::Killed, &mut summary);
                let step = &summary.steps["a"];
                assert_eq!(step.state, StepState::Unfinished);
                assert_eq!((step.attempts, step.seconds), (attempts, seconds));
                assert_eq!(step.reason.as_deref(), Some(reason));
                assert_eq!(step.log, Some(log_of("a", attempts)));
            }
            running.hear(&run[5], &mut summary);
            running.leave(Left::Killed, &mut summary);
            let step = &summary.steps["a"];
            assert_eq!((step.state, step.seconds), (StepState::Flaky, 5.5));
            assert_eq!((step.reason.as_deref(), summary.seconds), (None, 15.5));
        }
    }
}
