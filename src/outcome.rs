//! What a run gives.

use crate::diag::Findings;
use crate::read::package::Package;

/// What a run gives: the text to print, if any, and what there is to say.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The text for standard output. `None` when nothing may be printed.
    pub output: Option<String>,
    /// Everything found, with the severities that the configuration's `rules` give.
    pub findings: Findings,
    /// What was read, for turning places into files and lines.
    pub package: Package,
}

impl Outcome {
    /// Whether the run failed: exit code 1.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.findings.has_errors()
    }
}
