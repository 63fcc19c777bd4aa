//! Rules that do nothing, or more than a policy seems to be for.

use super::{Linted, Lints, rule_words};
use crate::diag::Code;
use crate::model::policy::{Direction, Peer};
use crate::model::selector::LabelSelector;

pub(super) fn check(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    for &(direction, place) in &linted.policy.details.ignored_rules {
        let name = direction.as_str();
        let message =
            format!("a rule for {} has no effect, because `policyTypes` leaves {name} out", name.to_lowercase());
        lints.report_with_help(
            linted,
            Code::RulesIgnored,
            place,
            message,
            Some(format!("add {name} to `policyTypes`")),
        );
    }
    policy_types(linted, lints);
    for (direction, number, rule, place) in linted.rules() {
        let words = rule_words(direction, number);
        if rule.peers.is_empty() && rule.ports.is_empty() {
            let (code, message) = match direction {
                Direction::Ingress => (Code::OpenIngressRule, "lets everybody in on every port"),
                Direction::Egress => (Code::OpenEgressRule, "lets everything out"),
            };
            lints.report(linted, code, place, format_args!("{words} {message}"));
        }
        if !rule.peers.is_empty() && rule.ports.is_empty() {
            lints.report(linted, Code::RuleWithoutPorts, place, format_args!("{words} opens every port to its peers"));
        }
        for (index, peer) in rule.peers.iter().enumerate() {
            if is_every_pod(peer) {
                let place = linted.peer_place(direction, number, index);
                let message = format!("{words} means every pod of every namespace");
                lints.report(linted, Code::AllNamespacesPeer, place, message);
            }
        }
    }
}

fn is_every_pod(peer: &Peer) -> bool {
    match peer {
        Peer::Pods { pod_selector, namespace_selector: Some(namespaces) } => {
            namespaces.is_empty() && pod_selector.as_ref().is_none_or(LabelSelector::is_empty)
        }
        _ => false,
    }
}

fn policy_types(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    let (policy, details) = (&linted.policy.policy, &linted.policy.details);
    if details.has_policy_types {
        return;
    }
    let denies_ingress_only = details.has_empty_egress
        && policy.spec.ingress.as_ref().is_some_and(Vec::is_empty)
        && policy.spec.egress.is_none();
    if denies_ingress_only {
        let message = "`egress: []` without `policyTypes` denies ingress and leaves egress open";
        let help = Some("write `policyTypes: [Egress]` if egress is meant".to_owned());
        lints.report_with_help(linted, Code::EmptyEgressDeniesIngress, linted.policy.place, message, help);
    } else {
        let directions = if policy.spec.egress.is_some() { "Ingress, Egress" } else { "Ingress" };
        let message =
            format!("without `policyTypes` it applies to {}", directions.to_lowercase().replace(", ", " and "));
        let help = Some(format!("write `policyTypes: [{directions}]`"));
        lints.report_with_help(linted, Code::PolicyTypesMissing, linted.policy.place, message, help);
    }
}
