//! `ServiceMonitor` and `PodMonitor` of the Prometheus operator (`monitoring.coreos.com`).

use super::super::fields::Fields;
use crate::diag::Code;
use crate::model::policy::{PortValue, Protocol};
use crate::model::traffic::{Monitor, MonitorEndpoint, MonitorKind, MonitorNamespaces};
use crate::read::tree::Node;

/// What a monitor makes Prometheus scrape. `None` for other kinds.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Monitor> {
    let object = fields.object;
    let (kind, list) = match (object.group(), object.kind) {
        ("monitoring.coreos.com", "ServiceMonitor") => (MonitorKind::Service, "endpoints"),
        ("monitoring.coreos.com", "PodMonitor") => (MonitorKind::Pod, "podMetricsEndpoints"),
        _ => return None,
    };
    let spec = fields.mapping(object.node, "spec")?;
    let Some(selector) = fields.selector(spec, "selector") else {
        if fields.present(spec, "selector").is_none() {
            fields.fault(Code::InvalidField, spec, "`spec.selector` is missing");
        }
        return None;
    };
    let endpoints = fields.mappings(spec, list);
    let endpoints = endpoints.into_iter().map(|endpoint| monitor_endpoint(fields, endpoint, kind)).collect();
    Some(Monitor {
        resource: object.resource,
        kind,
        name: object.name.to_owned(),
        namespace: object.namespace.to_owned(),
        namespaces: namespaces(fields, spec),
        selector,
        endpoints,
        place: object.name_place(),
    })
}

/// `port` wins over `portNumber` (pods only), and that over `targetPort`.
fn monitor_endpoint<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, kind: MonitorKind) -> MonitorEndpoint {
    let port = fields.text(node, "port").map(|(port, _)| port.to_owned()).filter(|port| !port.is_empty());
    let number = fields
        .present(node, "portNumber")
        .filter(|_| kind == MonitorKind::Pod)
        .and_then(|number| fields.port_number(number, "portNumber"))
        .map(PortValue::Number);
    let target_port = match number {
        Some(number) => Some(number),
        None => fields.present(node, "targetPort").and_then(|port| fields.port_value(port, "targetPort")),
    };
    MonitorEndpoint { target_port: target_port.filter(|_| port.is_none()), port, protocol: Protocol::Tcp }
}

fn namespaces<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> MonitorNamespaces {
    let Some(selector) = fields.mapping(spec, "namespaceSelector") else { return MonitorNamespaces::Own };
    if fields.flag(selector, "any") {
        return MonitorNamespaces::Any;
    }
    let names: Vec<String> =
        fields.texts(selector, "matchNames").into_iter().map(|(name, _)| name.to_owned()).collect();
    if names.is_empty() { MonitorNamespaces::Own } else { MonitorNamespaces::Names(names) }
}
