//! Owns command lines that a script takes apart by hand: flags that words are compared with, looked up among them or cut
//! off them, and words that are split into names and values.

use serde_json::Value as Json;
use tree_sitter::{Node, Tree};

use super::value::Val;
use super::walk::{Unit, Walk, arguments, operation, text};
use crate::extract::arguments::Argument;
use crate::requirement::{Binding, Pass, ValueType};

/// As many nodes are looked at to see whether a script takes its words apart.
const MOST_NODES: usize = 200_000;
/// Calls of libraries that take the words apart.
const PARSERS: &[&str] = &[
    "OptionParser(",
    "ArgumentParser(",
    "arg_parser(",
    "docopt(",
    "getopt(",
    "make_option(",
];
/// Flags that R takes for itself, or that only print.
const NOT_OURS: &[&str] = &["--args", "--file", "-f", "--help", "-h", "--version"];

/// What the texts of a script say of how it takes its words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Whether it may take them apart by hand.
    pub by_hand: bool,
    /// Whether it cuts dashes off the names of what it is given.
    pub with_dashes: bool,
}

/// Looks through the texts of a script.
pub fn manner(source: &str, tree: &Tree) -> Manner {
    let mut manner = Manner::default();
    if !source.contains("commandArgs") || PARSERS.iter().any(|call| source.contains(call)) {
        return manner;
    }
    let mut splits = false;
    let mut cursor = tree.walk();
    for _ in 0..MOST_NODES {
        let node = cursor.node();
        if node.kind() == "string" {
            let content = source.get(node.byte_range()).unwrap_or_default();
            let content = content.trim_matches(['"', '\'']);
            manner.by_hand |= flag(content).is_some();
            splits |= content == "=";
            let is_dashes =
                |c: char| matches!(c, '^' | '-' | '+' | '?' | '*' | '{' | '}' | '1' | '2');
            manner.with_dashes |= content.contains('-') && content.chars().all(is_dashes);
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                manner.by_hand |= splits && source.contains("strsplit");
                return manner;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
    manner
}

/// The flag that a text names, and whether its value follows an equals sign: `--out`, `^--out=`, `-o`.
fn flag(text: &str) -> Option<(&str, bool)> {
    let text = text.strip_prefix('^').unwrap_or(text);
    let text = text
        .strip_suffix("(.*)")
        .or(text.strip_suffix(".*"))
        .unwrap_or(text);
    let text = text.strip_suffix('$').unwrap_or(text);
    let (name, joined) = match text.strip_suffix('=') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let plain = name.strip_prefix("--").or_else(|| name.strip_prefix('-'))?;
    let is_name = plain.starts_with(|c: char| c.is_ascii_alphabetic())
        && plain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (is_name && !NOT_OURS.contains(&name)).then_some((name, joined))
}

impl Walk<'_> {
    /// The flag of these names; nothing where one of them is none.
    pub fn flag_of(&mut self, unit: &Unit, node: Node<'_>, names: &[&str]) -> Option<usize> {
        let flags: Option<Vec<(&str, bool)>> = names.iter().map(|name| flag(name)).collect();
        let flags = flags?;
        let joined = flags.iter().any(|(_, joined)| *joined);
        let long = flags.iter().find(|(name, _)| name.starts_with("--"));
        let short = flags.iter().find(|(name, _)| name.len() == 2);
        let (main, _) = *long.or(short).or(flags.first())?;
        let name = main.trim_start_matches('-').replace(['-', '.'], "_");
        let mut argument = Argument::new(name, self.place(unit, node), "commandArgs");
        argument.bindings.push(Binding::Flag {
            flag: main.to_owned(),
            short: short
                .map(|(name, _)| (*name).to_owned())
                .filter(|name| name != main),
            pass: Pass::Switch,
        });
        argument.switch();
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].by_hand = true;
        if joined {
            self.takes_value(id, Pass::Joined);
        }
        Some(id)
    }

    /// What is given under a name, where words are split into names and values: `--name=value`.
    pub fn pair(&mut self, unit: &Unit, node: Node<'_>, name: &str) -> usize {
        let dashes = if self.manner.with_dashes { "--" } else { "" };
        let plain = name.trim_start_matches('-');
        let mut argument = Argument::new(
            plain.replace(['-', '.'], "_"),
            self.place(unit, node),
            "commandArgs",
        );
        argument.bindings.push(Binding::Flag {
            flag: format!("{dashes}{plain}"),
            short: None,
            pass: Pass::Joined,
        });
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].by_hand = true;
        self.takes_value(id, Pass::Joined);
        id
    }

    /// A flag is followed by a value.
    pub fn takes_value(&mut self, id: usize, pass: Pass) {
        self.states[id].used = true;
        let argument = &mut self.arguments[id];
        for binding in &mut argument.bindings {
            if let Binding::Flag { pass: known, .. } = binding
                && *known == Pass::Switch
            {
                *known = pass;
                argument.value_type = ValueType::String;
                argument.default = None;
            }
        }
    }

    /// The value of the flag whose branch this is.
    pub fn value_of_flag(&mut self, pass: Pass) -> Option<Val> {
        let id = self.flag?;
        self.takes_value(id, pass);
        Some(Val::Need(id))
    }

    /// The flag that a condition asks for: `args[i] == "--out"`, `key %in% c("-o", "--out")`, `grepl("^--out=", arg)`.
    pub fn flag_asked(&mut self, unit: &Unit, node: Node<'_>) -> Option<usize> {
        if !self.manner.by_hand {
            return None;
        }
        let mut names = Vec::new();
        let subject = asked(unit, node, &mut names, 0)?;
        // In the branch of one flag its words are its values.
        let outer = self.flag.take();
        let value = self.eval(unit, subject);
        self.flag = outer;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match value {
            Val::Word | Val::Words(_) => self.flag_of(unit, node, &names),
            Val::Pairs => {
                let id = self.flag_of(unit, node, &names)?;
                self.takes_value(id, Pass::Joined);
                Some(id)
            }
            _ => None,
        }
    }

    /// `switch(args[i], "-o" = , "--out" = { … })`: each branch is that of its flag.
    pub fn switched(&mut self, unit: &Unit, node: Node<'_>) -> Option<Val> {
        if !self.manner.by_hand {
            return None;
        }
        let subject = arguments(unit, node).first()?.node;
        let joined = match self.eval(unit, subject) {
            Val::Word => false,
            Val::Pairs => true,
            _ => return None,
        };
        let list = node.child_by_field_name("arguments")?;
        let mut walker = list.walk();
        let branches: Vec<Node<'_>> = list
            .children_by_field_name("argument", &mut walker)
            .collect();
        let mut names: Vec<String> = Vec::new();
        for branch in branches.into_iter().skip(1) {
            let name = branch.child_by_field_name("name");
            names.extend(name.map(|n| text(unit, n).trim_matches(['"', '\'', '`']).to_owned()));
            let Some(body) = branch.child_by_field_name("value") else {
                continue;
            };
            let plain: Vec<&str> = names.iter().map(String::as_str).collect();
            let id = match plain.is_empty() {
                true => None,
                false => self.flag_of(unit, branch, &plain),
            };
            if let (Some(id), true) = (id, joined) {
                self.takes_value(id, Pass::Joined);
            }
            let outer = std::mem::replace(&mut self.flag, id);
            self.inside(unit, Some(body));
            self.flag = outer;
            names.clear();
        }
        Some(Val::Unknown)
    }

    /// `sub("^--out=", "", arg)`: what is left of a word without its flag; of other words, the words.
    pub fn cut_off(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        function: &str,
        parts: &[Val],
    ) -> Option<Val> {
        let (pattern, subject) = match function {
            "sub" | "gsub" => (parts.first()?, parts.get(2)?),
            "str_replace" | "str_replace_all" | "str_remove" | "str_remove_all" => {
                (parts.get(1)?, parts.first()?)
            }
            _ => return None,
        };
        match subject {
            Val::Own => Some(Val::Own),
            Val::All if pattern.text().is_some_and(|text| text.contains("--file")) => {
                Some(Val::Own)
            }
            Val::Word | Val::Words(_) if self.manner.by_hand => {
                let name = pattern.text().filter(|text| text.contains('='));
                let id = name.and_then(|name| self.flag_of(unit, node, &[name]));
                match id {
                    Some(id) => {
                        self.takes_value(id, Pass::Joined);
                        Some(Val::Need(id))
                    }
                    None => Some(subject.clone()),
                }
            }
            Val::Pairs => Some(Val::Pairs),
            _ => None,
        }
    }

    /// `which(args == "--out")`, `match("--out", args)`, `grep("^--out=", args)`: where a flag stands among the words.
    pub fn looked_up(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        function: &str,
        values: &[Val],
    ) -> Option<Val> {
        if let (
            "which" | "any" | "isTRUE" | "length" | "sum" | "min" | "max",
            Some(at @ Val::At(_)),
        ) = (function, values.first())
        {
            return Some(at.clone());
        }
        let (pattern, words) = match (function, values) {
            ("grep" | "match" | "regexpr", [pattern, words, ..]) => (pattern, words),
            ("str_which" | "str_subset", [words, pattern, ..]) => (pattern, words),
            _ => return None,
        };
        let shown = text(unit, node);
        match words {
            Val::All if pattern.text().is_some_and(|text| text.contains("--file")) => {
                Some(Val::Own)
            }
            Val::Words(_) | Val::Word if self.manner.by_hand => {
                let id = self.flag_of(unit, node, &[pattern.text()?])?;
                match shown.contains("value") || function == "str_subset" {
                    true => {
                        self.takes_value(id, Pass::Joined);
                        Some(Val::Need(id))
                    }
                    false => Some(Val::At(id)),
                }
            }
            _ => None,
        }
    }

    /// Words of the command line of R itself: which are the script's, and which name the script.
    pub fn of_all(&mut self, unit: &Unit, node: Node<'_>, index: Option<&Val>) -> Val {
        let shown = text(unit, node);
        if shown.contains("--args") {
            return Val::Words(0);
        }
        if shown.contains("--file") || matches!(index, Some(Val::Own)) {
            return Val::Own;
        }
        // R, its three settings and `--args` stand before them.
        match index {
            Some(Val::Lit(Json::Number(n))) => match n.as_u64() {
                Some(n @ 6..64) => self.word(unit, node, n as usize - 6),
                _ => Val::Own,
            },
            _ => Val::Unknown,
        }
    }
}

