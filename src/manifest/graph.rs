//! Owns the graph of steps: order, circles, ancestors. The only file that names petgraph; knows steps by number.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, DfsPostOrder};

/// Which step needs which, by their places in the manifest.
#[derive(Clone, Debug)]
pub struct Graph(DiGraph<(), ()>);

impl Graph {
    /// Builds the graph of `needs[step]`, the steps that each step needs.
    pub fn new(needs: &[Vec<usize>]) -> Self {
        let edges: usize = needs.iter().map(Vec::len).sum();
        let mut graph = DiGraph::with_capacity(needs.len(), edges);
        for _ in needs {
            graph.add_node(());
        }
        for (step, needed) in needs.iter().enumerate() {
            for need in needed {
                graph.add_edge(NodeIndex::new(step), NodeIndex::new(*need), ());
            }
        }
        Self(graph)
    }

    /// All steps, each after those it needs, and otherwise in the manifest's order.
    pub fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.0.node_count());
        let mut visit = DfsPostOrder::empty(&self.0);
        for step in self.0.node_indices() {
            visit.move_to(step);
            while let Some(next) = visit.next(&self.0) {
                order.push(next.index());
            }
        }
        order
    }

    /// One circle out of each knot of steps that need each other: each step needs the next, the last the first.
    pub fn circles(&self) -> Vec<Vec<usize>> {
        let mut circles: Vec<Vec<usize>> = tarjan_scc(&self.0)
            .into_iter()
            .filter_map(|knot| self.circle_in(&knot))
            .collect();
        circles.sort();
        circles
    }

    /// The circle met first when walking through a knot from its first step.
    fn circle_in(&self, knot: &[NodeIndex]) -> Option<Vec<usize>> {
        let start = *knot.iter().min()?;
        if knot.len() == 1 && !self.0.contains_edge(start, start) {
            return None;
        }
        let mut walk = vec![start];
        loop {
            let here = *walk.last()?;
            let next = self.0.neighbors(here).filter(|n| knot.contains(n)).min()?;
            if let Some(at) = walk.iter().position(|step| *step == next) {
                let mut circle: Vec<usize> = walk[at..].iter().map(|step| step.index()).collect();
                let first = (0..circle.len())
                    .min_by_key(|i| circle[*i])
                    .unwrap_or_default();
                circle.rotate_left(first);
                return Some(circle);
            }
            walk.push(next);
        }
    }

    /// Whether `step` needs `other`, directly or through others.
    pub fn needs(&self, step: usize, other: usize) -> bool {
        let mut walk = Dfs::new(&self.0, NodeIndex::new(step));
        step != other && std::iter::from_fn(|| walk.next(&self.0)).any(|met| met.index() == other)
    }

    /// The steps and all that they need, directly or through others, in no order.
    pub fn with_ancestors(&self, steps: impl IntoIterator<Item = usize>) -> Vec<usize> {
        reach(&self.0, steps)
    }

    /// The steps and all that need them, directly or through others, in no order.
    pub fn with_descendants(&self, steps: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut reversed = self.0.clone();
        reversed.reverse();
        reach(&reversed, steps)
    }
}

fn reach(graph: &DiGraph<(), ()>, steps: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut walk = Dfs::empty(graph);
    let mut met = Vec::new();
    for step in steps {
        walk.move_to(NodeIndex::new(step));
        while let Some(next) = walk.next(graph) {
            met.push(next.index());
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_keeps_the_manifests_where_needs_allow_it() {
        assert_eq!(
            Graph::new(&[vec![2], vec![], vec![3], vec![]]).order(),
            [3, 2, 0, 1]
        );
        assert_eq!(Graph::new(&[vec![], vec![], vec![]]).order(), [0, 1, 2]);
    }

    #[test]
    fn each_circle_is_named_once_from_its_first_step() {
        let graph = Graph::new(&[vec![1], vec![2], vec![1], vec![3], vec![0]]);
        assert_eq!(graph.circles(), [vec![1, 2], vec![3]]);
        assert!(
            Graph::new(&[vec![], vec![0], vec![0, 1]])
                .circles()
                .is_empty()
        );
    }

    #[test]
    fn ancestors_and_descendants_go_all_the_way() {
        let graph = Graph::new(&[vec![], vec![0], vec![1], vec![]]);
        assert!(
            graph.needs(2, 0) && !graph.needs(0, 2) && !graph.needs(3, 0) && !graph.needs(1, 1)
        );
        let sorted = |mut steps: Vec<usize>| {
            steps.sort_unstable();
            steps
        };
        assert_eq!(sorted(graph.with_ancestors([2])), [0, 1, 2]);
        assert_eq!(sorted(graph.with_descendants([1, 3])), [1, 2, 3]);
    }

    proptest! {
        /// A graph has an order that holds all needs, or a circle; never both.
        #[test]
        fn an_order_or_a_circle(edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..30)) {
            let mut needs = vec![Vec::new(); 12];
            for (step, need) in edges {
                needs[step].push(need);
            }
            let graph = Graph::new(&needs);
            let order = graph.order();
            let place = |step: usize| order.iter().position(|s| *s == step);
            let holds = needs.iter().enumerate().all(|(step, needed)| needed.iter().all(|n| place(*n) < place(step)));
            let circles = graph.circles();
            prop_assert_eq!(order.len(), 12);
            prop_assert_eq!(holds, circles.is_empty());
            for circle in circles {
                for (at, step) in circle.iter().enumerate() {
                    prop_assert!(needs[*step].contains(&circle[(at + 1) % circle.len()]));
                }
            }
        }
    }
}
