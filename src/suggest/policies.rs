//! Calls that NetworkPolicies of the input open: pairs that some rule names, and that both ends let through.
//!
//! What is open because nothing isolates either end is nobody's intent. Neither is what a rule opens to everybody, or to whole namespaces:
//! that would be a call for every pair of pods.

use super::Evidence;
use super::collector::Collector;
use super::names::Names;
use crate::config::Config;
use crate::diag::Code;
use crate::model::policy::{Direction, Peer, Protocol};
use crate::model::selector::LabelSelector;
use crate::verify::connections::ConnectionSet;
use crate::verify::reach::{End, Reachability};
use std::collections::BTreeSet;

/// Adds the pairs that rules open.
pub(super) fn collect(config: &Config, names: &Names<'_>, collector: &mut Collector<'_>) {
    let reach = Reachability::new(names.world, config);
    for (number, policy) in names.world.policies.iter().enumerate() {
        let selected = reach.selected_workloads(number);
        for direction in [Direction::Ingress, Direction::Egress] {
            for (index, rule) in policy.policy.spec.rules(direction).unwrap_or_default().iter().enumerate() {
                let name = format!("{} rule {} of {}", word(direction), index + 1, policy.policy.object_name());
                let place = policy.rule_place(direction, index).unwrap_or(policy.place);
                if rule.peers.iter().any(is_wide) {
                    let message = format!("{name} opens whole namespaces, of which no intents are made");
                    collector.note(Code::NotSuggested, message, Some(place));
                }
                let specific = rule.peers.iter().filter(|peer| matches!(peer, Peer::Pods { .. }) && !is_wide(peer));
                let peers: BTreeSet<usize> =
                    specific.flat_map(|peer| reach.selected_by_peer(&policy.policy.namespace, peer)).collect();
                let evidence = Evidence { text: name, place: Some(place) };
                for &own in &selected {
                    for &peer in &peers {
                        let (client, server) = if direction == Direction::Ingress { (peer, own) } else { (own, peer) };
                        pair(&reach, client, server, &evidence, names, collector);
                    }
                }
            }
        }
    }
}

fn word(direction: Direction) -> &'static str {
    if direction == Direction::Ingress { "ingress" } else { "egress" }
}

/// Whether a peer has no requirement on pods.
fn is_wide(peer: &Peer) -> bool {
    matches!(peer, Peer::Pods { pod_selector, .. } if pod_selector.as_ref().is_none_or(LabelSelector::is_empty))
}

fn pair(
    reach: &Reachability<'_>,
    client: usize,
    server: usize,
    evidence: &Evidence,
    names: &Names<'_>,
    collector: &mut Collector<'_>,
) {
    let open = reach.between(End::Workload(client), End::Workload(server));
    let member = |index: usize| reach.workload(index).and_then(|workload| workload.members.first().copied());
    if let (Some(client), Some(server), false) = (member(client), member(server), open.is_empty())
        && !is_dns(&open, server, names)
    {
        collector.call(client, server, evidence.clone());
    }
}

/// Whether it is the way to a DNS server of the cluster, which generated egress policies open by themselves.
fn is_dns(open: &ConnectionSet, server: usize, names: &Names<'_>) -> bool {
    let is_server =
        names.workload(server).is_some_and(|own| own.namespace == "kube-system" && own.name.ends_with("dns"));
    let dns = ConnectionSet::range(Protocol::Udp, 53, 53).union(&ConnectionSet::range(Protocol::Tcp, 53, 53));
    is_server && open.intersection(&dns) == *open
}
