//! Owns how a run is told: every reporter hears the same events, and the command decides which reporters there are.
//! Knows nothing of how a run is carried out.

pub mod cause;
pub mod compare;
pub mod console;
pub mod files;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
mod log;
pub mod markdown;
pub mod record;
mod table;
pub mod trace;
pub mod words;
pub mod written;

use std::io;
use std::path::PathBuf;

use crate::event::Event;
use crate::ui::Ui;

pub use self::console::{Console, Explain, Results};
pub use self::json::Json;
pub use self::written::Written;

/// One way to tell a run.
#[derive(Debug)]
pub enum Reporter {
    /// To a person, as it happens.
    Console(Console),
    /// To a program, an event a line, on standard output.
    Json(Json),
    /// To later readers and CI systems: files in the run's folder.
    Written(Box<Written>),
}

/// Those who are told.
#[derive(Debug, Default)]
pub struct Reporters {
    list: Vec<Reporter>,
    failures: Vec<(PathBuf, io::Error)>,
}

impl Reporters {
    /// Tells all of `list`, in its order.
    pub fn new(list: Vec<Reporter>) -> Self {
        Self {
            list,
            failures: Vec::new(),
        }
    }

    /// Tells all of an event. One that cannot write what it heard is told nothing more; the run goes on.
    pub fn hear(&mut self, event: &Event, ui: &mut Ui) {
        let failures = &mut self.failures;
        self.list.retain_mut(|reporter| {
            let heard = match reporter {
                Reporter::Console(console) => {
                    console.hear(event, ui);
                    Ok(())
                }
                Reporter::Json(json) => {
                    json.hear(event, ui);
                    Ok(())
                }
                Reporter::Written(written) => written.hear(event, ui),
            };
            heard.map_err(|failure| failures.push(failure)).is_ok()
        });
    }

    /// What could not be written, and why.
    pub fn failures(&self) -> &[(PathBuf, io::Error)] {
        &self.failures
    }
}

#[cfg(test)]
mod sample;
