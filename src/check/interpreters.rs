//! Owns what is known of an interpreter without starting it: its version, told by its path, the environment it belongs
//! to, or what is installed beside it; and whether that is one that the manifest allows. (io: looks, and starts nothing)

use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::disk;
use crate::file;
use crate::manifest::version::{self, Version, Versions};
use crate::script::{Language, Launcher};
use crate::source::Spanned;

use super::images;
use super::programs;
use super::values::working_folder;

/// Looks at the interpreters of the selected steps of which the manifest asks a version, each told once.
pub fn check(analysis: &Analysis, selected: &[usize]) -> Diagnostics {
    let mut told = Diagnostics::new();
    for &index in selected {
        told.extend(of_step(analysis, index));
    }
    let mut seen = Vec::new();
    told.changed(|finding| {
        let key = (finding.place().cloned(), finding.message.clone());
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new.then_some(finding)
    })
}

/// The program that interprets a step's script, where one does.
pub(super) fn program(launcher: &Launcher) -> Option<&str> {
    match launcher {
        Launcher::Interpreter { program, .. }
        | Launcher::Module { program, .. }
        | Launcher::Main { program, .. } => Some(program),
        _ => None,
    }
}

fn of_step(analysis: &Analysis, index: usize) -> Option<Diagnostic> {
    let step = &analysis.manifest.steps[index];
    let script = &analysis.steps[index].script;
    let program = program(&script.launcher)?;
    // What an image has is known to nobody who does not start it.
    if images::image_of(analysis, index).is_some() {
        return None;
    }
    let settings = &step.settings;
    let by_language = || settings.versions.get(&script.language);
    // A step's own interpreter has its own version.
    let wanted = match &settings.interpreter {
        Some(_) => settings.version.as_ref(),
        None => settings.version.as_ref().or_else(by_language),
    }?;
    let folder = working_folder(analysis, step);
    // A program that is not there is a finding of its own.
    let found = programs::find(program, &folder)?;
    match version_of(&found, script.language, &folder) {
        Some(known) => match wanted.value.allow(&known) {
            Some(true) => None,
            Some(false) => Some(other_version(analysis, wanted, program, &known)),
            None => Some(not_known(analysis, wanted, program, Some(&known))),
        },
        None => Some(not_known(analysis, wanted, program, None)),
    }
}

/// The version of a program, as far as its surroundings tell it.
pub(super) fn version_of(program: &Path, language: Language, folder: &Path) -> Option<Version> {
    let program = chosen_by_shim(program, folder).unwrap_or_else(|| program.to_owned());
    let real = disk::canonicalize(&program).ok()?;
    let above = |path: &Path| Some(path.parent()?.parent()?.to_owned());
    let by_environment = above(&program).and_then(|home| configured(&home));
    let by_path = || real.iter().rev().find_map(|part| named(part.to_str()?));
    let by_packages = || (language == Language::Python).then(|| installed(&above(&real)?))?;
    let mut known: Vec<Version> = [by_environment, by_path(), by_packages()]
        .into_iter()
        .flatten()
        .collect();
    // The one that says most.
    known.sort_by_key(Vec::len);
    known.pop()
}

/// The program that a version manager's shim starts: pyenv's and its kin keep `shims/` and `versions/` side by side.
pub(super) fn chosen_by_shim(program: &Path, folder: &Path) -> Option<PathBuf> {
    let shims = program
        .parent()
        .filter(|parent| parent.ends_with("shims"))?;
    let root = shims.parent()?;
    let written = |path: PathBuf| disk::read_to_string(path).ok();
    let by_variable = std::env::var("PYENV_VERSION")
        .ok()
        .filter(|v| !v.is_empty());
    let by_file = || {
        let mut above = folder.ancestors();
        above.find_map(|above| written(above.join(".python-version")))
    };
    let chosen = by_variable
        .map(|chosen| chosen.replace(':', "\n"))
        .or_else(by_file)
        .or_else(|| written(root.join("version")))?;
    let name = program.file_name()?;
    let mut candidates = chosen
        .split_whitespace()
        .map(|version| root.join("versions").join(version).join("bin").join(name));
    candidates.find(|path| disk::is_file(path))
}

/// What a virtual environment says of its interpreter.
fn configured(home: &Path) -> Option<Version> {
    let text = disk::read_to_string(home.join("pyvenv.cfg")).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let is_version = matches!(key.trim(), "version" | "version_info");
        is_version.then(|| leading(value.trim())).flatten()
    })
}

/// The version in a name: `python3.11`, `python@3.11`, `3.11.7`, `cpython-3.11.7-linux-x86_64-gnu`.
fn named(name: &str) -> Option<Version> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    let before = name[..at].trim_end_matches(['-', '@', '_']);
    let is_program = before.chars().all(|c| c.is_ascii_alphabetic());
    // `lib64` and `x86` are no versions of anything.
    leading(&name[at..]).filter(|version| is_program && version.len() > 1)
}

