//! The changes to one source text while they are collected.

use super::copy::{CopyFault, MAX_COPIED_NODES};
use super::edit::Edit;
use crate::diag::Code;
use crate::read::tree::{Node, NodeId, Tree};
use std::ops::Range;

/// What will be done to one text, and which of its nodes that concerns.
#[derive(Debug)]
pub(super) struct Draft<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// Its nodes.
    pub(super) tree: &'t Tree,
    /// The edits so far, in no order.
    pub(super) edits: Vec<Edit>,
    /// Nodes whose own entries or items change; an alias elsewhere would change with them.
    pub(super) changed: Vec<NodeId>,
    /// Ranges of nodes that leave the text, anchors and all.
    pub(super) dropped: Vec<Range<u32>>,
    /// Ranges of nodes that become documents of their own, which no alias can cross.
    pub(super) separated: Vec<Range<u32>>,
    /// How many nodes may still be copied.
    pub(super) budget: usize,
}

/// Why a change cannot be made in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EditFault {
    /// The code of the finding.
    pub(super) code: Code,
    /// The text to point at.
    pub(super) range: Range<usize>,
    /// What is wrong, to follow the object's name.
    pub(super) message: String,
    /// What to do.
    pub(super) help: &'static str,
}

impl<'t> Draft<'t> {
    /// A draft without any change.
    pub(super) fn new(text: &'t str, tree: &'t Tree) -> Self {
        Self {
            text,
            tree,
            edits: Vec::new(),
            changed: Vec::new(),
            dropped: Vec::new(),
            separated: Vec::new(),
            budget: MAX_COPIED_NODES,
        }
    }

    /// Records that a node and everything below it leaves the text.
    pub(super) fn drop_node(&mut self, node: Node<'_>) {
        self.dropped.push(node.id().0..node.subtree_end().0);
    }

    /// The node before another one in text order, if there is one.
    pub(super) fn node_before(&self, node: Node<'t>) -> Option<Node<'t>> {
        self.tree.node_before(node)
    }
}

impl EditFault {
    /// A place where the text cannot be edited safely.
    pub(super) fn cannot_edit(node: Node<'_>, message: impl Into<String>, help: &'static str) -> Self {
        let range = node.outer_start()..node.end();
        Self { code: Code::CannotEdit, range, message: message.into(), help }
    }

    /// The fault for something that would have to be copied.
    pub(super) fn from_copy(node: Node<'_>, fault: CopyFault) -> Self {
        match fault {
            CopyFault::TooLarge => Self::cannot_edit(
                node,
                "an alias that would have to be expanded stands for too much",
                "write the object without the alias",
            ),
            CopyFault::ComplexKey => Self::cannot_edit(
                node,
                "an alias that would have to be expanded has keys that are no text",
                "write the object without the alias",
            ),
            CopyFault::NoAnchor => {
                Self::cannot_edit(node, "an alias has no anchor", "write the object without the alias")
            }
        }
    }
}
