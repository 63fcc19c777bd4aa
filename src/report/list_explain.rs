//! Every pair with the reasons for what is allowed and what is not, in netpol-analyzer's text (`list --explain`).

use crate::model::policy::Direction;
use crate::model::traffic::ExposureKind;
use crate::verify::connections::{ConnectionSet, PROTOCOLS};
use crate::verify::listing::{ListFilter, end_text};
use crate::verify::reach::decisions::{Decision, RefusalReason, Segment, Verdict};
use crate::verify::reach::{End, EntryPoint, Reachability};
use std::collections::{BTreeMap, BTreeSet};

const SYSTEM_DEFAULT: &str = "due to the system default (Allow all)";

/// Reasons by the kind of object that gives them.
type Reasons = BTreeMap<&'static str, BTreeSet<String>>;

/// The explanation of every pair that the filter wants: first those with specific reasons, then those that nothing restricts.
#[must_use]
pub fn text(reach: &Reachability<'_>, filter: &ListFilter) -> String {
    let (mut specific, mut unrestricted) = (BTreeMap::new(), BTreeSet::new());
    for (source, destination) in pairs(reach) {
        if !filter.wants(reach, source, destination) {
            continue;
        }
        let names = (end_text(reach, source), end_text(reach, destination));
        let segments = reach.explain(source, destination);
        let is_unrestricted = segments.iter().all(|one| !is_specific(&one.egress) && !is_specific(&one.ingress));
        if is_unrestricted {
            unrestricted.insert(names);
        } else {
            let explained = segments.iter().map(|segment| explain(reach, &names, segment)).collect();
            specific.insert(names, explanation(explained));
        }
    }
    for entry in reach.entry_points() {
        if filter.wants(reach, End::IngressController, End::Workload(entry.workload)) && !entry.allowed().is_empty() {
            let names = (end_text(reach, End::IngressController), end_text(reach, End::Workload(entry.workload)));
            let explained = explain_entry(reach, &names, &entry);
            specific.insert(names, explanation(explained));
        }
    }
    let mut text = String::new();
    if !specific.is_empty() {
        text.push_str(&header("Specific connections and their reasons"));
        for ((source, destination), explanation) in &specific {
            text.push_str(&format!("{}\nConnections between {source} => {destination}:\n\n", "-".repeat(160)));
            text.push_str(explanation);
        }
    }
    if !unrestricted.is_empty() {
        text.push_str(&header(&format!("All Connections {SYSTEM_DEFAULT}")));
        for (source, destination) in &unrestricted {
            text.push_str(&format!("{source} => {destination}\n"));
        }
    }
    text
}

fn header(title: &str) -> String {
    let line = "#".repeat(title.len() + 4);
    format!("\n{line}\n# {title} #\n{line}\n")
}

fn pairs(reach: &Reachability<'_>) -> Vec<(End, End)> {
    let workloads: Vec<End> = (0..reach.workloads().len()).map(End::Workload).collect();
    let sources = reach.external(Direction::Ingress).iter().copied().map(End::External);
    let destinations: Vec<End> =
        reach.external(Direction::Egress).iter().copied().map(End::External).chain(workloads.iter().copied()).collect();
    let from_workloads = workloads.iter().flat_map(|&source| {
        destinations.iter().map(move |&destination| (source, destination)).filter(|(source, other)| source != other)
    });
    let from_outside = sources.flat_map(|source| workloads.iter().map(move |&destination| (source, destination)));
    from_workloads.chain(from_outside).collect()
}

fn is_specific(decision: &Decision) -> bool {
    matches!(decision, Decision::Allowed(_) | Decision::Denied { .. })
}

/// Connections, whether they are allowed, and the text of the reasons.
struct Explained {
    is_allowed: bool,
    reasons: String,
    connections: ConnectionSet,
}

fn explain(reach: &Reachability<'_>, names: &(String, String), segment: &Segment) -> Explained {
    let reasons = [(Direction::Egress, &segment.egress), (Direction::Ingress, &segment.ingress)]
        .map(|(direction, decision)| {
            let is_allowed = decision.verdict() == Verdict::Allowed;
            direction_text(direction, is_allowed, &policy_reasons(reach, names, direction, decision), true)
        })
        .concat();
    let is_allowed = segment.verdict() == Verdict::Allowed;
    Explained { is_allowed, reasons, connections: segment.connections.clone() }
}

/// What comes through Ingresses and Routes: they and the policies must both let it through.
fn explain_entry(reach: &Reachability<'_>, names: &(String, String), entry: &EntryPoint) -> Vec<Explained> {
    let segments = reach.explain(End::IngressController, End::Workload(entry.workload));
    let mut found = Vec::new();
    for (wanted, way_reasons) in way_reasons(reach, entry) {
        let is_wanted = wanted.is_subset_of(&entry.wanted());
        for segment in &segments {
            let connections = segment.connections.intersection(&wanted);
            if connections.is_empty() {
                continue;
            }
            let mut reasons = policy_reasons(reach, names, Direction::Ingress, &segment.ingress);
            for (kind, texts) in &way_reasons {
                reasons.entry(kind).or_default().extend(texts.iter().cloned());
            }
            let is_allowed = is_wanted && segment.ingress.verdict() == Verdict::Allowed;
            let egress = direction_text(Direction::Egress, true, &Reasons::new(), true);
            let ingress = direction_text(Direction::Ingress, is_allowed, &reasons, false);
            found.push(Explained { is_allowed, reasons: egress + &ingress, connections });
        }
    }
    found
}

