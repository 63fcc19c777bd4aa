//! What the rule families give: objects, each with its reason.

use super::GeneratedObject;
use crate::model::place::{Place, ResourceId};

/// An object that a rule family wants in the output.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The object.
    pub(crate) object: GeneratedObject,
    /// The intent or manifest line that asks for it, for messages.
    pub(crate) reason: Option<Place>,
    /// The resource whose `package-path` the object gets if it is new (`DESIGN.md` 1.4 rule 15).
    pub(crate) package_of: Option<ResourceId>,
}
