//! Compiles ClientIntents into labelled workloads and NetworkPolicies at build time, and proves the result.

pub mod config;
pub mod diag;
pub mod model;
pub mod plan;
pub mod read;
pub mod report;
pub mod source;
pub mod understand;
pub mod verify;
pub mod write;
