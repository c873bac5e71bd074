use proptest::prelude::*;

use super::text::Canvas;
use super::*;

/// A DAG of steps named in `names`, with edges `from to output input`.
fn dag(names: &str, edges: &[&str]) -> Dag {
    let nodes: Vec<Node> = names
        .split_whitespace()
        .map(|name| Node {
            name: name.to_owned(),
            detail: format!("scripts/{name}.py"),
            state: "complete".to_owned(),
            tone: Tone::Good,
            notes: Vec::new(),
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
}
