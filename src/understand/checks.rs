//! What is odd about the world as a whole: references to what is not there, and the like (`spec/krm.md` 9).

use super::names::Names;
use super::object::Object;
use crate::config::Config;
use crate::diag::Findings;
use crate::model::world::World;

/// Reports what is probably not meant.
pub(super) fn check(
    _objects: &[Object<'_>],
    _names: &Names,
    _config: &Config,
    _world: &World,
    _findings: &mut Findings,
) {
}
