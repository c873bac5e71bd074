//! Owns the requirement: one thing a step needs or gives, how it reaches the script, and where that was read.
//! Knows nothing of how scripts are read or how answers are given.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::script::Entry;
use crate::source::{Place, Source};

/// What a requirement is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A path the script reads.
    Input,
    /// A path the script writes.
    Output,
    /// An environment variable that is not a path of the kinds above.
    Env,
    /// A command-line parameter that is not a path of the kinds above.
    Arg,
}

impl Kind {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::Env, Self::Arg];
    /// Those of which several steps can share one value.
    pub const SHARED: [Self; 2] = [Self::Env, Self::Arg];

    /// The key of this kind under a step, in the manifest as in the answers.
    pub fn section(self) -> &'static str {
        match self {
            Self::Input => "inputs",
            Self::Output => "outputs",
            Self::Env => "env",
            Self::Arg => "args",
        }
    }

    /// Whether it is a path with a known direction.
    pub fn is_path(self) -> bool {
        matches!(self, Self::Input | Self::Output)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Env => "variable",
            Self::Arg => "argument",
        })
    }
}

/// The dictionaries handed to `main(input_paths, output_paths, environ_vars, job_args)`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MainParameter {
    /// Paths to read, by key.
    InputPaths,
    /// Paths to write, by key.
    OutputPaths,
    /// Variables, by name.
    EnvironVars,
    /// The parsed command line, by attribute.
    JobArgs,
}

/// How a requirement reaches the script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Binding {
    /// A flag on the command line.
    Flag {
        /// The long form, or the only one: `--job-type`.
        flag: String,
        /// The short form: `-j`.
        #[serde(skip_serializing_if = "Option::is_none")]
        short: Option<String>,
        /// How a value is written after it.
        #[serde(skip)]
        pass: Pass,
    },
    /// A place on the command line, counted from 0 among those without a flag.
    Positional {
        /// The place.
        positional: usize,
    },
    /// An environment variable.
    Env {
        /// Its name.
        env: String,
    },
    /// A key of one of `main`'s dictionaries.
    Main {
        /// The dictionary.
        main: MainParameter,
        /// The key.
        key: String,
    },
    /// A path written into the script: absolute, or relative to the step's working folder.
    ContainerPath {
        /// The path as written.
        container_path: String,
    },
}

/// How a flag's value is written on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// `--flag value`; a list is `--flag a b c`.
    #[default]
    Value,
    /// `--flag=value`, for parsers that take an optional value.
    Joined,
    /// `--flag` when the value is true, nothing when it is false.
    Switch,
    /// `--flag` when the value is *false*, nothing when it is true (`store_false`).
    SwitchOff,
    /// `--flag` when true, `--no-flag` when false.
    OnOff,
    /// `--flag a --flag b` for a list.
    Repeat,
    /// `--flag --flag` for 2.
    Count,
    /// `--flag a,b,c` for a list.
    Commas,
    /// `-n5`: flag and value are one word.
    Glued,
}

impl Binding {
    /// A flag that takes a value.
    pub fn flag(flag: impl Into<String>) -> Self {
        Self::Flag {
            flag: flag.into(),
            short: None,
            pass: Pass::Value,
        }
    }

    /// A variable.
    pub fn env(env: impl Into<String>) -> Self {
        Self::Env { env: env.into() }
    }

    /// Whether both reach the script by the same way, whatever else is known of it.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Flag {
                    flag: a, short: sa, ..
                },
                Self::Flag {
                    flag: b, short: sb, ..
                },
            ) => a == b || Some(a) == sb.as_ref() || Some(b) == sa.as_ref(),
            _ => self == other,
        }
    }
}

/// As people write it: `--job-type`, `$LABEL_FIELD`, `argument 1`, `input_paths["DATA"]`.
impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { flag, .. } => f.write_str(flag),
            Self::Positional { positional } => write!(f, "argument {}", positional + 1),
            Self::Env { env } => write!(f, "${env}"),
            Self::Main { main, key } => match main {
                MainParameter::InputPaths => write!(f, "input_paths[\"{key}\"]"),
                MainParameter::OutputPaths => write!(f, "output_paths[\"{key}\"]"),
                MainParameter::EnvironVars => write!(f, "environ_vars[\"{key}\"]"),
                MainParameter::JobArgs => write!(f, "job_args.{key}"),
            },
            Self::ContainerPath { container_path } => f.write_str(container_path),
        }
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A file or folder.
    Path,
    /// Any text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// One of the `choices`.
    Choice,
    /// Several values of one type.
    List(Box<ValueType>),
}

