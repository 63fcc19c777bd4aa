//! Generated objects as pieces, in the order of keys in which they are written.

use super::piece::{Piece, Token};
use crate::model::place::ObjectName;
use crate::model::policy::{
    NetworkPolicy, Peer, PolicyPort, PolicySpec, PortValue, Rule, STAGED_ACTION_SET, STAGED_API_VERSION, STAGED_KIND,
};
use crate::model::selector::{LabelSelector, Labels, Operator, Requirement};
use crate::plan::{DomainPolicyFlavor, GeneratedObject, domains};
use std::collections::BTreeMap;

/// The whole object; `extra_annotations` say where it belongs under kpt.
pub(crate) fn object<'p>(
    object: &'p GeneratedObject,
    extra_annotations: impl IntoIterator<Item = (&'p str, &'p str)>,
) -> Piece<'p> {
    let (api_version, kind) = api_version_and_kind(object);
    let (namespace, name) = namespace_and_name(object);
    let annotations: BTreeMap<&str, &str> = annotations(object).iter().chain(extra_annotations).collect();
    let mut metadata = vec![entry("name", Piece::text(name))];
    if !namespace.is_empty() {
        metadata.push(entry("namespace", Piece::text(namespace)));
    }
    if !labels(object).is_empty() {
        metadata.push(entry("labels", string_map(labels(object))));
    }
    if !annotations.is_empty() {
        let annotations = annotations.into_iter().map(|(key, value)| (Token::text(key), Piece::text(value)));
        metadata.push(entry("annotations", Piece::Map(annotations.collect())));
    }
    Piece::Map(vec![
        entry("apiVersion", Piece::text(api_version)),
        entry("kind", Piece::text(kind)),
        entry("metadata", Piece::Map(metadata)),
        entry("spec", spec(object)),
    ])
}

/// `apiVersion` and `kind`.
pub(crate) fn api_version_and_kind(object: &GeneratedObject) -> (&'static str, &'static str) {
    match object {
        GeneratedObject::NetworkPolicy(_) => ("networking.k8s.io/v1", "NetworkPolicy"),
        GeneratedObject::StagedPolicy(_) => (STAGED_API_VERSION, STAGED_KIND),
        GeneratedObject::DomainPolicy(policy) => match policy.flavor {
            DomainPolicyFlavor::Cilium => ("cilium.io/v2", "CiliumNetworkPolicy"),
            DomainPolicyFlavor::Gke => ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy"),
        },
    }
}

/// Namespace, name and kind.
pub(crate) fn object_name(object: &GeneratedObject) -> ObjectName {
    let (namespace, name) = namespace_and_name(object);
    let kind = api_version_and_kind(object).1.to_owned();
    ObjectName { namespace: namespace.to_owned(), name: name.to_owned(), kind }
}

fn namespace_and_name(object: &GeneratedObject) -> (&str, &str) {
    match object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => {
            (&policy.namespace, &policy.name)
        }
        GeneratedObject::DomainPolicy(policy) => (&policy.namespace, &policy.name),
    }
}

/// Labels of the object itself.
pub(crate) fn labels(object: &GeneratedObject) -> &Labels {
    match object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => &policy.labels,
        GeneratedObject::DomainPolicy(policy) => &policy.labels,
    }
}

/// Annotations of the object itself.
pub(crate) fn annotations(object: &GeneratedObject) -> &Labels {
    match object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => &policy.annotations,
        GeneratedObject::DomainPolicy(policy) => &policy.annotations,
    }
}

/// `spec`.
pub(crate) fn spec(object: &GeneratedObject) -> Piece<'_> {
    match object {
        GeneratedObject::NetworkPolicy(NetworkPolicy { spec, .. }) => Piece::Map(policy_spec(spec)),
        GeneratedObject::StagedPolicy(NetworkPolicy { spec, .. }) => {
            let mut entries = vec![entry("stagedAction", Piece::text(STAGED_ACTION_SET))];
            entries.extend(policy_spec(spec));
            Piece::Map(entries)
        }
        GeneratedObject::DomainPolicy(policy) => Piece::from(domains::spec(policy)),
    }
}

/// A direction that the policy applies to is listed in `policyTypes`; its key is absent when it has no rules.
fn policy_spec(spec: &PolicySpec) -> Vec<(Token<'_>, Piece<'_>)> {
    let directions = [("Ingress", "ingress", "from", &spec.ingress), ("Egress", "egress", "to", &spec.egress)];
    let types = directions.iter().filter(|(.., rules)| rules.is_some()).map(|(name, ..)| Piece::text(*name));
    let mut entries =
        vec![entry("podSelector", selector(&spec.pod_selector)), entry("policyTypes", Piece::List(types.collect()))];
    for (_, key, peers_key, rules) in directions {
        if let Some(rules) = rules.as_ref().filter(|rules| !rules.is_empty()) {
            entries.push(entry(key, Piece::List(rules.iter().map(|rule| policy_rule(rule, peers_key)).collect())));
        }
    }
    entries
}

fn policy_rule<'p>(rule: &'p Rule, peers_key: &'static str) -> Piece<'p> {
    let mut entries = Vec::new();
    if !rule.peers.is_empty() {
        entries.push(entry(peers_key, Piece::List(rule.peers.iter().map(peer).collect())));
    }
    if !rule.ports.is_empty() {
        entries.push(entry("ports", Piece::List(rule.ports.iter().map(port).collect())));
    }
    Piece::Map(entries)
}

