//! The `items` of a ResourceList: new ones at the end, stale ones cut out.

use super::draft::{Draft, EditFault};
use super::edit::Edit;
use super::emit::{Quoting, block, flow};
use super::entry::{Entry, content_end, keeps_blank_lines, last_leaf, may_end_in_block_scalar};
use super::flow_mapping::blank_behind;
use super::lines::{
    LineKind, column, line_ending, line_kind, line_start, next_line, skip_foot, skip_properties,
    skip_space_and_comments,
};
use super::new_items::NewItems;
use super::piece::Piece;
use crate::read::tree::{CollectionStyle, Node, NodeId, Shape};
use std::collections::BTreeSet;
use std::ops::Range;

/// Adds the edits for a sequence that has items: those in `removed` go, the new ones come after the last.
pub(super) fn change_items<'t>(
    draft: &mut Draft<'t>,
    owner: &Entry<'t>,
    removed: &BTreeSet<NodeId>,
    added: &NewItems<'_>,
) -> Result<(), EditFault> {
    let sequence = owner.value;
    let items: Vec<Node<'t>> = sequence.children_of_list().collect();
    draft.changed.push(sequence.id());
    for item in items.iter().filter(|item| removed.contains(&item.id())) {
        draft.drop_node(*item);
    }
    if sequence.shape() == Shape::Sequence(CollectionStyle::Block) {
        change_block(draft, owner, &items, removed, added)
    } else {
        change_flow(draft, sequence, &items, removed, added);
        Ok(())
    }
}

