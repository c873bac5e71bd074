//! Owns the front half that every command shares: from a manifest's path to its steps, their scripts and all they
//! need. (io: reads files; starts nothing)

mod called;
mod contracts;
mod scripts;
pub mod wiring;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::scripts::is_blank;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed};
use crate::discovery::{self, workspace};
use crate::disk;
use crate::extract::contract::Contract;
use crate::extract::drift::{self, Weighed};
use crate::extract::{self, merge};
use crate::file::{self, ReadError};
use crate::manifest::{self, Manifest, Runs, Step, load};
use crate::requirement::{Binding, Claim, Kind, Layer, MainParameter, Note, Reading, Requirement};
use crate::script::{Entry, Language, Launcher, Script};
use crate::source::{Place, Source, Span, Spanned};
use crate::template::{self, Piece};

/// Where to look, and what to choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder that paths on the command line are relative to; absolute.
    pub folder: PathBuf,
    /// The manifest, where one is named.
    pub pipeline: Option<PathBuf>,
    /// The profile, where one is named.
    pub profile: Option<String>,
    /// The `Cargo.toml` to ask about targets, where one is named.
    pub cargo_toml: Option<PathBuf>,
}

/// A pipeline, read.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its steps, in the manifest's order.
    pub steps: Vec<AnalysedStep>,
    /// The steps' places, each after those it needs.
    pub order: Vec<usize>,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// Where everything of this pipeline is kept; absolute.
    pub home: PathBuf,
    /// What is wrong with manifest and scripts.
    pub problems: Diagnostics,
}

/// A step, read.
#[derive(Clone, Debug)]
pub struct AnalysedStep {
    /// What it runs.
    pub script: Script,
    /// The framework its script uses.
    pub framework: Option<&'static str>,
    /// What it needs and gives.
    pub requirements: Vec<Requirement>,
    /// Whether that is all: its script was found and parses. Where it is not, what is missing is nobody's mistake but
    /// the script's.
    pub is_whole: bool,
    /// What could not be known.
    pub notes: Vec<Note>,
    /// Other files of the project that its script loads.
    pub local_files: Vec<Source>,
}

impl AnalysedStep {
    /// The requirement of that kind and name.
    pub fn requirement(&self, kind: Kind, name: &str) -> Option<&Requirement> {
        self.requirements
            .iter()
            .find(|r| r.kind == kind && r.name == name)
    }
}

impl Analysis {
    /// The name of the file beside the manifest that ends so: `runtime-test.yaml` and `answers.yaml` make
    /// `runtime-test.answers.yaml`.
    pub fn beside(&self, ending: &str) -> PathBuf {
        beside(self.manifest.source.path(), ending)
    }

    /// The folder in which a step's outputs lie when nobody says otherwise.
    pub fn output_folder(&self, step: &str) -> PathBuf {
        self.home.join("outputs").join(file::name_for(step))
    }

    /// Where the answers are kept.
    pub fn answers(&self) -> PathBuf {
        self.beside("answers.yaml")
    }

    /// Where the answers of the chosen profile are kept, which go over the others: `runtime-test.answers.ci.yaml`.
    pub fn profile_answers(&self) -> Option<PathBuf> {
        profile_answers(self.manifest.source.path(), self.profile.as_deref()?)
    }

    /// Steps with their requirements, in an order that holds their needs.
    pub fn ordered(&self) -> impl Iterator<Item = (&Step, &AnalysedStep)> {
        self.order
            .iter()
            .map(|at| (&self.manifest.steps[*at], &self.steps[*at]))
    }
}

fn beside(manifest: &Path, ending: &str) -> PathBuf {
    let stem = manifest
        .file_stem()
        .map_or_else(|| "runtime-test".into(), |stem| stem.to_string_lossy());
    manifest.with_file_name(format!("{stem}.{ending}"))
}

/// The answers of a profile, where its name can be part of a file's name.
fn profile_answers(manifest: &Path, profile: &str) -> Option<PathBuf> {
    let is_name = !profile.is_empty() && !profile.contains(['/', '\\', '\0']);
    is_name.then(|| beside(manifest, &format!("answers.{profile}.yaml")))
}

/// The profiles that have answers beside a manifest: `runtime-test.answers.ci.yaml`.
pub fn profiles_with_answers(manifest: &Path) -> Vec<String> {
    let stem = manifest.file_stem().unwrap_or_default().to_string_lossy();
    let start = format!("{stem}.answers.");
    let entries = manifest
        .parent()
        .and_then(|folder| disk::read_dir(folder).ok());
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let profile = name.strip_prefix(&start)?.strip_suffix(".yaml")?;
            Some(profile.to_owned())
        })
        .collect()
}

