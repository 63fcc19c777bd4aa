//! Keeps what other places say when a node that they share through an anchor changes or goes: their aliases get copies.

use super::copy::copy;
use super::draft::{Draft, EditFault};
use super::edit::Edit;
use super::emit::{Quoting, flow};
use super::piece::Piece;
use crate::read::tree::{Node, NodeId, Shape};
use std::collections::BTreeSet;
use std::ops::Range;

/// Expands every alias whose anchor stands on a node that the draft changes or drops. Call it when all changes are in.
///
/// Copies are made from the input, so they say what the alias said before.
pub(super) fn keep_aliases(draft: &mut Draft<'_>) -> Result<(), EditFault> {
    if !draft.tree.has_aliases() {
        return Ok(());
    }
    let dropped = merged(&draft.dropped);
    let changed: BTreeSet<u32> = draft.changed.iter().map(|node| node.0).collect();
    let is_affected = |anchored: Node<'_>| {
        let (first, end) = (anchored.id().0, anchored.subtree_end().0);
        changed.range(first..end).next().is_some() || meets(&dropped, first..end)
    };
    let mut affected: BTreeSet<NodeId> = BTreeSet::new();
    let all = || (0..draft.tree.len()).filter_map(|id| u32::try_from(id).ok());
    for id in all() {
        let node = draft.tree.node(draft.text, NodeId(id));
        if node.is_aliased() && is_affected(node) {
            affected.insert(node.id());
        }
    }
    let separated = merged(&draft.separated);
    if affected.is_empty() && separated.is_empty() {
        return Ok(());
    }
    // Members of lists that become documents cannot refer to each other.
    let is_parted = |alias: u32, target: u32| {
        let within = |id: u32| {
            let next = separated.partition_point(|range| range.end <= id);
            separated.get(next).filter(|range| range.start <= id)
        };
        !separated.is_empty() && within(alias).is_some() && within(alias) != within(target)
    };
    for id in all() {
        let alias = draft.tree.node(draft.text, NodeId(id));
        if alias.shape() == Shape::Alias
            && !meets(&dropped, id..id + 1)
            && alias.resolve().is_some_and(|target| affected.contains(&target.id()) || is_parted(id, target.id().0))
        {
            let edit = expand(alias, &mut draft.budget)?;
            draft.edits.push(edit);
        }
    }
    Ok(())
}

/// Replaces an alias by a copy of what it stands for, on one line.
pub(super) fn expand(alias: Node<'_>, budget: &mut usize) -> Result<Edit, EditFault> {
    let piece = copy(alias, budget).map_err(|fault| EditFault::from_copy(alias, fault))?;
    let mut printed = String::new();
    flow(&piece, Quoting::Yaml, &mut printed);
    if is_key(alias) && matches!(piece, Piece::List(_) | Piece::Map(_)) {
        return Err(EditFault::cannot_edit(alias, "a key is an alias of a collection", "write the key out"));
    }
    // Nothing at all and the word `null` are both null, but not the same text to those who look for a key.
    if is_key(alias) && alias.is_null() {
        return Err(EditFault::cannot_edit(alias, "a key is an alias of null", "write the key out"));
    }
    Ok(Edit::replace(alias.start()..alias.end(), printed))
}

/// Whether a colon follows, so that the alias is a key.
fn is_key(alias: Node<'_>) -> bool {
    super::lines::after_colon(alias.source(), alias.end()).is_some()
}

/// Sorted ranges; those that overlap become one.
fn merged(ranges: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<u32>> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Whether one of the sorted ranges has a number in common with another range.
fn meets(ranges: &[Range<u32>], other: Range<u32>) -> bool {
    let next = ranges.partition_point(|range| range.end <= other.start);
    ranges.get(next).is_some_and(|range| range.start < other.end)
}
