//! Owns docopt's grammar (<http://docopt.org>): the patterns under `Usage:` and the options that are described.

/// Brackets nest no deeper in a usage line that a person wrote.
const DEEPEST: usize = 32;
/// As many words of one text are looked at.
const MOST_WORDS: usize = 2_000;
/// As many options are described in one text.
const MOST_OPTIONS: usize = 1_000;

/// An option, as its line of the text describes it.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// `-o`
    pub short: Option<String>,
    /// `--output`
    pub long: Option<String>,
    /// Whether a value follows.
    pub takes_value: bool,
    /// The text behind `[default: `.
    pub default: Option<String>,
    /// What it is for.
    pub help: String,
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub enum Part {
    /// `-o`, `--output=<file>`: its place among the options.
    Option(usize),
    /// `<file>`, `FILE`.
    Positional(String),
    /// A word that stands there as it is: `add`.
    Command(String),
    /// `[options]`: any that is described.
    AnyOption,
    /// One after the other.
    Sequence(Vec<Part>),
    /// `[…]`
    Optional(Box<Part>),
    /// `… | …`
    Either(Vec<Part>),
    /// `…...`
    Repeated(Box<Part>),
}

/// What a text says of a command line.
#[derive(Debug, Default)]
pub struct Usage {
    /// The patterns, one for each line.
    pub patterns: Vec<Part>,
    /// The options: those described, then those that only patterns name.
    pub options: Vec<Described>,
}

/// Reads a text.
pub fn read(text: &str) -> Usage {
    let (section, rest) = sections(text);
    let mut usage = Usage {
        options: described(&rest),
        ..Usage::default()
    };
    for line in patterns(&section) {
        let words = words(&line);
        let mut parser = Parser {
            words: &words,
            at: 0,
            options: &mut usage.options,
        };
        let part = parser.either(0);
        usage.patterns.push(part);
    }
    usage
}

/// The lines under `Usage:`, and all others.
fn sections(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut section, mut rest) = (Vec::new(), Vec::new());
    let mut is_inside = false;
    let mut is_over = false;
    for line in text.lines() {
        let lower = line.to_ascii_lowercase();
        match lower.find("usage:") {
            Some(at) if !is_over && !is_inside => {
                is_inside = true;
                let behind = line.get(at + "usage:".len()..).unwrap_or_default();
                section.extend(Some(behind.to_owned()).filter(|behind| !behind.trim().is_empty()));
            }
            _ if is_inside && !line.trim().is_empty() => section.push(line.to_owned()),
            _ => {
                // An empty line ends it, unless nothing came yet.
                is_over |= is_inside && !section.is_empty();
                is_inside &= !is_over;
                rest.push(line.to_owned());
            }
        }
    }
    (section, rest)
}

/// The patterns without the program's name; a line that does not begin with it goes on with the one before.
fn patterns(section: &[String]) -> Vec<String> {
    let mut patterns: Vec<String> = Vec::new();
    let mut program: Option<&str> = None;
    for line in section {
        let line = line.trim();
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if program.is_none_or(|known| known == first) {
            program = Some(first);
            patterns.push(rest.trim().to_owned());
        } else if let Some(last) = patterns.last_mut() {
            last.push(' ');
            last.push_str(line);
        }
    }
    patterns
}

