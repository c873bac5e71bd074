//! Owns the way from the manifest's text to a valid [`Manifest`]: profile, defaults, names, edges. Reports everything
//! it finds and goes on with the rest.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;

use super::graph::Graph;
use super::raw::{
    RawBinding, RawCargo, RawDeclaration, RawDefaults, RawDuration, RawManifest, RawRequirement,
    RawScalar, RawStep, RawWords,
};
use super::{Manifest, Runs, Settings, Step};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed, nearest};
use crate::requirement::{
    Binding, Claim, DataType, Evidence, Kind, Layer, OutputRef, Pass, ValueType,
};
use crate::script::{Entry, TargetKind};
use crate::shape::{self, Pattern, Shape};
use crate::source::{Place, Source, Span, Spanned};
use crate::yaml::{self, Document, join};

/// The longest name of a pipeline or step, in bytes: it becomes a folder's name.
const LONGEST_NAME: usize = 100;

/// The keys of a step of which it has exactly one.
const STEP_KINDS: &[&str] = &["script", "module", "cargo", "command", "external"];

/// The JSON Schema of manifests, out of the types that read them.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    settings
        .into_generator()
        .into_root_schema_for::<RawManifest>()
        .to_value()
}

/// Reads a manifest that lies in `folder`, with the changes of a profile.
///
/// Gives the manifest wherever enough of it can be understood to go on looking for problems; whether it may be used
/// is said by the findings.
pub fn load(
    source: &Source,
    folder: &Path,
    profile: Option<&str>,
) -> (Option<Manifest>, Diagnostics) {
    let document = match yaml::parse(source) {
        Ok(document) => document,
        Err(problems) => return (None, problems),
    };
    let mut problems = own_shape().check(&document, &place_name);
    let broken = problems
        .iter()
        .any(|problem| problem.code != Code::UnknownKey);
    let document = match profile
        .map(|name| with_profile(document.clone(), name))
        .transpose()
    {
        Ok(changed) => changed.unwrap_or(document),
        Err(problem) => {
            problems.push(*problem);
            document
        }
    };
    let raw: RawManifest = match serde_path_to_error::deserialize(document.value.clone()) {
        Ok(raw) => raw,
        Err(error) if !broken => {
            problems.push(misfit(&document, &error.path().to_string()));
            return (None, problems);
        }
        Err(_) => return (None, problems),
    };
    let mut loader = Loader {
        document: &document,
        problems,
    };
    let manifest = loader.manifest(&raw, folder);
    (Some(manifest), loader.problems)
}

/// How people are told of the place under those keys.
fn place_name(keys: &[String]) -> String {
    match keys {
        [] => "the manifest".to_owned(),
        [steps, step] if steps == "steps" => format!("step `{step}`"),
        [steps, step, rest @ ..] if steps == "steps" => {
            format!("`{}` of step `{step}`", rest.join("."))
        }
        keys => shape::dotted(keys),
    }
}

/// Our own schema, compiled once.
fn own_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> =
        LazyLock::new(|| Shape::compile(schema()).expect("the schema of our own types compiles"));
    &SHAPE
}

/// Lays a profile over the manifest, keeping the places of both.
fn with_profile(document: Document, name: &str) -> Result<Document, Box<Diagnostic>> {
    let profiles = document.root.entry("profiles").map(|entry| &entry.value);
    let names = profiles.map(|profiles| {
        profiles
            .entries()
            .iter()
            .map(|e| e.key.as_str())
            .collect::<Vec<_>>()
    });
    let Some(profile) = profiles.and_then(|profiles| profiles.entry(name)) else {
        return Err(Box::new(unknown_profile(
            &document,
            name,
            &names.unwrap_or_default(),
        )));
    };
    let over = profile.value.clone();
    Ok(document.overlaid(&over))
}

struct Loader<'d> {
    document: &'d Document,
    problems: Diagnostics,
}

