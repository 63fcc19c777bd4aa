//! Random small clusters: workloads, Services, intents and switches, drawn from few names so that they meet often.

use enforce_intents::config::{
    ApiServer, Automate, Config, DefaultDeny, DnsPeer, KnownWorkload, LabelWorkloads, Mode, Profile, Selectors, Staged,
    UnresolvedDomains,
};
use enforce_intents::model::identity::Identity;
use enforce_intents::model::intent::{CalledBy, ClientIntents, InternetTarget, ProtectedService, Target, TargetKind};
use enforce_intents::model::place::{Place, ResourceId};
use enforce_intents::model::policy::{PortValue, Protocol};
use enforce_intents::model::selector::{LabelSelector, Labels};
use enforce_intents::model::service::{Endpoints, Service, ServicePort, ServiceType};
use enforce_intents::model::traffic::Webhook;
use enforce_intents::model::workload::{Container, ContainerPort, IdentitySource, Workload};
use enforce_intents::model::world::{Namespace, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use std::collections::BTreeMap;

const NAMESPACES: &[&str] = &["c", "b-c", "kube-system"];
/// `a-b` in `c` and `a` in `b-c` have the same identity text.
const NAMES: &[&str] = &["a", "a-b", "my_web", "coredns"];
const SERVICES: &[&str] = &["a", "front", "kube-dns"];
const KINDS: &[&str] = &["Deployment", "StatefulSet"];
const APPS: &[&str] = &["x", "y"];
const DOMAINS: &[&str] = &["known.example", "unknown.example"];
/// What internet targets name: single addresses, and networks. Grouping widens the former, not even those of full length among
/// the latter.
pub(crate) const BLOCKS: &[&str] = &["1.1.1.1", "1.1.1.2", "2.2.2.1/32", "10.0.0.0/8", "2001:db8::1"];
pub(crate) const API_SERVER: &str = "192.168.0.1";

/// A cluster and the switches to plan it with.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) world: World,
    pub(crate) config: Config,
}

impl std::fmt::Debug for Cluster {
    /// What a person needs to see of a failing case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { world, config } = self;
        for workload in &world.workloads {
            let called_by: Vec<String> = workload.called_by.iter().map(|client| client.client.to_string()).collect();
            let ports: Vec<_> =
                workload.containers.iter().flat_map(|container| &container.ports).map(|port| &port.name).collect();
            let Workload { identity, template_labels, template_annotations, .. } = workload;
            let what = workload.object_name();
            writeln!(
                f,
                "{what} is {identity} {template_labels:?} {template_annotations:?} {ports:?} by {called_by:?}"
            )?;
        }
        for service in &world.services {
            let ports: Vec<_> =
                service.ports.iter().map(|port| (port.port, &port.target_port, port.protocol)).collect();
            let Service { namespace, name, service_type, selector, .. } = service;
            writeln!(f, "Service {namespace}/{name} {service_type:?} {selector:?} {ports:?}")?;
        }
        for intents in &world.client_intents {
            let targets: Vec<_> = intents.targets.iter().map(|target| &target.kind).collect();
            writeln!(f, "{} calls {targets:?}", intents.client)?;
        }
        let protected: Vec<String> =
            world.protected_services.iter().map(|protected| protected.protected.to_string()).collect();
        let webhooks: Vec<_> = world.webhooks.iter().map(|webhook| (&webhook.namespace, &webhook.service)).collect();
        let namespaces: Vec<_> = world.namespaces.iter().map(|namespace| &namespace.name).collect();
        writeln!(f, "protected {protected:?} webhooks {webhooks:?} namespaces {namespaces:?}")?;
        let (config, default) = (format!("{config:#?}"), format!("{:#?}", Config::default()));
        let default: Vec<&str> = default.lines().collect();
        let changed: Vec<&str> = config.lines().filter(|line| !default.contains(line)).collect();
        writeln!(f, "{}", changed.join("\n"))
    }
}

