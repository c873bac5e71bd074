//! The command `init`: reads the pipeline, writes the schema and the answers to fill in or brings them up to date, says
//! what is left to do.

mod told;

use std::path::{Path, PathBuf};

use crate::analysis::{self, Analysis};
use crate::answers::Sources;
use crate::answers::refresh::{self, Refreshed, Renames, Scope};
use crate::answers::skeleton::{self, Detail};
use crate::asked::StepRequirements;
use crate::both::both;
use crate::check::{self, Checked, status};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::exit_code::Exit;
use crate::file;
use crate::manifest::Manifest;
use crate::plan::select;
use crate::schema;
use crate::source::Source;
use crate::ui::Ui;

use super::args::Global;

/// Read every script and write the answers file to fill in, or bring it up to date
///
/// Where there is no manifest yet, one is proposed from the scripts below the folder: look it over, it is yours.
///
/// Writes `runtime-test.answers.schema.json`, which gives editors completion, hover and red underlines, and, where there
/// is none yet, the skeleton `runtime-test.answers.yaml`.
///
/// Answers that are there already are brought up to date: what is asked for now is added where it belongs, what nothing
/// asks for any more becomes a comment and comes back when it is asked for again. Your values, comments, order and quotes
/// stay as they are, byte for byte. No script is run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show in a new file everything that can be answered, not only what is likely to be
    #[arg(long)]
    all: bool,
    /// Print the skeleton of these steps and write nothing
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// Give answers the names that are asked for now, where they were most likely renamed
    #[arg(long)]
    apply_renames: bool,
    /// Write nothing; say what would be written, with exit code 122 where there is something
    #[arg(long, conflicts_with = "step")]
    check: bool,
}

/// How the schema of the answers is named, beside the manifest.
const SCHEMA: &str = "answers.schema.json";
/// How the schema of what profiles lay over the answers is named.
const PROFILE_SCHEMA: &str = "answers.profile.schema.json";

/// What `init` does with the answers file.
enum Answers {
    /// Writes it.
    New(String),
    /// Brings it up to date.
    Refreshed(Refreshed),
}

impl Answers {
    /// The text that the file has afterwards.
    fn text(&self) -> &str {
        match self {
            Self::New(text) => text,
            Self::Refreshed(refreshed) => &refreshed.text,
        }
    }

    /// Whether there was nothing to do.
    fn is_current(&self) -> bool {
        matches!(self, Self::Refreshed(refreshed) if refreshed.is_current())
    }
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    if !args.check
        && args.step.is_empty()
        && let Some(exit) = super::propose::where_missing(global, ui)
    {
        return exit;
    }
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    if analysis.problems.has_errors() {
        ui.diagnostics(&analysis.problems);
        ui.note("nothing was written: mend the manifest or the scripts first");
        return Exit::ManifestInvalid;
    }
    let steps = check::asked(&analysis);
    let detail = if args.all { Detail::All } else { Detail::Usual };
    let schema_name = name_of(&analysis.beside(SCHEMA));
    if !args.step.is_empty() {
        return print_steps(&analysis.manifest, &steps, args, detail, &schema_name, ui);
    }
    let sources = match check::read_answers(&analysis) {
        Ok(sources) => sources,
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let whole = || skeleton::render(steps.iter(), detail, &schema_name);
    // Under a profile, the file of that profile is the one to write: the other holds for all of them.
    let (path, old, scope) = match analysis.profile_answers() {
        Some(path) => (path, &sources.profile, Scope::Profile),
        None => (analysis.answers(), &sources.answers, Scope::Whole),
    };
    let renames = match args.apply_renames {
        true => Renames::Apply,
        false => Renames::Suggest,
    };
    let name = file::display(&path, &analysis.manifest.folder);
    let answered = || {
        let answers = match (old, scope) {
            (Some(old), _) => Answers::Refreshed(refresh::refresh(old, &steps, scope, renames)?),
            (None, Scope::Whole) => Answers::New(whole()),
            (None, Scope::Profile) => Answers::New(skeleton::of_profile(
                &name_of(&analysis.beside(PROFILE_SCHEMA)),
                analysis.profile.as_deref().unwrap_or_default(),
                &name_of(&analysis.answers()),
            )),
        };
        let text = Some(Source::new(&path, name.clone(), answers.text()));
        let sources = match scope {
            Scope::Whole => Sources {
                answers: text,
                ..sources.clone()
            },
            Scope::Profile => Sources {
                profile: text,
                ..sources.clone()
            },
        };
        let all: Vec<usize> = (0..analysis.steps.len()).collect();
        let checked = check::check(&analysis, &sources, &all, &super::environment);
        Ok((answers, checked))
    };
    let (mut files, answered) = both(&|| schemas(&analysis, &steps, scope), answered);
    if scope == Scope::Profile && sources.answers.is_none() {
        files.push((analysis.answers(), whole()));
    }
    if let Ok((answers, _)) = &answered {
        files.push((path.clone(), answers.text().to_owned()));
    }
    let outdated = outdated(files);
    if !args.check {
        for (path, text) in &outdated {
            if let Err(error) = file::write(path, text) {
                let name = file::display(path, &analysis.manifest.folder);
                return super::failed(
                    &format!("cannot write `{name}`: {}", file::plain(&error)),
                    ui,
                );
            }
        }
    }
    let (answers, checked) = match answered {
        Ok(answered) => answered,
        Err(problems) => {
            ui.diagnostics(&problems);
            ui.note("the answers stay as they are: mend them, then init again");
            return Exit::AnswersInvalid;
        }
    };
    let left = tell(&analysis, &answers, &checked, &name, args, ui);
    for (path, _) in &outdated {
        let name = file::display(path, &analysis.manifest.folder);
        ui.out(&told::written(&name, args.check));
    }
    match (args.check, outdated.is_empty() && answers.is_current()) {
        (true, false) => Exit::AnswersInvalid,
        (true, true) => {
            ui.out(&format!("  {name} and its schema are up to date"));
            Exit::Done
        }
        (false, _) => {
            ui.out(&told::next(&name, &answers, &outdated, &left));
            Exit::Done
        }
    }
}

/// A file's name without its folder.
fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The schemas that editors need, as they have to be: of the answers, and of what profiles lay over them where there are
/// any. A profile may change what is asked, so it does not decide about the schema of the answers that hold for all.
fn schemas(
    analysis: &Analysis,
    steps: &[StepRequirements<'_>],
    scope: Scope,
) -> Vec<(PathBuf, String)> {
    let pipeline = &analysis.manifest.pipeline;
    let path = analysis.beside(SCHEMA);
    let mut files = Vec::new();
    if scope == Scope::Whole || !path.exists() {
        files.push((path, schema::text(pipeline, steps)));
    }
    if scope == Scope::Profile || has_profile_answers(analysis) {
        let schema = schema::profile_text(pipeline, steps);
        files.push((analysis.beside(PROFILE_SCHEMA), schema));
    }
    files
}

/// Whether there are answers of any profile beside the manifest.
fn has_profile_answers(analysis: &Analysis) -> bool {
    let answers = name_of(&analysis.answers());
    let Some(begin) = answers.strip_suffix("yaml") else {
        return false;
    };
    let entries = std::fs::read_dir(&analysis.manifest.folder);
    entries.into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name != answers && name.starts_with(begin) && name.ends_with(".yaml")
    })
}

