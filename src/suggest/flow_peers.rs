//! Which workload of the input an end of an observed flow is.

use super::names::Names;
use crate::read::tree::Node;
use std::collections::BTreeMap;

/// An end of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// A workload of the input, by its index.
    Workload(usize),
    /// Addresses outside the cluster.
    Outside,
    /// Nodes, health checks, the API server.
    Infrastructure,
    /// A pod that the input does not have, in words.
    Unknown(String),
}

/// Finds workloads; what was found for a pod is remembered, for flows repeat.
pub(super) struct Peers<'n, 'w> {
    names: &'n Names<'w>,
    /// Workloads by namespace and the name of the object.
    by_name: BTreeMap<(&'w str, &'w str), Vec<usize>>,
    known: BTreeMap<String, Peer>,
}

impl Peer {
    pub(super) fn title(&self, names: &Names<'_>) -> String {
        match self {
            Self::Workload(index) => names.workload(*index).map(|own| own.identity.to_string()).unwrap_or_default(),
            Self::Outside => "something outside the cluster".to_owned(),
            Self::Infrastructure => "a node".to_owned(),
            Self::Unknown(title) => title.clone(),
        }
    }
}

impl<'n, 'w> Peers<'n, 'w> {
    pub(super) fn new(names: &'n Names<'w>) -> Self {
        let mut by_name: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, workload) in names.world.workloads.iter().enumerate() {
            by_name.entry((workload.namespace.as_str(), workload.name.as_str())).or_default().push(index);
        }
        Self { names, by_name, known: BTreeMap::new() }
    }

    /// The workload of an endpoint: by the workload that Hubble names, else by its labels, else by the pod's name.
    pub(super) fn find(&mut self, endpoint: Node<'_>) -> Peer {
        let text = |node: Node<'_>, field: &str| node.get(field).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (namespace, pod) = (text(endpoint, "namespace"), text(endpoint, "pod_name"));
        let workload = endpoint.get("workloads").and_then(|list| list.items().next());
        let (name, kind) = workload.map(|node| (text(node, "name"), text(node, "kind"))).unwrap_or_default();
        let labels: Vec<&str> =
            endpoint.get("labels").into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
        let key = format!("{namespace}/{name}/{kind}/{pod}/{}", labels.join(","));
        if let Some(found) = self.known.get(&key) {
            return found.clone();
        }
        let found = self
            .by_workload(&namespace, &name, &kind)
            .or_else(|| self.by_labels(&namespace, &labels))
            .or_else(|| self.by_pod(&namespace, &pod))
            .map_or_else(|| other(&namespace, if name.is_empty() { &pod } else { &name }, &labels), Peer::Workload);
        self.known.insert(key, found.clone());
        found
    }

    fn by_workload(&self, namespace: &str, name: &str, kind: &str) -> Option<usize> {
        self.named(namespace, name, |own| kind.is_empty() || own == kind)
    }

    fn named(&self, namespace: &str, name: &str, is_kind: impl Fn(&str) -> bool) -> Option<usize> {
        let found = self.by_name.get(&(namespace, name))?;
        found.iter().copied().find(|&index| self.names.workload(index).is_some_and(|own| is_kind(&own.kind)))
    }

    /// The only workload whose pod labels the pod has all of.
    fn by_labels(&self, namespace: &str, labels: &[&str]) -> Option<usize> {
        let pairs: BTreeMap<&str, &str> =
            labels.iter().filter_map(|label| label.strip_prefix("k8s:")?.split_once('=')).collect();
        let mut found: Vec<usize> = pairs
            .iter()
            .flat_map(|(key, value)| self.names.with_label(namespace, key, value))
            .filter(|&index| {
                self.names
                    .workload(index)
                    .is_some_and(|own| own.template_labels.iter().all(|(key, value)| pairs.get(key) == Some(&value)))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// `web-5d4f8-x7k2p` of a Deployment, `db-0` of a StatefulSet, `agent-x7k2p` of a DaemonSet or Job.
    fn by_pod(&self, namespace: &str, pod: &str) -> Option<usize> {
        let (one, _) = pod.rsplit_once('-').unwrap_or_default();
        let (two, _) = one.rsplit_once('-').unwrap_or_default();
        let with_hash = ["Deployment", "CronJob", "Rollout"];
        self.named(namespace, pod, |kind| kind == "Pod")
            .or_else(|| self.named(namespace, one, |kind| kind != "Pod" && !with_hash.contains(&kind)))
            .or_else(|| self.named(namespace, two, |kind| with_hash.contains(&kind)))
    }
}

fn other(namespace: &str, name: &str, labels: &[&str]) -> Peer {
    if labels.contains(&"reserved:world")
        || labels.iter().any(|label| label.starts_with("cidr:") || label.starts_with("fqdn:"))
    {
        Peer::Outside
    } else if namespace.is_empty() || labels.iter().any(|label| label.starts_with("reserved:")) {
        Peer::Infrastructure
    } else {
        Peer::Unknown(format!("{namespace}/{name}"))
    }
}
