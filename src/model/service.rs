//! Services and the addresses behind Services without selectors.

use super::place::{ObjectName, Place, ResourceId};
use super::policy::{PortValue, Protocol};
use super::selector::Labels;
use std::net::IpAddr;

/// A `v1` Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// The object it was read from.
    pub resource: ResourceId,
    /// `metadata.name`, as it will be deployed.
    pub name: String,
    /// Namespace as it will be deployed.
    pub namespace: String,
    /// Names before kustomize's transformers, oldest first.
    pub previous: Vec<ObjectName>,
    /// `spec.type`; ClusterIP when absent or empty.
    pub service_type: ServiceType,
    /// `spec.selector`; `None` when missing, null **or empty** (decision D10).
    pub selector: Option<Labels>,
    /// `spec.ports`, with the API server's defaults filled in.
    pub ports: Vec<ServicePort>,
    /// `clusterIP` and `clusterIPs` that are addresses, without repetition.
    pub cluster_ips: Vec<IpAddr>,
    /// Annotations of the Service.
    pub annotations: Labels,
    /// Labels of the Service (ServiceMonitors select by them).
    pub labels: Labels,
    /// Where `metadata.name` is said.
    pub place: Place,
}

/// `spec.type` of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceType {
    /// Reachable in the cluster only.
    ClusterIp,
    /// Also reachable at a port of every node.
    NodePort,
    /// Also reachable through a load balancer.
    LoadBalancer,
    /// A DNS alias without pods.
    ExternalName,
}

/// An entry of `spec.ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Name of the Service port, if it has one.
    pub name: Option<String>,
    /// Port of the Service.
    pub port: u16,
    /// Port of the pods; equals `port` when absent.
    pub target_port: PortValue,
    /// Protocol, TCP by default.
    pub protocol: Protocol,
    /// Where the entry stands.
    pub place: Place,
}

/// A `v1` Endpoints object or a `discovery.k8s.io/v1` EndpointSlice.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The object it was read from.
    pub resource: ResourceId,
    /// Name of the Service it belongs to.
    pub service: String,
    /// Namespace.
    pub namespace: String,
    /// Addresses, in order.
    pub addresses: Vec<IpAddr>,
    /// Ports with protocol, in order.
    pub ports: Vec<(u16, Protocol)>,
}

impl Service {
    /// The labels of the pods behind the Service, `None` if no pods are: without selector or of type ExternalName (decision D10).
    #[must_use]
    pub fn pod_selector(&self) -> Option<&Labels> {
        self.selector.as_ref().filter(|_| self.service_type != ServiceType::ExternalName)
    }

    /// Whether the Service selects pods with these labels.
    #[must_use]
    pub fn selects(&self, labels: &Labels) -> bool {
        self.pod_selector().is_some_and(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
    }
}
