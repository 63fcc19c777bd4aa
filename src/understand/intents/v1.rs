//! ClientIntents v1alpha1 to v1beta1, converted as the operator's conversion webhooks do (`spec/otterize.md` 1.1 to 1.3, 1.7, D12).

use super::super::fields::{Fields, of_each};
use super::checks::{
    DATABASE_OPERATIONS, HTTP_METHODS, KAFKA_OPERATIONS, WrittenKind, allowed_value, allowed_values, in_cluster_name,
    kind, required, unknown_fields,
};
use super::{DraftKind, DraftTarget, Reference, Spec, Version, internet};
use crate::diag::Code;
use crate::read::tree::Node;

/// Marks a call to a Service instead of a workload.
const SERVICE_PREFIX: &str = "svc:";

/// Fields of a call that say more about it, and the type that they belong to.
const TYPE_FIELDS: &[(&str, &str)] = &[
    ("topics", "kafka"),
    ("kafkaTopics", "kafka"),
    ("resources", "http"),
    ("HTTPResources", "http"),
    ("databaseResources", "database"),
    ("awsActions", "aws"),
    ("gcpPermissions", "gcp"),
    ("azureRoles", "azure"),
    ("azureKeyVaultPolicy", "azure"),
    ("azureActions", "azure"),
    ("azureDataActions", "azure"),
    ("internet", "internet"),
];

/// Reads `spec`.
pub(super) fn read<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>, version: Version) -> Spec {
    unknown_fields(fields, spec, &["service", "calls"], Code::InvalidIntents);
    let client = client(fields, spec, version);
    let targets = of_each(fields.mappings(spec, "calls"), |node| call(fields, node, version));
    Spec { client, targets }
}

fn has_kinds(version: Version) -> bool {
    version >= Version::V1alpha3
}

fn client<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>, version: Version) -> Option<Reference> {
    if fields.present(spec, "service").is_none() {
        fields.fault(Code::InvalidIntents, spec, "invalid intent format, field service is required");
        return None;
    }
    let service = fields.mapping(spec, "service")?;
    let known: &[&str] = if has_kinds(version) { &["name", "kind"] } else { &["name"] };
    unknown_fields(fields, service, known, Code::InvalidIntents);
    let kind = kind(fields, service, Code::InvalidIntents);
    let (name, node) = required(fields, service, "name", "invalid intent format, field service.name is required")?;
    let (kind, kind_place) = kind.ok()?.unzip();
    Some(Reference { name: name.into(), namespace: None, kind, place: fields.object.place(node), kind_place })
}

fn call<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, version: Version) -> Option<DraftTarget> {
    unknown_fields(fields, node, known_fields(version), Code::InvalidIntents);
    let written = fields.text(node, "type").filter(|(text, _)| !text.is_empty());
    let call_type = match written {
        Some((text, value)) => call_type(fields, text, value, version)?,
        None => "",
    };
    report_foreign_fields(fields, node, call_type);
    report_values(fields, node);
    let kind = if has_kinds(version) { kind(fields, node, Code::InvalidIntents) } else { Ok(None) };
    if call_type == "internet" {
        return internet_call(fields, node);
    }
    let (name, name_node) = required(fields, node, "name", "invalid intent format, field name is required")?;
    let place = fields.object.place(name_node);
    if !matches!(call_type, "" | "http") && fields.present(node, "kind").is_some() {
        no_effect(fields, node, "kind", call_type);
    }
    let kind = match call_type {
        "" | "http" => {
            // A fault of the kind must not hide one of the name.
            let call = http_call(fields, node, name, name_node, kind.as_ref().ok().cloned().flatten(), version);
            kind.ok().and(call)?
        }
        "kafka" => {
            if name.starts_with(SERVICE_PREFIX) {
                fields
                    .fault(Code::InvalidIntents, name_node, format_args!("`{name}` with `svc:` cannot be a kafka call"))
                    .help = Some("write `type: http` for a Service".into());
                return None;
            }
            DraftKind::Workload(qualified_name(fields, node, name, name_node, None, version)?)
        }
        _ => DraftKind::OutOfCluster,
    };
    Some(DraftTarget { kind, place })
}

/// The fields of a call that the version knows. Both spellings of the renamed ones are taken: they say nothing about networks.
fn known_fields(version: Version) -> &'static [&'static str] {
    const ALL: &[&str] = &[
        "name",
        "type",
        "topics",
        "resources",
        "kafkaTopics",
        "HTTPResources",
        "kind",
        "databaseResources",
        "awsActions",
        "gcpPermissions",
        "azureRoles",
        "azureKeyVaultPolicy",
        "azureActions",
        "azureDataActions",
        "internet",
    ];
    match version {
        Version::V1alpha1 => &["name", "namespace", "type", "topics", "resources"],
        Version::V1alpha2 => {
            &["name", "type", "topics", "resources", "kafkaTopics", "HTTPResources", "databaseResources"]
        }
        _ => ALL,
    }
}

