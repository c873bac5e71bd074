//! Owns the places of boxes and lines: layers from left to right, few crossings, straight long lines. Knows boxes by
//! number. Bounded: a graph whose long lines would need too many bends gets straight ones.

use std::collections::VecDeque;

/// Room between boxes of a layer.
const GAP: f64 = 18.0;
/// Room for the bend of a line between two layers.
const BEND: f64 = 56.0;
/// The height that a passing line takes in a layer.
const LANE: f64 = 10.0;
/// The usual distance between lines that arrive at a box.
const PORT: f64 = 17.0;
/// The most height that arriving lines may ask of a box.
const PORTS: f64 = 240.0;
/// The most bends in all lines together.
const BENDS: usize = 20_000;
/// Of a graph with more boxes and bends, crossings are looked at less often.
const LARGE: usize = 3_000;

/// A line to draw, and the room that its label takes before its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: f64,
}

/// A box with its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Placed {
    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A straight piece of a line, from left to right; bends lie between pieces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) x: (f64, f64),
    pub(super) y: f64,
}

/// Where everything lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Beside the boxes asked for.
    pub(super) boxes: Vec<Placed>,
    /// Beside the links asked for; the last piece is the one with room for a label.
    pub(super) lines: Vec<Vec<Piece>>,
    /// The distance between lines that arrive at each box.
    pub(super) ports: Vec<f64>,
}

/// A box or a bend in its layer.
struct Item {
    layer: usize,
    height: f64,
    before: Vec<usize>,
    after: Vec<usize>,
    is_bend: bool,
}

/// Finds a place for boxes of these widths and heights. Links of a circle are drawn, but order nothing.
pub(super) fn lay_out(sizes: &[(f64, f64)], links: &[Link]) -> Layout {
    let layers = layers(sizes.len(), links);
    let forward = |link: &Link| layers[link.from] < layers[link.to];
    let mut arriving = vec![0_usize; sizes.len()];
    for link in links {
        arriving[link.to] += 1;
    }
    let ports: Vec<f64> = arriving
        .iter()
        .map(|&count| PORT.min(PORTS / count.max(1) as f64))
        .collect();
    let mut items: Vec<Item> = sizes
        .iter()
        .enumerate()
        .map(|(at, &(_, height))| Item {
            layer: layers[at],
            height: height.max(ports[at] * (arriving[at] as f64 + 0.5)),
            before: Vec::new(),
            after: Vec::new(),
            is_bend: false,
        })
        .collect();
    let bends: usize = links
        .iter()
        .filter(|link| forward(link))
        .map(|link| layers[link.to] - layers[link.from] - 1)
        .sum();
    let chains: Vec<Vec<usize>> = links
        .iter()
        .map(|link| match forward(link) {
            true => chain(&mut items, &layers, link, bends <= BENDS),
            false => Vec::new(),
        })
        .collect();

    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layers.iter().max().map_or(0, |l| l + 1)];
    for (at, item) in items.iter().enumerate() {
        rows[item.layer].push(at);
    }
    uncross(&items, &mut rows);
    let middles = settle(&items, &rows);

    let widths: Vec<f64> = rows
        .iter()
        .map(|row| {
            let widths = row.iter().filter_map(|&at| sizes.get(at));
            widths.map(|size| size.0).fold(0.0, f64::max)
        })
        .collect();
    let mut labels = vec![0.0_f64; rows.len()];
    for link in links.iter().filter(|link| forward(link)) {
        labels[layers[link.to]] = labels[layers[link.to]].max(link.label);
    }
    let mut columns = Vec::with_capacity(rows.len());
    let mut x = 0.0;
    for (layer, width) in widths.iter().enumerate() {
        if layer > 0 {
            x += BEND + labels[layer];
        }
        columns.push(x);
        x += width;
    }
    let boxes: Vec<Placed> = sizes
        .iter()
        .enumerate()
        .map(|(at, &(width, _))| Placed {
            x: columns[layers[at]],
            y: middles[at] - items[at].height / 2.0,
            width: widths[layers[at]].max(width),
            height: items[at].height,
        })
        .collect();
    let arrivals = arrivals(links, &chains, &middles, &boxes, &ports);
    let lines = links
        .iter()
        .zip(&chains)
        .zip(&arrivals)
        .map(|((link, chain), &arrival)| {
            let from = &boxes[link.from];
            let (start, end) = (from.x + from.width, boxes[link.to].x);
            let bends = chain.iter().skip(1).rev().skip(1).rev();
            let mut pieces = vec![Piece {
                x: (start, start),
                y: from.middle(),
            }];
            pieces.extend(bends.map(|&bend| {
                let layer = items[bend].layer;
                Piece {
                    x: (columns[layer], columns[layer] + widths[layer]),
                    y: middles[bend],
                }
            }));
            let room = if chain.is_empty() {
                0.0
            } else {
                labels[layers[link.to]]
            };
            pieces.push(Piece {
                x: (end - room, end),
                y: arrival,
            });
            pieces
        })
        .collect();
    let height = boxes
        .iter()
        .map(|placed| placed.y + placed.height)
        .chain(middles.iter().copied())
        .fold(0.0, f64::max);
    Layout {
        width: x,
        height,
        boxes,
        lines,
        ports,
    }
}

