//! The command `configure`: asks for what is missing, one answer after the other, and writes each down at once.

use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::analysis::{self, Analysis};
use crate::answers::give::{self, Ungiven};
use crate::answers::words::variable_of;
use crate::answers::{Sources, skeleton};
use crate::asked::{self, Family, StepRequirements};
use crate::check::{self, Checked, status};
use crate::diagnostic::{Code, Diagnostic};
use crate::exit_code::Exit;
use crate::file;
use crate::plan::select;
use crate::report::words::counted;
use crate::requirement::{Requirement, ValueType};
use crate::schema::{tidy, wanted};
use crate::shape;
use crate::source::Source;
use crate::ui::ask::{self, Guard, Question, Reply};
use crate::ui::{Tone, Ui, paint};

use super::args::Global;

/// How many upstream outputs are suggested for an input.
const FEEDERS: usize = 64;

/// Ask in the terminal for what is missing
///
/// Step by step, in the order in which they run: what is asked for, why, and where. Tab completes paths, choices are a list,
/// Enter takes what is suggested, Esc leaves an answer open. Each answer is checked at once, as `check` would, and written
/// into the answers file, where everything else stays as it is. Ctrl-C ends the questions and keeps what was answered.
///
/// For a secret, the name of the variable that holds it is asked for; the secret itself belongs in no file.
///
/// Without a terminal nobody can be asked: the exit code is 2.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these steps
    #[arg(value_name = "STEP")]
    steps: Vec<String>,
    /// Ask for what is optional too
    #[arg(long)]
    all: bool,
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    if analysis.problems.has_errors() {
        return super::refuse(analysis.problems, ui);
    }
    let mut chosen = Vec::new();
    for name in &args.steps {
        match select::steps_named(&analysis.manifest, name) {
            Ok(places) => chosen.extend(places),
            Err(problem) => {
                ui.diagnostics(&(*problem).into());
                return Exit::Usage;
            }
        }
    }
    let sources = match check::read_answers(&analysis) {
        Ok(sources) => sources,
        Err(problems) => {
            ui.diagnostics(&problems);
            return Exit::AnswersInvalid;
        }
    };
    let mut talk = Talk::new(&analysis, sources, args, chosen);
    if !ask::is_possible() {
        ui.error(&format!(
            "there is no terminal to ask in: write the answers into {}, or give them with --set STEP.args.NAME=VALUE",
            talk.name
        ));
        return Exit::Usage;
    }
    match talk.all(ui) {
        Ok(exit) => exit,
        Err(why) => super::failed(&why, ui),
    }
}

/// The questions, from the first to the last.
struct Talk<'a> {
    analysis: &'a Analysis,
    steps: Vec<StepRequirements<'a>>,
    args: &'a Args,
    /// The steps that are asked about, as places in the manifest; all where there are none.
    chosen: Vec<usize>,
    sources: Sources,
    /// The file that is written.
    path: PathBuf,
    /// How people are told of it.
    name: String,
    /// Answers that were left open: step and answer.
    left: HashSet<(String, String)>,
    /// How many were given.
    given: usize,
}

/// Something to ask for.
struct Open<'a> {
    /// The requirement, or all of a group of which one is needed.
    members: Vec<&'a Requirement>,
    /// What is wrong with the answer that is there.
    wrong: Option<String>,
}

impl<'a> Talk<'a> {
    fn new(analysis: &'a Analysis, sources: Sources, args: &'a Args, chosen: Vec<usize>) -> Self {
        let path = analysis
            .profile_answers()
            .unwrap_or_else(|| analysis.answers());
        Self {
            analysis,
            steps: check::asked(analysis),
            args,
            chosen,
            sources,
            name: file::display(&path, &analysis.manifest.folder),
            path,
            left: HashSet::new(),
            given: 0,
        }
    }