pub(crate) fn place(resource: u32) -> Place {
    Place { resource: ResourceId(resource), start: 0, end: 0 }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Gives some workloads a selector that those of another kind with the same name match, too.
fn overlap(workload: &mut Workload) {
    if workload.containers[0].ports.len() == 1 {
        workload.selector = Some(LabelSelector::from_labels(labels(&[("name", &workload.name)])));
    }
}

/// Any cluster with any switches.
pub(crate) fn cluster() -> impl Strategy<Value = Cluster> {
    let objects = (
        vec(workload(), 1..6),
        vec((service(), any::<Index>()), 0..4),
        vec((intents(), any::<Index>(), vec(any::<Index>(), 4)), 0..4),
        vec((protected(), any::<Index>()), 0..2),
        vec((webhook(), any::<Index>()), 0..2),
        subsequence(NAMESPACES, 0..=NAMESPACES.len()),
        any::<bool>(),
    );
    (objects, config()).prop_map(
        |((workloads, services, intents, protected, webhooks, namespaces, endpoints), config)| {
            let workloads = unique(workloads, |workload: &Workload| {
                (workload.namespace.clone(), workload.name.clone(), workload.kind.clone())
            });
            let mut world = World { workloads: workloads.into_values().collect(), ..World::default() };
            if config.selectors == Selectors::Native {
                world.workloads.iter_mut().for_each(overlap);
            }
            let services = services.into_iter().map(|(service, pick)| near(service, pick.get(&world.workloads)));
            world.services =
                unique(services.collect(), |service: &Service| (service.namespace.clone(), service.name.clone()))
                    .into_values()
                    .collect();
            let intents = intents.into_iter().map(|(mut intents, client, picks)| {
                meet(&mut intents.client, client.get(&world.workloads));
                intents.namespace.clone_from(&intents.client.namespace);
                for (target, pick) in intents.targets.iter_mut().zip(picks) {
                    meet_target(&mut target.kind, pick, &world);
                }
                intents
            });
            world.client_intents =
                unique(intents.collect(), |intents: &ClientIntents| intents.client.clone()).into_values().collect();
            world.protected_services = protected
                .into_iter()
                .map(|(mut protected, pick)| {
                    let mut kind = TargetKind::Workload(protected.protected.clone());
                    if protected.protected.kind.as_deref() == Some("Service") {
                        kind = TargetKind::Service(protected.protected.clone());
                    }
                    meet_target(&mut kind, pick, &world);
                    protected.protected = kind.identity().unwrap().clone();
                    protected
                })
                .collect();
            world.webhooks = webhooks
                .into_iter()
                .map(|(mut webhook, pick)| {
                    if !world.services.is_empty() {
                        let service = pick.get(&world.services);
                        (webhook.namespace, webhook.service) = (service.namespace.clone(), service.name.clone());
                    }
                    webhook
                })
                .collect();
            world.namespaces = namespaces.into_iter().map(namespace).collect();
            if endpoints {
                world.endpoints = vec![Endpoints {
                    resource: ResourceId(0),
                    service: "kubernetes".into(),
                    namespace: "default".into(),
                    addresses: vec![API_SERVER.parse().unwrap()],
                    ports: vec![(6443, Protocol::Tcp)],
                }];
            }
            number(&mut world);
            Cluster { world, config }
        },
    )
}

/// A name that nothing has is rarely interesting: three of four are replaced by one that is there, the kind being kept or dropped.
fn meet(identity: &mut Identity, workload: &Workload) {
    if identity.name != NAMES[0] {
        let kind = identity.kind.as_ref().and(workload.identity.kind.clone());
        *identity = Identity { kind, ..workload.identity.clone() };
    }
}

fn meet_target(target: &mut TargetKind, pick: Index, world: &World) {
    match target {
        TargetKind::Workload(identity) if identity.namespace != "default" => meet(identity, pick.get(&world.workloads)),
        TargetKind::Service(identity) if identity.namespace != "default" && !world.services.is_empty() => {
            let service = pick.get(&world.services);
            (identity.namespace, identity.name) = (service.namespace.clone(), service.name.clone());
        }
        _ => {}
    }
}

/// A Service in the namespace of a workload that it may select.
fn near(mut service: Service, workload: &Workload) -> Service {
    service.namespace.clone_from(&workload.namespace);
    service
}

fn unique<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

/// Gives every object an id and place of its own.
fn number(world: &mut World) {
    let mut next = 0;
    let mut id = || {
        next += 1;
        (ResourceId(next), place(next))
    };
    for workload in &mut world.workloads {
        (workload.resource, workload.place) = id();
        let place = workload.place;
        workload.called_by.iter_mut().for_each(|called_by| called_by.place = place);
    }
    for service in &mut world.services {
        (service.resource, service.place) = id();
    }
    for intents in &mut world.client_intents {
        (intents.resource, intents.client_place) = id();
        let resource = intents.resource;
        for (start, target) in (1..).zip(&mut intents.targets) {
            target.place = Place { resource, start, end: start };
        }
    }
    for protected in &mut world.protected_services {
        (protected.resource, protected.place) = id();
    }
    for webhook in &mut world.webhooks {
        (webhook.resource, webhook.place) = id();
    }
    for namespace in &mut world.namespaces {
        (namespace.resource, namespace.place) = id();
    }
}

fn namespace(name: &str) -> Namespace {
    Namespace { resource: ResourceId(0), name: name.into(), labels: labels(&[("team", name)]), place: place(0) }
}

fn identity(names: &'static [&'static str], kinds: &'static [&'static str]) -> impl Strategy<Value = Identity> {
    (select(NAMESPACES), select(names), proptest::option::of(select(kinds))).prop_map(|(namespace, name, kind)| {
        Identity { namespace: namespace.into(), name: name.into(), kind: kind.map(str::to_owned) }
    })
}