/// The files that do not hold yet what they are to hold. The others are not even touched.
fn outdated(files: Vec<(PathBuf, String)>) -> Vec<(PathBuf, String)> {
    const MARK: &str = "\u{feff}";
    let files = files.into_iter().filter_map(|(path, text)| {
        let old = std::fs::read(&path).unwrap_or_default();
        // A byte order mark is the user's as much as anything else.
        let text = match old.starts_with(MARK.as_bytes()) {
            true => format!("{MARK}{text}"),
            false => text,
        };
        (old != text.as_bytes()).then_some((path, text))
    });
    files.collect()
}

/// Prints the skeleton of some steps.
fn print_steps(
    manifest: &Manifest,
    steps: &[StepRequirements<'_>],
    args: &Args,
    detail: Detail,
    schema: &str,
    ui: &mut Ui,
) -> Exit {
    let mut places = Vec::new();
    for name in &args.step {
        match select::steps_named(manifest, name) {
            Ok(named) => places.extend(named),
            Err(problem) => {
                ui.diagnostics(&(*problem).into());
                return Exit::Usage;
            }
        }
    }
    let is_named = |step: &&StepRequirements<'_>| {
        manifest
            .find(step.step)
            .is_some_and(|place| places.contains(&place))
    };
    let chosen = steps.iter().filter(is_named);
    ui.out(&skeleton::render(chosen, detail, schema));
    Exit::Done
}

/// Says what was found, what is different now, and what does not fit any more. Returns what is left to do.
fn tell(
    analysis: &Analysis,
    answers: &Answers,
    checked: &Checked,
    name: &str,
    args: &Args,
    ui: &mut Ui,
) -> told::Left {
    let mut problems = analysis.problems.clone();
    if let Answers::Refreshed(refreshed) = answers {
        let renamed = refreshed.renamed.iter().any(|rename| !rename.applied);
        let is_told = |finding: &Diagnostic| match finding.code {
            Code::AnswerMissing | Code::VariableNotSet => false,
            Code::UnknownStep | Code::UnknownAnswer => !renamed,
            _ => true,
        };
        let findings = checked.findings.iter().map(|finding| &finding.diagnostic);
        problems.extend(findings.filter(|finding| is_told(finding)).cloned());
    }
    let problems: Diagnostics = problems.sorted();
    ui.diagnostics(&problems);
    let status = status::status(analysis, checked);
    ui.out(&told::found(analysis, checked, &status));
    if let Answers::Refreshed(refreshed) = answers {
        if args.all {
            ui.note("--all is about new files; to see everything of a step: cargo runtime-test init --all --step STEP");
        }
        for line in told::refreshed(refreshed, args.check) {
            ui.out(&line);
        }
        for refused in &refreshed.refused {
            ui.warning(&told::refused(refused, name));
        }
    }
    let steps = status.steps.values();
    told::Left {
        missing: steps.clone().map(|step| step.missing.len()).sum(),
        unfit: steps.map(|step| step.invalid.len()).sum(),
    }
}
