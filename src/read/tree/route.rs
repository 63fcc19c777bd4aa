//! The way to a place, in words: `spec.targets[0].kubernetes.name`; and the children of long lists.

use super::{Node, NodeId, Shape};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The children of large collections that places were looked for in or that were walked for their own sake. Findings come in numbers,
/// often from one long list, which is walked once for all of them.
#[derive(Debug, Default)]
pub(super) struct Children(Mutex<BTreeMap<u32, Arc<[NodeId]>>>);

impl Clone for Children {
    /// Made again when somebody asks.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Collections with fewer nodes are walked each time.
const LARGE: u32 = 200;

impl<'t> Node<'t> {
    /// Like [`Self::children`], for a list that several stages walk. To step from one child to the next takes a look at each, which
    /// is slow in a long list, so that is done once.
    pub(crate) fn children_of_list(self) -> impl Iterator<Item = Self> + use<'t> {
        let children = self.listed_children();
        (0..children.len()).filter_map(move |index| children.get(index).map(|child| self.child(*child)))
    }

    /// The path from this node down to the node that covers `offset`, in KRM's form: `spec.targets[0].kubernetes.name`.
    #[must_use]
    pub fn route_to(self, offset: usize) -> String {
        self.route(offset, None)
    }

    /// Like [`Self::route_to`], but it ends at the node with exactly this range: a block mapping begins where its first key does.
    #[must_use]
    pub fn route_to_range(self, start: usize, end: usize) -> String {
        self.route(start, Some(end))
    }

    fn route(self, offset: usize, end: Option<usize>) -> String {
        let mut route = String::new();
        let mut node = self;
        loop {
            if end.is_some_and(|end| (node.start(), node.end()) == (offset, end)) {
                return route;
            }
            let step = match node.shape() {
                Shape::Mapping(_) => node.entry_at(offset).map(|(key, value)| {
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
                Shape::Sequence(_) => node.item_at(offset).map(|(index, item)| (format!("[{index}]"), item)),
                Shape::Scalar(_) | Shape::Alias => None,
            };
            let Some((text, child)) = step else { return route };
            route.push_str(&text);
            if offset < child.outer_start() || child.id() == node.id() {
                return route;
            }
            node = child;
        }
    }

    /// The entry of this mapping that covers `offset`.
    fn entry_at(self, offset: usize) -> Option<(Self, Self)> {
        let children = self.listed_children();
        let (entries, _) = children.as_chunks::<2>();
        let end = |&[key, value]: &[NodeId; 2]| self.child(value).end().max(self.child(key).end());
        let [key, value] = *entries.get(entries.partition_point(|entry| end(entry) < offset))?;
        let (key, value) = (self.child(key), self.child(value));
        (key.outer_start() <= offset).then_some((key, value))
    }

    /// The item of this sequence that covers `offset`, with its index.
    fn item_at(self, offset: usize) -> Option<(usize, Self)> {
        let children = self.listed_children();
        let index = children.partition_point(|item| self.child(*item).end() < offset);
        let item = self.child(*children.get(index)?);
        (item.outer_start() <= offset).then_some((index, item))
    }

    fn child(self, id: NodeId) -> Self {
        self.tree.node(self.text, id)
    }

    fn listed_children(self) -> Arc<[NodeId]> {
        let list = || self.children().map(Node::id).collect();
        if self.subtree_end().0 - self.id().0 < LARGE && self.later_parts().is_empty() {
            return list();
        }
        let mut known = self.tree.children.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(self.index).or_insert_with(list))
    }
}
