//! Owns pinning: what the code of a script says, written as a contract beside it, with the evidence as comments; and
//! bringing such a contract up to date, so that everything its author wrote stays byte for byte.

mod entry;

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexMap;
use indexmap::map::Entry;

use self::entry::Pinned;
use crate::analysis::ReadScript;
use crate::answers::edit::sections::{self, Addition};
use crate::diagnostic::Diagnostics;
use crate::extract::contract::{self, Contract, Subject};
use crate::extract::merge;
use crate::requirement::{Binding, Claim, Kind};
use crate::source::Source;
use crate::yaml;

/// A contract, written or brought up to date.
#[derive(Clone, Debug, Default)]
pub struct Pin {
    /// The contract's text.
    pub text: String,
    /// What was added to a contract that was there: `args.rounds`.
    pub added: Vec<String>,
    /// How many comments name another place now.
    pub moved: usize,
    /// Lines to paste by hand, where the contract's own form does not allow a change.
    pub refused: Vec<String>,
    /// Where contract and code contradict each other all the same.
    pub drift: Diagnostics,
}

/// Writes what a script's code says as a contract that lies at `path`.
pub fn write(read: &ReadScript, path: &Path) -> Pin {
    let text = fresh(read, path);
    let source = Source::new(path, path.to_string_lossy(), text.as_str());
    Pin {
        drift: read.drift(&declared(&source, read)),
        text,
        ..Pin::default()
    }
}

fn fresh(read: &ReadScript, path: &Path) -> String {
    let script = read.script.source.as_ref().map_or_else(
        || read.script.name.clone(),
        |source| entry::shown(source.path(), path),
    );
    let mut text = format!(
        "# What {script} needs and gives, as its code says. Edit what is wrong or missing: after changes to the script,\n\
         # `cargo runtime-test contract` adds what is new, and all that you wrote stays.\nversion: 1\n"
    );
    let pinned = pinned(&read.reading.claims, path, &HashSet::new());
    for kind in Kind::ALL {
        let of_kind: Vec<&Pinned> = pinned.iter().filter(|pinned| pinned.kind == kind).collect();
        if !of_kind.is_empty() {
            text.push_str(&format!("{}:\n", kind.section()));
            of_kind
                .iter()
                .for_each(|pinned| text.push_str(&pinned.block(2)));
        }
    }
    text
}

/// Brings a contract of our own format up to date with what the code says now: what is new is added, the places in its
/// comments are corrected. What the code no longer reads, or does in another way, stays and is told as drift.
///
/// # Errors
/// Where the contract is no valid YAML, or not in our own format.
pub fn refresh(read: &ReadScript, contract: &Source) -> Result<Pin, Diagnostics> {
    let known = declared(contract, read);
    if known.problems.has_errors() {
        return Err(known.problems);
    }
    let document = yaml::parse(contract)?;
    let path = contract.path();
    let groups = merge::group(&[&known.claims, &read.reading.claims]);
    let is_known = |claim: &Claim| {
        groups
            .iter()
            .any(|group| group.len() > 1 && group.iter().any(|other| std::ptr::eq(*other, claim)))
    };
    // Of several claims of one name, one entry speaks.
    let is_told = |claim: &Claim| {
        let mut others = read.reading.claims.iter();
        others.any(|other| other.kind == claim.kind && other.name == claim.name && is_known(other))
    };
    let new: Vec<Claim> = read
        .reading
        .claims
        .iter()
        .filter(|claim| !is_told(claim) && !known.claims.iter().any(|known| is_one(known, claim)))
        .cloned()
        .collect();
    let taken = known
        .claims
        .iter()
        .map(|claim| (claim.kind, claim.name.clone()));
    let pinned_new = pinned(&new, path, &taken.collect());
    let additions = pinned_new.iter().map(|pinned| Addition {
        section: pinned.kind.section(),
        key: &pinned.name,
        value: pinned.value.clone().into(),
        block: Box::new(|indent| pinned.block(indent)),
    });
    let added = sections::add(&document, additions.collect());
    let (text, moved) = corrected(&added.text, &known, &groups, path);
    let source = Source::new(path, contract.name(), text.as_str());
    Ok(Pin {
        drift: read.drift(&declared(&source, read)),
        added: added.added,
        refused: added.refused,
        moved,
        text,
    })
}

