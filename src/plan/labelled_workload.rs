//! Workloads as the plan leaves them.

use super::MapChange;
use crate::model::selector::{LabelSelector, Labels};
use crate::model::service::Service;
use crate::model::workload::Workload;

/// A workload with the labels that its pods will have: those of its template, stale ones of ours gone and ours added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelledWorkload<'a> {
    /// The workload.
    pub(crate) workload: &'a Workload,
    /// What the plan changes about its template's labels.
    pub(crate) change: Option<&'a MapChange>,
}

impl<'a> LabelledWorkload<'a> {
    /// The value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&'a str> {
        let set = self.change.and_then(|change| change.set.get(key));
        let is_removed = || self.change.is_some_and(|change| change.remove.contains(key));
        set.or_else(|| self.workload.template_labels.get(key).filter(|_| !is_removed()))
    }

    /// All labels, in no order.
    pub(crate) fn labels(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_kept = move |(key, _): &(&str, &str)| {
            self.change.is_none_or(|change| !change.remove.contains(*key) && !change.set.contains_key(key))
        };
        let set = self.change.into_iter().flat_map(|change| &change.set);
        self.workload.template_labels.iter().filter(is_kept).chain(set)
    }

    /// The same as a map.
    pub(crate) fn to_labels(self) -> Labels {
        self.labels().collect()
    }

    /// Whether a selector selects the pods.
    pub(crate) fn is_selected_by(&self, selector: &LabelSelector) -> bool {
        selector.matches_where(|key| self.label(key))
    }

    /// Whether the pods are behind a Service.
    pub(crate) fn is_behind(&self, service: &Service) -> bool {
        service.pod_selector().is_some_and(|labels| labels.iter().all(|(key, value)| self.label(key) == Some(value)))
    }
}
