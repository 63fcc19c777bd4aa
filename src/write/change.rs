//! What shall become of one resource, as a tree of keys: several changes to one object meet here before any text is edited.

use super::piece::{Piece, Token};
use crate::model::value::Value;
use crate::plan::MapChange;
use crate::read::tree::{Node, ScalarStyle, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// Changes at one node of a resource and below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// Entries that must be there with these string values.
    pub(crate) set: BTreeMap<String, String>,
    /// Keys that must not be there.
    pub(crate) remove: BTreeSet<String>,
    /// Whether the map itself goes when nothing is left in it.
    pub(crate) drop_when_empty: bool,
    /// The whole value, instead of the one that is there.
    pub(crate) replacement: Option<Value>,
    /// Changes to values, sorted by key. Hardly ever more than one, of which a map would take much room.
    pub(crate) below: Vec<(String, Change)>,
    /// Whether the node may be created where it is missing or null.
    pub(crate) may_create: bool,
}

impl Change {
    /// Adds a change of the plan. Only the map and its parent may be created (`metadata.labels`, never `spec.template`).
    pub(crate) fn add(&mut self, change: &MapChange) {
        let mut node = self;
        for (index, key) in change.path.iter().enumerate() {
            node = node.child(key);
            node.may_create |= index + 2 >= change.path.len();
        }
        node.set.extend(change.set.iter().map(|(key, value)| (key.to_owned(), value.to_owned())));
        node.remove.extend(change.remove.iter().cloned());
    }

    /// The change at a path of keys, created if need be.
    pub(crate) fn at(&mut self, path: &[&str]) -> &mut Self {
        let mut node = self;
        for key in path {
            node = node.child(key);
            node.may_create = true;
        }
        node
    }

    /// The change at a key, created if need be.
    fn child(&mut self, key: &str) -> &mut Self {
        let found = self.below.binary_search_by(|(known, _)| known.as_str().cmp(key));
        let index = found.unwrap_or_else(|index| {
            self.below.reserve_exact(1);
            self.below.insert(index, (key.to_owned(), Self::default()));
            index
        });
        #[allow(clippy::indexing_slicing, reason = "it was found or inserted there on the lines above")]
        &mut self.below[index].1
    }

    /// The change at a key, if there is one.
    pub(super) fn below(&self, key: &str) -> Option<&Self> {
        let index = self.below.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        self.below.get(index).map(|(_, change)| change)
    }

    /// The string that an entry of the map at a path gets.
    pub(crate) fn string_at(&self, path: &[&str], key: &str) -> Option<&str> {
        let map = path.iter().try_fold(self, |node, key| node.below(key))?;
        map.set.get(key).map(String::as_str)
    }

    /// Whether a node is already as it shall be.
    pub(crate) fn is_done(&self, node: Option<Node<'_>>) -> bool {
        if self.replacement.is_some() {
            return false;
        }
        // A few keys are looked up one by one, many in a map: either way the time is linear.
        let is_short = self.set.len() + self.remove.len() + self.below.len() <= 4;
        let entries = node.filter(|_| !is_short).map(entries_by_key).unwrap_or_default();
        let value = |key: &str| if is_short { node.and_then(|node| node.get(key)) } else { entries.get(key).copied() };
        self.set.iter().all(|(key, wanted)| value(key).is_some_and(|value| is_string(value, wanted)))
            && self.remove.iter().all(|key| value(key).is_none())
            && self.below.iter().all(|(key, change)| change.is_done(value(key)))
    }

    /// Whether a mapping that is to be changed has nothing left after it, and shall go then.
    pub(crate) fn drops(&self, node: Node<'_>) -> bool {
        self.drop_when_empty
            && self.set.is_empty()
            && node.is_mapping()
            && node.merged_entries().iter().all(|(key, ..)| self.remove.contains(*key))
    }

    /// The value for a place where nothing is.
    pub(super) fn create(&self) -> Option<Piece> {
        if let Some(value) = &self.replacement {
            return Some(Piece::from(value));
        }
        let texts = self.set.iter().map(|(key, value)| (Token::Text(key.clone()), Piece::text(value.clone())));
        let below = self.below.iter().filter_map(|(key, change)| Some((Token::Text(key.clone()), change.create()?)));
        let entries: Vec<_> = texts.chain(below).collect();
        (!entries.is_empty()).then_some(Piece::Map(entries))
    }

