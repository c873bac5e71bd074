//! The command `run`: checks, then carries the pipeline out.

use std::collections::HashSet;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::analysis::{self, Analysis};
use crate::answers::Sources;
use crate::check::{self, status};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::disk;
use crate::event::{Judged, Live, RunSummary};
use crate::exit_code::Exit;
use crate::file;
use crate::findings;
use crate::findings::baseline::Baseline;
use crate::manifest::load;
use crate::plan::select::{self, Selection, Shard};
use crate::plan::{Plan, build, changed, outline};
use crate::report::console;
use crate::report::github::{self, Github};
use crate::report::record;
use crate::report::{Console, Explain, Json, Reporter, Reporters, Results, Written};
use crate::run::cache::Reuse;
use crate::run::cache::digest::Hash;
use crate::run::expect::Snapshots;
use crate::run::interrupt::Interrupt;
use crate::run::{self, OnFailure, RunError, RunOptions};
use crate::secret::mask::Mask;
use crate::source::Place;
use crate::ui::{Ui, Verbosity};

use super::args::{Global, Judging, Settings, Steps};
use super::settled;

/// Check everything, then run the pipeline
///
/// A run is refused before any process starts where something is missing or wrong. Each step's output goes to a log file
/// in the run's folder, beside `report.html`, `summary.json` and `junit.xml`; `latest` leads to the newest run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    steps: Steps,
    /// Run the steps that did not pass when they were last run, and all that need them
    #[arg(long, help_heading = "Selection")]
    failed: bool,
    /// Run the steps that have changed since a revision of git, and all that need them
    ///
    /// A step has changed where its script, what that loads, an input, or what the manifest and the answers say of it is
    /// not as it was. What it needs is taken from an earlier run.
    #[arg(
        long,
        value_name = "REV",
        help_heading = "Selection",
        allow_hyphen_values = false
    )]
    changed_since: Option<String>,
    /// Run one of several parts, such as `2/5`, that together are the whole
    ///
    /// Each part has some of the steps that no other step needs, and all that those need: what several parts need is run
    /// in each of them.
    #[arg(long, value_name = "PART/OF", help_heading = "Selection", value_parser = shard)]
    shard: Option<Shard>,
    /// How many places there are for steps that run at the same time [default: one a processor]
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Start no more steps once one has failed
    #[arg(long, conflicts_with = "keep_going")]
    fail_fast: bool,
    /// Skip only what needs a failed step; this is what happens without a flag, too
    #[arg(long)]
    keep_going: bool,
    /// End the whole run after this time: `90s`, `10m`, `1h 30m` [default: the manifest's `timeout`]
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
    /// How many seconds processes have to end by themselves before they are killed
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    grace: u64,
    /// Keep what comes out as the new snapshots that `expect` compares with
    #[arg(long, conflicts_with = "dry_run")]
    bless: bool,
    /// Print the commands instead of running them
    ///
    /// They can be pasted into a shell that stands in the manifest's folder. The folders and files that they need besides
    /// the inputs are made; secrets are not shown.
    #[arg(long)]
    dry_run: bool,
    /// Show what steps print while they run, each line behind its step's name
    #[arg(long, conflicts_with_all = ["no_capture", "dry_run"])]
    live: bool,
    /// Run one step at a time, and show what it prints as it prints it
    ///
    /// Log files and reports have it all the same, and secrets are hidden. What a step prints goes to standard error.
    #[arg(long, conflicts_with_all = ["jobs", "dry_run"])]
    no_capture: bool,
    /// Run every selected step, also those of which nothing has changed since they passed
    #[arg(long)]
    force: bool,
    /// Tell for each step what has changed so that it runs, or that nothing has
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    judging: Judging,
    /// Write a trace of the run for Perfetto or Chrome
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    message_format: MessageFormat,
}

impl Args {
    /// How what steps print is told while they run.
    fn live(&self) -> Live {
        match (self.no_capture, self.live) {
            (true, _) => Live::Raw,
            (false, true) => Live::Lines,
            (false, false) => Live::Kept,
        }
    }
}

/// How a run is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// For people.
    #[default]
    Human,
    /// An event a line, for programs.
    Json,
}

/// A number of places.
fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok();
    number.ok_or_else(|| "write how many, from 1".to_owned())
}

