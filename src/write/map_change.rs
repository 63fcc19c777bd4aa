//! Carries out the changes to one resource: walks down to the maps and collects edits, copying what is shared.
//!
//! A map that is reached through an alias or a merge is not edited where it stands: the alias gets a copy of its own.

use super::change::{Change, entries_by_key, value_of};
use super::copy::{copy, copy_entries};
use super::draft::{Draft, EditFault};
use super::entry_changes::{EntryChange, EntryChanges};
use super::mapping::change_entries;
use super::piece::{Piece, Token};
use crate::diag::Code;
use crate::read::tree::{Node, Shape};
use std::collections::BTreeSet;

/// The mapping's own entries that a change is about, sorted by key: index, key, value.
type Own<'t> = Vec<(&'t str, (usize, Node<'t>, Node<'t>))>;

/// Adds the edits that a change to a resource needs.
pub(super) fn change_resource<'t>(draft: &mut Draft<'t>, root: Node<'t>, change: &Change<'_>) -> Result<(), EditFault> {
    if change.is_done(Some(root)) {
        return Ok(());
    }
    match root.shape() {
        Shape::Mapping(_) => change_mapping(draft, root, None, change),
        Shape::Alias => Err(EditFault::cannot_edit(root, "the object is an alias", "write the object in full")),
        _ => Err(EditFault::cannot_edit(root, "the object is no mapping", "write the object as a mapping")),
    }
}

fn change_mapping<'t>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    owner: Option<Node<'t>>,
    change: &Change<'_>,
) -> Result<(), EditFault> {
    let own = own_entries(mapping, change)?;
    let mut changes = EntryChanges::default();
    change_strings(draft, mapping, &own, change, &mut changes)?;
    for (key, below) in change.open(|key| mapping.get(key)) {
        match value_of(&own, key) {
            Some(&(index, key_node, value)) => {
                if let Some(entry_change) = change_value(draft, key_node, value, below)? {
                    changes.existing.insert(index, entry_change);
                }
            }
            None => changes.added.extend(new_value(draft, mapping, key, below)?),
        }
    }
    change_entries(draft, mapping, owner, &changes)
}

fn own_entries<'t>(mapping: Node<'t>, change: &Change<'_>) -> Result<Own<'t>, EditFault> {
    let mut own = Own::new();
    for (index, (key_node, value)) in mapping.entries().enumerate() {
        if let Some(key) = key_node.as_str().filter(|key| change.is_about(key) && !key_node.is_merge_key()) {
            own.push((key, (index, key_node, value)));
        }
    }
    own.sort_by_key(|(key, _)| *key);
    let again = own.windows(2).filter_map(|pair| match pair {
        [(one, _), (other, (index, node, _))] if one == other => Some((*index, *other, *node)),
        _ => None,
    });
    match again.min_by_key(|(index, ..)| *index) {
        None => Ok(own),
        Some((_, key, key_node)) => Err(EditFault {
            code: Code::DuplicateKey,
            range: key_node.start()..key_node.end(),
            message: format!("the key {key} appears twice"),
            help: "remove one of the two",
        }),
    }
}

