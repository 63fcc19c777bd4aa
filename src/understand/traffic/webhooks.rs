//! Services that the API server calls: admission webhooks, conversion webhooks of CRDs, and APIServices.

use super::super::fields::Fields;
use crate::diag::Code;
use crate::model::traffic::Webhook;
use crate::read::tree::Node;

/// The port of a reference that names none.
const DEFAULT_PORT: u16 = 443;

/// The Services that an object makes the API server call; those reached by URL are outside. Nothing for other kinds.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Vec<Webhook> {
    let root = fields.object.node;
    let configurations: Vec<Node<'_>> = match (fields.object.group(), fields.object.kind) {
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            let webhooks = fields.mappings(root, "webhooks");
            webhooks.into_iter().filter_map(|webhook| fields.mapping(webhook, "clientConfig")).collect()
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => conversion(fields).into_iter().collect(),
        ("apiregistration.k8s.io", "APIService") => fields.mapping(root, "spec").into_iter().collect(),
        _ => return Vec::new(),
    };
    let services: Vec<_> =
        configurations.into_iter().filter_map(|configuration| fields.mapping(configuration, "service")).collect();
    services.into_iter().filter_map(|service| webhook(fields, service)).collect()
}

/// The client configuration of a CRD that converts by webhook, in the form of `v1` or of `v1beta1`.
fn conversion<'a>(fields: &mut Fields<'_, 'a>) -> Option<Node<'a>> {
    let conversion = fields.mapping_at(fields.object.node, &["spec", "conversion"])?;
    if fields.text(conversion, "strategy").is_none_or(|(strategy, _)| strategy != "Webhook") {
        return None;
    }
    match fields.mapping(conversion, "webhook") {
        Some(webhook) => fields.mapping(webhook, "clientConfig"),
        None => fields.mapping(conversion, "webhookClientConfig"),
    }
}

fn webhook<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<Webhook> {
    let name = fields.text(node, "name");
    let namespace = fields.text(node, "namespace");
    let (Some((service, place)), Some((namespace, _))) = (name, namespace) else {
        fields.fault(Code::InvalidField, node, "a reference to a Service needs `name` and `namespace`");
        return None;
    };
    let port = match fields.present(node, "port") {
        Some(port) => fields.port_number(port, "port")?,
        None => DEFAULT_PORT,
    };
    Some(Webhook {
        resource: fields.object.resource,
        object_kind: fields.object.kind.to_owned(),
        config_name: fields.object.name.to_owned(),
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        port,
        place: fields.object.place(place),
    })
}
