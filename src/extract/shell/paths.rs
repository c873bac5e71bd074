//! Owns files: what is read and written through redirects and by well-known commands.

use tree_sitter::Node;

use super::commands::{self, Role, Word};
use super::eval::document_of;
use super::ledger::Origin;
use super::tools;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Loaded, Walk, text};
use crate::extract::words;

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
        if let (Some(command), Some(document)) = (
            body.filter(|body| body.kind() == "command"),
            document_of(node),
        ) {
            self.document(file, command, document);
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

    /// The here document of a command that runs it or puts it into a variable.
    fn document(&mut self, file: &Loaded, command: Node<'_>, document: Node<'_>) {
        let is_read = command
            .child_by_field_name("name")
            .is_some_and(|name| text(file, name) == "read");
        if !is_read {
            return self.inline_document(file, command, document);
        }
        // `read -r -d '' name <<EOF`
        let mut walker = command.walk();
        let words: Vec<Node<'_>> = command
            .children_by_field_name("argument", &mut walker)
            .collect();
        let takes_all = words
            .iter()
            .any(|word| text(file, *word).starts_with("-") && text(file, *word).ends_with('d'));
        let name = words.last().map(|word| text(file, *word));
        if let Some(name) = name.filter(|name| takes_all && words::is_name(name)) {
            let value = self.document_value(file, document);
            self.put(name.to_owned(), value);
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
                match role {
                    _ if target.kind() == "process_substitution" => {}
                    // What a program complains of is there afterwards, and may be empty.
                    Some(role) if text(file, node).starts_with('2') => {
                        self.branches += 1;
                        self.path(file, node, &value, role);
                        self.branches -= 1;
                    }
                    Some(role) => self.path(file, node, &value, role),
                    None => {}
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
        // Scripts that go to their repository's root are told its paths from there.
        if let Some([Atom::Repository, rest @ ..]) = target.map(|(_, value)| value.as_slice()) {
            let inside = value::text_of(rest);
            self.cwd = inside.and_then(|inside| below("", inside.trim_start_matches('/')));
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
        let texts = texts(arguments);
        let seen = seen(&texts, arguments);
        for name in commands::fetches(command, &seen) {
            if let Some(cwd) = &self.cwd {
                self.made.insert(format!("{cwd}{name}"));
            }
        }
        if let Some(at) = commands::program(command, &seen)
            && let Some(path) = seen[at].text.and_then(|text| self.full_path(text))
        {
            self.programs.insert(path);
        }
        let known = commands::roles(command, &seen);
        self.handed_on(file, node, command, arguments, &seen, &known);
        let files = match commands::base_name(command) {
            "find" => found_files(&seen),
            _ => None,
        };
        for &(index, role, cut) in &known {
            let Some((_, value)) = arguments.get(index) else {
                continue;
            };
            let mut value = value.clone();
            if let Some(files) = &files {
                value.push(Atom::Lit(format!("/{files}")));
            }
            self.file_word(file, node, &value, role, cut);
        }
        self.columns(file, command, arguments, &seen, &known);
        if let Some(name) = commands::unpacks(command, &seen, &known)
            && self.unpacked.len() < 64
            && let Some(cwd) = &self.cwd
        {
            let archive = format!("{cwd}{name}");
            let is_own = self.made.contains(&archive);
            self.unpacked.push((archive, is_own));
        }
        for (given, made, moved) in commands::makes(command, &seen) {
            let (Some(given), Some(full)) = (self.full_path(&given), self.full_path(&made)) else {
                continue;
            };
            // What the script wrote lies there packed from now on.
            if moved && self.is_written(&given) {
                self.literal(file, node, &made, Role::Write);
                self.taken_away(given);
            }
            self.made.insert(full);
        }
        if commands::base_name(command) == "mv" {
            let moved = known.iter().filter(|(_, role, _)| role.reads());
            for (index, ..) in moved {
                if let Some(path) = seen[*index].text.and_then(|text| self.full_path(text)) {
                    self.taken_away(path);
                }
            }
        }
    }

    /// A word of a command is a file; `cut` bytes of an option stand before it.
    pub fn file_word(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        value: &Value,
        role: Role,
        cut: usize,
    ) {
        let mut value = value.clone();
        if cut > 0
            && let Some(Atom::Lit(first)) = value.first_mut()
        {
            *first = first.get(cut..).unwrap_or_default().to_owned();
            value.retain(|atom| *atom != Atom::Lit(String::new()));
        }
        let role = match role {
            Role::ReadNamed | Role::WriteNamed => {
                value.push(Atom::Lit("*".to_owned()));
                if role.reads() {
                    Role::Read
                } else {
                    Role::Write
                }
            }
            role => role,
        };
        if let [Atom::All(from)] = value.as_slice() {
            self.pass_all(file, node, *from);
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Rest(*from), place, "positional");
            self.ledger.role(id, role);
            return;
        }
        self.path(file, node, &value, role);
    }

    /// A word is used as a path.
    pub fn path(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom], role: Role) {
        if let Some(below) = value::below_start(value) {
            let cwd = self.cwd.replace(String::new());
            self.path(file, node, &below, role);
            self.cwd = cwd;
            return;
        }
        if let Some(words) = value::text_of(value).and_then(|text| braced(&text)) {
            for word in words {
                self.path(file, node, &value::literal(word), role);
            }
            return;
        }
        let roots = value::path_roots(value);
        for (id, shape) in &roots {
            let role = match shape {
                Shape::Whole => role,
                Shape::Folder => role.of_folder(),
            };
            if let (Shape::Folder, true) = (shape, role.reads()) {
                self.looked_into(*id, pattern_in(value));
            } else if role == Role::ReadFolder {
                self.looked_into(*id, None);
            }
            self.ledger.role(*id, role);
            // Of several that may give the path none is needed for certain.
            if self.branches == 0 && roots.len() == 1 && !value::has_texts_beside(value) {
                self.ledger.needs[*id].breaks = true;
            }
        }
        // `if …; then data=a.csv; else data=b.csv; fi; wc "$data"`
        if let Some(values) = value::alternatives(value) {
            self.branches += 1;
            for value in values {
                if let Some(text) = value::text_of(value).filter(|text| !text.is_empty()) {
                    let value = value::literal(text);
                    self.path(file, node, &value, role);
                }
            }
            self.branches -= 1;
            return;
        }
        if !roots.is_empty() {
            return;
        }
        if let Some(path) = value::text_of(value).filter(|path| !path.contains(GLOB)) {
            self.literal(file, node, &path, role);
        } else if role == Role::Remove {
            if self.branches <= self.loops {
                self.removed_by_pattern(value);
            }
        } else if let Some(folder) = leading_folder(value) {
            if let Some(id) = self.literal(file, node, &folder, role.of_folder())
                && role.reads()
            {
                self.looked_into(id, pattern_in(value));
            }
        } else if self.cwd.is_some() {
            self.path_named_after(value, role);
        }
    }

    /// Notes for which files a folder is looked into, where that place is reached for certain.
    fn looked_into(&mut self, id: usize, files: Option<String>) {
        let looks = &mut self.ledger.needs[id].files;
        if looks.len() < 16 {
            looks.push(files.filter(|_| self.branches <= self.loops));
        }
    }

    /// `rm -f "$tmp"/* list.*`: what the script wrote there is gone.
    fn removed_by_pattern(&mut self, value: &[Atom]) {
        let known = value::prefix_of(value);
        let known = known.split(GLOB).next().unwrap_or_default();
        let Some(start) = self.full_path(known).filter(|start| !start.is_empty()) else {
            return;
        };
        if known.is_empty() || self.ledger.needs.len() > 1_000 {
            return;
        }
        let gone: Vec<String> = self
            .ledger
            .needs
            .iter()
            .filter_map(|need| match &need.origin {
                Origin::Literal(path) if path.starts_with(&start) && path.len() >= known.len() => {
                    Some(path.clone())
                }
                _ => None,
            })
            .filter(|path| *path != start.trim_end_matches('/'))
            .collect();
        for path in gone {
            self.taken_away(path);
        }
    }

    /// Whether the script has written a path itself.
    fn is_written(&self, path: &str) -> bool {
        self.ledger
            .path(path)
            .is_some_and(|id| self.ledger.needs[id].role.is_some_and(Role::writes))
    }

    /// A path is no longer there: if the script has written it, it is none of its outputs.
    fn taken_away(&mut self, path: String) {
        if let Some(id) = self.ledger.path(&path)
            && self.is_written(&path)
        {
            let need = &mut self.ledger.needs[id];
            need.live = false;
            need.optional = true;
        }
        // With a folder goes what the script put into it.
        if self.branches <= self.loops && self.ledger.needs.len() <= 1_000 {
            let inside = format!("{path}/");
            for need in &mut self.ledger.needs {
                if matches!(&need.origin, Origin::Literal(path) if path.starts_with(&inside))
                    && need.role.is_some_and(Role::writes)
                {
                    need.live = false;
                }
            }
        }
        self.made.insert(path);
    }

    /// `$prefix.txt`: what is done with a path that begins with it is done with nothing else of it.
    fn path_named_after(&mut self, value: &[Atom], role: Role) {
        let begins = match value {
            [Atom::Need(id), _, ..] => *id,
            _ => return,
        };
        let known = &mut self.ledger.needs[begins].begins;
        if role.writes() {
            *known = Some(role);
        } else if role.reads() {
            known.get_or_insert(role);
        }
    }

    /// A path written into the script is read or written.
    pub fn literal(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        path: &str,
        role: Role,
    ) -> Option<usize> {
        if !self.may_be_answer(path, role) {
            return None;
        }
        let full = self.full_path(path)?;
        let role = match role {
            Role::ReadAny if path.ends_with('/') => Role::ReadFolder,
            Role::WriteAny if path.ends_with('/') => Role::WriteFolder,
            role => role,
        };
        if role == Role::Remove {
            self.taken_away(full);
            return None;
        }
        if role.reads() && self.is_made(&full) {
            // What was unpacked holds all that lies beside it.
            if let Some((top, _)) = full.split_once('/').filter(|_| !self.unpacked.is_empty())
                && !top.is_empty()
            {
                self.made.insert(top.to_owned());
            }
            return None;
        }
        let place = self.place(file, node);
        let was_used = self.ledger.path(&full).is_some();
        let id = self
            .ledger
            .entry(Origin::Literal(full.clone()), place, "path");
        self.ledger.role(id, role);
        if self.branches > 0 && !was_used {
            self.ledger.needs[id].optional = true;
        }
        if role.writes() {
            self.made.insert(full);
        }
        Some(id)
    }

    /// Whether a path written out is one that people could give: none of the system, and plain.
    fn may_be_answer(&self, path: &str, role: Role) -> bool {
        let plain = path.trim_end_matches('/');
        let plain = plain.strip_prefix("./").unwrap_or(plain);
        let is_odd = plain.is_empty()
            || matches!(plain, "." | ".." | "-")
            || plain.len() > 200
            || plain.starts_with(['-', '&', '$', '(', '%', '@', '+', '='])
            || plain.starts_with('~') && !plain.starts_with("~/")
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
                .is_some_and(|cwd| cwd.contains(['<', '>', '$', '*', ' ']));
        !is_odd && !tools::is_of_system(plain, !role.reads())
    }

    /// A path from the folder the script starts in; none where it is not known where the script is.
    pub fn full_path(&self, path: &str) -> Option<String> {
        let single = path.contains("//").then(|| path.replace("//", "/"));
        let plain = single.as_deref().unwrap_or(path).trim_end_matches('/');
        let plain = plain.strip_prefix("./").unwrap_or(plain);
        match (&self.cwd, plain.starts_with(['/', '~'])) {
            (_, true) => Some(plain.to_owned()),
            // `../x` leads out of where `cd` led.
            (Some(cwd), false) if plain.starts_with("../") && !cwd.is_empty() => {
                Some(below(cwd, plain)?.trim_end_matches('/').to_owned())
            }
            (Some(cwd), false) => Some(format!("{cwd}{plain}")),
            (None, false) => None,
        }
    }

    /// Whether the script made a path itself, or unpacked it.
    fn is_made(&self, full: &str) -> bool {
        let below_made = self.made.contains(full)
            || full
                .match_indices('/')
                .any(|(at, _)| self.made.contains(&full[..at]));
        below_made
            || self.unpacked.iter().any(|(archive, is_own)| {
                // What is in an archive is called as the archive is, by custom.
                let (folder, archive) = archive.rsplit_once('/').unwrap_or(("", archive));
                let inside = match folder {
                    "" => Some(full),
                    folder => full
                        .strip_prefix(folder)
                        .and_then(|rest| rest.strip_prefix('/')),
                };
                // Of what was fetched nobody knows which folders it holds.
                if *is_own && inside.is_some_and(|inside| inside.contains('/')) {
                    return !full.starts_with(['/', '.']);
                }
                let first = inside.and_then(|inside| inside.split('/').next());
                let stem = archive.split(".tar").next().unwrap_or(archive);
                let stem = stem.split(".zip").next().unwrap_or(stem);
                first.is_some_and(|first| {
                    first.len() > 2 && stem.starts_with(first)
                        || stem.len() > 2 && first.starts_with(stem)
                })
            })
    }
}

/// What is known of each word: all of its text, and what it begins with.
pub fn texts(arguments: &[(Node<'_>, Value)]) -> Vec<(Option<String>, String)> {
    arguments
        .iter()
        .map(|(_, value)| (value::text_of(value), value::prefix_of(value)))
        .collect()
}

/// The words as the tables look at them.
pub fn seen<'t>(
    texts: &'t [(Option<String>, String)],
    arguments: &[(Node<'_>, Value)],
) -> Vec<Word<'t>> {
    texts
        .iter()
        .zip(arguments)
        .map(|((text, prefix), (_, value))| Word {
            text: text.as_deref(),
            prefix,
            remote: value::has_colon(value),
        })
        .collect()
}

/// The pattern of the names that `find FOLDER -name PATTERN` looks for, below the folder.
fn found_files(words: &[Word<'_>]) -> Option<String> {
    let is = |word: &Word<'_>, wanted: &str| word.text == Some(wanted);
    let mut names = words
        .iter()
        .enumerate()
        .filter(|(_, word)| is(word, "-name"));
    let (at, _) = names.next()?;
    let plain = names.next().is_none()
        && !words.iter().any(|word| {
            matches!(
                word.text,
                Some("-o" | "-or" | "!" | "-not" | "-d" | "-path" | "-iname")
            )
        })
        && !words
            .windows(2)
            .any(|pair| is(&pair[0], "-type") && is(&pair[1], "d"));
    let name = words.get(at + 1)?.text?;
    let flat = words
        .windows(2)
        .any(|pair| is(&pair[0], "-maxdepth") && is(&pair[1], "1"));
    let fits = plain && name.contains(['*', '?']) && !name.contains('/');
    fits.then(|| {
        if flat {
            name.to_owned()
        } else {
            format!("**/{name}")
        }
    })
}

/// The words that braces stand for: `data/{a,b}`; none where there are no such, or too many.
fn braced(text: &str) -> Option<Vec<String>> {
    const MOST: usize = 32;
    if text.len() > 1_000 || !text.contains('{') {
        return None;
    }
    let mut words = vec![text.to_owned()];
    for _ in 0..4 {
        let open = |word: &String| {
            let start = word.rfind('{')?;
            let end = start + word.get(start..)?.find('}')?;
            let list = word.get(start + 1..end)?;
            let is_list = list.contains(',') && !word[..start].ends_with('$');
            is_list.then_some((start, end))
        };
        let Some((start, end)) = words.first().and_then(open) else {
            break;
        };
        words = words
            .iter()
            .flat_map(|word| {
                let (before, after) = (word.get(..start), word.get(end + 1..));
                let list = word.get(start + 1..end).unwrap_or_default();
                list.split(',').map(move |part| {
                    format!(
                        "{}{part}{}",
                        before.unwrap_or_default(),
                        after.unwrap_or_default()
                    )
                })
            })
            .take(MOST + 1)
            .collect();
    }
    // What is left in braces would be taken apart again, and that once for each word.
    let is_done = words.iter().all(|word| !word.contains('{'));
    (is_done && (2..=MOST).contains(&words.len())).then_some(words)
}

/// The pattern that a word looks for below its folder: `*.csv` of `"$data"/*.csv`.
fn pattern_in(value: &[Atom]) -> Option<String> {
    let (Atom::Lit(last), before) = value.split_last()? else {
        return None;
    };
    let pattern = match before {
        // All of it is written out: the folder ends before the first name that stands for several.
        [] => {
            let known = last.split(GLOB).next().unwrap_or_default();
            last.get(known.rfind('/')? + 1..)?
        }
        [_] => last.strip_prefix('/')?,
        _ => return None,
    };
    (pattern.contains(GLOB) && !pattern.contains(['$', '(', '|', ' ', '\\']))
        .then(|| pattern.to_owned())
}

/// Where `cd` leads from a folder, both as `a/b/`, or `../` out of the one the script starts in; nothing where it leads
/// above the root.
fn below(cwd: &str, path: &str) -> Option<String> {
    let rooted = cwd.starts_with('/');
    let mut parts: Vec<&str> = cwd.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => return None,
            part => parts.push(part),
        }
    }
    let start = if rooted { "/" } else { "" };
    match parts.is_empty() {
        true => Some(start.to_owned()),
        false => Some(format!("{start}{}/", parts.join("/"))),
    }
}

/// What stands for many names.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// The folder that a path with computed parts lies in for certain.
fn leading_folder(value: &[Atom]) -> Option<String> {
    let known = value::common_prefix(value);
    let known = known.split(GLOB).next().unwrap_or_default();
    let (folder, _) = known.rsplit_once('/')?;
    (!folder.is_empty()).then(|| folder.to_owned())
}
