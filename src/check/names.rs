//! Owns the question whether a name that the manifest declares was meant to be one that the script has. Touches no disk.

use crate::analysis::{AnalysedStep, Analysis};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, misspelling};
use crate::extract;
use crate::manifest::{Runs, Step};
use crate::requirement::{Binding, Claim, Layer, Requirement};

/// Looks at the declarations of all steps whose scripts were read.
pub fn check(analysis: &Analysis) -> Diagnostics {
    let steps = analysis.manifest.steps.iter().zip(&analysis.steps);
    let read = steps.filter(|(step, analysed)| {
        let is_script = !matches!(step.runs, Runs::Command(_) | Runs::External | Runs::Unclear);
        is_script && analysed.is_whole && extract::can_read(analysed.script.language)
    });
    read.flat_map(|(step, analysed)| {
        step.claims
            .iter()
            .filter(|claim| !is_told(analysis, claim))
            .filter_map(move |claim| misspelt(step, analysed, claim))
    })
    .collect()
}

/// Whether another finding says already that nothing reads what is declared.
fn is_told(analysis: &Analysis, claim: &Claim) -> bool {
    let place = claim.evidence.first().map(|evidence| &evidence.place);
    let mut told = analysis.problems.iter();
    told.any(|problem| problem.code == Code::DriftNotRead && problem.place() == place)
}

/// Whether the manifest says something of a requirement.
fn is_declared(requirement: &Requirement) -> bool {
    let mut evidence = requirement.evidence.iter();
    evidence.any(|evidence| evidence.layer == Layer::Manifest && evidence.rule == "manifest")
}

/// Whether the script shows a requirement.
fn is_shown(requirement: &Requirement) -> bool {
    let mut evidence = requirement.evidence.iter();
    evidence.any(|evidence| evidence.layer != Layer::Manifest)
}

/// The way by which a requirement reaches the script, as far as it is a word that can be misspelt.
fn word(binding: &Binding) -> Option<&str> {
    match binding {
        Binding::Flag { flag, .. } => Some(flag),
        Binding::Env { env } => Some(env),
        Binding::Main { key, .. } => Some(key),
        Binding::Parameter { parameter } => Some(parameter),
        Binding::Positional { .. } | Binding::ContainerPath { .. } => None,
    }
}

fn misspelt(step: &Step, analysed: &AnalysedStep, claim: &Claim) -> Option<Diagnostic> {
    let place = &claim.evidence.first()?.place;
    let own = analysed
        .requirements
        .iter()
        .find(|r| r.evidence.iter().any(|evidence| evidence.place == *place))?;
    if is_shown(own) || own.bindings.is_empty() {
        return None;
    }
    let others = || {
        let others = analysed.requirements.iter();
        others.filter(|r| is_shown(r) && !is_declared(r))
    };
    let near = match claim.bindings.first() {
        Some(binding) => {
            let words = others().flat_map(|r| r.bindings.iter().filter_map(word));
            misspelling(word(binding)?, words)
        }
        None => {
            let names = others().filter(|r| r.kind == claim.kind);
            misspelling(&claim.name, names.map(|r| r.name.as_str()))
        }
    }?;
    let asked = others()
        .find(|r| r.name == near || r.bindings.iter().filter_map(word).any(|w| w == near))
        .and_then(Requirement::asked_at);
    Some(no_such_name(step, analysed, claim, near).maybe_at(
        asked.cloned(),
        format!("the script has `{near}`, which the manifest does not declare"),
    ))
}

fn no_such_name(step: &Step, analysed: &AnalysedStep, claim: &Claim, near: &str) -> Diagnostic {
    let shown = match claim.bindings.first() {
        Some(binding) => binding.to_string(),
        None => claim.name.clone(),
    };
    let message = format!(
        "`{}` has no {} `{shown}`, which step `{}` declares",
        analysed.script.name, claim.kind, step.name
    );
    Diagnostic::new(Code::MisspeltName, message)
        .maybe_at(
            claim
                .evidence
                .first()
                .map(|evidence| evidence.place.clone()),
            "nothing in the script reads this",
        )
        .help(format!("did you mean `{near}`?"))
}
