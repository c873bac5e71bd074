//! Owns the algebra of layers: what is known of one requirement, and how what a weaker layer says is laid below it.
//!
//! [`Known::over`] is associative, and what says nothing changes nothing: so it does not matter in which order layers are
//! joined, only which of them is stronger. Each field obeys one of three rules: the strongest that says something holds;
//! ways and evidence add up; the surest reading counts.

use serde_json::Value;

use crate::requirement::{
    Binding, Claim, Column, Confidence, DataType, Evidence, Field, Kind, Layer, Origins, Pass,
    Requirement, ValueType, When,
};
use crate::secret::{is_secret_argument, is_secret_name};

/// What a layer says of a field; nothing where it is silent.
type Said<T> = Option<(T, Layer)>;

/// What the layers joined so far say of one requirement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    name: Said<String>,
    kind: Said<Kind>,
    value_type: Said<ValueType>,
    required: Said<bool>,
    default: Said<Value>,
    own_default: Option<Value>,
    choices: Said<Vec<Value>>,
    pattern: Said<String>,
    min: Said<f64>,
    max: Said<f64>,
    example: Said<Value>,
    description: Said<String>,
    data_type: Said<DataType>,
    secret: Said<bool>,
    path: Said<String>,
    when: Said<When>,
    exclusive: Said<String>,
    columns: Option<Vec<Column>>,
    files: Option<String>,
    only_tested: bool,
    /// Names of claims, strongest first, with their aliases.
    names: Vec<String>,
    ways: Vec<Way>,
    confidence: Confidence,
    evidence: Vec<Evidence>,
}

/// A way to the script, and who says how a value is passed by it.
#[derive(Clone, Debug, PartialEq)]
struct Way {
    binding: Binding,
    layer: Layer,
}

impl Known {
    /// What one claim says.
    pub(super) fn of(claim: &Claim) -> Self {
        let layer = layer(claim);
        fn said<T: Clone>(value: &Option<T>, layer: Layer) -> Said<T> {
            value.clone().map(|value| (value, layer))
        }
        let default = claim.default.clone().filter(|value| !value.is_null());
        // Who gives a default and says no more, says that nothing has to be given.
        let required = claim.required.or_else(|| default.as_ref().map(|_| false));
        let names = std::iter::once(&claim.name).chain(&claim.aliases);
        let ways = claim.bindings.iter().map(|binding| Way {
            binding: binding.clone(),
            layer,
        });
        Self {
            name: Some((claim.name.clone(), layer)),
            kind: Some((claim.kind, layer)),
            value_type: said(&claim.value_type, layer),
            required: said(&required, layer),
            // What a platform's convention gives need not be passed either.
            own_default: default.clone().filter(|_| layer > Layer::Contract),
            default: said(&default, layer),
            choices: said(&claim.choices, layer),
            pattern: said(&claim.pattern, layer),
            min: said(&claim.min, layer),
            max: said(&claim.max, layer),
            example: said(&claim.example, layer),
            description: said(&claim.description, layer),
            data_type: said(&claim.data_type, layer),
            secret: said(&claim.secret, layer),
            path: said(&claim.path, layer),
            when: said(&claim.when, layer),
            exclusive: said(&claim.exclusive, layer),
            columns: claim.columns.clone(),
            files: claim.files.clone(),
            only_tested: claim.only_tested,
            names: unique(names.cloned()),
            ways: joined(ways),
            confidence: claim.confidence,
            evidence: claim.evidence.clone(),
        }
    }

    /// Lays what is known from stronger layers over what is known from weaker ones.
    pub(super) fn over(self, weaker: Self) -> Self {
        Self {
            kind: kind(self.kind, weaker.kind),
            name: self.name.or(weaker.name),
            value_type: self.value_type.or(weaker.value_type),
            required: self.required.or(weaker.required),
            default: self.default.or(weaker.default),
            own_default: self.own_default.or(weaker.own_default),
            choices: self.choices.or(weaker.choices),
            pattern: self.pattern.or(weaker.pattern),
            min: self.min.or(weaker.min),
            max: self.max.or(weaker.max),
            example: self.example.or(weaker.example),
            description: self.description.or(weaker.description),
            data_type: self.data_type.or(weaker.data_type),
            secret: self.secret.or(weaker.secret),
            path: self.path.or(weaker.path),
            when: self.when.or(weaker.when),
            exclusive: self.exclusive.or(weaker.exclusive),
            columns: self.columns.or(weaker.columns),
            files: self.files.or(weaker.files),
            only_tested: self.only_tested || weaker.only_tested,
            names: unique(self.names.into_iter().chain(weaker.names)),
            ways: joined(self.ways.into_iter().chain(weaker.ways)),
            confidence: self.confidence.max(weaker.confidence),
            evidence: self.evidence.into_iter().chain(weaker.evidence).collect(),
        }
    }

