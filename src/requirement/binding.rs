//! Owns the ways by which a requirement reaches its script.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// A parameter of a notebook, which its runner sets.
    Parameter {
        /// Its name.
        parameter: String,
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
            Self::Parameter { parameter } => f.write_str(parameter),
            Self::ContainerPath { container_path } => f.write_str(container_path),
        }
    }
}
