//! The ports on which the pods behind a Service listen: what Endpoints would hold in a cluster.

use super::labelled_workload::LabelledWorkload;
use crate::model::policy::{PolicyPort, PortValue, Protocol};
use crate::model::service::{Service, ServicePort};
use std::collections::BTreeSet;

/// Protocol and number.
pub(crate) type PodPort = (Protocol, u16);

/// The ports of a Service on the pods of these workloads: named ones resolved for each, numbers as they are.
///
/// A name that a workload does not declare gives nothing for it, as it gives no endpoint in a cluster.
pub(crate) fn of_service(service: &Service, workloads: &[LabelledWorkload<'_>]) -> BTreeSet<PodPort> {
    service.ports.iter().flat_map(|port| of_service_port(port, workloads)).collect()
}

/// The same for one port of a Service.
pub(crate) fn of_service_port(port: &ServicePort, workloads: &[LabelledWorkload<'_>]) -> BTreeSet<PodPort> {
    workloads
        .iter()
        .filter_map(|labelled| labelled.workload.resolve_port(&port.target_port, port.protocol))
        .map(|number| (port.protocol, number))
        .collect()
}

/// The ports as a rule has them, TCP first, then ascending.
pub(crate) fn rule_ports(ports: impl IntoIterator<Item = PodPort>) -> Vec<PolicyPort> {
    ports.into_iter().map(|(protocol, number)| PolicyPort::new(protocol, PortValue::Number(number))).collect()
}
