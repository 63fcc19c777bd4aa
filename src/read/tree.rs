//! YAML as nodes with byte spans: what the reader keeps of a text, and how the stages look into it.
//!
//! Nodes are stored in preorder in one arena per source text and refer to the text by offset, so nothing is copied but
//! scalars whose value differs from their spelling. Aliases are followed when looking, never expanded.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// "None" in the `u32` fields of [`NodeData`].
pub(crate) const NONE: u32 = u32::MAX;

/// The nodes of one source text, in preorder.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(crate) nodes: Vec<NodeData>,
    /// Values of scalars that are not a slice of the text.
    pub(crate) decoded: Vec<Box<str>>,
    /// Tags and anchors, for the few nodes that have them.
    pub(crate) properties: Vec<Properties>,
    /// Keys that were looked up and found more than once.
    duplicates: RefCell<BTreeSet<NodeId>>,
}

/// One node. 24 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData {
    /// First byte of the content, after tag and anchor. For an empty scalar, where it would stand.
    pub(crate) start: u32,
    /// One past the last byte of the content. For block collections the end of the last descendant's content.
    pub(crate) end: u32,
    /// One past the last descendant.
    pub(crate) subtree_end: u32,
    /// Scalar: index into [`Tree::decoded`], or [`NONE`] when the value is the text between the quotes.
    /// Alias: the node it stands for, or [`NONE`] when the anchor is not in this text.
    pub(crate) link: u32,
    /// Index into [`Tree::properties`], or [`NONE`].
    pub(crate) properties: u32,
    pub(crate) shape: Shape,
}

/// What a node is and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A scalar; an absent value is a [`ScalarStyle::Plain`] one of length zero.
    Scalar(ScalarStyle),
    /// A mapping.
    Mapping(CollectionStyle),
    /// A sequence.
    Sequence(CollectionStyle),
    /// `*name`.
    Alias,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// How a collection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionStyle {
    /// By indentation.
    Block,
    /// `{...}` or `[...]`.
    Flow,
}

/// Tag and anchor of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// First byte of whatever of the two comes first.
    pub start: u32,
    /// Tag as written, `!!null` for example.
    pub tag: Option<String>,
    /// Anchor name without `&`.
    pub anchor: Option<String>,
    /// Whether an alias refers to the anchor.
    pub is_aliased: bool,
}

/// A node together with its tree and text: the handle that stages look through.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    text: &'t str,
    id: NodeId,
}

/// Aliases to aliases, and merges of merges, are followed this many times.
const MAX_INDIRECTIONS: usize = 64;

impl Tree {
    /// The node with that index.
    #[must_use]
    pub fn node<'t>(&'t self, text: &'t str, id: NodeId) -> Node<'t> {
        Node { tree: self, text, id }
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Keys (the second and later ones) that were found more than once in a mapping that [`Node::get`] looked into, in text order.
    #[must_use]
    pub fn duplicate_keys(&self) -> Vec<NodeId> {
        self.duplicates.borrow().iter().copied().collect()
    }
}

impl<'t> Node<'t> {
    /// Index in the tree.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The whole text that the tree was read from.
    #[must_use]
    pub fn source(self) -> &'t str {
        self.text
    }

    fn data(self) -> NodeData {
        self.tree.nodes.get(self.id.0 as usize).copied().unwrap_or(NodeData {
            start: 0,
            end: 0,
            subtree_end: 0,
            link: NONE,
            properties: NONE,
            shape: Shape::Scalar(ScalarStyle::Plain),
        })
    }

    fn at(self, id: u32) -> Self {
        Self { id: NodeId(id), ..self }
    }

    /// What it is, without following an alias.
    #[must_use]
    pub fn shape(self) -> Shape {
        self.data().shape
    }

    /// First byte of the content, after tag and anchor.
    #[must_use]
    pub fn start(self) -> usize {
        self.data().start as usize
    }

    /// One past the last byte of the content.
    #[must_use]
    pub fn end(self) -> usize {
        self.data().end as usize
    }

