//! Owns contracts: requirements that an author declared in a file beside the script, in one of several formats. Each
//! format is a file below; what a reader does not understand it says.
//!
//! A new format is one file with `fits` and `read`, one line in `FORMATS`, and one folder of files under
//! `tests/fixtures/contracts/`, whose readings are its snapshots.

mod boutiques;
mod command;
mod cwl;
mod dvc;
mod interface;
mod mlproject;
mod own;
mod sheet;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::sheet::Sheet;
use super::Files;
use crate::diagnostic::Diagnostics;
use crate::file;
use crate::requirement::{Binding, Claim, Note, Pass};
use crate::source::{Place, Source};
use crate::yaml::{self, Document};

/// What a contract declares.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// What it says of requirements.
    pub claims: Vec<Claim>,
    /// Flags that its command passes whatever the user gives, and where.
    pub passed: Vec<(String, Place)>,
    /// What in it was not understood.
    pub notes: Vec<Note>,
    /// The script it speaks of, where it says so.
    pub script: Option<String>,
    /// Whether it has no part that speaks of the script it was read for.
    pub is_elsewhere: bool,
    /// What is wrong with it.
    pub problems: Diagnostics,
}

/// What a contract is read for: a file of several scripts speaks of each in a part of its own.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The step's name.
    pub step: &'a str,
    /// The script's path, absolute; none where the step runs no file.
    pub script: Option<&'a Path>,
    /// The manifest's folder, which paths of requirements are relative to; absolute.
    pub folder: &'a Path,
    /// What the code says, for what a command line does not show: which flags take no value.
    pub code: &'a [Claim],
    /// Other files of the project.
    pub files: Files<'a>,
}

/// How much a contract says of its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that the script reads.
    Whole,
    /// What a caller of the tool may give; the tool may know more.
    Offered,
    /// One call of the script, with the values of that call.
    Call,
}

