//! Who calls whom as a graph: workloads, what else has a part in it, and the verdict for every connection worth drawing.
//!
//! Drawn are the declared calls, the traffic of other kinds that the input asks for, and what is open to protected workloads
//! although nobody declared it. A workload that no policy isolates is open to everything, which is a mark on it and no edges.

mod declared;
mod traffic;
mod undeclared;

use super::check::CheckReport;
use super::check::directory::Directory;
use super::connections::ConnectionSet;
use super::listing::ListFilter;
use super::reach::decisions::{Segment, Verdict};
use super::reach::{End, Reachability};
use crate::model::place::Place;
use crate::model::policy::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes and edges in an order that depends on their names alone.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes, sorted by what they are.
    pub nodes: Vec<Node>,
    /// The edges, sorted by source, destination and kind.
    pub edges: Vec<Edge>,
    /// How many undeclared connections were left out because there were too many.
    pub left_out: usize,
}

/// Something that connects or is connected to.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where the input has it.
    pub place: Option<Place>,
    /// Whether no policy isolates its ingress; only of workloads.
    pub is_open_to_all: bool,
    /// Whether no policy isolates its egress; only of workloads.
    pub may_call_all: bool,
}

/// What a node stands for. The order is that of the nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// Traffic that no intent declares: `LoadBalancer Service ns/name`.
    EntryPoint(String),
    /// Addresses outside the cluster that connect to workloads.
    Outside,
    /// Every workload of the input.
    EveryWorkload,
    /// Every workload of a namespace.
    EveryWorkloadIn(String),
    /// A workload, by its index in [`Reachability::workloads`].
    Workload(usize),
    /// A client or server that intents name and the input does not have.
    Missing {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its kind, if the intents give one.
        kind: Option<String>,
    },
    /// The addresses and domains of an internet target.
    Internet(String),
    /// The API server.
    ApiServer,
    /// Addresses outside the cluster that workloads may connect to.
    Beyond,
}

/// A connection between two nodes, or many of one kind.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the node that connects.
    pub from: usize,
    /// Index of the node that is connected to.
    pub to: usize,
    /// Why it is drawn.
    pub kind: EdgeKind,
    /// Whether it works.
    pub verdict: Verdict,
    /// The ports: those that are open if it works, else those that are needed. `None` if nobody says which.
    pub connections: Option<ConnectionSet>,
    /// Where the input declares or asks for it.
    pub declarations: Vec<Place>,
    /// What else there is to know, in words.
    pub notes: Vec<String>,
    /// What decides on both ends, for every part of the ports.
    pub segments: Vec<Segment>,
    /// How many pairs it stands for.
    pub pairs: usize,
}

/// Why an edge is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Intents declare it.
    Declared,
    /// The input asks for it in another way: a LoadBalancer, an Ingress, a webhook, metrics.
    Traffic,
    /// It is open to a protected workload, or out of one, and nothing asks for it.
    Undeclared,
}

/// What to do with connections that are open although nobody declared them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undeclared {
    /// One edge where every workload of a namespace or of the input has the same.
    #[default]
    Grouped,
    /// An edge each.
    All,
    /// None.
    Hidden,
}

/// Builds the graph of a world and of what `check` says about it.
#[must_use]
pub fn graph(reach: &Reachability<'_>, report: &CheckReport, filter: &ListFilter, undeclared: Undeclared) -> Graph {
    let directory = Directory::new(reach);
    let mut builder = Builder { reach, filter, edges: BTreeMap::new(), left_out: 0 };
    declared::add(&mut builder, &directory, report);
    traffic::add(&mut builder, report);
    if undeclared != Undeclared::Hidden {
        undeclared::add(&mut builder, report, undeclared == Undeclared::Grouped);
    }
    builder.finish()
}

/// An edge on its way into the graph.
struct Draft {
    verdict: Verdict,
    connections: Option<ConnectionSet>,
    declarations: Vec<Place>,
    notes: Vec<String>,
    segments: Vec<Segment>,
    pairs: usize,
}

