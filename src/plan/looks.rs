//! Owns the files on which a step depends without being given them: those that its script only looks for (`[ -e FILE ]`,
//! `os.path.exists("FILE")`, `file.exists("FILE")`), and those that say what its interpreter has at hand: the lock file
//! of `uv run`, the records of `conda run`, the program behind a shim. (io: looks for the project of `uv`)

use std::path::{Path, PathBuf};

use crate::disk;
use crate::script::Language;

/// Names looked at in one script.
const MOST: usize = 1_000;

/// Programs that start others in an environment of conda's.
const CONDA: &[&str] = &["conda", "mamba", "micromamba"];

/// The names of files that a script looks for where they are spelled out.
pub(super) fn looked_for(text: &str, language: Language) -> Vec<String> {
    let found: Vec<&str> = match language {
        Language::Shell => in_shell(text),
        Language::Python | Language::R | Language::Notebook => in_calls(text),
        Language::Rust | Language::Other => Vec::new(),
    };
    let names = found.into_iter().filter(|name| !name.is_empty());
    names.take(MOST).map(str::to_owned).collect()
}

/// Words after `-e` and its kin, in lines that test something.
fn in_shell(text: &str) -> Vec<&str> {
    const TESTS: &[&str] = &["-e", "-f", "-s", "-r", "-x", "-h", "-L"];
    let is_test = |line: &&str| {
        let mut words = line.split_whitespace();
        !line.trim_start().starts_with('#') && words.any(|w| matches!(w, "[" | "[[" | "test"))
    };
    let mut found = Vec::new();
    for line in text.lines().filter(is_test) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2).filter(|pair| TESTS.contains(&pair[0])) {
            let name = pair[1].trim_matches(['"', '\'', ';', ']']);
            if !name.contains(['$', '*', '?', '`', '"', '\'']) {
                found.push(name);
            }
        }
    }
    found
}

/// Texts that are the only argument of a call that asks whether a file is there.
fn in_calls(text: &str) -> Vec<&str> {
    let functions = ["exists(", "isfile("].into_iter();
    let functions = functions.flat_map(|name| {
        let calls = text.match_indices(name);
        calls.filter_map(|(at, name)| literal(&text[at + name.len()..]).map(|(name, _)| name))
    });
    let methods = text.match_indices("Path(").filter_map(|(at, name)| {
        let (name, rest) = literal(&text[at + name.len()..])?;
        let asks = [".exists(", ".is_file("]
            .iter()
            .any(|ask| rest.starts_with(ask));
        asks.then_some(name)
    });
    functions.chain(methods).collect()
}

/// The text that stands quoted before a closing bracket, and what comes after that.
fn literal(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, rest) = text[1..].split_once(quote)?;
    let rest = rest.trim_start().strip_prefix(')')?;
    (!name.contains(['\n', '\\'])).then_some((name, rest))
}

/// The files that say what a program finds that is started by another one, with these arguments and in this folder. Not
/// all of them need be there.
pub(super) fn environment_of(program: &Path, args: &[String], dir: &Path) -> Vec<PathBuf> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let runs = args.iter().take(8).any(|arg| arg == "run");
    if name == "uv" && runs {
        let mut folders = dir.ancestors();
        let project = folders.find(|folder| disk::is_file(folder.join("pyproject.toml")));
        let files = ["pyproject.toml", "uv.lock", ".venv/pyvenv.cfg"];
        let files = files.map(|file| project.unwrap_or(dir).join(file));
        return files.into();
    }
    if CONDA.contains(&&*name) && runs {
        let after = |flags: [&str; 2]| {
            let at = args.iter().position(|arg| flags.contains(&arg.as_str()))?;
            args.get(at + 1)
        };
        let home = program.ancestors().nth(2).unwrap_or(Path::new("/"));
        let roots = ["MAMBA_ROOT_PREFIX", "CONDA_ROOT"].map(std::env::var_os);
        let roots = roots.into_iter().flatten().map(PathBuf::from);
        let user = std::env::var_os("HOME").map(|home| Path::new(&home).join(".conda"));
        let prefixes: Vec<PathBuf> = match (after(["-p", "--prefix"]), after(["-n", "--name"])) {
            (Some(prefix), _) => vec![dir.join(prefix)],
            (None, Some(name)) => roots
                .chain(user)
                .chain([home.to_owned()])
                .map(|root| root.join("envs").join(name))
                .collect(),
            (None, None) => Vec::new(),
        };
        let record = |prefix: PathBuf| prefix.join("conda-meta/history");
        return prefixes.into_iter().map(record).collect();
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_tells_what_it_looks_for() {
        for (language, text, expected) in [
            (
                Language::Shell,
                "if [ -e flag.txt ]; then echo; fi",
                "flag.txt",
            ),
            (
                Language::Shell,
                "test -s 'conf/x.ini' && cat it",
                "conf/x.ini",
            ),
            (Language::Shell, "[[ ! -f other.cfg]] || exit", "other.cfg"),
            (Language::Shell, "[ -e a ] && [ -L \"b\" ]", "a b"),
            (Language::Shell, "[ -e \"$FILE\" ]; [ -d folder ]", ""),
            (Language::Shell, "# [ -e flag.txt ]\ngrep -e word file", ""),
            (Language::Python, "os.path.exists('flag.txt')", "flag.txt"),
            (Language::Python, "isfile( \"a b\" )", "a b"),
            (
                Language::Python,
                "Path('x/y.ini').is_file() or Path(\"z\").exists()",
                "x/y.ini z",
            ),
            (
                Language::Python,
                "Path('x').read_text(); exists(name); exists('a' + b)",
                "",
            ),
            (Language::R, "if (file.exists(\"flag.txt\")) 1", "flag.txt"),
            (Language::Rust, "Path::new(\"x\").exists()", ""),
        ] {
            assert_eq!(looked_for(text, language).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_starts_programs_tells_what_they_find() {
        let told = |program: &str, args: &str| -> Vec<String> {
            let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
            let found = environment_of(Path::new(program), &args, Path::new("/p"));
            found
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        let lock = "/p/uv.lock".to_owned();
        assert!(told("/bin/uv", "run --frozen python x.py").contains(&lock));
        assert_eq!(
            told("/c/bin/conda", "run -p envs/a python"),
            ["/p/envs/a/conda-meta/history"]
        );
        let named = "/c/envs/a/conda-meta/history".to_owned();
        assert!(told("/c/bin/mamba", "run -n a python").contains(&named));
        for (program, args) in [
            ("/bin/uv", "pip"),
            ("/bin/conda", "run x"),
            ("/bin/sh", "run"),
        ] {
            assert_eq!(told(program, args), [""; 0], "{program} {args}");
        }
    }
}
