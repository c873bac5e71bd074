//! Owns pictures of a pipeline's DAG: one small description, drawn as text, Mermaid, DOT or SVG. Knows nothing of where
//! steps and states come from. The same description always gives the same bytes.

pub mod condense;
pub mod dot;
mod layout;
pub mod mermaid;
pub mod svg;
pub mod text;

use crate::outline::{Outline, Wire};
use crate::ui::Tone;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dag {
    /// The pipeline's name.
    pub title: String,
    /// Its steps, each after those it needs.
    pub nodes: Vec<Node>,
    /// Which step needs which.
    pub edges: Vec<Edge>,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub detail: String,
    /// The word for its state.
    pub state: String,
    /// How the state looks.
    pub tone: Tone,
    /// What it waits for, or why it is as it is.
    pub notes: Vec<String>,
    /// Whether who needs it can have what it gives.
    pub gives: bool,
    /// The steps that it stands for, by their places in the pipeline: itself, unless steps that are alike are drawn as one.
    pub members: Vec<usize>,
}

/// That a step needs another.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The step needed, by its place in [`Dag::nodes`].
    pub from: usize,
    /// The step that needs it.
    pub to: usize,
    /// What goes from one to the other.
    pub wires: Vec<Wire>,
}

/// How a step is drawn: everything about it that its outline does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The word for its state.
    pub state: String,
    /// How the state looks.
    pub tone: Tone,
    /// What it waits for, or why it is as it is.
    pub notes: Vec<String>,
    /// Whether who needs it can have what it gives.
    pub gives: bool,
}

impl Dag {
    /// The DAG of an outline, each step with its look.
    pub fn of(outline: &Outline, look: impl Fn(&str) -> Look) -> Self {
        let nodes = outline.steps.iter().enumerate().map(|(at, (name, step))| {
            let Look {
                state,
                tone,
                notes,
                gives,
            } = look(name);
            Node {
                name: name.clone(),
                detail: step.runs.clone(),
                state,
                tone,
                notes,
                gives,
                members: vec![at],
            }
        });
        let edges = outline.steps.values().enumerate().flat_map(|(to, step)| {
            step.needs.iter().filter_map(move |(need, wires)| {
                // Needs come before who needs them; anything else would be no outline of ours.
                let from = outline.steps.get_index_of(need).filter(|from| *from < to)?;
                let wires = wires.clone();
                Some(Edge { from, to, wires })
            })
        });
        Self {
            title: outline.pipeline.clone(),
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }
}

impl Edge {
    /// What goes along it, in few words; nothing where only the order matters.
    fn label(&self) -> String {
        let labels = self
            .wires
            .iter()
            .map(|wire| match wire.output == wire.input {
                true => wire.input.clone(),
                false => format!("{} → {}", wire.output, wire.input),
            });
        labels.collect::<Vec<_>>().join(", ")
    }
}

/// The class of a tone in style sheets.
pub fn class_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warn => "warn",
        Tone::Dim | Tone::Strong | Tone::Name => "idle",
    }
}

/// Text without control characters, on one line, of at most `most` characters.
fn tidy(text: &str, most: usize) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    crate::ui::clipped(line.trim(), most)
}

#[cfg(test)]
mod tests;