/// A part of a whole.
fn shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text).ok_or_else(|| "write the second of five parts as `2/5`".to_owned())
}

/// A finding at each place of the manifest that expects what has not come out.
fn unmet(plan: &Plan, summary: &RunSummary) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for invocation in &plan.invocations {
        let outcome = summary.steps.get(&invocation.step);
        let judged = outcome
            .into_iter()
            .flat_map(|outcome| &outcome.expectations);
        for judged in judged.filter(|judged| !judged.holds) {
            let mut expected = invocation.expectations.iter();
            let expected = expected
                .find(|expected| expected.at() == judged.at && expected.output == judged.output);
            problems
                .extend(expected.map(|e| unmet_expectation(&invocation.step, judged, &e.place)));
        }
    }
    problems
}

fn unmet_expectation(step: &str, judged: &Judged, place: &Place) -> Diagnostic {
    let message = format!(
        "output `{}` of step `{step}` {}",
        judged.output, judged.found
    );
    Diagnostic::new(Code::UnmetExpectation, message)
        .at(place.clone(), "expected here")
        .help(format!(
            "look into `{}`; mend what writes it, or what is expected",
            judged.path.display()
        ))
}

/// A time as the manifest takes it.
fn time(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|s| Duration::try_from_secs_f64(s).ok());
    let time = seconds
        .filter(|time| !time.is_zero())
        .or_else(|| load::duration(text));
    time.ok_or_else(|| "write `90s`, `10m`, `1h 30m`, or a number of seconds".to_owned())
}

