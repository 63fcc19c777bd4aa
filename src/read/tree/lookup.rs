//! Entries of mappings by key, with `<<` merges applied.

use super::{Node, ScalarStyle, Shape};
use std::collections::BTreeSet;

/// The key whose value is merged into its mapping.
const MERGE_KEY: &str = "<<";

impl<'t> Node<'t> {
    /// The value of a key, `<<` merges applied. The first of several equal keys counts, and the repetition is recorded in
    /// `Tree::duplicate_keys`. `None` when the node is no mapping or has no such key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        match self.own_entry(key) {
            (Some((_, value)), _) => Some(self.at(value)),
            (None, false) => None,
            (None, true) => self.get_entry(key).map(|(_, value)| value),
        }
    }

    /// Like [`Self::get`], with the key's node.
    #[must_use]
    pub fn get_entry(self, key: &str) -> Option<(Self, Self)> {
        let (mut found, has_merges) = self.own_entry(key);
        if found.is_none() && has_merges {
            self.walk_merged(|mapping| {
                found = mapping.own_entry(key).0;
                found.is_none()
            });
        }
        found.map(|(key, value)| (self.at(key), self.at(value)))
    }

    /// Key and value of the mapping's own entry, and whether it has merges, which matters if there is none.
    ///
    /// Most of what is done with a tree is this, so the length of a key is compared before anything of the text is looked at.
    fn own_entry(self, key: &str) -> (Option<(u32, u32)>, bool) {
        let (mut found, mut has_merges) = (None, false);
        let Some(mapping) = self.resolve().filter(|node| matches!(node.shape(), Shape::Mapping(_))) else {
            return (None, false);
        };
        let end = mapping.data().subtree_end(mapping.index);
        let mut next = mapping.index + 1;
        while next < end {
            let Some(key_data) = self.tree.nodes.get(next as usize) else { break };
            let value = key_data.subtree_end(next).max(next + 1);
            let Some(value_data) = self.tree.nodes.get(value as usize).filter(|_| value < end) else { break };
            let length = key_data.text_length();
            if length.is_none_or(|length| length == key.len() || length == MERGE_KEY.len()) {
                let key_node = self.at(next);
                if key_node.is_text(key) {
                    if found.is_none() {
                        found = Some((next, value));
                    } else {
                        self.tree.duplicates.with(|found| found.insert(key_node.index));
                    }
                } else if key_node.is_text(MERGE_KEY) && key_node.is_merge_key() {
                    if has_merges {
                        self.record_second_merge(key_node);
                    }
                    has_merges = true;
                }
            }
            next = value_data.subtree_end(value).max(value + 1);
        }
        (found, has_merges)
    }

    /// Of two `<<` in one mapping, the first wins for some readers and the last for others, and kustomize refuses them: a
    /// repeated key like any other. (Several mappings in one `<<: [*a, *b]` mean the same to all.)
    fn record_second_merge(self, key: Self) {
        self.tree.duplicates.with(|found| found.insert(key.index));
    }

    /// Whether it is a scalar of that value, aliases followed.
    fn is_text(self, text: &str) -> bool {
        let data = self.data();
        match data.text_range() {
            // Bytes are compared, so that nobody need look whether the range is one of characters.
            Some(range) => self.text.as_bytes().get(range) == Some(text.as_bytes()),
            None => self.as_str() == Some(text),
        }
    }

    /// Visits the mapping and those that `<<` merges into it, in the order in which their entries win, each once, for as long as
    /// `visit` says so. Takes time in proportion to their size: the parser bounds what aliases can add up to.
    fn walk_merged(self, mut visit: impl FnMut(Self) -> bool) {
        let mut pending = Vec::new();
        let mut visited = BTreeSet::new();
        let mut next = Some(self);
        while let Some(node) = next {
            if node.is_sequence() {
                let items: Vec<_> = node.items().filter(|item| item.is_mapping()).collect();
                pending.extend(items.into_iter().rev());
            } else if let Some(mapping) = node.resolve() {
                let merges: Vec<_> = mapping.entries().filter(|(key, _)| key.is_merge_key()).collect();
                for (second, _) in merges.iter().skip(1) {
                    self.record_second_merge(*second);
                }
                let is_first_visit = (merges.is_empty() && pending.is_empty()) || visited.insert(mapping.index);
                if is_first_visit {
                    if !visit(mapping) {
                        return;
                    }
                    pending.extend(merges.into_iter().rev().map(|(_, value)| value));
                }
            }
            next = pending.pop();
        }
    }

    /// Whether it is a `<<` that merges its value into the mapping: plain, or tagged `!!merge` as kustomize's library writes it.
    #[must_use]
    pub fn is_merge_key(self) -> bool {
        self.as_str() == Some(MERGE_KEY)
            && match self.tag() {
                None => self.shape() == Shape::Scalar(ScalarStyle::Plain),
                Some(tag) => tag == "!!merge",
            }
    }

    /// The node at the end of a path of keys.
    #[must_use]
    pub fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// All entries with `<<` merges applied and scalar keys only: key text, key node, value node. Own entries come first and
    /// win over merged ones. Repeated keys of one mapping are recorded in `Tree::duplicate_keys`.
    #[must_use]
    pub fn merged_entries(self) -> Vec<(&'t str, Self, Self)> {
        // Nearly all mappings are short and have no merges.
        const SHORT: usize = 12;
        let mut entries: Vec<(&str, Self, Self)> = Vec::with_capacity(SHORT / 2);
        let mut is_simple = true;
        for (key_node, value) in self.entries() {
            let Some(key) = key_node.as_str() else { continue };
            is_simple = entries.len() < SHORT && key != MERGE_KEY && entries.iter().all(|(known, ..)| *known != key);
            if !is_simple {
                break;
            }
            entries.push((key, key_node, value));
        }
        if is_simple { entries } else { self.entries_of_all_merged() }
    }

    fn entries_of_all_merged(self) -> Vec<(&'t str, Self, Self)> {
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        self.walk_merged(|mapping| {
            let mut own = BTreeSet::new();
            for (key_node, value) in mapping.entries() {
                let Some(key) = key_node.as_str() else { continue };
                if key_node.is_merge_key() {
                    continue;
                }
                if !own.insert(key) {
                    self.tree.duplicates.with(|found| found.insert(key_node.index));
                } else if seen.insert(key) {
                    entries.push((key, key_node, value));
                }
            }
            true
        });
        entries
    }
}
