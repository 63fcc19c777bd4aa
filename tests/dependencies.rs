//! `docs/dependencies.md` speaks of the versions that are locked, and of every crate that `Cargo.toml` names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use std::collections::BTreeMap;
use std::path::Path;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_audit_is_of_what_is_locked() {
    let document = read("docs/dependencies.md");
    let audited: BTreeMap<&str, &str> = document
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells.len() == 8 && !matches!(cells[1], "crate" | "---")).then(|| (cells[1], cells[2]))
        })
        .collect();
    let lock = read("Cargo.lock");
    for (name, version) in &audited {
        let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&locked), "{name} {version} is not what Cargo.lock has: look at it again");
    }
    let manifest = read("Cargo.toml");
    let section = manifest.split("[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    for line in section.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, _)) = line.split_once(" = ") else { continue };
        assert!(audited.contains_key(name), "{name} is not in docs/dependencies.md");
    }
}