/// All connections, by what the Ingresses and Routes say of them: those that lead there, or that none does.
fn way_reasons(reach: &Reachability<'_>, entry: &EntryPoint) -> Vec<(ConnectionSet, Reasons)> {
    let mut parts = vec![ConnectionSet::all()];
    for (.., ports) in &entry.ways {
        parts = parts.iter().flat_map(|part| [part.intersection(ports), part.difference(ports)]).collect();
        parts.retain(|part| !part.is_empty());
    }
    let wanted = entry.wanted();
    let with_reasons = parts.into_iter().map(|part| {
        let is_wanted = part.is_subset_of(&wanted);
        let mut reasons = Reasons::new();
        for (exposure, service, ports) in &entry.ways {
            let Some(exposure) = reach.world().exposures.get(*exposure) else { continue };
            let kind = if exposure.kind == ExposureKind::OpenShiftRoute { "Route" } else { "Ingress" };
            let object = format!("{kind} '{}/{}'", exposure.namespace, exposure.name);
            let text = match (is_wanted, part.is_subset_of(ports)) {
                (true, true) => format!("{object} allows ingress connections through service {service}"),
                (true, false) => continue,
                (false, _) => {
                    format!("{object} allows ingress to service {service}, but the protocols and ports do not match")
                }
            };
            reasons.entry(kind).or_default().insert(text);
        }
        (part, reasons)
    });
    with_reasons.collect()
}

fn policy_reasons(
    reach: &Reachability<'_>,
    (source, destination): &(String, String),
    direction: Direction,
    decision: &Decision,
) -> Reasons {
    let (own, peer) = match direction {
        Direction::Egress => (source, destination),
        Direction::Ingress => (destination, source),
    };
    let word = direction.as_str();
    let name = |policy: usize| {
        let policy = reach.world().policies.get(policy).map(|policy| &policy.policy);
        policy.map(|policy| format!("NetworkPolicy '{}/{}'", policy.namespace, policy.name)).unwrap_or_default()
    };
    let texts: BTreeSet<String> = match decision {
        // Of every policy the first rule is named.
        Decision::Allowed(rules) => rules
            .chunk_by(|a, b| a.policy == b.policy)
            .filter_map(<[_]>::first)
            .map(|rule| format!("{} allows connections by {word} rule #{}", name(rule.policy), rule.rule + 1))
            .collect(),
        Decision::Denied { refusals, .. } => refusals
            .iter()
            .map(|refusal| {
                let policy = name(refusal.policy);
                match refusal.reason {
                    RefusalReason::NoRules => {
                        format!("{policy} selects {own}, but {peer} is not allowed by any {word} rule (no rules defined)")
                    }
                    RefusalReason::NoPeer => {
                        format!("{policy} selects {own}, but {peer} is not allowed by any {word} rule")
                    }
                    RefusalReason::Ports { rule } => format!(
                        "{policy} selects {own}, and {word} rule #{} selects {peer}, but the protocols and ports do not match",
                        rule + 1
                    ),
                    RefusalReason::PortNames { rule } => format!(
                        "{policy} selects {own}, and {word} rule #{} selects {peer}, but named ports of the rule have no match in the configuration of the destination peer",
                        rule + 1
                    ),
                }
            })
            .collect(),
        Decision::NotIsolated | Decision::Outside | Decision::HostNetwork => return Reasons::new(),
    };
    Reasons::from([("NetworkPolicy", texts)])
}

fn direction_text(direction: Direction, is_allowed: bool, reasons: &Reasons, says_default: bool) -> String {
    let mut text = format!("\t\t{} ({})", direction.as_str(), if is_allowed { "Allowed" } else { "Denied" });
    if reasons.is_empty() && says_default {
        text.push_str(&format!(" {SYSTEM_DEFAULT}"));
    }
    for (kind, texts) in reasons {
        match texts.iter().collect::<Vec<_>>().as_slice() {
            [only] => text.push_str(&format!("\n\t\t\t{only}")),
            several => {
                text.push_str(&format!("\n\t\t\t{kind} list:\n"));
                for one in several {
                    text.push_str(&format!("\t\t\t\t- {one}\n"));
                }
            }
        }
    }
    text + "\n"
}

/// Allowed and denied connections of one pair, those with the same reasons together.
fn explanation(explained: Vec<Explained>) -> String {
    let mut text = String::new();
    for (is_allowed, word) in [(true, "Allowed"), (false, "Denied")] {
        let mut by_reasons: BTreeMap<&str, ConnectionSet> = BTreeMap::new();
        for one in explained.iter().filter(|one| one.is_allowed == is_allowed) {
            let set = by_reasons.entry(&one.reasons).or_default();
            *set = set.union(&one.connections);
        }
        let lines: BTreeSet<(String, &str)> =
            by_reasons.into_iter().map(|(reasons, set)| (connections_text(&set), reasons)).collect();
        if !lines.is_empty() {
            text.push_str(&format!("{word} connections:\n"));
        }
        for (connections, reasons) in lines {
            text.push_str(&format!("\t{word} {connections} due to the following policies and rules:\n{reasons}\n"));
        }
    }
    text
}

/// `TCP:[80,443], UDP`: ports in brackets, none where they are all.
fn connections_text(set: &ConnectionSet) -> String {
    let protocols = PROTOCOLS.iter().filter(|&&protocol| !set.ports(protocol).is_empty());
    let texts = protocols.map(|&protocol| {
        if set.has_every_port(protocol) {
            protocol.as_str().to_owned()
        } else {
            format!("{}:[{}]", protocol.as_str(), set.ports_text(protocol))
        }
    });
    texts.collect::<Vec<_>>().join(", ")
}
