//! Values of scalars that are spelled differently. Every function is given text that the lexer has accepted.

use crate::read::tree::ScalarStyle;
use std::ops::Range;

/// The value of a scalar, its quotes or block header included in the range. `None` where the spelling is outside the subset.
pub(super) fn scalar(text: &str, range: Range<usize>, style: ScalarStyle) -> Option<String> {
    let written = text.get(range.clone())?;
    match style {
        ScalarStyle::Plain => Some(fold_lines(written)),
        ScalarStyle::SingleQuoted => Some(fold_lines(unquoted(written)?).replace("''", "'")),
        ScalarStyle::DoubleQuoted => double_quoted(unquoted(written)?),
        ScalarStyle::Literal | ScalarStyle::Folded => block(text, range, style, None),
    }
}

fn unquoted(written: &str) -> Option<&str> {
    written.get(1..written.len().checked_sub(1)?)
}

/// Joins lines: one line break becomes a blank, each further one a line break. Blanks beside line breaks do not count.
fn fold_lines(written: &str) -> String {
    let mut value = String::with_capacity(written.len());
    let mut lines = written.split('\n').peekable();
    let (mut is_first, mut breaks) = (true, 0);
    while let Some(line) = lines.next() {
        let line = if is_first { line } else { line.trim_start_matches(' ') };
        let line = if lines.peek().is_none() { line } else { line.trim_end_matches(' ') };
        if !is_first {
            breaks += 1;
        }
        if line.is_empty() && !is_first && lines.peek().is_some() {
            continue;
        }
        push_breaks(&mut value, &mut breaks);
        value.push_str(line);
        is_first = false;
    }
    value
}

fn push_breaks(value: &mut String, breaks: &mut usize) {
    match std::mem::take(breaks) {
        0 => {}
        1 => value.push(' '),
        more => value.extend(std::iter::repeat_n('\n', more - 1)),
    }
}

/// Like [`fold_lines`], with escapes. A backslash at the end of a line takes the line break away.
fn double_quoted(written: &str) -> Option<String> {
    let mut value = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(['\\', '\n']) {
        let (before, special) = rest.split_at_checked(at)?;
        if special.starts_with('\n') {
            value.push_str(before.trim_end_matches(' '));
            let (mut breaks, behind) = line_breaks(special);
            push_breaks(&mut value, &mut breaks);
            rest = behind;
        } else {
            value.push_str(before);
            rest = escape(special.get(1..)?, &mut value)?;
        }
    }
    value.push_str(rest);
    Some(value)
}

/// Number of line breaks with only blanks between, and what follows them.
fn line_breaks(mut text: &str) -> (usize, &str) {
    let mut breaks = 0;
    while let Some(behind) = text.strip_prefix('\n') {
        breaks += 1;
        text = behind.trim_start_matches(' ');
    }
    (breaks, text)
}

/// Decodes what follows a backslash and gives the text behind it.
fn escape<'t>(text: &'t str, value: &mut String) -> Option<&'t str> {
    let mut characters = text.chars();
    let (character, digits) = match characters.next()? {
        '"' => ('"', 0),
        '\\' => ('\\', 0),
        '/' => ('/', 0),
        'n' => ('\n', 0),
        't' => ('\t', 0),
        'r' => ('\r', 0),
        'a' => ('\u{7}', 0),
        'b' => ('\u{8}', 0),
        'e' => ('\u{1b}', 0),
        'f' => ('\u{c}', 0),
        'v' => ('\u{b}', 0),
        '0' => ('\0', 0),
        ' ' => (' ', 0),
        'N' => ('\u{85}', 0),
        '_' => ('\u{a0}', 0),
        'L' => ('\u{2028}', 0),
        'P' => ('\u{2029}', 0),
        'x' => (' ', 2),
        'u' => (' ', 4),
        'U' => (' ', 8),
        '\n' => {
            let (breaks, behind) = line_breaks(text);
            value.extend(std::iter::repeat_n('\n', breaks - 1));
            return Some(behind);
        }
        _ => return None,
    };
    let rest = characters.as_str();
    if digits == 0 {
        value.push(character);
        return Some(rest);
    }
    let (code, rest) = rest.split_at_checked(digits)?;
    if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // Halves of surrogate pairs, which are no characters, are left to the parser.
    value.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
    Some(rest)
}

/// The value of a block scalar; `indent` where its header says how far it is indented. Its range ends with the last line that is
/// not empty, or behind the line breaks that `+` keeps.
pub(super) fn block(text: &str, range: Range<usize>, style: ScalarStyle, indent: Option<usize>) -> Option<String> {
    let is_folded = style == ScalarStyle::Folded;
    let written = text.get(range)?;
    let (header, body) = written.split_once('\n')?;
    let indicators = header.split(' ').next()?;
    let first_indent = || {
        let first = body.split('\n').find(|line| line.bytes().any(|byte| byte != b' '))?;
        Some(first.len() - first.trim_start_matches(' ').len())
    };
    let indent = indent.or_else(first_indent)?;
    let mut value = String::with_capacity(body.len());
    // Line breaks that may become a blank, and whether the line before them starts with one.
    let (mut breaks, mut was_indented) = (0, false);
    for line in body.strip_suffix('\n').unwrap_or(body).split('\n') {
        let content = line.get(indent..).unwrap_or_default();
        if content.is_empty() {
            breaks += 1;
            continue;
        }
        let is_indented = content.starts_with([' ', '\t']);
        if is_folded && breaks > 0 && !is_indented && !was_indented && !value.is_empty() {
            push_breaks(&mut value, &mut breaks);
        } else {
            value.extend(std::iter::repeat_n('\n', std::mem::take(&mut breaks)));
        }
        value.push_str(content);
        was_indented = is_indented;
        breaks = 1;
    }
    if indicators.contains('+') {
        value.extend(std::iter::repeat_n('\n', breaks));
    } else if !indicators.contains('-') {
        value.push('\n');
    }
    Some(value)
}
