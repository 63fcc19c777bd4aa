//! What reading a text as YAML gives: its documents, or why it has none.

use super::tree::NodeId;
use std::ops::Range;

/// Why a text is not YAML that can be worked on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Byte offset of the fault.
    pub offset: usize,
    /// What is wrong, lower case.
    pub message: String,
}

/// One YAML document of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The root node.
    pub root: NodeId,
    /// Whether it starts with `---`.
    pub has_start_marker: bool,
    /// Its text without the markers: from after `---` to before the next `---` or `...`, comments included.
    pub text: Range<usize>,
}

/// Why a text could not be read.
pub(super) struct Failure {
    pub(super) syntax: SyntaxError,
    /// If it was for tabs where the parser wants blanks: the offset behind them.
    pub(super) behind_tabs: Option<usize>,
}

impl From<SyntaxError> for Failure {
    fn from(syntax: SyntaxError) -> Self {
        Self { syntax, behind_tabs: None }
    }
}
