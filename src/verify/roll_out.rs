//! What is cut off while pods roll: policies apply at once, but running pods keep their labels until they are replaced.
//!
//! Two steps are looked at. When the new manifests are applied, the new policies meet pods with the old labels. And until policies
//! that the new manifests do not have are deleted, which may be last or never, they meet pods with the new labels. In either step
//! a connection is cut off if the policies allow it between pods with the labels that they were written for and refuse it when
//! one of the two, or both, have the others. Ports are left out: labels decide about peers.

mod phase;

use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
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
    let deployed = running_labels(before);
    let rolling: Vec<Rolling<'_>> = after
        .workloads
        .iter()
        .map(|workload| {
            let new = &workload.template_labels;
            let of_pods = deployed.of_pods.get(&workload.identity);
            let old = of_pods.or_else(|| deployed.of_templates.get(&workload.object_name()).copied()).unwrap_or(new);
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
    let was_allowed = Phase::new(&rolling, &old_policies, (before, &old), (before, &old));
    let will_be_allowed = Phase::new(&rolling, &new_policies, (after, &new), (after, &new));
    let matters =
        |client: usize, server: usize| was_allowed.allows(client, server) && will_be_allowed.allows(client, server);
    let mut findings = Findings::default();
    let applied = Phase::new(&rolling, &new_policies, (after, &new), (after, &old));
    for (index, cut) in applied.cut_off(matters) {
        findings.0.extend(rolling.get(index).map(|rolling| too_early(&rolling_names(&cut, after), rolling.workload)));
    }
    let left = Phase::new(&rolling, &until_deleted, (before, &old), (after, &new));
    for (index, cut) in left.cut_off(matters) {
        findings.0.extend(rolling.get(index).map(|rolling| too_late(&rolling_names(&cut, after), rolling.workload)));
    }
    findings
}

/// Labels of the pods that run.
struct Running<'w> {
    /// What all pods of an owner have, where the manifests are those of a cluster: templates do not tell what was added to pods.
    of_pods: BTreeMap<Identity, Labels>,
    of_templates: BTreeMap<ObjectName, &'w Labels>,
}

fn running_labels(before: &World) -> Running<'_> {
    let mut running = Running { of_pods: BTreeMap::new(), of_templates: BTreeMap::new() };
    for workload in &before.workloads {
        running.of_templates.insert(workload.object_name(), &workload.template_labels);
        if workload.kind == "Pod" && workload.owner.is_some() {
            let labels = &workload.template_labels;
            let common = running.of_pods.entry(workload.identity.clone()).or_insert_with(|| labels.clone());
            common.retain(|key, value| labels.get(key) == Some(value));
        }
    }
    running
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

#[cfg(test)]
mod tests {
    use super::roll_out;
    use crate::config::Config;
    use crate::model::world::World;
    use crate::read::stream;
    use crate::source::{SourceOrigin, SourceText};
    use crate::understand::understand;

    fn world(manifests: &str) -> World {
        let source = SourceText { origin: SourceOrigin::Synthetic("test"), text: manifests.to_owned().into() };
        let (package, _) = stream::read(vec![source]);
        understand(&package, &Config::default()).0
    }

