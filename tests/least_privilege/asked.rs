//! What intents and switches ask for, read from the world itself: no labels, no policies.

use super::evaluator::{End, Pod, Port, number_of};
use enforce_intents::config::{Automate, Config};
use enforce_intents::model::identity::Identity;
use enforce_intents::model::intent::{InternetTarget, TargetKind};
use enforce_intents::model::place::Place;
use enforce_intents::model::policy::{PortValue, Protocol};
use enforce_intents::model::service::{Service, ServiceType};
use enforce_intents::model::workload::Workload;
use enforce_intents::model::world::World;
use std::net::IpAddr;

/// A declared call.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) client: Identity,
    pub(crate) target: TargetKind,
    pub(crate) place: Place,
}

/// Every call of ClientIntents and `called-by`.
pub(crate) fn declared(world: &World) -> Vec<Declared> {
    let of_intents = world.client_intents.iter().flat_map(|intents| {
        intents.targets.iter().map(|target| Declared {
            client: intents.client.clone(),
            target: target.kind.clone(),
            place: target.place,
        })
    });
    let called_by = world.workloads.iter().flat_map(|server| {
        server.called_by.iter().map(|called_by| Declared {
            client: called_by.client.clone(),
            target: TargetKind::Workload(server.identity.clone()),
            place: called_by.place,
        })
    });
    of_intents.chain(called_by).collect()
}

pub(crate) fn means(identity: &Identity, workload: &Workload) -> bool {
    identity.name == workload.identity.name
        && identity.namespace == workload.namespace
        && (identity.kind.is_none() || identity.kind == workload.identity.kind)
}

pub(crate) fn service<'w>(world: &'w World, identity: &Identity) -> Option<&'w Service> {
    let found =
        world.services.iter().find(|found| found.namespace == identity.namespace && found.name == identity.name);
    found.filter(|service| service.service_type != ServiceType::ExternalName && service.selector.is_some())
}

pub(crate) fn is_behind(service: &Service, pod: &Pod) -> bool {
    let selector = service.selector.iter().flatten();
    service.service_type != ServiceType::ExternalName
        && service.selector.is_some()
        && service.namespace == pod.workload.namespace
        && selector.clone().all(|(key, value)| pod.labels.get(key) == Some(value))
}

/// The ports of a Service on one of its pods.
pub(crate) fn pod_ports(service: &Service, pod: &Pod) -> Vec<Port> {
    let number = |port: &PortValue, protocol| match port {
        PortValue::Number(number) => Some(*number),
        PortValue::Name(name) => number_of(&pod.workload, name, protocol),
    };
    service.ports.iter().filter_map(|port| Some((port.protocol, number(&port.target_port, port.protocol)?))).collect()
}

/// Everything that is asked for, to ask one question at a time.
pub(crate) struct Asked<'w> {
    pub(crate) world: &'w World,
    pub(crate) config: &'w Config,
    pub(crate) pods: &'w [Pod],
    pub(crate) declared: Vec<Declared>,
}

impl<'w> Asked<'w> {
    pub(crate) fn of(world: &'w World, config: &'w Config, pods: &'w [Pod]) -> Self {
        Self { world, config, pods, declared: declared(world) }
    }

    /// Whether anything asks for a connection to enter a pod.
    pub(crate) fn ingress(&self, source: End<'_>, pod: &Pod, port: Port) -> bool {
        let by_intent = match source {
            End::Pod(source) => self.declared.iter().any(|call| self.asks(call, source, pod, port, false)),
            End::Outside(_) => false,
        };
        by_intent
            || self.dns_server(pod, port)
            || self.external(pod, port)
            || self.metrics(source, pod, port)
            || self.webhook(pod, port)
    }

    /// Whether anything asks for a connection to leave a pod.
    pub(crate) fn egress(&self, pod: &Pod, destination: End<'_>, port: Port) -> bool {
        let calls = || self.declared.iter().filter(|call| means(&call.client, &pod.workload));
        let by_intent = match destination {
            End::Pod(server) => self.declared.iter().any(|call| self.asks(call, pod, server, port, true)),
            End::Outside(address) => calls().any(|call| self.asks_outside(call, address, port)),
        };
        by_intent || self.dns(pod, destination, port)
    }

    /// Whether an intent asks for this connection; egress to a Service may also use the Service's own port.
    fn asks(&self, call: &Declared, source: &Pod, pod: &Pod, port: Port, service_port_too: bool) -> bool {
        means(&call.client, &source.workload)
            && match &call.target {
                TargetKind::Workload(target) => means(target, &pod.workload),
                TargetKind::Service(target) => service(self.world, target).is_some_and(|service| {
                    let own = service.ports.iter().any(|own| (own.protocol, own.port) == port);
                    is_behind(service, pod) && (pod_ports(service, pod).contains(&port) || service_port_too && own)
                }),
                TargetKind::Internet(_) | TargetKind::OutOfCluster => false,
            }
    }

