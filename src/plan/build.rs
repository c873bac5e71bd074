//! Owns the making of a plan: every value in its place, every program found.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::command_line::{Passed, arguments, chosen, holds, variable};
use super::container as contained;
use super::enclose;
use super::looks;
use super::reads;
use super::{
    Configured, Container, Document, Inherits, Invocation, Plan, PlannedExpectation, PlannedPath,
    Program,
};
use crate::analysis::{AnalysedStep, Analysis};
use crate::check::values::{Taken, is_declared_output, is_path, paths, working_folder};
use crate::check::{Checked, container, images, programs};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::disk;
use crate::file;
use crate::manifest::{Inherit, Step};
use crate::requirement::{
    Binding, Confidence, Field, Kind, MainParameter, OutputRef, Requirement, ValueType,
};
use crate::script::{Language, Launcher};
use crate::template;
use crate::yaml;

/// The program that calls a script's `main`.
const DRIVER: &str = include_str!("driver.py");

/// Variables by which programs find each other, their user, language, time zone, temporary files and certificates: what
/// is left of a clean environment.
const BASIC: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TERM",
    "TMPDIR",
    "XDG_*",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYENV_*",
    "CARGO_HOME",
    "RUSTUP_*",
];

/// Spells out what to do for the selected steps, by their places in the manifest. Everything has been checked: what is
/// not there now has gone since.
pub fn build(analysis: &Analysis, checked: &Checked, selected: &[usize]) -> Plan {
    let outputs = output_paths(analysis, checked);
    let is_selected: HashSet<usize> = selected.iter().copied().collect();
    let order: Vec<usize> = analysis
        .order
        .iter()
        .copied()
        .filter(|step| is_selected.contains(step))
        .collect();
    let places: HashMap<usize, usize> = order
        .iter()
        .enumerate()
        .map(|(place, step)| (*step, place))
        .collect();
    let invocations = order
        .iter()
        .map(|&index| {
            let step = &analysis.manifest.steps[index];
            let needs = step
                .needs
                .iter()
                .filter_map(|need| places.get(&need.value).copied())
                .collect();
            Builder {
                analysis,
                checked,
                outputs: &outputs,
                index,
                step,
                analysed: &analysis.steps[index],
            }
            .invocation(needs)
        })
        .collect();
    Plan {
        pipeline: analysis.manifest.pipeline.clone(),
        root: analysis.manifest.folder.clone(),
        timeout: analysis.manifest.timeout,
        home: analysis.home.clone(),
        invocations,
    }
}

/// Outputs of steps that are not selected, which selected ones read and no earlier run has left.
pub fn not_left(analysis: &Analysis, checked: &Checked, selected: &[usize]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    if selected.len() == analysis.steps.len() {
        return problems;
    }
    let outputs = output_paths(analysis, checked);
    let all: HashSet<usize> = selected.iter().copied().collect();
    for &index in selected {
        let values = checked.values.of(index);
        for (requirement, taken) in analysis.steps[index].requirements.iter().zip(values) {
            let Taken::Upstream(from) = taken else {
                continue;
            };
            let is_selected = analysis
                .manifest
                .find(&from.step)
                .is_none_or(|at| all.contains(&at));
            if !is_selected && outputs.get(from).is_none_or(|path| !disk::exists(path)) {
                problems.push(nothing_left(
                    &analysis.manifest.steps[index].name,
                    requirement,
                    from,
                ));
            }
        }
    }
    problems
}

fn nothing_left(step: &str, requirement: &Requirement, from: &OutputRef) -> Diagnostic {
    let message = format!(
        "step `{step}` reads `{from}` as its input `{}`, and no earlier run has left it",
        requirement.name
    );
    Diagnostic::new(Code::InputNotFound, message).help(format!(
        "run `cargo runtime-test run {}` first, or select it as well",
        from.step
    ))
}

/// Where every output of the pipeline lies.
fn output_paths(analysis: &Analysis, checked: &Checked) -> HashMap<OutputRef, PathBuf> {
    let mut all = HashMap::new();
    for (index, step) in analysis.manifest.steps.iter().enumerate() {
        for (requirement, taken) in analysis.steps[index]
            .requirements
            .iter()
            .zip(checked.values.of(index))
        {
            if requirement.kind != Kind::Output {
                continue;
            }
            let path = match taken {
                Taken::Ours(path) | Taken::Fixed(path) => Some(path.clone()),
                Taken::Answer { value, .. } | Taken::Declared(value) => {
                    paths(value, &analysis.manifest.folder).into_iter().next()
                }
                Taken::Own => {
                    let own = requirement.default.as_ref();
                    own.and_then(|value| {
                        paths(value, &working_folder(analysis, step))
                            .into_iter()
                            .next()
                    })
                }
                Taken::Upstream(_) => None,
            };
            if let Some(path) = path {
                all.insert(
                    OutputRef {
                        step: step.name.clone(),
                        output: requirement.name.clone(),
                    },
                    path,
                );
            }
        }
    }
    all
}

