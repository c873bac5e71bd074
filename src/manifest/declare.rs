//! Owns declared requirements: from what a manifest or a contract spells out to claims with places.

use indexmap::IndexMap;
use serde_json::Value;

use super::expect::{self, Expectation};
use super::raw::{RawBinding, RawDeclaration, RawRequirement, RawScalar};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::requirement::{
    Binding, Claim, Column, Confidence, DataType, Evidence, Kind, Layer, OutputRef, Pass, ValueType,
};
use crate::shape::Pattern;
use crate::source::{Place, Source, Span};
use crate::yaml::{self, Document, join};

/// A document that declares requirements, and for which layer it speaks.
pub(crate) struct Declarer<'d> {
    pub(crate) document: &'d Document,
    pub(crate) layer: Layer,
    pub(crate) rule: &'static str,
    pub(crate) problems: Diagnostics,
    /// What is expected of outputs, by their names.
    pub(crate) expectations: IndexMap<String, Vec<Expectation>>,
}

impl Declarer<'_> {
    fn key(&self, pointer: &str) -> Span {
        self.document.nearest(pointer)
    }

    fn value(&self, pointer: &str) -> Span {
        self.document
            .locate(pointer)
            .map_or_else(|| self.key(pointer), yaml::Located::shown)
    }

    /// Whether a binding has a key that it does not know.
    fn has_stray_key(&self, at: &str) -> bool {
        const KEYS: &[&str] = &[
            "flag",
            "short",
            "positional",
            "env",
            "main",
            "key",
            "parameter",
            "container_path",
        ];
        let binding = self.document.value.pointer(at).and_then(Value::as_object);
        binding.is_some_and(|binding| binding.keys().any(|key| !KEYS.contains(&key.as_str())))
    }

    /// The claims of all four kinds, below the JSON pointer `at`.
    pub(crate) fn all(
        &mut self,
        sections: [(Kind, &IndexMap<String, RawDeclaration>); 4],
        at: &str,
    ) -> Vec<Claim> {
        let of_kind = |(kind, declared): (Kind, &IndexMap<String, RawDeclaration>)| {
            self.claims(kind, declared, &join(at, kind.section()))
        };
        sections.into_iter().flat_map(of_kind).collect()
    }

    /// The claims of one kind that stand at a JSON pointer.
    fn claims(
        &mut self,
        kind: Kind,
        declared: &IndexMap<String, RawDeclaration>,
        at: &str,
    ) -> Vec<Claim> {
        declared
            .iter()
            .map(|(name, declaration)| {
                let pointer = join(at, name);
                let place = self.document.source.at(self.key(&pointer));
                if name.trim().is_empty() || name.contains(['{', '}', '[', ']', '\n']) {
                    self.problems.push(bad_requirement_name(&place, kind, name));
                }
                let evidence = Evidence {
                    place,
                    layer: self.layer,
                    rule: self.rule,
                };
                let mut claim = Claim::new(name, kind, evidence);
                match declaration {
                    RawDeclaration::Bare(()) => {}
                    RawDeclaration::Value(value) if kind.is_path() => {
                        claim.path = Some(scalar_text(value))
                    }
                    RawDeclaration::Value(value) => claim.default = Some(scalar(value)),
                    RawDeclaration::List(values) => {
                        claim.default = Some(Value::Array(values.iter().map(scalar).collect()));
                    }
                    RawDeclaration::Full(raw) => self.full(&mut claim, raw, &pointer),
                }
                claim
            })
            .collect()
    }

    fn full(&mut self, claim: &mut Claim, raw: &RawRequirement, at: &str) {
        let source = self.document.source.clone();
        if let Some(word) = &raw.value_type {
            claim.value_type = ValueType::parse(word);
            if claim.value_type.is_none() {
                claim.data_type = DataType::parse(word);
                claim.value_type = claim.data_type.map(|_| ValueType::Path);
            }
        }
        if let Some(items) = raw.items.as_deref().and_then(ValueType::parse) {
            claim.value_type = Some(ValueType::List(Box::new(items)));
        }
        if raw.choices.is_some() && claim.value_type.is_none() {
            claim.value_type = Some(ValueType::Choice);
        }
        claim.required = raw.required;
        claim.default.clone_from(&raw.default);
        claim.choices = raw
            .choices
            .as_ref()
            .map(|choices| choices.iter().map(scalar).collect());
        claim.pattern.clone_from(&raw.pattern);
        let pattern = raw.pattern.as_deref();
        if pattern.is_some_and(|pattern| Pattern::compile(pattern).is_err()) {
            let place = self.value(&join(at, "pattern"));
            self.problems.push(bad_pattern(&source, place));
            claim.pattern = None;
        }
        claim.min = raw.min;
        claim.max = raw.max;
        claim.example.clone_from(&raw.example);
        claim.description.clone_from(&raw.description);
        claim.secret = raw.secret;
        claim.path.clone_from(&raw.path);
        claim.aliases.clone_from(&raw.aliases);
        let column = |(index, name): (usize, &String)| Column {
            name: name.clone(),
            place: source.at(self.value(&format!("{at}/columns/{index}"))),
            confidence: Confidence::Certain,
        };
        let columns = raw.columns.as_ref();
        claim.columns = columns.map(|all| all.iter().enumerate().map(column).collect());
        claim.files.clone_from(&raw.files);
        if let Some(from) = &raw.from {
            let place = self.value(&join(at, "from"));
            match OutputRef::parse(from) {
                _ if claim.kind != Kind::Input => self
                    .problems
                    .push(from_elsewhere(&source, place, claim.kind)),
                Some(output) => claim.from = Some((output, source.at(place))),
                None => self.problems.push(bad_output_ref(&source, place, from)),
            }
        }
        if let Some(expect) = &raw.expect {
            let pointer = join(at, "expect");
            let place = source.at(self.key(&pointer));
            match (self.layer, claim.kind) {
                (Layer::Manifest, Kind::Output) => {
                    let found =
                        expect::expectations(expect, self.document, &pointer, &mut self.problems);
                    self.expectations.insert(claim.name.clone(), found);
                    // What is expected to be so has to be there.
                    claim.required = claim.required.or(Some(true));
                }
                (Layer::Manifest, kind) => {
                    self.problems.push(expect::expect_elsewhere(place, kind))
                }
                _ => self.problems.push(expect::expect_in_contract(place)),
            }
        }
        if let Some(binding) = &raw.binding {
            let place = self.key(&join(at, "binding"));
            match bound(binding, claim) {
                Some(binding) => claim.bindings.push(binding),
                // Where a key of it means nothing, that is the finding.
                None if self.has_stray_key(&join(at, "binding")) => {}
                None => self.problems.push(bad_binding(&source, place)),
            }
        }
    }
}

