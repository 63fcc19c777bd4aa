//! All that the policies on one class of pods allow, for every peer at once.

use super::compiled::{CompiledRule, PortSpec};
use super::pods::Class;
use crate::model::policy::Protocol;
use crate::verify::addresses::{AddressRange, AddressSet};
use crate::verify::connections::ConnectionSet;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet};

/// Index of a set of connections in [`Sets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SetId(u32);

/// The set without connections.
pub(super) const NONE: SetId = SetId(0);

/// The set of all connections.
pub(super) const ALL: SetId = SetId(1);

/// Every set of connections that occurs, once. Few differ, so unions and intersections are computed once per pair of sets.
pub(super) struct Sets {
    sets: IndexSet<ConnectionSet>,
    unions: BTreeMap<(SetId, SetId), SetId>,
    unions_of_many: BTreeMap<Vec<SetId>, SetId>,
    intersections: BTreeMap<(SetId, SetId), SetId>,
}

impl Sets {
    /// Only the empty and the full set.
    pub(super) fn new() -> Self {
        Self {
            sets: IndexSet::from([ConnectionSet::none(), ConnectionSet::all()]),
            unions: BTreeMap::new(),
            unions_of_many: BTreeMap::new(),
            intersections: BTreeMap::new(),
        }
    }

    /// The index of a set.
    pub(super) fn add(&mut self, set: ConnectionSet) -> SetId {
        SetId(u32::try_from(self.sets.insert_full(set).0).unwrap_or(u32::MAX))
    }

    /// The set with that index.
    pub(super) fn get(&self, id: SetId) -> &ConnectionSet {
        const EMPTY: &ConnectionSet = &ConnectionSet::EMPTY;
        self.sets.get_index(id.0 as usize).unwrap_or(EMPTY)
    }

    /// Connections that are in any of the two.
    pub(super) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (ALL, _) | (_, ALL) => ALL,
            (NONE, other) | (other, NONE) => other,
            (a, b) if a == b => a,
            (a, b) => {
                let key = (a.min(b), a.max(b));
                if let Some(&known) = self.unions.get(&key) {
                    return known;
                }
                let result = self.add(self.get(a).union(self.get(b)));
                self.unions.insert(key, result);
                result
            }
        }
    }

    /// Connections that are in any of them.
    pub(super) fn union_of(&mut self, sets: BTreeSet<SetId>) -> SetId {
        let mut parts: Vec<SetId> = sets.into_iter().filter(|&set| set != NONE).collect();
        match *parts.as_slice() {
            [] => return NONE,
            [one] => return one,
            [one, other] => return self.union(one, other),
            _ if parts.contains(&ALL) => return ALL,
            _ => {}
        }
        parts.shrink_to_fit();
        if let Some(&known) = self.unions_of_many.get(&parts) {
            return known;
        }
        let all: Vec<&ConnectionSet> = parts.iter().map(|&part| self.get(part)).collect();
        let result = ConnectionSet::union_of(all);
        let result = self.add(result);
        self.unions_of_many.insert(parts, result);
        result
    }

    /// Connections that are in both.
    pub(super) fn intersection(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (NONE, _) | (_, NONE) => NONE,
            (ALL, other) | (other, ALL) => other,
            (a, b) if a == b => a,
            (a, b) => {
                let key = (a.min(b), a.max(b));
                if let Some(&known) = self.intersections.get(&key) {
                    return known;
                }
                let result = self.add(self.get(a).intersection(self.get(b)));
                self.intersections.insert(key, result);
                result
            }
        }
    }
}

/// What one class of pods may exchange with every class and every external range, in one direction.
///
/// Most peers are treated alike, so only the others are listed.
#[derive(Debug)]
pub(super) struct Row {
    /// With everybody who is not listed and cannot be selected: external addresses and pods on the node's network.
    pub(super) anyone: SetId,
    /// With every pod that is not listed and can be selected.
    pub(super) every_pod: SetId,
    /// With these classes, sorted.
    pub(super) classes: Vec<(u32, SetId)>,
    /// With these external ranges, by their index in the partition, sorted.
    pub(super) ranges: Vec<(u32, SetId)>,
}

impl Row {
    /// What pods that no policy isolates may exchange: everything.
    pub(super) fn open() -> Self {
        Self { anyone: ALL, every_pod: ALL, classes: Vec::new(), ranges: Vec::new() }
    }

    /// With pods of a class.
    pub(super) fn class(&self, number: u32, host_network: bool) -> SetId {
        match self.classes.binary_search_by_key(&number, |&(class, _)| class) {
            Ok(found) => self.classes.get(found).map_or(NONE, |&(_, set)| set),
            Err(_) if host_network => self.anyone,
            Err(_) => self.every_pod,
        }
    }

