//! The command `inspect`: shows what was found in scripts, with the evidence.

use std::path::PathBuf;

use crate::analysis;
use crate::diagnostic::Diagnostics;
use crate::exit_code::Exit;
use crate::inspect;
use crate::plan::select::{self, Selection};
use crate::ui::Ui;

use super::args::{Format, Global};

/// Show what each script needs and where that is read
///
/// Without a step, all steps are shown. `--script` reads any file, anywhere, with the contract that lies beside it, and
/// needs no manifest. No script is run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only these steps
    #[arg(value_name = "STEP", conflicts_with = "script")]
    steps: Vec<String>,
    /// Read these files; no manifest is needed
    #[arg(long, value_name = "FILE", num_args = 1..)]
    script: Vec<PathBuf>,
    /// For whom to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let (inspection, problems) = if args.script.is_empty() {
        let analysis = match analysis::analyse(&global.options()) {
            Ok(analysis) => analysis,
            Err(problems) => return super::refuse(problems, ui),
        };
        let selection = Selection {
            only: args.steps.clone(),
            ..Selection::default()
        };
        match select::select(&analysis.manifest, &selection) {
            Ok(selected) => (inspect::steps(&analysis, &selected), analysis.problems),
            Err(problems) => {
                ui.diagnostics(&problems);
                return Exit::Usage;
            }
        }
    } else {
        let mut problems = Diagnostics::new();
        let folder = global.folder();
        let mut read = Vec::new();
        for path in &args.script {
            match analysis::analyse_script_with_contract(path, &folder) {
                Ok((step, found)) => {
                    read.push(step);
                    problems.extend(found);
                }
                Err(found) => problems.extend(found),
            }
        }
        (inspect::scripts(&read), problems)
    };
    ui.out(&match args.format {
        Format::Human => inspect::render(&inspection),
        Format::Json => serde_json::to_string_pretty(&inspection).unwrap_or_default(),
    });
    match (problems.has_errors(), args.script.is_empty()) {
        (false, true) => Exit::Done,
        (false, false) => {
            ui.diagnostics(&problems);
            Exit::Done
        }
        (true, true) => {
            ui.warning("the pipeline cannot run as it is: see `cargo runtime-test check`");
            Exit::ManifestInvalid
        }
        (true, false) => {
            ui.diagnostics(&problems);
            Exit::ManifestInvalid
        }
    }
}
