//! The namespaces side by side, callers first, and what is outside of them on the left and on the right.

use super::block::{Block, ROW_GAP};
use super::place::{mean, stack};
use super::{Input, MARGIN, Rectangle, Region, at, list, push, put};
use std::cmp::Reverse;

/// Space between two namespaces in one column.
const GROUP_GAP: i32 = 36;
/// Space between two columns of namespaces beyond that between columns of nodes.
const MORE_GAP: i32 = 20;
/// Width to height of the picture, in tenths.
const ASPECT: i64 = 14;
/// Namespaces are tried in up to this many columns.
const MOST_COLUMNS: i32 = 24;
/// And with columns higher than their share, in percent, since namespaces do not divide evenly.
const SLACK: [i32; 4] = [100, 110, 122, 135];
/// The nodes outside of namespaces get further columns when one has this many.
const MOST_OUTER_ROWS: usize = 24;

/// Where the namespaces are, and the nodes outside of them.
pub(super) struct Packed {
    pub(super) width: i32,
    pub(super) height: i32,
    /// The frames, namespace by namespace.
    pub(super) groups: Vec<Rectangle>,
    /// Nodes outside of namespaces, by index in the input.
    pub(super) outer: Vec<(usize, Rectangle)>,
}

/// Finds a place for everything. `columns` has the column of every namespace.
pub(super) fn pack(input: &Input, blocks: &[Block], columns: &[usize]) -> Packed {
    let region = |node: usize| input.boxes.get(node).map_or(Region::Right, |one| one.region);
    let of_region =
        |wanted: Region| -> Vec<usize> { (0..input.boxes.len()).filter(|&index| region(index) == wanted).collect() };
    let (left, right) = (of_region(Region::Left), of_region(Region::Right));
    let gap = input.column_gap + MORE_GAP;
    let left_width = outer_width(input, &left);
    let first = MARGIN + if left.is_empty() { 0 } else { left_width + gap };
    let (mut groups, mut x) = frames(blocks, &members(input, columns), first, gap);
    let used = groups.iter().map(|group| group.bottom()).max().unwrap_or_default();
    let neighbours = neighbours(input, blocks, &groups);
    let mut outer = outer(input, &left, &neighbours, MARGIN, used);
    if !right.is_empty() {
        outer.extend(self::outer(input, &right, &neighbours, x, used));
        x += outer_width(input, &right) + gap;
    }
    let everything = || groups.iter().chain(outer.iter().map(|(_, rectangle)| rectangle));
    let down = MARGIN - everything().map(|one| one.y).min().unwrap_or(MARGIN);
    let height = everything().map(|one| one.bottom()).max().unwrap_or_default() + down + MARGIN;
    for one in groups.iter_mut().chain(outer.iter_mut().map(|(_, rectangle)| rectangle)) {
        one.y += down;
    }
    Packed { width: (x - gap + MARGIN).max(2 * MARGIN), height, groups, outer }
}

/// The column of every namespace: callers on the left, and as many columns as let the whole be shown largest.
pub(super) fn columns(input: &Input, blocks: &[Block]) -> Vec<usize> {
    let order = callers_first(input, blocks.len());
    let total: i32 = blocks.iter().map(|block| block.height + GROUP_GAP).sum();
    let tallest = blocks.iter().map(|block| block.height).max().unwrap_or_default();
    let gap = input.column_gap + MORE_GAP;
    let heights = (1..=MOST_COLUMNS).flat_map(|count| SLACK.map(|percent| tallest.max(total / count / 100 * percent)));
    let filled = heights.map(|height| filled(&order, blocks, height, gap));
    // Of equally good ones the first, with fewer columns.
    let best = filled.min_by_key(|(_, width, height)| (i64::from(*width) * 10).max(i64::from(*height) * ASPECT));
    best.map(|(columns, ..)| columns).unwrap_or_default()
}

/// Columns up to that height. Gives the column of every namespace, and the size of the whole.
fn filled(order: &[usize], blocks: &[Block], most: i32, gap: i32) -> (Vec<usize>, i32, i32) {
    let mut columns = vec![0; blocks.len()];
    let (mut column, mut used, mut widest) = (0, 0, 0);
    let (mut width, mut height) = (0, 0);
    for &group in order {
        let Some(own) = blocks.get(group) else { continue };
        if used > 0 && used + GROUP_GAP + own.height > most {
            width += widest + gap;
            (column, used, widest) = (column + 1, 0, 0);
        }
        used += own.height + if used > 0 { GROUP_GAP } else { 0 };
        widest = widest.max(own.width);
        height = height.max(used);
        put(&mut columns, group, column);
    }
    (columns, width + widest, height)
}

/// The namespaces of every column from top to bottom.
fn members(input: &Input, columns: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); columns.iter().max().map_or(0, |last| last + 1)];
    for group in callers_first(input, columns.len()) {
        push(&mut members, at(columns, group), group);
    }
    members
}

