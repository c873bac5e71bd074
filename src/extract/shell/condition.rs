//! Owns conditions: what `[ -z "$x" ] && exit` says of `x`.

use tree_sitter::Node;

use super::commands::Role;
use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::{Loaded, Walk, assigned_in, text};

/// One thing a condition asks.
#[derive(Clone, Debug)]
pub struct Term {
    /// Whether it must not hold.
    pub negated: bool,
    /// What is asked, as the script spells it.
    pub operator: String,
    /// Of what.
    pub left: Value,
    /// Against what, where two are compared.
    pub right: Value,
}

/// Alternatives, each of terms that must all hold; empty where it is not known what is asked.
pub type Condition = Vec<Vec<Term>>;

/// The name of which `"${name+x}"` tells whether it is there.
fn present(text: &str) -> Option<&str> {
    let inner = text
        .trim_matches('"')
        .strip_prefix("${")?
        .strip_suffix('}')?;
    let (name, word) = inner.split_once('+')?;
    let name = name.strip_suffix(':').unwrap_or(name);
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_word && crate::extract::words::is_name(name)).then_some(name)
}

/// What a test wants to know of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whether there is anything.
    Presence,
    /// Whether it is this.
    Value,
    /// How large it is.
    Number,
}

/// A piece of a test.
enum Token<'t> {
    Operator(String),
    Word(Node<'t>),
}

