//! Owns the answers' JSON Schema: requirements to `runtime-test.answers.schema.json`, for editors and for our own
//! checks alike, always in the same order. Knows nothing of how answers are written or read.
//!
//! Keywords of JSON Schema hold for one type each, so a number that may also be `${NAME}` needs no alternatives:
//! `{"type": ["integer", "string"], "minimum": 1, "pattern": "^\\$\\{…\\}$"}`. That keeps an editor's messages short.

mod json;
mod rules;
mod shared;
pub mod words;
mod written;

use std::ops::Range;

use indexmap::IndexMap;
use serde_json::Value;

use self::json::{Entries, Json, entries, object, words as texts};
use self::words::{description, message};
pub use self::words::{tidy, wanted};
use crate::asked::{Family, StepRequirements, feeders, is_required, takes_output};
use crate::both::both;
use crate::requirement::{Kind, OutputRef, Requirement, ValueType};

/// A variable of the environment, as it may stand anywhere in a text.
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";
/// A text that is a variable of the environment and nothing else.
const ONLY_VARIABLE: &str = r"^\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$";
/// How many upstream outputs are listed for one input; beyond it any `step.output` is taken here and checked later.
const FEEDERS: usize = 64;
/// How many of them an editor offers before `from` is typed.
const SNIPPETS: usize = 8;
/// Where the schemas of steps stand in that of a file of answers.
const STEPS: &[&str] = &["properties", "steps", "properties"];
/// As many steps may fit on a line, and are not worth a second thread.
const FEW: usize = 8;
/// About as many bytes are a step's schema long.
const ROOM: usize = 12_000;

/// Who reads the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// People, in their editors: with descriptions, defaults, examples and messages.
    Editor,
    /// The check, which has its own words.
    Check,
}

