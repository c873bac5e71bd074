//! Owns one step from its first attempt to its outcome: its command as people can paste it, its environment, its log,
//! its attempts, and the judgement of each. Runs on a thread of the step's own and tells what happens as it happens.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use crate::diagnostic::listed;
use crate::event::{StepOutcome, StepState};
use crate::file;
use crate::plan::{Document, Invocation, Plan, Program};
use crate::run::group::{self, signal_name};
use crate::run::interrupt::Interrupt;
use crate::run::mask::Mask;
use crate::run::outputs;
use crate::run::process::{self, Child, Ended, Ending, Limits, Output};
use crate::script::TargetKind;

/// The variable that names the run.
pub const RUN_ID: &str = "RUNTIME_TEST_RUN_ID";
/// The variable that names the step.
pub const STEP: &str = "RUNTIME_TEST_STEP";
/// The variable that counts the attempt, from 1.
pub const ATTEMPT: &str = "RUNTIME_TEST_ATTEMPT";
/// The variable that names the folder for the step's outputs.
pub const OUTPUT_DIR: &str = "RUNTIME_TEST_OUTPUT_DIR";

/// What is the same for all steps of a run.
#[derive(Debug)]
pub struct Context<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The run's name.
    pub run_id: &'a str,
    /// The run's own folder.
    pub folder: &'a Path,
    /// The environment that steps inherit.
    pub environment: &'a [(OsString, OsString)],
    /// What is never shown.
    pub mask: &'a Mask,
    /// Between being asked to end and being made to.
    pub grace: Duration,
    /// The wish to end early.
    pub interrupt: &'a Interrupt,
}

/// What happens to a step before it ends.
#[derive(Debug)]
pub enum Progress {
    /// An attempt begins with this command.
    Started {
        /// Which, from 1.
        attempt: u32,
        /// What is started.
        command: String,
    },
    /// An attempt failed and another follows.
    Retried {
        /// Which, from 1.
        attempt: u32,
        /// Why it failed.
        reason: String,
    },
}

/// How one attempt went.
struct Attempt {
    state: StepState,
    exit_code: Option<i32>,
    signal: Option<i32>,
    reason: Option<String>,
    log: Option<PathBuf>,
    /// Whether another attempt could go better.
    worth_retrying: bool,
}

/// Runs a step to its end. `program` is what to start; nothing for an external step.
pub fn run(
    context: &Context<'_>,
    invocation: &Invocation,
    program: Option<&Path>,
    tell: &mut dyn FnMut(Progress),
) -> StepOutcome {
    let Some(program) = program else {
        return external(context, invocation);
    };
    let command = context.mask.text(&command(invocation, program));
    let began = Instant::now();
    let mut number = 0;
    let attempt = loop {
        number += 1;
        tell(Progress::Started {
            attempt: number,
            command: command.clone(),
        });
        let attempt = attempt(context, invocation, program, number);
        let again =
            attempt.worth_retrying && number <= invocation.retries && !context.interrupt.is_asked();
        if attempt.state.is_good() || !again {
            break attempt;
        }
        tell(Progress::Retried {
            attempt: number,
            reason: context
                .mask
                .text(attempt.reason.as_deref().unwrap_or("it failed")),
        });
    };
    let flaky = attempt.state == StepState::Passed && number > 1;
    StepOutcome {
        state: if flaky {
            StepState::Flaky
        } else {
            attempt.state
        },
        attempts: number,
        seconds: began.elapsed().as_secs_f64(),
        exit_code: attempt.exit_code,
        signal: attempt.signal,
        command: Some(command),
        log: attempt.log,
        reason: attempt.reason.map(|reason| context.mask.text(&reason)),
        ..not_started(context.plan, invocation, StepState::Passed, None)
    }
}

/// The outcome of a step that was never started.
pub fn not_started(
    plan: &Plan,
    invocation: &Invocation,
    state: StepState,
    reason: Option<String>,
) -> StepOutcome {
    let place = |output: &crate::plan::PlannedPath| {
        (
            output.name.clone(),
            outputs::shown(&output.path, &plan.root),
        )
    };
    StepOutcome {
        state,
        configured: invocation.configured,
        framework: invocation.framework.clone(),
        script: (invocation.program != Program::Nothing).then(|| invocation.script.clone()),
        attempts: 0,
        seconds: 0.0,
        exit_code: None,
        signal: None,
        command: None,
        log: None,
        outputs: invocation
            .outputs
            .iter()
            .map(place)
            .collect::<IndexMap<_, _>>(),
        reason,
    }
}

