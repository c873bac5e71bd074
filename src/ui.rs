//! Owns the terminal: the only file that prints, or asks about colour, width and what characters there are. What
//! programs read goes to standard output; progress, remarks and findings go to standard error. A reader who closes the
//! pipe has seen enough, which is no error.

pub mod ask;
mod draw;
mod progress;

use std::cell::RefCell;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::rc::Rc;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

pub use self::draw::Canvas;
use self::draw::draw;
use self::progress::Progress;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

/// The width of text where no terminal tells its own.
const USUAL_WIDTH: usize = 100;

/// How many findings are drawn: nobody reads more, and a machine asks for another format.
const MOST_DRAWN: usize = 1000;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Where a terminal shows them and nobody asked for none (`NO_COLOR`, `CLICOLOR_FORCE`).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Results and problems.
    Quiet,
    /// And what happens.
    #[default]
    Normal,
    /// And how.
    Verbose,
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// It needs attention.
    Warn,
    /// It is said by the way.
    Dim,
    /// It is what the eye looks for.
    Strong,
    /// It is a name.
    Name,
}

/// Text in the colour of its tone; whoever prints it removes colours where there are none.
pub fn paint(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Good => AnsiColor::Green.on_default().bold(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Warn => AnsiColor::Yellow.on_default().bold(),
        Tone::Dim => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
        Tone::Name => AnsiColor::Cyan.on_default(),
    };
    format!("{style}{text}{style:#}")
}

/// Text without colours and other signs to a terminal.
pub fn without_styles(text: &str) -> String {
    if !text.contains('\u{1b}') {
        return text.to_owned();
    }
    anstream::adapter::strip_str(text).to_string()
}

/// One of the two streams.
enum Stream {
    Out(AutoStream<io::Stdout>),
    Err(AutoStream<io::Stderr>),
    /// Kept for tests.
    Kept(Rc<RefCell<Vec<u8>>>),
}

/// What was printed, for tests.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    out: Rc<RefCell<Vec<u8>>>,
    err: Rc<RefCell<Vec<u8>>>,
}

impl Printed {
    /// What went to standard output.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out.borrow()).into_owned()
    }

    /// What went to standard error.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.err.borrow()).into_owned()
    }
}

/// The way to the reader.
pub struct Ui {
    out: Stream,
    err: Stream,
    verbosity: Verbosity,
    colored: bool,
    unicode: bool,
    width: usize,
    progress: Option<Progress>,
    /// Whether the last thing shown with [`Ui::raw`] left its line open.
    open: bool,
    /// The first failure to write to standard output that is not a closed pipe.
    failure: Option<io::Error>,
}

impl Ui {
    /// Prints to the streams of this process.
    pub fn new(color: Color, verbosity: Verbosity) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        };
        let err = AutoStream::new(io::stderr(), choice);
        let width = terminal_size::terminal_size_of(io::stderr())
            .map(|(width, _)| usize::from(width.0))
            .filter(|&width| width > 0)
            .or_else(|| env::var("COLUMNS").ok()?.parse().ok());
        Self {
            out: Stream::Out(AutoStream::new(io::stdout(), choice)),
            colored: err.current_choice() != anstream::ColorChoice::Never,
            err: Stream::Err(err),
            verbosity,
            unicode: has_unicode(|name| env::var(name).ok()),
            width: width.unwrap_or(USUAL_WIDTH).clamp(40, 160),
            progress: None,
            open: false,
            failure: None,
        }
    }

    /// Prints to memory, without colour, for tests.
    pub fn kept(width: usize, verbosity: Verbosity) -> (Self, Printed) {
        let printed = Printed::default();
        let ui = Self {
            out: Stream::Kept(Rc::clone(&printed.out)),
            err: Stream::Kept(Rc::clone(&printed.err)),
            verbosity,
            colored: false,
            unicode: true,
            width,
            progress: None,
            open: false,
            failure: None,
        };
        (ui, printed)
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How much is to be said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether there are more characters than those of ASCII.
    pub fn has_unicode(&self) -> bool {
        self.unicode
    }

    /// Prints a result, whatever the verbosity; it ends with a line break.
    pub fn out(&mut self, text: &str) {
        self.close_line();
        let written = match &self.progress {
            Some(progress) => progress.suspend(|| self.out.line(text)),
            None => self.out.line(text),
        };
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.failure.get_or_insert(error);
        }
    }

    /// Prints a remark, unless it was asked to be quiet; it ends with a line break.
    pub fn note(&mut self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.tell(text);
        }
    }

    /// Prints a problem, whatever the verbosity; it ends with a line break.
    pub fn tell(&mut self, text: &str) {
        self.close_line();
        // Where even problems cannot be told, there is nobody to tell that to.
        let _ = match &self.progress {
            Some(progress) => progress.suspend(|| self.err.line(text)),
            None => self.err.line(text),
        };
    }

    /// Prints what somebody else has written exactly as it is, on standard error and whatever the verbosity; it may end
    /// in the middle of a line.
    pub fn raw(&mut self, text: &str) {
        // As in `tell`.
        let _ = self.err.write(text);
        self.open = !text.is_empty() && !text.ends_with('\n');
    }

    /// Ends a line that [`Ui::raw`] left open.
    fn close_line(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = self.err.write("\n");
        }
    }

    /// Prints `error: …`.
    pub fn error(&mut self, text: &str) {
        self.tell(&format!("{}: {text}", paint(Tone::Bad, "error")));
    }

    /// Prints `warning: …`.
    pub fn warning(&mut self, text: &str) {
        self.tell(&format!("{}: {text}", paint(Tone::Warn, "warning")));
    }

    /// The first failure to print results, once; a closed pipe is none.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Draws every finding over the text it is about, and counts them.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics) {
        let drawn = self.drawn(diagnostics);
        if !drawn.is_empty() {
            self.tell(&drawn);
        }
    }

    /// The same as a text; nothing where there is nothing to tell.
    pub fn drawn(&self, diagnostics: &Diagnostics) -> String {
        let shown =
            |d: &&Diagnostic| self.verbosity > Verbosity::Quiet || d.severity == Severity::Error;
        let all = diagnostics.iter().filter(shown).count();
        let drawn = diagnostics.iter().filter(shown).take(MOST_DRAWN);
        let mut parts: Vec<String> = drawn
            .map(|d| format!("{}\n", draw(d, self.canvas())))
            .collect();
        if all > MOST_DRAWN {
            let rest = all - MOST_DRAWN;
            parts.push(format!("… and {rest} more, not shown here\n"));
        }
        parts.extend(counted(diagnostics).map(|count| count + "\n"));
        parts.concat()
    }

    /// What the reader's terminal can show.
    pub fn canvas(&self) -> Canvas {
        Canvas {
            colored: self.colored,
            unicode: self.unicode,
            width: self.width,
        }
    }

    /// Begins to show how far something of `total` parts has come, on a terminal only.
    pub fn start_progress(&mut self, total: usize) {
        let on_terminal = matches!(self.err, Stream::Err(_)) && io::stderr().is_terminal();
        let wanted = self.verbosity > Verbosity::Quiet && env::var_os("CI").is_none();
        if on_terminal && wanted {
            self.progress = Some(Progress::new(total, self.colored, self.unicode));
        }
    }

    /// Shows that a part is under way.
    pub fn progress_begins(&mut self, part: &str) {
        if let Some(progress) = &self.progress {
            progress.begin(part);
        }
    }

    /// Shows that a part is under way no more, and that `done` parts are done.
    pub fn progress_ends(&mut self, part: &str, done: usize) {
        if let Some(progress) = &self.progress {
            progress.end(part, done);
        }
    }

    /// Removes what [`Ui::start_progress`] began.
    pub fn end_progress(&mut self) {
        if let Some(progress) = self.progress.take() {
            progress.clear();
        }
    }
}

