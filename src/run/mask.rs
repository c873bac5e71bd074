//! Owns the hiding of secrets, in a text at once or in a stream that arrives in pieces.

use std::io::{self, Write};

/// What a reader sees instead of a secret.
const MASK: &str = "***";

/// Lines of a secret of many lines that are at least this long are hidden alone as well.
const TELLING_LINE: usize = 8;

/// Texts that must never be shown, longest first.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    secrets: Vec<Vec<u8>>,
}

impl Mask {
    /// Hides all of `secrets`; blank ones hide nothing.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            let trimmed = secret.trim();
            let lines = trimmed.lines().map(str::trim);
            let telling = lines.filter(|line| line.len() >= TELLING_LINE);
            let kept = telling.chain([trimmed]).filter(|part| !part.is_empty());
            all.extend(kept.map(|part| part.as_bytes().to_vec()));
        }
        all.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        all.dedup();
        Self { secrets: all }
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let mut shown = Vec::with_capacity(text.len());
        self.hide(text.as_bytes(), End::Reached, &mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Appends `bytes` without secrets to `shown`, and says how many of them: where more may come, what could be the
    /// beginning of a secret has to wait for its rest.
    fn hide(&self, bytes: &[u8], end: End, shown: &mut Vec<u8>) -> usize {
        let mut firsts = [false; 256];
        for secret in &self.secrets {
            firsts[usize::from(secret[0])] = true;
        }
        let longest = self.secrets.first().map_or(0, Vec::len);
        let mut at = 0;
        while at < bytes.len() {
            let plain = bytes[at..]
                .iter()
                .position(|&byte| firsts[usize::from(byte)]);
            let plain = plain.unwrap_or(bytes.len() - at);
            shown.extend_from_slice(&bytes[at..at + plain]);
            at += plain;
            let rest = &bytes[at..];
            let begins = |secret: &Vec<u8>| secret.len() > rest.len() && secret.starts_with(rest);
            if end == End::Open && rest.len() < longest && self.secrets.iter().any(begins) {
                break;
            }
            match self.secrets.iter().find(|secret| rest.starts_with(secret)) {
                Some(secret) => {
                    shown.extend_from_slice(MASK.as_bytes());
                    at += secret.len();
                }
                None => {
                    shown.extend(rest.first());
                    at += rest.len().min(1);
                }
            }
        }
        at
    }
}

/// Whether bytes are all there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// More may follow.
    Open,
    /// Nothing follows.
    Reached,
}

/// A writer that hides secrets, also those that arrive in pieces. Call [`Masked::finish`] at the end.
#[derive(Debug)]
pub struct Masked<W> {
    to: W,
    mask: Mask,
    held: Vec<u8>,
    shown: Vec<u8>,
}

impl<W: Write> Masked<W> {
    /// Writes to `to`.
    pub fn new(to: W, mask: Mask) -> Self {
        Self {
            to,
            mask,
            held: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Writes what was held back.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.pass(End::Reached)?;
        self.to.flush()?;
        Ok(self.to)
    }

    /// Writes as much of what is held as may be shown.
    fn pass(&mut self, end: End) -> io::Result<()> {
        self.shown.clear();
        let passed = self.mask.hide(&self.held, end, &mut self.shown);
        self.held.drain(..passed);
        self.to.write_all(&self.shown)
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(piece);
        self.pass(End::Open)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let secrets: Vec<String> = secrets.iter().map(|&s| s.to_owned()).collect();
        Mask::new(&secrets)
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        for (secrets, text, shown) in [
            (&["hunter2"][..], "pw=hunter2!", "pw=***!"),
            (&["abc", "abcdef"], "abcdef abc", "*** ***"),
            (&["", "  "], "a  b", "a  b"),
            (&["käse"], "der käse", "der ***"),
            (
                &["one line here\nsecond line"],
                "x one line here y",
                "x *** y",
            ),
            (&["aa"], "aaa", "***a"),
        ] {
            assert_eq!(mask(secrets).text(text), shown);
        }
    }

    #[test]
    fn a_prompt_is_not_held_back() {
        let mut masked = Masked::new(Vec::new(), mask(&["secret"]));
        masked.write_all(b"name: ").expect("a write");
        assert_eq!(masked.to, b"name: ");
        masked.write_all(b"sec").expect("a write");
        assert_eq!(masked.to, b"name: ");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[ab]{0,60}", cuts in proptest::collection::vec(0..60_usize, 0..8)) {
            let mask = mask(&["abba", "aab", "bbbbb"]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(text.len());
            cuts.sort_unstable();
            let mut masked = Masked::new(Vec::new(), mask.clone());
            let mut from = 0;
            for cut in cuts {
                masked.write_all(&text.as_bytes()[from..cut]).expect("a write");
                from = cut;
            }
            let shown = masked.finish().expect("an end");
            prop_assert!(!String::from_utf8_lossy(&shown).contains("abba"));
            prop_assert_eq!(String::from_utf8_lossy(&shown), mask.text(&text));
        }
    }
}
