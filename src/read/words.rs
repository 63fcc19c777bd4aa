//! Texts that many objects have in common, each kept once: API versions, kinds, namespaces.

use indexmap::IndexSet;
use std::sync::Arc;

/// The texts so far.
#[derive(Default)]
pub(super) struct Words(IndexSet<Arc<str>>);

impl Words {
    /// That text, as the one that is kept.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}
