//! Owns the answers' JSON Schema: requirements to `runtime-test.answers.schema.json`, for editors and for our own
//! checks alike, always in the same order. Knows nothing of how answers are written or read.
//!
//! Keywords of JSON Schema hold for one type each, so a number that may also be `${NAME}` needs no alternatives:
//! `{"type": ["integer", "string"], "minimum": 1, "pattern": "^\\$\\{…\\}$"}`. That keeps an editor's messages short.

mod rules;
mod shared;
pub mod words;
mod written;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use self::words::{description, message};
pub use self::words::{tidy, wanted};
use crate::asked::{Family, StepRequirements, feeders, is_required, takes_output};
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
/// As many steps may fit on a line, or be written at once.
const FEW: usize = 8;

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
    let each = |index: usize| step_schema(steps, index, &steps[index]);
    whole(&of_pipeline(pipeline), steps, &each)
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

/// The text of the schema of a file of answers. Of many steps each is written as soon as it is there: thousands of small
/// values at once take time to make room for.
fn text_of(what: &str, steps: &[StepRequirements<'_>]) -> String {
    if steps.len() <= FEW {
        let each = |index: usize| step_schema(steps, index, &steps[index]);
        return render(&whole(what, steps, &each));
    }
    let indent = written::indent_at(STEPS);
    let write = |index: usize| {
        let (schema, required) = step_schema(steps, index, &steps[index]);
        (written::part(steps[index].step, &schema, indent), required)
    };
    // One half by another thread: a step's schema needs nothing of the others'.
    let middle = steps.len() / 2;
    let written: Vec<(Vec<u8>, bool)> = std::thread::scope(|scope| {
        let first = scope.spawn(|| (0..middle).map(write).collect::<Vec<_>>());
        let mut rest: Vec<_> = (middle..steps.len()).map(write).collect();
        let mut all = first
            .join()
            .unwrap_or_else(|_| (0..middle).map(write).collect());
        all.append(&mut rest);
        all
    });
    let frame = whole(what, steps, &|index| (Value::Null, written[index].1));
    let parts: Vec<Vec<u8>> = written.into_iter().map(|(part, _)| part).collect();
    String::from_utf8(written::around(&frame, STEPS, &parts)).unwrap_or_default()
}

/// The schema of a file of answers; `each` gives that of a step, and whether it has to be answered.
fn whole(
    what: &str,
    steps: &[StepRequirements<'_>],
    each: &dyn Fn(usize) -> (Value, bool),
) -> Value {
    let mut object = Object::default();
    for (index, step) in steps.iter().enumerate() {
        let (schema, required) = each(index);
        object.add(step.step, schema, required);
    }
    let required = object.is_required();
    let mut top = Object::default();
    if let Some(common) = shared::common(steps) {
        top.add(shared::COMMON, common, false);
    }
    let rules = rules::across(steps);
    top.add("steps", object.finish(), required);
    let mut schema = Map::new();
    schema.insert(
        "$schema".into(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    schema.insert(
        "description".into(),
        format!("{what} Written by `cargo runtime-test init`.").into(),
    );
    schema.extend(top.into_map());
    if !rules.is_empty() {
        schema.insert("allOf".into(), Value::Array(rules));
    }
    Value::Object(schema)
}

/// The schema as the text of its file: what fits on a line stands on one.
pub fn render(schema: &Value) -> String {
    String::from_utf8(written::write(schema)).unwrap_or_default()
}

/// A mapping of these keys, out of values that are moved into it.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(map(entries))
}

/// The same, to be added to.
fn map<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    let mut map = Map::with_capacity(N + 2);
    for (key, value) in entries {
        map.insert(key.to_owned(), value);
    }
    map
}

/// A mapping's schema as it comes together.
#[derive(Default)]
struct Object {
    properties: Map<String, Value>,
    families: Map<String, Value>,
    required: Vec<Value>,
}

impl Object {
    fn add(&mut self, name: &str, schema: Value, required: bool) {
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.into());
        }
    }

    /// Adds a key, or all keys of a family.
    fn add_named(&mut self, name: &str, schema: Value, required: bool) {
        match Family::parse(name) {
            Some(family) => drop(self.families.insert(family.pattern(), schema)),
            None => self.add(name, schema, required),
        }
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.families.is_empty()
    }

    fn is_required(&self) -> bool {
        !self.required.is_empty()
    }

    fn into_map(self) -> Map<String, Value> {
        let mut map = Map::new();
        let types = match self.required.is_empty() {
            true => json!(["object", "null"]),
            false => json!("object"),
        };
        map.insert("type".into(), types);
        map.insert("properties".into(), Value::Object(self.properties));
        if !self.families.is_empty() {
            map.insert("patternProperties".into(), Value::Object(self.families));
        }
        map.insert("additionalProperties".into(), false.into());
        if !self.required.is_empty() {
            map.insert("required".into(), Value::Array(self.required));
        }
        map
    }

    fn finish(self) -> Value {
        Value::Object(self.into_map())
    }
}

