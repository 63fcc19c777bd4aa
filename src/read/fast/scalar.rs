//! Plain and quoted scalars, and the ends of lines.

use super::builder::Scalar;
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

/// The byte at an offset, and a null, which no text has, behind the end.
#[inline]
pub(super) fn at(bytes: &[u8], position: usize) -> u8 {
    bytes.get(position).copied().unwrap_or(0)
}

#[inline]
pub(super) fn skip_spaces(bytes: &[u8], mut position: usize) -> usize {
    while at(bytes, position) == b' ' {
        position += 1;
    }
    position
}

/// A table of bytes at which scanning stops.
const fn stops(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut rest = bytes;
    while let [first, others @ ..] = rest {
        if let (_, [stop, ..]) = table.split_at_mut(*first as usize) {
            *stop = true;
        }
        rest = others;
    }
    table
}

/// The next byte of the table, or the end.
#[inline]
fn next_stop(bytes: &[u8], position: usize, stops: &[bool; 256]) -> usize {
    let rest = bytes.get(position..).unwrap_or_default();
    let is_stop = |byte: &u8| stops.get(usize::from(*byte)).copied().unwrap_or(true);
    position + rest.iter().position(is_stop).unwrap_or(rest.len())
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
    const STOPS: [bool; 256] = stops(b"\n:#\t\0");
    let mut end = start;
    let stop = loop {
        end = next_stop(bytes, end, &STOPS);
        match at(bytes, end) {
            b'\n' => break Stop::LineEnd(end + 1),
            b':' if matches!(at(bytes, end + 1), b' ' | b'\n') => break Stop::Colon(end),
            b':' if at(bytes, end + 1) == b'\t' => return None,
            b'#' if end > start && at(bytes, end - 1) == b' ' => break Stop::Comment(next_line(bytes, end)),
            b'\t' | 0 => return None,
            _ => end += 1,
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
    const STOPS: [bool; 256] = stops(b"'\"\\\n\t\0");
    let (mut is_encoded, mut has_lines, mut has_tabs) = (false, false, false);
    let mut next = start + 1;
    loop {
        next = next_stop(bytes, next, &STOPS);
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
