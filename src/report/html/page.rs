//! Owns what the page shows of a run, in the words and order in which it shows it. Everything here is text that the
//! template escapes, save the drawing and our own style and script.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::event::{StepOutcome, StepState};
use crate::graph::{class_of, svg};
use crate::outline::{Origin, StepOutline, ValueOutline};
use crate::report::compare::{Comparison, compare};
use crate::report::files::{Kept, Preview};
use crate::report::log::{end_of, without_controls};
use crate::report::record::{Record, Times};
use crate::report::words::{bytes, counted, duration, moment, state};
use crate::requirement::Kind;
use crate::ui::{Tone, clipped, without_styles};

/// How much of a log is shown of a step that failed, and at most of one that did not; and the most of all of the latter.
const FAILED_LOG: u64 = 128 * 1024;
const LOG: u64 = 16 * 1024;
const LOGS: u64 = 4 * 1024 * 1024;
/// From how many steps on the drawing would be of no use.
const DRAWN: usize = 400;
/// The most characters of a value.
const LONGEST: usize = 600;

/// The whole page.
#[derive(Serialize)]
pub(super) struct Page {
    style: &'static str,
    dag_style: &'static str,
    script: &'static str,
    /// A word that only our own script carries.
    nonce: String,
    pipeline: String,
    verdict: &'static str,
    tone: &'static str,
    /// What a reader has to know of a run that did not end as runs do.
    remark: Option<&'static str>,
    run_id: String,
    started: String,
    moment: String,
    seconds: String,
    folder: String,
    counts: Vec<Count>,
    failures: Vec<Failure>,
    drawing: Option<String>,
    timeline: Timeline,
    steps: Vec<Step>,
    changes: Option<Changes>,
    facts: Vec<(&'static str, String)>,
    version: &'static str,
}

/// How many steps ended in a way.
#[derive(Serialize)]
struct Count {
    count: usize,
    word: &'static str,
    tone: &'static str,
}

/// A step that went wrong, at the top of the page.
#[derive(Serialize)]
struct Failure {
    at: usize,
    step: String,
    word: &'static str,
    reason: String,
    last: Vec<String>,
}

/// When what ran.
#[derive(Serialize)]
struct Timeline {
    rows: Vec<Row>,
    marks: Vec<Mark>,
    /// How long the critical path's steps took, and how many they are.
    critical: Option<String>,
}

/// A line of the timeline.
#[derive(Serialize)]
struct Row {
    /// The step's place; nothing for what is no step.
    at: Option<usize>,
    name: String,
    tone: &'static str,
    is_critical: bool,
    seconds: String,
    /// What is read aloud.
    told: String,
    bars: Vec<Bar>,
}

/// An attempt, in hundredths of the whole.
#[derive(Serialize)]
struct Bar {
    left: String,
    width: String,
    tone: &'static str,
}

/// A time below the timeline.
#[derive(Serialize)]
struct Mark {
    left: String,
    text: String,
}

/// A step's part of the page.
#[derive(Serialize)]
struct Step {
    at: usize,
    name: String,
    word: &'static str,
    tone: &'static str,
    is_open: bool,
    is_critical: bool,
    description: Option<String>,
    runs: String,
    seconds: String,
    reason: Option<String>,
    command: Option<String>,
    values: Vec<Shown>,
    /// What the script takes by itself.
    own: Vec<Shown>,
    files: Vec<Lying>,
    attempts: Vec<Tried>,
    log: Option<Log>,
    facts: Vec<(&'static str, String)>,
}

/// A requirement with its value.
#[derive(Serialize)]
struct Shown {
    name: String,
    kind: &'static str,
    binding: String,
    description: Option<String>,
    value: String,
    origin: &'static str,
    /// File and line, or what is upstream.
    from: Option<String>,
    /// The upstream step's place.
    link: Option<usize>,
    asked: Option<(String, String)>,
}

/// A file of a step.
#[derive(Serialize)]
struct Lying {
    kind: &'static str,
    name: String,
    path: String,
    size: Option<String>,
    preview: Option<Preview>,
}

/// An attempt in words.
#[derive(Serialize)]
struct Tried {
    number: usize,
    start: String,
    seconds: String,
    ending: String,
}

/// A log's end.
#[derive(Serialize)]
struct Log {
    path: String,
    text: String,
    lines: String,
    /// What is not shown of it.
    cut: Option<String>,
}

/// What is not as it was in the previous run.
#[derive(Serialize)]
struct Changes {
    earlier: String,
    before: String,
    after: String,
    lists: Vec<(&'static str, Vec<String>)>,
    times: Vec<(&'static str, String, String, String)>,
}

/// All that is shown of a run.
pub(super) fn page(record: &Record) -> Page {
    let summary = &record.summary;
    let critical = record.critical_path();
    let (verdict, tone) = match (record.ended, record.interrupted, summary.success) {
        (false, ..) => ("not ended", Tone::Warn),
        (_, true, _) => ("interrupted", Tone::Warn),
        (_, _, true) => ("passed", Tone::Good),
        (_, _, false) => ("failed", Tone::Bad),
    };
    Page {
        style: include_str!("page.css"),
        dag_style: svg::STYLE,
        script: include_str!("page.js"),
        nonce: summary.run_id.chars().filter(char::is_ascii_alphanumeric).collect(),
        pipeline: plain(&summary.pipeline),
        verdict,
        tone: class_of(tone),
        remark: (!record.ended).then_some(
            "This page was written while the run was under way. If the run is over, it was killed before it could end: what is here is what had happened by then.",
        ),
        run_id: plain(&summary.run_id),
        started: plain(&summary.started),
        moment: plain(&moment(&summary.started)),
        seconds: duration(summary.seconds),
        folder: record.folder.display().to_string(),
        counts: counts(record),
        failures: failures(record),
        drawing: drawing(record),
        timeline: timeline(record, &critical),
        steps: steps(record, &critical),
        changes: record.previous().map(|earlier| changes(&compare(&earlier, summary))),
        facts: facts(record),
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// Text without what a terminal would obey.
fn plain(text: &str) -> String {
    without_controls(&without_styles(text))
}

fn counts(record: &Record) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for outcome in record.summary.steps.values() {
        let (word, tone) = state(outcome);
        match counts.iter_mut().find(|count| count.word == word) {
            Some(count) => count.count += 1,
            None => counts.push(Count {
                count: 1,
                word,
                tone: class_of(tone),
            }),
        }
    }
    // What went wrong first.
    let rank = |tone| {
        ["bad", "warn", "good", "idle"]
            .iter()
            .position(|known| *known == tone)
    };
    counts.sort_by_key(|count| (rank(count.tone), std::cmp::Reverse(count.count)));
    counts
}

/// Whether a step itself went wrong.
fn is_failure(outcome: &StepOutcome) -> bool {
    matches!(outcome.state, StepState::Failed | StepState::TimedOut)
}

fn failures(record: &Record) -> Vec<Failure> {
    const LINES: usize = 8;
    let failed = record
        .summary
        .steps
        .iter()
        .enumerate()
        .filter(|(_, (_, outcome))| is_failure(outcome));
    failed
        .map(|(at, (step, outcome))| {
            let log = outcome
                .log
                .as_ref()
                .and_then(|log| end_of(&record.folder.join(log), 8 * 1024).ok());
            Failure {
                at,
                step: plain(step),
                word: state(outcome).0,
                reason: plain(outcome.reason.as_deref().unwrap_or("it did not say why")),
                last: crate::report::log::last_lines(&log.unwrap_or_default(), LINES),
            }
        })
        .collect()
}

fn drawing(record: &Record) -> Option<String> {
    let dag = record.dag().filter(|dag| dag.nodes.len() <= DRAWN)?;
    Some(svg::render(&dag, svg::Within::Page))
}

fn timeline(record: &Record, critical: &[&str]) -> Timeline {
    let whole = record.summary.seconds.max(1e-6);
    let share = |seconds: f64| format!("{:.3}", (seconds / whole * 100.0).clamp(0.0, 100.0));
    let bar = |start: f64, end: f64, tone| Bar {
        left: share(start),
        width: share(end - start),
        tone,
    };
    let mut rows = Vec::new();
    if let Some(build) = &record.build {
        let tone = if build.success == Some(false) {
            "bad"
        } else {
            "idle"
        };
        let end = if build.success.is_none() {
            whole
        } else {
            build.seconds
        };
        rows.push(Row {
            at: None,
            name: format!("cargo build {}", plain(&build.targets.join(" "))),
            tone,
            is_critical: false,
            seconds: duration(end),
            told: String::new(),
            bars: vec![bar(0.0, end, tone)],
        });
    }
    for (at, (step, outcome)) in record.summary.steps.iter().enumerate() {
        let Some(times) = record
            .times
            .get(step)
            .filter(|times| !times.attempts.is_empty())
        else {
            continue;
        };
        let tone = class_of(state(outcome).1);
        let last = times.attempts.len() - 1;
        let bars = times.attempts.iter().enumerate().map(|(number, attempt)| {
            let tone = if number < last { "bad" } else { tone };
            bar(attempt.start, attempt.end.unwrap_or(whole), tone)
        });
        let start = times.attempts[0].start;
        rows.push(Row {
            at: Some(at),
            name: plain(step),
            tone,
            is_critical: critical.contains(&step.as_str()),
            seconds: duration(outcome.seconds),
            told: format!("{}, began after {}", state(outcome).0, duration(start)),
            bars: bars.collect(),
        });
    }
    let start = |row: &Row| {
        row.bars
            .first()
            .and_then(|bar| bar.left.parse::<f64>().ok())
            .unwrap_or_default()
    };
    rows.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let marks = (0..=4).map(|quarter| f64::from(quarter) * whole / 4.0);
    let spent = critical
        .iter()
        .filter_map(|step| record.summary.steps.get(*step))
        .map(|o| o.seconds)
        .sum();
    Timeline {
        rows,
        marks: marks
            .map(|seconds| Mark {
                left: share(seconds),
                text: duration(seconds),
            })
            .collect(),
        critical: (!critical.is_empty())
            .then(|| format!("{}, {}", counted(critical.len(), "step"), duration(spent))),
    }
}

fn steps(record: &Record, critical: &[&str]) -> Vec<Step> {
    let outlines = record.outline.as_ref().map(|outline| &outline.steps);
    let most = LOG.min(LOGS / record.summary.steps.len().max(1) as u64);
    let steps = record.summary.steps.iter().enumerate();
    steps
        .map(|(at, (name, outcome))| {
            let (word, tone) = state(outcome);
            let outline = outlines.and_then(|outlines| outlines.get(name));
            let values = outline.map_or_else(Vec::new, |outline| values(record, outline));
            let (own, values) = values.into_iter().partition(|(is_own, _)| *is_own);
            let shown =
                |values: Vec<(bool, Shown)>| values.into_iter().map(|(_, shown)| shown).collect();
            let kept = record.files.steps.get(name);
            Step {
                at,
                name: plain(name),
                word,
                tone: class_of(tone),
                is_open: is_failure(outcome),
                is_critical: critical.contains(&name.as_str()),
                description: outline
                    .and_then(|outline| outline.description.as_deref())
                    .map(plain),
                runs: plain(
                    outcome
                        .script
                        .as_deref()
                        .or(outline.map(|o| o.runs.as_str()))
                        .unwrap_or_default(),
                ),
                seconds: if outcome.attempts > 0 {
                    duration(outcome.seconds)
                } else {
                    String::new()
                },
                reason: outcome.reason.as_deref().map(plain),
                command: outcome.command.as_deref().map(plain),
                values: shown(values),
                own: shown(own),
                files: kept
                    .into_iter()
                    .flatten()
                    .map(|kept| lying(record, kept))
                    .collect(),
                attempts: record
                    .times
                    .get(name)
                    .map_or_else(Vec::new, |times| tried(times, outcome)),
                log: log(
                    record,
                    outcome,
                    if is_failure(outcome) {
                        FAILED_LOG
                    } else {
                        most
                    },
                ),
                facts: step_facts(outcome, outline),
            }
        })
        .collect()
}

fn step_facts(outcome: &StepOutcome, outline: Option<&StepOutline>) -> Vec<(&'static str, String)> {
    let all = [
        (
            "exit status",
            outcome.exit_code.map(|code| code.to_string()),
        ),
        ("signal", outcome.signal.map(|signal| signal.to_string())),
        ("framework", outcome.framework.clone()),
        (
            "timeout",
            outline.and_then(|outline| outline.timeout).map(duration),
        ),
        (
            "retries",
            outline
                .map(|outline| outline.retries)
                .filter(|&n| n > 0)
                .map(|n| n.to_string()),
        ),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, plain(&value?))))
        .collect()
}

/// A step's values, and whether the script takes each by itself.
fn values(record: &Record, outline: &StepOutline) -> Vec<(bool, Shown)> {
    let values = outline.values.iter();
    values
        .map(|value| {
            let (origin, from) = match &value.origin {
                Origin::Answer { at } => ("your answer", Some(at.clone())),
                Origin::Upstream { step, output } => ("upstream", Some(format!("{step}.{output}"))),
                Origin::Declared { at } => ("the manifest", at.clone()),
                Origin::Fixed => ("a fixed path", None),
                Origin::RunFolder => ("the run’s own folder", None),
                Origin::Default => ("the script’s default", None),
                Origin::Nothing => ("not given", None),
            };
            let link = match &value.origin {
                Origin::Upstream { step, .. } => record.summary.steps.get_index_of(step),
                _ => None,
            };
            let shown = Shown {
                name: plain(&value.name),
                kind: word(value.kind),
                binding: plain(&value.binding),
                description: value.description.as_deref().map(plain),
                value: clipped(&plain(&text_of(record, value)), LONGEST),
                origin,
                from: from.as_deref().map(plain),
                link,
                asked: value
                    .asked
                    .as_ref()
                    .map(|asked| (plain(&asked.at), plain(&asked.text))),
            };
            (
                matches!(value.origin, Origin::Default | Origin::Nothing),
                shown,
            )
        })
        .collect()
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Env => "variable",
        Kind::Arg => "argument",
    }
}

/// A value as it would be written; paths from the manifest's folder on.
fn text_of(record: &Record, value: &ValueOutline) -> String {
    match &value.value {
        Value::Null => String::new(),
        Value::String(text) if value.kind.is_path() => near(record, Path::new(text)),
        Value::String(text) => text.clone(),
        Value::Array(items) if value.kind.is_path() => {
            let paths = items.iter().filter_map(Value::as_str);
            paths
                .map(|path| near(record, Path::new(path)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => other.to_string(),
    }
}

/// A path, from the manifest's folder on where it lies there.
fn near(record: &Record, path: &Path) -> String {
    let near = path.strip_prefix(&record.root).unwrap_or(path);
    near.display().to_string()
}

fn lying(record: &Record, kept: &Kept) -> Lying {
    Lying {
        kind: word(kept.kind),
        name: plain(&kept.name),
        path: plain(&near(record, &kept.path)),
        size: kept.size.map(bytes),
        preview: kept.preview.clone(),
    }
}

fn tried(times: &Times, outcome: &StepOutcome) -> Vec<Tried> {
    let attempts = times.attempts.iter().enumerate();
    attempts
        .map(|(at, attempt)| Tried {
            number: at + 1,
            start: duration(attempt.start),
            seconds: attempt
                .end
                .map_or_else(|| "–".to_owned(), |end| duration(end - attempt.start)),
            ending: match (&attempt.reason, attempt.end) {
                (Some(reason), _) => plain(reason),
                (None, None) => "had not ended".to_owned(),
                (None, Some(_)) => plain(outcome.reason.as_deref().unwrap_or(state(outcome).0)),
            },
        })
        .collect()
}

fn log(record: &Record, outcome: &StepOutcome, most: u64) -> Option<Log> {
    let name = outcome.log.as_ref()?;
    let path = record.folder.join(name);
    let size = std::fs::metadata(&path).ok()?.len();
    // A log that is gone leaves the rest of the page as true as it was.
    let text = plain(&end_of(&path, most).ok()?);
    Some(Log {
        path: name.display().to_string(),
        lines: counted(text.lines().count(), "line"),
        cut: (size > most).then(|| format!("the end of {}", bytes(size))),
        text,
    })
}

fn changes(change: &Comparison) -> Changes {
    let lists = change
        .lists()
        .into_iter()
        .filter(|(_, steps)| !steps.is_empty());
    let times = [("slower", &change.slower), ("faster", &change.faster)];
    Changes {
        earlier: change.earlier.clone(),
        before: duration(change.seconds.0),
        after: duration(change.seconds.1),
        lists: lists
            .map(|(title, steps)| (title, steps.iter().map(|step| plain(step)).collect()))
            .collect(),
        times: times
            .into_iter()
            .flat_map(|(title, timings)| timings.iter().map(move |timing| (title, timing)))
            .map(|(title, timing)| {
                (
                    title,
                    plain(&timing.step),
                    duration(timing.before),
                    duration(timing.after),
                )
            })
            .collect(),
    }
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Run", plain(&record.summary.run_id)),
        ("Started", plain(&moment(&record.summary.started))),
        ("Took", duration(record.summary.seconds)),
        ("Run folder", record.folder.display().to_string()),
        ("Working folder", record.root.display().to_string()),
    ];
    if let Some(outline) = &record.outline {
        let machine = &outline.environment;
        facts.push(("Manifest", plain(&outline.manifest)));
        facts.push((
            "System",
            format!("{} on {}", machine.system, machine.architecture),
        ));
        facts.push(("Processors", machine.processors.to_string()));
        facts.push(("cargo runtime-test", machine.version.clone()));
    }
    facts
}
