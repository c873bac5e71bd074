//! Owns what is said of answers: a function for each finding, nothing else.

use indexmap::IndexSet;
use serde_json::Value;

use crate::answers::COMMON;
use crate::answers::variable::Almost;
use crate::asked;
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, listed, nearest};
use crate::requirement::{Kind, OutputRef, Requirement, ValueType, When};
use crate::schema::{tidy, wanted};
use crate::shape::{self, Fault, quoted};
use crate::source::{Place, Source, Span};
use crate::yaml;

/// Who asks: a requirement of a step.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The step's name.
    pub step: &'a str,
    /// The requirement.
    pub requirement: &'a Requirement,
}

impl Asker<'_> {
    /// `` `rounds` of step `train` ``.
    fn name(self) -> String {
        format!("`{}` of step `{}`", self.requirement.name, self.step)
    }

    /// Adds the place in the script that asks.
    fn asked(self, diagnostic: Diagnostic) -> Diagnostic {
        let binding = tidy(&self.requirement.shown_binding());
        let text = match binding == self.requirement.name {
            true => "asked for here".to_owned(),
            false => format!("asked for here, as `{binding}`"),
        };
        diagnostic.maybe_at(self.requirement.asked_at().cloned(), text)
    }

    /// A value in backticks, unless it must not be shown.
    fn shown(self, value: &Value) -> String {
        match self.requirement.secret {
            true => "a value that is not shown".to_owned(),
            false => quoted(value),
        }
    }
}

/// Finding: a required answer is not there. `place` is where it belongs, where there is a file.
pub fn missing(asker: Asker<'_>, place: Option<Place>, feeder: Option<&OutputRef>) -> Diagnostic {
    let Asker { step, requirement } = asker;
    let message = format!("step `{step}` needs `{}`", requirement.key());
    let purpose = requirement
        .description
        .as_deref()
        .map(tidy)
        .filter(|text| !text.is_empty());
    let purpose = purpose.map_or_else(String::new, |text| format!(": {text}"));
    let example = requirement.example.as_ref().filter(|_| !requirement.secret);
    let example = example.map_or_else(String::new, |v| format!(", such as `{}`", yaml::inline(v)));
    let secret = match requirement.secret {
        true => format!(
            "; a secret is best given as `${{{}}}`",
            variable_of(requirement)
        ),
        false => String::new(),
    };
    let wire = feeder.map_or_else(String::new, |output| format!(", or `{{from: {output}}}`"));
    let diagnostic = Diagnostic::new(Code::AnswerMissing, message);
    asker
        .asked(diagnostic.maybe_at(place, "no value is given"))
        .help(format!(
            "write {}{wire}{example}{secret}{purpose}",
            wanted(requirement)
        ))
}

/// A variable that could hold a secret.
pub fn variable_of(requirement: &Requirement) -> String {
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = requirement.name.chars().map(keep).collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

/// Finding: none of a group is given, of which one has to be.
pub fn missing_group(
    asker: Asker<'_>,
    members: &[&Requirement],
    place: Option<Place>,
) -> Diagnostic {
    let keys: Vec<String> = members.iter().map(|member| member.key()).collect();
    let keys = listed(keys.iter().map(String::as_str));
    let message = format!("step `{}` needs one of {keys}", asker.step);
    asker
        .asked(
            Diagnostic::new(Code::AnswerMissing, message).maybe_at(place, "none of them is given"),
        )
        .help("give exactly one of them")
}

/// Finding: a step that the pipeline does not have; only a warning where nothing is lost with it.
pub fn unknown_step<'a>(
    name: &str,
    steps: impl Iterator<Item = &'a str> + Clone,
    is_lost: bool,
    place: Place,
) -> Diagnostic {
    let all = match steps.clone().next() {
        Some(_) => format!("the steps are {}", listed(steps.clone())),
        None => "the pipeline has no step that takes answers".to_owned(),
    };
    let mut finding = Diagnostic::new(
        Code::UnknownStep,
        format!("no step `{name}` in the pipeline"),
    );
    if !is_lost {
        finding.severity = Severity::Warning;
    }
    finding.at(place, "no such step")
    .help(did_you_mean(name, steps).unwrap_or_else(|| {
        format!("{all}; if this one is gone, remove its answers, or let `cargo runtime-test init` put them aside")
    }))
}