impl Loader<'_> {
    fn manifest(&mut self, raw: &RawManifest, folder: &Path) -> Manifest {
        let source = self.document.source.clone();
        let unnamed = folder
            .file_name()
            .map_or("pipeline".into(), |name| name.to_string_lossy());
        let pipeline = raw.pipeline.clone().unwrap_or_else(|| unnamed.into_owned());
        if let Some(why) = raw.pipeline.as_deref().and_then(unfit_as_folder) {
            self.problems.push(bad_name(
                &source,
                self.value("/pipeline"),
                "pipeline",
                &pipeline,
                why,
            ));
        }
        if raw.steps.is_empty() && self.document.root.entry("steps").is_some() {
            self.problems.push(no_steps(&source, self.key("/steps")));
        }
        let names: HashMap<String, usize> = raw
            .steps
            .keys()
            .enumerate()
            .map(|(index, name)| (name.clone(), index))
            .collect();
        let defaults = self.defaults(&raw.defaults);
        let steps: Vec<Step> = raw
            .steps
            .iter()
            .map(|(name, step)| self.step(name, step, &names, &defaults))
            .collect();
        let needs: Vec<Vec<usize>> = steps
            .iter()
            .map(|s| s.needs.iter().map(|need| need.value).collect())
            .collect();
        let graph = Graph::new(&needs);
        for circle in graph.circles() {
            self.problems.push(circular(&source, &steps, &circle));
        }
        Manifest {
            source,
            folder: folder.to_owned(),
            pipeline,
            steps,
            graph,
            names,
        }
    }

    fn key(&self, pointer: &str) -> Span {
        self.document.nearest(pointer)
    }

    fn value(&self, pointer: &str) -> Span {
        self.document
            .locate(pointer)
            .map_or_else(|| self.key(pointer), yaml::Located::shown)
    }

    fn spanned<T>(&self, value: T, pointer: &str) -> Spanned<T> {
        Spanned::new(value, self.value(pointer))
    }

    fn defaults(&mut self, raw: &RawDefaults) -> Settings {
        Settings {
            timeout: raw
                .timeout
                .as_ref()
                .and_then(|t| self.duration(t, "/defaults/timeout")),
            retries: raw.retries.unwrap_or_default(),
            cwd: raw
                .cwd
                .clone()
                .map(|cwd| self.spanned(cwd, "/defaults/cwd")),
            weight: raw.weight.unwrap_or(1),
            mutex: raw.mutex.clone(),
            env: raw
                .env
                .iter()
                .map(|(name, value)| (name.clone(), scalar_text(value)))
                .collect(),
            interpreter: None,
            interpreters: raw
                .interpreters
                .iter()
                .filter_map(|(language, words)| {
                    let pointer = join("/defaults/interpreters", language.as_str());
                    Some((*language, self.words(words, &pointer)?))
                })
                .collect(),
        }
    }

    fn step(
        &mut self,
        name: &str,
        raw: &RawStep,
        names: &HashMap<String, usize>,
        defaults: &Settings,
    ) -> Step {
        let at = join("/steps", name);
        let span = self.key(&at);
        if let Some(why) = unfit_as_folder(name) {
            self.problems
                .push(bad_name(&self.document.source, span, "step", name, why));
        }
        let runs = self.runs(name, raw, &at, span);
        let mut needs: Vec<Spanned<usize>> = Vec::new();
        for (index, need) in raw.needs.iter().enumerate() {
            let place = self.value(&format!("{at}/needs/{index}"));
            match names.get(need) {
                Some(step) if needs.iter().all(|n| n.value != *step) => {
                    needs.push(Spanned::new(*step, place))
                }
                Some(step) => {
                    let first = needs.iter().find(|n| n.value == *step).map(|n| n.span);
                    self.problems.push(repeated_need(
                        &self.document.source,
                        place,
                        first.unwrap_or(place),
                        name,
                        need,
                    ));
                }
                None => self.problems.push(unknown_need(
                    &self.document.source,
                    place,
                    name,
                    need,
                    names.keys().map(String::as_str),
                )),
            }
        }
        let entry = raw.entry.unwrap_or_default();
        let mut claims = Vec::new();
        for (kind, declared) in [
            (Kind::Input, &raw.inputs),
            (Kind::Output, &raw.outputs),
            (Kind::Env, &raw.env),
            (Kind::Arg, &raw.args),
        ] {
            claims.extend(self.claims(kind, declared, &join(&at, kind.section()), entry));
        }
        if matches!(runs, Runs::External) {
            for claim in claims.iter_mut().filter(|claim| claim.kind == Kind::Output) {
                claim.required = claim.required.or(Some(true));
            }
        }
        let settings = Settings {
            timeout: match &raw.timeout {
                Some(timeout) => self.duration(timeout, &join(&at, "timeout")),
                None => defaults.timeout,
            },
            retries: raw.retries.unwrap_or(defaults.retries),
            cwd: match &raw.cwd {
                Some(cwd) => Some(self.spanned(cwd.clone(), &join(&at, "cwd"))),
                None => defaults.cwd.clone(),
            },
            weight: raw.weight.unwrap_or(defaults.weight).max(1),
            mutex: raw.mutex.clone().or_else(|| defaults.mutex.clone()),
            env: defaults.env.clone(),
            interpreter: raw
                .interpreter
                .as_ref()
                .and_then(|words| self.words(words, &join(&at, "interpreter"))),
            interpreters: defaults.interpreters.clone(),
        };
        Step {
            name: name.to_owned(),
            span,
            description: raw.description.clone(),
            runs,
            lost_needs: raw.needs.iter().any(|need| !names.contains_key(need)),
            needs,
            claims,
            settings,
        }
    }

    fn runs(&mut self, name: &str, raw: &RawStep, at: &str, span: Span) -> Runs {
        let source = self.document.source.clone();
        let external = raw.external == Some(true);
        let given: Vec<&str> = [
            ("script", raw.script.is_some()),
            ("module", raw.module.is_some()),
            ("cargo", raw.cargo.is_some()),
            ("command", raw.command.is_some()),
            ("external", external),
        ]
        .into_iter()
        .filter_map(|(key, given)| given.then_some(key))
        .collect();
        if given.len() != 1 && !(given.is_empty() && self.misspells_kind(at)) {
            let places = given
                .iter()
                .map(|key| self.key(&join(at, key)))
                .collect::<Vec<_>>();
            self.problems
                .push(step_kind(&source, name, span, &given, &places));
        }
        if let (Some(_), None) = (raw.entry.filter(|entry| *entry == Entry::Main), &raw.script)
            && !self.misspells_kind(at)
        {
            self.problems.push(entry_without_script(
                &source,
                self.value(&join(at, "entry")),
            ));
        }
        if let Some(path) = &raw.script {
            return Runs::Script {
                path: self.spanned(path.clone(), &join(at, "script")),
                entry: raw.entry,
            };
        }
        if let Some(module) = &raw.module {
            return Runs::Module(self.spanned(module.clone(), &join(at, "module")));
        }
        if let Some(cargo) = &raw.cargo {
            return self.cargo(cargo, &join(at, "cargo"));
        }
        match &raw.command {
            Some(words) if words.is_empty() => {
                self.problems
                    .push(empty_command(&source, self.key(&join(at, "command"))));
                Runs::Unclear
            }
            Some(words) => {
                let at = join(at, "command");
                let spanned = |(index, word): (usize, &String)| {
                    self.spanned(word.clone(), &format!("{at}/{index}"))
                };
                Runs::Command(words.iter().enumerate().map(spanned).collect())
            }
            None if external => Runs::External,
            None => Runs::Unclear,
        }
    }

    /// Whether a key of a step was most likely meant to say what it runs: then that is the finding, and the only one.
    fn misspells_kind(&self, at: &str) -> bool {
        let pointer = at
            .rsplit('/')
            .next()
            .map(yaml::unescape)
            .unwrap_or_default();
        let steps = self.document.root.entry("steps").map(|entry| &entry.value);
        let step = steps.and_then(|steps| steps.entry(&pointer));
        let keys = step.map(|step| step.value.entries()).unwrap_or_default();
        keys.iter().any(|entry| {
            entry.key != "inputs"
                && entry.key != "needs"
                && nearest(&entry.key, STEP_KINDS.iter().copied()).is_some()
        })
    }

    /// Whether a binding has a key that it does not know.
    fn has_stray_key(&self, at: &str) -> bool {
        const KEYS: &[&str] = &[
            "flag",
            "short",
            "positional",
            "env",
            "main",
            "key",
            "container_path",
        ];
        let binding = self.document.value.pointer(at).and_then(Value::as_object);
        binding.is_some_and(|binding| binding.keys().any(|key| !KEYS.contains(&key.as_str())))
    }

    fn cargo(&mut self, raw: &RawCargo, at: &str) -> Runs {
        let (kind, name, key) = match (&raw.bin, &raw.example) {
            (Some(bin), None) => (TargetKind::Bin, bin, "bin"),
            (None, Some(example)) => (TargetKind::Example, example, "example"),
            (Some(bin), Some(_)) => {
                self.problems
                    .push(one_target(&self.document.source, self.key(at)));
                (TargetKind::Bin, bin, "bin")
            }
            (None, None) => {
                self.problems
                    .push(one_target(&self.document.source, self.key(at)));
                return Runs::Unclear;
            }
        };
        Runs::Cargo {
            kind,
            name: self.spanned(name.clone(), &join(at, key)),
            package: raw.package.clone(),
            release: raw.release,
            features: raw.features.clone(),
        }
    }

    fn duration(&mut self, raw: &RawDuration, pointer: &str) -> Option<Duration> {
        let parsed = match raw {
            RawDuration::Seconds(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
            RawDuration::Text(text) => text
                .parse::<jiff::SignedDuration>()
                .ok()
                .and_then(|d| Duration::try_from(d).ok()),
        };
        let parsed = parsed.filter(|duration| !duration.is_zero());
        if parsed.is_none() {
            self.problems
                .push(bad_duration(&self.document.source, self.value(pointer)));
        }
        parsed
    }

    fn words(&mut self, raw: &RawWords, pointer: &str) -> Option<Spanned<Vec<String>>> {
        let words = match raw {
            RawWords::One(word) => vec![word.clone()],
            RawWords::Many(words) => words.clone(),
        };
        if words.first().is_none_or(|word| word.trim().is_empty()) {
            self.problems
                .push(empty_command(&self.document.source, self.key(pointer)));
            return None;
        }
        Some(self.spanned(words, pointer))
    }

    fn claims(
        &mut self,
        kind: Kind,
        declared: &IndexMap<String, RawDeclaration>,
        at: &str,
        entry: Entry,
    ) -> Vec<Claim> {
        declared
            .iter()
            .map(|(name, declaration)| {
                let pointer = join(at, name);
                let place = self.document.source.at(self.key(&pointer));
                if name.trim().is_empty() || name.contains(['{', '}', '[', ']', '\n']) {
                    self.problems.push(bad_requirement_name(&place, kind, name));
                }
                let evidence = Evidence {
                    place,
                    layer: Layer::Manifest,
                    rule: "manifest",
                };
                let mut claim = Claim::new(name, kind, evidence);
                match declaration {
                    RawDeclaration::Bare(()) => {}
                    RawDeclaration::Value(value) if kind.is_path() => {
                        claim.path = Some(scalar_text(value))
                    }
                    RawDeclaration::Value(value) => claim.default = Some(scalar(value)),
                    RawDeclaration::List(values) => {
                        claim.default = Some(Value::Array(values.iter().map(scalar).collect()));
                    }
                    RawDeclaration::Full(raw) => self.full(&mut claim, raw, &pointer, entry),
                }
                claim
            })
            .collect()
    }

    fn full(&mut self, claim: &mut Claim, raw: &RawRequirement, at: &str, entry: Entry) {
        let source = self.document.source.clone();
        if let Some(word) = &raw.value_type {
            claim.value_type = ValueType::parse(word);
            if claim.value_type.is_none() {
                claim.data_type = DataType::parse(word);
                claim.value_type = claim.data_type.map(|_| ValueType::Path);
            }
        }
        if let Some(items) = raw.items.as_deref().and_then(ValueType::parse) {
            claim.value_type = Some(ValueType::List(Box::new(items)));
        }
        if raw.choices.is_some() && claim.value_type.is_none() {
            claim.value_type = Some(ValueType::Choice);
        }
        claim.required = raw.required;
        claim.default.clone_from(&raw.default);
        claim.choices = raw
            .choices
            .as_ref()
            .map(|choices| choices.iter().map(scalar).collect());
        claim.pattern.clone_from(&raw.pattern);
        let pattern = raw.pattern.as_deref();
        if pattern.is_some_and(|pattern| Pattern::compile(pattern).is_err()) {
            let place = self.value(&join(at, "pattern"));
            self.problems.push(bad_pattern(&source, place));
            claim.pattern = None;
        }
        claim.min = raw.min;
        claim.max = raw.max;
        claim.example.clone_from(&raw.example);
        claim.description.clone_from(&raw.description);
        claim.secret = raw.secret;
        claim.path.clone_from(&raw.path);
        claim.aliases.clone_from(&raw.aliases);
        if let Some(from) = &raw.from {
            let place = self.value(&join(at, "from"));
            match OutputRef::parse(from) {
                _ if claim.kind != Kind::Input => self
                    .problems
                    .push(from_elsewhere(&source, place, claim.kind)),
                Some(output) => claim.from = Some((output, source.at(place))),
                None => self.problems.push(bad_output_ref(&source, place, from)),
            }
        }
        if let Some(binding) = &raw.binding {
            let place = self.key(&join(at, "binding"));
            match bound(binding, claim, entry) {
                Some(binding) => claim.bindings.push(binding),
                // Where a key of it means nothing, that is the finding.
                None if self.has_stray_key(&join(at, "binding")) => {}
                None => self.problems.push(bad_binding(&source, place)),
            }
        }
    }
}

