//! Owns the program's own files that a script names without being a module of it: other scripts that it runs, programs
//! for `awk` and `sed`, settings that lie beside it. A change of one of them changes what the step does. (io: looks
//! whether they are there, and reads those that are)

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::disk;
use crate::file;
use crate::script::Language;
use crate::source::Source;

/// Names looked at in one file.
const MOST_NAMES: usize = 2_000;
/// As many files of one step are followed.
const MOST_FILES: usize = 64;
/// Larger files are taken up, but not looked through.
const LARGEST: usize = 1 << 20;
/// Ends of names that only programs have.
const CODE: &[&str] = &[
    "awk", "bash", "gnuplot", "jl", "jq", "js", "lua", "pl", "py", "r", "rb", "sed", "sh", "sql",
    "zsh",
];
/// Ends of names that settings and small tables have: the program's own where they lie beside it.
const SETTINGS: &[&str] = &[
    "cfg", "conf", "csv", "ini", "j2", "json", "tmpl", "toml", "tsv", "txt", "yaml", "yml",
];
/// Words by which a script speaks of the folder that it lies in.
const OWN_FOLDER: &[&str] = &[
    "__file__",
    "dirname \"$0\"",
    "dirname $0",
    "dirname -- \"$0\"",
    "BASH_SOURCE",
    "${0%/*}",
];

/// The files that a step's script and what that loads name, standing in `dir`, and those that these name in their turn.
pub(super) fn named<'s>(
    language: Language,
    sources: impl Iterator<Item = &'s Source>,
    dir: &Path,
) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    if !matches!(
        language,
        Language::Shell | Language::Python | Language::R | Language::Notebook
    ) {
        return found;
    }
    let mut waiting: Vec<Source> = sources.cloned().collect();
    let mut known: BTreeSet<PathBuf> = waiting
        .iter()
        .map(|source| source.path().to_owned())
        .collect();
    while let Some(source) = waiting.pop() {
        for path in named_in(&source, dir) {
            if found.len() >= MOST_FILES {
                return found;
            }
            if !known.insert(path.clone()) {
                continue;
            }
            let is_code = has_end(&path, CODE);
            if let Ok(read) = file::read_lossy(&path, dir)
                && is_code
                && read.text().len() <= LARGEST
            {
                waiting.push(read);
            }
            found.insert(path);
        }
    }
    found
}

/// The files that one text names: seen from the folder that the step stands in, or from where the text lies.
fn named_in(source: &Source, dir: &Path) -> Vec<PathBuf> {
    let text = source.text();
    let beside = source.path().parent().unwrap_or(dir);
    let is_at_home = OWN_FOLDER.iter().any(|word| text.contains(word));
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let names = text.split(|c| !is_part(c)).filter(|name| {
        let name = Path::new(name);
        has_end(name, CODE) || is_at_home && has_end(name, SETTINGS)
    });
    let mut found = Vec::new();
    for name in names.take(MOST_NAMES) {
        let is_code = has_end(Path::new(name), CODE);
        // `$here/lib/clean.awk`: what a variable holds is not known, the rest is.
        for end in ends(name) {
            let folders = [Some(beside), Some(dir).filter(|_| is_code)];
            let places = folders
                .into_iter()
                .flatten()
                .map(|folder| plain(&folder.join(end)));
            let there = places.filter(|path| path != source.path() && disk::is_file(path));
            let before = found.len();
            found.extend(there);
            if found.len() > before {
                break;
            }
        }
    }
    found
}

/// A name, and what is left of it without its first folders.
fn ends(name: &str) -> impl Iterator<Item = &str> {
    let name = name.trim_start_matches('/');
    let behind = name.match_indices('/').map(|(at, _)| &name[at + 1..]);
    std::iter::once(name)
        .chain(behind)
        .filter(|end| !end.is_empty())
}

fn has_end(path: &Path, ends: &[&str]) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| ends.contains(&end.to_ascii_lowercase().as_str()))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_the_files_of_its_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, text).expect("written");
            Source::new(path, name, text)
        };
        write("bin/norm.awk", "{ print }");
        write("bin/helper.sh", "python3 \"$here/deep.py\"");
        write("bin/deep.py", "print(1)");
        write("bin/unused.py", "");
        write("bin/settings.json", "{}");
        write("static.txt", "x");
        write("steps/a.sh", "");
        write("out/table.csv", "made");
        write("table.csv", "made");
        for (text, expected) in [
            (
                "awk -f \"$(dirname \"$0\")/norm.awk\" \"$1\" > out/table.csv",
                vec!["bin/norm.awk"],
            ),
            ("bash steps/a.sh; cat table.csv", vec!["steps/a.sh"]),
            (
                "here=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\n. \"$here/helper.sh\"\ncat \"$here/../static.txt\"",
                vec!["bin/deep.py", "bin/helper.sh", "static.txt"],
            ),
            ("python3 gone.py other/a.shx", vec![]),
        ] {
            let script = write("bin/run.sh", text);
            let found = named(Language::Shell, [&script].into_iter(), folder.path());
            let found: Vec<String> = found
                .iter()
                .filter_map(|path| path.strip_prefix(folder.path()).ok())
                .map(|path| path.display().to_string())
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        let text = "HERE = Path(__file__).parent\nopen(HERE / \"settings.json\")\nsubprocess.run([\"bash\", str(HERE/\"helper.sh\")])";
        let script = write("bin/main.py", text);
        let found = named(Language::Python, [&script].into_iter(), folder.path());
        assert_eq!(found.len(), 3, "{found:?}");
        // Rust's own files are Cargo's to know.
        assert!(named(Language::Rust, [&script].into_iter(), folder.path()).is_empty());
    }
}
