//! The world as it will be when a plan is carried out: what `check` and `list` judge without re-reading any text.

use crate::diag::{Code, Finding};
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::model::policy::{InputPolicy, NetworkPolicy, PolicyDetails};
use crate::model::selector::Labels;
use crate::model::world::World;
use crate::plan::{GeneratedObject, MapChange, Plan};
use std::collections::BTreeMap;

/// The resource of objects that are not in the input: [`crate::read`] has no text for it, so places in it have no line.
pub const NOT_IN_INPUT: ResourceId = ResourceId(u32::MAX);

/// The world with the labels, annotations and NetworkPolicies of the plan. Previews of policies count as what they preview.
/// Policies for the CNIs' own kinds are not in it.
#[must_use]
pub fn rendered(world: &World, plan: &Plan) -> World {
    let mut after = world.clone();
    for change in &plan.map_changes {
        apply(change, &mut after);
    }
    after.policies.retain(|policy| !plan.removals.contains(&policy.resource));
    for (resource, object) in &plan.updates {
        let GeneratedObject::NetworkPolicy(policy) = &**object else { continue };
        let replaced = |old: &InputPolicy| old.resource == *resource;
        let old = after.policies.iter().chain(&after.refused_policies).find(|old| replaced(old));
        let place = old.map(|old| old.place);
        after.policies.retain(|old| !replaced(old));
        after.policies.push(generated(policy, *resource, place));
    }
    for new in &plan.new_objects {
        if let GeneratedObject::NetworkPolicy(policy) = &*new.object {
            after.policies.push(generated(policy, NOT_IN_INPUT, None));
        }
    }
    add_previews(world, plan, &mut after);
    after.with_virtual_workloads()
}

/// Lets our previews, those of the plan, count as the policies that they preview.
pub fn add_previews(world: &World, plan: &Plan, after: &mut World) {
    let in_input: BTreeMap<ObjectName, &InputPolicy> =
        world.staged_policies.iter().map(|staged| (staged.object_name(), &staged.preview)).collect();
    for object in &plan.generated {
        if let GeneratedObject::StagedPolicy(policy) = &**object {
            let (resource, place) =
                in_input.get(&object.id()).map_or((NOT_IN_INPUT, None), |old| (old.resource, Some(old.place)));
            after.policies.push(generated(policy, resource, place));
        }
    }
}

/// What is to be said of previews among manifests that are judged as they stand: they are not.
#[must_use]
pub fn previews_left_out(world: &World) -> Option<Finding> {
    let first = world.staged_policies.first()?;
    let others = match world.staged_policies.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let message = format!("{}{others} is not judged: staged policies enforce nothing", first.object_name());
    Some(Finding::new(Code::PoliciesStaged, first.preview.place, message))
}

fn generated(policy: &NetworkPolicy, resource: ResourceId, place: Option<Place>) -> InputPolicy {
    InputPolicy {
        resource,
        policy: policy.clone(),
        place: place.unwrap_or(Place { resource, start: 0, end: 0 }),
        ingress_places: Vec::new(),
        egress_places: Vec::new(),
        details: PolicyDetails { has_policy_types: true, ..PolicyDetails::default() },
    }
}

fn apply(change: &MapChange, world: &mut World) {
    let Some((map, template)) = change.path.split_last().and_then(|(map, path)| {
        let (metadata, template) = path.split_last()?;
        (metadata == "metadata").then_some((map, template))
    }) else {
        return;
    };
    for workload in world.workloads.iter_mut().filter(|workload| workload.resource == change.resource) {
        if workload.template_path == template {
            match map.as_ref() {
                "labels" => change_map(change, &mut workload.template_labels),
                "annotations" => change_map(change, &mut workload.template_annotations),
                _ => {}
            }
        }
    }
    for namespace in world.namespaces.iter_mut().filter(|namespace| namespace.resource == change.resource) {
        if template.is_empty() && map == "labels" {
            change_map(change, &mut namespace.labels);
        }
    }
}

fn change_map(change: &MapChange, labels: &mut Labels) {
    labels.retain(|key, _| !change.remove.contains(key));
    labels.extend(&change.set);
}
