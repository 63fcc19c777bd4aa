//! What both lanes make of a text, compared node by node.

use enforce_intents::read::lane::parse_fast;
use enforce_intents::read::parser::{Document, parse_keeping};
use enforce_intents::read::prune::{Selection, needed_to_compile};
use enforce_intents::read::tree::{Node, Tree};

/// With and without forgetting what compiling does not need.
const SELECTIONS: [Option<Selection>; 2] = [None, Some(needed_to_compile)];

/// Short texts are read by so many threads, each in two parts: of several items, or of one.
const THREADS: [usize; 2] = [2, 5];

/// Whether the fast lane reads the text.
///
/// # Errors
/// A description of the difference, if it does and the parser gives an error or another tree.
pub(crate) fn compare(text: &str) -> Result<bool, String> {
    for selection in SELECTIONS {
        let whole = parse_fast(text, selection, 1);
        for threads in THREADS {
            match (parse_fast(text, selection, threads), &whole) {
                (None, None) => {}
                (Some((divided, documents)), Some((tree, expected))) => {
                    same_documents(text, (&divided, &documents), (tree, expected))
                        .map_err(|fault| format!("with {threads} threads {fault}"))?;
                }
                (divided, _) => {
                    return Err(format!("read with {threads} threads: {}, with one not so", divided.is_some()));
                }
            }
        }
        let Some((tree, documents)) = whole else { return Ok(false) };
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
    for (document, other) in documents.iter().zip(expected_documents) {
        let mut pending = vec![(tree.node(text, document.root), expected.node(text, other.root))];
        while let Some((found, wanted)) = pending.pop() {
            let (node, other) = (describe(found), describe(wanted));
            if node != other {
                return Err(format!("a node is\n  {node}\ninstead of\n  {other}"));
            }
            let before = |tree: &Tree, node: Node<'_>| tree.node_before(node).map(|before| before.end());
            if before(tree, found) != before(expected, wanted) {
                return Err(format!("another node comes before\n  {node}"));
            }
            if tree.node(text, found.id()).start() != found.start() {
                return Err(format!("a node is not found by its id:\n  {node}"));
            }
            pending.extend(found.children().zip(wanted.children()));
        }
    }
    Ok(())
}

/// All that stages can see of a node.
fn describe(node: Node<'_>) -> String {
    format!(
        "{:?} {}..{} with {} children pruned {} properties {:?} column {} value {:?}",
        node.shape(),
        node.start(),
        node.end(),
        node.children().count(),
        node.is_pruned(),
        node.properties(),
        node.column(),
        node.as_str(),
    )
}