/// Looks whether somebody else has made what this step stands for.
fn external(context: &Context<'_>, invocation: &Invocation) -> StepOutcome {
    let began = Instant::now();
    let proof = outputs::prove_external(&invocation.outputs, &context.plan.root);
    let (state, reason) = match proof {
        Ok(()) => (StepState::Passed, None),
        Err(reason) => (StepState::Failed, Some(context.mask.text(&reason))),
    };
    StepOutcome {
        seconds: began.elapsed().as_secs_f64(),
        ..not_started(context.plan, invocation, state, reason)
    }
}

/// One attempt: room for outputs, the process, the proof.
fn attempt(context: &Context<'_>, invocation: &Invocation, program: &Path, number: u32) -> Attempt {
    let failed = |reason: String| Attempt {
        state: StepState::Failed,
        exit_code: None,
        signal: None,
        reason: Some(reason),
        log: None,
        worth_retrying: false,
    };
    let before = match outputs::prepare(&invocation.outputs, &context.plan.home) {
        Ok(before) => before,
        Err((path, error)) => return failed(cannot_write(&path, &error)),
    };
    let output_dir = context.plan.output_folder(&invocation.step);
    if let Err(error) = fs::create_dir_all(&output_dir) {
        return failed(cannot_write(&output_dir, &error));
    }
    for Document { path, text } in &invocation.documents {
        if let Err(error) = write_document(path, text) {
            return failed(cannot_write(path, &error));
        }
    }
    let log = Path::new("logs").join(format!("{}.{number}.log", file::name_for(&invocation.step)));
    let log_path = context.folder.join(&log);
    let file = match File::create(&log_path) {
        Ok(file) => file,
        Err(error) => return failed(cannot_write(&log_path, &error)),
    };
    let args: Vec<OsString> = invocation.args.iter().map(OsString::from).collect();
    let child = Child {
        program,
        args: &args,
        dir: &invocation.dir,
        env: &environment(context, invocation, number, &output_dir),
    };
    let limits = Limits {
        timeout: invocation.timeout,
        grace: context.grace,
    };
    let ended = process::run(
        &child,
        Output::Together(file),
        context.mask,
        limits,
        context.interrupt,
    );
    for Document { path, text } in &invocation.documents {
        if context.mask.text(text) != *text {
            // A secret does not stay on the disk; whether it could be removed changes nothing for the step.
            let _ = fs::remove_file(path);
        }
    }
    let mut attempt = judge(ended, invocation, &log);
    if attempt.state == StepState::Passed
        && let Err(reason) = outputs::prove(&invocation.outputs, &before, &context.plan.root)
    {
        attempt.state = StepState::Failed;
        attempt.reason = Some(reason);
    }
    if attempt.state != StepState::Passed {
        end_strays(context, invocation);
    }
    attempt
}

/// What an ending means for a step.
fn judge(ended: Ended, invocation: &Invocation, log: &Path) -> Attempt {
    let (code, signal) = match &ended.ending {
        Ending::Exited(code) => (Some(*code), None),
        Ending::Signalled(signal) => (None, Some(*signal)),
        Ending::TimedOut(status) | Ending::Interrupted(status) => (
            status.and_then(|status| status.code()),
            status.and_then(|status: ExitStatus| group::signal_of(status)),
        ),
        Ending::CouldNotStart(_) => (None, None),
    };
    let (state, reason) = match &ended.ending {
        Ending::Exited(0) => (StepState::Passed, left_behind(&ended.left)),
        Ending::Exited(code) => (StepState::Failed, Some(exited(*code))),
        Ending::Signalled(signal) => (StepState::Failed, Some(signalled(*signal))),
        Ending::TimedOut(_) => (StepState::TimedOut, Some(timed_out(invocation.timeout))),
        Ending::Interrupted(_) => (StepState::Failed, Some(interrupted())),
        Ending::CouldNotStart(reason) => (StepState::Failed, Some(reason.clone())),
    };
    let began = !matches!(ended.ending, Ending::CouldNotStart(_));
    Attempt {
        state,
        exit_code: code,
        signal,
        reason,
        log: began.then(|| log.to_owned()),
        worth_retrying: began,
    }
}

/// Ends what a failed step has let out of its group.
fn end_strays(context: &Context<'_>, invocation: &Invocation) {
    let marks = [
        format!("{RUN_ID}={}", context.run_id),
        format!("{STEP}={}", invocation.step),
    ];
    group::end_marked(&marks, STEP, context.grace);
}

