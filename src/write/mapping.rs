//! Changes to the entries of one mapping, in whatever style it is written.

use super::draft::{Draft, EditFault};
use super::entry::entries;
use super::entry_changes::{EntryChange, EntryChanges};
use super::{block_mapping, flow_mapping};
use crate::read::tree::{CollectionStyle, Node, Shape};

/// Adds the edits for changes to a mapping that is no alias. `owner` is the key whose value it is.
pub(super) fn change_entries<'t>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    owner: Option<Node<'t>>,
    changes: &EntryChanges<'_>,
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
