//! ClientIntents v2alpha1 and v2beta1, which have the same schema (`spec/otterize.md` 1.4).

use super::super::fields::{Fields, of_each};
use super::checks::{
    DATABASE_OPERATIONS, HTTP_METHODS, KAFKA_OPERATIONS, allowed_values, in_cluster_name, kind, required,
    unknown_fields,
};
use super::{DraftKind, DraftTarget, Reference, Spec, Version, internet};
use crate::diag::Code;
use crate::diag::suggest::nearest;
use crate::read::tree::Node;

const TARGETS: &[&str] = &["kubernetes", "service", "kafka", "sql", "aws", "gcp", "azure", "internet"];

const NAME_REQUIRED: &str = "invalid intent format, field name is required";

/// Reads `spec`.
pub(super) fn read<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>, version: Version, is_strict: bool) -> Spec {
    unknown_fields(fields, spec, &["workload", "targets"], Code::InvalidIntents);
    let client = client(fields, spec);
    let targets = of_each(fields.mappings(spec, "targets"), |node| target(fields, node, version, is_strict));
    Spec { client, targets }
}

fn client<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> Option<Reference> {
    if fields.present(spec, "workload").is_none() {
        fields.fault(Code::InvalidIntents, spec, "invalid intent format, field workload is required");
        return None;
    }
    let workload = fields.mapping(spec, "workload")?;
    unknown_fields(fields, workload, &["name", "kind"], Code::InvalidIntents);
    let kind = kind(fields, workload, Code::InvalidIntents);
    let (name, node) = required(fields, workload, "name", "invalid intent format, field workload.name is required")?;
    if name.contains('.') {
        fields
            .fault(
                Code::InvalidIntents,
                node,
                format_args!("Workload name should not contain '.' character, unlike `{name}`"),
            )
            .help = Some("the client is in the namespace of the ClientIntents object; write its name only".into());
        return None;
    }
    let (kind, kind_place) = kind.ok()?.unzip();
    Some(Reference { name: name.into(), namespace: None, kind, place: fields.object.place(node), kind_place })
}

fn target<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, version: Version, is_strict: bool) -> Option<DraftTarget> {
    let set: Vec<&str> = TARGETS.iter().copied().filter(|field| fields.present(node, field).is_some()).collect();
    let &[field] = set.as_slice() else {
        report_field_count(fields, node, &set);
        return None;
    };
    unknown_fields(fields, node, TARGETS, Code::InvalidIntents);
    let body = fields.mapping(node, field)?;
    let mut place = fields.object.place(body);
    let kind = match field {
        "kubernetes" | "service" => {
            let reference = if field == "kubernetes" { kubernetes(fields, body) } else { service(fields, body) };
            let is_service = field == "service" || body.get("kind").and_then(Node::as_str) == Some("Service");
            if is_strict && !is_service {
                fields
                    .fault(
                        Code::InvalidIntents,
                        body,
                        "invalid target format. Target must be a Kubernetes service while in strict mode",
                    )
                    .help = Some("write `service: {name: ...}`, or switch enableStrictModeIntents off".into());
            }
            let reference = reference?;
            place = reference.place;
            if is_service { DraftKind::Service(reference) } else { DraftKind::Workload(reference) }
        }
        "kafka" => {
            let reference = kafka(fields, body)?;
            place = reference.place;
            DraftKind::Workload(reference)
        }
        "internet" => {
            unknown_fields(fields, body, internet::FIELDS, Code::InvalidIntents);
            let strict = is_strict.then_some(if version == Version::V2alpha1 { "type" } else { "Type" });
            let internet = internet::read(fields, body, &internet::Wording { noun: "target", strict });
            DraftKind::Internet(internet.into())
        }
        _ => {
            cloud_or_sql(fields, field, body);
            DraftKind::OutOfCluster
        }
    };
    Some(DraftTarget { kind, place })
}

fn report_field_count<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, set: &[&str]) {
    let unknown = node.merged_entries().into_iter().map(|(key, ..)| key).find(|key| !TARGETS.contains(key));
    let (detail, help) = match (set, unknown) {
        ([], Some(key)) => (
            format!(", and `{key}` is not one"),
            nearest(key, TARGETS.iter().copied()).map(|name| format!("did you mean `{name}`?")),
        ),
        ([], None) => (", and this one has none".to_owned(), None),
        _ => {
            (format!(", and this one has {}", set.join(" and ")), Some("write one list entry for each call".to_owned()))
        }
    };
    fields
        .fault(Code::InvalidIntents, node, format_args!("each target must have exactly one field set{detail}"))
        .help = help.or_else(|| Some(format!("one of {}", TARGETS.join(", "))));
}

