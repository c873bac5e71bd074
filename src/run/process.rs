//! Owns a child process from its start to the end of everything it started: the only file that names `duct`. Knows
//! nothing of steps.
//!
//! Each child leads a process group of its own, with nothing to read and its output in a file. On timeout or
//! interruption the group gets SIGTERM, a grace time, then SIGKILL; whatever a child leaves behind in its group is
//! ended too, so that nothing of it runs when [`run`] returns.

mod watch;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use self::watch::Why;
use crate::run::group::{self, Group};
use crate::run::interrupt::{Interrupt, Wish};
use crate::run::live::Ear;
use crate::secret::mask::{Mask, Masked};

/// How often a wish to end is looked for.
const TICK: Duration = Duration::from_millis(50);

/// How long what a child leaves behind may take to end by itself, such as `tee` after its last line.
const LINGER: Duration = Duration::from_millis(500);

/// How long the last output may take to arrive once everybody who could write it has been ended.
const DRAIN: Duration = Duration::from_secs(2);

/// Names and values of variables; many children share them.
pub type Variables = Arc<[(OsString, OsString)]>;

/// What to start.
#[derive(Debug)]
pub struct Child<'a> {
    /// An absolute path.
    pub program: &'a Path,
    /// Its arguments.
    pub args: &'a [OsString],
    /// Its working folder.
    pub dir: &'a Path,
    /// Its environment.
    pub env: &'a Variables,
    /// What is laid over that.
    pub own: &'a Variables,
}

/// Where its output goes.
#[derive(Debug)]
pub enum Output {
    /// All into one file, in order.
    Together(File),
    /// All into one file, in order, and heard as it comes.
    Heard(File, Ear),
    /// Standard output and standard error, each into a file.
    Apart(File, File),
}

/// How long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until it is asked to end.
    pub timeout: Option<Duration>,
    /// Between being asked and being made to.
    pub grace: Duration,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It took longer than its timeout, and then ended so.
    TimedOut(Option<ExitStatus>),
    /// Somebody wished the end, and then it ended so.
    Interrupted(Option<ExitStatus>),
    /// It never began.
    CouldNotStart(String),
}

/// What is known of a child that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// Names of processes it left running in its group, which were ended.
    pub left: Vec<String>,
    /// Whether not all of its output could be written.
    pub is_cut: bool,
}

/// Starts a child and sees it to its end, and everything in its group with it. Blocks for as long as that takes.
pub fn run(
    child: &Child<'_>,
    output: Output,
    mask: &Mask,
    limits: Limits,
    interrupt: &Interrupt,
) -> Ended {
    let could_not_start = |reason| Ended {
        ending: Ending::CouldNotStart(reason),
        left: Vec::new(),
        is_cut: false,
    };
    if !child.dir.is_dir() {
        return could_not_start(format!(
            "its working folder `{}` is not there",
            child.dir.display()
        ));
    }
    let started = output
        .mask(mask)
        .and_then(|(output, drains)| Ok((start(child, output)?, drains)));
    let (handle, drains) = match started {
        Ok(started) => started,
        Err(error) => return could_not_start(reason_for(child.program, &error)),
    };
    let mut ended = match see_off(&handle, limits, interrupt) {
        Ok(ended) => ended,
        Err(error) => return could_not_start(reason_for(child.program, &error)),
    };
    let deadline = Instant::now() + DRAIN;
    for drain in drains {
        // Whoever escaped the group may hold the pipe open for as long as it likes; nobody waits for that.
        let drained = drain.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        ended.is_cut |= drained.is_ok_and(|drained| drained == Drained::Cut);
    }
    ended
}

/// Starts it as the leader of a new group.
fn start(child: &Child<'_>, output: Output) -> io::Result<duct::Handle> {
    let (env, own) = (Arc::clone(child.env), Arc::clone(child.own));
    let nothing: [(OsString, OsString); 0] = [];
    let expression = duct::cmd(child.program, child.args)
        .dir(child.dir)
        // Variables are put in last: on their way through the expression all of them would be copied again and again.
        .full_env(nothing)
        .stdin_null()
        .unchecked()
        .before_spawn(move |command| {
            command.envs(
                env.iter()
                    .chain(own.iter())
                    .map(|(name, value)| (name, value)),
            );
            group::lead(command);
            Ok(())
        });
    match output {
        Output::Together(file) | Output::Heard(file, _) => {
            expression.stderr_to_stdout().stdout_file(file)
        }
        Output::Apart(out, err) => expression.stdout_file(out).stderr_file(err),
    }
    .start()
}