/// Finds and reads a pipeline: its manifest, then every script it names.
///
/// # Errors
/// Where there is no manifest, or too little of it can be read to go on.
pub fn analyse(options: &Options) -> Result<Analysis, Diagnostics> {
    let variable = |name: &str| std::env::var(name).ok();
    let around = workspace::find(&options.folder, &variable);
    let path = find_manifest(options, around.as_ref())?;
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    let source = read_manifest(&path, &folder)?;
    let workspace = workspace::find(&folder, &variable);
    let settings = workspace
        .as_ref()
        .map(|w| w.settings.clone())
        .unwrap_or_default();
    let profile = options.profile.clone().or(settings.profile);
    // A profile may change the manifest, the answers, or both.
    let with_answers = profile.as_ref().map(|_| profiles_with_answers(&path));
    let chosen = profile.as_deref().map(|name| load::Chosen {
        name,
        elsewhere: with_answers.as_deref().unwrap_or_default(),
    });
    let (manifest, mut problems) = load::load(&source, &folder, chosen);
    let Some(manifest) = manifest else {
        return Err(problems);
    };
    let home = match (&workspace, settings.target) {
        (Some(workspace), Some(target)) => {
            file::resolve(&workspace.root, target).join(&manifest.pipeline)
        }
        (Some(workspace), None) => workspace
            .target
            .join("runtime-test")
            .join(&manifest.pipeline),
        (None, _)
            if path
                .file_name()
                .is_some_and(|name| name == manifest::FILE_NAME) =>
        {
            folder.join(".runtime-test")
        }
        (None, _) => folder.join(".runtime-test").join(&manifest.pipeline),
    };

    let (scripts, found) = discovery::discover(&manifest, options.cargo_toml.as_deref());
    problems.extend(found);
    let readings = read_all(&scripts, &folder);
    let (contracts, found) = contracts::find(&manifest, &scripts, &readings);
    problems.extend(found);
    let mut requirements = Vec::with_capacity(scripts.len());
    for (((step, script), reading), contract) in manifest
        .steps
        .iter()
        .zip(&scripts)
        .zip(&readings)
        .zip(&contracts)
    {
        problems.extend(scripts::problem(step, script, reading));
        let layers = [
            &declared(step, reading),
            contract.claims.as_slice(),
            reading.claims.as_slice(),
        ];
        let is_whole = is_whole(script, reading);
        problems.extend(drift::drift(&Weighed {
            manifest: layers[0],
            contract,
            reading,
            script: &script.name,
            language: script.language,
            is_whole,
        }));
        let mut own = requirements_of(step, script, &layers);
        own.retain(|requirement| !is_fact(requirement));
        requirements.push(own);
    }
    problems.extend(passed_in_vain(&manifest, &folder));
    problems.extend(wiring::wire(&manifest, &mut requirements));
    for (step, requirements) in manifest.steps.iter().zip(&requirements) {
        problems.extend(unknown_references(&manifest, step, requirements));
    }
    for ((step, script), requirements) in manifest.steps.iter().zip(&scripts).zip(&requirements) {
        problems.extend(unbound(step, script, requirements));
    }
    let steps = manifest
        .steps
        .iter()
        .zip(scripts)
        .zip(requirements)
        .zip(readings)
        .zip(contracts)
        .map(
            |((((step, script), requirements), reading), contract)| AnalysedStep {
                framework: reading.framework.as_ref().map(|(name, _)| *name),
                requirements,
                is_whole: reading.syntax_error.is_none()
                    && !is_blank(&script)
                    && (!scripts::lacks_main(&script, &reading) || scripts::may_enter(&script))
                    && (script.source.is_some()
                        || matches!(step.runs, Runs::Command(_) | Runs::External)),
                notes: notes_of(&reading)
                    .into_iter()
                    .chain(contract.notes)
                    .collect(),
                local_files: reading.local_files,
                script,
            },
        )
        .collect();
    let order = manifest.graph.order();
    Ok(Analysis {
        manifest,
        steps,
        order,
        profile,
        home,
        problems: problems.sorted(),
    })
}

