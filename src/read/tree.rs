//! YAML as nodes with byte spans: what the reader keeps of a text, and how the stages look into it.
//!
//! Nodes are stored in preorder in one arena per source text and refer to the text by offset, so nothing is copied but
//! scalars whose value differs from their spelling. Aliases are followed when looking, never expanded. Of a long list of objects
//! that threads have read in parts, each part has an arena of its own.

mod lookup;
mod parts;
mod route;
mod values;

pub(crate) use parts::STAND_INS;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// A node of a [`Tree`]: ids grow in the order of the text within an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// In [`NodeData::link`]: nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// In [`NodeData::link`] of a scalar whose value was not worked out yet: only while its object is being read.
pub(crate) const UNDECODED: u32 = u32::MAX - 1;

/// The nodes of one source text, in preorder.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(crate) nodes: Vec<NodeData>,
    /// Values of scalars that are not a slice of the text.
    pub(crate) decoded: Vec<Box<str>>,
    /// Tags and anchors of the few nodes that have them, in the order of the nodes.
    pub(crate) properties: Vec<(NodeId, Properties)>,
    /// Indices of keys that stand twice.
    duplicates: Duplicates,
    children: route::Children,
    /// The id of the first node.
    first: u32,
    /// The index of the list that goes on in the parts; of a part, that of the node that stands for this list.
    list: u32,
    /// The later items of the list, if they were read in parts.
    parts: Vec<Tree>,
}

/// Keys that were looked up and found more than once. Several threads may look at one tree.
#[derive(Debug, Default)]
struct Duplicates(Mutex<BTreeSet<u32>>);

impl Duplicates {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeSet<u32>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clone for Duplicates {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.with(|found| found.clone())))
    }
}

/// Offsets and indices are 32 bits wide; longer texts are refused before they are parsed.
#[inline]
pub(crate) fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// One node. 16 bytes: a large text has millions, and looking for a key walks over them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData {
    /// First byte, after tag and anchor.
    ///
    /// * Block scalar: the `|` or `>`.
    /// * Block sequence: the dash of its first element. Block mapping: its first key, or the tag, anchor or `?` before that.
    /// * `a: b` directly inside `[...]`: a flow mapping that starts at its key, without a bracket.
    /// * Absent scalar: right behind the `:`, `-`, tag or anchor that announces it. Where there is no `:` either, as for `d` in
    ///   `{d, e: f}`, behind the key.
    pub(crate) start: u32,
    /// One past the last byte.
    ///
    /// * Block scalar: the end of its last line that is not empty, without the line break. With `|+` and `>+` behind the line
    ///   breaks that belong to the value, so at the start of a line. If it is empty, the end of its header.
    /// * Block collection: the end of its last descendant; comments and empty lines after that are not inside.
    pub(crate) end: u32,
    /// Scalar: index into [`Tree::decoded`], or [`NONE`] when the value is the text between the quotes.
    /// Alias: the node it stands for, or [`NONE`] when the anchor is not in this text.
    /// Collection: one past the last descendant.
    pub(crate) link: u32,
    pub(crate) shape: Shape,
    /// Whether it has an entry in [`Tree::properties`].
    pub(crate) has_properties: bool,
    /// Whether entries below it were forgotten.
    pub(crate) is_pruned: bool,
}

impl NodeData {
    #[inline]
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.shape, Shape::Scalar(_))
    }

    #[inline]
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self.shape, Shape::Mapping(_) | Shape::Sequence(_))
    }

    /// One past the last descendant of this node, which has that index.
    #[inline]
    pub(crate) fn subtree_end(&self, id: u32) -> u32 {
        if self.is_collection() { self.link } else { id + 1 }
    }

    /// Where a scalar's value is, if it is a slice of the text.
    #[inline]
    fn text_range(&self) -> Option<Range<usize>> {
        let Shape::Scalar(style) = self.shape else { return None };
        if self.link != NONE {
            return None;
        }
        let (start, end) = (self.start as usize, self.end as usize);
        Some(match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => start + 1..end.saturating_sub(1),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => start..end,
        })
    }

    /// Bytes of a scalar's value, where that is a slice of the text.
    #[inline]
    fn text_length(&self) -> Option<usize> {
        self.text_range().map(|range| range.len())
    }

    /// Whether it has a value in [`Tree::decoded`].
    #[inline]
    pub(crate) fn is_decoded(&self) -> bool {
        self.is_scalar() && self.link < UNDECODED
    }
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
    /// Tag as written; those of YAML's own types in their short form, `!!null` for example.
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
    /// Its index in the tree's own list of nodes.
    index: u32,
}

