//! Access policies of profile `classic`: one per server and client namespace, ingress only (`spec/otterize.md` 4.1, D13, D14).

use super::GeneratedObject;
use super::context::PlanContext;
use super::distinct::distinct;
use super::labelled_workload::LabelledWorkload;
use super::servers::{self, Server};
use super::wanted::Wanted;
use super::{dns, keys, naming, selectors};
use crate::config::{PolicyLabelValue, Selectors};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::ResourceId;
use crate::model::policy::{NetworkPolicy, PolicyPort, PolicySpec, Rule};
use crate::model::selector::Labels;
use crate::threads::{MANY_OBJECTS, in_parts};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The policies for workloads (`access-to-...`) and for Services (`svc-access-to-...`).
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    servers::check_services(context, findings);
    let servers = without_kinds(context, servers::enforced_servers(context, findings), findings);
    let parts = in_parts(&servers, MANY_OBJECTS, context.threads, |_, servers| {
        let (mut wanted, mut findings) = (Vec::with_capacity(servers.len()), Findings::default());
        for server in servers {
            warn_of_isolated_dns(server, &mut findings);
            policies(context, server, &mut wanted, &mut findings);
        }
        (wanted, findings)
    });
    let mut wanted = Vec::with_capacity(parts.iter().map(|(wanted, _)| wanted.len()).sum());
    for (of_part, found) in parts {
        wanted.extend(of_part);
        findings.0.extend(found.0);
    }
    report_missing_namespaces(context, &wanted, findings);
    wanted
}

/// Classic identities have no kind, so targets that differ only in it are one. A target whose kind would have to be told
/// apart from another workload of that name is an error: its policy would open both.
fn without_kinds<'a>(context: &PlanContext<'_>, servers: Vec<Server<'a>>, findings: &mut Findings) -> Vec<Server<'a>> {
    let mut merged = servers;
    for server in merged.iter_mut().filter(|server| !server.is_service() && server.identity.kind.is_some()) {
        let identity = &server.identity;
        let is_other = |found: &LabelledWorkload<'_>| found.workload.identity.kind != identity.kind;
        let other = context.of_name(&identity.namespace, &identity.name).find(is_other);
        if let (Some(other), Some((_, call))) = (other, server.calls.first()) {
            let other = other.workload;
            let message = format!(
                "a classic policy for {identity} would also open {}, because classic labels have no kind",
                other.object_name()
            );
            findings.push(
                Finding::new(Code::IdentityCollision, call.place, message)
                    .with_related(other.place, "the other workload of that name")
                    .with_help("use `profile: v2`, or leave the kind out to mean both"),
            );
        }
        server.identity = Cow::Owned(identity.without_kind());
    }
    merged.sort_by(|a, b| (a.is_service(), &a.identity).cmp(&(b.is_service(), &b.identity)));
    merged.dedup_by(|later, first| {
        let is_same = later.identity == first.identity;
        if is_same {
            first.calls.append(&mut later.calls);
        }
        is_same
    });
    merged
}

fn policies(context: &PlanContext<'_>, server: &Server<'_>, wanted: &mut Vec<Wanted>, findings: &mut Findings) {
    let identity = &*server.identity;
    let first = server.calls.first().map(|(_, call)| call.place);
    let Some(pod_selector) = selectors::pods_of(context, identity, first, findings) else { return };
    let service = server.is_service().then(|| servers::usable_service(context, identity)).flatten();
    let ports = service.into_iter().flat_map(|service| &service.ports);
    let ports = distinct(ports.map(|port| PolicyPort::new(port.protocol, port.target_port.clone())).collect());
    let (prefix, label) =
        if server.is_service() { ("svc-access-to", keys::SERVICE_POLICY) } else { ("access-to", keys::POLICY) };
    let labels = match context.config.policy_label_value {
        PolicyLabelValue::True => Labels::from([(label, "true")]),
        PolicyLabelValue::Identity => Labels::from([(label, identity.formatted())]),
    };
    for (namespace, calls) in servers::by_namespace(&server.sorted_calls()) {
        let peers = selectors::client_peers(context, namespace, calls, findings);
        // A rule without peers would admit everybody.
        if peers.is_empty() {
            continue;
        }
        let policy = NetworkPolicy {
            namespace: identity.namespace.clone(),
            name: naming::object_name(format!("{prefix}-{}-from-{namespace}", identity.name), context.config),
            labels: labels.clone(),
            annotations: Labels::new(),
            spec: PolicySpec {
                pod_selector: pod_selector.clone(),
                ingress: Some(vec![Rule { peers, ports: ports.clone() }]),
                egress: None,
            },
        };
        let declared_in: Vec<ResourceId> = calls.iter().map(|(_, call)| call.declared_in).collect();
        wanted.push(Wanted {
            object: GeneratedObject::NetworkPolicy(policy),
            reason: calls.first().map(|(_, call)| call.place),
            package_of: context.package_of(identity, &declared_in),
        });
    }
}

/// Classic has no rule that keeps a cluster's DNS server open for everybody else.
fn warn_of_isolated_dns(server: &Server<'_>, findings: &mut Findings) {
    let Identity { namespace, name, .. } = &*server.identity;
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