struct Builder<'b, 'w> {
    reach: &'b Reachability<'w>,
    filter: &'b ListFilter,
    edges: BTreeMap<(NodeKind, NodeKind, EdgeKind), Draft>,
    left_out: usize,
}

impl Builder<'_, '_> {
    /// Adds an edge if the filter wants it, or adds to the one that is there: then the worst verdict counts.
    fn add(&mut self, from: NodeKind, to: NodeKind, kind: EdgeKind, draft: Draft) {
        if !self.is_named(&from) && !self.is_named(&to) {
            return;
        }
        match self.edges.get_mut(&(from.clone(), to.clone(), kind)) {
            Some(known) => known.merge(draft),
            None => {
                self.edges.insert((from, to, kind), draft);
            }
        }
    }

    fn is_named(&self, kind: &NodeKind) -> bool {
        let names = self.filter;
        match kind {
            NodeKind::Workload(index) => names.names(self.reach, End::Workload(*index)),
            NodeKind::Missing { namespace, .. } => {
                names.workloads.is_empty() && (names.namespaces.is_empty() || names.namespaces.contains(namespace))
            }
            _ => names.workloads.is_empty() && names.namespaces.is_empty(),
        }
    }

    fn finish(self) -> Graph {
        let workloads = (0..self.reach.workloads().len()).map(NodeKind::Workload).filter(|kind| self.is_named(kind));
        let ends = self.edges.keys().flat_map(|(from, to, _)| [from, to]).cloned();
        let kinds: BTreeSet<NodeKind> = workloads.chain(ends).collect();
        let index: BTreeMap<&NodeKind, usize> = kinds.iter().zip(0..).collect();
        let edges = self.edges.into_iter().filter_map(|((from, to, kind), draft)| {
            let Draft { verdict, connections, declarations, notes, segments, pairs } = draft;
            let (from, to) = (*index.get(&from)?, *index.get(&to)?);
            Some(Edge { from, to, kind, verdict, connections, declarations, notes, segments, pairs })
        });
        let edges = edges.collect();
        let nodes = kinds.iter().map(|kind| node(self.reach, kind.clone())).collect();
        Graph { nodes, edges, left_out: self.left_out }
    }
}

fn node(reach: &Reachability<'_>, kind: NodeKind) -> Node {
    let NodeKind::Workload(index) = kind else {
        return Node { kind, place: None, is_open_to_all: false, may_call_all: false };
    };
    let member = reach.workload(index).and_then(|workload| workload.members.first());
    Node {
        kind,
        place: member.and_then(|&member| reach.world().workloads.get(member)).map(|own| own.place),
        is_open_to_all: !reach.is_isolated(index, Direction::Ingress),
        may_call_all: !reach.is_isolated(index, Direction::Egress),
    }
}

impl Draft {
    fn merge(&mut self, other: Self) {
        self.verdict = worst(self.verdict, other.verdict);
        self.connections = match (self.connections.take(), other.connections) {
            (Some(own), Some(others)) => Some(own.union(&others)),
            _ => None,
        };
        let is_new = |known: &[Place], place: &Place| !known.contains(place);
        self.declarations.extend(
            other.declarations.into_iter().filter(|place| is_new(&self.declarations, place)).collect::<Vec<_>>(),
        );
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        for segment in other.segments {
            if !self.segments.contains(&segment) {
                self.segments.push(segment);
            }
        }
        self.pairs += other.pairs;
    }
}

/// Denied is worse than unknown, and unknown than allowed.
fn worst(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Denied, _) | (_, Verdict::Denied) => Verdict::Denied,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        _ => Verdict::Allowed,
    }
}

/// The connections of the segments with that verdict.
fn connections_of(segments: &[Segment], verdict: Verdict) -> ConnectionSet {
    let matching = segments.iter().filter(|segment| segment.verdict() == verdict);
    matching.fold(ConnectionSet::none(), |set, segment| set.union(&segment.connections))
}
