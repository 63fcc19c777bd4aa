//! Whether a connection is allowed, looked up rule by rule for every single question.

use super::bundle::{Bundle, Labels, Peer, Pod, Policy, Port, Selector};
use enforce_intents::model::policy::{Direction, Protocol};
use std::net::IpAddr;

/// One end of a question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    Pod(usize),
    Address(IpAddr),
}

/// Whether both ends let the connection through.
pub(crate) fn is_allowed(bundle: &Bundle, from: Who, to: Who, protocol: Protocol, port: u16) -> bool {
    let question = Question { bundle, to, protocol, port };
    question.one_way(Direction::Egress, from, to) && question.one_way(Direction::Ingress, to, from)
}

struct Question<'a> {
    bundle: &'a Bundle,
    to: Who,
    protocol: Protocol,
    port: u16,
}

impl Question<'_> {
    fn one_way(&self, direction: Direction, own: Who, peer: Who) -> bool {
        let Who::Pod(own) = own else { return true };
        let pod = &self.bundle.pods[own];
        let isolating: Vec<&Policy> = self
            .bundle
            .policies
            .iter()
            .filter(|policy| {
                policy.namespace == pod.namespace
                    && policy.applies(direction)
                    && selects(&policy.pod_selector, &pod.labels)
                    && !pod.host_network
            })
            .collect();
        isolating.is_empty()
            || isolating.iter().any(|policy| {
                policy.rules(direction).iter().any(|rule| {
                    let peers = rule.peers.as_deref().unwrap_or_default();
                    let ports = rule.ports.as_deref().unwrap_or_default();
                    (peers.is_empty() || peers.iter().any(|one| self.is_peer(one, policy, peer)))
                        && (ports.is_empty() || ports.iter().any(|port| self.is_port(port)))
                })
            })
    }

    fn is_peer(&self, peer: &Peer, policy: &Policy, who: Who) -> bool {
        match (peer, who) {
            (Peer::Pods { .. }, Who::Address(_)) => false,
            (Peer::Pods { pods, namespaces }, Who::Pod(pod)) => {
                let pod = &self.bundle.pods[pod];
                let in_namespace = match namespaces {
                    Some(selector) => selects(selector, &self.namespace_labels(&pod.namespace)),
                    None => pod.namespace == policy.namespace,
                };
                in_namespace && pods.as_ref().is_none_or(|selector| selects(selector, &pod.labels)) && !pod.host_network
            }
            (Peer::Block { cidr, except }, Who::Address(address)) => in_block(cidr, except, address),
            (Peer::Block { cidr, except }, Who::Pod(pod)) => {
                let Pod { address, host_network, .. } = &self.bundle.pods[pod];
                let is_everywhere = except.is_empty() && cidr.ends_with("/0");
                (*host_network && is_everywhere)
                    || (self.bundle.match_addresses
                        && address.as_ref().is_some_and(|address| in_block(cidr, except, address.parse().unwrap())))
            }
        }
    }

    fn namespace_labels(&self, namespace: &str) -> Labels {
        let mut labels = self.bundle.namespaces.get(namespace).cloned().unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".into(), namespace.into());
        labels
    }

    fn is_port(&self, port: &Port) -> bool {
        if port.protocol.unwrap_or("TCP") != self.protocol.as_str() {
            return false;
        }
        match &port.port {
            None => true,
            Some(Ok(number)) => (*number..=port.end.unwrap_or(*number)).contains(&self.port),
            Some(Err(name)) => {
                let Who::Pod(to) = self.to else { return false };
                let ports = &self.bundle.pods[to].ports;
                let found = ports.iter().find(|(own, protocol, _)| own == name && protocol == self.protocol.as_str());
                found.is_some_and(|&(_, _, number)| number == self.port)
            }
        }
    }
}

fn selects(selector: &Selector, labels: &Labels) -> bool {
    selector.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.expressions.iter().all(|(key, operator, values)| {
            let value = labels.get(key);
            match *operator {
                "In" => value.is_some_and(|value| values.contains(value)),
                "NotIn" => !value.is_some_and(|value| values.contains(value)),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("{other}"),
            }
        })
}

fn in_block(cidr: &str, except: &[&str], address: IpAddr) -> bool {
    let contains = |network: &str| network.parse::<ipnet::IpNet>().unwrap().contains(&address);
    contains(cidr) && !except.iter().any(|network| contains(network))
}