impl Stream {
    /// Writes text and, where it does not end in one, a line break, in one piece.
    fn line(&mut self, text: &str) -> io::Result<()> {
        let mut line = text.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        self.write(&line)
    }

    /// Writes text in one piece.
    fn write(&mut self, text: &str) -> io::Result<()> {
        // Left to the streams, what loses its colours would go out line by line.
        let plain = |choice| choice == anstream::ColorChoice::Never;
        match self {
            Self::Out(stream) if plain(stream.current_choice()) => {
                in_one_piece(stream.as_inner(), &stripped(text))
            }
            Self::Err(stream) if plain(stream.current_choice()) => {
                in_one_piece(stream.as_inner(), &stripped(text))
            }
            Self::Out(stream) => in_one_piece(stream, text),
            Self::Err(stream) => in_one_piece(stream, text),
            Self::Kept(kept) => in_one_piece(&mut *kept.borrow_mut(), &stripped(text)),
        }
    }
}

/// Text as a stream without colours takes it.
fn stripped(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn in_one_piece(mut to: impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// `2 errors, 1 warning`; nothing where there is nothing.
fn counted(diagnostics: &Diagnostics) -> Option<String> {
    let kinds = [
        (Severity::Error, Tone::Bad, "error", "errors"),
        (Severity::Warning, Tone::Warn, "warning", "warnings"),
        (Severity::Advice, Tone::Name, "remark", "remarks"),
    ];
    let counted = kinds.into_iter().filter_map(|(severity, tone, one, many)| {
        let count = diagnostics.count(severity);
        let word = if count == 1 { one } else { many };
        (count > 0).then(|| paint(tone, &format!("{count} {word}")))
    });
    let counted: Vec<String> = counted.collect();
    (!counted.is_empty()).then(|| counted.join(", "))
}

/// Whether the locale, as the variables tell it, is one of UTF-8. Where nothing tells, only CI systems are trusted to
/// show what is not ASCII.
fn has_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    match ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set) {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => variable("CI").is_some(),
    }
}

/// A path as people like to read it: relative to where they stand, if it lies there.
pub fn shown_path(path: &Path) -> String {
    let here = env::current_dir().ok();
    let inside = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    match inside {
        Some(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
        _ => path.display().to_string(),
    }
}

/// Text whose control characters can be seen instead of obeyed; line breaks and tabs stay.
pub fn clean(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            let seen: Box<dyn Iterator<Item = char>> = match is_plain(c) {
                true => Box::new(std::iter::once(c)),
                false => Box::new(c.escape_default()),
            };
            seen
        })
        .collect()
}

/// Text cut to `width` characters, with a mark where something is missing.
pub fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    let _ = kept.write_char('…');
    kept
}

#[cfg(test)]
mod tests;
