//! Owns what a person sees of a run: a line a step as it ends, failures with the end of their logs, then a table and a
//! line that counts.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::log;
use super::table::{self, Row};
use super::words::counted;
use crate::event::{Event, RunSummary, StepOutcome, StepState};
use crate::ui::{Tone, Ui, Verbosity, clean, paint, shown_path};

/// Columns of the word that begins a line.
const WORD: usize = 12;

/// Lines shown of a failed step's log.
const LOG_LINES: usize = 20;

/// How much of a log is read for them.
const LOG_BYTES: u64 = 256 * 1024;

/// Where the table and the counts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Results {
    /// To standard output: they are the result.
    #[default]
    Stdout,
    /// To standard error: standard output belongs to something else, such as a stream of events.
    Stderr,
}

/// Tells a person.
#[derive(Debug, Default)]
pub struct Console {
    results: Results,
    root: PathBuf,
    folder: PathBuf,
    total: usize,
    ended: usize,
    running: Vec<String>,
    /// What was said of each step when it ended; at the end of the run more may be known.
    told: HashMap<String, Option<String>>,
}

impl Console {
    /// Tells what happens on standard error and its results to `results`.
    pub fn new(results: Results) -> Self {
        Self {
            results,
            ..Self::default()
        }
    }

    /// Tells an event.
    pub fn hear(&mut self, event: &Event, ui: &mut Ui) {
        match event {
            Event::RunStarted {
                pipeline,
                root,
                folder,
                steps,
                run_id,
                ..
            } => {
                self.root.clone_from(root);
                self.folder.clone_from(folder);
                self.total = steps.len();
                let pipeline = paint(Tone::Name, &clean(pipeline));
                let steps = counted(steps.len(), "step");
                ui.note(&headed(
                    Tone::Good,
                    "Starting",
                    &format!("{steps} of {pipeline} (run {run_id})"),
                ));
                ui.start_progress(self.total);
            }
            Event::BuildStarted { targets } => {
                ui.note(&headed(Tone::Good, "Building", &clean(&targets.join(", "))));
                ui.progress(self.ended, "cargo build");
            }
            Event::BuildFinished {
                targets,
                success,
                seconds,
                output,
            } => self.built(targets, *success, *seconds, output, ui),
            Event::StepStarted {
                step,
                attempt,
                command,
                ..
            } => {
                if !self.running.contains(step) {
                    self.running.push(step.clone());
                }
                if ui.verbosity() == Verbosity::Verbose {
                    let again = if *attempt > 1 {
                        format!(" (attempt {attempt})")
                    } else {
                        String::new()
                    };
                    let name = paint(Tone::Strong, &clean(step));
                    ui.note(&headed(
                        Tone::Dim,
                        "START",
                        &format!("{name}{again} {}", paint(Tone::Dim, &clean(command))),
                    ));
                }
                self.show_progress(ui);
            }
            Event::StepRetried {
                step,
                attempt,
                reason,
                pause,
                ..
            } => {
                let name = paint(Tone::Strong, &clean(step));
                let when = match *pause > 0.0 {
                    true => format!("; again in {}", duration(*pause)),
                    false => String::new(),
                };
                let text = format!("{name}: attempt {attempt} {}{when}", clean(reason));
                ui.note(&headed(Tone::Warn, "RETRY", &text));
            }
            Event::StepSlow { step, seconds, .. } => {
                let name = paint(Tone::Strong, &clean(step));
                let text = format!("{} {name} is still running", time(*seconds));
                ui.note(&headed(Tone::Warn, "SLOW", &text));
            }
            Event::OutOfTime { timeout, .. } => {
                let text = format!(
                    "the whole run took longer than {}; ending running steps",
                    duration(*timeout)
                );
                ui.tell(&headed(Tone::Warn, "TIMEOUT", &text));
            }
            Event::StepFinished { step, outcome, .. } => {
                self.ended += 1;
                self.running.retain(|running| running != step);
                self.told.insert(step.clone(), outcome.reason.clone());
                ui.note(&self.line(step, outcome));
                self.show_progress(ui);
            }
            Event::Interrupted { forced } => {
                let text = if *forced {
                    "ending all steps at once"
                } else {
                    "ending running steps; once more ends them at once"
                };
                ui.tell(&headed(Tone::Warn, "Interrupted", text));
            }
            Event::RunFinished { summary } => {
                ui.end_progress();
                self.finish(summary, ui);
            }
        }
    }

    fn show_progress(&self, ui: &mut Ui) {
        ui.progress(self.ended, &clean(&self.running.join(", ")));
    }

