//! Owns the markup of what the page shows once for every step: its row on the timeline, and its own part. There may be
//! thousands of them, so this is written out where a template would take many times as long. Every text goes through
//! [`Markup::text`].

use super::steps::{Log, Lying, Proof, Shown, Step, Tried};
use super::timeline::Row;
use crate::report::files::Preview;

/// How many steps are laid out together.
const PART: usize = 25;

/// Markup that grows.
#[derive(Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Adds markup.
    fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text that is only text, in an element or in an attribute between double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        let special = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
        while let Some(at) = rest.bytes().position(special) {
            self.0.push_str(&rest[..at]);
            self.0.push_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        self
    }

    /// Adds a message, in which what stands between backticks is code.
    pub(super) fn message(&mut self, message: &str) -> &mut Self {
        let mut rest = message;
        while let Some((before, after)) = rest.split_once('`')
            && let Some((code, after)) = after.split_once('`')
        {
            self.text(before).raw("<code>").text(code).raw("</code>");
            rest = after;
        }
        self.text(rest)
    }

    /// Adds a number.
    fn number(&mut self, number: usize) -> &mut Self {
        self.raw(&number.to_string())
    }

    /// Adds a text between markup, where there is one.
    fn some(&mut self, before: &str, text: Option<&str>, after: &str) -> &mut Self {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.raw(before).text(text).raw(after);
        }
        self
    }

    /// All of it.
    pub(super) fn whole(self) -> String {
        self.0
    }
}

/// The rows of the timeline.
pub(super) fn rows(rows: &[Row]) -> String {
    let mut out = Markup::default();
    for part in rows.chunks(PART) {
        out.raw("<ol class=\"part\">\n");
        part.iter().for_each(|one| row(&mut out, one));
        out.raw("</ol>\n");
    }
    out.whole()
}

fn row(out: &mut Markup, row: &Row) {
    out.raw(match row.is_critical {
        true => "<li class=\"critical\">",
        false => "<li>",
    });
    match row.at {
        Some(at) => out.raw("<a href=\"#step-").number(at).raw("\">"),
        None => out.raw("<span class=\"who\">"),
    };
    out.text(&row.name);
    out.raw(if row.at.is_some() { "</a>" } else { "</span>" });
    out.raw("<span class=\"track\" aria-hidden=\"true\">");
    for bar in &row.bars {
        out.raw("<i class=\"")
            .text(bar.tone)
            .raw("\" style=\"left:");
        out.text(&bar.left).raw("%;width:").text(&bar.width);
        out.raw("%\"></i>");
    }
    out.raw("</span><span class=\"long\">").text(&row.seconds);
    out.raw("<span class=\"away\">")
        .some(", ", Some(&row.told), "");
    if row.is_critical {
        out.raw(", on the critical path");
    }
    out.raw("</span></span></li>\n");
}

/// The parts of all steps.
pub(super) fn steps(steps: &[Step]) -> String {
    let mut out = Markup::default();
    for part in steps.chunks(PART) {
        out.raw("<div class=\"part\">\n");
        part.iter().for_each(|one| step(&mut out, one));
        out.raw("</div>\n");
    }
    out.whole()
}

fn step(out: &mut Markup, step: &Step) {
    out.raw("<details class=\"step ").raw(step.tone);
    out.raw("\" id=\"step-").number(step.at).raw("\"");
    out.raw(if step.is_open { " open>\n" } else { ">\n" });
    out.raw("<summary><span class=\"state ").raw(step.tone);
    out.raw("\">").raw(step.word).raw("</span><h3>");
    out.text(&step.name).raw("</h3><span class=\"runs\">");
    out.text(&step.runs).raw("</span>");
    if step.is_critical {
        out.raw("<span class=\"tag\" title=\"on the critical path\">critical</span>");
    }
    out.raw("<span class=\"long\">").text(&step.seconds);
    out.raw("</span></summary>\n");
    if step.is_later {
        out.raw("<noscript>");
    }
    out.raw("<div class=\"body\">\n");
    body(out, step);
    out.raw("</div>\n");
    if step.is_later {
        out.raw("</noscript>");
    }
    out.raw("</details>\n");
}

