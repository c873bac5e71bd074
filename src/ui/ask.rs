//! Owns questions to a person at a terminal: the only file that names `inquire`. Knows nothing of what is asked for.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use inquire::autocompletion::{Autocomplete, Replacement};
use inquire::{CustomUserError, InquireError, Password, PasswordDisplayMode, Select, Text};

/// How many paths are suggested.
const SUGGESTED: usize = 200;

/// A question.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is asked for.
    pub title: String,
    /// What there is to know about it, on one line.
    pub help: String,
    /// What Enter alone gives.
    pub default: Option<String>,
    /// What stands there to begin with.
    pub initial: Option<String>,
    /// Words that may be meant, suggested as they are typed.
    pub words: Vec<String>,
    /// The folder from which paths are suggested as they are typed.
    pub paths_from: Option<PathBuf>,
}

/// What a person did about a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answered it.
    Given(String),
    /// Left it open: Esc.
    Skipped,
    /// Ended the questions: Ctrl-C.
    Stopped,
}

/// Whether there is somebody to ask.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a text.
///
/// # Errors
/// What the terminal says.
pub fn text(question: &Question) -> io::Result<Reply> {
    let mut prompt = Text::new(&question.title).with_help_message(&question.help);
    if let Some(default) = &question.default {
        prompt = prompt.with_default(default);
    }
    if let Some(initial) = &question.initial {
        prompt = prompt.with_initial_value(initial);
    }
    if question.paths_from.is_some() || !question.words.is_empty() {
        prompt = prompt.with_autocomplete(Suggestions {
            words: question.words.clone(),
            folder: question.paths_from.clone(),
        });
    }
    reply(prompt.prompt())
}

/// Asks for one of a few words, in a list.
///
/// # Errors
/// What the terminal says.
pub fn choice(question: &Question) -> io::Result<Reply> {
    let start = question
        .words
        .iter()
        .position(|word| Some(word) == question.default.as_ref());
    let prompt = Select::new(&question.title, question.words.clone())
        .with_help_message(&question.help)
        .with_starting_cursor(start.unwrap_or_default());
    reply(prompt.prompt())
}

/// Asks for a text that is not shown while it is typed; Enter alone gives the default.
///
/// # Errors
/// What the terminal says.
pub fn hidden(question: &Question) -> io::Result<Reply> {
    let prompt = Password::new(&question.title)
        .with_help_message(&question.help)
        .with_display_mode(PasswordDisplayMode::Masked)
        .without_confirmation();
    let reply = reply(prompt.prompt())?;
    Ok(match (reply, &question.default) {
        (Reply::Given(text), Some(default)) if text.is_empty() => Reply::Given(default.clone()),
        (reply, _) => reply,
    })
}

fn reply(answer: Result<String, InquireError>) -> io::Result<Reply> {
    match answer {
        Ok(text) => Ok(Reply::Given(text)),
        Err(InquireError::OperationCanceled) => Ok(Reply::Skipped),
        Err(InquireError::OperationInterrupted) => Ok(Reply::Stopped),
        Err(InquireError::IO(error)) => Err(error),
        Err(other) => Err(io::Error::other(other.to_string())),
    }
}

/// What is suggested while somebody types: words, and what lies in the folder that was typed.
#[derive(Clone)]
struct Suggestions {
    words: Vec<String>,
    folder: Option<PathBuf>,
}

impl Suggestions {
    /// Everything that begins as what was typed does.
    fn all(&self, typed: &str) -> Vec<String> {
        let words = self.words.iter().filter(|word| word.starts_with(typed));
        let mut all: Vec<String> = words.cloned().collect();
        if let Some(folder) = &self.folder {
            let (parent, begun) = match typed.rfind('/') {
                Some(at) => typed.split_at(at + 1),
                None => ("", typed),
            };
            let entries = std::fs::read_dir(folder.join(parent));
            let mut paths: Vec<String> = entries
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|entry| {
                    let name = entry.file_name().into_string().ok()?;
                    let hidden = name.starts_with('.') && !begun.starts_with('.');
                    let end = if entry.path().is_dir() { "/" } else { "" };
                    (name.starts_with(begun) && !hidden).then(|| format!("{parent}{name}{end}"))
                })
                .take(SUGGESTED)
                .collect();
            paths.sort_unstable();
            all.extend(paths);
        }
        all
    }
}

impl Autocomplete for Suggestions {
    fn get_suggestions(&mut self, input: &str) -> Result<Vec<String>, CustomUserError> {
        Ok(self.all(input))
    }

    fn get_completion(
        &mut self,
        input: &str,
        highlighted: Option<String>,
    ) -> Result<Replacement, CustomUserError> {
        if highlighted.is_some() {
            return Ok(highlighted);
        }
        // As far as all suggestions agree, as a shell does.
        let all = self.all(input);
        let common = all
            .iter()
            .skip(1)
            .fold(all.first().cloned(), |common, next| {
                let common = common?;
                let same = common.chars().zip(next.chars()).take_while(|(a, b)| a == b);
                Some(same.map(|(a, _)| a).collect())
            });
        Ok(common.filter(|common| common.len() > input.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_paths_are_suggested_as_they_are_typed() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["data/train.csv", "data/test.csv", "notes.md", ".hidden"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let mut suggestions = Suggestions {
            words: vec!["from clean.rows".to_owned()],
            folder: Some(folder.path().to_owned()),
        };
        assert_eq!(
            suggestions.all(""),
            ["from clean.rows", "data/", "notes.md"]
        );
        assert_eq!(suggestions.all("f"), ["from clean.rows"]);
        assert_eq!(
            suggestions.all("data/t"),
            ["data/test.csv", "data/train.csv"]
        );
        assert_eq!(suggestions.all(".h"), [".hidden"]);
        assert_eq!(suggestions.all("nowhere/x"), [""; 0]);
        let mut completion =
            |typed: &str| suggestions.get_completion(typed, None).expect("no error");
        assert_eq!(completion("data/").as_deref(), Some("data/t"));
        assert_eq!(completion("n").as_deref(), Some("notes.md"));
        assert_eq!(completion("zzz"), None);
    }
}
