//! Owns how the table of tools is written and read: what a line says of a command's operands and options. Knows no tool.
//!
//! A line is a list of words:
//!
//! - `<` an operand that is read, `>` one that is written, `.` one that is no path, in this order; `*<` stands for all
//!   that follow, `$>` for the last one;
//! - `d` behind `<` or `>` means a folder, `a` a file or a folder, `p` what the names of several files begin with;
//! - `-o>`, `--in<` an option and what its value is, `-t.` one whose value is no path; `--in<*` takes all words up to
//!   the next option, `in=<` is written `in=FILE`, `-o+>d` right behind the option;
//! - `@tq` letters of options whose values are no paths.

use super::commands::{Role, Word};

/// What stands at a place: a path, or something else.
type Place = Option<Role>;

/// What one word of a line says.
struct Said<'t> {
    /// The option; empty for operands.
    name: &'t str,
    /// What its value is.
    place: Place,
    /// Whether it is for all that follow.
    all: bool,
    /// Whether it is for the last one.
    last: bool,
    /// Whether the value stands right behind the option.
    glued: bool,
}

/// Takes a word of a line apart; none for letters of options.
fn said(word: &str) -> Option<Said<'_>> {
    if word.starts_with('@') {
        return None;
    }
    let (word, many) = match word.strip_suffix('*') {
        Some(word) if !word.is_empty() => (word, true),
        _ => (word, false),
    };
    let (word, kind) = match word.as_bytes() {
        [.., b'd' | b'a' | b'p']
            if word.len() > 1 && word[..word.len() - 1].ends_with(['<', '>']) =>
        {
            word.split_at(word.len() - 1)
        }
        _ => (word, ""),
    };
    let direction = word.chars().next_back()?;
    let name = &word[..word.len() - 1];
    let place = match (direction, kind) {
        ('<', "d") => Some(Role::ReadFolder),
        ('<', "a") => Some(Role::ReadAny),
        ('<', "p") => Some(Role::ReadNamed),
        ('<', _) => Some(Role::Read),
        ('>', "d") => Some(Role::WriteFolder),
        ('>', "a") => Some(Role::WriteAny),
        ('>', "p") => Some(Role::WriteNamed),
        ('>', _) => Some(Role::Write),
        _ => None,
    };
    let all = many || name == "*";
    let last = name == "$";
    let glued = name.len() > 1 && name.ends_with('+');
    let name = match name {
        "*" | "$" => "",
        name => name.strip_suffix('+').unwrap_or(name),
    };
    Some(Said {
        name,
        place,
        all,
        last,
        glued,
    })
}

/// A word that is a path: its index, what is done with it, how many bytes of an option stand before it.
pub(super) type Found = (usize, Role, usize);

