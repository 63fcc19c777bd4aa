//! One namespace: its nodes in layers, and those without calls in a grid below.

use super::layers::layering;
use super::order::{Layered, order};
use super::place::middles;
use super::{Input, Rectangle, Region, Side, at, put, root};
use std::collections::{BTreeMap, BTreeSet};

/// Space between a frame and what is in it.
const PADDING: i32 = 22;
/// Space for the name of a namespace.
const TITLE: i32 = 30;
/// Space between two nodes of a column.
pub(super) const ROW_GAP: i32 = 20;
/// Space between two columns of a grid.
const GRID_GAP: i32 = 24;
/// Height of an edge where it passes a column, with the space around it.
const LANE: i32 = 12;
/// A namespace with more nodes or edges than these becomes a grid.
const MAX_LAYERED: (usize, usize) = (400, 2_000);
/// With more passages of edges through columns than this, edges run straight.
const MAX_BENDS: usize = 6_000;

/// A namespace that is laid out, with its upper left corner at 0, 0.
pub(super) struct Block {
    /// Its nodes, by index in the input.
    pub(super) members: Vec<usize>,
    /// Where they are.
    pub(super) boxes: Vec<Rectangle>,
    pub(super) width: i32,
    pub(super) height: i32,
    /// The lanes of edges inside, in the direction of the edge.
    inner: BTreeMap<usize, Vec<Lane>>,
    /// The lanes from nodes out of the namespace.
    exits: BTreeMap<Exit, Vec<Lane>>,
}

/// The way of an edge through one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    /// Where the edge enters the column.
    pub(super) enter: i32,
    /// Where it leaves it.
    pub(super) leave: i32,
    pub(super) y: i32,
    /// 1 to the right, -1 to the left; the passage through a frame has no length.
    pub(super) heading: i32,
}

impl Lane {
    fn reversed(self) -> Self {
        Self { enter: self.leave, leave: self.enter, heading: -self.heading, ..self }
    }

    fn moved(self, x: i32, y: i32) -> Self {
        Self { enter: self.enter + x, leave: self.leave + x, y: self.y + y, ..self }
    }
}

/// How edges of a class leave or reach a node, which is named by its index in the input, from or to somewhere else.
type Exit = (usize, Side, u8);

/// Lays every namespace out. `sides` has the sides of the edges that leave one namespace and reach another.
pub(super) fn blocks(input: &Input, sides: &[Option<(Side, Side)>]) -> Vec<Block> {
    let mut parts: Vec<Part> = (0..input.groups).map(|_| Part::default()).collect();
    let mut local = vec![0; input.boxes.len()];
    for (index, one) in input.boxes.iter().enumerate() {
        if let Region::Group(group) = one.region
            && let Some(part) = parts.get_mut(group)
        {
            put(&mut local, index, part.members.len());
            part.members.push(index);
        }
    }
    let group = |node: usize| match input.boxes.get(node).map(|one| one.region) {
        Some(Region::Group(group)) => Some(group),
        _ => None,
    };
    for (index, edge) in input.edges.iter().enumerate() {
        if let (Some(own), true) = (group(edge.from), group(edge.from) == group(edge.to))
            && let Some(part) = parts.get_mut(own).filter(|_| edge.from != edge.to)
        {
            part.edges.push((index, (at(&local, edge.from), at(&local, edge.to))));
        }
        if let Some((leaves, arrives)) = at(sides, index) {
            for (node, side) in [(edge.from, leaves), (edge.to, arrives)] {
                if let Some(part) = group(node).and_then(|group| parts.get_mut(group)) {
                    part.exits.insert((at(&local, node), side, edge.class));
                }
            }
        }
    }
    parts.into_iter().map(|part| part.block(input)).collect()
}

/// The lanes of every edge. `frames` is where the namespaces are.
pub(super) fn lanes(
    input: &Input,
    blocks: &[Block],
    frames: &[Rectangle],
    sides: &[Option<(Side, Side)>],
) -> Vec<Vec<Lane>> {
    let mut exits: BTreeMap<Exit, Vec<Lane>> = BTreeMap::new();
    let mut lanes = vec![Vec::new(); input.edges.len()];
    for (block, frame) in blocks.iter().zip(frames) {
        let moved = |lanes: &Vec<Lane>| lanes.iter().map(|lane| lane.moved(frame.x, frame.y)).collect();
        exits.extend(block.exits.iter().map(|(exit, lanes)| (*exit, moved(lanes))));
        for (&edge, inner) in &block.inner {
            put(&mut lanes, edge, moved(inner));
        }
    }
    for (index, edge) in input.edges.iter().enumerate() {
        let Some((leaves, arrives)) = at(sides, index) else { continue };
        let of = |node, side| exits.get(&(node, side, edge.class)).map(Vec::as_slice).unwrap_or_default();
        let out = of(edge.from, leaves).iter().copied();
        let back = of(edge.to, arrives).iter().rev().map(|lane| lane.reversed());
        put(&mut lanes, index, out.chain(back).collect());
    }
    lanes
}

