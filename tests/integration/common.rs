//! The sealed place in which commands are tried: a folder of their own, an environment of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project in a folder that goes away with it.
#[must_use]
pub(crate) struct Project {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    /// A project of these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
            env: Vec::new(),
        };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// A copy of a folder of this repository, without what was built or run in it.
    pub(crate) fn copy_of(folder: &str) -> Self {
        let project = Self::new(&[]);
        copy(&repository().join(folder), project.path());
        project
    }

    /// The same project once more, in a folder of its own.
    pub(crate) fn again(&self) -> Self {
        let project = Self::new(&[]);
        copy(self.path(), project.path());
        project
    }

    /// Sets a variable for the commands.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Replaces a text that has to be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Runs the command in the project's folder.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_in("", args)
    }

    /// Runs the command in a folder of the project.
    pub(crate) fn run_in(&self, folder: &str, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-runtime-test"));
        command
            .args(args)
            .current_dir(self.path().join(folder))
            .env_clear();
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "CARGO_NET_OFFLINE",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let output = command
            .envs(self.env.iter().cloned())
            .output()
            .expect("the command starts");
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: self.plain(&output.stdout),
            err: self.plain(&output.stderr),
        }
    }

    /// Text without what differs from one machine to the next.
    fn plain(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let folder = self.path().to_string_lossy().into_owned();
        let real = fs::canonicalize(self.path()).map(|path| path.to_string_lossy().into_owned());
        text.replace(&real.unwrap_or_else(|_| folder.clone()), "[project]")
            .replace(&folder, "[project]")
    }
}

impl Ran {
    /// Fails unless the command ended so.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(
            self.code, expected,
            "\nstdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    /// Fails unless standard error tells this.
    #[track_caller]
    pub(crate) fn tells(self, expected: &str) -> Self {
        assert!(
            self.err.contains(expected),
            "no {expected:?} in\n{}",
            self.err
        );
        self
    }
}

/// The folder of this repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let name = entry.file_name();
        if name == "target" || name == ".runtime-test" || name == "__pycache__" {
            continue;
        }
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(name)),
            false => {
                fs::copy(entry.path(), to.join(name)).expect("copied");
            }
        }
    }
}
