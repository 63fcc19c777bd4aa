//! Istio `VirtualService` (`networking.istio.io`), where a gateway other than the mesh uses it.

use super::super::fields::Fields;
use super::super::names::Names;
use super::super::object::Object;
use super::backends::{exposure, is_service};
use crate::diag::{Code, Findings};
use crate::model::policy::PortValue;
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::read::tree::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The gateway name that means the sidecars.
const MESH: &str = "mesh";

/// Namespace and name of a VirtualService.
type Id = (String, String);

/// The VirtualServices through which gateways send traffic, delegates among them.
pub(super) fn read(objects: &[Object<'_>], names: &Names<'_, '_>, findings: &mut Findings) -> Vec<Exposure> {
    let virtual_services: Vec<&Object<'_>> = objects
        .iter()
        .filter(|object| object.kind == "VirtualService" && object.group() == "networking.istio.io")
        .filter(|object| !object.is_local_config)
        .collect();
    // A delegate names no gateway itself: it serves those of the VirtualServices that refer to it.
    let delegated: BTreeSet<Id> = virtual_services
        .iter()
        .flat_map(|object| delegates(&mut Fields::new(object, &mut Findings::default())))
        .collect();
    let previous: BTreeMap<Id, Id> = virtual_services
        .iter()
        .flat_map(|object| {
            let current = (object.namespace.to_owned(), object.name.to_owned());
            object
                .previous
                .iter()
                .map(move |before| ((object.namespace.to_owned(), before.name.clone()), current.clone()))
        })
        .collect();
    let delegated: BTreeSet<Id> = delegated.into_iter().map(|id| previous.get(&id).cloned().unwrap_or(id)).collect();
    virtual_services
        .into_iter()
        .filter_map(|object| {
            let is_delegate = delegated.contains(&(object.namespace.to_owned(), object.name.to_owned()));
            one(&mut Fields::new(object, findings), is_delegate, names)
        })
        .collect()
}

/// The Services behind one VirtualService; `None` if no gateway uses it.
fn one(fields: &mut Fields<'_, '_>, is_delegate: bool, names: &Names<'_, '_>) -> Option<Exposure> {
    let spec = fields.mapping(fields.object.node, "spec")?;
    let is_bound = is_delegate || names_gateway(fields, spec);
    if !is_bound {
        return None;
    }
    let mut backends = Vec::new();
    for rule in gateway_rules(fields, spec) {
        let mut destinations: Vec<Node<'_>> = fields.mapping(rule, "mirror").into_iter().collect();
        for list in ["route", "mirrors"] {
            for entry in fields.mappings(rule, list) {
                destinations.extend(fields.mapping(entry, "destination"));
            }
        }
        backends.extend(destinations.into_iter().filter_map(|destination| backend(fields, destination, names)));
    }
    Some(exposure(fields, ExposureKind::IstioGateway, backends))
}

/// The VirtualServices that the rules of this one delegate a gateway's traffic to.
fn delegates(fields: &mut Fields<'_, '_>) -> Vec<Id> {
    let Some(spec) = fields.mapping(fields.object.node, "spec") else { return Vec::new() };
    if !names_gateway(fields, spec) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for rule in gateway_rules(fields, spec) {
        let Some(delegate) = fields.mapping(rule, "delegate") else { continue };
        let namespace = fields.text(delegate, "namespace").map_or(fields.object.namespace, |(namespace, _)| namespace);
        found.extend(fields.text(delegate, "name").map(|(name, _)| (namespace.to_owned(), name.to_owned())));
    }
    found
}

/// Whether `gateways` has one that is not the mesh; without any, it is the mesh.
fn names_gateway<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> bool {
    fields.texts(node, "gateways").iter().any(|(gateway, _)| *gateway != MESH)
}

/// The rules that apply to a gateway's traffic: a match may narrow a rule to some of the gateways.
fn gateway_rules<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> Vec<Node<'a>> {
    let mut rules = Vec::new();
    for protocol in ["http", "tls", "tcp"] {
        for rule in fields.mappings(spec, protocol) {
            let matches = fields.mappings(rule, "match");
            let applies = matches.is_empty()
                || matches
                    .into_iter()
                    .any(|one| fields.present(one, "gateways").is_none() || names_gateway(fields, one));
            if applies {
                rules.push(rule);
            }
        }
    }
    rules
}

/// The Service that a destination's host means: a short name, `name.namespace`, or the cluster's full name of a Service.
///
/// A host with one dot may as well be a domain outside; it counts as a Service only where there is such a Service.
fn backend<'a>(fields: &mut Fields<'_, 'a>, destination: Node<'a>, names: &Names<'_, '_>) -> Option<Backend> {
    let Some((host, place)) = fields.text(destination, "host").filter(|(host, _)| !host.is_empty()) else {
        fields.fault(Code::InvalidField, destination, "a destination has no `host`");
        return None;
    };
    let mut labels = host.split('.');
    let service = labels.next()?;
    let namespace = match (labels.next(), labels.next()) {
        (None, _) => fields.object.namespace,
        (Some(namespace), Some("svc")) => namespace,
        (Some(namespace), None) if is_service(fields.object, names, namespace, service) => namespace,
        (Some(_), _) => return None,
    };
    let port = fields
        .mapping(destination, "port")
        .and_then(|port| fields.present(port, "number"))
        .and_then(|number| fields.port_number(number, "number"))
        .map(PortValue::Number);
    let (namespace, service) = (namespace.to_owned(), service.to_owned());
    Some(Backend { namespace, service, port, place: fields.object.place(place) })
}
