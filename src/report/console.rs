//! Owns what a person sees of a run while it goes: a line a step as it ends, and what runs for long.

mod ending;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::words::counted;
use crate::duration::{chosen, measured};
use crate::event::{Event, Live, StepOutcome, StepState};
use crate::outline::Outline;
use crate::ui::{Tone, Ui, Verbosity, clean, paint, without_styles};

/// Columns of the word that begins a line.
const WORD: usize = 12;

/// Where the table and the counts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Results {
    /// To standard output: they are the result.
    #[default]
    Stdout,
    /// To standard error: standard output belongs to something else, such as a stream of events.
    Stderr,
}

/// Whether it is told why each step runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Explain {
    /// Only to who wants to know everything.
    #[default]
    Kept,
    /// Yes.
    Told,
}

/// Tells a person.
#[derive(Debug, Default)]
pub struct Console {
    explain: Explain,
    results: Results,
    /// How what steps print is shown, where it is told at all.
    live: Live,
    /// What the run is to do: where each answer was given.
    outline: Option<Arc<Outline>>,
    root: PathBuf,
    folder: PathBuf,
    total: usize,
    ended: usize,
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

    /// Tells of failures which answer they are about.
    #[must_use]
    pub fn with_outline(self, outline: Arc<Outline>) -> Self {
        Self {
            outline: Some(outline),
            ..self
        }
    }

    /// Tells why each step runs, or not.
    #[must_use]
    pub fn with_explain(self, explain: Explain) -> Self {
        Self { explain, ..self }
    }

    /// Shows what steps print: lines behind their step's name, or exactly as it was printed.
    #[must_use]
    pub fn with_live(self, live: Live) -> Self {
        Self { live, ..self }
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
                // What is shown as it was printed would be torn by a bar.
                if self.live != Live::Raw {
                    ui.start_progress(self.total);
                }
            }
            Event::BuildStarted { targets } => {
                ui.note(&headed(Tone::Good, "Building", &clean(&targets.join(", "))));
                ui.progress_begins("cargo build");
            }
            Event::BuildFinished {
                targets,
                success,
                seconds,
                output,
            } => {
                ui.progress_ends("cargo build", self.ended);
                built(targets, *success, *seconds, output, ui);
            }
            Event::StepStarted {
                step,
                attempt,
                command,
                ..
            } => {
                if ui.verbosity() == Verbosity::Verbose || self.live == Live::Raw {
                    let again = attempt_of(*attempt);
                    let command = paint(Tone::Dim, &clean(command));
                    ui.note(&headed(
                        Tone::Dim,
                        "START",
                        &format!("{}{again} {command}", name(step)),
                    ));
                }
                ui.progress_begins(&clean(step));
            }
            Event::StepSlow {
                step,
                attempt,
                seconds,
                ..
            } => {
                let time = format!("[>{:>9}]", measured(*seconds));
                let text = format!(
                    "{time} {}{} is still running",
                    name(step),
                    attempt_of(*attempt)
                );
                ui.note(&headed(Tone::Warn, "SLOW", &text));
            }
            Event::StepOutput { step, text, .. } => match self.live {
                Live::Raw => ui.raw(text),
                Live::Kept | Live::Lines => printed(step, text, ui),
            },
            Event::StepExplained { step, because, .. } => {
                if self.explain == Explain::Told || ui.verbosity() == Verbosity::Verbose {
                    let name = paint(Tone::Strong, &clean(step));
                    let text = format!("{name}: {}", clean(&because.join("; ")));
                    ui.note(&headed(Tone::Dim, "BECAUSE", &text));
                }
            }
            Event::StepRetried {
                step,
                attempt,
                reason,
                pause,
                ..
            } => {
                let when = match *pause > 0.0 {
                    true => format!("; again in {}", chosen(*pause)),
                    false => String::new(),
                };
                let text = format!("{}: attempt {attempt} {}{when}", name(step), clean(reason));
                ui.progress_ends(&clean(step), self.ended);
                ui.note(&headed(Tone::Warn, "RETRY", &text));
            }
            Event::StillRunning { .. } => {}
            Event::OutOfTime { timeout, .. } => {
                let text = format!(
                    "the whole run took longer than {}; ending running steps",
                    chosen(*timeout)
                );
                ui.tell(&headed(Tone::Warn, "TIMEOUT", &text));
            }
            Event::StepFinished { step, outcome, .. } => {
                self.ended += 1;
                self.told.insert(step.clone(), outcome.reason.clone());
                ui.progress_ends(&clean(step), self.ended);
                ui.note(&self.line(step, outcome));
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

    /// A step that has ended, in a line.
    fn line(&self, step: &str, outcome: &StepOutcome) -> String {
        let (tone, word) = word(outcome);
        let width = self.total.to_string().len();
        let mut text = format!(
            "{} ({:>width$}/{}) {}",
            time_of(outcome),
            self.ended,
            self.total,
            name(step)
        );
        if outcome.attempts > 1 {
            text += &paint(Tone::Dim, &format!(" ({} attempts)", outcome.attempts));
        }
        if let Some(reason) = &outcome.reason {
            text += &paint(Tone::Dim, &format!(": {}", clean(reason)));
        }
        headed(tone, word, &text)
    }

    fn result(&self, text: &str, ui: &mut Ui) {
        match self.results {
            Results::Stdout => ui.out(text),
            Results::Stderr => ui.tell(text),
        }
    }
}

/// Shows lines that a step printed behind its name. Of a line that was printed over itself, as progress bars are, what a
/// terminal would show of it.
fn printed(step: &str, text: &str, ui: &mut Ui) {
    // All at once: a step may print faster than lines can be printed one by one.
    let head = headed(Tone::Name, &clean(step), "|");
    let mut shown = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        let last = line.rsplit('\r').next().unwrap_or(line);
        shown.push_str(&head);
        if !last.is_empty() {
            shown.push(' ');
            shown.push_str(&clean(&without_styles(last)));
        }
        shown.push('\n');
    }
    ui.tell(&shown);
}

/// Tells of Cargo's build; what it printed is shown as it printed it when it failed.
fn built(targets: &[String], success: bool, seconds: f64, output: &str, ui: &mut Ui) {
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

/// A step's name.
fn name(step: &str) -> String {
    paint(Tone::Strong, &clean(step))
}

/// ` (attempt 2)`; nothing for the first.
fn attempt_of(attempt: u32) -> String {
    match attempt {
        0 | 1 => String::new(),
        more => paint(Tone::Dim, &format!(" (attempt {more})")),
    }
}

/// The last line of a run that was recognised as one with nothing to do: it spared as many steps, and others are
/// external.
pub fn unchanged(run_id: &str, spared: usize, external: usize, seconds: f64) -> String {
    let counts = ending::counted_up(&ending::Counts {
        passed: spared,
        cached: spared,
        external,
        ..ending::Counts::default()
    });
    let time = time(seconds);
    let text = format!("{time} {counts}; nothing has changed since run {run_id}");
    headed(Tone::Good, "Summary", &text)
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
        StepState::Unfinished => (Tone::Warn, "UNFINISHED"),
    }
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
    format!("[{:>9}]", measured(seconds))
}

#[cfg(test)]
mod tests;
