//! Owns the script: what a step runs, in which language it is written, and how it is started. Knows nothing of
//! what it needs.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// The language a script is written in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python.
    Python,
    /// A POSIX shell, bash or zsh.
    Shell,
    /// R.
    R,
    /// A Jupyter notebook.
    Notebook,
    /// Rust, built by Cargo.
    Rust,
    /// Anything else that can be started.
    Other,
}

impl Language {
    /// The word for it in our formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Shell => "shell",
            Self::R => "r",
            Self::Notebook => "notebook",
            Self::Rust => "rust",
            Self::Other => "other",
        }
    }
}

/// How a step enters its script.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// As a program, with a command line.
    #[default]
    Cli,
    /// By calling `main(input_paths, output_paths, environ_vars, job_args)`.
    Main,
}

/// The kind of a Cargo target that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// A binary.
    Bin,
    /// An example.
    Example,
}

/// A Cargo target, as `cargo metadata` knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CargoTarget {
    /// The `Cargo.toml` of its package.
    pub manifest: PathBuf,
    /// The package's name.
    pub package: String,
    /// Binary or example.
    pub kind: TargetKind,
    /// The target's name.
    pub name: String,
    /// Whether it is built with optimisations.
    pub release: bool,
    /// Features to build it with.
    pub features: Vec<String>,
}

/// How a script is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// By an interpreter: its program, its own arguments, then the script.
    Interpreter {
        /// The program: a name to find on PATH or a path.
        program: String,
        /// Arguments that come before the script.
        args: Vec<String>,
    },
    /// By itself: it is executable.
    Direct,
    /// As `python -m MODULE`.
    Module {
        /// The interpreter.
        program: String,
        /// Its own arguments.
        args: Vec<String>,
        /// The module.
        module: String,
    },
    /// By calling `main(…)` in it through a driver, with this interpreter.
    Main {
        /// The interpreter.
        program: String,
        /// Its own arguments.
        args: Vec<String>,
    },
    /// As the binary that Cargo builds.
    Cargo(CargoTarget),
    /// As the manifest spells it.
    Command(Vec<String>),
    /// Not at all: somebody else makes its outputs.
    External,
}

/// What a step runs.
#[derive(Clone, Debug)]
pub struct Script {
    /// How people are told of it: its path, `cargo bin packager`, `python -m tools.prepare`, a command.
    pub name: String,
    /// The text to read, where it is one file.
    pub source: Option<Source>,
    /// Its language.
    pub language: Language,
    /// How the step enters it.
    pub entry: Entry,
    /// How it is started.
    pub launcher: Launcher,
}
