//! Owns what the page shows of a run, in the words and order in which it shows it. Everything here is text that the
//! template escapes, save the drawing and our own style and script.

use serde::Serialize;

use super::draw;
use super::steps::steps;
use super::timeline::{Timeline, timeline};
use crate::duration::measured;
use crate::event::{Left, RunSummary};
use crate::graph::condense::{GROUPS, MANY, condense};
use crate::graph::{class_of, svg};
use crate::report::cause::{self, Given, Line};
use crate::report::compare::{Timing, compare};
use crate::report::log::{end_of, last_lines, plain};
use crate::report::record::Record;
use crate::report::words::{moment, state};
use crate::ui::Tone;

/// From how many steps on the page spares the browser what nobody looks at.
const LARGE: usize = 150;
/// The most failures at the top of the page, and the most lines shown of each one's log.
const FAILURES: usize = 50;
const LINES: usize = 10;

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
    is_large: bool,
    /// What a reader has to know of a run that did not end as runs do.
    remark: Option<String>,
    run_id: String,
    started: String,
    moment: String,
    took: &'static str,
    seconds: String,
    folder: String,
    counts: Vec<Count>,
    /// What the steps at the top have in common.
    trouble: &'static str,
    failures: Vec<Failure>,
    drawing: Option<Drawing>,
    timeline: Timeline,
    count: usize,
    /// What is shown of each step, drawn.
    steps: String,
    changes: Option<Changes>,
    facts: Vec<(&'static str, String)>,
    version: &'static str,
}

/// The DAG, drawn.
#[derive(Serialize)]
struct Drawing {
    svg: String,
    /// How many boxes stand for all steps, where steps that are alike are drawn as one.
    groups: Option<usize>,
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
    tone: &'static str,
    reason: String,
    /// What became of it in the previous run.
    before: Option<&'static str>,
    last: Vec<String>,
    answer: Option<Said>,
    script: Option<Place>,
}

/// An answer that a failure is about.
#[derive(Serialize)]
struct Said {
    at: String,
    name: String,
    value: String,
}

/// A line of a script that a failure is about.
#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
}

/// What is not as it was in the previous run.
#[derive(Serialize)]
struct Changes {
    /// What is said of runs that did not end of themselves.
    cut_short: Vec<String>,
    earlier: String,
    before: String,
    after: String,
    lists: Vec<List>,
    times: Vec<Changed>,
}

/// Steps that changed alike.
#[derive(Serialize)]
struct List {
    word: &'static str,
    tone: &'static str,
    /// Their places and names.
    steps: Vec<(usize, String)>,
    /// The names of those that have no place any more.
    gone: String,
}

/// A step that took another time.
#[derive(Serialize)]
struct Changed {
    word: &'static str,
    tone: &'static str,
    at: usize,
    step: String,
    before: String,
    after: String,
    by: String,
}