    /// The text that is written, or the one it begins with.
    fn text(&self) -> Source {
        let name = |ending: &str| {
            let path = self.analysis.beside(ending);
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let (text, new) = match &self.analysis.profile {
            Some(profile) => {
                let schema = name("answers.profile.schema.json");
                let new = skeleton::of_profile(&schema, profile, &name("answers.yaml"));
                (&self.sources.profile, new)
            }
            None => {
                let schema = name("answers.schema.json");
                let new = skeleton::render(self.steps.iter(), skeleton::Detail::Usual, &schema);
                (&self.sources.answers, new)
            }
        };
        text.clone()
            .unwrap_or_else(|| Source::new(&self.path, &self.name, new))
    }

    /// The sources with another text.
    fn with(&self, text: Source) -> Sources {
        let mut sources = self.sources.clone();
        match self.analysis.profile {
            Some(_) => sources.profile = Some(text),
            None => sources.answers = Some(text),
        }
        sources
    }

    fn check(&self, sources: &Sources) -> Checked {
        let all: Vec<usize> = (0..self.analysis.steps.len()).collect();
        check::check(self.analysis, sources, &all, &super::environment)
    }

    /// All steps, until nothing is open or the person ends it.
    fn all(&mut self, ui: &mut Ui) -> Result<Exit, String> {
        let chosen: Vec<usize> = (0..self.steps.len())
            .filter(|at| {
                let place = self.analysis.manifest.find(self.steps[*at].step);
                self.chosen.is_empty() || place.is_some_and(|place| self.chosen.contains(&place))
            })
            .collect();
        for at in chosen {
            let mut is_first = true;
            while let Some(open) = self.next(at) {
                if std::mem::take(&mut is_first) {
                    self.head(at, ui);
                }
                if !self.one(at, &open, ui)? {
                    self.end(ui);
                    return Ok(Exit::Interrupted);
                }
            }
        }
        let missing = self.end(ui);
        Ok(if missing == 0 {
            Exit::Done
        } else {
            Exit::AnswersMissing
        })
    }

    /// Names a step.
    fn head(&self, at: usize, ui: &mut Ui) {
        let step = &self.steps[at];
        let script = self.analysis.manifest.find(step.step);
        let script = script.map_or("", |index| &self.analysis.steps[index].script.name);
        let what = step.description.map(|text| format!(": {}", tidy(text)));
        ui.tell(&format!(
            "\n{}  {script}{}",
            paint(Tone::Name, step.step),
            what.unwrap_or_default()
        ));
    }

    /// What a step still lacks, or has wrong.
    fn next(&self, at: usize) -> Option<Open<'a>> {
        let checked = self.check(&self.sources);
        let status = status::status(self.analysis, &checked);
        let step = &self.steps[at];
        let status = status.steps.get(step.step)?;
        let is_left = |r: &Requirement| self.left.contains(&(step.step.to_owned(), r.key()));
        let groups: Vec<Vec<&Requirement>> = asked::required_groups(step).collect();
        for requirement in step.answerable() {
            let key = requirement.key();
            if is_left(requirement) || Family::parse(&requirement.name).is_some() {
                continue;
            }
            let invalid = status.invalid.iter().find(|invalid| {
                invalid.answer == key && invalid.code != Code::VariableNotSet.as_str()
            });
            let is_given = checked
                .answers
                .get(step.step, requirement.kind, &requirement.name)
                .is_some();
            let is_optional = self.args.all
                && !is_given
                && requirement.when.is_none()
                && requirement.exclusive.is_none()
                && requirement.from.is_none()
                && requirement.path.is_none()
                && requirement.kind != crate::requirement::Kind::Output;
            if invalid.is_some() || status.missing.contains(&key) || is_optional {
                let group = groups.iter().find(|group| {
                    invalid.is_none() && group.first().is_some_and(|first| first.key() == key)
                });
                return Some(Open {
                    members: group.cloned().unwrap_or_else(|| vec![requirement]),
                    wrong: invalid.map(|invalid| invalid.message.clone()),
                });
            }
        }
        None
    }

    /// One answer. Returns whether to go on.
    fn one(&mut self, at: usize, open: &Open<'a>, ui: &mut Ui) -> Result<bool, String> {
        let step = self.steps[at].step;
        let leave = |talk: &mut Self| {
            let keys = open.members.iter().map(|r| (step.to_owned(), r.key()));
            talk.left.extend(keys);
        };
        if let Some(wrong) = &open.wrong {
            ui.tell(&format!("{} {wrong}", paint(Tone::Bad, "!")));
        }
        let requirement = match open.members.as_slice() {
            [] => return Ok(true),
            [one] => one,
            several => match which(several)? {
                Reply::Given(name) => match several.iter().find(|r| r.name == name) {
                    Some(chosen) => chosen,
                    None => return Ok(true),
                },
                Reply::Skipped => {
                    leave(self);
                    return Ok(true);
                }
                Reply::Stopped => return Ok(false),
            },
        };
        let mut question = self.question(at, requirement);
        loop {
            let typed = match ask(requirement, &question)? {
                Reply::Given(typed) => typed,
                Reply::Skipped => {
                    leave(self);
                    return Ok(true);
                }
                Reply::Stopped => return Ok(false),
            };
            // What is taken anyway need not be written down; and nothing is no answer.
            let is_default =
                requirement.default.is_some() && question.default.as_ref() == Some(&typed);
            if is_default || typed.trim().is_empty() {
                leave(self);
                return Ok(true);
            }
            let value = match requirement.secret {
                true => format!("${{{}}}", bare(&typed)).into(),
                false => give::read(requirement, &typed),
            };
            match self.write(at, requirement, &value, ui)? {
                true => return Ok(true),
                false => question.initial = (!requirement.secret).then_some(typed),
            }
        }
    }

