//! Owns the way from a step to its script: which file, which language, which program starts it. (io: reads scripts)

pub mod candidates;
pub mod language;
mod meant;
mod remembered;
pub mod workspace;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed};
use crate::disk;
use crate::file::{self, ReadError};
use crate::manifest::{Manifest, Runs, Step};
use crate::script::{Entry, Language, Launcher, Script};
use crate::source::{Source, Span, Spanned};

pub use self::meant::{instead, similar_files};
use self::workspace::{FoundTarget, Refusal};

/// Finds what each step runs. A step whose script cannot be found keeps its place, without a text to read.
pub fn discover(manifest: &Manifest, cargo_toml: Option<&Path>) -> (Vec<Script>, Diagnostics) {
    let mut discovery = Discovery {
        manifest,
        cargo_toml,
        read: HashMap::new(),
        targets: OnceCell::new(),
        problems: Diagnostics::new(),
    };
    let scripts = manifest
        .steps
        .iter()
        .map(|step| discovery.script(step))
        .collect();
    (scripts, discovery.problems)
}

struct Discovery<'m> {
    manifest: &'m Manifest,
    cargo_toml: Option<&'m Path>,
    /// Texts by path: steps may share a script.
    read: HashMap<PathBuf, Option<Source>>,
    /// What Cargo said, asked once.
    targets: OnceCell<Result<Vec<FoundTarget>, Refusal>>,
    problems: Diagnostics,
}

