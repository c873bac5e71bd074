//! Owns the columns of tables: those that a script reads from a table it was given, and those it gives a table that it
//! writes. Whatever may add or look for columns in another way ends what is known of a table.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::value::{At, Object, SeqKind, SlotId, Text, Value};
use super::verdict::files_used;
use crate::requirement::{Claim, Column, Confidence, DataType, Kind};

/// The class of a table that was read, and of a row of one; its first argument is the path.
const READ: &str = "table read…";

/// The class of what gives rows of a table.
const ROWS: &str = "rows of a table…";

/// The class of a table that the script itself made.
const MADE: &str = "table made…";

/// Among a table's names: nobody knows any more which columns it has.
const OPEN: &str = "…";

/// Functions that read tables by their columns' names.
const READERS: &[&str] = &[
    "pandas.read_csv",
    "pandas.read_table",
    "pandas.read_parquet",
    "pandas.read_feather",
    "polars.read_csv",
    "polars.read_parquet",
    "polars.scan_csv",
    "polars.scan_parquet",
    "dask.dataframe.read_csv",
    "dask.dataframe.read_parquet",
];

/// Arguments of readers under which columns are not called as in the file.
const RENAMING: &[&str] = &[
    "header",
    "names",
    "index_col",
    "prefix",
    "new_columns",
    "has_header",
];

/// Methods that give a table with the same columns.
const KEEPING: &[&str] = &[
    "copy",
    "dropna",
    "drop_duplicates",
    "fillna",
    "head",
    "query",
    "sample",
    "sort_values",
    "tail",
    "filter",
    "drop_nulls",
    "sort",
    "collect",
    "unique",
];

/// Methods that tell nothing of columns and change none.
const HARMLESS: &[&str] = &[
    "describe",
    "info",
    "memory_usage",
    "iterrows",
    "itertuples",
    "to_csv",
    "to_parquet",
];

/// Columns of a slot's table.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// Those that are read, and where.
    reads: Vec<(String, At, Confidence)>,
    /// Those of every table that is written, by the place of the call; `None` where they are not known.
    writes: Vec<(At, Option<Vec<String>>)>,
}

impl<'a> Engine<'a> {
    /// What a library's function makes of a table's path; none where it has nothing to do with columns.
    pub(super) fn call_table(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        match name {
            "csv.DictReader" => {
                let file = args.get(0, "f").cloned()?;
                let is_named = args.get(1, "fieldnames").is_some();
                (!is_named).then(|| self.keep(Value::object(ROWS, vec![file])))
            }
            "csv.DictWriter" => {
                let columns = args.get(1, "fieldnames").and_then(|value| names_in(value));
                let file = args.get(0, "f").cloned()?;
                self.table_written(&file, columns, args.at);
                None
            }
            "pandas.DataFrame" => {
                let Value::Dict(dict) = args.get(0, "data")? else {
                    return None;
                };
                let table = Value::object(MADE, Vec::new());
                let items = dict.items.borrow().clone();
                for (key, value) in items {
                    let name = match key {
                        Value::Str(name) => name,
                        _ => OPEN.into(),
                    };
                    self.set_attribute(&table, name, value);
                }
                if dict.open.get() || args.kw("columns").is_some() {
                    self.set_attribute(&table, OPEN.into(), Value::None);
                }
                Some(self.keep(table))
            }
            name if READERS.contains(&name) => {
                let path = args
                    .pos
                    .first()
                    .or_else(|| args.kw.first().map(|(_, value)| value));
                let path = path.cloned()?;
                if args.spread.is_some() || args.open {
                    return None;
                }
                let is_renamed = RENAMING.iter().any(|name| args.kw(name).is_some());
                for columns in ["usecols", "columns"]
                    .iter()
                    .filter_map(|name| args.kw(name))
                {
                    for name in names_in(columns).unwrap_or_default() {
                        if !is_renamed {
                            self.column_read(&path, &name, args.at, Confidence::Certain);
                        }
                    }
                }
                (!is_renamed).then(|| self.keep(Value::object(READ, vec![path])))
            }
            _ => None,
        }
    }

