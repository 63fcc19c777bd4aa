//! The plan sorted by resource: what shall become of each object that is there.

use super::change::Change;
use super::copy::MAX_COPIED_NODES;
use super::draft::{Draft, EditFault};
use super::map_change::change_resource;
use super::objects;
use super::same_value::is_value;
use crate::diag::{Finding, Findings};
use crate::model::labels::OUR_PREFIX;
use crate::model::place::{Place, ResourceId};
use crate::plan::{GeneratedObject, MapChange, Plan};
use crate::read::annotations::is_tool_annotation;
use crate::read::package::{Package, Resource};
use crate::threads::{MANY_OBJECTS, in_parts};

/// Changes by resource. Each is put together when it is asked for: thousands of them at once would take much room.
pub(crate) struct Changes<'p> {
    package: &'p Package,
    /// Sorted by resource, in the order in which they are added to one another.
    parts: Vec<(ResourceId, Part<'p>)>,
    drops_tool_annotations: bool,
}

/// A part of the plan that concerns one resource.
enum Part<'p> {
    Map(&'p MapChange),
    Update(&'p GeneratedObject),
}

impl<'p> Changes<'p> {
    /// Map changes and updates of generated objects, together per resource.
    pub(crate) fn from_plan(package: &'p Package, plan: &'p Plan) -> Self {
        let maps = plan.map_changes.iter().map(|change| (change.resource, Part::Map(change)));
        let updates = plan.updates.iter().map(|(resource, object)| (*resource, Part::Update(object)));
        let mut parts: Vec<_> = maps.chain(updates).collect();
        parts.sort_by_key(|(resource, _)| *resource);
        Self { package, parts, drops_tool_annotations: false }
    }

    /// The same, and annotations that only tools need go from every resource.
    pub(crate) fn without_tool_annotations(self) -> Self {
        Self { drops_tool_annotations: true, ..self }
    }

    /// The resources that the plan changes, in their order.
    pub(crate) fn resources(&self) -> impl Iterator<Item = ResourceId> {
        self.parts.chunk_by(|(one, _), (other, _)| one == other).filter_map(|parts| Some(parts.first()?.0))
    }

    /// What shall become of a resource, if anything.
    pub(crate) fn get(&self, resource: ResourceId) -> Option<Change<'p>> {
        let start = self.parts.partition_point(|(id, _)| *id < resource);
        let parts = self.parts.get(start..).unwrap_or_default().iter().take_while(|(id, _)| *id == resource);
        let mut change = None;
        for (_, part) in parts {
            let change: &mut Change<'p> = change.get_or_insert_default();
            match part {
                Part::Map(map) => add_map_change(map, change),
                Part::Update(object) => update(self.package, resource, object, change),
            }
        }
        if self.drops_tool_annotations {
            drop_tool_annotations(self.package, resource, &mut change);
        }
        change
    }
}

fn add_map_change<'p>(map: &'p MapChange, change: &mut Change<'p>) {
    change.add(map);
    // Annotations are taken away only from objects that we wrote, and nothing shall be left of them.
    if map.set.is_empty() && *map.path == ["metadata", "annotations"] {
        change.at(&["metadata", "annotations"]).drop_when_empty = true;
    }
}

/// A generated object of an earlier run: labels and annotations one by one, the specification as a whole. What others added stays.
fn update<'p>(package: &'p Package, resource: ResourceId, object: &'p GeneratedObject, change: &mut Change<'p>) {
    let Some(root) = package.node(resource) else { return };
    for (map, wanted) in [("labels", objects::labels(object)), ("annotations", objects::annotations(object))] {
        let path = ["metadata", map];
        let old = root.path(&path).map(|map| map.merged_entries()).unwrap_or_default();
        let old = old.into_iter().map(|(key, ..)| key);
        let stale: Vec<&str> = old.filter(|key| key.starts_with(OUR_PREFIX) && !wanted.contains_key(key)).collect();
        if !(wanted.is_empty() && stale.is_empty()) {
            let map_change = change.at(&path);
            map_change.set_all(wanted.iter());
            map_change.remove_all(stale.into_iter());
        }
    }
    let spec = objects::spec(object);
    if !root.get("spec").is_some_and(|old| is_value(old, &spec)) {
        change.at(&["spec"]).replacement = Some(spec);
    }
}

fn drop_tool_annotations<'p>(package: &'p Package, resource: ResourceId, change: &mut Option<Change<'p>>) {
    let path = ["metadata", "annotations"];
    let Some(annotations) = package.node(resource).and_then(|root| root.path(&path)) else { return };
    let mut of_tools = annotations.merged_entries();
    of_tools.retain(|(key, ..)| is_tool_annotation(key));
    if !of_tools.is_empty() {
        let annotations = change.get_or_insert_default().at(&path);
        annotations.remove_all(of_tools.into_iter().map(|(key, ..)| key));
        annotations.drop_when_empty = true;
    }
}

/// Carries out the changes to resources that all stand in the draft's text. Every fault becomes a finding.
pub(super) fn change_resources<'t>(
    package: &'t Package,
    resources: &[ResourceId],
    changes: &Changes<'t>,
    draft: &mut Draft<'t>,
    findings: &mut Findings,
) {
    let (text, tree) = (draft.text, draft.tree);
    let work = |_, resources: &[ResourceId]| {
        let (mut part, mut found) = (Draft::new(text, tree), Findings::default());
        for id in resources {
            let (Some(root), Some(change)) = (package.node(*id), changes.get(*id)) else { continue };
            if let Err(fault) = change_resource(&mut part, root, &change) {
                found.push(finding(package, *id, fault));
            }
        }
        (part, found)
    };
    let mut parts = in_parts(resources, MANY_OBJECTS, package.lane.threads(), work);
    let copied = |parts: &[(Draft<'_>, _)]| parts.iter().map(|(part, _)| MAX_COPIED_NODES - part.budget).sum::<usize>();
    if copied(&parts) > MAX_COPIED_NODES {
        // Who is refused for it must not depend on who was first.
        parts = in_parts(resources, MANY_OBJECTS, 1, work);
    }
    draft.budget = draft.budget.saturating_sub(copied(&parts));
    for (part, found) in parts {
        let Draft { text: _, tree: _, edits, changed, dropped, separated, budget: _ } = part;
        draft.edits.extend(edits);
        draft.changed.extend(changed);
        draft.dropped.extend(dropped);
        draft.separated.extend(separated);
        findings.0.extend(found.0);
    }
}

/// The finding for a change that cannot be made in a resource.
pub(super) fn finding(package: &Package, id: ResourceId, fault: EditFault) -> Finding {
    let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let place = Place { resource: id, start: offset(fault.range.start), end: offset(fault.range.end) };
    let title = package.resource(id).map(Resource::title).unwrap_or_default();
    Finding::new(fault.code, place, format!("{title}: {}", fault.message)).with_help(fault.help)
}
