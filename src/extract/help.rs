//! Owns the texts in which a program tells people what it takes: its header, its usage, its comments.

use std::collections::HashMap;

/// A word of the command line as a usage line shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its name, as a variable could bear it.
    pub name: String,
    /// Whether it stands in brackets.
    pub optional: bool,
}

/// What the texts say.
#[derive(Clone, Debug, Default)]
pub struct Help {
    positions: Vec<Shown>,
    flags: HashMap<String, String>,
    names: HashMap<String, String>,
}

impl Help {
    /// The word at a place of the command line.
    pub fn position(&self, at: usize) -> Option<&Shown> {
        self.positions.get(at)
    }

    /// What an option is for.
    pub fn of_flag(&self, names: &[String]) -> Option<String> {
        names.iter().find_map(|name| self.flags.get(name)).cloned()
    }

    /// What a variable is for.
    pub fn of_variable(&self, name: &str) -> Option<String> {
        self.names.get(name).cloned()
    }

    /// What a word of the command line is for.
    pub fn of_operand(&self, name: &str) -> Option<String> {
        let upper = name.to_uppercase();
        let spellings = [
            name,
            &upper,
            &upper.replace('_', "-"),
            &name.replace('_', "-"),
        ];
        spellings.iter().find_map(|s| self.names.get(*s)).cloned()
    }

    /// Reads a text; what was read first stays. `script` is the script's own file name.
    pub fn read(&mut self, text: &str, script: &str) {
        let lines: Vec<&str> = text.lines().take(2_000).collect();
        for (index, line) in lines.iter().enumerate() {
            if self.positions.is_empty()
                && let Some(words) = usage_words(line, lines.get(index + 1).copied(), script)
            {
                self.positions = positions(&words);
            }
            let Some((head, column, text)) = entry(line) else {
                continue;
            };
            let mut text = text.to_owned();
            for next in &lines[index + 1..] {
                let indent = next.len() - next.trim_start().len();
                if next.trim().is_empty()
                    || indent + 1 < column
                    || column < 4
                    || entry(next).is_some()
                {
                    break;
                }
                text.push(' ');
                text.push_str(next.trim());
            }
            self.keep(head, &text);
        }
    }

    fn keep(&mut self, head: &str, text: &str) {
        // The default is known better from the code.
        let text = match text.rfind("[default: ") {
            Some(at) if text.ends_with(']') && at > 0 => text[..at].trim_end(),
            _ => text,
        };
        if head.starts_with('-') {
            for word in head.split([',', ' ', '|', '/', '\t']) {
                let name = word.split(['=', '[', '<']).next().unwrap_or(word);
                if name.len() > 1 && name.starts_with('-') {
                    self.flags
                        .entry(name.to_owned())
                        .or_insert_with(|| text.to_owned());
                }
            }
        } else {
            let name = head
                .trim_matches(['<', '>', '[', ']', '$', '{', '}', '`', '*'])
                .split(['=', ' '])
                .next()
                .unwrap_or(head);
            if !name.is_empty() {
                self.names
                    .entry(name.to_owned())
                    .or_insert_with(|| text.to_owned());
            }
        }
    }
}