/// The one way that a binding names; none where it names several, or none.
fn bound(raw: &RawBinding, claim: &Claim, _entry: Entry) -> Option<Binding> {
    let pass = match &claim.value_type {
        Some(ValueType::Bool) => Pass::Switch,
        _ => Pass::Value,
    };
    match raw {
        RawBinding {
            flag: Some(flag),
            short,
            positional: None,
            env: None,
            main: None,
            key: None,
            container_path: None,
        } => Some(Binding::Flag {
            flag: flag.clone(),
            short: short.clone(),
            pass,
        }),
        RawBinding {
            flag: None,
            short: None,
            positional,
            env,
            main,
            key,
            container_path,
        } => match (positional, env, main, key, container_path) {
            (Some(positional), None, None, None, None) => Some(Binding::Positional {
                positional: *positional,
            }),
            (None, Some(env), None, None, None) => Some(Binding::Env { env: env.clone() }),
            (None, None, Some(main), key, None) => {
                let key = key.clone().unwrap_or_else(|| claim.name.clone());
                Some(Binding::Main { main: *main, key })
            }
            (None, None, None, None, Some(path)) => Some(Binding::ContainerPath {
                container_path: path.clone(),
            }),
            _ => None,
        },
        _ => None,
    }
}

fn scalar(raw: &RawScalar) -> Value {
    match raw {
        RawScalar::Bool(value) => Value::Bool(*value),
        RawScalar::Number(value) => Value::Number(value.clone()),
        RawScalar::Text(value) => Value::String(value.clone()),
    }
}

