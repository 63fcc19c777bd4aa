//! What every rule family looks things up in: the world with its labels as they will be, indexed so that no look-up is a scan.

use super::calls::Calls;
use super::distinct::distinct;
use super::groups::Groups;
use super::labelled_workload::LabelledWorkload;
use super::ownership;
use crate::config::{Config, Mode, Profile};
use crate::model::identity::Identity;
use crate::model::intent::ProtectedService;
use crate::model::place::ResourceId;
use crate::model::policy::{InputPolicy, Protocol};
use crate::model::selector::{LabelSelector, Labels, Operator};
use crate::model::service::{Endpoints, Service};
use crate::model::workload::Workload;
use crate::model::world::{Namespace, World};
use crate::plan::keys;
use indexmap::IndexMap;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

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
    names: Names<'a>,
    /// Workloads by namespace, label key and label value. Made when somebody asks, as [`Self::services_by_rarest_label`].
    by_label: OnceCell<ByLabel<'a>>,
    services_by_rarest_label: OnceCell<ServicesByLabel<'a>>,
    /// `selectors: native`: what the own selector of each workload selects; empty otherwise.
    pub(crate) own_selections: OwnSelections<'a>,
}

/// Namespace and selector -> the workloads that it selects, sorted by (name, kind).
pub(crate) type OwnSelections<'a> = BTreeMap<&'a str, BTreeMap<LabelSelector, Vec<&'a Workload>>>;

/// What does not depend on labels.
struct Names<'a> {
    by_identity_name: Groups<(&'a str, &'a str)>,
    by_namespace: Groups<&'a str>,
    services: IndexMap<(&'a str, &'a str), &'a Service>,
    endpoints: BTreeMap<(&'a str, &'a str), Vec<&'a Endpoints>>,
    namespaces: BTreeMap<&'a str, &'a Namespace>,
    protected: BTreeMap<(&'a str, &'a str), Vec<&'a ProtectedService>>,
    hand_written: BTreeMap<&'a str, Vec<&'a InputPolicy>>,
    intents: IndexMap<ResourceId, (&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    fn new(world: &'a World, config: &'a Config) -> Self {
        let workloads = || world.workloads.iter().enumerate();
        let of_identity = |workload: &'a Workload| (workload.namespace.as_str(), workload.identity.name.as_str());
        let mut services = IndexMap::with_capacity(world.services.len());
        for service in &world.services {
            services.entry((service.namespace.as_str(), service.name.as_str())).or_insert(service);
        }
        Self {
            by_identity_name: Groups::new(workloads().map(|(index, workload)| (of_identity(workload), index))),
            by_namespace: Groups::new(workloads().map(|(index, workload)| (workload.namespace.as_str(), index))),
            services,
            endpoints: grouped(&world.endpoints, |endpoints| {
                (endpoints.namespace.as_str(), endpoints.service.as_str())
            }),
            namespaces: world.namespaces.iter().rev().map(|namespace| (namespace.name.as_str(), namespace)).collect(),
            protected: grouped(&world.protected_services, |protected| {
                (protected.protected.namespace.as_str(), protected.protected.name.as_str())
            }),
            hand_written: grouped(
                world.policies.iter().filter(|input| !ownership::is_ours(&input.policy, config)),
                |input| input.policy.namespace.as_str(),
            ),
            intents: world
                .client_intents
                .iter()
                .map(|intents| (intents.resource, (intents.namespace.as_str(), intents.name.as_str())))
                .collect(),
        }
    }
}

impl<'a> PlanContext<'a> {
    /// Indexes the world, with the labels that its pods have in the input.
    pub(crate) fn new(world: &'a World, config: &'a Config, calls: &'a Calls<'a>) -> Self {
        let labels = world.workloads.iter().map(|workload| &workload.template_labels);
        Self::labelled(world, config, calls, Names::new(world, config), labels)
    }

