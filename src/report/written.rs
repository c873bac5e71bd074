//! Owns the writing of reports as a run goes: what later readers need beside its events, its page, and what was asked for
//! besides. All of it is there when the first process starts and valid at any time, so that a killed run leaves reports
//! that say how far it came.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::github::{self, Github};
use super::record::{self, Record};
use super::{html, junit, trace};
use crate::both::both;
use crate::event::{Event, Left, StepState};
use crate::file;
use crate::outline::Outline;
use crate::secret::mask::Mask;
use crate::ui::Ui;

/// How long reports stay as they are while steps end, at least; and how many times longer than writing them takes.
const PAUSE: Duration = Duration::from_secs(1);
const REST: u32 = 50;

/// Writes reports.
#[derive(Debug, Default)]
pub struct Written {
    outline: Option<Arc<Outline>>,
    secrets: Mask,
    /// Where a trace is wanted.
    trace: Option<PathBuf>,
    /// Where this runs, if it is a job of GitHub Actions.
    github: Option<Github>,
    record: Option<Record>,
    /// Whether anything has been written yet.
    is_begun: bool,
    next: Option<Instant>,
}

impl Written {
    /// Tells of a run with this outline. `secrets` are looked for in the files that are shown.
    pub fn new(outline: Arc<Outline>, secrets: Mask) -> Self {
        Self {
            outline: Some(outline),
            secrets,
            ..Self::default()
        }
    }

    /// Writes a trace as well.
    #[must_use]
    pub fn with_trace(self, trace: Option<PathBuf>) -> Self {
        Self { trace, ..self }
    }

    /// Tells GitHub as well.
    #[must_use]
    pub fn with_github(self, github: Option<Github>) -> Self {
        Self { github, ..self }
    }

    /// Takes in an event, and writes what has to be written.
    ///
    /// # Errors
    /// Something cannot be written; the path tells what.
    pub fn hear(&mut self, event: &Event, ui: &mut Ui) -> Result<(), (PathBuf, io::Error)> {
        if let Some(record) = Record::begin(event, self.outline.take()) {
            self.record = Some(record);
            self.next = Some(Instant::now() + PAUSE);
            return Ok(());
        }
        let Some(record) = &mut self.record else {
            return Ok(());
        };
        record.hear(event);
        match event {
            Event::StepFinished { step, outcome, .. } => {
                let ran = !matches!(outcome.state, StepState::NotRun | StepState::Skipped);
                let outline = record.outline.as_ref().and_then(|o| o.steps.get(step));
                if let Some(outline) = outline.filter(|_| ran && record.tells_all(outcome)) {
                    record.files.keep(step, outline, &self.secrets);
                }
                self.write_if_due()
            }
            Event::StillRunning { .. } => self.write_if_due(),
            Event::RunFinished { .. } => {
                write_json(&record.folder.join(record::FILES), &record.files)?;
                let told = match &self.github {
                    Some(github) => github::tell(record, github, ui),
                    None => Ok(()),
                };
                self.write().and(told)
            }
            // From now on there is something to tell, even if nothing ends for a long time.
            Event::StepStarted { .. } | Event::BuildStarted { .. } if !self.is_begun => {
                self.write()
            }
            _ => Ok(()),
        }
    }

    /// Writes it all anew where it was not for long.
    fn write_if_due(&mut self) -> Result<(), (PathBuf, io::Error)> {
        match self.next.is_some_and(|next| next <= Instant::now()) {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// Writes all that people and CI systems read, as far as the run has come.
    fn write(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let Some(record) = &mut self.record else {
            return Ok(());
        };
        let began = Instant::now();
        if !record.has_ended() {
            record.leave(Left::UnderWay);
        }
        let record = &*record;
        if !self.is_begun && !record.has_ended() {
            record.look_back();
        }
        if let Some(outline) = record.outline.as_ref().filter(|_| !self.is_begun) {
            write_json(&record.folder.join(record::OUTLINE), outline.as_ref())?;
        }
        self.is_begun = true;
        let page = || {
            let path = record.folder.join("report.html");
            write(&path, |file| html::write(record, file))
        };
        let others = || {
            let cases = junit::render(record);
            let path = record.folder.join("junit.xml");
            write(&path, |file| file.write_all(cases.as_bytes()))?;
            let Some(path) = &self.trace else {
                return Ok(());
            };
            let text = trace::render(record);
            file::write(path, &text).map_err(|error| (path.clone(), error))
        };
        // People wait for the end of a run; before it, its processes need the time more.
        match record.has_ended() {
            true => {
                let (others, page) = both(&others, page);
                page.and(others)
            }
            false => page().and_then(|()| others()),
        }?;
        self.next = Some(Instant::now() + PAUSE.max(began.elapsed() * REST));
        Ok(())
    }
}

/// Writes what programs read.
fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), (PathBuf, io::Error)> {
    write(path, |file| {
        serde_json::to_writer(&mut *file, value)?;
        file.write_all(b"\n")
    })
}

/// Writes a file of the run's own folder, whole or not at all. Nobody waits until the disk has it: from the run's events,
/// which are kept with more care, it can be made again.
fn write(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), (PathBuf, io::Error)> {
    // Nobody else writes here while the lock is held, so the name needs no luck.
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let whole = || {
        let mut file = BufWriter::with_capacity(64 * 1024, File::create(&new)?);
        fill(&mut file)?;
        file.flush()?;
        drop(file);
        fs::rename(&new, path)
    };
    whole().map_err(|error| {
        let _ = fs::remove_file(&new);
        (path.to_owned(), error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::ui::{Color, Verbosity};

    /// Which files of a run's folder are there when a run has been heard of so far.
    fn there(events: &[Event], folder: &Path) -> Vec<&'static str> {
        let mut ui = Ui::new(Color::Never, Verbosity::Quiet);
        let mut written = Written::new(Arc::new(sample::outline()), Mask::default());
        for event in events {
            written.hear(event, &mut ui).expect("written");
        }
        let runs = folder.join("runs/20261122T214541-123");
        let names = ["plan.json", "report.html", "junit.xml", "files.json"];
        let there = |name: &&str| {
            let path = runs.join(name);
            assert!(!runs.join(format!("{name}.new")).exists(), "{name}");
            path.exists() && fs::remove_file(path).is_ok()
        };
        names.into_iter().filter(there).collect()
    }

    #[test]
    fn reports_are_there_from_the_first_process_on_and_when_there_was_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let events = sample::events(folder.path(), |_| true);
        let is_start = |event: &Event| matches!(event, Event::StepStarted { .. });
        let first = events.iter().position(is_start).expect("a process");
        let nothing = [events[0].clone(), events[events.len() - 1].clone()];
        let all = ["plan.json", "report.html", "junit.xml", "files.json"];
        for (heard, expected) in [
            (&events[..first], &[][..]),
            (&events[..=first], &all[..3]),
            (&events[..], &all[..]),
            (&nothing[..], &all[..]),
        ] {
            assert_eq!(there(heard, folder.path()), expected, "{}", heard.len());
        }
    }
}
