//! Who may send to one workload, with those together that its policies and their own treat alike: work grows with what the
//! policies tell apart, not with pairs.

use super::all_pairs::Rows;
use super::rows::{NONE, SetId, Sets};
use super::{End, Reachability};
use crate::model::policy::Direction;
use crate::verify::connections::ConnectionSet;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of every workload, and which sources share one.
pub struct SenderTable<'r> {
    reach: &'r Reachability<'r>,
    egress: Rows,
    ingress: Rows,
    sets: Sets,
    /// For each egress row its sources, sorted: workloads whose pods are all alike and not on the node's network.
    members: Vec<Vec<End>>,
    /// Egress rows that send to every pod they do not treat apart, by what they send.
    open_rows: BTreeMap<SetId, Vec<u32>>,
    /// For each class the egress rows that treat it apart.
    naming: Vec<Vec<u32>>,
    /// Workloads whose pods are all on the node's network.
    on_host_network: Vec<End>,
    /// Workloads whose pods differ: always looked at one by one.
    mixed: Vec<usize>,
    /// Every range of addresses outside the cluster.
    outside: Vec<End>,
}

/// Sources with the same connections to a workload, which the same rules let through.
pub struct Senders<'s> {
    /// Sorted. There is at least one that is not in `except`, unless `except` names them all.
    pub ends: &'s [End],
    /// Those of `ends` that do not belong to it.
    pub except: &'s BTreeSet<End>,
}

impl Reachability<'_> {
    /// Computes the rows of every workload.
    #[must_use]
    pub fn sender_table(&self) -> SenderTable<'_> {
        let mut sets = Sets::new();
        let egress = self.rows(Direction::Egress, &mut sets);
        let ingress = self.rows(Direction::Ingress, &mut sets);
        let mut members = vec![Vec::new(); egress.len()];
        let (mut on_host_network, mut mixed) = (Vec::new(), Vec::new());
        for (index, workload) in self.workloads.iter().enumerate() {
            match *workload.classes.as_slice() {
                [class] if self.is_on_host_network(class) => on_host_network.push(End::Workload(index)),
                [class] => {
                    let row = egress.of_class(class).and_then(|(row, _)| members.get_mut(row as usize));
                    row.into_iter().for_each(|list: &mut Vec<End>| list.push(End::Workload(index)));
                }
                _ => mixed.push(index),
            }
        }
        let mut open_rows: BTreeMap<SetId, Vec<u32>> = BTreeMap::new();
        let mut naming = vec![Vec::new(); self.classes.len()];
        for (number, row) in (0u32..).zip(egress.all()) {
            if row.every_pod != NONE {
                open_rows.entry(row.every_pod).or_default().push(number);
            }
            for &(class, _) in &row.classes {
                naming.get_mut(class as usize).into_iter().for_each(|list: &mut Vec<u32>| list.push(number));
            }
        }
        let outside = self.sources.iter().map(|&range| End::External(range)).collect();
        SenderTable { reach: self, egress, ingress, sets, members, open_rows, naming, on_host_network, mixed, outside }
    }
}

