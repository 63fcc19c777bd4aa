//! Who can reach whom: the NetworkPolicies of a world, judged with the semantics of the API (`spec/networkpolicy.md` 4.1).
//!
//! # How it stays fast
//!
//! Policies see of a pod only its namespace, labels, named ports and network. Pods that agree in these are one *class*, and
//! selectors are looked up in an index of labels, so work grows with what the rules select and not with pods times policies.
//! What all policies on one class allow is a *row*: the few peers that are treated apart, and one entry for all the others.
//! [`Reachability::for_each_connection`] meets the egress row of every source with the ingress row of every destination.
//!
//! # What it knows and does not know
//!
//! * A Namespace without manifest has the label `kubernetes.io/metadata.name` alone.
//! * Pods on the node's network (`hostNetwork`) are selected by nobody: policies do not isolate them, and as peers only rules
//!   without peers let them through. An ipBlock might; then the verdict is unknown ([`decisions::Doubt`]).
//! * An ipBlock matches pods only where `podAddresses: match` says so and the manifest tells the address.
//! * Of two policies with one name the later one counts, as when they are applied one after the other.
//! * Replies need no rule; node to pod traffic on the same node (probes) is always let through and not judged.

mod all_pairs;
mod compiled;
pub mod decisions;
mod entry_points;
pub(in crate::verify) mod label_index;
mod openings;
mod pair_table;
mod pods;
mod rows;
mod senders;

pub use entry_points::EntryPoint;
pub use openings::Openings;
pub use pair_table::PairTable;
pub use pods::{JudgedWorkload, NAMESPACE_NAME_LABEL};
pub use senders::{SenderTable, Senders};

use self::compiled::{CompiledPolicy, CompiledRule, PeerSet, RuleIndex};
use self::pods::{Class, NamespaceInfo, PodIndex};
use super::addresses::{AddressRange, AddressSet, partition};
use crate::config::{Config, KnownWorkload};
use crate::model::policy::{Direction, InputPolicy, Peer, Protocol};
use crate::model::selector::LabelSelector;
use crate::model::world::World;
use std::collections::BTreeSet;
use std::rc::Rc;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A workload, by its index in [`Reachability::workloads`].
    Workload(usize),
    /// Addresses outside the cluster.
    External(AddressRange),
    /// Whatever serves Ingresses and Routes; only as a source.
    IngressController,
}

/// A world whose policies are resolved and ready to be asked.
pub struct Reachability<'w> {
    world: &'w World,
    workloads: Vec<JudgedWorkload>,
    /// For each object of the world the index of its workload.
    workload_of: Vec<usize>,
    /// For each class the indices of its workloads.
    workloads_of: Vec<Vec<usize>>,
    namespaces: Vec<NamespaceInfo>,
    classes: Vec<Class<'w>>,
    index: PodIndex,
    compiled: Vec<CompiledPolicy>,
    /// The peers of all rules, those of many rules once.
    peer_sets: Vec<Rc<PeerSet>>,
    /// For each class the numbers of the peers that name it, or may.
    named_by: Vec<Vec<u32>>,
    /// Ingress and egress rules of each policy, by whom they name.
    rule_indices: Vec<(RuleIndex, RuleIndex)>,
    /// For each class the policies that select it, sorted by index.
    selected_by: Vec<Vec<u32>>,
    sources: Vec<AddressRange>,
    destinations: Vec<AddressRange>,
    ingress_controllers: Vec<KnownWorkload>,
}

