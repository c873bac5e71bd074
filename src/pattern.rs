//! Owns patterns that people write: of names (`train_*`, `**/*.png`) and of texts (regular expressions, of the kind that
//! takes linear time). The only file that names globset and regex.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

/// The most memory that a regular expression may take, in bytes.
const REGEX_SIZE: usize = 4 * 1024 * 1024;

/// A pattern of names: `*` and `?` stay within a folder, `**` does not; `[ab]` and `{a,b}` stand for one of several.
#[derive(Clone, Debug)]
pub struct Glob(GlobMatcher);

impl Glob {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let built = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = built.map_err(|error| error.kind().to_string())?;
        Ok(Self(glob.compile_matcher()))
    }

    /// Whether a text is more than a name: whether anything in it stands for something else.
    pub fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }

    /// Whether a name or a relative path fits.
    pub fn fits(&self, name: impl AsRef<Path>) -> bool {
        self.0.is_match(name)
    }
}

/// A regular expression without look-around and backreferences; `^` and `$` stand for the ends of lines.
#[derive(Clone, Debug)]
pub struct Regex(regex::bytes::Regex);

impl Regex {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut builder = regex::bytes::RegexBuilder::new(pattern);
        let built = builder.multi_line(true).size_limit(REGEX_SIZE).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it would take too much memory".to_owned(),
            // The last line says what is wrong; those before draw where.
            error => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim().trim_start_matches("error: ").to_owned()
            }
        })
    }

    /// Whether it is found anywhere in a text.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, fits) in [
            ("train_*", "train_bill", true),
            ("train_*", "strain_bill", false),
            ("*.csv", "a/b.csv", false),
            ("**/*.csv", "b.csv", true),
            ("**/*.csv", "a/b/c.csv", true),
            ("part-??.{csv,tsv}", "part-07.tsv", true),
            ("[!a]b", "ab", false),
        ] {
            let glob = Glob::new(pattern).expect("a pattern");
            assert_eq!(glob.fits(name), fits, "{pattern} {name}");
        }
        assert!(Glob::new("[a").is_err() && Glob::new("{a").is_err());
        assert!(Glob::is_pattern("a?") && !Glob::is_pattern("a-b.c"));
    }

    #[test]
    fn texts_hold_patterns_line_by_line() {
        let holds = |pattern: &str, text: &[u8]| Regex::new(pattern).expect("valid").is_in(text);
        assert!(holds("^b$", b"a\nb\nc"));
        assert!(holds("accuracy: 0\\.[89]", b"accuracy: 0.93"));
        assert!(!holds("^b$", b"ab"));
        assert!(holds("z", b"\xff\xfez"));
        assert!(holds(
            "(a*)*c",
            &[vec![b'a'; 100_000], b"c".to_vec()].concat()
        ));
        for (wrong, why) in [
            ("(", "unclosed group"),
            ("(?=x)", "look-around"),
            (r"(a)\1", "backreferences"),
            ("(((a{99}){99}){99}){99}", "too much memory"),
        ] {
            let told = Regex::new(wrong).expect_err("refused");
            assert!(told.contains(why), "{told}");
        }
    }
}
