//! Compiles ClientIntents into labelled workloads and NetworkPolicies at build time, and proves the result.
//!
//! # Bird's-eye view
//!
//! Data moves one way, and each stage is a folder and a function:
//!
//! ```text
//! bytes --read--> Package --understand--> World --plan--> Plan --write--> text --verify--> Outcome
//! ```
//!
//! * [`read`]: YAML to nodes with byte spans; the ResourceList envelope; streams and files. Knows nothing of Kubernetes beyond
//!   `apiVersion`, `kind` and `metadata`.
//! * [`understand`]: nodes to [`model`] types. Names are resolved to those that will be deployed; every fault has a place.
//! * [`plan`]: decides labels and policies. Pure and total: it knows no text, and the same world always gives the same plan.
//! * [`mod@write`]: carries the plan out as edits of the input text and as new items. It never prints the user's YAML anew.
//! * [`verify`]: reads the output again and compares it with the plan; judges who can reach whom.
//! * [`suggest`](mod@suggest): the other way round, intents from addresses in manifests, policies and observed flows.
//! * [`report`]: shows findings to people and tools; decides nothing.
//!
//! Three files put the stages together, and [`compile()`] is what they share: `function` is the KRM function ([`process`]),
//! `rendering` is `render`, and `judging` reads bundles for the commands that judge ([`bundle`]).
//!
//! # Invariants
//!
//! * `model` imports nothing of ours; `plan` knows `model`, `config`, `diag`, `groups` and `threads` only; `write` never `understand`.
//! * Only `read::files` and `cli` do I/O; the functions here take bytes and return bytes.
//! * Faults of the input are [`diag::Finding`]s, collected, never panics and never the first one only.
//! * Threads share work by `threads` only, and never decide what comes out.
//! * One file names the YAML parser, one the terminal renderer. No `HashMap` anywhere: order reaches the output.
//!
//! `tests/architecture.rs` keeps these.

#![cfg_attr(test, allow(clippy::string_slice, reason = "a failing test may panic"))]

pub mod config;
pub mod diag;
mod groups;
pub mod model;
pub mod plan;
pub mod read;
pub mod report;
pub mod source;
pub mod suggest;
mod threads;
pub mod understand;
pub mod verify;
pub mod write;

mod compile;
mod function;
mod judging;
mod outcome;
mod rendering;

pub use compile::{Compiled, Settings, compile};
pub use function::{Edited, edit, process};
pub use judging::{Bundle, Subject, Suggested, bundle, roll_out, suggest};
pub use outcome::Outcome;
pub use rendering::{render, render_files};
