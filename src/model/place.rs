//! Where something was said, and which object it belongs to.

use std::fmt;

/// Index of a resource in [`crate::read::package::Package::resources`], in input order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// A byte range of the source text that a resource came from.
///
/// Later stages pass it on without looking inside; only the reader turns it into file, line and field path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The resource that the text belongs to.
    pub resource: ResourceId,
    /// First byte, counted from the start of the source text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value together with the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where the input says it.
    pub place: Place,
}

/// Namespace, name and kind of an object in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `kind`.
    pub kind: String,
}

impl fmt::Display for ObjectName {
    /// `Kind namespace/name`, or `Kind name` without a namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}
