//! Policies with their selectors resolved to classes of pods.

use super::pods::{Class, NamespaceInfo, PodIndex};
use crate::model::policy::{InputPolicy, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::verify::addresses::AddressSet;
use crate::verify::connections::ConnectionSet;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A policy whose rules know which pods they mean.
pub(super) struct CompiledPolicy {
    /// Ingress rules, `None` if the policy does not apply to ingress.
    pub(super) ingress: Option<Vec<CompiledRule>>,
    /// Egress rules, `None` if the policy does not apply to egress.
    pub(super) egress: Option<Vec<CompiledRule>>,
}

/// The rules of one direction of a policy, by whom they may name.
#[derive(Default)]
pub(super) struct RuleIndex {
    /// Rules without peers or with every pod.
    wide: Vec<usize>,
    /// Rules with addresses, which may be those of nodes.
    with_addresses: Vec<usize>,
    /// Rules by the number of their peers.
    by_peers: BTreeMap<u32, Vec<usize>>,
}

impl RuleIndex {
    /// The index of rules.
    pub(super) fn new(rules: &[CompiledRule]) -> Self {
        let mut index = Self::default();
        for (number, rule) in rules.iter().enumerate() {
            if rule.peers.anyone || rule.peers.every_pod {
                index.wide.push(number);
            }
            if !rule.peers.addresses.is_empty() {
                index.with_addresses.push(number);
            }
            index.by_peers.entry(rule.peers_number).or_default().push(number);
        }
        index
    }

    /// The rules that name pods, or may, in order. `named_by` has the numbers of the peers that do, sorted.
    pub(super) fn naming(&self, named_by: &[u32], host_network: bool) -> Vec<usize> {
        let mut found = self.wide.clone();
        if host_network {
            found.extend(&self.with_addresses);
        }
        if named_by.len() < self.by_peers.len() {
            found.extend(named_by.iter().filter_map(|number| self.by_peers.get(number)).flatten());
        } else {
            let named = self.by_peers.iter().filter(|(number, _)| named_by.binary_search(number).is_ok());
            found.extend(named.flat_map(|(_, rules)| rules));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A rule that knows which pods it means.
pub(super) struct CompiledRule {
    /// Whom it lets through.
    pub(super) peers: Rc<PeerSet>,
    /// Number of these peers: rules with the same have the same number.
    pub(super) peers_number: u32,
    /// On which ports.
    pub(super) ports: PortSpec,
}

/// The peers of a rule.
#[derive(Default)]
pub(super) struct PeerSet {
    /// Everybody, inside and outside the cluster: the rule names no peers.
    pub(super) anyone: bool,
    /// Every pod of every namespace that selectors can select.
    pub(super) every_pod: bool,
    /// Pods, sorted; empty if `every_pod` has them all.
    pub(super) classes: Vec<u32>,
    /// Addresses outside the cluster.
    pub(super) addresses: AddressSet,
}

/// The ports of a rule: those with numbers, and names that each destination resolves for itself.
pub(super) struct PortSpec {
    /// Numbers; everything if the rule names no ports.
    pub(super) numbered: ConnectionSet,
    /// Names of container ports.
    pub(super) named: Vec<(Protocol, String)>,
}

impl PeerSet {
    /// Whether pods of this class are meant.
    pub(super) fn has_class(&self, number: u32, host_network: bool) -> bool {
        self.anyone || (self.every_pod && !host_network) || self.classes.binary_search(&number).is_ok()
    }
}

impl PortSpec {
    fn new(ports: &[PolicyPort]) -> Self {
        if ports.is_empty() {
            return Self { numbered: ConnectionSet::all(), named: Vec::new() };
        }
        let named = ports.iter().filter_map(|port| match &port.port {
            Some(PortValue::Name(name)) => Some((port.protocol, name.clone())),
            _ => None,
        });
        Self { numbered: ConnectionSet::numbered(ports), named: named.collect() }
    }

    /// The ports on pods of a class.
    pub(super) fn on(&self, class: &Class<'_>) -> ConnectionSet {
        if self.named.is_empty() {
            return self.numbered.clone();
        }
        let named = self.named.iter().filter_map(|(protocol, name)| {
            class.ports.get(&(name.as_str(), *protocol)).map(|&number| ConnectionSet::port(*protocol, number))
        });
        let named: Vec<ConnectionSet> = named.collect();
        self.numbered.union(&ConnectionSet::union_of(&named))
    }
}

/// Peers with what is written.
pub(super) type Written<'p> = (Rc<PeerSet>, &'p [Peer]);

/// For each class the numbers of the peers that name its pods, or would if its namespace, which has no manifest, had the right
/// labels; sorted.
pub(super) fn named_by(peers: &[Written<'_>], classes: &[Class<'_>], namespaces: &[NamespaceInfo]) -> Vec<Vec<u32>> {
    let mut named_by = vec![Vec::new(); classes.len()];
    // Peers that select namespaces, by one of the labels that they ask of pods.
    let mut by_label: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    let mut by_namespace_alone = Vec::new();
    for (number, (set, written)) in (0u32..).zip(peers) {
        for &class in &set.classes {
            named_by.get_mut(class as usize).into_iter().for_each(|list| list.push(number));
        }
        for peer in *written {
            let Peer::Pods { pod_selector, namespace_selector: Some(_) } = peer else { continue };
            match pod_selector.as_ref().and_then(|selector| selector.match_labels.iter().next()) {
                Some((key, value)) => by_label.entry((key, value)).or_default().push(number),
                None => by_namespace_alone.push(number),
            }
        }
    }
    for (class, list) in classes.iter().zip(&mut named_by) {
        let is_declared = namespaces.get(class.namespace as usize).is_some_and(|namespace| namespace.is_declared);
        if !is_declared && !class.host_network {
            let labels = class.labels.iter().filter_map(|(key, value)| by_label.get(&(key, value)));
            list.extend(labels.flatten().chain(&by_namespace_alone));
        }
        list.sort_unstable();
        list.dedup();
    }
    named_by
}

/// Resolves the selectors of all policies. Equal lists of peers are resolved once: they are the second result, by their number.
pub(super) fn compile<'p>(
    policies: &'p [InputPolicy],
    index: &PodIndex,
    classes: &[Class<'_>],
) -> (Vec<CompiledPolicy>, Vec<Written<'p>>) {
    let mut known: BTreeMap<(&'p str, &'p [Peer]), u32> = BTreeMap::new();
    let mut all: Vec<Written<'p>> = Vec::new();
    let mut compile_rules = |namespace: &'p str, rules: &'p [Rule]| -> Vec<CompiledRule> {
        let mut compile_rule = |rule: &'p Rule| {
            let is_relative = rule.peers.iter().any(|peer| matches!(peer, Peer::Pods { namespace_selector: None, .. }));
            let key = (if is_relative { namespace } else { "" }, rule.peers.as_slice());
            let peers_number = *known.entry(key).or_insert_with(|| {
                all.push((Rc::new(peer_set(&rule.peers, namespace, index, classes)), rule.peers.as_slice()));
                u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
            });
            let peers = all.get(peers_number as usize).map(|(peers, _)| Rc::clone(peers)).unwrap_or_default();
            CompiledRule { peers, peers_number, ports: PortSpec::new(&rule.ports) }
        };
        rules.iter().map(&mut compile_rule).collect()
    };
    let compiled = policies
        .iter()
        .map(|policy| {
            let (namespace, spec) = (policy.policy.namespace.as_str(), &policy.policy.spec);
            CompiledPolicy {
                ingress: spec.ingress.as_deref().map(|rules| compile_rules(namespace, rules)),
                egress: spec.egress.as_deref().map(|rules| compile_rules(namespace, rules)),
            }
        })
        .collect();
    (compiled, all)
}

fn peer_set(peers: &[Peer], namespace: &str, index: &PodIndex, classes: &[Class<'_>]) -> PeerSet {
    let mut set = PeerSet { anyone: peers.is_empty(), ..PeerSet::default() };
    let mut found: BTreeSet<u32> = BTreeSet::new();
    let mut ranges = Vec::new();
    for peer in peers {
        match peer {
            Peer::Pods { pod_selector, namespace_selector: None } => {
                found.extend(index.in_namespace(namespace, pod_selector.as_ref()));
            }
            Peer::Pods { pod_selector, namespace_selector: Some(namespaces) } => {
                let every_pod = pod_selector.as_ref().is_none_or(|selector| selector.is_empty());
                if every_pod && namespaces.is_empty() {
                    set.every_pod = true;
                } else {
                    found.extend(index.in_namespaces(namespaces, pod_selector.as_ref()));
                }
            }
            Peer::IpBlock { cidr, except } => ranges.extend(AddressSet::block(cidr, except).ranges()),
        }
    }
    set.addresses = ranges.into_iter().collect();
    if !set.addresses.is_empty() {
        // Pods on the node's network have the node's address: not known, but surely of one of the families.
        let everywhere = set.addresses.has_a_whole_family();
        let has_address = |class: &Class<'_>| {
            (class.host_network && everywhere) || class.addresses.iter().any(|&address| set.addresses.contains(address))
        };
        found.extend((0u32..).zip(classes).filter(|(_, class)| has_address(class)).map(|(number, _)| number));
    }
    if set.every_pod {
        // Only those that selectors cannot select are left to name.
        found.retain(|&number| classes.get(number as usize).is_some_and(|class| class.host_network));
    }
    set.classes = found.into_iter().collect();
    set
}
