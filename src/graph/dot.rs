//! Owns the DAG in Graphviz's language.

use std::fmt::Write as _;

use super::{Dag, class_of, tidy};

/// The longest text shown of anything.
const LONGEST: usize = 80;

/// The DAG as a `digraph`.
pub fn render(dag: &Dag) -> String {
    let mut out = format!(
        "digraph {} {{\n    rankdir=LR\n    node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"]\n    edge [fontname=\"sans-serif\", fontsize=10]\n",
        quoted(&dag.title)
    );
    for node in &dag.nodes {
        let lines: Vec<String> = [&node.name, &node.state]
            .into_iter()
            .chain(&node.notes)
            .map(|line| escaped(line))
            .collect();
        let (fill, line) = match class_of(node.tone) {
            "good" => ("#dcfce7", "#15803d"),
            "bad" => ("#fee2e2", "#b91c1c"),
            "warn" => ("#fef3c7", "#b45309"),
            _ => ("#f1f5f9", "#64748b"),
        };
        let _ = writeln!(
            out,
            "    {} [label=\"{}\", tooltip={}, fillcolor=\"{fill}\", color=\"{line}\"]",
            name(&node.name),
            lines.join("\\n"),
            quoted(&node.detail),
        );
    }
    for edge in &dag.edges {
        let (from, to) = (&dag.nodes[edge.from].name, &dag.nodes[edge.to].name);
        let label = edge.label();
        let label = match label.is_empty() {
            true => String::new(),
            false => format!(" [label={}]", quoted(&label)),
        };
        let _ = writeln!(out, "    {} -> {}{label}", name(from), name(to));
    }
    out + "}\n"
}

/// A step's name as an identifier: whole, for two long names may differ at their ends.
fn name(text: &str) -> String {
    format!("\"{}\"", backslashed(text))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    backslashed(&tidy(text, LONGEST))
}

fn backslashed(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
