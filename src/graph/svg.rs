//! Owns the DAG as a drawing: boxes and lines, in the reader's light or dark. What stands in it is only text.

use std::fmt::Write as _;

use super::layout::{Layout, Link, Piece, Placed, lay_out};
use super::{Dag, Node, class_of, tidy};

/// How boxes and lines look.
pub const STYLE: &str = include_str!("graph.css");
/// Colours of a drawing that stands alone.
const ALONE: &str = include_str!("alone.css");

/// Room around everything.
const MARGIN: f64 = 16.0;
/// The most characters of a name, of what it runs, of a note and of a label.
const NAME: usize = 32;
const DETAIL: usize = 34;
const NOTE: usize = 36;
const LABEL: usize = 30;
/// The most notes shown of a step.
const NOTES: usize = 3;
/// The height of a line of notes.
const LINE: f64 = 15.0;
/// Lines nearer than this leave no room for labels.
const NARROW: f64 = 12.0;

/// What the drawing is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Nothing: it brings its own colours.
    Nothing,
    /// A page that has the colours, and for each step, by its place, an element named `step-N` to go to.
    Page,
}

/// The DAG as SVG.
pub fn render(dag: &Dag, within: Within) -> String {
    let sizes: Vec<(f64, f64)> = dag.nodes.iter().map(size).collect();
    let labels: Vec<String> = dag
        .edges
        .iter()
        .map(|edge| tidy(&edge.label(), LABEL))
        .collect();
    let links: Vec<Link> = dag
        .edges
        .iter()
        .zip(&labels)
        .map(|(edge, label)| Link {
            from: edge.from,
            to: edge.to,
            label: if label.is_empty() {
                0.0
            } else {
                width(label, 6.2) + 14.0
            },
        })
        .collect();
    let layout = lay_out(&sizes, &links);
    let (wide, high) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let mut out = format!(
        "<svg class=\"dag\"{3} xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" viewBox=\"{0} {0} {wide:.0} {high:.0}\" role=\"{1}\" aria-label=\"{2}\">\n",
        -MARGIN,
        if within == Within::Page {
            "group"
        } else {
            "img"
        },
        escaped(&format!(
            "{}: {} steps and what goes between them",
            dag.title,
            dag.nodes
                .iter()
                .map(|node| node.members.len())
                .sum::<usize>()
        )),
        match within {
            // On a page it shrinks to fit, as far as it can be read.
            Within::Page => format!(" style=\"min-width:{:.0}px\"", wide * 0.62),
            Within::Nothing => String::new(),
        },
    );
    if within == Within::Nothing {
        let _ = write!(
            out,
            "<style>\n{ALONE}{STYLE}</style>\n<rect class=\"paper\" x=\"{0}\" y=\"{0}\" width=\"{wide:.0}\" height=\"{high:.0}\"/>\n",
            -MARGIN
        );
    }
    lines(&mut out, dag, &layout, &labels);
    for (node, placed) in dag.nodes.iter().zip(&layout.boxes) {
        if within == Within::Page {
            out.push_str(&link(node));
        }
        boxed(&mut out, node, placed);
        out.push_str(if within == Within::Page {
            "</a>\n"
        } else {
            "\n"
        });
    }
    out + "</svg>\n"
}

/// The beginning of a link to a step, or to the steps that a group stands for.
fn link(node: &Node) -> String {
    let first = node.members.first().copied().unwrap_or_default();
    match node.members.as_slice() {
        [_, _, ..] => {
            let all: Vec<String> = node.members.iter().map(usize::to_string).collect();
            let all = all.join(" ");
            format!("<a href=\"#step-{first}\" data-steps=\"{all}\">")
        }
        _ => format!("<a href=\"#step-{first}\">"),
    }
}

/// How much room a step takes.
fn size(node: &Node) -> (f64, f64) {
    let detail = width(&tidy(&node.detail, DETAIL), 6.3);
    let notes = notes(node);
    let widest = notes
        .iter()
        .map(|note| width(note, 6.2))
        .fold(detail, f64::max);
    let name = width(&tidy(&node.name, NAME), 8.0) + 24.0;
    (
        name.max(widest).max(96.0) + 26.0,
        46.0 + LINE * notes.len() as f64,
    )
}

fn notes(node: &Node) -> Vec<String> {
    let mut notes: Vec<String> = node
        .notes
        .iter()
        .take(NOTES)
        .map(|note| tidy(note, NOTE))
        .collect();
    if node.notes.len() > NOTES {
        notes.push(format!("and {} more", node.notes.len() - NOTES));
    }
    notes
}