fn body(out: &mut Markup, step: &Step) {
    out.some("<p>", step.description.as_deref(), "</p>\n");
    if let Some(reason) = &step.reason {
        out.raw("<p class=\"reason ").raw(step.tone).raw("\">");
        out.message(reason).raw("</p>\n");
    }
    out.some(
        "<pre class=\"command\"><code>",
        step.command.as_deref(),
        "</code></pre>\n",
    );
    if let Some(because) = &step.because {
        out.raw("<p class=\"because\">It ran because ");
        out.message(because).raw(".</p>\n");
    }
    proofs(out, step);
    values(out, step);
    if !step.files.is_empty() {
        out.raw("<h4>Files</h4>\n<ul class=\"files\">\n");
        for lying in &step.files {
            file(out, lying, &step.name);
        }
        out.raw("</ul>\n");
    }
    if !step.facts.is_empty() {
        out.raw("<dl class=\"facts\">");
        for (name, fact) in &step.facts {
            out.raw("<div><dt>").text(name).raw("</dt><dd>");
            out.text(fact).raw("</dd></div>");
        }
        out.raw("</dl>\n");
    }
    if step.attempts.len() > 1 {
        out.raw("<h4>Attempts</h4>\n<ol class=\"attempts\">\n");
        for one in &step.attempts {
            attempt(out, one, &step.name);
        }
        out.raw("</ol>\n");
    }
    if let Some(one) = &step.log {
        log(out, one, &step.name);
    }
}

fn proofs(out: &mut Markup, step: &Step) {
    if step.proofs.is_empty() {
        return;
    }
    out.raw("<h4>Expected</h4>\n<ul class=\"proofs\">\n");
    for Proof { holds, text, at } in &step.proofs {
        out.raw(match holds {
            true => "<li><span class=\"away\">It holds: </span>",
            false => "<li class=\"bad\"><span class=\"away\">It does not hold: </span>",
        });
        out.message(text).raw(" <small class=\"dim\"><code>");
        out.text(at).raw("</code></small></li>\n");
    }
    out.raw("</ul>\n");
}

fn values(out: &mut Markup, step: &Step) {
    if step.values.is_empty() && step.own.is_empty() {
        return;
    }
    out.raw("<h4>Values</h4>\n");
    if !step.values.is_empty() {
        out.raw("<table class=\"values\">\n<thead><tr>");
        for head in ["Requirement", "Value", "Where it came from", "Who asked"] {
            out.raw("<th scope=\"col\">").raw(head).raw("</th>");
        }
        out.raw("</tr></thead>\n<tbody>\n");
        step.values.iter().for_each(|one| value(out, one));
        out.raw("</tbody>\n</table>\n");
    }
    if !step.own.is_empty() {
        out.raw("<details class=\"more\"><summary>");
        out.number(step.own.len());
        out.raw(
            " more that the script settles by itself</summary>\n<table class=\"values\"><tbody>\n",
        );
        step.own.iter().for_each(|one| value(out, one));
        out.raw("</tbody></table>\n</details>\n");
    }
}

fn value(out: &mut Markup, value: &Shown) {
    out.raw("<tr><th scope=\"row\"><code>").text(&value.binding);
    out.raw("</code>").some(" ", value.name.as_deref(), "");
    out.raw("<small>").raw(value.kind);
    out.some(" · ", value.description.as_deref(), "");
    out.raw("</small></th>\n<td>");
    match value.value.as_str() {
        "" => out.raw("–"),
        text => out.raw("<code>").text(text).raw("</code>"),
    };
    out.raw("</td>\n<td>").text(value.origin);
    if let Some(from) = &value.from {
        out.raw("<small>");
        match value.link {
            Some(link) => {
                out.raw("<a href=\"#step-").number(link).raw("\">");
                out.text(from).raw("</a>")
            }
            None => out.raw("<code>").text(from).raw("</code>"),
        };
        out.raw("</small>");
    }
    out.raw("</td>\n<td>");
    match &value.asked {
        Some((at, text)) => {
            out.raw("<code>").text(at).raw("</code><small><code>");
            out.text(text).raw("</code></small>")
        }
        None => out.raw("–"),
    };
    out.raw("</td></tr>\n");
}

