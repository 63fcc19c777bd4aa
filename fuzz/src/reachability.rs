//! The naive evaluator of the tests.

#[path = "../../tests/reachability/agreement.rs"]
pub(crate) mod agreement;
#[path = "../../tests/reachability/bundle.rs"]
pub(crate) mod bundle;
#[path = "../../tests/reachability/generate.rs"]
pub(crate) mod generate;
#[path = "../../tests/reachability/naive.rs"]
pub(crate) mod naive;
