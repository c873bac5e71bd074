//! Owns the comparison of a document with a JSON Schema: the only file that names `jsonschema`. What does not fit
//! comes as plain data by JSON pointer, so that each caller tells it in its own words. Knows nothing of pipelines.

mod quick;

use std::collections::HashSet;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, JsonType, PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed, nearest};
use crate::source::Place;
use crate::yaml::{self, Document};

/// How many steps back a pattern may take on one text before it is given up.
const BACKTRACKS: usize = 100_000;
/// How many bytes a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

/// A JSON Schema (draft 2020-12), compiled at most once and applied to many documents.
#[derive(Debug)]
pub struct Shape {
    validator: OnceLock<Option<Validator>>,
    schema: Value,
}

/// Why a schema cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSchema {
    /// The regular expression that is to blame, if one is.
    pub pattern: Option<String>,
    /// The reason, for a bug report.
    pub reason: String,
}

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// Where: a JSON pointer to the value, or to the mapping that has a key too many or too few.
    pub at: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A key that means nothing here; `known` are those that do.
    Unknown {
        /// The key.
        key: String,
        /// The keys that are known here.
        known: Vec<String>,
    },
    /// A key that has to be there.
    Missing {
        /// The key.
        key: String,
    },
    /// A value of another type.
    Type {
        /// The types that fit, in the words of JSON Schema.
        expected: Vec<&'static str>,
    },
    /// A value that is none of those allowed.
    Choice {
        /// The values allowed.
        options: Vec<Value>,
    },
    /// A text, or a key, that does not match.
    Pattern {
        /// The regular expression.
        pattern: String,
    },
    /// A regular expression that takes too long on this text.
    Costly,
    /// A number below the smallest allowed, or equal to it where it must be above.
    TooSmall {
        /// The limit.
        limit: Value,
        /// Whether the limit itself is too small.
        exclusive: bool,
    },
    /// A number above the largest allowed, or equal to it where it must be below.
    TooLarge {
        /// The limit.
        limit: Value,
        /// Whether the limit itself is too large.
        exclusive: bool,
    },
    /// A list, mapping or text with less than it must hold.
    TooFew {
        /// The least that it must hold.
        limit: u64,
    },
    /// A list, mapping or text with more than it may hold.
    TooMany {
        /// The most that it may hold.
        limit: u64,
    },
    /// A text that is not in a known format, such as a date.
    Format {
        /// The format's name.
        format: String,
    },
    /// A list with the same item twice.
    Repeated,
    /// A value that must not be, by a rule of the schema that has no better name.
    Forbidden,
}

impl Shape {
    /// Compiles a schema. References outside of it are refused, so nothing is fetched.
    ///
    /// # Errors
    /// A pattern that is no regular expression or too large, or a schema that is none.
    ///
    /// ```
    /// # use runtime_test::shape::Shape;
    /// let shape = Shape::compile(serde_json::json!({"type": "object"})).expect("a schema");
    /// assert_eq!(shape.misfits(&serde_json::json!({})), []);
    /// let bad = Shape::compile(serde_json::json!({"pattern": "(a"})).expect_err("an open bracket");
    /// assert_eq!(bad.pattern.as_deref(), Some("(a"));
    /// ```
    pub fn compile(schema: Value) -> Result<Self, BadSchema> {
        let validator = validator(&schema)?;
        Ok(Self {
            validator: Some(validator).into(),
            schema,
        })
    }

    /// Takes a schema over and compiles it when the first value does not plainly fit. One that cannot be compiled is met
    /// by everything.
    ///
    /// ```
    /// # use runtime_test::shape::Shape;
    /// let shape = Shape::new(serde_json::json!({"type": "string", "pattern": "^[a-z]+$"}));
    /// assert_eq!(shape.misfits(&"species".into()), []);
    /// assert_eq!(shape.misfits(&7.into()).len(), 1);
    /// ```
    pub fn new(schema: Value) -> Self {
        Self {
            validator: OnceLock::new(),
            schema,
        }
    }

    /// Everything that does not fit in `value`, each once, and nothing that merely follows from something else.
    pub fn misfits(&self, value: &Value) -> Vec<Misfit> {
        if quick::fits(&self.schema, value) {
            return Vec::new();
        }
        let built = || validator(&self.schema).ok();
        let Some(validator) = self.validator.get_or_init(built) else {
            return Vec::new();
        };
        if validator.is_valid(value) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for error in validator.iter_errors(value) {
            collect(&error, &self.schema, &mut all);
        }
        without_echoes(all)
    }

