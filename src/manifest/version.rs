//! Owns the versions of a program that will do: `3.11`, `>=3.10`, `>=3.10, <3.13`. Knows nothing of programs.

use std::cmp::Ordering;
use std::fmt;

/// Numbers between dots.
pub type Version = Vec<u64>;

/// How a version relates to the one that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// Begins with it.
    Within,
    /// Does not begin with it.
    NotWithin,
    /// It, or later.
    AtLeast,
    /// Later.
    Above,
    /// It, or earlier.
    AtMost,
    /// Earlier.
    Below,
    /// It or later, and alike in all but its last number.
    Compatible,
}

/// How relations are written; those that begin alike with the longest first.
const RELATIONS: &[(&str, Relation)] = &[
    ("===", Relation::Within),
    ("==", Relation::Within),
    ("!=", Relation::NotWithin),
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    ("~=", Relation::Compatible),
    (">", Relation::Above),
    ("<", Relation::Below),
    ("=", Relation::Within),
];

/// The versions that will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    written: String,
    all: Vec<(Relation, Version)>,
}

impl Versions {
    /// Reads relations with commas between them; without a sign, all versions that begin so.
    pub fn parse(text: &str) -> Option<Self> {
        let all: Option<Vec<(Relation, Version)>> = text
            .split(',')
            .map(|part| {
                let part = part.trim();
                let sign = RELATIONS.iter().find(|(sign, _)| part.starts_with(sign));
                let (rest, relation) = sign.map_or((part, Relation::Within), |(sign, relation)| {
                    (&part[sign.len()..], *relation)
                });
                let rest = rest.trim();
                let rest = rest.strip_suffix(".*").unwrap_or(rest);
                let version = version(rest)?;
                (relation != Relation::Compatible || version.len() > 1)
                    .then_some((relation, version))
            })
            .collect();
        Some(Self {
            written: text.trim().to_owned(),
            all: all?,
        })
    }

    /// Whether a version will do; nothing where too few of its numbers are known to say so.
    pub fn allow(&self, known: &[u64]) -> Option<bool> {
        let each = |(relation, written): &(Relation, Version)| holds(*relation, written, known);
        let told: Vec<Option<bool>> = self.all.iter().map(each).collect();
        match () {
            () if told.contains(&Some(false)) => Some(false),
            () if told.contains(&None) => None,
            () => Some(true),
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Numbers between dots, and nothing else.
pub fn version(text: &str) -> Option<Version> {
    text.split('.').map(|number| number.parse().ok()).collect()
}

/// Whether a relation holds; nothing where it depends on numbers that are not known.
fn holds(relation: Relation, written: &[u64], known: &[u64]) -> Option<bool> {
    let shared = written.len().min(known.len());
    let order = known[..shared].cmp(&written[..shared]);
    let is_whole = shared == written.len() || written[shared..].iter().all(|n| *n == 0);
    match (relation, order) {
        (Relation::Within, Ordering::Equal) => is_whole_match(shared, written),
        (Relation::Within, _) => Some(false),
        (Relation::NotWithin, Ordering::Equal) => is_whole_match(shared, written).map(|is| !is),
        (Relation::NotWithin, _) => Some(true),
        (Relation::AtLeast, Ordering::Equal) => is_whole.then_some(true),
        (Relation::AtLeast | Relation::Above, order) if order.is_ne() => Some(order.is_gt()),
        (Relation::AtMost | Relation::Below, order) if order.is_ne() => Some(order.is_lt()),
        // `>3.10` and 3.10.4, of which only 3.10 may be known.
        (Relation::Below, _) => is_whole.then_some(false),
        (Relation::Compatible, order) if order.is_lt() => Some(false),
        (Relation::Compatible, _) => {
            let stem = &written[..written.len() - 1];
            holds(Relation::Within, stem, known).filter(|within| !within || is_whole)
        }
        _ => (known.len() > written.len()).then(|| {
            let is_later = known[shared..].iter().any(|n| *n > 0);
            (relation == Relation::Above) == is_later
        }),
    }
}

/// Whether all numbers that are written were compared.
fn is_whole_match(shared: usize, written: &[u64]) -> Option<bool> {
    (shared == written.len()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_weighed_as_far_as_they_are_known() {
        for (written, known, expected) in [
            ("3.11", "3.11.7", Some(true)),
            ("3.11", "3.11", Some(true)),
            ("3.11", "3", None),
            ("3.11", "3.1", Some(false)),
            ("==3.11.*", "3.12.0", Some(false)),
            ("!=3.11", "3.11.2", Some(false)),
            ("!=3.11", "3.12", Some(true)),
            (">=3.10", "3.9.18", Some(false)),
            (">=3.10", "3.10", Some(true)),
            (">=3.10.2", "3.10", None),
            (">=3.10.0", "3.10", Some(true)),
            (">=3.10", "3.11", Some(true)),
            (">3.10", "3.10.4", Some(true)),
            (">3.10", "3.10", None),
            ("<=3.10", "3.10.4", Some(false)),
            ("<3.13", "3.12.9", Some(true)),
            ("<3.13", "3.13", Some(false)),
            ("<3.13", "3.13.1", Some(false)),
            (">=3.10, <3.13", "3.11", Some(true)),
            (">=3.10, <3.13", "3.14.1", Some(false)),
            ("~=3.10", "3.12.1", Some(true)),
            ("~=3.10", "4.0", Some(false)),
            ("~=3.10.2", "3.11.0", Some(false)),
            ("~=3.10.2", "3.10.1", Some(false)),
            ("~=3.10.2", "3.10", None),
        ] {
            let versions = Versions::parse(written).expect("versions");
            let known = version(known).expect("a version");
            assert_eq!(versions.allow(&known), expected, "{written} {known:?}");
        }
        for text in ["", "new", ">=", "3.x", ">=3.10 <3.13", "~=3", "3..1"] {
            assert_eq!(Versions::parse(text), None, "{text}");
        }
    }
}
