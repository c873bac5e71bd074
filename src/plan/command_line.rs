//! Owns the way from values to a command line: flags, positions and variables, in the order that parsers understand.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::requirement::{Binding, Kind, Pass, Requirement};
use crate::script::Language;

/// A value on its way to a script.
pub(super) struct Passed<'a> {
    /// What it is for.
    pub(super) requirement: &'a Requirement,
    /// The value; paths are as they are to be written.
    pub(super) value: &'a Value,
}

/// The arguments that carry the values with a flag or a position.
///
/// Most parsers take positions first, so that a flag with several values does not swallow them; shells stop at the first
/// position; a subcommand's own flags come after its name.
pub(super) fn arguments(passed: &[Passed<'_>], language: Language) -> Vec<String> {
    let mut positions: Vec<(usize, bool, Vec<String>)> = Vec::new();
    let (mut global, mut conditional) = (Vec::new(), Vec::new());
    let choosers = choosers(passed);
    for Passed { requirement, value } in passed {
        for binding in &requirement.bindings {
            match binding {
                Binding::Positional { positional } => {
                    let chooses = choosers.get(requirement.name.as_str()) == Some(positional);
                    positions.push((*positional, chooses, texts(value, language)));
                }
                Binding::Flag { flag, pass, .. } => {
                    let words = flagged(flag, *pass, value, language);
                    match &requirement.when {
                        Some(when) => {
                            conditional.push((choosers.get(when.arg.as_str()).copied(), words))
                        }
                        None => global.extend(words),
                    }
                }
                Binding::Env { .. }
                | Binding::Main { .. }
                | Binding::Parameter { .. }
                | Binding::ContainerPath { .. } => {}
            }
        }
    }
    positions.sort_by_key(|(position, ..)| *position);
    let subcommand = passed.iter().any(|p| p.requirement.when.is_some());
    let mut words: Vec<String> = Vec::new();
    if subcommand || language == Language::Shell {
        words.append(&mut global);
    }
    for (position, chooses, given) in positions {
        // A subcommand's flags come before the name of one of its own.
        if chooses {
            let is_above = |place: &Option<usize>| place.is_some_and(|place| place < position);
            conditional.retain_mut(|(place, flags)| {
                let above = is_above(place);
                if above {
                    words.append(flags);
                }
                !above
            });
        }
        words.extend(given);
    }
    words.extend(global);
    words.extend(conditional.into_iter().flat_map(|(_, flags)| flags));
    words
}

/// What is chosen under each name that conditions speak of.
pub(super) fn chosen<'a>(values: &'a [(&'a Requirement, Value, bool)]) -> HashMap<&'a str, String> {
    let whens = values.iter().filter_map(|(r, ..)| r.when.as_ref());
    let names: HashSet<&str> = whens.map(|when| when.arg.as_str()).collect();
    values
        .iter()
        .filter(|(r, ..)| r.kind == Kind::Arg && names.contains(r.name.as_str()))
        .map(|(r, value, _)| (r.name.as_str(), text(value, Language::Other)))
        .collect()
}

/// Whether a requirement holds under what is chosen: an answer that bears the name of another subcommand's is not passed.
pub(super) fn holds(requirement: &Requirement, chosen: &HashMap<&str, String>) -> bool {
    requirement.when.as_ref().is_none_or(|when| {
        let given = chosen.get(when.arg.as_str());
        given.is_none_or(|given| *given == text(&when.equals, Language::Other))
    })
}

/// The places of the words that choose what else holds, by the name that the choice goes by.
fn choosers<'a>(passed: &'a [Passed<'_>]) -> HashMap<&'a str, usize> {
    let whens = passed.iter().filter_map(|p| p.requirement.when.as_ref());
    let names: HashSet<&str> = whens.map(|when| when.arg.as_str()).collect();
    let placed = passed.iter().filter_map(|p| {
        let name = p.requirement.name.as_str();
        let mut bindings = p.requirement.bindings.iter();
        let place = bindings.find_map(|binding| match binding {
            Binding::Positional { positional } => Some(*positional),
            _ => None,
        })?;
        (p.requirement.kind == Kind::Arg && names.contains(name)).then_some((name, place))
    });
    placed.collect()
}

/// A flag and its value, as its parser wants them.
fn flagged(flag: &str, pass: Pass, value: &Value, language: Language) -> Vec<String> {
    let alone = |given: bool| {
        if given {
            vec![flag.to_owned()]
        } else {
            Vec::new()
        }
    };
    match (pass, value) {
        (_, Value::Null) => Vec::new(),
        (Pass::Switch, value) => alone(is_true(value)),
        (Pass::SwitchOff, value) => alone(!is_true(value)),
        (Pass::OnOff, value) if is_true(value) => alone(true),
        (Pass::OnOff, _) => match flag.strip_prefix("--") {
            Some(name) => vec![format!("--no-{name}")],
            None => Vec::new(),
        },
        (Pass::Count, value) => {
            let times = value.as_u64().unwrap_or_else(|| u64::from(is_true(value)));
            vec![flag.to_owned(); usize::try_from(times.min(100)).unwrap_or_default()]
        }
        (Pass::Joined, value) => texts(value, language)
            .into_iter()
            .map(|text| format!("{flag}={text}"))
            .collect(),
        (Pass::Commas, value) => vec![flag.to_owned(), texts(value, language).join(",")],
        (Pass::Glued, value) => texts(value, language)
            .into_iter()
            .map(|text| format!("{flag}{text}"))
            .collect(),
        (Pass::Repeat, value) => texts(value, language)
            .into_iter()
            .flat_map(|text| valued(flag, text))
            .collect(),
        (Pass::Value, Value::Array(_)) => {
            let mut words = vec![flag.to_owned()];
            words.extend(texts(value, language));
            words
        }
        (Pass::Value, value) => valued(flag, text(value, language)),
    }
}

/// `--flag value`; `--flag=value` where the value could be taken for a flag itself.
fn valued(flag: &str, text: String) -> Vec<String> {
    match flag.starts_with("--") && text.starts_with('-') && text.len() > 1 {
        true => vec![format!("{flag}={text}")],
        false => vec![flag.to_owned(), text],
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => matches!(text.as_str(), "true" | "True" | "1" | "yes" | "on"),
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => false,
    }
}

/// The texts of a value: one, or one for each item.
fn texts(value: &Value, language: Language) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(|item| text(item, language)).collect(),
        value => vec![text(value, language)],
    }
}

/// A single value as a script of that language reads it.
pub(super) fn text(value: &Value, language: Language) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) if language == Language::Python => {
            if *value { "True" } else { "False" }.to_owned()
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A value as an environment variable.
pub(super) fn variable(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(variable).collect::<Vec<_>>().join(","),
        other => text(other, Language::Other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::requirement::{Claim, Evidence, Layer, When};
    use crate::source::{Source, Span};

    fn requirement(binding: Binding, when: Option<&str>) -> Requirement {
        let place = Source::new("f", "f", "").at(Span::default());
        let mut claim = Claim::new(
            "x",
            Kind::Arg,
            Evidence {
                place,
                layer: Layer::Static,
                rule: "test",
            },
        )
        .bound(binding);
        claim.when = when.map(|command| When {
            arg: "command".into(),
            equals: json!(command),
        });
        crate::extract::merge::merge(&[&[claim]]).remove(0)
    }

    fn flag(flag: &str, pass: Pass) -> Binding {
        Binding::Flag {
            flag: flag.to_owned(),
            short: None,
            pass,
        }
    }

    #[test]
    fn each_way_of_passing_writes_what_its_parser_wants() {
        for (pass, value, expected) in [
            (Pass::Value, json!("a b"), "--x|a b"),
            (Pass::Value, json!(-5), "--x=-5"),
            (Pass::Value, json!(1e-4), "--x|0.0001"),
            (Pass::Value, json!(["a", 2]), "--x|a|2"),
            (Pass::Value, json!(true), "--x|True"),
            (Pass::Joined, json!("a"), "--x=a"),
            (Pass::Switch, json!(true), "--x"),
            (Pass::Switch, json!(false), ""),
            (Pass::SwitchOff, json!(false), "--x"),
            (Pass::SwitchOff, json!(true), ""),
            (Pass::OnOff, json!(false), "--no-x"),
            (Pass::Repeat, json!(["a", "-b"]), "--x|a|--x=-b"),
            (Pass::Count, json!(3), "--x|--x|--x"),
            (Pass::Commas, json!([1, 2]), "--x|1,2"),
            (Pass::Value, json!(null), ""),
        ] {
            assert_eq!(
                flagged("--x", pass, &value, Language::Python).join("|"),
                expected,
                "{pass:?} {value}"
            );
        }
    }

    #[test]
    fn positions_go_where_the_parser_finds_them() {
        let list = requirement(flag("--list", Pass::Value), None);
        let first = requirement(Binding::Positional { positional: 0 }, None);
        let second = requirement(Binding::Positional { positional: 1 }, None);
        let under = requirement(flag("--under", Pass::Value), Some("train"));
        let (many, one, two, number) = (json!(["a", "b"]), json!("1"), json!("2"), json!(3));
        let mut passed = vec![
            Passed {
                requirement: &list,
                value: &many,
            },
            Passed {
                requirement: &second,
                value: &two,
            },
            Passed {
                requirement: &first,
                value: &one,
            },
        ];
        assert_eq!(
            arguments(&passed, Language::Python).join(" "),
            "1 2 --list a b"
        );
        assert_eq!(
            arguments(&passed, Language::Shell).join(" "),
            "--list a b 1 2"
        );
        passed.push(Passed {
            requirement: &under,
            value: &number,
        });
        assert_eq!(
            arguments(&passed, Language::Python).join(" "),
            "--list a b 1 2 --under 3"
        );
    }

    #[test]
    fn flags_of_a_subcommand_come_before_the_name_of_one_of_its_own() {
        let under = |mut requirement: Requirement, name: &str, when: Option<(&str, &str)>| {
            requirement.name = name.to_owned();
            requirement.when = when.map(|(arg, equals)| When {
                arg: arg.to_owned(),
                equals: json!(equals),
            });
            requirement
        };
        let at = |positional| requirement(Binding::Positional { positional }, None);
        let flagged = |name| requirement(flag(name, Pass::Value), None);
        let kernels = Some(("command", "kernels"));
        let list = Some(("kernels_command", "list"));
        let all = [
            under(flagged("--page"), "page", list),
            under(flagged("--site"), "site", kernels),
            under(at(2), "owner", list),
            under(at(1), "kernels_command", kernels),
            under(at(0), "command", None),
            under(flagged("--quiet"), "quiet", None),
        ];
        let values = [
            json!(2),
            json!("s"),
            json!("me"),
            json!("list"),
            json!("kernels"),
            json!("q"),
        ];
        let passed: Vec<Passed<'_>> = all
            .iter()
            .zip(&values)
            .map(|(requirement, value)| Passed { requirement, value })
            .collect();
        assert_eq!(
            arguments(&passed, Language::Python).join(" "),
            "--quiet q kernels --site s list me --page 2"
        );
    }

    #[test]
    fn of_answers_with_one_name_the_chosen_subcommands_is_passed() {
        let mut command = requirement(Binding::Positional { positional: 0 }, None);
        command.name = "command".to_owned();
        let of = |name| requirement(flag("--x", Pass::Value), Some(name));
        let (train, test) = (of("train"), of("test"));
        let values = [
            (&command, json!("train"), true),
            (&train, json!(1), true),
            (&test, json!(1), true),
        ];
        let chosen = chosen(&values);
        let held: Vec<bool> = values.iter().map(|(r, ..)| holds(r, &chosen)).collect();
        assert_eq!(held, [true, true, false]);
    }
}
