//! Owns the schema of values given once for all steps that ask for them.

use indexmap::IndexMap;

use super::json::{Json, object};
use super::{Object, Reader, shaped};
use crate::asked::StepRequirements;
use crate::diagnostic::listed;
use crate::requirement::{Kind, Requirement, ValueType};

/// The section at the top of the answers whose values hold for every step that asks for them.
pub(super) const COMMON: &str = "common";
/// How many steps are named, and how many of their rules are joined, where they differ.
const MOST: usize = 8;

/// Those who ask for the same, each with its step's place.
pub(super) type Askers<'a> = Vec<(usize, &'a Requirement)>;

/// Whether a requirement may be answered for all steps at once.
pub(super) fn may_be(requirement: &Requirement) -> bool {
    Kind::SHARED.contains(&requirement.kind)
}

/// Everything of a kind that steps ask for, by name.
pub(super) fn asked<'a>(
    steps: &'a [StepRequirements<'a>],
    kind: Kind,
) -> IndexMap<&'a str, Askers<'a>> {
    let mut by_name: IndexMap<&str, Askers<'_>> = IndexMap::new();
    for (index, step) in steps.iter().enumerate() {
        for requirement in step.answerable().filter(|r| r.kind == kind) {
            let askers = by_name.entry(&requirement.name).or_default();
            askers.push((index, requirement));
        }
    }
    by_name
}

/// The section `common`; nothing where no step asks for what several could share.
pub(super) fn common<'a>(steps: &'a [StepRequirements<'a>]) -> Option<Json<'a>> {
    let mut sections = Object::default();
    for kind in Kind::SHARED {
        let mut section = Object::default();
        for (name, askers) in asked(steps, kind) {
            section.add_named(name, given(steps, &askers), false);
        }
        if !section.is_empty() {
            sections.add(kind.section(), section.finish(), false);
        }
    }
    if sections.is_empty() {
        return None;
    }
    let mut schema = sections.into_entries();
    schema.push_first(
        "description",
        "values for every step that asks for them and has none of its own",
    );
    Some(schema.into())
}

/// The schema of one value for all that ask for it: it has to fit each.
fn given<'a>(steps: &[StepRequirements<'_>], askers: &Askers<'a>) -> Json<'a> {
    let mut different: Askers<'a> = Vec::new();
    for (index, requirement) in askers {
        if !different
            .iter()
            .any(|(_, other)| is_alike(other, requirement))
        {
            different.push((*index, requirement));
        }
        if different.len() == MOST {
            break;
        }
    }
    let schema = |(index, requirement): &(usize, &'a Requirement)| {
        shaped(steps, *index, requirement, Reader::Editor)
    };
    let mut schemas: Vec<Json<'a>> = different.iter().map(schema).collect();
    let names = listed(askers.iter().map(|(index, _)| steps[*index].step)).replace('`', "");
    let for_all = format!("for {names}");
    let mut schema = match schemas.len() {
        1 => schemas.remove(0),
        _ => object([("allOf", schemas.into())]),
    };
    if let Json::Object(entries) = &mut schema {
        let text = match entries.get_mut("description") {
            Some(Json::Text(text)) => format!("{text}\n{for_all}"),
            _ => for_all,
        };
        entries.set("description", text);
    }
    schema
}

/// Whether the same values fit two requirements of one kind.
fn is_alike(one: &Requirement, other: &Requirement) -> bool {
    // Of what has to be given, an empty list is none.
    let is_list = matches!(one.value_type, ValueType::List(_));
    (one.required == other.required || !is_list)
        && one.value_type == other.value_type
        && one.choices == other.choices
        && one.pattern == other.pattern
        && one.min == other.min
        && one.max == other.max
}
