//! Owns the algebra by which several layers become one set of requirements: what the strongest layer says of a field
//! holds, ways of reaching the script add up, and evidence is never lost.

use crate::requirement::{
    Binding, Claim, Confidence, Kind, Layer, Pass, Requirement, ValueType, is_secret_name,
};

/// Joins claims of all layers about one step's script. `layers` come strongest first; claims of one layer are about
/// different requirements.
pub fn merge(layers: &[&[Claim]]) -> Vec<Requirement> {
    let mut merged: Vec<Requirement> = group(layers).iter().map(|claims| join(claims)).collect();
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
pub(super) fn group<'c>(layers: &[&'c [Claim]]) -> Vec<Vec<&'c Claim>> {
    let mut groups: Vec<Vec<&Claim>> = Vec::new();
    for claims in layers {
        let known = groups.len();
        let mut taken = vec![false; known];
        let mut homes: Vec<Option<usize>> = vec![None; claims.len()];
        // A binding is surer than a name, so all claims that share one find their group first.
        for rule in [shares_binding, shares_name] {
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
fn join(claims: &[&Claim]) -> Requirement {
    let first = |pick: fn(&Claim) -> bool| claims.iter().copied().find(|claim| pick(claim));
    let strongest = claims[0];
    // The manifest says under which heading an answer stands; else whoever knows the direction of a path knows best.
    let declared = Some(strongest.kind).filter(|_| layer(strongest) == Layer::Manifest);
    let directed = || claims.iter().map(|c| c.kind).find(|kind| kind.is_path());
    let kind = declared.or_else(directed).unwrap_or(strongest.kind);
    let given_default = first(|c| c.default.as_ref().is_some_and(|value| !value.is_null()));
    let choices = first(|c| c.choices.is_some())
        .and_then(|c| c.choices.clone())
        .unwrap_or_default();
    let value_type = claims.iter().find_map(|c| c.value_type.clone());
    let value_type = match value_type {
        Some(ValueType::List(items)) if kind.is_path() && *items == ValueType::String => {
            ValueType::List(Box::new(ValueType::Path))
        }
        Some(ValueType::List(items)) => ValueType::List(items),
        _ if kind.is_path() => ValueType::Path,
        _ if !choices.is_empty() => ValueType::Choice,
        Some(known) => known,
        None => ValueType::String,
    };
    let required = claims.iter().find_map(|c| match (&c.default, c.required) {
        (_, Some(required)) => Some(required),
        (Some(value), None) if !value.is_null() => Some(false),
        _ => None,
    });
    let mut aliases: Vec<String> = claims.iter().flat_map(|c| c.aliases.clone()).collect();
    aliases.extend(
        claims[1..]
            .iter()
            .map(|c| c.name.clone())
            .filter(|name| *name != strongest.name),
    );
    aliases.dedup();
    Requirement {
        name: strongest.name.clone(),
        kind,
        bindings: bindings(claims),
        value_type,
        // A declaration in the manifest that says nothing of it asks for a value; one in a contract does not.
        required: required
            .unwrap_or(kind.is_path() || kind == Kind::Arg && layer(strongest) <= Layer::Manifest),
        default: given_default.and_then(|c| c.default.clone()),
        default_layer: given_default
            .and_then(|c| c.evidence.first())
            .map(|e| e.layer),
        choices,
        pattern: claims.iter().find_map(|c| c.pattern.clone()),
        min: claims.iter().find_map(|c| c.min),
        max: claims.iter().find_map(|c| c.max),
        example: claims.iter().find_map(|c| c.example.clone()),
        description: claims.iter().find_map(|c| c.description.clone()),
        data_type: claims.iter().find_map(|c| c.data_type),
        secret: claims
            .iter()
            .find_map(|c| c.secret)
            .unwrap_or_else(|| kind == Kind::Env && is_secret_name(&strongest.name)),
        aliases,
        path: claims.iter().find_map(|c| c.path.clone()),
        supplied: false,
        from: None,
        when: claims.iter().find_map(|c| c.when.clone()),
        exclusive: claims.iter().find_map(|c| c.exclusive.clone()),
        confidence: claims
            .iter()
            .map(|c| c.confidence)
            .max()
            .unwrap_or(Confidence::Certain),
        evidence: claims.iter().flat_map(|c| c.evidence.clone()).collect(),
    }
}

fn layer(claim: &Claim) -> Layer {
    claim
        .evidence
        .first()
        .map_or(Layer::Inference, |evidence| evidence.layer)
}

/// All ways, strongest layer first; of one flag known twice, the code knows best how its value is passed.
fn bindings(claims: &[&Claim]) -> Vec<Binding> {
    let mut all: Vec<Binding> = Vec::new();
    for binding in claims.iter().flat_map(|claim| &claim.bindings) {
        match all.iter_mut().find(|known| known.same(binding)) {
            Some(Binding::Flag { short, pass, .. }) => {
                if let Binding::Flag {
                    short: other,
                    pass: passed,
                    ..
                } = binding
                {
                    *short = short.take().or_else(|| other.clone());
                    *pass = if *passed == Pass::Value {
                        *pass
                    } else {
                        *passed
                    };
                }
            }
            Some(_) => {}
            None => all.push(binding.clone()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::requirement::Evidence;
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
        assert_eq!(one.default_layer, Some(Layer::Manifest));
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