    /// Everything that does not fit in a document, as findings in the plain words of keys and values. `name` says
    /// how the place under those keys is called: `step \`train\``, say; [`dotted`] will do.
    ///
    /// ```
    /// # use runtime_test::{shape::{Shape, dotted}, source::Source, yaml};
    /// let source = Source::new("m.yaml", "m.yaml", "stepz: {}\n");
    /// let shape = Shape::compile(serde_json::json!({
    ///     "properties": {"steps": {}}, "required": ["steps"], "additionalProperties": false
    /// })).expect("a schema");
    /// let findings = shape.check(&yaml::parse(&source).expect("YAML"), &dotted);
    /// assert_eq!(findings.iter().next().expect("one").message, "unknown key `stepz` in the file");
    /// ```
    pub fn check(&self, document: &Document, name: &dyn Fn(&[String]) -> String) -> Diagnostics {
        let misfits = self.misfits(&document.value);
        let findings = misfits.iter().map(|misfit| {
            let value = document.value.pointer(&misfit.at).unwrap_or(&Value::Null);
            plain(
                misfit,
                value,
                &name(&parts(&misfit.at)),
                misfit.place(document),
            )
        });
        folded(findings.collect()).sorted()
    }
}

impl Misfit {
    /// The bytes to point at: an unknown key itself, else the value, or its key where no value is written.
    pub fn place(&self, document: &Document) -> Place {
        let span = match &self.fault {
            Fault::Unknown { key, .. } => document.nearest(&yaml::join(&self.at, key)),
            Fault::Missing { .. } => document.nearest(&self.at),
            _ => document
                .locate(&self.at)
                .map_or_else(|| document.nearest(&self.at), yaml::Located::shown),
        };
        document.source.at(span)
    }

    /// How deep it lies; a stray key lies deeper than the mapping it is in.
    fn depth(&self) -> usize {
        let own = usize::from(matches!(self.fault, Fault::Unknown { .. }));
        self.at.bytes().filter(|b| *b == b'/').count() + own
    }
}

/// Compiles a schema.
fn validator(schema: &Value) -> Result<Validator, BadSchema> {
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACKS)
        .size_limit(PATTERN_SIZE);
    let built = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .build(schema);
    built.map_err(|error| BadSchema {
        pattern: match error.kind() {
            ValidationErrorKind::Format { format } if format == "regex" => {
                error.instance().as_str().map(str::to_owned)
            }
            _ => None,
        },
        reason: error.to_string(),
    })
}

/// A regular expression that texts have to match.
#[derive(Debug)]
pub struct Pattern(Shape);

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// What is not a regular expression, or one that would take too much memory.
    ///
    /// ```
    /// # use runtime_test::shape::Pattern;
    /// assert!(Pattern::compile("^[a-z]+$").expect("valid").fits("species"));
    /// assert!(Pattern::compile("[a-").is_err());
    /// ```
    pub fn compile(pattern: &str) -> Result<Self, BadSchema> {
        Shape::compile(json!({"pattern": pattern})).map(Self)
    }

    /// Whether a text matches; one on which the expression takes too long does not.
    pub fn fits(&self, text: &str) -> bool {
        self.0.misfits(&Value::String(text.to_owned())).is_empty()
    }
}

/// The keys and indices of a JSON pointer.
pub fn parts(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| yaml::unescape(part).into_owned())
        .collect()
}

/// A place's name by its keys alone: `` `steps.train` ``.
pub fn dotted(keys: &[String]) -> String {
    match keys {
        [] => "the file".to_owned(),
        keys => format!("`{}`", keys.join(".")),
    }
}

/// A value's type, with its article.
pub fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Types of JSON Schema, with their articles and "or" between them.
fn expected(types: &[&str]) -> String {
    let words: Vec<&str> = types
        .iter()
        .filter(|name| **name != "null" || types.len() == 1)
        .map(|name| match *name {
            "null" => "nothing",
            "boolean" => "`true` or `false`",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "a text",
            "array" => "a list",
            _ => "a mapping",
        })
        .collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        words => words.concat(),
    }
}

