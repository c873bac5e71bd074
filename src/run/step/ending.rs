//! Owns what the ending of a process means for its step, in words that people understand. Knows nothing of what the step
//! was to leave.

use std::time::Duration;

use crate::diagnostic::listed;
use crate::event::StepState;
use crate::plan::{Container, Invocation};
use crate::run::group::signal_name;
use crate::run::process::{Ended, Ending};

/// How a step has ended whose process ended so, and why, where there is something to tell.
pub(super) fn meaning(ended: &Ended, invocation: &Invocation) -> (StepState, Option<String>) {
    let (state, reason) = match &ended.ending {
        Ending::Exited(0) => (StepState::Passed, left_behind(&ended.left)),
        Ending::Exited(code) => {
            let engine = invocation.container.as_ref().map(Container::engine_name);
            (StepState::Failed, Some(exited(*code, engine.as_deref())))
        }
        Ending::Signalled(signal) => (StepState::Failed, Some(signalled(*signal))),
        Ending::TimedOut(_) => (StepState::TimedOut, Some(timed_out(invocation.timeout))),
        Ending::Interrupted(_) => (StepState::Failed, Some(interrupted())),
        Ending::CouldNotStart(reason) => (StepState::Failed, Some(reason.clone())),
    };
    let reason = match (reason, ended.is_cut) {
        (reason, false) => reason,
        (None, true) => Some(log_cut()),
        (Some(reason), true) => Some(format!("{reason}; {}", log_cut())),
    };
    (state, reason)
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
    format!("took longer than {}", span(timeout))
}

/// `2m`, `1h 30m`, `1.5s`: as people write it in a manifest.
pub fn span(duration: Duration) -> String {
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

fn log_cut() -> String {
    "not all that it printed could be written to its log".to_owned()
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
        assert_eq!(
            timed_out(Some(Duration::from_secs(120))),
            "took longer than 2m"
        );
    }
}
