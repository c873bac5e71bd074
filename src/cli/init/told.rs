//! Owns what `init` says: what was found, what it changed, and what comes next.

use std::path::PathBuf;

use crate::analysis::Analysis;
use crate::answers::refresh::{By, Refreshed, Refused};
use crate::check::status::Status;
use crate::extract;
use crate::report::words::counted;
use crate::requirement::Requirement;
use crate::ui::{Tone, paint};

use super::super::table::{self, plain, toned};

/// That a file was written, or would be.
pub(super) fn written(name: &str, ahead: bool) -> String {
    let verb = if ahead { "would write" } else { "wrote" };
    format!("  {verb} {}", paint(Tone::Strong, name))
}

/// What comes next, with `missing` answers to give.
pub(super) fn next(
    name: &str,
    is_new: bool,
    written: &[(PathBuf, String)],
    missing: usize,
) -> String {
    let kept = match written.iter().any(|(path, _)| path.ends_with(name)) || is_new {
        true => String::new(),
        false => format!("  {name} is up to date\n"),
    };
    let give = |what: &str| format!("give {what} missing in {name}, then cargo runtime-test check");
    let next = match missing {
        0 if is_new => "cargo runtime-test run".to_owned(),
        0 => "cargo runtime-test check".to_owned(),
        1 => give("the answer that is"),
        missing => give(&format!("the {missing} answers that are")),
    };
    format!("{kept}\nnext: {next}")
}

/// What is different in a refreshed file, a line each.
pub(super) fn refreshed(refreshed: &Refreshed, name: &str, ahead: bool) -> Vec<String> {
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
            true => format!("  {} {from} to {to}", paint(Tone::Good, &format!("{would}renamed"))),
            false => format!(
                "  {} {from} seems to be {to} now: rename it in {name}, or let cargo runtime-test init --apply-renames do it",
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
pub(super) fn found(analysis: &Analysis, status: &Status) -> String {
    let total: usize = analysis
        .steps
        .iter()
        .map(|step| step.requirements.len())
        .sum();
    let asked: usize = analysis
        .steps
        .iter()
        .flat_map(|step| &step.requirements)
        .filter(|r| r.needs_answer())
        .count();
    let mut scripts: Vec<&std::path::Path> = analysis
        .steps
        .iter()
        .filter(|step| extract::can_read(step.script.language))
        .filter_map(|step| Some(step.script.source.as_ref()?.path()))
        .collect();
    scripts.sort_unstable();
    scripts.dedup();
    let rows: Vec<Vec<table::Cell>> = analysis
        .ordered()
        .map(|(step, analysed)| {
            let wants: Vec<String> = analysed
                .requirements
                .iter()
                .filter(|r| r.needs_answer())
                .map(Requirement::key)
                .collect();
            let missing = status
                .steps
                .get(&step.name)
                .map(|s| s.missing.clone())
                .unwrap_or_default();
            let state = match (wants.as_slice(), missing.as_slice()) {
                ([], _) => toned(Tone::Good, "configures itself"),
                (_, []) => toned(Tone::Good, "answered"),
                _ => toned(Tone::Warn, "waits for you"),
            };
            vec![
                toned(Tone::Name, &step.name),
                plain(&analysed.script.name),
                state,
                plain(missing.join(", ")),
            ]
        })
        .collect();
    let mut text = format!(
        "{}: {}, {} read, {} found\n\n{}",
        paint(Tone::Strong, &analysis.manifest.pipeline),
        counted(rows.len(), "step"),
        counted(scripts.len(), "script"),
        counted(total, "requirement"),
        table::render(&rows)
    );
    let percent = (asked * 100).checked_div(total).unwrap_or_default();
    let alone = analysis
        .steps
        .iter()
        .filter(|step| !step.requirements.iter().any(Requirement::needs_answer))
        .count();
    text.push_str(&format!(
        "\n  {asked} of {total} requirements are left to you ({percent} %); {alone} of {} steps configure themselves\n",
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
