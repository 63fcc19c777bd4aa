//! Rule family: calls of the API server to webhooks and extension API servers (`spec/otterize.md` 4.12, decisions D5, D10, D17).

use super::GeneratedObject;
use super::automation::{self, Verdict};
use super::context::PlanContext;
use super::isolation::Isolation;
use super::keys;
use super::labelled_workload::LabelledWorkload;
use super::naming;
use super::outside_access::Sources;
use super::pod_ports;
use super::wanted::Wanted;
use crate::config::Automate;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{NetworkPolicy, Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::{Service, ServicePort};
use crate::model::traffic::Webhook;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The longest label value.
const MAX_LABEL_VALUE: usize = 63;

/// One policy in the making: what one configuration asks for at one Service.
struct Draft<'a> {
    config_name: &'a str,
    verdict: Verdict,
    service: &'a Service,
    selector: &'a Labels,
    /// Ports by value: as in the operator, one entry per number or name whatever the protocol.
    ports: BTreeMap<PortValue, PolicyPort>,
    place: Place,
    package_of: ResourceId,
}

/// A policy for each pair of configuration and Service whose pods a generated policy isolates, or for each pair, as the mode says.
pub(crate) fn rules(context: &PlanContext<'_>, isolation: &Isolation<'_, '_>, findings: &mut Findings) -> Vec<Wanted> {
    let mode = automation::effective(context.config.automate_allow_webhook_traffic, context.config.mode);
    if mode == Automate::Off {
        return Vec::new();
    }
    let mut webhooks: Vec<&Webhook> = context.world.webhooks.iter().collect();
    webhooks.sort_by_key(|webhook| {
        (&webhook.config_name, &webhook.object_kind, &webhook.namespace, &webhook.service, webhook.port)
    });
    let mut drafts: BTreeMap<(&str, String), Draft<'_>> = BTreeMap::new();
    for webhook in webhooks {
        let Some(draft) = draft(context, isolation, mode, webhook, findings) else { continue };
        let name = format!("webhook-{}-access-to-{}", webhook.config_name, draft.service.name).to_lowercase();
        match drafts.get_mut(&(draft.service.namespace.as_str(), name.clone())) {
            Some(existing) => {
                for (value, port) in draft.ports {
                    existing.ports.entry(value).or_insert(port);
                }
            }
            None => {
                drafts.insert((&draft.service.namespace, name), draft);
            }
        }
    }
    let Some(peers) = sources(context, drafts.values().next(), findings) else { return Vec::new() };
    let mut services = BTreeSet::new();
    for draft in drafts.values().filter(|draft| services.insert((&draft.service.namespace, &draft.service.name))) {
        let selector = LabelSelector::from_labels(draft.selector.clone());
        let (service, verdict) = (draft.service, draft.verdict);
        findings.0.extend(automation::newly_isolated(
            context,
            isolation,
            service,
            Some(&selector),
            verdict,
            "the traffic of webhooks",
        ));
    }
    drafts.into_iter().map(|((_, name), draft)| policy(context, &name, draft, &peers)).collect()
}

/// What one reference asks for; `None` if nothing is to be opened for it.
fn draft<'a>(
    context: &PlanContext<'a>,
    isolation: &Isolation<'_, '_>,
    mode: Automate,
    webhook: &'a Webhook,
    findings: &mut Findings,
) -> Option<Draft<'a>> {
    let Some(service) = context.service(&webhook.namespace, &webhook.service) else {
        findings.push(missing(webhook));
        return None;
    };
    let all: Vec<_> = context.behind(service).collect();
    let pods: Vec<LabelledWorkload<'_>> =
        all.iter().copied().filter(|labelled| !labelled.workload.host_network).collect();
    let verdict = automation::verdict(context, isolation, mode, &service.namespace, &pods);
    if verdict == Verdict::LeaveAlone || (pods.is_empty() && !all.is_empty()) {
        return None;
    }
    let Some(selector) = service.pod_selector() else {
        findings.0.extend(without_selector(webhook, verdict));
        return None;
    };
    let Some(port) = service.ports.iter().find(|port| port.port == webhook.port) else {
        findings.push(port_missing(webhook, service));
        return None;
    };
    // Every pod port behind the reference must be open already; if there is none, nobody has opened it.
    let numbers = pod_ports::of_service_port(port, &pods).into_iter();
    let admitted: Option<Vec<_>> =
        numbers.map(|number| context.outside_access().to_all(&pods, number, Sources::SomeOutside)).collect();
    if let Some(first) = admitted.as_ref().and_then(|policies| policies.first()) {
        let message = format!(
            "{} already says who outside may reach {}, so nothing is opened there",
            first.policy.object_name(),
            display(webhook)
        );
        findings.push(
            Finding::new(Code::OutsideAccessDecided, webhook.place, message).with_related(first.place, "this policy"),
        );
        return None;
    }
    Some(Draft {
        config_name: &webhook.config_name,
        verdict,
        service,
        selector,
        ports: policy_ports(webhook.port, port),
        place: webhook.place,
        package_of: pods
            .iter()
            .map(|labelled| labelled.workload)
            .min_by_key(|workload| (&workload.name, &workload.kind))
            .map_or(service.resource, |workload| workload.resource),
    })
}

