//! Pods that may connect to others but ask nobody for an address. A rule opens DNS only if a DNS server can be among its peers: pods
//! of the policy's own namespace hardly ever are (`spec/networkpolicy.md`, lint rules).

use super::directory::Directory;
use super::words::policy_name;
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::policy::{Direction, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::verify::reach::Reachability;
use std::collections::BTreeSet;

/// The port of DNS servers in the cluster, and the one to which OpenShift's Service leads.
const PORTS: [u16; 2] = [53, 5353];

/// Where clusters have their DNS servers.
const NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];

/// Labels that DNS servers of clusters are known to have.
const SERVER_LABELS: [(&str, &str); 7] = [
    ("k8s-app", "kube-dns"),
    ("k8s-app", "coredns"),
    ("k8s-app", "node-local-dns"),
    ("app", "coredns"),
    ("app.kubernetes.io/name", "coredns"),
    ("app.kubernetes.io/instance", "coredns"),
    ("dns.operator.openshift.io/daemonset-dns", "default"),
];

/// The label that every namespace has, whatever its manifest says.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Reports each workload that needs names and gets none.
pub(super) fn find(reach: &Reachability<'_>, directory: &Directory<'_, '_>, config: &Config, findings: &mut Findings) {
    let servers = Servers::of(reach, config);
    for (index, workload) in reach.workloads().iter().enumerate() {
        let policies = reach.isolating_policies(index, Direction::Egress);
        let rules: Vec<(&str, &Rule)> = policies
            .iter()
            .filter_map(|&policy| reach.world().policies.get(policy))
            .flat_map(|input| {
                let rules = input.policy.spec.rules(Direction::Egress).unwrap_or_default();
                rules.iter().map(|rule| (input.policy.namespace.as_str(), rule))
            })
            .collect();
        let needs_names = |peer: &Peer| matches!(peer, Peer::Pods { .. });
        if !rules.iter().any(|(_, rule)| rule.peers.is_empty() || rule.peers.iter().any(needs_names)) {
            continue;
        }
        let opens = |wanted| rules.iter().any(|(namespace, rule)| servers.are_opened(namespace, rule, wanted));
        let place = workload.members.first().and_then(|&member| directory.workload(member)).map(|own| own.place);
        if !opens(Protocol::Udp) {
            let first = policies.first().map(|&policy| policy_name(reach, policy)).unwrap_or_default();
            let message = format!("{workload} cannot ask DNS: {first} isolates its egress and no rule opens UDP 53");
            let help = "add an egress rule for UDP 53 and TCP 53 to the DNS servers, which are pods of another namespace; `enableEgressAutoallowDNSTraffic` does so for declared calls";
            findings.push(Finding::new(Code::BlockedDns, place, message).with_help(help));
        } else if !opens(Protocol::Tcp) {
            let message = format!("{workload} can ask DNS over UDP only: no egress rule opens TCP 53");
            findings.push(Finding::new(Code::DnsTcpMissing, place, message));
        }
    }
}

/// What is known of the DNS servers.
struct Servers<'w> {
    /// Their namespaces: those of clusters, and those of workloads with such a port.
    namespaces: BTreeSet<&'w str>,
    ports: Vec<(Protocol, u16)>,
    /// Whether the configuration says who answers, so that any pods may be meant.
    are_configured: bool,
}

impl<'w> Servers<'w> {
    fn of(reach: &Reachability<'w>, config: &Config) -> Self {
        let serves = |number: &u16| PORTS.contains(number);
        let own = reach.world().workloads.iter();
        let own = own.filter(|workload| workload.ports().any(|port| serves(&port.number)));
        let usual = [Protocol::Udp, Protocol::Tcp].into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port)));
        Self {
            namespaces: NAMESPACES.into_iter().chain(own.map(|workload| workload.namespace.as_str())).collect(),
            ports: config.dns_ports.iter().copied().chain(usual).collect(),
            are_configured: !config.dns_peers.is_empty(),
        }
    }

    /// Whether a rule of a policy in that namespace opens their port.
    fn are_opened(&self, namespace: &str, rule: &Rule, wanted: Protocol) -> bool {
        let says_port = rule.ports.iter().any(|port| self.is_port(port, wanted));
        let means_port = says_port
            || rule.ports.is_empty()
            || rule
                .ports
                .iter()
                .any(|port| port.protocol == wanted && matches!(port.port, None | Some(PortValue::Name(_))));
        let are_peers = self.are_configured
            || rule.peers.is_empty()
            || rule.peers.iter().any(|peer| self.may_be_peer(namespace, peer, says_port));
        means_port && are_peers
    }

    fn is_port(&self, port: &PolicyPort, wanted: Protocol) -> bool {
        let Some(PortValue::Number(first)) = port.port else { return false };
        let range = first..=port.end_port.unwrap_or(first);
        port.protocol == wanted
            && self.ports.iter().any(|(protocol, number)| *protocol == wanted && range.contains(number))
    }

    /// Whether one of them may be such a peer. A rule that says the port means them, whatever labels it gives them.
    fn may_be_peer(&self, namespace: &str, peer: &Peer, says_port: bool) -> bool {
        let Peer::Pods { pod_selector, namespace_selector } = peer else { return true };
        let is_there = match namespace_selector {
            None => self.namespaces.contains(namespace),
            Some(selector) => self.namespaces.iter().any(|namespace| may_be_namespace(selector, namespace)),
        };
        is_there && (says_port || pod_selector.as_ref().is_none_or(may_be_server))
    }
}

