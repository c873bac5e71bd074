use proptest::prelude::*;

use super::text::Canvas;
use super::*;

/// A DAG of steps named in `names`, with edges `from to output input`.
fn dag(names: &str, edges: &[&str]) -> Dag {
    let nodes: Vec<Node> = names
        .split_whitespace()
        .enumerate()
        .map(|(at, name)| Node {
            name: name.to_owned(),
            detail: format!("scripts/{name}.py"),
            state: "complete".to_owned(),
            tone: Tone::Good,
            notes: Vec::new(),
            gives: true,
            members: vec![at],
        })
        .collect();
    let place = |name: &str| {
        nodes
            .iter()
            .position(|node| node.name == name)
            .expect("a step")
    };
    let edges = edges
        .iter()
        .map(|edge| {
            let words: Vec<&str> = edge.split_whitespace().collect();
            let wires = words[2..].chunks(2).map(|wire| Wire {
                output: wire[0].to_owned(),
                input: wire[1].to_owned(),
            });
            Edge {
                from: place(words[0]),
                to: place(words[1]),
                wires: wires.collect(),
            }
        })
        .collect();
    Dag {
        title: "penguins".to_owned(),
        nodes,
        edges,
    }
}

fn penguins() -> Dag {
    let mut dag = dag(
        "supplier clean split summarise train_bill train_body evaluate gate report",
        &[
            "supplier clean raw raw",
            "clean split cleaned cleaned",
            "clean summarise cleaned table",
            "split train_bill train train",
            "split train_body train train",
            "split evaluate test test",
            "train_bill evaluate model bill_model",
            "train_body evaluate model body_model",
            "evaluate gate",
            "evaluate report predictions predictions metrics metrics",
            "summarise report summary summary",
        ],
    );
    dag.nodes[5].state = "partial".to_owned();
    dag.nodes[5].tone = Tone::Bad;
    dag.nodes[5].notes = vec![
        "waits for args.rounds".to_owned(),
        "args.rate: `x` is not a number".to_owned(),
    ];
    dag.nodes[5].gives = false;
    dag.nodes[7].tone = Tone::Warn;
    dag.nodes[8].tone = Tone::Dim;
    dag
}

/// Names and texts that try to be something else.
fn hostile() -> Dag {
    let mut dag = dag("a b", &["a b x x"]);
    let evil = "\"]; click n0 \"javascript:x\" --> <script>alert(1)</script> #quot; \u{1b}[31m\u{0}&amp;`\\";
    dag.title = evil.to_owned();
    dag.nodes[0].name = evil.to_owned();
    dag.nodes[0].detail = evil.to_owned();
    dag.nodes[0].notes = vec![evil.to_owned(); 9];
    dag.edges[0].wires[0].output = evil.to_owned();
    dag
}

#[test]
fn pictures_of_penguins() {
    let dag = penguins();
    let canvas = Canvas {
        width: 100,
        unicode: true,
    };
    insta::assert_snapshot!(
        "text",
        crate::ui::without_styles(&text::render(&dag, canvas))
    );
    let canvas = Canvas {
        width: 72,
        unicode: false,
    };
    let ascii = crate::ui::without_styles(&text::render(&dag, canvas));
    insta::assert_snapshot!("ascii", ascii);
    assert!(ascii.is_ascii());
    insta::assert_snapshot!("mermaid", mermaid::render(&dag));
    insta::assert_snapshot!("dot", dot::render(&dag));
    insta::assert_snapshot!("svg", svg::render(&dag, svg::Within::Page));
}

