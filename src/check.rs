//! Owns the whole check: answers against what is asked, and everything that the disk can tell before the run. Gives all
//! findings in source order, and the values of every requirement.

mod columns;
pub mod consequences;
pub mod container;
mod defaults;
pub mod expectations;
pub mod filesystem;
pub mod format;
pub mod glob;
pub mod images;
pub mod imports;
mod interpreters;
pub mod names;
mod needs;
pub mod programs;
mod space;
pub mod status;
pub mod values;
pub mod wires;

use std::path::Path;

use crate::analysis::Analysis;
use crate::answers::load;
use crate::answers::{Answers, Finding, Sources, StepRequirements, sources};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::disk;
use crate::file::{self, ReadError};
use crate::source::Source;

use self::consequences::Unclear;
use self::values::Values;

/// A pipeline together with its answers, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The answers that fit.
    pub answers: Answers,
    /// The texts that they come from.
    pub sources: Sources,
    /// Findings about single answers, with what they are about.
    pub findings: Vec<Finding>,
    /// The value of every requirement.
    pub values: Values,
    /// All findings, in source order.
    pub problems: Diagnostics,
}

/// What to do about findings, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing stands against a run.
    Ready,
    /// Answers are missing.
    Missing,
    /// Answers are given that do not fit.
    Invalid,
    /// The manifest, a contract or a script cannot be used.
    Unusable,
}

/// Steps as the answers see them: in an order that holds their needs.
pub fn asked(analysis: &Analysis) -> Vec<StepRequirements<'_>> {
    let mut places = vec![0; analysis.steps.len()];
    for (place, index) in analysis.order.iter().enumerate() {
        places[*index] = place;
    }
    analysis
        .ordered()
        .enumerate()
        .map(|(place, (step, analysed))| StepRequirements {
            step: &step.name,
            description: step.description.as_deref(),
            requirements: &analysed.requirements,
            // In a circle, which is a finding of its own, some need comes later.
            needs: step
                .needs
                .iter()
                .map(|need| places[need.value])
                .filter(|need| *need < place)
                .collect(),
        })
        .collect()
}

/// Checks a pipeline and its answers, from all texts that give some. Only `selected` steps, by their places in the manifest, are looked at for paths and
/// programs.
pub fn check(
    analysis: &Analysis,
    answers: &Sources,
    selected: &[usize],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Checked {
    let steps = asked(analysis);
    let mut loaded = load::load_all(answers, &steps, environment);
    let given = std::mem::take(&mut loaded.answers);
    let values = values::choose(analysis, &given, environment);
    let unclear = Unclear::of(analysis);
    let mut problems = analysis.problems.clone();
    let told = loaded
        .findings
        .iter()
        .filter(|finding| consequences::is_told(analysis, &unclear, finding, selected));
    problems.extend(told.map(|finding| finding.diagnostic.clone()));
    problems.extend(filesystem::check(analysis, &values, selected));
    problems.extend(defaults::check(analysis, &values, selected));
    problems.extend(needs::check(analysis, &values, selected));
    problems.extend(programs::check(analysis, selected));
    problems.extend(images::check(analysis, selected));
    problems.extend(interpreters::check(analysis, selected));
    problems.extend(space::check(analysis, &values, selected, &space::free));
    problems.extend(names::check(analysis));
    problems.extend(expectations::check(analysis));
    problems.extend(container::check(analysis, &values, selected));
    problems.extend(wires::check(analysis, &given, &values, selected));
    problems.extend(columns::check(analysis, &given, &values, selected));
    let problems = consequences::without(analysis, &unclear, problems);
    Checked {
        answers: given,
        sources: answers.clone(),
        problems: problems
            .changed(|problem| Some(loaded.cover(problem)))
            .sorted(),
        findings: loaded.findings,
        values,
    }
}

/// Reads the answers beside a manifest, and those of the chosen profile, where there are any.
///
/// # Errors
/// Where there is a file and it cannot be read.
pub fn read_answers(analysis: &Analysis) -> Result<Sources, Diagnostics> {
    let folder = &analysis.manifest.folder;
    let mut problems = Diagnostics::new();
    let mut read = |path: &Path| match file::read(path, folder) {
        Ok(source) => Some(source),
        Err(ReadError::NotFound) => {
            let other = path.with_extension("yml");
            if disk::is_file(&other) {
                problems.push(answers_misnamed(&other, path, folder));
            }
            None
        }
        Err(ReadError::Refused(why)) => {
            problems.push(answers_unreadable(path, folder, &why));
            None
        }
    };
    let sources = Sources {
        answers: read(&analysis.answers()),
        profile: analysis.profile_answers().as_deref().and_then(&mut read),
        settings: Vec::new(),
    };
    match problems.is_empty() {
        true => Ok(sources),
        false => Err(problems),
    }
}

/// What findings mean for a run. What is to be mended in the answers is about the answers; everything else is about
/// the manifest and what it names.
pub fn verdict(problems: &Diagnostics, analysis: &Analysis) -> Verdict {
    let (answers, profile) = (analysis.answers(), analysis.profile_answers());
    let is_answer = |path: &Path| {
        path == answers || profile.as_deref() == Some(path) || sources::is_setting(path)
    };
    let of = |finding: &Diagnostic| match finding {
        finding if finding.severity != Severity::Error => Verdict::Ready,
        finding if finding.code == Code::AnswerMissing => Verdict::Missing,
        finding
            if finding
                .place()
                .is_some_and(|place| is_answer(place.source.path())) =>
        {
            Verdict::Invalid
        }
        _ => Verdict::Unusable,
    };
    problems.iter().map(of).max().unwrap_or(Verdict::Ready)
}

/// Answers that nothing reads, for their name ends in another way.
fn answers_misnamed(found: &Path, wanted: &Path, folder: &Path) -> Diagnostic {
    let (name, wanted) = (file::display(found, folder), file::display(wanted, folder));
    let source = Source::new(found, name.clone(), "");
    Diagnostic::new(
        Code::Unreadable,
        format!("`{name}` is not read: answers are kept in `{wanted}`"),
    )
    .at(source.at(crate::source::Span::default()), "")
    .help(format!("call it `{wanted}`"))
}

fn answers_unreadable(path: &Path, folder: &Path, why: &str) -> Diagnostic {
    let name = file::display(path, folder);
    let source = Source::new(path, name.clone(), "");
    Diagnostic::new(
        Code::Unreadable,
        format!("the answers `{name}` cannot be read: {why}"),
    )
    .at(source.at(crate::source::Span::default()), "")
    .help("make it a YAML file that can be read")
}
