//! Values of the configuration before they are validated: a tree of texts, whoever said them.

use crate::diag::{Code, Finding};
use crate::model::place::{Place, ResourceId};
use crate::read::package::Package;
use crate::read::parser;
use crate::read::tree::Node;

/// A value as written, and where.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) shape: RawShape,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum RawShape {
    /// Absent: the default counts.
    Null,
    /// A scalar's text, whatever type YAML would give it. In a flat one (`--set`, ConfigMap) commas separate list items.
    Text { text: String, is_flat: bool },
    /// A list.
    List(Vec<Raw>),
    /// A map in writing order.
    Map(Vec<RawEntry>),
}

#[derive(Clone, Debug)]
pub(super) struct RawEntry {
    pub(super) key: String,
    pub(super) key_origin: Origin,
    pub(super) value: Raw,
}

/// Where a value was said.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// In the functionConfig.
    Place(Place),
    /// On the command line.
    Setting,
}

/// More nodes than any configuration needs: aliases cannot make one grow without bounds.
const MAX_NODES: usize = 20_000;
const MAX_DEPTH: usize = 32;

impl Origin {
    /// A fault of the configuration at this place.
    pub(super) fn fault(self, message: impl std::fmt::Display) -> Finding {
        match self {
            Self::Place(place) => Finding::new(Code::InvalidConfig, place, format!("functionConfig: {message}")),
            Self::Setting => Finding::new(Code::InvalidConfig, None, format!("--set: {message}")),
        }
    }

    /// Where it is in the functionConfig, if there.
    pub(super) fn place(self) -> Option<Place> {
        match self {
            Self::Place(place) => Some(place),
            Self::Setting => None,
        }
    }
}

impl Raw {
    /// A map without entries.
    pub(super) fn empty_map(origin: Origin) -> Self {
        Self { shape: RawShape::Map(Vec::new()), origin }
    }

    /// The text of a `--set` value or of a ConfigMap's entry.
    pub(super) fn flat(text: impl Into<String>, origin: Origin) -> Self {
        Self { shape: RawShape::Text { text: text.into(), is_flat: true }, origin }
    }

    /// A node of the functionConfig. `None` if it is too large or too deep.
    pub(super) fn from_node(resource: ResourceId, node: Node<'_>) -> Option<Self> {
        let mut budget = MAX_NODES;
        convert(node, &|node| Origin::Place(Package::place(resource, node)), &mut budget, 0)
    }

    /// A flat text that is a flow list or map, read as YAML. `None` if it is none.
    pub(super) fn from_flow_text(text: &str, origin: Origin) -> Option<Self> {
        if !text.trim_start().starts_with(['[', '{']) {
            return None;
        }
        let (tree, documents) = parser::parse(text).ok()?;
        let [document] = documents.as_slice() else { return None };
        let mut budget = MAX_NODES;
        convert(tree.node(text, document.root), &|_| origin, &mut budget, 0)
    }
}

fn convert(node: Node<'_>, origin: &dyn Fn(Node<'_>) -> Origin, budget: &mut usize, depth: usize) -> Option<Raw> {
    *budget = budget.checked_sub(1)?;
    if depth > MAX_DEPTH {
        return None;
    }
    let shape = if node.is_null() {
        RawShape::Null
    } else if node.is_mapping() {
        let mut entries = Vec::new();
        for (key, key_node, value) in node.merged_entries() {
            entries.push(RawEntry {
                key: key.to_owned(),
                key_origin: origin(key_node),
                value: convert(value, origin, budget, depth + 1)?,
            });
        }
        RawShape::Map(entries)
    } else if node.is_sequence() {
        RawShape::List(node.items().map(|item| convert(item, origin, budget, depth + 1)).collect::<Option<Vec<_>>>()?)
    } else {
        RawShape::Text { text: node.as_str().unwrap_or_default().to_owned(), is_flat: false }
    };
    Some(Raw { shape, origin: origin(node) })
}
