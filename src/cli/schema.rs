//! The command `schema`: prints the schemas of our own formats.

use clap::ValueEnum;

use crate::exit_code::Exit;
use crate::published;
use crate::ui::Ui;

/// Print the JSON Schema of one of this tool's formats
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which format
    #[arg(value_enum)]
    format: Which,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// `runtime-test.yaml`
    Manifest,
    /// `<script>.contract.yaml`
    Contract,
    /// `inspect --format json`
    Inspect,
    /// `status --format json`
    Status,
    /// `check --format json`
    Check,
    /// What `check --write-baseline` writes
    Baseline,
    /// `summary.json`
    Summary,
    /// `plan.json` in a run's folder
    Plan,
    /// `files.json` in a run's folder
    Files,
    /// A line of `events.jsonl`
    Events,
}

pub(super) fn main(args: &Args, ui: &mut Ui) -> Exit {
    let name = match args.format {
        Which::Manifest => "manifest",
        Which::Contract => "contract",
        Which::Inspect => "inspect",
        Which::Status => "status",
        Which::Check => "check",
        Which::Baseline => "baseline",
        Which::Summary => "summary",
        Which::Plan => "plan",
        Which::Files => "files",
        Which::Events => "events",
    };
    let found = published::all()
        .into_iter()
        .find(|(known, _)| *known == name);
    ui.out(&found.map(|(_, text)| text).unwrap_or_default());
    Exit::Done
}
