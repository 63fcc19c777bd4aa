//! Traffic that nobody declares and that policies cut off: from outside, through Ingresses and gateways, metrics, webhooks, DNS.

use super::TrafficVerdict;
use super::directory::Directory;
use super::dns;
use super::words::policy_name;
use crate::config::{Config, KnownWorkload};
use crate::diag::{Code, Finding, Findings};
use crate::model::place::Place;
use crate::model::policy::{Direction, Peer, PortValue, Protocol};
use crate::model::reference_grants::ReferenceGrants;
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::traffic::{ExposureKind, Monitor, MonitorKind, MonitorNamespaces};
use crate::model::workload::Workload;
use crate::plan::exposed_services::not_granted;
use crate::verify::addresses::AddressRange;
use crate::verify::connections::ConnectionSet;
use crate::verify::listing::end_text;
use crate::verify::reach::decisions::{Stranger, Verdict};
use crate::verify::reach::label_index::NamespacedLabels;
use crate::verify::reach::{End, Reachability};
use crate::verify::rendered::NOT_IN_INPUT;
use std::collections::{BTreeMap, BTreeSet};

/// The annotation with which pods and Services ask to be scraped.
const SCRAPE: &str = "prometheus.io/scrape";
/// The annotation with the port to scrape.
const SCRAPE_PORT: &str = "prometheus.io/port";

/// Reports blocked traffic of every kind, and gives a verdict for all of it.
pub(super) fn find(reach: &Reachability<'_>, config: &Config, findings: &mut Findings) -> Vec<TrafficVerdict> {
    let directory = Directory::new(reach);
    let mut search = Search {
        reach,
        directory: &directory,
        findings,
        reported: BTreeSet::new(),
        verdicts: Vec::new(),
        from_outside: BTreeMap::new(),
        from_controllers: BTreeMap::new(),
        from_collectors: BTreeMap::new(),
        isolating: BTreeMap::new(),
    };
    search.services();
    search.exposures();
    search.webhooks();
    let collectors = collectors(reach, config);
    search.annotated(&collectors);
    search.monitors(&collectors);
    let verdicts = search.verdicts;
    dns::find(reach, &directory, config, findings);
    verdicts
}

/// Who scrapes: whom the configuration names, else the Prometheus servers of the input, else somebody unknown.
fn collectors(reach: &Reachability<'_>, config: &Config) -> Vec<Stranger> {
    if !config.prometheus_server_configs.is_empty() {
        return reach.strangers(&config.prometheus_server_configs);
    }
    let servers = reach.world().workloads.iter().filter(|workload| workload.kind == "Prometheus");
    let known: Vec<KnownWorkload> = servers
        .map(|workload| KnownWorkload {
            name: workload.name.clone(),
            namespace: workload.namespace.clone(),
            kind: workload.kind.clone(),
            pod_labels: workload.template_labels.clone(),
        })
        .collect();
    if known.is_empty() { vec![reach.unknown_pod()] } else { reach.strangers(&known) }
}

struct Search<'s, 'w> {
    reach: &'s Reachability<'w>,
    directory: &'s Directory<'s, 'w>,
    findings: &'s mut Findings,
    /// What was reported, since an Ingress has many paths to one Service.
    reported: BTreeSet<(String, usize, ConnectionSet)>,
    verdicts: Vec<TrafficVerdict>,
    /// What the policies on a workload let through from outside: many Services may stand before one.
    from_outside: BTreeMap<usize, ConnectionSet>,
    /// The same from Ingress controllers.
    from_controllers: BTreeMap<usize, ConnectionSet>,
    /// The same from collectors of metrics.
    from_collectors: BTreeMap<usize, ConnectionSet>,
    /// The policies that isolate a workload's ingress, and whether one of them may mean a sender that is not in the input.
    isolating: BTreeMap<usize, Isolating>,
}

/// The policies that isolate a workload's ingress.
#[derive(Clone, Copy)]
struct Isolating {
    first: Option<usize>,
    count: usize,
    /// Whether a rule of theirs means pods that the input does not have.
    has_rules_for_strangers: bool,
}

