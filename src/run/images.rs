//! Owns what is asked of the program that runs containers besides running one: whether an image is here, to fetch it
//! where it is not, and to end a container that outlived the program that started it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::plan::Container;
use crate::run::interrupt::Interrupt;
use crate::run::process::{self, Child, Ending, Limits, Output, Variables};
use crate::secret::mask::Mask;

/// How long an engine may take to answer a question, or to end a container.
const ANSWER: Duration = Duration::from_secs(30);

/// The folder in a run's own in which each container that runs has a file: its name, and in it the engine's path.
const RUNNING: &str = "containers";

/// An engine and an image's name.
type Key = (PathBuf, String);

/// What is known of images; the threads of steps share it.
#[derive(Debug, Default)]
pub struct Images {
    /// The identity of each, once one thread has asked for it.
    known: Mutex<HashMap<Key, Arc<OnceLock<String>>>>,
}

/// Where engines are asked.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The folder they stand in.
    pub dir: &'a Path,
    /// Their environment.
    pub environment: &'a [(OsString, OsString)],
    /// The wish to end early.
    pub interrupt: &'a Interrupt,
}

impl Images {
    /// What an image is, where that is known by now: another build of the same name has another identity.
    pub fn identity(&self, container: &Container) -> Option<String> {
        self.slot(container).get().cloned()
    }

    /// Makes sure that an image is here and its identity known. It is fetched where it is not, which `log` tells.
    ///
    /// # Errors
    /// It cannot be fetched: why, for a reader.
    pub fn fetch(&self, container: &Container, place: Place<'_>, log: &Path) -> Result<(), String> {
        let slot = self.slot(container);
        if slot.get().is_some() {
            return Ok(());
        }
        let identity = match identity(container, place, log) {
            Some(identity) => identity,
            None => {
                pull(container, place, log)?;
                // An engine that tells no identity has fetched the image all the same.
                identity(container, place, log).unwrap_or_default()
            }
        };
        let _ = slot.set(identity);
        // What fetching tells is no output of the step.
        let _ = fs::remove_file(log);
        Ok(())
    }

    fn slot(&self, container: &Container) -> Arc<OnceLock<String>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (container.engine.clone(), container.image.clone());
        Arc::clone(known.entry(key).or_default())
    }
}

/// The identity of an image that is here.
fn identity(container: &Container, place: Place<'_>, log: &Path) -> Option<String> {
    let words = ["image", "inspect", "--format", "{{.Id}}", &container.image];
    let null = || File::create("/dev/null").ok();
    let output = Output::Apart(File::create(log).ok()?, null()?);
    let ending = ask(&container.engine, &words, place, output, Some(ANSWER)).ok()?;
    let told = fs::read_to_string(log).ok()?;
    let told = told.trim();
    (ending == Ending::Exited(0) && !told.is_empty()).then(|| told.to_owned())
}

/// Fetches an image.
fn pull(container: &Container, place: Place<'_>, log: &Path) -> Result<(), String> {
    let words = ["pull", &container.image];
    let file = File::create(log).map_err(|error| not_fetched(container, &error.to_string()))?;
    let ending = ask(
        &container.engine,
        &words,
        place,
        Output::Together(file),
        None,
    );
    match ending {
        Ok(Ending::Exited(0)) => Ok(()),
        Ok(Ending::Interrupted(_)) => Err("ended by the interruption".to_owned()),
        Ok(Ending::CouldNotStart(why)) => Err(not_fetched(container, &why)),
        Ok(_) => {
            let told = fs::read(log).unwrap_or_default();
            let told = String::from_utf8_lossy(&told);
            let last = told.lines().map(str::trim).rfind(|line| !line.is_empty());
            Err(not_fetched(
                container,
                last.unwrap_or("it does not say why"),
            ))
        }
        Err(error) => Err(not_fetched(container, &error.to_string())),
    }
}

/// Runs an engine to its end.
fn ask(
    engine: &Path,
    words: &[&str],
    place: Place<'_>,
    output: Output,
    timeout: Option<Duration>,
) -> io::Result<Ending> {
    let args: Vec<OsString> = words.iter().map(OsString::from).collect();
    let child = Child {
        program: engine,
        args: &args,
        dir: place.dir,
        env: &place.environment.into(),
        own: &Variables::default(),
    };
    let limits = Limits {
        timeout,
        grace: Duration::from_secs(1),
    };
    Ok(process::run(&child, output, &Mask::default(), limits, place.interrupt).ending)
}

/// A container that runs: as long as this is not ended, a file in the run's folder tells of it, so that a later run can
/// end it when this one is killed.
#[derive(Debug)]
pub struct Running {
    engine: PathBuf,
    name: String,
    file: PathBuf,
}

impl Running {
    /// Writes down that a container of this name is about to run; `folder` is the run's own.
    ///
    /// # Errors
    /// It cannot be written down; the path tells where.
    pub fn begin(folder: &Path, engine: &Path, name: String) -> Result<Self, (PathBuf, io::Error)> {
        let folder = folder.join(RUNNING);
        let file = folder.join(&name);
        let text = engine.to_string_lossy();
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&file, text.as_bytes()))
            .map_err(|error| (file.clone(), error))?;
        Ok(Self {
            engine: engine.to_owned(),
            name,
            file,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Forgets it, for it has ended by itself.
    pub fn ended(self) {
        // A file that stays makes a later run end what is not there, which is no harm.
        let _ = fs::remove_file(&self.file);
    }

    /// Makes it end, whatever has become of the program that started it.
    pub fn end(self, dir: &Path, environment: &[(OsString, OsString)]) {
        // Somebody who wishes the end wishes this one, too.
        let place = Place {
            dir,
            environment,
            interrupt: &Interrupt::new(),
        };
        // Some engines ask it to end before they remove it, and wait for that; it has been asked.
        for words in [
            &["kill", &self.name] as &[&str],
            &["rm", "--force", &self.name],
        ] {
            if let Ok(null) = File::create("/dev/null") {
                let output = Output::Together(null);
                let _ = ask(&self.engine, words, place, output, Some(ANSWER));
            }
        }
        self.ended();
    }
}

/// Ends the containers that a killed run has left; `folder` is that run's own.
pub fn end_left(folder: &Path, dir: &Path, environment: &[(OsString, OsString)]) {
    let entries = fs::read_dir(folder.join(RUNNING)).into_iter().flatten();
    for entry in entries.flatten() {
        let file = entry.path();
        let (Ok(engine), Ok(name)) = (fs::read_to_string(&file), entry.file_name().into_string())
        else {
            continue;
        };
        let running = Running {
            engine: engine.into(),
            name,
            file,
        };
        running.end(dir, environment);
    }
}

fn not_fetched(container: &Container, why: &str) -> String {
    let engine = container.engine_name();
    format!(
        "`{engine}` cannot fetch the image `{}`: {why}",
        container.image
    )
}
