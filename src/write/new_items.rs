//! New objects as items: where they belong under kpt.

use super::items::print_item;
use super::objects::{object, object_name};
use super::piece::Piece;
use super::tool_annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH, annotation};
use crate::config::Config;
use crate::plan::{Plan, PlannedObject};
use crate::read::package::Package;
use crate::threads::{MANY_OBJECTS, in_parts};
use std::collections::BTreeMap;

/// The new objects with the annotations that tell kpt their file and package (`DESIGN.md` 1.4 rule 15). Never id
/// annotations: those belong to the tool. Each is put together when it is asked for.
pub(crate) struct NewItems<'p> {
    package: &'p Package,
    planned: &'p [PlannedObject],
    /// Path and index of each, if the configuration says where they belong.
    files: Vec<(String, String)>,
}

impl<'p> NewItems<'p> {
    /// Those of a plan.
    pub(crate) fn of(package: &'p Package, plan: &'p Plan, config: &Config) -> Self {
        let files = config.policy_path.as_ref().map(|template| {
            let mut next_index = next_indices(package);
            let file = |planned: &PlannedObject| {
                let name = object_name(&planned.object);
                let path = template.replace("{namespace}", &name.namespace).replace("{name}", &name.name);
                let next = next_index.entry(path.clone()).or_default();
                let index = *next;
                *next = next.saturating_add(1);
                (path, index.to_string())
            };
            plan.new_objects.iter().map(file).collect()
        });
        Self { package, planned: &plan.new_objects, files: files.unwrap_or_default() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.planned.len()
    }

    /// The one with that index.
    pub(crate) fn get(&self, index: usize) -> Option<Piece<'_>> {
        let planned = self.planned.get(index)?;
        let file = self.files.get(index).map(|(path, index)| [(INDEX, index.as_str()), (PATH, path.as_str())]);
        let package_path = planned.package_of.and_then(|id| annotation(self.package.node(id)?, PACKAGE_PATH));
        let package_path = package_path.map(|path| (PACKAGE_PATH, path));
        Some(object(&planned.object, file.into_iter().flatten().chain(package_path)))
    }

    /// All of them, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Piece<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// All of them as lines of a sequence.
    pub(super) fn print(&self, column: usize, line_ending: &str) -> String {
        let print = |start: usize, planned: &[PlannedObject]| {
            let mut output = String::new();
            for piece in (start..start + planned.len()).filter_map(|index| self.get(index)) {
                print_item(&piece, column, line_ending, &mut output);
            }
            output
        };
        let parts = in_parts(self.planned, MANY_OBJECTS, self.package.lane.threads(), print);
        parts.into_iter().reduce(|printed, later| printed + &later).unwrap_or_default()
    }
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
