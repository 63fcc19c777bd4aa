//! Namespaces that policies do not cover.

use super::Lints;
use crate::diag::{Code, Finding};
use crate::model::place::Place;
use crate::model::policy::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// Notes namespaces with workloads and no policy, and those whose policies leave new pods open.
pub(super) fn check(lints: &mut Lints<'_, '_>) {
    let world = lints.reach.world();
    let with_workloads: BTreeSet<&str> = world.workloads.iter().map(|workload| workload.namespace.as_str()).collect();
    let with_policies: BTreeSet<&str> = world.policies.iter().map(|policy| policy.policy.namespace.as_str()).collect();
    let with_deny: BTreeSet<&str> = world
        .policies
        .iter()
        .filter(|policy| {
            let spec = &policy.policy.spec;
            spec.pod_selector.is_empty() && spec.rules(Direction::Ingress).is_some()
        })
        .map(|policy| policy.policy.namespace.as_str())
        .collect();
    let places: BTreeMap<&str, Place> =
        world.namespaces.iter().rev().map(|namespace| (namespace.name.as_str(), namespace.place)).collect();
    for namespace in with_workloads {
        let (code, message) = if !with_policies.contains(namespace) {
            (Code::NamespaceWithoutPolicy, format!("namespace {namespace} has workloads and no NetworkPolicy"))
        } else if !with_deny.contains(namespace) {
            let message = format!(
                "namespace {namespace} has no policy that isolates the ingress of all its pods, so a new one is open"
            );
            (Code::NoDefaultDeny, message)
        } else {
            continue;
        };
        let place = places.get(namespace).copied();
        let help = "`defaultDeny` writes a policy that denies what nothing allows";
        lints.findings.push(Finding::new(code, place, message).with_help(help));
    }
}
