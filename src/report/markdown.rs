//! Owns the summary of a run in Markdown, as job summaries and comments show it.

use std::fmt::Write as _;

use super::cause::{self, Given};
use super::log::{end_of, last_lines};
use super::record::Record;
use super::words::{counted, duration, state};
use crate::graph::condense::condense;
use crate::graph::mermaid;
use crate::ui::{Tone, clipped};

/// The most boxes that are drawn: code hosts refuse larger flowcharts.
const DRAWN: usize = 100;
/// The most rows of the table, and the most failures told at length.
const ROWS: usize = 300;
const FAILURES: usize = 20;
/// The most lines shown of a failure's log.
const LINES: usize = 30;
/// The most characters of a cell.
const CELL: usize = 160;

/// The summary.
pub fn render(record: &Record) -> String {
    let summary = &record.summary;
    let (verdict, tone) = record.verdict();
    let sign = match tone {
        Tone::Good => "✅",
        Tone::Bad => "❌",
        _ => "⚠️",
    };
    let steps = counted(summary.steps.len(), "step");
    let mut out = format!(
        "## {}: {sign} {verdict}\n\n{steps} in {}",
        text(&summary.pipeline),
        duration(summary.seconds)
    );
    let critical = record.critical_path();
    if !critical.is_empty() {
        let path: Vec<String> = critical.iter().map(|step| text(step)).collect();
        let _ = write!(out, "; the critical path is {}", path.join(" → "));
    }
    out.push_str(".\n\n");
    if let Some(remark) = record.remark() {
        let _ = write!(out, "{}\n\n", text(&remark));
    }
    if let Some(dag) = record.dag().map(|dag| condense(&dag, DRAWN)) {
        let _ = write!(out, "```mermaid\n{}```\n\n", mermaid::render(&dag));
    }
    out.push_str("| | step | state | time | ran |\n| --- | --- | --- | ---: | --- |\n");
    for (step, outcome) in summary.steps.iter().take(ROWS) {
        let (word, tone) = state(outcome);
        let sign = match tone {
            Tone::Good => "✅",
            Tone::Bad => "❌",
            Tone::Warn => "⚠️",
            _ => "⏭️",
        };
        let time = if outcome.attempts > 0 {
            duration(outcome.seconds)
        } else {
            String::new()
        };
        let ran = text(outcome.script.as_deref().unwrap_or_default());
        let _ = writeln!(out, "| {sign} | {} | {word} | {time} | {ran} |", text(step));
    }
    if summary.steps.len() > ROWS {
        let _ = writeln!(
            out,
            "\nand {} more",
            counted(summary.steps.len() - ROWS, "step")
        );
    }
    let failures = summary
        .steps
        .iter()
        .filter(|(_, outcome)| outcome.state.is_failure());
    for (step, outcome) in failures.take(FAILURES) {
        let reason = text(outcome.reason.as_deref().unwrap_or("it did not say why"));
        let _ = write!(out, "\n### {}: {reason}\n\n", text(step));
        if let Some(command) = &outcome.command {
            out.push_str(&fenced("sh", &last_lines(command, LINES).join("\n")));
        }
        let log = outcome
            .log
            .as_ref()
            .and_then(|log| end_of(&record.folder.join(log), 16 * 1024).ok());
        let lines = last_lines(&log.unwrap_or_default(), LINES);
        let cause = cause::of(record, step, &lines);
        if let Some(Given { at, name, value }) = &cause.answer {
            let (at, name, value) = (text(at), text(name), text(value));
            let _ = writeln!(out, "\nYour answer at {at} says {name}: {value}");
        }
        if let Some(line) = &cause.script {
            let _ = writeln!(
                out,
                "\nThe script was at {}:{}",
                text(&line.file),
                line.line
            );
        }
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|line| clipped(line, 400)).collect();
            let _ = write!(out, "\n{}", fenced("text", &lines.join("\n")));
        }
    }
    out
}

/// A block of code whose fence is longer than any in it.
fn fenced(language: &str, code: &str) -> String {
    let mut longest = 2;
    let mut run = 0;
    for c in code.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence}{language}\n{code}\n{fence}\n")
}

/// Text that means nothing but itself, on one line.
fn text(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut out = String::new();
    for c in clipped(line.trim(), CELL).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name of somebody is not called, nor an issue linked.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '(' | ')' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_summary_of_every_ending() {
        let folder = tempfile::tempdir().expect("a folder");
        insta::assert_snapshot!(render(&sample::record(folder.path())));
    }

    #[test]
    fn hostile_texts_stay_texts() {
        assert_eq!(
            text("a|b\n<b> @all #1 `x` [y](z)"),
            "a\\|b &lt;b&gt; &#64;all &#35;1 \\`x\\` \\[y\\]\\(z\\)"
        );
        assert_eq!(fenced("text", "a ```` b"), "`````text\na ```` b\n`````\n");
    }
}