/// The schema of a pipeline's answers.
///
/// ```
/// # use runtime_test::schema::schema;
/// let schema = schema("penguins", &[]);
/// assert_eq!(schema["properties"]["steps"]["additionalProperties"], false);
/// ```
pub fn schema(pipeline: &str, steps: &[StepRequirements<'_>]) -> Value {
    whole(&of_pipeline(pipeline), steps).into()
}

/// The same as the text of its file.
pub fn text(pipeline: &str, steps: &[StepRequirements<'_>]) -> String {
    text_of(&of_pipeline(pipeline), steps)
}

fn of_pipeline(pipeline: &str) -> String {
    format!(
        "What the steps of the pipeline {} need from you.",
        tidy(pipeline)
    )
}

/// The text of the schema of answers that a profile lays over the others: the same, with nothing required.
pub fn profile_text(pipeline: &str, steps: &[StepRequirements<'_>]) -> String {
    let ease = |requirement: &Requirement| Requirement {
        required: false,
        ..requirement.clone()
    };
    let eased: Vec<Vec<Requirement>> = steps
        .iter()
        .map(|step| step.requirements.iter().map(ease).collect())
        .collect();
    let steps: Vec<StepRequirements<'_>> = steps
        .iter()
        .zip(&eased)
        .map(|(step, requirements)| StepRequirements {
            requirements,
            ..step.clone()
        })
        .collect();
    let what = format!(
        "What a profile of the pipeline {} lays over its answers.",
        tidy(pipeline)
    );
    text_of(&what, &steps)
}

/// The text of the schema of a file of answers. Of many steps each is written as soon as it is there, for thousands of
/// small values at once take time to make room for, and one half by another thread, for it needs nothing of the others.
fn text_of(what: &str, steps: &[StepRequirements<'_>]) -> String {
    if steps.len() <= FEW {
        return written::write(&whole(what, steps));
    }
    let indent = written::indent_at(STEPS);
    let write = |range: Range<usize>| {
        let mut text = Vec::with_capacity(range.len() * ROOM);
        let mut required = Vec::new();
        for index in range {
            let name = steps[index].step;
            let (schema, is_required) = step_schema(steps, index, &steps[index]);
            written::entry(&mut text, name, &schema, indent);
            required.extend(is_required.then(|| Json::from(name)));
        }
        (text, required)
    };
    let first = 0..steps.len() / 2;
    let rest = || (write(first.end..steps.len()), rules::across(steps));
    let (((rest, more), rules), (first, mut required)) = both(&rest, || write(first.clone()));
    required.extend(more);
    let of_steps = Object {
        required,
        ..Object::default()
    };
    let frame = frame(what, steps, of_steps, rules);
    written::around(&frame, STEPS, &[first, rest])
}

/// The schema of a file of answers.
fn whole<'a>(what: &str, steps: &'a [StepRequirements<'a>]) -> Json<'a> {
    let mut of_steps = Object::default();
    for (index, step) in steps.iter().enumerate() {
        let (schema, required) = step_schema(steps, index, step);
        of_steps.add(step.step, schema, required);
    }
    frame(what, steps, of_steps, rules::across(steps))
}

/// The schema of a file of answers around that of its steps.
fn frame<'a>(
    what: &str,
    steps: &'a [StepRequirements<'a>],
    of_steps: Object<'a>,
    rules: Vec<Json<'a>>,
) -> Json<'a> {
    let required = of_steps.is_required();
    let mut top = Object::default();
    if let Some(common) = shared::common(steps) {
        top.add(shared::COMMON, common, false);
    }
    top.add("steps", of_steps.finish(), required);
    let mut schema = entries([
        (
            "$schema",
            "https://json-schema.org/draft/2020-12/schema".into(),
        ),
        (
            "description",
            format!("{what} Written by `cargo runtime-test init`.").into(),
        ),
    ]);
    schema.set_all(top.into_entries());
    if !rules.is_empty() {
        schema.push("allOf", rules);
    }
    schema.into()
}

/// A schema as the text of its file: what fits on a line stands on one.
pub fn render(schema: &Value) -> String {
    written::write(&schema.into())
}

/// A mapping's schema as it comes together.
#[derive(Default)]
struct Object<'a> {
    properties: Entries<'a>,
    families: Entries<'a>,
    required: Vec<Json<'a>>,
}

impl<'a> Object<'a> {
    /// Adds a key that is not there yet.
    fn add(&mut self, name: &'a str, schema: Json<'a>, required: bool) {
        self.properties.push(name, schema);
        if required {
            self.required.push(name.into());
        }
    }

    /// Adds a key, or all keys of a family.
    fn add_named(&mut self, name: &'a str, schema: Json<'a>, required: bool) {
        match Family::parse(name) {
            Some(family) => self.families.push(family.pattern(), schema),
            None => self.add(name, schema, required),
        }
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.families.is_empty()
    }

    fn is_required(&self) -> bool {
        !self.required.is_empty()
    }

    fn into_entries(self) -> Entries<'a> {
        let types = match self.required.is_empty() {
            true => texts(&["object", "null"]),
            false => "object".into(),
        };
        let properties = Json::Object(self.properties);
        let mut all = entries([("type", types), ("properties", properties)]);
        if !self.families.is_empty() {
            all.push("patternProperties", self.families);
        }
        all.push("additionalProperties", false);
        if !self.required.is_empty() {
            all.push("required", self.required);
        }
        all
    }

    fn finish(self) -> Json<'a> {
        Json::Object(self.into_entries())
    }
}

