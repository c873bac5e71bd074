//! Owns the skeleton: requirements to the commented text that a user fills in. Whatever scripts and manifests say
//! ends up in comments and quoted keys, and cannot get out of them.

use indexmap::IndexMap;

use crate::asked::{StepRequirements, groups, is_required, required_groups};
use crate::requirement::{Kind, Layer, Requirement, ValueType};
use crate::schema::{tidy, wanted};
use crate::yaml;

/// The schema's usual file name, beside the answers.
pub const SCHEMA: &str = "runtime-test.answers.schema.json";
/// Comments are wrapped at this column.
const WIDTH: usize = 100;

/// How much a skeleton shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What is required, and what a reader is likely to want.
    #[default]
    Usual,
    /// Everything that can be answered: outputs, what platforms set, and all options of steps that need nothing.
    All,
}

/// The skeleton of a whole pipeline.
///
/// ```
/// # use runtime_test::answers::{StepRequirements, skeleton};
/// let step = StepRequirements { step: "gate", description: None, requirements: &[], needs: vec![] };
/// assert!(skeleton::skeleton(&[step]).ends_with("steps:\n  gate: {}  # nothing to answer\n"));
/// ```
pub fn skeleton(steps: &[StepRequirements<'_>]) -> String {
    render(steps.iter(), Detail::Usual, SCHEMA)
}

/// The skeleton of some steps, in their order, in as much detail as is asked for. `schema` is the name of the schema's
/// file, by which editors find it.
pub fn render<'a>(
    steps: impl Iterator<Item = &'a StepRequirements<'a>>,
    detail: Detail,
    schema: &str,
) -> String {
    let header = format!(
        "# yaml-language-server: $schema={}
",
        tidy(schema)
    );
    let blocks: Vec<String> = steps.map(|step| block(step, detail, 2)).collect();
    match blocks.is_empty() {
        true => format!("{header}steps: {{}}\n"),
        false => format!("{header}steps:\n{}", blocks.join("\n")),
    }
}

/// The first text of the answers of a profile. `answers` is the name of the file that they go over.
pub fn of_profile(schema: &str, profile: &str, answers: &str) -> String {
    format!(
        "# yaml-language-server: $schema={}\n# Answers under --profile {}: what stands here goes over {}.\nsteps: {{}}\n",
        tidy(schema),
        tidy(profile),
        tidy(answers)
    )
}

/// A step with everything under it, its key `indent` columns in.
pub(super) fn block(step: &StepRequirements<'_>, detail: Detail, indent: usize) -> String {
    let mut out = String::new();
    if let Some(description) = step.description.map(tidy).filter(|text| !text.is_empty()) {
        comment(&mut out, indent, &description);
    }
    let key = format!("{}{}:", " ".repeat(indent), yaml::quoted(step.step));
    let (wires, sections) = body(step, detail, indent + 2);
    if step.asks_nothing() && (detail == Detail::Usual || wires.is_empty() && sections.is_empty()) {
        let hidden = options(step);
        let hint = match hidden.as_slice() {
            [] => String::new(),
            some => format!(
                "; optional: {}",
                crate::diagnostic::listed(some.iter().map(String::as_str)).replace('`', "")
            ),
        };
        out.push_str(&format!("{key} {{}}  # nothing to answer{hint}\n"));
        out.push_str(&wires);
        return out;
    }
    let note = if step.asks_nothing() {
        "  # nothing has to be answered"
    } else {
        ""
    };
    out.push_str(&format!("{key}{note}\n{wires}{sections}"));
    out
}

/// What may be answered in a step that has to answer nothing.
fn options(step: &StepRequirements<'_>) -> Vec<String> {
    let shown = step
        .answerable()
        .filter(|r| is_shown(r, Detail::Usual) && r.from.is_none());
    shown.map(|requirement| tidy(&requirement.key())).collect()
}

/// Whether a requirement appears at all.
fn is_shown(requirement: &Requirement, detail: Detail) -> bool {
    let by_convention = !requirement.evidence.is_empty()
        && requirement
            .evidence
            .iter()
            .all(|evidence| evidence.layer >= Layer::Convention);
    let own_place = requirement.kind == Kind::Output && !requirement.supplied;
    detail == Detail::All
        || requirement.needs_answer()
        || !by_convention && !own_place && requirement.path.is_none()
}

/// What comes from upstream, and the sections, of one step.
fn body(step: &StepRequirements<'_>, detail: Detail, indent: usize) -> (String, String) {
    let (mut wires, mut sections) = (String::new(), String::new());
    for requirement in step.answerable() {
        if let Some(wire) = &requirement.from {
            let text = format!("{} comes from {}", requirement.name, wire.from);
            comment(&mut wires, indent, &tidy(&text));
        }
    }
    for kind in Kind::ALL {
        sections.push_str(&section(step, kind, detail, indent));
    }
    (wires, sections)
}

/// A section with its answers; a comment as a whole where none of them is required.
pub(super) fn section(
    step: &StepRequirements<'_>,
    kind: Kind,
    detail: Detail,
    indent: usize,
) -> String {
    let mut shown: IndexMap<&str, &Requirement> = IndexMap::new();
    for requirement in step
        .answerable()
        .filter(|r| r.kind == kind && is_shown(r, detail))
    {
        if requirement.from.is_none() || detail == Detail::All {
            let known = shown.entry(&requirement.name).or_insert(requirement);
            if is_required(requirement) {
                *known = requirement;
            }
        }
    }
    let live = shown.values().any(|requirement| is_required(requirement));
    let margin = " ".repeat(indent);
    let mark = if live { "" } else { "# " };
    let mut out = String::new();
    if !shown.is_empty() {
        out.push_str(&format!("{margin}{mark}{}:\n", kind.section()));
    }
    for requirement in shown.into_values() {
        if live {
            out.push_str(&entry(step, requirement, indent + 2));
            continue;
        }
        let text = entry(step, requirement, 0);
        let lines = text.lines().count();
        for (at, line) in text.lines().enumerate() {
            // The section is a comment already, so its keys need no second mark.
            let line = if at + 1 == lines { &line[2..] } else { line };
            out.push_str(&format!("{margin}#   {line}\n"));
        }
    }
    out
}

