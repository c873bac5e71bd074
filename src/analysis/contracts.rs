//! Owns the finding of contracts: named by the manifest, beside the script, or in a catalog. (io: reads them)

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::discovery::similar_files;
use crate::disk;
use crate::extract::contract::{self, Contract, Subject};
use crate::file::{self, ReadError};
use crate::manifest::{Manifest, Step};
use crate::requirement::Reading;
use crate::script::Script;
use crate::source::{Source, Span};

/// How many files of a catalog are looked at.
const MOST: usize = 10_000;

/// Finds and reads the contract of every step's script; an empty one where there is none. Each is read for its step, with
/// what the code says.
pub(super) fn find(
    manifest: &Manifest,
    scripts: &[Script],
    readings: &[Reading],
) -> (Vec<Contract>, Diagnostics) {
    let mut problems = Diagnostics::new();
    let folder = &manifest.folder;
    let catalog = manifest.catalog.as_ref().map(|catalog| {
        let path = file::resolve(folder, &catalog.value);
        if !disk::is_dir(&path) {
            problems.push(not_found(manifest, catalog.span, &path, "catalog"));
        }
        Catalog::load(&path, folder)
    });
    let known: Looked = RefCell::default();
    let mut told: HashSet<PathBuf> = HashSet::new();
    let mut contracts = Vec::with_capacity(scripts.len());
    for ((step, script), reading) in manifest.steps.iter().zip(scripts).zip(readings) {
        let subject = subject(&step.name, script, folder, reading);
        let (path, contract) = match &step.contract {
            Some(named) => {
                let path = file::resolve(folder, &named.value);
                if !disk::is_file(&path) {
                    problems.push(not_found(manifest, named.span, &path, "contract"));
                }
                let contract = load(&path, &subject);
                if contract.is_elsewhere {
                    problems.push(no_part(manifest, named.span, &path, step, script));
                }
                (path, contract)
            }
            None => by_custom(&subject, &known, || catalog.as_ref()?.of(step, script)),
        };
        if told.insert(path) {
            problems.extend(contract.problems.clone());
        }
        contracts.push(contract);
    }
    for looked in known.into_inner().into_values() {
        problems.extend(looked.err().unwrap_or_default());
    }
    (contracts, problems)
}

/// Finds and reads the contract of a script by itself, where one lies by custom.
pub(super) fn of_script(
    script: &Script,
    reading: &Reading,
    folder: &Path,
) -> (Contract, Diagnostics) {
    let path = script.source.as_ref().map(Source::path);
    let stem = path.and_then(Path::file_stem).unwrap_or_default();
    let stem = stem.to_string_lossy();
    let known: Looked = RefCell::default();
    let (_, contract) = by_custom(&subject(&stem, script, folder, reading), &known, || None);
    let mut problems = contract.problems.clone();
    for looked in known.into_inner().into_values() {
        problems.extend(looked.err().unwrap_or_default());
    }
    (contract, problems)
}

/// What was seen at places where contracts lie by custom: one, nothing, or what should be one and is not.
type Looked = RefCell<HashMap<PathBuf, Result<Option<Source>, Diagnostics>>>;

fn subject<'a>(
    step: &'a str,
    script: &'a Script,
    folder: &'a Path,
    reading: &'a Reading,
) -> Subject<'a> {
    Subject {
        step,
        script: script.source.as_ref().map(Source::path),
        folder,
        code: &reading.claims,
        files: &|path| file::read_lossy(path, path.parent().unwrap_or(path)).ok(),
    }
}

/// The contract that lies where custom has it: in our own format beside the script, in the catalog, or in another format.
fn by_custom(
    subject: &Subject<'_>,
    known: &Looked,
    catalogued: impl FnOnce() -> Option<PathBuf>,
) -> (PathBuf, Contract) {
    let Some(script) = subject.script else {
        return Default::default();
    };
    let [own, others] = contract::customary(script, subject.folder);
    let own = own.into_iter().find(|path| disk::is_file(path));
    if let Some(path) = own.or_else(catalogued) {
        let contract = load(&path, subject);
        return (path, contract);
    }
    let is_contract = |path: &Path| -> Option<Source> {
        let mut known = known.borrow_mut();
        let looked = known.entry(path.to_owned()).or_insert_with(|| {
            let read = disk::is_file(path)
                .then(|| file::read(path, subject.folder).ok())
                .flatten();
            match read.map(|source| (contract::recognise(&source), source)) {
                Some((Ok(true), source)) => Ok(Some(source)),
                Some((Err(problems), _)) => Err(left_out(problems)),
                _ => Ok(None),
            }
        });
        looked.as_ref().ok()?.clone()
    };
    let found = others.into_iter().find_map(|path| {
        let contract = contract::read(&is_contract(&path)?, subject);
        (!contract.is_elsewhere).then_some((path, contract))
    });
    found.unwrap_or_default()
}

