//! The command `graph`: draws the pipeline's DAG.

use clap::ValueEnum;

use crate::analysis;
use crate::check::{self, status};
use crate::exit_code::Exit;
use crate::graph::condense::{GROUPS, MANY, condense};
use crate::graph::{Dag, Look, dot, mermaid, svg, text};
use crate::plan::{build, outline, select};
use crate::ui::{Tone, Ui, paint};

use super::args::{Global, Steps};

/// Draw the pipeline: its steps, what goes between them, and what waits for answers
///
/// Nothing is started, and answers need not be there yet.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    steps: Steps,
    /// As what to draw it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Draw each step, however many there are
    ///
    /// Without it, more than 400 steps are drawn in groups of steps that are alike; as `dot`, each is always drawn.
    #[arg(long)]
    whole: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for a terminal.
    #[default]
    Text,
    /// A flowchart for Markdown.
    Mermaid,
    /// Graphviz's language.
    Dot,
    /// A drawing.
    Svg,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    let selected = match select::select(&analysis.manifest, &args.steps.selection()) {
        Ok(selected) => selected,
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::Usage;
        }
    };
    let left_out = select::left_out(&analysis.manifest, &args.steps.selection(), &selected);
    ui.diagnostics(&left_out);
    if selected.is_empty() {
        ui.error("nothing was selected to draw");
        return Exit::NothingSelected;
    }
    let answers = match check::read_answers(&analysis) {
        Ok(answers) => answers,
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(&analysis, &answers, &all, &super::environment);
    let status = status::status(&analysis, &checked);
    let plan = build::build(&analysis, &checked, &selected);
    let outline = outline::outline(&analysis, &checked, &plan);
    let dag = Dag::of(&outline, |step| match status.steps.get(step) {
        Some(step) => look(step),
        None => Look {
            state: String::new(),
            tone: Tone::Dim,
            notes: Vec::new(),
            gives: false,
        },
    });
    let count = dag.nodes.len();
    let dag = match args.whole || args.format == Format::Dot || count <= MANY {
        true => dag,
        false => {
            let few = condense(&dag, GROUPS);
            let drawn = few.nodes.len();
            ui.note(&format!(
                "{count} steps are drawn as {drawn}, those that are alike as one; --whole draws each"
            ));
            few
        }
    };
    ui.out(&match args.format {
        Format::Mermaid => mermaid::render(&dag),
        Format::Dot => dot::render(&dag),
        Format::Svg => svg::render(&dag, svg::Within::Nothing),
        Format::Text => {
            let canvas = text::Canvas {
                width: ui.width(),
                unicode: ui.has_unicode(),
            };
            let ready = match status.ready {
                true => paint(Tone::Good, "ready to run"),
                false => paint(Tone::Warn, "not ready"),
            };
            let head = paint(Tone::Strong, &dag.title);
            let steps = if count == 1 { "step" } else { "steps" };
            let drawn = text::render(&dag, canvas);
            format!("{head}: {count} {steps}, {ready}\n\n{drawn}")
        }
    });
    Exit::Done
}

/// How a step looks that has not run.
fn look(step: &status::StepStatus) -> Look {
    let missing = step
        .missing
        .iter()
        .map(|answer| format!("waits for {answer}"));
    let invalid = step
        .invalid
        .iter()
        .map(|invalid| format!("{}: {}", invalid.answer, invalid.message));
    Look {
        state: step.state.as_str().to_owned(),
        tone: match (step.state.is_ready(), step.invalid.is_empty()) {
            (true, _) => Tone::Good,
            (false, true) => Tone::Warn,
            (false, false) => Tone::Bad,
        },
        notes: missing.chain(invalid).collect(),
        gives: step.state.is_ready(),
    }
}
