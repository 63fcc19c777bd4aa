//! The way to a place, in words: `spec.targets[0].kubernetes.name`.

use super::{Node, Shape};
use std::borrow::Cow;

impl Node<'_> {
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
