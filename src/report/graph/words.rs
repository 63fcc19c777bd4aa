//! What nodes and edges are called.

use super::Picture;
use crate::report::one_line;
use crate::verify::connections::ConnectionSet;
use crate::verify::graph::{Edge, EdgeKind, Node, NodeKind};

/// A node in words.
pub(super) struct NodeWords {
    /// The namespace that it is drawn in.
    pub(super) namespace: Option<String>,
    /// What it is called.
    pub(super) name: String,
    /// What it is.
    pub(super) detail: String,
    /// Whether it stands for something else than one workload.
    pub(super) is_group: bool,
}

impl Picture<'_> {
    /// A node in words, each in one line.
    pub(super) fn node_words(&self, node: &Node) -> NodeWords {
        let outside = |name: &str, detail: &str| NodeWords {
            namespace: None,
            name: one_line(name),
            detail: one_line(detail),
            is_group: true,
        };
        match &node.kind {
            NodeKind::Workload(index) => {
                let Some(workload) = self.reach.workload(*index) else { return outside("", "") };
                let open = if node.is_open_to_all { ", unprotected" } else { "" };
                NodeWords {
                    namespace: Some(one_line(&workload.namespace)),
                    name: one_line(&workload.name),
                    detail: one_line(&format!("{}{open}", workload.kind)),
                    is_group: false,
                }
            }
            NodeKind::Missing { namespace, name, kind } => NodeWords {
                namespace: Some(one_line(namespace)),
                name: one_line(name),
                detail: one_line(&match kind {
                    Some(kind) => format!("{kind}, not in the input"),
                    None => "not in the input".to_owned(),
                }),
                is_group: false,
            },
            NodeKind::EveryWorkloadIn(namespace) => NodeWords {
                namespace: Some(one_line(namespace)),
                name: "every workload".to_owned(),
                detail: "of this namespace".to_owned(),
                is_group: true,
            },
            NodeKind::EveryWorkload => outside("every workload", "of the input"),
            NodeKind::Outside => outside("outside the cluster", "addresses let in"),
            NodeKind::Beyond => outside("outside the cluster", "addresses let out to"),
            NodeKind::ApiServer => outside("API server", "Kubernetes"),
            NodeKind::Internet(addresses) => outside(addresses, "outside the cluster"),
            NodeKind::EntryPoint(what) => {
                match what.rsplit_once(' ').map(|(kind, object)| (kind, object.split_once('/'))) {
                    // A Service or an Ingress belongs to its namespace, what has none to the cluster.
                    Some((kind, Some((namespace, name)))) => {
                        NodeWords { namespace: Some(one_line(namespace)), ..outside(name, kind) }
                    }
                    Some((kind, None)) => outside(what.rsplit(' ').next().unwrap_or(what), kind),
                    None => outside(what, ""),
                }
            }
        }
    }

    /// A node in one text that tells it from all others.
    pub(super) fn node_title(&self, node: &Node) -> String {
        let words = self.node_words(node);
        match (&node.kind, words.namespace) {
            (NodeKind::EntryPoint(what), _) => one_line(what),
            (NodeKind::EveryWorkloadIn(_), Some(namespace)) => format!("every workload of {namespace}"),
            (_, Some(namespace)) => format!("{namespace}/{} ({})", words.name, words.detail),
            (_, None) => format!("{} ({})", words.name, words.detail),
        }
    }

    /// The same without the kind of a workload.
    pub(super) fn node_reference(&self, node: &Node) -> String {
        match (&node.kind, self.node_words(node)) {
            (NodeKind::Workload(_) | NodeKind::Missing { .. }, NodeWords { namespace: Some(namespace), name, .. }) => {
                format!("{namespace}/{name}")
            }
            (NodeKind::Internet(_) | NodeKind::ApiServer | NodeKind::Beyond | NodeKind::Outside, words) => words.name,
            _ => self.node_title(node),
        }
    }

    /// The ports of an edge, what kafka and http intents say, and for how many it stands; may be empty.
    pub(super) fn edge_label(&self, edge: &Edge) -> String {
        let mut parts = Vec::new();
        match &edge.connections {
            Some(connections) => parts.push(ports(connections)),
            None if edge.kind == EdgeKind::Undeclared => parts.push("all ports".to_owned()),
            None => {}
        }
        for &place in &edge.declarations {
            for detail in self.details.at(place) {
                if !parts.contains(detail) {
                    parts.push(detail.clone());
                }
            }
        }
        one_line(&parts.join(", "))
    }

    /// An edge in one sentence.
    pub(super) fn edge_title(&self, edge: &Edge) -> String {
        let title = |node: usize| self.graph.nodes.get(node).map(|node| self.node_title(node)).unwrap_or_default();
        let label = self.edge_label(edge);
        let label = if label.is_empty() { label } else { format!(" [{label}]") };
        format!("{} \u{2192} {}{label}: {}", title(edge.from), title(edge.to), super::Style::of(edge).meaning())
    }
}

/// Ports as people write them.
fn ports(connections: &ConnectionSet) -> String {
    if connections.is_all() {
        return "all ports".to_owned();
    }
    connections.to_string().replace(" 1-65535", "").replace(',', ", ")
}

/// At most that many characters.
pub(super) fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let start: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{start}\u{2026}")
}
