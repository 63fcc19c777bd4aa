//! Why a connection is allowed or not: the policies and rules that decide on both ends.

use super::compiled::CompiledRule;
use super::pods::{Class, NAMESPACE_NAME_LABEL};
use super::{End, Reachability};
use crate::model::policy::{Direction, InputPolicy, Peer, Protocol};
use crate::model::selector::Labels;
use crate::verify::addresses::AddressRange;
use crate::verify::connections::{ConnectionSet, PROTOCOLS};
use std::collections::{BTreeMap, BTreeSet};

/// Connections of one pair for which both ends decide for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The connections.
    pub connections: ConnectionSet,
    /// What the source's policies decide.
    pub egress: Decision,
    /// What the destination's policies decide.
    pub ingress: Decision,
}

/// Whether a connection works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Both ends let it through.
    Allowed,
    /// One end refuses it.
    Denied,
    /// It depends on something that the input does not say.
    Unknown,
}

/// What the policies on one end decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// No policy isolates the pods in this direction, so everything is allowed.
    NotIsolated,
    /// The end is outside the cluster or a controller of unknown place, where no policy of the input applies.
    Outside,
    /// The pods use the node's network, which policies do not isolate.
    HostNetwork,
    /// These rules let it through, each by itself; sorted.
    Allowed(Vec<RuleRef>),
    /// Policies isolate the pods and no rule lets it through.
    Denied {
        /// Why not, for every isolating policy.
        refusals: Vec<Refusal>,
        /// Rules that would let it through if what the input does not say were so.
        doubts: Vec<Doubt>,
    },
}

/// A rule of a policy of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// Index of the policy in `World::policies`.
    pub policy: usize,
    /// Which rules of it.
    pub direction: Direction,
    /// Index of the rule, from 0.
    pub rule: usize,
}

/// Why a policy does not let something through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Index of the policy in `World::policies`.
    pub policy: usize,
    /// The direction in which it isolates.
    pub direction: Direction,
    /// Why.
    pub reason: RefusalReason,
}

/// Why no rule of a policy matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalReason {
    /// It has no rules.
    NoRules,
    /// No rule names the peer.
    NoPeer,
    /// A rule (the first that does) names the peer, but not the ports.
    Ports {
        /// Index of the rule.
        rule: usize,
    },
    /// A rule (the first that does) names the peer, but only ports by names that the destination does not have.
    PortNames {
        /// Index of the rule.
        rule: usize,
    },
}

/// A rule that might let something through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The rule.
    pub rule: RuleRef,
    /// What the input does not say.
    pub reason: DoubtReason,
}

/// What the input does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DoubtReason {
    /// The labels of a Namespace that has no manifest.
    NamespaceLabels {
        /// Name of the namespace.
        namespace: String,
    },
    /// The address of the node whose network the peer uses.
    NodeAddress,
}

/// A pod that is not in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its namespace; empty if unknown.
    pub namespace: String,
    /// Labels of its namespace.
    pub namespace_labels: Labels,
    /// Its labels.
    pub pod_labels: Labels,
}

/// One end as policies see it.
#[derive(Clone, Copy)]
pub(super) enum Party<'a> {
    /// Pods of a class.
    Class(u32),
    /// Addresses outside the cluster.
    External(AddressRange),
    /// A pod that is not in the input.
    Stranger(&'a Stranger),
}

/// A rule that names the peer, for sure or perhaps, with its ports on the destination.
struct Candidate {
    rule: usize,
    ports: ConnectionSet,
    doubt: Option<DoubtReason>,
    /// Whether the rule has port names and no port at all on this destination.
    only_unknown_names: bool,
}

impl Segment {
    /// Whether the connections work.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.egress.verdict(), self.ingress.verdict()) {
            (Verdict::Allowed, Verdict::Allowed) => Verdict::Allowed,
            (Verdict::Denied, _) | (_, Verdict::Denied) => Verdict::Denied,
            _ => Verdict::Unknown,
        }
    }
}

