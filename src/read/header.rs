//! Nodes to resources: what every object says about itself, whatever its kind.

use super::package::{Resource, Role};
use super::tree::{Node, Shape};
use super::words::Words;
use crate::source::SourceId;
use std::sync::Arc;

/// `apiVersion` and `kind` that members of a list of one kind may leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inherited {
    pub(super) api_version: Arc<str>,
    pub(super) kind: Arc<str>,
}

/// A string field, empty if it is missing or no scalar.
fn text<'t>(node: Node<'t>, key: &str) -> &'t str {
    node.get(key).filter(|value| !value.is_null()).and_then(Node::as_str).unwrap_or_default()
}

/// What the object with that root node says about itself.
pub(super) fn read(source: SourceId, node: Node<'_>, role: Role, inherited: &Inherited, words: &mut Words) -> Resource {
    let (api_version, kind) = (text(node, "apiVersion"), text(node, "kind"));
    // As client-go reads lists: both or neither.
    let is_inherited = (api_version.is_empty() && kind.is_empty())
        && ["apiVersion", "kind"].iter().all(|key| node.get(key).is_none_or(Node::is_blank));
    let (api_version, kind) = if is_inherited {
        (Arc::clone(&inherited.api_version), Arc::clone(&inherited.kind))
    } else {
        (words.share(api_version), words.share(kind))
    };
    let metadata = node.get("metadata");
    let name = metadata.map(|metadata| text(metadata, "name")).unwrap_or_default().to_owned();
    let namespace = metadata.map(|metadata| text(metadata, "namespace")).filter(|namespace| !namespace.is_empty());
    let namespace = namespace.map(|namespace| words.share(namespace));
    Resource { source, node: node.id(), role, api_version, kind, name, namespace }
}

/// The members of a `List`, or of a list of one kind like `PodList`: the sequence, and what its members inherit.
///
/// Kinds of other people may end in `List`, too: it takes an `items` sequence to be one, or the kind `v1` `List`.
pub(super) fn members<'t>(node: Node<'t>) -> Option<(Vec<Node<'t>>, Inherited)> {
    let (api_version, kind) = (text(node, "apiVersion"), text(node, "kind"));
    let of_kind = kind.strip_suffix("List")?;
    let items = node.get("items");
    let is_plain_list = api_version == "v1" && of_kind.is_empty();
    if !is_plain_list && !items.is_some_and(Node::is_sequence) {
        return None;
    }
    let inherited = if of_kind.is_empty() {
        Inherited::default()
    } else {
        Inherited { api_version: api_version.into(), kind: of_kind.into() }
    };
    Some((items.into_iter().flat_map(Node::items).collect(), inherited))
}

/// What a node that should be an object is instead.
pub(super) fn name_of_shape(node: Node<'_>) -> &'static str {
    if node.is_null() {
        return "null";
    }
    match node.resolve().map(Node::shape) {
        Some(Shape::Mapping(_)) => "a mapping",
        Some(Shape::Sequence(_)) => "a sequence",
        _ => "a scalar",
    }
}
