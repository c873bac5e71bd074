//! Owns the question which steps have changed since a revision: by their scripts, what those load, their inputs, and what
//! the manifest and the answers say of them. (io: asks git)

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::beside;
use crate::analysis::Analysis;
use crate::check::Checked;
use crate::check::values::{Taken, paths, working_folder};
use crate::file;
use crate::requirement::Kind;
use crate::script::Launcher;
use crate::source::Source;
use crate::yaml;

/// The names of steps that have changed since `rev`, in the manifest's order.
///
/// # Errors
/// Why git cannot tell.
pub fn since(rev: &str, analysis: &Analysis, checked: &Checked) -> Result<Vec<String>, String> {
    let manifest = &analysis.manifest;
    let git = Git::open(&manifest.folder, rev)?;
    let changed = git.changed()?;
    let documents = [manifest.source.path().to_owned(), analysis.answers()];
    let said: Vec<Said> = documents
        .into_iter()
        .chain(analysis.profile_answers())
        .map(|path| match changed.contains(&path) {
            false => Said::Nothing,
            true => git.steps_changed(&path),
        })
        .collect();
    let of_step = |index: &usize| {
        let name = &manifest.steps[*index].name;
        said.iter().any(|said| match said {
            Said::Nothing => false,
            Said::Everything => true,
            Said::Of(steps) => steps.contains(name),
        }) || files(analysis, checked, *index).iter().any(|file| {
            changed.contains(file) || changed.iter().any(|changed| changed.starts_with(file))
        })
    };
    let steps = (0..manifest.steps.len()).filter(of_step);
    Ok(steps
        .map(|index| manifest.steps[index].name.clone())
        .collect())
}

/// Files and folders that decide what a step does.
fn files(analysis: &Analysis, checked: &Checked, index: usize) -> Vec<PathBuf> {
    let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
    let folder = working_folder(analysis, step);
    let mut files: Vec<PathBuf> = Vec::new();
    files.extend(
        analysed
            .script
            .source
            .iter()
            .map(|source| source.path().to_owned()),
    );
    files.extend(
        analysed
            .local_files
            .iter()
            .map(|source| source.path().to_owned()),
    );
    let own = analysed.script.source.iter().chain(&analysed.local_files);
    files.extend(beside::named(analysed.script.language, own, &folder));
    let evidence = analysed.requirements.iter().flat_map(|r| &r.evidence);
    let evidence = evidence.map(|evidence| evidence.place.source.path());
    files.extend(
        evidence
            .filter(|path| *path != analysis.manifest.source.path())
            .map(Path::to_owned),
    );
    match &analysed.script.launcher {
        // All of its package may be built into it.
        Launcher::Cargo(target) => files.extend(target.manifest.parent().map(Path::to_owned)),
        Launcher::Command(words) => {
            files.extend(words.iter().map(|word| file::resolve(&folder, word)))
        }
        _ => {}
    }
    let requirements = analysed.requirements.iter().zip(checked.values.of(index));
    // What an external step gives is what its consumers read.
    let is_read = |kind| kind == Kind::Input || analysed.script.launcher == Launcher::External;
    for (requirement, taken) in requirements.filter(|(requirement, _)| is_read(requirement.kind)) {
        match taken {
            Taken::Answer { value, .. } | Taken::Declared(value) => {
                files.extend(paths(value, &analysis.manifest.folder));
            }
            Taken::Fixed(path) => files.push(path.clone()),
            Taken::Own => files.extend(
                requirement
                    .default
                    .iter()
                    .flat_map(|value| paths(value, &folder)),
            ),
            Taken::Upstream(_) | Taken::Ours(_) => {}
        }
    }
    // The whole project is nobody's input.
    files.retain(|file| *file != analysis.manifest.folder);
    files
}

/// What a document that has changed says otherwise than before.
enum Said {
    /// Nothing.
    Nothing,
    /// Something about these steps.
    Of(BTreeSet<String>),
    /// Something that holds for all steps.
    Everything,
}

/// A repository and a revision of it.
struct Git<'a> {
    folder: &'a Path,
    rev: &'a str,
    /// Its work tree; absolute.
    top: PathBuf,
}

impl<'a> Git<'a> {
    fn open(folder: &'a Path, rev: &'a str) -> Result<Self, String> {
        let git = Self {
            folder,
            rev,
            top: PathBuf::new(),
        };
        let top = git.ask(&["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']));
        let commit = format!("{rev}^{{commit}}");
        let known = git.ask(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ]);
        known.map_err(|_| format!("git knows no revision `{rev}` here"))?;
        Ok(Self { top, ..git })
    }

    /// Files that are not as they were, those among them that git does not keep yet.
    fn changed(&self) -> Result<HashSet<PathBuf>, String> {
        let kept = self.ask(&["diff", "--name-only", "--no-renames", "-z", self.rev, "--"])?;
        let new = self.ask(&[
            "ls-files",
            "--others",
            "--exclude-standard",
            "--full-name",
            "-z",
            ":/",
        ])?;
        let names = [kept, new].concat();
        let names = names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        let names = names.map(|name| self.top.join(String::from_utf8_lossy(name).as_ref()));
        Ok(names.map(|path| self.as_we_name_it(path)).collect())
    }

    /// git follows links to the work tree; people may have come another way.
    fn as_we_name_it(&self, path: PathBuf) -> PathBuf {
        let real = self.folder.canonicalize();
        let inside = real
            .ok()
            .and_then(|real| path.strip_prefix(real).ok().map(Path::to_owned));
        inside.map_or(path, |inside| self.folder.join(inside))
    }

    /// Which steps a changed manifest or answers file speaks of otherwise than before.
    fn steps_changed(&self, path: &Path) -> Said {
        let name = path.strip_prefix(self.folder).unwrap_or(path);
        let spec = format!("{}:./{}", self.rev, name.display());
        let before = self
            .ask(&["show", "--end-of-options", &spec])
            .unwrap_or_default();
        let before = Source::from_bytes(path, "", &before);
        let now = file::read_lossy(path, self.folder).unwrap_or_else(|_| Source::new(path, "", ""));
        let value = |source: &Source| yaml::parse(source).map(|document| document.value);
        let (Ok(mut before), Ok(mut now)) = (value(&before), value(&now)) else {
            return Said::Everything;
        };
        let steps = |value: &mut Value| {
            let steps = value.get_mut("steps").map(Value::take);
            steps
                .and_then(|steps| steps.as_object().cloned())
                .unwrap_or_default()
        };
        let (old, new) = (steps(&mut before), steps(&mut now));
        let is_new_file = before.is_null() || now.is_null();
        if before != now && !is_new_file {
            return Said::Everything;
        }
        let names = old.keys().chain(new.keys());
        let differ = names.filter(|name| old.get(*name) != new.get(*name));
        Said::Of(differ.cloned().collect())
    }

    fn ask(&self, args: &[&str]) -> Result<Vec<u8>, String> {
        let output = Command::new("git")
            .arg("-C")
            .arg(self.folder)
            .args(args)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("git could not be started: {}", file::plain(&error)))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.lines().next().unwrap_or_default();
                let said = said.trim_start_matches("fatal: ");
                Err(format!("git says: {said}"))
            }
        }
    }
}