/// The flags that a condition compares something with, and what that is.
fn asked<'t>(
    unit: &Unit,
    node: Node<'t>,
    names: &mut Vec<String>,
    depth: usize,
) -> Option<Node<'t>> {
    if depth > 8 {
        return None;
    }
    let literal = |node: Node<'_>| {
        let content =
            (node.kind() == "string").then(|| text(unit, node).trim_matches(['"', '\'']))?;
        flag(content).map(|_| content.to_owned())
    };
    match node.kind() {
        "parenthesized_expression" => asked(unit, node.named_child(0)?, names, depth + 1),
        "binary_operator" => {
            let (operator, left, right) = operation(unit, node)?;
            match operator {
                "||" | "|" => {
                    let first = asked(unit, left, names, depth + 1)?;
                    asked(unit, right, names, depth + 1)?;
                    Some(first)
                }
                "&&" | "&" => asked(unit, right, names, depth + 1)
                    .or_else(|| asked(unit, left, names, depth + 1)),
                "==" => {
                    let (name, subject) = match (literal(left), literal(right)) {
                        (Some(name), None) => (name, right),
                        (None, Some(name)) => (name, left),
                        _ => return None,
                    };
                    names.push(name);
                    Some(subject)
                }
                "%in%" => match literal(left) {
                    Some(name) => {
                        names.push(name);
                        Some(right)
                    }
                    None if right.kind() == "call" => {
                        let all: Option<Vec<String>> = arguments(unit, right)
                            .iter()
                            .map(|g| literal(g.node))
                            .collect();
                        names.extend(all.filter(|all| !all.is_empty())?);
                        Some(left)
                    }
                    None => None,
                },
                _ => None,
            }
        }
        "call" => {
            let function = node
                .child_by_field_name("function")
                .map_or("", |n| text(unit, n));
            let given = arguments(unit, node);
            match (
                function.rsplit(':').next().unwrap_or_default(),
                given.as_slice(),
            ) {
                ("any" | "isTRUE", [one]) => asked(unit, one.node, names, depth + 1),
                ("grepl", [pattern, subject, ..])
                | ("startsWith" | "str_detect" | "str_starts", [subject, pattern, ..]) => {
                    names.push(literal(pattern.node)?);
                    Some(subject.node)
                }
                _ => None,
            }
        }
        _ => None,
    }
}