fn service_identity() -> impl Strategy<Value = Identity> {
    (select(NAMESPACES), select(SERVICES)).prop_map(|(namespace, name)| Identity {
        namespace: namespace.into(),
        name: name.into(),
        kind: Some("Service".into()),
    })
}

fn workload() -> impl Strategy<Value = Workload> {
    let client = identity(NAMES, KINDS).prop_map(|client| CalledBy {
        client: Identity { kind: client.kind.or(Some("Deployment".into())), ..client },
        place: place(0),
    });
    let parts = (
        (select(NAMESPACES), select(NAMES), select(KINDS)),
        select(APPS),
        subsequence(
            vec![("http", 8080, Protocol::Tcp), ("dns", 53, Protocol::Udp), ("metrics", 9090, Protocol::Tcp)],
            0..=3,
        ),
        vec(client, 0..2),
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.2),
    );
    parts.prop_map(|((namespace, name, kind), app, ports, called_by, overridden, scraped)| {
        let own = labels(&[("app", app), ("name", name), ("kind", kind)]);
        let scrape = if scraped {
            labels(&[("prometheus.io/scrape", "true"), ("prometheus.io/port", "9090")])
        } else {
            Labels::new()
        };
        let ports = ports.into_iter().map(|(name, number, protocol)| ContainerPort {
            name: Some(name.to_owned()),
            number,
            protocol,
            place: place(0),
        });
        Workload {
            controller: None,
            resource: ResourceId(0),
            api_version: "apps/v1".into(),
            kind: kind.into(),
            name: name.into(),
            namespace: namespace.into(),
            template_path: vec!["spec".into(), "template".into()].into(),
            previous: Vec::new(),
            identity: Identity {
                namespace: namespace.into(),
                name: name.into(),
                kind: (!overridden).then(|| kind.to_owned()),
            },
            identity_source: if overridden { IdentitySource::Annotation } else { IdentitySource::Object },
            selector: Some(LabelSelector::from_labels(own.clone())),
            template_labels: own,
            template_annotations: scrape,
            containers: vec![Container {
                name: "main".into(),
                image: String::new(),
                ports: ports.collect(),
                is_init: false,
            }],
            host_network: false,
            host_network_place: None,
            pod_addresses: Vec::new(),
            owner: None,
            replicas: None,
            sync_wave: None,
            called_by,
            place: place(0),
        }
    })
}

fn service() -> impl Strategy<Value = Service> {
    let port = select(vec![
        (80, PortValue::Name("http".into()), Protocol::Tcp),
        (80, PortValue::Number(8080), Protocol::Tcp),
        (443, PortValue::Number(443), Protocol::Tcp),
        (53, PortValue::Name("dns".into()), Protocol::Udp),
        (53, PortValue::Number(5353), Protocol::Udp),
    ]);
    let selector = prop_oneof![
        6 => select(APPS).prop_map(|app| Some(labels(&[("app", app)]))),
        3 => (select(APPS), select(NAMES)).prop_map(|(app, name)| Some(labels(&[("app", app), ("name", name)]))),
        1 => Just(None),
    ];
    let types = prop_oneof![
        6 => Just(ServiceType::ClusterIp),
        2 => Just(ServiceType::LoadBalancer),
        1 => Just(ServiceType::NodePort),
        1 => Just(ServiceType::ExternalName),
    ];
    (service_identity(), selector, types, vec(port, 0..3)).prop_map(|(identity, selector, service_type, ports)| {
        Service {
            resource: ResourceId(0),
            name: identity.name,
            namespace: identity.namespace,
            previous: Vec::new(),
            service_type,
            selector,
            ports: ports
                .into_iter()
                .map(|(port, target_port, protocol)| ServicePort {
                    name: None,
                    port,
                    target_port,
                    protocol,
                    place: place(0),
                })
                .collect(),
            cluster_ips: Vec::new(),
            annotations: Labels::new(),
            labels: Labels::new(),
            place: place(0),
        }
    })
}