/// A step's schema, and whether it has to be answered.
fn step_schema<'a>(
    steps: &'a [StepRequirements<'a>],
    index: usize,
    step: &'a StepRequirements<'a>,
) -> (Json<'a>, bool) {
    let mut sections = Object::default();
    for kind in Kind::ALL {
        let mut section = Object::default();
        let mut by_name: IndexMap<&str, Vec<&Requirement>> = IndexMap::new();
        for requirement in step.answerable().filter(|r| r.kind == kind) {
            by_name
                .entry(&requirement.name)
                .or_default()
                .push(requirement);
        }
        for (name, requirements) in by_name {
            let mut schemas: Vec<Json<'_>> = Vec::new();
            for requirement in &requirements {
                let schema = shaped(steps, index, requirement, Reader::Editor);
                if !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
            let schema = match schemas.len() {
                1 => schemas.remove(0),
                _ => object([("anyOf", schemas.into())]),
            };
            let is_own = |r: &&Requirement| is_required(r) && !shared::may_be(r);
            section.add_named(name, schema, requirements.iter().any(is_own));
        }
        if !section.is_empty() {
            let required = section.is_required();
            sections.add(kind.section(), section.finish(), required);
        }
    }
    let rules = rules::within(step);
    let required = sections.is_required();
    let mut schema = Entries::default();
    if let Some(description) = step.description {
        schema.push("description", tidy(description));
    }
    schema.set_all(sections.into_entries());
    if required {
        schema.set("type", "object");
    }
    if !rules.is_empty() {
        schema.push("allOf", rules);
    }
    (Json::Object(schema), required)
}

/// Any value but nothing.
fn any<'a>() -> Entries<'a> {
    let types = ["string", "number", "boolean", "array", "object"];
    entries([("type", texts(&types))])
}

/// The schema of one answer.
pub fn value(
    steps: &[StepRequirements<'_>],
    index: usize,
    requirement: &Requirement,
    reader: Reader,
) -> Value {
    shaped(steps, index, requirement, reader).into()
}

fn shaped<'a>(
    steps: &[StepRequirements<'_>],
    index: usize,
    requirement: &'a Requirement,
    reader: Reader,
) -> Json<'a> {
    let mut shape = typed(requirement, &requirement.value_type, reader);
    if takes_output(requirement) && shape.has("type") {
        let outputs = match reader {
            Reader::Editor => feeders(steps, index, requirement, FEEDERS),
            Reader::Check => None,
        };
        add_from(&mut shape, outputs.as_deref());
    }
    if reader == Reader::Check {
        return match is_required(requirement) {
            true => Json::Object(shape),
            false => or_null(shape, object([("type", "null".into())])).into(),
        };
    }
    let message = message(requirement);
    shape.set("errorMessage", message.clone());
    let mut schema = entries([("description", description(requirement).into())]);
    let shown = |value: &&Value| !value.is_null() && !requirement.secret;
    if let Some(default) = requirement.default.as_ref().filter(shown) {
        schema.push("default", default);
    }
    if let Some(example) = requirement.example.as_ref().filter(shown) {
        schema.push("examples", vec![example.into()]);
    }
    match is_required(requirement) && !shared::may_be(requirement) {
        true => schema.set_all(shape),
        false => {
            schema.push("errorMessage", message);
            // Said in this way round, editors neither offer `null` nor write defaults out.
            let nothing = object([("not", any().into())]);
            schema.set_all(or_null(shape, nothing));
        }
    }
    Json::Object(schema)
}

/// A shape, or nothing.
fn or_null<'a>(mut shape: Entries<'a>, nothing: Json<'a>) -> Entries<'a> {
    match shape.get_mut("anyOf") {
        Some(Json::List(branches)) => {
            branches.push(nothing);
            shape
        }
        _ => entries([("anyOf", vec![Json::Object(shape), nothing].into())]),
    }
}

/// The keywords of a type, for a whole answer or for an item of a list.
fn typed<'a>(requirement: &'a Requirement, value_type: &ValueType, reader: Reader) -> Entries<'a> {
    let env = requirement.kind == Kind::Env;
    let or_text = |name: &'static str, pattern: Json<'a>| {
        entries([("type", texts(&[name, "string"])), ("pattern", pattern)])
    };
    let mut schema = match value_type {
        ValueType::List(items) => {
            let items = typed(requirement, items, reader);
            let mut schema = entries([("type", texts(&["array"])), ("items", items.into())]);
            if requirement.required {
                schema.push("minItems", 1);
            }
            schema
        }
        _ if !requirement.choices.is_empty() => return choice(requirement, reader),
        ValueType::Int if env => {
            or_text("integer", format!("^[-+]?[0-9]+$|{ONLY_VARIABLE}").into())
        }
        ValueType::Float if env => or_text(
            "number",
            format!(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|{ONLY_VARIABLE}").into(),
        ),
        ValueType::Int => or_text("integer", ONLY_VARIABLE.into()),
        ValueType::Float => or_text("number", ONLY_VARIABLE.into()),
        ValueType::Bool if env => entries([("type", texts(&["boolean", "string", "number"]))]),
        ValueType::Bool => or_text("boolean", ONLY_VARIABLE.into()),
        ValueType::Path => entries([
            ("type", texts(&["string", "number"])),
            ("minLength", 1.into()),
        ]),
        ValueType::String | ValueType::Choice => {
            entries([("type", texts(&["string", "number", "boolean"]))])
        }
    };
    if matches!(value_type, ValueType::Int | ValueType::Float) && requirement.choices.is_empty() {
        for (keyword, limit) in [("minimum", requirement.min), ("maximum", requirement.max)] {
            if let Some(limit) = limit.and_then(number) {
                schema.push(keyword, limit);
            }
        }
    }
    let free = matches!(
        value_type,
        ValueType::String | ValueType::Path | ValueType::Choice
    );
    if let (Some(pattern), true, true) =
        (&requirement.pattern, free, requirement.choices.is_empty())
    {
        schema.set("pattern", format!("(?:{pattern})|{VARIABLE}"));
    }
    schema
}

