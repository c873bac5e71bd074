//! Owns the question which script a step's `command` calls, and what flags it passes: so that flags which the script does
//! not parse are found. What such a script needs stays the manifest's to say. (io: reads the script)

use std::collections::HashMap;
use std::path::{Path, PathBuf};

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

/// What lies at paths that commands name, each read once however many steps call it; nothing where that is no script.
type Read = HashMap<PathBuf, Option<Script>>;

/// The scripts that steps' commands call.
pub(super) fn all(manifest: &Manifest) -> Vec<Called> {
    let mut read = Read::new();
    let steps = manifest.steps.iter();
    steps
        .filter_map(|step| called(manifest, step, &mut read))
        .collect()
}

/// The script that a step's command calls: its first word, or the first after an interpreter and its flags.
fn called(manifest: &Manifest, step: &Step, read: &mut Read) -> Option<Called> {
    let Runs::Command(words) = &step.runs else {
        return None;
    };
    let folder = match &step.settings.cwd {
        Some(cwd) if cwd.value.contains("${") => return None,
        Some(cwd) => file::resolve(&manifest.folder, &cwd.value),
        None => manifest.folder.clone(),
    };
    let (at, path) = named(words, &folder)?;
    let script = match read.get(&path) {
        Some(known) => known.clone(),
        None => {
            let script = script(&path, &manifest.folder);
            read.entry(path).or_insert(script).clone()
        }
    }?;
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

/// The word of a command that may name a script, by its place, and the path that it stands for.
fn named(words: &[Spanned<String>], folder: &Path) -> Option<(usize, PathBuf)> {
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
    let skipped = |(at, word): &(usize, &Spanned<String>)| {
        let flags = ["-u", "-e", "-x", "-B", "-O", "-I", "--vanilla"];
        is_interpreter(&word.value) || *at > 0 && flags.contains(&word.value.as_str())
    };
    let (at, word) = words.iter().enumerate().find(|word| !skipped(word))?;
    Some((at, file::resolve(folder, &word.value)))
}

/// The script at a path, where it is one that can be read.
fn script(path: &Path, shown_from: &Path) -> Option<Script> {
    let source = file::read_lossy(path, shown_from).ok()?;
    let language = language::recognise(source.name(), source.text())?.language;
    extract::can_read(language).then(|| Script {
        name: source.name().to_owned(),
        source: Some(source),
        language,
        entry: Entry::Cli,
        launcher: Launcher::Direct,
    })
}
