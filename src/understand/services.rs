//! Services and their addresses, with the API server's defaults filled in (`spec/otterize.md` 4.4).

use super::fields::{Fields, of_each};
use super::object::Object;
use crate::diag::{Code, Finding, Findings};
use crate::model::policy::{PortValue, Protocol};
use crate::model::selector::Labels;
use crate::model::service::{Endpoints, Service, ServicePort, ServiceType};
use crate::read::annotations::is_tool_annotation;
use crate::read::tree::Node;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Reads a `v1` Service. `None` when it has no name.
pub(super) fn read(object: &Object<'_>, findings: &mut Findings) -> Option<Service> {
    let mut fields = Fields::new(object, findings);
    if object.name.is_empty() {
        fields.fault(Code::NameMissing, object.node, "has no metadata.name");
        return None;
    }
    let metadata = fields.mapping(object.node, "metadata")?;
    let spec = fields.mapping(object.node, "spec");
    let selector = spec.map(|spec| fields.labels(spec, "selector")).filter(|selector| !selector.is_empty());
    Some(Service {
        resource: object.resource,
        name: object.name.into(),
        namespace: object.namespace.into(),
        previous: object.previous.clone(),
        service_type: spec.map_or(ServiceType::ClusterIp, |spec| service_type(&mut fields, spec)),
        selector,
        ports: spec.map(|spec| ports(&mut fields, spec)).unwrap_or_default(),
        cluster_ips: spec.map(|spec| cluster_ips(&mut fields, spec)).unwrap_or_default(),
        annotations: annotations(&mut fields, metadata),
        labels: fields.labels(metadata, "labels"),
        place: object.name_place(),
    })
}

/// The annotations that somebody meant: not those in which tools tell a function what they know, which differ between equal Services.
fn annotations<'a>(fields: &mut Fields<'_, 'a>, metadata: Node<'a>) -> Labels {
    fields.labels_where(metadata, "annotations", |key| !is_tool_annotation(key))
}

/// Keeps one of several Services with one name, as a cluster does, and says so where they differ. Which one is kept does not
/// depend on the order of the input.
pub(super) fn drop_duplicates(services: &mut Vec<Service>, findings: &mut Findings) {
    let mut names = IndexSet::with_capacity(services.len());
    if services.iter().all(|service| names.insert((service.namespace.as_str(), service.name.as_str()))) {
        return;
    }
    let mut by_name: BTreeMap<(&str, &str), Vec<(usize, &Service)>> = BTreeMap::new();
    for (index, service) in services.iter().enumerate() {
        by_name.entry((&service.namespace, &service.name)).or_default().push((index, service));
    }
    let mut dropped = BTreeSet::new();
    for ((namespace, name), mut same) in by_name.into_iter().filter(|(_, same)| same.len() > 1) {
        same.sort_by(|(_, a), (_, b)| content(a).cmp(&content(b)));
        let mut same = same.into_iter();
        let Some((_, kept)) = same.next() else { continue };
        for (index, other) in same {
            dropped.insert(index);
            if content(other) != content(kept) {
                let message = format!("Service {namespace}/{name} is there twice, and only one can be deployed");
                findings.push(
                    Finding::new(Code::DuplicateService, other.place, message)
                        .with_related(kept.place, "policies are made for this one")
                        .with_help("remove one of the two, or give it another name"),
                );
            }
        }
    }
    let mut index = 0..;
    services.retain(|_| index.next().is_none_or(|index| !dropped.contains(&index)));
}

/// What policies look at in a Service.
fn content(service: &Service) -> impl Ord {
    let port = |port: &ServicePort| (port.port, port.target_port.clone(), port.protocol, port.name.clone());
    let ports: Vec<_> = service.ports.iter().map(port).collect();
    let maps = [service.labels.clone(), service.annotations.clone()];
    (service.selector.clone(), ports, service.service_type, maps, service.cluster_ips.clone())
}

