//! Owns the words of findings in the manifest itself.

use super::Step;
use super::load::Chosen;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, listed};
use crate::requirement::DataType;
use crate::source::{Source, Span};
use crate::yaml::{Document, Entry, join};

/// The same finding in clearer words, where the format alone does not know them: of a version that is not known, and of a
/// type for which the ending of a file's name was written.
pub(super) fn clearer(finding: Diagnostic) -> Diagnostic {
    if finding.code == Code::InvalidValue && finding.message.starts_with("`version` is") {
        return finding
            .help("this program reads `version: 1`; a later one needs a later cargo runtime-test");
    }
    let is_type = finding.code == Code::InvalidValue && finding.message.contains("type`");
    let place = finding.place().filter(|_| is_type);
    let ending = place.map(|place| place.source.slice(place.span).to_owned());
    let meant = |ending: String| Some((DataType::of_name(&format!("x.{ending}"))?, ending));
    match ending.and_then(meant) {
        Some((meant, ending)) => finding.help(format!(
            "a file that ends in `.{ending}` is of type `{}`",
            meant.as_str()
        )),
        None => finding,
    }
}

pub(super) fn misfit(document: &Document, path: &str) -> Diagnostic {
    let pointer = path.split(['.', '[']).fold(String::new(), |at, part| {
        join(&at, part.trim_end_matches(']'))
    });
    Diagnostic::new(Code::InvalidValue, "a value that does not fit here")
        .at(
            document.source.at(document.nearest(&pointer)),
            "this cannot be read",
        )
        .help("compare it with `runtime-test.yaml.example`")
}

pub(super) fn unknown_profile(document: &Document, chosen: Chosen<'_>) -> Diagnostic {
    let name = chosen.name;
    let unknown = Diagnostic::new(Code::InvalidValue, format!("unknown profile `{name}`"));
    let own = document.root.entry("profiles");
    let own = own
        .map(|profiles| profiles.value.entries())
        .unwrap_or_default();
    let known: Vec<&str> = own
        .iter()
        .map(|entry| entry.key.as_str())
        .chain(chosen.elsewhere.iter().map(String::as_str))
        .collect();
    let place = (!own.is_empty()).then(|| document.source.at(document.nearest("/profiles")));
    let help = match known.as_slice() {
        [] => format!(
            "there are no profiles: `profiles: {{ {name}: … }}` in `{}` makes one, or answers of that name",
            document.source.name()
        ),
        known => did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("known profiles: {}", listed(known.iter().copied()))),
    };
    unknown
        .maybe_at(place, "the profiles are defined here")
        .help(help)
}

pub(super) fn no_steps(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NoSteps, "the manifest has no step")
        .at(source.at(span), "nothing below this key")
        .help("add one, for example `prepare: { script: scripts/prepare.py }`")
}

pub(super) fn bad_name(
    source: &Source,
    span: Span,
    what: &str,
    name: &str,
    why: &str,
) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("the {what}'s name `{}` cannot be used", name.escape_debug()),
    )
    .at(source.at(span), why)
    .help("it becomes a folder's name: use letters, digits, `_`, `-` and `.`")
}

pub(super) fn unknown_need<'a>(
    source: &Source,
    span: Span,
    step: &str,
    need: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<&str> = known.filter(|name| *name != step).collect();
    let help = did_you_mean(need, known.iter().copied()).unwrap_or_else(|| {
        let mut known = known;
        known.sort_unstable();
        format!("the other steps are {}", listed(known))
    });
    Diagnostic::new(
        Code::UnknownStep,
        format!("step `{step}` needs `{need}`, which does not exist"),
    )
    .at(source.at(span), "no step of this name")
    .help(help)
}

