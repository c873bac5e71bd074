//! Owns the comparison of two runs: what fails that did not, what is mended, what takes longer.

use serde::Serialize;

use crate::event::{RunEnding, RunSummary, StepOutcome, StepState};
use crate::ui::Tone;

/// From which factor and which difference in seconds on a time counts as another.
const FACTOR: f64 = 1.25;
const SECONDS: f64 = 0.25;

/// What changed from one run to a later one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The earlier run.
    pub earlier: String,
    /// The later run.
    pub later: String,
    /// How long both took, in seconds.
    pub seconds: (f64, f64),
    /// Which of them did not end of itself, and how it ended: what it had not come to by then differs for that reason.
    pub cut_short: Vec<(&'static str, &'static str)>,
    /// Steps that did not fail before, and do now.
    pub newly_failing: Vec<String>,
    /// Steps that failed before and pass now.
    pub mended: Vec<String>,
    /// Steps that failed both times.
    pub still_failing: Vec<String>,
    /// Steps that were under way when the later run was interrupted or killed.
    pub unfinished: Vec<String>,
    /// Steps that ran or were spared before, and did not have their turn in the later run.
    pub not_reached: Vec<String>,
    /// Steps that did not have their turn before, and pass now.
    pub reached: Vec<String>,
    /// Steps that passed only on a further attempt in the later run.
    pub flaky: Vec<String>,
    /// Steps that took notably longer, those that lost most first.
    pub slower: Vec<Timing>,
    /// Steps that took notably less, those that gained most first.
    pub faster: Vec<Timing>,
    /// Steps that were called with another command.
    pub called_otherwise: Vec<String>,
    /// Steps only of the later run.
    pub added: Vec<String>,
    /// Steps only of the earlier run.
    pub removed: Vec<String>,
}

/// How long a step's attempt took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// The step.
    pub step: String,
    /// In the earlier run, in seconds.
    pub before: f64,
    /// In the later run, in seconds.
    pub after: f64,
}

impl Comparison {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, _, steps)| steps.is_empty())
            && self.slower.is_empty()
            && self.faster.is_empty()
    }

    /// What is told of steps by their names, under its title, the most urgent first.
    pub fn lists(&self) -> [(&'static str, Tone, &[String]); 10] {
        [
            ("newly failing", Tone::Bad, &self.newly_failing),
            ("still failing", Tone::Bad, &self.still_failing),
            ("unfinished", Tone::Warn, &self.unfinished),
            ("no longer reached", Tone::Warn, &self.not_reached),
            ("flaky", Tone::Warn, &self.flaky),
            ("mended", Tone::Good, &self.mended),
            ("reached again", Tone::Good, &self.reached),
            ("called otherwise", Tone::Strong, &self.called_otherwise),
            ("only in the later run", Tone::Strong, &self.added),
            ("only in the earlier run", Tone::Strong, &self.removed),
        ]
    }
}

/// What a run that did not end of itself did instead.
fn cut_short(run: &RunSummary) -> Option<&'static str> {
    match run.ending {
        RunEnding::Finished => None,
        RunEnding::Unfinished => Some("was killed, or is still under way"),
        RunEnding::Interrupted => Some("was interrupted"),
        RunEnding::OutOfTime => Some("ran out of time"),
    }
}

/// Compares two runs of a pipeline.
pub fn compare(earlier: &RunSummary, later: &RunSummary) -> Comparison {
    let failed = |outcome: &StepOutcome| outcome.state.is_failure();
    let waited = |state| matches!(state, StepState::Skipped | StepState::NotRun);
    let runs = [("earlier", earlier), ("later", later)].into_iter();
    let cut_short = runs.filter_map(|(which, run)| Some((which, cut_short(run)?)));
    let mut all = Comparison {
        earlier: earlier.run_id.clone(),
        later: later.run_id.clone(),
        seconds: (earlier.seconds, later.seconds),
        cut_short: cut_short.collect(),
        ..Comparison::default()
    };
    for (step, after) in &later.steps {
        if after.state == StepState::Flaky {
            all.flaky.push(step.clone());
        }
        if after.state == StepState::Unfinished {
            all.unfinished.push(step.clone());
        }
        let Some(before) = earlier.steps.get(step) else {
            all.added.push(step.clone());
            if failed(after) {
                all.newly_failing.push(step.clone());
            }
            continue;
        };
        let commands = command(earlier, before).zip(command(later, after));
        if commands.is_some_and(|(before, after)| before != after) {
            all.called_otherwise.push(step.clone());
        }
        match (failed(before), failed(after)) {
            (false, true) => all.newly_failing.push(step.clone()),
            (true, true) => all.still_failing.push(step.clone()),
            (true, false) if after.state.is_good() => all.mended.push(step.clone()),
            _ if waited(after.state) && !waited(before.state) => {
                all.not_reached.push(step.clone());
            }
            _ if waited(before.state) && after.state.is_good() => all.reached.push(step.clone()),
            _ => {}
        }
        if let (Some(before), Some(after)) = (attempt(before), attempt(after)) {
            let timing = Timing {
                step: step.clone(),
                before,
                after,
            };
            if after > before * FACTOR && after - before > SECONDS {
                all.slower.push(timing);
            } else if before > after * FACTOR && before - after > SECONDS {
                all.faster.push(timing);
            }
        }
    }
    let gone = earlier
        .steps
        .keys()
        .filter(|step| !later.steps.contains_key(*step));
    all.removed = gone.cloned().collect();
    let lost = |timing: &Timing| timing.after - timing.before;
    all.slower.sort_by(|a, b| lost(b).total_cmp(&lost(a)));
    all.faster.sort_by(|a, b| lost(a).total_cmp(&lost(b)));
    all
}

