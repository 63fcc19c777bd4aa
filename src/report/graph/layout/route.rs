//! The ways of the edges: curves from side to side, through their lanes, each with its own end on a box; and their labels.

use super::block::Lane;
use super::{Input, Rectangle, Side, at, list, push};

/// Ends on one side of a box are this far apart, if there is room.
const END_GAP: i32 = 9;
/// Boxes nearer than this are not joined face to face.
const NEAR: i32 = 16;
/// How far an edge goes out that turns back.
const BULGE: i32 = 56;
/// Height of a label.
const LABEL_HEIGHT: i32 = 16;
/// With more labels than this they are not kept apart: they are shown one by one.
const MAX_KEPT_APART: usize = 300;
/// Where a label may stand, in hundredths of the way.
const STANDS: [i32; 9] = [50, 42, 58, 34, 66, 26, 74, 18, 82];

/// A point of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::graph) struct Point {
    pub(in crate::report::graph) x: i32,
    pub(in crate::report::graph) y: i32,
}

/// The way of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report::graph) struct Path {
    /// Where it begins.
    pub(in crate::report::graph) start: Point,
    /// Its cubic curves: two control points and the end of each.
    pub(in crate::report::graph) curves: Vec<[Point; 3]>,
    /// The middle of its label.
    pub(in crate::report::graph) label: Point,
}

/// One end of an edge on a side of a box.
#[derive(Clone, Copy)]
struct Attachment {
    edge: usize,
    is_start: bool,
    /// Where the edge comes from or goes to next, which decides the order of the ends.
    next: i32,
    /// Edges of one class that leave for other namespaces share their end.
    shared: Option<u8>,
}

/// Finds the ways. `lanes` has the lanes of every edge, `sides` the sides of those between namespaces.
pub(super) fn paths(
    input: &Input,
    boxes: &[Rectangle],
    lanes: &[Vec<Lane>],
    sides: &[Option<(Side, Side)>],
) -> Vec<Path> {
    let inner = |edge: usize| inner_sides(input, boxes, list(lanes, edge), edge);
    let all: Vec<(Side, Side)> =
        (0..input.edges.len()).map(|edge| at(sides, edge).unwrap_or_else(|| inner(edge))).collect();
    let ends = ends(input, boxes, lanes, &all, sides);
    let ways = input.edges.iter().zip(&all).zip(&ends).enumerate();
    let mut paths: Vec<Path> = ways
        .map(|(index, ((edge, &sides), &(start, end)))| {
            if edge.from == edge.to {
                loop_at(rectangle(boxes, edge.from))
            } else {
                path(start, end, sides, list(lanes, index))
            }
        })
        .collect();
    place_labels(input, boxes, &mut paths);
    paths
}

fn rectangle(boxes: &[Rectangle], index: usize) -> Rectangle {
    boxes.get(index).copied().unwrap_or_default()
}

/// On which sides an edge inside of a namespace leaves and arrives.
fn inner_sides(input: &Input, boxes: &[Rectangle], lanes: &[Lane], edge: usize) -> (Side, Side) {
    let Some(ends) = input.edges.get(edge) else { return (Side::Right, Side::Left) };
    let (from, to) = (rectangle(boxes, ends.from), rectangle(boxes, ends.to));
    match lanes.first() {
        Some(lane) if lane.enter >= from.right() => (Side::Right, Side::Left),
        Some(_) => (Side::Left, Side::Right),
        None if to.x >= from.right() + NEAR => (Side::Right, Side::Left),
        None if to.right() + NEAR <= from.x => (Side::Left, Side::Right),
        None => (Side::Right, Side::Right),
    }
}

/// The first and the last point of every edge: those on one side of a box are spread over it, in the order of what they lead to.
fn ends(
    input: &Input,
    boxes: &[Rectangle],
    lanes: &[Vec<Lane>],
    sides: &[(Side, Side)],
    between: &[Option<(Side, Side)>],
) -> Vec<(Point, Point)> {
    let mut attached: [Vec<Vec<Attachment>>; 2] = [vec![Vec::new(); boxes.len()], vec![Vec::new(); boxes.len()]];
    for (index, (edge, &(leaves, arrives))) in input.edges.iter().zip(sides).enumerate() {
        let own = list(lanes, index);
        let shared = at(between, index).filter(|_| !own.is_empty()).map(|_| edge.class);
        let after = own.first().map_or(rectangle(boxes, edge.to).middle(), |lane| lane.y);
        let before = own.last().map_or(rectangle(boxes, edge.from).middle(), |lane| lane.y);
        let ends = [(edge.from, leaves, true, after), (edge.to, arrives, false, before)];
        for (node, side, is_start, next) in ends {
            let [left, right] = &mut attached;
            let lists = if side == Side::Left { left } else { right };
            push(lists, node, Attachment { edge: index, is_start, next, shared });
        }
    }
    let nowhere = Point { x: 0, y: 0 };
    let mut ends = vec![(nowhere, nowhere); input.edges.len()];
    for (side, lists) in [Side::Left, Side::Right].into_iter().zip(attached) {
        for (node, mut own) in lists.into_iter().enumerate() {
            own.sort_by_key(|one| (one.next, one.shared, one.edge, one.is_start));
            let frame = rectangle(boxes, node);
            let is_one =
                |a: &Attachment, b: &Attachment| a.shared.is_some() && (a.shared, a.next) == (b.shared, b.next);
            let slots: Vec<&[Attachment]> = own.chunk_by(is_one).collect();
            let count = i32::try_from(slots.len()).unwrap_or(i32::MAX);
            let room = (frame.height - 14).max(0);
            let spread = (count - 1).saturating_mul(END_GAP).min(room);
            for (position, slot) in (0..).zip(slots) {
                // From the middle: half of the ends above, half below.
                let from_middle = 2 * position - (count - 1);
                let y = frame.middle() + from_middle * spread / (2 * (count - 1)).max(1);
                let x = if side == Side::Left { frame.x } else { frame.right() };
                for one in slot {
                    if let Some((start, end)) = ends.get_mut(one.edge) {
                        *(if one.is_start { start } else { end }) = Point { x, y };
                    }
                }
            }
        }
    }
    ends
}

