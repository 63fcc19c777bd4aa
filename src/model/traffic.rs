//! Traffic that nobody declares as an intent but that policies can cut off: external entry points, metrics, webhooks.

use super::place::{Place, ResourceId};
use super::policy::{PortValue, Protocol};
use super::selector::{LabelSelector, Labels};

/// Something outside the cluster's pods that sends traffic to a Service: an Ingress or a route of some gateway.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// The object it was read from.
    pub resource: ResourceId,
    /// What kind of object exposes.
    pub kind: ExposureKind,
    /// `kind` as written (`Ingress`, `HTTPRoute`, ...).
    pub object_kind: String,
    /// `metadata.name`.
    pub name: String,
    /// Namespace of the exposing object.
    pub namespace: String,
    /// Annotations of the exposing object.
    pub annotations: Labels,
    /// The Services it sends traffic to.
    pub backends: Vec<Backend>,
}

/// Which API exposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExposureKind {
    /// `networking.k8s.io` Ingress.
    Ingress,
    /// A route of the Gateway API.
    GatewayRoute,
    /// OpenShift `Route`.
    OpenShiftRoute,
    /// Istio `VirtualService` that is bound to a gateway.
    IstioGateway,
    /// Contour `HTTPProxy`.
    ContourProxy,
    /// Traefik `IngressRoute` and its TCP and UDP forms.
    TraefikRoute,
}

/// A reference from an exposing object to a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Namespace of the Service.
    pub namespace: String,
    /// Name of the Service.
    pub service: String,
    /// Port of the Service, if the reference names one.
    pub port: Option<PortValue>,
    /// Where the reference stands.
    pub place: Place,
}

/// Permission for routes of other namespaces to use Services of this one (Gateway API).
#[derive(Clone, Debug)]
pub struct ReferenceGrant {
    /// Namespace of the grant, whose Services it opens.
    pub namespace: String,
    /// Who may refer: group, kind, namespace.
    pub from: Vec<(String, String, String)>,
    /// Names of the Services; `None` means all of the namespace.
    pub to_services: Vec<Option<String>>,
}

/// Something through which the API server calls a Service.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The object it was read from.
    pub resource: ResourceId,
    /// `kind` as written: the two webhook configurations, a CRD with a conversion webhook, or an APIService.
    pub object_kind: String,
    /// `metadata.name` of that object.
    pub config_name: String,
    /// Namespace of the Service.
    pub namespace: String,
    /// Name of the Service.
    pub service: String,
    /// Port of the Service; 443 when absent.
    pub port: u16,
    /// Where the reference stands.
    pub place: Place,
}

/// A `ServiceMonitor` or `PodMonitor` (`monitoring.coreos.com/v1`).
#[derive(Clone, Debug)]
pub struct Monitor {
    /// The object it was read from.
    pub resource: ResourceId,
    /// Whether it selects Services or pods.
    pub kind: MonitorKind,
    /// `metadata.name`.
    pub name: String,
    /// Namespace of the monitor.
    pub namespace: String,
    /// Namespaces it looks in.
    pub namespaces: MonitorNamespaces,
    /// Which Services or pods it selects.
    pub selector: LabelSelector,
    /// Its endpoints.
    pub endpoints: Vec<MonitorEndpoint>,
    /// Where `metadata.name` is said.
    pub place: Place,
}

/// What a monitor selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorKind {
    /// Services.
    Service,
    /// Pods.
    Pod,
}

/// `spec.namespaceSelector` of a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitorNamespaces {
    /// The monitor's own namespace.
    Own,
    /// Every namespace.
    Any,
    /// These namespaces.
    Names(Vec<String>),
}

/// One endpoint of a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorEndpoint {
    /// Name of the Service port (ServiceMonitor) or container port (PodMonitor).
    pub port: Option<String>,
    /// Port of the pods, by name or number.
    pub target_port: Option<PortValue>,
    /// Protocol is always TCP; kept for symmetry with policies.
    pub protocol: Protocol,
}
