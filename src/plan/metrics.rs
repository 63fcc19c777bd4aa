//! Rule family: metrics (`spec/otterize.md` 4.11, decisions D5, D6, D11): what Prometheus scrapes, by annotations or monitors.

use super::GeneratedObject;
use super::automation::{self, Verdict};
use super::context::PlanContext;
use super::dns;
use super::isolation::Isolation;
use super::keys;
use super::known_workloads::{self, KnownPeers};
use super::naming;
use super::outside_access::{OutsideAccess, Sources};
use super::pod_ports;
use super::scrapes::{self, Level, Scrape};
use super::selectors;
use super::wanted::Wanted;
use crate::config::Automate;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::Place;
use crate::model::policy::{NetworkPolicy, PolicySpec, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels};

/// A policy for each scraped workload that a generated policy isolates, or for each one, as the mode says.
pub(crate) fn rules(context: &PlanContext<'_>, isolation: &Isolation<'_, '_>, findings: &mut Findings) -> Vec<Wanted> {
    let config = context.config;
    let mode = automation::effective(config.automate_third_party_network_policies, config.mode);
    if mode == Automate::Off {
        return Vec::new();
    }
    let servers = known_workloads::peers(context, &config.prometheus_server_configs);
    let mut scraped = Vec::new();
    let mut wanted = Vec::new();
    for scrape in scrapes::find(context) {
        let workload = scrape.labelled.workload;
        let verdict = automation::verdict(context, isolation, mode, &workload.namespace, &[scrape.labelled]);
        if workload.host_network || verdict == Verdict::LeaveAlone {
            continue;
        }
        if config.prometheus_server_configs.is_empty() {
            findings.0.extend(no_server(&scrape, verdict));
            continue;
        }
        let Some(rule) = rule(&scrape, context.outside_access(), &servers, findings) else { continue };
        let Some(pods) = selectors::workload_pods(context, scrape.labelled, findings) else { continue };
        scraped.push((workload.object_name().to_string(), scrape.place));
        wanted.push(policy(context, &scrape, pods, rule));
    }
    servers.report("scraping of metrics", &scraped, "prometheusServerConfigs", findings);
    wanted
}

/// The rule for the Prometheus servers; `None` if there is nothing to open.
fn rule(
    scrape: &Scrape<'_>,
    outside: &OutsideAccess<'_>,
    servers: &KnownPeers<'_>,
    findings: &mut Findings,
) -> Option<Rule> {
    let workload = scrape.labelled.workload;
    for (place, text) in &scrape.bad_ports {
        let message = format!("prometheus.io/port of {} must be a port number, not `{text}`", workload.object_name());
        findings.push(Finding::new(Code::ScrapePortUnknown, *place, message));
    }
    if scrape.ports.is_empty() {
        if scrape.bad_ports.is_empty() {
            let message =
                format!("can not deduce the port to scrape of {}: no port is declared", workload.object_name());
            findings.push(
                Finding::new(Code::ScrapePortUnknown, scrape.place, message)
                    .with_help("add the annotation prometheus.io/port, or declare the container's port"),
            );
        }
        return None;
    }
    let ports: Vec<_> = scrape
        .ports
        .iter()
        .map(|number| (Protocol::Tcp, *number))
        .filter(|port| outside.to(workload, *port, Sources::Everybody).is_none())
        .collect();
    // Neither list may be empty in the rule: that would open it to everybody, or on every port.
    let is_known = !ports.is_empty() && !servers.peers.is_empty();
    is_known.then(|| Rule { peers: servers.peers.clone(), ports: pod_ports::rule_ports(ports) })
}

fn policy(context: &PlanContext<'_>, scrape: &Scrape<'_>, pod_selector: LabelSelector, rule: Rule) -> Wanted {
    let workload = scrape.labelled.workload;
    let identity = workload.identity.formatted();
    let level = match scrape.level {
        Level::Pod => "pod",
        Level::Service => "service",
    };
    let collectors = scrape.service.map_or(identity.as_str(), |service| &service.name);
    let mut ingress = vec![rule];
    // Isolating a DNS server for its metrics must not cut off the cluster's names.
    if dns::is_server(&workload.identity) {
        let ports = pod_ports::rule_ports([(Protocol::Tcp, 53), (Protocol::Udp, 53)]);
        ingress.push(Rule { peers: Vec::new(), ports });
    }
    let name = format!("metrics-collection-access-to-{level}-{}", workload.identity.name.to_lowercase());
    let policy = NetworkPolicy {
        namespace: workload.namespace.clone(),
        name: naming::object_name(&name, context.config),
        labels: Labels::from([(keys::POLICY_METRICS, collectors), (keys::POLICY_METRICS_LEVEL, level)]),
        annotations: Labels::from([(keys::CREATED_FOR_SERVICE, &identity)]),
        spec: PolicySpec { pod_selector, ingress: Some(ingress), egress: None },
    };
    Wanted {
        object: GeneratedObject::NetworkPolicy(policy),
        reason: Some(scrape.place),
        package_of: Some(workload.resource),
    }
}

/// Warns where metrics are cut off and the configuration does not say who scrapes.
fn no_server(scrape: &Scrape<'_>, verdict: Verdict) -> Option<Finding> {
    let place: Place = scrape.place;
    let name = scrape.labelled.workload.object_name();
    (verdict == Verdict::Blocked).then(|| {
        let message = format!("scraping of metrics of {name} will fail: a generated policy isolates it");
        Finding::new(Code::TrafficBlocked, place, message)
            .with_help("name the Prometheus servers in prometheusServerConfigs")
    })
}

#[cfg(test)]
mod tests;