/// A step's schema, and whether it has to be answered.
fn step_schema(
    steps: &[StepRequirements<'_>],
    index: usize,
    step: &StepRequirements<'_>,
) -> (Value, bool) {
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
            let mut schemas: Vec<Value> = Vec::new();
            for requirement in &requirements {
                let schema = value(steps, index, requirement, Reader::Editor);
                if !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
            let schema = match schemas.len() {
                1 => schemas.remove(0),
                _ => object([("anyOf", Value::Array(schemas))]),
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
    let mut schema = Map::new();
    if let Some(description) = step.description {
        schema.insert("description".into(), tidy(description).into());
    }
    schema.extend(sections.into_map());
    if required {
        schema.insert("type".into(), "object".into());
    }
    if !rules.is_empty() {
        schema.insert("allOf".into(), Value::Array(rules));
    }
    (Value::Object(schema), required)
}

/// Any value but nothing.
fn any() -> Map<String, Value> {
    let types = ["string", "number", "boolean", "array", "object"];
    map([("type", Value::from(&types[..]))])
}

/// The schema of one answer.
pub fn value(
    steps: &[StepRequirements<'_>],
    index: usize,
    requirement: &Requirement,
    reader: Reader,
) -> Value {
    let mut shape = typed(requirement, &requirement.value_type, reader);
    if takes_output(requirement) && shape.contains_key("type") {
        let outputs = match reader {
            Reader::Editor => feeders(steps, index, requirement, FEEDERS),
            Reader::Check => None,
        };
        add_from(&mut shape, outputs.as_deref());
    }
    if reader == Reader::Check {
        return match is_required(requirement) {
            true => Value::Object(shape),
            false => or_null(shape, json!({"type": "null"})),
        };
    }
    let message = Value::from(message(requirement));
    shape.insert("errorMessage".into(), message.clone());
    let mut schema = Map::new();
    schema.insert("description".into(), description(requirement).into());
    let shown = |value: &&Value| !value.is_null() && !requirement.secret;
    if let Some(default) = requirement.default.as_ref().filter(shown) {
        schema.insert("default".into(), default.clone());
    }
    if let Some(example) = requirement.example.as_ref().filter(shown) {
        schema.insert("examples".into(), json!([example]));
    }
    match is_required(requirement) && !shared::may_be(requirement) {
        true => schema.extend(shape),
        false => {
            schema.insert("errorMessage".into(), message);
            // Said in this way round, editors neither offer `null` nor write defaults out.
            let nothing = object([("not", any().into())]);
            if let Value::Object(either) = or_null(shape, nothing) {
                schema.extend(either);
            }
        }
    }
    Value::Object(schema)
}

/// A shape, or nothing.
fn or_null(mut shape: Map<String, Value>, nothing: Value) -> Value {
    match shape.get_mut("anyOf") {
        Some(Value::Array(branches)) => {
            branches.push(nothing);
            Value::Object(shape)
        }
        _ => object([("anyOf", Value::Array(vec![Value::Object(shape), nothing]))]),
    }
}

/// The keywords of a type, for a whole answer or for an item of a list.
fn typed(requirement: &Requirement, value_type: &ValueType, reader: Reader) -> Map<String, Value> {
    let env = requirement.kind == Kind::Env;
    let types = |names: &[&str]| Value::from(names);
    let or_text = |name: &str, pattern: &str| {
        map([
            ("type", types(&[name, "string"])),
            ("pattern", pattern.into()),
        ])
    };
    let mut schema = match value_type {
        ValueType::List(items) => {
            let items = typed(requirement, items, reader);
            let mut schema = map([("type", types(&["array"])), ("items", items.into())]);
            if requirement.required {
                schema.insert("minItems".into(), 1.into());
            }
            schema
        }
        _ if !requirement.choices.is_empty() => return choice(requirement, reader),
        ValueType::Int if env => or_text("integer", &format!("^[-+]?[0-9]+$|{ONLY_VARIABLE}")),
        ValueType::Float if env => or_text(
            "number",
            &format!(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|{ONLY_VARIABLE}"),
        ),
        ValueType::Int => or_text("integer", ONLY_VARIABLE),
        ValueType::Float => or_text("number", ONLY_VARIABLE),
        ValueType::Bool if env => map([("type", types(&["boolean", "string", "number"]))]),
        ValueType::Bool => or_text("boolean", ONLY_VARIABLE),
        ValueType::Path => map([
            ("type", types(&["string", "number"])),
            ("minLength", 1.into()),
        ]),
        ValueType::String | ValueType::Choice => {
            map([("type", types(&["string", "number", "boolean"]))])
        }
    };
    if matches!(value_type, ValueType::Int | ValueType::Float) && requirement.choices.is_empty() {
        for (keyword, limit) in [("minimum", requirement.min), ("maximum", requirement.max)] {
            if let Some(limit) = limit.and_then(number) {
                schema.insert(keyword.into(), limit);
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
        schema.insert("pattern".into(), format!("(?:{pattern})|{VARIABLE}").into());
    }
    schema
}

/// The keywords of one of several values.
fn choice(requirement: &Requirement, reader: Reader) -> Map<String, Value> {
    let mut options: Vec<Value> = Vec::new();
    for choice in &requirement.choices {
        let plain = choice.as_str().map(crate::yaml::resolve);
        for option in [Some(choice.clone()), plain].into_iter().flatten() {
            if !option.is_null() && !options.contains(&option) {
                options.push(option);
            }
        }
    }
    let mut listed = map([("enum", Value::Array(options))]);
    if reader == Reader::Editor {
        listed.insert("errorMessage".into(), message(requirement).into());
    }
    let variable = object([("type", "string".into()), ("pattern", ONLY_VARIABLE.into())]);
    let ways = vec![Value::Object(listed), variable];
    map([("anyOf", Value::Array(ways))])
}

/// Lets an answer be an upstream output: one of these, or any where they are not listed.
fn add_from(schema: &mut Map<String, Value>, outputs: Option<&[OutputRef]>) {
    if let Some(outputs) = outputs {
        let snippet = |output: &OutputRef| {
            let output = output.to_string();
            json!({"label": format!("from {output}"), "body": {"from": output}})
        };
        let snippets = outputs.iter().take(SNIPPETS).map(snippet).collect();
        schema.insert("defaultSnippets".into(), Value::Array(snippets));
    }
    let from = match outputs {
        Some([]) => return,
        Some(outputs) => {
            json!({"enum": outputs.iter().map(ToString::to_string).collect::<Vec<_>>()})
        }
        None => json!({"type": "string"}),
    };
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.push("object".into());
    }
    schema.insert("properties".into(), json!({"from": from}));
    schema.insert("required".into(), json!(["from"]));
    schema.insert("additionalProperties".into(), false.into());
}

/// A number as JSON writes it, whole where it is whole.
pub fn number(number: f64) -> Option<Value> {
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Some(Value::from(number as i64)),
        false => serde_json::Number::from_f64(number).map(Value::Number),
    }
}
