//! Owns the choice of each requirement's value: the answer, the upstream output, what the manifest or the script gives,
//! or a place in the run's folder. Touches neither disk nor environment by itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::container;
use crate::analysis::Analysis;
use crate::answers::{self, Answer, Answers};
use crate::file;
use crate::manifest::Step;
use crate::requirement::{
    Binding, DataType, Evidence, Field, Kind, Layer, OutputRef, Requirement, ValueType,
};
use crate::source::Place;

/// Where a requirement's value comes from, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// The user's answer, with variables put in.
    Answer {
        /// The value.
        value: Value,
        /// Where it is written.
        place: Place,
        /// Texts in it that must not be shown.
        secrets: Vec<String>,
    },
    /// An upstream output.
    Upstream(OutputRef),
    /// What the manifest or a contract gives; the script has to be told.
    Declared(Value),
    /// A path that is fixed by the manifest or written into the script; the script knows it.
    Fixed(PathBuf),
    /// A place in the run's own folder.
    Ours(PathBuf),
    /// What the script takes by itself.
    Own,
}

/// The values of a pipeline: for each step of the manifest, one for each of its requirements.
#[derive(Clone, Debug, Default)]
pub struct Values {
    taken: Vec<Vec<Taken>>,
    inherited: Vec<Vec<String>>,
}

impl Values {
    /// The values of a step, beside its requirements.
    pub fn of(&self, step: usize) -> &[Taken] {
        &self.taken[step]
    }

    /// What a step finds in secret variables that nobody gives it: they are set where this runs.
    pub fn inherited_secrets(&self, step: usize) -> &[String] {
        &self.inherited[step]
    }
}