fn scalar_text(raw: &RawScalar) -> String {
    match raw {
        RawScalar::Bool(value) => value.to_string(),
        RawScalar::Number(value) => value.to_string(),
        RawScalar::Text(value) => value.clone(),
    }
}

/// Why a name cannot be a folder's, if it cannot.
fn unfit_as_folder(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it is empty"),
        _ if name.len() > LONGEST_NAME => Some("it is longer than 100 bytes"),
        _ if name.starts_with('.') => Some("it begins with a dot"),
        _ if name.contains(['/', '\\', ':']) => Some("it contains `/`, `\\` or `:`"),
        _ if name.chars().any(char::is_control) => Some("it contains a control character"),
        _ if name.trim() != name => Some("it begins or ends with a space"),
        _ => None,
    }
}

fn misfit(document: &Document, path: &str) -> Diagnostic {
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

fn unknown_profile(document: &Document, name: &str, known: &[&str]) -> Diagnostic {
    let help = did_you_mean(name, known.iter().copied())
        .unwrap_or_else(|| format!("known profiles: {}", listed(known.iter().copied())));
    Diagnostic::new(Code::InvalidValue, format!("unknown profile `{name}`"))
        .at(
            document.source.at(document.nearest("/profiles")),
            "the profiles are defined here",
        )
        .help(help)
}

fn no_steps(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NoSteps, "the manifest has no step")
        .at(source.at(span), "nothing below this key")
        .help("add one, for example `prepare: { script: scripts/prepare.py }`")
}

