//! Owns what a person sees when a run has ended: failures with the end of their logs and where to look, a table, and a
//! line that counts.

use std::path::PathBuf;

use super::{Console, headed, time, word};
use crate::duration::measured;
use crate::event::{RunEnding, RunSummary, StepOutcome, StepState};
use crate::report::cause;
use crate::report::files::size_of;
use crate::report::log::{end_of, last_lines, shortened};
use crate::report::table::{self, Row};
use crate::report::words::{bytes, counted, state};
use crate::ui::{Tone, Ui, Verbosity, clean, paint, shown_path};

/// Lines shown of a failed step's log.
const LOG_LINES: usize = 20;
/// How much of a log is read for them.
const LOG_BYTES: u64 = 256 * 1024;
/// From how many steps on the table tells only of those that did not simply pass, and the most rows of it.
const ROWS: usize = 60;

impl Console {
    /// Failures, table, counts, and where to look further.
    pub(super) fn finish(&self, summary: &RunSummary, ui: &mut Ui) {
        for (step, outcome) in &summary.steps {
            let told = self.told.get(step).cloned().flatten().unwrap_or_default();
            let reason = outcome.reason.as_deref().unwrap_or_default();
            let more = reason
                .strip_prefix(&told)
                .unwrap_or(reason)
                .trim_start_matches("; ");
            if !more.is_empty() {
                let text = format!("{}: {}", super::name(step), clean(more));
                ui.note(&headed(Tone::Warn, "LEAK", &text));
            }
        }
        for (step, outcome) in &summary.steps {
            if outcome.state.needs_a_look() {
                let failure = self.failure(step, outcome, ui);
                ui.tell(&failure);
            }
        }
        if ui.verbosity() > Verbosity::Quiet {
            let table = self.table(summary, ui);
            self.result(&table, ui);
        }
        let tone = if summary.success {
            Tone::Good
        } else {
            Tone::Bad
        };
        let counts = counted_up(&counts(summary));
        let cut = match summary.ending {
            RunEnding::Interrupted => "; interrupted",
            RunEnding::OutOfTime => "; out of time",
            RunEnding::Finished | RunEnding::Unfinished => "",
        };
        let text = format!("{} {counts}{cut}", time(summary.seconds));
        self.result(&headed(tone, "Summary", &text), ui);
        let page = shown_path(&self.folder.join("report.html"));
        ui.note(&headed(Tone::Dim, "Report", &page));
    }

    /// All that helps with a failed step.
    fn failure(&self, step: &str, outcome: &StepOutcome, ui: &Ui) -> String {
        let (_, word) = word(outcome);
        let (rule, bar) = match ui.has_unicode() {
            true => ("─", "│"),
            false => ("-", "|"),
        };
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
        let Some(log) = &outcome.log else {
            return text;
        };
        let path = self.folder.join(log);
        let end = end_of(&path, LOG_BYTES).unwrap_or_default();
        let lines = last_lines(&end, LOG_LINES);
        let outline = self.outline.as_ref();
        let outline = outline.and_then(|outline| outline.steps.get(step));
        let cause = cause::find(&self.root, outline, &lines);
        if let Some(given) = &cause.answer {
            let place = paint(Tone::Name, &shown_path(&self.root.join(&given.at)));
            let said = format!("{}: {}", clean(&given.name), clean(&given.value));
            text += &field("answer", &format!("{place} {said}"));
        }
        if let Some(line) = &cause.script {
            let place = format!("{}:{}", line.file, line.line);
            let place = paint(Tone::Name, &shown_path(&self.root.join(place)));
            text += &field("script", &place);
        }
        text += &field("log", &shown_path(&path));
        for line in &lines {
            text += &format!("  {} {}\n", paint(Tone::Dim, bar), shortened(line));
        }
        if lines.is_empty() {
            text += &field("", &paint(Tone::Dim, "(it printed nothing)"));
        }
        text
    }

