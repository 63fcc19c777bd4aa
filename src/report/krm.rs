//! Findings as KRM `results` (`spec/krm.md` 3).

use crate::diag::Findings;
use crate::model::value::Value;
use crate::read::package::Package;

/// The `results` list: errors first, each with its severity set.
#[must_use]
pub fn results(_package: &Package, _findings: &Findings) -> Vec<Value> {
    Vec::new()
}
