//! What every rule family looks things up in: the world with its labels as they will be, indexed so that no look-up is a scan.

use super::MapChange;
use super::calls::Calls;
use super::distinct::distinct;
use super::labelled_workload::LabelledWorkload;
use super::outside_access::OutsideAccess;
use super::ownership;
use crate::config::{Config, Mode, Profile, Selectors};
use crate::groups::Groups;
use crate::model::identity::Identity;
use crate::model::intent::ProtectedService;
use crate::model::place::ResourceId;
use crate::model::policy::{InputPolicy, Protocol};
use crate::model::selector::{LabelSelector, Operator};
use crate::model::service::{Endpoints, Service};
use crate::model::workload::Workload;
use crate::model::world::{Namespace, World};
use crate::plan::keys;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::OnceLock;

/// The API server's addresses (decision D17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ApiServerAddresses {
    /// Cluster addresses of Service `default/kubernetes`, if it is in the bundle.
    pub(crate) cluster_ips: Vec<IpAddr>,
    /// Endpoint addresses: those of the configuration, else those of the bundle; never empty.
    pub(crate) endpoints: Vec<IpAddr>,
    /// Endpoint ports; empty if they are not known.
    pub(crate) ports: Vec<(Protocol, u16)>,
}

/// The world, indexed.
pub(crate) struct PlanContext<'a> {
    /// What the input says.
    pub(crate) world: &'a World,
    /// The configuration.
    pub(crate) config: &'a Config,
    /// Every declared call.
    pub(crate) calls: &'a Calls<'a>,
    /// Every workload, in input order.
    pub(crate) workloads: Vec<LabelledWorkload<'a>>,
    /// How many threads may share the work.
    pub(crate) threads: usize,
    names: Names<'a>,
    by_label: OnceLock<ByLabel<'a>>,
    services_by_rarest_label: OnceLock<ServicesByLabel<'a>>,
    outside_access: OnceLock<OutsideAccess<'a>>,
    /// `selectors: native`: what the own selector of each workload selects; empty otherwise.
    pub(crate) own_selections: OwnSelections<'a>,
}

/// Namespace and selector -> the workloads that it selects, sorted by (name, kind).
pub(crate) type OwnSelections<'a> = BTreeMap<&'a str, BTreeMap<LabelSelector, Vec<&'a Workload>>>;

/// What does not depend on labels. What few inputs need is made when somebody asks.
pub(crate) struct Names<'a> {
    by_identity_name: Groups<(&'a str, &'a str)>,
    by_namespace: OnceLock<Groups<&'a str>>,
    services: OnceLock<IndexMap<(&'a str, &'a str), &'a Service>>,
    endpoints: BTreeMap<(&'a str, &'a str), Vec<&'a Endpoints>>,
    namespaces: BTreeMap<&'a str, &'a Namespace>,
    protected: BTreeMap<(&'a str, &'a str), Vec<&'a ProtectedService>>,
    intents: OnceLock<BTreeMap<ResourceId, (&'a str, &'a str)>>,
}

impl<'a> Names<'a> {
    /// Indexes the world.
    pub(crate) fn new(world: &'a World) -> Self {
        let of_identity = |workload: &'a Workload| (workload.namespace.as_str(), workload.identity.name.as_str());
        Self {
            by_identity_name: Groups::new(world.workloads.iter().map(of_identity).zip(0..)),
            by_namespace: OnceLock::new(),
            services: OnceLock::new(),
            endpoints: grouped(&world.endpoints, |endpoints| {
                (endpoints.namespace.as_str(), endpoints.service.as_str())
            }),
            namespaces: world.namespaces.iter().rev().map(|namespace| (namespace.name.as_str(), namespace)).collect(),
            protected: grouped(&world.protected_services, |protected| {
                (protected.protected.namespace.as_str(), protected.protected.name.as_str())
            }),
            intents: OnceLock::new(),
        }
    }
}

impl<'a> PlanContext<'a> {
    /// The world, with the labels that its pods have in the input.
    pub(crate) fn new(
        world: &'a World,
        config: &'a Config,
        calls: &'a Calls<'a>,
        names: Names<'a>,
        threads: usize,
    ) -> Self {
        let workloads = world.workloads.iter().map(|workload| LabelledWorkload { workload, change: None });
        Self {
            world,
            config,
            calls,
            workloads: workloads.collect(),
            threads,
            names,
            by_label: OnceLock::new(),
            services_by_rarest_label: OnceLock::new(),
            outside_access: OnceLock::new(),
            own_selections: OwnSelections::new(),
        }
    }