fn path(start: Point, end: Point, (leaves, arrives): (Side, Side), lanes: &[Lane]) -> Path {
    let mut curves = Vec::new();
    let mut last = start;
    let mut heading = if leaves == Side::Right { 1 } else { -1 };
    for lane in lanes {
        let (near, far) = (Point { x: lane.enter, y: lane.y }, Point { x: lane.leave, y: lane.y });
        curves.push(curve(last, near, heading, lane.heading));
        if near != far {
            curves.push([near, far, far]);
        }
        (last, heading) = (far, lane.heading);
    }
    curves.push(curve(last, end, heading, if arrives == Side::Left { 1 } else { -1 }));
    Path { start, curves, label: start }
}

/// A curve that leaves and arrives level, to the right for 1 and to the left for -1.
fn curve(start: Point, end: Point, leaves: i32, arrives: i32) -> [Point; 3] {
    let way = end.x - start.x;
    if leaves == arrives {
        let reach = if way * leaves > 0 { way.abs() / 2 } else { BULGE };
        return [Point { x: start.x + leaves * reach, ..start }, Point { x: end.x - arrives * reach, ..end }, end];
    }
    let bulge = BULGE + ((end.y - start.y).abs() / 8).min(80);
    let out = if leaves > 0 { start.x.max(end.x) + bulge } else { start.x.min(end.x) - bulge };
    [Point { x: out, ..start }, Point { x: out, ..end }, end]
}

/// From a box to itself: replicas that call each other.
fn loop_at(frame: Rectangle) -> Path {
    let (right, top) = (frame.right(), frame.y);
    let point = |x, y| Point { x, y };
    let start = point(right - 24, top);
    let curve = [point(right - 24, top - 24), point(right + 24, top - 6), point(right, top + 14)];
    Path { start, curves: vec![curve], label: start }
}

/// A stand for every label that is clear of boxes and of the other labels, if there is one.
fn place_labels(input: &Input, boxes: &[Rectangle], paths: &mut [Path]) {
    let count = input.edges.iter().filter(|edge| edge.label_width > 0).count();
    let mut taken: Vec<Rectangle> = if count <= MAX_KEPT_APART { boxes.to_vec() } else { Vec::new() };
    for (edge, path) in input.edges.iter().zip(paths) {
        let frame = |point: Point| Rectangle {
            x: point.x - edge.label_width / 2,
            y: point.y - LABEL_HEIGHT / 2,
            width: edge.label_width,
            height: LABEL_HEIGHT,
        };
        let overlaps = |point: &Point| taken.iter().filter(|other| frame(*point).overlaps(**other)).count();
        let stands = STANDS.map(|hundredths| path.at(hundredths));
        let is_placed = edge.label_width > 0 && count <= MAX_KEPT_APART;
        let best = if is_placed { stands.iter().min_by_key(|point| overlaps(point)) } else { stands.first() };
        if let Some(&best) = best {
            path.label = best;
            if is_placed {
                taken.push(frame(best));
            }
        }
    }
}

impl Path {
    /// The point after so many hundredths of the way, every curve counted alike.
    fn at(&self, hundredths: i32) -> Point {
        let count = i32::try_from(self.curves.len()).unwrap_or(1).max(1);
        let along = hundredths.clamp(0, 99) * count;
        let index = usize::try_from(along / 100).unwrap_or_default();
        let Some(&[first, second, end]) = self.curves.get(index) else { return self.start };
        let before = index.checked_sub(1).and_then(|before| self.curves.get(before));
        let start = before.map_or(self.start, |[_, _, end]| *end);
        let t = i64::from(along % 100);
        let u = 100 - t;
        let mix = |a: i32, b: i32, c: i32, d: i32| {
            let sum = u * u * u * i64::from(a)
                + 3 * u * u * t * i64::from(b)
                + 3 * u * t * t * i64::from(c)
                + t * t * t * i64::from(d);
            i32::try_from(sum.div_euclid(1_000_000)).unwrap_or_default()
        };
        Point { x: mix(start.x, first.x, second.x, end.x), y: mix(start.y, first.y, second.y, end.y) }
    }
}
