//! Owns what GitHub Actions is told: a job summary, an annotation for each failure at the line that matters, and the
//! failures' logs in groups. Within GitHub's limits, and never obeying what a log says.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::cause::{self, Cause};
use super::log::{end_of, last_lines, shortened};
use super::markdown;
use super::record::Record;
use super::words::counted;
use crate::diagnostic::Diagnostics;
use crate::event::{StepOutcome, StepState};
use crate::ui::{Ui, clipped};

/// The most annotations of each level that a job's step shows.
const ANNOTATIONS: usize = 10;
/// The most bytes of a job's summary.
const SUMMARY: usize = 1024 * 1024;
/// The most lines of a log in its group.
const LINES: usize = 200;
/// How much of a log is read.
const READ: u64 = 64 * 1024;

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Github {
    /// The file to which a summary is appended.
    pub summary: Option<PathBuf>,
    /// The folder that annotated files are told relative to.
    pub workspace: Option<PathBuf>,
    /// Whether standard output is the job's log, where commands to GitHub are read.
    pub commands: bool,
}

/// Tells of a run that has ended.
///
/// # Errors
/// The summary cannot be written; the path tells where.
pub fn tell(record: &Record, github: &Github, ui: &mut Ui) -> Result<(), (PathBuf, io::Error)> {
    if github.commands {
        // Nothing in a log can end a group but a word that nobody who writes logs knows.
        let word = format!("end-{:016x}", RandomState::new().build_hasher().finish());
        for command in commands(record, github, &word) {
            ui.out(&command);
        }
    }
    let Some(path) = &github.summary else {
        return Ok(());
    };
    append(path, markdown::render(record))
}

/// Tells why a run did not begin; `commands` say the same beside the lines that it is about.
///
/// # Errors
/// The summary cannot be written; the path tells where.
pub fn refused(
    pipeline: Option<&str>,
    findings: &Diagnostics,
    commands: &str,
    github: &Github,
    ui: &mut Ui,
) -> Result<(), (PathBuf, io::Error)> {
    if github.commands {
        ui.out(commands);
    }
    match &github.summary {
        Some(path) => append(path, markdown::refused(pipeline, findings)),
        None => Ok(()),
    }
}

/// Adds to a job's summary.
fn append(path: &Path, mut text: String) -> Result<(), (PathBuf, io::Error)> {
    text.push('\n');
    text.truncate(text.floor_char_boundary(SUMMARY / 2));
    let open = OpenOptions::new().create(true).append(true).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| (path.to_owned(), error))
}

/// The commands to GitHub: groups with logs, then annotations.
fn commands(record: &Record, github: &Github, word: &str) -> Vec<String> {
    let steps = &record.summary.steps;
    let mut failed: Vec<(&String, &StepOutcome)> = steps
        .iter()
        .filter(|(_, outcome)| outcome.state.is_failure())
        .collect();
    // Those that kept most steps from their turn first.
    let kept = kept_back(record);
    failed.sort_by_key(|(step, _)| std::cmp::Reverse(kept.get(step.as_str()).copied()));
    let mut groups = Vec::new();
    let mut annotations = Vec::new();
    for (step, outcome) in failed.iter().take(ANNOTATIONS) {
        let lines = log_of(record, outcome);
        if !lines.is_empty() {
            groups.push(group(step, &lines, word));
        }
        let mut message = format!("{step}: {}", reason(outcome));
        if let Some(last) = lines.iter().rev().find(|line| !line.trim().is_empty()) {
            let _ = write!(message, "\n{}", clipped(last, 400));
        }
        let cause = cause::of(record, step, &lines);
        if let Some(given) = &cause.answer {
            let _ = write!(
                message,
                "\n{} answers {}: {}",
                given.at, given.name, given.value
            );
        }
        if let Some(line) = cause.script.as_ref().filter(|_| cause.answer.is_some()) {
            let _ = write!(message, "\n{}:{}", line.file, line.line);
        }
        annotations.push((place(record, outcome, &cause), (*step).clone(), message));
    }
    let left = failed.len().saturating_sub(ANNOTATIONS);
    if let Some((_, _, message)) = annotations.last_mut().filter(|_| left > 0) {
        let _ = write!(message, "\nand {} failed", counted(left, "more step"));
    }
    let flaky = steps
        .iter()
        .filter(|(_, outcome)| outcome.state == StepState::Flaky);
    let warnings = flaky.take(ANNOTATIONS).map(|(step, outcome)| {
        let message = format!("{step}: passed on attempt {}", outcome.attempts);
        let file = cause::script(record, outcome);
        (file.map(|file| (file, None)), step.clone(), message)
    });
    let errors = annotations.into_iter().map(|told| ("error", told));
    let all = errors.chain(warnings.map(|told| ("warning", told)));
    groups.extend(all.map(|(level, (place, step, message))| {
        let place = place.and_then(|(file, line)| {
            let file = property(&in_workspace(record, github, &file)?);
            Some(match line {
                Some(line) => format!("file={file},line={line},"),
                None => format!("file={file},"),
            })
        });
        let place = place.unwrap_or_default();
        let title = property(&format!("{}: {step}", record.summary.pipeline));
        format!("::{level} {place}title={title}::{}", data(&message))
    }));
    groups
}