impl ValueType {
    /// The word for it in our formats.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Choice => "choice",
            Self::List(_) => "list",
        }
    }

    /// The type of that word; a list holds texts until more is known.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "path" => Self::Path,
            "string" => Self::String,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "choice" => Self::Choice,
            "list" => Self::List(Box::new(Self::String)),
            _ => return None,
        })
    }

    /// With its article, for messages: "a number", "a list of texts".
    pub fn described(&self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::String => "a text",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "`true` or `false`",
            Self::Choice => "one of the choices",
            Self::List(items) => match **items {
                Self::Path => "a list of paths",
                Self::Int => "a list of whole numbers",
                Self::Float => "a list of numbers",
                _ => "a list of texts",
            },
        }
    }
}

macro_rules! data_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, [$($suffix:literal),*];)*) => {
        /// What lies at a path.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum DataType { $($(#[$doc])* $variant,)* }

        impl DataType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word for it in our formats.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// File name endings, without their dot; the first is the one to write.
            pub fn suffixes(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($suffix),*],)* }
            }
        }
    };
}

data_types! {
    /// A folder.
    Folder = "folder", [];
    /// Comma-separated rows.
    Csv = "csv", ["csv"];
    /// Tab-separated rows.
    Tsv = "tsv", ["tsv", "tab"];
    /// JSON.
    Json = "json", ["json", "geojson"];
    /// A JSON value a line.
    Jsonl = "jsonl", ["jsonl", "ndjson"];
    /// YAML.
    Yaml = "yaml", ["yaml", "yml"];
    /// TOML.
    Toml = "toml", ["toml"];
    /// Apache Parquet.
    Parquet = "parquet", ["parquet", "pq"];
    /// Apache Arrow or Feather.
    Arrow = "arrow", ["arrow", "feather", "ipc"];
    /// One numpy array.
    Npy = "npy", ["npy"];
    /// Several numpy arrays.
    Npz = "npz", ["npz"];
    /// A Python pickle, joblib included.
    Pickle = "pickle", ["pkl", "pickle", "joblib"];
    /// A PyTorch checkpoint.
    Torch = "torch", ["pt", "pth", "ckpt"];
    /// An SQLite database.
    Sqlite = "sqlite", ["sqlite", "sqlite3", "db"];
    /// HDF5.
    Hdf5 = "hdf5", ["h5", "hdf5", "keras"];
    /// An Excel workbook.
    Excel = "excel", ["xlsx", "xls"];
    /// A picture.
    Image = "image", ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp"];
    /// A vector drawing.
    Svg = "svg", ["svg"];
    /// A PDF document.
    Pdf = "pdf", ["pdf"];
    /// A gzip file.
    Gzip = "gzip", ["gz", "tgz"];
    /// A zip archive.
    Zip = "zip", ["zip"];
    /// A zstd file.
    Zstd = "zstd", ["zst"];
    /// A tar archive.
    Tar = "tar", ["tar"];
    /// A serialised R object.
    Rds = "rds", ["rds", "rdata"];
    /// A web page.
    Html = "html", ["html", "htm"];
    /// XML.
    Xml = "xml", ["xml"];
    /// Markdown.
    Markdown = "markdown", ["md"];
    /// Plain text.
    Text = "text", ["txt", "log"];
    /// A file of any kind.
    File = "file", [];
}

impl DataType {
    /// The type of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "dir" | "directory" => Some(Self::Folder),
            "feather" => Some(Self::Arrow),
            "npy" => Some(Self::Npy),
            _ => Self::ALL.iter().copied().find(|t| t.as_str() == word),
        }
    }

    /// Whether what is written as this type may be read as that one. Types that one reader takes for another are told
    /// apart only where no reader of the one could take the other.
    pub fn is_readable_as(self, read: Self) -> bool {
        const ALIKE: &[&[DataType]] = &[
            &[DataType::Csv, DataType::Tsv],
            &[DataType::Json, DataType::Jsonl],
            &[DataType::Json, DataType::Yaml],
            &[DataType::Npy, DataType::Npz],
            &[DataType::Pickle, DataType::Torch],
            &[DataType::Html, DataType::Xml, DataType::Svg],
            &[DataType::Image, DataType::Svg],
        ];
        let is_open = |t: Self| {
            matches!(
                t,
                Self::File | Self::Text | Self::Gzip | Self::Zip | Self::Zstd | Self::Tar
            )
        };
        match (self, read) {
            (written, read) if written == read => true,
            (Self::Folder, _) | (_, Self::Folder) => false,
            (written, read) if is_open(written) || is_open(read) => true,
            (written, read) => ALIKE
                .iter()
                .any(|types| types.contains(&written) && types.contains(&read)),
        }
    }

    /// The type that a file name's ending tells.
    pub fn of_name(name: &str) -> Option<Self> {
        let suffix = name
            .rsplit(['/', '\\'])
            .next()?
            .rsplit_once('.')?
            .1
            .to_ascii_lowercase();
        Self::ALL
            .iter()
            .copied()
            .find(|t| t.suffixes().contains(&suffix.as_str()))
    }
}