impl<'w> Reachability<'w> {
    /// Resolves the policies of a world. Uses `podAddresses` and `ingressControllerConfigs` of the configuration.
    #[must_use]
    pub fn new(world: &'w World, config: &Config) -> Self {
        let namespaces = pods::namespaces(world);
        let (workloads, classes) = pods::group(world, &namespaces, config);
        let index = PodIndex::new(&classes, &namespaces);
        let (compiled, peer_sets) = compiled::compile(&world.policies, &index, &classes);
        let named_by = compiled::named_by(&peer_sets, &classes, &namespaces);
        let peer_sets = peer_sets.into_iter().map(|(peers, _)| peers).collect();
        let rule_indices = compiled.iter().map(|policy| {
            let index = |direction| RuleIndex::new(policy.rules(direction).unwrap_or_default());
            (index(Direction::Ingress), index(Direction::Egress))
        });
        let rule_indices = rule_indices.collect();
        let is_replaced = replaced(&world.policies);
        let mut selected_by = vec![Vec::new(); classes.len()];
        for (number, policy) in (0u32..).zip(&world.policies) {
            if is_replaced.get(number as usize) == Some(&true) {
                continue;
            }
            for class in index.in_namespace(&policy.policy.namespace, Some(&policy.policy.spec.pod_selector)) {
                if let Some(list) = selected_by.get_mut(class as usize) {
                    list.push(number);
                }
            }
        }
        let mut workload_of = vec![0; world.workloads.len()];
        for (index, workload) in workloads.iter().enumerate() {
            for &member in &workload.members {
                if let Some(entry) = workload_of.get_mut(member) {
                    *entry = index;
                }
            }
        }
        let mut workloads_of = vec![Vec::new(); classes.len()];
        for (index, workload) in workloads.iter().enumerate() {
            for &class in &workload.classes {
                if let Some(list) = workloads_of.get_mut(class as usize) {
                    list.push(index);
                }
            }
        }
        Self {
            world,
            workloads,
            workload_of,
            workloads_of,
            classes,
            index,
            compiled,
            peer_sets,
            named_by,
            rule_indices,
            selected_by,
            sources: external_ranges(&world.policies, Direction::Ingress),
            destinations: external_ranges(&world.policies, Direction::Egress),
            ingress_controllers: config.ingress_controller_configs.clone(),
            namespaces,
        }
    }

    /// The world that is judged.
    #[must_use]
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// The workloads, sorted by namespace, name and kind. Pods that a controller owns are shown as the controller.
    #[must_use]
    pub fn workloads(&self) -> &[JudgedWorkload] {
        &self.workloads
    }

    /// The workload with that index.
    #[must_use]
    pub fn workload(&self, index: usize) -> Option<&JudgedWorkload> {
        self.workloads.get(index)
    }