fn bad_name(source: &Source, span: Span, what: &str, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("the {what}'s name `{}` cannot be used", name.escape_debug()),
    )
    .at(source.at(span), why)
    .help("it becomes a folder's name: use letters, digits, `_`, `-` and `.`")
}

fn bad_requirement_name(place: &Place, kind: Kind, name: &str) -> Diagnostic {
    let help = match name.split_once(['{', '[']) {
        Some((before, _)) if !before.trim().is_empty() => {
            format!("a `:` may be missing after `{}`", before.trim())
        }
        _ => "name it as the script does".to_owned(),
    };
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` is no name for an {kind}", name.escape_debug()),
    )
    .at(place.clone(), "brackets, braces or nothing in a name")
    .help(help)
}

fn unknown_need<'a>(
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

fn repeated_need(source: &Source, span: Span, first: Span, step: &str, need: &str) -> Diagnostic {
    Diagnostic::new(
        Code::RepeatedNeed,
        format!("step `{step}` names `{need}` twice in `needs`"),
    )
    .at(source.at(span), "the second time")
    .at(source.at(first), "the first time")
    .help("remove one of them, or name the step that was meant")
}

fn circular(source: &Source, steps: &[Step], circle: &[usize]) -> Diagnostic {
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

fn step_kind(
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

fn entry_without_script(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`entry: main` without a `script`")
        .at(
            source.at(span),
            "there is no script whose `main` could be called",
        )
        .help("remove it, or use `script:`")
}

fn empty_command(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "a command without a program")
        .at(source.at(span), "the program's name comes first")
        .help("for example `[sh, -c, \"…\"]`")
}

