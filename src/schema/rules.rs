//! Owns the rules between answers: what has to be there unless it is given to all, or under another answer, and what
//! excludes what. An answer counts wherever it stands: under its step, or in the section `common`.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::shared::{COMMON, asked, may_be};
use super::words::{message, plain};
use super::{Object, any, object};
use crate::asked::{Family, StepRequirements, groups, is_required, required_groups};
use crate::diagnostic::listed;
use crate::requirement::{Kind, Requirement, When};
use crate::yaml;

/// How many members of an exclusive group the schema compares with each other; the check compares all.
const GROUP: usize = 16;

/// The rules for a whole file of answers.
pub(super) fn across(steps: &[StepRequirements<'_>]) -> Vec<Value> {
    let mut rules = unless_given_to_all(steps);
    for step in steps {
        rules.extend(conditions(step));
        rules.extend(step_groups(step));
    }
    rules.extend(exclusions_of_all(steps));
    rules
}

/// What each step has to answer unless it is given to all: a rule for each name.
fn unless_given_to_all(steps: &[StepRequirements<'_>]) -> Vec<Value> {
    let mut rules = Vec::new();
    for kind in Kind::SHARED {
        for (name, mut askers) in asked(steps, kind) {
            askers.retain(|(_, requirement)| is_required(requirement));
            if !askers.is_empty() {
                let given = under(
                    &[COMMON, kind.section(), name],
                    json!({"not": {"type": "null"}}),
                );
                let wanted = askers.iter().map(|(index, requirement)| {
                    // Said in this way round, editors show the message and offer no values because of it.
                    let message = message(requirement).into();
                    let told = object([("type", "string".into()), ("errorMessage", message)]);
                    let value = object([("if", json!({"type": "null"})), ("then", told)]);
                    (steps[*index].step, under(&[kind.section(), name], value))
                });
                rules.push(object([
                    ("if", object([("not", given)])),
                    ("then", in_steps(wanted)),
                ]));
            }
        }
    }
    rules
}

/// Answers that have to be there under another answer.
fn conditions(step: &StepRequirements<'_>) -> Vec<Value> {
    let conditional = |r: &&Requirement| {
        r.needs_answer() && r.exclusive.is_none() && Family::parse(&r.name).is_none()
    };
    let rule = |requirement: &Requirement| {
        let when = requirement.when.as_ref()?;
        let mut value = any();
        let text = format!("needed when {} is {}", when.arg, plain(&when.equals));
        value.insert("errorMessage".into(), text.into());
        let mut holds = vec![holds(step, when)];
        if may_be(requirement) {
            holds.push(object([("not", to_all(requirement, any().into()))]));
        }
        let wanted = under(
            &[requirement.kind.section(), &requirement.name],
            value.into(),
        );
        Some(object([
            ("if", object([("allOf", holds.into())])),
            ("then", in_steps([(step.step, wanted)])),
        ]))
    };
    step.answerable()
        .filter(conditional)
        .filter_map(rule)
        .collect()
}

/// A schema that is met where a condition holds, by the answer or by the default of the argument that decides.
fn holds(step: &StepRequirements<'_>, when: &When) -> Value {
    let section = Kind::Arg.section();
    let own = |value: Value| under(&["steps", step.step, section, &when.arg], value);
    let all = |value: Value| under(&[COMMON, section, &when.arg], value);
    let other_form = match &when.equals {
        Value::String(text) => yaml::resolve(text),
        value => Value::String(yaml::inline(value)),
    };
    let equal = json!({"enum": [when.equals, other_form]});
    let not_own = json!({"not": own(any().into())});
    let mut ways = vec![own(equal.clone()), json!({"allOf": [not_own, all(equal)]})];
    let by_default = step.requirements.iter().any(|r| {
        r.kind == Kind::Arg && r.name == when.arg && r.default.as_ref() == Some(&when.equals)
    });
    if by_default {
        ways.push(json!({"allOf": [not_own, {"not": all(any().into())}]}));
    }
    json!({"anyOf": ways})
}

/// Groups of which one member has to be answered.
fn step_groups(step: &StepRequirements<'_>) -> Vec<Value> {
    let rule = |members: Vec<&Requirement>| {
        let mut ways: Vec<Value> = members.iter().map(|r| of_step(step, r)).collect();
        let shared = members.iter().filter(|r| may_be(r));
        ways.extend(shared.map(|r| to_all(r, any().into())));
        let keys: Vec<String> = members.iter().map(|r| r.key()).collect();
        let keys = listed(keys.iter().map(String::as_str)).replace('`', "");
        // No step is a text, so this is only said, and at the step.
        let wanted = json!({"type": "string", "errorMessage": format!("give one of {keys}")});
        object([
            ("if", object([("not", object([("anyOf", ways.into())]))])),
            ("then", in_steps([(step.step, wanted)])),
        ])
    };
    required_groups(step).map(rule).collect()
}

/// Of values given to all, those of which a step that gives none of them itself would take two that exclude each other.
fn exclusions_of_all(steps: &[StepRequirements<'_>]) -> Vec<Value> {
    let mut alike: IndexMap<Vec<String>, (Vec<&Requirement>, Vec<Value>)> = IndexMap::new();
    for step in steps {
        for members in groups(step).into_values() {
            let own: Vec<Value> = members.iter().map(|r| of_step(step, r)).collect();
            let keys = members.iter().map(|r| r.key()).collect();
            let (_, open) = alike.entry(keys).or_insert_with(|| (members, Vec::new()));
            open.push(object([("not", object([("anyOf", own.into())]))]));
        }
    }
    let mut rules = Vec::new();
    for (members, open) in alike.into_values() {
        let members: Vec<&Requirement> = members.into_iter().filter(|r| may_be(r)).collect();
        for (first, others) in excluded(&members) {
            let given = to_all(first, any().into());
            let then = json!({"properties": {COMMON: {"properties": others}}});
            rules.push(json!({"if": {"allOf": [given, {"anyOf": open}]}, "then": then}));
        }
    }
    rules
}

/// The rules within a step: answers of which at most one may be there.
pub(super) fn within(step: &StepRequirements<'_>) -> Vec<Value> {
    let mut rules = Vec::new();
    for members in groups(step).values() {
        for (first, others) in excluded(members) {
            let given = under(&[first.kind.section(), &first.name], any().into());
            rules.push(json!({"if": given, "then": {"properties": others}}));
        }
    }
    rules
}

/// Each member of a group with the sections in which those after it have to be nothing.
fn excluded<'a>(members: &[&'a Requirement]) -> Vec<(&'a Requirement, Value)> {
    let members = &members[..members.len().min(GROUP)];
    let mut all = Vec::new();
    for (at, first) in members.iter().enumerate() {
        let mut sections: IndexMap<&str, Map<String, Value>> = IndexMap::new();
        let others = members.iter().skip(at + 1);
        for other in others.filter(|other| other.name != first.name) {
            let message = format!("{} and {} exclude each other", first.name, other.name);
            let nothing = json!({"type": "null", "errorMessage": message});
            let section = sections.entry(other.kind.section()).or_default();
            section.insert(other.name.clone(), nothing);
        }
        if !sections.is_empty() {
            let sections = sections.into_iter();
            let sections: Map<String, Value> = sections
                .map(|(section, others)| (section.to_owned(), json!({"properties": others})))
                .collect();
            all.push((*first, Value::Object(sections)));
        }
    }
    all
}

/// A schema that is met where a step itself answers.
fn of_step(step: &StepRequirements<'_>, requirement: &Requirement) -> Value {
    let path = [
        "steps",
        step.step,
        requirement.kind.section(),
        &requirement.name,
    ];
    under(&path, any().into())
}

/// A schema that is met where a value given to all meets another one.
fn to_all(requirement: &Requirement, value: Value) -> Value {
    under(
        &[COMMON, requirement.kind.section(), &requirement.name],
        value,
    )
}

/// A schema that is met where each of these steps is there and meets its own.
fn in_steps<'a>(wanted: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut steps = Object::default();
    for (step, schema) in wanted {
        steps.add(step, schema, true);
    }
    let mut steps = steps.into_map();
    steps.shift_remove("additionalProperties");
    // Editors are to offer what stands elsewhere in the schema, and that once.
    steps.insert("doNotSuggest".into(), true.into());
    object([
        ("required", json!(["steps"])),
        ("properties", object([("steps", steps.into())])),
    ])
}

/// A mapping in which keys lead to something.
fn under(path: &[&str], last: Value) -> Value {
    path.iter().rev().fold(last, |below, key| {
        object([
            ("type", "object".into()),
            ("required", json!([key])),
            ("properties", object([(*key, below)])),
        ])
    })
}
