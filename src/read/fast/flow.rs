//! Flow collections on one line (rule I7).

use super::builder::{Builder, Scalar};
use super::eight_bytes::skip_spaces;
use super::scalar::{at, quoted};
use super::{KEY_LIMIT, NESTING_LIMIT};
use crate::read::tree::{CollectionStyle, ScalarStyle, Shape};

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    Key,
    /// A key, a value or the closing bracket, behind the opening one.
    First,
    /// A comma or the closing bracket.
    Next,
}

/// A collection that was not closed yet.
pub(super) struct Open {
    node: u32,
    is_mapping: bool,
}

/// Reads the flow collection that starts there and gives the offset behind it. Where elements are objects, as directly in a
/// flow sequence that is the value of a root's `items`, only an empty one is read.
///
/// `open` is for use inside: a text may have many of them.
pub(super) fn read(
    bytes: &[u8],
    start: usize,
    builder: &mut Builder<'_>,
    open: &mut Vec<Open>,
    elements_are_objects: bool,
) -> Option<usize> {
    open.clear();
    let mut expected = Expected::Value;
    let mut position = start;
    loop {
        position = skip_spaces(bytes, position);
        let byte = at(bytes, position);
        let is_mapping = open.last().is_some_and(|open| open.is_mapping);
        match (expected, byte) {
            (Expected::First | Expected::Next, b']' | b'}') if is_mapping == (byte == b'}') => {
                let Open { node, .. } = open.pop()?;
                position += 1;
                builder.close(node, Some(position));
                if open.is_empty() {
                    return Some(position);
                }
                expected = Expected::Next;
            }
            (Expected::First, _) if elements_are_objects => return None,
            (Expected::First, _) => expected = if is_mapping { Expected::Key } else { Expected::Value },
            (Expected::Next, b',') => {
                position += 1;
                expected = if is_mapping { Expected::Key } else { Expected::Value };
            }
            (Expected::Next, _) => return None,
            (Expected::Value, b'[' | b'{') => {
                if open.len() >= NESTING_LIMIT {
                    return None;
                }
                let is_mapping = byte == b'{';
                let style = CollectionStyle::Flow;
                let shape = if is_mapping { Shape::Mapping(style) } else { Shape::Sequence(style) };
                open.push(Open { node: builder.open(shape, position), is_mapping });
                position += 1;
                expected = Expected::First;
            }
            (Expected::Value, _) => {
                let scalar = scalar(bytes, position)?;
                position = scalar.range.end;
                builder.scalar(&scalar);
                expected = Expected::Next;
            }
            (Expected::Key, _) => {
                let key = scalar(bytes, position)?;
                let colon = skip_spaces(bytes, key.range.end);
                let is_key = at(bytes, colon) == b':' && at(bytes, colon + 1) == b' ';
                if !is_key || key.is_encoded || colon - position > KEY_LIMIT {
                    return None;
                }
                builder.scalar(&key);
                position = colon + 1;
                expected = Expected::Value;
            }
        }
    }
}

/// A scalar on one line.
fn scalar(bytes: &[u8], start: usize) -> Option<Scalar> {
    let first = at(bytes, start);
    if matches!(first, b'"' | b'\'') {
        return quoted(bytes, start, usize::MAX);
    }
    let is_plain_start =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'~' | b'$' | b'<');
    let starts_plain = is_plain_start(first) || (first == b'-' && is_plain_start(at(bytes, start + 1)));
    if !starts_plain {
        return None;
    }
    let mut end = start;
    loop {
        match at(bytes, end) {
            b',' | b']' | b'}' => break,
            b':' => match at(bytes, end + 1) {
                b' ' => break,
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' | b'\t' => return None,
                _ => end += 1,
            },
            b'[' | b'{' | b'\n' | b'\t' | b'"' | b'\'' | 0 => return None,
            b'#' if at(bytes, end - 1) == b' ' => return None,
            _ => end += 1,
        }
    }
    while at(bytes, end - 1) == b' ' {
        end -= 1;
    }
    Some(Scalar { range: start..end, style: ScalarStyle::Plain, is_encoded: false })
}