/// The layer of each box: after all that it needs; one that needs nothing stands right before what needs it.
fn layers(count: usize, links: &[Link]) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    let mut open = vec![0_usize; count];
    let mut after = vec![Vec::new(); count];
    for link in links {
        open[link.to] += 1;
        after[link.from].push(link.to);
    }
    let first: Vec<usize> = (0..count).filter(|&at| open[at] == 0).collect();
    let mut ready: VecDeque<usize> = first.iter().copied().collect();
    while let Some(at) = ready.pop_front() {
        for &next in &after[at] {
            layers[next] = layers[next].max(layers[at] + 1);
            open[next] -= 1;
            if open[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    for at in first {
        if let Some(next) = after[at].iter().map(|&next| layers[next]).min() {
            layers[at] = next.saturating_sub(1);
        }
    }
    layers
}

/// Joins the ends of a link through a bend in every layer between, where bends are wanted.
fn chain(items: &mut Vec<Item>, layers: &[usize], link: &Link, bent: bool) -> Vec<usize> {
    let mut chain = vec![link.from];
    let between = match bent {
        true => layers[link.from] + 1..layers[link.to],
        false => 0..0,
    };
    for layer in between {
        chain.push(items.len());
        items.push(Item {
            layer,
            height: LANE,
            before: Vec::new(),
            after: Vec::new(),
            is_bend: true,
        });
    }
    chain.push(link.to);
    for pair in chain.windows(2) {
        items[pair[0]].after.push(pair[1]);
        items[pair[1]].before.push(pair[0]);
    }
    chain
}

/// Orders each layer so that few lines cross: each item towards the middle of its neighbours, back and forth, keeping
/// the best order met.
fn uncross(items: &[Item], rows: &mut [Vec<usize>]) {
    let rounds = if items.len() > LARGE { 2 } else { 12 };
    let mut place = vec![0.0; items.len()];
    let number = |row: &[usize], place: &mut [f64]| {
        for (at, &item) in row.iter().enumerate() {
            place[item] = at as f64;
        }
    };
    for row in rows.iter() {
        number(row, &mut place);
    }
    let mut best = (crossings(items, rows, &place), rows.to_vec());
    for round in 0..rounds {
        let down = round % 2 == 0;
        for step in 0..rows.len() {
            let layer = if down { step } else { rows.len() - 1 - step };
            let mut keyed: Vec<(f64, usize)> = rows[layer]
                .iter()
                .map(|&item| {
                    let neighbours = match down {
                        true => &items[item].before,
                        false => &items[item].after,
                    };
                    (mean(neighbours, &place).unwrap_or(place[item]), item)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[layer] = keyed.into_iter().map(|(_, item)| item).collect();
            number(&rows[layer], &mut place);
        }
        let count = crossings(items, rows, &place);
        if count < best.0 {
            best = (count, rows.to_vec());
        }
    }
    rows.clone_from_slice(&best.1);
}

fn mean(neighbours: &[usize], value: &[f64]) -> Option<f64> {
    let sum: f64 = neighbours.iter().map(|&n| value[n]).sum();
    (!neighbours.is_empty()).then(|| sum / neighbours.len() as f64)
}

/// How many pairs of lines cross, counted by a tree of sums.
fn crossings(items: &[Item], rows: &[Vec<usize>], place: &[f64]) -> usize {
    let mut count = 0;
    for pair in rows.windows(2) {
        let mut tree = vec![0_usize; pair[1].len() + 1];
        let mut seen = 0;
        for &item in &pair[0] {
            let mut ends: Vec<usize> = items[item]
                .after
                .iter()
                .filter(|&&next| items[next].layer == items[item].layer + 1)
                .map(|&next| place[next] as usize)
                .collect();
            ends.sort_unstable();
            for &end in &ends {
                let (mut at, mut before) = (end + 1, 0);
                while at > 0 {
                    before += tree[at];
                    at &= at - 1;
                }
                count += seen - before;
            }
            for &end in &ends {
                let mut at = end + 1;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    count
}

/// The height of each item's middle: as near to its neighbours as its layer lets it.
fn settle(items: &[Item], rows: &[Vec<usize>]) -> Vec<f64> {
    let mut middles = vec![0.0; items.len()];
    for row in rows {
        let wanted = vec![0.0; row.len()];
        spread(items, row, &wanted, &mut middles);
    }
    let rounds = if items.len() > LARGE { 4 } else { 16 };
    for round in 0..rounds {
        let down = round % 2 == 0;
        for step in 0..rows.len() {
            let row = &rows[if down { step } else { rows.len() - 1 - step }];
            let wanted: Vec<f64> = row
                .iter()
                .map(|&at| {
                    let item = &items[at];
                    let both = [mean(&item.before, &middles), mean(&item.after, &middles)];
                    match both {
                        // The last rounds look both ways, which centres.
                        [Some(a), Some(b)] if round + 4 >= rounds => f64::midpoint(a, b),
                        [Some(a), _] if down => a,
                        [_, Some(b)] if !down => b,
                        [a, b] => a.or(b).unwrap_or(middles[at]),
                    }
                })
                .collect();
            spread(items, row, &wanted, &mut middles);
        }
    }
    let top = |at: &usize| middles[*at] - items[*at].height / 2.0;
    let top = (0..items.len()).map(|at| top(&at)).fold(f64::MAX, f64::min);
    middles.iter().map(|middle| middle - top).collect()
}

/// Moves the items of a layer as near to what they want as their order and sizes let them: least squares, by pooling
/// neighbours that would overlap.
fn spread(items: &[Item], row: &[usize], wanted: &[f64], middles: &mut [f64]) {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new(); // weighted sum, weight, how many
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for (at, &item) in row.iter().enumerate() {
        if at > 0 {
            let half = f64::midpoint(items[row[at - 1]].height, items[item].height);
            offset += half + GAP;
        }
        offsets.push(offset);
        let weight = if items[item].is_bend { 3.0 } else { 1.0 };
        pools.push(((wanted[at] - offset) * weight, weight, 1));
        while let [.., a, b] = pools.as_slice()
            && a.0 / a.1 > b.0 / b.1
        {
            let joined = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    let values = pools
        .iter()
        .flat_map(|&(sum, weight, count)| std::iter::repeat_n(sum / weight, count));
    for ((&item, offset), value) in row.iter().zip(offsets).zip(values) {
        middles[item] = value + offset;
    }
}

/// The height at which each link arrives: those of one box side by side, in the order in which they come.
fn arrivals(
    links: &[Link],
    chains: &[Vec<usize>],
    middles: &[f64],
    boxes: &[Placed],
    ports: &[f64],
) -> Vec<f64> {
    let mut of_box: Vec<Vec<(f64, usize)>> = vec![Vec::new(); boxes.len()];
    for (at, (link, chain)) in links.iter().zip(chains).enumerate() {
        let last = chain.iter().rev().nth(1).copied().unwrap_or(link.from);
        of_box[link.to].push((middles[last], at));
    }
    let mut heights = vec![0.0; links.len()];
    for (at, mut arriving) in of_box.into_iter().enumerate() {
        arriving.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let first = (arriving.len().max(1) - 1) as f64 / 2.0;
        for (port, (_, link)) in arriving.into_iter().enumerate() {
            heights[link] = boxes[at].middle() + (port as f64 - first) * ports[at];
        }
    }
    heights
}