impl Tree {
    /// The node with that id.
    #[must_use]
    #[inline]
    pub fn node<'t>(&'t self, text: &'t str, id: NodeId) -> Node<'t> {
        let tree = self.part_of(id);
        Node { tree, text, index: id.0.wrapping_sub(tree.first) }
    }

    /// Whether any alias refers to an anchor.
    #[must_use]
    pub fn has_aliases(&self) -> bool {
        self.properties.iter().any(|(_, properties)| properties.is_aliased)
    }

    /// Keys (the second and later ones) that were found more than once in a mapping that [`Node::get`] looked into, in text order.
    #[must_use]
    pub fn duplicate_keys(&self) -> Vec<NodeId> {
        let mut found: Vec<(u32, NodeId)> = Vec::new();
        for tree in std::iter::once(self).chain(&self.parts) {
            let start = |index: u32| tree.nodes.get(index as usize).map_or(0, |key| key.start);
            tree.duplicates.with(|keys| found.extend(keys.iter().map(|key| (start(*key), NodeId(tree.first + key)))));
        }
        found.sort_unstable();
        found.into_iter().map(|(_, key)| key).collect()
    }

    /// The entry in [`Self::properties`] of a node that has one.
    pub(crate) fn position_of_properties(&self, node: NodeId) -> Option<usize> {
        self.properties.binary_search_by_key(&node, |(owner, _)| *owner).ok()
    }

    /// Whether a repeated key was found in the node with that index or behind it.
    pub(crate) fn has_duplicates_from(&self, first: NodeId) -> bool {
        self.duplicates.with(|found| found.range(first.0..).next().is_some())
    }
}

impl<'t> Node<'t> {
    /// Its id in the tree.
    #[must_use]
    #[inline]
    pub fn id(self) -> NodeId {
        NodeId(self.tree.first + self.index)
    }

