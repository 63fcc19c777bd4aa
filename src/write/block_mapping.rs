//! Edits of a mapping in block style.

use super::draft::{Draft, EditFault};
use super::edit::Edit;
use super::emit::{Quoting, block_entry, block_value, flow};
use super::entry::{
    Entry, block_column, is_block_collection, is_block_scalar, keeps_blank_lines, last_leaf, reject_complex_keys,
};
use super::entry_changes::{EntryChange, EntryChanges};
use super::lines::{blanks, line_end, line_ending, line_prefix, line_start, next_line, skip_foot, skip_properties};
use super::piece::Piece;
use crate::read::tree::{CollectionStyle, Node, Shape};
use std::collections::BTreeMap;
use std::ops::Range;

/// Room for the labels that a workload usually gets: growing a text takes longer than making it.
const USUAL_LENGTH: usize = 160;

/// A block mapping with what its edits need.
struct Block<'a, 't> {
    text: &'t str,
    mapping: Node<'t>,
    /// One past the colon of the key whose value the mapping is.
    owner_colon: Option<usize>,
    entries: &'a [Entry<'t>],
    column: usize,
    /// Column for maps inside it.
    child_column: usize,
}

/// Adds the edits for changes to a block mapping.
pub(super) fn change<'t>(
    draft: &mut Draft<'t>,
    mapping: Node<'t>,
    owner: Option<Node<'t>>,
    entries: &[Entry<'t>],
    changes: &EntryChanges<'_>,
) -> Result<(), EditFault> {
    let text = draft.text;
    let column = block_column(mapping);
    if line_prefix(text, mapping.start()).contains('\t') {
        return Err(EditFault::cannot_edit(mapping, "a tab stands before a mapping", "indent with spaces"));
    }
    reject_complex_keys(entries.iter().map(|entry| entry.key))?;
    let owner_colon = owner.and_then(|key| super::lines::after_colon(text, key.end()));
    let child_column = child_column(entries, column, owner);
    let block = Block { text, mapping, owner_colon, entries, column, child_column };
    for (index, change) in &changes.existing {
        if let (Some(entry), EntryChange::Replace(piece)) = (entries.get(*index), change) {
            block.replace_value(entry, piece, &mut draft.edits)?;
        }
    }
    let mut cuts = block.cuts(draft, changes)?;
    if cuts.len() == entries.len() && changes.added.is_empty() {
        draft.edits.push(block.empty_value()?);
    }
    if !changes.added.is_empty() {
        draft.edits.push(block.addition(changes, &mut cuts)?);
    }
    draft.edits.extend(cuts.into_values().map(Edit::delete));
    Ok(())
}

