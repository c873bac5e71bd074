//! Owns databases that lie in a file: what is done over a connection tells whether the file is read or written.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Direction, Use};
use super::value::{Object, Piece, Value};
use crate::requirement::DataType;

/// The class of objects that stand for a connection; its argument is the path.
const CONNECTION: &str = "database…";

/// What the address of a database in a file begins with.
pub(super) const SQLITE: &str = "sqlite:///";

/// The rule that sees a connection being made, which alone does not tell what it is for.
const CONNECTS: &str = "sqlite3.connect";

/// Words that begin a statement that changes the database.
const CHANGING: [&str; 9] = [
    "CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "REPLACE", "ALTER", "COPY", "VACUUM",
];

impl<'a> Engine<'a> {
    /// A function that connects to a database; none where it is none, or the database no file.
    pub(super) fn call_database(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let path = match name {
            "duckdb.sql" | "duckdb.query" | "duckdb.execute" => {
                let statement = args.first()?.clone();
                self.run_statement(&statement, args);
                return Some(self.keep(Value::object(CONNECTION, vec![Value::Unknown])));
            }
            "duckdb.connect" if args.get(0, "database").is_none() => Value::Unknown,
            "sqlite3.connect" | "apsw.Connection" | "duckdb.connect" | "aiosqlite.connect" => {
                args.get(0, "database")?.clone()
            }
            "sqlalchemy.create_engine"
            | "sqlalchemy.engine.create_engine"
            | "records.Database"
            | "dataset.connect" => {
                let url = args.first().or_else(|| args.kw("url"))?.clone();
                // What is given as a whole may name any server.
                let is_file = |text: &str| text.starts_with(SQLITE);
                let in_file = match &url {
                    Value::Str(text) => is_file(text),
                    Value::Pieces(pieces) => {
                        matches!(pieces.first(), Some(Piece::Text(text)) if is_file(text))
                    }
                    _ => false,
                };
                in_file.then_some(url)?
            }
            _ => return None,
        };
        self.use_database(&path, Direction::Reads, args, CONNECTS);
        Some(self.keep(Value::object(CONNECTION, vec![path])))
    }

    /// A method of a connection, or of what it gives.
    pub(super) fn database_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        if &*object.class != CONNECTION {
            return None;
        }
        let connection = Value::Object(object.clone());
        Some(match name {
            "cursor" | "connect" | "begin" | "raw_connection" | "__enter__"
            | "execution_options" => connection,
            "get_connection" => connection,
            "execute" | "executemany" | "executescript" | "sql" | "query" => {
                let statement = match args.first() {
                    Some(Value::Object(text)) => text.args.borrow().first().cloned(),
                    other => other.cloned(),
                };
                let statement = statement.unwrap_or_default();
                let names_files = self.run_statement(&statement, args);
                if let (false, Some(direction)) = (names_files, direction_of(&statement)) {
                    let path = object.args.borrow().first().cloned().unwrap_or_default();
                    self.use_database(&path, direction, args, "execute");
                }
                connection
            }
            _ => return None,
        })
    }

    /// `table.to_sql(name, connection)`, `read_sql(query, connection)`: what is done with the connection's database.
    pub(super) fn over_connection(&mut self, name: &str, args: &Args<'a>) {
        let direction = match name.rsplit('.').next().unwrap_or(name) {
            "to_sql" | "write_database" => Direction::Writes,
            "read_sql" | "read_sql_query" | "read_sql_table" | "read_database" => Direction::Reads,
            _ => return,
        };
        let given = args.kw("con").or_else(|| args.kw("connection"));
        let path = match given.or_else(|| args.pos.get(1)) {
            Some(Value::Object(object)) if &*object.class == CONNECTION => {
                object.args.borrow().first().cloned()
            }
            Some(address @ Value::Str(text)) if text.starts_with(SQLITE) => Some(address.clone()),
            _ => None,
        };
        if let Some(path) = path {
            let rule = if direction == Direction::Writes {
                "to_sql"
            } else {
                "read_sql"
            };
            self.use_database(&path, direction, args, rule);
        }
    }

    fn use_database(
        &mut self,
        path: &Value<'a>,
        direction: Direction,
        args: &Args<'a>,
        rule: &'static str,
    ) {
        self.use_path(path, direction, Some(DataType::Sqlite), args.at, rule);
    }
}

/// Whether a use only connects to a database of which other uses tell more.
pub(super) fn only_connects(used: &Use) -> bool {
    used.rule == CONNECTS
}

/// What a statement does, by its first word.
fn direction_of(statement: &Value<'_>) -> Option<Direction> {
    let pieces = statement.pieces()?;
    let Some(Piece::Text(text)) = pieces.first() else {
        return None;
    };
    let word = text.split_whitespace().next()?;
    let is = |known: &&str| word.eq_ignore_ascii_case(known);
    if CHANGING.iter().any(is) {
        return Some(Direction::Writes);
    }
    ["SELECT", "WITH", "PRAGMA"]
        .iter()
        .any(is)
        .then_some(Direction::Reads)
}
