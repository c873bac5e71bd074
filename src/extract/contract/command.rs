//! Owns the command lines that contracts spell out: which words follow the script, and which of them are flags, values
//! and positions. Knows no format, and runs nothing.

use std::path::Path;

use super::Subject;
use crate::requirement::{Binding, Pass};

/// How long a command may be, in bytes; what is longer is read no further.
const MOST: usize = 64 * 1024;

/// The commands of a shell line, each as its words: split at `&&`, `||`, `;`, `|` and line ends, without quotes and
/// redirections. What stands in `{…}`, `${…}` and `$(…)` stays whole.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut is_redirected = false;
    let mut chars = line
        .char_indices()
        .take_while(|(at, _)| *at < MOST)
        .map(|(_, c)| c)
        .peekable();
    let end_word =
        |word: &mut Option<String>, is_redirected: &mut bool, all: &mut Vec<Vec<String>>| {
            if let Some(done) = word.take() {
                match std::mem::take(is_redirected) {
                    true => {}
                    false => all.last_mut().map_or((), |words| words.push(done)),
                }
            }
        };
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let inside = word.get_or_insert_default();
                while let Some(next) = chars.next() {
                    match next {
                        next if next == c => break,
                        '\\' if c == '"' => inside.extend(chars.next()),
                        next => inside.push(next),
                    }
                }
            }
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '{' | '(' if c == '{' || word.as_deref().is_some_and(|w| w.ends_with('$')) => {
                let close = if c == '{' { '}' } else { ')' };
                let inside = word.get_or_insert_default();
                inside.push(c);
                let mut depth = 1;
                while depth > 0 {
                    match chars.next() {
                        Some(next) => {
                            depth += i32::from(next == c) - i32::from(next == close);
                            inside.push(next);
                        }
                        None => break,
                    }
                }
            }
            ';' | '|' | '&' | '\n' | '(' | ')' => {
                // `2>&1` names a place that output goes to, not another command.
                if c == '&' && is_redirected {
                    word.get_or_insert_default().push(c);
                    continue;
                }
                end_word(&mut word, &mut is_redirected, &mut all);
                is_redirected = false;
                if all.last().is_some_and(|words| !words.is_empty()) {
                    all.push(Vec::new());
                }
            }
            '>' | '<' => {
                if word
                    .as_deref()
                    .is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit()))
                {
                    word = None;
                }
                end_word(&mut word, &mut is_redirected, &mut all);
                is_redirected = true;
                while chars.peek().is_some_and(|next| matches!(next, '>' | '<')) {
                    chars.next();
                }
            }
            c if c.is_whitespace() => end_word(&mut word, &mut is_redirected, &mut all),
            c => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut word, &mut is_redirected, &mut all);
    all.retain(|words| !words.is_empty());
    all
}

/// The words that follow a script in the command that runs it: as a path or as a module (`python -m`), in `folder`.
pub(super) fn after_script<'c>(
    commands: &'c [Vec<String>],
    subject: &Subject<'_>,
    folder: &Path,
) -> Option<&'c [String]> {
    let is_path = |word: &str| subject.is_script(word, folder);
    commands
        .iter()
        .find_map(|words| words_after(words, &is_path, subject, folder))
}

/// The same, by the script's file name alone: for commands that run in a container or from PATH.
pub(super) fn after_name<'c>(words: &'c [String], subject: &Subject<'_>) -> Option<&'c [String]> {
    words_after(
        words,
        &|word| subject.is_script_name(word),
        subject,
        subject.folder,
    )
}

fn words_after<'c>(
    words: &'c [String],
    is_path: &dyn Fn(&str) -> bool,
    subject: &Subject<'_>,
    folder: &Path,
) -> Option<&'c [String]> {
    words.iter().enumerate().find_map(|(at, word)| {
        // `-m`, and flags without a value glued to it: `-um`.
        let is_m = |word: &str| {
            word.strip_prefix('-').is_some_and(|letters| {
                letters.ends_with('m') && letters.bytes().all(|b| b.is_ascii_alphabetic())
            })
        };
        let is_module = at > 0 && is_m(&words[at - 1]) && subject.is_module(word, folder);
        (is_module || is_path(word)).then(|| &words[at + 1..])
    })
}

