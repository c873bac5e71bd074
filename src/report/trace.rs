//! Owns the trace of a run in the format that Chrome and Perfetto read: a row for each place in which steps ran.

use serde_json::{Value, json};

use super::record::Record;
use super::words::state;

/// The row of the build; Perfetto takes row 0 for no row of this process, and shows it on another.
const BUILD: usize = 1;

/// The trace as JSON.
pub fn render(record: &Record) -> String {
    let mut events = vec![json!({
        "ph": "M", "name": "process_name", "pid": 1, "tid": BUILD,
        "args": { "name": record.summary.pipeline },
    })];
    let whole = record.summary.seconds;
    if let Some(build) = &record.build {
        let args = json!({ "targets": build.targets });
        events.push(span(
            "cargo build",
            "build",
            BUILD,
            (0.0, build.seconds),
            args,
        ));
    }
    let mut spans = Vec::new();
    for (step, times) in &record.times {
        for (at, attempt) in times.attempts.iter().enumerate() {
            spans.push((
                attempt.start,
                attempt.end.unwrap_or(whole),
                step,
                at,
                attempt,
            ));
        }
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each row is free from the time at which its last span ended.
    let mut rows: Vec<f64> = Vec::new();
    for (start, end, step, at, attempt) in spans {
        let row = rows
            .iter()
            .position(|free| *free <= start)
            .unwrap_or(rows.len());
        match rows.get_mut(row) {
            Some(free) => *free = end,
            None => rows.push(end),
        }
        let outcome = record.summary.steps.get(step);
        let args = json!({
            "state": outcome.map(|outcome| state(outcome).0),
            "attempt": at + 1,
            "command": outcome.and_then(|outcome| outcome.command.as_deref()),
            "reason": attempt.reason.as_deref().or(outcome.and_then(|outcome| outcome.reason.as_deref())),
        });
        events.push(span(step, "step", place(row), (start, end), args));
    }
    let named = |row: usize, name: String| {
        json!({
            "ph": "M", "name": "thread_name", "pid": 1, "tid": row, "args": { "name": name },
        })
    };
    if record.build.is_some() {
        events.push(named(BUILD, "cargo".to_owned()));
    }
    events.extend((0..rows.len()).map(|row| named(place(row), format!("place {}", row + 1))));
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": { "run": record.summary.run_id, "started": record.summary.started },
    });
    trace.to_string() + "\n"
}

/// The row of a place in which steps ran.
fn place(row: usize) -> usize {
    BUILD + 1 + row
}

/// Something that took its time; times are told in microseconds.
fn span(name: &str, category: &str, row: usize, (start, end): (f64, f64), args: Value) -> Value {
    let micros = |seconds: f64| (seconds * 1e6).round();
    json!({
        "ph": "X", "name": name, "cat": category, "pid": 1, "tid": row,
        "ts": micros(start), "dur": micros((end - start).max(0.0)), "args": args,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::event::Event;
    use crate::report::sample;

    /// What the format asks of a complete event, and what viewers draw: those of a row follow each other.
    #[test]
    fn rows_hold_complete_events_one_after_the_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut record = sample::record(folder.path());
        record.hear(&Event::BuildFinished {
            targets: vec!["packager".to_owned()],
            success: true,
            seconds: 0.5,
            output: String::new(),
        });
        let begins = [
            ("clean", 0.5),
            ("train_bill", 1.0),
            ("train_body", 1.25),
            ("slow", 1.5),
        ];
        for (step, start) in begins {
            let times = record.times.get_mut(step).expect("times");
            for (at, attempt) in times.attempts.iter_mut().enumerate() {
                attempt.start = start + at as f64;
                attempt.end = Some(start + at as f64 + 0.5);
            }
        }
        record.times["slow"].attempts[0].end = None;
        let trace: Value = serde_json::from_str(&render(&record)).expect("JSON");
        let events = trace["traceEvents"].as_array().expect("events");
        let mut rows: HashMap<u64, Vec<(f64, f64)>> = HashMap::new();
        for event in events {
            for field in ["ph", "name", "pid", "tid", "args"] {
                assert!(!event[field].is_null(), "no {field} in {event}");
            }
            if event["ph"] == "X" {
                let number = |field: &str| event[field].as_f64().expect("a number");
                let row = event["tid"].as_u64().expect("a row");
                assert!(row > 0, "{event}");
                let (start, took) = (number("ts"), number("dur"));
                assert!(start >= 0.0 && took >= 0.0, "{event}");
                rows.entry(row).or_default().push((start, start + took));
            }
        }
        assert_eq!(rows.len(), 3, "a row for Cargo and two for steps");
        for row in rows.values_mut() {
            row.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(row.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{row:?}");
        }
        let named = events.iter().filter(|event| event["name"] == "thread_name");
        assert_eq!(named.count(), rows.len());
    }
}