/// Turns an error into misfits; of alternatives, the one that the author most likely meant.
fn collect(error: &ValidationError<'_>, schema: &Value, all: &mut Vec<Misfit>) {
    let at = || error.instance_path().as_str().to_owned();
    let fault = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_keys(error.schema_path().as_str(), schema);
            all.extend(unexpected.iter().map(|key| Misfit {
                at: at(),
                fault: Fault::Unknown {
                    key: key.clone(),
                    known: known.clone(),
                },
            }));
            return;
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let branches = context.iter().map(|errors| {
                let mut misfits = Vec::new();
                errors
                    .iter()
                    .for_each(|error| collect(error, schema, &mut misfits));
                misfits
            });
            all.extend(likeliest(&at(), branches.collect()));
            return;
        }
        ValidationErrorKind::Required { property } => Fault::Missing {
            key: property.as_str().unwrap_or_default().to_owned(),
        },
        ValidationErrorKind::Type { kind } => Fault::Type {
            expected: match kind {
                TypeKind::Single(one) => vec![one.as_str()],
                TypeKind::Multiple(set) => set.iter().map(JsonType::as_str).collect(),
            },
        },
        ValidationErrorKind::Enum { options } => Fault::Choice {
            options: options.as_array().cloned().unwrap_or_default(),
        },
        ValidationErrorKind::Constant { expected_value } => Fault::Choice {
            options: vec![Value::clone(expected_value)],
        },
        ValidationErrorKind::Pattern { pattern } => Fault::Pattern {
            pattern: pattern.clone(),
        },
        ValidationErrorKind::BacktrackLimitExceeded { .. }
        | ValidationErrorKind::RegexEngineFailure { .. } => Fault::Costly,
        ValidationErrorKind::Minimum { limit } => Fault::TooSmall {
            limit: limit.clone(),
            exclusive: false,
        },
        ValidationErrorKind::ExclusiveMinimum { limit } => Fault::TooSmall {
            limit: limit.clone(),
            exclusive: true,
        },
        ValidationErrorKind::Maximum { limit } => Fault::TooLarge {
            limit: limit.clone(),
            exclusive: false,
        },
        ValidationErrorKind::ExclusiveMaximum { limit } => Fault::TooLarge {
            limit: limit.clone(),
            exclusive: true,
        },
        ValidationErrorKind::MinItems { limit }
        | ValidationErrorKind::MinLength { limit }
        | ValidationErrorKind::MinProperties { limit } => Fault::TooFew { limit: *limit },
        ValidationErrorKind::MaxItems { limit }
        | ValidationErrorKind::MaxLength { limit }
        | ValidationErrorKind::MaxProperties { limit } => Fault::TooMany { limit: *limit },
        ValidationErrorKind::AdditionalItems { limit } => Fault::TooMany {
            limit: *limit as u64,
        },
        ValidationErrorKind::PropertyNames { error } => {
            if let Some(key) = error.instance().as_str() {
                let pattern = match error.kind() {
                    ValidationErrorKind::Pattern { pattern } => pattern.clone(),
                    _ => String::new(),
                };
                all.push(Misfit {
                    at: yaml::join(&at(), key),
                    fault: Fault::Pattern { pattern },
                });
            }
            return;
        }
        ValidationErrorKind::Format { format } => Fault::Format {
            format: format.clone(),
        },
        ValidationErrorKind::UniqueItems => Fault::Repeated,
        _ => Fault::Forbidden,
    };
    all.push(Misfit { at: at(), fault });
}

/// The keys that the schema around a keyword knows.
fn known_keys(keyword: &str, schema: &Value) -> Vec<String> {
    let parent = keyword.rfind('/').map_or("", |end| &keyword[..end]);
    let properties = schema
        .pointer(parent)
        .and_then(|schema| schema.get("properties"));
    properties
        .and_then(Value::as_object)
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
}

/// Of the alternatives at a place, what is wrong with the one that was meant: one whose type fits before one whose
/// type does not, the one that goes wrong deepest before the others. Where none fits, all that would.
fn likeliest(at: &str, branches: Vec<Vec<Misfit>>) -> Vec<Misfit> {
    let here = |misfits: &[Misfit], wanted: fn(&Fault) -> bool| {
        !misfits.is_empty() && misfits.iter().all(|m| m.at == at && wanted(&m.fault))
    };
    let of_type = |fault: &Fault| matches!(fault, Fault::Type { .. });
    let (mistyped, typed): (Vec<_>, Vec<_>) = branches
        .into_iter()
        .partition(|branch| branch.iter().any(|m| m.at == at && of_type(&m.fault)));
    if typed.is_empty() {
        let mut types: Vec<&'static str> = Vec::new();
        for misfit in mistyped.into_iter().flatten() {
            if let Fault::Type { expected } = misfit.fault
                && misfit.at == at
            {
                types.extend(expected);
            }
        }
        types.sort_unstable();
        types.dedup();
        return vec![Misfit {
            at: at.to_owned(),
            fault: Fault::Type { expected: types },
        }];
    }
    if typed
        .iter()
        .all(|branch| here(branch, |fault| matches!(fault, Fault::Choice { .. })))
    {
        let options = typed
            .into_iter()
            .flatten()
            .filter_map(|misfit| match misfit.fault {
                Fault::Choice { options } => Some(options),
                _ => None,
            });
        let options = options.flatten().collect();
        return vec![Misfit {
            at: at.to_owned(),
            fault: Fault::Choice { options },
        }];
    }
    let rank = |branch: &Vec<Misfit>| {
        let deepest = branch.iter().map(Misfit::depth).max().unwrap_or(0);
        (std::cmp::Reverse(deepest), branch.len())
    };
    typed.into_iter().min_by_key(rank).unwrap_or_default()
}

