//! A tree whose list of objects was read in parts, each by itself: the tree has the nodes before, those of the first items, and those
//! behind the list; a part has items alone, below two nodes that stand for the root and the list.

use super::{Node, NodeData, NodeId, Tree, to_u32};

/// The nodes of a part that are no items: they stand for the root and its list.
pub(crate) const STAND_INS: u32 = 2;

impl Tree {
    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() + self.parts.iter().map(|part| part.nodes.len() - STAND_INS as usize).sum::<usize>()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether it has a list that was read in parts.
    pub(crate) fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Lets the list with that index go on with the items of a tree that was read from a later part of the same text. What stands behind
    /// the list there becomes this tree's own. The fast lane does this, whose trees have neither tags nor anchors.
    pub(crate) fn go_on_with(&mut self, list: u32, mut part: Self) {
        part.list = STAND_INS - 1;
        let behind = part.end_of_list();
        let next = to_u32(self.nodes.len());
        for node in part.nodes.drain(behind as usize..) {
            let link = if node.is_collection() {
                node.link - behind + next
            } else if node.is_decoded() {
                self.decoded.push(part.decoded.get_mut(node.link as usize).map(std::mem::take).unwrap_or_default());
                to_u32(self.decoded.len() - 1)
            } else {
                node.link
            };
            self.nodes.push(NodeData { link, ..node });
        }
        let duplicates = part.duplicates.with(|found| found.split_off(&behind));
        self.duplicates.with(|found| found.extend(duplicates.into_iter().map(|key| key - behind + next)));
        part.nodes.shrink_to_fit();
        self.list = list;
        self.parts.push(part);
    }

    /// Gives the nodes of the parts their ids, when no node is added any more.
    pub(crate) fn number_parts(&mut self) {
        let mut first = to_u32(self.nodes.len());
        for part in &mut self.parts {
            part.first = first;
            first += to_u32(part.nodes.len());
        }
    }

    /// One past the index of the last node of the list.
    pub(super) fn end_of_list(&self) -> u32 {
        self.nodes.get(self.list as usize).map_or(0, |list| list.link)
    }

    /// Who has the node: the tree itself or a part.
    #[inline]
    pub(super) fn part_of(&self, id: NodeId) -> &Self {
        if self.parts.is_empty() || (id.0 as usize) < self.nodes.len() {
            return self;
        }
        let later = self.parts.partition_point(|part| part.first <= id.0);
        later.checked_sub(1).and_then(|part| self.parts.get(part)).unwrap_or(self)
    }

    /// The node that comes before another one in the text, if there is one.
    #[must_use]
    pub fn node_before<'t>(&'t self, node: Node<'t>) -> Option<Node<'t>> {
        let last_of = |tree: &'t Self| Some(Node { tree, index: tree.end_of_list().checked_sub(1)?, ..node });
        if let Some(last) =
            self.parts.last().filter(|_| std::ptr::eq(node.tree, self) && node.index == self.end_of_list())
        {
            return last_of(last);
        }
        if !std::ptr::eq(node.tree, self) && node.index == STAND_INS {
            let part = self.parts.partition_point(|part| part.first < node.tree.first);
            return last_of(part.checked_sub(1).and_then(|before| self.parts.get(before)).unwrap_or(self));
        }
        Some(Node { index: node.index.checked_sub(1)?, ..node })
    }
}

impl<'t> Node<'t> {
    /// The parts that have the later items of this list.
    #[inline]
    pub(super) fn later_parts(self) -> &'t [Tree] {
        if self.tree.parts.is_empty() || self.index != self.tree.list { &[] } else { &self.tree.parts }
    }
}
