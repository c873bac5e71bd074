//! Owns the rules between answers: what has to be there unless it is given to all, or under another answer, and what
//! excludes what. An answer counts wherever it stands: under its step, or in the section `common`.

use indexmap::IndexMap;
use serde_json::Value;

use super::json::{Entries, Json, entries, object, words};
use super::shared::{COMMON, asked, may_be};
use super::words::{message, plain};
use super::{Object, any};
use crate::asked::{Family, StepRequirements, groups, is_required, required_groups};
use crate::diagnostic::listed;
use crate::requirement::{Kind, Requirement, When};
use crate::yaml;

/// How many members of an exclusive group the schema compares with each other; the check compares all.
const GROUP: usize = 16;

/// The rules for a whole file of answers.
pub(super) fn across<'a>(steps: &'a [StepRequirements<'a>]) -> Vec<Json<'a>> {
    let mut rules = unless_given_to_all(steps);
    for step in steps {
        rules.extend(conditions(step));
        rules.extend(step_groups(step));
    }
    rules.extend(exclusions_of_all(steps));
    rules
}

/// What each step has to answer unless it is given to all: a rule for each name.
fn unless_given_to_all<'a>(steps: &'a [StepRequirements<'a>]) -> Vec<Json<'a>> {
    let mut rules = Vec::new();
    for kind in Kind::SHARED {
        for (name, mut askers) in asked(steps, kind) {
            askers.retain(|(_, requirement)| is_required(requirement));
            if !askers.is_empty() {
                let given = under(
                    &[COMMON, kind.section(), name],
                    not(object([("type", "null".into())])),
                );
                let wanted = askers.iter().map(|(index, requirement)| {
                    // Said in this way round, editors show the message and offer no values because of it.
                    let message = message(requirement).into();
                    let told = object([("type", "string".into()), ("errorMessage", message)]);
                    let value = rule(object([("type", "null".into())]), told);
                    (steps[*index].step, under(&[kind.section(), name], value))
                });
                rules.push(rule(not(given), in_steps(wanted)));
            }
        }
    }
    rules
}

/// Answers that have to be there under another answer.
fn conditions<'a>(step: &'a StepRequirements<'a>) -> Vec<Json<'a>> {
    let conditional = |r: &&Requirement| {
        r.needs_answer() && r.exclusive.is_none() && Family::parse(&r.name).is_none()
    };
    let needed = |requirement: &'a Requirement| {
        let when = requirement.when.as_ref()?;
        let mut value = any();
        let text = format!("needed when {} is {}", when.arg, plain(&when.equals));
        value.push("errorMessage", text);
        let mut holds = vec![holds(step, when)];
        if may_be(requirement) {
            holds.push(not(to_all(requirement, any().into())));
        }
        let wanted = under(
            &[requirement.kind.section(), &requirement.name],
            value.into(),
        );
        Some(rule(all_of(holds), in_steps([(step.step, wanted)])))
    };
    step.answerable()
        .filter(conditional)
        .filter_map(needed)
        .collect()
}

/// A schema that is met where a condition holds, by the answer or by the default of the argument that decides.
fn holds<'a>(step: &'a StepRequirements<'a>, when: &'a When) -> Json<'a> {
    let section = Kind::Arg.section();
    let own = |value: Json<'a>| under(&["steps", step.step, section, &when.arg], value);
    let all = |value: Json<'a>| under(&[COMMON, section, &when.arg], value);
    let other_form = match &when.equals {
        Value::String(text) => yaml::resolve(text),
        value => Value::String(yaml::inline(value)),
    };
    let equal = object([(
        "enum",
        vec![(&when.equals).into(), other_form.into()].into(),
    )]);
    let not_own = || not(own(any().into()));
    let mut ways = vec![own(equal.clone()), all_of(vec![not_own(), all(equal)])];
    let by_default = step.requirements.iter().any(|r| {
        r.kind == Kind::Arg && r.name == when.arg && r.default.as_ref() == Some(&when.equals)
    });
    if by_default {
        ways.push(all_of(vec![not_own(), not(all(any().into()))]));
    }
    any_of(ways)
}

/// Groups of which one member has to be answered.
fn step_groups<'a>(step: &'a StepRequirements<'a>) -> Vec<Json<'a>> {
    let needed = |members: Vec<&'a Requirement>| {
        let mut ways: Vec<Json<'a>> = members.iter().map(|r| of_step(step, r)).collect();
        let shared = members.iter().filter(|r| may_be(r));
        ways.extend(shared.map(|r| to_all(r, any().into())));
        let keys: Vec<String> = members.iter().map(|r| r.key()).collect();
        let keys = listed(keys.iter().map(String::as_str)).replace('`', "");
        // No step is a text, so this is only said, and at the step.
        let message = format!("give one of {keys}").into();
        let wanted = object([("type", "string".into()), ("errorMessage", message)]);
        rule(not(any_of(ways)), in_steps([(step.step, wanted)]))
    };
    required_groups(step).map(needed).collect()
}

