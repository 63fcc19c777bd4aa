//! Validation that the versions share (`spec/otterize.md` 1.8). Messages keep the operator's wording.

use super::super::fields::Fields;
use super::Reference;
use crate::diag::Code;
use crate::diag::suggest::nearest;
use crate::model::place::Place;
use crate::read::tree::Node;

/// Upstream's marker for "no kind given".
const NO_KIND: &str = "OttrLegacy";

pub(super) const KAFKA_OPERATIONS: &[&str] = &[
    "all",
    "consume",
    "produce",
    "create",
    "alter",
    "delete",
    "describe",
    "ClusterAction",
    "DescribeConfigs",
    "AlterConfigs",
    "IdempotentWrite",
];
pub(super) const HTTP_METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"];
pub(super) const DATABASE_OPERATIONS: &[&str] = &["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"];

/// Reports fields that are not known. `code` decides whether they could hide a call (`InvalidIntents`) or have no effect.
pub(in crate::understand) fn unknown_fields<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    known: &[&str],
    code: Code,
) {
    for (key, key_node, _) in node.merged_entries() {
        if known.contains(&key) {
            continue;
        }
        let help = match (of_other_versions(key, known), nearest(key, known.iter().copied())) {
            (Some(versions), _) => {
                format!("it is a field of {versions}: write that apiVersion, or {}", known.join(" and "))
            }
            (None, Some(name)) => format!("did you mean `{name}`?"),
            (None, None) => format!("known fields: {}", known.join(", ")),
        };
        let message = if code == Code::IntentFieldNoEffect {
            format!("unknown field `{key}` has no effect")
        } else {
            format!("unknown field `{key}`")
        };
        fields.fault(code, key_node, message).help = Some(help);
    }
}

/// The versions that have a field of `spec` which this one, with the fields `known`, has not.
fn of_other_versions(key: &str, known: &[&str]) -> Option<&'static str> {
    match key {
        "workload" | "targets" if known.contains(&"calls") => Some("v2alpha1 and v2beta1"),
        "service" | "calls" if known.contains(&"targets") => Some("the versions up to v1beta1"),
        _ => None,
    }
}

/// A required text that is not empty.
pub(super) fn required<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    field: &str,
    message: &str,
) -> Option<(&'a str, Node<'a>)> {
    let value = fields.present(node, field);
    if value.is_none_or(|value| value.as_str() == Some("")) {
        fields.fault(Code::InvalidIntents, value.unwrap_or(node), message);
        return None;
    }
    fields.text(node, field)
}

/// A refused kind: it was reported, and must not turn into "any kind".
pub(in crate::understand) struct Refused;

/// The kind and its place, if one is given.
pub(in crate::understand) type WrittenKind = Option<(String, Place)>;

/// `kind`, which must begin with a capital letter.
pub(in crate::understand) fn kind<'a>(
    fields: &mut Fields<'_, 'a>,
    node: Node<'a>,
    code: Code,
) -> Result<WrittenKind, Refused> {
    let Some(value) = fields.present(node, "kind") else { return Ok(None) };
    let kind = fields.scalar(value, "kind").ok_or(Refused)?;
    if matches!(kind, "" | NO_KIND) {
        return Ok(None);
    }
    if kind.starts_with(char::is_uppercase) {
        return Ok(Some((kind.to_owned(), fields.object.place(value))));
    }
    let mut letters = kind.chars();
    let corrected: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    fields
        .fault(code, value, format_args!("Kubernetes Kinds must start with an uppercase letter, not `{kind}`"))
        .help = Some(format!("did you mean `{corrected}`?"));
    Err(Refused)
}

/// `name` or `name.namespace` of an in-cluster target.
pub(super) fn in_cluster_name<'a>(
    fields: &mut Fields<'_, 'a>,
    written: &str,
    node: Node<'a>,
    kind: WrittenKind,
) -> Option<Reference> {
    let (name, namespace) = match written.split_once('.') {
        Some((name, namespace)) => (name, Some(namespace)),
        None => (written, None),
    };
    if namespace.is_some_and(|namespace| namespace.contains('.')) {
        fields
            .fault(
                Code::InvalidIntents,
                node,
                format_args!("Target server name should not contain more than one '.' character, unlike `{written}`"),
            )
            .help = Some("write `name` or `name.namespace`".into());
        return None;
    }
    if name.is_empty() || namespace.is_some_and(str::is_empty) {
        fields
            .fault(
                Code::InvalidIntents,
                node,
                format_args!("invalid intent format, `{written}` lacks a name or a namespace"),
            )
            .help = Some("write `name` or `name.namespace`".into());
        return None;
    }
    let (kind, kind_place) = kind.unzip();
    Some(Reference {
        name: name.into(),
        namespace: namespace.map(str::to_owned),
        kind,
        place: fields.object.place(node),
        kind_place,
    })
}

/// Values of a list that must be among the allowed ones.
pub(super) fn allowed_values<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, field: &str, allowed: &[&str]) {
    for (value, value_node) in fields.texts(node, field) {
        allowed_value(fields, value, value_node, field, allowed);
    }
}

/// One value that must be among the allowed ones.
pub(super) fn allowed_value<'a>(
    fields: &mut Fields<'_, 'a>,
    value: &str,
    node: Node<'a>,
    field: &str,
    allowed: &[&str],
) -> bool {
    if allowed.contains(&value) {
        return true;
    }
    let help = nearest(value, allowed.iter().copied())
        .map_or_else(|| format!("allowed: {}", allowed.join(", ")), |name| format!("did you mean `{name}`?"));
    fields.fault(Code::InvalidIntents, node, format_args!("`{value}` is not a supported value of `{field}`")).help =
        Some(help);
    false
}
