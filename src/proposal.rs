//! Owns the manifest that is proposed where there is none: which scripts are steps, and which of them needs which, as far
//! as the paths in them tell. What it proposes is the user's to look over, so each edge says why it is there.

use std::collections::HashSet;

use crate::analysis::AnalysedStep;
use crate::requirement::{Binding, DataType, Kind, Requirement};
use crate::script::{Entry, Language};
use crate::yaml;

/// Words that say nothing of what lies at a path.
const EMPTY_WORDS: &[&str] = &[
    "input", "output", "in", "out", "inputs", "outputs", "file", "files", "path", "paths", "data",
    "dir", "folder", "filename", "name", "src", "dst", "dest", "source", "target", "result",
    "results", "csv", "json", "parquet", "tsv", "txt", "log", "config", "args", "new", "the",
];

/// Something that may be a step, read.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The binary of Cargo that it is, where it is one.
    pub cargo_bin: Option<String>,
    /// What was read.
    pub read: AnalysedStep,
}

/// A manifest, proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its text.
    pub text: String,
    /// How many steps it has.
    pub steps: usize,
    /// How many edges it has.
    pub edges: usize,
}

/// Why one step runs after another.
struct Edge {
    from: usize,
    to: usize,
    why: String,
    /// The input and the output of one wire, where it has to be said.
    wire: Option<(String, String)>,
}

/// Proposes a manifest; `None` where nothing looks like a step.
pub fn propose(pipeline: &str, candidates: Vec<Candidate>) -> Option<Proposal> {
    let loaded: HashSet<_> = candidates
        .iter()
        .flat_map(|candidate| &candidate.read.local_files)
        .map(|file| file.path().to_owned())
        .collect();
    let steps: Vec<Candidate> = candidates
        .into_iter()
        .filter(|candidate| {
            let path = candidate.read.script.source.as_ref().map(|s| s.path());
            is_step(candidate, path.is_some_and(|path| loaded.contains(path)))
        })
        .collect();
    if steps.is_empty() {
        return None;
    }
    let names = names(&steps);
    let edges = edges(&steps);
    let mut text = format!(
        "# Proposed by `cargo runtime-test init` from what the scripts say: look it over, it is yours from here on.\n\
         version: 1\npipeline: {}\nsteps:\n",
        yaml::quoted(&usable(pipeline, "pipeline"))
    );
    for at in order(steps.len(), &edges) {
        text.push_str(&block(&steps, &names, &edges, at));
    }
    let pairs: HashSet<(usize, usize)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    Some(Proposal {
        text,
        steps: steps.len(),
        edges: pairs.len(),
    })
}

/// Whether a file does something by itself, rather than being loaded by others.
fn is_step(candidate: &Candidate, is_loaded: bool) -> bool {
    let read = &candidate.read;
    let has_command_line = read.requirements.iter().any(|requirement| {
        let on_it = |b: &Binding| matches!(b, Binding::Flag { .. } | Binding::Positional { .. });
        requirement.bindings.iter().any(on_it)
    });
    if is_loaded || candidate.cargo_bin.is_some() {
        let has_paths = read.requirements.iter().any(|r| r.kind.is_path());
        return has_command_line && (has_paths || is_loaded);
    }
    let is_started = read.script.source.as_ref().is_some_and(|source| {
        source.text().contains("__main__") || source.text().starts_with("#!")
    });
    read.script.language != Language::Python
        || read.script.entry == Entry::Main
        || is_started
        || !read.requirements.is_empty()
}

/// A name for each step: the script's own, without its number; with its folder's where two are alike.
fn names(steps: &[Candidate]) -> Vec<String> {
    let stem = |step: &Candidate| match &step.cargo_bin {
        Some(bin) => bin.clone(),
        None => {
            let file = step.read.script.name.rsplit('/').next().unwrap_or_default();
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            numbered(stem).map_or(stem, |(_, rest)| rest).to_owned()
        }
    };
    let stems: Vec<String> = steps
        .iter()
        .map(|step| usable(&stem(step), "step"))
        .collect();
    let mut taken = HashSet::new();
    let mut names = Vec::new();
    for (step, stem) in steps.iter().zip(&stems) {
        let alike = stems.iter().filter(|other| *other == stem).count() > 1;
        let folder = step.read.script.name.rsplit('/').nth(1);
        let base = match (alike, folder) {
            (true, Some(folder)) => usable(&format!("{folder}_{stem}"), "step"),
            _ => stem.clone(),
        };
        let mut name = base.clone();
        let mut count = 2;
        while !taken.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
        names.push(name);
    }
    names
}

