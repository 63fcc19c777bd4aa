//! Which workloads the generated policies isolate.

use super::GeneratedObject;
use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::wanted::Wanted;
use crate::model::place::ResourceId;
use crate::model::policy::NetworkPolicy;
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use std::collections::{BTreeMap, BTreeSet};

/// Which workloads the generated access and default-deny policies isolate for ingress (decision D5).
///
/// External, metrics and webhook policies are not among them: they never count as blocking.
#[derive(Debug, Default)]
pub(crate) struct Isolation<'p> {
    /// Isolating policies by workload, sorted by name, those that select the whole namespace apart.
    by_workload: BTreeMap<ResourceId, Vec<&'p NetworkPolicy>>,
    /// Namespaces with a generated namespace-wide default deny of ingress.
    namespaces: BTreeSet<&'p str>,
}

impl<'p> Isolation<'p> {
    /// Evaluates the policies' podSelectors on the final labels.
    pub(crate) fn of(context: &PlanContext<'_>, wanted: &'p [Wanted]) -> Self {
        let mut policies: Vec<&NetworkPolicy> = wanted
            .iter()
            .filter_map(|wanted| match &wanted.object {
                GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => Some(policy),
                GeneratedObject::DomainPolicy(_) => None,
            })
            .filter(|policy| policy.spec.ingress.is_some())
            .collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let mut isolation = Self::default();
        // Many policies share a selector (classic has one per client namespace), and each is evaluated once.
        let mut selected: BTreeMap<(&str, &LabelSelector), Vec<LabelledWorkload<'_>>> = BTreeMap::new();
        for policy in policies {
            if policy.spec.pod_selector.is_empty() {
                isolation.namespaces.insert(&policy.namespace);
                continue;
            }
            let workloads = selected
                .entry((&policy.namespace, &policy.spec.pod_selector))
                .or_insert_with(|| context.selected(&policy.namespace, &policy.spec.pod_selector));
            for labelled in workloads {
                isolation.by_workload.entry(labelled.workload.resource).or_default().push(policy);
            }
        }
        isolation
    }

    /// The policies that isolate a workload and do not select its whole namespace, sorted by name.
    pub(crate) fn policies(&self, workload: &Workload) -> &[&'p NetworkPolicy] {
        self.by_workload.get(&workload.resource).map_or(&[], Vec::as_slice)
    }

    /// Whether a generated default deny of ingress covers the namespace.
    pub(crate) fn covers_namespace(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Whether anything isolates a workload for ingress.
    pub(crate) fn isolates(&self, workload: &Workload) -> bool {
        !self.policies(workload).is_empty() || self.covers_namespace(&workload.namespace)
    }
}