/// The whole environment of an attempt: what is inherited, what the step sets, and the facts of the run.
fn environment(
    context: &Context<'_>,
    invocation: &Invocation,
    attempt: u32,
    output_dir: &Path,
) -> Vec<(OsString, OsString)> {
    let set = invocation
        .env
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let facts: [(&str, OsString); 4] = [
        (RUN_ID, context.run_id.into()),
        (STEP, invocation.step.clone().into()),
        (ATTEMPT, attempt.to_string().into()),
        (OUTPUT_DIR, output_dir.into()),
    ];
    let facts = facts
        .into_iter()
        .map(|(name, value)| (OsString::from(name), value));
    let inherited = context.environment.iter().cloned();
    inherited
        .chain(set)
        .chain(facts)
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect()
}

/// Writes a step's document so that only its owner can read it, and at once, for another step may read the same one.
fn write_document(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// The command as it can be pasted into a shell that stands in the step's working folder.
pub fn command(invocation: &Invocation, program: &Path) -> String {
    let mut words = Vec::new();
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if !invocation.env.iter().all(|(name, _)| is_name(name)) {
        words.push("env".to_owned());
    }
    for (name, value) in &invocation.env {
        words.push(if is_name(name) {
            format!("{name}={}", quoted(value))
        } else {
            quoted(&format!("{name}={value}"))
        });
    }
    words.push(quoted(&program.to_string_lossy()));
    words.extend(invocation.args.iter().map(|arg| quoted(arg)));
    words.join(" ")
}

/// The command of a step that has not been started, as it can be pasted into a shell that stands in the manifest's
/// folder; nothing for an external step. Secrets are masked.
pub fn command_ahead(invocation: &Invocation, root: &Path) -> Option<String> {
    let command = match &invocation.program {
        Program::Nothing => return None,
        Program::At(program) => command(invocation, program),
        Program::Cargo(target) => {
            let kind = match target.kind {
                TargetKind::Bin => "--bin",
                TargetKind::Example => "--example",
            };
            let start = [
                "run",
                "--manifest-path",
                &target.manifest.to_string_lossy(),
                kind,
                &target.name,
                "--",
            ];
            let args = start.iter().map(|word| (*word).to_owned());
            let args = args.chain(invocation.args.iter().cloned()).collect();
            command(
                &Invocation {
                    args,
                    ..invocation.clone()
                },
                Path::new("cargo"),
            )
        }
    };
    let command = Mask::new(&invocation.secrets).text(&command);
    Some(match invocation.dir == root {
        true => command,
        false => format!(
            "(cd {} && {command})",
            quoted(&invocation.dir.to_string_lossy())
        ),
    })
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn exited(code: i32) -> String {
    // What shells and container runtimes say with their own exit codes.
    match (code, signal_name(code - 128)) {
        (126, _) => "exited with 126, as shells do when a program cannot be executed".to_owned(),
        (127, _) => "exited with 127, as shells do when a program is not found".to_owned(),
        (129.., Some(name)) => format!("exited with {code}, as shells do after {name}"),
        _ => format!("exited with {code}"),
    }
}

fn signalled(signal: i32) -> String {
    match signal_name(signal) {
        // Nobody here sent it: then the run would say so instead.
        Some("SIGKILL") => {
            "ended by SIGKILL, which is also what happens when memory runs out".to_owned()
        }
        Some(name) => format!("ended by {name}"),
        None => format!("ended by signal {signal}"),
    }
}

fn timed_out(timeout: Option<Duration>) -> String {
    let timeout = timeout.unwrap_or_default();
    format!("took longer than {}", span(timeout))
}

/// `2m`, `1h 30m`, `1.5s`: as people write it in a manifest.
fn span(duration: Duration) -> String {
    let (seconds, rest) = (duration.as_secs(), duration.subsec_millis());
    if seconds < 60 && rest > 0 {
        return format!("{}s", duration.as_secs_f64());
    }
    let units = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = units
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if parts.is_empty() {
        "0s".to_owned()
    } else {
        parts.join(" ")
    }
}

fn interrupted() -> String {
    "ended by the interruption".to_owned()
}

fn left_behind(names: &[String]) -> Option<String> {
    let names = listed(names.iter().map(String::as_str));
    (names != "none").then(|| format!("left {names} running, which was ended"))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write `{}`: {error}", path.display())
}

#[cfg(test)]
mod tests;
