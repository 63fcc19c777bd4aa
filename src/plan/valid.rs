//! Whether the API server would accept a generated object. What the model's types cannot hold (a port above 65535, a protocol that
//! is none, an ipBlock beside a podSelector) is not checked here; what is copied from the input, such as a Service's selector, is.

use super::wanted::Wanted;
use super::{DomainPolicy, GeneratedObject};
use crate::diag::{Code, Finding};
use crate::model::policy::{NetworkPolicy, Peer, PolicyPort, PortValue, Rule};
use crate::model::selector::{LabelSelector, Labels, Operator, is_dns_subdomain, is_label_key, is_label_value};

/// The longest name of a port.
const MAX_PORT_NAME: usize = 15;
/// The longest name of a namespace.
const MAX_NAMESPACE: usize = 63;

/// What the API server would say against an object, if anything.
pub(crate) fn check(wanted: &Wanted) -> Option<Finding> {
    let (namespace, name, _) = wanted.object.key();
    if !is_dns_subdomain(name) {
        let message = format!("{} would have an illegal name", wanted.object.id());
        let finding = Finding::new(Code::InvalidIdentity, wanted.reason, message);
        return Some(finding.with_help("names of policies take lower-case letters, digits, `-` and `.`"));
    }
    let fault = match &wanted.object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => policy_fault(policy),
        GeneratedObject::DomainPolicy(policy) => domain_policy_fault(policy),
    };
    let fault = fault.or_else(|| namespace_fault(namespace))?;
    let message = format!("{} would not be accepted: {fault}", wanted.object.id());
    Some(Finding::new(Code::InvalidField, wanted.reason, message))
}

fn policy_fault(policy: &NetworkPolicy) -> Option<String> {
    let rules = policy.spec.ingress.iter().chain(&policy.spec.egress).flatten();
    labels_fault(&policy.labels)
        .or_else(|| selector_fault(&policy.spec.pod_selector))
        .or_else(|| rules.into_iter().find_map(rule_fault))
}

fn domain_policy_fault(policy: &DomainPolicy) -> Option<String> {
    labels_fault(&policy.labels).or_else(|| selector_fault(&policy.pod_selector))
}

fn namespace_fault(namespace: &str) -> Option<String> {
    let is_label = namespace.len() <= MAX_NAMESPACE && !namespace.contains('.') && is_dns_subdomain(namespace);
    (!is_label).then(|| format!("`{namespace}` is not a legal namespace"))
}

fn rule_fault(rule: &Rule) -> Option<String> {
    rule.ports.iter().find_map(port_fault).or_else(|| rule.peers.iter().find_map(peer_fault))
}

fn port_fault(port: &PolicyPort) -> Option<String> {
    match (&port.port, port.end_port) {
        (Some(PortValue::Number(0)), _) => Some("0 is not a port".into()),
        (Some(PortValue::Name(name)), _) if !is_port_name(name) => Some(format!("`{name}` is not a legal port name")),
        (Some(PortValue::Number(first)), Some(last)) if last < *first => {
            Some(format!("the port range {first} to {last} is empty"))
        }
        (None | Some(PortValue::Name(_)), Some(_)) => Some("a port range needs a number to start at".into()),
        _ => None,
    }
}

/// At most 15 lower-case letters, digits and `-`, with a letter, and `-` only singly and inside.
fn is_port_name(name: &str) -> bool {
    name.len() <= MAX_PORT_NAME
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && name.split('-').all(|part| !part.is_empty())
}

fn peer_fault(peer: &Peer) -> Option<String> {
    match peer {
        Peer::Pods { pod_selector: None, namespace_selector: None } => Some("a peer selects nothing".into()),
        Peer::Pods { pod_selector, namespace_selector } => {
            pod_selector.iter().chain(namespace_selector).find_map(selector_fault)
        }
        Peer::IpBlock { cidr, except } => {
            let outside = except.iter().find(|except| *except == cidr || !cidr.contains(*except));
            outside.map(|except| format!("the exception {except} is not a part of {cidr}"))
        }
    }
}

fn selector_fault(selector: &LabelSelector) -> Option<String> {
    let expressions = selector.match_expressions.iter();
    let expression_fault = expressions.clone().find_map(|expression| {
        let needs_values = matches!(expression.operator, Operator::In | Operator::NotIn);
        let wrong_count = needs_values == expression.values.is_empty();
        let illegal = expression.values.iter().find(|value| !is_label_value(value));
        (!is_label_key(&expression.key) || wrong_count || illegal.is_some())
            .then(|| format!("the requirement on `{}` is not legal", expression.key))
    });
    labels_fault(&selector.match_labels).or(expression_fault)
}