/// Who sends the traffic.
enum Sender<'s> {
    /// Addresses outside the cluster, or the API server, which arrives like them.
    Outside,
    /// Ingress controllers, which may or may not be in the input; whether the configuration names them.
    Controllers(&'s [Stranger], bool),
    /// Collectors of metrics, in the same way.
    Collectors(&'s [Stranger], bool),
}

/// Traffic to some ports of one workload.
struct Traffic<'s> {
    code: Code,
    /// What it is, for messages: `LoadBalancer Service ns/name`.
    what: String,
    place: Place,
    sender: Sender<'s>,
    help: &'static str,
}

impl<'w> Search<'_, 'w> {
    /// The ports of a Service's pods, by workload.
    fn pod_ports(
        &self,
        service: &'w Service,
        is_meant: impl Fn(&ServicePort) -> bool,
    ) -> BTreeMap<usize, ConnectionSet> {
        let mut found: BTreeMap<usize, Vec<ConnectionSet>> = BTreeMap::new();
        for member in self.directory.behind(service) {
            let Some(index) = self.reach.workload_of(member) else { continue };
            let ports = service.ports.iter().filter(|port| is_meant(port)).filter_map(|port| {
                let number = self.directory.resolve_port(member, &port.target_port, port.protocol)?;
                Some(ConnectionSet::port(port.protocol, number))
            });
            found.entry(index).or_default().extend(ports);
        }
        found.into_iter().map(|(index, sets)| (index, ConnectionSet::union_of(&sets))).collect()
    }

    fn services(&mut self) {
        for service in &self.reach.world().services {
            let (code, kind) = match service.service_type {
                ServiceType::LoadBalancer => (Code::BlockedLoadBalancer, "LoadBalancer"),
                ServiceType::NodePort => (Code::BlockedNodePort, "NodePort"),
                ServiceType::ClusterIp | ServiceType::ExternalName => continue,
            };
            let traffic = Traffic {
                code,
                what: format!("{kind} Service {}/{}", service.namespace, service.name),
                place: service.place,
                sender: Sender::Outside,
                help: "`automateThirdPartyNetworkPolicies: always` opens it, or an ingress rule without `from` for that port",
            };
            for (workload, ports) in self.pod_ports(service, |_| true) {
                self.judge(&traffic, workload, &ports);
            }
        }
    }

    fn exposures(&mut self) {
        let controllers = self.reach.controllers();
        let is_known = controllers.iter().all(|controller| !controller.namespace.is_empty());
        let grants = ReferenceGrants::of(&self.reach.world().reference_grants);
        for exposure in &self.reach.world().exposures {
            let code = match exposure.kind {
                ExposureKind::Ingress | ExposureKind::OpenShiftRoute => Code::BlockedIngress,
                _ => Code::BlockedGateway,
            };
            let mut refused = BTreeSet::new();
            for backend in &exposure.backends {
                let Some(service) = self.directory.service(&backend.namespace, &backend.service) else { continue };
                // What is not granted does not come, whatever policies say.
                if !grants.allow(exposure, backend) {
                    if refused.insert((&backend.namespace, &backend.service)) {
                        self.findings.push(not_granted(exposure, backend));
                    }
                    continue;
                }
                // A Route names the port of the pods; as text that is the name of the Service's port, which endpoints have, too.
                let is_of_pods = exposure.kind == ExposureKind::OpenShiftRoute;
                let is_meant = |port: &ServicePort| match &backend.port {
                    None => true,
                    Some(PortValue::Number(number)) if is_of_pods => self.leads_to(service, port, *number),
                    Some(PortValue::Number(number)) => port.port == *number,
                    Some(PortValue::Name(name)) => port.name.as_ref() == Some(name),
                };
                let traffic = Traffic {
                    code,
                    what: format!("{} {}/{}", exposure.object_kind, exposure.namespace, exposure.name),
                    place: backend.place,
                    sender: Sender::Controllers(&controllers, is_known),
                    help: "name the controller in `ingressControllerConfigs`, or open the port to it with an ingress rule",
                };
                for (workload, ports) in self.pod_ports(service, is_meant) {
                    self.judge(&traffic, workload, &ports);
                }
            }
        }
    }

    /// Whether a port of a Service leads to that port of any pod behind it.
    fn leads_to(&self, service: &'w Service, port: &ServicePort, number: u16) -> bool {
        let resolve = |member| self.directory.resolve_port(member, &port.target_port, port.protocol);
        port.target_port == PortValue::Number(number)
            || self.directory.behind(service).into_iter().any(|member| resolve(member) == Some(number))
    }

    fn webhooks(&mut self) {
        for webhook in &self.reach.world().webhooks {
            let Some(service) = self.directory.service(&webhook.namespace, &webhook.service) else { continue };
            let is_api_service = webhook.object_kind == "APIService";
            let traffic = Traffic {
                code: if is_api_service { Code::BlockedApiService } else { Code::BlockedWebhook },
                what: format!("{} {}", webhook.object_kind, webhook.config_name),
                place: webhook.place,
                sender: Sender::Outside,
                help: "the API server comes from an address that no selector selects: `automateAllowWebhookTraffic: always` opens it, or an ingress rule without `from` for that port",
            };
            for (workload, ports) in self.pod_ports(service, |port| port.port == webhook.port) {
                self.judge(&traffic, workload, &ports);
            }
        }
    }

    /// Pods and Services that ask to be scraped by annotations.
    fn annotated(&mut self, collectors: &[Stranger]) {
        let is_known = collectors.iter().all(|collector| !collector.namespace.is_empty());
        for (member, workload) in self.reach.world().workloads.iter().enumerate() {
            if workload.template_annotations.get(SCRAPE) != Some("true") {
                continue;
            }
            let port = workload.template_annotations.get(SCRAPE_PORT).and_then(|port| port.parse().ok());
            let ports = port.map_or_else(|| tcp_ports(workload), |port| ConnectionSet::port(Protocol::Tcp, port));
            let traffic =
                metrics(format!("the scraping of {}", workload.object_name()), workload.place, collectors, is_known);
            if let Some(index) = self.reach.workload_of(member) {
                self.judge(&traffic, index, &ports);
            }
        }
        for service in &self.reach.world().services {
            if service.annotations.get(SCRAPE) != Some("true") {
                continue;
            }
            let what = format!("the scraping of Service {}/{}", service.namespace, service.name);
            let traffic = metrics(what, service.place, collectors, is_known);
            let port = service.annotations.get(SCRAPE_PORT).and_then(|port| port.parse().ok());
            for (workload, ports) in self.pod_ports(service, |_| true) {
                let ports = port.map_or(ports, |port| ConnectionSet::port(Protocol::Tcp, port));
                self.judge(&traffic, workload, &ports);
            }
        }
    }

    fn monitors(&mut self, collectors: &[Stranger]) {
        let world = self.reach.world();
        if world.monitors.is_empty() {
            return;
        }
        let is_known = collectors.iter().all(|collector| !collector.namespace.is_empty());
        let services = world.services.iter().map(|own| (own.namespace.as_str(), &own.labels, own));
        let services = NamespacedLabels::new(services);
        let pods = world.workloads.iter().enumerate();
        let pods = NamespacedLabels::new(pods.map(|(own, pod)| (pod.namespace.as_str(), &pod.template_labels, own)));
        for monitor in &world.monitors {
            let kind = if monitor.kind == MonitorKind::Service { "ServiceMonitor" } else { "PodMonitor" };
            let what = format!("{kind} {}/{}", monitor.namespace, monitor.name);
            let traffic = metrics(what, monitor.place, collectors, is_known);
            match monitor.kind {
                MonitorKind::Service => self.monitored_services(monitor, monitored(monitor, &services), &traffic),
                MonitorKind::Pod => self.monitored_pods(monitor, monitored(monitor, &pods), &traffic),
            }
        }
    }

    fn monitored_services(&mut self, monitor: &Monitor, services: Vec<&&'w Service>, traffic: &Traffic<'_>) {
        for service in services {
            for (workload, ports) in self.scraped_ports(monitor, service) {
                self.judge(traffic, workload, &ports);
            }
        }
    }

    /// The ports that the endpoints of a ServiceMonitor mean on the workloads behind a Service: the Service's port of that name, or the
    /// pods' port, whether or not the Service has it. An endpoint that names none means every port of the Service.
    fn scraped_ports(&self, monitor: &Monitor, service: &'w Service) -> BTreeMap<usize, ConnectionSet> {
        let is_every =
            monitor.endpoints.iter().any(|endpoint| endpoint.port.is_none() && endpoint.target_port.is_none());
        let names: BTreeSet<&String> = monitor.endpoints.iter().filter_map(|endpoint| endpoint.port.as_ref()).collect();
        let is_meant = |port: &ServicePort| {
            port.protocol == Protocol::Tcp && (is_every || port.name.as_ref().is_some_and(|name| names.contains(name)))
        };
        let mut found = self.pod_ports(service, is_meant);
        let targets: Vec<_> = monitor.endpoints.iter().filter_map(|endpoint| endpoint.target_port.as_ref()).collect();
        for member in self.directory.behind(service) {
            let numbers = targets.iter().filter_map(|port| self.directory.resolve_port(member, port, Protocol::Tcp));
            let sets: Vec<_> = numbers.map(|number| ConnectionSet::port(Protocol::Tcp, number)).collect();
            if let Some(index) = self.reach.workload_of(member) {
                let ports = found.entry(index).or_default();
                *ports = ports.union(&ConnectionSet::union_of(&sets));
            }
        }
        found
    }

    fn monitored_pods(&mut self, monitor: &Monitor, pods: Vec<&usize>, traffic: &Traffic<'_>) {
        for &member in pods {
            let meant = monitor.endpoints.iter().filter_map(|endpoint| {
                let name = endpoint.port.clone().map(PortValue::Name);
                // An endpoint that names no port means them all.
                let Some(port) = name.as_ref().or(endpoint.target_port.as_ref()) else {
                    return self.reach.world().workloads.get(member).map(tcp_ports);
                };
                let number = self.directory.resolve_port(member, port, endpoint.protocol)?;
                Some(ConnectionSet::port(Protocol::Tcp, number))
            });
            let ports = ConnectionSet::union_of(&meant.collect::<Vec<_>>());
            if let Some(index) = self.reach.workload_of(member) {
                self.judge(traffic, index, &ports);
            }
        }
    }

    /// Reports the ports that the sender does not reach.
    fn judge(&mut self, traffic: &Traffic<'_>, workload: usize, wanted: &ConnectionSet) {
        let reach = self.reach;
        let open = match traffic.sender {
            Sender::Outside => {
                self.from_outside.entry(workload).or_insert_with(|| reach.let_through_from_outside(workload))
            }
            Sender::Controllers(strangers, _) => {
                self.from_controllers.entry(workload).or_insert_with(|| reach.let_through_from(workload, strangers))
            }
            Sender::Collectors(strangers, _) => {
                self.from_collectors.entry(workload).or_insert_with(|| reach.let_through_from(workload, strangers))
            }
        };
        let blocked = wanted.difference(open);
        self.record(traffic, workload, wanted, &blocked);
        if blocked.is_empty() || !self.reported.insert((traffic.what.clone(), workload, blocked.clone())) {
            return;
        }
        let isolating = self.isolating(workload);
        let Some(first) = isolating.first else { return };
        let name = end_text(self.reach, End::Workload(workload));
        let finding = if is_guess(traffic, isolating) {
            let message = format!(
                "{} reaches {name} on {blocked} only if a rule means its sender, which is not in the input and not configured",
                traffic.what
            );
            Finding::new(Code::TrafficUnknown, traffic.place, message)
        } else {
            let more = if isolating.count > 1 { format!(" and {} more", isolating.count - 1) } else { String::new() };
            let message = format!(
                "{} does not reach {name} on {blocked}: it is isolated by {}{more}, and no rule lets the sender in",
                traffic.what,
                policy_name(self.reach, first)
            );
            Finding::new(traffic.code, traffic.place, message)
        };
        let place = self.reach.world().policies.get(first).filter(|policy| policy.resource != NOT_IN_INPUT);
        let finding = finding.with_help(traffic.help);
        self.findings.push(match place {
            Some(policy) => finding.with_related(policy.place, "isolates ingress"),
            None => finding,
        });
    }

    fn record(&mut self, traffic: &Traffic<'_>, workload: usize, wanted: &ConnectionSet, blocked: &ConnectionSet) {
        if wanted.is_empty() {
            return;
        }
        let verdict = match blocked.is_empty() {
            true => Verdict::Allowed,
            false if is_guess(traffic, self.isolating(workload)) => Verdict::Unknown,
            false => Verdict::Denied,
        };
        let is_routed =
            matches!(traffic.code, Code::BlockedIngress | Code::BlockedGateway).then_some(End::IngressController);
        let source = match traffic.sender {
            Sender::Outside => Some(End::External(AddressRange::EVERY_V4)),
            Sender::Controllers(..) | Sender::Collectors(..) => is_routed,
        };
        self.verdicts.push(TrafficVerdict {
            code: traffic.code,
            what: traffic.what.clone(),
            place: traffic.place,
            source,
            workload,
            connections: wanted.clone(),
            blocked: blocked.clone(),
            verdict,
        });
    }

    /// The policies that isolate a workload's ingress.
    fn isolating(&mut self, workload: usize) -> Isolating {
        if let Some(&known) = self.isolating.get(&workload) {
            return known;
        }
        let policies = self.reach.isolating_policies(workload, Direction::Ingress);
        let found = Isolating {
            first: policies.first().copied(),
            count: policies.len(),
            has_rules_for_strangers: self.has_rules_for_strangers(&policies),
        };
        self.isolating.insert(workload, found);
        found
    }

    /// Whether some rule means pods that the input does not have, which might be the sender.
    fn has_rules_for_strangers(&self, policies: &[usize]) -> bool {
        policies.iter().filter_map(|&policy| self.reach.world().policies.get(policy)).any(|policy| {
            let rules = policy.policy.spec.rules(Direction::Ingress).unwrap_or_default();
            rules.iter().flat_map(|rule| &rule.peers).any(|peer| {
                matches!(peer, Peer::Pods { namespace_selector: Some(_), .. })
                    && self.reach.selected_by_peer(&policy.policy.namespace, peer).is_empty()
            })
        })
    }
}

