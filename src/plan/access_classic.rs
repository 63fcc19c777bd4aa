//! Access policies of profile `classic`: one per server and client namespace, ingress only (`spec/otterize.md` 4.1, D13, D14).

use super::GeneratedObject;
use super::calls::Call;
use super::context::PlanContext;
use super::distinct::distinct;
use super::servers::{self, Server};
use super::wanted::Wanted;
use super::{dns, keys, naming, selectors};
use crate::config::{PolicyLabelValue, Selectors};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::ResourceId;
use crate::model::policy::{NetworkPolicy, PolicyPort, PolicySpec, Rule};
use crate::model::selector::Labels;
use std::collections::{BTreeMap, BTreeSet};

/// The policies for workloads (`access-to-...`) and for Services (`svc-access-to-...`).
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    servers::check_services(context, findings);
    let mut wanted = Vec::new();
    for server in without_kinds(context, servers::enforced_servers(context, findings), findings) {
        warn_of_isolated_dns(&server, findings);
        wanted.extend(policies(context, &server, findings));
    }
    report_missing_namespaces(context, &wanted, findings);
    wanted
}

/// Classic identities have no kind, so targets that differ only in it are one. A target whose kind would have to be told
/// apart from another workload of that name is an error: its policy would open both.
fn without_kinds<'a>(context: &PlanContext<'_>, servers: Vec<Server<'a>>, findings: &mut Findings) -> Vec<Server<'a>> {
    let mut merged: BTreeMap<(bool, Identity), Server<'a>> = BTreeMap::new();
    for server in servers {
        let is_service = server.is_service();
        let kindless = server.identity.without_kind();
        if !is_service && server.identity.kind.is_some() {
            let same_name = context.workloads_of(&kindless);
            let other = same_name.into_iter().find(|other| other.workload.identity.kind != server.identity.kind);
            if let (Some(other), Some((_, call))) = (other, server.calls.first()) {
                let other = other.workload;
                let message = format!(
                    "a classic policy for {} would also open {}, because classic labels have no kind",
                    server.identity,
                    other.object_name()
                );
                findings.push(
                    Finding::new(Code::IdentityCollision, call.place, message)
                        .with_related(other.place, "the other workload of that name")
                        .with_help("use `profile: v2`, or leave the kind out to mean both"),
                );
            }
        }
        let identity = if is_service { server.identity } else { kindless };
        let entry = merged.entry((is_service, identity.clone()));
        entry.or_insert_with(|| Server { identity, calls: Vec::new() }).calls.extend(server.calls);
    }
    merged.into_values().collect()
}

fn policies(context: &PlanContext<'_>, server: &Server<'_>, findings: &mut Findings) -> Vec<Wanted> {
    let first = server.calls.first().map(|(_, call)| call.place);
    let Some(pod_selector) = selectors::pods_of(context, &server.identity, first, findings) else { return Vec::new() };
    let service = servers::usable_service(context, &server.identity).filter(|_| server.is_service());
    let ports = service.into_iter().flat_map(|service| &service.ports);
    let ports = distinct(ports.map(|port| PolicyPort::new(port.protocol, port.target_port.clone())).collect());
    let (prefix, label) =
        if server.is_service() { ("svc-access-to", keys::SERVICE_POLICY) } else { ("access-to", keys::POLICY) };
    let label_value = match context.config.policy_label_value {
        PolicyLabelValue::True => "true".to_owned(),
        PolicyLabelValue::Identity => server.identity.formatted(),
    };
    let policy = |(namespace, calls): (&str, Vec<(&Identity, &Call)>)| {
        let declared_in: Vec<ResourceId> = calls.iter().map(|(_, call)| call.declared_in).collect();
        let peers = selectors::client_peers(context, namespace, &calls, findings);
        // A rule without peers would admit everybody.
        if peers.is_empty() {
            return None;
        }
        let rule = Rule { peers, ports: ports.clone() };
        let policy = NetworkPolicy {
            namespace: server.identity.namespace.clone(),
            name: naming::object_name(&format!("{prefix}-{}-from-{namespace}", server.identity.name), context.config),
            labels: Labels::from([(label.into(), label_value.clone())]),
            annotations: Labels::new(),
            spec: PolicySpec { pod_selector: pod_selector.clone(), ingress: Some(vec![rule]), egress: None },
        };
        Some(Wanted {
            object: GeneratedObject::NetworkPolicy(policy),
            reason: calls.first().map(|(_, call)| call.place),
            package_of: context.package_of(&server.identity, &declared_in),
        })
    };
    server.calls_by_namespace().into_iter().filter_map(policy).collect()
}

/// Classic has no rule that keeps a cluster's DNS server open for everybody else.
fn warn_of_isolated_dns(server: &Server<'_>, findings: &mut Findings) {
    let Identity { namespace, name, .. } = &server.identity;
    if let (true, Some((_, call))) = (dns::is_server(&server.identity), server.calls.first()) {
        let message = format!("the policy for {namespace}/{name} cuts off DNS of every pod without this intent");
        findings.push(
            Finding::new(Code::TrafficBlocked, call.place, message)
                .with_help("use `profile: v2`, which keeps DNS servers open, or drop the intent"),
        );
    }
}

/// Says which client namespaces are selected by the label that Kubernetes gives them, for want of their manifest (decision D13).
fn report_missing_namespaces(context: &PlanContext<'_>, wanted: &[Wanted], findings: &mut Findings) {
    if wanted.is_empty() || context.config.selectors == Selectors::Native {
        return;
    }
    let mut seen = BTreeSet::new();
    for (client, calls) in &context.calls.by_client {
        let in_cluster = calls.iter().find(|call| call.target.identity().is_some());
        let Some(call) = in_cluster.filter(|_| context.namespace(&client.namespace).is_none()) else { continue };
        if seen.insert(&client.namespace) {
            let message = format!(
                "the manifest of Namespace {} is not in the input, so policies select it by {}",
                client.namespace,
                keys::STANDARD_NAMESPACE_NAME
            );
            findings.push(Finding::new(Code::NamespaceNotFound, call.place, message));
        }
    }
}
