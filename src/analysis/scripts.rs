//! Owns what is wrong with a step's script itself: text that its language would refuse, line ends and bytes that it
//! cannot take, an entry that is not there. (io: reads a script again whose bytes are in doubt)

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::extract::python::{InPlaceOfMain, in_place_of_main};
use crate::file;
use crate::manifest::{Runs, Step};
use crate::requirement::Reading;
use crate::script::{Entry, Language, Script};
use crate::source::{Place, Source, Span};

/// The first thing that is wrong with a step's script, for what else is only follows from it.
pub(super) fn problem(step: &Step, script: &Script, reading: &Reading) -> Option<Diagnostic> {
    if is_blank(script) {
        return None;
    }
    if let Some(place) = foreign_bytes(script) {
        return Some(not_utf8(script, place));
    }
    if let Some(place) = &reading.carriage_return {
        return Some(line_ends(place.clone()));
    }
    if let Some((place, why)) = &reading.syntax_error {
        return Some(not_parsed(place.clone(), why));
    }
    let source = script.source.as_ref()?;
    (lacks_main(script, reading) && matches!(step.runs, Runs::Script { .. }))
        .then(|| no_main(step, source))
        .flatten()
}

/// Whether there is a script and nothing in it.
pub(super) fn is_blank(script: &Script) -> bool {
    let source = script.source.as_ref();
    source.is_some_and(|source| source.text().trim().is_empty())
}

/// Whether a step enters a script by a `main` that the script does not have as it should be, so that nobody knows what
/// it needs.
pub(super) fn lacks_main(script: &Script, reading: &Reading) -> bool {
    script.entry == Entry::Main
        && script.language == Language::Python
        && script.source.is_some()
        && reading.main.is_none()
}

/// Whether it could be entered all the same.
pub(super) fn may_enter(script: &Script) -> bool {
    let source = script.source.as_ref();
    source.is_some_and(|source| match in_place_of_main(source.text()) {
        InPlaceOfMain::Other { takes_four, .. } => takes_four,
        InPlaceOfMain::Elsewhere(_) => true,
        InPlaceOfMain::Nearly { .. } | InPlaceOfMain::Nothing => false,
    })
}

/// The first byte that a script's language cannot read.
fn foreign_bytes(script: &Script) -> Option<Place> {
    let source = script.source.as_ref()?;
    let reads_utf8 = match script.language {
        Language::Python => !says_its_encoding(source.text()),
        Language::Rust | Language::Notebook => true,
        Language::Shell | Language::R | Language::Other => false,
    };
    // What stands for bytes that are no text may also be meant; the file itself tells.
    let at = source.text().find('\u{fffd}').filter(|_| reads_utf8)?;
    let is_foreign = matches!(
        file::read(source.path(), source.path()),
        Err(file::ReadError::Refused(_))
    );
    is_foreign.then(|| source.at(Span::new(at, at + '\u{fffd}'.len_utf8())))
}

/// Whether one of the first two lines of a Python script names an encoding other than UTF-8, as PEP 263 has it.
fn says_its_encoding(text: &str) -> bool {
    let mut lines = text.lines().take(2);
    let named = lines.find_map(|line| {
        let comment = line.trim_start().strip_prefix('#')?;
        let (_, after) = comment.split_once("coding")?;
        let name = after.strip_prefix([':', '='])?.trim_start();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
        Some(name[..end].to_ascii_lowercase().replace('_', "-"))
    });
    named.is_some_and(|name| !name.is_empty() && !matches!(&*name, "utf-8" | "utf8"))
}

fn not_utf8(script: &Script, place: Place) -> Diagnostic {
    let help = match script.language {
        Language::Python => {
            "save it as UTF-8, or name its encoding in its first line: `# -*- coding: latin-1 -*-`"
        }
        _ => "save it as UTF-8",
    };
    Diagnostic::new(
        Code::ScriptSyntax,
        format!("`{}` is not UTF-8 text", place.source.name()),
    )
    .at(place, "no character of UTF-8")
    .help(help)
}

fn line_ends(place: Place) -> Diagnostic {
    let name = place.source.name().to_owned();
    Diagnostic::new(
        Code::LineEnds,
        format!("`{name}` has the line ends of Windows"),
    )
    .at(place, "the carriage return at its end becomes part of this line")
    .help(format!(
        "`sed -i 's/\\r$//' {name}` mends it, and `*.sh text eol=lf` in `.gitattributes` keeps it so"
    ))
}

fn not_parsed(place: Place, why: &str) -> Diagnostic {
    let name = place.source.name().to_owned();
    Diagnostic::new(
        Code::ScriptSyntax,
        format!("`{name}` does not parse: {why}"),
    )
    .at(place, "here")
    .help("mend the script; what could be read of it was read")
}

/// A step has `entry: main`, and its script no such `main`.
fn no_main(step: &Step, source: &Source) -> Option<Diagnostic> {
    const WANTED: &str = "main(input_paths, output_paths, environ_vars, job_args)";
    let name = source.name();
    let finding = |message: String| Diagnostic::new(Code::EntryNotFound, message);
    let entered = format!("step `{}` has `entry: main`", step.name);
    Some(match in_place_of_main(source.text()) {
        InPlaceOfMain::Other {
            span,
            parameters,
            takes_four,
        } => {
            let message = format!("`main` of `{name}` is not `{WANTED}`");
            let mut told = finding(message)
                .at(source.at(span), format!("takes ({parameters})"))
                .help("give its parameters these names, for by them it is read what it needs; or remove `entry`");
            if takes_four {
                told.severity = Severity::Warning;
            }
            told
        }
        InPlaceOfMain::Elsewhere(span) => {
            let mut told = finding(format!("`{name}` does not define its `main` itself"))
                .at(source.at(span), "what this needs is not read")
                .help("name the script that defines it, or declare what it needs under the step");
            told.severity = Severity::Warning;
            told
        }
        InPlaceOfMain::Nearly { span, name: near } => {
            finding(format!("`{name}` defines no function `main`"))
                .at(source.at(span), entered)
                .help(format!(
                    "did you mean `{near}`? `entry: main` calls `{WANTED}`"
                ))
        }
        InPlaceOfMain::Nothing => finding(format!("`{name}` defines no function `main`"))
            .at(source.at(Span::new(0, 0)), entered)
            .help(format!("define `def {WANTED}:`, or remove `entry`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_named_as_pep_263_has_it() {
        for (text, expected) in [
            ("# -*- coding: latin-1 -*-\n", true),
            (
                "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n",
                true,
            ),
            ("# coding: utf-8\n", false),
            ("# coding=UTF_8\n", false),
            ("x = 1\n\n# coding: latin-1\n", false),
            ("# encoding wishes\n", false),
            ("", false),
        ] {
            assert_eq!(says_its_encoding(text), expected, "{text}");
        }
    }
}
