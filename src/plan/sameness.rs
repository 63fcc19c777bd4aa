//! Whether two objects mean the same: order and repetition of rules, peers and ports have no meaning, nor have written-out defaults.

use super::DomainPolicy;
use super::domains;
use crate::model::labels::OUR_PREFIX;
use crate::model::policy::{NetworkPolicy, Peer, PolicySpec, Rule, STAGED_ACTION_SET, StagedPolicy};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::value::Value;
use crate::model::world::OtherObject;
use std::collections::BTreeSet;

/// Whether a policy of the input already is what is wanted. Labels and annotations of others on it do not matter.
pub(crate) fn is_as_wanted(existing: &NetworkPolicy, wanted: &NetworkPolicy) -> bool {
    has_exactly_ours(&existing.labels, &wanted.labels)
        && has_exactly_ours(&existing.annotations, &wanted.annotations)
        && same_spec(&existing.spec, &wanted.spec)
}

/// The same for a preview.
pub(crate) fn is_staged_as_wanted(existing: &StagedPolicy, wanted: &NetworkPolicy) -> bool {
    existing.action == STAGED_ACTION_SET && is_as_wanted(&existing.preview.policy, wanted)
}

/// The same for an object of another kind.
pub(crate) fn is_domain_policy_as_wanted(existing: &OtherObject, wanted: &DomainPolicy) -> bool {
    has_exactly_ours(&existing.labels, &wanted.labels)
        && has_exactly_ours(&existing.annotations, &wanted.annotations)
        && same_value(&existing.spec, &domains::spec(wanted))
}

/// Whether two values are equal; the order of a map's keys has no meaning. `wanted` is the one that bounds the depth.
fn same_value(existing: &Value, wanted: &Value) -> bool {
    match (existing, wanted) {
        (Value::Map(existing), Value::Map(wanted)) => {
            let find = |key: &String| existing.iter().find(|(found, _)| found == key);
            existing.len() == wanted.len()
                && wanted.iter().all(|(key, value)| find(key).is_some_and(|(_, found)| same_value(found, value)))
        }
        (Value::List(existing), Value::List(wanted)) => {
            existing.len() == wanted.len() && existing.iter().zip(wanted).all(|(a, b)| same_value(a, b))
        }
        _ => existing == wanted,
    }
}

/// Whether two specifications admit the same for the same reasons.
pub(crate) fn same_spec(a: &PolicySpec, b: &PolicySpec) -> bool {
    normal_selector(&a.pod_selector) == normal_selector(&b.pod_selector)
        && a.ingress.as_deref().map(normal_rules) == b.ingress.as_deref().map(normal_rules)
        && a.egress.as_deref().map(normal_rules) == b.egress.as_deref().map(normal_rules)
}

/// Whether everything wanted is there, and nothing else of ours.
fn has_exactly_ours(existing: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| existing.get(key) == Some(value))
        && existing.keys().all(|key| !key.starts_with(OUR_PREFIX) || wanted.contains_key(key))
}

fn normal_rules(rules: &[Rule]) -> BTreeSet<Rule> {
    rules
        .iter()
        .map(|rule| {
            let peers: BTreeSet<Peer> = rule.peers.iter().map(normal_peer).collect();
            let mut ports = rule.ports.clone();
            ports.iter_mut().for_each(|port| port.protocol_is_implicit = false);
            ports.sort();
            ports.dedup();
            Rule { peers: peers.into_iter().collect(), ports }
        })
        .collect()
}

fn normal_peer(peer: &Peer) -> Peer {
    match peer {
        Peer::Pods { pod_selector, namespace_selector } => Peer::Pods {
            pod_selector: pod_selector.as_ref().map(normal_selector),
            namespace_selector: namespace_selector.as_ref().map(normal_selector),
        },
        Peer::IpBlock { cidr, except } => {
            let except: BTreeSet<_> = except.iter().copied().collect();
            Peer::IpBlock { cidr: *cidr, except: except.into_iter().collect() }
        }
    }
}

fn normal_selector(selector: &LabelSelector) -> LabelSelector {
    let mut selector = selector.clone();
    for requirement in &mut selector.match_expressions {
        requirement.values.sort();
        requirement.values.dedup();
    }
    selector.match_expressions.sort();
    selector.match_expressions.dedup();
    selector
}

#[cfg(test)]
mod tests {
    use super::same_spec;
    use crate::model::policy::{Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};

    fn spec(rules: Vec<Rule>) -> PolicySpec {
        PolicySpec { egress: Some(rules), ..PolicySpec::default() }
    }

    fn block(cidr: &str) -> Peer {
        Peer::IpBlock { cidr: cidr.parse().unwrap(), except: Vec::new() }
    }

    fn port(number: u16) -> PolicyPort {
        PolicyPort::new(Protocol::Tcp, PortValue::Number(number))
    }

    #[test]
    fn order_repetition_and_written_defaults_have_no_meaning() {
        let implicit = PolicyPort { protocol_is_implicit: true, ..port(80) };
        let one = spec(vec![
            Rule { peers: vec![block("10.0.0.0/8"), block("::1/128")], ports: vec![implicit, port(443)] },
            Rule { peers: Vec::new(), ports: vec![port(53)] },
        ]);
        let other = spec(vec![
            Rule { peers: Vec::new(), ports: vec![port(53), port(53)] },
            Rule { peers: vec![block("::1/128"), block("10.0.0.0/8")], ports: vec![port(443), port(80)] },
        ]);
        assert!(same_spec(&one, &other));
    }

    #[test]
    fn a_missing_direction_is_not_an_empty_one() {
        assert!(!same_spec(&spec(Vec::new()), &PolicySpec::default()));
        assert!(!same_spec(&spec(vec![Rule::default()]), &spec(Vec::new())));
    }

    #[test]
    fn rules_are_not_merged() {
        let peers = vec![block("10.0.0.0/8")];
        let one = spec(vec![
            Rule { peers: peers.clone(), ports: vec![port(80)] },
            Rule { peers: peers.clone(), ports: vec![port(81)] },
        ]);
        assert!(!same_spec(&one, &spec(vec![Rule { peers, ports: vec![port(80), port(81)] }])));
    }
}
