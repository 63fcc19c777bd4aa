//! Workloads as the plan leaves them.

use crate::model::selector::Labels;
use crate::model::workload::Workload;

/// A workload with the labels that its pods will have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelledWorkload<'a> {
    /// The workload.
    pub(crate) workload: &'a Workload,
    /// Its template's labels after the plan: stale ones gone, ours added.
    pub(crate) labels: &'a Labels,
}
