//! Owns files: what is read and written through redirects and by well-known commands.

use tree_sitter::Node;

use super::commands::{self, Role, Word};
use super::ledger::Origin;
use super::tools;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Loaded, Walk, text};

impl Walk<'_> {
    pub fn redirected(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let redirects: Vec<Node<'_>> = node
            .children_by_field_name("redirect", &mut walker)
            .collect();
        let body = node.child_by_field_name("body");
        if let Some(body) = body {
            self.statement(file, body);
        }
        for redirect in &redirects {
            self.redirect(file, *redirect);
        }
        let mut walker = node.walk();
        let herestrings: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.kind() == "herestring_redirect")
            .collect();
        for herestring in herestrings {
            self.redirect(file, herestring);
        }
    }

    /// Reads `< file`, `> file`, a here document, a here string.
    pub fn redirect(&mut self, file: &Loaded, node: Node<'_>) {
        match node.kind() {
            "file_redirect" => {
                let Some(target) = node.child_by_field_name("destination") else {
                    return;
                };
                let operator = text(file, node)
                    .trim_start_matches(|c: char| c.is_ascii_digit())
                    .trim_start_matches(|c: char| c == '{' || c.is_alphanumeric() || c == '}');
                let role = match operator.as_bytes() {
                    [b'<', b'&', ..] | [b'>', b'&', ..]
                        if matches!(target.kind(), "number") || text(file, target) == "-" =>
                    {
                        None
                    }
                    [b'<', ..] => Some(Role::Read),
                    [b'>', ..] | [b'&', b'>', ..] => Some(Role::Write),
                    _ => None,
                };
                let value = self.eval(file, target);
                let is_log = text(file, node).starts_with('2');
                if let Some(role) = role
                    && !(is_log && value::text_of(&value).is_some())
                    && target.kind() != "process_substitution"
                {
                    self.path(file, node, &value, role);
                }
            }
            "heredoc_redirect" => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    match child.kind() {
                        "file_redirect" | "herestring_redirect" => self.redirect(file, child),
                        "heredoc_start" | "heredoc_end" | "file_descriptor" => {}
                        "heredoc_body" => {
                            self.eval(file, child);
                        }
                        _ => self.statement(file, child),
                    }
                }
            }
            _ => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    self.eval(file, child);
                }
            }
        }
    }

    pub fn change_folder(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        arguments: &[(Node<'_>, Value)],
    ) {
        let target = arguments.iter().find(|(_, value)| {
            !matches!(value::text_of(value).as_deref(), Some("--" | "-P" | "-L"))
        });
        let before = self.cwd.clone();
        if let Some(below_start) = target.and_then(|(_, value)| value::below_start(value)) {
            self.cwd = match value::text_of(&below_start) {
                Some(text) => below("", &text),
                None => None,
            };
            self.left = before;
            return;
        }
        self.cwd = match target {
            None => None,
            Some((_, value)) => match value::text_of(value) {
                Some(text) if text == "-" => self.left.take(),
                Some(text) => {
                    let path = text.strip_prefix("./").unwrap_or(&text);
                    match &self.cwd {
                        _ if path.starts_with('/') => {
                            Some(format!("{}/", path.trim_end_matches('/')))
                        }
                        Some(cwd) if !path.starts_with(['-', '~']) => below(cwd, path),
                        _ => None,
                    }
                }
                None => {
                    self.path(file, node, value, Role::ReadFolder);
                    None
                }
            },
        };
        self.left = before;
    }

    /// Sets down which words of a command are files.
    pub fn roles(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        command: &str,
        arguments: &[(Node<'_>, Value)],
    ) {
        let texts: Vec<(Option<String>, String)> = arguments
            .iter()
            .map(|(_, value)| (value::text_of(value), value::prefix_of(value)))
            .collect();
        let seen: Vec<Word<'_>> = texts
            .iter()
            .map(|(text, prefix)| Word {
                text: text.as_deref(),
                prefix,
            })
            .collect();
        for name in commands::fetches(command, &seen) {
            if let Some(cwd) = &self.cwd {
                self.made.insert(format!("{cwd}{name}"));
            }
        }
        let known = commands::roles(command, &seen);
        self.handed_on(command, arguments, &seen, &known);
        for (index, role, cut) in known {
            let Some((_, value)) = arguments.get(index) else {
                continue;
            };
            let mut value = value.clone();
            if cut > 0
                && let Some(Atom::Lit(first)) = value.first_mut()
            {
                *first = first.get(cut..).unwrap_or_default().to_owned();
            }
            if let [Atom::All(from)] = value.as_slice() {
                self.pass_all(file, node, *from);
                let id =
                    self.ledger
                        .entry(Origin::Rest(*from), self.place(file, node), "positional");
                self.ledger.role(id, role);
                continue;
            }
            self.path(file, node, &value, role);
        }
    }

    /// Words that are given to a command of which it is not known what it does with them.
    fn handed_on(
        &mut self,
        command: &str,
        arguments: &[(Node<'_>, Value)],
        seen: &[Word<'_>],
        known: &[(usize, Role, usize)],
    ) {
        if tools::takes_no_files(command) {
            return;
        }
        for (index, (_, value)) in arguments.iter().enumerate() {
            if known.iter().any(|(at, ..)| *at == index) {
                continue;
            }
            let before = index.checked_sub(1).and_then(|at| seen[at].text);
            let flag = before.filter(|word| word.starts_with("--"));
            for (id, shape) in value::path_roots(value) {
                let need = &mut self.ledger.needs[id];
                need.handed
                    .get_or_insert((flag.map(str::to_owned), shape == Shape::Folder));
            }
        }
    }

    /// A word is used as a path.
    pub fn path(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom], role: Role) {
        if let Some(below) = value::below_start(value) {
            let cwd = self.cwd.replace(String::new());
            self.path(file, node, &below, role);
            self.cwd = cwd;
            return;
        }
        let roots = value::path_roots(value);
        for (id, shape) in &roots {
            let role = match (shape, role) {
                (Shape::Whole, role) => role,
                (Shape::Folder, Role::Read | Role::ReadAny | Role::ReadFolder) => Role::ReadFolder,
                (Shape::Folder, Role::Write | Role::WriteAny | Role::WriteFolder) => {
                    Role::WriteFolder
                }
                (Shape::Folder, Role::Remove) => Role::Remove,
            };
            self.ledger.role(*id, role);
            if self.branches == 0 {
                self.ledger.needs[*id].breaks = true;
            }
        }
        if !roots.is_empty() {
            return;
        }
        if let Some(path) = value::text_of(value).filter(|path| !path.contains(GLOB)) {
            self.literal(file, node, &path, role);
        } else if let Some(folder) = leading_folder(value) {
            let role = match role {
                Role::Read | Role::ReadAny | Role::ReadFolder => Role::ReadFolder,
                Role::Write | Role::WriteAny | Role::WriteFolder => Role::WriteFolder,
                Role::Remove => return,
            };
            self.literal(file, node, &folder, role);
        } else {
            self.path_named_after(value, role);
        }
    }

    /// `$prefix.txt`: what is done with a path that begins with it is done with nothing else of it.
    fn path_named_after(&mut self, value: &[Atom], role: Role) {
        let begins = match value {
            [Atom::Need(id), _, ..] => *id,
            _ => return,
        };
        if role != Role::Remove {
            self.ledger.needs[begins].begins.get_or_insert(role);
        }
    }

    /// A path written into the script is read or written.
    pub fn literal(&mut self, file: &Loaded, node: Node<'_>, path: &str, role: Role) {
        const SYSTEM: &[&str] = &[
            "/dev",
            "/proc",
            "/sys",
            "/tmp",
            "/run",
            "/etc",
            "/usr",
            "/bin",
            "/sbin",
            "/lib",
            "/lib64",
            "/var",
            "/root",
            "/home",
            "/boot",
            "/System",
            "/Library",
            "/Applications",
        ];
        let plain = path.trim_end_matches('/');
        let plain = plain.strip_prefix("./").unwrap_or(plain);
        if plain.is_empty()
            || matches!(plain, "." | ".." | "-")
            || plain.len() > 200
            || plain.starts_with(['-', '~', '&', '$', '(', '%', '@', '+', '='])
            || plain.contains([
                '$', '*', '?', '[', '{', '\n', '\\', '<', '>', '|', ' ', '\'', '"', ',',
            ])
            || plain.contains("://")
            || plain.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || plain
                .split_once(':')
                .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            || self
                .cwd
                .as_ref()
                .is_some_and(|cwd| cwd.contains(['<', '>', '$', '*', ' ']))
            || SYSTEM.iter().any(|top| {
                plain == *top || plain.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
            })
        {
            return;
        }
        let full = match (&self.cwd, plain.starts_with('/')) {
            (_, true) => plain.to_owned(),
            // `../x` leads out of where `cd` led.
            (Some(cwd), false) if plain.starts_with("../") && !cwd.is_empty() => {
                match below(cwd, plain) {
                    Some(full) => full.trim_end_matches('/').to_owned(),
                    None => return,
                }
            }
            (Some(cwd), false) => format!("{cwd}{plain}"),
            (None, false) => return,
        };
        let role = match role {
            Role::ReadAny if path.ends_with('/') => Role::ReadFolder,
            Role::WriteAny if path.ends_with('/') => Role::WriteFolder,
            role => role,
        };
        let writes = matches!(role, Role::Write | Role::WriteAny | Role::WriteFolder);
        let below_made = self.made.contains(&full)
            || full
                .match_indices('/')
                .any(|(at, _)| self.made.contains(&full[..at]));
        if role == Role::Remove {
            if let Some(id) = self.ledger.path(&full) {
                let need = &mut self.ledger.needs[id];
                let written = matches!(
                    need.role,
                    Some(Role::Write | Role::WriteAny | Role::WriteFolder)
                );
                if written {
                    need.live = false;
                    need.optional = true;
                }
            }
            self.made.insert(full);
            return;
        }
        if !writes && below_made {
            return;
        }
        let place = self.place(file, node);
        let id = self
            .ledger
            .entry(Origin::Literal(full.clone()), place, "path");
        self.ledger.role(id, role);
        if self.branches > 0 {
            self.ledger.needs[id].optional = true;
        }
        if writes {
            self.made.insert(full);
        }
    }
}

/// Where `cd` leads from a folder, both as `a/b/`; nothing where it leaves the one the script starts in.
fn below(cwd: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = cwd.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let rooted = if cwd.starts_with('/') { "/" } else { "" };
    match parts.is_empty() {
        true => Some(rooted.to_owned()),
        false => Some(format!("{rooted}{}/", parts.join("/"))),
    }
}

/// What stands for many names.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// The folder that a path with computed parts lies in for certain.
fn leading_folder(value: &[Atom]) -> Option<String> {
    let known = value::prefix_of(value);
    let known = known.split(GLOB).next().unwrap_or_default();
    let (folder, _) = known.rsplit_once('/')?;
    (!folder.is_empty()).then(|| folder.to_owned())
}