/// Whether a namespace of that name, whose other labels are not known, may be selected.
fn may_be_namespace(selector: &LabelSelector, name: &str) -> bool {
    let labels = Labels::from([(NAMESPACE_NAME.to_owned(), name.to_owned())]);
    selector.match_labels.get(NAMESPACE_NAME).is_none_or(|wanted| wanted == name)
        && selector
            .match_expressions
            .iter()
            .all(|requirement| requirement.key != NAMESPACE_NAME || requirement.matches(&labels))
}

/// Whether pods with the usual labels may be selected.
fn may_be_server(selector: &LabelSelector) -> bool {
    selector.match_labels.iter().all(|(key, value)| SERVER_LABELS.contains(&(key.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::config::Config;
    use crate::diag::Findings;
    use crate::source::{SourceOrigin, SourceText};
    use crate::verify::check::directory::Directory;
    use crate::verify::reach::Reachability;
    use crate::{Settings, Subject};

    fn codes(namespace: &str, rules: &str) -> Vec<&'static str> {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}, labels: {{app: web}}}}\nspec: {{containers: [{{name: web, image: web}}]}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  podSelector: {{}}\n  policyTypes: [Egress]\n  egress: {rules}\n"
        );
        let source = SourceText { origin: SourceOrigin::Stdin, text };
        let bundle = crate::bundle(vec![source], Settings::default(), Subject::AsIs);
        let world = bundle.world.unwrap();
        let reach = Reachability::new(&world, &Config::default());
        let mut findings = Findings::default();
        find(&reach, &Directory::new(&reach), &Config::default(), &mut findings);
        findings.0.iter().map(|finding| finding.code.name()).collect()
    }

    #[test]
    fn a_rule_opens_dns_only_to_peers_that_may_answer() {
        let api = "{podSelector: {matchLabels: {app: api}}}";
        let system = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}";
        let both = "ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]";
        for (namespace, rules, expected) in [
            ("shop", format!("[{{to: [{api}]}}]"), &["blocked-dns"][..]),
            ("shop", format!("[{{to: [{api}], ports: [{{port: 80}}]}}]"), &["blocked-dns"]),
            // A well-known mistake: pods of the own namespace, although the servers are elsewhere.
            (
                "shop",
                format!("[{{to: [{{podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}], {both}}}]"),
                &["blocked-dns"],
            ),
            (
                "kube-system",
                format!("[{{to: [{{podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}], {both}}}]"),
                &[],
            ),
            ("shop", format!("[{{to: [{{{system}}}], {both}}}]"), &[]),
            ("shop", format!("[{{to: [{{{system}, podSelector: {{matchLabels: {{mine: yes}}}}}}], {both}}}]"), &[]),
            ("shop", format!("[{{to: [{{{system}}}]}}]"), &[]),
            ("shop", format!("[{{to: [{{{system}, podSelector: {{matchLabels: {{app: api}}}}}}]}}]"), &["blocked-dns"]),
            ("shop", format!("[{{to: [{{namespaceSelector: {{}}}}], {both}}}]"), &[]),
            ("shop", format!("[{{to: [{{namespaceSelector: {{matchLabels: {{team: platform}}}}}}], {both}}}]"), &[]),
            (
                "shop",
                format!(
                    "[{{to: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: data}}}}}}], {both}}}]"
                ),
                &["blocked-dns"],
            ),
            (
                "shop",
                format!(
                    "[{{to: [{{namespaceSelector: {{matchExpressions: [{{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, openshift-dns]}}]}}}}], {both}}}]"
                ),
                &["blocked-dns"],
            ),
            ("shop", format!("[{{to: [{api}]}}, {{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], {both}}}]"), &[]),
            ("shop", format!("[{{to: [{api}]}}, {{ports: [{{protocol: UDP, port: 53}}]}}]"), &["dns-tcp-missing"]),
            ("shop", "[{}]".to_owned(), &[]),
            // Who needs addresses alone needs no names.
            ("shop", "[{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 443}]}]".to_owned(), &[]),
        ] {
            assert_eq!(codes(namespace, &rules), expected, "{namespace}: {rules}");
        }
    }
}
