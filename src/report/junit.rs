//! Owns `junit.xml`: one test case a step, as CI systems read it, and nothing that the schema of the Jenkins plugin has no
//! place for. What a step printed is bounded and holds only what XML can.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use super::log::end_and_size;
use super::record::Record;
use super::words;
use crate::event::{StepOutcome, StepState};
use crate::ui::without_styles;

/// How much of a log is kept of a step that failed, and at most of one that did not; and the most of all of the latter.
const FAILED_LOG: u64 = 64 * 1024;
const LOG: u64 = 16 * 1024;
const LOGS: u64 = 4 * 1024 * 1024;

/// A run as JUnit XML; logs are read from its folder. Of a run that has not ended it says so: what was under way is an
/// error, what was still to come is skipped.
pub fn render(record: &Record) -> String {
    let summary = &record.summary;
    let mut cases = Vec::new();
    if let Some(build) = record
        .build
        .as_ref()
        .filter(|build| build.success == Some(false))
    {
        let reason = format!("cargo build: {}", build.targets.join(", "));
        cases.push(Case {
            name: "cargo build",
            seconds: build.seconds,
            ending: Ending::Failed("failure", "the targets were not built".to_owned(), reason),
            earlier: Vec::new(),
            printed: None,
        });
    }
    let room = LOG.min(LOGS / summary.steps.len().max(1) as u64);
    let steps = summary.steps.iter();
    cases.extend(steps.map(|(step, outcome)| case(record, step, outcome, room)));
    let count = |is: fn(&Ending) -> bool| cases.iter().filter(|case| is(&case.ending)).count();
    let failures = count(|ending| matches!(ending, Ending::Failed(..)));
    let errors = count(|ending| matches!(ending, Ending::Unfinished(..)));
    let skipped = count(|ending| matches!(ending, Ending::Skipped(..)));
    let name = attribute(&summary.pipeline);
    let (tests, seconds) = (cases.len(), summary.seconds.max(0.0));
    let totals = format!(
        "name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\""
    );
    // Read as universal time where nothing else is said.
    let timestamp = summary.started.parse::<jiff::Timestamp>().map(|time| {
        let time = time.strftime("%Y-%m-%dT%H:%M:%S");
        format!(" timestamp=\"{time}\"")
    });
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  <testsuite {totals} skipped=\"{skipped}\"{}>\n    <properties>\n",
        timestamp.unwrap_or_default()
    );
    for (name, value) in properties(record) {
        let (name, value) = (attribute(&name), attribute(&value));
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    out.push_str("    </properties>\n");
    for case in &cases {
        write(&mut out, &summary.pipeline, case);
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// A test case.
struct Case<'a> {
    name: &'a str,
    seconds: f64,
    ending: Ending,
    /// The attempts before the last: why each failed, and what it printed.
    earlier: Vec<(String, Option<String>)>,
    /// What it printed.
    printed: Option<String>,
}

/// How a case ended.
enum Ending {
    Passed,
    /// Its kind, why, and more of it.
    Failed(&'static str, String, String),
    /// It had not ended.
    Unfinished(String),
    Skipped(String),
}

/// A step as a test case.
fn case<'a>(record: &Record, step: &'a str, outcome: &StepOutcome, room: u64) -> Case<'a> {
    let reason = outcome.reason.clone().unwrap_or_default();
    let is_failure = outcome.state.needs_a_look();
    let command = outcome.command.as_deref().unwrap_or_default();
    let ending = match outcome.state {
        StepState::Passed | StepState::Cached | StepState::Flaky => Ending::Passed,
        StepState::Failed => {
            Ending::Failed("failure", reason.clone(), format!("{reason}\n{command}"))
        }
        StepState::TimedOut => {
            Ending::Failed("timeout", reason.clone(), format!("{reason}\n{command}"))
        }
        StepState::Unfinished => Ending::Unfinished(reason),
        StepState::NotRun if reason.is_empty() => {
            Ending::Skipped("the run has not ended".to_owned())
        }
        StepState::Skipped | StepState::NotRun => Ending::Skipped(reason),
    };
    let printed = |log: &Path, most| {
        // A log that is gone leaves the rest of the report as true as it was.
        let (end, size) = end_and_size(&record.folder.join(log), most).ok()?;
        let left = size.saturating_sub(end.len() as u64);
        let text = without_styles(&end);
        (!text.is_empty()).then(|| match size > most {
            true => format!("{}\n{text}", cut(left, log)),
            false => text,
        })
    };
    let attempts = record
        .times
        .get(step)
        .map(|times| times.attempts.as_slice());
    let failed = attempts.unwrap_or_default().iter().enumerate();
    let earlier = failed.filter_map(|(at, attempt)| {
        let reason = attempt.reason.clone()?;
        let log = outcome.log_of_attempt(at + 1);
        Some((reason, log.and_then(|log| printed(&log, LOG))))
    });
    Case {
        name: step,
        seconds: outcome.seconds,
        ending,
        earlier: earlier.collect(),
        printed: outcome
            .log
            .as_deref()
            .and_then(|log| printed(log, if is_failure { FAILED_LOG } else { room })),
    }
}

