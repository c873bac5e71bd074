//! The command `check`: every problem at once.

use crate::analysis;
use crate::check::{self, status};
use crate::exit_code::Exit;
use crate::file;
use crate::ui::{Tone, Ui, paint};

use super::args::Global;

/// Report every problem in manifest, scripts and answers at once
///
/// Nothing is started: neither scripts nor interpreters. `cargo runtime-test explain CODE` tells more of a finding.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn main(global: &Global, _args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    let path = analysis.beside("answers.yaml");
    let text = match check::read_answers(&path, &analysis.manifest.folder) {
        Ok(text) => text,
        Err(mut problems) => {
            problems.extend(analysis.problems.clone());
            ui.diagnostics(&problems.sorted());
            return Exit::AnswersInvalid;
        }
    };
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(&analysis, text.as_ref(), &all, &super::environment);
    ui.diagnostics(&checked.problems);
    let verdict = check::verdict(&checked.problems, &path);
    if !checked.problems.has_errors() {
        if let Err(error) = status::remember_passed(&analysis, &checked) {
            let home = file::display(&analysis.home, &analysis.manifest.folder);
            return super::failed(
                &format!("cannot write to `{home}`: {}", file::plain(&error)),
                ui,
            );
        }
        let total: usize = analysis
            .steps
            .iter()
            .map(|step| step.requirements.len())
            .sum();
        ui.out(&format!(
            "{}: {} steps and {total} requirements checked, {}",
            paint(Tone::Strong, &analysis.manifest.pipeline),
            analysis.steps.len(),
            paint(Tone::Good, "ready to run")
        ));
    }
    verdict.into()
}
