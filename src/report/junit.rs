//! Owns `junit.xml`: one test case a step, as CI systems read it. The file is there from the start of a run, so that a
//! run that was killed leaves a valid one in which nothing has run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::log;
use crate::event::{Event, RunSummary, StepOutcome, StepState};
use crate::ui::without_styles;

/// How much of a log is kept in the report.
const LOG_BYTES: u64 = 64 * 1024;

/// Writes `junit.xml` into the run's folder, or elsewhere.
#[derive(Debug, Default)]
pub struct Junit {
    /// Where; in the run's folder unless somebody says otherwise.
    path: Option<PathBuf>,
    folder: PathBuf,
}

impl Junit {
    /// Writes into the run's folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes to this path.
    pub fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            folder: PathBuf::new(),
        }
    }

    /// Writes the file when a run begins and when it ends.
    ///
    /// # Errors
    /// It cannot be written; the path tells where.
    pub fn hear(&mut self, event: &Event) -> Result<(), (PathBuf, io::Error)> {
        let report = match event {
            Event::RunStarted {
                pipeline,
                folder,
                steps,
                run_id,
                ..
            } => {
                self.folder.clone_from(folder);
                let cases = steps.iter().map(|step| {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message("the run has not ended");
                    case(pipeline, step, status)
                });
                report(pipeline, run_id, cases.collect())
            }
            Event::RunFinished { summary } => of_summary(summary, &self.folder),
            _ => return Ok(()),
        };
        let path = self
            .path
            .clone()
            .unwrap_or_else(|| self.folder.join("junit.xml"));
        write(&path, &report).map_err(|error| (path, error))
    }
}

/// Writes a report, whole or not at all.
fn write(path: &Path, report: &Report) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    report
        .serialize(File::create(&new)?)
        .map_err(io::Error::other)?;
    fs::rename(&new, path)
}

/// A report on a run that has ended; logs are read from its folder.
pub fn of_summary(summary: &RunSummary, folder: &Path) -> Report {
    let cases = summary.steps.iter().map(|(step, outcome)| {
        let mut case = case(&summary.pipeline, step, status(outcome));
        case.set_time(seconds(outcome.seconds));
        case.properties.extend(
            [
                ("command", outcome.command.as_deref()),
                ("script", outcome.script.as_deref()),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some(quick_junit::Property::new(name, value?))),
        );
        // A log that is gone leaves the rest of the report as true as it was.
        let text = outcome
            .log
            .as_ref()
            .and_then(|log| log::end_of(&folder.join(log), LOG_BYTES).ok());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            case.set_system_out(without_styles(&text));
        }
        case
    });
    let mut report = report(&summary.pipeline, &summary.run_id, cases.collect());
    report.set_time(seconds(summary.seconds));
    report.timestamp = summary.started.parse().ok();
    for suite in &mut report.test_suites {
        suite.time = report.time;
        suite.timestamp = report.timestamp;
    }
    report
}

/// A report with one suite, the pipeline.
fn report(pipeline: &str, run_id: &str, cases: Vec<TestCase>) -> Report {
    let mut suite = TestSuite::new(pipeline);
    suite.add_property(quick_junit::Property::new("run_id", run_id));
    suite.add_test_cases(cases);
    let mut report = Report::new(pipeline);
    report.add_test_suite(suite);
    report
}

/// A step as a test case.
fn case(pipeline: &str, step: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(step, status);
    case.set_classname(pipeline);
    case
}

/// A step's ending in JUnit's words.
fn status(outcome: &StepOutcome) -> TestCaseStatus {
    let reason = outcome.reason.clone().unwrap_or_default();
    match outcome.state {
        StepState::Passed | StepState::Cached | StepState::Flaky => TestCaseStatus::success(),
        StepState::Failed | StepState::TimedOut => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let kind = if outcome.state == StepState::TimedOut {
                "timeout"
            } else {
                "failure"
            };
            status.set_message(reason.clone()).set_type(kind);
            let command = outcome.command.as_deref().unwrap_or_default();
            status.set_description(format!("{reason}\n{command}"));
            status
        }
        StepState::Skipped | StepState::NotRun => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason);
            status
        }
    }
}

/// A duration from seconds that came from a file or a clock.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests;
