//! Rule family `namespace_deny`.

use super::context::{PlanContext, Wanted};
use crate::diag::Findings;

/// The policies of this family.
pub(crate) fn rules(_context: &PlanContext<'_>, _findings: &mut Findings) -> Vec<Wanted> {
    Vec::new()
}
