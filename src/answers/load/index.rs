//! Owns the index of what is asked: requirements found by step, kind and name.

use std::collections::HashMap;

use crate::asked::{Family, StepRequirements};
use crate::requirement::{Kind, Requirement};

/// What one step asks for, by kind and name.
type ByName<'a> = HashMap<&'a str, Vec<&'a Requirement>>;

/// What is asked, found by name.
pub(super) struct Asked<'a> {
    /// Places of steps, by name.
    pub(super) steps: HashMap<&'a str, usize>,
    by_step: Vec<[ByName<'a>; 4]>,
    families: Vec<bool>,
}

impl<'a> Asked<'a> {
    /// Of all steps.
    pub(super) fn new(steps: &'a [StepRequirements<'a>]) -> Self {
        let names = steps
            .iter()
            .enumerate()
            .map(|(index, step)| (step.step, index));
        let by_step = steps.iter().map(|step| {
            let mut by_kind: [ByName<'_>; 4] = Default::default();
            for requirement in step.answerable() {
                let by_name = &mut by_kind[requirement.kind as usize];
                by_name
                    .entry(requirement.name.as_str())
                    .or_default()
                    .push(requirement);
            }
            by_kind
        });
        let has_family = |step: &StepRequirements<'_>| {
            step.answerable().any(|r| Family::parse(&r.name).is_some())
        };
        Self {
            steps: names.collect(),
            by_step: by_step.collect(),
            families: steps.iter().map(has_family).collect(),
        }
    }

    /// Requirements of that name, or the family that the name belongs to.
    pub(super) fn find(&self, index: usize, kind: Kind, name: &str) -> &[&'a Requirement] {
        let by_name = &self.by_step[index][kind as usize];
        let family = || {
            let belongs = |key: &str| Family::parse(key).is_some_and(|family| family.has(name));
            by_name
                .iter()
                .filter(|(key, _)| belongs(key))
                .min_by_key(|(key, _)| **key)
        };
        by_name
            .get(name)
            .or_else(|| {
                self.families[index]
                    .then(family)
                    .flatten()
                    .map(|(_, found)| found)
            })
            .map_or(&[], Vec::as_slice)
    }

    /// The section of that name, where the step asks for something in it.
    pub(super) fn kind(&self, index: usize, section: &str) -> Option<Kind> {
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.section() == section)?;
        (!self.by_step[index][kind as usize].is_empty()).then_some(kind)
    }

    /// The section in which a step knows a name.
    pub(super) fn kind_of(&self, index: usize, name: &str) -> Option<Kind> {
        let knows = |kind: &Kind| !self.find(index, *kind, name).is_empty();
        Kind::ALL.into_iter().find(knows)
    }
}
