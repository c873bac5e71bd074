//! Owns what `init` says: what was found, what it changed, and what comes next.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::analysis::{AnalysedStep, Analysis};
use crate::answers::refresh::{By, Refreshed, Refused};
use crate::asked::is_required;
use crate::check::Checked;
use crate::check::status::{Status, StepStatus};
use crate::extract;
use crate::report::words::counted;
use crate::requirement::Requirement;
use crate::ui::{Tone, paint};

use super::super::table::{self, plain, toned};
use super::Answers;

/// That a file was written, or would be.
pub(super) fn written(name: &str, ahead: bool) -> String {
    let verb = if ahead { "would write" } else { "wrote" };
    format!("  {verb} {}", paint(Tone::Strong, name))
}

/// What is left to do to a file of answers.
pub(super) struct Left {
    /// How many answers are missing.
    pub(super) missing: usize,
    /// How many are given that do not fit.
    pub(super) unfit: usize,
}

/// What comes next.
pub(super) fn next(
    name: &str,
    answers: &Answers,
    written: &[(PathBuf, String)],
    left: &Left,
) -> String {
    let is_renamed = match answers {
        Answers::New(_) => false,
        Answers::Refreshed(refreshed) => refreshed.renamed.iter().any(|rename| !rename.applied),
    };
    let is_new = matches!(answers, Answers::New(_));
    let kept = match answers.is_current() && !written.iter().any(|(path, _)| path.ends_with(name)) {
        true => format!("  {name} is up to date\n"),
        false => String::new(),
    };
    let give = |what: &str| format!("give {what} missing in {name}, then cargo runtime-test check");
    let next = match left.missing {
        _ if is_renamed => format!(
            "rename what is not asked for in {name}, or let cargo runtime-test init --apply-renames do it"
        ),
        0 if left.unfit > 0 => {
            format!("mend what does not fit in {name}, then cargo runtime-test check")
        }
        0 if is_new => "cargo runtime-test run".to_owned(),
        0 => "cargo runtime-test check".to_owned(),
        1 => give("the answer that is"),
        missing => give(&format!("the {missing} answers that are")),
    };
    format!("{kept}\nnext: {next}")
}

/// What is different in a refreshed file, a line each.
pub(super) fn refreshed(refreshed: &Refreshed, ahead: bool) -> Vec<String> {
    let would = if ahead { "would be " } else { "" };
    let mut lines = Vec::new();
    let mut tell = |tone: Tone, word: &str, what: &[String], why: &str| {
        if !what.is_empty() {
            let word = paint(tone, &format!("{would}{word}"));
            lines.push(format!("  {word} {}{why}", what.join(", ")));
        }
    };
    tell(Tone::Good, "added", &refreshed.added, "");
    tell(
        Tone::Good,
        "restored",
        &refreshed.restored,
        ": asked for again",
    );
    tell(
        Tone::Warn,
        "kept as comments",
        &refreshed.parked,
        ": nothing asks for them any more",
    );
    for rename in &refreshed.renamed {
        let (from, to) = (&rename.from, &rename.to);
        lines.push(match rename.applied {
            true => format!(
                "  {} {from} to {to}",
                paint(Tone::Good, &format!("{would}renamed"))
            ),
            false => format!(
                "  {} {from} seems to be {to} now",
                paint(Tone::Warn, "not asked for:")
            ),
        });
    }
    lines
}

/// What has to be done by hand.
pub(super) fn refused(refused: &Refused, name: &str) -> String {
    let what = refused.what.join(", ");
    match &refused.how {
        By::Pasting(lines) => format!(
            "{what}: {name} is written in a form that cannot be changed safely here; paste these lines\n{lines}"
        ),
        By::Removing => {
            format!("{what}: nothing asks for this any more; remove it from {name} by hand")
        }
        By::Renaming(to) => format!("{what}: rename it to {to} in {name} by hand"),
    }
}

/// What was found: a line a step, and how much of it is left to the user.
pub(super) fn found(analysis: &Analysis, checked: &Checked, status: &Status) -> String {
    let total: usize = analysis
        .steps
        .iter()
        .map(|step| step.requirements.len())
        .sum();
    let mut scripts: Vec<&std::path::Path> = analysis
        .steps
        .iter()
        .filter(|step| extract::can_read(step.script.language))
        .filter_map(|step| Some(step.script.source.as_ref()?.path()))
        .collect();
    scripts.sort_unstable();
    scripts.dedup();
    let mut rows: Vec<Vec<table::Cell>> = Vec::new();
    let (mut asked, mut alone) = (0, 0);
    for (step, analysed) in analysis.ordered() {
        let Some(standing) = status.steps.get(&step.name) else {
            continue;
        };
        let missing = standing.missing.as_slice();
        let unfit: Vec<&str> = standing
            .invalid
            .iter()
            .map(|unfit| unfit.answer.as_str())
            .collect();
        let left = left(&step.name, analysed, checked, standing);
        asked += left;
        alone += usize::from(left == 0);
        let (state, answers) = match (left, missing, unfit.as_slice()) {
            (_, [], [_, ..]) => (toned(Tone::Warn, "does not fit"), unfit.join(", ")),
            (0, ..) => (toned(Tone::Good, "configures itself"), missing.join(", ")),
            (_, [], []) => (toned(Tone::Good, "answered"), String::new()),
            _ => (toned(Tone::Warn, "waits for you"), missing.join(", ")),
        };
        rows.push(vec![
            toned(Tone::Name, &step.name),
            plain(&analysed.script.name),
            state,
            plain(answers),
        ]);
    }
    let mut text = format!(
        "{}: {}, {} read, {} found\n\n{}",
        paint(Tone::Strong, &analysis.manifest.pipeline),
        counted(rows.len(), "step"),
        counted(scripts.len(), "script"),
        counted(total, "requirement"),
        table::render(&rows)
    );
    let percent = (asked * 100).checked_div(total).unwrap_or_default();
    let (is, configures) = (
        verb(asked, "is", "are"),
        verb(alone, "configures itself", "configure themselves"),
    );
    text.push_str(&format!(
        "\n  {asked} of {total} requirements {is} left to you ({percent} %); {alone} of {} steps {configures}\n",
        rows.len()
    ));
    for (step, analysed) in analysis.ordered() {
        for note in &analysed.notes {
            text.push_str(&format!(
                "  note: step {}: {} ({})\n",
                step.name, note.message, note.place
            ));
        }
    }
    text
}

/// How many answers a step wants of the user: those that are needed whatever the others are, those that are missing, and
/// those given that nobody else could give. So of answers that exclude each other one counts, and of those that hold under
/// another answer those that hold now.
fn left(step: &str, analysed: &AnalysedStep, checked: &Checked, standing: &StepStatus) -> usize {
    let counts = |r: &&Requirement| {
        is_required(r)
            || checked.answers.get(step, r.kind, &r.name).is_some()
            || standing.invalid.iter().any(|unfit| unfit.answer == r.key())
    };
    let needed = analysed.requirements.iter().filter(|r| r.needs_answer());
    let needed = needed.filter(counts).map(Requirement::key);
    let all: HashSet<String> = needed.chain(standing.missing.iter().cloned()).collect();
    all.len()
}

/// The form of a verb for a number of things.
fn verb<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
