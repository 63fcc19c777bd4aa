//! Lists without repetition.

use std::collections::BTreeSet;

/// The items without repetition, in order of first appearance.
pub(crate) fn distinct<T: Ord + Clone>(items: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(item.clone())).collect()
}
