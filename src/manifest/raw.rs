//! Owns the manifest exactly as it is written: the types behind `schemas/manifest.schema.json`. No behaviour.
//!
//! Unknown keys are forbidden by the schema and ignored here, so that one of them does not hide other findings.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::expect::RawExpect;
use super::retries::Backoff;
use crate::requirement::MainParameter;
use crate::script::{Entry, Language};

/// A pipeline: its steps, their scripts and edges.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "The manifest of cargo runtime-test")]
pub struct RawManifest {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The pipeline's name; the name of the manifest's folder where it is not given.
    pub pipeline: Option<String>,
    /// How long a whole run may take: `90s`, `10m`, `1h 30m`, or a number of seconds.
    pub timeout: Option<RawDuration>,
    /// Settings for every step that does not have its own.
    #[serde(default)]
    pub defaults: RawDefaults,
    /// The steps, by name.
    pub steps: IndexMap<String, RawStep>,
    /// A folder of contract files, relative to the manifest's: each is used for the script it speaks of.
    pub catalog: Option<String>,
    /// Changes to all of the above, by name; chosen with `--profile`.
    #[serde(default)]
    pub profiles: IndexMap<String, RawProfile>,
}

/// Settings for every step that does not have its own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawDefaults {
    /// How long one attempt may take: `90s`, `10m`, `1h 30m`, or a number of seconds.
    pub timeout: Option<RawDuration>,
    /// How many further attempts follow a failed one, or that and the pauses between them.
    pub retries: Option<RawRetries>,
    /// How long an attempt may take before people are told that it is slow, and how often they are told again.
    pub slow: Option<RawDuration>,
    /// Ready steps of a higher priority start first, and with them what they need.
    #[schemars(range(min = -100, max = 100))]
    pub priority: Option<i32>,
    /// Which variables are inherited: all of them (`inherit`), or only what programs need to start at all and what the
    /// script is known to read (`clean`), with further ones under `keep`.
    pub environment: Option<RawEnvironment>,
    /// Variables set for every step.
    #[serde(default)]
    pub env: IndexMap<String, RawScalar>,
    /// The working folder, relative to the manifest's.
    pub cwd: Option<String>,
    /// How many of the parallel places a step takes.
    #[schemars(range(min = 1))]
    pub weight: Option<usize>,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// Whether an earlier result stands for a step while nothing that it reads has changed; true where it is not given.
    pub cache: Option<bool>,
    /// The image of a container that every step runs in: its name, or that and the program that runs containers.
    pub image: Option<RawImage>,
    /// The program that starts scripts of a language; a path with a `/` is relative to the manifest's folder.
    #[serde(default)]
    #[schemars(with = "RawInterpreters")]
    pub interpreters: IndexMap<Language, RawInterpreter>,
}

/// Programs by language, as the schema tells of them.
#[expect(dead_code, reason = "stands for a mapping in the schema")]
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawInterpreters {
    /// What runs Python: `python3`, `.venv/bin/python`.
    python: Option<RawInterpreter>,
    /// What runs shell scripts: `bash`.
    shell: Option<RawInterpreter>,
    /// What runs R: `Rscript`.
    r: Option<RawInterpreter>,
    /// What runs notebooks: `papermill`.
    notebook: Option<RawInterpreter>,
    /// What runs Rust files that belong to no Cargo package.
    rust: Option<RawInterpreter>,
    /// What runs everything else.
    other: Option<RawInterpreter>,
}

/// How a failed attempt is followed by another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawRetries {
    /// How often, without a pause.
    Count(#[schemars(range(max = 1000))] u32),
    /// How often, and after which pauses.
    Full(RawBackoff),
}

/// How often a failed attempt is followed by another, and after which pauses.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawBackoff {
    /// How many further attempts follow a failed one.
    #[schemars(range(max = 1000))]
    pub count: u32,
    /// Whether the pause stays the same (`fixed`) or doubles (`exponential`) from one attempt to the next.
    pub backoff: Option<Backoff>,
    /// The pause before the second attempt: `1s`, `500ms`, or a number of seconds.
    pub delay: Option<RawDuration>,
    /// The longest that an exponential pause grows to.
    pub max_delay: Option<RawDuration>,
    /// Whether each pause is shortened by chance, to between a half and the whole of it.
    #[serde(default)]
    pub jitter: bool,
}

/// Which variables a step inherits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawEnvironment {
    /// By a word.
    Word(RawInherit),
    /// Only what is known to be needed, and these.
    Keep(RawKeep),
}