fn load(path: &Path, subject: &Subject<'_>) -> Contract {
    match file::read(path, subject.folder) {
        Ok(source) => contract::read(&source, subject),
        Err(ReadError::NotFound) => Contract::default(),
        Err(ReadError::Refused(why)) => Contract {
            problems: unreadable(path, subject.folder, &why).into(),
            ..Contract::default()
        },
    }
}

/// A folder of contracts, by the scripts they speak of.
struct Catalog {
    /// File names of scripts to contracts.
    scripts: HashMap<String, Vec<PathBuf>>,
    /// The contracts' own names, without their ending.
    names: HashMap<String, PathBuf>,
}

impl Catalog {
    fn load(catalog: &Path, folder: &Path) -> Self {
        let entries = disk::read_dir(catalog)
            .into_iter()
            .flatten()
            .flatten()
            .take(MOST);
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| is_yaml(path))
            .collect();
        paths.sort();
        let mut scripts: HashMap<String, Vec<PathBuf>> = HashMap::new();
        let mut names = HashMap::new();
        for path in paths {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let stem = name.split('.').next().unwrap_or_default().to_owned();
            let nobody = Subject {
                step: "",
                script: None,
                folder,
                code: &[],
                files: &|_| None,
            };
            if let Some(script) = load(&path, &nobody).script {
                let file = script
                    .rsplit(['/', '\\'])
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                scripts.entry(file).or_default().push(path.clone());
            }
            names.insert(stem, path);
        }
        Self { scripts, names }
    }

    /// The contract that speaks of a step's script: by the script's name where just one does, else by the step's.
    fn of(&self, step: &Step, script: &Script) -> Option<PathBuf> {
        let path = script.source.as_ref()?.path();
        let file = path.file_name()?.to_string_lossy().into_owned();
        let by_name = || {
            let stem = path.file_stem()?.to_string_lossy().into_owned();
            self.names
                .get(&step.name)
                .or_else(|| self.names.get(&stem))
                .cloned()
        };
        match self.scripts.get(&file).map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            Some(several) => by_name().filter(|path| several.contains(path)),
            None => by_name(),
        }
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|suffix| suffix == "yaml" || suffix == "yml")
        && disk::is_file(path)
}

fn not_found(manifest: &Manifest, span: Span, path: &Path, what: &str) -> Diagnostic {
    let name = file::display(path, &manifest.folder);
    let near = similar_files(path, &manifest.folder).map(|near| format!("did you mean `{near}`?"));
    Diagnostic::new(
        Code::ContractNotFound,
        format!("the {what} `{name}` does not exist"),
    )
    .at(manifest.at(span), "not there")
    .help(near.unwrap_or_else(|| "paths are relative to the manifest's folder".to_owned()))
}

fn no_part(
    manifest: &Manifest,
    span: Span,
    path: &Path,
    step: &Step,
    script: &Script,
) -> Diagnostic {
    let name = file::display(path, &manifest.folder);
    Diagnostic::new(
        Code::ContractNotFound,
        format!("`{name}` says nothing of `{}`", script.name),
    )
    .at(manifest.at(span), "none of its commands runs this script")
    .help(format!(
        "name another contract, or give the part that is meant the name of the step, `{}`",
        step.name
    ))
}

/// What is wrong with a file of another tool's: the pipeline can run without it.
fn left_out(problems: Diagnostics) -> Diagnostics {
    let mut mild = Diagnostics::new();
    for mut problem in problems {
        problem.severity = Severity::Warning;
        problem.message += ", so it is not read as a contract";
        mild.push(problem);
    }
    mild
}

fn unreadable(path: &Path, folder: &Path, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::Unreadable,
        format!(
            "the contract `{}` cannot be read: {why}",
            file::display(path, folder)
        ),
    )
    .help("make it a YAML file that can be read")
}
