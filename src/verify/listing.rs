//! The connections that are shown: sorted as text, and only those that a filter wants.

use super::connections::ConnectionSet;
use super::reach::{End, Reachability};
use crate::model::policy::Direction;

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

/// A connection in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedConnection {
    /// Who connects.
    pub source: String,
    /// To whom.
    pub destination: String,
    /// How.
    pub connections: ConnectionSet,
    /// Who connects, for programs.
    pub ends: (End, End),
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

/// Every connection between two different ends, sorted by the words for source and destination.
#[must_use]
pub fn list(reach: &Reachability<'_>, filter: &ListFilter) -> Vec<ListedConnection> {
    let mut found = Vec::new();
    reach.for_each_connection(&mut |source, destination, connections| {
        if filter.wants(reach, source, destination) {
            found.push(ListedConnection {
                source: end_text(reach, source),
                destination: end_text(reach, destination),
                connections: connections.clone(),
                ends: (source, destination),
            });
        }
    });
    found.sort_unstable();
    found
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
