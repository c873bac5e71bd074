//! Owns branches: `if` and its kin, and chains of `&&` and `||`, of which not every part runs.

use tree_sitter::Node;

use super::condition::{Condition, both};
use super::fallbacks::Presence;
use super::walk::{Fork, Loaded, Walk};

impl Walk<'_> {
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
        fork.asked = Presence::of(&condition);
        self.asked.push(fork.asked.clone());
        self.branch(file, node, &condition, &then, true);
        self.close_branch(file, &then, &mut fork);
        let has_elif = others.iter().any(|other| other.kind() == "elif_clause");
        let mut before = vec![condition];
        for other in others {
            let mut walker = other.walk();
            let children: Vec<Node<'_>> = other.children(&mut walker).collect();
            if other.kind() == "else_clause" {
                fork.covers = true;
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
                self.close_branch(file, &inner, &mut fork);
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
            fork.asked.also(&Presence::of(&condition));
            if let Some(asked) = self.asked.last_mut() {
                asked.clone_from(&fork.asked);
            }
            // An `elif` that stops the script is reached whenever nothing before it held; what it asks for is
            // then needed only in that case, except where the branches before stop as well.
            self.branches += 1;
            self.branch(file, node, &condition, &then, true);
            self.branches -= 1;
            self.close_branch(file, &then, &mut fork);
            before.push(condition);
        }
        self.asked.pop();
        self.join(fork);
    }

    /// The end of a branch, by whether the script goes on behind it.
    pub fn close_branch(&mut self, file: &Loaded, body: &[Node<'_>], fork: &mut Fork) {
        match self.ends(file, body) {
            true => self.lose_branch(fork),
            false => self.end_branch(fork),
        }
    }

    pub fn conditions(&mut self, file: &Loaded, nodes: &[Node<'_>]) -> Condition {
        let mut last = Vec::new();
        for node in nodes {
            last = self.condition(file, *node);
        }
        last
    }

    /// A branch taken where the condition holds, or where it does not.
    pub fn branch(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        condition: &Condition,
        body: &[Node<'_>],
        holds: bool,
    ) {
        let ends = self.ends(file, body);
        match (ends, holds) {
            (true, true) => self.stops_if(file, node, condition),
            (true, false) => self.stops_unless(file, node, condition),
            (false, _) => {}
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
        let fails = self.fails;
        self.fails |= ends;
        self.inside(file, body, empty);
        self.fails = fails;
        self.arm = saved;
    }

    pub fn inside(&mut self, file: &Loaded, body: &[Node<'_>], empty: Vec<usize>) {
        let before = self.empty.len();
        self.empty.extend(empty);
        self.branches += 1;
        // What is shifted away in a branch is still there where the branch was not taken.
        let frame = self.frame.clone();
        for statement in body {
            self.statement(file, *statement);
        }
        self.frame = frame;
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
            let ends = index > 0 && self.ends(file, std::slice::from_ref(item));
            if index > 0 {
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
            let mut asked = Presence::default();
            before.iter().for_each(|c| asked.also(&Presence::of(c)));
            self.asked.push(asked);
            self.branches += usize::from(index > 0 && tested);
            let frame = (index > 0 && tested).then(|| self.frame.clone());
            let fails = self.fails;
            self.fails |= ends;
            let condition = self.condition(file, *item);
            self.fails = fails;
            self.frame = frame.unwrap_or_else(|| self.frame.clone());
            self.branches -= usize::from(index > 0 && tested);
            self.asked.pop();
            self.empty.truncate(kept);
            self.arm = saved;
            conditions.push(condition);
        }
    }
}
