//! What policies in the input that are not ours already admit from outside the cluster (decision D5).

use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::pod_ports::PodPort;
use crate::model::place::ResourceId;
use crate::model::policy::{InputPolicy, Peer, PolicyPort, PortValue, Rule};
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use std::collections::BTreeMap;

/// Hand-written policies with a rule for sources outside the cluster, by the workloads that they select.
pub(crate) struct OutsideAccess<'a> {
    by_workload: BTreeMap<ResourceId, Vec<&'a InputPolicy>>,
}

/// Which sources are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    /// Some addresses outside: an ipBlock will do.
    SomeOutside,
    /// Everybody: only a rule without `from` will do.
    Everybody,
}

impl<'a> OutsideAccess<'a> {
    /// Evaluates the podSelectors of the policies in question, each selector once.
    pub(crate) fn of(context: &PlanContext<'a>) -> Self {
        let mut selected: BTreeMap<(&str, &LabelSelector), Vec<LabelledWorkload<'_>>> = BTreeMap::new();
        let mut by_workload: BTreeMap<ResourceId, Vec<&'a InputPolicy>> = BTreeMap::new();
        for input in context.hand_written_policies() {
            let (namespace, spec) = (input.policy.namespace.as_str(), &input.policy.spec);
            let rules = spec.ingress.as_deref().unwrap_or_default();
            if !rules.iter().any(|rule| admits(rule, Sources::SomeOutside)) {
                continue;
            }
            let workloads = selected
                .entry((namespace, &spec.pod_selector))
                .or_insert_with(|| context.selected(namespace, &spec.pod_selector));
            for labelled in workloads {
                by_workload.entry(labelled.workload.resource).or_default().push(input);
            }
        }
        Self { by_workload }
    }

    /// A hand-written policy that admits such sources to a port of a workload's pods.
    pub(crate) fn to(&self, workload: &Workload, port: PodPort, sources: Sources) -> Option<&'a InputPolicy> {
        let policies = self.by_workload.get(&workload.resource)?;
        policies.iter().copied().find(|input| {
            let rules = input.policy.spec.ingress.iter().flatten();
            rules.filter(|rule| admits(rule, sources)).any(|rule| covers(rule, workload, port))
        })
    }

    /// A policy that admits such sources to that port on every one of these workloads.
    pub(crate) fn to_all(
        &self,
        workloads: &[LabelledWorkload<'_>],
        port: PodPort,
        sources: Sources,
    ) -> Option<&'a InputPolicy> {
        let mut policies = workloads.iter().map(|labelled| self.to(labelled.workload, port, sources));
        let first = policies.next().flatten()?;
        policies.all(|policy| policy.is_some()).then_some(first)
    }
}

fn admits(rule: &Rule, sources: Sources) -> bool {
    rule.peers.is_empty()
        || (sources == Sources::SomeOutside && rule.peers.iter().any(|peer| matches!(peer, Peer::IpBlock { .. })))
}

fn covers(rule: &Rule, workload: &Workload, port: PodPort) -> bool {
    rule.ports.is_empty() || rule.ports.iter().any(|candidate| covers_port(candidate, workload, port))
}

fn covers_port(candidate: &PolicyPort, workload: &Workload, (protocol, number): PodPort) -> bool {
    candidate.protocol == protocol
        && match &candidate.port {
            None => true,
            Some(PortValue::Number(first)) => (*first..=candidate.end_port.unwrap_or(*first)).contains(&number),
            Some(name @ PortValue::Name(_)) => workload.resolve_port(name, protocol) == Some(number),
        }
}
