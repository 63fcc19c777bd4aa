//! The world: everything that the input says and that policies depend on.

use super::intent::{ClientIntents, ProtectedService};
use super::place::{ObjectName, Place, ResourceId};
use super::policy::{InputPolicy, StagedPolicy};
use super::selector::Labels;
use super::service::{Endpoints, Service};
use super::traffic::{Exposure, Monitor, ReferenceGrant, Webhook};
use super::value::Value;
use super::workload::Workload;
use std::collections::{BTreeMap, BTreeSet};

/// A Namespace manifest.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// The object it was read from.
    pub resource: ResourceId,
    /// `metadata.name`.
    pub name: String,
    /// Its labels, without the implicit `kubernetes.io/metadata.name`.
    pub labels: Labels,
    /// Where `metadata.name` is said.
    pub place: Place,
}

/// What the input says, in input order. References between objects are resolved to deployed names.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Namespace manifests.
    pub namespaces: Vec<Namespace>,
    /// Everything with pods.
    pub workloads: Vec<Workload>,
    /// Pods that operators create from custom resources: judged, never labelled. See [`World::with_virtual_workloads`].
    pub virtual_workloads: Vec<Workload>,
    /// Services.
    pub services: Vec<Service>,
    /// Addresses of Services.
    pub endpoints: Vec<Endpoints>,
    /// Declared calls.
    pub client_intents: Vec<ClientIntents>,
    /// Every ClientIntents object, those with faults or without `spec` among them.
    pub client_intents_objects: Vec<ResourceId>,
    /// Default deny per workload.
    pub protected_services: Vec<ProtectedService>,
    /// NetworkPolicies that stand in the input, ours and others'.
    pub policies: Vec<InputPolicy>,
    /// NetworkPolicies of the input that the API server would refuse: they are not judged, but their names are taken. What could
    /// not be read of them is left out.
    pub refused_policies: Vec<InputPolicy>,
    /// Policies of kinds that are not judged, which may deny or allow what the judged ones do not.
    pub other_policies: Vec<OtherPolicy>,
    /// Calico's previews of NetworkPolicies that stand in the input, ours and others'. They enforce nothing.
    pub staged_policies: Vec<StagedPolicy>,
    /// Ingresses and routes.
    pub exposures: Vec<Exposure>,
    /// Grants for routes across namespaces.
    pub reference_grants: Vec<ReferenceGrant>,
    /// Webhooks and APIServices.
    pub webhooks: Vec<Webhook>,
    /// ServiceMonitors and PodMonitors.
    pub monitors: Vec<Monitor>,
    /// Objects of the other kinds that this project emits (domain policies), by their id.
    pub other_generated: Vec<OtherObject>,
    /// kpt's `package-path` of the resources that have one.
    pub package_paths: BTreeMap<ResourceId, String>,
    /// Keys of labels and annotations of ours with values that are no strings to Go's YAML reader: the API server refuses a
    /// label `true` without quotes, so that it is not the label "true". Labels are those of pods, where the resource has pods.
    pub not_strings: BTreeMap<ResourceId, BTreeSet<String>>,
}

/// A policy for the network of a kind that is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPolicy {
    /// Its kind, namespace and name, for messages.
    pub title: String,
    /// Where `metadata.name` is said.
    pub place: Place,
}

/// An object in the input of a kind, other than NetworkPolicy, that this project emits.
#[derive(Clone, Debug)]
pub struct OtherObject {
    /// The object it was read from.
    pub resource: ResourceId,
    /// Its id.
    pub id: ObjectName,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// Its `spec` as a plain value, for comparing with what would be generated.
    pub spec: Value,
    /// Where `metadata.name` is said.
    pub place: Place,
}

impl World {
    /// The world as it is judged: pods that operators create are workloads like others.
    #[must_use]
    pub fn with_virtual_workloads(mut self) -> Self {
        self.workloads.append(&mut self.virtual_workloads);
        self
    }

    /// Adds what objects say that come later in the input.
    pub(crate) fn append(&mut self, later: Self) {
        let Self {
            namespaces,
            workloads,
            virtual_workloads,
            services,
            endpoints,
            client_intents,
            client_intents_objects,
            protected_services,
            policies,
            refused_policies,
            other_policies,
            staged_policies,
            exposures,
            reference_grants,
            webhooks,
            monitors,
            other_generated,
            package_paths,
            not_strings,
        } = later;
        append(&mut self.namespaces, namespaces);
        append(&mut self.workloads, workloads);
        append(&mut self.virtual_workloads, virtual_workloads);
        append(&mut self.services, services);
        append(&mut self.endpoints, endpoints);
        append(&mut self.client_intents, client_intents);
        append(&mut self.client_intents_objects, client_intents_objects);
        append(&mut self.protected_services, protected_services);
        append(&mut self.policies, policies);
        append(&mut self.refused_policies, refused_policies);
        append(&mut self.other_policies, other_policies);
        append(&mut self.staged_policies, staged_policies);
        append(&mut self.exposures, exposures);
        append(&mut self.reference_grants, reference_grants);
        append(&mut self.webhooks, webhooks);
        append(&mut self.monitors, monitors);
        append(&mut self.other_generated, other_generated);
        self.package_paths.extend(package_paths);
        self.not_strings.extend(not_strings);
    }

    /// The Service of that namespace and name.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.namespace == namespace && service.name == name)
    }

    /// Whether that label or annotation of ours is there with a value that is no string.
    #[must_use]
    pub fn is_no_string(&self, resource: ResourceId, key: &str) -> bool {
        self.not_strings.get(&resource).is_some_and(|keys| keys.contains(key))
    }

    /// The Namespace manifest of that name.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.iter().find(|namespace| namespace.name == name)
    }
}

/// Adds the later items. There are many, and none will follow, so no room is made for more.
fn append<T>(items: &mut Vec<T>, mut later: Vec<T>) {
    items.reserve_exact(later.len());
    items.append(&mut later);
}
