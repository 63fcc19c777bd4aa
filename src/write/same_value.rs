//! Whether a node says what a generated value says.

use super::change::{entries_by_key, is_string};
use crate::model::value::Value;
use crate::read::tree::Node;

/// Compares by meaning: order of keys, quotes and style do not matter. Recursion follows the value, which is ours.
pub(crate) fn is_value(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::Null => node.is_null(),
        Value::Bool(value) => node.as_bool() == Some(*value),
        Value::Integer(value) => node.as_integer() == Some(*value),
        Value::String(text) => is_string(node, text),
        Value::List(values) => {
            let items: Vec<_> = node.items().collect();
            node.is_sequence()
                && items.len() == values.len()
                && items.iter().zip(values).all(|(item, value)| is_value(*item, value))
        }
        Value::Map(entries) => {
            let nodes = entries_by_key(node);
            node.is_mapping()
                && nodes.len() == entries.len()
                && entries.iter().all(|(key, value)| nodes.get(key.as_str()).is_some_and(|node| is_value(*node, value)))
        }
    }
}