/// A part of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'w> {
    /// A flag, with its value where one is given.
    Flag {
        /// The flag: `--alpha`.
        flag: &'w str,
        /// Its value.
        value: Option<&'w str>,
        /// Whether they are one word: `--alpha=1`.
        is_joined: bool,
    },
    /// A word without a flag, and its place among those, from 0.
    Word(usize, &'w str),
}

impl<'w> Part<'w> {
    /// The word that is a value, if there is one, and how it reaches the script.
    pub(super) fn bound(self) -> (Option<&'w str>, Binding) {
        match self {
            Self::Flag {
                flag,
                value,
                is_joined,
            } => {
                let pass = if is_joined { Pass::Joined } else { Pass::Value };
                let flag = flag.to_owned();
                let short = None;
                (value, Binding::Flag { flag, short, pass })
            }
            Self::Word(positional, word) => (Some(word), Binding::Positional { positional }),
        }
    }
}

/// The parts of a command line. A word after a flag is its value, unless `is_switch` knows that it takes none.
pub(super) fn parts<'w>(words: &'w [String], is_switch: &dyn Fn(&str) -> bool) -> Vec<Part<'w>> {
    let mut parts = Vec::new();
    let mut place = 0;
    let mut at = 0;
    let mut only_words = false;
    while let Some(word) = words.get(at).map(String::as_str) {
        at += 1;
        if !only_words && word == "--" {
            only_words = true;
        } else if only_words || !is_flag(word) {
            parts.push(Part::Word(place, word));
            place += 1;
        } else if let Some((flag, value)) = word.split_once('=') {
            parts.push(Part::Flag {
                flag,
                value: Some(value),
                is_joined: true,
            });
        } else {
            let next = words.get(at).map(String::as_str);
            let value = next.filter(|next| !is_switch(word) && !is_flag(next) && *next != "--");
            at += usize::from(value.is_some());
            parts.push(Part::Flag {
                flag: word,
                value,
                is_joined: false,
            });
        }
    }
    parts
}

/// Whether a word is a flag: `-1.5` is a number.
pub(super) fn is_flag(word: &str) -> bool {
    word.len() > 1
        && word.starts_with('-')
        && word != "--"
        && word.parse::<f64>().is_err()
        && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_lines_become_words() {
        for (line, expected) in [
            ("python a.py --x 1", "python|a.py|--x|1"),
            (
                "python a.py \\\n  'a b' \"c \\\" d\"",
                "python|a.py|a b|c \" d",
            ),
            (
                "mkdir -p x && python a.py {p q} ${a.b} $(inputs.x)",
                "mkdir|-p|x // python|a.py|{p q}|${a.b}|$(inputs.x)",
            ),
            ("a > out.txt 2>&1; b < in | c\nd", "a // b // c // d"),
            ("", ""),
            ("'open", "open"),
            ("${open", "${open"),
        ] {
            let told: Vec<String> = commands(line).iter().map(|words| words.join("|")).collect();
            assert_eq!(told.join(" // "), expected, "{line}");
        }
    }

    #[test]
    fn words_after_flags_are_their_values_unless_known_to_be_none() {
        let words: Vec<String> = "in -v out --a 1 --b=2 --c -5 --d -- --e"
            .split(' ')
            .map(str::to_owned)
            .collect();
        let told: Vec<String> = parts(&words, &|flag| flag == "-v")
            .iter()
            .map(|part| match part {
                Part::Flag { flag, value, .. } => format!("{flag}={}", value.unwrap_or_default()),
                Part::Word(at, word) => format!("{at}:{word}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                "0:in", "-v=", "1:out", "--a=1", "--b=2", "--c=-5", "--d=", "2:--e"
            ]
        );
    }
}
