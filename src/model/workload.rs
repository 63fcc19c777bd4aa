//! Everything that has pods: Deployments, StatefulSets, Jobs, bare Pods, and other kinds with a pod template.

use super::identity::Identity;
use super::intent::CalledBy;
use super::place::{ObjectName, Place, ResourceId};
use super::policy::{PortValue, Protocol};
use super::selector::{LabelSelector, Labels};
use std::borrow::Cow;

/// An object with a pod template (or a Pod itself).
#[derive(Clone, Debug)]
pub struct Workload {
    /// The object it was read from.
    pub resource: ResourceId,
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.name`, as it will be deployed.
    pub name: String,
    /// Namespace as it will be deployed.
    pub namespace: String,
    /// Keys from the object's root to its pod template; empty for a Pod, which is its own template.
    pub template_path: Cow<'static, [Cow<'static, str>]>,
    /// Names that it had before kustomize's transformers changed them, oldest first.
    pub previous: Vec<ObjectName>,
    /// Who it is in labels and intents: name after the override annotation, image-name rule and `.` -> `_`.
    /// Its kind is `None` when the name came from an annotation or an image.
    pub identity: Identity,
    /// Where the identity's name comes from.
    pub identity_source: IdentitySource,
    /// Labels of the pod template, as the input has them.
    pub template_labels: Labels,
    /// Annotations of the pod template.
    pub template_annotations: Labels,
    /// The workload's own immutable `spec.selector`, if it has one.
    pub selector: Option<LabelSelector>,
    /// Containers, and init containers that keep running (`restartPolicy: Always`).
    pub containers: Vec<Container>,
    /// `hostNetwork: true`.
    pub host_network: bool,
    /// Where `hostNetwork` is said, for messages.
    pub host_network_place: Option<Place>,
    /// Addresses that the manifest tells (`status.podIPs`, `status.podIP`), only for Pods.
    pub pod_addresses: Vec<std::net::IpAddr>,
    /// The first owner in `metadata.ownerReferences`, if any (only for Pods and ReplicaSets that a cluster dump contains).
    pub owner: Option<Box<Owner>>,
    /// The owner with `controller: true` in `metadata.ownerReferences`, if any; its kind is empty if the manifest gives none.
    pub controller: Option<Box<Owner>>,
    /// Number of replicas: `None` when the manifest does not say.
    pub replicas: Option<u64>,
    /// `argocd.argoproj.io/sync-wave` of the object, if it has one.
    pub sync_wave: Option<i64>,
    /// `called-by` annotation, parsed and validated.
    pub called_by: Vec<CalledBy>,
    /// Where `metadata.name` is said.
    pub place: Place,
}

/// Where an identity's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// The object's own name and kind.
    Object,
    /// An override annotation on the pod template: the kind is dropped.
    Annotation,
    /// The image names of a Job: the kind is dropped.
    ImageName,
}

/// A controller named in `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
}

/// A container, as far as policies need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Container name.
    pub name: String,
    /// Image reference as written; empty if missing.
    pub image: String,
    /// Declared ports.
    pub ports: Vec<ContainerPort>,
    /// Whether it is an init container that keeps running beside the others.
    pub is_init: bool,
}

/// A declared container port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// Port name, if it has one.
    pub name: Option<String>,
    /// Number.
    pub number: u16,
    /// Protocol, TCP by default.
    pub protocol: Protocol,
    /// Where it is declared.
    pub place: Place,
}

impl Workload {
    /// Namespace, name and kind as deployed.
    #[must_use]
    pub fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone(), kind: self.kind.clone() }
    }

    /// All declared ports of all containers.
    pub fn ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.containers.iter().flat_map(|container| &container.ports)
    }

    /// The number that a port (by name or number) has on these pods, or `None` if no container declares the name.
    #[must_use]
    pub fn resolve_port(&self, port: &PortValue, protocol: Protocol) -> Option<u16> {
        match port {
            PortValue::Number(number) => Some(*number),
            PortValue::Name(name) => self
                .ports()
                .find(|port| port.protocol == protocol && port.name.as_deref() == Some(name))
                .map(|port| port.number),
        }
    }
}
