//! Owns the way from the manifest's text to a valid [`Manifest`]: profile, defaults, names, edges. Reports everything
//! it finds and goes on with the rest.

use std::collections::HashMap;
use std::mem;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::declare::{Declarer, scalar_text};
use super::graph::Graph;
use super::problems::{
    bad_duration, bad_kept, bad_name, bad_version, circular, clearer, empty_command,
    entry_without_script, misfit, no_steps, one_target, pause_without, repeated_need, step_kind,
    unknown_changed_step, unknown_need, unknown_profile,
};
use super::raw::{
    RawCargo, RawDefaults, RawDuration, RawEnvironment, RawImage, RawInherit, RawInterpreter,
    RawManifest, RawRetries, RawStep, RawWords,
};
use super::retries::{Backoff, Retries};
use super::version::Versions;
use super::{Image, Inherit, Manifest, Runs, Settings, Step};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::requirement::{Kind, Layer};
use crate::script::{Entry, TargetKind};
use crate::shape::{self, Shape};
use crate::source::{Source, Span, Spanned};
use crate::yaml::{self, Document, Node, join};

/// The longest name of a pipeline or step, in bytes: it becomes a folder's name.
const LONGEST_NAME: usize = 100;

/// The keys of a step of which it has exactly one.
const STEP_KINDS: &[&str] = &["script", "module", "cargo", "command", "external"];

/// Whether a step may have a key.
fn is_step_key(key: &str) -> bool {
    static KEYS: LazyLock<Value> =
        LazyLock::new(|| schema()["$defs"]["RawStep"]["properties"].take());
    KEYS.get(key).is_some()
}

/// The JSON Schema of manifests, out of the types that read them.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    settings
        .into_generator()
        .into_root_schema_for::<RawManifest>()
        .to_value()
}

/// A profile that somebody chose.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// Its name.
    pub name: &'a str,
    /// Profiles that need not be in the manifest, for others than it know them.
    pub elsewhere: &'a [String],
}

impl<'a> From<&'a str> for Chosen<'a> {
    fn from(name: &'a str) -> Self {
        let elsewhere = &[];
        Self { name, elsewhere }
    }
}

/// Reads a manifest that lies in `folder`, with the changes of a profile.
///
/// Gives the manifest wherever enough of it can be understood to go on looking for problems; whether it may be used
/// is said by the findings.
pub fn load(
    source: &Source,
    folder: &Path,
    profile: Option<Chosen<'_>>,
) -> (Option<Manifest>, Diagnostics) {
    let document = match yaml::parse(source) {
        Ok(document) => document,
        Err(problems) => return (None, problems),
    };
    let problems = own_shape().check(&document, &place_name);
    let mut problems = problems.changed(|problem| Some(clearer(problem)));
    for name in profiles_of(&document) {
        if profile.is_none_or(|chosen| chosen.name != name) {
            problems.extend(of_profile(&document, &name, folder));
        }
    }
    let document = match profile {
        Some(chosen) if has_profile(&document, chosen.name) => {
            match with_profile(document.clone(), chosen.name) {
                Ok(changed) => changed,
                Err(found) => {
                    problems.extend(found);
                    document
                }
            }
        }
        Some(chosen) if !chosen.elsewhere.iter().any(|name| name == chosen.name) => {
            // What is wrong without it may be right with the one that is meant.
            problems.push(unknown_profile(&document, chosen));
            return (None, problems);
        }
        _ => document,
    };
    understand(document, folder, problems)
}

/// What is wrong with a profile that is not the chosen one: whoever chooses it later is not to find that out then.
fn of_profile(document: &Document, name: &str, folder: &Path) -> Diagnostics {
    let known = own_shape().check(document, &place_name);
    if known.has_errors() {
        return Diagnostics::new();
    }
    let found = match with_profile(document.clone(), name) {
        Ok(changed) => understand(changed, folder, Diagnostics::new()).1,
        Err(found) => return found,
    };
    let profiles = document.root.entry("profiles").map(|entry| &entry.value);
    let within = profiles
        .and_then(|profiles| profiles.entry(name))
        .map(|entry| entry.value.span);
    let is_within = |problem: &Diagnostic| {
        let first = problem.labels.first();
        first.is_some_and(|label| {
            within.is_some_and(|span| {
                span.start <= label.place.span.start && label.place.span.end <= span.end
            })
        })
    };
    found.changed(|problem| is_within(&problem).then_some(problem))
}