fn service_type<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> ServiceType {
    match fields.text(spec, "type") {
        None | Some(("" | "ClusterIP", _)) => ServiceType::ClusterIp,
        Some(("NodePort", _)) => ServiceType::NodePort,
        Some(("LoadBalancer", _)) => ServiceType::LoadBalancer,
        Some(("ExternalName", _)) => ServiceType::ExternalName,
        Some((other, node)) => {
            fields.fault(
                Code::InvalidField,
                node,
                format_args!("`type` must be ClusterIP, NodePort, LoadBalancer or ExternalName, not `{other}`"),
            );
            ServiceType::ClusterIp
        }
    }
}

fn ports<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> Vec<ServicePort> {
    of_each(fields.mappings(spec, "ports"), |node| port(fields, node))
}

fn port<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<ServicePort> {
    let Some(number) = fields.present(node, "port") else {
        fields.fault(Code::InvalidField, node, "a Service port needs `port`");
        return None;
    };
    let number = fields.port_number(number, "port")?;
    let target = fields.present(node, "targetPort").filter(|target| !matches!(target.as_str(), Some("" | "0")));
    let target_port = match target {
        Some(target) => fields.port_value(target, "targetPort")?,
        None => PortValue::Number(number),
    };
    Some(ServicePort {
        name: fields.text(node, "name").map(|(name, _)| name.to_owned()).filter(|name| !name.is_empty()),
        port: number,
        target_port,
        protocol: fields.protocol(node)?,
        place: fields.object.place(node),
    })
}

/// `clusterIP`, then `clusterIPs`; `None` (headless) and empty values are no addresses.
fn cluster_ips<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> Vec<IpAddr> {
    let mut nodes: Vec<_> = fields.present(spec, "clusterIP").into_iter().collect();
    nodes.extend(fields.list(spec, "clusterIPs"));
    let mut addresses = Vec::new();
    for node in nodes {
        if matches!(node.as_str(), Some("" | "None")) {
            continue;
        }
        if let Some(address) = fields.address(node, "clusterIP").filter(|address| !addresses.contains(address)) {
            addresses.push(address);
        }
    }
    addresses
}

/// Reads a `v1` Endpoints object: the addresses of all its subsets, ready or not, and their ports.
pub(super) fn read_endpoints(object: &Object<'_>, findings: &mut Findings) -> Endpoints {
    let mut fields = Fields::new(object, findings);
    let mut endpoints = empty_endpoints(object, object.name);
    for subset in fields.mappings(object.node, "subsets") {
        for list in ["addresses", "notReadyAddresses"] {
            for entry in fields.mappings(subset, list) {
                let Some(ip) = fields.present(entry, "ip") else { continue };
                endpoints.addresses.extend(fields.address(ip, "ip"));
            }
        }
        endpoints.ports.extend(endpoint_ports(&mut fields, subset));
    }
    endpoints
}

/// Reads a `discovery.k8s.io` EndpointSlice. `None` when it belongs to no Service or holds host names.
pub(super) fn read_endpoint_slice(object: &Object<'_>, findings: &mut Findings) -> Option<Endpoints> {
    let mut fields = Fields::new(object, findings);
    let metadata = fields.mapping(object.node, "metadata")?;
    let service = fields.labels(metadata, "labels").get("kubernetes.io/service-name")?.to_owned();
    if fields.text(object.node, "addressType").is_some_and(|(kind, _)| kind == "FQDN") {
        return None;
    }
    let mut endpoints = empty_endpoints(object, &service);
    for endpoint in fields.mappings(object.node, "endpoints") {
        for node in fields.list(endpoint, "addresses") {
            endpoints.addresses.extend(fields.address(node, "addresses[]"));
        }
    }
    endpoints.ports = endpoint_ports(&mut fields, object.node);
    Some(endpoints)
}

fn empty_endpoints(object: &Object<'_>, service: &str) -> Endpoints {
    Endpoints {
        resource: object.resource,
        service: service.into(),
        namespace: object.namespace.into(),
        addresses: Vec::new(),
        ports: Vec::new(),
    }
}

fn endpoint_ports<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Vec<(u16, Protocol)> {
    let mut ports = Vec::new();
    for entry in fields.mappings(node, "ports") {
        let Some(number) = fields.present(entry, "port") else { continue };
        let number = fields.port_number(number, "port");
        let protocol = fields.protocol(entry);
        if let (Some(number), Some(protocol)) = (number, protocol) {
            ports.push((number, protocol));
        }
    }
    ports
}
