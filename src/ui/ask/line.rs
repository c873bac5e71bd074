//! Owns a line of text while it is edited: which key changes it in which way, as readline has them. Draws nothing.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_width::UnicodeWidthChar;

/// A text and the place in it where typing goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    /// Bytes before the cursor.
    at: usize,
}

impl Line {
    /// A text with the cursor behind it.
    pub(super) fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    /// All of the text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub(super) fn before(&self) -> &str {
        &self.text[..self.at]
    }

    /// Puts a text in where the cursor is. A line is one line: breaks and tabs become blanks, other control characters
    /// are left out.
    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.at, &text);
        self.at += text.len();
    }

    /// Does what a key asks for. A key that asks for nothing here does nothing.
    pub(super) fn press(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        // AltGr is told as both by Windows.
        let is_plain = control == alt && (!control || cfg!(windows));
        let by_word = control || alt;
        match key.code {
            KeyCode::Char(c) if is_plain => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Char(_) if control && alt => {}
            KeyCode::Char(c) if control => match c.to_ascii_lowercase() {
                'a' => self.at = 0,
                'e' => self.at = self.text.len(),
                'b' => self.at = self.left(),
                'f' => self.at = self.right(),
                'h' => self.cut(self.left(), self.at),
                'd' => self.cut(self.at, self.right()),
                'u' => self.cut(0, self.at),
                'k' => self.cut(self.at, self.text.len()),
                'w' => self.cut(self.word_left(char::is_whitespace), self.at),
                _ => {}
            },
            KeyCode::Char(c) => match c.to_ascii_lowercase() {
                'b' => self.at = self.word_left(is_between),
                'f' => self.at = self.word_right(),
                'd' => self.cut(self.at, self.word_right()),
                _ => {}
            },
            KeyCode::Backspace if by_word => self.cut(self.word_left(is_between), self.at),
            KeyCode::Backspace => self.cut(self.left(), self.at),
            KeyCode::Delete if by_word => self.cut(self.at, self.word_right()),
            KeyCode::Delete => self.cut(self.at, self.right()),
            KeyCode::Left if by_word => self.at = self.word_left(is_between),
            KeyCode::Left => self.at = self.left(),
            KeyCode::Right if by_word => self.at = self.word_right(),
            KeyCode::Right => self.at = self.right(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => {}
        }
    }

    /// Takes a part out; the cursor stands where it was.
    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.at = from;
    }

    /// The place before the character to the left, with the marks that it bears.
    fn left(&self) -> usize {
        let mut before = self.before().char_indices().rev();
        before.find(|(_, c)| !is_mark(*c)).map_or(0, |(at, _)| at)
    }

    /// The place behind the character to the right, with the marks that it bears.
    fn right(&self) -> usize {
        let mut after = self.text[self.at..].char_indices().skip(1);
        let next = after.find(|(_, c)| !is_mark(*c));
        next.map_or(self.text.len(), |(at, _)| self.at + at)
    }

    /// The beginning of the word to the left.
    fn word_left(&self, is_between: impl Fn(char) -> bool) -> usize {
        let before = self.before().trim_end_matches(&is_between);
        before.trim_end_matches(|c| !is_between(c)).len()
    }

    /// The end of the word to the right.
    fn word_right(&self) -> usize {
        let after = self.text[self.at..].trim_start_matches(is_between);
        self.text.len() - after.trim_start_matches(|c| !is_between(c)).len()
    }
}

/// Whether a character has no place of its own.
fn is_mark(c: char) -> bool {
    c.width() == Some(0)
}

/// Whether a character stands between words.
fn is_between(c: char) -> bool {
    !c.is_alphanumeric() && !is_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line with `|` where the cursor is.
    fn shown(line: &Line) -> String {
        format!("{}|{}", line.before(), &line.text()[line.at..])
    }

    fn pressed(text: &str, keys: &[(KeyCode, KeyModifiers)]) -> String {
        let mut line = Line::new(text);
        for (code, modifiers) in keys {
            line.press(KeyEvent::new(*code, *modifiers));
        }
        shown(&line)
    }

    #[test]
    fn keys_do_what_they_do_in_a_shell() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        let c = KeyCode::Char;
        for (text, keys, expected) in [
            (
                "a b",
                vec![(c('x'), NONE), (c('Ä'), KeyModifiers::SHIFT)],
                "a bxÄ|",
            ),
            ("a b", vec![(c('u'), CONTROL)], "|"),
            ("a b", vec![(c('a'), CONTROL), (c('x'), NONE)], "x|a b"),
            ("a b", vec![(c('a'), CONTROL), (c('e'), CONTROL)], "a b|"),
            ("data/x.csv y", vec![(c('w'), CONTROL)], "data/x.csv |"),
            ("data/x.csv ", vec![(c('w'), CONTROL)], "|"),
            ("data/x.csv", vec![(c('b'), ALT)], "data/x.|csv"),
            ("data/x.csv", vec![(KeyCode::Backspace, ALT)], "data/x.|"),
            (
                "ab cd",
                vec![(KeyCode::Home, NONE), (c('f'), ALT)],
                "ab| cd",
            ),
            ("ab cd", vec![(c('b'), ALT), (c('d'), ALT)], "ab |"),
            ("ab cd", vec![(c('b'), ALT), (c('k'), CONTROL)], "ab |"),
            ("ab cd", vec![(c('b'), ALT), (c('u'), CONTROL)], "|cd"),
            ("ab", vec![(c('b'), CONTROL), (c('d'), CONTROL)], "a|"),
            ("ab", vec![(c('h'), CONTROL)], "a|"),
            (
                "ab",
                vec![(c('t'), CONTROL), (c('z'), CONTROL), (c('q'), ALT)],
                "ab|",
            ),
            (
                "ab",
                vec![(KeyCode::F(1), NONE), (KeyCode::Insert, NONE)],
                "ab|",
            ),
            (
                "",
                vec![(KeyCode::Backspace, NONE), (KeyCode::Delete, NONE)],
                "|",
            ),
            (
                "",
                vec![(KeyCode::Left, CONTROL), (KeyCode::Right, CONTROL)],
                "|",
            ),
            (
                "größe",
                vec![(KeyCode::Left, NONE), (KeyCode::Left, NONE)],
                "grö|ße",
            ),
            // A letter and the mark above it are one.
            (
                "e\u{301}x",
                vec![(KeyCode::Left, NONE), (KeyCode::Backspace, NONE)],
                "|x",
            ),
            (
                "e\u{301}x",
                vec![(KeyCode::Home, NONE), (KeyCode::Delete, NONE)],
                "|x",
            ),
        ] {
            assert_eq!(pressed(text, &keys), expected, "{text:?} {keys:?}");
        }
    }

    #[test]
    fn what_is_pasted_stays_one_line() {
        assert_eq!(shown(&Line::new("a\r\nb\tc\u{1b}[31m\u{7}")), "a b c[31m|");
    }
}
