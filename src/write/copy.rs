//! Copies of nodes: aliases and merges expanded, anchors left behind, scalars in their original spelling.

use super::emit::double_quoted;
use super::piece::{Piece, Spelled, Token};
use crate::read::tree::{Node, ScalarStyle, Shape};

/// Why a node cannot be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyFault {
    /// It expands to too many nodes, or contains itself.
    TooLarge,
    /// A key of a mapping is no text.
    ComplexKey,
    /// An alias has no anchor.
    NoAnchor,
}

/// A copy deeper than this contains itself or was written to do harm.
const MAX_DEPTH: usize = 100;

/// How many nodes the copies of one run may have together: aliases can multiply.
pub(super) const MAX_COPIED_NODES: usize = 200_000;

/// Copies a node. `budget` is the number of nodes that may still be copied.
pub(super) fn copy(node: Node<'_>, budget: &mut usize) -> Result<Piece<'static>, CopyFault> {
    copy_at_depth(node, budget, 0)
}

/// The entries of a mapping with merges applied, own entries first.
pub(super) fn copy_entries(
    mapping: Node<'_>,
    budget: &mut usize,
) -> Result<Vec<(Token<'static>, Piece<'static>)>, CopyFault> {
    copy_entries_at_depth(mapping, budget, 0)
}

fn copy_at_depth(node: Node<'_>, budget: &mut usize, depth: usize) -> Result<Piece<'static>, CopyFault> {
    *budget = budget.checked_sub(1).filter(|_| depth < MAX_DEPTH).ok_or(CopyFault::TooLarge)?;
    let node = node.resolve().ok_or(CopyFault::NoAnchor)?;
    match node.shape() {
        Shape::Mapping(_) => copy_entries_at_depth(node, budget, depth).map(Piece::Map),
        Shape::Sequence(_) => {
            let items: Result<_, _> = node.items().map(|item| copy_at_depth(item, budget, depth + 1)).collect();
            items.map(Piece::List)
        }
        Shape::Scalar(_) | Shape::Alias => Ok(Piece::Scalar(token(node))),
    }
}

fn copy_entries_at_depth(
    mapping: Node<'_>,
    budget: &mut usize,
    depth: usize,
) -> Result<Vec<(Token<'static>, Piece<'static>)>, CopyFault> {
    // A key that is not written is null, and no spelling of null has the same text.
    if mapping.entries().any(|(key, _)| key.as_str().is_none() || key.is_absent()) {
        return Err(CopyFault::ComplexKey);
    }
    let entries = mapping.merged_entries().into_iter();
    entries
        .map(|(_, key, value)| {
            let key = key.resolve().ok_or(CopyFault::NoAnchor)?;
            Ok((token(key), copy_at_depth(value, budget, depth + 1)?))
        })
        .collect()
}

/// A scalar in its own spelling where that works on one line and inside flow collections.
pub(super) fn token(scalar: Node<'_>) -> Token<'static> {
    let value = scalar.as_str().unwrap_or_default().to_owned();
    let raw = scalar.source().get(scalar.start()..scalar.end()).unwrap_or_default();
    let tag = scalar.tag();
    let keeps_spelling = match scalar.shape() {
        // In flow style, Go's YAML library ends text without quotes at a question mark, too.
        Shape::Scalar(ScalarStyle::Plain) => !raw.starts_with(':') && !raw.contains([',', '?', '[', ']', '{', '}']),
        Shape::Scalar(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) => true,
        _ => false,
    };
    let content = match tag {
        None | Some("!!null") if raw.is_empty() => "null".to_owned(),
        _ if !raw.is_empty() && keeps_spelling && !raw.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) => {
            raw.to_owned()
        }
        _ => double_quoted(&value),
    };
    let spelling = match tag {
        Some(tag) if tag != "!!null" => format!("{tag} {content}"),
        _ => content,
    };
    Token::Spelled(Box::new(Spelled { spelling, value }))
}

#[cfg(test)]
mod tests {
    use super::{CopyFault, MAX_COPIED_NODES, copy};
    use crate::read::parser::parse;
    use crate::write::emit::{Quoting, flow};

    fn copied(text: &str) -> Result<String, CopyFault> {
        let (tree, documents) = parse(text).unwrap();
        let value = tree.node(text, documents[0].root).get("v").unwrap();
        let mut output = String::new();
        flow(&copy(value, &mut MAX_COPIED_NODES.clone())?, Quoting::Yaml, &mut output);
        Ok(output)
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let text = "v:\n  a: yes\n  'b': \"\\x41\"\n  c: 0644 # comment\n  d: !!str 1\n  e:\n  f: !!null\n  g: a,b\n  h: ?x\n  i: &x y\n  j: -1\n  k: a?b\n";
        let expected = "{a: yes, 'b': \"\\x41\", c: 0644, d: !!str 1, e: null, f: null, g: \"a,b\", h: \"?x\", i: y, j: -1, k: \"a?b\"}";
        assert_eq!(copied(text).as_deref(), Ok(expected));
    }

    #[test]
    fn text_over_several_lines_is_quoted() {
        let text = "v:\n- |\n  a\n  b\n- a\n  b\n- 'a\n\n  b'\n- >-\n  c\n";
        assert_eq!(copied(text).as_deref(), Ok(r#"["a\nb\n", "a b", "a\nb", "c"]"#));
    }

    #[test]
    fn aliases_and_merges_are_expanded() {
        let text = "a: &a {x: 1, y: 2}\nb: &b [*a]\nv:\n  <<: *a\n  x: 3\n  z: *b\n";
        assert_eq!(copied(text).as_deref(), Ok("{x: 3, z: [{x: 1, y: 2}], y: 2}"));
    }

    #[test]
    fn what_cannot_be_copied_is_refused() {
        assert_eq!(copied("v: {? [a] : b}\n"), Err(CopyFault::ComplexKey));
        assert_eq!(copied("v:\n  : b\n"), Err(CopyFault::ComplexKey));
        let many = format!("a: &a [{}]\nb: &b [{}]\nv: [{}]\n", "x, ".repeat(99), "*a, ".repeat(99), "*b, ".repeat(99));
        assert_eq!(copied(&many), Err(CopyFault::TooLarge));
    }
}