/// Who calls this run and how, where it is one that may be recognised as one with nothing to do: not where more is asked
/// of it than to run what has changed and to tell of that.
fn caller(global: &Global, args: &Args, ui: &Ui) -> Option<Hash> {
    let Args {
        failed: false,
        changed_since: None,
        bless: false,
        dry_run: false,
        live: false,
        no_capture: false,
        force: false,
        explain: false,
        trace: None,
        message_format: MessageFormat::Human,
        // What decides how much is run, and how, is part of the call.
        steps: _,
        shard: _,
        jobs: _,
        fail_fast: _,
        keep_going: _,
        timeout: _,
        grace: _,
        settings: _,
        judging: _,
    } = args
    else {
        return None;
    };
    let is_short = global.verbosity() != Verbosity::Verbose;
    let canvas = ui.canvas();
    is_short.then(|| settled::caller(&format!("{global:?} {args:?} {canvas:?}")))?
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let (began, clock) = (disk::now(), Instant::now());
    let caller = caller(global, args, ui);
    if let Some(found) = caller.and_then(|caller| settled::recognise(global, caller)) {
        if !found.told.is_empty() {
            ui.tell(&found.told);
        }
        let seconds = clock.elapsed().as_secs_f64();
        ui.out(&console::unchanged(
            &found.run_id,
            found.spared,
            found.external,
            seconds,
        ));
        return Exit::Done;
    }
    if caller.is_some() {
        disk::watch();
    }
    let mut analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => {
            tell_github(args, None, &problems, &global.folder(), ui);
            return super::refuse(problems, ui);
        }
    };
    let refusal = |problems: &Diagnostics, ui: &mut Ui| {
        let manifest = &analysis.manifest;
        tell_github(
            args,
            Some(&manifest.pipeline),
            problems,
            &manifest.folder,
            ui,
        );
    };
    let answers = match check::read_answers(&analysis) {
        Ok(answers) => answers.with_settings(&args.settings.set),
        Err(problems) => {
            refusal(&problems, ui);
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let changed = match changed(&analysis, args, &answers) {
        Ok(changed) => changed,
        Err(why) => {
            ui.error(&why);
            return Exit::Failure;
        }
    };
    let selection = selection(&analysis, args, changed);
    let selected = match select::select(&analysis.manifest, &selection) {
        Ok(selected) => selected,
        Err(problems) => {
            refusal(&problems, ui);
            ui.diagnostics(&problems);
            return Exit::Usage;
        }
    };
    ui.diagnostics(&select::left_out(&analysis.manifest, &selection, &selected));
    if selected.is_empty() {
        ui.error(&nothing_selected(&analysis, args));
        return Exit::NothingSelected;
    }
    let checked = check::check(&analysis, &answers, &selected, &super::environment);
    let told = findings::decide(
        checked.problems.clone(),
        &args.judging.policy(),
        &Baseline::default(),
    );
    let shown = weighty(told.findings.clone(), ui);
    ui.diagnostics(&shown);
    if told.findings.has_errors() {
        refusal(&told.findings, ui);
        super::no_answers(&analysis, &told.findings, ui);
        ui.error("nothing was started");
        return check::verdict(&told.findings, &analysis).into();
    }
    let not_left = build::not_left(&analysis, &checked, &selected);
    if !not_left.is_empty() {
        refusal(&not_left, ui);
        ui.diagnostics(&not_left);
        ui.error("nothing was started");
        return Exit::Usage;
    }
    // What is declared has been weighed, and a plan may be as large.
    analysis.manifest.forget_claims();
    let plan = build::build(&analysis, &checked, &selected);
    if args.dry_run {
        let environment = RunOptions::default().environment;
        if let Err((path, error)) = run::staging::make_ready(&plan) {
            return super::failed(&cannot_write(&path, &error), ui);
        }
        for invocation in &plan.invocations {
            let command = run::command::command_ahead(&plan, invocation, &environment);
            if let Some(command) = command {
                ui.out(&command);
            }
        }
        return Exit::Done;
    }
    if selected.len() == analysis.steps.len()
        && !checked.problems.has_errors()
        && let Err(error) = status::remember_passed(&analysis, &checked)
    {
        let home = file::display(&analysis.home, &analysis.manifest.folder);
        return super::failed(
            &format!("cannot write to `{home}`: {}", file::plain(&error)),
            ui,
        );
    }
    let outline = Arc::new(outline::outline(&analysis, &checked, &plan));
    let written = Written::new(Arc::clone(&outline), Mask::new(plan.secrets()));
    let trace = args.trace.as_ref();
    let written = written
        .with_trace(trace.map(|path| file::resolve(&global.folder(), path)))
        .with_github(github(args));
    let teller = match args.message_format {
        MessageFormat::Human => {
            let explain = if args.explain {
                Explain::Told
            } else {
                Explain::Kept
            };
            let console = Console::new(Results::Stdout).with_outline(outline);
            Reporter::Console(console.with_explain(explain).with_live(args.live()))
        }
        MessageFormat::Json => Reporter::Json(Json),
    };
    let reporters = Reporters::new(vec![teller, Reporter::Written(Box::new(written))]);
    let is_whole = selected.len() == analysis.steps.len();
    // All that a run has to know is in its plan; what that was made of takes more room than the run itself.
    drop((analysis, answers, checked));
    let (exit, summary) = carry_out(&plan, reporters, args, ui);
    if let (Some(caller), Some(seen), Some(summary)) = (caller, disk::seen(), summary) {
        let told = ui.drawn(&shown);
        settled::remember(is_whole, &plan, &summary, caller, told, seen, began);
    }
    exit
}

/// What a run tells of findings before it begins: advice is for `check`, and for who wants to know everything.
fn weighty(findings: Diagnostics, ui: &Ui) -> Diagnostics {
    let is_told = |finding: &Diagnostic| {
        finding.severity != Severity::Advice || ui.verbosity() == Verbosity::Verbose
    };
    findings.changed(|finding| is_told(&finding).then_some(finding))
}

/// Tells a job of GitHub Actions why nothing is started: beside the lines that it is about, and in its summary.
fn tell_github(
    args: &Args,
    pipeline: Option<&str>,
    problems: &Diagnostics,
    folder: &Path,
    ui: &mut Ui,
) {
    let Some(github) = github(args) else {
        return;
    };
    let commands = findings::github::render(problems, &findings::root_of(folder));
    let told = github::refused(pipeline, problems, &commands, &github, ui);
    if let Err((path, error)) = told {
        ui.warning(&cannot_write(&path, &error));
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write `{}`: {}", path.display(), file::plain(error))
}

/// The job of GitHub Actions that this is part of.
fn github(args: &Args) -> Option<Github> {
    let variable = |name| super::environment(name).filter(|value| !value.is_empty());
    variable("GITHUB_ACTIONS").filter(|value| value == "true")?;
    Some(Github {
        summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
        workspace: variable("GITHUB_WORKSPACE").map(PathBuf::from),
        commands: args.message_format == MessageFormat::Human,
    })
}

/// The steps that have changed, where that is asked.
fn changed(
    analysis: &Analysis,
    args: &Args,
    answers: &Sources,
) -> Result<Option<Vec<String>>, String> {
    let Some(rev) = &args.changed_since else {
        return Ok(None);
    };
    let all: Vec<usize> = (0..analysis.steps.len()).collect();
    let checked = check::check(analysis, answers, &all, &super::environment);
    let changed = changed::since(rev, analysis, &checked);
    changed.map(Some).map_err(|why| {
        format!("it cannot be known what has changed since `{rev}`: {why}; run without `--changed-since`")
    })
}

fn nothing_selected(analysis: &Analysis, args: &Args) -> String {
    match (&args.changed_since, args.shard) {
        (_, Some(Shard { part, of })) => {
            format!("nothing was selected to run: part {part} of {of} is empty")
        }
        (Some(rev), None) => {
            format!("nothing was selected to run: nothing has changed since `{rev}`")
        }
        (None, None) if args.failed && run::journal::latest(&analysis.home).is_none() => {
            "nothing was selected to run: there is no run yet of which a step could have failed"
                .to_owned()
        }
        (None, None) if args.failed => {
            "nothing was selected to run: every step passed when it last ran".to_owned()
        }
        (None, None) => "nothing was selected to run".to_owned(),
    }
}

/// The steps that did not pass in the last run that they were part of.
fn not_passed(analysis: &Analysis) -> Vec<String> {
    let runs = analysis.home.join("runs");
    let mut open: HashSet<&str> = analysis
        .manifest
        .steps
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let mut failed = Vec::new();
    for run in record::names(&runs).iter().rev() {
        if open.is_empty() {
            break;
        }
        // A run that left no summary says nothing of any step.
        let summary = run::journal::load_summary(&runs.join(run)).ok();
        for (step, outcome) in summary.into_iter().flat_map(|summary| summary.steps) {
            if open.remove(step.as_str()) && !outcome.state.is_good() {
                failed.push(step);
            }
        }
    }
    failed
}

/// Which steps are asked for.
fn selection(analysis: &Analysis, args: &Args, changed: Option<Vec<String>>) -> Selection {
    let failed = args.failed.then(|| not_passed(analysis));
    Selection {
        failed,
        changed,
        shard: args.shard,
        ..args.steps.selection()
    }
}

/// Runs, and gives the summary of a run that came to its end.
fn carry_out(
    plan: &Plan,
    mut reporters: Reporters,
    args: &Args,
    ui: &mut Ui,
) -> (Exit, Option<RunSummary>) {
    let interrupt = match Interrupt::from_signals() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            let exit = super::failed(&format!("cannot listen to signals: {error}"), ui);
            return (exit, None);
        }
    };
    let mut options = RunOptions {
        interrupt: interrupt.clone(),
        grace: Duration::from_secs(args.grace),
        timeout: args.timeout.or(plan.timeout),
        on_failure: if args.fail_fast {
            OnFailure::FailFast
        } else {
            OnFailure::KeepGoing
        },
        ..RunOptions::default()
    };
    if args.bless {
        options.snapshots = Snapshots::Blessed;
    }
    if args.force {
        options.reuse = Reuse::Never;
    }
    options.live = args.live();
    if args.no_capture {
        options.jobs = 1;
    }
    if let Some(jobs) = args.jobs {
        options.jobs = jobs.get();
    }
    let ended = run::run(plan, &options, &mut |event| reporters.hear(event, ui));
    for (path, error) in reporters.failures() {
        ui.warning(&cannot_write(path, error));
    }
    if let (Ok(summary), MessageFormat::Human) = (&ended, args.message_format) {
        ui.diagnostics(&unmet(plan, summary));
    }
    let exit = match &ended {
        Ok(_) if interrupt.is_asked() => Exit::Interrupted,
        Ok(summary) if summary.success => Exit::Done,
        Ok(_) => Exit::StepFailed,
        Err(error @ RunError::Build { .. }) => {
            ui.error(&error.to_string());
            Exit::BuildFailed
        }
        Err(error) => super::failed(&error.to_string(), ui),
    };
    (exit, ended.ok())
}
