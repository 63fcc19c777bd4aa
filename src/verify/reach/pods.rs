//! Workloads as netpol-analyzer shows them, and classes of pods that no policy can tell apart.

use super::label_index::LabelIndex;
use crate::config::{Config, PodAddresses};
use crate::model::policy::Protocol;
use crate::model::selector::{LabelSelector, Labels};
use crate::model::workload::Workload;
use crate::model::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The label that the API server puts on every Namespace, with the name as its value.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Owners of owners are followed this many times.
const MAX_OWNERS: usize = 8;

/// A workload whose reachability is judged: an object of the input, or the controller that owns some Pods of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedWorkload {
    /// Namespace.
    pub namespace: String,
    /// Name of the object, or of the controller that owns it.
    pub name: String,
    /// Kind of the object, or of the controller that owns it.
    pub kind: String,
    /// Indices in [`World::workloads`] of the objects that it stands for, in input order.
    pub members: Vec<usize>,
    /// The classes of its pods; more than one if they differ in what policies look at.
    pub(super) classes: Vec<u32>,
}

/// Pods of one namespace with the same labels, named ports and network: every policy treats them alike.
pub(super) struct Class<'w> {
    /// Index of the namespace.
    pub(super) namespace: u32,
    /// Their labels.
    pub(super) labels: &'w Labels,
    /// Their named ports; of equal names with one protocol the first counts.
    pub(super) ports: BTreeMap<(&'w str, Protocol), u16>,
    /// Whether they use the node's network, so that selectors cannot select them.
    pub(super) host_network: bool,
    /// Their addresses where an ipBlock can match pods, else nothing.
    pub(super) addresses: Vec<IpAddr>,
}

/// A namespace of the input.
pub(super) struct NamespaceInfo {
    /// Its name.
    pub(super) name: String,
    /// Its labels, the implicit one included.
    pub(super) labels: Labels,
    /// Whether the input has its manifest.
    pub(super) is_declared: bool,
}

/// Every namespace that the input declares or that a workload or policy is in, sorted by name.
pub(super) fn namespaces(world: &World) -> Vec<NamespaceInfo> {
    let mut found: BTreeMap<&str, NamespaceInfo> = BTreeMap::new();
    let used = world.workloads.iter().map(|workload| workload.namespace.as_str());
    for name in used.chain(world.policies.iter().map(|policy| policy.policy.namespace.as_str())) {
        found.entry(name).or_insert_with(|| NamespaceInfo {
            name: name.to_owned(),
            labels: Labels::new(),
            is_declared: false,
        });
    }
    for namespace in &world.namespaces {
        let info = NamespaceInfo { name: namespace.name.clone(), labels: namespace.labels.clone(), is_declared: true };
        found.insert(&namespace.name, info);
    }
    let mut all: Vec<_> = found.into_values().collect();
    for namespace in &mut all {
        namespace.labels.insert(NAMESPACE_NAME_LABEL, &namespace.name);
    }
    all
}

/// Whether the pods of a workload use the node's network.
///
/// A Pod that a controller owns comes from a dump of a cluster and stands for its controller; as netpol-analyzer does, only its
/// labels, ports and addresses are read.
fn uses_host_network(workload: &Workload) -> bool {
    workload.host_network && controller(workload).is_none()
}

/// The controller that owns the workload. A node owns static pods but is no workload; an owner without kind is called a Pod.
fn controller(workload: &Workload) -> Option<(&str, &str)> {
    let owner = workload.controller.as_ref().filter(|owner| owner.kind != "Node" && !owner.name.is_empty())?;
    Some((if owner.kind.is_empty() { "Pod" } else { &owner.kind }, &owner.name))
}

/// Groups the workloads of the world: who is shown, and which pods are alike.
pub(super) fn group<'w>(
    world: &'w World,
    namespaces: &[NamespaceInfo],
    config: &Config,
) -> (Vec<JudgedWorkload>, Vec<Class<'w>>) {
    let numbers: BTreeMap<&str, u32> = namespaces.iter().map(|namespace| namespace.name.as_str()).zip(0u32..).collect();
    let owners: BTreeMap<(&str, &str, &str), (&str, &str)> = world
        .workloads
        .iter()
        .filter_map(|workload| {
            let key = (workload.namespace.as_str(), workload.kind.as_str(), workload.name.as_str());
            Some((key, controller(workload)?))
        })
        .collect();
    let mut classes: Vec<Class<'w>> = Vec::new();
    let mut class_numbers = BTreeMap::new();
    let mut judged: BTreeMap<(&str, &str, &str), JudgedWorkload> = BTreeMap::new();
    for (index, workload) in world.workloads.iter().enumerate() {
        let class = class(workload, &numbers, config);
        let key = (class.namespace, class.labels, class.ports.clone(), class.host_network, class.addresses.clone());
        let number = *class_numbers.entry(key).or_insert_with(|| {
            classes.push(class);
            u32::try_from(classes.len() - 1).unwrap_or(u32::MAX)
        });
        let namespace = workload.namespace.as_str();
        let mut shown = (workload.kind.as_str(), workload.name.as_str());
        for _ in 0..MAX_OWNERS {
            match owners.get(&(namespace, shown.0, shown.1)) {
                Some(&owner) => shown = owner,
                None => break,
            }
        }
        let entry = judged.entry((namespace, shown.1, shown.0)).or_insert_with(|| JudgedWorkload {
            namespace: namespace.to_owned(),
            name: shown.1.to_owned(),
            kind: shown.0.to_owned(),
            members: Vec::new(),
            classes: Vec::new(),
        });
        entry.members.push(index);
        if !entry.classes.contains(&number) {
            entry.classes.push(number);
        }
    }
    (judged.into_values().collect(), classes)
}

