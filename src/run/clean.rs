//! Owns the removal of what runs have left: which of it may go, and that nothing else does. Never leaves the pipeline's
//! own folder and never goes through a link. (io)

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::cache::store::Store;
use super::journal;
use crate::file;

/// What is to go.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Only what is older than this.
    pub older_than: Option<Duration>,
    /// How much of it.
    pub extent: Extent,
}

/// How much is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Runs but the latest and the latest that passed, and what is left of steps that are gone.
    Past,
    /// All of it, outputs and memory included.
    Everything,
}

/// Something that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it lies, relative to the pipeline's folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// How large it is, in bytes.
    pub size: u64,
}

/// What something that may go is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run: its events, logs and reports.
    Run,
    /// The outputs of a step.
    Outputs,
    /// Anything else.
    Other,
}

/// What may go of a pipeline's folder, oldest runs first. `steps` are those that the pipeline has.
///
/// # Errors
/// A folder cannot be read; the path tells which.
pub fn leftovers(
    home: &Path,
    steps: &[&str],
    wish: &Wish,
    now: SystemTime,
) -> Result<Vec<Leftover>, (PathBuf, io::Error)> {
    let known: BTreeSet<String> = steps.iter().map(|step| file::name_for(step)).collect();
    let kept: BTreeSet<String> = match wish.extent {
        Extent::Past => kept(home).into_iter().collect(),
        Extent::Everything => BTreeSet::new(),
    };
    let mut found = Vec::new();
    let mut take = |path: PathBuf, kind| {
        let size = size(&home.join(&path));
        found.push(Leftover { path, kind, size });
    };
    let old = |age: Option<SystemTime>| match (wish.older_than, age) {
        (None, _) => true,
        (Some(limit), Some(then)) => now.duration_since(then).is_ok_and(|age| age > limit),
        (Some(_), None) => false,
    };
    let runs = Path::new("runs");
    for name in names(&home.join(runs))? {
        // What does not bear a run's name was put there by somebody else.
        let began = began(&name);
        if began.is_some()
            && !kept.contains(&name)
            && old(began)
            && is_folder(&home.join(runs).join(&name))
        {
            take(runs.join(&name), Kind::Run);
        }
    }
    let outputs = Path::new("outputs");
    for name in names(&home.join(outputs))? {
        let path = outputs.join(&name);
        let goes = wish.extent == Extent::Everything || !known.contains(&name);
        if goes && old(written(&home.join(&path))) {
            take(path, Kind::Outputs);
        }
    }
    if wish.extent == Extent::Everything && wish.older_than.is_none() {
        for name in [super::cache::store::FILE, "checked.json", "latest", "main"] {
            if fs::symlink_metadata(home.join(name)).is_ok() {
                take(PathBuf::from(name), Kind::Other);
            }
        }
    }
    Ok(found)
}

/// The runs that stay: the latest, and the latest that passed.
pub fn kept(home: &Path) -> Vec<String> {
    let latest = journal::latest(home)
        .and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()));
    let runs = home.join("runs");
    let mut names = names(&runs).unwrap_or_default();
    names.retain(|name| began(name).is_some());
    let passed = |name: &&String| {
        journal::load_summary(&runs.join(name)).is_ok_and(|summary| summary.success)
    };
    let passed = names.iter().rev().find(passed).cloned();
    let mut kept: Vec<String> = latest.into_iter().chain(passed).collect();
    kept.dedup();
    kept
}

/// Removes one thing. A link goes itself; what it leads to stays.
///
/// # Errors
/// It cannot be removed, or its path would lead out of the pipeline's folder; the path tells what.
pub fn remove(home: &Path, leftover: &Leftover) -> Result<(), (PathBuf, io::Error)> {
    let path = home.join(&leftover.path);
    let at = |error| (path.clone(), error);
    let inside = leftover
        .path
        .parent()
        .is_none_or(|above| above.as_os_str().is_empty() || is_folder(&home.join(above)));
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    if !inside || !leftover.path.components().all(plain) {
        return Err(at(io::Error::other(
            "it leads out of the pipeline's folder",
        )));
    }
    let removed = match is_folder(&path) {
        true => fs::remove_dir_all(&path),
        false => fs::remove_file(&path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(error)),
        _ => Ok(()),
    }
}

