//! Owns the requirement: one thing a step needs or gives, how it reaches the script, and where that was read.
//! Knows nothing of how scripts are read or how answers are given.

mod binding;
mod origin;
mod value;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::script::Entry;
use crate::source::{Place, Source};

pub use self::binding::{Binding, MainParameter, Pass};
pub use self::origin::{Confidence, Evidence, Field, Layer, Origins};
pub use self::value::{DataType, ValueType, same_value};

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

    /// The article before its word.
    pub fn article(self) -> &'static str {
        match self {
            Self::Env => "a",
            Self::Input | Self::Output | Self::Arg => "an",
        }
    }

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
    /// Columns of a table: those that an input needs, or all that an output has.
    pub columns: Option<Vec<Column>>,
    /// A pattern that at least one file of a folder fits.
    pub files: Option<String>,
    /// Whether the script only looks whether there is something, and never into it.
    pub only_tested: bool,
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
            columns: None,
            files: None,
            only_tested: false,
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

/// A column of a table, and where it is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Where it is declared, or where the code names it.
    pub place: Place,
    /// How sure it is that the code cannot do without it.
    pub confidence: Confidence,
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
    /// The first line end of Windows that its language takes for a part of the line.
    pub carriage_return: Option<Place>,
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
    /// What the script itself takes then, where its code shows it: need not be passed to it.
    pub own_default: Option<Value>,
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
    /// The upstream output that may feed it: too little agrees to wire it, and nothing else comes into question.
    pub suggested: Option<OutputRef>,
    /// The answer under which it holds.
    pub when: Option<When>,
    /// The group of which at most one may be given.
    pub exclusive: Option<String>,
    /// Columns of a table: those that an input needs, or all that an output has; `None` where they are not known.
    pub columns: Option<Vec<Column>>,
    /// A pattern that at least one file of a folder fits.
    pub files: Option<String>,
    /// Whether the script only looks whether there is something, and never into it.
    pub only_tested: bool,
    /// How sure this is.
    pub confidence: Confidence,
    /// Where it was read, strongest layer first.
    pub evidence: Vec<Evidence>,
    /// Which layer gave each of these fields.
    pub origins: Origins,
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

    /// The default that has to be passed to the script: the manifest's, or a contract's that is not the script's own.
    pub fn default_to_pass(&self) -> Option<&Value> {
        let value = self.default.as_ref()?;
        let own = self.own_default.as_ref();
        match self.origins.of(Field::Default)? {
            Layer::Manifest => Some(value),
            Layer::Contract => {
                Some(value).filter(|value| own.is_none_or(|own| !same_value(own, value)))
            }
            Layer::Static | Layer::Convention | Layer::Inference => None,
        }
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
