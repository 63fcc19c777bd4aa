//! Worlds built in code, and plans as text, for the tests of the rule families.

use super::{GeneratedObject, MapChange, Plan, plan};
use crate::config::{Config, Profile};
use crate::diag::Findings;
use crate::model::identity::Identity;
use crate::model::intent::{CalledBy, ClientIntents, InternetTarget, ProtectedService, Target, TargetKind};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{InputPolicy, NetworkPolicy, Peer, PolicyDetails, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::{Endpoints, Service, ServicePort, ServiceType};
use crate::model::workload::{IdentitySource, Workload};
use crate::model::world::{Namespace, World};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A world under construction. Names are written `namespace/name`, workloads `namespace/name` or `namespace/name[Kind]`.
#[derive(Clone, Default)]
pub(crate) struct Bundle {
    pub(crate) world: World,
    next: u32,
}

/// Configuration of profile `v2` with changes.
pub(crate) fn v2(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config { profile: Profile::V2, ..Config::default() };
    change(&mut config);
    config
}

/// Configuration of profile `classic` with changes.
pub(crate) fn classic(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

pub(crate) fn place(resource: ResourceId) -> Place {
    Place { resource, start: 0, end: 0 }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// `namespace/name` or `namespace/name[Kind]`.
pub(crate) fn identity(text: &str) -> Identity {
    let (namespace, rest) = text.split_once('/').unwrap();
    let (name, kind) = match rest.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, kind)) => (name, Some(kind.to_owned())),
        None => (rest, None),
    };
    Identity { namespace: namespace.into(), name: name.into(), kind }
}

/// `80` or a name.
pub(crate) fn port_value(text: &str) -> PortValue {
    text.parse().map_or_else(|_| PortValue::Name(text.into()), PortValue::Number)
}

/// `svc:namespace/name`, `internet:ADDRESS,ADDRESS@PORT,PORT`, `domain:NAME`, `cloud`, or a workload.
pub(crate) fn target(text: &str, place: Place) -> TargetKind {
    if let Some(service) = text.strip_prefix("svc:") {
        TargetKind::Service(Identity { kind: Some("Service".into()), ..identity(service) })
    } else if let Some(internet) = text.strip_prefix("internet:") {
        let (networks, ports) = internet.split_once('@').unwrap_or((internet, ""));
        let network =
            |text: &str| text.parse().unwrap_or_else(|_| ipnet::IpNet::from(text.parse::<std::net::IpAddr>().unwrap()));
        TargetKind::Internet(InternetTarget {
            domains: Vec::new(),
            networks: networks.split(',').map(network).collect(),
            ports: ports.split(',').filter(|port| !port.is_empty()).map(|port| port.parse().unwrap()).collect(),
        })
    } else if let Some(domain) = text.strip_prefix("domain:") {
        TargetKind::Internet(InternetTarget {
            domains: vec![(domain.into(), place)],
            networks: Vec::new(),
            ports: Vec::new(),
        })
    } else if text == "cloud" {
        TargetKind::OutOfCluster
    } else {
        TargetKind::Workload(identity(text))
    }
}

impl Bundle {
    pub(crate) fn id(&mut self) -> ResourceId {
        self.next += 1;
        ResourceId(self.next - 1)
    }

    pub(crate) fn namespace(mut self, name: &str, pairs: &[(&str, &str)]) -> Self {
        let resource = self.id();
        self.world.namespaces.push(Namespace {
            resource,
            name: name.into(),
            labels: labels(pairs),
            place: place(resource),
        });
        self
    }

    /// A Deployment with the label and selector `app: <name>`.
    pub(crate) fn deployment(self, name: &str) -> Self {
        self.workload(&format!("{name}[Deployment]"), |_| {})
    }

    /// A workload with the label and selector `app: <name>`, changed.
    pub(crate) fn workload(mut self, text: &str, change: impl FnOnce(&mut Workload)) -> Self {
        let resource = self.id();
        let identity = identity(text);
        let kind = identity.kind.clone().unwrap();
        let template_path = match kind.as_str() {
            "Pod" => vec![],
            "CronJob" => vec!["spec", "jobTemplate", "spec", "template"],
            _ => vec!["spec", "template"],
        };
        let app = labels(&[("app", &identity.name)]);
        let mut workload = Workload {
            controller: None,
            resource,
            api_version: if kind.ends_with("Job") { "batch/v1".into() } else { "apps/v1".into() },
            kind,
            name: identity.name.clone(),
            namespace: identity.namespace.clone(),
            template_path: template_path.into_iter().map(str::to_owned).collect(),
            previous: Vec::new(),
            identity,
            identity_source: IdentitySource::Object,
            template_labels: app.clone(),
            template_annotations: Labels::new(),
            selector: Some(LabelSelector::from_labels(app)),
            containers: Vec::new(),
            host_network: false,
            host_network_place: None,
            pod_addresses: Vec::new(),
            owner: None,
            replicas: None,
            sync_wave: None,
            called_by: Vec::new(),
            place: place(resource),
        };
        change(&mut workload);
        self.world.workloads.push(workload);
        self
    }