fn bad_requirement_name(place: &Place, kind: Kind, name: &str) -> Diagnostic {
    let help = match name.split_once(['{', '[']) {
        Some((before, _)) if !before.trim().is_empty() => {
            format!("a `:` may be missing after `{}`", before.trim())
        }
        _ => "name it as the script does".to_owned(),
    };
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` is no name for an {kind}", name.escape_debug()),
    )
    .at(place.clone(), "brackets, braces or nothing in a name")
    .help(help)
}

/// The one way that a binding names; none where it names several, or none.
fn bound(raw: &RawBinding, claim: &Claim) -> Option<Binding> {
    let pass = match &claim.value_type {
        Some(ValueType::Bool) => Pass::Switch,
        _ => Pass::Value,
    };
    match raw {
        RawBinding {
            flag: Some(flag),
            short,
            positional: None,
            env: None,
            main: None,
            key: None,
            parameter: None,
            container_path: None,
        } => Some(Binding::Flag {
            flag: flag.clone(),
            short: short.clone(),
            pass,
        }),
        RawBinding {
            flag: None,
            short: None,
            positional,
            env,
            main,
            key,
            parameter,
            container_path,
        } => match (positional, env, main, key, (parameter, container_path)) {
            (Some(positional), None, None, None, (None, None)) => Some(Binding::Positional {
                positional: *positional,
            }),
            (None, Some(env), None, None, (None, None)) => Some(Binding::Env { env: env.clone() }),
            (None, None, Some(main), key, (None, None)) => {
                let key = key.clone().unwrap_or_else(|| claim.name.clone());
                Some(Binding::Main { main: *main, key })
            }
            (None, None, None, None, (Some(parameter), None)) => Some(Binding::Parameter {
                parameter: parameter.clone(),
            }),
            (None, None, None, None, (None, Some(path))) => Some(Binding::ContainerPath {
                container_path: path.clone(),
            }),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn scalar(raw: &RawScalar) -> Value {
    match raw {
        RawScalar::Bool(value) => Value::Bool(*value),
        RawScalar::Number(value) => Value::Number(value.clone()),
        RawScalar::Text(value) => Value::String(value.clone()),
    }
}

pub(crate) fn scalar_text(raw: &RawScalar) -> String {
    match raw {
        RawScalar::Bool(value) => value.to_string(),
        RawScalar::Number(value) => value.to_string(),
        RawScalar::Text(value) => value.clone(),
    }
}

fn from_elsewhere(source: &Source, span: Span, kind: Kind) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, format!("`from` on an {kind}"))
        .at(
            source.at(span),
            "only an input can come from an upstream output",
        )
        .help("declare it under `inputs`, with a `binding` that says how it reaches the script")
}

fn bad_output_ref(source: &Source, span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{text}` does not name an output"),
    )
    .at(
        source.at(span),
        "a step, a dot and one of its outputs are expected",
    )
    .help("for example `from: prepare.train`")
}

fn bad_binding(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "a binding names exactly one way")
        .at(source.at(span), "several ways, or none")
        .help(
            "write one of `{ flag: --name, short: -n }`, `{ positional: 0 }`, `{ env: NAME }`, \
             `{ main: input_paths, key: NAME }` and `{ container_path: /opt/… }`",
        )
}

fn bad_pattern(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        "this pattern is not a regular expression",
    )
    .at(
        source.at(span),
        "an unclosed bracket, or a sign that has to be escaped with `\\`",
    )
    .help("for example `^[a-z_]+$`")
}
