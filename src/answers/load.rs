//! Owns the way from the texts of answers to answers: what fits comes as values with their places, everything else as
//! findings, all at once.

mod gather;
mod index;
mod judge;
mod remarks;
mod setting;
pub(crate) mod value;

use std::collections::HashMap;

use self::gather::Sheet;
use self::index::Asked;
use self::judge::Judge;
use self::value::Shapes;
use super::sources::{Origin, Sources};
use super::words::{self, Asker};
use super::{Answers, Finding};
use crate::asked::StepRequirements;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::requirement::Kind;
use crate::shape::Pattern;
use crate::source::{Place, Source};
use crate::yaml;

pub use self::setting::is_setting;

/// Looks a variable of the environment up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What an answers file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The answers that fit.
    pub answers: Answers,
    /// Everything that does not, and everything missing, in the order of the file.
    pub findings: Vec<Finding>,
    /// Texts in which secrets are written, and the same with these covered.
    covered: Vec<(Source, Source)>,
}

/// How far a step's answers are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing<'l> {
    /// Whether the file names the step.
    pub mentioned: bool,
    /// How many answers fit.
    pub given: usize,
    /// Required answers that nobody gave: `args.job_type`.
    pub missing: Vec<&'l str>,
    /// Answers that do not fit.
    pub invalid: Vec<&'l Finding>,
}

impl Loaded {
    /// A finding in whose places no secret can be read.
    #[must_use]
    pub fn cover(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        for label in &mut diagnostic.labels {
            let mut texts = self.covered.iter();
            if let Some((_, covered)) = texts.find(|(text, _)| *text == label.place.source) {
                label.place.source = covered.clone();
            }
        }
        diagnostic
    }

    /// The findings without what they are about.
    pub fn diagnostics(&self) -> Diagnostics {
        self.findings
            .iter()
            .map(|finding| finding.diagnostic.clone())
            .collect()
    }

    /// How far each step is, in the order of `steps`.
    ///
    /// ```
    /// # use runtime_test::answers::{StepRequirements, load};
    /// let steps = [StepRequirements { step: "a", description: None, requirements: &[], needs: vec![] }];
    /// assert!(!load::absent(&steps).standings(&steps)[0].mentioned);
    /// ```
    pub fn standings(&self, steps: &[StepRequirements<'_>]) -> Vec<Standing<'_>> {
        let places: HashMap<&str, usize> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.step, at))
            .collect();
        let standing = |step: &StepRequirements<'_>| Standing {
            mentioned: self.answers.mentions(step.step),
            given: self
                .answers
                .step(step.step)
                .map_or(0, |answers| answers.iter().count()),
            ..Standing::default()
        };
        let mut standings: Vec<Standing<'_>> = steps.iter().map(standing).collect();
        for finding in &self.findings {
            let at = finding.step.as_deref().and_then(|step| places.get(step));
            let Some(standing) = at.map(|&at| &mut standings[at]) else {
                continue;
            };
            match (&finding.answer, finding.diagnostic.code) {
                (Some(answer), Code::AnswerMissing) => standing.missing.push(answer),
                _ => standing.invalid.push(finding),
            }
        }
        standings
    }
}