/// Who said so, strongest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The manifest.
    Manifest,
    /// A contract file.
    Contract,
    /// The script's own code.
    Static,
    /// What its framework or platform always does.
    Convention,
    /// What follows from the pipeline: wiring, places for outputs.
    Inference,
}

/// How sure a reading is.
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
pub enum Confidence {
    /// A guess from names or texts.
    Possible,
    /// Follows from use, with a step that is usually right.
    Likely,
    /// The code says so.
    #[default]
    Certain,
}

/// Where something was read, and by which rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The place.
    pub place: Place,
    /// Which layer it belongs to.
    pub layer: Layer,
    /// The rule that saw it, such as `argparse`.
    pub rule: &'static str,
}

/// An output of a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputRef {
    /// The step's name.
    pub step: String,
    /// The output's name.
    pub output: String,
}

impl OutputRef {
    /// Reads `step.output`; the step's name may have dots itself.
    pub fn parse(text: &str) -> Option<Self> {
        let (step, output) = text.rsplit_once('.')?;
        (!step.is_empty() && !output.is_empty()).then(|| Self {
            step: step.to_owned(),
            output: output.to_owned(),
        })
    }
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.output)
    }
}

/// The answer under which a requirement holds at all, such as a chosen subcommand.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct When {
    /// The name of the argument that decides.
    pub arg: String,
    /// The value it has to have.
    pub equals: Value,
}

/// What one layer says of one requirement; `None` where it says nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its name: a parameter's destination, a variable's name, a dictionary's key.
    pub name: String,
    /// What it is; [`Kind::Arg`] with [`ValueType::Path`] where a path's direction is not known.
    pub kind: Kind,
    /// Ways by which it reaches the script.
    pub bindings: Vec<Binding>,
    /// The type of its value.
    pub value_type: Option<ValueType>,
    /// Whether the script stops without it.
    pub required: Option<bool>,
    /// What the script takes when nothing is given; `Some(Null)` where that is known to be nothing.
    pub default: Option<Value>,
    /// The only values that are accepted.
    pub choices: Option<Vec<Value>>,
    /// A regular expression that a value has to match.
    pub pattern: Option<String>,
    /// The smallest number accepted.
    pub min: Option<f64>,
    /// The largest number accepted.
    pub max: Option<f64>,
    /// A value to show to people.
    pub example: Option<Value>,
    /// What it is for, in the author's words.
    pub description: Option<String>,
    /// What lies at the path.
    pub data_type: Option<DataType>,
    /// Whether its value must never be shown.
    pub secret: Option<bool>,
    /// Other names by which it may be wired.
    pub aliases: Vec<String>,
    /// A fixed path: nothing is asked.
    pub path: Option<String>,
    /// The upstream output that feeds it, and where that is said.
    pub from: Option<(OutputRef, Place)>,
    /// The answer under which it holds.
    pub when: Option<When>,
    /// The group of which at most one may be given.
    pub exclusive: Option<String>,
    /// How sure this is.
    pub confidence: Confidence,
    /// Where it was read.
    pub evidence: Vec<Evidence>,
}

impl Claim {
    /// A claim that says nothing yet but that there is something of this name.
    pub fn new(name: impl Into<String>, kind: Kind, evidence: Evidence) -> Self {
        Self {
            name: name.into(),
            kind,
            bindings: Vec::new(),
            value_type: None,
            required: None,
            default: None,
            choices: None,
            pattern: None,
            min: None,
            max: None,
            example: None,
            description: None,
            data_type: None,
            secret: None,
            aliases: Vec::new(),
            path: None,
            from: None,
            when: None,
            exclusive: None,
            confidence: Confidence::Certain,
            evidence: vec![evidence],
        }
    }

