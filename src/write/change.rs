//! What shall become of one resource, as a tree of keys: several changes to one object meet here before any text is edited.

use super::piece::{Piece, Token};
use crate::plan::MapChange;
use crate::read::tree::Node;
use std::collections::BTreeMap;

/// Changes at one node of a resource and below it. Lists instead of maps, since hardly any has more than a few entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change<'p> {
    /// Entries that must be there with these string values, sorted by key.
    pub(crate) set: Vec<(&'p str, &'p str)>,
    /// Keys that must not be there, sorted.
    pub(crate) remove: Vec<&'p str>,
    /// Whether the map itself goes when nothing is left in it.
    pub(crate) drop_when_empty: bool,
    /// The whole value, instead of the one that is there.
    pub(crate) replacement: Option<Piece<'p>>,
    /// Changes to values, sorted by key.
    pub(crate) below: Vec<(&'p str, Change<'p>)>,
    /// Whether the node may be created where it is missing or null.
    pub(crate) may_create: bool,
}

impl<'p> Change<'p> {
    /// Adds a change of the plan. Only the map and its parent may be created (`metadata.labels`, never `spec.template`).
    pub(crate) fn add(&mut self, change: &'p MapChange) {
        let mut node = self;
        for (index, key) in change.path.iter().enumerate() {
            node = node.child(key);
            node.may_create |= index + 2 >= change.path.len();
        }
        node.set_all(change.set.iter());
        node.remove_all(change.remove.iter().map(String::as_str));
    }

    /// Adds entries that must be there. Of equal keys the last one counts.
    pub(crate) fn set_all(&mut self, entries: impl Iterator<Item = (&'p str, &'p str)>) {
        self.set.extend(entries);
        if !self.set.is_sorted_by(|(one, _), (other, _)| one < other) {
            self.set.reverse();
            self.set.sort_by_key(|(key, _)| *key);
            self.set.dedup_by_key(|(key, _)| *key);
        }
    }

    /// Adds keys that must not be there.
    pub(crate) fn remove_all(&mut self, keys: impl Iterator<Item = &'p str>) {
        self.remove.extend(keys);
        self.remove.sort_unstable();
        self.remove.dedup();
    }

    /// The change at a path of keys, created if need be.
    pub(crate) fn at(&mut self, path: &[&'p str]) -> &mut Self {
        let mut node = self;
        for key in path {
            node = node.child(key);
            node.may_create = true;
        }
        node
    }

    /// The change at a key, created if need be.
    fn child(&mut self, key: &'p str) -> &mut Self {
        let found = self.below.binary_search_by_key(&key, |(known, _)| *known);
        let index = found.unwrap_or_else(|index| {
            self.below.reserve_exact(1);
            self.below.insert(index, (key, Self::default()));
            index
        });
        #[allow(clippy::indexing_slicing, reason = "it was found or inserted there on the lines above")]
        &mut self.below[index].1
    }

    /// The string that an entry of the map at a path gets.
    pub(crate) fn string_at(&self, path: &[&str], key: &str) -> Option<&'p str> {
        let map = path.iter().try_fold(self, |node, key| value_of(&node.below, key))?;
        value_of(&map.set, key).copied()
    }

    /// Whether the key must not be there.
    pub(crate) fn removes(&self, key: &str) -> bool {
        self.remove.binary_search(&key).is_ok()
    }

    /// Whether it says anything about a key.
    pub(crate) fn is_about(&self, key: &str) -> bool {
        value_of(&self.set, key).is_some() || self.removes(key) || value_of(&self.below, key).is_some()
    }

    /// The changes to values that are not yet as they shall be, where it is known that not all of the map is. `value` has the values.
    pub(super) fn open<'c, 'n>(
        &'c self,
        value: impl Fn(&str) -> Option<Node<'n>>,
    ) -> impl Iterator<Item = (&'p str, &'c Self)> {
        let is_only_one = self.set.is_empty() && self.remove.is_empty() && self.below.len() == 1;
        self.below
            .iter()
            .filter(move |(key, change)| is_only_one || !change.is_done(value(key)))
            .map(|(key, change)| (*key, change))
    }

