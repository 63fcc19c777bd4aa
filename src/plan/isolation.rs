//! Which workloads the generated policies isolate.

use super::GeneratedObject;
use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::wanted::Wanted;
use crate::groups::Groups;
use crate::model::place::ResourceId;
use crate::model::policy::NetworkPolicy;
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use indexmap::IndexMap;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Which workloads the generated access and default-deny policies isolate for ingress (decision D5).
///
/// External, metrics and webhook policies are not among them: they never count as blocking.
pub(crate) struct Isolation<'p, 'a> {
    context: &'p PlanContext<'a>,
    /// Isolating policies but those that select a whole namespace.
    policies: Vec<&'p NetworkPolicy>,
    /// Namespaces with a generated namespace-wide default deny of ingress.
    namespaces: BTreeSet<&'p str>,
    /// Made when somebody asks: many inputs have nothing that these policies could block.
    selected: OnceCell<Selected<'p>>,
}

/// What the policies select.
struct Selected<'p> {
    /// The policies, sorted by name.
    policies: Vec<&'p NetworkPolicy>,
    /// Their indexes by workload.
    by_workload: Groups<ResourceId>,
}

impl<'p, 'a> Isolation<'p, 'a> {
    /// Isolation by those of the objects that isolate, on the final labels.
    pub(crate) fn of(context: &'p PlanContext<'a>, wanted: &'p [Wanted]) -> Self {
        let policies = wanted.iter().filter_map(|wanted| match &wanted.object {
            GeneratedObject::NetworkPolicy(policy) | GeneratedObject::StagedPolicy(policy) => Some(policy),
            GeneratedObject::DomainPolicy(_) => None,
        });
        let policies = policies.filter(|policy| policy.spec.ingress.is_some());
        let (of_namespaces, policies): (Vec<_>, Vec<_>) =
            policies.partition(|policy| policy.spec.pod_selector.is_empty());
        let namespaces = of_namespaces.into_iter().map(|policy| policy.namespace.as_str()).collect();
        Self { context, policies, namespaces, selected: OnceCell::new() }
    }

    /// The policies that isolate a workload and do not select its whole namespace, sorted by name.
    pub(crate) fn policies(&self, workload: &Workload) -> impl Iterator<Item = &'p NetworkPolicy> {
        let selected = self.selected.get_or_init(|| Selected::of(self.context, self.policies.clone()));
        let indexes = selected.by_workload.of(&workload.resource);
        indexes.filter_map(|index| selected.policies.get(index)).copied()
    }

    /// Whether a generated default deny of ingress covers the namespace.
    pub(crate) fn covers_namespace(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Whether anything isolates a workload for ingress.
    pub(crate) fn isolates(&self, workload: &Workload) -> bool {
        self.covers_namespace(&workload.namespace) || self.policies(workload).next().is_some()
    }
}

impl<'p> Selected<'p> {
    /// Evaluates the policies' podSelectors. Many share one (classic has one policy per client namespace), and each is evaluated
    /// once.
    fn of(context: &PlanContext<'_>, mut policies: Vec<&'p NetworkPolicy>) -> Self {
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let mut selected: IndexMap<(&str, &LabelSelector), Vec<LabelledWorkload<'_>>> = IndexMap::new();
        let mut by_workload = Groups::with_capacity(policies.len());
        for (index, policy) in policies.iter().enumerate() {
            let workloads = selected
                .entry((&policy.namespace, &policy.spec.pod_selector))
                .or_insert_with(|| context.selected(&policy.namespace, &policy.spec.pod_selector));
            for labelled in workloads {
                by_workload.add(labelled.workload.resource, index);
            }
        }
        Self { policies, by_workload }
    }
}
