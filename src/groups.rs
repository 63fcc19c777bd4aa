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
    /// No lists yet, with room for that many numbers.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { lists: IndexMap::with_capacity(count), links: Vec::with_capacity(count) }
    }

    /// Groups numbers by key.
    pub(crate) fn new(numbers: impl IntoIterator<Item = (K, usize)>) -> Self {
        let numbers = numbers.into_iter();
        let (least, _) = numbers.size_hint();
        let mut groups = Self::with_capacity(least);
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

    /// Adds a number to the list of a key, unless it is the last one of that list.
    pub(crate) fn add_once(&mut self, key: K, number: usize) {
        let last = self.lists.get(&key).and_then(|list| self.links.get(list.last));
        if last.is_none_or(|(last, _)| *last != number) {
            self.add(key, number);
        }
    }

    /// The keys, in order of first appearance.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.lists.keys()
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
    fn a_number_is_added_once() {
        let mut groups = Groups::with_capacity(0);
        for (key, number) in [("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 1)] {
            groups.add_once(key, number);
        }
        assert_eq!((groups.of(&"a").collect::<Vec<_>>(), groups.of(&"b").collect()), (vec![1, 2], vec![1]));
        assert_eq!(groups.keys().collect::<Vec<_>>(), [&"a", &"b"]);
    }

    #[test]
    fn lists_keep_their_order() {
        let groups = Groups::new([("a", 5), ("b", 4), ("a", 3), ("a", 9), ("b", 1)]);
        for (key, expected) in [("a", vec![5, 3, 9]), ("b", vec![4, 1]), ("c", vec![])] {
            assert_eq!(groups.of(&key).collect::<Vec<_>>(), expected);
            assert_eq!(groups.count(&key), expected.len());
        }
    }
}
