//! Owns the hiding of secrets, in a text at once or in a stream that arrives in pieces.
//!
//! A secret is hidden wherever it stands. One of fewer than four characters is hidden where it stands alone, with no
//! letter, digit or `_` beside it: within words it tells nobody anything, and without it nobody could read what is left.

use std::io::{self, Write};

/// What a reader sees instead of a secret.
pub const MASK: &str = "***";

/// From how many characters on a secret is hidden within words as well.
const LONG: usize = 4;

/// Lines of a secret of many lines that are at least this long are hidden alone as well.
const TELLING_LINE: usize = 8;

/// Texts that must never be shown, longest first.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    secrets: Vec<Secret>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Secret {
    bytes: Vec<u8>,
    /// Whether it is only hidden where it stands alone.
    is_word: bool,
}

impl Secret {
    fn new(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            is_word: text.chars().count() < LONG,
        }
    }

    /// How many bytes have to be there for it to be known.
    fn known_by(&self) -> usize {
        self.bytes.len() + usize::from(self.is_word)
    }

    /// Whether it stands at the beginning of `rest`, `before` which is this byte.
    fn stands(&self, before: Option<u8>, rest: &[u8]) -> bool {
        let is_apart = |beside: Option<u8>| !beside.is_some_and(is_of_word);
        let after = rest.get(self.bytes.len()).copied();
        rest.starts_with(&self.bytes) && (!self.is_word || is_apart(before) && is_apart(after))
    }
}

/// Whether a byte is part of a word; of one in another script nobody can say where it ends.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Mask {
    /// Hides all of `secrets`; blank ones hide nothing.
    pub fn new<T: AsRef<str>>(secrets: impl IntoIterator<Item = T>) -> Self {
        let mut all: Vec<Secret> = Vec::new();
        for secret in secrets {
            let trimmed = secret.as_ref().trim();
            let lines = trimmed.lines().map(str::trim);
            let telling = lines.filter(|line| line.len() >= TELLING_LINE);
            let kept = telling.chain([trimmed]).filter(|part| !part.is_empty());
            all.extend(kept.map(Secret::new));
        }
        all.sort_by(|a, b| (b.bytes.len().cmp(&a.bytes.len())).then(a.bytes.cmp(&b.bytes)));
        all.dedup();
        Self { secrets: all }
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// How many bytes the longest of them has.
    pub fn longest(&self) -> usize {
        self.secrets.first().map_or(0, |secret| secret.bytes.len())
    }

    /// Whether a text is a secret, and nothing else.
    pub fn is(&self, text: &str) -> bool {
        let mut secrets = self.secrets.iter();
        secrets.any(|secret| secret.bytes == text.trim().as_bytes())
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let mut shown = Vec::with_capacity(text.len());
        self.hide(None, text.as_bytes(), End::Reached, &mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Appends `bytes` without secrets to `shown`, and says how many of them: where more may come, what could be the
    /// beginning of a secret has to wait for its rest. `before` is the byte that came before them.
    fn hide(&self, before: Option<u8>, bytes: &[u8], end: End, shown: &mut Vec<u8>) -> usize {
        let mut firsts = [false; 256];
        for secret in &self.secrets {
            firsts[usize::from(secret.bytes[0])] = true;
        }
        let mut at = 0;
        while at < bytes.len() {
            let plain = bytes[at..]
                .iter()
                .position(|&byte| firsts[usize::from(byte)]);
            let plain = plain.unwrap_or(bytes.len() - at);
            shown.extend_from_slice(&bytes[at..at + plain]);
            at += plain;
            let rest = &bytes[at..];
            let begins = |secret: &Secret| {
                let common = secret.bytes.len().min(rest.len());
                rest.len() < secret.known_by() && secret.bytes[..common] == rest[..common]
            };
            if end == End::Open && !rest.is_empty() && self.secrets.iter().any(begins) {
                break;
            }
            let before = match at {
                0 => before,
                _ => Some(bytes[at - 1]),
            };
            match self
                .secrets
                .iter()
                .find(|secret| secret.stands(before, rest))
            {
                Some(secret) => {
                    shown.extend_from_slice(MASK.as_bytes());
                    at += secret.bytes.len();
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
    /// What may be the beginning of a secret, and the byte before that.
    held: Vec<u8>,
    before: Option<u8>,
    shown: Vec<u8>,
}

impl<W: Write> Masked<W> {
    /// Writes to `to`.
    pub fn new(to: W, mask: Mask) -> Self {
        Self {
            to,
            mask,
            held: Vec::new(),
            before: None,
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
        let passed = (self.mask).hide(self.before, &self.held, end, &mut self.shown);
        self.before = self.held.drain(..passed).next_back().or(self.before);
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
        Mask::new(secrets)
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        for (secrets, text, shown) in [
            (&["hunter2"][..], "pw=hunter2!", "pw=***!"),
            (&["abcd", "abcdef"], "abcdef abcd", "*** ***"),
            (&["", "  "], "a  b", "a  b"),
            (&["käse"], "der käse", "der ***"),
            (
                &["one line here\nsecond line"],
                "x one line here y",
                "x *** y",
            ),
            (&["aaaa"], "aaaaa", "***a"),
            (&["käse"], "käsekuchen", "***kuchen"),
            // Short ones only where they stand alone.
            (
                &["a"],
                "a cat, a=a /data/a/b \"a\"",
                "*** cat, ***=*** /data/***/b \"***\"",
            ),
            (
                &["42"],
                "42 420 4.42 n42 42n 42_ -42%",
                "*** 420 4.*** n42 42n 42_ -***%",
            ),
            (&["né"], "né néon né", "*** néon ***"),
            (&["x", "x-y-z"], "x-y-z x-y xx", "*** ***-y xx"),
            (&["!"], "oh! a ! b", "oh! a *** b"),
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
        fn pieces_make_no_difference(text in "[ab ]{0,60}", cuts in proptest::collection::vec(0..60_usize, 0..8)) {
            let mask = mask(&["abba", "aaab", "bbbbb", "ab", "b"]);
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
            let shown = String::from_utf8_lossy(&shown);
            prop_assert!(!shown.contains("abba"));
            prop_assert!(shown.split(' ').all(|word| word != "ab" && word != "b"));
            prop_assert_eq!(shown, mask.text(&text));
        }
    }
}
