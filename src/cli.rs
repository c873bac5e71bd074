//! Owns the command line: its shape, and which command it calls.

mod args;
mod check;
mod clean;
mod completions;
mod configure;
mod contract;
mod explain;
mod graph;
mod init;
mod inspect;
mod propose;
mod report;
mod run;
mod schema;
mod settled;
mod status;
mod table;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use clap::{CommandFactory, Parser, Subcommand};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostics};
use crate::disk;
use crate::exit_code::Exit;
use crate::extract;
use crate::file;
use crate::ui::{Color, Ui, Verbosity};

use self::args::Global;

/// Prove on small data that a whole pipeline of scripts runs
///
/// Reads the manifest `runtime-test.yaml` and every script it names, without running them; asks only for what nobody
/// but you can know; finds mistakes before the first process starts; runs the pipeline and proves what came out.
///
/// Begin with `cargo runtime-test init`.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-runtime-test",
    bin_name = "cargo runtime-test",
    version,
    max_term_width = 100
)]
#[command(after_long_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Inspect(inspect::Args),
    Status(status::Args),
    Configure(configure::Args),
    Check(check::Args),
    Contract(contract::Args),
    Graph(graph::Args),
    Run(run::Args),
    Report(report::Args),
    Clean(clean::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

const EXIT_CODES: &str = "\
Exit codes:
    0  done; every selected step passed
    1  something outside your files failed (disk, permissions, a bug)
    2  bad command line
    4  nothing was selected to run
  100  a step failed
  101  a Cargo target did not build
  120  the manifest or a contract is invalid
  121  answers are missing
  122  answers are given but invalid
  130  interrupted";

/// Acts on a command line, its program's name included.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    panic::set_hook(Box::new(tell_mistake));
    unless_mistaken(|| act(args))
}

/// What a command returns; where it panics, that the program failed.
fn unless_mistaken(command: impl FnOnce() -> Exit) -> Exit {
    panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or(Exit::Failure)
}

/// Tells of a panic in words for people: it is a mistake of ours, not of theirs.
fn tell_mistake(panic: &PanicHookInfo<'_>) {
    if extract::is_guarded() {
        return;
    }
    let what = panic.payload_as_str().unwrap_or("it cannot go on");
    let place = panic.location().map(|at| {
        // Where libraries lay when this was built concerns nobody.
        let known = at
            .file()
            .rsplit_once("/src/")
            .map_or(at.file(), |(_, end)| end);
        format!(" ({known}:{})", at.line())
    });
    let mut ui = Ui::new(Color::Auto, Verbosity::Normal);
    ui.error(&format!(
        "this program made a mistake of its own: {what}{}",
        place.unwrap_or_default()
    ));
    ui.note("nothing is wrong with your files because of it; please report it with what you did");
}

fn act(args: impl IntoIterator<Item = OsString>) -> Exit {
    let mut args: Vec<OsString> = args.into_iter().collect();
    // Cargo calls `cargo-runtime-test runtime-test …`.
    if args.get(1).is_some_and(|first| first == "runtime-test") {
        args.remove(1);
    }
    if let Some(told) = completions::answer(&args, Cli::command()) {
        if !told.is_empty() {
            // Shells get every byte as it is.
            Ui::new(Color::Always, Verbosity::Normal).out(&told);
        }
        return Exit::Done;
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Where even that cannot be printed, there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    let mut ui = Ui::new(cli.global.color(), cli.global.verbosity());
    if let Some(missing) = cli.global.missing_folder() {
        ui.error(&missing);
        return Exit::Usage;
    }
    let exit = match cli.command {
        Command::Init(args) => init::main(&cli.global, &args, &mut ui),
        Command::Inspect(args) => inspect::main(&cli.global, &args, &mut ui),
        Command::Status(args) => status::main(&cli.global, &args, &mut ui),
        Command::Configure(args) => configure::main(&cli.global, &args, &mut ui),
        Command::Check(args) => check::main(&cli.global, &args, &mut ui),
        Command::Contract(args) => contract::main(&cli.global, &args, &mut ui),
        Command::Graph(args) => graph::main(&cli.global, &args, &mut ui),
        Command::Run(args) => run::main(&cli.global, &args, &mut ui),
        Command::Report(args) => report::main(&cli.global, &args, &mut ui),
        Command::Clean(args) => clean::main(&cli.global, &args, &mut ui),
        Command::Explain(args) => explain::main(&args, &mut ui),
        Command::Schema(args) => schema::main(&args, &mut ui),
        Command::Completions(args) => completions::main(&args, &mut ui),
    };
    match ui.take_failure() {
        Some(error) => {
            Ui::new(Color::Auto, Verbosity::Normal)
                .error(&format!("cannot print: {}", file::plain(&error)));
            Exit::Failure
        }
        None => exit,
    }
}

/// Tells what stands in the way of understanding the pipeline.
fn refuse(problems: Diagnostics, ui: &mut Ui) -> Exit {
    ui.diagnostics(&problems.sorted());
    Exit::ManifestInvalid
}

/// Says who writes the answers, where some are missing and there is no file of them at all.
fn no_answers(analysis: &Analysis, findings: &Diagnostics, ui: &mut Ui) {
    let is_missing = findings
        .iter()
        .any(|found| found.code == Code::AnswerMissing);
    let profile = analysis.profile_answers();
    let mut files = profile.into_iter().chain([analysis.answers()]);
    if is_missing && files.all(|path| !disk::exists(path)) {
        let name = file::display(&analysis.answers(), &analysis.manifest.folder);
        ui.note(&format!(
            "there is no `{name}` yet: `cargo runtime-test init` writes it, with all that is asked for"
        ));
    }
}

/// Tells that the world failed.
fn failed(what: &str, ui: &mut Ui) -> Exit {
    ui.error(what);
    Exit::Failure
}

/// A variable of this process's environment, for answers that name one.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_of_ours_is_a_failure_like_others() {
        assert_eq!(unless_mistaken(|| Exit::Done), Exit::Done);
        assert_eq!(unless_mistaken(|| panic!("on purpose")), Exit::Failure);
    }
}