    /// The same world with the labels of its pods changed. The changes are in the order of the workloads.
    pub(crate) fn with_changes(mut self, changes: &'a [MapChange]) -> Self {
        let mut changes = changes.iter().peekable();
        for labelled in &mut self.workloads {
            labelled.change = changes.next_if(|change| change.resource == labelled.workload.resource);
        }
        (self.by_label, self.services_by_rarest_label) = (OnceLock::new(), OnceLock::new());
        self.outside_access = OnceLock::new();
        self
    }

    /// What policies of other hands already admit from outside the cluster.
    pub(crate) fn outside_access(&self) -> &OutsideAccess<'a> {
        self.outside_access.get_or_init(|| OutsideAccess::of(self))
    }

    /// The Service of that namespace and name.
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        let services = self.names.services.get_or_init(|| {
            let mut services = IndexMap::with_capacity(self.world.services.len());
            for service in &self.world.services {
                services.entry((service.namespace.as_str(), service.name.as_str())).or_insert(service);
            }
            services
        });
        services.get(&(namespace, name)).copied()
    }

    /// The Namespace manifest of that name.
    pub(crate) fn namespace(&self, name: &str) -> Option<&'a Namespace> {
        self.names.namespaces.get(name).copied()
    }

    /// Endpoints and EndpointSlices of a Service, in an order that does not depend on that of the input.
    pub(crate) fn endpoints(&self, namespace: &str, service: &str) -> Vec<&'a Endpoints> {
        let mut endpoints = self.names.endpoints.get(&(namespace, service)).cloned().unwrap_or_default();
        endpoints.sort_by(|a, b| (&a.addresses, &a.ports).cmp(&(&b.addresses, &b.ports)));
        endpoints
    }

    /// NetworkPolicies in the input that are not ours, sorted by namespace.
    pub(crate) fn hand_written_policies(&self) -> Vec<&'a InputPolicy> {
        let policies = self.world.policies.iter().filter(|input| !ownership::is_ours(&input.policy, self.config));
        let mut policies: Vec<&InputPolicy> = policies.collect();
        policies.sort_by_key(|input| &input.policy.namespace);
        policies
    }

    /// The workloads that an identity means: of that name and namespace and, if it has a kind, of that kind.
    ///
    /// An identity of kind `Service` means no workload.
    pub(crate) fn workloads_of<'s>(
        &'s self,
        identity: &'s Identity,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> + use<'a, 's> {
        let is_meant = |labelled: &LabelledWorkload<'_>| {
            identity.kind.is_none() || labelled.workload.identity.kind == identity.kind
        };
        self.of_name(&identity.namespace, &identity.name).filter(is_meant)
    }

    /// The workloads of that namespace and identity name, of whatever kind.
    pub(crate) fn of_name<'s>(
        &'s self,
        namespace: &'s str,
        name: &'s str,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> + use<'a, 's> {
        self.at(self.names.by_identity_name.of(&(namespace, name)))
    }

    /// The workloads of a namespace whose pods a selector selects, in input order.
    pub(crate) fn selected(&self, namespace: &str, selector: &LabelSelector) -> Vec<LabelledWorkload<'a>> {
        let values = selector.match_expressions.iter().filter(|requirement| requirement.operator == Operator::In);
        let in_one = values.filter_map(|requirement| match requirement.values.as_slice() {
            [value] => Some((requirement.key.as_str(), value.as_str())),
            _ => None,
        });
        let labels = selector.match_labels.iter().chain(in_one);
        self.candidates(namespace, labels).filter(|found| found.is_selected_by(selector)).collect()
    }

    /// The workloads behind a Service, in input order; none if it has no selector (decision D10).
    pub(crate) fn behind<'s>(
        &'s self,
        service: &'s Service,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> + use<'a, 's> {
        let candidates = service.pod_selector().map(|labels| self.candidates(&service.namespace, labels));
        candidates.into_iter().flatten().filter(|found| found.is_behind(service))
    }

    /// A workload behind a Service that is none of those. Stops at the first one.
    pub(crate) fn other_behind(&self, service: &Service, known: &BTreeSet<ResourceId>) -> Option<LabelledWorkload<'a>> {
        self.behind(service).find(|found| !known.contains(&found.workload.resource))
    }

    /// The Services that select a workload's pods, sorted by name.
    pub(crate) fn services_selecting(&self, labelled: LabelledWorkload<'a>) -> Vec<&'a Service> {
        let namespace = labelled.workload.namespace.as_str();
        let by_label = self
            .services_by_rarest_label
            .get_or_init(|| services_by_rarest_label(&self.world.services, self.by_label()));
        let mut services: Vec<&Service> = labelled
            .labels()
            .filter_map(|(key, value)| by_label.get(&(namespace, key, value)))
            .flatten()
            .copied()
            .filter(|service| labelled.is_behind(service))
            .collect();
        services.sort_by(|a, b| a.name.cmp(&b.name));
        services
    }

    /// The resource whose package a policy for `identity` belongs to: its first workload by (name, kind), else the first of the
    /// ClientIntents that ask for it by (namespace, name) (`DESIGN.md` 1.4 rule 15). None where no resource says its package.
    pub(crate) fn package_of(&self, identity: &Identity, declared_in: &[ResourceId]) -> Option<ResourceId> {
        if self.world.package_paths.is_empty() {
            return None;
        }
        let service = identity.is_service().then(|| self.service(&identity.namespace, &identity.name)).flatten();
        let workload = self
            .workloads_of(identity)
            .chain(service.into_iter().flat_map(|service| self.behind(service)))
            .min_by_key(|labelled| (&labelled.workload.name, &labelled.workload.kind))
            .map(|labelled| labelled.workload.resource);
        let intents = || {
            let intents = self.names.intents.get_or_init(|| {
                let intents = self.world.client_intents.iter();
                intents.map(|own| (own.resource, (own.namespace.as_str(), own.name.as_str()))).collect()
            });
            let named = declared_in.iter().filter_map(|id| Some((intents.get(id)?, *id)));
            named.min().map(|(_, resource)| resource)
        };
        workload.or_else(intents).or(declared_in.first().copied())
    }

    /// A selector for exactly this workload's pods: by our labels where the pods get them and no other workload has the same,
    /// else by its own selector.
    pub(crate) fn workload_selector(&self, labelled: LabelledWorkload<'a>) -> LabelSelector {
        let keys: &[&str] = match self.config.profile {
            Profile::Classic => &[keys::SERVER],
            Profile::V2 => &[keys::SERVICE, keys::OWNER_KIND],
        };
        let ours = || keys.iter().filter_map(|key| Some((*key, labelled.label(key)?)));
        let workload = labelled.workload;
        let tells_apart = |selector: &LabelSelector| {
            !selector.is_empty()
                && self
                    .candidates(&workload.namespace, &selector.match_labels)
                    .all(|found| found.workload.resource == workload.resource || !found.is_selected_by(selector))
        };
        // Without a kind the name alone selects, as for access policies, unless that is not enough.
        let by_name = LabelSelector::from_labels(ours().filter(|(_, value)| !value.is_empty()).collect());
        if let Some(found) = [by_name, LabelSelector::from_labels(ours().collect())].into_iter().find(tells_apart) {
            return found;
        }
        workload.selector.clone().unwrap_or_else(|| LabelSelector::from_labels(labelled.to_labels()))
    }

    /// Whether a ProtectedService covers a target (`spec/otterize.md` 4.8, decision D4).
    pub(crate) fn is_protected(&self, server: &Identity) -> bool {
        let named = self.names.protected.get(&(server.namespace.as_str(), server.name.as_str()));
        named.into_iter().flatten().any(|protected| match (&protected.protected.kind, &server.kind) {
            (None, _) => true,
            (Some(protected), None) => protected != "Service",
            (Some(protected), Some(server)) => protected == server,
        })
    }

    /// Whether ingress of this server is enforced (`spec/otterize.md` 4.8).
    pub(crate) fn ingress_is_enforced(&self, server: &Identity) -> bool {
        self.config.mode == Mode::Active
            || self.config.enforced_namespaces.contains(&server.namespace)
            || self.is_protected(server)
    }

    /// Whether `watchedNamespaces` allows to act in a namespace.
    pub(crate) fn is_watched(&self, namespace: &str) -> bool {
        self.config.watched_namespaces.is_empty() || self.config.watched_namespaces.contains(namespace)
    }

    /// The API server's addresses from the configuration or the bundle; `None` when no endpoint is known (decision D17).
    pub(crate) fn api_server(&self) -> Option<ApiServerAddresses> {
        let cluster_ips = self.service("default", "kubernetes").map(|service| service.cluster_ips.clone());
        let slices = self.endpoints("default", "kubernetes");
        let endpoints: Vec<IpAddr> = match &self.config.api_server {
            Some(api_server) => api_server.addresses.clone(),
            None => slices.iter().flat_map(|slice| slice.addresses.iter().copied()).collect(),
        };
        let ports: Vec<(Protocol, u16)> = match &self.config.api_server {
            Some(api_server) if !api_server.ports.is_empty() => {
                api_server.ports.iter().map(|port| (Protocol::Tcp, *port)).collect()
            }
            _ => slices.iter().flat_map(|slice| slice.ports.iter().map(|(port, p)| (*p, *port))).collect(),
        };
        (!endpoints.is_empty()).then(|| ApiServerAddresses {
            cluster_ips: distinct(cluster_ips.unwrap_or_default()),
            endpoints: distinct(endpoints),
            ports: distinct(ports),
        })
    }

    /// The workloads of a namespace that have the rarest of these labels, as far as they are indexed; all of them for no labels.
    fn candidates<'s>(
        &'s self,
        namespace: &'s str,
        labels: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> {
        let of_label = self.by_label().rarest(namespace, labels);
        let any = of_label.is_none().then(|| self.by_namespace().of(&namespace));
        let of_label = of_label.map(|(key, value)| self.by_label().workloads.of(&(namespace, key, value)));
        self.at(any.into_iter().flatten().chain(of_label.into_iter().flatten()))
    }

    fn by_namespace(&self) -> &Groups<&'a str> {
        let namespaces = || self.world.workloads.iter().map(|workload| workload.namespace.as_str());
        self.names.by_namespace.get_or_init(|| Groups::new(namespaces().zip(0..)))
    }

    fn by_label(&self) -> &ByLabel<'a> {
        self.by_label.get_or_init(|| {
            let keys = (self.config.selectors == Selectors::Labels).then(|| selected_keys(self.world));
            let is_asked_for = |key: &str| keys.as_ref().is_none_or(|keys| keys.contains(key));
            let workloads = self.workloads.iter().enumerate();
            let labels = workloads.flat_map(|(index, labelled)| {
                let namespace = labelled.workload.namespace.as_str();
                let labels = labelled.labels().filter(|(key, _)| is_asked_for(key));
                labels.map(move |(key, value)| ((namespace, key, value), index))
            });
            let workloads = Groups::new(labels);
            ByLabel { workloads, keys }
        })
    }

    fn at(&self, indexes: impl Iterator<Item = usize>) -> impl Iterator<Item = LabelledWorkload<'a>> {
        indexes.filter_map(|index| self.workloads.get(index)).copied()
    }
}

