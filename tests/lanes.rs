//! The fast lane reads a text exactly as the parser does, or not at all: on every text of the tests, on generated bundles, and on
//! mutants. `make mutants` runs many millions more.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

#[path = "../benches/support/bundle.rs"]
mod bundle;
#[path = "lanes/compare.rs"]
mod compare;
#[path = "lanes/mutate.rs"]
mod mutate;
#[path = "lanes/seeds.rs"]
mod seeds;

use compare::compare;
use enforce_intents::Settings;
use enforce_intents::read::lane::Lane;
use mutate::{Random, mutant};
use std::path::{Path, PathBuf};

/// Mutants of each run of the tests.
const MUTANTS: u64 = 100_000;

#[test]
fn both_lanes_agree_on_every_text_of_the_tests() {
    let (mut texts, mut fast) = (0, 0);
    let mut faults = Vec::new();
    for file in files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for text in [text.clone(), as_item(&text)] {
            texts += 1;
            match compare(&text) {
                Ok(is_fast) => fast += usize::from(is_fast),
                Err(fault) => faults.push(format!("{}: {fault}", file.display())),
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(texts > 300 && fast * 2 > texts, "only {fast} of {texts} texts are in the subset of the fast lane");
}

/// The text as a part of a ResourceList, in kyaml's way; its documents run together, which does not matter here.
fn as_item(text: &str) -> String {
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for document in text.split("---\n").filter(|document| !document.trim().is_empty()) {
        for (index, line) in document.lines().enumerate() {
            let indent = if index == 0 { "- " } else { "  " };
            list.push_str(&format!("{indent}{line}\n"));
        }
    }
    list
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = ["testdata", "fn-config", "tests"].iter().map(|name| root.join(name)).collect();
    folders.extend(std::env::var_os("ENFORCE_INTENTS_CORPUS").map(PathBuf::from));
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.metadata().is_ok_and(|metadata| metadata.len() < 4_000_000) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn generated_bundles_are_in_the_subset() {
    let list = bundle::resource_list(200_000);
    assert_eq!(compare(&list), Ok(true));
    for (name, text) in bundle::files(60_000) {
        assert_eq!(compare(&text), Ok(true), "{name}");
    }
}

/// Large enough for two threads at every step without being asked; with faults that each of them meets, too.
#[test]
fn any_number_of_threads_gives_the_same_output() {
    let list = bundle::resource_list(4_000_000);
    let objects = list.lines().filter(|line| line.starts_with("- ")).count();
    assert!(objects > 1_000, "{objects} objects are work for one thread");
    let unnamed = "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: {}\n";
    let faulty = list.replacen("\nitems:\n", &format!("\nitems:\n{unnamed}"), 1);
    let faulty = faulty.replacen("\nfunctionConfig:\n", &format!("\n{unnamed}functionConfig:\n"), 1);
    for (list, is_good) in [(list, true), (faulty, false)] {
        let run = |lane| {
            let outcome = enforce_intents::process(list.clone().into_bytes(), Settings { lane, ..Settings::default() });
            (outcome.output, outcome.findings)
        };
        let expected = run(Lane::FastAlone);
        assert_eq!(expected.1.0.len(), if is_good { 0 } else { 2 }, "{:?}", expected.1);
        for lane in [Lane::Fast, Lane::Parser, Lane::ParserAlone] {
            assert!(run(lane) == expected, "{lane:?} differs from one thread");
        }
    }
}

/// As many small objects as are edited, added and compared by two threads; the labels of every third are merged and copied.
#[test]
fn any_number_of_threads_writes_the_same_objects() {
    const COUNT: usize = 600;
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for index in 0..COUNT {
        let (client, server) = (format!("w{index}"), format!("w{}", (index + 1) % COUNT));
        let labels = if index % 3 == 0 { "{<<: {app: x}}" } else { "{app: x}" };
        list.push_str(&format!(
            "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: {client}, namespace: shop}}\n  spec:\n    selector: {{matchLabels: {{app: x}}}}\n    template:\n      metadata:\n        labels: {labels}\n      spec: {{containers: [{{name: c, image: i}}]}}\n"
        ));
        list.push_str(&format!(
            "- apiVersion: k8s.otterize.com/v2beta1\n  kind: ClientIntents\n  metadata: {{name: {client}, namespace: shop}}\n  spec:\n    workload: {{name: {client}, kind: Deployment}}\n    targets: [{{kubernetes: {{name: {server}, kind: Deployment}}}}]\n"
        ));
    }
    let run = |lane| {
        let outcome = enforce_intents::process(list.clone().into_bytes(), Settings { lane, ..Settings::default() });
        (outcome.output, outcome.findings)
    };
    let expected = run(Lane::FastAlone);
    assert!(!expected.1.has_errors(), "{:?}", expected.1);
    assert_eq!(expected.0.as_ref().map(|output| output.matches("\n  kind: NetworkPolicy\n").count()), Some(COUNT));
    for lane in [Lane::Fast, Lane::Parser, Lane::ParserAlone] {
        assert!(run(lane) == expected, "{lane:?} differs from one thread");
    }
}

/// What stands on either side of the places where a large text is divided is removed, edited and added to like everything else.
#[test]
fn what_is_next_to_another_part_is_written_the_same() {
    const COUNT: usize = 1_500;
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for index in 0..COUNT {
        let long = format!("    k{index}: {}\n", "x".repeat(700 + index % 7)).repeat(3);
        let data = format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: c{index}}}\n  data:\n{long}");
        let stale = format!(
            "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata:\n    name: p{index}-access\n    namespace: shop\n    labels:\n      intents.otterize.com/network-policy: web-shop-1{index}\n    annotations:\n      x: {}\n  spec:\n    podSelector: {{}}\n# {index}\n",
            "y".repeat(900)
        );
        let labelled = format!(
            "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: w{index}, namespace: shop}}\n  spec:\n    template:\n      metadata:\n        annotations:\n          x: {}\n        labels:\n          app: \"x\\ty\"\n          intents.otterize.com/server: old\n      spec: {{containers: [{{name: c, image: i}}]}}\n-\n- text\n  of two lines\n",
            "z".repeat(800)
        );
        list.push_str([&data, &stale, &labelled][index % 3]);
    }
    list.push_str("- apiVersion: k8s.otterize.com/v2beta1\n  kind: ClientIntents\n  metadata: {name: w2, namespace: shop}\n  spec:\n    workload: {name: w2}\n    targets: [{kubernetes: {name: w5}}]\n");
    list.push_str("functionConfig:\n  apiVersion: fn.kpt.dev/v1alpha1\n  kind: EnforceIntents\n  metadata: {name: c, annotations: {\"a\": 'it''s'}}\n");
    let run = |lane| {
        let outcome = enforce_intents::process(list.clone().into_bytes(), Settings { lane, ..Settings::default() });
        (outcome.output, outcome.findings)
    };
    let (output, findings) = run(Lane::FastAlone);
    let written = output.unwrap();
    assert!(!findings.has_errors(), "{findings:?}");
    assert_eq!(written.matches("\n  kind: NetworkPolicy\n").count(), 1);
    assert!(!written.contains("server: old"));
    for lane in [Lane::Fast, Lane::Parser] {
        let (output, found) = run(lane);
        assert!(output.as_ref() == Some(&written) && found == findings, "{lane:?} differs from one thread");
    }
}

/// A root of which something is forgotten, as of a ConfigMap, is not read in parts.
#[test]
fn roots_that_are_not_kept_whole_are_read_the_same() {
    for kind in ["ConfigMap", "Deployment", "List"] {
        let items = "- metadata:\n    name: a\n  spec:\n    env: [b]\n".repeat(9);
        let text = format!("apiVersion: v1\nkind: {kind}\nenv: [a]\nitems:\n{items}metadata:\n  name: c\n");
        for text in [text.clone(), text.replace("v1\n", "apps/v1\n")] {
            assert_eq!(compare(&text), Ok(true), "{text}");
        }
    }
}

#[test]
fn the_seeds_of_the_mutants_are_in_the_subset() {
    for seed in seeds::seeds() {
        assert_eq!(compare(&seed), Ok(true), "{seed}");
    }
}

#[test]
fn both_lanes_agree_on_mutants() {
    let seeds = seeds::seeds();
    let mut fast = 0;
    for seed in 0..MUTANTS {
        let text = mutant(&seeds, &mut Random::new(seed));
        match compare(&text) {
            Ok(is_fast) => fast += u64::from(is_fast),
            Err(fault) => panic!("mutant {seed}: {fault}\n--- text\n{text}--- as a literal\n{text:?}"),
        }
    }
    assert!(fast * 10 > MUTANTS, "only {fast} of {MUTANTS} mutants are in the subset: too few to prove anything");
}
