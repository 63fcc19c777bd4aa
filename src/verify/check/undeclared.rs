//! What is open although nobody declared it: to protected workloads, and workloads that nothing protects.

use super::directory::Directory;
use super::words::rule_name;
use crate::diag::{Code, Finding, Findings};
use crate::model::intent::TargetKind;
use crate::model::policy::Direction;
use crate::model::service::{Service, ServiceType};
use crate::verify::listing::end_text;
use crate::verify::reach::decisions::RuleRef;
use crate::verify::reach::{End, Openings, Reachability};
use crate::verify::rendered::NOT_IN_INPUT;
use std::collections::{BTreeMap, BTreeSet};

/// A finding names this many sources at most.
const MAX_SOURCES: usize = 5;

/// Labels of ours that say that a switch and not an intent asked for a policy.
const SWITCH_LABELS: [&str; 4] = ["external-traffic", "metrics", "webhook", "default-deny"];

/// Warns of connections to protected workloads that no intent asks for, and notes workloads without any ingress policy.
///
/// Without any declaration in the input nothing is undeclared.
pub(super) fn find(reach: &Reachability<'_>, findings: &mut Findings) {
    let has_declarations = !reach.world().client_intents.is_empty();
    if has_declarations {
        open_to_protected(reach, findings);
    }
    for (index, workload) in reach.workloads().iter().enumerate() {
        if !reach.is_isolated(index, Direction::Ingress) {
            let message = format!("{workload} is not protected: no policy isolates its ingress");
            let place = workload.members.first().and_then(|&member| reach.world().workloads.get(member));
            findings.push(Finding::new(Code::UnprotectedWorkload, place.map(|workload| workload.place), message));
        }
    }
}

fn open_to_protected(reach: &Reachability<'_>, findings: &mut Findings) {
    let declared = declared_pairs(reach);
    let exposed = exposed(reach);
    let controllers = reach.controllers();
    let is_protected = |server: usize| reach.is_isolated(server, Direction::Ingress);
    let openings: Vec<Option<Openings<'_>>> =
        (0..reach.workloads().len()).map(|server| is_protected(server).then(|| reach.openings(server))).collect();
    let mut open: BTreeMap<(usize, RuleRef), Sources> = BTreeMap::new();
    reach.for_each_connection(&mut |source, destination, connections| {
        let End::Workload(server) = destination else { return };
        let Some(openings) = openings.get(server).and_then(Option::as_ref) else { return };
        if matches!(source, End::Workload(client) if declared.contains(&(client, server))) {
            return;
        }
        for rule in openings.rules_for(source, connections, &controllers) {
            open.entry((server, rule)).or_default().add(source);
        }
    });
    for ((server, rule), sources) in open {
        report(reach, server, rule, &sources, exposed.get(&server), findings);
    }
}

/// Whom a rule lets in.
#[derive(Default)]
struct Sources {
    /// The first few workloads, and how many there are.
    pods: (Vec<End>, usize),
    /// The ranges of addresses outside.
    outside: Vec<End>,
}

impl Sources {
    fn add(&mut self, source: End) {
        if matches!(source, End::External(_)) {
            self.outside.push(source);
            return;
        }
        if self.pods.0.len() < MAX_SOURCES {
            self.pods.0.push(source);
        }
        self.pods.1 += 1;
    }

    /// `a, b and 3 more`; the addresses in few words if they are all that policies tell apart.
    fn in_words(&self, reach: &Reachability<'_>) -> String {
        let mut names: Vec<String> = self.pods.0.iter().map(|&source| end_text(reach, source)).collect();
        let is_everywhere = !self.outside.is_empty() && self.outside.len() == reach.external(Direction::Ingress).len();
        let shown = if is_everywhere { &[] } else { self.outside.get(..MAX_SOURCES).unwrap_or(&self.outside) };
        names.extend(shown.iter().map(|&source| end_text(reach, source)));
        let all = self.pods.1 + if is_everywhere { 0 } else { self.outside.len() };
        match all.saturating_sub(names.len()) {
            0 => {}
            more => names.push(format!("{more} more")),
        }
        if is_everywhere {
            names.push("every address outside the cluster".to_owned());
        }
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => names.concat(),
        }
    }
}

