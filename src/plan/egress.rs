//! Egress rules of a client, profile `v2` (`spec/otterize.md` 4.3, 4.6; decisions D2, D3, D8, D9, D17).

use super::DomainPolicyFlavor;
use super::calls::Call;
use super::context::PlanContext;
use super::distinct::distinct;
use super::{dns, domains, internet, selectors, servers};
use crate::config::{Config, Mode, Profile};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::model::identity::Identity;
use crate::model::intent::TargetRef;
use crate::model::place::ResourceId;
use crate::model::policy::{Peer, PolicyPort, PortValue, Rule};
use crate::model::selector::LabelSelector;
use crate::model::service::Service;
use crate::model::workload::Workload;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// The egress rules of every client, DNS last; empty for one whose egress is not restricted.
pub(crate) fn rules<'a>(context: &PlanContext<'a>, findings: &mut Findings) -> BTreeMap<&'a Identity, Vec<Rule>> {
    let mut reported = BTreeSet::new();
    let clients = context.calls.by_client.iter();
    clients.map(|(client, calls)| (*client, client_rules(context, client, calls, &mut reported, findings))).collect()
}

/// `reported` has the Services about which there already is a finding.
fn client_rules(
    context: &PlanContext<'_>,
    client: &Identity,
    calls: &[Call<'_>],
    reported: &mut BTreeSet<ResourceId>,
    findings: &mut Findings,
) -> Vec<Rule> {
    let config = context.config;
    let Some(first) = calls.first() else { return Vec::new() };
    if !is_enforced(config) {
        return Vec::new();
    }
    if !context.is_watched(&client.namespace) {
        let message = format!("no egress policy for {client}, whose namespace is not among watchedNamespaces");
        findings.push(Finding::new(Code::NamespaceNotAllowed, first.place, message));
        return Vec::new();
    }
    let before = findings.0.len();
    let mut rules = workload_rules(context, calls, reported, findings);
    rules.extend(internet::rules(context, client, calls, findings));
    rules.extend(service_rules(context, client, calls, findings));
    let mut rules = distinct(rules);
    let domains = domains::flavor(context).filter(|_| calls.iter().any(names_domain));
    if rules.is_empty() && domains.is_none() {
        // A target with a fault has been reported as such.
        let has_fault = findings.0.iter().skip(before).any(|finding| finding.severity == Severity::Error)
            || calls.iter().any(|call| servers::is_faulty(context, call));
        if !has_fault {
            findings.push(no_rules(client, first));
        }
        return rules;
    }
    report_cut_off(client, calls, findings);
    report_servers_on_host_network(context, client, calls, &rules, findings);
    // GKE's domain policies leave DNS to NetworkPolicies; a Cilium policy brings its own DNS rule.
    let is_alone = rules.is_empty() && domains != Some(DomainPolicyFlavor::Gke);
    if config.enable_egress_autoallow_dns_traffic && !is_alone {
        rules.extend(dns::rule(config));
    }
    distinct(rules)
}

/// Whether egress is restricted to declared calls at all: never in shadow mode, enforced namespaces or not.
fn is_enforced(config: &Config) -> bool {
    config.enable_egress_network_policy_creation && config.mode == Mode::Active && config.profile == Profile::V2
}

/// Rules for the pods of workload targets, then for the Services in front of them.
fn workload_rules(
    context: &PlanContext<'_>,
    calls: &[Call<'_>],
    reported: &mut BTreeSet<ResourceId>,
    findings: &mut Findings,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for call in calls {
        let TargetRef::Workload(target) = call.target else { continue };
        let peers = selectors::workload_peers(context, target, Some(call.place), findings);
        // A rule without peers would let out to everywhere.
        if peers.is_empty() {
            continue;
        }
        rules.push(Rule { peers, ports: Vec::new() });
        if context.config.egress_service_selector_rules {
            rules.extend(service_selector_rules(context, target, call, reported, findings));
        }
    }
    rules
}

/// AWS's VPC CNI evaluates the selector of the Service that is called, not the labels of the pods behind it, so each Service
/// that selects the target gets a rule too. Only where it selects nothing else: the rule must not open more than the target.
fn service_selector_rules(
    context: &PlanContext<'_>,
    target: &Identity,
    call: &Call<'_>,
    reported: &mut BTreeSet<ResourceId>,
    findings: &mut Findings,
) -> Vec<Rule> {
    let meant: Vec<_> = context.workloads_of(target).collect();
    let resources: BTreeSet<_> = meant.iter().map(|labelled| labelled.workload.resource).collect();
    let mut services: Vec<_> = meant.iter().flat_map(|labelled| context.services_selecting(*labelled)).collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services.dedup_by(|a, b| a.name == b.name);
    let mut rules = Vec::new();
    for service in services {
        if let Some(other) = context.other_behind(service, &resources) {
            if reported.insert(service.resource) {
                findings.push(selects_others(service, target, call, other.workload));
            }
        } else if let Some(selector) = service.pod_selector() {
            let pods = LabelSelector::from_labels(selector.clone());
            rules.push(Rule { peers: vec![selectors::peer(context, pods, &target.namespace)], ports: Vec::new() });
        }
    }
    rules
}

fn selects_others(service: &Service, target: &Identity, call: &Call<'_>, other: &Workload) -> Finding {
    let message = format!(
        "no egress rule for the selector of Service {}/{}, because besides {target} it selects {}",
        service.namespace,
        service.name,
        other.object_name()
    );
    Finding::new(Code::TrafficBlocked, call.place, message)
        .with_related(service.place, "the Service")
        .with_help("only AWS's VPC CNI needs the rule; elsewhere set `egressServiceSelectorRules: false`")
}

/// Rules for Service targets: their pods, on the target port and on the Service's own, which some CNIs evaluate.
fn service_rules(
    context: &PlanContext<'_>,
    client: &Identity,
    calls: &[Call<'_>],
    findings: &mut Findings,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for call in calls {
        match call.target {
            TargetRef::Service(_) if call.target.is_api_server() => {
                rules.extend(api_server_rule(context, client, call, findings));
            }
            TargetRef::Service(target) => {
                let service = servers::usable_service(context, target);
                let Some((service, selector)) = service.and_then(|service| Some((service, service.pod_selector()?)))
                else {
                    continue;
                };
                let both = service.ports.iter().flat_map(|port| {
                    [port.target_port.clone(), PortValue::Number(port.port)]
                        .map(|value| PolicyPort::new(port.protocol, value))
                });
                let peer = selectors::peer(context, LabelSelector::from_labels(selector.clone()), &target.namespace);
                rules.push(Rule { peers: vec![peer], ports: distinct(both.collect()) });
            }
            TargetRef::Workload(_) | TargetRef::Internet(_) | TargetRef::OutOfCluster => {}
        }
    }
    rules
}

/// The API server has no pods: its cluster addresses and endpoints, on the endpoint ports (decisions D9, D17).
fn api_server_rule(
    context: &PlanContext<'_>,
    client: &Identity,
    call: &Call<'_>,
    findings: &mut Findings,
) -> Option<Rule> {
    let known = context.api_server();
    // A rule without ports would open them all.
    let lacking = if known.is_none() { "endpoint addresses" } else { "endpoint ports" };
    let Some(api_server) = known.filter(|known| !known.ports.is_empty()) else {
        let message = format!("egress of {client} to the API server needs {lacking}, which are not in the input");
        findings.push(Finding::new(Code::ApiServerUnknown, call.place, message).with_help(
            "set `apiServer: {addresses, ports}`, or add Service and Endpoints default/kubernetes to the input",
        ));
        return None;
    };
    let addresses = api_server.cluster_ips.iter().chain(&api_server.endpoints);
    let peers = addresses.map(|address| Peer::IpBlock { cidr: IpNet::from(*address), except: Vec::new() });
    let ports = api_server.ports.iter().map(|(protocol, port)| PolicyPort::new(*protocol, PortValue::Number(*port)));
    Some(Rule { peers: distinct(peers.collect()), ports: ports.collect() })
}

fn names_domain(call: &Call<'_>) -> bool {
    matches!(call.target, TargetRef::Internet(internet) if !internet.domains.is_empty())
}

/// Decision D3: DNS never stands alone, so such a client keeps all of its egress.
fn no_rules(client: &Identity, first: &Call<'_>) -> Finding {
    let message = format!("no target of {client} gives an egress rule, so its egress is not restricted");
    Finding::new(Code::NoEgressRules, first.place, message)
}

/// Names calls that the client's egress policy cuts off because a NetworkPolicy cannot express them.
fn report_cut_off(client: &Identity, calls: &[Call<'_>], findings: &mut Findings) {
    for call in calls {
        let (what, help) = match call.target {
            TargetRef::OutOfCluster => (
                "this call to something outside the cluster",
                "declare an internet target with its addresses or domain beside it",
            ),
            TargetRef::Workload(_) if call.target.is_api_server() => {
                ("calls to the API server, which has no pods", "write the target with `kind: Service`")
            }
            _ => continue,
        };
        let message = format!("the egress policy of {client} cuts off {what}");
        findings.push(Finding::new(Code::TrafficBlocked, call.place, message).with_help(help));
    }
}

/// Names calls to pods on the host network: they answer from the node's address, so no selector of pods lets out to them.
fn report_servers_on_host_network(
    context: &PlanContext<'_>,
    client: &Identity,
    calls: &[Call<'_>],
    rules: &[Rule],
    findings: &mut Findings,
) {
    let mut senders = context.workloads_of(client).peekable();
    // Policies do not apply to a client on the host network.
    let is_free = senders.peek().is_some() && senders.all(|found| found.workload.host_network);
    if is_free || rules.iter().any(lets_out_to_every_address) {
        return;
    }
    for call in calls {
        let on_host = match call.target {
            TargetRef::Workload(target) => context.workloads_of(target).find(|found| found.workload.host_network),
            TargetRef::Service(target) => servers::usable_service(context, target)
                .and_then(|service| context.behind(service).find(|found| found.workload.host_network)),
            TargetRef::Internet(_) | TargetRef::OutOfCluster => None,
        };
        let Some(server) = on_host.map(|found| found.workload) else { continue };
        let message = format!(
            "the egress policy of {client} cuts off this call: {} uses the host network, so no selector of pods lets out to it",
            server.object_name()
        );
        let finding = Finding::new(Code::TrafficBlocked, call.place, message).with_help(
            "declare an internet target with the nodes' addresses beside it (they are not in the manifests, so this stays a warning), or take the server off the host network",
        );
        findings.push(match server.host_network_place {
            Some(place) => finding.with_related(place, "said here"),
            None => finding,
        });
    }
}

/// Whether a rule lets out to every IPv4 or every IPv6 address, nodes among them.
fn lets_out_to_every_address(rule: &Rule) -> bool {
    let is_everything = |peer: &Peer| matches!(peer, Peer::IpBlock { cidr, .. } if cidr.prefix_len() == 0);
    rule.ports.is_empty() && rule.peers.iter().any(is_everything)
}
