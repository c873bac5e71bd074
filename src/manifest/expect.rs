//! Owns what a manifest expects of an output besides its type: rows, columns, JSON values, texts, files, a snapshot. Knows
//! nothing of how that is found out.

use std::fmt;
use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::raw::RawScalar;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::file;
use crate::pattern::{Glob, Regex};
use crate::requirement::DataType;
use crate::source::Place;
use crate::yaml::{Document, join};

/// What is expected of an output.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawExpect {
    /// How many rows a table has, its header not counted: a number, or `min` and `max`.
    pub rows: Option<RawAmount>,
    /// Columns that a table has, among others.
    pub columns: Option<Vec<String>>,
    /// Values in a JSON document, by JSON pointer (`/metrics/accuracy`).
    #[serde(default)]
    pub json: IndexMap<String, RawExpectedValue>,
    /// How many files a folder holds, by pattern (`*.png`, `**/*.csv`): a number, or `min` and `max`.
    #[serde(default)]
    pub files: IndexMap<String, RawAmount>,
    /// Regular expressions that a text contains.
    pub matches: Option<RawTexts>,
    /// Regular expressions that a text does not contain.
    pub lacks: Option<RawTexts>,
    /// A file that the output equals, relative to the manifest's folder; `run --bless` writes it.
    pub snapshot: Option<RawSnapshot>,
}

/// A number, or between which numbers it lies.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawAmount {
    /// Exactly so many.
    Exactly(u64),
    /// Between two numbers.
    Between(RawRange),
}

/// Between which numbers a number lies; both belong to it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawRange {
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// A value, or what is known of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawExpectedValue {
    /// A number that may differ a little, or that lies between two others.
    Near(RawNear),
    /// Exactly this.
    Exactly(RawScalar),
    /// Exactly these.
    List(Vec<RawScalar>),
    /// Nothing: `null`.
    Null(()),
}

/// What is known of a number.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawNear {
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// A number it is close to.
    pub about: Option<f64>,
    /// By how much it may differ from `about`.
    #[schemars(range(min = 0.0))]
    pub within: Option<f64>,
}

/// A regular expression, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawTexts {
    /// One.
    One(String),
    /// Several, all of which count.
    Many(Vec<String>),
}

/// A file that an output equals.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawSnapshot {
    /// To the letter, or value by value in tables and JSON documents.
    Path(String),
    /// With numbers that may differ a little.
    Full(RawTolerant),
}

/// A file that an output equals but for small differences between numbers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawTolerant {
    /// The file, relative to the manifest's folder.
    pub path: String,
    /// By how much numbers in tables and JSON documents may differ.
    #[schemars(range(min = 0.0))]
    pub within: Option<f64>,
}

/// One thing that is expected of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What.
    pub what: Expected,
    /// Where that is written.
    pub place: Place,
}

/// What is expected of an output.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// So many rows.
    Rows(Range),
    /// These columns, among others.
    Columns(Vec<String>),
    /// A value at a JSON pointer.
    Json(String, Wanted),
    /// So many files that fit a pattern.
    Files(String, Range),
    /// A text in which this regular expression is found.
    Matches(String),
    /// A text in which this regular expression is not found.
    Lacks(String),
    /// The contents of this file, but for so much difference between numbers.
    Snapshot {
        /// The file; absolute.
        path: PathBuf,
        /// As it is written.
        written: String,
        /// By how much numbers may differ.
        within: f64,
    },
}

/// Between which numbers a number lies; both belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// It is this.
    Exactly(Value),
    /// It is a number between two others.
    Between(Range),
    /// It is a number this close to another.
    About {
        /// The other.
        value: f64,
        /// By how much it may differ.
        within: f64,
    },
}

impl Range {
    /// Whether a number lies in it.
    pub fn holds(self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }
}

/// `3`, `at least 3`, `at most 9`, `3 to 9`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => write!(f, "{min}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("any number"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(value) => write!(f, "{value}"),
            Self::Between(range) => range.fmt(f),
            Self::About { value, within } => write!(f, "{value} ± {within}"),
        }
    }
}

