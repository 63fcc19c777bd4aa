//! Places in words that people and tools understand: file, line, field.

use super::annotations::is_tool_annotation;
use super::package::{Location, Package, Resource};
use super::tree::{CollectionStyle, Node, Shape};
use crate::model::place::{Place, ResourceId};
use crate::source::{LineColumn, LineStarts, SourceId, line_column};

impl Package {
    /// The place in words: on the command line, file and line; in function mode the file that the annotations name, and the line
    /// counted within the resource, because kpt and kustomize re-format what they hand over (`spec/krm.md` 1).
    #[must_use]
    pub fn locate(&self, place: Place) -> Option<Location> {
        let mut location = self.locate_line(place)?;
        let root = self.node(self.owner(place))?;
        location.field = root.route_to_range(place.start as usize, place.end as usize);
        Some(location)
    }

    /// Like [`Self::locate`] without the field, which is looked for among all entries of long lists.
    #[must_use]
    pub fn locate_line(&self, place: Place) -> Option<Location> {
        let start = place.start as usize;
        let id = self.owner(place);
        let resource = self.resource(id)?;
        let root = self.node(id)?;
        let source = self.sources.get(resource.source.0 as usize)?;
        let field = String::new();
        if self.resource_list.is_none_or(|list| list.source != resource.source) {
            let LineColumn { line, column } = self.position(resource.source, start)?;
            return Some(Location {
                file: Some(source.origin.to_string()),
                index: resource.document(),
                line,
                line_is_within_resource: false,
                column,
                field,
            });
        }
        let LineColumn { line, column } = self.position_within(resource.source, root, start)?;
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

    /// Line and column of a byte offset in a source text. The first call finds every line; the others look it up.
    #[must_use]
    pub fn position(&self, source: SourceId, offset: usize) -> Option<LineColumn> {
        let index = source.0 as usize;
        let text = &self.sources.get(index)?.text;
        let tables =
            self.line_starts.get_or_init(|| self.sources.iter().map(|source| LineStarts::of(&source.text)).collect());
        // A text that was added since then has no table.
        Some(tables.get(index).map_or_else(|| line_column(text, offset), |starts| starts.line_column(text, offset)))
    }

    /// Line counted from the first line of the resource, without the lines that tools put there for functions alone; column
    /// counted in the text. Of a place elsewhere, the resource's start.
    fn position_within(&self, source: SourceId, root: Node<'_>, start: usize) -> Option<LineColumn> {
        let first = root.outer_start();
        let start = if (first..=root.end()).contains(&start) { start } else { first };
        let position = self.position(source, start)?;
        let added = self.lines_of_tools(source, root, start).unwrap_or_default();
        let line = position.line + 1 - self.position(source, first)?.line;
        Some(LineColumn { line: line.saturating_sub(added).max(1), ..position })
    }

    /// How many lines before `start` hold annotations that no file of the user has. kpt writes ten of them into every resource.
    fn lines_of_tools(&self, source: SourceId, root: Node<'_>, start: usize) -> Option<usize> {
        let (_, metadata) = root.get_entry("metadata")?;
        let (key, annotations) = metadata.get_entry("annotations")?;
        if annotations.shape() != Shape::Mapping(CollectionStyle::Block) {
            return Some(0);
        }
        let line = |offset: usize| self.position(source, offset).map(|position| position.line);
        let (mut lines, mut others) = (0, 0);
        for (name, value) in annotations.entries() {
            if !name.as_str().is_some_and(is_tool_annotation) {
                others += 1;
            } else if name.start() < start {
                lines += line(value.end().max(name.end()))? + 1 - line(name.start())?;
            }
        }
        // kpt takes an empty map away, too.
        Some(if others == 0 && key.start() < start { lines + 1 } else { lines })
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

/// The `path` of kustomize's origin annotation, which is itself a YAML text.
fn origin_path(annotation: &str) -> Option<String> {
    let (tree, documents) = super::parser::parse(annotation).ok()?;
    let path = tree.node(annotation, documents.first()?.root).get("path")?.as_str()?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests;
