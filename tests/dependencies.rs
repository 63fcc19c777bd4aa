//! `docs/dependencies.md` speaks of the versions that are locked, and of every crate that `Cargo.toml` names. What `deny.toml` asks of
//! licences, duplicates, names and sources holds without cargo-deny, too, which takes longer to build than everything here.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

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
    for title in ["dependencies", "target.'cfg(target_os = \"linux\")'.dependencies"] {
        let section = manifest.split(&format!("\n[{title}]\n")).nth(1).unwrap().split("\n[").next().unwrap();
        for line in section.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, _)) = line.split_once(" = ") else { continue };
            assert!(audited.contains_key(name), "{name} is not in docs/dependencies.md");
        }
    }
}

/// The strings of a list in `deny.toml`, from `start` to the next `]`.
fn listed<'t>(deny: &'t str, start: &str) -> Vec<&'t str> {
    let list = deny.split_once(start).unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether an expression like `(MIT OR Apache-2.0) AND Unicode-3.0` can be met with the allowed licences.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (result, rest) = any_of(&words, allowed);
    result && rest.is_empty()
}

fn any_of<'w, 'a>(words: &'w [&'a str], allowed: &[&str]) -> (bool, &'w [&'a str]) {
    let (mut result, mut rest) = all_of(words, allowed);
    while let [first, after @ ..] = rest
        && *first == "OR"
    {
        let next = all_of(after, allowed);
        (result, rest) = (result | next.0, next.1);
    }
    (result, rest)
}

fn all_of<'w, 'a>(words: &'w [&'a str], allowed: &[&str]) -> (bool, &'w [&'a str]) {
    let (mut result, mut rest) = licence(words, allowed);
    while let [first, after @ ..] = rest
        && *first == "AND"
    {
        let next = licence(after, allowed);
        (result, rest) = (result & next.0, next.1);
    }
    (result, rest)
}

fn licence<'w, 'a>(words: &'w [&'a str], allowed: &[&str]) -> (bool, &'w [&'a str]) {
    match words {
        ["(", inner @ ..] => {
            let (result, rest) = any_of(inner, allowed);
            (result, rest.strip_prefix([")"].as_slice()).unwrap())
        }
        // An exception only adds permissions.
        [name, "WITH", _, rest @ ..] | [name, rest @ ..] => (allowed.contains(name), rest),
        [] => (false, &[]),
    }
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0"];
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("Unlicense OR MIT", true),
        ("Zlib/Apache-2.0", true),
        ("MIT AND BSD-3-Clause", false),
        ("(MIT OR GPL-2.0) AND Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception OR X", true),
        ("MIT)", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn what_is_locked_is_allowed() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--all-features", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Packages that other platforms or unused features need are not among the nodes.
    let nodes: Vec<&str> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    let deny = read("deny.toml");
    let (licences, denied) = (listed(&deny, "\nallow = ["), listed(&deny, "\ndeny = ["));
    assert!(licences.len() > 1 && denied.len() > 1, "{licences:?} {denied:?}");
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        if !nodes.contains(&text("id")) || name == env!("CARGO_PKG_NAME") {
            continue;
        }
        versions.entry(name).or_default().push(version);
        assert!(is_allowed(text("license"), &licences), "{name} {version} is under {}", text("license"));
        assert!(!denied.contains(&name), "{name} is not wanted here");
        assert_eq!(text("source"), "registry+https://github.com/rust-lang/crates.io-index", "{name}");
    }
    assert!(versions.len() > 20, "{versions:?}");
    versions.retain(|_, found| found.len() > 1);
    assert!(versions.is_empty(), "more than one version: {versions:?}");
}
