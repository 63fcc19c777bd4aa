//! OpenShift `Route` (`route.openshift.io/v1`, and the group-less `v1` of version 3).

use super::super::fields::Fields;
use super::backends::{exposure, named};
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::read::tree::Node;

/// The Services that a Route sends the router's traffic to. `None` for other kinds.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Exposure> {
    let is_route = fields.object.kind == "Route"
        && (fields.object.group() == "route.openshift.io" || fields.object.api_version == "v1");
    let spec = is_route.then(|| fields.mapping(fields.object.node, "spec"))??;
    let mut backends = Vec::new();
    if let Some(to) = fields.mapping(spec, "to") {
        backends.extend(service(fields, to));
    }
    for alternate in fields.mappings(spec, "alternateBackends") {
        backends.extend(service(fields, alternate));
    }
    // `spec.port.targetPort` names the endpoint's port, for all backends alike.
    let port = fields
        .mapping(spec, "port")
        .and_then(|port| fields.present(port, "targetPort"))
        .and_then(|port| fields.port_value(port, "targetPort"));
    for backend in &mut backends {
        backend.port.clone_from(&port);
    }
    Some(exposure(fields, ExposureKind::OpenShiftRoute, backends))
}

fn service<'a>(fields: &mut Fields<'_, 'a>, target: Node<'a>) -> Option<Backend> {
    let is_service = fields.text(target, "kind").is_none_or(|(kind, _)| matches!(kind, "" | "Service"));
    is_service.then(|| named(fields, target, "name", None, None)).flatten()
}
