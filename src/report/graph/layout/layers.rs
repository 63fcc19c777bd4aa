//! Layers: which column a node of a namespace is in, so that edges run from left to right.

use super::{at, list, push, put, root};
use std::collections::VecDeque;

/// Columns are folded when they have more nodes than this, or than a block that is about as wide as high would have.
const LEAST_ROWS: usize = 10;

/// The layers of a graph.
pub(super) struct Layering {
    /// For each node its layer.
    pub(super) layer: Vec<usize>,
    /// For each edge whether it runs against the layers, because it closes a cycle.
    pub(super) is_reversed: Vec<bool>,
}

/// Finds layers. Edges join different nodes. Nodes without edges go first, or last if they are in `last`.
pub(super) fn layering(nodes: usize, edges: &[(usize, usize)], last: &[bool]) -> Layering {
    let is_reversed = back_edges(nodes, edges);
    let forward: Vec<(usize, usize)> = edges
        .iter()
        .zip(&is_reversed)
        .map(|(&(from, to), &is_reversed)| if is_reversed { (to, from) } else { (from, to) })
        .collect();
    let mut layer = longest_paths(nodes, &forward);
    let mut has_edges = vec![false; nodes];
    for &(from, to) in edges {
        put(&mut has_edges, from, true);
        put(&mut has_edges, to, true);
    }
    let deepest = layer.iter().copied().max().unwrap_or_default();
    for node in (0..nodes).filter(|&node| !at(&has_edges, node) && at(last, node)) {
        put(&mut layer, node, deepest);
    }
    fold(&mut layer, LEAST_ROWS.max(root(nodes * 2)));
    Layering { layer, is_reversed }
}

/// The edges that lead back to a node on the way of a depth-first search, which starts where nobody calls.
fn back_edges(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut outgoing: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes];
    let mut incoming = vec![0_usize; nodes];
    for (index, &(from, to)) in edges.iter().enumerate() {
        push(&mut outgoing, from, (index, to));
        if let Some(count) = incoming.get_mut(to) {
            *count += 1;
        }
    }
    // Nodes that call more than they are called come first.
    let mut starts: Vec<usize> = (0..nodes).collect();
    starts.sort_by_key(|&node| {
        let (calls, called) = (list(&outgoing, node).len(), at(&incoming, node));
        (called > 0, called.saturating_sub(calls), node)
    });
    let mut is_back = vec![false; edges.len()];
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; nodes];
    for start in starts {
        if at(&state, start) != 0 {
            continue;
        }
        put(&mut state, start, 1);
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some(&(edge, to)) = list(&outgoing, *node).get(*next) else {
                put(&mut state, *node, 2);
                way.pop();
                continue;
            };
            *next += 1;
            match at(&state, to) {
                0 => {
                    put(&mut state, to, 1);
                    way.push((to, 0));
                }
                1 => put(&mut is_back, edge, true),
                _ => {}
            }
        }
    }
    is_back
}

/// Every node right of all its callers; nodes that call more than they are called are moved next to whom they call.
fn longest_paths(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (mut outgoing, mut incoming) = (vec![Vec::new(); nodes], vec![0_usize; nodes]);
    for &(from, to) in edges {
        push(&mut outgoing, from, to);
        if let Some(count) = incoming.get_mut(to) {
            *count += 1;
        }
    }
    let mut waiting = incoming.clone();
    let mut queue: VecDeque<usize> = (0..nodes).filter(|&node| at(&incoming, node) == 0).collect();
    let (mut layer, mut sorted) = (vec![0_usize; nodes], Vec::with_capacity(nodes));
    while let Some(node) = queue.pop_front() {
        sorted.push(node);
        for &to in list(&outgoing, node) {
            let next = at(&layer, to).max(at(&layer, node) + 1);
            put(&mut layer, to, next);
            if let Some(count) = waiting.get_mut(to) {
                *count -= 1;
                if *count == 0 {
                    queue.push_back(to);
                }
            }
        }
    }
    for &node in sorted.iter().rev() {
        let called = list(&outgoing, node);
        if called.len() > at(&incoming, node)
            && let Some(nearest) = called.iter().map(|&to| at(&layer, to)).min()
        {
            put(&mut layer, node, nearest.saturating_sub(1));
        }
    }
    layer
}

/// Splits layers with too many nodes.
fn fold(layer: &mut [usize], rows: usize) {
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (node, &own) in layer.iter().enumerate() {
        if members.len() <= own {
            members.resize_with(own + 1, Vec::new);
        }
        push(&mut members, own, node);
    }
    let mut next = 0;
    for nodes in members.into_iter().filter(|nodes| !nodes.is_empty()) {
        let parts = nodes.len().div_ceil(rows);
        for part in nodes.chunks(nodes.len().div_ceil(parts)) {
            for &node in part {
                put(layer, node, next);
            }
            next += 1;
        }
    }
}
