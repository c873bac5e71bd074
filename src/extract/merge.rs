//! Owns the algebra by which several layers become one set of requirements: what the strongest layer says of a field
//! holds, ways of reaching the script add up, and evidence is never lost.

mod known;

use self::known::Known;
pub(in crate::extract) use self::known::layer;
use crate::requirement::{Binding, Claim, Kind, Layer, Requirement};

/// Joins claims of all layers about one step's script. `layers` come strongest first; claims of one layer are about
/// different requirements.
pub fn merge(layers: &[&[Claim]]) -> Vec<Requirement> {
    let mut merged: Vec<Requirement> = group(layers)
        .iter()
        .filter_map(|claims| join(claims))
        .collect();
    let position = |r: &Requirement| {
        let seen = r.evidence.iter().find(|e| e.layer == Layer::Static);
        seen.map_or((0, 0), |e| (1, e.place.span.start))
    };
    merged.sort_by(|a, b| {
        a.kind
            .cmp(&b.kind)
            .then_with(|| position(a).cmp(&position(b)))
    });
    merged
}

/// Claims about one and the same thing, strongest layer first.
pub fn group<'c>(layers: &[&'c [Claim]]) -> Vec<Vec<&'c Claim>> {
    let mut groups: Vec<Vec<&Claim>> = Vec::new();
    for claims in layers {
        let known = groups.len();
        let mut taken = vec![false; known];
        let mut homes: Vec<Option<usize>> = vec![None; claims.len()];
        // A binding is surer than a place, and that than a name: claims that share one find their group first.
        for rule in [shares_binding, shares_place, shares_name] {
            for (claim, home) in claims
                .iter()
                .zip(&mut homes)
                .filter(|(_, home)| home.is_none())
            {
                let found = (0..known).find(|at| !taken[*at] && rule(&groups[*at], claim));
                if let Some(at) = found {
                    taken[at] = true;
                    *home = Some(at);
                }
            }
        }
        for (claim, home) in claims.iter().zip(homes) {
            match home {
                Some(at) => groups[at].push(claim),
                None => groups.push(vec![claim]),
            }
        }
    }
    groups
}

fn shares_binding(group: &[&Claim], claim: &Claim) -> bool {
    let ways = group.iter().flat_map(|known| &known.bindings);
    ways.into_iter()
        .any(|way| claim.bindings.iter().any(|other| way.same(other)))
}

/// Whether one of them names the very place that is written into the script according to the other.
fn shares_place(group: &[&Claim], claim: &Claim) -> bool {
    let plain = |path: &str| {
        path.trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned()
    };
    let written = |claim: &Claim| match claim.bindings.as_slice() {
        [Binding::ContainerPath { container_path }] => Some(plain(container_path)),
        _ => None,
    };
    let declared = |claim: &Claim| match (claim.bindings.as_slice(), &claim.path) {
        ([], Some(path)) => Some(plain(path)),
        _ => None,
    };
    let is_one = |a: Option<String>, b: Option<String>| a.is_some() && a == b;
    group.iter().any(|known| {
        known.kind == claim.kind
            && (is_one(declared(known), written(claim)) || is_one(written(known), declared(claim)))
    })
}

/// Whether a claim is about what the group is about, going by its name: only where the group does not yet say by which
/// way it reaches the script, or the claim does not.
fn shares_name(group: &[&Claim], claim: &Claim) -> bool {
    let kinds =
        |known: &Claim| known.kind == claim.kind || known.kind.is_path() != claim.kind.is_path();
    // A path inside a container is where a value lies there, not the way by which it comes.
    let is_bound = |claim: &Claim| {
        claim
            .bindings
            .iter()
            .any(|b| !matches!(b, Binding::ContainerPath { .. }))
    };
    let unbound = group.iter().all(|known| !is_bound(known)) || !is_bound(claim);
    unbound
        && group.iter().any(|known| {
            kinds(known)
                && names(known).any(|name| {
                    names(claim).any(|other| same_name(name, other, known.kind, claim.kind))
                })
        })
}

fn names(claim: &Claim) -> impl Iterator<Item = &str> {
    std::iter::once(claim.name.as_str()).chain(claim.aliases.iter().map(String::as_str))
}

/// Names of variables are exact; `--job-type` and `job_type` are one name.
fn same_name(one: &str, other: &str, one_kind: Kind, other_kind: Kind) -> bool {
    let exact = one_kind == Kind::Env || other_kind == Kind::Env;
    one == other
        || !exact
            && one
                .replace('-', "_")
                .eq_ignore_ascii_case(&other.replace('-', "_"))
}

