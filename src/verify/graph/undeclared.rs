//! What is open to protected workloads, or from workloads with isolated egress to the outside, and nobody asked for.

use super::{Builder, Draft, EdgeKind, NodeKind};
use crate::model::policy::{Direction, Protocol};
use crate::verify::addresses::{AddressRange, AddressSet};
use crate::verify::check::CheckReport;
use crate::verify::connections::ConnectionSet;
use crate::verify::reach::decisions::{Segment, Verdict};
use crate::verify::reach::{End, Reachability};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// More edges than this help nobody and are left out.
const MAX_EDGES: usize = 5000;

/// A namespace with fewer other workloads than this is not worth a node of its own.
const SMALLEST_GROUP: usize = 3;

/// Sources with consecutive indices and the same connections to one destination.
struct Run {
    first: usize,
    last: usize,
    connections: ConnectionSet,
}

pub(super) fn add(builder: &mut Builder<'_, '_>, report: &CheckReport, is_grouped: bool) {
    let open = Open::find(builder.reach, report);
    let pairs = declared_pairs(report);
    for (&destination, runs) in &open.to_workloads {
        let sources: Vec<(usize, &ConnectionSet)> =
            runs.iter().flat_map(|run| (run.first..=run.last).map(move |source| (source, &run.connections))).collect();
        for (source, members) in groups(builder.reach, destination, &sources, is_grouped) {
            let undeclared: Vec<usize> = members
                .iter()
                .map(|(source, _)| *source)
                .filter(|&source| !pairs.contains(&(source, destination)))
                .collect();
            let Some(&example) = undeclared.first() else { continue };
            if !matches!(source, NodeKind::Workload(_)) || builder.edges.len() < MAX_EDGES {
                let connections = members.iter().fold(ConnectionSet::none(), |set, (_, own)| set.union(own));
                let (from, to) = (End::Workload(example), End::Workload(destination));
                let draft = draft(builder.reach, (from, to), connections, undeclared.len());
                builder.add(source, NodeKind::Workload(destination), EdgeKind::Undeclared, draft);
            } else {
                builder.left_out += 1;
            }
        }
    }
    add_outside(builder, open, is_grouped);
}

