//! Gateway API (`gateway.networking.k8s.io`, every version): routes and ReferenceGrants.

use super::super::fields::Fields;
use super::backends::{exposure, reference};
use crate::model::traffic::{Backend, Exposure, ExposureKind, ReferenceGrant};
use crate::read::tree::Node;

/// The API group.
const GROUP: &str = "gateway.networking.k8s.io";

/// The Services that a route sends a Gateway's traffic to. `None` for other kinds, and for routes that no Gateway uses:
/// those whose parents are all Services only shape traffic within a mesh.
pub(super) fn read_route(fields: &mut Fields<'_, '_>) -> Option<Exposure> {
    let is_route = fields.object.group() == GROUP
        && matches!(fields.object.kind, "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute");
    let spec = is_route.then(|| fields.mapping(fields.object.node, "spec"))??;
    let parents = fields.mappings(spec, "parentRefs");
    if !parents.into_iter().any(|parent| is_gateway(fields, parent)) {
        return None;
    }
    let mut backends = Vec::new();
    for rule in fields.mappings(spec, "rules") {
        backends.extend(filter_backends(fields, rule));
        for target in fields.mappings(rule, "backendRefs") {
            backends.extend(filter_backends(fields, target));
            backends.extend(service(fields, target));
        }
    }
    Some(exposure(fields, ExposureKind::GatewayRoute, backends))
}

/// The grants of a ReferenceGrant that let routes refer to Services. `None` for other kinds.
pub(super) fn read_grant(fields: &mut Fields<'_, '_>) -> Option<ReferenceGrant> {
    let is_grant = fields.object.group() == GROUP && matches!(fields.object.kind, "ReferenceGrant" | "ReferencePolicy");
    let spec = is_grant.then(|| fields.mapping(fields.object.node, "spec"))??;
    let from = fields
        .mappings(spec, "from")
        .into_iter()
        .map(|from| {
            (
                text_or(fields, from, "group", ""),
                text_or(fields, from, "kind", ""),
                text_or(fields, from, "namespace", ""),
            )
        })
        .collect();
    let mut to_services = Vec::new();
    for to in fields.mappings(spec, "to") {
        if text_or(fields, to, "group", "").is_empty() && text_or(fields, to, "kind", "") == "Service" {
            to_services.push(fields.text(to, "name").map(|(name, _)| name.to_owned()));
        }
    }
    Some(ReferenceGrant { namespace: fields.object.namespace.to_owned(), from, to_services })
}

/// Whether a parent brings traffic from outside: a Gateway or a set of its listeners, but no host of a mesh.
fn is_gateway<'a>(fields: &mut Fields<'_, 'a>, parent: Node<'a>) -> bool {
    !matches!(text_or(fields, parent, "kind", "Gateway").as_str(), "Service" | "ServiceEntry" | "ServiceImport")
}

/// Services that filters of a rule or backend send copies of requests, or questions about them, to.
fn filter_backends<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Vec<Backend> {
    let mut found = Vec::new();
    for filter in fields.mappings(node, "filters") {
        for kind in ["requestMirror", "externalAuth"] {
            let target = fields.mapping(filter, kind).and_then(|kind| fields.mapping(kind, "backendRef"));
            found.extend(target.and_then(|target| service(fields, target)));
        }
    }
    found
}

/// A reference to a Service, which is the default of `group` and `kind`.
fn service<'a>(fields: &mut Fields<'_, 'a>, target: Node<'a>) -> Option<Backend> {
    let is_service =
        text_or(fields, target, "group", "").is_empty() && text_or(fields, target, "kind", "Service") == "Service";
    is_service.then(|| reference(fields, target)).flatten()
}

fn text_or<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, field: &str, default: &str) -> String {
    fields.text(node, field).map_or(default, |(text, _)| text).to_owned()
}
