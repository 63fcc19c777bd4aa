//! The part of a written ResourceList that edits can have changed: reading all of it again would double the time.
//!
//! An item in block style is the lines from its dash to the next item's. What the reader makes of them depends on nothing
//! but these lines and that the sequence goes on after them. So items whose lines are those of the input say what they
//! said and are left out, and the others can be read in any company; a null item behind them shows that they end where they
//! did.

use super::ListItem;
use super::cut::cuts;
use crate::read::tree::{CollectionStyle, Node, NodeId, Shape};
use crate::write::edit::{Edit, EditSet, append_edited, touching};
use crate::write::items::{append_point, dash_of};
use crate::write::lines::{column, line_start};

/// A shorter ResourceList.
#[derive(Default)]
pub(super) struct Excerpt {
    /// Its text.
    pub(super) text: String,
    /// Its items without new ones: the index in the input's items, or `None` for a null.
    pub(super) items: Vec<Option<usize>>,
    /// The values of the input that have a null instead, in their order.
    pub(super) cut: Vec<NodeId>,
}

/// Parts are about this long: small beside the input.
const PART: usize = 1 << 18;

/// What may have changed, without its text.
pub(super) struct Excerpts {
    /// Runs of changed items that are read each as a ResourceList of its own without anything else.
    pub(super) runs: Vec<Run>,
    /// The last item, and all that is not an item.
    pub(super) last: Excerpt,
}

/// Items of the input, each with the one that follows it in the output.
pub(super) type Run = Vec<(usize, usize)>;

/// Takes what may have changed out of the output. `None` where items do not stand on lines of their own.
pub(super) fn excerpts(sequence: Node<'_>, items: &[ListItem<'_>], edits: &EditSet) -> Option<Excerpts> {
    if sequence.shape() != Shape::Sequence(CollectionStyle::Block) {
        return None;
    }
    let input = sequence.source();
    let dash_column = column(input, sequence.start());
    append_point(input, items.last()?.node, dash_column)?.finished_position()?;
    let touched = touched(items, edits.as_slice());
    let kept = || (0..).zip(items).filter(|(_, item)| !item.goes).map(|(index, _)| index);
    let (first_index, last_index) = (kept().next()?, items.iter().rposition(|item| !item.goes)?);
    let (mut runs, mut run, mut length) = (Vec::new(), Run::new(), 0);
    for (index, next) in kept().zip(kept().skip(1)) {
        if !touched.get(index).copied().unwrap_or(true) {
            continue;
        }
        length += items.get(next)?.range.start - items.get(index)?.range.start;
        run.push((index, next));
        if length >= PART {
            runs.push(std::mem::take(&mut run));
            length = 0;
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    let start = |index: usize| line_of_dash(items.get(index)?, dash_column);
    let mut last = Excerpt::default();
    edits.append_slice(input, 0..start(first_index)?, false, &mut last.text).ok()?;
    if first_index != last_index {
        last.text.push_str(&null_item(dash_column));
        last.items.push(None);
    }
    edits.append_slice(input, start(last_index)?..input.len(), true, &mut last.text).ok()?;
    last.items.push(Some(last_index));
    Some(Excerpts { runs, last })
}

/// The ResourceList of a run, with a null behind the last item: each must end where the next begins. What no edit touches of an item
/// is left out. `None` where items do not stand on lines of their own, or an edit crosses the lines of two.
pub(super) fn excerpt(sequence: Node<'_>, items: &[ListItem<'_>], run: &Run, edits: &EditSet) -> Option<Excerpt> {
    let input = sequence.source();
    let dash_column = column(input, sequence.start());
    let mut excerpt = Excerpt { text: "items:\n".to_owned(), ..Excerpt::default() };
    for (index, next) in run {
        let item = items.get(*index)?;
        let lines = line_of_dash(item, dash_column)?..line_of_dash(items.get(*next)?, dash_column)?;
        let edits = touching(edits.as_slice(), &lines);
        let mut position = lines.start;
        for cut in cuts(item.node, lines.end, edits) {
            append_edited(edits, input, position..cut.lines.start, false, &mut excerpt.text).ok()?;
            excerpt.cut.push(cut.value);
            position = cut.lines.end;
        }
        append_edited(edits, input, position..lines.end, false, &mut excerpt.text).ok()?;
        excerpt.items.push(Some(*index));
    }
    excerpt.text.push_str(&null_item(dash_column));
    excerpt.items.push(None);
    Some(excerpt)
}

fn line_of_dash(item: &ListItem<'_>, dash_column: usize) -> Option<usize> {
    let input = item.node.source();
    Some(line_start(input, dash_of(input, item.node, dash_column)?))
}

fn null_item(dash_column: usize) -> String {
    format!("{}- ~\n", " ".repeat(dash_column))
}

/// Which items may have an edit on their lines, are planned to change, or have a line less after them. What is edited between two
/// items may be on the lines of either.
fn touched(items: &[ListItem<'_>], edits: &[Edit]) -> Vec<bool> {
    let mut touched: Vec<bool> = items.iter().map(|item| item.is_changed).collect();
    let mut edits = edits.iter().peekable();
    let (mut last_kept, mut end_before) = (None, 0);
    for (index, item) in items.iter().enumerate() {
        while edits.next_if(|edit| edit.range.end < end_before).is_some() {}
        let next_start = items.get(index + 1).map_or(usize::MAX, |next| next.range.start);
        let is_edited = edits.peek().is_some_and(|edit| edit.range.start <= next_start);
        let concerned = if item.goes { last_kept } else { Some(index) };
        if (is_edited || item.goes)
            && let Some(slot) = concerned.and_then(|index| touched.get_mut(index))
        {
            *slot = true;
        }
        if !item.goes {
            last_kept = Some(index);
        }
        end_before = item.range.end;
    }
    // What is added comes after the last one.
    if let Some(slot) = last_kept.and_then(|index| touched.get_mut(index)) {
        *slot = true;
    }
    touched
}

#[cfg(test)]
mod tests {
    use super::{Excerpts, ListItem, excerpt, excerpts};
    use crate::read::parser::parse;
    use crate::read::tree::Node;
    use crate::write::edit::{Edit, EditSet};

    fn item(node: Node<'_>) -> ListItem<'_> {
        ListItem { id: None, node, range: node.outer_start()..node.end(), goes: false, is_changed: false }
    }

    #[test]
    fn untouched_items_are_left_out() {
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
        let items: Vec<ListItem<'_>> =
            sequence.items().enumerate().map(|(index, node)| ListItem { goes: index == 4, ..item(node) }).collect();
        let Excerpts { runs, last } = excerpts(sequence, &items, &edits).unwrap();
        let [run] = runs.as_slice() else { panic!("{runs:?}") };
        let run = excerpt(sequence, &items, run, &edits).unwrap();
        assert_eq!(run.text, "items:\n- c: 3!\n- d: 4\n# between\n- ~\n");
        assert_eq!(run.items, [Some(2), Some(3), None]);
        assert_eq!(last.text, "items: # c\n- ~\n- f: 6\n- new: 7\nx: y\n");
        assert_eq!(last.items, [None, Some(5)]);
    }

    #[test]
    fn items_that_share_lines_are_read_in_full() {
        for input in ["items: [a, b]\n", "items:\n- a\n- b"] {
            let (tree, documents) = parse(input).unwrap();
            let sequence = tree.node(input, documents[0].root).get("items").unwrap();
            let items = sequence.items().map(item);
            let excerpts = excerpts(sequence, &items.collect::<Vec<_>>(), &EditSet::default());
            assert!(excerpts.is_none(), "{input}");
        }
    }
}
