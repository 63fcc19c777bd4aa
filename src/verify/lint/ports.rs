//! Ports that nobody has, and ports that are open too widely.

use super::{Linted, Lints, rule_words};
use crate::diag::Code;
use crate::diag::suggest::nearest;
use crate::model::policy::{Direction, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use crate::model::world::World;
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

/// Ports of Services that differ from the ports of their pods, by namespace.
pub(super) struct ServicePorts<'w> {
    by_namespace: BTreeMap<&'w str, Vec<ServicePortUse<'w>>>,
}

struct ServicePortUse<'w> {
    service: &'w crate::model::service::Service,
    protocol: Protocol,
    port: u16,
    target: &'w PortValue,
}

impl<'w> ServicePorts<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<ServicePortUse<'w>>> = BTreeMap::new();
        for service in &world.services {
            for port in &service.ports {
                if port.target_port != PortValue::Number(port.port) {
                    let (protocol, number, target) = (port.protocol, port.port, &port.target_port);
                    let one = ServicePortUse { service, protocol, port: number, target };
                    by_namespace.entry(&service.namespace).or_default().push(one);
                }
            }
        }
        Self { by_namespace }
    }

    /// A Service with that port in front of one of the workloads.
    fn find(&self, workloads: &[&Workload], protocol: Protocol, port: u16) -> Option<&ServicePortUse<'w>> {
        workloads.iter().find_map(|workload| {
            let uses = self.by_namespace.get(workload.namespace.as_str())?;
            uses.iter().find(|one| {
                one.protocol == protocol && one.port == port && one.service.selects(&workload.template_labels)
            })
        })
    }
}

pub(super) fn check(linted: Linted<'_>, services: &ServicePorts<'_>, lints: &mut Lints<'_, '_>) {
    for (direction, number, rule, _) in linted.rules() {
        if rule.ports.is_empty() {
            continue;
        }
        let destinations = destinations(linted, direction, rule, lints);
        for (index, port) in rule.ports.iter().enumerate() {
            let place = linted.port_place(direction, number, index);
            let words = rule_words(direction, number);
            if port.protocol_is_implicit && port.port.is_some() {
                let message = format!("{words} has a port without protocol, which means TCP");
                lints.report(linted, Code::PortWithoutProtocol, place, message);
            }
            width(linted, port, &words, place, lints);
            dangerous(linted, direction, rule, port, &words, place, lints);
            if !destinations.is_empty() {
                declared(linted, port, &words, place, &destinations, services, lints);
            }
        }
    }
}

/// The objects whose ports a rule means; none if that cannot be said.
fn destinations<'w>(linted: Linted<'w>, direction: Direction, rule: &Rule, lints: &Lints<'_, 'w>) -> Vec<&'w Workload> {
    let reach = lints.reach;
    let workloads: BTreeSet<usize> = match direction {
        Direction::Ingress => reach.selected_workloads(linted.index),
        Direction::Egress => {
            // A peer for pods that the input does not have may have any port.
            let mut all = BTreeSet::new();
            for peer in &rule.peers {
                let found = reach.selected_by_peer(&linted.policy.policy.namespace, peer);
                let is_wide = matches!(peer, Peer::Pods { pod_selector, .. } if pod_selector.as_ref().is_none_or(LabelSelector::is_empty));
                if found.is_empty() || is_wide {
                    return Vec::new();
                }
                all.extend(found);
            }
            all
        }
    };
    let members = workloads.iter().filter_map(|&index| reach.workload(index)).flat_map(|workload| &workload.members);
    members.filter_map(|&member| reach.world().workloads.get(member)).collect()
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
    destinations: &[&Workload],
    services: &ServicePorts<'_>,
    lints: &mut Lints<'_, '_>,
) {
    let of_protocol =
        || destinations.iter().flat_map(|workload| workload.ports()).filter(|own| own.protocol == port.protocol);
    match &port.port {
        None => {}
        Some(PortValue::Name(name)) if of_protocol().any(|own| own.name.as_ref() == Some(name)) => {}
        Some(PortValue::Name(name)) => {
            let names: BTreeSet<&str> = of_protocol().filter_map(|own| own.name.as_deref()).collect();
            let with_other_protocol =
                destinations.iter().flat_map(|workload| workload.ports()).any(|own| own.name.as_ref() == Some(name));
            let help = if with_other_protocol {
                Some(format!("the port of that name is not a {} port", port.protocol.as_str()))
            } else {
                nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"))
            };
            let message =
                format!("{words} names port `{name}`, which none of the pods in question has, so it opens nothing");
            lints.report_with_help(linted, Code::PortNameUnknown, place, message, help);
        }
        Some(PortValue::Number(first)) => {
            let range = *first..=port.end_port.unwrap_or(*first);
            if of_protocol().any(|own| range.contains(&own.number)) {
                return;
            }
            if let Some(found) = services.find(destinations, port.protocol, *first) {
                let message = format!(
                    "{words} has port {first} of Service {}, but policies see the port of the pods, {}",
                    found.service.name, found.target
                );
                let help = Some(format!("write `port: {}`", found.target));
                lints.report_with_help(linted, Code::ServicePortUsed, place, message, help);
            } else if of_protocol().next().is_some() {
                let message = format!("{words} has port {first}, which none of the pods in question declares");
                lints.report(linted, Code::PortNotDeclared, place, message);
            }
        }
    }
}
