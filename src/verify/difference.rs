//! What changes between two bundles: connections added, removed and changed.

use super::addresses::{AddressRange, AddressSet, partition};
use super::connections::ConnectionSet;
use super::listing::{ListFilter, ListedConnection, Listing, end_text, list};
use super::reach::{End, Reachability};
use crate::model::policy::Direction;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A pair whose connections are not the same in both bundles. There can be millions, which share what they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Who connects.
    pub source: Arc<str>,
    /// To whom.
    pub destination: Arc<str>,
    /// How, in the old bundle.
    pub old: Arc<ConnectionSet>,
    /// How, in the new bundle.
    pub new: Arc<ConnectionSet>,
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
    let sides = [(old, new), (new, old)].map(|(reach, other)| Side::new(reach, other));
    let mut changes = inside(&sides);
    changes.extend(outside(&sides, Direction::Egress));
    changes.extend(outside(&sides, Direction::Ingress));
    let [in_old, in_new] = sides.each_ref().map(|side| &side.workloads);
    let in_one: BTreeSet<&str> = in_old.symmetric_difference(in_new).map(String::as_str).collect();
    for change in changes.iter_mut().filter(|change| change.kind != ChangeKind::Changed) {
        change.source_is_in_one = in_one.contains(&*change.source);
        change.destination_is_in_one = in_one.contains(&*change.destination);
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

    fn new(source: Arc<str>, destination: Arc<str>, old: Arc<ConnectionSet>, new: Arc<ConnectionSet>) -> Option<Self> {
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
    listing: Listing,
    /// Connections of workloads with the outside.
    egress: BTreeMap<String, Vec<(AddressRange, ConnectionSet)>>,
    ingress: BTreeMap<String, Vec<(AddressRange, ConnectionSet)>>,
}

impl Side {
    /// Where only the other bundle names IPv6 addresses, this one treats all of them alike.
    fn new(reach: &Reachability<'_>, other: &Reachability<'_>) -> Self {
        let mut side = Self {
            workloads: reach.workloads().iter().map(ToString::to_string).collect(),
            listing: list(reach, &ListFilter::default()),
            egress: BTreeMap::new(),
            ingress: BTreeMap::new(),
        };
        for ListedConnection { source, destination, connections, ends, .. } in side.listing.iter() {
            let (ranges, name, range) = match ends {
                (End::External(range), _) => (&mut side.ingress, destination, range),
                (_, End::External(range)) => (&mut side.egress, source, range),
                _ => continue,
            };
            ranges.entry(name.to_string()).or_default().push((range, ConnectionSet::clone(connections)));
        }
        let everywhere = AddressRange::EVERY_V6;
        for direction in [Direction::Egress, Direction::Ingress] {
            if names_v6(reach, direction) || !names_v6(other, direction) {
                continue;
            }
            for index in 0..reach.workloads().len() {
                let (workload, outside) = (End::Workload(index), End::External(everywhere));
                let (ranges, connections) = match direction {
                    Direction::Egress => (&mut side.egress, reach.between(workload, outside)),
                    Direction::Ingress => (&mut side.ingress, reach.between(outside, workload)),
                };
                ranges.entry(end_text(reach, workload)).or_default().push((everywhere, connections));
            }
        }
        for ranges in side.egress.values_mut().chain(side.ingress.values_mut()) {
            ranges.sort_unstable();
        }
        side
    }

    /// Connections between workloads, and from the ingress controller.
    fn inside(&self) -> impl Iterator<Item = ListedConnection<'_>> {
        let is_outside = |end: End| matches!(end, End::External(_));
        self.listing.iter().filter(move |one| !is_outside(one.ends.0) && !is_outside(one.ends.1))
    }

    fn outside(&self, direction: Direction) -> &BTreeMap<String, Vec<(AddressRange, ConnectionSet)>> {
        match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        }
    }
}

/// Whether a rule of that direction names IPv6 addresses, so that they are told apart.
fn names_v6(reach: &Reachability<'_>, direction: Direction) -> bool {
    reach.external(direction).iter().any(|range| matches!(range, AddressRange::V6(..)))
}