/// Chooses all values. An answer whose variables are not set counts as not given; that is a finding of its own.
pub fn choose(
    analysis: &Analysis,
    answers: &Answers,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Values {
    let mut consumed: HashSet<OutputRef> = HashSet::new();
    for (step, analysed) in analysis.manifest.steps.iter().zip(&analysis.steps) {
        for requirement in &analysed.requirements {
            match answers
                .get(&step.name, requirement.kind, &requirement.name)
                .map(|given| &given.answer)
            {
                Some(Answer::From(from)) => consumed.extend([from.clone()]),
                Some(Answer::Value(_)) => {}
                None => consumed.extend(requirement.from.iter().map(|wire| wire.from.clone())),
            }
        }
    }
    let steps = analysis.manifest.steps.iter().zip(&analysis.steps);
    let taken: Vec<Vec<Taken>> = steps
        .map(|(step, analysed)| {
            let mut names = HashSet::new();
            analysed
                .requirements
                .iter()
                .map(|requirement| {
                    let given = answers.get(&step.name, requirement.kind, &requirement.name);
                    let answered = given.and_then(|given| match &given.answer {
                        Answer::From(from) => Some(Taken::Upstream(from.clone())),
                        Answer::Value(value) => {
                            let filled = answers::fill(requirement, value, environment).ok()?;
                            let place = given.place.clone();
                            Some(Taken::Answer {
                                value: filled.value,
                                place,
                                secrets: filled.secrets,
                            })
                        }
                    });
                    answered.unwrap_or_else(|| {
                        let output = OutputRef {
                            step: step.name.clone(),
                            output: requirement.name.clone(),
                        };
                        unanswered(
                            analysis,
                            step,
                            requirement,
                            consumed.contains(&output),
                            &mut names,
                        )
                    })
                })
                .collect()
        })
        .collect();
    let steps = analysis.steps.iter().zip(&taken);
    let inherited = steps.map(|(step, taken)| inherited(&step.requirements, taken, environment));
    Values {
        inherited: inherited.collect(),
        taken,
    }
}

/// The values of secret variables that a step inherits. What is too short or too common to be a secret would only make
/// what is shown unreadable.
fn inherited(
    requirements: &[Requirement],
    taken: &[Taken],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    const SHORTEST: usize = 4;
    let own = requirements.iter().zip(taken);
    let own = own.filter(|(requirement, taken)| requirement.secret && **taken == Taken::Own);
    let names = own.flat_map(|(requirement, _)| &requirement.bindings);
    let values = names.filter_map(|binding| match binding {
        Binding::Env { env } => environment(env),
        _ => None,
    });
    let is_word = |value: &String| ["true", "false", "none", "null"].contains(&value.as_str());
    values
        .filter(|value| value.chars().count() >= SHORTEST && !is_word(value))
        .collect()
}

/// Whether the manifest declares an output that the script by itself does without, and does not say that it may be
/// missing.
pub fn is_declared_output(requirement: &Requirement) -> bool {
    let in_manifest = |evidence: &Evidence| evidence.layer == Layer::Manifest;
    requirement.kind == Kind::Output
        && requirement.default.is_none()
        && requirement.evidence.iter().any(in_manifest)
        && requirement.origins.of(Field::Required) != Some(Layer::Manifest)
}

/// The value of a requirement that the user did not answer.
fn unanswered(
    analysis: &Analysis,
    step: &Step,
    requirement: &Requirement,
    consumed: bool,
    names: &mut HashSet<String>,
) -> Taken {
    if let Some(wire) = &requirement.from {
        return Taken::Upstream(wire.from.clone());
    }
    if let Some(path) = &requirement.path {
        return Taken::Fixed(file::resolve(&analysis.manifest.folder, path));
    }
    if let (false, [Binding::ContainerPath { container_path }, ..]) =
        (requirement.is_answerable(), requirement.bindings.as_slice())
    {
        if requirement.kind == Kind::Output && container::path_of(requirement).is_some() {
            let folder = analysis.output_folder(&step.name);
            return Taken::Ours(folder.join(container_path.trim_start_matches('/')));
        }
        return Taken::Fixed(file::resolve(
            &working_folder(analysis, step),
            container_path,
        ));
    }
    match (requirement.kind, requirement.default_to_pass()) {
        (_, Some(value)) => Taken::Declared(value.clone()),
        (Kind::Output, None) if requirement.supplied => Taken::Own,
        (Kind::Output, None)
            if requirement.required
                || consumed
                || requirement.default.is_some()
                || is_declared_output(requirement) =>
        {
            let folder = analysis.output_folder(&step.name);
            Taken::Ours(folder.join(unique(file_name(requirement), requirement, names)))
        }
        _ => Taken::Own,
    }
}

/// The folder that a step runs in; where it depends on values, the manifest's.
pub fn working_folder(analysis: &Analysis, step: &Step) -> PathBuf {
    match &step.settings.cwd {
        Some(cwd) if !cwd.value.contains("${") => {
            file::resolve(&analysis.manifest.folder, &cwd.value)
        }
        _ => analysis.manifest.folder.clone(),
    }
}

/// The name of an output in the run's folder: the script's own where it has one, for suffixes matter to scripts.
fn file_name(requirement: &Requirement) -> String {
    let own = requirement
        .default
        .as_ref()
        .and_then(Value::as_str)
        .filter(|path| !is_remote(path));
    let own = own
        .and_then(|path| Path::new(path).file_name())
        .map(|name| name.to_string_lossy().into_owned());
    let safe = |name: &str| -> String {
        name.chars()
            .map(|c| {
                if c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?') {
                    '_'
                } else {
                    c
                }
            })
            .collect()
    };
    if let Some(own) = own.filter(|name| !name.contains(['*', '{', '}', '%'])) {
        return safe(&own);
    }
    let base = safe(&requirement.name);
    match requirement
        .data_type
        .and_then(|data_type| data_type.suffixes().first())
    {
        Some(suffix) if DataType::of_name(&base).is_none() => format!("{base}.{suffix}"),
        _ => base,
    }
}

fn unique(name: String, requirement: &Requirement, names: &mut HashSet<String>) -> String {
    let name = match name.as_str() {
        "" | "." | ".." => requirement.name.replace(['/', '\\'], "_"),
        _ => name,
    };
    let mut candidate = name.clone();
    let mut count = 1;
    while !names.insert(candidate.clone()) {
        count += 1;
        candidate = format!("{count}-{name}");
    }
    candidate
}

/// Whether a path lies on another machine, or is the standard input or output.
pub fn is_remote(path: &str) -> bool {
    path == "-"
        || path
            .split_once("://")
            .is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The paths of a value: one, or several where it is a list. Relative ones start at `folder`.
pub fn paths(value: &Value, folder: &Path) -> Vec<PathBuf> {
    match value {
        Value::String(path) if is_remote(path) => Vec::new(),
        Value::String(path) => vec![file::resolve(folder, path)],
        Value::Array(items) => items.iter().flat_map(|item| paths(item, folder)).collect(),
        _ => Vec::new(),
    }
}

/// Whether a requirement's value is a path, or several.
pub fn is_path(requirement: &Requirement) -> bool {
    match &requirement.value_type {
        ValueType::Path => true,
        ValueType::List(items) => **items == ValueType::Path,
        _ => requirement.kind.is_path(),
    }
}
