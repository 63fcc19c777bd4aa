//! Selectors that select nothing, or something else than they seem to.

use super::{Linted, Lints, nearest_labels, rule_words};
use crate::diag::Code;
use crate::model::policy::{Direction, Peer};
use crate::model::selector::LabelSelector;

pub(super) fn check(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    own_selector(linted, lints);
    for &place in &linted.policy.details.null_match_labels {
        let message = "`matchLabels` has no value, so the selector selects everything";
        let help = Some("write the labels, or `{}` if everything is meant".to_owned());
        lints.report_with_help(linted, Code::NullMatchLabels, place, message, help);
    }
    for (direction, number, rule, _) in linted.rules() {
        for (index, peer) in rule.peers.iter().enumerate() {
            peer_selects(linted, (direction, number, index), peer, lints);
        }
        and_or(linted, direction, number, &rule.peers, lints);
    }
}

fn own_selector(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    let policy = &linted.policy.policy;
    let selector = &policy.spec.pod_selector;
    let host = lints.on_host_network.first_in(&policy.namespace, selector).copied();
    if let Some(first) = host.filter(|_| !selector.is_empty()) {
        let message =
            format!("it selects {}, which uses the node's network: policies do not isolate that", first.object_name());
        lints.report(linted, Code::PolicyOnHostNetwork, linted.selector_place(), message);
        return;
    }
    if !lints.reach.selected_workloads(linted.index).is_empty() {
        return;
    }
    if selector.is_empty() {
        let message = format!("namespace {} has no workloads in the input, so it selects nothing", policy.namespace);
        lints.report(linted, Code::PolicySelectsNothing, linted.selector_place(), message);
        return;
    }
    let hint = lints.hints.look(|| nearest_labels(lints.reach, &policy.namespace, selector));
    let message = format!("it selects no workload of namespace {}", policy.namespace);
    lints.report_with_help(linted, Code::PolicySelectsNothing, linted.selector_place(), message, hint);
}

fn peer_selects(
    linted: Linted<'_>,
    (direction, rule, index): (Direction, usize, usize),
    peer: &Peer,
    lints: &mut Lints<'_, '_>,
) {
    let Peer::Pods { pod_selector, namespace_selector } = peer else { return };
    let own_namespace = linted.policy.policy.namespace.as_str();
    if !lints.reach.selected_by_peer(own_namespace, peer).is_empty() {
        return;
    }
    let namespaces: Vec<&str> = match namespace_selector {
        None => vec![own_namespace],
        Some(selector) => lints.reach.selected_namespaces(selector),
    };
    let has_workloads = |name: &&str| lints.namespaces_with_workloads.contains(name);
    let with_workloads: Vec<&str> = namespaces.into_iter().filter(has_workloads).collect();
    let everything = LabelSelector::default();
    let pods = pod_selector.as_ref().unwrap_or(&everything);
    let hosts = with_workloads.iter().filter_map(|namespace| lints.on_host_network.first_in(namespace, pods));
    let host = hosts.min_by_key(|workload| workload.place).copied();
    let (place, words) = (linted.peer_place(direction, rule, index), rule_words(direction, rule));
    if let Some(first) = host {
        let message = format!(
            "{words} means {} as a peer, which uses the node's network: selectors do not select that",
            first.object_name()
        );
        let help = Some("name the nodes' addresses in an ipBlock".to_owned());
        lints.report_with_help(linted, Code::PeerOnHostNetwork, place, message, help);
    } else if let [first, ..] = with_workloads.as_slice() {
        let message = format!("{words} has a peer that selects no workload of {}", with_workloads.join(", "));
        let hint = lints.hints.look(|| nearest_labels(lints.reach, first, pods));
        lints.report_with_help(linted, Code::PeerSelectsNothing, place, message, hint);
    } else {
        let message = format!("{words} has a peer in namespaces that the input does not have");
        lints.report(linted, Code::PeerOutsideInput, place, message);
    }
}

/// One peer by its namespace and the next one by its pods: either suffices, and the second means the policy's own namespace.
fn and_or(linted: Linted<'_>, direction: Direction, rule: usize, peers: &[Peer], lints: &mut Lints<'_, '_>) {
    for (index, pair) in peers.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        let is_namespace = |peer: &Peer| matches!(peer, Peer::Pods { pod_selector: None, namespace_selector: Some(selector) } if !selector.is_empty());
        let is_pods = |peer: &Peer| matches!(peer, Peer::Pods { pod_selector: Some(selector), namespace_selector: None } if !selector.is_empty());
        if (is_namespace(first) && is_pods(second)) || (is_pods(first) && is_namespace(second)) {
            let place = linted.peer_place(direction, rule, index + 1);
            let message = format!(
                "{} has a namespaceSelector and a podSelector as two peers: it lets through every pod of those namespaces, and those pods of namespace {}",
                rule_words(direction, rule),
                linted.policy.policy.namespace
            );
            let help = Some("remove the second `-` if pods of those namespaces are meant".to_owned());
            lints.report_with_help(linted, Code::AndOrSuspicion, place, message, help);
        }
    }
}