impl Expected {
    /// The key under `expect` that says so.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Rows(_) => "rows",
            Self::Columns(_) => "columns",
            Self::Json(..) => "json",
            Self::Files(..) => "files",
            Self::Matches(_) => "matches",
            Self::Lacks(_) => "lacks",
            Self::Snapshot { .. } => "snapshot",
        }
    }

    /// Types of outputs of which it can be found out.
    pub fn types(&self) -> &'static [DataType] {
        const TEXTS: &[DataType] = &[
            DataType::Text,
            DataType::Csv,
            DataType::Tsv,
            DataType::Json,
            DataType::Jsonl,
            DataType::Yaml,
            DataType::Toml,
            DataType::Svg,
            DataType::Html,
            DataType::Xml,
            DataType::Markdown,
            DataType::File,
        ];
        match self {
            Self::Rows(_) => &[DataType::Csv, DataType::Tsv, DataType::Jsonl],
            Self::Columns(_) => &[DataType::Csv, DataType::Tsv],
            Self::Json(..) => &[DataType::Json],
            Self::Files(..) => &[DataType::Folder],
            Self::Matches(_) | Self::Lacks(_) => TEXTS,
            Self::Snapshot { .. } => &[],
        }
    }

    /// Whether it can be found out of an output of this type. A snapshot can of everything but a folder.
    pub fn fits(&self, data_type: DataType) -> bool {
        match self {
            Self::Snapshot { .. } => data_type != DataType::Folder,
            other => other.types().contains(&data_type),
        }
    }
}

/// Reads what is expected of an output; `at` is the JSON pointer of `expect` in the document. What makes no sense is told.
pub(super) fn expectations(
    raw: &RawExpect,
    document: &Document,
    at: &str,
    problems: &mut Diagnostics,
) -> Vec<Expectation> {
    let mut reader = Reader {
        document,
        problems,
        found: Vec::new(),
    };
    if let Some(rows) = &raw.rows {
        let pointer = join(at, "rows");
        let range = reader.amount(rows, &pointer);
        reader.add(Expected::Rows(range), &pointer);
    }
    if let Some(columns) = &raw.columns {
        reader.add(Expected::Columns(columns.clone()), &join(at, "columns"));
    }
    for (key, value) in &raw.json {
        reader.value(key, value, &join(&join(at, "json"), key));
    }
    for (pattern, amount) in &raw.files {
        let pointer = join(&join(at, "files"), pattern);
        if let Err(why) = Glob::new(pattern) {
            let place = reader.key(&pointer);
            reader.problems.push(bad_glob(place, pattern, &why));
        }
        let range = reader.amount(amount, &pointer);
        reader.add(Expected::Files(pattern.clone(), range), &pointer);
    }
    let matches = raw.matches.as_ref().map(|texts| (texts, "matches"));
    let lacks = raw.lacks.as_ref().map(|texts| (texts, "lacks"));
    for (texts, key) in matches.into_iter().chain(lacks) {
        reader.texts(texts, key, &join(at, key));
    }
    if let Some(snapshot) = &raw.snapshot {
        let pointer = join(at, "snapshot");
        let (written, within) = match snapshot {
            RawSnapshot::Path(path) => (path.clone(), 0.0),
            RawSnapshot::Full(full) => (full.path.clone(), full.within.unwrap_or_default()),
        };
        let folder = document
            .source
            .path()
            .parent()
            .unwrap_or(document.source.path());
        let path = file::resolve(folder, &written);
        let what = Expected::Snapshot {
            path,
            written,
            within,
        };
        reader.add(what, &pointer);
    }
    reader.found
}

/// Reads expectations of one output.
struct Reader<'d, 'p> {
    document: &'d Document,
    problems: &'p mut Diagnostics,
    found: Vec<Expectation>,
}

impl Reader<'_, '_> {
    fn add(&mut self, what: Expected, pointer: &str) {
        let place = self.key(pointer);
        self.found.push(Expectation { what, place });
    }

    fn key(&self, pointer: &str) -> Place {
        self.document.source.at(self.document.nearest(pointer))
    }

    fn amount(&mut self, raw: &RawAmount, pointer: &str) -> Range {
        match raw {
            RawAmount::Exactly(number) => {
                let number = *number as f64;
                Range {
                    min: Some(number),
                    max: Some(number),
                }
            }
            RawAmount::Between(range) => self.range(range.min, range.max, pointer),
        }
    }