fn kubernetes<'a>(fields: &mut Fields<'_, 'a>, body: Node<'a>) -> Option<Reference> {
    unknown_fields(fields, body, &["name", "kind", "http"], Code::InvalidIntents);
    let kind = kind(fields, body, Code::InvalidIntents);
    http(fields, body);
    let (name, node) = required(fields, body, "name", NAME_REQUIRED)?;
    // A fault of the kind must not hide one of the name.
    let reference = in_cluster_name(fields, name, node, kind.as_ref().ok().cloned().flatten());
    kind.ok().and(reference)
}

fn service<'a>(fields: &mut Fields<'_, 'a>, body: Node<'a>) -> Option<Reference> {
    unknown_fields(fields, body, &["name", "http"], Code::InvalidIntents);
    http(fields, body);
    let (name, node) = required(fields, body, "name", NAME_REQUIRED)?;
    in_cluster_name(fields, name, node, None)
}

fn kafka<'a>(fields: &mut Fields<'_, 'a>, body: Node<'a>) -> Option<Reference> {
    unknown_fields(fields, body, &["name", "topics"], Code::InvalidIntents);
    for topic in fields.mappings(body, "topics") {
        unknown_fields(fields, topic, &["name", "operations"], Code::IntentFieldNoEffect);
        allowed_values(fields, topic, "operations", KAFKA_OPERATIONS);
    }
    let (name, node) = required(fields, body, "name", NAME_REQUIRED)?;
    in_cluster_name(fields, name, node, None)
}

fn http<'a>(fields: &mut Fields<'_, 'a>, body: Node<'a>) {
    for resource in fields.mappings(body, "http") {
        unknown_fields(fields, resource, &["path", "methods"], Code::IntentFieldNoEffect);
        required(fields, resource, "path", "invalid intent format, path is required");
        if fields.list(resource, "methods").is_empty() {
            fields.fault(Code::InvalidIntents, resource, "invalid intent format, methods is required");
        }
        allowed_values(fields, resource, "methods", HTTP_METHODS);
    }
}

/// Targets that no NetworkPolicy expresses are validated all the same.
fn cloud_or_sql<'a>(fields: &mut Fields<'_, 'a>, field: &str, body: Node<'a>) {
    let known: &[&str] = match field {
        "sql" => &["name", "privileges"],
        "aws" => &["arn", "actions"],
        "gcp" => &["resource", "permissions"],
        _ => &["scope", "roles", "keyVaultPolicy", "actions", "dataActions"],
    };
    unknown_fields(fields, body, known, Code::IntentFieldNoEffect);
    match field {
        "sql" => {
            required(fields, body, "name", NAME_REQUIRED);
            for privilege in fields.mappings(body, "privileges") {
                unknown_fields(fields, privilege, &["databaseName", "table", "operations"], Code::IntentFieldNoEffect);
                required(fields, privilege, "databaseName", "invalid intent format, field databaseName is required");
                allowed_values(fields, privilege, "operations", DATABASE_OPERATIONS);
            }
        }
        "aws" => {
            required(fields, body, "arn", "invalid intent format, field ARN is required");
        }
        "gcp" => {
            required(fields, body, "resource", "invalid intent format, field resource is required");
        }
        _ => azure(fields, body),
    }
}

fn azure<'a>(fields: &mut Fields<'_, 'a>, body: Node<'a>) {
    required(fields, body, "scope", "invalid intent format, field scope is required");
    let has_actions = !fields.list(body, "actions").is_empty() || !fields.list(body, "dataActions").is_empty();
    let has_roles = !fields.list(body, "roles").is_empty();
    let has_policy = fields.present(body, "keyVaultPolicy").is_some();
    if !has_actions && !has_roles && !has_policy {
        fields.fault(
            Code::InvalidIntents,
            body,
            "invalid intent format, at least one of [actions, dataActions, roles, keyVaultPolicy] must be set",
        );
    }
    if has_actions && has_roles {
        fields.fault(
            Code::InvalidIntents,
            body.get("roles").unwrap_or(body),
            "invalid intent format, if actions or dataActions are set, roles must be empty",
        );
    }
}