    /// A method of a table; none where the object is no table, or its columns are not known any more.
    pub(super) fn table_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        if !matches!(&*object.class, READ | MADE) {
            return None;
        }
        if name == "to_csv" || name == "to_parquet" {
            let path = args
                .pos
                .first()
                .or_else(|| args.kw("path_or_buf").or(args.kw("path")))?;
            let path = path.clone();
            let columns = match args.kw("columns") {
                Some(columns) => names_in(columns),
                None if &*object.class == MADE && !is_open(object) => Some(
                    object
                        .names
                        .borrow()
                        .keys()
                        .map(|name| name.to_string())
                        .collect(),
                ),
                None => None,
            };
            let is_plain = ["header", "mode", "index_label"]
                .iter()
                .all(|name| args.kw(name).is_none());
            self.table_written(&path, columns.filter(|_| is_plain), args.at);
            return None;
        }
        let in_place = args.kw("inplace").is_some();
        if KEEPING.contains(&name) && !in_place {
            return Some(Value::Object(object.clone()));
        }
        if in_place || !HARMLESS.contains(&name) {
            self.open_table(object);
        }
        None
    }

    /// A table of which nothing is followed is written by a method of this name.
    pub(super) fn unknown_table_method(&mut self, name: &str, args: &Args<'a>) {
        if matches!(name, "to_csv" | "to_parquet")
            && let Some(path) = args.pos.first().or_else(|| args.kw("path_or_buf"))
        {
            let path = path.clone();
            let is_plain = ["header", "mode"]
                .iter()
                .all(|name| args.kw(name).is_none());
            let columns = args.kw("columns").and_then(|value| names_in(value));
            self.table_written(&path, columns.filter(|_| is_plain), args.at);
        }
    }

    /// An item of a table or of a row: `df["x"]`, `df[["x", "y"]]`.
    pub(super) fn table_item(&mut self, object: &Rc<Object<'a>>, key: &Value<'a>, at: At) {
        if &*object.class != READ || is_open(object) {
            return;
        }
        let path = object.args.borrow().first().cloned().unwrap_or_default();
        let names: Vec<String> = match key {
            Value::Str(name) => vec![name.to_string()],
            list => names_in(list).unwrap_or_default(),
        };
        for name in names {
            if !object.names.borrow().contains_key(name.as_str()) {
                self.column_read(&path, &name, at, Confidence::Likely);
            }
        }
    }

    /// An attribute of a table: whoever asks which columns there are may do without some.
    pub(super) fn table_attribute(&mut self, object: &Rc<Object<'a>>, name: &str) {
        if matches!(
            name,
            "columns" | "fieldnames" | "schema" | "loc" | "iloc" | "keys"
        ) && matches!(&*object.class, READ | MADE | ROWS)
        {
            self.open_table(object);
        }
    }

    /// Whether something is in a table is asked.
    pub(super) fn asked_in_table(&mut self, container: &Value<'a>) {
        if let Value::Object(object) = container
            && matches!(&*object.class, READ | MADE)
        {
            self.open_table(object);
        }
    }

    /// The rows of a table.
    pub(super) fn table_rows(&mut self, object: &Rc<Object<'a>>) -> Option<(Vec<Value<'a>>, bool)> {
        if &*object.class != ROWS || is_open(object) {
            return None;
        }
        let file = object.args.borrow().clone();
        Some((vec![self.keep(Value::object(READ, file))], true))
    }

    fn open_table(&mut self, object: &Rc<Object<'a>>) {
        let table = Value::Object(object.clone());
        self.set_attribute(&table, Text::from(OPEN), Value::None);
    }

    fn column_read(&mut self, path: &Value<'a>, name: &str, at: At, confidence: Confidence) {
        if let Some(slot) = slot_of(path) {
            let reads = &mut self.slots.all[slot].columns.reads;
            if reads.len() < 200 && reads.iter().all(|(known, ..)| known != name) {
                reads.push((name.to_owned(), at, confidence.min(self.confidence)));
            }
        }
    }

    fn table_written(&mut self, path: &Value<'a>, columns: Option<Vec<String>>, at: At) {
        if let Some(slot) = slot_of(path) {
            let writes = &mut self.slots.all[slot].columns.writes;
            if writes.len() < 200 && writes.iter().all(|(known, _)| *known != at) {
                writes.push((at, columns));
            }
        }
    }

    /// Says which columns a claim's table needs or has, and which files its folder needs.
    pub(super) fn with_contents(&self, mut claim: Claim, slot: SlotId) -> Claim {
        let slot = &self.slots.all[slot];
        if claim.kind == Kind::Input && claim.data_type == Some(DataType::Folder) {
            claim.files = files_used(&slot.uses);
        }
        let column = |name: &str, at: At, confidence| Column {
            name: name.to_owned(),
            place: self.place(at),
            confidence,
        };
        let found: Vec<Column> = match claim.kind {
            Kind::Input => {
                let reads = slot.columns.reads.iter();
                reads
                    .map(|(name, at, confidence)| column(name, *at, *confidence))
                    .collect()
            }
            // Where one of several tables is not known, none is.
            Kind::Output
                if slot
                    .columns
                    .writes
                    .iter()
                    .all(|(_, columns)| columns.is_some()) =>
            {
                let writes = slot.columns.writes.iter();
                let all = writes.flat_map(|(at, columns)| {
                    let names = columns.iter().flatten();
                    names.map(|name| column(name, *at, Confidence::Likely))
                });
                all.collect()
            }
            _ => Vec::new(),
        };
        claim.columns = (!found.is_empty()).then_some(found);
        claim
    }
}

/// The slot that gives a path, or the path of an open file.
fn slot_of(path: &Value<'_>) -> Option<SlotId> {
    match path {
        Value::File(file) => file.path.as_slot(),
        path => path.as_slot(),
    }
}

/// Whether nobody knows any more which columns a table has.
fn is_open(object: &Object<'_>) -> bool {
    let names = object.names.borrow();
    names.contains_key(OPEN) || names.contains_key("columns")
}

/// The texts in a list that holds nothing else.
fn names_in(value: &Value<'_>) -> Option<Vec<String>> {
    let Value::Seq(seq) = value else {
        return None;
    };
    if seq.open.get() || seq.kind == SeqKind::Set && seq.items.borrow().is_empty() {
        return None;
    }
    let items = seq.items.borrow();
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}
