//! Which ingress rules of a workload open it to whom: the answer of [`Reachability::explain`] for many sources of one destination,
//! without the reasons.

use super::compiled::CompiledRule;
use super::decisions::{RuleRef, Stranger};
use super::{End, Reachability};
use crate::model::policy::{Direction, Peer};
use crate::verify::addresses::AddressRange;
use crate::verify::connections::{ConnectionSet, PROTOCOLS};
use std::collections::{BTreeMap, BTreeSet};

/// The ingress rules of a workload with the ports that they open there, by policy and rule.
pub struct Openings<'r> {
    reach: &'r Reachability<'r>,
    rules: Vec<(RuleRef, &'r CompiledRule, ConnectionSet)>,
    /// Indices of the rules without peers or with every pod.
    wide: Vec<usize>,
    /// Indices of the rules with the same peers, by the number of these.
    by_peers: BTreeMap<u32, Vec<usize>>,
    /// Numbers of the peers that name a class.
    peers_of_class: BTreeMap<u32, Vec<u32>>,
    /// Numbers of the peers that name an external range.
    peers_of_range: BTreeMap<AddressRange, Vec<u32>>,
}

impl Reachability<'_> {
    /// The ingress rules of a workload.
    #[must_use]
    pub fn openings(&self, workload: usize) -> Openings<'_> {
        let direction = Direction::Ingress;
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut openings = Openings {
            reach: self,
            rules: Vec::new(),
            wide: Vec::new(),
            by_peers: BTreeMap::new(),
            peers_of_class: BTreeMap::new(),
            peers_of_range: BTreeMap::new(),
        };
        for policy in self.isolating_policies(workload, direction) {
            let Ok(number) = u32::try_from(policy) else { continue };
            let is_on = |class: u32| {
                self.selected_by.get(class as usize).is_some_and(|policies| policies.binary_search(&number).is_ok())
            };
            let selected = classes.iter().filter(|&&class| is_on(class));
            let selected: Vec<_> = selected.filter_map(|&class| self.classes.get(class as usize)).collect();
            for (rule, compiled) in self.rules(number, direction).iter().enumerate() {
                let ports: Vec<ConnectionSet> = selected.iter().map(|class| compiled.ports.on(class)).collect();
                openings.add(RuleRef { policy, direction, rule }, compiled, ConnectionSet::union_of(&ports));
            }
        }
        openings
    }
}

impl<'r> Openings<'r> {
    fn add(&mut self, reference: RuleRef, rule: &'r CompiledRule, ports: ConnectionSet) {
        let index = self.rules.len();
        self.rules.push((reference, rule, ports));
        if rule.peers.anyone || rule.peers.every_pod {
            self.wide.push(index);
        }
        let same = self.by_peers.entry(rule.peers_number).or_default();
        same.push(index);
        if same.len() > 1 {
            return;
        }
        for &class in &rule.peers.classes {
            self.peers_of_class.entry(class).or_default().push(rule.peers_number);
        }
        for whole in rule.peers.addresses.ranges() {
            let first = self.reach.sources.partition_point(|range| range.first() < whole.first());
            let inside = self.reach.sources.iter().skip(first).take_while(|range| range.last() <= whole.last());
            for &range in inside {
                self.peers_of_range.entry(range).or_default().push(rule.peers_number);
            }
        }
    }

    /// The rules that let connections from a source through, of those that open the same ports the first.
    #[must_use]
    pub fn rules_for(&self, source: End, connections: &ConnectionSet, controllers: &[Stranger]) -> Vec<RuleRef> {
        let mut left = Left::new(connections);
        let mut found = Vec::new();
        for index in self.candidates(source) {
            if left.is_empty() {
                break;
            }
            let Some((reference, rule, ports)) = self.rules.get(index) else { continue };
            if self.names(*reference, rule, source, controllers) && left.take(ports) {
                found.push(*reference);
            }
        }
        found
    }

