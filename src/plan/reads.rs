//! Owns what a step reads besides the paths, arguments and variables it is given: its own code, variables that it
//! inherits, and steps that it needs without taking anything from them. Two runs of a step that agree in all of this
//! give the same result.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{beside, looks};
use crate::analysis::{AnalysedStep, Analysis};
use crate::check::values::Taken;
use crate::file;
use crate::manifest::Step;
use crate::requirement::{Binding, Kind, MainParameter};
use crate::script::{Language, Launcher};

/// Words of a command that are looked at.
const WORDS: usize = 10_000;

/// What a step reads besides what it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Files of code: its script, what that loads, files that its command names. Absolute; not all of them need be there.
    pub code: Vec<PathBuf>,
    /// Variables that it looks at, whoever sets them.
    pub variables: Vec<String>,
    /// Steps that it needs and of which it takes no output.
    pub after: Vec<String>,
}

/// Variables by which languages find more code.
fn paths_of_code(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python | Language::Notebook => &["PYTHONPATH"],
        Language::R => &["R_LIBS", "R_LIBS_USER"],
        _ => &[],
    }
}

/// What a step reads; `command` is what it starts when that is spelled out, standing in `dir`.
pub fn reads(
    analysis: &Analysis,
    step: &Step,
    analysed: &AnalysedStep,
    values: &[Taken],
    command: &[String],
    dir: &Path,
) -> Reads {
    let script = &analysed.script;
    let sources = script.source.iter().chain(&analysed.local_files);
    let mut code: BTreeSet<PathBuf> = sources.map(|source| source.path().to_owned()).collect();
    let mut variables: BTreeSet<String> = paths_of_code(script.language)
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    for binding in analysed.requirements.iter().flat_map(|r| &r.bindings) {
        if let Binding::Env { env: name }
        | Binding::Main {
            main: MainParameter::EnvironVars,
            key: name,
        } = binding
        {
            variables.insert(name.clone());
        }
    }
    for source in script.source.iter().chain(&analysed.local_files) {
        let names = looks::looked_for(source.text(), script.language);
        code.extend(names.into_iter().map(|name| file::resolve(dir, name)));
    }
    let own = script.source.iter().chain(&analysed.local_files);
    code.extend(beside::named(script.language, own, dir));
    if matches!(script.launcher, Launcher::Command(_)) {
        for word in command {
            code.extend(names(word).take(WORDS).map(|name| file::resolve(dir, name)));
            variables.extend(variables_in(word).take(WORDS).map(str::to_owned));
        }
    }
    let takes_from = |need: &str| {
        let inputs = analysed.requirements.iter().zip(values);
        inputs
            .filter(|(requirement, _)| requirement.kind == Kind::Input)
            .any(|(_, taken)| matches!(taken, Taken::Upstream(from) if from.step == need))
    };
    let needs = step
        .needs
        .iter()
        .map(|need| &analysis.manifest.steps[need.value].name);
    Reads {
        code: code.into_iter().collect(),
        variables: variables.into_iter().collect(),
        after: needs.filter(|need| !takes_from(need)).cloned().collect(),
    }
}

/// The pieces of a shell's text that may name a file.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let breaks = |c: char| c.is_whitespace() || "\"'`;|&()<>={}".contains(c);
    let pieces = text.split(breaks);
    pieces.filter(|piece| !piece.is_empty() && !piece.contains(['$', '*', '?']))
}

/// The variables that a shell's text looks at.
fn variables_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = after.find(|c: char| !is_part(c)).unwrap_or(after.len());
        let name = &after[..end];
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            .then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_tells_what_it_reads() {
        let text = "set -e; python tools/a.py --in=$DATA/x.csv \"${LABEL:-none}\" $1 $$ > out.txt";
        let seen: Vec<&str> = names(text).collect();
        assert!(
            seen.contains(&"tools/a.py") && seen.contains(&"out.txt"),
            "{seen:?}"
        );
        assert_eq!(variables_in(text).collect::<Vec<_>>(), ["DATA", "LABEL"]);
    }
}
