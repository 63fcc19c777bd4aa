//! The part of a written ResourceList that edits can have changed: reading all of it again would double the time.
//!
//! An item in block style is the lines from its dash to the next item's. What the reader makes of them depends on nothing
//! but these lines and that the sequence goes on after them. So items whose lines are those of the input say what they
//! said; runs of them are left out, and one null item stands for each run, which the items before it must end at.

use super::ListItem;
use crate::read::tree::{CollectionStyle, Node, Shape};
use crate::write::edit::Edit;
use crate::write::items::{append_point, dash_of};
use crate::write::lines::{column, line_start};

/// A shorter ResourceList with everything that may have changed.
pub(super) struct Excerpt {
    /// Its text.
    pub(super) text: String,
    /// Its items without new ones: the index in the input's items, or `None` for a null that stands for a run of them.
    pub(super) items: Vec<Option<usize>>,
}

/// Takes what may have changed out of the output. `None` where items do not stand on lines of their own.
pub(super) fn excerpt(sequence: Node<'_>, items: &[ListItem<'_>], edits: &[Edit], output: &str) -> Option<Excerpt> {
    if sequence.shape() != Shape::Sequence(CollectionStyle::Block) {
        return None;
    }
    let input = sequence.source();
    let dash_column = column(input, sequence.start());
    let mut starts = Vec::with_capacity(items.len() + 1);
    for item in items {
        starts.push(line_start(input, dash_of(input, item.node, dash_column)?));
    }
    starts.push(append_point(input, items.last()?.node, dash_column)?.finished_position()?);
    let bounds = Bounds { starts: &starts, edits, cursor: 0, shift: 0 };
    let touched = touched(items, &starts, edits);
    let kept: Vec<(usize, usize)> = bounds
        .output_starts()
        .enumerate()
        .filter(|(index, _)| items.get(*index).is_none_or(|item| !item.goes))
        .collect();
    let mut text = output.get(..kept.first()?.1)?.to_owned();
    let mut listed: Vec<Option<usize>> = Vec::new();
    for pair in kept.windows(2) {
        let [(index, start), (_, end)] = pair else { continue };
        if touched.get(*index).copied().unwrap_or(true) {
            text.push_str(output.get(*start..*end)?);
            listed.push(Some(*index));
        } else if listed.last() != Some(&None) {
            text.push_str(&" ".repeat(dash_column));
            text.push_str("- ~\n");
            listed.push(None);
        }
    }
    text.push_str(output.get(kept.last()?.1..)?);
    Some(Excerpt { text, items: listed })
}

/// Which items have an edit on their lines, are planned to change, or have a line less after them.
fn touched(items: &[ListItem<'_>], starts: &[usize], edits: &[Edit]) -> Vec<bool> {
    let mut touched: Vec<bool> = items.iter().map(|item| item.is_changed).collect();
    let mut edits = edits.iter().peekable();
    let mut last_kept = None;
    for (index, (item, lines)) in items.iter().zip(starts.windows(2)).enumerate() {
        let [start, end] = lines else { continue };
        while edits.next_if(|edit| edit.range.end.max(edit.range.start + 1) <= *start).is_some() {}
        let is_edited = edits.peek().is_some_and(|edit| edit.range.start < *end);
        let concerned = if item.goes { last_kept } else { Some(index) };
        if (is_edited || item.goes)
            && let Some(slot) = concerned.and_then(|index| touched.get_mut(index))
        {
            *slot = true;
        }
        if !item.goes {
            last_kept = Some(index);
        }
    }
    // What is added comes after the last one.
    if let Some(slot) = last_kept.and_then(|index| touched.get_mut(index)) {
        *slot = true;
    }
    touched
}

/// Offsets of the input on their way to the output.
struct Bounds<'a> {
    starts: &'a [usize],
    edits: &'a [Edit],
    cursor: usize,
    shift: isize,
}

impl Bounds<'_> {
    /// Where the starts are in the output, before anything that is inserted there.
    fn output_starts(mut self) -> impl Iterator<Item = usize> {
        self.starts.iter().map(move |start| {
            while let Some(edit) =
                self.edits.get(self.cursor).filter(|edit| edit.range.end <= *start && edit.range.start < *start)
            {
                self.shift += edit.replacement.len().cast_signed() - edit.range.len().cast_signed();
                self.cursor += 1;
            }
            start.saturating_add_signed(self.shift)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ListItem, excerpt};
    use crate::read::parser::parse;
    use crate::write::edit::{Edit, EditSet};

    #[test]
    fn runs_of_untouched_items_become_nulls() {
        let input = "items: # c\n- a: 1\n- b: 2\n\n- c: 3\n- d: 4\n# between\n- # e\n  e: 5\n- f: 6\nx: y\n";
        let at = |text: &str| input.find(text).unwrap();
        let edits = EditSet::new(vec![
            Edit::insert(at("3") + 1, "!"),
            Edit::delete(at("- # e")..at("- f")),
            Edit::insert(at("x:"), "- new: 7\n"),
        ]);
        let edits = edits.unwrap();
        let (tree, documents) = parse(input).unwrap();
        let sequence = tree.node(input, documents[0].root).get("items").unwrap();
        let items: Vec<ListItem<'_>> = sequence
            .items()
            .enumerate()
            .map(|(index, node)| ListItem { id: None, node, goes: index == 4, is_changed: false })
            .collect();
        let excerpt = excerpt(sequence, &items, edits.as_slice(), &edits.apply(input).unwrap()).unwrap();
        assert_eq!(excerpt.text, "items: # c\n- ~\n- c: 3!\n- d: 4\n# between\n- f: 6\n- new: 7\nx: y\n");
        assert_eq!(excerpt.items, [None, Some(2), Some(3), Some(5)]);
    }

    #[test]
    fn items_that_share_lines_are_read_in_full() {
        for input in ["items: [a, b]\n", "items:\n- a\n- b"] {
            let (tree, documents) = parse(input).unwrap();
            let sequence = tree.node(input, documents[0].root).get("items").unwrap();
            let items = sequence.items().map(|node| ListItem { id: None, node, goes: false, is_changed: false });
            assert!(excerpt(sequence, &items.collect::<Vec<_>>(), &[], input).is_none(), "{input}");
        }
    }
}
