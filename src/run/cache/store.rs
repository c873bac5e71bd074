//! Owns what is remembered of steps on disk: `cache.jsonl`, a log to which a line is added with every step that begins or
//! passes, so that it is as true after a crash as before. Later lines replace earlier ones; a line that was cut is no
//! line. Only who holds the pipeline's lock reads or writes it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::digest::Hash;
use super::key::Part;
use crate::disk::Stat;

/// The log's name in the pipeline's folder.
pub const FILE: &str = "cache.jsonl";

/// The version of the log; another one's lines mean nothing here.
const VERSION: u32 = 1;

/// How many lines that mean nothing any more are kept, besides as many as there are others.
const DEAD: usize = 1_000;

/// What is remembered of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The run in which it last began.
    pub run_id: String,
    /// Whether it passed then.
    pub passed: bool,
    /// How long an attempt took when it last passed.
    pub seconds: f64,
    /// Why its result cannot stand for a later one, where it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfit: Option<String>,
    /// All that decided its result.
    pub parts: Vec<Part>,
    /// What it left.
    pub outputs: Vec<Part>,
}

/// A line of the log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The log begins.
    Version(u32),
    /// A step has begun, so that what it left before is no longer to be trusted.
    Began(String, String),
    /// A step has passed.
    Passed(String, Arc<Record>),
    /// A file at rest has this content.
    File(PathBuf, Stat, Hash),
    /// A step is gone from the pipeline.
    Gone(String),
}

/// The log.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// Open once something was written.
    file: Option<File>,
    /// Whether the last line may have been cut.
    torn: bool,
    steps: IndexMap<String, Arc<Record>>,
    lines: usize,
}

/// Contents of files at rest.
pub type Files = HashMap<PathBuf, (Stat, Hash)>;

impl Store {
    /// Reads the log in a pipeline's folder; what cannot be read is not remembered.
    pub fn load(home: &Path) -> (Self, Files) {
        let path = home.join(FILE);
        let text = fs::read(&path).unwrap_or_default();
        let mut files = Files::new();
        let mut store = Self {
            path,
            file: None,
            torn: text.last().is_some_and(|last| *last != b'\n'),
            steps: IndexMap::new(),
            lines: 0,
        };
        let mut known = false;
        for line in text.split(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice(line) else {
                continue;
            };
            store.lines += 1;
            match line {
                Line::Version(version) => {
                    known = version == VERSION;
                    store.steps.clear();
                    files.clear();
                }
                _ if !known => {}
                line => store.take(line, &mut files),
            }
        }
        (store, files)
    }

    fn take(&mut self, line: Line, files: &mut Files) {
        match line {
            Line::Version(_) => {}
            Line::Began(step, run_id) => self.note_began(&step, &run_id),
            Line::Passed(step, record) => drop(self.steps.insert(step, record)),
            Line::File(path, stat, hash) => drop(files.insert(path, (stat, hash))),
            Line::Gone(step) => drop(self.steps.shift_remove(&step)),
        }
    }

    fn note_began(&mut self, step: &str, run_id: &str) {
        match self.steps.get_mut(step) {
            Some(record) => {
                let record = Arc::make_mut(record);
                record.passed = false;
                run_id.clone_into(&mut record.run_id);
            }
            None => {
                let record = Record {
                    run_id: run_id.to_owned(),
                    passed: false,
                    seconds: 0.0,
                    unfit: None,
                    parts: Vec::new(),
                    outputs: Vec::new(),
                };
                self.steps.insert(step.to_owned(), record.into());
            }
        }
    }

    /// What is remembered of a step.
    pub fn get(&self, step: &str) -> Option<&Arc<Record>> {
        self.steps.get(step)
    }