/// Forgets steps that the pipeline does not have any more.
///
/// # Errors
/// It cannot be written down.
pub fn forget(home: &Path, steps: &[&str]) -> Result<(), (PathBuf, io::Error)> {
    let (mut store, _) = Store::load(home);
    let gone = store.steps().map(|(step, _)| step.to_owned());
    let gone: Vec<String> = gone
        .filter(|step| !steps.contains(&step.as_str()))
        .collect();
    match gone.is_empty() {
        true => Ok(()),
        false => store.forget(&gone),
    }
}

/// Whether it is a folder itself, not a link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// The names in a folder, sorted; none where it is not there or is a link.
fn names(folder: &Path) -> Result<Vec<String>, (PathBuf, io::Error)> {
    if !is_folder(folder) {
        return Ok(Vec::new());
    }
    let at = |error| (folder.to_owned(), error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at)? {
        // A name that is not text is none that we gave.
        names.extend(entry.map_err(at)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// When a run of this name began; nothing where it is no name of a run.
fn began(name: &str) -> Option<SystemTime> {
    let moment = name.get(..15)?;
    let rest = &name[15..];
    let is_ours = rest.starts_with('-')
        && rest
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit());
    let moment = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", moment).ok()?;
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    is_ours.then(|| SystemTime::from(moment.timestamp()))
}

/// When something was last written.
fn written(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

/// The bytes of a file, or of all files in a folder.
fn size(path: &Path) -> u64 {
    let mut sum = 0;
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                open.extend(entries.map(|entry| entry.path()));
            }
            Ok(found) => sum += found.len(),
            Err(_) => {}
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_names_of_runs_are_runs() {
        for (name, expected) in [
            ("20261123T005152-123", true),
            ("20261123T005152-123-001", true),
            ("20261123T005152", false),
            ("20261123T005152-x", false),
            ("20261323T005152-123", false),
            ("mine", false),
            ("éééééééé20261123T", false),
        ] {
            assert_eq!(began(name).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_not_ours_and_what_links_lead_to_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, elsewhere) = (folder.path().join("home"), folder.path().join("elsewhere"));
        for path in [
            "runs/20200101T000000-000/logs",
            "runs/mine",
            "outputs/old",
            "outputs/new",
        ] {
            fs::create_dir_all(home.join(path)).expect("folders");
            fs::write(home.join(path).join("file"), "1234").expect("a file");
        }
        fs::create_dir_all(elsewhere.join("20200101T000000-001")).expect("folders");
        fs::write(elsewhere.join("kept"), "").expect("a file");
        symlink(&elsewhere, home.join("runs/20200101T000000-002")).expect("a link");
        symlink(&elsewhere, home.join("outputs/link")).expect("a link");
        symlink(&elsewhere, home.join("runs/20200101T000000-000/logs/link")).expect("a link");
        let wish = |older_than, extent| Wish { older_than, extent };
        let told = |wish: &Wish| -> Vec<String> {
            let found = leftovers(&home, &["new"], wish, SystemTime::now()).expect("a list");
            found
                .iter()
                .map(|leftover| leftover.path.display().to_string())
                .collect()
        };
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(
            told(&wish(hour, Extent::Past)),
            ["runs/20200101T000000-000"]
        );
        let past = wish(None, Extent::Past);
        assert_eq!(
            told(&past),
            ["runs/20200101T000000-000", "outputs/link", "outputs/old"]
        );
        for leftover in leftovers(&home, &["new"], &past, SystemTime::now()).expect("a list") {
            remove(&home, &leftover).expect("removed");
        }
        assert!(elsewhere.join("kept").exists() && home.join("runs/mine/file").exists());
        assert!(!home.join("outputs/old").exists() && home.join("outputs/new/file").exists());
        assert_eq!(told(&past), Vec::<String>::new());
        // A folder that is a link is not gone into.
        fs::remove_dir_all(home.join("runs")).expect("a removal");
        symlink(&elsewhere, home.join("runs")).expect("a link");
        assert_eq!(told(&past), Vec::<String>::new());
        let through = Leftover {
            path: PathBuf::from("runs/20200101T000000-001"),
            kind: Kind::Run,
            size: 0,
        };
        remove(&home, &through).expect_err("refused");
        let out = Leftover {
            path: PathBuf::from("../elsewhere"),
            ..through
        };
        remove(&home, &out).expect_err("refused");
        assert!(elsewhere.join("20200101T000000-001").exists());
    }
}
