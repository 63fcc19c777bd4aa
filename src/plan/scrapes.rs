//! Who is scraped for metrics and on which ports: annotations of pods and Services, ServiceMonitors and PodMonitors.

use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::pod_ports;
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{PortValue, Protocol};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::Service;
use crate::model::traffic::{Monitor, MonitorEndpoint, MonitorKind, MonitorNamespaces};
use std::collections::{BTreeMap, BTreeSet};

/// Annotation that asks for scraping.
const SCRAPE: &str = "prometheus.io/scrape";
/// Annotation that says where.
const PORT: &str = "prometheus.io/port";

/// Through what a workload is scraped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Its pods themselves.
    Pod,
    /// A Service.
    Service,
}

/// The scraping of one workload at one level, whoever asks for it (decision D11).
pub(crate) struct Scrape<'a> {
    /// The workload.
    pub(crate) labelled: LabelledWorkload<'a>,
    /// Through what.
    pub(crate) level: Level,
    /// The first of the Services by name, at that level.
    pub(crate) service: Option<&'a Service>,
    /// TCP ports of the pods. Empty if no port could be found.
    pub(crate) ports: BTreeSet<u16>,
    /// Port annotations that are no numbers, each with its object.
    pub(crate) bad_ports: Vec<(Place, String)>,
    /// What asks for it first.
    pub(crate) place: Place,
}

/// All scrapes, sorted by namespace, name and kind of the workload, and level.
pub(crate) fn find<'a>(context: &PlanContext<'a>) -> Vec<Scrape<'a>> {
    let mut found = Found::default();
    for labelled in &context.workloads {
        let annotations = &labelled.workload.template_annotations;
        if annotations.get(SCRAPE).is_some_and(|value| value == "true") {
            let all = labelled.workload.ports().map(|port| port.number).collect();
            let place = labelled.workload.place;
            found.annotated(*labelled, None, place, annotations, all);
        }
    }
    let is_annotated = |service: &&Service| service.annotations.get(SCRAPE).is_some_and(|value| value == "true");
    for service in sorted(context.world.services.iter().filter(is_annotated)) {
        for labelled in context.behind(service) {
            let all = pod_ports::of_service(service, &[labelled]).into_iter().map(|(_, port)| port).collect();
            found.annotated(labelled, Some(service), service.place, &service.annotations, all);
        }
    }
    if !context.world.monitors.is_empty() {
        monitored(context, &sorted(context.world.services.iter()), &mut found);
    }
    let mut scrapes: Vec<Scrape<'a>> = found.by_workload.into_values().collect();
    scrapes.sort_by_key(|scrape| {
        let workload = scrape.labelled.workload;
        (&workload.namespace, &workload.name, &workload.kind, scrape.level)
    });
    scrapes
}

fn sorted<'a>(services: impl Iterator<Item = &'a Service>) -> Vec<&'a Service> {
    let mut services: Vec<&Service> = services.collect();
    services.sort_by_key(|service| (&service.namespace, &service.name));
    services
}

#[derive(Default)]
struct Found<'a> {
    by_workload: BTreeMap<(ResourceId, Level), Scrape<'a>>,
}

impl<'a> Found<'a> {
    /// Adds the ports of one request. Services come sorted by name, so that the first one stays.
    fn add(
        &mut self,
        labelled: LabelledWorkload<'a>,
        service: Option<&'a Service>,
        place: Place,
        ports: BTreeSet<u16>,
    ) -> &mut Scrape<'a> {
        let level = if service.is_some() { Level::Service } else { Level::Pod };
        let scrape = self.by_workload.entry((labelled.workload.resource, level)).or_insert_with(|| Scrape {
            labelled,
            level,
            service,
            ports: BTreeSet::new(),
            bad_ports: Vec::new(),
            place,
        });
        scrape.ports.extend(ports);
        if scrape.service.map(|service| &service.name) > service.map(|service| &service.name) {
            scrape.service = service;
        }
        scrape
    }

    /// Adds a request by annotations: the port that they say, else all of them.
    fn annotated(
        &mut self,
        labelled: LabelledWorkload<'a>,
        service: Option<&'a Service>,
        place: Place,
        annotations: &Labels,
        all: BTreeSet<u16>,
    ) {
        match annotations.get(PORT).filter(|text| !text.is_empty()) {
            None => drop(self.add(labelled, service, place, all)),
            Some(text) => match text.parse::<u16>().ok().filter(|port| *port != 0) {
                Some(port) => drop(self.add(labelled, service, place, BTreeSet::from([port]))),
                None => self.add(labelled, service, place, BTreeSet::new()).bad_ports.push((place, text.to_owned())),
            },
        }
    }
}