/// Groups items by a key, keeping their order.
fn grouped<'a, T: 'a, K: Ord>(
    items: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> BTreeMap<K, Vec<&'a T>> {
    let mut groups: BTreeMap<K, Vec<&'a T>> = BTreeMap::new();
    for item in items {
        groups.entry(key(item)).or_default().push(item);
    }
    groups
}

/// Workloads by namespace, label key and label value.
struct ByLabel<'a> {
    workloads: Groups<(&'a str, &'a str, &'a str)>,
    /// The keys that are indexed; `None` for all of them.
    keys: Option<BTreeSet<&'a str>>,
}

/// The keys that selectors of the world require, and those of our selectors: nobody selects by the other labels of pods, which
/// are most, unless workloads are selected by their own selectors.
fn selected_keys(world: &World) -> BTreeSet<&str> {
    let services = world.services.iter().filter_map(Service::pod_selector).flat_map(|labels| labels.keys());
    let policies = world.policies.iter().map(|input| &input.policy.spec.pod_selector);
    let selectors = policies.chain(world.monitors.iter().map(|monitor| &monitor.selector));
    let of_selectors = selectors.flat_map(|selector| {
        let expressions = selector.match_expressions.iter().map(|requirement| requirement.key.as_str());
        selector.match_labels.keys().chain(expressions)
    });
    services.chain(of_selectors).chain([keys::SERVER, keys::SERVICE, keys::OWNER_KIND]).collect()
}

