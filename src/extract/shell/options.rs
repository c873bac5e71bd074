//! Owns options: loops over `$1` with `case`, `getopts` strings, and subcommands told apart by name.

use tree_sitter::Node;

use super::fallbacks::Presence;
use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::{Arm, Loaded, Walk, text};

/// The word that the branches of a `case` tell apart.
struct Asked<'a> {
    /// The variable that holds it.
    variable: Option<&'a str>,
    /// Whether `getopts` put it there.
    getopts: bool,
    /// How many words are shifted away since it was read.
    gone: usize,
}

impl Walk<'_> {
    /// `case word in pattern) … esac`.
    pub fn case_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let Some(subject_node) = node.child_by_field_name("value") else {
            return;
        };
        let subject = self.eval_tested(file, subject_node);
        // `case "${1# *}"` looks at the first word still.
        let subject = match subject.as_slice() {
            [Atom::Other] => match first_variable(subject_node) {
                Some(name) => self.eval_tested(file, name),
                None => subject,
            },
            _ => subject,
        };
        let mut walker = node.walk();
        let items: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.kind() == "case_item")
            .collect();
        let need = value::likely_need(&subject);
        let is_word = need.is_some_and(|id| {
            matches!(
                self.ledger.needs[id].origin,
                Origin::Position(_) | Origin::Rest(_)
            )
        }) || subject == [Atom::Option];
        let patterns: Vec<Vec<String>> = items
            .iter()
            .map(|item| {
                let patterns = patterns(file, *item).into_iter();
                patterns.map(|text| self.known_text(&text)).collect()
            })
            .collect();
        let getopts = subject == [Atom::Option] && self.arm.is_none();
        let has_options = getopts
            || is_word
                && patterns.iter().flatten().any(|p| {
                    p.starts_with('-') && p.len() > 1 && p != "--" && !p.starts_with("-*")
                });
        if !has_options {
            return self.choice(file, &subject, &items, &patterns);
        }
        let variable = variable_name(file, subject_node);
        self.words_among_options(file, &items, &patterns, getopts);
        // `key=$1; shift; case $key in`: the option's value is the first word then.
        let gone = match (
            need.map(|id| &self.ledger.needs[id].origin),
            self.frame.from,
        ) {
            (Some(Origin::Position(at)), Some(from)) if variable.is_some() => {
                self.frame.gone + from.saturating_sub(*at)
            }
            _ => 0,
        };
        let asked = Asked {
            variable: variable.as_deref(),
            getopts,
            gone,
        };
        for (item, patterns) in items.iter().zip(&patterns) {
            self.arm_of(file, *item, patterns, &asked);
        }
        // Outside of a loop, where nothing but an option is taken, the word is one of them.
        let others = items
            .iter()
            .zip(&patterns)
            .filter(|(_, patterns)| patterns.iter().any(|p| !p.starts_with('-')));
        let mut others = others.map(|(item, _)| body_of(*item));
        if self.loops == 0
            && let Some(id) = need
            && matches!(self.ledger.needs[id].origin, Origin::Position(_))
            && others.all(|body| self.ends(file, &body) || tells_only(file, &body))
        {
            let need = &mut self.ledger.needs[id];
            (need.live, need.looked) = (false, false);
        }
    }

    /// A text in which variables stand for what the script put into them: `"$flag"=*`.
    fn known_text(&self, text: &str) -> String {
        let mut known = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let after = &rest[at + 1..];
            let braced = after.starts_with('{');
            let start = usize::from(braced);
            let length = after[start..]
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
            let end = start + length + usize::from(braced);
            let closed = !braced || after[start + length..].starts_with('}');
            let held = self.vars.get(&after[start..start + length]);
            let held = held.and_then(|value| value::text_of(value));
            known.push_str(&rest[..at]);
            match held.filter(|_| closed) {
                Some(held) => {
                    known.push_str(&held);
                    rest = &after[end..];
                }
                None => {
                    known.push('$');
                    rest = after;
                }
            }
        }
        known.push_str(rest);
        known
    }

    /// Plain words that an option loop knows, such as `install`, are a choice of their own.
    fn words_among_options(
        &mut self,
        file: &Loaded,
        items: &[Node<'_>],
        patterns: &[Vec<String>],
        getopts: bool,
    ) {
        let is_word = |p: &&String| {
            p.len() > 1
                && !p.starts_with('-')
                && p.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let words: Vec<String> = patterns
            .iter()
            .flatten()
            .filter(is_word)
            .filter(|p| *p != "help")
            .cloned()
            .collect();
        let first = items
            .iter()
            .zip(patterns)
            .find(|(_, patterns)| patterns.iter().any(|p| words.contains(p)));
        if getopts || words.is_empty() || self.frame.from.is_none() {
            return;
        }
        let Some((item, _)) = first else { return };
        let place = self.place(file, *item);
        let at = self.operands.len();
        let id = self
            .ledger
            .entry(Origin::Position(at), place, "option-loop");
        let need = &mut self.ledger.needs[id];
        need.live = true;
        need.optional = true;
        need.likely = true;
        need.choices.get_or_insert(words);
        need.name.get_or_insert_with(|| "command".to_owned());
        self.operands.push(("command".to_owned(), id));
    }

    fn arm_of(&mut self, file: &Loaded, item: Node<'_>, patterns: &[String], asked: &Asked<'_>) {
        let Asked {
            variable,
            getopts,
            gone,
        } = *asked;
        let body = body_of(item);
        let names: Vec<String> = match getopts {
            true => patterns
                .iter()
                .filter(|p| p.len() == 1 && p.bytes().all(|b| b.is_ascii_alphanumeric()))
                .map(|p| format!("-{p}"))
                .collect(),
            false => patterns.to_vec(),
        };
        let help = names
            .iter()
            .any(|n| matches!(n.as_str(), "--help" | "-help" | "-?" | "--usage"))
            || names.iter().any(|n| n == "-h") && names.len() == 1 && self.only_tells(file, &body)
            || names.iter().any(|n| n == "--version") && self.only_tells(file, &body);
        if help {
            return;
        }
        let saved = self.arm.take();
        let saved_variable = variable.map(|name| (name.to_owned(), self.vars.get(name).cloned()));
        let arm = match getopts {
            // Options that `getopts` knows of have their entry already.
            true => self.known_option(&names),
            false => self.option(file, item, &names, "option-loop"),
        };
        let is_operand = arm.is_none()
            && patterns.iter().any(|p| !p.starts_with('-'))
            && !self.ends(file, &body);
        // Outside of a loop, what is no option is a word like any other.
        let plain = arm.is_none() && self.loops == 0 && !getopts;
        self.arm = match plain {
            true => None,
            false => Some(arm.unwrap_or(Arm {
                flag: None,
                shifted: if is_operand { 0 } else { 1_000 },
            })),
        };
        if let Some(arm) = &mut self.arm {
            arm.shifted += gone;
        }
        if let Some(name) = variable.filter(|_| !plain) {
            let held = match (&self.arm, getopts) {
                (_, true) => Atom::Option,
                (Some(Arm { flag: Some(_), .. }), _) => Atom::Option,
                _ if is_operand => Atom::Operand,
                _ => Atom::Other,
            };
            self.put(name.to_owned(), vec![held]);
        }
        self.branches += 1;
        let frame = (self.loops == 0).then(|| self.frame.clone());
        for statement in &body {
            self.statement(file, *statement);
        }
        // What one branch shifts away the others have.
        self.frame = frame.unwrap_or_else(|| self.frame.clone());
        self.branches -= 1;
        self.arm = saved;
        if let Some((name, held)) = saved_variable {
            match held {
                Some(held) => self.put(name, held),
                None => {
                    self.take(&name);
                }
            }
        }
    }

    /// Whether a branch does nothing but tell something and end.
    fn only_tells(&self, file: &Loaded, body: &[Node<'_>]) -> bool {
        body.iter().any(|node| {
            let text = text(file, *node);
            text.starts_with("exit")
                || text.contains("usage")
                || text.contains("help")
                || text.contains("version")
        }) || self.ends(file, body)
    }

    fn known_option(&self, names: &[String]) -> Option<Arm> {
        let flag = names.iter().find_map(|name| self.ledger.flag(name))?;
        Some(Arm {
            flag: Some(flag),
            shifted: 0,
        })
    }

    /// The entry of an option with these names, and the state of a branch that reads it.
    pub fn option(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        names: &[String],
        rule: &'static str,
    ) -> Option<Arm> {
        let mut plain: Vec<String> = Vec::new();
        let mut joined = false;
        let mut glued = false;
        for name in names {
            let bare = name
                .trim_end_matches('*')
                .trim_end_matches('?')
                .trim_end_matches("[=]");
            // `-n*)`: the value stands behind the letter.
            let letter = bare.len() == 2 && bare.starts_with('-') && bare != "--";
            glued |= letter && name.ends_with('*') && name.len() == 3;
            let (bare, equals) = match bare.split_once('=') {
                Some((bare, _)) => (bare, true),
                None => (bare, false),
            };
            let valid = bare.len() > 1
                && bare.starts_with('-')
                && bare != "--"
                && bare
                    .trim_start_matches('-')
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
                && !bare.trim_start_matches('-').is_empty()
                && (equals || !name.contains('*') || letter);
            if !valid || matches!(bare, "--help" | "-help" | "--usage") {
                continue;
            }
            joined |= equals;
            if !plain.iter().any(|known| known == bare) {
                plain.push(bare.to_owned());
            }
        }
        if plain.is_empty() {
            return None;
        }
        let place = self.place(file, node);
        let had = self.ledger.needs.len();
        let separate = names.iter().any(|name| !name.contains('='));
        let id = self.ledger.entry(Origin::Flag(plain.clone()), place, rule);
        let need = &mut self.ledger.needs[id];
        need.live = true;
        need.optional = true;
        for name in plain {
            self.ledger.also_named(id, name);
        }
        let need = &mut self.ledger.needs[id];
        need.glued = glued && (id == had || need.glued);
        if glued {
            need.valued = true;
        }
        if joined {
            let new = id == had;
            need.joined = !separate && (new || need.joined);
            need.valued = true;
        } else if id != had {
            need.joined = false;
        }
        Some(Arm {
            flag: Some(id),
            shifted: 0,
        })
    }

    /// `getopts "ab:" name`.
    pub fn getopts(&mut self, file: &Loaded, node: Node<'_>, values: &[Value]) {
        let (Some(letters), Some(name)) = (
            values.first().and_then(|v| value::text_of(v)),
            values.get(1).and_then(|v| value::text_of(v)),
        ) else {
            return;
        };
        self.put(name, vec![Atom::Option]);
        if self.frame.from.is_none() {
            return;
        }
        let mut letters = letters.trim_start_matches(':').chars().peekable();
        while let Some(letter) = letters.next() {
            let valued = letters.peek() == Some(&':');
            if valued {
                letters.next();
            }
            // `-h` alone is help by custom.
            if !letter.is_ascii_alphanumeric() || letter == 'h' && !valued {
                continue;
            }
            let place = self.place(file, node);
            let id = self
                .ledger
                .entry(Origin::Flag(vec![format!("-{letter}")]), place, "getopts");
            let need = &mut self.ledger.needs[id];
            need.live = true;
            need.optional = true;
            need.valued = valued;
        }
    }

    /// A choice by value: where anything else ends the script, the patterns are the choices.
    fn choice(
        &mut self,
        file: &Loaded,
        subject: &[Atom],
        items: &[Node<'_>],
        patterns: &[Vec<String>],
    ) {
        let need = value::likely_need(subject);
        let mut choices: Vec<String> = Vec::new();
        let mut closed = false;
        let mut literal = true;
        for (item, patterns) in items.iter().zip(patterns) {
            let body = body_of(*item);
            if patterns.iter().any(|p| p == "*") {
                closed = self.ends(file, &body);
                continue;
            }
            if self.ends(file, &body) && patterns.iter().any(String::is_empty) {
                continue;
            }
            for pattern in patterns {
                let help = matches!(pattern.as_str(), "help" | "-h" | "--help" | "usage");
                literal &= !pattern.contains(['*', '?', '[', '$', '+', '@']);
                if !help && !pattern.is_empty() && !choices.contains(pattern) {
                    choices.push(pattern.clone());
                }
            }
        }
        if let Some(id) = need {
            let position = matches!(self.ledger.needs[id].origin, Origin::Position(_));
            if self.arm.is_none() && !matches!(self.ledger.needs[id].origin, Origin::Rest(_)) {
                self.ledger.needs[id].looked = true;
                if closed && literal && !choices.is_empty() {
                    self.ledger.needs[id].live = true;
                    self.ledger.needs[id].choices.get_or_insert(choices);
                    let need = &mut self.ledger.needs[id];
                    need.stops |=
                        position && self.branches == 0 && need.default.is_none() && !need.optional;
                }
            }
        }
        let mut fork = self.fork();
        fork.covers = patterns.iter().flatten().any(|pattern| pattern == "*");
        fork.asked = Presence::of_value(subject);
        self.asked.push(fork.asked.clone());
        // What one branch shifts away the others still have; afterwards it is gone where each of them does it.
        let words = self.frame.clone();
        let mut left = Vec::new();
        for item in items {
            let body = body_of(*item);
            self.branches += 1;
            for statement in &body {
                self.statement(file, *statement);
            }
            self.branches -= 1;
            self.close_branch(file, &body, &mut fork);
            let frame = std::mem::replace(&mut self.frame, words.clone());
            if !self.ends(file, &body) {
                left.push(frame);
            }
        }
        if let Some(frame) = left.pop()
            && left.iter().all(|other| *other == frame)
        {
            self.frame = frame;
        }
        self.asked.pop();
        self.join(fork);
    }
}

/// Whether nothing is done but to tell people something.
fn tells_only(file: &Loaded, body: &[Node<'_>]) -> bool {
    body.iter().all(|node| {
        let name = node.child_by_field_name("name");
        node.kind() == "command" && name.is_some_and(|name| super::calls::tells(text(file, name)))
    })
}

/// The patterns of a case, without their quotes.
fn patterns(file: &Loaded, item: Node<'_>) -> Vec<String> {
    let mut walker = item.walk();
    item.children_by_field_name("value", &mut walker)
        .filter(Node::is_named)
        .flat_map(|value| {
            text(file, value)
                .split('|')
                .map(|part| part.trim().replace(['"', '\'', '\\'], ""))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The statements of a case.
fn body_of(item: Node<'_>) -> Vec<Node<'_>> {
    let mut walker = item.walk();
    let mut cursor = Vec::new();
    let mut after = false;
    for child in item.children(&mut walker) {
        if child.kind() == ")" {
            after = true;
        } else if after && child.is_named() && child.kind() != "comment" {
            cursor.push(child);
        }
    }
    cursor
}

/// The first variable in a word.
fn first_variable(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    for _ in 0..6 {
        let mut walker = node.walk();
        let inner = node.named_children(&mut walker).find(|child| {
            matches!(
                child.kind(),
                "expansion" | "variable_name" | "simple_expansion"
            )
        })?;
        if inner.kind() == "variable_name" {
            return Some(inner);
        }
        node = inner;
    }
    None
}

/// The variable that a word is nothing but.
fn variable_name(file: &Loaded, node: Node<'_>) -> Option<String> {
    let text = text(file, node).trim_matches('"');
    let name = text
        .strip_prefix("${")
        .and_then(|t| t.strip_suffix('}'))
        .or_else(|| text.strip_prefix('$'))?;
    crate::extract::words::is_name(name).then(|| name.to_owned())
}