fn one_target(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "`cargo` names exactly one target")
        .at(source.at(span), "give `bin` or `example`")
        .help("for example `cargo: { bin: packager }`")
}

fn bad_duration(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{}` is not a duration", source.slice(span)),
    )
    .at(source.at(span), "a time longer than nothing is expected")
    .help("write `90s`, `10m`, `1h 30m`, or a number of seconds")
}

fn from_elsewhere(source: &Source, span: Span, kind: Kind) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, format!("`from` on an {kind}"))
        .at(
            source.at(span),
            "only an input can come from an upstream output",
        )
        .help("declare it under `inputs`, with a `binding` that says how it reaches the script")
}

fn bad_output_ref(source: &Source, span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        format!("`{text}` does not name an output"),
    )
    .at(
        source.at(span),
        "a step, a dot and one of its outputs are expected",
    )
    .help("for example `from: prepare.train`")
}

fn bad_binding(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "a binding names exactly one way")
        .at(source.at(span), "several ways, or none")
        .help(
            "write one of `{ flag: --name, short: -n }`, `{ positional: 0 }`, `{ env: NAME }`, \
             `{ main: input_paths, key: NAME }` and `{ container_path: /opt/… }`",
        )
}

fn bad_pattern(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidValue,
        "this pattern is not a regular expression",
    )
    .at(
        source.at(span),
        "an unclosed bracket, or a sign that has to be escaped with `\\`",
    )
    .help("for example `^[a-z_]+$`")
}

#[cfg(test)]
mod tests;
