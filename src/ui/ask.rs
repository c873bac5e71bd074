//! Owns questions to a person at a terminal: the only room that names `crossterm`. Knows nothing of what is asked for.

mod frame;
mod line;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use crossterm::{execute, terminal};

use self::frame::{Frame, Spot};
use self::line::Line;
use crate::ui::Tone;

/// How many paths are suggested.
const SUGGESTED: usize = 200;
/// How many suggestions are shown at once.
const SHOWN: usize = 7;

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

/// What may be typed and shown where somebody may type a secret by mistake.
pub struct Guard<'a> {
    /// Whether a text is taken.
    pub is_taken: &'a dyn Fn(&str) -> bool,
    /// Whether a text may become one that is taken. What may not is not shown.
    pub may_become: &'a dyn Fn(&str) -> bool,
    /// What is said of a text that is not taken, which it must not repeat.
    pub refusal: &'a str,
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
    Prompt::new(question, Manner::Text).ask()
}

/// Asks for one of a few words, in a list; typing leaves those that contain what was typed.
///
/// # Errors
/// What the terminal says.
pub fn choice(question: &Question) -> io::Result<Reply> {
    Prompt::new(question, Manner::Choice).ask()
}

/// Asks for a text of a certain form. What cannot become one is hidden while it is typed, refused, and gone from the
/// terminal then.
///
/// # Errors
/// What the terminal says.
pub fn guarded(question: &Question, guard: &Guard<'_>) -> io::Result<Reply> {
    Prompt::new(question, Manner::Guarded(guard)).ask()
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Manner<'a> {
    Text,
    Choice,
    Guarded(&'a Guard<'a>),
}

/// A question while it is asked.
struct Prompt<'a> {
    question: &'a Question,
    manner: Manner<'a>,
    suggestions: Suggestions,
    line: Line,
    /// What is suggested for what was typed.
    suggested: Vec<String>,
    /// Which of them the cursor is on.
    chosen: Option<usize>,
    /// Whether the last answer was not taken, and nothing was typed since.
    is_refused: bool,
}

impl<'a> Prompt<'a> {
    fn new(question: &'a Question, manner: Manner<'a>) -> Self {
        let mut prompt = Self {
            question,
            manner,
            suggestions: Suggestions {
                words: question.words.clone(),
                folder: question.paths_from.clone(),
            },
            line: Line::new(question.initial.as_deref().unwrap_or_default()),
            suggested: Vec::new(),
            chosen: None,
            is_refused: false,
        };
        prompt.suggest();
        if let Manner::Choice = manner {
            let default = question.default.as_ref();
            let start = prompt
                .suggested
                .iter()
                .position(|word| Some(word) == default);
            prompt.chosen = start.or(prompt.chosen);
        }
        prompt
    }

