//! Plans and findings as text, for the tests of the rule families.

use crate::diag::Findings;
use crate::model::policy::{NetworkPolicy, Peer, PolicyPort, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::plan::{GeneratedObject, Plan};
use std::fmt::Write;

pub(crate) fn network_policy(object: &GeneratedObject) -> &NetworkPolicy {
    match object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => policy,
        GeneratedObject::DomainPolicy(policy) => panic!("{policy:?}"),
    }
}

/// `severity code: message`, one per line.
pub(crate) fn described_findings(findings: &Findings) -> String {
    findings
        .0
        .iter()
        .map(|finding| format!("{} {}: {}\n", finding.severity.as_str(), finding.code.name(), finding.message))
        .collect()
}

pub(crate) fn described_policies(plan: &Plan) -> String {
    plan.generated.iter().map(|object| described_policy(network_policy(object))).collect()
}

pub(crate) fn described_policy(policy: &NetworkPolicy) -> String {
    let mut text = format!("policy {}/{} {}", policy.namespace, policy.name, described_labels(&policy.labels));
    if !policy.annotations.is_empty() {
        write!(text, " annotations {}", described_labels(&policy.annotations)).unwrap();
    }
    writeln!(text, "\n  pods {}", described_selector(&policy.spec.pod_selector)).unwrap();
    for (name, rules) in [("ingress", &policy.spec.ingress), ("egress", &policy.spec.egress)] {
        let Some(rules) = rules else { continue };
        if rules.is_empty() {
            writeln!(text, "  {name} none").unwrap();
        }
        for rule in rules {
            writeln!(text, "  {name} {}", described_rule(rule)).unwrap();
        }
    }
    text
}

fn described_rule(rule: &Rule) -> String {
    let peers: Vec<String> = rule.peers.iter().map(described_peer).collect();
    let ports: Vec<String> = rule.ports.iter().map(described_port).collect();
    let peers = if peers.is_empty() { "anyone".to_owned() } else { peers.join(" | ") };
    let ports = if ports.is_empty() { String::new() } else { format!(" on {}", ports.join(" ")) };
    format!("{peers}{ports}")
}

fn described_peer(peer: &Peer) -> String {
    match peer {
        Peer::Pods { pod_selector, namespace_selector } => {
            let pods = pod_selector.as_ref().map_or("all".to_owned(), described_selector);
            let namespace = namespace_selector.as_ref().map_or("own".to_owned(), described_selector);
            format!("{pods} in {namespace}")
        }
        Peer::IpBlock { cidr, except } => {
            let except: Vec<String> = except.iter().map(ToString::to_string).collect();
            if except.is_empty() { cidr.to_string() } else { format!("{cidr} except {}", except.join(",")) }
        }
    }
}

fn described_port(port: &PolicyPort) -> String {
    let protocol = if port.protocol_is_implicit { "" } else { port.protocol.as_str() };
    port.port.as_ref().map_or(protocol.to_owned(), |value| format!("{protocol}/{value}"))
}

fn described_selector(selector: &LabelSelector) -> String {
    if selector.match_expressions.is_empty() {
        return described_labels(&selector.match_labels);
    }
    format!("{{{}}}", short(&selector.to_string()))
}

fn described_labels(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    format!("{{{}}}", pairs.join(" "))
}

/// Our prefix is written `~`, the standard namespace label `name`.
pub(super) fn short(key: &str) -> String {
    key.replace("intents.otterize.com/", "~").replace("kubernetes.io/metadata.name", "name")
}

/// `namespace/name pods{...} in[peers : ports; ...] out[...]`, without identities' hashes.
pub(crate) fn one_line(object: &GeneratedObject) -> String {
    match object {
        GeneratedObject::DomainPolicy(policy) => format!("{}/{} {:?}", policy.namespace, policy.name, policy.flavor),
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => {
            let mut line =
                format!("{}/{} pods{}", policy.namespace, policy.name, line_of_selector(&policy.spec.pod_selector));
            for (direction, rules) in [("in", &policy.spec.ingress), ("out", &policy.spec.egress)] {
                if let Some(rules) = rules {
                    let rules: Vec<String> = rules.iter().map(line_of_rule).collect();
                    line.push_str(&format!(" {direction}[{}]", rules.join("; ")));
                }
            }
            line
        }
    }
}

fn line_of_rule(rule: &Rule) -> String {
    let peers: Vec<String> = rule.peers.iter().map(line_of_peer).collect();
    let ports: Vec<String> = rule.ports.iter().map(line_of_port).collect();
    let or_any = |list: Vec<String>| if list.is_empty() { "any".to_owned() } else { list.join(",") };
    format!("{} : {}", or_any(peers), or_any(ports))
}

fn line_of_peer(peer: &Peer) -> String {
    match peer {
        Peer::IpBlock { cidr, .. } => cidr.to_string(),
        Peer::Pods { pod_selector, namespace_selector } => {
            let part = |part: &Option<LabelSelector>| part.as_ref().map_or("-".to_owned(), line_of_selector);
            format!("{}@{}", part(pod_selector), part(namespace_selector))
        }
    }
}

fn line_of_port(port: &PolicyPort) -> String {
    let number = port.port.as_ref().map_or("*".to_owned(), ToString::to_string);
    format!("{}/{number}", port.protocol.as_str())
}

fn line_of_selector(selector: &LabelSelector) -> String {
    let short = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let pairs: Vec<String> =
        selector.match_labels.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    format!("{{{}}}", pairs.join(","))
}
