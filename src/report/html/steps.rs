//! Owns what the page shows of each step: its command, where every value came from, its files, attempts and log.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::duration::{chosen, measured};
use crate::event::{Judged, StepOutcome};
use crate::graph::class_of;
use crate::outline::{Origin, StepOutline, ValueOutline};
use crate::report::cause;
use crate::report::files::{Kept, Preview};
use crate::report::log::{end_and_size, end_of, plain};
use crate::report::record::Record;
use crate::report::words::{bytes, counted, state};
use crate::requirement::Kind;
use crate::ui::clipped;

/// How much of a log is shown of a step that failed, and at most of one that did not; and the most of all of the latter.
const FAILED_LOG: u64 = 128 * 1024;
const LOG: u64 = 16 * 1024;
const LOGS: u64 = 4 * 1024 * 1024;
/// The most characters of a value.
const LONGEST: usize = 600;

/// A step's part of the page.
pub(super) struct Step {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    pub(super) is_open: bool,
    pub(super) is_critical: bool,
    /// Whether what is in it stays text until somebody looks.
    pub(super) is_later: bool,
    pub(super) description: Option<String>,
    pub(super) runs: String,
    pub(super) seconds: String,
    pub(super) reason: Option<String>,
    pub(super) command: Option<String>,
    /// Why it was not spared.
    pub(super) because: Option<String>,
    /// What was expected of its outputs.
    pub(super) proofs: Vec<Proof>,
    pub(super) values: Vec<Shown>,
    /// What the script takes by itself.
    pub(super) own: Vec<Shown>,
    pub(super) files: Vec<Lying>,
    pub(super) attempts: Vec<Tried>,
    pub(super) log: Option<Log>,
    pub(super) facts: Vec<(&'static str, String)>,
}

/// Whether an output is as it was expected to be.
pub(super) struct Proof {
    pub(super) holds: bool,
    /// What was found.
    pub(super) text: String,
    /// Where it is expected.
    pub(super) at: String,
}

/// A requirement with its value.
pub(super) struct Shown {
    /// Its name, where the binding does not tell it.
    pub(super) name: Option<String>,
    pub(super) kind: &'static str,
    pub(super) binding: String,
    pub(super) description: Option<String>,
    pub(super) value: String,
    pub(super) origin: &'static str,
    /// File and line, or what is upstream.
    pub(super) from: Option<String>,
    /// The upstream step's place.
    pub(super) link: Option<usize>,
    pub(super) asked: Option<(String, String)>,
}

/// A file of a step.
pub(super) struct Lying {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// The name of the file.
    pub(super) file: String,
    pub(super) size: Option<String>,
    pub(super) preview: Option<Preview>,
}

/// An attempt in words.
pub(super) struct Tried {
    pub(super) number: usize,
    pub(super) start: String,
    pub(super) seconds: String,
    pub(super) ending: String,
    /// What it printed, where that is not the step's log.
    pub(super) log: Option<String>,
}

/// A log's end.
pub(super) struct Log {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) lines: String,
    /// What is not shown of it.
    pub(super) cut: Option<String>,
}