    /// Indices of the workloads that `[namespace/]name` or `[namespace/]name[Kind]` names.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<usize> {
        (0..).zip(&self.workloads).filter(|(_, workload)| workload.is_named(text)).map(|(index, _)| index).collect()
    }

    /// The index of the workload that an object of the world belongs to.
    #[must_use]
    pub fn workload_of(&self, member: usize) -> Option<usize> {
        self.workload_of.get(member).copied()
    }

    /// The external ranges that policies tell apart as sources (ingress) or destinations (egress).
    #[must_use]
    pub fn external(&self, direction: Direction) -> &[AddressRange] {
        match direction {
            Direction::Ingress => &self.sources,
            Direction::Egress => &self.destinations,
        }
    }

    /// Whether some policy isolates the workload's pods in that direction: all of them, if they differ.
    #[must_use]
    pub fn is_isolated(&self, workload: usize, direction: Direction) -> bool {
        let classes = self.workloads.get(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        !classes.is_empty() && classes.iter().all(|&class| self.policies_on(class, direction).next().is_some())
    }

    /// Indices in [`World::policies`] of the policies that isolate some pod of the workload in that direction, sorted.
    #[must_use]
    pub fn isolating_policies(&self, workload: usize, direction: Direction) -> Vec<usize> {
        let classes = self.workloads.get(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut found: Vec<usize> = classes
            .iter()
            .flat_map(|&class| self.policies_on(class, direction))
            .map(|number| number as usize)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Indices of the workloads that a policy selects, whichever directions it applies to.
    #[must_use]
    pub fn selected_workloads(&self, policy: usize) -> BTreeSet<usize> {
        let Some(policy) = self.world.policies.get(policy) else { return BTreeSet::new() };
        let own_pods =
            Peer::Pods { pod_selector: Some(policy.policy.spec.pod_selector.clone()), namespace_selector: None };
        self.selected_by_peer(&policy.policy.namespace, &own_pods)
    }

    /// Whether policies treat the pods of a workload differently, because their labels, ports or networks differ.
    #[must_use]
    pub fn treats_pods_differently(&self, workload: usize) -> bool {
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let Some((&first, others)) = classes.split_first() else { return false };
        if others.is_empty() {
            return false;
        }
        if others.iter().any(|&other| self.selected_by.get(first as usize) != self.selected_by.get(other as usize)) {
            return true;
        }
        let is_different = |peers: &PeerSet| {
            if peers.anyone {
                return false;
            }
            let has = |&class: &u32| peers.has_class(class, self.is_on_host_network(class));
            let is_first = has(&first);
            others.iter().any(|other| has(other) != is_first)
        };
        // Rules with the same peers are looked at once, and those that name none of them treat all alike.
        let own: BTreeSet<u32> = classes.iter().copied().collect();
        let is_on_host = |&class: &u32| self.is_on_host_network(class);
        let networks_differ = others.iter().any(|other| is_on_host(other) != is_on_host(&first));
        self.peer_sets.iter().any(|peers| {
            let names_any = peers.classes.len() < own.len() && peers.classes.iter().any(|class| own.contains(class))
                || peers.classes.len() >= own.len()
                    && own.iter().any(|class| peers.classes.binary_search(class).is_ok());
            (names_any || (networks_differ && peers.every_pod)) && is_different(peers)
        })
    }

    /// Whether the selectors select some pod of the input.
    #[must_use]
    pub fn selects_any(&self, namespaces: &LabelSelector, pods: &LabelSelector) -> bool {
        !self.index.in_namespaces(namespaces, Some(pods)).is_empty()
    }

    /// Indices of the workloads that a peer with selectors in a policy of that namespace selects; nothing for an ipBlock.
    #[must_use]
    pub fn selected_by_peer(&self, policy_namespace: &str, peer: &Peer) -> BTreeSet<usize> {
        let classes = match peer {
            Peer::Pods { pod_selector, namespace_selector: None } => {
                self.index.in_namespace(policy_namespace, pod_selector.as_ref())
            }
            Peer::Pods { pod_selector, namespace_selector: Some(namespaces) } => {
                self.index.in_namespaces(namespaces, pod_selector.as_ref())
            }
            Peer::IpBlock { .. } => Vec::new(),
        };
        let of_class = |class: u32| self.workloads_of.get(class as usize).map(Vec::as_slice).unwrap_or_default();
        classes.into_iter().flat_map(of_class).copied().collect()
    }

    /// Names of the namespaces, of those that the input declares or uses, that a selector selects.
    #[must_use]
    pub fn selected_namespaces(&self, selector: &LabelSelector) -> Vec<&str> {
        self.index.namespaces(selector, &self.namespaces)
    }

    /// The number that a port name has on the pods of a workload: the first found, if they differ.
    #[must_use]
    pub fn port_number(&self, workload: usize, name: &str, protocol: Protocol) -> Option<u16> {
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut classes = classes.iter().filter_map(|&class| self.classes.get(class as usize));
        classes.find_map(|class| class.ports.get(&(name, protocol)).copied())
    }

    fn rules(&self, policy: u32, direction: Direction) -> &[CompiledRule] {
        self.compiled.get(policy as usize).and_then(|policy| policy.rules(direction)).unwrap_or_default()
    }

    /// The policies that isolate a class in one direction, sorted.
    fn policies_on(&self, class: u32, direction: Direction) -> impl Iterator<Item = u32> {
        let policies = self.selected_by.get(class as usize).map(Vec::as_slice).unwrap_or_default();
        let applies = move |&number: &u32| {
            self.compiled.get(number as usize).is_some_and(|policy| policy.rules(direction).is_some())
        };
        policies.iter().copied().filter(applies)
    }

    fn is_on_host_network(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|class| class.host_network)
    }
}

impl CompiledPolicy {
    /// The rules of one direction, `None` if the policy does not apply to it.
    fn rules(&self, direction: Direction) -> Option<&[CompiledRule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// For each policy whether a later one has its name.
fn replaced(policies: &[InputPolicy]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    let mut replaced: Vec<bool> = policies
        .iter()
        .rev()
        .map(|policy| !seen.insert((policy.policy.namespace.as_str(), policy.policy.name.as_str())))
        .collect();
    replaced.reverse();
    replaced
}

/// The external addresses, cut wherever an ipBlock of that direction begins or ends.
fn external_ranges(policies: &[InputPolicy], direction: Direction) -> Vec<AddressRange> {
    let rules = policies.iter().flat_map(|policy| policy.policy.spec.rules(direction).unwrap_or_default());
    let blocks: Vec<AddressSet> = rules
        .flat_map(|rule| &rule.peers)
        .filter_map(|peer| match peer {
            Peer::IpBlock { cidr, except } => Some(AddressSet::block(cidr, except)),
            Peer::Pods { .. } => None,
        })
        .collect();
    partition(&blocks)
}
