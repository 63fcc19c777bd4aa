//! Ports that nobody has, and ports that are open too widely.

use super::{Linted, Lints, rule_words};
use crate::diag::Code;
use crate::diag::suggest::nearest;
use crate::model::policy::{Direction, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::LabelSelector;
use crate::model::service::Service;
use crate::model::workload::Workload;
use crate::model::world::World;
use crate::verify::connections::PROTOCOLS;
use std::collections::{BTreeMap, BTreeSet};

/// A range of more ports than this is wide.
const WIDE: u16 = 1000;

/// Ports through which machines and clusters are administered, with what listens there.
const DANGEROUS: [(u16, &str); 8] = [
    (22, "SSH"),
    (23, "Telnet"),
    (2375, "the Docker API"),
    (2379, "etcd"),
    (3389, "remote desktop"),
    (6443, "the API server"),
    (10250, "the kubelet"),
    (10255, "the kubelet"),
];

/// Ports of Services that differ from the ports of their pods, by namespace, protocol and number.
pub(super) struct ServicePorts<'w> {
    by_port: BTreeMap<(&'w str, Protocol, u16), Vec<ServicePortUse<'w>>>,
}

/// A Service and the port of the pods that one of its ports leads to.
type ServicePortUse<'w> = (&'w Service, &'w PortValue);

impl<'w> ServicePorts<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let mut by_port: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for service in &world.services {
            for port in service.ports.iter().filter(|port| port.target_port != PortValue::Number(port.port)) {
                let key = (service.namespace.as_str(), port.protocol, port.port);
                by_port.entry(key).or_default().push((service, &port.target_port));
            }
        }
        Self { by_port }
    }

    /// A Service with that port in front of one of the workloads, and the port of the pods.
    fn find(&self, workloads: &[&Workload], protocol: Protocol, port: u16) -> Option<ServicePortUse<'w>> {
        workloads.iter().find_map(|workload| {
            let found = self.by_port.get(&(workload.namespace.as_str(), protocol, port))?;
            found.iter().find(|(service, _)| service.selects(&workload.template_labels)).copied()
        })
    }
}

/// The pods whose ports rules mean, and what ports these have.
#[derive(Default)]
struct Destinations<'w> {
    workloads: Vec<&'w Workload>,
    numbers: BTreeSet<(Protocol, u16)>,
    names: BTreeSet<(Protocol, &'w str)>,
}

impl<'w> Destinations<'w> {
    fn new(workloads: Vec<&'w Workload>) -> Self {
        let ports = || workloads.iter().flat_map(|workload| workload.ports());
        let numbers = ports().map(|port| (port.protocol, port.number)).collect();
        let names = ports().filter_map(|port| Some((port.protocol, port.name.as_deref()?))).collect();
        Self { workloads, numbers, names }
    }

    fn names_of(&self, protocol: Protocol) -> impl Iterator<Item = &'w str> {
        self.names.iter().filter(move |(own, _)| *own == protocol).map(|(_, name)| *name)
    }

    fn has_any(&self, protocol: Protocol, first: u16, last: u16) -> bool {
        first <= last && self.numbers.range((protocol, first)..=(protocol, last)).next().is_some()
    }
}

pub(super) fn check(linted: Linted<'_>, services: &ServicePorts<'_>, lints: &mut Lints<'_, '_>) {
    // The pods of every ingress rule are those that the policy selects.
    let mut selected: Option<Destinations<'_>> = None;
    for (direction, number, rule, _) in linted.rules() {
        if rule.ports.is_empty() {
            continue;
        }
        let called;
        let destinations = match direction {
            Direction::Ingress => {
                &*selected.get_or_insert_with(|| destinations(lints.reach.selected_workloads(linted.index), lints))
            }
            Direction::Egress => {
                called = called_workloads(linted, rule, lints);
                &called
            }
        };
        for (index, port) in rule.ports.iter().enumerate() {
            let place = linted.port_place(direction, number, index);
            let words = rule_words(direction, number);
            if port.protocol_is_implicit && port.port.is_some() {
                let message = format!("{words} has a port without protocol, which means TCP");
                lints.report(linted, Code::PortWithoutProtocol, place, message);
            }
            width(linted, port, &words, place, lints);
            dangerous(linted, direction, rule, port, &words, place, lints);
            if !destinations.workloads.is_empty() {
                declared(linted, port, &words, place, destinations, services, lints);
            }
        }
    }
}