/// Whether a rule might mean the sender, which is not known.
fn is_guess(traffic: &Traffic<'_>, isolating: Isolating) -> bool {
    let is_unknown = matches!(traffic.sender, Sender::Controllers(_, false) | Sender::Collectors(_, false));
    is_unknown && isolating.has_rules_for_strangers
}

fn metrics<'s>(what: String, place: Place, collectors: &'s [Stranger], is_known: bool) -> Traffic<'s> {
    Traffic {
        code: Code::BlockedMetrics,
        what,
        place,
        sender: Sender::Collectors(collectors, is_known),
        help: "name the collector in `prometheusServerConfigs`, or open the port to it with an ingress rule",
    }
}

fn tcp_ports(workload: &Workload) -> ConnectionSet {
    let ports = workload.ports().filter(|port| port.protocol == Protocol::Tcp);
    ports.fold(ConnectionSet::none(), |set, port| set.union(&ConnectionSet::port(Protocol::Tcp, port.number)))
}

/// What a monitor selects in the namespaces that it looks in.
fn monitored<'i, T>(monitor: &Monitor, index: &'i NamespacedLabels<'_, T>) -> Vec<&'i T> {
    match &monitor.namespaces {
        MonitorNamespaces::Own => index.select_in(&monitor.namespace, &monitor.selector),
        MonitorNamespaces::Any => index.select(&monitor.selector),
        MonitorNamespaces::Names(names) => {
            let names: BTreeSet<&String> = names.iter().collect();
            names.into_iter().flat_map(|namespace| index.select_in(namespace, &monitor.selector)).collect()
        }
    }
}
