//! Ingress: `networking.k8s.io/v1`, and its older forms `networking.k8s.io/v1beta1` and `extensions/v1beta1`.

use super::super::fields::Fields;
use super::backends::{self, exposure};
use crate::diag::Code;
use crate::model::policy::PortValue;
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::read::tree::Node;

/// The Services that an Ingress sends traffic to. `None` for other kinds.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Exposure> {
    let is_ingress =
        fields.object.kind == "Ingress" && matches!(fields.object.group(), "networking.k8s.io" | "extensions");
    let spec = is_ingress.then(|| fields.mapping(fields.object.node, "spec"))??;
    let mut found = Vec::new();
    for default in ["defaultBackend", "backend"] {
        found.extend(fields.mapping(spec, default).and_then(|node| backend(fields, node)));
    }
    for rule in fields.mappings(spec, "rules") {
        let Some(http) = fields.mapping(rule, "http") else { continue };
        for path in fields.mappings(http, "paths") {
            found.extend(fields.mapping(path, "backend").and_then(|node| backend(fields, node)));
        }
    }
    Some(exposure(fields, ExposureKind::Ingress, found))
}

/// A backend of either form; one that names a `resource` is no Service.
fn backend<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<Backend> {
    if let Some(service) = fields.mapping(node, "service") {
        let port = fields.mapping(service, "port").and_then(|port| port_of(fields, port));
        return backends::named(fields, service, "name", None, port);
    }
    if fields.present(node, "serviceName").is_some() {
        let port = fields.present(node, "servicePort").and_then(|port| fields.port_value(port, "servicePort"));
        return backends::named(fields, node, "serviceName", None, port);
    }
    if fields.present(node, "resource").is_none() {
        fields.fault(Code::InvalidField, node, "a backend names neither a Service nor a resource");
    }
    None
}

fn port_of<'a>(fields: &mut Fields<'_, 'a>, port: Node<'a>) -> Option<PortValue> {
    let number = fields.present(port, "number");
    match number {
        Some(number) => fields.port_number(number, "number").map(PortValue::Number),
        None => fields.text(port, "name").map(|(name, _)| PortValue::Name(name.to_owned())),
    }
}
