//! Plain and quoted scalars, and the ends of lines.

use super::builder::Scalar;
use super::eight_bytes::{find_plain_stop, find_quoted_stop, skip_spaces};
use crate::read::tree::ScalarStyle;
use std::ops::Range;

/// What ends a line of a plain scalar.
pub(super) enum Stop {
    /// A `:` that makes it a key, at that offset.
    Colon(usize),
    /// The line break; the next line starts there.
    LineEnd(usize),
    /// A comment; the next line starts there.
    Comment(usize),
}

/// The byte at an offset, and a null, which no text of the subset has, behind the end.
#[inline]
pub(super) fn at(bytes: &[u8], position: usize) -> u8 {
    bytes.get(position).copied().unwrap_or(0)
}

/// The start of the line behind the one of `position`.
#[inline]
pub(super) fn next_line(bytes: &[u8], position: usize) -> usize {
    let rest = bytes.get(position..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |found| position + found + 1)
}

/// The start of the next line, if there are only blanks and a comment behind `position`.
#[inline]
pub(super) fn end_line(bytes: &[u8], position: usize) -> Option<usize> {
    let next = skip_spaces(bytes, position);
    match at(bytes, next) {
        b'\n' => Some(next + 1),
        b'#' if next > position => Some(next_line(bytes, next)),
        _ => None,
    }
}

/// A plain scalar up to the end of the line, a comment, or the `:` that makes it a key.
pub(super) fn plain(bytes: &[u8], start: usize) -> Option<(Scalar, Stop)> {
    let can_start = match at(bytes, start) {
        b'-' => !matches!(at(bytes, start + 1), b' ' | b'\n' | b'\t'),
        b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
        | b'%' | b'@' | b'`' => false,
        first => first > b' ',
    };
    if !can_start {
        return None;
    }
    let (range, stop) = plain_line(bytes, start)?;
    Some((Scalar { range, style: ScalarStyle::Plain, is_encoded: false }, stop))
}

/// A line of a plain scalar, without the blanks at its end.
#[inline]
pub(super) fn plain_line(bytes: &[u8], start: usize) -> Option<(Range<usize>, Stop)> {
    let mut end = start;
    let stop = loop {
        end = find_plain_stop(bytes, end);
        match at(bytes, end) {
            b'\n' => break Stop::LineEnd(end + 1),
            b':' if matches!(at(bytes, end + 1), b' ' | b'\n') => break Stop::Colon(end),
            b':' if at(bytes, end + 1) == b'\t' => return None,
            b'#' if end > start && at(bytes, end - 1) == b' ' => break Stop::Comment(next_line(bytes, end)),
            b'#' | b':' => end += 1,
            _ => return None,
        }
    };
    while end > start && at(bytes, end - 1) == b' ' {
        end -= 1;
    }
    Some((start..end, stop))
}

/// A quoted scalar. Its further lines are indented more than `owner`, the column of the collection it is in (rule I6).
pub(super) fn quoted(bytes: &[u8], start: usize, owner: usize) -> Option<Scalar> {
    let quote = at(bytes, start);
    let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
    let (mut is_encoded, mut has_lines, mut has_tabs) = (false, false, false);
    let mut next = start + 1;
    loop {
        next = find_quoted_stop(bytes, next, quote);
        match at(bytes, next) {
            b'\'' if quote == b'\'' && at(bytes, next + 1) == b'\'' => {
                is_encoded = true;
                next += 2;
            }
            byte if byte == quote => break,
            b'\\' if quote == b'"' => {
                is_encoded = true;
                next = escape(bytes, next, owner)?;
            }
            b'\n' => {
                has_lines = true;
                next = continuation(bytes, next, owner)?;
            }
            b'\t' => {
                has_tabs = true;
                next += 1;
            }
            0 => return None,
            _ => next += 1,
        }
    }
    // Tabs beside line breaks are blanks to some.
    let is_clear = !(has_lines && has_tabs);
    is_clear.then_some(Scalar { range: start..next + 1, style, is_encoded: is_encoded || has_lines })
}

/// The first byte of a quoted scalar's next line that is not blank.
fn continuation(bytes: &[u8], line_break: usize, owner: usize) -> Option<usize> {
    let mut line = line_break + 1;
    loop {
        let content = skip_spaces(bytes, line);
        match at(bytes, content) {
            b'\n' => line = content + 1,
            b'\t' => return None,
            _ => return (owner != usize::MAX && content - line > owner).then_some(content),
        }
    }
}

/// The offset behind an escape, if it is one that every reader knows.
fn escape(bytes: &[u8], backslash: usize, owner: usize) -> Option<usize> {
    let behind = backslash + 2;
    let digits = match at(bytes, backslash + 1) {
        b'"' | b'\\' | b'/' | b'n' | b't' | b'r' | b'a' | b'b' | b'e' | b'f' | b'v' | b'0' | b' ' | b'N' | b'_'
        | b'L' | b'P' => 0,
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'\n' => return continuation(bytes, backslash + 1, owner),
        _ => return None,
    };
    let code = bytes.get(behind..behind + digits)?;
    let mut value = 0u32;
    for digit in code {
        value = value.checked_mul(16)? + char::from(*digit).to_digit(16)?;
    }
    // Halves of surrogate pairs are for the parser.
    char::from_u32(value).map(|_| behind + digits)
}
