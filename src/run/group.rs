//! Owns process groups and the sight of live processes: leading a group, signalling all of it, seeing who is still in
//! it, and finding those who left it. Unix's signals are spoken here and nowhere else.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group,
    waitid,
};

/// How long processes that are becoming another program are waited for, all together.
const SETTLED_WITHIN: Duration = Duration::from_millis(200);
/// How long a killed process may take to vanish before it is left to the system.
pub const KILLED_WITHIN: Duration = Duration::from_secs(2);

/// A child's process group, named after its leader.
#[derive(Clone, Copy, Debug)]
pub struct Group(Option<Pid>);

/// One live process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    pid: Pid,
    parent: i32,
    group: i32,
    name: String,
}

/// Makes the process a leader of its own group.
pub fn lead(command: &mut Command) {
    command.process_group(0);
}

/// The signal that ended a process.
pub fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// The name of a signal, where it has one that people know.
pub fn signal_name(signal: i32) -> Option<&'static str> {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    let found = known
        .into_iter()
        .find(|(known, _)| known.as_raw() == signal);
    found.map(|(_, name)| name)
}

/// Whether this process was started with a signal ignored, where the system shows it.
pub fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, signal)
}

/// Reads the mask of ignored signals, `SigIgn:\t0000000000000001`.
fn ignores(status: &str, signal: i32) -> bool {
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1)
        .ok()
        .and_then(|bit| 1_u64.checked_shl(bit));
    mask.zip(bit).is_some_and(|(mask, bit)| mask & bit != 0)
}

/// A pipe's end as a file.
pub fn file_of(writer: std::io::PipeWriter) -> File {
    File::from(OwnedFd::from(writer))
}

