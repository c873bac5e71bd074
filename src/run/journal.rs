//! Owns what a run leaves on disk for later readers: its folder, its events as they happen, its summary, the pointer to
//! the latest run, and the lock that keeps two runs apart. After a crash, what is there is valid up to the last event.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::{Event, Left, RunSummary, Running};

/// How often a name for a run is tried.
const TRIES: u32 = 1_000;

/// The lock on a pipeline's folder; held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why a pipeline's folder could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another run holds it, of the process with this id where it is known.
    Busy(Option<u32>),
    /// It cannot be opened.
    Io(PathBuf, io::Error),
}

/// A run that was killed before it could end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its name.
    pub run_id: String,
}

/// Has git pass over a folder of ours that lies beside the manifest; what Cargo makes, its users ignore already. Where this
/// cannot be written nothing is lost.
fn keep_out_of_git(home: &Path) {
    let ours = home
        .ancestors()
        .take(2)
        .find(|above| above.ends_with(".runtime-test"));
    if let Some(ours) = ours {
        let new = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(ours.join(".gitignore"));
        let _ = new.and_then(|mut file| file.write_all(b"*\n"));
    }
}

impl Lock {
    /// Takes the lock, and tells of a run that held it and never gave it back.
    ///
    /// # Errors
    /// Somebody holds it, or its file cannot be opened.
    pub fn take(home: &Path) -> Result<(Self, Option<Unfinished>), LockError> {
        let path = home.join("lock");
        let io = |error| LockError::Io(path.clone(), error);
        fs::create_dir_all(home).map_err(|error| LockError::Io(home.to_owned(), error))?;
        keep_out_of_git(home);
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = open.map_err(io)?;
        let locked = file.try_lock();
        let mut text = String::new();
        // What it holds was written by us, or by somebody who has no business there: then it says nothing.
        let _ = (&mut file).take(4096).read_to_string(&mut text);
        let mut words = text.split_whitespace();
        let pid = words.next().and_then(|pid| pid.parse().ok());
        let left = words.next().map(|run_id| Unfinished {
            run_id: run_id.to_owned(),
        });
        match locked {
            Ok(()) => Ok((Self { file }, left)),
            Err(TryLockError::WouldBlock) => Err(LockError::Busy(pid)),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// Whether the run of this name holds the lock.
    pub fn is_held_by(home: &Path, run_id: &str) -> bool {
        let Ok(mut file) = File::open(home.join("lock")) else {
            return false;
        };
        let mut text = String::new();
        let _ = (&mut file).take(4096).read_to_string(&mut text);
        // Whoever can have it for a moment, beside others who look, knows that nobody works under it.
        text.split_whitespace().nth(1) == Some(run_id)
            && matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Writes down whose it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn sign(&mut self, run_id: &str) -> io::Result<()> {
        self.write(&format!("{} {run_id}\n", std::process::id()))
    }

    /// Gives it back after an orderly end.
    pub fn release(mut self) {
        // A lock that still names us only makes the next run look for what we might have left.
        let _ = self.write("");
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }
}

impl Drop for Lock {
    /// Unlocks by name: a process that is just being started may still hold a copy of the open file, and closing ours
    /// alone would leave the lock with it for that moment.
    fn drop(&mut self) {
        // Where it cannot be unlocked, the end of the processes that hold it does.
        let _ = self.file.unlock();
    }
}

/// A run's folder and the events in it.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    run_id: String,
    events: Arc<Events>,
}

/// A run's events, to which several threads add.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    file: Mutex<File>,
}

impl Events {
    /// Appends events, in one write.
    ///
    /// # Errors
    /// They cannot be written; the path tells where.
    pub fn append(&self, events: &[&Event]) -> Result<(), (PathBuf, io::Error)> {
        let write = || {
            let mut lines = Vec::with_capacity(512 * events.len());
            for event in events {
                serde_json::to_writer(&mut lines, event)?;
                lines.push(b'\n');
            }
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&lines)
        };
        write().map_err(|error| (self.path.clone(), error))
    }
}

