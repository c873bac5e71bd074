//! What holds for every pipeline, however its authors name and describe things.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Severity;
use crate::requirement::When;

/// Names as people give them, and names that break whatever does not quote.
pub(crate) fn name() -> impl Strategy<Value = String> {
    const HOSTILE: &[&str] = &[
        "no",
        "1_000",
        "12:30",
        "0o7",
        "2024-01-02",
        " x ",
        "a: b",
        "#c",
        "a #b",
        "\n",
        "<<",
        "~",
        "null",
        "'",
        "\"",
        "é",
        "-",
        "- a",
        "? a",
        "*a",
        "&a",
        "{}",
        "[",
        "a.b",
        "a/b",
        "~1",
        "=",
        "\u{2028}",
        "\t",
        "",
        "!x",
        "%",
        "@",
        "`",
        "|",
        ">",
        "steps",
        "args",
        "from",
        "${X}",
        "a\r\nb",
        "\u{feff}",
        "\u{85}",
        "F_<name>",
        "---",
        "...",
    ];
    prop_oneof![
        3 => "[a-z_]{1,8}",
        1 => "\\PC{1,10}",
        2 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
    ]
}

/// A value that a default, an example or a choice can have.
fn plain_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        name().prop_map(Value::String),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([1, "a b", "#"])),
        Just(json!(0.25)),
    ]
}

fn value_type() -> impl Strategy<Value = ValueType> {
    let single = proptest::sample::select(
        &[
            ValueType::Path,
            ValueType::String,
            ValueType::Int,
            ValueType::Float,
            ValueType::Bool,
        ][..],
    );
    (single, any::<bool>()).prop_map(|(single, list)| match list {
        true => ValueType::List(Box::new(single)),
        false => single,
    })
}

/// A requirement of any kind, named later.
fn any_requirement() -> impl Strategy<Value = Requirement> {
    let facts = (
        proptest::sample::select(&Kind::ALL[..]),
        value_type(),
        any::<bool>(),
        proptest::option::of(plain_value()),
        proptest::option::of("\\PC{0,30}|[\\n\\r\\t #a\u{85}\u{2028}]{0,10}|([a-z]{1,12} ){1,40}"),
        proptest::option::of(plain_value()),
    );
    let rules = (
        proptest::option::weighted(
            0.2,
            proptest::collection::vec(
                plain_value().prop_filter("a value that can be given", |v| {
                    // `${X}` in the answers is what the variable holds, never this text.
                    let is_variable = v.as_str().is_some_and(|text| text.contains("${"));
                    !v.is_null() && !v.is_array() && !is_variable
                }),
                1..3,
            ),
        ),
        proptest::option::weighted(
            0.2,
            proptest::sample::select(&["^[a-z]+$", "x|y", "(?i)a"][..]),
        ),
        proptest::option::weighted(0.2, -5..5i32),
        proptest::option::weighted(0.1, name()),
        any::<bool>(),
    );
    (facts, rules).prop_map(
        |(
            (kind, value_type, required, default, description, example),
            (choices, pattern, min, exclusive, secret),
        )| {
            Requirement {
                value_type: if kind.is_path() {
                    ValueType::Path
                } else {
                    value_type
                },
                required,
                default: default.filter(|_| !required),
                description,
                example,
                choices: choices.filter(|_| !kind.is_path()).unwrap_or_default(),
                pattern: pattern.map(str::to_owned),
                min: min.map(f64::from),
                exclusive,
                secret,
                supplied: kind == Kind::Output && required,
                ..requirement(kind, "")
            }
        },
    )
}

/// Lets one in four requirements hold only under the first argument that can decide.
fn under_conditions(mut requirements: Vec<Requirement>, which: u8) -> Vec<Requirement> {
    let decides = |r: &&Requirement| {
        let single = !matches!(r.value_type, ValueType::List(_));
        r.kind == Kind::Arg && r.exclusive.is_none() && single && !r.name.contains('<')
    };
    let Some(decider) = requirements.iter().find(decides) else {
        return requirements;
    };
    let usual = decider.choices.first().or(decider.default.as_ref());
    let usual = usual.filter(|value| !value.is_null() && !value.is_array());
    let when = When {
        arg: decider.name.clone(),
        equals: usual.cloned().unwrap_or(json!("a")),
    };
    for (at, requirement) in requirements.iter_mut().enumerate() {
        if which >> at & 5 == 5 && requirement.name != when.arg {
            requirement.when = Some(when.clone());
        }
    }
    requirements
}

/// Steps by name, in a chain, with requirements by name.
pub(crate) fn any_pipeline() -> impl Strategy<Value = Vec<(String, Vec<Requirement>)>> {
    let requirements = proptest::collection::btree_map(name(), any_requirement(), 0..5);
    let named = (requirements, any::<u8>()).prop_map(
        |(map, conditional): (BTreeMap<String, Requirement>, u8)| {
            let named = map.into_iter().map(|(name, r)| Requirement { name, ..r });
            under_conditions(named.collect(), conditional)
        },
    );
    proptest::collection::btree_map(name(), named, 0..4).prop_map(|map| map.into_iter().collect())
}

