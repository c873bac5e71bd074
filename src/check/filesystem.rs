//! Owns what the disk says of paths: inputs are there and readable, outputs can be written and overwrite nothing. (io:
//! looks, and changes nothing)

mod words;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::discovery::{similar_files, workspace};
use crate::disk;
use crate::file;
use crate::manifest::Step;
use crate::requirement::{DataType, Kind, Requirement};
use crate::source::{Place, Source};

pub(super) use self::words::asked;
use self::words::{
    collision, dangling, empty, no_match, none_fits, not_found, output_named, outside, overwrites,
    unreadable, unwritable, wired_instead, wrong_kind,
};
use super::values::{Taken, Values, is_path, paths, working_folder};
use super::{format, glob};

/// Looks at every path of the selected steps that is known before the run.
pub fn check(analysis: &Analysis, values: &Values, selected: &[usize]) -> Diagnostics {
    let folder = &analysis.manifest.folder;
    let mut problems = Diagnostics::new();
    let mut written: HashMap<PathBuf, Written> = HashMap::new();
    let made = made_upstream(analysis, values);
    let kept = Kept::of(analysis, values);
    let workspace = OnceCell::new();
    for &index in selected {
        let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
        problems.extend(check_folder(analysis, step));
        for (requirement, taken) in analysed.requirements.iter().zip(values.of(index)) {
            let Some((all, place)) = known(requirement, taken, folder) else {
                continue;
            };
            let subject = Subject {
                step,
                requirement,
                place,
                folder,
                script: analysed.script.source.as_ref(),
            };
            for path in all {
                problems.extend(check_outside(&subject, &path, &workspace));
                match requirement.kind {
                    Kind::Output if !requirement.supplied => {
                        let reader = |reader| stands_to(analysis, reader, index, &path);
                        problems.extend(check_output(&kept, &subject, &path, &reader));
                        let other = written.insert(
                            path,
                            Written {
                                step: step.name.clone(),
                                place: subject.place.clone(),
                            },
                        );
                        if let Some(other) = other {
                            problems.push(collision(&subject, &other));
                        }
                    }
                    // What a script that cannot be read opens by itself is told once it can.
                    _ if !analysed.is_whole && !requirement.is_answerable() => {}
                    Kind::Input | Kind::Output if !is_made(&path, &made, folder) => {
                        let found = check_input(&subject, &path);
                        let upstream = found.as_ref().and_then(|_| output_named(analysis, &path));
                        problems.extend(match (found, upstream) {
                            (Some(found), Some(upstream)) => {
                                Some(found.help(wired_instead(&upstream)))
                            }
                            (found, _) => found,
                        });
                    }
                    _ => {}
                }
            }
        }
    }
    problems
}

/// What is looked at, and where it is told.
pub(super) struct Subject<'a> {
    /// The step.
    pub(super) step: &'a Step,
    /// What of it.
    pub(super) requirement: &'a Requirement,
    /// Where its value is given.
    pub(super) place: Option<Place>,
    /// The manifest's folder.
    pub(super) folder: &'a Path,
    /// The text of the step's script, where it is one file.
    pub(super) script: Option<&'a Source>,
}

/// Who writes a path.
struct Written {
    step: String,
    place: Option<Place>,
}

/// The paths of a value that lie on this disk before the run, and the place that gives them.
pub(super) fn known(
    requirement: &Requirement,
    taken: &Taken,
    folder: &Path,
) -> Option<(Vec<PathBuf>, Option<Place>)> {
    if !is_path(requirement) {
        return None;
    }
    let asked = requirement
        .evidence
        .first()
        .map(|evidence| evidence.place.clone());
    match taken {
        Taken::Answer { value, place, .. } => Some((paths(value, folder), Some(place.clone()))),
        Taken::Declared(value) => Some((paths(value, folder), asked)),
        Taken::Fixed(path) => Some((vec![path.clone()], asked)),
        Taken::Upstream(_) | Taken::Ours(_) | Taken::Own => None,
    }
}

/// Paths that some step of the pipeline writes: they need not be there before the run.
pub(super) fn made_upstream(analysis: &Analysis, values: &Values) -> HashSet<PathBuf> {
    let mut made = HashSet::new();
    for (index, analysed) in analysis.steps.iter().enumerate() {
        for (requirement, taken) in analysed.requirements.iter().zip(values.of(index)) {
            if requirement.kind == Kind::Output && !requirement.supplied {
                made.extend(
                    known(requirement, taken, &analysis.manifest.folder)
                        .into_iter()
                        .flat_map(|(paths, _)| paths),
                );
            }
        }
    }
    made
}