    /// Adds a way by which it reaches the script.
    #[must_use]
    pub fn bound(mut self, binding: Binding) -> Self {
        self.bindings.push(binding);
        self
    }
}

/// Something about a script that cannot be known without running it.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Its stable name, such as `computed-variable`.
    pub code: &'static str,
    /// What is not known: a lower-case fragment.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// What one reader found in one script.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The framework it uses, such as `xgboost`, with the place that shows it.
    pub framework: Option<(&'static str, Place)>,
    /// What it needs and gives.
    pub claims: Vec<Claim>,
    /// What could not be known.
    pub notes: Vec<Note>,
    /// Where its language would refuse it, and why.
    pub syntax_error: Option<(Place, String)>,
    /// Where `main(input_paths, output_paths, environ_vars, job_args)` is defined, if it is.
    pub main: Option<Place>,
    /// How the script was read: the entry asked for, or the one that its code shows.
    pub entry: Entry,
    /// Other files of the project that it loads, in the order met.
    pub local_files: Vec<Source>,
}

/// One thing a step needs or gives: all layers taken together.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Its name within the step and kind.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Ways by which it reaches the script; none for what only the pipeline knows, such as an external output.
    pub bindings: Vec<Binding>,
    /// The type of its value.
    pub value_type: ValueType,
    /// Whether the script stops without it.
    pub required: bool,
    /// What the script takes when nothing is given.
    pub default: Option<Value>,
    /// Which layer gave the default: what the script itself takes need not be passed to it.
    pub default_layer: Option<Layer>,
    /// The only values accepted; empty where any is.
    pub choices: Vec<Value>,
    /// A regular expression that a value has to match.
    pub pattern: Option<String>,
    /// The smallest number accepted.
    pub min: Option<f64>,
    /// The largest number accepted.
    pub max: Option<f64>,
    /// A value to show to people.
    pub example: Option<Value>,
    /// What it is for, in the author's words.
    pub description: Option<String>,
    /// What lies at the path.
    pub data_type: Option<DataType>,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// Other names by which it may be wired.
    pub aliases: Vec<String>,
    /// A fixed path: nothing is asked.
    pub path: Option<String>,
    /// Whether it is the output of an external step: somebody else made it, and only the user knows where it lies.
    pub supplied: bool,
    /// The upstream output that feeds it, and how that was decided.
    pub from: Option<Wire>,
    /// The answer under which it holds.
    pub when: Option<When>,
    /// The group of which at most one may be given.
    pub exclusive: Option<String>,
    /// How sure this is.
    pub confidence: Confidence,
    /// Where it was read, strongest layer first.
    pub evidence: Vec<Evidence>,
}

/// An input fed by an upstream output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The output.
    pub from: OutputRef,
    /// Whether the manifest says so; otherwise the names alone agree.
    pub declared: bool,
}

impl Requirement {
    /// Whether nobody but the user can give its value, and the step cannot run without it.
    pub fn needs_answer(&self) -> bool {
        self.required
            && self.default.is_none()
            && self.from.is_none()
            && self.path.is_none()
            && (self.kind != Kind::Output || self.supplied)
            && self.is_answerable()
    }

    /// Whether anybody can give its value; a path written into the script cannot be changed.
    pub fn is_answerable(&self) -> bool {
        self.bindings.is_empty()
            || !self
                .bindings
                .iter()
                .all(|b| matches!(b, Binding::ContainerPath { .. }))
    }

    /// `args.job_type`: its name in the answers, below its step.
    pub fn key(&self) -> String {
        format!("{}.{}", self.kind.section(), self.name)
    }

    /// The place that asks for it: in the script where there is one, else in the manifest.
    pub fn asked_at(&self) -> Option<&Place> {
        let script = self.evidence.iter().find(|e| e.layer == Layer::Static);
        script.or_else(|| self.evidence.first()).map(|e| &e.place)
    }

    /// The way it reaches the script, as people write it; its name where there is none.
    pub fn shown_binding(&self) -> String {
        self.bindings
            .first()
            .map_or_else(|| self.name.clone(), ToString::to_string)
    }
}

/// Whether a variable's name says that its value must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "CREDENTIAL",
        "APIKEY",
        "PRIVATE",
    ];
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word))
        || name
            .split('_')
            .any(|word| matches!(word, "KEY" | "KEYS" | "PWD" | "PASS" | "AUTH"))
            && name != "PWD"
            && name != "OLDPWD"
}
