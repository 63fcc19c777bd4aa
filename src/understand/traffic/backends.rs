//! References to Services: collected as written, resolved to deployed names at the end.

use super::super::fields::Fields;
use super::super::names::{Names, Resolution, Wanted};
use super::super::object::{Object, of_resource};
use crate::diag::{Code, Finding, Findings};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::PortValue;
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use crate::model::world::World;
use crate::read::tree::Node;

/// An exposing object with its backends as they are written.
pub(super) fn exposure(fields: &mut Fields<'_, '_>, kind: ExposureKind, backends: Vec<Backend>) -> Exposure {
    let object = fields.object;
    let annotations = fields
        .mapping(object.node, "metadata")
        .map(|metadata| fields.labels(metadata, "annotations"))
        .unwrap_or_default();
    Exposure {
        resource: object.resource,
        kind,
        object_kind: object.kind.to_owned(),
        name: object.name.to_owned(),
        namespace: object.namespace.to_owned(),
        annotations,
        backends,
    }
}

/// The backend whose Service `node` names in `field`; without a namespace it is the object's own.
pub(super) fn named<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    field: &str,
    namespace: Option<&str>,
    port: Option<PortValue>,
) -> Option<Backend> {
    let Some((service, place)) = fields.text(node, field).filter(|(name, _)| !name.is_empty()) else {
        fields.fault(Code::InvalidField, node, format_args!("a reference to a Service has no `{field}`"));
        return None;
    };
    Some(Backend {
        namespace: namespace.unwrap_or(fields.object.namespace).to_owned(),
        service: service.to_owned(),
        port,
        place: fields.object.place(place),
    })
}

/// The backend of a reference with `name`, optional `namespace` and optional `port`.
pub(super) fn reference<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<Backend> {
    let namespace = fields.text(node, "namespace").map(|(namespace, _)| namespace).filter(|text| !text.is_empty());
    let port = fields.present(node, "port").and_then(|port| fields.port_value(port, "port"));
    named(fields, node, "name", namespace, port)
}

/// Turns the Service names in the world's exposures and webhooks into deployed ones. What is not in the input stays as it is written.
pub(super) fn resolve(objects: &[Object<'_>], names: &Names<'_, '_>, world: &mut World, findings: &mut Findings) {
    let mut resolve = |resource: ResourceId, reference: (&mut String, &mut String), must_say: bool, place: Place| {
        let (namespace, service) = reference;
        let Some(object) = of_resource(objects, resource) else { return };
        let wanted = Wanted {
            name: service,
            namespace,
            says_namespace: must_say || namespace != object.namespace,
            kind: None,
            layer: object.layer(),
        };
        match names.service(wanted) {
            Resolution::Found(deployed) => (*namespace, *service) = (deployed.namespace, deployed.name),
            Resolution::NotFound { namespace: moved } => *namespace = moved,
            Resolution::Overridden(..) => {}
            Resolution::Ambiguous(candidates) => {
                let message =
                    format!("{}: Service {namespace}/{service} could be any of several", object.object_name());
                let mut finding = Finding::new(Code::AmbiguousName, place, message)
                    .with_help("write the name that the Service has after kustomize's changes");
                for (candidate, place) in candidates {
                    finding = finding.with_related(place, candidate.to_string());
                }
                findings.push(finding);
            }
        }
    };
    for exposure in &mut world.exposures {
        for backend in &mut exposure.backends {
            resolve(exposure.resource, (&mut backend.namespace, &mut backend.service), false, backend.place);
        }
    }
    for webhook in &mut world.webhooks {
        // What refers to a webhook has no namespace of its own, so it always says one.
        resolve(webhook.resource, (&mut webhook.namespace, &mut webhook.service), true, webhook.place);
    }
}

/// Whether a Service of that name is in the input.
pub(super) fn is_service(object: &Object<'_>, names: &Names<'_, '_>, namespace: &str, name: &str) -> bool {
    let wanted =
        Wanted { name, namespace, says_namespace: namespace != object.namespace, kind: None, layer: object.layer() };
    matches!(names.service(wanted), Resolution::Found(_))
}
