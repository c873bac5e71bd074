//! Owns columns that commands name: `csvcut -c name`, `xsv select name`, `mlr cut -f name`. What is told by its number
//! is left alone, for no header can be asked for it.

use tree_sitter::Node;

use super::commands::{Role, Word, base_name};
use super::value::{self, Value};
use super::walk::{Loaded, Walk};

/// As many columns are kept of a table.
const MOST: usize = 200;

impl Walk<'_> {
    /// Notes which columns a command needs of the tables it reads.
    pub fn columns(
        &mut self,
        file: &Loaded,
        command: &str,
        arguments: &[(Node<'_>, Value)],
        seen: &[Word<'_>],
        known: &[(usize, Role, usize)],
    ) {
        let Some(at) = columns_at(base_name(command), seen) else {
            return;
        };
        let Some(names) = seen.get(at).and_then(|word| plain_names(word.text?)) else {
            return;
        };
        let place = self.place(file, arguments[at].0);
        let tables: Vec<usize> = known
            .iter()
            .filter(|(_, role, _)| *role == Role::Read)
            .filter_map(|(index, ..)| {
                let (_, value) = arguments.get(*index)?;
                value::sole_need(value).or_else(|| {
                    let path = self.full_path(&value::text_of(value)?)?;
                    self.ledger.path(&path)
                })
            })
            .collect();
        for table in tables {
            let columns = &mut self.ledger.needs[table].columns;
            for name in &names {
                if columns.len() < MOST && columns.iter().all(|(known, _)| known != name) {
                    columns.push((name.clone(), place.clone()));
                }
            }
        }
    }
}

/// Which word of a command names columns.
fn columns_at(name: &str, words: &[Word<'_>]) -> Option<usize> {
    let text = |at: usize| words.get(at).and_then(|word| word.text);
    let behind = |flags: &[&str]| {
        let at = (0..words.len()).find(|at| text(*at).is_some_and(|text| flags.contains(&text)))?;
        Some(at + 1)
    };
    let unnamed = |flags: &[&str]| {
        words
            .iter()
            .any(|word| word.text.is_some_and(|text| flags.contains(&text)))
    };
    match (name, text(0)) {
        _ if unnamed(&["-H", "--no-header-row", "-n", "--no-headers", "--names"]) => None,
        ("csvcut" | "csvgrep" | "csvsort" | "csvstat", _) => behind(&["-c", "--columns"]),
        ("xsv" | "qsv", Some("select")) => {
            (1..words.len()).find(|at| text(*at).is_some_and(|text| !text.starts_with('-')))
        }
        ("xsv" | "qsv", Some("search" | "sort" | "frequency" | "stats" | "dedup")) => {
            behind(&["-s", "--select"])
        }
        // Only the first verb sees the file as it is.
        ("mlr", _) => {
            let verb = (0..words.len()).find(|at| {
                matches!(
                    text(*at),
                    Some("cut" | "sort" | "count-distinct" | "head" | "cat" | "put" | "filter")
                )
            })?;
            let names = matches!(text(verb), Some("cut" | "sort" | "count-distinct"))
                && matches!(text(verb + 1), Some("-f" | "-of" | "-nr" | "-nf" | "-o"));
            let reads_names = words[..verb]
                .iter()
                .any(|word| word.text == Some("--icsv") || word.text == Some("--csv"));
            let at = verb + 2 + usize::from(text(verb + 1) == Some("-o"));
            (names && reads_names).then_some(at)
        }
        _ => None,
    }
}

/// The names in `a,b c`, where each is one for certain: no number, range or pattern.
fn plain_names(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '.'))
    };
    names.iter().all(is_name).then_some(names)
}