/// Which variables a step inherits, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawInherit {
    /// All of them.
    Inherit,
    /// Only what programs need to start at all, and what the script is known to read.
    Clean,
}

/// A clean environment with more in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawKeep {
    /// Names of further variables; one that ends with `*` stands for all that begin so.
    pub keep: Vec<String>,
}

/// What a profile changes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawProfile {
    /// How long a whole run may take.
    #[expect(dead_code, reason = "laid over the manifest before it is read")]
    timeout: Option<RawDuration>,
    /// Settings for every step that does not have its own.
    #[serde(default)]
    #[expect(dead_code, reason = "laid over the manifest before it is read")]
    defaults: RawDefaults,
    /// Steps, by name: what is given here replaces what the manifest says.
    #[serde(default)]
    #[expect(dead_code, reason = "laid over the manifest before it is read")]
    steps: IndexMap<String, RawStep>,
}

/// A node of the DAG. It has exactly one of `script`, `module`, `cargo`, `command` and `external`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawStep {
    /// What the step is for.
    pub description: Option<String>,
    /// The script's path, relative to the manifest's folder.
    pub script: Option<String>,
    /// A Python module, run as `python -m`.
    pub module: Option<String>,
    /// A target that Cargo builds.
    pub cargo: Option<RawCargo>,
    /// A program and its arguments; `${inputs.x}` and the like stand for resolved values.
    pub command: Option<Vec<String>>,
    /// Whether somebody else makes the step's outputs; the answers say where they lie.
    pub external: Option<bool>,
    /// How the script is entered: `cli` runs it, `main` calls
    /// `main(input_paths, output_paths, environ_vars, job_args)`.
    pub entry: Option<Entry>,
    /// The program that starts the script; a path with a `/` is relative to the manifest's folder.
    pub interpreter: Option<RawInterpreter>,
    /// The image of a container that the step runs in, by `docker` or `podman`: its name, or that and the program that runs
    /// containers. The manifest's folder and the run's are there under their own names.
    pub image: Option<RawImage>,
    /// The script's contract, relative to the manifest's folder; without it, `<script>.contract.yaml` beside the script is
    /// read where it is there.
    pub contract: Option<String>,
    /// Steps that have to pass before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Paths the script reads. A text is a fixed path.
    #[serde(default)]
    pub inputs: IndexMap<String, RawDeclaration>,
    /// Paths the script writes. A text is a fixed path.
    #[serde(default)]
    pub outputs: IndexMap<String, RawDeclaration>,
    /// Variables the script reads. A plain value is what it is set to.
    #[serde(default)]
    pub env: IndexMap<String, RawDeclaration>,
    /// Parameters on the script's command line. A plain value is what is passed.
    #[serde(default)]
    pub args: IndexMap<String, RawDeclaration>,
    /// How long one attempt may take: `90s`, `10m`, `1h 30m`, or a number of seconds.
    pub timeout: Option<RawDuration>,
    /// How many further attempts follow a failed one, or that and the pauses between them.
    pub retries: Option<RawRetries>,
    /// How long an attempt may take before people are told that it is slow, and how often they are told again.
    pub slow: Option<RawDuration>,
    /// Ready steps of a higher priority start first, and with them what they need.
    #[schemars(range(min = -100, max = 100))]
    pub priority: Option<i32>,
    /// Which variables are inherited: all of them (`inherit`), or only what programs need to start at all and what the
    /// script is known to read (`clean`), with further ones under `keep`.
    pub environment: Option<RawEnvironment>,
    /// The working folder, relative to the manifest's.
    pub cwd: Option<String>,
    /// How many of the parallel places the step takes.
    #[schemars(range(min = 1))]
    pub weight: Option<usize>,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// Whether an earlier result stands for a step while nothing that it reads has changed; true where it is not given.
    pub cache: Option<bool>,
}

/// A target that Cargo builds: a binary or an example.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawCargo {
    /// A binary's name.
    pub bin: Option<String>,
    /// An example's name.
    pub example: Option<String>,
    /// The package that has it, where several do.
    pub package: Option<String>,
    /// Whether it is built with optimisations.
    #[serde(default)]
    pub release: bool,
    /// Features to build it with.
    #[serde(default)]
    pub features: Vec<String>,
}