/// The reference's port, and the pods' port behind it: which of them a CNI sees depends on the CNI.
fn policy_ports(number: u16, port: &ServicePort) -> BTreeMap<PortValue, PolicyPort> {
    let referred = PortValue::Number(number);
    let mut ports = BTreeMap::from([(referred.clone(), PolicyPort::new(Protocol::Tcp, referred))]);
    let target = port.target_port.clone();
    ports.entry(target.clone()).or_insert_with(|| PolicyPort::new(port.protocol, target));
    ports
}

fn policy(context: &PlanContext<'_>, name: &str, draft: Draft<'_>, peers: &[Peer]) -> Wanted {
    let rule = Rule { peers: peers.to_vec(), ports: draft.ports.into_values().collect() };
    let policy = NetworkPolicy {
        namespace: draft.service.namespace.clone(),
        name: naming::object_name(name, context.config),
        labels: Labels::from([(keys::POLICY_WEBHOOKS, label_value(draft.config_name))]),
        annotations: Labels::new(),
        spec: PolicySpec {
            pod_selector: LabelSelector::from_labels(draft.selector.clone()),
            ingress: Some(vec![rule]),
            egress: None,
        },
    };
    Wanted {
        object: GeneratedObject::NetworkPolicy(policy),
        reason: Some(draft.place),
        package_of: Some(draft.package_of),
    }
}

/// Who may call: everybody, or with `webhookTrafficLimitToControlPlane` the API server's addresses. `None` if they are not known.
fn sources(context: &PlanContext<'_>, first: Option<&Draft<'_>>, findings: &mut Findings) -> Option<Vec<Peer>> {
    let config = context.config;
    let (true, Some(first)) = (config.webhook_traffic_limit_to_control_plane, first) else { return Some(Vec::new()) };
    let Some(addresses) = context.api_server() else {
        let message = "webhookTrafficLimitToControlPlane needs the API server's addresses, and no endpoint of Service default/kubernetes is known";
        findings.push(
            Finding::new(Code::ApiServerUnknown, first.place, message)
                .with_help("set apiServer, or add the Endpoints of Service default/kubernetes to the input"),
        );
        return None;
    };
    let mut peers: Vec<Peer> = Vec::new();
    for address in addresses.cluster_ips.into_iter().chain(addresses.endpoints) {
        let prefix = match address {
            IpAddr::V4(_) => config.control_plane_ipv4_cidr_prefix_length,
            IpAddr::V6(_) => 128,
        };
        let cidr = IpNet::new(address, prefix).unwrap_or_else(|_| IpNet::from(address)).trunc();
        let peer = Peer::IpBlock { cidr, except: Vec::new() };
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    Some(peers)
}

/// The name as a label value: at most 63 bytes, and the cut leaves no sign at the end that a label may not end with.
fn label_value(name: &str) -> &str {
    let end = (0..=MAX_LABEL_VALUE.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    name.get(..end).unwrap_or_default().trim_end_matches(|last: char| !last.is_ascii_alphanumeric())
}

fn missing(webhook: &Webhook) -> Finding {
    let message = format!("{} is not in the input", display(webhook));
    Finding::new(Code::ServiceNotFound, webhook.place, message)
        .with_help("if it is deployed from elsewhere, nothing needs to be done; else check the name and namespace")
}

fn port_missing(webhook: &Webhook, service: &Service) -> Finding {
    let port = if webhook.object_kind == "APIService" { "port" } else { "webhook port" };
    let message = format!("{port} was not found on service: {} has no port {}", display(webhook), webhook.port);
    let ports: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
    let ports = if ports.is_empty() { "none".to_owned() } else { ports.join(", ") };
    Finding::new(Code::WebhookPortNotFound, webhook.place, message)
        .with_related(service.place, "the Service")
        .with_help(format!("ports of the Service: {ports}; a reference without port means 443"))
}

fn without_selector(webhook: &Webhook, verdict: Verdict) -> Option<Finding> {
    (verdict == Verdict::Blocked).then(|| {
        let message = format!(
            "calls of the API server to {} cannot be allowed: the Service has no selector, and the namespace denies ingress by default",
            display(webhook)
        );
        Finding::new(Code::TrafficBlocked, webhook.place, message)
            .with_help("allow them in a NetworkPolicy of your own if the Service's endpoints are pods")
    })
}

fn display(webhook: &Webhook) -> String {
    format!("Service {}/{} of {} {}", webhook.namespace, webhook.service, webhook.object_kind, webhook.config_name)
}

#[cfg(test)]
mod tests;