pub(super) fn circular(source: &Source, steps: &[Step], circle: &[usize]) -> Diagnostic {
    let names: Vec<&str> = circle
        .iter()
        .chain(circle.first())
        .map(|step| steps[*step].name.as_str())
        .collect();
    let mut finding = Diagnostic::new(
        Code::DependencyCycle,
        format!("steps need each other in a circle: {}", names.join(" → ")),
    );
    for (at, step) in circle.iter().enumerate() {
        let next = circle[(at + 1) % circle.len()];
        if let Some(need) = steps[*step].needs.iter().find(|need| need.value == next) {
            let text = format!("`{}` needs `{}`", steps[*step].name, steps[next].name);
            finding = finding.at(source.at(need.span), text);
        }
    }
    finding.help("remove one of these from `needs`")
}

/// A profile changes a step that is not there, and does not say what a new one would run.
pub(super) fn unknown_changed_step<'n>(
    source: &Source,
    profile: &str,
    step: &Entry,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let help = did_you_mean(&step.key, names.clone());
    Diagnostic::new(
        Code::UnknownStep,
        format!(
            "profile `{profile}` changes the step `{}`, which is not there",
            step.key
        ),
    )
    .at(source.at(step.key_span), "no step of this name")
    .help(help.unwrap_or_else(|| {
        format!(
            "the steps are {}; a new one says what it runs, for example `script: …`",
            listed(names)
        )
    }))
}

pub(super) fn step_kind(
    source: &Source,
    step: &str,
    span: Span,
    given: &[&str],
    places: &[Span],
) -> Diagnostic {
    match given {
        [] => Diagnostic::new(
            Code::StepKind,
            format!("step `{step}` does not say what it runs"),
        )
        .at(
            source.at(span),
            "none of `script`, `module`, `cargo`, `command` and `external`",
        )
        .help("add one of them, for example `script: scripts/prepare.py`"),
        _ => {
            let message = format!(
                "step `{step}` runs several things: {}",
                listed(given.iter().copied())
            );
            let labels = places.iter().rev();
            labels
                .fold(
                    Diagnostic::new(Code::StepKind, message),
                    |finding, place| finding.at(source.at(*place), ""),
                )
                .help("keep one of them, or make several steps")
        }
    }
}

pub(super) fn entry_without_script(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`entry: main` without a `script`")
        .at(
            source.at(span),
            "there is no script whose `main` could be called",
        )
        .help("remove it, or use `script:`")
}

pub(super) fn empty_command(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "a command without a program")
        .at(source.at(span), "the program's name comes first")
        .help("for example `[sh, -c, \"…\"]`")
}

pub(super) fn one_target(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`cargo` names exactly one target")
        .at(source.at(span), "give `bin` or `example`")
        .help("for example `cargo: { bin: packager }`")
}

pub(super) fn bad_duration(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` is not a duration", source.slice(span)),
    )
    .at(source.at(span), "a time longer than nothing is expected")
    .help("write `90s`, `10m`, `1h 30m`, or a number of seconds")
}

pub(super) fn bad_version(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` does not name versions", source.slice(span)),
    )
    .at(
        source.at(span),
        "numbers with dots, compared by `>=`, `>`, `<`, `<=`, `==`, `!=` or `~=`",
    )
    .help("write `\"3.11\"`, `\">=3.10\"`, or several with commas: `\">=3.10, <3.13\"`")
}

pub(super) fn repeated_need(
    source: &Source,
    span: Span,
    first: Span,
    step: &str,
    need: &str,
) -> Diagnostic {
    Diagnostic::new(
        Code::RepeatedNeed,
        format!("step `{step}` names `{need}` twice in `needs`"),
    )
    .at(source.at(span), "the second time")
    .at(source.at(first), "the first time")
    .help("remove one of them, or name the step that was meant")
}

pub(super) fn pause_without(source: &Source, span: Span, key: &str, needs: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{key}` of `retries` changes nothing without `{needs}`"),
    )
    .at(source.at(span), "there is no such pause")
    .help(format!("add `{needs}`, or remove `{key}`"))
}

pub(super) fn bad_kept(source: &Source, span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` is no name of a variable", name.escape_debug()),
    )
    .at(
        source.at(span),
        "a name is expected, or the beginning of names and `*`",
    )
    .help("for example `keep: [AWS_PROFILE, SLURM_*]`; values are set under `env`")
}
