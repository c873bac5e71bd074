//! The command `explain`: the longer story of a finding.

use crate::diagnostic::{Code, did_you_mean};
use crate::exit_code::Exit;
use crate::ui::{Tone, Ui, paint};

/// Tell what a finding's code means and how it is mended
///
/// Without a code, all of them are listed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The code, as findings show it
    code: Option<String>,
}

pub(super) fn main(args: &Args, ui: &mut Ui) -> Exit {
    let Some(name) = &args.code else {
        let widest = Code::ALL
            .iter()
            .map(|code| code.as_str().len())
            .max()
            .unwrap_or_default();
        let lines: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("{:widest$}  {}", code.as_str(), code.meaning()))
            .collect();
        ui.out(&lines.join("\n"));
        return Exit::Done;
    };
    match Code::parse(name) {
        Some(code) => {
            let head = format!(
                "{} ({}): {}",
                paint(Tone::Strong, code.as_str()),
                code.severity().as_str(),
                code.meaning()
            );
            ui.out(&format!("{head}\n\n{}", wrapped(code.story(), ui.width())));
            Exit::Done
        }
        None => {
            let help = did_you_mean(name, Code::ALL.iter().map(|code| code.as_str()));
            let help = help.unwrap_or_else(|| "`cargo runtime-test explain` lists all".to_owned());
            ui.error(&format!("there is no code `{name}`; {help}"));
            Exit::Usage
        }
    }
}

/// Breaks paragraphs into lines; indented ones stay as they are.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        if paragraph.starts_with(' ') {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}