fn file(out: &mut Markup, file: &Lying, step: &str) {
    out.raw("<li>").raw(file.kind).raw(" <strong>");
    out.text(&file.name)
        .raw("</strong> <code>")
        .text(&file.file);
    out.raw("</code> ");
    match &file.size {
        Some(size) => out.raw("<span class=\"size\">").text(size).raw("</span>\n"),
        None => out.raw("<span class=\"gone\">not there</span>\n"),
    };
    if let Some(seen) = &file.preview {
        out.raw("<details class=\"more\"><summary>Preview</summary>\n");
        if preview(out, seen, &file.name, step) {
            out.raw("<p class=\"dim\">… and more</p>\n");
        }
        out.raw("</details>\n");
    }
    out.raw("</li>\n");
}

/// Shows a look at a file, and says whether there is more of it.
fn preview(out: &mut Markup, preview: &Preview, name: &str, step: &str) -> bool {
    match preview {
        Preview::Table { header, rows, cut } => {
            out.raw(
                "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"First rows of ",
            );
            out.text(name).raw("\"><table class=\"data\"><thead><tr>");
            for cell in header {
                out.raw("<th scope=\"col\">").text(cell).raw("</th>");
            }
            out.raw("</tr></thead><tbody>");
            for row in rows {
                out.raw("<tr>");
                for cell in row {
                    out.raw("<td>").text(cell).raw("</td>");
                }
                out.raw("</tr>");
            }
            out.raw("</tbody></table></div>\n");
            *cut
        }
        Preview::Picture { media, data } => {
            out.raw("<img src=\"data:").text(media).raw(";base64,");
            out.text(data).raw("\" alt=\"").text(name);
            out.raw(", as it was when ")
                .text(step)
                .raw(" had ended\">\n");
            false
        }
        Preview::Folder { names, cut } => {
            out.raw("<ul class=\"names\">");
            for name in names {
                out.raw("<li><code>").text(name).raw("</code></li>");
            }
            out.raw("</ul>\n");
            *cut
        }
        Preview::Text { text, cut } => {
            out.raw("<pre tabindex=\"0\" role=\"group\" aria-label=\"Beginning of ");
            out.text(name).raw("\">").text(text).raw("</pre>\n");
            *cut
        }
    }
}

fn attempt(out: &mut Markup, attempt: &Tried, step: &str) {
    out.raw("<li><strong>").number(attempt.number);
    out.raw("</strong> ").message(&attempt.ending);
    out.raw(" <span class=\"dim\">· began after ")
        .text(&attempt.start);
    out.raw(", took ").text(&attempt.seconds).raw("</span>\n");
    if let Some(log) = &attempt.log {
        out.raw("<details class=\"more\"><summary>Log of attempt ");
        out.number(attempt.number).raw("</summary>\n");
        out.raw("<pre tabindex=\"0\" role=\"group\" aria-label=\"Log of attempt ");
        out.number(attempt.number).raw(" of ").text(step);
        out.raw("\">").text(log).raw("</pre>\n</details>\n");
    }
    out.raw("</li>\n");
}

fn log(out: &mut Markup, log: &Log, step: &str) {
    out.raw("<h4>Log <small><code>")
        .text(&log.path)
        .raw("</code>");
    if !log.text.is_empty() {
        out.raw(" · ").text(&log.lines);
        out.some(", ", log.cut.as_deref(), "");
    }
    out.raw("</small></h4>\n");
    if log.text.is_empty() {
        out.raw("<p class=\"dim\">It printed nothing.</p>\n");
    } else {
        out.raw("<pre class=\"log\" tabindex=\"0\" role=\"group\" aria-label=\"Log of ");
        out.text(step).raw("\">").text(&log.text).raw("</pre>\n");
    }
}
