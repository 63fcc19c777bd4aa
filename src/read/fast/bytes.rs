//! Bytes that the lexer can look at one by one.

use std::ops::Range;

/// Whether a part of the text, which is UTF-8, has none of the characters that readers disagree about (rules I1 and I2): control
/// characters other than tab and line feed, byte order marks, non-characters, and the line breaks of Unicode. A character belongs to the
/// part where it begins.
pub(super) fn are_plain(text: &[u8], part: Range<usize>) -> bool {
    const BLOCK: usize = 64;
    let is_suspect = |byte: u8| (byte < b' ' && byte != b'\n') || matches!(byte, 0x7F | 0xC2 | 0xE2 | 0xEF);
    for (index, block) in text.get(part.clone()).unwrap_or_default().chunks(BLOCK).enumerate() {
        // Without an early exit the compiler makes this loop a few wide instructions.
        if !block.iter().fold(false, |found, byte| found | is_suspect(*byte)) {
            continue;
        }
        for (offset, byte) in (part.start + index * BLOCK..).zip(block) {
            if is_suspect(*byte) && !is_harmless(text.get(offset..).unwrap_or_default()) {
                return false;
            }
        }
    }
    true
}

/// Whether the character that these bytes start with, or are in the middle of, means the same to every reader.
fn is_harmless(bytes: &[u8]) -> bool {
    match bytes {
        [b'\t', ..] => true,
        // U+0080 to U+009F.
        [0xC2, second, ..] => *second >= 0xA0,
        // U+2028 and U+2029.
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => false,
        [0xE2, ..] => true,
        // U+FEFF, and U+FFFE and U+FFFF.
        [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => false,
        [0xEF, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::are_plain;

    #[test]
    fn characters_that_readers_disagree_about_are_found() {
        for (text, expected) in [
            ("a\tb\n", true),
            ("\u{e4}\u{a0}\u{2014}\u{feef}\u{1f600}", true),
            ("\r\n", false),
            ("\u{7f}", false),
            ("\u{85}", false),
            ("\u{80}", false),
            ("\u{2028}", false),
            ("\u{2029}", false),
            ("\u{feff}", false),
            ("\u{ffff}", false),
            ("\0", false),
            ("\u{1b}", false),
        ] {
            for padding in [0, 61, 62, 63, 64, 200] {
                let padded = format!("{}{text}", " ".repeat(padding));
                let padded = padded.as_bytes();
                assert_eq!(are_plain(padded, 0..padded.len()), expected, "{text:?} behind {padding} blanks");
                // Wherever the parts of a text meet.
                let in_parts = |end| are_plain(padded, 0..end) && are_plain(padded, end..padded.len());
                assert!((0..=padded.len()).all(|end| in_parts(end) == expected), "{text:?} behind {padding} blanks");
            }
        }
    }
}
