//! Owns the choice of the steps that a run is about. Knows steps by their places in the manifest.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed};
use crate::manifest::Manifest;

/// What was asked for on the command line; nothing at all means every step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// These steps and all that they need.
    pub steps: Vec<String>,
    /// These steps and all that need them.
    pub from: Vec<String>,
    /// Everything that is needed up to these steps, themselves included.
    pub until: Vec<String>,
    /// Just these steps.
    pub only: Vec<String>,
    /// Just the steps that did not pass in the last run, and all that need them; `None` where that is not asked.
    pub failed: Option<Vec<String>>,
}

/// The steps selected, by their places in the manifest, sorted. What is asked for in several ways has to hold in all.
///
/// # Errors
/// A finding for every name that is no step.
pub fn select(manifest: &Manifest, selection: &Selection) -> Result<Vec<usize>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut places = |names: &[String]| -> Vec<usize> {
        names
            .iter()
            .filter_map(|name| {
                let found = manifest.find(name);
                if found.is_none() {
                    problems.push(unknown(manifest, name));
                }
                found
            })
            .collect()
    };
    let graph = &manifest.graph;
    let mut selected: BTreeSet<usize> = (0..manifest.steps.len()).collect();
    let mut keep = |steps: Vec<usize>| selected.retain(|step| steps.contains(step));
    if !selection.steps.is_empty() {
        keep(graph.with_ancestors(places(&selection.steps)));
    }
    if !selection.until.is_empty() {
        keep(graph.with_ancestors(places(&selection.until)));
    }
    if !selection.from.is_empty() {
        keep(graph.with_descendants(places(&selection.from)));
    }
    if !selection.only.is_empty() {
        keep(places(&selection.only));
    }
    if let Some(failed) = &selection.failed {
        keep(graph.with_descendants(failed.iter().filter_map(|name| manifest.find(name))));
    }
    match problems.is_empty() {
        true => Ok(selected.into_iter().collect()),
        false => Err(problems),
    }
}

fn unknown(manifest: &Manifest, name: &str) -> Diagnostic {
    let help = did_you_mean(name, manifest.names())
        .unwrap_or_else(|| format!("the steps are {}", listed(manifest.names())));
    Diagnostic::new(Code::UnknownStep, format!("there is no step `{name}`")).help(help)
}
