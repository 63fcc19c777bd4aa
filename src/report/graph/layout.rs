//! Where everything goes: a layered layout for every namespace, and the namespaces side by side.
//!
//! Calls run from left to right. Each namespace is laid out by itself after Sugiyama: cycles are broken, nodes get layers, nodes of
//! a layer are ordered to have few crossings and moved towards their neighbours. The boxes of the namespaces are then packed into
//! columns, callers first, with what is outside of every namespace in a column of its own on the left and on the right.
//!
//! Coordinates are integers and depend on the order of the input alone. Work grows with the size of the graph and not faster:
//! every phase has a fixed number of passes, and a namespace that is too large for a layered layout becomes a grid.

mod block;
mod layers;
mod order;
mod pack;
mod place;
mod route;

pub(super) use route::Path;
use std::cmp::Ordering;

/// What is to be laid out.
pub(super) struct Input {
    /// The boxes, in drawing order.
    pub(super) boxes: Vec<InputBox>,
    /// The namespaces.
    pub(super) groups: usize,
    /// Source and destination of every edge, and the size of its label.
    pub(super) edges: Vec<InputEdge>,
    /// Space between two columns, in which the labels of edges stand.
    pub(super) column_gap: i32,
}

/// A box to be placed.
#[derive(Clone, Copy)]
pub(super) struct InputBox {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) region: Region,
}

/// An edge to be routed.
#[derive(Clone, Copy)]
pub(super) struct InputEdge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Width of the label; 0 without one.
    pub(super) label_width: i32,
    /// Edges of different classes never share a line.
    pub(super) class: u8,
}

/// Where a box belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// Left of all namespaces.
    Left,
    /// In the namespace with that index.
    Group(usize),
    /// Right of all namespaces.
    Right,
}

/// A finished layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Where each box is.
    pub(super) boxes: Vec<Rectangle>,
    /// The frame of each group.
    pub(super) groups: Vec<Rectangle>,
    /// The way of each edge.
    pub(super) paths: Vec<Path>,
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// How often sizes and columns are adjusted to each other.
const ROUNDS: usize = 2;

/// Space around the picture.
const MARGIN: i32 = 24;

impl Rectangle {
    fn right(self) -> i32 {
        self.x + self.width
    }

    fn bottom(self) -> i32 {
        self.y + self.height
    }

    fn middle(self) -> i32 {
        self.y + self.height / 2
    }

    fn overlaps(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// The sides of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Lays a graph out.
pub(super) fn layout(input: &Input) -> Layout {
    // How large the namespaces are tells which column they go to, and that on which side edges leave and enter them, for which
    // they need room.
    let mut sides = vec![None; input.edges.len()];
    let mut blocks = block::blocks(input, &sides);
    let mut columns = Vec::new();
    for _ in 0..ROUNDS {
        columns = pack::columns(input, &blocks);
        sides = input.edges.iter().map(|edge| sides_between(input, &columns, edge)).collect();
        blocks = block::blocks(input, &sides);
    }
    let packed = pack::pack(input, &blocks, &columns);
    let mut boxes = vec![Rectangle::default(); input.boxes.len()];
    for (block, frame) in blocks.iter().zip(&packed.groups) {
        for (&member, own) in block.members.iter().zip(&block.boxes) {
            put(&mut boxes, member, Rectangle { x: own.x + frame.x, y: own.y + frame.y, ..*own });
        }
    }
    for &(outer, rectangle) in &packed.outer {
        put(&mut boxes, outer, rectangle);
    }
    let lanes = block::lanes(input, &blocks, &packed.groups, &sides);
    let paths = route::paths(input, &boxes, &lanes, &sides);
    Layout { width: packed.width, height: packed.height, boxes, groups: packed.groups, paths }
}

/// On which sides an edge leaves and arrives that joins different namespaces, or a namespace and what is outside. `columns` has
/// the column of every namespace.
fn sides_between(input: &Input, columns: &[usize], edge: &InputEdge) -> Option<(Side, Side)> {
    let region = |node: usize| input.boxes.get(node).map(|one| one.region);
    let (from, to) = (region(edge.from)?, region(edge.to)?);
    if from == to {
        return None;
    }
    let column = |region: Region| match region {
        Region::Left => 0,
        Region::Group(group) => at(columns, group) + 1,
        Region::Right => usize::MAX,
    };
    Some(match column(from).cmp(&column(to)) {
        Ordering::Less => (Side::Right, Side::Left),
        Ordering::Equal => (Side::Right, Side::Right),
        Ordering::Greater => (Side::Left, Side::Right),
    })
}

/// An entry of a list, or the default where there is none.
fn at<T: Copy + Default>(list: &[T], index: usize) -> T {
    list.get(index).copied().unwrap_or_default()
}

/// Sets an entry of a list.
fn put<T>(list: &mut [T], index: usize, value: T) {
    if let Some(entry) = list.get_mut(index) {
        *entry = value;
    }
}

/// Adds to one of several lists.
fn push<T>(lists: &mut [Vec<T>], index: usize, value: T) {
    if let Some(list) = lists.get_mut(index) {
        list.push(value);
    }
}

/// One of several lists, or nothing.
fn list<T>(lists: &[Vec<T>], index: usize) -> &[T] {
    lists.get(index).map(Vec::as_slice).unwrap_or_default()
}

/// The smallest integer whose square is at least the number.
fn root(number: usize) -> usize {
    let floor = number.isqrt();
    if floor * floor == number { floor } else { floor + 1 }
}

#[cfg(test)]
mod tests;
