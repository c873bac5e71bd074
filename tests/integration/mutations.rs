//! The mutation corpus: every single mistake that can be made in a valid project, one at a time, has to be found, by the
//! right code, at the right line, and with no more than one other finding.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use runtime_test::analysis::{self, Analysis, Options};
use runtime_test::check;
use runtime_test::diagnostic::{Diagnostic, Diagnostics};
use runtime_test::source::{Source, Span};
use runtime_test::yaml::{self, Document, Kind, Node};

use crate::common::Project;

const MANIFEST: &str = "runtime-test.yaml";
const ANSWERS: &str = "runtime-test.answers.yaml";

/// One mistake.
struct Mistake {
    /// What is done, for the table.
    class: &'static str,
    /// To what.
    what: String,
    /// The file that is changed, and its new bytes; none where it goes away.
    file: String,
    bytes: Option<Vec<u8>>,
    /// The codes of which one has to be found.
    codes: &'static [&'static str],
    /// The file and lines of which one has to be pointed at by the finding, or be named in it.
    at: Vec<(String, usize)>,
}

/// The pipeline in a folder, read through the library.
fn analyse(folder: &Path) -> Result<Analysis, Diagnostics> {
    analysis::analyse(&Options {
        folder: folder.to_owned(),
        ..Options::default()
    })
}

/// All findings of a project.
fn findings(analysis: &Result<Analysis, Diagnostics>) -> Diagnostics {
    let analysis = match analysis {
        Ok(analysis) => analysis,
        Err(problems) => return problems.clone(),
    };
    match check::read_answers(analysis) {
        Ok(answers) => {
            let all: Vec<usize> = (0..analysis.steps.len()).collect();
            let environment = |name: &str| (name == "RATE").then(|| "0.5".to_owned());
            check::check(analysis, &answers, &all, &environment).problems
        }
        Err(problems) => problems,
    }
}

/// Whether a finding points at one of the lines, by any of its labels.
fn points_at(finding: &Diagnostic, at: &[(String, usize)]) -> bool {
    finding.labels.iter().any(|label| {
        let line = label.place.line_column().0;
        at.iter()
            .any(|(file, wanted)| label.place.source.name() == file && line == *wanted)
    })
}

/// What is wrong with how a mistake is told, if anything is. `valid` is the pipeline without it.
fn judge(
    folder: &Path,
    valid: &Result<Analysis, Diagnostics>,
    mistake: &Mistake,
) -> Option<String> {
    let path = folder.join(&mistake.file);
    let before = fs::read(&path).expect("a file to change");
    match &mistake.bytes {
        Some(bytes) => fs::write(&path, bytes).expect("written"),
        None => fs::remove_file(&path).expect("removed"),
    }
    let found = match mistake.file.as_str() {
        ANSWERS => findings(valid),
        _ => findings(&analyse(folder)),
    };
    fs::write(&path, before).expect("restored");
    let right = found.iter().find(|finding| {
        mistake.codes.contains(&finding.code.as_str()) && points_at(finding, &mistake.at)
    });
    assert!(
        !mistake.at.is_empty(),
        "no line is expected of {}",
        mistake.what
    );
    let told: Vec<String> = found
        .iter()
        .map(|f| {
            let places: Vec<String> = f.labels.iter().map(|l| l.place.to_string()).collect();
            format!(
                "      {} at {}: {}",
                f.code,
                places.join(" and "),
                f.message
            )
        })
        .collect();
    let wrong = match (right, found.len()) {
        (Some(finding), 1 | 2) if finding.help.is_some() => return None,
        (Some(_), 1 | 2) => "no help",
        (Some(_), _) => "too many findings",
        (None, 0) => "not found",
        (None, _) => "wrong code or place",
    };
    let expected: Vec<String> = mistake.at.iter().map(|(f, l)| format!("{f}:{l}")).collect();
    Some(format!(
        "{wrong}: {} {} in {}; expected {} at {}\n{}",
        mistake.class,
        mistake.what,
        mistake.file,
        mistake.codes.join(" or "),
        expected.join(" or "),
        told.join("\n")
    ))
}

