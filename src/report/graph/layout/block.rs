//! One namespace: its nodes in layers, and those without calls in the namespace in a grid below.

use super::layers::layering;
use super::order::order;
use super::place::middles;
use super::{Input, Rectangle, Region, at, list, push, put, root};

/// Space between a frame and what is in it.
const PADDING: i32 = 22;
/// Space for the name of a namespace.
pub(super) const TITLE: i32 = 30;
/// Space between two nodes of a column.
pub(super) const ROW_GAP: i32 = 20;
/// Space between two columns of a grid.
const GRID_GAP: i32 = 24;
/// Height of an edge where it passes a column.
const BEND: i32 = 6;
/// A namespace with more nodes or edges than these becomes a grid.
const MAX_LAYERED: (usize, usize) = (400, 2_000);
/// The same for what edges over many layers add.
const MAX_BENDS: usize = 6_000;

/// A namespace that is laid out, with its upper left corner at 0, 0.
pub(super) struct Block {
    /// Its nodes, by index in the input.
    pub(super) members: Vec<usize>,
    /// Where they are.
    pub(super) boxes: Vec<Rectangle>,
    pub(super) width: i32,
    pub(super) height: i32,
    /// For edges that pass columns the lanes in which they do, in the direction of the edge.
    pub(super) detours: Vec<(usize, Vec<Lane>)>,
}

/// The way of an edge through one column.
#[derive(Clone, Copy)]
pub(super) struct Lane {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) y: i32,
}

/// Lays every namespace out.
pub(super) fn blocks(input: &Input) -> Vec<Block> {
    let mut members = vec![Vec::new(); input.groups];
    let mut local = vec![0; input.boxes.len()];
    for (index, one) in input.boxes.iter().enumerate() {
        if let Region::Group(group) = one.region {
            put(&mut local, index, list(&members, group).len());
            push(&mut members, group, index);
        }
    }
    let mut edges: Vec<Vec<(usize, (usize, usize))>> = vec![Vec::new(); input.groups];
    for (index, edge) in input.edges.iter().enumerate() {
        let region = |node: usize| input.boxes.get(node).map(|one| one.region);
        if let (Some(Region::Group(group)), true) = (region(edge.from), region(edge.from) == region(edge.to))
            && edge.from != edge.to
        {
            push(&mut edges, group, (index, (at(&local, edge.from), at(&local, edge.to))));
        }
    }
    members.into_iter().zip(edges).map(|(members, edges)| block(input, members, &edges)).collect()
}

fn block(input: &Input, members: Vec<usize>, edges: &[(usize, (usize, usize))]) -> Block {
    let sizes: Vec<(i32, i32)> = members
        .iter()
        .map(|&member| input.boxes.get(member).map(|one| (one.width, one.height)).unwrap_or_default())
        .collect();
    let is_large = members.len() > MAX_LAYERED.0 || edges.len() > MAX_LAYERED.1;
    let mut is_linked = vec![false; members.len()];
    for &(_, (from, to)) in edges.iter().filter(|_| !is_large) {
        put(&mut is_linked, from, true);
        put(&mut is_linked, to, true);
    }
    let linked: Vec<usize> = (0..members.len()).filter(|&node| at(&is_linked, node)).collect();
    let others: Vec<usize> = (0..members.len()).filter(|&node| !at(&is_linked, node)).collect();
    let mut boxes = vec![Rectangle::default(); members.len()];
    let (mut width, mut bottom) = (0, TITLE);
    let mut detours = Vec::new();
    if !linked.is_empty() {
        let part = layered(input.column_gap, &linked, &sizes, edges);
        for (&node, own) in linked.iter().zip(part.boxes) {
            put(&mut boxes, node, Rectangle { x: own.x + PADDING, y: own.y + bottom, ..own });
        }
        let moved = |lane: Lane| Lane { left: lane.left + PADDING, right: lane.right + PADDING, y: lane.y + bottom };
        detours.extend(part.detours.into_iter().map(|(edge, lanes)| (edge, lanes.into_iter().map(moved).collect())));
        width = part.width;
        bottom += part.height;
    }
    if !others.is_empty() {
        bottom += if linked.is_empty() { 0 } else { ROW_GAP };
        let (grid_width, grid_height) = grid(&others, &sizes, width, bottom, &mut boxes);
        width = width.max(grid_width);
        bottom += grid_height;
    }
    Block { members, boxes, width: width + 2 * PADDING, height: bottom + PADDING, detours }
}

