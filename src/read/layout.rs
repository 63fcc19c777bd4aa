//! Where tokens stand between the spans that the parser gives: indicators, properties, block scalars.
//!
//! Every function looks only at the text between two tokens that the parser has already understood, so simple rules suffice.

use std::ops::Range;

/// Indicators that may stand between the previous token and a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Indicators {
    /// `-` of a later element of a block sequence.
    pub dash: bool,
    /// `,` between elements of a flow collection.
    pub comma: bool,
    /// `?` before an explicit key.
    pub question: bool,
    /// `:` before a value.
    pub colon: bool,
    /// Whether they stand in a flow collection.
    pub is_flow: bool,
}

/// The offset behind blanks, line breaks and comments, starting behind a token at `position`.
fn skip_space(bytes: &[u8], mut position: usize) -> usize {
    loop {
        match bytes.get(position) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => position += 1,
            // A byte order mark may start any document.
            Some(0xEF) if bytes.get(position..position + 3) == Some(&[0xEF, 0xBB, 0xBF]) => position += 3,
            Some(b'#') => position = line_end(bytes, position),
            _ => return position,
        }
    }
}

/// The offset behind `...` markers of which the parser says nothing, because no document is before them, and behind a byte
/// order mark. Comments are not skipped: they belong to the document that follows.
pub(super) fn skip_document_ends(text: &str, mut position: usize) -> usize {
    let bytes = text.as_bytes();
    if position == 0 && text.starts_with('\u{FEFF}') {
        position = '\u{FEFF}'.len_utf8();
    }
    let first = position;
    loop {
        let next = skip_space(bytes, position);
        let is_marker = (next == first || line_start(bytes, next) == next)
            && bytes.get(next..).is_some_and(|rest| rest.starts_with(b"..."))
            && bytes.get(next + 3).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        if !is_marker {
            return position;
        }
        position = next + 3;
    }
}

/// The offset of the line break that ends the line, or of the end of the text.
fn line_end(bytes: &[u8], position: usize) -> usize {
    let rest = bytes.get(position..).unwrap_or_default();
    position + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
}

/// The first tab that is in the indentation of the line at `position` or of one behind it. The parser reports some where the scalar starts
/// that the line would go on with.
pub(super) fn indenting_tab(text: &str, position: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut start = line_start(bytes, position);
    loop {
        let line = bytes.get(start..line_end(bytes, start))?;
        let indentation = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let tab = line.iter().take(indentation).position(|byte| *byte == b'\t').map(|tab| start + tab);
        if tab.is_some() {
            return tab;
        }
        start += line.len() + 1;
        bytes.get(start)?;
    }
}

/// The start of the line that `position` is in.
fn line_start(bytes: &[u8], position: usize) -> usize {
    let before = bytes.get(..position).unwrap_or(bytes);
    before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |newline| newline + 1)
}

/// The offset behind the indicators, each at most once, that follow a token which ends at `position`. Where none of them
/// follows, `position` itself: that is where an absent node stands.
pub(super) fn skip_indicators(text: &str, position: usize, mut indicators: Indicators) -> usize {
    let bytes = text.as_bytes();
    let mut behind = position;
    loop {
        let next = skip_space(bytes, behind);
        let expected = match bytes.get(next) {
            Some(b'-') => &mut indicators.dash,
            Some(b',') => &mut indicators.comma,
            Some(b'?') => &mut indicators.question,
            Some(b':') => &mut indicators.colon,
            _ => return behind,
        };
        // Plain scalars may start with the other indicators, if no space follows, nor what ends one in a flow collection.
        let is_indicator = bytes.get(next) == Some(&b',')
            || bytes
                .get(next + 1)
                .is_none_or(|byte| byte.is_ascii_whitespace() || (indicators.is_flow && b",[]{}".contains(byte)));
        if !is_indicator || !std::mem::take(expected) {
            return behind;
        }
        behind = next + 1;
    }
}

