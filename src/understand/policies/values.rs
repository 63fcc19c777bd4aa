//! Single values as the API server reads them.

use crate::model::address;
use crate::model::value::Value;
use crate::read::tree::Node;
use ipnet::IpNet;

/// Collections nest at most this deep in a value that is compared; what lies deeper is cut off.
const MAX_DEPTH: usize = 64;

/// A value that is compared has at most this many nodes: aliases can make a short text very large.
const MAX_NODES: usize = 100_000;

/// A network in CIDR form, canonical. Leading zeros are decimal, as the API server still reads them.
pub(super) fn network(text: &str) -> Option<IpNet> {
    address::network(text).or_else(|| {
        let (address, length) = text.split_once('/')?;
        let octets: Vec<&str> = address
            .split('.')
            .map(|octet| match octet.trim_start_matches('0') {
                "" if !octet.is_empty() => "0",
                rest => rest,
            })
            .collect();
        address::network(&format!("{}/{length}", octets.join(".")))
    })
}

/// Whether a text is an IANA service name, which the API requires of port names.
pub(super) fn is_port_name(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A node as a plain value, aliases and merges applied. What is larger than any object that this project emits is cut off.
pub(super) fn plain_value(node: Node<'_>) -> Value {
    plain_value_within(node, 0, &mut MAX_NODES.clone())
}

fn plain_value_within(node: Node<'_>, depth: usize, nodes_left: &mut usize) -> Value {
    *nodes_left = nodes_left.saturating_sub(1);
    if depth >= MAX_DEPTH || *nodes_left == 0 || node.is_null() {
        return Value::Null;
    }
    if node.is_mapping() {
        let entries = node.merged_entries().into_iter();
        return Value::map(entries.map(|(key, _, value)| (key, plain_value_within(value, depth + 1, nodes_left))));
    }
    if node.is_sequence() {
        return Value::List(node.items().map(|item| plain_value_within(item, depth + 1, nodes_left)).collect());
    }
    match (node.as_bool(), node.as_integer(), node.as_str()) {
        (Some(flag), ..) => Value::Bool(flag),
        (_, Some(number), _) => Value::Integer(number),
        (.., Some(text)) => Value::string(text),
        _ => Value::Null,
    }
}
