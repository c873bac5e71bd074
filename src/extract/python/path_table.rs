//! Owns what functions of libraries do to the paths they are given, a line each, and the way to find such lines.

mod data;
mod learning;
mod science;
mod standard;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::path_methods::METHODS;
use super::slots::Direction;
use super::value::QuickBuilder;
use crate::requirement::DataType;

/// What a function does to one of its arguments.
pub(super) struct Sink {
    /// The function's dotted name, or the method's.
    pub(super) name: &'static str,
    /// The argument's position; none where it is only given by name.
    pub(super) position: Option<usize>,
    /// The argument's name.
    pub(super) keyword: &'static str,
    /// Whether it reads or writes what lies there.
    pub(super) direction: Direction,
    /// What lies there.
    pub(super) data_type: Option<DataType>,
}

pub(super) const fn sink(
    name: &'static str,
    position: usize,
    keyword: &'static str,
    direction: Direction,
    data_type: Option<DataType>,
) -> Sink {
    Sink {
        name,
        position: Some(position),
        keyword,
        direction,
        data_type,
    }
}

const fn named(
    name: &'static str,
    keyword: &'static str,
    direction: Direction,
    data_type: Option<DataType>,
) -> Sink {
    Sink {
        name,
        position: None,
        keyword,
        direction,
        data_type,
    }
}

type Table = HashMap<&'static str, &'static [Sink], QuickBuilder>;

/// Functions, by the libraries they are of.
const FUNCTIONS: [&[Sink]; 4] = [
    data::FUNCTIONS,
    learning::FUNCTIONS,
    science::FUNCTIONS,
    standard::FUNCTIONS,
];

fn table(all: &[&'static [Sink]]) -> Table {
    all.iter()
        .flat_map(|sinks| sinks.chunk_by(|a, b| a.name == b.name))
        .map(|chunk| (chunk[0].name, chunk))
        .collect()
}

static FUNCTION_TABLE: LazyLock<Table> = LazyLock::new(|| table(&FUNCTIONS));
static METHOD_TABLE: LazyLock<Table> = LazyLock::new(|| table(&[METHODS]));

/// Whether lines tell of a library.
pub(super) fn tells_of(library: &str) -> bool {
    static LIBRARIES: LazyLock<HashSet<&'static str, QuickBuilder>> = LazyLock::new(|| {
        let names = FUNCTIONS.iter().copied().flatten().map(|sink| sink.name);
        names.filter_map(|name| name.split('.').next()).collect()
    });
    LIBRARIES.contains(library)
}

/// What the function of this dotted name does.
pub(super) fn sinks_named(name: &str) -> &'static [Sink] {
    FUNCTION_TABLE.get(name).copied().unwrap_or_default()
}

/// What a method of this name does.
pub(super) fn methods_named(name: &str) -> &'static [Sink] {
    METHOD_TABLE.get(name).copied().unwrap_or_default()
}
