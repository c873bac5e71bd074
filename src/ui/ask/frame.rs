//! Owns how a question stands on the terminal: its rows, where the cursor is among them, and what has to be written so
//! that they take the place of those that stood there before.

use std::io::{self, Write};

use crossterm::cursor::{MoveToColumn, MoveUp};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};
use unicode_width::UnicodeWidthChar;

use crate::ui::{Tone, paint, without_styles};

/// The narrowest that a terminal is taken for.
const NARROWEST: usize = 20;
/// How many rows of a text are shown while it is typed.
const ROWS: usize = 4;

/// A place in a drawing: rows and columns from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    row: usize,
    column: usize,
}

/// A question as it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    text: String,
    at: Spot,
    cursor: Spot,
    width: usize,
}

impl Frame {
    /// Nothing yet, on a terminal of so many columns.
    pub(super) fn new(columns: usize) -> Self {
        // The last column stays free: terminals do not agree on where the cursor is behind it.
        let width = columns.max(NARROWEST) - 1;
        Self {
            width,
            ..Self::default()
        }
    }

    /// Adds text, which goes on in the next row where there is no place left, with a whole word where it fits there.
    pub(super) fn add(&mut self, tone: Option<Tone>, text: &str) -> &mut Self {
        let mut part = String::new();
        for piece in text.split_inclusive(' ') {
            let word = piece.strip_suffix(' ').unwrap_or(piece);
            let wide: usize = word.chars().filter_map(UnicodeWidthChar::width).sum();
            if self.at.column > 0 && self.at.column + wide > self.width && wide <= self.width {
                self.break_row(&mut part);
            }
            self.flow(word, &mut part);
            // A blank that has no place left is the end of its row.
            match word.len() < piece.len() {
                true if self.at.column == self.width => self.break_row(&mut part),
                true => self.flow(" ", &mut part),
                false => {}
            }
        }
        match tone {
            Some(tone) if !part.is_empty() => self.text.push_str(&paint(tone, &part)),
            _ => self.text.push_str(&part),
        }
        self
    }

    /// Adds text character by character, so that nothing moves while it is typed.
    fn add_as_typed(&mut self, text: &str) {
        let mut part = String::new();
        self.flow(text, &mut part);
        self.text.push_str(&part);
    }

    fn flow(&mut self, text: &str, to: &mut String) {
        for c in text.chars().filter(|c| !c.is_control()) {
            let wide = c.width().unwrap_or_default();
            if self.at.column + wide > self.width {
                self.break_row(to);
            }
            to.push(c);
            self.at.column += wide;
        }
    }

    fn break_row(&mut self, to: &mut String) {
        to.push_str("\r\n");
        self.at = self.at.below();
    }

    /// Adds what is being typed, around the cursor where it is long.
    pub(super) fn add_typed(&mut self, before: &str, after: &str) -> &mut Self {
        let most = self.width * ROWS / 2;
        let (before, is_cut) = end_of(before, most);
        self.add(is_cut.then_some(Tone::Dim), if is_cut { "…" } else { "" });
        self.add_as_typed(before);
        self.cursor = self.at;
        let kept = after
            .char_indices()
            .nth(most)
            .map_or(after.len(), |(at, _)| at);
        self.add_as_typed(&after[..kept]);
        self.add(Some(Tone::Dim), if kept < after.len() { "…" } else { "" })
    }

    /// Begins the next row.
    pub(super) fn end_row(&mut self) -> &mut Self {
        self.text.push_str("\r\n");
        self.at = self.at.below();
        self
    }

    /// Puts this in the place of another, of which only remains where its cursor was.
    pub(super) fn draw(
        &self,
        out: &mut impl Write,
        before: Spot,
        colored: bool,
    ) -> io::Result<Spot> {
        up(out, before.row)?;
        let plain;
        let text = match colored {
            true => &self.text,
            false => {
                plain = without_styles(&self.text);
                &plain
            }
        };
        queue!(
            out,
            MoveToColumn(0),
            Clear(ClearType::FromCursorDown),
            Print(text)
        )?;
        up(out, self.at.row - self.cursor.row)?;
        queue!(
            out,
            MoveToColumn(u16::try_from(self.cursor.column).unwrap_or(u16::MAX))
        )?;
        out.flush()?;
        Ok(self.cursor)
    }