    /// Every step in a row: how it ended, how long it took, what it ran, what came out. Of many steps only those that did
    /// not simply pass.
    fn table(&self, summary: &RunSummary, ui: &Ui) -> String {
        let is_long = summary.steps.len() > ROWS && ui.verbosity() < Verbosity::Verbose;
        let simply = |state| matches!(state, StepState::Passed | StepState::Cached);
        let shown: Vec<(&String, &StepOutcome)> = summary
            .steps
            .iter()
            .filter(|(_, outcome)| !is_long || !simply(outcome.state))
            .collect();
        let most = if is_long { ROWS } else { usize::MAX };
        let rows: Vec<Row> = shown
            .iter()
            .take(most)
            .map(|step| self.row(*step))
            .collect();
        if rows.is_empty() {
            return "\n".to_owned();
        }
        let rule = if ui.has_unicode() { "─" } else { "-" };
        let mut text = format!("\n{}", table::render(&rows, ui.width(), rule));
        let left = summary.steps.len() - rows.len();
        if left > 0 {
            let left = format!("  and {}; -v shows all\n", counted(left, "more step"));
            text += &paint(Tone::Dim, &left);
        }
        text.push('\n');
        match ui.has_unicode() {
            true => text,
            false => text.replace('…', "~"),
        }
    }

    fn row(&self, (step, outcome): (&String, &StepOutcome)) -> Row {
        Row {
            step: clean(step),
            state: state(outcome).0,
            tone: Some(word(outcome).0),
            time: match outcome.attempts {
                0 => String::new(),
                _ => measured(outcome.seconds),
            },
            ran: outcome.script.as_deref().map(on_a_line).unwrap_or_default(),
            outputs: self.outputs(outcome),
        }
    }

    /// Outputs that are there, by file name and size. What lies at the places of a step that did not pass is not of this
    /// run.
    fn outputs(&self, outcome: &StepOutcome) -> Vec<String> {
        if !outcome.state.is_good() {
            return Vec::new();
        }
        let shown = |path: &PathBuf| {
            let place = self.root.join(path);
            let size = size_of(&place)?;
            let name = place.file_name()?.to_string_lossy().into_owned();
            Some(format!("{} {}", clean(&name), bytes(size)))
        };
        outcome.outputs.values().filter_map(shown).collect()
    }
}

/// A command in one line, however many it is written in.
fn on_a_line(text: &str) -> String {
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// How the steps of a run ended.
fn counts(summary: &RunSummary) -> Counts {
    let count = |state| summary.count(state);
    let external = |step: &&StepOutcome| step.state == StepState::Passed && step.is_external();
    let external = summary.steps.values().filter(external).count();
    let (flaky, cached) = (count(StepState::Flaky), count(StepState::Cached));
    let timed_out = count(StepState::TimedOut);
    Counts {
        passed: count(StepState::Passed) - external + flaky + cached,
        flaky,
        cached,
        external,
        failed: count(StepState::Failed) + timed_out,
        timed_out,
        skipped: count(StepState::Skipped),
        not_run: count(StepState::NotRun),
        unfinished: count(StepState::Unfinished),
    }
}

/// How many steps ended how; some of the passed ones are flaky or cached, some of the failed ones timed out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) flaky: usize,
    pub(super) cached: usize,
    pub(super) external: usize,
    pub(super) failed: usize,
    pub(super) timed_out: usize,
    pub(super) skipped: usize,
    pub(super) not_run: usize,
    pub(super) unfinished: usize,
}

/// `9 steps: 7 passed (1 flaky), 1 external, 1 failed, 0 skipped`: what is not in brackets adds up, and the four words
/// are always there.
pub(super) fn counted_up(counts: &Counts) -> String {
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
        part(counts.passed, Tone::Good, "passed")
            + &among(&[(counts.flaky, "flaky"), (counts.cached, "cached")]),
        part(counts.external, Tone::Good, "external"),
        part(counts.failed, Tone::Bad, "failed") + &among(&[(counts.timed_out, "timed out")]),
        part(counts.skipped, Tone::Warn, "skipped"),
    ];
    let others = [
        (counts.not_run, "not run"),
        (counts.unfinished, "unfinished"),
    ];
    for (n, word) in others.into_iter().filter(|(n, _)| *n > 0) {
        parts.push(part(n, Tone::Warn, word));
    }
    let ended = counts.passed + counts.external + counts.failed + counts.skipped;
    let all = ended + counts.not_run + counts.unfinished;
    format!("{}: {}", counted(all, "step"), parts.join(", "))
}
