//! Rule family: egress to domains, in the form that a CNI understands (`domainPolicies`), instead of addresses.
//!
//! Cilium: `toFQDNs` learns addresses from the answers that its DNS proxy sees, so the policy redirects DNS to the proxy; its
//! egress section isolates the pods. GKE: an `FQDNNetworkPolicy` only adds to what NetworkPolicies allow, so the client's own
//! NetworkPolicy isolates and has the DNS rule.

use super::context::PlanContext;
use super::keys;
use super::naming;
use super::selectors;
use super::wanted::Wanted;
use super::{DomainPolicy, DomainPolicyFlavor, DomainRule, GeneratedObject};
use crate::config::{DnsPeer, DomainPolicies, Mode, Profile};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::{InternetTarget, TargetRef};
use crate::model::policy::Protocol;
use crate::model::selector::{LabelSelector, Labels, Operator, Requirement};
use crate::model::value::Value;
use std::collections::BTreeMap;

/// Cilium's label of a pod for its namespace.
const CILIUM_NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
/// Prefix of Cilium's labels of a pod for the labels of its namespace.
const CILIUM_NAMESPACE_LABEL: &str = "k8s:io.cilium.k8s.namespace.labels.";
/// The pods that answer DNS in most clusters, as Cilium's documentation selects them.
const KUBE_DNS: [(&str, &str); 2] = [(CILIUM_NAMESPACE, "kube-system"), ("k8s:k8s-app", "kube-dns")];

/// The kind of domain policy in force, `None` if domains are not written as such: they belong to egress of profile `v2` in
/// active mode.
pub(crate) fn flavor(context: &PlanContext<'_>) -> Option<DomainPolicyFlavor> {
    let config = context.config;
    let is_on =
        config.enable_egress_network_policy_creation && config.profile == Profile::V2 && config.mode == Mode::Active;
    match config.domain_policies {
        DomainPolicies::Cilium if is_on => Some(DomainPolicyFlavor::Cilium),
        DomainPolicies::Gke if is_on => Some(DomainPolicyFlavor::Gke),
        _ => None,
    }
}

/// A domain policy for each client that calls domains.
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    let Some(flavor) = flavor(context) else { return Vec::new() };
    let mut wanted = Vec::new();
    for (client, calls) in &context.calls.by_client {
        if !context.is_watched(&client.namespace) {
            continue;
        }
        let with_domains = calls.iter().filter_map(|call| match call.target {
            TargetRef::Internet(internet) if !internet.domains.is_empty() => Some((call, internet)),
            _ => None,
        });
        let mut first = None;
        let mut by_ports: BTreeMap<Vec<u16>, Vec<String>> = BTreeMap::new();
        for (call, internet) in with_domains {
            first.get_or_insert(call);
            check_domains(internet, findings);
            let mut ports = internet.ports.clone();
            ports.sort_unstable();
            ports.dedup();
            by_ports.entry(ports).or_default().extend(internet.domains.iter().map(|(domain, _)| domain.clone()));
        }
        let Some(first) = first else { continue };
        let Some(pods) = selectors::pods_of(context, client, Some(first.place), findings) else { continue };
        let policy = policy(context, flavor, client, pods, by_ports);
        wanted.push(Wanted {
            object: GeneratedObject::DomainPolicy(policy),
            reason: Some(first.place),
            package_of: Some(first.declared_in),
        });
    }
    wanted
}

fn policy(
    context: &PlanContext<'_>,
    flavor: DomainPolicyFlavor,
    client: &Identity,
    pod_selector: LabelSelector,
    by_ports: BTreeMap<Vec<u16>, Vec<String>>,
) -> DomainPolicy {
    let config = context.config;
    let rules = by_ports
        .into_iter()
        .map(|(ports, mut domains)| {
            domains.sort();
            domains.dedup();
            DomainRule { domains, ports }
        })
        .collect();
    let needs_dns_rule = flavor == DomainPolicyFlavor::Cilium;
    DomainPolicy {
        flavor,
        namespace: client.namespace.clone(),
        name: naming::object_name(format!("{}-domain-access", client.name_with_kind()), config),
        labels: Labels::from([(keys::DOMAIN_POLICY, client.formatted_with_kind())]),
        annotations: Labels::new(),
        pod_selector,
        rules,
        dns_ports: if needs_dns_rule { config.dns_ports.clone() } else { Vec::new() },
        dns_peers: if needs_dns_rule { config.dns_peers.clone() } else { Vec::new() },
    }
}

/// Reports domains that the CNIs' schemas do not take: they want letters, digits, `-`, `_`, `.` and, in patterns, `*`.
fn check_domains(internet: &InternetTarget, findings: &mut Findings) {
    for (domain, place) in &internet.domains {
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '*');
        if !domain.chars().all(is_plain) {
            let message = format!("domain `{domain}` cannot be written in a domain policy");
            findings.push(
                Finding::new(Code::InvalidIntents, *place, message)
                    .with_help("write an internationalised domain in its ASCII form (xn--...)"),
            );
        }
    }
}

/// The `spec` of a domain policy as it is written.
#[must_use]
pub fn spec(policy: &DomainPolicy) -> Value {
    match policy.flavor {
        DomainPolicyFlavor::Cilium => cilium_spec(policy),
        DomainPolicyFlavor::Gke => gke_spec(policy),
    }
}