impl Discovery<'_> {
    fn script(&mut self, step: &Step) -> Script {
        match &step.runs {
            Runs::Script { path, entry } => self.file(step, path, entry.unwrap_or_default()),
            Runs::Module(module) => self.module(step, module),
            Runs::Cargo { .. } => self.cargo(step),
            Runs::Command(words) => Script {
                name: words
                    .iter()
                    .map(|word| word.value.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
                source: None,
                language: Language::Other,
                entry: Entry::Cli,
                launcher: Launcher::Command(words.iter().map(|word| word.value.clone()).collect()),
            },
            Runs::External | Runs::Unclear => Script {
                name: "external".to_owned(),
                source: None,
                language: Language::Other,
                entry: Entry::Cli,
                launcher: Launcher::External,
            },
        }
    }

    fn read(&mut self, path: &Path, place: Span, step: &Step) -> Option<Source> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        let read = match file::read_lossy(path, &self.manifest.folder) {
            Ok(source) => Some(source),
            Err(ReadError::NotFound) => {
                self.problems
                    .push(script_not_found(self.manifest, place, step, path));
                None
            }
            Err(ReadError::Refused(why)) => {
                self.problems
                    .push(script_unreadable(self.manifest, place, path, &why));
                None
            }
        };
        // A problem is told once for each step that has it; a text is kept for the next.
        if read.is_some() {
            self.read.insert(path.to_owned(), read.clone());
        }
        read
    }

    fn file(&mut self, step: &Step, path: &Spanned<String>, entry: Entry) -> Script {
        let full = file::resolve(&self.manifest.folder, &path.value);
        let source = self.read(&full, path.span, step);
        if source.as_ref().is_some_and(|s| s.text().trim().is_empty()) {
            self.problems
                .push(script_empty(self.manifest, path.span, step));
        }
        let recognised = language::recognise(&path.value, source.as_ref().map_or("", Source::text));
        let language = recognised.as_ref().map_or(Language::Other, |r| r.language);
        let chosen = self.chosen(step, language);
        let words = chosen.or_else(|| recognised.and_then(|r| r.program));
        let launcher = match words {
            Some(words) if entry == Entry::Main => Launcher::Main {
                program: first(&words),
                args: words[1..].to_vec(),
            },
            Some(words) => Launcher::Interpreter {
                program: first(&words),
                args: words[1..].to_vec(),
            },
            None => Launcher::Direct,
        };
        if launcher == Launcher::Direct && source.is_some() && !is_executable(&full) {
            self.problems
                .push(unknown_language(self.manifest, path.span, &path.value));
        }
        Script {
            name: file::display(&full, &self.manifest.folder),
            source,
            language,
            entry,
            launcher,
        }
    }

    /// The interpreter that the manifest names for a step: a path with a `/` is relative to the manifest's folder. Python
    /// that nobody names is that of a virtual environment `.venv` beside the manifest, where there is one; what runs
    /// notebooks is what lies beside Python.
    fn chosen(&self, step: &Step, language: Language) -> Option<Vec<String>> {
        let settings = &step.settings;
        let words = settings
            .interpreter
            .as_ref()
            .or_else(|| settings.interpreters.get(&language));
        let Some(words) = words else {
            // An image has its own.
            let program = match language {
                _ if settings.image.is_some() => None,
                Language::Python => Some(self.manifest.folder.join(".venv/bin/python")),
                Language::Notebook => {
                    let python = settings.interpreters.get(&Language::Python);
                    let python = python.map_or(".venv/bin/python", |words| words.value[0].as_str());
                    // A name alone is looked for along PATH, and so is what lies beside it.
                    let python = python.contains('/').then(|| self.resolved(python));
                    python.map(|python| python.with_file_name(language::PAPERMILL))
                }
                _ => None,
            };
            let found = program.filter(|program| is_executable(program))?;
            return Some(vec![found.to_string_lossy().into_owned()]);
        };
        let mut words = words.value.clone();
        if words[0].contains('/') {
            words[0] = self.resolved(&words[0]).to_string_lossy().into_owned();
        }
        Some(words)
    }

    /// A path of the manifest, from its folder on.
    fn resolved(&self, path: &str) -> PathBuf {
        file::resolve(&self.manifest.folder, path)
    }

    fn module(&mut self, step: &Step, module: &Spanned<String>) -> Script {
        let folder = match &step.settings.cwd {
            Some(cwd) => file::resolve(&self.manifest.folder, &cwd.value),
            None => self.manifest.folder.clone(),
        };
        let base = module
            .value
            .split('.')
            .fold(folder, |path, part| path.join(part));
        let candidates = [base.with_extension("py"), base.join("__main__.py")];
        let source = match candidates.iter().find(|path| disk::is_file(path)) {
            Some(path) => {
                let source = self.read(path, module.span, step);
                if source.as_ref().is_some_and(|s| s.text().trim().is_empty()) {
                    self.problems
                        .push(script_empty(self.manifest, module.span, step));
                }
                source
            }
            None => {
                self.problems
                    .push(module_not_found(self.manifest, module, &candidates));
                None
            }
        };
        let words = self.chosen(step, Language::Python);
        let words = words.unwrap_or_else(|| vec!["python3".to_owned()]);
        Script {
            name: format!("python -m {}", module.value),
            source,
            language: Language::Python,
            entry: Entry::Cli,
            launcher: Launcher::Module {
                program: first(&words),
                args: words[1..].to_vec(),
                module: module.value.clone(),
            },
        }
    }

    fn cargo(&mut self, step: &Step) -> Script {
        let Runs::Cargo {
            kind,
            name,
            package,
            release,
            features,
        } = &step.runs
        else {
            unreachable!("only called for Cargo targets");
        };
        let mut script = Script {
            name: format!("cargo {} {}", target_word(*kind), name.value),
            source: None,
            language: Language::Rust,
            entry: Entry::Cli,
            launcher: Launcher::External,
        };
        let first_time = self.targets.get().is_none();
        let asked = self.targets.get_or_init(|| {
            let steps = self.manifest.steps.iter();
            let wanted = steps.filter_map(|step| match &step.runs {
                Runs::Cargo { kind, name, .. } => Some((*kind, name.value.as_str())),
                _ => None,
            });
            let wanted: Vec<_> = wanted.collect();
            workspace::targets_with(&self.manifest.folder, self.cargo_toml, &wanted)
        });
        match asked {
            Err(said) if first_time => {
                self.problems
                    .push(cargo_unavailable(self.manifest, name.span, said))
            }
            Err(_) => {}
            Ok(targets) => {
                let fits = |t: &&FoundTarget| {
                    t.target.kind == *kind
                        && package
                            .as_ref()
                            .is_none_or(|package| *package == t.target.package)
                };
                match targets
                    .iter()
                    .filter(fits)
                    .find(|t| t.target.name == name.value)
                {
                    Some(found) => {
                        script.source = file::read_lossy(&found.source, &self.manifest.folder).ok();
                        let mut target = found.target.clone();
                        target.release = *release;
                        target.features.clone_from(features);
                        script.launcher = Launcher::Cargo(target);
                    }
                    None => {
                        let known: Vec<&str> = targets
                            .iter()
                            .filter(fits)
                            .map(|t| t.target.name.as_str())
                            .collect();
                        self.problems.push(no_such_target(
                            self.manifest,
                            name,
                            target_word(*kind),
                            &known,
                        ));
                    }
                }
            }
        }
        script
    }
}

