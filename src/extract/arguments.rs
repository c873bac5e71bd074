//! Owns what readers of compiled and calling languages found of a command line, of variables and of paths, until
//! it becomes claims.

use serde_json::Value as Json;

use crate::requirement::{
    Binding, Claim, Column, Confidence, DataType, Evidence, Kind, Layer, Note, Pass, ValueType,
    When,
};
use crate::source::Place;

/// What is done with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It is read; whether as a folder.
    Read(bool),
    /// It is written; whether as a folder.
    Write(bool),
}

/// One argument or variable.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name in the program.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Which rule saw it.
    pub rule: &'static str,
    /// How it is given.
    pub bindings: Vec<Binding>,
    /// The type of its value.
    pub value_type: ValueType,
    /// Whether the program stops without it.
    pub required: bool,
    /// What is taken when nothing is given.
    pub default: Option<Json>,
    /// The only values taken.
    pub choices: Option<Vec<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// The subcommand under which it is taken.
    pub when: Option<When>,
    /// The group of which one may be given.
    pub exclusive: Option<String>,
    /// The smallest and largest number.
    pub range: (Option<f64>, Option<f64>),
    /// What is done with it.
    pub direction: Option<Direction>,
    /// What each of its readers and writers takes it for, as far as they tell.
    pub formats: Vec<Option<DataType>>,
    /// The pattern of the files that each look into the folder is for, where it is known.
    pub files: Vec<Option<String>>,
    /// Columns of the table that it names, which the program looks for.
    pub columns: Vec<Column>,
    /// Whether any of this is less than certain.
    pub likely: bool,
}

impl Argument {
    /// An argument of which only name and place are known: an optional text.
    pub fn new(name: impl Into<String>, place: Place, rule: &'static str) -> Self {
        Self {
            name: name.into(),
            place,
            rule,
            bindings: Vec::new(),
            value_type: ValueType::String,
            required: false,
            default: None,
            choices: None,
            description: None,
            when: None,
            exclusive: None,
            range: (None, None),
            direction: None,
            formats: Vec::new(),
            files: Vec::new(),
            columns: Vec::new(),
            likely: false,
        }
    }

    /// Makes it a flag that takes no value.
    pub fn switch(&mut self) {
        self.value_type = ValueType::Bool;
        self.default = Some(Json::Bool(false));
        self.required = false;
    }

    /// Whether its value is a path or a list of them.
    pub fn is_path(&self) -> bool {
        match &self.value_type {
            ValueType::Path => true,
            ValueType::List(items) => **items == ValueType::Path,
            _ => false,
        }
    }
}

/// Everything found.
#[derive(Default)]
pub struct Found {
    /// Arguments and variables in order.
    pub arguments: Vec<Argument>,
    /// What cannot be known.
    pub notes: Vec<Note>,
}

impl Found {
    /// The claims.
    pub fn claims(self) -> Vec<Claim> {
        let mut claims: Vec<Claim> = Vec::new();
        for argument in self.arguments {
            let claim = claim(argument);
            let known = claims.iter().any(|other| {
                other.name == claim.name
                    && other.kind == claim.kind
                    && other.when == claim.when
                    && other.bindings == claim.bindings
            });
            if !known {
                claims.push(claim);
            }
        }
        claims
    }
}

/// What all say, where they say the same.
fn agreed<T: PartialEq + Clone>(told: &[Option<T>]) -> Option<T> {
    let first = told.first()?.clone()?;
    told.iter()
        .all(|told| told.as_ref() == Some(&first))
        .then_some(first)
}

fn claim(argument: Argument) -> Claim {
    let only_env = argument
        .bindings
        .iter()
        .all(|binding| matches!(binding, Binding::Env { .. }))
        && !argument.bindings.is_empty();
    let kind = match argument.direction {
        Some(Direction::Read(_)) => Kind::Input,
        Some(Direction::Write(_)) => Kind::Output,
        None if only_env => Kind::Env,
        None => Kind::Arg,
    };
    let evidence = Evidence {
        place: argument.place,
        layer: Layer::Static,
        rule: argument.rule,
    };
    let mut claim = Claim::new(argument.name, kind, evidence);
    claim.data_type = match (kind.is_path(), argument.direction) {
        (true, Some(Direction::Read(true) | Direction::Write(true))) => Some(DataType::Folder),
        (true, _) => argument
            .bindings
            .iter()
            .find_map(|binding| match binding {
                Binding::ContainerPath { container_path } => DataType::of_name(container_path),
                _ => None,
            })
            .or_else(|| DataType::of_name(argument.default.as_ref()?.as_str()?))
            .or_else(|| agreed(&argument.formats)),
        _ => None,
    };
    claim.files = agreed(&argument.files).filter(|_| kind == Kind::Input);
    claim.value_type = Some(match (kind.is_path(), argument.value_type) {
        (true, ValueType::List(_)) => ValueType::List(Box::new(ValueType::Path)),
        (true, _) => ValueType::Path,
        (false, other) => other,
    });
    claim.columns =
        Some(argument.columns).filter(|columns| kind == Kind::Input && !columns.is_empty());
    claim.bindings = argument.bindings;
    claim.required = Some(argument.required && argument.default.as_ref().is_none_or(Json::is_null));
    claim.default = argument.default;
    claim.choices = argument
        .choices
        .map(|choices| choices.into_iter().map(Json::String).collect());
    claim.description = argument.description;
    claim.when = argument.when;
    claim.exclusive = argument.exclusive;
    (claim.min, claim.max) = argument.range;
    if argument.likely {
        claim.confidence = Confidence::Likely;
    }
    claim
}

/// The binding of a flag, from its long and short names.
pub fn flag(long: Option<String>, short: Option<char>, pass: Pass) -> Option<Binding> {
    let short = short.map(|c| format!("-{c}"));
    let (flag, short) = match (long, short) {
        (Some(long), short) => (format!("--{long}"), short),
        (None, Some(short)) => (short, None),
        (None, None) => return None,
    };
    Some(Binding::Flag { flag, short, pass })
}

/// The type that a Rust type's name tells.
pub fn type_named(name: &str) -> ValueType {
    match name {
        "PathBuf" | "Utf8PathBuf" | "Path" | "FileOrStdin" | "ClioPath" | "Input" | "Output"
        | "ExistingFile" => ValueType::Path,
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128"
        | "isize" | "NonZeroU8" | "NonZeroU16" | "NonZeroU32" | "NonZeroU64" | "NonZeroUsize" => {
            ValueType::Int
        }
        "f32" | "f64" => ValueType::Float,
        "bool" => ValueType::Bool,
        _ => ValueType::String,
    }
}

/// A default written as text, as a value of its type.
pub fn typed(text: &str, value_type: &ValueType) -> Json {
    match value_type {
        ValueType::Int => text
            .parse::<i64>()
            .map_or_else(|_| Json::from(text), Json::from),
        ValueType::Float => text
            .parse::<f64>()
            .map_or_else(|_| Json::from(text), Json::from),
        ValueType::Bool => text
            .parse::<bool>()
            .map_or_else(|_| Json::from(text), Json::from),
        ValueType::List(items) => Json::Array(vec![typed(text, items)]),
        _ => Json::from(text),
    }
}
