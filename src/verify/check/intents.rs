//! A verdict for every declared call.

use super::directory::Directory;
use super::words::{why_not, with_refusing_places};
use super::{DecidedPair, IntentVerdict};
use crate::config::{Config, DomainPolicies};
use crate::diag::suggest::nearest;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::{ClientIntents, InternetTarget, TargetKind};
use crate::model::place::Place;
use crate::model::policy::{PortValue, Protocol};
use crate::model::selector::LabelSelector;
use crate::model::service::{Service, ServiceType};
use crate::model::workload::Workload;
use crate::verify::addresses::{AddressRange, AddressSet};
use crate::verify::connections::ConnectionSet;
use crate::verify::generated::{is_generated, is_namespace_deny};
use crate::verify::lint::{Hints, nearest_labels};
use crate::verify::listing::end_text;
use crate::verify::reach::decisions::{Decision, Segment, Verdict};
use crate::verify::reach::{End, PairTable, Reachability};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// How much is asked about every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything, with the rules that decide.
    Reasons,
    /// Only which calls are refused by policies that this project did not write for calls. What is allowed is not explained.
    RefusedByOthers,
}

/// Judges every call that ClientIntents and `called-by` annotations declare.
pub(super) fn judge(
    reach: &Reachability<'_>,
    config: &Config,
    depth: Depth,
    findings: &mut Findings,
) -> Vec<IntentVerdict> {
    let directory = Directory::new(reach);
    let pairs = (depth == Depth::RefusedByOthers).then(|| reach.pair_table());
    let mut judge = Judge {
        reach,
        config,
        findings,
        directory: &directory,
        judged_services: BTreeSet::new(),
        declared_ports: BTreeMap::new(),
        hints: Hints::default(),
        pairs,
    };
    let mut verdicts = Vec::new();
    for intents in &reach.world().client_intents {
        for target in &intents.targets {
            verdicts.extend(judge.call(intents, &target.kind, target.place));
        }
    }
    for (member, workload) in reach.world().workloads.iter().enumerate() {
        for called_by in &workload.called_by {
            let clients = directory.ends(&called_by.client);
            let server = reach.workload_of(member).map(End::Workload);
            let names = (identity_text(&called_by.client), identity_text(&workload.identity));
            verdicts.push(judge.call_to_workloads(names, called_by.place, &clients, server.as_slice()));
        }
    }
    verdicts
}

/// The port of DNS.
const DNS_PORT: u16 = 53;

struct Judge<'j, 'w> {
    reach: &'j Reachability<'w>,
    config: &'j Config,
    findings: &'j mut Findings,
    directory: &'j Directory<'j, 'w>,
    /// Services whose ports and selector were looked at.
    judged_services: BTreeSet<(String, String)>,
    /// The ports that the pods of a server declare, for the servers of earlier calls.
    declared_ports: BTreeMap<End, ConnectionSet>,
    hints: Hints,
    /// Quick answers, where reasons are asked only for what is refused by others.
    pairs: Option<PairTable<'j>>,
}

/// What became of the ports that matter to a call.
struct Outcome {
    verdict: Verdict,
    /// Ports that are denied although others are allowed.
    denied_beside: ConnectionSet,
    /// Ports that are allowed where the server declares none and not all are.
    only: Option<ConnectionSet>,
    segments: Vec<Segment>,
}