    /// A Service with ports written `PORT`, `PORT:TARGET` or `PORT:TARGET/PROTOCOL`.
    pub(crate) fn service(self, name: &str, selector: &[(&str, &str)], ports: &[&str]) -> Self {
        let selector = Some(labels(selector)).filter(|labels| !labels.is_empty());
        let ports: Vec<&str> = ports.to_vec();
        self.changed_service(name, |service| {
            service.selector = selector;
            service.ports = ports.iter().map(|text| service_port(text, service.place)).collect();
        })
    }

    pub(crate) fn changed_service(mut self, name: &str, change: impl FnOnce(&mut Service)) -> Self {
        let resource = self.id();
        let (namespace, name) = name.split_once('/').unwrap();
        let mut service = Service {
            resource,
            name: name.into(),
            namespace: namespace.into(),
            previous: Vec::new(),
            service_type: ServiceType::ClusterIp,
            selector: None,
            ports: Vec::new(),
            cluster_ips: Vec::new(),
            annotations: Labels::new(),
            labels: Labels::new(),
            place: place(resource),
        };
        change(&mut service);
        self.world.services.push(service);
        self
    }

    pub(crate) fn endpoints(mut self, name: &str, addresses: &[&str], ports: &[u16]) -> Self {
        let resource = self.id();
        let (namespace, service) = name.split_once('/').unwrap();
        self.world.endpoints.push(Endpoints {
            resource,
            service: service.into(),
            namespace: namespace.into(),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            ports: ports.iter().map(|port| (*port, Protocol::Tcp)).collect(),
        });
        self
    }

    /// ClientIntents named as their client.
    pub(crate) fn intents(self, client: &str, targets: &[&str]) -> Self {
        let targets: Vec<&str> = targets.to_vec();
        self.changed_intents(client, &targets, |_| {})
    }

    pub(crate) fn changed_intents(
        mut self,
        client: &str,
        targets: &[&str],
        change: impl FnOnce(&mut ClientIntents),
    ) -> Self {
        let resource = self.id();
        let client = identity(client);
        let place = place(resource);
        let mut intents = ClientIntents {
            resource,
            name: client.name.clone(),
            namespace: client.namespace.clone(),
            client,
            client_place: place,
            targets: targets.iter().map(|text| Target { kind: target(text, place), place }).collect(),
            resolved_ips: BTreeMap::new(),
        };
        change(&mut intents);
        self.world.client_intents.push(intents);
        self
    }

    pub(crate) fn protected(mut self, text: &str) -> Self {
        let resource = self.id();
        self.world.protected_services.push(ProtectedService {
            resource,
            protected: identity(text),
            place: place(resource),
        });
        self
    }

    pub(crate) fn policy(mut self, policy: NetworkPolicy) -> Self {
        let resource = self.id();
        self.world.policies.push(InputPolicy {
            resource,
            policy,
            place: place(resource),
            ingress_places: Vec::new(),
            egress_places: Vec::new(),
            details: PolicyDetails::default(),
        });
        self
    }

    /// The same world with the plan carried out: labels set, policies in place.
    pub(crate) fn after(mut self, plan: &Plan) -> Self {
        for change in &plan.map_changes {
            let apply = |labels: &mut Labels| {
                labels.retain(|key, _| !change.remove.contains(key));
                labels.extend(change.set.clone());
            };
            let workload = self.world.workloads.iter_mut().find(|found| found.resource == change.resource);
            workload.into_iter().for_each(|workload| apply(&mut workload.template_labels));
            let namespace = self.world.namespaces.iter_mut().find(|found| found.resource == change.resource);
            namespace.into_iter().for_each(|namespace| apply(&mut namespace.labels));
        }
        self.world.policies.retain(|policy| !plan.removals.contains(&policy.resource));
        for (resource, object) in &plan.updates {
            let existing = self.world.policies.iter_mut().find(|policy| policy.resource == *resource).unwrap();
            existing.policy = network_policy(object).clone();
        }
        for planned in &plan.new_objects {
            self = self.policy(network_policy(&planned.object).clone());
        }
        self
    }

    pub(crate) fn plan(&self, config: &Config) -> (Plan, Findings) {
        plan(&self.world, config)
    }

    /// The plan as text; fails on any finding.
    pub(crate) fn planned(&self, config: &Config) -> String {
        let (plan, findings) = self.plan(config);
        assert_eq!(described_findings(&findings), "");
        self.described(&plan)
    }

    /// The generated policies as text; fails on any finding.
    pub(crate) fn policies(&self, config: &Config) -> String {
        let (plan, findings) = self.plan(config);
        assert_eq!(described_findings(&findings), "");
        described_policies(&plan)
    }