/// Whether an entry speaks of a claim, though it was joined with another: under several subcommands one flag may be
/// several things.
fn is_one(known: &Claim, claim: &Claim) -> bool {
    let shares = |way: &Binding| known.bindings.iter().any(|other| other.same(way));
    claim.bindings.iter().any(shares)
}

fn declared(contract: &Source, read: &ReadScript) -> Contract {
    let path = read.script.source.as_ref().map(Source::path);
    contract::read(
        contract,
        &Subject {
            step: "",
            script: path,
            folder: contract.path().parent().unwrap_or(Path::new("/")),
            code: &read.reading.claims,
            files: &|_| None,
        },
    )
}

/// Claims as entries of a contract, each under a name of its own that none of `taken` has. Where the code has several of
/// one name, such as the same flag under two subcommands, one entry says what they have in common.
fn pinned(claims: &[Claim], path: &Path, taken: &HashSet<(Kind, String)>) -> Vec<Pinned> {
    let mut all: IndexMap<(Kind, String), Pinned> = IndexMap::new();
    for requirement in merge::merge(&[claims]) {
        let kind = requirement.kind;
        let name = entry::name_for(&requirement.name, |name| {
            taken.contains(&(kind, name.to_owned()))
        });
        let pinned = entry::of(&requirement, name.clone(), path);
        match all.entry((kind, name)) {
            Entry::Occupied(mut known) => known.get_mut().share(&pinned),
            Entry::Vacant(place) => drop(place.insert(pinned)),
        }
    }
    all.into_values().collect()
}

/// The text with the places in our own comments corrected, and how many were.
fn corrected(text: &str, known: &Contract, groups: &[Vec<&Claim>], path: &Path) -> (String, usize) {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut moved = 0;
    for group in groups.iter().filter(|group| group.len() > 1) {
        let (Some(contract), Some(code)) = (group.first(), group.last()) else {
            continue;
        };
        let (Some(written), Some(seen)) = (contract.evidence.first(), code.evidence.first()) else {
            continue;
        };
        let key = written.place.source.slice(written.place.span).to_owned();
        let Some(above) = line_of_key(&lines, contract.kind, &key).and_then(|at| at.checked_sub(1))
        else {
            continue;
        };
        let new = entry::evidence(seen, path);
        let old = lines[above].trim();
        if entry::is_evidence(old) && old != new {
            let indent = lines[above].len() - lines[above].trim_start().len();
            let ending = if lines[above].ends_with("\r\n") {
                "\r\n"
            } else {
                "\n"
            };
            lines[above] = format!("{}{new}{ending}", " ".repeat(indent));
            moved += 1;
        }
    }
    let document = known
        .claims
        .first()
        .map(|claim| claim.evidence[0].place.source.clone());
    let whole: String = lines.concat();
    let is_safe = document.is_some_and(|source| {
        let old = Source::new(source.path(), source.name(), text);
        yaml::parse(&old).is_ok_and(|old| sections::same_but_comments(&old, &whole))
    });
    if is_safe {
        (whole, moved)
    } else {
        (text.to_owned(), 0)
    }
}

/// The line on which a key of a section begins, where the section is a block.
fn line_of_key(lines: &[String], kind: Kind, key: &str) -> Option<usize> {
    let section = lines.iter().position(|line| {
        line.strip_prefix(kind.section())
            .is_some_and(|rest| rest.starts_with(':'))
    })?;
    let below = lines.iter().enumerate().skip(section + 1);
    let mut below = below.take_while(|(_, line)| line.starts_with([' ', '#', '\n', '\r']));
    let found = below.find(|(_, line)| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(':'))
    });
    found.map(|(at, _)| at)
}

#[cfg(test)]
mod tests;
