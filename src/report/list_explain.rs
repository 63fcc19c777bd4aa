//! Every pair with the reasons for what is allowed and what is not, in netpol-analyzer's text (`list --explain`).

use crate::model::policy::Direction;
use crate::model::traffic::ExposureKind;
use crate::verify::connections::{ConnectionSet, PROTOCOLS};
use crate::verify::listing::{ListFilter, end_text};
use crate::verify::reach::decisions::{Decision, RefusalReason, Segment, Verdict};
use crate::verify::reach::{End, EntryPoint, Reachability};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

const SYSTEM_DEFAULT: &str = "due to the system default (Allow all)";

/// Reasons by the kind of object that gives them.
type Reasons = BTreeMap<&'static str, BTreeSet<String>>;

/// The explanation of every pair that the filter wants: first those with specific reasons, then those that nothing restricts. Pairs
/// are written as they are found: there can be millions.
///
/// # Errors
/// Those of the output.
pub fn text(reach: &Reachability<'_>, filter: &ListFilter, output: &mut dyn Write) -> io::Result<()> {
    let in_order = |ends: &mut dyn Iterator<Item = End>| {
        let mut ends: Vec<(String, End)> = ends.map(|end| (end_text(reach, end), end)).collect();
        ends.sort_unstable();
        ends
    };
    let external = |direction| reach.external(direction).iter().copied().map(End::External);
    let workloads = || (0..reach.workloads().len()).map(End::Workload);
    let entries: BTreeMap<usize, EntryPoint> = (reach.entry_points().into_iter())
        .filter(|entry| !entry.allowed().is_empty())
        .map(|entry| (entry.workload, entry))
        .collect();
    let sources = in_order(&mut workloads().chain(external(Direction::Ingress)).chain([End::IngressController]));
    let workloads_and_outside = in_order(&mut workloads().chain(external(Direction::Egress)));
    let only_workloads = in_order(&mut workloads());
    let (mut unrestricted, mut is_first, line) = (Vec::new(), true, "-".repeat(160));
    for (source_text, source) in &sources {
        let destinations = if matches!(source, End::Workload(_)) { &workloads_and_outside } else { &only_workloads };
        for (destination_text, destination) in destinations {
            if source == destination || !filter.wants(reach, *source, *destination) {
                continue;
            }
            let names = (source_text.as_str(), destination_text.as_str());
            let explained = match (source, destination) {
                (End::IngressController, End::Workload(workload)) => match entries.get(workload) {
                    Some(entry) => explain_entry(reach, names, entry),
                    None => continue,
                },
                _ => {
                    let segments = reach.explain(*source, *destination);
                    if segments.iter().all(|one| !is_specific(&one.egress) && !is_specific(&one.ingress)) {
                        unrestricted.push(names);
                        continue;
                    }
                    segments.iter().map(|segment| explain(reach, names, segment)).collect()
                }
            };
            if std::mem::take(&mut is_first) {
                write!(output, "{}", header("Specific connections and their reasons"))?;
            }
            writeln!(output, "{line}\nConnections between {source_text} => {destination_text}:\n")?;
            output.write_all(explanation(explained).as_bytes())?;
        }
    }
    if !unrestricted.is_empty() {
        write!(output, "{}", header(&format!("All Connections {SYSTEM_DEFAULT}")))?;
    }
    for (source, destination) in unrestricted {
        writeln!(output, "{source} => {destination}")?;
    }
    Ok(())
}

fn header(title: &str) -> String {
    let line = "#".repeat(title.len() + 4);
    format!("\n{line}\n# {title} #\n{line}\n")
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

fn explain(reach: &Reachability<'_>, names: (&str, &str), segment: &Segment) -> Explained {
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
fn explain_entry(reach: &Reachability<'_>, names: (&str, &str), entry: &EntryPoint) -> Vec<Explained> {
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
    (source, destination): (&str, &str),
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
