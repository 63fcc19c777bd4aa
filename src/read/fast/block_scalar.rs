//! `|` and `>` (rule I8).

use super::builder::Scalar;
use super::eight_bytes::skip_spaces;
use super::scalar::{at, end_line, next_line};
use crate::read::tree::ScalarStyle;

pub(super) struct BlockScalar {
    pub(super) scalar: Scalar,
    /// How far it is indented, if its header says so.
    pub(super) indent: Option<usize>,
    /// The start of the first line that is not part of it.
    pub(super) next_line: usize,
}

/// Reads the block scalar whose header starts there, in a collection at column `owner`. One without content is for the parser.
pub(super) fn read(bytes: &[u8], start: usize, owner: usize) -> Option<BlockScalar> {
    let style = if at(bytes, start) == b'|' { ScalarStyle::Literal } else { ScalarStyle::Folded };
    let (mut keeps, mut chomps, mut digit) = (false, false, None);
    let mut header_end = start + 1;
    loop {
        match at(bytes, header_end) {
            byte @ (b'+' | b'-') if !chomps => (chomps, keeps) = (true, byte == b'+'),
            byte @ b'1'..=b'9' if digit.is_none() => digit = Some(usize::from(byte - b'0')),
            _ => break,
        }
        header_end += 1;
    }
    let first_line = end_line(bytes, header_end)?;
    let indent = match digit {
        Some(digit) => owner + digit,
        None => detect_indent(bytes, first_line, owner)?,
    };

    let mut line = first_line;
    let mut content_end = None;
    while line < bytes.len() {
        let limit = line + indent;
        let mut content = line;
        while content < limit && at(bytes, content) == b' ' {
            content += 1;
        }
        if content < limit {
            match at(bytes, content) {
                b'\n' => {
                    line = content + 1;
                    continue;
                }
                b'\t' => return None,
                // To some readers such a comment is part of the scalar.
                b'#' if content - line > owner => return None,
                _ => break,
            }
        }
        let next = next_line(bytes, content);
        if next - 1 > content {
            content_end = Some(next - 1);
        }
        line = next;
    }
    let end = if keeps { line } else { content_end? };
    content_end?;
    let scalar = Scalar { range: start..end, style, is_encoded: true };
    Some(BlockScalar { scalar, indent: digit.map(|_| indent), next_line: line })
}

/// The indentation of the first line that is not blank, which must be deeper than the owner, and than no blank line above.
fn detect_indent(bytes: &[u8], mut line: usize, owner: usize) -> Option<usize> {
    let mut longest_blank = 0;
    loop {
        let content = skip_spaces(bytes, line);
        let column = content - line;
        match at(bytes, content) {
            b'\n' => {
                longest_blank = longest_blank.max(column);
                line = content + 1;
            }
            b'\t' | 0 => return None,
            _ => return (column > owner && longest_blank <= column).then_some(column),
        }
    }
}
