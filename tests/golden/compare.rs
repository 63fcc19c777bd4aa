//! What counts as equal (the comparison rules of the golden format).

use serde_json::Value;

/// Brings an object into a form in which equal means equal: no empty lists, no repeated rules, peers or ports, no order of them.
pub(crate) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, value)| !is_absent(key, value))
                .map(|(key, value)| {
                    let mut value = canonical(value);
                    if let (true, Value::Array(list)) = (is_unordered(key), &mut value) {
                        list.sort_by_key(Value::to_string);
                        list.dedup();
                    }
                    (key.clone(), value)
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        scalar => scalar.clone(),
    }
}

/// Absent and empty lists are equal; so are absent and empty annotations and labels.
fn is_absent(key: &str, value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty() && matches!(key, "annotations" | "labels"),
        Value::Null => true,
        _ => false,
    }
}

fn is_unordered(key: &str) -> bool {
    matches!(key, "ingress" | "egress" | "from" | "to" | "ports" | "policyTypes" | "except")
}
