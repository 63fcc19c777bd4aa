//! Plan in, text out: edits spliced into the input, new objects appended.

use crate::config::Config;
use crate::diag::Findings;
use crate::model::value::Value;
use crate::plan::Plan;
use crate::read::package::Package;

/// A written output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
}

/// The input ResourceList with the plan carried out and `results` set. Bytes outside the edits are those of the input.
///
/// # Errors
/// Findings (`cannot-edit`) naming every place that cannot be edited safely.
pub fn resource_list(
    package: &Package,
    _plan: &Plan,
    _config: &Config,
    _results: &[Value],
) -> Result<Written, Findings> {
    Ok(Written { text: package.sources.first().map(|source| source.text.clone()).unwrap_or_default() })
}

/// The complete manifest stream of `render` (`DESIGN.md` 1.4 rule 12).
///
/// # Errors
/// As for [`resource_list`].
pub fn manifest_stream(_package: &Package, _plan: &Plan, _config: &Config) -> Result<Written, Findings> {
    Ok(Written::default())
}
