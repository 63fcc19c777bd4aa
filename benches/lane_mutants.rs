//! Mutants by the million: the fast lane must read each as the parser does, or leave it to the parser.
//!
//! `make mutants SECONDS=600`, or `cargo bench --bench lane_mutants -- SECONDS [FIRST-SEED] [FOLDER-OF-SEEDS...]`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program that reports, or fails"
)]

#[path = "../tests/lanes/compare.rs"]
mod compare;
#[path = "../tests/lanes/mutate.rs"]
mod mutate;
#[path = "../tests/lanes/seeds.rs"]
mod seeds;

use mutate::{Random, mutant};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longer files make slow seeds.
const SEED_LIMIT: usize = 3_000;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number =
        |index: usize, default: u64| arguments.get(index).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seconds, first) = (number(0, 10), number(1, 1_000_000));
    let mut seeds = seeds::seeds();
    let mut folders: Vec<PathBuf> = arguments.iter().skip(2).map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path)
                && text.len() < SEED_LIMIT
            {
                seeds.push(text);
            }
        }
    }
    let start = Instant::now();
    let (mut mutants, mut fast, mut faults) = (0u64, 0u64, 0u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..1000 {
            let seed = first + mutants;
            mutants += 1;
            let text = mutant(&seeds, &mut Random::new(seed));
            match compare::compare(&text) {
                Ok(is_fast) => fast += u64::from(is_fast),
                Err(fault) => {
                    faults += 1;
                    println!("mutant {seed}: {fault}\n{text:?}");
                }
            }
        }
    }
    println!(
        "{mutants} mutants of {} seeds from number {first}: {fast} in the fast lane, {faults} faults",
        seeds.len()
    );
    if faults == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