    fn asks_outside(&self, call: &Declared, address: IpAddr, port: Port) -> bool {
        match &call.target {
            TargetKind::Internet(internet) => {
                self.names(internet, address)
                    && (internet.ports.is_empty() || port.0 == Protocol::Tcp && internet.ports.contains(&port.1))
            }
            target @ TargetKind::Service(_) => {
                target.is_api_server()
                    && address.to_string() == super::cluster::API_SERVER
                    && port == (Protocol::Tcp, 6443)
            }
            TargetKind::Workload(_) | TargetKind::OutOfCluster => false,
        }
    }

    /// An address of the target, or with grouping one of the /24 around it.
    fn names(&self, internet: &InternetTarget, address: IpAddr) -> bool {
        let knows_domain = internet.domains.iter().any(|(domain, _)| domain == "known.example");
        let resolved = knows_domain.then(|| "1.1.1.2".parse().unwrap());
        let near = |a: IpAddr| match (a, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..3] == b.octets()[..3],
            _ => false,
        };
        let is_grouped = self.config.enable_group_ips_by_cidr;
        internet.networks.iter().any(|network| network.contains(&address))
            || internet
                .addresses
                .iter()
                .copied()
                .chain(resolved)
                .any(|single: IpAddr| single == address || is_grouped && near(single))
    }

    /// A called DNS server of the cluster stays open on port 53, and scraped ones do (decision D6).
    fn dns_server(&self, pod: &Pod, port: Port) -> bool {
        let called = |name: &str| name.ends_with("dns");
        let is_target = self.declared.iter().any(|call| match &call.target {
            TargetKind::Workload(target) => called(&target.name) && means(target, &pod.workload),
            TargetKind::Service(target) => {
                called(&target.name) && service(self.world, target).is_some_and(|service| is_behind(service, pod))
            }
            TargetKind::Internet(_) | TargetKind::OutOfCluster => false,
        });
        let is_scraped = called(&pod.workload.identity.name) && is_scraped(pod);
        port.1 == 53 && port.0 != Protocol::Sctp && pod.workload.namespace == "kube-system" && (is_target || is_scraped)
    }

    /// The endpoint ports of a Service that the outside reaches, on all pods behind it (`spec/otterize.md` 4.9).
    fn external(&self, pod: &Pod, port: Port) -> bool {
        self.config.automate_third_party_network_policies != Automate::Off
            && self.world.services.iter().any(|service| {
                let mut behind = self.pods.iter().filter(|other| is_behind(service, other));
                matches!(service.service_type, ServiceType::LoadBalancer | ServiceType::NodePort)
                    && is_behind(service, pod)
                    && behind.any(|other| pod_ports(service, other).contains(&port))
            })
    }

    fn metrics(&self, source: End<'_>, pod: &Pod, port: Port) -> bool {
        let End::Pod(source) = source else { return false };
        let is_server = self.config.prometheus_server_configs.iter().any(|server| {
            source.workload.namespace == server.namespace
                && source.workload.identity.name == server.name
                && source.workload.identity.kind.as_ref().is_none_or(|kind| *kind == server.kind)
        });
        self.config.automate_third_party_network_policies != Automate::Off
            && is_server
            && is_scraped(pod)
            && port == (Protocol::Tcp, 9090)
    }

    fn webhook(&self, pod: &Pod, port: Port) -> bool {
        self.config.automate_allow_webhook_traffic != Automate::Off
            && self.world.webhooks.iter().any(|webhook| {
                let identity =
                    Identity { namespace: webhook.namespace.clone(), name: webhook.service.clone(), kind: None };
                service(self.world, &identity).is_some_and(|service| {
                    let ports = service.ports.iter().filter(|own| own.port == webhook.port);
                    let targets = Service { ports: ports.cloned().collect(), ..service.clone() };
                    is_behind(service, pod)
                        && (port == (Protocol::Tcp, webhook.port) || pod_ports(&targets, pod).contains(&port))
                })
            })
    }

    /// DNS is open to whoever `dnsPeers` says, for clients and for namespaces whose egress is denied.
    fn dns(&self, pod: &Pod, destination: End<'_>, port: Port) -> bool {
        let is_client = self.declared.iter().any(|call| means(&call.client, &pod.workload));
        let is_denied = self.config.default_deny.as_ref().is_some_and(|deny| deny.egress);
        let is_peer = self.config.dns_peers.is_empty()
            || matches!(destination, End::Pod(server) if server.workload.namespace == "kube-system");
        self.config.enable_egress_autoallow_dns_traffic
            && (is_client || is_denied)
            && is_peer
            && port.1 == 53
            && port.0 != Protocol::Sctp
    }
}

fn is_scraped(pod: &Pod) -> bool {
    pod.workload.template_annotations.contains_key("prometheus.io/scrape")
}
