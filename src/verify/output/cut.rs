//! What an edited item has that no edit touches: most of it, which is left out when it is read again.
//!
//! In a block mapping, an entry is the lines from its key to the next key's. What the reader makes of them depends on nothing but these
//! lines and that a key of the same or an outer mapping follows. So a value says what it said if its lines and that of its key, whose
//! column it must be indented from, are those of the input. The key stays, with nothing behind it, and shows that what comes before ends
//! where it did.

use crate::read::tree::{CollectionStyle, Node, NodeId, Shape};
use crate::write::edit::{Edit, touching};
use std::ops::Range;

/// A value that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The value in the input.
    pub(super) value: NodeId,
    /// Its lines, which are no others'.
    pub(super) lines: Range<usize>,
}

/// Shorter values are read as fast as they are left out.
const SHORTEST: usize = 80;

/// The values of an item that can be left out, in text order. `end` is where the item's lines end, and `edits` are those in them, in
/// text order. For texts without aliases: their meaning depends on what stands elsewhere.
pub(super) fn cuts(item: Node<'_>, end: usize, edits: &[Edit]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut pending = vec![(item, end)];
    while let Some((mapping, end)) = pending.pop() {
        // Of a mapping that was pruned nobody knows where its entries end.
        if mapping.shape() != Shape::Mapping(CollectionStyle::Block) || mapping.is_pruned() {
            continue;
        }
        let mut entries = mapping.entries().peekable();
        while let Some((key, value)) = entries.next() {
            let Some(lines) = lines_of(key, value) else { continue };
            // What is added behind the comments that follow the value may belong to it, and how far it must be indented is said by
            // the line of its key.
            let end = entries.peek().map_or(end, |(next, _)| next.outer_start());
            if !touching(edits, &(key.line_start()..end)).is_empty() {
                pending.push((value, end));
            } else if lines.len() >= SHORTEST {
                cuts.push(Cut { value: value.id(), lines });
            }
        }
    }
    cuts.sort_unstable_by_key(|cut| cut.lines.start);
    cuts
}

/// The lines of a block collection below its key. `None` if they are not its own, or if there is more to the entry than key and value.
fn lines_of(key: Node<'_>, value: Node<'_>) -> Option<Range<usize>> {
    let is_block =
        matches!(value.shape(), Shape::Mapping(CollectionStyle::Block) | Shape::Sequence(CollectionStyle::Block));
    if !is_block || value.properties().is_some() || !key.is_scalar() || key.is_merge_key() {
        return None;
    }
    let start = value.line_start();
    let is_own = start >= key.end() && value.source().get(start..value.start())?.bytes().all(|byte| byte == b' ');
    is_own.then(|| start..value.next_line())
}

#[cfg(test)]
mod tests {
    use super::cuts;
    use crate::read::parser::parse;
    use crate::write::edit::Edit;

    /// What is left of an item when its values are cut around an edit right before `|`, which is no part of it.
    fn left(item: &str) -> String {
        let (before, behind) = item.split_once('|').unwrap();
        let text = format!("{before}{behind}");
        let (tree, documents) = parse(&text).unwrap();
        let edits = [Edit::insert(before.len(), "x")];
        let (mut left, mut position) = (String::new(), 0);
        for cut in cuts(tree.node(&text, documents[0].root), text.len(), &edits) {
            left += &text[position..cut.lines.start];
            position = cut.lines.end;
        }
        left + &text[position..]
    }

    const LONG: &str = "a value that is long enough for leaving it out to be worth the while, eighty bytes";

    #[test]
    fn values_without_edits_are_left_out() {
        for (item, expected) in [
            ("a:|\nb:\n  c: L\nd: e\n", "a:\nb:\nd: e\n"),
            ("a:|\nb: # c\n# d\n- L\n# e\nf: g\n", "a:\nb: # c\n# d\n# e\nf: g\n"),
            ("a:\n  b:\n    c:|\n    d:\n      e: L\n  f:\n    g: L\n", "a:\n  b:\n    c:\n    d:\n  f:\n"),
            ("a:|\nb:\n  c: >+\n    L\n\n\nd: e\n", "a:\nb:\nd: e\n"),
            ("a:|\nb:\n  c: >\n    L\n\n\nd: e\n", "a:\nb:\n\n\nd: e\n"),
            ("a:|\n? b\n:\n  c: L\n", "a:\n? b\n:\n"),
        ] {
            let long = |text: &str| text.replace('L', LONG);
            assert_eq!(left(&long(item)), long(expected), "{item}");
        }
    }

    #[test]
    fn what_shares_lines_or_touches_an_edit_stays() {
        for item in [
            "a:|\nb:\n  c: short\n",
            "a:|\nb: {c: L}\n",
            "a:|\nb:\n  {c: L}\n",
            "a:|\nb: !!map\n  c: L\n",
            "a:|\n? b\n: c: L\n",
            "a:|\n<<:\n  c: L\n",
            "a:|\n? [b]\n:\n  c: L\n",
            "a: b\nb:|\n  c: L\n",
            "a: b\n|b:\n  c: L\n",
            "a: b\nb:\n|  c: L\n",
            "a: b\nb:\n  c: L\n|d: e\n",
            "a: b\nb:\n  c: L\n  # f\n|d: e\n",
            "a: b\nb:\n  c: L\n  # f\n|",
            "b:\n- |L\n",
        ] {
            let item = item.replace('L', LONG);
            assert_eq!(left(&item), item.replace('|', ""), "{item}");
        }
    }
}
