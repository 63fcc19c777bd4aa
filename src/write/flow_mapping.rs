//! Edits of a mapping in flow style. Never looks for lines: a JSON document may be a single one of many megabytes.

use super::draft::{Draft, EditFault};
use super::edit::Edit;
use super::emit::{Quoting, flow, flow_entry};
use super::entry::{Entry, entries, reject_complex_keys};
use super::entry_changes::{EntryChange, EntryChanges};
use super::lines::{blanks, next_line, skip_space_and_comments};
use super::piece::Piece;
use crate::read::tree::{Node, ScalarStyle, Shape};
use std::ops::Range;

/// Adds the edits for changes to a flow mapping.
pub(super) fn change(
    draft: &mut Draft<'_>,
    mapping: Node<'_>,
    owner: Option<Node<'_>>,
    entries: &[Entry<'_>],
    changes: &EntryChanges<'_>,
) -> Result<(), EditFault> {
    if !draft.text.get(mapping.start()..).is_some_and(|text| text.starts_with('{')) {
        return Err(EditFault::cannot_edit(mapping, "a mapping has no braces", "write the mapping in braces"));
    }
    reject_complex_keys(entries.iter().map(|entry| entry.key))?;
    let quoting = quoting(entries, owner);
    for (index, change) in &changes.existing {
        if let (Some(entry), EntryChange::Replace(piece)) = (entries.get(*index), change) {
            draft.edits.push(replace_value(entry, piece, quoting));
        }
    }
    let text = draft.text;
    draft.edits.extend(removals(text, entries, changes));
    draft.edits.extend(addition(mapping, entries, changes, quoting));
    Ok(())
}

/// JSON's quotes where the neighbours have them.
fn quoting(entries: &[Entry<'_>], owner: Option<Node<'_>>) -> Quoting {
    let is_quoted = |key: Node<'_>| key.shape() == Shape::Scalar(ScalarStyle::DoubleQuoted);
    let neighbours_are_quoted = if entries.is_empty() {
        owner.is_some_and(is_quoted)
    } else {
        entries.iter().all(|entry| is_quoted(entry.key))
    };
    if neighbours_are_quoted { Quoting::Json } else { Quoting::Yaml }
}

/// How the keys of a flow mapping are quoted.
pub(super) fn quoting_of(mapping: Node<'_>) -> Quoting {
    quoting(&entries(mapping), None)
}

fn replace_value(entry: &Entry<'_>, piece: &Piece<'_>, quoting: Quoting) -> Edit {
    let mut printed = String::new();
    flow(piece, quoting, &mut printed);
    match entry.colon {
        None => Edit::insert(entry.end, format!(": {printed}")),
        Some(colon) if entry.value.is_absent() && entry.value.properties().is_none() => {
            Edit::insert(colon, format!(" {printed}"))
        }
        Some(_) => Edit::replace(entry.value.outer_start()..entry.value.end(), printed),
    }
}

/// The entries that go, each with one comma, and with its line if it has one of its own.
fn removals(text: &str, entries: &[Entry<'_>], changes: &EntryChanges<'_>) -> Vec<Edit> {
    let start = |entry: &Entry<'_>| entry.start.unwrap_or(entry.key.outer_start());
    // Entries at the end without a comma after them take the comma before them along.
    let mut kept = entries.len();
    if entries.last().is_some_and(|last| comma_after(text, last).is_none()) {
        while kept > 0 && changes.removes(kept - 1) {
            kept -= 1;
        }
    }
    let (before, tail) = entries.split_at_checked(kept).unwrap_or((entries, &[]));
    let mut edits = Vec::new();
    for (_, entry) in before.iter().enumerate().filter(|(index, _)| changes.removes(*index)) {
        let end = comma_after(text, entry).map_or(entry.end, |comma| comma + 1);
        let next = end + blanks(text, end);
        // A comment needs a blank before it.
        let needs_blank = text.get(next..).is_some_and(|rest| rest.starts_with('#'))
            && !text.get(..start(entry)).is_some_and(|before| before.ends_with([' ', '\t']));
        let range = start(entry)..if needs_blank { end } else { next };
        edits.push(Edit::delete(whole_line(text, start(entry)..end).unwrap_or(range)));
    }
    if let (Some(first), Some(last)) = (tail.first(), tail.last()) {
        let range = start(first)..last.end;
        match (before.last(), whole_line(text, range.clone())) {
            (None, lines) => edits.push(Edit::delete(lines.unwrap_or(range))),
            (Some(survivor), None) => {
                edits.push(Edit::replace(survivor.end..last.end, blank_behind(survivor.value)));
            }
            (Some(survivor), Some(lines)) => {
                edits.extend(comma_after(text, survivor).map(|comma| Edit::delete(comma..comma + 1)));
                edits.push(Edit::delete(lines));
            }
        }
    }
    edits
}

/// A blank if a node in flow style ends in a value that is not written: Go's YAML library takes a colon right before `,` or a bracket
/// for text. A mapping may be one without braces.
pub(super) fn blank_behind(node: Node<'_>) -> &'static str {
    let last = node.children().last().filter(|last| last.end() == node.end()).unwrap_or(node);
    if last.is_absent() { " " } else { "" }
}

fn comma_after(text: &str, entry: &Entry<'_>) -> Option<usize> {
    let position = skip_space_and_comments(text, entry.end);
    text.get(position..).is_some_and(|rest| rest.starts_with(',')).then_some(position)
}

/// The lines of a range, if nothing else stands on them but a comment.
fn whole_line(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let before = text.get(..range.start)?.trim_end_matches([' ', '\t']);
    let after = range.end + blanks(text, range.end);
    let rest = text.get(after..)?;
    (before.ends_with('\n') && rest.starts_with(['#', '\r', '\n'])).then(|| before.len()..next_line(text, after))
}

fn addition(mapping: Node<'_>, entries: &[Entry<'_>], changes: &EntryChanges<'_>, quoting: Quoting) -> Option<Edit> {
    if changes.added.is_empty() {
        return None;
    }
    let mut printed = String::new();
    for (index, (key, value)) in changes.added.iter().enumerate() {
        printed.push_str(if index > 0 { ", " } else { "" });
        flow_entry(key, value, quoting, &mut printed);
    }
    let open = mapping.start() + 1;
    let last = entries.iter().enumerate().rev().find(|(index, _)| !changes.removes(*index));
    Some(match last {
        None => Edit::insert(open, printed),
        // Nothing can follow an absent value or a bare anchor without becoming part of it.
        Some((index, entry)) if entry.value.is_absent() && !changes.existing.contains_key(&index) => {
            Edit::insert(open, format!("{printed}, "))
        }
        Some((_, entry)) => Edit::insert(entry.end, format!(", {printed}")),
    })
}