/// All that is shown of a run.
pub(super) fn page(record: &Record) -> Page {
    let summary = &record.summary;
    let critical = record.critical_path();
    // How a run compares is known when it has ended.
    let previous = record.has_ended().then(|| record.previous()).flatten();
    let is_large = summary.steps.len() > LARGE;
    let (verdict, tone) = record.verdict();
    Page {
        style: include_str!("page.css"),
        dag_style: svg::STYLE,
        script: include_str!("page.js"),
        nonce: summary
            .run_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect(),
        pipeline: plain(&summary.pipeline),
        verdict,
        tone: class_of(tone),
        is_large,
        remark: record.remark(),
        run_id: plain(&summary.run_id),
        started: plain(&summary.started),
        moment: plain(&moment(&summary.started)),
        took: match (record.has_ended(), record.left) {
            (true, _) => "took",
            (false, Left::UnderWay) => "had run for",
            (false, Left::Killed) => "ran for",
        },
        seconds: measured(summary.seconds),
        folder: record.folder.display().to_string(),
        counts: counts(record),
        trouble: match summary.steps.values().any(|step| step.state.is_failure()) {
            true => "What went wrong",
            false => "What had not ended",
        },
        failures: failures(record, previous),
        drawing: drawing(record),
        timeline: timeline(record, &critical),
        count: summary.steps.len(),
        steps: draw::steps(&steps(
            record,
            &critical.iter().copied().collect(),
            is_large,
        )),
        changes: previous.map(|earlier| changes(record, earlier)),
        facts: facts(record),
        version: env!("CARGO_PKG_VERSION"),
    }
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

fn failures(record: &Record, previous: Option<&RunSummary>) -> Vec<Failure> {
    let steps = record.summary.steps.iter().enumerate();
    let failed = steps.filter(|(_, (_, outcome))| outcome.state.needs_a_look());
    let mut failed: Vec<_> = failed.collect();
    // What was only ended on its way comes after what went wrong.
    failed.sort_by_key(|(_, (_, outcome))| !outcome.state.is_failure());
    failed
        .into_iter()
        .take(FAILURES)
        .map(|(at, (step, outcome))| {
            let log = outcome.log.as_ref();
            let log = log.and_then(|log| end_of(&record.folder.join(log), 16 * 1024).ok());
            let mut last = last_lines(&log.unwrap_or_default(), 4 * LINES);
            let cause = cause::of(record, step, &last);
            last.drain(..last.len().saturating_sub(LINES));
            let before = previous.and_then(|previous| previous.steps.get(step));
            Failure {
                at,
                step: plain(step),
                word: state(outcome).0,
                tone: class_of(state(outcome).1),
                reason: plain(outcome.reason.as_deref().unwrap_or("it did not say why")),
                before: before.and_then(|before| match before.state {
                    state if state.is_failure() => Some("failed in the previous run as well"),
                    state if state.is_good() => Some("passed in the previous run"),
                    _ => None,
                }),
                last,
                answer: cause.answer.map(said),
                script: cause.script.map(|Line { file, line }| Place {
                    file: plain(&file),
                    line,
                }),
            }
        })
        .collect()
}

fn said(Given { at, name, value }: Given) -> Said {
    Said {
        at: plain(&at),
        name: plain(&name),
        value: plain(&value),
    }
}

fn drawing(record: &Record) -> Option<Drawing> {
    let whole = record.dag()?;
    let few = (whole.nodes.len() > MANY).then(|| condense(&whole, GROUPS));
    Some(Drawing {
        groups: few.as_ref().map(|few| few.nodes.len()),
        svg: svg::render(&few.unwrap_or(whole), svg::Within::Page),
    })
}

fn changes(record: &Record, earlier: &RunSummary) -> Changes {
    let change = compare(earlier, &record.summary);
    let lists = change.lists().into_iter();
    let list = |(word, tone, steps): (&'static str, Tone, &[String])| {
        let placed = steps
            .iter()
            .filter_map(|step| Some((record.summary.steps.get_index_of(step)?, plain(step))));
        let gone = steps
            .iter()
            .filter(|step| !record.summary.steps.contains_key(*step))
            .map(|step| plain(step));
        List {
            word,
            tone: class_of(tone),
            steps: placed.collect(),
            gone: gone.collect::<Vec<_>>().join(", "),
        }
    };
    let lists = lists.filter(|(_, _, steps)| !steps.is_empty()).map(list);
    let timed = |word, tone, timings: &[Timing]| -> Vec<Changed> {
        let timed = timings.iter().filter_map(|timing| {
            let (more, less) = (
                timing.before.max(timing.after),
                timing.before.min(timing.after),
            );
            Some(Changed {
                word,
                tone,
                at: record.summary.steps.get_index_of(&timing.step)?,
                step: plain(&timing.step),
                before: measured(timing.before),
                after: measured(timing.after),
                by: format!(
                    "{:.1} times as {}",
                    more / less.max(1e-3),
                    match word {
                        "slower" => "long",
                        _ => "fast",
                    }
                ),
            })
        });
        timed.collect()
    };
    let mut times = timed("slower", "warn", &change.slower);
    times.extend(timed("faster", "good", &change.faster));
    let cut_short = change.cut_short.iter();
    Changes {
        cut_short: cut_short
            .map(|(which, how)| format!("The {which} run {how}."))
            .collect(),
        earlier: plain(&change.earlier),
        before: measured(change.seconds.0),
        after: measured(change.seconds.1),
        lists: lists.collect(),
        times,
    }
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Run", plain(&record.summary.run_id)),
        ("Started", plain(&moment(&record.summary.started))),
        ("Took", measured(record.summary.seconds)),
        ("Run folder", record.folder.display().to_string()),
        ("Working folder", record.root.display().to_string()),
    ];
    if let Some(outline) = &record.outline {
        let machine = &outline.environment;
        facts.push(("Manifest", plain(&outline.manifest)));
        let system = machine.distribution.as_deref().unwrap_or(&machine.system);
        let system = format!("{}, {}", plain(system), machine.architecture);
        facts.push(("System", system));
        facts.push(("Processors", machine.processors.to_string()));
        facts.push(("cargo runtime-test", machine.version.clone()));
        let told = [("Commit", &machine.commit), ("CI", &machine.ci)];
        let told = told
            .into_iter()
            .filter_map(|(name, value)| Some((name, plain(value.as_ref()?))));
        facts.extend(told);
    }
    facts
}