/// A text as a name that can be a folder's: letters and digits of any script with the marks they bear, `_`, `-` and `.`.
fn usable(text: &str, otherwise: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| {
            // Some systems write `é` as `e` and a mark.
            if c.is_alphanumeric() || "_-.".contains(c) || ('\u{300}'..='\u{36f}').contains(&c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    match text.trim_matches(['.', '-', '_']) {
        "" => otherwise.to_owned(),
        text => text.to_owned(),
    }
}

/// The number that a script's name begins with, and the rest: `01_clean`.
fn numbered(stem: &str) -> Option<(u64, &str)> {
    let rest = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = stem[..stem.len() - rest.len()].parse().ok()?;
    let rest = rest.trim_start_matches(['_', '-', '.', ' ']);
    (!rest.is_empty()).then_some((number, rest))
}

/// All edges that can be told, the surest first; none that would close a circle.
fn edges(steps: &[Candidate]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for found in [by_path(steps, true), by_path(steps, false), by_name(steps)] {
        for edge in found {
            add(&mut edges, edge);
        }
    }
    // Numbers only say what nothing else does.
    let fed: HashSet<usize> = edges.iter().map(|edge| edge.to).collect();
    for edge in by_number(steps) {
        if !fed.contains(&edge.to) {
            add(&mut edges, edge);
        }
    }
    edges
}

fn add(edges: &mut Vec<Edge>, edge: Edge) {
    let known = |other: &Edge| (other.from, other.to) == (edge.from, edge.to);
    let says_nothing_new = edge.wire.is_none() && edges.iter().any(known);
    if !says_nothing_new && !reaches(edges, edge.to, edge.from) {
        edges.push(edge);
    }
}

/// Whether there is a way from one step to another.
fn reaches(edges: &[Edge], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (HashSet::from([from]), vec![from]);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        let next = edges.iter().filter(|edge| edge.from == at);
        open.extend(next.map(|edge| edge.to).filter(|to| seen.insert(*to)));
    }
    false
}

/// Every output of a step with every input of another.
fn pairs(
    steps: &[Candidate],
) -> impl Iterator<Item = ((usize, &Requirement), (usize, &Requirement))> {
    let of = |kind: Kind| {
        steps.iter().enumerate().flat_map(move |(at, step)| {
            let these = step
                .read
                .requirements
                .iter()
                .filter(move |r| r.kind == kind);
            these.map(move |r| (at, r))
        })
    };
    of(Kind::Input).flat_map(move |input| {
        of(Kind::Output)
            .filter(move |output| output.0 != input.0)
            .map(move |output| (output, input))
    })
}

/// Edges between those that write and read one path, or one within the other.
fn by_path(steps: &[Candidate], same: bool) -> Vec<Edge> {
    let mut found = Vec::new();
    for ((from, output), (to, input)) in pairs(steps) {
        let (Some(written), Some(read)) = (path(output), path(input)) else {
            continue;
        };
        let within = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let meets = match same {
            true => written == read,
            false => within(&written, &read) || within(&read, &written),
        };
        if meets {
            let wire = (same && input.is_answerable() && input.path.is_none())
                .then(|| (input.name.clone(), output.name.clone()));
            let why = match same {
                true => format!("{} reads {read}, which {} writes", at(input), at(output)),
                false => format!(
                    "{} reads {read}, {} writes {written}",
                    at(input),
                    at(output)
                ),
            };
            found.push(Edge {
                from,
                to,
                why,
                wire,
            });
        }
    }
    found
}

/// Edges between an input and the only output that is called alike, by its own name or by that of its file: `model`
/// and `model_output`, `cleaned` and `cleaned.csv`.
fn by_name(steps: &[Candidate]) -> Vec<Edge> {
    let mut found = Vec::new();
    for ((from, output), (to, input)) in pairs(steps) {
        let Some(word) = essence(&input.name) else {
            continue;
        };
        let says = |output: &Requirement| essences(output).contains(&word);
        let outputs = steps.iter().flat_map(|step| &step.read.requirements);
        let only = outputs
            .filter(|r| r.kind == Kind::Output && says(r))
            .count()
            == 1;
        if only
            && says(output)
            && input.is_answerable()
            && DataType::feeds(output.data_type, input.data_type)
        {
            let wire =
                (output.name != input.name).then(|| (input.name.clone(), output.name.clone()));
            let written = path(output).map_or_else(
                || output.name.clone(),
                |path| format!("{} ({path})", output.name),
            );
            let why = format!(
                "{} writes {written}, {} reads {}",
                at(output),
                at(input),
                input.name
            );
            found.push(Edge {
                from,
                to,
                why,
                wire,
            });
        }
    }
    found
}

/// The words of an output's own name and of its file's.
fn essences(output: &Requirement) -> Vec<String> {
    let path = path(output);
    let file = path.as_deref().and_then(|path| path.rsplit('/').next());
    let stem = file.map(|file| file.split('.').next().unwrap_or(file));
    [Some(output.name.as_str()), stem]
        .into_iter()
        .flatten()
        .filter_map(essence)
        .collect()
}

/// What of a name says something.
fn essence(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word))
        .collect();
    let is_numbered = words
        .iter()
        .any(|word| word.starts_with("arg") && word.len() < 6);
    (!words.is_empty() && !is_numbered).then(|| words.join("_"))
}

