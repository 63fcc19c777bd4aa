//! Traffic that is no intent: Ingresses, routes, webhooks, monitors.

use super::names::Names;
use super::object::Object;
use crate::diag::Findings;
use crate::model::world::World;

/// Reads everything of these kinds into the world; other kinds are left alone.
pub(super) fn read(_objects: &[Object<'_>], _names: &Names, _world: &mut World, _findings: &mut Findings) {}
