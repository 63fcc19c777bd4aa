//! The tree while it grows.

use super::decode;
use crate::read::prune::{Forgetting, Selection};
use crate::read::tree::{NONE, NodeData, NodeId, STAND_INS, ScalarStyle, Shape, Tree, UNDECODED, to_u32};
use std::ops::Range;

/// Nodes in preorder, and the end of the last one.
pub(super) struct Builder<'t> {
    pub(super) text: &'t str,
    forgetting: Forgetting,
    pub(super) tree: Tree,
    /// End of the node that was finished last.
    last_end: u32,
}

/// A scalar as it was found.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// From its first to behind its last byte, quotes and block scalar headers included.
    pub(super) range: Range<usize>,
    pub(super) style: ScalarStyle,
    /// Whether the value is something else than the text between the quotes.
    pub(super) is_encoded: bool,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str, selection: Option<Selection>) -> Self {
        Self { text, forgetting: Forgetting::new(selection), tree: Tree::default(), last_end: 0 }
    }

    #[inline]
    pub(super) fn next_id(&self) -> u32 {
        to_u32(self.tree.nodes.len())
    }

    #[inline]
    fn push(&mut self, shape: Shape, range: Range<usize>, link: u32) -> u32 {
        let id = self.next_id();
        let (start, end) = (to_u32(range.start), to_u32(range.end));
        self.tree.nodes.push(NodeData { start, end, link, shape, has_properties: false, is_pruned: false });
        self.last_end = end;
        id
    }

    /// Adds a scalar, whose value is worked out when its object is complete, if it is kept at all.
    #[inline]
    pub(super) fn scalar(&mut self, scalar: &Scalar) -> u32 {
        let link = if scalar.is_encoded { UNDECODED } else { NONE };
        self.push(Shape::Scalar(scalar.style), scalar.range.clone(), link)
    }

    /// Adds the scalar that stands for nothing.
    pub(super) fn absent(&mut self, position: usize) {
        self.push(Shape::Scalar(ScalarStyle::Plain), position..position, NONE);
    }

    /// Adds a collection, the children of which follow.
    #[inline]
    pub(super) fn open(&mut self, shape: Shape, start: usize) -> u32 {
        let behind = self.next_id() + 1;
        self.push(shape, start..start, behind)
    }

    /// Completes a collection: a block collection ends where its last descendant does.
    #[inline]
    pub(super) fn close(&mut self, id: u32, end: Option<usize>) {
        let subtree_end = self.next_id();
        let end = end.map_or(self.last_end, to_u32);
        self.last_end = end;
        if let Some(node) = self.tree.nodes.get_mut(id as usize) {
            node.end = end;
            node.link = subtree_end;
        }
    }

    /// End and subtree end of a collection.
    pub(super) fn end_of(&self, id: u32) -> (u32, u32) {
        self.tree.nodes.get(id as usize).map_or((0, 0), |node| (node.end, node.link))
    }

    /// Goes on with what was built from a later part of the text: further items of a list, and what is behind it.
    pub(super) fn go_on_with(&mut self, list: u32, later: Self) {
        let (end, _) = later.end_of(STAND_INS - 1);
        if let Some(list) = self.tree.nodes.get_mut(list as usize) {
            list.end = end;
        }
        self.tree.go_on_with(list, later.tree);
        self.last_end = later.last_end;
    }

    /// Lets the plain scalar that was added last go on to `end`, on a later line.
    pub(super) fn extend(&mut self, end: usize) {
        self.last_end = to_u32(end);
        if let Some(node) = self.tree.nodes.last_mut() {
            node.end = to_u32(end);
            node.link = UNDECODED;
        }
    }

    /// Gives the scalar with that index its value.
    pub(super) fn set_value(&mut self, id: u32, value: String) {
        if let Some(node) = self.tree.nodes.get_mut(id as usize) {
            node.link = to_u32(self.tree.decoded.len());
            self.tree.decoded.push(value.into_boxed_str());
        }
    }

    /// Works the value of a scalar out, if that was not done yet.
    pub(super) fn decode(&mut self, id: u32) -> Option<()> {
        let Some(node) = self.tree.nodes.get(id as usize) else { return Some(()) };
        if node.link == UNDECODED
            && let Shape::Scalar(style) = node.shape
        {
            let value = decode::scalar(self.text, node.start as usize..node.end as usize, style)?;
            self.set_value(id, value);
        }
        Some(())
    }

    /// Works the values of scalars directly in a collection out.
    pub(super) fn decode_children(&mut self, id: u32) -> Option<()> {
        let (mut child, (_, end)) = (id + 1, self.end_of(id));
        while child < end {
            self.decode(child)?;
            child = self.tree.nodes.get(child as usize)?.subtree_end(child).max(child + 1);
        }
        Some(())
    }

    /// Completes an object: forgets what is not needed of it, and works out the values of the rest.
    pub(super) fn finish_object(&mut self, id: u32) -> Option<()> {
        self.forgetting.forget(&mut self.tree, self.text, NodeId(id))?;
        for id in id..self.next_id() {
            self.decode(id)?;
        }
        Some(())
    }
}