/// Reads one script by itself, without a manifest.
///
/// # Errors
/// Where the file cannot be read.
pub fn analyse_script(path: &Path, folder: &Path) -> Result<AnalysedStep, Diagnostics> {
    let ReadScript { script, reading } = read_script(path, folder, None)?;
    Ok(AnalysedStep {
        framework: reading.framework.as_ref().map(|(name, _)| *name),
        requirements: merge::merge(&[&reading.claims]),
        is_whole: reading.syntax_error.is_none(),
        notes: notes_of(&reading),
        local_files: reading.local_files,
        script,
    })
}

/// Reads one script and the contract that lies where custom has it, without a manifest; with what is wrong with the
/// contract.
///
/// # Errors
/// Where the script cannot be read.
pub fn analyse_script_with_contract(
    path: &Path,
    folder: &Path,
) -> Result<(AnalysedStep, Diagnostics), Diagnostics> {
    let ReadScript { script, reading } = read_script(path, folder, None)?;
    let (contract, problems) = contracts::of_script(&script, &reading, folder);
    let step = AnalysedStep {
        framework: reading.framework.as_ref().map(|(name, _)| *name),
        requirements: merge::merge(&[&contract.claims, &reading.claims]),
        is_whole: reading.syntax_error.is_none(),
        notes: notes_of(&reading)
            .into_iter()
            .chain(contract.notes)
            .collect(),
        local_files: reading.local_files,
        script,
    };
    Ok((step, problems))
}

/// A script by itself: what only its code says.
#[derive(Clone, Debug)]
pub struct ReadScript {
    /// The script.
    pub script: Script,
    /// What its code says.
    pub reading: Reading,
}

impl ReadScript {
    /// What contradicts the code in a contract.
    pub fn drift(&self, contract: &Contract) -> Diagnostics {
        drift::drift(&Weighed {
            manifest: &[],
            contract,
            reading: &self.reading,
            script: &self.script.name,
            language: self.script.language,
            is_whole: is_whole(&self.script, &self.reading),
        })
    }
}

/// Whether a run itself gives the value: a variable such as `RUNTIME_TEST_OUTPUT_DIR`.
fn is_fact(requirement: &Requirement) -> bool {
    let is_own = |binding: &Binding| matches!(binding, Binding::Env { env } if env.starts_with("RUNTIME_TEST_"));
    !requirement.bindings.is_empty() && requirement.bindings.iter().all(is_own)
}

/// Whether all of a script was read, so that what was not found in it is not there.
fn is_whole(script: &Script, reading: &Reading) -> bool {
    extract::can_read(script.language)
        && script.source.is_some()
        && !is_blank(script)
        && !scripts::lacks_main(script, reading)
        && reading.syntax_error.is_none()
}

/// Reads a script by itself, without manifest and contract. `entry` says how it is entered, where that is known.
///
/// # Errors
/// Where the file cannot be read.
pub fn read_script(
    path: &Path,
    folder: &Path,
    entry: Option<Entry>,
) -> Result<ReadScript, Diagnostics> {
    let full = file::resolve(folder, path);
    let source = file::read_lossy(&full, folder).map_err(|error| script_refused(path, &error))?;
    let recognised = discovery::language::recognise(source.name(), source.text());
    let language = recognised.map_or(Language::Other, |r| r.language);
    let script = Script {
        name: source.name().to_owned(),
        source: Some(source),
        language,
        entry: entry.unwrap_or_default(),
        launcher: Launcher::Direct,
    };
    let scripts = [script];
    let reading = read_all_as(&scripts, folder, |_| entry)
        .pop()
        .unwrap_or_default();
    let [mut script] = scripts;
    script.entry = reading.entry;
    Ok(ReadScript { script, reading })
}

/// Where a manifest belongs that is not there yet: the one named, or one in the current folder. `None` where there is one.
pub fn missing_manifest(options: &Options) -> Option<PathBuf> {
    let around = workspace::find(&options.folder, &|name| std::env::var(name).ok());
    let path = match find_manifest(options, around.as_ref()) {
        Ok(path) => path,
        Err(_) => options.folder.join(manifest::FILE_NAME),
    };
    let folder = path.parent().filter(|folder| disk::is_dir(folder))?;
    // Where a file of nearly that name is there, the name is misspelt.
    let is_new = !disk::exists(&path) && discovery::similar_files(&path, folder).is_none();
    is_new.then_some(path)
}

