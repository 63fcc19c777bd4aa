//! What the fuzz targets run. `targets.rs` is shared with `tests/fuzz_regressions.rs`.

#![allow(dead_code, reason = "the tests' own evaluator has more than fuzzing needs")]

pub mod targets;
