//! Where things stand in YAML text: lines, line endings, colons and comments between nodes.
//!
//! Only the text *between* nodes is looked at, never inside scalars, so a few characters decide.

/// First byte of the line that `position` is on.
pub(crate) fn line_start(text: &str, position: usize) -> usize {
    before(text, position).rfind('\n').map_or(0, |newline| newline + 1)
}

/// End of the line that `position` is on, before its line ending.
pub(super) fn line_end(text: &str, position: usize) -> usize {
    let newline = after(text, position).find('\n').map_or(text.len(), |offset| position + offset);
    if newline > position && before(text, newline).ends_with('\r') { newline - 1 } else { newline }
}

/// First byte of the line after the one that `position` is on; the end of the text if there is none.
pub(super) fn next_line(text: &str, position: usize) -> usize {
    after(text, position).find('\n').map_or(text.len(), |offset| position + offset + 1)
}

/// The line ending of the line that `position` is on. An unfinished last line follows the one before it.
pub(super) fn line_ending(text: &str, position: usize) -> &'static str {
    let end = next_line(text, position);
    let line = before(text, end);
    let finished = if line.ends_with('\n') { line } else { before(text, line_start(text, position)) };
    if finished.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// The text from the start of the line up to `position`.
pub(super) fn line_prefix(text: &str, position: usize) -> &str {
    text.get(line_start(text, position)..position).unwrap_or_default()
}

/// Column of `position` in bytes, a byte order mark not counted.
pub(crate) fn column(text: &str, position: usize) -> usize {
    let prefix = line_prefix(text, position);
    prefix.strip_prefix('\u{feff}').unwrap_or(prefix).len()
}

/// Number of blanks from `position` on.
pub(super) fn blanks(text: &str, position: usize) -> usize {
    after(text, position).bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Passes over white space, line endings and comments.
pub(super) fn skip_space_and_comments(text: &str, mut position: usize) -> usize {
    loop {
        let rest = after(text, position);
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']);
        position += rest.len() - trimmed.len();
        if !trimmed.starts_with('#') {
            return position;
        }
        position = next_line(text, position);
    }
}

/// One past the colon that follows a key, if there is one.
pub(super) fn after_colon(text: &str, key_end: usize) -> Option<usize> {
    let position = skip_space_and_comments(text, key_end);
    after(text, position).starts_with(':').then_some(position + 1)
}

/// Passes over properties (`&anchor`, `!tag`) and the white space before them, on the line of `position` only.
pub(super) fn skip_properties(text: &str, mut position: usize) -> usize {
    loop {
        let start = position + blanks(text, position);
        let rest = after(text, start);
        if !rest.starts_with(['&', '!']) {
            return position;
        }
        position = start + rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
    }
}

/// What the line at `position` (a line start) is.
pub(super) enum LineKind {
    /// Nothing but white space.
    Blank,
    /// A comment, with its column.
    Comment(usize),
    /// Anything else.
    Content,
}

/// Looks at the line that starts at `start`.
pub(super) fn line_kind(text: &str, start: usize) -> LineKind {
    let line = text.get(start..line_end(text, start)).unwrap_or_default();
    let content = line.trim_start_matches([' ', '\t']);
    if content.trim_end().is_empty() {
        LineKind::Blank
    } else if content.starts_with('#') {
        LineKind::Comment(line.len() - content.len())
    } else {
        LineKind::Content
    }
}

/// From a line start on, passes over blank lines (if `blank`) and comments indented deeper than `column`.
pub(super) fn skip_foot(text: &str, mut start: usize, column: usize, blank: bool) -> usize {
    while start < text.len() {
        match line_kind(text, start) {
            LineKind::Blank if blank => {}
            LineKind::Comment(at) if at > column => {}
            _ => break,
        }
        start = next_line(text, start);
    }
    start
}

fn before(text: &str, position: usize) -> &str {
    text.get(..position).unwrap_or(text)
}

fn after(text: &str, position: usize) -> &str {
    text.get(position..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{after_colon, line_end, line_ending, line_start, next_line, skip_foot, skip_properties};

    #[test]
    fn lines_and_their_endings() {
        let text = "ab\r\ncd\nef";
        assert_eq!([0, 1, 2].map(|at| line_end(text, at)), [2, 2, 2]);
        assert_eq!((line_start(text, 5), line_end(text, 4), next_line(text, 4)), (4, 6, 7));
        assert_eq!((line_end(text, 7), next_line(text, 8)), (9, 9));
        assert_eq!([0, 5, 8].map(|at| line_ending(text, at)), ["\r\n", "\n", "\n"]);
        assert_eq!(line_ending("a: b\r\nc", 6), "\r\n");
        assert_eq!(line_ending("a", 0), "\n");
    }

    #[test]
    fn the_colon_may_stand_apart() {
        assert_eq!(after_colon("k : v", 1), Some(3));
        assert_eq!(after_colon("? k # c:\n: v", 3), Some(10));
        assert_eq!(after_colon("{k, b}", 2), None);
    }

    #[test]
    fn properties_end_at_white_space() {
        assert_eq!(skip_properties("k: &a !!map # c", 2), 11);
        assert_eq!(skip_properties("k: v", 2), 2);
    }

    #[test]
    fn foot_is_blank_lines_and_deeper_comments() {
        let text = "- a\n\n  # deeper\n# not\n";
        assert_eq!(skip_foot(text, 4, 0, true), 16);
        assert_eq!(skip_foot(text, 4, 0, false), 4);
    }
}
