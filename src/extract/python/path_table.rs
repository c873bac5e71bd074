//! Owns what functions of libraries do to the paths they are given, a line each, and the way to find such lines.

mod documents;
mod earth;
mod language;
mod learning;
mod life;
mod plots;
mod remote;
mod science;
mod sound;
mod standard;
mod tables;
mod tensors;
mod tracking;
mod vision;

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
    /// The argument's name; of several by which it goes, `|` between them.
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

pub(super) const fn named(
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
const FUNCTIONS: [&[Sink]; 14] = [
    documents::FUNCTIONS,
    earth::FUNCTIONS,
    language::FUNCTIONS,
    learning::FUNCTIONS,
    life::FUNCTIONS,
    plots::FUNCTIONS,
    remote::FUNCTIONS,
    science::FUNCTIONS,
    sound::FUNCTIONS,
    standard::FUNCTIONS,
    tables::FUNCTIONS,
    tensors::FUNCTIONS,
    tracking::FUNCTIONS,
    vision::FUNCTIONS,
];

/// Libraries whose functions do what those of the same names in another do; the longer of two that fit comes first.
#[rustfmt::skip]
const ALIKE: &[(&str, &str)] = &[
    ("autograd.numpy", "numpy"),
    ("cudf", "pandas"),
    ("cupy", "numpy"),
    ("dask.dataframe", "pandas"),
    ("databricks.koalas", "pandas"),
    ("geopandas", "pandas"),
    ("imageio.v2", "imageio"),
    ("imageio.v3", "imageio"),
    ("jax.numpy", "numpy"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("lightning", "lightning.pytorch"),
    ("moviepy.editor", "moviepy"),
    ("pyspark.pandas", "pandas"),
    ("pytorch_lightning", "lightning.pytorch"),
    ("scanpy.api", "anndata"),
    ("scanpy", "anndata"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.io.gfile", "tensorflow.gfile"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("tf_keras", "keras"),
    ("torch.utils.tensorboard", "tensorboardX"),
    ("xarray.backends", "xarray"),
];

fn lines() -> impl Iterator<Item = &'static [Sink]> {
    let all = FUNCTIONS.iter();
    all.flat_map(|sinks| sinks.chunk_by(|a, b| a.name == b.name))
}

static FUNCTION_TABLE: LazyLock<Table> =
    LazyLock::new(|| lines().map(|chunk| (chunk[0].name, chunk)).collect());

static METHOD_TABLE: LazyLock<Table> = LazyLock::new(|| {
    let chunks = METHODS.chunk_by(|a, b| a.name == b.name);
    chunks.map(|chunk| (chunk[0].name, chunk)).collect()
});

/// Functions by their library and their own name: where all of a library that are called so do the same, any module of it
/// may be where one is imported from. Of the others nothing is said.
static BY_OWN_NAME: LazyLock<HashMap<(&'static str, &'static str), &'static [Sink], QuickBuilder>> =
    LazyLock::new(|| {
        let mut found: HashMap<_, &'static [Sink], _> = HashMap::default();
        for chunk in lines() {
            let Some((library, own)) = ends(chunk[0].name).filter(|(_, own)| is_telling(own))
            else {
                continue;
            };
            found
                .entry((library, own))
                .and_modify(|known| {
                    if !does_the_same(known, chunk) {
                        *known = &[];
                    }
                })
                .or_insert(chunk);
        }
        found
    });

/// The library's and the function's own name; none for a method of a class.
fn ends(name: &str) -> Option<(&str, &str)> {
    let (library, _) = name.split_once('.')?;
    let (before, own) = name.rsplit_once('.')?;
    let of = before.rsplit('.').next()?;
    (of == library || !of.starts_with(|c: char| c.is_ascii_uppercase())).then_some((library, own))
}

/// Whether a function's own name says what it does wherever in a library it stands: `ModelCheckpoint`, but not `read`.
fn is_telling(own: &str) -> bool {
    own.starts_with(|c: char| c.is_ascii_uppercase()) || own.len() >= 8 && own.contains('_')
}

fn does_the_same(one: &[Sink], other: &[Sink]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| {
            (a.position, a.keyword, a.direction, a.data_type)
                == (b.position, b.keyword, b.direction, b.data_type)
        })
}

/// Whether so many lines tell of a library that its own modules need not be read.
pub(super) fn tells_much_of(library: &str) -> bool {
    static LINES: LazyLock<HashMap<&'static str, usize, QuickBuilder>> = LazyLock::new(|| {
        let mut counts = HashMap::default();
        for sink in FUNCTIONS.iter().copied().flatten() {
            *counts
                .entry(sink.name.split('.').next().unwrap_or_default())
                .or_insert(0) += 1;
        }
        counts
    });
    LINES.get(library).is_some_and(|lines| *lines >= MUCH)
}

