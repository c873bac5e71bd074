//! Owns patterns of file names: whether a pattern such as `data/**/*.csv` fits anything. Looks at a bounded number of
//! files. (io)

use std::path::{Component, Path, PathBuf};

use crate::disk;

/// How many files and folders are looked at; where there are more, something is taken to fit.
const ENTRIES: usize = 20_000;

/// Whether a path is a pattern.
pub fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Whether anything fits a pattern.
pub fn matches_any(pattern: &Path) -> bool {
    look(pattern, &mut |_| Go::Stop).unwrap_or(true)
}

/// All that fits a pattern, in no order; nothing where there is too much to look at.
pub fn all(pattern: &Path) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    look(pattern, &mut |path| {
        found.push(path);
        Go::On
    })?;
    Some(found)
}

/// Whether more is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

/// Shows what fits a pattern; whether somebody said that this is enough.
fn look(pattern: &Path, show: &mut dyn FnMut(PathBuf) -> Go) -> Option<bool> {
    let (mut base, mut parts) = (PathBuf::new(), Vec::new());
    for part in pattern.components() {
        if parts.is_empty() && !is_pattern(part.as_os_str().as_ref()) {
            base.push(part);
        } else if let Component::Normal(part) = part {
            parts.push(part.to_string_lossy().into_owned());
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut left = ENTRIES;
    below(&base, &parts, &mut left, show)
}

/// Shows what fits below a folder, until somebody says stop; nothing where there is too much to look at.
fn below(
    folder: &Path,
    parts: &[&str],
    left: &mut usize,
    show: &mut dyn FnMut(PathBuf) -> Go,
) -> Option<bool> {
    let Some((first, rest)) = parts.split_first() else {
        return Some(show(folder.to_owned()) == Go::Stop);
    };
    if *first == "**" {
        let here = if rest.is_empty() { &["*"] } else { rest };
        if below(folder, here, left, show)? {
            return Some(true);
        }
    }
    for entry in disk::read_dir(folder).into_iter().flatten().flatten() {
        *left = left.checked_sub(1)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !first.starts_with('.') {
            continue;
        }
        // Links to folders are not followed downwards: they may go in circles.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let enough = match *first {
            "**" => is_folder && below(&entry.path(), parts, left, show)?,
            first if !fits(&name, first) => false,
            _ if rest.is_empty() => show(entry.path()) == Go::Stop,
            _ => disk::is_dir(entry.path()) && below(&entry.path(), rest, left, show)?,
        };
        if enough {
            return Some(true);
        }
    }
    Some(false)
}

/// Whether a name fits a pattern of `*`, `?` and `[…]`.
fn fits(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) =
        (name.chars().collect(), pattern.chars().collect());
    let (mut at, mut p) = (0, 0);
    // Where to go on when it does not fit: after the last `*`, one character further.
    let mut retry: Option<(usize, usize)> = None;
    while at < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, at));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => one_of(&pattern[p..], name[at]),
            Some(c) if *c == name[at] => Some(1),
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => (at, p) = (at + 1, p + length),
            (None, Some((after, from))) => {
                retry = Some((after, from + 1));
                (at, p) = (from + 1, after);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The length of a `[…]` at the beginning of `pattern` that has this character; of one that is not closed, of the
/// bracket itself.
fn one_of(pattern: &[char], c: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let from = if negated { 2 } else { 1 };
    let Some(end) = pattern.iter().skip(from + 1).position(|c| *c == ']') else {
        return (c == '[').then_some(1);
    };
    let set = &pattern[from..from + 1 + end];
    let mut found = false;
    let mut at = 0;
    while at < set.len() {
        match set.get(at..at + 3) {
            Some([low, '-', high]) => {
                found |= (*low..=*high).contains(&c);
                at += 3;
            }
            _ => {
                found |= set[at] == c;
                at += 1;
            }
        }
    }
    (found != negated).then_some(from + 1 + end + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (name, pattern, expected) in [
            ("a.csv", "*.csv", true),
            ("a.csv", "*", true),
            ("a.csv", "?.csv", true),
            ("ab.csv", "?.csv", false),
            ("part-12.csv", "part-[0-9]*.csv", true),
            ("part-x.csv", "part-[0-9]*.csv", false),
            ("part-x.csv", "part-[!0-9].csv", true),
            ("a[b", "a[b", true),
            ("]", "[]]", true),
            ("aXbXc", "*X*c", true),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
        let long = "a".repeat(5000);
        assert!(!fits(&long, &"*a".repeat(2000).replace("aa", "ab*b")) || long.len() == 5000);
    }

    #[test]
    fn patterns_are_looked_for_on_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("a/b/.hidden")).expect("folders");
        for file in ["a/one.csv", "a/b/two.json", "a/b/.hidden/three.toml"] {
            fs::write(folder.path().join(file), "x").expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/b/again")).expect("a link");
        for (pattern, expected) in [
            ("a/*.csv", true),
            ("*/one.*", true),
            ("**/*.json", true),
            ("**/one.csv", true),
            ("a/**", true),
            ("*.csv", false),
            ("a/*.json", false),
            ("**/*.toml", false),
            ("none/*", false),
        ] {
            assert_eq!(
                matches_any(&folder.path().join(pattern)),
                expected,
                "{pattern}"
            );
        }
    }
}