    /// Checks an answer and writes it down. Returns whether it is done with.
    fn write(
        &mut self,
        at: usize,
        requirement: &Requirement,
        value: &Value,
        ui: &mut Ui,
    ) -> Result<bool, String> {
        let step = self.steps[at].step;
        let text = self.text();
        let name = &requirement.name;
        let new = match give::give(&text, &self.steps, step, requirement.kind, name, value) {
            Ok(new) => Source::new(text.path(), text.name(), new),
            Err(Ungiven::Refused(lines)) => {
                ui.warning(&format!(
                    "{} is written in a form that cannot be changed safely here; paste these lines\n{lines}",
                    self.name
                ));
                self.left.insert((step.to_owned(), requirement.key()));
                return Ok(true);
            }
            Err(Ungiven::Broken(problems)) => {
                ui.diagnostics(&problems);
                return Err(format!("{} cannot be read", self.name));
            }
            Err(Ungiven::NotAsked) => return Ok(true),
        };
        let sources = self.with(new.clone());
        let checked = self.check(&sources);
        let told = told(&checked, step, requirement);
        for finding in &told {
            let tone = if is_refused(finding) {
                Tone::Bad
            } else {
                Tone::Warn
            };
            let help = finding.help.as_ref().map(|help| format!("\n  {help}"));
            ui.tell(&format!(
                "{} {}{}",
                paint(tone, "!"),
                finding.message,
                help.unwrap_or_default()
            ));
        }
        if told.iter().any(is_refused) {
            return Ok(false);
        }
        file::write(&self.path, new.text())
            .map_err(|error| format!("cannot write `{}`: {}", self.name, file::plain(&error)))?;
        self.sources = sources;
        self.given += 1;
        Ok(true)
    }

    /// What is asked, why, and where.
    fn question(&self, at: usize, requirement: &Requirement) -> Question {
        let shown = |value: &Value| match value {
            Value::Array(items) => items
                .iter()
                .map(shape::written)
                .collect::<Vec<_>>()
                .join(", "),
            value => shape::written(value),
        };
        let purpose = requirement.description.as_deref().map(tidy);
        let mut title = match purpose.filter(|text| !text.is_empty()) {
            Some(purpose) => format!("{}: {purpose}", requirement.name),
            None => requirement.name.clone(),
        };
        if requirement.secret {
            title.push_str("; which environment variable holds it?");
        }
        let binding = tidy(&requirement.shown_binding());
        let place = requirement.asked_at().map(|place| format!(" in {place}"));
        let example = requirement.example.as_ref().filter(|_| !requirement.secret);
        let example = example.map(|example| format!("; such as {}", shown(example)));
        let what = match requirement.secret {
            true => "the variable's name, not the secret: `${NAME}` is written for it".to_owned(),
            false => wanted(requirement),
        };
        let help = format!(
            "{what}{}; asked for as {binding}{}; Esc leaves it open",
            example.unwrap_or_default(),
            place.unwrap_or_default()
        );
        let feeders = asked::takes_output(requirement)
            .then(|| asked::feeders(&self.steps, at, requirement, FEEDERS))
            .flatten()
            .unwrap_or_default();
        let choices = requirement.choices.iter().map(shape::written);
        let is_path = check::values::is_path(requirement);
        let default = requirement
            .default
            .as_ref()
            .filter(|value| !value.is_null());
        Question {
            title,
            help,
            default: match requirement.secret {
                true => Some(variable_of(requirement)),
                false => default.map(shown),
            },
            initial: None,
            words: match requirement.value_type {
                ValueType::Bool => vec!["true".to_owned(), "false".to_owned()],
                _ => choices
                    .chain(feeders.iter().map(|output| format!("from {output}")))
                    .collect(),
            },
            paths_from: is_path.then(|| self.analysis.manifest.folder.clone()),
        }
    }

