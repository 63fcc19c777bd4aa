//! What changes between two bundles: connections added, removed and changed.

use super::addresses::{AddressRange, AddressSet, partition};
use super::connections::ConnectionSet;
use super::listing::{ListFilter, ListedConnection, end_text, list};
use super::reach::{End, Reachability};
use crate::model::policy::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// A pair whose connections are not the same in both bundles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Who connects.
    pub source: String,
    /// To whom.
    pub destination: String,
    /// How, in the old bundle.
    pub old: ConnectionSet,
    /// How, in the new bundle.
    pub new: ConnectionSet,
    /// Whether the source is a workload of one of the bundles only.
    pub source_is_in_one: bool,
    /// Whether the destination is a workload of one of the bundles only.
    pub destination_is_in_one: bool,
    /// Whether the source is whatever serves Ingresses and Routes.
    pub is_from_ingress_controller: bool,
}

/// What happened to a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Connected in both bundles, but differently.
    Changed,
    /// Connected in the new bundle only.
    Added,
    /// Connected in the old bundle only.
    Removed,
}

/// The changes from an old bundle to a new one: for each kind by names, those from the ingress controller after all others.
///
/// Workloads are the same if namespace, name and kind are. External ranges that change alike are joined.
#[must_use]
pub fn difference(old: &Reachability<'_>, new: &Reachability<'_>) -> Vec<Change> {
    let has_v6 = |reach: &Reachability<'_>| {
        let mut ranges = reach.external(Direction::Ingress).iter().chain(reach.external(Direction::Egress));
        ranges.any(|range| matches!(range, AddressRange::V6(..)))
    };
    let sides = [(old, has_v6(new) && !has_v6(old)), (new, has_v6(old) && !has_v6(new))]
        .map(|(reach, lacks_v6)| Side::new(reach, lacks_v6));
    let mut changes = inside(&sides);
    changes.extend(outside(&sides, Direction::Egress));
    changes.extend(outside(&sides, Direction::Ingress));
    for change in &mut changes {
        let is_in_one = |name: &String| {
            let [in_old, in_new] =
                [0, 1].map(|side: usize| sides.get(side).is_some_and(|side| side.workloads.contains(name)));
            in_old != in_new
        };
        if change.kind != ChangeKind::Changed {
            change.source_is_in_one = is_in_one(&change.source);
            change.destination_is_in_one = is_in_one(&change.destination);
        }
    }
    changes.sort_by(|a, b| {
        let key = |change: &Change| (change.is_from_ingress_controller, change.kind);
        key(a).cmp(&key(b)).then_with(|| (&a.source, &a.destination).cmp(&(&b.source, &b.destination)))
    });
    changes
}

impl Change {
    /// Whether something works after the change that did not work before it.
    #[must_use]
    pub fn widens(&self) -> bool {
        !self.new.is_subset_of(&self.old)
    }

    fn new(source: String, destination: String, old: ConnectionSet, new: ConnectionSet) -> Option<Self> {
        let kind = match (old.is_empty(), new.is_empty()) {
            _ if old == new => return None,
            (true, _) => ChangeKind::Added,
            (_, true) => ChangeKind::Removed,
            (false, false) => ChangeKind::Changed,
        };
        Some(Self {
            kind,
            source,
            destination,
            old,
            new,
            source_is_in_one: false,
            destination_is_in_one: false,
            is_from_ingress_controller: false,
        })
    }
}

