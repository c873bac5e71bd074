//! Owns the outline of a run: its steps, what goes from one to the other, and where every value came from; `plan.json` in
//! a run's folder, for those who tell of the run later. Knows no secret: what must not be shown is not in it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::requirement::{DataType, Kind};

/// A run before it begins; `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outline {
    /// The version of this format: 1.
    pub version: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// The manifest's file name.
    pub manifest: String,
    /// Where the run takes place.
    pub environment: Environment,
    /// Its steps, in order: each after those it needs.
    pub steps: IndexMap<String, StepOutline>,
}

/// Facts about the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The version of this tool.
    pub version: String,
    /// The operating system.
    pub system: String,
    /// The system as it tells people, where it does.
    #[serde(default)]
    pub distribution: Option<String>,
    /// The processor's architecture.
    pub architecture: String,
    /// How many processors there are.
    pub processors: usize,
    /// The commit that is checked out, and its branch; nothing outside of a Git repository.
    #[serde(default)]
    pub commit: Option<String>,
    /// The job of a CI system, and its address where it tells one.
    #[serde(default)]
    pub ci: Option<String>,
}

/// A step before it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepOutline {
    /// What it is for.
    pub description: Option<String>,
    /// What it runs, as people are told of it.
    pub runs: String,
    /// The steps it needs that are part of this run, and what it gets from each.
    pub needs: IndexMap<String, Vec<Wire>>,
    /// Its requirements with their values.
    pub values: Vec<ValueOutline>,
    /// How long one attempt may take, in seconds.
    pub timeout: Option<f64>,
    /// How many further attempts follow a failed one.
    pub retries: u32,
}

/// An output that becomes an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Wire {
    /// The output's name.
    pub output: String,
    /// The input's name.
    pub input: String,
}

/// A requirement and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValueOutline {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How it reaches the script, as people write it.
    pub binding: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its value; paths are absolute. Nothing where the script is not told, and takes nothing.
    pub value: Value,
    /// What lies at the path.
    pub data_type: Option<DataType>,
    /// Where the value came from.
    pub origin: Origin,
    /// Who asked for it.
    pub asked: Option<Asked>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// The answers.
    Answer {
        /// File and line.
        at: String,
    },
    /// An output of another step.
    Upstream {
        /// The step.
        step: String,
        /// Its output.
        output: String,
    },
    /// The manifest or a contract.
    Declared {
        /// File and line, where they are known.
        at: Option<String>,
    },
    /// A path written into the script or the manifest.
    Fixed,
    /// A place in the run's own folder.
    RunFolder,
    /// The script's own default.
    Default,
    /// Nobody: the script does without.
    Nothing,
}

/// Who asked for a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// File and line.
    pub at: String,
    /// The line.
    pub text: String,
}
