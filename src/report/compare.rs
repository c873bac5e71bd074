//! Owns the comparison of two runs: what fails that did not, what is mended, what takes longer.

use serde::Serialize;

use crate::event::{RunSummary, StepOutcome, StepState};

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
    /// Steps that did not fail before, and do now.
    pub newly_failing: Vec<String>,
    /// Steps that failed before and pass now.
    pub mended: Vec<String>,
    /// Steps that failed both times.
    pub still_failing: Vec<String>,
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
        let lists = [
            &self.newly_failing,
            &self.mended,
            &self.still_failing,
            &self.flaky,
            &self.called_otherwise,
            &self.added,
            &self.removed,
        ];
        lists.iter().all(|list| list.is_empty()) && self.slower.is_empty() && self.faster.is_empty()
    }

    /// The lists of steps, each with its title.
    pub fn lists(&self) -> [(&'static str, &[String]); 7] {
        [
            ("newly failing", &self.newly_failing),
            ("still failing", &self.still_failing),
            ("mended", &self.mended),
            ("flaky", &self.flaky),
            ("called otherwise", &self.called_otherwise),
            ("only in the later run", &self.added),
            ("only in the earlier run", &self.removed),
        ]
    }
}

/// Compares two runs of a pipeline.
pub fn compare(earlier: &RunSummary, later: &RunSummary) -> Comparison {
    let failed = |outcome: &StepOutcome| outcome.state.is_failure();
    let mut all = Comparison {
        earlier: earlier.run_id.clone(),
        later: later.run_id.clone(),
        seconds: (earlier.seconds, later.seconds),
        ..Comparison::default()
    };
    for (step, after) in &later.steps {
        if after.state == StepState::Flaky {
            all.flaky.push(step.clone());
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
