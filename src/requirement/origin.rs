//! Owns who said what of a requirement: the layers, the evidence, and which layer gave each field.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Place;

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

impl Layer {
    /// The word for it, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Contract => "contract",
            Self::Static => "code",
            Self::Convention => "convention",
            Self::Inference => "inference",
        }
    }
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

/// A field of a requirement that several layers may speak of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Its name.
    Name,
    /// What it is.
    Kind,
    /// The type of its value.
    Type,
    /// Whether the script stops without it.
    Required,
    /// What is taken when nothing is given.
    Default,
    /// The only values accepted.
    Choices,
    /// A regular expression that a value has to match.
    Pattern,
    /// The smallest number accepted.
    Min,
    /// The largest number accepted.
    Max,
    /// A value to show to people.
    Example,
    /// What it is for.
    Description,
    /// What lies at the path.
    DataType,
    /// Whether its value is never shown.
    Secret,
    /// A fixed path.
    Path,
    /// The upstream output that feeds it.
    From,
    /// The answer under which it holds.
    When,
    /// The group of which at most one may be given.
    Exclusive,
}

impl Field {
    /// The word for it in our formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Kind => "kind",
            Self::Type => "type",
            Self::Required => "required",
            Self::Default => "default",
            Self::Choices => "choices",
            Self::Pattern => "pattern",
            Self::Min => "min",
            Self::Max => "max",
            Self::Example => "example",
            Self::Description => "description",
            Self::DataType => "data_type",
            Self::Secret => "secret",
            Self::Path => "path",
            Self::From => "from",
            Self::When => "when",
            Self::Exclusive => "exclusive",
        }
    }
}

/// Which layer gave each field of a requirement; fields that nobody spoke of are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<Field, Layer>);

impl Origins {
    /// The layer that gave a field.
    pub fn of(&self, field: Field) -> Option<Layer> {
        self.0.get(&field).copied()
    }

    /// Remembers which layer gave a field.
    pub fn set(&mut self, field: Field, layer: Layer) {
        self.0.insert(field, layer);
    }

    /// All fields that some layer spoke of.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Layer)> {
        self.0.iter().map(|(field, layer)| (*field, *layer))
    }
}