/// Gives the frames of the namespaces and where the next column would begin.
fn frames(blocks: &[Block], columns: &[Vec<usize>], first: i32, gap: i32) -> (Vec<Rectangle>, i32) {
    let of =
        |members: &[usize]| members.iter().filter_map(|&group| Some((group, blocks.get(group)?))).collect::<Vec<_>>();
    let height =
        |members: &[usize]| of(members).iter().map(|(_, block)| block.height + GROUP_GAP).sum::<i32>() - GROUP_GAP;
    let highest = columns.iter().map(|members| height(members)).max().unwrap_or_default();
    let mut frames = vec![Rectangle::default(); blocks.len()];
    let mut x = first;
    for members in columns {
        let width = of(members).iter().map(|(_, block)| block.width).max().unwrap_or_default();
        let mut y = MARGIN + (highest - height(members)) / 2;
        for (group, block) in of(members) {
            let left = x + (width - block.width) / 2;
            put(&mut frames, group, Rectangle { x: left, y, width: block.width, height: block.height });
            y += block.height + GROUP_GAP;
        }
        x += width + gap;
    }
    (frames, x)
}

/// The namespaces, those first that call others more than they are called.
fn callers_first(input: &Input, groups: usize) -> Vec<usize> {
    let (mut out, mut into) = (vec![0_i64; groups], vec![0_i64; groups]);
    let region = |node: usize| input.boxes.get(node).map(|one| one.region);
    for edge in &input.edges {
        let (from, to) = (region(edge.from), region(edge.to));
        if from == to {
            continue;
        }
        if let Some(Region::Group(group)) = from {
            let calls = at(&out, group) + 1;
            put(&mut out, group, calls);
        }
        if let Some(Region::Group(group)) = to {
            let calls = at(&into, group) + 1;
            put(&mut into, group, calls);
        }
    }
    let mut order: Vec<usize> = (0..groups).collect();
    let share =
        |group: usize| 1000 * (at(&out, group) - at(&into, group)) / (at(&out, group) + at(&into, group)).max(1);
    order.sort_by_key(|&group| (Reverse(share(group)), group));
    order
}

/// For each node outside of namespaces the middles of its neighbours in them.
fn neighbours(input: &Input, blocks: &[Block], groups: &[Rectangle]) -> Vec<Vec<i32>> {
    let mut middles = vec![None; input.boxes.len()];
    for (block, frame) in blocks.iter().zip(groups) {
        for (&member, own) in block.members.iter().zip(&block.boxes) {
            put(&mut middles, member, Some(own.middle() + frame.y));
        }
    }
    let mut neighbours = vec![Vec::new(); input.boxes.len()];
    for edge in &input.edges {
        for (node, other) in [(edge.from, edge.to), (edge.to, edge.from)] {
            if let (None, Some(middle)) = (at(&middles, node), at(&middles, other)) {
                push(&mut neighbours, node, middle);
            }
        }
    }
    neighbours
}

/// One column of nodes near their neighbours, or several if there are many.
fn outer(input: &Input, nodes: &[usize], neighbours: &[Vec<i32>], x: i32, height: i32) -> Vec<(usize, Rectangle)> {
    let wish = |node: usize| mean(list(neighbours, node).iter().copied()).unwrap_or(height / 2);
    let mut nodes: Vec<usize> = nodes.to_vec();
    nodes.sort_by_key(|&node| (wish(node), node));
    let width = column_width(input, &nodes);
    let mut placed = Vec::with_capacity(nodes.len());
    let columns = nodes.len().div_ceil(MOST_OUTER_ROWS).max(1);
    // Neighbouring nodes go into different columns, so that every column is near what it belongs to.
    for column in 0..columns {
        let own: Vec<usize> = nodes.iter().copied().skip(column).step_by(columns).collect();
        let sizes: Vec<i32> = own.iter().map(|&node| input.boxes.get(node).map_or(0, |one| one.height)).collect();
        let wishes: Vec<i32> = own.iter().map(|&node| wish(node)).collect();
        let left = x + i32::try_from(column).unwrap_or_default() * (width + ROW_GAP);
        for ((&node, &size), middle) in own.iter().zip(&sizes).zip(stack(&wishes, &sizes, ROW_GAP)) {
            let own_width = input.boxes.get(node).map_or(0, |one| one.width);
            let rectangle =
                Rectangle { x: left + (width - own_width) / 2, y: middle - size / 2, width: own_width, height: size };
            placed.push((node, rectangle));
        }
    }
    placed
}

fn column_width(input: &Input, nodes: &[usize]) -> i32 {
    nodes.iter().filter_map(|&node| input.boxes.get(node)).map(|one| one.width).max().unwrap_or_default()
}

fn outer_width(input: &Input, nodes: &[usize]) -> i32 {
    let columns = i32::try_from(nodes.len().div_ceil(MOST_OUTER_ROWS).max(1)).unwrap_or_default();
    columns * (column_width(input, nodes) + ROW_GAP) - ROW_GAP
}
