//! Owns drift: where what an author declared and what the code does contradict each other. Both places are told; which
//! of them is right is the author's to say.

use serde_json::Value;

use super::contract::{self, Contract, Scope};
use super::merge::{group, layer};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::requirement::{Binding, Claim, Kind, Layer, Pass, Reading, ValueType, same_value};
use crate::script::Language;
use crate::source::Place;

/// What is weighed against each other for one script.
pub struct Weighed<'a> {
    /// What the manifest declares.
    pub manifest: &'a [Claim],
    /// The script's contract.
    pub contract: &'a Contract,
    /// What the code says.
    pub reading: &'a Reading,
    /// The script's name.
    pub script: &'a str,
    /// Its language.
    pub language: Language,
    /// Whether all of the script could be read, so that what was not found in it is not there.
    pub is_whole: bool,
}

/// What the reader of a script could not see, so that it may be there all the same.
#[derive(Clone, Copy, Default)]
struct Hidden {
    arguments: bool,
    variables: bool,
    keys: bool,
}

impl Hidden {
    fn of(reading: &Reading, language: Language) -> Self {
        let notes = &reading.notes;
        // Where no command line is seen at all, a library may read it; a shell has none.
        let is_argument =
            |way: &Binding| matches!(way, Binding::Flag { .. } | Binding::Positional { .. });
        let sees_none = !reading
            .claims
            .iter()
            .any(|claim| has_way(claim, is_argument));
        let any = |codes: &[&str]| notes.iter().any(|note| codes.contains(&note.code));
        let all = any(&[
            "sourced-file",
            "too-deep",
            "not-read",
            "not-a-script",
            "not-a-notebook",
            "not-parsed",
        ]);
        Self {
            arguments: all
                || sees_none && language != Language::Shell
                || any(&[
                    "computed-argument",
                    "dynamic-parser",
                    "library-arguments",
                    "given-by-snakemake",
                ]),
            variables: all || any(&["computed-variable"]),
            keys: all || any(&["computed-key"]),
        }
    }
}

/// Compares what is declared with what the code does.
pub fn drift(weighed: &Weighed<'_>) -> Diagnostics {
    let Weighed {
        manifest,
        contract,
        reading,
        script,
        language,
        is_whole,
    } = weighed;
    let layers = [
        *manifest,
        contract.claims.as_slice(),
        reading.claims.as_slice(),
    ];
    let hidden = Hidden::of(reading, *language);
    let has_contract = !contract.claims.is_empty();
    let mut found = Diagnostics::new();
    for claims in &group(&layers) {
        let of = |wanted: Layer| claims.iter().copied().find(|claim| layer(claim) == wanted);
        // What a framework reads by convention, its script reads.
        let code = claims
            .iter()
            .copied()
            .find(|claim| layer(claim) > Layer::Contract);
        let declared = of(Layer::Manifest).or(of(Layer::Contract));
        match (declared, code) {
            (Some(declared), None)
                if *is_whole && is_checkable(declared, &reading.claims, hidden) =>
            {
                found.extend(not_read_here(declared, script, &reading.claims));
            }
            (None, Some(code)) if has_contract && should_declare(contract, code) => found.push(
                not_declared(code, contract.claims.first().map_or(Scope::Whole, says)),
            ),
            (Some(_), Some(code)) => {
                let contradiction =
                    of(Layer::Contract).and_then(|contract| contradiction(contract, code));
                found.extend(
                    contradiction.or_else(|| of(Layer::Manifest).and_then(|m| loosened(m, code))),
                );
            }
            _ => {}
        }
    }
    if *is_whole {
        found.extend(unparsed(&contract.passed, reading, script, *language));
    }
    found
}

/// Flags that a command passes and the script does not parse, each with its place.
pub fn unparsed(
    passed: &[(String, Place)],
    reading: &Reading,
    script: &str,
    language: Language,
) -> Diagnostics {
    let flags: Vec<(&str, Option<&str>, Pass)> = reading
        .claims
        .iter()
        .flat_map(|claim| &claim.bindings)
        .filter_map(|way| match way {
            Binding::Flag { flag, short, pass } => Some((flag.as_str(), short.as_deref(), *pass)),
            _ => None,
        })
        .collect();
    let takes_words = reading
        .claims
        .iter()
        .any(|claim| has_way(claim, is_position));
    // Who takes words by their places alone may take a flag for one of them.
    if Hidden::of(reading, language).arguments || flags.is_empty() && takes_words {
        return Diagnostics::new();
    }
    let is_known = |given: &str| {
        let by_name = |(flag, short, pass): &(&str, Option<&str>, Pass)| {
            *flag == given
                || *short == Some(given)
                || *pass == Pass::OnOff && given.strip_prefix("--no-") == flag.strip_prefix("--")
                // Parsers take the beginning of a long flag for it, and a value glued to a short one.
                || given.len() > 3 && given.starts_with("--") && flag.starts_with(given)
                || !given.starts_with("--")
                    && [Some(*flag), *short].into_iter().flatten().any(|f| f.len() == 2 && given.starts_with(f))
        };
        matches!(given, "--help" | "-h" | "--version") || flags.iter().any(by_name)
    };
    let unknown = passed.iter().filter(|(given, _)| !is_known(given));
    unknown
        .map(|(given, place)| {
            let near = did_you_mean(given, flags.iter().map(|(flag, ..)| *flag));
            not_parsed(given, place.clone(), script, near)
        })
        .collect()
}