fn labels_fault(labels: &Labels) -> Option<String> {
    labels.iter().find_map(|(key, value)| {
        (!is_label_key(key) || !is_label_value(value)).then(|| format!("`{key}: {value}` is not a legal label"))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::model::policy::{NetworkPolicy, Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};
    use crate::model::selector::{LabelSelector, Operator, Requirement};
    use crate::plan::GeneratedObject;
    use crate::plan::testing::labels;
    use crate::plan::wanted::Wanted;

    fn valid() -> NetworkPolicy {
        let rule = Rule {
            peers: vec![
                Peer::Pods {
                    pod_selector: Some(LabelSelector::from_labels(labels(&[("example.org/a.b_c", "")]))),
                    namespace_selector: None,
                },
                Peer::IpBlock { cidr: "10.0.0.0/8".parse().unwrap(), except: vec!["10.1.0.0/16".parse().unwrap()] },
            ],
            ports: vec![
                port(PortValue::Name("a-1".into()), None),
                port(PortValue::Number(65535), None),
                port(PortValue::Number(80), Some(80)),
                PolicyPort { protocol: Protocol::Sctp, port: None, end_port: None, protocol_is_implicit: false },
            ],
        };
        NetworkPolicy {
            namespace: "a-1".into(),
            name: "a.b-c".into(),
            labels: labels(&[("a", "B_c.d")]),
            annotations: labels(&[]),
            spec: PolicySpec { egress: Some(vec![rule, Rule::default()]), ..PolicySpec::default() },
        }
    }

    fn port(value: PortValue, end_port: Option<u16>) -> PolicyPort {
        PolicyPort { end_port, ..PolicyPort::new(Protocol::Tcp, value) }
    }

    fn message(policy: NetworkPolicy) -> Option<String> {
        let wanted = Wanted { object: GeneratedObject::NetworkPolicy(policy), reason: None, package_of: None };
        check(&wanted).map(|finding| finding.message)
    }

    fn with_rule(rule: Rule) -> NetworkPolicy {
        let mut policy = valid();
        policy.spec.ingress = Some(vec![rule]);
        policy
    }

    fn with_port(value: PortValue, end_port: Option<u16>) -> NetworkPolicy {
        with_rule(Rule { peers: Vec::new(), ports: vec![port(value, end_port)] })
    }

    fn with_peer(peer: Peer) -> NetworkPolicy {
        with_rule(Rule { peers: vec![peer], ports: Vec::new() })
    }

    fn with_labels(key: &str, value: &str) -> NetworkPolicy {
        NetworkPolicy { labels: labels(&[(key, value)]), ..valid() }
    }

    fn with_requirement(key: &str, operator: Operator, values: &[&str]) -> NetworkPolicy {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let mut policy = valid();
        policy.spec.pod_selector.match_expressions = vec![Requirement { key: key.into(), operator, values }];
        policy
    }

    #[test]
    fn what_is_valid_is_accepted() {
        assert_eq!(message(valid()), None);
        assert_eq!(message(with_requirement("a", Operator::Exists, &[])), None);
        assert_eq!(message(with_requirement("a", Operator::In, &["b", ""])), None);
    }

    #[test]
    fn what_the_api_server_rejects_is_rejected() {
        let block = |cidr: &str, except: &str| Peer::IpBlock {
            cidr: cidr.parse().unwrap(),
            except: vec![except.parse().unwrap()],
        };
        let named = |name: &str| with_port(PortValue::Name(name.into()), None);
        let long = "x".repeat(64);
        for policy in [
            NetworkPolicy { name: "A".into(), ..valid() },
            NetworkPolicy { namespace: "a.b".into(), ..valid() },
            NetworkPolicy { namespace: long.clone(), ..valid() },
            with_labels("a", "b c"),
            with_labels("a", &long),
            with_labels("a/b/c", ""),
            with_labels("A/b", ""),
            with_labels(&long, ""),
            with_labels("", ""),
            with_peer(Peer::Pods { pod_selector: None, namespace_selector: None }),
            with_peer(Peer::Pods {
                pod_selector: None,
                namespace_selector: Some(LabelSelector::from_labels(labels(&[("a", "-")]))),
            }),
            with_peer(block("10.0.0.0/8", "11.0.0.0/16")),
            with_peer(block("10.0.0.0/8", "10.0.0.0/8")),
            with_peer(block("10.0.0.0/8", "0.0.0.0/0")),
            with_peer(block("10.0.0.0/8", "::1/128")),
            with_port(PortValue::Number(0), None),
            with_port(PortValue::Number(80), Some(79)),
            with_port(PortValue::Name("http".into()), Some(80)),
            named("a-name-of-16-chr"),
            named("8080"),
            named("-a"),
            named("a-"),
            named("a--b"),
            named("Http"),
            named(""),
            with_requirement("a", Operator::In, &[]),
            with_requirement("a", Operator::Exists, &["b"]),
            with_requirement("a", Operator::NotIn, &["b c"]),
            with_requirement("a b", Operator::Exists, &[]),
        ] {
            assert!(message(policy.clone()).is_some(), "{policy:#?}");
        }
    }
}