    /// Tells of Cargo's build; what it printed is shown as it printed it when it failed.
    fn built(&self, targets: &[String], success: bool, seconds: f64, output: &str, ui: &mut Ui) {
        let names = clean(&targets.join(", "));
        if success {
            if ui.verbosity() == Verbosity::Verbose {
                ui.note(output.trim_end());
            }
            ui.note(&headed(
                Tone::Good,
                "Built",
                &format!("{} {names}", time(seconds)),
            ));
        } else {
            ui.tell(output.trim_end());
            ui.tell(&headed(
                Tone::Bad,
                "FAIL",
                &format!("{} cargo build: {names}", time(seconds)),
            ));
        }
    }

    /// A step that has ended, in a line.
    fn line(&self, step: &str, outcome: &StepOutcome) -> String {
        let (tone, word) = word(outcome);
        let width = self.total.to_string().len();
        let name = paint(Tone::Strong, &clean(step));
        let mut text = format!(
            "{} ({:>width$}/{}) {name}",
            time_of(outcome),
            self.ended,
            self.total
        );
        if outcome.attempts > 1 {
            text += &paint(Tone::Dim, &format!(" ({} attempts)", outcome.attempts));
        }
        if let Some(reason) = &outcome.reason {
            text += &paint(Tone::Dim, &format!(": {}", clean(reason)));
        }
        headed(tone, word, &text)
    }

    /// Failures, table, counts, and where to look further.
    fn finish(&self, summary: &RunSummary, ui: &mut Ui) {
        for (step, outcome) in &summary.steps {
            let told = self.told.get(step).cloned().flatten().unwrap_or_default();
            let reason = outcome.reason.as_deref().unwrap_or_default();
            let more = reason
                .strip_prefix(&told)
                .unwrap_or(reason)
                .trim_start_matches("; ");
            if !more.is_empty() {
                let name = paint(Tone::Strong, &clean(step));
                ui.note(&headed(
                    Tone::Warn,
                    "LEAK",
                    &format!("{name}: {}", clean(more)),
                ));
            }
        }
        for (step, outcome) in &summary.steps {
            if matches!(outcome.state, StepState::Failed | StepState::TimedOut) {
                ui.tell(&self.failure(step, outcome, ui));
            }
        }
        if ui.verbosity() > Verbosity::Quiet {
            let table = self.table(summary, ui);
            self.result(&format!("\n{table}\n"), ui);
        }
        let tone = if summary.success {
            Tone::Good
        } else {
            Tone::Bad
        };
        let counts = counts(summary);
        self.result(
            &headed(
                tone,
                "Summary",
                &format!("{} {counts}", time(summary.seconds)),
            ),
            ui,
        );
        ui.note(&headed(Tone::Dim, "Details", &shown_path(&self.folder)));
    }

    fn result(&self, text: &str, ui: &mut Ui) {
        match self.results {
            Results::Stdout => ui.out(text),
            Results::Stderr => ui.tell(text),
        }
    }

    /// All that helps with a failed step.
    fn failure(&self, step: &str, outcome: &StepOutcome, ui: &Ui) -> String {
        let (_, word) = word(outcome);
        let rule = if ui.has_unicode() { "─" } else { "-" };
        let name = clean(step);
        let used = 5 + word.len() + name.chars().count();
        let rest = rule.repeat(ui.width().saturating_sub(used).max(3));
        let title = format!(
            "{} {} {}",
            paint(Tone::Bad, word),
            paint(Tone::Strong, &name),
            paint(Tone::Dim, &rest)
        );
        let mut text = format!("\n{} {title}\n", paint(Tone::Dim, &rule.repeat(2)));
        if let Some(reason) = &outcome.reason {
            text += &format!("  {}\n", clean(reason));
        }
        let field = |name: &str, value: &str| {
            format!("  {} {value}\n", paint(Tone::Dim, &format!("{name:>8}")))
        };
        if let Some(command) = &outcome.command {
            text += &field("command", &clean(command));
        }
        if let Some(log) = &outcome.log {
            let path = self.folder.join(log);
            text += &field("log", &shown_path(&path));
            let end = log::end_of(&path, LOG_BYTES).unwrap_or_default();
            let lines = log::last_lines(&end, LOG_LINES);
            let bar = if ui.has_unicode() { "│" } else { "|" };
            for line in &lines {
                text += &format!("  {} {line}\n", paint(Tone::Dim, bar));
            }
            if lines.is_empty() {
                text += &field("", &paint(Tone::Dim, "(it printed nothing)"));
            }
        }
        text
    }

    /// Every step in a row: how it ended, how long it took, what it ran, what came out.
    fn table(&self, summary: &RunSummary, ui: &Ui) -> String {
        let row = |(step, outcome): (&String, &StepOutcome)| Row {
            step: clean(step),
            state: state_of(outcome),
            tone: Some(word(outcome).0),
            time: match outcome.attempts {
                0 => String::new(),
                _ => duration(outcome.seconds),
            },
            ran: outcome.script.as_deref().map(clean).unwrap_or_default(),
            outputs: self.outputs(outcome),
        };
        let rows: Vec<Row> = summary.steps.iter().map(row).collect();
        let rule = if ui.has_unicode() { "─" } else { "-" };
        table::render(&rows, ui.width(), rule)
    }

