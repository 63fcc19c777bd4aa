//! Who and what is called how: workloads by identity, Services by name, workloads behind Services.

use crate::model::identity::Identity;
use crate::model::policy::{PortValue, Protocol};
use crate::model::selector::Labels;
use crate::model::service::Service;
use crate::model::workload::Workload;
use crate::model::world::World;
use crate::verify::reach::{End, Reachability};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Look-ups in a world.
pub(in crate::verify) struct Directory<'d, 'w> {
    reach: &'d Reachability<'w>,
    by_identity: BTreeMap<(&'w str, &'w str), Vec<usize>>,
    services: BTreeMap<(&'w str, &'w str), &'w Service>,
    /// Objects of a namespace that have a label with a value.
    by_label: BTreeMap<(&'w str, &'w str, &'w str), Vec<usize>>,
    /// Named ports of objects, each of which is looked at when it is asked for first.
    named_ports: RefCell<BTreeMap<usize, NamedPorts<'w>>>,
}

/// Numbers of ports by name; of equal names the first counts.
type NamedPorts<'w> = BTreeMap<(&'w str, Protocol), u16>;

impl<'d, 'w> Directory<'d, 'w> {
    pub(in crate::verify) fn new(reach: &'d Reachability<'w>) -> Self {
        let world: &'w World = reach.world();
        let mut directory = Self {
            reach,
            by_identity: BTreeMap::new(),
            services: BTreeMap::new(),
            by_label: BTreeMap::new(),
            named_ports: RefCell::default(),
        };
        for (member, workload) in world.workloads.iter().enumerate() {
            let identity = (workload.identity.namespace.as_str(), workload.identity.name.as_str());
            directory.by_identity.entry(identity).or_default().push(member);
            for (key, value) in &workload.template_labels {
                let label = (workload.namespace.as_str(), key, value);
                directory.by_label.entry(label).or_default().push(member);
            }
        }
        for service in &world.services {
            directory.services.entry((&service.namespace, &service.name)).or_insert(service);
        }
        directory
    }

    /// Indices of the objects of the world that an identity stands for: without a kind those of every kind.
    pub(in crate::verify) fn members(&self, identity: &'w Identity) -> Vec<usize> {
        let found = self.by_identity.get(&(identity.namespace.as_str(), identity.name.as_str()));
        let has_kind = |member: &usize| {
            identity.kind.is_none() || self.workload(*member).is_some_and(|own| own.identity.kind == identity.kind)
        };
        found.map(Vec::as_slice).unwrap_or_default().iter().copied().filter(has_kind).collect()
    }

    /// The same as ends of connections.
    pub(in crate::verify) fn ends(&self, identity: &'w Identity) -> Vec<End> {
        self.ends_of(&self.members(identity))
    }

    /// Objects as ends of connections, each workload once.
    pub(in crate::verify) fn ends_of(&self, members: &[usize]) -> Vec<End> {
        let workloads: BTreeSet<usize> = members.iter().filter_map(|&member| self.reach.workload_of(member)).collect();
        workloads.into_iter().map(End::Workload).collect()
    }

    /// The object of the world with that index.
    pub(in crate::verify) fn workload(&self, member: usize) -> Option<&'w Workload> {
        self.reach.world().workloads.get(member)
    }

    /// The number that a port (by name or number) has on the pods of an object, or `None` if no container declares the name.
    pub(in crate::verify) fn resolve_port(&self, member: usize, port: &PortValue, protocol: Protocol) -> Option<u16> {
        let name = match port {
            PortValue::Number(number) => return Some(*number),
            PortValue::Name(name) => name.as_str(),
        };
        let mut known = self.named_ports.borrow_mut();
        let ports = known.entry(member).or_insert_with(|| {
            let mut ports = BTreeMap::new();
            for port in self.workload(member).into_iter().flat_map(Workload::ports) {
                if let Some(name) = &port.name {
                    ports.entry((name.as_str(), port.protocol)).or_insert(port.number);
                }
            }
            ports
        });
        ports.get(&(name, protocol)).copied()
    }

    /// The Service with that name.
    pub(in crate::verify) fn service(&self, namespace: &'w str, name: &'w str) -> Option<&'w Service> {
        self.services.get(&(namespace, name)).copied()
    }

    /// Indices of the objects of the world that a Service selects; none if it has no selector.
    pub(in crate::verify) fn behind(&self, service: &'w Service) -> Vec<usize> {
        let Some(selector) = &service.selector else { return Vec::new() };
        let selector: &'w Labels = selector;
        let lists = selector.iter().map(|(key, value)| {
            self.by_label.get(&(service.namespace.as_str(), key, value)).map(Vec::as_slice).unwrap_or_default()
        });
        let shortest = lists.min_by_key(|list| list.len()).unwrap_or_default();
        let is_selected =
            |member: &usize| self.workload(*member).is_some_and(|own| service.selects(&own.template_labels));
        shortest.iter().copied().filter(is_selected).collect()
    }
}
