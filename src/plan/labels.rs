//! Labels.

use super::MapChange;
use super::calls::Calls;
use crate::config::Config;
use crate::diag::Findings;
use crate::model::selector::Labels;
use crate::model::world::World;

/// What labelling decided.
pub(crate) struct Labelling {
    /// Labels of the pods of each workload of the world after the plan.
    pub(crate) final_labels: Vec<Labels>,
    /// Changes to the input's maps.
    pub(crate) changes: Vec<MapChange>,
}

/// Decides every label.
pub(crate) fn plan(world: &World, _config: &Config, _calls: &Calls, _findings: &mut Findings) -> Labelling {
    Labelling { final_labels: world.workloads.iter().map(|w| w.template_labels.clone()).collect(), changes: Vec::new() }
}