    /// Outputs that are there, by file name and size.
    fn outputs(&self, outcome: &StepOutcome) -> Vec<String> {
        let shown = |path: &PathBuf| {
            let place = self.root.join(path);
            let size = size_of(&place)?;
            let name = place.file_name()?.to_string_lossy().into_owned();
            Some(format!("{} {}", clean(&name), bytes(size)))
        };
        outcome.outputs.values().filter_map(shown).collect()
    }
}

/// A line of text behind its first word, as Cargo's lines are.
fn headed(tone: Tone, word: &str, text: &str) -> String {
    let gap = " ".repeat(WORD.saturating_sub(word.chars().count()));
    format!("{gap}{} {text}", paint(tone, word))
}

/// The word for how a step ended.
fn word(outcome: &StepOutcome) -> (Tone, &'static str) {
    match outcome.state {
        StepState::Passed if outcome.is_external() => (Tone::Good, "EXTERNAL"),
        StepState::Passed => (Tone::Good, "PASS"),
        StepState::Cached => (Tone::Good, "CACHED"),
        StepState::Flaky => (Tone::Warn, "FLAKY"),
        StepState::Failed => (Tone::Bad, "FAIL"),
        StepState::TimedOut => (Tone::Bad, "TIMEOUT"),
        StepState::Skipped => (Tone::Warn, "SKIP"),
        StepState::NotRun => (Tone::Warn, "NOT RUN"),
    }
}

/// How a step ended, in a table.
fn state_of(outcome: &StepOutcome) -> &'static str {
    match outcome.state {
        StepState::Passed if outcome.is_external() => "external",
        StepState::Passed => "passed",
        StepState::Cached => "cached",
        StepState::Flaky => "flaky",
        StepState::Failed => "failed",
        StepState::TimedOut => "timed out",
        StepState::Skipped => "skipped",
        StepState::NotRun => "not run",
    }
}

/// `9 steps: 7 passed (1 flaky), 1 external, 1 failed, 0 skipped`: what is not in brackets adds up, and the four words
/// are always there.
fn counts(summary: &RunSummary) -> String {
    let count = |state| summary.count(state);
    let external = |step: &&StepOutcome| step.state == StepState::Passed && step.is_external();
    let external = summary.steps.values().filter(external).count();
    let (flaky, cached) = (count(StepState::Flaky), count(StepState::Cached));
    let (timed_out, not_run) = (count(StepState::TimedOut), count(StepState::NotRun));
    let passed = count(StepState::Passed) - external + flaky + cached;
    let failed = count(StepState::Failed) + timed_out;
    let among = |parts: &[(usize, &str)]| {
        let parts: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        }
    };
    let part = |n: usize, tone: Tone, word: &str| {
        let text = format!("{n} {word}");
        if n > 0 { paint(tone, &text) } else { text }
    };
    let mut parts = vec![
        part(passed, Tone::Good, "passed") + &among(&[(flaky, "flaky"), (cached, "cached")]),
        part(external, Tone::Good, "external"),
        part(failed, Tone::Bad, "failed") + &among(&[(timed_out, "timed out")]),
        part(count(StepState::Skipped), Tone::Warn, "skipped"),
    ];
    if not_run > 0 {
        parts.push(part(not_run, Tone::Warn, "not run"));
    }
    format!(
        "{}: {}",
        counted(summary.steps.len(), "step"),
        parts.join(", ")
    )
}

/// `[   0.041s]`, or as many blanks for a step that never began.
fn time_of(outcome: &StepOutcome) -> String {
    match outcome.attempts {
        0 => " ".repeat(time(0.0).len()),
        _ => time(outcome.seconds),
    }
}

/// `[   0.041s]`.
fn time(seconds: f64) -> String {
    format!("[{seconds:>8.3}s]")
}

/// `41ms`, `1.20s`, `2m 03s`, `1h 02m`: as exact as a reader needs.
fn duration(seconds: f64) -> String {
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let whole = duration.as_secs();
    match whole {
        0 => format!("{}ms", duration.as_millis()),
        1..60 => format!("{seconds:.2}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole / 60 % 60),
    }
}

/// `512 B`, `1.2 kB`, `3.4 MB`.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut size = count as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// The size of a file, or of all files in a folder as far as they can be counted quickly.
fn size_of(path: &Path) -> Option<u64> {
    const ENTRIES: usize = 10_000;
    let found = fs::metadata(path).ok()?;
    if !found.is_dir() {
        return Some(found.len());
    }
    let (mut size, mut seen, mut open) = (0, 0, vec![path.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES {
                return Some(size);
            }
            match fs::symlink_metadata(entry.path()) {
                Ok(found) if found.is_dir() => open.push(entry.path()),
                Ok(found) => size += found.len(),
                Err(_) => {}
            }
        }
    }
    Some(size)
}

#[cfg(test)]
mod tests;
