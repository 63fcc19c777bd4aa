//! Source texts: where bytes came from, and how an offset becomes a line.

use std::borrow::Cow;
use std::path::PathBuf;

/// Index of a source text in [`crate::read::package::Package::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// One text that was read: a file, a stream, or a ResourceList.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Where it came from.
    pub origin: SourceOrigin,
    /// The text, valid UTF-8, unchanged (a byte order mark included).
    pub text: Cow<'static, str>,
}

/// Where a source text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceOrigin {
    /// Standard input.
    Stdin,
    /// A file, with the path as the user wrote or would write it.
    File(PathBuf),
    /// Made up by this program, with a name for messages (`--set`).
    Synthetic(&'static str),
}

/// A position for people: both numbers count from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Why bytes are not a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {byte:#04X} at offset {offset} (line {}, column {})", position.line, position.column)]
pub struct DecodeError {
    /// Offset of the first byte that belongs to no character.
    pub offset: usize,
    /// That byte.
    pub byte: u8,
    /// Where it is.
    pub position: LineColumn,
    /// Whether the bytes start like UTF-16.
    pub is_utf16: bool,
}

impl DecodeError {
    /// What to do about it, where we know.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        self.is_utf16.then_some("it looks like UTF-16: save it as UTF-8")
    }
}

impl SourceText {
    /// The text that the bytes are in UTF-8.
    ///
    /// # Errors
    /// [`DecodeError`] with the first byte that is not UTF-8.
    pub fn decode(origin: SourceOrigin, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, DecodeError> {
        let text = match bytes.into() {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| not_utf8(bytes, error))
            }
            Cow::Owned(bytes) => {
                String::from_utf8(bytes).map(Cow::Owned).map_err(|error| not_utf8(error.as_bytes(), error.utf8_error()))
            }
        };
        Ok(Self { origin, text: text? })
    }

    /// Line and column of a byte offset. Takes time linear in the offset: meant for messages, which are few.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> LineColumn {
        line_column(&self.text, offset)
    }
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> DecodeError {
    let offset = error.valid_up_to();
    let good = bytes.get(..offset).and_then(|good| std::str::from_utf8(good).ok()).unwrap_or_default();
    DecodeError {
        offset,
        byte: bytes.get(offset).copied().unwrap_or_default(),
        position: line_column(good, offset),
        is_utf16: bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]),
    }
}

/// Line and column of a byte offset in `text`; an offset past the end means the end.
#[must_use]
pub fn line_column(text: &str, offset: usize) -> LineColumn {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    LineColumn { line, column: column_after(before.get(line_start..).unwrap_or_default()) }
}

/// Where the lines of a text start, and how many characters come before some of its bytes: makes many positions in one text cheap,
/// however long its lines are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineStarts {
    starts: Vec<usize>,
    /// Characters before every byte whose offset is a multiple of [`STEP`].
    characters: Vec<usize>,
}

/// So many bytes at most are counted for one position.
const STEP: usize = 1024;

impl LineStarts {
    /// Finds the lines of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = std::iter::once(0).chain(breaks.map(|offset| offset + 1)).collect();
        let mut all = 0;
        let counts = text.as_bytes().chunks(STEP).map(|chunk| {
            all += characters(chunk);
            all
        });
        Self { starts, characters: std::iter::once(0).chain(counts).collect() }
    }

    /// What [`line_column`] gives for the same text, which must be the one that the lines were found in.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let in_line = text.as_bytes().get(start..offset).unwrap_or_default();
        let mark = usize::from(in_line.starts_with("\u{FEFF}".as_bytes()));
        LineColumn { line, column: 1 + self.before(text, offset) - self.before(text, start) - mark }
    }

    /// Characters before an offset.
    fn before(&self, text: &str, offset: usize) -> usize {
        let step = offset / STEP;
        let rest = text.as_bytes().get(step * STEP..offset).unwrap_or_default();
        self.characters.get(step).copied().unwrap_or_default() + characters(rest)
    }
}

/// How many characters start in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// Column of what follows these bytes of a line, counted in characters; a byte order mark is none.
fn column_after(in_line: &[u8]) -> usize {
    let in_line = in_line.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(in_line);
    1 + characters(in_line)
}

impl std::fmt::Display for SourceOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdin => f.write_str("<stdin>"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Synthetic(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LineStarts, line_column};

    #[test]
    fn both_ways_to_a_position_agree() {
        let long = format!("a\n{}\n\u{FEFF}b", "\u{e9}x".repeat(1500));
        for text in [&long, "", "a", "\n", "a\nb", "a\r\n\u{e9}x\n\n", "\u{FEFF}a: b\nc: \u{1F600}d"] {
            let starts = LineStarts::of(text);
            for offset in 0..text.len() + 3 {
                assert_eq!(starts.line_column(text, offset), line_column(text, offset), "{text:?} at {offset}");
            }
        }
    }
}