    /// The requirement that follows, with what is taken for granted where no layer says anything.
    pub(super) fn requirement(self) -> Requirement {
        let mut origins = Origins::default();
        let strongest = self
            .name
            .as_ref()
            .map_or(Layer::Inference, |(_, layer)| *layer);
        let name = tell(&mut origins, Field::Name, self.name).unwrap_or_default();
        let kind = tell(&mut origins, Field::Kind, self.kind).unwrap_or(Kind::Arg);
        let choices = tell(&mut origins, Field::Choices, self.choices).unwrap_or_default();
        let value_type = tell(&mut origins, Field::Type, self.value_type);
        let required = tell(&mut origins, Field::Required, self.required);
        let value_type = value_type_of(value_type, kind, !choices.is_empty());
        let default = tell(&mut origins, Field::Default, self.default);
        let names_secret = match kind {
            Kind::Env => is_secret_name(&name),
            // What the script falls back on is no secret to anybody who can read it.
            Kind::Arg => {
                let variable =
                    |way: &Way| matches!(&way.binding, Binding::Env { env } if is_secret_name(env));
                value_type == ValueType::String
                    && !matches!(&default, Some(Value::String(text)) if !text.is_empty())
                    && (is_secret_argument(&name) || self.ways.iter().any(variable))
            }
            Kind::Input | Kind::Output => false,
        };
        Requirement {
            value_type,
            // A declaration in the manifest that says nothing of it asks for a value; one in a contract does not.
            required: required
                .unwrap_or(kind.is_path() || kind == Kind::Arg && strongest == Layer::Manifest),
            default,
            own_default: self.own_default,
            choices,
            pattern: tell(&mut origins, Field::Pattern, self.pattern),
            min: tell(&mut origins, Field::Min, self.min),
            max: tell(&mut origins, Field::Max, self.max),
            example: tell(&mut origins, Field::Example, self.example),
            description: tell(&mut origins, Field::Description, self.description),
            data_type: tell(&mut origins, Field::DataType, self.data_type),
            secret: tell(&mut origins, Field::Secret, self.secret).unwrap_or(names_secret),
            path: tell(&mut origins, Field::Path, self.path),
            when: tell(&mut origins, Field::When, self.when),
            exclusive: tell(&mut origins, Field::Exclusive, self.exclusive),
            columns: self.columns,
            files: self.files,
            only_tested: self.only_tested,
            aliases: self
                .names
                .into_iter()
                .filter(|alias| *alias != name)
                .collect(),
            bindings: self.ways.into_iter().map(|way| way.binding).collect(),
            supplied: false,
            from: None,
            suggested: None,
            confidence: self.confidence,
            evidence: self.evidence,
            name,
            kind,
            origins,
        }
    }
}

fn tell<T>(origins: &mut Origins, field: Field, said: Said<T>) -> Option<T> {
    let (value, layer) = said?;
    origins.set(field, layer);
    Some(value)
}

/// The layer that a claim belongs to.
pub(in crate::extract) fn layer(claim: &Claim) -> Layer {
    let first = claim.evidence.first();
    first.map_or(Layer::Inference, |evidence| evidence.layer)
}

/// The manifest says under which heading an answer stands; else whoever knows the direction of a path knows best.
fn kind(stronger: Said<Kind>, weaker: Said<Kind>) -> Said<Kind> {
    let weight = |said: &Said<Kind>| match said {
        Some((_, Layer::Manifest)) => 3,
        Some((kind, _)) if kind.is_path() => 2,
        Some(_) => 1,
        None => 0,
    };
    if weight(&weaker) > weight(&stronger) {
        weaker
    } else {
        stronger
    }
}