/// A namespace before it is laid out; nodes are named by their index in `members`.
#[derive(Default)]
struct Part {
    members: Vec<usize>,
    /// Edges by their index in the input.
    edges: Vec<(usize, (usize, usize))>,
    exits: BTreeSet<Exit>,
}

impl Part {
    fn block(mut self, input: &Input) -> Block {
        let size = |&member: &usize| input.boxes.get(member).map(|one| (one.width, one.height)).unwrap_or_default();
        let sizes: Vec<(i32, i32)> = self.members.iter().map(size).collect();
        if self.members.len() > MAX_LAYERED.0 || self.edges.len() > MAX_LAYERED.1 {
            self.edges.clear();
            self.exits.clear();
        }
        let mut is_linked = vec![false; self.members.len()];
        let inner = self.edges.iter().flat_map(|&(_, (from, to))| [from, to]);
        for node in inner.chain(self.exits.iter().map(|(node, ..)| *node)) {
            put(&mut is_linked, node, true);
        }
        let (linked, others): (Vec<usize>, Vec<usize>) =
            (0..self.members.len()).partition(|&node| at(&is_linked, node));
        let mut block = Block {
            boxes: vec![Rectangle::default(); self.members.len()],
            width: 0,
            height: TITLE,
            inner: BTreeMap::new(),
            exits: BTreeMap::new(),
            members: Vec::new(),
        };
        if !linked.is_empty() {
            self.layered(input.column_gap, &linked, &sizes, &mut block);
        }
        if !others.is_empty() {
            block.height += if linked.is_empty() { 0 } else { ROW_GAP };
            grid(&others, &sizes, &mut block);
        }
        block.members = self.members;
        block.width += 2 * PADDING;
        block.height += PADDING;
        block
    }

    /// Puts the linked nodes into layers.
    fn layered(&self, column_gap: i32, linked: &[usize], sizes: &[(i32, i32)], block: &mut Block) {
        let mut local = vec![0; sizes.len()];
        for (index, &node) in linked.iter().enumerate() {
            put(&mut local, node, index);
        }
        let links: Vec<(usize, usize)> =
            self.edges.iter().map(|&(_, (from, to))| (at(&local, from), at(&local, to))).collect();
        let mut is_last = vec![false; linked.len()];
        for &(node, side, _) in &self.exits {
            put(&mut is_last, at(&local, node), side == Side::Right);
        }
        let layering = layering(linked.len(), &links, &is_last);
        // Every exit is a vertex in a layer of its own, left or right of all nodes.
        let mut layer: Vec<usize> = layering.layer.iter().map(|layer| layer + 1).collect();
        let right = layer.iter().copied().max().unwrap_or_default() + 1;
        let outgoing: Vec<Exit> = self.exits.iter().copied().collect();
        let exits =
            outgoing.iter().zip(linked.len()..).map(|(&(node, side, _), vertex)| (at(&local, node), vertex, side));
        let exits: Vec<(usize, usize, Side)> = exits.collect();
        layer.extend(exits.iter().map(|(.., side)| if *side == Side::Left { 0 } else { right }));
        let inner = links.iter().zip(&layering.is_reversed);
        let inner = inner.map(|(&(from, to), &is_reversed)| if is_reversed { (to, from) } else { (from, to) });
        let outer =
            exits.iter().map(|&(node, exit, side)| if side == Side::Left { (exit, node) } else { (node, exit) });
        let all: Vec<(usize, usize)> = inner.chain(outer).collect();
        let length = |&(from, to): &(usize, usize)| at(&layer, to).saturating_sub(at(&layer, from));
        let bends: usize = all.iter().map(|link| length(link).saturating_sub(1)).sum();
        let takes_part = |link: &usize| bends <= MAX_BENDS || (*link < links.len() && length(&at(&all, *link)) == 1);
        let part: Vec<usize> = (0..all.len()).filter(takes_part).collect();
        let layered = order(&layer, &part.iter().map(|&link| at(&all, link)).collect::<Vec<_>>());
        let columns = Columns::new(&layered, linked, sizes, column_gap, block.height);
        for (&node, rectangle) in linked.iter().zip(&columns.boxes) {
            put(&mut block.boxes, node, *rectangle);
        }
        block.width = columns.width;
        block.height += columns.height;
        let lane = |vertex: &usize| at(&columns.lanes, *vertex);
        for (&link, bends) in part.iter().zip(&layered.bends) {
            let passing = bends.iter().filter_map(lane);
            match (self.edges.get(link), outgoing.get(link.saturating_sub(links.len()))) {
                (Some(&(edge, _)), _) if at(&layering.is_reversed, link) => {
                    let lanes = passing.rev().map(Lane::reversed);
                    block.inner.insert(edge, lanes.collect());
                }
                (Some(&(edge, _)), _) => {
                    block.inner.insert(edge, passing.collect());
                }
                (None, Some(&(node, side, class))) => {
                    let (start, end) = at(&all, link);
                    let lanes: Vec<Lane> = if side == Side::Left {
                        lane(&start).into_iter().chain(passing).rev().map(Lane::reversed).collect()
                    } else {
                        passing.chain(lane(&end)).collect()
                    };
                    block.exits.insert((at(&self.members, node), side, class), lanes);
                }
                (None, None) => {}
            }
        }
    }
}

