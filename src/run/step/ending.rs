//! Owns what the ending of a process means for its step, in words that people understand. Knows nothing of what the step
//! was to leave.

use std::time::Duration;

use crate::diagnostic::listed;
use crate::duration::chosen;
use crate::event::StepState;
use crate::plan::{Container, Invocation};
use crate::run::group::signal_name;
use crate::run::process::{Ended, Ending};

/// How a step has ended whose process ended so, and why, where there is something to tell.
pub(super) fn meaning(ended: &Ended, invocation: &Invocation) -> (StepState, Option<String>) {
    let engine = invocation.container.as_ref().map(Container::engine_name);
    meaning_of(ended, engine.as_deref(), invocation.timeout)
}

/// The same of a process in a container of this engine, where there is one, that had this time.
fn meaning_of(
    ended: &Ended,
    engine: Option<&str>,
    timeout: Option<Duration>,
) -> (StepState, Option<String>) {
    let (state, reason) = match &ended.ending {
        Ending::Exited(0) => (StepState::Passed, None),
        Ending::Exited(code) => (StepState::Failed, Some(exited(*code, engine))),
        Ending::Signalled(signal) => (StepState::Failed, Some(signalled(*signal))),
        Ending::TimedOut(_) => (StepState::TimedOut, Some(timed_out(timeout))),
        Ending::Interrupted(_) => (StepState::Unfinished, Some(interrupted())),
        Ending::CouldNotStart(reason) => (StepState::Failed, Some(reason.clone())),
    };
    let cut = ended.is_cut.then(log_cut);
    let all = [reason, left_behind(&ended.left), cut];
    let all: Vec<String> = all.into_iter().flatten().collect();
    (state, (!all.is_empty()).then(|| all.join("; ")))
}

/// How an exit code reads, of a program or of the engine that ran it in a container.
fn exited(code: i32, engine: Option<&str>) -> String {
    // What shells and container runtimes say with their own exit codes.
    match (code, signal_name(code - 128), engine) {
        (125, _, Some(engine)) => {
            format!("exited with 125, as `{engine}` does when it cannot run a container")
        }
        (126, ..) => "exited with 126, as shells do when a program cannot be executed".to_owned(),
        (127, ..) => "exited with 127, as shells do when a program is not found".to_owned(),
        (129.., Some(name), _) => format!("exited with {code}, as shells do after {name}"),
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
    format!("took longer than {}", chosen(timeout.as_secs_f64()))
}

fn interrupted() -> String {
    "ended by the interruption".to_owned()
}

fn log_cut() -> String {
    "not all that it printed could be written to its log".to_owned()
}

/// What a process outside of its step's group means.
pub fn strayed(name: &str) -> String {
    format!("left `{name}` running outside its group, which was ended")
}

fn left_behind(names: &[String]) -> Option<String> {
    let names = listed(names.iter().map(String::as_str));
    (names != "none").then(|| format!("left {names} running, which was ended"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_and_leaks_read_well() {
        assert_eq!(signalled(11), "ended by SIGSEGV");
        assert_eq!(signalled(64), "ended by signal 64");
        assert_eq!(exited(2, None), "exited with 2");
        assert_eq!(
            exited(127, None),
            "exited with 127, as shells do when a program is not found"
        );
        assert_eq!(
            exited(139, None),
            "exited with 139, as shells do after SIGSEGV"
        );
        assert_eq!(exited(255, None), "exited with 255");
        assert_eq!(exited(125, None), "exited with 125");
        assert_eq!(
            exited(125, Some("podman")),
            "exited with 125, as `podman` does when it cannot run a container"
        );
        assert_eq!(left_behind(&[]), None);
        let names = ["sleep", "tee"].map(str::to_owned);
        assert_eq!(
            left_behind(&names).as_deref(),
            Some("left `sleep` and `tee` running, which was ended")
        );
        let ended = |ending, is_cut| Ended {
            ending,
            left: names.to_vec(),
            is_cut,
        };
        for (ending, is_cut, state, expected) in [
            (
                Ending::Exited(0),
                false,
                StepState::Passed,
                "left `sleep` and `tee` running, which was ended",
            ),
            (
                Ending::Exited(1),
                false,
                StepState::Failed,
                "exited with 1; left `sleep` and `tee` running, which was ended",
            ),
            (
                Ending::Signalled(11),
                true,
                StepState::Failed,
                "ended by SIGSEGV; left `sleep` and `tee` running, which was ended; not all that it printed could be written to its log",
            ),
        ] {
            let told = meaning_of(&ended(ending, is_cut), None, None);
            assert_eq!(told, (state, Some(expected.to_owned())));
        }
        assert_eq!(
            timed_out(Some(Duration::from_secs(120))),
            "took longer than 2m"
        );
    }
}