struct Builder<'a> {
    analysis: &'a Analysis,
    checked: &'a Checked,
    outputs: &'a HashMap<OutputRef, PathBuf>,
    index: usize,
    step: &'a Step,
    analysed: &'a AnalysedStep,
}

impl Builder<'_> {
    fn invocation(&self, needs: Vec<usize>) -> Invocation {
        let settings = &self.step.settings;
        let language = self.analysed.script.language;
        let values = self.values();
        let fill = |text: &str| self.fill(text, &values);
        let dir = match &settings.cwd {
            Some(cwd) => file::resolve(&self.analysis.manifest.folder, fill(&cwd.value)),
            None => self.analysis.manifest.folder.clone(),
        };
        let chosen = chosen(&values);
        let passed: Vec<Passed<'_>> = values
            .iter()
            .filter(|(_, value, told)| *told && !value.is_null())
            .filter(|(requirement, ..)| holds(requirement, &chosen))
            .map(|(requirement, value, _)| Passed { requirement, value })
            .collect();
        let mut env: Vec<(String, String)> = settings
            .env
            .iter()
            .map(|(name, value)| (name.clone(), fill(value)))
            .collect();
        for Passed { requirement, value } in &passed {
            for binding in &requirement.bindings {
                if let Binding::Env { env: name }
                | Binding::Main {
                    main: MainParameter::EnvironVars,
                    key: name,
                } = binding
                {
                    env.retain(|(known, _)| known != name);
                    env.push((name.clone(), variable(value)));
                }
            }
        }
        let (mut program, mut args, mut documents) = self.start(&dir, &passed, &values);
        let stages = enclose::stages(
            &self.mapped(&values),
            &self.analysis.output_folder(&self.step.name),
        );
        // What runs inside of an enclosure, or behind a shim, decides as much as what starts it.
        let mut inside: Vec<PathBuf> = Vec::new();
        if let Program::At(path) = &program {
            inside.extend(programs::behind(path, &dir));
            inside.extend(looks::environment_of(path, &args, &dir));
        }
        let container = self.container(&values);
        if container.is_none()
            && !stages.is_empty()
            && let Program::At(path) = &program
            && let Ok(way) = container::way()
        {
            let main = self.analysis.home.join("main");
            let enclosed = enclose::enclosed(&way, &stages, &dir, &main, path, args);
            inside.push(path.clone());
            program = Program::At(enclosed.0);
            args = enclosed.1;
            documents.extend(enclosed.2);
        }
        if matches!(language, Language::Python)
            && !env.iter().any(|(name, _)| name == "PYTHONUNBUFFERED")
        {
            env.push(("PYTHONUNBUFFERED".to_owned(), "1".to_owned()));
        }
        let answers = self.checked.answers.step(&self.step.name);
        let outputs = self.planned(|r| r.kind == Kind::Output, &values);
        let taken = self.checked.values.of(self.index);
        let mut reads = reads::reads(self.analysis, self.step, self.analysed, taken, &args, &dir);
        reads.code.extend(inside);
        Invocation {
            step: self.step.name.clone(),
            script: self.analysed.script.name.clone(),
            program,
            container,
            args,
            dir,
            env,
            documents,
            stages,
            needs,
            inputs: self.planned(|r| r.kind == Kind::Input, &values),
            expectations: self.expectations(&outputs),
            outputs,
            timeout: settings.timeout,
            retries: settings.retries,
            slow: settings.slow,
            priority: settings.priority,
            inherits: self.inherits(),
            weight: settings.weight,
            mutex: settings.mutex.clone(),
            secrets: self.secrets(),
            configured: match answers.is_some_and(|answers| !answers.is_empty()) {
                true => Configured::ByUser,
                false => Configured::Auto,
            },
            framework: self.analysed.framework.map(str::to_owned),
            reads,
            reuse: settings.cache,
        }
    }

    /// The container that it runs in, with all that it reads and writes in sight.
    fn container(&self, values: &[(&Requirement, Value, bool)]) -> Option<Container> {
        let image = images::image_of(self.analysis, self.index)?;
        // That there is one has been checked.
        let engine = images::engine(self.analysis, image)?;
        let folder_of = |path: &Path| path.parent().unwrap_or(path).to_owned();
        let paths = |kind| self.planned(kind, values).into_iter().map(|p| p.path);
        let inputs = paths(|r: &Requirement| r.kind == Kind::Input);
        let outputs = paths(|r: &Requirement| r.kind == Kind::Output);
        let script = self.analysed.script.source.iter();
        let code = script.chain(&self.analysed.local_files);
        let code = code.map(|source| folder_of(source.path()));
        Some(Container {
            user: contained::user_for(&engine),
            engine,
            image: image.name.value.clone(),
            options: image.options.clone(),
            reads: inputs.chain(code).collect(),
            writes: outputs.map(|path| folder_of(&path)).collect(),
            takes: self.kept().iter().cloned().chain(self.read()).collect(),
        })
    }

    /// Which variables it inherits: with a clean environment, those by which programs start at all, and those that the
    /// script is known to read.
    fn inherits(&self) -> Inherits {
        let is_clean = matches!(self.step.settings.environment, Inherit::Clean(_));
        // What runs containers is no script: it needs what it finds, and passes on what it is told to.
        if !is_clean || images::image_of(self.analysis, self.index).is_some() {
            return Inherits::All;
        }
        let basic = BASIC.iter().map(|name| (*name).to_owned());
        let kept = self.kept().iter().cloned();
        Inherits::Only(basic.chain(kept).chain(self.read()).collect())
    }

    /// Variables that the manifest lets into a clean environment.
    fn kept(&self) -> &[String] {
        match &self.step.settings.environment {
            Inherit::Clean(kept) => kept,
            Inherit::All => &[],
        }
    }

    /// Variables that the script is known to read.
    fn read(&self) -> impl Iterator<Item = String> {
        let bindings = self.analysed.requirements.iter().flat_map(|r| &r.bindings);
        bindings.filter_map(|binding| match binding {
            Binding::Env { env: name }
            | Binding::Main {
                main: MainParameter::EnvironVars,
                key: name,
            } => Some(name.clone()),
            _ => None,
        })
    }

    /// Every requirement with its value, and whether the script has to be told. Paths are absolute.
    fn values(&self) -> Vec<(&Requirement, Value, bool)> {
        let folder = &self.analysis.manifest.folder;
        let all = self
            .analysed
            .requirements
            .iter()
            .zip(self.checked.values.of(self.index));
        all.map(|(requirement, taken)| {
            let (value, told) = match taken {
                Taken::Answer { value, .. } | Taken::Declared(value) if is_located(requirement) => {
                    (located(value, folder), true)
                }
                Taken::Answer { value, .. } | Taken::Declared(value) => (value.clone(), true),
                Taken::Upstream(from) => match self.outputs.get(from) {
                    Some(path) => (listed(requirement, path_text(path)), true),
                    None => (Value::Null, false),
                },
                Taken::Fixed(path) => (
                    path_text(path),
                    !requirement.bindings.is_empty() && requirement.path.is_some(),
                ),
                Taken::Ours(path) => (listed(requirement, path_text(path)), true),
                Taken::Own => (requirement.default.clone().unwrap_or_default(), false),
            };
            (requirement, value, told)
        })
        .collect()
    }

    fn fill(&self, text: &str, values: &[(&Requirement, Value, bool)]) -> String {
        template::fill(text, &|kind, name| {
            let (_, value, _) = values
                .iter()
                .find(|(r, ..)| r.kind == kind && r.name == name)?;
            Some(variable(value))
        })
    }

    /// The program, its arguments, and files to write before.
    fn start(
        &self,
        dir: &Path,
        passed: &[Passed<'_>],
        values: &[(&Requirement, Value, bool)],
    ) -> (Program, Vec<String>, Vec<Document>) {
        let script = &self.analysed.script;
        // What an image calls its programs is its own affair; paths are the same inside and outside.
        let is_inside = images::image_of(self.analysis, self.index).is_some();
        let at = |program: &str| match is_inside {
            true if program.contains('/') => Program::At(file::resolve(dir, program)),
            true => Program::At(program.into()),
            false => Program::At(programs::find(program, dir).unwrap_or_else(|| program.into())),
        };
        let file = script
            .source
            .as_ref()
            .map(|source| path_in(source.path(), dir))
            .unwrap_or_default();
        let words = arguments(passed, script.language);
        match &script.launcher {
            Launcher::External => (Program::Nothing, Vec::new(), Vec::new()),
            Launcher::Cargo(target) => (Program::Cargo(target.clone()), words, Vec::new()),
            Launcher::Command(command) => {
                let mut command = command.iter().map(|word| self.fill(word, values));
                let program = at(&command.next().unwrap_or_default());
                (program, command.chain(words).collect(), Vec::new())
            }
            Launcher::Direct => {
                let path = script
                    .source
                    .as_ref()
                    .map(|source| source.path().to_owned())
                    .unwrap_or_default();
                (Program::At(path), words, Vec::new())
            }
            Launcher::Module {
                program,
                args,
                module,
            } => {
                let start = args.iter().cloned();
                let start = start.chain(["-m".to_owned(), module.clone()]);
                (at(program), start.chain(words).collect(), Vec::new())
            }
            Launcher::Interpreter { program, args }
                if script.language == Language::Notebook && is_papermill(program) =>
            {
                let folder = self.analysis.home.join("notebooks");
                let name = file::name_for(&self.step.name);
                let made = folder.join(format!("{name}.ipynb"));
                let parameters = folder.join(format!("{name}.json"));
                let text = serde_json::to_string_pretty(&parameters_of(passed)).unwrap_or_default();
                let given = [
                    path_in(&made, dir),
                    "-f".to_owned(),
                    path_in(&parameters, dir),
                ];
                let document = Document {
                    path: parameters,
                    text,
                };
                (
                    at(program),
                    args.iter().cloned().chain([file]).chain(given).collect(),
                    vec![document],
                )
            }
            Launcher::Interpreter { program, args } => (
                at(program),
                args.iter().cloned().chain([file]).chain(words).collect(),
                Vec::new(),
            ),
            Launcher::Main { program, args } => {
                let folder = self.analysis.home.join("main");
                let driver = folder.join("driver.py");
                let document = folder.join(format!("{}.json", file::name_for(&self.step.name)));
                let own = [path_in(&driver, dir), file, path_in(&document, dir)];
                let args = args.iter().cloned().chain(own).collect();
                let text = serde_json::to_string_pretty(&dictionaries(values)).unwrap_or_default();
                let documents = vec![
                    Document {
                        path: driver,
                        text: DRIVER.to_owned(),
                    },
                    Document {
                        path: document,
                        text,
                    },
                ];
                (at(program), args, documents)
            }
        }
    }

    fn planned(
        &self,
        wanted: fn(&Requirement) -> bool,
        values: &[(&Requirement, Value, bool)],
    ) -> Vec<PlannedPath> {
        let folder = working_folder(self.analysis, self.step);
        let all = values.iter().zip(self.checked.values.of(self.index));
        all.filter(|((requirement, ..), _)| wanted(requirement))
            .filter(|((_, _, told), taken)| *told || matches!(taken, Taken::Fixed(_)))
            .flat_map(|((requirement, value, _), taken)| {
                let ours = matches!(taken, Taken::Ours(_));
                paths(value, &folder)
                    .into_iter()
                    .map(move |path| PlannedPath {
                        name: requirement.name.clone(),
                        path,
                        data_type: requirement.data_type,
                        // What the script writes only under conditions that cannot be known is not insisted on.
                        required: requirement.required && requirement.is_answerable()
                            || requirement.path.is_some()
                            || ours && is_declared_output(requirement),
                        ours,
                        columns: needed_columns(requirement),
                    })
            })
            .collect()
    }

    /// Values that stand in for container paths.
    fn mapped(&self, values: &[(&Requirement, Value, bool)]) -> Vec<enclose::Mapped> {
        let place = |value: &Value| value.as_str().map(PathBuf::from);
        let mapped = values.iter().filter_map(|(requirement, value, _)| {
            let (path, place) = (container::path_of(requirement)?, place(value)?);
            container::is_mapped(requirement, Some(&place)).then(|| (path.to_owned(), place))
        });
        mapped.collect()
    }

    /// What the manifest expects of outputs, each with its place.
    fn expectations(&self, outputs: &[PlannedPath]) -> Vec<PlannedExpectation> {
        let expected = |output: &PlannedPath| {
            let expectations = self.step.expectations.get(&output.name);
            let expectations = expectations.into_iter().flatten();
            let planned = expectations.map(|expectation| PlannedExpectation {
                output: output.name.clone(),
                path: output.path.clone(),
                data_type: output.data_type,
                required: output.required,
                what: expectation.what.clone(),
                place: expectation.place.clone(),
            });
            planned.collect::<Vec<_>>()
        };
        outputs.iter().flat_map(expected).collect()
    }

    /// Texts that must never be shown.
    fn secrets(&self) -> Vec<String> {
        let taken = self.checked.values.of(self.index).iter();
        let secrets = taken.flat_map(|taken| match taken {
            Taken::Answer { secrets, .. } => secrets.clone(),
            _ => Vec::new(),
        });
        let inherited = self.checked.values.inherited_secrets(self.index);
        secrets
            .chain(inherited.iter().cloned())
            .filter(|secret| !secret.is_empty())
            .collect()
    }
}