/// Lines first, so that boxes lie on top.
fn lines(out: &mut String, dag: &Dag, layout: &Layout, labels: &[String]) {
    for ((edge, pieces), label) in dag.edges.iter().zip(&layout.lines).zip(labels) {
        let class = match dag.nodes[edge.from].gives {
            true => "edge",
            false => "edge open",
        };
        let title = format!(
            "{} → {}",
            dag.nodes[edge.from].name, dag.nodes[edge.to].name
        );
        let _ = write!(
            out,
            "<g class=\"{class}\"><title>{}</title><path d=\"{}\"/>",
            escaped(tidy(&format!("{title}: {}", edge.label()), 400).trim_end_matches(": ")),
            path(pieces)
        );
        if let Some(last) = pieces.last() {
            let (x, y) = (last.x.1, last.y);
            let _ = write!(
                out,
                "<path class=\"head\" d=\"M{:.1} {:.1}l-8 -4v8z\"/>",
                x - 0.5,
                y
            );
            if !label.is_empty() && layout.ports[edge.to] >= NARROW {
                let _ = write!(
                    out,
                    "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    x - 11.0,
                    y - 4.0,
                    escaped(label)
                );
            }
        }
        out.push_str("</g>\n");
    }
}

/// Straight pieces, joined by bends.
fn path(pieces: &[Piece]) -> String {
    let mut path = String::new();
    let mut before: Option<(f64, f64)> = None;
    for piece in pieces {
        let _ = match before {
            None => write!(path, "M{:.1} {:.1}", piece.x.0, piece.y),
            Some((x, y)) => {
                let half = f64::midpoint(x, piece.x.0);
                write!(
                    path,
                    "C{half:.1} {y:.1} {half:.1} {1:.1} {0:.1} {1:.1}",
                    piece.x.0, piece.y
                )
            }
        };
        if piece.x.1 > piece.x.0 {
            let _ = write!(path, "H{:.1}", piece.x.1);
        }
        before = Some((piece.x.1, piece.y));
    }
    path
}

fn boxed(out: &mut String, node: &Node, placed: &Placed) {
    let Placed {
        x,
        y,
        width,
        height,
    } = *placed;
    let class = class_of(node.tone);
    let notes = notes(node);
    let top = y + (height - 46.0 - LINE * notes.len() as f64) / 2.0;
    let mut title = format!("{} ({})", node.name, node.state);
    for note in &node.notes {
        let _ = write!(title, "\n{note}");
    }
    let _ = write!(
        out,
        "<g class=\"node {class}\"><title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\"/>",
        escaped(&title)
    );
    let _ = write!(
        out,
        "<g class=\"mark\" transform=\"translate({:.1} {:.1})\"><circle r=\"8\"/><path d=\"{}\"/></g>",
        x + 19.0,
        top + 17.0,
        mark(class)
    );
    let _ = write!(
        out,
        "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 34.0,
        top + 21.5,
        escaped(&tidy(&node.name, NAME))
    );
    let _ = write!(
        out,
        "<text class=\"detail\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 12.0,
        top + 38.0,
        escaped(&tidy(&node.detail, DETAIL))
    );
    for (at, note) in notes.iter().enumerate() {
        let _ = write!(
            out,
            "<text class=\"note\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 12.0,
            top + 53.0 + LINE * at as f64,
            escaped(note)
        );
    }
    out.push_str("</g>");
}

/// A sign that tells the state without its colour.
fn mark(class: &str) -> &'static str {
    match class {
        "good" => "M-3.6 0.2l2.6 2.8l4.8 -5.6",
        "bad" => "M-3 -3l6 6m0 -6l-6 6",
        "warn" => "M0 -4.2v5m0 2.6v0.6",
        _ => "M-3.2 0h6.4",
    }
}

/// About how wide a text is, in a font whose usual letter takes `letter`.
fn width(text: &str, letter: f64) -> f64 {
    let widths = text.chars().map(|c| match c {
        '\u{1100}'.. => 1.8,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.35,
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | '\'' | '|' | ' ' => 0.72,
        'A'..='Z' => 1.15,
        _ => 1.0,
    });
    widths.sum::<f64>() * letter
}

/// Text that is only text, in an element or an attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            // Neither control characters nor what XML has no place for.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