fn target() -> impl Strategy<Value = TargetKind> {
    let blocks = subsequence(BLOCKS, 0..=3);
    let internet = (blocks, subsequence(DOMAINS, 0..=1), subsequence(vec![443_u16, 80], 0..=2)).prop_map(
        |(blocks, domains, ports)| {
            let domains = domains.into_iter().map(|domain| (domain.to_owned(), place(0))).collect();
            let (networks, addresses): (Vec<&str>, Vec<&str>) =
                blocks.into_iter().partition(|block| block.contains('/'));
            let addresses = addresses.into_iter().map(|address| address.parse().unwrap()).collect();
            let networks = networks.into_iter().map(|network| network.parse().unwrap()).collect();
            TargetKind::Internet(InternetTarget { domains, addresses, networks, ports }.into())
        },
    );
    let api_server = |kind: Option<&str>| Identity {
        namespace: "default".into(),
        name: "kubernetes".into(),
        kind: kind.map(str::to_owned),
    };
    prop_oneof![
        6 => identity(NAMES, KINDS).prop_map(TargetKind::Workload),
        3 => service_identity().prop_map(TargetKind::Service),
        2 => internet,
        1 => Just(TargetKind::OutOfCluster),
        1 => Just(TargetKind::Service(api_server(Some("Service")))),
        1 => Just(TargetKind::Workload(api_server(None))),
    ]
}

fn intents() -> impl Strategy<Value = ClientIntents> {
    (identity(NAMES, KINDS), vec(target(), 0..4)).prop_map(|(client, targets)| ClientIntents {
        resource: ResourceId(0),
        name: client.name.clone(),
        namespace: client.namespace.clone(),
        client,
        client_place: place(0),
        targets: targets.into_iter().map(|kind| Target { kind, place: place(0) }).collect(),
        resolved_ips: BTreeMap::from([("known.example".into(), vec!["1.1.1.2".parse().unwrap()])]),
    })
}

fn protected() -> impl Strategy<Value = ProtectedService> {
    prop_oneof![identity(NAMES, KINDS), service_identity()].prop_map(|protected| ProtectedService {
        resource: ResourceId(0),
        protected,
        place: place(0),
    })
}

fn webhook() -> impl Strategy<Value = Webhook> {
    service_identity().prop_map(|service| Webhook {
        resource: ResourceId(0),
        object_kind: "ValidatingWebhookConfiguration".into(),
        config_name: "hook".into(),
        namespace: service.namespace,
        service: service.name,
        port: 443,
        place: place(0),
    })
}

fn config() -> impl Strategy<Value = Config> {
    let namespaces = || subsequence(NAMESPACES, 0..=2).prop_map(|found| found.into_iter().map(str::to_owned).collect());
    let automate = || select(vec![Automate::Off, Automate::IfBlockedByOtterize, Automate::Always]);
    let deny = proptest::option::weighted(
        0.3,
        (proptest::option::of(namespaces()), any::<bool>(), any::<bool>())
            .prop_map(|(namespaces, ingress, egress)| DefaultDeny { namespaces, ingress, egress }),
    );
    let switches = (any::<[bool; 9]>(), proptest::bool::weighted(0.25), proptest::bool::weighted(0.8));
    let native = proptest::bool::weighted(0.3);
    ((switches, native), automate(), automate(), namespaces(), namespaces(), deny).prop_map(
        |(((flags, shadow, v2), native), third_party, webhooks, enforced, watched, default_deny)| {
            let [egress, dns, separate, group, selector_rules, involved, api_server, peers, staged] = flags;
            let mut config = Config {
                profile: if v2 { Profile::V2 } else { Profile::Classic },
                mode: if shadow { Mode::Shadow } else { Mode::Active },
                enable_egress_network_policy_creation: egress && v2,
                enable_egress_autoallow_dns_traffic: dns,
                separate_netpols_for_ingress_and_egress: separate,
                enable_group_ips_by_cidr: group,
                group_ips_by_cidr_peers_limit: 1,
                egress_service_selector_rules: selector_rules,
                label_workloads: if involved { LabelWorkloads::Involved } else { LabelWorkloads::All },
                automate_third_party_network_policies: third_party,
                automate_allow_webhook_traffic: webhooks,
                enforced_namespaces: enforced,
                watched_namespaces: if api_server { watched } else { Default::default() },
                default_deny,
                unresolved_domains: UnresolvedDomains::Warn,
                selectors: if native { Selectors::Native } else { Selectors::Labels },
                staged: if staged { Staged::Calico } else { Staged::None },
                prometheus_server_configs: vec![KnownWorkload {
                    name: "a".into(),
                    namespace: "c".into(),
                    kind: "Deployment".into(),
                    pod_labels: Default::default(),
                }],
                ..Config::default()
            };
            if api_server {
                config.api_server = Some(ApiServer { addresses: vec![API_SERVER.parse().unwrap()], ports: vec![6443] });
            }
            if peers {
                config.dns_peers = vec![DnsPeer {
                    namespace_labels: labels(&[("kubernetes.io/metadata.name", "kube-system")]),
                    pod_labels: Labels::new(),
                    cidr: None,
                }];
            }
            config
        },
    )
}