impl Walk<'_> {
    /// Reads a condition: a test where it is one, a command otherwise.
    pub fn condition(&mut self, file: &Loaded, node: Node<'_>) -> Condition {
        let is_test = |node: Node<'_>| {
            node.kind() == "test_command"
                || node.kind() == "compound_statement" && text(file, node).starts_with("((")
                || node.kind() == "command"
                    && node
                        .child_by_field_name("name")
                        .is_some_and(|name| matches!(text(file, name), "test" | "["))
        };
        // `((count += 1))` asks nothing.
        if node.kind() == "compound_statement" && is_test(node) && assigns_within(file, node) {
            self.arithmetic(file, node);
            return Vec::new();
        }
        if is_test(node) {
            let mut tokens = Vec::new();
            tokens_of(file, node, &mut tokens, 0);
            return self.parse(file, &tokens);
        }
        match node.kind() {
            "negated_command" => match node.named_child(0) {
                Some(inner) if is_test(inner) || text(file, inner).starts_with("printenv ") => {
                    negated(self.condition(file, inner))
                }
                _ => {
                    self.statement(file, node);
                    Vec::new()
                }
            },
            "list" => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.children(&mut walker).collect();
                let and = children.iter().any(|child| child.kind() == "&&");
                let named: Vec<Node<'_>> = children.into_iter().filter(Node::is_named).collect();
                match named.as_slice() {
                    [left, right] if self.enter() => {
                        let left = self.condition(file, *left);
                        // Reached only where the left one allows it.
                        self.branches += 1;
                        let right = self.condition(file, *right);
                        self.branches -= 1;
                        self.leave();
                        match (left.is_empty() || right.is_empty(), and) {
                            (true, _) => Vec::new(),
                            (false, true) => both(&left, &right),
                            (false, false) => left.into_iter().chain(right).collect(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            "command"
                if node
                    .child_by_field_name("name")
                    .is_some_and(|name| text(file, name) == "printenv") =>
            {
                match self.told_variable(file, node, "printenv") {
                    Some(left) => {
                        if let Some(id) = value::likely_need(&left) {
                            self.ledger.optional(id);
                        }
                        vec![vec![Term {
                            negated: false,
                            operator: "-n".to_owned(),
                            left,
                            right: Vec::new(),
                        }]]
                    }
                    None => Vec::new(),
                }
            }
            // `printenv NAME > /dev/null`
            "redirected_statement"
                if node
                    .child_by_field_name("body")
                    .is_some_and(|body| text(file, body).starts_with("printenv ")) =>
            {
                match node.child_by_field_name("body") {
                    Some(body) if self.enter() => {
                        let condition = self.condition(file, body);
                        self.leave();
                        condition
                    }
                    _ => Vec::new(),
                }
            }
            _ => {
                self.statement(file, node);
                Vec::new()
            }
        }
    }

    fn parse(&mut self, file: &Loaded, tokens: &[Token<'_>]) -> Condition {
        let outside = self.branches;
        let condition = self.parse_terms(file, tokens);
        self.branches = outside;
        condition
    }

    fn parse_terms(&mut self, file: &Loaded, tokens: &[Token<'_>]) -> Condition {
        let mut alternatives: Condition = vec![Vec::new()];
        let mut known = true;
        let mut at = 0;
        let mut negated = false;
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Operator(op) if matches!(op.as_str(), "||" | "-o") => {
                    alternatives.push(Vec::new());
                    negated = false;
                    at += 1;
                    self.branches += usize::from(op.len() == 2 && !op.starts_with('-'));
                }
                Token::Operator(op) if matches!(op.as_str(), "&&" | "-a") => {
                    negated = false;
                    at += 1;
                    self.branches += usize::from(op.len() == 2 && !op.starts_with('-'));
                }
                Token::Operator(op) if op == "!" => {
                    negated = !negated;
                    at += 1;
                }
                Token::Operator(op) if matches!(op.as_str(), "(" | ")") => {
                    known = false;
                    at += 1;
                }
                Token::Operator(op) => {
                    let op = op.clone();
                    let term = match tokens.get(at + 1) {
                        Some(Token::Word(node)) => {
                            let mut left = self.tested(file, *node, Asked::Presence);
                            if op == "-v"
                                && let Some(id) = self.set_name(file, *node)
                            {
                                left = vec![Atom::Need(id)];
                            }
                            if let Some(id) = value::sole_need(&left)
                                && matches!(op.as_str(), "-f" | "-e" | "-s" | "-r" | "-d")
                            {
                                let role = match op.as_str() {
                                    "-d" => Role::ReadFolder,
                                    _ => Role::ReadAny,
                                };
                                self.ledger.needs[id].sought.get_or_insert(role);
                            }
                            at += 1;
                            Term {
                                negated,
                                operator: op,
                                left,
                                right: Vec::new(),
                            }
                        }
                        _ => {
                            known = false;
                            at += 1;
                            continue;
                        }
                    };
                    alternatives
                        .last_mut()
                        .into_iter()
                        .for_each(|all| all.push(term.clone()));
                    negated = false;
                    at += 1;
                }
                Token::Word(node) => {
                    let asked = asked(file, tokens.get(at + 1), tokens.get(at + 2));
                    let left = self.tested(file, *node, asked);
                    let (operator, right, used) = match (tokens.get(at + 1), tokens.get(at + 2)) {
                        (Some(Token::Operator(op)), Some(Token::Word(right)))
                            if !matches!(
                                op.as_str(),
                                "||" | "&&" | "-o" | "-a" | "!" | "(" | ")"
                            ) =>
                        {
                            (op.clone(), self.tested(file, *right, asked), 3)
                        }
                        (Some(Token::Operator(op)), next)
                            if !matches!(
                                op.as_str(),
                                "||" | "&&" | "-o" | "-a" | "!" | "(" | ")"
                            ) && !matches!(next, Some(Token::Word(_))) =>
                        {
                            (op.clone(), Vec::new(), 2)
                        }
                        _ => ("-n".to_owned(), Vec::new(), 1),
                    };
                    // `[ --config = "$1" ]` asks the same as the other way round.
                    let is_turned = matches!(operator.as_str(), "=" | "==" | "!=")
                        && value::text_of(&left).is_some_and(|text| !text.is_empty())
                        && value::likely_need(&right).is_some();
                    let (left, right) = match is_turned {
                        true => (right, left),
                        false => (left, right),
                    };
                    let term = Term {
                        negated,
                        operator,
                        left,
                        right,
                    };
                    alternatives
                        .last_mut()
                        .into_iter()
                        .for_each(|all| all.push(term.clone()));
                    negated = false;
                    at += used;
                }
            }
        }
        alternatives.retain(|all| !all.is_empty());
        match known {
            true => alternatives,
            false => Vec::new(),
        }
    }

    /// Reads a word of a test: a variable that is looked at may be missing, but for `set -u`.
    fn tested(&mut self, file: &Loaded, node: Node<'_>, asked: Asked) -> Value {
        let mut value = self.eval_tested(file, node);
        // `[ -z "${name+x}" ]` asks whether there is a `name`.
        if asked == Asked::Presence
            && let Some(name) = present(text(file, node))
        {
            let option = |value: &Value| {
                value::likely_need(value)
                    .filter(|id| matches!(self.ledger.needs[*id].origin, Origin::Flag(_)))
            };
            let id = match self.vars.get(name) {
                Some(held) => option(held),
                None => self.ledger.variable(name),
            };
            if let Some(id) = id {
                value = vec![Atom::Need(id)];
            }
        }
        let marked = match value.as_slice() {
            // "x$name"
            [Atom::Lit(mark), Atom::Need(id)] | [Atom::Need(id), Atom::Lit(mark)]
                if mark.len() <= 2 && !mark.contains('/') =>
            {
                Some(*id)
            }
            _ => None,
        };
        if let Some(id) = value::likely_need(&value).or(marked) {
            let position = match self.ledger.needs[id].origin {
                Origin::Env(_) => false,
                Origin::Position(_) => true,
                _ => return value,
            };
            match asked {
                Asked::Presence => self.ledger.optional(id),
                // Nothing fits what a number is asked for.
                Asked::Number if position => {}
                Asked::Value if position => self.ledger.needs[id].compared = true,
                Asked::Number | Asked::Value => self.ledger.optional(id),
            }
        }
        value
    }

    /// `-v name`.
    pub fn set_name(&mut self, file: &Loaded, node: Node<'_>) -> Option<usize> {
        let name = text(file, node).trim_matches(['"', '\'']).to_owned();
        let is_asked = crate::extract::words::is_name(&name)
            && !crate::extract::words::is_system(&name)
            && !self.vars.contains_key(&name);
        is_asked.then(|| {
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Env(name), place, "expansion");
            self.ledger.needs[id].live = true;
            self.ledger.optional(id);
            id
        })
    }
}

/// Whether an arithmetic command sets a variable.
fn assigns_within(file: &Loaded, node: Node<'_>) -> bool {
    let mut walker = node.walk();
    node.named_children(&mut walker)
        .any(|child| assigned_in(file, child).is_some())
}

/// What is asked of the words around an operator.
fn asked(file: &Loaded, operator: Option<&Token<'_>>, right: Option<&Token<'_>>) -> Asked {
    match (operator, right) {
        (Some(Token::Operator(op)), _)
            if matches!(
                op.as_str(),
                "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "<=" | ">="
            ) =>
        {
            Asked::Number
        }
        (Some(Token::Operator(op)), Some(Token::Word(right)))
            if matches!(op.as_str(), "=" | "==" | "!=" | "=~" | "<" | ">") =>
        {
            let right = text(file, *right).trim_matches(['"', '\'']);
            match right.is_empty() || right.len() == 1 && right != "-" {
                true => Asked::Presence,
                false => Asked::Value,
            }
        }
        _ => Asked::Presence,
    }
}

/// The opposite, where it is one term.
fn negated(condition: Condition) -> Condition {
    match condition.as_slice() {
        [all] => all
            .iter()
            .map(|term| {
                vec![Term {
                    negated: !term.negated,
                    ..term.clone()
                }]
            })
            .collect(),
        many if many.iter().all(|all| all.len() == 1) => {
            vec![
                many.iter()
                    .flatten()
                    .map(|term| Term {
                        negated: !term.negated,
                        ..term.clone()
                    })
                    .collect(),
            ]
        }
        _ => Vec::new(),
    }
}

/// Both must hold.
pub fn both(left: &Condition, right: &Condition) -> Condition {
    if left.len() * right.len() > 32 {
        return Vec::new();
    }
    left.iter()
        .flat_map(|l| {
            right
                .iter()
                .map(move |r| l.iter().chain(r).cloned().collect())
        })
        .collect()
}

/// The pieces of a test in order: the tree's own precedence is that of arithmetic, not of `test`.
fn tokens_of<'t>(file: &Loaded, node: Node<'t>, tokens: &mut Vec<Token<'t>>, depth: usize) {
    if depth > 60 || tokens.len() > 400 {
        return;
    }
    let mut walker = node.walk();
    let children: Vec<Node<'t>> = node.children(&mut walker).collect();
    for child in children {
        match child.kind() {
            // `--flag` looks like a number counted down.
            "unary_expression" if text(file, child).starts_with("--") => {
                tokens.push(Token::Word(child));
            }
            "[" | "]" | "[[" | "]]" | "((" | "))" | "command_name" | "comment" | "\n" | ";" => {}
            "binary_expression"
            | "unary_expression"
            | "parenthesized_expression"
            | "ERROR"
            | "redirected_statement" => {
                tokens_of(file, child, tokens, depth + 1);
            }
            _ => {
                let word = text(file, child);
                let operator = matches!(
                    word,
                    "=" | "=="
                        | "!="
                        | "=~"
                        | "<"
                        | ">"
                        | "<="
                        | ">="
                        | "!"
                        | "&&"
                        | "||"
                        | "("
                        | ")"
                        | "\\("
                        | "\\)"
                ) || word.len() > 1
                    && word.len() <= 3
                    && word.starts_with('-')
                    && word[1..].bytes().all(|b| b.is_ascii_alphabetic())
                    && matches!(child.kind(), "test_operator" | "word")
                    && !matches!(word, "-h" | "-i" | "-q" | "-l" | "-c" | "-m")
                    && KNOWN.contains(&word)
                    && !matches!(tokens.last(), Some(Token::Operator(op)) if matches!(op.as_str(), "=" | "==" | "!="));
                if operator {
                    tokens.push(Token::Operator(word.trim_start_matches('\\').to_owned()));
                } else if child.is_named() {
                    tokens.push(Token::Word(child));
                } else if word == "]" || word.is_empty() {
                    // The end of a test written as a command.
                }
            }
        }
    }
    if node.kind() == "command"
        && let Some(Token::Word(last)) = tokens.last()
        && text(file, *last) == "]"
    {
        tokens.pop();
    }
}

/// The operators of tests.
const KNOWN: &[&str] = &[
    "-z", "-n", "-f", "-d", "-e", "-s", "-r", "-w", "-x", "-L", "-h", "-p", "-S", "-b", "-t", "-v",
    "-a", "-o", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "-O", "-G", "-u",
    "-g", "-k", "-N", "-R",
];
