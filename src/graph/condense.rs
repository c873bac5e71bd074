//! Owns the drawing of many steps as few: those that are alike become one. Edges still lead from what is needed to who
//! needs it, for steps are only joined within a depth, or within depths that follow each other.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{Dag, Edge, Node};
use crate::outline::Wire;
use crate::ui::Tone;

/// From how many steps on a drawing of each says nothing any more.
pub const MANY: usize = 400;
/// How many groups a drawing of more steps has at most.
pub const GROUPS: usize = 120;

/// How many failed steps are still drawn by themselves.
const FAILED: usize = 20;
/// How many different wires between two groups are kept.
const WIRES: usize = 4;
/// How many letters make a common beginning of names.
const BEGINNING: usize = 3;

/// What steps have in common that become one.
#[derive(Clone, Copy, Debug)]
enum Alike {
    /// Names but for their numbers, state and depth.
    Name,
    /// State and depth.
    State,
    /// Depth.
    Depth,
    /// One of so many stretches of depths.
    Stretch(usize),
}

/// The DAG with at most `most` nodes: itself where it has no more.
pub fn condense(dag: &Dag, most: usize) -> Dag {
    if dag.nodes.len() <= most {
        return dag.clone();
    }
    let depths = depths(dag);
    let ways = [Alike::Name, Alike::State, Alike::Depth].into_iter();
    let groups = ways
        .map(|alike| groups(dag, &depths, alike))
        .find(|groups| groups.len() <= most)
        .unwrap_or_else(|| groups(dag, &depths, Alike::Stretch(most.max(1))));
    joined(dag, &groups)
}

/// How many steps lie before each, along the longest way.
fn depths(dag: &Dag) -> Vec<usize> {
    let mut depths = vec![0; dag.nodes.len()];
    let mut edges: Vec<&Edge> = dag
        .edges
        .iter()
        .filter(|edge| edge.from < edge.to)
        .collect();
    edges.sort_by_key(|edge| edge.to);
    for edge in edges {
        depths[edge.to] = depths[edge.to].max(depths[edge.from] + 1);
    }
    depths
}

/// The places of steps that become one, in the order of their depths.
fn groups(dag: &Dag, depths: &[usize], alike: Alike) -> Vec<Vec<usize>> {
    let failed = dag.nodes.iter().filter(|node| node.tone == Tone::Bad);
    let few_failed = failed.count() <= FAILED;
    let deepest = depths.iter().max().map_or(1, |depth| depth + 1);
    let mut groups: IndexMap<_, Vec<usize>> = IndexMap::new();
    for (at, node) in dag.nodes.iter().enumerate() {
        let state = super::class_of(node.tone);
        let (depth, state, name) = match alike {
            Alike::Name => (depths[at], state, numberless(&node.name)),
            Alike::State => (depths[at], state, String::new()),
            Alike::Depth => (depths[at], "", String::new()),
            Alike::Stretch(count) => (depths[at] * count / deepest, "", String::new()),
        };
        let by_itself = node.tone == Tone::Bad && few_failed;
        let alone = (by_itself && !matches!(alike, Alike::Stretch(_))).then_some(at);
        let key = (depth, state, name, alone);
        groups.entry(key).or_default().push(at);
    }
    groups.sort_by(|a, _, b, _| a.0.cmp(&b.0));
    groups.into_values().collect()
}

/// A name with `*` for its numbers.
fn numberless(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('*') => {}
            true => out.push('*'),
            false => out.push(c),
        }
    }
    out
}

/// The DAG of groups.
fn joined(dag: &Dag, groups: &[Vec<usize>]) -> Dag {
    let mut group_of = HashMap::new();
    for (group, members) in groups.iter().enumerate() {
        group_of.extend(members.iter().map(|member| (*member, group)));
    }
    let mut edges: IndexMap<(usize, usize), Vec<&Wire>> = IndexMap::new();
    for edge in &dag.edges {
        if let (Some(&from), Some(&to)) = (group_of.get(&edge.from), group_of.get(&edge.to))
            && from != to
        {
            let wires = edges.entry((from, to)).or_default();
            for wire in &edge.wires {
                if wires.len() < WIRES && !wires.contains(&wire) {
                    wires.push(wire);
                }
            }
        }
    }
    let edges = edges.into_iter().map(|((from, to), wires)| Edge {
        from,
        to,
        wires: wires.into_iter().cloned().collect(),
    });
    Dag {
        title: dag.title.clone(),
        nodes: groups.iter().map(|members| group(dag, members)).collect(),
        edges: edges.collect(),
    }
}

/// The node that stands for several.
fn group(dag: &Dag, members: &[usize]) -> Node {
    let nodes = || members.iter().map(|at| &dag.nodes[*at]);
    if let [only] = members {
        return dag.nodes[*only].clone();
    }
    // The words of states without the times behind them.
    let mut states: IndexMap<&str, usize> = IndexMap::new();
    for node in nodes() {
        let word = node.state.split(',').next().unwrap_or_default();
        *states.entry(word).or_default() += 1;
    }
    states.sort_by(|_, a, _, b| b.cmp(a));
    let count = members.len();
    let runs = common(nodes().map(|node| node.detail.as_str()));
    let rank = |tone: Tone| match tone {
        Tone::Bad => 0,
        Tone::Warn => 1,
        Tone::Good => 3,
        Tone::Dim | Tone::Strong | Tone::Name => 2,
    };
    let told = |(word, count): (&&str, &usize)| format!("{count} {word}");
    Node {
        name: common(nodes().map(|node| node.name.as_str())).unwrap_or_else(|| {
            let name = |at: usize| dag.nodes[at].name.as_str();
            format!("{} … {}", name(members[0]), name(members[count - 1]))
        }),
        detail: match runs {
            Some(runs) => format!("{count} steps, {runs}"),
            None => format!("{count} steps"),
        },
        state: states.iter().map(told).collect::<Vec<_>>().join(", "),
        tone: nodes()
            .map(|node| node.tone)
            .min_by_key(|tone| rank(*tone))
            .unwrap_or(Tone::Dim),
        notes: match states.len() {
            1 => Vec::new(),
            _ => states.iter().map(told).collect(),
        },
        gives: nodes().all(|node| node.gives),
        members: nodes()
            .flat_map(|node| node.members.iter().copied())
            .collect(),
    }
}

/// What texts have in common: all, all but numbers, or how they begin.
fn common<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Option<String> {
    let first = texts.clone().next()?;
    if texts.clone().all(|text| text == first) {
        return (!first.is_empty()).then(|| first.to_owned());
    }
    let pattern = numberless(first);
    if texts.clone().all(|text| numberless(text) == pattern) {
        return Some(pattern);
    }
    let shared = |text: &str| {
        let pairs = first.chars().zip(text.chars());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let letters = texts.map(shared).min().unwrap_or(0);
    let beginning: String = first.chars().take(letters).collect();
    let beginning = beginning.trim_end_matches(|c: char| c.is_ascii_digit());
    (beginning.chars().count() >= BEGINNING).then(|| format!("{beginning}*"))
}