/// The manifest's path: the one named, the one that `Cargo.toml` names, or the nearest above the current folder.
fn find_manifest(
    options: &Options,
    around: Option<&workspace::Workspace>,
) -> Result<PathBuf, Diagnostics> {
    if let Some(named) = &options.pipeline {
        return Ok(file::resolve(&options.folder, named));
    }
    let above = options
        .folder
        .ancestors()
        .map(|folder| folder.join(manifest::FILE_NAME));
    if let Some(found) = above.into_iter().find(|path| disk::exists(path)) {
        return Ok(found);
    }
    match around.and_then(|w| Some(file::resolve(&w.root, w.settings.pipeline.as_ref()?))) {
        Some(named) => Ok(named),
        None => Err(no_manifest(&options.folder).into()),
    }
}

fn read_manifest(path: &Path, folder: &Path) -> Result<Source, Diagnostics> {
    file::read(path, folder).map_err(|error| match error {
        ReadError::NotFound => manifest_missing(path).into(),
        ReadError::Refused(why) => manifest_unreadable(path, &why).into(),
    })
}

/// Reads scripts on all cores, each once however many steps share it.
fn read_all(scripts: &[Script], folder: &Path) -> Vec<Reading> {
    read_all_as(scripts, folder, |script| Some(script.entry))
}

fn read_all_as(
    scripts: &[Script],
    folder: &Path,
    entry: impl Fn(&Script) -> Option<Entry> + Sync,
) -> Vec<Reading> {
    let mut jobs: Vec<(&Script, &Source)> = Vec::new();
    let mut places: HashMap<(&Path, Entry), usize> = HashMap::new();
    let job_of: Vec<Option<usize>> = scripts
        .iter()
        .map(|script| {
            let source = script
                .source
                .as_ref()
                .filter(|_| extract::can_read(script.language))?;
            Some(
                *places
                    .entry((source.path(), script.entry))
                    .or_insert_with(|| {
                        jobs.push((script, source));
                        jobs.len() - 1
                    }),
            )
        })
        .collect();
    let known: Mutex<HashMap<PathBuf, Option<Source>>> = Mutex::new(HashMap::new());
    let files = |path: &Path| -> Option<Source> {
        let path = file::resolve(folder, path);
        if let Some(known) = known.lock().ok()?.get(&path) {
            return known.clone();
        }
        let read = disk::is_file(&path)
            .then(|| file::read_lossy(&path, folder).ok())
            .flatten();
        known.lock().ok()?.insert(path, read.clone());
        read
    };
    let folders = |path: &Path| disk::is_dir(file::resolve(folder, path));
    let project = extract::Project::new(&files, &folders);
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Reading>> = jobs.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let Some((script, source)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let at = places[&(source.path(), script.entry)];
            let reading = extract::extract(script.language, source, entry(script), &project);
            if let Ok(mut place) = done[at].lock() {
                *place = reading;
            }
        }
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            // Without a thread nothing would be read; where none can be had, this one does the work.
            let all = || extract::with_stack(work).unwrap_or_else(work);
            if std::thread::Builder::new()
                .spawn_scoped(scope, all)
                .is_err()
            {
                all();
            }
        }
    });
    let readings: Vec<Reading> = done
        .into_iter()
        .map(|place| place.into_inner().unwrap_or_default())
        .collect();
    job_of
        .into_iter()
        .map(|job| job.map_or_else(Reading::default, |at| readings[at].clone()))
        .collect()
}

/// Flags in commands that the scripts they call do not parse.
fn passed_in_vain(manifest: &Manifest, folder: &Path) -> Diagnostics {
    let calls = called::all(manifest).into_iter();
    let (scripts, passed): (Vec<Script>, Vec<_>) =
        calls.map(|call| (call.script, call.passed)).unzip();
    let readings = read_all(&scripts, folder);
    let all = scripts.iter().zip(&readings).zip(&passed);
    all.filter(|((script, reading), _)| reading.syntax_error.is_none() && !is_blank(script))
        .flat_map(|((script, reading), passed)| {
            drift::unparsed(passed, reading, &script.name, script.language)
        })
        .collect()
}

/// What could not be known, a text that does not parse included.
fn notes_of(reading: &Reading) -> Vec<Note> {
    let broken = reading.syntax_error.iter().map(|(place, why)| Note {
        code: "syntax-error",
        message: format!("the script does not parse from here: {why}"),
        place: place.clone(),
    });
    broken.chain(reading.notes.iter().cloned()).collect()
}

