//! Owns the DAG as lines for a terminal: a step a row, beside lanes that lead from what is needed to who needs it.

use std::fmt::Write as _;

use super::{Dag, tidy};
use crate::ui::{Tone, clipped, paint};

/// The most lanes that are drawn.
const LANES: usize = 24;

/// What the lanes are drawn with.
struct Signs {
    node: &'static str,
    down: &'static str,
    across: &'static str,
    crossing: &'static str,
    /// A lane goes on, and leads to the node on its right or left.
    branch: [&'static str; 2],
    /// A lane ends, and leads to the node on its right or left.
    end: [&'static str; 2],
    /// A lane that ends while another passes on to the node.
    join: &'static str,
    from: &'static str,
}

const UNICODE: Signs = Signs {
    node: "●",
    down: "│",
    across: "─",
    crossing: "┼",
    branch: ["├", "┤"],
    end: ["╰", "╯"],
    join: "┴",
    from: "←",
};

const ASCII: Signs = Signs {
    node: "*",
    down: "|",
    across: "-",
    crossing: "+",
    branch: ["|", "|"],
    end: ["`", "'"],
    join: "-",
    from: "<-",
};

/// The terminal that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// How many columns there are.
    pub width: usize,
    /// Whether there are more characters than those of ASCII.
    pub unicode: bool,
}

/// The DAG as lines.
pub fn render(dag: &Dag, canvas: Canvas) -> String {
    let signs = if canvas.unicode { &UNICODE } else { &ASCII };
    let drawn = lanes(dag, signs);
    let width = |text: &str| text.chars().count();
    let lane_width = drawn.iter().map(|(row, _)| width(row)).max().unwrap_or(0);
    let widest = |text: fn(&super::Node) -> &str, most: usize| {
        let widths = dag.nodes.iter().map(|node| width(text(node)));
        widths.max().unwrap_or(0).min(most)
    };
    let names = widest(|node| &node.name, 40);
    let states = widest(|node| &node.state, 20);
    let mut out = String::new();
    for (at, (node, (row, below))) in dag.nodes.iter().zip(&drawn).enumerate() {
        let left = |text: &str| format!("{text:lane_width$}");
        let name = format!("{:names$}", tidy(&node.name, names));
        let state = format!("{:states$}", tidy(&node.state, states));
        let indent = lane_width + names + states + 6;
        let mut rest = wrapped(
            arriving(dag, at, signs),
            canvas.width.saturating_sub(indent).max(20),
        );
        let line = format!(
            "{}  {}  {}  {}",
            left(row),
            paint(Tone::Strong, &name),
            paint(node.tone, &state),
            paint(Tone::Dim, &rest.remove(0))
        );
        let _ = writeln!(out, "{}", line.trim_end());
        for rest in rest {
            let gap = indent - lane_width;
            let _ = writeln!(out, "{}{:gap$}{}", left(below), "", paint(Tone::Dim, &rest));
        }
        for note in &node.notes {
            let note = clipped(
                &tidy(note, 400),
                canvas.width.saturating_sub(lane_width + 4).max(20),
            );
            let _ = writeln!(out, "{}    {}", left(below), paint(node.tone, &note));
        }
    }
    match canvas.unicode {
        true => out,
        false => out.replace('…', "~"),
    }
}

/// What a step gets from others, or what it runs where it gets nothing.
fn arriving(dag: &Dag, node: usize, signs: &Signs) -> Vec<String> {
    let mut parts = Vec::new();
    for edge in dag.edges.iter().filter(|edge| edge.to == node) {
        let from = &dag.nodes[edge.from].name;
        match edge.wires.is_empty() {
            true => parts.push(format!("after {from}")),
            false => parts.extend(
                edge.wires
                    .iter()
                    .map(|wire| format!("{} {} {from}.{}", wire.input, signs.from, wire.output)),
            ),
        }
    }
    if parts.is_empty() {
        parts.push(dag.nodes[node].detail.clone());
    }
    parts
}

/// Parts on as few lines of at most `width` characters as they need; always one.
fn wrapped(parts: Vec<String>, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in parts {
        let part = tidy(&part, width);
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = part,
            Some(line) if line.chars().count() + 2 + part.chars().count() < width => {
                line.push_str(", ");
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

/// The lanes beside each step: those of its row, and those of the lines below. Each lane belongs to a step that others
/// still wait for. A step stands right below another only where it needs that one.
fn lanes(dag: &Dag, signs: &Signs) -> Vec<(String, String)> {
    let mut waiting = vec![0_usize; dag.nodes.len()];
    let mut needs = vec![Vec::new(); dag.nodes.len()];
    for edge in &dag.edges {
        waiting[edge.from] += 1;
        needs[edge.to].push(edge.from);
    }
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut rows = Vec::with_capacity(dag.nodes.len());
    let mut above = None;
    for (node, needs) in needs.iter().enumerate() {
        for &need in needs {
            waiting[need] -= 1;
        }
        // Its own lane: one that ends here, or a free one.
        let ends =
            |owner: &Option<usize>| owner.is_some_and(|o| needs.contains(&o) && waiting[o] == 0);
        let is_free = |at: &usize| lanes.get(*at).is_none_or(Option::is_none) && above != Some(*at);
        let free = || (0..).find(is_free).unwrap_or_default();
        let own = lanes.iter().position(ends).unwrap_or_else(free);
        above = Some(own);
        lanes.resize(lanes.len().max(own + 1), None);
        let wanted = |at: usize| at != own && lanes[at].is_some_and(|o| needs.contains(&o));
        let first = (0..lanes.len())
            .find(|&at| wanted(at))
            .map_or(own, |at| at.min(own));
        let last = (0..lanes.len())
            .rfind(|&at| wanted(at))
            .map_or(own, |at| at.max(own));
        let mut row = String::new();
        for (at, lane) in lanes.iter().enumerate() {
            let inside = first < at && at < last;
            let side = usize::from(at > own);
            let sign = match *lane {
                _ if at == own => signs.node,
                Some(owner) if needs.contains(&owner) => match (waiting[owner] == 0, inside) {
                    (true, true) => signs.join,
                    (true, false) => signs.end[side],
                    (false, true) => signs.crossing,
                    (false, false) => signs.branch[side],
                },
                Some(_) if inside => signs.crossing,
                Some(_) => signs.down,
                None if inside => signs.across,
                None => " ",
            };
            row.push_str(sign);
            row.push_str(if first <= at && at < last {
                signs.across
            } else {
                " "
            });
        }
        for lane in &mut lanes {
            if lane.is_some_and(|owner| waiting[owner] == 0) {
                *lane = None;
            }
        }
        lanes[own] = (waiting[node] > 0).then_some(node);
        while lanes.last().is_some_and(Option::is_none) {
            lanes.pop();
        }
        let below: String = lanes
            .iter()
            .map(|lane| {
                if lane.is_some() {
                    format!("{} ", signs.down)
                } else {
                    "  ".to_owned()
                }
            })
            .collect();
        rows.push((row.trim_end().to_owned(), below.trim_end().to_owned()));
    }
    let widest = rows.iter().map(|(row, _)| row.chars().count()).max();
    if widest > Some(LANES * 2) {
        // Nobody can follow that many lines.
        return vec![(signs.node.to_owned(), String::new()); dag.nodes.len()];
    }
    rows
}
