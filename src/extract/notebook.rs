//! Owns the reading of Jupyter notebooks: their code cells in order, as one Python script whose lines are those of
//! the `.ipynb` file. Knows nothing of what the code means.

use serde_json::Value as Json;

use crate::extract::{Project, python};
use crate::requirement::{Binding, Claim, Note, Reading};
use crate::source::{Source, Span};

/// Cell magics below which there is still Python.
const PYTHON_MAGICS: &[&str] = &[
    "time", "timeit", "capture", "prun", "python", "python3", "px",
];

/// Reads a notebook.
pub fn read(source: &Source, project: &Project<'_>) -> Reading {
    match cells(source.text()) {
        Ok(cells) => {
            let (text, parameters) = as_script(source.text(), &cells);
            let script = Source::new(source.path(), source.name(), text);
            let mut reading = python::read_cells(&script, &parameters, project);
            reading.claims.iter_mut().for_each(parameter);
            reading
        }
        Err(message) => Reading {
            notes: vec![not_a_notebook(source, &message)],
            syntax_error: Some((source.at(Span::new(0, 0)), message)),
            ..Reading::default()
        },
    }
}

/// What a parameter cell assigns reaches the notebook by its name.
fn parameter(claim: &mut Claim) {
    let is_parameter = claim.evidence.iter().any(|seen| seen.rule == "papermill");
    if is_parameter && claim.bindings.is_empty() {
        claim.bindings.push(Binding::Parameter {
            parameter: claim.name.clone(),
        });
    }
}

/// A code cell.
struct Cell {
    /// Its lines; empty where they are no Python.
    lines: Vec<String>,
    /// Whether it is tagged as the one that parameters replace.
    parameters: bool,
}

/// The code cells of a notebook.
fn cells(text: &str) -> Result<Vec<Cell>, String> {
    let notebook: Json =
        serde_json::from_str(text).map_err(|error| format!("not a notebook: {error}"))?;
    let listed = notebook.get("cells").or_else(|| {
        // Notebooks of before 2015 keep their cells in worksheets.
        notebook
            .get("worksheets")
            .and_then(|sheets| sheets.get(0))
            .and_then(|sheet| sheet.get("cells"))
    });
    let listed = listed
        .and_then(Json::as_array)
        .ok_or("not a notebook: it has no cells")?;
    let code = listed
        .iter()
        .filter(|cell| cell.get("cell_type").and_then(Json::as_str) == Some("code"));
    Ok(code.map(cell).collect())
}

fn cell(cell: &Json) -> Cell {
    let source = cell.get("source").or_else(|| cell.get("input"));
    let text: String = match source {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(lines)) => lines.iter().filter_map(Json::as_str).collect(),
        _ => String::new(),
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let magic = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(first) = magic
        && let Some(name) = lines[first].trim().strip_prefix("%%")
    {
        let name = name.split_whitespace().next().unwrap_or_default();
        if PYTHON_MAGICS.contains(&name) {
            lines[first].clear();
        } else {
            lines.iter_mut().for_each(String::clear);
        }
    }
    if !python::is_readable(&lines.join("\n")) {
        // One cell with an open bracket must not swallow those after it.
        lines.iter_mut().for_each(String::clear);
    }
    let tags = cell.pointer("/metadata/tags").and_then(Json::as_array);
    let parameters =
        tags.is_some_and(|tags| tags.iter().any(|tag| tag.as_str() == Some("parameters")));
    Cell { lines, parameters }
}

/// The cells as one script, each line where the file has it; and the spans of parameter cells.
fn as_script(text: &str, cells: &[Cell]) -> (String, Vec<Span>) {
    let written: Vec<Option<String>> = text.lines().map(text_of_line).collect();
    let mut script = String::with_capacity(text.len() / 2);
    let mut parameters = Vec::new();
    let mut line_number = 0;
    for cell in cells {
        let start = script.len();
        for line in &cell.lines {
            let wanted = (line_number..written.len()).take(20_000).find(|at| {
                written[*at]
                    .as_deref()
                    .is_some_and(|text| text.trim_end_matches('\n') == line)
            });
            if let Some(at) = wanted.filter(|_| !line.is_empty()) {
                for _ in line_number..at {
                    script.push('\n');
                }
                line_number = at;
            }
            script.push_str(line);
            script.push('\n');
            line_number += 1;
        }
        if cell.parameters {
            parameters.push(Span::new(start, script.len()));
        }
    }
    (script, parameters)
}