/// Drops a missing key whose misspelling stands in the same mapping, what is said of a value that has the wrong type
/// anyway, and everything said twice.
fn without_echoes(all: Vec<Misfit>) -> Vec<Misfit> {
    let misspelt: HashSet<(String, String)> = all
        .iter()
        .filter_map(|misfit| match &misfit.fault {
            Fault::Unknown { key, known } => {
                let meant = nearest(key, known.iter().map(String::as_str))?;
                Some((misfit.at.clone(), meant.to_owned()))
            }
            _ => None,
        })
        .collect();
    let mistyped: HashSet<String> = all
        .iter()
        .filter(|misfit| matches!(misfit.fault, Fault::Type { .. }))
        .map(|misfit| misfit.at.clone())
        .collect();
    let mut kept: Vec<Misfit> = Vec::with_capacity(all.len());
    let mut seen: HashSet<String> = HashSet::new();
    for misfit in all {
        let echo = matches!(&misfit.fault, Fault::Missing { key }
            if misspelt.contains(&(misfit.at.clone(), key.clone())))
            || matches!(misfit.fault, Fault::Choice { .. }) && mistyped.contains(&misfit.at);
        if !echo && seen.insert(format!("{} {:?}", misfit.at, misfit.fault)) {
            kept.push(misfit);
        }
    }
    kept
}

/// One finding for what stands at one place and is used at several, through aliases.
fn folded(findings: Vec<Diagnostic>) -> Diagnostics {
    let mut seen = HashSet::new();
    let first = |finding: &Diagnostic| {
        let span = finding.place().map(|place| place.span);
        seen.insert((finding.code, span, finding.help.clone()))
    };
    findings.into_iter().filter(first).collect()
}

/// A misfit in the plain words of keys and values.
fn plain(misfit: &Misfit, value: &Value, name: &str, place: Place) -> Diagnostic {
    match &misfit.fault {
        Fault::Unknown { key, known } => unknown_key(key, known, name, place),
        Fault::Missing { key } => missing_key(key, name, place),
        Fault::Type { expected: types } => wrong_type(types, value, name, place),
        Fault::Choice { options } => not_allowed(options, value, name, place),
        fault => invalid(fault, value, name, place),
    }
}

/// Finding: a key that nothing reads.
pub fn unknown_key(key: &str, known: &[String], name: &str, place: Place) -> Diagnostic {
    let known = || known.iter().map(String::as_str);
    let all = (known().next().is_some()).then(|| format!("the keys here are {}", listed(known())));
    Diagnostic::new(Code::UnknownKey, format!("unknown key `{key}` in {name}"))
        .at(place, "nothing reads this")
        .maybe_help(did_you_mean(key, known()).or(all))
}

fn missing_key(key: &str, name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(Code::MissingKey, format!("{name} lacks the key `{key}`"))
        .at(place, "it belongs in here")
        .help(format!("add `{key}:`"))
}

/// A command line as a list of its words; as one for a shell where only that understands it.
fn words(command: &str) -> String {
    let is_for_shell = command.contains(['|', '>', '<', ';', '&', '\'', '"', '*', '`', '\\']);
    let words: Vec<&str> = match is_for_shell {
        true => vec!["sh", "-c", command],
        false => command.split_whitespace().collect(),
    };
    let words: Vec<Value> = words.into_iter().map(Value::from).collect();
    yaml::inline(&Value::Array(words))
}

