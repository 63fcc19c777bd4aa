//! Worlds built in code, and plans as text, for the tests of the rule families.

use crate::config::Config;
use crate::diag::Findings;
use crate::model::identity::Identity;
use crate::model::intent::{ClientIntents, Target, TargetKind};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{
    InputPolicy, NetworkPolicy, Peer, PolicyDetails, PolicyPort, PolicySpec, PortValue, Protocol, Rule,
};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::traffic::{Backend, Exposure, ExposureKind, Webhook};
use crate::model::workload::{Container, ContainerPort, IdentitySource, Workload};
use crate::model::world::World;
use crate::plan::{GeneratedObject, plan};
use std::collections::BTreeMap;

/// A world whose resources are numbered as they are added.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) world: World,
    next: u32,
}

impl Builder {
    pub(crate) fn place(&mut self) -> Place {
        self.next += 1;
        Place { resource: ResourceId(self.next), start: 0, end: 0 }
    }

    /// A Deployment whose pods have the label `app` with its name.
    pub(crate) fn deployment(&mut self, namespace: &str, name: &str, ports: &[(&str, u16)]) -> &mut Workload {
        let place = self.place();
        let identity = Identity { namespace: namespace.into(), name: name.into(), kind: Some("Deployment".into()) };
        let ports = ports.iter().map(|(port, number)| ContainerPort {
            name: Some((*port).to_owned()).filter(|port| !port.is_empty()),
            number: *number,
            protocol: Protocol::Tcp,
            place,
        });
        let container = Container { name: "main".into(), image: String::new(), ports: ports.collect() };
        let app = labels(&[("app", name)]);
        self.world.workloads.push(Workload {
            controller: None,
            resource: place.resource,
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            name: name.into(),
            namespace: namespace.into(),
            template_path: vec!["spec".into(), "template".into()],
            previous: Vec::new(),
            identity,
            identity_source: IdentitySource::Object,
            template_labels: app.clone(),
            template_annotations: Labels::new(),
            selector: Some(LabelSelector::from_labels(app)),
            containers: vec![container],
            host_network: false,
            host_network_place: None,
            pod_addresses: Vec::new(),
            owner: None,
            replicas: None,
            sync_wave: None,
            called_by: Vec::new(),
            place,
        });
        self.world.workloads.last_mut().unwrap()
    }

    /// A Service for the pods with the label `app` of its name.
    pub(crate) fn service(&mut self, namespace: &str, name: &str, ports: &[(u16, &str)]) -> &mut Service {
        let place = self.place();
        let ports = ports.iter().map(|(port, target)| ServicePort {
            name: None,
            port: *port,
            target_port: port_value(target),
            protocol: Protocol::Tcp,
            place,
        });
        self.world.services.push(Service {
            resource: place.resource,
            name: name.into(),
            namespace: namespace.into(),
            previous: Vec::new(),
            service_type: ServiceType::ClusterIp,
            selector: Some(labels(&[("app", name)])),
            ports: ports.collect(),
            cluster_ips: Vec::new(),
            annotations: Labels::new(),
            labels: Labels::new(),
            place,
        });
        self.world.services.last_mut().unwrap()
    }

    /// Intents of a workload that call others of its namespace.
    pub(crate) fn calls(&mut self, namespace: &str, client: &str, targets: &[TargetKind]) {
        let place = self.place();
        let targets = targets.iter().map(|kind| Target { kind: kind.clone(), place });
        self.world.client_intents.push(ClientIntents {
            resource: place.resource,
            name: client.into(),
            namespace: namespace.into(),
            client: Identity { namespace: namespace.into(), name: client.into(), kind: None },
            client_place: place,
            targets: targets.collect(),
            resolved_ips: BTreeMap::new(),
        });
    }

    /// An Ingress, or a route of another kind, to one Service.
    pub(crate) fn exposure(&mut self, kind: ExposureKind, object_kind: &str, id: &str, backend: &str) -> &mut Exposure {
        let place = self.place();
        let (namespace, name) = id.split_once('/').unwrap();
        let (backend_namespace, service) = backend.split_once('/').unwrap();
        let backend = Backend { namespace: backend_namespace.into(), service: service.into(), port: None, place };
        self.world.exposures.push(Exposure {
            resource: place.resource,
            kind,
            object_kind: object_kind.into(),
            name: name.into(),
            namespace: namespace.into(),
            annotations: Labels::new(),
            backends: vec![backend],
        });
        self.world.exposures.last_mut().unwrap()
    }

