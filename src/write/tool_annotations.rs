//! Annotations that tools keep their books in (`spec/krm.md` 1 and 6.1).

pub(super) use crate::read::annotations::{LOCAL_CONFIG, PACKAGE_PATH};
use crate::read::tree::Node;

/// File of an object, relative to its package.
pub(super) const PATH: &str = "internal.config.kubernetes.io/path";
/// Position of an object in its file.
pub(super) const INDEX: &str = "internal.config.kubernetes.io/index";
/// Older name of [`PATH`].
pub(super) const LEGACY_PATH: &str = "config.kubernetes.io/path";
/// Older name of [`INDEX`].
pub(super) const LEGACY_INDEX: &str = "config.kubernetes.io/index";

/// An annotation of an object, empty ones left out.
pub(super) fn annotation<'t>(root: Node<'t>, key: &str) -> Option<&'t str> {
    root.path(&["metadata", "annotations"])?.get(key)?.as_str().filter(|value| !value.is_empty())
}
