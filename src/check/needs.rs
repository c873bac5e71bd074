//! Owns needs that the paths ask for and the manifest lacks: a step reads what another writes, and nothing says that it
//! runs after it. (io: asks whether what is read is there)

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::disk;
use crate::file;
use crate::manifest::Step;
use crate::requirement::Kind;
use crate::source::Place;

use super::filesystem::{around, known};
use super::values::{Taken, Values};

/// One end of what goes from step to step by a path.
struct End {
    /// The step, by its place in the manifest.
    step: usize,
    /// Where the path is given.
    place: Option<Place>,
}

/// Compares the paths that selected steps read with those that any step writes.
pub(super) fn check(analysis: &Analysis, values: &Values, selected: &[usize]) -> Diagnostics {
    let (folder, graph) = (&analysis.manifest.folder, &analysis.manifest.graph);
    let writers = writers(analysis, values);
    let mut problems = Diagnostics::new();
    let mut told = HashSet::new();
    for &reader in selected {
        let (step, analysed) = (&analysis.manifest.steps[reader], &analysis.steps[reader]);
        if step.lost_needs {
            continue;
        }
        for (requirement, taken) in analysed.requirements.iter().zip(values.of(reader)) {
            let may_lack = matches!(taken, Taken::Fixed(_)) && !requirement.required;
            if requirement.kind != Kind::Input || may_lack {
                continue;
            }
            let Some((paths, place)) = known(requirement, taken, folder) else {
                continue;
            };
            for path in paths {
                let own = End {
                    step: reader,
                    place: place.clone(),
                };
                for (written, writer) in written_at(&path, folder, &writers) {
                    let is_ordered = writer.step == reader
                        || graph.needs(reader, writer.step)
                        || graph.needs(writer.step, reader);
                    // What is there already, in a folder that others write to, may well be the user's.
                    let is_users = written != path && disk::exists(&path);
                    if !is_ordered && !is_users && told.insert((reader, writer.step)) {
                        problems.push(missing(analysis, &own, &path, writer, written));
                    }
                }
            }
        }
    }
    problems
}

/// Who writes which path.
fn writers(analysis: &Analysis, values: &Values) -> HashMap<PathBuf, Vec<End>> {
    let mut writers: HashMap<PathBuf, Vec<End>> = HashMap::new();
    for (step, analysed) in analysis.steps.iter().enumerate() {
        for (requirement, taken) in analysed.requirements.iter().zip(values.of(step)) {
            if requirement.kind != Kind::Output || requirement.supplied {
                continue;
            }
            let Some((paths, place)) = known(requirement, taken, &analysis.manifest.folder) else {
                continue;
            };
            for path in paths {
                let place = place.clone();
                writers.entry(path).or_default().push(End { step, place });
            }
        }
    }
    writers
}

/// Those who write a path, or a folder around it.
fn written_at<'a>(
    path: &'a Path,
    folder: &'a Path,
    writers: &'a HashMap<PathBuf, Vec<End>>,
) -> impl Iterator<Item = (&'a Path, &'a End)> {
    around(path, folder).flat_map(move |around| {
        let ends = writers.get(around).into_iter().flatten();
        ends.map(move |end| (around, end))
    })
}

fn missing(
    analysis: &Analysis,
    reader: &End,
    path: &Path,
    writer: &End,
    written: &Path,
) -> Diagnostic {
    let manifest = &analysis.manifest;
    let (step, other) = (&manifest.steps[reader.step], &manifest.steps[writer.step]);
    let shown = |path: &Path| file::display(path, &manifest.folder);
    let what = match path == written {
        true => format!("`{}`, which step `{}` writes", shown(path), other.name),
        false => format!(
            "`{}` in `{}`, which step `{}` writes",
            shown(path),
            shown(written),
            other.name
        ),
    };
    let message = format!("step `{}` reads {what}, but does not need it", step.name);
    Diagnostic::new(Code::NeedMissing, message)
        .at(
            manifest.at(step.span),
            format!("may run before `{}`", other.name),
        )
        .maybe_at(reader.place.clone(), "read here")
        .maybe_at(writer.place.clone(), "written here")
        .help(format!(
            "write `needs: [{}]` at step `{}`, or give one of them another path",
            needs_with(analysis, step, other),
            step.name
        ))
}

/// What a step needs, with one more.
fn needs_with(analysis: &Analysis, step: &Step, other: &Step) -> String {
    let needs = step.needs.iter().map(|need| need.value);
    let names = needs.map(|need| analysis.manifest.steps[need].name.as_str());
    let all: Vec<&str> = names.chain([other.name.as_str()]).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{self, Options};
    use crate::check::values::choose;

    /// What is told of a pipeline of a writer and a reader with these commands, files and further words of the reader.
    fn told(writer: &str, reader: &str, more: &str, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            file::write(&folder.path().join(name), text).expect("written");
        };
        write("make.sh", writer);
        write("take.sh", reader);
        for name in files {
            std::fs::create_dir_all(folder.path().join(name).parent().expect("a folder"))
                .expect("made");
            write(name, "x");
        }
        let manifest = format!(
            "version: 1\nsteps:\n  make: {{ script: make.sh }}\n  take: {{ script: take.sh{more} }}\n"
        );
        write("runtime-test.yaml", &manifest);
        let options = Options {
            folder: folder.path().to_owned(),
            ..Options::default()
        };
        let analysis = analysis::analyse(&options).expect("a pipeline");
        let given = crate::answers::Answers::default();
        let values = choose(&analysis, &given, &|_| None);
        let found = check(&analysis, &values, &[0, 1]);
        found.iter().map(|found| found.message.clone()).collect()
    }

    #[test]
    fn who_reads_what_another_writes_needs_it() {
        let same = "step `take` reads `table.csv`, which step `make` writes, but does not need it";
        let inside = "step `take` reads `made/table.csv` in `made`, which step `make` writes, but does not need it";
        for (writer, reader, more, files, expected) in [
            (
                "date > table.csv\n",
                "cat < table.csv\n",
                "",
                &[][..],
                Some(same),
            ),
            (
                "date > table.csv\n",
                "cat < table.csv\n",
                "",
                &["table.csv"],
                Some(same),
            ),
            (
                "date > table.csv\n",
                "cat < table.csv\n",
                ", needs: [make]",
                &[],
                None,
            ),
            ("date > table.csv\n", "cat < other.csv\n", "", &[], None),
            (
                "mkdir -p made\n",
                "cat < made/table.csv\n",
                "",
                &[],
                Some(inside),
            ),
            (
                "mkdir -p made\n",
                "cat < made/table.csv\n",
                "",
                &["made/table.csv"],
                None,
            ),
            (
                "cat < table.csv\n",
                "cat < table.csv\n",
                "",
                &["table.csv"],
                None,
            ),
        ] {
            let told = told(writer, reader, more, files);
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(told, expected, "{writer}{reader}{more}{files:?}");
        }
    }
}