/// Column for a map inside the mapping: that of the maps there, else as deep as the mapping stands in its own parent.
fn child_column(entries: &[Entry<'_>], column: usize, owner: Option<Node<'_>>) -> usize {
    let sibling = entries.iter().map(|entry| entry.value).find(|value| {
        value.shape() == Shape::Mapping(CollectionStyle::Block)
            && line_prefix(value.source(), value.start()).trim().is_empty()
    });
    if let Some(sibling) = sibling {
        return block_column(sibling);
    }
    let owner_column = owner.map(|key| key.outer_start() - line_start(key.source(), key.outer_start()));
    let step = owner_column.and_then(|owner| column.checked_sub(owner)).filter(|&step| step > 0);
    column + step.unwrap_or(2)
}

impl<'t> Block<'_, 't> {
    fn fault(&self, message: &str) -> EditFault {
        EditFault::cannot_edit(self.mapping, message, "write the keys of the mapping on lines of their own")
    }

    /// Puts another value after a key.
    fn replace_value(&self, entry: &Entry<'t>, piece: &Piece<'_>, edits: &mut Vec<Edit>) -> Result<(), EditFault> {
        let colon = entry.colon.ok_or_else(|| self.fault("a key has no colon"))?;
        let value = entry.value;
        let is_inline = !is_block_collection(value) && !is_block_scalar(value);
        let has_text = !value.is_absent() || value.properties().is_some();
        let stands_below = self.text.get(colon..value.outer_start()).is_some_and(|between| between.contains('\n'));
        if is_inline && has_text && (stands_below || !spans_lines(piece)) {
            // Flow style works wherever the old value stands.
            let mut printed = String::new();
            flow(piece, Quoting::Yaml, &mut printed);
            edits.push(Edit::replace(value.outer_start()..value.end().max(value.start()), printed));
            return Ok(());
        }
        let mut printed = String::new();
        block_value(piece, self.column, self.child_column, line_ending(self.text, colon), &mut printed);
        if !spans_lines(piece) {
            edits.push(Edit::replace(colon..entry.end, printed));
        } else if is_inline {
            // The comment after the old value stays on the key's line.
            edits.push(Edit::delete(colon..entry.end));
            edits.push(Edit::insert(line_end(self.text, entry.end), printed));
        } else if is_block_collection(value) && value.start() > line_end(self.text, colon) {
            edits.push(Edit::delete(colon..skip_properties(self.text, colon)));
            edits.push(Edit::replace(line_end(self.text, colon)..entry.end, printed));
        } else {
            edits.push(Edit::replace(colon..entry.end, printed));
        }
        Ok(())
    }

    /// The text of every entry that goes, whole lines with their comments.
    fn cuts(&self, draft: &Draft<'t>, changes: &EntryChanges<'_>) -> Result<BTreeMap<usize, Range<usize>>, EditFault> {
        let mut cuts: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        let mut cut_until = 0;
        for (index, entry) in self.entries.iter().enumerate().filter(|(index, _)| changes.removes(*index)) {
            let start = entry.start.ok_or_else(|| self.fault("a key cannot be found"))?;
            let mut end = next_line(self.text, entry.end);
            if last_leaf(entry.value).is_none_or(keeps_blank_lines) {
                end = skip_foot(self.text, end, usize::MAX, true);
            }
            if draft.node_before(entry.key).is_some_and(is_block_scalar) {
                // What follows would become part of that scalar.
                end = skip_foot(self.text, end, self.column, true);
            }
            let line = line_start(self.text, start);
            let has_own_line = self.text.get(line..start).is_some_and(|prefix| prefix.trim().is_empty());
            let range = if has_own_line && cut_until <= line {
                line..end
            } else if end < self.text.len() {
                start.max(cut_until)..end + blanks(self.text, end)
            } else {
                start..line_end(self.text, entry.end)
            };
            cut_until = range.end;
            cuts.insert(index, range);
        }
        Ok(cuts)
    }

    /// `{}` for a mapping that loses all its entries.
    fn empty_value(&self) -> Result<Edit, EditFault> {
        let colon = self.owner_colon.ok_or_else(|| self.fault("a mapping would lose all its keys"))?;
        let position = match self.mapping.properties() {
            Some(properties) => skip_properties(self.text, properties.start as usize),
            None => colon,
        };
        Ok(Edit::insert(position, " {}"))
    }

    /// The new entries, where nothing else changes its meaning.
    fn addition(
        &self,
        changes: &EntryChanges<'_>,
        cuts: &mut BTreeMap<usize, Range<usize>>,
    ) -> Result<Edit, EditFault> {
        let new_line = |line_ending: &str, output: &mut String| {
            output.push_str(line_ending);
            output.extend(std::iter::repeat_n(' ', self.column));
        };
        let print = |line_ending: &str, output: &mut String| {
            for (index, (key, value)) in changes.added.iter().enumerate() {
                if index > 0 {
                    new_line(line_ending, output);
                }
                block_entry(key, value, self.column, self.child_column, line_ending, output);
            }
        };
        let as_next_lines = |position: usize| {
            let (line_ending, mut printed) = (line_ending(self.text, position), String::with_capacity(USUAL_LENGTH));
            new_line(line_ending, &mut printed);
            print(line_ending, &mut printed);
            Edit::insert(position, printed)
        };
        let Some((last_index, last)) = self.entries.iter().enumerate().next_back() else {
            return Err(self.fault("a mapping has no keys"));
        };
        let can_be_followed = match changes.existing.get(&last_index) {
            Some(EntryChange::Remove) => false,
            Some(EntryChange::Replace(_)) => true,
            None => ends_on_its_line(last.value),
        };
        if can_be_followed {
            return Ok(as_next_lines(line_end(self.text, last.end)));
        }
        let mut printed = String::new();
        if let Some((_, cut)) = cuts.pop_last() {
            print(line_ending(self.text, cut.start), &mut printed);
            return Ok(Edit::replace(cut.clone(), self.instead_of(&cut, &printed)));
        }
        if let Some(position) = self.line_after_owner() {
            return Ok(as_next_lines(position));
        }
        if let Some(entry) = self.entries.iter().rev().find(|entry| ends_on_its_line(entry.value)) {
            return Ok(as_next_lines(line_end(self.text, entry.end)));
        }
        let next = self.entries.iter().find(|entry| entry.starts_with_key());
        let position = next.map(|entry| entry.key.start()).ok_or_else(|| self.fault("no key can be added"))?;
        let line_ending = line_ending(self.text, position);
        print(line_ending, &mut printed);
        new_line(line_ending, &mut printed);
        Ok(Edit::insert(position, printed))
    }

    /// New entries in the place of one that goes.
    fn instead_of(&self, cut: &Range<usize>, printed: &str) -> String {
        let indent = " ".repeat(self.column);
        let before = if cut.start == line_start(self.text, cut.start) { indent.as_str() } else { "" };
        let removed = self.text.get(cut.clone()).unwrap_or_default();
        let ending = line_ending(self.text, cut.start);
        let after = match removed.rsplit_once('\n') {
            Some((_, rest)) if rest.trim().is_empty() => format!("{ending}{rest}"),
            _ => String::new(),
        };
        format!("{before}{printed}{after}")
    }

    /// End of the line with the owner's colon, if the first entry can follow there.
    fn line_after_owner(&self) -> Option<usize> {
        let end = line_end(self.text, self.owner_colon?);
        (self.mapping.start() > end
            && self.mapping.properties().is_none_or(|properties| (properties.start as usize) < end))
        .then_some(end)
    }
}

/// Whether the line that the value ends on can be followed by another entry.
fn ends_on_its_line(value: Node<'_>) -> bool {
    !value.is_absent() && !is_block_collection(value) && !is_block_scalar(value)
}

/// Whether block style puts the value on lines of its own.
fn spans_lines(piece: &Piece<'_>) -> bool {
    match piece {
        Piece::Map(entries) => !entries.is_empty(),
        Piece::List(items) => !items.is_empty(),
        Piece::Null | Piece::Bool(_) | Piece::Integer(_) | Piece::Scalar(_) => false,
    }
}
