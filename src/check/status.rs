//! Owns the status of steps: derived from answers and findings each time, never stored; only the fact that these very
//! bytes passed a check is kept. Holds the types behind `status --format json`.

use std::collections::HashMap;
use std::path::Path;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::answers::Finding;
use crate::diagnostic::{Code, Severity};
use crate::file;
use crate::requirement::Requirement;

use super::Checked;

/// How far a step is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Required answers are missing and none is given.
    Pending,
    /// Some answers are given, others missing, or some do not fit.
    Partial,
    /// Nothing is required of the user, and the answers do not name the step yet.
    AutoConfigurable,
    /// Nothing is required of the user, and the answers name the step.
    AutoConfigured,
    /// All that is required is given.
    Complete,
    /// Complete, and the last check passed on these very bytes.
    Validated,
}

impl State {
    /// Whether the step could run.
    pub fn is_ready(self) -> bool {
        !matches!(self, Self::Pending | Self::Partial)
    }

    /// The word shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Partial => "partial",
            Self::AutoConfigurable => "auto-configurable",
            Self::AutoConfigured => "auto-configured",
            Self::Complete => "complete",
            Self::Validated => "validated",
        }
    }
}

/// A whole pipeline's status.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The version of this format: 1.
    pub version: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// Whether a run would start.
    pub ready: bool,
    /// How many steps there are.
    pub total: usize,
    /// How many of them could run.
    pub configured: usize,
    /// How many of those need nothing of the user.
    pub auto_configured: usize,
    /// Steps that wait for the user.
    pub pending: Vec<String>,
    /// Each step, in an order that holds their needs.
    pub steps: IndexMap<String, StepStatus>,
}

/// A step's status.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepStatus {
    /// How far it is configured.
    pub state: State,
    /// Required answers that are missing: `args.job_type`.
    pub missing: Vec<String>,
    /// Answers that do not fit.
    pub invalid: Vec<InvalidAnswer>,
    /// What the tool gives by itself: `inputs.raw`.
    pub auto_configured: Vec<String>,
    /// Inputs that upstream outputs feed: `step.output`.
    pub wired: IndexMap<String, String>,
    /// The framework its script uses.
    pub framework: Option<String>,
    /// Steps it needs.
    pub depends_on: Vec<String>,
    /// When a check last passed on these very bytes (RFC 3339).
    pub last_validated: Option<String>,
}

/// An answer that does not fit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvalidAnswer {
    /// The answer: `args.job_type`.
    pub answer: String,
    /// The finding's code.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

/// The record of the last check that passed.
#[derive(Debug, Serialize, Deserialize)]
struct Passed {
    /// The hash of all that was checked.
    hash: String,
    /// When (RFC 3339).
    at: String,
}

