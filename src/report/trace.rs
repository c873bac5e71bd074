//! Owns the trace of a run in the format that Chrome and Perfetto read: a row for each place in which steps ran.

use serde_json::{Value, json};

use super::record::Record;
use super::words::state;

/// The trace as JSON.
pub fn render(record: &Record) -> String {
    let mut events = vec![json!({
        "ph": "M", "name": "process_name", "pid": 1, "tid": 0,
        "args": { "name": record.summary.pipeline },
    })];
    let whole = record.summary.seconds;
    if let Some(build) = &record.build {
        let args = json!({ "targets": build.targets });
        events.push(span("cargo build", "build", 0, (0.0, build.seconds), args));
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
        events.push(span(step, "step", row + 1, (start, end), args));
    }
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": { "run": record.summary.run_id, "started": record.summary.started },
    });
    trace.to_string() + "\n"
}

/// Something that took its time; times are told in microseconds.
fn span(name: &str, category: &str, row: usize, (start, end): (f64, f64), args: Value) -> Value {
    let micros = |seconds: f64| (seconds * 1e6).round();
    json!({
        "ph": "X", "name": name, "cat": category, "pid": 1, "tid": row,
        "ts": micros(start), "dur": micros((end - start).max(0.0)), "args": args,
    })
}
