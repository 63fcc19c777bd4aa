//! Pods that no manifest has a template for, because an operator creates them from a custom resource: those that the configuration
//! declares (`virtualWorkloads`), and Prometheus and Alertmanager, whose operator's labels and ports are known
//! (prometheus-operator, `pkg/prometheus/server/statefulset.go` and `pkg/alertmanager/statefulset.go`).
//!
//! They are judged like other pods and never labelled. Reading is lenient: these are not our kinds.

use super::object::Object;
use crate::config::{Config, VirtualWorkload};
use crate::model::identity::Identity;
use crate::model::place::{Place, ResourceId};
use crate::model::policy::Protocol;
use crate::model::selector::Labels;
use crate::model::workload::{Container, ContainerPort, IdentitySource, Workload};
use crate::model::world::World;
use crate::read::tree::Node;

/// A resource that is in no input: declared workloads have no manifest.
const NO_RESOURCE: ResourceId = ResourceId(u32::MAX);

/// The pods that the Prometheus operator creates from the object. `None` for other kinds.
pub(super) fn inferred(object: &Object<'_>) -> Option<Workload> {
    if object.group() != "monitoring.coreos.com" || object.name.is_empty() {
        return None;
    }
    let (name, own): (&str, &[(&str, u16, Protocol)]) = match object.kind {
        "Prometheus" => ("prometheus", &[]),
        "Alertmanager" => ("alertmanager", &[("mesh-tcp", 9094, Protocol::Tcp), ("mesh-udp", 9094, Protocol::Udp)]),
        _ => return None,
    };
    let spec = |keys: &[&str]| object.node.path(&[&["spec"], keys].concat());
    let text = |keys: &[&str]| spec(keys).and_then(Node::as_str);
    let flag = |keys: &[&str]| spec(keys).and_then(Node::as_bool) == Some(true);
    let mut labels = Labels::new();
    if let Some(written) = spec(&["podMetadata", "labels"]).filter(|node| node.is_mapping()) {
        let entries = written.entries().filter_map(|(key, value)| Some((key.as_str()?, value.as_str()?)));
        labels.extend(entries);
    }
    let mut add = |key: &str, value: &str| labels.insert(key, value);
    // The operator's own labels win over those of the object.
    add("app.kubernetes.io/name", name);
    add("app.kubernetes.io/instance", object.name);
    add("app.kubernetes.io/managed-by", "prometheus-operator");
    add(name, object.name);
    if name == "prometheus" {
        add("operator.prometheus.io/name", object.name);
        add("operator.prometheus.io/shard", "0");
    }
    let web = (text(&["portName"]).unwrap_or("web"), if name == "prometheus" { 9090 } else { 9093 }, Protocol::Tcp);
    let web = (!flag(&["listenLocal"])).then_some(web);
    let place = object.name_place();
    let port = |&(name, number, protocol): &(&str, u16, Protocol)| ContainerPort {
        name: Some(name.to_owned()),
        number,
        protocol,
        place,
    };
    let ports = web.iter().chain(own).map(port).collect();
    let identity = (object.namespace, object.name, object.kind);
    let mut workload = workload(identity, object.resource, place, labels, ports);
    workload.api_version = object.api_version.to_owned();
    workload.previous.clone_from(&object.previous);
    workload.host_network = flag(&["hostNetwork"]);
    Some(workload)
}

/// The pods that the configuration declares and the input does not have.
pub(super) fn declared(config: &Config, world: &World) -> Vec<Workload> {
    let is_there = |declared: &VirtualWorkload| {
        world.workloads.iter().chain(&world.virtual_workloads).any(|known| {
            known.name == declared.name && known.namespace == declared.namespace && known.kind == declared.kind
        })
    };
    let place = Place { resource: NO_RESOURCE, start: 0, end: 0 };
    let declared = config.virtual_workloads.iter().filter(|declared| !is_there(declared));
    declared
        .map(|declared| {
            let port = |(name, protocol, number): &(Option<String>, Protocol, u16)| ContainerPort {
                name: name.clone(),
                number: *number,
                protocol: *protocol,
                place,
            };
            let identity = (declared.namespace.as_str(), declared.name.as_str(), declared.kind.as_str());
            let ports = declared.ports.iter().map(port).collect();
            workload(identity, NO_RESOURCE, place, declared.pod_labels.clone(), ports)
        })
        .collect()
}

fn workload(
    (namespace, name, kind): (&str, &str, &str),
    resource: ResourceId,
    place: Place,
    template_labels: Labels,
    ports: Vec<ContainerPort>,
) -> Workload {
    Workload {
        resource,
        api_version: String::new(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        template_path: std::borrow::Cow::Borrowed(&[]),
        previous: Vec::new(),
        identity: Identity {
            namespace: namespace.to_owned(),
            name: name.replace('.', "_"),
            kind: Some(kind.to_owned()),
        },
        identity_source: IdentitySource::Object,
        template_labels,
        template_annotations: Labels::new(),
        selector: None,
        containers: vec![Container { name: String::new(), image: String::new(), ports, is_init: false }],
        host_network: false,
        host_network_place: None,
        pod_addresses: Vec::new(),
        owner: None,
        controller: None,
        replicas: None,
        called_by: Vec::new(),
        sync_wave: None,
        place,
    }
}