/// A requirement, declared in full or by its value alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawDeclaration {
    /// In full.
    Full(Box<RawRequirement>),
    /// By its value alone.
    Value(RawScalar),
    /// By several values.
    List(Vec<RawScalar>),
    /// By its name alone.
    Bare(()),
}

/// One thing a step needs or gives.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawRequirement {
    /// What it is for.
    pub description: Option<String>,
    /// The type of its value: `path`, `string`, `int`, `float`, `bool`, `choice`, `list`; or what lies at a path: `csv`,
    /// `json`, `parquet`, `folder`, ….
    #[serde(rename = "type")]
    #[schemars(extend("enum" = type_words()))]
    pub value_type: Option<String>,
    /// The type of a list's values.
    #[schemars(extend("enum" = ["path", "string", "int", "float", "bool"]))]
    pub items: Option<String>,
    /// Whether the script stops without it.
    pub required: Option<bool>,
    /// What is taken when nothing is answered.
    pub default: Option<Value>,
    /// The only values that are accepted.
    pub choices: Option<Vec<RawScalar>>,
    /// A regular expression that a value has to match.
    pub pattern: Option<String>,
    /// The smallest number accepted.
    pub min: Option<f64>,
    /// The largest number accepted.
    pub max: Option<f64>,
    /// A value to show to people.
    pub example: Option<Value>,
    /// How it reaches the script.
    pub binding: Option<RawBinding>,
    /// Whether its value must never be shown.
    pub secret: Option<bool>,
    /// A fixed path: nothing is asked.
    pub path: Option<String>,
    /// Other names by which it may be wired.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The upstream output that feeds an input: `step.output`.
    pub from: Option<String>,
    /// What is expected of an output besides its type; it is looked at when the step has ended.
    pub expect: Option<RawExpect>,
    /// Columns of a table: those that an input needs, or all that an output has.
    pub columns: Option<Vec<String>>,
    /// A pattern of file names that at least one file of a folder fits: `*.csv`.
    pub files: Option<String>,
}

/// How a requirement reaches the script: exactly one way.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawBinding {
    /// A flag: `--job-type`.
    pub flag: Option<String>,
    /// The flag's short form: `-j`.
    pub short: Option<String>,
    /// A place on the command line, from 0.
    pub positional: Option<usize>,
    /// A variable.
    pub env: Option<String>,
    /// One of `main`'s dictionaries, with `key`.
    pub main: Option<MainParameter>,
    /// The key in `main`'s dictionary.
    pub key: Option<String>,
    /// A notebook's parameter.
    pub parameter: Option<String>,
    /// A path written into the script.
    pub container_path: Option<String>,
}

/// A text, number or boolean.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawScalar {
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
}

/// A duration: a text such as `10m`, or a number of seconds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawDuration {
    /// `90s`, `10m`, `1h 30m`.
    Text(String),
    /// Seconds.
    Seconds(f64),
}

/// A program: its name, or its name and first arguments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawWords {
    /// Its name.
    One(String),
    /// Its name and first arguments.
    Many(Vec<String>),
}

/// What starts a script: a program, or a program of a certain version.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawInterpreter {
    /// A program.
    Words(RawWords),
    /// A program, its version, or both.
    Full(RawVersioned),
}

/// A program of a certain version.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawVersioned {
    /// The program; the customary one of the language where it is not given.
    pub program: Option<RawWords>,
    /// The versions that will do: `3.11`, `>=3.10`, `>=3.10, <3.13`.
    pub version: Option<String>,
}

/// The image of a container that a step runs in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawImage {
    /// Its name: `python:3.12-slim`.
    Name(#[schemars(length(min = 1))] String),
    /// Its name, and how its containers are run.
    Full(RawContainer),
}

/// The image of a container that a step runs in, and how its containers are run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawContainer {
    /// The image: `python:3.12-slim`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The program that runs containers: `docker`, `podman`, a path relative to the manifest's folder; the first of the two
    /// that is installed where it is not given.
    #[schemars(length(min = 1))]
    pub engine: Option<String>,
    /// Further options of `docker run`: `[--gpus, all]`.
    #[serde(default)]
    pub options: Vec<String>,
}

/// The words that `type` may be.
fn type_words() -> Vec<&'static str> {
    use crate::requirement::DataType;
    let values = ["path", "string", "int", "float", "bool", "choice", "list"];
    values
        .into_iter()
        .chain(DataType::ALL.iter().map(|t| t.as_str()))
        .chain(["dir", "directory", "feather"])
        .collect()
}