/// The pods that an egress rule means; none if that cannot be said.
fn called_workloads<'w>(linted: Linted<'w>, rule: &Rule, lints: &Lints<'_, 'w>) -> Destinations<'w> {
    // A peer for pods that the input does not have may have any port.
    let mut all = BTreeSet::new();
    for peer in &rule.peers {
        let found = lints.reach.selected_by_peer(&linted.policy.policy.namespace, peer);
        let is_wide = matches!(peer, Peer::Pods { pod_selector, .. } if pod_selector.as_ref().is_none_or(LabelSelector::is_empty));
        if found.is_empty() || is_wide {
            return Destinations::default();
        }
        all.extend(found);
    }
    destinations(all, lints)
}

fn destinations<'w>(workloads: BTreeSet<usize>, lints: &Lints<'_, 'w>) -> Destinations<'w> {
    let reach = lints.reach;
    let members = workloads.iter().filter_map(|&index| reach.workload(index)).flat_map(|workload| &workload.members);
    Destinations::new(members.filter_map(|&member| reach.world().workloads.get(member)).collect())
}

fn width(
    linted: Linted<'_>,
    port: &PolicyPort,
    words: &str,
    place: crate::model::place::Place,
    lints: &mut Lints<'_, '_>,
) {
    if let (Some(PortValue::Number(first)), Some(last)) = (&port.port, port.end_port)
        && last - first >= WIDE
    {
        let message = format!("{words} opens the {} ports from {first} to {last}", last - first + 1);
        lints.report(linted, Code::WidePortRange, place, message);
    }
}

fn dangerous(
    linted: Linted<'_>,
    direction: Direction,
    rule: &Rule,
    port: &PolicyPort,
    words: &str,
    place: crate::model::place::Place,
    lints: &mut Lints<'_, '_>,
) {
    let is_for_everybody = rule.peers.is_empty()
        || rule
            .peers
            .iter()
            .any(|peer| matches!(peer, Peer::IpBlock { cidr, except } if cidr.prefix_len() == 0 && except.is_empty()));
    if direction == Direction::Egress || !is_for_everybody || port.protocol != Protocol::Tcp {
        return;
    }
    let Some(PortValue::Number(first)) = port.port else { return };
    let last = port.end_port.unwrap_or(first);
    if let Some((number, what)) = DANGEROUS.iter().find(|(number, _)| (first..=last).contains(number)) {
        let message = format!("{words} opens port {number} ({what}) to everybody");
        lints.report(linted, Code::DangerousPort, place, message);
    }
}

/// Whether the pods in question have the port.
fn declared(
    linted: Linted<'_>,
    port: &PolicyPort,
    words: &str,
    place: crate::model::place::Place,
    destinations: &Destinations<'_>,
    services: &ServicePorts<'_>,
    lints: &mut Lints<'_, '_>,
) {
    let protocol = port.protocol;
    match &port.port {
        None => {}
        Some(PortValue::Name(name)) if destinations.names.contains(&(protocol, name.as_str())) => {}
        Some(PortValue::Name(name)) => {
            let with_other_protocol =
                PROTOCOLS.iter().any(|&other| destinations.names.contains(&(other, name.as_str())));
            let help = if with_other_protocol {
                Some(format!("the port of that name is not a {} port", protocol.as_str()))
            } else {
                let near = || nearest(name, destinations.names_of(protocol));
                lints.hints.look(|| near().map(|near| format!("did you mean `{near}`?")))
            };
            let message =
                format!("{words} names port `{name}`, which none of the pods in question has, so it opens nothing");
            lints.report_with_help(linted, Code::PortNameUnknown, place, message, help);
        }
        Some(PortValue::Number(first)) => {
            if destinations.has_any(protocol, *first, port.end_port.unwrap_or(*first)) {
                return;
            }
            if let Some((service, target)) = services.find(&destinations.workloads, protocol, *first) {
                let message = format!(
                    "{words} has port {first} of Service {}, but policies see the port of the pods, {target}",
                    service.name
                );
                let help = Some(format!("write `port: {target}`"));
                lints.report_with_help(linted, Code::ServicePortUsed, place, message, help);
            } else if destinations.has_any(protocol, 0, u16::MAX) {
                let message = format!("{words} has port {first}, which none of the pods in question declares");
                lints.report(linted, Code::PortNotDeclared, place, message);
            }
        }
    }
}
