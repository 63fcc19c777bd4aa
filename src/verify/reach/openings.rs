//! Which ingress rules of a workload open it to whom: the answer of [`Reachability::explain`] for many sources of one destination,
//! without the reasons.

use super::compiled::CompiledRule;
use super::decisions::{RuleRef, Stranger};
use super::{End, Reachability};
use crate::model::policy::{Direction, Peer};
use crate::verify::connections::ConnectionSet;

/// The ingress rules of a workload with the ports that they open there, by policy and rule.
pub struct Openings<'r> {
    reach: &'r Reachability<'r>,
    rules: Vec<(RuleRef, &'r CompiledRule, ConnectionSet)>,
}

impl Reachability<'_> {
    /// The ingress rules of a workload.
    #[must_use]
    pub fn openings(&self, workload: usize) -> Openings<'_> {
        let direction = Direction::Ingress;
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut rules: Vec<(RuleRef, &CompiledRule, ConnectionSet)> = Vec::new();
        for policy in self.isolating_policies(workload, direction) {
            let Ok(number) = u32::try_from(policy) else { continue };
            let selected = classes.iter().filter(|&&class| self.policies_on(class, direction).any(|one| one == number));
            let selected: Vec<_> = selected.filter_map(|&class| self.classes.get(class as usize)).collect();
            for (rule, compiled) in self.rules(number, direction).iter().enumerate() {
                let on_any = |set: ConnectionSet, class: &&_| set.union(&compiled.ports.on(class));
                let ports = selected.iter().fold(ConnectionSet::none(), on_any);
                rules.push((RuleRef { policy, direction, rule }, compiled, ports));
            }
        }
        Openings { reach: self, rules }
    }
}

impl Openings<'_> {
    /// The rules that let connections from a source through, of those that open the same ports the first.
    #[must_use]
    pub fn rules_for(&self, source: End, connections: &ConnectionSet, controllers: &[Stranger]) -> Vec<RuleRef> {
        let mut left = connections.clone();
        let mut found = Vec::new();
        for (reference, rule, ports) in &self.rules {
            if left.is_empty() {
                break;
            }
            if !self.names(*reference, rule, source, controllers) {
                continue;
            }
            let rest = left.difference(ports);
            if rest != left {
                found.push(*reference);
                left = rest;
            }
        }
        found
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
