//! Forgetting the content of objects that nobody looks into, while a text is parsed.

use super::tree::{NONE, Node, NodeId, Shape, Tree, to_u32};

/// Decides whether an object is kept whole. It may look at all of it.
pub type IsNeeded = fn(Node<'_>) -> bool;

/// Kinds whose content beyond `metadata` no stage reads. Most of the bytes of a usual bundle are theirs.
const UNREAD: &[(&str, &str)] = &[
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
];

/// Whether compiling intents needs more of an object than its header: true for everything but the kinds that it never looks
/// into, and CustomResourceDefinitions without a conversion webhook.
#[must_use]
pub fn is_needed_to_compile(object: Node<'_>) -> bool {
    let text = |key| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind == "CustomResourceDefinition" {
        return object.path(&["spec", "conversion"]).is_some();
    }
    !UNREAD.contains(&(api_version, kind))
}

/// Cuts the object that was parsed last down to its `apiVersion`, `kind` and `metadata`.
///
/// Left whole: what is no mapping, takes entries from elsewhere by `<<`, or repeats a key.
pub(super) fn keep_header(tree: &mut Tree, text: &str, root: NodeId) {
    let object = tree.node(text, root);
    if !matches!(object.shape(), Shape::Mapping(_)) || tree.has_duplicates_from(root) {
        return;
    }
    let mut kept = Vec::new();
    for (key, value) in object.entries() {
        if key.is_merge_key() {
            return;
        }
        if matches!(key.as_str(), Some("apiVersion" | "kind" | "metadata")) {
            kept.push(key.id().0 as usize..value.subtree_end().0 as usize);
        }
    }
    let first = root.0 as usize + 1;
    let mut next = first;
    let below = tree.nodes.get(first..).unwrap_or_default();
    let first_decoded = below.iter().find(|node| node.is_scalar() && node.link != NONE).map(|node| node.link as usize);
    let first_properties = below.iter().find(|node| node.properties != NONE).map(|node| node.properties as usize);
    let mut next_decoded = first_decoded.unwrap_or(tree.decoded.len());
    let mut next_properties = first_properties.unwrap_or(tree.properties.len());
    for index in kept.into_iter().flatten() {
        let Some(mut node) = tree.nodes.get(index).copied() else { return };
        node.subtree_end -= to_u32(index - next);
        if node.is_scalar() && node.link != NONE {
            tree.decoded.swap(next_decoded, node.link as usize);
            node.link = to_u32(next_decoded);
            next_decoded += 1;
        }
        if node.properties != NONE {
            tree.properties.swap(next_properties, node.properties as usize);
            node.properties = to_u32(next_properties);
            next_properties += 1;
        }
        if let Some(slot) = tree.nodes.get_mut(next) {
            *slot = node;
        }
        next += 1;
    }
    tree.nodes.truncate(next);
    tree.decoded.truncate(next_decoded);
    tree.properties.truncate(next_properties);
    if let Some(root) = tree.nodes.get_mut(root.0 as usize) {
        root.subtree_end = to_u32(next);
        root.is_pruned = true;
    }
}