/// Makes a manifest of a document that has the changes of a profile, where one is chosen.
fn understand(
    mut document: Document,
    folder: &Path,
    mut problems: Diagnostics,
) -> (Option<Manifest>, Diagnostics) {
    // Of very many steps it is as large as what is made of it, and nobody else asks for it.
    let value = mem::take(&mut document.value);
    let raw = match RawManifest::deserialize(value) {
        Ok(raw) => raw,
        Err(_) => {
            // A key that is misspelt lacks where it belongs, which has been told.
            if !problems.has_errors() {
                let value = document.root.to_value();
                let again = serde_path_to_error::deserialize::<_, RawManifest>(&value);
                let place = again.err().map(|error| error.path().to_string());
                problems.push(misfit(&document, &place.unwrap_or_default()));
            }
            return (None, problems);
        }
    };
    let mut loader = Loader {
        document: &document,
        problems,
    };
    let manifest = loader.manifest(raw, folder);
    (Some(manifest), loader.problems)
}

/// Whether a manifest has a profile of that name.
fn has_profile(document: &Document, name: &str) -> bool {
    let profiles = document.root.entry("profiles");
    profiles.is_some_and(|profiles| profiles.value.entry(name).is_some())
}

/// The profiles that a manifest has.
pub fn profiles(source: &Source) -> Vec<String> {
    yaml::parse(source).map_or_else(|_| Vec::new(), |document| profiles_of(&document))
}

fn profiles_of(document: &Document) -> Vec<String> {
    let profiles = document.root.entry("profiles");
    let entries = profiles.map_or(&[][..], |profiles| profiles.value.entries());
    entries.iter().map(|entry| entry.key.clone()).collect()
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

/// Our own schema.
fn own_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::new(schema()));
    &SHAPE
}

/// Lays a profile over the manifest, keeping the places of both.
///
/// # Errors
/// It changes steps that are not there.
fn with_profile(document: Document, name: &str) -> Result<Document, Diagnostics> {
    let profiles = document.root.entry("profiles").map(|entry| &entry.value);
    let Some(profile) = profiles.and_then(|profiles| profiles.entry(name)) else {
        return Ok(document);
    };
    let steps = document.root.entry("steps").map(|entry| &entry.value);
    let steps = steps.map(Node::entries).unwrap_or_default();
    let changed = profile.value.entry("steps").map(|entry| &entry.value);
    let mut problems = Diagnostics::new();
    for entry in changed.map(Node::entries).unwrap_or_default() {
        let is_known = steps.iter().any(|step| step.key == entry.key);
        let is_new = STEP_KINDS
            .iter()
            .any(|kind| entry.value.entry(kind).is_some());
        if !is_known && !is_new {
            let names = steps.iter().map(|step| step.key.as_str());
            problems.push(unknown_changed_step(&document.source, name, entry, names));
        }
    }
    if problems.has_errors() {
        return Err(problems);
    }
    let over = profile.value.clone();
    Ok(document.overlaid(&over))
}

struct Loader<'d> {
    document: &'d Document,
    problems: Diagnostics,
}

