//! Forgetting what nobody looks into, while a text is read: most bytes of a usual bundle.

use super::tree::{NONE, Node, NodeData, NodeId, ScalarStyle, Shape, Tree, to_u32};
use std::ops::Range;

/// What is kept of an object. What is forgotten was a mapping or sequence, and its node stays without its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    Whole,
    /// `apiVersion`, `kind` and `metadata`.
    Header,
    /// Everything but the parts of pods that have nothing to do with connections.
    Workload,
}

/// Decides how much of an object is kept. Of scalars it may look at keys, and at the values of the object's own keys.
pub type Selection = fn(Node<'_>) -> Keep;

/// Kinds whose content beyond `metadata` no stage reads. Most of the bytes of a usual bundle are theirs.
const UNREAD_KINDS: &[(&str, &str)] = &[
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

/// Kinds of Kubernetes that make pods.
const WORKLOAD_KINDS: &[(&str, &str)] = &[
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
];

/// Whether no stage reads a field of workloads, pods and containers where its value is a mapping or sequence.
fn is_unread(field: &str) -> bool {
    matches!(
        field,
        "affinity"
            | "args"
            | "command"
            | "env"
            | "envFrom"
            | "lifecycle"
            | "livenessProbe"
            | "readinessProbe"
            | "resources"
            | "securityContext"
            | "startupProbe"
            | "strategy"
            | "tolerations"
            | "topologySpreadConstraints"
            | "updateStrategy"
            | "volumeClaimTemplates"
            | "volumeMounts"
            | "volumes"
    )
}

/// How much of an object compiling intents needs: of the kinds that it never looks into, and of CustomResourceDefinitions without
/// a conversion webhook, only the header.
#[must_use]
pub fn needed_to_compile(object: Node<'_>) -> Keep {
    let text = |key| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let is_unread = if kind == "CustomResourceDefinition" {
        object.path(&["spec", "conversion"]).is_none()
    } else {
        UNREAD_KINDS.contains(&(api_version, kind))
    };
    if is_unread {
        Keep::Header
    } else if WORKLOAD_KINDS.contains(&(api_version, kind)) {
        Keep::Workload
    } else {
        Keep::Whole
    }
}

/// Forgets parts of the object that was read last.
///
/// Left whole: what is no mapping, takes entries from elsewhere by `<<`, or repeats a key.
pub(super) fn forget(tree: &mut Tree, text: &str, root: NodeId, keep: Keep) {
    let object = tree.node(text, root);
    if !matches!(object.shape(), Shape::Mapping(_)) || tree.has_duplicates_from(root) {
        return;
    }
    let (unread, pruned) = match keep {
        Keep::Whole => return,
        Keep::Header => match all_but_header(object) {
            Some(unread) => (unread, vec![root]),
            None => return,
        },
        Keep::Workload => unread_fields(tree, object),
    };
    for node in pruned {
        if let Some(node) = tree.nodes.get_mut(node.0 as usize) {
            node.is_pruned = true;
        }
    }
    remove(tree, root, &unread);
}

/// The nodes of the entries other than `apiVersion`, `kind` and `metadata`. `None` if entries are merged from elsewhere.
fn all_but_header(object: Node<'_>) -> Option<Vec<Range<u32>>> {
    let mut unread: Vec<Range<u32>> = Vec::new();
    for (key, value) in object.entries() {
        if key.is_merge_key() {
            return None;
        }
        if matches!(key.as_str(), Some("apiVersion" | "kind" | "metadata")) {
            continue;
        }
        let (start, end) = (key.id().0, value.subtree_end().0);
        match unread.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => unread.push(start..end),
        }
    }
    Some(unread)
}

/// The nodes below the values of fields that are unread, and these values. In preorder the value follows its key.
fn unread_fields(tree: &Tree, object: Node<'_>) -> (Vec<Range<u32>>, Vec<NodeId>) {
    let (mut unread, mut pruned) = (Vec::new(), Vec::new());
    let mut next = object.id().0 + 1;
    let mut before: Option<NodeData> = None;
    while next < object.subtree_end().0 {
        let Some(node) = tree.nodes.get(next as usize).copied() else { break };
        let is_unread = node.is_collection()
            && node.link > next + 1
            && before.is_some_and(|key| is_unread_field(object.source(), key));
        if is_unread {
            unread.push(next + 1..node.link);
            pruned.push(NodeId(next));
            next = node.link;
            before = None;
        } else {
            before = Some(node);
            next += 1;
        }
    }
    (unread, pruned)
}

fn is_unread_field(text: &str, key: NodeData) -> bool {
    key.shape == Shape::Scalar(ScalarStyle::Plain)
        && text.get(key.start as usize..key.end as usize).is_some_and(is_unread)
}

/// Takes nodes out of the end of the tree, from `root` on. The ranges are in order and do not touch.
fn remove(tree: &mut Tree, root: NodeId, unread: &[Range<u32>]) {
    if unread.is_empty() {
        return;
    }
    let below = tree.nodes.get(root.0 as usize..).unwrap_or_default();
    let first_decoded = below.iter().filter(|node| node.is_decoded()).map(|node| node.link).min();
    let mut decoded = Moved::take(&mut tree.decoded, first_decoded.unwrap_or(NONE));

    // What each range takes away, with what those before it took.
    let mut taken = Vec::with_capacity(unread.len());
    let mut total = 0;
    for range in unread {
        total += range.end - range.start;
        taken.push(total);
    }
    let behind = |end: u32| {
        let passed = unread.partition_point(|range| range.start < end);
        end - passed.checked_sub(1).and_then(|last| taken.get(last)).copied().unwrap_or(0)
    };
    let mut next = root.0 as usize;
    let starts = std::iter::once(root.0).chain(unread.iter().map(|range| range.end));
    let ends = unread.iter().map(|range| range.start).chain([to_u32(tree.nodes.len())]);
    for (start, end) in starts.zip(ends) {
        for index in start..end {
            let Some(mut node) = tree.nodes.get(index as usize).copied() else { return };
            if node.is_collection() {
                node.link = behind(node.link);
            } else if node.is_decoded() {
                node.link = decoded.put_back(&mut tree.decoded, node.link);
            }
            if let Some(slot) = tree.nodes.get_mut(next) {
                *slot = node;
            }
            next += 1;
        }
    }
    tree.nodes.truncate(next);
    let below = tree.properties.partition_point(|(node, _)| *node < root);
    for (node, properties) in tree.properties.split_off(below) {
        let range = unread.get(unread.partition_point(|range| range.end <= node.0));
        if range.is_none_or(|range| node.0 < range.start) {
            tree.properties.push((NodeId(behind(node.0)), properties));
        }
    }
}

/// The end of a table on its way to fewer entries.
struct Moved<T> {
    first: u32,
    entries: Vec<T>,
}

impl<T: Default> Moved<T> {
    fn take(table: &mut Vec<T>, first: u32) -> Self {
        Self { first, entries: table.split_off((first as usize).min(table.len())) }
    }

    /// Gives the entry its new index.
    fn put_back(&mut self, table: &mut Vec<T>, index: u32) -> u32 {
        let entry = self.entries.get_mut((index - self.first) as usize).map(std::mem::take).unwrap_or_default();
        table.push(entry);
        to_u32(table.len() - 1)
    }
}