/// The keywords of one of several values.
fn choice(requirement: &Requirement, reader: Reader) -> Entries<'_> {
    let mut options: Vec<Json<'_>> = Vec::new();
    for choice in &requirement.choices {
        let plain = choice.as_str().map(crate::yaml::resolve).map(Json::from);
        for option in [Some(choice.into()), plain].into_iter().flatten() {
            if option != Json::Null && !options.contains(&option) {
                options.push(option);
            }
        }
    }
    let mut listed = entries([("enum", options.into())]);
    if reader == Reader::Editor {
        listed.push("errorMessage", message(requirement));
    }
    let variable = object([("type", "string".into()), ("pattern", ONLY_VARIABLE.into())]);
    let ways = vec![Json::Object(listed), variable];
    entries([("anyOf", ways.into())])
}

/// Lets an answer be an upstream output: one of these, or any where they are not listed.
fn add_from(schema: &mut Entries<'_>, outputs: Option<&[OutputRef]>) {
    if let Some(outputs) = outputs {
        let snippet = |output: &OutputRef| {
            let output = output.to_string();
            let label = format!("from {output}");
            let body = object([("from", output.into())]);
            object([("label", label.into()), ("body", body)])
        };
        let snippets: Vec<_> = outputs.iter().take(SNIPPETS).map(snippet).collect();
        schema.push("defaultSnippets", snippets);
    }
    let from = match outputs {
        Some([]) => return,
        Some(outputs) => {
            let names = outputs.iter().map(|output| Json::from(output.to_string()));
            object([("enum", names.collect::<Vec<_>>().into())])
        }
        None => object([("type", "string".into())]),
    };
    if let Some(Json::List(types)) = schema.get_mut("type") {
        types.push("object".into());
    }
    schema.set("properties", object([("from", from)]));
    schema.set("required", texts(&["from"]));
    schema.set("additionalProperties", false);
}

/// A number as JSON writes it, whole where it is whole.
pub fn number(number: f64) -> Option<Value> {
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Some(Value::from(number as i64)),
        false => serde_json::Number::from_f64(number).map(Value::Number),
    }
}