/// Services by namespace and the pair of their selector that the fewest workloads have.
type ServicesByLabel<'a> = IndexMap<(&'a str, &'a str, &'a str), Vec<&'a Service>>;

impl ByLabel<'_> {
    /// The pair of labels that the fewest workloads of the namespace have, of those that are indexed; `None` if none is.
    fn rarest<'l>(
        &self,
        namespace: &str,
        labels: impl IntoIterator<Item = (&'l str, &'l str)>,
    ) -> Option<(&'l str, &'l str)> {
        let is_indexed = |(key, _): &(&str, &str)| self.keys.as_ref().is_none_or(|keys| keys.contains(key));
        let mut labels = labels.into_iter().filter(is_indexed).peekable();
        let first = labels.next()?;
        if labels.peek().is_none() {
            return Some(first);
        }
        std::iter::once(first).chain(labels).min_by_key(|(key, value)| self.workloads.count(&(namespace, key, value)))
    }
}

fn services_by_rarest_label<'a>(services: &'a [Service], by_label: &ByLabel<'_>) -> ServicesByLabel<'a> {
    let mut index = ServicesByLabel::new();
    for service in services {
        if let Some((key, value)) =
            service.pod_selector().and_then(|labels| by_label.rarest(&service.namespace, labels))
        {
            index.entry((service.namespace.as_str(), key, value)).or_default().push(service);
        }
    }
    index
}