/// What stands where the beginning of a log is left out.
fn cut(bytes: u64, log: &Path) -> String {
    let bytes = words::bytes(bytes);
    format!("… {bytes} left out; the whole log: {}", log.display())
}

/// Facts about the run, and what each step ran: test cases have no room for either.
fn properties(record: &Record) -> Vec<(String, String)> {
    let mut all = vec![
        ("run_id".to_owned(), record.summary.run_id.clone()),
        ("ended".to_owned(), record.has_ended().to_string()),
    ];
    if let Some(outline) = &record.outline {
        let machine = &outline.environment;
        let facts = [
            ("system", machine.system.clone()),
            ("architecture", machine.architecture.clone()),
            ("processors", machine.processors.to_string()),
            ("version", machine.version.clone()),
        ];
        all.extend(facts.map(|(name, value)| (name.to_owned(), value)));
    }
    for (step, outcome) in &record.summary.steps {
        let told = [("script", &outcome.script), ("command", &outcome.command)];
        let told = told.into_iter().filter_map(|(what, value)| {
            let value = value.clone()?;
            Some((format!("{step}.{what}"), value))
        });
        all.extend(told);
    }
    all
}

fn write(out: &mut String, pipeline: &str, case: &Case<'_>) {
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3}\"",
        attribute(case.name),
        attribute(pipeline),
        case.seconds.max(0.0)
    );
    let is_empty = matches!(case.ending, Ending::Passed);
    if is_empty && case.earlier.is_empty() && case.printed.is_none() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    let _ = match &case.ending {
        Ending::Passed => Ok(()),
        Ending::Failed(kind, reason, more) => writeln!(
            out,
            "      <failure message=\"{}\" type=\"{kind}\">{}</failure>",
            attribute(reason),
            text(more)
        ),
        Ending::Unfinished(reason) => {
            let reason = attribute(reason);
            writeln!(
                out,
                "      <error message=\"{reason}\" type=\"unfinished\"/>"
            )
        }
        Ending::Skipped(reason) => {
            writeln!(out, "      <skipped message=\"{}\"/>", attribute(reason))
        }
    };
    let again = match case.ending {
        Ending::Passed => "flakyFailure",
        _ => "rerunFailure",
    };
    for (reason, printed) in &case.earlier {
        let reason = attribute(reason);
        let _ = write!(out, "      <{again} message=\"{reason}\" type=\"failure\">");
        if let Some(printed) = printed {
            let _ = write!(out, "<system-out>{}</system-out>", text(printed));
        }
        let _ = writeln!(out, "</{again}>");
    }
    if let Some(printed) = &case.printed {
        let _ = writeln!(out, "      <system-out>{}</system-out>", text(printed));
    }
    out.push_str("    </testcase>\n");
}

/// Text of an element.
fn text(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

/// Text of an attribute, where line breaks would become blanks.
fn attribute(value: &str) -> Cow<'_, str> {
    escaped(value, true)
}

fn escaped(text: &str, is_attribute: bool) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"&<>\"".contains(&byte);
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' if is_attribute => out.push_str("&#10;"),
            '\t' if is_attribute => out.push_str("&#9;"),
            '\t' | '\n' => out.push(c),
            // Neither what terminals obey nor what XML has no place for.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