fn value_type_of(known: Option<ValueType>, kind: Kind, has_choices: bool) -> ValueType {
    match known {
        Some(ValueType::List(items)) if kind.is_path() && *items == ValueType::String => {
            ValueType::List(Box::new(ValueType::Path))
        }
        Some(ValueType::List(items)) => ValueType::List(items),
        _ if kind.is_path() => ValueType::Path,
        _ if has_choices => ValueType::Choice,
        Some(known) => known,
        None => ValueType::String,
    }
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Ways by which one requirement arrives, each once: flags that share a form are one flag, with both its forms.
fn joined(ways: impl Iterator<Item = Way>) -> Vec<Way> {
    let mut all: Vec<Way> = Vec::new();
    for way in ways {
        let mut same = (0..all.len()).filter(|at| all[*at].binding.same(&way.binding));
        let Some(first) = same.next() else {
            all.push(way);
            continue;
        };
        // A flag with two forms may be what two flags with one form each have in common.
        let others: Vec<usize> = same.collect();
        all[first] = one(&all[first], &way);
        for at in others.into_iter().rev() {
            let other = all.remove(at);
            all[first] = one(&all[first], &other);
        }
    }
    all
}

/// Two ways that are the same, as one. The code knows best how a value is passed.
fn one(stronger: &Way, weaker: &Way) -> Way {
    let (
        Binding::Flag {
            flag: a,
            short: sa,
            pass: pa,
        },
        Binding::Flag {
            flag: b,
            short: sb,
            pass: pb,
        },
    ) = (&stronger.binding, &weaker.binding)
    else {
        return stronger.clone();
    };
    let forms = || {
        [Some(a), sa.as_ref(), Some(b), sb.as_ref()]
            .into_iter()
            .flatten()
    };
    let flag = forms().find(|form| form.starts_with("--")).unwrap_or(a);
    let short = forms().find(|form| *form != flag && !form.starts_with("--"));
    let short = short.or_else(|| forms().find(|form| *form != flag));
    let knows = |way: &Way| match way.layer {
        Layer::Static => 2,
        _ if way.pass() != Some(Pass::Value) => 1,
        _ => 0,
    };
    let (pass, layer) = if knows(weaker) > knows(stronger) {
        (pb, weaker.layer)
    } else {
        (pa, stronger.layer)
    };
    Way {
        binding: Binding::Flag {
            flag: flag.clone(),
            short: short.cloned(),
            pass: *pass,
        },
        layer,
    }
}

impl Way {
    fn pass(&self) -> Option<Pass> {
        match &self.binding {
            Binding::Flag { pass, .. } => Some(*pass),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::source::{Source, Span};

    fn binding() -> impl Strategy<Value = Binding> {
        let pass = prop_oneof![Just(Pass::Value), Just(Pass::Switch), Just(Pass::Repeat)];
        // Each flag has a long and a short form of its own, and a layer may know only one of them.
        let flag =
            (prop_oneof![Just("a"), Just("b")], 0..3_u8, pass).prop_map(|(letter, forms, pass)| {
                let (long, short) = (format!("--{letter}{letter}"), format!("-{letter}"));
                match forms {
                    0 => Binding::Flag {
                        flag: long,
                        short: None,
                        pass,
                    },
                    1 => Binding::Flag {
                        flag: long,
                        short: Some(short),
                        pass,
                    },
                    _ => Binding::Flag {
                        flag: short,
                        short: None,
                        pass,
                    },
                }
            });
        prop_oneof![
            flag,
            Just(Binding::env("A")),
            Just(Binding::Positional { positional: 0 })
        ]
    }

    /// What one layer says, often little.
    fn claim(layer: Layer) -> impl Strategy<Value = Claim> {
        let kind = prop_oneof![Just(Kind::Arg), Just(Kind::Input), Just(Kind::Output)];
        let value = prop_oneof![Just(json!(1)), Just(json!("x")), Just(Value::Null)];
        let types = prop_oneof![
            Just(ValueType::Int),
            Just(ValueType::List(Box::new(ValueType::String)))
        ];
        (
            prop_oneof![Just("a"), Just("b")],
            kind,
            prop::collection::vec(binding(), 0..3),
            prop::option::of(types),
            prop::option::of(any::<bool>()),
            prop::option::of(value),
            prop::option::of(Just("told".to_owned())),
            prop::option::of(any::<bool>()),
        )
            .prop_map(
                move |(
                    name,
                    kind,
                    bindings,
                    value_type,
                    required,
                    default,
                    description,
                    secret,
                )| {
                    let place = Source::new("f", "f", "text").at(Span::new(0, 1));
                    let evidence = Evidence {
                        place,
                        layer,
                        rule: "test",
                    };
                    Claim {
                        bindings,
                        value_type,
                        required,
                        default,
                        description: description
                            .map(|text: String| format!("{text} by {}", layer.as_str())),
                        secret,
                        choices: (name == "b").then(|| vec![json!(layer.as_str())]),
                        ..Claim::new(name, kind, evidence)
                    }
                },
            )
    }

    fn requirement(known: Known) -> Requirement {
        Requirement {
            evidence: Vec::new(),
            ..known.requirement()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// It does not matter which layers are joined first.
        #[test]
        fn joining_is_associative(
            a in claim(Layer::Manifest), b in claim(Layer::Contract), c in claim(Layer::Static),
        ) {
            let (a, b, c) = (Known::of(&a), Known::of(&b), Known::of(&c));
            let from_above = a.clone().over(b.clone()).over(c.clone());
            let from_below = a.over(b.over(c));
            prop_assert_eq!(from_above, from_below);
        }

        /// One thing said twice is one thing.
        #[test]
        fn joining_with_itself_changes_nothing_but_the_evidence(a in claim(Layer::Static)) {
            let once = Known::of(&a);
            let twice = once.clone().over(once.clone());
            prop_assert_eq!(twice.evidence.len(), 2);
            prop_assert_eq!(requirement(once), requirement(twice));
        }

        /// Each field is the strongest layer's that speaks of it, and remembers whose it is.
        #[test]
        fn the_strongest_layer_that_speaks_holds(a in claim(Layer::Manifest), b in claim(Layer::Contract), c in claim(Layer::Static)) {
            let all = [&a, &b, &c];
            let joined = requirement(Known::of(&a).over(Known::of(&b)).over(Known::of(&c)));
            let first = |says: &dyn Fn(&Claim) -> bool| all.iter().find(|claim| says(claim)).map(|claim| layer(claim));
            let has_default = |claim: &Claim| claim.default.as_ref().is_some_and(|value| !value.is_null());
            prop_assert_eq!(joined.origins.of(Field::Default), first(&has_default));
            prop_assert_eq!(joined.origins.of(Field::Secret), first(&|claim| claim.secret.is_some()));
            prop_assert_eq!(joined.origins.of(Field::Type), first(&|claim| claim.value_type.is_some()));
            let told = first(&|claim| claim.description.is_some());
            prop_assert_eq!(joined.description.clone(), told.map(|layer| format!("told by {}", layer.as_str())));
            let needs = |claim: &Claim| claim.required.is_some() || has_default(claim);
            prop_assert_eq!(joined.origins.of(Field::Required), first(&needs));
            prop_assert_eq!(joined.kind, a.kind, "the manifest says under which heading an answer stands");
            for way in all.iter().flat_map(|claim| &claim.bindings) {
                prop_assert_eq!(joined.bindings.iter().filter(|known| known.same(way)).count(), 1);
            }
        }
    }

    /// The code knows how a value is passed; a declaration only guesses it from the type.
    #[test]
    fn the_code_says_how_a_value_is_passed() {
        let way = |layer, flag: &str, pass| Way {
            binding: Binding::Flag {
                flag: flag.to_owned(),
                short: None,
                pass,
            },
            layer,
        };
        let ways = joined(
            [
                way(Layer::Manifest, "--on", Pass::Switch),
                way(Layer::Static, "--on", Pass::Value),
            ]
            .into_iter(),
        );
        assert_eq!(ways[0].pass(), Some(Pass::Value));
        let ways = joined(
            [
                way(Layer::Manifest, "--on", Pass::Switch),
                way(Layer::Contract, "--on", Pass::Value),
            ]
            .into_iter(),
        );
        assert_eq!(ways[0].pass(), Some(Pass::Switch));
    }
}
