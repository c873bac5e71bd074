//! Owns the building of Cargo targets: which `cargo build` to call, and where its messages say that the executables
//! lie. Knows nothing of steps.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::run::interrupt::Interrupt;
use crate::run::process::{self, Child, Ending, Limits, Output, Variables};
use crate::script::{CargoTarget, TargetKind};
use crate::secret::mask::Mask;

/// How much is kept of what Cargo printed.
const SHOWN: u64 = 256 * 1024;

/// Targets that one call builds: those of one package in one way.
type Call<'a> = (&'a Path, &'a str, bool, &'a [String]);

/// What building needs to know.
#[derive(Debug)]
pub struct Settings<'a> {
    /// Cargo itself; absolute.
    pub cargo: &'a Path,
    /// Where it stands.
    pub dir: &'a Path,
    /// The environment it inherits.
    pub environment: &'a [(OsString, OsString)],
    /// The folder for what it prints.
    pub logs: &'a Path,
    /// What is never shown.
    pub mask: &'a Mask,
    /// How long a call may take.
    pub limits: Limits,
    /// The wish to end early.
    pub interrupt: &'a Interrupt,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Built {
    /// Each target's executable; complete if and only if all were built.
    pub executables: HashMap<CargoTarget, PathBuf>,
    /// What Cargo printed.
    pub output: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Builds each target once.
///
/// # Errors
/// A log cannot be written or read; the path tells which.
pub fn build(
    targets: &BTreeSet<CargoTarget>,
    settings: &Settings<'_>,
) -> Result<Built, (PathBuf, io::Error)> {
    let mut calls: BTreeMap<Call<'_>, Vec<&CargoTarget>> = BTreeMap::new();
    for target in targets {
        let call = (
            &*target.manifest,
            &*target.package,
            target.release,
            &*target.features,
        );
        calls.entry(call).or_default().push(target);
    }
    let env: Variables = settings
        .environment
        .iter()
        .filter(|(name, _)| !is_of_parent(name))
        .cloned()
        .collect();
    let mut built = Built::default();
    for (number, (call, targets)) in calls.into_iter().enumerate() {
        let messages_path = settings.logs.join(format!("cargo.{}.json", number + 1));
        let log_path = settings.logs.join(format!("cargo.{}.log", number + 1));
        let create = |path: &Path| File::create(path).map_err(|error| (path.to_owned(), error));
        let output = Output::Apart(create(&messages_path)?, create(&log_path)?);
        let child = Child {
            program: settings.cargo,
            args: &arguments(call, &targets),
            dir: settings.dir,
            env: &env,
            own: &Variables::default(),
        };
        let ended = process::run(
            &child,
            output,
            settings.mask,
            settings.limits,
            settings.interrupt,
        );
        built.output += &read_end(&log_path).map_err(|error| (log_path.clone(), error))?;
        let failure = match ended.ending {
            Ending::Exited(0) => {
                let messages =
                    File::open(&messages_path).map_err(|error| (messages_path.clone(), error))?;
                let found = executables(BufReader::new(messages), &targets);
                let missing = targets.iter().find(|target| !found.contains_key(**target));
                let failure = missing.map(|target| no_executable(target));
                built.executables.extend(found);
                failure
            }
            Ending::Exited(code) => Some(format!("cargo exited with {code}")),
            Ending::Signalled(signal) => Some(format!("cargo was ended by signal {signal}")),
            Ending::TimedOut(_) => Some("cargo took too long".to_owned()),
            Ending::Interrupted(_) => Some("the build was interrupted".to_owned()),
            Ending::CouldNotStart(reason) => Some(reason),
        };
        let _ = fs::remove_file(&messages_path);
        if failure.is_some() {
            built.failure = failure;
            break;
        }
    }
    Ok(built)
}

/// Whether Cargo set this variable for us because it runs us: it is about our own package, not the one to build, and
/// would only make build scripts run again.
fn is_of_parent(name: &OsString) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let exact = [
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_LINKS",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
    ];
    exact.contains(&name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_EXE_")
}

/// The command line of a call.
fn arguments(call: Call<'_>, targets: &[&CargoTarget]) -> Vec<OsString> {
    let (manifest, package, release, features) = call;
    let mut args: Vec<OsString> = [
        "build",
        "--message-format=json-render-diagnostics",
        "--manifest-path",
    ]
    .map(OsString::from)
    .into();
    args.extend([manifest.into(), "--package".into(), package.into()]);
    for target in targets {
        let kind = match target.kind {
            TargetKind::Bin => "--bin",
            TargetKind::Example => "--example",
        };
        args.extend([OsString::from(kind), OsString::from(&target.name)]);
    }
    if release {
        args.push("--release".into());
    }
    if !features.is_empty() {
        args.extend(["--features".into(), OsString::from(features.join(","))]);
    }
    args
}

/// The part of Cargo's messages that is of interest.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

/// A target in a message.
#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Where the messages say that the executables lie.
fn executables(messages: impl BufRead, targets: &[&CargoTarget]) -> HashMap<CargoTarget, PathBuf> {
    let mut found = HashMap::new();
    for line in messages.lines().map_while(Result::ok) {
        // Build scripts and proc macros may print lines of their own.
        let Ok(message) = serde_json::from_str::<Message>(&line) else {
            continue;
        };
        let (Some(built), Some(manifest), Some(executable)) =
            (message.target, message.manifest_path, message.executable)
        else {
            continue;
        };
        let is_it = |target: &&&CargoTarget| {
            let kind = match target.kind {
                TargetKind::Bin => "bin",
                TargetKind::Example => "example",
            };
            target.name == built.name
                && built.kind.iter().any(|k| k == kind)
                && is_same_file(&target.manifest, &manifest)
        };
        if message.reason == "compiler-artifact"
            && let Some(target) = targets.iter().find(is_it)
        {
            found.insert((*target).clone(), executable);
        }
    }
    found
}

/// Whether two paths lead to one file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    a == b || (canonical(a).is_some() && canonical(a) == canonical(b))
}

/// The end of a log, where the errors are.
fn read_end(path: &Path) -> io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SHOWN)))?;
    let mut bytes = Vec::new();
    file.take(SHOWN).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn no_executable(target: &CargoTarget) -> String {
    format!("cargo built `{}` but named no executable", target.name)
}

#[cfg(test)]
mod tests;
