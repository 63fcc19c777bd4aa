//! What NetworkPolicies admit, by the letter of the API and one pair at a time. Written for these tests alone.

use enforce_intents::model::policy::{NetworkPolicy, Peer, PolicyPort, PortValue, Protocol, Rule};
use enforce_intents::model::selector::{LabelSelector, Labels, Operator};
use enforce_intents::model::workload::Workload;
use enforce_intents::model::world::World;
use enforce_intents::plan::{GeneratedObject, Plan};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    Pod(&'a Pod),
    Outside(IpAddr),
}

/// A pod of a workload with the labels that it will have.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) workload: Workload,
    pub(crate) labels: Labels,
}

/// Protocol and number.
pub(crate) type Port = (Protocol, u16);

/// A cluster after the plan.
pub(crate) struct After {
    pub(crate) pods: Vec<Pod>,
    pub(crate) policies: Vec<NetworkPolicy>,
    namespaces: BTreeMap<String, Labels>,
}

impl After {
    pub(crate) fn of(world: &World, plan: &Plan) -> Self {
        let changed = |resource, labels: &Labels| {
            let mut labels = labels.clone();
            for change in plan.map_changes.iter().filter(|change| change.resource == resource) {
                labels.retain(|key, _| !change.remove.contains(key));
                labels.extend(&change.set);
            }
            labels
        };
        let pods = world.workloads.iter().map(|workload| Pod {
            workload: workload.clone(),
            labels: changed(workload.resource, &workload.template_labels),
        });
        let mut namespaces: BTreeMap<String, Labels> =
            world.workloads.iter().map(|workload| (workload.namespace.clone(), Labels::new())).collect();
        for namespace in &world.namespaces {
            namespaces.insert(namespace.name.clone(), changed(namespace.resource, &namespace.labels));
        }
        for (name, labels) in &mut namespaces {
            labels.insert("kubernetes.io/metadata.name", name);
        }
        let policies = plan.generated.iter().filter_map(|object| match &**object {
            GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => Some(policy.clone()),
            GeneratedObject::DomainPolicy(_) => None,
        });
        Self { pods: pods.collect(), policies: policies.collect(), namespaces }
    }

    pub(crate) fn selects(&self, policy: &NetworkPolicy, pod: &Pod) -> bool {
        policy.namespace == pod.workload.namespace && matches(&policy.spec.pod_selector, &pod.labels)
    }

    /// Whether some rule admits the other end on a port of `server`, which names are looked up on.
    pub(crate) fn admits(
        &self,
        policy: &NetworkPolicy,
        rules: &[Rule],
        other: End<'_>,
        server: End<'_>,
        port: Port,
    ) -> bool {
        rules.iter().any(|rule| {
            (rule.peers.is_empty() || rule.peers.iter().any(|peer| self.peer_matches(policy, peer, other)))
                && (rule.ports.is_empty() || rule.ports.iter().any(|wanted| port_matches(wanted, server, port)))
        })
    }

    fn peer_matches(&self, policy: &NetworkPolicy, peer: &Peer, other: End<'_>) -> bool {
        match (peer, other) {
            (Peer::IpBlock { cidr, except }, End::Outside(address)) => {
                cidr.contains(&address) && !except.iter().any(|except| except.contains(&address))
            }
            (Peer::Pods { pod_selector, namespace_selector }, End::Pod(pod)) => {
                let namespace = &pod.workload.namespace;
                pod_selector.as_ref().is_none_or(|selector| matches(selector, &pod.labels))
                    && match namespace_selector {
                        Some(selector) => matches(selector, &self.namespaces[namespace]),
                        None => *namespace == policy.namespace,
                    }
            }
            _ => false,
        }
    }

    /// Whether ingress of a pod from the other end is allowed by all policies together.
    pub(crate) fn may_enter(&self, other: End<'_>, pod: &Pod, port: Port) -> bool {
        let isolating = self.policies.iter().filter(|policy| self.selects(policy, pod));
        let mut isolating = isolating.filter_map(|policy| Some((policy, policy.spec.ingress.as_ref()?))).peekable();
        isolating.peek().is_none()
            || isolating.any(|(policy, rules)| self.admits(policy, rules, other, End::Pod(pod), port))
    }

    /// Whether egress of a pod to the other end is allowed by all policies together.
    pub(crate) fn may_leave(&self, pod: &Pod, other: End<'_>, port: Port) -> bool {
        let isolating = self.policies.iter().filter(|policy| self.selects(policy, pod));
        let mut isolating = isolating.filter_map(|policy| Some((policy, policy.spec.egress.as_ref()?))).peekable();
        isolating.peek().is_none() || isolating.any(|(policy, rules)| self.admits(policy, rules, other, other, port))
    }
}

fn port_matches(wanted: &PolicyPort, server: End<'_>, port: Port) -> bool {
    wanted.protocol == port.0
        && match (&wanted.port, wanted.end_port) {
            (None, _) => true,
            (Some(PortValue::Number(first)), Some(last)) => (*first..=last).contains(&port.1),
            (Some(PortValue::Number(number)), None) => *number == port.1,
            (Some(PortValue::Name(name)), _) => match server {
                End::Pod(pod) => number_of(&pod.workload, name, port.0) == Some(port.1),
                End::Outside(_) => false,
            },
        }
}

/// The number that a container of the workload gives a port name.
pub(crate) fn number_of(workload: &Workload, name: &str, protocol: Protocol) -> Option<u16> {
    let mut ports = workload.containers.iter().flat_map(|container| &container.ports);
    ports.find(|port| port.name.as_deref() == Some(name) && port.protocol == protocol).map(|port| port.number)
}

fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let is_listed = |value: &str| requirement.values.iter().any(|listed| listed == value);
            match requirement.operator {
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::In => value.is_some_and(is_listed),
                Operator::NotIn => !value.is_some_and(is_listed),
            }
        })
}
