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

/// Forgets parts of one object after another.
pub(super) struct Forgetting {
    selection: Option<Selection>,
    /// One list serves all objects, of which there may be many.
    unread: Unread,
}

impl Forgetting {
    /// What is kept; `None` for everything.
    pub(super) fn new(selection: Option<Selection>) -> Self {
        Self { selection, unread: Unread::default() }
    }

    /// Forgets parts of the object that was read last. `None` where that cannot be done: a list in several trees belongs to one that
    /// stays whole, as ResourceLists do.
    pub(super) fn forget(&mut self, tree: &mut Tree, text: &str, root: NodeId) -> Option<()> {
        let keep = self.selection.map_or(Keep::Whole, |selection| selection(tree.node(text, root)));
        if keep == Keep::Whole {
            return Some(());
        }
        if tree.has_parts() {
            return None;
        }
        forget(tree, text, root, keep, &mut self.unread);
        Some(())
    }
}

/// Nodes to take out of a tree, in order and apart from one another, each with how many are taken up to there.
#[derive(Default)]
struct Unread(Vec<(Range<u32>, u32)>);

impl Unread {
    /// Adds nodes behind those that are there.
    fn push(&mut self, nodes: Range<u32>) {
        let taken = self.taken() + (nodes.end - nodes.start);
        match self.0.last_mut() {
            Some((last, total)) if last.end == nodes.start => (last.end, *total) = (nodes.end, taken),
            _ => self.0.push((nodes, taken)),
        }
    }

    /// How many nodes there are.
    fn taken(&self) -> u32 {
        self.0.last().map_or(0, |(_, taken)| *taken)
    }

    /// The index that a node, or the end of one, has when these are gone.
    fn index_without(&self, index: u32) -> u32 {
        let passed = self.0.partition_point(|(range, _)| range.start < index);
        index - passed.checked_sub(1).and_then(|last| self.0.get(last)).map_or(0, |(_, taken)| *taken)
    }

    fn contains(&self, node: u32) -> bool {
        let range = self.0.get(self.0.partition_point(|(range, _)| range.end <= node));
        range.is_some_and(|(range, _)| range.start <= node)
    }
}

/// Left whole: what is no mapping, takes entries from elsewhere by `<<`, or repeats a key.
fn forget(tree: &mut Tree, text: &str, root: NodeId, keep: Keep, unread: &mut Unread) {
    let object = tree.node(text, root);
    if !matches!(object.shape(), Shape::Mapping(_)) || tree.has_duplicates_from(root) {
        return;
    }
    unread.0.clear();
    match keep {
        Keep::Whole => return,
        Keep::Header => {
            if find_all_but_header(object, unread).is_none() {
                return;
            }
            mark_pruned(tree, root.0);
        }
        Keep::Workload => {
            let fields = root.0 + 1..object.subtree_end().0;
            find_unread_fields(tree, text, fields, unread);
        }
    }
    remove(tree, root, unread);
}

fn mark_pruned(tree: &mut Tree, node: u32) {
    if let Some(node) = tree.nodes.get_mut(node as usize) {
        node.is_pruned = true;
    }
}

/// The nodes of the entries other than `apiVersion`, `kind` and `metadata`. `None` if entries are merged from elsewhere.
fn find_all_but_header(object: Node<'_>, unread: &mut Unread) -> Option<()> {
    for (key, value) in object.entries() {
        if key.is_merge_key() {
            return None;
        }
        if !matches!(key.as_str(), Some("apiVersion" | "kind" | "metadata")) {
            unread.push(key.id().0..value.subtree_end().0);
        }
    }
    Some(())
}

/// The nodes below the values of fields that are unread; marks these values. In preorder the value follows its key.
fn find_unread_fields(tree: &mut Tree, text: &str, fields: Range<u32>, unread: &mut Unread) {
    let mut next = fields.start;
    let mut before: Option<NodeData> = None;
    while next < fields.end {
        let Some(node) = tree.nodes.get(next as usize).copied() else { break };
        let is_unread =
            node.is_collection() && node.link > next + 1 && before.is_some_and(|key| is_unread_field(text, key));
        if is_unread {
            unread.push(next + 1..node.link);
            mark_pruned(tree, next);
            next = node.link;
            before = None;
        } else {
            before = Some(node);
            next += 1;
        }
    }
}

fn is_unread_field(text: &str, key: NodeData) -> bool {
    key.shape == Shape::Scalar(ScalarStyle::Plain)
        && text.get(key.start as usize..key.end as usize).is_some_and(is_unread)
}

/// Takes nodes out of the end of the tree, from `root` on.
fn remove(tree: &mut Tree, root: NodeId, unread: &Unread) {
    if unread.0.is_empty() {
        return;
    }
    let below = tree.nodes.get(root.0 as usize..).unwrap_or_default();
    let first_decoded = below.iter().filter(|node| node.is_decoded()).map(|node| node.link).min();
    let mut decoded = Moved::take(&mut tree.decoded, first_decoded.unwrap_or(NONE));

    let mut next = root.0 as usize;
    let starts = std::iter::once(root.0).chain(unread.0.iter().map(|(range, _)| range.end));
    let ends = unread.0.iter().map(|(range, _)| range.start).chain([to_u32(tree.nodes.len())]);
    for (start, end) in starts.zip(ends) {
        for index in start..end {
            let Some(mut node) = tree.nodes.get(index as usize).copied() else { return };
            if node.is_collection() {
                node.link = unread.index_without(node.link);
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
        if !unread.contains(node.0) {
            tree.properties.push((NodeId(unread.index_without(node.0)), properties));
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
