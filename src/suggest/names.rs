//! What a host name means in a namespace: a Service, a pod of a StatefulSet, the API server, or something that is not in the input.

use super::objects::namespace_of;
use crate::config::Config;
use crate::model::identity::Identity;
use crate::model::policy::PortValue;
use crate::model::service::{Service, ServiceType};
use crate::model::workload::Workload;
use crate::model::world::World;
use crate::read::package::Package;
use crate::read::tree::Node;
use std::collections::{BTreeMap, BTreeSet};

/// Domains that are never on the internet.
const LOCAL_DOMAINS: [&str; 7] = ["local", "localdomain", "localhost", "internal", "invalid", "test", "svc"];

/// Look-ups in a world, by namespace and name.
pub(super) struct Names<'w> {
    pub(super) world: &'w World,
    services: BTreeMap<(&'w str, &'w str), &'w Service>,
    /// By name alone; `None` where several namespaces have it.
    services_by_name: BTreeMap<&'w str, Option<&'w Service>>,
    /// Targets of Services of type ExternalName.
    external_names: BTreeMap<(&'w str, &'w str), &'w str>,
    workloads: BTreeMap<(&'w str, &'w str), Vec<usize>>,
    /// Workloads of a namespace that have a label with a value.
    by_label: BTreeMap<(&'w str, &'w str, &'w str), Vec<usize>>,
    namespaces: BTreeSet<&'w str>,
}

/// What a host name means.
pub(super) enum Host<'w> {
    /// A Service of the input, or one pod behind it.
    Service(ServiceHost<'w>),
    /// The API server.
    ApiServer,
    /// By its form a name in the cluster, which the input does not have.
    NotInInput {
        /// Whether the form leaves no other meaning (`a.b.svc`).
        is_qualified: bool,
    },
    /// A domain outside the cluster.
    Outside(String),
    /// An address, `localhost`, or no host at all.
    Nothing,
}

/// A host name that means a Service.
pub(super) struct ServiceHost<'w> {
    pub(super) service: &'w Service,
    /// The StatefulSet, if the name is that of one of its pods.
    pub(super) pod_of: Option<usize>,
    /// Whether the form leaves no other meaning (`a.b.svc`, `a-0.a`).
    pub(super) is_qualified: bool,
}

impl<'w> Names<'w> {
    pub(super) fn new(package: &'w Package, world: &'w World, config: &'w Config) -> Self {
        let mut names = Self {
            world,
            services: BTreeMap::new(),
            services_by_name: BTreeMap::new(),
            external_names: BTreeMap::new(),
            workloads: BTreeMap::new(),
            by_label: BTreeMap::new(),
            namespaces: world.namespaces.iter().map(|namespace| namespace.name.as_str()).collect(),
        };
        for service in &world.services {
            let key = (service.namespace.as_str(), service.name.as_str());
            names.services.entry(key).or_insert(service);
            names.namespaces.insert(&service.namespace);
            let of_name = names.services_by_name.entry(&service.name);
            of_name.and_modify(|known| *known = None).or_insert(Some(service));
            let target = package.node(service.resource).and_then(|node| node.path(&["spec", "externalName"]));
            if service.service_type == ServiceType::ExternalName {
                names.external_names.extend(target.and_then(Node::as_str).map(|target| (key, target)));
            }
        }
        for (index, workload) in world.workloads.iter().enumerate() {
            let namespace = workload.namespace.as_str();
            names.namespaces.insert(namespace);
            names.workloads.entry((namespace, workload.identity.name.as_str())).or_default().push(index);
            for (key, value) in &workload.template_labels {
                names.by_label.entry((namespace, key, value)).or_default().push(index);
            }
        }
        names.namespaces.extend(package.resources.iter().map(|resource| namespace_of(resource, config)));
        names
    }

