//! Owns the question which script a step's `command` calls, and what flags it passes: so that flags which the script does
//! not parse are found. What such a script needs stays the manifest's to say. (io: reads the script)

use std::path::Path;

use crate::discovery::language;
use crate::extract;
use crate::file;
use crate::manifest::{Manifest, Runs, Step};
use crate::script::{Entry, Launcher, Script};
use crate::source::{Place, Spanned};

/// A script that a command calls.
pub(super) struct Called {
    /// The script.
    pub(super) script: Script,
    /// The flags that the command passes to it, and where.
    pub(super) passed: Vec<(String, Place)>,
}

/// The script that a step's command calls: its first word, or the first after an interpreter and its flags.
pub(super) fn called(manifest: &Manifest, step: &Step) -> Option<Called> {
    let Runs::Command(words) = &step.runs else {
        return None;
    };
    let folder = match &step.settings.cwd {
        Some(cwd) if cwd.value.contains("${") => return None,
        Some(cwd) => file::resolve(&manifest.folder, &cwd.value),
        None => manifest.folder.clone(),
    };
    let (at, script) = script(words, &folder, &manifest.folder)?;
    let mut passed = Vec::new();
    for word in &words[at + 1..] {
        if word.value == "--" {
            break;
        }
        let is_number = word.value.parse::<f64>().is_ok();
        if word.value.len() > 1
            && word.value.starts_with('-')
            && !is_number
            && !word.value.starts_with("${")
        {
            let flag = word.value.split('=').next().unwrap_or_default();
            passed.push((flag.to_owned(), manifest.at(word.span)));
        }
    }
    Some(Called { script, passed })
}

fn script(words: &[Spanned<String>], folder: &Path, shown_from: &Path) -> Option<(usize, Script)> {
    let is_interpreter = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        matches!(
            name,
            "python"
                | "pypy"
                | "Rscript"
                | "sh"
                | "bash"
                | "dash"
                | "zsh"
                | "ksh"
                | "env"
                | "uv"
                | "poetry"
                | "run"
                | "time"
                | "nice"
        )
    };
    for (at, word) in words.iter().enumerate() {
        let value = word.value.as_str();
        if is_interpreter(value)
            || at > 0 && matches!(value, "-u" | "-e" | "-x" | "-B" | "-O" | "-I" | "--vanilla")
        {
            continue;
        }
        let source = file::read_lossy(&file::resolve(folder, value), shown_from).ok()?;
        let language = language::recognise(source.name(), source.text())?.language;
        let script = Script {
            name: source.name().to_owned(),
            source: Some(source),
            language,
            entry: Entry::Cli,
            launcher: Launcher::Direct,
        };
        return extract::can_read(language).then_some((at, script));
    }
    None
}
