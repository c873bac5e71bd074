//! Owns the timeline of the page: when what ran, on an axis with times that people count in.

use std::collections::HashSet;

use serde::Serialize;

use super::draw;
use crate::duration::{chosen, measured};
use crate::event::StepOutcome;
use crate::graph::class_of;
use crate::report::log::plain;
use crate::report::record::{Record, Times};
use crate::report::words::{counted, state};

/// The most times that stand below the timeline, beside the first.
const MARKS: f64 = 6.0;
/// A time nearer to the end has no room for its text.
const LAST: f64 = 0.96;

/// When what ran.
#[derive(Serialize)]
pub(super) struct Timeline {
    /// Its rows, drawn.
    rows: String,
    marks: Vec<Mark>,
    /// How many steps the critical path has, and how long they took of the whole.
    critical: Option<String>,
}

/// A line of the timeline.
pub(super) struct Row {
    /// The step's place; nothing for what is no step.
    pub(super) at: Option<usize>,
    pub(super) name: String,
    pub(super) is_critical: bool,
    pub(super) seconds: String,
    /// What is read aloud.
    pub(super) told: String,
    pub(super) bars: Vec<Bar>,
    pub(super) start: f64,
}

/// An attempt, in hundredths of the whole.
pub(super) struct Bar {
    pub(super) left: String,
    pub(super) width: String,
    pub(super) tone: &'static str,
}

/// A time below the timeline.
#[derive(Serialize)]
struct Mark {
    left: String,
    text: String,
}

/// The timeline of a run.
pub(super) fn timeline(record: &Record, critical: &[&str]) -> Timeline {
    let is_critical: HashSet<&str> = critical.iter().copied().collect();
    let whole = record.summary.seconds.max(1e-6);
    let mut rows: Vec<Row> = built(record, whole).into_iter().collect();
    for (at, (step, outcome)) in record.summary.steps.iter().enumerate() {
        let times = record.times.get(step);
        if let Some(times) = times.filter(|times| !times.attempts.is_empty()) {
            let is_critical = is_critical.contains(step.as_str());
            rows.push(row(at, step, outcome, times, whole, is_critical));
        }
    }
    rows.sort_by(|a, b| a.start.total_cmp(&b.start));
    let spent = critical
        .iter()
        .filter_map(|step| Some(record.summary.steps.get(*step)?.seconds))
        .sum();
    Timeline {
        rows: draw::rows(&rows),
        marks: marks(whole),
        critical: (!critical.is_empty()).then(|| {
            let steps = counted(critical.len(), "step");
            format!("{steps}, {} of {}", measured(spent), measured(whole))
        }),
    }
}

/// What Cargo built, as a line.
fn built(record: &Record, whole: f64) -> Option<Row> {
    let build = record.build.as_ref()?;
    let tone = match build.success {
        Some(false) => "bad",
        _ => "idle",
    };
    let end = match build.success {
        None => whole,
        Some(_) => build.seconds,
    };
    Some(Row {
        at: None,
        name: format!("cargo build {}", plain(&build.targets.join(" "))),
        is_critical: false,
        seconds: measured(end),
        told: String::new(),
        bars: vec![bar(0.0, end, whole, tone)],
        start: 0.0,
    })
}

fn row(
    at: usize,
    step: &str,
    outcome: &StepOutcome,
    times: &Times,
    whole: f64,
    is_critical: bool,
) -> Row {
    let (word, tone) = state(outcome);
    let last = times.attempts.len() - 1;
    let bars = times.attempts.iter().enumerate().map(|(number, attempt)| {
        let tone = if number < last { "bad" } else { class_of(tone) };
        bar(attempt.start, attempt.end.unwrap_or(whole), whole, tone)
    });
    let start = times.attempts[0].start;
    Row {
        at: Some(at),
        name: plain(step),
        is_critical,
        seconds: measured(outcome.seconds),
        told: format!("{word}, began after {}", measured(start)),
        bars: bars.collect(),
        start,
    }
}

fn bar(start: f64, end: f64, whole: f64, tone: &'static str) -> Bar {
    Bar {
        left: share(start, whole),
        width: share(end - start, whole),
        tone,
    }
}

/// A part in hundredths of the whole.
fn share(seconds: f64, whole: f64) -> String {
    format!("{:.2}", (seconds / whole * 100.0).clamp(0.0, 100.0))
}

/// Times that people count in: multiples of 1, 2 or 5, or of what makes minutes and hours.
fn marks(whole: f64) -> Vec<Mark> {
    const LONG: [f64; 10] = [
        10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
    ];
    let wanted = whole / MARKS;
    let power = 10_f64.powf(wanted.log10().floor());
    let short = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    let hours = (wanted / 3600.0).ceil() * 3600.0;
    let step = match wanted {
        w if w <= 5.0 => short.into_iter().find(|step| *step >= w * 0.999),
        w => LONG.into_iter().find(|step| *step >= w),
    };
    let step = step.unwrap_or(hours);
    let times = (0..=MARKS as u32).map(|at| f64::from(at) * step);
    times
        .take_while(|time| *time <= whole * LAST)
        .map(|time| Mark {
            left: share(time, whole),
            text: mark(time),
        })
        .collect()
}

/// A time as it would be written, which needs no more than the distance to the next.
fn mark(time: f64) -> String {
    match time {
        0.0 => "0".to_owned(),
        t if t < 1e-3 => String::new(),
        t => chosen(t),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_few_and_round() {
        for (whole, expected) in [
            (0.432, "0 0.1s 0.2s 0.3s 0.4s"),
            (1.83, "0 0.5s 1s 1.5s"),
            (12.0, "0 2s 4s 6s 8s 10s"),
            (83.0, "0 15s 30s 45s 1m 1m 15s"),
            (3_900.0, "0 15m 30m 45m 1h"),
            (40_000.0, "0 2h 4h 6h 8h 10h"),
            (0.000_001, "0    "),
        ] {
            let texts: Vec<String> = marks(whole).into_iter().map(|mark| mark.text).collect();
            assert_eq!(texts.join(" "), expected, "{whole}");
        }
    }
}
