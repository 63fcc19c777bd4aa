//! Traffic that nobody declares as an intent: what exposes, scrapes or calls back Services (`spec/otterize.md` 4.9, 4.11, 4.12).
//!
//! One file per API family. Fields that say nothing about where traffic goes are not looked at.

mod backends;
mod contour;
mod gateway_api;
mod ingress;
mod istio;
mod monitors;
mod openshift;
mod traefik;
mod webhooks;

use super::fields::Fields;
use super::names::Names;
use super::object::Object;
use crate::diag::Findings;
use crate::model::world::World;

/// Reads everything of these kinds into the world; other kinds are left alone.
///
/// `names` turns references into deployed names: kustomize mends the references of Ingresses and webhooks only after the last function.
pub(super) fn read(objects: &[Object<'_>], names: &Names<'_, '_>, world: &mut World, findings: &mut Findings) {
    // Nearly all objects are of Kubernetes' first groups, where only OpenShift's old Route is such a kind.
    let is_other = |object: &Object<'_>| matches!(object.group(), "" | "apps" | "batch") && object.kind != "Route";
    let may_be = |object: &&Object<'_>| !object.is_local_config && !is_other(object);
    for object in objects.iter().filter(may_be) {
        let fields = &mut Fields::new(object, findings);
        world.exposures.extend(ingress::read(fields));
        world.exposures.extend(gateway_api::read_route(fields));
        world.exposures.extend(openshift::read(fields));
        world.exposures.extend(contour::read(fields));
        world.reference_grants.extend(gateway_api::read_grant(fields));
        world.webhooks.extend(webhooks::read(fields));
        world.monitors.extend(monitors::read(fields));
    }
    world.exposures.extend(istio::read(objects, names, findings));
    world.exposures.extend(traefik::read(objects, findings));
    backends::resolve(objects, names, world, findings);
}

#[cfg(test)]
mod tests;