/// A key or a value with the way to it.
struct Met<'d> {
    way: Vec<String>,
    key: Option<Span>,
    node: &'d Node,
}

/// All of a document, in order.
fn walk<'d>(node: &'d Node, way: &[String], key: Option<Span>, met: &mut Vec<Met<'d>>) {
    met.push(Met {
        way: way.to_vec(),
        key,
        node,
    });
    let below = |part: &str| {
        way.iter()
            .cloned()
            .chain([part.to_owned()])
            .collect::<Vec<_>>()
    };
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries.iter() {
                walk(&entry.value, &below(&entry.key), Some(entry.key_span), met);
            }
        }
        Kind::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &below(&at.to_string()), None, met);
            }
        }
        Kind::Scalar(_) => {}
    }
}

/// A word with one letter of it twice.
fn misspelt(word: &str) -> String {
    let at = word
        .char_indices()
        .filter(|(_, c)| c.is_alphanumeric())
        .map(|(at, _)| at)
        .nth(1)
        .unwrap_or(0);
    let c = word[at..].chars().next().unwrap_or('x');
    format!("{}{c}{}", &word[..at], &word[at..])
}

/// Every line of the files that has a word.
fn naming(files: &[(&str, &Document)], word: &str) -> Vec<(String, usize)> {
    let lines = files.iter().flat_map(|(file, document)| {
        let lines = document.source.text().lines().enumerate();
        let named = lines.filter(|(_, line)| line.contains(word));
        named.map(|(at, _)| ((*file).to_owned(), at + 1))
    });
    lines.collect()
}

/// The line of every step in the answers.
fn steps_of(answers: &Document) -> Vec<(String, usize)> {
    let steps = answers.root.entry("steps").map(|entry| &entry.value);
    let entries = steps.map(Node::entries).unwrap_or_default();
    let line = |entry: &yaml::Entry| answers.source.line_column(entry.key_span.start).0;
    entries
        .iter()
        .map(|entry| (ANSWERS.to_owned(), line(entry)))
        .collect()
}

/// Text with a span of it replaced.
fn replaced(text: &str, span: Span, with: &str) -> Vec<u8> {
    format!("{}{with}{}", &text[..span.start], &text[span.end..]).into_bytes()
}