/// Finding: a key directly under a step that is none of its sections. `section` is where the name would belong.
pub fn unknown_section(
    key: &str,
    step: &str,
    section: Option<&str>,
    known: &[&str],
    place: Place,
) -> Diagnostic {
    let known = || known.iter().copied();
    let help = match (section, Kind::ALL.iter().any(|kind| kind.section() == key)) {
        (Some(section), _) => format!("`{key}` belongs under `{section}:`"),
        (None, true) => format!("step `{step}` asks for none of its {key}; remove it"),
        (None, false) => did_you_mean(key, known()).unwrap_or_else(|| match known().next() {
            Some(_) => format!("the keys here are {}", listed(known())),
            None => format!("step `{step}` asks for nothing: write `{step}: {{}}`"),
        }),
    };
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("unknown key `{key}` in the answers of step `{step}`"),
    )
    .at(place, "nothing reads this")
    .help(help)
}

/// Finding: a step at the top of the answers.
pub fn outside_of_steps(step: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("the answers of step `{step}` stand outside of `steps`"),
    )
    .at(place, "nothing is read here")
    .help(format!(
        "write `steps:` above it, and indent `{step}` below that"
    ))
}

/// Finding: answers in a section that the step does not have, of which one at least belongs under `meant`.
pub fn other_section(
    section: &str,
    step: &str,
    name: &str,
    meant: &str,
    place: Place,
) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("unknown key `{section}` in the answers of step `{step}`"),
    )
    .at(place, "nothing reads this")
    .help(format!("`{name}` belongs under `{meant}:`"))
}

/// Finding: an answer that the step does not ask for. `elsewhere` is a section that has the name.
pub fn unknown_answer(
    key: &str,
    kind: Kind,
    step: &str,
    elsewhere: Option<&str>,
    known: &IndexSet<&str>,
    place: Place,
) -> Diagnostic {
    let known = || known.iter().copied();
    let section = kind.section();
    let joined = key
        .split_once(':')
        .filter(|(name, _)| known().any(|known| known == *name));
    let help = match (nearest(key, known()), elsewhere) {
        _ if joined.is_some() => format!(
            "write `{}`, with a blank after the colon",
            yaml::with_blank(key).unwrap_or_default()
        ),
        (_, Some(elsewhere)) => format!("`{key}` belongs under `{elsewhere}:`"),
        (Some(near), None) => format!("did you mean `{near}`?"),
        (None, None) => format!("`{section}` of `{step}` may hold {}", listed(known())),
    };
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("step `{step}` has no {kind} `{key}`"),
    )
    .at(place, "nothing reads this")
    .help(help)
}

/// Finding: a section under `common` that cannot be given to all steps.
pub fn unknown_common_section(key: &str, place: Place) -> Diagnostic {
    let known = || Kind::SHARED.into_iter().map(Kind::section);
    let help = match Kind::ALL.iter().any(|kind| kind.section() == key) {
        true => format!("{key} differ from step to step: write them under their steps"),
        false => did_you_mean(key, known())
            .unwrap_or_else(|| format!("the keys here are {}", listed(known()))),
    };
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("unknown key `{key}` in `{COMMON}`"),
    )
    .at(place, "nothing reads this")
    .help(help)
}

/// Finding: an answer given to all steps that none of them asks for.
pub fn unknown_common(key: &str, kind: Kind, known: &IndexSet<&str>, place: Place) -> Diagnostic {
    let known = || known.iter().copied();
    let help = did_you_mean(key, known()).unwrap_or_else(|| match known().next() {
        Some(_) => format!("the steps ask for {}", listed(known())),
        None => "remove it".to_owned(),
    });
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("no step has {} {kind} `{key}`", kind.article()),
    )
    .at(place, "nothing reads this")
    .help(help)
}

