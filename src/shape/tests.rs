//! Each kind of misfit as a finding, from a document and a schema in text.

use serde_json::json;

use super::*;
use crate::source::Source;

/// `line:column code: message | help` of each finding.
fn check(schema: Value, text: &str) -> Vec<String> {
    let source = Source::new("m.yaml", "m.yaml", text);
    let document = yaml::parse(&source).expect("valid YAML");
    let findings = Shape::compile(schema)
        .expect("a schema")
        .check(&document, &dotted);
    findings
        .iter()
        .map(|d| {
            let (line, column) = d.place().expect("a place").line_column();
            let help = d.help.as_deref().unwrap_or("-");
            format!("{line}:{column} {}: {} | {help}", d.code, d.message)
        })
        .collect()
}

/// Steps as a manifest has them, with references and alternatives as schemars writes them.
fn steps() -> Value {
    json!({
        "type": "object",
        "properties": {"version": {"const": 1}, "steps": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Step"}}},
        "required": ["version", "steps"],
        "additionalProperties": false,
        "$defs": {
            "Step": {
                "type": "object",
                "properties": {
                    "script": {"type": ["string", "null"]},
                    "needs": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
                    "retries": {"type": "integer", "minimum": 0, "maximum": 9},
                    "ratio": {"type": "number", "exclusiveMinimum": 0},
                    "kind": {"oneOf": [{"const": "csv", "description": "rows"}, {"const": "json"}]},
                    "name": {"type": "string", "pattern": "^[a-z]+$"},
                    "cargo": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Cargo"}]},
                    "tags": {"type": "array", "minItems": 1, "uniqueItems": true}
                },
                "additionalProperties": false
            },
            "Cargo": {"type": "object", "properties": {"bin": {"type": "string"}}, "required": ["bin"], "additionalProperties": false}
        }
    })
}

#[test]
fn every_misfit_is_told_in_plain_words_at_its_place() {
    let text = r#"
vresion: 1
steps:
  a: {need: [], script: 7, needs: all}
  b: nothing
  c:
    retries: "3"
    ratio: 0
    kind: cvs
    name: Ü1
    cargo: {bim: x}
    tags: []
  d: {retries: 12, cargo: 5, tags: [x, x], needs: [1]}
"#;
    insta::assert_snapshot!(check(steps(), text).join("\n"), @r#"
2:1 unknown-key: unknown key `vresion` in the file | did you mean `version`?
4:7 unknown-key: unknown key `need` in `steps.a` | did you mean `needs`?
4:25 wrong-type: `steps.a.script` is a whole number, expected a text | put it in quotes: `"7"`
4:35 wrong-type: `steps.a.needs` is a text, expected a list | write a list: `[all]`
5:6 wrong-type: `steps.b` is a text, expected a mapping | write a mapping here
7:14 wrong-type: `steps.c.retries` is a text, expected a whole number | write it without quotes: `3`
8:12 invalid-value: `steps.c.ratio` is `0`, which is too small | write more than 0
9:11 invalid-value: `steps.c.kind` cannot be `cvs` | did you mean `csv`? these are allowed: `csv` and `json`
10:11 invalid-value: `steps.c.name` is `Ü1`, which does not match its pattern | write a value that matches `^[a-z]+$`
11:13 unknown-key: unknown key `bim` in `steps.c.cargo` | did you mean `bin`?
12:11 invalid-value: `steps.c.tags` is empty | write at least one
13:16 invalid-value: `steps.d.retries` is `12`, which is too large | write 9 or less
13:27 wrong-type: `steps.d.cargo` is a whole number, expected a mapping or a text | put it in quotes: `"5"`
13:36 invalid-value: `steps.d.tags` has the same item twice | remove one of them
13:52 wrong-type: `steps.d.needs.0` is a whole number, expected a text | put it in quotes: `"1"`
"#);
}

#[test]
fn a_value_used_twice_is_told_once() {
    let text = "version: 1\nsteps:\n  a: &a {retries: -1}\n  b: *a\n";
    assert_eq!(
        check(steps(), text),
        ["3:19 invalid-value: `steps.a.retries` is `-1`, which is too small | write 0 or more"]
    );
}

#[test]
fn patterns_are_bounded_and_refused_where_they_are_none() {
    let bad =
        Shape::compile(json!({"properties": {"a": {"pattern": "(a"}}})).expect_err("no regex");
    assert_eq!(bad.pattern.as_deref(), Some("(a"));
    assert!(
        Pattern::compile("(((a{1,1000}){1,1000}){1,1000})").is_err(),
        "too large"
    );
    let costly = check(
        json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a|aa)+\\1$"}}}),
        &format!("a: {}b", "a".repeat(60)),
    );
    assert_eq!(costly.len(), 1, "{costly:?}");
}

#[test]
fn a_reference_outside_of_the_schema_is_refused() {
    assert!(Shape::compile(json!({"$ref": "https://example.com/schema.json"})).is_err());
    assert!(Shape::compile(json!({"$ref": "file:///etc/passwd"})).is_err());
}

/// Schemas that have every keyword which the first look knows, and some that it does not.
const LOOKED_AT: &str = r##"[
    {"type": ["integer", "null"], "minimum": -1, "maximum": 2},
    {"type": "number"}, {"type": "string", "minLength": 2}, {"type": "boolean"},
    {"const": 1}, {"const": [1]}, {"enum": ["a", 1, null, true, 1.5]},
    {"anyOf": [{"type": "string"}, {"minimum": 1, "type": "number"}]},
    {"allOf": [{"type": "string"}, {"pattern": "a"}]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "maximum": 1}, {"type": "object"}]},
    {"not": {"type": ["object", "array"]}},
    {"type": "array", "items": {"type": "integer"}, "minItems": 1},
    {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    {"items": {"enum": [1, "a"]}, "uniqueItems": true},
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"$ref": "#"}},
     "additionalProperties": false, "required": ["a"]},
    {"properties": {"a": {"minLength": 1}}, "additionalProperties": {"type": "string"}},
    {"properties": {"a": true}, "patternProperties": {"^b": {"type": "integer"}}, "additionalProperties": false},
    {"$defs": {"t": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/t"}, "b": false}},
    {"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "object"}}
]"##;

fn any_value() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..4).prop_map(Value::from),
        proptest::sample::select(vec![0.5, 1.0, 1.5, 2.0, 1e300]).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("[abc]", inner), 0..3)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn what_plainly_fits_fits(value in any_value()) {
        let schemas: Vec<Value> = serde_json::from_str(LOOKED_AT).expect("JSON");
        for schema in schemas {
            let compiled = validator(&schema).expect("a schema");
            if let Some(fits) = quick::looked(&schema, &value) {
                proptest::prop_assert_eq!(fits, compiled.is_valid(&value), "{} {}", schema, value);
            }
        }
    }
}

#[test]
fn most_values_need_no_second_look() {
    let schemas: Vec<Value> = serde_json::from_str(LOOKED_AT).expect("JSON");
    let known = schemas
        .iter()
        .filter(|schema| quick::looked(schema, &json!({"a": 1})).is_some());
    assert_eq!(known.count(), schemas.len() - 4);
}
