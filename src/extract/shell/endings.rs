//! Owns the question whether a branch ends the script as a failure.

use tree_sitter::Node;

use super::walk::{Function, Loaded, Walk, node_at, text};

impl Walk<'_> {
    /// Whether a branch ends the script as a failure.
    pub fn ends(&self, file: &Loaded, nodes: &[Node<'_>]) -> bool {
        self.ends_within(file, nodes, 0)
    }

    pub fn ends_within(&self, file: &Loaded, nodes: &[Node<'_>], depth: usize) -> bool {
        if depth > 8 {
            return false;
        }
        nodes.iter().any(|node| match node.kind() {
            "command" => {
                let name = node
                    .child_by_field_name("name")
                    .map_or("", |n| text(file, n));
                let argument = node.child_by_field_name("argument").map(|n| text(file, n));
                match name {
                    "exit" => argument != Some("0"),
                    "return" => !self.active.is_empty() && argument.is_some_and(|a| a != "0"),
                    name => match self.functions.get(name) {
                        Some(function) => self.function_ends(function, depth + 1),
                        None => matches!(
                            name,
                            "die" | "fatal" | "abort" | "usage" | "error_exit" | "bail"
                        ),
                    },
                }
            }
            "compound_statement" | "redirected_statement" | "subshell" | "do_group" => {
                let mut walker = node.walk();
                let inner: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                self.ends_within(file, &inner, depth + 1)
            }
            "list" => {
                let mut walker = node.walk();
                let inner: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                let and = {
                    let mut walker = node.walk();
                    node.children(&mut walker).any(|c| c.kind() == "&&")
                };
                and && self.ends_within(file, &inner, depth + 1)
            }
            _ => false,
        })
    }

    pub fn function_ends(&self, function: &Function, depth: usize) -> bool {
        let Some(loaded) = self.loaded.get(function.file) else {
            return false;
        };
        let Some(body) = node_at(&loaded.tree, function.body) else {
            return false;
        };
        let mut walker = body.walk();
        let inner: Vec<Node<'_>> = body.named_children(&mut walker).collect();
        inner.iter().any(|node| {
            node.kind() == "command"
                && node
                    .child_by_field_name("name")
                    .is_some_and(|n| text(loaded, n) == "exit")
        }) || self.ends_within(loaded, &inner, depth + 1)
    }
}
