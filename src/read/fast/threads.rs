//! Two threads for one large ResourceList (`spec/yaml.md` 5): the second starts at what looks like an item in the middle, and what it
//! read counts only if the first one arrives there between two items. So the tree is the same with one thread.

use super::lines::Lexer;
use crate::read::document::Document;
use crate::read::prune::Selection;
use crate::read::tree::Tree;

/// Reads the text with two threads. `None` if it cannot be divided; `Some(None)` if it is not in the subset.
#[allow(clippy::option_option, reason = "two different reasons for there being no tree")]
pub(super) fn parse(text: &str, selection: Option<Selection>) -> Option<Option<(Tree, Vec<Document>)>> {
    let (middle, column) = middle(text)?;
    std::thread::scope(|scope| {
        let second = std::thread::Builder::new().spawn_scoped(scope, || {
            let mut lexer = Lexer::between_items(text, selection, column);
            lexer.lines(middle, text.len())?;
            Some(lexer)
        });
        let second = second.ok()?;
        let mut lexer = Lexer::new(text, selection);
        let arrived = lexer.lines(0, middle);
        let is_right = match arrived {
            // A text that is not in the subset up to here is not, whatever follows.
            None => return Some(None),
            Some(position) => position == middle && lexer.is_between_items(column)?,
        };
        let later = second.join().ok()?;
        if !is_right {
            return None;
        }
        match later {
            // A second document is possible; rare, and not worth more code.
            Some(later) if later.has_documents() => None,
            Some(later) => Some(lexer.join(later).and_then(|()| lexer.finish())),
            None => Some(None),
        }
    })
}

/// The start of a line in the middle of the text that looks like an item, and the column of its dash: that of the line after `items:`.
fn middle(text: &str) -> Option<(usize, usize)> {
    let items = text.find("\nitems:\n")? + "\nitems:\n".len();
    let first = text.get(items..)?;
    let column = first.len() - first.trim_start_matches(' ').len();
    let dash = format!("\n{}- ", " ".repeat(column));
    let mut half = text.len() / 2;
    while !text.is_char_boundary(half) {
        half += 1;
    }
    let found = half + text.get(half..)?.find(&dash)? + 1;
    (found > items).then_some((found, column))
}