#[test]
fn hostile_texts_stay_texts() {
    let dag = hostile();
    let mermaid = mermaid::render(&dag);
    assert!(
        !mermaid.contains("<script>") && !mermaid.contains("\"]; click"),
        "{mermaid}"
    );
    assert_eq!(mermaid.lines().count(), 1 + 2 + 1 + 4);
    let svg = svg::render(&dag, svg::Within::Nothing);
    assert!(
        !svg.contains("<script>") && svg.chars().all(|c| !c.is_control() || c == '\n'),
        "{svg}"
    );
    assert!(svg.contains("and 6 more"));
    let dot = dot::render(&dag);
    assert!(dot.contains("\\\"]; click n0 \\\"javascript"), "{dot}");
    let text = text::render(
        &dag,
        Canvas {
            width: 80,
            unicode: true,
        },
    );
    assert!(!text.contains("\u{1b}[31m\u{0}") && !text.contains('\0'));
}

#[test]
fn boxes_keep_apart_and_order_goes_right() {
    let dag = penguins();
    let layout = layout_of(&dag);
    for (edge, line) in dag.edges.iter().zip(&layout.lines) {
        assert!(layout.boxes[edge.from].x < layout.boxes[edge.to].x);
        assert!(line.windows(2).all(|pair| pair[0].x.1 <= pair[1].x.0));
    }
}

fn layout_of(dag: &Dag) -> layout::Layout {
    let sizes = vec![(100.0, 40.0); dag.nodes.len()];
    let links: Vec<layout::Link> = dag
        .edges
        .iter()
        .map(|edge| layout::Link {
            from: edge.from,
            to: edge.to,
            label: 30.0,
        })
        .collect();
    layout::lay_out(&sizes, &links)
}

/// A chain with lines from its first step to all others, and a wide middle: thousands of bends.
#[test]
fn large_graphs_are_drawn_in_bounded_time() {
    let names: Vec<String> = (0..1_000).map(|n| format!("s{n}")).collect();
    let mut large = dag(&names.join(" "), &[]);
    for to in 1..1_000 {
        for from in [0, to - 1, to / 2] {
            large.edges.push(Edge {
                from,
                to,
                wires: Vec::new(),
            });
        }
    }
    large.edges.dedup();
    assert_eq!(layout_of(&large).boxes.len(), 1_000);
    let text = text::render(
        &large,
        Canvas {
            width: 80,
            unicode: true,
        },
    );
    assert_eq!(text.lines().count(), 1_000);
}

proptest! {
    /// Whatever the graph, circles included: nothing overlaps, nothing lies outside, and all is the same again.
    #[test]
    fn any_graph_has_a_layout(edges in prop::collection::vec((0..14_usize, 0..14_usize), 0..40)) {
        let mut any = dag("a b c d e f g h i j k l m n", &[]);
        any.edges = edges.into_iter().map(|(from, to)| Edge { from, to, wires: Vec::new() }).collect();
        let layout = layout_of(&any);
        for (at, a) in layout.boxes.iter().enumerate() {
            prop_assert!(a.x >= 0.0 && a.y >= -0.01 && a.x + a.width <= layout.width + 0.01 && a.y + a.height <= layout.height + 0.01);
            for b in &layout.boxes[at + 1..] {
                let apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                prop_assert!(apart, "{:?} {:?}", a, b);
            }
        }
        prop_assert_eq!(svg::render(&any, svg::Within::Page), svg::render(&any, svg::Within::Page));
        any.edges.retain(|edge| edge.from < edge.to);
        let drawn = text::render(&any, Canvas { width: 80, unicode: true });
        prop_assert!(drawn.lines().count() >= 14);
    }

    /// A step stands right below another only where it needs that one.
    #[test]
    fn what_stands_below_each_other_is_connected(edges in prop::collection::vec((0..10_usize, 0..10_usize), 0..12)) {
        let mut any = dag("a b c d e f g h i j", &[]);
        let forward = edges.into_iter().filter(|(from, to)| from < to);
        any.edges = forward.map(|(from, to)| Edge { from, to, wires: Vec::new() }).collect();
        let drawn = text::render(&any, Canvas { width: 200, unicode: true });
        let drawn = crate::ui::without_styles(&drawn);
        let columns: Vec<Option<usize>> = drawn.lines().map(|line| line.chars().position(|c| c == '●')).collect();
        prop_assert_eq!(columns.len(), 10);
        for (above, pair) in columns.windows(2).enumerate() {
            let is_needed = any.edges.iter().any(|edge| (edge.from, edge.to) == (above, above + 1));
            prop_assert!(is_needed || pair[0] != pair[1], "{}", drawn);
        }
    }
}