/// The columns that a table which is read has to have, where that is sure.
fn needed_columns(requirement: &Requirement) -> Vec<String> {
    let columns = requirement.columns.iter().flatten();
    columns
        .filter(|column| {
            requirement.kind == Kind::Input && column.confidence == Confidence::Certain
        })
        .map(|column| column.name.clone())
        .collect()
}

/// Whether a value is a path of the user's that has to be found from any folder. Of other parameters that may be paths
/// it is not known whether they are: they are passed as written.
fn is_located(requirement: &Requirement) -> bool {
    requirement.kind.is_path() && is_path(requirement)
}

/// A value with its paths made absolute.
fn located(value: &Value, folder: &Path) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| located(item, folder)).collect(),
        value => paths(value, folder)
            .first()
            .map_or_else(|| value.clone(), |path| path_text(path)),
    }
}

/// One path for a requirement that takes several.
fn listed(requirement: &Requirement, path: Value) -> Value {
    match requirement.value_type {
        ValueType::List(_) => Value::Array(vec![path]),
        _ => path,
    }
}

fn path_text(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// A path as it is shortest from a folder.
fn path_in(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

/// Whether a program is papermill: it takes a notebook, the place of its filled copy, and a file of parameters.
fn is_papermill(program: &str) -> bool {
    program.rsplit('/').next() == Some("papermill")
}

/// What a notebook's parameters are set to.
fn parameters_of(passed: &[Passed<'_>]) -> Map<String, Value> {
    let mut all = Map::new();
    for Passed { requirement, value } in passed {
        for binding in &requirement.bindings {
            if let Binding::Parameter { parameter } = binding {
                all.insert(parameter.clone(), (*value).clone());
            }
        }
    }
    all
}

/// A job argument, which is handed over as it is: where nobody says of what type it is, what is written as a number or as
/// a switch is one. A text that a number would be written in otherwise (`007`) stays a text.
fn argument(requirement: &Requirement, value: &Value) -> Value {
    match value {
        Value::String(text) if requirement.origins.of(Field::Type).is_none() => {
            let resolved = yaml::resolve(text);
            let is_plain = resolved.is_number() || resolved.is_boolean();
            match is_plain && yaml::inline(&resolved) == *text {
                true => resolved,
                false => value.clone(),
            }
        }
        _ => value.clone(),
    }
}

/// What `main` is called with. Variables are named alone: their values are in the environment.
fn dictionaries(values: &[(&Requirement, Value, bool)]) -> Value {
    let mut maps: HashMap<MainParameter, Map<String, Value>> = HashMap::new();
    let mut variables: Vec<String> = Vec::new();
    for (requirement, value, told) in values {
        for binding in &requirement.bindings {
            let Binding::Main { main, key } = binding else {
                continue;
            };
            match main {
                MainParameter::EnvironVars if *told => variables.push(key.clone()),
                MainParameter::EnvironVars => {}
                // Attributes have to be there, be they nothing; keys that are not given stay away.
                MainParameter::JobArgs => {
                    maps.entry(*main)
                        .or_default()
                        .insert(key.clone(), argument(requirement, value));
                }
                MainParameter::InputPaths | MainParameter::OutputPaths if *told => {
                    maps.entry(*main)
                        .or_default()
                        .insert(key.clone(), value.clone());
                }
                MainParameter::InputPaths | MainParameter::OutputPaths => {}
            }
        }
    }
    let mut taken = |main| maps.remove(&main).unwrap_or_default();
    json!({
        "input_paths": taken(MainParameter::InputPaths),
        "output_paths": taken(MainParameter::OutputPaths),
        "environ_vars": variables,
        "job_args": taken(MainParameter::JobArgs),
    })
}
