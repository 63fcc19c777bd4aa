//! The order of the nodes in every layer: few crossings of edges.

use super::{at, list, push, put};

/// Passes over all layers, there and back.
const SWEEPS: usize = 12;

/// Above this many vertices neighbours are not exchanged one by one.
const MAX_EXCHANGED: usize = 600;

/// A graph in layers. Edges over several layers have a *bend* in every layer between, which takes part as a vertex.
pub(super) struct Layered {
    /// For each layer its vertices from top to bottom: the nodes, and after them in number the bends.
    pub(super) layers: Vec<Vec<usize>>,
    /// For each edge its bends from left to right.
    pub(super) bends: Vec<Vec<usize>>,
    /// For each vertex its neighbours in the layer before.
    pub(super) before: Vec<Vec<usize>>,
    /// For each vertex its neighbours in the layer after.
    pub(super) after: Vec<Vec<usize>>,
    position: Vec<usize>,
}

/// Orders the layers. Every edge runs from a lower layer to a higher one.
pub(super) fn order(layer: &[usize], edges: &[(usize, usize)]) -> Layered {
    let mut layered = with_bends(layer, edges);
    layered.number();
    let mut best = layered.layers.clone();
    let mut fewest = layered.crossings();
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        layered.sweep(sweep % 2 == 0);
        if layered.position.len() <= MAX_EXCHANGED {
            layered.exchange();
        }
        let crossings = layered.crossings();
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&layered.layers);
        }
    }
    layered.layers = best;
    layered
}

fn with_bends(layer: &[usize], edges: &[(usize, usize)]) -> Layered {
    let nodes = layer.len();
    let depth = layer.iter().max().map_or(0, |last| last + 1);
    let mut layers = vec![Vec::new(); depth];
    for (node, &own) in layer.iter().enumerate() {
        push(&mut layers, own, node);
    }
    let mut links = Vec::new();
    let mut vertices = nodes;
    let mut bends = Vec::with_capacity(edges.len());
    for &(from, to) in edges {
        let mut own = Vec::new();
        let mut last = from;
        for between in at(layer, from) + 1..at(layer, to) {
            push(&mut layers, between, vertices);
            links.push((last, vertices));
            own.push(vertices);
            last = vertices;
            vertices += 1;
        }
        links.push((last, to));
        bends.push(own);
    }
    let (mut before, mut after) = (vec![Vec::new(); vertices], vec![Vec::new(); vertices]);
    for (from, to) in links {
        push(&mut after, from, to);
        push(&mut before, to, from);
    }
    Layered { layers, bends, before, after, position: vec![0; vertices] }
}

impl Layered {
    fn number(&mut self) {
        for layer in &self.layers {
            for (position, &vertex) in layer.iter().enumerate() {
                put(&mut self.position, vertex, position);
            }
        }
    }

    /// Sorts every layer by the mean position of the neighbours in the one that was sorted before.
    fn sweep(&mut self, is_forward: bool) {
        let depth = self.layers.len();
        let indices: Vec<usize> =
            if is_forward { (1..depth).collect() } else { (0..depth.saturating_sub(1)).rev().collect() };
        let links = if is_forward { &self.before } else { &self.after };
        for index in indices {
            let Some(layer) = self.layers.get_mut(index) else { continue };
            layer.sort_by_cached_key(|&vertex| {
                let neighbours = list(links, vertex);
                let sum: usize = neighbours.iter().map(|&neighbour| at(&self.position, neighbour)).sum();
                let own = at(&self.position, vertex);
                (sum * 1024).checked_div(neighbours.len()).map_or((own * 1024, own), |mean| (mean, own))
            });
            for (position, &vertex) in layer.iter().enumerate() {
                put(&mut self.position, vertex, position);
            }
        }
    }

    /// Exchanges neighbours in a layer where that saves crossings.
    fn exchange(&mut self) {
        for layer in &mut self.layers {
            for index in 1..layer.len() {
                let (upper, lower) = (at(layer, index - 1), at(layer, index));
                let count = |one: usize, other: usize| {
                    crossings_between(&self.position, list(&self.before, one), list(&self.before, other))
                        + crossings_between(&self.position, list(&self.after, one), list(&self.after, other))
                };
                if count(lower, upper) < count(upper, lower) {
                    layer.swap(index - 1, index);
                    put(&mut self.position, lower, index - 1);
                    put(&mut self.position, upper, index);
                }
            }
        }
    }

    /// How many pairs of links between neighbouring layers cross.
    fn crossings(&self) -> usize {
        let mut crossings = 0;
        for (layer, next) in self.layers.iter().zip(self.layers.iter().skip(1)) {
            // Counts inversions with a tree of sums.
            let mut sums = vec![0_usize; next.len() + 1];
            let mut seen = 0;
            for &vertex in layer {
                let mut ends: Vec<usize> =
                    list(&self.after, vertex).iter().map(|&end| at(&self.position, end)).collect();
                ends.sort_unstable();
                for &end in &ends {
                    let (mut not_after, mut index) = (0, end + 1);
                    while index > 0 {
                        not_after += at(&sums, index);
                        index &= index - 1;
                    }
                    crossings += seen - not_after;
                }
                for end in ends {
                    let mut index = end + 1;
                    while let Some(sum) = sums.get_mut(index) {
                        *sum += 1;
                        index += index & index.wrapping_neg();
                    }
                    seen += 1;
                }
            }
        }
        crossings
    }
}

/// How many links of the upper vertex cross links of the lower one.
fn crossings_between(position: &[usize], upper: &[usize], lower: &[usize]) -> usize {
    let above = |one: usize| lower.iter().filter(|&&other| at(position, other) < at(position, one)).count();
    upper.iter().map(|&one| above(one)).sum()
}