/// `spec` of a `cilium.io/v2` CiliumNetworkPolicy: the DNS rules, then one rule per set of ports.
fn cilium_spec(policy: &DomainPolicy) -> Value {
    let mut egress: Vec<Value> = cilium_dns_destinations(&policy.dns_peers)
        .into_iter()
        .map(|destination| {
            let everything = Value::map([("matchPattern", Value::string("*"))]);
            let to_ports = Value::map([
                ("ports", cilium_ports(policy.dns_ports.iter().copied())),
                ("rules", Value::map([("dns", Value::List(vec![everything]))])),
            ]);
            Value::map([destination, ("toPorts", Value::List(vec![to_ports]))])
        })
        .collect();
    for rule in &policy.rules {
        let fqdns = rule.domains.iter().map(|domain| domain_match(domain, "matchName", "matchPattern")).collect();
        let mut entries = vec![("toFQDNs", Value::List(fqdns))];
        if !rule.ports.is_empty() {
            let ports = cilium_ports(rule.ports.iter().map(|port| (Protocol::Tcp, *port)));
            entries.push(("toPorts", Value::List(vec![Value::map([("ports", ports)])])));
        }
        egress.push(Value::map(entries));
    }
    Value::map([("endpointSelector", selector(&policy.pod_selector)), ("egress", Value::List(egress))])
}

/// Where DNS queries go: endpoints and addresses cannot stand in one rule.
fn cilium_dns_destinations(peers: &[DnsPeer]) -> Vec<(&'static str, Value)> {
    if peers.is_empty() {
        let labels = KUBE_DNS.map(|(key, value)| (key.to_owned(), value.to_owned()));
        return vec![("toEndpoints", Value::List(vec![selector(&LabelSelector::from_labels(labels.into()))]))];
    }
    let blocks: Vec<Value> =
        peers.iter().filter_map(|peer| peer.cidr.map(|cidr| Value::string(cidr.to_string()))).collect();
    let endpoints: Vec<Value> =
        peers.iter().filter(|peer| peer.cidr.is_none()).map(|peer| selector(&cilium_endpoint(peer))).collect();
    [("toEndpoints", endpoints), ("toCIDR", blocks)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(key, list)| (key, Value::List(list)))
        .collect()
}

/// A peer as Cilium selects endpoints: namespaces by labels that Cilium gives the pods.
fn cilium_endpoint(peer: &DnsPeer) -> LabelSelector {
    let namespace = peer.namespace_labels.iter().map(|(key, value)| {
        let key = match key {
            keys::STANDARD_NAMESPACE_NAME => CILIUM_NAMESPACE.to_owned(),
            _ => format!("{CILIUM_NAMESPACE_LABEL}{key}"),
        };
        (key, value)
    });
    let pods = peer.pod_labels.iter().map(|(key, value)| (format!("k8s:{key}"), value));
    let mut selector = LabelSelector::from_labels(namespace.chain(pods).collect());
    if peer.namespace_labels.is_empty() {
        // Without any word on the namespace, Cilium would take the policy's own.
        let every = Requirement { key: CILIUM_NAMESPACE.into(), operator: Operator::Exists, values: Vec::new() };
        selector.match_expressions.push(every);
    }
    selector
}

fn cilium_ports(ports: impl Iterator<Item = (Protocol, u16)>) -> Value {
    let port = |(protocol, port): (Protocol, u16)| {
        Value::map([("port", Value::string(port.to_string())), ("protocol", Value::string(protocol.as_str()))])
    };
    Value::List(ports.map(port).collect())
}

/// `spec` of a `networking.gke.io/v1alpha1` FQDNNetworkPolicy.
fn gke_spec(policy: &DomainPolicy) -> Value {
    let rule = |rule: &DomainRule| {
        let matches = rule.domains.iter().map(|domain| domain_match(domain, "name", "pattern")).collect();
        let mut entries = vec![("matches", Value::List(matches))];
        if !rule.ports.is_empty() {
            let port = |port: &u16| {
                Value::map([("protocol", Value::string("TCP")), ("port", Value::Integer(i64::from(*port)))])
            };
            entries.push(("ports", Value::List(rule.ports.iter().map(port).collect())));
        }
        Value::map(entries)
    };
    let egress = policy.rules.iter().map(rule).collect();
    Value::map([("podSelector", selector(&policy.pod_selector)), ("egress", Value::List(egress))])
}

/// A domain under the key for exact names, or the one for patterns.
fn domain_match(domain: &str, exact: &str, pattern: &str) -> Value {
    let key = if domain.contains('*') { pattern } else { exact };
    Value::map([(key, Value::string(domain))])
}

/// A label selector.
fn selector(selector: &LabelSelector) -> Value {
    let mut entries = Vec::new();
    if !selector.match_labels.is_empty() {
        let labels = selector.match_labels.iter().map(|(key, value)| (key, Value::string(value)));
        entries.push(("matchLabels", Value::map(labels)));
    }
    if !selector.match_expressions.is_empty() {
        let expressions = selector.match_expressions.iter().map(expression).collect();
        entries.push(("matchExpressions", Value::List(expressions)));
    }
    Value::map(entries)
}

fn expression(requirement: &Requirement) -> Value {
    let operator = Value::string(requirement.operator.as_str());
    let mut entries = vec![("key", Value::string(&requirement.key)), ("operator", operator)];
    if !requirement.values.is_empty() {
        entries.push(("values", Value::List(requirement.values.iter().map(Value::string).collect())));
    }
    Value::map(entries)
}

#[cfg(test)]
mod tests;
