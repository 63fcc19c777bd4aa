//! What is cut off while pods roll: policies apply at once, but running pods keep their labels until they are replaced.
//!
//! Two steps are looked at. When the new manifests are applied, the new policies meet pods with the old labels. And until policies
//! that the new manifests do not have are deleted, which may be last or never, they meet pods with the new labels. In either step
//! a connection is cut off if the policies allow it between pods with the labels that they were written for and refuse it when
//! one of the two, or both, have the others. Ports are left out: labels decide about peers.

mod phase;

use crate::diag::{Code, Finding, Findings};
use crate::model::place::ObjectName;
use crate::model::policy::{InputPolicy, NetworkPolicy};
use crate::model::selector::Labels;
use crate::model::workload::Workload;
use crate::model::world::World;
use phase::{Cut, Phase};
use std::collections::{BTreeMap, BTreeSet};

/// At most this many calls are named in one message.
const NAMED_IN_MESSAGE: usize = 5;

/// A workload of the new manifests with the labels of its pods before and after.
pub(crate) struct Rolling<'w> {
    workload: &'w Workload,
    /// Labels of the pods that run now; those of the new manifests for what does not run yet.
    old: &'w Labels,
    new: &'w Labels,
}

/// Warns of every workload whose pods lose connections for a time. `before` is what is deployed now, `after` what is going to be.
#[must_use]
pub fn roll_out(before: &World, after: &World) -> Findings {
    let deployed: BTreeMap<ObjectName, &Workload> =
        before.workloads.iter().map(|workload| (workload.object_name(), workload)).collect();
    let rolling: Vec<Rolling<'_>> = after
        .workloads
        .iter()
        .map(|workload| {
            let new = &workload.template_labels;
            let old = deployed.get(&workload.object_name()).map_or(new, |deployed| &deployed.template_labels);
            Rolling { workload, old, new }
        })
        .collect();
    if rolling.iter().all(|rolling| rolling.old == rolling.new) {
        return Findings::default();
    }
    let old_policies: Vec<&NetworkPolicy> = policies(before).collect();
    let new_policies: Vec<&NetworkPolicy> = policies(after).collect();
    let kept: BTreeSet<ObjectName> = new_policies.iter().map(|policy| policy.object_name()).collect();
    let deleted = old_policies.iter().copied().filter(|policy| !kept.contains(&policy.object_name()));
    let until_deleted: Vec<&NetworkPolicy> = new_policies.iter().copied().chain(deleted).collect();

    let labels = |label: fn(&Rolling<'_>) -> Labels| rolling.iter().map(label).collect::<Vec<Labels>>();
    let (old, new) = (labels(|rolling| rolling.old.clone()), labels(|rolling| rolling.new.clone()));
    let was_allowed = Phase::new(before, &rolling, &old_policies, &old, &old);
    let will_be_allowed = Phase::new(after, &rolling, &new_policies, &new, &new);
    let matters =
        |client: usize, server: usize| was_allowed.allows(client, server) && will_be_allowed.allows(client, server);
    let mut findings = Findings::default();
    let applied = Phase::new(after, &rolling, &new_policies, &new, &old);
    for (index, cut) in applied.cut_off(matters) {
        findings.0.extend(rolling.get(index).map(|rolling| too_early(&rolling_names(&cut, after), rolling.workload)));
    }
    let left = Phase::new(after, &rolling, &until_deleted, &old, &new);
    for (index, cut) in left.cut_off(matters) {
        findings.0.extend(rolling.get(index).map(|rolling| too_late(&rolling_names(&cut, after), rolling.workload)));
    }
    findings
}

fn policies(world: &World) -> impl Iterator<Item = &NetworkPolicy> {
    world.policies.iter().map(|input: &InputPolicy| &input.policy)
}

/// `its calls to Deployment a/b, and calls of Deployment a/c to it`.
fn rolling_names(cut: &Cut, world: &World) -> String {
    let names = |indices: &BTreeSet<usize>| {
        let workloads = indices.iter().filter_map(|index| world.workloads.get(*index));
        let mut names: Vec<String> = workloads.map(|workload| workload.object_name().to_string()).collect();
        names.sort();
        let more = names.len().saturating_sub(NAMED_IN_MESSAGE);
        names.truncate(NAMED_IN_MESSAGE);
        if more > 0 {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    };
    let mut parts = Vec::new();
    if !cut.calls_to.is_empty() {
        parts.push(format!("its calls to {}", names(&cut.calls_to)));
    }
    if !cut.calls_of.is_empty() {
        parts.push(format!("the calls of {} to it", names(&cut.calls_of)));
    }
    parts.join(" and ")
}

fn too_early(calls: &str, workload: &Workload) -> Finding {
    let message = format!(
        "{} gets labels and the policies that need them in one step: until its pods have rolled, they cut off {calls}",
        workload.object_name()
    );
    Finding::new(Code::LabelsAndPoliciesAtOnce, workload.place, message).with_help(
        "deploy with `enableNetworkPolicyCreation: false` first; or set `argocdSyncWave`, or `selectors: native`",
    )
}

fn too_late(calls: &str, workload: &Workload) -> Finding {
    let message = format!(
        "{} loses labels that policies need which go in the same step: pods that roll before those are deleted lose {calls}",
        workload.object_name()
    );
    Finding::new(Code::LabelsAndPoliciesAtOnce, workload.place, message)
        .with_help("delete the policies first, and take the labels away in a second step")
}
