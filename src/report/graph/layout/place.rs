//! Heights: every vertex near its neighbours, none over another.

use super::order::Layered;
use super::{at, list, put};

/// Passes over all layers.
const PASSES: usize = 16;

/// Puts items into a column in their order: each as near to its wish as the others allow (least squares). `sizes` has the
/// heights, `gap` goes between two items. Gives the middles.
pub(super) fn stack(wishes: &[i32], sizes: &[i32], gap: i32) -> Vec<i32> {
    // With the required distances taken off, the middles must only not decrease: neighbours that want to are pooled.
    let mut offsets = Vec::with_capacity(wishes.len());
    let mut offset = 0;
    for (index, &size) in sizes.iter().enumerate() {
        if index > 0 {
            offset += (at(sizes, index - 1) + size + 1) / 2 + gap;
        }
        offsets.push(offset);
    }
    let mut pools: Vec<(i64, i64)> = Vec::new();
    for (&wish, &offset) in wishes.iter().zip(&offsets) {
        let mut pool = (i64::from(wish) - i64::from(offset), 1);
        while let Some(&(sum, count)) = pools.last() {
            if sum * pool.1 <= pool.0 * count {
                break;
            }
            pool = (pool.0 + sum, pool.1 + count);
            pools.pop();
        }
        pools.push(pool);
    }
    let values = pools.into_iter().flat_map(|(sum, count)| {
        let mean = i32::try_from(sum.div_euclid(count)).unwrap_or_default();
        std::iter::repeat_n(mean, usize::try_from(count).unwrap_or_default())
    });
    values.zip(&offsets).map(|(value, offset)| value + offset).collect()
}

/// The middle of every vertex. `sizes` has the height of every vertex with the space around it.
pub(super) fn middles(layered: &Layered, sizes: &[i32]) -> Vec<i32> {
    let mut middles = vec![0; sizes.len()];
    let own_sizes = |layer: &[usize]| -> Vec<i32> { layer.iter().map(|&vertex| at(sizes, vertex)).collect() };
    for layer in &layered.layers {
        let placed = stack(&vec![0; layer.len()], &own_sizes(layer), 0);
        for (&vertex, middle) in layer.iter().zip(placed) {
            put(&mut middles, vertex, middle);
        }
    }
    let depth = layered.layers.len();
    for pass in 0..PASSES {
        let is_last = pass + 2 >= PASSES;
        for step in 0..depth {
            let index = if pass % 2 == 0 { step } else { depth - 1 - step };
            let Some(layer) = layered.layers.get(index) else { continue };
            let wish = |&vertex: &usize| {
                let (before, after) = (list(&layered.before, vertex), list(&layered.after, vertex));
                let neighbours = match (is_last, pass % 2 == 0) {
                    (true, _) => [before, after],
                    (false, true) => [before, &[]],
                    (false, false) => [after, &[]],
                };
                mean(neighbours.into_iter().flatten().map(|&neighbour| at(&middles, neighbour)))
                    .unwrap_or_else(|| at(&middles, vertex))
            };
            let wishes: Vec<i32> = layer.iter().map(wish).collect();
            for (&vertex, middle) in layer.iter().zip(stack(&wishes, &own_sizes(layer), 0)) {
                put(&mut middles, vertex, middle);
            }
        }
    }
    middles
}

/// The mean of some numbers, if there are any.
pub(super) fn mean(numbers: impl Iterator<Item = i32>) -> Option<i32> {
    let (sum, count) = numbers.fold((0_i64, 0_i64), |(sum, count), number| (sum + i64::from(number), count + 1));
    (count > 0).then(|| i32::try_from(sum.div_euclid(count)).unwrap_or_default())
}
