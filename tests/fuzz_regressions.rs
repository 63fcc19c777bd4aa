//! Every input that fuzzing once found a fault with, through every fuzz target: `testdata/fuzz/<target>/<name>`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    dead_code,
    unreachable_pub,
    reason = "a failing test may panic; the naive evaluator has more than fuzzing needs"
)]

#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

/// Files that are not found by fuzzing but cheap and odd enough to go through every target as well.
const FOLDERS: [&str; 2] = ["testdata/fuzz", "testdata/yaml"];

#[test]
fn no_target_fails_on_a_known_input() {
    let mut pending: Vec<PathBuf> =
        FOLDERS.iter().map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).collect();
    let mut count = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let data = std::fs::read(&path).unwrap();
        for (name, target) in targets::TARGETS {
            let start = std::time::Instant::now();
            let result = std::panic::catch_unwind(|| target(&data));
            assert!(result.is_ok(), "{name} fails on {}", path.display());
            if start.elapsed().as_secs() > 0 {
                println!("{name} on {}: {:?}", path.display(), start.elapsed());
            }
        }
        count += 1;
    }
    assert!(count > 50, "only {count} inputs");
}
