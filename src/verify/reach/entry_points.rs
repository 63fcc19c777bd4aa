//! What comes in through Ingresses and Routes: from whatever controller serves them to the pods behind their Services.

use super::Reachability;
use super::decisions::{Decision, Stranger};
use super::pods::NAMESPACE_NAME_LABEL;
use crate::config::KnownWorkload;
use crate::model::policy::{Direction, PortValue, Protocol};
use crate::model::selector::Labels;
use crate::model::service::{Service, ServicePort};
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::verify::connections::ConnectionSet;
use std::collections::{BTreeMap, BTreeSet};

/// A workload behind Ingresses or Routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// Index of the workload.
    pub workload: usize,
    /// Index in `World::exposures` and name of the Service of each reference, and the ports that it leads to.
    pub ways: Vec<(usize, String, ConnectionSet)>,
    /// What the policies on the workload let through from the controller.
    pub let_through: ConnectionSet,
}

impl EntryPoint {
    /// The ports that the references lead to.
    #[must_use]
    pub fn wanted(&self) -> ConnectionSet {
        self.ways.iter().fold(ConnectionSet::none(), |set, (.., ports)| set.union(ports))
    }

    /// The ports that the references lead to and the policies let through.
    #[must_use]
    pub fn allowed(&self) -> ConnectionSet {
        self.wanted().intersection(&self.let_through)
    }
}