    /// The findings as text.
    pub(crate) fn findings(&self, config: &Config) -> String {
        described_findings(&self.plan(config).1)
    }

    /// Label changes, then policies.
    pub(crate) fn described(&self, plan: &Plan) -> String {
        let mut text = String::new();
        for change in &plan.map_changes {
            text.push_str(&self.described_change(change));
        }
        text.push_str(&described_policies(plan));
        text
    }

    fn described_change(&self, change: &MapChange) -> String {
        let workload = self.world.workloads.iter().find(|found| found.resource == change.resource);
        let namespace = self.world.namespaces.iter().find(|found| found.resource == change.resource);
        let name = workload
            .map(|workload| workload.object_name().to_string())
            .or(namespace.map(|namespace| format!("Namespace {}", namespace.name)))
            .unwrap_or_else(|| format!("resource {}", change.resource.0));
        let mut text = format!("{name} {}\n", change.path.join("."));
        change.remove.iter().for_each(|key| writeln!(text, "  - {}", short(key)).unwrap());
        change.set.iter().for_each(|(key, value)| writeln!(text, "  + {}={value}", short(key)).unwrap());
        text
    }
}

/// `PORT`, `PORT:TARGET` or `PORT:TARGET/PROTOCOL`.
pub(crate) fn service_port(text: &str, place: Place) -> ServicePort {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "TCP"));
    let (port, target) = ports.split_once(':').unwrap_or((ports, ports));
    ServicePort {
        name: None,
        port: port.parse().unwrap(),
        target_port: port_value(target),
        protocol: Protocol::parse(protocol).unwrap(),
        place,
    }
}

pub(crate) fn called_by(client: &str, resource: ResourceId) -> CalledBy {
    CalledBy { client: identity(client), place: place(resource) }
}

pub(crate) fn network_policy(object: &GeneratedObject) -> &NetworkPolicy {
    match object {
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => policy,
        GeneratedObject::DomainPolicy(policy) => panic!("{policy:?}"),
    }
}

/// `severity code: message`, one per line.
pub(crate) fn described_findings(findings: &Findings) -> String {
    findings
        .0
        .iter()
        .map(|finding| format!("{} {}: {}\n", finding.severity.as_str(), finding.code.name(), finding.message))
        .collect()
}

pub(crate) fn described_policies(plan: &Plan) -> String {
    plan.generated.iter().map(|object| described_policy(network_policy(object))).collect()
}

pub(crate) fn described_policy(policy: &NetworkPolicy) -> String {
    let mut text = format!("policy {}/{} {}", policy.namespace, policy.name, described_labels(&policy.labels));
    if !policy.annotations.is_empty() {
        write!(text, " annotations {}", described_labels(&policy.annotations)).unwrap();
    }
    writeln!(text, "\n  pods {}", described_selector(&policy.spec.pod_selector)).unwrap();
    for (name, rules) in [("ingress", &policy.spec.ingress), ("egress", &policy.spec.egress)] {
        let Some(rules) = rules else { continue };
        if rules.is_empty() {
            writeln!(text, "  {name} none").unwrap();
        }
        for rule in rules {
            writeln!(text, "  {name} {}", described_rule(rule)).unwrap();
        }
    }
    text
}

fn described_rule(rule: &Rule) -> String {
    let peers: Vec<String> = rule.peers.iter().map(described_peer).collect();
    let ports: Vec<String> = rule.ports.iter().map(described_port).collect();
    let peers = if peers.is_empty() { "anyone".to_owned() } else { peers.join(" | ") };
    let ports = if ports.is_empty() { String::new() } else { format!(" on {}", ports.join(" ")) };
    format!("{peers}{ports}")
}

fn described_peer(peer: &Peer) -> String {
    match peer {
        Peer::Pods { pod_selector, namespace_selector } => {
            let pods = pod_selector.as_ref().map_or("all".to_owned(), described_selector);
            let namespace = namespace_selector.as_ref().map_or("own".to_owned(), described_selector);
            format!("{pods} in {namespace}")
        }
        Peer::IpBlock { cidr, except } => {
            let except: Vec<String> = except.iter().map(ToString::to_string).collect();
            if except.is_empty() { cidr.to_string() } else { format!("{cidr} except {}", except.join(",")) }
        }
    }
}

fn described_port(port: &PolicyPort) -> String {
    let protocol = if port.protocol_is_implicit { "" } else { port.protocol.as_str() };
    port.port.as_ref().map_or(protocol.to_owned(), |value| format!("{protocol}/{value}"))
}

fn described_selector(selector: &LabelSelector) -> String {
    assert!(selector.match_expressions.is_empty(), "{selector:?}");
    described_labels(&selector.match_labels)
}

fn described_labels(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    format!("{{{}}}", pairs.join(" "))
}

/// Our prefix is written `~`, the standard namespace label `name`.
fn short(key: &str) -> String {
    key.replace("intents.otterize.com/", "~").replace("kubernetes.io/metadata.name", "name")
}