fn inside([old, new]: &[Side; 2]) -> Vec<Change> {
    let (mut old, mut new) = (old.inside().peekable(), new.inside().peekable());
    // Both are sorted by the names, of which there may be millions.
    let pairs = std::iter::from_fn(|| {
        let next = old.peek().into_iter().chain(new.peek()).map(|one| (one.source, one.destination)).min()?;
        let is_next = |one: &ListedConnection<'_>| (one.source, one.destination) == next;
        Some([old.next_if(is_next), new.next_if(is_next)])
    });
    let nothing = Arc::new(ConnectionSet::none());
    let changes = pairs.filter_map(|[before, after]| {
        let one = before.or(after)?;
        let [old, new] = [before, after].map(|one| one.map_or(&nothing, |one| one.connections));
        // Nearly all pairs are the same.
        if old == new {
            return None;
        }
        let [source, destination] = [one.source, one.destination].map(Arc::clone);
        let change = Change::new(source, destination, Arc::clone(old), Arc::clone(new))?;
        Some(Change { is_from_ingress_controller: one.ends.0 == End::IngressController, ..change })
    });
    changes.collect()
}

fn outside([old, new]: &[Side; 2], direction: Direction) -> Vec<Change> {
    let (old, new) = (old.outside(direction), new.outside(direction));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let own: Arc<str> = name.as_str().into();
        let [before, after] = [old, new].map(|side| side.get(name).map(Vec::as_slice).unwrap_or_default());
        let sets: Vec<AddressSet> =
            before.iter().chain(after).map(|&(range, _)| AddressSet::from_iter([range])).collect();
        let mut alike: BTreeMap<(ConnectionSet, ConnectionSet), Vec<AddressRange>> = BTreeMap::new();
        for atom in partition(&sets) {
            alike.entry((connections_of(before, atom), connections_of(after, atom))).or_default().push(atom);
        }
        for ((before, after), atoms) in alike {
            let [before, after] = [before, after].map(Arc::new);
            for range in AddressSet::from_iter(atoms).ranges() {
                let (peer, own): (Arc<str>, _) = (format!("{range}[External]").into(), Arc::clone(&own));
                let (source, destination) = match direction {
                    Direction::Egress => (own, peer),
                    Direction::Ingress => (peer, own),
                };
                changes.extend(Change::new(source, destination, Arc::clone(&before), Arc::clone(&after)));
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

#[cfg(test)]
mod tests {
    use super::difference;
    use crate::config::Config;
    use crate::source::{SourceOrigin, SourceText};
    use crate::verify::reach::Reachability;

    const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a}, spec: {containers: []}}\n";

    fn changes(policies: [&str; 2]) -> Vec<String> {
        let config = Config::default();
        let worlds = policies.map(|specs| {
            let policies = specs.lines().enumerate().map(|(number, spec)| {
                format!("---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{number}, namespace: a}}, spec: {spec}}}\n")
            });
            let text = POD.to_owned() + &policies.collect::<String>();
            let source = SourceText { origin: SourceOrigin::Stdin, text: text.into() };
            let (package, _) = crate::read::stream::read(vec![source]);
            crate::understand::understand(&package, &config).0
        });
        let [old, new] = worlds.each_ref().map(|world| Reachability::new(world, &config));
        let line = |change: super::Change| {
            let super::Change { kind, source, destination, old, new, .. } = change;
            format!("{} {source} => {destination}: {old}, then {new}", kind.as_str())
        };
        difference(&old, &new).into_iter().map(line).collect()
    }

    /// A bundle tells IPv6 addresses apart in the direction only whose rules name any.
    #[test]
    fn addresses_of_six_count_for_each_direction() {
        let ingress = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}";
        let egress = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}";
        let rest = [
            "0.0.0.0-255.255.255.255",
            "2001:db9::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        ];
        let removed = |line: &dyn Fn(&str) -> String| {
            rest.map(|range| format!("removed {}: All Connections, then No Connections", line(range)))
        };
        assert_eq!(changes([ingress, ingress]), [""; 0]);
        assert_eq!(changes(["", ingress]), removed(&|range| format!("{range}[External] => a/web[Pod]")));
        assert_eq!(changes(["", egress]), removed(&|range| format!("a/web[Pod] => {range}[External]")));
        let added = changes([egress, ""]).join("\n").replace("added", "removed");
        assert_eq!(added.matches("removed a/web[Pod] => ").count(), 3, "{added}");
        assert_eq!(
            changes([ingress, &format!("{ingress}\n{{podSelector: {{}}, policyTypes: [Egress], egress: [{{}}]}}")]),
            [""; 0]
        );
    }
}
