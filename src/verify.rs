//! Checks that the plan and the output keep the promises, and judges reachability.

pub mod addresses;
pub mod check;
pub mod connections;
pub mod difference;
pub mod exposure;
pub mod faults;
mod generated;
pub mod graph;
pub mod intervals;
pub mod lint;
pub mod listing;
pub mod output;
pub mod reach;
pub mod remedy;
pub mod rendered;
pub mod rendered_check;
pub mod roll_out;