/// Reads the text of an answers file for a pipeline. Variables named in it have to be set in `environment`.
///
/// ```
/// # use runtime_test::{answers::load, source::Source};
/// let source = Source::new("a.yaml", "a.yaml", "steps:\n  trian: {}\n");
/// let loaded = load::load(&source, &[], &|_| None);
/// assert_eq!(loaded.findings[0].diagnostic.message, "no step `trian` in the pipeline");
/// ```
pub fn load(
    source: &Source,
    steps: &[StepRequirements<'_>],
    environment: Environment<'_>,
) -> Loaded {
    load_all(&source.clone().into(), steps, environment)
}

/// Reads all texts that answers come from; of several answers to one requirement the strongest counts (see [`Origin`]).
pub fn load_all(
    sources: &Sources,
    steps: &[StepRequirements<'_>],
    environment: Environment<'_>,
) -> Loaded {
    let mut broken: Vec<Finding> = Vec::new();
    let mut sheets: Vec<Sheet> = Vec::new();
    for (source, own, common) in [
        (&sources.profile, Origin::Profile, Origin::ProfileCommon),
        (&sources.answers, Origin::Answers, Origin::Common),
    ] {
        match source.as_ref().map(yaml::tree) {
            Some(Ok(tree)) => sheets.push(Sheet { tree, own, common }),
            Some(Err(problems)) => {
                broken.extend(
                    problems
                        .into_iter()
                        .map(|problem| finding(None, None, problem)),
                );
            }
            None => {}
        }
    }
    let settings = sources
        .settings
        .iter()
        .map(|source| setting::read(source, steps).ok_or_else(|| words::no_setting(source)));
    let (settings, odd): (Vec<_>, Vec<_>) = settings.partition(Result::is_ok);
    broken.extend(
        odd.into_iter()
            .filter_map(|odd| Some(finding(None, None, odd.err()?))),
    );
    if !broken.is_empty() {
        return Loaded {
            answers: Answers::default(),
            findings: broken,
            covered: Vec::new(),
        };
    }
    let settings: Vec<_> = settings.into_iter().filter_map(Result::ok).collect();
    let asked = Asked::new(steps);
    let gathered = gather::gather(&asked, steps, &settings, &sheets);
    let mut answers = Answers::default();
    for (step, mentioned) in steps.iter().zip(&gathered.mentioned) {
        if *mentioned {
            answers.mention(step.step);
        }
    }
    let top = sheets.last().map(|sheet| {
        let tree = &sheet.tree;
        tree.source.at(tree.nearest("/steps"))
    });
    let mut judge = Judge {
        asked: &asked,
        steps,
        environment,
        gathered: &gathered,
        top,
        shapes: Shapes::default(),
        told: HashMap::new(),
        loaded: Loaded {
            answers,
            findings: gathered.findings.clone(),
            covered: gathered.covered(),
        },
    };
    for index in 0..steps.len() {
        judge.step(index);
    }
    let mut loaded = judge.loaded;
    let rank = |place: &Place| {
        let files = sources.answers.iter().chain(&sources.profile);
        let mut texts = files.chain(&sources.settings);
        let source = texts.position(|source| *source == place.source);
        (source, source.map_or(0, |_| place.span.start))
    };
    loaded.findings.sort_by_cached_key(|finding| {
        (
            finding.diagnostic.place().map(rank),
            finding.diagnostic.code,
        )
    });
    loaded
}

/// What is missing where there are no answers; the places are those that ask.
pub fn absent(steps: &[StepRequirements<'_>]) -> Loaded {
    load_all(&Sources::default(), steps, &|_| None)
}

/// Patterns in manifests and contracts that are no regular expressions, each at the place that declares it.
pub fn bad_patterns(steps: &[StepRequirements<'_>]) -> Diagnostics {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut findings = Diagnostics::new();
    for step in steps {
        for requirement in step.requirements {
            let Some(pattern) = requirement.pattern.as_deref() else {
                continue;
            };
            if !*known
                .entry(pattern)
                .or_insert_with(|| Pattern::compile(pattern).is_ok())
            {
                findings.push(words::bad_pattern(
                    Asker {
                        step: step.step,
                        requirement,
                    },
                    pattern,
                ));
            }
        }
    }
    findings
}

fn finding(step: Option<&str>, answer: Option<String>, diagnostic: Diagnostic) -> Finding {
    Finding {
        step: step.map(str::to_owned),
        answer,
        diagnostic,
    }
}

/// Where an answer stands, or would.
pub(super) fn pointer(step: &str, kind: Kind, name: &str) -> String {
    yaml::join(
        &yaml::join(&yaml::join("/steps", step), kind.section()),
        name,
    )
}