/// Where files of a format lie by custom.
enum Home {
    /// In the script's folder, under the script's name with this ending, which may replace the script's own.
    Beside(&'static str),
    /// Under this name, in the script's folder or one above it up to the manifest's; with the key that a mapping stands
    /// under.
    Above(&'static str, &'static str),
    /// Only where the manifest or a catalog says.
    Named,
}

/// A format of contracts.
struct Format {
    /// Its name in evidence.
    rule: &'static str,
    /// How much its files say.
    scope: Scope,
    /// Where they lie.
    home: Home,
    /// Whether a document is written in it.
    fits: fn(&Value) -> bool,
    /// Its reader.
    read: fn(&mut Sheet<'_>, &Subject<'_>),
}

/// The formats. The first that fits is taken; our own comes last and takes anything.
#[rustfmt::skip]
const FORMATS: &[Format] = &[
    Format { rule: "step-interface", scope: Scope::Whole,   home: Home::Named,               fits: interface::fits, read: interface::read },
    Format { rule: "cwl",            scope: Scope::Offered, home: Home::Beside("cwl"),       fits: cwl::fits,       read: cwl::read },
    Format { rule: "boutiques",      scope: Scope::Offered, home: Home::Beside("json"),      fits: boutiques::fits, read: boutiques::read },
    Format { rule: "mlproject",      scope: Scope::Offered, home: Home::Above("MLproject", "entry_points"), fits: mlproject::fits, read: mlproject::read },
    Format { rule: "dvc",            scope: Scope::Call,    home: Home::Above("dvc.yaml", "stages"), fits: dvc::fits,       read: dvc::read },
    Format { rule: "contract",       scope: Scope::Whole,   home: Home::Beside(OWN_ENDING),  fits: |_| true,        read: own::read },
];

/// The ending of contracts in our own format.
pub const OWN_ENDING: &str = "contract.yaml";

/// How much contracts say that are told of by this rule.
pub fn scope(rule: &str) -> Scope {
    let format = FORMATS.iter().find(|format| format.rule == rule);
    format.map_or(Scope::Whole, |format| format.scope)
}

/// Where a script's contract lies in our own format: `train.py.contract.yaml`.
pub fn own_path(script: &Path) -> PathBuf {
    with_ending(script, OWN_ENDING)
}

/// Where contracts of a script lie by custom: those in our own format, then all others, nearest first.
pub fn customary(script: &Path, folder: &Path) -> [Vec<PathBuf>; 2] {
    let beside = |ending: &str| [with_ending(script, ending), script.with_extension(ending)];
    let above = |name: &str| {
        let inside = script.starts_with(folder);
        let folders = script.ancestors().skip(1);
        let folders = folders.take_while(move |at| at.starts_with(folder) || !inside);
        let most = if inside { usize::MAX } else { 1 };
        folders
            .take(most)
            .map(|at| at.join(name))
            .collect::<Vec<_>>()
    };
    let others = FORMATS.iter().flat_map(|format| match format.home {
        Home::Beside(OWN_ENDING) | Home::Named => Vec::new(),
        Home::Beside(ending) => beside(ending).to_vec(),
        Home::Above(name, _) => above(name),
    });
    [beside(OWN_ENDING).to_vec(), others.collect()]
}

fn with_ending(script: &Path, ending: &str) -> PathBuf {
    let mut whole = script.as_os_str().to_owned();
    whole.push(".");
    whole.push(ending);
    PathBuf::from(whole)
}

/// Reads a contract, whatever its format, for one script.
pub fn read(source: &Source, subject: &Subject<'_>) -> Contract {
    match parse(source) {
        Ok(document) => {
            let own = FORMATS.len() - 1;
            let format = FORMATS.iter().find(|format| (format.fits)(&document.value));
            let format = format.unwrap_or(&FORMATS[own]);
            let mut sheet = Sheet::new(&document, format.rule);
            (format.read)(&mut sheet, subject);
            sheet.contract
        }
        Err(problems) => Contract {
            problems,
            ..Contract::default()
        },
    }
}

/// Whether a file that lies where contracts lie by custom is one, in a format other than our own.
///
/// # Errors
/// Where its name says that it is one and it cannot be read as such.
pub fn recognise(source: &Source) -> Result<bool, Diagnostics> {
    let name = source.path().file_name().unwrap_or_default();
    let above = FORMATS.iter().find_map(|format| match format.home {
        Home::Above(own, key) if name == own => Some(key),
        _ => None,
    });
    let document = match parse(source) {
        Ok(document) => document,
        Err(problems) if above.is_some() || name.to_string_lossy().ends_with(".cwl") => {
            return Err(problems);
        }
        Err(_) => return Ok(false),
    };
    let (_, others) = FORMATS.split_last().unwrap_or((&FORMATS[0], &[]));
    if others.iter().any(|format| (format.fits)(&document.value)) {
        return Ok(true);
    }
    match above.filter(|key| document.value.get(key).is_some_and(|part| !part.is_null())) {
        Some(key) => {
            let mut sheet = Sheet::new(&document, "contract");
            sheet.wrong(&yaml::join("", key), "a mapping by name");
            Err(sheet.contract.problems)
        }
        None => Ok(false),
    }
}

/// JSON may be indented by tabs, which YAML forbids; in JSON a tab never stands inside a text.
fn parse(source: &Source) -> Result<Document, Diagnostics> {
    let text = source.text();
    match text.trim_start().starts_with('{') && text.contains('\t') {
        true => {
            let spaced = Source::new(source.path(), source.name(), text.replace('\t', " "));
            yaml::parse(&spaced)
        }
        false => yaml::parse(source),
    }
}

/// The schema of our own format.
pub fn schema() -> Value {
    own::schema()
}

impl Subject<'_> {
    /// Whether the code knows a flag as one without a value.
    fn is_switch(&self, flag: &str) -> bool {
        let named = Binding::flag(flag);
        let ways = self.code.iter().flat_map(|claim| &claim.bindings);
        ways.into_iter().any(|way| {
            matches!(way, Binding::Flag { pass, .. }
                if matches!(pass, Pass::Switch | Pass::SwitchOff | Pass::OnOff | Pass::Count))
                && way.same(&named)
        })
    }

    /// Whether a word of a command that runs in `folder` is the script's path.
    fn is_script(&self, word: &str, folder: &Path) -> bool {
        self.script
            .is_some_and(|script| file::resolve(folder, word) == script)
    }

    /// Whether a word of a command that runs somewhere else has the script's file name.
    fn is_script_name(&self, word: &str) -> bool {
        let name = |path: &Path| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        let script = self.script.and_then(name);
        script.is_some() && name(Path::new(word)) == script
    }

    /// Whether a module, run in `folder`, is the script.
    fn is_module(&self, module: &str, folder: &Path) -> bool {
        let base = module
            .split('.')
            .fold(folder.to_owned(), |path, part| path.join(part));
        let package = base.join("__main__.py");
        self.script
            .is_some_and(|script| script == package || script == base.with_extension("py"))
    }

    /// A path that a contract in `folder` names, relative to the manifest's folder where it lies below it.
    fn rebased(&self, path: &str, folder: &Path) -> String {
        if folder == self.folder || path.contains("://") || Path::new(path).is_absolute() {
            return path.to_owned();
        }
        file::display(&file::resolve(folder, path), self.folder)
    }
}

#[cfg(test)]
mod tests;
