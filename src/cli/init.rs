//! The command `init`: reads the pipeline, writes the schema and the skeleton, says what is left to do.

use crate::analysis::{self, Analysis};
use crate::answers::skeleton;
use crate::check::{self, Checked, status};
use crate::exit_code::Exit;
use crate::extract;
use crate::file;
use crate::report::words::counted;
use crate::requirement::Requirement;
use crate::schema;
use crate::ui::{Tone, Ui, paint};

use super::args::Global;
use super::table::{self, plain, toned};

/// Read every script and write the answers file to fill in
///
/// Writes `runtime-test.answers.schema.json`, which gives editors completion, hover and red underlines, and, where there
/// is none yet, the skeleton `runtime-test.answers.yaml`. Answers that are there already stay as they are, byte for byte;
/// what is missing in them is listed. No script is run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn main(global: &Global, _args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    if analysis.problems.has_errors() {
        ui.diagnostics(&analysis.problems);
        ui.note("nothing was written: mend the manifest or the scripts first");
        return Exit::ManifestInvalid;
    }
    let answers = analysis.beside("answers.yaml");
    let text = match check::read_answers(&answers, &analysis.manifest.folder) {
        Ok(text) => text,
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let steps = check::asked(&analysis);
    let schema_path = analysis.beside("answers.schema.json");
    let schema = schema::render(&schema::schema(&analysis.manifest.pipeline, &steps));
    let mut written = vec![(schema_path.clone(), schema)];
    let asks = steps.iter().any(|step| !step.asks_nothing());
    if text.is_none() {
        let schema_name = schema_path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        written.push((
            answers.clone(),
            skeleton::skeleton(&steps).replacen(
                "runtime-test.answers.schema.json",
                &schema_name,
                1,
            ),
        ));
    }
    for (path, text) in &written {
        if let Err(error) = file::write(path, text) {
            let name = file::display(path, &analysis.manifest.folder);
            return super::failed(
                &format!("cannot write `{name}`: {}", file::plain(&error)),
                ui,
            );
        }
    }
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(&analysis, text.as_ref(), &all, &super::environment);
    ui.diagnostics(&analysis.problems);
    ui.out(&told(&analysis, &checked));
    for (path, _) in &written {
        ui.out(&format!(
            "  wrote {}",
            paint(
                Tone::Strong,
                &file::display(path, &analysis.manifest.folder)
            )
        ));
    }
    let name = file::display(&answers, &analysis.manifest.folder);
    let missing: usize = status::status(&analysis, &checked)
        .steps
        .values()
        .map(|step| step.missing.len())
        .sum();
    ui.out(&match (text.is_some(), missing) {
        (true, 0) => format!("  kept {name} as it is; nothing is missing\n\nnext: cargo runtime-test check"),
        (true, 1) => format!("  kept {name} as it is; 1 answer is missing\n\nnext: add it, then cargo runtime-test check"),
        (true, missing) => {
            format!("  kept {name} as it is; {missing} answers are missing\n\nnext: add them, then cargo runtime-test check")
        }
        (false, _) if asks => format!("\nnext: fill {name} in your editor, then cargo runtime-test check"),
        (false, _) => "\nnext: cargo runtime-test run".to_owned(),
    });
    Exit::Done
}

/// What was found: a line a step, and how much of it is left to the user.
fn told(analysis: &Analysis, checked: &Checked) -> String {
    let status = status::status(analysis, checked);
    let total: usize = analysis
        .steps
        .iter()
        .map(|step| step.requirements.len())
        .sum();
    let asked: usize = analysis
        .steps
        .iter()
        .flat_map(|step| &step.requirements)
        .filter(|r| r.needs_answer())
        .count();
    let mut scripts: Vec<&std::path::Path> = analysis
        .steps
        .iter()
        .filter(|step| extract::can_read(step.script.language))
        .filter_map(|step| Some(step.script.source.as_ref()?.path()))
        .collect();
    scripts.sort_unstable();
    scripts.dedup();
    let rows: Vec<Vec<table::Cell>> = analysis
        .ordered()
        .map(|(step, analysed)| {
            let wants: Vec<String> = analysed
                .requirements
                .iter()
                .filter(|r| r.needs_answer())
                .map(Requirement::key)
                .collect();
            let missing = status
                .steps
                .get(&step.name)
                .map(|s| s.missing.clone())
                .unwrap_or_default();
            let state = match (wants.as_slice(), missing.as_slice()) {
                ([], _) => toned(Tone::Good, "configures itself"),
                (_, []) => toned(Tone::Good, "answered"),
                _ => toned(Tone::Warn, "waits for you"),
            };
            vec![
                toned(Tone::Name, &step.name),
                plain(&analysed.script.name),
                state,
                plain(missing.join(", ")),
            ]
        })
        .collect();
    let mut text = format!(
        "{}: {}, {} read, {} found\n\n{}",
        paint(Tone::Strong, &analysis.manifest.pipeline),
        counted(rows.len(), "step"),
        counted(scripts.len(), "script"),
        counted(total, "requirement"),
        table::render(&rows)
    );
    let percent = (asked * 100).checked_div(total).unwrap_or_default();
    let alone = analysis
        .steps
        .iter()
        .filter(|step| !step.requirements.iter().any(Requirement::needs_answer))
        .count();
    text.push_str(&format!(
        "\n  {asked} of {total} requirements are left to you ({percent} %); {alone} of {} steps configure themselves\n",
        rows.len()
    ));
    for (step, analysed) in analysis.ordered() {
        for note in &analysed.notes {
            text.push_str(&format!(
                "  note: step {}: {} ({})\n",
                step.name, note.message, note.place
            ));
        }
    }
    text
}