    /// The workload with that index.
    pub(super) fn workload(&self, index: usize) -> Option<&'w Workload> {
        self.world.workloads.get(index)
    }

    /// Indices of the workloads that an identity stands for: without a kind those of every kind.
    pub(super) fn workloads_of(&self, identity: &Identity) -> Vec<usize> {
        let found = self.workloads.get(&(identity.namespace.as_str(), identity.name.as_str()));
        let has_kind = |index: &usize| {
            identity.kind.is_none() || self.workload(*index).is_some_and(|own| own.identity.kind == identity.kind)
        };
        found.map(Vec::as_slice).unwrap_or_default().iter().copied().filter(has_kind).collect()
    }

    /// The Service with that name.
    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<&'w Service> {
        self.services.get(&(namespace, name)).copied()
    }

    /// The only Service of that name in the input.
    pub(super) fn service_elsewhere(&self, name: &str) -> Option<&'w Service> {
        self.services_by_name.get(name).copied().flatten()
    }

    /// Indices of the workloads that a Service selects.
    pub(super) fn behind(&self, service: &'w Service) -> Vec<usize> {
        let Some(selector) = service.pod_selector() else { return Vec::new() };
        let lists = selector.iter().map(|(key, value)| {
            self.by_label.get(&(service.namespace.as_str(), key, value)).map(Vec::as_slice).unwrap_or_default()
        });
        let shortest = lists.min_by_key(|list| list.len()).unwrap_or_default();
        let is_selected =
            |index: &usize| self.workload(*index).is_some_and(|own| service.selects(&own.template_labels));
        shortest.iter().copied().filter(is_selected).collect()
    }

    /// Workloads of a namespace that have that label.
    pub(super) fn with_label(&self, namespace: &str, key: &str, value: &str) -> Vec<usize> {
        self.by_label.get(&(namespace, key, value)).cloned().unwrap_or_default()
    }

    /// Whether the Service, or a pod behind it, has a port of that number.
    pub(super) fn has_port(&self, service: &'w Service, number: u16) -> bool {
        let own = service.ports.iter().any(|port| port.port == number || port.target_port == PortValue::Number(number));
        own || self
            .behind(service)
            .into_iter()
            .filter_map(|index| self.workload(index))
            .any(|workload| workload.ports().any(|port| port.number == number))
    }

    /// The Service that Kubernetes' variable `<NAME>_SERVICE_HOST` stands for in a namespace.
    pub(super) fn service_of_variable(&self, namespace: &str, variable: &str) -> Option<&'w Service> {
        let name = variable.strip_suffix("_SERVICE_HOST").or_else(|| variable.strip_suffix("_SERVICE_PORT"))?;
        self.service(namespace, &name.to_ascii_lowercase().replace('_', "-"))
    }

    /// What a host name means to a pod of `namespace`.
    pub(super) fn host(&self, host: &str, namespace: &str) -> Host<'w> {
        match self.cluster_host(host, namespace) {
            // An alias may lead to another Service; no further, for it could lead round in circles.
            Host::Service(found) => match self.alias(found.service) {
                Some(target) if target.contains('.') => match self.cluster_host(target, &found.service.namespace) {
                    Host::Service(behind) if behind.service.service_type == ServiceType::ExternalName => Host::Nothing,
                    behind => behind,
                },
                Some(_) => Host::Nothing,
                None => Host::Service(found),
            },
            other => other,
        }
    }

    fn alias(&self, service: &Service) -> Option<&'w str> {
        self.external_names.get(&(service.namespace.as_str(), service.name.as_str())).copied()
    }

    fn cluster_host(&self, host: &str, namespace: &str) -> Host<'w> {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let labels: Vec<&str> = host.split('.').take(16).collect();
        if !labels.iter().all(|label| is_label(label)) || is_number(labels.last()) {
            return Host::Nothing;
        }
        let marker = [2, 3].into_iter().find(|&index| labels.get(index) == Some(&"svc"));
        let is_qualified = marker.is_some();
        let found = match (labels.get(..marker.unwrap_or(labels.len())).unwrap_or_default(), is_qualified) {
            (["kubernetes"], _) if namespace == "default" => return Host::ApiServer,
            (["kubernetes", "default"], _) => return Host::ApiServer,
            ([name], _) => self.whole_service(namespace, name, false),
            ([name, of], _) => self
                .whole_service(of, name, is_qualified)
                .or_else(|| (!is_qualified).then(|| self.pod(namespace, of, name)).flatten()),
            ([pod, name, of], true) => self.pod(of, name, pod).or_else(|| self.whole_service(of, name, true)),
            ([pod, name, of], false) => self.pod(of, name, pod),
            _ => None,
        };
        match (found, labels.as_slice()) {
            (Some(found), _) => Host::Service(found),
            (None, ["localhost"]) => Host::Nothing,
            (None, [_]) => Host::NotInInput { is_qualified: false },
            (None, _) if is_qualified => Host::NotInInput { is_qualified },
            (None, [_, of]) if self.namespaces.contains(of) => Host::NotInInput { is_qualified },
            (None, [.., last]) if LOCAL_DOMAINS.contains(last) || last.len() < 2 => Host::Nothing,
            (None, _) => Host::Outside(host),
        }
    }

    fn whole_service(&self, namespace: &str, name: &str, is_qualified: bool) -> Option<ServiceHost<'w>> {
        Some(ServiceHost { service: self.service(namespace, name)?, pod_of: None, is_qualified })
    }

    /// `<statefulset>-<ordinal>` behind a Service.
    fn pod(&self, namespace: &str, service: &str, pod: &str) -> Option<ServiceHost<'w>> {
        let service = self.service(namespace, service)?;
        let (owner, ordinal) = pod.rsplit_once('-')?;
        let is_owner = |index: &usize| {
            self.workload(*index).is_some_and(|workload| workload.kind == "StatefulSet" && workload.name == owner)
        };
        let pod_of = is_number(Some(&ordinal)).then(|| self.behind(service).into_iter().find(is_owner))??;
        Some(ServiceHost { service, pod_of: Some(pod_of), is_qualified: true })
    }
}

fn is_number(text: Option<&&str>) -> bool {
    text.is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
