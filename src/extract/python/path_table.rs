//! Owns what functions and methods of libraries do to the paths they are given: a line each.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::slots::Direction::{self, Names, Prepares, Reads, Writes};
use crate::requirement::DataType::{self, *};

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

const fn sink(
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

/// Functions, by dotted name; neighbours of one name are one function's.
const FUNCTIONS: &[Sink] = &[
    sink("csv.DictReader", 0, "f", Reads, Some(Csv)),
    sink("csv.DictWriter", 0, "f", Writes, Some(Csv)),
    sink("csv.reader", 0, "csvfile", Reads, Some(Csv)),
    sink("csv.writer", 0, "csvfile", Writes, Some(Csv)),
    sink("json.dump", 1, "fp", Writes, Some(Json)),
    sink("json.load", 0, "fp", Reads, Some(Json)),
    sink("os.chdir", 0, "path", Names, Some(Folder)),
    sink("os.link", 1, "dst", Writes, None),
    sink("os.makedirs", 0, "name", Prepares, Some(Folder)),
    sink("os.mkdir", 0, "path", Prepares, Some(Folder)),
    sink("os.path.exists", 0, "path", Names, None),
    sink("os.path.getsize", 0, "filename", Reads, None),
    sink("os.path.isdir", 0, "s", Names, Some(Folder)),
    sink("os.path.isfile", 0, "path", Names, None),
    sink("os.remove", 0, "path", Names, None),
    sink("os.rename", 0, "src", Names, None),
    sink("os.rename", 1, "dst", Writes, None),
    sink("os.replace", 1, "dst", Writes, None),
    sink("os.rmdir", 0, "path", Names, Some(Folder)),
    sink("os.unlink", 0, "path", Names, None),
    sink("pandas.read_csv", 0, "filepath_or_buffer", Reads, Some(Csv)),
    sink("pandas.read_excel", 0, "io", Reads, Some(Excel)),
    sink("pandas.read_feather", 0, "path", Reads, Some(Arrow)),
    sink(
        "pandas.read_fwf",
        0,
        "filepath_or_buffer",
        Reads,
        Some(Text),
    ),
    sink("pandas.read_hdf", 0, "path_or_buf", Reads, Some(Hdf5)),
    sink("pandas.read_json", 0, "path_or_buf", Reads, Some(Json)),
    sink("pandas.read_orc", 0, "path", Reads, None),
    sink("pandas.read_parquet", 0, "path", Reads, Some(Parquet)),
    sink(
        "pandas.read_pickle",
        0,
        "filepath_or_buffer",
        Reads,
        Some(Pickle),
    ),
    sink(
        "pandas.read_table",
        0,
        "filepath_or_buffer",
        Reads,
        Some(Tsv),
    ),
    sink("pandas.read_xml", 0, "path_or_buffer", Reads, Some(Xml)),
    sink(
        "pandas.to_pickle",
        1,
        "filepath_or_buffer",
        Writes,
        Some(Pickle),
    ),
    sink("pandas.ExcelFile", 0, "path_or_buffer", Reads, Some(Excel)),
    sink("pandas.ExcelWriter", 0, "path", Writes, Some(Excel)),
    sink("pandas.HDFStore", 0, "path", Reads, Some(Hdf5)),
    sink("pickle.dump", 1, "file", Writes, Some(Pickle)),
    sink("pickle.load", 0, "file", Reads, Some(Pickle)),
    sink("shutil.copy", 0, "src", Reads, None),
    sink("shutil.copy", 1, "dst", Writes, None),
    sink("shutil.copy2", 0, "src", Reads, None),
    sink("shutil.copy2", 1, "dst", Writes, None),
    sink("shutil.copyfile", 0, "src", Reads, None),
    sink("shutil.copyfile", 1, "dst", Writes, None),
    sink("shutil.copyfileobj", 0, "fsrc", Reads, None),
    sink("shutil.copyfileobj", 1, "fdst", Writes, None),
    sink("shutil.copytree", 0, "src", Reads, Some(Folder)),
    sink("shutil.copytree", 1, "dst", Writes, Some(Folder)),
    sink("shutil.move", 0, "src", Reads, None),
    sink("shutil.move", 1, "dst", Writes, None),
    sink("shutil.rmtree", 0, "path", Names, Some(Folder)),
    sink("shutil.unpack_archive", 0, "filename", Reads, None),
    sink(
        "shutil.unpack_archive",
        1,
        "extract_dir",
        Writes,
        Some(Folder),
    ),
    sink("sqlite3.connect", 0, "database", Reads, Some(Sqlite)),
    sink("yaml.dump", 1, "stream", Writes, Some(Yaml)),
    sink("yaml.load", 0, "stream", Reads, Some(Yaml)),
    sink("yaml.safe_dump", 1, "stream", Writes, Some(Yaml)),
    sink("yaml.safe_load", 0, "stream", Reads, Some(Yaml)),
];

/// Methods that are told by their name alone, whatever they are called on.
const METHODS: &[Sink] = &[
    sink("to_csv", 0, "path_or_buf", Writes, Some(Csv)),
    sink("to_excel", 0, "excel_writer", Writes, Some(Excel)),
    sink("to_feather", 0, "path", Writes, Some(Arrow)),
    sink("to_hdf", 0, "path_or_buf", Writes, Some(Hdf5)),
    sink("to_json", 0, "path_or_buf", Writes, Some(Json)),
    sink("to_parquet", 0, "path", Writes, Some(Parquet)),
    sink("to_pickle", 0, "path", Writes, Some(Pickle)),
    sink("savefig", 0, "fname", Writes, Some(Image)),
];

type Table = HashMap<&'static str, &'static [Sink]>;

fn table(sinks: &'static [Sink]) -> Table {
    sinks
        .chunk_by(|a, b| a.name == b.name)
        .map(|chunk| (chunk[0].name, chunk))
        .collect()
}

static FUNCTION_TABLE: LazyLock<Table> = LazyLock::new(|| table(FUNCTIONS));
static METHOD_TABLE: LazyLock<Table> = LazyLock::new(|| table(METHODS));

/// What the function of this dotted name does.
pub(super) fn sinks_named(name: &str) -> &'static [Sink] {
    FUNCTION_TABLE.get(name).copied().unwrap_or_default()
}

/// What a method of this name does.
pub(super) fn methods_named(name: &str) -> &'static [Sink] {
    METHOD_TABLE.get(name).copied().unwrap_or_default()
}