    /// Whether a node is already as it shall be.
    pub(crate) fn is_done(&self, node: Option<Node<'_>>) -> bool {
        if self.replacement.is_some() {
            return false;
        }
        // A few keys are looked up one by one, many in a map: either way the time is linear.
        let is_short = self.set.len() + self.remove.len() + self.below.len() <= 4;
        let entries = node.filter(|_| !is_short).map(entries_by_key).unwrap_or_default();
        let value =
            |key: &str| if is_short { node.and_then(|node| node.get(key)) } else { value_of(&entries, key).copied() };
        self.set.iter().all(|(key, wanted)| value(key).is_some_and(|value| value.is_string(wanted)))
            && self.remove.iter().all(|key| value(key).is_none())
            && self.below.iter().all(|(key, change)| change.is_done(value(key)))
    }

    /// Whether a mapping that is to be changed has nothing left after it, and shall go then.
    pub(crate) fn drops(&self, node: Node<'_>) -> bool {
        self.drop_when_empty
            && self.set.is_empty()
            && node.is_mapping()
            && node.merged_entries().iter().all(|(key, ..)| self.removes(key))
    }

    /// The value for a place where nothing is.
    pub(super) fn create(&self) -> Option<Piece<'p>> {
        if let Some(piece) = &self.replacement {
            return Some(piece.clone());
        }
        let texts = self.set.iter().map(|(key, value)| (Token::text(*key), Piece::text(*value)));
        let below = self.below.iter().filter_map(|(key, change)| Some((Token::text(*key), change.create()?)));
        let entries: Vec<_> = texts.chain(below).collect();
        (!entries.is_empty()).then_some(Piece::Map(entries))
    }

    /// The copied value with the change carried out.
    pub(super) fn apply_to(&self, piece: Piece<'p>) -> Piece<'p> {
        if let Some(piece) = &self.replacement {
            return piece.clone();
        }
        let Piece::Map(mut entries) = piece else { return self.create().unwrap_or(piece) };
        entries.retain(|(key, _)| !self.removes(key.value()));
        let by_key = entries.iter().enumerate().map(|(index, (key, _))| (key.value().to_owned(), index));
        let by_key: BTreeMap<String, usize> = by_key.collect();
        for (key, value) in &self.set {
            match by_key.get(*key).and_then(|index| entries.get_mut(*index)) {
                Some((_, piece)) => *piece = Piece::text(*value),
                None => entries.push((Token::text(*key), Piece::text(*value))),
            }
        }
        for (key, change) in &self.below {
            match by_key.get(*key).and_then(|index| entries.get_mut(*index)) {
                Some((_, piece)) => *piece = change.apply_to(std::mem::replace(piece, Piece::Null)),
                None => entries.extend(change.create().map(|piece| (Token::text(*key), piece))),
            }
        }
        Piece::Map(entries)
    }
}

/// What a list that is sorted by key has for a key.
pub(crate) fn value_of<'l, T>(sorted: &'l [(&str, T)], key: &str) -> Option<&'l T> {
    let index = sorted.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
    sorted.get(index).map(|(_, value)| value)
}

/// The entries of a mapping sorted by key, merges applied.
pub(crate) fn entries_by_key(mapping: Node<'_>) -> Vec<(&str, Node<'_>)> {
    let mut entries = Vec::with_capacity(8);
    let texts = mapping.entries().filter_map(|(key, value)| Some((key.as_str()?, value)));
    entries.extend(texts);
    entries.sort_unstable_by_key(|(key, _)| *key);
    let is_simple = entries.is_sorted_by(|(one, _), (other, _)| one < other) && value_of(&entries, "<<").is_none();
    if !is_simple {
        entries.clear();
        entries.extend(mapping.merged_entries().into_iter().map(|(key, _, value)| (key, value)));
        entries.sort_unstable_by_key(|(key, _)| *key);
    }
    entries
}