/// Finding: what was given on the command line does not have the form of an answer.
pub fn no_setting(source: &Source) -> Diagnostic {
    let all = Span::new(0, source.text().len());
    Diagnostic::new(
        Code::UnknownAnswer,
        format!("`{}` is not an answer", tidy(source.text())),
    )
    .at(source.at(all), "does not say what to set")
    .help("write `STEP.args.NAME=VALUE`, with `inputs`, `outputs`, `env` or `args` in the middle")
}

/// A part of the file that is no answer, by name.
pub fn structure(parts: &[&str]) -> String {
    match parts {
        [] => "the answers file".to_owned(),
        [steps] => format!("`{steps}`"),
        [common, section, ..] if *common == COMMON => format!("`{common}.{section}`"),
        [_, step] => format!("step `{step}`"),
        [_, step, section, ..] => format!("`{section}` of step `{step}`"),
    }
}

/// Finding: a value, or an item of a list, that does not fit its requirement.
pub fn unfit(asker: Asker<'_>, fault: &Fault, value: &Value, place: &Place) -> Diagnostic {
    let diagnostic = match fault {
        Fault::Choice { .. } if !asker.requirement.choices.is_empty() => {
            choice(asker, value, place)
        }
        Fault::Pattern { .. } | Fault::Costly
            if wants_text(asker.requirement) && value.is_string() =>
        {
            pattern(asker, value, place)
        }
        Fault::TooSmall { .. } | Fault::TooLarge { .. } => range(asker, value, place),
        Fault::TooFew { .. } => empty(asker, place),
        Fault::Unknown { key, .. } => stray(asker, key, place),
        _ if value.is_object() && value.get("from").is_none() => stray(asker, "", place),
        _ => mistyped(asker, value, place),
    };
    asker.asked(diagnostic)
}

/// Whether a single value is passed on as a text.
fn wants_text(requirement: &Requirement) -> bool {
    let item = match &requirement.value_type {
        ValueType::List(items) => items,
        other => other,
    };
    matches!(
        item,
        ValueType::String | ValueType::Path | ValueType::Choice
    )
}

fn choice(asker: Asker<'_>, value: &Value, place: &Place) -> Diagnostic {
    let choices: Vec<String> = asker
        .requirement
        .choices
        .iter()
        .map(shape::written)
        .collect();
    let words = || choices.iter().map(String::as_str);
    let all = format!("write one of {}", listed(words()));
    let near = value.as_str().and_then(|text| did_you_mean(text, words()));
    let help = near.map_or(all.clone(), |near| format!("{near} {all}"));
    Diagnostic::new(
        Code::AnswerChoice,
        format!("{} cannot be {}", asker.name(), asker.shown(value)),
    )
    .at(place.clone(), "not one of the choices")
    .help(help)
}

fn pattern(asker: Asker<'_>, value: &Value, place: &Place) -> Diagnostic {
    let empty = value.as_str().is_some_and(str::is_empty);
    match &asker.requirement.pattern {
        Some(pattern) if !empty => Diagnostic::new(
            Code::AnswerPattern,
            format!("{} cannot be {}", asker.name(), asker.shown(value)),
        )
        .at(place.clone(), "does not match the pattern")
        .help(format!("write a text that matches `{}`", tidy(pattern))),
        _ => self::empty(asker, place),
    }
}

fn range(asker: Asker<'_>, value: &Value, place: &Place) -> Diagnostic {
    Diagnostic::new(
        Code::AnswerRange,
        format!("{} cannot be {}", asker.name(), asker.shown(value)),
    )
    .at(place.clone(), "outside of the range")
    .help(format!("write {}", wanted(asker.requirement)))
}

fn empty(asker: Asker<'_>, place: &Place) -> Diagnostic {
    Diagnostic::new(Code::AnswerType, format!("{} is empty", asker.name()))
        .at(place.clone(), "nothing in here")
        .help(format!("write {}", wanted(asker.requirement)))
}

