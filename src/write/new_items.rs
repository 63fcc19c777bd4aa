//! New objects as items: where they belong under kpt.

use super::objects::{object, object_name};
use super::piece::Piece;
use super::tool_annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH, annotation};
use crate::config::Config;
use crate::plan::Plan;
use crate::read::package::Package;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The new objects with the annotations that tell kpt their file and package (`DESIGN.md` 1.4 rule 15). Never id
/// annotations: those belong to the tool.
pub(crate) fn new_items<'p>(
    package: &'p Package,
    plan: &'p Plan,
    config: &'p Config,
) -> impl ExactSizeIterator<Item = Piece<'p>> {
    let mut next_index = config.policy_path.as_ref().map(|_| next_indices(package)).unwrap_or_default();
    plan.new_objects.iter().map(move |planned| {
        let place = config.policy_path.as_ref().map(|template| {
            let name = object_name(&planned.object);
            let path = template.replace("{namespace}", &name.namespace).replace("{name}", &name.name);
            let next = next_index.entry(path.clone()).or_default();
            let index = *next;
            *next += 1;
            [(INDEX, Cow::Owned(index.to_string())), (PATH, Cow::Owned(path))]
        });
        let package_path = planned.package_of.and_then(|id| annotation(package.node(id)?, PACKAGE_PATH));
        let package_path = package_path.map(|path| (PACKAGE_PATH, Cow::Borrowed(path)));
        object(&planned.object, place.into_iter().flatten().chain(package_path))
    })
}

/// The first free index of every file that a resource comes from: kpt refuses two objects with one path and index.
fn next_indices(package: &Package) -> BTreeMap<String, u64> {
    let mut next = BTreeMap::new();
    for (id, _) in package.iter() {
        let Some(root) = package.node(id) else { continue };
        let Some(path) = annotation(root, PATH).or_else(|| annotation(root, LEGACY_PATH)) else { continue };
        let index = annotation(root, INDEX).or_else(|| annotation(root, LEGACY_INDEX));
        let index: u64 = index.and_then(|index| index.parse().ok()).unwrap_or(0);
        let free = next.entry(path.to_owned()).or_default();
        *free = index.saturating_add(1).max(*free);
    }
    next
}
