//! Whether a stream that should be the output of a run is one: kustomize without `--enable-exec` skips the function and says nothing
//! (`spec/krm.md` 4.3).

use crate::diag::{Code, Finding, Findings};
use crate::model::labels::OUR_PREFIX;
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::model::selector::Labels;
use crate::model::world::World;
use crate::plan::{MapChange, Plan};
use std::collections::BTreeMap;

/// Names that a run under kustomize resolved through annotations that the final output does not have any more.
const UNRESOLVED: [Code; 3] = [Code::ClientNotFound, Code::ServerNotFound, Code::ServiceNotFound];

/// Adds to the findings of compiling a stream what another run would change about it; nothing, if it is the output of a run.
///
/// * Nothing of ours is in it: one `not-rendered`.
/// * Something is missing, other than it should be, or left over: a `stale-render` per object.
/// * What the policies were made from is not in the stream, or has other names now: one `render-not-compared`, besides a
///   `stale-render` for each workload without any label, which does not depend on intents.
#[must_use]
pub fn check(world: &World, plan: &Plan, mut findings: Findings) -> Findings {
    let was_run = has_ours(world);
    if was_run && findings.0.iter().any(|finding| finding.code == Code::IntentsHidden) {
        findings.0.retain(|finding| !matches!(finding.code, Code::IntentsHidden | Code::NoClientIntents));
        findings.push(not_compared("the stream has generated policies and no ClientIntents that could ask for them"));
        findings.0.extend(unlabelled(world, plan));
        return findings;
    }
    let changes = changes(world, plan);
    if changes.is_empty() {
        return findings;
    }
    if !was_run {
        findings.push(not_rendered(world, plan));
    } else if let Some(name) = findings.0.iter().find(|finding| UNRESOLVED.contains(&finding.code)) {
        let differ = if changes.len() == 1 {
            "1 object differs".to_owned()
        } else {
            format!("{} objects differ", changes.len())
        };
        let why = format!("{differ}, but intents name what is not in the stream: {}", name.message);
        findings.push(not_compared(&why));
        findings.0.extend(unlabelled(world, plan));
    } else {
        findings.0.extend(changes.into_iter().map(|(place, message)| stale(place, message)));
    }
    findings
}

/// Whether any pod or policy has a label of a run.
fn has_ours(world: &World) -> bool {
    let is_ours = |labels: &Labels| labels.keys().any(|key| key.starts_with(OUR_PREFIX));
    world.workloads.iter().any(|workload| is_ours(&workload.template_labels))
        || world.policies.iter().chain(&world.refused_policies).any(|input| is_ours(&input.policy.labels))
        || world.staged_policies.iter().any(|staged| is_ours(&staged.preview.policy.labels))
        || world.other_generated.iter().any(|other| is_ours(&other.labels))
}

/// What a run would change, one line per object.
fn changes(world: &World, plan: &Plan) -> Vec<(Option<Place>, String)> {
    let known = known_objects(world);
    let described = |resource: ResourceId, what: &str| match known.get(&resource) {
        Some((name, place)) => (Some(*place), format!("{name} {what}")),
        None => (None, format!("an object {what}")),
    };
    let maps = plan.map_changes.iter().map(|change| described(change.resource, &map_words(change)));
    let missing = plan.new_objects.iter().map(|new| (None, format!("{} is missing", new.object.id())));
    let updates = plan.updates.iter().map(|(resource, _)| described(*resource, "is not what a run would write"));
    let removals = plan.removals.iter().map(|resource| described(*resource, "is not asked for by any intent"));
    maps.chain(missing).chain(updates).chain(removals).collect()
}

/// Names and places of the objects that a run changes.
fn known_objects(world: &World) -> BTreeMap<ResourceId, (ObjectName, Place)> {
    let name = |kind: &str, namespace: &str, name: &str| ObjectName {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
    };
    let workloads =
        world.workloads.iter().map(|one| (one.resource, (name(&one.kind, &one.namespace, &one.name), one.place)));
    let namespaces = world.namespaces.iter().map(|one| (one.resource, (name("Namespace", "", &one.name), one.place)));
    let intents = world
        .client_intents
        .iter()
        .map(|one| (one.resource, (name("ClientIntents", &one.namespace, &one.name), one.client_place)));
    let policies = world.policies.iter().chain(&world.refused_policies);
    let policies = policies.map(|one| (one.resource, (one.policy.object_name(), one.place)));
    let others = world.other_generated.iter().map(|one| (one.resource, (one.id.clone(), one.place)));
    let staged = world.staged_policies.iter().map(|one| (one.preview.resource, (one.object_name(), one.preview.place)));
    workloads.chain(namespaces).chain(intents).chain(policies).chain(staged).chain(others).collect()
}

/// `lacks the labels a=b, c=d and has the stale label e`, for any map.
fn map_words(change: &MapChange) -> String {
    let map = change.path.last().map_or("labels", AsRef::as_ref);
    let named = |count: usize| if count == 1 { map.strip_suffix('s').unwrap_or(map) } else { map };
    let mut parts = Vec::new();
    if !change.set.is_empty() {
        let entries: Vec<String> = change.set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        parts.push(format!("lacks the {} {}", named(entries.len()), entries.join(", ")));
    }
    if !change.remove.is_empty() {
        let keys: Vec<&str> = change.remove.iter().map(String::as_str).collect();
        parts.push(format!("has the stale {} {}", named(keys.len()), keys.join(", ")));
    }
    parts.join(" and ")
}

/// Workloads that a run would label and that have no label of ours at all.
fn unlabelled(world: &World, plan: &Plan) -> Vec<Finding> {
    let to_be_labelled: BTreeMap<ResourceId, &MapChange> = plan
        .map_changes
        .iter()
        .filter(|change| !change.set.is_empty())
        .map(|change| (change.resource, change))
        .collect();
    let without = world.workloads.iter().filter(|workload| {
        to_be_labelled.contains_key(&workload.resource)
            && !workload.template_labels.keys().any(|key| key.starts_with(OUR_PREFIX))
    });
    without
        .map(|workload| {
            let message = format!("{} {}/{} has no label of a run", workload.kind, workload.namespace, workload.name);
            stale(Some(workload.place), message)
        })
        .collect()
}

fn not_rendered(world: &World, plan: &Plan) -> Finding {
    // `selectors: native` writes no label, but takes stale ones away.
    let labels_are_missing = plan.map_changes.iter().any(|change| !change.set.is_empty());
    let labels = labels_are_missing.then(|| "no pod has a label that a run writes".to_owned());
    let policies = match plan.new_objects.len() {
        0 => None,
        1 => Some("a policy is missing".to_owned()),
        count => Some(format!("{count} policies are missing")),
    };
    let parts: Vec<String> = labels.into_iter().chain(policies).collect();
    let message = format!("{}: the function did not run", parts.join(", and "));
    Finding::new(Code::NotRendered, world.workloads.first().map(|workload| workload.place), message).with_help(
        "kustomize needs both --enable-alpha-plugins and --enable-exec; without the second it skips the function and exits 0",
    )
}

fn stale(place: Option<Place>, message: String) -> Finding {
    Finding::new(Code::StaleRender, place, message).with_help(
        "run the function again, as the last step; give `check` the configuration that it had, with --config",
    )
}

fn not_compared(why: &str) -> Finding {
    let message = format!("whether the stream is up to date is not known: {why}");
    Finding::new(Code::RenderNotCompared, None, message).with_help(
        "let the stream keep its ClientIntents, with the names that are deployed (kustomize: `configurations`)",
    )
}
