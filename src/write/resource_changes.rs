//! The plan sorted by resource: what shall become of each object that is there.

use super::change::Change;
use super::draft::{Draft, EditFault};
use super::map_change::change_resource;
use super::objects;
use super::same_value::is_value;
use crate::diag::{Finding, Findings};
use crate::model::labels::OUR_PREFIX;
use crate::model::place::{Place, ResourceId};
use crate::plan::{GeneratedObject, Plan};
use crate::read::package::{Package, Resource};
use std::collections::BTreeMap;

/// Changes by resource.
pub(crate) type Changes = BTreeMap<ResourceId, Change>;

/// Map changes and updates of generated objects, together per resource.
pub(crate) fn from_plan(package: &Package, plan: &Plan) -> Changes {
    let mut changes = Changes::new();
    for change in &plan.map_changes {
        let entry = changes.entry(change.resource).or_default();
        entry.add(change);
        // Annotations are taken away only from objects that we wrote, and nothing shall be left of them.
        if change.set.is_empty() && change.path == ["metadata", "annotations"] {
            entry.at(&["metadata", "annotations"]).drop_when_empty = true;
        }
    }
    for (resource, object) in &plan.updates {
        update(package, *resource, object, changes.entry(*resource).or_default());
    }
    changes
}

/// A generated object of an earlier run: labels and annotations one by one, the specification as a whole. What others added stays.
fn update(package: &Package, resource: ResourceId, object: &GeneratedObject, change: &mut Change) {
    let Some(root) = package.node(resource) else { return };
    for (map, wanted) in [("labels", objects::labels(object)), ("annotations", objects::annotations(object))] {
        let path = ["metadata", map];
        let old = root.path(&path).map(|map| map.merged_entries()).unwrap_or_default();
        let old = old.into_iter().map(|(key, ..)| key.to_owned());
        let stale: Vec<String> = old.filter(|key| key.starts_with(OUR_PREFIX) && !wanted.contains_key(key)).collect();
        if !(wanted.is_empty() && stale.is_empty()) {
            let map_change = change.at(&path);
            map_change.set.extend(wanted.iter().map(|(key, value)| (key.to_owned(), value.to_owned())));
            map_change.remove.extend(stale);
        }
    }
    let spec = objects::spec(object);
    if !root.get("spec").is_some_and(|old| is_value(old, &spec)) {
        change.at(&["spec"]).replacement = Some(spec);
    }
}

/// Carries out the changes to resources that all stand in the draft's text. Every fault becomes a finding.
pub(super) fn change_resources<'t, 'c>(
    package: &'t Package,
    changes: impl Iterator<Item = (ResourceId, &'c Change)>,
    draft: &mut Draft<'t>,
    findings: &mut Findings,
) {
    for (id, change) in changes {
        let Some(root) = package.node(id) else { continue };
        if let Err(fault) = change_resource(draft, root, change) {
            findings.push(finding(package, id, fault));
        }
    }
}

/// The finding for a change that cannot be made in a resource.
pub(super) fn finding(package: &Package, id: ResourceId, fault: EditFault) -> Finding {
    let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let place = Place { resource: id, start: offset(fault.range.start), end: offset(fault.range.end) };
    let title = package.resource(id).map(Resource::title).unwrap_or_default();
    Finding::new(fault.code, place, format!("{title}: {}", fault.message)).with_help(fault.help)
}
