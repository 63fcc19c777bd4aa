//! All pairs at once: the egress row of every source meets the ingress rows of its destinations.

use super::pods::JudgedWorkload;
use super::rows::{NONE, Row, RowBuilder, SetId, Sets};
use super::{End, Reachability};
use crate::model::policy::{Direction, Protocol};
use crate::verify::connections::ConnectionSet;
use std::collections::BTreeMap;

/// The rows of all classes in one direction. Classes that the same policies select share one.
pub(super) struct Rows {
    rows: Vec<Row>,
    /// For each class its row.
    of_class: Vec<u32>,
    /// For each row its classes.
    members: Vec<Vec<u32>>,
}

impl Rows {
    /// The row of a class, with its number.
    pub(super) fn of_class(&self, class: u32) -> Option<(u32, &Row)> {
        let number = *self.of_class.get(class as usize)?;
        Some((number, self.rows.get(number as usize)?))
    }

    /// The row with that number.
    pub(super) fn row(&self, number: u32) -> Option<&Row> {
        self.rows.get(number as usize)
    }

    /// All rows.
    pub(super) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    fn members(&self, row: u32) -> &[u32] {
        self.members.get(row as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The ingress rows that can let a class through.
struct Receivers {
    /// Rows that let everybody or every pod through on some port.
    open: Vec<u32>,
    /// For each class the other rows that name it, with what they let through.
    naming: Vec<Vec<(u32, SetId)>>,
}

impl Receivers {
    fn new(ingress: &Rows, classes: usize) -> Self {
        let mut receivers = Self { open: Vec::new(), naming: vec![Vec::new(); classes] };
        for (number, row) in (0u32..).zip(&ingress.rows) {
            if !row.is_closed() {
                receivers.open.push(number);
                continue;
            }
            for &(class, set) in &row.classes {
                if let Some(list) = receivers.naming.get_mut(class as usize) {
                    list.push((number, set));
                }
            }
        }
        receivers
    }

    /// Every row that lets pods of a class through, with what it lets through.
    fn of<'r>(&'r self, class: u32, is_host: bool, ingress: &'r Rows) -> impl Iterator<Item = (u32, SetId)> {
        let naming = self.naming.get(class as usize).map(Vec::as_slice).unwrap_or_default();
        let open = self.open.iter().filter_map(move |&number| {
            let set = ingress.rows.get(number as usize)?.class(class, is_host);
            (set != NONE).then_some((number, set))
        });
        open.chain(naming.iter().copied())
    }
}

impl Reachability<'_> {
    /// Calls `visit` for every pair of different ends with the connections between them, unless there are none: first all
    /// destinations of the first workload, and so on, external sources and the ingress controller last.
    pub fn for_each_connection(&self, visit: &mut dyn FnMut(End, End, &ConnectionSet)) {
        let mut sets = Sets::new();
        let egress = self.rows(Direction::Egress, &mut sets);
        let ingress = self.rows(Direction::Ingress, &mut sets);
        let receivers = Receivers::new(&ingress, self.classes.len());
        for (source, workload) in self.workloads.iter().enumerate() {
            for (destination, set) in self.destinations_of(workload, &egress, &ingress, &receivers, &mut sets) {
                if destination != source {
                    visit(End::Workload(source), End::Workload(destination), sets.get(set));
                }
            }
            for (number, &range) in (0u32..).zip(&self.destinations) {
                let set = union_of(workload, &egress, &mut sets, |row| row.range(number));
                if set != NONE {
                    visit(End::Workload(source), End::External(range), sets.get(set));
                }
            }
        }
        for (number, &range) in (0u32..).zip(&self.sources) {
            for (destination, workload) in self.workloads.iter().enumerate() {
                let set = union_of(workload, &ingress, &mut sets, |row| row.range(number));
                if set != NONE {
                    visit(End::External(range), End::Workload(destination), sets.get(set));
                }
            }
        }
        for entry in self.entry_points() {
            let set = entry.allowed();
            if !set.is_empty() {
                visit(End::IngressController, End::Workload(entry.workload), &set);
            }
        }
    }

    /// What one workload may send to every workload, by index.
    fn destinations_of(
        &self,
        workload: &JudgedWorkload,
        egress: &Rows,
        ingress: &Rows,
        receivers: &Receivers,
        sets: &mut Sets,
    ) -> Vec<(usize, SetId)> {
        let mut found: Vec<(usize, SetId)> = Vec::new();
        for &from in &workload.classes {
            let Some((_, row)) = egress.of_class(from) else { continue };
            let is_host = self.is_on_host_network(from);
            let mut meet = |to: u32, received: SetId, sets: &mut Sets| {
                let set = sets.intersection(row.class(to, self.is_on_host_network(to)), received);
                if set != NONE {
                    let workloads = self.workloads_of.get(to as usize).map(Vec::as_slice).unwrap_or_default();
                    found.extend(workloads.iter().map(|&destination| (destination, set)));
                }
            };
            if row.is_closed() {
                for &(to, _) in &row.classes {
                    let received = ingress.of_class(to).map_or(NONE, |(_, back)| back.class(from, is_host));
                    meet(to, received, sets);
                }
                continue;
            }
            for (number, received) in receivers.of(from, is_host, ingress) {
                for &to in ingress.members(number) {
                    meet(to, received, sets);
                }
            }
        }
        found.sort_unstable();
        // Pods of one workload that differ may reach the same one, or one that differs, in different ways.
        found.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1 = sets.union(earlier.1, later.1);
            }
            is_same
        });
        found
    }

    /// The rows of all classes in one direction. Classes that the same policies select share one, unless port names tell them apart.
    pub(super) fn rows(&self, direction: Direction, sets: &mut Sets) -> Rows {
        let by_port = self.classes_by_port();
        let builder = RowBuilder { classes: &self.classes, by_port: &by_port, partition: self.external(direction) };
        let mut rows = Rows { rows: Vec::new(), of_class: Vec::new(), members: Vec::new() };
        let mut known = BTreeMap::new();
        for (number, class) in (0u32..).zip(&self.classes) {
            let policies: Vec<u32> = self.policies_on(number, direction).collect();
            let rules = || policies.iter().flat_map(|&policy| self.rules(policy, direction));
            let destination = (direction == Direction::Ingress).then_some(class);
            let has_names = destination.is_some() && rules().any(|rule| !rule.ports.named.is_empty());
            let ports = has_names.then(|| class.ports.clone());
            let row = *known.entry((policies.clone(), ports)).or_insert_with(|| {
                let row = if policies.is_empty() { Row::open() } else { builder.build(rules(), destination, sets) };
                rows.rows.push(row);
                rows.members.push(Vec::new());
                u32::try_from(rows.rows.len() - 1).unwrap_or(u32::MAX)
            });
            rows.of_class.push(row);
            if let Some(members) = rows.members.get_mut(row as usize) {
                members.push(number);
            }
        }
        rows
    }

    fn classes_by_port(&self) -> BTreeMap<(Protocol, &str), Vec<u32>> {
        let mut by_port: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for (number, class) in (0u32..).zip(&self.classes) {
            for &(name, protocol) in class.ports.keys() {
                by_port.entry((protocol, name)).or_default().push(number);
            }
        }
        by_port
    }
}

/// The union over the rows of a workload's classes.
fn union_of(workload: &JudgedWorkload, rows: &Rows, sets: &mut Sets, of: impl Fn(&Row) -> SetId) -> SetId {
    let rows = workload.classes.iter().filter_map(|&class| rows.of_class(class));
    rows.fold(NONE, |set, (_, row)| sets.union(set, of(row)))
}
