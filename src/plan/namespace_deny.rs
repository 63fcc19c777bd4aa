//! Rule family: default deny per namespace (`defaultDeny`, `DESIGN.md` 1.4 rule 8).

use super::GeneratedObject;
use super::context::PlanContext;
use super::dns;
use super::keys;
use super::labelled_workload::LabelledWorkload;
use super::naming::{
    self, NAMESPACE_DENY_DNS as DNS, NAMESPACE_DENY_EGRESS as EGRESS, NAMESPACE_DENY_INGRESS as INGRESS,
};
use super::wanted::Wanted;
use crate::config::{Config, DefaultDeny, Mode};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::ResourceId;
use crate::model::policy::{NetworkPolicy, PolicySpec, Rule};
use crate::model::selector::{LabelSelector, Labels};
use std::collections::{BTreeMap, BTreeSet};

/// The namespace that `*` leaves out.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// The name of the policies that deny ingress.
pub(crate) fn ingress_name(config: &Config) -> String {
    naming::object_name(INGRESS, config)
}

/// The policies of every denied namespace: one per direction, and one for DNS where egress is denied.
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    let Some(deny) = &context.config.default_deny else { return Vec::new() };
    let mut by_name: Vec<_> = context.world.workloads.iter().collect();
    by_name.sort_by_key(|workload| (&workload.name, &workload.kind));
    let mut first_workload: BTreeMap<&str, ResourceId> = BTreeMap::new();
    for workload in by_name {
        first_workload.entry(&workload.namespace).or_insert(workload.resource);
    }
    let mut wanted = Vec::new();
    for namespace in namespaces(context, deny, &first_workload, findings) {
        let package_of =
            first_workload.get(namespace).copied().or_else(|| context.namespace(namespace).map(|found| found.resource));
        let mut add = |name: &str, ingress: Option<Vec<Rule>>, egress: Option<Vec<Rule>>| {
            let policy = NetworkPolicy {
                namespace: namespace.to_owned(),
                name: naming::object_name(name, context.config),
                labels: Labels::from([(keys::POLICY_NAMESPACE_DEFAULT_DENY, "true")]),
                annotations: Labels::new(),
                spec: PolicySpec { pod_selector: LabelSelector::default(), ingress, egress },
            };
            wanted.push(Wanted { object: GeneratedObject::NetworkPolicy(policy), reason: None, package_of });
        };
        if deny.ingress {
            add(INGRESS, Some(Vec::new()), None);
            findings.0.extend(cut_off_dns_server(context, namespace));
        }
        if deny.egress {
            add(EGRESS, None, Some(Vec::new()));
            let dns = dns::rule(context.config).filter(|_| context.config.enable_egress_autoallow_dns_traffic);
            if let Some(rule) = dns {
                add(DNS, None, Some(vec![rule]));
            }
        }
    }
    if deny.egress {
        cut_off_calls(context, deny, findings);
    }
    wanted
}

/// The namespaces to deny: those named, or all that have workloads; in shadow mode only the enforced ones of them.
fn namespaces<'a>(
    context: &PlanContext<'a>,
    deny: &'a DefaultDeny,
    with_workloads: &BTreeMap<&'a str, ResourceId>,
    findings: &mut Findings,
) -> BTreeSet<&'a str> {
    let named: BTreeSet<&str> = match &deny.namespaces {
        Some(named) => {
            for namespace in named.iter().filter(|namespace| !context.is_watched(namespace)) {
                let message =
                    format!("namespace {namespace} of defaultDeny is left out: it is not among watchedNamespaces");
                findings.push(Finding::new(Code::NamespaceNotAllowed, None, message));
            }
            named.iter().map(String::as_str).collect()
        }
        None => with_workloads.keys().copied().filter(|namespace| *namespace != SYSTEM_NAMESPACE).collect(),
    };
    named
        .into_iter()
        .filter(|namespace| context.is_watched(namespace) && is_enforced(context.config, namespace))
        .collect()
}

fn is_enforced(config: &Config, namespace: &str) -> bool {
    config.mode == Mode::Active || config.enforced_namespaces.contains(namespace)
}

/// Warns where the cluster's DNS servers are denied and no declared call keeps their port open (`spec/otterize.md` 4.3).
fn cut_off_dns_server(context: &PlanContext<'_>, namespace: &str) -> Option<Finding> {
    let is_server = |labelled: &LabelledWorkload<'_>| dns::is_server(&labelled.workload.identity);
    let labelled = context.selected(namespace, &LabelSelector::default()).into_iter().find(is_server)?;
    let server = labelled.workload;
    let services = context.services_selecting(labelled);
    let is_meant = |target: &Identity| {
        dns::is_server(target)
            && (target.name == server.identity.name || services.iter().any(|service| service.name == target.name))
    };
    let mut calls = context.calls.by_client.values().flatten();
    let is_called = calls.any(|call| call.target.identity().is_some_and(is_meant));
    let message = format!("DNS of the cluster will fail: {INGRESS} denies calls to {}", server.object_name());
    (!is_called && !server.host_network).then(|| {
        Finding::new(Code::TrafficBlocked, server.place, message)
            .with_help("allow its port 53 in a NetworkPolicy of your own, or leave the namespace out of defaultDeny")
    })
}

/// Warns where egress is denied but nothing opens it for the declared calls: without egress policies, every call is cut off.
fn cut_off_calls(context: &PlanContext<'_>, deny: &DefaultDeny, findings: &mut Findings) {
    let config = context.config;
    if config.enable_egress_network_policy_creation && config.mode == Mode::Active {
        return;
    }
    for (client, calls) in &context.calls.by_client {
        let namespace = client.namespace.as_str();
        let is_denied =
            deny.namespaces.as_ref().map_or(namespace != SYSTEM_NAMESPACE, |named| named.contains(namespace))
                && context.is_watched(namespace)
                && is_enforced(config, namespace);
        let (true, Some(call)) = (is_denied, calls.first()) else { continue };
        let message = format!(
            "the calls of {} in namespace {namespace} will fail: {EGRESS} denies its egress, and no egress policies are generated",
            client.name
        );
        let help = match config.mode {
            Mode::Active => "set enableEgressNetworkPolicyCreation (profile v2), or leave Egress out of defaultDeny",
            Mode::Shadow => "shadow mode generates no egress policies: leave Egress out of defaultDeny",
        };
        findings.push(Finding::new(Code::TrafficBlocked, call.place, message).with_help(help));
    }
}

#[cfg(test)]
mod tests;
