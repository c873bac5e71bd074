//! Owns the languages: which one a script is written in, and which program starts it by custom. Knows only names and
//! first lines.

use crate::script::Language;

/// What runs notebooks.
pub const PAPERMILL: &str = "papermill";

/// How scripts of a suffix are started: the suffix, the language, the program.
const SUFFIXES: &[(&str, Language, &str)] = &[
    ("py", Language::Python, "python3"),
    ("sh", Language::Shell, "sh"),
    ("bash", Language::Shell, "bash"),
    ("zsh", Language::Shell, "zsh"),
    ("ksh", Language::Shell, "ksh"),
    ("r", Language::R, "Rscript"),
    ("ipynb", Language::Notebook, PAPERMILL),
    ("pl", Language::Other, "perl"),
    ("rb", Language::Other, "ruby"),
    ("js", Language::Other, "node"),
    ("mjs", Language::Other, "node"),
    ("jl", Language::Other, "julia"),
    ("lua", Language::Other, "lua"),
    ("php", Language::Other, "php"),
];

/// A script's language, and the program that starts it where custom knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The language.
    pub language: Language,
    /// The program and its first arguments; `None` where the file has to be executable by itself.
    pub program: Option<Vec<String>>,
}

/// Tells a script's language by its `#!` line and its suffix. The suffix decides what the script is; for shells the
/// `#!` line decides which of them runs it.
pub fn recognise(name: &str, text: &str) -> Option<Recognised> {
    let shebang = shebang(text);
    let suffix = name
        .rsplit_once('.')
        .map(|(_, suffix)| suffix.to_ascii_lowercase())
        .unwrap_or_default();
    let by_suffix = SUFFIXES.iter().find(|(known, ..)| *known == suffix);
    match (by_suffix, shebang) {
        (Some((_, Language::Shell, program)), shebang) => {
            let program = match shebang {
                Some(words) if language_of(&words) == Language::Shell => words,
                _ => vec![(*program).to_owned()],
            };
            Some(Recognised {
                language: Language::Shell,
                program: Some(program),
            })
        }
        (Some((_, language, program)), _) => Some(Recognised {
            language: *language,
            program: Some(program.split(' ').map(str::to_owned).collect()),
        }),
        // Cargo builds Rust; only `rust-script` and its like run a file of it.
        (None, shebang) if suffix == "rs" => Some(Recognised {
            language: Language::Rust,
            program: shebang,
        }),
        (None, Some(words)) => Some(Recognised {
            language: language_of(&words),
            program: Some(words),
        }),
        (None, None) => None,
    }
}

/// The words of a `#!` line: the program by its name alone, so that it is found on PATH, and its arguments.
fn shebang(text: &str) -> Option<Vec<String>> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line
        .split_whitespace()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let first = words.first_mut()?;
    *first = base(first).to_owned();
    // `with-contenv` of s6 starts what follows as `env` does.
    if first == "env" || first == "with-contenv" && words.len() > 1 {
        words.remove(0);
        while words
            .first()
            .is_some_and(|word| word.starts_with('-') || word.contains('='))
        {
            words.remove(0);
        }
        let first = words.first_mut()?;
        *first = base(first).to_owned();
    }
    (!words.is_empty()).then_some(words)
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The language of what a `#!` line starts: of its program, or of one that this starts in its turn (`busybox sh`,
/// `nix-shell -i python3`).
fn language_of(words: &[String]) -> Language {
    let languages = words.iter().map(|word| language_of_program(base(word)));
    let mut known = languages.filter(|language| *language != Language::Other);
    known.next().unwrap_or(Language::Other)
}

fn language_of_program(program: &str) -> Language {
    match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "python" | "pypy" | "uv" => Language::Python,
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "mksh" | "ash" | "bashio" => Language::Shell,
        "Rscript" | "R" | "littler" => Language::R,
        _ => Language::Other,
    }
}

/// The customary program for a language.
pub fn customary(language: Language) -> Option<&'static str> {
    SUFFIXES
        .iter()
        .find(|(_, known, _)| *known == language && language != Language::Other)
        .map(|(.., program)| *program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &str) -> String {
        recognise(name, text).map_or("unknown".to_owned(), |r| {
            format!(
                "{} {}",
                r.language.as_str(),
                r.program.unwrap_or_default().join(" ")
            )
        })
    }

    #[test]
    fn suffix_and_first_line_tell_the_language() {
        for (name, text, expected) in [
            ("a.py", "", "python python3"),
            ("a.PY", "#!/bin/sh\n", "python python3"),
            ("a.sh", "", "shell sh"),
            ("a.sh", "#!/usr/bin/env bash\n", "shell bash"),
            ("a.sh", "#!/bin/bash -eu\r\n", "shell bash -eu"),
            (
                "run",
                "#!/usr/bin/env -S python3.11 -u\n",
                "python python3.11 -u",
            ),
            ("run", "#!/usr/bin/with-contenv bash\n", "shell bash"),
            ("run", "#!/usr/bin/perl\n", "other perl"),
            (
                "run",
                "#!/usr/bin/env -S uv run --script\n",
                "python uv run --script",
            ),
            ("run", "#!/usr/bin/env\n", "unknown"),
            ("run", "#!\n", "unknown"),
            ("run", "echo", "unknown"),
            ("a.R", "", "r Rscript"),
            ("a.ipynb", "{}", "notebook papermill"),
        ] {
            assert_eq!(told(name, text), expected, "{name} {text:?}");
        }
    }
}