/// Whether the reader would have seen what is declared, were it there.
fn is_checkable(claim: &Claim, code: &[Claim], hidden: Hidden) -> bool {
    let says_all = says(claim) == Scope::Whole;
    // What a variable of a tool's environment is for, libraries know.
    let is_variable = claim.kind == Kind::Env && claim.bindings.is_empty();
    if is_variable {
        return !hidden.variables && says_all;
    }
    claim.bindings.iter().any(|binding| match binding {
        Binding::Flag { .. } => !hidden.arguments,
        Binding::Positional { positional } => !hidden.arguments && is_beyond(*positional, code),
        Binding::Env { .. } => !hidden.variables && says_all,
        Binding::Main { .. } => !hidden.keys,
        // A notebook without a cell of parameters takes any.
        Binding::Parameter { .. } => code
            .iter()
            .any(|known| has_way(known, |way| matches!(way, Binding::Parameter { .. }))),
        // Paths may be put together from pieces; keys of `main`'s dictionaries are all there.
        Binding::ContainerPath { .. } => {
            let by_key = |claim: &Claim| has_way(claim, |way| matches!(way, Binding::Main { .. }));
            !hidden.keys
                && code
                    .iter()
                    .any(|known| known.kind == claim.kind && by_key(known))
        }
    })
}

/// Whether a place on the command line comes after all that the script takes.
fn is_beyond(place: usize, code: &[Claim]) -> bool {
    let is_open = |claim: &&Claim| {
        matches!(claim.value_type, Some(ValueType::List(_))) || claim.when.is_some()
    };
    let words: Vec<&Claim> = code
        .iter()
        .filter(|claim| has_way(claim, is_position))
        .collect();
    let has_parser = code
        .iter()
        .any(|claim| has_way(claim, |way| matches!(way, Binding::Flag { .. })));
    let last = words
        .iter()
        .flat_map(|claim| &claim.bindings)
        .filter_map(|way| match way {
            Binding::Positional { positional } => Some(*positional),
            _ => None,
        });
    (has_parser || !words.is_empty())
        && !words.iter().any(is_open)
        && last.max().is_none_or(|last| place > last)
}

fn is_position(way: &Binding) -> bool {
    matches!(way, Binding::Positional { .. })
}

fn has_way(claim: &Claim, is: impl Fn(&Binding) -> bool) -> bool {
    claim.bindings.iter().any(is)
}

/// How much the file says that a claim comes from.
fn says(claim: &Claim) -> Scope {
    let first = claim.evidence.first();
    first.map_or(Scope::Whole, |evidence| contract::scope(evidence.rule))
}

/// Whether a contract is wrong not to have what the code reads.
fn should_declare(contract: &Contract, code: &Claim) -> bool {
    let is_given = has_way(code, |way| !matches!(way, Binding::ContainerPath { .. }));
    let is_argument = has_way(code, |way| {
        is_position(way) || matches!(way, Binding::Flag { .. })
    });
    let is_needed = code.required == Some(true)
        && code.default.as_ref().is_none_or(Value::is_null)
        && code.when.is_none()
        && code.exclusive.is_none();
    let is_said = |way: &Binding| {
        let passed = contract
            .passed
            .iter()
            .any(|(flag, _)| way.same(&Binding::flag(flag)));
        // Under several subcommands one flag may be several things.
        passed
            || contract
                .claims
                .iter()
                .any(|claim| has_way(claim, |other| other.same(way)))
    };
    let has_name = contract
        .claims
        .iter()
        .any(|claim| claim.kind == code.kind && claim.name == code.name);
    let is_said = has_way(code, is_said) || has_name;
    if is_said {
        return false;
    }
    match contract.claims.first().map(says) {
        Some(Scope::Whole) => is_given,
        // Who offers a part of a tool, or calls it once, has to give what it cannot do without.
        Some(Scope::Offered | Scope::Call) => is_argument && is_needed && contract.notes.is_empty(),
        None => false,
    }
}