/// What a step was called with, where it was; a run's own name in it does not count.
fn command(run: &RunSummary, outcome: &StepOutcome) -> Option<String> {
    Some(outcome.command.as_ref()?.replace(&run.run_id, ""))
}

/// How long an attempt of a step that passed took.
fn attempt(outcome: &StepOutcome) -> Option<f64> {
    let ran = matches!(outcome.state, StepState::Passed | StepState::Flaky) && outcome.attempts > 0;
    ran.then(|| outcome.seconds / f64::from(outcome.attempts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn summary() -> RunSummary {
        let folder = tempfile::tempdir().expect("a folder");
        match sample::events(folder.path(), |_| true).pop() {
            Some(crate::event::Event::RunFinished { summary }) => summary,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_run_is_like_itself_but_for_what_it_failed() {
        let same = compare(&summary(), &summary());
        assert_eq!(same.still_failing, ["train_body", "slow"]);
        assert_eq!(same.flaky, ["train_bill"]);
        assert!(same.newly_failing.is_empty() && same.slower.is_empty() && same.added.is_empty());
    }

    #[test]
    fn changes_are_told_the_worst_first() {
        let (mut earlier, mut later) = (summary(), summary());
        earlier.steps["train_body"].state = StepState::Passed;
        later.steps["slow"].state = StepState::Passed;
        earlier.steps.shift_remove("clean");
        earlier
            .steps
            .insert("old".to_owned(), later.steps["clean"].clone());
        later.steps["train_bill"].seconds *= 2.0;
        earlier.steps["train_body"].command = Some("train --rate 1".to_owned());
        later.steps["train_body"].command = Some("train --rate 2".to_owned());
        let change = compare(&earlier, &later);
        assert_eq!(change.newly_failing, ["train_body"]);
        assert_eq!(change.mended, ["slow"]);
        assert_eq!(change.called_otherwise, ["train_body"]);
        assert_eq!(
            (change.added, change.removed),
            (vec!["clean".to_owned()], vec!["old".to_owned()])
        );
        assert_eq!(
            change
                .slower
                .iter()
                .map(|t| t.step.as_str())
                .collect::<Vec<_>>(),
            ["train_bill"]
        );
        let told = |change: &Comparison| -> Vec<String> {
            let lists = change.lists().into_iter();
            let told = lists.filter(|(_, _, steps)| !steps.is_empty());
            told.map(|(title, _, steps)| format!("{title}: {}", steps.join(" ")))
                .collect()
        };
        for (step, before, after, expected) in [
            (
                "clean",
                StepState::Passed,
                StepState::Skipped,
                "no longer reached: clean",
            ),
            (
                "clean",
                StepState::Cached,
                StepState::NotRun,
                "no longer reached: clean",
            ),
            (
                "clean",
                StepState::Failed,
                StepState::Skipped,
                "no longer reached: clean",
            ),
            (
                "clean",
                StepState::Unfinished,
                StepState::NotRun,
                "no longer reached: clean",
            ),
            (
                "clean",
                StepState::Passed,
                StepState::Unfinished,
                "unfinished: clean",
            ),
            (
                "clean",
                StepState::NotRun,
                StepState::Cached,
                "reached again: clean",
            ),
            (
                "clean",
                StepState::Skipped,
                StepState::Failed,
                "newly failing: clean",
            ),
            ("clean", StepState::Skipped, StepState::NotRun, ""),
        ] {
            let (mut earlier, mut later) = (summary(), summary());
            earlier.steps.retain(|name, _| name == step);
            later.steps.retain(|name, _| name == step);
            earlier.steps[step].state = before;
            later.steps[step].state = after;
            let change = compare(&earlier, &later);
            assert_eq!(told(&change).join("\n"), expected);
            assert_eq!(change.is_empty(), expected.is_empty());
            assert!(change.cut_short.is_empty());
        }
        let mut killed = summary();
        killed.ending = RunEnding::Unfinished;
        let told = compare(&killed, &summary()).cut_short;
        assert_eq!(told[0].0, "earlier");
        assert!(told[0].1.starts_with("was killed"));
        // Milliseconds are noise, whatever the factor.
        later.steps["clean"].seconds = 0.2;
        assert!(
            compare(&summary(), &later)
                .slower
                .iter()
                .all(|t| t.step != "clean")
        );
    }
}
