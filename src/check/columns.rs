//! Owns the question whether a table has the columns that its reader needs: across an edge, where the writer's are
//! declared or shown by its code, and in a file that is there, by its header. (io: reads the beginning of files)

use std::path::PathBuf;

use crate::analysis::Analysis;
use crate::answers::Answers;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, listed, nearest};
use crate::file;
use crate::proof;
use crate::requirement::{Column, Confidence, DataType, Kind, OutputRef, Requirement};
use crate::source::Place;

use super::values::{Taken, Values, paths};
use super::wires::place_of_wire;

/// Columns that a table has, and who says so.
struct Known {
    names: Vec<String>,
    confidence: Confidence,
    /// Who: a file's header, or the code that writes it.
    said: Said,
}

/// Who says which columns a table has.
enum Said {
    /// The header of this file.
    Header(PathBuf),
    /// A declaration, or the code that writes it.
    Place(Place),
}

/// Looks at every input of the selected steps of which it is known which columns it needs.
pub(super) fn check(
    analysis: &Analysis,
    answers: &Answers,
    values: &Values,
    selected: &[usize],
) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for &step in selected {
        for (input, taken) in analysis.steps[step]
            .requirements
            .iter()
            .zip(values.of(step))
        {
            let Some(needed) = input.columns.as_ref().filter(|_| reads(input)) else {
                continue;
            };
            let (known, place, from) = match taken {
                Taken::Upstream(from) => {
                    let place = place_of_wire(analysis, answers, step, input);
                    (written(analysis, values, from), place, Some(from))
                }
                Taken::Answer { value, place, .. } => {
                    let paths = paths(value, &analysis.manifest.folder);
                    (in_file(&paths, input.data_type), place.clone(), None)
                }
                _ => continue,
            };
            let Some(known) = known else { continue };
            let lacking: Vec<&Column> = needed
                .iter()
                .filter(|column| !known.names.contains(&column.name))
                .collect();
            if !lacking.is_empty() {
                problems.push(missing(
                    analysis, step, input, &known, &lacking, place, from,
                ));
            }
        }
    }
    problems.extend(supplied(analysis, values, selected));
    problems
}

/// Outputs of external steps that lack columns which the manifest declares.
fn supplied(analysis: &Analysis, values: &Values, selected: &[usize]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for &step in selected {
        for (output, taken) in analysis.steps[step]
            .requirements
            .iter()
            .zip(values.of(step))
        {
            if let (Some(declared), Taken::Answer { value, place, .. }, true) =
                (&output.columns, taken, output.supplied)
                && let Some(known) =
                    in_file(&paths(value, &analysis.manifest.folder), output.data_type)
            {
                let lacking: Vec<&Column> = declared
                    .iter()
                    .filter(|column| !known.names.contains(&column.name))
                    .collect();
                if !lacking.is_empty() {
                    let place = place.clone();
                    problems.push(missing(
                        analysis, step, output, &known, &lacking, place, None,
                    ));
                }
            }
        }
    }
    problems
}

/// Whether a requirement is read by its step.
fn reads(requirement: &Requirement) -> bool {
    requirement.kind == Kind::Input
}

/// The columns that an output has.
fn written(analysis: &Analysis, values: &Values, from: &OutputRef) -> Option<Known> {
    let step = analysis.manifest.find(&from.step)?;
    let analysed = &analysis.steps[step];
    let at = analysed
        .requirements
        .iter()
        .position(|r| r.kind == Kind::Output && r.name == from.output)?;
    let output = &analysed.requirements[at];
    if let (true, Taken::Answer { value, .. }) = (output.supplied, &values.of(step)[at]) {
        // What the file lacks of what is declared is told where the file is given.
        let paths = paths(value, &analysis.manifest.folder);
        let mut known = in_file(&paths, output.data_type)?;
        let declared = output.columns.iter().flatten();
        known
            .names
            .extend(declared.map(|column| column.name.clone()));
        return Some(known);
    }
    let columns = output.columns.as_ref()?;
    Some(Known {
        names: columns.iter().map(|column| column.name.clone()).collect(),
        confidence: columns.iter().map(|column| column.confidence).min()?,
        said: Said::Place(columns.first()?.place.clone()),
    })
}

/// The columns that a file has, where it is one table that says so.
fn in_file(paths: &[PathBuf], data_type: Option<DataType>) -> Option<Known> {
    let [path] = paths else {
        return None;
    };
    let by_name = || DataType::of_name(&path.file_name()?.to_string_lossy());
    let names = proof::header(path, data_type.or_else(by_name)?)?;
    Some(Known {
        names,
        confidence: Confidence::Certain,
        said: Said::Header(path.clone()),
    })
}

fn missing(
    analysis: &Analysis,
    step: usize,
    requirement: &Requirement,
    known: &Known,
    lacking: &[&Column],
    place: Place,
    from: Option<&OutputRef>,
) -> Diagnostic {
    let folder = &analysis.manifest.folder;
    let name = &analysis.manifest.steps[step].name;
    let names = listed(lacking.iter().map(|column| column.name.as_str()));
    let word = if lacking.len() == 1 {
        "column"
    } else {
        "columns"
    };
    let table = match (&known.said, from) {
        (_, Some(from)) => from.to_string(),
        (Said::Header(path), None) => file::display(path, folder),
        (Said::Place(_), None) => requirement.name.clone(),
    };
    let message = format!(
        "`{table}` lacks the {word} {names}, which {} `{}` of step `{name}` {}",
        requirement.kind,
        requirement.name,
        if reads(requirement) {
            "needs"
        } else {
            "declares"
        },
    );
    let mut finding = Diagnostic::new(Code::ColumnMissing, message).at(
        place.clone(),
        match &known.said {
            Said::Header(path) => {
                format!("not in the header of `{}`", file::display(path, folder))
            }
            Said::Place(_) => "no such column comes here".to_owned(),
        },
    );
    for column in lacking.iter().take(3) {
        finding = finding.maybe_at(
            Some(column.place.clone()).filter(|at| *at != place),
            format!("`{}` is asked for here", column.name),
        );
    }
    if let Said::Place(at) = &known.said {
        finding = finding.maybe_at(
            Some(at.clone()).filter(|at| *at != place),
            "its columns are given here",
        );
    }
    let is_sure = lacking
        .iter()
        .any(|column| column.confidence == Confidence::Certain);
    if !is_sure || known.confidence != Confidence::Certain {
        finding.severity = Severity::Warning;
    }
    let has = || known.names.iter().map(String::as_str);
    let near = lacking
        .iter()
        .find_map(|column| nearest(&column.name, has()));
    let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    finding.help(format!("{near}its columns are {}", listed(has())))
}