impl Group {
    /// The group that a process leads.
    pub fn of(leader: Option<u32>) -> Self {
        Self(leader.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)))
    }

    /// Waits until its leader has ended. Whoever started it still has to reap it.
    pub fn wait(self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Some(leader) = self.0
            && matches!(waitid(WaitId::Pid(leader), options), Err(Errno::INTR))
        {}
    }

    /// Whether its leader has ended, before anybody has reaped it.
    pub fn has_ended(self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        self.0
            .is_some_and(|leader| !matches!(waitid(WaitId::Pid(leader), options), Ok(None)))
    }

    /// Asks all of it to end.
    pub fn terminate(self) {
        self.send(Signal::TERM);
        // A stopped process hears SIGTERM only when it goes on.
        self.send(Signal::CONT);
    }

    /// Makes all of it end.
    pub fn kill(self) {
        self.send(Signal::KILL);
    }

    /// The names of those in it that still run.
    pub fn members(self) -> Vec<String> {
        // One system call answers for nearly every child; who waits to be reaped counts there, so it may be wrong.
        let Some(group) = self
            .0
            .filter(|&group| test_kill_process_group(group).is_ok())
        else {
            return Vec::new();
        };
        let id = group.as_raw_nonzero().get();
        if !can_see() {
            return vec![format!("group {id}")];
        }
        let members = processes().filter(|process| process.group == id);
        members.map(|process| process.name).collect()
    }

    fn send(self, signal: Signal) {
        if let Some(group) = self.0 {
            // Only fails where nobody is left.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// What a process's environment holds.
#[derive(Clone, Debug)]
pub enum Mark {
    /// This variable with this value.
    Is(&'static str, OsString),
    /// This variable with a path below this folder.
    Below(&'static str, PathBuf),
}

impl Mark {
    fn is_borne(&self, environment: &[u8]) -> bool {
        let (Mark::Is(name, _) | Mark::Below(name, _)) = self;
        value_in(environment, name).is_some_and(|value| match self {
            Mark::Is(_, expected) => value == expected.as_bytes(),
            Mark::Below(_, folder) => Path::new(OsStr::from_bytes(value)).starts_with(folder),
        })
    }
}

/// Ends all processes whose environment holds every one of `marks`, wherever they have gone; the value of the variable
/// `tell` of each, and its program's name. Finds nothing where the system does not show environments.
pub fn end_marked(marks: &[Mark], tell: &str, grace: Duration) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for process in marked(marks) {
        found.push((mark_of(process.pid, tell).unwrap_or_default(), process.name));
        let _ = kill_process(process.pid, Signal::TERM);
    }
    let asked_until = Instant::now() + grace;
    let given_up_at = asked_until + KILLED_WITHIN;
    let mut pause = Duration::from_millis(1);
    loop {
        let left = if found.is_empty() {
            Vec::new()
        } else {
            marked(marks)
        };
        let now = Instant::now();
        if left.is_empty() || now >= given_up_at {
            return found;
        }
        if now >= asked_until {
            for process in &left {
                let _ = kill_process(process.pid, Signal::KILL);
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Live processes other than this one that bear all marks.
fn marked(marks: &[Mark]) -> Vec<Process> {
    let own = rustix::process::getpid();
    let now = Instant::now();
    let bears = |process: &Process| {
        // Those that were started after this one are waited for: they may be ours. Their numbers are higher, but for the
        // day on which numbers begin anew.
        let is_younger = process.pid.as_raw_nonzero() > own.as_raw_nonzero();
        let until = if is_younger {
            now + SETTLED_WITHIN
        } else {
            now
        };
        let environment = settled_environment(process, until);
        process.pid != own && marks.iter().all(|mark| mark.is_borne(&environment))
    };
    processes().filter(bears).collect()
}

/// The value of a variable in a process's environment.
fn mark_of(pid: Pid, name: &str) -> Option<String> {
    let environment = environment(pid)?;
    let value = value_in(&environment, name)?;
    OsString::from_vec(value.to_vec()).into_string().ok()
}

/// The value of a variable among the entries of an environment.
fn value_in<'e>(environment: &'e [u8], name: &str) -> Option<&'e [u8]> {
    environment
        .split(|&byte| byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// The environment a process began with. While a process becomes another program the system shows none for a moment, so
/// an empty one is looked at again, some times and as long as there is time; only threads of the kernel, children of
/// process 2, never have one.
fn settled_environment(process: &Process, until: Instant) -> Vec<u8> {
    const LOOKS: u32 = 3;
    let mut looks = 0;
    loop {
        match environment(process.pid) {
            Some(shown)
                if shown.is_empty()
                    && !matches!(process.parent, 0 | 2)
                    && (looks < LOOKS || Instant::now() < until) =>
            {
                looks += 1;
                thread::sleep(Duration::from_millis(1));
            }
            shown => return shown.unwrap_or_default(),
        }
    }
}

/// The environment a process began with; none where it belongs to somebody else.
fn environment(pid: Pid) -> Option<Vec<u8>> {
    fs::read(format!("/proc/{pid}/environ")).ok()
}

/// Whether this system shows its processes.
fn can_see() -> bool {
    fs::metadata("/proc/self/stat").is_ok()
}

/// All live processes that can be seen; those that only wait to be reaped are not alive.
fn processes() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        of_stat(pid, &fs::read(entry.path().join("stat")).ok()?)
    })
}

/// Reads `PID (NAME) STATE PARENT GROUP …`, where NAME may hold anything.
fn of_stat(pid: i32, stat: &[u8]) -> Option<Process> {
    let stat = String::from_utf8_lossy(stat);
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = after.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let alive = !matches!(state, "Z" | "X" | "x");
    alive.then_some(Process {
        pid: Pid::from_raw(pid)?,
        parent,
        group,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let read = |stat: &str| of_stat(7, stat.as_bytes()).map(|p| (p.group, p.name));
        assert_eq!(read("7 (sh) S 1 5 5 0"), Some((5, "sh".to_owned())));
        assert_eq!(
            read("7 (a) S (b) R 1 6 5 0"),
            Some((6, "a) S (b".to_owned()))
        );
        assert_eq!(read("7 (sh) Z 1 5 5 0"), None);
        assert_eq!(read("7 (sh"), None);
    }

    #[test]
    fn an_ignored_signal_is_seen() {
        let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        let ignored: Vec<i32> = (-1..70).filter(|&s| ignores(status, s)).collect();
        assert_eq!(ignored, [1, 13]);
        assert!(!ignores("", 1));
    }

    #[test]
    fn signals_have_their_names() {
        assert_eq!(signal_name(9), Some("SIGKILL"));
        assert_eq!(signal_name(15), Some("SIGTERM"));
        assert_eq!(signal_name(0), None);
    }

    /// Only Linux shows environments.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_of_the_same_name_in_another_folder_is_left_alone() {
        let mut child = Command::new("sleep")
            .arg("600")
            .envs([("MARKED_RUN", "one"), ("MARKED_PLACE", "/home/a/outputs/x")])
            .spawn()
            .expect("a process");
        let end = |folder: &str| {
            let marks = [
                Mark::Is("MARKED_RUN", "one".into()),
                Mark::Below("MARKED_PLACE", folder.into()),
            ];
            end_marked(&marks, "MARKED_RUN", Duration::from_secs(5))
        };
        for other in ["/home/b", "/home/a/out", "/home/a/outputs/x/y"] {
            assert_eq!(end(other), [], "{other}");
        }
        // Nobody waits for it meanwhile, and it stays as a zombie, which is not alive.
        assert_eq!(end("/home/a"), [("one".to_owned(), "sleep".to_owned())]);
        assert_eq!(child.wait().expect("ended").signal(), Some(15));
    }
}