/// What the manifest declares for a step: its own, and those of its `defaults` that the script reads.
fn declared(step: &Step, reading: &Reading) -> Vec<Claim> {
    let defaults = reading.claims.iter().filter_map(|claim| {
        let own = step.claims.iter().any(|c| c.name == claim.name);
        let value = step
            .settings
            .env
            .get(&claim.name)
            .filter(|_| claim.kind == Kind::Env && !own)?;
        let mut given = Claim::new(&claim.name, Kind::Env, claim.evidence.first()?.clone());
        given.evidence[0].layer = Layer::Manifest;
        given.evidence[0].rule = "defaults";
        given.default = Some(value.clone().into());
        Some(given)
    });
    step.claims.iter().cloned().chain(defaults).collect()
}

/// Joins what manifest, contract and code say.
fn requirements_of(step: &Step, script: &Script, layers: &[&[Claim]]) -> Vec<Requirement> {
    let mut requirements = merge::merge(layers);
    for requirement in &mut requirements {
        if matches!(step.runs, Runs::External) {
            requirement.supplied = requirement.kind == Kind::Output;
        } else if requirement.bindings.is_empty() {
            requirement
                .bindings
                .extend(customary_binding(requirement, script));
        }
    }
    requirements
}

/// The way by which a declared requirement reaches a script where custom leaves no doubt.
fn customary_binding(requirement: &Requirement, script: &Script) -> Option<Binding> {
    let name = requirement.name.clone();
    match (requirement.kind, script.entry) {
        (Kind::Env, Entry::Cli) => Some(Binding::Env { env: name }),
        (Kind::Env, Entry::Main) => Some(Binding::Main {
            main: MainParameter::EnvironVars,
            key: name,
        }),
        (Kind::Input, Entry::Main) => Some(Binding::Main {
            main: MainParameter::InputPaths,
            key: name,
        }),
        (Kind::Output, Entry::Main) => Some(Binding::Main {
            main: MainParameter::OutputPaths,
            key: name,
        }),
        (Kind::Arg, Entry::Main) => Some(Binding::Main {
            main: MainParameter::JobArgs,
            key: name,
        }),
        (_, Entry::Cli) => None,
    }
}

/// References in a step's command, `env` and `cwd` to requirements that it does not have.
fn unknown_references(
    manifest: &Manifest,
    step: &Step,
    requirements: &[Requirement],
) -> Diagnostics {
    let mut texts = Vec::new();
    if let Runs::Command(words) = &step.runs {
        texts.extend(words.iter());
    }
    texts.extend(&step.settings.cwd);
    let mut problems = Diagnostics::new();
    for text in texts {
        if let Some((written, meant)) = template::almost(&text.value) {
            problems.push(no_reference(manifest, text.span, written, &meant));
        }
        for piece in template::pieces(&text.value) {
            let Piece::Value {
                kind,
                name,
                written,
            } = piece
            else {
                continue;
            };
            if requirements
                .iter()
                .any(|r| r.kind == kind && r.name == name)
            {
                continue;
            }
            let known: Vec<&str> = requirements
                .iter()
                .filter(|r| r.kind == kind)
                .map(|r| r.name.as_str())
                .collect();
            let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
                match known.as_slice() {
                    [] => format!(
                        "declare it under `{}` of step `{}`",
                        kind.section(),
                        step.name
                    ),
                    known => format!("this step has {}", listed(known.iter().copied())),
                }
            });
            problems.push(
                Diagnostic::new(
                    Code::InvalidReference,
                    format!("`{written}` names nothing that step `{}` has", step.name),
                )
                .at(
                    within(manifest, text.span, written),
                    format!("no {kind} of this name"),
                )
                .help(help),
            );
        }
    }
    problems
}

/// Where a part of a text of the manifest is written.
fn within(manifest: &Manifest, text: Span, part: &str) -> Place {
    let offset = manifest.source.slice(text).find(part);
    manifest.at(offset.map_or(text, |at| {
        Span::new(text.start + at, text.start + at + part.len())
    }))
}

fn no_reference(manifest: &Manifest, text: Span, written: &str, meant: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidReference,
        format!("`{written}` is no reference to a value"),
    )
    .at(within(manifest, text, written), "stays as it is written")
    .help(format!("write `{meant}`"))
}