    fn range(&mut self, min: Option<f64>, max: Option<f64>, pointer: &str) -> Range {
        match (min, max) {
            (None, None) => self.problems.push(empty_range(self.key(pointer))),
            (Some(min), Some(max)) if min > max => {
                let place = self.key(&join(pointer, "min"));
                self.problems.push(upside_down(place, min, max));
            }
            _ => {}
        }
        Range { min, max }
    }

    fn value(&mut self, key: &str, raw: &RawExpectedValue, pointer: &str) {
        if !key.is_empty() && !key.starts_with('/') {
            self.problems.push(bad_pointer(self.key(pointer), key));
        }
        let scalar = super::declare::scalar;
        let wanted = match raw {
            RawExpectedValue::Exactly(value) => Wanted::Exactly(scalar(value)),
            RawExpectedValue::List(values) => Wanted::Exactly(values.iter().map(scalar).collect()),
            RawExpectedValue::Null(()) => Wanted::Exactly(Value::Null),
            RawExpectedValue::Near(RawNear {
                min: None,
                max: None,
                about: Some(value),
                within: Some(within),
            }) => Wanted::About {
                value: *value,
                within: *within,
            },
            RawExpectedValue::Near(RawNear {
                min,
                max,
                about: None,
                within: None,
            }) => Wanted::Between(self.range(*min, *max, pointer)),
            RawExpectedValue::Near(_) => {
                self.problems.push(mixed_number(self.key(pointer)));
                return;
            }
        };
        self.add(Expected::Json(key.to_owned(), wanted), pointer);
    }

    fn texts(&mut self, raw: &RawTexts, key: &str, at: &str) {
        let texts = match raw {
            RawTexts::One(text) => vec![(text, at.to_owned())],
            RawTexts::Many(texts) => {
                let place = |(index, text)| (text, format!("{at}/{index}"));
                texts.iter().enumerate().map(place).collect()
            }
        };
        for (text, pointer) in texts {
            if let Err(why) = Regex::new(text) {
                self.problems.push(bad_pattern(self.key(&pointer), &why));
                continue;
            }
            let what = match key {
                "matches" => Expected::Matches(text.clone()),
                _ => Expected::Lacks(text.clone()),
            };
            self.add(what, &pointer);
        }
    }
}

/// What is expected of something that is no output.
pub(super) fn expect_elsewhere(place: Place, kind: crate::requirement::Kind) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, format!("`expect` on an {kind}"))
        .at(place, "only outputs are looked at when a step has ended")
        .help("put it under the output of the step that writes this")
}

/// What is expected in a contract.
pub(super) fn expect_in_contract(place: Place) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`expect` in a contract")
        .at(place, "what comes out depends on what goes in")
        .help("put it under the step's `outputs` in the manifest")
}

fn empty_range(place: Place) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "neither `min` nor `max`")
        .at(place, "every number would do")
        .help("for example `{ min: 1 }`, or a number")
}

fn upside_down(place: Place, min: f64, max: f64) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`min: {min}` is more than `max: {max}`"),
    )
    .at(place, "no number would do")
    .help("swap the two")
}

fn mixed_number(place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        "a number is either between `min` and `max`, or `within` so much of `about`",
    )
    .at(place, "these do not go together")
    .help("for example `{ min: 0.8 }` or `{ about: 0.31, within: 0.01 }`")
}

fn bad_pointer(place: Place, key: &str) -> Diagnostic {
    let meant = key.replace('.', "/");
    Diagnostic::new(Code::InvalidValue, format!("`{key}` is not a JSON pointer"))
        .at(
            place,
            "it begins with `/`, and each key and index follows one",
        )
        .help(format!("write `/{meant}`"))
}

fn bad_glob(place: Place, pattern: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!(
            "`{}` is not a pattern of file names",
            pattern.escape_debug()
        ),
    )
    .at(place, why)
    .help("for example `*.png`, `part-??.csv` or `**/*.json`")
}

fn bad_pattern(place: Place, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        "this pattern is not a regular expression",
    )
    .at(place, why)
    .help("for example `accuracy: 0\\.[89]`; look-around and backreferences are not known")
}
