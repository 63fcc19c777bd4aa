//! Many single pairs without reasons: what [`Reachability::between`] gives, from rows that are computed once.

use super::Reachability;
use super::all_pairs::Rows;
use super::rows::{NONE, Sets};
use crate::model::policy::Direction;
use crate::verify::connections::ConnectionSet;

/// Rows of every workload, ready to be met with one another.
pub struct PairTable<'r> {
    reach: &'r Reachability<'r>,
    egress: Rows,
    ingress: Rows,
    sets: Sets,
}

impl Reachability<'_> {
    /// Computes the rows of every workload.
    #[must_use]
    pub fn pair_table(&self) -> PairTable<'_> {
        let mut sets = Sets::new();
        let egress = self.rows(Direction::Egress, &mut sets);
        let ingress = self.rows(Direction::Ingress, &mut sets);
        PairTable { reach: self, egress, ingress, sets }
    }
}

impl PairTable<'_> {
    /// What one workload may certainly send to another, by index.
    pub fn between(&mut self, source: usize, destination: usize) -> &ConnectionSet {
        let classes =
            |index| self.reach.workload(index).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut all = NONE;
        for &from in classes(source) {
            for &to in classes(destination) {
                let sent = self
                    .egress
                    .of_class(from)
                    .map_or(NONE, |(_, row)| row.class(to, self.reach.is_on_host_network(to)));
                let back = self
                    .ingress
                    .of_class(to)
                    .map_or(NONE, |(_, row)| row.class(from, self.reach.is_on_host_network(from)));
                let set = self.sets.intersection(sent, back);
                all = self.sets.union(all, set);
            }
        }
        self.sets.get(all)
    }
}
