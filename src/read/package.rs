//! What was read: source texts, their trees, and the resources in them.

use super::document::Document;
use super::lane::Lane;
use super::tree::{Node, NodeId, Tree};
use crate::model::place::{Place, ResourceId};
use crate::source::{LineStarts, SourceId, SourceText};
use std::sync::{Arc, OnceLock};

/// Everything that was read, before anybody interprets it.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// The texts.
    pub sources: Vec<SourceText>,
    /// The trees of the texts, index by index.
    pub trees: Vec<Tree>,
    /// The documents of the texts, index by index; none where a text is not YAML.
    pub documents: Vec<Vec<Document>>,
    /// The resources, in input order: ResourceList items, documents of files, members of Lists; a functionConfig among them.
    pub resources: Vec<Resource>,
    /// The ResourceList that the resources came in, in function mode.
    pub resource_list: Option<ResourceList>,
    /// Who read the texts, and reads the output again.
    pub lane: Lane,
    /// Where the lines of the texts start, for messages; see [`Package::position`].
    pub(super) line_starts: OnceLock<Vec<LineStarts>>,
}

/// One object of the input.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its text.
    pub source: SourceId,
    /// Its root node.
    pub node: NodeId,
    /// Where it stands.
    pub role: Role,
    /// `apiVersion`, empty if missing. Members of a list of one kind (`PodList`) that leave it out have their list's.
    pub api_version: Arc<str>,
    /// `kind`, empty if missing. Members of a list of one kind (`PodList`) that leave it out have the kind that the list is of.
    pub kind: Arc<str>,
    /// `metadata.name`, empty if missing.
    pub name: String,
    /// `metadata.namespace` as written; `None` if missing or empty.
    pub namespace: Option<Arc<str>>,
}

/// Where a resource stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An item of the ResourceList.
    Item,
    /// The ResourceList's functionConfig.
    FunctionConfig,
    /// A YAML document of a stream or file, by index.
    Document(u32),
    /// A member of a `List`-like object, which is the given document.
    ListMember(u32),
}

/// The nodes of a ResourceList's envelope.
#[derive(Clone, Copy, Debug)]
pub struct ResourceList {
    /// Its text.
    pub source: SourceId,
    /// The root mapping.
    pub root: NodeId,
    /// Key and value of `items`, if present.
    pub items: Option<(NodeId, NodeId)>,
    /// Key and value of `results`, if present.
    pub results: Option<(NodeId, NodeId)>,
}

/// A place in words that people and tools understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The user's file: the path annotation in function mode, the file itself on the command line, `None` under kustomize.
    pub file: Option<String>,
    /// Index of the document in that file, from the index annotation or the stream.
    pub index: Option<u32>,
    /// Line from 1: of the file on the command line, counted within the resource in function mode (kpt re-formats files).
    pub line: usize,
    /// Whether `line` is counted within the resource.
    pub line_is_within_resource: bool,
    /// Column in characters, from 1.
    pub column: usize,
    /// `spec.targets[0].kubernetes.name`; empty for the whole object.
    pub field: String,
}

impl Resource {
    /// `Deployment shop/web`; without the parts that it lacks.
    #[must_use]
    pub fn title(&self) -> String {
        let kind = if self.kind.is_empty() { "an object without kind" } else { &*self.kind };
        match (&self.namespace, self.name.as_str()) {
            (_, "") => kind.to_owned(),
            (Some(namespace), name) => format!("{kind} {namespace}/{name}"),
            (None, name) => format!("{kind} {name}"),
        }
    }
}

impl Package {
    /// The resource with that index.
    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0 as usize)
    }

    /// The root node of a resource.
    #[must_use]
    pub fn node(&self, id: ResourceId) -> Option<Node<'_>> {
        let resource = self.resource(id)?;
        self.node_in(resource.source, resource.node)
    }

    /// A node of a source text.
    #[must_use]
    pub fn node_in(&self, source: SourceId, id: NodeId) -> Option<Node<'_>> {
        let text = self.sources.get(source.0 as usize)?;
        Some(self.trees.get(source.0 as usize)?.node(&text.text, id))
    }

    /// Every resource with its index.
    pub fn iter(&self) -> impl Iterator<Item = (ResourceId, &Resource)> {
        (0u32..).map(ResourceId).zip(&self.resources)
    }

    /// The place of a node that belongs to a resource.
    #[must_use]
    pub fn place(resource: ResourceId, node: Node<'_>) -> Place {
        Place {
            resource,
            start: u32::try_from(node.start()).unwrap_or(u32::MAX),
            end: u32::try_from(node.end()).unwrap_or(u32::MAX),
        }
    }
}