/// Edges between scripts that are numbered: each after all those of the number before, where nothing else is known.
fn by_number(steps: &[Candidate]) -> Vec<Edge> {
    let number = |step: &Candidate| {
        let name = &step.read.script.name;
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        numbered(file).map(|(number, _)| (folder.to_owned(), number))
    };
    let numbers: Vec<_> = steps.iter().map(number).collect();
    let mut found = Vec::new();
    for (to, own) in numbers.iter().enumerate() {
        let Some((folder, own)) = own else { continue };
        let before = numbers
            .iter()
            .flatten()
            .filter(|(other, number)| other == folder && number < own);
        let Some(last) = before.map(|(_, number)| *number).max() else {
            continue;
        };
        for (from, other) in numbers.iter().enumerate() {
            if other.as_ref() == Some(&(folder.clone(), last)) {
                let why = format!("{own} comes after {last}");
                found.push(Edge {
                    from,
                    to,
                    why,
                    wire: None,
                });
            }
        }
    }
    found
}

/// The path that a script itself knows for a requirement, without detours.
fn path(requirement: &Requirement) -> Option<String> {
    let written = requirement.path.as_deref().or_else(|| {
        let fixed = requirement
            .bindings
            .iter()
            .find_map(|binding| match binding {
                Binding::ContainerPath { container_path } => Some(container_path.as_str()),
                _ => None,
            });
        fixed.or_else(|| requirement.default.as_ref()?.as_str())
    })?;
    let mut parts: Vec<&str> = Vec::new();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." if !parts.is_empty() => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if written.starts_with('/') { "/" } else { "" };
    let path = format!("{root}{}", parts.join("/"));
    let is_place =
        !path.is_empty() && path != "/" && !path.starts_with("/dev/") && !path.starts_with("/tmp");
    (is_place && !written.contains("://")).then_some(path)
}

