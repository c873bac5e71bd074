//! Owns what is told of answers that fit, and are most likely not what was meant: a variable that stays as it is written,
//! a path of the shell's, a secret in a file.

use serde_json::Value;

use super::gather::Hit;
use crate::answers::sources::Origin;
use crate::answers::variable::{self, has_variable};
use crate::answers::words::{self, Asker};
use crate::diagnostic::Diagnostic;
use crate::requirement::{Kind, Requirement};
use crate::secret;
use crate::yaml::{self, Node};

/// What is to be said of an answer that was taken.
pub(super) fn of(asker: Asker<'_>, hit: Hit<'_>) -> Vec<Diagnostic> {
    let requirement = asker.requirement;
    let is_in_file = hit.origin != Origin::CommandLine;
    let texts = texts(&hit.entry.value);
    if is_in_file
        && texts
            .iter()
            .any(|(_, text)| is_literal_secret(requirement, text))
    {
        return vec![words::literal_secret(asker, hit.key())];
    }
    // Of an input it is told that there is nothing at such a path.
    if requirement.kind == Kind::Input || requirement.secret {
        return Vec::new();
    }
    let told = texts.into_iter().filter_map(|(node, text)| {
        let place = hit.source.at(node.shown());
        if let Some(almost) = variable::almost(text) {
            return Some(words::literal_variable(asker, &almost, place));
        }
        let is_home = requirement.kind == Kind::Output && text.starts_with("~/");
        is_home.then(|| words::literal_home(asker, text, place))
    });
    told.collect()
}

/// Whether a value is a secret itself, and not the name of a variable that holds it.
pub(super) fn is_literal_secret(requirement: &Requirement, text: &str) -> bool {
    let may_be = !requirement.kind.is_path() && !text.is_empty() && !has_variable(text);
    may_be && (requirement.secret || secret::names_secret(&requirement.name))
}

/// The texts of a value, with their places.
pub(super) fn texts(node: &Node) -> Vec<(&Node, &str)> {
    match &node.kind {
        yaml::Kind::Scalar(Value::String(text)) => vec![(node, text)],
        yaml::Kind::Seq(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
