//! The command `status`: how far each step is configured, and what it waits for.

mod explained;

use crate::analysis;
use crate::check::{self, status};
use crate::exit_code::Exit;
use crate::plan::select;
use crate::report::words::counted;
use crate::ui::{Tone, Ui, paint};

use super::args::{Format, Global, Settings};
use super::table::{self, plain, toned};

/// Show how far each step is configured and what it waits for
///
/// A step is `pending` where nothing of what it needs is given, `partial` where some is or something does not fit,
/// `complete` where all is given, `validated` where the last check passed on these very bytes. One that needs nothing of
/// you is `auto-configured`, or `auto-configurable` as long as the answers do not name it.
///
/// The exit code is 0 where a run would start, else what `check` would give.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For whom to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show of these steps what each requirement gets, and from where
    #[arg(long, value_name = "STEP", conflicts_with = "format")]
    explain: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    let answers = match check::read_answers(&analysis) {
        Ok(answers) => answers.with_settings(&args.settings.set),
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(&analysis, &answers, &all, &super::environment);
    if !args.explain.is_empty() {
        for name in &args.explain {
            match select::steps_named(&analysis.manifest, name) {
                Ok(steps) => steps
                    .into_iter()
                    .for_each(|step| ui.out(&explained::step(&analysis, &checked, step))),
                Err(problem) => {
                    ui.diagnostics(&(*problem).into());
                    return Exit::Usage;
                }
            }
        }
        return check::verdict(&checked.problems, &analysis).into();
    }
    let status = status::status(&analysis, &checked);
    ui.out(&match args.format {
        Format::Human => human(&status),
        Format::Json => serde_json::to_string_pretty(&status).unwrap_or_default(),
    });
    let verdict = check::verdict(&checked.problems, &analysis);
    let told = status
        .steps
        .values()
        .map(|step| step.missing.len() + step.invalid.len())
        .sum::<usize>();
    let others = checked
        .problems
        .count(crate::diagnostic::Severity::Error)
        .saturating_sub(told);
    if others > 0 && args.format == Format::Human {
        let stand = if others == 1 { "stands" } else { "stand" };
        ui.out(&format!(
            "  {} {stand} in the way: see cargo runtime-test check",
            counted(others, "other problem")
        ));
    }
    verdict.into()
}

fn human(status: &status::Status) -> String {
    let rows: Vec<Vec<table::Cell>> = status
        .steps
        .iter()
        .map(|(name, step)| {
            let tone = if step.state.is_ready() {
                Tone::Good
            } else {
                Tone::Warn
            };
            let mut waits: Vec<String> = step
                .missing
                .iter()
                .map(|answer| format!("{answer} is missing"))
                .collect();
            waits.extend(
                step.invalid
                    .iter()
                    .map(|invalid| match invalid.answer.as_str() {
                        "" => invalid.message.clone(),
                        answer => format!("{answer}: {}", invalid.message),
                    }),
            );
            if waits.is_empty() {
                waits.extend(
                    step.wired
                        .iter()
                        .map(|(input, from)| format!("{input} from {from}")),
                );
            }
            vec![
                toned(Tone::Name, name),
                toned(tone, step.state.as_str()),
                plain(waits.join("; ")),
            ]
        })
        .collect();
    let ready = match status.ready {
        true => paint(Tone::Good, "ready to run"),
        false => paint(Tone::Warn, "not ready"),
    };
    format!(
        "{}: {ready}, {} of {} steps configured\n\n{}",
        paint(Tone::Strong, &status.pipeline),
        status.configured,
        status.total,
        table::render(&rows)
    )
}
