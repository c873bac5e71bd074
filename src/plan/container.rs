//! Owns the container that a step runs in: what of this machine it sees, and the command line that starts it. Knows
//! nothing of who carries that out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Inherits, Invocation, Plan};
use crate::disk;

/// A container in which an invocation's program runs. Folders of this machine are there under their own names, so that
/// every path means the same inside and outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The program that runs containers; absolute.
    pub engine: PathBuf,
    /// The image, as the engine knows it.
    pub image: String,
    /// Further options, as the manifest gives them.
    pub options: Vec<String>,
    /// Folders and files that it may read.
    pub reads: Vec<PathBuf>,
    /// Folders that it may write.
    pub writes: Vec<PathBuf>,
    /// Which variables of the caller's environment it gets besides those that are set for the step. A container has an
    /// environment of its own, so that these are few.
    pub takes: Vec<String>,
    /// As whom its program runs, where that is not whoever the image says: the user and the group.
    pub user: Option<(u32, u32)>,
}

/// A folder of this machine that is seen in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount<'a> {
    from: &'a Path,
    at: &'a Path,
    writable: bool,
}

impl Container {
    /// The engine's name, as people know it: `docker`.
    pub fn engine_name(&self) -> String {
        name_of(&self.engine)
    }

    /// The arguments by which the engine runs this program, with these variables passed on by their names alone: their
    /// values are in the engine's own environment, where nobody else sees them.
    pub fn arguments(
        &self,
        plan: &Plan,
        invocation: &Invocation,
        program: &Path,
        name: Option<&str>,
        variables: &[&OsStr],
    ) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut words: Vec<String> = vec!["run".into(), "--rm".into()];
        if let Some(name) = name {
            words.extend(["--name".into(), name.to_owned()]);
        }
        if !is_podman(&self.engine) {
            // Somebody in there has to pass signals on; podman does not bring one along everywhere.
            words.push("--init".into());
        }
        if let Some((uid, gid)) = self.user {
            words.extend(["--user".into(), format!("{uid}:{gid}")]);
        }
        if disk::exists("/sys/fs/selinux/enforce") {
            // What is seen keeps its label, with which it could not be touched otherwise.
            words.extend(["--security-opt".into(), "label=disable".into()]);
        }
        for mount in self.mounts(plan, invocation, program) {
            words.extend(["--mount".into(), mount.option()]);
        }
        words.extend(["--workdir".into(), text(&invocation.dir)]);
        for variable in variables.iter().filter_map(|variable| variable.to_str()) {
            words.extend(["--env".into(), variable.to_owned()]);
        }
        // The image's own entry would take the program for its argument.
        words.extend(["--entrypoint".into(), text(program)]);
        words.extend(self.options.iter().cloned());
        words.push(self.image.clone());
        words.extend(invocation.args.iter().cloned());
        words
    }

    /// Whether a variable of the caller's environment is passed on.
    pub fn takes(&self, name: &OsStr) -> bool {
        // One kind of list, one way to read it.
        Inherits::Only(self.takes.clone()).takes(name)
    }

    /// What of this machine is seen, each once: the manifest's folder, the run's, and what lies elsewhere.
    fn mounts<'a>(
        &'a self,
        plan: &'a Plan,
        invocation: &'a Invocation,
        program: &'a Path,
    ) -> Vec<Mount<'a>> {
        let writes = [plan.root.as_path(), &plan.home].into_iter();
        let writes = writes.chain(self.writes.iter().filter_map(|path| there(path)));
        let writes = writes.map(|path| (path, true));
        let reads = self.reads.iter().filter_map(|path| there(path));
        // What Cargo has built lies where Cargo likes.
        let built = disk::is_file(program).then(|| program.parent()).flatten();
        let built = built.filter(|_| matches!(invocation.program, super::Program::Cargo(_)));
        let reads = reads.chain(built).map(|path| (path, false));
        let mut mounts: Vec<Mount<'_>> = Vec::new();
        for (path, writable) in writes.chain(reads) {
            let is_seen =
                |mount: &Mount<'_>| path.starts_with(mount.at) && (mount.writable || !writable);
            if !mounts.iter().any(is_seen) {
                mounts.push(Mount {
                    from: path,
                    at: path,
                    writable,
                });
            }
        }
        mounts.extend(invocation.stages.iter().map(|stage| Mount {
            from: &stage.folder,
            at: &stage.at,
            writable: true,
        }));
        mounts
    }
}

impl Mount<'_> {
    /// As the engine's `--mount` takes it, which reads it as a line of CSV.
    fn option(&self) -> String {
        let field = |key: &str, path: &Path| {
            let field = format!("{key}={}", path.display());
            match field.contains([',', '"', '\n']) {
                true => format!("\"{}\"", field.replace('"', "\"\"")),
                false => field,
            }
        };
        let mut option = format!(
            "type=bind,{},{}",
            field("source", self.from),
            field("target", self.at)
        );
        if !self.writable {
            option.push_str(",readonly");
        }
        option
    }
}

/// The path itself, or the first folder above it that is there; nothing where only the root is.
fn there(path: &Path) -> Option<&Path> {
    let found = path.ancestors().find(|above| disk::exists(above))?;
    found.parent().map(|_| found)
}

/// A program's name, without its folders.
fn name_of(program: &Path) -> String {
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}

/// As whom a program runs in a container, so that what it writes belongs to whoever started the run: nobody in
/// particular where root in there is that user already.
pub(super) fn user_for(engine: &Path) -> Option<(u32, u32)> {
    let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
    (!uid.is_root() && !is_podman(engine)).then(|| (uid.as_raw(), gid.as_raw()))
}

/// Whether an engine is podman, by its name: then root in a container is the user outside, to whom all outputs belong.
fn is_podman(engine: &Path) -> bool {
    name_of(engine).contains("podman")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_read_back_whatever_its_path() {
        let option = |path: &str, writable| {
            let path = Path::new(path);
            Mount {
                from: path,
                at: path,
                writable,
            }
            .option()
        };
        assert_eq!(option("/a b", true), "type=bind,source=/a b,target=/a b");
        assert_eq!(
            option("/a,\"b", false),
            "type=bind,\"source=/a,\"\"b\",\"target=/a,\"\"b\",readonly"
        );
    }

    #[test]
    fn what_is_not_there_yet_is_seen_by_the_folder_that_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("a/b");
        assert_eq!(there(&missing), Some(folder.path()));
        assert_eq!(there(folder.path()), Some(folder.path()));
        assert_eq!(there(Path::new("/no-such-folder/a")), None);
    }
}
