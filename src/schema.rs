//! Owns the answers' JSON Schema: requirements to `runtime-test.answers.schema.json`, for editors and for our own
//! checks alike, always in the same order. Knows nothing of how answers are written or read.
//!
//! Keywords of JSON Schema hold for one type each, so a number that may also be `${NAME}` needs no alternatives:
//! `{"type": ["integer", "string"], "minimum": 1, "pattern": "^\\$\\{…\\}$"}`. That keeps an editor's messages short.

mod shared;
pub mod words;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use self::words::{description, message, plain};
pub use self::words::{tidy, wanted};
use crate::asked::{
    Family, StepRequirements, feeders, groups, is_required, required_groups, takes_output,
};
use crate::requirement::{Kind, OutputRef, Requirement, ValueType, When};

/// A variable of the environment, as it may stand anywhere in a text.
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";
/// How many upstream outputs are listed for one input; beyond it any `step.output` is taken here and checked later.
const FEEDERS: usize = 64;
/// How many of them an editor offers before `from` is typed.
const SNIPPETS: usize = 8;
/// How many members of an exclusive group the schema compares with each other; the check compares all.
const GROUP: usize = 16;

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
    let what = "What the steps of the pipeline {} need from you.";
    whole(&what.replace("{}", &tidy(pipeline)), steps)
}

/// The schema of answers that a profile lays over the others: the same, with nothing required.
pub fn profile_schema(pipeline: &str, steps: &[StepRequirements<'_>]) -> Value {
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
    let what = "What a profile of the pipeline {} lays over its answers.";
    whole(&what.replace("{}", &tidy(pipeline)), &steps)
}

/// The schema of a file of answers.
fn whole(what: &str, steps: &[StepRequirements<'_>]) -> Value {
    let mut object = Object::default();
    for (index, step) in steps.iter().enumerate() {
        let (schema, required) = step_schema(steps, index, step);
        object.add(step.step, schema, required);
    }
    let required = object.is_required();
    let mut top = Object::default();
    if let Some(common) = shared::common(steps) {
        top.add(shared::COMMON, common, false);
    }
    let rules = shared::rules(steps);
    top.add("steps", object.finish(), required || !rules.is_empty());
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

/// The schema as the text of its file.
pub fn render(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
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
                _ => json!({"anyOf": schemas}),
            };
            let is_own = |r: &&Requirement| is_required(r) && !shared::may_be(r);
            section.add_named(name, schema, requirements.iter().any(is_own));
        }
        if !section.is_empty() {
            let required = section.is_required();
            sections.add(kind.section(), section.finish(), required);
        }
    }
    let mut rules = conditions(step);
    rules.extend(exclusions(step));
    let required = sections.is_required() || required_groups(step).next().is_some();
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

/// Answers that have to be there under another answer.
fn conditions(step: &StepRequirements<'_>) -> Vec<Value> {
    let mut by_condition: IndexMap<String, (&When, Vec<&Requirement>)> = IndexMap::new();
    for requirement in step
        .answerable()
        .filter(|r| r.needs_answer() && r.exclusive.is_none())
    {
        if let Some(when) = &requirement.when {
            let key = format!("{}={}", when.arg, when.equals);
            by_condition
                .entry(key)
                .or_insert_with(|| (when, Vec::new()))
                .1
                .push(requirement);
        }
    }
    let rule = |(when, requirements): (&When, Vec<&Requirement>)| {
        let mut sections = Object::default();
        for kind in Kind::ALL {
            let mut section = Object::default();
            for requirement in requirements.iter().filter(|r| r.kind == kind) {
                let message = format!("needed when {} is {}", when.arg, plain(&when.equals));
                section.add(&requirement.name, given(Some(&message)), true);
            }
            if section.is_required() {
                sections.add(kind.section(), partial(section), true);
            }
        }
        json!({"if": holds(step, when), "then": partial(sections)})
    };
    by_condition.into_values().map(rule).collect()
}

/// A schema that is met where a condition holds, by the answer or by the default of the argument that decides.
fn holds(step: &StepRequirements<'_>, when: &When) -> Value {
    let by_default = step.requirements.iter().any(|r| {
        r.kind == Kind::Arg && r.name == when.arg && r.default.as_ref() == Some(&when.equals)
    });
    let mut allowed = vec![when.equals.clone()];
    if by_default {
        allowed.push(Value::Null);
        return json!({"properties": {"args": {"properties": {&when.arg: {"enum": allowed}}}}});
    }
    json!({
        "type": "object",
        "properties": {"args": {
            "type": "object",
            "properties": {&when.arg: {"enum": allowed}},
            "required": [&when.arg]
        }},
        "required": ["args"]
    })
}

/// A mapping that has to have some keys and may have others.
fn partial(object: Object) -> Value {
    let mut map = object.into_map();
    map.shift_remove("additionalProperties");
    Value::Object(map)
}

/// Any value but nothing.
fn given(message: Option<&str>) -> Value {
    let mut schema = json!({"type": ["string", "number", "boolean", "array", "object"]});
    if let (Some(message), Some(map)) = (message, schema.as_object_mut()) {
        map.insert("errorMessage".into(), message.into());
    }
    schema
}

/// Answers of which at most one, and where they are required exactly one, may be there.
fn exclusions(step: &StepRequirements<'_>) -> Vec<Value> {
    let has = |requirement: &Requirement| {
        let mut section = Object::default();
        section.add(&requirement.name, given(None), true);
        let mut sections = Object::default();
        sections.add(requirement.kind.section(), partial(section), true);
        partial(sections)
    };
    let mut rules = Vec::new();
    for members in groups(step).values() {
        let members = &members[..members.len().min(GROUP)];
        for (at, first) in members.iter().enumerate() {
            let mut sections: IndexMap<&str, Map<String, Value>> = IndexMap::new();
            for other in members
                .iter()
                .skip(at + 1)
                .filter(|other| other.name != first.name)
            {
                let message = format!("{} and {} exclude each other", first.name, other.name);
                let nothing = json!({"type": "null", "errorMessage": message});
                sections
                    .entry(other.kind.section())
                    .or_default()
                    .insert(other.name.clone(), nothing);
            }
            if !sections.is_empty() {
                let then: Map<String, Value> = sections
                    .into_iter()
                    .map(|(section, properties)| {
                        (section.to_owned(), json!({"properties": properties}))
                    })
                    .collect();
                rules.push(json!({"if": has(first), "then": {"properties": then}}));
            }
        }
    }
    for members in required_groups(step) {
        let any: Vec<Value> = members.iter().map(|member| has(member)).collect();
        rules.push(json!({"anyOf": any}));
    }
    rules
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
            let nothing =
                json!({"not": {"type": ["string", "number", "boolean", "array", "object"]}});
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
        _ => json!({"anyOf": [shape, nothing]}),
    }
}