impl Journal {
    /// Makes a new run's folder below `home` and points `latest` to it.
    ///
    /// # Errors
    /// Something cannot be written; the path tells what.
    pub fn create(home: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let runs = home.join("runs");
        fs::create_dir_all(&runs).map_err(|error| (runs.clone(), error))?;
        let (run_id, folder) = new_folder(&runs)?;
        let logs = folder.join("logs");
        fs::create_dir(&logs).map_err(|error| (logs, error))?;
        let path = folder.join("events.jsonl");
        let open = OpenOptions::new().create_new(true).append(true).open(&path);
        let file = Mutex::new(open.map_err(|error| (path.clone(), error))?);
        point_to(home, &run_id).map_err(|error| (home.join("latest"), error))?;
        Ok(Self {
            folder,
            run_id,
            events: Arc::new(Events { path, file }),
        })
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's name.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The run's events.
    pub fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// Writes the summary, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written; the path tells where.
    pub fn summarise(&self, summary: &RunSummary) -> Result<(), (PathBuf, io::Error)> {
        write_summary(&self.folder, summary)
    }
}

/// A folder of a new, unique name that sorts by time.
fn new_folder(runs: &Path) -> Result<(String, PathBuf), (PathBuf, io::Error)> {
    let now = jiff::Timestamp::now();
    let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
    let stem = format!(
        "{}-{:03}",
        zoned.strftime("%Y%m%dT%H%M%S"),
        now.subsec_millisecond()
    );
    for number in 0..TRIES {
        let run_id = match number {
            0 => stem.clone(),
            _ => format!("{stem}-{number:03}"),
        };
        let folder = runs.join(&run_id);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok((run_id, folder)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err((folder, error)),
        }
    }
    Err((runs.join(stem), io::ErrorKind::AlreadyExists.into()))
}

/// Makes `latest` a link to a run, or a file with its path where there are no links.
fn point_to(home: &Path, run_id: &str) -> io::Result<()> {
    let target = Path::new("runs").join(run_id);
    let (new, latest) = (home.join("latest.new"), home.join("latest"));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if symlink(&target, &new).is_err() {
        fs::write(&new, format!("{}\n", target.display()))?;
    }
    fs::rename(&new, &latest)
}

/// The folder of the latest run, if there is one.
pub fn latest(home: &Path) -> Option<PathBuf> {
    let latest = home.join("latest");
    let target = match fs::read_link(&latest) {
        Ok(target) => target,
        Err(_) => PathBuf::from(fs::read_to_string(&latest).ok()?.trim_end()),
    };
    Some(home.join(target)).filter(|folder| folder.is_dir())
}

/// The summary in a run's folder.
///
/// # Errors
/// It is not there or cannot be understood.
pub fn load_summary(folder: &Path) -> io::Result<RunSummary> {
    let file = BufReader::new(File::open(folder.join("summary.json"))?);
    serde_json::from_reader(file).map_err(io::Error::from)
}

/// Writes a summary to a run's folder, whole or not at all.
fn write_summary(folder: &Path, summary: &RunSummary) -> Result<(), (PathBuf, io::Error)> {
    let path = folder.join("summary.json");
    let write = || {
        let mut text = serde_json::to_vec_pretty(summary)?;
        text.push(b'\n');
        // Nobody else writes here while the lock is held, so the name needs no luck.
        let new = folder.join("summary.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&text)?;
        file.sync_data()?;
        fs::rename(&new, &path)
    };
    write().map_err(|error| (path.clone(), error))
}

/// Completes the summary of a run that was killed from the events it left.
pub fn repair(folder: &Path) {
    let (Ok(mut summary), Ok(events)) = (
        load_summary(folder),
        File::open(folder.join("events.jsonl")),
    ) else {
        return;
    };
    let mut running = Running::default();
    // The last line may have been cut.
    let lines = BufReader::new(events).lines().map_while(Result::ok);
    for event in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
        running.hear(&event, &mut summary);
    }
    running.leave(Left::Killed, &mut summary);
    // What cannot be repaired stays as it is: still valid, and still saying that it did not succeed.
    let _ = write_summary(folder, &summary);
}

#[cfg(test)]
mod tests;
