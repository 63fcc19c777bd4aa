//! What happens to the entries of one mapping, in whatever style it is written.

use super::piece::{Piece, Token};
use std::collections::BTreeMap;

/// What happens to the entries of a mapping.
#[derive(Debug, Default)]
pub(super) struct EntryChanges<'p> {
    /// Changes to entries that are there, by index.
    pub(super) existing: BTreeMap<usize, EntryChange<'p>>,
    /// Entries to add, in this order.
    pub(super) added: Vec<(Token<'p>, Piece<'p>)>,
}

/// What happens to one entry.
#[derive(Debug)]
pub(super) enum EntryChange<'p> {
    /// It goes.
    Remove,
    /// It keeps its key and gets another value.
    Replace(Piece<'p>),
}

impl EntryChanges<'_> {
    /// Whether the entry with that index goes.
    pub(super) fn removes(&self, index: usize) -> bool {
        matches!(self.existing.get(&index), Some(EntryChange::Remove))
    }

    /// Whether nothing happens.
    pub(super) fn is_empty(&self) -> bool {
        self.existing.is_empty() && self.added.is_empty()
    }
}