/// Whether a path, or a folder around it, is written by some step.
pub(super) fn is_made(path: &Path, made: &HashSet<PathBuf>, folder: &Path) -> bool {
    around(path, folder).any(|path| made.contains(path))
}

/// A path and the folders around it, but none that is around the whole pipeline.
pub(super) fn around<'a>(path: &'a Path, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
    path.ancestors()
        .take_while(move |path| !folder.starts_with(path))
}

/// Whether what a step reads has to be kept from another that writes to the same place. It has not where the reader
/// needs the writer, for then it reads what is written, nor where nothing is there yet, for then at most the need is
/// missing.
fn stands_to(analysis: &Analysis, reader: usize, writer: usize, path: &Path) -> bool {
    let graph = &analysis.manifest.graph;
    !graph.needs(reader, writer)
        && (reader == writer || graph.needs(writer, reader) || disk::exists(path))
}

fn check_folder(analysis: &Analysis, step: &Step) -> Option<Diagnostic> {
    let cwd = step
        .settings
        .cwd
        .as_ref()
        .filter(|cwd| !cwd.value.contains("${"))?;
    let path = working_folder(analysis, step);
    (!disk::is_dir(&path)).then(|| {
        let near = similar_files(&path, &analysis.manifest.folder)
            .map(|near| format!("did you mean `{near}`?"));
        Diagnostic::new(
            Code::InvalidValue,
            format!("the working folder of step `{}` does not exist", step.name),
        )
        .at(analysis.manifest.at(cwd.span), "no folder of this name")
        .help(near.unwrap_or_else(|| "paths are relative to the manifest's folder".to_owned()))
    })
}

fn check_input(subject: &Subject<'_>, path: &Path) -> Option<Diagnostic> {
    let requirement = subject.requirement;
    let metadata = match disk::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if glob::is_pattern(path) => {
            let nothing = error.kind() == io::ErrorKind::NotFound && !glob::matches_any(path);
            return nothing.then(|| no_match(subject, path));
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Some(match disk::read_link(path) {
                Ok(target) => dangling(subject, path, &target),
                Err(_) => not_found(subject, path),
            });
        }
        Err(error) => return Some(unreadable(subject, path, &file::plain(&error))),
    };
    let wants_folder = requirement.data_type == Some(DataType::Folder);
    if wants_folder && !metadata.is_dir() {
        return Some(wrong_kind(subject, path, "a file", "a folder"));
    }
    if metadata.is_dir() && !wants_folder && requirement.data_type.is_some() {
        return Some(wrong_kind(subject, path, "a folder", "a file"));
    }
    if metadata.is_dir() {
        let first = disk::read_dir(path).map(|mut entries| entries.next());
        return match (first, &requirement.files) {
            (Err(error), _) => Some(unreadable(subject, path, &file::plain(&error))),
            (Ok(None), _) => Some(empty(subject, path, "folder")),
            (Ok(_), Some(files)) if !glob::matches_any(&path.join(files)) => {
                Some(none_fits(subject, path, files))
            }
            _ => None,
        };
    }
    if metadata.is_file() {
        if let Err(error) = disk::open(path) {
            return Some(unreadable(subject, path, &file::plain(&error)));
        }
        return match metadata.len() {
            // What the system makes up while it is read has no length.
            0 if !path.starts_with("/proc")
                && !path.starts_with("/sys")
                && !requirement.only_tested =>
            {
                Some(empty(subject, path, "file"))
            }
            0 => None,
            _ => format::check(subject, path),
        };
    }
    is_pipe(&metadata).then(|| wrong_kind(subject, path, "a pipe", "a file"))
}

/// Whether reading would wait for somebody to write.
#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo() || metadata.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_metadata: &fs::Metadata) -> bool {
    false
}

/// Whether a path that somebody wrote down leads out of the workspace. What a variable gives may lie anywhere.
fn check_outside(
    subject: &Subject<'_>,
    path: &Path,
    workspace: &OnceCell<PathBuf>,
) -> Option<Diagnostic> {
    let place = subject.place.as_ref()?;
    let written = place.source.slice(place.span);
    let is_free = !subject.requirement.is_answerable()
        || path.starts_with(subject.folder)
        || path.starts_with("/dev")
        || written.contains("${");
    if is_free {
        return None;
    }
    let workspace = workspace.get_or_init(|| workspace_of(subject.folder));
    (!path.starts_with(workspace)).then(|| outside(subject, workspace))
}

