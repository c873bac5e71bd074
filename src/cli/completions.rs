//! The command `completions`: the script by which a shell completes this command line, and what that script asks for at
//! each press of the key: commands, options, and the names that only this pipeline has.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;

use crate::analysis::{self, Analysis, Options};
use crate::diagnostic::Code;
use crate::exit_code::Exit;
use crate::manifest::load;
use crate::ui::Ui;

/// The program that shells complete.
const PROGRAM: &str = "cargo-runtime-test";
/// The variable by which a shell's script says which shell asks.
const ASKS: &str = "RUNTIME_TEST_COMPLETE";

/// Print the script by which a shell completes commands, options, and the names of steps
///
/// The script asks this program at each press of the key, so it stays right when the pipeline changes. For bash:
/// `cargo-runtime-test completions bash > ~/.local/share/bash-completion/completions/cargo-runtime-test`. Other shells have
/// folders of their own.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn main(args: &Args, ui: &mut Ui) -> Exit {
    let mut script = Vec::new();
    let written = Shells::builtins()
        .completer(&args.shell.to_string())
        .map(|shell| shell.write_registration(ASKS, PROGRAM, PROGRAM, PROGRAM, &mut script));
    match written {
        Some(Ok(())) => {
            ui.out(&String::from_utf8_lossy(&script));
            Exit::Done
        }
        _ => super::failed(&format!("there is no script for {}", args.shell), ui),
    }
}

/// What a shell's script is told, where it is such a script that asks: what could stand at the cursor. `args` is what the
/// program was called with: `--` and all words of the line, the program's name first.
pub(super) fn answer(args: &[OsString], command: Command) -> Option<String> {
    let shell = std::env::var(ASKS).ok()?;
    let words = args.iter().skip_while(|arg| *arg != "--").skip(1);
    let words: Vec<OsString> = words.cloned().collect();
    let options = options(&words);
    let mut command = with_names(command, &options);
    let folder = options.folder;
    let mut told = Vec::new();
    let shells = Shells::builtins();
    let told = shells
        .completer(&shell)
        .and_then(|shell| {
            let written = shell.write_complete(&mut command, words, Some(&folder), &mut told);
            written.ok().map(|()| told)
        })
        .unwrap_or_default();
    Some(String::from_utf8_lossy(&told).into_owned())
}

/// The options of a line that is not finished, as far as they say which pipeline is meant.
fn options(words: &[OsString]) -> Options {
    let value = |names: &[&str]| {
        let mut found = None;
        for (at, word) in words.iter().enumerate() {
            let word = word.to_string_lossy();
            match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => found = Some(value.to_owned()),
                None if names.contains(&word.as_ref()) => {
                    found = words
                        .get(at + 1)
                        .map(|next| next.to_string_lossy().into_owned());
                }
                _ => {}
            }
        }
        found.filter(|value| !value.is_empty())
    };
    let current = std::env::current_dir().unwrap_or_default();
    Options {
        folder: value(&["-C", "--directory"]).map_or(current.clone(), |path| current.join(path)),
        pipeline: value(&["--pipeline"]).map(PathBuf::from),
        profile: value(&["--profile"]),
        cargo_toml: None,
    }
}

/// The command with what its arguments can be in this pipeline, told by what they are called in the help.
fn with_names(command: Command, options: &Options) -> Command {
    // Read when it is first asked for, and only once.
    let options = options.clone();
    let analysis = Arc::new(std::sync::LazyLock::new(move || {
        analysis::analyse(&options).ok()
    }));
    let named = move |arg: Arg| {
        let name = arg.get_value_names().and_then(<[_]>::first);
        let candidates: fn(&Analysis) -> Vec<CompletionCandidate> = match name.map(|n| n.as_str()) {
            Some("STEP") => steps,
            Some("STEP.args.NAME=VALUE") => settings,
            Some("NAME") if arg.get_id() == "profile" => profiles,
            Some("CODE") => return arg.add(ArgValueCandidates::new(codes)),
            _ => return arg,
        };
        let analysis = Arc::clone(&analysis);
        let all = move || {
            analysis
                .as_ref()
                .as_ref()
                .map(candidates)
                .unwrap_or_default()
        };
        arg.add(ArgValueCandidates::new(all))
    };
    let of_all = named.clone();
    command
        .mut_args(of_all)
        .mut_subcommands(move |command| command.mut_args(named.clone()))
}

fn candidate(value: impl Into<OsString>, help: impl Into<String>) -> CompletionCandidate {
    let help: String = help.into();
    CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into()))
}

fn steps(analysis: &Analysis) -> Vec<CompletionCandidate> {
    let steps = analysis.ordered();
    steps
        .map(|(step, analysed)| candidate(&step.name, &analysed.script.name))
        .collect()
}

fn settings(analysis: &Analysis) -> Vec<CompletionCandidate> {
    let mut all = Vec::new();
    for (step, analysed) in analysis.ordered() {
        for requirement in analysed.requirements.iter().filter(|r| r.is_answerable()) {
            let help = requirement.description.clone().unwrap_or_default();
            all.push(candidate(
                format!("{}.{}=", step.name, requirement.key()),
                help,
            ));
        }
    }
    all
}

fn profiles(analysis: &Analysis) -> Vec<CompletionCandidate> {
    let mut names = load::profiles(&analysis.manifest.source);
    names.extend(analysis::profiles_with_answers(
        analysis.manifest.source.path(),
    ));
    names.sort();
    names.dedup();
    names.iter().map(|name| candidate(name, "")).collect()
}

fn codes() -> Vec<CompletionCandidate> {
    let all = Code::ALL.iter();
    all.map(|code| candidate(code.as_str(), code.meaning()))
        .collect()
}