/// One answer: its comment, and its key, empty where it is required and commented out where it is not.
pub(super) fn entry(
    step: &StepRequirements<'_>,
    requirement: &Requirement,
    indent: usize,
) -> String {
    let mut out = String::new();
    comment(&mut out, indent, &headline(step, requirement));
    let margin = " ".repeat(indent);
    let key = yaml::quoted(&requirement.name);
    match is_required(requirement) {
        true => out.push_str(&format!("{margin}{key}:\n")),
        false => {
            let value = shown_value(requirement);
            let space = if value.is_empty() { "" } else { " " };
            out.push_str(&format!("{margin}# {key}:{space}{value}\n"));
        }
    }
    out
}

/// The value that an optional answer shows: its default, or an example.
fn shown_value(requirement: &Requirement) -> String {
    if let Some(wire) = &requirement.from {
        return format!("{{from: {}}}", yaml::quoted(&wire.from.to_string()));
    }
    if requirement.secret {
        return String::new();
    }
    let default = requirement
        .default
        .as_ref()
        .filter(|value| !value.is_null());
    default
        .or(requirement.example.as_ref())
        .map(yaml::inline)
        .unwrap_or_default()
}

/// `--strategy, required, random or by-year: hold out a share of every label (scripts/split.py:88)`.
fn headline(step: &StepRequirements<'_>, requirement: &Requirement) -> String {
    let has_default = requirement
        .default
        .as_ref()
        .is_some_and(|value| !value.is_null());
    let mut text = tidy(&requirement.shown_binding())
        .trim_start_matches('$')
        .to_owned();
    text.push_str(", ");
    text.push_str(&match &requirement.when {
        Some(when) => {
            let word = if requirement.needs_answer() {
                "required"
            } else {
                "optional"
            };
            let equals = tidy(&crate::shape::written(&when.equals));
            format!("{word} when {} is {equals}", tidy(&when.arg))
        }
        None if is_required(requirement) => "required".to_owned(),
        None => "optional".to_owned(),
    });
    let plain = requirement.choices.is_empty()
        && requirement.pattern.is_none()
        && requirement.min.is_none()
        && requirement.max.is_none();
    let obvious = matches!(
        requirement.value_type,
        ValueType::String | ValueType::Choice
    ) || requirement.kind.is_path()
        || has_default;
    if !(plain && obvious) {
        text.push_str(&format!(", {}", wanted(requirement)));
    }
    if let Some(description) = requirement
        .description
        .as_deref()
        .map(tidy)
        .filter(|t| !t.is_empty())
    {
        text.push_str(&format!(": {description}"));
    }
    let others = others(step, requirement);
    if !others.is_empty() {
        text.push_str(&format!("; {others}"));
    }
    if let Some(example) = requirement
        .example
        .as_ref()
        .filter(|_| is_required(requirement) && !requirement.secret)
    {
        text.push_str(&format!("; such as {}", yaml::inline(example)));
    }
    if let Some(from) = requirement
        .suggested
        .as_ref()
        .filter(|_| is_required(requirement))
    {
        text.push_str(&format!(
            "; perhaps {{from: {}}}",
            tidy(&yaml::quoted(&from.to_string()))
        ));
    }
    if requirement.secret {
        text.push_str("; secret: give it as ${NAME}");
    }
    if let Some(place) = requirement.asked_at() {
        text.push_str(&format!(" ({})", tidy(&place.to_string())));
    }
    text
}

/// What an exclusive group says: "not together with b, c", "give this or b".
fn others(step: &StepRequirements<'_>, requirement: &Requirement) -> String {
    if requirement.exclusive.is_none() {
        return String::new();
    }
    let same = |r: &&&Requirement| r.key() == requirement.key();
    let group = groups(step)
        .into_values()
        .find(|members| members.iter().any(|r| same(&r)));
    let names: Vec<&str> = group
        .iter()
        .flatten()
        .filter(|r| !same(r))
        .map(|r| r.name.as_str())
        .collect();
    if names.is_empty() {
        return String::new();
    }
    let required = required_groups(step).any(|members| members.iter().any(|r| same(&r)));
    let names = crate::diagnostic::listed(names.iter().copied()).replace('`', "");
    match required {
        true => format!("one of this and {} is required", tidy(&names)),
        false => format!("not together with {}", tidy(&names)),
    }
}

/// Writes a comment, wrapped between words.
fn comment(out: &mut String, indent: usize, text: &str) {
    let margin = format!("{}#", " ".repeat(indent));
    let mut line = margin.clone();
    let mut width = line.chars().count();
    for word in text.split(' ') {
        let length = word.chars().count();
        if width + 1 + length > WIDTH && line.len() > margin.len() {
            out.push_str(&line);
            out.push('\n');
            line.clone_from(&margin);
            width = line.chars().count();
        }
        line.push(' ');
        line.push_str(word);
        width += 1 + length;
    }
    out.push_str(&line);
    out.push('\n');
}
