//! Places in words that people and tools understand: file, line, field.

use super::package::{Location, Package, Resource};
use super::tree::Node;
use crate::model::place::{Place, ResourceId};
use crate::source::{LineColumn, SourceText};

impl Package {
    /// The place in words: on the command line, file and line; in function mode the file that the annotations name, and the line
    /// counted within the resource, because kpt and kustomize re-format what they hand over (`spec/krm.md` 1).
    #[must_use]
    pub fn locate(&self, place: Place) -> Option<Location> {
        let start = place.start as usize;
        let id = self.owner(place);
        let resource = self.resource(id)?;
        let root = self.node(id)?;
        let source = self.sources.get(resource.source.0 as usize)?;
        let field = root.route_to(start);
        if self.resource_list.is_none() {
            let LineColumn { line, column } = source.line_column(start);
            return Some(Location {
                file: Some(source.origin.to_string()),
                index: resource.document(),
                line,
                line_is_within_resource: false,
                column,
                field,
            });
        }
        let LineColumn { line, column } = position_within(source, root, start);
        let file = self
            .annotation(id, "internal.config.kubernetes.io/path")
            .or_else(|| self.annotation(id, "config.kubernetes.io/path"))
            .map(str::to_owned)
            .or_else(|| origin_path(self.annotation(id, "config.kubernetes.io/origin")?));
        let index = self
            .annotation(id, "internal.config.kubernetes.io/index")
            .or_else(|| self.annotation(id, "config.kubernetes.io/index"))
            .and_then(|index| index.parse().ok());
        Some(Location { file, index, line, line_is_within_resource: true, column, field })
    }

    /// The resource whose text the place is in. An alias may lead from a resource into the text of another.
    fn owner(&self, place: Place) -> ResourceId {
        let start = place.start as usize;
        let contains = |id| self.node(id).is_some_and(|root| (root.outer_start()..=root.end()).contains(&start));
        let Some(source) = self.resource(place.resource).map(|resource| resource.source) else { return place.resource };
        if contains(place.resource) {
            return place.resource;
        }
        let mut others = self.iter().filter(|(_, resource)| resource.source == source).map(|(id, _)| id);
        others.find(|id| contains(*id)).unwrap_or(place.resource)
    }
}

impl Resource {
    /// Index of the document that it is or stands in, for a document of a stream or file.
    fn document(&self) -> Option<u32> {
        match self.role {
            super::package::Role::Document(index) | super::package::Role::ListMember(index) => Some(index),
            super::package::Role::Item | super::package::Role::FunctionConfig => None,
        }
    }
}

/// Line counted from the first line of the resource; column counted in the text. Of a place elsewhere, the resource's start.
fn position_within(source: &SourceText, root: Node<'_>, start: usize) -> LineColumn {
    let first = root.outer_start();
    let start = if (first..=root.end()).contains(&start) { start } else { first };
    let within = source.text.get(first..start).unwrap_or_default();
    let line_start = source.text.get(..start).unwrap_or_default().rfind('\n').map_or(0, |newline| newline + 1);
    let before = source.text.get(line_start..start).unwrap_or_default();
    LineColumn { line: 1 + within.matches('\n').count(), column: 1 + before.chars().count() }
}

/// The `path` of kustomize's origin annotation, which is itself a YAML text.
fn origin_path(annotation: &str) -> Option<String> {
    let (tree, documents) = super::parser::parse(annotation).ok()?;
    let path = tree.node(annotation, documents.first()?.root).get("path")?.as_str()?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests;
