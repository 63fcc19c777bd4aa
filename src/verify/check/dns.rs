//! Pods that may connect to others but ask nobody for an address. A rule opens DNS only if a DNS server can be among its peers: pods
//! of the policy's own namespace hardly ever are.

use super::directory::Directory;
use super::words::policy_name;
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::policy::{Direction, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::verify::reach::{NAMESPACE_NAME_LABEL, Reachability};
use std::collections::BTreeSet;

/// The port of DNS servers in the cluster, and the one to which OpenShift's Service leads.
const PORTS: [u16; 2] = [53, 5353];

/// Where clusters have their DNS servers, unless the configuration says who they are.
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
struct Servers<'r> {
    reach: &'r Reachability<'r>,
    ports: Vec<(Protocol, u16)>,
    /// Servers whose manifests the input need not have.
    expected: Vec<Expected>,
    /// Workloads of the input with such a port.
    own: BTreeSet<usize>,
}

/// Servers of which some labels are known.
struct Expected {
    namespace: Labels,
    /// Whether these are all labels of the namespace.
    is_declared: bool,
    /// Labels of the pods that the configuration gives; without, they are among the usual.
    pods: Option<Labels>,
}

impl<'r> Servers<'r> {
    fn of(reach: &'r Reachability<'r>, config: &Config) -> Self {
        let usual = [Protocol::Udp, Protocol::Tcp].into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port)));
        let ports: Vec<(Protocol, u16)> = config.dns_ports.iter().copied().chain(usual).collect();
        let serves = |member: &usize| {
            let workload = reach.world().workloads.get(*member);
            workload.is_some_and(|own| own.ports().any(|port| ports.contains(&(port.protocol, port.number))))
        };
        let own = reach.workloads().iter().enumerate().filter(|(_, workload)| workload.members.iter().any(serves));
        let own = own.map(|(index, _)| index).collect();
        let configured = config.dns_peers.iter().filter(|peer| peer.cidr.is_none());
        let expected = if config.dns_peers.is_empty() {
            NAMESPACES.iter().map(|name| in_namespace(reach, name)).collect()
        } else {
            let expect = |namespace: &Labels, pods: &Labels| Expected {
                namespace: namespace.clone(),
                is_declared: false,
                pods: Some(pods.clone()),
            };
            configured.map(|peer| expect(&peer.namespace_labels, &peer.pod_labels)).collect()
        };
        Self { reach, ports, expected, own }
    }

    /// Whether a rule of a policy in that namespace opens their port.
    fn are_opened(&self, namespace: &str, rule: &Rule, wanted: Protocol) -> bool {
        let says_port = rule.ports.iter().any(|port| self.is_port(port, wanted));
        let has_all_ports =
            |port: &PolicyPort| port.protocol == wanted && matches!(port.port, None | Some(PortValue::Name(_)));
        let means_port = says_port || rule.ports.is_empty() || rule.ports.iter().any(has_all_ports);
        let means_them = || rule.peers.iter().any(|peer| self.may_be_peer(namespace, peer, says_port));
        means_port && (rule.peers.is_empty() || means_them())
    }

    fn is_port(&self, port: &PolicyPort, wanted: Protocol) -> bool {
        let Some(PortValue::Number(first)) = port.port else { return false };
        let range = first..=port.end_port.unwrap_or(first);
        port.protocol == wanted
            && self.ports.iter().any(|(protocol, number)| *protocol == wanted && range.contains(number))
    }

    /// Whether one of them may be such a peer. A rule that says the port means them, whatever labels it gives them.
    fn may_be_peer(&self, policy_namespace: &str, peer: &Peer, says_port: bool) -> bool {
        let Peer::Pods { pod_selector, namespace_selector } = peer else { return true };
        let is_expected = self.expected.iter().any(|expected| {
            expected.may_be_in(policy_namespace, namespace_selector.as_ref())
                && pod_selector.as_ref().is_none_or(|selector| expected.may_be_pods(selector, says_port))
        });
        let is_own =
            || self.reach.selected_by_peer(policy_namespace, peer).iter().any(|index| self.own.contains(index));
        is_expected || (!self.own.is_empty() && is_own())
    }
}