/// A pipeline of `count` steps that read one source, work in `kinds` ways and end in one.
fn wide(count: usize, kinds: usize) -> Dag {
    let mut names = vec!["source".to_owned()];
    let mut edges = Vec::new();
    for at in 0..count {
        let name = format!("{}_{at}", ["load", "fit", "score", "plot"][at % kinds]);
        edges.push(format!("source {name} rows rows"));
        edges.push(format!("{name} end part part"));
        names.push(name);
    }
    names.push("end".to_owned());
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    dag(&names.join(" "), &edges)
}

#[test]
fn many_steps_are_drawn_as_few_and_what_went_wrong_stays_by_itself() {
    let mut many = wide(900, 3);
    many.nodes[7].tone = Tone::Bad;
    many.nodes[8].tone = Tone::Warn;
    let few = condense::condense(&many, 120);
    let shown = few.nodes.iter().map(|node| {
        let first = node.members[0];
        format!(
            "{} | {} | {} | {first} and {} more",
            node.name,
            node.detail,
            node.state,
            node.members.len() - 1
        )
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r"
    source | scripts/source.py | complete | 0 and 0 more
    load_* | 299 steps, scripts/load_*.py | 299 complete | 1 and 298 more
    fit_* | 299 steps, scripts/fit_*.py | 299 complete | 2 and 298 more
    score_* | 300 steps, scripts/score_*.py | 300 complete | 3 and 299 more
    load_6 | scripts/load_6.py | complete | 7 and 0 more
    fit_7 | scripts/fit_7.py | complete | 8 and 0 more
    end | scripts/end.py | complete | 901 and 0 more
    ");
    assert_eq!(few.edges.len(), 10);
    assert_eq!(condense::condense(&penguins(), 9), penguins());
}

proptest! {
    /// However a pipeline is shaped, it becomes as small as it has to be, no step is lost, and no way runs in a circle.
    #[test]
    fn groups_hold_every_step_and_run_one_way(
        count in 1..80usize,
        links in proptest::collection::vec((any::<usize>(), any::<usize>()), 0..120),
        states in proptest::collection::vec(0..4usize, 1..80),
        most in 1..30usize,
    ) {
        let names: Vec<String> = (0..count).map(|at| format!("{}{at}", ["a", "load_", "fit-"][at % 3])).collect();
        let mut whole = dag(&names.join(" "), &[]);
        for (at, node) in whole.nodes.iter_mut().enumerate() {
            node.tone = [Tone::Good, Tone::Bad, Tone::Warn, Tone::Dim][states[at % states.len()]];
        }
        for (a, b) in links {
            let (from, to) = (a % count, b % count);
            if from < to {
                whole.edges.push(Edge { from, to, wires: Vec::new() });
            }
        }
        let few = condense::condense(&whole, most);
        prop_assert!(few.nodes.len() <= most.max(1));
        let mut all: Vec<usize> = few.nodes.iter().flat_map(|node| node.members.clone()).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        prop_assert!(few.edges.iter().all(|edge| edge.from < edge.to));
        for edge in &whole.edges {
            let group = |step: usize| few.nodes.iter().position(|node| node.members.contains(&step));
            let (from, to) = (group(edge.from), group(edge.to));
            prop_assert!(from == to || few.edges.iter().any(|few| (Some(few.from), Some(few.to)) == (from, to)));
        }
        let _ = svg::render(&few, svg::Within::Page);
    }
}