/// Makes one requirement of what the layers say of it, strongest first.
fn join(claims: &[&Claim]) -> Option<Requirement> {
    let known = claims.iter().map(|claim| Known::of(claim));
    known.reduce(Known::over).map(Known::requirement)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::requirement::{Evidence, Field, ValueType};
    use crate::secret::is_secret_name;
    use crate::source::{Source, Span};

    fn claim(layer: Layer, name: &str, kind: Kind, at: usize) -> Claim {
        let place = Source::new("f", "f", "0123456789").at(Span::new(at, at + 1));
        Claim::new(
            name,
            kind,
            Evidence {
                place,
                layer,
                rule: "test",
            },
        )
    }

    fn manifest(name: &str, kind: Kind) -> Claim {
        claim(Layer::Manifest, name, kind, 0)
    }

    fn code(name: &str, kind: Kind, at: usize) -> Claim {
        let flag = format!("--{}", name.replace('_', "-"));
        claim(Layer::Static, name, kind, at).bound(Binding::flag(flag))
    }

    #[test]
    fn a_shared_binding_is_surer_than_a_name() {
        let raw = manifest("raw", Kind::Input).bound(Binding::flag("--input"));
        let merged = merge(&[
            &[raw],
            &[code("raw", Kind::Arg, 1), code("input", Kind::Arg, 2)],
        ]);
        assert_eq!(merged.len(), 2);
        let input = &merged[0];
        assert_eq!(
            (input.name.as_str(), input.kind, input.evidence.len()),
            ("raw", Kind::Input, 2)
        );
        assert_eq!(input.aliases, ["input"]);
        assert_eq!(input.value_type, ValueType::Path);
    }

    #[test]
    fn a_declared_place_is_the_one_that_the_script_names() {
        let path = |text: &str| Binding::ContainerPath {
            container_path: text.to_owned(),
        };
        for (declared, written, kind, count) in [
            ("use.txt", "use.txt", Kind::Output, 1),
            ("./use.txt", "use.txt", Kind::Output, 1),
            ("out/", "out", Kind::Output, 1),
            ("use.txt", "other.txt", Kind::Output, 2),
            ("use.txt", "use.txt", Kind::Input, 2),
        ] {
            let mut said = manifest("counts", Kind::Output);
            said.path = Some(declared.to_owned());
            let found = claim(Layer::Static, "use", kind, 1).bound(path(written));
            let merged = merge(&[&[said], &[found]]);
            assert_eq!(merged.len(), count, "{declared} {written}");
            let counts = merged.iter().find(|r| r.name == "counts");
            assert_eq!(counts.map(|r| r.evidence.len()), Some(3 - count));
        }
    }

    #[test]
    fn the_strongest_layer_decides_each_field_by_itself() {
        let mut declared = manifest("job-type", Kind::Arg);
        declared.default = Some(json!("testing"));
        let mut found = code("job_type", Kind::Arg, 1);
        found.required = Some(true);
        found.choices = Some(vec![json!("training"), json!("testing")]);
        found.description = Some("what to do".to_owned());
        let merged = merge(&[&[declared], &[found]]);
        let [one] = merged.as_slice() else {
            panic!("one requirement: {merged:?}")
        };
        assert_eq!(one.value_type, ValueType::Choice);
        assert!(!one.required, "the manifest gives a default");
        assert_eq!(one.origins.of(Field::Default), Some(Layer::Manifest));
        assert_eq!(one.origins.of(Field::Choices), Some(Layer::Static));
        assert_eq!(one.origins.of(Field::Pattern), None);
        assert_eq!(one.description.as_deref(), Some("what to do"));
        assert_eq!(one.bindings, [Binding::flag("--job-type")]);
    }

    #[test]
    fn one_requirement_that_arrives_twice_stays_one() {
        let declared = manifest("data", Kind::Input)
            .bound(Binding::env("DATA"))
            .bound(Binding::flag("--data"));
        let merged = merge(&[&[declared], &[code("data", Kind::Input, 1)]]);
        assert_eq!(merged.len(), 1);
        assert_eq!(
            merged[0].bindings,
            [Binding::env("DATA"), Binding::flag("--data")]
        );
    }

    #[test]
    fn variables_are_matched_exactly_and_secrets_known_by_their_names() {
        let merged = merge(&[
            &[manifest("seed", Kind::Env)],
            &[claim(Layer::Static, "SEED", Kind::Env, 1).bound(Binding::env("SEED"))],
        ]);
        assert_eq!(merged.len(), 2);
        for (name, secret) in [
            ("API_TOKEN", true),
            ("DB_PASSWORD", true),
            ("MONKEY", false),
            ("KEYBOARD", false),
        ] {
            assert_eq!(is_secret_name(name), secret, "{name}");
        }
    }

    #[test]
    fn the_order_is_by_kind_then_by_the_place_in_the_code() {
        let merged = merge(&[
            &[manifest("declared", Kind::Arg)],
            &[
                code("b", Kind::Arg, 5),
                code("a", Kind::Arg, 2),
                code("in", Kind::Input, 9),
            ],
        ]);
        let names: Vec<&str> = merged.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["in", "declared", "a", "b"]);
    }
}
