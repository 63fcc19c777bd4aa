//! Worlds built in code, for the tests of the rule families.

mod describe;

pub(crate) use describe::{described_findings, described_policies, described_policy, network_policy, one_line};

use super::{GeneratedObject, MapChange, Plan, plan};
use crate::config::{Config, Profile};
use crate::diag::Findings;
use crate::model::identity::Identity;
use crate::model::intent::{CalledBy, ClientIntents, InternetTarget, ProtectedService, Target, TargetKind};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::{
    InputPolicy, NetworkPolicy, PolicyDetails, PolicySpec, PortValue, Protocol, Rule, StagedPolicy,
};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::{Endpoints, Service, ServicePort, ServiceType};
use crate::model::traffic::{Backend, Exposure, ExposureKind, Webhook};
use crate::model::workload::{Container, ContainerPort, IdentitySource, Workload};
use crate::model::world::{Namespace, World};
use std::borrow::Cow;
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
        let (blocks, ports) = internet.split_once('@').unwrap_or((internet, ""));
        let (networks, addresses): (Vec<&str>, Vec<&str>) = blocks.split(',').partition(|text| text.contains('/'));
        TargetKind::Internet(
            InternetTarget {
                domains: Vec::new(),
                addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
                networks: networks.iter().map(|text| text.parse().unwrap()).collect(),
                ports: ports.split(',').filter(|port| !port.is_empty()).map(|port| port.parse().unwrap()).collect(),
            }
            .into(),
        )
    } else if let Some(domain) = text.strip_prefix("domain:") {
        TargetKind::Internet(
            InternetTarget {
                domains: vec![(domain.into(), place)],
                addresses: Vec::new(),
                networks: Vec::new(),
                ports: Vec::new(),
            }
            .into(),
        )
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
        change(self.add_workload(text));
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
        change(self.new_service(name));
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
                labels.extend(&change.set);
            };
            let workload = self.world.workloads.iter_mut().find(|found| found.resource == change.resource);
            workload.into_iter().for_each(|workload| apply(&mut workload.template_labels));
            let namespace = self.world.namespaces.iter_mut().find(|found| found.resource == change.resource);
            namespace.into_iter().for_each(|namespace| apply(&mut namespace.labels));
            let policy = self.world.policies.iter_mut().find(|found| found.resource == change.resource);
            policy.into_iter().for_each(|input| apply(&mut input.policy.annotations));
        }
        self.world.policies.retain(|policy| !plan.removals.contains(&policy.resource));
        self.world.staged_policies.retain(|staged| !plan.removals.contains(&staged.preview.resource));
        for (resource, object) in &plan.updates {
            let previews = self.world.staged_policies.iter_mut().map(|staged| &mut staged.preview);
            let mut policies = self.world.policies.iter_mut().chain(previews);
            policies.find(|policy| policy.resource == *resource).unwrap().policy = network_policy(object).clone();
        }
        for planned in &plan.new_objects {
            self = self.policy(network_policy(&planned.object).clone());
            if let GeneratedObject::StagedPolicy(_) = *planned.object {
                let preview = self.world.policies.pop().unwrap();
                self.world.staged_policies.push(StagedPolicy { preview, action: "Set".into() });
            }
        }
        self
    }

    pub(crate) fn plan(&self, config: &Config) -> (Plan, Findings) {
        plan(&self.world, config, 1)
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
        change.remove.iter().for_each(|key| writeln!(text, "  - {}", describe::short(key)).unwrap());
        change.set.iter().for_each(|(key, value)| writeln!(text, "  + {}={value}", describe::short(key)).unwrap());
        text
    }
}

/// The same world, built step by step where a test goes on changing what it adds.
impl Bundle {
    pub(crate) fn place(&mut self) -> Place {
        place(self.id())
    }

    fn add_workload(&mut self, text: &str) -> &mut Workload {
        let resource = self.id();
        let identity = identity(text);
        let kind = identity.kind.clone().unwrap();
        let template_path = match kind.as_str() {
            "Pod" => vec![],
            "CronJob" => vec!["spec", "jobTemplate", "spec", "template"],
            _ => vec!["spec", "template"],
        };
        let app = labels(&[("app", &identity.name)]);
        self.world.workloads.push(Workload {
            controller: None,
            resource,
            api_version: if kind.ends_with("Job") { "batch/v1".into() } else { "apps/v1".into() },
            kind,
            name: identity.name.clone(),
            namespace: identity.namespace.clone(),
            template_path: template_path.into_iter().map(Cow::Borrowed).collect(),
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
        });
        self.world.workloads.last_mut().unwrap()
    }

    /// A Deployment whose pods have the label `app` with its name.
    pub(crate) fn add_deployment(&mut self, namespace: &str, name: &str, ports: &[(&str, u16)]) -> &mut Workload {
        let workload = self.add_workload(&format!("{namespace}/{name}[Deployment]"));
        let place = workload.place;
        let ports = ports.iter().map(|(port, number)| ContainerPort {
            name: Some((*port).to_owned()).filter(|port| !port.is_empty()),
            number: *number,
            protocol: Protocol::Tcp,
            place,
        });
        let container = Container { name: "main".into(), image: String::new(), ports: ports.collect(), is_init: false };
        workload.containers = vec![container];
        workload
    }

    fn new_service(&mut self, name: &str) -> &mut Service {
        let resource = self.id();
        let (namespace, name) = name.split_once('/').unwrap();
        self.world.services.push(Service {
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
        });
        self.world.services.last_mut().unwrap()
    }

    /// A Service for the pods with the label `app` of its name.
    pub(crate) fn add_service(&mut self, namespace: &str, name: &str, ports: &[(u16, &str)]) -> &mut Service {
        let service = self.new_service(&format!("{namespace}/{name}"));
        service.selector = Some(labels(&[("app", name)]));
        let texts = ports.iter().map(|(port, target)| format!("{port}:{target}"));
        service.ports = texts.map(|text| service_port(&text, service.place)).collect();
        service
    }

    /// Intents of a workload.
    pub(crate) fn calls(&mut self, namespace: &str, client: &str, targets: &[TargetKind]) {
        let bundle = std::mem::take(self);
        *self = bundle.changed_intents(&format!("{namespace}/{client}"), &[], |intents| {
            let place = intents.client_place;
            intents.targets = targets.iter().map(|kind| Target { kind: kind.clone(), place }).collect();
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
        let spec = PolicySpec {
            pod_selector: LabelSelector::from_labels(labels(&[("app", app)])),
            ingress: Some(vec![rule]),
            egress: None,
        };
        let (namespace, name) = (namespace.into(), name.into());
        let policy = NetworkPolicy { namespace, name, labels: Labels::new(), annotations: Labels::new(), spec };
        *self = std::mem::take(self).policy(policy);
    }

    /// What the plan generates and finds, a line for each, policies first.
    pub(crate) fn lines(&self, config: &Config) -> Vec<String> {
        let (plan, findings) = self.plan(config);
        let findings = described_findings(&findings);
        plan.generated.iter().map(|object| one_line(object)).chain(findings.lines().map(str::to_owned)).collect()
    }

    /// The lines of [`Self::lines`] that contain a text.
    pub(crate) fn lines_with(&self, config: &Config, text: &str) -> Vec<String> {
        self.lines(config).into_iter().filter(|line| line.contains(text)).collect()
    }
}

/// A call to a workload.
pub(crate) fn call(namespace: &str, name: &str) -> TargetKind {
    TargetKind::Workload(Identity { namespace: namespace.into(), name: name.into(), kind: None })
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