    fn workload(name: &str, labels: &str) -> String {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: n}}\nspec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}{labels}}}}}, spec: {{containers: []}}}}}}\n"
        )
    }

    fn policy(name: &str, spec: &str) -> String {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: n}}\nspec: {spec}\n"
        )
    }

    /// The messages, from the workload's name on.
    fn found(before: &[String], after: &[String]) -> Vec<String> {
        let findings = roll_out(&world(&before.concat()), &world(&after.concat()));
        findings.0.into_iter().map(|finding| finding.message).collect()
    }

    const EARLY: &str =
        "gets labels and the policies that need them in one step: until its pods have rolled, they cut off";
    const LATE: &str =
        "loses labels that policies need which go in the same step: pods that roll before those are deleted lose";
    const INGRESS: &str =
        "{podSelector: {matchLabels: {me: s}}, ingress: [{from: [{podSelector: {matchLabels: {may: s}}}]}]}";
    const EGRESS: &str = "{podSelector: {matchLabels: {may: s}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {me: s}}}]}]}";
    const DENY: &str = "{podSelector: {}, policyTypes: [Ingress]}";

    fn bare() -> Vec<String> {
        vec![workload("client", ""), workload("server", "")]
    }

    fn labelled(policies: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![workload("client", ", may: s"), workload("server", ", me: s")];
        all.extend(policies.iter().map(|(name, spec)| policy(name, spec)));
        all
    }

    #[test]
    fn labels_that_come_with_their_policies() {
        let nothing: [&str; 0] = [];
        let client = format!("Deployment n/client {EARLY} its calls to Deployment n/server");
        let server = format!("Deployment n/server {EARLY} the calls of Deployment n/client to it");
        let ingress = labelled(&[("in", INGRESS)]);
        assert_eq!(found(&bare(), &ingress), [client.as_str()]);
        assert_eq!(found(&labelled(&[]), &ingress), nothing, "labels came first");
        assert_eq!(found(&ingress, &ingress), nothing);
        assert_eq!(found(&bare()[1..], &ingress), nothing, "a new client has no old pods");
        assert_eq!(found(&bare(), &labelled(&[("out", EGRESS)])), [server.as_str()]);
        // What isolates without our labels shuts old pods of the server, too.
        assert_eq!(found(&bare(), &labelled(&[("in", INGRESS), ("deny", DENY)])), [client.as_str(), server.as_str()]);
        // Nothing is lost that did not work before.
        let denied = [bare(), vec![policy("deny", DENY)]].concat();
        assert_eq!(found(&denied, &labelled(&[("in", INGRESS), ("deny", DENY)])), nothing);
        // Another policy admits the client as it is.
        let also = "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]}";
        assert_eq!(found(&bare(), &labelled(&[("in", INGRESS), ("also", also)])), nothing);
    }

    #[test]
    fn labels_that_go_with_their_policies() {
        let nothing: [&str; 0] = [];
        let client = format!("Deployment n/client {LATE} its calls to Deployment n/server");
        let ingress = labelled(&[("in", INGRESS)]);
        assert_eq!(found(&ingress, &bare()), [client.as_str()]);
        assert_eq!(found(&ingress, &labelled(&[])), nothing, "policies went first");
        // A policy that is changed in place needs its old labels no more.
        let native = "{podSelector: {matchLabels: {app: server}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]}";
        assert_eq!(found(&ingress, &[bare(), vec![policy("in", native)]].concat()), nothing);
    }

    #[test]
    fn a_later_wave_waits() {
        let waved = |wave: &str| {
            let spec = policy("in", INGRESS);
            let metadata =
                format!("{{name: in, namespace: n, annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}}}");
            [labelled(&[]), vec![spec.replace("{name: in, namespace: n}", &metadata)]].concat()
        };
        assert_eq!(found(&bare(), &waved("1")).len(), 0);
        assert_eq!(found(&bare(), &waved("0")).len(), 1);
    }

    #[test]
    fn labels_of_running_pods_count_more_than_those_of_templates() {
        let pod = |name: &str, labels: &str| {
            format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: n, labels: {{app: client{labels}}}, ownerReferences: [{{kind: Deployment, name: client}}]}}\nspec: {{containers: []}}\n"
            )
        };
        let with = |pods: &[String]| [bare(), pods.to_vec()].concat();
        let ingress = labelled(&[("in", INGRESS)]);
        assert_eq!(found(&with(&[pod("a", ", may: s"), pod("b", ", may: s, x: y")]), &ingress).len(), 0);
        assert_eq!(found(&with(&[pod("a", ", may: s"), pod("b", "")]), &ingress).len(), 1);
    }
}
