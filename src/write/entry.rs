//! Where an entry of a mapping begins and ends in the text.

use super::draft::EditFault;
use super::lines::{after_colon, column, line_end, line_start, skip_space_and_comments};
use crate::read::tree::{CollectionStyle, Node, ScalarStyle, Shape};

/// An entry of a mapping with the bytes that matter for editing it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'t> {
    /// The key.
    pub(super) key: Node<'t>,
    /// The value.
    pub(super) value: Node<'t>,
    /// First byte, with anchor, tag and the `?` of an explicit key. `None` if the `?` was not found.
    pub(super) start: Option<usize>,
    /// One past the colon, if the entry has one.
    pub(super) colon: Option<usize>,
    /// One past the last byte of the value, without trailing comments and blank lines.
    pub(super) end: usize,
}

/// The entries of a mapping that is no alias, as written.
pub(super) fn entries<'t>(mapping: Node<'t>) -> Vec<Entry<'t>> {
    let text = mapping.source();
    let is_block = mapping.shape() == Shape::Mapping(CollectionStyle::Block);
    let column = if is_block { block_column(mapping) } else { 0 };
    let has_brace = text.get(mapping.start()..).is_some_and(|text| text.starts_with('{'));
    let mut end_before = mapping.start() + usize::from(has_brace);
    let entry = |(key, value): (Node<'t>, Node<'t>)| {
        let start = if is_block { block_start(key, column) } else { Some(flow_start(key, end_before)) };
        end_before = content_end(value);
        Entry { key, value, start, colon: after_colon(text, key.end()), end: end_before }
    };
    mapping.entries().map(entry).collect()
}

impl Entry<'_> {
    /// Whether the key begins the entry: no anchor, no tag, no `?`.
    pub(super) fn starts_with_key(&self) -> bool {
        self.start == Some(self.key.start())
    }
}

/// Column of a block mapping, in bytes: what stands before it on its line is ASCII.
pub(super) fn block_column(mapping: Node<'_>) -> usize {
    column(mapping.source(), mapping.start())
}

/// Whether a value is a `|` or `>` scalar.
pub(super) fn is_block_scalar(value: Node<'_>) -> bool {
    matches!(value.shape(), Shape::Scalar(ScalarStyle::Literal | ScalarStyle::Folded))
}

/// Whether a value is a scalar whose trailing blank lines belong to it: empty ones (`|+`), or such as are indented deeper than it.
pub(super) fn keeps_blank_lines(value: Node<'_>) -> bool {
    let ends_in_blank_line = |value: &str| {
        let lines = value.strip_suffix('\n');
        lines.and_then(|lines| lines.rsplit('\n').next()).is_some_and(|line| line.trim_matches([' ', '\t']).is_empty())
    };
    is_block_scalar(value) && value.as_str().is_some_and(ends_in_blank_line)
}

/// Whether a value is a mapping or sequence in block style.
pub(super) fn is_block_collection(value: Node<'_>) -> bool {
    matches!(value.shape(), Shape::Mapping(CollectionStyle::Block) | Shape::Sequence(CollectionStyle::Block))
}

/// Refuses keys that are collections: Kubernetes has none, and where one ends depends on what stands in it.
pub(super) fn reject_complex_keys<'t>(mut keys: impl Iterator<Item = Node<'t>>) -> Result<(), EditFault> {
    match keys.find(|key| matches!(key.shape(), Shape::Mapping(_) | Shape::Sequence(_))) {
        Some(key) => Err(EditFault::cannot_edit(key, "a key is a mapping or a sequence", "write keys that are text")),
        None => Ok(()),
    }
}

/// Whether a value ends with a `|` or `>` scalar, or may do so: of a pruned object nobody knows.
pub(super) fn may_end_in_block_scalar(value: Node<'_>) -> bool {
    last_leaf(value).is_none_or(is_block_scalar)
}

/// The last scalar, alias or flow collection in a value. `None` if it was pruned away.
pub(super) fn last_leaf(value: Node<'_>) -> Option<Node<'_>> {
    let mut leaf = value;
    while is_block_collection(leaf) && !leaf.is_pruned() {
        let (before, last) = leaf.children().fold((None, None), |(_, last), child| (last, Some(child)));
        let last = last?;
        // Behind a `?` a key may stand alone, without a colon: what is absent then is not in the text.
        leaf = before.filter(|key: &Node<'_>| last.is_absent() && key.end() == last.start()).unwrap_or(last);
    }
    (!leaf.is_pruned() || !is_block_collection(leaf)).then_some(leaf)
}

/// One past the last byte of a value that is on a line: without the line breaks that a `|+` scalar keeps.
pub(super) fn content_end(value: Node<'_>) -> usize {
    let text = value.source();
    let content = text.get(value.start()..value.end()).unwrap_or_default();
    if content.ends_with('\n') { line_end(text, value.start() + content.trim_end().len()) } else { value.end() }
}

/// An explicit key's `?` stands at the mapping's column, on the key's line or just above.
fn block_start(key: Node<'_>, column: usize) -> Option<usize> {
    let text = key.source();
    let start = key.outer_start();
    let line = line_start(text, start);
    let key_column = super::lines::column(text, start);
    if key_column == column {
        return Some(start);
    }
    let question_mark = |line: usize| {
        let is_comment = text.get(line..line + column).is_none_or(|before| before.contains('#'));
        !is_comment && text.as_bytes().get(line + column) == Some(&b'?')
    };
    if key_column > column && question_mark(line) {
        return Some(line + column);
    }
    let above = line_start(text, line.checked_sub(1)?);
    question_mark(above).then_some(above + column)
}

/// The `?` of an explicit key, else the key. The entry before it, or the brace, ends at `end_before`.
fn flow_start(key: Node<'_>, end_before: usize) -> usize {
    let text = key.source();
    let starts_with = |position: usize, mark: char| text.get(position..).is_some_and(|rest| rest.starts_with(mark));
    let comma = skip_space_and_comments(text, end_before);
    let start = skip_space_and_comments(text, comma + usize::from(starts_with(comma, ',')));
    if start < key.outer_start() && starts_with(start, '?') { start } else { key.outer_start() }
}

#[cfg(test)]
mod tests {
    use super::entries;
    use crate::read::parser::parse;

    /// The text of every entry of the root mapping, from its start to the end of its value.
    fn slices(text: &str) -> Vec<&str> {
        let (tree, documents) = parse(text).unwrap();
        let root = tree.node(text, documents[0].root);
        entries(root).iter().map(|entry| text.get(entry.start.unwrap()..entry.end).unwrap()).collect()
    }

    #[test]
    fn block_entries() {
        let text = "a: b # c\nd: |+\n  x\n\n\ne:\n  f: \n  g: &x\n\n? k\n: - 1\n  -\n  # c\n&y h: {a: b\n  }\n? \n  l\n: >\n\nm: |\n";
        let expected =
            ["a: b", "d: |+\n  x", "e:\n  f: \n  g: &x", "? k\n: - 1\n  -", "&y h: {a: b\n  }", "? \n  l\n: >", "m: |"];
        assert_eq!(slices(text), expected);
    }

    #[test]
    fn flow_entries() {
        assert_eq!(
            slices("{ # ?\na: b, c, d: , ? e : f,\"g\":&x , # ?\n *x : 1, ? # ?\n h: 2, ?\n : 3, i: 4}"),
            ["a: b", "c", "d:", "? e : f", "\"g\":&x", "*x : 1", "? # ?\n h: 2", "?\n : 3", "i: 4"]
        );
    }
}