fn not_read_here(declared: &Claim, script: &str, code: &[Claim]) -> Option<Diagnostic> {
    let ways = code
        .iter()
        .flat_map(|claim| &claim.bindings)
        .map(ToString::to_string);
    let ways: Vec<String> = ways.collect();
    let near = did_you_mean(&way(declared), ways.iter().map(String::as_str));
    match declared.bindings.first() {
        Some(Binding::Flag { flag, .. }) if says(declared) == Scope::Call => {
            Some(not_parsed(flag, place(declared)?, script, near))
        }
        // A misspelt name in the manifest is a finding of its own.
        _ if near.is_some() && layer(declared) == Layer::Manifest => None,
        _ => Some(not_read(declared, script, near)),
    }
}

/// The first field in which contract and code differ.
fn contradiction(contract: &Claim, code: &Claim) -> Option<Diagnostic> {
    let scope = says(contract);
    let known = |value: &Option<Value>| value.clone().filter(|value| !value.is_null());
    let (said, done) = (known(&contract.default), known(&code.default));
    if let (Some(said), Some(done)) = (&said, &done)
        && scope != Scope::Call
        && !same_value(said, done)
    {
        return Some(other_default(contract, code, said, done));
    }
    let needed = code.required? && done.is_none();
    match (scope, contract.required?, needed) {
        (Scope::Whole, true, false) => Some(other_need(contract, code, "contract", false)),
        (Scope::Whole, false, true) => Some(other_need(contract, code, "contract", true)),
        // A caller's default is always passed.
        (Scope::Offered, false, true) if said.is_none() => {
            Some(other_need(contract, code, "contract", true))
        }
        _ => None,
    }
}

/// Where the manifest calls optional what the script stops without.
fn loosened(manifest: &Claim, code: &Claim) -> Option<Diagnostic> {
    let is_given = manifest.default.is_some() || manifest.path.is_some() || manifest.from.is_some();
    let is_needed = code.required == Some(true) && code.default.is_none();
    (manifest.required == Some(false) && !is_given && is_needed)
        .then(|| other_need(manifest, code, "manifest", true))
}

fn way(claim: &Claim) -> String {
    claim
        .bindings
        .first()
        .map_or_else(|| claim.name.clone(), ToString::to_string)
}

fn place(claim: &Claim) -> Option<Place> {
    claim
        .evidence
        .first()
        .map(|evidence| evidence.place.clone())
}

fn not_read(declared: &Claim, script: &str, near: Option<String>) -> Diagnostic {
    let message = format!(
        "{} `{}` is declared, and `{script}` never reads it",
        declared.kind,
        way(declared)
    );
    Diagnostic::new(Code::DriftNotRead, message)
        .maybe_at(place(declared), "declared here")
        .help(
            near.unwrap_or_else(|| "remove the declaration, or let the script read it".to_owned()),
        )
}

fn not_declared(code: &Claim, scope: Scope) -> Diagnostic {
    Diagnostic::new(
        Code::DriftNotDeclared,
        format!(
            "the script reads {} `{}`, which its contract does not declare",
            code.kind,
            way(code)
        ),
    )
    .maybe_at(place(code), "read here")
    .help(match scope {
        Scope::Whole => format!(
            "add `{}` under `{}` of the contract",
            code.name,
            code.kind.section()
        ),
        Scope::Offered | Scope::Call => {
            "let its command pass it, for the script stops without it".to_owned()
        }
    })
}

fn not_parsed(flag: &str, place: Place, script: &str, near: Option<String>) -> Diagnostic {
    Diagnostic::new(
        Code::DriftNotParsed,
        format!("`{flag}` is passed to `{script}`, which does not parse it"),
    )
    .at(place, "passed here")
    .help(near.unwrap_or_else(|| "remove the flag, or let the script parse it".to_owned()))
}

fn other_default(contract: &Claim, code: &Claim, said: &Value, done: &Value) -> Diagnostic {
    let message = format!(
        "the default of `{}` is {said} in the contract and {done} in the script",
        way(code)
    );
    Diagnostic::new(Code::DriftDefault, message)
        .maybe_at(place(contract), "declared here")
        .maybe_at(place(code), "read here")
        .help("make them the same")
}

fn other_need(declared: &Claim, code: &Claim, by: &str, done: bool) -> Diagnostic {
    let word = |required| if required { "required" } else { "optional" };
    let message = format!(
        "`{}` is {} in the {by} and {} in the script",
        way(code),
        word(!done),
        word(done)
    );
    Diagnostic::new(Code::DriftRequired, message)
        .maybe_at(place(declared), "declared here")
        .maybe_at(place(code), "read here")
        .help("make them the same")
}
