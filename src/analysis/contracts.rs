//! Owns the finding of contracts: named by the manifest, beside the script, or in a catalog. (io: reads them)

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::discovery::similar_files;
use crate::extract::contract::{self, Contract};
use crate::file::{self, ReadError};
use crate::manifest::{Manifest, Step};
use crate::script::Script;
use crate::source::Span;

/// How many files of a catalog are looked at.
const MOST: usize = 10_000;

/// Finds and reads the contract of every step's script; an empty one where there is none.
pub(super) fn find(manifest: &Manifest, scripts: &[Script]) -> (Vec<Contract>, Diagnostics) {
    let mut problems = Diagnostics::new();
    let catalog = manifest.catalog.as_ref().map(|catalog| {
        let folder = file::resolve(&manifest.folder, &catalog.value);
        if !folder.is_dir() {
            problems.push(not_found(manifest, catalog.span, &folder, "catalog"));
        }
        Catalog::load(&folder, &manifest.folder)
    });
    let mut read: HashMap<PathBuf, Contract> = HashMap::new();
    let mut contracts = Vec::with_capacity(scripts.len());
    for (step, script) in manifest.steps.iter().zip(scripts) {
        let path = match &step.contract {
            Some(named) => {
                let path = file::resolve(&manifest.folder, &named.value);
                if !path.is_file() {
                    problems.push(not_found(manifest, named.span, &path, "contract"));
                }
                Some(path)
            }
            None => beside(script).or_else(|| catalog.as_ref()?.of(step, script)),
        };
        contracts.push(path.map_or_else(Contract::default, |path| {
            read.entry(path.clone())
                .or_insert_with(|| load(&path, &manifest.folder))
                .clone()
        }));
    }
    let mut told: Vec<&PathBuf> = read.keys().collect();
    told.sort();
    problems.extend(
        told.into_iter()
            .flat_map(|path| read[path].problems.clone()),
    );
    (contracts, problems)
}

/// `train.py.contract.yaml` or `train.contract.yaml`, where one lies beside the script.
fn beside(script: &Script) -> Option<PathBuf> {
    let path = script.source.as_ref()?.path();
    let mut whole = path.as_os_str().to_owned();
    whole.push(".contract.yaml");
    [PathBuf::from(whole), path.with_extension("contract.yaml")]
        .into_iter()
        .find(|path| path.is_file())
}

fn load(path: &Path, folder: &Path) -> Contract {
    match file::read(path, folder) {
        Ok(source) => contract::read(&source),
        Err(ReadError::NotFound) => Contract::default(),
        Err(ReadError::Refused(why)) => Contract {
            problems: unreadable(path, folder, &why).into(),
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
        let entries = std::fs::read_dir(catalog)
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
            if let Some(script) = load(&path, folder).script {
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
        && path.is_file()
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