/// The outermost folder that belongs to the project: its repository, or its Cargo workspace.
fn workspace_of(folder: &Path) -> PathBuf {
    let repository = folder
        .ancestors()
        .find(|above| disk::exists(above.join(".git")));
    let around = || Some(workspace::find(folder, &|_| None)?.root);
    repository
        .map(Path::to_owned)
        .or_else(around)
        .unwrap_or_else(|| folder.to_owned())
}

fn check_output(
    kept: &Kept,
    subject: &Subject<'_>,
    path: &Path,
    is_kept_for: &dyn Fn(usize) -> bool,
) -> Option<Diagnostic> {
    if let Some(what) = kept.overwritten(path, is_kept_for) {
        return Some(overwrites(subject, path, what));
    }
    let wants_folder = subject.requirement.data_type == Some(DataType::Folder);
    match disk::metadata(path) {
        Ok(metadata)
            if metadata.is_dir() && !wants_folder && subject.requirement.data_type.is_some() =>
        {
            return Some(unwritable(
                subject,
                path,
                "it is a folder, and a file is written",
            ));
        }
        Ok(metadata) if metadata.is_file() && wants_folder => {
            return Some(unwritable(
                subject,
                path,
                "it is a file, and a folder is written",
            ));
        }
        _ => {}
    }
    let there = path.ancestors().find(|above| disk::exists(above))?;
    if there != path && !disk::is_dir(there) {
        return Some(unwritable(
            subject,
            path,
            &format!("`{}` is a file", file::display(there, subject.folder)),
        ));
    }
    let writable = rustix::fs::access(there, rustix::fs::Access::WRITE_OK).is_ok();
    (!writable).then(|| {
        unwritable(
            subject,
            path,
            &format!(
                "`{}` does not allow writing",
                file::display(there, subject.folder)
            ),
        )
    })
}

/// What of the user's must not be overwritten, by its path.
struct Kept {
    by_path: HashMap<PathBuf, Vec<Thing>>,
    /// The same by the paths to which links lead, found when first asked for.
    real: OnceCell<HashMap<PathBuf, Vec<Thing>>>,
}

/// One thing of the user's.
#[derive(Clone)]
struct Thing {
    /// What it is, in words.
    what: String,
    /// The step that reads it, by its place in the manifest; none for what is the pipeline's own.
    reader: Option<usize>,
}

impl Kept {
    fn of(analysis: &Analysis, values: &Values) -> Self {
        let folder = &analysis.manifest.folder;
        let mut by_path: HashMap<PathBuf, Vec<Thing>> = HashMap::new();
        let mut keep = |path: PathBuf, what: String, reader: Option<usize>| {
            by_path
                .entry(path)
                .or_default()
                .push(Thing { what, reader });
        };
        for own in [
            analysis.manifest.source.path().to_owned(),
            analysis.beside("answers.yaml"),
        ] {
            keep(own, "a file that describes the pipeline".to_owned(), None);
        }
        for (index, analysed) in analysis.steps.iter().enumerate() {
            let name = &analysis.manifest.steps[index].name;
            for source in analysed.script.source.iter().chain(&analysed.local_files) {
                let what = format!("source code of step `{name}`");
                keep(source.path().to_owned(), what, None);
            }
            for (requirement, taken) in analysed.requirements.iter().zip(values.of(index)) {
                let reads = requirement.kind == Kind::Input || requirement.supplied;
                if !reads || !matches!(taken, Taken::Answer { .. } | Taken::Declared(_)) {
                    continue;
                }
                for path in known(requirement, taken, folder)
                    .into_iter()
                    .flat_map(|k| k.0)
                {
                    let (kind, input) = (requirement.kind, &requirement.name);
                    let what = format!("the {kind} `{input}` of step `{name}`");
                    keep(path, what, Some(index));
                }
            }
        }
        Self {
            by_path,
            real: OnceCell::new(),
        }
    }

    /// What an output at this path would overwrite; of what a step reads, only what is kept for that step.
    fn overwritten(&self, path: &Path, is_kept_for: &dyn Fn(usize) -> bool) -> Option<&str> {
        let by_path = self.by_path.get(path);
        let by_link = || {
            let path = disk::canonicalize(path).ok()?;
            let real = self.real.get_or_init(|| {
                let each = self.by_path.iter();
                each.filter_map(|(path, what)| Some((disk::canonicalize(path).ok()?, what.clone())))
                    .collect()
            });
            real.get(&path)
        };
        let things = by_path.or_else(by_link)?;
        let kept = things
            .iter()
            .find(|thing| thing.reader.is_none_or(is_kept_for))?;
        Some(&kept.what)
    }
}
