//! NetworkPolicies of the input, and other objects of kinds that this project emits.

use super::object::Object;
use crate::diag::Findings;
use crate::model::world::World;

/// Reads the object into `world.policies` or `world.other_generated` if it is a policy. Says whether it was one.
pub(super) fn read(_object: &Object<'_>, _world: &mut World, _findings: &mut Findings) -> bool {
    false
}