/// The steps of a run; of a large one, what is in those that did not fail stays text until somebody looks.
pub(super) fn steps(record: &Record, critical: &HashSet<&str>, is_large: bool) -> Vec<Step> {
    let outlines = record.outline.as_ref().map(|outline| &outline.steps);
    let most = LOG.min(LOGS / record.summary.steps.len().max(1) as u64);
    let steps = record.summary.steps.iter().enumerate();
    steps
        .map(|(at, (name, outcome))| {
            let (word, tone) = state(outcome);
            let outline = outlines.and_then(|outlines| outlines.get(name));
            // Of a step that has not begun while others run, there is time to tell later.
            let is_told = record.has_ended() || record.times.contains_key(name);
            let is_told = is_told && record.tells_all(outcome);
            let told = outline.filter(|_| is_told);
            let values = told.map_or_else(Vec::new, |outline| values(record, outline));
            let (own, values) = values.into_iter().partition(|(is_own, _)| *is_own);
            let shown =
                |values: Vec<(bool, Shown)>| values.into_iter().map(|(_, shown)| shown).collect();
            let kept = record.files.steps.get(name);
            Step {
                at,
                name: plain(name),
                word,
                tone: class_of(tone),
                is_open: outcome.state.needs_a_look(),
                is_later: is_large && !outcome.state.needs_a_look(),
                is_critical: critical.contains(name.as_str()),
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
                    measured(outcome.seconds)
                } else {
                    String::new()
                },
                reason: outcome.reason.as_deref().map(plain),
                command: outcome.command.as_deref().map(plain),
                because: record
                    .because
                    .get(name)
                    .map(|because| plain(&because.join("; "))),
                proofs: outcome.expectations.iter().map(proof).collect(),
                values: shown(values),
                own: shown(own),
                files: kept
                    .into_iter()
                    .flatten()
                    .map(|kept| lying(record, kept))
                    .collect(),
                attempts: tried(record, name, outcome),
                log: log(
                    record,
                    outcome,
                    if outcome.state.needs_a_look() {
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
            outcome
                .exit_code
                .filter(|code| *code != 0)
                .map(|code| code.to_string()),
        ),
        ("signal", outcome.signal.map(|signal| signal.to_string())),
        ("framework", outcome.framework.clone()),
        (
            "timeout",
            outline.and_then(|outline| outline.timeout).map(chosen),
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

fn proof(judged: &Judged) -> Proof {
    Proof {
        holds: judged.holds,
        text: plain(&format!("`{}` {}", judged.output, judged.found)),
        at: plain(&judged.at),
    }
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
                name: (!tells(&value.binding, &value.name)).then(|| plain(&value.name)),
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

/// Whether a binding tells the name of what it binds.
fn tells(binding: &str, name: &str) -> bool {
    let bare = |text: &str| text.trim_start_matches(['-', '$']).replace('-', "_");
    bare(binding) == bare(name)
}

/// A value as it would be written; paths from the manifest's folder on.
fn text_of(record: &Record, value: &ValueOutline) -> String {
    match &value.value {
        Value::String(text) if value.kind.is_path() => near(record, Path::new(text)),
        Value::Array(items) if value.kind.is_path() => {
            let paths = items.iter().filter_map(Value::as_str);
            paths
                .map(|path| near(record, Path::new(path)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => cause::shown(other),
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
        file: match kept.path.file_name() {
            Some(name) => plain(&name.to_string_lossy()),
            None => plain(&near(record, &kept.path)),
        },
        size: kept.size.map(bytes),
        preview: kept.preview.clone(),
    }
}

/// The attempts of a step, each of the earlier ones with its log.
fn tried(record: &Record, step: &str, outcome: &StepOutcome) -> Vec<Tried> {
    let Some(times) = record.times.get(step) else {
        return Vec::new();
    };
    let last = times.attempts.len();
    let attempts = times.attempts.iter().enumerate();
    attempts
        .map(|(at, attempt)| Tried {
            number: at + 1,
            start: measured(attempt.start),
            seconds: attempt
                .end
                .map_or_else(|| "–".to_owned(), |end| measured(end - attempt.start)),
            ending: match (&attempt.reason, attempt.end) {
                (Some(reason), _) => plain(reason),
                (None, None) => "had not ended".to_owned(),
                (None, Some(_)) if outcome.state.is_good() => "passed".to_owned(),
                (None, Some(_)) => plain(outcome.reason.as_deref().unwrap_or(state(outcome).0)),
            },
            log: outcome
                .log_of_attempt(at + 1)
                .filter(|_| at + 1 < last)
                .and_then(|log| end_of(&record.folder.join(log), LOG).ok())
                .map(|log| plain(&log))
                .filter(|log| !log.is_empty()),
        })
        .collect()
}

fn log(record: &Record, outcome: &StepOutcome, most: u64) -> Option<Log> {
    let name = outcome.log.as_ref()?;
    let path = record.folder.join(name);
    // A log that is gone leaves the rest of the page as true as it was.
    let (end, size) = end_and_size(&path, most).ok()?;
    let text = plain(&end);
    Some(Log {
        path: name.display().to_string(),
        lines: counted(text.lines().count(), "line"),
        cut: (size > most).then(|| format!("the end of {}", bytes(size))),
        text,
    })
}
