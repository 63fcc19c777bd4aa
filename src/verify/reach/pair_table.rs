//! Many single pairs without reasons: what [`Reachability::between`] gives, from rows that are computed once.

use super::Reachability;
use super::all_pairs::Rows;
use super::rows::{NONE, SetId, Sets};
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
        let set = self.reach.meet(source, destination, &self.egress, &self.ingress, &mut self.sets);
        self.sets.get(set)
    }
}

impl Reachability<'_> {
    /// Where the rows of two workloads meet, for any of their pods.
    pub(super) fn meet(
        &self,
        source: usize,
        destination: usize,
        egress: &Rows,
        ingress: &Rows,
        sets: &mut Sets,
    ) -> SetId {
        let classes = |index| self.workload(index).map(|workload| workload.classes.as_slice()).unwrap_or_default();
        let mut all = NONE;
        for &from in classes(source) {
            for &to in classes(destination) {
                let sent = egress.of_class(from).map_or(NONE, |(_, row)| row.class(to, self.is_on_host_network(to)));
                let back = ingress.of_class(to).map_or(NONE, |(_, row)| row.class(from, self.is_on_host_network(from)));
                let set = sets.intersection(sent, back);
                all = sets.union(all, set);
            }
        }
        all
    }
}
