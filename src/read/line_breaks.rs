//! Characters that are line breaks to some readers of YAML and not to others.
//!
//! YAML 1.1, and so every tool written in Go, takes U+0085, U+2028 and U+2029 for line breaks; YAML 1.2 and our parser do not.
//! A text in which that makes a difference is refused (`spec/yaml.md` 5, I2). A carriage return without a line feed is a
//! line break to all of them, but to no editor of lines: it is refused where it separates lines of structure. A byte order mark at
//! the start of a line is skipped by Go and part of a scalar for us; one that follows another is part of a key for Go.

use super::document::SyntaxError;
use super::layout::BlockScalar;

/// The odd line breaks of a text, consumed in text order while it is parsed.
pub(super) struct LineBreaks {
    offsets: Vec<usize>,
    next: usize,
}

impl LineBreaks {
    /// Finds them all.
    pub(super) fn find(text: &str) -> Self {
        const BLOCK: usize = 64;
        let bytes = text.as_bytes();
        let is_candidate = |byte: u8| matches!(byte, 0xC2 | 0xE2 | 0xEF | b'\r');
        let mut offsets = Vec::new();
        for (index, block) in bytes.chunks(BLOCK).enumerate() {
            // Without an early exit the compiler makes this loop a few wide instructions.
            if !block.iter().fold(false, |found, byte| found | is_candidate(*byte)) {
                continue;
            }
            for (offset, byte) in (index * BLOCK..).zip(block) {
                if is_candidate(*byte) && odd_break(text, offset).is_some() {
                    offsets.push(offset);
                }
            }
        }
        Self { offsets, next: 0 }
    }

    /// The next one before `end`, which counts as seen from then on.
    fn take_before(&mut self, end: usize) -> Option<usize> {
        let offset = *self.offsets.get(self.next)?;
        if offset >= end {
            return None;
        }
        self.next += 1;
        Some(offset)
    }

    /// Checks the text between two tokens: only at the end of a comment do they make no difference.
    pub(super) fn check_gap(&mut self, text: &str, start: usize, end: usize) -> Result<(), SyntaxError> {
        while let Some(offset) = self.take_before(end) {
            let before = text.get(start..offset).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            let is_in_comment = line.starts_with('#') || line.contains(" #") || line.contains("\t#");
            let is_good = match odd_break(text, offset) {
                Some('\u{FEFF}') => !is_second_mark(text, offset),
                Some('\r') => rest_of_line(text, offset).is_empty(),
                _ => is_in_comment && rest_of_line(text, offset).is_empty(),
            };
            if !is_good {
                return Err(refusal(text, offset));
            }
        }
        Ok(())
    }

    /// Checks a token that ends at `end`: none of them may be inside, other than a carriage return.
    pub(super) fn check_token(&mut self, text: &str, end: usize) -> Result<(), SyntaxError> {
        while let Some(offset) = self.take_before(end) {
            if odd_break(text, offset) != Some('\r') {
                return Err(refusal(text, offset));
            }
        }
        Ok(())
    }

    /// Checks a block scalar: what follows one of them must be indented like a line of its own, as Go's emitter writes it.
    pub(super) fn check_block_scalar(&mut self, text: &str, block: &BlockScalar) -> Result<(), SyntaxError> {
        while let Some(offset) = self.take_before(block.content.end) {
            let Some(before) = text.get(block.content.start..offset) else { return Err(refusal(text, offset)) };
            // Where the content starts with it, the next line tells Go how far the scalar is indented.
            let starts_content = before.trim().is_empty() && !block.has_indent_indicator;
            let rest = rest_of_line(text, offset);
            let indent = rest.bytes().take_while(|byte| *byte == b' ').count();
            let is_indented = rest.is_empty() || (block.indent > 0 && indent >= block.indent);
            let is_byte_order_mark = odd_break(text, offset) == Some('\u{FEFF}');
            if starts_content || !is_indented || is_byte_order_mark {
                return Err(refusal(text, offset));
            }
        }
        Ok(())
    }
}

/// The odd line break that starts at that byte.
fn odd_break(text: &str, offset: usize) -> Option<char> {
    let character = text.get(offset..)?.chars().next()?;
    let is_odd = match character {
        '\r' => text.as_bytes().get(offset + 1) != Some(&b'\n'),
        '\u{FEFF}' => text.get(..offset)?.ends_with(['\n', '\r']) || is_second_mark(text, offset),
        _ => matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}'),
    };
    is_odd.then_some(character)
}

/// Whether a byte order mark follows one that starts a line.
fn is_second_mark(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).and_then(|before| before.strip_suffix('\u{FEFF}'));
    before.is_some_and(|before| before.is_empty() || before.ends_with(['\n', '\r']))
}

/// What stands between the odd line break and the end of its line; nothing if that is blank.
fn rest_of_line(text: &str, offset: usize) -> &str {
    let rest = text.get(offset..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let mut characters = line.chars();
    characters.next();
    if line.chars().all(char::is_whitespace) { "" } else { characters.as_str() }
}

fn refusal(text: &str, offset: usize) -> SyntaxError {
    let character = text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let message = match character {
        '\r' => "a carriage return without a line feed separates two lines".to_owned(),
        '\u{FEFF}' if is_second_mark(text, offset) => "a byte order mark follows another one: remove one".to_owned(),
        '\u{FEFF}' => "a byte order mark starts a line inside a value".to_owned(),
        _ => {
            let code = u32::from(character);
            format!("the character U+{code:04X} is a line break to some YAML readers and not to others")
        }
    };
    SyntaxError { offset, message }
}
