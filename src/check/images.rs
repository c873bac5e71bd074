//! Owns the question whether there is a program that runs containers, for steps whose manifest names an image. (io: looks
//! along PATH, and starts nothing)

use std::path::PathBuf;

use super::programs;
use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{Image, Step};
use crate::script::Launcher;

/// Programs that run containers and take the same command line, in the order in which they are looked for.
const ENGINES: &[&str] = &["docker", "podman"];

/// The program that runs the containers of an image: the one that the manifest names, or the first that is installed.
pub fn engine(analysis: &Analysis, image: &Image) -> Option<PathBuf> {
    let find = |name: &str| programs::find(name, &analysis.manifest.folder);
    match &image.engine {
        Some(engine) => find(&engine.value),
        None => ENGINES.iter().find_map(|name| find(name)),
    }
}

/// The image that a step runs in; none for one that runs nothing.
pub fn image_of(analysis: &Analysis, index: usize) -> Option<&Image> {
    let launcher = &analysis.steps[index].script.launcher;
    let image = analysis.manifest.steps[index].settings.image.as_ref();
    image.filter(|_| *launcher != Launcher::External)
}

/// A finding for each place of the manifest that names an image, where nothing runs containers.
pub fn check(analysis: &Analysis, selected: &[usize]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let mut told = Vec::new();
    for &index in selected {
        let Some(image) = image_of(analysis, index) else {
            continue;
        };
        let span = image.engine.as_ref().map_or(image.name.span, |e| e.span);
        if !told.contains(&span) && engine(analysis, image).is_none() {
            told.push(span);
            problems.push(no_engine(analysis, &analysis.manifest.steps[index], image));
        }
    }
    problems
}

fn no_engine(analysis: &Analysis, step: &Step, image: &Image) -> Diagnostic {
    let (step, name) = (&step.name, &image.name.value);
    let (message, span, help) = match &image.engine {
        Some(engine) => (
            format!(
                "step `{step}` runs in the image `{name}`, and there is no program `{}`",
                engine.value
            ),
            engine.span,
            "install it, or name another one that takes the command line of `docker run`",
        ),
        None => (
            format!(
                "step `{step}` runs in the image `{name}`, and neither `docker` nor `podman` is installed"
            ),
            image.name.span,
            "install one of them, or name another program with `image: { name: …, engine: … }`; they are looked for along PATH",
        ),
    };
    Diagnostic::new(Code::InterpreterNotFound, message)
        .at(
            analysis.manifest.at(span),
            "needs a program that runs containers",
        )
        .help(help)
}