/// Entries with string values: labels and annotations.
fn change_strings<'t, 'p>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    own: &Own<'t>,
    change: &Change<'p>,
    changes: &mut EntryChanges<'p>,
) -> Result<(), EditFault> {
    if change.set.is_empty() && change.remove.is_empty() {
        return Ok(());
    }
    let has_merges = mapping.entries().any(|(key, _)| key.is_merge_key());
    let merged = if has_merges { entries_by_key(mapping) } else { Vec::new() };
    let is_merged = |key: &&str| value_of(own, key).is_none() && value_of(&merged, key).is_some();
    let writes_out_merges = change.remove.iter().any(is_merged) || merged_is_hidden(own, change, mapping);
    if writes_out_merges {
        // Nothing can be taken out of a merge, so its entries are written out, but for those.
        let mut own_keys = BTreeSet::new();
        for (index, (key, _)) in mapping.entries().enumerate() {
            if key.is_merge_key() {
                changes.existing.insert(index, EntryChange::Remove);
            } else {
                own_keys.extend(key.as_str());
            }
        }
        let copied = copy_entries(mapping, &mut draft.budget).map_err(|fault| EditFault::from_copy(mapping, fault))?;
        changes.added.extend(copied.into_iter().filter(|(key, _)| {
            let key = key.value();
            !own_keys.contains(key) && !change.removes(key) && value_of(&change.set, key).is_none()
        }));
    }
    for key in &change.remove {
        if let Some((index, ..)) = value_of(own, key) {
            changes.existing.insert(*index, EntryChange::Remove);
        }
    }
    for (key, wanted) in &change.set {
        match value_of(own, key) {
            Some((_, _, value)) if value.is_string(wanted) => {}
            Some((index, ..)) => {
                changes.existing.insert(*index, EntryChange::Replace(Piece::text(*wanted)));
            }
            None if !writes_out_merges && value_of(&merged, key).is_some_and(|value| value.is_string(wanted)) => {}
            None => changes.added.push((Token::text(*key), Piece::text(*wanted))),
        }
    }
    Ok(())
}

/// Whether a key to remove stands both in the mapping and in a merge, where it would come to light again.
fn merged_is_hidden(own: &Own<'_>, change: &Change<'_>, mapping: Node<'_>) -> bool {
    let merges = mapping.entries().filter(|(key, _)| key.is_merge_key()).map(|(_, value)| value);
    let mut maps = merges.flat_map(|merge| if merge.is_sequence() { merge.items().collect() } else { vec![merge] });
    maps.any(|map| {
        let hidden = entries_by_key(map);
        change.remove.iter().any(|key| value_of(own, key).is_some() && value_of(&hidden, key).is_some())
    })
}

/// The value of an entry that is there: edited where it stands if it is the resource's own, else replaced.
fn change_value<'t, 'p>(
    draft: &mut Draft<'t>,
    key: Node<'t>,
    value: Node<'t>,
    change: &Change<'p>,
) -> Result<Option<EntryChange<'p>>, EditFault> {
    if let Some(piece) = &change.replacement {
        return Ok(Some(EntryChange::Replace(piece.clone())));
    }
    if value.is_null() {
        if !change.may_create {
            return Err(missing(key, key.as_str().unwrap_or_default()));
        }
        return Ok(change.create().map(EntryChange::Replace));
    }
    if !value.is_mapping() {
        let name = key.as_str().unwrap_or_default();
        return Err(EditFault {
            code: Code::InvalidField,
            range: value.outer_start()..value.end(),
            message: format!("{name} is not a map"),
            help: "write it as a map of keys and values",
        });
    }
    if change.drops(value) {
        return Ok(Some(EntryChange::Remove));
    }
    if value.shape() == Shape::Alias {
        let copied = copy(value, &mut draft.budget).map_err(|fault| EditFault::from_copy(value, fault))?;
        return Ok(Some(EntryChange::Replace(change.apply_to(copied))));
    }
    change_mapping(draft, value, Some(key), change)?;
    Ok(None)
}

/// A value that the mapping does not have itself: copied from a merge, or new.
fn new_value<'t, 'p>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    key: &'p str,
    change: &Change<'p>,
) -> Result<Option<(Token<'p>, Piece<'p>)>, EditFault> {
    let piece = match mapping.get(key).filter(|value| !value.is_null()) {
        Some(merged) if change.replacement.is_none() => {
            if !merged.is_mapping() {
                return Err(missing(mapping, key));
            }
            let copied = copy(merged, &mut draft.budget).map_err(|fault| EditFault::from_copy(merged, fault))?;
            Some(change.apply_to(copied))
        }
        _ if !change.may_create => return Err(missing(mapping, key)),
        _ => change.create(),
    };
    Ok(piece.map(|piece| (Token::text(key), piece)))
}

fn missing(node: Node<'_>, key: &str) -> EditFault {
    EditFault::cannot_edit(node, format!("{key} is missing"), "write it out, it is not invented")
}