/// A mapping that is not just `{from: step.output}`.
fn stray(asker: Asker<'_>, key: &str, place: &Place) -> Diagnostic {
    let takes_output = asked::takes_output(asker.requirement);
    let (message, help) = match (key, takes_output) {
        ("", false) => (
            format!(
                "{} is a mapping, expected {}",
                asker.name(),
                wanted(asker.requirement)
            ),
            format!("write {}", wanted(asker.requirement)),
        ),
        ("", true) => (
            format!("{} is a mapping without `from`", asker.name()),
            "write a path, or `{from: step.output}`".to_owned(),
        ),
        (key, _) => (
            format!("unknown key `{key}` in {}", asker.name()),
            "write a path, or `{from: step.output}` and nothing else in it".to_owned(),
        ),
    };
    Diagnostic::new(Code::AnswerType, message)
        .at(place.clone(), "cannot be used")
        .help(help)
}

fn mistyped(asker: Asker<'_>, value: &Value, place: &Place) -> Diagnostic {
    let requirement = asker.requirement;
    let found = shape::described(value);
    let text = value.as_str().map(str::trim).unwrap_or_default();
    let read = yaml::resolve(text);
    let help = match (&requirement.value_type, value) {
        _ if requirement.secret => None,
        (ValueType::List(_), Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
            Some(format!("write a list: `[{}]`", yaml::inline(value)))
        }
        (ValueType::Int | ValueType::Float | ValueType::Bool, Value::String(_))
            if read.is_number() && requirement.value_type != ValueType::Bool
                || read.is_boolean() =>
        {
            Some(format!("write it without quotes: `{text}`"))
        }
        (ValueType::Bool, Value::String(_)) => match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "1" => Some("write `true`".to_owned()),
            "no" | "n" | "off" | "0" => Some("write `false`".to_owned()),
            _ => None,
        },
        (ValueType::Bool, Value::Number(number)) if number.as_i64() == Some(1) => {
            Some("write `true`".to_owned())
        }
        (ValueType::Bool, Value::Number(number)) if number.as_i64() == Some(0) => {
            Some("write `false`".to_owned())
        }
        _ => None,
    };
    let wanted = wanted(requirement);
    let label = match found {
        "a mapping" | "a list" | "empty" => format!("this is {found}"),
        _ => format!("this is {found}, {}", asker.shown(value)),
    };
    Diagnostic::new(
        Code::AnswerType,
        format!("{} is {found}, expected {wanted}", asker.name()),
    )
    .at(place.clone(), label)
    .help(help.unwrap_or_else(|| format!("write {wanted}")))
}

/// Finding: `from:` names no output of a step that runs before.
pub fn no_such_output(
    asker: Asker<'_>,
    from: &str,
    candidates: &[String],
    place: Place,
) -> Diagnostic {
    let names = || candidates.iter().map(String::as_str);
    let help = did_you_mean(from, names()).unwrap_or_else(|| match candidates {
        [] => format!(
            "no step that runs before `{}` has an output: write a path",
            asker.step
        ),
        _ => format!("the outputs of the steps before are {}", listed(names())),
    });
    Diagnostic::new(
        Code::AnswerReference,
        format!("no output `{from}` for {}", asker.name()),
    )
    .at(place, "leads nowhere")
    .help(help)
}

/// Finding: `from:` names an output of a step that does not run before.
pub fn not_upstream(asker: Asker<'_>, from: &str, target: &str, place: Place) -> Diagnostic {
    let (step, itself) = (asker.step, target == asker.step);
    let message = match itself {
        true => format!("step `{step}` cannot read its own output `{from}`"),
        false => format!("step `{target}` does not run before `{step}`"),
    };
    let help = match itself {
        true => "write a path, or an output of a step that runs before".to_owned(),
        false => format!("add `{target}` to `needs` of `{step}` in the manifest"),
    };
    Diagnostic::new(Code::AnswerReference, message)
        .at(place, "might not be there yet")
        .help(help)
}