/// The keywords of a type, for a whole answer or for an item of a list.
fn typed(requirement: &Requirement, value_type: &ValueType, reader: Reader) -> Map<String, Value> {
    let env = requirement.kind == Kind::Env;
    let whole = format!("^{VARIABLE}$");
    let schema = match value_type {
        ValueType::List(items) => {
            let mut schema = json!({"type": ["array"], "items": typed(requirement, items, reader)});
            if let (true, Some(map)) = (requirement.required, schema.as_object_mut()) {
                map.insert("minItems".into(), 1.into());
            }
            schema
        }
        _ if !requirement.choices.is_empty() => {
            let mut options: Vec<Value> = Vec::new();
            for choice in &requirement.choices {
                let plain = choice.as_str().map(crate::yaml::resolve);
                for option in [Some(choice.clone()), plain].into_iter().flatten() {
                    if !option.is_null() && !options.contains(&option) {
                        options.push(option);
                    }
                }
            }
            let mut listed = json!({"enum": options});
            if let (Reader::Editor, Some(map)) = (reader, listed.as_object_mut()) {
                map.insert("errorMessage".into(), message(requirement).into());
            }
            json!({"anyOf": [listed, {"type": "string", "pattern": whole}]})
        }
        ValueType::Int if env => {
            json!({"type": ["integer", "string"], "pattern": format!(r"^[-+]?[0-9]+$|{whole}")})
        }
        ValueType::Float if env => json!({
            "type": ["number", "string"],
            "pattern": format!(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|{whole}")
        }),
        ValueType::Int => json!({"type": ["integer", "string"], "pattern": whole}),
        ValueType::Float => json!({"type": ["number", "string"], "pattern": whole}),
        ValueType::Bool if env => json!({"type": ["boolean", "string", "number"]}),
        ValueType::Bool => json!({"type": ["boolean", "string"], "pattern": whole}),
        ValueType::Path => json!({"type": ["string", "number"], "minLength": 1}),
        ValueType::String | ValueType::Choice => {
            json!({"type": ["string", "number", "boolean"]})
        }
    };
    let Value::Object(mut schema) = schema else {
        return Map::new();
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
