//! Source texts: where bytes came from, and how an offset becomes a line.

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
    pub text: String,
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

impl SourceText {
    /// Line and column of a byte offset. Takes time linear in the offset: meant for messages, which are few.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> LineColumn {
        line_column(&self.text, offset)
    }
}

/// Line and column of a byte offset in `text`; an offset past the end means the end.
#[must_use]
pub fn line_column(text: &str, offset: usize) -> LineColumn {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    let in_line = before.get(line_start..).unwrap_or_default();
    let column = 1 + in_line.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    LineColumn { line, column }
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
