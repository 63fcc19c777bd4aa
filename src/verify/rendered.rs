//! The world as it will be when a plan is carried out: what `check` and `list` judge without re-reading any text.

use crate::diag::{Code, Finding};
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::model::policy::{InputPolicy, NetworkPolicy, PolicyDetails};
use crate::model::selector::Labels;
use crate::model::world::World;
use crate::plan::{GeneratedObject, MapChange, Plan};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The resource of objects that are not in the input: [`crate::read`] has no text for it, so places in it have no line.
pub const NOT_IN_INPUT: ResourceId = ResourceId(u32::MAX);

/// The world with the labels, annotations and NetworkPolicies of the plan. Previews of policies count as what they preview.
/// Policies for the CNIs' own kinds are not in it.
#[must_use]
pub fn rendered(world: &World, plan: &Plan) -> World {
    let mut after = world.clone();
    change_labels(plan, &mut after);
    replace_policies(plan, &mut after);
    for new in &plan.new_objects {
        if let GeneratedObject::NetworkPolicy(policy) = &*new.object {
            after.policies.push(generated(policy, NOT_IN_INPUT, None));
        }
    }
    add_previews(world, plan, &mut after);
    after.with_virtual_workloads()
}

/// Takes the policies out that the plan removes, and puts those in that it writes instead of others, refused ones among them.
fn replace_policies(plan: &Plan, after: &mut World) {
    let written: BTreeMap<ResourceId, &NetworkPolicy> = plan
        .updates
        .iter()
        .filter_map(|(resource, object)| match &**object {
            GeneratedObject::NetworkPolicy(policy) => Some((*resource, policy)),
            _ => None,
        })
        .collect();
    let replaced =
        after.policies.iter().chain(&after.refused_policies).filter(|old| written.contains_key(&old.resource));
    let places: BTreeMap<ResourceId, Place> = replaced.map(|old| (old.resource, old.place)).collect();
    let gone: BTreeSet<ResourceId> = plan.removals.iter().chain(written.keys()).copied().collect();
    after.policies.retain(|policy| !gone.contains(&policy.resource));
    after.refused_policies.retain(|policy| !gone.contains(&policy.resource));
    after.policies.extend(
        plan.updates
            .iter()
            .filter_map(|(resource, _)| Some((resource, *written.get(resource)?)))
            .map(|(resource, policy)| generated(policy, *resource, places.get(resource).copied())),
    );
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

/// Carries the changes of pod templates' labels and annotations out, and those of namespaces' labels.
fn change_labels(plan: &Plan, world: &mut World) {
    let mut changes: BTreeMap<ResourceId, Vec<&MapChange>> = BTreeMap::new();
    for change in &plan.map_changes {
        changes.entry(change.resource).or_default().push(change);
    }
    let of = |resource| changes.get(&resource).into_iter().flatten().copied();
    for workload in &mut world.workloads {
        for change in of(workload.resource) {
            match map_in_metadata(change) {
                Some((template, "labels")) if workload.template_path == template => {
                    change_map(change, &mut workload.template_labels);
                }
                Some((template, "annotations")) if workload.template_path == template => {
                    change_map(change, &mut workload.template_annotations);
                }
                _ => {}
            }
        }
    }
    for namespace in &mut world.namespaces {
        for change in of(namespace.resource) {
            if map_in_metadata(change) == Some((&[], "labels")) {
                change_map(change, &mut namespace.labels);
            }
        }
    }
}

/// The map of `metadata` that a change is about, and the keys of the object that this metadata belongs to.
fn map_in_metadata(change: &MapChange) -> Option<(&[Cow<'static, str>], &str)> {
    let (map, path) = change.path.split_last()?;
    let (metadata, object) = path.split_last()?;
    (metadata == "metadata").then_some((object, map.as_ref()))
}

fn change_map(change: &MapChange, labels: &mut Labels) {
    labels.retain(|key, _| !change.remove.contains(key));
    labels.extend(&change.set);
}