    /// Indices of the rules that can name a source, in order.
    fn candidates(&self, source: End) -> BTreeSet<usize> {
        let numbers: Vec<u32> = match source {
            End::IngressController => return (0..self.rules.len()).collect(),
            End::External(range) => {
                // It lies in one of the ranges that policies tell apart.
                let within = self.reach.sources.partition_point(|one| one.last() < range.first());
                let within = self.reach.sources.get(within).and_then(|one| self.peers_of_range.get(one));
                within.cloned().unwrap_or_default()
            }
            End::Workload(index) => {
                let classes = self.reach.workload(index).map(|workload| workload.classes.as_slice());
                let of_class = |class: &u32| self.peers_of_class.get(class).into_iter().flatten().copied();
                classes.unwrap_or_default().iter().flat_map(of_class).collect()
            }
        };
        let named = numbers.iter().filter_map(|number| self.by_peers.get(number)).flatten();
        named.chain(&self.wide).copied().collect()
    }

    fn names(&self, reference: RuleRef, rule: &CompiledRule, source: End, controllers: &[Stranger]) -> bool {
        if rule.peers.anyone {
            return true;
        }
        match source {
            End::Workload(index) => {
                let classes = self.reach.workload(index).map(|workload| workload.classes.as_slice());
                let has = |&class: &u32| rule.peers.has_class(class, self.reach.is_on_host_network(class));
                classes.unwrap_or_default().iter().any(has)
            }
            End::External(range) => rule.peers.addresses.contains_range(range),
            End::IngressController => {
                let Some(policy) = self.reach.world.policies.get(reference.policy) else { return false };
                let rules = policy.policy.spec.rules(Direction::Ingress).unwrap_or_default();
                let peers: &[Peer] = rules.get(reference.rule).map(|rule| rule.peers.as_slice()).unwrap_or_default();
                let is_named =
                    |stranger: &Stranger| peers.iter().any(|peer| stranger.is_selected(peer, &policy.policy.namespace));
                controllers.iter().any(is_named)
            }
        }
    }
}

/// Ports that no rule was found for yet, by protocol: first and last of each range.
struct Left([BTreeMap<u16, u16>; 3]);

impl Left {
    fn new(connections: &ConnectionSet) -> Self {
        Self(PROTOCOLS.map(|protocol| connections.ports(protocol).ranges().iter().copied().collect()))
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeMap::is_empty)
    }

    /// Takes these out, and tells whether any of them was left.
    fn take(&mut self, set: &ConnectionSet) -> bool {
        let mut is_any = false;
        for (left, protocol) in self.0.iter_mut().zip(PROTOCOLS) {
            for &(first, last) in set.ports(protocol).ranges() {
                while let Some((start, end)) = left.range(..=last).next_back().map(|(&start, &end)| (start, end))
                    && end >= first
                {
                    is_any = true;
                    left.remove(&start);
                    if start < first {
                        left.insert(start, first - 1);
                    }
                    if end > last {
                        left.insert(last + 1, end);
                    }
                }
            }
        }
        is_any
    }
}

#[cfg(test)]
mod tests {
    use super::Left;
    use crate::model::policy::Protocol;
    use crate::verify::connections::ConnectionSet;

    #[test]
    fn takes_what_is_left() {
        let ports = |first, last| ConnectionSet::range(Protocol::Tcp, first, last);
        let mut left = Left::new(&ports(10, 20).union(&ports(30, 40)));
        assert!(!left.take(&ports(21, 29)) && !left.take(&ConnectionSet::protocol(Protocol::Udp)));
        assert!(left.take(&ports(15, 15)) && !left.take(&ports(15, 15)));
        assert!(left.take(&ports(16, 35)) && left.take(&ports(36, 36)) && !left.is_empty());
        assert!(left.take(&ConnectionSet::all()) && left.is_empty() && !left.take(&ConnectionSet::all()));
    }
}
