//! Labels and annotations: small maps, of which there are many.

/// Prefix of the keys of all labels and annotations that this project and the operator write.
pub(crate) const OUR_PREFIX: &str = "intents.otterize.com/";

/// Strings by key, sorted by key. A sorted list: most have one to five entries, for which a tree takes several times the room.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Vec<(String, String)>);

impl std::fmt::Debug for Labels {
    /// As a map, which it is to everybody else.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(key, value)| (key, value))).finish()
    }
}

impl Labels {
    /// No labels.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<str>) -> Option<&String> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// Key and value of a key.
    #[must_use]
    pub fn get_key_value(&self, key: impl AsRef<str>) -> Option<(&String, &String)> {
        let index = self.position(key.as_ref()).ok()?;
        self.0.get(index).map(|(key, value)| (key, value))
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.position(key.as_ref()).is_ok()
    }

    /// Sets the value of a key and gives the one that it had. For many keys at once, `extend` is faster.
    pub fn insert(&mut self, key: String, value: String) -> Option<String> {
        match self.position(&key) {
            Ok(index) => self.0.get_mut(index).map(|(_, known)| std::mem::replace(known, value)),
            Err(index) => {
                self.0.insert(index, (key, value));
                None
            }
        }
    }

    /// Takes a key out and gives its value. For many keys at once, `retain` is faster.
    pub fn remove(&mut self, key: impl AsRef<str>) -> Option<String> {
        let index = self.position(key.as_ref()).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Keeps the entries that `keep` says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&String, &mut String) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries in key order.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &String> + DoubleEndedIterator + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in key order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &String> + DoubleEndedIterator + Clone {
        self.iter().map(|(_, value)| value)
    }
}

/// The entries of [`Labels`] in key order.
pub type Iter<'l> = std::iter::Map<std::slice::Iter<'l, (String, String)>, fn(&(String, String)) -> (&String, &String)>;

impl<'l> IntoIterator for &'l Labels {
    type Item = (&'l String, &'l String);
    type IntoIter = Iter<'l>;

    fn into_iter(self) -> Iter<'l> {
        self.iter()
    }
}

impl IntoIterator for Labels {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(String, String)> for Labels {
    /// Of equal keys the last one counts.
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, entries: I) {
        self.0.extend(entries);
        if !self.0.is_sorted_by(|(a, _), (b, _)| a < b) {
            // The sort is stable, so that in reverse the last of equal keys comes first and stays.
            self.0.reverse();
            self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
            self.0.dedup_by(|(later, _), (kept, _)| later == kept);
        }
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        let mut labels = Self::new();
        labels.extend(entries);
        labels.0.shrink_to_fit();
        labels
    }
}

impl<const N: usize> From<[(String, String); N]> for Labels {
    fn from(entries: [(String, String); N]) -> Self {
        entries.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn it_is_a_map() {
        let mut labels: Labels = [pair("c", "1"), pair("a", "2"), pair("c", "3"), pair("b", "4")].into();
        assert_eq!(labels.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(labels.get("c").map(String::as_str), Some("3"));
        assert_eq!(labels.insert("b".into(), "5".into()).as_deref(), Some("4"));
        assert_eq!(labels.insert("aa".into(), "6".into()), None);
        assert_eq!(labels.remove("a").as_deref(), Some("2"));
        assert_eq!(labels.remove("a"), None);
        labels.extend([pair("aa", "7"), pair("z", "8")]);
        assert_eq!(labels, [pair("aa", "7"), pair("b", "5"), pair("c", "3"), pair("z", "8")].into());
        labels.retain(|key, _| key != "b");
        assert_eq!(labels.len(), 3);
        assert!(!labels.contains_key("b") && labels.contains_key("z"));
    }
}