    /// The copied value with the change carried out.
    pub(super) fn apply_to(&self, piece: Piece) -> Piece {
        if let Some(value) = &self.replacement {
            return Piece::from(value);
        }
        let Piece::Map(mut entries) = piece else { return self.create().unwrap_or(piece) };
        entries.retain(|(key, _)| !self.remove.contains(key.value()));
        let by_key = entries.iter().enumerate().map(|(index, (key, _))| (key.value().to_owned(), index));
        let by_key: BTreeMap<String, usize> = by_key.collect();
        for (key, value) in &self.set {
            match by_key.get(key).and_then(|index| entries.get_mut(*index)) {
                Some((_, piece)) => *piece = Piece::text(value.clone()),
                None => entries.push((Token::Text(key.clone()), Piece::text(value.clone()))),
            }
        }
        for (key, change) in &self.below {
            match by_key.get(key).and_then(|index| entries.get_mut(*index)) {
                Some((_, piece)) => *piece = change.apply_to(std::mem::replace(piece, Piece::List(Vec::new()))),
                None => entries.extend(change.create().map(|piece| (Token::Text(key.clone()), piece))),
            }
        }
        Piece::Map(entries)
    }
}

/// The entries of a mapping by key, merges applied.
pub(crate) fn entries_by_key<'t>(mapping: Node<'t>) -> BTreeMap<&'t str, Node<'t>> {
    mapping.merged_entries().into_iter().map(|(key, _, value)| (key, value)).collect()
}

/// Whether a node is this string for every YAML reader in the chain: `true` without quotes is not the string "true".
pub(crate) fn is_string(node: Node<'_>, wanted: &str) -> bool {
    if node.as_str() != Some(wanted) {
        return false;
    }
    let Some(node) = node.resolve() else { return false };
    match node.tag() {
        Some("!!str" | "!") => true,
        Some(_) => false,
        None => node.shape() != Shape::Scalar(ScalarStyle::Plain) || is_plain_string(node, wanted),
    }
}

/// Whether a plain scalar is a string to YAML 1.1 and 1.2 readers alike: no null, boolean, number or date.
fn is_plain_string(node: Node<'_>, text: &str) -> bool {
    let is_number_like = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || b"+-._xXoOtTzZ: infINFanAN".contains(&byte));
    !node.is_null() && node.as_bool().is_none() && !is_number_like && text != "=" && text != "<<"
}

#[cfg(test)]
mod tests {
    use super::is_string;
    use crate::read::parser::parse;

    fn is(spelling: &str, wanted: &str) -> bool {
        let text = format!("a: &a {spelling}\nb: *a\n");
        let (tree, documents) = parse(&text).unwrap();
        let root = tree.node(&text, documents[0].root);
        assert_eq!(is_string(root.get("a").unwrap(), wanted), is_string(root.get("b").unwrap(), wanted));
        is_string(root.get("a").unwrap(), wanted)
    }

    #[test]
    fn only_strings_are_strings() {
        for (spelling, wanted) in [
            ("web", "web"),
            ("\"true\"", "true"),
            ("'yes'", "yes"),
            ("!!str true", "true"),
            ("! 1", "1"),
            ("|-\n  true", "true"),
            ("yess", "yess"),
            ("1.2.3-rc", "1.2.3-rc"),
            ("\"\"", ""),
            ("8.8.8.8/32", "8.8.8.8/32"),
        ] {
            assert!(is(spelling, wanted), "{spelling}");
        }
        for (spelling, wanted) in [
            ("true", "true"),
            ("Yes", "Yes"),
            ("n", "n"),
            ("", ""),
            ("~", "~"),
            ("1", "1"),
            ("0x1F", "0x1F"),
            ("1e3", "1e3"),
            (".inf", ".inf"),
            ("2024-01-01", "2024-01-01"),
            ("!!int \"1\"", "1"),
            ("!custom web", "web"),
            ("|\n  true", "true"),
            ("[web]", "web"),
            ("web", "other"),
        ] {
            assert!(!is(spelling, wanted), "{spelling}");
        }
    }
}