fn class<'w>(workload: &'w Workload, numbers: &BTreeMap<&str, u32>, config: &Config) -> Class<'w> {
    let mut ports = BTreeMap::new();
    for port in workload.ports() {
        if let Some(name) = &port.name {
            ports.entry((name.as_str(), port.protocol)).or_insert(port.number);
        }
    }
    Class {
        namespace: numbers.get(workload.namespace.as_str()).copied().unwrap_or(u32::MAX),
        labels: &workload.template_labels,
        ports,
        host_network: uses_host_network(workload),
        addresses: match config.pod_addresses {
            PodAddresses::Match => workload.pod_addresses.clone(),
            PodAddresses::Ignore => Vec::new(),
        },
    }
}

impl JudgedWorkload {
    /// Whether `[namespace/]name` or `[namespace/]name[Kind]` names this workload.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        let (text, kind) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((text, kind)) => (text, Some(kind)),
            None => (text, None),
        };
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, text),
        };
        name == self.name
            && namespace.is_none_or(|namespace| namespace == self.namespace)
            && kind.is_none_or(|kind| kind.eq_ignore_ascii_case(&self.kind))
    }
}

impl std::fmt::Display for JudgedWorkload {
    /// `namespace/name[Kind]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}[{}]", self.namespace, self.name, self.kind)
    }
}

/// Looks up which pods selectors select.
pub(super) struct PodIndex {
    pods: LabelIndex,
    namespaces: LabelIndex,
    /// Classes of each namespace, by its index.
    members: Vec<Vec<u32>>,
    /// Namespace of each class.
    namespace_of: Vec<u32>,
    /// Indices of the namespaces by name.
    numbers: BTreeMap<String, u32>,
}

impl PodIndex {
    /// The index of these classes, without those that selectors cannot select.
    pub(super) fn new(classes: &[Class<'_>], namespaces: &[NamespaceInfo]) -> Self {
        let mut members = vec![Vec::new(); namespaces.len()];
        for (number, class) in (0u32..).zip(classes) {
            if !class.host_network
                && let Some(list) = members.get_mut(class.namespace as usize)
            {
                list.push(number);
            }
        }
        Self {
            pods: LabelIndex::new(classes.iter().map(|class| class.labels)),
            namespaces: LabelIndex::new(namespaces.iter().map(|namespace| &namespace.labels)),
            namespace_of: classes
                .iter()
                .map(|class| if class.host_network { u32::MAX } else { class.namespace })
                .collect(),
            numbers: namespaces.iter().map(|namespace| namespace.name.clone()).zip(0u32..).collect(),
            members,
        }
    }

    /// Names of the namespaces that a selector selects.
    pub(super) fn namespaces<'n>(&self, selector: &LabelSelector, all: &'n [NamespaceInfo]) -> Vec<&'n str> {
        let found = self.namespaces.select(selector).into_iter();
        found.filter_map(|number| all.get(number as usize)).map(|namespace| namespace.name.as_str()).collect()
    }

    /// Pods of one namespace.
    pub(super) fn in_namespace(&self, namespace: &str, pods: Option<&LabelSelector>) -> Vec<u32> {
        let Some(&number) = self.numbers.get(namespace) else { return Vec::new() };
        self.among(&BTreeSet::from([number]), pods)
    }

    /// Pods of the namespaces that a selector selects.
    pub(super) fn in_namespaces(&self, namespaces: &LabelSelector, pods: Option<&LabelSelector>) -> Vec<u32> {
        self.among(&self.namespaces.select(namespaces).into_iter().collect(), pods)
    }

    fn among(&self, namespaces: &BTreeSet<u32>, pods: Option<&LabelSelector>) -> Vec<u32> {
        let members = |number: &u32| self.members.get(*number as usize).map(Vec::as_slice).unwrap_or_default();
        let Some(pods) = pods.filter(|pods| !pods.is_empty()) else {
            let mut all: Vec<u32> = namespaces.iter().flat_map(members).copied().collect();
            all.sort_unstable();
            return all;
        };
        let in_namespaces: usize = namespaces.iter().map(|number| members(number).len()).sum();
        let is_among = |class: u32| self.namespace_of.get(class as usize).is_some_and(|own| namespaces.contains(own));
        match self.pods.candidates(pods) {
            Some(candidates) if candidates.len() <= in_namespaces => {
                candidates.iter().copied().filter(|&class| is_among(class) && self.pods.matches(pods, class)).collect()
            }
            _ => {
                let mut found: Vec<u32> = namespaces
                    .iter()
                    .flat_map(members)
                    .copied()
                    .filter(|&class| self.pods.matches(pods, class))
                    .collect();
                found.sort_unstable();
                found
            }
        }
    }
}
