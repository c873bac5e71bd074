//! Owns conditions: what `if (is.null(x)) stop()` says of `x`.

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Unit, Walk, arguments, operation, text};
use crate::extract::arguments::Direction;

impl Walk<'_> {
    pub fn if_statement(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let (Some(condition), consequence, alternative) = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
            node.child_by_field_name("alternative"),
        ) else {
            return Val::Unknown;
        };
        // `if (FALSE) { … }` is there for whoever tries the script by hand.
        if matches!(text(unit, condition), "FALSE" | "F" | "0") {
            return self.inside(unit, alternative);
        }
        let looked: Vec<(bool, bool)> = self
            .arguments
            .iter()
            .zip(&self.states)
            .map(|(argument, state)| (argument.required, state.used))
            .collect();
        let asked = match self.eval(unit, condition) {
            Val::At(id) => Some(id),
            _ => None,
        };
        // A word that is only looked at need not be there.
        let missing = self.asks_missing(unit, condition);
        let present = self.asks_present(unit, condition);
        for (id, argument) in self.arguments.iter_mut().enumerate() {
            let before = looked.get(id).copied();
            if argument.rule == "commandArgs"
                && before.is_none_or(|(required, _)| !required)
                && (missing.contains(&id) || present.contains(&id))
            {
                argument.required = false;
                self.states[id].optional = true;
            }
        }
        if consequence.is_some_and(|body| ends(unit, body)) && self.branches == 0 {
            self.stops_if(unit, condition);
        }
        if alternative.is_some_and(|body| ends(unit, body)) && self.branches == 0 {
            self.must_hold(unit, condition);
        }
        let before = self.missing.len();
        self.missing.extend(missing);
        let counts = text(unit, condition).contains("length(");
        let counted = std::mem::replace(&mut self.counts_words, counts);
        let outer = self.flag;
        self.flag = asked.or(outer);
        let first = self.inside(unit, consequence);
        self.flag = outer;
        self.missing.truncate(before);
        self.missing.extend(present);
        let second = self.inside(unit, alternative);
        self.missing.truncate(before);
        self.counts_words = counted;
        match (first, second) {
            // `x <- if (is.null(opt$x)) 5 else opt$x`
            (Val::Lit(default), value @ Val::Need(id))
            | (value @ Val::Need(id), Val::Lit(default)) => {
                if !default.is_null() {
                    self.fallback(id, default);
                }
                value
            }
            _ => Val::Unknown,
        }
    }

    /// The script stops where a condition holds.
    pub fn stops_if(&mut self, unit: &Unit, node: Node<'_>) {
        let node = bare(node);
        match node.kind() {
            "binary_operator" => {
                let Some((operator, left, right)) = operation(unit, node) else {
                    return;
                };
                match operator {
                    "||" | "|" => {
                        self.stops_if(unit, left);
                        self.stops_if(unit, right);
                    }
                    "<" | "<=" | "!=" | "==" | ">" | ">=" => {
                        let (value, other) = (self.eval(unit, left), self.eval(unit, right));
                        match (value, other) {
                            (Val::Count(from), Val::Lit(Json::Number(n))) => {
                                let n = n.as_u64().unwrap_or(0) as usize;
                                let least = match operator {
                                    "<" | "!=" => n,
                                    "<=" => n + 1,
                                    "==" if n == 0 => 1,
                                    _ => 0,
                                };
                                for at in 0..least.min(32) {
                                    if let Some(id) = self.counted(unit, node, from + at) {
                                        self.arguments[id].required = true;
                                        self.arguments[id].likely = false;
                                        self.states[id].optional = false;
                                    }
                                }
                            }
                            (Val::Need(id), Val::Lit(Json::String(text)))
                                if operator == "==" && text.is_empty() =>
                            {
                                self.required(id)
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            "unary_operator" => {
                if let Some(inner) = node.child_by_field_name("rhs") {
                    self.must_hold(unit, inner);
                }
            }
            "call" => {
                let missing = self.asks_missing(unit, node);
                for id in missing {
                    self.required(id);
                }
            }
            _ => {}
        }
    }

    /// The script stops unless a condition holds.
    pub fn must_hold(&mut self, unit: &Unit, node: Node<'_>) {
        let node = bare(node);
        match node.kind() {
            "unary_operator" => {
                if let Some(inner) = node.child_by_field_name("rhs") {
                    self.stops_if(unit, inner);
                }
            }
            "binary_operator" => {
                let Some((operator, left, right)) = operation(unit, node) else {
                    return;
                };
                match operator {
                    "&&" | "&" => {
                        self.must_hold(unit, left);
                        self.must_hold(unit, right);
                    }
                    "%in%" => {
                        if let Some(id) = self.pair_asked(unit, left, right) {
                            self.required(id);
                        }
                    }
                    "==" | ">=" | ">" => {
                        let (value, other) = (self.eval(unit, left), self.eval(unit, right));
                        if let (Val::Count(from), Val::Lit(Json::Number(n))) = (value, other) {
                            let n = n.as_u64().unwrap_or(0) as usize + usize::from(operator == ">");
                            for at in 0..n.min(32) {
                                if let Some(id) = self.counted(unit, node, from + at) {
                                    self.required(id);
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
            "call" => {
                let name = node
                    .child_by_field_name("function")
                    .map_or("", |n| text(unit, n));
                let value = arguments(unit, node)
                    .first()
                    .map(|g| self.eval(unit, g.node));
                match (name, value) {
                    ("file.exists" | "dir.exists" | "file_test", Some(value)) => {
                        self.path(unit, node, &value, Direction::Read(name == "dir.exists"));
                    }
                    ("nzchar", Some(Val::Need(id))) => self.required(id),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    pub fn required(&mut self, id: usize) {
        let argument = &mut self.arguments[id];
        if argument.default.as_ref().is_none_or(Json::is_null) {
            argument.required = true;
            argument.default = None;
            argument.likely = false;
            self.states[id].optional = false;
        }
    }

    /// The needs that are missing where a condition holds.
    pub fn asks_missing(&mut self, unit: &Unit, node: Node<'_>) -> Vec<usize> {
        let node = bare(node);
        match node.kind() {
            "call" => {
                let name = node
                    .child_by_field_name("function")
                    .map_or("", |n| text(unit, n));
                let given = arguments(unit, node);
                let Some(first) = given.first() else {
                    return Vec::new();
                };
                match name {
                    "is.null" | "is.na" | "missing" | "is_null" | "isTRUE" => {
                        match self.quietly(unit, first.node) {
                            Val::Need(id) if name != "isTRUE" => vec![id],
                            _ => Vec::new(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            "unary_operator" => match node.child_by_field_name("rhs") {
                Some(inner) => self.asks_present(unit, inner),
                None => Vec::new(),
            },
            "binary_operator" => {
                let Some((operator, left, right)) = operation(unit, node) else {
                    return Vec::new();
                };
                match operator {
                    "||" | "|" | "&&" | "&" => {
                        let mut all = self.asks_missing(unit, left);
                        all.extend(self.asks_missing(unit, right));
                        all
                    }
                    "==" if text(unit, right).trim_matches(['"', '\'']).is_empty() => {
                        match self.quietly(unit, left) {
                            Val::Need(id) => vec![id],
                            _ => Vec::new(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The needs that are there where a condition holds.
    pub fn asks_present(&mut self, unit: &Unit, node: Node<'_>) -> Vec<usize> {
        let node = bare(node);
        match node.kind() {
            "unary_operator" => match node.child_by_field_name("rhs") {
                Some(inner) => self.asks_missing(unit, inner),
                None => Vec::new(),
            },
            "call"
                if node
                    .child_by_field_name("function")
                    .is_some_and(|n| text(unit, n) == "nzchar") =>
            {
                match arguments(unit, node)
                    .first()
                    .map(|g| self.quietly(unit, g.node))
                {
                    Some(Val::Need(id)) => vec![id],
                    _ => Vec::new(),
                }
            }
            "binary_operator" => {
                let Some((operator, left, right)) = operation(unit, node) else {
                    return Vec::new();
                };
                // `"name" %in% names(given)`
                if operator == "%in%" {
                    return self.pair_asked(unit, left, right).into_iter().collect();
                }
                if operator != "!=" {
                    return Vec::new();
                }
                match (
                    self.quietly(unit, left),
                    text(unit, right).trim_matches(['"', '\'']).is_empty(),
                ) {
                    (Val::Need(id), true) => vec![id],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// `"name" %in% names(given)`: what is given under that name.
    fn pair_asked(&mut self, unit: &Unit, name: Node<'_>, among: Node<'_>) -> Option<usize> {
        let name = self.quietly(unit, name);
        match (name.text(), self.quietly(unit, among)) {
            (Some(name), Val::Pairs) => Some(self.pair(unit, among, name)),
            _ => None,
        }
    }

    /// Looks at an expression as one that may not run.
    pub fn quietly(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        self.branches += 1;
        let value = self.eval(unit, node);
        self.branches -= 1;
        value
    }
}

/// Without brackets around it.
fn bare(mut node: Node<'_>) -> Node<'_> {
    while matches!(node.kind(), "parenthesized_expression") {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// Whether a branch ends the script as a failure.
fn ends(unit: &Unit, node: Node<'_>) -> bool {
    match node.kind() {
        "braced_expression" => {
            let mut walker = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
            children.into_iter().any(|child| ends(unit, child))
        }
        "call" => {
            let function = node
                .child_by_field_name("function")
                .map_or("", |n| text(unit, n));
            let name = function.rsplit("::").next().unwrap_or(function);
            match name {
                "stop" | "abort" => true,
                "q" | "quit" => {
                    !text(unit, node).contains("status = 0")
                        && !text(unit, node).contains("status=0")
                }
                _ => false,
            }
        }
        _ => false,
    }
}