/// Whether the indicator that ends at `end`, if it comes first on its line, is at the column of a block collection.
pub(super) fn is_indicator_of(text: &str, end: usize, collection: usize) -> bool {
    let indentation = |position: usize| {
        let before = text.get(line_start(text.as_bytes(), position)..position).unwrap_or_default();
        before.strip_prefix('\u{FEFF}').unwrap_or(before)
    };
    let before = indentation(end.saturating_sub(1));
    !before.bytes().all(|byte| byte == b' ') || before.len() == indentation(collection).len()
}

/// The start of the content that follows `position`: behind blanks, comments, the tag whose span is given, and an anchor.
pub(super) fn skip_properties(text: &str, position: usize, tag: Option<Range<usize>>) -> usize {
    let bytes = text.as_bytes();
    let mut next = skip_space(bytes, position);
    loop {
        next = match (bytes.get(next), &tag) {
            (Some(b'!'), Some(tag)) if tag.start == next => tag.end,
            (Some(b'&'), _) => {
                let rest = bytes.get(next..).unwrap_or_default();
                let is_end =
                    |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}');
                next + rest.iter().position(is_end).unwrap_or(rest.len())
            }
            _ => return next,
        };
        next = skip_space(bytes, next);
    }
}

/// The extent of a block scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockScalar {
    /// From `|` or `>` to the end of its last line that counts. The line break that ends this line is inside only with `+`,
    /// where it and those of the empty lines after it belong to the value.
    pub outer: Range<usize>,
    /// Its lines as the parser took them, from the first character behind the indentation of the first line that is not empty.
    pub content: Range<usize>,
    /// Number of spaces that indent its lines.
    pub indent: usize,
    /// Whether the header says how far it is indented.
    pub has_indent_indicator: bool,
}

/// The extent of the block scalar whose header starts at `header`. `parsed` is the span that the parser gives: from the first
/// content to some place in the indentation of the next token, or from the header if the text ends with it.
pub(super) fn block_scalar(text: &str, header: usize, parsed: Range<usize>, is_empty: bool) -> BlockScalar {
    let bytes = text.as_bytes();
    let indicators = bytes.get(header + 1..).unwrap_or_default();
    let indicators = indicators.iter().take(2).take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'));
    let (mut keeps, mut has_indent_indicator, mut header_end) = (false, false, header + 1);
    for byte in indicators {
        keeps |= *byte == b'+';
        has_indent_indicator |= byte.is_ascii_digit();
        header_end += 1;
    }
    let content = parsed.start.max(header_end)..parsed.end.max(header_end);
    if is_empty {
        return BlockScalar { outer: header..header_end, content, indent: 0, has_indent_indicator };
    }
    // Empty lines alone, which only `+` keeps: then the parser's span is at the next token or from the header on.
    let has_lines = parsed.start != header && !parsed.is_empty();
    let first_line = line_start(bytes, content.start);
    let indent = if has_lines { content.start - first_line } else { usize::MAX };
    let spaces_from = |start: usize| {
        let rest = bytes.get(start..content.end).unwrap_or_default();
        rest.iter().take_while(|byte| **byte == b' ').count()
    };
    // The parser goes on into the indentation of the next token.
    let last_line = line_start(bytes, content.end);
    let mut end = content.end;
    if spaces_from(last_line) == end - last_line && end - last_line <= indent {
        end = last_line;
    }
    while !keeps && end > content.start {
        let without_break = before_break(bytes, end);
        let start = line_start(bytes, without_break);
        let is_blank = spaces_from(start) == without_break - start && without_break - start <= indent;
        if without_break == end || !is_blank || start <= first_line {
            end = without_break;
            break;
        }
        end = start;
    }
    BlockScalar { outer: header..end.max(header_end), content, indent, has_indent_indicator }
}

/// The offset before the line break that ends at `end`; `end` if none does.
fn before_break(bytes: &[u8], end: usize) -> usize {
    match bytes.get(..end) {
        Some([.., b'\r', b'\n']) => end - 2,
        Some([.., b'\n' | b'\r']) => end - 1,
        _ => end,
    }
}