impl Decision {
    /// Whether this end lets the connections through.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Denied { doubts, .. } if doubts.is_empty() => Verdict::Denied,
            Self::Denied { .. } => Verdict::Unknown,
            _ => Verdict::Allowed,
        }
    }
}

impl Reachability<'_> {
    /// What may be sent from one end to the other: connections that are certainly allowed.
    #[must_use]
    pub fn between(&self, source: End, destination: End) -> ConnectionSet {
        let segments = self.explain(source, destination);
        let allowed = segments.iter().filter(|segment| segment.verdict() == Verdict::Allowed);
        allowed.fold(ConnectionSet::none(), |set, segment| set.union(&segment.connections))
    }

    /// All connections from one end to the other, allowed or not, with the reasons on both ends.
    ///
    /// Where the pods of a workload differ, each kind of them has its own segments. Both ends may be the same workload: then it
    /// is about traffic between its replicas.
    #[must_use]
    pub fn explain(&self, source: End, destination: End) -> Vec<Segment> {
        self.explain_within(source, destination, &ConnectionSet::all())
    }

    /// Like [`Self::explain`], for these connections alone.
    #[must_use]
    pub fn explain_within(&self, source: End, destination: End, wanted: &ConnectionSet) -> Vec<Segment> {
        let is_asked = [source, destination].contains(&End::IngressController);
        let controllers = if is_asked { self.controllers() } else { Vec::new() };
        let parties = |end: End| -> Vec<Party<'_>> {
            match end {
                End::Workload(index) => {
                    let classes = self.workload(index).map(|workload| workload.classes.as_slice());
                    classes.unwrap_or_default().iter().map(|&class| Party::Class(class)).collect()
                }
                End::External(range) => vec![Party::External(range)],
                End::IngressController => controllers.iter().map(Party::Stranger).collect(),
            }
        };
        let mut segments: Vec<Segment> = Vec::new();
        for from in parties(source) {
            for to in parties(destination) {
                for segment in self.explain_parties(from, to, wanted) {
                    let same =
                        |known: &&mut Segment| known.egress == segment.egress && known.ingress == segment.ingress;
                    match segments.iter_mut().find(same) {
                        Some(known) => known.connections = known.connections.union(&segment.connections),
                        None => segments.push(segment),
                    }
                }
            }
        }
        segments
    }

    fn explain_parties(&self, from: Party<'_>, to: Party<'_>, wanted: &ConnectionSet) -> Vec<Segment> {
        let egress = self.one_way(Direction::Egress, from, to, wanted);
        let ingress = self.one_way(Direction::Ingress, to, from, wanted);
        let mut segments = Vec::new();
        for (egress_connections, egress_decision) in &egress {
            for (ingress_connections, ingress_decision) in &ingress {
                let connections = egress_connections.intersection(ingress_connections);
                if !connections.is_empty() {
                    let (egress, ingress) = (egress_decision.clone(), ingress_decision.clone());
                    segments.push(Segment { connections, egress, ingress });
                }
            }
        }
        segments
    }

    fn one_way(
        &self,
        direction: Direction,
        own: Party<'_>,
        peer: Party<'_>,
        wanted: &ConnectionSet,
    ) -> Vec<(ConnectionSet, Decision)> {
        match own {
            Party::Class(class) => self.decide_one_way(direction, class, peer, wanted),
            Party::External(_) | Party::Stranger(_) => vec![(wanted.clone(), Decision::Outside)],
        }
    }

    /// What the policies on a class decide in one direction about a peer: a partition of the connections that are wanted.
    pub(super) fn decide_one_way(
        &self,
        direction: Direction,
        own: u32,
        peer: Party<'_>,
        wanted: &ConnectionSet,
    ) -> Vec<(ConnectionSet, Decision)> {
        if self.is_on_host_network(own) {
            return vec![(wanted.clone(), Decision::HostNetwork)];
        }
        let policies: Vec<u32> = self.policies_on(own, direction).collect();
        if policies.is_empty() {
            return vec![(wanted.clone(), Decision::NotIsolated)];
        }
        let candidates: Vec<(usize, Vec<Candidate>)> =
            policies.iter().map(|&policy| (policy as usize, self.candidates(policy, direction, own, peer))).collect();
        let ports = candidates.iter().flat_map(|(_, candidates)| candidates);
        let ports: Vec<ConnectionSet> = ports.map(|candidate| candidate.ports.intersection(wanted)).collect();
        let mut decisions: Vec<(Vec<ConnectionSet>, Decision)> = Vec::new();
        let mut known: BTreeMap<Decision, usize> = BTreeMap::new();
        for (protocol, first, last) in atoms(wanted, &ports) {
            let decision = self.decide_port(direction, &candidates, protocol, first);
            let connections = ConnectionSet::range(protocol, first, last);
            match known.get(&decision).and_then(|&index| decisions.get_mut(index)) {
                Some((sets, _)) => sets.push(connections),
                None => {
                    known.insert(decision.clone(), decisions.len());
                    decisions.push((vec![connections], decision));
                }
            }
        }
        decisions.into_iter().map(|(sets, decision)| (ConnectionSet::union_of(&sets), decision)).collect()
    }

    /// The rules of a policy that name the peer, or might.
    fn candidates(&self, policy: u32, direction: Direction, own: u32, peer: Party<'_>) -> Vec<Candidate> {
        let destination = match (direction, peer) {
            (Direction::Ingress, _) => self.classes.get(own as usize),
            (Direction::Egress, Party::Class(class)) => self.classes.get(class as usize),
            (Direction::Egress, Party::External(_) | Party::Stranger(_)) => None,
        };
        let Some(source) = self.world.policies.get(policy as usize) else { return Vec::new() };
        let mut found = Vec::new();
        let rules = self.rules(policy, direction);
        for number in self.rules_that_may_name(policy, direction, peer) {
            let Some(rule) = rules.get(number) else { continue };
            let peers = source.policy.spec.rules(direction).and_then(|rules| rules.get(number));
            let peers = peers.map(|rule| rule.peers.as_slice()).unwrap_or_default();
            let doubt = match self.selects(rule, peers, source, peer) {
                Selects::Yes => None,
                Selects::Perhaps(reason) => Some(reason),
                Selects::No => continue,
            };
            let ports = destination.map_or_else(|| rule.ports.numbered.clone(), |class| rule.ports.on(class));
            let only_unknown_names = ports.is_empty() && !rule.ports.named.is_empty();
            found.push(Candidate { rule: number, ports, doubt, only_unknown_names });
        }
        found
    }

    /// The rules of a policy that [`Self::selects`] may say yes or perhaps to.
    fn rules_that_may_name(&self, policy: u32, direction: Direction, peer: Party<'_>) -> Vec<usize> {
        let all = || (0..self.rules(policy, direction).len()).collect();
        let (Party::Class(number), Some((ingress, egress))) = (peer, self.rule_indices.get(policy as usize)) else {
            return all();
        };
        let index = if direction == Direction::Ingress { ingress } else { egress };
        let named_by = self.named_by.get(number as usize).map(Vec::as_slice).unwrap_or_default();
        index.naming(named_by, self.is_on_host_network(number))
    }

    fn decide_port(
        &self,
        direction: Direction,
        policies: &[(usize, Vec<Candidate>)],
        protocol: Protocol,
        port: u16,
    ) -> Decision {
        let (mut allowed, mut refusals, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
        for (policy, candidates) in policies {
            let policy = *policy;
            let mut sure = candidates.iter().filter(|candidate| candidate.doubt.is_none());
            let opening = sure.clone().filter(|candidate| candidate.ports.contains(protocol, port));
            let before = allowed.len();
            allowed.extend(opening.map(|candidate| RuleRef { policy, direction, rule: candidate.rule }));
            if allowed.len() > before {
                continue;
            }
            let reason = match sure.next() {
                Some(first) if first.only_unknown_names => RefusalReason::PortNames { rule: first.rule },
                Some(first) => RefusalReason::Ports { rule: first.rule },
                None if self.has_no_rules(policy, direction) => RefusalReason::NoRules,
                None => RefusalReason::NoPeer,
            };
            refusals.push(Refusal { policy, direction, reason });
            for candidate in candidates {
                if let Some(reason) = candidate.doubt.clone().filter(|_| candidate.ports.contains(protocol, port)) {
                    doubts.push(Doubt { rule: RuleRef { policy, direction, rule: candidate.rule }, reason });
                }
            }
        }
        if allowed.is_empty() { Decision::Denied { refusals, doubts } } else { Decision::Allowed(allowed) }
    }

    fn has_no_rules(&self, policy: usize, direction: Direction) -> bool {
        u32::try_from(policy).is_ok_and(|policy| self.rules(policy, direction).is_empty())
    }

    fn selects(&self, rule: &CompiledRule, peers: &[Peer], policy: &InputPolicy, peer: Party<'_>) -> Selects {
        let is_selected = match peer {
            Party::Class(number) => rule.peers.has_class(number, self.is_on_host_network(number)),
            Party::External(range) => rule.peers.anyone || rule.peers.addresses.contains_range(range),
            Party::Stranger(stranger) => {
                rule.peers.anyone || peers.iter().any(|peer| stranger.is_selected(peer, &policy.policy.namespace))
            }
        };
        if is_selected {
            return Selects::Yes;
        }
        let Party::Class(number) = peer else { return Selects::No };
        let Some(class) = self.classes.get(number as usize) else { return Selects::No };
        if class.host_network {
            let might = !rule.peers.addresses.is_empty() && class.addresses.is_empty();
            return if might { Selects::Perhaps(DoubtReason::NodeAddress) } else { Selects::No };
        }
        self.might_select(peers, class)
    }

    /// Whether a peer would select the class if its namespace, which has no manifest, had the right labels.
    fn might_select(&self, peers: &[Peer], class: &Class<'_>) -> Selects {
        let Some(namespace) = self.namespaces.get(class.namespace as usize).filter(|found| !found.is_declared) else {
            return Selects::No;
        };
        let known = Labels::from([(NAMESPACE_NAME_LABEL.to_owned(), namespace.name.clone())]);
        let might = peers.iter().any(|peer| match peer {
            Peer::Pods { pod_selector, namespace_selector: Some(namespaces) } => {
                pod_selector.as_ref().is_none_or(|selector| selector.matches(class.labels))
                    && namespaces.may_match(&known)
            }
            _ => false,
        });
        if might {
            Selects::Perhaps(DoubtReason::NamespaceLabels { namespace: namespace.name.clone() })
        } else {
            Selects::No
        }
    }
}

