//! Faults of the input that make every statement about reachability less than it seems. Shown by all commands that judge.

use super::reach::Reachability;
use crate::diag::{Code, Finding, Findings};
use crate::model::policy::{Direction, InputPolicy, Peer, PortValue};
use std::collections::BTreeMap;

/// Two policies or Namespaces with one name, policies of kinds that are not judged, pods of one owner that differ, port names where
/// nothing has names.
#[must_use]
pub fn faults(reach: &Reachability<'_>) -> Findings {
    let mut findings = Findings::default();
    duplicate_policies(reach, &mut findings);
    duplicate_namespaces(reach, &mut findings);
    pods_that_differ(reach, &mut findings);
    findings.0.extend(not_judged(reach));
    for policy in &reach.world().policies {
        port_names_outside(policy, &mut findings);
    }
    findings
}

/// One finding for all policies of other kinds: each of them can make every verdict wrong.
fn not_judged(reach: &Reachability<'_>) -> Option<Finding> {
    let (first, others) = reach.world().other_policies.split_first()?;
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    let message = format!("no verdict counts what is denied or allowed by {}{more}", first.title);
    let help = "only NetworkPolicies of networking.k8s.io/v1 are judged; ask the tools of the network plugin about policies of its own";
    Some(Finding::new(Code::PolicyNotJudged, first.place, message).with_help(help))
}

fn duplicate_policies(reach: &Reachability<'_>, findings: &mut Findings) {
    let mut first_places = BTreeMap::new();
    for policy in &reach.world().policies {
        let name = policy.policy.object_name();
        if let Some(&first) = first_places.get(&name) {
            let message = format!("{name} is there twice; the analysis counts the later one");
            findings.push(
                Finding::new(Code::DuplicatePolicy, policy.place, message)
                    .with_related(first, "the other one is here")
                    .with_help("give one of them another name: policies add up"),
            );
        }
        first_places.insert(name, policy.place);
    }
}

fn duplicate_namespaces(reach: &Reachability<'_>, findings: &mut Findings) {
    let mut first_places = BTreeMap::new();
    for namespace in &reach.world().namespaces {
        if let Some(&first) = first_places.get(&namespace.name) {
            let message = format!("Namespace {} is there twice; the analysis counts the later one", namespace.name);
            findings.push(
                Finding::new(Code::DuplicateNamespace, namespace.place, message)
                    .with_related(first, "the other one is here")
                    .with_help("merge their labels into one manifest"),
            );
        }
        first_places.insert(&namespace.name, namespace.place);
    }
}

fn pods_that_differ(reach: &Reachability<'_>, findings: &mut Findings) {
    for (index, workload) in reach.workloads().iter().enumerate() {
        if !reach.treats_pods_differently(index) {
            continue;
        }
        let members = workload.members.iter().filter_map(|&member| reach.world().workloads.get(member));
        let mut places = members.map(|member| member.place);
        let Some(first) = places.next() else { continue };
        let message = format!(
            "pods of {workload} have different labels or ports, and policies treat them differently; shown is what any of them may do"
        );
        let finding = Finding::new(Code::PodsDiffer, first, message);
        findings.push(places.take(1).fold(finding, |finding, place| finding.with_related(place, "another pod of it")));
    }
}

/// Only pods have names for ports; an ipBlock destination has none, so the rule opens nothing there.
fn port_names_outside(policy: &InputPolicy, findings: &mut Findings) {
    for (number, rule) in policy.policy.spec.rules(Direction::Egress).unwrap_or_default().iter().enumerate() {
        if !rule.peers.iter().any(|peer| matches!(peer, Peer::IpBlock { .. })) {
            continue;
        }
        for (index, port) in rule.ports.iter().enumerate() {
            let Some(PortValue::Name(name)) = &port.port else { continue };
            let place = policy
                .rule_parts(Direction::Egress, number)
                .and_then(|parts| parts.ports.get(index).copied())
                .unwrap_or(policy.place);
            let message = format!(
                "{}: egress rule {} names port `{name}` of an ipBlock, which has no port names",
                policy.policy.object_name(),
                number + 1
            );
            let finding = Finding::new(Code::PortNameOnBlock, place, message);
            findings.push(finding.with_help("write the number of the port"));
        }
    }
}