impl Loader<'_> {
    fn manifest(&mut self, raw: RawManifest, folder: &Path) -> Manifest {
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
            .into_iter()
            .map(|(name, step)| self.step(&name, &step, &names, &defaults))
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
            timeout: raw
                .timeout
                .as_ref()
                .and_then(|timeout| self.duration(timeout, "/timeout")),
            catalog: raw
                .catalog
                .clone()
                .map(|path| self.spanned(path, "/catalog")),
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
            retries: raw
                .retries
                .as_ref()
                .map(|raw| self.retries(raw, "/defaults/retries"))
                .unwrap_or_default(),
            slow: raw
                .slow
                .as_ref()
                .and_then(|slow| self.duration(slow, "/defaults/slow")),
            priority: raw.priority.unwrap_or_default(),
            environment: raw
                .environment
                .as_ref()
                .map(|raw| self.inherit(raw, "/defaults/environment"))
                .unwrap_or_default(),
            cwd: raw
                .cwd
                .clone()
                .map(|cwd| self.spanned(cwd, "/defaults/cwd")),
            weight: raw.weight.unwrap_or(1),
            mutex: raw.mutex.clone(),
            cache: raw.cache.unwrap_or(true),
            env: raw
                .env
                .iter()
                .map(|(name, value)| (name.clone(), scalar_text(value)))
                .collect(),
            interpreter: None,
            interpreters: raw
                .interpreters
                .iter()
                .filter_map(|(language, raw)| {
                    let pointer = join("/defaults/interpreters", language.as_str());
                    Some((*language, self.interpreter(raw, &pointer)?))
                })
                .collect(),
            version: None,
            versions: raw
                .interpreters
                .iter()
                .filter_map(|(language, raw)| {
                    let pointer = join("/defaults/interpreters", language.as_str());
                    Some((*language, self.version(raw, &pointer)?))
                })
                .collect(),
            image: raw
                .image
                .as_ref()
                .map(|raw| self.image(raw, "/defaults/image")),
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
        let mut declarer = Declarer {
            document: self.document,
            layer: Layer::Manifest,
            rule: "manifest",
            problems: mem::take(&mut self.problems),
            expectations: IndexMap::new(),
        };
        let sections = [
            (Kind::Input, &raw.inputs),
            (Kind::Output, &raw.outputs),
            (Kind::Env, &raw.env),
            (Kind::Arg, &raw.args),
        ];
        let mut claims = declarer.all(sections, &at);
        self.problems = declarer.problems;
        let expectations = declarer.expectations;
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
            retries: match &raw.retries {
                Some(retries) => self.retries(retries, &join(&at, "retries")),
                None => defaults.retries,
            },
            slow: match &raw.slow {
                Some(slow) => self.duration(slow, &join(&at, "slow")),
                None => defaults.slow,
            },
            priority: raw.priority.unwrap_or(defaults.priority),
            environment: match &raw.environment {
                Some(environment) => self.inherit(environment, &join(&at, "environment")),
                None => defaults.environment.clone(),
            },
            cwd: match &raw.cwd {
                Some(cwd) => Some(self.spanned(cwd.clone(), &join(&at, "cwd"))),
                None => defaults.cwd.clone(),
            },
            weight: raw.weight.unwrap_or(defaults.weight).max(1),
            mutex: raw.mutex.clone().or_else(|| defaults.mutex.clone()),
            cache: raw.cache.unwrap_or(defaults.cache),
            env: defaults.env.clone(),
            interpreter: raw
                .interpreter
                .as_ref()
                .and_then(|raw| self.interpreter(raw, &join(&at, "interpreter"))),
            interpreters: defaults.interpreters.clone(),
            version: raw
                .interpreter
                .as_ref()
                .and_then(|raw| self.version(raw, &join(&at, "interpreter"))),
            versions: defaults.versions.clone(),
            image: match &raw.image {
                Some(image) => Some(self.image(image, &join(&at, "image"))),
                None => defaults.image.clone(),
            },
        };
        Step {
            name: name.to_owned(),
            span,
            description: raw.description.clone(),
            runs,
            lost_needs: raw.needs.iter().any(|need| !names.contains_key(need)),
            needs,
            claims,
            expectations,
            contract: raw
                .contract
                .clone()
                .map(|path| self.spanned(path, &join(&at, "contract"))),
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
            !is_step_key(&entry.key) && nearest(&entry.key, STEP_KINDS.iter().copied()).is_some()
        })
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
            RawDuration::Text(text) => duration(text),
        };
        let parsed = parsed.filter(|duration| !duration.is_zero());
        if parsed.is_none() {
            self.problems
                .push(bad_duration(&self.document.source, self.value(pointer)));
        }
        parsed
    }

    fn retries(&mut self, raw: &RawRetries, pointer: &str) -> Retries {
        let raw = match raw {
            RawRetries::Count(count) => return Retries::times(*count),
            RawRetries::Full(raw) => raw,
        };
        let source = self.document.source.clone();
        let backoff = raw.backoff.unwrap_or_default();
        let at = |key: &str| join(pointer, key);
        let delay = raw.delay.as_ref();
        let delay = delay.and_then(|delay| self.duration(delay, &at("delay")));
        let max_delay = raw.max_delay.as_ref();
        let max_delay = max_delay.and_then(|most| self.duration(most, &at("max_delay")));
        let grows = backoff == Backoff::Exponential;
        for (given, key, lacks, needs) in [
            (grows, "backoff", raw.delay.is_none(), "delay: 1s"),
            (raw.jitter, "jitter", raw.delay.is_none(), "delay: 1s"),
            (
                raw.max_delay.is_some(),
                "max_delay",
                !grows,
                "backoff: exponential",
            ),
        ] {
            if given && lacks {
                let place = self.value(&at(key));
                self.problems
                    .push(pause_without(&source, place, key, needs));
            }
        }
        Retries {
            count: raw.count,
            backoff,
            delay: delay.unwrap_or_default(),
            max_delay,
            jitter: raw.jitter,
        }
    }

    fn inherit(&mut self, raw: &RawEnvironment, pointer: &str) -> Inherit {
        let keep = match raw {
            RawEnvironment::Word(RawInherit::Inherit) => return Inherit::All,
            RawEnvironment::Word(RawInherit::Clean) => return Inherit::Clean(Vec::new()),
            RawEnvironment::Keep(raw) => &raw.keep,
        };
        for (index, name) in keep.iter().enumerate() {
            let stem = name.strip_suffix('*').unwrap_or(name);
            if name.is_empty()
                || stem.contains(['*', '=', '$'])
                || stem.contains(char::is_whitespace)
            {
                let place = self.value(&format!("{pointer}/keep/{index}"));
                self.problems
                    .push(bad_kept(&self.document.source, place, name));
            }
        }
        Inherit::Clean(keep.clone())
    }

    /// The program of an interpreter, where it names one.
    fn interpreter(&mut self, raw: &RawInterpreter, pointer: &str) -> Option<Spanned<Vec<String>>> {
        match raw {
            RawInterpreter::Words(words) => self.words(words, pointer),
            RawInterpreter::Full(full) => {
                let words = full.program.as_ref()?;
                self.words(words, &join(pointer, "program"))
            }
        }
    }

    /// The versions of an interpreter that will do, where it names any.
    fn version(&mut self, raw: &RawInterpreter, pointer: &str) -> Option<Spanned<Versions>> {
        let RawInterpreter::Full(full) = raw else {
            return None;
        };
        let pointer = join(pointer, "version");
        let versions = Versions::parse(full.version.as_ref()?);
        if versions.is_none() {
            let place = self.value(&pointer);
            self.problems
                .push(bad_version(&self.document.source, place));
        }
        Some(self.spanned(versions?, &pointer))
    }

    fn image(&self, raw: &RawImage, pointer: &str) -> Image {
        match raw {
            RawImage::Name(name) => Image {
                name: self.spanned(name.clone(), pointer),
                engine: None,
                options: Vec::new(),
            },
            RawImage::Full(full) => Image {
                name: self.spanned(full.name.clone(), &join(pointer, "name")),
                engine: full
                    .engine
                    .clone()
                    .map(|engine| self.spanned(engine, &join(pointer, "engine"))),
                options: full.options.clone(),
            },
        }
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
}

/// Reads a duration longer than nothing: `90s`, `10m`, `1h 30m`.
pub fn duration(text: &str) -> Option<Duration> {
    let parsed = text.parse::<jiff::SignedDuration>().ok()?;
    let parsed = Duration::try_from(parsed).ok()?;
    (!parsed.is_zero()).then_some(parsed)
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

#[cfg(test)]
mod tests;