    /// All steps of which something is remembered.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &Record)> {
        self.steps
            .iter()
            .map(|(step, record)| (step.as_str(), record.as_ref()))
    }

    /// Remembers that a step begins: until it has passed, nothing that it left stands.
    ///
    /// # Errors
    /// It cannot be written; then the step must not begin.
    pub fn begin(&mut self, step: &str, run_id: &str) -> Result<(), (PathBuf, io::Error)> {
        self.append(&[Line::Began(step.to_owned(), run_id.to_owned())])?;
        self.note_began(step, run_id);
        Ok(())
    }

    /// Remembers that a step has passed, and contents of files.
    ///
    /// # Errors
    /// It cannot be written; then it is not remembered.
    pub fn keep(
        &mut self,
        step: &str,
        record: Record,
        files: Vec<(PathBuf, Stat, Hash)>,
    ) -> Result<(), (PathBuf, io::Error)> {
        let record = Arc::new(record);
        self.append(
            &of_files(files)
                .chain([Line::Passed(step.to_owned(), Arc::clone(&record))])
                .collect::<Vec<_>>(),
        )?;
        self.steps.insert(step.to_owned(), record);
        Ok(())
    }

    /// Remembers contents of files.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn learn(&mut self, files: Vec<(PathBuf, Stat, Hash)>) -> Result<(), (PathBuf, io::Error)> {
        match files.is_empty() {
            true => Ok(()),
            false => self.append(&of_files(files).collect::<Vec<_>>()),
        }
    }

    /// Forgets steps.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn forget(&mut self, steps: &[String]) -> Result<(), (PathBuf, io::Error)> {
        self.append(&steps.iter().cloned().map(Line::Gone).collect::<Vec<_>>())?;
        self.steps.retain(|step, _| !steps.contains(step));
        Ok(())
    }

    /// Adds lines, in one write.
    fn append(&mut self, lines: &[Line]) -> Result<(), (PathBuf, io::Error)> {
        let path = self.path.clone();
        let mut write = || -> io::Result<()> {
            let mut text = Vec::new();
            if self.torn {
                text.push(b'\n');
            }
            if self.lines == 0 {
                add(&mut text, &Line::Version(VERSION))?;
            }
            for line in lines {
                add(&mut text, line)?;
            }
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(
                    OpenOptions::new()
                        .append(true)
                        .create(true)
                        .open(&self.path)?,
                ),
            };
            self.torn = true;
            file.write_all(&text)?;
            self.torn = false;
            self.lines += lines.len() + usize::from(self.lines == 0);
            Ok(())
        };
        write().map_err(|error| (path, error))
    }

    /// Writes the log anew, whole or not at all, where most of it means nothing any more.
    ///
    /// # Errors
    /// It cannot be written; then the old one stays.
    pub fn tidy(&mut self, files: &Files) -> Result<(), (PathBuf, io::Error)> {
        if self.lines <= 2 * (self.steps.len() + files.len()) + DEAD {
            return Ok(());
        }
        let at_rest = |(path, (stat, hash)): (&PathBuf, &(Stat, Hash))| {
            let found = fs::metadata(path).ok()?;
            (Stat::of(&found) == *stat).then(|| (path.clone(), *stat, *hash))
        };
        let files = of_files(files.iter().filter_map(at_rest).collect());
        let steps = self.steps.iter();
        let steps = steps.map(|(step, record)| Line::Passed(step.clone(), Arc::clone(record)));
        let lines: Vec<Line> = std::iter::once(Line::Version(VERSION))
            .chain(files)
            .chain(steps)
            .collect();
        let write = || -> io::Result<()> {
            let mut text = Vec::new();
            for line in &lines {
                add(&mut text, line)?;
            }
            let new = self.path.with_extension("jsonl.new");
            let mut file = File::create(&new)?;
            file.write_all(&text)?;
            file.sync_data()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| (self.path.clone(), error))?;
        (self.file, self.torn, self.lines) = (None, false, lines.len());
        Ok(())
    }
}

fn of_files(files: Vec<(PathBuf, Stat, Hash)>) -> impl Iterator<Item = Line> {
    files
        .into_iter()
        .map(|(path, stat, hash)| Line::File(path, stat, hash))
}

fn add(text: &mut Vec<u8>, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *text, line)?;
    text.push(b'\n');
    Ok(())
}
