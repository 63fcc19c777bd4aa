//! Lists by key, of which there are many short ones: all in one piece of memory.

use indexmap::IndexMap;
use std::hash::Hash;

/// Numbers by key. Each list keeps its order.
pub(crate) struct Groups<K> {
    lists: IndexMap<K, List>,
    /// Each number with the index of the next one in its list; the last one has its own index.
    links: Vec<(usize, usize)>,
}

struct List {
    first: usize,
    last: usize,
    count: usize,
}

impl<K: Hash + Eq> Groups<K> {
    /// Groups numbers by key.
    pub(crate) fn new(numbers: impl IntoIterator<Item = (K, usize)>) -> Self {
        let numbers = numbers.into_iter();
        let (least, _) = numbers.size_hint();
        let mut groups = Self { lists: IndexMap::with_capacity(least), links: Vec::with_capacity(least) };
        for (key, number) in numbers {
            groups.add(key, number);
        }
        groups
    }

    /// Adds a number to the list of a key.
    pub(crate) fn add(&mut self, key: K, number: usize) {
        let index = self.links.len();
        self.links.push((number, index));
        let list = self.lists.entry(key).or_insert(List { first: index, last: index, count: 0 });
        if let Some((_, next)) = self.links.get_mut(list.last) {
            *next = index;
        }
        (list.last, list.count) = (index, list.count + 1);
    }

    /// How many numbers a key has.
    pub(crate) fn count(&self, key: &K) -> usize {
        self.lists.get(key).map_or(0, |list| list.count)
    }

    /// The numbers of a key.
    pub(crate) fn of<'s>(&'s self, key: &K) -> impl Iterator<Item = usize> + use<'s, K> {
        let first = self.lists.get(key).and_then(|list| self.links.get(list.first).map(|link| (list.first, link)));
        let links = std::iter::successors(first, |(index, (_, next))| {
            (next != index).then(|| self.links.get(*next).map(|link| (*next, link))).flatten()
        });
        links.map(|(_, (number, _))| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::Groups;

    #[test]
    fn lists_keep_their_order() {
        let groups = Groups::new([("a", 5), ("b", 4), ("a", 3), ("a", 9), ("b", 1)]);
        for (key, expected) in [("a", vec![5, 3, 9]), ("b", vec![4, 1]), ("c", vec![])] {
            assert_eq!(groups.of(&key).collect::<Vec<_>>(), expected);
            assert_eq!(groups.count(&key), expected.len());
        }
    }
}