    /// Asks, until there is a reply.
    fn ask(mut self) -> io::Result<Reply> {
        let _raw = Raw::new()?;
        let mut spot = Spot::default();
        loop {
            spot = self.draw(self.asked(), spot)?;
            let reply = match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
                Event::Paste(text) => {
                    self.edit(|line| line.insert(text.trim_end_matches(['\r', '\n'])));
                    None
                }
                _ => None,
            };
            if let Some(reply) = reply {
                let mut last = self.frame();
                match &reply {
                    Reply::Given(text) => last.add(Some(Tone::Name), text),
                    Reply::Skipped => last.add(Some(Tone::Dim), "left open"),
                    Reply::Stopped => &mut last,
                };
                last.done();
                self.draw(last, spot)?;
                return Ok(reply);
            }
        }
    }

    /// Does what a key asks for, which may be the reply.
    fn press(&mut self, key: KeyEvent) -> Option<Reply> {
        let is_control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('c') if is_control => return Some(Reply::Stopped),
            KeyCode::Esc => return Some(Reply::Skipped),
            KeyCode::Enter => return self.enter(),
            KeyCode::Char('j') if is_control => return self.enter(),
            KeyCode::Tab => self.complete(),
            KeyCode::Up => self.step(-1),
            KeyCode::Char('p') if is_control => self.step(-1),
            KeyCode::Down => self.step(1),
            KeyCode::Char('n') if is_control => self.step(1),
            KeyCode::PageUp => self.step(-(SHOWN as isize)),
            KeyCode::PageDown => self.step(SHOWN as isize),
            _ => self.edit(|line| line.press(key)),
        }
        None
    }

    /// What Enter gives.
    fn enter(&mut self) -> Option<Reply> {
        let suggested = self.chosen.and_then(|at| self.suggested.get(at));
        let typed = self.line.text();
        let answer = match (suggested, &self.question.default) {
            (Some(suggested), _) => suggested.as_str(),
            (None, Some(default)) if typed.is_empty() => default,
            (None, _) => typed,
        };
        let is_taken = match self.manner {
            Manner::Text => true,
            Manner::Choice => suggested.is_some(),
            Manner::Guarded(guard) => answer.is_empty() || (guard.is_taken)(answer),
        };
        if is_taken {
            return Some(Reply::Given(answer.to_owned()));
        }
        if let Manner::Guarded(_) = self.manner {
            self.edit(|line| *line = Line::default());
            self.is_refused = true;
        }
        None
    }

    /// Changes the line.
    fn edit(&mut self, change: impl FnOnce(&mut Line)) {
        let before = self.line.text().to_owned();
        change(&mut self.line);
        if before != self.line.text() {
            self.is_refused = false;
            self.suggest();
        }
    }

    /// Looks for what to suggest.
    fn suggest(&mut self) {
        let typed = self.line.text();
        (self.suggested, self.chosen) = match self.manner {
            Manner::Text => (self.suggestions.all(typed), None),
            Manner::Choice => {
                let typed = typed.to_lowercase();
                let words = self.question.words.iter();
                let fits = words.filter(|word| word.to_lowercase().contains(&typed));
                let fits: Vec<String> = fits.cloned().collect();
                let first = (!fits.is_empty()).then_some(0);
                (fits, first)
            }
            Manner::Guarded(_) => (Vec::new(), None),
        };
    }

    /// Takes the suggestion that the cursor is on, or what all have in common, as a shell does.
    fn complete(&mut self) {
        if let Manner::Text = self.manner {
            let chosen = self.chosen.and_then(|at| self.suggested.get(at)).cloned();
            let common = || common(&self.suggested, self.line.text());
            if let Some(text) = chosen.or_else(common) {
                self.edit(|line| *line = Line::new(&text));
            }
        }
    }

    /// Moves the cursor among what is suggested.
    fn step(&mut self, by: isize) {
        let last = self.suggested.len().checked_sub(1);
        self.chosen = match (self.chosen, last) {
            (_, None) => None,
            (None, Some(last)) => usize::try_from(by - 1).ok().map(|at| at.min(last)),
            (Some(at), Some(last)) => match at.checked_add_signed(by) {
                Some(at) => Some(at.min(last)),
                // Above the first is the line itself, where it can be the answer.
                None if matches!(self.manner, Manner::Text) && at == 0 => None,
                None => Some(0),
            },
        };
    }

    /// The question, up to where its answer stands.
    fn frame(&self) -> Frame {
        let columns = terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let mut frame = Frame::new(columns);
        frame.add(Some(Tone::Good), "?").add(None, " ");
        frame.add(None, &self.question.title).add(None, " ");
        frame
    }

    /// The question as it is asked.
    fn asked(&self) -> Frame {
        let mut frame = self.frame();
        if let Some(default) = self
            .question
            .default
            .as_ref()
            .filter(|text| !text.is_empty())
        {
            frame
                .add(Some(Tone::Dim), &format!("({default})"))
                .add(None, " ");
        }
        let (before, after) = self.line.text().split_at(self.line.before().len());
        let mut refusal = None;
        match self.manner {
            Manner::Guarded(guard) => {
                let is_hidden = !(guard.may_become)(self.line.text());
                refusal = (is_hidden || self.is_refused).then_some(guard.refusal);
                let hidden = |text: &str| "*".repeat(text.chars().count());
                match is_hidden {
                    true => frame.add_typed(&hidden(before), &hidden(after)),
                    false => frame.add_typed(before, after),
                }
            }
            Manner::Text | Manner::Choice => frame.add_typed(before, after),
        };
        if let Some(refusal) = refusal {
            frame
                .end_row()
                .add(Some(Tone::Bad), "!")
                .add(None, " ")
                .add(None, refusal);
        }
        let first = self.chosen.map_or(0, |at| (at + 1).saturating_sub(SHOWN));
        for (at, suggested) in self.suggested.iter().enumerate().skip(first).take(SHOWN) {
            let is_chosen = self.chosen == Some(at);
            let tone = is_chosen.then_some(Tone::Name);
            frame
                .end_row()
                .add(tone, if is_chosen { "> " } else { "  " });
            frame.add(tone, suggested);
        }
        if !self.question.help.is_empty() {
            frame
                .end_row()
                .add(Some(Tone::Dim), &format!("[{}]", self.question.help));
        }
        frame
    }

    /// Draws, where something was drawn before.
    fn draw(&self, frame: Frame, before: Spot) -> io::Result<Spot> {
        let choice = anstream::AutoStream::choice(&io::stderr());
        let is_colored = choice != anstream::ColorChoice::Never;
        frame.draw(&mut io::stderr().lock(), before, is_colored)
    }
}