    /// The whole text that the tree was read from.
    #[must_use]
    #[inline]
    pub fn source(self) -> &'t str {
        self.text
    }

    #[inline]
    fn data(self) -> NodeData {
        self.tree.nodes.get(self.index as usize).copied().unwrap_or(NodeData {
            start: 0,
            end: 0,
            link: NONE,
            shape: Shape::Scalar(ScalarStyle::Plain),
            has_properties: false,
            is_pruned: false,
        })
    }

    #[inline]
    fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    /// What it is, without following an alias.
    #[must_use]
    #[inline]
    pub fn shape(self) -> Shape {
        self.data().shape
    }

    /// First byte of the content, after tag and anchor.
    #[must_use]
    #[inline]
    pub fn start(self) -> usize {
        self.data().start as usize
    }

    /// One past the last byte of the content.
    #[must_use]
    #[inline]
    pub fn end(self) -> usize {
        self.data().end as usize
    }

    /// Tag and anchor, if any.
    #[must_use]
    #[inline]
    pub fn properties(self) -> Option<&'t Properties> {
        if !self.data().has_properties {
            return None;
        }
        let position = self.tree.position_of_properties(self.id())?;
        self.tree.properties.get(position).map(|(_, properties)| properties)
    }

    /// First byte including tag and anchor.
    #[must_use]
    pub fn outer_start(self) -> usize {
        self.properties().map_or(self.start(), |properties| (properties.start as usize).min(self.start()))
    }

    /// One past the last descendant's id. Of a list that was read in parts, and of the root around it, the first part counts alone.
    #[must_use]
    #[inline]
    pub fn subtree_end(self) -> NodeId {
        NodeId(self.tree.first + self.data().subtree_end(self.index))
    }

    /// Tag in short form, `!!null` for example. Aliases not followed.
    #[must_use]
    pub fn tag(self) -> Option<&'t str> {
        self.properties()?.tag.as_deref()
    }

    /// Anchor name without `&`.
    #[must_use]
    pub fn anchor(self) -> Option<&'t str> {
        self.properties()?.anchor.as_deref()
    }

    /// Whether some alias refers to this node, so that a change of it changes another place too.
    #[must_use]
    pub fn is_aliased(self) -> bool {
        self.properties().is_some_and(|properties| properties.is_aliased)
    }

    /// Whether entries below it were forgotten: of an object all but its header, of other collections all ([`super::prune`]).
    #[must_use]
    pub fn is_pruned(self) -> bool {
        self.data().is_pruned
    }

    /// Whether nothing is written where the scalar would stand. A tag or an anchor may be there.
    #[must_use]
    pub fn is_absent(self) -> bool {
        let data = self.data();
        data.shape == Shape::Scalar(ScalarStyle::Plain) && data.start == data.end
    }

    /// The node that an alias stands for; the node itself if it is no alias. Every alias has a node: the parser refuses others.
    #[must_use]
    #[inline]
    pub fn resolve(self) -> Option<Self> {
        let data = self.data();
        match data.shape {
            Shape::Alias => (data.link != NONE).then(|| self.at(data.link)),
            _ => Some(self),
        }
    }

    /// The decoded value of a scalar, aliases followed. `None` for collections.
    #[must_use]
    #[inline]
    pub fn as_str(self) -> Option<&'t str> {
        let data = self.data();
        match (data.text_range(), data.shape) {
            (Some(range), _) => self.text.get(range),
            (None, Shape::Scalar(_)) => self.tree.decoded.get(data.link as usize).map(AsRef::as_ref),
            // What an alias stands for is never an alias.
            (None, Shape::Alias) => self.resolve().filter(|node| node.shape() != Shape::Alias)?.as_str(),
            (None, Shape::Mapping(_) | Shape::Sequence(_)) => None,
        }
    }

    /// Whether it is a mapping, aliases followed.
    #[must_use]
    #[inline]
    pub fn is_mapping(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Mapping(_)))
    }

    /// Whether it is a sequence, aliases followed.
    #[must_use]
    #[inline]
    pub fn is_sequence(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Sequence(_)))
    }

    /// Whether it is a scalar, aliases followed.
    #[must_use]
    #[inline]
    pub fn is_scalar(self) -> bool {
        self.resolve().is_some_and(|node| matches!(node.shape(), Shape::Scalar(_)))
    }

    /// Direct children in text order: items of a sequence, keys and values of a mapping in turn. Aliases not followed.
    #[inline]
    pub fn children(self) -> impl Iterator<Item = Self> + use<'t> {
        // Of what is no collection that is the next node, so there are none.
        let (mut tree, mut next, mut end) = (self.tree, self.index + 1, self.data().subtree_end(self.index));
        let mut later = self.later_parts().iter();
        std::iter::from_fn(move || {
            while next >= end {
                tree = later.next()?;
                (next, end) = (tree.list + 1, tree.end_of_list());
            }
            let child = Node { tree, text: self.text, index: next };
            next = child.data().subtree_end(next).max(next + 1);
            Some(child)
        })
    }

    /// Keys and values as written, aliases of the mapping itself followed, `<<` not applied.
    #[inline]
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

    /// Where the node's indentation counts: the first entry of a block collection; tag and anchor of anything else.
    fn indented_start(self) -> usize {
        match self.shape() {
            Shape::Mapping(CollectionStyle::Block) | Shape::Sequence(CollectionStyle::Block) => self.start(),
            _ => self.outer_start(),
        }
    }

    /// The first byte of the line that the node starts in: for block collections that of their first entry.
    #[must_use]
    pub fn line_start(self) -> usize {
        let before = self.text.get(..self.indented_start()).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Characters between [`Self::line_start`] and the node. For a block mapping and its keys, and for a block sequence, that is
    /// how far further entries must be indented.
    #[must_use]
    pub fn column(self) -> usize {
        let line = self.text.get(self.line_start()..self.indented_start()).unwrap_or_default();
        line.trim_start_matches('\u{FEFF}').chars().count()
    }

    /// The start of the first line behind the node, where lines can be inserted without becoming part of it; the end of the
    /// text if there is none. A comment behind the node on its last line is before it.
    #[must_use]
    pub fn next_line(self) -> usize {
        let end = self.end();
        // Only a block scalar that keeps its line breaks ends with one, and collections that it is the last of.
        if end > self.start() && self.text.get(..end).is_some_and(|before| before.ends_with('\n')) {
            return end;
        }
        let rest = self.text.get(end..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |newline| end + newline + 1)
    }
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

#[cfg(test)]
mod tests;
