//! What both lanes make of a text, compared node by node.

use enforce_intents::read::lane::parse_fast;
use enforce_intents::read::parser::{Document, parse_keeping};
use enforce_intents::read::prune::{Selection, needed_to_compile};
use enforce_intents::read::tree::{Node, NodeId, Tree};

/// With and without forgetting what compiling does not need.
const SELECTIONS: [Option<Selection>; 2] = [None, Some(needed_to_compile)];

/// Whether the fast lane reads the text.
///
/// # Errors
/// A description of the difference, if it does and the parser gives an error or another tree.
pub(crate) fn compare(text: &str) -> Result<bool, String> {
    for selection in SELECTIONS {
        let divided = parse_fast(text, selection, 2);
        let Some((tree, documents)) = parse_fast(text, selection, 1) else {
            return if divided.is_none() { Ok(false) } else { Err("only two threads read it".to_owned()) };
        };
        let (divided, divided_documents) = divided.ok_or("only one thread reads it")?;
        same_documents(text, (&divided, &divided_documents), (&tree, &documents))?;
        let parsed = parse_keeping(text, selection);
        let (expected, expected_documents) =
            parsed.map_err(|error| format!("the parser refuses it at byte {}: {error}", error.offset))?;
        same_documents(text, (&tree, &documents), (&expected, &expected_documents))?;
    }
    Ok(true)
}

type Read<'t> = (&'t Tree, &'t [Document]);

fn same_documents(
    text: &str,
    (tree, documents): Read<'_>,
    (expected, expected_documents): Read<'_>,
) -> Result<(), String> {
    if documents != expected_documents {
        return Err(format!("documents are {documents:?} instead of {expected_documents:?}"));
    }
    if tree.len() != expected.len() {
        return Err(format!("{} nodes instead of {} in {} documents", tree.len(), expected.len(), documents.len()));
    }
    for id in (0u32..).map(NodeId).take(tree.len()) {
        let (found, wanted) = (describe(tree.node(text, id)), describe(expected.node(text, id)));
        if found != wanted {
            return Err(format!("node {} is\n  {found}\ninstead of\n  {wanted}", id.0));
        }
    }
    Ok(())
}

/// All that stages can see of a node.
fn describe(node: Node<'_>) -> String {
    format!(
        "{:?} {}..{} to node {} pruned {} properties {:?} column {} value {:?}",
        node.shape(),
        node.start(),
        node.end(),
        node.subtree_end().0,
        node.is_pruned(),
        node.properties(),
        node.column(),
        node.as_str(),
    )
}
