//! Owns words handed to commands of which it is not known what they do with them: the names of their flags tell, and
//! what an option is called that gives them.

use tree_sitter::Node;

use super::commands::{Role, Word};
use super::tools;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Loaded, Walk};
use crate::extract::hints;
use crate::requirement::{DataType, Kind};

impl Walk<'_> {
    /// Reads what nothing is known of but the flags that stand before it.
    pub fn handed_on(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        command: &str,
        arguments: &[(Node<'_>, Value)],
        seen: &[Word<'_>],
        known: &[(usize, Role, usize)],
    ) {
        if tools::takes_no_files(command) {
            return;
        }
        let manages = tools::manages(command);
        for (index, (_, value)) in arguments.iter().enumerate() {
            if known.iter().any(|(at, ..)| *at == index) {
                continue;
            }
            let (flag, value) = flagged(seen, index, value);
            // What a pattern finds is there already.
            if !manages && flag.is_none() && is_glob(&value) {
                self.path(file, node, &value, Role::Read);
                continue;
            }
            let roots = value::path_roots(&value);
            if !manages && roots.is_empty() {
                match &flag {
                    Some(flag) => self.literal_behind(file, node, flag, &value),
                    None => self.literal_operand(file, node, &value),
                }
            }
            for (id, shape) in roots {
                let long = flag.as_ref().filter(|flag| flag.len() > 2);
                let need = &mut self.ledger.needs[id];
                need.handed
                    .get_or_insert((long.cloned(), shape == Shape::Folder));
            }
        }
    }

    /// The same for a command that is not known itself: `$tool --in "$data"`.
    pub fn handed_to_any(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        arguments: &[(Node<'_>, Value)],
    ) {
        self.roles(file, node, "", arguments);
    }

    /// `python train.py --data data/train.csv --output-dir runs`: a path written out behind a flag that tells what is
    /// done with it.
    fn literal_behind(&mut self, file: &Loaded, node: Node<'_>, flag: &str, value: &[Atom]) {
        let is_option = flag.starts_with('-');
        let flag = flag.trim_start_matches('-');
        let flag = flag
            .strip_prefix("D")
            .filter(|rest| rest.contains('.'))
            .unwrap_or(flag);
        let known = value::prefix_of(value);
        let is_whole = value::text_of(value).is_some();
        let is_plain = is_rooted(&known) || is_whole && DataType::of_name(&known).is_some();
        let direction = match is_plain {
            _ if !is_option => None,
            true => {
                hints::direction_of_path(flag, None).or_else(|| hints::told_by_name(flag, None))
            }
            false => hints::told_by_name(flag, None),
        };
        let is_folder = hints::names_folder(flag);
        let is_place = is_whole && is_folder || known.contains('/');
        // `--model_name_or_path org/name` may be on a hub.
        let may_be_name = flag.contains("name") || flag.contains("model") && !is_folder;
        match direction {
            Some(Kind::Input) if is_plain || is_place && is_folder => {
                let role = if is_folder {
                    Role::ReadFolder
                } else {
                    Role::ReadAny
                };
                self.path(file, node, value, role);
            }
            Some(Kind::Output) if is_plain || is_place && !may_be_name => {
                let role = if is_folder {
                    Role::WriteFolder
                } else {
                    Role::WriteAny
                };
                self.path(file, node, value, role);
                let full = value::text_of(value).and_then(|text| self.full_path(&text));
                if let Some(id) = full.and_then(|full| self.ledger.path(&full)) {
                    self.ledger.needs[id].filled = true;
                }
            }
            // What else is given by its place and looks like a file lies there already.
            None => self.literal_operand(file, node, value),
            _ => {}
        }
    }

    /// `train ./model/tokens.txt`: a path written out that is plainly a file's is read.
    fn literal_operand(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom]) {
        let Some(path) = value::text_of(value).filter(|path| path.contains('/')) else {
            return;
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        if is_rooted(&path) && ends_as_file(name) || DataType::of_name(&path).is_some() {
            self.path(file, node, value, Role::Read);
        }
    }
}

/// Whether a path is written from the root or from a folder above or here.
fn is_rooted(path: &str) -> bool {
    ["./", "../", "/"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// Whether a name ends as files' names do, and not as programs' and libraries' do.
fn ends_as_file(name: &str) -> bool {
    const PROGRAMS: &[&str] = &[
        "a", "bash", "bin", "class", "dll", "dylib", "exe", "jar", "jl", "js", "pl", "pm", "py",
        "r", "rb", "sh", "so", "sock", "pid", "service", "socket", "ts", "zsh",
    ];
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && (1..=10).contains(&ending.len())
            && ending.bytes().all(|b| b.is_ascii_alphanumeric())
            && ending.bytes().any(|b| b.is_ascii_alphabetic())
            && !PROGRAMS.contains(&ending.to_ascii_lowercase().as_str())
    })
}

/// The flag that a word is the value of, and the value without it: `--out FILE`, `--out=FILE`, `out=FILE`.
fn flagged(seen: &[Word<'_>], index: usize, value: &Value) -> (Option<String>, Value) {
    let prefix = seen[index].prefix;
    if let Some((flag, _)) = prefix.split_once('=') {
        let name = flag.trim_start_matches('-');
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if is_name {
            let mut rest = value.clone();
            if let Some(Atom::Lit(first)) = rest.first_mut() {
                *first = first.get(flag.len() + 1..).unwrap_or_default().to_owned();
            }
            rest.retain(|atom| *atom != Atom::Lit(String::new()));
            return (Some(flag.to_owned()), rest);
        }
    }
    let before = index.checked_sub(1).and_then(|at| seen[at].text);
    let flag = before.filter(|word| {
        word.len() > 1 && word.starts_with('-') && !word.contains('=') && !prefix.starts_with('-')
    });
    (flag.map(str::to_owned), value.clone())
}

/// Whether a word stands for the names of files in a folder.
fn is_glob(value: &[Atom]) -> bool {
    let last = match value.last() {
        Some(Atom::Lit(text)) => text,
        _ => return false,
    };
    let name = last.rsplit('/').next().unwrap_or(last);
    last.contains('/')
        && name.contains(['*', '?'])
        && !last.contains(['$', '(', '|', '^', '\\', ' '])
}
