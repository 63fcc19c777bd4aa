//! Comments in files and scripts: what somebody wrote about a call is no call.

use std::borrow::Cow;

/// The text with its comments blanked, so that offsets stay: lines that start with `#`, `//`, `;` or `--`, the rest of a line after
/// a ` # ` or ` // `, and XML's `<!-- -->`.
pub(super) fn blanked(text: &str) -> Cow<'_, str> {
    if !["#", "//", "/*", ";", "--"].iter().any(|mark| text.contains(mark)) {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len());
    let mut is_in_block = None;
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while !rest.is_empty() {
            let Some(end_mark) = is_in_block else {
                let (code, comment, block) = split(rest, rest.len() == line.len());
                output.push_str(code);
                is_in_block = block;
                if block.is_none() {
                    blank(comment, &mut output);
                    break;
                }
                rest = comment;
                continue;
            };
            let end = rest.find(end_mark).map(|index| index + end_mark.len());
            blank(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default(), &mut output);
            is_in_block = is_in_block.filter(|_| end.is_none());
            rest = rest.get(end.unwrap_or(rest.len())..).unwrap_or_default();
        }
    }
    Cow::Owned(output)
}

/// Code, comment, and what ends the comment if that is not the end of the line.
fn split(line: &str, is_line_start: bool) -> (&str, &str, Option<&'static str>) {
    let code = line.trim_start();
    let indentation = line.len() - code.len();
    let is_comment =
        code.starts_with('#') || code.starts_with("//") || code.starts_with(';') || code.starts_with("-- ");
    let cut = |index: usize| (line.get(..index).unwrap_or_default(), line.get(index..).unwrap_or_default());
    if is_line_start && is_comment {
        let (code, comment) = cut(indentation);
        return (code, comment, None);
    }
    if is_line_start && code.starts_with("/*") {
        let (code, comment) = cut(indentation);
        return (code, comment, Some("*/"));
    }
    let marks = [" # ", "\t# ", " // ", "<!--"];
    let first = marks.iter().filter_map(|mark| line.find(mark).map(|index| (index, *mark))).min();
    match first {
        Some((index, "<!--")) => {
            let (code, comment) = cut(index);
            (code, comment, Some("-->"))
        }
        Some((index, _)) => {
            let (code, comment) = cut(index);
            (code, comment, None)
        }
        None => (line, "", None),
    }
}

fn blank(comment: &str, output: &mut String) {
    output.extend(comment.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn comments_go_and_offsets_stay() {
        for (text, expected) in [
            ("a: b", "a: b"),
            ("# api:80\na: b # http://x\n", "        \na: b           \n"),
            ("url: http://a/#b\n", "url: http://a/#b\n"),
            ("a <!-- b\nc --> d\n", "a       \n      d\n"),
            ("<!-- a --> b <!-- c -->\n", "           b           \n"),
            ("  /* a\n b */ c\n", "      \n      c\n"),
            ("; a\n// b\n-- c\n", "   \n    \n    \n"),
            ("é # é \n", "é      \n"),
        ] {
            let ours = blanked(text);
            assert_eq!(ours, expected, "{text:?}");
            assert_eq!(ours.len(), text.len(), "{text:?}");
        }
    }
}
