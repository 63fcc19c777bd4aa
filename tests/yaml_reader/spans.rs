//! Whether the spans of nodes are what their documentation promises: they begin and end with the right characters, and text
//! inserted behind a node changes nothing else.

use super::events;
use enforce_intents::read::parser;
use enforce_intents::read::tree::{CollectionStyle, Node, ScalarStyle, Shape};

/// Checks every node of a text, which must be YAML; what inserting lines does only if wanted, since it reads the text again
/// for every entry.
pub(crate) fn check(text: &str, inserts: bool) {
    let (tree, documents) = parser::parse(text).unwrap();
    for document in &documents {
        let root = tree.node(text, document.root);
        assert!(document.text.start <= root.outer_start() && root.end() <= document.text.end, "{document:?} {text:?}");
        let mut nodes = vec![root];
        let mut index = 0;
        while let Some(node) = nodes.get(index).copied() {
            check_ends(node);
            let children: Vec<_> = node.children().collect();
            for child in &children {
                assert!(node.start() <= child.outer_start() && child.end() <= node.end(), "{child:?} in {node:?}");
            }
            assert!(children.windows(2).all(|pair| pair[0].end() <= pair[1].outer_start()), "{children:?}");
            if inserts && node.shape() == Shape::Mapping(CollectionStyle::Block) {
                check_entries(text, node, &children);
            }
            nodes.extend(children);
            index += 1;
        }
    }
}

/// First and last characters.
fn check_ends(node: Node<'_>) {
    let text = node.source();
    let (Some(inside), Some(behind)) = (text.get(node.start()..node.end()), text.get(node.start()..)) else {
        panic!("{node:?} splits a character of {text:?}");
    };
    let is_good = match node.shape() {
        Shape::Alias => inside.starts_with('*') && inside.len() > 1,
        Shape::Scalar(ScalarStyle::SingleQuoted) => {
            inside.len() > 1 && inside.starts_with('\'') && inside.ends_with('\'')
        }
        Shape::Scalar(ScalarStyle::DoubleQuoted) => {
            inside.len() > 1 && inside.starts_with('"') && inside.ends_with('"')
        }
        Shape::Scalar(ScalarStyle::Literal) => inside.starts_with('|'),
        Shape::Scalar(ScalarStyle::Folded) => inside.starts_with('>'),
        Shape::Scalar(ScalarStyle::Plain) => node.is_absent() || inside == inside.trim(),
        Shape::Sequence(CollectionStyle::Block) => {
            inside.starts_with('-') && behind[1..].chars().next().is_none_or(char::is_whitespace)
        }
        Shape::Sequence(CollectionStyle::Flow) => inside.starts_with('[') && inside.ends_with(']'),
        Shape::Mapping(CollectionStyle::Flow) => {
            !inside.starts_with('{') || inside.ends_with('}') || node.children().next().unwrap().start() == node.start()
        }
        Shape::Mapping(CollectionStyle::Block) => {
            let key = node.children().next().unwrap();
            node.start() == key.outer_start() || inside.starts_with('?')
        }
    };
    assert!(is_good, "{node:?} in {text:?}");
    if let Some(properties) = node.properties() {
        let start = &text[properties.start as usize..];
        assert!(start.starts_with(['&', '!']), "{node:?} with {properties:?} in {text:?}");
    }
}

/// A line inserted behind an entry is the next entry.
fn check_entries(text: &str, mapping: Node<'_>, children: &[Node<'_>]) {
    let before = events::ours(text).unwrap();
    for pair in children.chunks(2) {
        let [key, value] = pair else { panic!("{mapping:?} has a key without value") };
        let next_line = value.next_line();
        // Without a last line break, inserting one changes a block scalar; explicit keys and root scalars indent otherwise.
        if next_line > 0 && text[..next_line].ends_with('\n') && !has_question_mark(text, *key) {
            let line = format!("{}zz: zz\n", " ".repeat(mapping.column()));
            let inserted = format!("{}{line}{}", &text[..next_line], &text[next_line..]);
            let mut expected = before.clone();
            // The words of the tree are in text order, so the entry's place is that of the line.
            let after = events::ours(&inserted);
            let after = after.unwrap_or_else(|error| panic!("{error} after inserting behind {value:?}:\n{inserted}"));
            let position = (0..expected.len()).find(|index| before[*index] != after[*index]).unwrap_or(before.len());
            expected.splice(position..position, ["\"zz\"".to_owned(), "\"zz\"".to_owned()]);
            assert_eq!(after, expected, "inserting behind {value:?}:\n{inserted}");
        }
    }
}

fn has_question_mark(text: &str, key: Node<'_>) -> bool {
    text[..key.outer_start()].trim_end().ends_with('?')
}