fn change_flow(
    draft: &mut Draft<'_>,
    sequence: Node<'_>,
    items: &[Node<'_>],
    removed: &BTreeSet<NodeId>,
    added: &NewItems<'_>,
) {
    let text = draft.text;
    let is_removed = |item: &Node<'_>| removed.contains(&item.id());
    let quoting = if items.iter().any(|item| is_json(*item)) { Quoting::Json } else { Quoting::Yaml };
    let mut printed = Vec::new();
    for piece in added.iter() {
        let mut item = String::new();
        flow(&piece, quoting, &mut item);
        printed.push(item);
    }
    let printed = printed.join(", ");
    let last_kept = items.iter().rposition(|item| !is_removed(item));
    if !printed.is_empty() {
        draft.edits.push(match last_kept.and_then(|index| items.get(index)) {
            Some(item) => Edit::insert(item.end(), format!("{}, {printed}", blank_behind(*item))),
            None => Edit::insert(sequence.start() + 1, printed),
        });
    }
    // Up to the last kept item every removed one takes the comma after it along, then the comma before it.
    for (index, item) in items.iter().enumerate().filter(|(_, item)| is_removed(item)) {
        let next = items.get(index + 1).map(|next| next.outer_start());
        let range = match (next, last_kept) {
            (Some(next), Some(kept)) if index < kept => item.outer_start()..next,
            (Some(next), None) => item.outer_start()..next,
            (None, None) => item.outer_start()..end_with_comma(text, item.end()),
            _ => items.get(index.wrapping_sub(1)).map_or(item.outer_start(), |previous| previous.end())..item.end(),
        };
        let previous = index.checked_sub(1).and_then(|previous| items.get(previous));
        let blank = previous.filter(|previous| previous.end() == range.start).map_or("", |node| blank_behind(*node));
        draft.edits.push(Edit::replace(range, blank));
    }
}

fn end_with_comma(text: &str, end: usize) -> usize {
    let next = skip_space_and_comments(text, end);
    if text.get(next..).is_some_and(|rest| rest.starts_with(',')) { next + 1 } else { end }
}

/// Whether a flow mapping has its keys in JSON's quotes.
fn is_json(item: Node<'_>) -> bool {
    item.entries()
        .next()
        .is_some_and(|(key, _)| key.shape() == Shape::Scalar(crate::read::tree::ScalarStyle::DoubleQuoted))
}

fn change_block<'t>(
    draft: &mut Draft<'t>,
    owner: &Entry<'t>,
    items: &[Node<'t>],
    removed: &BTreeSet<NodeId>,
    added: &NewItems<'_>,
) -> Result<(), EditFault> {
    let text = draft.text;
    let fault =
        || EditFault::cannot_edit(owner.value, "the items cannot be told apart", "write every item on its own lines");
    let first_dash = owner.value.start();
    let dash_column = column(text, first_dash);
    let mut previous = None;
    let mut last_cut = None;
    for item in items {
        last_cut = None;
        if removed.contains(&item.id()) {
            let dash = dash_of(text, *item, dash_column).ok_or_else(fault)?;
            let range = cut(*item, previous, dash, dash_column);
            last_cut = Some(range.end);
            draft.edits.push(Edit::delete(range));
        } else {
            previous = Some(*item);
        }
    }
    if added.len() > 0 {
        let last = items.last().copied().ok_or_else(fault)?;
        let ending = line_ending(text, first_dash);
        let printed = added.print(dash_column, ending);
        draft.edits.push(match (last_cut, append_point(text, last, dash_column)) {
            (Some(position), _) => Edit::insert(position, printed),
            (None, Some(point)) => point.insert(printed),
            (None, None) => {
                let dash = dash_of(text, last, dash_column).ok_or_else(fault)?;
                let before = items.iter().nth_back(1);
                let end_before = before.map_or(owner.colon.unwrap_or_default(), |before| before.end());
                Edit::insert(with_head_comments(text, line_start(text, dash), dash_column, end_before), printed)
            }
        });
    } else if items.iter().all(|item| removed.contains(&item.id())) {
        let colon = owner.colon.ok_or_else(fault)?;
        let properties = owner.value.properties().map_or(colon, |properties| properties.start as usize);
        draft.edits.push(Edit::insert(skip_properties(text, properties), " []"));
    }
    Ok(())
}

/// An item as lines, with its dash at `column`.
pub(super) fn print_item(item: &Piece<'_>, column: usize, line_ending: &str, output: &mut String) {
    output.extend(std::iter::repeat_n(' ', column));
    output.push_str("- ");
    block(item, column + 2, line_ending, output);
    output.push_str(line_ending);
}

/// The dash of an item: on the item's line, or on one above with only comments and properties between.
pub(crate) fn dash_of(text: &str, item: Node<'_>, dash_column: usize) -> Option<usize> {
    let mut line = line_start(text, item.outer_start());
    loop {
        let dash = line + dash_column;
        let before = text.get(line..dash)?;
        let after = text.get(dash..)?;
        if before.bytes().all(|byte| byte == b' ')
            && after.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        {
            return Some(dash);
        }
        line = line_start(text, line.checked_sub(1)?);
        if matches!(line_kind(text, line), LineKind::Content) && !text.get(line + dash_column..)?.starts_with('-') {
            return None;
        }
    }
}

/// All of an item: its lines, the comments below it that are indented like it, and what would change another's value.
fn cut(item: Node<'_>, previous: Option<Node<'_>>, dash: usize, dash_column: usize) -> Range<usize> {
    let text = item.source();
    let start = next_line(text, content_end(item));
    let keeps = last_leaf(item).is_none_or(keeps_blank_lines);
    let follows_block_scalar = previous.is_some_and(may_end_in_block_scalar);
    line_start(text, dash)..skip_foot(text, start, dash_column, keeps || follows_block_scalar)
}

/// Where lines can be added after a value.
pub(crate) struct AppendPoint {
    position: usize,
    /// A line ending that the text lacks there.
    missing_line_ending: &'static str,
}

impl AppendPoint {
    /// The place, if the text has a line ending there.
    pub(crate) fn finished_position(&self) -> Option<usize> {
        self.missing_line_ending.is_empty().then_some(self.position)
    }

    /// The edit that adds lines.
    pub(super) fn insert(&self, mut lines: String) -> Edit {
        lines.insert_str(0, self.missing_line_ending);
        Edit::insert(self.position, lines)
    }
}

/// The place after a value, its trailing blank lines (they may belong to a scalar) and the comments indented deeper than
/// `column`. `None` when the text ends in a block scalar without a line ending, whose value a line ending would change.
pub(crate) fn append_point(text: &str, value: Node<'_>, column: usize) -> Option<AppendPoint> {
    let content_end = content_end(value);
    let position = skip_foot(text, next_line(text, content_end), column, true);
    let is_finished = text.get(..position).is_some_and(|before| before.ends_with('\n'));
    if !is_finished && may_end_in_block_scalar(value) {
        return None;
    }
    let missing_line_ending = if is_finished { "" } else { line_ending(text, content_end) };
    Some(AppendPoint { position, missing_line_ending })
}

/// The line start above the comments that stand directly over a line, at its column. What is before ends at `end_before`: text in quotes
/// may look like a comment.
pub(super) fn with_head_comments(text: &str, mut line: usize, at_column: usize, end_before: usize) -> usize {
    while let Some(above) = line.checked_sub(1).map(|end| line_start(text, end)) {
        if above < end_before || !matches!(line_kind(text, above), LineKind::Comment(column) if column == at_column) {
            break;
        }
        line = above;
    }
    line
}