/// The words and signs of a pattern. Blanks between `<` and `>` belong to the name.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut is_named = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let sign = ["...", "[", "]", "(", ")", "|"]
            .into_iter()
            .find(|sign| rest.starts_with(sign))
            .filter(|_| !is_named);
        let length = sign.map_or(c.len_utf8(), str::len);
        match (sign, c) {
            (None, c) if !c.is_whitespace() || is_named => {
                is_named = c == '<' || is_named && c != '>';
                word.push(c);
            }
            _ => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
                words.extend(sign.map(str::to_owned));
            }
        }
        rest = &rest[length..];
        if words.len() > MOST_WORDS {
            break;
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

struct Parser<'w> {
    words: &'w [String],
    at: usize,
    options: &'w mut Vec<Described>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn either(&mut self, depth: usize) -> Part {
        let mut cases = vec![self.sequence(depth)];
        while self.peek() == Some("|") {
            self.at += 1;
            cases.push(self.sequence(depth));
        }
        match cases.len() {
            1 => cases.remove(0),
            _ => Part::Either(cases),
        }
    }

    fn sequence(&mut self, depth: usize) -> Part {
        let mut parts: Vec<Part> = Vec::new();
        while let Some(word) = self.peek() {
            match word {
                "|" => break,
                "]" | ")" => {
                    if depth > 0 {
                        break;
                    }
                    self.at += 1;
                }
                "..." => {
                    self.at += 1;
                    if let Some(last) = parts.pop() {
                        parts.push(Part::Repeated(Box::new(last)));
                    }
                }
                "[" | "(" if depth >= DEEPEST => self.at += 1,
                "[" | "(" => {
                    let is_optional = word == "[";
                    self.at += 1;
                    let inner = self.either(depth + 1);
                    self.at += usize::from(matches!(self.peek(), Some("]" | ")")));
                    parts.push(match (is_optional, inner) {
                        (true, Part::Sequence(only))
                            if matches!(only.as_slice(), [Part::Command(word)] if word.eq_ignore_ascii_case("options")) =>
                        {
                            Part::AnyOption
                        }
                        (true, inner) => Part::Optional(Box::new(inner)),
                        (false, inner) => inner,
                    });
                }
                _ => {
                    let word = word.to_owned();
                    self.at += 1;
                    self.word(&word, &mut parts);
                }
            }
        }
        Part::Sequence(parts)
    }

    fn word(&mut self, word: &str, parts: &mut Vec<Part>) {
        if let Some(long) = word.strip_prefix("--") {
            if long.is_empty() || long.starts_with('=') {
                return;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, _)) => (name, true),
                None => (word, false),
            };
            let at = self.option(None, Some(name), value);
            parts.push(Part::Option(at));
            self.skip_value(at, value);
        } else if word.len() > 1 && word.starts_with('-') {
            let letters: Vec<char> = word[1..].chars().collect();
            for (index, letter) in letters.iter().enumerate() {
                let at = self.option(Some(&format!("-{letter}")), None, false);
                parts.push(Part::Option(at));
                if self.options[at].takes_value {
                    // The rest of the word is its value, or the next word is.
                    self.skip_value(at, index + 1 < letters.len());
                    break;
                }
            }
        } else if word == "-" {
        } else if is_positional(word) {
            parts.push(Part::Positional(word.to_owned()));
        } else {
            parts.push(Part::Command(word.to_owned()));
        }
    }

    /// The value that a pattern shows behind an option that takes one.
    fn skip_value(&mut self, option: usize, is_shown: bool) {
        let takes = self.options[option].takes_value && !is_shown;
        // Whatever word stands there: `[-l rows]`.
        let is_word =
            |word: &str| !word.starts_with('-') && word.contains(|c: char| c.is_alphanumeric());
        if takes && self.peek().is_some_and(is_word) {
            self.at += 1;
        }
    }

    /// The place of an option; one that was not described is added.
    fn option(&mut self, short: Option<&str>, long: Option<&str>, takes_value: bool) -> usize {
        let is_it = |option: &Described| {
            short.is_some() && option.short.as_deref() == short
                || long.is_some() && option.long.as_deref() == long
        };
        if let Some(at) = self.options.iter().position(is_it) {
            self.options[at].takes_value |= takes_value;
            return at;
        }
        self.options.push(Described {
            short: short.map(str::to_owned),
            long: long.map(str::to_owned),
            takes_value,
            ..Described::default()
        });
        self.options.len() - 1
    }
}

/// `<file>`, `FILE`
fn is_positional(word: &str) -> bool {
    word.starts_with('<')
        || word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_lowercase)
}

/// The options that lines describe: `-o FILE, --output=FILE  Where to write [default: out.csv].`
fn described(lines: &[String]) -> Vec<Described> {
    let mut all: Vec<Described> = Vec::new();
    for line in lines {
        let trimmed = line.trim();
        if !trimmed.starts_with('-') || trimmed.starts_with("---") {
            // The text of the option above goes on, deeper than a headline.
            if let Some(last) = all.last_mut()
                && !trimmed.is_empty()
                && line.starts_with("   ")
            {
                last.default = last.default.take().or_else(|| default_in(trimmed));
                last.help = format!("{} {trimmed}", last.help).trim().to_owned();
            }
            continue;
        }
        if all.len() >= MOST_OPTIONS {
            break;
        }
        let (names, help) = trimmed.split_once("  ").unwrap_or((trimmed, ""));
        let mut option = Described {
            default: default_in(help),
            help: help.trim().to_owned(),
            ..Described::default()
        };
        for word in names.replace([',', '='], " ").split_whitespace() {
            if word.starts_with("--") {
                option.long = Some(word.to_owned());
            } else if word.len() > 1 && word.starts_with('-') {
                option.short = Some(word.to_owned());
            } else {
                option.takes_value = true;
            }
        }
        if option.short.is_some() || option.long.is_some() {
            all.push(option);
        }
    }
    for option in &mut all {
        option.help = without_default(&option.help);
    }
    all
}

/// A text without `[default: …]`, and without the full stop that is left of it.
fn without_default(text: &str) -> String {
    let at = text.to_ascii_lowercase().find("[default:");
    let Some((before, rest)) = at.and_then(|at| text.split_at_checked(at)) else {
        return text.to_owned();
    };
    let after = rest.split_once(']').map_or("", |(_, after)| after);
    let after = after.trim_start_matches('.');
    format!("{}{after}", before.trim_end()).trim().to_owned()
}

fn default_in(text: &str) -> Option<String> {
    let at = text.to_ascii_lowercase().find("[default:")?;
    let rest = text.get(at + "[default:".len()..)?;
    let end = rest.find(']')?;
    Some(rest[..end].trim().to_owned())
}