/// `  -o, --out FILE   where to write`: what is described, the column of the description, and the description.
fn entry(line: &str) -> Option<(&str, usize, &str)> {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let trimmed = trimmed.trim_end();
    let is_flag =
        trimmed.starts_with('-') && !trimmed.starts_with("---") && !trimmed.starts_with("- ");
    let first = trimmed.split([' ', '\t', ':', '=']).next()?;
    let bare = first.trim_matches(['<', '>', '[', ']', '$', '{', '}', '`', '*']);
    let is_name = !bare.is_empty()
        && bare
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !is_flag && !is_name {
        return None;
    }
    let gap = trimmed
        .match_indices("  ")
        .map(|(at, _)| at)
        .chain(trimmed.match_indices('\t').map(|(at, _)| at))
        .min();
    let colon = trimmed
        .find(": ")
        .map(|at| (at, 2))
        .or_else(|| trimmed.find(" - ").map(|at| (at, 3)))
        .filter(|(at, _)| is_flag || *at == first.len() || *at <= first.len() + 1);
    let (head, text) = match (gap, colon) {
        (Some(gap), Some((at, width))) if at < gap => (&trimmed[..at], &trimmed[at + width..]),
        (Some(gap), _) => (&trimmed[..gap], trimmed[gap..].trim_start()),
        (None, Some((at, width))) => (&trimmed[..at], &trimmed[at + width..]),
        (None, None) => return None,
    };
    let text = text
        .trim_start()
        .trim_start_matches([':', '#'])
        .trim_start_matches("- ")
        .trim();
    let head = head.trim();
    // Printed values are no descriptions.
    if text.is_empty()
        || text.contains('$')
        || head.is_empty()
        || (!is_flag && head.split_whitespace().count() > 1)
    {
        return None;
    }
    let column = indent + trimmed.rfind(text).unwrap_or(0);
    Some((head, column, text))
}

/// The words of a usage line after the script's name.
fn usage_words<'t>(line: &'t str, next: Option<&'t str>, script: &str) -> Option<Vec<&'t str>> {
    let at = line.to_ascii_lowercase().find("usage")?;
    let rest = line
        .get(at + 5..)?
        .trim_start_matches([':', ' ', '\t', '>']);
    let rest = match rest.trim().is_empty() {
        true => next?.trim(),
        false => rest,
    };
    let names_script = |word: &str| {
        word.contains("$0")
            || word.contains("{0")
            || word.contains("BASH_SOURCE")
            || word == "%s"
            || word.trim_matches(['\'', '"', '`']).rsplit('/').next() == Some(script)
            || word.ends_with(".sh")
            || word.ends_with("PROG}")
            || matches!(
                word,
                "$PROGRAM" | "$PROG" | "$prog" | "$script" | "$me" | "$progname" | "$program"
            )
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    // `git-thing` is told of as `git thing`.
    let apart = (2..=3).find(|&n| words.get(..n).is_some_and(|w| w.join("-") == script));
    let mut at = match apart {
        Some(words) => words,
        None => words.iter().position(|word| names_script(word))? + 1,
    };
    while words
        .get(at)
        .is_some_and(|word| word.ends_with(')') && !word.contains('('))
    {
        at += 1;
    }
    Some(words[at..].to_vec())
}

/// The words that stand for themselves: no options, no options' values, no placeholders.
fn positions(words: &[&str]) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut depth = 0_i32;
    let mut option = false;
    for word in words {
        let opens = word.matches('[').count() as i32;
        let closes = word.matches(']').count() as i32;
        let inside = depth > 0 || word.starts_with('[');
        let bare = word.trim_matches([
            '[', ']', '<', '>', '{', '}', '.', '"', '\'', '`', ',', ';', '(', ')',
        ]);
        if word.starts_with("[-") || word.starts_with('-') {
            option = true;
        } else if word.starts_with(['#', '\'', '"', '$', '|', '>', ';', '&']) || *word == "--" {
            // An example, not a pattern.
            break;
        }
        let described = word.starts_with(['<', '[', '{'])
            || bare.len() > 1 && bare.chars().all(|c| !c.is_lowercase());
        let generic = matches!(
            bare.to_ascii_lowercase().as_str(),
            "options" | "option" | "flags" | "args" | "arguments" | "opts" | "" | "option(s)"
        );
        let valid = bare
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
        if !option && !generic && valid && !bare.starts_with('-') && !bare.contains('=') {
            if !described && !found.is_empty() && words.len() > 8 {
                break;
            }
            let name = bare.split(['/']).next_back().unwrap_or(bare);
            found.push(Shown {
                name: name.replace(['-', '.'], "_").to_lowercase(),
                optional: inside,
            });
        }
        depth = (depth + opens - closes).max(0);
        if depth == 0 && !word.starts_with('-') {
            option = false;
        }
    }
    found
}
