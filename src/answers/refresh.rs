//! Owns bringing an answers file up to date: what is new is added where it belongs, what is gone becomes a comment,
//! and every other byte stays as it was.
//!
//! What cannot be done safely is refused, with the lines to paste.

mod parked;
mod plan;

use super::edit::{self, Action, Change};
use super::{COMMON, given_to_all};
use crate::asked::StepRequirements;
use crate::diagnostic::Diagnostics;
use crate::requirement::Requirement;
use crate::source::Source;
use crate::yaml;

/// How many passes over a text follow the first, at most: what one changes may call for more.
const PASSES: usize = 8;

/// What is to be done with likely renames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renames {
    /// Only told; the old key stays as it is.
    #[default]
    Suggest,
    /// Carried out: the key changes, its value stays.
    Apply,
}

/// What a file is to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything that is required.
    #[default]
    Whole,
    /// What differs under a profile: nothing is added to it.
    Profile,
}

/// An answers file brought up to date.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refreshed {
    /// The new text; the old one where nothing changed.
    pub text: String,
    /// What was added: `train`, `train.args.rounds`.
    pub added: Vec<String>,
    /// What became a comment.
    pub parked: Vec<String>,
    /// What was a comment and is asked for again.
    pub restored: Vec<String>,
    /// What seems to have another name now.
    pub renamed: Vec<Rename>,
    /// What could not be done safely.
    pub refused: Vec<Refused>,
}

/// A likely rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name in the file: `train.args.round`.
    pub from: String,
    /// The name asked for now: `rounds`.
    pub to: String,
    /// Whether the file has the new name now.
    pub applied: bool,
}

/// A change that the file's own form does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it is about: `train.args.rounds`, or several of one section.
    pub what: Vec<String>,
    /// What to do by hand.
    pub how: By,
}

/// What the user is to do by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Paste these lines.
    Pasting(String),
    /// Remove the answer; nothing asks for it.
    Removing,
    /// Give it the name asked for now.
    Renaming(String),
}

/// Brings the text of an answers file up to date with what the steps ask.
///
/// # Errors
/// Where the file is not valid YAML: nothing is touched then.
///
/// ```
/// # use runtime_test::{answers::{StepRequirements, refresh::{self, Renames, Scope}}, source::Source};
/// let steps = [StepRequirements { step: "gate", description: None, requirements: &[], needs: vec![] }];
/// let source = Source::new("a.yaml", "a.yaml", "# mine\nsteps:\n  old: {}\n");
/// let refreshed = refresh::refresh(&source, &steps, Scope::Whole, Renames::Suggest).expect("YAML");
/// assert_eq!(refreshed.text,
///     "# mine\nsteps:\n  gate: {}  # nothing to answer\n  # no longer asked for:\n  # old: {}\n");
/// ```
pub fn refresh(
    source: &Source,
    steps: &[StepRequirements<'_>],
    scope: Scope,
    renames: Renames,
) -> Result<Refreshed, Diagnostics> {
    pass(source, steps, scope, renames, PASSES)
}

/// One pass over the text, and those that follow from it: at most `left`.
fn pass(
    source: &Source,
    steps: &[StepRequirements<'_>],
    scope: Scope,
    renames: Renames,
    left: usize,
) -> Result<Refreshed, Diagnostics> {
    let document = yaml::parse(source)?;
    let eased = eased(&document.root, steps);
    let eased: Option<Vec<StepRequirements<'_>>> = eased.as_ref().map(|requirements| {
        let steps = steps.iter().zip(requirements);
        let eased = steps.map(|(step, requirements)| StepRequirements {
            requirements,
            ..step.clone()
        });
        eased.collect()
    });
    let asked = eased.as_deref().unwrap_or(steps);
    let (changes, suggested) = plan::plan(&document, asked, scope, renames);
    let (possible, mut refused): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.possible);
    let mut kept: Vec<&Change> = Vec::new();
    edit::keep(&document, &possible, &mut kept, &mut refused);
    let mut refreshed = Refreshed {
        text: edit::apply(source.text(), &kept),
        ..Refreshed::default()
    };
    for change in &kept {
        refreshed.tell(change);
    }
    // Under its new name, or back again, a step may be asked for more; what stood in the way of something is a comment
    // now; and what was refused may be possible in the new text.
    if left > 0 && !kept.is_empty() {
        let text = std::mem::take(&mut refreshed.text);
        let source = Source::new(source.path(), source.name(), text);
        let again = pass(&source, steps, scope, renames, left - 1)?;
        refreshed.text = again.text;
        refreshed.added.extend(again.added);
        refreshed.parked.extend(again.parked);
        refreshed.restored.extend(again.restored);
        refreshed.renamed.extend(again.renamed);
        refreshed.refused = again.refused;
        return Ok(refreshed);
    }
    for change in refused {
        let how = match &change.action {
            Action::Add | Action::Set | Action::Restore => By::Pasting(change.paste.clone()),
            Action::Park => By::Removing,
            Action::Rename(to) => By::Renaming(to.clone()),
        };
        refreshed.refused.push(Refused {
            what: change.what.clone(),
            how,
        });
    }
    refreshed.renamed.extend(suggested);
    Ok(refreshed)
}

/// The requirements of steps of which some are answered once for all: those are not required of each step. `None` where
/// there are none.
fn eased(root: &yaml::Node, steps: &[StepRequirements<'_>]) -> Option<Vec<Vec<Requirement>>> {
    root.entry(COMMON)?;
    let ease = |requirement: &Requirement| {
        let given = given_to_all(root, requirement);
        Requirement {
            required: requirement.required && given.is_none(),
            default: given.or_else(|| requirement.default.clone()),
            ..requirement.clone()
        }
    };
    let steps = steps.iter();
    Some(
        steps
            .map(|step| step.requirements.iter().map(ease).collect())
            .collect(),
    )
}

impl Refreshed {
    /// Whether the file is as it has to be, as far as that can be known.
    pub fn is_current(&self) -> bool {
        let nothing = [&self.added, &self.parked, &self.restored];
        nothing.iter().all(|done| done.is_empty())
            && self.renamed.is_empty()
            && self.refused.is_empty()
    }

    fn tell(&mut self, change: &Change) {
        match &change.action {
            Action::Add | Action::Set => self.added.extend(change.what.iter().cloned()),
            Action::Park => self.parked.extend(change.what.iter().cloned()),
            Action::Restore => self.restored.extend(change.what.iter().cloned()),
            Action::Rename(to) => {
                let renamed = |from: &String| Rename {
                    from: from.clone(),
                    to: to.clone(),
                    applied: true,
                };
                self.renamed.extend(change.what.iter().map(renamed));
            }
        }
    }
}