/// As far as all suggestions agree, where that is further than what was typed.
fn common(suggested: &[String], typed: &str) -> Option<String> {
    let (first, others) = suggested.split_first()?;
    let agreed = others.iter().fold(first.as_str(), |common, next| {
        let pairs = common.char_indices().zip(next.chars());
        let end = pairs.take_while(|((_, a), b)| a == b).last();
        end.map_or("", |((at, c), _)| &common[..at + c.len_utf8()])
    });
    (agreed.len() > typed.len()).then(|| agreed.to_owned())
}

/// The terminal while it gives each key as it is pressed.
struct Raw;

impl Raw {
    fn new() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let raw = Self;
        execute!(io::stderr(), EnableBracketedPaste)?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back.
        let _ = execute!(io::stderr(), DisableBracketedPaste);
        let _ = terminal::disable_raw_mode();
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
        let suggestions = Suggestions {
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
        for (typed, expected) in [
            ("data/", Some("data/t")),
            ("n", Some("notes.md")),
            ("notes.md", None),
            ("zzz", None),
        ] {
            let completed = common(&suggestions.all(typed), typed);
            assert_eq!(completed.as_deref(), expected, "{typed}");
        }
    }

    /// What becomes of a question after keys, each a character or a key's own name.
    fn pressed(prompt: &mut Prompt<'_>, keys: &[&str]) -> Option<Reply> {
        keys.iter().find_map(|key| {
            let (modifiers, key) = match key.strip_prefix("C-") {
                Some(key) => (KeyModifiers::CONTROL, key),
                None => (KeyModifiers::NONE, *key),
            };
            let code = match key {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "Up" => KeyCode::Up,
                "Down" => KeyCode::Down,
                "PageDown" => KeyCode::PageDown,
                key => KeyCode::Char(key.chars().next().expect("a key")),
            };
            prompt.press(KeyEvent::new(code, modifiers))
        })
    }