/// Finding: `from:` names an output that holds something else than the input reads.
pub fn other_data(asker: Asker<'_>, from: &str, output: &Requirement, place: Place) -> Diagnostic {
    let word =
        |requirement: &Requirement| requirement.data_type.map_or("file", |data| data.as_str());
    let (found, wanted) = (word(output), word(asker.requirement));
    asker.asked(
        Diagnostic::new(
            Code::AnswerReference,
            format!("{} reads {wanted}, and `{from}` is {found}", asker.name()),
        )
        .at(place, format!("this is {found}"))
        .help(format!(
            "name an output that is {wanted}, or declare the right `type` in the manifest"
        )),
    )
}

/// Finding: a variable that an answer names is not set.
pub fn unset(asker: Asker<'_>, variable: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::VariableNotSet,
        format!(
            "{} takes its value from `{variable}`, which is not set",
            asker.name()
        ),
    )
    .at(place, "not set, or empty")
    .help(match asker.requirement.secret {
        // A default would be the secret itself, in a file.
        true => format!("set `{variable}` before you run"),
        false => format!("set `{variable}` before you run, or write `${{{variable}:-default}}`"),
    })
}

/// Finding: what is nearly a variable stays as it is written.
pub fn literal_variable(asker: Asker<'_>, almost: &Almost, place: Place) -> Diagnostic {
    let Almost { written, meant } = almost;
    Diagnostic::new(
        Code::LiteralVariable,
        format!("{} gets `{written}` as it is written", asker.name()),
    )
    .at(place, "this is no variable")
    .help(format!("write `{meant}` for the variable"))
}

/// Finding: a path below `~`, which only shells know.
pub fn literal_home(asker: Asker<'_>, text: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::LiteralVariable,
        format!("{} goes to a folder that is called `~`", asker.name()),
    )
    .at(place, "only shells know `~`")
    .help(format!("write `${{HOME}}{}`", text.trim_start_matches('~')))
}

/// Finding: a secret is written into a file. `key` is the place of its name, for the value is not shown.
pub fn literal_secret(asker: Asker<'_>, key: Place) -> Diagnostic {
    let variable = variable_of(asker.requirement);
    Diagnostic::new(
        Code::LiteralSecret,
        format!(
            "the value of {} is a secret, and is written into this file",
            asker.name()
        ),
    )
    .at(key, "its value is not shown")
    .help(format!(
        "write `${{{variable}}}`, and set `{variable}` where this runs"
    ))
}

/// Finding: two answers of an exclusive group.
pub fn conflict(asker: Asker<'_>, other: &Requirement, key: Place, other_key: Place) -> Diagnostic {
    let name = &asker.requirement.name;
    let message = format!(
        "`{}` and `{name}` of step `{}` exclude each other",
        other.name, asker.step
    );
    asker
        .asked(
            Diagnostic::new(Code::AnswerConflict, message)
                .at(key, "given as well")
                .at(other_key, "given here"),
        )
        .help("keep one of them")
}

/// Finding: an answer that only counts under another one.
pub fn ignored(asker: Asker<'_>, when: &When, place: Place) -> Diagnostic {
    let equals = shape::written(&when.equals);
    let mut diagnostic = Diagnostic::new(
        Code::UnknownAnswer,
        format!(
            "{} only counts when `{}` is `{equals}`",
            asker.name(),
            when.arg
        ),
    )
    .at(place, "not used")
    .help(format!("remove it, or set `{}` to `{equals}`", when.arg));
    diagnostic.severity = Severity::Warning;
    asker.asked(diagnostic)
}

/// Finding: a declared pattern is no regular expression.
pub fn bad_pattern(asker: Asker<'_>, pattern: &str) -> Diagnostic {
    let place = asker
        .requirement
        .evidence
        .first()
        .map(|evidence| evidence.place.clone());
    Diagnostic::new(
        Code::InvalidValue,
        format!("the pattern of {} is not a regular expression", asker.name()),
    )
    .maybe_at(place, format!("`{}` cannot be used", tidy(pattern)))
    .help("mend the pattern: check its brackets, and write a backslash before a character meant as itself")
}