struct LayeredPart {
    boxes: Vec<Rectangle>,
    width: i32,
    height: i32,
    detours: Vec<(usize, Vec<Lane>)>,
}

/// `linked` are the nodes in question; `sizes` and `edges` are about all nodes of the namespace.
fn layered(
    column_gap: i32,
    linked: &[usize],
    sizes: &[(i32, i32)],
    edges: &[(usize, (usize, usize))],
) -> LayeredPart {
    let mut local = vec![0; sizes.len()];
    for (index, &node) in linked.iter().enumerate() {
        put(&mut local, node, index);
    }
    let links: Vec<(usize, usize)> = edges.iter().map(|&(_, (from, to))| (at(&local, from), at(&local, to))).collect();
    let layering = layering(linked.len(), &links);
    let forward = links.iter().zip(&layering.is_reversed).map(|(&(from, to), &back)| if back { (to, from) } else { (from, to) });
    let forward: Vec<(usize, usize)> = forward.collect();
    let length = |&(from, to): &(usize, usize)| at(&layering.layer, to).saturating_sub(at(&layering.layer, from));
    let bends: usize = forward.iter().map(|link| length(link).saturating_sub(1)).sum();
    // With too many bends, edges over several layers do not take part and run straight.
    let takes_part = |link: &(usize, usize)| bends <= MAX_BENDS || length(link) == 1;
    let part: Vec<usize> = (0..forward.len()).filter(|&link| takes_part(&at(&forward, link))).collect();
    let layered = order(&layering.layer, &part.iter().map(|&link| at(&forward, link)).collect::<Vec<_>>());
    let vertices = layered.before.len();
    let size = |vertex: usize| linked.get(vertex).map_or((0, BEND), |&node| at(sizes, node));
    let heights: Vec<i32> = (0..vertices).map(|vertex| size(vertex).1).collect();
    let middles = middles(&layered, &heights, ROW_GAP);
    let top = (0..vertices).map(|vertex| at(&middles, vertex) - at(&heights, vertex) / 2).min().unwrap_or_default();
    let bottom = (0..vertices).map(|vertex| at(&middles, vertex) + at(&heights, vertex) / 2).max().unwrap_or_default();
    let mut boxes = vec![Rectangle::default(); linked.len()];
    let mut lanes = vec![None; vertices];
    let mut x = 0;
    for layer in &layered.layers {
        let width = layer.iter().map(|&vertex| size(vertex).0).max().unwrap_or_default();
        for &vertex in layer {
            let y = at(&middles, vertex) - top;
            if vertex < layered.nodes {
                let (own, height) = size(vertex);
                let rectangle = Rectangle { x: x + (width - own) / 2, y: y - height / 2, width: own, height };
                put(&mut boxes, vertex, rectangle);
            } else {
                put(&mut lanes, vertex, Some(Lane { left: x, right: x + width, y }));
            }
        }
        x += width + column_gap;
    }
    let detours = part.iter().zip(&layered.bends).filter_map(|(&link, bends)| {
        let mut own: Vec<Lane> = bends.iter().filter_map(|&bend| at(&lanes, bend)).collect();
        if at(&layering.is_reversed, link) {
            own.reverse();
        }
        let (edge, _) = *edges.get(link)?;
        (!own.is_empty()).then_some((edge, own))
    });
    LayeredPart { width: x - column_gap, height: bottom - top, detours: detours.collect(), boxes }
}

/// Rows of nodes, about as wide as the block is or as looks good. Gives the size.
fn grid(nodes: &[usize], sizes: &[(i32, i32)], width: i32, top: i32, boxes: &mut [Rectangle]) -> (i32, i32) {
    let size = |node: usize| at(sizes, node);
    let cell = nodes.iter().map(|&node| size(node).0).max().unwrap_or_default() + GRID_GAP;
    let row = nodes.iter().map(|&node| size(node).1).max().unwrap_or_default() + ROW_GAP;
    let fitting = usize::try_from((width + GRID_GAP) / cell).unwrap_or_default();
    let columns = fitting.max(root(nodes.len().div_ceil(2))).max(1);
    let (mut x, mut y) = (0, 0);
    for (index, &node) in nodes.iter().enumerate() {
        if index > 0 && index % columns == 0 {
            (x, y) = (0, y + row);
        }
        let (own, height) = size(node);
        put(boxes, node, Rectangle { x: x + PADDING, y: y + top, width: own, height });
        x += cell;
    }
    let used = i32::try_from(columns.min(nodes.len())).unwrap_or_default();
    (used * cell - GRID_GAP, y + row - ROW_GAP)
}
