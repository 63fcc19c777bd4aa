//! The vocabulary: plain types that every stage shares.
//!
//! Nothing here knows YAML, Kubernetes wire types or I/O, and nothing here imports another module of the crate.

pub mod address;
pub mod identity;
pub mod intent;
pub mod labels;
pub mod place;
pub mod policy;
pub(crate) mod reference_grants;
pub mod selector;
pub mod service;
pub mod traffic;
pub mod value;
pub mod workload;
pub mod world;
