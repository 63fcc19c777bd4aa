//! Rule family: traffic from outside the cluster (`spec/otterize.md` 4.9, decisions D5, D10, D14; `DESIGN.md` 1.4 rules 5 and 6).

use super::GeneratedObject;
use super::automation::{self, Verdict};
use super::context::PlanContext;
use super::exposed_services::{self, ExposedService};
use super::isolation::Isolation;
use super::keys;
use super::known_workloads::{self, KnownPeers};
use super::labelled_workload::LabelledWorkload;
use super::namespace_deny;
use super::naming;
use super::outside_access::{OutsideAccess, Sources};
use super::pod_ports::{self, PodPort};
use super::wanted::Wanted;
use crate::config::Automate;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::Place;
use crate::model::policy::{NetworkPolicy, PolicySpec, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::{Service, ServiceType};
use crate::model::traffic::ExposureKind;
use std::collections::{BTreeMap, BTreeSet};

/// The annotation of AWS load balancers that send traffic to pods, not to a controller.
const ALB_TARGET_TYPE: &str = "alb.ingress.kubernetes.io/target-type";

/// A policy for each exposed Service whose pods a generated policy isolates, or for each one, as the mode says.
pub(crate) fn rules(context: &PlanContext<'_>, isolation: &Isolation<'_, '_>, findings: &mut Findings) -> Vec<Wanted> {
    let mode = automation::effective(context.config.automate_third_party_network_policies, context.config.mode);
    if mode == Automate::Off {
        return Vec::new();
    }
    let controllers = known_workloads::peers(context, &context.config.ingress_controller_configs);
    let mut through_controllers = Vec::new();
    let mut wanted = Vec::new();
    for exposed in exposed_services::find(context, findings) {
        let service = exposed.service;
        let pods = Pods::behind(context, service);
        if pods.reachable.is_empty() && !pods.all.is_empty() {
            continue;
        }
        let verdict = automation::verdict(context, isolation, mode, &service.namespace, &pods.reachable);
        if verdict == Verdict::LeaveAlone {
            continue;
        }
        if pods.all.is_empty() {
            findings.0.extend(nothing_behind(service, verdict));
            continue;
        }
        let Some(ports) = open_ports(service, &pods, context.outside_access(), findings) else { continue };
        let restricted = is_restricted(context, &exposed);
        if restricted {
            through_controllers.push((display(service), service.place));
            // A rule without peers would open it to everybody.
            if controllers.peers.is_empty() {
                continue;
            }
        }
        let rule = Rule {
            peers: if restricted { controllers.peers.clone() } else { Vec::new() },
            ports: pod_ports::rule_ports(ports),
        };
        let pod_selector = pod_selector(context, isolation, service, &pods);
        let selected = pod_selector.as_ref();
        findings.0.extend(automation::newly_isolated(
            context,
            isolation,
            service,
            selected,
            verdict,
            "external traffic",
        ));
        wanted.extend(policy(context, &exposed, &pods, pod_selector, rule));
    }
    report_controllers(&controllers, &through_controllers, findings);
    wanted
}

/// The workloads of the input behind a Service.
struct Pods<'a> {
    /// All of them, sorted by (name, kind).
    all: Vec<LabelledWorkload<'a>>,
    /// Those to which policies apply: not on the host network.
    reachable: Vec<LabelledWorkload<'a>>,
}

impl<'a> Pods<'a> {
    fn behind(context: &PlanContext<'a>, service: &Service) -> Self {
        let mut all: Vec<_> = context.behind(service).collect();
        all.sort_by_key(|labelled| (&labelled.workload.name, &labelled.workload.kind));
        let reachable = all.iter().copied().filter(|labelled| !labelled.workload.host_network).collect();
        Self { all, reachable }
    }
}

/// The pod ports to open, `None` if there are none: never a rule without ports, which would open all of them.
fn open_ports(
    service: &Service,
    pods: &Pods<'_>,
    outside: &OutsideAccess<'_>,
    findings: &mut Findings,
) -> Option<BTreeSet<PodPort>> {
    for port in &service.ports {
        if pod_ports::of_service_port(port, &pods.reachable).is_empty() {
            let message = format!(
                "external traffic to {} cannot be allowed on port {}: no container behind it declares the {} port `{}`",
                display(service),
                port.port,
                port.protocol.as_str(),
                port.target_port
            );
            findings.push(
                Finding::new(Code::TrafficBlocked, port.place, message)
                    .with_help("declare the port in the container, or use its number as targetPort"),
            );
        }
    }
    if service.ports.is_empty() {
        let message = format!("external traffic to {} cannot be allowed: the Service has no ports", display(service));
        findings.push(Finding::new(Code::TrafficBlocked, service.place, message));
    }
    let all = pod_ports::of_service(service, &pods.reachable);
    let mut admitted: BTreeMap<String, (Place, Vec<String>)> = BTreeMap::new();
    let open: BTreeSet<PodPort> = all
        .into_iter()
        .filter(|port| match outside.to_all(&pods.reachable, *port, Sources::SomeOutside) {
            None => true,
            Some(input) => {
                let (_, ports) = admitted.entry(input.policy.name.clone()).or_insert_with(|| (input.place, Vec::new()));
                ports.push(format!("{} {}", port.0.as_str(), port.1));
                false
            }
        })
        .collect();
    for (name, (place, ports)) in admitted {
        let message = format!(
            "NetworkPolicy {}/{name} already says who outside may reach {} on {}, so nothing is opened there",
            service.namespace,
            display(service),
            ports.join(", ")
        );
        findings
            .push(Finding::new(Code::OutsideAccessDecided, service.place, message).with_related(place, "this policy"));
    }
    (!open.is_empty()).then_some(open)
}

