//! Owns the DAG as Mermaid, as Markdown on code hosts shows it.

use std::fmt::Write as _;

use super::{Dag, class_of, tidy};

/// How each class looks on light and on dark pages alike.
const CLASSES: [&str; 4] = [
    "good fill:#dcfce7,stroke:#15803d,color:#14532d",
    "bad fill:#fee2e2,stroke:#b91c1c,color:#7f1d1d",
    "warn fill:#fef3c7,stroke:#b45309,color:#78350f",
    "idle fill:#f1f5f9,stroke:#64748b,color:#334155",
];

/// The longest text shown of anything.
const LONGEST: usize = 80;

/// The DAG as a flowchart.
pub fn render(dag: &Dag) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, node) in dag.nodes.iter().enumerate() {
        let mut label = format!(
            "<b>{}</b><br/>{}",
            escaped(&node.name),
            escaped(&node.state)
        );
        for note in &node.notes {
            let _ = write!(label, "<br/><i>{}</i>", escaped(note));
        }
        let _ = writeln!(out, "    n{at}[\"{label}\"]:::{}", class_of(node.tone));
    }
    for edge in &dag.edges {
        let label = edge.label();
        let _ = match label.is_empty() {
            true => writeln!(out, "    n{} --> n{}", edge.from, edge.to),
            false => writeln!(
                out,
                "    n{} -->|\"{}\"| n{}",
                edge.from,
                escaped(&label),
                edge.to
            ),
        };
    }
    for class in CLASSES {
        let _ = writeln!(out, "    classDef {class}");
    }
    out
}

/// Text that means nothing but itself in a quoted label: whatever could be Mermaid, HTML or Markdown is written as a
/// number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in tidy(text, LONGEST).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '*' | '[' | ']' | '{' | '}' | '|' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
