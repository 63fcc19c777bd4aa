//! The fast lane: a line lexer for the YAML that kustomize and kpt write, several times as fast as the parser.
//!
//! It builds the same tree as [`super::parser`] or gives up: whatever is outside its subset is left to the parser, and so is every
//! text with a fault. It never guesses. What makes that sound are the rules of `spec/yaml.md` 5; those that a function keeps are named
//! there. The proof is in `tests/lanes.rs`: both lanes on every text of the tests and on mutants of them.
//!
//! The subset: block collections with one-line keys; scalars of every style; flow collections on one line; comments on lines of
//! their own and behind values. No anchors, aliases, tags, directives, explicit keys, tabs outside of scalars, carriage returns or byte
//! order marks, and no text without a line break at its end.

mod block_scalar;
mod builder;
mod bytes;
mod decode;
mod eight_bytes;
mod flow;
mod lines;
mod scalar;
mod threads;

use super::document::Document;
use super::prune::Selection;
use super::tree::Tree;
use lines::Lexer;

/// Collections of either style may nest this deep; the parser's limit is higher.
const NESTING_LIMIT: usize = 100;

/// Keys may be this long; the parser's limit is 1024 characters.
const KEY_LIMIT: usize = 1000;

/// Shorter texts are read by one thread: they take less time than it takes to start another.
const LARGE: usize = 2_000_000;

/// What the parser makes of the text, if it is in the subset.
pub(super) fn parse(text: &str, selection: Option<Selection>) -> Option<(Tree, Vec<Document>)> {
    parse_with_threads(text, selection, if text.len() < LARGE { 1 } else { 2 })
}

/// The same with one thread, or with several if the text can be divided.
pub(super) fn parse_with_threads(
    text: &str,
    selection: Option<Selection>,
    threads: usize,
) -> Option<(Tree, Vec<Document>)> {
    if !text.ends_with('\n') {
        return None;
    }
    if threads > 1
        && let Some(read) = threads::parse(text, selection, threads)
    {
        return read;
    }
    let mut lexer = Lexer::new(text, selection);
    lexer.lines(0, text.len())?;
    lexer.finish()
}