impl Reachability<'_> {
    /// The workloads behind Ingresses and Routes, by their index.
    ///
    /// A reference leads to a workload if the Service, in the namespace of the referring object, selects it and the port of the
    /// pods is one of the TCP ports that its containers declare.
    #[must_use]
    pub fn entry_points(&self) -> Vec<EntryPoint> {
        let mut found: BTreeMap<usize, Vec<(usize, String, ConnectionSet)>> = BTreeMap::new();
        let services: BTreeMap<(&str, &str), &Service> = self
            .world
            .services
            .iter()
            .map(|service| ((service.namespace.as_str(), service.name.as_str()), service))
            .collect();
        let mut by_label: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
        for (member, workload) in self.world.workloads.iter().enumerate() {
            for (key, value) in &workload.template_labels {
                by_label.entry((&workload.namespace, key, value)).or_default().push(member);
            }
        }
        for (index, exposure) in self.world.exposures.iter().enumerate() {
            if !matches!(exposure.kind, ExposureKind::Ingress | ExposureKind::OpenShiftRoute) {
                continue;
            }
            for backend in &exposure.backends {
                let key = (exposure.namespace.as_str(), backend.service.as_str());
                let Some(&service) = services.get(&key) else { continue };
                let ports = target_ports(exposure, backend, service);
                let lists = service.selector.iter().flatten().map(|(key, value)| {
                    by_label.get(&(service.namespace.as_str(), key, value)).map(Vec::as_slice).unwrap_or_default()
                });
                let candidates = lists.min_by_key(|list| list.len()).unwrap_or_default();
                for (workload, set) in self.behind(service, &ports, candidates) {
                    found.entry(workload).or_default().push((index, service.name.clone(), set));
                }
            }
        }
        let controllers = self.controllers();
        found
            .into_iter()
            .map(|(workload, ways)| EntryPoint {
                workload,
                ways,
                let_through: self.let_through_from(workload, &controllers),
            })
            .collect()
    }

    /// The workloads that a Service selects with those of the ports that their containers declare for TCP.
    fn behind(&self, service: &Service, ports: &[&ServicePort], members: &[usize]) -> BTreeMap<usize, ConnectionSet> {
        let mut found: BTreeMap<usize, ConnectionSet> = BTreeMap::new();
        for &member in members {
            let Some(workload) = self.world.workloads.get(member) else { continue };
            let is_selected = service.selects(&workload.template_labels);
            let Some(index) = self.workload_of(member).filter(|_| is_selected) else { continue };
            let declared: BTreeSet<u16> =
                workload.ports().filter(|port| port.protocol == Protocol::Tcp).map(|port| port.number).collect();
            let set = ports
                .iter()
                .filter_map(|port| workload.resolve_port(&port.target_port, Protocol::Tcp))
                .filter(|number| declared.contains(number))
                .fold(ConnectionSet::none(), |set, number| set.union(&ConnectionSet::port(Protocol::Tcp, number)));
            let entry = found.entry(index).or_default();
            *entry = entry.union(&set);
        }
        found
    }

    /// What the ingress policies on a workload let through from pods that the input need not have: from any of them.
    #[must_use]
    pub fn let_through_from(&self, workload: usize, strangers: &[Stranger]) -> ConnectionSet {
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        classes.iter().fold(ConnectionSet::none(), |set, &class| {
            strangers.iter().fold(set, |set, stranger| set.union(&self.let_through_from_stranger(stranger, class)))
        })
    }

    /// What the ingress policies on a workload let through from somewhere outside the cluster.
    #[must_use]
    pub fn let_through_from_outside(&self, workload: usize) -> ConnectionSet {
        let classes = self.workload(workload).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut set = ConnectionSet::none();
        for &number in classes {
            let mut policies = self.policies_on(number, Direction::Ingress).peekable();
            let Some(class) = self.classes.get(number as usize) else { continue };
            if policies.peek().is_none() {
                return ConnectionSet::all();
            }
            let rules = policies.flat_map(|policy| self.rules(policy, Direction::Ingress));
            let from_outside = rules.filter(|rule| rule.peers.anyone || !rule.peers.addresses.is_empty());
            set = from_outside.fold(set, |set, rule| set.union(&rule.ports.on(class)));
        }
        set
    }

    /// The ingress controllers as pods: those of the configuration, else one of which nothing is known.
    #[must_use]
    pub fn controllers(&self) -> Vec<Stranger> {
        if self.ingress_controllers.is_empty() {
            vec![self.unknown_pod()]
        } else {
            self.strangers(&self.ingress_controllers)
        }
    }

    /// A pod without labels in a namespace of unknown name.
    #[must_use]
    pub fn unknown_pod(&self) -> Stranger {
        self.stranger("", Labels::new())
    }

    /// Workloads that the configuration names, with the labels that the input or the configuration gives them.
    #[must_use]
    pub fn strangers(&self, known: &[KnownWorkload]) -> Vec<Stranger> {
        let labels_of = |known: &KnownWorkload| {
            let mut workloads = self.world.workloads.iter();
            let found = workloads.find(|workload| {
                workload.name == known.name && workload.namespace == known.namespace && workload.kind == known.kind
            });
            found.map_or_else(|| known.pod_labels.clone(), |workload| workload.template_labels.clone())
        };
        known.iter().map(|known| self.stranger(&known.namespace, labels_of(known))).collect()
    }

    fn stranger(&self, namespace: &str, pod_labels: Labels) -> Stranger {
        let known = self.namespaces.iter().find(|known| known.name == namespace);
        let implicit = || Labels::from([(NAMESPACE_NAME_LABEL.to_owned(), namespace.to_owned())]);
        Stranger {
            namespace: namespace.to_owned(),
            namespace_labels: known.map_or_else(implicit, |known| known.labels.clone()),
            pod_labels,
        }
    }

    /// What the ingress policies on a class let through from a pod that is not in the input.
    fn let_through_from_stranger(&self, stranger: &Stranger, class: u32) -> ConnectionSet {
        let party = super::decisions::Party::Stranger(stranger);
        let segments = self.decide_one_way(Direction::Ingress, class, party, &ConnectionSet::all());
        segments
            .into_iter()
            .filter(|(_, decision)| !matches!(decision, Decision::Denied { .. }))
            .fold(ConnectionSet::none(), |set, (connections, _)| set.union(&connections))
    }
}

/// The ports of a Service that a reference means: all if it names none.
///
/// An Ingress names a port of the Service by number or name. A Route names a port of the Service or of the pods.
fn target_ports<'s>(exposure: &Exposure, backend: &Backend, service: &'s Service) -> Vec<&'s ServicePort> {
    let is_meant = |port: &&ServicePort| match &backend.port {
        None => true,
        Some(PortValue::Name(name)) => {
            port.name.as_deref() == Some(name)
                || (exposure.kind == ExposureKind::OpenShiftRoute && port.target_port == PortValue::Name(name.clone()))
        }
        Some(PortValue::Number(number)) => port.port == *number || port.target_port == PortValue::Number(*number),
    };
    let meant = service.ports.iter().filter(is_meant);
    if backend.port.is_some() { meant.take(1).collect() } else { meant.collect() }
}
