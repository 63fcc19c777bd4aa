//! Traefik `IngressRoute`, `IngressRouteTCP`, `IngressRouteUDP` and the `TraefikService` behind them (`traefik.io`, `traefik.containo.us`).

use super::super::fields::Fields;
use super::super::object::Object;
use super::backends::{exposure, reference};
use crate::diag::Findings;
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::read::tree::Node;
use std::collections::BTreeMap;

/// The routes, and the TraefikServices that routes reach, each with the Services it sends traffic to.
pub(super) fn read(objects: &[Object<'_>], findings: &mut Findings) -> Vec<Exposure> {
    let of_traefik = |object: &&Object<'_>| {
        !object.is_local_config && matches!(object.group(), "traefik.io" | "traefik.containo.us")
    };
    let mut services: BTreeMap<(String, String), Vec<&Object<'_>>> = BTreeMap::new();
    let mut queue: Vec<&Object<'_>> = Vec::new();
    for object in objects.iter().filter(of_traefik) {
        match object.kind {
            "TraefikService" => {
                let own = (object.namespace.to_owned(), object.name.to_owned());
                let before = object.previous.iter().map(|before| (object.namespace.to_owned(), before.name.clone()));
                for id in before.chain([own]) {
                    services.entry(id).or_default().push(object);
                }
            }
            "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP" => queue.push(object),
            _ => {}
        }
    }
    // Each TraefikService is taken out of the table when it is reached, so each is read once and circles end.
    let mut exposures = Vec::new();
    let mut next = 0;
    while let Some(object) = queue.get(next).copied() {
        next += 1;
        let fields = &mut Fields::new(object, findings);
        let (backends, reached) = one(fields);
        exposures.push(exposure(fields, ExposureKind::TraefikRoute, backends));
        for id in reached {
            queue.extend(services.remove(&id).unwrap_or_default());
        }
    }
    exposures
}

/// The Services that one object names, and the TraefikServices.
fn one(fields: &mut Fields<'_, '_>) -> (Vec<Backend>, Vec<(String, String)>) {
    let mut targets = Vec::new();
    if let Some(spec) = fields.mapping(fields.object.node, "spec") {
        for route in fields.mappings(spec, "routes") {
            targets.extend(fields.mappings(route, "services"));
        }
        for form in ["weighted", "highestRandomWeight"] {
            let services = fields.mapping(spec, form).map(|form| fields.mappings(form, "services"));
            targets.extend(services.unwrap_or_default());
        }
        if let Some(mirroring) = fields.mapping(spec, "mirroring") {
            targets.push(mirroring);
            targets.extend(fields.mappings(mirroring, "mirrors"));
        }
        if let Some(failover) = fields.mapping(spec, "failover") {
            targets.extend(fields.mapping(failover, "service"));
            targets.extend(fields.mapping(failover, "fallback"));
        }
    }
    let (mut backends, mut reached) = (Vec::new(), Vec::new());
    for target in targets {
        let is_traefik_service = kind_is(fields, target, "TraefikService");
        let Some(backend) = reference(fields, target) else { continue };
        if is_traefik_service {
            reached.push((backend.namespace, backend.service));
        } else if !backend.service.contains('@') {
            // `name@provider` is a service of Traefik's own, `api@internal` for example.
            backends.push(backend);
        }
    }
    (backends, reached)
}

fn kind_is<'a>(fields: &mut Fields<'_, 'a>, target: Node<'a>, kind: &str) -> bool {
    fields.text(target, "kind").is_some_and(|(text, _)| text == kind)
}