/// The numbers with which a text begins.
fn leading(text: &str) -> Option<Version> {
    let numbers = text.split('.').map_while(|part| {
        let digits: &str = &part[..part.bytes().take_while(u8::is_ascii_digit).count()];
        digits
            .parse()
            .ok()
            .map(|n: u64| (n, digits.len() == part.len()))
    });
    let mut version = Version::new();
    for (number, is_whole) in numbers {
        version.push(number);
        if !is_whole {
            break;
        }
    }
    (!version.is_empty()).then_some(version)
}

/// What is installed below a Python's home: conda's record of it, or the one folder of its library.
fn installed(home: &Path) -> Option<Version> {
    let names = |folder: PathBuf| {
        let entries = disk::read_dir(folder).into_iter().flatten().flatten();
        entries
            .take(10_000)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    let conda = names(home.join("conda-meta"));
    let by_conda = conda.iter().find_map(|name| {
        let rest = name.strip_prefix("python-")?;
        let (written, _) = rest.split_once('-')?;
        version::version(written)
    });
    by_conda.or_else(|| {
        let libraries = names(home.join("lib"));
        let mut all = libraries.iter().filter_map(|name| {
            let written = name.strip_prefix("python")?;
            version::version(written).filter(|version| version.len() > 1)
        });
        all.next().filter(|_| all.next().is_none())
    })
}

fn dotted(version: &[u64]) -> String {
    let numbers: Vec<String> = version.iter().map(u64::to_string).collect();
    numbers.join(".")
}

fn other_version(
    analysis: &Analysis,
    wanted: &Spanned<Versions>,
    program: &str,
    known: &[u64],
) -> Diagnostic {
    let shown = file::display(Path::new(program), &analysis.manifest.folder);
    Diagnostic::new(
        Code::InterpreterVersion,
        format!("`{shown}` is version {}", dotted(known)),
    )
    .at(
        analysis.manifest.at(wanted.span),
        format!("`{}` is asked for here", wanted.value),
    )
    .help("install one that fits, name it with `program:`, or allow this version")
}

fn not_known(
    analysis: &Analysis,
    wanted: &Spanned<Versions>,
    program: &str,
    known: Option<&[u64]>,
) -> Diagnostic {
    let shown = file::display(Path::new(program), &analysis.manifest.folder);
    let message = match known {
        Some(known) => format!(
            "of the version of `{shown}`, only {} is known",
            dotted(known)
        ),
        None => format!("the version of `{shown}` is not known"),
    };
    let mut finding = Diagnostic::new(Code::InterpreterVersion, message).at(
        analysis.manifest.at(wanted.span),
        format!(
            "`{}` is asked for here, and nothing tells without starting it",
            wanted.value
        ),
    );
    finding.severity = Severity::Advice;
    finding.help(format!("look yourself: `{shown} --version`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        for (name, expected) in [
            ("python3.11", "3.11"),
            ("python3", ""),
            ("python@3.12", "3.12"),
            ("3.11.7", "3.11.7"),
            ("cpython-3.13.1-linux-x86_64-gnu", "3.13.1"),
            ("pypy3.10-v7.3.12", "3.10"),
            ("lib64", ""),
            ("x86_64-linux-gnu", ""),
            ("bin", ""),
            ("3.14t", "3.14"),
        ] {
            let told = named(name).map_or(String::new(), |version| dotted(&version));
            assert_eq!(told, expected, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn surroundings_tell_the_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            file::write(&folder.path().join(name), text).expect("written");
        };
        write("venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.4\n");
        write("venv/bin/python", "");
        write("new/pyvenv.cfg", "version_info = 3.12.1.final.0\n");
        write("new/bin/python", "");
        write("conda/conda-meta/python-3.10.9-h7a1cb2a_2.json", "{}");
        write("conda/bin/python", "");
        write("plain/lib/python3.9/os.py", "");
        write("plain/bin/python3", "");
        write("two/lib/python3.9/os.py", "");
        write("two/lib/python3.10/os.py", "");
        write("two/bin/python3", "");
        write("pyenv/shims/python", "");
        write("pyenv/version", "3.8.18\n");
        write("pyenv/versions/3.8.18/bin/python", "");
        for (program, expected) in [
            ("venv/bin/python", "3.11.4"),
            ("new/bin/python", "3.12.1"),
            ("conda/bin/python", "3.10.9"),
            ("plain/bin/python3", "3.9"),
            ("two/bin/python3", ""),
            ("pyenv/shims/python", "3.8.18"),
        ] {
            let path = folder.path().join(program);
            let told = version_of(&path, Language::Python, folder.path());
            let told = told.map_or(String::new(), |version| dotted(&version));
            assert_eq!(told, expected, "{program}");
        }
    }
}