    pub(crate) fn webhook(&mut self, config_name: &str, service: &str, port: u16) {
        let place = self.place();
        let (namespace, service) = service.split_once('/').unwrap();
        self.world.webhooks.push(Webhook {
            resource: place.resource,
            object_kind: "ValidatingWebhookConfiguration".into(),
            config_name: config_name.into(),
            namespace: namespace.into(),
            service: service.into(),
            port,
            place,
        });
    }

    /// A hand-written policy for the pods with that label `app`, with one ingress rule.
    pub(crate) fn hand_written(&mut self, namespace: &str, name: &str, app: &str, rule: Rule) {
        let place = self.place();
        let spec = PolicySpec {
            pod_selector: LabelSelector::from_labels(labels(&[("app", app)])),
            ingress: Some(vec![rule]),
            egress: None,
        };
        self.world.policies.push(InputPolicy {
            resource: place.resource,
            policy: NetworkPolicy {
                namespace: namespace.into(),
                name: name.into(),
                labels: Labels::new(),
                annotations: Labels::new(),
                spec,
            },
            place,
            ingress_places: vec![place],
            egress_places: Vec::new(),
            details: PolicyDetails::default(),
        });
    }

    /// What the plan generates and finds, a line for each, policies first.
    pub(crate) fn planned(&self, config: &Config) -> Vec<String> {
        let (plan, findings) = plan(&self.world, config);
        plan.generated.iter().map(show).chain(findings_shown(&findings)).collect()
    }

    /// The lines of [`Self::planned`] that contain a text.
    pub(crate) fn planned_with(&self, config: &Config, text: &str) -> Vec<String> {
        self.planned(config).into_iter().filter(|line| line.contains(text)).collect()
    }
}

/// A call to a workload.
pub(crate) fn call(namespace: &str, name: &str) -> TargetKind {
    TargetKind::Workload(Identity { namespace: namespace.into(), name: name.into(), kind: None })
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn port_value(text: &str) -> PortValue {
    text.parse().map_or_else(|_| PortValue::Name(text.to_owned()), PortValue::Number)
}

/// Severity, code and message of each finding.
pub(crate) fn findings_shown(findings: &Findings) -> Vec<String> {
    let show = |finding: &crate::diag::Finding| {
        format!("{} {}: {}", finding.severity.as_str(), finding.code.name(), finding.message)
    };
    findings.0.iter().map(show).collect()
}

/// `namespace/name pods{...} in[peers : ports; ...] out[...]`, without identities' hashes.
pub(crate) fn show(object: &GeneratedObject) -> String {
    match object {
        GeneratedObject::DomainPolicy(policy) => format!("{}/{} {:?}", policy.namespace, policy.name, policy.flavor),
        GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => {
            let mut line = format!("{}/{} pods{}", policy.namespace, policy.name, selector(&policy.spec.pod_selector));
            for (direction, rules) in [("in", &policy.spec.ingress), ("out", &policy.spec.egress)] {
                if let Some(rules) = rules {
                    let rules: Vec<String> = rules.iter().map(show_rule).collect();
                    line.push_str(&format!(" {direction}[{}]", rules.join("; ")));
                }
            }
            line
        }
    }
}

fn show_rule(rule: &Rule) -> String {
    let peers: Vec<String> = rule.peers.iter().map(show_peer).collect();
    let ports: Vec<String> = rule.ports.iter().map(show_port).collect();
    let or_any = |list: Vec<String>| if list.is_empty() { "any".to_owned() } else { list.join(",") };
    format!("{} : {}", or_any(peers), or_any(ports))
}

fn show_peer(peer: &Peer) -> String {
    match peer {
        Peer::IpBlock { cidr, .. } => cidr.to_string(),
        Peer::Pods { pod_selector, namespace_selector } => {
            let show = |part: &Option<LabelSelector>| part.as_ref().map_or("-".to_owned(), selector);
            format!("{}@{}", show(pod_selector), show(namespace_selector))
        }
    }
}

fn show_port(port: &PolicyPort) -> String {
    let number = port.port.as_ref().map_or("*".to_owned(), ToString::to_string);
    format!("{}/{number}", port.protocol.as_str())
}

fn selector(selector: &LabelSelector) -> String {
    let short = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let pairs: Vec<String> =
        selector.match_labels.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    format!("{{{}}}", pairs.join(","))
}