/// What becomes of a file: the class of the mistake, the new bytes if it stays, the codes of which one is right.
type Change<'a> = (&'static str, Option<&'a [u8]>, &'static [&'static str]);

/// A project and its mistakes.
struct Corpus {
    project: Project,
    mistakes: Vec<Mistake>,
}

impl Corpus {
    fn new(project: Project) -> Self {
        let clean = findings(&analyse(project.path()));
        assert!(clean.is_empty(), "not valid to begin with: {clean:#?}");
        let mut corpus = Self {
            project,
            mistakes: Vec::new(),
        };
        let (manifest, answers) = (corpus.document(MANIFEST), corpus.document(ANSWERS));
        corpus.both(MANIFEST, &manifest);
        corpus.both(ANSWERS, &answers);
        corpus.manifest(&manifest, &answers);
        corpus.answers(&manifest, &answers);
        corpus
    }

    fn document(&self, file: &str) -> Document {
        let text = self.project.read(file);
        yaml::parse(&Source::new(file, file, text)).expect("YAML")
    }

    fn add(
        &mut self,
        class: &'static str,
        what: impl Into<String>,
        file: &str,
        bytes: Vec<u8>,
        codes: &'static [&'static str],
        at: Vec<(String, usize)>,
    ) {
        self.mistakes.push(Mistake {
            class,
            what: what.into(),
            file: file.to_owned(),
            bytes: Some(bytes),
            codes,
            at,
        });
    }

    /// Mistakes that are the same in every YAML file.
    fn both(&mut self, file: &str, document: &Document) {
        let text = document.source.text();
        let line = |at: usize| vec![(file.to_owned(), document.source.line_column(at).0)];
        // What ends without its colon shows only in the next line that says something, or in what it belongs to.
        let near = |at: usize| {
            let line = document.source.line_column(at).0;
            let mut after = text.lines().enumerate().skip(line);
            let says = |(_, line): &(usize, &str)| {
                !line.trim().is_empty() && !line.trim().starts_with('#')
            };
            let next = after.find(says).map_or(line, |(at, _)| at + 1);
            [line.saturating_sub(1), line, next]
                .map(|line| (file.to_owned(), line))
                .to_vec()
        };
        let mut all = Vec::new();
        walk(&document.root, &[], None, &mut all);
        for met in &all {
            let what = met.way.join(".");
            let shown = met.node.shown();
            if let Some(key) = met.key {
                let written = &text[key.start..key.end];
                let twice = if met.node.flow
                    || !(key.start == 0 || text[..key.start].ends_with([' ', '\n']))
                    || {
                        let before = text[..key.start].rsplit('\n').next().unwrap_or_default();
                        !before.trim().is_empty()
                    } {
                    format!("{written}: 1, {written}")
                } else {
                    let indent = " ".repeat(document.source.line_column(key.start).1 - 1);
                    format!("{written}: 1\n{indent}{written}")
                };
                if !text[..key.start]
                    .rsplit('\n')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .is_empty()
                    || !met.node.flow
                {
                    let doubled = replaced(text, key, &twice);
                    let first = document.source.line_column(key.start).0;
                    let at = vec![(file.to_owned(), first), (file.to_owned(), first + 1)];
                    self.add("key twice", &what, file, doubled, &["duplicate-key"], at);
                }
                self.add(
                    "no colon",
                    &what,
                    file,
                    replaced(text, Span::new(key.end, key.end + 1), ""),
                    &[
                        "yaml-syntax",
                        "wrong-type",
                        "unknown-key",
                        "missing-key",
                        "answer-type",
                        "unknown-answer",
                        "answer-missing",
                        "duplicate-key",
                        "no-steps",
                        "step-kind",
                        "invalid-value",
                        "unknown-output",
                        "unbound-requirement",
                        "misspelt-name",
                        "drift-not-read",
                        "wire-mismatch",
                        "script-not-found",
                        "input-not-found",
                    ],
                    near(key.start),
                );
            }
            if let Kind::Scalar(serde_json::Value::String(_)) = &met.node.kind
                && !shown.is_empty()
            {
                self.add(
                    "open quote",
                    &what,
                    file,
                    replaced(text, Span::new(shown.start, shown.start), "\"'"),
                    &["yaml-syntax"],
                    line(shown.start),
                );
            }
            if let Kind::Scalar(_) = &met.node.kind
                && !shown.is_empty()
            {
                self.add(
                    "unknown anchor",
                    &what,
                    file,
                    replaced(text, shown, "*nobody"),
                    &["yaml-syntax"],
                    line(shown.start),
                );
            }
        }
        for (at, _) in text.match_indices("\n  ").step_by(3) {
            if text[at + 1..].trim_start().starts_with('#') {
                continue;
            }
            let tab = replaced(text, Span::new(at + 1, at + 3), "\t");
            self.add(
                "tab",
                format!("offset {at}"),
                file,
                tab,
                &["yaml-syntax"],
                line(at + 1),
            );
        }
    }

    fn manifest(&mut self, document: &Document, answers: &Document) {
        let text = document.source.text().to_owned();
        let line = |at: usize| vec![(MANIFEST.to_owned(), document.source.line_column(at).0)];
        let mut all = Vec::new();
        walk(&document.root, &[], None, &mut all);
        for met in &all {
            let what = met.way.join(".");
            let way: Vec<&str> = met.way.iter().map(String::as_str).collect();
            let shown = met.node.shown();
            if let Some(key) = met.key {
                let written = text[key.start..key.end].to_owned();
                let typo = replaced(&text, key, &misspelt(&written));
                match way.as_slice() {
                    ["steps", step] => {
                        let mut at = line(key.start);
                        at.extend(all.iter().filter_map(|other| {
                            let value = text.get(other.node.shown().range())?;
                            let names = value == *step || value.starts_with(&format!("{step}."));
                            names.then(|| line(other.node.shown().start)[0].clone())
                        }));
                        if let Some(entry) = answers
                            .root
                            .entry("steps")
                            .and_then(|s| s.value.entry(step))
                        {
                            at.push((
                                ANSWERS.to_owned(),
                                answers.source.line_column(entry.key_span.start).0,
                            ));
                        }
                        // A step that nobody names may have any name.
                        if at.len() == 1 {
                            continue;
                        }
                        self.add(
                            "step misspelt",
                            &what,
                            MANIFEST,
                            typo,
                            &["unknown-step", "unknown-answer"],
                            at,
                        );
                    }
                    // With a binding of its own, any name will do.
                    ["steps", _, "inputs" | "outputs" | "env" | "args", _]
                        if met.node.entry("binding").is_some()
                            && met.node.entry("from").is_some() => {}
                    ["steps", _, "inputs" | "outputs" | "env" | "args", _] => {
                        self.add(
                            "requirement misspelt",
                            &what,
                            MANIFEST,
                            typo,
                            &[
                                "misspelt-name",
                                "drift-not-read",
                                "unbound-requirement",
                                "unknown-output",
                                "answer-missing",
                                "unknown-answer",
                                "invalid-reference",
                                "unused-output",
                            ],
                            [
                                naming(&[(MANIFEST, document), (ANSWERS, answers)], &written),
                                // Steps that miss what they were given under that name.
                                steps_of(answers),
                            ]
                            .concat(),
                        );
                    }
                    [.., "interpreters", _] => {
                        self.add(
                            "language misspelt",
                            &what,
                            MANIFEST,
                            typo,
                            &["invalid-value", "unknown-key"],
                            line(key.start),
                        );
                    }
                    ["defaults" | "profiles", .., "env", _] | ["profiles", _] => {}
                    _ => {
                        let codes = &["unknown-key"];
                        self.add(
                            "key misspelt",
                            &what,
                            MANIFEST,
                            typo,
                            codes,
                            line(key.start),
                        );
                    }
                }
            }
            if way.is_empty() || shown.is_empty() {
                continue;
            }
            let free = matches!(way.last(), Some(&"example" | &"description"));
            let named = matches!(
                way.as_slice(),
                ["steps", _, "inputs" | "outputs" | "env" | "args", _]
            );
            if !free {
                let wrong: &[&str] = &["[[1]]", "{ wrong: 1 }"];
                for wrong in wrong {
                    if matches!(met.node.kind, Kind::Map(_)) && !met.node.flow {
                        continue;
                    }
                    let codes: &[&str] = &["wrong-type", "unknown-key", "invalid-value"];
                    let changed = replaced(&text, shown, wrong);
                    if !(named && *wrong == "[[1]]") {
                        self.add(
                            "wrong type",
                            format!("{what}: {wrong}"),
                            MANIFEST,
                            changed,
                            codes,
                            line(shown.start),
                        );
                    }
                }
            }
            let Kind::Scalar(value) = &met.node.kind else {
                continue;
            };
            let written = text[shown.start..shown.end].to_owned();
            let typo = replaced(&text, shown, &misspelt(&written));
            let codes: &[&str] = match way.as_slice() {
                ["version"] => {
                    self.add(
                        "other version",
                        &what,
                        MANIFEST,
                        replaced(&text, shown, "2"),
                        &["invalid-value"],
                        line(shown.start),
                    );
                    continue;
                }
                ["steps", _, "script"] => &["script-not-found"],
                ["steps", _, "module"] => &["script-not-found"],
                ["steps", _, "needs", _] => &["unknown-step"],
                ["steps", _, "entry"] => &["invalid-value"],
                ["steps", _, "command", "0"] => &["interpreter-not-found"],
                ["steps", _, "interpreter"] | [.., "interpreters", _] => &["interpreter-not-found"],
                ["steps", _, "cwd"] | ["defaults", "cwd"] => &["invalid-value"],
                [.., "timeout"] if value.is_string() => &["invalid-value"],
                [.., "type" | "items"] => &["invalid-value"],
                [.., "from"] => &["unknown-step", "unknown-output"],
                [.., "flag"] => &["misspelt-name", "drift-not-read", "unbound-requirement"],
                [.., "min" | "max" | "retries" | "weight" | "positional"] => {
                    let text = replaced(&text, shown, "many");
                    self.add(
                        "no number",
                        &what,
                        MANIFEST,
                        text,
                        &["wrong-type"],
                        line(shown.start),
                    );
                    continue;
                }
                [.., "required" | "secret" | "external"] => {
                    let text = replaced(&text, shown, "ture");
                    self.add(
                        "no boolean",
                        &what,
                        MANIFEST,
                        text,
                        &["wrong-type"],
                        line(shown.start),
                    );
                    continue;
                }
                [.., "pattern"] => {
                    let text = replaced(&text, shown, "\"(a[\"");
                    self.add(
                        "no pattern",
                        &what,
                        MANIFEST,
                        text,
                        &["invalid-value"],
                        line(shown.start),
                    );
                    continue;
                }
                _ if value.as_str().is_some_and(|v| v.contains("${")) => {
                    let broken = written.replacen("puts.", "puts.x", 1);
                    let text = replaced(&text, shown, &broken);
                    self.add(
                        "reference misspelt",
                        &what,
                        MANIFEST,
                        text,
                        &["invalid-reference"],
                        line(shown.start),
                    );
                    continue;
                }
                _ => continue,
            };
            self.add(
                "value misspelt",
                &what,
                MANIFEST,
                typo,
                codes,
                line(shown.start),
            );
        }
    }

    fn answers(&mut self, _manifest: &Document, document: &Document) {
        let text = document.source.text().to_owned();
        let line = |at: usize| vec![(ANSWERS.to_owned(), document.source.line_column(at).0)];
        let mut all = Vec::new();
        walk(&document.root, &[], None, &mut all);
        for met in &all {
            let what = met.way.join(".");
            let way: Vec<&str> = met.way.iter().map(String::as_str).collect();
            let shown = met.node.shown();
            if let Some(key) = met.key {
                let written = text[key.start..key.end].to_owned();
                let typo = replaced(&text, key, &misspelt(&written));
                let codes: &[&str] = match way.len() {
                    2 => &["unknown-step", "unknown-answer"],
                    _ => &["unknown-answer", "unknown-key"],
                };
                self.add(
                    "answer's key misspelt",
                    &what,
                    ANSWERS,
                    typo,
                    codes,
                    line(key.start),
                );
            }
            let ["steps", _, _, name, ..] = way.as_slice() else {
                continue;
            };
            let _ = name;
            let Kind::Scalar(value) = &met.node.kind else {
                continue;
            };
            self.add(
                "answer of a wrong type",
                &what,
                ANSWERS,
                replaced(&text, shown, "{ wrong: 1 }"),
                &[
                    "answer-type",
                    "answer-choice",
                    "answer-reference",
                    "unknown-key",
                ],
                line(shown.start),
            );
            self.add(
                "variable not set",
                &what,
                ANSWERS,
                replaced(&text, shown, "\"${NOBODY_SET_THIS}\""),
                &["variable-not-set"],
                line(shown.start),
            );
            if met.key.is_some() {
                self.add(
                    "answer removed",
                    &what,
                    ANSWERS,
                    replaced(&text, shown, ""),
                    &["answer-missing"],
                    line(met.key.map_or(shown.start, |key| key.start)),
                );
            }
            if way[2] == "inputs" || way[1] == "supplier" || way[1] == "source" {
                let written = &text[shown.start..shown.end];
                self.add(
                    "path misspelt",
                    &what,
                    ANSWERS,
                    replaced(&text, shown, &misspelt(written)),
                    &["input-not-found"],
                    line(shown.start),
                );
                let other = match written.contains('.') {
                    true => ".",
                    false => "data/rows.csv",
                };
                self.add(
                    "path of another kind",
                    &what,
                    ANSWERS,
                    replaced(&text, shown, other),
                    &["input-kind"],
                    line(shown.start),
                );
            }
            if value.is_number() {
                self.add(
                    "text for a number",
                    &what,
                    ANSWERS,
                    replaced(&text, shown, "plenty"),
                    &["answer-type"],
                    line(shown.start),
                );
            }
        }
    }

    /// Mistakes with a file that others need, told at the line of `at` that has the word.
    fn file(&mut self, name: &str, at: &(&str, &str), changes: &[Change<'_>]) {
        let (asking, word) = at;
        let text = self.project.read(asking);
        let line = text
            .lines()
            .position(|line| line.contains(word))
            .expect("a line")
            + 1;
        for (class, bytes, codes) in changes {
            self.mistakes.push(Mistake {
                class,
                what: name.to_owned(),
                file: name.to_owned(),
                bytes: bytes.map(<[u8]>::to_vec),
                codes,
                at: vec![((*asking).to_owned(), line)],
            });
        }
    }

    /// Makes all mistakes, each thread in a copy of the project, and tells how they were told.
    fn run(self) -> (BTreeMap<&'static str, (usize, usize)>, Vec<String>) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = self.mistakes.len().div_ceil(threads).max(1);
        let told: Vec<Vec<Option<String>>> = std::thread::scope(|scope| {
            let begun: Vec<_> = self
                .mistakes
                .chunks(share)
                .map(|mistakes| {
                    let copy = self.project.again();
                    scope.spawn(move || {
                        let valid = analyse(copy.path());
                        let judged = mistakes.iter().map(|m| judge(copy.path(), &valid, m));
                        judged.collect()
                    })
                })
                .collect();
            let ended = begun
                .into_iter()
                .map(|thread| thread.join().expect("no panic"));
            ended.collect()
        });
        let (mut table, mut wrong) = (BTreeMap::new(), Vec::new());
        for (mistake, told) in self.mistakes.iter().zip(told.into_iter().flatten()) {
            let (all, right): &mut (usize, usize) = table.entry(mistake.class).or_default();
            *all += 1;
            *right += usize::from(told.is_none());
            wrong.extend(told);
        }
        (table, wrong)
    }
}

/// In place of the Cargo target.
const LAST_STEP: &str = "  report:
    command: [cat, \"${inputs.predictions}\", \"${inputs.summary}\"]
    needs: [evaluate, summarise]
    inputs:
      predictions: { from: evaluate.predictions }
      summary: { from: summarise.summary }
";

/// The penguins, with a program in place of the Cargo target: asking Cargo takes longer than all else.
fn penguins() -> Corpus {
    let project = Project::copy_of("examples/penguins");
    let text = project.read(MANIFEST);
    let (before, _) = text.split_once("  # The binary of").expect("the last step");
    project.write(MANIFEST, &format!("{before}{LAST_STEP}"));
    fs::remove_file(project.path().join("Cargo.toml")).expect("removed");
    let mut corpus = Corpus::new(project);
    for script in ["clean.py", "split.py", "evaluate.py", "summarise.sh"] {
        corpus.file(
            &format!("scripts/{script}"),
            &(MANIFEST, script),
            &[
                ("script removed", None, &["script-not-found"]),
                ("script emptied", Some(b"\n"), &["script-empty"]),
            ],
        );
    }
    corpus.file(
        "data/penguins.csv",
        &(ANSWERS, "data/penguins.csv"),
        &[
            ("data removed", None, &["input-not-found"]),
            ("data emptied", Some(b""), &["input-empty"]),
            (
                "data swapped",
                Some(b"PAR1\0\0\0\0 PAR1"),
                &["input-format"],
            ),
            (
                "data swapped",
                Some(b"a,b\n1,2,3\n1,2\n1,2,3,4\n"),
                &["input-format"],
            ),
        ],
    );
    corpus
}

/// A small pipeline with what the penguins do not have: a shell script with options, choices, ranges and lists, a module,
/// a variable in an answer, references in a command, a folder, a pattern of files.
fn small() -> Corpus {
    let project = Project::new(&[
        (
            MANIFEST,
            "\
version: 1
pipeline: small
defaults:
  timeout: 1h 30m
  retries: 1
  interpreters: { python: python3 }
steps:
  source:
    external: true
    outputs:
      rows: { type: csv, description: the rows }
      pages: { type: folder }
  fit:
    module: work.fit
    needs:
      - source
    inputs:
      rows:
        from: source.rows
    outputs:
      model: { type: json }
    args:
      depth: { min: 1, max: 9 }
    timeout: 90
    weight: 2
    mutex: disk
  show:
    command: [sh, -c, \"ls ${inputs.pages}; cat ${inputs.model} > ${outputs.page}\"]
    needs: [fit, source]
    cwd: work
    inputs:
      model: { from: fit.model }
      pages: { from: source.pages }
    outputs:
      page: { type: html, required: true }
",
        ),
        (
            ANSWERS,
            "\
steps:
  source:
    outputs:
      rows: data/rows.csv
      pages: data/pages
  fit:
    args:
      mode: slow
      depth: 3
      rate: ${RATE}
      columns: [a, b]
",
        ),
        (
            "work/fit.py",
            "\
import argparse, json

parser = argparse.ArgumentParser()
parser.add_argument('--rows', required=True)
parser.add_argument('--model', required=True)
parser.add_argument('--mode', choices=['fast', 'slow'], required=True)
parser.add_argument('--depth', type=int, required=True)
parser.add_argument('--rate', type=float, required=True)
parser.add_argument('--columns', nargs='+', required=True)
args = parser.parse_args()
with open(args.rows) as rows:
    count = len(rows.readlines())
with open(args.model, 'w') as model:
    json.dump({'rows': count}, model)
",
        ),
        ("data/rows.csv", "a,b\n1,2\n"),
        ("data/pages/one.html", "<p>"),
    ]);
    let mut corpus = Corpus::new(project);
    corpus.file(
        "work/fit.py",
        &(MANIFEST, "work.fit"),
        &[
            ("script removed", None, &["script-not-found"]),
            ("script emptied", Some(b""), &["script-empty"]),
        ],
    );
    corpus.file(
        "data/rows.csv",
        &(ANSWERS, "rows: data"),
        &[
            ("data removed", None, &["input-not-found"]),
            ("data emptied", Some(b""), &["input-empty"]),
            (
                "data swapped",
                Some(b"\x89PNG\r\n\x1a\n\0\0"),
                &["input-format"],
            ),
        ],
    );
    corpus.file(
        "data/pages/one.html",
        &(ANSWERS, "pages: data"),
        &[("data removed", None, &["input-empty"])],
    );
    corpus
}

#[test]
fn every_single_mistake_is_found_at_its_place() {
    let (mut table, mut wrong) = (BTreeMap::<&str, (usize, usize)>::new(), Vec::new());
    let begun = std::time::Instant::now();
    for corpus in [penguins(), small()] {
        let (classes, told) = corpus.run();
        for (class, (all, right)) in classes {
            let sum = table.entry(class).or_default();
            (sum.0, sum.1) = (sum.0 + all, sum.1 + right);
        }
        wrong.extend(told);
    }
    let mut shown = String::from("mistake                        made  told right\n");
    for (class, (all, right)) in &table {
        shown += &format!("{class:30} {all:4}  {right:4}\n");
    }
    shown += &format!("{:?}\n", begun.elapsed());
    // Past what tests keep to themselves, for the table is to be seen when all is well, too.
    let _ = std::io::stderr().write_all(shown.as_bytes());
    assert!(wrong.is_empty(), "{}\n\n{shown}", wrong.join("\n"));
    assert!(
        table.values().map(|(all, _)| all).sum::<usize>() > 500,
        "{shown}"
    );
}