    /// The same with the cursor behind everything.
    pub(super) fn done(&mut self) -> &Self {
        self.end_row();
        self.cursor = self.at;
        self
    }
}

impl Spot {
    fn below(self) -> Self {
        Self {
            row: self.row + 1,
            column: 0,
        }
    }
}

/// Moves up; none is no row to move.
fn up(out: &mut impl Write, rows: usize) -> io::Result<()> {
    match u16::try_from(rows).unwrap_or(u16::MAX) {
        0 => Ok(()),
        rows => queue!(out, MoveUp(rows)),
    }
}

/// The last `most` characters, and whether there are more.
fn end_of(text: &str, most: usize) -> (&str, bool) {
    let first = most
        .checked_sub(1)
        .and_then(|n| text.char_indices().nth_back(n));
    match first {
        Some((at, _)) => (&text[at..], at > 0),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_where_typing_goes_on() {
        let cursor = |columns, title: &str, before: &str, after: &str| {
            let mut frame = Frame::new(columns);
            frame.add(Some(Tone::Good), title);
            frame.add_typed(before, after).end_row().add(None, "help");
            (frame.cursor.row, frame.cursor.column, frame.at.row)
        };
        for (title, before, after, expected) in [
            ("? a ", "", "", (0, 4, 1)),
            ("? a ", "xy", "z", (0, 6, 1)),
            ("? größe ", "", "", (0, 8, 1)),
            ("? 名前 ", "", "", (0, 7, 1)),
            ("? a ", "0123456789012345", "", (1, 1, 2)),
            ("? a ", "012345678901234", "", (0, 19, 1)),
            ("? a ", "01234567890123", "名", (0, 18, 2)),
            ("e\u{301}", "", "", (0, 1, 1)),
        ] {
            assert_eq!(
                cursor(20, title, before, after),
                expected,
                "{title} {before}"
            );
        }
        let long = "x".repeat(100_000);
        let (row, _, rows) = cursor(80, "? a ", &long, &long);
        assert!(row <= ROWS && rows <= 2 * ROWS, "{row} of {rows}");
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        for (first, text, expected) in [
            (
                "? ",
                "which variable holds it",
                "? which variable |holds it",
            ),
            ("? ", "which variable is it", "? which variable is|it"),
            ("", "0123456789012345678", "0123456789012345678"),
            ("? ", "0123456789012345678", "? |0123456789012345678"),
            ("? ", "01234567890123456789", "? 01234567890123456|789"),
            ("", "名前名前名前名前名前", "名前名前名前名前名|前"),
        ] {
            let mut frame = Frame::new(20);
            frame.add(None, first).add(None, text);
            assert_eq!(frame.text.replace("\r\n", "|"), expected);
        }
    }

    #[test]
    fn what_stood_there_goes_away_without_moving_up_by_nothing() {
        let mut frame = Frame::new(80);
        frame.add(Some(Tone::Good), "? ").add_typed("ab", "c");
        let mut out = Vec::new();
        let spot = frame.draw(&mut out, Spot::default(), false).expect("drawn");
        assert_eq!(spot, Spot { row: 0, column: 4 });
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\u{1b}[1G\u{1b}[J? abc\u{1b}[5G"
        );
        let mut out = Vec::new();
        let below = Spot { row: 2, column: 1 };
        frame.draw(&mut out, below, true).expect("drawn");
        let out = String::from_utf8_lossy(&out).into_owned();
        assert!(
            out.starts_with("\u{1b}[2A\u{1b}[1G\u{1b}[J\u{1b}["),
            "{out:?}"
        );
    }
}