/// Where the vertices of a layered graph are.
struct Columns {
    /// The boxes of the nodes.
    boxes: Vec<Rectangle>,
    /// For each vertex that is no node its lane, from left to right.
    lanes: Vec<Option<Lane>>,
    width: i32,
    height: i32,
}

impl Columns {
    fn new(layered: &Layered, linked: &[usize], sizes: &[(i32, i32)], column_gap: i32, down: i32) -> Self {
        let vertices = layered.before.len();
        let size = |vertex: usize| linked.get(vertex).map_or((0, 0), |&node| at(sizes, node));
        let space = |vertex: usize| linked.get(vertex).map_or(LANE, |&node| at(sizes, node).1 + ROW_GAP);
        let spaces: Vec<i32> = (0..vertices).map(space).collect();
        let middles = middles(layered, &spaces);
        let edge = |vertex: usize, sign: i32| at(&middles, vertex) + sign * at(&spaces, vertex) / 2;
        let top = (0..vertices).map(|vertex| edge(vertex, -1)).min().unwrap_or_default();
        let bottom = (0..vertices).map(|vertex| edge(vertex, 1)).max().unwrap_or_default();
        let mut columns = Self {
            boxes: vec![Rectangle::default(); linked.len()],
            lanes: vec![None; vertices],
            width: 0,
            height: bottom - top,
        };
        let mut x = 0;
        for (index, layer) in layered.layers.iter().enumerate() {
            let width = layer.iter().map(|&vertex| size(vertex).0).max().unwrap_or_default();
            let (left, right) = match index {
                0 => (0, 0),
                _ if width == 0 => (columns.width + 2 * PADDING, columns.width + 2 * PADDING),
                _ => (x + PADDING, x + width + PADDING),
            };
            for &vertex in layer {
                let y = at(&middles, vertex) - top + down;
                let (own, height) = size(vertex);
                if vertex < linked.len() {
                    let rectangle = Rectangle { x: left + (width - own) / 2, y: y - height / 2, width: own, height };
                    put(&mut columns.boxes, vertex, rectangle);
                } else {
                    put(&mut columns.lanes, vertex, Some(Lane { enter: left, leave: right, y, heading: 1 }));
                }
            }
            if width > 0 {
                columns.width = x + width;
                x += width + column_gap;
            }
        }
        columns
    }
}

/// Rows of nodes at the bottom of a block, about as wide as it is or as looks good.
fn grid(nodes: &[usize], sizes: &[(i32, i32)], block: &mut Block) {
    let size = |node: usize| at(sizes, node);
    let cell = nodes.iter().map(|&node| size(node).0).max().unwrap_or_default() + GRID_GAP;
    let row = nodes.iter().map(|&node| size(node).1).max().unwrap_or_default() + ROW_GAP;
    let fitting = usize::try_from((block.width + GRID_GAP) / cell).unwrap_or_default();
    let columns = fitting.max(root(nodes.len().div_ceil(2))).max(1);
    let (mut x, mut y) = (0, 0);
    for (index, &node) in nodes.iter().enumerate() {
        if index > 0 && index % columns == 0 {
            (x, y) = (0, y + row);
        }
        let (width, height) = size(node);
        put(&mut block.boxes, node, Rectangle { x: x + PADDING, y: y + block.height, width, height });
        x += cell;
    }
    let used = i32::try_from(columns.min(nodes.len())).unwrap_or_default();
    block.width = block.width.max(used * cell - GRID_GAP);
    block.height += y + row - ROW_GAP;
}
