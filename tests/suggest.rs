//! `suggest` on bundles of our own: `testdata/suggest/<case>/input.yaml`, the whole output in `expected.yaml`, the notes in
//! `notes.txt`, and in `calls.txt`, written by hand, who really calls whom: precision and recall are measured against it.
//!
//! A first line `# arguments: ...` in the input adds arguments. `UPDATE_EXPECTED=1` rewrites outputs and notes, never the calls.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing test may panic, and the figures are for readers"
)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One run of the program, which must succeed: standard output and standard error.
fn run(arguments: &[&str], expected_code: i32) -> (String, String) {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(env!("CARGO_BIN_EXE_enforce-intents"))
        .args(arguments)
        .env_clear()
        .current_dir(root)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(expected_code), "{arguments:?}: {stderr}");
    (stdout, stderr)
}

fn cases() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/suggest");
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 5);
    let with_arguments = names.into_iter().map(|name| {
        let input = std::fs::read_to_string(file(&name, "input.yaml")).unwrap();
        let first = input.lines().next().unwrap().strip_prefix("# arguments: ").unwrap_or_default();
        let mut arguments = vec!["suggest".to_owned(), format!("testdata/suggest/{name}/input.yaml")];
        arguments.extend(first.split_whitespace().map(str::to_owned));
        (name, arguments)
    });
    with_arguments.collect()
}

fn file(case: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/suggest").join(case).join(name)
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn outputs_are_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    for (case, arguments) in cases() {
        let (stdout, stderr) = run(&borrowed(&arguments), 0);
        for (name, ours) in [("expected.yaml", stdout), ("notes.txt", stderr)] {
            if update {
                std::fs::write(file(&case, name), &ours).unwrap();
            }
            assert_eq!(ours, std::fs::read_to_string(file(&case, name)).unwrap_or_default(), "{case}/{name}");
        }
    }
}

/// `namespace/client -> namespace/server` of every call in the cluster.
fn calls(arguments: &[&str]) -> BTreeSet<String> {
    let (json, _) = run(&[arguments, &["--format", "json"]].concat(), 0);
    let suggestions: Value = serde_json::from_str(&json).unwrap();
    let name = |value: &Value| format!("{}/{}", value["namespace"].as_str().unwrap(), value["name"].as_str().unwrap());
    let mut found = BTreeSet::new();
    for suggestion in suggestions.as_array().unwrap() {
        for call in suggestion["calls"].as_array().unwrap() {
            assert!(!call["evidence"].as_array().unwrap().is_empty());
            if call["target"].get("domain").is_none() {
                found.insert(format!("{} -> {}", name(&suggestion["client"]), name(&call["target"])));
            }
        }
    }
    found
}

/// Prints both figures and the pairs behind them.
fn measure(what: &str, found: &BTreeSet<String>, real: &BTreeSet<String>) -> (usize, usize, usize) {
    let right = found.intersection(real).count();
    println!("{what}: {right} of {} calls found, {right} of {} suggestions right", real.len(), found.len());
    println!("  missed: {:?}", real.difference(found).collect::<Vec<_>>());
    println!("  wrong: {:?}", found.difference(real).collect::<Vec<_>>());
    (right, found.len(), real.len())
}

#[test]
fn precision_and_recall() {
    for (case, arguments) in cases() {
        let real = std::fs::read_to_string(file(&case, "calls.txt")).unwrap().lines().map(str::to_owned).collect();
        let (right, found, all) = measure(&case, &calls(&borrowed(&arguments)), &real);
        assert_eq!((right, right), (found, all), "{case}");
    }
}

/// The online boutique, whose 16 calls its intents say.
#[test]
fn online_boutique() {
    let Some(corpus) = std::env::var_os("ENFORCE_INTENTS_CORPUS") else { return };
    let app = Path::new(&corpus).join("apps/microservices-demo");
    let intents = std::fs::read_to_string(app.join("clientintents.yaml")).unwrap();
    let mut real = BTreeSet::new();
    let mut client = String::new();
    for line in intents.lines().map(str::trim) {
        let name =
            |line: &str| line.split_once("name: ").unwrap().1.split([',', '}']).next().unwrap().trim().to_owned();
        if line.starts_with("workload:") {
            client = name(line);
        } else if line.starts_with("- service:") {
            real.insert(format!("default/{client} -> default/{}", name(line)));
        }
    }
    assert_eq!(real.len(), 16);
    let (input, policies) = (app.join("input"), app.join("netpol"));
    let (input, policies) = (input.to_str().unwrap(), policies.to_str().unwrap());
    assert_eq!(measure("online boutique", &calls(&["suggest", input]), &real), (16, 16, 16));
    // The policies that its makers wrote say nothing of the load generator.
    let from_policies = calls(&["suggest", "--from", "policies", input, policies]);
    assert_eq!(measure("online boutique, from policies", &from_policies, &real), (15, 15, 16));
}

/// What is suggested compiles in both profiles, and then every declared call is allowed and nothing is left to suggest.
#[test]
fn suggestions_compile_and_are_allowed() {
    for (case, arguments) in cases() {
        let (suggested, _) = run(&borrowed(&arguments), 0);
        let input = std::fs::read_to_string(file(&case, "input.yaml")).unwrap();
        // Policies that stood before would be judged together with the new ones.
        let documents: Vec<&str> =
            input.split("\n---\n").filter(|document| !document.contains("kind: NetworkPolicy")).collect();
        let path = std::env::temp_dir().join(format!("enforce-intents-suggest-{}-{case}.yaml", std::process::id()));
        std::fs::write(&path, format!("{}\n---\n{suggested}", documents.join("\n---\n").trim_end())).unwrap();
        let bundle = path.to_str().unwrap();
        // Two workloads of one name are told apart by their kinds, which classic labels do not have.
        let has_namesakes = case == "two-tenants";
        for profile in ["profile=v2", "profile=classic"].into_iter().take(if has_namesakes { 1 } else { 2 }) {
            run(&["render", bundle, "--set", profile], 0);
            let (json, _) = run(&["check", bundle, "--format", "json", "--set", profile], 0);
            let report: Value = serde_json::from_str(&json).unwrap();
            for intent in report["intents"].as_array().unwrap() {
                let is_elsewhere = intent["target"].as_str().unwrap().contains("collector");
                let is_outside = intent["target"].as_str().unwrap().contains("partner");
                assert!(intent["verdict"] == "allowed" || is_elsewhere || is_outside, "{case}: {intent}");
            }
        }
        let mut again = arguments.clone();
        again[1] = bundle.to_owned();
        // Intents that exist already are only told what to add.
        let left = calls(&borrowed(&again));
        let in_comments = |call: &String| suggested.contains("add to its targets") && call.starts_with("blue/api");
        assert!(left.iter().all(in_comments), "{case}: {left:?}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn wrong_origins_are_wrong_arguments() {
    for origin in [&["--from", "everything"][..], &["--from", "hubble"], &["--from", "manifests=x"]] {
        let (stdout, stderr) = run(&[&["suggest"], origin].concat(), 2);
        assert_eq!(stdout, "");
        assert!(stderr.starts_with("error: --from "), "{stderr}");
    }
}

/// Secrets tell of calls, but nothing of them is shown.
#[test]
fn secrets_stay_secret() {
    let (stdout, stderr) = run(&["suggest", "testdata/suggest/web-shop/input.yaml"], 0);
    assert!(stdout.contains("env SEARCH_URL of container api, all of Secret api"));
    for text in [stdout, stderr] {
        assert!(!text.contains("pa55word") && !text.contains("partner.example.org"), "{text}");
    }
}