fn in_namespace(reach: &Reachability<'_>, name: &str) -> Expected {
    let manifest = reach.world().namespace(name);
    let mut namespace = manifest.map(|manifest| manifest.labels.clone()).unwrap_or_default();
    namespace.insert(NAMESPACE_NAME_LABEL, name);
    Expected { namespace, is_declared: manifest.is_some(), pods: None }
}

impl Expected {
    fn may_be_in(&self, policy_namespace: &str, selector: Option<&LabelSelector>) -> bool {
        match selector {
            None => self.namespace.get(NAMESPACE_NAME_LABEL).is_none_or(|name| name == policy_namespace),
            Some(selector) if self.is_declared => selector.matches(&self.namespace),
            Some(selector) => selector.may_match(&self.namespace),
        }
    }

    fn may_be_pods(&self, selector: &LabelSelector, says_port: bool) -> bool {
        let is_usual = |pair: (&str, &str)| SERVER_LABELS.contains(&pair);
        match &self.pods {
            Some(labels) => selector.may_match(labels),
            None => says_port || selector.match_labels.iter().all(is_usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::config::{Config, DnsPeer};
    use crate::diag::Findings;
    use crate::model::selector::Labels;
    use crate::source::{SourceOrigin, SourceText};
    use crate::verify::check::directory::Directory;
    use crate::verify::reach::Reachability;
    use crate::{Settings, Subject};

    fn codes(namespace: &str, rules: &str) -> Vec<&'static str> {
        codes_with(namespace, rules, "", &Config::default())
    }

    fn codes_with(namespace: &str, rules: &str, others: &str, config: &Config) -> Vec<&'static str> {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}, labels: {{app: web}}}}\nspec: {{containers: [{{name: web, image: web}}]}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  podSelector: {{}}\n  policyTypes: [Egress]\n  egress: {rules}\n{others}"
        );
        let source = SourceText { origin: SourceOrigin::Stdin, text: text.into() };
        let bundle = crate::bundle(vec![source], Settings::default(), Subject::AsIs);
        let world = bundle.world.unwrap();
        let reach = Reachability::new(&world, config);
        let mut findings = Findings::default();
        find(&reach, &Directory::new(&reach), config, &mut findings);
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

    #[test]
    fn what_the_input_and_the_configuration_say_of_the_servers_counts() {
        let both = "ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]";
        let by_team = format!("[{{to: [{{namespaceSelector: {{matchLabels: {{team: dns}}}}}}], {both}}}]");
        let own = format!("[{{to: [{{podSelector: {{matchLabels: {{app: mydns}}}}}}], {both}}}]");
        // A namespace with a manifest has no other labels than it says.
        let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, labels: {team: other}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: openshift-dns}\n";
        let server = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: mydns, namespace: shop, labels: {app: mydns}}\nspec: {containers: [{name: dns, image: dns, ports: [{containerPort: 53, protocol: UDP}]}]}\n";
        let peer = |name: &str, app: &str| DnsPeer {
            namespace_labels: Labels::from([("kubernetes.io/metadata.name".to_owned(), name.to_owned())]),
            pod_labels: Labels::from([("app".to_owned(), app.to_owned())]),
            cidr: None,
        };
        let configured = |peer: DnsPeer| Config { dns_peers: vec![peer], ..Config::default() };
        let default = Config::default();
        // The policy selects the server's pod as well, but what that may ask is the same.
        for (rules, others, config, is_open) in [
            (&by_team, "", &default, true),
            (&by_team, namespace, &default, false),
            (&own, "", &default, false),
            (&own, server, &default, true),
            (&own, "", &configured(peer("shop", "mydns")), true),
            (&own, "", &configured(peer("shop", "others")), false),
            (&own, "", &configured(peer("elsewhere", "mydns")), false),
        ] {
            assert_eq!(codes_with("shop", rules, others, config).is_empty(), is_open, "{rules}\n{others}");
        }
    }
}