    /// With an external range.
    pub(super) fn range(&self, number: u32) -> SetId {
        match self.ranges.binary_search_by_key(&number, |&(range, _)| range) {
            Ok(found) => self.ranges.get(found).map_or(NONE, |&(_, set)| set),
            Err(_) => self.anyone,
        }
    }

    /// Whether only the listed classes get anything.
    pub(super) fn is_closed(&self) -> bool {
        self.anyone == NONE && self.every_pod == NONE
    }
}

/// Builds rows. Keeps what all rows of one direction share.
pub(super) struct RowBuilder<'b, 'w> {
    /// The classes.
    pub(super) classes: &'b [Class<'w>],
    /// Classes by named port: whose ports an egress rule with a port name can mean.
    pub(super) by_port: &'b BTreeMap<(Protocol, &'b str), Vec<u32>>,
    /// The external ranges of this direction.
    pub(super) partition: &'b [AddressRange],
}

impl RowBuilder<'_, '_> {
    /// What rules allow with their peers. `destination` is the pod with the ports, for ingress; `None` means that the peers have them.
    pub(super) fn build<'r>(
        &self,
        rules: impl Iterator<Item = &'r CompiledRule>,
        destination: Option<&Class<'_>>,
        sets: &mut Sets,
    ) -> Row {
        let (mut anyone, mut every_pod) = (BTreeSet::new(), BTreeSet::new());
        let mut classes: BTreeMap<u32, BTreeSet<SetId>> = BTreeMap::new();
        let mut ranges: BTreeMap<u32, BTreeSet<SetId>> = BTreeMap::new();
        // Rules with the same peers are one rule with all their ports.
        let mut by_peers: BTreeMap<u32, (&CompiledRule, BTreeSet<SetId>)> = BTreeMap::new();
        for rule in rules {
            let ports = match destination {
                Some(class) => rule.ports.on(class),
                None => rule.ports.numbered.clone(),
            };
            let (_, known) = by_peers.entry(rule.peers_number).or_insert_with(|| (rule, BTreeSet::new()));
            known.insert(sets.add(ports));
            if destination.is_none() {
                self.add_named(rule, &rule.ports, &mut classes, sets);
            }
        }
        for (rule, ports) in by_peers.into_values() {
            let ports = sets.union_of(ports);
            if rule.peers.anyone {
                anyone.insert(ports);
            }
            if rule.peers.every_pod {
                every_pod.insert(ports);
            }
            for &class in &rule.peers.classes {
                classes.entry(class).or_default().insert(ports);
            }
            for range in self.ranges(&rule.peers.addresses) {
                ranges.entry(range).or_default().insert(ports);
            }
        }
        let anyone = sets.union_of(anyone);
        every_pod.insert(anyone);
        let every_pod = sets.union_of(every_pod);
        let classes = classes.into_iter().map(|(class, mut own)| {
            let is_host = self.classes.get(class as usize).is_some_and(|class| class.host_network);
            own.insert(if is_host { anyone } else { every_pod });
            (class, sets.union_of(own))
        });
        let classes = classes.collect();
        let ranges = ranges.into_iter().map(|(range, mut own)| {
            own.insert(anyone);
            (range, sets.union_of(own))
        });
        Row { anyone, every_pod, classes, ranges: ranges.collect() }
    }

    /// Adds the ports that destinations resolve by name, on the classes that the rule means and that have such a port.
    fn add_named(
        &self,
        rule: &CompiledRule,
        ports: &PortSpec,
        classes: &mut BTreeMap<u32, BTreeSet<SetId>>,
        sets: &mut Sets,
    ) {
        for (protocol, name) in &ports.named {
            let with_port = self.by_port.get(&(*protocol, name.as_str())).map(Vec::as_slice).unwrap_or_default();
            let peers = &rule.peers;
            let meant = peers.classes.as_slice();
            // A name like `http` is on most pods, and a rule means few of them: the shorter list is looked through.
            let by_rule = !peers.anyone && !peers.every_pod && meant.len() < with_port.len();
            for &number in if by_rule { meant } else { with_port } {
                let Some(class) = self.classes.get(number as usize) else { continue };
                let Some(&port) = class.ports.get(&(name.as_str(), *protocol)) else { continue };
                if by_rule || peers.has_class(number, class.host_network) {
                    classes.entry(number).or_default().insert(sets.add(ConnectionSet::port(*protocol, port)));
                }
            }
        }
    }

    /// The ranges of the partition that lie in a set, by index.
    fn ranges(&self, addresses: &AddressSet) -> Vec<u32> {
        let mut found = Vec::new();
        for whole in addresses.ranges() {
            let first = self.partition.partition_point(|range| range.first() < whole.first());
            let inside =
                self.partition.iter().enumerate().skip(first).take_while(|(_, range)| range.last() <= whole.last());
            found.extend(inside.filter_map(|(number, _)| u32::try_from(number).ok()));
        }
        found
    }
}