    /// Tag and anchor, if any.
    #[must_use]
    pub fn properties(self) -> Option<&'t Properties> {
        self.tree.properties.get(self.data().properties as usize)
    }

    /// First byte including tag and anchor.
    #[must_use]
    pub fn outer_start(self) -> usize {
        self.properties().map_or(self.start(), |properties| (properties.start as usize).min(self.start()))
    }

    /// One past the last descendant's index.
    #[must_use]
    pub fn subtree_end(self) -> NodeId {
        NodeId(self.data().subtree_end)
    }

    /// The node that an alias stands for; the node itself if it is no alias. `None` when the anchor is not in this text.
    #[must_use]
    pub fn resolve(self) -> Option<Self> {
        let mut node = self;
        for _ in 0..MAX_INDIRECTIONS {
            if node.shape() != Shape::Alias {
                return Some(node);
            }
            let link = node.data().link;
            if link == NONE {
                return None;
            }
            node = node.at(link);
        }
        None
    }

    /// The decoded value of a scalar, aliases followed. `None` for collections.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        let node = self.resolve()?;
        let data = node.data();
        let Shape::Scalar(style) = data.shape else { return None };
        if data.link != NONE {
            return node.tree.decoded.get(data.link as usize).map(AsRef::as_ref);
        }
        let raw = node.text.get(node.start()..node.end())?;
        match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => raw.get(1..raw.len().checked_sub(1)?),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => Some(raw),
        }
    }

    /// Whether it is null: an absent value, or plain `~`, `null`, `Null`, `NULL`, or tagged `!!null`. Aliases followed.
    #[must_use]
    pub fn is_null(self) -> bool {
        let Some(node) = self.resolve() else { return false };
        if node.properties().and_then(|properties| properties.tag.as_deref()) == Some("!!null") {
            return true;
        }
        node.shape() == Shape::Scalar(ScalarStyle::Plain)
            && node.properties().is_none_or(|properties| properties.tag.is_none())
            && matches!(node.as_str(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// A boolean as Go's YAML reader sees it (YAML 1.1: `yes`, `on`, ... are booleans), only for plain scalars.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        let node = self.resolve()?;
        if node.shape() != Shape::Scalar(ScalarStyle::Plain) {
            return None;
        }
        match node.as_str()? {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Some(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// An integer as Go's YAML reader sees it (`0644`, `0o17`, `0x1F`, `0b1`, `1_000`), only for plain scalars.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        let node = self.resolve()?;
        if node.shape() != Shape::Scalar(ScalarStyle::Plain) {
            return None;
        }
        parse_integer(node.as_str()?)
    }

    /// Whether it is a mapping, aliases followed.
    #[must_use]
    pub fn is_mapping(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Mapping(_)))
    }

    /// Whether it is a sequence, aliases followed.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Sequence(_)))
    }

    /// Whether it is a scalar, aliases followed.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Scalar(_)))
    }

    /// Direct children in text order: items of a sequence, keys and values of a mapping in turn. Aliases not followed.
    pub fn children(self) -> impl Iterator<Item = Self> + use<'t> {
        let end = self.data().subtree_end;
        let mut next = self.id.0 + 1;
        let is_collection = matches!(self.shape(), Shape::Mapping(_) | Shape::Sequence(_));
        std::iter::from_fn(move || {
            if !is_collection || next >= end {
                return None;
            }
            let child = self.at(next);
            next = child.data().subtree_end.max(next + 1);
            Some(child)
        })
    }

    /// Keys and values as written, aliases of the mapping itself followed, `<<` not applied.
    pub fn entries(self) -> impl Iterator<Item = (Self, Self)> + use<'t> {
        let mut children =
            self.resolve().filter(|node| matches!(node.shape(), Shape::Mapping(_))).map(|node| node.children());
        std::iter::from_fn(move || {
            let children = children.as_mut()?;
            Some((children.next()?, children.next()?))
        })
    }

    /// Items of a sequence, aliases of the sequence itself followed. Nothing for other nodes.
    pub fn items(self) -> impl Iterator<Item = Self> + use<'t> {
        self.resolve()
            .filter(|node| matches!(node.shape(), Shape::Sequence(_)))
            .into_iter()
            .flat_map(|node| node.children())
    }

    /// The value of a key, `<<` merges applied. The first of several equal keys counts, and the repetition is recorded in
    /// [`Tree::duplicate_keys`]. `None` when the node is no mapping or has no such key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.get_at_depth(key, 0).map(|(_, value)| value)
    }

    /// Like [`Self::get`], with the key's node.
    #[must_use]
    pub fn get_entry(self, key: &str) -> Option<(Self, Self)> {
        self.get_at_depth(key, 0)
    }

    fn get_at_depth(self, key: &str, depth: usize) -> Option<(Self, Self)> {
        let mut found = None;
        let mut merges = Vec::new();
        for (key_node, value) in self.entries() {
            match key_node.as_str() {
                Some(text) if text == key => {
                    if found.is_none() {
                        found = Some((key_node, value));
                    } else {
                        self.tree.duplicates.borrow_mut().insert(key_node.id);
                    }
                }
                Some("<<") if key_node.is_merge_key() => merges.push(value),
                _ => {}
            }
        }
        if found.is_some() || depth >= MAX_INDIRECTIONS {
            return found;
        }
        merges.into_iter().find_map(|value| {
            if value.is_sequence() {
                value.items().find_map(|item| item.get_at_depth(key, depth + 1))
            } else {
                value.get_at_depth(key, depth + 1)
            }
        })
    }

    /// Whether it is a plain `<<` (or tagged `!!merge`), which merges its value into the mapping.
    #[must_use]
    pub fn is_merge_key(self) -> bool {
        self.shape() == Shape::Scalar(ScalarStyle::Plain) && self.as_str() == Some("<<")
    }

    /// The node at the end of a path of keys.
    #[must_use]
    pub fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// All entries with `<<` merges applied and scalar keys only: key text, key node, value node. Own entries come first and
    /// win over merged ones. Repeated own keys are recorded in [`Tree::duplicate_keys`].
    #[must_use]
    pub fn merged_entries(self) -> Vec<(&'t str, Self, Self)> {
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        self.collect_merged(&mut seen, &mut entries, 0);
        entries
    }

    fn collect_merged(self, seen: &mut BTreeSet<&'t str>, entries: &mut Vec<(&'t str, Self, Self)>, depth: usize) {
        let mut merges = Vec::new();
        let mut own = BTreeSet::new();
        for (key_node, value) in self.entries() {
            let Some(key) = key_node.as_str() else { continue };
            if key_node.is_merge_key() {
                merges.push(value);
                continue;
            }
            if !own.insert(key) {
                self.tree.duplicates.borrow_mut().insert(key_node.id);
            } else if seen.insert(key) {
                entries.push((key, key_node, value));
            }
        }
        if depth >= MAX_INDIRECTIONS {
            return;
        }
        for value in merges {
            if value.is_sequence() {
                for item in value.items() {
                    item.collect_merged(seen, entries, depth + 1);
                }
            } else {
                value.collect_merged(seen, entries, depth + 1);
            }
        }
    }

    /// The path from this node down to the node that covers `offset`, in KRM's form: `spec.targets[0].kubernetes.name`.
    #[must_use]
    pub fn route_to(self, offset: usize) -> String {
        let mut route = String::new();
        let mut node = self;
        loop {
            let step = match node.shape() {
                Shape::Mapping(_) => node
                    .entries()
                    .find(|(key, value)| (key.outer_start()..=value.end().max(key.end())).contains(&offset))
                    .map(|(key, value)| {
                        let name: Cow<'_, str> = key.as_str().map_or(Cow::Borrowed("?"), Cow::Borrowed);
                        let text = if name.contains(['.', '/', '[', ' ']) {
                            format!("[{name}]")
                        } else if route.is_empty() {
                            name.into_owned()
                        } else {
                            format!(".{name}")
                        };
                        (text, value)
                    }),
                Shape::Sequence(_) => node
                    .items()
                    .enumerate()
                    .find(|(_, item)| (item.outer_start()..=item.end()).contains(&offset))
                    .map(|(index, item)| (format!("[{index}]"), item)),
                Shape::Scalar(_) | Shape::Alias => None,
            };
            let Some((text, child)) = step else { return route };
            route.push_str(&text);
            if offset < child.outer_start() || child.id == node.id {
                return route;
            }
            node = child;
        }
    }
}

/// An integer by the rules of Go's YAML reader.
fn parse_integer(text: &str) -> Option<i64> {
    let compact = text.replace('_', "");
    let (negative, digits) = match compact.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, compact.strip_prefix('+').unwrap_or(&compact)),
    };
    if text.starts_with('_') || digits.starts_with(['+', '-']) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let magnitude = if let Some(hex) = lower.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        i64::from_str_radix(octal, 8)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        i64::from_str_radix(&lower, 8)
    } else if lower.bytes().all(|byte| byte.is_ascii_digit()) {
        lower.parse()
    } else {
        return None;
    };
    magnitude.ok().map(|magnitude| if negative { -magnitude } else { magnitude })
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} {:?}..{:?} {:?}",
            self.shape(),
            self.start(),
            self.end(),
            self.text.get(self.start()..self.end())
        )
    }
}
