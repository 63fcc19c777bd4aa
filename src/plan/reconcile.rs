//! Wanted objects against the input's.

use super::context::{PlanContext, Wanted};
use super::{MapChange, Plan, PlannedObject};
use crate::diag::Findings;

/// The plan.
pub(crate) fn reconcile(
    _context: &PlanContext<'_>,
    wanted: Vec<Wanted>,
    map_changes: Vec<MapChange>,
    _findings: &mut Findings,
) -> Plan {
    let generated = wanted.iter().map(|wanted| wanted.object.clone()).collect();
    let new_objects =
        wanted.into_iter().map(|w| PlannedObject { object: w.object, package_of: w.package_of }).collect();
    Plan { map_changes, new_objects, generated, ..Plan::default() }
}
