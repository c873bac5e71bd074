//! Owns the reading of Python scripts.

use crate::extract::Files;
use crate::requirement::Reading;
use crate::script::Entry;
use crate::source::Source;

/// Reads a Python script.
pub fn read(_source: &Source, entry: Option<Entry>, _files: Files<'_>) -> Reading {
    Reading {
        entry: entry.unwrap_or_default(),
        ..Reading::default()
    }
}