/// The text that a line of the file holds, where it holds one whole text.
fn text_of_line(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(',');
    let line = line.strip_prefix("\"source\": [").unwrap_or(line);
    let text = line.strip_suffix(']').unwrap_or(line).trim();
    text.starts_with('"')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

fn not_a_notebook(source: &Source, message: &str) -> Note {
    Note {
        code: "not-a-notebook",
        message: message.to_owned(),
        place: source.at(Span::new(0, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Kind;

    const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# Title"]},
  {
   "cell_type": "code",
   "metadata": {"tags": ["parameters"]},
   "source": [
    "rounds = 300\n",
    "table = 'in.csv'"
   ]
  },
  {"cell_type": "code", "source": ["%%bash\n", "export X=1"]},
  {"cell_type": "code", "source": ["broken = ["]},
  {
   "cell_type": "code",
   "source": [
    "%matplotlib inline\n",
    "import os, pandas as pd\n",
    "!pip install x\n",
    "rows = pd.read_csv(table)\n",
    "rows.to_csv(os.environ['TARGET'])"
   ]
  }
 ],
 "nbformat": 4
}"##;

    #[test]
    fn cells_are_read_in_order_at_the_lines_of_the_file() {
        let source = Source::new("n.ipynb", "n.ipynb", NOTEBOOK);
        let reading = read(
            &source,
            &Project::new(&|_: &std::path::Path| None, &|_: &std::path::Path| false),
        );
        let found: Vec<(Kind, &str, usize)> = reading
            .claims
            .iter()
            .map(|claim| {
                (
                    claim.kind,
                    claim.name.as_str(),
                    claim.evidence[0].place.line_column().0,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (Kind::Arg, "rounds", 8),
                (Kind::Input, "table", 9),
                (Kind::Output, "TARGET", 21)
            ]
        );
        assert_eq!(reading.syntax_error, None);
    }

    #[test]
    fn comments_behind_parameters_are_read_as_papermill_reads_them() {
        let cell = |line: &str| {
            let cell = serde_json::json!({
                "cell_type": "code",
                "metadata": {"tags": ["parameters"]},
                "source": [line],
            });
            let text = serde_json::json!({"cells": [cell], "nbformat": 4}).to_string();
            let source = Source::new("n.ipynb", "n.ipynb", text);
            let reading = read(
                &source,
                &Project::new(&|_: &std::path::Path| None, &|_: &std::path::Path| false),
            );
            let claim = reading.claims.into_iter().next().expect("a parameter");
            (
                claim.value_type.map(|t| t.described().to_owned()),
                claim.description,
            )
        };
        for (line, value_type, description) in [
            (
                "rounds = None  # type: int how many",
                "a whole number",
                Some("how many"),
            ),
            ("rate = 1  # type: float", "a number", None),
            ("rate: float = 1", "a number", None),
            ("rate = 1  # per year", "a whole number", Some("per year")),
            ("label = '# no comment'", "a text", None),
            ("names = None  # type: List[str]", "a list of texts", None),
        ] {
            let description = description.map(str::to_owned);
            assert_eq!(
                cell(line),
                (Some(value_type.to_owned()), description),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_no_notebook_is_said() {
        for text in ["", "[]", "{\"cells\": 1}", "print(1)"] {
            let source = Source::new("n.ipynb", "n.ipynb", text);
            let reading = read(
                &source,
                &Project::new(&|_: &std::path::Path| None, &|_: &std::path::Path| false),
            );
            assert_eq!(reading.notes.len(), 1, "{text}");
        }
    }
}
