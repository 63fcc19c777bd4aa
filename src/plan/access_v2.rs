//! Access policies of profile `v2`: one per identity, with the ingress of a server and the egress of a client (`spec/otterize.md` 4.3).

use super::GeneratedObject;
use super::calls::Call;
use super::context::PlanContext;
use super::distinct::distinct;
use super::servers::{self, ClientCall, Server};
use super::wanted::Wanted;
use super::{dns, egress, keys, naming, selectors};
use crate::diag::Findings;
use crate::model::identity::Identity;
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{NetworkPolicy, PolicyPort, PolicySpec, Rule};
use crate::model::selector::Labels;
use crate::threads::{MANY_OBJECTS, in_parts};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The rules of one identity.
#[derive(Default)]
struct Access {
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
    reason: Option<Place>,
    declared_in: Vec<ResourceId>,
}

/// One policy per identity that has a rule, or one per direction with `separateNetpolsForIngressAndEgress`.
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    servers::check_services(context, findings);
    let mut identities: BTreeMap<Cow<'_, Identity>, Access> = BTreeMap::new();
    let servers = servers::enforced_servers(context, findings);
    let parts = in_parts(&servers, MANY_OBJECTS, context.threads, |_, servers| -> Vec<_> {
        let of_each = servers.iter().map(|server| {
            let mut findings = Findings::default();
            (ingress_rules(context, server, &mut findings), findings)
        });
        of_each.collect()
    });
    for (server, (ingress, found)) in servers.iter().zip(parts.into_iter().flatten()) {
        findings.0.extend(found.0);
        if !ingress.is_empty() {
            let access = identities.entry(server.identity.clone()).or_default();
            access.ingress = ingress;
            access.note(server.calls.iter().map(|(_, call)| *call));
        }
    }
    for (client, egress) in egress::rules(context, findings) {
        if !egress.is_empty() {
            let access = identities.entry(Cow::Borrowed(client)).or_default();
            access.egress = egress;
            access.note(context.calls.by_client.get(client).into_iter().flatten());
        }
    }
    identities.into_iter().flat_map(|(identity, access)| policies(context, &identity, access, findings)).collect()
}

impl Access {
    fn note<'c>(&mut self, calls: impl IntoIterator<Item = &'c Call<'c>>) {
        for call in calls {
            self.reason.get_or_insert(call.place);
            self.declared_in.push(call.declared_in);
        }
    }
}

/// Everybody who may call, per client namespace; for a Service only on its target ports.
fn ingress_rules(context: &PlanContext<'_>, server: &Server<'_>, findings: &mut Findings) -> Vec<Rule> {
    let ports = if server.is_service() {
        let Some(service) = servers::usable_service(context, &server.identity) else { return Vec::new() };
        let ports = service.ports.iter();
        distinct(ports.map(|port| PolicyPort::new(port.protocol, port.target_port.clone())).collect())
    } else {
        Vec::new()
    };
    let rule = |(namespace, calls): (&str, &[ClientCall<'_>])| {
        let peers = selectors::client_peers(context, namespace, calls, findings);
        // A rule without peers would admit everybody.
        (!peers.is_empty()).then(|| Rule { peers, ports: ports.clone() })
    };
    let mut rules: Vec<Rule> = servers::by_namespace(&server.sorted_calls()).filter_map(rule).collect();
    rules.extend(dns_server_rule(context, &server.identity));
    rules
}

/// A cluster's DNS servers are called by every pod, so isolating them for a declared call keeps DNS open.
fn dns_server_rule(context: &PlanContext<'_>, server: &Identity) -> Option<Rule> {
    if dns::is_server(server) { dns::server_rule(context.config) } else { None }
}

fn policies(context: &PlanContext<'_>, identity: &Identity, access: Access, findings: &mut Findings) -> Vec<Wanted> {
    let Some(pod_selector) = selectors::pods_of(context, identity, access.reason, findings) else { return Vec::new() };
    let some = |rules: Vec<Rule>| Some(rules).filter(|rules| !rules.is_empty());
    let (ingress, egress) = (some(access.ingress), some(access.egress));
    let directions = if context.config.separate_netpols_for_ingress_and_egress {
        vec![("ingress", ingress, None), ("egress", None, egress)]
    } else {
        vec![("access", ingress, egress)]
    };
    let package_of = context.package_of(identity, &access.declared_in);
    directions
        .into_iter()
        .filter(|(_, ingress, egress)| ingress.is_some() || egress.is_some())
        .map(|(end, ingress, egress)| {
            let policy = NetworkPolicy {
                namespace: identity.namespace.clone(),
                name: naming::object_name(format!("{}-{end}", identity.name_with_kind()), context.config),
                labels: Labels::from([(keys::POLICY, identity.formatted_with_kind())]),
                annotations: Labels::new(),
                spec: PolicySpec { pod_selector: pod_selector.clone(), ingress, egress },
            };
            Wanted { object: GeneratedObject::NetworkPolicy(policy), reason: access.reason, package_of }
        })
        .collect()
}