/// `scripts/clean.py:12`.
fn at(requirement: &Requirement) -> String {
    requirement
        .asked_at()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The steps, each after those it needs.
fn order(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while order.len() < count {
        let next = (0..count).find(|at| {
            !order.contains(at)
                && edges
                    .iter()
                    .all(|edge| edge.to != *at || order.contains(&edge.from))
        });
        match next {
            Some(next) => order.push(next),
            None => break,
        }
    }
    order
}

fn block(steps: &[Candidate], names: &[String], edges: &[Edge], at: usize) -> String {
    let step = &steps[at];
    let mut text = format!("  {}:\n", yaml::quoted(&names[at]));
    match &step.cargo_bin {
        Some(bin) => text.push_str(&format!("    cargo: {{ bin: {} }}\n", yaml::quoted(bin))),
        None => text.push_str(&format!(
            "    script: {}\n",
            yaml::quoted(&step.read.script.name)
        )),
    }
    if step.read.script.entry == Entry::Main {
        text.push_str("    entry: main\n");
    }
    let mut needs: Vec<&str> = Vec::new();
    let (mut wires, mut wired): (String, HashSet<&str>) = Default::default();
    for edge in edges.iter().filter(|edge| edge.to == at) {
        let name = names[edge.from].as_str();
        let why = one_line(&edge.why);
        match &edge.wire {
            Some((input, output)) if wired.insert(input) => {
                let from = yaml::quoted(&format!("{name}.{output}"));
                let input = yaml::quoted(input);
                wires.push_str(&format!("      {input}: {{ from: {from} }}  # {why}\n"));
            }
            Some(_) => continue,
            None if text.ends_with(&format!("# {why}\n")) => {}
            None => text.push_str(&format!("    # {why}\n")),
        }
        if !needs.contains(&name) {
            needs.push(name);
        }
    }
    if !needs.is_empty() {
        let needs: Vec<String> = needs.into_iter().map(yaml::quoted).collect();
        text.push_str(&format!("    needs: [{}]\n", needs.join(", ")));
    }
    if !wires.is_empty() {
        text.push_str(&format!("    inputs:\n{wires}"));
    }
    text
}

/// A text that cannot leave its comment.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis;
    use crate::file;
    use crate::manifest::load;
    use crate::source::Source;

    /// What is proposed for a folder of scripts; it has to be a manifest without a finding.
    fn proposed(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            file::write(&folder.path().join(name), text).expect("written");
        }
        let candidates = files.iter().map(|(name, _)| Candidate {
            cargo_bin: None,
            read: analysis::analyse_script(&folder.path().join(name), folder.path()).expect("read"),
        });
        let Some(proposal) = propose("my pipe\nline", candidates.collect()) else {
            return String::new();
        };
        let source = Source::new(
            "runtime-test.yaml",
            "runtime-test.yaml",
            proposal.text.as_str(),
        );
        let (manifest, problems) = load::load(&source, folder.path(), None);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(manifest.expect("whole").steps.len(), proposal.steps);
        let body = proposal.text.split_once("pipeline: my_pipe_line\nsteps:\n");
        body.expect("a header").1.to_owned()
    }

    const FLAGS: &str = "import argparse\np = argparse.ArgumentParser()\n";

    #[test]
    fn edges_come_from_paths_then_names_then_numbers() {
        let make = format!(
            "{FLAGS}p.add_argument('--to', default='made/rows.csv')\na = p.parse_args()\nopen(a.to, 'w')\n"
        );
        let clean = format!(
            "{FLAGS}p.add_argument('--rows', default='./made/rows.csv')\np.add_argument('--model-output')\na = p.parse_args()\nopen(a.rows)\nopen(a.model_output, 'w')\n"
        );
        let judge = "#!/bin/sh\nmodel=$1\ncat \"$model\" made/rows.csv\n";
        let expected = "
  make:
    script: make.py
  clean:
    script: clean.py
    needs: [make]
    inputs:
      rows: { from: make.to }  # clean.py:3 reads made/rows.csv, which make.py:3 writes
  judge:
    script: judge.sh
    # judge.sh:3 reads made/rows.csv, which make.py:3 writes
    needs: [make, clean]
    inputs:
      model: { from: clean.model_output }  # clean.py:4 writes model_output, judge.sh:2 reads model
";
        let found = proposed(&[
            ("clean.py", &clean),
            ("judge.sh", judge),
            ("make.py", &make),
        ]);
        assert_eq!(format!("\n{found}"), expected);
        let numbered = proposed(&[
            ("s/01_get.sh", "ls"),
            ("s/02_a.sh", "ls"),
            ("s/02_b.sh", "ls"),
            ("s/10_end.sh", "ls"),
        ]);
        let expected = "
  get:
    script: s/01_get.sh
  a:
    script: s/02_a.sh
    # 2 comes after 1
    needs: [get]
  b:
    script: s/02_b.sh
    # 2 comes after 1
    needs: [get]
  end:
    script: s/10_end.sh
    # 10 comes after 2
    needs: [a, b]
";
        assert_eq!(format!("\n{numbered}"), expected);
    }

    #[test]
    fn what_others_load_is_no_step_and_no_circle_is_proposed() {
        let main = "def main(input_paths, output_paths, environ_vars, job_args):\n    open(input_paths['rows'])\n";
        let found = proposed(&[
            (
                "run.py",
                "import helper\nif __name__ == '__main__':\n    helper.go()\n",
            ),
            (
                "helper.py",
                "import os\ndef go():\n    os.environ['PLACE']\n",
            ),
            ("empty.py", "X = 1\n"),
            ("judge.py", main),
        ]);
        assert_eq!(
            found,
            "  run:\n    script: run.py\n  judge:\n    script: judge.py\n    entry: main\n"
        );
        let ring = |from: &str, to: &str| format!("#!/bin/sh\ncp {from} {to}\n");
        let found = proposed(&[
            ("a.sh", &ring("y/b.csv", "x/a.csv")),
            ("b.sh", &ring("x/a.csv", "y/b.csv")),
        ]);
        assert_eq!(found.matches("needs").count(), 1, "{found}");
        assert_eq!(proposed(&[("lib.py", "X = 1\n")]), "");
    }

    #[test]
    fn steps_of_one_name_are_told_apart_and_strange_names_are_quoted() {
        let found = proposed(&[
            ("a/run.sh", "ls"),
            ("b/run.sh", "ls"),
            ("no.sh", "ls"),
            ("it's: #1.sh", "ls"),
            ("my scripts/02 étape één.sh", "ls"),
            ("größe/名前-２.sh", "ls"),
            ("nfd/e\u{301}tape.sh", "ls"),
        ]);
        let expected = "
  a_run:
    script: a/run.sh
  b_run:
    script: b/run.sh
  \"no\":
    script: no.sh
  it_s___1:
    script: \"it's: #1.sh\"
  \"étape_één\":
    script: \"my scripts/02 étape één.sh\"
  \"名前-２\":
    script: \"größe/名前-２.sh\"
  \"e\u{301}tape\":
    script: \"nfd/e\u{301}tape.sh\"
";
        assert_eq!(format!("\n{found}"), expected);
    }
}
