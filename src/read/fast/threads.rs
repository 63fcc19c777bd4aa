//! Threads for one large ResourceList (`spec/yaml.md` 5): it is read in parts, each from what looks like an item on, and what was read
//! of a part counts only if the one before it arrives there between two items. So the tree is the same with one thread.

use super::lines::Lexer;
use crate::read::document::Document;
use crate::read::prune::Selection;
use crate::read::tree::Tree;
use crate::threads::one_by_one;
use memchr::memmem;
use std::ops::Range;

/// Parts are at most about this long.
const LONGEST: usize = 1 << 20;

/// As many parts for each thread or more, so that none waits long for what another has begun.
const FOR_EACH: usize = 2;

/// Reads the text with so many threads. `None` if it cannot be divided; `Some(None)` if it is not in the subset.
#[allow(clippy::option_option, reason = "two different reasons for there being no tree")]
pub(super) fn parse(text: &str, selection: Option<Selection>, threads: usize) -> Option<Option<(Tree, Vec<Document>)>> {
    let (parts, column) = divide(text, LONGEST.min(text.len() / (FOR_EACH * threads)))?;
    let read = one_by_one(&parts, threads, |index, part: &Range<usize>| {
        let mut lexer =
            if index == 0 { Lexer::new(text, selection) } else { Lexer::between_items(text, selection, column) };
        let arrived = lexer.lines(part.start, part.end)?;
        Some((lexer, arrived))
    });
    let mut lexers: Vec<Lexer<'_>> = Vec::with_capacity(read.len());
    let mut arrived = 0;
    for (part, read) in parts.iter().zip(read) {
        if let Some(last) = lexers.last_mut()
            && !(arrived == part.start && last.is_between_items(column)?)
        {
            // It only looked like an item: the rest of the text is for the one that came here.
            if last.lines(arrived, text.len()).is_none() {
                return Some(None);
            }
            break;
        }
        // A text that is not in the subset up to here is not, whatever follows.
        let Some((lexer, end)) = read else { return Some(None) };
        lexers.push(lexer);
        arrived = end;
    }
    // A second document is possible; rare, and not worth more code.
    if lexers.iter().any(Lexer::has_more_documents) {
        return None;
    }
    let mut lexers = lexers.into_iter();
    let mut first = lexers.next()?;
    first.go_on_with(lexers.collect())?;
    first.finish().map(Some)
}

/// Parts of the text, and the column of the items' dashes, which is that of the line after `items:`. All but the first part start at a
/// line that looks like an item. `None` if there is one part only.
fn divide(text: &str, length: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let items = text.find("\nitems:\n")? + "\nitems:\n".len();
    let first = text.get(items..)?;
    let column = first.len() - first.trim_start_matches(' ').len();
    let dash = format!("\n{}- ", " ".repeat(column));
    let dash = memmem::Finder::new(&dash);
    let (mut parts, mut start) = (Vec::new(), 0);
    while let Some(found) = text.as_bytes().get((start + length).max(items)..).and_then(|rest| dash.find(rest)) {
        let end = (start + length).max(items) + found + 1;
        parts.push(start..end);
        start = end;
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(start..text.len());
    Some((parts, column))
}
