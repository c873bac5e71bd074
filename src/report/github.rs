//! Owns what GitHub Actions is told: a job summary, an annotation for each failure at the line that matters, and the
//! failures' logs in groups. Within GitHub's limits, and never obeying what a log says.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::log::{end_of, last_lines};
use super::markdown;
use super::record::Record;
use crate::event::{StepOutcome, StepState};
use crate::ui::{Ui, clipped};

/// The most annotations that a job's step shows.
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
    let mut text = markdown::render(record) + "\n";
    text.truncate(text.floor_char_boundary(SUMMARY / 2));
    let open = OpenOptions::new().create(true).append(true).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| (path.clone(), error))
}

/// The commands to GitHub: groups with logs, then annotations.
fn commands(record: &Record, github: &Github, word: &str) -> Vec<String> {
    let failed =
        |outcome: &&StepOutcome| matches!(outcome.state, StepState::Failed | StepState::TimedOut);
    let failures = record
        .summary
        .steps
        .iter()
        .filter(|(_, outcome)| failed(outcome));
    let mut groups = Vec::new();
    let mut annotations = Vec::new();
    for (step, outcome) in failures.take(ANNOTATIONS) {
        let log = outcome
            .log
            .as_ref()
            .and_then(|log| end_of(&record.folder.join(log), READ).ok());
        let lines = last_lines(&log.unwrap_or_default(), LINES);
        let mut group = format!(
            "::group::{}\n::stop-commands::{word}\n",
            data(&format!("log of {step}"))
        );
        for line in &lines {
            let _ = writeln!(group, "{line}");
        }
        let _ = write!(group, "::{word}::\n::endgroup::");
        if !lines.is_empty() {
            groups.push(group);
        }
        let reason = outcome.reason.as_deref().unwrap_or("failed");
        let last = lines.iter().rev().find(|line| !line.trim().is_empty());
        let message = match last {
            Some(last) => format!("{step}: {reason}\n{}", clipped(last, 400)),
            None => format!("{step}: {reason}"),
        };
        let place = place(record, github, outcome, &lines);
        let place = place.map_or_else(String::new, |(file, line)| match line {
            Some(line) => format!("file={},line={line},", property(&file)),
            None => format!("file={},", property(&file)),
        });
        let title = property(&format!("{}: {step}", record.summary.pipeline));
        annotations.push(format!("::error {place}title={title}::{}", data(&message)));
    }
    groups.extend(annotations);
    groups
}

/// The line that matters: the innermost one of the pipeline's own files that the log names, else the script.
fn place(
    record: &Record,
    github: &Github,
    outcome: &StepOutcome,
    lines: &[String],
) -> Option<(String, Option<u32>)> {
    let told = |path: &Path| {
        let base = github.workspace.as_deref().unwrap_or(&record.root);
        let inside = path.strip_prefix(base).ok()?;
        Some(inside.display().to_string())
    };
    let own = |name: &str| {
        let path = record.root.join(name);
        (path.starts_with(&record.root) && path.is_file())
            .then(|| told(&path))
            .flatten()
    };
    let named = lines.iter().rev().find_map(|line| {
        let (file, line) = named(line)?;
        Some((own(file)?, Some(line)))
    });
    named.or_else(|| Some((own(outcome.script.as_deref()?)?, None)))
}

/// File and line of a line of a traceback: Python's `File "x", line 3`, a shell's `x: line 3:`, others' `x:3:`.
fn named(line: &str) -> Option<(&str, u32)> {
    let number = |text: &str| -> Option<u32> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok().filter(|line| *line > 0)
    };
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("File \"") {
        let (file, rest) = rest.split_once("\", line ")?;
        return Some((file, number(rest)?));
    }
    if let Some((file, rest)) = line.split_once(": line ") {
        return Some((file, number(rest)?));
    }
    let (file, rest) = line.split_once(':')?;
    Some((file.rsplit(' ').next()?, number(rest)?))
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
    fn lines_of_tracebacks_are_found() {
        for (line, expected) in [
            (
                "  File \"scripts/train.py\", line 40, in <module>",
                Some(("scripts/train.py", 40)),
            ),
            (
                "scripts/a.sh: line 12: x: unbound variable",
                Some(("scripts/a.sh", 12)),
            ),
            (
                "thread 'main' panicked at src/main.rs:7:5:",
                Some(("src/main.rs", 7)),
            ),
            ("KeyError: 'x'", None),
            ("12:30:01 hello", Some(("12", 30))),
            ("", None),
        ] {
            assert_eq!(named(line), expected, "{line}");
        }
    }

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
}