fn call_type<'a>(fields: &mut Fields<'_, 'a>, text: &'a str, node: Node<'a>, version: Version) -> Option<&'a str> {
    let allowed: &[&str] = match version {
        Version::V1alpha1 => &["http", "kafka", "HTTP", "Kafka"],
        Version::V1alpha2 => &["http", "kafka", "database"],
        _ => &["http", "kafka", "database", "aws", "gcp", "azure", "internet"],
    };
    if !allowed_value(fields, text, node, "type", allowed) {
        return None;
    }
    Some(match text {
        "HTTP" => "http",
        "Kafka" => "kafka",
        other => other,
    })
}

/// Fields that belong to another type of call than this one.
fn report_foreign_fields<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, call_type: &str) {
    for (field, owner) in TYPE_FIELDS {
        let Some(value) = fields.present(node, field) else { continue };
        let is_empty = value.is_sequence() && value.items().next().is_none();
        if *owner == call_type || is_empty {
            continue;
        }
        if call_type == "http" && *owner == "kafka" {
            fields.fault(Code::InvalidIntents, value, "invalid intent format. type http cannot contain kafka topics");
        } else {
            no_effect(fields, node, field, call_type);
        }
    }
}

fn no_effect<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, field: &str, call_type: &str) {
    let of_type = if call_type.is_empty() { "without type".to_owned() } else { format!("of type {call_type}") };
    let place = node.get_entry(field).map_or(node, |(key, _)| key);
    let finding =
        fields.fault(Code::IntentFieldNoEffect, place, format_args!("`{field}` has no effect in a call {of_type}"));
    let owner = TYPE_FIELDS.iter().find(|(name, _)| *name == field).map(|(_, owner)| *owner);
    finding.help = owner.map(|owner| format!("it belongs to calls of type {owner}"));
}

/// Values of the fields that say nothing about networks, which the API server would reject.
fn report_values<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) {
    for field in ["topics", "kafkaTopics"] {
        for topic in fields.mappings(node, field) {
            single_or_list(fields, topic, "operation", "operations", KAFKA_OPERATIONS);
        }
    }
    for field in ["resources", "HTTPResources"] {
        for resource in fields.mappings(node, field) {
            single_or_list(fields, resource, "method", "methods", HTTP_METHODS);
        }
    }
    for resource in fields.mappings(node, "databaseResources") {
        required(fields, resource, "databaseName", "invalid intent format, field databaseName is required");
        allowed_values(fields, resource, "operations", DATABASE_OPERATIONS);
    }
}

/// v1alpha1 had the singular form first.
fn single_or_list<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, single: &str, list: &str, allowed: &[&str]) {
    if let Some((value, value_node)) = fields.text(node, single) {
        allowed_value(fields, value, value_node, single, allowed);
    }
    allowed_values(fields, node, list, allowed);
}

fn internet_call<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<DraftTarget> {
    if fields.present(node, "internet").is_none() {
        fields.fault(Code::InvalidIntents, node, "invalid intent format. type internet must contain internet object");
        return None;
    }
    let body = fields.mapping(node, "internet")?;
    unknown_fields(fields, body, internet::FIELDS, Code::InvalidIntents);
    let target = internet::read(fields, body, &internet::Wording { noun: "intent", strict: None });
    Some(DraftTarget { kind: DraftKind::Internet(target.into()), place: fields.object.place(body) })
}

fn http_call<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    name: &'a str,
    name_node: Node<'a>,
    kind: WrittenKind,
    version: Version,
) -> Option<DraftKind> {
    if let Some(service) = name.strip_prefix(SERVICE_PREFIX) {
        if kind.is_some_and(|(kind, _)| kind != "Service") {
            no_effect(fields, node, "kind", "http with `svc:`");
        }
        return qualified_name(fields, node, service, name_node, None, version).map(DraftKind::Service);
    }
    let is_service = kind.as_ref().is_some_and(|(kind, _)| kind == "Service");
    let reference = qualified_name(fields, node, name, name_node, kind, version)?;
    Some(if is_service { DraftKind::Service(reference) } else { DraftKind::Workload(reference) })
}

/// The name of an in-cluster call; v1alpha1 has the namespace in a field of its own.
fn qualified_name<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    name: &str,
    name_node: Node<'a>,
    kind: WrittenKind,
    version: Version,
) -> Option<Reference> {
    if version == Version::V1alpha1
        && let Some((namespace, _)) = fields.text(node, "namespace").filter(|(namespace, _)| !namespace.is_empty())
    {
        return in_cluster_name(fields, &format!("{name}.{namespace}"), name_node, kind);
    }
    in_cluster_name(fields, name, name_node, kind)
}
