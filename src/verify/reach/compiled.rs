//! Policies with their selectors resolved to classes of pods.

use super::pods::{Class, PodIndex};
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

/// A rule that knows which pods it means.
pub(super) struct CompiledRule {
    /// Whom it lets through.
    pub(super) peers: Rc<PeerSet>,
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
        let mut spec = Self { numbered: ConnectionSet::none(), named: Vec::new() };
        for port in ports {
            let set = match &port.port {
                None => ConnectionSet::protocol(port.protocol),
                Some(PortValue::Number(first)) => {
                    ConnectionSet::range(port.protocol, *first, port.end_port.unwrap_or(*first))
                }
                Some(PortValue::Name(name)) => {
                    spec.named.push((port.protocol, name.clone()));
                    continue;
                }
            };
            spec.numbered = spec.numbered.union(&set);
        }
        spec
    }

    /// The ports on pods of a class.
    pub(super) fn on(&self, class: &Class<'_>) -> ConnectionSet {
        self.named.iter().fold(self.numbered.clone(), |set, (protocol, name)| {
            match class.ports.get(&(name.as_str(), *protocol)) {
                Some(&number) => set.union(&ConnectionSet::port(*protocol, number)),
                None => set,
            }
        })
    }
}

/// Resolves the selectors of all policies. Equal lists of peers are resolved once.
pub(super) fn compile<'p>(policies: &'p [InputPolicy], index: &PodIndex, classes: &[Class<'_>]) -> Vec<CompiledPolicy> {
    let mut known: BTreeMap<(&'p str, &'p [Peer]), Rc<PeerSet>> = BTreeMap::new();
    let mut compile_rules = |namespace: &'p str, rules: &'p [Rule]| -> Vec<CompiledRule> {
        let compile_rule = |rule: &'p Rule| {
            let is_relative = rule.peers.iter().any(|peer| matches!(peer, Peer::Pods { namespace_selector: None, .. }));
            let key = (if is_relative { namespace } else { "" }, rule.peers.as_slice());
            let peers = known.entry(key).or_insert_with(|| Rc::new(peer_set(&rule.peers, namespace, index, classes)));
            CompiledRule { peers: Rc::clone(peers), ports: PortSpec::new(&rule.ports) }
        };
        rules.iter().map(compile_rule).collect()
    };
    policies
        .iter()
        .map(|policy| {
            let (namespace, spec) = (policy.policy.namespace.as_str(), &policy.policy.spec);
            CompiledPolicy {
                ingress: spec.ingress.as_deref().map(|rules| compile_rules(namespace, rules)),
                egress: spec.egress.as_deref().map(|rules| compile_rules(namespace, rules)),
            }
        })
        .collect()
}

fn peer_set(peers: &[Peer], namespace: &str, index: &PodIndex, classes: &[Class<'_>]) -> PeerSet {
    let mut set = PeerSet { anyone: peers.is_empty(), ..PeerSet::default() };
    let mut found: BTreeSet<u32> = BTreeSet::new();
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
            Peer::IpBlock { cidr, except } => {
                set.addresses = set.addresses.union(&AddressSet::block(cidr, except));
            }
        }
    }
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
