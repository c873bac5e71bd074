//! Owns what is told of a step's output while it runs: a stream of bytes, cut into whole characters, and into whole lines
//! where that is asked for. Knows nothing of who listens.

use std::fmt;

use crate::event::Live;

/// A line that is longer is told in pieces.
const LONGEST: usize = 64 * 1024;

/// Hears what a step prints, and tells it in pieces that can be read.
pub struct Ear {
    live: Live,
    held: Vec<u8>,
    tell: Box<dyn FnMut(String) + Send>,
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear")
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

impl Ear {
    /// Tells what it hears to `tell`, which may take its time: nothing more is read until it returns. Nothing where output
    /// is only kept.
    pub fn new(live: Live, tell: impl FnMut(String) + Send + 'static) -> Option<Self> {
        (live != Live::Kept).then(|| Self {
            live,
            held: Vec::new(),
            tell: Box::new(tell),
        })
    }

    /// Takes in what was printed.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        let whole = match self.live {
            Live::Lines if self.held.len() < LONGEST => {
                let last = self.held.iter().rposition(|&byte| byte == b'\n');
                last.map_or(0, |last| last + 1)
            }
            _ => whole_characters(&self.held),
        };
        self.pass(whole);
    }

    /// Tells what was held back: nothing more comes.
    pub fn end(mut self) {
        self.pass(self.held.len());
    }

    fn pass(&mut self, length: usize) {
        if length > 0 {
            let text = String::from_utf8_lossy(&self.held[..length]).into_owned();
            self.held.drain(..length);
            (self.tell)(text);
        }
    }
}

/// How many of the bytes can be read without those that follow: all but the beginning of a character at their end.
fn whole_characters(bytes: &[u8]) -> usize {
    // No character has more than four bytes, so that only the last three can be the beginning of one.
    let from = bytes.len().saturating_sub(3);
    let begins = (from..bytes.len()).rev().find(|&at| bytes[at] >= 0xc0);
    match begins {
        Some(at) if bytes.len() - at < length_of(bytes[at]) => at,
        _ => bytes.len(),
    }
}

/// How many bytes a character has that begins so.
fn length_of(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is told of pieces that arrive so.
    fn told(live: Live, pieces: &[&[u8]]) -> Vec<String> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let mut ear = Ear::new(live, move |text| kept.lock().expect("a list").push(text))
            .expect("somebody listens");
        pieces.iter().for_each(|piece| ear.hear(piece));
        ear.end();
        let told = told.lock().expect("a list");
        told.clone()
    }

    #[test]
    fn lines_are_told_whole_and_their_rest_at_the_end() {
        let pieces: &[&[u8]] = &[b"one", b" and\ntwo\nth", b"ree", b"\n", b"rest"];
        assert_eq!(
            told(Live::Lines, pieces),
            ["one and\ntwo\n", "three\n", "rest"]
        );
        assert_eq!(
            told(Live::Raw, pieces).concat(),
            "one and\ntwo\nthree\nrest"
        );
        assert_eq!(
            told(Live::Raw, &[b"> "]),
            ["> "],
            "a prompt does not wait for its line"
        );
        assert!(Ear::new(Live::Kept, |_| ()).is_none());
    }

    #[test]
    fn characters_are_told_whole_and_what_is_none_does_not_hold_them_up() {
        let text = "a\u{e4}\u{20ac}\u{1f427}z";
        for at in 0..text.len() {
            let (one, two) = text.as_bytes().split_at(at);
            assert_eq!(told(Live::Raw, &[one, two]).concat(), text, "cut at {at}");
        }
        assert_eq!(told(Live::Raw, &[b"a\xff", b"b"]).concat(), "a\u{fffd}b");
        assert_eq!(
            told(Live::Raw, &[b"a\xe2\x82", b"b"]).concat(),
            "a\u{fffd}b"
        );
    }

    #[test]
    fn a_line_without_an_end_is_told_in_pieces() {
        let piece = vec![b'x'; LONGEST / 2];
        let told = told(Live::Lines, &[&piece, &piece, &piece]);
        assert_eq!(
            told.iter().map(String::len).collect::<Vec<_>>(),
            [LONGEST, LONGEST / 2]
        );
    }
}