/// Whether only the configured controllers may come in: where no node or load balancer sends to the pods itself.
fn is_restricted(context: &PlanContext<'_>, exposed: &ExposedService<'_>) -> bool {
    let config = context.config;
    let is_exempt = config.ingress_controller_aws_alb_exempt
        && exposed.exposures.iter().any(|exposure| {
            exposure.kind == ExposureKind::Ingress
                && exposure.annotations.get(ALB_TARGET_TYPE).is_some_and(|kind| kind == "ip")
        });
    !config.ingress_controller_configs.is_empty()
        && exposed.service.service_type == ServiceType::ClusterIp
        && !is_exempt
}

/// The selector of the first isolating policy by name if it selects just these pods, else the Service's own.
fn pod_selector(
    context: &PlanContext<'_>,
    isolation: &Isolation<'_, '_>,
    service: &Service,
    pods: &Pods<'_>,
) -> Option<LabelSelector> {
    let policies = pods.reachable.iter().flat_map(|labelled| isolation.policies(labelled.workload));
    let first = policies.min_by(|a, b| a.name.cmp(&b.name)).filter(|policy| {
        !isolation.covers_namespace(&service.namespace) || policy.name < namespace_deny::ingress_name(context.config)
    });
    let own = LabelSelector::from_labels(service.pod_selector()?.clone());
    let Some(first) = first else { return Some(own) };
    let selected = context.selected(&service.namespace, &first.spec.pod_selector);
    let ids = |workloads: &[LabelledWorkload<'_>]| -> BTreeSet<_> {
        workloads.iter().map(|labelled| labelled.workload.resource).collect()
    };
    Some(if ids(&selected) == ids(&pods.all) { first.spec.pod_selector.clone() } else { own })
}

fn policy(
    context: &PlanContext<'_>,
    exposed: &ExposedService<'_>,
    pods: &Pods<'_>,
    pod_selector: Option<LabelSelector>,
    rule: Rule,
) -> Option<Wanted> {
    let service = exposed.service;
    let first = pods.all.first()?.workload;
    let mut by_kind: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for exposure in &exposed.exposures {
        let is_near = exposure.namespace == service.namespace;
        let name = if is_near { exposure.name.clone() } else { format!("{}/{}", exposure.namespace, exposure.name) };
        by_kind.entry(&exposure.object_kind).or_default().insert(name);
    }
    let created_for = by_kind.into_iter().map(|(kind, names)| {
        let key = format!("{}{}", keys::CREATED_FOR_PREFIX, kind.to_lowercase());
        (key, names.into_iter().collect::<Vec<_>>().join(","))
    });
    let service_name = (keys::CREATED_FOR_SERVICE.to_owned(), service.name.clone());
    let policy = NetworkPolicy {
        namespace: service.namespace.clone(),
        name: naming::object_name(format!("external-access-to-{}", service.name), context.config),
        labels: Labels::from([(keys::POLICY_EXTERNAL, first.identity.formatted())]),
        annotations: [service_name].into_iter().chain(created_for).collect(),
        spec: PolicySpec { pod_selector: pod_selector?, ingress: Some(vec![rule]), egress: None },
    };
    Some(Wanted {
        object: GeneratedObject::NetworkPolicy(policy),
        reason: Some(service.place),
        package_of: Some(first.resource),
    })
}

/// Warns where a namespace's default deny may cut off pods that this input does not have.
fn nothing_behind(service: &Service, verdict: Verdict) -> Option<Finding> {
    if verdict != Verdict::Blocked {
        return None;
    }
    let reason =
        if service.pod_selector().is_none() { "it has no selector" } else { "no workload of the input is behind it" };
    let message = format!(
        "external traffic to {} cannot be allowed: {reason}, and the namespace denies ingress by default",
        display(service)
    );
    Some(
        Finding::new(Code::TrafficBlocked, service.place, message)
            .with_help("compile the workload in the same run, or allow the traffic in a NetworkPolicy of your own"),
    )
}

fn report_controllers(controllers: &KnownPeers<'_>, services: &[(String, Place)], findings: &mut Findings) {
    controllers.report("external traffic", services, "ingressControllerConfigs", findings);
}

fn display(service: &Service) -> String {
    format!("Service {}/{}", service.namespace, service.name)
}

#[cfg(test)]
mod tests;
