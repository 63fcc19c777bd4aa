//! What a selector that selects nothing may have meant.

use crate::diag::suggest::nearest;
use crate::model::selector::LabelSelector;
use crate::verify::reach::Reachability;
use std::collections::BTreeSet;

/// How many more times a similar name may be looked for: each look goes over many names.
pub(in crate::verify) struct Hints(usize);

impl Default for Hints {
    fn default() -> Self {
        Self(50)
    }
}

impl Hints {
    /// What the look finds, if there may be one more.
    pub(in crate::verify) fn look(&mut self, look: impl FnOnce() -> Option<String>) -> Option<String> {
        self.0 = self.0.checked_sub(1)?;
        look()
    }
}

/// The label in a namespace that is nearest to one that a selector asks for and nobody there has, in words.
#[must_use]
pub fn nearest_labels(reach: &Reachability<'_>, namespace: &str, selector: &LabelSelector) -> Option<String> {
    let workloads = || reach.world().workloads.iter().filter(|workload| workload.namespace == namespace);
    for (key, value) in &selector.match_labels {
        if workloads().any(|workload| workload.template_labels.get(key) == Some(value)) {
            continue;
        }
        let values: BTreeSet<&str> = workloads().filter_map(|workload| workload.template_labels.get(key)).collect();
        if let Some(near) = nearest(value, values.iter().copied()) {
            return Some(format!("did you mean `{key}: {near}`?"));
        }
        let labels = || workloads().flat_map(|workload| &workload.template_labels);
        let keys: BTreeSet<&str> = labels().filter(|(_, other)| *other == value).map(|(key, _)| key).collect();
        if let Some(near) = nearest(key, keys.iter().copied()).or_else(|| keys.first().copied()) {
            return Some(format!("did you mean `{near}: {value}`?"));
        }
        if values.is_empty() {
            let keys: BTreeSet<&str> = labels().map(|(key, _)| key).collect();
            return nearest(key, keys.iter().copied())
                .map(|near| format!("nobody there has the label `{key}`; did you mean `{near}`?"));
        }
        let some: Vec<&str> = values.iter().copied().take(5).collect();
        return Some(format!("the values of `{key}` there are {}", some.join(", ")));
    }
    let is_on_object =
        |object: &crate::model::workload::Workload| object.selector.as_ref().is_some_and(|own| *own == *selector);
    workloads().find(|workload| is_on_object(workload)).map(|workload| {
        format!("{} asks for these labels in its own selector, but its pods do not have them", workload.object_name())
    })
}
