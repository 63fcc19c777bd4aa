//! Rule family `external`.

use super::context::{Isolation, PlanContext, Wanted};
use crate::diag::Findings;

/// The policies of this family.
pub(crate) fn rules(_context: &PlanContext<'_>, _isolation: &Isolation<'_>, _findings: &mut Findings) -> Vec<Wanted> {
    Vec::new()
}
