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

/// Tags of cells that may fail without the notebook failing, or that are left out.
const MAY_FAIL: &[&str] = &["raises-exception", "skip-execution"];
/// How lines begin that were copied from an interpreter.
const PROMPTS: &[&str] = &[">>>", "In ["];

/// Reads a notebook.
pub fn read(source: &Source, project: &Project<'_>) -> Reading {
    let notebook = match Notebook::parse(source.text()) {
        Ok(notebook) => notebook,
        Err(message) => {
            return Reading {
                notes: vec![not_a_notebook(source, &message)],
                syntax_error: Some((source.at(Span::new(0, 0)), message)),
                ..Reading::default()
            };
        }
    };
    let script = as_script(source.text(), &notebook.cells);
    let text = Source::new(source.path(), source.name(), script.text);
    let mut reading = python::read_cells(&text, &script.parameters, project);
    reading.claims.iter_mut().for_each(parameter);
    reading.syntax_error = script
        .broken
        .filter(|_| notebook.is_python_3)
        .map(|(line, why)| (source.at(source.line_span(line)), why));
    reading
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
    /// The first line that Python would refuse, and why; nothing where the cell may fail or is left out.
    broken: Option<(String, String)>,
}

/// A notebook, as far as it is read.
struct Notebook {
    /// Its code cells.
    cells: Vec<Cell>,
    /// Whether its kernel is a Python of today, as far as it says so.
    is_python_3: bool,
}

impl Notebook {
    fn parse(text: &str) -> Result<Self, String> {
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
        Ok(Self {
            cells: code.map(cell).collect(),
            is_python_3: is_python_3(&notebook),
        })
    }
}

fn is_python_3(notebook: &Json) -> bool {
    let said = |pointer: &str| notebook.pointer(pointer).and_then(Json::as_str);
    let is = |pointer: &str, fits: &dyn Fn(&str) -> bool| said(pointer).is_none_or(fits);
    let is_python = |name: &str| name.eq_ignore_ascii_case("python");
    is("/metadata/kernelspec/language", &is_python)
        && is("/metadata/language_info/name", &is_python)
        && is("/metadata/language_info/version", &|v| !v.starts_with("2."))
        && is("/metadata/kernelspec/name", &|name| name != "python2")
        && notebook.get("worksheets").is_none()
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
    let tags = cell.pointer("/metadata/tags").and_then(Json::as_array);
    let is_tagged =
        |name: &str| tags.is_some_and(|tags| tags.iter().any(|tag| tag.as_str() == Some(name)));
    level(&mut lines);
    let mut broken = None;
    if let Some((line, why)) = refused(&lines) {
        // What is typed behind a prompt loses it before it is run.
        let begins = |line: &String| PROMPTS.iter().any(|prompt| line.starts_with(prompt));
        let is_prompt = lines.iter().any(begins);
        let may_fail = MAY_FAIL.iter().any(|tag| is_tagged(tag));
        let may_run = is_prompt || may_fail || is_magic_by_name(&lines);
        broken = (!may_run).then(|| (lines[line].clone(), why));
        // One cell with an open bracket must not swallow those after it.
        lines.iter_mut().for_each(String::clear);
    }
    Cell {
        lines,
        parameters: is_tagged("parameters"),
        broken,
    }
}

/// Takes from all lines what the first one is indented by, as a kernel does.
fn level(lines: &mut [String]) {
    let first = lines.iter().find(|line| !line.trim().is_empty());
    let width = first.map_or(0, |first| first.len() - first.trim_start().len());
    let indentation = first.map_or(String::new(), |first| first[..width].to_owned());
    for line in lines
        .iter_mut()
        .filter(|line| line.starts_with(&indentation))
    {
        line.drain(..width);
    }
}