/// The sources of one destination, together where all of the input or of a namespace are among them.
fn groups<'c>(
    reach: &Reachability<'_>,
    destination: usize,
    sources: &[(usize, &'c ConnectionSet)],
    is_grouped: bool,
) -> Vec<(NodeKind, Vec<(usize, &'c ConnectionSet)>)> {
    let all = reach.workloads();
    let has_one_namespace = all.first().map(|one| &one.namespace) == all.last().map(|one| &one.namespace);
    if is_grouped && !has_one_namespace && sources.len() >= SMALLEST_GROUP && sources.len() + 1 == all.len() {
        return vec![(NodeKind::EveryWorkload, sources.to_vec())];
    }
    let namespace = |index: usize| all.get(index).map(|workload| workload.namespace.as_str()).unwrap_or_default();
    let mut groups = Vec::new();
    for members in sources.chunk_by(|a, b| namespace(a.0) == namespace(b.0)) {
        let Some(&(first, _)) = members.first() else { continue };
        let own = namespace(first);
        let all = in_namespace(reach, own);
        let others = all.len() - usize::from(all.contains(&destination));
        if is_grouped && members.len() >= SMALLEST_GROUP && members.len() == others {
            groups.push((NodeKind::EveryWorkloadIn(own.to_owned()), members.to_vec()));
        } else {
            groups.extend(members.iter().map(|&member| (NodeKind::Workload(member.0), vec![member])));
        }
    }
    groups
}

/// The workloads of a namespace, which are sorted by it.
fn in_namespace(reach: &Reachability<'_>, namespace: &str) -> Range<usize> {
    let all = reach.workloads();
    let start = all.partition_point(|workload| workload.namespace.as_str() < namespace);
    start..all.partition_point(|workload| workload.namespace.as_str() <= namespace)
}

fn draft(reach: &Reachability<'_>, ends: (End, End), connections: ConnectionSet, pairs: usize) -> Draft {
    let is_open = |segment: &Segment| segment.verdict() == Verdict::Allowed;
    Draft {
        verdict: Verdict::Allowed,
        connections: Some(connections).filter(|connections| !connections.is_all()),
        declarations: Vec::new(),
        notes: Vec::new(),
        segments: reach.explain(ends.0, ends.1).into_iter().filter(is_open).collect(),
        pairs,
    }
}

/// Addresses, and the ports on which they are open.
type Ranges = Vec<(AddressRange, ConnectionSet)>;

/// Connections to and from the outside: an edge for each workload, or for each namespace whose workloads may all do the same.
fn add_outside(builder: &mut Builder<'_, '_>, open: Open, is_grouped: bool) {
    for (workload, ranges) in open.from_outside {
        let ends = |outside| (outside, End::Workload(workload));
        if let Some(draft) = outside_draft(builder.reach, &ranges, ends, 1) {
            builder.add(NodeKind::Outside, NodeKind::Workload(workload), EdgeKind::Undeclared, draft);
        }
    }
    let all = builder.reach.workloads();
    let sources: Vec<(usize, Ranges)> = open.to_outside.into_iter().collect();
    let namespace = |index: usize| all.get(index).map(|workload| workload.namespace.as_str()).unwrap_or_default();
    for members in sources.chunk_by(|a, b| namespace(a.0) == namespace(b.0) && a.1 == b.1) {
        let Some((first, ranges)) = members.first() else { continue };
        let own = namespace(*first);
        let count = in_namespace(builder.reach, own).len();
        let is_group = is_grouped && members.len() >= SMALLEST_GROUP && members.len() == count;
        let kinds = match is_group {
            true => vec![(NodeKind::EveryWorkloadIn(own.to_owned()), *first, count)],
            false => members.iter().map(|(source, _)| (NodeKind::Workload(*source), *source, 1)).collect(),
        };
        for (source, example, pairs) in kinds {
            let ends = |outside| (End::Workload(example), outside);
            if let Some(draft) = outside_draft(builder.reach, ranges, ends, pairs) {
                builder.add(source, NodeKind::Beyond, EdgeKind::Undeclared, draft);
            }
        }
    }
}

fn outside_draft(
    reach: &Reachability<'_>,
    ranges: &Ranges,
    ends: impl Fn(End) -> (End, End),
    pairs: usize,
) -> Option<Draft> {
    let (first, _) = ranges.first()?;
    let connections = ranges.iter().fold(ConnectionSet::none(), |set, (_, own)| set.union(own));
    let mut draft = draft(reach, ends(End::External(*first)), connections, pairs);
    let more = ranges.len() - 1;
    let more = if more > 0 { format!(" and {more} more ranges") } else { String::new() };
    draft.notes.push(format!("addresses {first}{more}"));
    Some(draft)
}

/// Pairs of workloads that some intent declares.
fn declared_pairs(report: &CheckReport) -> BTreeSet<(usize, usize)> {
    let pairs = report.intents.iter().flat_map(|intent| &intent.decided);
    pairs
        .filter_map(|pair| match pair.ends {
            (End::Workload(client), End::Workload(server)) => Some((client, server)),
            _ => None,
        })
        .collect()
}

/// What is open, declared or not.
#[derive(Default)]
struct Open {
    /// For each protected workload its sources, by index.
    to_workloads: BTreeMap<usize, Vec<Run>>,
    /// For each protected workload that nothing exposes on purpose the addresses that reach it.
    from_outside: BTreeMap<usize, Ranges>,
    /// For each workload with isolated egress the addresses that it reaches and that no intent names.
    to_outside: BTreeMap<usize, Ranges>,
}

impl Open {
    fn find(reach: &Reachability<'_>, report: &CheckReport) -> Self {
        let isolated = |direction| -> Vec<bool> {
            (0..reach.workloads().len()).map(|index| reach.is_isolated(index, direction)).collect()
        };
        let (ingress, egress) = (isolated(Direction::Ingress), isolated(Direction::Egress));
        let from_outside = report.traffic.iter().filter(|one| matches!(one.source, Some(End::External(_))));
        let exposed: BTreeSet<usize> = from_outside.map(|one| one.workload).collect();
        let internet = declared_addresses(report);
        let dns = [Protocol::Tcp, Protocol::Udp].map(|protocol| ConnectionSet::port(protocol, 53));
        let [tcp, udp] = &dns;
        let dns = tcp.union(udp);
        let mut open = Self::default();
        reach.for_each_connection(&mut |source, destination, connections| match (source, destination) {
            (End::Workload(source), End::Workload(destination)) if ingress.get(destination) == Some(&true) => {
                let runs = open.to_workloads.entry(destination).or_default();
                match runs.last_mut() {
                    Some(run) if run.last + 1 == source && run.connections == *connections => run.last = source,
                    _ => runs.push(Run { first: source, last: source, connections: connections.clone() }),
                }
            }
            (End::External(range), End::Workload(own))
                if ingress.get(own) == Some(&true) && !exposed.contains(&own) =>
            {
                open.from_outside.entry(own).or_default().push((range, connections.clone()));
            }
            // What may ask any DNS server may do nothing else with it.
            (End::Workload(own), End::External(range))
                if egress.get(own) == Some(&true)
                    && !connections.is_subset_of(&dns)
                    && !internet.get(&own).is_some_and(|declared| declared.contains_range(range)) =>
            {
                open.to_outside.entry(own).or_default().push((range, connections.clone()));
            }
            _ => {}
        });
        open
    }
}

/// The addresses that intents of each workload name.
fn declared_addresses(report: &CheckReport) -> BTreeMap<usize, AddressSet> {
    let mut ranges: BTreeMap<usize, Vec<AddressRange>> = BTreeMap::new();
    for pair in report.intents.iter().flat_map(|intent| &intent.decided) {
        if let (End::Workload(client), End::External(range)) = pair.ends {
            ranges.entry(client).or_default().push(range);
        }
    }
    ranges.into_iter().map(|(client, ranges)| (client, ranges.into_iter().collect())).collect()
}
