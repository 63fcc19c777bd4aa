//! Rule family `domains`.

use super::DomainPolicy;
use super::context::{PlanContext, Wanted};
use crate::diag::Findings;
use crate::model::value::Value;

/// The policies of this family.
pub(crate) fn rules(_context: &PlanContext<'_>, _findings: &mut Findings) -> Vec<Wanted> {
    Vec::new()
}

/// The `spec` of a domain policy as it is written.
#[must_use]
pub fn spec(_policy: &DomainPolicy) -> Value {
    Value::Null
}
