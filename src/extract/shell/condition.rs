//! Owns conditions: what `[ -z "$x" ] && exit` says of `x`.

use tree_sitter::Node;

use super::commands::Role;
use super::ledger::Origin;
use super::value::{self, Atom, Shape, Value};
use super::walk::{Loaded, Walk, text};

/// One thing a condition asks.
#[derive(Clone, Debug)]
pub struct Term {
    negated: bool,
    operator: String,
    left: Value,
    right: Value,
}

/// Alternatives, each of terms that must all hold; empty where it is not known what is asked.
pub type Condition = Vec<Vec<Term>>;

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
        if is_test(node) {
            let mut tokens = Vec::new();
            tokens_of(file, node, &mut tokens, 0);
            return self.parse(file, &tokens);
        }
        match node.kind() {
            "negated_command" => match node.named_child(0) {
                Some(inner) if is_test(inner) => negated(self.condition(file, inner)),
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
                        let right = self.condition(file, *right);
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
            _ => {
                self.statement(file, node);
                Vec::new()
            }
        }
    }

    fn parse(&mut self, file: &Loaded, tokens: &[Token<'_>]) -> Condition {
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
                }
                Token::Operator(op) if matches!(op.as_str(), "&&" | "-a") => {
                    negated = false;
                    at += 1;
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
                            let left = self.tested(file, *node);
                            if op == "-v" {
                                self.set_name(file, *node);
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
                    let left = self.tested(file, *node);
                    let (operator, right, used) = match (tokens.get(at + 1), tokens.get(at + 2)) {
                        (Some(Token::Operator(op)), Some(Token::Word(right)))
                            if !matches!(
                                op.as_str(),
                                "||" | "&&" | "-o" | "-a" | "!" | "(" | ")"
                            ) =>
                        {
                            (op.clone(), self.tested(file, *right), 3)
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
    fn tested(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        let value = self.eval_tested(file, node);
        let marked = match value.as_slice() {
            // "x$name"
            [Atom::Lit(_), Atom::Need(id)] | [Atom::Need(id), Atom::Lit(_)] => Some(*id),
            _ => None,
        };
        if let Some(id) = value::likely_need(&value).or(marked)
            && matches!(
                self.ledger.needs[id].origin,
                Origin::Env(_) | Origin::Position(_)
            )
        {
            self.ledger.optional(id);
        }
        value
    }

    /// `-v name`.
    fn set_name(&mut self, file: &Loaded, node: Node<'_>) {
        let name = text(file, node).to_owned();
        if crate::extract::words::is_name(&name)
            && !crate::extract::words::is_system(&name)
            && !self.vars.contains_key(&name)
        {
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Env(name), place, "expansion");
            self.ledger.needs[id].live = true;
            self.ledger.optional(id);
        }
    }

    /// The script stops where this holds.
    pub fn stops_if(&mut self, file: &Loaded, node: Node<'_>, condition: &Condition) {
        for all in condition {
            if let [term] = all.as_slice() {
                self.stops_on(file, node, term);
            }
        }
    }

    /// The script stops unless this holds.
    pub fn stops_unless(&mut self, file: &Loaded, node: Node<'_>, condition: &Condition) {
        if let [all] = condition.as_slice() {
            for term in all {
                let term = Term {
                    negated: !term.negated,
                    ..term.clone()
                };
                self.stops_on(file, node, &term);
            }
        }
    }

    fn stops_on(&mut self, file: &Loaded, node: Node<'_>, term: &Term) {
        if let Some(value) = asks_empty(term) {
            if let Some(id) = value::likely_need(&value)
                && self.branches == 0
            {
                let need = &mut self.ledger.needs[id];
                need.stops |= need.default.as_ref().is_none_or(serde_json::Value::is_null);
                need.live = true;
                if need.stops {
                    need.default = None;
                }
            }
            return;
        }
        let (operator, negated) = (term.operator.as_str(), term.negated);
        match (operator, negated) {
            ("-f" | "-e" | "-s" | "-r" | "-d", true) => {
                let role = if operator == "-d" {
                    Role::ReadFolder
                } else if operator == "-e" {
                    Role::ReadAny
                } else {
                    Role::Read
                };
                for (id, shape) in value::path_roots(&term.left) {
                    let role = if shape == Shape::Whole {
                        role
                    } else {
                        Role::ReadFolder
                    };
                    match shape {
                        Shape::Whole => self.ledger.role(id, role),
                        Shape::Folder => self.ledger.must_exist(id, role),
                    }
                    if self.branches == 0
                        && shape == Shape::Whole
                        && !matches!(self.ledger.needs[id].origin, Origin::Rest(_))
                    {
                        let need = &mut self.ledger.needs[id];
                        need.stops |= need.default.is_none();
                    }
                }
                if value::path_roots(&term.left).is_empty() && value::text_of(&term.left).is_some()
                {
                    let left = term.left.clone();
                    self.path(file, node, &left, role);
                }
            }
            ("=~", true) => {
                if let (Some(id), Some(pattern)) =
                    (value::likely_need(&term.left), value::text_of(&term.right))
                    && pattern.starts_with('^')
                    && !pattern.contains("[[:")
                {
                    self.ledger.needs[id].live = true;
                    self.ledger.needs[id].pattern.get_or_insert(pattern);
                }
            }
            _ => {
                if let ([Atom::Count(from)], Some(number)) = (
                    term.left.as_slice(),
                    value::text_of(&term.right).and_then(|text| text.trim().parse::<usize>().ok()),
                ) && let Some(least) = least_count(operator, negated, number)
                {
                    self.at_least(file, node, *from, least);
                }
            }
        }
    }

    /// The script stops unless it is given this many words.
    fn at_least(&mut self, file: &Loaded, node: Node<'_>, from: usize, least: usize) {
        if self.branches > 0 || !self.frame.words.is_empty() {
            return;
        }
        for at in from..(from + least).min(from + 32) {
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Position(at), place, "positional");
            let need = &mut self.ledger.needs[id];
            need.stops |= need.default.is_none();
        }
    }

    /// The needs that are empty where the condition holds.
    fn empty_if(&self, condition: &Condition) -> Vec<usize> {
        match condition.as_slice() {
            [all] => all
                .iter()
                .filter_map(|term| value::likely_need(&asks_empty(term)?))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The needs that are empty where the condition does not hold.
    fn empty_unless(&self, condition: &Condition) -> Vec<usize> {
        match condition.as_slice() {
            [all] => match all.as_slice() {
                [term] => {
                    let term = Term {
                        negated: !term.negated,
                        ..term.clone()
                    };
                    asks_empty(&term)
                        .and_then(|v| value::likely_need(&v))
                        .into_iter()
                        .collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// `if … then … elif … else … fi`.
    pub fn if_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut walker).collect();
        let mut conditions = Vec::new();
        let mut then = Vec::new();
        let mut others = Vec::new();
        let mut in_then = false;
        for child in &children {
            match child.kind() {
                "then" => in_then = true,
                "elif_clause" | "else_clause" => others.push(*child),
                _ if !child.is_named() || child.kind() == "comment" => {}
                _ if in_then => then.push(*child),
                _ => conditions.push(*child),
            }
        }
        let condition = self.conditions(file, &conditions);
        let mut fork = self.fork();
        self.branch(file, node, &condition, &then, true);
        self.end_branch(&mut fork);
        let has_elif = others.iter().any(|other| other.kind() == "elif_clause");
        let mut before = vec![condition];
        for other in others {
            let mut walker = other.walk();
            let children: Vec<Node<'_>> = other.children(&mut walker).collect();
            if other.kind() == "else_clause" {
                let inner: Vec<Node<'_>> = children
                    .into_iter()
                    .filter(|c| c.is_named() && c.kind() != "comment")
                    .collect();
                if let [condition] = before.as_slice()
                    && !has_elif
                {
                    let condition = condition.clone();
                    self.branch(file, node, &condition, &inner, false);
                } else {
                    self.inside(file, &inner, Vec::new());
                }
                self.end_branch(&mut fork);
                continue;
            }
            let mut conditions = Vec::new();
            let mut then = Vec::new();
            let mut in_then = false;
            for child in children {
                match child.kind() {
                    "then" => in_then = true,
                    _ if !child.is_named() || child.kind() == "comment" => {}
                    _ if in_then => then.push(child),
                    _ => conditions.push(child),
                }
            }
            self.branches += 1;
            let condition = self.conditions(file, &conditions);
            self.branches -= 1;
            // An `elif` that stops the script is reached whenever nothing before it held; what it asks for is
            // then needed only in that case, except where the branches before stop as well.
            self.branches += 1;
            self.branch(file, node, &condition, &then, true);
            self.branches -= 1;
            self.end_branch(&mut fork);
            before.push(condition);
        }
        self.join(fork);
    }

    fn conditions(&mut self, file: &Loaded, nodes: &[Node<'_>]) -> Condition {
        let mut last = Vec::new();
        for node in nodes {
            last = self.condition(file, *node);
        }
        last
    }

    /// A branch taken where the condition holds, or where it does not.
    fn branch(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        condition: &Condition,
        body: &[Node<'_>],
        holds: bool,
    ) {
        if self.ends(file, body) {
            match holds {
                true => self.stops_if(file, node, condition),
                false => self.stops_unless(file, node, condition),
            }
        }
        let empty = match holds {
            true => self.empty_if(condition),
            false => self.empty_unless(condition),
        };
        let option = match holds {
            true => self.option_of(file, node, condition),
            false => None,
        };
        let saved = self.arm.clone();
        if option.is_some() {
            self.arm = option;
        }
        self.inside(file, body, empty);
        self.arm = saved;
    }

    fn inside(&mut self, file: &Loaded, body: &[Node<'_>], empty: Vec<usize>) {
        let before = self.empty.len();
        self.empty.extend(empty);
        self.branches += 1;
        for statement in body {
            self.statement(file, *statement);
        }
        self.branches -= 1;
        self.empty.truncate(before);
    }

    /// A chain of `&&` and `||`.
    pub fn chain(&mut self, file: &Loaded, items: &[Node<'_>], operators: &[String]) {
        let mut conditions: Vec<Condition> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let before = &conditions[..index];
            let operator = index
                .checked_sub(1)
                .and_then(|i| operators.get(i))
                .map(String::as_str);
            let same = |wanted: &str| {
                operators[..index.saturating_sub(1)]
                    .iter()
                    .all(|op| op == wanted)
            };
            let known = |c: &Condition| !c.is_empty();
            let mut empty = Vec::new();
            if index > 0 {
                let ends = self.ends(file, std::slice::from_ref(item));
                match operator {
                    Some("||") if same("&&") => {
                        let mut every: Condition = vec![Vec::new()];
                        for condition in before.iter().filter(|c| known(c)) {
                            every = both(&every, condition);
                        }
                        if before.len() == 1 {
                            empty = self.empty_unless(&before[0]);
                        }
                        if ends {
                            self.stops_unless(file, *item, &every);
                        }
                    }
                    Some("&&") if same("||") && before.iter().all(known) => {
                        let any: Condition = before.iter().flatten().cloned().collect();
                        empty = self.empty_if(&any);
                        if ends {
                            self.stops_if(file, *item, &any);
                        }
                    }
                    Some("&&") if same("&&") => {
                        empty = before.iter().flat_map(|c| self.empty_if(c)).collect();
                        // `[ -z "$x" ] && echo no && exit 1`
                        let mut tests = before.iter().filter(|c| known(c));
                        if let (true, Some(only), None) = (ends, tests.next(), tests.next()) {
                            self.stops_if(file, *item, &only.clone());
                        }
                    }
                    _ => {}
                }
            }
            let tested = conditions.iter().any(|c| !c.is_empty())
                || operators.iter().take(index).any(|op| op == "||");
            let option = match (operator, conditions.last()) {
                (Some("&&"), Some(condition)) => {
                    let condition = condition.clone();
                    self.option_of(file, *item, &condition)
                }
                _ => None,
            };
            let saved = self.arm.clone();
            if option.is_some() {
                self.arm = option;
            }
            let kept = self.empty.len();
            self.empty.extend(empty);
            self.branches += usize::from(index > 0 && tested);
            let condition = self.condition(file, *item);
            self.branches -= usize::from(index > 0 && tested);
            self.empty.truncate(kept);
            self.arm = saved;
            conditions.push(condition);
        }
    }

    /// `[ "$1" = --flag ]`: the option that is asked for.
    fn option_of(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        condition: &Condition,
    ) -> Option<super::walk::Arm> {
        let mut names = Vec::new();
        for all in condition {
            let [term] = all.as_slice() else { return None };
            if term.negated || !matches!(term.operator.as_str(), "=" | "==") {
                return None;
            }
            let id = match term.left.as_slice() {
                [Atom::Lit(x), Atom::Need(id)] if x.len() == 1 => *id,
                value => value::likely_need(value)?,
            };
            if !matches!(
                self.ledger.needs[id].origin,
                Origin::Position(_) | Origin::Rest(_)
            ) {
                return None;
            }
            let text = value::text_of(&term.right).unwrap_or_else(|| value::prefix_of(&term.right));
            let text = text.trim_start_matches('x').to_owned();
            match text.starts_with('-') {
                true => names.push(text),
                false => {
                    // Compared with a word: it is needed as it is.
                    if !text.is_empty() {
                        self.ledger.needs[id].live = true;
                    }
                    return None;
                }
            }
        }
        self.option(file, node, &names, "option-test")
    }
}

/// The word that a term finds empty.
fn asks_empty(term: &Term) -> Option<Value> {
    let right = value::text_of(&term.right);
    match (term.operator.as_str(), term.negated) {
        ("-z", false) | ("-n", true) | ("-v", true) => Some(term.left.clone()),
        ("=" | "==", false) | ("!=", true) => match (term.left.as_slice(), right.as_deref()) {
            (_, Some("")) => Some(term.left.clone()),
            // "x$name" = "x"
            ([Atom::Lit(mark), rest @ ..], Some(text))
                if mark == text && !rest.is_empty() && mark.len() <= 2 =>
            {
                Some(rest.to_vec())
            }
            ([rest @ .., Atom::Lit(mark)], Some(text))
                if mark == text && !rest.is_empty() && mark.len() <= 2 =>
            {
                Some(rest.to_vec())
            }
            _ => None,
        },
        _ => None,
    }
}

/// How many words there must be at least for a comparison of their number not to hold.
fn least_count(operator: &str, negated: bool, number: usize) -> Option<usize> {
    match (operator, negated) {
        ("-lt" | "<", false) | ("-ge" | ">=", true) => Some(number),
        ("-le" | "<=", false) | ("-gt" | ">", true) => Some(number + 1),
        ("-ne" | "!=", false) | ("-eq" | "=" | "==", true) => Some(number),
        ("-eq" | "=" | "==", false) if number == 0 => Some(1),
        ("-ne" | "!=", true) if number == 0 => Some(1),
        _ => None,
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
fn both(left: &Condition, right: &Condition) -> Condition {
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