/// How many lines tell much.
const MUCH: usize = 4;

/// Whether lines tell of a library.
fn tells_of(library: &str) -> bool {
    static LIBRARIES: LazyLock<HashSet<&'static str, QuickBuilder>> = LazyLock::new(|| {
        let names = FUNCTIONS.iter().copied().flatten().map(|sink| sink.name);
        let alike = ALIKE.iter().map(|(name, _)| *name);
        names
            .chain(alike)
            .filter_map(|name| name.split('.').next())
            .collect()
    });
    LIBRARIES.contains(library)
}

/// What the function of this dotted name does.
pub(super) fn sinks_named(name: &str) -> &'static [Sink] {
    if let Some(sinks) = FUNCTION_TABLE.get(name) {
        return sinks;
    }
    let library = name.split('.').next().unwrap_or(name);
    if !tells_of(library) {
        return &[];
    }
    let is_alike = |(from, _): &&(&str, &str)| {
        let rest = name.strip_prefix(from);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    if let Some((from, to)) = ALIKE.iter().find(is_alike) {
        let same = format!("{to}{}", &name[from.len()..]);
        if let Some(sinks) = FUNCTION_TABLE.get(same.as_str()) {
            return sinks;
        }
        let found = ends(&same).and_then(|ends| BY_OWN_NAME.get(&ends));
        if let Some(sinks) = found {
            return sinks;
        }
    }
    let found = ends(name).and_then(|ends| BY_OWN_NAME.get(&ends));
    found.copied().unwrap_or_default()
}

/// What a method of this name does.
pub(super) fn methods_named(name: &str) -> &'static [Sink] {
    METHOD_TABLE.get(name).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_and_each_function_stands_in_one_room() {
        let mut seen = HashSet::new();
        for room in FUNCTIONS {
            let names: Vec<_> = room.iter().map(|sink| sink.name).collect();
            assert!(
                names.is_sorted(),
                "{:?}",
                names.windows(2).find(|w| w[0] > w[1])
            );
            for chunk in room.chunk_by(|a, b| a.name == b.name) {
                assert!(
                    seen.insert(chunk[0].name),
                    "{} is told twice",
                    chunk[0].name
                );
            }
        }
    }

    #[test]
    fn a_function_is_found_by_every_name_it_goes_by() {
        for (name, known) in [
            ("keras.callbacks.CSVLogger", "keras.callbacks.CSVLogger"),
            (
                "tensorflow.keras.callbacks.CSVLogger",
                "keras.callbacks.CSVLogger",
            ),
            (
                "pytorch_lightning.loggers.CSVLogger",
                "lightning.pytorch.loggers.CSVLogger",
            ),
            ("lightning.Trainer", "lightning.pytorch.Trainer"),
            (
                "torch.utils.tensorboard.writer.SummaryWriter",
                "tensorboardX.SummaryWriter",
            ),
            (
                "torchvision.datasets.mnist.MNIST",
                "torchvision.datasets.MNIST",
            ),
            ("dask.dataframe.read_csv", "pandas.read_csv"),
            ("scanpy.read_h5ad", "anndata.read_h5ad"),
            (
                "transformers.training_args.TrainingArguments",
                "transformers.TrainingArguments",
            ),
        ] {
            let found = sinks_named(name).first();
            assert_eq!(found.map(|sink| sink.name), Some(known), "{name}");
        }
        for name in [
            "torch.nn.functional.load",
            "pandas",
            "nothing.known",
            "numpy.random.load",
        ] {
            assert!(sinks_named(name).is_empty(), "{name}");
        }
    }
}
