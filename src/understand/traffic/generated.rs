//! Objects of the kinds, other than NetworkPolicy, that this project writes: what an earlier run left is recognised by them.

use super::super::fields::Fields;
use crate::model::value::Value;
use crate::model::world::OtherObject;
use crate::read::tree::Node;

/// Nodes of a `spec` that are looked at; a bigger one is none that this project wrote.
const MAX_NODES: usize = 20_000;
/// Levels of nesting that are looked at.
const MAX_DEPTH: usize = 32;

/// A domain policy of a CNI, whoever wrote it. `None` for other kinds.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<OtherObject> {
    let object = fields.object;
    let is_domain_policy = matches!(
        (object.group(), object.kind),
        ("cilium.io", "CiliumNetworkPolicy") | ("networking.gke.io", "FQDNNetworkPolicy")
    );
    if !is_domain_policy {
        return None;
    }
    let labels = fields.mapping(object.node, "metadata").map(|metadata| fields.labels(metadata, "labels"));
    let spec = object.node.get("spec").map_or(Value::Null, |spec| value(spec, &mut MAX_NODES.clone(), MAX_DEPTH));
    Some(OtherObject {
        resource: object.resource,
        id: object.object_name(),
        labels: labels.unwrap_or_default(),
        spec,
        place: object.name_place(),
    })
}

/// A node as a plain value; null where it is too big or deep.
fn value(node: Node<'_>, nodes_left: &mut usize, depth_left: usize) -> Value {
    let Some(node) = node.resolve().filter(|_| depth_left > 0 && *nodes_left > 0) else { return Value::Null };
    *nodes_left -= 1;
    if node.is_mapping() {
        let entries = node.merged_entries().into_iter();
        return Value::Map(
            entries.map(|(key, _, entry)| (key.to_owned(), value(entry, nodes_left, depth_left - 1))).collect(),
        );
    }
    if node.is_sequence() {
        return Value::List(node.items().map(|item| value(item, nodes_left, depth_left - 1)).collect());
    }
    if node.is_null() {
        return Value::Null;
    }
    let typed = node.as_bool().map(Value::Bool).or_else(|| node.as_integer().map(Value::Integer));
    typed.unwrap_or_else(|| Value::string(node.as_str().unwrap_or_default()))
}
