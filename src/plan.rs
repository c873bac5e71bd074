//! Owns the plan: the exact invocations of a run, in order, after every check has passed. Knows nothing of how
//! they are carried out.

mod beside;
pub mod build;
pub mod changed;
mod command_line;
mod container;
mod enclose;
mod looks;
mod machine;
pub mod outline;
pub mod reads;
pub mod select;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use crate::file;
use crate::manifest::expect::Expected;
use crate::manifest::retries::Retries;
use crate::requirement::DataType;
use crate::script::CargoTarget;
use crate::source::Place;

pub use self::container::Container;
pub use self::reads::Reads;

/// Everything a run needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub pipeline: String,
    /// The manifest's folder; absolute.
    pub root: PathBuf,
    /// How long a whole run may take.
    pub timeout: Option<Duration>,
    /// Where everything of this pipeline is kept (`target/runtime-test/<pipeline>`); absolute.
    pub home: PathBuf,
    /// What to do, each after all that it needs.
    pub invocations: Vec<Invocation>,
}

impl Plan {
    /// The folder in which a step's outputs lie when nobody says otherwise.
    pub fn output_folder(&self, step: &str) -> PathBuf {
        self.home.join("outputs").join(file::name_for(step))
    }

    /// The folder for files of this tool that its programs need.
    pub fn main_folder(&self) -> PathBuf {
        self.home.join("main")
    }

    /// Texts that must never be shown, of all steps.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secrets = self.invocations.iter().flat_map(|step| &step.secrets);
        secrets.map(String::as_str)
    }
}

/// One step's process, spelled out.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The step's name.
    pub step: String,
    /// What it runs, as people are told of it: `scripts/clean.py`, `cargo bin report`; a script's own name.
    pub script: String,
    /// What is started.
    pub program: Program,
    /// The container that it runs in.
    pub container: Option<Container>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its working folder; absolute.
    pub dir: PathBuf,
    /// Variables set on top of those inherited.
    pub env: Vec<(String, String)>,
    /// Files written before the start, for steps that take their values as a document.
    pub documents: Vec<Document>,
    /// Folders that stand at container paths for it alone.
    pub stages: Vec<Stage>,
    /// Invocations that have to pass before, as places in [`Plan::invocations`].
    pub needs: Vec<usize>,
    /// Paths it reads.
    pub inputs: Vec<PlannedPath>,
    /// Paths it writes.
    pub outputs: Vec<PlannedPath>,
    /// What is expected of what it writes.
    pub expectations: Vec<PlannedExpectation>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How a failed attempt is followed by another.
    pub retries: Retries,
    /// How long an attempt may take before people are told that it is slow.
    pub slow: Option<Duration>,
    /// Ready steps of a higher one start first.
    pub priority: i32,
    /// Which variables it inherits.
    pub inherits: Inherits,
    /// How many of the parallel places it takes.
    pub weight: usize,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// Texts that must never be shown.
    pub secrets: Vec<String>,
    /// Whether the user gave answers for it.
    pub configured: Configured,
    /// The framework its script uses.
    pub framework: Option<String>,
    /// What it reads besides what it is given, from which it is known whether an earlier result still stands.
    pub reads: Reads,
    /// Whether an earlier result may stand for it at all.
    pub reuse: bool,
}

/// A file that the tool writes for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where; absolute.
    pub path: PathBuf,
    /// What.
    pub text: String,
}

/// A folder that stands at a container path for one invocation alone. It is made anew for every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The container path: `/opt/ml`.
    pub at: PathBuf,
    /// The folder, below the step's own; absolute.
    pub folder: PathBuf,
    /// Folders in it that a program may take for granted; absolute.
    pub folders: Vec<PathBuf>,
    /// Links in it, and where each leads; absolute.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// What an invocation starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program at an absolute path; in a container also one that its image finds by its name.
    At(PathBuf),
    /// The binary of a target that Cargo builds first.
    Cargo(CargoTarget),
    /// Nothing: an external step, whose outputs only have to be there.
    Nothing,
}

/// Which variables of the caller's environment an invocation inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Inherits {
    /// All of them.
    #[default]
    All,
    /// Those of these names; one that ends with `*` stands for all that begin so.
    Only(Vec<String>),
}

impl Inherits {
    /// Whether the variable of this name is inherited.
    pub fn takes(&self, name: &OsStr) -> bool {
        let Self::Only(names) = self else {
            return true;
        };
        names.iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => name.as_encoded_bytes().starts_with(beginning.as_bytes()),
            None => name == known.as_str(),
        })
    }
}

/// A path that an invocation reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPath {
    /// The requirement's name.
    pub name: String,
    /// Where it lies; absolute.
    pub path: PathBuf,
    /// What lies there, where that is known.
    pub data_type: Option<DataType>,
    /// Whether the step has failed, or cannot start, without it.
    pub required: bool,
    /// Whether it lies in the run's own folder, which the run creates and may empty.
    pub ours: bool,
    /// Of a table that is read: the columns that it has to have, as the manifest or the code says for sure.
    pub columns: Vec<String>,
}

/// Something that is expected of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedExpectation {
    /// The output's name.
    pub output: String,
    /// Where it lies; absolute.
    pub path: PathBuf,
    /// What lies there, where that is known.
    pub data_type: Option<DataType>,
    /// Whether it has to be there at all.
    pub required: bool,
    /// What is expected.
    pub what: Expected,
    /// Where the manifest says so.
    pub place: Place,
}

impl PlannedExpectation {
    /// Where the manifest says so: file, line and column.
    pub fn at(&self) -> String {
        let (line, column) = self.place.line_column();
        format!("{}:{line}:{column}", self.place.source.name())
    }
}

/// Who configured a step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Configured {
    /// The user, through answers.
    ByUser,
    /// Nobody had to.
    Auto,
}
