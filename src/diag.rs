//! Findings: what the stages have to say about the input, independent of how it is shown.

pub mod codes;
pub mod suggest;

use crate::model::place::Place;
use crate::source::SourceId;
pub use codes::{Code, Severity};

/// One thing to say: a fault, a warning or a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule found it.
    pub code: Code,
    /// Severity after the `rules` of the configuration were applied; until then the code's default.
    pub severity: Severity,
    /// One line: names the object and what is wrong; lower case, no full stop.
    pub message: String,
    /// Where: the resource, and the text to point at.
    pub place: Option<Place>,
    /// Where, when the text belongs to no resource (a syntax error): the source and a byte offset in it.
    pub in_source: Option<(SourceId, usize)>,
    /// Other places that belong to it, each with a short text.
    pub related: Vec<(Place, String)>,
    /// What to do next, one line.
    pub help: Option<String>,
}

impl Finding {
    /// A finding of that code with its default severity.
    #[must_use]
    pub fn new(code: Code, place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.default_severity(),
            message: message.into(),
            place: place.into(),
            in_source: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// Whether it says that the input cannot be compiled: an error that `rules` cannot change.
    #[must_use]
    pub fn prevents_compiling(&self) -> bool {
        self.severity == Severity::Error && !self.code.can_be_changed()
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn with_related(mut self, place: Place, text: impl Into<String>) -> Self {
        self.related.push((place, text.into()));
        self
    }
}

/// Findings in the order in which the stages made them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }
}