impl ChangeKind {
    /// `changed`, `added` or `removed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// One of the bundles, by the names of its workloads.
struct Side {
    workloads: BTreeSet<String>,
    /// Connections between workloads, and from the ingress controller.
    inside: BTreeMap<(String, String), (ConnectionSet, bool)>,
    /// Connections of workloads with the outside.
    egress: BTreeMap<String, Vec<(AddressRange, ConnectionSet)>>,
    ingress: BTreeMap<String, Vec<(AddressRange, ConnectionSet)>>,
}

impl Side {
    /// `lacks_v6`: only the other bundle names IPv6 addresses, so this one treats all of them alike.
    fn new(reach: &Reachability<'_>, lacks_v6: bool) -> Self {
        let mut side = Self {
            workloads: reach.workloads().iter().map(ToString::to_string).collect(),
            inside: BTreeMap::new(),
            egress: BTreeMap::new(),
            ingress: BTreeMap::new(),
        };
        for ListedConnection { source, destination, connections, ends } in list(reach, &ListFilter::default()) {
            match ends {
                (End::External(range), _) => side.ingress.entry(destination).or_default().push((range, connections)),
                (_, End::External(range)) => side.egress.entry(source).or_default().push((range, connections)),
                (from, _) => {
                    let is_from_controller = from == End::IngressController;
                    side.inside.insert((source, destination), (connections, is_from_controller));
                }
            }
        }
        if lacks_v6 {
            let everywhere = AddressRange::EVERY_V6;
            for index in 0..reach.workloads().len() {
                let (workload, outside) = (End::Workload(index), End::External(everywhere));
                let name = end_text(reach, workload);
                let sent = reach.between(workload, outside);
                let received = reach.between(outside, workload);
                side.egress.entry(name.clone()).or_default().push((everywhere, sent));
                side.ingress.entry(name).or_default().push((everywhere, received));
            }
        }
        for ranges in side.egress.values_mut().chain(side.ingress.values_mut()) {
            ranges.sort_unstable();
        }
        side
    }

    fn outside(&self, direction: Direction) -> &BTreeMap<String, Vec<(AddressRange, ConnectionSet)>> {
        match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        }
    }
}

fn inside([old, new]: &[Side; 2]) -> Vec<Change> {
    let pairs: BTreeSet<_> = old.inside.keys().chain(new.inside.keys()).collect();
    let changes = pairs.into_iter().filter_map(|pair| {
        let [before, after] = [old, new].map(|side| side.inside.get(pair));
        let set = |side: Option<&(ConnectionSet, bool)>| side.map(|(set, _)| set.clone()).unwrap_or_default();
        let change = Change::new(pair.0.clone(), pair.1.clone(), set(before), set(after))?;
        let is_from_ingress_controller = before.or(after).is_some_and(|&(_, is_from_controller)| is_from_controller);
        Some(Change { is_from_ingress_controller, ..change })
    });
    changes.collect()
}

fn outside([old, new]: &[Side; 2], direction: Direction) -> Vec<Change> {
    let (old, new) = (old.outside(direction), new.outside(direction));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let [before, after] = [old, new].map(|side| side.get(name).map(Vec::as_slice).unwrap_or_default());
        let sets: Vec<AddressSet> =
            before.iter().chain(after).map(|&(range, _)| AddressSet::from_iter([range])).collect();
        let mut alike: BTreeMap<(ConnectionSet, ConnectionSet), Vec<AddressRange>> = BTreeMap::new();
        for atom in partition(&sets) {
            alike.entry((connections_of(before, atom), connections_of(after, atom))).or_default().push(atom);
        }
        for ((before, after), atoms) in alike {
            for range in AddressSet::from_iter(atoms).ranges() {
                let (peer, own) = (format!("{range}[External]"), name.clone());
                let (source, destination) = match direction {
                    Direction::Egress => (own, peer),
                    Direction::Ingress => (peer, own),
                };
                changes.extend(Change::new(source, destination, before.clone(), after.clone()));
            }
        }
    }
    changes
}

/// The connections of the range that has the atom; the ranges are sorted and do not overlap.
fn connections_of(ranges: &[(AddressRange, ConnectionSet)], atom: AddressRange) -> ConnectionSet {
    let after = ranges.partition_point(|(range, _)| range.first() <= atom.first());
    let before = after.checked_sub(1).and_then(|index| ranges.get(index));
    before.filter(|(range, _)| atom.last() <= range.last()).map(|(_, set)| set.clone()).unwrap_or_default()
}