fn peer(peer: &Peer) -> Piece<'_> {
    match peer {
        Peer::Pods { pod_selector, namespace_selector } => {
            let selectors = [("podSelector", pod_selector), ("namespaceSelector", namespace_selector)];
            let entries = selectors.into_iter().filter_map(|(key, value)| Some(entry(key, selector(value.as_ref()?))));
            Piece::Map(entries.collect())
        }
        Peer::IpBlock { cidr, except } => {
            let mut block = vec![entry("cidr", Piece::text(cidr.to_string()))];
            if !except.is_empty() {
                let except = except.iter().map(|network| Piece::text(network.to_string()));
                block.push(entry("except", Piece::List(except.collect())));
            }
            Piece::Map(vec![entry("ipBlock", Piece::Map(block))])
        }
    }
}

fn port(port: &PolicyPort) -> Piece<'_> {
    let mut entries = Vec::new();
    if !port.protocol_is_implicit {
        entries.push(entry("protocol", Piece::text(port.protocol.as_str())));
    }
    match &port.port {
        Some(PortValue::Number(number)) => entries.push(entry("port", Piece::Integer(i64::from(*number)))),
        Some(PortValue::Name(name)) => entries.push(entry("port", Piece::text(name))),
        None => {}
    }
    if let Some(end_port) = port.end_port {
        entries.push(entry("endPort", Piece::Integer(i64::from(end_port))));
    }
    Piece::Map(entries)
}

fn selector(selector: &LabelSelector) -> Piece<'_> {
    let mut entries = Vec::new();
    if !selector.match_labels.is_empty() {
        entries.push(entry("matchLabels", string_map(&selector.match_labels)));
    }
    if !selector.match_expressions.is_empty() {
        let requirements = selector.match_expressions.iter().map(requirement).collect();
        entries.push(entry("matchExpressions", Piece::List(requirements)));
    }
    Piece::Map(entries)
}

fn requirement(requirement: &Requirement) -> Piece<'_> {
    let operator = match requirement.operator {
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
    };
    let mut entries = vec![entry("key", Piece::text(&requirement.key)), entry("operator", Piece::text(operator))];
    if !requirement.values.is_empty() {
        entries.push(entry("values", Piece::List(requirement.values.iter().map(Piece::text).collect())));
    }
    Piece::Map(entries)
}

fn string_map(labels: &Labels) -> Piece<'_> {
    Piece::Map(labels.iter().map(|(key, value)| (Token::text(key), Piece::text(value))).collect())
}

fn entry<'p>(key: &'static str, value: Piece<'p>) -> (Token<'p>, Piece<'p>) {
    (Token::text(key), value)
}

#[cfg(test)]
mod tests {
    use super::object;
    use crate::model::policy::{NetworkPolicy, Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};
    use crate::model::selector::{LabelSelector, Labels, Operator, Requirement};
    use crate::plan::GeneratedObject;
    use crate::write::emit::block_document;

    fn labels(key: &str, value: &str) -> Labels {
        [(key.to_owned(), value.to_owned())].into()
    }

    fn policy(spec: PolicySpec) -> GeneratedObject {
        let (namespace, name) = ("shop".to_owned(), "p".to_owned());
        GeneratedObject::NetworkPolicy(NetworkPolicy {
            namespace,
            name,
            labels: labels("intents.otterize.com/network-policy", "true"),
            annotations: labels("note", "a: b"),
            spec,
        })
    }

    #[test]
    fn every_part_of_a_network_policy() {
        let requirement = |operator, values: &[&str]| Requirement {
            key: "k".into(),
            operator,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let pods = LabelSelector {
            match_labels: labels("app", "yes"),
            match_expressions: vec![
                requirement(Operator::NotIn, &["a", "1"]),
                requirement(Operator::DoesNotExist, &[]),
            ],
        };
        let port = |port, end_port, protocol_is_implicit| PolicyPort {
            protocol: Protocol::Udp,
            port,
            end_port,
            protocol_is_implicit,
        };
        let spec = PolicySpec {
            pod_selector: LabelSelector::default(),
            ingress: Some(vec![Rule {
                peers: vec![
                    Peer::Pods { pod_selector: Some(pods), namespace_selector: Some(LabelSelector::default()) },
                    Peer::IpBlock { cidr: "10.0.0.0/8".parse().unwrap(), except: vec!["10.1.0.0/16".parse().unwrap()] },
                    Peer::IpBlock { cidr: "fd00::/8".parse().unwrap(), except: vec![] },
                ],
                ports: vec![
                    port(Some(PortValue::Name("http".into())), None, false),
                    port(Some(PortValue::Number(80)), Some(90), true),
                    port(None, None, false),
                ],
            }]),
            egress: Some(vec![Rule::default()]),
        };
        let expected = r#"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
  labels:
    intents.otterize.com/network-policy: "true"
  annotations:
    internal.config.kubernetes.io/index: "0"
    note: "a: b"
spec:
  podSelector: {}
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: "yes"
        matchExpressions:
        - key: k
          operator: NotIn
          values:
          - a
          - "1"
        - key: k
          operator: DoesNotExist
      namespaceSelector: {}
    - ipBlock:
        cidr: "10.0.0.0/8"
        except:
        - "10.1.0.0/16"
    - ipBlock:
        cidr: "fd00::/8"
    ports:
    - protocol: UDP
      port: http
    - port: 80
      endPort: 90
    - protocol: UDP
  egress:
  - {}
"#;
        let annotations = [("internal.config.kubernetes.io/index", "0")];
        assert_eq!(block_document(&object(&policy(spec), annotations)), expected);
    }

    #[test]
    fn a_direction_without_rules_is_only_listed() {
        let spec = PolicySpec { ingress: Some(vec![]), ..PolicySpec::default() };
        let text = block_document(&object(&policy(spec), []));
        assert!(text.ends_with("spec:\n  podSelector: {}\n  policyTypes:\n  - Ingress\n"), "{text}");
    }
}