pub(crate) fn chained(owned: &[(String, Vec<Requirement>)]) -> Vec<StepRequirements<'_>> {
    owned
        .iter()
        .enumerate()
        .map(|(at, (step, requirements))| StepRequirements {
            step,
            description: requirements.first().and_then(|r| r.description.as_deref()),
            requirements,
            needs: at.checked_sub(1).into_iter().collect(),
        })
        .collect()
}

fn read(text: &str, steps: &[StepRequirements<'_>]) -> Loaded {
    load::load(&Source::new("a.yaml", "a.yaml", text), steps, &|_| {
        Some("x".to_owned())
    })
}

/// Answers of all kinds, fitting or not, for what is asked.
fn answers(steps: &[StepRequirements<'_>], choose: &[usize]) -> String {
    const VALUES: &[&str] = &[
        "",
        "true",
        "5",
        "-3",
        "0.5",
        "a",
        "Xy",
        "\"5\"",
        "[1]",
        "[a, b]",
        "[]",
        "{}",
        "{from: a.b}",
        "''",
        "{from: 1}",
        "[[a]]",
        "~",
    ];
    let mut choice = choose.iter().cycle();
    let mut next = |count: usize| choice.next().map_or(0, |n| n % count);
    let mut text = String::new();
    if next(2) == 0 {
        let mut top = "common:\n";
        for kind in Kind::SHARED {
            let all = steps.iter().flat_map(StepRequirements::answerable);
            let names: std::collections::BTreeSet<_> = all
                .filter(|r| r.kind == kind && !r.name.contains('<') && r.pattern.is_none())
                .map(|r| &r.name)
                .collect();
            let mut header = format!("  {}:\n", kind.section());
            for name in names {
                if next(3) == 0 {
                    text.push_str(std::mem::take(&mut top));
                    text.push_str(&std::mem::take(&mut header));
                    let value = VALUES[next(VALUES.len())];
                    text.push_str(&format!("    {}: {value}\n", yaml::quoted(name)));
                }
            }
        }
    }
    text.push_str("steps:\n");
    for step in steps {
        if next(8) == 0 {
            continue;
        }
        text.push_str(&format!("  {}:\n", yaml::quoted(step.step)));
        for kind in Kind::ALL {
            let all: Vec<_> = step
                .requirements
                .iter()
                .filter(|r| r.kind == kind)
                .collect();
            if all.is_empty() || next(8) == 0 {
                continue;
            }
            text.push_str(&format!("    {}:\n", kind.section()));
            for requirement in all
                .into_iter()
                .filter(|r| !(r.pattern.is_some() && r.choices.is_empty()))
            {
                let value = match requirement.choices.as_slice() {
                    [first, ..] if next(2) == 0 => yaml::inline(first),
                    _ => VALUES[next(VALUES.len())].to_owned(),
                };
                text.push_str(&format!(
                    "      {}: {value}\n",
                    yaml::quoted(&requirement.name)
                ));
            }
        }
    }
    text
}

proptest! {
    /// Every skeleton parses by two readers and lacks exactly what is required, each once.
    #[test]
    fn every_skeleton_only_lacks_what_is_required(owned in any_pipeline(), all in any::<bool>()) {
        let steps = chained(&owned);
        let detail = if all { Detail::All } else { Detail::Usual };
        let text = skeleton::render(steps.iter(), detail, skeleton::SCHEMA);
        let document = yaml::parse(&Source::new("a", "a", text.clone())).expect("ours");
        let other: Value = serde_yaml::from_str(&text).expect("theirs");
        prop_assert_eq!(&document.value, &other);
        let loaded = read(&text, &steps);
        let missing = |loaded: &Loaded| {
            let mut all: Vec<_> = loaded.findings.iter().map(|f| (f.step.clone(), f.answer.clone())).collect();
            all.sort();
            all
        };
        prop_assert!(loaded.findings.iter().all(|f| f.diagnostic.code == Code::AnswerMissing), "{}\n{}", text, told(&loaded));
        prop_assert_eq!(missing(&loaded), missing(&load::absent(&steps)), "{}", text);
        prop_assert!(text.lines().all(|line| line.trim_end() == line), "{}", text);
    }

    /// Editors, which have the schema, and the check come to the same verdict; of values given to all, editors may also
    /// refuse some that no step takes.
    #[test]
    fn the_schema_and_the_check_agree(owned in any_pipeline(), choose in proptest::collection::vec(any::<usize>(), 1..40)) {
        let steps = chained(&owned);
        let text = answers(&steps, &choose);
        let document = yaml::parse(&Source::new("a", "a", text.clone())).expect("YAML");
        let schema = schema::schema("p", &steps);
        let shape = Shape::compile(schema).expect("a schema");
        let misfits = shape.misfits(&document.value);
        let loaded = read(&text, &steps);
        let errors = loaded.findings.iter().any(|f| f.diagnostic.severity == Severity::Error);
        let of_all = misfits.iter().any(|misfit| misfit.at.starts_with("/common"));
        prop_assert!(misfits.is_empty() != errors || of_all && !errors, "{}\n{:?}\n{}", text, misfits, told(&loaded));
    }
}
