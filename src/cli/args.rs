//! Owns the arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::analysis::Options;
use crate::answers::load::is_setting;
use crate::diagnostic::{Code, did_you_mean};
use crate::discovery;
use crate::file;
use crate::findings::Policy;
use crate::plan::select::Selection;
use crate::ui::{Color, Verbosity};

/// Arguments of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// Use this manifest
    ///
    /// Without it, `runtime-test.yaml` is looked for in the current folder and those above it.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub(super) pipeline: Option<PathBuf>,
    /// Ask Cargo about the workspace of this Cargo.toml
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Global options"
    )]
    pub(super) manifest_path: Option<PathBuf>,
    /// Act as if started in this folder
    #[arg(
        short = 'C',
        long = "directory",
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(super) directory: Option<PathBuf>,
    /// Change manifest and answers by a profile
    ///
    /// What the manifest has under `profiles: { NAME: … }` goes over the rest of it, and the answers in
    /// `runtime-test.answers.NAME.yaml` over those in `runtime-test.answers.yaml`.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub(super) profile: Option<String>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub(super) color: When,
    /// Say only results and problems
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(super) quiet: bool,
    /// Say more
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Global options"
    )]
    pub(super) verbose: bool,
}

/// Which steps a command is about.
#[derive(Clone, Debug, Args)]
pub(super) struct Steps {
    /// These steps and all that they need; wherever steps are named, patterns such as `train_*` will do
    #[arg(value_name = "STEP")]
    steps: Vec<String>,
    /// These steps and all that need them; what they need is taken from an earlier run
    #[arg(long, value_name = "STEP", help_heading = "Selection")]
    from: Vec<String>,
    /// Everything up to these steps
    #[arg(long, value_name = "STEP", help_heading = "Selection")]
    until: Vec<String>,
    /// Just these steps; what they need is taken from an earlier run
    #[arg(long, value_name = "STEP", help_heading = "Selection")]
    only: Vec<String>,
}

impl Steps {
    /// What was asked for.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            steps: self.steps.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            only: self.only.clone(),
            ..Selection::default()
        }
    }
}

/// Answers on the command line.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Settings {
    /// Answer this for now, over what the files say: `train.args.rounds=5`
    ///
    /// Lists and upstream outputs are written as in the file: `train.args.columns=[a, b]`, `train.inputs.rows={from: clean.rows}`.
    #[arg(long, value_name = "STEP.args.NAME=VALUE", value_parser = setting)]
    pub(super) set: Vec<String>,
}

/// A text that has the form of an answer.
fn setting(text: &str) -> Result<String, String> {
    match is_setting(text) {
        true => Ok(text.to_owned()),
        false => Err(
            "write STEP.args.NAME=VALUE, with `inputs`, `outputs`, `env` or `args` in the middle"
                .to_owned(),
        ),
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum When {
    /// Where a terminal shows them.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the caller decides about findings.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Findings")]
pub(super) struct Judging {
    /// Refuse warnings as if they were errors
    #[arg(long)]
    deny_warnings: bool,
    /// Refuse drift: what is declared and what the code does have to agree
    #[arg(long)]
    deny_drift: bool,
    /// Do not tell findings of this code
    ///
    /// Most errors cannot be allowed, for nothing could be run. `explain` lists all codes.
    #[arg(long, value_name = "CODE", value_parser = allowable)]
    allow: Vec<Code>,
    /// Tell findings of this code as warnings
    #[arg(long, value_name = "CODE", value_parser = allowable)]
    warn: Vec<Code>,
}

impl Judging {
    /// The same as a value.
    pub(super) fn policy(&self) -> Policy {
        Policy {
            deny_warnings: self.deny_warnings,
            deny_drift: self.deny_drift,
            allow: self.allow.clone(),
            warn: self.warn.clone(),
        }
    }
}

/// A code that people may decide about.
fn allowable(name: &str) -> Result<Code, String> {
    let names = || Code::ALL.iter().map(|code| code.as_str());
    match Code::parse(name) {
        Some(code) if code.may_be_allowed() => Ok(code),
        Some(_) => Err("nothing can be run with this error; mend it".to_owned()),
        None => Err(did_you_mean(name, names())
            .unwrap_or_else(|| "`cargo runtime-test explain` lists all codes".to_owned())),
    }
}

/// For whom something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

impl Global {
    /// The folder to act in; absolute.
    pub(super) fn folder(&self) -> PathBuf {
        let current = std::env::current_dir().unwrap_or_default();
        self.directory.as_ref().map_or_else(
            || current.clone(),
            |directory| file::resolve(&current, directory),
        )
    }

    /// That the folder to work in is not there, where one is named.
    pub(super) fn missing_folder(&self) -> Option<String> {
        let named = self.directory.as_ref()?;
        let folder = self.folder();
        (!folder.is_dir()).then(|| {
            let near =
                discovery::similar_files(&folder, &std::env::current_dir().unwrap_or_default());
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!(
                "there is no folder `{}` to work in (`-C`){near}",
                named.display()
            )
        })
    }

    /// Where to look for the pipeline.
    pub(super) fn options(&self) -> Options {
        let folder = self.folder();
        Options {
            pipeline: self.pipeline.clone(),
            profile: self.profile.clone(),
            cargo_toml: self
                .manifest_path
                .as_ref()
                .map(|path| file::resolve(&folder, path)),
            folder,
        }
    }

    /// When to use colours.
    pub(super) fn color(&self) -> Color {
        match self.color {
            When::Auto => Color::Auto,
            When::Always => Color::Always,
            When::Never => Color::Never,
        }
    }

    /// How much to say.
    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}