/// The workloads that something outside the cluster's pods must reach, and what: such traffic has no sender that a rule could
/// name, so a rule without `from` is the way to let it in.
fn exposed(reach: &Reachability<'_>) -> BTreeMap<usize, String> {
    let (world, directory) = (reach.world(), Directory::new(reach));
    let mut found = BTreeMap::new();
    let mut add = |service: Option<&Service>, what: String| {
        for member in service.map(|service| directory.behind(service)).unwrap_or_default() {
            if let Some(workload) = reach.workload_of(member) {
                found.entry(workload).or_insert_with(|| what.clone());
            }
        }
    };
    for service in &world.services {
        if matches!(service.service_type, ServiceType::LoadBalancer | ServiceType::NodePort) {
            add(Some(service), format!("Service {}/{}", service.namespace, service.name));
        }
    }
    for exposure in &world.exposures {
        for backend in &exposure.backends {
            let service = directory.service(&backend.namespace, &backend.service);
            add(service, format!("{} {}/{}", exposure.object_kind, exposure.namespace, exposure.name));
        }
    }
    for webhook in &world.webhooks {
        let service = directory.service(&webhook.namespace, &webhook.service);
        add(service, format!("{} {}", webhook.object_kind, webhook.config_name));
    }
    found
}

fn report(
    reach: &Reachability<'_>,
    server: usize,
    rule: RuleRef,
    sources: &Sources,
    exposed_by: Option<&String>,
    findings: &mut Findings,
) {
    let Some(policy) = reach.world().policies.get(rule.policy) else { return };
    let is_by_switch = policy.policy.labels.keys().any(|key| {
        key.strip_prefix("intents.otterize.com/")
            .is_some_and(|name| SWITCH_LABELS.iter().any(|part| name.contains(part)))
    });
    let rules = policy.policy.spec.rules(rule.direction).unwrap_or_default();
    let has_no_from = rules.get(rule.rule).is_some_and(|rule| rule.peers.is_empty());
    let (code, why) = match exposed_by.filter(|_| has_no_from) {
        _ if is_by_switch => (Code::OpenedOnPurpose, "as the configuration asks".to_owned()),
        Some(what) => (Code::OpenedOnPurpose, format!("as {what} needs")),
        None => (Code::UndeclaredOpen, "though nobody declared it".to_owned()),
    };
    let message = format!(
        "{} is open to {} {why}: {}",
        end_text(reach, End::Workload(server)),
        sources.in_words(reach),
        rule_name(reach, rule)
    );
    let place = policy.rule_place(rule.direction, rule.rule).unwrap_or(policy.place);
    let place = Some(place).filter(|place| place.resource != NOT_IN_INPUT);
    let finding = Finding::new(code, place, message);
    findings.push(match code {
        Code::UndeclaredOpen => finding.with_help("declare the calls, or narrow the rule"),
        _ => finding,
    });
}

/// Pairs of workloads (client, server) that some intent or annotation declares.
fn declared_pairs(reach: &Reachability<'_>) -> BTreeSet<(usize, usize)> {
    let world = reach.world();
    let directory = Directory::new(reach);
    let mut pairs = BTreeSet::new();
    let mut add = |clients: &[usize], servers: &[usize]| {
        for &client in clients {
            for &server in servers {
                pairs.extend(reach.workload_of(client).zip(reach.workload_of(server)));
            }
        }
    };
    for intents in &world.client_intents {
        let clients = directory.members(&intents.client);
        for target in &intents.targets {
            match &target.kind {
                TargetKind::Workload(server) => add(&clients, &directory.members(server)),
                TargetKind::Service(server) => {
                    let service = directory.service(&server.namespace, &server.name);
                    add(&clients, &service.map(|service| directory.behind(service)).unwrap_or_default());
                }
                TargetKind::Internet(_) | TargetKind::OutOfCluster => {}
            }
        }
    }
    for (member, workload) in world.workloads.iter().enumerate() {
        for called_by in &workload.called_by {
            add(&directory.members(&called_by.client), &[member]);
        }
    }
    pairs
}