fn first(words: &[String]) -> String {
    words.first().cloned().unwrap_or_default()
}

fn target_word(kind: crate::script::TargetKind) -> &'static str {
    match kind {
        crate::script::TargetKind::Bin => "bin",
        crate::script::TargetKind::Example => "example",
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    disk::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    false
}

fn script_not_found(manifest: &Manifest, span: Span, step: &Step, path: &Path) -> Diagnostic {
    let name = file::display(path, &manifest.folder);
    let help = instead(manifest.source.slice(span), path, &manifest.folder);
    Diagnostic::new(
        Code::ScriptNotFound,
        format!("the script of step `{}` does not exist", step.name),
    )
    .at(manifest.at(span), format!("there is no `{name}`"))
    .help(help.unwrap_or_else(|| "paths are relative to the manifest's folder".to_owned()))
}

fn script_empty(manifest: &Manifest, span: Span, step: &Step) -> Diagnostic {
    Diagnostic::new(
        Code::ScriptEmpty,
        format!("the script of step `{}` has nothing in it", step.name),
    )
    .at(manifest.at(span), "this file is empty")
    .help("write the script, or name another one")
}

fn script_unreadable(manifest: &Manifest, span: Span, path: &Path, why: &str) -> Diagnostic {
    let name = file::display(path, &manifest.folder);
    Diagnostic::new(Code::Unreadable, format!("`{name}` cannot be read"))
        .at(manifest.at(span), why.to_owned())
        .help("name a script that can be read")
}

fn unknown_language(manifest: &Manifest, span: Span, path: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownLanguage,
        format!("it is not known how to start `{path}`"),
    )
    .at(
        manifest.at(span),
        "no known suffix, no `#!` line, not executable",
    )
    .help("add `interpreter:` to the step, or a `#!` line to the script")
}

fn module_not_found(
    manifest: &Manifest,
    module: &Spanned<String>,
    candidates: &[PathBuf],
) -> Diagnostic {
    let names: Vec<String> = candidates
        .iter()
        .map(|path| file::display(path, &manifest.folder))
        .collect();
    Diagnostic::new(
        Code::ScriptNotFound,
        format!("the module `{}` does not exist", module.value),
    )
    .at(
        manifest.at(module.span),
        format!("there is neither {}", names.join(" nor ")),
    )
    .help(
        "the module is looked for in the step's working folder; set `cwd` where it lies elsewhere",
    )
}

fn cargo_unavailable(manifest: &Manifest, span: Span, said: &Refusal) -> Diagnostic {
    let finding = Diagnostic::new(
        Code::CargoUnavailable,
        format!("cargo cannot describe the workspace: {}", said.why),
    );
    let broken = said.at.as_ref().and_then(|(path, line, column)| {
        let path = file::resolve(&manifest.folder, path);
        let source = file::read_lossy(&path, &manifest.folder).ok()?;
        let span = source.line_span(*line);
        let start = source.line_starts().get(line.checked_sub(1)?)? + column.checked_sub(1)?;
        Some(source.at(Span::new(start.clamp(span.start, span.end), span.end)))
    });
    let help = match &broken {
        Some(place) => format!("mend `{}`", place.source.name()),
        None if said.why.contains("could not find") => {
            "put the manifest into a Cargo workspace, or name its Cargo.toml with `--manifest-path`"
                .to_owned()
        }
        None => "mend what Cargo names; `cargo metadata --no-deps` says it again".to_owned(),
    };
    finding
        .maybe_at(broken, "cargo stops here")
        .at(manifest.at(span), "this target is looked for in it")
        .help(help)
}

fn no_such_target(
    manifest: &Manifest,
    name: &Spanned<String>,
    word: &str,
    known: &[&str],
) -> Diagnostic {
    let help = did_you_mean(&name.value, known.iter().copied())
        .unwrap_or_else(|| format!("the workspace has {}", listed(known.iter().copied())));
    Diagnostic::new(
        Code::CargoTargetNotFound,
        format!("cargo has no {word} `{}`", name.value),
    )
    .at(manifest.at(name.span), "not a target of this workspace")
    .help(help)
}