/// Waits for the leader, and clears away what it leaves in its group.
fn see_off(handle: &duct::Handle, limits: Limits, interrupt: &Interrupt) -> io::Result<Ended> {
    let group = Group::of(handle.pids().first().copied());
    let ticket = match watch::look_after(group, limits, interrupt) {
        Ok(ticket) => ticket,
        Err(error) => {
            group.kill();
            let _ = handle.wait();
            return Err(error);
        }
    };
    // It is reaped only when nobody signals it any more: until then its number is nobody else's.
    group.wait();
    let end = ticket.give_back();
    let status = handle.wait().ok().map(|output| output.status);
    let patience = end.map_or(Instant::now() + LINGER, |end| end.kill_at);
    let left = clear(group, patience, interrupt);
    let (ending, left) = match end.map(|end| end.why) {
        None => (status.map_or(Ending::Signalled(0), of_status), left),
        Some(Why::TimedOut) => (Ending::TimedOut(status), Vec::new()),
        Some(Why::Interrupted) => (Ending::Interrupted(status), Vec::new()),
    };
    Ok(Ended {
        ending,
        left,
        is_cut: false,
    })
}

/// What has become of output that somebody else wrote down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    /// It is all there.
    Whole,
    /// Some of it could not be written.
    Cut,
}

/// Gives what is left of a group until `patience` to end by itself, then ends it; the names of those that did not.
fn clear(group: Group, patience: Instant, interrupt: &Interrupt) -> Vec<String> {
    let mut pause = Duration::from_millis(1);
    let mut ended: Option<(Vec<String>, Instant)> = None;
    loop {
        let members = group.members();
        let now = Instant::now();
        match &ended {
            None if members.is_empty() => return members,
            None if now >= patience || interrupt.wish() == Wish::Forced => {
                group.kill();
                ended = Some((members, now + group::KILLED_WITHIN));
            }
            None => {}
            Some((names, given_up_at)) => {
                if members.is_empty() || now >= *given_up_at {
                    return names.clone();
                }
                group.kill();
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(TICK);
    }
}

/// The ending that a status tells.
fn of_status(status: ExitStatus) -> Ending {
    match (status.code(), group::signal_of(status)) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
    }
}

/// Why a program could not start, for a reader.
fn reason_for(program: &Path, error: &io::Error) -> String {
    let program = program.display();
    const NOT_A_PROGRAM: i32 = 8; // ENOEXEC
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("`{program}` is not there, or the interpreter it names is not")
        }
        io::ErrorKind::PermissionDenied => format!("`{program}` is not executable"),
        io::ErrorKind::ArgumentListTooLong => {
            format!("the arguments and variables of `{program}` are longer than this system allows")
        }
        _ if error.raw_os_error() == Some(NOT_A_PROGRAM) => {
            format!("`{program}` is not a program, and no `#!` line names one")
        }
        _ => format!("`{program}` could not start: {error}"),
    }
}

impl Output {
    /// Puts a thread between child and file where there is something to hide, or somebody who listens; each channel tells
    /// when its thread is done. Otherwise the child writes to its file itself.
    fn mask(self, mask: &Mask) -> io::Result<(Self, Vec<mpsc::Receiver<Drained>>)> {
        Ok(match self {
            Self::Heard(file, ear) => {
                let (file, done) = masked(Tee::new(file, Some(ear)), mask)?;
                (Self::Together(file), vec![done])
            }
            output if mask.is_empty() => (output, Vec::new()),
            Self::Together(file) => {
                let (file, done) = masked(Tee::new(file, None), mask)?;
                (Self::Together(file), vec![done])
            }
            Self::Apart(out, err) => {
                let (out, out_done) = masked(Tee::new(out, None), mask)?;
                let (err, err_done) = masked(Tee::new(err, None), mask)?;
                (Self::Apart(out, err), vec![out_done, err_done])
            }
        })
    }
}

/// A file, and who hears what is written to it. When the file cannot be written it takes everything all the same: a full
/// disk must not stop for ever who writes.
struct Tee {
    file: Option<File>,
    ear: Option<Ear>,
}

impl Tee {
    fn new(file: File, ear: Option<Ear>) -> Self {
        Self {
            file: Some(file),
            ear,
        }
    }
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.take_if(|file| file.write_all(bytes).is_err());
        if let Some(ear) = &mut self.ear {
            ear.hear(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe whose other end is copied to `tee` without secrets.
fn masked(tee: Tee, mask: &Mask) -> io::Result<(File, mpsc::Receiver<Drained>)> {
    let (mut reader, writer) = io::pipe()?;
    let (done, is_done) = mpsc::channel();
    let mut tee = Masked::new(tee, mask.clone());
    thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                // It takes everything.
                Ok(read) => drop(tee.write_all(&buffer[..read])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let mut drained = Drained::Cut;
        if let Ok(Tee { file, ear }) = tee.finish() {
            if let Some(ear) = ear {
                ear.end();
            }
            drained = file.map_or(Drained::Cut, |_| Drained::Whole);
        }
        let _ = done.send(drained);
    })?;
    Ok((group::file_of(writer), is_done))
}

#[cfg(test)]
mod tests;
