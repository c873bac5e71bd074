//! Owns the last look at a step's inputs before it starts: what could not be known before others had run. (io: reads the
//! beginnings of files)

use std::path::Path;

use crate::diagnostic::{did_you_mean, listed};
use crate::file;
use crate::plan::PlannedPath;
use crate::proof;
use crate::requirement::DataType;

/// Which columns a table lacks that a step reads, in words; nothing where all are there, or none can be told.
pub fn lacking(inputs: &[PlannedPath], root: &Path) -> Option<String> {
    inputs.iter().find_map(|input| {
        if input.columns.is_empty() {
            return None;
        }
        let by_name = || DataType::of_name(&input.path.file_name()?.to_string_lossy());
        let data_type = input.data_type.or_else(by_name)?;
        let known = proof::header(&input.path, data_type)?;
        let lacking = input
            .columns
            .iter()
            .filter(|column| !known.contains(column));
        let lacking: Vec<&str> = lacking.map(String::as_str).collect();
        let (first, more) = lacking.split_first()?;
        let names = || known.iter().map(String::as_str);
        let word = if more.is_empty() { "column" } else { "columns" };
        let near = did_you_mean(first, names()).map_or(String::new(), |near| format!("; {near}"));
        Some(format!(
            "its input `{}` lacks the {word} {}{near} `{}` has {}",
            input.name,
            listed(lacking.iter().copied()),
            file::display(&input.path, root),
            listed(names()),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_a_column_that_is_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let input = |name: &str, text: &str, columns: &[&str]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            PlannedPath {
                name: "rows".to_owned(),
                path,
                data_type: None,
                required: true,
                ours: true,
                columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            }
        };
        let told = |input| lacking(&[input], folder.path());
        assert_eq!(told(input("a.csv", "species,mass\n", &["mass"])), None);
        assert_eq!(told(input("a.txt", "species\n", &["mass"])), None);
        assert_eq!(
            told(input("a.csv", "species,mass\n", &["masss"])).as_deref(),
            Some(
                "its input `rows` lacks the column `masss`; did you mean `mass`? `a.csv` has `species` and `mass`"
            )
        );
    }
}