/// Declared requirements that nothing carries to the script.
fn unbound(step: &Step, script: &Script, requirements: &[Requirement]) -> Diagnostics {
    if let Runs::Command(words) = &step.runs {
        return unreferenced(step, words, requirements);
    }
    if matches!(step.runs, Runs::External | Runs::Unclear)
        || script.source.is_none() && script.language != Language::Rust
        || is_blank(script)
    {
        return Diagnostics::new();
    }
    let unbound = requirements
        .iter()
        .filter(|r| r.bindings.is_empty() && r.path.is_none());
    unbound
        .map(|requirement| {
            let known: Vec<String> = requirements
                .iter()
                .flat_map(|r| &r.bindings)
                .map(ToString::to_string)
                .collect();
            let help = match known.as_slice() {
                [] => "write `binding: { flag: --name }`, `{ positional: 0 }` or `{ env: NAME }`"
                    .to_owned(),
                known => format!(
                    "write a `binding`, such as `{{ flag: --name }}`; the script knows {}",
                    listed(known.iter().map(String::as_str))
                ),
            };
            let message = format!(
                "nothing tells how {} `{}` reaches the script of step `{}`",
                requirement.kind, requirement.name, step.name
            );
            let place = requirement.evidence.first().map(|e| e.place.clone());
            Diagnostic::new(Code::UnboundRequirement, message)
                .maybe_at(
                    place,
                    format!("`{}` has no parameter of this name", script.name),
                )
                .help(help)
        })
        .collect()
}

/// Declared requirements that a command neither names nor gets in another way.
fn unreferenced(
    step: &Step,
    words: &[Spanned<String>],
    requirements: &[Requirement],
) -> Diagnostics {
    let texts: Vec<&str> = words
        .iter()
        .chain(&step.settings.cwd)
        .map(|text| text.value.as_str())
        .chain(step.settings.env.values().map(String::as_str))
        .collect();
    let named: Vec<(Kind, &str)> = texts
        .iter()
        .flat_map(|text| template::pieces(text))
        .filter_map(|piece| match piece {
            Piece::Value { kind, name, .. } => Some((kind, name)),
            Piece::Text(_) => None,
        })
        .collect();
    let is_named = |r: &Requirement| named.contains(&(r.kind, r.name.as_str()));
    let is_known = |(kind, name): &(Kind, &str)| {
        let mut known = requirements.iter();
        known.any(|r| r.kind == *kind && r.name == *name)
    };
    // A reference to nothing is most likely meant for one of them, and a finding of its own.
    let is_nearly = |text: &&str| template::almost(text).is_some();
    if !named.iter().all(is_known) || texts.iter().any(is_nearly) {
        return Diagnostics::new();
    }
    requirements
        .iter()
        .filter(|r| r.bindings.is_empty() && r.path.is_none() && !is_named(r))
        .map(|requirement| {
            let (kind, name) = (requirement.kind, &requirement.name);
            let message = format!(
                "nothing tells how {kind} `{name}` reaches the command of step `{}`",
                step.name
            );
            Diagnostic::new(Code::UnboundRequirement, message)
                .maybe_at(
                    requirement.evidence.first().map(|e| e.place.clone()),
                    "the command does not name it",
                )
                .help(format!(
                    "write `${{{}.{name}}}` where its value goes, or give a `binding` or a `path`",
                    kind.section()
                ))
        })
        .collect()
}

fn no_manifest(folder: &Path) -> Diagnostic {
    Diagnostic::new(
        Code::ManifestNotFound,
        format!(
            "there is no `{}` in `{}` or any folder above it",
            manifest::FILE_NAME,
            folder.display()
        ),
    )
    .help(match discovery::similar_files(&folder.join(manifest::FILE_NAME), folder) {
        Some(near) => format!("did you mean `{near}`? name it `{}`, or name it with `--pipeline {near}`", manifest::FILE_NAME),
        None => "let `cargo runtime-test init` propose one from the scripts here, name yours with `--pipeline FILE`, or go to its folder with `-C DIR`".to_owned(),
    })
}

fn manifest_missing(path: &Path) -> Diagnostic {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let near = discovery::similar_files(path, folder).map(|near| format!("did you mean `{near}`?"));
    Diagnostic::new(
        Code::ManifestNotFound,
        format!("there is no manifest `{}`", path.display()),
    )
    .help(near.unwrap_or_else(|| "check the path".to_owned()))
}

fn manifest_unreadable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::Unreadable,
        format!("the manifest `{}` cannot be read: {why}", path.display()),
    )
    .help("name a YAML file that can be read")
}

fn script_refused(path: &Path, error: &ReadError) -> Diagnostics {
    match error {
        ReadError::NotFound => Diagnostic::new(
            Code::ScriptNotFound,
            format!("there is no script `{}`", path.display()),
        )
        .help("check the path"),
        ReadError::Refused(why) => Diagnostic::new(
            Code::Unreadable,
            format!("`{}` cannot be read: {why}", path.display()),
        )
        .help("name a script that can be read"),
    }
    .into()
}