/// Adds what ServiceMonitors and PodMonitors select.
fn monitored<'a>(context: &PlanContext<'a>, services: &[&'a Service], found: &mut Found<'a>) {
    let index = MonitoredServices::of(services);
    let all_namespaces: BTreeSet<&str> = context
        .world
        .workloads
        .iter()
        .map(|workload| workload.namespace.as_str())
        .chain(services.iter().map(|service| service.namespace.as_str()))
        .collect();
    for monitor in &context.world.monitors {
        for namespace in namespaces(monitor, &all_namespaces) {
            match monitor.kind {
                MonitorKind::Pod => {
                    for labelled in context.selected(namespace, &monitor.selector) {
                        let ports: BTreeSet<u16> =
                            monitor.endpoints.iter().flat_map(|endpoint| pod_endpoint(endpoint, labelled)).collect();
                        if !ports.is_empty() {
                            found.add(labelled, None, monitor.place, ports);
                        }
                    }
                }
                MonitorKind::Service => {
                    for service in index.selected(namespace, &monitor.selector) {
                        for labelled in context.behind(service) {
                            let endpoints = monitor.endpoints.iter();
                            let ports: BTreeSet<u16> =
                                endpoints.flat_map(|endpoint| service_endpoint(endpoint, service, labelled)).collect();
                            if !ports.is_empty() {
                                found.add(labelled, Some(service), monitor.place, ports);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn namespaces<'m>(monitor: &'m Monitor, all: &BTreeSet<&'m str>) -> Vec<&'m str> {
    match &monitor.namespaces {
        MonitorNamespaces::Own => vec![&monitor.namespace],
        MonitorNamespaces::Any => all.iter().copied().collect(),
        MonitorNamespaces::Names(names) => {
            names.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
        }
    }
}

/// Services by their labels.
struct MonitoredServices<'a> {
    by_namespace: BTreeMap<&'a str, Vec<&'a Service>>,
    by_label: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Service>>,
}

impl<'a> MonitoredServices<'a> {
    fn of(services: &[&'a Service]) -> Self {
        let mut index = Self { by_namespace: BTreeMap::new(), by_label: BTreeMap::new() };
        for service in services {
            let namespace = service.namespace.as_str();
            index.by_namespace.entry(namespace).or_default().push(service);
            for (key, value) in &service.labels {
                index.by_label.entry((namespace, key, value)).or_default().push(service);
            }
        }
        index
    }

    fn selected(&self, namespace: &str, selector: &LabelSelector) -> Vec<&'a Service> {
        let with_label = selector
            .match_labels
            .iter()
            .map(|(key, value)| self.by_label.get(&(namespace, key, value)).map(Vec::as_slice).unwrap_or_default());
        let rarest = with_label.min_by_key(|services| services.len());
        let candidates =
            rarest.unwrap_or_else(|| self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default());
        candidates.iter().copied().filter(|service| selector.matches(&service.labels)).collect()
    }
}

/// The ports that a PodMonitor's endpoint means on these pods.
fn pod_endpoint(endpoint: &MonitorEndpoint, labelled: LabelledWorkload<'_>) -> Vec<u16> {
    let named = endpoint.port.clone().map(PortValue::Name);
    match named.as_ref().or(endpoint.target_port.as_ref()) {
        Some(port) => labelled.workload.resolve_port(port, Protocol::Tcp).into_iter().collect(),
        None => labelled.workload.ports().map(|port| port.number).collect(),
    }
}

/// The ports that a ServiceMonitor's endpoint means on the pods behind one of its Services.
fn service_endpoint(endpoint: &MonitorEndpoint, service: &Service, labelled: LabelledWorkload<'_>) -> Vec<u16> {
    let ports = service.ports.iter().filter(|port| endpoint.port.is_none() || port.name == endpoint.port);
    match (&endpoint.port, &endpoint.target_port) {
        (None, Some(target)) => labelled.workload.resolve_port(target, Protocol::Tcp).into_iter().collect(),
        _ => ports.flat_map(|port| pod_ports::of_service_port(port, &[labelled])).map(|(_, port)| port).collect(),
    }
}
