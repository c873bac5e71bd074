//! Owns the columns that a script looks for by name in a table it is given. R takes `df$x` for nothing where there is no
//! such column, without a word. Whatever may give or rename columns ends what is known of a table.

use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk, arguments, text};
use crate::requirement::{Binding, Column, Confidence};

/// A table whose columns bear the names of the first line of a file.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// The entry that names the file.
    entry: usize,
    /// Whether R makes names of its own out of what is none: `body mass` becomes `body.mass`.
    is_renamed: bool,
    /// Columns that the script gave it.
    own: Vec<String>,
}

/// Functions that read tables, and whether they make names out of what is none.
const READERS: &[(&str, bool)] = &[
    ("read.csv", true),
    ("read.csv2", true),
    ("read.delim", true),
    ("read.delim2", true),
    ("fread", false),
    ("read_csv", false),
    ("read_csv2", false),
    ("read_tsv", false),
    ("read_delim", false),
    ("read_parquet", false),
    ("read_feather", false),
];

/// Arguments under which columns do not bear the names of the first line, or not all are there.
const RENAMING: &[&str] = &[
    "header",
    "col.names",
    "col_names",
    "name_repair",
    "skip",
    "select",
    "drop",
    "col_select",
    "row.names",
];

/// As many columns of a table are kept.
const MOST: usize = 200;

impl Walk<'_> {
    /// The table that a function reads from a path, where that is known by its columns' names.
    pub fn table(&self, unit: &Unit, name: &str, given: &[Given<'_>], path: &Val) -> Val {
        let Some((_, is_renamed)) = READERS.iter().find(|(reader, _)| *reader == name) else {
            return Val::Unknown;
        };
        let is_plain = |g: &Given<'_>| match g.name.as_deref() {
            Some("header") => matches!(text(unit, g.node), "TRUE" | "T"),
            Some(name) => !RENAMING.contains(&name),
            None => true,
        };
        let entry = match path {
            Val::Need(id) => Some(*id),
            Val::Lit(Json::String(path)) => self.arguments.iter().position(|argument| {
                let is_it = |binding: &Binding| matches!(binding, Binding::ContainerPath { container_path } if container_path == path);
                argument.bindings.iter().any(is_it)
            }),
            _ => None,
        };
        match entry {
            Some(entry) if given.iter().all(is_plain) => Val::Table(Rc::new(Table {
                entry,
                is_renamed: *is_renamed,
                own: Vec::new(),
            })),
            _ => Val::Unknown,
        }
    }

    /// A column of a table is looked for by its name.
    pub fn column(&mut self, unit: &Unit, node: Node<'_>, table: &Table, name: &str) {
        let is_own = table.own.iter().any(|own| own == name);
        // `body.mass` may stand for `body mass`, `X1` for `1`.
        let may_be_made = table.is_renamed && (name.contains('.') || name.starts_with('X'));
        let column = Column {
            name: name.to_owned(),
            place: self.place(unit, node),
            confidence: Confidence::Likely,
        };
        let columns = &mut self.arguments[table.entry].columns;
        let is_known = columns.iter().any(|known| known.name == name);
        if !is_own && !may_be_made && !is_known && columns.len() < MOST {
            columns.push(column);
        }
    }

    /// `df[["x"]]`, `df[, c("x", "y")]`: columns of a table, looked for in a subset of it.
    pub fn columns(&mut self, unit: &Unit, node: Node<'_>, table: &Rc<Table>) -> Val {
        let given = arguments(unit, node);
        // data.table changes columns in place: `dt[, x := 1]`.
        if text(unit, node).contains(":=") {
            self.forget_tables(unit, node);
            return Val::Unknown;
        }
        // Of `df[rows, ]` the columns stay as they are.
        let shown = text(unit, node).trim_end_matches(']').trim_end();
        let is_rows = node.kind() == "subset" && shown.ends_with(',');
        let Some(last) = given.last().filter(|_| !is_rows) else {
            for rows in &given {
                self.eval(unit, rows.node);
            }
            return Val::Table(Rc::clone(table));
        };
        for rows in &given[..given.len() - 1] {
            self.eval(unit, rows.node);
        }
        let names = match self.eval(unit, last.node) {
            Val::Lit(Json::String(name)) => vec![name],
            Val::Many(names) => names
                .iter()
                .filter_map(|n| n.text().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        for name in names {
            self.column(unit, last.node, table, &name);
        }
        Val::Unknown
    }

    /// A column is given to the table that a variable holds: `df$x <- 1`, `df[["x"]] <- 1`, `names(df) <- …`.
    pub fn give_column(&mut self, unit: &Unit, target: Node<'_>) {
        let held = target
            .child_by_field_name("lhs")
            .or_else(|| target.child_by_field_name("function"))
            .filter(|held| held.kind() == "identifier")
            .map(|held| text(unit, held));
        let name = match target.kind() {
            "extract_operator" => target
                .child_by_field_name("rhs")
                .map(|name| text(unit, name).trim_matches(['`', '"', '\'']).to_owned()),
            "subset2" => match arguments(unit, target)
                .first()
                .map(|g| self.eval(unit, g.node))
            {
                Some(Val::Lit(Json::String(name))) => Some(name),
                _ => None,
            },
            _ => None,
        };
        match (held.and_then(|held| self.vars.get_mut(held)), name) {
            (Some(Val::Table(table)), Some(name)) => {
                let mut own = table.own.clone();
                own.push(name);
                *table = Rc::new(Table { own, ..**table });
            }
            _ => self.forget_tables(unit, target),
        }
    }

    /// Of the tables that variables named in an expression hold nothing is known any more.
    pub fn forget_tables(&mut self, unit: &Unit, node: Node<'_>) {
        let mut walker = node.walk();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if node.kind() == "identifier"
                && let Some(held @ Val::Table(_)) = self.vars.get_mut(text(unit, node))
            {
                *held = Val::Unknown;
            }
            open.extend(node.named_children(&mut walker));
        }
    }
}
