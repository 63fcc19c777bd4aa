//! Changes to the entries of one mapping, in whatever style it is written.

use super::draft::{Draft, EditFault};
use super::entry::entries;
use super::piece::{Piece, Token};
use super::{block_mapping, flow_mapping};
use crate::read::tree::{CollectionStyle, Node, Shape};
use std::collections::BTreeMap;

/// What happens to the entries of a mapping.
#[derive(Debug, Default)]
pub(super) struct EntryChanges {
    /// Changes to entries that are there, by index.
    pub(super) existing: BTreeMap<usize, EntryChange>,
    /// Entries to add, in this order.
    pub(super) added: Vec<(Token, Piece)>,
}

/// What happens to one entry.
#[derive(Debug)]
pub(super) enum EntryChange {
    /// It goes.
    Remove,
    /// It keeps its key and gets another value.
    Replace(Piece),
}

impl EntryChanges {
    /// Whether the entry with that index goes.
    pub(super) fn removes(&self, index: usize) -> bool {
        matches!(self.existing.get(&index), Some(EntryChange::Remove))
    }

    /// Whether nothing happens.
    pub(super) fn is_empty(&self) -> bool {
        self.existing.is_empty() && self.added.is_empty()
    }
}

/// Adds the edits for changes to a mapping that is no alias. `owner` is the key whose value it is.
pub(super) fn change_entries<'t>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    owner: Option<Node<'t>>,
    changes: &EntryChanges,
) -> Result<(), EditFault> {
    if changes.is_empty() {
        return Ok(());
    }
    let entries = entries(mapping);
    draft.changed.push(mapping.id());
    for (index, change) in &changes.existing {
        let Some(entry) = entries.get(*index) else { continue };
        draft.drop_node(entry.value);
        if matches!(change, EntryChange::Remove) {
            draft.drop_node(entry.key);
        }
    }
    if mapping.shape() == Shape::Mapping(CollectionStyle::Block) {
        block_mapping::change(draft, mapping, owner, &entries, changes)
    } else {
        flow_mapping::change(draft, mapping, owner, &entries, changes)
    }
}
