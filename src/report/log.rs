//! Owns the reading of logs for reports: their end, in bounded memory, as text that does no harm where it is shown.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::ui::without_styles;

/// A log's end as text: at most `most` bytes, beginning with a whole line where something was cut, unless most of it is
/// the end of one line.
///
/// # Errors
/// It cannot be read.
pub fn end_of(path: &Path, most: u64) -> io::Result<String> {
    end_and_size(path, most).map(|(end, _)| end)
}

/// The same, and how many bytes the whole log has.
///
/// # Errors
/// It cannot be read.
pub fn end_and_size(path: &Path, most: u64) -> io::Result<(String, u64)> {
    // Most logs are empty, and to ask takes less time than to open one.
    if std::fs::metadata(path)?.len() == 0 {
        return Ok((String::new(), 0));
    }
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let skipped = size.saturating_sub(most);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let end = match text.split_once('\n') {
        // Of a line that is most of what is left, its end is more than nothing.
        Some((cut, rest)) if skipped > 0 && cut.len() <= rest.len() => rest.to_owned(),
        _ if skipped > 0 => text.trim_start_matches('\u{fffd}').to_owned(),
        _ => text.into_owned(),
    };
    Ok((end, size))
}

/// The last lines of a text, as many as `most`, without colours, overwritten progress and trailing blank lines.
pub fn last_lines(text: &str, most: usize) -> Vec<String> {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let first = lines.len().saturating_sub(most);
    let shown = lines[first..].iter().map(|line| {
        // What a terminal would show of a line that was written over and over.
        let line = line
            .trim_end_matches('\r')
            .rsplit('\r')
            .next()
            .unwrap_or_default();
        plain(line).trim_end().to_owned()
    });
    shown.collect()
}

/// A line as it is shown: of a very long one its beginning and its end, and how much there was between them.
pub fn shortened(line: &str) -> Cow<'_, str> {
    const ENDS: usize = 200;
    let characters = line.chars().count();
    let Some(between) = characters.checked_sub(3 * ENDS) else {
        return Cow::Borrowed(line);
    };
    let beginning: String = line.chars().take(2 * ENDS).collect();
    let end: String = line.chars().skip(2 * ENDS + between).collect();
    Cow::Owned(format!("{beginning} … {between} more characters … {end}"))
}

/// Whether there are control characters in a text, other than tabs and line breaks.
pub fn has_controls(text: &str) -> bool {
    // A piece is looked at to its end, which takes less time than to be ready to stop at each byte.
    const PIECE: usize = 4096;
    let bytes = text.as_bytes();
    let single = |b: &u8| (*b < b' ') & (*b != b'\t') & (*b != b'\n') | (*b == 0x7f);
    // Those that are not single bytes begin with the byte 0xc2, as other characters do.
    let double = |two: (&u8, &u8)| (*two.0 == 0xc2) & (0x80..0xa0).contains(two.1);
    let rest = bytes.get(1..).unwrap_or_default();
    let any_single = |piece: &[u8]| piece.iter().fold(false, |any, b| any | single(b));
    let any_double = |(a, b): (&[u8], &[u8])| {
        let twos = a.iter().zip(b);
        twos.fold(false, |any, two| any | double(two))
    };
    bytes.chunks(PIECE).any(any_single)
        || bytes.chunks(PIECE).zip(rest.chunks(PIECE)).any(any_double)
}

/// The text without control characters; tabs and line breaks stay.
pub fn without_controls(text: &str) -> String {
    if !has_controls(text) {
        return text.to_owned();
    }
    text.chars()
        .filter(|&c| !c.is_control() || matches!(c, '\t' | '\n'))
        .collect()
}

/// The text without colours and control characters; tabs and line breaks stay.
pub fn plain(text: &str) -> String {
    match text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        true => text.to_owned(),
        false => without_controls(&without_styles(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_seen_wherever_they_stand() {
        for fill in [0, 1, 4094, 4095, 4096, 9000] {
            let fill = "–·x\t\n".chars().cycle().take(fill).collect::<String>();
            assert!(!has_controls(&fill) && !has_controls(&format!("{fill}·")));
            for control in ["\u{1b}", "\0", "\r", "\u{7f}", "\u{80}", "\u{9f}"] {
                assert!(has_controls(&format!("{fill}{control}")), "{control:?}");
                assert!(has_controls(&format!("{control}{fill}")), "{control:?}");
                assert_eq!(
                    without_controls(&format!("{fill}{control}é")),
                    format!("{fill}é")
                );
            }
        }
    }

    #[test]
    fn the_end_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, "first\nsecond\nthird\n").expect("a log");
        assert_eq!(
            end_of(&path, 100).expect("a text"),
            "first\nsecond\nthird\n"
        );
        assert_eq!(end_of(&path, 9).expect("a text"), "third\n");
        std::fs::write(&path, "one long line").expect("a log");
        assert_eq!(end_of(&path, 4).expect("a text"), "line");
        std::fs::write(&path, "first\na long é line\nend\n").expect("a log");
        assert_eq!(end_of(&path, 11).expect("a text"), " line\nend\n");
        assert_eq!(end_of(&path, 5).expect("a text"), "end\n");
    }

    #[test]
    fn of_a_very_long_line_the_ends_are_shown() {
        let line = format!("{}é{}", "a".repeat(400), "b".repeat(250));
        let shown = format!(
            "{} … 51 more characters … {}",
            "a".repeat(400),
            "b".repeat(200)
        );
        assert_eq!(shortened(&line), shown);
        assert_eq!(shortened(&line[..599]), line[..599]);
    }

    #[test]
    fn lines_are_shown_as_a_terminal_would_leave_them() {
        let text = "a\n\u{1b}[31mred\u{1b}[0m \u{7}bell\n10%\r50%\r100%\r\nlast\n\n\n";
        assert_eq!(last_lines(text, 3), ["red bell", "100%", "last"]);
        assert!(last_lines("", 3).is_empty());
    }

    #[test]
    fn control_characters_are_left_out_wherever_they_are() {
        for (text, kept) in [
            ("", ""),
            ("plain text, as most is", "plain text, as most is"),
            ("tab\t and line\n", "tab\t and line\n"),
            ("bell\u{7} and delete\u{7f}", "bell and delete"),
            ("é · “ü”", "é · “ü”"),
            ("cr\r\n", "cr\n"),
        ] {
            assert_eq!(without_controls(text), kept);
            assert_eq!(plain(text), kept);
        }
        assert_eq!(without_controls("\u{85}é\u{9b}31m"), "é31m");
        assert_eq!(plain("\u{1b}[1mbold\u{1b}[0m"), "bold");
    }
}