/// Derives the status of every step.
pub fn status(analysis: &Analysis, checked: &Checked) -> Status {
    let validated = last_validated(analysis, checked);
    let mut findings: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &checked.findings {
        let step = finding.step.as_deref().unwrap_or_default();
        findings.entry(step).or_default().push(finding);
    }
    let mut steps = IndexMap::new();
    for (step, analysed) in analysis.ordered() {
        let mut missing = Vec::new();
        let mut invalid = Vec::new();
        for finding in findings.get(step.name.as_str()).into_iter().flatten() {
            let answer = finding.answer.clone().unwrap_or_default();
            if finding.diagnostic.severity != Severity::Error {
                continue;
            }
            match finding.diagnostic.code {
                Code::AnswerMissing => missing.push(answer),
                code => invalid.push(InvalidAnswer {
                    answer,
                    code: code.as_str().to_owned(),
                    message: finding.diagnostic.message.clone(),
                }),
            }
        }
        invalid.extend(on_disk(checked, &step.name));
        let mentioned = checked.answers.mentions(&step.name);
        let answered = checked
            .answers
            .step(&step.name)
            .is_some_and(|answers| !answers.is_empty());
        // What holds under another answer only is not asked for before that is given; then it is missing.
        let always = |r: &Requirement| r.needs_answer() && r.when.is_none();
        let asks = analysed.requirements.iter().any(always);
        let state = match () {
            () if !invalid.is_empty() => State::Partial,
            () if !missing.is_empty() && answered => State::Partial,
            () if !missing.is_empty() => State::Pending,
            () if !asks && !answered && mentioned => State::AutoConfigured,
            () if !asks && !answered => State::AutoConfigurable,
            () if validated.is_some() => State::Validated,
            () => State::Complete,
        };
        let wired = |r: &Requirement| Some((r.name.clone(), r.from.as_ref()?.from.to_string()));
        let given = |r: &&Requirement| checked.answers.get(&step.name, r.kind, &r.name).is_none();
        let auto = analysed
            .requirements
            .iter()
            .filter(given)
            .filter(|r| !r.needs_answer());
        steps.insert(
            step.name.clone(),
            StepStatus {
                state,
                missing,
                invalid,
                auto_configured: auto.map(Requirement::key).collect(),
                wired: analysed.requirements.iter().filter_map(wired).collect(),
                framework: analysed.framework.map(str::to_owned),
                depends_on: step
                    .needs
                    .iter()
                    .map(|n| analysis.manifest.steps[n.value].name.clone())
                    .collect(),
                last_validated: validated.clone().filter(|_| state == State::Validated),
            },
        );
    }
    let count = |wanted: fn(State) -> bool| steps.values().filter(|s| wanted(s.state)).count();
    Status {
        version: 1,
        pipeline: analysis.manifest.pipeline.clone(),
        ready: !checked.problems.has_errors(),
        total: steps.len(),
        configured: count(State::is_ready),
        auto_configured: count(|s| matches!(s, State::AutoConfigurable | State::AutoConfigured)),
        pending: steps
            .iter()
            .filter(|(_, s)| !s.state.is_ready())
            .map(|(name, _)| name.clone())
            .collect(),
        steps,
    }
}

/// Findings of the disk about answers of a step, which know their place but not their answer.
fn on_disk(checked: &Checked, step: &str) -> Vec<InvalidAnswer> {
    let answers = checked.answers.step(step);
    let Some(answers) = answers.filter(|answers| !answers.is_empty()) else {
        return Vec::new();
    };
    let errors = checked
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    errors
        .filter_map(|problem| {
            let place = problem.place()?;
            let (kind, name, _) = answers.iter().find(|(.., given)| given.place == *place)?;
            let known = checked
                .findings
                .iter()
                .any(|finding| finding.diagnostic == *problem);
            (!known).then(|| InvalidAnswer {
                answer: format!("{}.{name}", kind.section()),
                code: problem.code.as_str().to_owned(),
                message: problem.message.clone(),
            })
        })
        .collect()
}

/// Remembers that these very bytes passed.
///
/// # Errors
/// What the filesystem says.
pub fn remember_passed(analysis: &Analysis, checked: &Checked) -> std::io::Result<()> {
    let passed = Passed {
        hash: hash(analysis, checked),
        at: now(),
    };
    let text = serde_json::to_string_pretty(&passed).unwrap_or_default();
    file::write(&record(&analysis.home), &text)
}

fn last_validated(analysis: &Analysis, checked: &Checked) -> Option<String> {
    let text = std::fs::read_to_string(record(&analysis.home)).ok()?;
    let passed: Passed = serde_json::from_str(&text).ok()?;
    (passed.hash == hash(analysis, checked) && !checked.problems.has_errors()).then_some(passed.at)
}

fn record(home: &Path) -> std::path::PathBuf {
    home.join("checked.json")
}

/// A hash of manifest, answers and scripts.
fn hash(analysis: &Analysis, checked: &Checked) -> String {
    let mut hasher = blake3::Hasher::new();
    let scripts = analysis
        .steps
        .iter()
        .flat_map(|step| step.script.source.iter().chain(&step.local_files));
    for source in std::iter::once(&analysis.manifest.source)
        .chain(checked.sources.iter())
        .chain(scripts)
    {
        hasher.update(source.name().as_bytes());
        hasher.update(&[0]);
        hasher.update(&(source.text().len() as u64).to_le_bytes());
        hasher.update(source.text().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}
