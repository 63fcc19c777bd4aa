//! Rules and policies that add nothing to others.

use super::{Linted, Lints, rule_words};
use crate::diag::Code;
use crate::model::policy::{Direction, InputPolicy, Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};
use crate::model::selector::LabelSelector;
use crate::verify::connections::ConnectionSet;
use crate::verify::generated::is_generated;
use std::collections::{BTreeMap, BTreeSet};

/// Policies with this many rules in a direction are not searched for redundant ones.
const MAX_RULES: usize = 200;

/// Rules whose peers and ports another rule of the same direction has as well.
pub(super) fn check_rules(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules = linted.policy.policy.spec.rules(direction).unwrap_or_default();
        if rules.len() > MAX_RULES {
            continue;
        }
        for (number, rule) in rules.iter().enumerate() {
            let wider = rules.iter().enumerate().find(|&(other, wider)| {
                // Of two equal rules the later one is redundant.
                other != number && covers(wider, rule) && (other < number || !covers(rule, wider))
            });
            if let Some((other, _)) = wider {
                let place = linted.policy.rule_place(direction, number).unwrap_or(linted.policy.place);
                let message =
                    format!("{} allows nothing that rule {} does not", rule_words(direction, number), other + 1);
                lints.report(linted, Code::RedundantRule, place, message);
            }
        }
    }
}

/// Policies of a namespace with the same selector as another whose rules allow all that they allow.
pub(super) fn check_policies(lints: &mut Lints<'_, '_>) {
    let policies = &lints.reach.world().policies;
    let mut alike: BTreeMap<(&str, &LabelSelector), Vec<usize>> = BTreeMap::new();
    for (index, policy) in policies.iter().enumerate() {
        if !is_generated(&policy.policy) {
            let key = (policy.policy.namespace.as_str(), &policy.policy.spec.pod_selector);
            alike.entry(key).or_default().push(index);
        }
    }
    for group in alike.values().filter(|group| (2..=MAX_RULES).contains(&group.len())) {
        for &index in group {
            let Some(policy) = policies.get(index) else { continue };
            let wider = group.iter().filter(|&&other| other != index).find_map(|&other| {
                let wider = policies.get(other)?;
                let is_covered = policy_covers(&wider.policy.spec, &policy.policy.spec);
                let is_mutual = policy_covers(&policy.policy.spec, &wider.policy.spec);
                (is_covered && (other < index || !is_mutual) && wider.policy.name != policy.policy.name)
                    .then_some(wider)
            });
            if let Some(wider) = wider {
                report(Linted { index, policy }, wider, lints);
            }
        }
    }
}

fn report(linted: Linted<'_>, wider: &InputPolicy, lints: &mut Lints<'_, '_>) {
    let message = format!("{} selects the same pods and allows all that it does", wider.policy.object_name());
    lints.report(linted, Code::RedundantPolicy, linted.policy.place, message);
}

fn policy_covers(wider: &PolicySpec, narrower: &PolicySpec) -> bool {
    [Direction::Ingress, Direction::Egress].into_iter().all(|direction| {
        match (wider.rules(direction), narrower.rules(direction)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(wider), Some(narrower)) => {
                narrower.len() <= MAX_RULES
                    && wider.len() <= MAX_RULES
                    && narrower.iter().all(|rule| wider.iter().any(|wider| covers(wider, rule)))
            }
        }
    })
}

/// Whether one rule has, as written, every peer and port of another.
fn covers(wider: &Rule, narrower: &Rule) -> bool {
    let peers = wider.peers.is_empty() || (!narrower.peers.is_empty() && has_all(&wider.peers, &narrower.peers));
    peers && (wider.ports.is_empty() || (!narrower.ports.is_empty() && has_ports(&wider.ports, &narrower.ports)))
}

fn has_all(wider: &[Peer], narrower: &[Peer]) -> bool {
    let wider: BTreeSet<&Peer> = wider.iter().collect();
    narrower.iter().all(|peer| wider.contains(peer))
}

fn has_ports(wider: &[PolicyPort], narrower: &[PolicyPort]) -> bool {
    let name_of = |port: &'_ PolicyPort| match &port.port {
        Some(PortValue::Name(name)) => Some((port.protocol, name.clone())),
        _ => None,
    };
    let names: BTreeSet<(Protocol, String)> = wider.iter().filter_map(name_of).collect();
    let numbers = ConnectionSet::numbered(wider);
    let is_named = |port| name_of(port).is_none_or(|name| numbers.has_every_port(name.0) || names.contains(&name));
    ConnectionSet::numbered(narrower).difference(&numbers).is_empty() && narrower.iter().all(is_named)
}
