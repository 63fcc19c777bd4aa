//! Whether a node says what we generate.

use super::change::{entries_by_key, value_of};
use super::piece::{Piece, Token};
use crate::read::tree::Node;

/// Compares by meaning: order of keys, quotes and style do not matter. Recursion follows the piece, which is ours; it has no copies.
pub(crate) fn is_value(node: Node<'_>, piece: &Piece<'_>) -> bool {
    match piece {
        Piece::Null => node.is_null(),
        Piece::Bool(value) => node.as_bool() == Some(*value),
        Piece::Integer(value) => node.as_integer() == Some(*value),
        Piece::Scalar(Token::Text(text)) => node.is_string(text),
        Piece::Scalar(Token::Spelled(_)) => false,
        Piece::List(pieces) => {
            node.is_sequence()
                && node.items().count() == pieces.len()
                && node.items().zip(pieces).all(|(item, piece)| is_value(item, piece))
        }
        Piece::Map(entries) => node.is_mapping() && are_entries(node, entries),
    }
}

fn are_entries(mapping: Node<'_>, entries: &[(Token<'_>, Piece<'_>)]) -> bool {
    let own = mapping.entries().map(|(key, _)| key.as_str().filter(|_| !key.is_merge_key()));
    if own.eq(entries.iter().map(|(key, _)| Some(key.value()))) {
        // As we write it. Keys of ours are distinct.
        return mapping.entries().zip(entries).all(|((_, value), (_, piece))| is_value(value, piece));
    }
    let nodes = entries_by_key(mapping);
    nodes.len() == entries.len()
        && entries.iter().all(|(key, piece)| value_of(&nodes, key.value()).is_some_and(|node| is_value(*node, piece)))
}