/// An object with the numbers and the names of its ports.
type DeclaredPorts<'w> = (&'w Workload, BTreeSet<(Protocol, u16)>, BTreeSet<(Protocol, &'w str)>);

fn identity_text(identity: &Identity) -> String {
    let kind = identity.kind.as_ref().map(|kind| format!("[{kind}]")).unwrap_or_default();
    format!("{}/{}{kind}", identity.namespace, identity.name)
}

impl<'w> Judge<'_, 'w> {
    fn call(&mut self, intents: &'w ClientIntents, target: &'w TargetKind, place: Place) -> Option<IntentVerdict> {
        let clients = self.directory.ends(&intents.client);
        let client = identity_text(&intents.client);
        Some(match target {
            TargetKind::OutOfCluster => return None,
            TargetKind::Internet(internet) => self.call_to_internet(client, place, &clients, internet, intents),
            _ if target.is_api_server() => self.call_to_api_server(client, place, &clients),
            TargetKind::Workload(server) => {
                let servers = self.directory.ends(server);
                self.call_to_workloads((client, identity_text(server)), place, &clients, &servers)
            }
            TargetKind::Service(server) => {
                self.call_to_service((client, identity_text(server)), place, &clients, server)
            }
        })
    }

    fn unknown(&self, (client, target): (String, String), place: Place, note: impl Into<String>) -> IntentVerdict {
        IntentVerdict {
            client,
            target,
            place,
            verdict: Verdict::Unknown,
            notes: vec![note.into()],
            decided: Vec::new(),
        }
    }

    fn call_to_workloads(
        &mut self,
        names: (String, String),
        place: Place,
        clients: &[End],
        servers: &[End],
    ) -> IntentVerdict {
        if clients.is_empty() {
            return self.unknown(names, place, "the client's workload is not in the input");
        }
        if servers.is_empty() {
            return self.unknown(names, place, "the server's workload is not in the input");
        }
        let pairs: Vec<(End, End, ConnectionSet)> = clients
            .iter()
            .flat_map(|&client| servers.iter().map(move |&server| (client, server)))
            .filter(|(client, server)| client != server || clients.len() * servers.len() == 1)
            .map(|(client, server)| (client, server, self.declared_ports(server)))
            .collect();
        self.over_pairs(names, place, pairs)
    }

    /// The ports that the pods declare. If they declare none, everything but DNS: a rule that opens port 53 to everybody says
    /// nothing about the call.
    fn declared_ports(&mut self, server: End) -> ConnectionSet {
        let End::Workload(index) = server else { return undeclared_ports() };
        let reach = self.reach;
        let declared = self.declared_ports.entry(server).or_insert_with(|| {
            let members = reach.workload(index).map(|workload| workload.members.as_slice()).unwrap_or_default();
            let workloads = members.iter().filter_map(|&member| reach.world().workloads.get(member));
            let ports = workloads.flat_map(|workload| workload.ports());
            let ports: Vec<_> = ports.map(|port| ConnectionSet::port(port.protocol, port.number)).collect();
            if ports.is_empty() { undeclared_ports() } else { ConnectionSet::union_of(&ports) }
        });
        declared.clone()
    }

    /// The worst verdict over all pairs.
    fn over_pairs(
        &mut self,
        (client, target): (String, String),
        place: Place,
        pairs: Vec<(End, End, ConnectionSet)>,
    ) -> IntentVerdict {
        let mut result =
            IntentVerdict { client, target, place, verdict: Verdict::Allowed, notes: Vec::new(), decided: Vec::new() };
        for (from, to, wanted) in pairs {
            let outcome = self.outcome(from, to, &wanted);
            let names = (end_text(self.reach, from), end_text(self.reach, to));
            self.report(&result, (from, to), &outcome, &wanted);
            result.verdict = match (result.verdict, outcome.verdict) {
                (Verdict::Denied, _) | (_, Verdict::Denied) => Verdict::Denied,
                (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
                _ => Verdict::Allowed,
            };
            if !outcome.denied_beside.is_empty() {
                result.notes.push(format!("not on {}", outcome.denied_beside));
            }
            if let Some(only) = &outcome.only {
                result.notes.push(format!("only on {only}; the server declares no ports"));
            }
            let (source, destination) = names;
            result.decided.push(DecidedPair { source, destination, ends: (from, to), segments: outcome.segments });
        }
        result
    }

    fn outcome(&mut self, from: End, to: End, wanted: &ConnectionSet) -> Outcome {
        if self.is_surely_allowed(from, to, wanted) {
            let (verdict, denied_beside) = (Verdict::Allowed, ConnectionSet::none());
            return Outcome { verdict, denied_beside, only: None, segments: Vec::new() };
        }
        let narrow = |segment: Segment| Segment { connections: segment.connections.intersection(wanted), ..segment };
        let segments: Vec<Segment> = self
            .reach
            .explain_within(from, to, wanted)
            .into_iter()
            .map(narrow)
            .filter(|segment| !segment.connections.is_empty())
            .collect();
        let sum = |verdict: Verdict| {
            let matching = segments.iter().filter(|segment| segment.verdict() == verdict);
            matching.fold(ConnectionSet::none(), |set, segment| set.union(&segment.connections))
        };
        let (allowed, unknown) = (sum(Verdict::Allowed), sum(Verdict::Unknown));
        let verdict = match (allowed.is_empty(), unknown.is_empty()) {
            (false, _) => Verdict::Allowed,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Denied,
        };
        let is_open_question = is_undeclared(wanted) || allowed.is_empty();
        let denied_beside = if is_open_question { ConnectionSet::none() } else { wanted.difference(&allowed) };
        let only = Some(allowed).filter(|allowed| is_undeclared(wanted) && !allowed.is_empty() && allowed != wanted);
        Outcome { verdict, denied_beside, only, segments }
    }

    /// Whether a quick answer is enough: then nothing is denied in part either.
    fn is_surely_allowed(&mut self, from: End, to: End, wanted: &ConnectionSet) -> bool {
        let (Some(pairs), End::Workload(from), End::Workload(to)) = (&mut self.pairs, from, to) else { return false };
        let allowed = pairs.between(from, to);
        if is_undeclared(wanted) { !allowed.intersection(wanted).is_empty() } else { wanted.is_subset_of(allowed) }
    }

    /// Whether a policy of another hand, or a namespace's default deny, is among those that refuse the connections.
    fn is_refused_by_others(&self, segment: &Segment) -> bool {
        let refusals = [&segment.egress, &segment.ingress].into_iter().flat_map(|decision| match decision {
            Decision::Denied { refusals, .. } => refusals.as_slice(),
            _ => &[],
        });
        let mut policies = refusals.filter_map(|refusal| self.reach.world().policies.get(refusal.policy));
        policies.any(|policy| !is_generated(&policy.policy) || is_namespace_deny(&policy.policy))
    }

    fn report(&mut self, intent: &IntentVerdict, (from, to): (End, End), outcome: &Outcome, wanted: &ConnectionSet) {
        let (code, verb) = match outcome.verdict {
            Verdict::Allowed if outcome.denied_beside.is_empty() => return,
            Verdict::Allowed => (Code::IntentPartlyDenied, "is denied in part"),
            Verdict::Denied => (Code::IntentDenied, "is denied"),
            Verdict::Unknown => (Code::IntentUnknown, "may or may not work"),
        };
        let with_verdict = |verdict| outcome.segments.iter().find(move |segment| segment.verdict() == verdict);
        let reason = with_verdict(outcome.verdict).filter(|segment| segment.verdict() != Verdict::Allowed);
        let reason = reason.or_else(|| with_verdict(Verdict::Denied)).or_else(|| with_verdict(Verdict::Unknown));
        let Some(segment) = reason else { return };
        if self.pairs.is_some() && !self.is_refused_by_others(segment) {
            return;
        }
        let ports = if outcome.verdict == Verdict::Allowed { &outcome.denied_beside } else { wanted };
        let on = if is_undeclared(ports) { String::new() } else { format!(" on {ports}") };
        let message = format!(
            "the declared call {} => {}{on} {verb}: {}",
            short_name(self.reach, from),
            short_name(self.reach, to),
            why_not(self.reach, segment)
        );
        let finding = with_refusing_places(self.reach, Finding::new(code, intent.place, message), segment);
        let (from, to) = (question_name(self.reach, from), question_name(self.reach, to));
        let help =
            format!("`enforce-intents explain {from} {to}` shows the rules on both ends and what would allow it");
        self.findings.push(finding.with_help(help));
    }

    /// What is missing here is missing nowhere else, so no other finding says it.
    fn report_unknown(&mut self, call: &IntentVerdict, reason: &str) {
        let message = format!("the declared call {} => {} may or may not work: {reason}", call.client, call.target);
        self.findings.push(Finding::new(Code::IntentUnknown, call.place, message));
    }

    fn call_to_service(
        &mut self,
        names: (String, String),
        place: Place,
        clients: &[End],
        target: &'w Identity,
    ) -> IntentVerdict {
        let Some(service) = self.directory.service(&target.namespace, &target.name) else {
            return self.unknown(names, place, "the Service is not in the input");
        };
        let Some(selector) = service.selector.clone().filter(|_| service.service_type != ServiceType::ExternalName)
        else {
            return self.unknown(names, place, "the Service has no selector, so its pods are not known");
        };
        let selector = LabelSelector::from_labels(selector);
        let behind = self.directory.behind(service);
        if behind.is_empty() {
            self.report_empty_service(service, &selector, place);
            return self.unknown(names, place, "the Service selects no workload of the input");
        }
        self.report_ports(service, &behind);
        if clients.is_empty() {
            return self.unknown(names, place, "the client's workload is not in the input");
        }
        let mut wanted: BTreeMap<End, Vec<ConnectionSet>> = BTreeMap::new();
        for &member in &behind {
            let Some(index) = self.reach.workload_of(member) else { continue };
            let ports = service.ports.iter().filter_map(|port| {
                let number = self.directory.resolve_port(member, &port.target_port, port.protocol)?;
                Some(ConnectionSet::port(port.protocol, number))
            });
            wanted.entry(End::Workload(index)).or_default().extend(ports);
        }
        wanted.retain(|_, ports| !ports.is_empty());
        let wanted: BTreeMap<End, ConnectionSet> =
            wanted.into_iter().map(|(server, ports)| (server, ConnectionSet::union_of(&ports))).collect();
        if wanted.is_empty() {
            return self.unknown(names, place, "no port of the Service leads to a port of its pods");
        }
        let pairs = clients
            .iter()
            .flat_map(|&client| wanted.iter().map(move |(&server, ports)| (client, server, ports.clone())))
            .filter(|(client, server, _)| client != server)
            .collect();
        self.over_pairs(names, place, pairs)
    }

    fn report_empty_service(&mut self, service: &Service, selector: &LabelSelector, place: Place) {
        if !self.judged_services.insert((service.namespace.clone(), service.name.clone())) {
            return;
        }
        let message = format!(
            "Service {}/{} selects no workload of the input, so nobody answers the call",
            service.namespace, service.name
        );
        let finding =
            Finding::new(Code::ServiceSelectsNothing, service.place, message).with_related(place, "called here");
        let hint = self.hints.look(|| nearest_labels(self.reach, &service.namespace, selector));
        self.findings.push(match hint {
            Some(hint) => finding.with_help(hint),
            None => finding,
        });
    }

    /// Target ports that the pods behind a Service do not have.
    fn report_ports(&mut self, service: &Service, behind: &[usize]) {
        if !self.judged_services.insert((service.namespace.clone(), service.name.clone())) {
            return;
        }
        let declared: Vec<DeclaredPorts<'_>> = behind
            .iter()
            .filter_map(|&member| self.directory.workload(member))
            .map(|workload| {
                let numbers = workload.ports().map(|own| (own.protocol, own.number)).collect();
                let names = workload.ports().filter_map(|own| Some((own.protocol, own.name.as_deref()?))).collect();
                (workload, numbers, names)
            })
            .collect();
        for port in &service.ports {
            for (workload, numbers, names) in &declared {
                let protocol = port.protocol;
                let is_there = match &port.target_port {
                    PortValue::Name(name) => names.contains(&(protocol, name.as_str())),
                    PortValue::Number(number) => {
                        numbers.range((protocol, 0)..=(protocol, u16::MAX)).next().is_none()
                            || numbers.contains(&(protocol, *number))
                    }
                };
                if is_there {
                    continue;
                }
                let message = format!(
                    "Service {}/{} sends {} {} to port {} of {}, which declares no such port",
                    service.namespace,
                    service.name,
                    protocol.as_str(),
                    port.port,
                    port.target_port,
                    workload.object_name()
                );
                let finding = Finding::new(Code::TargetPortMissing, port.place, message)
                    .with_related(workload.place, "the pods behind it");
                let near = match &port.target_port {
                    PortValue::Name(name) => self.hints.look(|| {
                        let own = names.iter().filter(|(own, _)| *own == protocol).map(|(_, name)| *name);
                        nearest(name, own).map(|near| format!("did you mean `{near}`?"))
                    }),
                    PortValue::Number(_) => None,
                };
                self.findings.push(match near {
                    Some(help) => finding.with_help(help),
                    None => finding,
                });
            }
        }
    }

    fn call_to_internet(
        &mut self,
        client: String,
        place: Place,
        clients: &[End],
        internet: &InternetTarget,
        intents: &ClientIntents,
    ) -> IntentVerdict {
        let addresses = internet.blocks().map(|network| network.to_string());
        let domains = internet.domains.iter().map(|(domain, _)| domain.clone());
        let names = (client, addresses.chain(domains).collect::<Vec<_>>().join(", "));
        if clients.is_empty() {
            return self.unknown(names, place, "the client's workload is not in the input");
        }
        let (mut sets, mut unresolved) = (Vec::new(), Vec::new());
        sets.extend(internet.blocks().map(|network| AddressSet::block(&network, &[])));
        for (domain, _) in &internet.domains {
            let from_status = intents.resolved_ips.get(domain).map(Vec::as_slice);
            let known = sets.len();
            let addresses = self.config.addresses_of(domain, from_status);
            sets.extend(addresses.map(|address| AddressSet::from_iter([single(address)])));
            if sets.len() == known {
                unresolved.push(domain.as_str());
            }
        }
        let wanted = if internet.ports.is_empty() {
            undeclared_ports()
        } else {
            let ports = internet.ports.iter().map(|&port| ConnectionSet::port(Protocol::Tcp, port));
            ports.fold(ConnectionSet::none(), |set, port| set.union(&port))
        };
        let ranges: BTreeSet<AddressRange> = sets.iter().flat_map(AddressSet::ranges).collect();
        let pairs = clients
            .iter()
            .flat_map(|&client| ranges.iter().map(move |&range| (client, End::External(range))))
            .map(|(client, range)| (client, range, wanted.clone()))
            .collect();
        let mut result = self.over_pairs(names, place, pairs);
        let is_isolated = clients.iter().any(|&client| self.is_egress_isolated(client));
        if !unresolved.is_empty() && is_isolated && result.verdict == Verdict::Allowed {
            result.verdict = Verdict::Unknown;
            let who = match self.config.domain_policies {
                DomainPolicies::None => "their addresses are not known",
                DomainPolicies::Cilium | DomainPolicies::Gke => "a policy of the CNI decides, which is not judged",
            };
            let reason = format!("{}: {who}", unresolved.join(", "));
            self.report_unknown(&result, &reason);
            result.notes.push(reason);
        }
        result
    }

    fn is_egress_isolated(&self, client: End) -> bool {
        match client {
            End::Workload(index) => self.reach.is_isolated(index, crate::model::policy::Direction::Egress),
            End::External(_) | End::IngressController => false,
        }
    }

    fn call_to_api_server(&mut self, client: String, place: Place, clients: &[End]) -> IntentVerdict {
        let names = (client, "API server".to_owned());
        if clients.is_empty() {
            return self.unknown(names, place, "the client's workload is not in the input");
        }
        let (addresses, ports) = self.api_server();
        if addresses.is_empty() {
            if clients.iter().any(|&client| self.is_egress_isolated(client)) {
                let verdict = self.unknown(names, place, "the API server's addresses are not known; set `apiServer`");
                self.report_unknown(&verdict, "the API server's addresses are not known");
                return verdict;
            }
            return self.over_pairs(names, place, Vec::new());
        }
        let wanted = if ports.is_empty() {
            ConnectionSet::port(Protocol::Tcp, 443)
        } else {
            let ports = ports.into_iter().map(|port| ConnectionSet::port(Protocol::Tcp, port));
            ports.fold(ConnectionSet::none(), |set, port| set.union(&port))
        };
        let pairs = clients
            .iter()
            .flat_map(|&client| addresses.iter().map(move |&address| (client, End::External(single(address)))))
            .map(|(client, address)| (client, address, wanted.clone()))
            .collect();
        self.over_pairs(names, place, pairs)
    }

    /// Addresses and TCP ports of the API server: the configuration's, else those of the Endpoints in the input (decision D17).
    fn api_server(&self) -> (Vec<IpAddr>, Vec<u16>) {
        if let Some(known) = &self.config.api_server {
            return (known.addresses.clone(), known.ports.clone());
        }
        let endpoints = self.reach.world().endpoints.iter();
        let endpoints = endpoints.filter(|one| one.service == "kubernetes" && one.namespace == "default");
        let (mut addresses, mut ports) = (Vec::new(), Vec::new());
        for one in endpoints {
            addresses.extend(&one.addresses);
            ports.extend(one.ports.iter().filter(|(_, protocol)| *protocol == Protocol::Tcp).map(|(port, _)| port));
        }
        (addresses, ports)
    }
}

/// An end in a message: a single address without the form of a range.
fn short_name(reach: &Reachability<'_>, end: End) -> String {
    match end {
        End::External(range) if range.first() == range.last() => range.first().to_string(),
        end => end_text(reach, end),
    }
}

/// An end as an argument of `explain`, without what a shell would have to be kept from reading.
fn question_name(reach: &Reachability<'_>, end: End) -> String {
    match end {
        End::External(range) => range.first().to_string(),
        End::IngressController => "ingress-controller".to_owned(),
        End::Workload(index) => {
            let workload = reach.workload(index);
            workload.map(|workload| format!("{}/{}", workload.namespace, workload.name)).unwrap_or_default()
        }
    }
}

/// What a call may use if nobody says: everything but DNS.
pub(in crate::verify) fn undeclared_ports() -> ConnectionSet {
    let dns = ConnectionSet::port(Protocol::Udp, DNS_PORT).union(&ConnectionSet::port(Protocol::Tcp, DNS_PORT));
    ConnectionSet::all().difference(&dns)
}

fn is_undeclared(ports: &ConnectionSet) -> bool {
    *ports == undeclared_ports()
}

fn single(address: IpAddr) -> AddressRange {
    match address {
        IpAddr::V4(address) => AddressRange::V4(address, address),
        IpAddr::V6(address) => AddressRange::V6(address, address),
    }
}
