//! Two ways to read a text, with one result.

use super::document::{Document, SyntaxError};
use super::fast;
use super::parser;
use super::prune::Selection;
use super::tree::Tree;

/// Who reads YAML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// The fast lane, with two threads if the text is large, and the parser for what is outside its subset.
    #[default]
    Fast,
    /// The same, and one thread for everything.
    FastAlone,
    /// The parser alone: for comparing the two, and in case of doubt.
    Parser,
    /// The same, and one thread for everything.
    ParserAlone,
}

impl Lane {
    /// How many threads may share the work on a large input.
    #[must_use]
    pub fn threads(self) -> usize {
        match self {
            Self::Fast | Self::Parser => 2,
            Self::FastAlone | Self::ParserAlone => 1,
        }
    }
}

/// Reads all documents of a text into one tree, of objects what the selection keeps; `None` keeps everything.
///
/// # Errors
/// As for [`parser::parse`].
pub fn parse(text: &str, selection: Option<Selection>, lane: Lane) -> Result<(Tree, Vec<Document>), SyntaxError> {
    let read = match lane {
        Lane::Fast => fast::parse(text, selection),
        Lane::FastAlone => parse_fast(text, selection, 1),
        Lane::Parser | Lane::ParserAlone => None,
    };
    read.map_or_else(|| parser::parse_keeping(text, selection), Ok)
}

/// What the fast lane makes of a text with so many threads; `None` if the text is for the parser.
#[must_use]
pub fn parse_fast(text: &str, selection: Option<Selection>, threads: usize) -> Option<(Tree, Vec<Document>)> {
    fast::parse_with_threads(text, selection, threads)
}