/// Of values given to all, those of which a step that gives none of them itself would take two that exclude each other.
fn exclusions_of_all<'a>(steps: &'a [StepRequirements<'a>]) -> Vec<Json<'a>> {
    let mut alike: IndexMap<Vec<String>, (Vec<&Requirement>, Vec<Json<'a>>)> = IndexMap::new();
    for step in steps {
        for members in groups(step).into_values() {
            let own: Vec<Json<'a>> = members.iter().map(|r| of_step(step, r)).collect();
            let keys = members.iter().map(|r| r.key()).collect();
            let (_, open) = alike.entry(keys).or_insert_with(|| (members, Vec::new()));
            open.push(not(any_of(own)));
        }
    }
    let mut rules = Vec::new();
    for (members, open) in alike.into_values() {
        let members: Vec<&Requirement> = members.into_iter().filter(|r| may_be(r)).collect();
        for (first, others) in excluded(&members) {
            let given = to_all(first, any().into());
            let of_all = properties(entries([(COMMON, properties(others))]));
            rules.push(rule(all_of(vec![given, any_of(open.clone())]), of_all));
        }
    }
    rules
}

/// The rules within a step: answers of which at most one may be there.
pub(super) fn within<'a>(step: &'a StepRequirements<'a>) -> Vec<Json<'a>> {
    let mut rules = Vec::new();
    for members in groups(step).values() {
        for (first, others) in excluded(members) {
            let given = under(&[first.kind.section(), &first.name], any().into());
            rules.push(rule(given, properties(others)));
        }
    }
    rules
}

/// Each member of a group with the sections in which those after it have to be nothing.
fn excluded<'a>(members: &[&'a Requirement]) -> Vec<(&'a Requirement, Entries<'a>)> {
    let members = &members[..members.len().min(GROUP)];
    let mut all = Vec::new();
    for (at, first) in members.iter().enumerate() {
        let mut sections: IndexMap<&str, Entries<'a>> = IndexMap::new();
        let others = members.iter().skip(at + 1);
        for other in others.filter(|other| other.name != first.name) {
            let message = format!("{} and {} exclude each other", first.name, other.name);
            let nothing = object([("type", "null".into()), ("errorMessage", message.into())]);
            let section = sections.entry(other.kind.section()).or_default();
            section.set(&other.name, nothing);
        }
        if !sections.is_empty() {
            let mut by_section = Entries::default();
            for (section, others) in sections {
                by_section.push(section, properties(others));
            }
            all.push((*first, by_section));
        }
    }
    all
}

/// A schema that is met where a step itself answers.
fn of_step<'a>(step: &StepRequirements<'a>, requirement: &'a Requirement) -> Json<'a> {
    let path = [
        "steps",
        step.step,
        requirement.kind.section(),
        &requirement.name,
    ];
    under(&path, any().into())
}

/// A schema that is met where a value given to all meets another one.
fn to_all<'a>(requirement: &'a Requirement, value: Json<'a>) -> Json<'a> {
    under(
        &[COMMON, requirement.kind.section(), &requirement.name],
        value,
    )
}

/// A schema that is met where each of these steps is there and meets its own.
fn in_steps<'a>(wanted: impl IntoIterator<Item = (&'a str, Json<'a>)>) -> Json<'a> {
    let mut steps = Object::default();
    for (step, schema) in wanted {
        steps.add(step, schema, true);
    }
    let mut steps = steps.into_entries();
    steps.remove("additionalProperties");
    // Editors are to offer what stands elsewhere in the schema, and that once.
    steps.push("doNotSuggest", true);
    object([
        ("required", words(&["steps"])),
        ("properties", object([("steps", steps.into())])),
    ])
}

/// A mapping in which keys lead to something.
fn under<'a>(path: &[&'a str], last: Json<'a>) -> Json<'a> {
    path.iter().rev().fold(last, |below, key| {
        object([
            ("type", "object".into()),
            ("required", words(&[key])),
            ("properties", object([(*key, below)])),
        ])
    })
}

/// Where one schema is met, so has to be another.
fn rule<'a>(met: Json<'a>, then: Json<'a>) -> Json<'a> {
    object([("if", met), ("then", then)])
}

fn not(schema: Json<'_>) -> Json<'_> {
    object([("not", schema)])
}

fn all_of(schemas: Vec<Json<'_>>) -> Json<'_> {
    object([("allOf", schemas.into())])
}

fn any_of(schemas: Vec<Json<'_>>) -> Json<'_> {
    object([("anyOf", schemas.into())])
}

fn properties(schemas: Entries<'_>) -> Json<'_> {
    object([("properties", schemas.into())])
}