    /// Says what was done. Returns how many answers are missing.
    fn end(&self, ui: &mut Ui) -> usize {
        let checked = self.check(&self.sources);
        let status = status::status(self.analysis, &checked);
        let missing: usize = status.steps.values().map(|step| step.missing.len()).sum();
        let given = match self.given {
            0 => format!("nothing was written to {}", self.name),
            given => format!("{} written to {}", counted(given, "answer"), self.name),
        };
        let next = match missing {
            0 => "nothing is missing\n\nnext: cargo runtime-test check".to_owned(),
            1 => "1 answer is still missing".to_owned(),
            missing => format!("{missing} answers are still missing"),
        };
        ui.out(&format!("\n{given}; {next}"));
        missing
    }
}

/// Asks in the way that fits.
fn ask(requirement: &Requirement, question: &Question) -> Result<Reply, String> {
    let is_list = matches!(requirement.value_type, ValueType::List(_));
    let few = !requirement.choices.is_empty() || requirement.value_type == ValueType::Bool;
    let reply = match requirement.secret {
        true => ask::guarded(question, &NAME_OF_SECRET),
        false if few && !is_list => ask::choice(question),
        false => ask::text(question),
    };
    reply.map_err(|error| format!("cannot ask: {}", file::plain(&error)))
}

/// Asks which of a group is to be given.
fn which(members: &[&Requirement]) -> Result<Reply, String> {
    let question = Question {
        title: "One of these is needed; which one?".to_owned(),
        help: "Esc leaves it open".to_owned(),
        words: members.iter().map(|r| r.name.clone()).collect(),
        ..Question::default()
    };
    ask::choice(&question).map_err(|error| format!("cannot ask: {}", file::plain(&error)))
}

/// Everything the check says about one answer.
fn told(checked: &Checked, step: &str, requirement: &Requirement) -> Vec<Diagnostic> {
    let key = requirement.key();
    let own = checked.findings.iter().filter(|finding| {
        finding.step.as_deref() == Some(step) && finding.answer.as_ref() == Some(&key)
    });
    let mut told: Vec<Diagnostic> = own.map(|finding| finding.diagnostic.clone()).collect();
    if let Some(given) = checked
        .answers
        .get(step, requirement.kind, &requirement.name)
    {
        let here = checked
            .problems
            .iter()
            .filter(|problem| problem.place() == Some(&given.place) && !told.contains(problem));
        let here: Vec<Diagnostic> = here.cloned().collect();
        told.extend(here);
    }
    told
}

/// Whether an answer about which this is said is not taken. A variable need not be set before the run.
fn is_refused(finding: &Diagnostic) -> bool {
    finding.severity == crate::diagnostic::Severity::Error && finding.code != Code::VariableNotSet
}

/// How the name of the variable that holds a secret is asked for: people type the secret itself, too.
const NAME_OF_SECRET: Guard<'static> = Guard {
    is_taken: &|typed| is_name_of_secret(bare(typed), |name| std::env::var_os(name).is_some()),
    may_become: &|typed| {
        let name = bare(typed);
        let begins =
            |set: std::ffi::OsString| set.to_str().is_some_and(|set| set.starts_with(name));
        is_name_of_secret(name, |_| std::env::vars_os().any(|(set, _)| begins(set)))
    },
    refusal: "this is no variable's name: write that of a variable that is set, or one in capitals that will be set when it \
              runs, such as API_TOKEN; the secret itself belongs in no file",
};

/// A variable's name out of what was typed for it: `NAME`, `$NAME` or `${NAME}`.
fn bare(typed: &str) -> &str {
    let typed = typed.trim();
    let name = typed.strip_prefix('$').unwrap_or(typed);
    let name = name.strip_prefix('{').unwrap_or(name);
    name.strip_suffix('}').unwrap_or(name)
}

/// Whether a text is the name of a variable rather than a secret: one that is set, or one in capitals, as custom has it.
fn is_name_of_secret(text: &str, is_set: impl Fn(&str) -> bool) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_variable =
        text.chars().all(is_letter) && !text.starts_with(|c: char| c.is_ascii_digit());
    is_variable && (!text.contains(|c: char| c.is_ascii_lowercase()) || is_set(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_are_told_from_secrets() {
        let is_set = |name: &str| name == "npm_token";
        for (typed, expected) in [
            ("API_TOKEN", true),
            (" ${API_TOKEN}", true),
            ("$TOKEN2", true),
            ("npm_token", true),
            ("npm_tokem", false),
            ("tok123plain", false),
            ("2TOKEN", false),
            ("A-B", false),
            ("A B", false),
            ("GRÖSSE", false),
            ("hunter2-is a secret", false),
        ] {
            assert_eq!(is_name_of_secret(bare(typed), is_set), expected, "{typed}");
        }
    }
}
