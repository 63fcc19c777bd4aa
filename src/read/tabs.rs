//! Tabs that Go's reader takes for blanks and our parser does not.

use super::document::{Document, Failure, SyntaxError};
use super::layout;
use super::tree::{CollectionStyle, NodeData, Shape, Tree};

/// Lines of flow collections may start with such tabs this many times.
const MAX_TAB_LINES: usize = 100;

/// Reads a text again with the tabs that start lines of flow collections as blanks: as many bytes, so that every span is right
/// for the text as well. `offset` is behind the first of them; `parse` reads such a text, with all nodes.
///
/// # Errors
/// The first tab elsewhere, or the first error if there are other faults.
pub(super) fn parse_with_tabs_in_flow(
    text: &str,
    first_error: SyntaxError,
    mut offset: usize,
    parse: impl Fn(&str) -> Result<(Tree, Vec<Document>), Failure>,
) -> Result<(Tree, Vec<Document>), SyntaxError> {
    let mut patched = text.to_owned();
    let mut lines = Vec::new();
    for _ in 0..MAX_TAB_LINES {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let indentation = before.get(line..).unwrap_or_default();
        patched.replace_range(line..offset, &indentation.replace('\t', " "));
        lines.push(line);
        match parse(&patched) {
            Ok((tree, documents)) => {
                let is_inside = |line: usize| tree.nodes.iter().any(|node| is_flow_around(node, line));
                let Some(outside) = lines.into_iter().find(|line| !is_inside(*line)) else {
                    return Ok((tree, documents));
                };
                let offset = layout::indenting_tab(text, outside).unwrap_or(outside);
                return Err(SyntaxError { offset, ..first_error });
            }
            Err(Failure { behind_tabs: Some(next), .. }) if next > offset => offset = next,
            Err(_) => break,
        }
    }
    Err(first_error)
}

fn is_flow_around(node: &NodeData, offset: usize) -> bool {
    matches!(node.shape, Shape::Mapping(CollectionStyle::Flow) | Shape::Sequence(CollectionStyle::Flow))
        && (node.start as usize) < offset
        && offset < node.end as usize
}
