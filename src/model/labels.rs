//! Labels and annotations: small maps, of which there are many.

use std::cmp::Ordering;
use std::ops::Range;

/// Prefix of the keys of all labels and annotations that this project and the operator write.
pub(crate) const OUR_PREFIX: &str = "intents.otterize.com/";

/// Strings by key, sorted by key. All text is in one piece: most maps have one to five entries, and two pieces of memory for any
/// number of them are made, copied and freed faster than two for each.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// Key, value, key, value, without anything between.
    text: Box<str>,
    /// Where the key and the value of each entry end.
    ends: Box<[(u32, u32)]>,
}

impl std::fmt::Debug for Labels {
    /// As a map, which it is to everybody else.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(_, end)| *end as usize)
    }

    fn key(&self, index: usize) -> &str {
        let middle = self.ends.get(index).map_or(0, |(middle, _)| *middle as usize);
        self.text.get(self.start(index)..middle).unwrap_or_default()
    }

    fn value(&self, index: usize) -> &str {
        let (middle, end) = self.ends.get(index).copied().unwrap_or_default();
        self.text.get(middle as usize..end as usize).unwrap_or_default()
    }

    fn position(&self, key: &str) -> Option<usize> {
        let mut range = 0..self.len();
        while !range.is_empty() {
            let middle = range.start + range.len() / 2;
            match self.key(middle).cmp(key) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => range.start = middle + 1,
                Ordering::Greater => range.end = middle,
            }
        }
        None
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<str>) -> Option<&str> {
        self.position(key.as_ref()).map(|index| self.value(index))
    }

    /// Key and value of a key.
    #[must_use]
    pub fn get_key_value(&self, key: impl AsRef<str>) -> Option<(&str, &str)> {
        self.position(key.as_ref()).map(|index| (self.key(index), self.value(index)))
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.position(key.as_ref()).is_some()
    }

    /// Sets the value of a key. For many keys at once, `extend` is faster.
    pub fn insert(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) {
        self.extend([(key.as_ref(), value.as_ref())]);
    }

    /// Keeps the entries that `keep` says yes to, which may be asked twice.
    pub fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        if !self.iter().all(|(key, value)| keep(key, value)) {
            *self = self.iter().filter(|(key, value)| keep(key, value)).collect();
        }
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entries in key order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { labels: self, indexes: 0..self.len() }
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|index| self.key(index))
    }

    /// The values in key order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|index| self.value(index))
    }

    /// Of entries that are sorted by distinct keys.
    fn of_sorted<K: AsRef<str>, V: AsRef<str>>(entries: &[(K, V)]) -> Self {
        let length = entries.iter().map(|(key, value)| key.as_ref().len() + value.as_ref().len()).sum();
        let mut text = String::with_capacity(length);
        let ends = entries.iter().map(|(key, value)| {
            text.push_str(key.as_ref());
            let middle = u32::try_from(text.len()).unwrap_or(u32::MAX);
            text.push_str(value.as_ref());
            (middle, u32::try_from(text.len()).unwrap_or(u32::MAX))
        });
        let ends = ends.collect();
        Self { text: text.into(), ends }
    }
}

/// The entries of [`Labels`] in key order.
#[derive(Clone, Debug)]
pub struct Iter<'l> {
    labels: &'l Labels,
    indexes: Range<usize>,
}

impl<'l> Iterator for Iter<'l> {
    type Item = (&'l str, &'l str);

    fn next(&mut self) -> Option<Self::Item> {
        self.indexes.next().map(|index| (self.labels.key(index), self.labels.value(index)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indexes.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.indexes.next_back().map(|index| (self.labels.key(index), self.labels.value(index)))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'l> IntoIterator for &'l Labels {
    type Item = (&'l str, &'l str);
    type IntoIter = Iter<'l>;

    fn into_iter(self) -> Iter<'l> {
        self.iter()
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl<K: AsRef<str>, V: AsRef<str>> Extend<(K, V)> for Labels {
    /// Of equal keys the last one counts.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let added: Vec<(K, V)> = entries.into_iter().collect();
        let added = added.iter().map(|(key, value)| (key.as_ref(), value.as_ref()));
        *self = self.iter().chain(added).collect();
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Labels {
    /// Of equal keys the last one counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(a, _), (b, _)| a.as_ref() < b.as_ref()) {
            // The sort is stable, so that in reverse the last of equal keys comes first and stays.
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
            entries.dedup_by(|(later, _), (kept, _)| (*later).as_ref() == (*kept).as_ref());
        }
        Self::of_sorted(&entries)
    }
}

impl<K: AsRef<str>, V: AsRef<str>, const N: usize> From<[(K, V); N]> for Labels {
    fn from(entries: [(K, V); N]) -> Self {
        if N == 1 { Self::of_sorted(&entries) } else { entries.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn it_is_a_map() {
        let mut labels: Labels = [("c", "1"), ("a", "2"), ("c", "3"), ("b", "4"), ("", "")].into();
        assert_eq!(labels.keys().collect::<Vec<_>>(), ["", "a", "b", "c"]);
        assert_eq!(labels.values().rev().collect::<Vec<_>>(), ["3", "4", "2", ""]);
        assert_eq!((labels.get("c"), labels.get("d"), labels.get("")), (Some("3"), None, Some("")));
        labels.insert("b", "5");
        labels.insert("aa", "6");
        labels.extend([("aa", "7"), ("z", "8")]);
        assert_eq!(labels, Labels::from([("", ""), ("a", "2"), ("aa", "7"), ("b", "5"), ("c", "3"), ("z", "8")]));
        labels.retain(|key, value| key != "b" && !value.is_empty());
        assert_eq!(labels.len(), 4);
        assert!(!labels.contains_key("b") && labels.contains_key("z"));
        assert!(Labels::new().is_empty() && Labels::new().get("").is_none());
    }

    #[test]
    fn text_alone_does_not_make_labels_equal() {
        let (one, other) = (Labels::from([("ab", "c")]), Labels::from([("a", "bc")]));
        assert!(one != other && other < one);
        assert!(Labels::new() < other && Labels::from([("b", "")]) > Labels::from([("a", "c"), ("b", "d")]));
    }
}
