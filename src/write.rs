//! Plan in, text out: edits spliced into the input, new objects appended.

mod anchors;
mod block_mapping;
pub(crate) mod change;
mod copy;
mod draft;
pub mod edit;
mod emit;
mod entry;
mod entry_changes;
pub mod files;
mod flow_mapping;
pub(crate) mod items;
pub(crate) mod lines;
mod map_change;
mod mapping;
mod members;
pub(crate) mod new_items;
pub(crate) mod objects;
pub(crate) mod piece;
pub(crate) mod resource_changes;
mod resource_list;
pub(crate) mod same_value;
pub(crate) mod stream;
mod tool_annotations;

use crate::config::Config;
use crate::diag::Findings;
use crate::model::policy::NetworkPolicy;
use crate::model::value::Value;
use crate::plan::{GeneratedObject, Plan};
use crate::read::package::Package;

/// A written output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The edits that made it from a ResourceList; `None` for a manifest stream.
    pub edits: Option<edit::EditSet>,
}

/// The input ResourceList with the plan carried out and `results` set. Bytes outside the edits are those of the input.
///
/// # Errors
/// Findings (`cannot-edit`) naming every place that cannot be edited safely.
pub fn resource_list(package: &Package, plan: &Plan, config: &Config, results: &[Value]) -> Result<Written, Findings> {
    let edits = resource_list::edits(package, plan, config, results)?;
    let input = package.resource_list.and_then(|list| package.sources.get(list.source.0 as usize));
    Ok(Written {
        text: input.map(|source| edits.slices(&source.text).collect()).unwrap_or_default(),
        edits: Some(edits),
    })
}

/// Like [`resource_list()`], but only the edits: [`edit::EditSet::slices`] has the output without a copy of the input.
///
/// # Errors
/// As for [`resource_list()`].
pub fn resource_list_edits(
    package: &Package,
    plan: &Plan,
    config: &Config,
    results: &[Value],
) -> Result<edit::EditSet, Findings> {
    resource_list::edits(package, plan, config, results)
}

/// The complete manifest stream of `render` (`DESIGN.md` 1.4 rule 12).
///
/// # Errors
/// As for [`resource_list()`].
pub fn manifest_stream(package: &Package, plan: &Plan) -> Result<Written, Findings> {
    stream::write(package, plan)
}

/// A string as a YAML scalar on one line: plain where every reader takes it for the same string, else in double quotes
/// (`spec/krm.md` 2.3(d)).
#[must_use]
pub fn yaml_scalar(text: &str) -> String {
    emit::scalar(text).into_owned()
}

/// The manifest of a policy as `render` prints it.
#[must_use]
pub fn network_policy_text(policy: &NetworkPolicy) -> String {
    emit::block_document(&objects::object(&GeneratedObject::NetworkPolicy(policy.clone()), []))
}