/// Whether a rule names a peer.
enum Selects {
    Yes,
    No,
    Perhaps(DoubtReason),
}

impl Stranger {
    /// Whether a peer of a policy in that namespace selects it.
    pub(super) fn is_selected(&self, peer: &Peer, policy_namespace: &str) -> bool {
        match peer {
            Peer::Pods { pod_selector, namespace_selector } => {
                let in_namespace = match namespace_selector {
                    Some(selector) => selector.matches(&self.namespace_labels),
                    None => self.namespace == policy_namespace,
                };
                in_namespace && pod_selector.as_ref().is_none_or(|selector| selector.matches(&self.pod_labels))
            }
            Peer::IpBlock { .. } => false,
        }
    }
}

/// The ports that are wanted, in ranges that none of the sets cuts.
fn atoms(wanted: &ConnectionSet, sets: &[ConnectionSet]) -> Vec<(Protocol, u16, u16)> {
    let mut found = Vec::new();
    for protocol in PROTOCOLS {
        let mut starts = BTreeSet::new();
        for &(first, last) in sets.iter().flat_map(|set| set.ports(protocol).ranges()) {
            starts.insert(first);
            starts.extend(last.checked_add(1));
        }
        for &(first, last) in wanted.ports(protocol).ranges() {
            let mut start = first;
            for &next in starts.range(first..=last).filter(|&&next| next > first) {
                found.push((protocol, start, next - 1));
                start = next;
            }
            found.push((protocol, start, last));
        }
    }
    found
}
