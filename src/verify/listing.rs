//! The connections that are shown: sorted as text, and only those that a filter wants.

use super::connections::ConnectionSet;
use super::reach::{End, Reachability};
use crate::model::policy::Direction;
use indexmap::IndexSet;
use std::sync::Arc;

/// Which connections are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only connections of these workloads: `[namespace/]name[Kind]`, or `ingress-controller`. Empty wants every workload.
    pub workloads: Vec<String>,
    /// Only connections of workloads in these namespaces. Empty wants every namespace.
    pub namespaces: Vec<String>,
    /// Only connections to (ingress) or from (egress) what the other fields name, which is never an address.
    pub direction: Option<Direction>,
}

/// Connections, sorted by the words for source and destination. There can be millions, so words and ports are kept once each.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Every end with its words, sorted by them. No two have the same words: namespace, kind and name make a workload.
    ends: Vec<(Arc<str>, End)>,
    /// Every set of ports with its words.
    sets: Vec<(String, Arc<ConnectionSet>)>,
    pairs: Vec<Pair>,
}

/// Indexes of the ends and of the connections between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    source: u32,
    destination: u32,
    set: u32,
}

/// A connection in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedConnection<'l> {
    /// Who connects.
    pub source: &'l Arc<str>,
    /// To whom.
    pub destination: &'l Arc<str>,
    /// How.
    pub connections: &'l Arc<ConnectionSet>,
    /// The same in words.
    pub connections_text: &'l str,
    /// Who connects, for programs.
    pub ends: (End, End),
}

impl Listing {
    /// The connections in their order.
    pub fn iter(&self) -> impl Iterator<Item = ListedConnection<'_>> {
        self.pairs.iter().filter_map(|pair| {
            let (source, from) = self.ends.get(pair.source as usize)?;
            let (destination, to) = self.ends.get(pair.destination as usize)?;
            let (connections_text, connections) = self.sets.get(pair.set as usize)?;
            Some(ListedConnection { source, destination, connections, connections_text, ends: (*from, *to) })
        })
    }
}

/// How whatever serves Ingresses and Routes is called.
pub const INGRESS_CONTROLLER: &str = "{ingress-controller}";

/// An end in netpol-analyzer's words: `ns/name[Kind]`, `10.0.0.0-10.0.0.255[External]` or `{ingress-controller}`.
#[must_use]
pub fn end_text(reach: &Reachability<'_>, end: End) -> String {
    match end {
        End::Workload(index) => reach.workload(index).map(ToString::to_string).unwrap_or_default(),
        End::External(range) => format!("{range}[External]"),
        End::IngressController => INGRESS_CONTROLLER.to_owned(),
    }
}

/// Every connection between two different ends that the filter wants, sorted by the words for source and destination.
#[must_use]
pub fn list(reach: &Reachability<'_>, filter: &ListFilter) -> Listing {
    let (mut ends, mut sets, mut pairs) = (IndexSet::new(), IndexSet::<ConnectionSet>::new(), Vec::new());
    reach.for_each_connection(&mut |source, destination, connections| {
        if filter.wants(reach, source, destination) {
            let set = match sets.get_index_of(connections) {
                Some(known) => known,
                None => sets.insert_full(connections.clone()).0,
            };
            let [source, destination] = [source, destination].map(|end| to_u32(ends.insert_full(end).0));
            pairs.push(Pair { source, destination, set: to_u32(set) });
        }
    });
    let mut sorted: Vec<(String, End, usize)> =
        ends.into_iter().enumerate().map(|(index, end)| (end_text(reach, end), end, index)).collect();
    sorted.sort_unstable();
    let mut ranks = vec![0; sorted.len()];
    for (rank, (_, _, index)) in sorted.iter().enumerate() {
        if let Some(slot) = ranks.get_mut(*index) {
            *slot = to_u32(rank);
        }
    }
    let rank = |index: u32| ranks.get(index as usize).copied().unwrap_or_default();
    for pair in &mut pairs {
        (pair.source, pair.destination) = (rank(pair.source), rank(pair.destination));
    }
    pairs.sort_unstable();
    Listing {
        ends: sorted.into_iter().map(|(words, end, _)| (words.into(), end)).collect(),
        sets: sets.into_iter().map(|set| (set.to_string(), Arc::new(set))).collect(),
        pairs,
    }
}

fn to_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl ListFilter {
    /// Whether a connection between these ends is wanted.
    #[must_use]
    pub fn wants(&self, reach: &Reachability<'_>, source: End, destination: End) -> bool {
        match self.direction {
            None => self.names(reach, source) || self.names(reach, destination),
            Some(Direction::Ingress) => matches!(destination, End::Workload(_)) && self.names(reach, destination),
            Some(Direction::Egress) => !matches!(source, End::External(_)) && self.names(reach, source),
        }
    }

    /// Whether the filter is about this end.
    #[must_use]
    pub fn names(&self, reach: &Reachability<'_>, end: End) -> bool {
        if self.workloads.is_empty() && self.namespaces.is_empty() {
            return true;
        }
        match end {
            End::Workload(index) => reach.workload(index).is_some_and(|workload| {
                (self.workloads.is_empty() || self.workloads.iter().any(|text| workload.is_named(text)))
                    && (self.namespaces.is_empty() || self.namespaces.contains(&workload.namespace))
            }),
            End::External(_) => false,
            End::IngressController => {
                let name = INGRESS_CONTROLLER.trim_matches(['{', '}']);
                self.workloads.iter().any(|text| text == name || text == INGRESS_CONTROLLER)
            }
        }
    }
}