    /// The same world with other labels of its pods, workload by workload.
    pub(crate) fn with_labels<'b>(self, labels: &'b [Cow<'b, Labels>]) -> PlanContext<'b>
    where
        'a: 'b,
    {
        let labels = labels.iter().map(|labels| &**labels);
        PlanContext::labelled(self.world, self.config, self.calls, self.names, labels)
    }

    fn labelled(
        world: &'a World,
        config: &'a Config,
        calls: &'a Calls<'a>,
        names: Names<'a>,
        labels: impl Iterator<Item = &'a Labels>,
    ) -> Self {
        let labelled = world.workloads.iter().zip(labels);
        Self {
            world,
            config,
            calls,
            workloads: labelled.map(|(workload, labels)| LabelledWorkload { workload, labels }).collect(),
            names,
            by_label: OnceCell::new(),
            services_by_rarest_label: OnceCell::new(),
            own_selections: OwnSelections::new(),
        }
    }

    /// The Service of that namespace and name.
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.names.services.get(&(namespace, name)).copied()
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

    /// NetworkPolicies of that namespace in the input that are not ours.
    pub(crate) fn hand_written_policies(&self, namespace: &str) -> &[&'a InputPolicy] {
        self.names.hand_written.get(namespace).map_or(&[], Vec::as_slice)
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
        self.candidates(namespace, labels).filter(|found| selector.matches(found.labels)).collect()
    }

    /// The workloads behind a Service, in input order; none if it has no selector (decision D10).
    pub(crate) fn behind<'s>(
        &'s self,
        service: &'s Service,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> + use<'a, 's> {
        let candidates = service.pod_selector().map(|labels| self.candidates(&service.namespace, labels));
        candidates.into_iter().flatten().filter(|found| service.selects(found.labels))
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
            .labels
            .iter()
            .filter_map(|(key, value)| by_label.get(&(namespace, key, value)))
            .flatten()
            .copied()
            .filter(|service| service.selects(labelled.labels))
            .collect();
        services.sort_by(|a, b| a.name.cmp(&b.name));
        services
    }

    /// The resource whose package a policy for `identity` belongs to: its first workload by (name, kind), else the first of the
    /// ClientIntents that ask for it by (namespace, name) (`DESIGN.md` 1.4 rule 15).
    pub(crate) fn package_of(&self, identity: &Identity, declared_in: &[ResourceId]) -> Option<ResourceId> {
        let service = self.service(&identity.namespace, &identity.name).filter(|_| identity.is_service());
        let workload = self
            .workloads_of(identity)
            .chain(service.into_iter().flat_map(|service| self.behind(service)))
            .min_by_key(|labelled| (&labelled.workload.name, &labelled.workload.kind))
            .map(|labelled| labelled.workload.resource);
        let intents = || {
            let named = declared_in.iter().filter_map(|id| Some((self.names.intents.get(id)?, *id)));
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
        let ours = keys.iter().filter_map(|key| labelled.labels.get_key_value(key));
        let ours = LabelSelector::from_labels(ours.collect());
        let workload = labelled.workload;
        let is_told_apart = !ours.is_empty()
            && self
                .candidates(&workload.namespace, &ours.match_labels)
                .all(|found| found.workload.resource == workload.resource || !ours.matches(found.labels));
        match &workload.selector {
            _ if is_told_apart => ours,
            Some(own) => own.clone(),
            None => LabelSelector::from_labels(labelled.labels.clone()),
        }
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

    /// The workloads of a namespace that have the rarest of these labels; all of them for no labels.
    fn candidates<'s>(
        &'s self,
        namespace: &'s str,
        labels: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> impl Iterator<Item = LabelledWorkload<'a>> {
        let of_label = rarest(self.by_label(), namespace, labels);
        let any = of_label.is_none().then(|| self.names.by_namespace.of(&namespace));
        let of_label = of_label.map(|(key, value)| self.by_label().of(&(namespace, key, value)));
        self.at(any.into_iter().flatten().chain(of_label.into_iter().flatten()))
    }

    fn by_label(&self) -> &ByLabel<'a> {
        self.by_label.get_or_init(|| {
            let workloads = self.workloads.iter().enumerate();
            Groups::new(workloads.flat_map(|(index, LabelledWorkload { workload, labels })| {
                labels.iter().map(move |(key, value)| ((workload.namespace.as_str(), key, value), index))
            }))
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
type ByLabel<'a> = Groups<(&'a str, &'a str, &'a str)>;

/// Services by namespace and the pair of their selector that the fewest workloads have.
type ServicesByLabel<'a> = IndexMap<(&'a str, &'a str, &'a str), Vec<&'a Service>>;

/// The pair of labels that the fewest workloads of the namespace have; `None` for no labels at all.
fn rarest<'l>(
    by_label: &ByLabel<'_>,
    namespace: &str,
    labels: impl IntoIterator<Item = (&'l str, &'l str)>,
) -> Option<(&'l str, &'l str)> {
    let mut labels = labels.into_iter().peekable();
    let first = labels.next()?;
    if labels.peek().is_none() {
        return Some(first);
    }
    std::iter::once(first).chain(labels).min_by_key(|(key, value)| by_label.count(&(namespace, key, value)))
}

fn services_by_rarest_label<'a>(services: &'a [Service], by_label: &ByLabel<'_>) -> ServicesByLabel<'a> {
    let mut index = ServicesByLabel::new();
    for service in services {
        if let Some((key, value)) =
            service.pod_selector().and_then(|labels| rarest(by_label, &service.namespace, labels))
        {
            index.entry((service.namespace.as_str(), key, value)).or_default().push(service);
        }
    }
    index
}