impl SenderTable<'_> {
    /// Calls `visit` for all workloads and addresses outside that may send to a workload, with what they may send.
    pub fn for_each(&mut self, destination: usize, visit: &mut dyn FnMut(Senders<'_>, &ConnectionSet)) {
        let none = BTreeSet::new();
        let classes = self.reach.workload(destination).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        // Pods on the node's network are not isolated, so nobody has to ask who reaches them.
        let alike = match *classes {
            [class] if !self.reach.is_on_host_network(class) => Some(class),
            _ => None,
        };
        let Some(class) = alike else {
            for source in 0..self.reach.workloads.len() {
                self.one_by_one(source, destination, visit);
            }
            return self.outside_to_mixed(classes, visit);
        };
        let Some((_, row)) = self.ingress.of_class(class) else { return };
        // Whom the destination's rules name is looked at one by one, like those who differ in themselves.
        let named = row.classes.iter().filter_map(|&(class, _)| self.reach.workloads_of.get(class as usize)).flatten();
        let alone: BTreeSet<usize> = named.chain(&self.mixed).copied().collect();
        let except: BTreeSet<End> = alone.iter().map(|&source| End::Workload(source)).collect();
        let mut met: Vec<(&[End], SetId)> = Vec::new();
        let naming = self.naming.get(class as usize).map(Vec::as_slice).unwrap_or_default();
        let members = |number: u32| self.members.get(number as usize).map(Vec::as_slice).unwrap_or_default();
        for &number in naming {
            let sent = self.egress.row(number).map_or(NONE, |egress| egress.class(class, false));
            met.push((members(number), self.sets.intersection(sent, row.every_pod)));
        }
        for (&sent, rows) in &self.open_rows {
            let set = self.sets.intersection(sent, row.every_pod);
            if set != NONE {
                let others = rows.iter().filter(|number| naming.binary_search(number).is_err());
                met.extend(others.map(|&number| (members(number), set)));
            }
        }
        met.push((&self.on_host_network, row.anyone));
        for (ends, set) in met {
            if set != NONE && !ends.is_empty() {
                visit(Senders { ends, except: &except }, self.sets.get(set));
            }
        }
        let range_of = |number: u32| self.outside.get(number as usize).copied();
        let named: Vec<(End, SetId)> =
            row.ranges.iter().filter_map(|&(number, set)| Some((range_of(number)?, set))).collect();
        let except: BTreeSet<End> = named.iter().map(|&(end, _)| end).collect();
        if row.anyone != NONE {
            visit(Senders { ends: &self.outside, except: &except }, self.sets.get(row.anyone));
        }
        for (end, set) in named.into_iter().filter(|&(_, set)| set != NONE) {
            visit(Senders { ends: &[end], except: &none }, self.sets.get(set));
        }
        for source in alone {
            self.one_by_one(source, destination, visit);
        }
    }

    /// A pair of workloads whose pods may differ.
    fn one_by_one(&mut self, source: usize, destination: usize, visit: &mut dyn FnMut(Senders<'_>, &ConnectionSet)) {
        let set = self.reach.meet(source, destination, &self.egress, &self.ingress, &mut self.sets);
        if set != NONE {
            visit(Senders { ends: &[End::Workload(source)], except: &BTreeSet::new() }, self.sets.get(set));
        }
    }

    fn outside_to_mixed(&mut self, classes: &[u32], visit: &mut dyn FnMut(Senders<'_>, &ConnectionSet)) {
        for (number, &end) in (0u32..).zip(&self.outside) {
            let rows = classes.iter().filter_map(|&class| self.ingress.of_class(class));
            let set = rows.fold(NONE, |set, (_, row)| self.sets.union(set, row.range(number)));
            if set != NONE {
                visit(Senders { ends: &[end], except: &BTreeSet::new() }, self.sets.get(set));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::source::{SourceOrigin, SourceText};
    use crate::verify::connections::ConnectionSet;
    use crate::verify::reach::{End, Reachability};
    use std::collections::BTreeMap;

    const BUNDLE: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: t}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: named, namespace: a}, spec: {template: {metadata: {labels: {app: named}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: open, namespace: a}, spec: {template: {metadata: {labels: {app: open}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: silent, namespace: a}, spec: {template: {metadata: {labels: {app: silent}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: one, namespace: b}, spec: {template: {metadata: {labels: {app: one}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: host, namespace: b}, spec: {template: {metadata: {labels: {app: host}}, spec: {hostNetwork: true, containers: []}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: m-1, namespace: b, labels: {app: m, part: x}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: m, controller: true, uid: u}]}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: m-2, namespace: b, labels: {app: m, part: y}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: m, controller: true, uid: u}]}, spec: {containers: []}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: a}, spec: {podSelector: {matchLabels: {app: open}}, ingress: [{from: [{podSelector: {matchLabels: {app: named}}}, {ipBlock: {cidr: 10.0.0.0/8}}]}, {ports: [{port: 80}]}, {from: [{namespaceSelector: {}}], ports: [{port: 81}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: silent, namespace: a}, spec: {podSelector: {matchLabels: {app: silent}}, policyTypes: [Ingress, Egress], egress: [{to: [{podSelector: {matchLabels: {app: open}}}], ports: [{port: 80, endPort: 90}]}, {ports: [{port: 81}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: b}, spec: {podSelector: {matchLabels: {part: x}}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16}}, {namespaceSelector: {matchLabels: {team: t}}}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: y, namespace: b}, spec: {podSelector: {matchLabels: {part: y}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 82}]}]}}
";

    #[test]
    fn the_senders_are_those_of_all_pairs() {
        let source = SourceText { origin: SourceOrigin::Stdin, text: BUNDLE.to_owned().into() };
        let (package, _) = crate::read::stream::read(vec![source]);
        let config = Config::default();
        let (world, _) = crate::understand::understand(&package, &config);
        let reach = Reachability::new(&world, &config);
        let mut expected: BTreeMap<(usize, End), ConnectionSet> = BTreeMap::new();
        reach.for_each_connection(&mut |source, destination, set| {
            if let End::Workload(destination) = destination {
                expected.insert((destination, source), set.clone());
            }
        });
        assert!(expected.len() > 20, "{expected:?}");
        let mut table = reach.sender_table();
        let mut found = BTreeMap::new();
        for destination in 0..reach.workloads().len() {
            table.for_each(destination, &mut |senders, set| {
                for &end in senders.ends.iter().filter(|end| !senders.except.contains(end)) {
                    if end != End::Workload(destination) {
                        assert_eq!(found.insert((destination, end), set.clone()), None, "{end:?} twice");
                    }
                }
            });
        }
        assert_eq!(found, expected);
    }
}
