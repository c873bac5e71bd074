//! Owns the question whether a step has to run: not where all that decides its result is as it was when it last passed,
//! and all that it left is as it left it. Remembers what passes, names each difference otherwise, and never counts what a
//! failed, ended or killed step left.

pub mod digest;
pub mod explain;
pub mod key;
pub mod store;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::digest::{Digests, Unknown};
use self::key::{Facts, Kind, Part, parts, paths};
use self::store::{Record, Store};
use crate::plan::Invocation;

/// Whether earlier results may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Where nothing has changed.
    #[default]
    Unchanged,
    /// Never: every step runs.
    Never,
}

/// What is remembered of a pipeline's steps; the threads of steps share it.
#[derive(Debug)]
pub struct Cache {
    store: Mutex<Store>,
    digests: Digests,
    reuse: Reuse,
    run_id: String,
    /// Steps that have begun in this run, with what decides their result.
    begun: Mutex<HashMap<String, Option<Vec<Part>>>>,
}

/// Whether a step has to run.
#[derive(Debug)]
pub enum Decision {
    /// It need not: what it left still stands.
    Spare {
        /// Why.
        reason: String,
        /// What decides its result.
        parts: Vec<Part>,
    },
    /// It has to.
    Run {
        /// Why.
        because: Vec<String>,
        /// What decides its result, where that can be told.
        parts: Option<Vec<Part>>,
    },
}

impl Cache {
    /// Reads what is remembered in a pipeline's folder, for this run.
    pub fn load(home: &Path, reuse: Reuse, run_id: &str) -> Self {
        let (store, files) = Store::load(home);
        Self {
            store: Mutex::new(store),
            digests: Digests::new(files),
            reuse,
            run_id: run_id.to_owned(),
            begun: Mutex::default(),
        }
    }

    /// How long an attempt of each step took when it last passed, in seconds.
    pub fn costs(&self) -> HashMap<String, f64> {
        let store = self.store();
        let steps = store.steps().filter(|(_, record)| record.seconds > 0.0);
        steps
            .map(|(step, record)| (step.to_owned(), record.seconds))
            .collect()
    }

    /// Whether a step has to run that would start this program.
    pub fn decide(&self, facts: &Facts<'_>, invocation: &Invocation, program: &Path) -> Decision {
        let run = |because, parts| Decision::Run { because, parts };
        if !invocation.reuse {
            return run(explain::never_reused(), None);
        }
        let now = match self.parts(facts, invocation, program) {
            Ok(now) => now,
            Err(why) => {
                return run(
                    explain::not_comparable(&facts.mask.text(&why.to_string())),
                    None,
                );
            }
        };
        let Some(record) = self.remembered(&invocation.step) else {
            return run(explain::never_passed(), Some(now));
        };
        let because = match () {
            () if self.reuse == Reuse::Never => explain::forced(),
            () if !record.passed => explain::did_not_pass(&record),
            () => match &record.unfit {
                Some(why) => explain::not_comparable(why),
                None => explain::differences(&record.parts, &now),
            },
        };
        if !because.is_empty() {
            return run(because, Some(now));
        }
        match self.outputs(facts, invocation) {
            Ok(left) => match explain::differences(&record.outputs, &left) {
                none if none.is_empty() => Decision::Spare {
                    reason: explain::unchanged(&record),
                    parts: now,
                },
                because => run(because, Some(now)),
            },
            Err(why) => {
                let why = facts.mask.text(&why.to_string());
                run(explain::not_comparable(&why), Some(now))
            }
        }
    }

    /// Remembers that a step begins, so that nothing of what it left before stands any more.
    ///
    /// # Errors
    /// It cannot be written down; then the step must not begin.
    pub fn begin(&self, step: &str, parts: Option<Vec<Part>>) -> Result<(), (PathBuf, io::Error)> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(step.to_owned(), parts);
        self.store().begin(step, &self.run_id)
    }

    /// Remembers that a step that began has passed with an attempt that took so long. What cannot be remembered only
    /// runs again.
    pub fn keep(&self, facts: &Facts<'_>, invocation: &Invocation, program: &Path, took: Duration) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let before = begun.remove(&invocation.step).flatten();
        drop(begun);
        let unfit = match &before {
            None => Some("it was not compared when it last ran".to_owned()),
            Some(before) => match self.parts(facts, invocation, program) {
                Ok(after) => explain::differences(before, &after)
                    .first()
                    .map(|difference| format!("while it last ran, {difference}")),
                Err(why) => Some(facts.mask.text(&why.to_string())),
            },
        };
        self.keep_record(facts, invocation, |outputs, why| Record {
            run_id: self.run_id.clone(),
            passed: true,
            seconds: took.as_secs_f64(),
            unfit: unfit.or(why),
            parts: before.unwrap_or_default(),
            outputs,
        });
    }

    /// Remembers what somebody else has made, for steps that need it without reading it.
    pub fn keep_external(&self, facts: &Facts<'_>, invocation: &Invocation) {
        self.keep_record(facts, invocation, |outputs, unfit| Record {
            run_id: String::new(),
            passed: true,
            seconds: 0.0,
            unfit,
            parts: Vec::new(),
            outputs,
        });
    }

    fn keep_record(
        &self,
        facts: &Facts<'_>,
        invocation: &Invocation,
        record: impl FnOnce(Vec<Part>, Option<String>) -> Record,
    ) {
        let record = match self.outputs(facts, invocation) {
            Ok(outputs) => record(outputs, None),
            Err(why) => record(Vec::new(), Some(facts.mask.text(&why.to_string()))),
        };
        let learned = self.digests.learned();
        let mut store = self.store();
        if store.get(&invocation.step).map(AsRef::as_ref) != Some(&record) {
            // What cannot be written is not remembered, so that the step runs again: that is no harm.
            let _ = store.keep(&invocation.step, record, learned);
        }
    }

    /// Writes down what was learned of files, and tidies up.
    pub fn close(self) {
        let mut store = self
            .store
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        // What cannot be written is only looked at again next time.
        let _ = store.learn(self.digests.learned());
        let _ = store.tidy(&self.digests.all());
    }

    fn parts(
        &self,
        facts: &Facts<'_>,
        invocation: &Invocation,
        program: &Path,
    ) -> Result<Vec<Part>, Unknown> {
        parts(facts, &self.digests, invocation, program, |step| {
            self.remembered(step)
        })
    }

    fn outputs(&self, facts: &Facts<'_>, invocation: &Invocation) -> Result<Vec<Part>, Unknown> {
        paths(Kind::Output, &invocation.outputs, facts, &self.digests)
    }

    fn remembered(&self, step: &str) -> Option<Arc<Record>> {
        self.store().get(step).cloned()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