/// The role of each word that a line knows for a path.
pub(super) fn roles(line: &str, words: &[Word<'_>], found: &mut Vec<Found>) {
    let told: Vec<Said<'_>> = line.split(' ').filter_map(said).collect();
    let letters = line.split(' ').find_map(|word| word.strip_prefix('@'));
    let letters = letters.unwrap_or_default();
    let option = |name: &str| told.iter().find(|said| !said.glued && said.name == name);
    let mut places = told.iter().filter(|said| said.name.is_empty());
    let takes_all = places.next().is_some_and(|said| said.all) && places.next().is_none();
    let mut operands = Vec::new();
    let mut index = 0;
    let mut only_operands = false;
    while let Some(word) = words.get(index) {
        let at = index;
        index += 1;
        let prefix = word.prefix;
        // `--out=FILE`, `in=FILE`
        let key = prefix.find('=').map(|end| &prefix[..end]);
        if let Some(key) = key.filter(|key| !key.is_empty() && !only_operands) {
            let with_sign = &prefix[..=key.len()];
            let known = option(with_sign).or_else(|| option(key).filter(|_| key.starts_with('-')));
            if let Some(said) = known {
                found.extend(said.place.map(|role| (at, role, key.len() + 1)));
                continue;
            }
        }
        if only_operands || !prefix.starts_with('-') || prefix == "-" && word.text.is_some() {
            if word.text != Some("-") {
                operands.push(at);
            }
            continue;
        }
        if word.text == Some("--") {
            only_operands = true;
            continue;
        }
        let glued = told
            .iter()
            .find(|said| said.glued && prefix.starts_with(said.name) && prefix != said.name);
        if let Some(said) = glued {
            found.extend(said.place.map(|role| (at, role, said.name.len())));
            continue;
        }
        let Some(text) = word.text else { continue };
        if let Some(said) = option(text) {
            while let Some(value) = words.get(index) {
                if value.prefix.starts_with('-') && value.prefix != "-" {
                    break;
                }
                if value.text != Some("-") {
                    found.extend(said.place.map(|role| (index, role, 0)));
                }
                index += 1;
                if !said.all {
                    break;
                }
            }
            continue;
        }
        // What stands behind an option that is not known may be its value: only what looks like a file is one.
        if takes_all && text.starts_with("--") {
            let follows = words.get(index).and_then(|value| value.text);
            index += usize::from(follows.is_some_and(is_bare));
            continue;
        }
        // `-xvf FILE`: the last of several letters takes what follows.
        if text.len() > 1 && !text.starts_with("--") {
            let takes = |letter: char| letters.contains(letter);
            if let Some(first) = text[1..].find(takes) {
                index += usize::from(first + 2 == text.len());
            } else if text.is_char_boundary(text.len() - 1)
                && let Some(said) = option(&format!("-{}", &text[text.len() - 1..]))
                && text.len() > 2
                && text[1..].bytes().all(|b| b.is_ascii_alphabetic())
                && text.len() <= 9
                && let Some(value) = words.get(index)
            {
                if value.text != Some("-") {
                    found.extend(said.place.map(|role| (index, role, 0)));
                }
                index += 1;
            }
        }
    }
    let last = told.iter().find(|said| said.last);
    let places = told
        .iter()
        .filter(|said| said.name.is_empty() && !said.last);
    let mut places = places.peekable();
    let before_last = usize::from(places.peek().is_some());
    let count = operands.len();
    for (nth, at) in operands.into_iter().enumerate() {
        let ends = nth + 1 == count && nth >= before_last;
        let said = match last.filter(|_| ends) {
            Some(last) => Some(last),
            None => places.peek().copied(),
        };
        if said.is_some_and(|said| !said.all) {
            places.next();
        }
        found.extend(said.and_then(|said| said.place).map(|role| (at, role, 0)));
    }
}

/// How many words of a command stand before the one that it starts: its options, settings, and the operands that its
/// line names. Those that are files are added to `found`.
pub(super) fn leading(line: &str, words: &[Word<'_>], found: &mut Vec<Found>) -> usize {
    let told: Vec<Said<'_>> = line.split(' ').filter_map(said).collect();
    let letters = line.split(' ').find_map(|word| word.strip_prefix('@'));
    let letters = letters.unwrap_or_default();
    let option = |name: &str| told.iter().find(|said| said.name == name);
    let mut operands = told.iter().filter(|said| said.name.is_empty());
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let prefix = word.prefix;
        let (key, is_setting) = match prefix.split_once('=') {
            Some((key, _)) => (Some(key), crate::extract::words::is_name(key)),
            None => (None, false),
        };
        if is_setting {
            index += 1;
        } else if !prefix.starts_with('-') || prefix == "-" {
            let Some(said) = operands.next() else {
                break;
            };
            found.extend(said.place.map(|role| (index, role, 0)));
            index += 1;
        } else if word.text == Some("--") {
            index += 1;
        } else if let Some(said) = key.and_then(option) {
            let cut = key.map_or(0, |key| key.len() + 1);
            found.extend(said.place.map(|role| (index, role, cut)));
            index += 1;
        } else if let Some(said) = word.text.and_then(option) {
            if index + 1 < words.len() {
                found.extend(said.place.map(|role| (index + 1, role, 0)));
            }
            index += 2;
        } else {
            let short = word.text.filter(|text| !text.starts_with("--"));
            let first = short.and_then(|text| text[1..].find(|letter| letters.contains(letter)));
            index += 1 + usize::from(first.is_some_and(|first| first + 2 == prefix.len()));
        }
    }
    index.min(words.len())
}

/// Whether a word has nothing of a file's name about it.
fn is_bare(word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '=' | ',' | '+');
    !word.is_empty() && word.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The roles that a line gives the words of a command.
    fn told(line: &str, command: &str) -> Vec<String> {
        let texts: Vec<&str> = command.split(' ').collect();
        let words: Vec<Word<'_>> = texts
            .iter()
            .map(|text| Word {
                text: Some(text),
                prefix: text,
                remote: false,
            })
            .collect();
        let mut found = Vec::new();
        roles(line, &words, &mut found);
        found.sort_unstable_by_key(|(at, ..)| *at);
        found
            .iter()
            .map(|(at, role, cut)| format!("{:?} {}", role, &texts[*at][*cut..]))
            .collect()
    }

    #[test]
    fn a_line_tells_what_the_words_are() {
        for (line, command, expected) in [
            ("*<", "-n a -- -b", vec!["Read a", "Read -b"]),
            ("@n *<", "-n 5 a - b", vec!["Read a", "Read b"]),
            ("< >", "a b c", vec!["Read a", "Write b"]),
            ("< *. $>", "a -resize 5 b", vec!["Read a", "Write b"]),
            ("-o> *<", "a b -o c", vec!["Read a", "Read b", "Write c"]),
            (
                "--in<* --out>d",
                "--in a b --out=c",
                vec!["Read a", "Read b", "WriteFolder c"],
            ),
            ("in=< out=>", "in=a out=b k=3", vec!["Read a", "Write b"]),
            ("-o+>d <", "-oout a", vec!["WriteFolder out", "Read a"]),
            ("-o> @q", "-sSLo a -q b", vec!["Write a"]),
            ("*<", "--name x --max 5 a.json", vec!["Read a.json"]),
            (". *<", "--quiet x a", vec!["Read a"]),
            ("-x.", "-x a", vec![]),
            ("-o>", "-o", vec![]),
        ] {
            assert_eq!(told(line, command), expected, "{line}: {command}");
        }
    }
}