/// How many steps each step kept from their turn.
fn kept_back(record: &Record) -> HashMap<&str, usize> {
    let mut kept = HashMap::new();
    let Some(outline) = &record.outline else {
        return kept;
    };
    // The failures that each step waits for, from first to last.
    let mut causes: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (step, outline) in &outline.steps {
        let outcome = record.summary.steps.get(step);
        let mut own: BTreeSet<&str> = BTreeSet::new();
        if outcome.is_some_and(|outcome| outcome.state.is_failure()) {
            own.insert(step);
        } else {
            let needs = outline
                .needs
                .keys()
                .filter_map(|need| causes.get(need.as_str()));
            own.extend(needs.flatten().take(ANNOTATIONS * ANNOTATIONS));
            for cause in &own {
                *kept.entry(*cause).or_default() += 1;
            }
        }
        causes.insert(step, own);
    }
    kept
}

/// A log's end, folded away; what it says is not obeyed.
fn group(step: &str, lines: &[String], word: &str) -> String {
    let mut group = format!(
        "::group::{}\n::stop-commands::{word}\n",
        data(&format!("log of {step}"))
    );
    for line in lines {
        let _ = writeln!(group, "{}", shortened(line));
    }
    group + &format!("::{word}::\n::endgroup::")
}

/// A log's last lines; none where it cannot be read.
fn log_of(record: &Record, outcome: &StepOutcome) -> Vec<String> {
    let log = outcome.log.as_ref();
    let text = log.and_then(|log| end_of(&record.folder.join(log), READ).ok());
    last_lines(&text.unwrap_or_default(), LINES)
}

fn reason(outcome: &StepOutcome) -> &str {
    outcome.reason.as_deref().unwrap_or("failed")
}

/// The line that matters: that of an expectation, of the answer, of the script, or the script; from the manifest's folder on.
fn place(record: &Record, outcome: &StepOutcome, cause: &Cause) -> Option<(String, Option<u32>)> {
    // Where something else was expected than came out, that line is what the failure is about.
    if let Some(judged) = outcome.expectations.iter().find(|judged| !judged.holds) {
        let (place, _column) = judged.at.rsplit_once(':')?;
        let (file, line) = place.rsplit_once(':')?;
        return Some((file.to_owned(), line.parse().ok()));
    }
    if let Some(given) = &cause.answer {
        let (file, line) = given.at.rsplit_once(':')?;
        return Some((file.to_owned(), line.parse().ok()));
    }
    match &cause.script {
        Some(line) => Some((line.file.clone(), Some(line.line))),
        None => Some((cause::script(record, outcome)?, None)),
    }
}

/// A file of the pipeline as GitHub knows it.
fn in_workspace(record: &Record, github: &Github, file: &str) -> Option<String> {
    let base = github.workspace.as_deref().unwrap_or(&record.root);
    let path = record.root.join(file);
    Some(path.strip_prefix(base).ok()?.display().to_string())
}

/// A command's text.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::ui::Verbosity;

    #[test]
    fn failures_are_annotated_and_logs_are_not_obeyed() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = sample::record(folder.path());
        std::fs::create_dir(folder.path().join("scripts")).expect("a folder");
        std::fs::write(folder.path().join("scripts/train.py"), "").expect("a script");
        let (mut ui, printed) = Ui::kept(80, Verbosity::Normal);
        let summary = folder.path().join("summary.md");
        std::fs::write(&summary, "earlier\n").expect("a summary");
        let github = Github {
            summary: Some(summary.clone()),
            workspace: None,
            commands: true,
        };
        tell(&record, &github, &mut ui).expect("told");
        assert_eq!(printed.out().matches("::stop-commands::end-").count(), 1);
        insta::assert_snapshot!(commands(&record, &github, "the-end").join("\n"));
        let summary = std::fs::read_to_string(summary).expect("a summary");
        assert!(summary.starts_with("earlier\n## penguins"));
    }

    #[test]
    fn the_failures_that_keep_most_back_come_first_and_none_is_one_too_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut record = sample::record(folder.path());
        let failed = record.summary.steps["slow"].clone();
        for at in 0..900 {
            record
                .summary
                .steps
                .insert(format!("more_{at}"), failed.clone());
        }
        let log = record.folder.join("logs/slow.1.log");
        std::fs::write(log, "a long line of a log\n".repeat(40_000)).expect("a log");
        let told = commands(&record, &Github::default(), "the-end");
        let errors: Vec<&String> = told
            .iter()
            .filter(|line| line.starts_with("::error"))
            .collect();
        assert_eq!(errors.len(), ANNOTATIONS);
        // `evaluate` and `gate` wait for it.
        assert!(errors[0].contains("train_body"), "{errors:?}");
        assert!(
            errors[ANNOTATIONS - 1].ends_with("and 892 more steps failed"),
            "{errors:?}"
        );
        assert!(markdown::render(&record).len() < SUMMARY / 2);
    }
}
