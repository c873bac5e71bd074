//! Owns the summary of a run in Markdown, as job summaries and comments show it.

use std::fmt::Write as _;

use super::cause::{self, Given};
use super::log::{end_of, last_lines};
use super::record::Record;
use super::words::{counted, state};
use crate::diagnostic::{Diagnostics, Severity};
use crate::duration::measured;
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
        measured(summary.seconds)
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
            measured(outcome.seconds)
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
        .filter(|(_, outcome)| outcome.state.needs_a_look());
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

/// Why a run did not begin, at most so many findings of it.
pub fn refused(pipeline: Option<&str>, findings: &Diagnostics) -> String {
    let mut out = format!(
        "## {}: ❌ not started\n\n",
        text(pipeline.unwrap_or("cargo runtime-test"))
    );
    let kinds = [
        (Severity::Error, "❌", "error"),
        (Severity::Warning, "⚠️", "warning"),
        (Severity::Advice, "ℹ️", "remark"),
    ];
    let counts = kinds.iter().filter_map(|(severity, _, word)| {
        let count = findings.count(*severity);
        (count > 0).then(|| counted(count, word))
    });
    let counts: Vec<String> = counts.collect();
    let _ = writeln!(out, "{}; nothing was run.\n", counts.join(", "));
    // What stands in the way comes first.
    let all = kinds.iter().flat_map(|(severity, sign, _)| {
        let of_kind = findings.iter().filter(|f| f.severity == *severity);
        of_kind.map(move |finding| (*sign, finding))
    });
    for (sign, finding) in all.take(ROWS) {
        let place = finding
            .place()
            .map(|place| format!(" {}", text(&place.to_string())));
        let (code, message) = (finding.code.as_str(), text(&finding.message));
        let _ = writeln!(
            out,
            "- {sign} **{code}**{}: {message}",
            place.unwrap_or_default()
        );
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "  <br/>{}", text(help));
        }
    }
    if findings.len() > ROWS {
        let left = counted(findings.len() - ROWS, "finding");
        let _ = writeln!(out, "\nand {left} more");
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
    fn a_refusal_tells_what_stands_in_the_way_first() {
        use crate::diagnostic::{Code, Diagnostic};
        use crate::source::{Source, Span};
        let source = Source::new("answers.yaml", "answers.yaml", "a: 1\nb: <x>\n");
        let mut findings = Diagnostics::new();
        let place = source.at(Span::new(5, 6));
        findings.push(Diagnostic::new(Code::UnusedOutput, "nobody reads `x`"));
        findings.push(
            Diagnostic::new(Code::AnswerChoice, "`b` cannot be <x>")
                .at(place, "")
                .help("write one of `y` and `z`"),
        );
        assert_eq!(
            refused(Some("pen|guins"), &findings),
            "## pen\\|guins: ❌ not started\n\n1 error, 1 remark; nothing was run.\n\n\
             - ❌ **answer-choice** answers.yaml:2: \\`b\\` cannot be &lt;x&gt;\n  \
             <br/>write one of \\`y\\` and \\`z\\`\n\
             - ℹ️ **unused-output**: nobody reads \\`x\\`\n"
        );
        for _ in 0..1_000 {
            findings.push(Diagnostic::new(Code::UnusedOutput, "again"));
        }
        let told = refused(None, &findings);
        assert!(told.ends_with("\nand 702 findings more\n"), "{told}");
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