/// Finding: a value of another type than `types`, in the words of JSON Schema.
pub fn wrong_type(types: &[&'static str], value: &Value, name: &str, place: Place) -> Diagnostic {
    let found = described(value);
    let help = match (value, types) {
        (Value::String(text), types)
            if types.contains(&"object") && yaml::with_blank(text).is_some() =>
        {
            let written = yaml::with_blank(text).unwrap_or_default();
            Some(format!("write `{written}`, with a blank after the colon"))
        }
        (Value::String(text), [.., "integer" | "number"] | ["integer" | "number", ..])
            if yaml::resolve(text.trim()).is_number() =>
        {
            Some(format!("write it without quotes: `{}`", text.trim()))
        }
        (Value::Number(_) | Value::Bool(_), types) if types.contains(&"string") => {
            Some(format!("put it in quotes: `\"{value}\"`"))
        }
        (Value::String(text), types)
            if types.contains(&"array") && name.contains("command") && text.contains(' ') =>
        {
            Some(format!("write a list: `{}`", words(text)))
        }
        (Value::String(_) | Value::Number(_), types) if types.contains(&"array") => {
            Some(format!("write a list: `[{}]`", yaml::inline(value)))
        }
        (_, types) => Some(format!("write {} here", expected(types))),
    };
    Diagnostic::new(
        Code::WrongType,
        format!("{name} is {found}, expected {}", expected(types)),
    )
    .at(place, format!("this is {found}"))
    .maybe_help(help)
}

fn not_allowed(options: &[Value], value: &Value, name: &str, place: Place) -> Diagnostic {
    let texts: Vec<String> = options
        .iter()
        .filter(|o| !o.is_null())
        .map(written)
        .collect();
    let words = || texts.iter().map(String::as_str);
    let near = value.as_str().and_then(|text| did_you_mean(text, words()));
    let all = format!(
        "{} allowed: {}",
        if texts.len() == 1 {
            "only this is"
        } else {
            "these are"
        },
        listed(words())
    );
    Diagnostic::new(
        Code::InvalidValue,
        format!("{name} cannot be {}", quoted(value)),
    )
    .at(place, "not one of the allowed values")
    .help(near.map_or(all.clone(), |near| format!("{near} {all}")))
}

fn invalid(fault: &Fault, value: &Value, name: &str, place: Place) -> Diagnostic {
    let (what, help) = rule(fault, value);
    Diagnostic::new(Code::InvalidValue, format!("{name} {what}"))
        .at(place, "")
        .maybe_help(help)
}

/// What a rule says of a value that breaks it, and what to write.
fn rule(fault: &Fault, value: &Value) -> (String, Option<String>) {
    let value = quoted(value);
    match fault {
        Fault::Pattern { pattern } if pattern.is_empty() => ("has the wrong form".to_owned(), None),
        Fault::Pattern { pattern } => (
            format!("is {value}, which does not match its pattern"),
            Some(format!("write a value that matches `{pattern}`")),
        ),
        Fault::Costly => (
            "takes its pattern too long to compare".to_owned(),
            Some("write a shorter value, or a simpler pattern".to_owned()),
        ),
        Fault::TooSmall {
            limit,
            exclusive: false,
        } => (
            format!("is {value}, which is too small"),
            Some(format!("write {limit} or more")),
        ),
        Fault::TooSmall { limit, .. } => (
            format!("is {value}, which is too small"),
            Some(format!("write more than {limit}")),
        ),
        Fault::TooLarge {
            limit,
            exclusive: false,
        } => (
            format!("is {value}, which is too large"),
            Some(format!("write {limit} or less")),
        ),
        Fault::TooLarge { limit, .. } => (
            format!("is {value}, which is too large"),
            Some(format!("write less than {limit}")),
        ),
        Fault::TooFew { limit: 1 } => {
            ("is empty".to_owned(), Some("write at least one".to_owned()))
        }
        Fault::TooFew { limit } => (
            "holds too little".to_owned(),
            Some(format!("write at least {limit}")),
        ),
        Fault::TooMany { limit } => (
            "holds too much".to_owned(),
            Some(format!("write at most {limit}")),
        ),
        Fault::Format { format } => (format!("is {value}, which is not a valid {format}"), None),
        Fault::Repeated => (
            "has the same item twice".to_owned(),
            Some("remove one of them".to_owned()),
        ),
        _ => ("has a value that is not allowed".to_owned(), None),
    }
}

/// A value as people write it, without quotes.
pub fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => yaml::inline(other),
    }
}

/// A value in backticks, shortened where it is long.
pub fn quoted(value: &Value) -> String {
    const SHOWN: usize = 60;
    let text = written(value);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", text[..end].replace(['\n', '\r'], " ")),
        None => format!("`{}`", text.replace(['\n', '\r'], " ")),
    }
}

#[cfg(test)]
mod tests;