/// Whether a cell is one line that begins with a magic's name, which IPython runs without its `%`: `pip install x`
/// (<https://ipython.readthedocs.io/en/stable/interactive/magics.html#magic-automagic>).
fn is_magic_by_name(lines: &[String]) -> bool {
    const NAMES: &[&str] = &[
        "alias",
        "autoreload",
        "cat",
        "cd",
        "conda",
        "config",
        "cp",
        "debug",
        "dhist",
        "dirs",
        "env",
        "history",
        "hist",
        "ldir",
        "less",
        "lf",
        "lk",
        "ll",
        "load",
        "load_ext",
        "ls",
        "lsmagic",
        "lx",
        "magic",
        "man",
        "matplotlib",
        "micromamba",
        "mkdir",
        "more",
        "mv",
        "pdb",
        "pip",
        "popd",
        "precision",
        "prun",
        "psearch",
        "psource",
        "pushd",
        "pwd",
        "pycat",
        "pylab",
        "reload_ext",
        "reset",
        "rm",
        "rmdir",
        "run",
        "save",
        "sc",
        "sx",
        "system",
        "tb",
        "time",
        "timeit",
        "unalias",
        "unload_ext",
        "uv",
        "who",
        "whos",
        "xdel",
        "xmode",
    ];
    let mut said = lines.iter().filter(|line| !line.trim().is_empty());
    let (Some(line), None) = (said.next(), said.next()) else {
        return false;
    };
    let name = line.split_whitespace().next().unwrap_or_default();
    NAMES.contains(&name)
}

/// The first line of a cell that Python would refuse, by its place, and why.
fn refused(lines: &[String]) -> Option<(usize, String)> {
    let text = lines.join("\n");
    let (span, why) = python::refused(&text)?;
    let line = text[..span.start.min(text.len())].matches('\n').count();
    Some((line.min(lines.len().checked_sub(1)?), why))
}

/// The cells of a notebook as one script.
struct AsScript {
    /// Its text, each line where the file has it.
    text: String,
    /// The spans of parameter cells.
    parameters: Vec<Span>,
    /// The line of the file that Python would refuse first, and why.
    broken: Option<(usize, String)>,
}

fn as_script(text: &str, cells: &[Cell]) -> AsScript {
    let written: Vec<Option<String>> = text.lines().map(text_of_line).collect();
    let mut script = String::with_capacity(text.len() / 2);
    let mut parameters = Vec::new();
    let mut broken = None;
    let mut line_number = 0;
    for cell in cells {
        let start = script.len();
        if let (Some((line, why)), None) = (&cell.broken, &broken) {
            let mut later = written.iter().skip(line_number);
            let at = later.position(|written| is_line(written, line));
            let inside = || {
                let quoted = Json::from(line.as_str()).to_string();
                let mut later = text.lines().skip(line_number);
                later.position(|written| written.contains(quoted.trim_matches('"')))
            };
            let at = at.or_else(inside).map_or(1, |at| line_number + at + 1);
            broken = Some((at, why.clone()));
        }
        for line in &cell.lines {
            let wanted = (line_number..written.len())
                .take(20_000)
                .find(|at| is_line(&written[*at], line));
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
    AsScript {
        text: script,
        parameters,
        broken,
    }
}

/// Whether a line of the file holds this line of a cell, which may have been indented.
fn is_line(written: &Option<String>, line: &str) -> bool {
    written
        .as_deref()
        .is_some_and(|text| text.trim() == line.trim())
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
        let (place, why) = reading.syntax_error.expect("a broken cell");
        assert_eq!(
            (place.line_column().0, place.source.name()),
            (13, "n.ipynb"),
            "{why}"
        );
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
    fn a_cell_is_refused_where_its_kernel_surely_would() {
        let kernel = |name: &str, version: &str| serde_json::json!({"language_info": {"name": name, "version": version}});
        let python = || kernel("python", "3.11");
        for (lines, tags, metadata, expected) in [
            ("x = [\n1", vec![], python(), true),
            ("x = [\n1", vec!["raises-exception"], python(), false),
            ("x <- 'a'; y", vec![], kernel("R", "4.2"), false),
            ("print 'a'", vec![], kernel("python", "2.7.1"), false),
            ("print 'a'", vec![], serde_json::json!({}), true),
            ("    a = 1\n    b = 2", vec![], python(), false),
            (">>> a = 1", vec![], python(), false),
            ("pip install x", vec![], python(), false),
            ("pip install x\ny = 1", vec![], python(), true),
            ("%%sql\nSELECT * FROM t", vec![], python(), false),
            (
                "%time x = 1\n!ls {x}\nx?\nawait f()",
                vec![],
                python(),
                false,
            ),
        ] {
            let cell = serde_json::json!({"cell_type": "code", "metadata": {"tags": tags}, "source": lines});
            let text = serde_json::json!({"cells": [cell], "metadata": metadata, "nbformat": 4})
                .to_string();
            let source = Source::new("n.ipynb", "n.ipynb", text);
            let none = |_: &std::path::Path| None;
            let reading = read(&source, &Project::new(&none, &|_: &std::path::Path| false));
            assert_eq!(reading.syntax_error.is_some(), expected, "{lines}");
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