    #[test]
    fn keys_lead_to_an_answer() {
        let words = ["linear", "logistic", "tree"].map(str::to_owned);
        let question = |default: Option<&str>| Question {
            title: "model".to_owned(),
            default: default.map(str::to_owned),
            words: words.to_vec(),
            ..Question::default()
        };
        let given = |text: &str| Some(Reply::Given(text.to_owned()));
        for (manner, default, keys, expected) in [
            (
                Manner::Text,
                None,
                vec!["a", "C-u", "b", "Enter"],
                given("b"),
            ),
            (
                Manner::Text,
                None,
                vec!["a", "C-x", "C-o", "C-j"],
                given("a"),
            ),
            (Manner::Text, Some("tree"), vec!["Enter"], given("tree")),
            (
                Manner::Text,
                None,
                vec!["l", "Down", "Down", "Enter"],
                given("logistic"),
            ),
            (
                Manner::Text,
                None,
                vec!["l", "Down", "Up", "Enter"],
                given("l"),
            ),
            (
                Manner::Text,
                None,
                vec!["l", "o", "Tab", "Enter"],
                given("logistic"),
            ),
            (
                Manner::Text,
                None,
                vec!["C-n", "Tab", "x", "Enter"],
                given("linearx"),
            ),
            (
                Manner::Text,
                None,
                vec!["x", "Down", "PageDown", "Up", "Enter"],
                given("x"),
            ),
            (Manner::Choice, None, vec!["Enter"], given("linear")),
            (
                Manner::Choice,
                Some("logistic"),
                vec!["C-n", "Enter"],
                given("tree"),
            ),
            (
                Manner::Choice,
                Some("tree"),
                vec!["Down", "C-p", "Enter"],
                given("logistic"),
            ),
            (
                Manner::Choice,
                None,
                vec!["Up", "PageDown", "Enter"],
                given("tree"),
            ),
            (Manner::Choice, None, vec!["R", "E", "Enter"], given("tree")),
            (Manner::Choice, None, vec!["x", "Enter"], None),
            (
                Manner::Choice,
                None,
                vec!["x", "C-w", "Enter"],
                given("linear"),
            ),
            (Manner::Text, None, vec!["a", "Esc"], Some(Reply::Skipped)),
            (Manner::Choice, None, vec!["C-c"], Some(Reply::Stopped)),
        ] {
            let question = question(default);
            let mut prompt = Prompt::new(&question, manner);
            assert_eq!(pressed(&mut prompt, &keys), expected, "{keys:?}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_neither_shown_nor_taken() {
        let is_upper = |text: &str| text.chars().all(|c| c.is_ascii_uppercase());
        let guard = Guard {
            is_taken: &is_upper,
            may_become: &is_upper,
            refusal: "not a name",
        };
        let question = Question {
            title: "token".to_owned(),
            default: Some("TOKEN".to_owned()),
            ..Question::default()
        };
        let drawn = |prompt: &Prompt<'_>| {
            let mut out = Vec::new();
            let frame = prompt.asked();
            frame.draw(&mut out, Spot::default(), false).expect("drawn");
            String::from_utf8(out).expect("UTF-8")
        };
        let mut prompt = Prompt::new(&question, Manner::Guarded(&guard));
        assert_eq!(pressed(&mut prompt, &["A", "B"]), None);
        assert!(
            drawn(&prompt).contains("token (TOKEN) AB"),
            "{:?}",
            drawn(&prompt)
        );
        pressed(&mut prompt, &["x"]);
        let text = drawn(&prompt);
        assert!(
            text.contains("***") && text.contains("! not a name"),
            "{text:?}"
        );
        assert!(!text.contains("AB"), "{text:?}");
        // Refused, it is gone, and the reason stays until something is typed.
        assert_eq!(pressed(&mut prompt, &["Enter"]), None);
        let text = drawn(&prompt);
        assert!(
            !text.contains('*') && text.contains("! not a name"),
            "{text:?}"
        );
        pressed(&mut prompt, &["V"]);
        assert!(!drawn(&prompt).contains("not a name"));
        let reply = pressed(&mut prompt, &["Enter"]);
        assert_eq!(reply, Some(Reply::Given("V".to_owned())));
        let mut prompt = Prompt::new(&question, Manner::Guarded(&guard));
        let reply = pressed(&mut prompt, &["Enter"]);
        assert_eq!(reply, Some(Reply::Given("TOKEN".to_owned())));
    }
}
