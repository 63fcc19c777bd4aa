//! What is open although nobody declared it: to protected workloads, and workloads that nothing protects.

use super::directory::Directory;
use super::words::rule_name;
use crate::diag::{Code, Finding, Findings};
use crate::model::intent::TargetKind;
use crate::model::labels::OUR_PREFIX;
use crate::model::policy::Direction;
use crate::model::service::{Service, ServiceType};
use crate::verify::connections::ConnectionSet;
use crate::verify::listing::end_text;
use crate::verify::reach::decisions::RuleRef;
use crate::verify::reach::{End, Reachability, Senders};
use crate::verify::rendered::NOT_IN_INPUT;
use std::collections::{BTreeMap, BTreeSet};

/// A finding names this many sources at most.
const MAX_SOURCES: usize = 5;

/// A rule is reported for this many workloads one by one: a policy may select all there are.
const MAX_SERVERS: usize = 50;

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
    let declared = declared_clients(reach);
    let exposed = exposed(reach);
    let controllers = reach.controllers();
    let from_controllers: BTreeMap<usize, ConnectionSet> =
        reach.entry_points().into_iter().map(|entry| (entry.workload, entry.allowed())).collect();
    let mut senders = reach.sender_table();
    let mut reported: BTreeMap<(RuleRef, Code), usize> = BTreeMap::new();
    for server in (0..reach.workloads().len()).filter(|&server| reach.is_isolated(server, Direction::Ingress)) {
        let openings = reach.openings(server);
        let mut known = declared.get(&server).cloned().unwrap_or_default();
        known.insert(End::Workload(server));
        let mut open: BTreeMap<RuleRef, Sources> = BTreeMap::new();
        let mut add = |one: Senders<'_>, connections: &ConnectionSet| {
            let is_meant = |end: &&End| !one.except.contains(end) && !known.contains(end);
            let Some(&first) = one.ends.iter().find(is_meant) else { return };
            for rule in openings.rules_for(first, connections, &controllers) {
                open.entry(rule).or_default().add(&one, &known);
            }
        };
        senders.for_each(server, &mut add);
        if let Some(connections) = from_controllers.get(&server).filter(|connections| !connections.is_empty()) {
            add(Senders { ends: &[End::IngressController], except: &BTreeSet::new() }, connections);
        }
        for (rule, sources) in open {
            let Some((code, why)) = judged(reach, rule, exposed.get(&server)) else { continue };
            let count = reported.entry((rule, code)).or_default();
            *count += 1;
            if *count <= MAX_SERVERS {
                let who = end_text(reach, End::Workload(server));
                let message = format!("{who} is open to {} {why}", sources.in_words(reach));
                findings.push(finding(reach, rule, code, &message));
            }
        }
    }
    for ((rule, code), count) in reported.into_iter().filter(|(_, count)| *count > MAX_SERVERS) {
        let more = count - MAX_SERVERS;
        let message =
            format!("{more} more {} open like these", if more == 1 { "workload is" } else { "workloads are" });
        findings.push(finding(reach, rule, code, &message));
    }
}

/// Whom a rule lets in.
#[derive(Default)]
struct Sources {
    /// The first few workloads, and how many there are.
    pods: (BTreeSet<End>, usize),
    /// The first few ranges of addresses outside, and how many there are.
    outside: (BTreeSet<End>, usize),
}

impl Sources {
    /// Adds who is neither excepted nor known.
    fn add(&mut self, senders: &Senders<'_>, known: &BTreeSet<End>) {
        let is_outside = matches!(senders.ends.first(), Some(End::External(_)));
        let (first, count) = if is_outside { &mut self.outside } else { &mut self.pods };
        let left_out = senders.except.iter().chain(known.difference(senders.except));
        *count += senders.ends.len() - left_out.filter(|end| senders.ends.binary_search(end).is_ok()).count();
        let is_meant = |end: &&End| !senders.except.contains(end) && !known.contains(end);
        first.extend(senders.ends.iter().filter(is_meant).take(MAX_SOURCES));
        while first.len() > MAX_SOURCES {
            first.pop_last();
        }
    }

    /// `a, b and 3 more`; the addresses in few words if they are all that policies tell apart.
    fn in_words(&self, reach: &Reachability<'_>) -> String {
        let mut names: Vec<String> = self.pods.0.iter().map(|&source| end_text(reach, source)).collect();
        let (ranges, outside) = &self.outside;
        let is_everywhere = *outside > 0 && *outside == reach.external(Direction::Ingress).len();
        let shown = if is_everywhere { None } else { Some(ranges) };
        names.extend(shown.into_iter().flatten().map(|&source| end_text(reach, source)));
        let all = self.pods.1 + if is_everywhere { 0 } else { *outside };
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
fn exposed<'w>(reach: &Reachability<'w>) -> BTreeMap<usize, String> {
    let (world, directory) = (reach.world(), Directory::new(reach));
    let mut found = BTreeMap::new();
    let mut add = |service: Option<&'w Service>, what: String| {
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

/// What it means that a rule opens a workload, and why.
fn judged(reach: &Reachability<'_>, rule: RuleRef, exposed_by: Option<&String>) -> Option<(Code, String)> {
    let policy = reach.world().policies.get(rule.policy)?;
    let is_by_switch = policy.policy.labels.keys().any(|key| {
        key.strip_prefix(OUR_PREFIX).is_some_and(|name| SWITCH_LABELS.iter().any(|part| name.contains(part)))
    });
    let rules = policy.policy.spec.rules(rule.direction).unwrap_or_default();
    let has_no_from = rules.get(rule.rule).is_some_and(|rule| rule.peers.is_empty());
    Some(match exposed_by.filter(|_| has_no_from) {
        _ if is_by_switch => (Code::OpenedOnPurpose, "as the configuration asks".to_owned()),
        Some(what) => (Code::OpenedOnPurpose, format!("as {what} needs")),
        None => (Code::UndeclaredOpen, "though nobody declared it".to_owned()),
    })
}

fn finding(reach: &Reachability<'_>, rule: RuleRef, code: Code, message: &str) -> Finding {
    let place = reach.world().policies.get(rule.policy).map(|policy| {
        let place = policy.rule_place(rule.direction, rule.rule);
        place.unwrap_or(policy.place)
    });
    let place = place.filter(|place| place.resource != NOT_IN_INPUT);
    let finding = Finding::new(code, place, format!("{message}: {}", rule_name(reach, rule)));
    match code {
        Code::UndeclaredOpen => finding.with_help("declare the calls, or narrow the rule"),
        _ => finding,
    }
}

/// By server the clients that some intent or annotation declares, both workloads.
fn declared_clients(reach: &Reachability<'_>) -> BTreeMap<usize, BTreeSet<End>> {
    let world = reach.world();
    let directory = Directory::new(reach);
    let mut declared: BTreeMap<usize, BTreeSet<End>> = BTreeMap::new();
    let mut add = |clients: &[usize], servers: &[usize]| {
        let clients: BTreeSet<usize> = clients.iter().filter_map(|&client| reach.workload_of(client)).collect();
        let servers: BTreeSet<usize> = servers.iter().filter_map(|&server| reach.workload_of(server)).collect();
        for &server in &servers {
            declared.entry(server).or_default().extend(clients.iter().map(|&client| End::Workload(client)));
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
    declared
}
