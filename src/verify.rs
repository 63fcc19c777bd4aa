//! Checks that the plan and the output keep the promises, and judges reachability.

pub mod output;
